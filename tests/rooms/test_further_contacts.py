"""A second colleague of an organisation: a further contact, who learns nothing that is not public."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.audit.rules import SIGNATORY
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.letters.models import Letter
from campaign.letters.rules import Acceptance, Visibility
from campaign.signing import confirming, contacts, exporting, moderation
from campaign.signing import operations as signing
from campaign.signing.contacts import further_contacts, left_alone, told_status
from campaign.signing.models import Signature
from campaign.signing.reconcile import differences
from campaign.signing.rules import Audience, Flag, SignatureStatus
from campaign.tally.queries import letter_figures
from tests.factories import (
    COORDINATOR,
    confirmation_of,
    make_command,
    make_letter,
    make_listing,
    make_person,
    make_signature,
)

S = SignatureStatus
NAME = "Voice for Peace"


def colleague(
    letter: Letter, email: str = "second@example.org", name: str = "VOICE, for Peace!"
) -> Signature:
    """Somebody else confirms for the same organisation."""
    command = make_command(make_listing(organisation=name), make_person(email=email))
    signature = make_signature(letter, S.UNVERIFIED, command)
    confirming.verify(confirmation_of(signature))
    db.session.commit()
    return signature


@pytest.mark.parametrize("status", [S.PENDING, S.HELD, S.QUERIED, S.ACCEPTED])
def test_a_second_colleague_becomes_a_further_contact(app: Flask, status: SignatureStatus) -> None:
    letter = make_letter()
    standing = make_signature(letter, status, organisation=NAME)
    second = colleague(letter)
    assert (second.status, second.superseded_by, second.organisation_id) == (
        S.SUPERSEDED,
        standing,
        standing.organisation_id,
    )
    assert (standing.status, letter_figures(letter.id).signatories) == (status, int(status is S.ACCEPTED))
    assert differences(letter.id) == {}
    assert further_contacts(letter.id, [standing.id]) == {standing.id: [second]}
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signature.superseded")).one()
    assert (act.subject_id, act.details) == (second.id, {"was": "unverified", "by": standing.id})


@pytest.mark.parametrize("status", [S.REJECTED, S.WITHDRAWN, S.INVALIDATED, S.EXPIRED])
def test_where_the_organisation_no_longer_stands_it_signs_anew(app: Flask, status: SignatureStatus) -> None:
    letter = make_letter()
    make_signature(letter, status, organisation=NAME)
    assert colleague(letter).status is S.PENDING


@pytest.mark.parametrize(
    ("status", "visibility", "told"),
    [
        (S.ACCEPTED, Visibility.PUBLIC, S.SUPERSEDED),
        (S.ACCEPTED, Visibility.ADDRESSEES, S.PENDING),
        (S.ACCEPTED, Visibility.UNNAMED, S.PENDING),
        (S.PENDING, Visibility.PUBLIC, S.PENDING),
        (S.HELD, Visibility.PUBLIC, S.PENDING),
        (S.QUERIED, Visibility.PUBLIC, S.PENDING),
    ],
)
def test_only_what_is_public_is_told(
    app: Flask, status: SignatureStatus, visibility: Visibility, told: SignatureStatus
) -> None:
    letter = make_letter()
    command = make_command(
        make_listing(organisation=NAME, visibility=visibility), make_person(email="first@example.org")
    )
    standing = make_signature(letter, status, command)
    second = colleague(letter)
    assert told_status(second) is told
    again = colleague(letter, "first+again@example.org")
    assert told_status(again) is S.SUPERSEDED  # they signed themselves
    if standing.status is S.ACCEPTED:
        signing.withdraw(standing, SIGNATORY)
        assert {told_status(second), told_status(again)} == {S.PENDING}


@pytest.mark.parametrize("visibility", [Visibility.ADDRESSEES, Visibility.UNNAMED])
def test_where_signatories_are_at_risk_a_stranger_is_answered_as_if_nobody_had_signed(
    app: Flask, visibility: Visibility
) -> None:
    signed, other = (make_letter(acceptance=Acceptance.AUTOMATIC, at_risk=True) for _ in range(2))
    command = make_command(make_listing(organisation=NAME, visibility=visibility))
    moderation.accept(make_signature(signed, S.PENDING, command), COORDINATOR)
    known, unknown = colleague(signed), colleague(other)
    assert (known.status, unknown.status) == (S.SUPERSEDED, S.PENDING)
    assert told_status(known) is told_status(unknown)


def test_a_further_contact_costs_the_time_of_any_other(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Signature] = []

    def look(signature: Signature) -> set[Flag]:
        looked.append(signature)
        return {Flag.DUPLICATE}

    letter = make_letter()
    make_signature(letter, organisation=NAME)
    monkeypatch.setattr(confirming, "flags_of", look)
    second, new = colleague(letter), colleague(letter, "third@example.org", "Another")
    assert looked == [second, new]
    assert (second.flags, new.flags) == ([], [Flag.DUPLICATE])


def test_nobody_learns_of_a_merge_either(app: Flask) -> None:
    letter = make_letter()
    command = make_command(make_listing(visibility=Visibility.UNNAMED))
    kept, gone = make_signature(letter, S.ACCEPTED, command), make_signature(letter, S.SUPERSEDED)
    gone.superseded_by = kept
    assert told_status(gone) is S.PENDING
    kept.visibility = Visibility.PUBLIC
    assert told_status(gone) is S.SUPERSEDED
    assert further_contacts(letter.id, [kept.id]) == {}


def test_it_is_in_no_list_but_the_coordinators(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, organisation=NAME)
    colleague(letter)
    seen = {audience: [row[1] for row in exporting.rows(letter, audience, "en")] for audience in Audience}
    assert seen == {
        Audience.PUBLIC: [NAME],
        Audience.ADDRESSEES: [NAME],
        Audience.COORDINATORS: [NAME, "VOICE, for Peace!"],
    }


def test_one_that_is_in_truth_another_organisation_is_set_apart(app: Flask) -> None:
    letter = make_letter()
    standing = make_signature(letter, organisation=NAME)
    second = colleague(letter)
    with pytest.raises(Conflict, match="signed this letter already"):
        moderation.set_apart(second, "voice for peace", COORDINATOR)
    db.session.rollback()
    with pytest.raises(InvalidInput):
        moderation.set_apart(second, " ", COORDINATOR)
    db.session.rollback()
    moderation.set_apart(second, "Voice for Peace (Riffa)", COORDINATOR)
    db.session.commit()
    assert (second.status, second.name, second.superseded_by) == (S.PENDING, "Voice for Peace (Riffa)", None)
    assert second.organisation_id != standing.organisation_id
    moderation.accept(second, COORDINATOR)
    db.session.commit()
    assert letter_figures(letter.id).signatories == 2
    assert differences(letter.id) == {}
    with pytest.raises(Conflict, match="no further contact"):
        moderation.set_apart(second, "Another", COORDINATOR)


def test_it_can_take_the_place_of_one_that_left(app: Flask) -> None:
    letter = make_letter()
    standing = make_signature(letter, organisation=NAME)
    second = colleague(letter)
    assert left_alone(letter.id) == []
    with pytest.raises(Conflict):
        moderation.undo(second, COORDINATOR)
    db.session.rollback()
    signing.withdraw(standing, SIGNATORY)
    db.session.commit()
    assert left_alone(letter.id) == [second]
    moderation.undo(second, COORDINATOR)
    db.session.commit()
    assert (second.status, second.superseded_by, left_alone(letter.id)) == (S.PENDING, None, [])


@pytest.mark.parametrize("acceptance", list(Acceptance))
def test_one_mailbox_may_sign_for_several_and_is_flagged(app: Flask, acceptance: Acceptance) -> None:
    letter, other = make_letter(acceptance=acceptance), make_letter(acceptance=acceptance)
    first, second, third = (
        colleague(letter, email, name)
        for email, name in (
            ("secretary@example.org", "First"),
            ("Secretary+second@Example.org", "Second"),
            ("somebody@example.org", "Third"),
        )
    )
    elsewhere = colleague(other, "secretary@example.org", "Second")
    assert [s.flags for s in (first, second, third, elsewhere)] == [[], [Flag.SHARED_MAILBOX], [], []]
    unflagged = S.ACCEPTED if acceptance is Acceptance.AUTOMATIC else S.PENDING
    assert [s.status for s in (first, second, third)] == [unflagged, S.PENDING, unflagged]


def test_who_signs_twice_with_one_mailbox_shares_it_with_nobody(app: Flask) -> None:
    letter = make_letter()
    make_signature(
        letter, S.PENDING, make_command(make_listing(organisation=NAME), make_person(email="a@example.org"))
    )
    second = colleague(letter, "a@example.org")
    assert (second.status, second.flags, contacts.is_further(second)) == (S.SUPERSEDED, [], True)
