"""Markdown as plain text: wrapped for mails, and as bare words for searching and for checking glyphs."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from campaign.core.markdown_blocks import Block, Inline, List, Table, blocks

# Scripts written without spaces may be broken between any two characters (roughly UAX 14's class ID).
_WIDE = "\u2e80-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
_PIECES = re.compile(f"[{_WIDE}]|[^{_WIDE}]+")
_INDENT = 4
_UNWRAPPED = 1_000_000


def words(text: str) -> str:
    """Return what a reader sees of the text: a line for each block, notes included, no addresses of links."""
    return "\n".join(_block_words(blocks(text)))


def plain(text: str, width: int = 72) -> str:
    """Return the Markdown text as plain text, wrapped at `width` columns, without a final line break.

    A link is `text <address>`; an address is never broken, and neither is a word, so a line can be longer
    than `width`. Footnotes are `[1]` in the text and collected at its end.
    """
    page = _Page()
    lines = page.stack(blocks(text), width)
    for number, note in page.notes:
        mark = f"[{number}] "
        lines += ["", *_hang(mark, page.stack(note, width - len(mark)))]
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def passages(text: str) -> list[str]:
    """Return the text as passages, one line each: paragraphs, items, rows, and the notes after all others.

    A link is `text <address>` and a footnote `[1]`, so that whoever compares two texts misses neither.
    """
    page = _Passages()
    lines = page.stack(blocks(text), _UNWRAPPED)
    for number, note in page.notes:
        lines += _hang(f"[{number}] ", page.stack(note, _UNWRAPPED))
    return [kept for line in lines if (kept := " ".join(line.split()))]


class _Page:
    """Sets blocks as lines, keeping the notes met on the way for the end."""

    def __init__(self) -> None:
        self.notes: list[tuple[int, list[Block]]] = []

    def stack(self, found: Sequence[Block], width: int, *, tight: bool = False) -> list[str]:
        """Return the blocks one under the other, a blank line between them unless `tight`."""
        lines: list[str] = []
        for block in found:
            lines += [""] if lines and not tight else []
            lines += self.block(block, width)
        return lines

    def block(self, block: Block, width: int) -> list[str]:
        match block["type"]:
            case "paragraph":
                return _wrap(self.line(block["inlines"]), width)
            case "heading":
                lines = _wrap(self.line(block["inlines"]), width)
                return [*lines, ("=" if block["level"] == 1 else "-") * max(map(_columns, lines))]
            case "list":
                return self.list_of(block, width)
            case (
                "quote"
            ):  # indented, since mail programs fold lines that begin with ">" away as an older message
                return _hang(" " * _INDENT, self.stack(block["blocks"], width - _INDENT))
            case "table":
                return self.table(block, width)
            case "rule":
                return ["* * *"]

    def list_of(self, block: List, width: int) -> list[str]:
        lines: list[str] = []
        for number, item in enumerate(block["items"], block["start"]):
            mark = f"{number}. " if block["ordered"] else "- "
            lines += [""] if lines and not block["tight"] else []
            lines += _hang(mark, self.stack(item, width - len(mark), tight=block["tight"]))
        return lines

    def table(self, block: Table, width: int) -> list[str]:
        """Set the table in columns, or, where it is too wide for them, row by row as `header: cell`."""
        rows = [
            [self.line(cell).replace("\n", " ") for cell in row] for row in [block["header"], *block["rows"]]
        ]
        widths = [max(map(_columns, column)) for column in zip(*rows, strict=True)]
        if sum(widths) + 2 * (len(widths) - 1) > width:
            return self.records(rows, width)
        lines = ["  ".join(map(_pad, row, widths, block["align"])) for row in rows]
        return [lines[0], "  ".join("-" * size for size in widths), *lines[1:]]

    def records(self, rows: list[list[str]], width: int) -> list[str]:
        header, *rest = rows
        lines: list[str] = []
        for row in rest or [[""] * len(header)]:
            lines += [""] if lines else []
            for name, cell in zip(header, row, strict=True):
                first, *more = _wrap(f"{name}: {cell}" if name else cell, width - 2) or [""]
                lines += [first, *(f"  {line}" for line in more)]
        return lines

    def line(self, inlines: Iterable[Inline]) -> str:
        return "".join(map(self.inline, inlines))

    def inline(self, inline: Inline) -> str:
        match inline["type"]:
            case "text" | "code":
                return inline["text"]
            case "break":
                return "\n"
            case "footnote":
                self.notes += [] if inline["again"] else [(inline["number"], inline["blocks"])]
                return f"[{inline['number']}]"
            case "link":
                text, url = self.line(inline["inlines"]), inline["url"].removeprefix("mailto:")
                return f"<{url}>" if text in ("", url, inline["url"]) else f"{text} <{url}>"
            case _:
                return self.line(inline["inlines"])


class _Passages(_Page):
    """Sets blocks as passages: nothing is drawn below a heading, and a table's rows are not padded."""

    def block(self, block: Block, width: int) -> list[str]:
        if block["type"] == "heading":
            return _wrap(self.line(block["inlines"]), width)
        return super().block(block, width)

    def table(self, block: Table, width: int) -> list[str]:
        return [" | ".join(map(self.line, row)) for row in [block["header"], *block["rows"]]]


def _wrap(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for part in text.split("\n"):
        line = ""
        for gap, piece in _pieces(part):
            if line and _columns(line + gap + piece) > width:
                lines.append(line)
                line = piece
            else:
                line += gap + piece if line else piece
        lines.append(line)
    return lines


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield what must stay together, each with the gap before it. A no-break space is no gap."""
    for word in re.split(r"[ \t]+", text):
        pieces = [word] if "://" in word else _PIECES.findall(word)
        for number, piece in enumerate(pieces):
            yield ("" if number else " "), piece


def _columns(text: str) -> int:
    """Return how many columns the text takes: two for wide characters, none for marks."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(each) in ("Mn", "Me", "Cf")
        else 1 + (unicodedata.east_asian_width(each) in "WF")
        for each in text
    )


def _pad(cell: str, width: int, align: str) -> str:
    room = width - _columns(cell)
    before = room if align == "end" else room // 2 if align == "center" else 0
    return " " * before + cell + " " * (room - before)


def _hang(mark: str, lines: list[str]) -> list[str]:
    """Put the mark before the first line and indent the others by its width."""
    first, *rest = lines or [""]
    return [mark + first, *(" " * len(mark) + line if line else "" for line in rest)]


def _block_words(found: Iterable[Block]) -> Iterator[str]:
    for block in found:
        match block["type"]:
            case "paragraph" | "heading":
                yield from _line_words(block["inlines"])
            case "list":
                for item in block["items"]:
                    yield from _block_words(item)
            case "quote":
                yield from _block_words(block["blocks"])
            case "table":
                for row in [block["header"], *block["rows"]]:
                    for cell in row:
                        yield from _line_words(cell)


def _line_words(inlines: Iterable[Inline]) -> Iterator[str]:
    notes: list[Block] = []
    yield "".join(_inline_words(inlines, notes))
    yield from _block_words(notes)


def _inline_words(inlines: Iterable[Inline], notes: list[Block]) -> Iterator[str]:
    for inline in inlines:
        match inline["type"]:
            case "text" | "code":
                yield inline["text"]
            case "break":
                yield " "
            case "footnote":
                notes += inline["blocks"]
            case _:
                yield from _inline_words(inline["inlines"], notes)
