"""What the worker calls of this room: a sweep when the bell rings, and a daily tidying."""

from sqlalchemy import delete

from campaign.core import clock
from campaign.core.db import db
from campaign.jobs.models import Job
from campaign.jobs.rules import KEPT_FOR, JobState
from campaign.jobs.worklists import farewell, work_round


def rounds() -> int:
    """Rounds until nothing more is due now; for a process that goes on. Returns how many things were done."""
    total = 0
    while done := work_round():
        total += done
    return total


def sweep() -> int:
    """Rounds until nothing is due, for a process that ends then: it waits for what goes on in the background.

    Returns how many things were done in the rounds.
    """
    total = rounds()
    while farewell():
        total += rounds()
    return total


def tidy() -> None:
    """Forget jobs that were done long ago; failed ones stay until somebody has looked."""
    before = clock.database_now(db.session()) - KEPT_FOR
    db.session.execute(delete(Job).where(Job.state == JobState.DONE, Job.finished_at < before))
    db.session.commit()
