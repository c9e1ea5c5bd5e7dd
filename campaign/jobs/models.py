"""The table of owed jobs."""

from datetime import datetime

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign.core.db import Base, stored_enum
from campaign.jobs.rules import JobState


class Job(Base):
    """One piece of work: the dotted name of its entry, whole numbers as arguments, and how far it got."""

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    arguments: Mapped[list[int]] = mapped_column(JSON)
    period: Mapped[str | None] = mapped_column(String(160), unique=True)
    state: Mapped[JobState] = mapped_column(stored_enum(JobState, "job_state"), default=JobState.OWED)
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(300))

    __table_args__ = (Index("ix_jobs_state_due_at", "state", "due_at"),)
