"""Every public page as people meet it: in both directions, light and dark, on a desk and in a hand.

axe finds nothing, the browser complains of nothing, nothing is asked of another site, nothing lies outside
the screen, and a page stays light.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, expect

from campaign.core.db import db
from campaign.letters.models import Letter
from tests.browser.every_page import every_address, harbour, public_templates, rendered
from tests.browser.looks import FOCUSED, STOPS, TOO_WIDE, WCAG, Look, looking
from tests.factories import (
    link_of,
    make_signature,
)

LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1180), ("dark", 360))
HEAVIEST, HEAVIEST_FORM = 150 * 1024, 30 * 1024  # bytes as they come over the wire, without compression
REFUSED = "the server responded with a status of 4"  # what a link says whose time is over is a page too
MOVED = """window.moved = 0;
new PerformanceObserver(list => list.getEntries().forEach(e => { window.moved += e.value; }))
  .observe({type: "layout-shift", buffered: true});"""
PRINTED_LINKS = """[...document.querySelectorAll("main a")].filter(
  a => a.checkVisibility() && getComputedStyle(a).textDecorationLine != "none").length"""


@pytest.fixture
def letter(app_sqlite: Flask) -> Letter:
    """The letter most tests here look at."""
    return harbour()


def faults(look: Look, address: str) -> Iterator[str]:
    """Open a page and look at it in every way; what is wrong with it."""
    look.complaints.clear()
    look.weight = 0
    answer = look.page.goto(address)
    for scheme, width in LOOKS:
        look.page.set_viewport_size({"width": width, "height": 800})
        look.page.emulate_media(color_scheme=scheme)
        found = Axe().run(look.page, options=WCAG)
        if found.violations_count:
            yield f"{address}, {scheme}, {width}\n{found.generate_report()}"
        if (wide := look.page.evaluate(TOO_WIDE)) > 0:
            yield f"{address} is {wide} pixels wider than a screen of {width}"
    yield from (f"{address}: {said}" for said in look.complaints if REFUSED not in said)
    if len(look.hosts) != 1:
        yield f"{address} asks {look.hosts}"
    is_form = address.endswith("/sign") and answer is not None and answer.ok
    if look.weight > (HEAVIEST_FORM if is_form else HEAVIEST):
        yield f"{address} weighs {look.weight} bytes"


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_every_page_there_is(
    browser: Browser, app_sqlite: Flask, site: str, letter: Letter, tag: str
) -> None:
    addresses = every_address(letter, tag)
    with looking(browser, "light", 1180, locale=tag) as look, rendered(app_sqlite) as names:
        found = [fault for address in addresses for fault in faults(look, site + address)]
    assert not found, "\n".join(found)
    assert public_templates() <= names


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
    pages = [*every_address(letter, "en"), *every_address(letter, "ar"), "/desk/sign-in"]
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
            assert look.page.evaluate("window.moved") < 0.01
