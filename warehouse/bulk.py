"""Fast ways in and out of the two databases; the only module that looks at which database it is.

DuckDB reads an Arrow table registered under a name and gives one back. PostgreSQL takes COPY in CSV, in
which every value is quoted and NULL is not, so that '' and NULL stay two things.
"""

import io
from typing import Any

import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv
from sqlalchemy import Connection, Table, text

from warehouse.frames import rows_to_arrow, to_arrow, to_frame

_INCOMING = "tinhgon_incoming"

# PostgreSQL's own numbers for the types our statements can return; numeric is settled by its values.
_POSTGRES_TYPES: dict[int, pa.DataType | None] = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int64(),
    23: pa.int64(),
    25: pa.string(),
    700: pa.float64(),
    701: pa.float64(),
    1042: pa.string(),
    1043: pa.string(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1700: None,
}


def is_duckdb(connection: Connection) -> bool:
    """Whether this is the embedded DuckDB (else PostgreSQL)."""
    return connection.dialect.name == "duckdb"


def has_table(connection: Connection, name: str) -> bool:
    """Whether the table is there, lasting or of this connection only."""
    if is_duckdb(connection):
        found = read_frame(connection, "SELECT count(*) AS n FROM duckdb_tables() WHERE table_name = :n", {"n": name})
    else:
        found = read_frame(connection, "SELECT CAST(to_regclass(:n) IS NOT NULL AS INTEGER) AS n", {"n": name})
    return bool(found["n"].iloc[0])


def insert_frame(connection: Connection, table: Table, frame: pd.DataFrame) -> int:
    """Put all rows of the frame into the table; the number of rows. Types and keys as `frames.to_arrow`."""
    rows = to_arrow(frame, table)
    if rows.num_rows == 0:
        return 0
    names = ", ".join(f'"{name}"' for name in rows.column_names)
    driver: Any = connection.connection.driver_connection
    if is_duckdb(connection):
        driver.register(_INCOMING, rows)
        try:
            connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM {_INCOMING}')
        finally:
            driver.unregister(_INCOMING)
        return int(rows.num_rows)
    buffer = io.BytesIO()
    options = pa.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    pa.csv.write_csv(rows, buffer, options)
    assert isinstance(driver, psycopg.Connection)
    # Begin through SQLAlchemy first, so that the copy is inside the transaction it thinks it is in.
    connection.exec_driver_sql("SELECT 1")
    with (
        driver.cursor() as cursor,
        cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT csv)') as copy,
    ):
        copy.write(buffer.getbuffer())
    return int(rows.num_rows)


def read_frame(connection: Connection, sql: str, parameters: dict[str, Any] | None = None) -> pd.DataFrame:
    """The rows of one statement as a frame, typed alike on both databases (see warehouse/frames.py)."""
    statement = text(sql).bindparams(**(parameters or {}))
    if is_duckdb(connection):
        compiled: Any = statement.compile(dialect=connection.dialect)
        values = [compiled.params[name] for name in compiled.positiontup or ()]
        driver: Any = connection.connection.driver_connection
        return to_frame(driver.sql(compiled.string, params=values).to_arrow_table())
    result = connection.execute(statement)
    cursor: Any = result.cursor
    names = [column.name for column in cursor.description]
    types = [_POSTGRES_TYPES[column.type_code] for column in cursor.description]
    return to_frame(rows_to_arrow(result.fetchall(), names, types))
