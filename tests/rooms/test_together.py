"""Many sign-ons decided in one act and taken back as one, with what cannot be left alone and named."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from campaign.audit.models import AuditEntry
from campaign.audit.rules import SIGNATORY
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.letters.models import Letter
from campaign.signing import moderation, together
from campaign.signing import operations as signing
from campaign.signing.models import Signature
from campaign.signing.reconcile import differences
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures
from tests.factories import COORDINATOR, make_letter, make_signature

S = SignatureStatus


def waiting(letter: Letter, number: int) -> list[Signature]:
    return [make_signature(letter, S.PENDING) for _ in range(number)]


def acts(letter: Letter) -> list[tuple[str, int]]:
    rows = select(AuditEntry).where(AuditEntry.letter_id == letter.id, AuditEntry.subject_kind == "letter")
    found = db.session.scalars(rows.order_by(AuditEntry.id)).all()
    return [(e.action, e.details["count"]) for e in found if "count" in e.details]


def test_what_is_rejected_together_is_taken_back_together(app: Flask) -> None:
    letter = make_letter()
    rows, other = waiting(letter, 4), make_signature(letter, S.PENDING)
    act = together.reject(letter, rows, " A wave of spam ", COORDINATOR)
    moderation.reject(other, "A prank", COORDINATOR)
    db.session.commit()
    assert (act.done, act.left) == (4, [])
    decision = rows[0].decision
    assert decision
    assert {s.decision for s in rows} == {decision}
    assert {s.reason for s in rows} == {"A wave of spam"}
    assert other.decision is None
    assert together.sizes(letter.id, [*rows, other]) == {decision: 4}
    assert together.sizes(make_letter().id, rows) == {}
    again = together.take_back(letter, decision, COORDINATOR)
    db.session.commit()
    assert (again.done, again.left) == (4, [])
    assert {(s.status, s.reason, s.decision) for s in rows} == {(S.PENDING, None, None)}
    assert other.status is S.REJECTED
    assert acts(letter) == [("signatures.rejected", 4), ("signatures.taken_back", 4)]
    assert together.take_back(letter, decision, COORDINATOR).done == 0
    assert len(acts(letter)) == 2


def test_figures_follow_a_decision_on_many_and_its_undoing(app: Flask) -> None:
    letter = make_letter()
    rows = waiting(letter, 3)
    together.accept(letter, rows, COORDINATOR)
    db.session.commit()
    assert letter_figures(letter.id).signatories == 3
    together.take_back(letter, rows[0].decision or "", COORDINATOR)
    db.session.commit()
    assert letter_figures(letter.id).signatories == 0
    assert differences(letter.id) == {}


def test_what_went_on_since_stays_as_it_is_and_is_named(app: Flask) -> None:
    letter = make_letter()
    rows = waiting(letter, 4)
    back, withdrawn, decided_again, replaced = rows
    together.accept(letter, [back, withdrawn, decided_again], COORDINATOR)
    decision = back.decision or ""
    together.reject(letter, [replaced], "by mistake", COORDINATOR)
    replaced.decision = decision  # as if the act had rejected it
    signing.withdraw(withdrawn, SIGNATORY)
    moderation.undo(decided_again, COORDINATOR)
    moderation.accept(decided_again, COORDINATOR)
    db.session.commit()
    # Its organisation stands on the letter by another row by now.
    newer = make_signature(letter, S.ACCEPTED, organisation=replaced.name, country_code=replaced.country_code)
    act = together.take_back(letter, decision, COORDINATOR)
    db.session.commit()
    assert act.done == 1
    assert [(s.id, fault.message) for s, fault in act.left] == [
        (withdrawn.id, "it is withdrawn by now"),
        (replaced.id, "this organisation has signed this letter already"),
    ]
    assert [s.status for s in (*rows, newer)] == [S.PENDING, S.WITHDRAWN, S.ACCEPTED, S.REJECTED, S.ACCEPTED]
    assert differences(letter.id) == {}


def test_an_act_that_does_nothing_is_no_act(app: Flask) -> None:
    letter = make_letter()
    rows = [make_signature(letter, S.ACCEPTED), make_signature(letter, S.UNVERIFIED)]
    act = together.accept(letter, rows, COORDINATOR)
    db.session.commit()
    assert act.done == 0
    assert [s.id for s, _fault in act.left] == [s.id for s in rows]
    assert acts(letter) == []
    with pytest.raises(InvalidInput):
        together.reject(letter, rows, " ", COORDINATOR)


def test_another_letters_rows_are_not_taken_back(app: Flask) -> None:
    letter, other = make_letter(), make_letter()
    rows = waiting(letter, 2)
    together.reject(letter, rows, "spam", COORDINATOR)
    assert together.take_back(other, rows[0].decision or "", COORDINATOR).done == 0
    assert {s.status for s in rows} == {S.REJECTED}
