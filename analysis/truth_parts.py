"""What a truth of a quarter's result is, and the ways to find where one is broken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.frames import check_columns, text_or_none
from analysis.quarter import QuarterAnalysis

BROKEN = ["where", "left", "right"]
# Figures that are one by definition are worked out in different orders: what that makes of fractions is let pass.
ROUNDING = 1e-9
# The keys of the frames as an office calls them, in the order a place is told.
KEYS_VI = {
    "unit_code": "đơn vị",
    "field_code": "lĩnh vực",
    "proc_core": "thủ tục",
    "other_proc_core": "thủ tục",
    "from_office": "từ bộ phận",
    "from_task": "từ bước",
    "to_office": "đến bộ phận",
    "to_task": "đến bước",
    "office_code": "bộ phận",
    "task": "bước",
    "step_no": "bước số",
    "check": "nội dung kiểm tra",
    "received_quarter": "quý tiếp nhận",
    "week": "tuần",
    "days": "ngày thứ",
    "cut_on": "ngày rút thời hạn",
    "proposal_id": "phương án",
    "activity": "công việc",
    "flag_id": "dấu hiệu",
    "family_id": "nhóm thủ tục",
    "journey_id": "chuỗi thủ tục",
    "paper_type": "loại giấy tờ",
    "column": "cột",
}


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One thing that must hold of a quarter's result.

    `part`: the frame of QuarterAnalysis it is about; where that is empty (the part is switched off) it is not asked.
    `sentence`: it in Vietnamese, as the person reads it who is told that it does not hold. `breaks`: the places where
    it does not, with the columns BROKEN.
    """

    part: str
    sentence: str
    breaks: Callable[[QuarterAnalysis], pd.DataFrame]


def broken_at(rows: pd.DataFrame, left: Any, right: Any, bad: Any) -> pd.DataFrame:
    """The places of the bad rows.

    Needs: `rows`: whichever of KEYS_VI tell the place; `left`, `right`: figures that should fit one another, a column
      or one for all; `bad`: which rows do not hold
    Gives: where ("toàn bộ" for a row over everything), left, right
    """
    is_bad = np.asarray(bad, dtype=bool)
    if not is_bad.any():
        return nothing()
    told = rows.loc[is_bad, [name for name in KEYS_VI if name in rows.columns]]
    return pd.DataFrame(
        {
            "where": pd.Series([_place(row) for row in told.to_dict("records")], dtype=object),
            "left": _numbers(rows, left)[is_bad],
            "right": _numbers(rows, right)[is_bad],
        }
    )


def unequal(rows: pd.DataFrame, left: Any, right: Any, *, slack: float = 0.0) -> pd.DataFrame:
    """Where left is not right; null is only null. `slack`: how far apart they may be beyond ROUNDING."""
    one, other = _numbers(rows, left), _numbers(rows, right)
    near = np.abs(one - other) <= slack + _rounding(one, other)
    return broken_at(rows, one, other, ~(near | (np.isnan(one) & np.isnan(other))))


def above(rows: pd.DataFrame, left: Any, right: Any, *, slack: float = 0.0) -> pd.DataFrame:
    """Where left is more than right; a null on either side is never more."""
    one, other = _numbers(rows, left), _numbers(rows, right)
    return broken_at(rows, one, other, one - other > slack + _rounding(one, other))


def not_below(rows: pd.DataFrame, left: Any, right: Any) -> pd.DataFrame:
    """Where left is not less than right; a null on either side is let pass."""
    one, other = _numbers(rows, left), _numbers(rows, right)
    return broken_at(rows, one, other, one >= other)


def _numbers(rows: pd.DataFrame, values: Any) -> np.ndarray:
    """A column, an array or one number as many numbers as there are rows."""
    plain = values.astype(float) if isinstance(values, pd.Series) else values
    return np.broadcast_to(np.asarray(plain, dtype=float), (len(rows),))


def _rounding(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(ROUNDING * np.fmax(1.0, np.fmax(np.abs(one), np.abs(other))))


def together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All places in one frame, in their order."""
    filled = [part for part in parts if not part.empty]
    return pd.concat(filled, ignore_index=True) if filled else nothing()


def nothing() -> pd.DataFrame:
    """No place at all."""
    return pd.DataFrame({"where": pd.Series(dtype=object), "left": pd.Series(dtype=float), "right": 0.0})


def asked(analysis: QuarterAnalysis, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """The frame a truth reads, its columns checked; without a row, but with the columns, where it is switched off."""
    frame: pd.DataFrame = getattr(analysis, name)
    if frame.empty:
        return frame.reindex(columns=list(dict.fromkeys([*frame.columns, *columns])))
    check_columns(frame, columns, where=f"untrue, {name}")
    return frame


def keyed_sums(frame: pd.DataFrame, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Sums of `columns` by `keys`, null keys as ""; without keys one row over everything, even of no rows."""
    numbers = frame[list(columns)].astype(float)
    if not keys:
        return numbers.sum().to_frame().T
    return numbers.groupby([as_key(frame[key]) for key in keys], sort=True).sum()


def as_key(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """A key column to group or join by: text, "" for null."""
    return values.astype(object).where(values.notna(), "")


def columns_differ(
    left: pd.DataFrame, right: pd.DataFrame, columns: Sequence[str], *, slack: float = 0.0
) -> pd.DataFrame:
    """Where two frames with one kind of index (as keyed_sums gives) do not hold the same; a row not there is 0."""
    index = left.index.union(right.index)
    one, other = (each.reindex(index).fillna(0.0) for each in (left, right))
    place = index.to_frame(index=False) if index.names != [None] else pd.DataFrame(index=range(len(index)))
    found = [
        unequal(place.assign(column=name), one[name].to_numpy(), other[name].to_numpy(), slack=slack)
        for name in columns
    ]
    return together(found)


def _place(row: dict[Any, Any]) -> str:
    parts: dict[str, str] = {}
    for name, value in row.items():
        is_whole = isinstance(value, float) and value.is_integer()
        text = text_or_none(int(value) if is_whole else value)
        if text is not None and value is not pd.NaT:
            parts[str(name)] = f"{KEYS_VI[str(name)]} {text.removesuffix(' 00:00:00')}"
    return ", ".join(parts.values() if parts.keys() - {"column"} else ["toàn bộ", *parts.values()])
