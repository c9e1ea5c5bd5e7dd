"""Close misspellings of known names: corrected only where no other meaning is anywhere near."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

SHORTEST = 6
NEAR = 2


class Speller:
    """Corrects a folded word by one edit, given all known names with their meanings.

    A word is corrected only when it is long enough, one edit away from a target, and every known name
    within two edits, target or not, has that same meaning.
    """

    def __init__(self, meanings: Mapping[str, str], targets: frozenset[str]) -> None:
        self._meanings = meanings
        self._targets = targets
        self._by_length: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for name in meanings:
            self._by_length[len(name)].append((_letters(name), name))

    def corrected(self, word: str) -> str | None:
        """The meaning of the one name this word can be a misspelling of, or None."""
        if len(word) < SHORTEST:
            return None
        near = [(name, distance(word, name)) for name in self._candidates(word)]
        meanings = {self._meanings[name] for name, edits in near if edits <= NEAR}
        one_edit = any(edits == 1 and name in self._targets for name, edits in near)
        return meanings.pop() if one_edit and len(meanings) == 1 else None

    def _candidates(self, word: str) -> Iterator[str]:
        """Names of about the same length and letters: an edit changes at most two of the letters used."""
        letters = _letters(word)
        for length in range(len(word) - NEAR, len(word) + NEAR + 1):
            for mask, name in self._by_length.get(length, ()):
                if (mask ^ letters).bit_count() <= 2 * NEAR:
                    yield name


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
