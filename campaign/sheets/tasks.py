"""The worker's part in long sheets: looked through, brought in, taken back."""

from functools import partial

from sqlalchemy.orm import Session

from campaign.core.db import Mode, db, transactions
from campaign.core.errors import RoomError
from campaign.core.memory import uncollected
from campaign.core.sentences import packed
from campaign.letters.models import Letter
from campaign.sheets import operations, queries, taking_back
from campaign.sheets.report import report_of
from campaign.signing.models import Import
from campaign.signing.rules import ImportState


@uncollected()
def look_through(import_id: int) -> None:
    """Find out what would become of each line of a long sheet, and say meanwhile how far that got."""
    with transactions(Mode.READ):
        sheet = db.session.get(Import, import_id)
        if sheet is None or sheet.state is not ImportState.UPLOADED:
            db.session.rollback()
            return
        seen = dict(sheet.settings), dict(sheet.mapping)
        report = _looked(sheet)
        db.session.rollback()
    sheet = db.session.get_one(Import, import_id, with_for_update=True, populate_existing=True)
    # Where a person has chosen something else meanwhile, another look is owed already.
    if sheet.state is ImportState.UPLOADED and (sheet.settings, sheet.mapping) == seen:
        sheet.report = report
    db.session.commit()


def _looked(sheet: Import) -> dict[str, object]:
    letter = db.session.get_one(Letter, sheet.letter_id)
    try:
        found = operations.judged(sheet, letter, told=partial(_progress, sheet.id))
        return report_of(found, operations.seen_with(sheet, letter))
    except RoomError as fault:
        return {"lines": sheet.report.get("lines", 0), "fault": packed(fault.message)}


@uncollected()
def bring_in(import_id: int) -> None:
    """Bring in the rows of a long sheet: all in one commit, so that a worker that stops leaves none."""
    try:
        with transactions(Mode.READ):
            sheet = db.session.get(Import, import_id)
            if sheet is None or sheet.state is not ImportState.RUNNING:
                db.session.rollback()
                return
            letter = db.session.get_one(Letter, sheet.letter_id)
            lines = operations.judged(sheet, letter, told=partial(_progress, import_id))
            db.session.rollback()
        _progress(import_id, len(lines), len(lines))
        sheet = db.session.get_one(Import, import_id, with_for_update=True, populate_existing=True)
        if sheet.state is ImportState.RUNNING:
            queries.require_kept(sheet)  # somebody in it may have been erased since the lines were read
            letter = db.session.get_one(Letter, sheet.letter_id)
            operations.bring_in(sheet, letter, lines, queries.starter(sheet))
        db.session.commit()
    except RoomError as fault:
        db.session.rollback()
        operations.fail(db.session.get_one(Import, import_id), fault.message)
        db.session.commit()


def take_back(import_id: int) -> None:
    """Take back all rows of a long sheet, in one commit."""
    sheet = db.session.get_one(Import, import_id, with_for_update=True)
    if sheet.state is ImportState.RUNNING:
        taking_back.take_back(sheet, queries.starter(sheet))
    db.session.commit()


def _progress(import_id: int, done: int, of: int) -> None:
    """Said on a connection of its own, beside the transaction that reads."""
    with transactions(Mode.WRITE), Session(db.engine) as aside:
        sheet = aside.get(Import, import_id)
        if sheet is not None:
            sheet.report = {**sheet.report, "progress": [done, of]}
        aside.commit()
