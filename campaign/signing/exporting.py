"""Sheets out: the stable columns of an export, for each audience only its own."""

from collections.abc import Iterator

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.text import ascii_name
from campaign.letters.models import Letter
from campaign.letters.naming import country_name
from campaign.organisations.rules import Scope
from campaign.signing.roll import ExportRow, export
from campaign.signing.rules import Audience

COLUMNS = (
    "number",
    "organisation",
    "country_code",
    "country",
    "scope",
    "website",
    "representative",
    "role",
    "email",
    "visibility",
    "status",
    "language",
    "text_version",
    "evidence",
    "source",
    "signed_at",
    "confirmed_at",
    "accepted_at",
)
PUBLIC_COLUMNS = ("number", "organisation", "country_code", "country", "scope", "website", "signed_at")
ADDRESSEE_COLUMNS = (*PUBLIC_COLUMNS[:-1], "visibility", "signed_at")


def columns(audience: Audience) -> tuple[str, ...]:
    """The columns an audience gets, in their stable order."""
    by_audience = {Audience.PUBLIC: PUBLIC_COLUMNS, Audience.ADDRESSEES: ADDRESSEE_COLUMNS}
    return by_audience.get(audience, COLUMNS)


def rows(letter: Letter, audience: Audience, locale: str) -> Iterator[tuple[str, ...]]:
    """The cells of a line a signatory, as `columns` names them, in the order of signing, numbered from 1."""
    wanted = columns(audience)
    for number, row in enumerate(export(letter.id, audience), start=1):
        cells = {"number": str(number), **_cells(letter, row, locale)}
        yield tuple(cells[column] for column in wanted)


def _cells(letter: Letter, row: ExportRow, locale: str) -> dict[str, str]:
    entry = row.entry
    listed = entry.scope is Scope.NATIONAL and entry.country_code
    return {
        "organisation": entry.name,
        "country_code": entry.country_code if listed and entry.country_code else "",
        "country": country_name(letter, entry.country_code, locale) if listed and entry.country_code else "",
        "scope": entry.scope.value,
        "website": entry.website or "",
        "representative": row.representative or "",
        "role": row.role or "",
        "email": row.email or "",
        "visibility": entry.visibility.value,
        "status": row.status.value,
        "language": row.language,
        "text_version": str(row.text_version or ""),
        "evidence": row.evidence,
        "source": row.source,
        "signed_at": clock.iso(entry.signed_at),
        "confirmed_at": clock.iso(row.confirmed_at) if row.confirmed_at else "",
        "accepted_at": clock.iso(row.accepted_at) if row.accepted_at else "",
    }


def filename(letter: Letter, audience: Audience, ending: str) -> str:
    """Date, letter, audience; ASCII."""
    return f"{clock.now():%Y-%m-%d}-{ascii_name(letter.slug)}-{audience.value}.{ending}"


def note_export(letter: Letter, audience: Audience, form: str, actor: Actor) -> None:
    """Every export with contacts is in the record; the caller commits before the first byte leaves."""
    if audience is Audience.COORDINATORS:
        record(
            actor, "signatures.exported", "letter", letter.id, letter.id, audience=audience.value, format=form
        )
