"""Several sign-ons of one mailbox: whoever confirms one is offered the others, for a while."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from campaign.core import clock
from campaign.core.db import db
from campaign.letters import operations as letters
from campaign.letters.models import Letter
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from tests.doors.public_pages import Form, send
from tests.factories import (
    COORDINATOR,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    token_of,
)

UNVERIFIED, PENDING = SignatureStatus.UNVERIFIED, SignatureStatus.PENDING
MAILBOX = "secretary@example.org"
pytestmark = pytest.mark.usefixtures("app_sqlite", "slow_hands")


def sign_on(letter: Letter, name: str, email: str = MAILBOX) -> Signature:
    """One that waits for its mailbox."""
    return make_signature(
        letter, UNVERIFIED, make_command(make_listing(organisation=name), make_person(email=email))
    )


def confirmed(client: FlaskClient, signature: Signature) -> str:
    """Press the button; where the page after it is."""
    answer = send(client, f"/confirm/{token_of(signature)}")
    assert answer.status_code == 303
    return answer.location


def test_the_others_are_offered_with_a_button_each(client: FlaskClient) -> None:
    letter = make_letter()
    first, second = sign_on(letter, "First Group"), sign_on(letter, "Second <Group>")
    elsewhere = sign_on(make_letter(titles={"en": "Another letter"}), "Third Group")
    strangers = [sign_on(letter, "Not Theirs", e) for e in ("other@example.org", "secretary+x@example.org")]
    before = client.get(f"/confirm/{token_of(first)}").text
    assert "Second" not in before  # only whoever has confirmed is told
    page = client.get(confirmed(client, first)).text
    assert "Also waiting for you" in page
    assert "Second &lt;Group&gt;" in page
    assert "Another letter" in page
    assert [token_of(s) in page for s in strangers] == [False, False]
    form = Form(page)
    assert form.action == f"/confirm/{token_of(second)}?lang=en"
    answer = client.post(form.action, data=form.fields)
    assert (answer.status_code, second.status) == (303, PENDING)
    page = client.get(answer.location).text
    assert "Second" in page
    assert Form(page).action == f"/confirm/{token_of(elsewhere)}?lang=en"
    page = client.get(confirmed(client, elsewhere)).text
    assert "Also waiting for you" not in page


def test_a_link_found_later_tells_nothing_of_others(client: FlaskClient) -> None:
    letter = make_letter()
    first = sign_on(letter, "First Group")
    path = confirmed(client, first)
    sign_on(letter, "Second Group")
    assert "Second Group" in client.get(path).text
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        for address in (path, path.removesuffix("/done")):
            assert "Second Group" not in client.get(address).text


def test_the_page_for_whoever_signed_says_the_same_to_all(client: FlaskClient) -> None:
    assert "gets their links together" in client.get(f"/letters/{make_letter().slug}/sign/inbox").text


@pytest.mark.parametrize("acts", ["close", "close archive", "withdraw"])
def test_a_used_link_ends_with_the_letter(client: FlaskClient, acts: str) -> None:
    signature = sign_on(make_letter(), "First Group")
    path = confirmed(client, signature)
    assert client.get(path).status_code == 200
    for act in acts.split():
        reason = ("The harbour is open.",) if act == "withdraw" else ()
        getattr(letters, act)(signature.letter, *reason, COORDINATOR)
    db.session.commit()
    for address in (path, path.removesuffix("/done")):
        page = client.get(address)
        assert page.status_code == 410
        assert "First Group" not in page.text
        assert "This link has done its work" in page.text
