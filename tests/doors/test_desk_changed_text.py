"""A changed text at the desk: how far signatories have answered, and a yes noted by a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from campaign.accounts.models import User
from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.jobs.models import Job
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.models import Letter
from campaign.letters.rules import Silence
from campaign.outbox.rules import MailState
from campaign.signing import asking, progress, reconfirming, tasks
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from campaign.signing.versions import given_to, question
from tests.doors.desk_kit import base, followed, post, words
from tests.factories import (
    ADDRESSEE,
    COORDINATOR,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
)
from tests.rooms.text_kit import WEEK, agree, ask, by_phone, mails, questions_to, revise

SignedIn = Callable[..., User]
pytestmark = pytest.mark.usefixtures("app_sqlite")  # nothing here depends on the database


def asked(**changes: object) -> tuple[Letter, dict[str, Signature]]:
    """A letter that has changed: one agreed, one refused, one is silent, one has no address."""
    letter = make_letter(**changes)
    names = ("Agreeing Geese", "Refusing Rooks", "Silent Owls")
    signed = {name: make_signature(letter, organisation=name) for name in names}
    signed["Phoning Finches"] = by_phone(letter, "Phoning Finches")
    revise(letter, "It asks for <more>.")
    ask()
    agree(signed["Agreeing Geese"])
    refusing = signed["Refusing Rooks"]
    reconfirming.refuse(questions_to(refusing)[-1], refusing)
    db.session.commit()
    return letter, signed


def figures(page: str) -> dict[str, int]:
    """The table of progress."""
    return {
        name: int(n)
        for name, n in re.findall(
            r'<th scope="row">([A-Z][a-z ]+)</th>\s*<td class="number">(\d+)</td>', page
        )
    }


def test_the_page_tells_how_far_it_is(client: FlaskClient, signed_in: SignedIn) -> None:
    letter, _signed = asked()
    signed_in(client)
    page = client.get(f"{base(letter)}/text")
    assert figures(page.text) == {
        "Asked by mail": 3,
        "Agreed": 1,
        "Refused": 1,
        "Silent": 1,
        "Without an address": 1,
    }
    text = words(page)
    assert "It asks for <more>." in text
    assert "taken off the list, also without an address" in text
    assert ("Silent Owls" in text, "Phoning Finches" in text, "Agreeing Geese" in text) == (True, True, False)
    assert f'href="{base(letter)}/text"' in client.get(base(letter)).text


def test_a_letter_that_asked_nobody_has_no_such_page(client: FlaskClient, signed_in: SignedIn) -> None:
    signed_in(client)
    letter = make_letter()
    assert client.get(f"{base(letter)}/text").status_code == 404
    assert f"{base(letter)}/text" not in client.get(base(letter)).text


def test_a_yes_by_phone_is_noted_with_how_one_knows(client: FlaskClient, signed_in: SignedIn) -> None:
    letter, signed = asked()
    user, phoned = signed_in(client), signed["Phoning Finches"]
    address = f"{base(letter)}/text/{phoned.id}"
    bare = post(client, address, note=" ")
    assert bare.status_code == 422
    assert "Say how you know" in words(bare)
    assert "Saved: Phoning Finches" in followed(client, post(client, address, note="Their director called."))
    assert given_to(phoned).agreed == 2
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signature.agreed")).all()[-1]
    assert (act.actor_id, act.subject_id) == (user.id, phoned.id)
    assert "called" not in str(act.details)
    assert "confirmed already" in followed(client, post(client, address, note="Again."))


def test_who_withdrew_cannot_be_noted(client: FlaskClient, signed_in: SignedIn) -> None:
    letter, signed = asked()
    signed_in(client)
    answer = post(client, f"{base(letter)}/text/{signed['Refusing Rooks'].id}", note="They called.")
    assert "stands on no list" in followed(client, answer)
    assert signed["Refusing Rooks"].status is SignatureStatus.WITHDRAWN


def test_another_letters_sign_on_is_not_found(client: FlaskClient, signed_in: SignedIn) -> None:
    letter, _signed = asked()
    signed_in(client)
    other = make_signature(make_letter())
    assert post(client, f"{base(letter)}/text/{other.id}", note="They called.").status_code == 404


def test_the_silent_are_reminded_again_within_bounds(client: FlaskClient, signed_in: SignedIn) -> None:
    letter, signed = asked()
    signed_in(client)
    remind = f"{base(letter)}/text/remind"
    assert "within the last day" in followed(client, post(client, remind))
    with time_machine.travel(clock.now() + timedelta(days=1, hours=1)):
        assert "on their way" in followed(client, post(client, remind))
        job = db.session.scalars(select(Job).where(Job.name == "campaign.signing.tasks.remind_again")).one()
        tasks.remind_again(*job.arguments)
    assert {name: len(questions_to(s)) for name, s in signed.items()} == {
        "Agreeing Geese": 1,
        "Refusing Rooks": 1,
        "Silent Owls": 2,
        "Phoning Finches": 0,
    }


def test_those_taken_off_are_listed_and_a_late_yes_puts_one_back(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    letter, signed = asked()
    with time_machine.travel(clock.now() + WEEK + timedelta(hours=1)):
        ask()
        signed_in(client)
        page = client.get(f"{base(letter)}/text")
        assert figures(page.text)["Taken off for their silence"] == 2
        assert "The time to answer was over" in words(page)
        post(client, f"{base(letter)}/text/{signed['Silent Owls'].id}", note="They were on holiday.")
        assert signed["Silent Owls"].status is SignatureStatus.ACCEPTED


def test_what_a_signature_was_given_to_stands_in_queue_and_list(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    letter, _signed = asked(silence=Silence.KEPT)
    make_signature(letter, SignatureStatus.PENDING, organisation="Waiting Wrens")
    signed_in(client)
    listed = words(client.get(f"{base(letter)}/list"))
    assert "version 1, English · confirmed for version 2" in listed
    assert "has not confirmed version 2" in listed
    assert "version 2, English" in words(client.get(f"{base(letter)}/queue"))
    with time_machine.travel(clock.now() + WEEK + timedelta(hours=1)):
        ask()
        signed_in(client)
        assert "kept by silence" in words(client.get(f"{base(letter)}/list"))


def test_a_further_body_alone_takes_nobody_off(client: FlaskClient, signed_in: SignedIn) -> None:
    letter = make_letter()
    make_signature(letter)
    revise(letter, addressees=(ADDRESSEE, AddresseeDraft("Basim Example", body="Port <Office>")))
    ask()
    signed_in(client)
    text = words(client.get(f"{base(letter)}/text"))
    assert "The letter now also goes to: Port <Office>" in text
    assert "stays on the list, and the letter does not go there in their name" in text


def test_a_noted_yes_says_whether_the_further_body_was_named(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    signed_in(client)
    letter = make_letter()
    signature = make_signature(letter)
    port = AddresseeDraft("Basim Example", body="Port Office", email="port@example.org")
    version = revise(letter, "It also goes to the Port Office.", addressees=(ADDRESSEE, port))
    address = f"{base(letter)}/text"
    page = client.get(address)
    assert "They were asked, and agree that it goes to: Port Office" in words(page)
    refused = post(client, f"{address}/{signature.id}", note="they rang")
    assert "Say whether they agree to the further bodies, too." in words(refused)
    assert 'value="they rang"' in refused.text
    said = post(client, f"{address}/{signature.id}", note="they rang", bodies=str(version.id))
    assert "Saved: " in followed(client, said)
    assert db.session.get_one(Signature, signature.id).agreed_version_id == version.id


def test_whose_question_came_back_is_to_be_rung_up(client: FlaskClient, signed_in: SignedIn) -> None:
    letter, signed = asked()
    person = make_person(name="Lee Lark", email="lark@example.org")
    lost = make_signature(letter, command=make_command(make_listing(organisation="Lost Larks"), person))
    lost.agreed_version_id = lost.text_version_id = signed["Silent Owls"].text_version_id
    db.session.commit()
    ask()
    (mail,) = mails(asking.QUESTION, "lark@example.org")
    mail.state = MailState.BOUNCED
    db.session.commit()
    signed_in(client)
    page = client.get(f"{base(letter)}/text")
    told = figures(page.text)
    assert (told["Silent"], told["The mail came back"]) == (1, 1)
    text = words(page)
    after = text[text.index("The mail came back: ask them yourself") :]
    assert [name in after for name in ("Lost Larks", "Lee Lark", "lark@example.org", "Silent Owls")] == [
        True,
        True,
        True,
        False,
    ]
    version = question(letter.id)
    assert version is not None
    asking.remind_again(version, clock.now() + 2 * asking.BETWEEN_MAILS, COORDINATOR)
    db.session.commit()
    assert (
        figures(client.get(f"{base(letter)}/text").text)["Silent"] == 2
    )  # a newer mail may have reached them
    assert progress.came_back(version) == set()
