"""Kaplan-Meier and Aalen-Johansen, exactly, from grouped counts: as dear for a hundred million dossiers as for ten.

A row says how many dossiers ended, or were still open (censored), at one time. Ends at a time come before
censorings at the same time, so S(t) is the share that lasts *longer than* t.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from analysis.frames import check_columns

CURVE = ["time", "at_risk", "ended", "censored", "survival", "ci_low", "ci_high"]


def survival_curves(
    counts: pd.DataFrame, *, by: Sequence[str], confidence: float = 0.95, time: str = "time"
) -> pd.DataFrame:
    """Kaplan-Meier curves of many groups at once, with the log-log Greenwood interval.

    Needs: the `by` columns (no nulls), the time column, ended, censored (counts at that time)
    Gives: by, time, at_risk, ended, censored, survival, ci_low, ci_high; one row a group and time, in order.
    Where the survival is exactly 0 or 1 the log-log interval does not exist; the exact binomial bound of
    "none" or "all" of the dossiers seen is given instead.
    """
    check_columns(counts, [*by, time, "ended", "censored"], where="survival_curves")
    keys = list(by)
    table = counts.rename(columns={time: "time"}, errors="raise") if time != "time" else counts
    table = table.groupby([*keys, "time"], sort=True, dropna=False)[["ended", "censored"]].sum().reset_index()
    if not keys:
        table = table.assign(_all=0)
        keys = ["_all"]
    left = table["ended"] + table["censored"]
    groups = left.groupby([table[key] for key in keys], sort=False)
    at_risk = groups.transform("sum") - groups.cumsum() + left
    table["at_risk"] = at_risk
    grouping = [table[key] for key in keys]
    ended, risk = table["ended"].astype(float), at_risk.astype(float)
    table["survival"] = (1.0 - ended / risk).groupby(grouping, sort=False).cumprod()
    with np.errstate(divide="ignore"):
        term = np.where(ended > 0, ended / (risk * (risk - ended)), 0.0)
    variance = pd.Series(term, index=table.index).groupby(grouping, sort=False).cumsum()
    total_ended = ended.groupby(grouping, sort=False).cumsum()
    low, high = _interval(table["survival"].to_numpy(), variance.to_numpy(), confidence)
    low, high = _exact_ends(
        table["survival"].to_numpy(),
        low,
        high,
        seen=(risk.to_numpy(), total_ended.to_numpy()),
        confidence=confidence,
    )
    table["ci_low"], table["ci_high"] = low, high
    return table[[*by, *CURVE]]


def _interval(survival: np.ndarray, variance: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = z * np.sqrt(variance) / np.abs(np.log(survival))
        return survival ** np.exp(spread), survival ** np.exp(-spread)


def _exact_ends(
    survival: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    *,
    seen: tuple[np.ndarray, np.ndarray],
    confidence: float,
) -> tuple[np.ndarray, np.ndarray]:
    risk, ended = seen
    tail = (1.0 - confidence) / 2
    with np.errstate(divide="ignore"):
        at_one = tail ** (1.0 / risk)
        at_zero = 1.0 - tail ** (1.0 / np.maximum(ended, 1.0))
    low = np.where(survival >= 1.0, at_one, np.where(survival <= 0.0, 0.0, low))
    high = np.where(survival >= 1.0, 1.0, np.where(survival <= 0.0, at_zero, high))
    return low, high


def survival_at(curves: pd.DataFrame, moment: float, *, by: Sequence[str], confidence: float = 0.95) -> pd.DataFrame:
    """The share lasting longer than `moment` in each group, with its interval.

    Needs: the columns survival_curves gives
    Gives: by, survival, ci_low, ci_high; one row a group. A group with no time up to `moment` has survival 1
    and the exact bound for its number of dossiers.
    """
    keys = list(by)
    first = curves.groupby(keys, sort=True).first().reset_index()[[*keys, "at_risk"]]
    upto = curves.loc[curves["time"] <= moment].groupby(keys, sort=True).last().reset_index()
    found = first.merge(upto[[*keys, "survival", "ci_low", "ci_high"]], on=keys, how="left", validate="one_to_one")
    nothing = found["survival"].isna()
    found.loc[nothing, ["survival", "ci_high"]] = 1.0
    found.loc[nothing, "ci_low"] = ((1.0 - confidence) / 2) ** (1.0 / found.loc[nothing, "at_risk"])
    return found[[*keys, "survival", "ci_low", "ci_high"]]


def survival_quantiles(
    curves: pd.DataFrame, share: float, *, by: Sequence[str], column: str = "survival"
) -> pd.DataFrame:
    """The first time by which at least `share` of each group had ended; NaN when the curve never gets there.

    Needs: by, time and `column` of survival_curves (survival, or ci_low/ci_high for the ends of the interval)
    Gives: by, time
    """
    keys = list(by)
    everyone = curves[keys].drop_duplicates()
    reached = curves.loc[curves[column] <= 1.0 - share + 1e-12].groupby(keys, sort=True)["time"].min().reset_index()
    return everyone.merge(reached, on=keys, how="left", validate="one_to_one")


def cumulative_incidence(counts: pd.DataFrame, *, by: Sequence[str], causes: Sequence[str]) -> pd.DataFrame:
    """Aalen-Johansen: the share that has ended by each cause, when one end shuts out the others.

    Needs: by (no nulls), time, censored, and one count column a cause
    Gives: by, time, and one column a cause: the share of the group ended by that cause up to and at that time
    """
    check_columns(counts, [*by, "time", "censored", *causes], where="cumulative_incidence")
    keys, names = list(by), list(causes)
    table = counts.groupby([*keys, "time"], sort=True)[[*names, "censored"]].sum().reset_index()
    grouping = [table[key] for key in keys]
    left = table[[*names, "censored"]].sum(axis=1)
    groups = left.groupby(grouping, sort=False)
    risk = (groups.transform("sum") - groups.cumsum() + left).astype(float)
    hazard = table[names].sum(axis=1) / risk
    staying = (1.0 - hazard).groupby(grouping, sort=False).cumprod()
    before = staying.groupby(grouping, sort=False).shift(1).fillna(1.0)
    for name in names:
        table[name] = (before * table[name] / risk).groupby(grouping, sort=False).cumsum()
    return table[[*keys, "time", *names]]
