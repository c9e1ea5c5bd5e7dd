"""Lists of signatories for pages: all of a short list, the counts of a long one, what a search finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campaign.core import locales
from campaign.core.text import fold
from campaign.letters.models import Letter
from campaign.letters.naming import country_name
from campaign.letters.rules import Order
from campaign.signing import roll
from campaign.signing.roll import Entry, Group
from campaign.signing.rules import Audience
from campaign.tally import wording
from campaign.tally.rules import Figures

WHOLE = 500  # a list up to this long stands below the letter; a longer one has its own page
PAGE = 500
LARGE = 5_000  # more names than this on a list, or found on it, are not sorted by the reader's collation
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
    """What is looked for: words in a name, a heading; `after` is the last id of the page before, else 0.

    `by` is the order asked for; None for the letter's own.
    """

    words: str = ""
    heading: str | None = None
    after: int = 0
    by: Order | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search: its groups, how many there are in all, and the id to go on after, if any.

    A long list by country is no page of names but the `index` of its headings, which lead to theirs.
    """

    groups: Sequence[Group]
    total: int
    more_after: int | None
    order: Order
    index: Sequence[Heading] = ()


def roll_of(letter: Letter, figures: Figures, language: str) -> Roll:
    """The list below a letter, in one snapshot with its figures."""
    named = figures.signatories - figures.withheld_country
    if named > WHOLE:
        return Roll((), headings(letter, figures, language), figures.withheld_country)
    entries = roll.entries(letter.id, Audience.PUBLIC)
    return Roll(_grouped(letter, entries, language, letter.order), (), figures.withheld_country)


def headings(letter: Letter, figures: Figures, language: str) -> list[Heading]:
    """Every heading with its count: countries as readers look for them, networks, those without a country."""
    places = [Heading(c, country_name(letter, c, language), n) for c, n in figures.by_country.items()]
    places.sort(key=lambda heading: locales.sort_key(heading.words, language))
    rest: Mapping[str, int] = {
        "regional": figures.regional,
        "international": figures.international,
        "": figures.no_country,
    }
    words = wording.headings()
    return places + [Heading(key or NOWHERE, words[key], count) for key, count in rest.items() if count]


def search_roll(letter: Letter, search: Search, language: str, figures: Figures) -> Found:
    """One page of those whose name holds every word looked for, in the order asked for or the letter's own.

    Where more are found than are sorted for every reader, they come by their folded names.
    """
    wanted = fold(search.words).split()
    if figures.signatories - figures.withheld_country > LARGE:
        return _search_large(letter, wanted, search, language, figures)
    entries = [e for e in roll.entries(letter.id, Audience.PUBLIC) if _matches(e, wanted)]
    return _page(letter, entries, search, language, search.by or letter.order)


def _search_large(
    letter: Letter, wanted: Sequence[str], search: Search, language: str, figures: Figures
) -> Found:
    """A page by key where much is found: names under the heading asked for, else all of them without any."""
    if search.by is Order.COUNTRY and search.heading is None and not wanted:
        index = headings(letter, figures, language)
        return Found((), sum(heading.count for heading in index), None, Order.COUNTRY, index)
    key = "" if search.heading == NOWHERE else search.heading
    known = None if wanted else _counted(figures, key)
    entries, total = roll.found(letter.id, wanted, key, search.after, PAGE + 1, known)
    if total <= LARGE:
        entries, _total = roll.found(letter.id, wanted, key, 0, LARGE, total)
        return _page(letter, entries, search, language, search.by or Order.NAME)
    shown = entries[:PAGE]
    words = _heading(letter, key, language) if shown and key is not None else ""
    more = shown[-1].id if len(entries) > PAGE else None
    return Found([Group(key or "", words, shown)] if shown else [], total, more, Order.NAME)


def _counted(figures: Figures, key: str | None) -> int:
    """How many public names stand under a heading, or, for None, on the whole list: the figures say it."""
    if key is None:
        return figures.signatories - figures.withheld_country
    elsewhere = {"regional": figures.regional, "international": figures.international, "": figures.no_country}
    return elsewhere.get(key, figures.by_country.get(key, 0))


def _page(letter: Letter, entries: Sequence[Entry], search: Search, language: str, order: Order) -> Found:
    """The page asked for of what was found, sorted for its reader."""
    groups = _grouped(letter, entries, language, order, search.heading)
    flat = [entry for group in groups for entry in group.entries]
    ids = [entry.id for entry in flat]
    start = ids.index(search.after) + 1 if search.after in ids else 0
    shown = set(ids[start : start + PAGE])
    more = ids[start + PAGE - 1] if len(ids) > start + PAGE else None
    return Found(_kept(groups, shown), len(ids), more, order)


def _heading(letter: Letter, key: str, language: str) -> str:
    return wording.headings().get(key) or country_name(letter, key, language)


def _matches(entry: Entry, wanted: Sequence[str]) -> bool:
    if not wanted:
        return True
    name = fold(f"{entry.name} {entry.name_other or ''}")
    return all(word in name for word in wanted)


def _grouped(
    letter: Letter, entries: Sequence[Entry], language: str, order: Order, heading: str | None = None
) -> list[Group]:
    if order is not Order.COUNTRY and heading is None:
        arranged = roll.arranged(entries, order, language)
        return [Group("", "", arranged)] if arranged else []
    groups = roll.by_country(entries, language, wording.headings(), letter.country_names)
    return groups if heading is None else [g for g in groups if (g.key or NOWHERE) == heading]


def _kept(groups: Sequence[Group], shown: set[int]) -> list[Group]:
    kept = [Group(g.key, g.heading, [e for e in g.entries if e.id in shown]) for g in groups]
    return [group for group in kept if group.entries]
