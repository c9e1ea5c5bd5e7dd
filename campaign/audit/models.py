"""The table of the record."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.audit.rules import ActorKind
from campaign.core.db import Base, stored_enum


class AuditEntry(Base):
    """One act.

    `sequence` and `chain` are filled by the worker after the commit; ids are never foreign keys, so rows
    outlive things.
    """

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_kind: Mapped[ActorKind] = mapped_column(stored_enum(ActorKind, "actor_kind"))
    actor_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int]
    letter_id: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    sequence: Mapped[int | None] = mapped_column(unique=True)
    chain: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index("ix_audit_entries_letter_id_id", "letter_id", "id"),)
