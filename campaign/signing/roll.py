"""The roll: the only way to a list of signatories, for a given audience.

Page, API, export and edition all come here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from campaign.core import countries, locales
from campaign.core.db import db
from campaign.letters.models import TextVersion
from campaign.letters.rules import Order, Visibility
from campaign.organisations.rules import Scope
from campaign.signing.models import Representative, Signature
from campaign.signing.rules import COUNTED, Audience, SignatureStatus, visible_to
from campaign.signing.versions import has_agreed
from campaign.tally.rules import Cell, cell


@dataclass(frozen=True, slots=True)
class Entry:
    """One signatory as a list shows it; no person, no contact."""

    id: int
    name: str
    name_other: str | None
    country_code: str | None
    scope: Scope
    visibility: Visibility
    signed_at: datetime
    website: str | None = None

    @property
    def signed_on(self) -> date:
        return self.signed_at.date()


@dataclass(frozen=True, slots=True)
class Group:
    """Signatories under one heading: a country, or a kind of network; `heading` in the reader's language."""

    key: str
    heading: str
    entries: Sequence[Entry]


_COLUMNS = (
    Signature.id,
    Signature.name,
    Signature.name_other,
    Signature.country_code,
    Signature.scope,
    Signature.visibility,
    Signature.signed_at,
    Signature.website,
)
LAST_KEYS = (Scope.REGIONAL.value, Scope.INTERNATIONAL.value, "")


def entries(letter_id: int, audience: Audience) -> list[Entry]:
    """Every counted signatory the audience may see by name, in the order of signing."""
    return [Entry(*row) for row in db.session.execute(_named(letter_id, audience).order_by(Signature.id))]


def page(letter_id: int, after: int, limit: int) -> list[Entry]:
    """Up to `limit` public signatories whose id is greater than `after`, for paging by key."""
    rows = _named(letter_id, Audience.PUBLIC).where(Signature.id > after).order_by(Signature.id).limit(limit)
    return [Entry(*row) for row in db.session.execute(rows)]


def found(
    letter_id: int,
    words: Sequence[str],
    heading: str | None,
    after: int,
    limit: int,
    total: int | None = None,
) -> tuple[list[Entry], int]:
    """Up to `limit` public signatories and how many there are in all, for lists too long to sort in memory.

    `words` are folded and must all stand in the name; `heading` is a key as `by_country` gives it. They come
    in the order of their folded names, after the signature `after` (0: from the start), along an index.
    Whoever knows the `total` spares counting the whole list.
    """
    rows = _named(letter_id, Audience.PUBLIC).where(*(_holds(word) for word in words), *_under(heading))
    if total is None:
        total = db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    start = select(Signature.row_key, Signature.id).where(
        Signature.letter_id == letter_id, Signature.id == after
    )
    if after and (key := db.session.execute(start).first()):
        rows = rows.where(tuple_(Signature.row_key, Signature.id) > tuple_(*key))
    rows = rows.order_by(Signature.row_key, Signature.id).limit(limit)
    return [Entry(*row) for row in db.session.execute(rows)], total


def _holds(word: str) -> ColumnElement[bool]:
    """The word in the name's part of the key, which ends at the only @, or in the name in another script.

    A name that the desk corrected is not in the key, by which a sheet's line is known again.
    """
    escaped = word.replace("/", "//").replace("%", "/%").replace("_", "/_")
    shown = func.lower(Signature.name + " " + func.coalesce(Signature.name_other, ""))
    return Signature.row_key.like(f"%{escaped}%@%", escape="/") | shown.like(f"%{escaped}%", escape="/")


def _under(heading: str | None) -> tuple[ColumnElement[bool], ...]:
    if heading is None:
        return ()
    if heading in (Scope.REGIONAL.value, Scope.INTERNATIONAL.value):
        return (Signature.scope == Scope(heading),)
    national = Signature.scope == Scope.NATIONAL
    return (national, Signature.country_code == heading if heading else Signature.country_code.is_(None))


def _named(letter_id: int, audience: Audience) -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS).where(*_conditions(letter_id, audience))


def _conditions(letter_id: int, audience: Audience) -> tuple[ColumnElement[bool], ...]:
    """Who an audience may see by name: counted signatures of a visibility that includes it."""
    return (
        Signature.letter_id == letter_id,
        Signature.status.in_(COUNTED),
        Signature.visibility.in_(visible_to(audience)),
    )


def arranged(found: Sequence[Entry], order: Order, locale: str) -> list[Entry]:
    """Entries as the letter lists them, names by the reader's collation."""
    if order is Order.SIGNED:
        return sorted(found, key=lambda e: (e.signed_at, e.id))
    return sorted(found, key=lambda e: (locales.sort_key(e.name, locale), e.id))


def by_country(
    found: Sequence[Entry], locale: str, headings: dict[str, str], own: countries.Names
) -> list[Group]:
    """Entries under their country in the reader's collation; networks and those without a country last.

    `headings` words the keys `regional`, `international` and "" (no country) in the reader's language; `own`
    is how the letter, as it stands or was frozen, words countries.
    """
    codes = {e.country_code for e in found if e.country_code}
    names = {code: countries.name(code, locale, own) for code in codes}

    def key(entry: Entry) -> str:
        return entry.scope.value if entry.scope is not Scope.NATIONAL else entry.country_code or ""

    def position(entry: Entry) -> tuple[int, object, str, object]:
        k = key(entry)
        rank = LAST_KEYS.index(k) + 1 if k in LAST_KEYS else 0
        # The key itself keeps two countries apart that a reader's collation, or a letter, calls the same.
        return rank, locales.sort_key(names.get(k, ""), locale), k, locales.sort_key(entry.name, locale)

    grouped = groupby(sorted(found, key=position), key=key)
    return [Group(k, names.get(k) or headings[k], tuple(group)) for k, group in grouped]


def cells(letter_id: int, agreed_to: int | None = None) -> dict[Cell, int]:
    """What the tally must say: the list itself, counted by cell.

    With `agreed_to` only those who stand under that version (id) of the text or a newer one.
    """
    where = (Signature.country_code, Signature.scope, Signature.visibility)
    rows = db.session.execute(
        select(*where, func.count())
        .where(Signature.letter_id == letter_id, Signature.status.in_(COUNTED), *_agreed(agreed_to))
        .group_by(*where)
    )
    counted: dict[Cell, int] = {}
    for code, scope, visibility, count in rows:
        at = cell(code, scope, visibility)
        counted[at] = counted.get(at, 0) + count
    return counted


def agreed(letter_id: int, version_id: int) -> set[int]:
    """The ids of counted signatures that stand under that version (id) of the text or a newer one."""
    rows = select(Signature.id).where(
        Signature.letter_id == letter_id, Signature.status.in_(COUNTED), has_agreed(version_id)
    )
    return set(db.session.scalars(rows))


def _agreed(version_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return () if version_id is None else (has_agreed(version_id),)


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One line of an export; the columns of persons are filled for coordinators only."""

    entry: Entry
    representative: str | None
    role: str | None
    email: str | None
    status: SignatureStatus
    language: str
    text_version: int | None
    evidence: str
    source: str
    confirmed_at: datetime | None
    accepted_at: datetime | None


def export(letter_id: int, audience: Audience) -> Iterator[ExportRow]:
    """Rows of an export in the order of signing, read in batches so that memory stays constant.

    Coordinators get every signature with its status; the others get what they may see by name, without
    persons.
    """
    everything = audience is Audience.COORDINATORS
    rows = _export_select().where(
        *((Signature.letter_id == letter_id,) if everything else _conditions(letter_id, audience))
    )
    for row in db.session.execute(rows.order_by(Signature.id).execution_options(yield_per=500)):
        entry, person, rest = Entry(*row[:8]), row[8:11], row[11:]
        yield ExportRow(entry, *(person if everything else (None, None, None)), *rest)


def _export_select() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *_COLUMNS,
            Representative.name,
            Representative.role,
            Representative.email,
            Signature.status,
            Signature.language,
            TextVersion.number,
            Signature.evidence,
            Signature.source,
            Signature.confirmed_at,
            Signature.accepted_at,
        )
        .outerjoin(Representative, Representative.signature_id == Signature.id)
        .outerjoin(TextVersion, TextVersion.id == Signature.text_version_id)
    )


def pace(letter_id: int) -> list[tuple[date, int]]:
    """How many of those counted now signed on each day (UTC), oldest first; a count, nobody's name."""
    utc: ColumnElement[Any] = Signature.signed_at.expression
    if db.session.get_bind().dialect.name == "postgresql":
        utc = func.timezone("UTC", utc)  # SQLite keeps UTC already
    day = func.date(utc)
    rows = (
        select(day, func.count())
        .where(Signature.letter_id == letter_id, Signature.status.in_(COUNTED))
        .group_by(day)
        .order_by(day)
    )
    return [(date.fromisoformat(str(found)), count) for found, count in db.session.execute(rows)]
