"""Owed jobs on both databases: done after the commit, once, tried again, and never in each other's way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.jobs import tasks, worklists
from campaign.jobs.bell import QUIET_SECONDS, Bell, queue
from campaign.jobs.models import Job
from campaign.jobs.operations import owe
from campaign.jobs.rules import MOST_TRIES, JobState, Period
from campaign.jobs.worklists import Worklists
from tests.factories import make_letter
from tests.threads import together

HERE = "tests.rooms.test_jobs"
did: list[tuple[int, ...]] = []


def note(*arguments: int) -> None:
    """A job that notes that it was done."""
    did.append(arguments)


def stumble() -> None:
    """A job that fails, and had begun to change something."""
    make_letter(opened=False, slug="half-done").slug = "changed"
    raise ZeroDivisionError("the details must not be kept: sami@example.org")


def fail_as_a_sweep() -> int:
    """A worklist that cannot be worked."""
    raise KeyError("a programming error")


def note_as_a_sweep() -> int:
    """A worklist behind it."""
    note(99)
    return 0


def go_away() -> int:
    """A farewell: the first time something was waited for, and made a job necessary."""
    note(50)
    if did.count((50,)) > 1:
        return 0
    owe(f"{HERE}.note", 2)
    db.session.commit()
    return 1


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    did.clear()


@pytest.fixture
def only_jobs(app: Flask) -> None:
    """No sweeps and no periodic jobs in the way."""
    app.extensions["worklists"] = Worklists((), {})


def jobs() -> list[Job]:
    """All of them, oldest first."""
    db.session.expire_all()
    return list(db.session.scalars(select(Job).order_by(Job.id)))


def test_a_job_is_done_once_with_its_arguments(only_jobs: None, work: Callable[[], int]) -> None:
    owe(f"{HERE}.note", 4, 2)
    assert work() == 1
    assert did == [(4, 2)]
    (job,) = jobs()
    assert (job.state, job.tries, job.last_error) == (JobState.DONE, 1, None)
    assert work() == 0


def test_what_is_rolled_back_is_not_owed(only_jobs: None, app: Flask, work: Callable[[], int]) -> None:
    owe(f"{HERE}.note")
    db.session.rollback()
    assert work() == 0
    assert did == []


def test_a_job_waits_for_its_time(only_jobs: None, app: Flask, work: Callable[[], int]) -> None:
    owe(f"{HERE}.note", due_at=clock.now() + timedelta(hours=1))
    assert work() == 0
    assert did == []


def test_a_failing_job_is_rolled_back_and_tried_later(
    only_jobs: None, app: Flask, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(f"{HERE}.stumble")
    owe(f"{HERE}.note")
    work()
    failed, done = jobs()
    assert (failed.state, failed.tries, failed.last_error) == (JobState.OWED, 1, "ZeroDivisionError")
    assert timedelta(seconds=5) < failed.due_at - clock.now() <= timedelta(seconds=10)
    assert done.state is JobState.DONE
    assert did == [()]


def test_after_twelve_tries_a_job_has_failed(only_jobs: None, app: Flask, work: Callable[[], int]) -> None:
    job = owe(f"{HERE}.nowhere")
    db.session.flush()
    job.tries = MOST_TRIES - 1
    work()
    assert (job.state, job.last_error) == (JobState.FAILED, "ImportStringError")
    assert job.finished_at is not None
    assert work() == 0


def test_a_job_whose_worker_died_is_claimed_again(
    only_jobs: None, app: Flask, work: Callable[[], int]
) -> None:
    owe(f"{HERE}.note")
    db.session.commit()
    assert worklists._claim() is not None
    assert worklists._claim() is None
    db.session.execute(update(Job).values(leased_until=clock.now() - timedelta(seconds=1)))
    work()
    (job,) = jobs()
    assert (job.state, job.tries) == (JobState.DONE, 2)


def test_many_workers_do_each_job_once(only_jobs: None, app: Flask) -> None:
    for number in range(12):
        owe(f"{HERE}.note", number)
    outcomes = together(app, [worklists.work_round] * 4)
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    assert sorted(did) == [(number,) for number in range(12)]
    assert {job.state for job in jobs()} == {JobState.DONE}


def test_a_periodic_job_is_owed_once_per_period(app: Flask) -> None:
    app.extensions["worklists"] = Worklists((), {f"{HERE}.note": Period.DAY})
    outcomes = together(app, [worklists.work_round] * 4)
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    assert did == [()]
    (job,) = jobs()
    assert job.period == f"{HERE}.note@{clock.now():%Y-%m-%d}"


def test_a_failing_worklist_does_not_starve_the_others(
    app: Flask, work: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    app.extensions["worklists"] = Worklists((f"{HERE}.fail_as_a_sweep", f"{HERE}.note_as_a_sweep"), {})
    assert work() == 0
    assert did == [(99,)]
    assert "a worklist failed: KeyError" in caplog.text


def test_a_process_that_ends_waits_for_what_goes_on_in_the_background(
    app: Flask, work: Callable[[], int]
) -> None:
    app.extensions["worklists"] = Worklists((), {}, (f"{HERE}.go_away",))
    owe(f"{HERE}.note", 1)
    db.session.commit()
    assert tasks.rounds() == 1
    assert did == [(1,)], "a process that goes on does not wait"
    work()
    assert did == [(1,), (50,), (2,), (50,)], "what became due meanwhile is done too"


def test_every_name_of_the_real_worklists_leads_somewhere(app: Flask, work: Callable[[], int]) -> None:
    make_letter()
    assert work() > 0
    names = {job.name for job in jobs()}
    assert names == set(app.extensions["worklists"].periodic)
    assert "campaign.signing.tasks.reconcile" in names
    assert {job.state for job in jobs()} == {JobState.DONE}
    assert all(entry.sequence for entry in db.session.scalars(select(AuditEntry)))


def test_without_a_bell_nothing_is_rung() -> None:
    assert not Bell("").ring()


def test_a_dead_bell_is_left_alone_for_a_while(dead_port: int) -> None:
    moments = iter([0.0, 0.0, 1.0, QUIET_SECONDS + 1, QUIET_SECONDS + 1])
    bell = Bell(f"redis://127.0.0.1:{dead_port}/0", clock=lambda: next(moments))
    assert not bell.ring()
    assert bell.quiet_until == QUIET_SECONDS
    assert not bell.ring()  # without a connection: that would have asked the clock twice
    assert not bell.ring()
    assert bell.quiet_until == 2 * QUIET_SECONDS + 1


def test_a_thousand_rings_are_one_job(redis_url: str) -> None:
    bell = Bell(redis_url)
    bell_queue = queue(redis_url)
    bell_queue.empty()
    assert [bell.ring() for _ in range(3)] == [True] * 3
    (job,) = bell_queue.jobs
    assert job.timeout == -1, "nothing ends it in the middle of a mail"


def test_done_jobs_are_forgotten_after_a_month_and_failed_ones_kept(app: Flask) -> None:
    now = clock.now()
    for state, days in ((JobState.DONE, 31), (JobState.DONE, 29), (JobState.FAILED, 400)):
        job = owe("campaign.jobs.tasks.tidy")
        job.state, job.finished_at = state, now - timedelta(days=days)
    db.session.commit()
    tasks.tidy()
    kept = db.session.execute(select(Job.state, Job.finished_at).order_by(Job.id)).all()
    assert [state for state, _ in kept] == [JobState.DONE, JobState.FAILED]
