"""A list too long to sort for every reader: paged by key, searched and filtered by the database."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope
from campaign.public import lists
from tests.factories import make_letter, make_signature

NAME = re.compile(r"<li><bdi>([^<]+)</bdi>")
NAMES = ["Zebra Watch", "Étoile", "eagle 100% Circle", "Bridge", "bridge seven", "القافلة", "Åland Union"]


@pytest.fixture
def letter(monkeypatch: pytest.MonkeyPatch, app: object) -> Letter:
    """Seven names in three countries, one network, one of no country, one withheld; a page holds three."""
    monkeypatch.setattr(lists, "LARGE", 2)
    monkeypatch.setattr(lists, "PAGE", 3)
    letter = make_letter()
    for n, name in enumerate(NAMES):
        make_signature(letter, organisation=name, country_code=("BH", "KE", "FR")[n % 3])
    make_signature(letter, organisation="Bridge Network", scope=Scope.REGIONAL)
    make_signature(letter, organisation="Hidden Bridge", visibility=Visibility.UNNAMED)
    return letter


def pages(client: FlaskClient, address: str) -> list[list[str]]:
    """The names of each page, following "More names" to its end."""
    found = []
    while address:
        page = client.get(address).text
        roll = page.split('class="roll results"')[1]
        found.append([name for name in NAME.findall(roll) if name != "Harbour Rights Watch"])
        onward = re.search(r'rel="next"\s+href="([^"]+)"', page)
        address = onward[1].replace("&amp;", "&") if onward else ""
    return found


def test_every_name_is_on_one_page_and_only_one(client: FlaskClient, letter: Letter) -> None:
    found = pages(client, f"/letters/{letter.slug}/signatories")
    assert [len(page) for page in found] == [3, 3, 2]
    assert sorted(name for page in found for name in page) == sorted([*NAMES, "Bridge Network"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=bridge", {"Bridge", "bridge seven", "Bridge Network"}),
        ("q=BRIDGE+sev", {"bridge seven"}),
        ("q=100%25", {"eagle 100% Circle"}),
        ("q=_", set()),
        ("q=%D8%A7%D9%84%D9%82%D8%A7%D9%81%D9%84%D8%A9", {"القافلة"}),
        ("country=BH", {"Zebra Watch", "Bridge", "Åland Union"}),
        ("country=regional", {"Bridge Network"}),
        ("country=BH&q=bridge", {"Bridge"}),
        ("country=XX", set()),
        ("q=hidden", set()),
        ("q=ke", set()),
        ("q=regional", set()),
    ],
)
def test_searching_and_filtering(client: FlaskClient, letter: Letter, query: str, expected: set[str]) -> None:
    found = pages(client, f"/letters/{letter.slug}/signatories?{query}")
    if query == "q=_":  # punctuation folds to nothing that could be looked for, so it is looked for as it is
        assert found == [[]]
    else:
        assert {name for page in found for name in page} == expected


def test_a_page_after_somebody_elses_signature_is_the_first(client: FlaskClient, letter: Letter) -> None:
    other = make_signature(make_letter(), organisation="Elsewhere")
    first = pages(client, f"/letters/{letter.slug}/signatories")[0]
    assert pages(client, f"/letters/{letter.slug}/signatories?after={other.id}")[0] == first


def test_by_country_it_is_the_index_of_its_headings(client: FlaskClient, letter: Letter) -> None:
    address = f"/letters/{letter.slug}/signatories"
    page = client.get(f"{address}?by=country").text
    assert NAME.findall(page.split('class="roll results"')[1]) == ["Harbour Rights Watch"]
    headings = re.findall(r'<a href="([^"]+country=[^"]+)">([^<]+)</a>\s*<span>(\d+)</span>', page)
    assert [(words, count) for _link, words, count in headings] == [
        *(("Bahrain", "3"), ("France", "2"), ("Kenya", "2")),
        ("Regional networks", "1"),
    ]
    shown = [name for link, _words, _count in headings for page in pages(client, link) for name in page]
    assert sorted(shown) == sorted([*NAMES, "Bridge Network"])
    assert f'<a href="{address}?by=name">by name</a>' in page
    assert '<span aria-current="true">by country</span>' in page


def test_by_name_pages_keep_the_order_asked_for(client: FlaskClient, letter: Letter) -> None:
    address = f"/letters/{letter.slug}/signatories"
    assert pages(client, f"{address}?by=name") == pages(client, address)
    assert re.search(r'rel="next"\s+href="[^"]+by=name', client.get(f"{address}?by=name").text)


def test_what_is_found_is_sorted_for_its_reader_unless_it_is_long_too(
    client: FlaskClient, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "LARGE", 4)
    monkeypatch.setattr(lists, "PAGE", 2)
    found = pages(client, f"/letters/{letter.slug}/signatories?country=BH")
    assert found == [["Åland Union", "Bridge"], ["Zebra Watch"]]
    by_country = client.get(f"/letters/{letter.slug}/signatories?q=bridge&by=country").text
    assert [h for h in ("Bahrain", "Kenya") if f"<h3>{h}" in by_country] == ["Bahrain", "Kenya"]


def test_a_page_by_key_counts_no_list(
    client: FlaskClient, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists.roll.func, "count", lambda: pytest.fail("the figures say how many there are"))
    for query in ("by=name", "country=BH", "country=regional"):
        assert pages(client, f"/letters/{letter.slug}/signatories?{query}")
