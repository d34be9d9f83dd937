"""What arrives at an office and what leaves it: backlog, use of office time, and whether the backlog is growing."""

import numpy as np
import pandas as pd

from analysis.exact import binomial_upper, share_interval
from analysis.frames import check_columns, window
from analysis.funnel import benjamini_hochberg
from analysis.steps import least_cases, with_text
from analysis.thresholds import Thresholds
from domain.quarter import Quarter

KEYS = ["unit_code", "office_code"]
NEEDS = [*KEYS, "week", "arrived", "finished", "backlog", "service_s", "capacity_s"]
GIVES = [
    *KEYS, "weeks", "arrived", "finished", "backlog_first", "backlog_last", "backlog_peak", "growth", "weeks_up",
    "utilisation", "weeks_to_clear", "trend_per_week", "done_share", "low", "high", "p_value", "q_value",
    "is_growing",
]  # fmt: skip
SERIES = [*KEYS, "week", "backlog", "arrived", "finished"]


def desk_load(weeks: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """Arrivals, finishes, backlog and use of office time of each office, over the weeks that begin in the quarter.

    Needs: the columns of `desk_week` (steps; every week from the first arrival on has a row)
    Gives: unit_code, office_code, weeks, arrived, finished; backlog_first (before the first of the weeks),
      backlog_last, backlog_peak (at the end of a week); growth = arrived - finished = backlog_last - backlog_first;
      weeks_up: weeks in which the backlog rose; utilisation: recorded work over office time (null when no work
      time is recorded); weeks_to_clear: backlog over finishes a week (null when nothing was finished);
      trend_per_week: slope of the least-squares line through the weekly backlog (null below three weeks);
      done_share: finished over arrived, low, high its exact interval; p_value: chance of so many more arrivals
      than finishes if both came equally often (null when not tested: too few arrivals, or an office younger than
      `backlog_history_weeks` at the start of the quarter, whose backlog is still filling); q_value: over all
      offices tested; is_growing: more than chance (q within `fdr`, all of low..high below 1), and the backlog rose
      in most weeks
    """
    check_columns(weeks, NEEDS, where="desk_load")
    rows = _weeks(weeks)
    one = Quarter.parse(quarter)
    first, last = pd.Timestamp(one.first), pd.Timestamp(one.last)
    inside = rows.loc[rows["week"].between(first, last)]
    if inside.empty:
        return pd.DataFrame(columns=GIVES)
    table = _sums(inside)
    begin = rows.groupby(KEYS, sort=True)["week"].min().reindex(table.index)
    history = (inside.groupby(KEYS, sort=True)["week"].min() - begin).dt.days / 7
    table["low"], table["high"] = _done_interval(table, thresholds.confidence)
    both = table["arrived"] + table["finished"]
    chance = pd.Series(binomial_upper(table["arrived"], both, 0.5), index=table.index)
    tested = (table["arrived"] >= least_cases(thresholds)) & (history >= thresholds.backlog_history_weeks)
    table["p_value"] = chance.where(tested)
    table["q_value"] = benjamini_hochberg(table["p_value"].to_numpy(dtype=float))
    more_than_chance = (table["q_value"] <= thresholds.fdr) & (table["high"] < 1.0)
    table["is_growing"] = more_than_chance & (table["weeks_up"] * 2 > table["weeks"])
    return table.reset_index().reindex(columns=GIVES)


def backlog_series(weeks: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """The backlog of each office at the end of each week, over the year up to the quarter.

    Needs: the columns of `desk_week`
    Gives: unit_code, office_code, week (its Monday, datetime), backlog, arrived, finished; in order
    """
    check_columns(weeks, NEEDS, where="backlog_series")
    first = pd.Timestamp(Quarter.parse(window(quarter, thresholds.window_quarters)[0]).first)
    last = pd.Timestamp(Quarter.parse(quarter).last)
    rows = _weeks(weeks)
    return rows.loc[rows["week"].between(first, last), SERIES].reset_index(drop=True)


def _weeks(weeks: pd.DataFrame) -> pd.DataFrame:
    rows = with_text(weeks, KEYS).assign(week=pd.to_datetime(weeks["week"]))
    rows = rows.astype(dict.fromkeys(("arrived", "finished", "backlog"), int))
    return rows.sort_values([*KEYS, "week"], kind="stable").reset_index(drop=True)


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    moved = rows["arrived"] - rows["finished"]
    up = (moved > 0).astype(int)
    groups = rows.assign(up=up).groupby(KEYS, sort=True)
    table = groups[["arrived", "finished", "service_s", "capacity_s", "up"]].sum()
    table = table.rename(columns={"up": "weeks_up"})
    table.insert(0, "weeks", groups.size())
    table["backlog_last"] = groups["backlog"].last()
    table["backlog_peak"] = groups["backlog"].max()
    table["growth"] = table["arrived"] - table["finished"]
    table["backlog_first"] = table["backlog_last"] - table["growth"]
    recorded = (table["capacity_s"] > 0) & ((table["service_s"] > 0) | table["finished"].eq(0))
    table["utilisation"] = (table["service_s"] / table["capacity_s"]).where(recorded)
    weekly = table["finished"] / table["weeks"]
    table["weeks_to_clear"] = (table["backlog_last"] / weekly).where(table["finished"] > 0)
    table["trend_per_week"] = _slopes(rows).where(table["weeks"] >= 3)
    table["done_share"] = (table["finished"] / table["arrived"]).where(table["arrived"] > 0)
    return table


def _slopes(rows: pd.DataFrame) -> "pd.Series[float]":
    """Slope of the least-squares line through the weekly backlog of each office."""
    time = (rows["week"] - rows["week"].min()).dt.days / 7
    by = [rows[key] for key in KEYS]
    away = time - time.groupby(by).transform("mean")
    backlog = rows["backlog"].astype(float)
    top = (away * (backlog - backlog.groupby(by).transform("mean"))).groupby(by, sort=True).sum()
    slopes: pd.Series[float] = top / (away**2).groupby(by, sort=True).sum()
    return slopes


def _done_interval(table: pd.DataFrame, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Interval of finished over arrived, from the exact one of finished over both."""
    low, high = share_interval(table["finished"], table["arrived"] + table["finished"], confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        return low / (1.0 - low), np.where(table["arrived"] > 0, high / (1.0 - high), np.nan)
