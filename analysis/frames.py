"""Small helpers every analysis starts and ends with: columns asked for are there, windows, present versions."""

import json
import math
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pandas as pd

from domain.errors import KnownError
from domain.quarter import Quarter

Key = str | None


def check_columns(frame: pd.DataFrame, needs: Sequence[str], *, where: str) -> None:
    """Raise KnownError E-ANALYSIS-COLUMN when `frame` lacks one of the columns `where` needs."""
    missing = [name for name in needs if name not in frame.columns]
    if missing:
        raise KnownError(
            "E-ANALYSIS-COLUMN",
            f"{where}: columns [{', '.join(missing)}] are not there. Found: [{', '.join(map(str, frame.columns))}].",
            mend="build the SQL models again (tinhgon night) or correct the query that feeds this analysis.",
        )


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows one by one, columns as attributes."""
    return iter(frame.itertuples(index=False))


def window(quarter: str, quarters: int) -> list[str]:
    """The `quarters` quarters that end with `quarter`, oldest first."""
    names: list[str] = []
    each = Quarter.parse(quarter)
    for _ in range(quarters):
        names.append(str(each))
        each = each.previous()
    return names[::-1]


def text_or_none(value: object) -> Key:
    """`value` as text, None for null, NaN and empty text."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA:
        return None
    return str(value) or None


def listed(value: object) -> list[Any]:
    """The JSON list a cell holds, without empty items; no items where it holds none."""
    if isinstance(value, list):
        return value
    text = text_or_none(value)
    found = json.loads(text) if text and text.startswith("[") else []
    return [each for each in found if each not in ("", None)]


def texts(table: pd.DataFrame, column: str) -> list[str]:
    """A column as texts, "" where it says nothing or is not there."""
    if column not in table.columns:
        return [""] * len(table)
    return [text_or_none(value) or "" for value in table[column]]


def working_days(table: pd.DataFrame) -> "pd.Series[float]":
    """The limit in working days; NaN where none is stated, in another unit, or not at all (limit_quantity, _unit)."""
    if "limit_quantity" not in table.columns or "limit_unit" not in table.columns:
        return pd.Series(float("nan"), index=table.index)
    return table["limit_quantity"].astype(float).where(table["limit_unit"].eq("WORKING_DAY"))


def _day(value: object) -> date | None:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    return pd.Timestamp(value).date()  # type: ignore[arg-type]


def in_force(frame: pd.DataFrame, on: date, *, key: Sequence[str]) -> pd.DataFrame:
    """The version of each row in force on a day, ordered by `key`.

    Needs: the key columns, valid_from; valid_to when versions may end (its last day in force)
    Gives: the same columns; for each proc_core/unit only the rows of its latest version in force
    """
    if frame.empty or "valid_from" not in frame.columns:
        return frame.sort_values(list(key), kind="stable").reset_index(drop=True)
    # plain lists: a column of dates and gaps would turn the gaps into NaN
    begin = [_day(value) for value in frame["valid_from"]]
    end = [_day(value) for value in frame["valid_to"]] if "valid_to" in frame.columns else [None] * len(frame)
    keep = [(a is None or a <= on) and (b is None or on <= b) for a, b in zip(begin, end, strict=True)]
    kept = frame.loc[keep].assign(_begin=[a or date.min for a, k in zip(begin, keep, strict=True) if k])
    if kept.empty:
        return frame.iloc[0:0].reset_index(drop=True)
    latest = kept.groupby(key[0])["_begin"].transform("max")
    kept = kept.loc[kept["_begin"] == latest].drop(columns="_begin")
    return kept.sort_values(list(key), kind="stable").reset_index(drop=True)


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The same frame with numpy types: a nullable number becomes a float with NaN, so that comparing is never NA."""
    changed = {
        name: "float64"
        for name, kind in frame.dtypes.items()
        if isinstance(kind, pd.api.extensions.ExtensionDtype) and pd.api.types.is_numeric_dtype(kind)
    }
    return frame.astype(changed) if changed else frame
