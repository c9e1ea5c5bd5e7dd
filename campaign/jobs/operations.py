"""Owing a job, in the same transaction as the change that needs it."""

from datetime import datetime

from campaign.core import clock
from campaign.core.db import db
from campaign.jobs.models import Job


def owe(name: str, *arguments: int, due_at: datetime | None = None) -> Job:
    """Owe the job of that dotted name (`campaign.<room>.tasks.<verb>`).

    It is done after the commit, at `due_at` or at once.
    """
    job = Job(name=name, arguments=list(arguments), due_at=due_at or clock.now())
    db.session.add(job)
    return job
