"""The states of a release, who may let it go, when it leaves, and when the letter is published after it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from campaign.core.errors import Conflict, InvalidInput
from campaign.core.text import clean_lines, has_controls

LARGEST_MAIL = (
    7 * 1024 * 1024
)  # many mailboxes of international bodies refuse more than 10 MB; base64 adds a third
FURTHEST = timedelta(days=366)
LONGEST_COVERING = 5_000  # characters
PATIENCE = timedelta(minutes=10)  # a mail that nobody could try by then holds up publication no longer


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

    PROPOSED = "proposed"
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


class Publication(StrEnum):
    """What to do about publishing a letter whose mails have left."""

    WAIT = "wait"
    PUBLISH = "publish"
    STOP = "stop"  # something was refused and the coordinators wanted to look first


class Check(StrEnum):
    """Something a coordinator should know before the letter leaves."""

    UNDECIDED = "undecided"
    UNCONFIRMED = "unconfirmed"
    NOT_REVIEWED = "not reviewed"
    NO_SALUTATION = "no salutation"
    NO_ADDRESS = "no address"
    TOO_LARGE = "too large"
    OUTDATED = "outdated"
    HIDDEN = "hidden"
    CHANGED = "changed"
    NOT_INSIDE = "not inside"
    NOT_MARKED = "not marked"
    SEES_LESS = "sees less"
    NOT_AGREED = "not agreed"


_S = DispatchState
TRANSITIONS: dict[DispatchState, frozenset[DispatchState]] = {
    _S.PROPOSED: frozenset({_S.RELEASED, _S.CANCELLED, _S.HELD}),
    _S.RELEASED: frozenset({_S.LEFT, _S.PROPOSED, _S.CANCELLED, _S.HELD}),
    _S.LEFT: frozenset({_S.CANCELLED}),
    _S.HELD: frozenset({_S.PROPOSED, _S.CANCELLED}),
    _S.CANCELLED: frozenset(),
}
STOPS = frozenset({Check.NO_ADDRESS, Check.TOO_LARGE, Check.SEES_LESS})
STOPS_AT_THE_DESK = STOPS | {Check.NO_SALUTATION}
TROUBLE = frozenset({Progress.REFUSED, Progress.BOUNCED, Progress.UNKNOWN})
NOT_TRIED = frozenset({Progress.WAITING, Progress.PROPOSED})


def advance(current: DispatchState, to: DispatchState) -> DispatchState:
    """The new state, when a release may go there from where it is. Raises Conflict otherwise."""
    if to not in TRANSITIONS[current]:
        raise Conflict("a release that is %(current)s cannot become %(to)s", current=current, to=to)
    return to


def needs_second_person(releasers: Collection[int], proposer: int | None) -> bool:
    """Whether somebody other than the proposer has to approve: there is somebody who could."""
    return any(person != proposer for person in releasers)


def leaves_at(now: datetime, at: datetime | None, delay_minutes: int) -> datetime:
    """When a release leaves: at the time set, but not before the minutes in which it can be taken back.

    Raises InvalidInput for a time that is over, or more than a year away.
    """
    if at is not None and at < now - timedelta(minutes=1):
        raise InvalidInput("that time is over", "at")
    if at is not None and at > now + FURTHEST:
        raise InvalidInput("that is more than a year from now", "at")
    earliest = now + timedelta(minutes=delay_minutes)
    return max(at, earliest) if at else earliest


def check_covering(typed: str) -> str:
    """The words that go before a list or a reminder, cleaned. Raises InvalidInput."""
    words = clean_lines(typed)
    if len(words) > LONGEST_COVERING or has_controls(words, lines=True):
        raise InvalidInput(
            "longer than %(longest)d characters, or not printable", "covering", longest=LONGEST_COVERING
        )
    return words


def publication(stands: Collection[Progress], since_left: timedelta, anyway: bool) -> Publication:
    """Whether the letter is published now, given where each recipient's copy stands.

    Each must have been tried once; one that was asked to wait, or could not be tried for ten minutes, holds
    nothing up. A refused one does when the coordinators chose so, and one that is held after a restore until
    somebody has compared.
    """
    if Progress.REFUSED in stands and not anyway:
        return Publication.STOP
    if Progress.HELD in stands:
        return Publication.WAIT
    first_try = any(stand in NOT_TRIED for stand in stands)
    return Publication.WAIT if first_try and since_left < PATIENCE else Publication.PUBLISH
