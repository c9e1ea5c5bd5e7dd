"""Changing the key of contacts: whatever is encrypted is encrypted anew under the first of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.fernet import InvalidToken
from sqlalchemy import Column, LargeBinary, Table, literal, select, type_coerce, update

from campaign.core.db import Base, db
from campaign.core.secrets import ENCRYPTED, rotated

SLICE = 200


@dataclass(slots=True)
class Tally:
    """Of one column: how many values were under an older key, and how many no key opens."""

    column: str
    old: int = 0
    lost: int = 0


def encrypted_columns() -> list[Column[bytes]]:
    """Every column that is stored encrypted, as the tables themselves say it."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, ENCRYPTED)
    ]


def rotate(column: Column[bytes], after_slice: Callable[[], None]) -> Tally:
    """Bring a column under the first key; `after_slice` commits.

    What is under it already is passed over, so that it can be stopped at any time and begun again.
    """
    told = Tally(str(column))
    for rows in _slices(column):
        for row_id, stored in rows:
            if (anew := _again(stored, told)) is not None:
                _replace(column, row_id, stored, anew)
        after_slice()
    return told


def check(column: Column[bytes]) -> Tally:
    """How many of a column still need an older key; changes nothing."""
    told = Tally(str(column))
    for rows in _slices(column):
        for _row_id, stored in rows:
            _again(stored, told)
    return told


def _again(stored: bytes, told: Tally) -> bytes | None:
    try:
        anew = rotated(stored)
    except InvalidToken:
        told.lost += 1
        return None
    told.old += anew is not None
    return anew


def _slices(column: Column[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    table, raw, last = column.table, type_coerce(column, LargeBinary), 0
    assert isinstance(table, Table)  # noqa: S101  # nosec B101 -- for the type checker
    while True:
        rows = select(table.c.id, raw).where(table.c.id > last, column.is_not(None)).order_by(table.c.id)
        found = [(row[0], bytes(row[1])) for row in db.session.execute(rows.limit(SLICE))]
        if not found:
            return
        last = found[-1][0]
        yield found


def _replace(column: Column[bytes], row_id: int, stored: bytes, anew: bytes) -> None:
    """Unless somebody wrote there meanwhile: theirs is under the first key anyway."""
    table = column.table
    assert isinstance(table, Table)  # noqa: S101  # nosec B101 -- for the type checker
    same = type_coerce(column, LargeBinary) == literal(stored, LargeBinary)
    db.session.execute(
        update(table).where(table.c.id == row_id, same).values({column: literal(anew, LargeBinary)})
    )
