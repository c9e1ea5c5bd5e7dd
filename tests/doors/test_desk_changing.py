"""Changing an open letter at the desk: what the form asks of a coordinator, and what it no longer offers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from campaign.accounts.models import User
from campaign.core import clock
from campaign.letters.queries import letter_by_slug
from campaign.letters.rules import Silence, TextRule
from tests.doors.desk_kit import as_shown, post, words
from tests.factories import make_letter

SignedIn = Callable[..., User]
pytestmark = pytest.mark.usefixtures("app_sqlite")  # nothing here depends on the database


def test_a_date_that_leaves_no_time_is_said_beside_its_field(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    address = f"/desk/letters/{letter.slug}/edit"
    fields = {k: v for k, v in as_shown(client, address).items() if k not in ("_v", "csrf_token")}
    fields |= {"texts-0-text": "Another.", "change": "substantive", "summary": "It asks for more."}
    answer = post(client, address, **{**fields, "reconfirm_by": clock.now().strftime("%Y-%m-%dT%H:%M")})
    assert answer.status_code == 422
    assert 'id="error-reconfirm_by"' in answer.text
    assert "at least six hours" in words(answer)


def test_a_further_body_asks_signatories(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    address = f"/desk/letters/{letter.slug}/edit"
    fields = {k: v for k, v in as_shown(client, address).items() if k not in ("_v", "csrf_token")}
    fields |= {"addressees-1-name": "Basim Example", "addressees-1-body": "Port Office"}
    answer = post(client, address, **fields)
    assert answer.status_code == 422
    assert "Signatories have not agreed that the letter goes to Port Office." in words(answer)
    by = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    said = {"change": "substantive", "summary": "It also goes to the Port Office.", "reconfirm_by": by}
    assert post(client, address, **{**fields, **said}).status_code == 303
    version = letter_by_slug(letter.slug).text_version
    assert version is not None
    assert (version.number, version.new_bodies) == (2, ["Port Office"])


def test_promises_are_made_before_opening_and_only_become_stricter(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    draft = make_letter(opened=False)
    address = f"/desk/letters/{draft.slug}/edit"
    fields = {k: v for k, v in as_shown(client, address).items() if k not in ("_v", "csrf_token")}
    assert (fields["text_rule"], fields["silence"]) == ("revisable", "off")
    kept = {"silence": "kept", "further_bodies": "y"}
    assert post(client, address, **{**fields, **kept}).status_code == 303
    letter = letter_by_slug(draft.slug)
    assert (letter.silence, letter.further_bodies) == (Silence.KEPT, True)
    opened = make_letter()
    address = f"/desk/letters/{opened.slug}/edit"
    fields = {k: v for k, v in as_shown(client, address).items() if k not in ("_v", "csrf_token")}
    assert 'value="kept"' not in client.get(address).text
    assert post(client, address, **{**fields, **kept}).status_code == 422
    assert letter_by_slug(opened.slug).silence is Silence.OFF
    assert post(client, address, **{**fields, "text_rule": "final"}).status_code == 303
    assert letter_by_slug(opened.slug).text_rule is TextRule.FINAL
