"""A letter's own wording of countries, on both databases: in lists, sheets, mails and what is printed."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.editions.compile import document
from campaign.editions.frozen import thaw
from campaign.editions.models import Edition, EditionEntry
from campaign.editions.rules import EntryKind, canonical
from campaign.letters.drafting import write_down
from campaign.letters.models import Letter
from campaign.letters.naming import country_name
from campaign.letters.rules import Circulation
from campaign.signing import exporting, roll
from campaign.signing.mails import place_of
from campaign.signing.rules import Audience
from tests.factories import COORDINATOR, make_draft, make_edition, make_letter, make_signature

OWN = {"XK": {"en": "Kosovo*", "fr": "Kosovo (R. 1244)"}, "MM": {"en": "Burma"}}
HEADINGS = {"regional": "R", "international": "I", "": "None"}


def signed() -> Letter:
    letter = make_letter(country_names=OWN)
    make_signature(letter, organisation="Voice", country_code="XK")
    make_signature(letter, organisation="River", country_code="MM")
    make_signature(letter, organisation="Fern", country_code="PE")
    return letter


def headings(edition: Edition, language: str) -> list[str | None]:
    return [group["heading"] for group in document(thaw(edition), None, language)["groups"]]


def test_lists_sheets_and_mails_use_it(app: Flask) -> None:
    letter = signed()
    assert country_name(letter, "XK", "en-GB") == "Kosovo*"
    assert country_name(letter, "XK", "de") == "Kosovo"  # a language it says nothing about
    entries = roll.entries(letter.id, Audience.PUBLIC)
    groups = roll.by_country(entries, "en", HEADINGS, letter.country_names)
    assert [group.heading for group in groups] == ["Burma", "Kosovo*", "Peru"]
    sheet = [row[2:4] for row in exporting.rows(letter, Audience.PUBLIC, "fr")]
    assert sheet == [("XK", "Kosovo (R. 1244)"), ("MM", "Myanmar"), ("PE", "Pérou")]
    assert place_of(make_signature(letter, country_code="MM"), "en") == "Burma"


def test_what_was_frozen_keeps_the_words_it_was_frozen_with(app: Flask) -> None:
    letter = signed()
    first = make_edition(letter)
    assert headings(first, "en") == ["Burma", "Kosovo*", "Peru"]
    write_down(
        make_draft(slug=letter.slug, country_names={"PE": {"en": "El Perú"}}),
        None,
        COORDINATOR,
        Circulation.PUBLIC,
    )
    db.session.commit()
    assert headings(make_edition(letter), "en") == ["El Perú", "Kosovo", "Myanmar"]
    assert headings(first, "en") == ["Burma", "Kosovo*", "Peru"]


def test_an_edition_of_before_there_were_own_words_is_read_as_it_was(app: Flask) -> None:
    letter = signed()
    edition = make_edition(letter)
    entry = db.session.scalars(
        select(EditionEntry).where(
            EditionEntry.edition_id == edition.id, EditionEntry.kind == EntryKind.LETTER
        )
    ).one()
    facts = json.loads(entry.payload or "")
    del facts["country_names"]
    entry.payload = canonical(facts)
    db.session.commit()
    assert headings(edition, "en") == ["Kosovo", "Myanmar", "Peru"]


@pytest.mark.parametrize("names", [{"XX": {"en": "x"}}, {"XK": {"zz-none": "x"}}, {"XK": {"en": " "}}])
def test_words_that_name_no_country_are_refused(app: Flask, names: dict[str, dict[str, str]]) -> None:
    with pytest.raises(InvalidInput) as refused:
        make_letter(country_names=names)
    assert refused.value.field == "country_names"
    db.session.rollback()
