"""Zipped sheets (XLSX, ODS) looked through before they are parsed: real sizes, and cells that would expand.

The sizes a zip file states are not believed: each member is inflated here, piece by piece, and thrown away.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from campaign.core.errors import InvalidInput
from campaign.core.extents import BOMB, DAMAGED, Extent, Texts

ZIP_MARK = b"PK\x03\x04"
MAX_MEMBERS = 2_000
MAX_INFLATED = 60_000_000
MAX_RATIO = 200
_PIECE = 1 << 18
_LOCAL_HEADER = 30
_END_MARK = b"PK\x05\x06"
_END = 22
_ENCRYPTED = 1


def check_archive(content: bytes, rows: int) -> None:
    """Raises InvalidInput unless the zip is safe to hand to a parser, for a sheet of at most `rows` rows."""
    _check_end(content)
    try:
        members = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise InvalidInput(DAMAGED) from error
    if len(members) > MAX_MEMBERS:
        raise InvalidInput(BOMB)
    if any(member.filename.lower().endswith("workbook.bin") for member in members):
        raise InvalidInput("This is a binary Excel file (.xlsb); please save it as .xlsx.")
    texts, total = Texts(), 0
    for member in members:
        extent = Extent(rows, texts)
        total += _check_member(content, member, MAX_INFLATED - total, extent)
    texts.check()


def _check_end(content: bytes) -> None:
    """Raises InvalidInput unless the file ends with one plain directory of its members.

    Where a file has two, or a comment after it, programs differ in which one they believe: we would look
    through other members than those the parser then reads.
    """
    end = content[-_END:]
    size, start = int.from_bytes(end[12:16], "little"), int.from_bytes(end[16:20], "little")
    if end[:4] != _END_MARK or end[20:22] != b"\0\0" or start + size != len(content) - _END:
        raise InvalidInput(DAMAGED)


def _check_member(content: bytes, member: zipfile.ZipInfo, allowed: int, extent: Extent) -> int:
    """The member's real size. Each member is looked through: a workbook may keep a sheet under any name."""
    size = 0
    for piece in _inflated(content, member):
        size += len(piece)
        if size > min(allowed, max(1_000_000, MAX_RATIO * member.compress_size)):
            raise InvalidInput(BOMB)
        extent.see(piece)
    extent.end()
    return size


def _inflated(content: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member's bytes as they really are, in pieces; InvalidInput for what no office program writes."""
    if member.flag_bits & _ENCRYPTED:
        raise InvalidInput("The file has a password; please save it without one.")
    header = content[member.header_offset : member.header_offset + _LOCAL_HEADER]
    if header[:4] != ZIP_MARK or len(header) < _LOCAL_HEADER:
        raise InvalidInput(DAMAGED)
    start = member.header_offset + _LOCAL_HEADER + int.from_bytes(header[26:28], "little")
    start += int.from_bytes(header[28:30], "little")
    packed = content[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        yield packed
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        yield from _deflated(packed)
    else:
        raise InvalidInput(DAMAGED)


def _deflated(packed: bytes) -> Iterator[bytes]:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while packed and not engine.eof:
            yield engine.decompress(packed, _PIECE)
            packed = engine.unconsumed_tail
    except zlib.error as error:
        raise InvalidInput(DAMAGED) from error
