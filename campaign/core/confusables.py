"""What a text looks like: Unicode TR39 skeletons, equal for texts that a reader takes for each other.

Source: https://www.unicode.org/reports/tr39/#Confusable_Detection (skeleton) and, for data, confusables.tsv.
"""

import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from campaign.core.text import clean

_FILE = Path(__file__).parent / "data" / "confusables.tsv"
# Pairs that TR39 leaves to the eye: small letters side by side, capital I among small ones, dotted i.
_DRAWN_ALIKE = (("vv", "w"), ("cl", "d"), ("i", "l"))
_DRAWN_IN_LATIN = str.maketrans("иᴎпᴨєяᴙʀɴʜᴍᴛᴋĸʙ", "uunnerrrnhmtkkb")
_DIGITS_IN_WORDS = str.maketrans("0123456789$@€", "olzeasgtbgsae")


@cache
def _prototypes() -> dict[int, str]:
    table: dict[int, str] = {}
    for line in _FILE.read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            seen, taken = line.rsplit("\t", 1)  # TR39 has a tab within one prototype
            table |= {ord(character): seen for character in taken}
    return table


def skeleton(text: str) -> str:
    """The TR39 skeleton of a text: NFD, invisible marks gone, each character as what it is taken for."""
    decomposed = unicodedata.normalize("NFD", clean(text))
    return unicodedata.normalize("NFD", decomposed.translate(_prototypes()))


@lru_cache(maxsize=50_000)
def likeness(text: str) -> str:
    """A coarser skeleton, for names: without accents, case, and what differs only by a stroke.

    Texts of one likeness are easily taken for each other; most that differ do so honestly (by accents or
    case), which `honest` tells.
    """
    bare = "".join(c for c in skeleton(text) if not unicodedata.category(c).startswith("M"))
    seen = bare.casefold().translate(_prototypes()).casefold()
    if any(c.isalpha() for c in seen):
        seen = seen.translate(_DIGITS_IN_WORDS)
    seen = seen.translate(_DRAWN_IN_LATIN)
    for drawn, taken in _DRAWN_ALIKE:
        seen = seen.replace(drawn, taken)
    return seen


@cache
def script(character: str) -> str:
    """The script of a letter, by its Unicode name; empty for what every script shares."""
    if not character.isalpha():
        return ""
    name = unicodedata.name(character, "").split(" ")[0]
    return {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "CJK"}.get(name, name)


@cache
def _is_odd(character: str) -> bool:
    """A letter no orthography writes names with, though it looks like one that is: ɡ, ɑ, ɪ, 𝐀, ᴏ."""
    point = ord(character)
    return (
        0x1D400 <= point <= 0x1D7FF
        or 0x1D00 <= point <= 0x1D7F
        or 0xA730 <= point <= 0xA731
        or (0x250 <= point <= 0x2AF and character not in "ɓɔɖɗəɛɣɨɩɲɵʃʊʋʌʒɯ")
    )


@lru_cache(maxsize=50_000)
def honest(word: str) -> bool:
    """Whether a word is written with the letters of one script, as names are, and no odd ones among them."""
    scripts = {script(c) for c in word} - {""}
    return len(scripts) <= 1 and not any(_is_odd(c) for c in word)
