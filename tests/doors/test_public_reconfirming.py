"""A changed letter's question over HTTP: opening it changes nothing, two buttons answer it."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Circulation, Visibility
from campaign.signing import statements
from campaign.signing.links import link_token, make_link
from campaign.signing.models import Consent, Signature
from campaign.signing.rules import LinkPurpose, Purpose, SignatureStatus
from campaign.signing.versions import Given, given_to
from tests.doors.public_pages import read_form, send
from tests.factories import ADDRESSEE, COORDINATOR, TEXT, make_command, make_letter, make_signature, token_of
from tests.rooms.text_kit import OTHER, WEEK, ask, path_of, revise

pytestmark = pytest.mark.usefixtures("slow_hands")

ACCEPTED, WITHDRAWN = SignatureStatus.ACCEPTED, SignatureStatus.WITHDRAWN
PORT = AddresseeDraft("Basim Example", body="Port <Office>", email="port@example.org")


def asked(letter: Letter | None = None, **changes: object) -> Signature:
    """A counted signature of a letter that has changed since."""
    letter = letter or make_letter()
    signature = make_signature(letter, organisation="Harbour Friends")
    revise(letter, **changes)  # type: ignore[arg-type]
    ask()
    return signature


def test_opening_the_question_shows_what_changed_and_changes_nothing(client: FlaskClient) -> None:
    signature = asked(summary="It asks for <more>.")
    before = db.session.scalar(select(func.count()).select_from(AuditEntry))
    for _ in range(2):
        page = client.get(path_of(signature))
    text = unescape(page.text)
    for words in ("Harbour Friends", "It asks for <more>.", "[no longer: </span>open", "[new: </span>close"):
        assert words in text
    assert "taken off the list" in text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert 'name="robots" content="noindex"' in page.text
    assert page.text.index('value="yes"') < page.text.index('value="no"')
    assert (signature.agreed_version_id, signature.status) == (None, ACCEPTED)
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == before


def test_a_yes_is_kept_in_the_words_that_were_shown(client: FlaskClient) -> None:
    signature = asked(make_letter(), addressees=(ADDRESSEE, PORT))
    path = path_of(signature)
    answer = send(client, path, answer="yes")
    assert (answer.status_code, answer.location) == (303, path)
    done = client.get(path)
    assert (done.status_code, "signs the letter as it reads now" in done.text) == (200, True)
    assert given_to(signature) == Given(1, "en", agreed=2)
    said = db.session.scalars(select(Consent).where(Consent.purpose == Purpose.RECONFIRMATION)).one()
    assert said.wording == statements.reconfirmation(["Port <Office>"])
    assert said.readers == ["Amira Example", "Port <Office>"]
    assert send_again(client, path).status_code == 303


def send_again(client: FlaskClient, path: str) -> object:
    """The button pressed twice, with a form from before."""
    return client.post(path, data={"answer": "no"})


def test_a_no_withdraws(client: FlaskClient) -> None:
    signature = asked()
    path = path_of(signature)
    assert send(client, path, answer="no").status_code == 303
    page = client.get(path)
    assert (page.status_code, "The signature was withdrawn" in page.text) == (200, True)
    assert signature.status is WITHDRAWN


@pytest.mark.usefixtures("app_sqlite")
def test_what_is_no_answer_is_asked_again(client: FlaskClient) -> None:
    signature = asked()
    path = path_of(signature)
    for wrong in ({"answer": "maybe"}, {"answer": None}, {"answer": "yes", "csrf_token": "forged"}):
        assert send(client, path, **wrong).status_code == 422
    assert signature.agreed_version_id is None


@pytest.mark.usefixtures("app_sqlite")
def test_links_nobody_was_sent_and_those_for_other_things(client: FlaskClient) -> None:
    signature = make_signature(make_letter())
    for path in ("/reconfirm/nonsense", f"/reconfirm/{token_of(signature)}"):
        assert client.get(path).status_code == 404
        assert client.post(path, data={"answer": "yes"}).status_code == 404


def test_an_old_link_leads_to_the_newest_question(client: FlaskClient) -> None:
    letter = make_letter()
    signature = asked(letter)
    old = path_of(signature)
    form = read_form(client, old)
    newest = revise(letter, "And once more.", texts={"en": "Quite another text."})
    stale = client.post(old, data={**form.fields, "answer": "yes"})
    assert stale.status_code == 422
    assert "read it once more" in stale.text
    assert "And once more." in stale.text
    assert signature.agreed_version_id is None
    assert send(client, old, answer="yes").status_code == 303
    assert signature.agreed_version_id == newest.id


@pytest.mark.usefixtures("app_sqlite")
def test_a_late_yes_puts_back_and_one_much_too_late_is_explained(client: FlaskClient) -> None:
    signature = asked()
    with time_machine.travel(clock.now() + WEEK + timedelta(hours=1)):
        ask()
        assert signature.status is SignatureStatus.INVALIDATED
        page = client.get(path_of(signature))
        assert "A yes puts it back." in page.text
        assert send(client, path_of(signature), answer="yes").status_code == 303
        assert signature.status is ACCEPTED
    with time_machine.travel(clock.now() + WEEK + timedelta(days=31)):
        assert client.get(path_of(signature)).status_code == 410


@pytest.mark.usefixtures("app_sqlite")
def test_a_letter_that_is_over_asks_nobody(client: FlaskClient) -> None:
    letter = make_letter()
    signature = asked(letter)
    letters.withdraw(letter, "It is over.", COORDINATOR)
    db.session.commit()
    assert client.get(path_of(signature)).status_code == 410
    assert client.post(path_of(signature), data={"answer": "yes"}).status_code == 410


@pytest.mark.usefixtures("app_sqlite")
def test_the_question_in_arabic_and_of_a_private_letter(client: FlaskClient) -> None:
    letter = make_letter(
        titles={"en": "Open", "ar": "افتحوا الميناء"},
        texts={"en": TEXT, "ar": "نطلب فتح الميناء."},
        circulation=Circulation.PRIVATE,
    )
    signature = make_signature(letter, command=make_command(language="ar"))
    revise(letter, texts={"en": OTHER["en"], "ar": "نطلب إغلاق الميناء."}, titles=letter.titles)
    ask()
    page = client.get(path_of(signature)).text
    assert '<html lang="ar" dir="rtl">' in page
    assert "</span>إغلاق" in page
    assert f"/letters/{letter.slug}" not in page


@pytest.mark.usefixtures("app_sqlite")
def test_no_script_of_a_changed_text_runs(client: FlaskClient) -> None:
    bad = '<script>alert(1)</script> <img src=x onerror="alert(2)">'
    signature = asked(summary=bad, texts={"en": f"{bad} {TEXT}"})
    page = client.get(path_of(signature)).text
    assert "<script" not in page
    assert "<img" not in page


def test_whoever_confirms_late_sees_what_changed_before_the_button(client: FlaskClient) -> None:
    letter = make_letter()
    signature = make_signature(letter, SignatureStatus.UNVERIFIED, visibility=Visibility.UNNAMED)
    path = f"/confirm/{token_of(signature)}"
    plain = read_form(client, path)
    assert "The letter has changed since you signed" not in client.get(path).text
    version = revise(letter, "It asks for more.")
    stale = client.post(path, data=plain.fields)
    assert stale.status_code == 422, "the form is from before the change"
    page = unescape(client.get(path).text)
    assert page.index("It asks for more.") < page.index("Yes, confirm the signature")
    assert "[no longer: </span>open" in page
    assert send(client, path).status_code == 303
    assert (signature.agreed_version_id, given_to(signature).asked) == (version.id, None)
    assert ask() == 0


@pytest.mark.usefixtures("app_sqlite")
def test_the_own_page_leads_to_the_question_until_it_is_answered(client: FlaskClient) -> None:
    signature = asked()
    own = f"/signature/{link_token(make_link(signature, LinkPurpose.MANAGE))}"
    db.session.commit()
    assert f'href="{path_of(signature)}"' in client.get(own).text
    assert send(client, path_of(signature), answer="yes").status_code == 303
    page = client.get(own).text
    assert "/reconfirm/" not in page
    assert "Confirmed later for version 2." in page
