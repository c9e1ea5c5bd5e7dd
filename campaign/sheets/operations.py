"""What is done with a sheet: kept, read as a person says, looked through, brought in, given up."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.sentences import packed
from campaign.core.spreadsheets import Reading, Table, read
from campaign.core.text import clean
from campaign.jobs.operations import owe
from campaign.letters.models import Letter
from campaign.sheets.columns import guess
from campaign.sheets.lines import Arrival, Choices, check_mapping, default_visibility, read_lines
from campaign.sheets.queries import choices_of, reading_of, samples, table_of
from campaign.sheets.rehearsing import Judged, Outcome, judge, mark
from campaign.sheets.report import likes_of, report_of
from campaign.sheets.writing import Report, write
from campaign.signing.models import Import
from campaign.signing.rules import LONGEST_NOTE, ImportState, check_line

LARGEST = 5_000_000  # bytes
MOST_LINES = 20_000
AT_ONCE = 300  # lines that are looked through while a person waits
LOOK_THROUGH = "campaign.sheets.tasks.look_through"
BRING_IN = "campaign.sheets.tasks.bring_in"
Told = Callable[[int, int], None]


def keep(letter: Letter, filename: str, content: bytes, actor: Actor) -> Import:
    """A file that was brought to the desk, with what it seems to hold. Raises InvalidInput for no sheet."""
    if len(content) > LARGEST:
        raise InvalidInput(
            "This file is larger than %(megabytes)d MB.", "file", megabytes=LARGEST // 1_000_000
        )
    table = read(content, filename)
    sheet = Import(
        letter_id=letter.id,
        filename=clean(filename)[-120:] or "sheet",
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        mapping=guess(table.headings, samples(table)),
        settings=_settings(table.reading, Choices(default_visibility(letter))),
        state=ImportState.UPLOADED,
        created_at=clock.now(),
        created_by=actor.id,
    )
    db.session.add(sheet)
    db.session.flush()  # the record needs the id
    _look(sheet, letter, table)
    record(actor, "sheet.kept", "import", sheet.id, letter.id)
    return sheet


def of_command(
    letter: Letter, filename: str, sha256: str, mapping: Mapping[str, str], choices: Choices
) -> Import:
    """The provenance of rows that an operator's command brings in."""
    now = clock.now()
    sheet = Import(
        letter_id=letter.id,
        filename=clean(filename)[-120:] or "sheet",
        sha256=sha256,
        mapping=dict(mapping),
        settings=_settings(Reading(), choices),
        state=ImportState.DONE,
        created_at=now,
        finished_at=now,
    )
    db.session.add(sheet)
    db.session.flush()  # rows refer to its id
    return sheet


def _settings(
    reading: Reading, choices: Choices, countries: Mapping[int, str] | None = None
) -> dict[str, str]:
    kept = {
        "encoding": reading.encoding or "",
        "delimiter": reading.delimiter or "",
        "sheet": reading.sheet or "",
        "heading": str(reading.heading or ""),
        "visibility": choices.visibility.value if choices.visibility else "",
        "arrival": choices.arrival.value,
        "left_out": " ".join(map(str, sorted(choices.left_out))),
        **{f"country@{number}": code for number, code in (countries or {}).items()},
    }
    return {name: value for name, value in kept.items() if value}


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person chose on the page of a sheet; `countries` goes from a line to the code for its text."""

    reading: Reading
    mapping: Mapping[str, str]
    choices: Choices
    countries: Mapping[int, str]
    basis: str


def seen_with(sheet: Import, letter: Letter) -> list[object]:
    """What a look rests on besides the file: how it is understood, and what the database knows."""
    chosen = sorted([name, code] for name, code in sheet.settings.items() if name.startswith("country@"))
    reading = [str(part) for part in _parts(reading_of(sheet))]
    left_out = sheet.settings.get("left_out", "")
    return [*mark(letter.id), reading, sorted(map(list, sheet.mapping.items())), chosen, left_out]


def differs(sheet: Import, decided: Decided) -> bool:
    """Whether lines would be understood in another way than when they were looked through."""
    read_anew = any(
        chosen is not None and chosen != now
        for chosen, now in zip(_parts(decided.reading), _parts(reading_of(sheet)), strict=True)
    )
    visibility = decided.choices.visibility
    seen = sheet.settings.get("visibility") == (visibility.value if visibility else None)
    return read_anew or not seen or dict(decided.mapping) != sheet.mapping or "fault" in sheet.report


def _parts(reading: Reading) -> tuple[str | int | None, ...]:
    return reading.encoding, reading.delimiter, reading.sheet, reading.heading


def decide(sheet: Import, decided: Decided) -> None:
    """Keep what a person decided about lines that are understood as before.

    Raises Conflict when it is not waiting any more, InvalidInput with the field.
    """
    require(sheet, ImportState.UPLOADED)
    check_line("basis", decided.basis, LONGEST_NOTE)
    sheet.settings = _settings(reading_of(sheet), decided.choices, decided.countries)
    sheet.basis = decided.basis or None


def choose(sheet: Import, letter: Letter, decided: Decided) -> None:
    """Read and understand a sheet as a person says; where it is read anew, its columns are guessed anew.

    Raises Conflict when it is not waiting any more, InvalidInput with the field.
    """
    before = reading_of(sheet)
    decide(sheet, decided)
    sheet.settings = _settings(decided.reading, decided.choices, decided.countries)
    table = table_of(sheet)
    if table.reading != before:
        sheet.mapping = guess(table.headings, samples(table))
        fresh = replace(decided.choices, left_out=frozenset())  # the lines are others now
        sheet.settings = _settings(table.reading, fresh)
    else:
        sheet.mapping = dict(decided.mapping)
        sheet.settings = _settings(table.reading, decided.choices, decided.countries)
    _look(sheet, letter, table)


def _look(sheet: Import, letter: Letter, table: Table) -> None:
    """Look through it now, or leave that to the worker when it is long."""
    lines = sum(1 for _ in table.lines())
    if lines > MOST_LINES:
        raise InvalidInput(
            "The sheet has more than %(most)s lines; please part it.", "file", most=f"{MOST_LINES:,}"
        )
    if "organisation" not in sheet.mapping:
        sheet.report = {"lines": lines}
    elif lines <= AT_ONCE:
        sheet.report = report_of(judged(sheet, letter, table), seen_with(sheet, letter))
    else:
        sheet.report = {"lines": lines, "progress": [0, lines]}
        owe(LOOK_THROUGH, sheet.id)


def judged(
    sheet: Import, letter: Letter, table: Table | None = None, told: Told | None = None
) -> list[Judged]:
    """Every line with what would become of it. Raises InvalidInput when the mapping does not fit.

    What it is like is taken from the last look, where nothing has changed since that it rests on.
    """
    table = table or table_of(sheet)
    check_mapping(sheet.mapping, table.headings)
    lines = list(read_lines(letter, table.lines(), sheet.mapping, choices_of(sheet, table)))
    progress = (lambda done: told(done, len(lines))) if told else None
    return judge(letter.id, lines, progress, likes_of(sheet.report, seen_with(sheet, letter)))


def start(sheet: Import, letter: Letter, actor: Actor) -> Report | None:
    """Bring its rows in: now, or by the worker when there are many (None).

    Raises Conflict when it is not waiting or not looked through yet, InvalidInput with the field.
    """
    require(sheet, ImportState.UPLOADED)
    if "progress" in sheet.report:
        raise Conflict("the sheet is still being looked through")
    if "organisation" not in sheet.mapping:
        raise InvalidInput("choose the column that holds the organisation", "mapping")
    if not sheet.basis:
        raise InvalidInput("say how the organisations agreed", "basis")
    _require_none_bad(sheet)
    if int(str(sheet.report.get("lines", 0))) <= AT_ONCE:
        return bring_in(sheet, letter, judged(sheet, letter), actor)
    sheet.state = ImportState.RUNNING
    sheet.settings = {**sheet.settings, "started_by": str(actor.id or "")}
    sheet.report = {**sheet.report, "progress": [0, sheet.report["lines"]]}
    owe(BRING_IN, sheet.id)
    return None


def _require_none_bad(sheet: Import) -> None:
    report: Any = sheet.report
    left_out = {int(number) for number in sheet.settings.get("left_out", "").split()}
    bad = {line[0] for line in report.get("bad", [])}
    if bad - left_out or report.get("counts", {}).get(Outcome.BAD.value, 0) > len(bad):
        raise InvalidInput("leave out the lines that cannot be read, or correct the file", "left_out")


def bring_in(sheet: Import, letter: Letter, lines: Sequence[Judged], actor: Actor) -> Report:
    """Write the rows of lines that were judged. The caller commits.

    Raises Conflict when it was brought in meanwhile, InvalidInput when a line has become bad.
    """
    require(sheet, ImportState.UPLOADED, ImportState.RUNNING)
    if any(line.outcome is Outcome.BAD for line in lines):
        raise InvalidInput("leave out the lines that cannot be read, or correct the file", "left_out")
    report = write(letter, lines, Arrival(sheet.settings.get("arrival", Arrival.DESK)), actor, sheet)
    note_result(sheet, report)
    _end(sheet, ImportState.DONE)
    return report


def note_result(sheet: Import, report: Report) -> None:
    """Keep the figures of what was brought in."""
    left_out = len(sheet.settings.get("left_out", "").split())
    lines = report.new + len(report.already_there) + left_out
    sheet.report = {"lines": lines, "done": {**report.counts(), "left_out": left_out}}


def fail(sheet: Import, sentence: str) -> None:
    """The worker could not bring it in: it waits at the desk again, saying why."""
    gone = sheet.content is None  # as when somebody in it was erased meanwhile
    sheet.state = ImportState.CANCELLED if gone else ImportState.UPLOADED
    sheet.report = {"lines": sheet.report.get("lines", 0), "fault": packed(sentence)}


def give_up(sheet: Import, actor: Actor) -> None:
    """Forget the file. Raises Conflict when it is not waiting."""
    require(sheet, ImportState.UPLOADED)
    _end(sheet, ImportState.CANCELLED)
    sheet.report, sheet.mapping = {"lines": sheet.report.get("lines", 0)}, {}
    record(actor, "sheet.given_up", "import", sheet.id, sheet.letter_id)


def require(sheet: Import, *states: ImportState) -> None:
    """Raises Conflict for a sheet that stands elsewhere."""
    if sheet.state not in states:
        raise Conflict("this sheet was dealt with already")


def _end(sheet: Import, state: ImportState) -> None:
    sheet.state, sheet.content, sheet.finished_at = state, None, clock.now()
    kept = ("visibility", "arrival", "encoding", "delimiter", "sheet", "heading")
    sheet.settings = {name: value for name, value in sheet.settings.items() if name in kept}
