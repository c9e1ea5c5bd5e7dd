"""XLSX and ODS: which of a workbook's sheets is meant, and its cells as a person would have typed them."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    XmlError,
    ZipError,
)

from campaign.core.errors import InvalidInput
from campaign.core.sentences import Sentence

Records = Iterator[tuple[int, list[str]]]
MOST_SHEETS = 200
_TRIED = 20  # sheets looked into for one that holds a table
_DAMAGED = Sentence("Only CSV, XLSX and ODS files can be read.")
_FAULTS = (CalamineError, ZipError, XmlError, PasswordError, OSError, IndexError)


@dataclass(frozen=True)
class Book:
    """A workbook opened at one sheet: its name, those of all sheets, and its rows, numbered from 1."""

    sheet: str
    sheets: Sequence[str]
    records: Callable[[], Records]


def open_workbook(content: bytes, sheet: str | None = None) -> Book:
    """A checked workbook at the sheet of that name, or else at the first visible one with a table in it.

    Raises InvalidInput when it cannot be read or has no such sheet.
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = _names(book)
        if sheet is not None and sheet not in names:
            raise InvalidInput("There is no such sheet in the file.", "sheet")
        found = book.get_sheet_by_name(sheet) if sheet is not None else _likeliest(book, names)
    except _FAULTS as error:
        raise InvalidInput(_DAMAGED) from error
    return Book(found.name, names, lambda: _records(found))


def every_record(content: bytes) -> Records:
    """The rows of all sheets of a checked workbook, hidden ones too, one sheet after the other.

    Raises InvalidInput when it cannot be read.
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in _names(book):
            yield from _records(book.get_sheet_by_name(name))
    except _FAULTS as error:
        raise InvalidInput(_DAMAGED) from error


def _names(book: CalamineWorkbook) -> list[str]:
    """The sheets that hold cells, those that are shown first."""
    cells = [s for s in book.sheets_metadata if s.typ is SheetTypeEnum.WorkSheet]
    if len(cells) > MOST_SHEETS:
        raise InvalidInput("The file has more than %(most)d sheets.", most=MOST_SHEETS)
    shown = [s.name for s in cells if s.visible is SheetVisibleEnum.Visible]
    hidden = [s.name for s in cells if s.visible is not SheetVisibleEnum.Visible]
    if not cells:
        raise InvalidInput(_DAMAGED)
    return [*shown, *hidden]


def _likeliest(book: CalamineWorkbook, names: Sequence[str]) -> CalamineSheet:
    """The first sheet with more than one row that is not blank; else the first of all."""
    for name in names[:_TRIED]:
        found = book.get_sheet_by_name(name)
        filled = (number for number, cells in _records(found) if any(cells))
        if len(list(islice(filled, 2))) > 1:
            return found
    return book.get_sheet_by_name(names[0])


def _records(sheet: CalamineSheet) -> Records:
    first_row = 1 + (sheet.start[0] if sheet.start else 0)
    return (
        (number, [_text(cell) for cell in row]) for number, row in enumerate(sheet.iter_rows(), first_row)
    )


def _text(value: object) -> str:
    """A cell as typed: whole numbers without a point, no exponents, days and times in ISO 8601."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip() if isinstance(value, str | int | timedelta) else ""
