"""What coordinators decide on both databases: the figures after each decision, and after taking it back."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.audit.rules import SIGNATORY
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.letters.models import Letter
from campaign.organisations.rules import Scope
from campaign.outbox.models import Mail
from campaign.signing import moderation, standing
from campaign.signing import operations as signing
from campaign.signing.moderation import AddCommand
from campaign.signing.reconcile import differences
from campaign.signing.rules import Evidence, SignatureStatus, Source
from campaign.tally.queries import letter_figures
from tests.factories import COORDINATOR, make_letter, make_listing, make_person, make_signature

S = SignatureStatus


def count(letter: Letter) -> int:
    """The public figure, which is what the list says."""
    db.session.flush()
    assert differences(letter.id) == {}
    return letter_figures(letter.id).signatories


def test_decisions_move_the_figure(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter, S.PENDING)
    seen = []
    for act in (
        lambda: moderation.accept(signature, COORDINATOR),
        lambda: moderation.undo(signature, COORDINATOR),
        lambda: moderation.reject(signature, "not an organisation", COORDINATOR),
        lambda: moderation.undo(signature, COORDINATOR),
        lambda: moderation.accept(signature, COORDINATOR),
        lambda: standing.go(signature, S.INVALIDATED, COORDINATOR),
        lambda: moderation.undo(signature, COORDINATOR),
        lambda: signing.withdraw(signature, SIGNATORY),
    ):
        act()
        db.session.commit()
        seen.append((signature.status.value, count(letter)))
    assert seen == [
        ("accepted", 1),
        ("pending", 0),
        ("rejected", 0),
        ("pending", 0),
        ("accepted", 1),
        ("invalidated", 0),
        ("accepted", 1),
        ("withdrawn", 0),
    ]
    with pytest.raises(Conflict):
        moderation.undo(signature, COORDINATOR)


def test_after_a_withdrawal_the_organisation_may_sign_again(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, S.WITHDRAWN, organisation="Voice for Peace")
    again = make_signature(letter, S.ACCEPTED, organisation="Voice for Peace")
    assert again.withdrawn_at is None
    assert count(letter) == 1


def test_what_accepting_and_rejecting_need(app: Flask) -> None:
    letter = make_letter()
    unverified, pending = make_signature(letter, S.UNVERIFIED), make_signature(letter, S.PENDING)
    with pytest.raises(Conflict):
        moderation.accept(unverified, COORDINATOR)
    with pytest.raises(InvalidInput):
        moderation.reject(pending, "  ", COORDINATOR)
    moderation.reject(pending, "not an organisation", COORDINATOR)
    with pytest.raises(Conflict):
        moderation.accept(pending, COORDINATOR)
    assert pending.reason == "not an organisation"
    moderation.undo(pending, COORDINATOR)
    assert (pending.reason, pending.decided_at) == (None, None)


def test_undoing_a_rejection_must_not_put_an_organisation_there_twice(app: Flask) -> None:
    letter = make_letter()
    rejected = make_signature(letter, S.REJECTED, organisation="Voice for Peace")
    make_signature(letter, S.PENDING, organisation="Voice for Peace")
    with pytest.raises(Conflict):
        moderation.undo(rejected, COORDINATOR)
    db.session.rollback()
    assert rejected.status is S.REJECTED


def test_accepting_on_other_evidence(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter, S.UNVERIFIED)
    with pytest.raises(InvalidInput):
        moderation.accept_on_evidence(signature, " ", COORDINATOR)
    moderation.accept_on_evidence(signature, "They called from their known number.", COORDINATOR)
    db.session.commit()
    assert (signature.status, signature.evidence, count(letter)) == (S.ACCEPTED, Evidence.VOUCHED, 1)
    with pytest.raises(Conflict):
        moderation.accept_on_evidence(signature, "Again.", COORDINATOR)


def test_entering_one_that_came_by_phone(app: Flask) -> None:
    letter = make_letter()
    command = AddCommand(
        make_listing(country_code=None, country_text="Atlantis"), make_person(), Source.PHONE, ""
    )
    signature = moderation.add(letter, command, COORDINATOR)
    db.session.commit()
    assert (signature.status, signature.source, signature.note) == (S.ACCEPTED, Source.PHONE, None)
    assert (signature.country_text, letter_figures(letter.id).no_country) == ("Atlantis", 1)
    with pytest.raises(Conflict):
        moderation.add(letter, command, COORDINATOR)
    db.session.rollback()
    waiting = moderation.add(
        letter,
        AddCommand(make_listing(), make_person(email=None), Source.MAIL, "a note", accept=False),
        COORDINATOR,
    )
    assert (waiting.status, waiting.note) == (S.PENDING, "a note")
    assert count(letter) == 1
    assert not db.session.scalars(select(Mail)).all()


def test_correcting_moves_a_counted_signature_and_keeps_what_was_typed(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter, organisation="Voise", country_code="BH")
    moderation.correct(signature, "Voice", "FR", Scope.NATIONAL, COORDINATOR)
    db.session.commit()
    assert dict(letter_figures(letter.id).by_country) == {"FR": 1}
    moderation.correct(signature, "Voice", None, Scope.REGIONAL, COORDINATOR)
    db.session.commit()
    shown = letter_figures(letter.id)
    assert (shown.regional, shown.countries, count(letter)) == (1, 0, 1)
    assert (signature.name, signature.typed_name) == ("Voice", "Voise")


def test_correcting_into_another_that_stands_there_is_a_conflict(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, organisation="Voice")
    other = make_signature(letter, organisation="Choir")
    with pytest.raises(Conflict):
        moderation.correct(other, "VOICE", "BH", Scope.NATIONAL, COORDINATOR)
    db.session.rollback()
    assert (other.name, count(letter)) == ("Choir", 2)


def test_editing_an_organisation_moves_no_figure(app: Flask) -> None:
    letter = make_letter()
    signature = make_signature(letter, country_code="BH")
    assert signature.organisation is not None
    signature.organisation.country_code, signature.organisation.name = "FR", "Another"
    db.session.commit()
    assert dict(letter_figures(letter.id).by_country) == {"BH": 1}
    assert count(letter) == 1


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_what_was_held_is_held_again_when_a_decision_is_taken_back(app: Flask, decision: str) -> None:
    letter = make_letter()
    held = make_signature(letter, SignatureStatus.HELD)
    if decision == "accept":
        moderation.accept(held, COORDINATOR)
    else:
        moderation.reject(held, "a look-alike", COORDINATOR)
    moderation.undo(held, COORDINATOR)
    db.session.commit()
    assert held.status is SignatureStatus.HELD
    assert (held.accepted_at, held.decided_at, held.reason) == (None, None, None)
    assert letter_figures(letter.id).signatories == 0
