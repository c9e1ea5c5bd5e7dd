"""Sheets: CSV, XLSX and ODS in, within limits that stop bombs; CSV and XLSX out, with no cell a formula."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from campaign.core.archives import ZIP_MARK, check_archive
from campaign.core.delimited import decoded, records
from campaign.core.errors import InvalidInput

MAX_BYTES = 20_000_000
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_CELL = 10_000
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_CHUNK = 1 << 16
# Tab and line ends make some programs read on; East Asian versions take the wide forms for the narrow ones.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_ONLY = "Only CSV, XLSX and ODS files can be read."

Records = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True)
class Table:
    """A sheet as text: `headings` (blank ones named "Column 3", repeated ones "Name (2)"), rows on demand."""

    headings: list[str]
    _records: Callable[[], Records]

    @property
    def rows(self) -> Iterator[dict[str, str]]:
        """Each row that is not blank, as heading → text; may be asked for again."""
        return (row for _, row in self.numbered_rows())

    def numbered_rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """The same with each row's number in the sheet, the first line being 1, for messages.

        Raises InvalidInput at text beyond the last heading, a cell over MAX_CELL, a row over MAX_ROWS.
        """
        width = len(self.headings)
        for number, cells in self._records():
            if any(cells[width:]):
                raise InvalidInput(f"Row {number} has more cells than there are headings.")
            padded = cells[:width] + [""] * (width - len(cells))
            yield number, dict(zip(self.headings, padded, strict=True))


def read(source: str | Path | bytes, filename: str) -> Table:
    """The first sheet of a file, whose kind is told by its content, not by its name.

    Raises InvalidInput with one line for a file that is too large, not a sheet, or made to expand.
    """
    content = _content(source)
    if content.startswith(_OLD_OFFICE):
        raise InvalidInput(
            "This is an old Excel file (.xls) or has a password; please save it as .xlsx without one."
        )
    if content.startswith(ZIP_MARK):
        check_archive(content, MAX_ROWS + 1)
        source_records = _workbook_records(content)
    elif filename.lower().endswith((".xlsx", ".ods", ".xls", ".pdf", ".doc", ".docx")):
        raise InvalidInput(_ONLY)
    else:
        text = decoded(content)

        def source_records() -> Records:
            return records(text)

    return _table(lambda: _checked(source_records()))


def _content(source: str | Path | bytes) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        with Path(source).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InvalidInput(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    return content


def _table(source: Callable[[], Records]) -> Table:
    """A table whose headings are the first row that is not blank."""
    first = next(source(), None)
    if first is None:
        raise InvalidInput("The file has no rows.")
    start, cells = first
    while cells and not cells[-1]:
        cells = cells[:-1]
    return Table(_headings(cells), lambda: (record for record in source() if record[0] > start))


def _headings(cells: Sequence[str]) -> list[str]:
    """Headings made distinct, so that no column can hide another."""
    if len(cells) > MAX_COLUMNS:
        raise InvalidInput(f"The file has more than {MAX_COLUMNS} columns.")
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
            raise InvalidInput(f"The file has more than {MAX_ROWS:,} rows.")
        for column, cell in enumerate(cells, 1):
            if len(cell) > MAX_CELL:
                raise InvalidInput(f"Row {number}, column {column} has more than {MAX_CELL:,} characters.")
        if any(cells):
            yield number, cells


def _workbook_records(content: bytes) -> Callable[[], Records]:
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    except (CalamineError, ZipError, XmlError, PasswordError, OSError, IndexError) as error:
        raise InvalidInput(_ONLY) from error
    first_row = 1 + (sheet.start[0] if sheet.start else 0)
    return lambda: (
        (number, [_text(cell) for cell in row]) for number, row in enumerate(sheet.iter_rows(), first_row)
    )


def _text(value: object) -> str:
    """A cell as a person would have typed it: whole numbers without a point, days and times in ISO 8601."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip() if isinstance(value, str | int | float | timedelta) else ""


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
