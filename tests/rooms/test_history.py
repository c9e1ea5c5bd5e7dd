"""After any history the tally is what the list says; a tampered figure is found, repaired and recorded."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from campaign.audit.models import AuditEntry
from campaign.audit.rules import SIGNATORY, WORKER
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import RoomError
from campaign.jobs.operations import owe
from campaign.letters.drafting import write_down
from campaign.letters.models import Letter
from campaign.letters.rules import Change, Circulation, Visibility
from campaign.organisations.models import Organisation
from campaign.organisations.rules import Scope
from campaign.sheets.lines import read_rows
from campaign.sheets.writing import bring_in
from campaign.signing import confirming, merging, moderation, reconfirming, roll, standing
from campaign.signing import operations as signing
from campaign.signing import tasks as signing_tasks
from campaign.signing.corrections import OwnCorrection, correct_own, grant, refuse
from campaign.signing.models import Merge, Signature, SignatureLink
from campaign.signing.moderation import AddCommand
from campaign.signing.reconcile import differences, reconcile
from campaign.signing.rules import Audience, SignatureStatus, Source
from campaign.signing.versions import question
from campaign.signing.visibility import Choice, choose, narrow
from campaign.tally import tasks as tally
from campaign.tally.models import Total
from campaign.tally.queries import cells, letter_figures
from tests.factories import (
    COORDINATOR,
    confirmation_of,
    make_command,
    make_draft,
    make_letter,
    make_listing,
    make_person,
    make_signature,
)
from tests.rooms.text_kit import questions_to, yes

STEPS = 60
SHEET = {"organisation": "Name", "country": "Country", "visibility": "Seen"}


class History:
    """Random acts on one letter; few names and places, so that they collide."""

    def __init__(self, letter: Letter, seed: int) -> None:
        self.letter, self.chance = letter, random.Random(seed)

    def listing(self) -> dict[str, object]:
        scope = self.chance.choice([Scope.NATIONAL] * 3 + [Scope.REGIONAL, Scope.INTERNATIONAL])
        return {
            "organisation": self.chance.choice("ABCDEFGH"),
            "scope": scope,
            "country_code": self.chance.choice(["BH", "FR", "XK"]) if scope is Scope.NATIONAL else None,
            "visibility": self.chance.choice(list(Visibility)),
        }

    def some(self) -> Signature:
        return self.chance.choice(db.session.scalars(select(Signature)).all())

    def sign(self) -> None:
        signing.sign(self.letter, make_command(make_listing(**self.listing())))

    def verify(self) -> None:
        confirming.verify(confirmation_of(self.some()))

    def accept(self) -> None:
        moderation.accept(self.some(), COORDINATOR)

    def reject(self) -> None:
        moderation.reject(self.some(), "because", COORDINATOR)

    def undo(self) -> None:
        moderation.undo(self.some(), COORDINATOR)

    def withdraw(self) -> None:
        signing.withdraw(self.some(), SIGNATORY)

    def show(self) -> None:
        wanted = self.chance.choice(list(Visibility))
        choose(self.some(), Choice(wanted, "Show it so.", "en", (), clock.now()))

    def hide(self) -> None:
        narrow(self.some(), self.chance.choice(list(Visibility)), COORDINATOR)

    def respell(self) -> None:
        name = self.chance.choice(["A", "a.", "B", "Á"])
        correct_own(self.some(), OwnCorrection(name, None, None, None, None))

    def decide_wish(self) -> None:
        self.chance.choice([grant, refuse])(self.some(), COORDINATOR)

    def merge(self) -> None:
        kept, gone = (self.some().organisation_id for _ in range(2))
        merging.merge(kept or 0, gone or 0, COORDINATOR, self.letter.id)

    def part(self) -> None:
        merging.undo(self.chance.choice(db.session.scalars(select(Merge.id)).all()), COORDINATOR)

    def invalidate(self) -> None:
        standing.go(self.some(), SignatureStatus.INVALIDATED, COORDINATOR)

    def supersede(self) -> None:
        standing.go(self.some(), SignatureStatus.SUPERSEDED, COORDINATOR)

    def correct(self) -> None:
        to = make_listing(**self.listing())
        moderation.correct(self.some(), to.organisation, to.country_code, to.scope, COORDINATOR)

    def vouch(self) -> None:
        moderation.accept_on_evidence(self.some(), "known to us", COORDINATOR)

    def add(self) -> None:
        command = AddCommand(make_listing(**self.listing()), make_person(), Source.PHONE, "", True)
        moderation.add(self.letter, command, COORDINATOR)

    def bring_in(self) -> None:
        lines = [
            {
                "Name": self.chance.choice("ABCDEFGH"),
                "Country": self.chance.choice(["BH", "Atlantis"]),
                "Seen": "",
            }
            for _ in range(3)
        ]
        bring_in(
            self.letter, read_rows(self.letter, enumerate(lines, start=2), SHEET, None), True, COORDINATOR
        )

    def revise(self) -> None:
        text = {"en": f"Text number {self.chance.random()}."}
        kind = self.chance.choice([Change.MINOR, Change.SUBSTANTIVE])
        write_down(make_draft(slug=self.letter.slug, texts=text), kind, COORDINATOR, Circulation.PUBLIC)

    def answer(self) -> None:
        link = questions_to(self.some())[-1]
        if self.chance.random() < 0.7:
            reconfirming.agree(link, link.signature, yes(self.letter))
        else:
            reconfirming.refuse(link, link.signature)

    def ask(self) -> None:
        signing_tasks.keep_asking()

    def silence(self) -> None:
        """The time to answer is over, for everybody who was asked."""
        asked = question(self.letter.id)
        assert asked is not None
        past = clock.now() - timedelta(days=30)
        asked.created_at, asked.reconfirm_by = past, past + timedelta(days=7)
        db.session.execute(update(SignatureLink).values(created_at=past))
        db.session.commit()
        signing_tasks.keep_asking()
        signing_tasks.keep_asking_late()

    def fold(self) -> None:
        tally.fold()

    def step(self) -> str:
        """One act; what it refuses is rolled back, as a door does."""
        name = self.chance.choice(ACTS)
        try:
            getattr(self, name)()
            db.session.commit()
        except (RoomError, IndexError, AssertionError):
            db.session.rollback()
            return f"{name} refused"
        return name


ACTS = (
    "sign sign verify verify accept accept reject undo undo withdraw invalidate supersede correct correct "
    "show show hide respell respell decide_wish merge merge part vouch add bring_in fold "
    "revise ask answer answer silence"
).split()


def of_merged_organisations() -> list[int]:
    """Signatures of organisations that are known as another now: none, so that nobody counts twice."""
    merged = Organisation.merged_into_id.is_not(None)
    return list(db.session.scalars(select(Signature.id).join(Organisation).where(merged)))


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_the_tally_is_the_list(app: Flask, seed: int) -> None:
    history, taken = History(make_letter(), seed), []
    for _ in range(STEPS):
        taken.append(history.step())
        assert differences(history.letter.id) == {}, taken
        assert of_merged_organisations() == [], taken
    listed = len(roll.entries(history.letter.id, Audience.COORDINATORS))
    assert letter_figures(history.letter.id).signatories == listed
    assert len([name for name in taken if "refused" not in name]) > STEPS / 4
    tally.fold()
    assert cells(history.letter.id) == roll.cells(history.letter.id)


def test_a_tampered_total_is_found_repaired_and_recorded(
    app: Flask, work: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    letter = make_letter()
    make_signature(letter, country_code="BH")
    tally.fold()
    db.session.execute(update(Total).values(signatures=7))
    db.session.commit()
    ((_, (figure, listed)),) = differences(letter.id).items()
    assert (figure, listed) == (7, 1)
    owe("campaign.signing.tasks.reconcile")
    work()
    assert differences(letter.id) == {}
    assert letter_figures(letter.id).signatories == 1
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "tally.repaired")).one()
    assert (act.actor_kind, act.details) == (WORKER.kind, {"cells": 1})
    assert [r.levelname for r in caplog.records if "differed" in r.message] == ["CRITICAL"]


def test_nothing_wrong_leaves_no_record(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter)
    assert reconcile(letter, WORKER) == 0
    db.session.flush()
    assert not db.session.scalars(select(AuditEntry).where(AuditEntry.action == "tally.repaired")).all()
