"""Screening on both databases: who is held, who is looked at, who is left alone; and an index never stale."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.core.db import db
from campaign.letters.models import Letter
from campaign.letters.rules import Acceptance
from campaign.organisations import operations as organisations
from campaign.organisations.models import Organisation, OrganisationName
from campaign.organisations.naming import mark, refill
from campaign.organisations.rules import DomainSource, NameKind, Scope
from campaign.organisations.screening import keys_asked, keys_of, opened
from campaign.organisations.tasks import fill_in_names
from campaign.signing import moderation
from campaign.signing.duplicates import pairs
from campaign.signing.models import Signature
from campaign.signing.moderation import AddCommand
from campaign.signing.rules import Flag, SignatureStatus, Source
from campaign.signing.screening import candidates, flags_of, flags_of_many, subject_of
from tests.factories import COORDINATOR, make_command, make_letter, make_listing, make_person, make_signature
from tests.threads import together

S = SignatureStatus
TARVEL = "Tarvel Harm Reduction Network"


def arrived(letter: Letter, name: str, email: str | None = None, **listing: object) -> Signature:
    """A sign-on whose mailbox was just proven."""
    person = make_person(email=email) if email else make_person()
    command = make_command(make_listing(organisation=name, **listing), person)
    return make_signature(letter, S.PENDING, command)


def whose(signature: Signature) -> Organisation:
    assert signature.organisation is not None
    return signature.organisation


def test_a_look_alike_is_held_even_where_the_letter_accepts_by_itself(app: Flask) -> None:
    make_signature(make_letter(), organisation=TARVEL)
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    pretender = arrived(letter, TARVEL.replace("a", "а", 1))
    assert (pretender.status, pretender.flags) == (S.HELD, [Flag.LOOK_ALIKE])
    assert arrived(letter, TARVEL).status is S.ACCEPTED


def test_a_look_alike_of_a_host_is_held(app: Flask) -> None:
    letter = make_letter()
    assert arrived(letter, "Harbour Rights VVatch").status is S.HELD
    assert arrived(letter, "Harbour Rights Watch").status is S.PENDING


def test_what_a_coordinator_enters_is_screened_too(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts, as they said; on a long letter its flag alone leads to the pair."""
    letter = make_letter()
    for name in (TARVEL, "Orchard Clinic"):
        by_phone = AddCommand(make_listing(organisation=name), make_person(email=None), Source.PHONE, "")
        assert moderation.add(letter, by_phone, COORDINATOR).flags == []
    entered = make_signature(letter, S.UNVERIFIED, organisation="The Tarvel Harm-Reduction Network (THRN)")
    moderation.accept_on_evidence(entered, "They called.", COORDINATOR)
    typed = AddCommand(make_listing(organisation="Clinic Orchard"), make_person(email=None), Source.MAIL, "")
    added = moderation.add(letter, typed, COORDINATOR)
    db.session.commit()
    for signature in (entered, added):
        assert (signature.status, signature.flags) == (S.ACCEPTED, [Flag.DUPLICATE])
    monkeypatch.setattr("campaign.signing.duplicates.ALL_COMPARED", 1)
    assert [pair.one.signature for pair in pairs(letter.id, 10).pairs] == [added]


def test_a_likely_duplicate_waits_for_a_person(app: Flask) -> None:
    letter = make_letter(acceptance=Acceptance.AUTOMATIC)
    first = arrived(letter, TARVEL)
    second = arrived(letter, "The Tarvel Harm-Reduction Network (THRN)")
    assert (first.status, second.status, second.flags) == (S.ACCEPTED, S.PENDING, [Flag.DUPLICATE])
    (found,) = candidates(letter.id, subject_of(second))
    assert (found.signature_id, found.name) == (first.id, TARVEL)
    assert arrived(letter, "Velmont Harm Reduction Network").status is S.ACCEPTED


@pytest.mark.parametrize("status", [S.WITHDRAWN, S.REJECTED])
def test_who_does_not_stand_on_this_letter_makes_no_duplicate(app: Flask, status: S) -> None:
    letter = make_letter()
    make_signature(letter, status, organisation=TARVEL)
    make_signature(make_letter(), organisation=f"{TARVEL} e.V.")
    assert arrived(letter, f"The {TARVEL}").flags == []


def test_one_that_was_only_turned_down_is_nobody_to_be_taken_for(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, S.REJECTED, organisation=TARVEL.replace("a", "а", 1))
    assert arrived(letter, TARVEL).flags == []


def test_the_same_domain_makes_a_duplicate_but_not_of_a_member(app: Flask) -> None:
    letter = make_letter()
    make_signature(
        letter,
        command=make_command(make_listing(organisation="Ostrela", website="https://ostrela.example")),
    )
    make_signature(
        letter,
        command=make_command(
            make_listing(organisation="Sauti ya Haki International", scope=Scope.INTERNATIONAL),
            make_person(email="desk@sauti.example"),
        ),
    )
    assert arrived(letter, "Nova Vela", website="https://ostrela.example/vela").flags == [Flag.DUPLICATE]
    assert arrived(letter, "Brightwell", email="ana@sauti.example").flags == [Flag.DUPLICATE]
    assert arrived(letter, "Sauti ya Haki Kenya", email="kenya@sauti.example", country_code="KE").flags == []
    assert arrived(letter, "Quiet Quay", email="quay@gmail.com").flags == []


def test_the_same_name_in_another_country_is_looked_at(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, organisation=TARVEL, country_code="FR")
    assert arrived(letter, TARVEL, country_code="BE").flags == [Flag.DUPLICATE]
    assert arrived(letter, "Tarvel Harm Reduction", country_code="DE").flags == []


def test_not_the_same_is_remembered_on_other_letters(app: Flask) -> None:
    letter = make_letter()
    first, second = make_signature(letter, organisation=TARVEL), arrived(letter, f"{TARVEL} Trust")
    assert flags_of(second) == {Flag.DUPLICATE}
    organisations.tell_apart(whose(first), whose(second), COORDINATOR, letter.id)
    organisations.tell_apart(whose(second), whose(first), COORDINATOR)
    db.session.commit()
    assert flags_of(second) == set()
    other = make_letter()
    make_signature(other, organisation=TARVEL)
    assert arrived(other, f"{TARVEL} Trust").flags == []


def test_what_a_person_accepts_is_learnt(app: Flask) -> None:
    letter = make_letter()
    waiting = arrived(
        letter,
        "Ostrela",
        email="ana@mail.ostrela.example",
        website="https://www.ostrela.example/en",
        organisation_other="مؤسسة أوستريلا",
    )
    assert whose(waiting).domains == []
    moderation.accept(waiting, COORDINATOR)
    moderation.undo(waiting, COORDINATOR)
    moderation.accept(waiting, COORDINATOR)
    db.session.commit()
    known = whose(waiting)
    assert {(d.domain, d.source) for d in known.domains} == {
        ("ostrela.example", DomainSource.WEBSITE),
        ("ostrela.example", DomainSource.MAILBOX),
    }
    assert [n.name for n in known.names] == ["Ostrela", "مؤسسة أوستريلا"]
    assert organisations.identify("مؤسسة أوستريلا", "BH", Scope.NATIONAL) is known


def test_the_index_is_what_the_transaction_sees(app: Flask) -> None:
    """Rows written, taken back with their ids used again, renamed and deleted behind the index's back."""
    known = organisations.identify("Ostrela", "BH", Scope.NATIONAL)
    db.session.commit()

    def alike(name: str) -> list[str]:
        with opened() as names:
            return [like.name for like in names.alike(name)]

    assert alike("Ostrela Foundation") == ["Ostrela"]
    organisations.identify("Kasavel", "BH", Scope.NATIONAL)
    assert alike("Kasavel Trust") == ["Kasavel"]
    db.session.rollback()
    assert alike("Kasavel Trust") == []
    organisations.identify("Venmark", "BH", Scope.NATIONAL)
    assert (alike("Kasavel Trust"), alike("Venmark Trust")) == ([], ["Venmark"])
    db.session.commit()

    def elsewhere() -> None:
        organisations.add_name(
            db.session.get_one(Organisation, known_id), "Rosewick", NameKind.FORMER, None, COORDINATOR
        )
        db.session.commit()

    known_id = known.id
    db.session.commit()
    assert together(app, [elsewhere]) == [None]
    assert alike("The Rosewick Trust") == ["Rosewick"]
    db.session.execute(
        update(OrganisationName)
        .where(OrganisationName.name == "Rosewick")
        .values(name="Marlow", folded="marlow", matched="")
    )
    assert (alike("Rosewick"), alike("Marlow")) == ([], ["Marlow"])


def test_forms_are_filled_in_by_the_worker(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, organisation=TARVEL)
    db.session.execute(update(OrganisationName).values(matched="", skeleton=""))
    db.session.commit()
    assert arrived(letter, f"The {TARVEL}").flags == [Flag.DUPLICATE]  # read anew where it is missing
    fill_in_names()
    rows = db.session.scalars(select(OrganisationName)).all()
    assert len(rows) == 2
    assert all(row.matched.startswith(mark()) and row.skeleton for row in rows)
    assert "own:tarvel" in rows[0].matched
    assert refill() == 0


def test_many_are_screened_in_their_order(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, organisation=TARVEL)
    names = ["Quiet Quay", f"The {TARVEL}", TARVEL.replace("e", "е", 1), TARVEL]
    subjects = [subject_of(Signature(name=n, scope=Scope.NATIONAL, country_code="BH")) for n in names]
    assert flags_of_many(letter.id, subjects) == [
        set(),
        {Flag.DUPLICATE},
        {Flag.LOOK_ALIKE},
        {Flag.DUPLICATE},
    ]
    assert flags_of_many(letter.id, []) == []


def test_what_is_looked_for_is_what_is_kept_but_for_sounds() -> None:
    name = (
        "Needle-Exchange Sablewood"  # its meaning is written with a hyphen, as sounds with a sign of theirs
    )
    kept, asked = keys_of(name, ""), keys_asked(name)
    assert any("needle-exchange" in key for key in kept)
    assert {key for key in kept ^ asked if not key.startswith("heard")} == set()
