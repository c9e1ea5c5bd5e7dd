"""What a person chose on the page of a sheet, from the form as it was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from campaign.core.delimited import DELIMITERS
from campaign.core.encodings import NAMED
from campaign.core.spreadsheets import Reading, Table
from campaign.core.text import clean
from campaign.desk.fields import country_code
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.sheets.lines import Arrival, Choices
from campaign.sheets.operations import Decided
from campaign.sheets.queries import reading_of
from campaign.signing.models import Import

COUNTRY = "country@"  # and the line in which a text stands first


@dataclass
class Sent:
    """A form as it was sent: what is decided, and what is wrong, by the name of the field."""

    decided: Decided
    wrong: dict[str, str] = field(default_factory=dict)


def sent(form: MultiDict[str, str], sheet: Import, letter: Letter, table: Table) -> Sent:
    """What a form says about a sheet that was shown as this table."""
    wrong: dict[str, str] = {}
    decided = Decided(
        _reading(form, sheet, table),
        _mapping(form, table.headings, wrong),
        Choices(_visibility(form, letter), _arrival(form), _left_out(form, sheet)),
        _countries(form, letter, wrong),
        clean(form.get("basis", "")),
    )
    return Sent(decided, wrong)


def _reading(form: Mapping[str, str], sheet: Import, table: Table) -> Reading:
    """What was chosen, where it can be; else as the sheet is read now."""
    now = reading_of(sheet)
    heading = form.get("heading", "")
    rows = {str(number) for number, _cells in table.top}
    return Reading(
        encoding=_one_of(form.get("encoding"), NAMED, now.encoding) if now.encoding else None,
        delimiter=_one_of(form.get("delimiter"), DELIMITERS, now.delimiter) if now.delimiter else None,
        sheet=_one_of(form.get("sheet"), table.sheets, now.sheet) if now.sheet else None,
        # The rows of another sheet, or in another encoding, are others: where its headings stand is guessed.
        heading=int(heading) if heading in rows and _as_before(form, now) else None,
    )


def _as_before(form: Mapping[str, str], now: Reading) -> bool:
    was = {"encoding": now.encoding, "delimiter": now.delimiter, "sheet": now.sheet}
    return all(form.get(name, value) == value for name, value in was.items() if value)


def _one_of(chosen: str | None, possible: Sequence[str] | Mapping[str, str], now: str | None) -> str | None:
    return chosen if chosen and chosen in possible else now


def _mapping(form: Mapping[str, str], headings: Sequence[str], wrong: dict[str, str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for at, heading in enumerate(headings):
        chosen = form.get(f"column-{at}", "")
        if chosen and chosen in mapping:
            wrong[f"column-{at}"] = _("Another column was chosen for this already.")
        elif chosen:
            mapping[chosen] = heading
    return mapping


def _visibility(form: Mapping[str, str], letter: Letter) -> Visibility | None:
    return next((v for v in letter.offered if v.value == form.get("visibility")), None)


def _arrival(form: Mapping[str, str]) -> Arrival:
    return next((a for a in Arrival if a.value == form.get("arrival")), Arrival.DESK)


def _left_out(form: MultiDict[str, str], sheet: Import) -> frozenset[int]:
    """Those ticked, those left out before that were not shown, and all bad ones where that was asked."""
    before, shown = numbers(sheet.settings.get("left_out", "")), numbers(form.get("left_out_shown", ""))
    ticked = numbers(" ".join(form.getlist("left_out")))
    bad = sheet.report.get("bad", []) if form.get("leave_out_bad") else []
    return frozenset((before - shown) | ticked | {line[0] for line in bad})  # type: ignore[attr-defined]


def numbers(text: str) -> set[int]:
    """Line numbers out of a field."""
    return {int(word) for word in text.split() if word.isdecimal() and len(word) < 8}


def _countries(form: Mapping[str, str], letter: Letter, wrong: dict[str, str]) -> dict[int, str]:
    """The code chosen for each country text, by the line in which it stands first."""
    found: dict[int, str] = {}
    for name, typed in form.items():
        line = name.removeprefix(COUNTRY)
        if not name.startswith(COUNTRY) or not typed.strip() or not (line.isdecimal() and len(line) < 8):
            continue
        if code := country_code(typed, letter.country_names):
            found[int(line)] = code
        else:
            wrong[name] = _("We do not know this country. Please choose one of the suggestions.")
    return found
