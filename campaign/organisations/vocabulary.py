"""The words that names of organisations are made of: what each means, in whichever language it stands.

`data/words.txt` says what common words mean and how much they tell about who it is; `data/places.txt` adds
peoples and cities to the countries' names of `core/countries.py`.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from itertools import takewhile
from pathlib import Path

from anyascii import anyascii

from campaign.core import country_index
from campaign.core.confusables import script
from campaign.core.countries import NO_OWN
from campaign.core.countries import name as country_name
from campaign.organisations.stemming import stem, without_umlauts

_DATA = Path(__file__).parent / "data"
LONGEST_PHRASE = 4
_NO_SPACES = ("CJK", "THAI")
_INFLECTED_IN = "bg bs cs el hr hu hy ka kk lt lv mk pl ro ru sk sl sr tr uk".split()
_READ_IN = "cs da de en es fr hr it nl pl pt ro sv sw tr".split()
# Names of countries in some language that are everyday words or people's names in another.
_NOT_COUNTRIES = frozenset("island islands man san nia mona sao sol amerika ameriki jersey gibraltar".split())


class Kind(StrEnum):
    """How much a word tells about who an organisation is; `OWN` is a word we know nothing about."""

    __hash__ = str.__hash__  # an enum's own is slower, and asked for at every word

    STOP = "stop"
    LEGAL = "legal"
    WEAK = "weak"
    FORM = "form"
    TOPIC = "topic"
    IMAGE = "image"
    WHO = "who"
    SCOPE = "scope"
    PLACE = "place"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word or phrase stands for; a compound stands for several things."""

    kind: Kind
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Meanings by the stems of a phrase, the kind of each concept, and the first stems of phrases of several
    words; `unspaced` are phrases of scripts that write without spaces, `written` what stands in the files as
    it stands there, `akin` long stems by their beginnings.
    """

    phrases: dict[tuple[str, ...], Meaning]
    kinds: dict[str, Kind]
    beginnings: frozenset[str]
    unspaced: dict[str, Meaning]
    longest_unspaced: int
    written: dict[str, Meaning]
    akin: dict[str, tuple[str, ...]]


@cache
def vocabulary() -> Vocabulary:
    """All words, read once in a process."""
    phrases: dict[tuple[str, ...], Meaning] = {}
    unspaced: dict[str, Meaning] = {}
    entries = _entries()
    for meaning, word in entries:
        if is_unspaced(word):
            unspaced.setdefault(word, meaning)
        elif meaning.kind is not Kind.STOP or len(split(word)) > 1:
            phrases.setdefault(tuple(map(stem, split(word))), meaning)
    for name, code in country_index.index().names.items():
        if code in country_index.CODES and not name.isascii() and is_unspaced(name):
            unspaced.setdefault(name, Meaning(Kind.PLACE, (code,)))
    for word, place in _countries_inflected():
        phrases.setdefault((stem(word),), place)
    phrases.pop((), None)
    beginnings = frozenset(phrase[0] for phrase in phrases if len(phrase) > 1)
    kinds: dict[str, Kind] = {}
    for known in phrases.values():
        if len(known.concepts) == 1:
            kinds.setdefault(known.concepts[0], known.kind)
    written: dict[str, Meaning] = {}
    for meaning, word in entries:
        written.setdefault(word.casefold(), meaning)
        if meaning.kind is Kind.STOP:  # by their stems, short words would be taken for others
            written.setdefault(_plain(word), meaning)
    return Vocabulary(phrases, kinds, beginnings, unspaced, max(map(len, unspaced)), written, _akin(phrases))


def _akin(phrases: dict[tuple[str, ...], Meaning]) -> dict[str, tuple[str, ...]]:
    """Stems of single words by their first five letters, but those of places, peoples and reach."""
    found: dict[str, list[str]] = defaultdict(list)
    for (first, *more), meant in phrases.items():
        if not more and len(first) > 4 and first.isascii() and meant.kind not in (Kind.PLACE, Kind.SCOPE):
            found[first[:5]].append(first)
    return {beginning: tuple(stems) for beginning, stems in found.items()}


def _entries() -> list[tuple[Meaning, str]]:
    found = []
    for line in _lines("words.txt"):
        kind, concepts, listed = line.split("\t")
        found += [(Meaning(Kind(kind), tuple(concepts.split())), word) for word in listed.split("|")]
    for line in _lines("places.txt"):
        code, listed = line.split("\t")
        for spellings in listed.split("|"):
            names = spellings.split("=")
            place = Meaning(Kind.PLACE, (code if code != "-" else names[0],))
            found += [(place, name) for name in names]
    return found


def _countries_inflected() -> Iterator[tuple[str, Meaning]]:
    """Names of countries in languages that inflect them, long enough to know them by their stems."""
    for code in sorted(country_index.CODES):
        for word in (country_name(code, language, NO_OWN) for language in _INFLECTED_IN):
            if len(split(word)) == 1 and len(stem(word)) > 4:
                yield word, Meaning(Kind.PLACE, (code,))


def data_files() -> tuple[Path, ...]:
    """What the vocabulary is read from."""
    return _DATA / "words.txt", _DATA / "places.txt"


def _lines(name: str) -> list[str]:
    text = (_DATA / name).read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]


# Little words that Arabic and Hebrew write in one with the next.
_CLITICS = frozenset("لبوف" + "הלובמש")
_POSSESSIVE = re.compile(r"(?<=\w)['’`´]s\b", re.IGNORECASE)
_ELISION = re.compile(r"\b(?:l|d|qu|n|s|j|c|dell|nell|all|sull|un|dall)['’`´](?=\w)", re.IGNORECASE)
_INCLUSIVE = re.compile(r"(?<=\w)(?:[.·](?:e|es|ne|trice)[.·]?s?|\((?:e|es)\)s?|[*:_](?:innen|in))\b")
_FOR = re.compile(r"(?<=[A-Za-z])4(?=[A-Za-z])")
_DOTTED = re.compile(r"\b(?:\w\.){2,}\w?\b|\b(?:\w\.){2,}")
# Vowel signs of Indic and other scripts are marks, and part of the word.
_MARKS = "".join(chr(point) for point in range(0x300, 0x3000) if unicodedata.category(chr(point))[0] == "M")
_WORD = re.compile(rf"[\w{_MARKS}]+(?:['’`´ʼ\"״][\w{_MARKS}]+)*")


def split(text: str) -> list[str]:
    """The words of a text as they stand there; "e.V." is one word, "l'" and "'s" are none."""
    if text.isascii() and text.replace(" ", "").isalpha():
        return text.split()
    text = _INCLUSIVE.sub("s", _FOR.sub(" for ", text))
    text = _DOTTED.sub(lambda found: found[0].replace(".", "") + " ", text)
    text = _ELISION.sub("", _POSSESSIVE.sub("s", text))
    return [re.sub(r"['’`´ʼ\"״]", "", word) for word in _WORD.findall(text.replace("_", " "))]


@lru_cache(maxsize=50_000)
def meaning(words: tuple[str, ...]) -> Meaning | None:
    """What a phrase stands for, if we know."""
    if len(words) > 1 and stem(words[0]) not in vocabulary().beginnings:
        return _country(words)
    phrases, stems = vocabulary().phrases, tuple(map(stem, words))
    known = _written(words[0]) if len(words) == 1 else None
    known = known or phrases.get(stems)
    if known is None and len(words) == 1 and len(words[0]) > 3 and words[0][0] in _CLITICS:
        known = phrases.get((stem(words[0][1:]),))
    return known or _country(words) or (_inflected(stems[0]) if len(words) == 1 else None)


def _written(word: str) -> Meaning | None:
    known = vocabulary().written
    return known.get(word.casefold()) or known.get(_plain(word))


@lru_cache(maxsize=50_000)
def _plain(word: str) -> str:
    return without_umlauts(anyascii(word.casefold()).lower())


@lru_cache(maxsize=50_000)
def _inflected(word: str) -> Meaning | None:
    """What a word means that differs from one we know by its ending: "občiansku", "občianske"."""
    known = vocabulary()
    for other in known.akin.get(word[:5], ()):
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))
        if same >= max(5, len(word) - 2, len(other) - 2) and (same > 5 or max(len(word), len(other)) < 7):
            return known.phrases[(other,)]
    return None


_LINKS = ("", "s", "n", "en", "es", "er", "e")
_IN_COMPOUNDS = frozenset({Kind.WEAK, Kind.FORM, Kind.TOPIC, Kind.WHO, Kind.SCOPE, Kind.PLACE})


@lru_cache(maxsize=20_000)
def compound(word: str) -> tuple[Meaning, ...]:
    """What the parts of a word mean that is made of two we know, as German, Nordic and Finnic ones are:
    "Drogenreform", "Fredsföreningen"; empty for others.
    """
    if len(word) < 8 or not is_latin(word):
        return ()
    for at in range(len(word) - 4, 2, -1):
        tail = _of_compound(word[at:])
        head = tail and next(filter(None, (_of_compound(word[:at], link) for link in _LINKS)), None)
        if tail and head:
            return head, tail
    return ()


def _of_compound(part: str, link: str = "") -> Meaning | None:
    bare = part.removesuffix(link) if link else part
    if len(bare) < 3 or (link and bare == part):
        return None
    known = vocabulary().written.get(bare.casefold()) or (len(bare) > 4 and _inflected(stem(bare))) or None
    return known if known and known.kind in _IN_COMPOUNDS else None


_fold = lru_cache(maxsize=50_000)(country_index.fold)


def _country(words: tuple[str, ...]) -> Meaning | None:
    """The country a phrase names; none for what is an everyday word somewhere."""
    names, folded = country_index.index().names, "".join(map(_fold, words))
    if folded not in names and len(folded) > 6:
        folded = folded.removesuffix("s")  # Deutschlands
    code = names.get(folded)
    if code not in country_index.CODES or folded in _NOT_COUNTRIES:
        return None
    if len(folded) < 7 and folded.isascii() and folded not in _short_countries():
        return None
    return Meaning(Kind.PLACE, (str(code),))


@cache
def _short_countries() -> frozenset[str]:
    """Short names of countries in languages that letters are read in; in any language, too many are words."""
    names = (country_name(code, language, NO_OWN) for code in country_index.CODES for language in _READ_IN)
    return frozenset(folded for folded in map(country_index.fold, names) if len(folded) > 3)


def segments(word: str) -> list[tuple[str, Meaning | None]]:
    """A run of a script without spaces, cut into the longest phrases we know and what lies between them."""
    known, unknown, at = vocabulary(), "", 0
    found: list[tuple[str, Meaning | None]] = []
    while at < len(word):
        length = min(known.longest_unspaced, len(word) - at)
        while length and not _stands(known, word[at : at + length], word):
            length -= 1
        if not length:
            unknown, at = unknown + word[at], at + 1
            continue
        if unknown:
            found.append((unknown, None))
        piece, unknown = word[at : at + length], ""
        found.append((piece, known.unspaced[piece]))
        at += length
    return [*found, (unknown, None)] if unknown else found


def _stands(known: Vocabulary, piece: str, word: str) -> bool:
    """Whether a piece is a word there; a single sign among others mostly is a part of one."""
    meant = known.unspaced.get(piece)
    return meant is not None and (len(piece) > 1 or len(word) == 1 or meant.kind in (Kind.STOP, Kind.LEGAL))


def is_unspaced(word: str) -> bool:
    """Whether a word is of a script that writes without spaces."""
    return not word.isascii() and any(script(c) in _NO_SPACES for c in word)


@lru_cache(maxsize=50_000)
def is_latin(text: str) -> bool:
    """Whether all letters of a text are Latin ones."""
    return text.isascii() or all(script(c) in ("", "LATIN") for c in text)
