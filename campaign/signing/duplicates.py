"""Pairs of organisations on a letter that may be one, or one made to look like the other, for a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.organisations.matching import compare
from campaign.organisations.models import Organisation
from campaign.organisations.queries import domains_of, names_of
from campaign.organisations.rules import Match, Resemblance
from campaign.signing.models import Signature
from campaign.signing.queries import QUEUE
from campaign.signing.rules import LIVE, SignatureStatus
from campaign.signing.screening import FOUND_HERE, Candidate, candidates_of_many, own_domains, subject_of

ALL_COMPARED = 400  # signatures of a letter that are all compared while somebody waits for the page


@dataclass(frozen=True, slots=True)
class Side:
    """One of a pair: the organisation, every name it is known by, its own domains, and its signature here."""

    organisation: Organisation
    names: Sequence[str]
    domains: Sequence[str]
    signature: Signature | None
    mailbox: str

    @property
    def name(self) -> str:
        """As it signs this letter, or as it is known."""
        return self.signature.name if self.signature else self.organisation.name


@dataclass(frozen=True, slots=True)
class Pair:
    """Two organisations that may be one; the sign-on that waits, or came later, is the first."""

    one: Side
    other: Side
    match: Match


@dataclass(frozen=True, slots=True)
class Found:
    """The pairs of a letter, the likest first: `more` beyond those shown; whether `all` were compared."""

    pairs: Sequence[Pair]
    more: int
    all: bool


def pairs(letter_id: int, limit: int, only: Signature | None = None) -> Found:
    """The pairs among those who sign a letter, and those of a sign-on that waits and an organisation known
    from elsewhere. `only` those of one signature.
    """
    signatures, complete = ([only], True) if only else _to_compare(letter_id)
    alike = candidates_of_many(letter_id, [subject_of(signature) for signature in signatures])
    met: dict[tuple[int, int], tuple[Signature, Candidate]] = {}
    for signature, candidates in zip(signatures, alike, strict=True):
        for candidate in candidates:
            if candidate.signature_id is None and signature.status not in QUEUE:
                continue
            ids = sorted((signature.organisation_id or 0, candidate.organisation_id))
            met.setdefault((ids[0], ids[1]), (signature, candidate))
    found = sorted(met.values(), key=_place)
    return Found([_pair(*one) for one in found[:limit]], max(len(found) - limit, 0), complete)


def _place(one: tuple[Signature, Candidate]) -> tuple[int, int, int]:
    """Look-alikes first, then the likest, then the newest."""
    signature, candidate = one
    lookalike = candidate.match.verdict is Resemblance.LOOKALIKE
    return -lookalike, -candidate.match.score, -signature.id


def _to_compare(letter_id: int) -> tuple[Sequence[Signature], bool]:
    """Everybody on the letter; on a long one those that wait, and those that were flagged when they came."""
    rows = select(Signature).where(Signature.letter_id == letter_id, Signature.organisation_id.is_not(None))
    live = rows.where(Signature.status.in_(LIVE)).order_by(Signature.id.desc())
    count = db.session.scalar(
        select(func.count()).where(Signature.letter_id == letter_id, Signature.status.in_(LIVE))
    )
    if (count or 0) <= ALL_COMPARED:
        return db.session.scalars(live).all(), True
    waiting = db.session.scalars(live.where(Signature.status.in_(QUEUE)).limit(ALL_COMPARED)).all()
    accepted = (
        select(Signature.id, Signature.flags)
        .where(Signature.letter_id == letter_id, Signature.status == SignatureStatus.ACCEPTED)
        .order_by(Signature.id)
    )
    flagged = [id_ for id_, flags in db.session.execute(accepted) if FOUND_HERE.intersection(flags)]
    listed = db.session.scalars(live.where(Signature.id.in_(flagged[-ALL_COMPARED:]))).all()
    return [*waiting, *listed], False


def _pair(signature: Signature, candidate: Candidate) -> Pair:
    other = db.session.get(Signature, candidate.signature_id) if candidate.signature_id else None
    known = db.session.get_one(Organisation, candidate.organisation_id)
    own = signature.organisation or known
    return Pair(side(own, signature), side(known, other), candidate.match)


def side(organisation: Organisation, signature: Signature | None) -> Side:
    """One organisation as it is shown beside another; of a mailbox nothing but its domain."""
    shown = signature.name if signature else organisation.name
    names = dict.fromkeys(row.name for row in names_of(organisation.id))
    if signature and signature.name_other:
        names.setdefault(signature.name_other)
    names.pop(shown, None)
    domains = dict.fromkeys(row.domain for row in domains_of(organisation.id))
    person = signature.representative if signature else None
    mailbox = (person.email or "").rpartition("@")[2] if person is not None else ""
    website = signature.website if signature else organisation.website
    more = [d for d in domains if d not in own_domains((website,)) and d != mailbox]
    return Side(organisation, list(names), more, signature, mailbox)


def looks_like_host(letter: Letter, signature: Signature) -> str | None:
    """The host that a name is made to look like."""
    names = [name for name in (signature.name, signature.name_other) if name]
    return next(
        (
            host.name
            for host in letter.hosts
            for name in names
            if compare(name, host.name).verdict is Resemblance.LOOKALIKE
        ),
        None,
    )
