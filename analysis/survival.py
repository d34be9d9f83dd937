"""Kaplan-Meier and Aalen-Johansen, exactly, from grouped counts: as dear for a hundred million dossiers as for ten.

A row says how many dossiers ended, or were still open (censored), at one time. Ends at a time come before
censorings at the same time, so S(t) is the share that lasts *longer than* t. Where history starts mid-life, a
dossier is watched only from its entry on: it is at risk at t when entry <= t <= exit. One that had lasted to its
entry could still be seen to end at that very time, since times are counted in half days.
"""

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from analysis.frames import check_columns

CURVE = ["time", "at_risk", "ended", "censored", "survival", "ci_low", "ci_high", "watched", "since"]


def survival_curves(
    counts: pd.DataFrame,
    *,
    by: Sequence[str],
    confidence: float = 0.95,
    time: str = "time",
    entry: str | None = None,
) -> pd.DataFrame:
    """Kaplan-Meier curves of many groups at once, with the log-log Greenwood interval.

    Needs: the `by` columns (no nulls), the time column, ended, censored (counts at that time); the entry column
      when `entry` names one (null: watched from the beginning; a scale on which dossiers begin at different points,
      as time past the limit, must say so by null). A row that exits before its entry was never watched: left out.
    Gives: by, time, at_risk, ended, censored, survival, ci_low, ci_high; one row a group and time, in order;
      watched: the fewest dossiers under watch at any moment up to then; since: the group's first entry. Before it
      nothing is known, and the curve is of those who lasted that long (-inf: from the beginning).
    Where the survival is exactly 0 or 1 the log-log interval does not exist; the exact binomial bound of
    "none" or "all" of the dossiers watched is given instead. After a time with nobody under watch ci_low is 0.
    """
    check_columns(counts, [*by, time, "ended", "censored", *([entry] if entry else [])], where="survival_curves")
    table, groups = _risk_table(counts, by, ["ended", "censored"], time=time, entry=entry)
    ended, risk = table["ended"], table["at_risk"]
    survival = (1.0 - ended / risk).groupby(groups, sort=False).cumprod()
    with np.errstate(divide="ignore"):
        term = np.where(ended > 0, ended / (risk * (risk - ended)), 0.0)
    variance = pd.Series(term, index=table.index).groupby(groups, sort=False).cumsum()
    gone = ended.groupby(groups, sort=False).cumsum().where(survival <= 0.0)
    # Those who had ended when nobody was left; later ones (delayed entry) say nothing about that moment.
    gone = gone.groupby(groups, sort=False).cummin().clip(upper=table["first_watched"])
    table["survival"] = survival
    table["ci_low"], table["ci_high"] = _interval(
        survival.to_numpy(dtype=float),
        variance.to_numpy(dtype=float),
        seen=(table["watched"].to_numpy(dtype=float), gone.to_numpy(dtype=float)),
        confidence=confidence,
    )
    return table[[*by, *CURVE]]


def _risk_table(
    counts: pd.DataFrame, by: Sequence[str], ends: Sequence[str], *, time: str, entry: str | None
) -> tuple[pd.DataFrame, pd.Series]:
    """One row a group and time with an exit, in order, and the number of the group each row is of.

    Gives: by, time, the `ends` (counts), at_risk, watched, first_watched, since
    """
    keys, names = list(by), list(ends)
    rows = counts[keys].assign(**{name: counts[name].astype(float) for name in names})
    rows = rows.assign(time=counts[time].astype(float), begin=-np.inf)
    if entry is not None:
        rows["begin"] = counts[entry].astype(float).fillna(-np.inf)
    rows = rows.loc[(rows["begin"] <= rows["time"]) & (rows[names].sum(axis=1) > 0)]
    exits = rows.groupby([*keys, "time"], sort=True)[names].sum().reset_index()
    entries = rows.groupby([*keys, "begin"], sort=True)[names].sum().sum(axis=1).rename("entered").reset_index()
    entries = entries.rename(columns={"begin": "time"}, errors="raise").assign(**dict.fromkeys(names, 0.0))
    table = pd.concat([exits.assign(entered=0.0), entries], ignore_index=True)
    table = table.groupby([*keys, "time"], sort=True)[[*names, "entered"]].sum().reset_index()
    group = _group_numbers(table, keys)
    left = table[names].sum(axis=1)
    come, went = (values.groupby(group, sort=False).cumsum() for values in (table["entered"], left))
    table["at_risk"] = come - went + left
    table["first_watched"] = come.groupby(group, sort=False).transform("first")
    table["since"] = table["time"].groupby(group, sort=False).transform("first")
    # The fewest so far: after an earlier exit, at the very beginning, or now.
    fewest = (come - went).where(left > 0).groupby(group, sort=False).cummin()
    fewest = fewest.groupby(group, sort=False).shift(1)
    fewest = fewest.groupby(group, sort=False).ffill()
    table["watched"] = np.fmin(np.fmin(fewest, table["at_risk"]), table["first_watched"])
    seen = left > 0
    return table.loc[seen].reset_index(drop=True), group.loc[seen].reset_index(drop=True)


def _group_numbers(table: pd.DataFrame, keys: list[str]) -> "pd.Series[Any]":
    if not keys:
        return pd.Series(0, index=table.index)
    return table.groupby(keys, sort=False, dropna=False).ngroup()


def _interval(
    survival: np.ndarray, variance: np.ndarray, *, seen: tuple[np.ndarray, np.ndarray], confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    z, tail = NormalDist().inv_cdf(0.5 + confidence / 2), (1.0 - confidence) / 2
    watched, gone = seen
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = z * np.sqrt(variance) / np.abs(np.log(survival))
        low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
        at_one = tail ** (1.0 / watched)
        at_zero = 1.0 - tail ** (1.0 / np.maximum(gone, 1.0))
    low = np.where(survival >= 1.0, at_one, np.where(survival <= 0.0, 0.0, low))
    high = np.where(survival >= 1.0, 1.0, np.where(survival <= 0.0, at_zero, high))
    # A time with nobody under watch: any number may have ended in it.
    return np.where(watched <= 0, 0.0, low), high


def survival_at(curves: pd.DataFrame, moment: float, *, by: Sequence[str], confidence: float = 0.95) -> pd.DataFrame:
    """The share lasting longer than `moment` in each group, with its interval.

    Needs: the columns survival_curves gives
    Gives: by, survival, ci_low, ci_high; one row a group. A group with no time up to `moment` has survival 1
    and the exact bound for its number of dossiers; one that is watched only from later on has nulls.
    """
    keys = list(by)
    first = curves.groupby(keys, sort=True)[["watched", "since"]].first().reset_index()
    upto = curves.loc[curves["time"] <= moment].groupby(keys, sort=True).last().reset_index()
    found = first.merge(upto[[*keys, "survival", "ci_low", "ci_high"]], on=keys, how="left", validate="one_to_one")
    nothing = found["survival"].isna() & (found["since"] <= moment)
    found.loc[nothing, ["survival", "ci_high"]] = 1.0
    found.loc[nothing, "ci_low"] = ((1.0 - confidence) / 2) ** (1.0 / found.loc[nothing, "watched"])
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


def cumulative_incidence(
    counts: pd.DataFrame,
    *,
    by: Sequence[str],
    causes: Sequence[str],
    time: str = "time",
    entry: str | None = None,
) -> pd.DataFrame:
    """Aalen-Johansen: the share that has ended by each cause, when one end shuts out the others.

    Needs: by (no nulls), the time column, censored, one count column a cause; the entry column when `entry` names
      one, as for survival_curves
    Gives: by, time, and one column a cause: the share of the group ended by that cause up to and at that time
    """
    names = list(causes)
    check_columns(counts, [*by, time, "censored", *names, *([entry] if entry else [])], where="cumulative_incidence")
    table, groups = _risk_table(counts, by, [*names, "censored"], time=time, entry=entry)
    risk = table["at_risk"]
    hazard = table[names].sum(axis=1) / risk
    staying = (1.0 - hazard).groupby(groups, sort=False).cumprod()
    before = staying.groupby(groups, sort=False).shift(1).fillna(1.0)
    for name in names:
        table[name] = (before * table[name] / risk).groupby(groups, sort=False).cumsum()
    return table[[*by, "time", *names]]
