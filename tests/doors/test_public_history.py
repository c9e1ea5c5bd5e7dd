"""The history of a letter's text over HTTP: what changed when, in each language, for anybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.letters.drafting import write_down
from campaign.letters.drafts import AddresseeDraft, Revision
from campaign.letters.models import Letter
from campaign.letters.queries import private_key
from campaign.letters.rules import Change, Circulation
from tests.factories import ADDRESSEE, COORDINATOR, make_draft, make_letter

pytestmark = pytest.mark.usefixtures("app_sqlite")  # nothing here depends on the database
MONDAY = datetime(2030, 2, 4, 9, tzinfo=UTC)
TITLES = {"en": "Open the harbour", "ar": "افتحوا الميناء"}
TEXTS = {"en": "We ask you to open the harbour.\n\nThank you.", "ar": "نطلب منكم فتح الميناء."}
MINOR, SUBSTANTIVE = Change.MINOR, Change.SUBSTANTIVE


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    """The clock stands still on a Monday, until a test moves it."""
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def change(letter: Letter, traveller: time_machine.Traveller, revision: Revision, **changes: Any) -> None:
    """A day later the letter is brought up to date."""
    traveller.shift(timedelta(days=1))
    plain: dict[str, Any] = {"titles": TITLES, "texts": TEXTS}
    draft = make_draft(slug=letter.slug, **(plain | changes))
    write_down(draft, revision, COORDINATOR, letter.circulation)
    db.session.commit()


def changed(traveller: time_machine.Traveller, **more: Any) -> Letter:
    """A letter with three versions: as opened, a slip corrected, and a change of substance in Arabic too."""
    letter = make_letter(titles=TITLES, texts=TEXTS, **more)
    slip = TEXTS | {"en": "We ask you to open the harbor.\n\nThank you."}
    change(letter, traveller, Revision(MINOR), texts=slip)
    other = {"en": "We ask you to close the harbor.\n\nThank you.", "ar": "نطلب منكم إغلاق الميناء."}
    change(letter, traveller, Revision(SUBSTANTIVE, "It asks for the <opposite>."), texts=other)
    return letter


def test_versions_stand_newest_first_with_what_they_changed(
    client: FlaskClient, traveller: time_machine.Traveller
) -> None:
    letter = changed(traveller)
    page = unescape(client.get(f"/letters/{letter.slug}/history").text)
    places = [page.index(f'id="version-{n}"') for n in (3, 2, 1)]
    assert places == sorted(places)
    assert "4 February 2030" in page[places[2] :]
    assert "It asks for the <opposite>." in page
    third, second, first = page[places[0] : places[1]], page[places[1] : places[2]], page[places[2] :]
    assert "asked to confirm again" in third
    assert ("[new: </span>close" in third, "[no longer: </span>open" in third) == (True, True)
    assert "Changed as well in:" in third
    assert "A slip corrected" in second
    assert "<ins>" in second
    assert "as it was opened for signature" in first
    assert "<ins>" not in first


def test_the_letter_leads_there_once_its_text_has_changed(
    client: FlaskClient, traveller: time_machine.Traveller
) -> None:
    untouched = make_letter()
    assert "/history" not in client.get(f"/letters/{untouched.slug}").text
    letter = changed(traveller)
    page = client.get(f"/letters/{letter.slug}").text
    assert f'href="/letters/{letter.slug}/history"' in page
    assert "Changed on 6 February 2030" in page


def test_a_history_in_arabic_compares_the_arabic_text(
    client: FlaskClient, traveller: time_machine.Traveller
) -> None:
    letter = changed(traveller)
    page = client.get(f"/ar/letters/{letter.slug}/history").text
    assert '<html lang="ar" dir="rtl">' in page
    assert 'lang="ar"' in page[page.index("changes") :]
    assert "</span>إغلاق" in page
    assert "</span>فتح" in page
    second = page[page.index('id="version-2"') : page.index('id="version-1"')]
    assert "<ins>" not in second


def test_the_text_as_it_was(client: FlaskClient, traveller: time_machine.Traveller) -> None:
    letter = make_letter(titles=TITLES)
    change(
        letter, traveller, Revision(MINOR), titles=TITLES | {"en": "Open this harbour"}, texts={"en": "New."}
    )
    old = client.get(f"/letters/{letter.slug}/versions/1").text
    assert "We, [how many have signed] from [how many countries], ask you to open the harbour." in old
    assert "This version was replaced." in old
    new = client.get(f"/letters/{letter.slug}/versions/2").text
    assert "This is the text as it stands now." in new
    assert "<p>New.</p>" in new
    assert "</span>this" in new[new.index("The title:") :]
    for number in ("0", "3", "999999999"):
        assert client.get(f"/letters/{letter.slug}/versions/{number}").status_code == 404


def test_versions_of_the_draft_are_nobodys(client: FlaskClient, traveller: time_machine.Traveller) -> None:
    letter = make_letter(opened=False, texts={"en": "A first thought."})
    change(letter, traveller, Revision(MINOR), texts={"en": "A second thought."})
    traveller.shift(timedelta(hours=1))
    letters.open_letter(letter, COORDINATOR)
    db.session.commit()
    page = client.get(f"/letters/{letter.slug}/history").text
    assert ('id="version-2"' in page, 'id="version-1"' in page) == (True, False)
    assert "first thought" not in page
    assert client.get(f"/letters/{letter.slug}/versions/1").status_code == 404
    assert client.get(f"/letters/{letter.slug}/versions/2").status_code == 200


def test_a_translation_that_comes_and_one_that_goes(
    client: FlaskClient, traveller: time_machine.Traveller
) -> None:
    letter = make_letter(titles=TITLES, texts=TEXTS)
    change(letter, traveller, Revision(MINOR), texts=TEXTS | {"fr": "Nous demandons."})
    change(letter, traveller, Revision(MINOR), texts={"en": TEXTS["en"], "fr": "Nous demandons."})
    page = client.get(f"/fr/letters/{letter.slug}/history").text
    assert "Français" in page
    assert "العربية" in page
    assert client.get(f"/fr/letters/{letter.slug}/versions/1").status_code == 200


def test_a_further_body_is_named(client: FlaskClient, traveller: time_machine.Traveller) -> None:
    letter = make_letter(titles=TITLES, texts=TEXTS)
    port = AddresseeDraft("Basim Example", body="Port <Office>")
    change(letter, traveller, Revision(SUBSTANTIVE, "One more."), addressees=(ADDRESSEE, port))
    page = client.get(f"/letters/{letter.slug}/history").text
    assert "The letter now also goes to: <bdi>Port &lt;Office&gt;</bdi>" in page
    assert "Only the look of the text changed" not in page


def test_no_script_of_a_text_runs(client: FlaskClient, traveller: time_machine.Traveller) -> None:
    bad = '<script>alert(1)</script> <img src=x onerror="alert(2)"> [x](javascript:alert(3)) " onload=y'
    letter = make_letter(titles=TITLES, texts={"en": f"Before. {bad}"})
    change(letter, traveller, Revision(MINOR, bad), texts={"en": f"After. {bad} {bad}"}, titles={"en": bad})
    for path in ("history", "versions/1", "versions/2"):
        page = client.get(f"/letters/{letter.slug}/{path}").text
        for live in ("<script", "<img", 'href="javascript'):
            assert live not in page, (path, live)


def test_a_draft_and_a_private_letter_have_no_public_history(
    client: FlaskClient, traveller: time_machine.Traveller
) -> None:
    draft, letter = make_letter(opened=False), changed(traveller, circulation=Circulation.PRIVATE)
    link = private_key(letters.share(letter.hosts[0], COORDINATOR))
    db.session.commit()
    for path in ("history", "versions/1", "versions/3"):
        assert client.get(f"/letters/{draft.slug}/{path}").status_code == 404
        assert client.get(f"/letters/{letter.slug}/{path}").status_code == 404
        answer = client.get(f"/p/{link}/{path}")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert 'name="robots" content="noindex"' in answer.text
        assert f"/letters/{letter.slug}" not in answer.text
