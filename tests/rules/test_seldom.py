"""When a mail that anybody can ask for may leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.outbox.rules import SELDOM, SELDOM_SPAN, seldom_at

NOW = datetime(2020, 2, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes_ago", "due_in"),
    [
        ([], 0),
        ([1], 4),
        ([5, 1], 15),
        ([20, 5, 1], 340),
        ([361, 20, 5, 1], 340),
        ([355, 20, 5], 15),
        ([361, 360, 5], 4),
        ([359, 358, 357], 15),
        ([0, -4, -15], 360),
        ([0, -4, -15, -360, -364], 375),
    ],
)
def test_the_first_leaves_at_once_and_the_fourth_when_six_hours_are_over(
    minutes_ago: list[int], due_in: int
) -> None:
    others = [NOW - timedelta(minutes=minutes) for minutes in minutes_ago]
    assert seldom_at(others, NOW) == NOW + timedelta(minutes=due_in)


def test_what_does_not_gather_leaves_at_once_within_the_bound() -> None:
    others = [NOW - timedelta(minutes=minutes) for minutes in (30, 20, 10)]
    assert seldom_at(others[:2], NOW, gathers=False) == NOW
    assert seldom_at(others, NOW, gathers=False) == others[0] + SELDOM_SPAN


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 500)), max_size=60))
def test_no_six_hours_see_more_than_three(steps: list[tuple[int, int]]) -> None:
    """Each step: minutes until somebody asks again, and minutes by which the mail leaves later than it could.

    As in the outbox only one waits at a time: who asks meanwhile is told by that one.
    """
    now, left = NOW, list[datetime]()
    for pause, late in steps:
        now += timedelta(minutes=pause)
        if left and left[-1] > now:
            continue
        left.append(seldom_at(left, now) + timedelta(minutes=late))
    for first, fourth in zip(left, left[SELDOM:], strict=False):
        assert fourth - first >= SELDOM_SPAN
