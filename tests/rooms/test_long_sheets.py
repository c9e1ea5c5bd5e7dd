"""Long sheets in the worker's hands: looked through, brought in and taken back in one commit each, or not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

import config
from campaign.audit.models import AuditEntry
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import Conflict, InvalidInput
from campaign.letters.models import Letter
from campaign.letters.rules import Visibility
from campaign.sheets import operations, queries, rehearsing, taking_back, tasks
from campaign.sheets.lines import Arrival, Choices
from campaign.sheets.operations import Decided
from campaign.signing import confirming
from campaign.signing.models import Import, Signature
from campaign.signing.rules import ImportState, SignatureStatus
from campaign.tally.queries import letter_figures
from tests.factories import COORDINATOR, confirmation_of, make_letter, make_signature

HILLS = "Amber Birch Cedar Dune Elder Fern Gorse Heath Iris Juniper Kelp Linden".split()
KINDS = ("Choir", "Readers", "Rowers", "Gardeners", "Weavers")
LINES = [f"{hill} {kind}" for hill in HILLS for kind in KINDS]
SHEET = "Organisation,Country,Email\n" + "".join(
    f"{name},Kenya,{number}@example.org\n" for number, name in enumerate(LINES)
)


@pytest.fixture(autouse=True)
def long_from_the_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that sixty lines are a long sheet, written in three parts."""
    monkeypatch.setattr(operations, "AT_ONCE", 10)
    monkeypatch.setattr(taking_back, "AT_ONCE", 10)
    monkeypatch.setattr("campaign.sheets.writing.AT_ONCE", 25)
    monkeypatch.setattr("campaign.sheets.screening.TELL_AFTER", 10)


def kept(letter: Letter, content: str = SHEET) -> Import:
    sheet = operations.keep(letter, "C:\\sheets\\answers.csv", content.encode(), COORDINATOR)
    db.session.commit()
    return sheet


def decided(sheet: Import, **changes: Any) -> Decided:
    """What the page says when only the basis was typed."""
    choices = Choices(Visibility.PUBLIC, changes.pop("arrival", Arrival.COUNT), **changes)
    return Decided(queries.reading_of(sheet), sheet.mapping, choices, {}, "they answered our form")


def started(letter: Letter, work: Callable[[], int], arrival: Arrival = Arrival.COUNT) -> int:
    """The id of a sheet that was looked through, and whose button was pressed."""
    sheet = kept(letter)
    number = sheet.id
    work()
    sheet = db.session.get_one(Import, number)
    operations.decide(sheet, decided(sheet, arrival=arrival))
    assert operations.start(sheet, db.session.get_one(Letter, letter.id), COORDINATOR) is None
    db.session.commit()
    return number


def there() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Signature)) or 0


def test_the_worker_looks_brings_in_and_takes_back(app: Flask, work: Callable[[], int]) -> None:
    letter = make_letter()
    make_signature(letter, organisation="Amber Choir", country_code="KE")
    sheet = kept(letter)
    assert sheet.report == {"lines": 60, "progress": [0, 60]}
    with pytest.raises(Conflict, match="still being looked through"):
        operations.decide(sheet, decided(sheet))
        operations.start(sheet, letter, COORDINATOR)
    db.session.rollback()
    number = started(letter, work)
    assert db.session.get_one(Import, number).state is ImportState.RUNNING
    work()
    done = db.session.get_one(Import, number)
    assert (done.state, done.content, done.basis) == (ImportState.DONE, None, "they answered our form")
    assert done.report["done"] == {
        "new": 59,
        "counted": 59,
        "asked": 0,
        "at_desk": 0,
        "already_there": 1,
        "no_country": 0,
        "alike": 0,
        "left_out": 0,
    }
    assert letter_figures(letter.id).by_country == {"KE": 60}
    acts = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "signatures.imported")).all()
    assert [(a.actor_id, a.details) for a in acts] == [(1, {"new": 59, "skipped": 1, "sheet": number})]
    assert not taking_back.start_taking_back(done, None, COORDINATOR)
    work()
    assert letter_figures(letter.id).by_country == {"KE": 1}
    gone = db.session.get_one(Import, number)
    assert (gone.state, gone.report["taken_back"]) == (ImportState.CANCELLED, 59)


def test_it_says_how_far_it_is_without_touching_what_it_reads(
    app: Flask, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[int, int]] = []
    plain = tasks._progress
    monkeypatch.setattr(
        tasks, "_progress", lambda number, done, of: (said.append((done, of)), plain(number, done, of))
    )
    number = started(make_letter(), work)
    assert said == [(0, 60), (10, 60), (20, 60), (30, 60), (40, 60), (50, 60)]
    assert db.session.get_one(Import, number).report["progress"] == [0, 60]


def test_who_is_erased_while_the_lines_are_read_is_not_brought_in(
    app: Flask, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Erasing empties the sheets that wait; what was read of them before is not written any more."""
    letter = make_letter()
    number = started(letter, work)
    plain = tasks._progress

    def meanwhile(import_id: int, done: int, of: int) -> None:
        plain(import_id, done, of)
        if done == of:
            db.session.get_one(Import, import_id).content = None
            db.session.commit()

    monkeypatch.setattr(tasks, "_progress", meanwhile)
    work()
    assert there() == 0
    sheet = db.session.get_one(Import, number)
    assert (sheet.state, sheet.report["fault"]) == (ImportState.CANCELLED, "the file is no longer kept")


def test_a_worker_that_is_killed_leaves_nothing_and_the_next_one_brings_all_in(
    app: Flask, work: Callable[[], int], environment: dict[str, str], database_url: str
) -> None:
    letter = make_letter()
    number = started(letter, work)
    program = (
        "import os, signal, sys; import config; from campaign import create_app\n"
        "from campaign.sheets import tasks, writing\n"
        "writing.AT_ONCE, plain, calls = 25, writing._enter, []\n"
        "def enter(*arguments):\n"
        "    calls.append(plain(*arguments))\n"
        "    if len(calls) == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return calls[-1]\n"
        "writing._enter = enter\n"
        "with create_app(config.read(dict(os.environ))).app_context():\n"
        "    tasks.bring_in(int(sys.argv[1]))\n"
    )
    db.session.rollback()
    settings = {**environment, "DATABASE_URL": database_url, "PATH": os.environ.get("PATH", "")}
    ended = subprocess.run(
        [sys.executable, "-c", program, str(number)], cwd=config.ROOT, env=settings, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert there() == 0
    assert db.session.get_one(Import, number).state is ImportState.RUNNING
    work()
    assert there() == 60
    tasks.bring_in(number)
    assert there() == 60
    assert letter_figures(letter.id).signatories == 60


def test_what_was_screened_is_not_screened_again_while_nothing_changed(
    app: Flask, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, screened = make_letter(), []
    plain = rehearsing.screened
    monkeypatch.setattr(rehearsing, "screened", lambda *a: (screened.append(len(a[1])), plain(*a))[1])
    number = started(letter, work)
    assert screened == [60]
    work()
    assert screened == [60]
    assert db.session.get_one(Import, number).state is ImportState.DONE
    more = "Organisation\n" + "".join(f"{kind} {hill} of the coast\n" for hill in HILLS for kind in KINDS)
    other = kept(make_letter(), more).id
    work()
    make_signature(letter, organisation="Sedge Choir of the coast", country_code="KE")
    sheet = db.session.get_one(Import, other)
    operations.decide(sheet, decided(sheet))
    operations.start(sheet, db.session.get_one(Letter, sheet.letter_id), COORDINATOR)
    db.session.commit()
    work()
    assert screened == [60, 60, 60]


def test_what_cannot_be_brought_in_waits_at_the_desk_again(
    app: Flask, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = started(make_letter(), work)

    def refuse(*arguments: object) -> None:
        raise InvalidInput("a line has become bad")

    monkeypatch.setattr(operations, "write", refuse)
    work()
    sheet = db.session.get_one(Import, number)
    assert (sheet.state, sheet.report) == (
        ImportState.UPLOADED,
        {"lines": 60, "fault": "a line has become bad"},
    )
    assert operations.differs(sheet, decided(sheet))
    sheet.state, sheet.content = ImportState.RUNNING, None
    db.session.commit()
    tasks.bring_in(number)
    assert db.session.get_one(Import, number).state is ImportState.CANCELLED


def test_what_was_chosen_meanwhile_is_not_overwritten(app: Flask, work: Callable[[], int]) -> None:
    letter = make_letter()
    sheet = kept(letter)
    stale = dict(sheet.mapping)
    operations.choose(
        sheet, letter, Decided(queries.reading_of(sheet), {"organisation": "Email"}, Choices(), {}, "")
    )
    db.session.commit()
    work()
    found = db.session.get_one(Import, sheet.id)
    assert (found.mapping, stale != found.mapping) == ({"organisation": "Email"}, True)
    counts: Any = found.report["counts"]
    assert sum(counts[fate] for fate in ("new", "duplicate", "look_alike")) == 60
    operations.give_up(found, COORDINATOR)
    db.session.commit()
    tasks.look_through(found.id)
    assert "counts" not in db.session.get_one(Import, found.id).report


def test_one_mail_for_each_address_asks_to_confirm_and_confirmed_ones_stay(
    app: Flask, work: Callable[[], int]
) -> None:
    letter = make_letter()
    sheet = kept(letter, SHEET.replace("1@example.org", "0@example.org"))
    number = sheet.id
    work()
    sheet = db.session.get_one(Import, number)
    operations.decide(sheet, decided(sheet, arrival=Arrival.ASK))
    operations.start(sheet, db.session.get_one(Letter, letter.id), COORDINATOR)
    db.session.commit()
    tasks.bring_in(number)
    found = db.session.scalars(select(Signature).order_by(Signature.id)).all()
    assert {s.status for s in found} == {SignatureStatus.UNVERIFIED}
    confirming.verify(confirmation_of(found[5]))
    db.session.commit()
    sheet = db.session.get_one(Import, number)
    assert taking_back.take_back(sheet, COORDINATOR) == 59
    db.session.commit()
    assert found[5].status is SignatureStatus.PENDING
    assert {s.status for s in found if s is not found[5]} == {SignatureStatus.EXPIRED}


def test_a_frozen_list_keeps_its_sheet(app: Flask) -> None:
    sheet = Import(finished_at=clock.now(), state=ImportState.DONE)
    assert not taking_back.named_since(sheet, None)
    assert taking_back.named_since(sheet, clock.now())
    with pytest.raises(Conflict, match="an edition was frozen since"):
        taking_back.start_taking_back(sheet, clock.now(), COORDINATOR)
