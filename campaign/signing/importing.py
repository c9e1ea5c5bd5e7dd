"""Sign-ons from a sheet: checked as a whole first, then written all or not at all.

Running it again adds nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import countries
from campaign.core.addresses import checked
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.text import clean, fold
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility, strictest
from campaign.organisations.rules import Scope
from campaign.signing.models import Signature
from campaign.signing.moderation import settle_entered
from campaign.signing.operations import Person, enter
from campaign.signing.rules import Listing, SignatureStatus, Source, row_key

FIELDS = (
    "organisation",
    "organisation_other",
    "country",
    "scope",
    "website",
    "representative",
    "role",
    "email",
    "visibility",
)
_OVER = (SignatureStatus.UNVERIFIED, SignatureStatus.EXPIRED, SignatureStatus.WITHDRAWN)
_SCOPES = {"": Scope.NATIONAL, **{scope.value: scope for scope in Scope}}


@dataclass(frozen=True, slots=True)
class Row:
    """A checked line of a sheet; `number` is the one the spreadsheet program shows."""

    number: int
    listing: Listing
    person: Person

    @property
    def key(self) -> str:
        return row_key(
            clean(self.listing.organisation),
            self.listing.country_code,
            self.listing.country_text,
            self.listing.scope,
        )


@dataclass(slots=True)
class Report:
    """What an import would do or did.

    New rows, line numbers skipped as already there, and lines whose country text stays unresolved.
    """

    new: int = 0
    already_there: list[int] = field(default_factory=list)
    no_country: list[int] = field(default_factory=list)


def check_mapping(mapping: Mapping[str, str], headings: Sequence[str]) -> None:
    """Raises InvalidInput when a field or a column does not exist, or the organisation is not mapped."""
    if "organisation" not in mapping:
        raise InvalidInput("say which column holds the organisation: --map organisation=Column")
    for name, column in mapping.items():
        if name not in FIELDS:
            raise InvalidInput(f"there is no field {name!r}; the fields are {', '.join(FIELDS)}")
        if column not in headings:
            raise InvalidInput(f"the sheet has no column {column!r}; its columns are {', '.join(headings)}")


def read_rows(
    letter: Letter,
    lines: Iterable[tuple[int, Mapping[str, str]]],
    mapping: Mapping[str, str],
    visibility: Visibility | None,
) -> list[Row]:
    """Every (number, line) of a sheet as a checked row; blank lines are passed over.

    Raises InvalidInput with the line's number for the first bad one.
    """
    fallback = visibility or (strictest(letter.offered) if letter.at_risk else Visibility.PUBLIC)
    rows = []
    for number, line in lines:
        cells = {name: clean(line.get(column) or "") for name, column in mapping.items()}
        if not any(cells.values()):
            continue
        try:
            rows.append(Row(number, *_read(cells, letter, fallback)))
        except InvalidInput as fault:
            raise InvalidInput(f"line {number}: {fault.field or 'row'}: {fault.message}") from fault
    return rows


def _read(cells: Mapping[str, str], letter: Letter, fallback: Visibility) -> tuple[Listing, Person]:
    if not cells["organisation"]:
        raise InvalidInput("the name is missing", "organisation")
    scope = _SCOPES.get(fold(cells.get("scope", "")))
    if scope is None:
        raise InvalidInput("the scope must be national, regional, international or empty", "scope")
    typed = cells.get("country", "")
    code = typed if typed in countries.CODES else countries.resolve(typed, letter.original_language).code
    listing = Listing(
        organisation=cells["organisation"],
        organisation_other=cells.get("organisation_other") or None,
        country_code=code if scope is Scope.NATIONAL else None,
        country_text=typed or None,
        scope=scope,
        website=_website(cells.get("website", "")),
        visibility=_visibility(cells.get("visibility", ""), fallback),
    )
    enter(
        letter,
        listing,
        person := _person(cells),
        letter.original_language,
        Source.IMPORT,
        country_needed=False,
    )
    return listing, person


def _person(cells: Mapping[str, str]) -> Person:
    email = checked(cells["email"]) if cells.get("email") else None
    return Person(cells.get("representative") or None, cells.get("role") or None, email)


def _website(typed: str) -> str | None:
    """Sheets hold bare domains; they get a scheme."""
    return typed if not typed or typed.startswith(("http://", "https://")) else f"https://{typed}"


def _visibility(typed: str, fallback: Visibility) -> Visibility:
    if not typed:
        return fallback
    try:
        return Visibility(fold(typed))
    except ValueError as fault:
        raise InvalidInput("the visibility must be public, addressees or unnamed", "visibility") from fault


def bring_in(letter: Letter, rows: Sequence[Row], accepted: bool, actor: Actor) -> Report:
    """Write the rows that are new, and report the rest. The caller commits, or rolls back for a dry run."""
    report, known = Report(), _known_keys(letter.id)
    for row in rows:
        if row.key in known:
            report.already_there.append(row.number)
            continue
        known.add(row.key)
        if row.listing.scope is Scope.NATIONAL and row.listing.country_code is None:
            report.no_country.append(row.number)
        signature = enter(
            letter, row.listing, row.person, letter.original_language, Source.IMPORT, country_needed=False
        )
        try:
            with db.session.begin_nested():  # a form may enter the same organisation in this moment
                settle_entered(signature, accepted, actor)
            report.new += 1
        except Conflict:
            report.already_there.append(row.number)
    record(
        actor,
        "signatures.imported",
        "letter",
        letter.id,
        letter.id,
        new=report.new,
        skipped=len(report.already_there),
    )
    return report


def _known_keys(letter_id: int) -> set[str]:
    rows = select(Signature.row_key).where(Signature.letter_id == letter_id, Signature.status.not_in(_OVER))
    return set(db.session.scalars(rows))
