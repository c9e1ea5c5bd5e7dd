"""What the worker does hourly about sign-ons nobody confirms, in one transaction."""

from __future__ import annotations

from datetime import datetime

from campaign.signing import following


def remind(now: datetime) -> int:
    """Owe what is due; of how many sign-ons somebody is reminded."""
    return sum(following.remind(ids, now) for ids in following.reminders(now))


def expire(now: datetime) -> int:
    """End what is over; how many."""
    return sum(map(following.expire, following.overdue(now)))
