"""Screening a whole sheet: which of its rows are like a known organisation, or like another row of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select

from campaign.core.db import db
from campaign.core.text import clean, fold
from campaign.letters.models import Host
from campaign.organisations.matching import in_light_of
from campaign.organisations.naming import matched_form
from campaign.organisations.rules import Resemblance, place
from campaign.organisations.screening import Likeness, Names, opened
from campaign.sheets.lines import Row
from campaign.signing.rules import Flag
from campaign.signing.screening import Candidate, Subject, flags_among, own_domains, weighed

TELL_AFTER = 100  # rows
# Of ten thousand rows each is compared with fewer names than a sign-on by itself; the likest come first.
MOST_COMPARED, WORTH = 8, 4


@dataclass(frozen=True, slots=True)
class Like:
    """Why a person should look at a row, and what it is like: a known organisation, or another line."""

    flag: Flag
    organisation_id: int | None = None
    line: int | None = None


def screened(
    letter_id: int, rows: Sequence[tuple[Row, int | None]], told: Callable[[int], None] | None = None
) -> Mapping[int, Like]:
    """What rows are like, by line; each comes with its organisation's id where that is known.

    Of two rows that are like each other the later one is told. `told` hears now and then how many were done.
    """
    subjects = [_subject(row, organisation_id) for row, organisation_id in rows]
    known: list[list[Likeness]] = []
    within: dict[int, Like] = {}
    by_line = {row.number: subject for (row, _), subject in zip(rows, subjects, strict=True)}
    with _with_lines() as (names, add):
        for done, ((row, _), subject) in enumerate(zip(rows, subjects, strict=True)):
            if told is not None and done % TELL_AFTER == 0:
                told(done)
            found = [like for name in subject.names for like in names.alike(name, (), MOST_COMPARED, WORTH)]
            known.append([like for like in found if like.organisation_id > 0])
            if like := _within(subject, [like for like in found if like.organisation_id < 0], by_line):
                within[row.number] = like
            add(row.number, subject)
    hosts = db.session.scalars(select(Host.name).where(Host.letter_id == letter_id)).all()
    likes = dict(within)
    candidates = weighed(letter_id, subjects, known)
    for (row, _), subject, those in zip(rows, subjects, candidates, strict=True):
        if like := _among(subject, those, hosts):
            likes[row.number] = like
    return likes


def _subject(row: Row, organisation_id: int | None) -> Subject:
    listing = row.listing
    names = (clean(listing.organisation), clean(listing.organisation_other or ""))
    return Subject(
        tuple(name for name in names if name),
        place(listing.scope, listing.country_code),
        own_domains([listing.website]),
        organisation_id,
    )


@contextmanager
def _with_lines() -> Iterator[tuple[Names, Callable[[int, Subject], None]]]:
    """The known names, to which lines can be added for the time of a look: with numbers below zero."""
    added: list[int] = []
    with opened() as names:

        def add(line: int, subject: Subject) -> None:
            for name in subject.names:
                added.append(-1 - len(added))
                names.put(added[-1], -line, name, matched_form(name), fold(name))

        try:
            yield names, add
        finally:
            for id_ in added:
                names.drop(id_)


def _within(subject: Subject, likes: Sequence[Likeness], lines: Mapping[int, Subject]) -> Like | None:
    """The earlier line that a row is most like."""
    best: tuple[tuple[object, ...], Like] | None = None
    for like in likes:
        other = lines[-like.organisation_id]
        shared = min(subject.domains & other.domains, default=None)
        seen = in_light_of(like.match, (subject.place, other.place), shared)
        flag = Flag.LOOK_ALIKE if seen.verdict is Resemblance.LOOKALIKE else Flag.DUPLICATE
        if seen.flagged and (best is None or seen.order > best[0]):
            best = seen.order, Like(flag, line=-like.organisation_id)
    return best[1] if best else None


def _among(subject: Subject, found: Sequence[Candidate], hosts: Sequence[str]) -> Like | None:
    """The known organisation that a row is most like; none where it only looks like a host."""
    flags = flags_among(subject, found, hosts)
    if not flags:
        return None
    flag = Flag.LOOK_ALIKE if Flag.LOOK_ALIKE in flags else Flag.DUPLICATE
    pretends = flag is Flag.LOOK_ALIKE
    of_flag = (c for c in found if (c.match.verdict is Resemblance.LOOKALIKE) is pretends)
    return Like(flag, next((c.organisation_id for c in of_flag if pretends or c.signature_id), None))
