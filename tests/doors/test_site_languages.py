"""Pages that are no letter's are in the language one comes from, and can be had in each other one."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from campaign.web.language import INTERFACE
from tests.doors.public_pages import send
from tests.factories import make_letter, make_signature

pytestmark = pytest.mark.usefixtures("app_sqlite")
PAGES = ("/", "/verify", "/signature", "/signature/sent")


@pytest.mark.parametrize("page", PAGES)
def test_each_offers_all_languages_by_whole_addresses(client: FlaskClient, page: str) -> None:
    text = client.get(page, headers={"Accept-Language": "ru"}).text
    assert '<html lang="ru"' in text
    for tag in INTERFACE:
        assert f'hreflang="{tag}"' in text
    assert 'href="http://localhost' + page + '?lang=ar"' in text


@pytest.mark.parametrize("page", PAGES)
def test_what_was_chosen_counts_more_than_what_the_browser_asks_for(client: FlaskClient, page: str) -> None:
    text = client.get(f"{page}?lang=ar", headers={"Accept-Language": "ru"}).text
    assert '<html lang="ar" dir="rtl"' in text
    assert 'href="/verify?lang=ar"' in text


def test_another_language_keeps_what_was_asked(client: FlaskClient) -> None:
    text = client.get(f"/verify?hash={'0' * 64}").text
    assert f"/verify?hash={'0' * 64}&amp;lang=fr" in text


def test_a_letter_leads_on_in_its_language(client: FlaskClient) -> None:
    letter = make_letter(titles={"en": "Open", "ar": "افتحوا"}, texts={"en": "We ask.", "ar": "نطلب."})
    assert 'href="/?lang=ar"' in client.get(f"/ar/letters/{letter.slug}").text


def test_a_form_answers_in_the_language_it_was_filled_in_in(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = send(client, "/signature?lang=fr", email="nobody")
    assert (refused.status_code, '<html lang="fr"' in refused.text) == (422, True)
    monkeypatch.setattr("campaign.web.forms.YOUNGEST_SECONDS", 0.0)
    sent = send(client, "/signature?lang=fr", email="ana@example.org")
    assert sent.location == "/signature/sent?lang=fr"


def test_what_a_stranger_asks_stays_an_argument(client: FlaskClient) -> None:
    text = client.get("/?_external=1&_scheme=javascript&_anchor=x").text
    assert "javascript:" not in text


@pytest.mark.parametrize("lang", ["tlh", "", "../x"])
def test_an_unknown_language_is_no_language(client: FlaskClient, lang: str) -> None:
    assert '<html lang="en"' in client.get("/", query_string={"lang": lang}).text


def test_a_letter_in_a_language_we_do_not_speak_is_marked_as_its_own(client: FlaskClient) -> None:
    """Our sentences are English then, and said to be; title and text are Persian, and run from the right."""
    letter = make_letter(original_language="fa", titles={"fa": "بندر را باز کنید"}, texts={"fa": "متن"})
    make_signature(letter)
    base, persian = f"/letters/{letter.slug}", ' lang="fa" dir="rtl">'
    page = client.get(base).text
    assert '<html lang="en" dir="ltr">' in page
    assert f"<h1{persian}بندر را باز کنید</h1>" in page
    assert f'<div class="text"{persian}' in page
    for path in ("sign", "signatories", "countries", "history", "privacy"):
        page = client.get(f"{base}/{path}").text
        assert '<html lang="en" dir="ltr">' in page
        assert f"{persian}بندر را باز کنید</a>" in page
    assert "<h1>Open the harbour</h1>" in client.get(f"/letters/{make_letter().slug}").text
