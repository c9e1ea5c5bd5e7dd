"""Writing the record: verbs insert rows as they act; the worker numbers and chains what was committed."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import insert, select, text

from campaign.audit.models import AuditEntry
from campaign.audit.queries import content
from campaign.audit.rules import GENESIS, Actor, chain_hash
from campaign.core import clock
from campaign.core.db import db

CHAIN_LOCK = 0x4155_4449  # advisory lock number: "AUDI"
BATCH = 500


@dataclass(frozen=True, slots=True)
class Act:
    """One act of many by the same somebody."""

    action: str
    subject_id: int
    letter_id: int | None
    details: dict[str, object]


def record(
    actor: Actor, action: str, subject_kind: str, subject_id: int, letter_id: int | None, **details: object
) -> AuditEntry:
    """Note an act.

    `details` are codes, counts and ids only: never a name, an address, a token or typed text.
    """
    entry = AuditEntry(
        at=clock.now().replace(microsecond=0),
        actor_kind=actor.kind,
        actor_id=actor.id,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        letter_id=letter_id,
        details=details,
    )
    db.session.add(entry)
    return entry


def record_many(actor: Actor, subject_kind: str, acts: Iterable[Act]) -> None:
    """Note many acts in one statement, in their order; `details` as in `record`."""
    by = {"at": clock.now().replace(microsecond=0), "actor_kind": actor.kind, "actor_id": actor.id}
    rows = [
        {
            **by,
            "action": act.action,
            "subject_kind": subject_kind,
            "subject_id": act.subject_id,
            "letter_id": act.letter_id,
            "details": act.details,
        }
        for act in acts
    ]
    if rows:
        db.session.execute(insert(AuditEntry), rows)


def chain() -> int:
    """Number and chain committed rows; one worker at a time.

    Returns how many. A chain inside each act would be one hot row.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        held = db.session.execute(
            text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK}
        ).scalar_one()
        if not held:
            return 0
    last = db.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.sequence.is_not(None))
        .order_by(AuditEntry.sequence.desc())
        .limit(1)
    ).one_or_none()
    sequence, previous = (last.sequence or 0, last.chain or GENESIS) if last else (0, GENESIS)
    rows = db.session.scalars(
        select(AuditEntry).where(AuditEntry.sequence.is_(None)).order_by(AuditEntry.id).limit(BATCH)
    ).all()
    for entry in rows:
        sequence += 1
        entry.sequence = sequence
        entry.chain = previous = chain_hash(previous, content(entry))
    return len(rows)
