"""The Word file for a board: the whole text, in its language and direction, and nobody's data."""

from __future__ import annotations

import io
import zipfile

import pytest
from docx import Document
from flask.testing import FlaskClient

from campaign.core.word import WordFile
from campaign.letters.operations import share
from campaign.letters.queries import private_key
from campaign.letters.rules import Circulation
from tests.factories import COORDINATOR, make_letter, make_signature

pytestmark = pytest.mark.usefixtures("app_sqlite")
TEXT = """We, {groups}, ask **you** to open *the* [harbour](https://harbour.example.org).[^1]

3. first
4. second

- a point

| Year | Boats |
|------|-------|
| 2019 | 4     |

> It has been closed.

[^1]: Council note.
"""


def read(content: bytes) -> list[str]:
    """The paragraphs and table cells of a file."""
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [p.text for p in document.paragraphs if p.text] + cells


def test_the_whole_text_is_there_with_figures_numbers_and_notes(client: FlaskClient) -> None:
    letter = make_letter(texts={"en": TEXT})
    make_signature(letter, organisation="Canary Union")
    answer = client.get(f"/letters/{letter.slug}/letter.docx")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Open-the-harbour-en.docx"'
    found = read(answer.data)
    assert "Open the harbour" in found
    assert "We, 1 group, ask you to open the harbour <https://harbour.example.org>.1" in found
    for line in (
        "3. first",
        "4. second",
        "• a point",
        "It has been closed.",
        "1. Council note.",
        "Boats",
        "4",
    ):
        assert line in found
    assert not [line for line in found if "Canary" in line]


def test_an_arabic_file_is_turned_round_in_every_paragraph() -> None:
    paper = WordFile("أوقفوا", "ar", rtl=True)
    paper.heading("أوقفوا")
    paper.markdown("نحن\n\n- نقطة")
    xml = zipfile.ZipFile(io.BytesIO(paper.content())).read("word/document.xml").decode()
    assert xml.count("<w:p>") == xml.count("<w:bidi/>") == 3
    assert xml.count("<w:rtl/>") >= 3
    styles = zipfile.ZipFile(io.BytesIO(paper.content())).read("word/styles.xml").decode()
    assert 'w:bidi="ar"' in styles


def test_no_person_or_time_is_in_the_file() -> None:
    paper = WordFile("A title", "en", rtl=False)
    core = zipfile.ZipFile(io.BytesIO(paper.content())).read("docProps/core.xml").decode()
    assert "python-docx" not in core
    assert "1970-01-01" in core


def test_a_private_letters_file_says_so_and_answers_under_its_key_alone(client: FlaskClient) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE)
    key = private_key(share(letter.hosts[0], COORDINATOR))
    answer = client.get(f"/p/{key}/letter.docx")
    assert read(answer.data)[0] == "Draft for sign-on. Not published. Please do not post."
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert client.get(f"/letters/{letter.slug}/letter.docx").status_code == 404
