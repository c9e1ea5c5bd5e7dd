"""What speaks for a sign-on, and why a person should look at it, as the desk shows it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaign.accounts import rules
from campaign.accounts.models import User
from campaign.accounts.rules import Action, Role
from campaign.core.db import db
from campaign.desk import words
from campaign.letters.models import Letter
from campaign.signing import confirming, moderation
from campaign.signing.models import Signature
from campaign.signing.rules import HELD_FOR, Evidence, Flag, SignatureStatus
from tests.doors.desk_kit import base, followed, post
from tests.doors.desk_kit import words as text_of
from tests.factories import (
    COORDINATOR,
    confirmation_of,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
)

SignedIn = Callable[..., User]
pytestmark = pytest.mark.usefixtures("app_sqlite")
SAID = {
    Flag.LOOK_ALIKE: "look-alike name",
    Flag.DUPLICATE: "possible duplicate",
    Flag.SHARED_MAILBOX: "shared mailbox",
    Flag.LIMIT: "over a limit",
    Flag.DENIED: "on the deny list",
    Flag.HONEYPOT: "trap field filled in",
}


@pytest.mark.parametrize("flag", list(Flag))
def test_each_flag_stands_in_words_in_its_row(client: FlaskClient, signed_in: SignedIn, flag: Flag) -> None:
    signed_in(client)
    letter = make_letter()
    flagged, plain = (make_signature(letter, SignatureStatus.PENDING) for _ in range(2))
    flagged.flags = [flag.value]
    db.session.commit()
    page = client.get(f"{base(letter)}/queue").text
    rows = {s: page.split(f'<tr id="sign-on-{s.id}"')[1].split("</tr>")[0] for s in (flagged, plain)}
    assert SAID[flag] in rows[flagged]
    assert f'class="state {"wrong" if flag in HELD_FOR else "wait"}">{SAID[flag]}' in rows[flagged]
    assert 'class="flags"' not in rows[plain]


def test_what_is_held_stands_out_with_its_word(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    held = make_signature(letter, SignatureStatus.HELD)
    make_signature(letter, SignatureStatus.PENDING)
    answer = client.get(f"{base(letter)}/queue")
    assert answer.text.count('class="held"') == 1
    assert f'<tr id="sign-on-{held.id}" class="held">' in answer.text
    assert " held " in text_of(answer)


def test_a_flag_of_a_later_version_stands_by_its_name(client: FlaskClient) -> None:
    assert words.flag("moon_phase") == ("moon_phase", "wait")


@pytest.mark.parametrize("evidence", list(Evidence))
def test_all_evidence_has_words(client: FlaskClient, evidence: Evidence) -> None:
    assert words.evidence(evidence)[0]


def sign_on(
    letter: Letter, email: str, website: str | None = None, name: str = "Harbour Friends"
) -> Signature:
    """One that waits at the desk."""
    command = make_command(make_listing(organisation=name, website=website), make_person(email=email))
    return make_signature(letter, SignatureStatus.PENDING, command)


def test_evidence_says_what_it_rests_on(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter, home = make_letter(), "https://www.harbour.example.org"
    first = sign_on(make_letter(titles={"en": "An earlier letter"}), "office@harbour.example.org")
    moderation.accept(first, COORDINATOR)
    for number, (email, website) in enumerate(
        (
            ("office@harbour.example.org", home),
            ("office@ngo.example.net", home),
            ("office@ngo.example.net", None),
            ("office@gmail.com", home),
        )
    ):
        sign_on(letter, email, website, f"Organisation of row {number}")
    sign_on(letter, "office@harbour.example.org", None)
    page = text_of(client.get(f"{base(letter)}/queue"))
    for sentence in (
        "mailbox of its website mailbox at harbour.example.org, the website’s own domain",
        "mailbox proven mailbox at ngo.example.net, not the domain of the website (example.org)",
        "mailbox proven mailbox at ngo.example.net; no website to compare with",
        "mailbox proven mailbox at gmail.com, where anybody can have one",
        "signed before mailbox at harbour.example.org, which signed for it before: An earlier letter",
    ):
        assert sentence in page


def test_who_may_not_see_contacts_sees_the_domain(
    client: FlaskClient, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(client)
    letter = make_letter()
    sign_on(letter, "office@harbour.example.org")
    sign_on(letter, "colleague@harbour.example.org")
    address = f"{base(letter)}/queue"
    assert all(f"{who}@harbour" in client.get(address).text for who in ("office", "colleague"))
    monkeypatch.setitem(rules._MAY, Role.COORDINATOR, frozenset({Action.MODERATE}))
    page = client.get(address).text
    assert "mailbox at harbour.example.org" in page
    assert "@harbour" not in page


def test_a_website_corrected_in_the_row_is_looked_at_anew(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    signature = sign_on(make_letter(), "office@harbour.example.org")
    address = f"{base(signature.letter)}/queue/{signature.id}"
    assert post(client, address, website="www.harbour.example.org").status_code == 303
    assert (signature.website, signature.evidence) == ("https://www.harbour.example.org", Evidence.DOMAIN)
    assert post(client, address, website="ftp://harbour.example.org").status_code == 422
    assert post(client, address, website="").status_code == 303
    assert (signature.website, signature.evidence) == (None, Evidence.MAILBOX)


def test_further_contacts_stand_with_the_signature_and_can_be_set_apart(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    standing = sign_on(letter, "office@harbour.example.org")
    second = make_signature(
        letter,
        SignatureStatus.UNVERIFIED,
        make_command(make_listing(organisation="HARBOUR friends"), make_person(email="second@example.org")),
    )
    confirming.verify(confirmation_of(second))
    queue = f"{base(letter)}/queue"
    waiting = client.get(queue).text.split(f'<tr id="sign-on-{standing.id}"')[1].split("</tr>")[0]
    assert "1 further contact" in waiting
    assert "second@example.org" in waiting
    assert "HARBOUR friends" in waiting
    moderation.accept(standing, COORDINATOR)
    db.session.commit()
    listed = client.get(f"{base(letter)}/list").text
    assert "1 further contact" in listed
    assert "second@example.org" in listed
    apart = f"{base(letter)}/further/{second.id}/apart"
    assert "signed this letter already" in followed(client, post(client, apart, name="Harbour Friends"))
    said = followed(client, post(client, apart, name="Harbour Friends of the North"))
    assert "Harbour Friends of the North waits for a decision of its own." in said
    assert second.status is SignatureStatus.PENDING
    assert "further contact" not in client.get(f"{base(letter)}/list").text


def test_the_contact_of_one_that_left_can_take_its_place(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    standing = sign_on(letter, "office@harbour.example.org")
    second = sign_on(letter, "second@example.org")
    assert second.status is SignatureStatus.SUPERSEDED
    assert "no longer stand here" not in client.get(f"{base(letter)}/queue").text
    post(client, f"{base(letter)}/queue/{standing.id}", do="reject", reason="not theirs")
    assert "Contacts of organisations that no longer stand here" in client.get(f"{base(letter)}/queue").text
    followed(client, post(client, f"{base(letter)}/decisions/{second.id}/undo"))
    assert second.status is SignatureStatus.PENDING
