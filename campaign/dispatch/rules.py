"""When an edition may be released, and what is checked before."""

from datetime import datetime, timedelta
from enum import StrEnum

LARGEST_MAIL = (
    7 * 1024 * 1024
)  # many mailboxes of international bodies refuse more than 10 MB; base64 adds a third
DEFAULT_DELAY = timedelta(minutes=15)


class DispatchState(StrEnum):
    """How far a release is."""

    PROPOSED = "proposed"  # waits for a second person
    RELEASED = "released"  # leaves at its time, until then it can be taken back
    LEFT = "left"  # its mails are in the outbox
    HELD = "held"  # after a restore: somebody has to compare first
    CANCELLED = "cancelled"


class Purpose(StrEnum):
    """Why something goes out."""

    LETTER = "letter"  # an edition for the first time
    CORRECTION = "correction"  # to a corrected address, because it came back
    REMINDER = "reminder"  # the same edition again, with words of its own


class ResponseKind(StrEnum):
    """What an addressee did."""

    ACKNOWLEDGED = "acknowledged"
    REPLIED = "replied"


class Progress(StrEnum):
    """Where one recipient's copy stands, whatever the channel."""

    WAITING = "waiting"
    TRYING = "trying"
    HANDED_OVER = "handed over"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"
    HELD = "held"
    TO_DO = "to do"
    DONE = "done"


class Check(StrEnum):
    """Something a coordinator should know before the letter leaves."""

    UNDECIDED = "undecided"
    UNCONFIRMED = "unconfirmed"
    NOT_REVIEWED = "not reviewed"
    NO_SALUTATION = "no salutation"
    NO_ADDRESS = "no address"
    TOO_LARGE = "too large"
    OUTDATED = "outdated"


STOPS = frozenset({Check.NO_ADDRESS, Check.TOO_LARGE})


def leaves_at(now: datetime, at: datetime | None, at_once: bool) -> datetime:
    """When a release leaves: at once, at the time set, or after the cancellable delay."""
    if at_once:
        return now
    return max(at, now) if at else now + DEFAULT_DELAY
