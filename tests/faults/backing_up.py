"""A site of any size backed up, lost and restored: how long it takes, and what leaves afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, func, insert, select, text

from campaign.core.db import prepare
from campaign.core.plain_tables import plain_tables
from tests.journeys.letter import ENTERED, IMPORTED, OPENED, SLUG
from tests.journeys.stage import Stage

RELEASED = ("dispatch", "release", SLUG, "--edition", "1", "--now", "--reason", "a test of restores")
COPIED = ("organisations", "signatures", "representatives")


@dataclass(frozen=True)
class Figure:
    """What one run showed: rows brought back, seconds for each half, mails that left by themselves."""

    rows: int
    backed_up: float
    restored: float
    mails: int


def back_up_and_restore(make_stage: Callable[..., Stage], source: str, target: str, rows: int) -> Figure:
    """A site with that many rows and a release under way, backed up, and restored where there was nothing.

    `make_stage` is the fixture; `source` and `target` are `sqlite` or `postgresql`.
    """
    old = busy_stage(make_stage, source, rows)
    file = old.folder / "kept.zip"
    started = time.monotonic()
    old.prepare(("backup", "create", str(file)))
    backed_up = time.monotonic() - started
    new = make_stage(target)
    started = time.monotonic()
    brought = restore(new, file)
    restored = time.monotonic() - started
    new.let_time_pass()
    new.burst()
    new.prepare(("counts", "verify"), ("audit", "verify"))
    return Figure(brought["rows"], backed_up, restored, len(new.post.mails))


def busy_stage(make_stage: Callable[..., Stage], kind: str, rows: int) -> Stage:
    """A stage with at least that many rows, a letter released and nothing sent yet."""
    stage = make_stage(kind)
    sheet = stage.folder / "sheet.csv"
    sheet.write_text("organisation,country,email\nFerns,Peru,ferns@example.org\n")
    stage.prepare(
        ENTERED,
        IMPORTED,
        OPENED,
        ("signatures", "import", SLUG, str(sheet), "--accepted"),
        ("editions", "compile", SLUG, "--wait"),
        RELEASED,
    )
    multiply(stage.environment["DATABASE_URL"], rows)
    return stage


def restore(stage: Stage, file: Path) -> dict[str, int]:
    """Run the command; the numbers it prints."""
    said = stage.prepare(("backup", "restore", str(file))).splitlines()
    return {name: int(number) for name, _, number in (line.partition("\t") for line in said)}


def multiply(url: str, rows: int) -> None:
    """Copy the one sign-on there is until its tables hold that many rows, and count the copies."""
    engine = create_engine(url, poolclass=NullPool)
    prepare(engine)
    copies = max(0, -(-rows // len(COPIED)))
    with engine.begin() as connection:
        for name in COPIED:
            _copy(connection, name, copies)
        connection.execute(
            text("UPDATE tally_totals SET signatures = signatures + :copies"), {"copies": copies}
        )
        connection.execute(
            text(
                "INSERT INTO tally_deltas (letter_id, country_code, scope, visibility, change) "
                "SELECT letter_id, country_code, scope, visibility, :copies FROM signatures WHERE id = 1 "
                "AND NOT EXISTS (SELECT 1 FROM tally_totals)"
            ),
            {"copies": copies},
        )


def _copy(connection: Connection, name: str, copies: int) -> None:
    table = next(p.table for p in plain_tables(connection) if p.table.name == name)
    row = dict(connection.execute(select(table)).mappings().one())
    ids = range(row["id"] + 1, row["id"] + 1 + copies)
    pointing = {c for c in ("organisation_id", "signature_id") if c in row}
    named = {"name", "row_key"} & row.keys() if name != "representatives" else set()
    for start in range(0, copies, 1000):
        connection.execute(
            insert(table),
            [
                row
                | {"id": n}
                | dict.fromkeys(pointing, n)
                | {c: f"{row[c]} {n}" for c in named}
                | ({"form_nonce": None} if "form_nonce" in row else {})
                for n in ids[start : start + 1000]
            ],
        )
    if connection.dialect.name == "postgresql" and copies:
        connection.execute(select(func.setval(func.pg_get_serial_sequence(name, "id"), ids[-1])))
