"""How long answers are waited for, and when signatories are reminded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaign.signing.waiting import answer_by, remind_at

NOW = datetime(2030, 2, 4, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("span", "reminded"),
    [(60 * DAY, 58 * DAY), (7 * DAY, 5 * DAY), (6 * DAY, 4 * DAY), (3 * DAY, 2 * DAY), (6 * HOUR, 4 * HOUR)],
)
def test_a_reminder_comes_two_days_before_or_in_the_last_third(span: timedelta, reminded: timedelta) -> None:
    assert remind_at(NOW, NOW + span) == NOW + reminded


@pytest.mark.parametrize(
    ("span", "asked", "until"),
    [
        (7 * DAY, timedelta(0), 7 * DAY),
        (7 * DAY, 5 * DAY, 7 * DAY),
        (7 * DAY, 6 * DAY, 8 * DAY),
        (7 * DAY, 30 * DAY, 32 * DAY),
        (6 * HOUR, timedelta(0), 6 * HOUR),
        (6 * HOUR, 5 * HOUR, 8 * HOUR),
    ],
)
def test_who_is_asked_late_has_time_of_their_own(span: timedelta, asked: timedelta, until: timedelta) -> None:
    assert answer_by(NOW, NOW + span, NOW + asked) == NOW + until
