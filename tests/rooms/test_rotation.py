"""A new key for contacts on both databases: all comes under it, and old keys can be dropped."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, select, text, type_coerce

from campaign.audit.models import AuditEntry
from campaign.care import rotation
from campaign.core import clock
from campaign.core.db import Base, db
from campaign.dispatch import operations as dispatching
from campaign.signing.models import Import, Representative
from campaign.signing.rules import ImportState
from tests.factories import COORDINATOR, make_edition, make_letter, make_signature
from tests.rooms.care_kit import MAILBOX, NOTE, PERSON, make_canary

OLD, NEW = "o1-abcdefghijklmnopqrstuvwxyz-0123456", "n2-abcdefghijklmnopqrstuvwxyz-0123456"
EMAIL = text("SELECT email FROM representatives")
MakeApp = Callable[..., Flask]


def furnished() -> int:
    """A letter with something in most encrypted columns; the id of its signature."""
    letter = make_letter()
    signature = make_canary(letter)
    make_signature(letter)
    dispatching.release(make_edition(letter), COORDINATOR, at_once=True)
    sheet = Import(
        letter_id=letter.id,
        filename="sheet.csv",
        sha256="a" * 64,
        content=b"Organisation;Mail",
        mapping={},
        settings={},
        report={},
        state=ImportState.UPLOADED,
        created_at=clock.now(),
    )
    db.session.add(sheet)
    db.session.commit()
    return signature.id


def rotate() -> dict[str, int]:
    """All columns, each slice committed; how many values were under an old key."""
    found = {}
    for column in rotation.encrypted_columns():
        told = rotation.rotate(column, db.session.commit)
        assert told.lost == 0
        found[told.column] = told.old
    return found


def left() -> int:
    """How many values still need an old key."""
    return sum(rotation.check(column).old for column in rotation.encrypted_columns())


def stored() -> set[str]:
    """The columns in which anything that Fernet made is stored, by a look at the bytes themselves."""
    return {
        str(column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type.dialect_impl(db.engine.dialect), LargeBinary)
        or isinstance(getattr(column.type, "impl", None), LargeBinary)
        for (value,) in db.session.execute(select(type_coerce(column, LargeBinary)))
        if value is not None and bytes(value).startswith(b"gAAAA")
    }


def test_everything_comes_under_the_new_key_and_the_old_one_can_go(make_app: MakeApp) -> None:
    with make_app(CONTACT_KEYS=OLD).app_context():
        signature_id = furnished()
        assert left() == 0
    with make_app(CONTACT_KEYS=f"{NEW},{OLD}").app_context():
        waiting = left()
        found = rotate()
        assert sum(found.values()) == waiting > 10
        assert {column for column, number in found.items() if number} == stored()
        assert left() == 0
        assert sum(rotate().values()) == 0
    with make_app(CONTACT_KEYS=NEW).app_context():
        person = db.session.scalars(
            select(Representative).where(Representative.signature_id == signature_id)
        ).one()
        assert (person.name, person.email, person.signature.note) == (PERSON, MAILBOX, NOTE)
        assert db.session.scalars(select(Import)).one().content == b"Organisation;Mail"


def stopped() -> None:
    """Somebody presses Ctrl-C after the first slice."""
    db.session.commit()
    raise KeyboardInterrupt


def test_it_goes_on_where_it_was_stopped(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "SLICE", 1)
    (column,) = (c for c in rotation.encrypted_columns() if str(c) == "representatives.email")
    with make_app(CONTACT_KEYS=OLD).app_context():
        letter = make_letter()
        for _ in range(3):
            make_signature(letter)
    with make_app(CONTACT_KEYS=f"{NEW},{OLD}").app_context():
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate(column, stopped)
        db.session.rollback()
        assert rotation.check(column).old == 2
        assert rotation.rotate(column, db.session.commit).old == 2
        assert rotation.check(column).old == 0


def test_what_no_key_opens_is_counted_and_left_alone(make_app: MakeApp) -> None:
    with make_app(CONTACT_KEYS=OLD).app_context():
        make_signature(make_letter())
        before = bytes(db.session.execute(EMAIL).scalar_one())
    with make_app(CONTACT_KEYS=NEW).app_context():
        (column,) = (c for c in rotation.encrypted_columns() if str(c) == "representatives.email")
        told = rotation.rotate(column, db.session.commit)
        assert (told.old, told.lost) == (0, 1)
        assert bytes(db.session.execute(text("SELECT email FROM representatives")).scalar_one()) == bytes(
            before
        )


def test_the_command_rotates_checks_and_says_what_is_left(make_app: MakeApp) -> None:
    with make_app(CONTACT_KEYS=OLD).app_context():
        make_signature(make_letter())
        db.session.commit()
    both = make_app(CONTACT_KEYS=f"{NEW},{OLD}")
    run = both.test_cli_runner().invoke
    before = run(args=["contacts", "rotate", "--check"])
    assert before.exit_code == 1
    assert "representatives.email\t1" in before.stdout.splitlines()
    assert "still need an older key" in before.stderr
    assert "representatives.email\t1" in run(args=["contacts", "rotate"]).stdout.splitlines()
    after = run(args=["contacts", "rotate", "--check"])
    assert after.exit_code == 0
    assert {line.rpartition("\t")[2] for line in after.stdout.splitlines()} == {"0"}
    with both.app_context():
        (noted,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "contacts.rotated"))
        assert set(noted.details) == {"values"}
    lost = make_app(CONTACT_KEYS=OLD).test_cli_runner().invoke(args=["contacts", "rotate", "--check"])
    assert lost.exit_code == 1
    assert "no key of CONTACT_KEYS opens" in lost.stderr
