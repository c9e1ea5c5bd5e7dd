"""Commands that keep everything and bring it back, and those a person uses to let things leave again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, update

import config
from campaign import create_app
from campaign.accounts.models import User
from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import Base, db
from campaign.dispatch import operations as dispatching
from campaign.outbox.models import Mail
from campaign.outbox.operations import decide
from campaign.outbox.rules import FOUND_ARRIVED, MailState
from campaign.signing.rules import SignatureStatus
from tests.doors.cli_kit import refusal, said
from tests.factories import COORDINATOR, make_edition, make_letter, make_signature, make_user
from tests.servers import SqliteServer

pytestmark = pytest.mark.usefixtures("app_sqlite")
Command = Callable[..., Result]
PRIVATE = ("example.org", "Sami", "Amira", "minister")
TABLES = len(Base.metadata.tables)
MINISTER = "minister@example.org"


def furnish() -> None:
    """A letter released, and a sign-on that is to be confirmed: one mail of each sort is owed."""
    letter = make_letter()
    make_signature(letter, SignatureStatus.UNVERIFIED)
    make_user()
    dispatching.release(make_edition(letter), COORDINATOR, at_once=True)
    db.session.commit()


@pytest.fixture
def file(command: Command, tmp_path: Path) -> Path:
    """A backup of that."""
    furnish()
    said(command("backup", "create", str(tmp_path / "kept.zip")))
    return tmp_path / "kept.zip"


@pytest.fixture
def new_app(sqlite: SqliteServer, environment: dict[str, str]) -> Iterator[Callable[..., Flask]]:
    """`new_app(TOKEN_KEY="…")`: an app over the same new database, which has no tables yet."""
    url, made = sqlite.create(), []

    def make(**settings: str) -> Flask:
        made.append(create_app(config.read({**environment, **settings, "DATABASE_URL": url})))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    sqlite.drop(url)


def run(app: Flask, *arguments: str) -> Result:
    """A command of that app."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=list(arguments))


def test_a_backup_is_made(command: Command, tmp_path: Path) -> None:
    furnish()
    rows = select(func.count()).select_from(AuditEntry)
    before = db.session.scalar(rows) or 0
    path = tmp_path / "kept.zip"
    result = command("backup", "create", str(path))
    lines = said(result).splitlines()
    assert lines[0] == f"tables\t{TABLES}"
    assert lines[1].startswith("rows\t")
    for name in ("CONTACT_KEYS", "INDEX_KEY", "TOKEN_KEY", "SECRET_KEY"):
        assert name in result.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["kept.zip"]
    assert db.session.scalar(rows) == before + 1
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, set(entry.details)) == ("backup.created", {"tables", "rows"})
    assert not [word for word in PRIVATE if word in result.output]


def test_no_file_is_overwritten(command: Command, file: Path) -> None:
    before = file.read_bytes()
    assert refusal(command("backup", "create", str(file))) == "kept.zip exists already"
    assert file.read_bytes() == before
    missing = str(file.parent / "missing" / "kept.zip")
    assert "No such file or directory" in refusal(command("backup", "create", missing))


def test_a_restore_says_what_came_back_and_what_to_do(file: Path, new_app: Callable[..., Flask]) -> None:
    app = new_app()
    result = run(app, "backup", "restore", str(file))
    lines = dict(line.split("\t") for line in said(result).splitlines())
    assert list(lines) == "tables rows mails_held mails_unknown dispatches_held reminders_dropped".split()
    assert (lines["tables"], lines["mails_held"], lines["mails_unknown"]) == (str(TABLES), "2", "0")
    for words in ("outbox held", "outbox resume", "outbox decide"):
        assert words in result.stderr
    assert not [word for word in PRIVATE if word in result.output]
    assert said(run(app, "audit", "verify")).startswith("chained 0, waiting ")
    assert "figures and lists agree" in run(app, "counts", "verify").stderr
    assert "holds rows already" in refusal(run(app, "backup", "restore", str(file)))


def test_files_that_cannot_be_restored(command: Command, file: Path, new_app: Callable[..., Flask]) -> None:
    app = new_app()
    file.write_bytes(file.read_bytes()[:-1])
    sentence = "this is not a backup of Undersigned, or it is damaged"
    assert refusal(run(app, "backup", "restore", str(file))) == sentence
    assert "No such file" in refusal(run(app, "backup", "restore", str(file.with_name("missing"))))
    assert "holds rows already" not in refusal(command("backup", "restore", str(file)))


def test_other_keys_are_noticed_before_anything_is_written(
    file: Path, new_app: Callable[..., Flask], environment: dict[str, str]
) -> None:
    others = new_app(
        CONTACT_KEYS="b3Ro-other-contacts-in-tests-0123456789",
        TOKEN_KEY="t9Zz-other-tokens-in-tests-0123456789",
    )
    refused = refusal(run(others, "backup", "restore", str(file)))
    assert refused == "not the keys of the backup: CONTACT_KEYS, TOKEN_KEY; set them, or say --other-keys"
    assert "INDEX_KEY;" in refusal(run(new_app(INDEX_KEY="x" * 40), "backup", "restore", str(file)))
    rotated = f"bmV3-newer-contacts-in-tests-0123456789,{environment['CONTACT_KEYS']}"
    said(run(new_app(CONTACT_KEYS=rotated), "backup", "restore", str(file)))


def test_other_keys_can_be_accepted(file: Path, new_app: Callable[..., Flask]) -> None:
    app = new_app(TOKEN_KEY="t9Zz-other-tokens-in-tests-0123456789")
    said(run(app, "backup", "restore", str(file), "--other-keys"))
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 1


def test_people_let_things_leave_again(file: Path, new_app: Callable[..., Flask]) -> None:
    app = new_app()
    said(run(app, "backup", "restore", str(file)))
    before = [line.split("\t") for line in said(run(app, "outbox", "held")).splitlines()]
    assert [kind for _, kind, _ in before] == ["confirmation", "letter"]
    assert said(run(app, "outbox", "resume")) == "resumed 1\n"
    ((mail_id, kind, address),) = [line.split("\t") for line in said(run(app, "outbox", "held")).splitlines()]
    assert (kind, address) == ("letter", MINISTER)
    assert said(run(app, "outbox", "resume")) == "resumed 0\n"
    assert said(run(app, "outbox", "decide", mail_id, "resend")) == f"{mail_id}\tresend\n"
    assert said(run(app, "outbox", "held")) == ""
    assert "queued\t2\n" in said(run(app, "outbox", "status"))
    with app.app_context():
        resumed = select(AuditEntry.details).where(AuditEntry.action == "outbox.resumed")
        assert db.session.scalars(resumed.order_by(AuditEntry.id)).all() == [{"mails": 1}, {"mails": 0}]


def test_a_held_letter_that_had_arrived_is_not_sent_again(app: Flask) -> None:
    furnish()
    letters = select(Mail).where(Mail.kind == "letter")
    mail = db.session.scalars(letters).one()
    mail.state = MailState.HELD
    decide(mail.id, True, COORDINATOR)
    assert (mail.state, mail.answer) == (MailState.CANCELLED, FOUND_ARRIVED)
    assert mail.finished_at is not None


def test_a_held_letter_still_waits_for_its_time(app: Flask) -> None:
    furnish()
    later = clock.now() + timedelta(days=3)
    db.session.execute(update(Mail).values(state=MailState.HELD, due_at=later))
    mail = db.session.scalars(select(Mail).where(Mail.kind == "letter")).one()
    decide(mail.id, False, COORDINATOR)
    assert (mail.state, mail.due_at, mail.finished_at) == (MailState.QUEUED, later, None)
