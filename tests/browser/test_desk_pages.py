"""The desk's pages as coordinators meet them: in both directions, light and dark, on a desk and in a hand.

axe finds nothing, nothing lies outside the screen, and the keyboard gets everywhere and shows where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser

from campaign.accounts.operations import speak_to
from campaign.accounts.rules import Role
from campaign.core.db import db
from campaign.jobs.tasks import sweep
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope
from campaign.sheets import operations as sheets
from campaign.sheets import queries
from campaign.sheets.lines import Arrival, Choices
from campaign.signing.models import Import
from campaign.signing.rules import Flag
from tests.browser.looks import TOO_WIDE, WCAG, Look, looking
from tests.doors.desk_kit import base, post
from tests.doors.release_kit import COPIED, POST, preview_of, propose, sent_out
from tests.factories import (
    COORDINATOR,
    make_command,
    make_edition,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    make_user,
    sign_in,
)
from tests.factories import SignatureStatus as Status

WIDTHS = (1180, 360)
LOOKS = [("en", "light", 1180), ("ar", "dark", 360)]  # axe takes a second a page
TEXT = {"en": "We, {groups} from {countries}, ask you.", "ar": "نحن {groups} من {countries} نطلب فتحه."}
TARVEL = "Tarvel Harm Reduction Network"
SHEET = """Name,Country,Email
Ferns of the North,Peru,ferns@example.org
Mosses together,Gondor,mosses@example.org
Ferns of the north!,Peru,
The Tarvel Harm-Reduction Network (THRN),Kenya,tarvel@example.org
,Kenya,nobody@example.org
Algae,Kenya,algae at example
"""
CLEAN = "Name,Country,Email\nReeds,Peru,reeds@example.org\nSedges,Kenya,sedges@example.org\n"
PAGES = (
    *("queue", "list", "unconfirmed", "duplicates", "decisions", "invalidations", "limits", "add", "import"),
    *("editions", "dispatch", "edit", "documents"),
)
# Which pages the keyboard walks through: the longest form, and the densest table.
WALKED = ("queue", "edit")
# Each stop of the keyboard has a name; radio buttons of one name are one stop.
STOPS = """(() => {
  const all = [...document.querySelectorAll("a[href], input, select, textarea, button, summary")];
  window.stopOf = e => e.type == "radio" ? "radio " + e.name : `${all.indexOf(e)} ${e.tagName}`;
  return [...new Set(all.filter(e => !e.disabled && e.type != "hidden" && e.checkVisibility()).map(stopOf))];
})()"""
STOP = """(() => {
  const e = document.activeElement;
  return [e == document.body ? "" : stopOf(e), getComputedStyle(e).outlineStyle != "none"];
})()"""


@dataclass(frozen=True)
class Desk:
    """A letter with something on each page of the desk; `pages` by what they are called, and the session."""

    site: str
    pages: Mapping[str, str]
    cookie: str

    @property
    def session(self) -> dict[str, object]:
        """A coordinator's, as a browser keeps it."""
        kept = {"name": "session", "value": self.cookie, "domain": "localhost", "path": "/"}
        return {"cookies": [kept], "origins": []}


@pytest.fixture
def desk(request: pytest.FixtureRequest, app_sqlite: Flask, site: str) -> Desk:
    """A desk in that language, busy."""
    client, user = app_sqlite.test_client(), make_user(Role.ADMIN)
    speak_to(user, request.param, COORDINATOR)
    sign_in(client, user)
    letter = make_letter(
        texts=TEXT,
        titles={"en": "Open the harbour", "ar": "افتحوا الميناء"},
        addressees=(COPIED, POST),
    )
    listed = _fill(letter)
    sent_out(make_edition(letter))
    edition = make_edition(letter)
    release = propose(client, edition).headers["Location"]
    rule = post(client, f"{base(letter)}/invalidations", name="spam").headers["Location"]
    pages = {page: f"{base(letter)}/{page}" for page in PAGES}
    pages |= {
        "letters": "/desk/",
        "new": "/desk/letters/new",
        "limits of all": "/desk/limits",
        "overview": base(letter),
        "preview": preview_of(edition),
        "release": release,
        "addressee": f"{base(letter)}/addressees/{letter.addressees[0].id}",
        "organisation": f"/desk/organisations/{listed}",
        "invalidation": rule,
    }
    stem, number = base(letter), letter.id
    pages["sheet"] = f"{stem}/imports/{_sheet(number, SHEET).id}"
    pages["sheet brought in"] = f"{stem}/imports/{_brought_in(_sheet(number, CLEAN))}"
    kept = client.get_cookie("session", domain="localhost", path="/")
    assert kept is not None
    return Desk(site, pages, kept.value)


def _fill(letter: Letter) -> int:
    """Sign-ons of every kind; the id of an organisation that another looks like."""
    listed = make_signature(letter, organisation=TARVEL, website="https://tarvel.example.org")
    make_signature(letter, organisation="منظمة المرفأ", country_code="BH")
    make_signature(letter, organisation="Network of Quays", scope=Scope.REGIONAL)
    make_signature(letter, organisation="Seen by few", visibility=Visibility.ADDRESSEES)
    twin = make_listing(organisation="The Tarvel Harm-Reduction Network (THRN)")
    make_signature(letter, Status.PENDING, make_command(twin, make_person(name="Ana Quill")))
    for n in range(3):
        make_signature(letter, Status.PENDING, organisation=f"Spam {n}").flags = [Flag.LIMIT]
    for status in (Status.HELD, Status.QUERIED, Status.UNVERIFIED, Status.REJECTED, Status.WITHDRAWN):
        make_signature(letter, status)
    db.session.commit()
    assert listed.organisation_id is not None
    return listed.organisation_id


def _sheet(letter_id: int, lines: str) -> Import:
    """A sheet that was brought, read and looked through; a sweep lets go of whatever was read before."""
    letter = db.session.get_one(Letter, letter_id)
    number = sheets.keep(letter, "sheet.csv", lines.encode(), COORDINATOR).id
    db.session.commit()
    sweep()
    return db.session.get_one(Import, number)


def _brought_in(sheet: Import) -> int:
    choices = Choices(Visibility.PUBLIC, Arrival.COUNT)
    read = queries.reading_of(sheet)
    sheets.decide(sheet, sheets.Decided(read, sheet.mapping, choices, {}, "they answered our form"))
    number = sheet.id
    sheets.start(sheet, db.session.get_one(Letter, sheet.letter_id), COORDINATOR)
    db.session.commit()
    sweep()
    return number


def faults(look: Look, name: str, width: int) -> Iterator[str]:
    """Look at the page that is open; what is wrong at that width, and whether it fits the others."""
    look.page.set_viewport_size({"width": width, "height": 800})
    found = Axe().run(look.page, options=WCAG)
    if found.violations_count:
        yield f"{name}:\n{found.generate_report()}"
    for other in WIDTHS:
        look.page.set_viewport_size({"width": other, "height": 800})
        if (wide := look.page.evaluate(TOO_WIDE)) > 0:
            yield f"{name} at {other} is {wide} pixels wider than the screen"
    yield from (f"{name}: {said}" for said in look.complaints)
    look.complaints.clear()


@pytest.mark.parametrize(("desk", "scheme", "width"), LOOKS, indirect=["desk"])
def test_the_pages_of_the_desk(browser: Browser, desk: Desk, scheme: str, width: int) -> None:
    found: list[str] = []
    with looking(browser, scheme, width, storage_state=desk.session) as look:
        for name, path in desk.pages.items():
            answer = look.page.goto(desk.site + path)
            assert answer is not None
            assert (answer.status, look.page.url) == (200, desk.site + path), name
            found += faults(look, name, width)
        assert look.hosts == {desk.site}
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("tag", "scheme", "width"), LOOKS)
def test_the_page_to_sign_in(browser: Browser, site: str, tag: str, scheme: str, width: int) -> None:
    with looking(browser, scheme, width, locale=tag) as look:
        look.page.goto(f"{site}/desk/")
        assert look.page.locator("html").get_attribute("lang") == tag
        found = [*faults(look, "sign in", width)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("desk", ["en"], indirect=True)
def test_the_keyboard_gets_everywhere(browser: Browser, desk: Desk) -> None:
    with looking(browser, "light", WIDTHS[0], storage_state=desk.session) as look:
        for name in WALKED:
            look.page.goto(desk.site + desk.pages[name])
            wanted = set(look.page.evaluate(STOPS))
            reached = _walked(look, len(wanted))
            assert set(reached) == wanted, name
            assert [stop for stop, shown in reached.items() if not shown] == [], name


def _walked(look: Look, most: int) -> dict[str, bool]:
    """Where the keyboard gets to until it leaves the page, and whether one sees it there."""
    reached: dict[str, bool] = {}
    for _step in range(2 * most):  # the parts of a date are stops of their own
        look.page.keyboard.press("Tab")
        stop, shown = look.page.evaluate(STOP)
        if not stop:
            break
        reached[stop] = shown or reached.get(stop, False)  # a date shows its parts by itself
    return reached
