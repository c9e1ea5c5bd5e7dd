"""Whether two names are of one organisation, of two, or one is made to look like the other.

Nothing is decided by it: a person is shown the pair, with the reason in words.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from itertools import product

from campaign.organisations import reasons
from campaign.organisations.comparing import by_acronym, judge
from campaign.organisations.disguise import disguise
from campaign.organisations.reading import Name, read
from campaign.organisations.rules import LONGEST_NAME, Match, Resemblance

LONGEST = 2 * LONGEST_NAME  # nothing longer is a name; what follows is not read
SURELY_ONE = 5  # letters of an acronym that two organisations hardly share by chance


def compare(a: str, b: str) -> Match:
    """What two names are to each other."""
    a, b = a[:LONGEST], b[:LONGEST]
    return pretence(a, b) or _compare_honest(a, b)


def likest(ones: Iterable[str], others: Iterable[str]) -> Match:
    """What two organisations are to each other by those of their names that are most alike. Raises ValueError
    where one has none.
    """
    return max((compare(a, b) for a, b in product(ones, others)), key=lambda match: match.order)


def pretence(a: str, b: str) -> Match | None:
    """How one of two names is made to look like the other; None where it is not."""
    a, b = a[:LONGEST], b[:LONGEST]
    found = disguise(a, b)
    honest = _compare_honest(found.undone, b) if found else None
    if not found or not honest or not honest.flagged:
        return None
    return Match(Resemblance.LOOKALIKE, max(honest.score, 90), found.reason)


@lru_cache(maxsize=10_000)
def _compare_honest(a: str, b: str) -> Match:
    one, other = read(a), read(b)
    if not one.folded or not other.folded:
        return Match(Resemblance.DIFFERENT, 0, reasons.NO_NAME)
    if one.folded == other.folded:
        return Match(Resemblance.SAME, 100, reasons.ALL_BUT_CASE)
    foreign = _of_two_languages(one, other)
    found = max(
        (judge(x, y, foreign) for x in one.readings for y in other.readings), key=lambda match: match.order
    )
    return max((found, *_by_acronyms(one, other, foreign)), key=lambda match: match.order)


def _of_two_languages(a: Name, b: Name) -> bool:
    if a.readings[0].latin != b.readings[0].latin:
        return True
    return bool(a.languages and b.languages and not a.languages & b.languages)


def _by_acronyms(a: Name, b: Name, foreign: bool) -> list[Match]:
    """What acronyms say: one that is the whole of a name, or that stands beside both."""
    found = []
    for short, long in ((a, b), (b, a)):
        if short.alone and short.alone in long.beside and short.places <= long.places:
            found.append(Match(Resemblance.SAME, 96, reasons.beside(short.text)))
    both = a.beside & b.beside
    if both and (foreign or len(min(both)) >= SURELY_ONE):
        found.append(Match(Resemblance.SIMILAR, 82, reasons.both_beside(min(both).upper())))
    made = (by_acronym(x, y) for x in a.readings for y in b.readings)
    return found + [match for match in made if match and not _contradicted(a, b)]


def _contradicted(a: Name, b: Name) -> bool:
    """Whether a name that is an acronym meets one that goes by another."""
    return any(
        short.alone and long.beside and short.alone not in long.beside for short, long in ((a, b), (b, a))
    )


def in_light_of(match: Match, places: tuple[str, str], shared_domain: str | None) -> Match:
    """A verdict on two names, given where both organisations stand and a domain that is both's own.

    A place is a country code, the scope of a network, or empty when unknown. Members of one network share a
    domain, so a domain makes nobody alike whose names tell them apart.
    """
    here, there = places
    if match.verdict is Resemblance.LOOKALIKE:
        return match
    if match.apart and match.flagged and here and there and here != there:
        return replace(match, verdict=Resemblance.DIFFERENT, score=min(match.score, 60))
    two_countries = here != there and len(here) == len(there) == 2
    if two_countries and match.apart:
        return match
    if shared_domain and not match.apart and not match.flagged:
        return Match(
            Resemblance.SIMILAR,
            80,
            reasons.same_domain(shared_domain),
        )
    if two_countries and match.verdict is Resemblance.SAME:
        return Match(Resemblance.SIMILAR, 70, reasons.OTHER_COUNTRY)
    if two_countries and not shared_domain:
        return Match(
            Resemblance.DIFFERENT,
            min(match.score, 60),
            reasons.COUNTRIES,
            apart=True,
        )
    return match
