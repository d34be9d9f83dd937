"""Column kinds: the six types the warehouse knows, the same on every database.

`text`, `int` (64 bit), `float` (double), `bool`, `date`, `instant` (a naive moment in the site's zone).
On PostgreSQL text compares by code point (collation C), as DuckDB and Python do, so that MIN, MAX and
ORDER BY give the same row on every engine and in every locale.
"""

from typing import Any

import pyarrow as pa
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, MetaData, String, Table
from sqlalchemy.types import TypeEngine

SQL_TYPES: dict[str, TypeEngine[Any]] = {
    "text": String().with_variant(String(collation="C"), "postgresql"),
    "int": BigInteger(),
    "float": Double(),
    "bool": Boolean(),
    "date": Date(),
    "instant": DateTime(),
}

ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "instant": pa.timestamp("us"),
}


def columns(spec: str, *, key: bool = False) -> list[Column[Any]]:
    """Columns of a short spec: 'unit_code valid_from:date rows_in:int' (kind text when not said).

    Key columns are NOT NULL and form the primary key.
    """
    made: list[Column[Any]] = []
    for word in spec.split():
        name, _, kind = word.partition(":")
        kind = kind or "text"
        made.append(
            Column(
                name,
                SQL_TYPES[kind],
                primary_key=key,
                nullable=not key,
                autoincrement=False,
                info={"kind": kind},
            )
        )
    return made


def table(metadata: MetaData, name: str, *, key: str, rest: str = "") -> Table:
    """A Core table of two short specs: its key columns, then the others."""
    return Table(name, metadata, *columns(key, key=True), *columns(rest))


def kind_of(column: Column[Any]) -> str:
    """The kind of a column made here."""
    return str(column.info["kind"])
