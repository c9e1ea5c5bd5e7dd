"""Backing up and restoring every table of the database, without knowing what the tables are about.

Rows are read and written by plain tables made from what the database says of itself: the schema of a backup
may be older than this code, and what is encrypted is never decrypted on the way.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import (
    Connection,
    Engine,
    Select,
    Text,
    bindparam,
    cast,
    func,
    insert,
    inspect,
    literal_column,
    select,
    update,
)
from sqlalchemy import table as named_table

from campaign.core.backup_format import Backup, Content, Kind, Manifest, Source, write
from campaign.core.errors import Conflict, InvalidInput
from campaign.core.plain_tables import VERSIONS, Plain, plain_tables
from campaign.core.secrets import key_marks

IN_MEMORY = 16_000_000  # bytes of rows held at a time, roughly: a file kept in a row may have seven million
MOST_ROWS = 1000
_LONG = (Kind.BYTES, Kind.TEXT, Kind.JSON)


def create(connection: Connection, path: Path) -> Manifest:
    """Write all rows, as the one snapshot of `connection` shows them, while others go on writing.

    Raises Conflict when the file exists or the database has no tables yet.
    """
    revision = _revision(connection)
    if revision is None:
        raise Conflict("the database has no tables yet")
    found = plain_tables(connection)
    sources = (Source(p.table.name, p.kinds, _rows(connection, p)) for p in found)
    return write(path, revision, key_marks(), sources)


def _rows(connection: Connection, plain: Plain) -> Iterator[Sequence[Any]]:
    table = plain.table
    at_once = max(1, min(MOST_ROWS, IN_MEMORY // max(1, _widest(connection, plain))))
    # Rows by their keys, texts by their bytes: what is the same has the same hash on both databases.
    bytewise = "C" if connection.dialect.name == "postgresql" else "BINARY"
    keys = (c.collate(bytewise) if plain.kinds[c.name] is Kind.TEXT else c for c in table.primary_key.columns)
    rows = select(table).order_by(*keys)
    with connection.execute(rows, execution_options={"yield_per": at_once}) as result:
        yield from result


def _widest(connection: Connection, plain: Plain) -> int:
    """How long the longest row is, as far as it matters."""
    long = (plain.table.c[name] for name, kind in plain.kinds.items() if kind in _LONG)
    lengths = [
        func.coalesce(func.length(c if plain.kinds[c.name] is not Kind.JSON else cast(c, Text)), 0)
        for c in long
    ]
    total = sum(lengths[1:], lengths[0]) if lengths else literal_column("0")
    return connection.scalar(select(func.max(total)).select_from(plain.table)) or 0


def make_ready(engine: Engine, revision: str) -> None:
    """Bring an empty database to the schema of a backup.

    Raises InvalidInput when this code does not know that schema, Conflict when the database holds rows.
    """
    known = [r.revision for r in _script().walk_revisions()][::-1]
    if revision not in known:
        raise InvalidInput(f"the backup has schema {revision}, which this code is too old to know")
    with engine.connect() as connection:
        require_empty(connection)
        current = _revision(connection)
    if current is not None and current not in known:
        raise Conflict(f"the database has schema {current}, which this code is too old to know")
    if current is None or known.index(current) < known.index(revision):
        flask_migrate.upgrade(revision=revision)
    elif current != revision:
        flask_migrate.downgrade(revision=revision)


def require_empty(connection: Connection) -> None:
    """Raises Conflict, naming the first table that holds a row."""
    for name in inspect(connection).get_table_names():
        found: Select[Any] = select(literal_column("1")).select_from(named_table(name)).limit(1)
        if name != VERSIONS and connection.scalar(found) is not None:
            raise Conflict(
                f"the database holds rows already ({name}); restore into a new one while web and workers stop"
            )


def fill(connection: Connection, backup: Backup) -> None:
    """Insert all rows of a backup into the empty tables of its schema. Raises Conflict, InvalidInput."""
    require_empty(connection)
    found, contents = plain_tables(connection), {table.name: table for table in backup.manifest.tables}
    if {p.table.name: dict(p.kinds) for p in found} != {n: dict(c.columns) for n, c in contents.items()}:
        raise Conflict("the tables of the database are not those of the backup")
    for plain in found:
        _insert(connection, plain, backup.rows(contents[plain.table.name]))
    for plain in found:
        _point(connection, plain, backup, contents[plain.table.name])
    if connection.dialect.name == "postgresql":
        _count_on(connection, found)


def _insert(connection: Connection, plain: Plain, rows: Iterable[tuple[dict[str, Any], int]]) -> None:
    empty = dict.fromkeys(plain.late)
    for batch in _batches((row | empty, size) for row, size in rows):
        connection.execute(insert(plain.table), batch)


def _point(connection: Connection, plain: Plain, backup: Backup, content: Content) -> None:
    """Fill the late columns of those rows that have any."""
    if not plain.late:
        return
    table, keys = plain.table, [c.name for c in plain.table.primary_key.columns]
    change = update(table).values({name: bindparam(f"new_{name}") for name in plain.late})
    change = change.where(*(table.c[name] == bindparam(f"of_{name}") for name in keys))
    pointing = (
        ({f"new_{n}": row[n] for n in plain.late} | {f"of_{n}": row[n] for n in keys}, size)
        for row, size in backup.rows(content)
        if any(row[n] is not None for n in plain.late)
    )
    for batch in _batches(pointing):
        connection.execute(change, batch)


def _batches(rows: Iterable[tuple[dict[str, Any], int]]) -> Iterator[list[dict[str, Any]]]:
    """The rows, as many at a time as memory is meant to hold."""
    batch: list[dict[str, Any]] = []
    held = 0
    for row, size in rows:
        if batch and (len(batch) == MOST_ROWS or held + size > IN_MEMORY):
            yield batch
            batch, held = [], 0
        batch.append(row)
        held += size
    if batch:
        yield batch


def _count_on(connection: Connection, found: Iterable[Plain]) -> None:
    """PostgreSQL numbers new rows by sequences, which do not notice numbers that were given."""
    quote = connection.dialect.identifier_preparer.quote
    for plain in found:
        for column in plain.table.primary_key.columns:
            sequence = func.pg_get_serial_sequence(quote(plain.table.name), column.name)
            highest = connection.scalar(select(func.max(column)))
            if plain.kinds[column.name] is Kind.INTEGER and highest is not None:
                connection.execute(select(func.setval(sequence, highest)))


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _script() -> ScriptDirectory:
    return ScriptDirectory(current_app.extensions["migrate"].directory)
