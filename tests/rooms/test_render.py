"""The edition's PDF: what it says, how it is tagged, that it is the same each time, and how it fails."""

import copy
import io
import os
import re
import select
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from fontTools.ttLib import TTFont

from campaign.core.markdown import blocks
from campaign.editions import render, typeset
from campaign.editions.glyphs import FONTS, font_files, uncovered
from campaign.editions.render import MissingGlyphs, RenderFailed, pdf
from tests.rooms.printing import COUNTRIES, NAMES, SHA256, document, pages, roles


@pytest.fixture(scope="module")
def english() -> bytes:
    return pdf(document())


def test_the_letter_says_all_it_should(english: bytes) -> None:
    text = "\n".join(pages(english))
    made = document()
    said = [made["place_and_date"], made["subject"], made["salutation"], made["closing"], made["edition"]]
    said += ["HRI/2020/07", "Ms Sample", "High Commissioner", "Beta", "Alex Sample", "Permanent Mission"]
    said += [
        "An opening of your own",
        "With a note of its own.",
        "According to published facts.",
        "A quotation.",
    ]
    said += [
        "Annexed words.",
        "10 groups from 5 countries",
        "Hosts are not counted.",
        "Two more are not named.",
    ]
    said += [*COUNTRIES, *(f"Sample organisation {number:05d}" for number in range(1, 11))]
    assert [each for each in said if each and each not in text] == []
    assert "None" not in text


def test_every_page_has_its_foot_and_only_the_last_the_hash(english: bytes) -> None:
    found = pages(english)
    for number, page in enumerate(found, 1):
        assert f"Page {number} of {len(found)}" in page
        assert "HRI/2020/07 · 9f2c 4b7a 1e0d" in page
        assert page.count("Demonstration only.") == 1
    assert [page.count(SHA256) for page in found] == [0] * (len(found) - 1) + [1]


def test_it_is_tagged_archivable_and_dated_as_the_document(english: bytes) -> None:
    with pikepdf.open(io.BytesIO(english)) as opened:
        metadata = opened.open_metadata()
        assert metadata["pdfuaid:part"] == "1"
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        assert metadata["dc:title"] == "Stop the executions"
        assert str(opened.Root.Lang) == "en"
        assert bool(opened.Root.MarkInfo.Marked)
        assert bool(opened.Root.ViewerPreferences.DisplayDocTitle)
        assert str(opened.docinfo["/CreationDate"]).startswith("D:20200203090000")


def test_headings_lists_tables_and_notes_are_real_ones(english: bytes) -> None:
    found = roles(english)
    assert (found["/H1"], found["/H3"]) == (1, len(COUNTRIES))
    assert found["/H2"] == 3  # the letter's own, the annex, the signatories
    assert found["/LI"] == 10 + 3 + 2  # names, the letter's list, cc and enclosures
    assert (found["/Table"], found["/TH"], found["/Note"]) == (1, 2, 2)
    assert found["/Link"] >= 4


def test_the_same_document_gives_the_same_bytes(english: bytes) -> None:
    assert pdf(document()) == english
    assert pdf(document(subject="Another")) != english


def places(page: bytes) -> dict[str, float]:
    """Return where on the first page, in points from the left, each run of text begins."""
    found: dict[str, float] = {}

    def seen(text: str, matrix: list[float], text_matrix: list[float], *_font: Any) -> None:
        if text.strip():
            found.setdefault(text.strip(), text_matrix[4] * matrix[0] + matrix[4])

    pypdf.PdfReader(io.BytesIO(page)).pages[0].extract_text(visitor_text=seen)
    return found


def test_arabic_is_mirrored_and_keeps_its_letters(english: bytes) -> None:
    listed = [{"number": 1, "name": NAMES[3], "other": "A, Ltd.", "new": False}]
    made = document(
        language="ar",
        direction="rtl",
        subject="خطر وشيك",
        opening=blocks("نكتب إليكم **علناً** بشأن *العهد*."),
        groups=[{"heading": "الأردن", "count": 1, "names": listed}],
    )
    page = pdf(made)
    text = unicodedata.normalize("NFKC", "".join(pages(page)))
    letters = Counter(char for char in text if char in "ةظمنل")
    assert letters["ظ"] >= 1
    assert "A, Ltd." in text
    with pikepdf.open(io.BytesIO(page)) as opened:
        assert str(opened.Root.Lang) == "ar"
    middle = 297.6
    left_to_right, right_to_left = places(english), places(page)
    assert left_to_right["Alpha"] < middle < right_to_left["Alpha"]
    assert left_to_right["Gamma"] > middle > right_to_left["Gamma"]


def test_a_name_in_any_script_we_carry_is_printed() -> None:
    assert uncovered("".join(NAMES)) == ""
    listed = [
        {"number": number, "name": name, "other": None, "new": False} for number, name in enumerate(NAMES, 1)
    ]
    page = pdf(document(groups=[{"heading": "World", "count": len(NAMES), "names": listed}]))
    text = "".join(pages(page))
    for name in NAMES[:3]:
        assert name in text


def test_what_no_font_covers_is_refused_before_typesetting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "_run", lambda *_args: pytest.fail("typeset all the same"))
    made = document()
    made["groups"][0]["names"][0]["other"] = "人権団体 and more 人"
    with pytest.raises(MissingGlyphs) as failed:
        pdf(made)
    assert failed.value.characters == "人権団体"
    assert "U+4EBA" in failed.value.reason


def test_invisible_characters_are_never_missing() -> None:
    assert uncovered("a\u200d\u200f\u2068b\n\t\u00ad\ufe0f") == ""
    assert uncovered("\U000f0000 \u0378") == "\U000f0000\u0378"


def font_of(character: str, file: Path) -> None:
    """Write a font of its own name that has the character: the Thai one with a letter at another place."""
    with TTFont(FONTS / "NotoSerifThai-Regular.ttf") as font:
        glyph = font.getBestCmap()[ord("ก")]
        for table in font["cmap"].tables:
            table.cmap = {ord(character): glyph}
        for record in font["name"].names:
            if record.nameID in (1, 4, 6, 16):
                record.string = "Further"
        font.save(file)


def test_further_fonts_count(tmp_path: Path) -> None:
    further = tmp_path / "further.ttf"
    font_of("人", further)
    made = document(1, subject="人")
    for named in (tmp_path, further):  # Typst takes folders only: a file stands for its folder
        assert font_files((named,))[-1] == further
        assert "人" in pages(pdf(made, fonts=(named,)))[0]
    with pytest.raises(MissingGlyphs):
        pdf(made)


def test_without_our_fonts_no_empty_pages_are_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(render, "font_folders", lambda _fonts: [tmp_path])
    with pytest.raises(RenderFailed, match="Missing fonts: Noto"):
        pdf(document(1))


def test_a_list_in_order_of_signing_has_one_run_of_numbers() -> None:
    made = document(6, flat=True)
    made["groups"].reverse()
    text = pages(pdf(made))[-1]
    assert not [country for country in COUNTRIES if country in text]
    assert re.findall(r"organisation (\d+)", text) == [f"{number:05d}" for number in range(1, 7)]


@pytest.mark.parametrize("names", [1, 3, 90, 150, 197, 205, 213, 400])
def test_every_length_of_list_is_complete_and_in_order(names: int) -> None:
    page = pdf(document(names, annexes=[], body=blocks("Short.")))
    found = pages(page)
    numbers = [int(number) for number in re.findall(r"Sample organisation (\d+)", "\n".join(found))]
    assert numbers == list(range(1, names + 1))
    assert len(found) <= 2 + names // 80
    assert all(re.search(r"Sample organisation", each) for each in found[1:])
    assert roles(page)["/LI"] == names + 2


def test_a_new_name_has_a_word_beside_it_and_the_page_says_since_when() -> None:
    note = "New since list no. 1 of 3 February 2020: marked “new”."
    made = document(6, new_note=note)
    for group in made["groups"][:2]:
        group["names"][0]["new"] = True
        group["names"][0]["other"] = NAMES[3]
    page = pdf(made)
    text = " ".join(pages(page)[-1].replace("\u2060", "").split())
    assert note in text
    assert re.findall(r"organisation (\d+) new", text) == ["00001", "00003"]
    with pikepdf.open(io.BytesIO(page)) as opened:
        assert opened.open_metadata()["pdfuaid:part"] == "1"
    assert roles(page)["/LI"] == 6 + 3 + 2


def test_without_names_no_mark_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "NAMES_PRINTED", 9)
    assert "New since" not in "\n".join(pages(pdf(document(new_note="New since list no. 1"))))


def test_too_many_names_become_figures_and_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "NAMES_PRINTED", 9)
    text = "\n".join(pages(pdf(document())))
    assert "Sample organisation" not in text
    assert "The list is at letters.example.org." in text
    assert "Argentina" in text


def test_the_list_is_not_linked_when_it_is_printed(english: bytes) -> None:
    assert "The list is at" not in "\n".join(pages(english))


def test_the_barest_document_is_printed() -> None:
    bare = dict.fromkeys(("reference", "addressee", "salutation", "closing", "headline", "list_note"))
    none: dict[str, Any] = {
        name: [] for name in ("opening", "body", "signers", "cc", "enclosures", "annexes")
    }
    page = pdf(document(**bare, **none, groups=[], unnamed_note=None, notice=None, list_link=None))
    assert "Two men at risk" in pages(page)[0]
    assert len(pages(page)) == 1


def test_words_are_never_markup() -> None:
    typed = '#panic("x") *a* _b_ $c$ @d <e> \\ // f'
    made = document(subject=typed, body=blocks("`" + typed + "`"))
    made["groups"][0]["names"][0]["name"] = typed
    text = "\n".join(pages(pdf(made)))
    assert text.count('#panic("x") *a* _b_ $c$ @d <e>') == 3


def test_the_child_adds_nothing_but_limits(monkeypatch: pytest.MonkeyPatch, english: bytes) -> None:
    given: list[bytes] = []
    monkeypatch.setattr(render, "_run", lambda _command, document, _seconds: given.append(document) or b"")
    pdf(document())
    template = Path("templates/edition/letter.typ").resolve()
    assert typeset.typeset(str(template), [str(FONTS)], given[0]) == english


def test_too_little_memory_is_a_reason_not_a_crash() -> None:
    with pytest.raises(RenderFailed, match="memory"):
        pdf(document(2000), memory_mb=64)


def test_too_much_processor_time_is_stopped() -> None:
    made = document(15_000)
    with pytest.raises(RenderFailed, match=r"time|longer"):
        pdf(made, seconds=1, memory_mb=1024)


def test_a_child_that_hangs_is_ended_with_all_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hanging = tmp_path / "hang.py"
    note = tmp_path / "child"
    hanging.write_text(
        "import os, pathlib, signal\n"
        "child = os.fork()\n"
        f"if child: pathlib.Path({str(note)!r}).write_text(str(child))\n"
        "signal.pause()\n"
    )
    monkeypatch.setattr(render, "_TYPESET", hanging)
    with pytest.raises(RenderFailed, match="longer than 1 seconds"):
        pdf(document(1), seconds=1)
    assert ended(int(note.read_text()))


def ended(pid: int) -> bool:
    """Whether a process ends within ten seconds; it was told to before, and may need a moment."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)


def test_a_document_typst_refuses_says_why() -> None:
    made = copy.deepcopy(document())
    made["document_title"] = ""
    with pytest.raises(RenderFailed, match="title"):
        pdf(made)
