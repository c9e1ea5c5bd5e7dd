"""Explicit transactions: a reading one cannot write, a writing one begins at once, a snapshot stays."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from campaign.core import clock
from campaign.core.db import Mode, db, reserve, transactions
from campaign.jobs.models import Job
from campaign.letters.models import Letter
from tests.factories import make_letter


def test_a_reading_transaction_refuses_to_write(app: Flask) -> None:
    letter = make_letter()
    identifier = letter.id
    db.session.commit()
    with transactions(Mode.READ):
        assert db.session.get_one(Letter, identifier).place is None
        db.session.get_one(Letter, identifier).place = "Geneva"
        with pytest.raises(DBAPIError):
            db.session.commit()
        db.session.rollback()
    assert db.session.get_one(Letter, identifier).place is None


def test_writing_works_again_on_the_same_connection(app: Flask) -> None:
    letter = make_letter()
    with transactions(Mode.READ):
        db.session.scalars(select(Letter)).all()
        db.session.rollback()
    letter.place = "Geneva"
    db.session.commit()
    assert db.session.scalars(select(Letter.place)).one() == "Geneva"


@pytest.mark.parametrize("mode", [Mode.READ, Mode.SNAPSHOT])
def test_a_snapshot_does_not_move(app_postgresql: Flask, mode: Mode) -> None:
    identifier = make_letter().id
    db.session.commit()
    with transactions(mode):
        assert db.session.scalar(select(Letter.place)) is None
        with app_postgresql.app_context(), transactions(Mode.WRITE):
            db.session.get_one(Letter, identifier).place = "Geneva"
            db.session.commit()
        assert db.session.scalar(select(Letter.place)) is None
        db.session.rollback()
    assert db.session.scalar(select(Letter.place)) == "Geneva"


@pytest.mark.parametrize(
    ("mode", "beginning"),
    [(Mode.WRITE, "BEGIN IMMEDIATE"), (Mode.SNAPSHOT, "BEGIN IMMEDIATE"), (Mode.READ, "BEGIN")],
)
def test_sqlite_begins_as_the_mode_says(app_sqlite: Flask, mode: Mode, beginning: str) -> None:
    said: list[str] = []

    def listen(connection: object, cursor: object, statement: str, *rest: object) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    with transactions(mode):
        db.session.scalars(select(Letter)).all()
        db.session.rollback()
    assert [line for line in said if line.startswith("BEGIN")] == [beginning]


def test_sqlite_is_set_up_safely(app_sqlite: Flask) -> None:
    values = {
        name: db.session.execute(text(f"PRAGMA {name}")).scalar_one()
        for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
    }
    assert values == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 15000, "synchronous": 2}
    assert sqlite3.sqlite_version_info >= (3, 35)  # DELETE … RETURNING


def test_foreign_keys_hold_on_both_databases(app: Flask) -> None:
    with pytest.raises(IntegrityError):
        db.session.execute(text("INSERT INTO user_roles (user_id, role_id) VALUES (1, 1)"))
        db.session.commit()


def test_an_open_transaction_keeps_its_mode(app: Flask) -> None:
    letter = make_letter()
    assert letter.place is None  # a transaction that may write is open
    with transactions(Mode.READ):
        letter.place = "Geneva"
        db.session.commit()
    assert letter.place == "Geneva"


def test_a_naive_time_is_refused_and_others_come_back_in_utc(app: Flask) -> None:
    letter = make_letter()
    letter.deadline = datetime.fromisoformat("2030-01-01T12:00:00+03:00")
    db.session.commit()
    assert letter.deadline.isoformat() == "2030-01-01T09:00:00+00:00"
    letter.deadline = datetime(2030, 1, 1)  # noqa: DTZ001 -- that is the mistake
    with pytest.raises(StatementError):
        db.session.commit()


def test_rows_that_bring_reserved_ids_leave_room_for_the_next(app: Flask) -> None:
    """Between them the database numbers rows by itself, and nobody meets a number twice."""
    due, numbers = clock.now(), []
    for count in (0, 3, 1, 5):
        for id_ in reserve(Job, count):
            db.session.execute(insert(Job).values(id=id_, name="none", arguments=[], due_at=due))
            numbers.append(id_)
        db.session.add(mine := Job(name="none", arguments=[], due_at=due))
        db.session.flush()
        numbers.append(mine.id)
    assert len(numbers) == 13
    assert numbers == sorted(set(numbers))
