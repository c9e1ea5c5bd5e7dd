"""A restore is a dispatch event: nothing leaves by itself; and one that is killed leaves nothing half."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import func, select, text, update

from campaign.accounts.models import User
from campaign.letters.models import Letter
from campaign.outbox.models import Mail
from campaign.outbox.rules import MailState
from campaign.signing.models import Signature
from tests.conftest import KINDS
from tests.faults.backing_up import back_up_and_restore, busy_stage, restore
from tests.journeys.letter import COORDINATOR
from tests.journeys.stage import Stage, until

MakeStage = Callable[..., Stage]
RECIPIENTS = 4  # mailboxes of the journeys' letter


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_leaves_after_a_restore_until_a_person_has_looked(make_stage: MakeStage, kind: str) -> None:
    old = busy_stage(make_stage, kind, rows=0)
    owed = old.sql(text("SELECT id, kind FROM mails ORDER BY id"))
    letters = [id_ for id_, kind in owed if kind == "letter"]
    assert len(letters) == RECIPIENTS
    old.sql(update(Mail).where(Mail.id == letters[0]).values(state=MailState.SUBMITTING))
    file = old.folder / "kept.zip"
    old.prepare(("backup", "create", str(file)))
    new = make_stage(kind)
    said = restore(new, file)
    assert (said["mails_held"], said["mails_unknown"]) == (len(owed) - 1, 1)
    new.let_time_pass()
    new.burst()
    assert new.post.mails == []
    others = len(owed) - RECIPIENTS
    assert others > 0
    assert new.prepare(("outbox", "resume")) == f"resumed {others}\n"
    new.work()
    assert [mail.rcpt_tos for mail in new.post.mails] == [[COORDINATOR]] * others
    decide = ("outbox", "decide")
    new.prepare((*decide, str(letters[1]), "resend"), (*decide, str(letters[2]), "arrived"))
    new.work()
    assert len(new.post.mails) == others + 1
    states = dict(new.sql(text("SELECT id, state FROM mails")))
    assert [states[id_] for id_ in letters] == ["unknown", "accepted", "cancelled", "held"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_restore_killed_while_it_writes_leaves_nothing_and_can_be_done_again(
    make_stage: MakeStage, kind: str
) -> None:
    old = busy_stage(make_stage, "sqlite", rows=30_000)
    file = old.folder / "kept.zip"
    old.prepare(("backup", "create", str(file)))
    new = make_stage(kind)
    new.prepare()
    process = new.start_flask("backup", "restore", str(file))
    assert until(lambda: is_writing(new.environment["DATABASE_URL"]))
    assert process.poll() is None, "it was done before it could be killed"
    new.kill(process)
    for model in (Letter, Mail, Signature, User):
        assert new.sql(select(func.count()).select_from(model)) == [(0,)]
    new.burst()
    assert new.post.mails == []
    new.sql(text("DELETE FROM jobs"))  # the worker's own
    said = restore(new, file)
    assert said["rows"] > 30_000
    new.prepare(("counts", "verify"))
    new.burst()
    assert new.post.mails == []


def is_writing(url: str) -> bool:
    """Whether somebody holds what writers of that database hold."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()
        return False
    busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'INSERT%'"
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(busy).fetchone()
    return bool(found and found[0])


@pytest.mark.parametrize(("source", "target"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_a_site_moves_to_the_other_database(make_stage: MakeStage, source: str, target: str) -> None:
    figure = back_up_and_restore(make_stage, source, target, rows=3_000)
    assert figure.rows > 3_000
    assert figure.mails == 0
