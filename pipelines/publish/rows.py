"""Frames as plain rows, the form every writer walks through."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

Row = dict[str, Any]


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame as dicts by column name, in the frame's order."""
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, values, strict=True)) for values in frame.itertuples(index=False, name=None)]


def names_of(frame: pd.DataFrame, key: str, value: str = "name") -> dict[str, str]:
    """Code -> name, the last row of a code winning (the newest version of a dimension)."""
    return {str(row[key]): str(row[value]) for row in records(frame[[key, value]])}


def reading(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The columns a page reads, null where the frame has not got them: a part that is off is a frame of no rows."""
    return frame.reindex(columns=list(columns))
