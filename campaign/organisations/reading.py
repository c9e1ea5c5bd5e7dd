"""A name read: its words and what they tell, its acronym, and the names it holds when it holds several."""

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain, groupby

from anyascii import anyascii

from campaign.core.text import clean, fold
from campaign.organisations import acronyms
from campaign.organisations.spelling import heads, sounds
from campaign.organisations.stemming import stem
from campaign.organisations.vocabulary import (
    LONGEST_PHRASE,
    Kind,
    Meaning,
    compound,
    is_latin,
    is_unspaced,
    meaning,
    segments,
    split,
    vocabulary,
)

WEIGHTS = {
    Kind.STOP: 0.0,
    Kind.LEGAL: 0.0,
    Kind.WEAK: 0.2,
    Kind.FORM: 0.6,
    Kind.TOPIC: 0.8,
    Kind.IMAGE: 1.2,
    Kind.WHO: 1.0,
    Kind.SCOPE: 1.0,
    Kind.PLACE: 1.2,
    Kind.OWN: 1.6,
}
CONTENT = frozenset({Kind.TOPIC, Kind.IMAGE, Kind.WHO, Kind.OWN})
WHERE = frozenset({Kind.PLACE, Kind.SCOPE})
_BRACKETS = re.compile(r"[(\[（【]([^()\[\]（）【】]*)[)\]）】]")
_APART = re.compile(r"\s*[/|•·]\s+|\s+[/|•·]\s*|\s+[-–—]+\s+|\s*[:;：；]\s+|\s*—\s*")
_SLASH = re.compile(r"\s*[/|]\s*")
_ALSO = re.compile(
    r"^(?:formerly|previously|ex|aka|a\.k\.a\.|also known as|known as|anciennement|ancien|autrefois|antes|"
    r"anteriormente|früher|vormals|già|dawniej|dříve|бывш\w*|раніше|سابقا)\b[\s:.]*",
    re.IGNORECASE,
)
_LITTLE = {
    "en": "the of and for in on who with by",
    "fr": "le les du des et pour aux au sur l d qui de la",
    "es": "el los las del y para por de la que",
    "pt": "o os as da do dos das e para em de que",
    "de": "der die das für und von im zur",
    "it": "di del della dei per e il gli delle",
    "nl": "van de het voor en een",
    "ro": "pentru și si al ale din",
    "pl": "dla na rzecz i w z do przeciw",
    "cs": "pro a v na proti",
    "hr": "za i u protiv",
    "da": "for og i af mod mot av",
    "sv": "för och i av mot",
    "hu": "az a és",
    "tr": "ve için ile",
    "sw": "ya wa na kwa cha za",
    "id": "dan untuk",
}
_LANGUAGES = {language: frozenset(words.split()) for language, words in _LITTLE.items()}


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or a phrase that means one thing: its `concept`, its stem, and how it is written.

    `soft` words stand in brackets or after a comma: what they say may as well be left out. `weight` is how
    much it tells (one or two letters tell little), `latin` whether it is written in Latin letters, `small`
    how it is written without capitals. Its `sounds`, the letters it begins with (`first`), and those with
    which it may begin when mistyped (`heads`) tell most words apart at once.
    """

    kind: Kind
    concept: str
    text: str
    raw: str
    soft: bool = False
    weight: float = field(init=False, compare=False)
    latin: bool = field(init=False, compare=False)
    small: str = field(init=False, compare=False)
    sounds: frozenset[str] = field(init=False, compare=False)
    first: frozenset[str] = field(init=False, compare=False)
    heads: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        little = self.kind is Kind.OWN and len(self.text) <= 2 and not self.text.isdigit()
        object.__setattr__(self, "weight", 0.4 if little else WEIGHTS[self.kind])
        object.__setattr__(self, "latin", is_latin(self.raw))
        object.__setattr__(self, "small", self.raw.lower())
        both = (self.text, self.small)
        object.__setattr__(self, "sounds", frozenset(map(sounds, both)))
        object.__setattr__(self, "first", frozenset(word[:1] for word in both))
        object.__setattr__(self, "heads", frozenset(chain.from_iterable(map(heads, both))))


@dataclass(frozen=True)
class Reading:
    """One way to read a name; a `part` is one of several names that stand together."""

    words: tuple[Word, ...]
    part: bool = False

    @cached_property
    def telling(self) -> tuple[Word, ...]:
        """The words that count in a comparison; all of them where none does."""
        return tuple(w for w in self.words if w.weight) or self.words

    @cached_property
    def latin(self) -> bool:
        """Whether all words are written in Latin letters."""
        return all(w.latin for w in self.words)

    @cached_property
    def accented(self) -> bool:
        """Whether a word of it is written with letters that English does not have."""
        return any(not word.raw.isascii() for word in self.words)

    @cached_property
    def compact(self) -> str:
        """The words in one piece, for "Harm-Reduction" and "Harmreduction"."""
        return "".join(c for c in anyascii("".join(self._raws())).lower() if c.isalnum())

    def _raws(self) -> list[str]:
        """How the words are written, a compound once, without legal forms and remarks in brackets."""
        kept = (w.raw for w in self.words if w.kind is not Kind.LEGAL and not w.soft)
        return [raw for raw, _same in groupby(kept)]

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """Every word in ASCII, little ones too: what an acronym is made of."""
        words = [piece for raw in self._raws() for piece in raw.split()]
        return tuple(anyascii(word).lower() for word in words)


@dataclass(frozen=True, slots=True)
class Name:
    """A name and all that is read in it.

    `beside` are acronyms that stand beside a longer name, `alone` one that is all there is; `languages` are
    those its little words are of.
    """

    text: str
    folded: str
    readings: tuple[Reading, ...]
    beside: frozenset[str]
    alone: str
    languages: frozenset[str]

    @property
    def places(self) -> frozenset[str]:
        """Where it is, or how far it reaches, as it says."""
        return frozenset(w.concept for w in self.readings[0].words if w.kind in WHERE)


@lru_cache(maxsize=50_000)
def read(text: str) -> Name:
    """Read a name."""
    text = clean(text)
    beside, tail, also, main = _out_of_brackets(text)
    parts = [part for part in _parts(main) if part]
    if len(parts) > 1:
        short = [part for part in parts if acronyms.looks_like_one(part)]
        if len(short) < len(parts):
            beside |= {acronyms.key(part) for part in short}
            parts = [part for part in parts if part not in short]
    readings = [Reading(tuple(_whole(parts, beside) + tail))]
    standing = [part for part in parts if stands_alone(words_of(part))]
    if len(parts) > 1:
        also += standing
    elif ", " in main:
        also += _around_comma(main)
    readings += [Reading(tuple(words_of(part)), part=True) for part in also]
    if also and main != text:
        readings.append(Reading(tuple(words_of(text))))
    alone = _alone(main, readings[0]) if len(parts) == 1 else ""
    return Name(text, fold(text), tuple(readings), frozenset(beside), alone, _languages(text))


def _alone(text: str, reading: Reading) -> str:
    """The acronym that is all of a name, or all but a word for what kind of body it is."""
    if len(text.split()) == 1:
        return acronyms.key(text) if len(acronyms.key(text)) <= acronyms.LONGEST else ""
    core = [w for w in reading.telling if w.kind not in (Kind.WEAK, Kind.FORM, *WHERE)]
    return acronyms.key(core[0].raw) if len(core) == 1 and acronyms.looks_like_one(core[0].raw) else ""


def _out_of_brackets(text: str) -> tuple[set[str], list[Word], list[str], str]:
    """What stands in brackets: acronyms, words that may be left out, other names; and the text without."""
    beside: set[str] = set()
    tail: list[Word] = []
    also: list[str] = []

    def take(found: re.Match[str]) -> str:
        inside = found[1].strip()
        words = words_of(inside, soft=True)
        if acronyms.looks_like_one(inside) and not all(w.kind in WHERE for w in words):
            beside.add(acronyms.key(inside))
        elif _ALSO.match(inside):
            also.append(_ALSO.sub("", inside))
        elif stands_alone(words):
            also.append(inside)
        else:
            tail.extend(words)
        return " "

    main = _BRACKETS.sub(take, text).strip()
    return (beside, tail, also, main) if main else (set(), [], [], text)


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in _APART.split(text)]
    if len(parts) == 1 and "/" in text:
        sides = [side.strip() for side in _SLASH.split(text)]
        if all(len(side.split()) > 1 for side in sides):
            return sides
    return parts


def _around_comma(text: str) -> list[str]:
    """A name and what explains it: "Skoun, Lebanese Addictions Center"; nothing for a mere list of words."""
    before, _comma, after = text.partition(", ")
    sides = [words_of(before), words_of(after)]
    named = any(w.kind is Kind.OWN for w in sides[0]) and len(sides[0]) < 4
    return [before, after] if named and any(w.kind in CONTENT for w in sides[1]) else []


def _whole(parts: list[str], beside: set[str]) -> list[Word]:
    """The words of all parts in one; a place after a comma is soft, an acronym before or after is one."""
    found: list[Word] = []
    for part in parts:
        before, _comma, after = part.rpartition(",")
        last = words_of(after.strip(), soft=True) if before else []
        if last and all(w.kind in WHERE for w in last):
            found += words_of(before) + last
        else:
            found += words_of(part)
    return _without_acronym(found, beside)


def _without_acronym(words: list[Word], beside: set[str]) -> list[Word]:
    for at in (0, -1):
        if len(words) < 4 or not acronyms.looks_like_one(words[at].raw):
            continue
        rest = words[1:] if at == 0 else words[:-1]
        short = acronyms.key(words[at].raw)
        if acronyms.fits(anyascii(short), Reading(tuple(rest)).plain):
            beside.add(short)
            return rest
    return words


def stands_alone(words: list[Word]) -> bool:
    """Whether words can be a name by themselves, rather than a place, a form or a unit."""
    content = [w for w in words if w.kind in CONTENT and len(w.text) > 1]
    placed = any(w.kind is Kind.PLACE for w in words) and len(words) > 2
    return any(w.kind in (Kind.OWN, Kind.IMAGE) for w in content) or len(content) + placed > 1


def words_of(text: str, soft: bool = False) -> list[Word]:
    """The words of a text with what they mean, the longest phrase first."""
    return list(_words_of(text, soft))


@lru_cache(maxsize=1_000)  # reading one name asks for the same words up to three times
def _words_of(text: str, soft: bool) -> tuple[Word, ...]:
    pieces = [piece for word in split(text) for piece in _pieces(word)]
    found: list[Word] = []
    at = 0
    while at < len(pieces):
        for length in range(min(LONGEST_PHRASE, len(pieces) - at), 0, -1):
            phrase = tuple(raw for raw, _known in pieces[at : at + length])
            if words := _phrase(phrase, pieces[at][1] if length == 1 else None, soft):
                found += words
                at += length
                break
    return tuple(found)


@lru_cache(maxsize=50_000)
def _phrase(phrase: tuple[str, ...], given: Meaning | None, soft: bool) -> tuple[Word, ...]:
    """The words that a phrase is: one for each thing it means, or one of its own; none where several words
    together mean nothing. `given` is what a single one means if nothing better is known.
    """
    known = meaning(phrase) or given
    if known is None and len(phrase) > 1:
        return ()
    raw, text = " ".join(phrase), stem("".join(phrase))
    told = [known] if known else compound(phrase[0])
    concepts = chain.from_iterable(map(_told, told)) if told else [(Kind.OWN, text)]
    return tuple(Word(kind, f"{kind}:{concept}", text, raw, soft) for kind, concept in concepts)


def _told(known: Meaning) -> list[tuple[Kind, str]]:
    """The concepts of a word, each of its own kind: in a compound they may be of several."""
    if len(known.concepts) == 1:
        return [(known.kind, known.concepts[0])]
    kinds = vocabulary().kinds
    return [(kinds.get(concept, known.kind), concept) for concept in known.concepts]


def _pieces(word: str) -> list[tuple[str, Meaning | None]]:
    return segments(word) if is_unspaced(word) else [(word, None)]


def _languages(text: str) -> frozenset[str]:
    little = set(fold(text).split())
    hits = {language: len(words & little) for language, words in _LANGUAGES.items()}
    most = max(hits.values())
    return frozenset(language for language, count in hits.items() if count == most and count)
