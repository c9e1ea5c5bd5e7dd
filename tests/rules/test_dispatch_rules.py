"""When a release may leave, who has to approve it, and when its letter is published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaign.core.errors import InvalidInput
from campaign.dispatch.rules import (
    PATIENCE,
    Progress,
    Publication,
    leaves_at,
    needs_second_person,
    publication,
)

NOW = datetime(2020, 2, 3, 9, 0, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
P = Progress


@pytest.mark.parametrize(
    ("at", "delay", "leaves"),
    [
        (None, 15, NOW + 15 * MINUTE),
        (None, 0, NOW),
        (NOW + DAY, 15, NOW + DAY),
        (NOW + 5 * MINUTE, 15, NOW + 15 * MINUTE),
        (NOW - 30 * timedelta(seconds=1), 0, NOW),
    ],
    ids=["after the delay", "at once", "at its time", "not before the delay", "a moment ago is now"],
)
def test_when_a_release_leaves(at: datetime | None, delay: int, leaves: datetime) -> None:
    assert leaves_at(NOW, at, delay) == leaves


@pytest.mark.parametrize("at", [NOW - 2 * MINUTE, NOW + 367 * DAY], ids=["over", "too far"])
def test_a_time_that_cannot_be_is_refused(at: datetime) -> None:
    with pytest.raises(InvalidInput):
        leaves_at(NOW, at, 15)


@pytest.mark.parametrize(
    ("releasers", "proposer", "needed"),
    [([1], 1, False), ([1, 2], 1, True), ([2], 1, True), ([], 1, False), ([1], None, True)],
    ids=["alone", "two", "another one", "nobody", "not a coordinator"],
)
def test_a_second_person_is_needed_where_there_is_one(
    releasers: list[int], proposer: int | None, needed: bool
) -> None:
    assert needs_second_person(releasers, proposer) is needed


@pytest.mark.parametrize(
    ("stands", "passed", "anyway", "verdict"),
    [
        ([], MINUTE, True, Publication.PUBLISH),
        ([P.HANDED_OVER, P.HANDED_OVER], MINUTE, True, Publication.PUBLISH),
        ([P.HANDED_OVER, P.WAITING], MINUTE, True, Publication.WAIT),
        ([P.HANDED_OVER, P.WAITING], PATIENCE, True, Publication.PUBLISH),
        ([P.HANDED_OVER, P.TRYING], MINUTE, True, Publication.PUBLISH),
        ([P.HANDED_OVER, P.UNKNOWN], MINUTE, False, Publication.PUBLISH),
        ([P.HANDED_OVER, P.REFUSED], MINUTE, True, Publication.PUBLISH),
        ([P.HANDED_OVER, P.REFUSED], MINUTE, False, Publication.STOP),
        ([P.WAITING, P.REFUSED], MINUTE, False, Publication.STOP),
        ([P.WAITING, P.REFUSED], MINUTE, True, Publication.WAIT),
        ([P.HANDED_OVER, P.HELD], 9 * PATIENCE, True, Publication.WAIT),
        ([P.HELD, P.REFUSED], MINUTE, False, Publication.STOP),
    ],
)
def test_dispatch_comes_first_then_publication(
    stands: list[Progress], passed: timedelta, anyway: bool, verdict: Publication
) -> None:
    assert publication(stands, passed, anyway) is verdict
