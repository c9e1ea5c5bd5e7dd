"""Acronyms: what looks like one, and whether it can stand for a name."""

import re
from functools import lru_cache

from anyascii import anyascii

from campaign.core.text import fold

LONGEST = 12
_LITTLE = frozenset(
    """
    the of and for in on at to a an who that with by le la les l de des du d et pour en au aux sur qui el los
    las del y e para por con que o os as da do dos das em no na der die das den dem fur und von vom zu im am
    il lo gli i dei della delle degli di per het een van voor met w z dla na v a s och av og ve i u ta kwa wa
    ya use uses using
    """.split()
)


@lru_cache(maxsize=20_000)
def looks_like_one(text: str) -> bool:
    """One short word with two capitals or more: INPUD, EuroNPUD, MdM."""
    letters = re.sub(r"[.\-+]", "", text.strip())
    capitals = sum(c.isupper() for c in letters)
    return 2 <= len(letters) <= LONGEST and letters.isalnum() and capitals >= 2


def key(text: str) -> str:
    """An acronym to compare by: letters and digits only, folded."""
    return "".join(c for c in fold(text) if c.isalnum())


def is_little(word: str) -> bool:
    """Whether acronyms pass over a word, in lower-case ASCII."""
    return word in _LITTLE


def ascii_key(text: str) -> str:
    """An acronym in lower-case ASCII letters and digits, to spell words with."""
    return "".join(c for c in anyascii(key(text)).lower() if c.isalnum())


@lru_cache(maxsize=20_000)
def fits(acronym: str, words: tuple[str, ...]) -> bool:
    """Whether the acronym can be made of the words in their order, each giving its beginning.

    `acronym` and `words` are in lower-case ASCII. Little words may be passed over, and one other word where
    the acronym is long; short acronyms are made of first letters alone.
    """
    if not 3 <= len(acronym) <= LONGEST or len(words) < 2:
        return False
    passed_over = 1 if len(acronym) >= 4 else 0
    most = 1 if len(acronym) == 3 else 4 if len(acronym) < 8 else 6
    fewest = 3 if len(acronym) < 6 else 2
    return _made(acronym, words, passed_over, most, fewest)


def _made(rest: str, words: tuple[str, ...], passed_over: int, most: int, fewest: int) -> bool:
    """Whether `rest` can be made of `words`, at least `fewest` of them giving a part."""
    if not rest:
        left = sum(word not in _LITTLE for word in words)
        return fewest <= 0 and left <= passed_over
    if not words:
        return False
    first, others = words[0], words[1:]
    for length in range(min(most, len(first), len(rest)), 0, -1):
        if first[:length] != rest[:length]:
            continue
        if _made(rest[length:], others, passed_over, most, fewest - 1):
            return True
        for more in _from_inside(rest[length:], first) if most > 1 else ():
            if _made(rest[length + more :], others, passed_over, most, fewest - 1 - more):
                return True
    if first == "y" and rest[0] == "i" and _made(rest[1:], others, passed_over, most, fewest - 1):
        return True
    if first in _LITTLE:
        return _made(rest, others, passed_over, most, fewest)
    return passed_over > 0 and _made(rest, others, passed_over - 1, most, fewest)


def _from_inside(rest: str, word: str) -> list[int]:
    """How many letters more a long word may give, which may be a compound: Bundesarbeitsgemeinschaft."""
    if len(word) < 12:
        return []
    return [more for more in (1, 2) if len(rest) >= more and _within(rest[:more], word[4:-3])]


def _within(letters: str, word: str) -> bool:
    """Whether a word has these letters, in their order."""
    left = iter(word)
    return all(letter in left for letter in letters)
