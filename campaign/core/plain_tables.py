"""The tables of a database as it describes them itself: plain columns of a few kinds, parents first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    inspect,
)
from sqlalchemy.schema import sort_tables_and_constraints
from sqlalchemy.types import TypeEngine

from campaign.core.backup_format import Kind
from campaign.core.db import UtcDateTime
from campaign.core.errors import Conflict

VERSIONS = "alembic_version"
# What a database may call the type of a column, the first that fits, and what that is to a backup.
_KINDS: Mapping[type[TypeEngine[Any]], Kind] = {
    Boolean: Kind.BOOLEAN,
    Integer: Kind.INTEGER,
    JSON: Kind.JSON,
    DateTime: Kind.MOMENT,
    Date: Kind.DATE,
    LargeBinary: Kind.BYTES,
    String: Kind.TEXT,
}
_TYPES: Mapping[Kind, TypeEngine[Any]] = {
    Kind.BOOLEAN: Boolean(),
    Kind.INTEGER: BigInteger(),
    Kind.JSON: JSON(none_as_null=True),
    Kind.MOMENT: UtcDateTime(),
    Kind.DATE: Date(),
    Kind.BYTES: LargeBinary(),
    Kind.TEXT: Text(),
}


@dataclass(frozen=True, slots=True)
class Plain:
    """A table as a backup sees it.

    `late` are its columns that point into a circle of tables, or into itself: filled when all rows are there.
    """

    table: Table
    kinds: Mapping[str, Kind]
    late: frozenset[str]


def plain_tables(connection: Connection) -> Sequence[Plain]:
    """Every table, those that others point at first; columns by name, as databases differ in their order.

    Raises Conflict for a column of an unknown kind.
    """
    inspector, metadata = inspect(connection), MetaData()
    kinds: dict[str, dict[str, Kind]] = {}
    for name in inspector.get_table_names():
        if name == VERSIONS:
            continue
        described = sorted(inspector.get_columns(name), key=itemgetter("name"))
        own = inspector.get_pk_constraint(name)["constrained_columns"]
        kinds[name] = {c["name"]: _kind(c["type"], f"{name}.{c['name']}") for c in described}
        columns = (
            Column(
                c["name"],
                _TYPES[kinds[name][c["name"]]],
                nullable=c["nullable"],
                primary_key=c["name"] in own,
            )
            for c in described
        )
        references = (
            ForeignKeyConstraint(
                key["constrained_columns"], [f"{key['referred_table']}.{c}" for c in key["referred_columns"]]
            )
            for key in inspector.get_foreign_keys(name)
        )
        Table(name, metadata, *columns, *references)
    # A reference that must be there cannot wait; where references form a circle, one that may be empty does.
    ordered = sort_tables_and_constraints(  # type: ignore[no-untyped-call]
        metadata.tables.values(), lambda key: None if all(c.nullable for c in key.columns) else False
    )
    circles = [key for table, keys in ordered if table is None for key in keys]
    return [Plain(t, kinds[t.name], _late(t, circles)) for t, _ in ordered if t is not None]


def _kind(type_: TypeEngine[Any], where: str) -> Kind:
    for known, kind in _KINDS.items():
        if isinstance(type_, known):
            return kind
    raise Conflict(f"a backup cannot hold {where}: {type(type_).__name__}")


def _late(table: Table, circles: Iterable[ForeignKeyConstraint]) -> frozenset[str]:
    own = (key for key in table.foreign_key_constraints if key.referred_table is table)
    return frozenset(c for key in (*circles, *own) if key.parent is table for c in key.column_keys)
