"""The lines of a sheet as sign-ons: each checked like any other, and what is wrong with it said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from campaign.core import countries
from campaign.core.addresses import checked
from campaign.core.errors import InvalidInput
from campaign.core.spreadsheets import Line
from campaign.core.text import clean, fold
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility, strictest
from campaign.organisations.rules import Scope
from campaign.sheets.columns import FIELDS, agrees, scope_of, visibility_of, whole_name
from campaign.signing.operations import Person
from campaign.signing.rules import LONGEST_PERSON, Listing, check_line, check_listing, row_key


class Arrival(StrEnum):
    """Where a sheet's sign-ons go: on the list, to the desk, or to their own mailboxes to be confirmed."""

    COUNT = "count"
    DESK = "desk"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person decided about a sheet as a whole.

    `visibility` is for lines that do not say; `left_out` are line numbers; `countries` goes from a folded
    text to the code that was chosen for it.
    """

    visibility: Visibility | None = None
    arrival: Arrival = Arrival.DESK
    left_out: frozenset[int] = frozenset()
    countries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A checked line of a sheet; `number` is the one the spreadsheet program shows.

    `unpublished`: the sheet asked whether the name may be published, and this line does not say yes.
    """

    number: int
    listing: Listing
    person: Person
    unpublished: bool = False

    @property
    def key(self) -> str:
        listing = self.listing
        return row_key(clean(listing.organisation), listing.country_code, listing.country_text, listing.scope)

    @property
    def without_country(self) -> bool:
        """Whether it stands under no country although it is no network."""
        return self.listing.scope is Scope.NATIONAL and self.listing.country_code is None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line cannot be a sign-on: the field (or "row"), and what is the matter, as part of a sentence."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Read:
    """A line that was read: its cells by field, and the row it makes, or what is wrong with it."""

    number: int
    cells: Mapping[str, str]
    row: Row | None
    fault: Fault | None = None


def check_mapping(mapping: Mapping[str, str], headings: Sequence[str]) -> None:
    """Raises InvalidInput when a field or a column does not exist, or the organisation is not mapped."""
    if "organisation" not in mapping:
        raise InvalidInput("say which column holds the organisation: --map organisation=Column")
    for name, column in mapping.items():
        if name not in FIELDS:
            raise InvalidInput(f"there is no field {name!r}; the fields are {', '.join(FIELDS)}")
        if column not in headings:
            raise InvalidInput(f"the sheet has no column {column!r}; its columns are {', '.join(headings)}")


def read_lines(
    letter: Letter, lines: Iterable[Line], mapping: Mapping[str, str], choices: Choices
) -> Iterator[Read]:
    """Every line of a sheet with what it makes; those that were left out, and blank ones, are passed over."""
    fallback = choices.visibility or default_visibility(letter)
    told = _Told(letter.offered, fallback, letter.original_language, letter.country_names, choices.countries)
    for line in lines:
        cells = {name: clean(line.cells.get(column) or "") for name, column in mapping.items()}
        if not any(cells.values()) or line.number in choices.left_out:
            continue
        if line.beyond:
            yield Read(line.number, cells, None, Fault("row", "it has more cells than there are headings"))
            continue
        try:
            row = _row(line.number, cells, told)
        except InvalidInput as fault:
            yield Read(line.number, cells, None, Fault(fault.field or "row", fault.message))
        else:
            yield Read(line.number, cells, row)


def read_rows(
    letter: Letter,
    lines: Iterable[tuple[int, Mapping[str, str]]],
    mapping: Mapping[str, str],
    visibility: Visibility | None,
) -> list[Row]:
    """Every (number, line) of a sheet as a checked row; blank lines are passed over.

    Raises InvalidInput with the line's number for the first bad one.
    """
    rows = []
    given = (Line(number, dict(cells), False) for number, cells in lines)
    for line in read_lines(letter, given, mapping, Choices(visibility)):
        if line.fault:
            raise InvalidInput(f"line {line.number}: {line.fault.field}: {line.fault.message}")
        if line.row:
            rows.append(line.row)
    return rows


def default_visibility(letter: Letter) -> Visibility:
    """What a line means that does not say who may see the name."""
    return strictest(letter.offered) if letter.at_risk else Visibility.PUBLIC


@dataclass(frozen=True, slots=True)
class _Told:
    """What lines are read by: the letter's, and what a person decided."""

    offered: tuple[Visibility, ...]
    fallback: Visibility
    language: str
    own_names: Mapping[str, Mapping[str, str]]
    countries: Mapping[str, str]
    codes: dict[str, str | None] = field(default_factory=dict)

    def code(self, typed: str) -> str | None:
        """What a text stands for; the same one is read once in a sheet."""
        if typed not in self.codes:
            chosen = self.countries.get(fold(typed))
            self.codes[typed] = chosen or countries.read(typed, self.language, self.own_names)
        return self.codes[typed]


def _row(number: int, cells: Mapping[str, str], told: _Told) -> Row:
    if not cells.get("organisation"):
        raise InvalidInput("the name is missing", "organisation")
    scope = scope_of(cells.get("scope", ""))
    if scope is None:
        raise InvalidInput("the scope must be national, regional, international or empty", "scope")
    typed = cells.get("country", "")
    listing = Listing(
        organisation=cells["organisation"],
        organisation_other=cells.get("organisation_other") or None,
        country_code=told.code(typed) if scope is Scope.NATIONAL else None,
        country_text=typed or None,
        scope=scope,
        website=_website(cells.get("website", "")),
        visibility=_visibility(cells, told),
    )
    check_listing(listing, told.offered, country_needed=False)
    return Row(number, listing, _person(cells), _unpublished(cells))


def _person(cells: Mapping[str, str]) -> Person:
    parts = whole_name(cells.get("first_name", ""), cells.get("last_name", ""))
    name, role = cells.get("representative") or parts, cells.get("role", "")
    for what, value in (("representative", name), ("role", role)):
        check_line(what, value, LONGEST_PERSON)
    return Person(name or None, role or None, checked(cells["email"]) if cells.get("email") else None)


def _website(typed: str) -> str | None:
    """Sheets hold bare domains; they get a scheme."""
    return typed if not typed or typed.startswith(("http://", "https://")) else f"https://{typed}"


def _visibility(cells: Mapping[str, str], told: _Told) -> Visibility:
    """Who sees the name: never more than the sheet as a whole says, and nobody it can be kept from where it
    was asked whether it may be published and the answer is no yes.
    """
    typed = cells.get("visibility", "")
    named = visibility_of(typed) if typed else told.fallback
    if named is None:
        raise InvalidInput("the visibility must be public, addressees or unnamed", "visibility")
    if not _unpublished(cells):
        return named
    kept_back = strictest((named, strictest(told.offered)))
    if kept_back is Visibility.PUBLIC:
        raise InvalidInput("this is no yes, and the letter shows every name", "publish")
    return kept_back


def _unpublished(cells: Mapping[str, str]) -> bool:
    return "publish" in cells and not agrees(cells["publish"])
