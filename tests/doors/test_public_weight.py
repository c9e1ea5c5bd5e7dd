"""The sign page of a real letter is light in every language: 30 KiB with its style sheets, uncompressed."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from campaign.letters.drafts import HostDraft
from campaign.public.answers import slim
from campaign.web.language import INTERFACE
from tests.factories import make_letter

HEAVIEST = 30 * 1024
SHEET = re.compile(r'<link rel="stylesheet"\s+href="([^"]+)"')
HEADERS = 400  # octets that an answer has besides


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize("tag", INTERFACE)
def test_the_sign_page_is_light_and_needs_no_web_font(client: FlaskClient, tag: str) -> None:
    said = dict.fromkeys(("en", "fr", tag), "Stop what is about to happen to those whom nobody has heard")
    hosts = tuple(HostDraft(f"International Network of Example Harbours {n}") for n in range(3))
    letter = make_letter(titles=said, texts=said, hosts=hosts)
    stem = "" if tag == "en" else f"/{tag}"
    page = client.get(f"{stem}/letters/{letter.slug}/sign")
    sheets = SHEET.findall(page.text)
    assert sheets
    assert "font" not in page.text
    weights = [len(page.data), *(len(client.get(sheet, buffered=True).data) for sheet in sheets)]
    assert sum(weights) + HEADERS * len(weights) <= HEAVIEST, weights


def test_slimming_keeps_the_lines_of_fields_and_paragraphs() -> None:
    kept = "<textarea>\n  a\n\n  b</textarea>", '<p class="lines">one\n\n  two</p>', "<pre>\n  x</pre>"
    page = "<ul>\n    <li>a</li>\n\n  </ul>\n  ".join(kept)
    assert slim(page) == "<ul>\n<li>a</li>\n</ul>\n".join(kept)


def test_slimming_takes_lines_away_between_blocks_and_never_between_words() -> None:
    page = "<dl>\n  <dt>a</dt>\n  <dd>\n    b\n    <b>c</b>\n    <b>d</b>\n  </dd>\n</dl>\n<b>e</b>\n"
    assert slim(page) == "<dl><dt>a</dt><dd>\nb\n<b>c</b>\n<b>d</b></dd></dl><b>e</b>\n"


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize(
    ("tag", "script"), [("en", "latin"), ("fr", "latin"), ("ru", "cyrillic"), ("ar", "arabic")]
)
def test_a_page_asks_early_for_the_faces_of_its_own_script_alone(
    client: FlaskClient, tag: str, script: str
) -> None:
    faces = re.findall(r'fonts/(\S+)\.woff2"\s+as="font"', client.get(f"/?lang={tag}").text)
    own = [face for face in faces if face.endswith(script)]
    assert len(faces) == 4
    assert len(own) >= 2
    assert "NotoSerif-Regular.latin" not in faces or script == "latin"  # nobody would read it there
