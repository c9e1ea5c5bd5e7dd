"""The mailed link over HTTP: opening it changes nothing, one button proves the mailbox, others explain."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.letters.models import Letter
from campaign.letters.queries import private_key
from campaign.letters.rules import Acceptance, Circulation, Visibility
from campaign.signing import moderation
from campaign.signing.confirming import replace_links
from campaign.signing.links import link_token
from campaign.signing.models import Signature, SignatureLink
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures
from tests.doors.public_pages import read_form, send
from tests.factories import (
    COORDINATOR,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    token_of,
)

pytestmark = pytest.mark.usefixtures("slow_hands")

UNVERIFIED, PENDING = SignatureStatus.UNVERIFIED, SignatureStatus.PENDING


def unconfirmed(**changes: object) -> Signature:
    """A sign-on at a new letter, waiting for its mailbox."""
    return make_signature(make_letter(**changes), UNVERIFIED, organisation="Harbour Friends")


def test_opening_the_link_shows_the_listing_and_changes_nothing(client: FlaskClient) -> None:
    signature = unconfirmed()
    before = db.session.scalar(select(func.count()).select_from(AuditEntry))
    for _ in range(3):
        page = client.get(f"/confirm/{token_of(signature)}")
    assert page.status_code == 200
    for words in ("Harbour Friends", "Bahrain", "Open the harbour"):
        assert words in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert 'name="robots" content="noindex"' in page.text
    assert signature.status is UNVERIFIED
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == before


def test_the_button_confirms_and_says_what_happens_next(client: FlaskClient) -> None:
    signature = unconfirmed()
    path = f"/confirm/{token_of(signature)}"
    answer = send(client, path)
    assert (answer.status_code, answer.location) == (303, f"{path}/done")
    assert signature.status is PENDING
    assert "waits for the hosts" in client.get(answer.location).text
    assert letter_figures(signature.letter_id).signatories == 0


@pytest.mark.usefixtures("app_sqlite")
def test_where_the_letter_accepts_by_itself_it_counts_at_once(client: FlaskClient) -> None:
    signature = unconfirmed(acceptance=Acceptance.AUTOMATIC)
    answer = send(client, f"/confirm/{token_of(signature)}")
    assert "It is counted" in client.get(answer.location).text
    assert letter_figures(signature.letter_id).signatories == 1


@pytest.mark.usefixtures("app_sqlite")
def test_the_page_after_is_not_there_before(client: FlaskClient) -> None:
    path = f"/confirm/{token_of(unconfirmed())}"
    answer = client.get(f"{path}/done")
    assert (answer.status_code, answer.location) == (303, path)


def test_a_replayed_confirmation_counts_once(client: FlaskClient) -> None:
    signature = unconfirmed(acceptance=Acceptance.AUTOMATIC)
    path = f"/confirm/{token_of(signature)}"
    values = read_form(client, path).fields
    answers = [client.post(path, data=values) for _ in range(3)]
    assert {(a.status_code, a.location) for a in answers} == {(303, f"{path}/done")}
    assert letter_figures(signature.letter_id).signatories == 1
    again = client.get(path)
    assert again.status_code == 200
    assert "You have confirmed already" in again.text


@pytest.mark.parametrize("status", ["accepted", "held", "queried", "rejected", "withdrawn", "invalidated"])
@pytest.mark.usefixtures("app_sqlite")
def test_a_used_link_tells_how_the_signature_stands(client: FlaskClient, status: str) -> None:
    signature = make_signature(make_letter(), SignatureStatus(status))
    page = client.get(f"/confirm/{token_of(signature)}")
    assert page.status_code == 200
    words = {"accepted": "It is counted", "withdrawn": "It was withdrawn"} | dict.fromkeys(
        ("held", "queried"), "It waits for the hosts"
    )
    assert words.get(status, "It is not on the list") in page.text


def test_the_spelling_can_be_corrected(client: FlaskClient) -> None:
    signature = unconfirmed()
    assert (
        send(client, f"/confirm/{token_of(signature)}", organisation="The Harbour Friends").status_code == 303
    )
    assert (signature.name, signature.typed_name) == ("The Harbour Friends", "Harbour Friends")


@pytest.mark.parametrize("name", ["", "x" * 201, "a\0b"])
@pytest.mark.usefixtures("app_sqlite")
def test_a_bad_spelling_is_answered_beside_the_field(client: FlaskClient, name: str) -> None:
    signature = unconfirmed()
    answer = send(client, f"/confirm/{token_of(signature)}", organisation=name)
    assert answer.status_code == 422
    assert 'id="error-organisation"' in answer.text
    assert "<details open>" in answer.text
    assert signature.status is UNVERIFIED


@pytest.mark.parametrize("token", ["nonsense", "x" * 5000, "%00", "%ff%fe", "ش"])
@pytest.mark.usefixtures("app_sqlite")
def test_an_unknown_link_gets_a_helpful_page(client: FlaskClient, token: str) -> None:
    for answer in (client.get(f"/confirm/{token}"), client.post(f"/confirm/{token}")):
        assert answer.status_code == 404
        assert "We do not know this link" in answer.text
    assert client.get(f"/confirm/{token}/done").status_code == 404


@pytest.mark.usefixtures("app_sqlite")
def test_a_replaced_link_points_to_the_newer_mail(client: FlaskClient) -> None:
    signature = unconfirmed()
    path = f"/confirm/{token_of(signature)}"
    values = read_form(client, path).fields
    replace_links(signature)
    for answer in (client.get(path), client.post(path, data=values)):
        assert answer.status_code == 410
        assert "A newer link was sent" in answer.text
        assert f"/letters/{signature.letter.slug}" in answer.text
    assert signature.status is UNVERIFIED


def test_a_confirmation_counts_until_two_days_after_the_deadline(client: FlaskClient) -> None:
    deadline = clock.now() + timedelta(days=5)
    late, in_time = (unconfirmed(deadline=deadline) for _ in range(2))
    paths = [f"/confirm/{token_of(s)}" for s in (late, in_time)]
    values = [read_form(client, path).fields for path in paths]
    with time_machine.travel(deadline + timedelta(hours=47)):
        assert client.post(paths[1], data=values[1]).status_code == 303
    with time_machine.travel(deadline + timedelta(hours=49)):
        assert client.get(paths[0]).status_code == 410
        answer = client.post(paths[0], data=values[0])
    assert answer.status_code == 410
    assert late.letter.hosts[0].name in answer.text
    assert (late.status, in_time.status) == (UNVERIFIED, PENDING)


@pytest.mark.usefixtures("app_sqlite")
def test_a_withdrawn_letter_takes_no_confirmation_and_says_why(client: FlaskClient) -> None:
    signature = unconfirmed()
    letters.withdraw(signature.letter, "The harbour is open again.", COORDINATOR)
    answer = client.get(f"/confirm/{token_of(signature)}")
    assert answer.status_code == 410
    assert "The harbour is open again." in answer.text


@pytest.mark.usefixtures("app_sqlite")
def test_a_vouched_sign_on_is_not_asked_again(client: FlaskClient) -> None:
    signature = unconfirmed()
    moderation.accept_on_evidence(signature, "known to us", COORDINATOR)
    page = client.get(f"/confirm/{token_of(signature)}")
    assert (page.status_code, "It is counted" in page.text) == (200, True)


@pytest.mark.usefixtures("app_sqlite")
def test_a_private_letter_is_led_back_to_by_the_link_while_it_stands(client: FlaskClient) -> None:
    letter = make_letter(circulation=Circulation.PRIVATE)
    link = letters.share(letter.hosts[0], COORDINATOR)
    command = make_command(make_listing(visibility=Visibility.UNNAMED), host_id=letter.hosts[0].id)
    signature = make_signature(letter, UNVERIFIED, command)
    address = f"/p/{private_key(link)}"
    page = client.get(f"/confirm/{token_of(signature)}").text
    assert f'href="{address}"' in page
    assert "Draft for sign-on. Not published. Please do not post." in page
    assert "Counted, not named" in page
    letters.revoke(link, COORDINATOR)
    page = client.get(f"/confirm/{token_of(signature)}").text
    assert address not in page
    assert f"/letters/{letter.slug}" not in page


@pytest.mark.usefixtures("app_sqlite")
def test_the_page_speaks_the_language_of_the_signature(client: FlaskClient) -> None:
    letter = make_letter(titles={"en": "Open", "ar": "افتحوا الميناء"}, texts={"en": "Text.", "ar": "نص."})
    signature = make_signature(letter, UNVERIFIED, make_command(language="ar"))
    page = client.get(f"/confirm/{token_of(signature)}").text
    assert '<html lang="ar" dir="rtl">' in page
    assert "البحرين" in page
    assert "افتحوا الميناء" in page


COLLEAGUE, SEAL = "colleague@example.org", re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


def pages_after(
    client: FlaskClient, letter: Letter, name: str, email: str = COLLEAGUE, leave: bool = False
) -> str:
    """What somebody reads who signs under a name, confirms and looks at it; the name itself is taken out."""
    command = make_command(make_listing(organisation=name), make_person(email=email))
    path = f"/confirm/{token_of(make_signature(letter, UNVERIFIED, command))}"
    answer = send(client, path)
    assert (answer.status_code, answer.location) == (303, f"{path}/done")
    link = db.session.scalars(select(SignatureLink).order_by(SignatureLink.id.desc())).first()
    assert link is not None
    own = f"/signature/{link_token(link)}"
    read = [client.get(answer.location), client.get(path), client.get(own)]
    assert [page.status_code for page in read] == [200, 200, 200]
    if leave:
        assert send(client, own).status_code == 303
        read.append(client.get(own))
    strange = (name, link_token(link), path, *(f for page in read for f in SEAL.findall(page.text)))
    pages = "".join(page.text for page in read)
    for words in strange:
        pages = pages.replace(words, "...")
    return pages


@pytest.mark.parametrize(
    ("status", "visibility"),
    [
        (SignatureStatus.ACCEPTED, Visibility.ADDRESSEES),
        (SignatureStatus.ACCEPTED, Visibility.UNNAMED),
        (PENDING, Visibility.PUBLIC),
        (SignatureStatus.HELD, Visibility.UNNAMED),
    ],
)
def test_nobody_learns_who_signed_by_signing_in_their_name(
    client: FlaskClient, status: SignatureStatus, visibility: Visibility
) -> None:
    letter = make_letter()
    make_signature(letter, status, organisation="Harbour Friends", visibility=visibility)
    with time_machine.travel(clock.now(), tick=False):
        strangers = pages_after(client, letter, "Somebody Nobody Knows", "other@example.org", leave=True)
        assert "It waits for the hosts" in strangers
        assert pages_after(client, letter, "Harbour Friends", leave=True) == strangers


@pytest.mark.usefixtures("app_sqlite")
def test_a_further_contact_is_told_what_is_public(client: FlaskClient) -> None:
    letter = make_letter()
    make_signature(letter, organisation="Harbour Friends")
    page = pages_after(client, letter, "Harbour Friends")
    assert "has signed already" in page
    assert "further contact" in page


@pytest.mark.usefixtures("app_sqlite")
def test_who_signed_themselves_is_told_plainly(client: FlaskClient) -> None:
    letter = make_letter()
    assert "It waits for the hosts" in pages_after(client, letter, "Harbour Friends")
    assert "has signed already" in pages_after(client, letter, "Harbour Friends")
