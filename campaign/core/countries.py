"""Countries: their names in each language, and the code behind what a person typed."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from campaign.core.country_index import AMBIGUOUS, CODES, DATA, NOWHERE, fold, index, plain, words
from campaign.core.country_phrases import breaks, ends_in_brackets, joined, readings
from campaign.core.locales import parse, sort_key

__all__ = ["CODES", "Reason", "Resolution", "choices", "name", "resolve"]

LONGEST = 200
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_NOT_APPLICABLE = frozenset(("n/a", "n.a.", "n.a", "n. a."))
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


_BLANK, _NONE = Resolution(None, Reason.BLANK), Resolution(None, Reason.NONE)
_UNCLEAR, _SEVERAL = Resolution(None, Reason.AMBIGUOUS), Resolution(None, Reason.SEVERAL)


def name(code: str, locale: str) -> str:
    """A country's name in a language: our own wording where we have one, else CLDR's, else CLDR's English.

    Raises KeyError for a code that is not in CODES, InvalidInput for an unknown locale.
    """
    language = parse(locale)
    own = _display().get(code, {}).get(language.language)
    return str(own or language.territories.get(code) or parse("en").territories[code])


@lru_cache(maxsize=64)
def choices(locale: str) -> tuple[tuple[str, str], ...]:
    """Every (code, name), in the order in which readers of that language look for them."""
    pairs = ((code, name(code, locale)) for code in CODES)
    return tuple(sorted(pairs, key=lambda pair: sort_key(pair[1], locale)))


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
    if len(text) > LONGEST or plain(text).strip() in _NOT_APPLICABLE or not fold(text):
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
    for reading in map("".join, readings(text)):
        if meaning := known.names.get(reading):
            return _in_language(reading, locale) if meaning == AMBIGUOUS else meaning
    return None


def _iso_code(text: str) -> str | None:
    """A code of ISO 3166-1, alpha-2 or alpha-3, typed in capitals."""
    text = text.strip()
    return text if text in CODES else index().alpha3.get(text)


def _in_language(reading: str, locale: str | None) -> str:
    """The one country of that name in that language, or "?"; our own list of unclear names stays unclear."""
    if reading in index().unclear or locale is None:
        return AMBIGUOUS
    found = [code for code, shown in choices(locale) if fold(shown) == reading]
    return found[0] if len(found) == 1 else AMBIGUOUS


def _by_parts(text: str, locale: str | None) -> Resolution | None:
    """A text that names several things: two countries, a country twice, a place and its country, a region."""
    parts = [(part, _meaning(part, locale)) for part in breaks(text)]
    loose = False
    for at in range(len(parts) - 1, -1, -1):
        if parts[at][1] is None and len(pieces := joined(parts[at][0])) > 1:
            parts[at : at + 1] = [(piece, _meaning(piece, locale)) for piece in pieces]
            loose = True
    codes = {meaning for _, meaning in parts if meaning in CODES}
    side_by_side = set() if codes else _run_together(text)
    if len(codes | side_by_side) > 1:
        return _SEVERAL
    if any(meaning == AMBIGUOUS for _, meaning in parts):
        return _UNCLEAR
    if side_by_side:
        return _resolution(side_by_side.pop())
    return _one_among(text, parts, loose or "/" in text) if codes else None


def _one_among(text: str, parts: list[tuple[str, str | None]], loose: bool) -> Resolution:
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
    """The countries of a text made of nothing but their names: "Kenya Uganda", "Egypt مصر"; else none."""
    found, known, codes = words(text), index().names, set()
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
