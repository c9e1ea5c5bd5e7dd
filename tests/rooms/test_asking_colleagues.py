"""A changed letter and those who gave way: asked like everybody, and heard for themselves alone."""

from __future__ import annotations

import pytest
from flask import Flask

from campaign.audit.rules import SIGNATORY
from campaign.core.db import db
from campaign.core.errors import Gone
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.signing import asking, confirming, progress, reconfirming
from campaign.signing import operations as signing
from campaign.signing.models import Signature
from campaign.signing.rules import SignatureStatus
from campaign.signing.telling import silence_means
from campaign.signing.versions import given_to
from tests.factories import (
    COORDINATOR,
    confirmation_of,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
)
from tests.rooms.text_kit import agree, ask, count, mailed, questions_to, revise, written
from tests.rooms.text_kit import mails as mails_of

S = SignatureStatus
NAME = "Voice for Peace"


def signed(letter: Letter, email: str, visibility: Visibility = Visibility.UNNAMED) -> Signature:
    """Somebody confirms for the organisation."""
    command = make_command(make_listing(organisation=NAME, visibility=visibility), make_person(email=email))
    signature = make_signature(letter, S.UNVERIFIED, command)
    confirming.verify(confirmation_of(signature))
    db.session.commit()
    return signature


def test_who_gave_way_is_asked_in_the_same_words_as_who_waits(app: Flask) -> None:
    letter, other = make_letter(), make_letter()
    standing = make_signature(letter, organisation=NAME, visibility=Visibility.UNNAMED)
    second, waiting = (signed(on, "second@example.org", Visibility.PUBLIC) for on in (letter, other))
    assert (second.status, waiting.status) == (S.SUPERSEDED, S.PENDING)
    for on in (letter, other):
        revise(on)
    assert ask() == 3
    said = [" ".join(written(mail).text.split()) for mail in mails_of(asking.QUESTION, "second@example.org")]
    plain = [
        words.replace(on.slug, "SLUG").rpartition("/reconfirm/")[0]
        for words, on in zip(said, (letter, other), strict=True)
    ]
    assert plain[0] == plain[1]
    assert [given_to(s).asked for s in (standing, second, waiting)] == [2, 2, 2]


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_what_a_colleague_answers_is_for_themselves(app: Flask, answer: str) -> None:
    letter = make_letter()
    standing = make_signature(letter, organisation=NAME)
    second = signed(letter, "second@example.org")
    version = revise(letter)
    ask()
    if answer == "yes":
        agree(second)
    else:
        reconfirming.refuse(questions_to(second)[-1], second)
        db.session.commit()
    assert second.status is (S.SUPERSEDED if answer == "yes" else S.WITHDRAWN)
    assert (standing.status, standing.agreed_version_id, count(letter)) == (S.ACCEPTED, None, 1)
    assert progress.answers(version, 9).figures == progress.Progress(1, 0, 0, 1, 0, 0)
    shown = progress.of_colleagues(version, [standing.id])
    assert shown == ({standing.id: [second]} if answer == "yes" else {})
    with pytest.raises(Gone):
        reconfirming.note_agreement(second, "they rang", COORDINATOR)
    agree(standing)
    assert progress.answers(version, 9).figures == progress.Progress(1, 1, 0, 0, 0, 0)


def test_a_mailbox_that_is_asked_for_the_organisation_is_not_asked_twice(app: Flask) -> None:
    letter = make_letter()
    first = signed(letter, "first@example.org")
    second, third = (signed(letter, f"{who}@example.org") for who in ("first+again", "third"))
    revise(letter)
    assert ask() == 2
    assert mailed() == ["first@example.org", "third@example.org"]
    assert (bool(questions_to(second)), bool(questions_to(third))) == (False, True)
    signing.withdraw(first, SIGNATORY)
    db.session.commit()
    agree(third)  # whoever was asked can answer, whatever became of the other


def test_who_may_know_is_told_that_a_colleague_decides(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, organisation=NAME)
    second = signed(letter, "second@example.org")
    version = revise(letter)
    assert "A colleague signed for your organisation" in silence_means(second, version, (), "en")
