"""Letters are typed in Markdown: from one reading come the page, the mail, the PDF's data and bare words."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby

import nh3
from flask_babel import gettext as _
from markupsafe import Markup, escape

from campaign.core.markdown_blocks import Block, Inline, List, Table, blocks, code_lines
from campaign.core.markdown_text import plain, words

__all__ = ["Block", "Inline", "blocks", "fill", "html", "plain", "words"]

_PLACEHOLDER = re.compile(r"\{(groups|countries)\}")
# CommonMark 2.1 and 6.1: what ends a line; and that a code span ends with as many backticks as it began with,
# within its paragraph, and begins with none that is escaped.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_CODE_SPAN = re.compile(r"\\.|(`+)(?!`)(?:(?!\n[ \t]*\n).)*?(?<!`)\1(?!`)|`+", re.DOTALL)
_REL = "noopener noreferrer nofollow"
_TAGS = {
    *("p", "h2", "h3", "h4", "h5", "h6", "ol", "ul", "li", "blockquote", "hr", "br", "strong", "em", "code"),
    *("table", "thead", "tbody", "tr", "th", "td", "a", "sup", "section"),
}
_ATTRIBUTES = {
    "a": {"href", "id", "role", "aria-label"},
    "li": {"id"},
    "ol": {"start"},
    "section": {"role", "aria-label", "class"},
    "th": {"scope", "class"},
    "td": {"class"},
}


def html(text: str, notes: str = "note") -> Markup:
    """Return the Markdown text as safe HTML: headings from h2 on, notes at the end with links back.

    Raw HTML in the text is shown as typed, never live. `notes` is the stem of the notes' ids; give two texts
    on one page different ones. Labels are in the current locale.
    """
    page = _Page(notes)
    body = page.blocks(blocks(text)) + page.endnotes()
    # All text was escaped above; the sanitiser is there for the mistake that is made here one day.
    clean = nh3.clean(
        body, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=_REL
    )
    return Markup(clean)  # noqa: S704  # nosec B704


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the Markdown text with `{groups}` and `{countries}` replaced by `values`, outside code.

    Other braces and placeholders without a value stay as they are; a value is literal text, never Markdown.
    """
    code = code_lines(text)
    lines = enumerate(_LINE.findall(text))
    runs = groupby(lines, lambda numbered: numbered[0] in code)
    return "".join(
        _fill_run("".join(line for _number, line in run), values, code=is_code) for is_code, run in runs
    )


def _fill_run(text: str, values: Mapping[str, str], *, code: bool) -> str:
    if code:
        return text
    filled, end = "", 0
    for found in _CODE_SPAN.finditer(text):
        filled += _fill_words(text[end : found.start()], values) + found.group()
        end = found.end()
    return filled + _fill_words(text[end:], values)


def _fill_words(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: _as_markdown(values.get(found[1]), found[0]), text)


def _as_markdown(value: str | None, otherwise: str) -> str:
    return otherwise if value is None else re.sub(r"([\\`*_\[\]<>&{}|~#])", r"\\\1", " ".join(value.split()))


class _Page:
    """Sets blocks as HTML, keeping the notes met on the way for the end."""

    def __init__(self, stem: str) -> None:
        self.stem = stem
        self.notes: list[tuple[int, list[Block]]] = []

    def blocks(self, found: Iterable[Block]) -> str:
        return "".join(map(self.block, found))

    def block(self, block: Block) -> str:
        match block["type"]:
            case "paragraph":
                return f"<p>{self.line(block['inlines'])}</p>\n"
            case "heading":
                level = min(block["level"] + 1, 6)
                return f"<h{level}>{self.line(block['inlines'])}</h{level}>\n"
            case "list":
                return self.list_of(block)
            case "quote":
                return f"<blockquote>{self.blocks(block['blocks'])}</blockquote>\n"
            case "table":
                return self.table(block)
            case "rule":
                return "<hr>\n"

    def list_of(self, block: List) -> str:
        tag = "ol" if block["ordered"] else "ul"
        start = f' start="{block["start"]}"' if block["ordered"] and block["start"] != 1 else ""
        items = "".join(f"<li>{self.item(item, tight=block['tight'])}</li>\n" for item in block["items"])
        return f"<{tag}{start}>\n{items}</{tag}>\n"

    def item(self, found: list[Block], *, tight: bool) -> str:
        return "".join(
            self.line(block["inlines"]) if tight and block["type"] == "paragraph" else self.block(block)
            for block in found
        )

    def table(self, block: Table) -> str:
        classes = [f' class="{align}"' if align != "start" else "" for align in block["align"]]
        head = "".join(
            f'<th scope="col"{extra}>{self.line(cell)}</th>'
            for extra, cell in zip(classes, block["header"], strict=True)
        )
        rows = ""
        for row in block["rows"]:
            cells = zip(classes, row, strict=True)
            rows += f"<tr>{''.join(f'<td{extra}>{self.line(cell)}</td>' for extra, cell in cells)}</tr>\n"
        return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"

    def line(self, inlines: Iterable[Inline]) -> str:
        return "".join(map(self.inline, inlines))

    def inline(self, inline: Inline) -> str:
        match inline["type"]:
            case "text":
                return str(escape(inline["text"]))
            case "code":
                return f"<code>{escape(inline['text'])}</code>"
            case "break":
                return "<br>\n"
            case "link":
                return f'<a href="{escape(inline["url"])}">{self.line(inline["inlines"])}</a>'
            case "strong":
                return f"<strong>{self.line(inline['inlines'])}</strong>"
            case "emphasis":
                return f"<em>{self.line(inline['inlines'])}</em>"
            case "footnote":
                return self.reference(inline["number"], None if inline["again"] else inline["blocks"])

    def reference(self, number: int, note: list[Block] | None) -> str:
        name = f"{self.stem}-{number}"
        anchor = ""
        if note is not None:  # the way back from a note leads to the first place that refers to it
            self.notes.append((number, note))
            anchor = f' id="{name}-ref"'
        return f'<sup><a{anchor} href="#{name}" role="doc-noteref">{number}</a></sup>'

    def endnotes(self) -> str:
        if not self.notes:
            return ""
        items = "".join(self.endnote(number, note) for number, note in self.notes)
        label = escape(_("Notes"))
        section = f'<section class="notes" role="doc-endnotes" aria-label="{label}">'
        return f"{section}\n<ol>\n{items}</ol>\n</section>\n"

    def endnote(self, number: int, note: list[Block]) -> str:
        name = f"{self.stem}-{number}"
        label = escape(_("Back to where note %(number)s stands in the text", number=number))
        back = f' <a href="#{name}-ref" role="doc-backlink" aria-label="{label}">↩</a>'
        last = ""
        if note and note[-1]["type"] == "paragraph":
            last, note = self.line(note[-1]["inlines"]), note[:-1]
        return f'<li id="{name}">{self.blocks(note)}<p>{last}{back}</p></li>\n'
