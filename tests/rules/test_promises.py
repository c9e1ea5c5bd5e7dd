"""What a letter's form promised only becomes stricter, and how long signatories have to answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaign.core.errors import InvalidInput
from campaign.letters.rules import (
    GRACE,
    Promises,
    Silence,
    TextRule,
    check_answer,
    latest_answer,
    require_kept,
    usual_answer,
)

NOW = datetime(2030, 2, 4, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FINAL, REVISABLE = TextRule.FINAL, TextRule.REVISABLE
OFF, KEPT = Silence.OFF, Silence.KEPT
STRICT, LOOSE = Promises(FINAL, OFF, False), Promises(REVISABLE, KEPT, True)


@pytest.mark.parametrize(
    ("before", "after", "asked", "field"),
    [
        (STRICT, STRICT, True, None),
        (LOOSE, LOOSE, True, None),
        (LOOSE, STRICT, False, None),
        (STRICT, Promises(REVISABLE, OFF, False), False, "text_rule"),
        (STRICT, Promises(FINAL, KEPT, False), False, "silence"),
        (STRICT, Promises(FINAL, OFF, True), False, "further_bodies"),
        (LOOSE, Promises(REVISABLE, OFF, True), True, "silence"),
        (LOOSE, Promises(FINAL, KEPT, False), True, None),
    ],
)
def test_an_opened_letter_never_promises_less(
    before: Promises, after: Promises, asked: bool, field: str | None
) -> None:
    if field is None:
        require_kept(before, after, asked)
        return
    with pytest.raises(InvalidInput) as refusal:
        require_kept(before, after, asked)
    assert refusal.value.field == field


def test_nothing_said_is_the_strictest_that_still_lets_the_text_change() -> None:
    assert Promises() == Promises(REVISABLE, OFF, False)


@pytest.mark.parametrize(
    ("deadline", "latest", "usual"),
    [
        (None, NOW + 60 * DAY, NOW + 7 * DAY),
        (NOW + 90 * DAY, NOW + 60 * DAY, NOW + 7 * DAY),
        (NOW + 20 * DAY, NOW + 20 * DAY + GRACE, NOW + 7 * DAY),
        (NOW + DAY, NOW + DAY + GRACE, NOW + DAY + GRACE),
        (NOW - DAY, NOW - DAY + GRACE, NOW - DAY + GRACE),
        (NOW - GRACE + 6 * HOUR, NOW + 6 * HOUR, NOW + 6 * HOUR),
        (NOW - GRACE + 5 * HOUR, NOW + 60 * DAY, NOW + 7 * DAY),
        (NOW - 30 * DAY, NOW + 60 * DAY, NOW + 7 * DAY),
    ],
)
def test_until_when_signatories_may_be_asked(
    deadline: datetime | None, latest: datetime, usual: datetime
) -> None:
    assert latest_answer(deadline, NOW) == latest
    assert usual_answer(deadline, NOW) == usual
    check_answer(latest, deadline, NOW)
    check_answer(usual, deadline, NOW)
    with pytest.raises(InvalidInput):
        check_answer(latest + timedelta(seconds=1), deadline, NOW)


def test_signatories_have_six_hours_at_least() -> None:
    check_answer(NOW + 6 * HOUR, None, NOW)
    with pytest.raises(InvalidInput) as refusal:
        check_answer(NOW + 6 * HOUR - timedelta(seconds=1), None, NOW)
    assert refusal.value.field == "reconfirm_by"
