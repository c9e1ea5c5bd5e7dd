"""The states of a mail, when it is tried again, and when we give up."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from campaign.core.errors import Conflict

LEASE = timedelta(seconds=30)
HEARTBEAT_SECONDS = 10.0
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 section 4.5.4.1: the give-up time is generally 4-5 days

FOUND_ARRIVED = "a person found that it had left already"  # stands in the place of a server's answer
SELDOM_SPAN = timedelta(hours=6)
# How long the first, second and third mail of a span wait for more to tell. Who signs for one organisation
# has their mail at once; who signs for five in ten minutes has three, the last within half an hour.
GATHERING = (timedelta(0), timedelta(minutes=4), timedelta(minutes=15))
SELDOM = len(GATHERING)  # what a mailbox gets in a span of what anybody can ask for (promise M9)


class MailState(StrEnum):
    """Where a mail stands. SMTP cannot prove delivery, so nothing here says "delivered"."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SUBMITTING = "submitting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    BOUNCED = "bounced"
    HELD = "held"
    CANCELLED = "cancelled"


class ReportKind(StrEnum):
    """What a mail server reported after it had taken a mail."""

    BOUNCED = "bounced"
    DELAYED = "delayed"


_S = MailState
TRANSITIONS: dict[MailState, frozenset[MailState]] = {
    _S.QUEUED: frozenset({_S.CLAIMED, _S.HELD, _S.CANCELLED}),
    _S.CLAIMED: frozenset({_S.SUBMITTING, _S.REFUSED, _S.DEFERRED, _S.QUEUED, _S.CANCELLED}),
    _S.SUBMITTING: frozenset({_S.ACCEPTED, _S.REFUSED, _S.DEFERRED, _S.UNKNOWN}),
    _S.DEFERRED: frozenset({_S.CLAIMED, _S.REFUSED, _S.HELD, _S.CANCELLED}),
    _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.QUEUED}),
    _S.ACCEPTED: frozenset({_S.BOUNCED}),
    _S.HELD: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.REFUSED: frozenset(),
    _S.BOUNCED: frozenset(),
    _S.CANCELLED: frozenset(),
}
SAID_BY_A_PERSON = frozenset({_S.ACCEPTED, _S.CANCELLED})  # what becomes of a mail that FOUND_ARRIVED ends
OPEN = frozenset({_S.QUEUED, _S.CLAIMED, _S.SUBMITTING, _S.DEFERRED, _S.HELD, _S.UNKNOWN})


def advance(current: MailState, to: MailState) -> MailState:
    """The new state, when a mail may go there from where it is. Raises Conflict otherwise."""
    if to not in TRANSITIONS[current]:
        raise Conflict("a mail that is %(current)s cannot become %(to)s", current=current, to=to)
    return to


def found_arrived(state: MailState, answer: str | None) -> bool:
    """Whether only a person's word says that a mail left: its outcome was unknown, or it was held."""
    return state in SAID_BY_A_PERSON and answer == FOUND_ARRIVED


def seldom_at(others: Iterable[datetime], now: datetime, gathers: bool = True) -> datetime:
    """When a mail may leave so that no more than three leave for its mailbox in any six hours.

    `others` are the moments at which the mailbox's other mails left, leave now or are due; what `gathers`
    waits a while for more to tell.
    """
    recent = sorted((moment for moment in others if moment > now - SELDOM_SPAN), reverse=True)
    soon = now + GATHERING[min(len(recent), SELDOM - 1)] if gathers else now
    return soon if len(recent) < SELDOM else max(soon, recent[SELDOM - 1] + SELDOM_SPAN)


def wait_after(tries: int) -> timedelta:
    """The pause after that many tries: a minute, doubled each time, at most four hours."""
    return min(timedelta(minutes=2 ** min(max(tries - 1, 0), 8)), timedelta(hours=4))


def gives_up(first_try: datetime, now: datetime) -> bool:
    """Whether a mail tried since `first_try` is given up."""
    return now - first_try >= GIVE_UP_AFTER
