"""A sheet at the desk as its page shows it: how it is read, its columns, and what would become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _

from campaign.core.encodings import NAMED
from campaign.core.spreadsheets import Table
from campaign.desk import words
from campaign.desk.saying import translated
from campaign.letters.models import Letter
from campaign.organisations.matching import in_light_of, likest
from campaign.organisations.queries import told_of
from campaign.sheets.queries import chosen_countries, samples
from campaign.sheets.rehearsing import Outcome
from campaign.signing.models import Import
from campaign.signing.screening import own_domains

SHOWN = 100  # lines of one kind on a page
_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its place, its heading, some of its cells, and the field it is taken for ("" for none)."""

    at: int
    heading: str
    cells: Sequence[str]
    field: str


@dataclass(frozen=True, slots=True)
class Told:
    """A line and what is to be said about it; `other` is what it is like."""

    number: int
    name: str
    place: str
    said: str
    other: str = ""
    outcome: str = ""


def columns(sheet: Import, table: Table, form: Mapping[str, str]) -> list[Column]:
    """The columns, without those that have neither heading nor cells."""
    fields = {column: field for field, column in sheet.mapping.items()}
    found = []
    for at, (heading, cells) in enumerate(samples(table).items()):
        filled = list(dict.fromkeys(cell for cell in cells if cell))[:_SAMPLES]
        chosen = form.get(f"column-{at}", fields.get(heading, ""))
        if filled or chosen or heading != f"Column {at + 1}":
            found.append(Column(at, heading, filled, chosen))
    return found


def field_words() -> dict[str, str]:
    """What each field is called."""
    return {
        "organisation": _("Organisation"),
        "organisation_other": _("Its name in another language"),
        "country": _("Country"),
        "scope": _("Scope (national, regional, international)"),
        "website": _("Website"),
        "representative": _("Who signs for it"),
        "first_name": _("First name of who signs"),
        "last_name": _("Last name of who signs"),
        "role": _("Their role"),
        "email": _("Mail address"),
        "visibility": _("Who sees the name"),
        "publish": _("May the name be published (yes or no)"),
    }


def delimiters() -> dict[str, str]:
    """What each delimiter is called."""
    return {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("vertical bar")}


def encodings() -> Mapping[str, str]:
    """What each encoding is called."""
    return NAMED


def outcome_words() -> dict[str, words.Said]:
    """What becomes of a line, in a word."""
    return {
        Outcome.NEW.value: (_("comes in"), "good"),
        Outcome.STANDING.value: (_("signed already"), "quiet"),
        Outcome.REPEATED.value: (_("repeated in the sheet"), "quiet"),
        Outcome.DUPLICATE.value: (_("possible duplicate"), "wait"),
        Outcome.LOOK_ALIKE.value: (_("look-alike name"), "wrong"),
        Outcome.BAD.value: (_("cannot be read"), "wrong"),
    }


def fault_sentence(field: str, message: object) -> str:
    """What is wrong with a line."""
    known = field_words().get(field)
    said = translated(message)
    return f"{known}: {said}" if known else said[:1].upper() + said[1:]


@dataclass(frozen=True, slots=True)
class Sections:
    """The parts of a report, as far as a page shows them."""

    bad: Sequence[Told]
    alike: Sequence[Told]
    skipped: Sequence[Told]
    unplaced: Sequence[tuple[Told, int, str]]
    left_out: Sequence[Told]
    fresh: Sequence[Told]


def sections(letter: Letter, sheet: Import, table: Table) -> Sections:
    """What the look through the sheet found, with what stands in the lines."""
    report: Any = sheet.report
    bad, alike = report.get("bad", [])[:SHOWN], report.get("alike", [])[:SHOWN]
    skipped, unplaced = report.get("skipped", [])[:SHOWN], report.get("unplaced", [])[:SHOWN]
    left_out = [int(n) for n in sheet.settings.get("left_out", "").split()][:SHOWN]
    apart = {int(line[0]) for name in ("bad", "alike", "skipped") for line in report.get(name, [])}
    others = {line[3] for line in alike if line[3]}
    chosen = chosen_countries(sheet)
    wanted = {int(line[0]) for line in (*bad, *alike, *skipped, *unplaced)} | others | {*left_out, *chosen}
    stands, fresh = _cells(sheet, table, wanted, apart | set(left_out))
    known = told_of({line[2] for line in alike if line[2]})

    def told(number: int, said: str = "", other: str = "", outcome: str = "") -> Told:
        cells = stands.get(number, {})
        return Told(number, cells.get("organisation", ""), cells.get("country", ""), said, other, outcome)

    return Sections(
        bad=[
            told(n, fault_sentence(field, message), stands.get(n, {}).get(field, ""))
            for n, field, message in bad
        ],
        alike=[
            _alike(
                told(n, outcome=outcome),
                _names_and_domains(stands.get(n, {})),
                known.get(other) or _names_and_domains(stands.get(line, {})),
            )
            for n, outcome, other, line in alike
        ],
        skipped=[told(n, outcome=outcome) for n, outcome in skipped],
        unplaced=[(told(n), count, "") for n, count in unplaced]
        + [(told(n), 0, words.country(code, letter.country_names)) for n, code in chosen.items()],
        left_out=[told(n) for n in left_out],
        fresh=[Told(n, c.get("organisation", ""), c.get("country", ""), "") for n, c in fresh],
    )


Known = tuple[list[str], set[str]]


def _alike(line: Told, here: Known, there: Known) -> Told:
    """With the reason why it may be the other, by whichever of their names, or by their website."""
    (names, domains), (others, other_domains) = here, there
    shared = min(domains & other_domains, default=None)
    reason = in_light_of(likest(names, others), ("", ""), shared).reason
    return replace(line, said=reason, other=others[0])


def _names_and_domains(cells: Mapping[str, str]) -> Known:
    names = [name for name in (cells.get("organisation", ""), cells.get("organisation_other", "")) if name]
    return names or [""], set(own_domains([cells.get("website")]))


def _cells(
    sheet: Import, table: Table, wanted: set[int], apart: set[int]
) -> tuple[dict[int, dict[str, str]], list[tuple[int, dict[str, str]]]]:
    """What stands in the wanted lines, by field; and the first of the others."""
    stands: dict[int, dict[str, str]] = {}
    fresh: list[tuple[int, dict[str, str]]] = []
    for line in table.lines():
        cells = {field: line.cells.get(column, "") for field, column in sheet.mapping.items()}
        if line.number in wanted:
            stands[line.number] = cells
        if line.number not in apart and len(fresh) < 10 and any(cells.values()):
            fresh.append((line.number, cells))
    return stands, fresh
