"""A changed text at the desk: how far signatories have answered, and a yes noted by a person."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import event, select

from campaign.accounts.models import User
from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.desk import changed_text
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


def lost_with(letter: Letter, signed: dict[str, Signature], *names: str) -> list[Signature]:
    """Signatories with addresses of their own whose question came back."""
    lost = []
    for name in names:
        person = make_person(name="Lee Lark", email=f"{name.split()[-1].lower()}@example.org")
        lost.append(make_signature(letter, command=make_command(make_listing(organisation=name), person)))
        lost[-1].agreed_version_id = lost[-1].text_version_id = signed["Silent Owls"].text_version_id
    db.session.commit()
    ask()
    for name in names:
        (mail,) = mails(asking.QUESTION, f"{name.split()[-1].lower()}@example.org")
        mail.state = MailState.BOUNCED
    db.session.commit()
    return lost


def test_whose_question_came_back_is_to_be_rung_up(client: FlaskClient, signed_in: SignedIn) -> None:
    letter, signed = asked()
    lost_with(letter, signed, "Lost Larks")
    signed_in(client)
    page = client.get(f"{base(letter)}/text")
    told = figures(page.text)
    assert (told["Silent"], told["The mail came back"]) == (1, 1)
    text = words(page)
    after = text[text.index("The mail came back: ask them yourself") :]
    assert [name in after for name in ("Lost Larks", "Lee Lark", "larks@example.org", "Silent Owls")] == [
        True,
        True,
        True,
        False,
    ]


def test_whose_newest_mail_is_under_way_may_be_reached_yet(client: FlaskClient, signed_in: SignedIn) -> None:
    letter, signed = asked()
    (lost,) = lost_with(letter, signed, "Lost Larks")
    signed_in(client)
    version = question(letter.id)
    assert version is not None
    assert version.reconfirm_by is not None
    with time_machine.travel(version.reconfirm_by - timedelta(days=1)):
        ask()  # its one reminder goes out by itself
        signed_in(client)
        assert figures(client.get(f"{base(letter)}/text").text)["Silent"] == 2
    assert len(questions_to(lost)) == 2
    assert progress.answers(version, 9).lost == set()


def test_whose_mail_came_back_is_left_out_of_the_reminders_and_counted(
    client: FlaskClient, signed_in: SignedIn
) -> None:
    letter, signed = asked()
    lost = lost_with(letter, signed, "Lost Larks", "Gone Gulls")
    with time_machine.travel(clock.now() + timedelta(days=1, hours=1)):
        signed_in(client)
        said = followed(client, post(client, f"{base(letter)}/text/remind"))
        assert "on their way. 2 could not be reached: their addresses bounced." in said
        job = db.session.scalars(select(Job).where(Job.name == "campaign.signing.tasks.remind_again")).one()
        tasks.remind_again(*job.arguments)
        assert [len(questions_to(s)) for s in (*lost, signed["Silent Owls"])] == [1, 1, 2]
        said = followed(client, post(client, f"{base(letter)}/text/remind"))
        assert "because their address bounced: 2" in said


def test_the_page_asks_the_mails_once_and_sends_no_long_list_of_ids(
    client: FlaskClient, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more than the database takes as parameters, here 40, it lists the first."""
    monkeypatch.setattr(changed_text, "MOST_ROWS", 2)
    letter, signed = asked()
    lost_with(letter, signed, *(f"Lost Larks{n}" for n in range(41)))
    signed_in(client)
    address, statements = f"{base(letter)}/text", list[str]()

    def narrow(connection: sqlite3.Connection, *_rest: object) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 40)

    def widen(connection: sqlite3.Connection, *_rest: object) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 250_000)

    def note(connection: object, cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    heard = (("checkout", narrow), ("checkin", widen), ("before_cursor_execute", note))
    db.session.remove()
    for name, told in heard:
        event.listen(db.engine, name, told)
    page = client.get(address)
    db.session.remove()
    for name, told in heard:
        event.remove(db.engine, name, told)
    assert figures(page.text)["The mail came back"] == 41
    assert [name in words(page) for name in ("Lost Larks0", "Lost Larks1", "Lost Larks2")] == [
        True,
        True,
        False,
    ]
    assert "39 more are not shown" in words(page)
    assert len([s for s in statements if "JOIN mails" in s or "FROM mails" in s]) == 1
