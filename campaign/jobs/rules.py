"""How long a job may be held, when it is tried again, and which period a moment falls in."""

from datetime import datetime, timedelta
from enum import StrEnum

LEASE = timedelta(minutes=5)
KEPT_FOR = timedelta(days=30)  # a done job is of use to nobody after that
MOST_TRIES = 12


class JobState(StrEnum):
    """Where a job stands."""

    OWED = "owed"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"


class Period(StrEnum):
    """How often a periodic job is owed."""

    TEN_MINUTES = "ten minutes"
    HOUR = "hour"
    DAY = "day"


def wait_after(tries: int) -> timedelta:
    """How long to wait after that many failed tries: 10 s, doubled each time, at most an hour."""
    return min(timedelta(seconds=10 * 2 ** min(max(tries - 1, 0), 9)), timedelta(hours=1))


def period_key(name: str, period: Period, now: datetime) -> str:
    """One key per job name and period (UTC): whoever inserts it first owes the job, once."""
    moment = {
        Period.TEN_MINUTES: f"{now:%Y-%m-%dT%H}:{now.minute // 10}0",
        Period.HOUR: f"{now:%Y-%m-%dT%H}",
        Period.DAY: f"{now:%Y-%m-%d}",
    }[period]
    return f"{name}@{moment}"
