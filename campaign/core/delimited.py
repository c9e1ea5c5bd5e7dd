"""CSV as people save it: its delimiter found out, its records numbered."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from campaign.core.errors import InvalidInput

DELIMITERS = ",;\t|"
_OWN = DELIMITERS + ":^~"  # what the file's own line may name
_NONE = "\t"  # parts nothing in a file of one column
_LOOKED_AT = 50  # records are enough to tell a delimiter from a comma within names and numbers
_LONGEST_SAMPLE = 200_000


def guessed(text: str) -> str:
    """The delimiter that parts most records into the same number of cells; Excel's "sep=;" decides."""
    own, text = _own_line(text)
    if own:
        return own
    sample = text[:_LONGEST_SAMPLE]
    fits = {delimiter: _fit(sample, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: fits[delimiter])
    lines = sum(not line.isspace() for line in sample.splitlines()[:_LOOKED_AT])
    # One column of names, some of them with commas, is not parted by the commas.
    return best if fits[best][2] or 2 * fits[best][0] >= lines else _NONE


def _fit(sample: str, delimiter: str) -> tuple[int, int, int]:
    """How well a delimiter fits.

    Records of the commonest width above one, that width, and how often it stands in the first line.
    """
    widths: Counter[int] = Counter()
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=True)
    with suppress(csv.Error):  # a stray quote, or the sample's end within one: what came before it counts
        widths.update(len(cells) for cells in islice(reader, _LOOKED_AT) if any(cells))
    first = sample.lstrip("\r\n").partition("\n")[0]
    unquoted = "".join(first.split('"')[::2])
    width, records = max(
        ((w, n) for w, n in widths.items() if w > 1), key=lambda found: (found[1], found[0]), default=(1, 0)
    )
    return records, width, unquoted.count(delimiter)


def records(text: str, delimiter: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Each record's number, from 1, blank lines counted, and trimmed cells; InvalidInput on a stray quote.

    Excel's own line ("sep=;") is no record, as spreadsheet programs do not show it either.
    """
    own, rest = _own_line(text)
    delimiter = delimiter or own or guessed(rest)
    if delimiter not in _OWN:
        raise InvalidInput("There is no such delimiter.", "delimiter")
    number = 0
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(rest, newline=""), delimiter=delimiter, strict=True), 1
        ):
            yield number, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise InvalidInput(
            "Row %(row)d cannot be read; is a quotation mark left open?", row=number + 1
        ) from error


def _own_line(text: str) -> tuple[str | None, str]:
    """The delimiter that Excel's first line "sep=;" names, if there is one, and the text after it."""
    first, _, rest = text.lstrip("\r\n").partition("\n")
    first = first.rstrip("\r")
    if first.lower().startswith("sep=") and len(first) == 5 and first[4] in _OWN:
        return first[4], rest
    return None, text
