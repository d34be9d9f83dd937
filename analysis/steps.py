"""Which step is slow: what each step took against what the procedure plans for it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.frames import check_columns, window
from analysis.survival import survival_at, survival_curves, survival_quantiles
from analysis.thresholds import Thresholds

NEEDS = [
    "unit_code", "proc_core", "step_no", "task", "office_code", "end_quarter", "planned_half_days",
    "elapsed_half_days", "is_open", "same_second", "n",
]  # fmt: skip
KEYS = ["unit_code", "proc_core", "step_no", "office_code", "task"]
GIVES = [
    "level", *KEYS, "n", "same_second_share", "is_usable", "procedures", "planned_half_days", "mean_half_days",
    "median_half_days", "over_share", "ci_low", "ci_high", "excess_half_days", "is_slowest",
]  # fmt: skip
_LEVELS = {"STEP": KEYS, "OFFICE": ["unit_code", "office_code", "task"]}


def step_times(counts: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """Actual against planned time of each step, and of each office and task over all procedures, this quarter.

    Needs: the columns of `step_count` (times in half working days; open steps have run so far)
    Gives: level (STEP: unit x procedure x step; OFFICE: unit x office x task), the keys (null where pooled),
      n: steps left after the same-second ones are taken out; same_second_share: of all steps;
      is_usable: at most `same_second_share` of the steps were entered in one second with their neighbour;
      procedures: how many procedures are in the row; planned_half_days: mean plan of the steps counted;
      mean_half_days: of ended steps; median_half_days: Kaplan-Meier, open steps in;
      over_share, ci_low, ci_high: Kaplan-Meier share running past the plan, the plan rounded up to half days;
      excess_half_days: sum of actual minus planned over ended steps; is_slowest: most excess in its unit x procedure
      (OFFICE rows: in its unit). A row that is not usable has its counts and nulls for every time.
    """
    check_columns(counts, NEEDS, where="step_times")
    inside = counts["is_open"].astype(bool) | counts["end_quarter"].isin(
        window(quarter, thresholds.step_window_quarters)
    )
    rows = _prepared(counts.loc[inside & counts["elapsed_half_days"].notna()])
    if rows.empty:
        return pd.DataFrame(columns=GIVES)
    parts = [_level(rows, name, keys, thresholds) for name, keys in _LEVELS.items()]
    return pd.concat(parts, ignore_index=True).reindex(columns=GIVES)


def _prepared(counts: pd.DataFrame) -> pd.DataFrame:
    rows = counts.reset_index(drop=True).copy()
    for key in ("unit_code", "proc_core", "office_code", "task"):
        rows[key] = rows[key].astype(object).where(rows[key].notna(), "").astype(str)
    rows["planned"] = pd.to_numeric(rows["planned_half_days"]).astype(float)
    rows["elapsed"] = pd.to_numeric(rows["elapsed_half_days"]).astype(float).clip(lower=0.0)
    rows["same"] = rows["n"].where(rows["same_second"].fillna(False).astype(bool), 0)
    is_open = rows["is_open"].astype(bool)
    rows["ended"] = rows["n"].where(~is_open, 0)
    rows["censored"] = rows["n"].where(is_open, 0)
    # Half days carry the noise of noon: a plan of 0.5 half days is overrun only when a whole half day more passed.
    room = np.maximum(np.ceil(rows["planned"]), 1.0)
    rows["past_plan"] = rows["elapsed"] - room
    return rows


def _level(rows: pd.DataFrame, name: str, by: Sequence[str], thresholds: Thresholds) -> pd.DataFrame:
    keys = list(by)
    seen = rows.groupby(keys, sort=True)[["n", "same"]].sum()
    table = pd.DataFrame({"all": seen["n"], "n": seen["n"] - seen["same"]})
    table["same_second_share"] = seen["same"] / seen["n"]
    table["is_usable"] = (table["same_second_share"] <= thresholds.same_second_share) & (table["n"] > 0)
    good = rows.loc[rows["same"].eq(0)].merge(
        table["is_usable"], left_on=keys, right_index=True, validate="many_to_one"
    )
    good = good.loc[good["is_usable"]]
    for part in (_means(good, keys), _medians(good, keys, thresholds), _overruns(good, keys, thresholds)):
        table = table.join(part)
    table["procedures"] = rows.groupby(keys)["proc_core"].nunique()
    table = table.reset_index()
    groups = [key for key in ("unit_code", "proc_core") if key in keys]
    top = table.groupby(groups, sort=False)["excess_half_days"].transform("max")
    table["is_slowest"] = table["excess_half_days"].gt(0) & table["excess_half_days"].eq(top)
    table.insert(0, "level", name)
    return table.drop(columns="all")


def _means(good: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    planned = good["planned"].notna()
    sums = pd.DataFrame(
        {
            "time": good["elapsed"] * good["ended"],
            "ended": good["ended"],
            "plan": (good["planned"] * good["n"]).where(planned, 0.0),
            "plan_n": good["n"].where(planned, 0),
            "excess": ((good["elapsed"] - good["planned"]) * good["ended"]).where(planned, 0.0),
        }
    )
    sums = sums.groupby([good[key] for key in keys], sort=True).sum()
    return pd.DataFrame(
        {
            "mean_half_days": (sums["time"] / sums["ended"]).where(sums["ended"] > 0),
            "planned_half_days": (sums["plan"] / sums["plan_n"]).where(sums["plan_n"] > 0),
            "excess_half_days": sums["excess"].where(sums["plan_n"] > 0),
        }
    )


def _medians(good: pd.DataFrame, keys: list[str], thresholds: Thresholds) -> pd.DataFrame:
    curves = survival_curves(good, by=keys, time="elapsed", confidence=thresholds.confidence)
    return survival_quantiles(curves, 0.5, by=keys).set_index(keys).rename(columns={"time": "median_half_days"})


def _overruns(good: pd.DataFrame, keys: list[str], thresholds: Thresholds) -> pd.DataFrame:
    planned = good.loc[good["planned"].notna()]
    curves = survival_curves(planned, by=keys, time="past_plan", confidence=thresholds.confidence)
    shares = survival_at(curves, 0.0, by=keys, confidence=thresholds.confidence)
    return shares.set_index(keys).rename(columns={"survival": "over_share"})
