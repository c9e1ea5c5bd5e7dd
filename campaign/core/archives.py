"""Zipped sheets (XLSX, ODS) looked through before they are parsed: real sizes, and cells that would expand.

The sizes a zip file states are not believed: each member is inflated here, piece by piece, and thrown away.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from campaign.core.errors import InvalidInput

ZIP_MARK = b"PK\x03\x04"
MAX_MEMBERS = 2_000
MAX_INFLATED = 60_000_000
MAX_RATIO = 200
MAX_AREA = 2_000_000
_PIECE = 1 << 18
_LONGEST_TAG = 1 << 16
_LOCAL_HEADER = 30
_ENCRYPTED = 1

_DAMAGED = "The file is damaged or is not a sheet."
_BOMB = "The file expands to more than can be read."
_CELL = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,4})(\d{1,10})["']""")
_ODS_TAG = re.compile(
    rb"""<table:(?:table-|covered-table-)(?P<what>row|cell)(?P<attributes>(?:"[^"]*"|'[^']*'|[^>"'])*?)(?P<empty>/?)>"""
)
_REPEATED = re.compile(rb"""table:number-(?:rows|columns)-repeated\s*=\s*["']\s*(\d{1,12})""")


def check_archive(content: bytes, rows: int) -> None:
    """Raises InvalidInput unless the zip is safe to hand to a parser, for a sheet of at most `rows` rows."""
    try:
        members = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise InvalidInput(_DAMAGED) from error
    if len(members) > MAX_MEMBERS:
        raise InvalidInput(_BOMB)
    if any(member.filename.lower().endswith("workbook.bin") for member in members):
        raise InvalidInput("This is a binary Excel file (.xlsb); please save it as .xlsx.")
    total = 0
    for member in members:
        total += _check_member(content, member, MAX_INFLATED - total, rows)


def _check_member(content: bytes, member: zipfile.ZipInfo, allowed: int, rows: int) -> int:
    """The member's real size. Each member is looked through: a workbook may keep a sheet under any name."""
    extent = _Extent(rows)
    size = 0
    for piece in _inflated(content, member):
        size += len(piece)
        if size > min(allowed, max(1_000_000, MAX_RATIO * member.compress_size)):
            raise InvalidInput(_BOMB)
        extent.see(piece)
    extent.end()
    return size


def _inflated(content: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member's bytes as they really are, in pieces; InvalidInput for what no office program writes."""
    if member.flag_bits & _ENCRYPTED:
        raise InvalidInput("The file has a password; please save it without one.")
    header = content[member.header_offset : member.header_offset + _LOCAL_HEADER]
    if header[:4] != ZIP_MARK or len(header) < _LOCAL_HEADER:
        raise InvalidInput(_DAMAGED)
    start = member.header_offset + _LOCAL_HEADER + int.from_bytes(header[26:28], "little")
    start += int.from_bytes(header[28:30], "little")
    packed = content[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        yield packed
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        yield from _deflated(packed)
    else:
        raise InvalidInput(_DAMAGED)


def _deflated(packed: bytes) -> Iterator[bytes]:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while packed and not engine.eof:
            yield engine.decompress(packed, _PIECE)
            packed = engine.unconsumed_tail
    except zlib.error as error:
        raise InvalidInput(_DAMAGED) from error


class _Extent:
    """How far a sheet's cells reach: parsers allocate the whole rectangle and repeat cells when told to."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._row = self._column = 1
        self._tail = b""
        # Where the reader of an ODS stands: rows before this one, how often this one counts, columns so far.
        self._above, self._times, self._left = 0, 1, 0

    def see(self, piece: bytes) -> None:
        """Takes the next piece of a member; raises InvalidInput for a DTD or a cell beyond the limits."""
        text = self._tail + piece
        cut = max(text.rfind(b"<"), len(text) - _LONGEST_TAG)
        text, self._tail = text[:cut], text[cut:]
        self._read(text)

    def end(self) -> None:
        """Takes what is left when the member ends."""
        self._read(self._tail)

    def _read(self, text: bytes) -> None:
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise InvalidInput(_DAMAGED)
        for letters, number in _CELL.findall(text):
            self._reach(int(number), _column_number(letters))
        for tag in _ODS_TAG.finditer(text) if b"<table:" in text else ():
            self._step(tag["what"], tag["attributes"], bool(tag["empty"]))

    def _step(self, what: bytes, attributes: bytes, empty: bool) -> None:
        """One row or cell of an ODS; only a cell with something in it makes the sheet reach that far."""
        repeated = _REPEATED.search(attributes)
        times = int(repeated[1]) if repeated else 1
        if what == b"row":
            self._above, self._times, self._left = self._above + self._times, times, 0
            return
        self._left += times
        if not empty or b"value" in attributes:
            self._reach(self._above + self._times - 1, self._left)

    def _reach(self, row: int, column: int) -> None:
        self._row, self._column = max(self._row, row), max(self._column, column)
        if self._row > self._rows or self._row * self._column > MAX_AREA:
            raise InvalidInput("The sheet has cells too far down or too far to the right.")


def _column_number(letters: bytes) -> int:
    """The number of a spreadsheet column: A is 1, Z 26, AA 27; nothing is 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return max(number, 1)
