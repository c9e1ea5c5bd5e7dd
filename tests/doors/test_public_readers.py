"""Whom the sign form names as readers of a name that is not public: all of them, and nobody else."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.core.db import db
from campaign.letters.drafts import AddresseeDraft, CopyDraft
from campaign.letters.rules import Sees, Visibility
from campaign.signing.models import Consent, Signature
from campaign.signing.rules import Purpose
from tests.doors.public_pages import sign
from tests.factories import make_letter

pytestmark = pytest.mark.usefixtures("app_sqlite", "slow_hands")  # nothing here depends on the database


def naming(client: FlaskClient, **changes: Any) -> str:
    """What the sign form says of who sees a name that is not public."""
    page = unescape(client.get(f"/letters/{make_letter(**changes).slug}/sign").text)
    found = re.search(r"<strong>Only to (.*?);</strong>", page)
    return found[1] if found else ""


def office(body: str | None, sees: Sees = Sees.ALL, *copies: CopyDraft) -> AddresseeDraft:
    return AddresseeDraft(f"Head of {body}", body=body, sees=sees, copies=copies)


QUIET = CopyDraft("quiet@example.org", "Quiet Person", sees=Sees.PUBLIC)
AIDE = CopyDraft("aide@example.org", "An Aide", "Chief of Staff", sees=Sees.ALL)
READERS = [
    ("who sees public names only is not named", (office("One"), office("Two", Sees.PUBLIC)), "One"),
    ("without a body the name stands", (office(None), office("Two")), "Head of None and Two"),
    ("each once", (office("One"), office("Two"), replace(office("One"), name="Deputy")), "One and Two"),
    ("a Cc by name and title", (office("One", Sees.ALL, AIDE, QUIET),), "One and An Aide (Chief of Staff)"),
    ("a Cc alone", (office("One", Sees.PUBLIC, AIDE, QUIET),), "An Aide (Chief of Staff)"),
    (
        "a Cc with a name or a title only",
        (
            office(
                "One", Sees.ALL, CopyDraft("a@example.org", "Mr A"), CopyDraft("b@example.org", None, "Clerk")
            ),
        ),
        "One, Mr A and Clerk",
    ),
    (
        "Cc of whom only the mailbox is known",
        (office("One", Sees.ALL, CopyDraft("a@example.org"), CopyDraft("b@example.org")),),
        "One and those copied on the letter to One",
    ),
]


@pytest.mark.parametrize(
    ("addressees", "named"), [case[1:] for case in READERS], ids=[case[0] for case in READERS]
)
def test_all_who_see_more_than_the_public_are_named_and_nobody_else(
    client: FlaskClient, addressees: tuple[AddresseeDraft, ...], named: str
) -> None:
    assert naming(client, addressees=addressees) == named


def test_the_agreement_names_the_copies_that_see_more_and_no_mail_address(client: FlaskClient) -> None:
    letter = make_letter(addressees=(office("One", Sees.PUBLIC, AIDE, QUIET), office("Two")))
    path = f"/letters/{letter.slug}/sign"
    page = client.get(path).text
    sign(client, path)
    kept = db.session.scalars(select(Consent.wording).where(Consent.purpose == Purpose.CONSENT)).one()
    assert "to One, Two and An Aide (Chief of Staff)." in kept
    assert "Quiet Person" not in page
    assert "aide@example.org" not in page


def test_where_nobody_sees_more_the_choice_is_not_there(client: FlaskClient) -> None:
    letter = make_letter(at_risk=True, addressees=(office("One", Sees.PUBLIC, QUIET),))
    path = f"/letters/{letter.slug}/sign"
    page = client.get(path).text
    assert 'value="addressees"' not in page
    assert "Only to" not in page
    assert sign(client, path, visibility="addressees").status_code == 422
    assert sign(client, path, visibility=None).status_code == 303
    assert db.session.scalars(select(Signature)).one().visibility is Visibility.UNNAMED


def test_a_letter_of_old_whose_only_choice_means_nothing_can_still_be_signed(client: FlaskClient) -> None:
    letter = make_letter(visibilities=(Visibility.ADDRESSEES,))
    letter.addressees[0].sees = Sees.PUBLIC  # written down before such a letter was refused
    db.session.commit()
    path = f"/letters/{letter.slug}/sign"
    assert "Only to those named in the letter;" in client.get(path).text
    assert sign(client, path, visibility=None).status_code == 303
