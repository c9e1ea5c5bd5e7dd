"""Countries: their names in each language, and the code behind what a person typed."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from campaign.core.country_index import AMBIGUOUS, CODES, DATA, NOWHERE, fold, index, plain, set_typed, words
from campaign.core.country_overrides import Names, Overrides
from campaign.core.country_phrases import (
    breaks,
    clauses,
    ends_in_brackets,
    joined,
    joined_in_arabic,
    readings,
)
from campaign.core.locales import parse, sort_key

__all__ = ["CODES", "NO_OWN", "Names", "Reason", "Resolution", "choices", "name", "read", "resolve", "use"]

LONGEST = 200
# Names as short as this are everyday words in other languages.
LONGEST_WORD = 3
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_NOT_APPLICABLE = frozenset(("n/a", "n.a.", "n.a", "n. a."))
# ISO codes people also type in small letters; the others are words ("no", "and") or languages ("sv", "ar").
_SMALL = frozenset(
    """
    ae ag ao au bb bd bf bg bj bw bz cd cf cg ch cl cm cn dj dk dm ec eg er fi fr gb gh gm gr gt gw gy
    hk hn hr hu iq ir jm jp ke kh kz lk lr lt lv ly mp mu mv mw mx mz ng nl np nz pe pg ph pk pl pt py
    qa ro rs ru sk sy sz td tg tj tr tz ua ug us uy vn vu xk ye za zm zw
    """.split()
)
_WORDS_OF_THREE = frozenset(
    """
    ago and are arm bel can cod col cub dom est eth fin gab geo gin guy hun ind isl ita jam jor ken lie mac
    mar nor pan per pol pry san sau sen slv ton tur
    """.split()
)
# States of the United States that are written like other countries: "San Francisco, CA, USA".
_STATES = frozenset("AL AR AZ CA CO DE GA ID IL IN KY LA MA MD ME MN MO MS MT NC NE PA SC SD TN VA".split())
# Also the name of a state of the United States: after a comma ("Atlanta, Georgia") it is not clear.
_ALSO_A_STATE = "GE"


class Reason(StrEnum):
    """Why a text has a code, or has none."""

    FOUND = "found"
    AMBIGUOUS = "ambiguous"
    SEVERAL = "several"
    NONE = "none"
    BLANK = "blank"


@dataclass(frozen=True)
class Resolution:
    """The code behind a typed text, or None and the reason why a person has to look."""

    code: str | None
    reason: Reason


# A piece of the text and what it stands for as a whole: a code, "?", "-", or None for one not known.
Part = tuple[str, str | None]
_BLANK, _NONE = Resolution(None, Reason.BLANK), Resolution(None, Reason.NONE)
_UNCLEAR, _SEVERAL = Resolution(None, Reason.AMBIGUOUS), Resolution(None, Reason.SEVERAL)


# The operator's own table, chosen when the app is made.
_overrides = Overrides()
NO_OWN: Names = {}


def use(overrides: Overrides) -> None:
    """Name and read countries as the operator's table says, in this process from now on."""
    global _overrides  # noqa: PLW0603 -- a setting of the process, like the tables it stands before
    if overrides == _overrides:
        return
    _overrides = overrides
    named = {words: code for code, by_tag in overrides.names.items() for words in by_tag.values()}
    set_typed(named | dict(overrides.typed))
    _usual_choices.cache_clear()
    resolve.cache_clear()


def name(code: str, locale: str, own: Names) -> str:
    """A country's name in a language: a letter's `own` wording, the operator's, ours, CLDR's, CLDR's English.

    `own` are the letter's `country_names`, as they stand or were frozen; NO_OWN where there is no letter.
    Raises KeyError for a code that is not in CODES, InvalidInput for an unknown locale.
    """
    language = parse(locale)
    for table in (own, _overrides.names, _display()):
        by_tag = table.get(code, {})
        if words := by_tag.get(locale.replace("_", "-")) or by_tag.get(language.language):
            return words
    return str(language.territories.get(code) or parse("en").territories[code])


def choices(locale: str, own: Names) -> tuple[tuple[str, str], ...]:
    """Every (code, name), in the order in which readers of that language look for them."""
    return _choices(locale, own) if own else _usual_choices(locale)


def _choices(locale: str, own: Names) -> tuple[tuple[str, str], ...]:
    pairs = ((code, name(code, locale, own)) for code in CODES)
    return tuple(sorted(pairs, key=lambda pair: sort_key(pair[1], locale)))


@lru_cache(maxsize=64)
def _usual_choices(locale: str) -> tuple[tuple[str, str], ...]:
    return _choices(locale, NO_OWN)


def read(typed: str, locale: str, own: Names) -> str | None:
    """The code for what somebody typed where a letter words countries its own way, or None.

    A code alone is that code, even one that means something else to people ("NA", "SA").
    """
    if typed in CODES:
        return typed
    key = fold(typed)
    named = {code for code, by_tag in own.items() for words in by_tag.values() if key and fold(words) == key}
    return named.pop() if len(named) == 1 else resolve(typed, locale).code


@lru_cache(maxsize=8192)
def resolve(text: str, locale: str | None = None) -> Resolution:
    """The code for what somebody typed as their country, in any language; never a guess between two.

    `locale` is the language of the form; it decides only between languages that use a name differently.
    Raises InvalidInput for a locale that is not known, where it is needed.
    """
    text = unicodedata.normalize("NFKC", text)
    text = _FLAG.sub(lambda flag: f", {_letters(flag[0])}, ", text).strip(' \t\r\n,;.*:-–—"“”«»')
    if not plain(text).strip():
        return _BLANK
    if len(text) > LONGEST or plain(text).strip() in _NOT_APPLICABLE or text == "na" or not fold(text):
        return _NONE
    meaning = _meaning(text, locale)
    return _resolution(meaning) if meaning else _by_parts(text, locale) or _by_spelling(text) or _NONE


def _letters(flag: str) -> str:
    """The code a flag is written with: two regional indicator symbols (Unicode UTS 51)."""
    return "".join(chr(ord(symbol) - 0x1F1E6 + ord("A")) for symbol in flag)


@cache
def _display() -> dict[str, dict[str, str]]:
    return tomllib.loads((DATA / "country_display.toml").read_text(encoding="utf-8"))


def _resolution(meaning: str) -> Resolution:
    if meaning in CODES:
        return Resolution(meaning, Reason.FOUND)
    return _UNCLEAR if meaning == AMBIGUOUS else _NONE


def _meaning(text: str, locale: str | None) -> str | None:
    """What a phrase stands for as a whole: a code, "?" or "-"; None for a phrase that is not known."""
    known = index()
    if fold(text) in known.unclear:
        return AMBIGUOUS
    if code := _iso_code(text):
        return code
    if _are_two(re.split("/", text)) or _are_two(joined(text)):
        return None
    for at, reading in enumerate(map("".join, readings(text))):
        if at and _are_two(breaks(text)):
            return None
        if meaning := known.names.get(reading):
            return _in_language(reading, locale) if meaning == AMBIGUOUS else meaning
    return _with_its_place(text)


def _are_two(parts: list[str]) -> bool:
    """Whether the parts are names of different countries, so that none is a part of the other's name."""
    return len({index().names.get(fold(part)) for part in parts} & CODES) > 1


def _iso_code(text: str) -> str | None:
    """A code of ISO 3166-1, alpha-2 or alpha-3: in capitals, or in small letters where it is no word."""
    text = text.strip()
    if text in _SMALL or (
        len(text) == 3 and text.isascii() and text.islower() and text not in _WORDS_OF_THREE
    ):
        text = text.upper()
    return text if text in CODES else index().alpha3.get(text)


def _in_language(reading: str, locale: str | None) -> str:
    """The one country of that name in that language, or "?"; our own list of unclear names stays unclear."""
    if reading in index().unclear or locale is None:
        return AMBIGUOUS
    found = [code for code, shown in choices(locale, NO_OWN) if fold(shown) == reading]
    return found[0] if len(found) == 1 else AMBIGUOUS


def _with_its_place(text: str) -> str | None:
    """The country of "Nairobi Kenya" or "UK London": a name, and a place known to lie in it."""
    found, known = words(text), index()
    for at in range(1, len(found)):
        for place, country in ((found[:at], found[at:]), (found[at:], found[:at])):
            code = known.names.get("".join(country), "")
            if code in known.places.get("".join(place), ()):
                return code
    return None


def _by_parts(text: str, locale: str | None) -> Resolution | None:
    """A text that names several things: two countries, a country twice, a place and its country, a region."""
    parts = [part for clause in clauses(text) for part in _parts_of(clause, locale)]
    loose = False
    for at in range(len(parts) - 1, -1, -1):
        if parts[at][1] is None and len(pieces := joined(parts[at][0])) > 1:
            parts[at : at + 1] = [(piece, _meaning(piece, locale)) for piece in pieces]
            loose = True
    parts = _without_places(parts)
    codes = {meaning for _, meaning in parts if meaning in CODES}
    side_by_side = set() if codes else _run_together(text)
    if len(codes | side_by_side) > 1 or (codes and _named_within(parts) - codes):
        return _SEVERAL
    if any(meaning == AMBIGUOUS for _, meaning in parts):
        return _UNCLEAR
    if side_by_side:
        return _resolution(side_by_side.pop())
    return _one_among(text, parts, loose or "/" in text) if codes else None


def _parts_of(clause: str, locale: str | None) -> list[Part]:
    """A clause whole where it is a name with its brackets ("Cocos (Keeling) Islands"), else in parts."""
    meaning = _meaning(clause, locale)
    return [(clause, meaning)] if meaning else [(part, _meaning(part, locale)) for part in breaks(clause)]


def _without_places(parts: list[Part]) -> list[Part]:
    """The parts without those that lie in a country named beside them ("Tbilisi, Georgia"), and remarks."""
    known, left = index(), parts
    for at in range(len(parts) - 1, -1, -1):
        part, others = parts[at][0], {meaning for _, meaning in left[:at] + left[at + 1 :]} & CODES
        inside = others & known.places.get(fold(part), frozenset()) or (
            others and fold(part) in known.remarks
        )
        state = at > 0 and part in _STATES and parts[at + 1 :] and parts[at + 1][1] == "US"
        if inside or state:
            left = left[:at] + left[at + 1 :]
    return left


def _named_within(parts: list[Part]) -> set[str]:
    """Countries that a remark speaks of: "but also Uganda"."""
    within: set[str] = set()
    for part, _ in (part for part in parts if part[1] is None):
        found, at = words(part), 0
        while at < len(found):
            end = next((n for n in range(len(found), at, -1) if "".join(found[at:n]) in index().names), 0)
            name_found = "".join(found[at:end])
            within.add(index().names[name_found] if len(name_found) > LONGEST_WORD else NOWHERE)
            at = end or at + 1
    return within & CODES


def _one_among(text: str, parts: list[Part], loose: bool) -> Resolution:
    """One country, and what stands beside it decides whether the country alone is meant."""
    code = next(meaning for _, meaning in parts if meaning in CODES)
    beside = [(part, meaning) for part, meaning in parts if meaning != code]
    unknown = [part for part, meaning in beside if meaning is None]
    if any(meaning == NOWHERE and fold(part) not in index().regions for part, meaning in beside):
        return _UNCLEAR
    if not beside:
        return _resolution(code or AMBIGUOUS)
    if loose:
        return _UNCLEAR
    last, meaning = parts[-1]
    named_last = meaning == code and code != _ALSO_A_STATE and (last == "USA" or not _iso_code(last))
    if not unknown or named_last or (ends_in_brackets(text) and parts[0][1] == code):
        return _resolution(code or AMBIGUOUS)
    return _UNCLEAR if code == _ALSO_A_STATE else _NONE


def _run_together(text: str) -> set[str]:
    """The countries of a text made of nothing but their names: "Kenya Uganda", "Egypt مصر", "مصر وليبيا"."""
    found, known, codes = words(text), index().names, set()
    if len(pieces := [_meaning(piece, None) for piece in joined_in_arabic(text)]) > 1 and CODES.issuperset(
        pieces
    ):
        return set(filter(None, pieces))
    while found:
        longest = next((n for n in range(len(found), 0, -1) if known.get("".join(found[:n])) in CODES), 0)
        if not longest:
            return set()
        codes.add(known["".join(found[:longest])])
        found = found[longest:]
    return codes


def _by_spelling(text: str) -> Resolution | None:
    """A close misspelling of one country and of nothing else."""
    if len(breaks(text)) > 1:
        return None
    found = (index().speller.corrected("".join(reading)) for reading in readings(text))
    meaning = next(filter(None, found), None)
    return _resolution(meaning) if meaning else None
