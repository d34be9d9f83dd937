"""Which unit ends dossiers faster or slower than the others do with the same procedures, limits or not."""

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
import pandas as pd

from analysis.frames import check_columns, window
from analysis.funnel import benjamini_hochberg
from analysis.shares import entry_of
from analysis.thresholds import Thresholds

NEEDS = ["unit_code", "proc_core", "received_quarter", "outcome", "elapsed_half_days", "n"]
GIVES = ["unit_code", "n", "ended", "expected", "speed_ratio", "low", "high", "chi_square", "p_value", "q_value"]


def unit_speed(counts: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """Log-rank comparison of each unit with all the others, procedure by procedure, over a year of dossiers.

    Needs: unit_code, proc_core, received_quarter, outcome, elapsed_half_days, n; entry_half_days when given
    Gives: unit_code, n: dossiers of procedures another unit does too, ended: of those;
      expected: how many would have ended in the unit, had all units ended dossiers of a procedure at one pace;
      speed_ratio, low, high: ended / expected, above 1 faster and below 1 slower; the interval holds 1 exactly when
        the test does not tell the unit from the others;
      chi_square, p_value, q_value: log-rank stratified by procedure, two-sided; Benjamini-Hochberg over the units
    Open dossiers count as long as they were seen; refused, withdrawn and stopped until they left. With thousands
    of dossiers a small difference is certain: the ratio says how large it is.
    """
    check_columns(counts, NEEDS, where="unit_speed")
    rows = _rows(counts.loc[counts["received_quarter"].isin(window(quarter, thresholds.window_quarters))])
    parts = list(_strata(rows))
    if not parts:
        return pd.DataFrame(columns=GIVES)
    table = pd.concat(parts).groupby("unit_code", sort=True)[["n", "ended", "expected", "variance"]].sum()
    table = table.reset_index()
    away = table["ended"] - table["expected"]
    reach = NormalDist().inv_cdf(0.5 + thresholds.confidence / 2) * np.sqrt(table["variance"])
    told, some = table["variance"] > 0, table["expected"] > 0
    table["chi_square"] = (away**2 / table["variance"]).where(told)
    table["speed_ratio"] = (table["ended"] / table["expected"]).where(some)
    table["low"] = ((table["ended"] - reach).clip(lower=0.0) / table["expected"]).where(some & told)
    table["high"] = ((table["ended"] + reach) / table["expected"]).where(some & told)
    table["p_value"] = _chi_square_upper(table["chi_square"].to_numpy(float))
    table["q_value"] = benjamini_hochberg(np.where(table["n"] > thresholds.minimum_group, table["p_value"], np.nan))
    return table[GIVES].astype({"n": int, "ended": int})


def _chi_square_upper(value: np.ndarray) -> np.ndarray:
    from scipy.special import erfc  # noqa: PLC0415 - half a second to import, only comparisons need it

    return np.asarray(erfc(np.sqrt(value / 2)))


def _rows(counts: pd.DataFrame) -> pd.DataFrame:
    time = pd.to_numeric(counts["elapsed_half_days"]).astype(float)
    rows = pd.DataFrame(
        {
            "unit_code": counts["unit_code"].fillna("").astype(str),
            "proc_core": counts["proc_core"].fillna("").astype(str),
            "entry": entry_of(counts).where(entry_of(counts) > 0, -np.inf),
            "time": time,
            "ended": counts["n"].where(counts["outcome"].eq("DONE"), 0),
            "n": counts["n"],
        }
    )
    rows = rows.loc[rows["time"].ge(0) & rows["entry"].le(rows["time"])]
    keys = ["proc_core", "unit_code", "entry", "time"]
    rows = rows.groupby(keys, sort=True)[["ended", "n"]].sum().reset_index()
    units = rows.groupby("proc_core", sort=False)["unit_code"].transform("nunique")
    return rows.loc[units >= 2]


def _strata(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Ended, expected and its variance of each unit, one procedure at a time."""
    for _, part in rows.groupby("proc_core", sort=True):
        unit, names = pd.factorize(part["unit_code"], sort=True)
        time, entry, n, ended = (part[name].to_numpy(float) for name in ("time", "entry", "n", "ended"))
        moments = np.unique(time[ended > 0])
        size = (len(names), len(moments) + 1)
        # At risk at each moment: those who leave then or later, less those who have not come yet.
        leaves = np.searchsorted(moments, time, "right")
        comes = np.searchsorted(moments, entry, "left")
        change = np.zeros(size)
        np.add.at(change, (unit, comes), n)
        np.add.at(change, (unit, leaves), -n)
        at_risk = change.cumsum(axis=1)[:, :-1]
        of_all = at_risk.sum(axis=0)
        ends = np.bincount(np.searchsorted(moments, time[ended > 0]), ended[ended > 0], len(moments))
        share = at_risk / of_all
        chance = np.where(of_all > 1, ends * (of_all - ends) / np.maximum(of_all - 1, 1), 0.0)
        yield pd.DataFrame(
            {
                "unit_code": names,
                "n": np.bincount(unit, n),
                "ended": np.bincount(unit, ended),
                "expected": share @ ends,
                "variance": (share * (1 - share)) @ chance,
            }
        )
