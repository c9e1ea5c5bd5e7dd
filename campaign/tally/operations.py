"""Changing a figure: a row per change, folded into totals by the worker."""

from collections.abc import Mapping

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from campaign.core.db import db
from campaign.tally.models import Delta, Total
from campaign.tally.queries import cells
from campaign.tally.rules import Cell

FOLD_LOCK = 0x464F_4C44  # advisory lock number: "FOLD"
KEY = ("letter_id", "country_code", "scope", "visibility")


def shift(letter_id: int, where: Cell, change: int) -> None:
    """Count `change` more (or fewer) in a cell, in the caller's transaction."""
    db.session.add(
        Delta(
            letter_id=letter_id,
            country_code=where.country_code,
            scope=where.scope,
            visibility=where.visibility,
            change=change,
        )
    )


def move(letter_id: int, before: Cell | None, after: Cell | None) -> None:
    """A signature went from one cell to another; None is "not counted"."""
    if before == after:
        return
    if before is not None:
        shift(letter_id, before, -1)
    if after is not None:
        shift(letter_id, after, +1)


def fold() -> int:
    """Add pending changes to the totals.

    Returns how many. One worker at a time; on PostgreSQL one statement, on SQLite inside BEGIN IMMEDIATE;
    never a SELECT followed by a DELETE, which would lose what was written between them.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        held = db.session.execute(
            text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": FOLD_LOCK}
        ).scalar_one()
        return _fold_postgresql() if held else 0
    return _fold_sqlite()


def _fold_postgresql() -> int:
    taken = delete(Delta).returning(*(getattr(Delta, k) for k in KEY), Delta.change).cte("taken")
    sums = select(*(taken.c[k] for k in KEY), func.sum(taken.c.change)).group_by(*(taken.c[k] for k in KEY))
    upsert = postgresql.insert(Total).from_select([*KEY, "signatures"], sums)
    upsert = upsert.on_conflict_do_update(
        index_elements=list(KEY), set_={"signatures": Total.signatures + upsert.excluded.signatures}
    )
    return len(db.session.execute(upsert.returning(Total.letter_id)).all())


def _fold_sqlite() -> int:
    taken = db.session.execute(delete(Delta).returning(*(getattr(Delta, k) for k in KEY), Delta.change)).all()
    for *key, change in taken:
        upsert = sqlite.insert(Total).values(dict(zip(KEY, key, strict=True)) | {"signatures": change})
        db.session.execute(
            upsert.on_conflict_do_update(
                index_elements=list(KEY), set_={"signatures": Total.signatures + upsert.excluded.signatures}
            )
        )
    return len(taken)


def repair(letter_id: int, true: Mapping[Cell, int]) -> Mapping[Cell, tuple[int, int]]:
    """Make the figures what the list says.

    Returns each cell that differed as (figure, list). Caller holds one snapshot.
    """
    counted = cells(letter_id)
    wrong = {
        where: (counted.get(where, 0), true.get(where, 0))
        for where in counted.keys() | true.keys()
        if counted.get(where, 0) != true.get(where, 0)
    }
    for where, (figure, listed) in wrong.items():
        shift(letter_id, where, listed - figure)
    return wrong
