"""The desk speaks the language that somebody chose, to them alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.desk.frame import sentence_of
from campaign.signing.rules import SignatureStatus
from campaign.web.language import speak
from tests.doors.desk_kit import post

SignIn = Callable[..., User]


def test_what_was_chosen_holds_from_then_on_and_leads_back(client: FlaskClient, signed_in: SignIn) -> None:
    user = signed_in(client)
    answer = post(client, "/desk/language", language="ar", page="/desk/letters/new")
    assert (answer.status_code, answer.location) == (303, "/desk/letters/new")
    page = client.get("/desk/letters", headers={"Accept-Language": "fr"}).text
    assert 'lang="ar"' in page
    assert 'dir="rtl"' in page
    assert db.session.scalars(select(AuditEntry.action)).all()[-1] == "account.language"
    assert db.session.get_one(User, user.id).locale == "ar"


@pytest.mark.usefixtures("app_sqlite")
@pytest.mark.parametrize(
    "page", ["//example.org/", "https://example.org/desk/", "/desk/\\example.org", "", "/x"]
)
def test_the_way_back_stays_at_the_desk(client: FlaskClient, signed_in: SignIn, page: str) -> None:
    signed_in(client)
    answer = post(client, "/desk/language", language="fr", page=page)
    assert answer.location == "/desk/"


@pytest.mark.usefixtures("app_sqlite")
def test_a_language_it_does_not_speak_is_refused(client: FlaskClient, signed_in: SignIn) -> None:
    user = signed_in(client)
    assert post(client, "/desk/language", language="tlh").status_code == 422
    assert db.session.get_one(User, user.id).locale == "en"


@pytest.mark.usefixtures("app_sqlite")
def test_who_is_not_signed_in_is_asked_to_in_the_browsers_language(client: FlaskClient) -> None:
    assert post(client, "/desk/language", language="fr").status_code == 303
    assert 'lang="fr"' in client.get("/desk/login", headers={"Accept-Language": "fr"}).text


@pytest.mark.usefixtures("app_sqlite")
def test_a_refusal_is_said_with_its_states_in_the_language(client: FlaskClient) -> None:
    with client.application.test_request_context():
        speak("fr")
        said = sentence_of(
            Conflict("a sign-on that is %(current)s has nothing to undo", current=SignatureStatus.PENDING)
        )
    assert "sign-on" not in said
    assert "pending" not in said
