"""Names made to look like another: letters of another script, "rn" for "m", "0" for "O", "1" for "l"."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii

from campaign.core.confusables import honest, likeness, script
from campaign.core.text import clean, fold
from campaign.organisations import reasons

_AROUND = ".,;:()[]{}\"'«»“”„‘’"


@dataclass(frozen=True, slots=True)
class Disguise:
    """What the first name is once its disguise is taken off, and the reason in words."""

    undone: str
    reason: str


def disguise(a: str, b: str) -> Disguise | None:
    """The disguise in which one of two names wears words of the other; None where all letters are honest."""
    here, there = _seen(a), _seen(b)
    undone, worn_by = [], []
    if here.odd or there.odd or _drawn_alike(here, there):
        for word, worn in zip(here.words, here.bare, strict=True):
            true = None if _folded(worn) in there.honest and honest(worn) else _worn(worn, there)
            undone.append(word.replace(worn, true) if true else word)
            if true:
                worn_by.append((worn, true))
    if worn_by and not _in_its_own_script(here.words, worn_by):
        return Disguise(" ".join(undone), _reason(*worn_by[0]))
    if len(here.words) != len(there.words) and _disguised(here.whole, there.bare_whole):
        return Disguise(b, reasons.DISGUISED)
    return None


def _drawn_alike(here: "_Seen", there: "_Seen") -> bool:
    """Whether a word of one honest name is drawn like a word of another, and is none of its words."""
    return any(
        _folded(word) not in there.honest
        for likeness in here.likenesses.keys() & there.likenesses.keys()
        for word in here.likenesses[likeness]
    )


def _in_its_own_script(words: Sequence[str], worn: Sequence[tuple[str, str]]) -> bool:
    """Whether a name is honestly written in another script, in which one of its words happens to look so."""
    if not all(honest(odd) and honest(plain) and _scripts(odd) != _scripts(plain) for odd, plain in worn):
        return False
    scripts = [_scripts(word) for word in words]
    written = set().union(*scripts)
    return len(written) == 1 and written != {"LATIN"} and sum(map(bool, scripts)) > len(worn)


_folded = lru_cache(maxsize=50_000)(fold)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The words of a name, also without what stands around them, both in one piece too; the bare ones by what
    they look like, the folded ones that are honestly written, and whether there is an `odd` one that is not.
    """

    words: tuple[str, ...]
    bare: tuple[str, ...]
    whole: str
    bare_whole: str
    likenesses: Mapping[str, Sequence[str]]
    honest: frozenset[str]
    odd: bool


@lru_cache(maxsize=20_000)
def _seen(name: str) -> _Seen:
    words = tuple(clean(name).split())
    bare = tuple(map(_bare, words))
    likenesses: dict[str, list[str]] = {}
    for word in bare:
        likenesses.setdefault(likeness(word), []).append(word)
    true = [word for word in bare if honest(word)]
    whole, bare_whole = "".join(words), "".join(bare)
    folded = frozenset(map(_folded, true))
    return _Seen(words, bare, whole, bare_whole, likenesses, folded, len(true) < len(bare))


def _bare(word: str) -> str:
    return word.strip(_AROUND) or word


def _worn(word: str, name: _Seen) -> str | None:
    # Only an odd word can be worn for one that it is not drawn like.
    alike = name.bare if name.odd or not honest(word) else name.likenesses.get(likeness(word), ())
    return next((other for other in alike if _disguised(word, other)), None)


def _disguised(a: str, b: str) -> bool:
    """Whether two words look the same, and not because one is honestly written with accents or capitals."""
    if a == b or len(a) < 2:
        return False
    if likeness(a) != likeness(b):  # TR39 does not know every letter that no name is written with: "ɢ"
        return honest(a) != honest(b) and _scripts(a) == _scripts(b) and _letters(a) == _letters(b)
    if honest(a) != honest(b):
        return True
    if a.isdigit() and b.isdigit():
        return False
    if sorted(_letters(a)) == sorted(_letters(b)):
        return False  # the same letters: in another script, or mistyped
    scripts = [_scripts(word) for word in (a, b)]
    return scripts[0] != scripts[1] or scripts[0] <= {"LATIN", "CYRILLIC", "GREEK"}


def _scripts(word: str) -> set[str]:
    return {script(c) for c in word} - {""}


def _letters(word: str) -> str:
    return "".join(c for c in anyascii(_folded(word)).lower() if c.isalnum())


def _reason(a: str, b: str) -> str:
    for odd, plain in ((a, b), (b, a)):
        if not honest(odd):
            return reasons.looks_like(odd, plain, _foreign(odd, plain))
    return reasons.looks_like(a, b)


def _foreign(odd: str, plain: str) -> str:
    found = next((c for c in odd if c not in plain), odd[0])
    return f"{unicodedata.name(found, 'a letter').lower()} (U+{ord(found):04X})"
