"""Every public page as people meet it: in both directions, light and dark, on a desk and in a hand.

axe finds nothing, the browser complains of nothing, nothing is asked of another site, nothing lies outside
the screen, and a page stays light.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, expect

from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.organisations.rules import Scope
from campaign.signing.confirming import refuse, verify
from campaign.signing.deciding import Decider
from tests.browser.looks import FOCUSED, STOPS, TOO_WIDE, WCAG, Look, looking
from tests.factories import SignatureStatus as Status
from tests.factories import (
    confirmation_of,
    link_of,
    make_command,
    make_edition,
    make_letter,
    make_person,
    make_signature,
    make_signatures,
    token_of,
)

TEXT = {
    "en": "We, {groups} from {countries}, ask you[^1].\n\n1. Soon.\n2. For good.\n\n[^1]: All of you.",
    "ar": "نحن {groups} من {countries} نطلب[^1] فتحه.\n\n1. قريباً.\n\n[^1]: جميعاً.",
}
LOOKS = [("light", 1180), ("dark", 360)]
HEAVIEST, HEAVIEST_FORM = 150 * 1024, 30 * 1024  # bytes as they come over the wire, without compression
MOVED = """window.moved = 0;
new PerformanceObserver(list => list.getEntries().forEach(e => { window.moved += e.value; }))
  .observe({type: "layout-shift", buffered: true});"""
PRINTED_LINKS = """[...document.querySelectorAll("main a")].filter(
  a => a.checkVisibility() && getComputedStyle(a).textDecorationLine != "none").length"""
PAGES = ("", "/signatories", "/countries", "/sign", "/sign/inbox", "/editions/1", "/history", "/privacy")
PLAIN = ("/", "/verify", "/api/", "/parts", "/signature", "/letters/nowhere")


@pytest.fixture
def letter(app_sqlite: Flask) -> Letter:
    """A letter in English and Arabic with signatories in several scripts, and a frozen list."""
    letter = make_letter(texts=TEXT, titles={"en": "Open the harbour", "ar": "افتحوا الميناء"})
    make_signatures(letter, ["BH", "KE", "KE", "FR"])
    make_signature(letter, organisation="منظمة المرفأ", country_code="BH")
    make_signature(letter, organisation="Network of Quays", scope=Scope.REGIONAL)
    make_signature(letter, organisation="Hidden Canary", visibility=Visibility.UNNAMED)
    make_edition(letter)
    return letter


def faults(look: Look, address: str, heaviest: int = HEAVIEST) -> Iterator[str]:
    """Open a page and look at it in every way; what is wrong with it."""
    look.complaints.clear()
    look.weight = 0
    look.page.goto(address)
    look.page.wait_for_load_state("networkidle")
    found = Axe().run(look.page, options=WCAG)
    if found.violations_count:
        yield f"{address}\n{found.generate_report()}"
    if (wide := look.page.evaluate(TOO_WIDE)) > 0:
        yield f"{address} is {wide} pixels wider than the screen"
    yield from (f"{address}: {said}" for said in look.complaints if "404" not in said)
    if len(look.hosts) != 1:
        yield f"{address} asks {look.hosts}"
    if look.weight > heaviest:
        yield f"{address} weighs {look.weight} bytes"


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
@pytest.mark.parametrize("tag", ["en", "ar"])
def test_the_pages_of_a_letter(
    browser: Browser, site: str, letter: Letter, tag: str, scheme: str, width: int
) -> None:
    stem = f"{site}/letters/{letter.slug}" if tag == "en" else f"{site}/{tag}/letters/{letter.slug}"
    db.session.commit()
    with looking(browser, scheme, width) as look:
        found = [
            fault
            for page in PAGES
            for fault in faults(look, stem + page, HEAVIEST_FORM if page == "/sign" else HEAVIEST)
        ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
@pytest.mark.parametrize("tag", ["en", "ar"])
def test_pages_of_no_letter_and_those_behind_mailed_links(
    browser: Browser, site: str, letter: Letter, tag: str, scheme: str, width: int
) -> None:
    waiting = make_signature(letter, Status.UNVERIFIED, make_command(language=tag))
    asked = make_signature(
        letter, Status.UNVERIFIED, make_command(language=tag, decider=Decider("Dana", "dana@example.org"))
    )
    shared = make_person(email="secretary@example.org")
    one, _other, refused = (
        make_signature(letter, Status.UNVERIFIED, make_command(language=tag, person=shared)) for _ in range(3)
    )
    own = link_of(make_signature(letter, command=make_command(language=tag)))
    verify(confirmation_of(one))
    refuse(confirmation_of(refused))
    links = [f"/confirm/{token_of(s)}" for s in (waiting, asked, one)]
    links += [f"/confirm/{token_of(s)}/done" for s in (one, refused)]
    links += [own, f"{own}/erase", "/signature/sent", "/confirm/unknown"]
    links.append(f"{'' if tag == 'en' else '/ar'}/letters/{letter.slug}/embed")
    db.session.commit()
    with looking(browser, scheme, width, locale=tag) as look:
        found = [fault for page in (*PLAIN, *links) for fault in faults(look, site + page)]
        assert look.page.locator("html").get_attribute("lang") == tag
    assert not found, "\n".join(found)


def test_a_form_that_was_refused_is_heard_and_leads_to_its_fields(
    browser: Browser, site: str, letter: Letter
) -> None:
    address = f"{site}/letters/{letter.slug}/sign"
    db.session.commit()
    with looking(browser, "light", 1180, scripts=False) as look:
        look.page.goto(address)
        look.page.locator("button[type=submit]").last.click()
        summary = look.page.locator("#summary")
        assert summary.get_attribute("role") == "alert"
        expect(summary).to_be_focused()
        first = summary.locator("a").first
        first.click()
        assert look.page.url.endswith(first.get_attribute("href") or "?")
        assert look.page.locator("[aria-invalid=true]").count() >= 4
    with looking(browser, "light", 1180) as look:
        look.page.goto(address)
        look.page.locator("button[type=submit]").last.click()
        found = Axe().run(look.page, options=WCAG)
        assert found.violations_count == 0, found.generate_report()


def test_everything_can_be_reached_by_keyboard_and_shows_where_one_is(
    browser: Browser, site: str, letter: Letter
) -> None:
    db.session.commit()
    with looking(browser, "light", 1180) as look:
        look.page.goto(f"{site}/letters/{letter.slug}/sign")
        stops = look.page.evaluate(STOPS)
        reached: set[str] = set()
        for _step in range(len(stops) + 20):
            look.page.keyboard.press("Tab")
            reached.add(look.page.evaluate(FOCUSED))
        assert not [name for name in reached if name.endswith("!") and not name.startswith("BODY")], reached
        assert set(stops) <= reached
        assert len(set(stops)) > 15


def test_every_page_at_four_times_its_size_and_in_forced_colours(
    browser: Browser, site: str, letter: Letter
) -> None:
    own = link_of(make_signature(letter, command=make_command(language="ar")))
    waiting = make_signature(letter, Status.UNVERIFIED)
    pages = [f"{at}/letters/{letter.slug}{page}" for at in ("", "/ar") for page in (*PAGES, "/versions/1")]
    pages += [*PLAIN, *(f"{page}?lang=ar" for page in PLAIN), own, f"{own}/erase"]
    pages += [f"/confirm/{token_of(waiting)}", "/desk/sign-in", f"/letters/{letter.slug}/embed"]
    db.session.commit()
    with looking(browser, "light", 320, forced_colors="active") as look:
        wide = {}
        for path in pages:
            look.page.goto(site + path)
            look.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            wide[path] = look.page.evaluate(TOO_WIDE)
    assert not {path: pixels for path, pixels in wide.items() if pixels > 0}


def test_what_is_printed_is_the_letter_and_not_the_screen(
    browser: Browser, site: str, letter: Letter
) -> None:
    own = link_of(make_signature(letter))
    root = f"{site}/letters/{letter.slug}"
    db.session.commit()
    with looking(browser, "dark", 800) as look:
        look.page.emulate_media(media="print")
        for address in (root, f"{root}/privacy", f"{root}/countries", f"{root}/signatories", site + own):
            look.page.goto(address)
            for left_out in (".foot", ".bar", ".search", ".acts", "button", ".button", ".page > .languages"):
                assert not look.page.locator(f"{left_out}:visible").count(), (address, left_out)
            assert look.page.evaluate(PRINTED_LINKS) == 0, address
        look.page.goto(root)
        sheets = len(re.findall(rb"/Type\s*/Page\b", look.page.pdf(format="A4")))
        assert sheets == 2  # the letter, and those who sign it


def test_arrows_back_to_a_text_point_back_in_its_direction(
    browser: Browser, site: str, letter: Letter
) -> None:
    db.session.commit()
    with looking(browser, "light", 1180) as look:
        for at, turned in (("", "none"), ("/ar", "-1 1")):
            look.page.goto(f"{site}{at}/letters/{letter.slug}")
            arrow = look.page.locator("[role=doc-backlink]").first
            assert arrow.evaluate("e => getComputedStyle(e).scale") == turned


def test_nothing_moves_while_a_page_loads(browser: Browser, site: str, letter: Letter) -> None:
    db.session.commit()
    with looking(browser, "light", 390) as look:
        look.page.add_init_script(MOVED)
        for path in ("", "/signatories"):
            look.page.goto(f"{site}/letters/{letter.slug}{path}")
            look.page.wait_for_load_state("networkidle")
            assert look.page.evaluate("window.moved") < 0.01
