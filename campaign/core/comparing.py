"""Two texts compared, word by word, for people: which passages stayed, came, went, or read differently."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from itertools import groupby

from campaign.core.markdown_text import passages

# Beyond these products of lengths a comparison would take seconds: all of it then counts as replaced.
MOST_PASSAGES, MOST_WORDS, MOST_PAIRS = 1_000_000, 2_000_000, 900
ALIKE = 0.35  # two passages that share less of their words are two passages, not one that was changed
_WORD = re.compile(r"\S+\s*")
# Scripts written without spaces: Thai, Lao, Myanmar, Khmer, and what UAX 14 calls ID.
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\uff00-\uffef]")


class Kind(StrEnum):
    """What became of a passage, or of some words in it."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"  # of a passage only: its spans say how
    LEFT_OUT = "left out"  # of a passage only: some that stayed the same stand here


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a passage that stayed, came or went."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, an item or a row, as plain text."""

    kind: Kind
    spans: tuple[Span, ...] = ()

    @property
    def before(self) -> str:
        """What it said before; empty for one that came."""
        return "".join(span.text for span in self.spans if span.kind is not Kind.ADDED).strip()

    @property
    def after(self) -> str:
        """What it says now; empty for one that went."""
        return "".join(span.text for span in self.spans if span.kind is not Kind.REMOVED).strip()


@lru_cache(maxsize=128)
def compared(before: str, after: str) -> tuple[Passage, ...]:
    """The passages of two Markdown texts, in order, with what became of each.

    Emphasis is not compared: two texts that differ in nothing else are the same here.
    """
    old, new = passages(before), passages(after)
    return tuple(_aligned(old, new))


def differs(found: Sequence[Passage]) -> bool:
    """Whether anything that can be read changed."""
    return any(passage.kind is not Kind.SAME for passage in found)


def around(found: Sequence[Passage], context: int = 1) -> list[Passage]:
    """Only what changed, with that many passages before and after; the others are left out, and say so."""
    near = {
        place + step
        for place, passage in enumerate(found)
        if passage.kind is not Kind.SAME
        for step in range(-context, context + 1)
    }
    kept: list[Passage] = []
    for place, passage in enumerate(found):
        if place in near:
            kept.append(passage)
        elif not kept or kept[-1].kind is not Kind.LEFT_OUT:
            kept.append(Passage(Kind.LEFT_OUT))
    return kept


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[Passage]:
    if len(old) * len(new) > MOST_PASSAGES:
        yield from _replaced(old, new)
        return
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (_whole(Kind.SAME, text) for text in new[c:d])
        else:
            yield from _replaced(old[a:b], new[c:d])


def _whole(kind: Kind, text: str) -> Passage:
    return Passage(kind, (Span(kind, text),))


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[Passage]:
    """One run in place of another: what is alike is one passage that changed, the rest went and came."""
    done_old = done_new = 0
    for left, right in [*_pairs(old, new), (len(old), len(new))]:
        yield from (_whole(Kind.REMOVED, text) for text in old[done_old:left])
        yield from (_whole(Kind.ADDED, text) for text in new[done_new:right])
        if left < len(old):
            yield Passage(Kind.CHANGED, tuple(_joined(_spans(old[left], new[right]))))
        done_old, done_new = left + 1, right + 1


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Which passages stand for one another, in order: those whose likeness adds up to the most."""
    if len(old) * len(new) > MOST_PAIRS:
        return []
    counts = [Counter(_keys(_words(text))) for text in old], [Counter(_keys(_words(text))) for text in new]
    best: dict[tuple[int, int], tuple[float, tuple[tuple[int, int], ...]]] = {}
    for i in range(len(old), -1, -1):
        for j in range(len(new), -1, -1):
            if i == len(old) or j == len(new):
                best[i, j] = (0.0, ())
                continue
            likeness = _likeness(counts[0][i], counts[1][j])
            score, chain = best[i + 1, j + 1]
            paired = (score + likeness, ((i, j), *chain)) if likeness >= ALIKE else (-1.0, ())
            best[i, j] = max(paired, best[i + 1, j], best[i, j + 1], key=lambda found: found[0])
    return list(best[0, 0][1])


def _likeness(a: Counter[str], b: Counter[str]) -> float:
    """The share of words that two passages have in common, 0 to 1."""
    total = a.total() + b.total()
    return 2 * (a & b).total() / total if total else 0.0


def _spans(old: str, new: str) -> Iterator[Span]:
    before, after = _words(old), _words(new)
    if len(before) * len(after) > MOST_WORDS:
        yield from (Span(Kind.REMOVED, old), Span(Kind.ADDED, new))
        return
    matcher = SequenceMatcher(None, _keys(before), _keys(after), autojunk=len(before) * len(after) > 250_000)
    done_before = done_after = 0
    went = came = ""
    for a, c, size in matcher.get_matching_blocks():
        went += "".join(before[done_before:a])
        came += "".join(after[done_after:c])
        for old_word, new_word in zip(before[a : a + size], after[c : c + size], strict=True):
            yield from _change(went, came)
            same = old_word if old_word == new_word else old_word.rstrip()
            yield Span(Kind.SAME, same)
            went, came = old_word[len(same) :], new_word[len(same) :]
        done_before, done_after = a + size, c + size
    yield from _change(went, came)


def _change(went: str, came: str) -> Iterator[Span]:
    if went:
        yield Span(Kind.REMOVED, went)
    if came:
        yield Span(Kind.ADDED, came)


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """Neighbours of one kind as one."""
    for kind, run in groupby(spans, key=lambda span: span.kind):
        yield Span(kind, "".join(span.text for span in run))


def _words(text: str) -> list[str]:
    """Words with the space after them, punctuation around them apart; characters where a script has none."""
    return [piece for word in _WORD.findall(text) for piece in _pieces(word)]


def _keys(words: Sequence[str]) -> list[str]:
    return [word.rstrip() for word in words]


def _pieces(word: str) -> Iterator[str]:
    if _SPACELESS.search(word):
        yield from _clusters(word)
        return
    bare = word.rstrip()
    start = next((n for n, c in enumerate(bare) if not _is_mark(c)), 0)
    end = next((n for n in range(len(bare), 0, -1) if not _is_mark(bare[n - 1])), len(bare))
    if start:
        yield bare[:start]
    if end < len(bare):
        yield bare[start:end]
        yield word[end:]
    else:
        yield word[start:]


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("P")


def _clusters(word: str) -> Iterator[str]:
    """Characters with the marks and spaces that belong to them."""
    cluster = ""
    for character in word:
        joins = unicodedata.category(character)[0] == "M" or character.isspace() or character == "\u200d"
        if cluster and not joins:
            yield cluster
            cluster = ""
        cluster += character
    yield cluster
