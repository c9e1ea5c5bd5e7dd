"""What is passed on: the card in others' pages, the picture in chats, feed and sitemap, texts to copy."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from campaign.editions.card import LONGEST_TITLE, MOST_HOSTS, card_of, drawn
from campaign.letters.drafts import HostDraft
from campaign.letters.operations import share
from campaign.letters.queries import private_key
from campaign.letters.rules import Circulation, Visibility
from campaign.public.embedding import FRAMED
from tests.factories import COORDINATOR, make_edition, make_letter, make_signature, make_signatures

pytestmark = pytest.mark.usefixtures("app_sqlite")
PNG = b"\x89PNG\r\n\x1a\n"
ATOM, MAP = "{http://www.w3.org/2005/Atom}", "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def test_only_the_card_can_be_framed_and_it_holds_nothing_to_do_but_a_link(client: FlaskClient) -> None:
    letter = make_letter()
    make_signatures(letter, ["BH", "KE"])
    card = client.get(f"/letters/{letter.slug}/embed")
    assert card.status_code == 200
    assert card.headers["Content-Security-Policy"] == FRAMED
    assert "frame-ancestors *" in FRAMED
    assert "X-Frame-Options" not in card.headers
    assert not re.search("<(form|script|input|img)", card.text)
    assert f"/letters/{letter.slug}/sign" in card.text
    assert "<b>2</b> groups from <b>2</b> countries" in card.text
    page = client.get(f"/letters/{letter.slug}")
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_the_picture_is_a_picture_and_a_figure_on_it_comes_from_a_frozen_list(client: FlaskClient) -> None:
    letter = make_letter()
    make_signatures(letter, ["BH"])
    before = client.get(f"/letters/{letter.slug}/preview.png")
    assert (before.status_code, before.mimetype) == (200, "image/png")
    assert before.data.startswith(PNG)
    make_signatures(letter, ["KE"])
    assert client.get(f"/letters/{letter.slug}/preview.png").data == before.data
    make_edition(letter)
    assert client.get(f"/letters/{letter.slug}/preview.png").data != before.data


def test_a_card_of_many_hosts_and_an_endless_title_is_cut() -> None:
    hosts = [f"Sample host {n}" for n in range(MOST_HOSTS + 3)]
    card = card_of("Open letter", "x" * 400, hosts, None, "en", "ltr")
    assert len(card.title) == LONGEST_TITLE
    assert card.hosts.endswith("· …")
    assert drawn(card).startswith(PNG)
    assert drawn(card_of("رسالة مفتوحة", "أوقفوا", ["Sample"], "137", "ar", "rtl")).startswith(PNG)


def test_a_private_letter_unfurls_as_nothing_more_than_a_letter(client: FlaskClient) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE, titles={"en": "A secret title"})
    key = private_key(share(letter.hosts[0], COORDINATOR))
    page = client.get(f"/p/{key}").text
    assert 'content="A letter for your organisation"' in page
    assert not re.search(r'<meta property="og:[^>]*secret', page)
    assert "og:image" not in page
    for path in ("embed", "preview.png", "countries"):
        assert client.get(f"/letters/{letter.slug}/{path}").status_code == 404
    for path in ("/feed.atom", "/sitemap.xml"):
        assert letter.slug not in client.get(path).text


def test_the_feed_tells_of_letters_and_lists_newest_first(client: FlaskClient) -> None:
    letter = make_letter(titles={"en": "Open <the> harbour & more"})
    make_signatures(letter, ["BH"])
    make_edition(letter)
    feed = ElementTree.fromstring(client.get("/feed.atom").data)  # noqa: S314 -- our own answer
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]
    assert titles[0] is not None
    assert titles[0].startswith("Open <the> harbour & more: List of signatories no. 1")
    assert titles[1] == "Open <the> harbour & more"
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)


def test_the_sitemap_leads_to_pages_that_are_there(client: FlaskClient) -> None:
    make_edition(make_letter(texts={"en": "One.", "fr": "Un."}, titles={"en": "One", "fr": "Un"}))
    found = ElementTree.fromstring(client.get("/sitemap.xml").data)  # noqa: S314 -- our own answer
    places = [place.text or "" for place in found.iter(f"{MAP}loc")]
    assert len(places) == 1 + 2 * 6
    assert [place for place in places if place.endswith("/editions/1")]
    for place in places:
        assert client.get(place.removeprefix("http://127.0.0.1:5000")).status_code == 200, place
    robots = client.get("/robots.txt").text
    for key in ("/desk/", "/signature/", "/confirm/", "/reconfirm/", "/p/", "/*/p/"):
        assert f"Disallow: {key}\n" in robots
    assert "/sitemap.xml" in robots


def test_texts_to_pass_on_name_the_letter_and_nobody_who_tracks(client: FlaskClient) -> None:
    letter = make_letter(titles={"en": "Open “the” harbour"})
    page = client.get(f"/letters/{letter.slug}").text
    assert 'href="https://wa.me/?text=' in page
    assert 'href="mailto:?subject=' in page
    assert f"/letters/{letter.slug}/embed" in page
    hosts = set(re.findall(r'(?:src|href)="https?://([^/"]+)', page))
    assert hosts <= {"localhost", "wa.me", "harbour.example.org"}


def test_the_map_and_its_table_say_the_public_figures(client: FlaskClient) -> None:
    letter = make_letter(hosts=(HostDraft("Sample Host"),))
    make_signatures(letter, ["BH", "KE", "KE", "MT"])
    make_signature(letter, country_code="TD", visibility=Visibility.UNNAMED)
    page = client.get(f"/letters/{letter.slug}/countries").text
    assert "<title>Kenya: 2</title>" in page
    assert "<title>Malta: 1</title>" in page  # too small for a shape: a point
    assert "Chad" not in page  # whoever is not named is in no country
    rows = re.findall(
        r'<th scope="row">(?:<a[^>]*>)?([^<]+).*?<td class="number">(?:<a[^>]*>)?(\d+)', page, re.DOTALL
    )
    assert dict(rows) == {
        "Bahrain": "1",
        "Kenya": "2",
        "Malta": "1",
        "Counted, not named in public": "1",
        "Together": "5",
    }
    sheet = client.get(f"/api/v1/letters/{letter.slug}/countries.csv")
    assert sheet.mimetype == "text/csv"
    numbers = [int(line.rsplit(",", 1)[1]) for line in sheet.text.splitlines()[1:]]
    assert sum(numbers) == 5


def test_each_figure_leads_to_those_it_counts(client: FlaskClient) -> None:
    letter = make_letter()
    make_signatures(letter, ["BH", "KE"])
    listed = f"/letters/{letter.slug}/signatories"
    figure = "<b>2</b> groups from <b>2</b> countries</a>"
    for page in ("/", f"/letters/{letter.slug}", f"/letters/{letter.slug}/countries"):
        assert f'href="{listed}">{figure}' in client.get(page).text, page
    card = client.get(f"/letters/{letter.slug}/embed").text
    assert re.search(rf'href="http://localhost{listed}"[^>]*>{figure}', card)
    table = client.get(f"/letters/{letter.slug}/countries").text
    for country in ("BH", "KE"):
        assert f'href="{listed}?country={country}"' in table
