"""What silence means when a letter has changed: before its date, at it, and afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict
from campaign.letters.drafts import AddresseeDraft
from campaign.letters.rules import Silence
from campaign.outbox.models import Mail
from campaign.signing import asking, moderation, reconfirming, tasks
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from campaign.signing.versions import Given, given_to, question
from tests.factories import (
    ADDRESSEE,
    COORDINATOR,
    make_letter,
    make_signature,
)
from tests.rooms.text_kit import (
    OTHER,
    WEEK,
    acts,
    agree,
    ask,
    by_phone,
    count,
    questions_to,
    revise,
    written,
    yes,
)

_S = SignatureStatus
MONDAY = datetime(2030, 2, 4, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PORT = AddresseeDraft("Basim Example", body="Port Office", email="port@example.org")


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    """The clock stands still on a Monday, until a test moves it."""
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def test_before_the_date_silence_removes_nobody(app: Flask, traveller: time_machine.Traveller) -> None:
    letter = make_letter()
    signature = make_signature(letter)
    revise(letter)
    ask()
    traveller.shift(WEEK - HOUR)
    ask()
    assert (signature.status, count(letter)) == (_S.ACCEPTED, 1)
    assert given_to(signature) == Given(1, "en", asked=2)


def test_at_the_date_silence_takes_off_and_a_late_yes_puts_back(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter()
    silent, agreed, phoned = make_signature(letter), make_signature(letter), by_phone(letter)
    pending = make_signature(letter, _S.PENDING)
    version = revise(letter)
    ask()
    agree(agreed)
    traveller.shift(WEEK)
    ask()
    assert [s.status for s in (silent, agreed, phoned, pending)] == [
        _S.INVALIDATED,
        _S.ACCEPTED,
        _S.INVALIDATED,
        _S.PENDING,
    ]
    assert count(letter) == 1
    assert question(letter.id).settled_at == clock.now()  # type: ignore[union-attr]
    assert acts("text.settled") == [{"number": version.number, "silent": 1}]
    with pytest.raises(Conflict, match="nobody answered"):
        moderation.undo(silent, COORDINATOR)
    with pytest.raises(Conflict, match="an earlier text"):
        moderation.accept(pending, COORDINATOR)
    traveller.shift(3 * DAY)
    agree(silent)
    reconfirming.note_agreement(phoned, "they rang again", COORDINATOR)
    assert (silent.status, phoned.status, count(letter)) == (_S.ACCEPTED, _S.ACCEPTED, 3)
    assert phoned.note == "they rang · they rang again"
    agree(pending)
    moderation.accept(pending, COORDINATOR)
    assert count(letter) == 4
    ask()
    tasks.keep_asking_late()
    assert count(letter) == 4


def test_where_the_form_said_so_silence_keeps(app: Flask, traveller: time_machine.Traveller) -> None:
    letter = make_letter(silence=Silence.KEPT)
    signature = make_signature(letter)
    revise(letter)
    ask()
    traveller.shift(WEEK)
    ask()
    assert (signature.status, signature.agreed_version_id, count(letter)) == (_S.ACCEPTED, None, 1)
    assert given_to(signature) == Given(1, "en", asked=2, by_silence=True)
    moderation.undo(signature, COORDINATOR)
    moderation.accept(signature, COORDINATOR)
    assert count(letter) == 1


def test_silence_about_a_further_body_alone_takes_nobody_off(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter()
    signature = make_signature(letter)
    revise(letter, addressees=(ADDRESSEE, PORT))
    assert ask() == 1
    mail = db.session.scalars(select(Mail).where(Mail.builder == asking.QUESTION)).one()
    assert "the organisation stays on the list" in " ".join(written(mail).text.split())
    traveller.shift(WEEK)
    ask()
    assert (signature.status, count(letter)) == (_S.ACCEPTED, 1)


def test_a_text_and_a_body_asked_about_in_turn_are_one_question_in_the_end(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter()
    signature, silent = make_signature(letter), make_signature(letter)
    revise(letter)
    ask()
    old = questions_to(signature)[0]
    traveller.shift(DAY)
    second = revise(letter, texts=OTHER, addressees=(ADDRESSEE, PORT))
    ask()
    assert len(questions_to(signature)) == 2
    reconfirming.agree(old, signature, yes(letter))
    assert signature.agreed_version_id == second.id
    traveller.shift(WEEK - HOUR)
    ask()
    assert silent.status is _S.ACCEPTED, "the older date is moot"
    traveller.shift(HOUR)
    ask()
    assert (silent.status, signature.status) == (_S.INVALIDATED, _S.ACCEPTED)


def test_who_is_asked_late_keeps_their_time(app: Flask, traveller: time_machine.Traveller) -> None:
    letter = make_letter()
    signature = make_signature(letter)
    revise(letter)
    traveller.shift(WEEK + DAY)  # no worker ran all the time
    ask()
    assert (signature.status, len(questions_to(signature))) == (_S.ACCEPTED, 1)
    assert question(letter.id).settled_at is None  # type: ignore[union-attr]
    traveller.shift(2 * DAY)
    ask()
    assert signature.status is _S.INVALIDATED
    assert question(letter.id).settled_at == clock.now()  # type: ignore[union-attr]


def test_one_that_comes_back_to_life_afterwards_is_asked_then(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter()
    signature = make_signature(letter, _S.INVALIDATED)
    revise(letter)
    traveller.shift(WEEK)
    ask()
    moderation.undo(signature, COORDINATOR)
    db.session.commit()
    tasks.keep_asking_late()
    assert (signature.status, len(questions_to(signature))) == (_S.ACCEPTED, 1)
    traveller.shift(2 * DAY)
    tasks.keep_asking_late()
    db.session.refresh(signature)
    assert (signature.status, count(letter)) == (_S.INVALIDATED, 0)


def test_one_of_an_older_text_is_not_accepted_unconfirmed_after_the_date(
    app: Flask, traveller: time_machine.Traveller
) -> None:
    letter = make_letter()
    signature = make_signature(letter, _S.UNVERIFIED)
    revise(letter)
    traveller.shift(WEEK)
    with pytest.raises(Conflict, match="an earlier text"):
        moderation.accept_on_evidence(signature, "known to us", COORDINATOR)


def test_a_late_yes_meets_the_organisation_signed_anew(app: Flask, traveller: time_machine.Traveller) -> None:
    letter = make_letter()
    silent = make_signature(letter, organisation="Harbour Friends")
    revise(letter)
    ask()
    traveller.shift(WEEK)
    ask()
    make_signature(letter, organisation="Harbour Friends")
    with pytest.raises(Conflict):
        agree(silent)
    db.session.rollback()
    assert count(letter) == 1
    assert db.session.scalar(select(func.count()).select_from(Signature)) == 2
