"""The heaviest page, the map, of a letter in all six languages, whose names ask for every script's faces."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import Browser

from campaign.core import countries
from campaign.core.db import db
from campaign.web.language import INTERFACE
from tests.browser.looks import looking
from tests.factories import make_letter, make_signatures

HEAVIEST = 150 * 1024


def test_the_map_is_light_in_every_language(browser: Browser, site: str, app_sqlite: Flask) -> None:
    letter = make_letter(
        titles=dict.fromkeys(INTERFACE, "Arrêtez"), texts=dict.fromkeys(INTERFACE, "Please.")
    )
    make_signatures(letter, sorted(countries.CODES)[:60])
    db.session.commit()
    weights = {}
    for tag in INTERFACE:
        stem = "" if tag == "en" else f"/{tag}"
        with looking(browser, "light", 1180) as look:
            look.page.goto(f"{site}{stem}/letters/{letter.slug}/countries")
            look.page.wait_for_load_state("networkidle")
            weights[tag] = look.weight
    assert len(weights) == len(INTERFACE)
    assert not {tag: weight for tag, weight in weights.items() if weight > HEAVIEST}
