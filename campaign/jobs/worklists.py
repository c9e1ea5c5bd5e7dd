"""One round through every table that may hold work."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.utils import import_string

from campaign.core import clock
from campaign.core.db import db
from campaign.jobs.models import Job
from campaign.jobs.rules import LEASE, MOST_TRIES, JobState, Period, period_key, wait_after

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Worklists:
    """What a round goes through, by dotted name.

    Sweeps (each returns how many things it did), periodic jobs, and farewells: what a process that is about
    to end has to wait for (each returns how many things that was).
    """

    sweeps: Sequence[str]
    periodic: Mapping[str, Period]
    farewells: Sequence[str] = ()


def work_round() -> int:
    """Everything due now, once: periodic jobs are owed, jobs done, each room's own worklist swept.

    Returns how much was done.
    """
    lists: Worklists = current_app.extensions["worklists"]
    done = 0
    for sweep in (
        lambda: _owe_periodic(lists.periodic),
        _run_due,
        *(import_string(name) for name in lists.sweeps),
    ):
        done += _guarded(sweep)
    return done


def farewell() -> int:
    """Wait for all that was begun and goes on in the background. Returns how many things that was."""
    lists: Worklists = current_app.extensions["worklists"]
    return sum(_guarded(import_string(name)) for name in lists.farewells)


def _guarded(sweep: Callable[[], int]) -> int:
    """One worklist's failure must not starve the others.

    What failed is still in its table for the next round.
    """
    try:
        return sweep()
    except Exception as fault:
        log.exception("a worklist failed: %s", type(fault).__name__)
        return 0
    finally:
        db.session.remove()


def _owe_periodic(periodic: Mapping[str, Period]) -> int:
    """Owe each periodic job once per period, however many workers try: the period's key is unique."""
    now = clock.now()
    keys = {period_key(name, period, now): name for name, period in periodic.items()}
    known = set(db.session.scalars(select(Job.period).where(Job.period.in_(keys))))
    db.session.commit()
    for key in keys.keys() - known:
        db.session.add(Job(name=keys[key], arguments=[], period=key, due_at=now))
        try:
            db.session.commit()
        except IntegrityError:
            db.session.rollback()  # another worker owed it in the same moment
    return 0


def _run_due() -> int:
    """Claim and do due jobs until none is left."""
    done = 0
    while job := _claim():
        done += 1
        _run(*job)
    return done


def _claim() -> tuple[int, str, list[int]] | None:
    """The next due job, leased to us: its id, name and arguments."""
    now = clock.database_now(db.session())
    due = (
        select(Job.id)
        .where(
            or_(
                (Job.state == JobState.OWED) & (Job.due_at <= now),
                (Job.state == JobState.CLAIMED) & (Job.leased_until < now),
            )
        )
        .order_by(Job.due_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = db.session.scalar(due)
    if found is None:
        db.session.commit()
        return None
    job = db.session.get_one(Job, found)
    if job.tries >= MOST_TRIES:
        # Its last try ended its worker too: nothing else says so.
        job.state, job.finished_at, job.last_error = JobState.FAILED, now, "the worker stopped during it"
        db.session.commit()
        return _claim()
    job.state, job.tries, job.leased_until = JobState.CLAIMED, job.tries + 1, now + LEASE
    claimed = (job.id, job.name, list(job.arguments))
    db.session.commit()
    return claimed


def _run(job_id: int, name: str, arguments: list[int]) -> None:
    """Do one job; a failure is noted by its kind only and tried again later, with growing waits."""
    try:
        import_string(name)(*arguments)
    except Exception as fault:  # whatever a job does wrong must be recorded on its row
        db.session.rollback()
        log.exception("job %s failed", name)
        _finish(job_id, failed=type(fault).__name__)
    else:
        _finish(job_id)


def _finish(job_id: int, failed: str | None = None) -> None:
    now: datetime = clock.database_now(db.session())
    job = db.session.get_one(Job, job_id)
    if failed is None:
        values = {"state": JobState.DONE, "finished_at": now, "last_error": None}
    elif job.tries >= MOST_TRIES:
        values = {"state": JobState.FAILED, "finished_at": now, "last_error": failed}
    else:
        values = {"state": JobState.OWED, "due_at": now + wait_after(job.tries), "last_error": failed}
    db.session.execute(update(Job).where(Job.id == job_id).values(**values, leased_until=None))
    db.session.commit()
