"""The fourteen points at which handing over a mail can fail, and what must be known and done after each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from unittest.mock import patch

from flask import Flask
from sqlalchemy import select, update

from campaign.core import clock, mailer
from campaign.core.db import db
from campaign.core.mailer import Outcome
from campaign.outbox.leases import Claim
from campaign.outbox.message import Mailbox, Parts
from campaign.outbox.models import Mail, MailAttempt
from campaign.outbox.operations import post
from campaign.outbox.rules import MailState
from campaign.outbox.tasks import deliver, see_off
from tests.relay import DROP, PIPELINING, SILENCE, Relay, Script, playing

ACCEPTED, REFUSED, DEFERRED, UNKNOWN = Outcome
BUILDER = "tests.faults.points.note"
HANGING_SECONDS = 0.1  # after the dot: instead of ten minutes
ROUNDS = 3  # of a worker, which makes one a second; a relay that is away ends a round


@dataclass(frozen=True)
class Way:
    """One way to fail: what the relay says instead of what it should, and what is known then.

    None: nobody listens.
    """

    script: Script | None
    outcome: Outcome


@dataclass(frozen=True)
class Point:
    """A point of the conversation, and the ways to fail there; they are tried in turn."""

    name: str
    ways: Sequence[Way]


POINTS = (
    Point("connection refused", [Way(None, DEFERRED)]),
    Point("banner 5xx", [Way(Script(banner="554 No service"), DEFERRED)]),
    Point("banner 4xx", [Way(Script(banner=f"{code} Later"), DEFERRED) for code in (421, 450)]),
    Point("dropped at the banner", [Way(Script(banner=DROP), DEFERRED)]),
    Point("MAIL 4xx, 5xx", [Way(Script(mail="451 Later"), DEFERRED), Way(Script(mail="550 No"), REFUSED)]),
    Point("RCPT 4xx", [Way(Script(rcpt=f"{code} Later"), DEFERRED) for code in (450, 421)]),
    Point("RCPT 5xx", [Way(Script(rcpt="550 5.1.1 No such user"), REFUSED)]),
    Point("DATA 4xx, 5xx", [Way(Script(data="451 Later"), DEFERRED), Way(Script(data="554 No"), REFUSED)]),
    Point("dropped in the body", [Way(Script(body=DROP), UNKNOWN)]),
    Point("dot 4xx", [Way(Script(dot=f"{code} Later"), DEFERRED) for code in (452, 421)]),
    Point("dot 5xx", [Way(Script(dot="554 Spam"), REFUSED)]),
    Point("dropped after the dot", [Way(Script(dot=DROP), UNKNOWN)]),
    Point("hanging after the dot", [Way(Script(dot=SILENCE), UNKNOWN)]),
    Point("QUIT dropped, 5xx", [Way(Script(quit=DROP), ACCEPTED), Way(Script(quit="500 What?"), ACCEPTED)]),
)


def note(claim: Claim, number: int) -> Parts:
    """A mail like any other."""
    return Parts(
        subject=f"Number {number}",
        text="A line.\n",
        html="<p>A line.</p>",
        to=[Mailbox("", claim.recipient)],
        sender=Mailbox("Harbour Rights Watch", "letters@example.org"),
        date=datetime(2020, 2, 3, 12, 0, tzinfo=UTC),
    )


def run_point(app: Flask, point: Point, times: int) -> tuple[int, int]:
    """Fail at that point that often, with and without pipelining in turn, in the context of this app.

    How often it was tried, and how often all held: the outcome is right and on the row; the mail behind it
    goes out; a mail that was deferred leaves later, once; one that was refused or is unknown never does.
    """
    held = 0
    for number in range(times):
        way = point.ways[number % len(point.ways)]
        greeting = PIPELINING if number // len(point.ways) % 2 else Script.ehlo
        held += _holds(app, way, greeting, number)
    return times, held


def _holds(app: Flask, way: Way, ehlo: str, number: int) -> bool:
    first, second = (
        post(BUILDER, number, recipient=f"{who}@example.org", locale="en") for who in ("first", "second")
    )
    db.session.commit()
    faults = []
    with _failing(app, way, ehlo) as relay:
        for _ in range(ROUNDS):
            _work()
        faults.append((_outcomes(first), second.state) != ([way.outcome], MailState.ACCEPTED))
        faults.append(first.state is not MailState(way.outcome.value))
        db.session.execute(update(Mail).where(Mail.state == MailState.DEFERRED).values(due_at=clock.now()))
        db.session.commit()
        for _ in range(ROUNDS):
            _work()
        left = way.outcome in (ACCEPTED, DEFERRED)
        faults.append((first.state is MailState.ACCEPTED) != left)
        faults.append(_copies(relay.kept, first) != int(left))
        faults.append(_copies(relay.kept, second) != 1)
        faults.append(way.outcome is UNKNOWN and _copies(relay.bodies, first) > 1)
    return not any(faults)


@contextmanager
def _failing(app: Flask, way: Way, ehlo: str) -> Iterator[Relay]:
    """The app's relay, which fails once that way."""
    with ExitStack() as ended:
        ended.enter_context(patch.object(mailer, "AFTER_DOT_SECONDS", HANGING_SECONDS))
        script = way.script or Script()
        relay = ended.enter_context(playing(once=True, script=Script(**{**vars(script), "ehlo": ehlo})))
        app.extensions["mail"].port = relay.port
        if way.script is None:
            _refuse_once(app, relay)
        yield relay


def _refuse_once(app: Flask, relay: Relay) -> None:
    """A round in which nobody listens."""
    with playing() as gone:
        app.extensions["mail"].port = gone.port
    _work()
    app.extensions["mail"].port = relay.port


def _work() -> None:
    """A round of the worker, over this app's outbox alone."""
    deliver()
    see_off()
    db.session.expire_all()


def _outcomes(mail: Mail) -> list[Outcome]:
    tries = select(MailAttempt.outcome).where(MailAttempt.mail_id == mail.id)
    return list(db.session.scalars(tries.order_by(MailAttempt.id)))


def _copies(messages: Sequence[bytes], mail: Mail) -> int:
    return sum(f"Message-ID: <{mail.message_id}>".encode() in message for message in messages)
