"""Many sign-ons decided in one act, and taken back as one.

What cannot be decided, or taken back, is left as it is and named; it keeps nothing else from being done.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput, RoomError
from campaign.core.secrets import new_nonce
from campaign.letters.models import Letter
from campaign.signing import moderation
from campaign.signing.models import Invalidation, Signature
from campaign.signing.rules import SignatureStatus

MOST_AT_ONCE = 500  # a request does no more than that; the next one goes on
DECIDED = (SignatureStatus.ACCEPTED, SignatureStatus.REJECTED)


@dataclass(frozen=True, slots=True)
class Act:
    """How many were done in one act, and what was left, each with what refused it."""

    done: int
    left: Sequence[tuple[Signature, RoomError]]


def accept(letter: Letter, signatures: Iterable[Signature], actor: Actor) -> Act:
    """Count them all."""
    decision = new_nonce()
    act = _each(signatures, lambda signature: moderation.accept(signature, actor, decision))
    return _noted("signatures.accepted", letter.id, decision, act, actor)


def reject(letter: Letter, signatures: Iterable[Signature], reason: str, actor: Actor) -> Act:
    """Turn them all down, for one reason. Raises InvalidInput without one."""
    moderation.check_reason(reason)
    decision = new_nonce()
    act = _each(signatures, lambda signature: moderation.reject(signature, reason, actor, decision))
    return _noted("signatures.rejected", letter.id, decision, act, actor)


def take_back(letter: Letter, decision: str, actor: Actor) -> Act:
    """Undo a decision on all that it was made on, but for those that went on since."""
    rows = select(Signature).where(
        Signature.letter_id == letter.id, Signature.decision == decision, ~_by_rule()
    )
    locked = rows.order_by(Signature.id).with_for_update(of=Signature)
    signatures = db.session.scalars(locked.execution_options(populate_existing=True)).all()

    def undo(signature: Signature) -> None:
        if signature.status not in DECIDED:
            raise Conflict("it is %(status)s by now", status=signature.status)
        moderation.undo(signature, actor, decision)

    return _noted("signatures.taken_back", letter.id, decision, _each(signatures, undo), actor)


def sizes(letter_id: int, signatures: Iterable[Signature]) -> Mapping[str, int]:
    """How many sign-ons can be taken back with each of these, by the decision they share; none for one."""
    decisions = {signature.decision for signature in signatures if signature.decision}
    rows = (
        select(Signature.decision, func.count())
        .where(
            Signature.letter_id == letter_id,
            Signature.decision.in_(decisions),
            Signature.status.in_(DECIDED),
            ~_by_rule(),
        )
        .group_by(Signature.decision)
    )
    return {row[0]: row[1] for row in db.session.execute(rows) if row[0] and row[1] > 1}


def _by_rule() -> ColumnElement[bool]:
    """What a bulk invalidation decided is undone as that, exactly: see `invalidating`."""
    return exists().where(Invalidation.decision == Signature.decision)


def _each(signatures: Iterable[Signature], do: Callable[[Signature], None]) -> Act:
    done, left = 0, []
    for signature in signatures:
        try:
            with db.session.begin_nested():
                do(signature)
            done += 1
        except (Conflict, InvalidInput) as fault:
            left.append((signature, fault))
    return Act(done, left)


def _noted(action: str, letter_id: int, decision: str, act: Act, actor: Actor) -> Act:
    if act.done:
        record(actor, action, "letter", letter_id, letter_id, count=act.done, decision=decision)
    return act
