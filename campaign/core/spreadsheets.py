"""Sheets: CSV, XLSX and ODS in, within limits that stop bombs; CSV and XLSX out, with no cell a formula."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from campaign.core import delimited, encodings
from campaign.core.archives import ZIP_MARK, check_archive
from campaign.core.errors import InvalidInput
from campaign.core.headings import DEEPEST, heading_row
from campaign.core.sentences import Sentence
from campaign.core.workbooks import Records, every_record, open_workbook

MAX_BYTES = 20_000_000
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_CELL = 10_000
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_CHUNK = 1 << 16
# Tab and line ends make some programs read on; East Asian versions take the wide forms for the narrow ones.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_ONLY = Sentence("Only CSV, XLSX and ODS files can be read.")


@dataclass(frozen=True)
class Reading:
    """How a file is read; what is None is guessed.

    `encoding` (a name of `encodings.NAMED`) and `delimiter` are for text, `sheet` for workbooks; `heading` is
    the row with the headings, as a spreadsheet program numbers it.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    heading: int | None = None


GUESS = Reading()


@dataclass(frozen=True)
class Line:
    """A row with its number in the sheet, the first being 1; `beyond` says that text stands right of the last
    heading, as when a comma in a name was taken for a delimiter.
    """

    number: int
    cells: dict[str, str]
    beyond: bool


@dataclass(frozen=True)
class Table:
    """A sheet as text: `headings` (blank ones named "Column 3", repeated ones "Name (2)"), rows on demand.

    `reading` says how it was read, `sheets` which there are in a workbook, and `top` is its first rows that
    are not blank, headings and what stands above them included.
    """

    headings: list[str]
    _records: Callable[[], Records]
    reading: Reading = GUESS
    sheets: Sequence[str] = ()
    top: Sequence[tuple[int, list[str]]] = field(default=(), repr=False)

    @property
    def rows(self) -> Iterator[dict[str, str]]:
        """Each row that is not blank, as heading → text; may be asked for again."""
        return (row for _, row in self.numbered_rows())

    def numbered_rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """The same with each row's number in the sheet, the first line being 1, for messages.

        Raises InvalidInput at text beyond the last heading, a cell over MAX_CELL, a row over MAX_ROWS.
        """
        for line in self.lines():
            if line.beyond:
                raise InvalidInput("Row %(row)d has more cells than there are headings.", row=line.number)
            yield line.number, line.cells

    def lines(self) -> Iterator[Line]:
        """The same, with rows that reach beyond the last heading."""
        width = len(self.headings)
        for number, cells in self._records():
            padded = cells[:width] + [""] * (width - len(cells))
            yield Line(number, dict(zip(self.headings, padded, strict=True)), any(cells[width:]))


def every_row(content: bytes, filename: str, reading: Reading = GUESS) -> Iterator[list[str]]:
    """Every row of every sheet of a file that is not blank, as it stands: hidden sheets, what stands above
    the headings, and what reaches beyond them.

    Raises InvalidInput like `read`, but may have given rows before.
    """
    if content.startswith(ZIP_MARK):
        check_archive(content, MAX_ROWS + 1)
        records = every_record(content)
    else:
        _refuse_others(content, filename)
        text = encodings.decoded(content, reading.encoding or encodings.guessed(content))
        records = delimited.records(text, reading.delimiter or delimited.guessed(text))
    yield from (cells for _, cells in _checked(records))


def read(
    source: str | Path | bytes, filename: str, reading: Reading = GUESS, known: Collection[str] = ()
) -> Table:
    """A sheet of a file, whose kind is told by its content, not by its name.

    `known` are headings that the row of headings must have, where there is one with all of them. Raises
    InvalidInput with one line for a file that is too large, not a sheet, or made to expand, and for a reading
    that cannot be.
    """
    content = _content(source)
    if content.startswith(ZIP_MARK):
        check_archive(content, MAX_ROWS + 1)
        book = open_workbook(content, reading.sheet)
        chosen = Reading(sheet=book.sheet, heading=reading.heading)
        return _table(book.records, chosen, known, book.sheets)
    _refuse_others(content, filename)
    encoding = reading.encoding or encodings.guessed(content)
    text = encodings.decoded(content, encoding)
    delimiter = reading.delimiter or delimited.guessed(text)
    chosen = Reading(encoding=encoding, delimiter=delimiter, heading=reading.heading)
    return _table(lambda: delimited.records(text, delimiter), chosen, known)


def _refuse_others(content: bytes, filename: str) -> None:
    if content.startswith(_OLD_OFFICE):
        raise InvalidInput(
            "This is an old Excel file (.xls) or has a password; please save it as .xlsx without one."
        )
    if filename.lower().endswith((".xlsx", ".ods", ".xls", ".pdf", ".doc", ".docx")):
        raise InvalidInput(_ONLY)


def _content(source: str | Path | bytes) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        with Path(source).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InvalidInput("The file is larger than %(megabytes)d MB.", megabytes=MAX_BYTES // 1_000_000)
    return content


def _table(
    records: Callable[[], Records], reading: Reading, known: Collection[str], sheets: Sequence[str] = ()
) -> Table:
    """A table with its headings where the reading says, or where they most likely are."""

    def source() -> Records:
        return _checked(records())

    top = list(islice(source(), DEEPEST))
    if not top:
        raise InvalidInput("The file has no rows.")
    row = reading.heading or heading_row(top, known)
    found = dict(top).get(row)
    if found is None:
        raise InvalidInput("There are no headings in that row.", "heading")
    while found and not found[-1]:
        found = found[:-1]
    below = lambda: (record for record in source() if record[0] > row)  # noqa: E731 -- a name for one expression
    return Table(_headings(found), below, replace(reading, heading=row), sheets, top)


def _headings(cells: Sequence[str]) -> list[str]:
    """Headings made distinct, so that no column can hide another."""
    if len(cells) > MAX_COLUMNS:
        raise InvalidInput("The file has more than %(most)d columns.", most=MAX_COLUMNS)
    seen: Counter[str] = Counter()
    named: list[str] = []
    for number, cell in enumerate(cells, 1):
        heading = " ".join(cell.split()) or f"Column {number}"
        seen[heading] += 1
        while seen[heading] > 1 and f"{heading} ({seen[heading]})" in seen:
            seen[heading] += 1
        if seen[heading] > 1:
            heading = f"{heading} ({seen[heading]})"
            seen[heading] += 1
        named.append(heading)
    return named


def _checked(source: Records) -> Records:
    """Rows that are not blank, within the limits."""
    for number, cells in source:
        if number > MAX_ROWS + 1:
            raise InvalidInput("The file has more than %(most)s rows.", most=f"{MAX_ROWS:,}")
        for column, cell in enumerate(cells, 1):
            if len(cell) > MAX_CELL:
                raise InvalidInput(
                    "Row %(row)d, column %(column)s has more than %(most)s characters.",
                    row=number,
                    column=column,
                    most=f"{MAX_CELL:,}",
                )
        if any(cells):
            yield number, cells


def guard(cell: str) -> str:
    """A CSV cell no spreadsheet takes for a formula: apostrophe before `= + - @`, tab, line ends (OWASP)."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def csv_chunks(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """A CSV file (RFC 4180, UTF-8 BOM, CRLF) in pieces, for a response; rows hold cells in column order."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    yield codecs.BOM_UTF8
    for row in chain([columns], rows):
        writer.writerow([guard(cell) if isinstance(cell, str) else _shown(cell) for cell in row])
        if buffer.tell() > _CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def write_csv(stream: BinaryIO, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """The same to a binary stream, in constant memory."""
    for chunk in csv_chunks(columns, rows):
        stream.write(chunk)


def write_xlsx(
    stream: BinaryIO, columns: Sequence[str], rows: Iterable[Sequence[object]], sheet: str = "Sheet1"
) -> None:
    """An XLSX file with one sheet to a binary stream, in constant memory; no author, company or time in it.

    Text is always text; numbers stay numbers. Raises InvalidInput for more rows or text than XLSX can hold.
    """
    book = Workbook(stream, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(1970, 1, 1, tzinfo=UTC)})
    try:
        _fill(book.add_worksheet(sheet), chain([columns], rows))
    except BaseException:
        # Closing removes the book's temporary files; what was not finished goes nowhere.
        book.filename = io.BytesIO()
        raise
    finally:
        book.close()


def _fill(page: Worksheet, rows: Iterable[Sequence[object]]) -> None:
    page.freeze_panes(1, 0)
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            number = isinstance(cell, int | float) and not isinstance(cell, bool)
            refused = (
                page.write_number(at, column, cell) if number else page.write_string(at, column, _shown(cell))
            )
            if refused:
                raise InvalidInput(
                    "An XLSX file cannot hold this many rows or cells this long; please take CSV."
                )


def _shown(cell: object) -> str:
    """A cell as text: nothing for None, ISO 8601 for times, else as it reads."""
    if isinstance(cell, date | time):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
