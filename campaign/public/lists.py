"""Lists of signatories for pages: all of a short list, the counts of a long one, what a search finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campaign.core import countries, locales
from campaign.core.text import fold
from campaign.letters.models import Letter
from campaign.letters.rules import Order
from campaign.signing import roll
from campaign.signing.roll import Entry, Group
from campaign.signing.rules import Audience
from campaign.tally import wording
from campaign.tally.rules import Figures

WHOLE = 500  # a list up to this long stands below the letter; a longer one has its own page
PAGE = 500
LONGEST_SEARCH = 120
NOWHERE = "none"  # how an address names the heading of those without a country


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with the number of public signatures under it; `key` is what an address calls it."""

    key: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Roll:
    """What stands below a letter: `groups` of names (one group if not listed by country), or `headings`."""

    groups: Sequence[Group]
    headings: Sequence[Heading]
    unnamed: int


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: words in a name, a heading; `after` is the last id of the page before, else 0."""

    words: str = ""
    heading: str | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search: its groups, how many there are in all, and the id to go on after, if any."""

    groups: Sequence[Group]
    total: int
    more_after: int | None


def roll_of(letter: Letter, figures: Figures, language: str) -> Roll:
    """The list below a letter, in one snapshot with its figures."""
    named = figures.signatories - figures.withheld_country
    if named > WHOLE:
        return Roll((), headings(figures, language), figures.withheld_country)
    entries = roll.entries(letter.id, Audience.PUBLIC)
    return Roll(_grouped(letter, entries, language), (), figures.withheld_country)


def headings(figures: Figures, language: str) -> list[Heading]:
    """Every heading with its count: countries as readers look for them, networks, those without a country."""
    places = [Heading(c, countries.name(c, language), n) for c, n in figures.by_country.items()]
    places.sort(key=lambda heading: locales.sort_key(heading.words, language))
    rest: Mapping[str, int] = {
        "regional": figures.regional,
        "international": figures.international,
        "": figures.no_country,
    }
    words = wording.headings()
    return places + [Heading(key or NOWHERE, words[key], count) for key, count in rest.items() if count]


def search_roll(letter: Letter, search: Search, language: str) -> Found:
    """One page of those whose name holds every word looked for, as the letter lists them."""
    wanted = fold(search.words).split()
    entries = [e for e in roll.entries(letter.id, Audience.PUBLIC) if _matches(e, wanted)]
    groups = _grouped(letter, entries, language, search.heading)
    flat = [entry for group in groups for entry in group.entries]
    ids = [entry.id for entry in flat]
    start = ids.index(search.after) + 1 if search.after in ids else 0
    shown = set(ids[start : start + PAGE])
    more = ids[start + PAGE - 1] if len(ids) > start + PAGE else None
    return Found(_kept(groups, shown), len(ids), more)


def _matches(entry: Entry, wanted: Sequence[str]) -> bool:
    if not wanted:
        return True
    name = fold(f"{entry.name} {entry.name_other or ''}")
    return all(word in name for word in wanted)


def _grouped(
    letter: Letter, entries: Sequence[Entry], language: str, heading: str | None = None
) -> list[Group]:
    if letter.order is not Order.COUNTRY and heading is None:
        arranged = roll.arranged(entries, letter.order, language)
        return [Group("", "", arranged)] if arranged else []
    groups = roll.by_country(entries, language, wording.headings())
    return groups if heading is None else [g for g in groups if (g.key or NOWHERE) == heading]


def _kept(groups: Sequence[Group], shown: set[int]) -> list[Group]:
    kept = [Group(g.key, g.heading, [e for e in g.entries if e.id in shown]) for g in groups]
    return [group for group in kept if group.entries]
