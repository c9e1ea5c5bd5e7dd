"""What pages say first, and where they lead when there is nothing to show, found by looking at each."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient

from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.letters.rules import Visibility
from tests.doors.public_pages import GOOD, send
from tests.factories import COORDINATOR, link_of, make_edition, make_letter, make_signature, make_signatures
from tests.rooms.text_kit import ask, path_of, revise

pytestmark = pytest.mark.usefixtures("app_sqlite")
BUTTON = '/sign">Sign for your organisation</a>'


def test_a_search_counts_what_it_found_and_not_the_country(client: FlaskClient) -> None:
    letter = make_letter()
    make_signatures(letter, ["KE", "KE"])
    make_signature(letter, organisation="Harbour Friends", country_code="KE")
    whole = client.get(f"/letters/{letter.slug}/signatories").text
    assert "<h3>Kenya <span>3</span></h3>" in whole
    assert "<h3>Kenya</h3>" in client.get(f"/letters/{letter.slug}/signatories?q=friends").text


def test_a_search_that_finds_nothing_says_what_to_try(client: FlaskClient) -> None:
    letter = make_letter()
    make_signature(letter)
    page = client.get(f"/letters/{letter.slug}/signatories?q=nobody").text
    assert "No name was found." in page
    assert "Please try fewer letters." in page
    assert "by name" not in page


def test_before_the_first_signature_nothing_is_counted_and_the_form_is_near(client: FlaskClient) -> None:
    letter = make_letter()
    root = f"/letters/{letter.slug}"
    text = client.get(root).text
    assert "We, [how many have signed] from [how many countries], ask you" in text
    assert "Search the signatories" not in text
    for page in ("/signatories", "/countries"):
        answer = client.get(root + page).text
        assert BUTTON in answer
        assert 'type="search"' not in answer
        assert "<table" not in answer
    letters.close(letter, COORDINATOR)
    db.session.commit()
    answer = client.get(f"{root}/signatories").text
    assert BUTTON not in answer
    assert "Back to the letter" in answer


def test_what_is_wrong_with_a_form_is_said_before_all_else(client: FlaskClient) -> None:
    letter = make_letter()
    page = send(client, f"/letters/{letter.slug}/sign", **GOOD | {"organisation": ""}).text
    assert page.index("</h1>") < page.index('id="summary"') < page.index('class="facts')


def test_a_question_stands_on_top_of_the_own_page(client: FlaskClient) -> None:
    signature = make_signature(make_letter())
    revise(signature.letter)
    ask()
    page = client.get(link_of(signature)).text
    assert page.index("</h1>") < page.index(path_of(signature)) < page.index('id="standing"')


def test_a_name_that_is_not_printed_is_not_shown_as_in_print(client: FlaskClient) -> None:
    letter = make_letter()
    for visibility, printed in ((Visibility.PUBLIC, True), (Visibility.UNNAMED, False)):
        page = client.get(link_of(make_signature(letter, visibility=visibility))).text
        assert ("This is how it will be printed" in page) is printed
        assert ("Counted, not named. Only the hosts know." in page) is not printed


def test_a_superseded_list_leads_to_the_newest(client: FlaskClient) -> None:
    letter = make_letter()
    first, second = make_edition(letter), make_edition(letter)
    newest = f'/letters/{letter.slug}/editions/2">'
    assert newest in client.get(f"/verify?hash={first.sha256}").text
    page = client.get(f"/verify?hash={second.sha256}").text
    assert page.count(newest) == 1
    assert "There is a later list" not in page


def test_place_and_day_are_joined_as_the_language_does(client: FlaskClient) -> None:
    letter = make_letter(
        titles={"en": "Open the harbour", "ar": "افتحوا الميناء"},
        texts={"en": "Please.", "ar": "رجاءً."},
        place="Geneva",
        date=date(2020, 2, 3),
    )
    assert '<p class="dateline">Geneva, 3 February 2020</p>' in client.get(f"/letters/{letter.slug}").text
    # An Arabic comma, after a mark that keeps it on the Arabic side of a Latin name.
    assert "Geneva\u200f، 3 فبراير 2020" in client.get(f"/ar/letters/{letter.slug}").text


def test_a_check_in_arabic_names_the_letter_in_arabic_where_it_is(client: FlaskClient) -> None:
    letter = make_letter(
        titles={"en": "Open the harbour", "ar": "افتحوا الميناء"}, texts={"en": "Please.", "ar": "رجاءً."}
    )
    edition = make_edition(letter)
    for lang, title in (("ar", "افتحوا الميناء"), ("fr", "Open the harbour")):
        assert f"<bdi>{title}</bdi>" in client.get(f"/verify?lang={lang}&hash={edition.sha256}").text


def test_what_was_found_is_the_first_thing_heard(client: FlaskClient) -> None:
    letter = make_letter()
    make_signatures(letter, ["KE", "KE"])
    edition = make_edition(letter)
    root = f"/letters/{letter.slug}"
    for path, heard in (
        (f"{root}/signatories?q=nobody", "No name was found. Signatories: Open the harbour"),
        (f"{root}/signatories?country=KE", "2 names found. Signatories: Open the harbour"),
        (f"{root}/signatories", "Signatories: Open the harbour"),
        (f"/verify?hash={edition.sha256}", "Genuine and current · Check a file or a hash"),
        (f"/verify?hash={'0' * 64}", "Unknown · Check a file or a hash"),
        ("/verify", "Check a file or a hash"),
    ):
        assert f"<title>{heard}</title>" in client.get(path).text, path
