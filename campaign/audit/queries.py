"""Reading the record, and checking that nobody rewrote it."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarResult, select

from campaign.audit.models import AuditEntry
from campaign.audit.rules import GENESIS, ActorKind, chain_hash
from campaign.core import clock
from campaign.core.db import db


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many rows are chained, the sequence number of the first broken one (None when all hold), and how
    many wait.
    """

    chained: int
    broken_at: int | None
    waiting: int


def content(entry: AuditEntry) -> dict[str, object]:
    """What the chain covers of a row."""
    return {
        "sequence": entry.sequence,
        "id": entry.id,
        "at": clock.iso(entry.at),
        "actor": [entry.actor_kind.value, entry.actor_id],
        "action": entry.action,
        "subject": [entry.subject_kind, entry.subject_id],
        "letter": entry.letter_id,
        "details": entry.details,
    }


def recent(letter_id: int, limit: int = 100) -> Sequence[AuditEntry]:
    """The newest acts on a letter, newest first."""
    found = (
        select(AuditEntry)
        .where(AuditEntry.letter_id == letter_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return db.session.scalars(found).all()


def happened_since(letter_id: int, action: str, since: datetime) -> bool:
    """Whether that act was done on a letter after a moment."""
    found = select(AuditEntry.id).where(
        AuditEntry.letter_id == letter_id, AuditEntry.action == action, AuditEntry.at > since
    )
    return db.session.scalar(found.order_by(AuditEntry.id.desc()).limit(1)) is not None


def last_act(letter_id: int, action: str, subject_id: int) -> int:
    """The id of the newest such act on a thing of a letter, or 0."""
    found = select(AuditEntry.id).where(
        AuditEntry.letter_id == letter_id, AuditEntry.action == action, AuditEntry.subject_id == subject_id
    )
    return db.session.scalar(found.order_by(AuditEntry.id.desc()).limit(1)) or 0


def decided_by_people(
    letter_id: int, actions: Sequence[str], subject_ids: Sequence[int], after: int
) -> set[int]:
    """Of these things of a letter, those on which a person did such an act after the entry `after` (id)."""
    found = select(AuditEntry.subject_id).where(
        AuditEntry.letter_id == letter_id,
        AuditEntry.id > after,
        AuditEntry.action.in_(actions),
        AuditEntry.subject_id.in_(subject_ids),
        AuditEntry.actor_kind.in_((ActorKind.USER, ActorKind.OPERATOR)),
    )
    return set(db.session.scalars(found))


def verify() -> Verdict:
    """Walk the chain from its beginning."""
    previous, count = GENESIS, 0
    with closing(_chained()) as entries:  # PostgreSQL keeps a cursor open until it is told
        for entry in entries:
            count += 1
            if entry.sequence != count or entry.chain != chain_hash(previous, content(entry)):
                return Verdict(count - 1, count, _waiting())
            previous = entry.chain
    return Verdict(count, None, _waiting())


def _chained() -> ScalarResult[AuditEntry]:
    found = select(AuditEntry).where(AuditEntry.sequence.is_not(None)).order_by(AuditEntry.sequence)
    return db.session.scalars(found.execution_options(yield_per=1000))


def _waiting() -> int:
    return len(db.session.scalars(select(AuditEntry.id).where(AuditEntry.sequence.is_(None))).all())
