"""Merging on both databases: nobody counts twice, nothing is lost, and undoing puts back what was."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select

from campaign.audit.models import AuditEntry
from campaign.audit.rules import SIGNATORY
from campaign.care.erasure import erase
from campaign.core.db import db
from campaign.core.errors import Conflict, RoomError
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.organisations.models import Organisation
from campaign.organisations.operations import identify
from campaign.organisations.queries import known_as, names_of
from campaign.organisations.rules import Scope
from campaign.signing import confirming, merging, moderation
from campaign.signing import operations as signing
from campaign.signing.contacts import further_contacts, left_alone
from campaign.signing.models import Confirmation, Merge, Signature
from campaign.signing.reconcile import differences
from campaign.signing.rules import LIVE, SignatureStatus
from campaign.tally.queries import cells, letter_figures
from tests.factories import COORDINATOR, confirmation_of, make_letter, make_signature
from tests.threads import together

S = SignatureStatus
KEPT, GONE = "Tarvel Harm Reduction Network", "Red Tarvel de Reducción de Daños"


def org(signature: Signature) -> int:
    assert signature.organisation_id is not None
    return signature.organisation_id


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All that a merge may touch, as rows; the record and the figures' own rows are told by other tests."""
    db.session.expire_all()
    found = {}
    for model in (Signature, Organisation):
        columns = [column.key for column in inspect(model).column_attrs]
        rows = db.session.scalars(select(model).order_by(model.id))
        found[model.__tablename__] = [tuple(str(getattr(row, c)) for c in columns) for row in rows]
    return found


def figure(letter: Letter) -> int:
    assert differences(letter.id) == {}
    return letter_figures(letter.id).signatories


def test_an_organisation_that_signed_elsewhere_moves(app: Flask) -> None:
    first, second = make_letter(), make_letter()
    kept, gone = make_signature(first, organisation=KEPT), make_signature(second, organisation=GONE)
    before = everything()
    done = merging.merge(org(kept), org(gone), COORDINATOR, second.id)
    db.session.commit()
    assert org(gone) == org(kept)
    assert (gone.status, gone.name, figure(first), figure(second)) == (S.ACCEPTED, GONE, 1, 1)
    assert identify(GONE, "BH", Scope.NATIONAL).id == org(kept)
    assert [row.name for row in names_of(org(kept))] == [KEPT, GONE]
    merging.undo(done.id, COORDINATOR)
    db.session.commit()
    assert everything() == before
    assert identify(GONE, "BH", Scope.NATIONAL).id == org(gone)
    acts = db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_kind == "organisation")
    ).all()
    assert acts == ["organisation.merged", "organisation.parted"]


@pytest.mark.parametrize(
    ("kept_status", "gone_status", "kept_stands"),
    [
        (S.ACCEPTED, S.ACCEPTED, True),
        (S.PENDING, S.PENDING, True),
        (S.ACCEPTED, S.HELD, True),
        (S.PENDING, S.ACCEPTED, False),
        (S.HELD, S.PENDING, False),
        (S.QUERIED, S.HELD, True),
    ],
)
def test_of_two_on_one_letter_one_stands(
    app: Flask, kept_status: S, gone_status: S, kept_stands: bool
) -> None:
    letter = make_letter()
    kept = make_signature(letter, kept_status, organisation=KEPT)
    gone = make_signature(letter, gone_status, organisation=GONE, visibility=Visibility.UNNAMED)
    before, counted = everything(), cells(letter.id)
    done = merging.merge(org(kept), org(gone), COORDINATOR)
    db.session.commit()
    stands, yields = (kept, gone) if kept_stands else (gone, kept)
    assert (yields.status, yields.superseded_by_id) == (S.SUPERSEDED, stands.id)
    assert stands.status is (kept_status if kept_stands else gone_status)
    assert org(gone) == org(kept)
    assert figure(letter) == (S.ACCEPTED in (kept_status, gone_status))
    merging.undo(done.id, COORDINATOR)
    db.session.commit()
    assert (everything(), cells(letter.id)) == (before, counted)


def test_further_contacts_follow_the_signature_that_stands(app: Flask) -> None:
    letter = make_letter()
    kept, gone = make_signature(letter, organisation=KEPT), make_signature(letter, organisation=GONE)
    colleague = make_signature(letter, S.UNVERIFIED, organisation=GONE)
    confirming.verify(confirmation_of(colleague))
    db.session.commit()
    before = everything()
    done = merging.merge(org(kept), org(gone), COORDINATOR)
    db.session.commit()
    assert [c.id for c in further_contacts(letter.id, [kept.id])[kept.id]] == [colleague.id]
    assert left_alone(letter.id) == []
    merging.undo(done.id, COORDINATOR)
    db.session.commit()
    assert everything() == before


def test_nobody_is_put_behind_a_row_that_was_erased(app: Flask) -> None:
    letter = make_letter()
    kept, gone = make_signature(letter, organisation=KEPT), make_signature(letter, organisation=GONE)
    colleague = make_signature(letter, S.UNVERIFIED, organisation=GONE)
    confirming.verify(confirmation_of(colleague))
    done = merging.merge(org(kept), org(gone), COORDINATOR)
    erase(gone, SIGNATORY)
    db.session.commit()
    merging.undo(done.id, COORDINATOR)
    db.session.commit()
    assert colleague.superseded_by_id == kept.id


def test_what_was_decided_since_stays(app: Flask) -> None:
    letter, other = make_letter(), make_letter()
    kept, gone = make_signature(letter, organisation=KEPT), make_signature(letter, organisation=GONE)
    moved = make_signature(other, organisation=GONE)
    gone_id = org(gone)
    done = merging.merge(org(kept), gone_id, COORDINATOR)
    with pytest.raises(Conflict):
        moderation.undo(gone, COORDINATOR)  # it stands by the other one
    db.session.rollback()
    done = merging.merge(org(kept), gone_id, COORDINATOR)
    signing.withdraw(kept, SIGNATORY)
    moderation.undo(gone, COORDINATOR)
    signing.withdraw(moved, SIGNATORY)
    db.session.commit()
    assert (gone.status, figure(letter), figure(other)) == (S.ACCEPTED, 1, 0)
    merging.undo(done.id, COORDINATOR)
    db.session.commit()
    assert (org(gone), org(moved)) == (gone_id, gone_id)
    assert (gone.status, moved.status, kept.status) == (S.ACCEPTED, S.WITHDRAWN, S.WITHDRAWN)
    assert (figure(letter), figure(other)) == (1, 0)


def test_an_old_rejection_taken_back_does_not_count_twice(app: Flask) -> None:
    letter = make_letter()
    kept = make_signature(letter, organisation=KEPT)
    rejected = make_signature(letter, S.REJECTED, organisation=GONE)
    merging.merge(org(kept), org(rejected), COORDINATOR)
    db.session.commit()
    with pytest.raises(Conflict):
        moderation.undo(rejected, COORDINATOR)
    db.session.rollback()
    again = make_signature(letter, S.UNVERIFIED, organisation=GONE)
    confirming.verify(confirmation_of(again))
    db.session.commit()
    assert (again.superseded_by_id, figure(letter)) == (kept.id, 1)


def test_merges_in_a_row_are_undone_the_last_first(app: Flask) -> None:
    letter = make_letter()
    first, second, third = (make_signature(letter, organisation=name) for name in (KEPT, GONE, "THRN"))
    ids = [org(s) for s in (first, second, third)]
    before = everything()
    one = merging.merge(ids[1], ids[2], COORDINATOR)
    two = merging.merge(ids[0], ids[1], COORDINATOR)
    db.session.commit()
    assert known_as(ids) == dict.fromkeys(ids, ids[0])
    assert figure(letter) == 1
    assert identify("THRN", "BH", Scope.NATIONAL).id == ids[0]
    for again in (
        lambda: merging.undo(one.id, COORDINATOR),
        lambda: merging.merge(ids[0], ids[2], COORDINATOR),
    ):
        with pytest.raises(Conflict):
            again()
        db.session.rollback()
    merging.undo(two.id, COORDINATOR)
    merging.undo(one.id, COORDINATOR)
    db.session.commit()
    assert everything() == before
    for wrong in (
        lambda: merging.undo(one.id, COORDINATOR),
        lambda: merging.merge(ids[0], ids[0], COORDINATOR),
        lambda: merging.merge(ids[0], 0, COORDINATOR),
    ):
        with pytest.raises(Conflict):
            wrong()


def test_merges_shown_for_a_letter(app: Flask) -> None:
    letter, other = make_letter(), make_letter()
    kept, gone = make_signature(letter, organisation=KEPT), make_signature(other, organisation=GONE)
    done = merging.merge(org(kept), org(gone), COORDINATOR, letter.id)
    db.session.commit()
    for page in (letter, other):
        ((shown, one, two),) = merging.merges_of(page.id)
        assert (shown.id, one.name, two.name) == (done.id, KEPT, GONE)
        assert merging.was_here(page.id, done.id)
    stranger = make_letter().id
    assert merging.merges_of(stranger) == [] and not merging.was_here(stranger, done.id)
    assert merging.merges_of(letter.id, limit=0) == [] and merging.was_here(letter.id, done.id)
    merging.undo(done.id, COORDINATOR)
    assert merging.merges_of(letter.id) == [] and not merging.was_here(letter.id, done.id)


@pytest.mark.parametrize("seed", range(4))
def test_merge_then_undo_is_identity(app: Flask, seed: int) -> None:
    """Whatever stands where, on three letters at once, and with several merges undone in turn."""
    chance = random.Random(seed)
    letters = [make_letter() for _ in range(3)]
    places = [S.UNVERIFIED, S.PENDING, S.HELD, S.QUERIED, S.ACCEPTED, S.ACCEPTED, S.REJECTED, S.WITHDRAWN]
    for name in ("Aurel", "Brevann", "Cordal", "Dunmere"):
        for letter in letters:
            for _ in range(chance.randint(0, 2)):
                try:
                    make_signature(
                        letter,
                        chance.choice(places),
                        organisation=name,
                        visibility=chance.choice(list(Visibility)),
                    )
                except (RoomError, AssertionError):
                    db.session.rollback()
    before, counted = everything(), [cells(letter.id) for letter in letters]
    done = []
    for _ in range(5):
        roots = list(db.session.scalars(select(Organisation.id).where(Organisation.merged_into_id.is_(None))))
        if len(roots) > 1:
            done.append(merging.merge(*chance.sample(roots, 2), COORDINATOR).id)
            db.session.commit()
            assert all(differences(letter.id) == {} for letter in letters)
    assert done
    for id_ in reversed(done):
        merging.undo(id_, COORDINATOR)
        db.session.commit()
    assert everything() == before
    assert [cells(letter.id) for letter in letters] == counted


def merging_of(kept: int, gone: int) -> Callable[[], int]:
    def act() -> int:
        id_ = merging.merge(kept, gone, COORDINATOR).id
        db.session.commit()
        return id_

    return act


def test_both_ways_at_once_is_one_merge(app: Flask) -> None:
    letter = make_letter()
    one, other = (org(make_signature(letter, organisation=name)) for name in (KEPT, GONE))
    outcomes = together(app, [merging_of(one, other), merging_of(other, one)] * 3)
    assert len([o for o in outcomes if isinstance(o, int)]) == 1, outcomes
    assert all(isinstance(o, (int, Conflict)) for o in outcomes), outcomes
    assert figure(letter) == 1
    done = db.session.scalars(select(Merge.id)).one()

    def undoing() -> bool:
        merging.undo(done, COORDINATOR)
        db.session.commit()
        return True

    outcomes = together(app, [undoing] * 4)
    assert outcomes.count(True) == 1
    assert all(o is True or isinstance(o, Conflict) for o in outcomes), outcomes
    assert figure(letter) == 2


def test_who_confirms_during_a_merge_is_not_lost_and_counts_once(app: Flask) -> None:
    letter = make_letter()
    kept = make_signature(letter, organisation=KEPT)
    elsewhere = make_signature(make_letter(), organisation=GONE)
    waiting = [confirmation_of(make_signature(letter, S.UNVERIFIED, organisation=GONE)).id for _ in range(3)]
    kept_id, gone_id = org(kept), org(elsewhere)
    db.session.commit()

    def verifying(id_: int) -> Callable[[], str]:
        def act() -> str:
            status = confirming.verify(db.session.get_one(Confirmation, id_)).status
            db.session.commit()
            return status.value

        return act

    outcomes = together(app, [merging_of(kept_id, gone_id), *map(verifying, waiting)])
    assert all(isinstance(o, (int, str, Conflict)) for o in outcomes), outcomes
    stray = select(func.count()).select_from(Signature).join(Organisation)
    merged = Organisation.merged_into_id.is_not(None)
    assert db.session.scalar(stray.where(Signature.status.in_(LIVE), merged)) == 0
    assert differences(letter.id) == {}
