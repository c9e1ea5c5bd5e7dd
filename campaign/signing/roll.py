"""The roll: the only way to a list of signatories, for a given audience.

Page, API, export and edition all come here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from campaign.core import countries, locales
from campaign.core.db import db
from campaign.letters.models import TextVersion
from campaign.letters.rules import Order, Visibility
from campaign.organisations.rules import Scope
from campaign.signing.models import Representative, Signature
from campaign.signing.rules import COUNTED, Audience, SignatureStatus, visible_to
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


def by_country(found: Sequence[Entry], locale: str, headings: dict[str, str]) -> list[Group]:
    """Entries under their country in the reader's collation; networks and those without a country last.

    `headings` words the keys `regional`, `international` and "" (no country) in the reader's language.
    """
    names = {code: countries.name(code, locale) for code in {e.country_code for e in found if e.country_code}}

    def key(entry: Entry) -> str:
        return entry.scope.value if entry.scope is not Scope.NATIONAL else entry.country_code or ""

    def position(entry: Entry) -> tuple[int, object, object]:
        k = key(entry)
        rank = LAST_KEYS.index(k) + 1 if k in LAST_KEYS else 0
        return rank, locales.sort_key(names.get(k, ""), locale), locales.sort_key(entry.name, locale)

    grouped = groupby(sorted(found, key=position), key=key)
    return [Group(k, names.get(k) or headings[k], tuple(group)) for k, group in grouped]


def cells(letter_id: int) -> dict[Cell, int]:
    """What the tally must say: the list itself, counted by cell."""
    where = (Signature.country_code, Signature.scope, Signature.visibility)
    rows = db.session.execute(
        select(*where, func.count())
        .where(Signature.letter_id == letter_id, Signature.status.in_(COUNTED))
        .group_by(*where)
    )
    counted: dict[Cell, int] = {}
    for code, scope, visibility, count in rows:
        at = cell(code, scope, visibility)
        counted[at] = counted.get(at, 0) + count
    return counted


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
