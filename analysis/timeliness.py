"""How many dossiers run past their limit, told with the open ones in, beside the usual figure that drops them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.frames import check_columns, window
from analysis.survival import cumulative_incidence, survival_at, survival_curves, survival_quantiles
from analysis.thresholds import Thresholds

NEEDS = [
    "unit_code", "proc_core", "received_quarter", "end_quarter", "outcome", "timeliness",
    "elapsed_half_days", "limit_half_days", "n",
]  # fmt: skip
ANY = "*"  # stands for "all of them" in a grouping key; given out as null
LEVELS = {
    "ALL": (),
    "UNIT": ("unit_code",),
    "PROCEDURE": ("proc_core",),
    "PROCEDURE_UNIT": ("unit_code", "proc_core"),
}
COUNTS = [
    "n", "done", "early", "on_time", "late", "open_in_term", "overdue_open", "paused", "no_due", "refused",
    "withdrawn", "stopped", "unusable",
]  # fmt: skip
SHARES = [
    "late_share_km", "ci_low", "ci_high", "km_n", "late_share_all_ends", "closed_late_share", "closed_n",
    "due_late_share", "due_n", "median_half_days", "p95_half_days",
]  # fmt: skip
_OTHER_ENDS = ["REFUSED", "WITHDRAWN", "STOPPED"]


def timeliness_shares(counts: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """Late shares and durations of dossiers received in the year up to `quarter`, four ways of grouping.

    Needs: the columns of `duration_count` (elapsed and limit in half working days); due_passed (bool: the due
    date had come by the reporting day) when the model gives it, otherwise every dossier ended early counts as due
    Gives: level (ALL, UNIT, PROCEDURE, PROCEDURE_UNIT), unit_code, proc_core (null = all), the COUNTS and
      late_share_km, ci_low, ci_high, km_n: Kaplan-Meier share of dossiers with a limit that run past it; open ones
        count as far as they have come; refused, withdrawn and stopped count as no longer seen
      late_share_all_ends: share still unfinished just past the limit, every end counted (Aalen-Johansen)
      closed_late_share, closed_n: the usual figure: late among dossiers solved
      due_late_share, due_n: late or overdue among dossiers whose due date had come
      median_half_days, p95_half_days: Kaplan-Meier; null when too few have ended to say
      may_be_named: more than `minimum_group` dossiers with a limit
    NO_DUE is never on time: it is a class of its own and in no share.
    """
    check_columns(counts, NEEDS, where="timeliness_shares")
    rows = _prepared(counts.loc[counts["received_quarter"].isin(window(quarter, thresholds.window_quarters))])
    parts = [_level(rows, name, keys, thresholds) for name, keys in LEVELS.items()]
    table = pd.concat(parts, ignore_index=True) if not rows.empty else pd.DataFrame()
    columns = ["level", "unit_code", "proc_core", *COUNTS, *SHARES, "may_be_named"]
    return table.reindex(columns=columns)


def ratio_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """Time as a share of the limit, so that procedures of different limits share one curve.

    Needs: outcome, timeliness, elapsed_half_days, limit_half_days, n
    Gives: the same rows that have a usable limit, with time (elapsed / limit), ended, censored, other_end
    The law compares dates, half days only measure: the date decides on which side of 1 a dossier stands
    (EARLY, ON_TIME, IN_TERM at most 1; LATE, OVERDUE beyond 1), half days decide where.
    """
    rows = _prepared(counts)
    return rows.loc[rows["has_limit"]].copy()


def _prepared(counts: pd.DataFrame) -> pd.DataFrame:
    rows = counts.reset_index(drop=True)
    limit = pd.to_numeric(rows["limit_half_days"]).astype(float)
    elapsed = pd.to_numeric(rows["elapsed_half_days"]).astype(float)
    base = limit.clip(lower=1.0)
    late = rows["timeliness"].isin(["LATE", "OVERDUE"])
    in_time = rows["timeliness"].isin(["EARLY", "ON_TIME", "IN_TERM"])
    # A morning start and an afternoon end add a half day to the same dates: that alone is not past the limit.
    in_time |= ~late & (elapsed <= limit + 1)
    ratio = np.where(late, np.maximum(elapsed, base + 0.5) / base, elapsed / base)
    rows["time"] = np.where(in_time, np.minimum(ratio, 1.0), ratio)
    rows["elapsed"] = elapsed
    rows["has_limit"] = limit.ge(0) & elapsed.ge(0) & rows["timeliness"].ne("NO_DUE")
    done, other = rows["outcome"].eq("DONE"), rows["outcome"].isin(_OTHER_ENDS)
    rows["ended"] = rows["n"].where(done, 0)
    rows["other_end"] = rows["n"].where(other, 0)
    rows["open_now"] = rows["n"].where(~done & ~other, 0)
    rows["censored"] = rows["other_end"] + rows["open_now"]
    return rows


def _level(rows: pd.DataFrame, name: str, keys: Sequence[str], thresholds: Thresholds) -> pd.DataFrame:
    by = ["unit_code", "proc_core"]
    rows = rows.copy()
    for key in by:
        rows[key] = rows[key].fillna("").astype(str) if key in keys else ANY
    table = _class_counts(rows, by)
    for part in (_limit_shares(rows, by, thresholds), _durations(rows, by, thresholds)):
        table = table.merge(part, on=by, how="left", validate="one_to_one")
    table["closed_n"] = table["early"] + table["on_time"] + table["late"]
    table["closed_late_share"] = (table["late"] / table["closed_n"]).where(table["closed_n"] > 0)
    table["due_late_share"] = ((table["late"] + table["overdue_open"]) / table["due_n"]).where(table["due_n"] > 0)
    table["km_n"] = table["km_n"].fillna(0).astype(int)
    table["may_be_named"] = table["km_n"] > thresholds.minimum_group
    table.insert(0, "level", name)
    table[by] = table[by].astype(object).where(table[by] != ANY, None)
    return table


def _class_counts(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    done, n = rows["outcome"].eq("DONE"), rows["n"]
    word = rows["timeliness"]
    not_done = rows["open_now"].gt(0)
    due_passed = rows.get("due_passed", word.isin(["EARLY", "ON_TIME", "LATE", "OVERDUE"]))
    masks = {
        "n": pd.Series(True, index=rows.index),
        "done": done,
        "early": done & word.eq("EARLY"),
        "on_time": done & word.eq("ON_TIME"),
        "late": done & word.eq("LATE"),
        "open_in_term": not_done & word.eq("IN_TERM"),
        "overdue_open": not_done & word.eq("OVERDUE"),
        "paused": not_done & word.eq("PAUSED"),
        "no_due": word.eq("NO_DUE"),
        "refused": rows["outcome"].eq("REFUSED"),
        "withdrawn": rows["outcome"].eq("WITHDRAWN"),
        "stopped": rows["outcome"].eq("STOPPED"),
        "unusable": ~rows["has_limit"] & word.ne("NO_DUE"),
        "due_n": due_passed.astype(bool) & word.isin(["EARLY", "ON_TIME", "LATE", "OVERDUE"]) & (done | not_done),
        "km_n": rows["has_limit"],
    }
    table = pd.DataFrame({name: n.where(mask, 0) for name, mask in masks.items()})
    return table.groupby([rows[key] for key in by], sort=True).sum().reset_index()


def _limit_shares(rows: pd.DataFrame, by: list[str], thresholds: Thresholds) -> pd.DataFrame:
    usable = rows.loc[rows["has_limit"]]
    if usable.empty:
        return pd.DataFrame(columns=[*by, "late_share_km", "ci_low", "ci_high", "late_share_all_ends"])
    curves = survival_curves(usable[[*by, "time", "ended", "censored"]], by=by, confidence=thresholds.confidence)
    shares = survival_at(curves, 1.0, by=by, confidence=thresholds.confidence)
    ends = usable.drop(columns=["censored"]).rename(columns={"open_now": "censored"}, errors="raise")
    causes = cumulative_incidence(
        ends[[*by, "time", "ended", "other_end", "censored"]], by=by, causes=["ended", "other_end"]
    )
    upto = causes.loc[causes["time"] <= 1.0].groupby(by, sort=True)[["ended", "other_end"]].last().reset_index()
    table = shares.rename(columns={"survival": "late_share_km"}, errors="raise")
    table = table.merge(upto, on=by, how="left", validate="one_to_one")
    gone = table["ended"].fillna(0.0) + table["other_end"].fillna(0.0)
    # Sums of shares may leave -1e-17; a share is not below 0.
    table["late_share_all_ends"] = (1.0 - gone).clip(lower=0.0)
    return table.drop(columns=["ended", "other_end"])


def _durations(rows: pd.DataFrame, by: list[str], thresholds: Thresholds) -> pd.DataFrame:
    usable = rows.loc[rows["elapsed"].ge(0)]
    if usable.empty:
        return pd.DataFrame(columns=[*by, "median_half_days", "p95_half_days"])
    curves = survival_curves(
        usable[[*by, "elapsed", "ended", "censored"]], by=by, time="elapsed", confidence=thresholds.confidence
    )
    middle = survival_quantiles(curves, 0.5, by=by).rename(columns={"time": "median_half_days"}, errors="raise")
    high = survival_quantiles(curves, 0.95, by=by).rename(columns={"time": "p95_half_days"}, errors="raise")
    return middle.merge(high, on=by, validate="one_to_one")
