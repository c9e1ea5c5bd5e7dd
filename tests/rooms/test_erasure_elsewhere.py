"""Erasure beyond the rows: sheets that wait, the journal, and a restored backup that does not know of it."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from xlsxwriter import Workbook

import config
from campaign import create_app
from campaign.audit.rules import OPERATOR, SIGNATORY, WORKER
from campaign.care import journal, sheets
from campaign.care.erasure import erase, erase_mailbox
from campaign.core import clock
from campaign.core.db import db
from campaign.core.spreadsheets import write_xlsx
from campaign.editions.models import Edition
from campaign.editions.queries import verify_hash
from campaign.editions.rules import Verdict
from campaign.editions.soundness import flaws
from campaign.jobs.models import Job
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.signing.models import Import, Signature
from campaign.signing.rules import ImportState
from tests.factories import make_edition, make_letter, make_signature
from tests.rooms.care_kit import (
    ASKER_MAILBOX,
    CANARIES,
    MAILBOX,
    MARK,
    NAME,
    PERSON,
    found_in_tables,
    make_canary,
)

Command = Callable[..., Result]
HEAD, PLAIN = ("Organisation", "Mail"), ("Lantern Keepers", "keepers@example.org")


def xlsx(*rows: tuple[str, str]) -> bytes:
    """A workbook."""
    stream = io.BytesIO()
    write_xlsx(stream, HEAD, rows)
    return stream.getvalue()


def two_sheets(*hidden: str) -> bytes:
    """A workbook whose first sheet is a table, and whose second holds these cells above and beside one."""
    stream = io.BytesIO()
    with Workbook(stream) as book:
        book.add_worksheet("Sign-ons").write_column(0, 0, ["Organisation", *PLAIN])
        page = book.add_worksheet("Notes")
        page.hide()
        page.write_row(3, 5, hidden)
    return stream.getvalue()


def csv(*rows: tuple[str, str]) -> bytes:
    """A comma-separated file."""
    return "\n".join(",".join(row) for row in (HEAD, *rows)).encode()


def brought(letter: Letter, content: bytes, state: ImportState = ImportState.UPLOADED) -> Import:
    """A sheet that waits at the desk."""
    sheet = Import(
        letter_id=letter.id,
        filename="sheet",
        sha256="a" * 64,
        content=content,
        mapping={},
        settings={},
        report={},
        state=state,
        created_at=clock.now(),
    )
    db.session.add(sheet)
    db.session.commit()
    return sheet


@pytest.mark.parametrize(
    ("content", "goes"),
    [
        (csv(PLAIN), False),
        (xlsx(PLAIN), False),
        (csv(PLAIN, (f" {NAME.upper()}! ", "")), True),
        (csv(PLAIN, (f"Friends of {NAME}", f"Mx {PERSON} Junior"), ("x", f"no{MAILBOX}")), False),
        (csv(PLAIN, (f'"{NAME}, Riffa"', "")), True),
        (csv(PLAIN, tuple(PERSON.rsplit(" ", 1))), True),
        (two_sheets(f"{MAILBOX}; keepers@example.org"), True),
        (two_sheets("keepers@example.org"), False),
        (xlsx(PLAIN, ("QLC", MAILBOX.replace("@", "+letters@"))), True),
        (xlsx(PLAIN, (f"{PERSON} (Director)", "")), True),
        (b"\x00\x01 no sheet", True),
    ],
    ids=[
        "csv",
        "xlsx",
        "name",
        "longer names",
        "part of a cell",
        "two cells",
        "another sheet",
        "two sheets of others",
        "mailbox",
        "person",
        "unreadable",
    ],
)
def test_a_waiting_sheet_that_holds_them_is_given_up(app: Flask, content: bytes, goes: bool) -> None:
    letter = make_letter()
    signature = make_canary(letter)
    sheet, elsewhere = brought(letter, content), brought(make_letter(), content)
    erase(signature, SIGNATORY)
    db.session.commit()
    db.session.refresh(sheet)
    assert (sheet.content is None, sheet.state is ImportState.CANCELLED) == (goes, goes)
    assert elsewhere.content == content


def test_a_long_sheet_is_looked_into_by_the_worker_who_is_told_no_name(
    app: Flask, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "AT_ONCE", 10)
    letter = make_letter()
    signature = make_canary(letter)
    holding, other = brought(letter, csv(PLAIN, (NAME, ""))), brought(letter, csv(PLAIN))
    late = make_signature(letter, organisation=NAME + " (late)")
    late.import_id = holding.id  # brought in after the erasure, before the worker came to it
    erase(signature, SIGNATORY)
    db.session.commit()
    assert holding.content is not None
    owed = db.session.scalars(select(Job).where(Job.name == sheets.LOOK_INTO)).all()
    assert all(isinstance(argument, int) for job in owed for argument in job.arguments)
    work()
    db.session.expire_all()
    assert (holding.content, holding.state) == (None, ImportState.CANCELLED)
    assert (other.content is not None, other.state) == (True, ImportState.UPLOADED)
    assert late.erased_at is not None


def test_a_sheet_is_read_as_a_person_said_too(app: Flask) -> None:
    letter = make_letter()
    signature = make_canary(letter)
    sheet = brought(letter, f"No~Organisation\n1~{NAME}".encode())
    assert sheets.give_up(signature, SIGNATORY) == 0
    sheet.settings = {"delimiter": "~"}
    assert sheets.give_up(signature, SIGNATORY) == 1


def test_a_sheet_is_not_given_up_for_the_mark_of_an_erased_one(app: Flask) -> None:
    """Erasing again makes sure of editions; by then nobody knows any more what a sheet would have to hold."""
    letter = make_letter()
    signature = make_canary(letter)
    erase(signature, SIGNATORY)
    sheet = brought(letter, csv(PLAIN, ("Friends of what was [erased]", "")))
    erase(signature, WORKER)
    db.session.commit()
    assert sheet.content is not None


def test_the_journal_names_nobody_and_is_written_after_the_commit(
    app: Flask, work: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    signature, other = make_canary(make_letter()), make_canary(make_letter(), organisation="A Quokka Club")
    with caplog.at_level(logging.INFO, "campaign.care.journal"):
        erase(signature, SIGNATORY)
        erase_mailbox(ASKER_MAILBOX, OPERATOR)
        assert caplog.messages == []
        work()
    lines = [line for line in caplog.messages if line.startswith("erasure")]
    assert [line.split()[1:3] for line in lines] == [
        ["signature", str(signature.id)],
        ["asker", str(other.id)],
    ]
    assert MARK not in " ".join(caplog.messages).casefold()


def test_a_replay_erases_again_and_only_the_same_rows(app: Flask) -> None:
    first, second, stranger = (make_canary(make_letter(), organisation=f"Quokka {n}") for n in range(3))
    marks = [
        f'{{"message": "erasure signature {s.id} {journal._mark(s, journal.WHOLE)}"}}'
        for s in (first, second)
    ]
    asked = f"x erasure asker {stranger.id} {journal._mark(stranger, journal.ASKER)} x"
    erase(second, SIGNATORY)
    db.session.commit()
    forged = f"erasure signature {stranger.id} {'x' * 43}"
    gone = f"erasure signature 999999 {'x' * 43}"
    done = journal.replay([*marks, *marks, asked, forged, gone, "nothing of that"], OPERATOR)
    db.session.commit()
    assert (done.again, done.already, done.missing) == (2, 1, 2)
    assert first.erased_at is not None and stranger.erased_at is None
    person = stranger.representative
    assert person is not None and (person.email, person.asked_by_index) == (MAILBOX, None)
    assert journal.replay([*marks, asked], OPERATOR).already == 3


def test_a_restored_backup_keeps_redactions_and_has_later_erasures_done_again(
    app: Flask,
    command: Command,
    tmp_path: Path,
    work: Callable[[], int],
    caplog: pytest.LogCaptureFixture,
    bare_database_url: str,
    environment: dict[str, str],
) -> None:
    letter = make_letter()
    early = make_canary(letter, organisation="Quokka Early", visibility=Visibility.PUBLIC)
    late = make_canary(letter, organisation="Quokka Late", visibility=Visibility.PUBLIC)
    make_signature(letter)
    edition = make_edition(letter)
    hash_, late_id = edition.sha256, late.id
    erase(early, SIGNATORY)
    db.session.commit()
    file = str(tmp_path / "kept.zip")
    assert command("backup", "create", file).exit_code == 0
    with caplog.at_level(logging.INFO, "campaign.care.journal"):
        erase(late, SIGNATORY)
        work()
    logged = "\n".join(caplog.messages)
    restored = create_app(config.read({**environment, "DATABASE_URL": bare_database_url}))
    runner = restored.test_cli_runner()
    with restored.app_context():
        assert runner.invoke(args=["backup", "restore", file]).exit_code == 0
        assert found_in_tables(["Quokka Early"]) == []
        assert found_in_tables(["Quokka Late"]) != []
        assert verify_hash(hash_).verdict is Verdict.REDACTED
        told = runner.invoke(args=["care", "replay"], input=logged)
        assert told.stdout == "erased again 1, erased already 1, not here 0\n"
    with restored.app_context():
        assert found_in_tables([*CANARIES, MARK]) == []
        kept = db.session.query(Edition).one()
        assert (kept.sha256, flaws(kept)) == (hash_, [])
        assert db.session.get_one(Signature, late_id).erased_at is not None
        db.session.remove()
        db.engine.dispose()
