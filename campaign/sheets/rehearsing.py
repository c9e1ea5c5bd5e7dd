"""What would become of each row of a sheet, before anything is written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, or_, select

from campaign.core.db import db
from campaign.organisations.entering import Where, known, where
from campaign.organisations.models import OrganisationName
from campaign.sheets.lines import Read, Row
from campaign.sheets.screening import Like, screened
from campaign.signing.models import Import, Signature
from campaign.signing.rules import LIVE, Flag, ImportState, SignatureStatus, Source, row_key

_OVER = (SignatureStatus.EXPIRED, SignatureStatus.WITHDRAWN)


class Outcome(StrEnum):
    """What would become of a line."""

    NEW = "new"
    STANDING = "standing"  # this letter has it already
    REPEATED = "repeated"  # an earlier line of the sheet is the same
    DUPLICATE = "duplicate"  # new, but perhaps another name of one that is known
    LOOK_ALIKE = "look_alike"  # new, and made to look like one that is known
    BAD = "bad"  # cannot be a sign-on


@dataclass(frozen=True, slots=True)
class Judged:
    """A line and what would become of it.

    What it is like is the organisation with the id `other`, or stands in `other_line` of this sheet.
    """

    read: Read
    outcome: Outcome
    other: int | None = None
    other_line: int | None = None

    @property
    def row(self) -> Row:
        """The row of a line that can be a sign-on."""
        if self.read.row is None:
            raise ValueError("a bad line has no row")
        return self.read.row

    @property
    def comes_in(self) -> bool:
        """Whether it would be a sign-on that is new here."""
        return self.outcome in (Outcome.NEW, Outcome.DUPLICATE, Outcome.LOOK_ALIKE)

    @property
    def flags(self) -> list[Flag]:
        """Why a person should look at it."""
        told = {Outcome.DUPLICATE: Flag.DUPLICATE, Outcome.LOOK_ALIKE: Flag.LOOK_ALIKE}
        return [told[self.outcome]] if self.outcome in told else []


# Hears how many lines were judged, now and then.
Told = Callable[[int], None]
_AS = {Flag.LOOK_ALIKE: Outcome.LOOK_ALIKE, Flag.DUPLICATE: Outcome.DUPLICATE}


def judge(
    letter_id: int,
    lines: Iterable[Read],
    told: Told | None = None,
    likes: Mapping[int, Like] | None = None,
) -> list[Judged]:
    """Each line with what would become of it, as the letter stands now. Nothing is written.

    `likes` are what screening found before, where that still holds (`mark`).
    """
    read = list(lines)
    standing = Standing(letter_id, [line.row for line in read if line.row])
    judged = [_judge(line, standing) for line in read]
    fresh = [line.row for line in judged if line.comes_in]
    if likes is None:
        likes = screened(letter_id, [(row, standing.organisation_of(row)) for row in fresh], told)
    return [_in_light_of(line, likes.get(line.read.number)) for line in judged]


def judge_rows(letter_id: int, rows: Sequence[Row]) -> list[Judged]:
    """What would become of rows that were checked."""
    return judge(letter_id, (Read(row.number, {}, row) for row in rows))


def mark(letter_id: int) -> list[int]:
    """What screening rests on: while these are the same, it would find the same."""
    names = select(func.count(), func.coalesce(func.max(OrganisationName.id), 0)).select_from(
        OrganisationName
    )
    live = select(func.count()).where(Signature.letter_id == letter_id, Signature.status.in_(LIVE))
    return [*db.session.execute(names).one(), db.session.scalar(live) or 0]


def _judge(line: Read, standing: "Standing") -> Judged:
    if line.row is None:
        return Judged(line, Outcome.BAD)
    if outcome := standing.of(line.row):
        return Judged(line, outcome)
    standing.add(line.row)
    return Judged(line, Outcome.NEW)


def _in_light_of(line: Judged, like: Like | None) -> Judged:
    return Judged(line.read, _AS[like.flag], like.organisation_id, like.line) if like else line


class Standing:
    """Which rows a letter has already, by their own key and by the organisation they are known as."""

    def __init__(self, letter_id: int, rows: Sequence[Row]) -> None:
        self._keys = _keys(letter_id)
        self._ids = known(place_of(row) for row in rows)
        self._live = _live(letter_id)
        self._added: set[str] = set()
        self._entered: set[int | Where] = set()

    def of(self, row: Row) -> Outcome | None:
        """STANDING or REPEATED, or None for a row that is new."""
        who = self._who(row)
        if row.key in self._added or who in self._entered:
            return Outcome.REPEATED
        return Outcome.STANDING if row.key in self._keys or who in self._live else None

    def organisation_of(self, row: Row) -> int | None:
        """The organisation that is known by that name at that place."""
        return self._ids.get(place_of(row))

    def add(self, row: Row) -> None:
        """From here on the sheet has it."""
        self._added.add(row.key)
        self._entered.add(self._who(row))

    def _who(self, row: Row) -> int | Where:
        """The organisation that is known by that name at that place, or the name and place themselves."""
        at = place_of(row)
        return self._ids.get(at, at)


def place_of(row: Row) -> Where:
    """Name and place by which its organisation is known."""
    return where(row.listing.organisation, row.listing.country_code, row.listing.scope)


def _keys(letter_id: int) -> set[str]:
    """Rows that are there: also rejected ones, so that a sheet brings back nothing that was decided on, and
    each by the name that was typed, too: corrected since, it is the same line of the sheet.

    Not there are those of a sheet that was taken back, and what a stranger typed and nobody confirmed.
    """
    rows = (
        select(
            Signature.row_key,
            Signature.typed_name,
            Signature.country_code,
            Signature.country_text,
            Signature.scope,
        )
        .outerjoin(Import, Import.id == Signature.import_id)
        .where(
            Signature.letter_id == letter_id,
            Signature.status.not_in(_OVER),
            or_(Signature.status != SignatureStatus.UNVERIFIED, Signature.source == Source.IMPORT),
            or_(Import.state.is_(None), Import.state != ImportState.CANCELLED, Signature.status.in_(LIVE)),
        )
    )
    found = db.session.execute(rows).all()
    return {row[0] for row in found} | {row_key(*row[1:]) for row in found}


def _live(letter_id: int) -> set[int | Where]:
    """The organisations that stand on a letter or wait to."""
    rows = select(Signature.organisation_id).where(
        Signature.letter_id == letter_id,
        Signature.status.in_(LIVE),
        Signature.organisation_id.is_not(None),
    )
    return {number for number in db.session.scalars(rows) if number is not None}
