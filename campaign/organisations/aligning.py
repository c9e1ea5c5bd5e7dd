"""Two readings of names laid side by side: the words they share, and those only one has."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from anyascii import anyascii
from rapidfuzz.distance import OSA

from campaign.organisations import acronyms
from campaign.organisations.reading import CONTENT, WEIGHTS, WHERE, Reading, Word
from campaign.organisations.spelling import abbreviates, close, cognate, sound_alike
from campaign.organisations.stemming import spoken
from campaign.organisations.vocabulary import Kind

NEUTRAL = 0.25  # what a word weighs that may be the other's in translation


@dataclass(slots=True)
class Alignment:
    """The words two readings share, and those only one has.

    `slips` are pairs that differ in spelling; `foreign` tells that the two seem to be of two languages.
    """

    foreign: bool
    shared: list[Word] = field(default_factory=list)
    slips: list[tuple[Word, Word]] = field(default_factory=list)
    here: list[Word] = field(default_factory=list)
    there: list[Word] = field(default_factory=list)

    @property
    def share(self) -> float:
        """How much of what both tell they tell together, 0 to 1."""
        slips = (sum(w.weight for w in pair) / 2 for pair in self.slips)
        together = 2 * (sum(w.weight for w in self.shared) + 0.95 * sum(slips))
        alone = sum(map(self._alone, self.here + self.there))
        return together / (together + alone) if together else 0.0

    def _alone(self, word: Word) -> float:
        return min(word.weight, NEUTRAL) if self._untranslated(word) else word.weight

    def _untranslated(self, word: Word) -> bool:
        """Whether a word we do not know may be the meaning of one that the other name has in its language:
        names of their own are kept in translation, and begin with a capital.
        """
        if not self.foreign or word.kind is not Kind.OWN:
            return False
        others = self.there if word in self.here else self.here
        unknown = [w for w in others if w.kind in CONTENT]
        return any(w.latin != word.latin or w.raw.islower() or word.raw.islower() for w in unknown)

    @property
    def own(self) -> bool:
        """Whether they share a name: a word of their own, or two images."""
        images = {w.concept for w in self.shared if w.kind is Kind.IMAGE}
        return self.has(Kind.OWN) or len(images) > 1

    def has(self, *kinds: Kind) -> bool:
        """Whether a shared word is of one of these kinds."""
        pairs = [w for pair in self.slips for w in pair]
        return any(w.kind in kinds and len(w.text) > 2 for w in self.shared + pairs)

    @property
    def contents(self) -> int:
        """How many shared words say what it is about, whom it is for, or what it is called."""
        return sum(w.kind in CONTENT for w in self.shared) + len(self.slips)

    @property
    def told(self) -> int:
        """How many shared words tell something."""
        return sum(w.weight >= WEIGHTS[Kind.FORM] for w in self.shared) + len(self.slips)

    @property
    def hard(self) -> tuple[list[Word], list[Word]]:
        """What each has alone and does not merely remark."""
        here, there = ([w for w in alone if not w.soft] for alone in (self.here, self.there))
        return here, there


def align(a: Reading, b: Reading, foreign: bool) -> Alignment:
    """Words that mean the same first, then those that may be each other mistyped, abbreviated, or written in
    another script.
    """
    found = Alignment(foreign)
    _by_meaning(found, a, b)
    _by_spelling(found)
    if found.here and found.there:
        _by_initials(found, a, b)
    if found.here and found.there:
        _in_one_piece(found)
    return found


def _by_meaning(found: Alignment, a: Reading, b: Reading) -> None:
    there, reworded = list(b.telling), int(a.accented != b.accented)
    for word in a.telling:
        same = next((w for w in there if w.concept == word.concept), None)
        if same is None and word.kind is Kind.WEAK:
            same = next((w for w in there if _interchangeable(w, word)), None)
        if same is None:
            found.here.append(word)
            continue
        there.remove(same)
        found.shared.append(word)
        if word.concept == same.concept and _in_other_words(word, same):
            reworded += 2 if word.kind in CONTENT else 1
    found.there, found.foreign = there, found.foreign or reworded > 1


def _interchangeable(a: Word, b: Word) -> bool:
    return a.kind is b.kind is Kind.WEAK and "weak:person" not in (a.concept, b.concept)


def _in_other_words(a: Word, b: Word) -> bool:
    """Whether two words that mean the same are of two languages, as far as their letters tell."""
    return a.kind is not Kind.OWN and a.text[:4] != b.text[:4] and not close(a.text, b.text)


def _by_spelling(found: Alignment) -> None:
    for word in list(found.here):
        there = found.there if found.foreign else [w for w in found.there if _worth_a_look(word, w)]
        slip = next((w for w in there if _akin(word, w, found.foreign)), None)
        if slip:
            found.here.remove(word)
            found.there.remove(slip)
            found.slips.append((word, slip))


def _worth_a_look(a: Word, b: Word) -> bool:
    """False for most words of one language that are not akin, at little cost."""
    return not (a.latin and b.latin and a.heads.isdisjoint(b.first) and a.sounds.isdisjoint(b.sounds))


def _akin(a: Word, b: Word, foreign: bool) -> bool:
    if a.latin != b.latin:
        return sound_alike(spoken(a.raw), spoken(b.raw)) or sound_alike(a.text, b.text)
    if Kind.OWN not in (a.kind, b.kind):
        return a.kind not in WHERE and b.kind not in WHERE and _mistyped(a.small, b.small)
    if foreign and cognate(a.raw, b.raw):
        return True
    if a.kind is not b.kind:
        own, known = (a, b) if a.kind is Kind.OWN else (b, a)
        short, long = (anyascii(w.raw).lower() for w in (own, known))
        if abbreviates(short, long) and (known.kind is not Kind.PLACE or long.startswith(short)):
            return True
        near = close(a.text, b.text) or close(a.small, b.small)
        return min(len(a.text), len(b.text)) > 3 and near
    if a.raw.isupper() and b.raw.isupper() and min(len(a.raw), len(b.raw)) < 7:
        return False  # acronyms that differ by a letter differ
    if not close(a.text, b.text):
        return close(a.small, b.small)
    # What two stems have in common may be all: "Chess", "Chemsex".
    return OSA.distance(a.small, b.small) <= (2 if len(a.text) < 6 else 3)


def _mistyped(a: str, b: str) -> bool:
    """Whether one of two words we know is the other mistyped, which made it a third: ciudadano, cuidadano."""
    return min(len(a), len(b)) > 6 and (a[0], a[-1]) == (b[0], b[-1]) and OSA.distance(a, b) == 1


def _by_initials(found: Alignment, a: Reading, b: Reading) -> None:
    """An acronym within one name that stands for words of the other: "LBH Merapi"."""
    for short, long, words in ((found.here, found.there, b), (found.there, found.here, a)):
        for word in [w for w in short if acronyms.looks_like_one(w.raw)]:
            run = next((r for r in _runs(long, words) if _spells(word, r)), None)
            if run:
                short.remove(word)
                stood = [w for w in run if w in long]
                long[:] = [w for w in long if w not in stood]
                whole = Word(Kind.OWN, word.concept, word.text, " ".join(w.raw for w in run))
                found.slips.append((word, whole))


def _runs(alone: list[Word], reading: Reading) -> Iterator[tuple[Word, ...]]:
    """Neighbouring words of a reading that nothing was found for, with the little ones between them."""
    words = [w for w in reading.words if w.kind is not Kind.LEGAL]
    open_ = [w in alone or not w.weight for w in words]
    for start in range(len(words)):
        end = start
        while end < len(words) and open_[end]:
            end += 1
        for until in range(start + 1, end + 1):
            yield tuple(words[start:until])


def _spells(word: Word, run: tuple[Word, ...]) -> bool:
    return acronyms.fits(acronyms.ascii_key(word.raw), Reading(run).plain)


def _in_one_piece(found: Alignment) -> None:
    """Words of another script that are cut in another way: "รุ่งอรุณ", "Rung Arun"."""
    own = [
        [w for w in alone if w.kind in CONTENT or w.kind is Kind.PLACE] for alone in (found.here, found.there)
    ]
    if not all(own) or own[0][0].latin == own[1][0].latin:
        return
    one, other = ("".join(spoken(w.raw) for w in words) for words in own)
    if min(len(anyascii(one)), len(anyascii(other))) > 5 and sound_alike(one, other):
        found.slips.append((own[0][0], own[1][0]))
        found.here = [w for w in found.here if w not in own[0]]
        found.there = [w for w in found.there if w not in own[1]]
