"""Sheets of a letter as they are kept, and how each is read; nothing is changed here."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from campaign.audit.rules import WORKER, Actor, ActorKind
from campaign.core.db import db
from campaign.core.errors import Conflict, NotFound
from campaign.core.spreadsheets import Reading, Table, read
from campaign.core.text import clean, fold
from campaign.letters.rules import Visibility
from campaign.sheets.lines import Arrival, Choices
from campaign.signing.models import Import

SAMPLES = 50  # lines by which columns are guessed


def sheet(letter_id: int, import_id: int, lock: bool = False) -> Import:
    """A sheet of this letter, locked and read anew if asked. Raises NotFound."""
    rows = select(Import).where(Import.id == import_id, Import.letter_id == letter_id)
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(rows)
    if found is None:
        raise NotFound("there is no such sheet on this letter")
    return found


def sheets(letter_id: int) -> Sequence[Import]:
    """All sheets of a letter, newest first."""
    return db.session.scalars(
        select(Import).where(Import.letter_id == letter_id).order_by(Import.id.desc())
    ).all()


def table_of(sheet: Import) -> Table:
    """The sheet as it is read now. Raises Conflict when its file is no longer kept, InvalidInput."""
    return read(require_kept(sheet), sheet.filename, reading_of(sheet))


def require_kept(sheet: Import) -> bytes:
    """What the file holds. Raises Conflict when it is no longer kept."""
    if sheet.content is None:
        raise Conflict("the file is no longer kept")
    return sheet.content


def reading_of(sheet: Import) -> Reading:
    """How it is read."""
    kept = sheet.settings
    heading = int(kept["heading"]) if kept.get("heading") else None
    return Reading(kept.get("encoding"), kept.get("delimiter"), kept.get("sheet"), heading)


def choices_of(sheet: Import, table: Table) -> Choices:
    """What was decided about it. A country was chosen for the text that stands in a line."""
    kept, column = sheet.settings, sheet.mapping.get("country")
    chosen = {int(key[8:]): code for key, code in kept.items() if key.startswith("country@")}
    texts = {line.number: line.cells.get(column or "", "") for line in table.lines()} if chosen else {}
    return Choices(
        Visibility(kept["visibility"]) if kept.get("visibility") else None,
        Arrival(kept.get("arrival", Arrival.DESK)),
        frozenset(map(int, kept.get("left_out", "").split())),
        {fold(clean(texts.get(number, ""))): code for number, code in chosen.items()},
    )


def chosen_countries(sheet: Import) -> Mapping[int, str]:
    """The codes that were chosen, by the line in which their text stands first."""
    return {int(k[8:]): code for k, code in sheet.settings.items() if k.startswith("country@")}


def samples(table: Table) -> dict[str, list[str]]:
    """The first cells of each column."""
    found: dict[str, list[str]] = {heading: [] for heading in table.headings}
    for number, line in enumerate(table.lines()):
        if number == SAMPLES:
            break
        for heading, cell in line.cells.items():
            found[heading].append(cell)
    return found


def starter(sheet: Import) -> Actor:
    """Who pressed the button for what the worker does now."""
    known = sheet.settings.get("started_by", "")
    return Actor(ActorKind.USER, int(known)) if known else WORKER
