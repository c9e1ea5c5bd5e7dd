"""A text as a Word document (.docx), for boards that decide on paper: no author, no time, no macros in it."""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from campaign.core.markdown_blocks import Block, Inline, Link, Marked, blocks

_QUIET = RGBColor(0x5C, 0x58, 0x4F)


class WordFile:
    """A document written from top to bottom. `language` is a BCP 47 tag; `rtl` turns paragraphs round."""

    def __init__(self, title: str, language: str, rtl: bool) -> None:
        self._rtl, self._notes = rtl, list[tuple[int, list[Block]]]()
        self._file = Document()
        section = self._file.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
            setattr(section, side, Mm(25))
        normal = self._file.styles["Normal"]
        normal.font.name, normal.font.size = "Noto Serif", Pt(11)
        self._speak(normal.element.get_or_add_rPr(), language)
        facts = self._file.core_properties
        facts.title, facts.language = title, language
        facts.author = facts.last_modified_by = facts.comments = ""
        facts.created = facts.modified = datetime(1970, 1, 1, tzinfo=UTC)

    def line(self, words: str, quiet: bool = False) -> None:
        """A paragraph of plain words."""
        run = self._paragraph().add_run(words)
        self._turn(run)
        if quiet:
            run.font.color.rgb = _QUIET

    def heading(self, words: str, level: int = 1) -> None:
        """A heading; 1 is the letter's title."""
        paragraph = self._file.add_heading(level=level)
        self._lay(paragraph)
        self._turn(paragraph.add_run(words))

    def markdown(self, text: str) -> None:
        """A letter's text, its footnotes at the end of it."""
        self._write(blocks(text))
        for number, note in self._notes:
            paragraph = self._paragraph()
            self._turn(paragraph.add_run(f"{number}. "))
            for block in note:
                if block["type"] == "paragraph":
                    self._inlines(paragraph, block["inlines"])
        self._notes.clear()

    def content(self) -> bytes:
        """The file."""
        buffer = io.BytesIO()
        self._file.save(buffer)
        return buffer.getvalue()

    def _write(self, found: Iterable[Block], style: str | None = None) -> None:
        for block in found:
            if block["type"] == "paragraph":
                self._inlines(self._paragraph(style), block["inlines"])
            elif block["type"] == "heading":
                paragraph = self._file.add_heading(level=min(block["level"] + 1, 9))
                self._lay(paragraph)
                self._inlines(paragraph, block["inlines"])
            elif block["type"] == "list":
                for number, item in enumerate(block["items"], block["start"]):
                    self._item(f"{number}." if block["ordered"] else "•", item)
            elif block["type"] == "quote":
                self._write(block["blocks"], "Quote")
            elif block["type"] == "table":
                self._table([block["header"], *block["rows"]])

    def _item(self, mark: str, found: Sequence[Block]) -> None:
        """An item with its mark as text: Word's own numbers would go on from one list to the next."""
        paragraph = self._paragraph("List Paragraph")
        self._turn(paragraph.add_run(f"{mark} "))
        if found and found[0]["type"] == "paragraph":
            self._inlines(paragraph, found[0]["inlines"])
            found = found[1:]
        self._write(found, "List Paragraph")

    def _table(self, rows: Sequence[Sequence[Sequence[Inline]]]) -> None:
        table = self._file.add_table(rows=len(rows), cols=max(map(len, rows)), style="Table Grid")
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, inlines in zip(row.cells, cells, strict=False):
                self._lay(cell.paragraphs[0])
                self._inlines(cell.paragraphs[0], inlines)

    def _inlines(self, paragraph: Paragraph, found: Iterable[Inline], bold: bool = False) -> None:
        for inline in found:
            if inline["type"] == "text" or inline["type"] == "code":
                self._turn(paragraph.add_run(inline["text"])).bold = bold or None
            elif inline["type"] == "break":
                paragraph.add_run().add_break()
            elif inline["type"] == "footnote":
                self._turn(paragraph.add_run(str(inline["number"]))).font.superscript = True
                if not inline["again"]:
                    self._notes.append((inline["number"], inline["blocks"]))
            else:
                self._around(paragraph, inline, bold)

    def _around(self, paragraph: Paragraph, inline: Marked | Link, bold: bool) -> None:
        """What holds other words: emphasis, and links, whose address is printed."""
        before = len(paragraph.runs)
        self._inlines(paragraph, inline["inlines"], bold or inline["type"] == "strong")
        if inline["type"] == "emphasis":
            for run in paragraph.runs[before:]:
                run.italic = True
        elif inline["type"] == "link":
            self._turn(paragraph.add_run(f" <{inline['url']}>")).font.color.rgb = _QUIET

    def _paragraph(self, style: str | None = None) -> Paragraph:
        paragraph = self._file.add_paragraph(style=style)
        self._lay(paragraph)
        return paragraph

    def _lay(self, paragraph: Paragraph) -> None:
        """Set the paragraph's direction: Word calls the start of a line "left" in both."""
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT
        if self._rtl:
            paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))

    def _turn(self, run: Run) -> Run:
        if self._rtl:
            run._r.get_or_add_rPr().append(OxmlElement("w:rtl"))
        return run

    def _speak(self, properties: object, language: str) -> None:
        """Name the language, so that it is spelt and read aloud rightly."""
        element = OxmlElement("w:lang")
        for name in ("w:val", "w:bidi") if self._rtl else ("w:val",):
            element.set(qn(name), language)
        properties.append(element)  # type: ignore[attr-defined]
