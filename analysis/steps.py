"""Which step is slow: what each step took against what the procedure plans for it."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from analysis.exact import binomial_upper, normal_upper
from analysis.frames import check_columns, window
from analysis.funnel import benjamini_hochberg
from analysis.survival import survival_at, survival_curves, survival_quantiles
from analysis.thresholds import Thresholds

NEEDS = [
    "unit_code", "proc_core", "step_no", "task", "office_code", "end_quarter", "planned_half_days",
    "elapsed_half_days", "is_open", "mark", "n",
]  # fmt: skip
KEYS = ["unit_code", "proc_core", "step_no", "office_code", "task"]
GIVES = [
    "level", *KEYS, "n", "marked_share", "same_second_share", "midnight_share", "is_usable", "procedures",
    "planned_half_days", "mean_half_days", "median_half_days", "over_n", "over_share", "ci_low", "ci_high",
    "p_value", "q_value", "excess_half_days", "is_slowest",
]  # fmt: skip
_LEVELS = {"STEP": KEYS, "OFFICE": ["unit_code", "office_code", "task"]}
_SHARES = {"marked_share": "marked", "same_second_share": "same", "midnight_share": "midnight"}


def step_times(counts: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """Actual against planned time of each step, and of each office and task over all procedures, this quarter.

    Needs: the columns of `step_count` (times in half working days; open steps have run so far)
    Gives: level (STEP: unit x procedure x step; OFFICE: unit x office x task), the keys (null where pooled),
      n: steps left after the marked ones are taken out; marked_share, same_second_share, midnight_share: of all;
      is_usable: at most `same_second_share` of the steps carry a mark (entered in one second with their neighbour,
      or stamped midnight); procedures: how many procedures are in the row;
      planned_half_days: mean plan of the steps counted; mean_half_days: of ended steps;
      median_half_days: Kaplan-Meier, open steps in; over_n: steps with a plan;
      over_share, ci_low, ci_high: Kaplan-Meier share of them running past it, the plan rounded up to half days;
      p_value: chance of such a share if only `step_over_share` ran past it (null when not tested: not usable, too
      few, no plan, or an office with one procedure, whose step says it already); q_value: over all rows tested;
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
    table = pd.concat(parts, ignore_index=True)
    table["q_value"] = benjamini_hochberg(table["p_value"].to_numpy(dtype=float))
    return table.reindex(columns=GIVES)


def least_cases(thresholds: Thresholds) -> int:
    """The fewest cases a unit is asked about."""
    return max(thresholds.minimum_cases, thresholds.minimum_group + 1)


def with_text(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """A copy whose named columns are text, "" for null: groupings then lose no row."""
    return frame.assign(
        **{name: frame[name].astype(object).where(frame[name].notna(), "").astype(str) for name in names}
    )


def _prepared(counts: pd.DataFrame) -> pd.DataFrame:
    rows = with_text(counts.reset_index(drop=True), ["unit_code", "proc_core", "office_code", "task", "mark"])
    rows["planned"] = pd.to_numeric(rows["planned_half_days"]).astype(float)
    rows["elapsed"] = pd.to_numeric(rows["elapsed_half_days"]).astype(float).clip(lower=0.0)
    rows["n"] = rows["n"].astype(int)
    rows["marked"] = rows["n"].where(rows["mark"].ne(""), 0)
    rows["same"] = rows["n"].where(rows["mark"].eq("SAME_SECOND"), 0)
    rows["midnight"] = rows["n"].where(rows["mark"].eq("MIDNIGHT"), 0)
    is_open = rows["is_open"].astype(bool)
    rows["ended"] = rows["n"].where(~is_open, 0)
    rows["censored"] = rows["n"].where(is_open, 0)
    # Half days carry the noise of noon: a plan of 0.5 half days is overrun only when a whole half day more passed.
    room = np.maximum(np.ceil(rows["planned"]), 1.0)
    rows["past_plan"] = rows["elapsed"] - room
    return rows


def _level(rows: pd.DataFrame, name: str, by: Sequence[str], thresholds: Thresholds) -> pd.DataFrame:
    keys = list(by)
    seen = rows.groupby(keys, sort=True)[["n", *_SHARES.values()]].sum()
    table = pd.DataFrame({"n": seen["n"] - seen["marked"]})
    for share, count in _SHARES.items():
        table[share] = seen[count] / seen["n"]
    table["is_usable"] = (table["marked_share"] <= thresholds.same_second_share) & (table["n"] > 0)
    usable = table["is_usable"].reset_index()
    good = rows.loc[rows["marked"].eq(0)].merge(usable, on=keys, validate="many_to_one")
    good = good.loc[good["is_usable"]]
    for part in (_means(good, keys), _medians(good, keys, thresholds), _overruns(good, keys, thresholds)):
        table = table.join(part)
    table["over_n"] = table["over_n"].fillna(0).astype(int)
    table["procedures"] = rows.groupby(keys)["proc_core"].nunique()
    says_more = True if "proc_core" in keys else table["procedures"] >= 2
    table["p_value"] = table["p_value"].where((table["over_n"] >= least_cases(thresholds)) & says_more)
    table = table.reset_index()
    groups = [key for key in ("unit_code", "proc_core") if key in keys]
    top = table.groupby(groups, sort=False)["excess_half_days"].transform("max")
    table["is_slowest"] = table["excess_half_days"].gt(0) & table["excess_half_days"].eq(top)
    table.insert(0, "level", name)
    return table


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
    table = shares.set_index(keys).rename(columns={"survival": "over_share"})
    unknown = planned["past_plan"] < 0
    sums = pd.DataFrame(
        {
            "over_n": planned["n"],
            "within": planned["ended"].where(planned["past_plan"] <= 0, 0),
            "unknown": planned["censored"].where(unknown, 0),
        }
    )
    sums = sums.groupby([planned[key] for key in keys], sort=True).sum()
    table = table.join(sums)
    table["p_value"] = _chance(table, thresholds)
    return table.drop(columns=["within", "unknown"])


def _chance(table: pd.DataFrame, thresholds: Thresholds) -> np.ndarray:
    """Chance of the share or more at the threshold: exact when all are known, else from the log-log error.

    Where none ended within its plan there is no such error: the steps known to be past it are counted alone.
    """
    share, low = table["over_share"].to_numpy(dtype=float), table["ci_low"].to_numpy(dtype=float)
    known = (table["over_n"] - table["unknown"]).to_numpy(dtype=float)
    over = known - table["within"].to_numpy(dtype=float)
    exact = binomial_upper(over, known, thresholds.step_over_share)
    z = NormalDist().inv_cdf(0.5 + thresholds.confidence / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.log(np.log(low) / np.log(share)) / z
        distance = (np.log(-np.log(thresholds.step_over_share)) - np.log(-np.log(share))) / error
        asymptotic = normal_upper(distance)
    is_exact = table["unknown"].eq(0).to_numpy() | (share >= 1.0)
    return np.where(is_exact, exact, np.where(share <= 0.0, 1.0, asymptotic))
