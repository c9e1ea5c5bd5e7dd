"""Corrections by signatories: what changes at once, what waits, and that nothing is lost or counted twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from campaign.audit.models import AuditEntry
from campaign.audit.rules import SIGNATORY
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.text import respells
from campaign.letters.rules import Visibility
from campaign.signing import corrections, operations, queries, roll
from campaign.signing.corrections import OwnCorrection, correct_own
from campaign.signing.models import Signature
from campaign.signing.reconcile import differences
from campaign.signing.rules import Audience, SignatureStatus
from campaign.tally.queries import letter_figures
from tests.factories import COORDINATOR, make_letter, make_signature

PENDING, ACCEPTED = SignatureStatus.PENDING, SignatureStatus.ACCEPTED


def as_listed(signature: Signature, **changes: Any) -> OwnCorrection:
    """The form as the page shows it, with changes."""
    person = signature.representative
    plain = OwnCorrection(
        name=signature.name,
        name_other=signature.name_other,
        website=signature.website,
        representative=person.name if person else None,
        role=person.role if person else None,
    )
    return replace(plain, **changes)


def accepted(name: str = "Réseau Étoile", **listing: Any) -> Signature:
    return make_signature(make_letter(), organisation=name, **listing)


SPELLINGS = [
    ("Réseau Étoile", "RESEAU ETOILE", True),
    ("Réseau Étoile", "Réseau-Étoile", True),
    ("Harbour Watch", "HarbourWatch", True),
    ("Harbour Watch", "Harbour “Watch”", True),
    ("Ñandú", "Nandu", True),
    ("Straße", "STRASSE", True),
    ("مُنظّمة", "منظمة", True),
    ("Harbour Watch", "Harbour Watches", False),
    ("Harbour Watch", "Watch Harbour", False),
    ("Harbour Watch", "Ηarbour Watch", False),  # a Greek Eta
    ("Harbour Watch 1", "Harbour Watch 2", False),
    ("गुरु", "गरु", False),  # a vowel sign is a letter
    ("", "A", False),
]


@pytest.mark.parametrize(("old", "new", "same"), SPELLINGS)
def test_what_is_only_another_spelling(old: str, new: str, same: bool) -> None:
    assert respells(old, new) is same
    assert respells(new, old) is same


@pytest.mark.parametrize(("old", "new", "same"), [row for row in SPELLINGS if row[0]])
def test_of_a_counted_one_the_spelling_changes_and_another_name_waits(
    app: Flask, old: str, new: str, same: bool
) -> None:
    signature = accepted(old)
    organisation = signature.organisation_id
    assert correct_own(signature, as_listed(signature, name=new)) is not same
    db.session.commit()
    assert signature.name == (new if same else old)
    assert signature.wishes == (None if same else {"name": new})
    assert (signature.status, signature.organisation_id) == (ACCEPTED, organisation)
    assert [e.name for e in roll.entries(signature.letter_id, Audience.PUBLIC)] == [signature.name]
    assert letter_figures(signature.letter_id).signatories == 1
    assert signature.typed_name == old


OTHERS = [
    ("name_other", None, "منظمة", False),
    ("name_other", "Etoile", None, True),
    ("name_other", "Etoile", "Étoile", True),
    ("name_other", "Etoile", "Ministry of the Interior", False),
    ("website", None, "https://etoile.example.org", False),
    ("website", "https://etoile.org", None, True),
    ("website", "http://etoile.org", "https://www.etoile.org/en", True),
    ("website", "https://etoile.org", "https://casino.com", False),
    ("website", "https://etoile.blogspot.com", "https://casino.blogspot.com", False),
]


@pytest.mark.parametrize(("column", "old", "new", "at_once"), OTHERS)
def test_the_second_name_and_the_website_are_kept_from_strangers_too(
    app: Flask, column: str, old: str | None, new: str | None, at_once: bool
) -> None:
    field = {"name_other": "organisation_other"}.get(column, column)
    signature = accepted(**{field: old})
    correct_own(signature, as_listed(signature, **{column: new}))
    assert getattr(signature, column) == (new if at_once else old)
    assert signature.wishes == (None if at_once else {column: new})


def test_the_person_changes_at_once(app: Flask) -> None:
    signature = accepted()
    assert not correct_own(signature, as_listed(signature, representative=" Ana  Example", role=None))
    person = signature.representative
    assert person is not None
    assert (person.name, person.role) == ("Ana Example", None)
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signature.corrected")).one()
    assert act.details == {"changed": ["representative", "role"]}


@pytest.mark.parametrize("status", [PENDING, ACCEPTED])
def test_asking_for_a_name_does_not_tell_whether_it_has_signed(app: Flask, status: SignatureStatus) -> None:
    letter = make_letter()
    make_signature(letter, organisation="Mine Watch", visibility=Visibility.UNNAMED)
    signature = make_signature(letter, status, organisation="Harbour Watch")
    asked = [correct_own(signature, as_listed(signature, name=n)) for n in ("Mine Watch", "Field Watch")]
    assert asked == [True, True]
    correct_own(signature, as_listed(signature, name="Mine Watch"))
    db.session.commit()
    with pytest.raises(Conflict):
        corrections.grant(signature, COORDINATOR)
    db.session.rollback()
    assert (signature.name, signature.status) == ("Harbour Watch", status)
    assert differences(letter.id) == {}


def test_whoever_gave_way_to_a_colleague_is_told_nothing_by_what_they_do(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, organisation="Mine Watch", visibility=Visibility.UNNAMED)
    second = make_signature(letter, PENDING, organisation="Mine Watch")
    assert second.status is SignatureStatus.SUPERSEDED
    assert correct_own(second, as_listed(second, name="Field Watch"))
    assert queries.wished(letter.id) == []
    operations.withdraw(second, SIGNATORY)
    db.session.commit()
    assert second.status is SignatureStatus.WITHDRAWN
    assert letter_figures(letter.id).signatories == 1


def test_a_wish_is_granted(app: Flask) -> None:
    signature = accepted()
    wanted = as_listed(signature, name="Mine Watch", name_other="Veille", website="https://mine.org")
    assert correct_own(signature, wanted)
    assert queries.wished(signature.letter_id) == [signature]
    corrections.grant(signature, COORDINATOR)
    db.session.commit()
    listed = (signature.name, signature.name_other, signature.website, signature.wishes)
    assert listed == ("Mine Watch", "Veille", "https://mine.org", None)
    assert signature.organisation is not None
    assert signature.organisation.name == "Mine Watch"
    assert queries.wished(signature.letter_id) == []
    assert letter_figures(signature.letter_id).signatories == 1
    with pytest.raises(Conflict):
        corrections.grant(signature, COORDINATOR)


def test_a_wish_is_refused_and_can_be_made_again(app: Flask) -> None:
    signature = accepted()
    correct_own(signature, as_listed(signature, name="Mine Watch"))
    corrections.refuse(signature, COORDINATOR)
    db.session.commit()
    assert signature.name == "Réseau Étoile"
    assert signature.wishes == {"name": "Mine Watch", "refused": "refused"}
    assert queries.wished(signature.letter_id) == []
    with pytest.raises(Conflict):
        corrections.refuse(signature, COORDINATOR)
    assert correct_own(signature, as_listed(signature, name="Mine Watch"))
    assert queries.wished(signature.letter_id) == [signature]


def test_what_is_not_asked_any_more_is_dropped(app: Flask) -> None:
    signature = accepted()
    correct_own(signature, as_listed(signature, name="Mine Watch"))
    correct_own(signature, as_listed(signature))
    assert signature.wishes is None
    correct_own(signature, as_listed(signature, name="Mine Watch"))
    operations.withdraw(signature, SIGNATORY)
    assert signature.wishes is None


def test_the_record_says_which_columns_and_never_what(app: Flask) -> None:
    signature = accepted()
    correct_own(signature, as_listed(signature, name="Mine Watch"))
    correct_own(signature, as_listed(signature, name="Mine Watch"))
    corrections.grant(signature, COORDINATOR)
    db.session.commit()
    acts = select(AuditEntry).where(AuditEntry.subject_id == signature.id).order_by(AuditEntry.id.desc())
    newest = db.session.scalars(acts.limit(3)).all()
    assert [(a.action, a.details) for a in reversed(newest)] == [
        ("signature.wished", {"changed": ["name"]}),
        ("signature.wish_granted", {"changed": ["name"]}),
        ("signature.corrected", {"changed": ["name"]}),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "organisation"),
        ({"name": "a\0b"}, "organisation"),
        ({"name": "x" * 201}, "organisation"),
        ({"name_other": "x" * 201}, "organisation_other"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"role": "x" * 121}, "role"),
    ],
)
def test_what_must_not_reach_a_list_does_not(app: Flask, changes: dict[str, Any], field: str) -> None:
    signature = accepted()
    with pytest.raises(InvalidInput) as refusal:
        correct_own(signature, as_listed(signature, **changes))
    assert refusal.value.field == field


@pytest.mark.parametrize("status", [SignatureStatus.WITHDRAWN, SignatureStatus.REJECTED])
def test_what_stands_nowhere_is_not_corrected(app: Flask, status: SignatureStatus) -> None:
    signature = make_signature(make_letter(), status)
    with pytest.raises(Conflict):
        correct_own(signature, as_listed(signature, name="Mine Watch"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(st.sampled_from(["A", "a", "Á", "B", "A B", "AB", "a-b"]), max_size=6))
def test_no_row_of_small_steps_leads_to_another_name(app_sqlite: Flask, steps: list[str]) -> None:
    signature = make_signature(make_letter(), organisation="A")
    for name in steps:
        correct_own(signature, as_listed(signature, name=name))
    assert respells("A", signature.name)
    assert differences(signature.letter_id) == {}
    assert db.session.scalar(select(func.count()).where(Signature.letter_id == signature.letter_id)) == 1
