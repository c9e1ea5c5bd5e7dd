"""Bulk invalidation on both databases: what a rule means, done in slices, killed, cancelled, undone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import config
from campaign.audit.models import AuditEntry
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput, NotFound
from campaign.letters.models import Letter
from campaign.letters.rules import Acceptance
from campaign.signing import confirming, invalidating, meant, moderation, together
from campaign.signing.models import Invalidation, Signature
from campaign.signing.reconcile import differences
from campaign.signing.rules import LIVE, Flag, InvalidationState, SignatureStatus
from campaign.signing.tasks import invalidate
from tests.factories import COORDINATOR, confirmation_of, make_letter, make_signature

S, I = SignatureStatus, InvalidationState  # noqa: E741 -- the two kinds of states, in many lines
Row = tuple[Any, ...]


def crowd(letter: Letter) -> list[Signature]:
    """Two of each state that a rule may touch, and one of each that none may."""
    touched = [S.ACCEPTED, S.PENDING, S.HELD, S.QUERIED]
    spared = [S.UNVERIFIED, S.REJECTED, S.INVALIDATED, S.WITHDRAWN, S.EXPIRED]
    return [
        make_signature(letter, status, organisation=f"Spam {n}")
        for n, status in enumerate([*touched * 2, *spared])
    ]


def standing_of(letter: Letter) -> list[Row]:
    """Everything a decision changes, row by row."""
    db.session.expire_all()
    rows = db.session.scalars(
        select(Signature).where(Signature.letter_id == letter.id).order_by(Signature.id)
    )
    return [
        (s.id, s.status, s.previous, s.decision, s.decided_at, s.accepted_at, s.reason, s.organisation_id)
        for s in rows
    ]


def statuses(letter: Letter) -> list[str]:
    return [str(row[1]) for row in standing_of(letter)]


def proposed(letter: Letter, **conditions: str) -> Invalidation:
    found = invalidating.propose(letter, conditions, COORDINATOR)
    db.session.commit()
    return found


def started(letter: Letter, **conditions: str) -> Invalidation:
    found = proposed(letter, **conditions)
    invalidating.start(found, "made by a program", found.matched, COORDINATOR)
    db.session.commit()
    return found


def finish(found: Invalidation) -> None:
    while invalidate():
        pass
    db.session.expire_all()
    assert differences(found.letter_id) == {}


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invalidating, "SLICE", 3)
    monkeypatch.setattr(meant, "AT_ONCE", 2)


def test_a_preview_changes_nothing_and_the_worker_does_what_it_said(app: Flask) -> None:
    letter = make_letter()
    crowd(letter)
    make_signature(letter, organisation="Genuine Voice")
    before = standing_of(letter)
    found = proposed(letter, name="spam")
    assert (found.matched, found.state, invalidate()) == (8, I.PROPOSED, 0)
    assert standing_of(letter) == before
    invalidating.start(found, "made by a program", 8, COORDINATOR)
    db.session.commit()
    finish(found)
    assert (found.state, found.done) == (I.DONE, 8)
    assert found.finished_at is not None
    taken = ["invalidated", "rejected", "rejected", "rejected"] * 2
    assert statuses(letter) == [*taken, *[str(row[1]) for row in before[8:]]]
    assert {row[6] for row in standing_of(letter)[:8]} == {"made by a program"}
    assert letter_figure(letter) == 1


def letter_figure(letter: Letter) -> int:
    return sum(status == "accepted" for status in statuses(letter))


def test_undoing_puts_each_back_to_exactly_what_it_was(app: Flask) -> None:
    letter = make_letter()
    rows = crowd(letter)
    together.accept(letter, [rows[1], rows[5]], COORDINATOR)  # accepted in one act, which can be taken back
    db.session.commit()
    before = standing_of(letter)
    found = started(letter, name="Spam")
    finish(found)
    assert standing_of(letter) != before
    invalidating.undo(found, COORDINATOR)
    db.session.commit()
    finish(found)
    assert standing_of(letter) == before
    assert (found.state, found.done) == (I.UNDONE, 8)
    with pytest.raises(Conflict):
        invalidating.undo(found, COORDINATOR)


@pytest.mark.parametrize("acceptance", list(Acceptance))
@pytest.mark.parametrize("trapped", [False, True])
def test_what_was_confirmed_since_is_left_alone_and_told(
    app: Flask, acceptance: Acceptance, trapped: bool
) -> None:
    letter = make_letter()
    crowd(letter)
    letter.acceptance = acceptance
    db.session.commit()
    late = next(s for s in of(letter) if s.status is S.UNVERIFIED)
    before_it = [row for row in standing_of(letter) if row[0] < late.id and row[1] in LIVE]
    found = started(letter, name="spam")
    late.flags = [Flag.HONEYPOT] if trapped else []
    confirming.verify(confirmation_of(late))
    db.session.commit()
    arrived = late.status
    assert arrived is (S.HELD if trapped else S.ACCEPTED if acceptance is Acceptance.AUTOMATIC else S.PENDING)
    finish(found)
    assert (found.done, late.status) == (len(before_it), arrived)
    assert invalidating.came_since(found) == 1
    again = started(letter, name="spam")
    finish(again)
    assert (again.done, invalidating.came_since(again), invalidating.came_since(found)) == (1, 0, 0)


def test_what_a_person_took_back_since_is_left_alone(app: Flask) -> None:
    letter = make_letter()
    rows = crowd(letter)
    found = started(letter, name="spam")
    rejected = next(s for s in rows if s.status is S.REJECTED)
    for row in (rejected, rows[0]):
        moderation.undo(row, COORDINATOR)
    db.session.commit()
    finish(found)
    assert (found.done, rejected.status, rows[0].status) == (7, S.PENDING, S.PENDING)


def of(letter: Letter) -> list[Signature]:
    rows = select(Signature).where(Signature.letter_id == letter.id).order_by(Signature.id)
    return list(db.session.scalars(rows))


def test_what_somebody_decided_since_is_left_alone(app: Flask) -> None:
    letter = make_letter()
    rows = crowd(letter)
    found = started(letter, name="Spam")
    moderation.accept(rows[7 - 2], COORDINATOR)  # pending when the rule was confirmed: a person knew better
    db.session.commit()
    finish(found)
    assert (found.done, rows[5].status) == (7, S.ACCEPTED)
    moderation.undo(rows[0], COORDINATOR)  # invalidated by the rule, put back by a person
    moderation.undo(rows[1], COORDINATOR)
    moderation.accept(rows[1], COORDINATOR)
    db.session.commit()
    invalidating.undo(found, COORDINATOR)
    db.session.commit()
    finish(found)
    assert (rows[0].status, rows[1].status, rows[2].status) == (S.ACCEPTED, S.ACCEPTED, S.HELD)
    assert (found.state, found.done) == (I.UNDONE, 5)


def test_an_organisation_that_signed_again_stays_as_it_stands(app: Flask) -> None:
    letter = make_letter()
    first, other = (make_signature(letter, organisation=name) for name in ("Spam Again", "Spam Once"))
    found = started(letter, name="spam")
    finish(found)
    again = make_signature(letter, organisation="Spam Again")
    invalidating.undo(found, COORDINATOR)
    db.session.commit()
    finish(found)
    assert (first.status, other.status, again.status) == (S.INVALIDATED, S.ACCEPTED, S.ACCEPTED)
    assert (found.state, found.done) == (I.UNDONE, 1)


def test_one_cancelled_half_way_keeps_what_it_did_until_that_is_undone(app: Flask) -> None:
    letter = make_letter()
    crowd(letter)
    before = standing_of(letter)
    found = started(letter, name="Spam")
    assert invalidate() == 3
    invalidating.cancel(found, COORDINATOR)
    db.session.commit()
    assert invalidate() == 0
    assert (found.state, found.done) == (I.CANCELLED, 3)
    assert [row[0] for row in standing_of(letter) if row[3] == found.decision] == [r[0] for r in before[:3]]
    invalidating.undo(found, COORDINATOR)
    db.session.commit()
    finish(found)
    assert standing_of(letter) == before


class Killed(BaseException):
    """The process ends here: nothing after it runs, and the transaction is lost."""


@pytest.mark.parametrize("half", ["done", "undone"])
def test_whenever_it_is_killed_the_end_is_the_same(
    app: Flask, monkeypatch: pytest.MonkeyPatch, half: str
) -> None:
    letter = make_letter()
    crowd(letter)
    before = standing_of(letter)
    found = started(letter, name="Spam")
    if half == "undone":
        finish(found)
        invalidating.undo(found, COORDINATOR)
        db.session.commit()
    lives = 0
    while _dies(monkeypatch, lives):  # each lives a little longer than the one before, and none is told
        lives += 1
    finish(found)
    assert lives > 3
    if half == "done":
        assert (found.state, found.done) == (I.DONE, 8)
        assert statuses(letter)[:8] == ["invalidated", "rejected", "rejected", "rejected"] * 2
        invalidating.undo(found, COORDINATOR)
        db.session.commit()
        finish(found)
    assert standing_of(letter) == before
    assert found.done == 8


def _dies(monkeypatch: pytest.MonkeyPatch, flushes: int) -> bool:
    """A worker that is killed after so many flushes of its session. Whether it was, or had done before."""
    left, flush = flushes, db.session.flush

    def flush_or_die() -> None:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1
        flush()

    with monkeypatch.context() as patch:
        patch.setattr(db.session, "flush", flush_or_die)
        try:
            while invalidate():
                pass
        except Killed:
            return True
        finally:
            db.session.rollback()
    return False


WORKER = """
from campaign import create_app
from campaign.signing import invalidating
from campaign.signing.tasks import invalidate

invalidating.SLICE = 1
with create_app().app_context():
    while invalidate():
        print("a slice", flush=True)
"""


def test_a_worker_that_is_killed_leaves_the_rest_to_the_next(
    app: Flask, environment: dict[str, str], database_url: str
) -> None:
    letter = make_letter()
    crowd(letter)
    found = started(letter, name="Spam")
    for slices in (1, 2):
        command = [sys.executable, "-c", WORKER]
        settings = {**os.environ, **environment, "DATABASE_URL": database_url}
        with subprocess.Popen(command, cwd=config.ROOT, env=settings, stdout=subprocess.PIPE) as worker:
            assert worker.stdout is not None
            assert all(worker.stdout.readline() for _ in range(slices))
            worker.kill()
    finish(found)
    assert (found.state, found.done) == (I.DONE, 8)
    assert statuses(letter)[:8] == ["invalidated", "rejected", "rejected", "rejected"] * 2


def test_who_signs_after_the_preview_is_not_meant(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, organisation="Spam 1")
    found = proposed(letter, name="spam")
    late = make_signature(letter, organisation="Spam 2")
    invalidating.start(found, "made by a program", 1, COORDINATOR)
    db.session.commit()
    finish(found)
    assert (found.done, late.status) == (1, S.ACCEPTED)


@pytest.mark.parametrize(
    ("spoil", "reason", "seen", "words"),
    [
        (None, " ", 1, "needs a reason"),
        (None, "why", 2, "means 1 sign-ons by now"),
        (
            lambda s: moderation.undo(s, COORDINATOR) or moderation.reject(s, "x", COORDINATOR),
            "why",
            1,
            "no sign-on",
        ),
    ],
)
def test_what_keeps_one_from_starting(
    app: Flask, spoil: Callable[[Signature], None] | None, reason: str, seen: int, words: str
) -> None:
    letter = make_letter()
    signature = make_signature(letter, organisation="Spam 1")
    found = proposed(letter, name="spam")
    if spoil:
        spoil(signature)
        db.session.commit()
    with pytest.raises((InvalidInput, Conflict)) as refused:
        invalidating.start(found, reason, seen, COORDINATOR)
    assert words in refused.value.message
    db.session.rollback()
    assert found.state is I.PROPOSED


def test_nothing_to_undo_and_another_letter_s(app: Flask) -> None:
    letter = make_letter()
    found = proposed(letter, name="spam")
    with pytest.raises(NotFound):
        invalidating.locked(make_letter().id, found.id)
    invalidating.cancel(found, COORDINATOR)
    with pytest.raises(Conflict, match="it changed no sign-on"):
        invalidating.undo(found, COORDINATOR)


def test_it_is_taken_back_as_a_whole_only_in_its_own_way(app: Flask) -> None:
    letter = make_letter()
    rows = [make_signature(letter, status, organisation=f"Spam {status}") for status in (S.PENDING, S.HELD)]
    found = started(letter, name="spam")
    finish(found)
    assert together.sizes(letter.id, rows) == {}
    assert together.take_back(letter, found.decision, COORDINATOR).done == 0


def test_the_record_tells_who_did_what_and_names_nobody(app: Flask) -> None:
    letter = make_letter()
    make_signature(letter, organisation="Spam 1")
    found = started(letter, name="spam")
    finish(found)
    invalidating.undo(found, COORDINATOR)
    db.session.commit()
    finish(found)
    acts = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action.startswith("invalidation.")).order_by(AuditEntry.id)
    ).all()
    assert [(a.action.partition(".")[2], a.actor_id) for a in acts] == [
        (what, COORDINATOR.id) for what in ("proposed", "started", "done", "undoing", "undone")
    ]
    assert "spam" not in str([a.details for a in acts]).lower()
