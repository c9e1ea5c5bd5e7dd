"""Markdown read into a small tree of plain dicts, from which page, mail and PDF are all made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias, TypedDict, cast

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.footnote import footnote_plugin

Align = Literal["start", "center", "end"]
Inline: TypeAlias = "Text | Marked | Link | Code | Break | Footnote"
Block: TypeAlias = "Paragraph | Heading | List | Quote | Table | Rule"


class Text(TypedDict):
    """Literal characters; never markup."""

    type: Literal["text"]
    text: str


class Marked(TypedDict):
    """Stressed text: strong is set in bold, emphasis in italics."""

    type: Literal["strong", "emphasis"]
    inlines: list[Inline]


class Link(TypedDict):
    """A link; the address is percent-encoded, has no white space, and is http, https or mailto."""

    type: Literal["link"]
    url: str
    inlines: list[Inline]


class Code(TypedDict):
    """Characters to be shown as they are."""

    type: Literal["code"]
    text: str


class Break(TypedDict):
    """A line break the author asked for."""

    type: Literal["break"]


class Footnote(TypedDict):
    """A reference to note `number` (from 1); `blocks` is empty when the note was referred to `again`."""

    type: Literal["footnote"]
    number: int
    again: bool
    blocks: list[Block]


class Paragraph(TypedDict):
    """Running text."""

    type: Literal["paragraph"]
    inlines: list[Inline]


class Heading(TypedDict):
    """A heading; levels begin at 1 and never skip one, whatever was typed (asked by PDF/UA-1, WCAG 1.3.1)."""

    type: Literal["heading"]
    level: int
    inlines: list[Inline]


class List(TypedDict):
    """A list; `start` is the first number of an ordered one; `tight`: no blank lines between items."""

    type: Literal["list"]
    ordered: bool
    start: int
    tight: bool
    items: list[list[Block]]


class Quote(TypedDict):
    """A quotation."""

    type: Literal["quote"]
    blocks: list[Block]


class Table(TypedDict):
    """A table: one header row, then rows of the same width; `align` has one entry a column."""

    type: Literal["table"]
    align: list[Align]
    header: list[list[Inline]]
    rows: list[list[list[Inline]]]


class Rule(TypedDict):
    """A thematic break."""

    type: Literal["rule"]


def blocks(text: str) -> list[Block]:
    """Return the Markdown text as a JSON-ready tree. Any string is accepted; raw HTML is literal text."""
    return _Reader(SyntaxTreeNode(PARSER.parse(text))).body


def code_lines(text: str) -> set[int]:
    """Return the numbers (from 0) of the lines that stand in code blocks, fenced or indented."""
    tokens = (token for token in PARSER.parse(text) if token.type in ("fence", "code_block") and token.map)
    return {line for token in tokens for line in range(*cast("list[int]", token.map))}


def _safe(url: str) -> bool:
    """Say whether a link may be live. A letter leaves its site, so relative addresses are refused too."""
    return re.match(r"(?:https?://|mailto:)[^\s/]", url, re.IGNORECASE) is not None


def _parser() -> MarkdownIt:
    options = {"html": False, "linkify": False, "typographer": False}
    parser = MarkdownIt("commonmark", options).enable("table").use(footnote_plugin)
    # A refused address leaves the typed characters standing, which is what a moderator should see.
    parser.validateLink = _safe  # type: ignore[method-assign]
    return parser


PARSER = _parser()


class _Reader:
    """Walks markdown-it's tree in reading order, so that headings and notes are numbered as they are met."""

    def __init__(self, root: SyntaxTreeNode) -> None:
        self.outline: list[int] = []
        self.noting = False
        self.numbers: dict[int, int] = {}
        self.notes = {
            note.meta["id"]: note
            for part in root.children
            if part.type == "footnote_block"
            for note in part.children
        }
        self.body = self.blocks(part for part in root.children if part.type != "footnote_block")

    def blocks(self, nodes: Iterable[SyntaxTreeNode]) -> list[Block]:
        return [block for node in nodes if (block := self.block(node)) is not None]

    def block(self, node: SyntaxTreeNode) -> Block | None:
        match node.type:
            case "heading":
                return self.heading(int(node.tag[1:]), self.inline_of(node))
            case "bullet_list" | "ordered_list":
                return self.list_of(node)
            case "blockquote":
                return {"type": "quote", "blocks": self.blocks(node.children)}
            case "table":
                return self.table(node)
            case "hr":
                return {"type": "rule"}
            case "fence" | "code_block":
                return {"type": "paragraph", "inlines": list(_code(node.content))}
            case "paragraph":
                return {"type": "paragraph", "inlines": self.inline_of(node)}
        return None

    def heading(self, typed: int, inlines: list[Inline]) -> Block:
        if self.noting:  # a heading inside a note would tear the outline of the letter
            return {"type": "paragraph", "inlines": [{"type": "strong", "inlines": inlines}]}
        while self.outline and self.outline[-1] >= typed:
            self.outline.pop()
        self.outline.append(typed)
        return {"type": "heading", "level": len(self.outline), "inlines": inlines}

    def list_of(self, node: SyntaxTreeNode) -> Block:
        items = [self.blocks(item.children) for item in node.children]
        tight = all(
            part.hidden for item in node.children for part in item.children if part.type == "paragraph"
        )
        start = int(node.attrs.get("start", 1))
        return {
            "type": "list",
            "ordered": node.type == "ordered_list",
            "start": start,
            "tight": tight,
            "items": items,
        }

    def table(self, node: SyntaxTreeNode) -> Block:
        rows = [row for part in node.children for row in part.children]
        header, *rest = [[self.inline_of(cell) for cell in row.children] for row in rows]
        return {
            "type": "table",
            "align": [_align(cell) for cell in rows[0].children],
            "header": header,
            "rows": rest,
        }

    def inline_of(self, node: SyntaxTreeNode) -> list[Inline]:
        return self.inlines(inner for child in node.children for inner in child.children)

    def inlines(self, nodes: Iterable[SyntaxTreeNode]) -> list[Inline]:
        merged: list[Inline] = []
        for inline in (found for node in nodes for found in self.inline(node)):
            if inline["type"] == "text" and merged and merged[-1]["type"] == "text":
                merged[-1] = {"type": "text", "text": merged[-1]["text"] + inline["text"]}
            else:
                merged.append(inline)
        return merged

    def inline(self, node: SyntaxTreeNode) -> Iterator[Inline]:
        match node.type:
            case "text" | "text_special":
                yield {"type": "text", "text": node.content}
            case "softbreak":
                yield {"type": "text", "text": " "}
            case "hardbreak":
                yield {"type": "break"}
            case "code_inline":
                yield {"type": "code", "text": node.content}
            case "strong":
                yield {"type": "strong", "inlines": self.inlines(node.children)}
            case "em":
                yield {"type": "emphasis", "inlines": self.inlines(node.children)}
            case "link":
                yield {"type": "link", "url": str(node.attrs["href"]), "inlines": self.inlines(node.children)}
            case "image":  # a letter loads nothing from elsewhere: the words stand for the picture
                yield from self.inlines(node.children)
            case "footnote_ref" if not self.noting:
                yield self.footnote(node.meta["id"])

    def footnote(self, key: int) -> Inline:
        again = key in self.numbers
        number = self.numbers.setdefault(key, len(self.numbers) + 1)
        self.noting = True  # notes inside notes are dropped: one that names itself would never end
        note: list[Block] = [] if again else self.blocks(self.notes[key].children)
        self.noting = False
        return {"type": "footnote", "number": number, "again": again, "blocks": note}


def _code(content: str) -> Iterator[Inline]:
    for number, line in enumerate(content.rstrip("\n").split("\n")):
        if number:
            yield {"type": "break"}
        yield {"type": "code", "text": line}


def _align(cell: SyntaxTreeNode) -> Align:
    style = str(cell.attrs.get("style", ""))
    return "end" if "right" in style else "center" if "center" in style else "start"
