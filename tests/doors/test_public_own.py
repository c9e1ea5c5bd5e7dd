"""A signatory's own page over HTTP: what it shows, who sees it, and withdrawing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaign.accounts.models import User
from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.core.logs import JsonLines, without_tokens
from campaign.letters import operations as letters
from campaign.letters.rules import Circulation
from campaign.outbox.models import Mail
from campaign.signing.links import LIFETIME
from campaign.signing.models import Signature, SignatureLink
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures
from tests.doors.desk_kit import post as desk_post
from tests.doors.public_pages import press, send
from tests.factories import (
    COORDINATOR,
    link_of,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    token_of,
)

pytestmark = pytest.mark.usefixtures("slow_hands")

WITHDRAWN = SignatureStatus.WITHDRAWN


def test_the_page_says_how_it_stands_and_what_was_agreed_to(client: FlaskClient) -> None:
    signature = make_signature(make_letter(), organisation="Harbour Friends")
    page = client.get(link_of(signature))
    assert page.status_code == 200
    for words in ("It is counted.", "Harbour Friends", "Bahrain", "I may sign.", "I agree.", "Version 1"):
        assert words in page.text


@pytest.mark.usefixtures("app_sqlite")
def test_nobody_else_keeps_finds_or_learns_the_address(client: FlaskClient) -> None:
    path = link_of(make_signature(make_letter()))
    for address in (path, "/signature/unknown", "/signature", "/signature/sent"):
        answer = client.get(address)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.usefixtures("app_sqlite")
def test_opening_the_page_changes_nothing(client: FlaskClient) -> None:
    path = link_of(make_signature(make_letter()))
    before = db.session.scalar(select(func.count()).select_from(AuditEntry))
    for _ in range(3):
        client.get(path)
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == before


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize("status", list(SignatureStatus))
def test_every_status_has_its_words(client: FlaskClient, status: SignatureStatus) -> None:
    page = client.get(link_of(make_signature(make_letter(), status)))
    words = {
        "accepted": "It is counted.",
        "withdrawn": "It was withdrawn on",
    } | dict.fromkeys(("pending", "held", "queried", "superseded"), "It waits for the hosts.")
    assert page.status_code == 200
    assert words.get(status.value, "It is not on the list.") in page.text


@pytest.mark.usefixtures("app_sqlite")
def test_in_the_language_of_the_signature(client: FlaskClient) -> None:
    signature = make_signature(make_letter(), command=make_command(language="ar"))
    page = client.get(link_of(signature), headers={"Accept-Language": "fr"})
    assert 'lang="ar" dir="rtl"' in page.text


@pytest.mark.usefixtures("app_sqlite")
def test_links_that_are_unknown_or_over_are_explained(client: FlaskClient) -> None:
    signature = make_signature(make_letter())
    path = link_of(signature)
    assert client.get("/signature/" + "x" * 43).status_code == 404
    assert client.get(f"/signature/{token_of(signature)}").status_code == 404
    with time_machine.travel(clock.now() + LIFETIME + timedelta(seconds=1)):
        over = client.get(path)
    assert over.status_code == 410
    assert 'href="/signature?lang=en"' in over.text
    db.session.scalars(select(SignatureLink).order_by(SignatureLink.id.desc())).first().revoked_at = (  # type: ignore[union-attr]
        clock.now()
    )
    assert client.post(f"{path}/withdraw").status_code == 410


def test_withdrawing_is_one_button_and_counts_at_once(client: FlaskClient) -> None:
    signature = make_signature(make_letter(), organisation="Harbour Friends")
    path = link_of(signature)
    public = f"/letters/{signature.letter.slug}/signatories"
    assert "Harbour Friends" in client.get(public).text
    answer = press(client, path, "withdraw")
    assert (answer.status_code, answer.location) == (303, f"{path}?done=withdrawn")
    assert signature.status is WITHDRAWN
    assert letter_figures(signature.letter_id).signatories == 0
    assert "Harbour Friends" not in client.get(public).text
    page = client.get(answer.location).text
    assert "The signature is withdrawn." in page
    assert f'href="/letters/{signature.letter.slug}/sign"' in page
    assert f"{path}/withdraw" not in page


def test_a_double_click_withdraws_once(client: FlaskClient) -> None:
    signature = make_signature(make_letter())
    path = link_of(signature)
    first = press(client, path, "withdraw", times=2)
    assert first.status_code == 409
    assert "nothing to withdraw" in first.text
    assert letter_figures(signature.letter_id).signatories == 0
    acts = select(func.count()).where(AuditEntry.action == "signature.withdrawn")
    assert db.session.scalar(acts) == 1


@pytest.mark.usefixtures("app_sqlite")
def test_without_its_seal_a_button_does_nothing(client: FlaskClient) -> None:
    signature = make_signature(make_letter())
    path = link_of(signature)
    assert client.post(f"{path}/withdraw").status_code == 422
    stolen = link_of(make_signature(make_letter()))
    answer = press(client, stolen, "withdraw", to=f"{path}/withdraw")
    assert answer.status_code == 422
    assert "Nothing is lost" in answer.text
    assert signature.status is SignatureStatus.ACCEPTED


@pytest.mark.usefixtures("app_sqlite")
def test_a_closed_letter_lets_go_and_does_not_offer_signing_again(client: FlaskClient) -> None:
    signature = make_signature(make_letter())
    path = link_of(signature)
    letters.close(signature.letter, COORDINATOR)
    assert press(client, path, "withdraw").status_code == 303
    assert "Sign this letter again" not in client.get(path).text


@pytest.mark.usefixtures("app_sqlite")
def test_of_a_private_letter_the_page_gives_no_address_away(client: FlaskClient) -> None:
    signature = make_signature(make_letter())
    signature.letter.circulation = Circulation.PRIVATE
    page = client.get(link_of(signature))
    assert page.status_code == 200
    assert f"/letters/{signature.letter.slug}" not in page.text


def asked(client: FlaskClient, address: str) -> tuple[object, ...]:
    """What asking for the links of an address answers, and the page after it."""
    answer = send(client, "/signature", email=address)
    after = client.get(answer.location)
    headers = [(name, value) for name, value in answer.headers if name != "Date"]
    return answer.status_code, answer.location, answer.data, headers, after.status_code, after.data


def test_asking_answers_the_same_whether_anybody_signed(client: FlaskClient) -> None:
    letter = make_letter()
    make_signature(letter, command=make_command(make_listing(), make_person(email="known@example.org")))
    make_signature(
        letter,
        SignatureStatus.UNVERIFIED,
        make_command(make_listing(), make_person(email="unproven@example.org")),
    )
    answers = [asked(client, f"{who}@example.org") for who in ("known", "unproven", "unknown")]
    assert answers[0] == answers[1] == answers[2]
    kinds = db.session.scalars(select(Mail.kind).where(Mail.kind == "links")).all()
    assert len(kinds) == 1


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize(
    "address", ["", "no address", "a@b@c", "x" * 300 + "@example.org", "a\0@example.org"]
)
def test_what_is_no_address_is_answered_beside_the_field(client: FlaskClient, address: str) -> None:
    answer = send(client, "/signature", email=address)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text


@pytest.mark.usefixtures("app_sqlite")
def test_no_log_line_holds_a_token(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    path = link_of(make_signature(make_letter()))
    with caplog.at_level(logging.DEBUG):
        client.get(path)
        press(client, path, "withdraw")
        client.get(f"{path}/nothing/here")
    assert all(path.rsplit("/", 1)[1] not in record.getMessage() for record in caplog.records)


def test_the_sign_form_and_the_confirmation_lead_there(client: FlaskClient) -> None:
    letter = make_letter()
    signature: Signature = make_signature(letter)
    for page in (f"/letters/{letter.slug}/sign", f"/confirm/{token_of(signature)}"):
        assert 'href="/signature?lang=en"' in client.get(page).text


def test_spelling_is_corrected_at_once_and_another_name_when_a_coordinator_says_so(
    client: FlaskClient, app: Flask, signed_in: Callable[..., User]
) -> None:
    signature = make_signature(make_letter(), organisation="Reseau Etoile")
    path = link_of(signature)
    page = client.get(path).text
    assert "Another name or website is first looked at by the hosts" in page
    answer = press(client, path, "correct", organisation="Réseau Étoile")
    assert "It is listed so from now on" in client.get(answer.location).text
    answer = press(client, path, "correct", organisation="Mine Watch", website="mine.example.org")
    page = client.get(answer.location).text
    assert "waits for the hosts" in page
    assert "the hosts will look at it" in page
    public = f"/letters/{signature.letter.slug}/signatories"
    assert "Réseau Étoile" in client.get(public).text
    desk, base_ = app.test_client(), f"/desk/letters/{signature.letter.slug}/corrections"
    signed_in(desk)
    assert "Mine Watch" in desk.get(base_).text
    assert desk_post(desk, f"{base_}/{signature.id}", do="refuse").status_code == 303
    assert "the hosts left the list as it is" in client.get(path).text
    press(client, path, "correct", organisation="Mine Watch", website="mine.example.org")
    assert desk_post(desk, f"{base_}/{signature.id}", do="grant").status_code == 303
    assert "Mine Watch" in client.get(public).text
    assert desk_post(desk, f"{base_}/{signature.id}", do="grant").status_code == 303
    assert letter_figures(signature.letter_id).signatories == 1


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize(
    "changes", [{"organisation": ""}, {"organisation": "…"}, {"website": "no website"}, {"role": "a\0b"}]
)
def test_a_bad_correction_is_answered_beside_the_field(client: FlaskClient, changes: dict[str, str]) -> None:
    signature = make_signature(make_letter(), organisation="Harbour Friends")
    answer = press(client, link_of(signature), "correct", **changes)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert signature.name == "Harbour Friends"


@pytest.mark.usefixtures("app_sqlite")
def test_a_server_that_logs_requests_logs_no_token(client: FlaskClient) -> None:
    path = link_of(make_signature(make_letter()))
    token = path.rsplit("/", 1)[1]
    line = logging.LogRecord("werkzeug", logging.INFO, "", 0, '"GET %s/copy HTTP/1.1" 200', (path,), None)
    written = JsonLines().format(line)
    assert token not in written
    assert "/signature/…/copy" in written
    assert "a-letter-with-a-name-of-more-than-forty-three-letters" in without_tokens(
        "/letters/a-letter-with-a-name-of-more-than-forty-three-letters"
    )
