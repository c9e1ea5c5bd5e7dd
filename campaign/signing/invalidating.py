"""Bulk invalidation: proposed, seen, confirmed, done by the worker in slices, cancelled, undone exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from campaign.audit.operations import record
from campaign.audit.queries import decided_by_people, last_act
from campaign.audit.rules import OPERATOR, Actor, ActorKind
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, NotFound
from campaign.core.secrets import new_nonce
from campaign.letters.models import Letter
from campaign.signing import meant
from campaign.signing.bulk import advance, checked
from campaign.signing.models import InvalidatedRow, Invalidation, Signature
from campaign.signing.moderation import check_reason
from campaign.signing.rules import LIVE, InvalidationState, SignatureStatus
from campaign.signing.standing import go

SLICE = 100  # rows looked at, or put back, in one transaction
_MOVES = tuple(f"signature.{status.value}" for status in SignatureStatus)
_TAKEN = (SignatureStatus.INVALIDATED, SignatureStatus.REJECTED)


def propose(letter: Letter, typed: Mapping[str, str], actor: Actor) -> Invalidation:
    """Write a rule down. Nothing happens to any sign-on. Raises InvalidInput naming the condition."""
    conditions = checked(typed)
    meant.check(letter, conditions)
    through = meant.newest(letter.id)
    proposed = Invalidation(
        letter=letter,
        conditions=conditions,
        state=InvalidationState.PROPOSED,
        decision=new_nonce(),
        matched=sum(1 for _ in meant.ids(letter.id, conditions, through)),
        done=0,
        last_id=0,
        through_id=through,
        created_at=clock.now(),
        created_by=actor.id,
    )
    db.session.add(proposed)
    db.session.flush()  # the audit row needs the id
    _note("proposed", proposed, actor, matched=proposed.matched, conditions=sorted(conditions))
    return proposed


def start(proposed: Invalidation, reason: str, seen: int, actor: Actor) -> None:
    """Let the worker begin, with the reason that is kept on each; `seen` is how many the preview said.

    Raises InvalidInput without a reason, Conflict when it means others by now, or nobody.
    """
    advance(proposed.state, InvalidationState.RUNNING)
    proposed.reason = check_reason(reason)
    now = sum(1 for _ in meant.ids(proposed.letter_id, proposed.conditions, proposed.through_id))
    if not now:
        raise Conflict("the rule means no sign-on")
    if now != seen:
        raise Conflict("the rule means %(now)d sign-ons by now; look again", now=now)
    proposed.state, proposed.matched = InvalidationState.RUNNING, now
    proposed.started_at, proposed.started_by = clock.now(), actor.id
    _note("started", proposed, actor, matched=now)


def cancel(invalidation: Invalidation, actor: Actor) -> None:
    """Go no further. What was done stays, and can be undone. Raises Conflict for one that is over."""
    invalidation.state = advance(invalidation.state, InvalidationState.CANCELLED)
    invalidation.finished_at = clock.now()
    _note("cancelled", invalidation, actor, count=invalidation.done)


def undo(invalidation: Invalidation, actor: Actor) -> None:
    """Let the worker put each back to what it was. Raises Conflict before it has ended, and where there is
    nothing to put back.
    """
    advance(invalidation.state, InvalidationState.UNDOING)
    if not invalidation.done:
        raise Conflict("it changed no sign-on")
    invalidation.state, invalidation.done = InvalidationState.UNDOING, 0
    invalidation.started_by, invalidation.finished_at = actor.id, None
    _note("undoing", invalidation, actor)


@dataclass(frozen=True, slots=True)
class Standing:
    """Of what a bulk invalidation changed: how many, put back, and left for a later decision."""

    changed: int
    restored: int
    left: int


def of_letter(letter_id: int) -> Sequence[Invalidation]:
    """All of a letter, the newest first."""
    rows = select(Invalidation).where(Invalidation.letter_id == letter_id)
    return db.session.scalars(rows.order_by(Invalidation.id.desc())).all()


def one(letter_id: int, invalidation_id: int) -> Invalidation:
    """One of this letter. Raises NotFound."""
    found = db.session.get(Invalidation, invalidation_id)
    if found is None or found.letter_id != letter_id:
        raise NotFound("this letter has no such bulk invalidation")
    return found


def tally(invalidation: Invalidation) -> Standing:
    """How far it, or its undoing, got."""
    rows = (
        select(InvalidatedRow.restored, func.count())
        .where(InvalidatedRow.invalidation_id == invalidation.id)
        .group_by(InvalidatedRow.restored)
    )
    counted: dict[bool | None, int] = {row[0]: row[1] for row in db.session.execute(rows)}
    return Standing(sum(counted.values()), counted.get(True, 0), counted.get(False, 0))


def sample(letter_id: int, ids: Sequence[int]) -> Sequence[Signature]:
    """Some of those a rule means, as rows to look at."""
    rows = select(Signature).where(Signature.letter_id == letter_id, Signature.id.in_(ids))
    return db.session.scalars(rows.order_by(Signature.id)).all()


def locked(letter_id: int, invalidation_id: int) -> Invalidation:
    """A bulk invalidation of this letter, held until the commit. Raises NotFound."""
    rows = select(Invalidation).where(Invalidation.id == invalidation_id, Invalidation.letter_id == letter_id)
    found = db.session.scalar(rows.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound("this letter has no such bulk invalidation")
    return found


def step(invalidation: Invalidation) -> int:
    """One slice of one that is at work; the caller holds its row and commits. Returns how much it did."""
    if invalidation.state is InvalidationState.RUNNING:
        return _invalidate_slice(invalidation)
    if invalidation.state is InvalidationState.UNDOING:
        return _restore_slice(invalidation)
    return 0


def _invalidate_slice(invalidation: Invalidation) -> int:
    found = meant.scan(
        invalidation.letter_id,
        invalidation.conditions,
        invalidation.last_id,
        invalidation.through_id,
        SLICE,
    )
    decided = _decided_since(invalidation, found.ids)
    for signature in _held(found.ids):
        if _is_meant_still(signature, invalidation) and signature.id not in decided:
            _invalidate(signature, invalidation)
    invalidation.last_id = found.last_id
    if not found.more:
        invalidation.state = advance(invalidation.state, InvalidationState.DONE)
        invalidation.finished_at = clock.now()
        _note("done", invalidation, _actor(invalidation), count=invalidation.done)
    return max(len(found.ids), 1)


def _is_meant_still(signature: Signature, invalidation: Invalidation) -> bool:
    """Not one that was confirmed after the rule was: no preview counted it. `came_since` does."""
    since, confirmed = invalidation.started_at, signature.confirmed_at
    new = confirmed is not None and since is not None and confirmed > since
    return signature.status in LIVE and signature.erased_at is None and not new


def _decided_since(invalidation: Invalidation, ids: Sequence[int]) -> set[int]:
    """Those of these on which a person decided after the rule was confirmed, or took a decision back: they
    knew better. What a signatory or a letter's setting did is no decision.
    """
    start = last_act(invalidation.letter_id, "invalidation.started", invalidation.id)
    return decided_by_people(invalidation.letter_id, _MOVES, ids, start)


def came_since(invalidation: Invalidation) -> int:
    """How many fit the rule by now that were confirmed after it began, and that it left alone."""
    if invalidation.started_at is None:
        return 0
    newest = meant.newest(invalidation.letter_id)
    found = meant.ids(invalidation.letter_id, invalidation.conditions, newest, invalidation.started_at)
    return sum(1 for _ in found)


def _invalidate(signature: Signature, invalidation: Invalidation) -> None:
    """A counted one is invalid; one that waits is rejected."""
    db.session.add(
        InvalidatedRow(
            invalidation_id=invalidation.id,
            signature_id=signature.id,
            status=signature.status,
            previous=signature.previous,
            decision=signature.decision,
            decided_at=signature.decided_at,
            accepted_at=signature.accepted_at,
        )
    )
    counted = signature.status is SignatureStatus.ACCEPTED
    to = SignatureStatus.INVALIDATED if counted else SignatureStatus.REJECTED
    go(signature, to, _actor(invalidation), decision=invalidation.decision)
    signature.reason, signature.decision = invalidation.reason, invalidation.decision
    invalidation.done += 1


def _restore_slice(invalidation: Invalidation) -> int:
    rows = db.session.scalars(
        select(InvalidatedRow)
        .where(InvalidatedRow.invalidation_id == invalidation.id, InvalidatedRow.restored.is_(None))
        .order_by(InvalidatedRow.signature_id)
        .limit(SLICE)
    ).all()
    held = {signature.id: signature for signature in _held([row.signature_id for row in rows])}
    for row in rows:
        row.restored = _restore(held[row.signature_id], row, invalidation)
        invalidation.done += row.restored
    if len(rows) < SLICE:
        invalidation.state = advance(invalidation.state, InvalidationState.UNDONE)
        invalidation.finished_at = clock.now()
        _note("undone", invalidation, _actor(invalidation), count=invalidation.done)
    return max(len(rows), 1)


def _restore(signature: Signature, row: InvalidatedRow, invalidation: Invalidation) -> bool:
    """Put one back to what it was, unless somebody decided since, or its organisation signed once more."""
    if signature.decision != invalidation.decision or signature.status not in _TAKEN:
        return False
    try:
        with db.session.begin_nested():
            go(
                signature,
                row.status,
                _actor(invalidation),
                undo=True,
                undone=True,
                decision=invalidation.decision,
            )
    except Conflict:
        return False
    signature.previous, signature.decision, signature.reason = row.previous, row.decision, None
    signature.decided_at, signature.accepted_at = row.decided_at, row.accepted_at
    return True


def _held(ids: Sequence[int]) -> Sequence[Signature]:
    """Rows locked and read anew, by id."""
    rows = select(Signature).where(Signature.id.in_(ids)).order_by(Signature.id)
    return db.session.scalars(
        rows.with_for_update(of=Signature).execution_options(populate_existing=True)
    ).all()


def _actor(invalidation: Invalidation) -> Actor:
    """Who pressed the button; without an account it was the operator."""
    by = invalidation.started_by
    return OPERATOR if by is None else Actor(ActorKind.USER, by)


def _note(what: str, invalidation: Invalidation, actor: Actor, **details: object) -> None:
    record(
        actor,
        f"invalidation.{what}",
        "invalidation",
        invalidation.id,
        invalidation.letter_id,
        **details,
    )
