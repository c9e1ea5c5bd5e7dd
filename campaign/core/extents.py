"""How much a sheet's XML makes of itself when it is read: how far cells reach, how often texts repeat.

Readers allocate the whole rectangle of cells, copy a shared text into each cell that names it, and repeat
cells, rows and spaces when told to. So a file of a few kilobytes can ask for more memory than there is.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from operator import mul, sub

from campaign.core.errors import InvalidInput
from campaign.core.sentences import Sentence

MAX_AREA = 1_000_000  # cells of the rectangle
MAX_TEXT = 60_000_000  # characters in all cells together
MAX_TEXTS = 500_000  # shared texts
MAX_SHEETS = 1_000
_MOST_SPACES = 1_000
_LONGEST_TAG = 1 << 16

DAMAGED = Sentence("The file is damaged or is not a sheet.")
BOMB = Sentence("The file expands to more than can be read.")
_FAR = Sentence("The sheet has cells too far down or too far to the right.")
_PREFIX = rb"<(?:[\w.-]+:)?"
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,4})(\d{1,10})["']""")
_CELL = re.compile(_PREFIX + rb"c[\s/>]")
_ROW = re.compile(_PREFIX + rb"row[\s/>]")
_VALUE = re.compile(_PREFIX + rb"v(?:\s[^>]*)?>\s*(\d{1,9}|&#|<!)")
_SHARED = re.compile(_PREFIX + rb"si[\s/>]")
_SHEET = re.compile(rb"<(?:[\w.-]+:)?(?:sheet|table:table)[\s/>]")
_ODS_TAG = re.compile(
    rb"""<table:(?:table-|covered-table-)(?P<what>row|cell)(?P<attributes>(?:"[^"]*"|'[^']*'|[^>"'])*?)(?P<empty>/?)>"""
)
_REPEATED = re.compile(rb"""table:number-(?:rows|columns)-repeated\s*=\s*["']\s*(\d{1,12})""")
_SPACES = re.compile(rb"""<text:s\s[^>]*text:c\s*=\s*["']\s*(\d{1,12})""")
# Instructions of XML that no office program writes into a sheet, and by which texts could hide from us.
_STRANGE = (b"<!DOCTYPE", b"<!ENTITY", b"<![CDATA[")


class Texts:
    """The shared texts of a workbook, how long each is, and how many cells name it."""

    def __init__(self) -> None:
        self._lengths = array("Q")
        self._uses = array("Q", bytes(8))

    def add(self, lengths: Iterable[int]) -> None:
        """More shared texts, each with the XML around it."""
        self._lengths.extend(lengths)
        if len(self._lengths) > MAX_TEXTS:
            raise InvalidInput(BOMB)

    def name(self, number: int, times: int) -> None:
        """So many cells hold this number, which may be that of a text."""
        if number >= MAX_TEXTS:
            return
        if number >= len(self._uses):
            self._uses.frombytes(bytes(8 * (number + 1 - len(self._uses))))
        self._uses[number] += times

    def check(self) -> None:
        """Raises InvalidInput when all cells together would hold too much text."""
        if sum(map(mul, self._lengths, self._uses)) > MAX_TEXT:
            raise InvalidInput(BOMB)


class Extent:
    """What one member of the file makes of itself, seen piece by piece; a sheet may have so many `rows`."""

    def __init__(self, rows: int, texts: Texts) -> None:
        self._rows, self._texts = rows, texts
        self._row = self._column = 1
        self._cells = self._lines = self._sheets = 0
        self._tail, self._offset = b"", 0
        self._text_at: int | None = None
        # Where the reader of an ODS stands: rows before this one, how often this one counts, columns so far;
        # how often the present cell counts, where its text begins, and how much text there was.
        self._above, self._times, self._left = 0, 1, 0
        self._cell_times, self._cell_at, self._weight = 0, 0, 0

    def see(self, piece: bytes) -> None:
        """Takes the next piece of a member; raises InvalidInput for what asks for too much."""
        text = self._tail + piece
        cut = max(text.rfind(b"<"), len(text) - _LONGEST_TAG)
        self._read(text[:cut])
        self._tail = text[cut:]
        self._offset += cut

    def end(self) -> None:
        """Takes what is left when the member ends."""
        self._read(self._tail)
        self._offset += len(self._tail)
        self._end_text(self._offset)
        self._weigh(self._offset)

    def _read(self, text: bytes) -> None:
        if b"<!" in text and any(strange in text for strange in _STRANGE):
            raise InvalidInput(DAMAGED)
        if places := _PLACE.findall(text):
            letters, numbers = zip(*places, strict=True)
            self._reach(max(map(int, numbers)), max(map(_column_number, set(letters))))
        self._count(text)
        self._name(text)
        if b"<table:" in text:
            self._open_document(text)

    def _count(self, text: bytes) -> None:
        """Cells, rows and sheets that say nothing about their place count too."""
        self._cells += len(_CELL.findall(text))
        self._lines += len(_ROW.findall(text))
        self._sheets += len(_SHEET.findall(text))
        if self._cells > MAX_AREA or self._lines > self._rows:
            raise InvalidInput(_FAR)
        if self._sheets > MAX_SHEETS:
            raise InvalidInput(BOMB)

    def _name(self, text: bytes) -> None:
        for value, times in Counter(_VALUE.findall(text)).items():
            if not value.isdigit():
                raise InvalidInput(DAMAGED)
            self._texts.name(int(value), times)
        if places := [self._offset + shared.start() for shared in _SHARED.finditer(text)]:
            self._end_text(places[0])
            self._texts.add(map(sub, places[1:], places[:-1]))
            self._text_at = places[-1]

    def _end_text(self, at: int) -> None:
        if self._text_at is not None:
            self._texts.add([at - self._text_at])
            self._text_at = None

    def _open_document(self, text: bytes) -> None:
        for tag in _ODS_TAG.finditer(text):
            self._weigh(self._offset + tag.start())
            self._step(tag["what"], tag["attributes"], bool(tag["empty"]))
            self._cell_at = self._offset + tag.end()
        if any(int(spaces) > _MOST_SPACES for spaces in _SPACES.findall(text)):
            raise InvalidInput(BOMB)

    def _weigh(self, at: int) -> None:
        """The present cell ends here."""
        self._weight += self._cell_times * (at - self._cell_at)
        self._cell_times = 0
        if self._weight > MAX_TEXT:
            raise InvalidInput(BOMB)

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
            self._cell_times = times * self._times
            self._weight += self._cell_times * len(attributes)

    def _reach(self, row: int, column: int) -> None:
        self._row, self._column = max(self._row, row), max(self._column, column)
        if self._row > self._rows or self._row * self._column > MAX_AREA:
            raise InvalidInput(_FAR)


def _column_number(letters: bytes) -> int:
    """The number of a spreadsheet column: A is 1, Z 26, AA 27; nothing is 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return max(number, 1)
