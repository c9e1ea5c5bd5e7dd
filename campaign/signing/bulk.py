"""The rule of a bulk invalidation: its states, the conditions it is made of, and what fits them.

Pure: typed conditions and the facts of a row in, a decision out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from campaign.core.countries import CODES
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.text import clean, fold
from campaign.signing.access import checked_pattern, domain_of
from campaign.signing.rules import AccessKind, Evidence, Flag, InvalidationState, Source, check_line

LONGEST_NAMED = 200
NOWHERE = "none"  # the condition for those that stand under no country


class Condition(StrEnum):
    """What a rule can ask of a sign-on. A sign-on is meant when it fits all that are given."""

    NETWORK = "network"  # came from the same network as the sign-on of this number
    MAIL_DOMAIN = "mail_domain"
    SIGNED_FROM = "signed_from"
    SIGNED_UNTIL = "signed_until"
    FLAG = "flag"
    SOURCE = "source"
    IMPORT = "import"
    HOST = "host"
    EVIDENCE = "evidence"
    COUNTRY = "country"
    NAME = "name"


_I = InvalidationState
TRANSITIONS: dict[InvalidationState, frozenset[InvalidationState]] = {
    _I.PROPOSED: frozenset({_I.RUNNING, _I.CANCELLED}),
    _I.RUNNING: frozenset({_I.DONE, _I.CANCELLED}),
    _I.CANCELLED: frozenset({_I.UNDOING}),
    _I.DONE: frozenset({_I.UNDOING}),
    _I.UNDOING: frozenset({_I.UNDONE}),
    _I.UNDONE: frozenset(),
}
AT_WORK = frozenset({_I.RUNNING, _I.UNDOING})


def advance(current: InvalidationState, to: InvalidationState) -> InvalidationState:
    """The new state, when a bulk invalidation may go there from where it is. Raises Conflict otherwise."""
    if to not in TRANSITIONS[current]:
        raise Conflict("a bulk invalidation that is %(current)s cannot become %(to)s", current=current, to=to)
    return to


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a row is looked at by reading it; the rest is asked of the database."""

    names: tuple[str, ...]
    flags: frozenset[str]
    email: str | None


def checked(typed: Mapping[str, str]) -> dict[str, str]:
    """The conditions in their normal form, empty ones left out.

    Raises InvalidInput, naming the field, for one that cannot be, and for none at all: that is everybody.
    """
    given = {Condition(key): clean(text) for key, text in typed.items() if clean(text)}
    if not given:
        raise InvalidInput("give at least one condition: without one it would mean everybody", "conditions")
    found = {condition.value: _NORMAL[condition](condition, text) for condition, text in given.items()}
    since, until = found.get(Condition.SIGNED_FROM), found.get(Condition.SIGNED_UNTIL)
    if since and until and datetime.fromisoformat(since) > datetime.fromisoformat(until):
        raise InvalidInput("the second moment is before the first", Condition.SIGNED_UNTIL.value)
    return found


def fits(conditions: Mapping[str, str], row: Facts) -> bool:
    """Whether a row fits those conditions that the database cannot answer: flag, name and mail domain."""
    flag, named = conditions.get(Condition.FLAG), conditions.get(Condition.NAME)
    pattern = conditions.get(Condition.MAIL_DOMAIN)
    if flag is not None and flag not in row.flags:
        return False
    if named is not None and not any(_holds(named, name) for name in row.names):
        return False
    return pattern is None or fnmatchcase(domain_of(row.email), pattern)


def _holds(named: str, name: str) -> bool:
    """Whether a name holds every word looked for, whole, in any order."""
    return set(fold(named).split()) <= set(fold(name).split())


def _one_of(kind: type[StrEnum]) -> Callable[[Condition, str], str]:
    def normal(condition: Condition, text: str) -> str:
        if text not in list(kind):
            raise InvalidInput("choose one of these", condition.value)
        return text

    return normal


def _number(condition: Condition, text: str) -> str:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidInput("give a number", condition.value)
    return str(int(text))


def _moment(condition: Condition, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise InvalidInput("give a day and a time", condition.value) from fault
    if moment.tzinfo is None:
        raise InvalidInput("the time needs its zone", condition.value)
    return moment.isoformat()


def _domain(condition: Condition, text: str) -> str:
    try:
        return checked_pattern(AccessKind.DOMAIN, text)
    except InvalidInput as fault:
        raise InvalidInput(fault.message, condition.value) from fault


def _country(condition: Condition, text: str) -> str:
    if text != NOWHERE and text not in CODES:
        raise InvalidInput("there is no such country", condition.value)
    return text


def _words(condition: Condition, text: str) -> str:
    check_line(condition.value, text, LONGEST_NAMED)
    if not any(c.isalnum() for c in text):
        raise InvalidInput("give at least one word of the name", condition.value)
    return text


_NORMAL: dict[Condition, Callable[[Condition, str], str]] = {
    Condition.NETWORK: _number,
    Condition.MAIL_DOMAIN: _domain,
    Condition.SIGNED_FROM: _moment,
    Condition.SIGNED_UNTIL: _moment,
    Condition.FLAG: _one_of(Flag),
    Condition.SOURCE: _one_of(Source),
    Condition.IMPORT: _number,
    Condition.HOST: _number,
    Condition.EVIDENCE: _one_of(Evidence),
    Condition.COUNTRY: _country,
    Condition.NAME: _words,
}
