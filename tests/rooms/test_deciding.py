"""Somebody else decides: the form hands on to them, their word is their own, and they may refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.core.errors import Gone, InvalidInput
from campaign.core.secrets import blind_index
from campaign.letters.models import Letter
from campaign.outbox.models import Mail
from campaign.signing import confirming, consenting, deciding, queries
from campaign.signing import operations as signing
from campaign.signing.deciding import Decider, Decision
from campaign.signing.models import Signature
from campaign.signing.rules import Evidence, Purpose, SignatureStatus
from tests.factories import (
    confirmation_of,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
    token_of,
)
from tests.rooms.following_kit import remind
from tests.servers import Sink

S = SignatureStatus
WORDS = {Purpose.ATTESTATION: "I may sign.", Purpose.CONSENT: "I agree."}
DECIDER = Decider("Dana Director", "dana@harbour.example.org")


def handed_on(letter: Letter, decider: Decider = DECIDER, **changes: object) -> Signature:
    """The secretary fills in the form; the director decides."""
    command = make_command(
        make_listing(organisation="Harbour Friends", website="https://harbour.example.org"),
        make_person(name="Sam Secretary", role="Secretary", email="sam@example.net"),
        decider=decider,
        **{"wordings": {Purpose.CONSENT: "I agree.", Purpose.UPDATES: "Write to me."}} | changes,
    )
    return make_signature(letter, S.UNVERIFIED, command)


def decision(**changes: object) -> Decision:
    """What the director says."""
    said: dict[str, object] = {"wordings": WORDS, "language": "en"}
    plain: dict[str, object] = {"name": "Dana Q. Director", "role": "Director", **said}
    return Decision(**(plain | changes))  # type: ignore[arg-type]


def test_the_one_named_represents_and_the_one_who_typed_has_asked(app: Flask) -> None:
    person = handed_on(make_letter()).representative
    assert person is not None
    assert (person.name, person.role, person.email) == ("Dana Director", None, "dana@harbour.example.org")
    assert person.email_index == blind_index("dana@harbour.example.org")
    assert (person.asked_by, person.asked_by_email) == ("Sam Secretary (Secretary)", "sam@example.net")
    assert person.asked_by_index == blind_index("sam@example.net")
    (mail,) = db.session.scalars(select(Mail))
    assert mail.recipient == "dana@harbour.example.org"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("representative", "Go to evil.example.com"),
        ("role", "see https://evil"),
        ("organisation", "WWW.Evil"),
        ("organisation_other", "write to me@evil"),
        ("representative", "x" * 61),
        ("role", "x" * 61),
        ("role", "evil\u200b.\uff45xample\uff0ecom"),
    ],
)
def test_what_would_lead_away_from_the_mail_is_refused(app: Flask, field: str, words: str) -> None:
    listing = {field: words} if field.startswith("organisation") else {}
    person = {} if listing else {"name" if field == "representative" else field: words}
    command = make_command(make_listing(**listing), make_person(**person), decider=DECIDER)
    with pytest.raises(InvalidInput) as refused:
        signing.sign(make_letter(), command)
    assert refused.value.field == field
    db.session.rollback()
    assert signing.sign(make_letter(), replace(command, decider=None)) is not None


def test_the_mail_names_who_asked(app: Flask, sink: Sink, work: Callable[[], int]) -> None:
    letter = make_letter()
    first = handed_on(letter)
    work()
    (mail,) = sink.to(DECIDER.email)
    assert mail.message["Subject"] == "Please decide: Open the harbour"
    assert "Sam Secretary (Secretary) filled in the form" in " ".join(mail.text.split())
    assert mail.links == [f"http://localhost/confirm/{token_of(first)}"]
    assert mail.text.rstrip("\r\n").endswith(mail.links[0])
    assert not sink.to("sam@example.net")
    own = make_person(email=DECIDER.email)
    make_signature(letter, S.UNVERIFIED, make_command(make_listing(), own))
    for waiting in db.session.scalars(select(Mail)):
        waiting.due_at = waiting.created_at
    work()
    gathered = sink.to(DECIDER.email)[1]
    assert len(gathered.links) == 2
    assert "Sam Secretary (Secretary) asks you to decide" in " ".join(gathered.text.split())


def test_deciding_is_a_word_of_ones_own(app: Flask) -> None:
    signature = handed_on(make_letter())
    assert [c.purpose for c in queries.consents(signature.id)] == [Purpose.CONSENT]
    given = decision(wordings=WORDS | {Purpose.UPDATES: "Write to me."}, readers=("A minister",))
    confirming.verify(confirmation_of(signature), decision=given)
    db.session.commit()
    person = signature.representative
    assert person is not None
    assert (person.name, person.role) == ("Dana Q. Director", "Director")
    assert (signature.status, signature.evidence) == (S.PENDING, Evidence.DOMAIN)
    consents = queries.consents(signature.id)
    assert [c.purpose for c in consents if c.given_at == signature.confirmed_at] == [
        Purpose.ATTESTATION,
        Purpose.CONSENT,
        Purpose.UPDATES,
    ]
    assert [c.readers for c in consents if c.purpose is Purpose.CONSENT] == [[], ["A minister"]]
    assert consenting.wants_updates(signature.id)


def test_news_are_for_whoever_decides_to_want(app: Flask) -> None:
    signature = handed_on(make_letter())
    confirming.verify(confirmation_of(signature), decision=decision())
    assert not consenting.wants_updates(signature.id)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (None, "authorised"),
        (decision(wordings={Purpose.CONSENT: "I agree."}), "authorised"),
        (decision(wordings={Purpose.ATTESTATION: "I may."}), "consent"),
        (decision(name=" "), "representative"),
        (decision(role=""), "role"),
        (decision(name="x" * 121), "representative"),
        (decision(role="a\0b"), "role"),
    ],
)
def test_without_a_whole_word_nothing_is_signed(app: Flask, given: Decision | None, field: str) -> None:
    signature = handed_on(make_letter())
    with pytest.raises(InvalidInput) as refusal:
        confirming.verify(confirmation_of(signature), decision=given)
    assert refusal.value.field == field
    db.session.rollback()
    assert (signature.status, confirmation_of(signature).used_at) == (S.UNVERIFIED, None)


def test_the_form_needs_a_word_of_somebody(app: Flask) -> None:
    letter = make_letter()
    with pytest.raises(InvalidInput) as refusal:
        signing.sign(letter, make_command(wordings={Purpose.CONSENT: "I agree."}))
    assert refusal.value.field == "authorised"
    with pytest.raises(InvalidInput) as refusal:
        handed_on(letter, wordings={Purpose.ATTESTATION: "I may."})
    assert refusal.value.field == "consent"
    with pytest.raises(InvalidInput) as refusal:
        handed_on(letter, Decider("x" * 121, "dana@example.org"))
    assert refusal.value.field == "decider"


def test_a_decision_changes_nothing_where_nobody_else_decides(app: Flask) -> None:
    signature = make_signature(make_letter(), S.UNVERIFIED)
    confirming.verify(confirmation_of(signature), decision=decision())
    assert signature.representative is not None
    assert signature.representative.name == "Sami Example"
    assert not deciding.was_handed_on(signature)


@pytest.mark.parametrize("handed", [True, False])
def test_refusing_ends_it_and_tells_nobody_outside(app: Flask, handed: bool) -> None:
    letter = make_letter()
    signature = handed_on(letter) if handed else make_signature(letter, S.UNVERIFIED)
    confirmation, owed = confirmation_of(signature), len(list(db.session.scalars(select(Mail))))
    for _ in range(2):
        confirming.refuse(confirmation)
        db.session.commit()
    assert (signature.status, confirming.was_refused(confirmation)) == (S.EXPIRED, True)
    (act,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signature.expired"))
    assert (act.actor_kind.value, act.details) == ("signatory", {"was": "unverified", "refused": True})
    assert len(list(db.session.scalars(select(Mail)))) == owed
    assert remind(signature.signed_at.replace(year=2999)) == 0
    with pytest.raises(Gone):
        confirming.verify(confirmation, decision=decision())


def test_what_was_confirmed_cannot_be_refused_by_that_link(app: Flask) -> None:
    signature = make_signature(make_letter(), S.PENDING)
    with pytest.raises(Gone):
        confirming.refuse(confirmation_of(signature))
    db.session.rollback()
    assert signature.status is S.PENDING
