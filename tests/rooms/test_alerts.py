"""An hour unlike those before it is told to all coordinators, once in a while, with what they can do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.letters.models import Letter
from campaign.outbox.models import Mail
from campaign.outbox.writing import public_url
from campaign.signing import alert_mails, alerts, tasks
from campaign.signing.models import Sighting
from tests.factories import COORDINATOR, make_letter, make_user

OPENED = datetime(2020, 2, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def later() -> Iterator[time_machine.Traveller]:
    """Two days after letters were opened, unless they are opened in the test."""
    with time_machine.travel(OPENED, tick=False) as now:
        yield now


def seen(letter: Letter, times: int, ago: timedelta = timedelta(minutes=5)) -> None:
    """So many sign-ons at a moment before now."""
    key = "0" * 64
    db.session.add_all(
        Sighting(letter_id=letter.id, at=clock.now() - ago, address=key, near=key) for _ in range(times)
    )
    db.session.commit()


def mails() -> list[str]:
    return sorted(db.session.scalars(select(Mail.recipient).where(Mail.kind == "unusual_hour")))


def test_hours_are_counted_from_now_backwards_while_the_letter_was_open(
    app: Flask, later: time_machine.Traveller
) -> None:
    letter = make_letter()
    later.shift(timedelta(hours=3, minutes=30))
    for times, minutes in ((1, 0), (2, 59), (4, 60), (8, 119), (16, 181), (32, 230)):
        seen(letter, times, timedelta(minutes=minutes))
    seen(make_letter(), 99)
    assert alerts.hourly(letter, clock.now()) == [3, 12, 0, 48]
    later.shift(timedelta(days=2))
    assert alerts.hourly(letter, clock.now()) == [0] * 25


def test_coordinators_are_told_once_in_six_hours(app: Flask, later: time_machine.Traveller) -> None:
    letter = make_letter()
    users = [make_user(), make_user()]
    later.shift(timedelta(days=2))
    seen(letter, 29)
    assert alerts.watch(clock.now()) == 0
    seen(letter, 1_208)
    tasks.watch()
    assert mails() == sorted(user.email for user in users)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "letter.unusual")).one()
    assert (entry.letter_id, entry.details) == (letter.id, {"count": 1237, "usual": 0})
    later.shift(timedelta(minutes=10))
    tasks.watch()
    assert len(mails()) == 2
    later.shift(timedelta(hours=6))
    seen(letter, 3_000)
    tasks.watch()
    assert len(mails()) == 4


def test_the_mail_has_the_figures_and_says_where_to_look_limit_and_pause(
    app: Flask, later: time_machine.Traveller
) -> None:
    letter = make_letter()
    make_user()
    later.shift(timedelta(days=2))
    seen(letter, 1_237)
    tasks.watch()
    mail = db.session.scalars(select(Mail).where(Mail.kind == "unusual_hour")).one()
    parts = alert_mails.unusual_hour.write("en", *mail.arguments)
    assert parts is not None
    assert parts.subject == "1,237 sign-ons in an hour: Open the harbour"
    assert "1,237 sign-ons came in within an hour. A busy hour of the day before had 0." in " ".join(
        parts.text.split()
    )
    page = public_url(f"/desk/letters/{letter.slug}")
    assert {f"{page}/limits", f"{page}/queue"} <= set(parts.text.splitlines())
    for address in (f"{page}/limits", f"{page}/queue"):
        assert f'href="{address}"' in (parts.html or "")
    assert alert_mails.unusual_hour.write("en", 0) is None


def test_what_is_usual_is_told_to_nobody(app: Flask, later: time_machine.Traveller) -> None:
    letter, closed = make_letter(), make_letter()
    make_user()
    later.shift(timedelta(days=2))
    for hour in range(1, 25):
        seen(letter, 40, timedelta(hours=hour, minutes=5))
    seen(letter, 79)
    seen(closed, 500)
    letters.close(closed, COORDINATOR)
    tasks.watch()
    assert mails() == []
    seen(letter, 1)
    tasks.watch()
    assert len(mails()) == 1


def test_a_letters_first_hours_may_be_busy(app: Flask, later: time_machine.Traveller) -> None:
    letter = make_letter()
    make_user()
    later.shift(timedelta(minutes=50))
    seen(letter, 119)
    tasks.watch()
    assert mails() == []
    seen(letter, 1)
    tasks.watch()
    assert len(mails()) == 1
