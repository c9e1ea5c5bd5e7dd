"""How close two words are: typing slips, and one word in two scripts."""

import re
from collections.abc import Iterator
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz.distance import OSA

# Sounds that romanisations write in several ways, as one letter each; vowels and half vowels go.
_SOUNDS = (
    ("ght", "t"),
    ("shch", "s"),
    ("tch", "s"),
    ("sch", "s"),
    ("sh", "s"),
    ("ch", "s"),
    ("zh", "z"),
    ("dj", "g"),
    ("gh", "g"),
    ("kh", "h"),
    ("th", "t"),
    ("dh", "d"),
    ("ph", "f"),
    ("tz", "ts"),
    ("ts", "s"),
    ("ck", "k"),
    ("q", "k"),
    ("c", "k"),
    ("x", "ks"),
    ("p", "b"),
    ("v", "f"),
)
_VOWELS = re.compile(r"[aeiouwy'`\"’ʼʹ-]")
_DOUBLED = re.compile(r"(.)\1+")


# First letters that are exchanged by ear, in both orders.
_HEARD_ALIKE = frozenset(pair[::step] for pair in "bv ck kq sz iy jy gj cs".split() for step in (1, -1))


def close(a: str, b: str) -> bool:
    """Whether one of two words may be the other mistyped: an edit in 4 letters, two in 8, three in 13.

    An edit is a letter too many, too few, another, or two exchanged.
    """
    if a == b:
        return True
    shorter = min(len(a), len(b))
    if shorter < 3:
        return False
    if romanised(a) == romanised(b):
        return True
    heard = sounds(a)
    by_ear = heard == sounds(b) and shorter > 4 and len(heard) > 2
    # People seldom mistype where they begin: Marlow, Harlow.
    if not by_ear and a[0] != b[0] and a[:2] != b[1::-1] and a[0] + b[0] not in _HEARD_ALIKE:
        return False
    # Vowels as people write them by ear, or a letter that slipped: Muhammad, Mohamed; Meliora, Meloria.
    slipped = by_ear or (shorter > 5 and sorted(a) == sorted(b))
    allowed = 2 if slipped else _slips_allowed(shorter)
    if not allowed or a.isdigit() or b.isdigit():
        return False
    return OSA.distance(a, b, score_cutoff=allowed) <= allowed


def heads(word: str) -> Iterator[str]:
    """The letters with which a word may begin that is `close` to this one and not of the same sounds."""
    if word:
        yield from word[:2]  # the first two may be exchanged
        yield from (pair[1] for pair in _HEARD_ALIKE if pair[0] == word[0])


def _slips_allowed(length: int) -> int:
    """How many edits a mistyped word of so many letters may have."""
    return 0 if length < 4 else 1 if length < 8 else 2 if length < 13 else 3


_LONG_VOWELS = (("ou", "u"), ("oo", "u"), ("o", "u"), ("ee", "i"), ("e", "i"), ("y", "i"))


@lru_cache(maxsize=50_000)
def romanised(word: str) -> str:
    """A word with vowels as romanisations exchange them: Nur, Nour, Noor; Khalid, Khaled."""
    for written, heard in _LONG_VOWELS:
        word = word.replace(written, heard)
    return word


def abbreviates(short: str, word: str) -> bool:
    """Whether a few letters stand for a longer word: "inst", "educ", "rts", "ctr", "govt"."""
    if not 2 <= len(short) <= 5 or len(word) < len(short) + 2 or short[0] != word[0]:
        return False
    if len(short) > 2 and word.startswith(short):
        return True
    letters = iter(word)
    ends = short[-1] == word[-1] or (len(short) > 2 and not set("aeiou").intersection(short))
    return ends and all(letter in letters for letter in short)


@lru_cache(maxsize=50_000)
def sounds(word: str) -> str:
    """The consonants of a word, as its romanisations share them."""
    plain = anyascii(word).lower()
    for written, heard in _SOUNDS:
        plain = plain.replace(written, heard)
    return _DOUBLED.sub(r"\1", re.sub(r"[^a-z0-9]", "", _VOWELS.sub("", plain)))


def cognate(a: str, b: str) -> bool:
    """Whether two languages may have made two words of one: Anatolia, Anadolu; psychologue, Psychologe."""
    one, other = (sounds(word).replace("d", "t").replace("b", "f") for word in (a, b))
    if min(len(one), len(other)) < 3 or one[0] != other[0]:
        return False
    return OSA.distance(one, other, score_cutoff=1) <= (1 if min(len(one), len(other)) > 3 else 0)


@lru_cache(maxsize=50_000)
def bare_sounds(word: str) -> frozenset[str]:
    """The consonants that every way of hearing a word has in common, once for each way to spell it."""
    ways = _ways_to_spell(word)
    if "j" in word.lower():
        ways = ways | {word.lower().replace("j", "z")}
    heard = (sounds(way).replace("f", "b").replace("z", "s") for way in ways)
    return frozenset(filter(None, (re.sub("[hgj]", "", consonants) for consonants in heard)))


def sound_alike(a: str, b: str) -> bool:
    """Whether two words of different scripts may be one: the same consonants, an "h" more or less.

    "j" is a consonant of Arabic and half a vowel of Slavic languages: both readings count.
    """
    here, there = heard_as(a), heard_as(b)
    both = here & there
    fewest = 1 if max(len(a), len(b)) < 6 else 2
    if both and max(map(len, both)) >= fewest:
        return True
    return any(_begins(one, other) or _begins(other, one) for one in here for other in there)


def _begins(short: str, long: str) -> bool:
    """Whether only an ending makes the difference: Sibir, Siberian."""
    return len(short) > 2 and len(long) == len(short) + 1 and long.startswith(short)


@lru_cache(maxsize=50_000)
def heard_as(word: str) -> frozenset[str]:
    """What may be heard of a word, by whoever wrote it down."""
    heard: set[str] = set()
    for spelled in _ways_to_spell(word):
        plain = sounds(spelled).replace("f", "b").replace("z", "s")
        for one, other in (("", ""), ("j", "g"), ("j", ""), ("j", "s"), ("g", "h")):
            heard.add(plain.replace(one, other) if one else plain)
    return frozenset(heard | {reading.replace("h", "") for reading in heard})


def _ways_to_spell(word: str) -> set[str]:
    """A word with letters that alphabets disagree on: "ch" is a "k" to some, Hebrew vav may be a vowel,
    Arabic waw is a "v" in Persian, and Cyrillic shcha is "sht" in Bulgaria.
    """
    ways = {word, word.lower().replace("щ", "шт")}
    if "\u05d0" <= word[:1] <= "\u05ea":
        ways.add(word[:1] + word[1:].replace("ו", ""))
    if "و" in word:
        ways.add(word.replace("و", "v"))
    if "đ" in word:
        ways.add(word.replace("đ", "dj"))
    if any("\uac00" <= letter <= "\ud7a3" for letter in word):
        ways.add(anyascii(word).replace("l", "r"))
    if word.isascii() and "c" in word:
        ways.add(word.replace("c", "ts"))
    if "ch" in word.lower():
        ways |= {word.lower().replace("ch", "k"), word.lower().replace("ch", "h")}
    return ways
