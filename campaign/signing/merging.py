"""Two organisations found to be one, by a person: what stands for both is settled, and can be put back.

Both records stay. The gone one keeps its names, by which the kept one is found from then on; its signatures
become the kept one's. Where both stand on a letter, one gives way to the other.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.organisations import operations as organisations
from campaign.organisations.models import Organisation
from campaign.organisations.queries import organisation
from campaign.signing import queries
from campaign.signing.models import Merge, Signature
from campaign.signing.rules import LIVE, SignatureStatus
from campaign.signing.screening import FOUND_HERE, look_again
from campaign.signing.standing import go

MOVED, SUPERSEDED, CONTACT, FLAGS = "moved", "superseded", "contact", "flags"
Entry = list[int | str]
_STANDING = (SignatureStatus.HELD, SignatureStatus.QUERIED, SignatureStatus.PENDING, SignatureStatus.ACCEPTED)


def merge(kept_id: int, gone_id: int, actor: Actor, letter_id: int | None = None) -> Merge:
    """Know the organisation `gone` as `kept` from now on; `letter_id` is the letter it was seen on.

    Of two signatures on one letter the kept one's stands, unless only the other is accepted. Raises Conflict
    for one that is merged already, and when somebody does the same in the same moment.
    """
    signatures, kept, gone = _hold(kept_id, gone_id)
    if kept.merged_into_id is not None or gone.merged_into_id is not None:
        raise Conflict("one of the two was merged already")
    mine = {s.letter_id: s for s in signatures if s.organisation_id == kept.id and s.status in LIVE}
    theirs = [s for s in signatures if s.organisation_id == gone.id]
    moved: list[Entry] = []
    for other in theirs:
        own = mine.get(other.letter_id)
        if own is not None and other.status in LIVE:
            moved += _yield(*_by_standing(own, other), actor)
    for other in theirs:
        moved.append([other.id, MOVED])
        other.organisation = kept
    gone.merged_into_id = kept.id
    done = Merge(
        letter_id=letter_id,
        kept_id=kept.id,
        gone_id=gone.id,
        moved=moved,
        merged_at=clock.now(),
        merged_by=actor.id,
    )
    db.session.add(done)
    db.session.flush()
    done.moved = [*moved, *_look_again(signatures)]
    record(actor, "organisation.merged", "organisation", kept.id, letter_id, gone=gone.id, merge=done.id)
    return done


def _hold(kept_id: int, gone_id: int) -> tuple[Sequence[Signature], Organisation, Organisation]:
    """Both organisations and their signatures, held until the commit; signatures first, as all verbs do."""
    ids = (kept_id, gone_id)
    if kept_id == gone_id:
        raise Conflict("this is one organisation")
    of_both = select(Signature).where(Signature.organisation_id.in_(ids)).order_by(Signature.id)
    held = of_both.with_for_update(of=Signature).execution_options(populate_existing=True)
    signatures = db.session.scalars(held).all()
    rows = select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.id)
    rows = rows.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = {row.id: row for row in db.session.scalars(rows)}
    if len(found) < 2:
        raise Conflict("one of the two is no longer there")
    # Whoever signs for one of them holds its row too, so what is there now is all there will be.
    now = select(Signature.id).where(Signature.organisation_id.in_(ids)).order_by(Signature.id)
    if db.session.scalars(now).all() != [s.id for s in signatures]:
        raise Conflict("one of the two has signed in this moment; please look again")
    return signatures, found[kept_id], found[gone_id]


def _by_standing(own: Signature, other: Signature) -> tuple[Signature, Signature]:
    """Which of two signatures on one letter stands, and which gives way."""
    if _STANDING.index(other.status) > _STANDING.index(own.status):
        return other, own
    return own, other


def _yield(stands: Signature, yields: Signature, actor: Actor) -> list[Entry]:
    """One signature gives way to another; what it was is written down, and whose further contacts follow."""
    before = [yields.previous or "", _iso(yields.accepted_at), _iso(yields.decided_at)]
    entries: list[Entry] = [[yields.id, SUPERSEDED, *before]]
    followed = select(Signature).where(Signature.superseded_by_id == yields.id).order_by(Signature.id)
    for contact in db.session.scalars(followed).all():
        contact.superseded_by = stands
        entries.append([contact.id, CONTACT, yields.id])
    yields.superseded_by = stands
    go(yields, SignatureStatus.SUPERSEDED, actor, by=stands.id)
    return entries


def _look_again(signatures: Sequence[Signature]) -> list[Entry]:
    """What was flagged because of the other one is so no longer; the flags there were are written down."""
    entries: list[Entry] = []
    for signature in signatures:
        if signature.status in LIVE and FOUND_HERE.intersection(signature.flags):
            entries.append([signature.id, FLAGS, " ".join(signature.flags)])
            look_again(signature)
    return entries


def tell_apart(one_id: int, other_id: int, actor: Actor, letter_id: int | None = None) -> None:
    """A person says that these are two, on whatever letter: nothing is flagged for it again.

    Raises Conflict for one and the same.
    """
    organisations.tell_apart(organisation(one_id), organisation(other_id), actor, letter_id)
    of_both = Signature.organisation_id.in_((one_id, other_id))
    rows = select(Signature).where(of_both, Signature.status.in_(LIVE)).order_by(Signature.id)
    for signature in db.session.scalars(rows.with_for_update(of=Signature)).all():
        if FOUND_HERE.intersection(signature.flags):
            look_again(signature)


def undo(merge_id: int, actor: Actor) -> Merge:
    """They are two after all: put back what the merge moved, as it was. What changed by itself since stays.

    Raises Conflict when it was undone, or when one of the two was merged again since.
    """
    held = select(Merge).where(Merge.id == merge_id).with_for_update()
    done = db.session.scalars(held.execution_options(populate_existing=True)).one()
    if done.undone_at is not None:
        raise Conflict("this merge was undone already")
    _hold(done.kept_id, done.gone_id)
    if _later(done) is not None:
        raise Conflict("one of the two was merged again since; undo that first")
    db.session.get_one(Organisation, done.gone_id).merged_into_id = None
    rows = {s.id: s for s in _named_in(done)}
    for id_, what, *_rest in done.moved:
        signature = rows.get(int(id_))
        if what == MOVED and signature is not None and signature.organisation_id == done.kept_id:
            signature.organisation_id = done.gone_id
    db.session.flush()
    for id_, what, *before in done.moved:
        signature = rows.get(int(id_))
        if signature is not None and what != MOVED:
            _put_back(signature, str(what), before, actor)
    done.undone_at = clock.now()
    record(
        actor,
        "organisation.parted",
        "organisation",
        done.kept_id,
        done.letter_id,
        gone=done.gone_id,
        merge=done.id,
    )
    return done


def _later(done: Merge) -> int | None:
    both = (done.kept_id, done.gone_id)
    again = select(Merge.id).where(
        Merge.id > done.id,
        Merge.undone_at.is_(None),
        or_(Merge.kept_id.in_(both), Merge.gone_id.in_(both)),
    )
    return db.session.scalar(again.limit(1))


def _named_in(done: Merge) -> Sequence[Signature]:
    ids = {int(entry[0]) for entry in done.moved}
    rows = select(Signature).where(Signature.id.in_(ids)).order_by(Signature.id).with_for_update(of=Signature)
    return db.session.scalars(rows.execution_options(populate_existing=True)).all()


def _put_back(signature: Signature, what: str, before: Sequence[int | str], actor: Actor) -> None:
    if signature.erased_at is not None:
        return
    if what == FLAGS:
        signature.flags = str(before[0]).split()
        return
    if what == CONTACT:
        signature.superseded_by_id = int(before[0])
        return
    standing = queries.live_of(signature.letter_id, signature.organisation_id or 0, besides=signature.id)
    if signature.status is not SignatureStatus.SUPERSEDED or signature.previous is None or standing:
        return  # decided upon since, or it signed again by itself
    signature.superseded_by = None
    go(signature, signature.previous, actor, undo=True, undone=True)
    previous, accepted_at, decided_at = map(str, before)
    signature.previous = SignatureStatus(previous) if previous else None
    signature.accepted_at, signature.decided_at = _moment(accepted_at), _moment(decided_at)


def signs(letter_id: int, ids: Sequence[int]) -> bool:
    """Whether all of these are organisations, and one at least has signed this letter, however it stands."""
    known = select(func.count()).select_from(Organisation).where(Organisation.id.in_(ids))
    here = select(Signature.id).where(Signature.letter_id == letter_id, Signature.organisation_id.in_(ids))
    return db.session.scalar(known) == len(set(ids)) and db.session.scalar(here.limit(1)) is not None


def was_here(letter_id: int, merge_id: int) -> bool:
    """Whether a merge is of this letter, as `merges_of` lists them, however long ago it was."""
    return db.session.scalar(_of(letter_id).where(Merge.id == merge_id)) is not None


def merges_of(letter_id: int, limit: int = 50) -> Sequence[tuple[Merge, Organisation, Organisation]]:
    """The merges of organisations that sign this letter or were merged on it: newest first, kept and gone
    beside each; those that were undone are left out.
    """
    found = db.session.scalars(_of(letter_id).order_by(Merge.id.desc()).limit(limit)).all()
    get = db.session.get_one
    return [(one, get(Organisation, one.kept_id), get(Organisation, one.gone_id)) for one in found]


def _of(letter_id: int) -> Select[Merge]:
    signing = select(Signature.organisation_id).where(
        Signature.letter_id == letter_id, Signature.organisation_id.is_not(None)
    )
    return select(Merge).where(
        Merge.undone_at.is_(None), or_(Merge.letter_id == letter_id, Merge.kept_id.in_(signing))
    )


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
