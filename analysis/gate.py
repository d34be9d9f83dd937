"""The data gate: whose own data are too poor to say anything of the unit, before anything is said.

A unit that fails is not named; the book says what to mend first. What could not be checked is said, and fails nobody.
"""

import pandas as pd

from analysis.frames import check_columns, rows_of, window
from analysis.thresholds import Thresholds
from analysis.words import share_vi
from domain.quarter import Quarter

NIGHT_NEEDS = ["unit_code", "night", "status", "rows_in", "rows_quarantined"]
DURATION_NEEDS = ["unit_code", "received_quarter", "elapsed_half_days", "limit_half_days", "n"]
STEP_NEEDS = ["unit_code", "end_quarter", "is_open", "mark", "n"]
GIVES = [
    "unit_code", "nights", "missing_nights", "missing_share", "rows_in", "set_aside", "set_aside_share", "dossiers",
    "odd_share", "steps", "bulk_share", "passes", "steps_pass", "reason_vi", "steps_reason_vi", "not_checked_vi",
]  # fmt: skip
_SILENT = ("MISSING", "FAILED")
_COUNTS = ("nights", "missing_nights", "rows_in", "set_aside", "dossiers", "steps")
_UNCHECKED = {
    "nights": "các đêm thu nhận",
    "rows_in": "tỷ lệ dòng bị tách riêng",
    "dossiers": "thời gian của hồ sơ",
    "steps": "cách nhập các bước",
}


def data_gate(
    unit_night: pd.DataFrame, durations: pd.DataFrame, steps: pd.DataFrame, *, quarter: str, thresholds: Thresholds
) -> pd.DataFrame:
    """Whether the data of each unit bear a comparison, over the year of dossiers up to `quarter`.

    Needs (any may be empty: that is then not checked): `unit_night`: unit_code, night (its date), status, rows_in,
      rows_quarantined; `durations` as duration_count; `steps` as step_count
    Gives: unit_code and
      nights, missing_nights, missing_share: nights expected, and those with nothing usable (MISSING, FAILED)
      rows_in, set_aside, set_aside_share: rows handed in, and those put into quarantine
      dossiers, odd_share: share with a time that is unknown or negative, or a negative limit
      steps, bulk_share: share of the steps of the step window entered in bulk (same second, midnight)
      passes, reason_vi: the first three shares within their limits (a single night is let pass); otherwise what is
        not, in words
      steps_pass, steps_reason_vi: passes, and the steps too: otherwise no step and no office is to be named
      not_checked_vi: what could not be checked, in words; shares of it are null
    """
    parts = [
        _nights(unit_night, window(quarter, thresholds.window_quarters)),
        _times(durations, window(quarter, thresholds.window_quarters)),
        _entries(steps, window(quarter, thresholds.step_window_quarters)),
    ]
    units = sorted(set().union(*(part.index for part in parts)))
    if not units:
        return pd.DataFrame(columns=GIVES)
    table = pd.DataFrame(index=pd.Index(units, name="unit_code"))
    for part in parts:
        table = table.join(part)
    for name in _COUNTS:
        table[name] = table[name].fillna(0).astype(int)
    for share, found, of in (
        ("missing_share", "missing_nights", "nights"),
        ("set_aside_share", "set_aside", "rows_in"),
    ):
        table[share] = (table[found] / table[of]).where(table[of] > 0)
    table["not_checked_vi"] = [
        ", ".join(words for name, words in _UNCHECKED.items() if not getattr(row, name)) for row in rows_of(table)
    ]
    table["reason_vi"] = [_reason(row, thresholds) for row in rows_of(table)]
    table["passes"] = table["reason_vi"].eq("")
    table["steps_reason_vi"] = [_step_reason(row, thresholds) for row in rows_of(table)]
    table["steps_pass"] = table["steps_reason_vi"].eq("")
    return table.reset_index()[GIVES]


def _reason(row: object, thresholds: Thresholds) -> str:
    checks = (
        ("set_aside_share", thresholds.gate_set_aside_share, "số dòng dữ liệu phải tách riêng vì sai"),
        ("missing_share", thresholds.gate_missing_share, "số đêm không nhận được dữ liệu dùng được"),
        ("odd_share", thresholds.gate_odd_share, "số hồ sơ có thời gian không hợp lý"),
    )
    few = getattr(row, "missing_nights", 0) <= thresholds.gate_missing_nights
    over = [each for each in checks if _is_over(row, each[0], each[1]) and not (few and each[0] == "missing_share")]
    return "; ".join(_over(getattr(row, name), limit, what) for name, limit, what in over)


def _step_reason(row: object, thresholds: Thresholds) -> str:
    said = [str(getattr(row, "reason_vi", ""))]
    if _is_over(row, "bulk_share", thresholds.same_second_share):
        what = "số bước được nhập dồn cùng một lúc"
        said.append(_over(getattr(row, "bulk_share", 0.0), thresholds.same_second_share, what))
    return "; ".join(each for each in said if each)


def _is_over(row: object, name: str, limit: float) -> bool:
    return bool(getattr(row, name) > limit)  # a null share is never over


def _over(share: float, limit: float, what: str) -> str:
    return f"{what} là {share_vi(share)}, quá mức {share_vi(limit)}"


def _nights(unit_night: pd.DataFrame, quarters: list[str]) -> pd.DataFrame:
    columns = ["nights", "missing_nights", "rows_in", "set_aside"]
    if unit_night.empty:
        return pd.DataFrame(columns=columns)
    check_columns(unit_night, NIGHT_NEEDS, where="data_gate")
    inside = [str(night)[:10] for night in unit_night["night"]]
    first, last = Quarter.parse(quarters[0]).first.isoformat(), Quarter.parse(quarters[-1]).last.isoformat()
    rows = unit_night.loc[[first <= night <= last for night in inside]]
    numbers = {name: pd.to_numeric(rows[name]).fillna(0) for name in ("rows_in", "rows_quarantined")}
    table = pd.DataFrame(
        {
            "nights": 1,
            "missing_nights": rows["status"].isin(_SILENT).astype(int),
            "rows_in": numbers["rows_in"],
            "set_aside": numbers["rows_quarantined"],
        },
        index=rows.index,
    )
    return table.groupby(rows["unit_code"].astype(str), sort=True).sum()


def _times(durations: pd.DataFrame, quarters: list[str]) -> pd.DataFrame:
    if durations.empty:
        return pd.DataFrame(columns=["dossiers", "odd_share"])
    check_columns(durations, DURATION_NEEDS, where="data_gate")
    rows = durations.loc[durations["received_quarter"].isin(quarters)]
    elapsed = pd.to_numeric(rows["elapsed_half_days"]).astype(float)
    limit = pd.to_numeric(rows["limit_half_days"]).astype(float)
    return _shares(rows, ~elapsed.ge(0) | limit.lt(0), ("dossiers", "odd_share"))


def _entries(steps: pd.DataFrame, quarters: list[str]) -> pd.DataFrame:
    if steps.empty:
        return pd.DataFrame(columns=["steps", "bulk_share"])
    check_columns(steps, STEP_NEEDS, where="data_gate")
    rows = steps.loc[steps["is_open"].astype(bool) | steps["end_quarter"].isin(quarters)]
    return _shares(rows, rows["mark"].fillna("").ne(""), ("steps", "bulk_share"))


def _shares(rows: pd.DataFrame, found: "pd.Series[bool]", names: tuple[str, str]) -> pd.DataFrame:
    table = pd.DataFrame({"all": rows["n"], "found": rows["n"].where(found, 0)})
    sums = table.groupby(rows["unit_code"].fillna("").astype(str), sort=True).sum()
    return pd.DataFrame({names[0]: sums["all"], names[1]: (sums["found"] / sums["all"]).where(sums["all"] > 0)})
