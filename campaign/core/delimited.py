"""CSV as people save it: its encoding and delimiter found out, its records numbered."""

import csv
import io
from collections.abc import Iterator

from campaign.core.errors import InvalidInput

_DELIMITERS = ",;\t|"


def decoded(content: bytes) -> str:
    """Text in UTF-8 or UTF-16, or else in Windows' Western code page, which is what older Excel writes."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _decoded_as(content, encoding)
    if unmarked := _unmarked_utf16(content[:200]):
        return _decoded_as(content, unmarked)
    try:
        return _decoded_as(content, "utf-8")
    except InvalidInput:
        return _decoded_as(content, "cp1252")


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: in mostly Western text every other byte is NUL, and none of the rest."""
    first, second = head[::2].count(0), head[1::2].count(0)
    if min(first, second) or 4 * max(first, second) < len(head) or not head:
        return None
    return "utf-16-be" if first else "utf-16-le"


def _decoded_as(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "The file is not text in an encoding we know; please save it as CSV UTF-8."
        ) from error
    if "\0" in text:
        raise InvalidInput("This is not a text file; only CSV, XLSX and ODS files can be read.")
    return text


def records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record's number, from 1, blank lines counted, and trimmed cells; InvalidInput on a stray quote."""
    delimiter, text = _delimiter(text)
    number = 0
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
        ):
            yield number, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise InvalidInput(f"Row {number + 1} cannot be read; is a quotation mark left open?") from error


def _delimiter(text: str) -> tuple[str, str]:
    """The delimiter that parts the first line into most cells, and the text; Excel's "sep=;" decides."""
    first, _, rest = text.lstrip("\r\n").partition("\n")
    if first.lower().startswith("sep=") and len(first.rstrip("\r")) == 5:
        return first[4], rest
    unquoted = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=unquoted.count), text
