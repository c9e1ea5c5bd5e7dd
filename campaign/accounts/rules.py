"""Roles and what each may do, and how long somebody waits who could not sign in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Role(StrEnum):
    """A person's role on the whole platform."""

    ADMIN = "admin"
    COORDINATOR = "coordinator"


class Action(StrEnum):
    """What a door asks about before it lets somebody through."""

    WRITE_LETTERS = "write letters"
    MODERATE = "moderate"
    SEE_CONTACTS = "see contacts"
    RELEASE = "release"
    MANAGE_ACCOUNTS = "manage accounts"


_MAY: dict[Role, frozenset[Action]] = {
    Role.ADMIN: frozenset(Action),
    Role.COORDINATOR: frozenset(Action) - {Action.MANAGE_ACCOUNTS},
}
SHORTEST_PASSWORD = 12


def may(roles: frozenset[Role], action: Action) -> bool:
    """Whether any of the roles allows the action."""
    return any(action in _MAY[role] for role in roles)


LOOKED_BACK = timedelta(hours=1)  # failed tries that are older make nobody wait
REMEMBERED = timedelta(days=1)  # for so long a network where somebody signed in is known for them
FREE_HERE, FREE_ACCOUNT, FREE_NETWORK = 3, 10, 20
FIRST_WAIT, LONGEST_HERE, LONGEST_NETWORK = timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=1)
ACCOUNT_WAIT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Failed:
    """How many tries failed within the time looked back on, and when the last one did."""

    times: int = 0
    last: datetime | None = None


def wait(here: Failed, account: Failed, network: Failed, known: bool, now: datetime) -> timedelta:
    """How long somebody has to wait before a password is looked at; nothing when they need not.

    `here` are the tries at this account from this network since it was last signed in to from there,
    `account` those at this account from anywhere, `network` those from this network at any account. `known`
    says that this account was signed in to from this network within a day: what strangers do elsewhere, or at
    other accounts, then holds up nobody.
    """
    waits = [_left(here, _growing(here.times, FREE_HERE, LONGEST_HERE), now)]
    if not known:
        # Of all that come from elsewhere one in ten seconds is looked at: many networks guess no faster than
        # one, and a stranger keeps a coordinator waiting for seconds, while their own waits grow.
        everywhere = ACCOUNT_WAIT if account.times >= FREE_ACCOUNT else timedelta(0)
        waits += [
            _left(account, everywhere, now),
            _left(network, _growing(network.times, FREE_NETWORK, LONGEST_NETWORK), now),
        ]
    return max(waits)


def _growing(times: int, free: int, longest: timedelta) -> timedelta:
    """Nothing for the first tries, then five seconds, doubled each time up to the longest."""
    return min(FIRST_WAIT * 2 ** min(times - free, 10), longest) if times >= free else timedelta(0)


def _left(failed: Failed, pause: timedelta, now: datetime) -> timedelta:
    return max(failed.last + pause - now, timedelta(0)) if failed.last else timedelta(0)
