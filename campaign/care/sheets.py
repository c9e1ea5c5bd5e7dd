"""Sheets that wait at the desk: one in which somebody stands who was erased is given up.

Somebody stands in a cell that is, or a part of which between marks is, their organisation's name, their own
name or their address; not in any cell that has the same words in a longer name.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from sqlalchemy import func, select

from campaign.audit.operations import record
from campaign.audit.rules import Actor
from campaign.core import clock
from campaign.core.db import db
from campaign.core.errors import InvalidInput
from campaign.core.secrets import keyed_hash
from campaign.core.spreadsheets import GUESS, every_row
from campaign.core.text import fold, mailbox
from campaign.jobs.operations import owe
from campaign.sheets.queries import reading_of
from campaign.signing.models import Import, Signature
from campaign.signing.rules import ImportState

AT_ONCE = 200_000  # bytes of a file that is read while somebody waits; the worker reads a longer one
LOOK_INTO = "campaign.care.tasks.look_into_sheet"
_MARKS = re.compile(r"[,;:/|()\[\]<>\"\n\t]|\s[-–—]\s")
_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
_NO_NAME = re.compile(r"[\d@]")
LONGEST_PAIR = 120  # of two cells that may be one name
_DIGITS = 15  # of a hash: a whole number that every database's JSON holds


def give_up(signature: Signature, actor: Actor) -> int:
    """Empty the sheets of the signature's letter that hold its organisation or person; returns how many.

    In doubt, as when a sheet cannot be read, it goes: it can be brought again, without the row. A long one is
    looked into by the worker, who is told who it was by keyed hashes alone.
    """
    if signature.erased_at is not None:
        return 0  # done again to make sure: who it was, by which a sheet is known, is gone already
    marks = _marks(signature)
    kept = select(Import.id, func.length(Import.content)).where(
        Import.letter_id == signature.letter_id, Import.content.is_not(None)
    )
    gone = 0
    for sheet_id, length in db.session.execute(kept.order_by(Import.id)).all():
        if length > AT_ONCE:
            owe(LOOK_INTO, sheet_id, *sorted(marks))
        else:
            gone += look_into(db.session.get_one(Import, sheet_id), marks, actor)
    return gone


def look_into(sheet: Import, marks: Collection[int], actor: Actor) -> bool:
    """Empty a sheet in which somebody with one of these marks stands. Returns whether it was."""
    if sheet.content is None or not _holds(sheet, marks):
        return False
    if sheet.state is ImportState.UPLOADED:
        sheet.state, sheet.finished_at = ImportState.CANCELLED, clock.now()
    sheet.content = None
    record(actor, "import.given_up", "import", sheet.id, sheet.letter_id)
    return True


def brought_in(sheet_id: int, marks: Collection[int]) -> list[Signature]:
    """The sign-ons with one of these marks that a sheet brought in before it could be looked into."""
    rows = select(Signature).where(Signature.import_id == sheet_id, Signature.erased_at.is_(None))
    found = db.session.scalars(rows.order_by(Signature.id))
    return [signature for signature in found if not _marks(signature).isdisjoint(marks)]


def _marks(signature: Signature) -> set[int]:
    person = signature.representative
    names = [signature.name, signature.typed_name, signature.name_other]
    boxes = []
    if person is not None:
        names += [person.name, person.asked_by]
        boxes = [mailbox(address) for address in (person.email, person.asked_by_email) if address]
    # Somebody may stand there without what we have in brackets: an acronym, or the role of who asked.
    texts = [text for name in names if name for text in (name, _BRACKETS.sub("", name))]
    return {_mark(text) for text in (*map(fold, texts), *boxes) if text}


def _mark(text: str) -> int:
    return int(keyed_hash("erased", text)[:_DIGITS], 16)


def _holds(sheet: Import, marks: Collection[int]) -> bool:
    """Whether any reading of it, the guessed and the one chosen by a person, has somebody in it."""
    content, told = sheet.content or b"", dict[str, bool]()
    try:
        return any(
            _tells(text, marks, told)
            for reading in {GUESS, reading_of(sheet)}
            for row in every_row(content, sheet.filename, reading)
            for text in _texts(row)
        )
    except InvalidInput:
        return True


def _texts(row: Sequence[str]) -> Iterator[str]:
    """What may be a name or address: each cell, and two beside each other, as where names stand in parts."""
    yield from (cell for cell in row if cell)
    for one, other in pairwise(row):
        if one and other and len(one) + len(other) <= LONGEST_PAIR and not _NO_NAME.search(one + other):
            yield f"{one} {other}"
            yield f"{other} {one}"


def _tells(text: str, marks: Collection[int], told: dict[str, bool]) -> bool:
    if text not in told:  # a column holds few countries and many rows
        told[text] = any(_mark(one) in marks for one in _readings(text))
    return told[text]


def _readings(text: str) -> set[str]:
    boxes = {mailbox(part) for part in re.split(r"[\s<>;,()]+", text) if "@" in part}
    return {fold(text), *map(fold, _parts(text)), *boxes} - {""}


def _parts(text: str) -> list[str]:
    return [part for part in _MARKS.split(text) if part and part.strip()]
