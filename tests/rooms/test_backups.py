"""Backups: every row there and back on both databases, one moment of a busy site, and nothing that leaves."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

import config
from campaign import create_app
from campaign.audit import restoring as audit
from campaign.audit.models import AuditEntry
from campaign.audit.operations import chain
from campaign.audit.queries import verify
from campaign.core import backups, clock
from campaign.core.backup_format import Kind, Manifest, Source, opened, write
from campaign.core.db import Mode, db, transactions
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.plain_tables import plain_tables
from campaign.dispatch import operations as dispatching
from campaign.dispatch import restoring as dispatches
from campaign.dispatch.models import Consignment, Dispatch, KeptFile
from campaign.dispatch.rules import DispatchState
from campaign.editions.queries import verify_hash
from campaign.editions.rules import Verdict
from campaign.letters.drafts import CopyDraft
from campaign.letters.models import Letter
from campaign.outbox import restoring as mails
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing import restoring as reminders
from campaign.signing.models import Representative, Signature
from campaign.signing.reconcile import differences
from campaign.signing.rules import SignatureStatus
from campaign.tally.queries import letter_figures
from campaign.web.health import schema_is_behind
from tests.conftest import KINDS
from tests.factories import (
    ADDRESSEE,
    COORDINATOR,
    ROUTES,
    make_command,
    make_edition,
    make_letter,
    make_person,
    make_signature,
    make_user,
)

LARGE = 3_000_000
PERSON = "Ñandú Étoile"
Elsewhere = Callable[..., Any]


def furnish() -> Letter:
    """A letter with something in every corner; what it returns is committed."""
    make_user()
    letter = make_letter(addressees=(ADDRESSEE_WITH_COPIES,), titles={"en": "Ouvrez « le port » ☂ العربية"})
    for status in ROUTES:
        make_signature(letter, status)
    make_signature(letter, command=make_command(person=make_person(name=PERSON)))
    edition = make_edition(letter)
    released = dispatching.release(edition, COORDINATOR)
    db.session.flush()
    first, *others = released.consignments
    first.cancelled, others[0].replaces_id, others[0].again = True, first.id, True
    content = random.Random(1).randbytes(LARGE)
    scan = KeptFile(
        letter_id=letter.id,
        filename="scan.pdf",
        media_type="application/pdf",
        sha256=hashlib.sha256(content).hexdigest(),
        size=LARGE,
        content=content,
        kept_at=clock.now(),
    )
    others[1].done_scan, others[1].done_on = scan, clock.now().date()
    chain()
    db.session.commit()
    return letter


ADDRESSEE_WITH_COPIES = type(ADDRESSEE)(
    name=ADDRESSEE.name,
    title=ADDRESSEE.title,
    email=ADDRESSEE.email,
    salutation=ADDRESSEE.salutation,
    copies=tuple(CopyDraft(f"copy{n}@example.org") for n in range(3)),
)


def back_up(path: Path) -> Manifest:
    """A backup of the database the test stands on."""
    db.session.commit()
    with transactions(Mode.READ), db.engine.connect() as connection:
        return backups.create(connection, path)


def bring_back(path: Path) -> dict[MailState, int]:
    """What the command does: all rows and their holding, in one transaction, then the newest schema."""
    with opened(path) as kept:
        backups.make_ready(db.engine, kept.manifest.revision)
        with db.engine.begin() as connection:
            backups.fill(connection, kept)
            held = mails.hold(connection)
            dispatches.hold(connection)
            reminders.hold(connection)
            audit.note(connection, "backup.restored", rows=kept.manifest.rows)
    flask_migrate.upgrade()
    return held


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, environment: dict[str, str]) -> Elsewhere:
    """`with elsewhere("sqlite"):` stands in an app over a new database without any table."""

    @contextmanager
    def stand(kind: str, **settings: str) -> Iterator[Flask]:
        server = request.getfixturevalue(kind)
        url = server.create()
        app = create_app(config.read({**environment, **settings, "DATABASE_URL": url}))
        try:
            with app.app_context():
                yield app
                db.session.remove()
                db.engine.dispose()
        finally:
            server.drop(url)

    return stand


def tables(manifest: Manifest) -> dict[str, tuple[int, str]]:
    """Rows and hash of each table."""
    return {table.name: (table.rows, table.sha256) for table in manifest.tables}


@pytest.mark.parametrize("other", KINDS)
def test_every_row_comes_back_on_either_database(
    app: Flask, elsewhere: Elsewhere, tmp_path: Path, other: str
) -> None:
    furnish()
    made = back_up(tmp_path / "one.zip")
    assert made.rows > 100
    assert {kind for table in made.tables for kind in table.columns.values()} == set(Kind)
    with elsewhere(other):
        with opened(tmp_path / "one.zip") as kept:
            backups.make_ready(db.engine, kept.manifest.revision)
            with db.engine.begin() as connection:
                backups.fill(connection, kept)
        assert tables(back_up(tmp_path / "two.zip")) == tables(made)


@pytest.mark.parametrize("other", KINDS)
def test_what_was_restored_can_be_worked_with(
    app: Flask, elsewhere: Elsewhere, tmp_path: Path, other: str
) -> None:
    letter = furnish()
    letter_id, figures = letter.id, letter_figures(letter.id)
    (hash_,) = {d.edition.sha256 for d in db.session.scalars(select(Dispatch))}
    waiting = db.session.scalars(select(Mail.id).where(Mail.state == MailState.QUEUED)).all()
    back_up(tmp_path / "one.zip")
    with elsewhere(other):
        held = bring_back(tmp_path / "one.zip")
        assert held == {MailState.HELD: len(waiting), MailState.UNKNOWN: 0}
        assert not schema_is_behind()
        assert PERSON in db.session.scalars(select(Representative.name)).all()
        assert letter_figures(letter_id) == figures
        assert not differences(letter_id)
        assert verify_hash(hash_).verdict is Verdict.CURRENT
        before = verify()
        assert before.broken_at is None and before.chained > 0 and before.waiting == 1
        chain()
        assert verify().chained == before.chained + 1
        restored = db.session.get_one(Letter, letter_id)
        make_signature(restored)  # new rows get new numbers
        make_edition(restored)
        make_letter()
        assert not differences(letter_id)


def test_a_backup_shows_one_moment_of_a_site_that_goes_on(
    app: Flask, elsewhere: Elsewhere, tmp_path: Path, database_server: Any
) -> None:
    letter_id = make_letter().id
    signed, over = [make_signature(db.session.get_one(Letter, letter_id)).id], threading.Event()
    db.session.commit()

    def go_on_signing() -> None:
        with app.app_context():
            while not over.is_set():
                signed.append(make_signature(db.session.get_one(Letter, letter_id)).id)

    signing = threading.Thread(target=go_on_signing)
    signing.start()
    try:
        during = 0
        for number in range(100):
            file, before = tmp_path / f"{number}.zip", len(signed)
            made = back_up(file)
            during = len(signed) - before
            if during and before > 1:
                break
    finally:
        over.set()
        signing.join()
    assert during, "somebody signed while the backup was written"
    counts = {table.name: table.rows for table in made.tables}
    assert before <= counts["signatures"] <= before + during + 1
    assert counts["signatures"] == counts["representatives"] == counts["organisations"]
    with elsewhere("sqlite"):
        bring_back(file)
        assert letter_figures(letter_id).signatories == counts["signatures"]
        assert not differences(letter_id)


def test_what_was_about_to_leave_is_held(app: Flask, elsewhere: Elsewhere, tmp_path: Path) -> None:
    letter = make_letter(addressees=(ADDRESSEE_WITH_COPIES,))
    released = dispatching.release(make_edition(letter), COORDINATOR, at_once=True)
    db.session.commit()
    owed = [c.mail_id for c in released.consignments]
    before = (MailState.QUEUED, MailState.DEFERRED, MailState.CLAIMED, MailState.SUBMITTING)
    for mail_id, state in zip(owed, before, strict=True):
        change = update(Mail).where(Mail.id == mail_id)
        db.session.execute(change.values(state=state, claim="c" * 32, leased_until=clock.now()))
    for state in DispatchState:
        edition = make_edition(letter)
        db.session.add(Dispatch(**{**_columns(released), "edition_id": edition.id, "state": state}))
    back_up(tmp_path / "one.zip")
    with elsewhere("sqlite"):
        assert bring_back(tmp_path / "one.zip") == {MailState.HELD: 3, MailState.UNKNOWN: 1}
        left = {m.id: (m.state, m.claim, m.leased_until) for m in db.session.scalars(select(Mail))}
        assert [left[mail_id] for mail_id in owed] == [(MailState.HELD, None, None)] * 3 + [
            (MailState.UNKNOWN, None, None)
        ]
        states = db.session.scalars(select(Dispatch.state).order_by(Dispatch.id)).all()
        assert states == ["left", "held", "held", "left", "held", "cancelled"]
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None and entry.action == "backup.restored"


def _columns(row: Dispatch) -> dict[str, Any]:
    return {c.key: getattr(row, c.key) for c in Dispatch.__table__.c if c.key != "id"}


def test_reminders_that_were_due_count_as_sent(app: Flask, elsewhere: Elsewhere, tmp_path: Path) -> None:
    now = clock.now()
    letters = (make_letter(), make_letter(deadline=now + timedelta(days=30)))
    db.session.execute(
        update(Letter).where(Letter.id == letters[1].id).values(deadline=now + timedelta(hours=1))
    )
    old = [make_signature(letter, SignatureStatus.UNVERIFIED).id for letter in letters]
    db.session.execute(update(Signature).values(signed_at=now - timedelta(days=3)))
    fresh = make_signature(letters[0], SignatureStatus.UNVERIFIED).id
    confirmed = make_signature(letters[0], SignatureStatus.PENDING).id
    back_up(tmp_path / "one.zip")
    with elsewhere("sqlite"):
        bring_back(tmp_path / "one.zip")
        rows = select(Signature.id, Signature.reminded_at, Signature.last_reminded_at)
        noted = {id_: (bool(first), bool(last)) for id_, first, last in db.session.execute(rows)}
        assert [noted[id_] for id_ in (*old, fresh, confirmed)] == [
            (True, False),
            (True, True),
            (False, False),
            (False, False),
        ]


def test_a_backup_of_an_older_schema_is_brought_up_to_date(elsewhere: Elsewhere, tmp_path: Path) -> None:
    with elsewhere("sqlite"):
        flask_migrate.upgrade()
        dispatching.release(make_edition(make_letter()), COORDINATOR, at_once=True)
        db.session.commit()
        db.session.remove()
        flask_migrate.downgrade(revision="0006")
        assert back_up(tmp_path / "old.zip").revision == "0006"
    with elsewhere("postgresql"):
        flask_migrate.upgrade()  # the empty database is ahead of the backup
        assert bring_back(tmp_path / "old.zip")[MailState.HELD] == 1
        assert not schema_is_behind()
        assert db.session.scalars(select(Dispatch.state)).all() == [DispatchState.LEFT]
        assert db.session.scalars(select(Consignment)).one().mail is not None


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_with_rows_is_left_alone(elsewhere: Elsewhere, tmp_path: Path, kind: str) -> None:
    with elsewhere(kind):
        flask_migrate.upgrade()
        make_user()
        back_up(tmp_path / "one.zip")
        before = tables(back_up(tmp_path / "two.zip"))
        with pytest.raises(Conflict, match=r"holds rows already \(\w+\)"):
            bring_back(tmp_path / "one.zip")
        with (
            opened(tmp_path / "one.zip") as kept,
            pytest.raises(Conflict, match="holds rows"),
            db.engine.begin() as connection,
        ):
            backups.fill(connection, kept)
        assert tables(back_up(tmp_path / "three.zip")) == before


def test_schemas_this_code_does_not_know(elsewhere: Elsewhere, tmp_path: Path) -> None:
    write(tmp_path / "newer.zip", "9999", {}, [])
    write(tmp_path / "other.zip", "0007", {}, [Source("strangers", {"id": Kind.INTEGER}, [[1]])])
    with elsewhere("sqlite"):
        with pytest.raises(Conflict, match="no tables yet"):
            back_up(tmp_path / "none.zip")
        assert not list(tmp_path.glob("none*"))
        with pytest.raises(InvalidInput, match="schema 9999, which this code is too old to know"):
            bring_back(tmp_path / "newer.zip")
        with pytest.raises(Conflict, match="not those of the backup"):
            bring_back(tmp_path / "other.zip")
        db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        db.session.commit()
        with pytest.raises(Conflict, match="the database has schema 9999"):
            bring_back(tmp_path / "other.zip")


def test_a_column_of_a_kind_nobody_thought_of_stops_a_backup(elsewhere: Elsewhere, tmp_path: Path) -> None:
    with elsewhere("sqlite"):
        flask_migrate.upgrade()
        db.session.execute(text("CREATE TABLE shapes (id INTEGER PRIMARY KEY, outline NUMERIC)"))
        with pytest.raises(Conflict, match=r"cannot hold shapes\.outline"):
            back_up(tmp_path / "one.zip")


def test_a_row_waits_for_nothing_but_what_may_be_empty(app: Flask) -> None:
    with db.engine.connect() as connection:
        found = plain_tables(connection)
        assert {p.table.name: p.late for p in found if p.late} == {
            "letters": {"text_version_id"},
            "consignments": {"replaces_id", "shares_id"},
            "organisations": {"merged_into_id"},
            "signatures": {"superseded_by_id"},
        }
        assert all(p.table.c[name].nullable for p in found for name in p.late)
        assert connection.scalar(select(func.count()).select_from(found[0].table)) == 0
