"""The database: one declarative base, aware times, and transactions that always say BEGIN."""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from typing import Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Dialect, Engine, Enum, MetaData, event, func, select
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC on every database (SQLite itself forgets the zone). A naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive time must not reach the database")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return (
            None
            if value is None
            else (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))
        )


def stored_enum(kind: type[enum.Enum], name: str) -> Enum:
    """A StrEnum kept as its text with a CHECK of that name, on every database alike."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=name,
        values_callable=lambda k: [m.value for m in k],
    )


class Base(DeclarativeBase):
    """Parent of all models: named constraints, so that SQLite's batch migrations can drop them."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime()}


db = SQLAlchemy(metadata=Base.metadata)


def reserve(model: type[Base], count: int) -> list[int]:
    """Ids for that many new rows of a table, which are to be added before any other row is.

    Rows that bring their ids go in without asking the database for them, which is most of the time for many.
    """
    if not count:
        return []
    if db.session.get_bind().dialect.name == "postgresql":
        name = model.__tablename__
        taken = select(func.nextval(func.pg_get_serial_sequence(name, "id"))).select_from(
            func.generate_series(1, count)
        )
        return sorted(db.session.scalars(taken))
    # SQLite has one writer at a time, and that are we.
    last = db.session.scalar(select(func.max(model.__table__.c.id))) or 0
    return list(range(last + 1, last + 1 + count))


class Mode(enum.StrEnum):
    """What the next transaction is for."""

    WRITE = (
        "write"  # SQLite: BEGIN IMMEDIATE, for a deferred read-then-write gets "database is locked" at once
    )
    READ = "read"  # one snapshot, and the database itself refuses writes: GET never changes anything
    SNAPSHOT = "snapshot"  # one snapshot that may write: freezing an edition, comparing list and tally


_mode: ContextVar[Mode] = ContextVar("transaction_mode", default=Mode.WRITE)


def set_mode(mode: Mode) -> Token[Mode]:
    """The mode of the transactions begun from here on; hand the token to `reset_mode`."""
    return _mode.set(mode)


def reset_mode(token: Token[Mode]) -> None:
    """Back to the mode before."""
    _mode.reset(token)


@contextmanager
def transactions(mode: Mode) -> Iterator[None]:
    """Transactions begun inside have this mode; one that is already open keeps its own."""
    token = set_mode(mode)
    try:
        yield
    finally:
        reset_mode(token)


def _on_connect(connection: Any, record: Any) -> None:
    # pysqlite's own idea of when to BEGIN is switched off: _on_begin says it.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=15000", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    mode = _mode.get()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if mode is Mode.READ else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if mode is Mode.READ else "BEGIN IMMEDIATE")
    elif mode is Mode.READ:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    elif mode is Mode.SNAPSHOT:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def prepare(engine: Engine) -> None:
    """Teach an engine to begin explicitly. Call once, before its first connection."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
