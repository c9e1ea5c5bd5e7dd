"""Bulk invalidation at the desk: a rule, what it means, confirmed, done by the worker, undone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaign.accounts.models import User
from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.signing import invalidating
from campaign.signing.models import Signature
from campaign.signing.rules import InvalidationState, SignatureStatus
from campaign.signing.tasks import invalidate
from tests.doors.desk_kit import base, followed, post, words
from tests.factories import make_letter, make_signature

SignedIn = Callable[..., User]
pytestmark = pytest.mark.usefixtures("app_sqlite")
S = SignatureStatus


def crowd(letter: Letter) -> list[Signature]:
    """Three that are meant by the word Spam, and one that is not."""
    states = {"Spam One": S.ACCEPTED, "Spam <b>Two": S.PENDING, "Spam Three": S.HELD, "Genuine": S.ACCEPTED}
    return [make_signature(letter, status, organisation=name) for name, status in states.items()]


def propose(client: FlaskClient, letter: Letter, **conditions: str) -> str:
    """The address of the page that a rule leads to."""
    answer = post(client, f"{base(letter)}/invalidations", **conditions)
    assert answer.status_code == 303, words(answer)
    return str(answer.headers["Location"])


def test_from_a_rule_to_its_undoing(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    rows = crowd(letter)
    page = propose(client, letter, name="spam")
    said = words(client.get(page))
    assert "It means 3 sign-ons." in said
    assert "Spam <b>Two" in said
    assert "Genuine" not in said
    assert [row.status for row in rows] == [S.ACCEPTED, S.PENDING, S.HELD, S.ACCEPTED]
    assert "It begins now." in followed(
        client, post(client, f"{page}/start", seen="3", reason="by a program")
    )
    working = client.get(page)
    assert working.headers["Refresh"] == "3"
    assert "At work: 0 of 3." in words(working)
    while invalidate():
        pass
    said = words(client.get(page))
    assert "3 sign-ons were declared invalid or rejected." in said
    assert "by a program" in said
    assert "Refresh" not in client.get(page).headers
    assert [row.status for row in rows] == [S.INVALIDATED, S.REJECTED, S.REJECTED, S.ACCEPTED]
    assert "It is being undone." in followed(client, post(client, f"{page}/undo"))
    assert "Being undone: 0 of 3." in words(client.get(page))
    while invalidate():
        pass
    assert "3 sign-ons are what they were." in words(client.get(page))
    assert [row.status for row in rows] == [S.ACCEPTED, S.PENDING, S.HELD, S.ACCEPTED]
    assert "The name holds these words: spam" in words(client.get(f"{base(letter)}/invalidations"))
    assert "bulk invalidation undone, sign-ons put back: 3" in words(client.get(base(letter)))


def test_a_rule_must_ask_something_that_can_be(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    for typed, sentence in (
        ({}, "Give at least one condition"),
        ({"name": "  "}, "Give at least one condition"),
        ({"mail_domain": "*"}, "A mail domain looks like"),
        ({"country": "Atlantis"}, "We do not know this country."),
        ({"network": "12345"}, "It is not known from where that sign-on came"),
        ({"network": "none"}, "Give a number."),
        ({"flag": "ugly"}, "Not a valid choice"),
        (
            {"signed_from": "2030-01-02T00:00", "signed_until": "2030-01-01T00:00"},
            "The second moment is before",
        ),
    ):
        answer = post(client, f"{base(letter)}/invalidations", **typed)
        assert answer.status_code == 422, typed
        assert sentence in words(answer), typed
        assert all(value in answer.text for value in typed.values() if value.strip() and value != "ugly")
    assert invalidating.of_letter(letter.id) == []


def test_every_condition_can_be_asked_and_is_told_in_words(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter(time_zone="Africa/Nairobi", country_names={"PE": {"en": "El Perú"}})
    make_signature(letter, organisation="Spam", country_code="PE")
    host = letter.hosts[0]
    page = propose(
        client,
        letter,
        name="spam",
        mail_domain="example.org",
        country="el peru",
        signed_from="2020-01-01T00:00",
        signed_until="2040-01-01T00:00",
        flag="limit",
        source="form",
        evidence="mailbox",
        host=str(host.id),
    )
    said = words(client.get(page))
    for told in (
        "El Perú",
        "Jan 1, 2020, 00:00 EAT",
        "over a limit",
        "the form",
        "mailbox proven",
        host.name,
    ):
        assert told in said, told
    assert "It means 0 sign-ons." in said
    assert f'{page}/start"' not in client.get(page).text
    assert "It goes no further." in followed(client, post(client, f"{page}/cancel"))
    assert "It changed no sign-on." in words(client.get(page))


def test_what_was_seen_is_what_is_confirmed(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    crowd(letter)
    page = propose(client, letter, name="spam")
    for seen, reason, sentence in (
        ("3", " ", "A rejection needs a reason"),
        ("2", "why", "The rule means 3 sign-ons by now"),
        ("many", "why", "The rule means 3 sign-ons by now"),
    ):
        answer = post(client, f"{page}/start", seen=seen, reason=reason)
        assert answer.status_code == 422
        assert sentence in words(answer)
    found = invalidating.of_letter(letter.id)[0]
    assert found.state is InvalidationState.PROPOSED
    post(client, f"{page}/start", seen="3", reason="why")
    assert "cannot become at work" in words(post(client, f"{page}/start", seen="3", reason="why"))
    assert "It goes no further." in followed(client, post(client, f"{page}/cancel"))
    assert "Not done." in followed(client, post(client, f"{page}/undo"))


def test_a_row_of_the_queue_leads_to_a_rule_for_its_network(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    waiting = make_signature(letter, S.PENDING)
    link = re.search(r'href="([^"]*invalidations\?network=\d+)"', client.get(f"{base(letter)}/queue").text)
    assert link
    assert f'value="{waiting.id}"' in client.get(link[1]).text


def test_another_letter_s_rule_is_not_found(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter, other = make_letter(), make_letter()
    page = propose(client, letter, name="spam")
    number = page.rpartition("/")[2]
    assert client.get(f"{base(other)}/invalidations/{number}").status_code == 404
    assert post(client, f"{base(other)}/invalidations/{number}/start", seen="0").status_code == 404
    db.session.rollback()
