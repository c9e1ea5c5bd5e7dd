"""How long an answer about a changed letter is waited for, and when signatories are reminded; no database."""

from datetime import datetime, timedelta

REMIND_BEFORE = timedelta(hours=48)
LATE_ANSWER = timedelta(hours=48)
MOST_MAILS = 4  # about one question to one signatory: the question, its reminder, and two by a coordinator
BETWEEN_MAILS = timedelta(hours=24)


def remind_at(asked_from: datetime, by: datetime) -> datetime:
    """When those who have not answered are reminded: two days before, or in the last third of the time."""
    return by - min(REMIND_BEFORE, (by - asked_from) / 3)


def own_time(asked_from: datetime, by: datetime) -> timedelta:
    """How long everybody has after being asked, even who was asked late, as when the worker stood still."""
    return min(LATE_ANSWER, (by - asked_from) / 2)


def answer_by(asked_from: datetime, by: datetime, asked_at: datetime) -> datetime:
    """Until when this signatory's answer is waited for."""
    return max(by, asked_at + own_time(asked_from, by))
