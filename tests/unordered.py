"""Rows in another order than they went in: what a database may always do, unless it is asked for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Select, event, select, text
from sqlalchemy.engine import Engine

from campaign.core.db import Base, db

# Plans that read an index give its order by chance; a plain scan gives that of the rows on disk.
_INDEXES = ("enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan")


@contextmanager
def backwards(*models: Any) -> Iterator[None]:
    """Until the next commit these tables' rows come the newest first where nobody asks for an order."""
    db.session.commit()  # PostgreSQL rewrites no table that waits for its triggers
    if db.session.get_bind().dialect.name == "sqlite":
        db.session.execute(text("PRAGMA reverse_unordered_selects = ON"))
    else:
        for model in models:
            table = model.__tablename__
            db.session.execute(text(f"CREATE INDEX backwards ON {table} (id DESC)"))
            db.session.execute(text(f"CLUSTER {table} USING backwards"))
            db.session.execute(text("DROP INDEX backwards"))
        for name in _INDEXES:
            db.session.execute(text(f"SET LOCAL {name} = off"))
    for model in models:
        found = [row.id for row in db.session.execute(select(model.__table__))]  # no index holds all of it
        assert found == sorted(found, reverse=True), f"{model.__name__} is not backwards"
    db.session.expire_all()
    try:
        yield
    finally:
        if db.session.get_bind().dialect.name == "sqlite":
            db.session.execute(text("PRAGMA reverse_unordered_selects = OFF"))


def _no_cut_without_order(connection: Any, statement: Any, *_rest: Any) -> None:
    """Some of many rows, without saying which: others tomorrow. One or two only ask whether there is any."""
    if not isinstance(statement, Select) or statement._order_by_clauses:
        return
    limit = statement._limit_clause
    if statement._offset_clause is not None or (limit is not None and getattr(limit, "value", 3) > 2):
        raise AssertionError(f"rows are cut without an order: {statement}")


def watch() -> None:
    """From here on, a question that cuts rows without an order fails the test that asks it."""
    event.listen(Engine, "before_execute", _no_cut_without_order)


def lists_without_order() -> list[str]:
    """The lists of rows that models hold and that no order is said for."""
    return sorted(
        str(relation)
        for mapper in Base.registry.mappers
        for relation in mapper.relationships
        if relation.uselist and not relation.order_by
    )
