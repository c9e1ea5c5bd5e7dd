"""Redis, the mail server or the tables away: nothing is lost, and the work goes on by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select, text

from campaign.outbox.models import Mail, MailAttempt
from campaign.outbox.rules import MailState
from tests.journeys.letter import COORDINATOR, ENTERED, IMPORTED, OPENED, SLUG, sign
from tests.journeys.stage import Stage, opened, until
from tests.servers import own_redis

SWEEP = 30.0  # seconds: one sweep (5 s) and a busy machine
MakeStage = Callable[..., Stage]


def test_redis_emptied_loses_no_work(make_stage: MakeStage, redis_url: str) -> None:
    stage = make_stage("sqlite", REDIS_URL=redis_url)
    stage.prepare(IMPORTED, OPENED)
    visitor, worker = stage.serve(), stage.start_worker()
    with Redis.from_url(redis_url) as connection:
        connection.flushdb()
        assert sign(visitor, "before@example.org").status == 303
        assert stage.post.wait_for(1, "before@example.org")
        connection.flushdb()
        assert sign(visitor, "after@example.org").status == 303
        assert stage.post.wait_for(1, "after@example.org", SWEEP)
        stage.stop(worker)
        assert sign(visitor, "meanwhile@example.org").status == 303
        assert connection.keys("rq:*"), "the bell was rung"
        connection.flushdb()
        stage.start_worker()
        assert stage.post.wait_for(1, "meanwhile@example.org", SWEEP)
    assert len(stage.post.mails) == 3


def test_a_worker_ends_when_asked_though_redis_went_away_while_it_sent(
    make_stage: MakeStage, tmp_path: Path
) -> None:
    with own_redis(tmp_path) as redis:
        stage = make_stage("sqlite", REDIS_URL=redis.url)
        stage.prepare(IMPORTED, OPENED)
        visitor, worker = stage.serve(), stage.start_worker()
        with Redis.from_url(redis.url) as connection:
            assert until(lambda: connection.scard("rq:workers") == 1)
            stage.post.slow = 5.0  # the bell's process is at work
            assert sign(visitor, "one@example.org").status == 303
            assert stage.post.wait_for(1)
        redis.kill()
        assert stage.stop(worker) == 0


def test_without_redis_signing_and_sending_go_on(make_stage: MakeStage, dead_port: int) -> None:
    stage = make_stage("sqlite", REDIS_URL=f"redis://127.0.0.1:{dead_port}/0")
    stage.prepare(IMPORTED, OPENED)
    visitor = stage.serve()
    worker = stage.start_worker()
    for address in ("one@example.org", "two@example.org"):
        answered = sign(visitor, address)
        assert answered.status == 303, answered.words
        assert stage.post.wait_for(1, address, SWEEP)
    assert stage.stop(worker) == 0
    started = time.monotonic()
    assert sign(visitor, "three@example.org").status == 303
    assert time.monotonic() - started < 10, "nobody waits long for a bell"
    stage.burst()
    assert len(stage.post.to("three@example.org")) == 1
    assert len(stage.post.mails) == 3


def test_a_mail_server_that_is_away_is_tried_again_with_growing_delay(make_stage: MakeStage) -> None:
    stage = make_stage("sqlite", mail_is_there=False)
    stage.prepare(ENTERED, IMPORTED, OPENED)  # the coordinator is told that the letter was opened
    for tries, minutes in ((1, 1), (2, 2), (3, 4)):
        stage.let_time_pass()
        stage.work()
        assert waiting(stage) == (MailState.DEFERRED, tries, timedelta(minutes=minutes))
        stage.work()
        assert waiting(stage)[1] == tries, "it is not due yet"
    with opened(stage.post):
        stage.let_time_pass()
        stage.burst()
        stage.burst()
    assert [mail.rcpt_tos for mail in stage.post.mails] == [[COORDINATOR]]
    assert stage.sql(select(Mail.state, Mail.tries)) == [(MailState.ACCEPTED, 4)]


def waiting(stage: Stage) -> tuple[MailState, int, timedelta]:
    """The one mail there is: its state, how often it was tried, how long after the last try it is due."""
    rows = select(Mail.state, Mail.tries, Mail.due_at, MailAttempt.at).join(MailAttempt)
    state, tries, due_at, tried_at = stage.sql(rows.order_by(MailAttempt.id.desc()))[0]
    # Both moments are read from the database's clock, which may pass a thousandth of a second between them.
    return state, tries, timedelta(seconds=round((due_at - tried_at).total_seconds()))


@pytest.mark.parametrize(
    ("kind", "revision", "argument"), [("sqlite", "0005", "--burst"), ("postgresql", "base", "--poll")]
)
def test_a_worker_refuses_a_database_that_is_behind(
    make_stage: MakeStage, kind: str, revision: str, argument: str
) -> None:
    stage = make_stage(kind)
    stage.prepare(("db", "downgrade", revision))
    refused = stage.worker(argument)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        "worker.py: the database is behind this code; run: flask --app campaign db upgrade"
    ]
    stage.prepare()
    stage.burst()


@pytest.mark.parametrize("with_redis", [False, True], ids=["without Redis", "with Redis"])
def test_burst_leaves_nothing_that_is_due(
    make_stage: MakeStage, request: pytest.FixtureRequest, with_redis: bool
) -> None:
    redis = {"REDIS_URL": request.getfixturevalue("redis_url")} if with_redis else {}
    stage = make_stage("postgresql" if with_redis else "sqlite", **redis)
    sheet = stage.folder / "sheet.csv"
    sheet.write_text("organisation,country\nFerns,Peru\nMosses,Kenya\n")
    brought_in = ("signatures", "import", SLUG, str(sheet), "--accepted")
    stage.prepare(ENTERED, IMPORTED, OPENED, brought_in, ("editions", "compile", SLUG))
    assert count(stage, "SELECT count(*) FROM tally_deltas") == 2
    stage.burst()
    assert count(stage, "SELECT count(*) FROM tally_deltas") == 0
    assert count(stage, "SELECT sum(signatures) FROM tally_totals") == 2
    assert count(stage, "SELECT count(*) FROM jobs WHERE state != 'done'") == 0
    assert count(stage, "SELECT count(*) FROM editions WHERE state = 'rendered'") == 1
    assert count(stage, "SELECT count(*) FROM audit_entries WHERE sequence IS NULL") == 0
    assert [mail.rcpt_tos for mail in stage.post.mails] == [[COORDINATOR]]


def count(stage: Stage, statement: str) -> int:
    ((number,),) = stage.sql(text(statement))
    return int(number)
