"""Reading over HTTP: the letter, its list, its addresses; what private ones show, and what no page shows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campaign.accounts.rules import Role
from campaign.core import clock
from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.letters.drafts import AddresseeDraft, CopyDraft
from campaign.letters.models import Letter
from campaign.letters.queries import private_key
from campaign.letters.rules import Circulation, Order, Visibility
from campaign.organisations.rules import Scope
from campaign.public import lists
from campaign.signing.rules import SignatureStatus
from tests.factories import (
    COORDINATOR,
    make_edition,
    make_letter,
    make_signature,
    make_signatures,
    make_user,
    sign_in,
)

TITLES = {"en": "Open the harbour", "ar": "افتحوا الميناء"}
TEXTS = {"en": "We, {groups} from {countries}, ask you.[^1]\n\n[^1]: A note.", "ar": "نحن نطلب منكم."}
PRIVATE = "Draft for sign-on. Not published. Please do not post."


def shared(letter: Letter) -> str:
    link = letters.share(letter.hosts[0], COORDINATOR)
    db.session.commit()
    return f"/p/{private_key(link)}"


class Outside(HTMLParser):
    """What a page would load from elsewhere, and what the content policy would refuse."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            loads = name == "src" or (tag == "link" and name == "href" and "css" in (value or ""))
            if name == "style" or name.startswith("on") or (loads and not (value or "").startswith("/")):
                self.faults.append(f"{tag} {name}")
        if tag in ("script", "style"):
            self.faults.append(tag)


def test_the_letter_its_figure_and_its_signatories(client: FlaskClient) -> None:
    letter = make_letter(titles=TITLES, texts=TEXTS, reference="OH/1", place="Manama")
    make_signatures(letter, ["BH", "BH", "FR"])
    page = client.get(f"/letters/{letter.slug}").text
    assert "We, 3 groups from 2 countries, ask you." in page
    assert "<b>3</b> groups from <b>2</b> countries" in page
    assert f'href="/letters/{letter.slug}/signatories"' in page
    for words in ("OH/1", "Manama", "Amira Example", "Harbour Rights Watch", "Bahrain", "France", "A note."):
        assert words in page
    assert page.index("<h3>Hosts</h3>") < page.index("Bahrain <span>2</span>")


def test_readers_get_the_same_bytes_without_any_cookie(client: FlaskClient) -> None:
    letter = make_letter()
    for path in ("", "/signatories", "/sign/inbox"):
        answer = client.get(f"/letters/{letter.slug}{path}")
        assert answer.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        again = client.get(f"/letters/{letter.slug}{path}", headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    assert "Set-Cookie" not in client.get(f"/letters/{letter.slug}/sign").headers


def test_a_new_signature_changes_the_etag(client: FlaskClient) -> None:
    letter = make_letter()
    before = client.get(f"/letters/{letter.slug}").headers["ETag"]
    make_signature(letter)
    assert client.get(f"/letters/{letter.slug}").headers["ETag"] != before


@pytest.mark.usefixtures("app_sqlite")
def test_a_coordinator_reads_what_everybody_reads(client: FlaskClient, app: Flask) -> None:
    letter = make_letter()
    stranger = app.test_client().get(f"/letters/{letter.slug}")
    sign_in(client, make_user(Role.COORDINATOR))
    answer = client.get(f"/letters/{letter.slug}")
    assert answer.data == stranger.data
    assert "Set-Cookie" not in answer.headers


def test_no_page_shows_who_is_not_public(client: FlaskClient) -> None:
    letter = make_letter()
    make_signature(letter, organisation="Canary Public", country_code="FR")
    for visibility in (Visibility.ADDRESSEES, Visibility.UNNAMED):
        make_signature(letter, organisation=f"Canary {visibility}", country_code="KZ", visibility=visibility)
    for status in (SignatureStatus.UNVERIFIED, SignatureStatus.PENDING, SignatureStatus.WITHDRAWN):
        make_signature(letter, status, organisation=f"Canary {status}", country_code="KZ")
    root = f"/letters/{letter.slug}"
    pages = (
        "/",
        root,
        f"{root}/signatories",
        f"{root}/signatories?q=canary",
        f"{root}/signatories?country=KZ",
    )
    for path in pages:
        page = client.get(path).text
        assert "Canary" not in page.replace("Canary Public", "")
        assert "Kazakhstan" not in page
        assert "Sami Example" not in page
        assert "sami" not in page
    assert "<b>3</b> groups from <b>1</b> country" in client.get(root).text
    assert "2 signatories are counted without being named." in client.get(root).text


@pytest.mark.usefixtures("app_sqlite")
def test_languages_keep_the_place(client: FlaskClient) -> None:
    letter = make_letter(titles=TITLES, texts=TEXTS, reviewed=frozenset({"en"}))
    for path in ("", "/sign", "/signatories", "/sign/inbox"):
        page = client.get(f"/ar/letters/{letter.slug}{path}")
        assert '<html lang="ar" dir="rtl">' in page.text
        assert page.status_code == 200
        english = f"/letters/{letter.slug}{path}"
        assert f'hreflang="en" href="http://localhost{english}"' in page.text
        if path != "/sign/inbox":
            assert f'<a href="{english}" hreflang="en" lang="en">English</a>' in page.text
    assert 'class="unreviewed"' in client.get(f"/ar/letters/{letter.slug}").text
    assert 'class="unreviewed"' not in client.get(f"/letters/{letter.slug}").text


@pytest.mark.usefixtures("app_sqlite")
def test_one_page_has_one_address(client: FlaskClient) -> None:
    letter = make_letter(titles=TITLES, texts=TEXTS)
    answer = client.get(f"/en/letters/{letter.slug}/signatories?q=a&_scheme=x&slug=y&page=z")
    assert (answer.status_code, answer.location) == (307, f"/letters/{letter.slug}/signatories?q=a")
    for path in (
        f"/fr/letters/{letter.slug}",
        f"/AR/letters/{letter.slug}",
        "/letters/a%00b",
        "/letters/none",
    ):
        assert client.get(path).status_code == 404


@pytest.mark.usefixtures("app_sqlite")
def test_drafts_are_nowhere(client: FlaskClient) -> None:
    letter = make_letter(opened=False)
    for path in ("", "/sign", "/sign/inbox", "/signatories", "/editions/1", "/editions/1.pdf"):
        assert client.get(f"/letters/{letter.slug}{path}").status_code == 404
    assert letter.slug not in client.get("/").text


def test_a_private_letter_has_its_link_and_nothing_else(client: FlaskClient) -> None:
    letter = make_letter(titles=TITLES, texts=TEXTS, circulation=Circulation.PRIVATE)
    make_signature(letter, organisation="Harbour Friends")
    make_edition(letter)
    path = shared(letter)
    for page in ("", "/sign", "/sign/inbox"):
        answer = client.get(path + page)
        assert answer.status_code == 200
        assert PRIVATE in answer.text
        assert '<meta name="robots" content="noindex">' in answer.text
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer.headers
        assert f"/letters/{letter.slug}" not in answer.text
    assert "Harbour Friends" in client.get(path).text
    assert client.get(f"/ar{path}").status_code == 200
    for page in ("/signatories", "/editions/1", "/editions/1.pdf", "/countries"):
        assert client.get(path + page).status_code == 404
    for page in ("", "/sign", "/signatories", "/editions/1", "/editions/1.pdf"):
        assert client.get(f"/letters/{letter.slug}{page}").status_code == 404
    assert letter.title("en") not in client.get("/").text


def test_a_revoked_link_is_nowhere(client: FlaskClient) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE)
    path = shared(letter)
    letters.revoke(letter.hosts[0].links[0], COORDINATOR)
    assert client.get(path).status_code == 404
    assert client.get("/p/nonsense").status_code == 404


@pytest.mark.usefixtures("app_sqlite")
def test_a_published_letters_link_leads_to_its_page(client: FlaskClient) -> None:
    letter = make_letter(titles=TITLES, texts=TEXTS, circulation=Circulation.PRIVATE)
    path, code = shared(letter), letter.hosts[0].code
    letters.publish(letter, COORDINATOR)
    for prefix in ("", "/ar"):
        answer = client.get(f"{prefix}{path}/sign")
        assert (answer.status_code, answer.location) == (
            307,
            f"{prefix}/letters/{letter.slug}/sign?via={code}",
        )


@pytest.mark.usefixtures("app_sqlite")
def test_a_withdrawn_letter_keeps_its_page_with_the_sentence(client: FlaskClient) -> None:
    letter = make_letter()
    letters.withdraw(letter, "The harbour is <open> again.", COORDINATOR)
    page = client.get(f"/letters/{letter.slug}")
    assert page.status_code == 200
    assert "The harbour is &lt;open&gt; again." in page.text
    assert f'/letters/{letter.slug}/sign"' not in page.text
    assert letter.slug not in client.get("/").text


@pytest.mark.usefixtures("app_sqlite")
def test_deadlines_are_shown_with_zone_and_utc(client: FlaskClient) -> None:
    deadline = datetime(2050, 2, 2, 17, 0, tzinfo=UTC)
    letter = make_letter(deadline=deadline, time_zone="Europe/Zurich")
    for path in ("", "/sign"):
        page = client.get(f"/letters/{letter.slug}{path}").text
        assert "until 2 February 2050, 18:00 (Zurich, CET; 17:00 UTC)" in page
    letters.extend(letter, deadline + timedelta(days=1), COORDINATOR)
    for path in (f"/letters/{letter.slug}", f"/letters/{letter.slug}/sign", "/"):
        assert "extended to 3 February 2050, 18:00 (Zurich, CET; 17:00 UTC)" in client.get(path).text


@pytest.mark.usefixtures("app_sqlite")
def test_after_the_deadline_there_is_no_button(client: FlaskClient) -> None:
    letter = make_letter(deadline=clock.now() + timedelta(days=1))
    letter.deadline = clock.now() - timedelta(minutes=1)
    page = client.get(f"/letters/{letter.slug}").text
    assert f'/letters/{letter.slug}/sign"' not in page
    assert "The deadline was" in page


@pytest.mark.usefixtures("app_sqlite")
def test_every_page_of_a_letter_carries_its_notice(client: FlaskClient) -> None:
    letter = make_letter(titles=TITLES, texts=TEXTS, notices={"en": "Only a demonstration.", "ar": "عرض"})
    make_edition(letter)
    for path in ("", "/sign", "/sign/inbox", "/signatories", "/editions/1"):
        assert "Only a demonstration." in client.get(f"/letters/{letter.slug}{path}").text
        assert "عرض" in client.get(f"/ar/letters/{letter.slug}{path}").text
    assert "Only a demonstration." in client.get("/").text


@pytest.mark.usefixtures("app_sqlite")
def test_a_printed_copy_is_named_and_its_mail_address_is_not(client: FlaskClient) -> None:
    copies = (
        CopyDraft("registry@example.org", name="The Registry", printed=True),
        CopyDraft("quiet@example.org", name="Quiet Person"),
        CopyDraft("bare@example.org", printed=True),
    )
    addressee = AddresseeDraft("One", email="one@example.org", opening="For *One* alone.", copies=copies)
    page = client.get(f"/letters/{make_letter(addressees=(addressee,)).slug}").text
    assert "The Registry" in page
    assert "Quiet Person" not in page
    assert "@example.org" not in page
    assert "For <em>One</em> alone." in page


def test_the_list_can_be_searched_and_read_by_heading(client: FlaskClient) -> None:
    letter = make_letter()
    make_signature(letter, organisation="Réseau Étoile", country_code="FR", organisation_other="شبكة النجمة")
    make_signature(letter, organisation="Harbour Friends", country_code="BH")
    make_signature(letter, organisation="World Harbour Network", scope=Scope.INTERNATIONAL)
    path = f"/letters/{letter.slug}/signatories"
    assert client.get(path).text.count("<li><bdi>") == 4  # three and the host
    for query, names in (
        ("q=HARBOUR+friends", {"Harbour Friends"}),
        ("q=النجمة", {"Réseau Étoile"}),
        ("country=FR", {"Réseau Étoile"}),
        ("country=international", {"World Harbour Network"}),
        ("country=XX", set()),
        ("q=%00%ff", set()),
    ):
        page = client.get(f"{path}?{query}")
        assert page.status_code == 200
        assert {
            n for n in ("Réseau Étoile", "Harbour Friends", "World Harbour Network") if n in page.text
        } == names


@pytest.mark.parametrize("own", list(Order))
def test_readers_choose_the_order(client: FlaskClient, own: Order) -> None:
    letter = make_letter(order=own, titles=TITLES, texts=TEXTS)
    for name, code in (("Quay", "KE"), ("Étoile", "FR"), ("Zenith", "BH")):
        make_signature(letter, organisation=name, country_code=code)
    listed = {
        Order.COUNTRY: ["Zenith", "Étoile", "Quay"],
        Order.NAME: ["Étoile", "Quay", "Zenith"],
        Order.SIGNED: ["Quay", "Étoile", "Zenith"],
    }
    path = f"/letters/{letter.slug}/signatories"
    for query, order in (("", own), ("?by=country", Order.COUNTRY), ("?by=name", Order.NAME), ("?by=x", own)):
        page = client.get(path + query).text
        assert re.findall("<li><bdi>(.+?)</bdi>", page)[1:] == listed[order], (own, query)
        assert page.count("<h3>") == (4 if order is Order.COUNTRY else 1)  # the hosts' is one
    page = client.get(f"{path}?by=name&q=quay").text
    assert f'href="/ar{path}?q=quay&amp;by=name"' in page
    assert f'href="{path}?q=quay&amp;by=country"' in page
    assert '<input type="hidden" name="by" value="name">' in page


def test_a_long_list_has_pages_of_its_own(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "WHOLE", 3)
    monkeypatch.setattr(lists, "PAGE", 2)
    letter = make_letter()
    made = make_signatures(letter, ["FR", "BH", "FR", "KE", "BH"])
    page = client.get(f"/letters/{letter.slug}").text
    assert not any(s.name in page for s in made)
    assert f'<a href="/letters/{letter.slug}/signatories?country=BH">Bahrain</a>' in page
    seen: list[str] = []
    path = f"/letters/{letter.slug}/signatories"
    query = ""
    for _ in range(3):
        page = client.get(path + query).text
        seen += sorted((s.name for s in made if f">{s.name}<" in page), key=page.index)
        assert "<h3>France <span>2</span></h3>" in page or "France" not in page
        query = "?" + page.split('rel="next"')[1].split("?")[1].split('"')[0] if 'rel="next"' in page else ""
    assert not query
    assert sorted(seen) == sorted(s.name for s in made)
    for wrong in ("x", "-1", "9" * 40, "²"):
        assert client.get(path, query_string={"after": wrong}).status_code == 404


@pytest.mark.usefixtures("app_sqlite")
def test_a_letter_by_name_lists_without_headings(client: FlaskClient) -> None:
    letter = make_letter(order=Order.NAME)
    for name, code in (("Zeta", "BH"), ("Étoile", "FR"), ("Alpha", "ZA")):
        make_signature(letter, organisation=name, country_code=code)
    page = client.get(f"/letters/{letter.slug}").text
    assert page.index("Alpha") < page.index("Étoile") < page.index("Zeta")
    assert "Bahrain" not in page


@pytest.mark.usefixtures("app_sqlite")
def test_names_are_isolated_and_nothing_in_them_is_live(client: FlaskClient) -> None:
    letter = make_letter(texts={"en": "<script>alert(1)</script> [x](javascript:alert(1))"})
    make_signature(letter, organisation="<img src=x onerror=alert(1)> جمعية")
    page = client.get(f"/letters/{letter.slug}").text
    assert "<bdi>&lt;img src=x onerror=alert(1)&gt; جمعية</bdi>" in page
    assert Outside(page).faults == []
    assert 'href="javascript' not in page


@pytest.mark.usefixtures("app_sqlite")
def test_no_page_loads_anything_from_elsewhere(client: FlaskClient, app: Flask) -> None:
    letter = make_letter()
    make_edition(letter)
    for path in ("", "/sign", "/sign/inbox", "/signatories", "/editions/1"):
        assert Outside(client.get(f"/letters/{letter.slug}{path}").text).faults == []
    assert app.static_folder is not None
    for sheet in Path(app.static_folder, "css").glob("*.css"):
        text = sheet.read_text()
        assert all(address.startswith('"../fonts/') for address in re.findall(r"url\(([^)]*)", text))
        assert "@import" not in text


def test_the_home_page_lists_what_is_open_and_what_was(client: FlaskClient) -> None:
    assert "No letter is open" in client.get("/").text
    letter, closed = make_letter(titles=TITLES, texts=TEXTS), make_letter(titles={"en": "An older letter"})
    letters.close(closed, COORDINATOR)
    make_signature(letter)
    answer = client.get("/", headers={"Accept-Language": "ar"})
    assert answer.headers["Vary"] == "Accept-Language"
    assert f'href="/ar/letters/{letter.slug}"' in answer.text
    english = client.get("/").text
    assert "<b>1</b> group from <b>1</b> country" in english
    assert english.index("An older letter") > 0


@pytest.mark.usefixtures("app_sqlite")
def test_an_unknown_address_gets_a_page_that_leads_on(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert 'href="/?lang=en"' in answer.text
    assert client.post("/").status_code == 405
