"""The record: chained after the commit by one worker at a time, and any rewriting of it is found."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from campaign.audit import operations, queries, tasks
from campaign.audit.models import AuditEntry
from campaign.audit.operations import record
from campaign.audit.queries import Verdict, content, verify
from campaign.audit.rules import GENESIS, OPERATOR, ActorKind, chain_hash
from campaign.core.db import db
from tests.factories import COORDINATOR
from tests.threads import together


def acts(count: int) -> None:
    """So many committed acts on letter 7."""
    for number in range(count):
        record(COORDINATOR, "letter.open", "letter", 7, 7, number=number, was="draft")
    db.session.commit()


def test_committed_acts_are_numbered_and_chained(app: Flask) -> None:
    acts(3)
    assert verify() == Verdict(0, None, 3)
    assert tasks.chain() == 3
    assert tasks.chain() == 0
    previous = GENESIS
    for number, entry in enumerate(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)), start=1):
        assert entry.sequence == number
        assert entry.chain == chain_hash(previous, content(entry))
        previous = entry.chain
    assert verify() == Verdict(3, None, 0)


def test_a_rolled_back_act_leaves_nothing(app: Flask) -> None:
    record(OPERATOR, "letter.open", "letter", 7, 7)
    db.session.rollback()
    assert verify() == Verdict(0, None, 0)


def test_long_records_are_chained_in_batches(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "BATCH", 4)
    acts(10)
    assert [tasks.chain() for _ in range(4)] == [4, 4, 2, 0]
    assert verify() == Verdict(10, None, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"details": {"number": 1, "was": "open"}},
        {"actor_id": 2},
        {"actor_kind": ActorKind.OPERATOR},
        {"action": "letter.closed"},
        {"letter_id": None},
        {"subject_id": 8},
        {"chain": "f" * 64},
        {"sequence": 9},
    ],
)
def test_rewriting_is_found(app: Flask, change: dict[str, Any]) -> None:
    acts(4)
    tasks.chain()
    db.session.execute(update(AuditEntry).where(AuditEntry.sequence == 2).values(**change))
    db.session.commit()
    db.session.expire_all()
    assert verify() == Verdict(1, 2, 0)


def test_taking_out_is_found(app: Flask) -> None:
    acts(4)
    tasks.chain()
    db.session.execute(delete(AuditEntry).where(AuditEntry.sequence == 3))
    db.session.commit()
    assert verify() == Verdict(2, 3, 0)


def test_many_workers_make_one_chain(app: Flask) -> None:
    acts(40)
    outcomes = together(app, [tasks.chain] * 4)
    assert sum(outcome for outcome in outcomes if isinstance(outcome, int)) == 40, outcomes
    assert verify() == Verdict(40, None, 0)


def test_the_newest_acts_of_a_letter(app: Flask) -> None:
    acts(3)
    record(COORDINATOR, "letter.open", "letter", 8, 8)
    db.session.commit()
    assert [entry.details["number"] for entry in queries.recent(7, limit=2)] == [2, 1]
