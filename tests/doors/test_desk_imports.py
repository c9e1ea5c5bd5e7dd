"""Sheets of sign-ons at the desk: understood, shown line by line, corrected, brought in, taken back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.outbox.models import Mail
from campaign.sheets import operations
from campaign.signing.models import Import, Signature
from campaign.signing.rules import Evidence, ImportState, SignatureStatus, Source
from campaign.tally.queries import letter_figures
from tests.doors.desk_kit import base, followed, post, seal, words
from tests.factories import make_command, make_edition, make_letter, make_listing, make_signature

pytestmark = pytest.mark.usefixtures("app_sqlite")
SHEET = """Our sign-ons,,,
Timestamp,Name of your organisation,Country,Email Address
2026-02-03,Ferns of the North,Peru,ferns@example.org
2026-02-03,Mosses together,Gondor,mosses@example.org
2026-02-03,Lichen friends,gondor,
2026-02-03,Ferns of the north!,Peru,
2026-02-03,,Kenya,nobody@example.org
2026-02-03,Algae,Kenya,algae at example
2026-02-03,Known already,Kenya,
"""


@pytest.fixture
def letter() -> Letter:
    """With one signatory of the sheet on its list."""
    letter = make_letter()
    make_signature(letter, organisation="Known already", country_code="KE")
    return letter


@pytest.fixture
def browser(client: FlaskClient, signed_in: Callable[..., User]) -> FlaskClient:
    """A coordinator's."""
    signed_in(client)
    return client


def bring(browser: FlaskClient, letter: Letter, content: bytes, name: str = "answers.csv") -> TestResponse:
    """Send a file."""
    fields = {"csrf_token": seal(browser), "file": (io.BytesIO(content), name)}
    return browser.post(f"{base(letter)}/import", data=fields, buffered=True)


def kept(browser: FlaskClient, letter: Letter, lines: str = SHEET, encoding: str = "utf-8") -> str:
    """The page of a sheet that was brought."""
    answer = bring(browser, letter, lines.encode(encoding))
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def form(browser: FlaskClient, page: str) -> dict[str, Any]:
    """The fields of the sheet's form as a browser would send them, without buttons and ticks."""
    html = browser.get(page).text
    html = html[html.index('class="import"') : html.index("</form>", html.index('class="import"'))]
    fields: dict[str, Any] = {}
    for select_, options in re.findall(r'<select[^>]*name="([^"]+)".*?>(.*?)</select>', html, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        fields[select_] = [chosen[1] if chosen else ""]
    for tag in re.findall(r"<input[^>]*>", html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checked" in tag or not re.search(r'type="(checkbox|radio)"', tag)):
            fields.setdefault(name[1], []).append(value[1] if value else "")
    return {name: sent[0] if sent[1:] == [] else sent for name, sent in fields.items()}


def send(browser: FlaskClient, page: str, what: str, **changes: Any) -> TestResponse:
    return post(browser, page, **(form(browser, page) | {"do": what} | changes))


def sheet() -> Import:
    db.session.expire_all()
    return db.session.scalars(select(Import)).one()


def test_a_sheet_is_understood_before_anything_is_written(browser: FlaskClient, letter: Letter) -> None:
    page = kept(browser, letter)
    shown = words(browser.get(page))
    for said in (
        "row 2: Timestamp · Name of your organisation",
        "3 comes in",
        "1 signed already",
        "1 repeated in the sheet",
        "2 cannot be read",
        "2 without a country",
        "Organisation: the name is missing",
        "Mail address: this is not a mail address “algae at example”",
        "“Gondor” × 2",
        "Bring in 3 sign-ons",
    ):
        assert said in shown
    fields = form(browser, page)
    assert [fields[f"column-{n}"] for n in range(4)] == ["", "organisation", "country", "email"]
    assert db.session.scalars(select(Signature)).one().name == "Known already"
    assert b"Ferns" not in bytes(db.session.execute(text("SELECT content FROM imports")).scalar_one())


def test_bad_lines_are_left_out_and_countries_chosen_for_all_lines(
    browser: FlaskClient, letter: Letter
) -> None:
    page = kept(browser, letter)
    refused = send(browser, page, "bring_in", basis="They answered our form.")
    assert refused.status_code == 422
    assert "Leave out the lines that cannot be read" in words(refused)
    assert "They answered our form." in refused.text
    wrong = send(browser, page, "look", **{"country@4": "Narnia"})
    assert (wrong.status_code, "Narnia" in wrong.text) == (422, True)
    assert "We do not know this country" in words(wrong)
    again = followed(browser, send(browser, page, "look", leave_out_bad="y", **{"country@4": "Colombia"}))
    assert "cannot be read" not in again.replace("lines that cannot be read", "")
    assert "2 without a country" not in again
    assert form(browser, page)["country@4"] == "Colombia"
    assert "2 left out" in again
    without = send(browser, page, "bring_in")
    assert (without.status_code, "Say how the organisations agreed." in words(without)) == (422, True)
    done = followed(browser, send(browser, page, "bring_in", basis="They answered our form."))
    assert "3 sign-ons brought in: 3 wait at the desk." in done
    assert "They answered our form." in done
    found = db.session.scalars(select(Signature).where(Signature.source == Source.IMPORT)).all()
    assert [(s.name, s.country_code, s.status, s.evidence, s.import_line) for s in found] == [
        ("Ferns of the North", "PE", SignatureStatus.PENDING, Evidence.VOUCHED, 3),
        ("Mosses together", "CO", SignatureStatus.PENDING, Evidence.VOUCHED, 4),
        ("Lichen friends", "CO", SignatureStatus.PENDING, Evidence.VOUCHED, 5),
    ]
    over = sheet()
    assert (over.state, over.content, over.created_by is not None) == (ImportState.DONE, None, True)
    assert {s.import_id for s in found} == {over.id}
    assert "answers.csv line 3" in words(browser.get(f"{base(letter)}/queue"))
    assert db.session.scalars(select(Mail).where(Mail.kind == "confirmation")).all()[1:] == []


def test_left_out_lines_can_be_taken_in_again(browser: FlaskClient, letter: Letter) -> None:
    page = kept(browser, letter)
    send(browser, page, "look", left_out=["3", "7", "8"])
    fields = form(browser, page)
    assert fields["left_out_shown"] == "3 7 8"
    send(browser, page, "look", left_out=["7", "8"])
    assert sheet().settings["left_out"] == "7 8"


def test_they_count_at_once_or_are_asked(browser: FlaskClient, letter: Letter) -> None:
    page = kept(browser, letter)
    send(browser, page, "look", left_out=["7", "8"])
    said = followed(browser, send(browser, page, "bring_in", basis="By mail.", arrival="count"))
    assert "3 sign-ons brought in: 3 count now." in said
    assert letter_figures(letter.id).signatories == 4
    second = kept(browser, letter, "Organisation,Mail\nSedges,sedges@example.org\nRushes,\n")
    said = followed(browser, send(browser, second, "bring_in", basis="By mail.", arrival="ask"))
    assert "2 sign-ons brought in: 1 is asked to confirm, 1 waits at the desk." in said
    asked = db.session.scalars(select(Signature).where(Signature.name == "Sedges")).one()
    assert asked.status is SignatureStatus.UNVERIFIED
    assert [m.recipient for m in db.session.scalars(select(Mail))][-1] == "sedges@example.org"
    third = kept(browser, letter, "Organisation,Mail\nSedges,sedges@example.org\nRushes,\n")
    assert "2 signed already" in words(browser.get(third))


def test_wrong_guesses_are_put_right(browser: FlaskClient, letter: Letter) -> None:
    content = "Group name;Where\nÑandú;Perú\nPerú verde;Perú\n"
    page = kept(browser, letter, content, "cp1252")
    assert form(browser, page)["encoding"] == "cp1252"
    shown = followed(browser, send(browser, page, "look", encoding="cp1250"))
    assert "Ńandú" in shown
    send(browser, page, "look", encoding="cp1252")
    send(browser, page, "look", **{"column-0": "", "column-1": "organisation"})
    assert sheet().mapping == {"organisation": "Where"}
    assert "1 comes in" in words(browser.get(page))
    send(browser, page, "look", **{"column-0": "organisation", "column-1": "country"})
    assert "2 comes in" in words(browser.get(page))
    send(browser, page, "look", heading="2")
    assert sheet().mapping == {}
    assert "We do not know which column holds the organisation" in words(browser.get(page))
    refused = send(browser, page, "look", **{"column-0": "country", "column-1": "country"})
    assert (refused.status_code, "chosen for this already" in words(refused)) == (422, True)
    broken = send(browser, page, "look", encoding="utf-8")
    assert (broken.status_code, "not text in UTF-8" in words(broken)) == (422, True)


def test_what_was_not_seen_is_not_brought_in(browser: FlaskClient, letter: Letter) -> None:
    page = kept(browser, letter, "Organisation,Other\nFerns,Mosses\n")
    changed = {"column-0": "", "column-1": "organisation", "basis": "By mail."}
    said = followed(browser, send(browser, page, "bring_in", **changed))
    assert "understood in another way before" in said
    assert sheet().state is ImportState.UPLOADED
    followed(browser, send(browser, page, "bring_in"))
    assert db.session.scalars(select(Signature.name).where(Signature.import_line == 2)).one() == "Mosses"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("", b"", "Please choose a file."),
        ("a.pdf", b"%PDF-1.7", "Only CSV, XLSX and ODS files can be read."),
        ("a.csv", b"", "The file has no rows."),
        ("a.csv", b"x" * 100_001, "This file is larger than"),
        ("a.csv", b"a\n" + b"b\n" * 20_001, "more than 20,000 lines"),
        ("a.xlsx", b"PK\x03\x04", "damaged"),
    ],
)
def test_what_is_no_sheet_is_refused_on_the_page(
    browser: FlaskClient,
    letter: Letter,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes,
    said: str,
) -> None:
    monkeypatch.setattr(operations, "LARGEST", 100_000)
    answer = bring(browser, letter, content, name)
    assert answer.status_code == 422
    assert said in words(answer)
    assert db.session.scalars(select(Import)).all() == []


def test_a_sheet_is_given_up(browser: FlaskClient, letter: Letter) -> None:
    page = kept(browser, letter)
    assert "is given up" in followed(browser, send(browser, page, "give_up"))
    over = sheet()
    assert (over.state, over.content, over.mapping) == (ImportState.CANCELLED, None, {})
    late = post(browser, page, do="bring_in")
    assert "the file is no longer kept" in followed(browser, late).lower()
    assert "given up" in words(browser.get(page))


def test_a_whole_sheet_is_taken_back_while_nothing_was_frozen(browser: FlaskClient, letter: Letter) -> None:
    page = kept(browser, letter, "Organisation,Country\nFerns,Peru\nMosses,Kenya\n")
    followed(browser, send(browser, page, "bring_in", basis="By mail.", arrival="count"))
    assert letter_figures(letter.id).signatories == 3
    said = followed(browser, post(browser, f"{page}/take-back"))
    assert "is taken back" in said
    assert letter_figures(letter.id).signatories == 1
    gone = db.session.scalars(select(Signature).where(Signature.import_id.is_not(None))).all()
    assert {s.status for s in gone} == {SignatureStatus.INVALIDATED}
    assert len({s.decision for s in gone}) == 1
    again = kept(browser, letter, "Organisation,Country\nFerns,Peru\nMosses,Kenya\n")
    followed(browser, send(browser, again, "bring_in", basis="By mail.", arrival="count"))
    assert letter_figures(letter.id).signatories == 3
    make_edition(letter, rendered=False)
    refused = followed(browser, post(browser, f"{again}/take-back"))
    assert "an edition was frozen since" in refused.lower()
    assert "cannot be taken back as a whole" in refused
    assert letter_figures(letter.id).signatories == 3


def test_another_letters_sheet_is_not_found(browser: FlaskClient, letter: Letter) -> None:
    page = kept(browser, letter).replace(letter.slug, make_letter().slug)
    assert browser.get(page).status_code == 404
    assert post(browser, page, do="give_up").status_code == 404
    assert post(browser, f"{page}/take-back").status_code == 404


def test_why_a_line_is_like_another_is_said_by_the_names_that_are(
    browser: FlaskClient, letter: Letter
) -> None:
    """By one in another script, of the sheet or known from before; or by a website that both have."""
    known = make_listing(
        organisation="Ostrela",
        country_code="PE",
        organisation_other="Острела",
        website="https://ostrela.example",
    )
    make_signature(letter, command=make_command(known))
    page = kept(
        browser,
        letter,
        "Organisation,Name in another language,Country,Website\n"
        "Reed Readers,Σκαλάρι Φίλων,Greece,\n"
        "Skalari Filon,,Greece,\n"
        "Острела фонд,,Peru,\n"
        "Quite another name,,Peru,www.ostrela.example\n",
    )
    said = words(browser.get(page))
    assert "Skalari Filon Greece possible duplicate like Reed Readers the same words, in other forms" in said
    assert "Острела фонд Peru possible duplicate like Ostrela" in said
    assert "too little in common" not in said
    assert "nothing in common" not in said
    site = "the same website or mail domain: ostrela.example"
    assert f"Quite another name Peru possible duplicate like Ostrela {site}" in said


def test_whose_answer_is_no_yes_is_not_published(browser: FlaskClient, letter: Letter) -> None:
    """Nor where the sheet says nothing; where a letter shows every name, such a line cannot come in."""
    lines = "Organisation,Country,May we publish your name?\nReed,Peru,Yes\nRush,Peru,No\nSedge,Peru,\n"
    page = kept(browser, letter, lines)
    assert "2 not to be published" in words(browser.get(page))
    send(browser, page, "bring_in", basis="They answered.", arrival="count")
    shown = dict(db.session.execute(select(Signature.name, Signature.visibility)).all())
    assert (shown["Reed"], shown["Rush"], shown["Sedge"]) == ("public", "unnamed", "unnamed")
    plain = make_letter(visibilities=(Visibility.PUBLIC,))
    said = words(browser.get(kept(browser, plain, lines)))
    assert "Rush Peru May the name be published (yes or no): this is no yes, and the letter shows" in said
