"""From step to step: how often a dossier is handed over along each way, and how long that takes.

Works on sums: means are exact, quantiles come from narrow bins of the time whose least and most value are known.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.frames import check_columns, window
from analysis.steps import with_text
from analysis.thresholds import Thresholds

DAY = 86_400.0
NEEDS = [
    "edge", "unit_code", "proc_core", "from_office", "from_task", "to_office", "to_task", "end_quarter", "is_usable",
    "time_bin", "n", "seconds", "least", "most",
]  # fmt: skip
KEYS = ["unit_code", "from_office", "from_task", "to_office", "to_task"]
_TEXTS = ["unit_code", "proc_core", "from_office", "from_task", "to_office", "to_task"]
HANDOVERS = [
    *KEYS, "n", "usable_n", "is_usable", "mean_days", "median_days", "median_low", "median_high", "p90_days",
    "worst_days", "may_be_named",
]  # fmt: skip
THROUGHPUT = ["level", "proc_core", "n", "usable_n", "is_usable", "mean_days", "median_days", "p90_days"]
GRAPH = [
    "edge", "from_task", "to_task", "n", "seconds", "least", "most", "mean_seconds", "median_seconds", "median_low",
    "median_high",
]  # fmt: skip


def handovers(transitions: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """Each way from one step to the next in a unit, this quarter, in calendar days.

    Needs: the columns of `transition_count`
    Gives: unit_code, from_office, from_task, to_office, to_task; n: times gone; usable_n: those neither end of
      which is marked (entered in one second, stamped midnight); is_usable: at most `same_second_share` are marked;
      mean_days (exact), median_days, p90_days (from the bins), median_low..median_high (between them the exact
      median lies for certain), worst_days; may_be_named: more than `minimum_group` usable ones.
      Times are of the usable ones only, and null in a row that is not usable.
    """
    check_columns(transitions, NEEDS, where="handovers")
    rows = _rows(transitions, "BETWEEN", window(quarter, thresholds.step_window_quarters))
    if rows.empty:
        return pd.DataFrame(columns=HANDOVERS)
    table = _timed(rows, KEYS, thresholds).reset_index()
    table["may_be_named"] = table["usable_n"] > thresholds.minimum_group
    return table.reindex(columns=HANDOVERS)


def throughput(transitions: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """From the first stamp of a dossier to the last one so far, of dossiers last moved this quarter, calendar days.

    Needs: the columns of `transition_count`
    Gives: level (ALL, PROCEDURE), proc_core (null = all), n: dossiers, usable_n, is_usable, mean_days, median_days,
      p90_days; as in `handovers`. Dossiers still open are in it with the time so far: it tells how long the trail
      is, not how long a dossier takes (that is in the survival curves).
    """
    check_columns(transitions, NEEDS, where="throughput")
    rows = _rows(transitions, "END", window(quarter, thresholds.step_window_quarters))
    if rows.empty:
        return pd.DataFrame(columns=THROUGHPUT)
    parts = []
    for level, pooled in (("ALL", rows.assign(proc_core="")), ("PROCEDURE", rows)):
        parts.append(_timed(pooled, ["proc_core"], thresholds).reset_index().assign(level=level))
    table = pd.concat(parts, ignore_index=True)
    table["proc_core"] = table["proc_core"].astype(object).where(table["level"].ne("ALL"), None)
    return table.reindex(columns=THROUGHPUT)


def graph(transitions: pd.DataFrame) -> pd.DataFrame:
    """Every way from task to task over all quarters and units, nothing left out, as process-mining tools count it.

    Needs: the columns of `transition_count`
    Gives: edge (START: from_task empty, how many dossiers begin with to_task; BETWEEN: directly follows; END:
      to_task empty, how many end with from_task, and the time is that of the whole dossier), from_task, to_task, n,
      seconds (sum), least, most, mean_seconds, median_seconds, median_low, median_high (null for START: what lies
      before the first stamp is no transition)
    """
    check_columns(transitions, NEEDS, where="graph")
    if transitions.empty:
        return pd.DataFrame(columns=GRAPH)
    rows = _texts(transitions)
    keys = ["edge", "from_task", "to_task"]
    table = rows.groupby(keys, sort=True)[["n"]].sum()
    timed = rows.loc[rows["edge"].ne("START")]
    sums = timed.groupby(keys, sort=True)
    table = table.join(sums.agg(seconds=("seconds", "sum"), least=("least", "min"), most=("most", "max")))
    table["mean_seconds"] = table["seconds"] / table["n"]
    middle = bin_quantiles(timed, 0.5, by=keys).set_index(keys)
    table = table.join(middle.set_axis(["median_seconds", "median_low", "median_high"], axis=1))
    return table.reset_index().reindex(columns=GRAPH)


def bin_quantiles(bins: pd.DataFrame, share: float, *, by: Sequence[str]) -> pd.DataFrame:
    """The quantile of each group, linear between neighbours as usual, from bins of the values.

    Needs: by (no nulls), time_bin (bins are in the order of their values), n, least, most (of the values inside)
    Gives: by, value, low, high. The first and the last value of a bin are exact, those between are spread evenly;
    the exact quantile lies in low..high.
    """
    keys = list(by)
    table = bins.groupby([*keys, "time_bin"], sort=True).agg(
        n=("n", "sum"), least=("least", "min"), most=("most", "max")
    )
    table = table.reset_index()
    group = table.groupby(keys, sort=True)["n"].sum().reset_index()
    if group.empty:
        return group.drop(columns="n").assign(value=np.nan, low=np.nan, high=np.nan)
    upto = table["n"].to_numpy().cumsum()
    size = group["n"].to_numpy()
    start = size.cumsum() - size
    place = (size - 1) * share
    below = np.floor(place).astype(int)
    part = place - below
    found = {}
    one = _values_at(table, upto, start + below)
    other = _values_at(table, upto, start + np.minimum(below + 1, size - 1))
    for name, here, there in zip(("value", "low", "high"), one, other, strict=True):
        found[name] = here + (there - here) * part
    return group.drop(columns="n").assign(**found)


def _values_at(table: pd.DataFrame, upto: np.ndarray, rank: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The value of each rank (0 is the least of all groups) and the bounds it lies in."""
    place = np.searchsorted(upto, rank, side="right")
    n = table["n"].to_numpy()[place]
    least, most = table["least"].to_numpy(dtype=float)[place], table["most"].to_numpy(dtype=float)[place]
    inside = rank - (upto[place] - n)
    value = least + (most - least) * inside / np.maximum(n - 1, 1)
    is_first, is_last = inside == 0, inside == n - 1
    low, high = np.where(is_last & ~is_first, most, least), np.where(is_first, least, most)
    return value, low, high


def _texts(transitions: pd.DataFrame) -> pd.DataFrame:
    """Text for nulls, and one order: sums of fractions then are the same for any order of rows."""
    rows = with_text(transitions, _TEXTS).astype({"n": int})
    return rows.sort_values(["edge", *_TEXTS, "end_quarter", "is_usable", "time_bin"], kind="stable")


def _rows(transitions: pd.DataFrame, edge: str, quarters: Sequence[str]) -> pd.DataFrame:
    return _texts(transitions.loc[transitions["edge"].eq(edge) & transitions["end_quarter"].isin(list(quarters))])


def _timed(rows: pd.DataFrame, keys: Sequence[str], thresholds: Thresholds) -> pd.DataFrame:
    by = list(keys)
    table = rows.groupby(by, sort=True)[["n"]].sum()
    good = rows.loc[rows["is_usable"].astype(bool)]
    table["usable_n"] = good.groupby(by, sort=True)["n"].sum().reindex(table.index).fillna(0).astype(int)
    marked = 1.0 - table["usable_n"] / table["n"]
    table["is_usable"] = (marked <= thresholds.same_second_share) & (table["usable_n"] > 0)
    good = good.merge(table["is_usable"].rename("is_timed").reset_index(), on=by, validate="many_to_one")
    good = good.loc[good["is_timed"]]
    sums = good.groupby(by, sort=True).agg(n=("n", "sum"), seconds=("seconds", "sum"), most=("most", "max"))
    middle, high = (bin_quantiles(good, share, by=by).set_index(by) / DAY for share in (0.5, 0.9))
    table["mean_days"] = sums["seconds"] / sums["n"] / DAY
    table[["median_days", "median_low", "median_high"]] = middle[["value", "low", "high"]]
    table["p90_days"] = high["value"]
    table["worst_days"] = sums["most"] / DAY
    return table
