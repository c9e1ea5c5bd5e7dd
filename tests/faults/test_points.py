"""Whatever a relay does to a mail: what we then say of it is true, and nobody gets it twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from campaign.core.db import db
from campaign.core.mailer import Outcome
from campaign.outbox import lanes, tasks
from campaign.outbox.models import Mail
from campaign.outbox.operations import post
from campaign.outbox.rules import MailState
from tests.faults.points import BUILDER, POINTS, Point, Way, run_point
from tests.relay import DROP, LATE, Relay, Script, playing

OTHERS = 49
TIMES = 4  # each way of a point, with and without pipelining


@pytest.fixture
def relay(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    """A relay that answers one mail late, and an app that is out of patience after 0.3 s."""
    monkeypatch.setattr(lanes, "PATIENCE", 0.3)
    with playing(once=True, script=Script(dot=LATE)) as relay:
        app.extensions["mail"].port = relay.port
        yield relay
        relay.go_on.set()
        tasks.see_off()


def owed(number: int) -> list[Mail]:
    """That many mails, all due."""
    mails = [post(BUILDER, n, recipient=f"reader{n}@example.org", locale="en") for n in range(number)]
    db.session.commit()
    return mails


def states(mails: list[Mail]) -> list[MailState]:
    """Where each stands now."""
    db.session.expire_all()
    found = [mail.state for mail in mails]
    db.session.commit()
    return found


def test_there_are_fourteen_points() -> None:
    assert len({point.name for point in POINTS}) == 14


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_a_point_of_failure(app: Flask, point: Point) -> None:
    assert run_point(app, point, TIMES) == (TIMES, TIMES)


def test_a_promise_that_is_broken_is_counted(app_sqlite: Flask) -> None:
    wrong = [
        Way(POINTS[6].ways[0].script, Outcome.DEFERRED),
        Way(POINTS[11].ways[0].script, Outcome.ACCEPTED),
    ]
    assert run_point(app_sqlite, Point("expected wrongly", wrong), 2) == (2, 0)


def test_one_hanging_of_fifty_holds_up_nobody_else(app: Flask, relay: Relay) -> None:
    mails = owed(OTHERS + 1)
    assert tasks.deliver() == OTHERS
    assert states(mails) == [MailState.SUBMITTING, *[MailState.ACCEPTED] * OTHERS]
    later = owed(1)
    assert tasks.deliver() == 1, "and it still holds up nobody"
    assert states(later) == [MailState.ACCEPTED]
    relay.go_on.set()
    assert tasks.see_off() == 1
    assert states(mails) == [MailState.ACCEPTED] * (OTHERS + 1), "the late answer counts"
    assert tasks.see_off() == 0
    assert len(relay.kept) == OTHERS + 2


def test_the_rest_waits_when_every_lane_hangs(
    app: Flask, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MOST", 2)
    relay.once = False
    mails = owed(3)
    assert tasks.deliver() == 0
    assert tasks.deliver() == 0, "no second set of lanes"
    assert states(mails) == [MailState.SUBMITTING, MailState.SUBMITTING, MailState.QUEUED]
    relay.once = True
    relay.go_on.set()
    assert tasks.see_off() == 2
    assert tasks.deliver() == 1
    assert states(mails) == [MailState.ACCEPTED] * 3


def test_a_worker_that_is_interrupted_takes_no_further_mail(
    app: Flask, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = owed(2)

    def interrupt(lane: lanes.Lane) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(lanes.Lane, "patience", interrupt)
    with pytest.raises(KeyboardInterrupt):
        tasks.deliver()
    relay.go_on.set()
    tasks.see_off()
    assert states(mails) in ([MailState.ACCEPTED, MailState.QUEUED], [MailState.QUEUED] * 2)


def test_a_relay_that_breaks_again_and_again_is_left_alone(app: Flask) -> None:
    mails = owed(4)
    with playing(script=Script(data=DROP)) as relay:
        app.extensions["mail"].port = relay.port
        assert tasks.deliver() == 1
    assert states(mails) == [*[MailState.DEFERRED] * 2, *[MailState.QUEUED] * 2]


def test_a_fault_of_ours_in_a_lane_is_said(
    app: Flask, relay: Relay, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(tasks, "claim_next", fail)
    assert tasks.deliver() == 0
    assert "a lane stopped: ZeroDivisionError" in caplog.text
    assert tasks.see_off() == 0
