"""Between pandas frames and database columns, through Arrow: one place for NULL and for types.

Going in, a value that cannot be the column's kind is a KnownError naming table and column; NaN, NaT, None
and pd.NA are NULL; a list or dict in a text column is written as JSON. Coming out: text is `str`, instants
datetime64[us], dates objects of `datetime.date` (None for NULL), ints int64 (Int64 when there is a NULL),
bools bool (boolean when there is a NULL).
"""

import json
import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import Table

from domain.errors import KnownError
from warehouse.kinds import ARROW_TYPES, kind_of


def _is_null(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _text(value: object) -> str | None:
    if _is_null(value):
        return None
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def _date(value: object) -> date | None:
    if _is_null(value) or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _array(series: pd.Series, kind: str) -> pa.Array:
    arrow_type = ARROW_TYPES[kind]
    if kind == "text":
        if series.dtype != "str":
            series = pd.Series([_text(value) for value in series], dtype=object)
        return pa.array(series, type=arrow_type, from_pandas=True)
    if kind == "date":
        if pd.api.types.is_datetime64_any_dtype(series):
            series = series.dt.date
        return pa.array([_date(value) for value in series], type=arrow_type)
    if kind == "instant":
        return pa.array(pd.to_datetime(series).astype("datetime64[us]"), type=arrow_type, from_pandas=True)
    if kind == "bool":
        return pa.array(series.astype("boolean"), type=arrow_type, from_pandas=True)
    numbers = pd.to_numeric(series)
    numbers = numbers.astype("Int64") if kind == "int" else numbers.astype("Float64")
    return pa.array(numbers, type=arrow_type, from_pandas=True)


def to_arrow(frame: pd.DataFrame, table: Table) -> pa.Table:
    """The frame as an Arrow table with exactly the columns and types of `table`.

    A column the frame lacks is NULL; a column the table lacks, a NULL in the key, or a key that comes twice
    is a KnownError.
    """
    name = table.name
    known = {column.name for column in table.columns}
    unknown = sorted(set(map(str, frame.columns)) - known)
    if unknown:
        raise KnownError(
            "E-WH-COLUMN",
            f"table [{name}] has no column {_brackets(unknown)}.",
            mend=f"keep to its columns: {_brackets(sorted(known))}",
        )
    arrays: dict[str, pa.Array] = {}
    for column in table.columns:
        kind = kind_of(column)
        if column.name not in frame.columns:
            arrays[column.name] = pa.nulls(len(frame), ARROW_TYPES[kind])
            continue
        try:
            arrays[column.name] = _array(frame[column.name], kind)
        except (TypeError, ValueError, pa.ArrowException) as error:
            raise KnownError(
                "E-WH-TYPE",
                f"table [{name}], column [{column.name}]: a value is not of kind [{kind}].",
                mend=f"give [{column.name}] values of kind {kind}",
            ) from error
    made = pa.table(arrays)
    _check_key(made, table)
    return made


def _check_key(made: pa.Table, table: Table) -> None:
    key = [column.name for column in table.primary_key.columns]
    for column in key:
        if made.column(column).null_count:
            raise KnownError(
                "E-WH-KEY", f"table [{table.name}]: key column [{column}] is empty in a row.", mend="fill it"
            )
    if key and made.num_rows > made.select(key).group_by(key).aggregate([]).num_rows:
        keys = made.select(key).to_pandas()
        first = keys[keys.duplicated()].iloc[0].to_dict()
        raise KnownError(
            "E-WH-KEY",
            f"table [{table.name}]: the key {_brackets([f'{k}={v}' for k, v in first.items()])} comes twice.",
            mend="hand in one row a key",
        )


def _brackets(words: Sequence[str]) -> str:
    return ", ".join(f"[{word}]" for word in words)


def _series(column: pa.ChunkedArray) -> pd.Series:
    kind, nulls = column.type, column.null_count
    nullable: Any = None
    if pa.types.is_decimal(kind):
        kind = pa.int64() if kind.scale == 0 else pa.float64()
    elif pa.types.is_timestamp(kind):
        kind = pa.timestamp("us")
    elif pa.types.is_null(kind):
        kind = pa.string()
    if pa.types.is_integer(kind):
        kind, nullable = pa.int64(), pd.Int64Dtype()
    elif pa.types.is_boolean(kind):
        nullable = pd.BooleanDtype()
    mapper = (lambda _: nullable) if nulls and nullable is not None else None
    return pd.Series(column.cast(kind).to_pandas(types_mapper=mapper))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """The Arrow table as a frame with the types this module's heading names."""
    columns = {name: _series(table.column(name)).reset_index(drop=True) for name in table.column_names}
    return pd.DataFrame(columns, columns=table.column_names, index=pd.RangeIndex(table.num_rows))


def rows_to_arrow(
    rows: Sequence[Sequence[Any]], names: Sequence[str], types: Sequence[pa.DataType | None]
) -> pa.Table:
    """Rows of a driver without Arrow as an Arrow table; type None (numeric): int64 if all are whole."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = {}
    for name, values, kind in zip(names, columns, types, strict=True):
        if kind is None:
            whole = all(v is None or Decimal(v) == Decimal(v).to_integral_value() for v in values)
            cast = int if whole else float
            arrays[name] = pa.array(
                [None if v is None else cast(v) for v in values], type=pa.int64() if whole else pa.float64()
            )
        else:
            arrays[name] = pa.array(values, type=kind)
    return pa.table(arrays)


def empty(names: list[str]) -> pd.DataFrame:
    """A frame of these columns and no row."""
    return pd.DataFrame({name: pd.Series(dtype=object) for name in names})
