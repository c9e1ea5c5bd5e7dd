"""Close misspellings of known names: corrected only where no other meaning is anywhere near."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

SHORTEST = 6
NEAR = 2


# What makes another word of a name, who lives there: "Kenyan", "Pakistani".
_ENDINGS = "ni"


class Speller:
    """Corrects a folded word by one edit, given all known names with their meanings.

    A word is corrected only when it is long enough, one edit away from a target that begins like it, and no
    other country is near: not one name of another meaning at one edit, and no target of another one that
    begins with the same letter at two. `others` are words of their own, which are never corrected.
    """

    def __init__(self, meanings: Mapping[str, str], targets: frozenset[str], others: frozenset[str]) -> None:
        self._meanings = meanings
        self._targets = targets
        self._others = others
        self._by_length: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for name in meanings:
            self._by_length[len(name)].append((_letters(name), name))

    def corrected(self, word: str) -> str | None:
        """The meaning of the one name this word can be a misspelling of, or None."""
        if len(word) < SHORTEST or word in self._others or self._is_derived(word):
            return None
        near = [(name, distance(word, name)) for name in self._candidates(word)]
        rivals = {
            self._meanings[name] for name, edits in near if edits <= 1 or self._is_rival(name, word, edits)
        }
        found = any(edits == 1 and name in self._targets and _begin_alike(name, word) for name, edits in near)
        return rivals.pop() if found and len(rivals) == 1 else None

    def _is_derived(self, word: str) -> bool:
        return word[-1] in _ENDINGS and word[:-1] in self._targets

    def _is_rival(self, name: str, word: str, edits: int) -> bool:
        return edits <= NEAR and name in self._targets and name[0] == word[0]

    def _candidates(self, word: str) -> Iterator[str]:
        """Names of about the same length and letters: an edit changes at most two of the letters used."""
        letters = _letters(word)
        for length in range(len(word) - NEAR, len(word) + NEAR + 1):
            for mask, name in self._by_length.get(length, ()):
                if (mask ^ letters).bit_count() <= 2 * NEAR:
                    yield name


def _begin_alike(one: str, other: str) -> bool:
    """The first letter is the one that people get right; only a swap with the second is forgiven."""
    return one[0] == other[0] or (one[0] == other[1] and one[1] == other[0])


def _letters(word: str) -> int:
    """The letters that occur, as bits; letters may share a bit, which only admits more candidates."""
    mask = 0
    for character in word:
        mask |= 1 << (ord(character) & 63)
    return mask


def distance(one: str, other: str) -> int:
    """Edits between two words, a swap of neighbours being one (optimal string alignment); 3 is 3 or more."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, opposite in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != opposite))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == opposite:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > NEAR and min(before) > NEAR:
            return NEAR + 1
    return min(row[-1], NEAR + 1)
