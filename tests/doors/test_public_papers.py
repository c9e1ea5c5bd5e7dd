"""Word file and PDF for a board: the whole text, in its language and direction, and nobody's data."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pypdf
import pytest
from docx import Document
from flask.testing import FlaskClient

from campaign.core.word import WordFile
from campaign.editions import own_copy, text_copy
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


def said_in(content: bytes) -> str:
    """What a PDF says, on one line."""
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_the_same_text_can_be_had_as_a_pdf_in_each_language(client: FlaskClient) -> None:
    letter = make_letter(texts={"en": TEXT, "fr": "Nous demandons."}, titles={"en": "Open", "fr": "Ouvrez"})
    make_signature(letter, organisation="Canary Union")
    answer = client.get(f"/letters/{letter.slug}/letter.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Open-en.pdf"'
    assert "public" in answer.headers["Cache-Control"]
    said = said_in(answer.data)
    for there in (
        "Open",
        "[how many have signed]",
        "Council note.",
        "Amira Example",
        "version 1 of the text",
    ):
        assert there in said
    assert f"/letters/{letter.slug}" in said.replace(" ", "")
    assert "Canary" not in said
    assert "SHA-256" not in said
    assert "Nous demandons." in said_in(client.get(f"/fr/letters/{letter.slug}/letter.pdf").data)


def test_a_pdf_is_printed_once_for_the_same_words(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = make_letter(texts={"en": "Once and for all."})
    first = client.get(f"/letters/{letter.slug}/letter.pdf").data
    make_signature(letter)
    monkeypatch.setattr(text_copy, "printed", lambda *_: pytest.fail("it was there"))
    assert client.get(f"/letters/{letter.slug}/letter.pdf").data == first


def test_while_another_is_printed_one_is_asked_to_come_back(client: FlaskClient) -> None:
    letter = make_letter(texts={"en": "A text that nobody printed before."})
    with own_copy._printing:
        answer = client.get(f"/letters/{letter.slug}/letter.pdf")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_script_that_no_font_has_is_offered_as_a_word_file(client: FlaskClient) -> None:
    letter = make_letter(texts={"en": "\U000f0000"})
    answer = client.get(f"/letters/{letter.slug}/letter.pdf")
    assert (answer.status_code, answer.location) == (307, f"/letters/{letter.slug}/letter.docx")


def test_a_private_letters_pdf_says_so_and_names_no_address(client: FlaskClient) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE)
    key = private_key(share(letter.hosts[0], COORDINATOR))
    answer = client.get(f"/p/{key}/letter.pdf")
    said = said_in(answer.data)
    assert "Draft for sign-on. Not published. Please do not post." in said
    assert key not in said
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert client.get(f"/letters/{letter.slug}/letter.pdf").status_code == 404


def test_above_the_form_stands_what_one_needs_before_signing_in_this_order(client: FlaskClient) -> None:
    letter = make_letter(deadline=datetime(2100, 1, 31, 17, tzinfo=UTC), time_zone="Asia/Bahrain")
    page = client.get(f"/letters/{letter.slug}/sign").text
    stem = f'href="/letters/{letter.slug}'
    above = (
        *("Sign for your organisation", "not as a person", f'{stem}">Read it first', f'{stem}/letter.pdf"'),
        *(f'{stem}/letter.docx"', "Harbour Rights Watch", "20:00 (Bahrain", "May it still change?", "<form"),
    )
    places = [page.index(words, page.index("<main")) for words in above]
    assert places == sorted(places)
