"""How long somebody waits who could not sign in, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.accounts.rules import LONGEST_HERE, Failed, wait

NOW = datetime(2020, 2, 1, 12, 0, tzinfo=UTC)


def failed(times: int, seconds_ago: float = 0) -> Failed:
    return Failed(times, NOW - timedelta(seconds=seconds_ago) if times else None)


@pytest.mark.parametrize(
    ("here", "account", "network", "known", "seconds"),
    [
        (0, 0, 0, False, 0),
        (2, 2, 2, False, 0),
        (3, 3, 3, False, 5),
        (4, 4, 4, False, 10),
        (8, 8, 8, False, 160),
        (9, 9, 9, False, 300),
        (500, 500, 500, False, 300),
        (3, 3, 3, True, 5),
        (9, 9, 9, True, 300),
        (0, 9, 0, False, 0),
        (0, 10, 0, False, 10),
        (0, 10_000, 0, False, 10),
        (0, 10_000, 0, True, 0),
        (0, 0, 19, False, 0),
        (0, 0, 20, False, 5),
        (0, 0, 24, False, 60),
        (0, 0, 10_000, False, 60),
        (0, 0, 10_000, True, 0),
        (2, 10_000, 10_000, False, 60),
    ],
)
def test_the_first_tries_are_free_and_then_each_waits_longer(
    here: int, account: int, network: int, known: bool, seconds: int
) -> None:
    found = wait(failed(here), failed(account), failed(network), known, NOW)
    assert found == timedelta(seconds=seconds)


def test_time_that_has_passed_counts() -> None:
    assert wait(failed(4, 7), failed(4, 7), failed(4, 7), False, NOW) == timedelta(seconds=3)
    assert wait(failed(4, 10), failed(4, 10), failed(4, 10), False, NOW) == timedelta(0)
    assert wait(failed(9, 299), failed(50, 11), failed(50, 61), False, NOW) == timedelta(seconds=1)


COUNTS = st.integers(0, 10_000)


@given(COUNTS, COUNTS, COUNTS, st.booleans())
def test_nobody_is_kept_out_for_more_than_minutes(here: int, account: int, network: int, known: bool) -> None:
    found = wait(failed(here), failed(account), failed(network), known, NOW)
    assert timedelta(0) <= found <= LONGEST_HERE
    assert wait(failed(here + 1), failed(account), failed(network), known, NOW) >= found
    if here < 3:
        assert found <= timedelta(minutes=1)
