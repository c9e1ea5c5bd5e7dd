"""Which known organisations a name may be of, among ten thousand, while somebody waits for a page.

Each process keeps the names in memory, arranged by what would make two of them alike; only a few dozen are
then compared. Before each look the names in memory are brought to exactly those the caller's transaction
sees, so that nothing another process wrote, took back or is still writing makes a difference.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest
from itertools import chain, pairwise
from threading import RLock

from anyascii import anyascii
from flask import current_app
from sqlalchemy import Row, String, cast, func, select

from campaign.core.confusables import likeness
from campaign.core.db import db
from campaign.organisations import acronyms
from campaign.organisations.matching import compare
from campaign.organisations.models import OrganisationName
from campaign.organisations.naming import mark, matched_form, skeleton_form
from campaign.organisations.reading import CONTENT, read
from campaign.organisations.rules import Match
from campaign.organisations.spelling import bare_sounds, romanised
from campaign.organisations.stemming import spoken
from campaign.organisations.vocabulary import is_latin, split

MOST_COMPARED = 24
WORTH = 8
LONGEST_TAIL = 300  # of the newest names, which are read at each look
COMMON = 400  # names that share a word before it says too little to look through them all


@dataclass(frozen=True, slots=True)
class Known:
    """A known name, whose it is, and where it stands."""

    id: int
    organisation_id: int
    name: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Likeness:
    """A known name that is like the one asked about."""

    organisation_id: int
    name: str
    match: Match


class Names:
    """Names in memory by their keys. Not for several threads at once."""

    def __init__(self) -> None:
        self.known: dict[int, Known] = {}
        self.folded: dict[int, str] = {}
        self.by_key: dict[str, set[int]] = defaultdict(set)
        self.short: dict[str, dict[int, tuple[str, ...]]] = defaultdict(dict)
        self.long: dict[str, dict[int, tuple[str, ...]]] = defaultdict(dict)

    def put(self, id_: int, organisation_id: int, name: str, matched: str, folded: str) -> None:
        """Add a name."""
        known = Known(id_, organisation_id, name, keys_of(name, matched))
        self.known[id_], self.folded[id_] = known, folded
        for key in known.keys:
            self.by_key[key].add(id_)
        words = plain_words(name)
        for first in {word[:1] for word in words[:2]}:
            (self.long if len(words) > 1 else self.short)[first][id_] = words

    def drop(self, id_: int) -> None:
        """Forget a name."""
        del self.folded[id_]
        for key in self.known.pop(id_).keys:
            self.by_key[key].discard(id_)
            if not self.by_key[key]:
                del self.by_key[key]
        for names in (*self.long.values(), *self.short.values()):
            names.pop(id_, None)

    def alike(
        self, name: str, besides: Collection[int] = (), most: int = MOST_COMPARED, worth: int = WORTH
    ) -> list[Likeness]:
        """Known names like this one, the likest first, but none of the organisations in `besides`.

        To compare two is what takes time: at most so many are, and none that shares `worth` times less than
        the one that shares most.
        """
        found = []
        for known in self._worth_comparing(name, besides, worth)[:most]:
            match = compare(name, known.name)
            if match.flagged:
                found.append(Likeness(known.organisation_id, known.name, match))
        return sorted(found, key=lambda one: one.match.order, reverse=True)

    def _worth_comparing(self, name: str, besides: Collection[int], worth: int) -> list[Known]:
        """The names that share the rarest keys with this one."""
        weighed: dict[int, int] = {}
        for key in keys_asked(name):
            sharing = self.by_key.get(key, ())
            if len(sharing) <= COMMON:
                weight = 1 + 20 // (1 + len(sharing))
                for id_ in sharing:
                    weighed[id_] = weighed.get(id_, 0) + weight
        for id_ in self._by_acronym(plain_words(name)):
            weighed[id_] = weighed.get(id_, 0) + 10
        rarest = max(weighed.values(), default=0) // worth
        likely = [(-weight, id_) for id_, weight in weighed.items() if weight >= rarest]
        # In one order, however the keys are hashed.
        best = (self.known[id_] for _weight, id_ in nsmallest(2 * MOST_COMPARED, likely))
        return [known for known in best if known.organisation_id not in besides][:MOST_COMPARED]

    def _by_acronym(self, words: tuple[str, ...]) -> Iterator[int]:
        """Names that an acronym can stand for, or acronyms that can stand for a name."""
        first = {word[:1] for word in words[:2]}
        if len(words) > 1:
            near = chain.from_iterable(self.short[letter].items() for letter in first)
            return (id_ for id_, other in near if acronyms.fits(other[0], words))
        near = chain.from_iterable(self.long[letter].items() for letter in first)
        return (id_ for id_, others in near if acronyms.fits(words[0], others))


@lru_cache(maxsize=20_000)
def plain_words(name: str) -> tuple[str, ...]:
    """The words of a name in lower-case ASCII letters."""
    return tuple(anyascii(word).lower() for word in split(name))


def keys_of(name: str, matched: str) -> frozenset[str]:
    """What is kept of a known name: one that is like it shares one of these at least."""
    told = matched.split()
    if not told or told[0] != mark():
        told = matched_form(name).split()
    return _kept(name, tuple(told[1:]))


@lru_cache(maxsize=1_000)
def _kept(name: str, told: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_keys(name, told))


def keys_asked(name: str) -> frozenset[str]:
    """What is looked for, for a name that somebody gave: the same, but for sounds of the other scripts."""
    return frozenset(
        key.translate(_OTHER_SCRIPTS) if key.startswith("heard") else key for key in keys_of(name, "")
    )


# "heard+" is what is heard of a word in Latin letters, "heard-" of one in others; each looks for the other.
_OTHER_SCRIPTS = str.maketrans("+-", "-+")


def _keys(name: str, told: tuple[str, ...]) -> Iterator[str]:
    telling = [concept for concept in told if not concept.startswith("weak:")]
    yield "all " + " ".join(telling)
    yield "seen " + skeleton_form(name)
    for one, other in pairwise(telling):
        yield f"{one} {other}"
    for concept in telling:
        if concept.startswith("own:"):
            yield from _spellings(concept.removeprefix("own:"))
    heard = "heard+" if is_latin(name) else "heard-"
    words = split(name)
    for word in words:
        if len(word) > 3:
            yield "looks " + likeness(word)
        if len(word) > 3 or not is_latin(word):
            yield from (heard + sound for sound in bare_sounds(spoken(word)))
        if acronyms.looks_like_one(word) or len(words) == 1:
            yield "short " + acronyms.ascii_key(word)
    yield from (heard + sound for sound in bare_sounds(_in_one_piece(name)))
    yield from _initials(plain_words(name))


def _in_one_piece(name: str) -> str:
    """What a name is called without spaces: other scripts cut it in other places, or nowhere."""
    words = read(name).readings[0].telling
    return "".join(spoken(w.raw) for w in words if w.kind in CONTENT)


def _spellings(word: str) -> Iterator[str]:
    """A word with each letter left out: two words one slip apart share one; ends, for longer ones."""
    yield "spelt " + word
    if len(word) > 3:
        for at in range(len(word)):
            yield "spelt " + word[:at] + word[at + 1 :]
    if len(word) > 9:
        yield "begins " + word[:5]
        yield "ends " + word[-5:]
    yield "sung " + romanised(word)


def _initials(words: tuple[str, ...]) -> Iterator[str]:
    """The acronyms a name may go by: of all words, and without little ones."""
    for chosen in (words, tuple(word for word in words if not acronyms.is_little(word))):
        letters = "".join(word[:1] for word in chosen)
        if 3 <= len(letters) <= acronyms.LONGEST:
            yield "short " + letters


class Shelf:
    """The names one process knows, shared by its threads.

    Those up to the id `through` are compared with the database by one figure, their `mark`; the newest, the
    `tail`, are read each time.
    """

    def __init__(self) -> None:
        self.names, self.lock = Names(), RLock()
        self.through, self.mark = 0, ""
        self.tail: dict[int, str] = {}

    def refresh(self) -> None:
        """Bring the names to exactly those that this transaction sees."""
        if self.through and _mark(self.through) != self.mark:
            self.through, self.tail = 0, dict(self.names.folded)
        seen = _beyond(self.through)
        if seen != self.tail:
            self._bring(seen)
        if len(seen) > LONGEST_TAIL:
            self.through = max(seen)
            self.mark, self.tail = _mark(self.through), {}

    def _bring(self, seen: dict[int, str]) -> None:
        """Make the tail what was seen of it."""
        gone = [id_ for id_, folded in self.tail.items() if seen.get(id_) != folded]
        new = [id_ for id_, folded in seen.items() if self.tail.get(id_) != folded]
        for id_ in gone:
            self.names.drop(id_)
        for row in _rows(new):
            self.names.put(*row)
        self.tail = seen


def _beyond(through: int) -> dict[int, str]:
    rows = select(OrganisationName.id, OrganisationName.folded).where(OrganisationName.id > through)
    return dict(db.session.execute(rows).all())


def _mark(through: int) -> str:
    """What changes when any of the names up to that id does: on SQLite all of them in one text, on PostgreSQL
    the sum of their 64-bit hashes.
    """
    id_, folded = OrganisationName.id, OrganisationName.folded
    of_sqlite = func.group_concat(cast(id_, String) + " " + folded, "\n")
    of_postgresql = func.sum(func.hashtextextended(folded, id_))
    together = of_sqlite if db.session.get_bind().dialect.name == "sqlite" else of_postgresql
    # "+ 0" keeps SQLite from walking the wide rows by id: the index of folded names holds all it needs.
    return str(db.session.scalar(select(together).where(id_ + 0 <= through)))


def _rows(ids: list[int]) -> Iterator[Row[int, int, str, str, str]]:
    columns = (
        OrganisationName.id,
        OrganisationName.organisation_id,
        OrganisationName.name,
        OrganisationName.matched,
        OrganisationName.folded,
    )
    rows = select(*columns)
    few = len(ids) <= 500
    wanted, found = set(ids), db.session.execute(rows.where(OrganisationName.id.in_(ids)) if few else rows)
    return (row for row in found if row[0] in wanted)


@contextmanager
def opened() -> Iterator[Names]:
    """The names as this transaction sees them, for as many looks as are needed; others wait meanwhile."""
    shelf: Shelf = current_app.extensions.setdefault("organisations", Shelf())
    with shelf.lock:
        shelf.refresh()
        yield shelf.names
