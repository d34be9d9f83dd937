"""How many dossiers run past their limit, told with the open ones in, beside the usual figures that drop them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.frames import check_columns, window
from analysis.shares import due_cohort, entry_of, wilson
from analysis.survival import cumulative_incidence, survival_at, survival_curves, survival_quantiles
from analysis.thresholds import Thresholds

NEEDS = [
    "unit_code", "proc_core", "received_quarter", "end_quarter", "outcome", "timeliness",
    "elapsed_half_days", "limit_half_days", "n",
]  # fmt: skip
INDEX_766_NEEDS = ["quarter", "unit_code", "proc_core", "n", "on_time"]
ANY = "*"  # stands for "all of them" in a grouping key; given out as null
KEYS = ["unit_code", "proc_core"]
LEVELS: dict[str, tuple[str, ...]] = {
    "ALL": (),
    "UNIT": ("unit_code",),
    "PROCEDURE": ("proc_core",),
    "PROCEDURE_UNIT": ("unit_code", "proc_core"),
}
COUNTS = [
    "n", "done", "early", "on_time", "late", "open_in_term", "overdue_open", "paused", "no_due", "refused",
    "withdrawn", "stopped", "unusable", "truncated",
]  # fmt: skip
SHARES = [
    "late_share_km", "ci_low", "ci_high", "km_n", "late_share_all_ends", "refused_share", "withdrawn_share",
    "closed_late_share", "closed_n", "due_late_share", "due_n", "due_late", "due_low", "due_high",
    "official_late_share", "official_n", "index766_share", "index766_n", "median_half_days", "p95_half_days",
]  # fmt: skip
_OTHER_ENDS = ["REFUSED", "WITHDRAWN", "STOPPED"]
_SIZES = [*COUNTS, "km_n", "closed_n", "due_n", "due_late", "official_n"]


def timeliness_shares(
    counts: pd.DataFrame, *, quarter: str, thresholds: Thresholds, index_766: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Late shares and durations of dossiers received in the year up to `quarter`, four ways of grouping.

    Needs: the columns of `duration_count` (elapsed and limit in half working days); due_passed (bool: the due
    date had come by the reporting day) when the model gives it, otherwise every dossier ended early counts as due;
    entry_half_days when it gives it (delayed entry); `index_766` as the model index_766_count gives it
    Gives: level (ALL, UNIT, PROCEDURE, PROCEDURE_UNIT), unit_code, proc_core (null = all), the COUNTS and
      late_share_km, ci_low, ci_high, km_n: Kaplan-Meier share of dossiers with a limit that run past it; open ones
        count as far as they have come, those received before their unit's history from the day it began; refused,
        withdrawn and stopped count as no longer seen. Null where all were received before it (as the medians)
      late_share_all_ends: share still unfinished just past the limit, every end counted (Aalen-Johansen);
        refused_share, withdrawn_share: ended so within the limit
      closed_late_share, closed_n: the usual figure: late among dossiers solved
      due_late_share, due_n, due_late, due_low, due_high: late or overdue among dossiers whose due date had come
        (due_cohort), with the Wilson interval
      official_late_share, official_n: form II.06a, (10) / (7): late among those solved in `quarter`, whenever
        received
      index766_share, index766_n: share ON TIME of `quarter` as Decision 766/QD-TTg counts; null without `index_766`
      median_half_days, p95_half_days: Kaplan-Meier; null when too few have ended to say
      may_be_named: more than `minimum_group` dossiers with a limit
    NO_DUE is never on time: it is a class of its own and in no share. `truncated`: ended before their unit's
    history began, so in no curve.
    """
    check_columns(counts, NEEDS, where="timeliness_shares")
    rows = _prepared(counts.loc[counts["received_quarter"].isin(window(quarter, thresholds.window_quarters))])
    official = _official_rows(counts, quarter)
    index = _index_rows(index_766, quarter)
    parts = [_level((rows, official, index), name, thresholds) for name in LEVELS]
    table = pd.concat([part for part in parts if not part.empty] or [pd.DataFrame()], ignore_index=True)
    table = table.reindex(columns=["level", *KEYS, *COUNTS, *SHARES, "may_be_named"])
    return table.astype(dict.fromkeys(_SIZES, int) | {"may_be_named": bool})


def keyed(rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The rows with unit and procedure as text, ANY in place of a key that is not among `keys`."""
    wanted = {key: rows[key].fillna("").astype(str) if key in keys else ANY for key in KEYS}
    return rows.assign(**wanted).astype(dict.fromkeys(KEYS, object))


def named(table: pd.DataFrame, level: str) -> pd.DataFrame:
    """The rows of one level as they are given out: the level first, null in place of ANY."""
    table[KEYS] = table[KEYS].astype(object).where(table[KEYS] != ANY, None)
    table.insert(0, "level", level)
    return table


def from_receipt(curves: pd.DataFrame) -> pd.DataFrame:
    """The curves of the groups with a dossier seen from receipt on.

    Where every dossier was already old when history began, nothing is known of those that were faster: the group
    has no curve, and so no late share and no median.

    Needs: the columns survival_curves gives, entry -inf for a dossier seen from receipt
    Gives: the same columns
    """
    return curves.loc[np.isneginf(curves["since"].astype(float))]


def ratio_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """Time as a share of the limit, so that procedures of different limits share one curve.

    Needs: outcome, timeliness, elapsed_half_days, limit_half_days, n; entry_half_days where history starts mid-life
    Gives: the same rows that have a usable limit, with time (elapsed / limit), begin (entry / limit, -inf from
      receipt), ended, censored, other_end
    The law compares dates, half days only measure: the date decides on which side of 1 a dossier stands
    (EARLY, ON_TIME, IN_TERM at most 1; LATE, OVERDUE beyond 1), half days decide where.
    """
    rows = _prepared(counts)
    return rows.loc[rows["has_limit"]].copy()


def _prepared(counts: pd.DataFrame) -> pd.DataFrame:
    rows = due_cohort(counts.reset_index(drop=True))
    limit = pd.to_numeric(rows["limit_half_days"]).astype(float)
    elapsed = pd.to_numeric(rows["elapsed_half_days"]).astype(float)
    entry = entry_of(rows)
    base = limit.clip(lower=1.0)
    late = rows["timeliness"].isin(["LATE", "OVERDUE"])
    in_time = rows["timeliness"].isin(["EARLY", "ON_TIME", "IN_TERM"])
    # A morning start and an afternoon end add a half day to the same dates: that alone is not past the limit.
    in_time |= ~late & (elapsed <= limit + 1)
    ratio = np.where(late, np.maximum(elapsed, base + 0.5) / base, elapsed / base)
    rows["time"] = np.where(in_time, np.minimum(ratio, 1.0), ratio)
    rows["elapsed"] = elapsed
    rows["entered"] = entry.where(entry > 0, -np.inf)
    # Watched only from past the limit on is past 1, as a late dossier is; never later than its own exit.
    begin = np.where(entry > limit, np.maximum(entry, base + 0.5), entry) / base
    rows["begin"] = np.where(entry > 0, np.minimum(begin, rows["time"]), -np.inf)
    rows["is_truncated"] = entry > elapsed
    measured = limit.ge(0) & elapsed.ge(0)
    rows["has_limit"] = measured & rows["timeliness"].ne("NO_DUE") & ~rows["is_truncated"]
    rows["is_unusable"] = ~measured & rows["timeliness"].ne("NO_DUE")
    done, other = rows["outcome"].eq("DONE"), rows["outcome"].isin(_OTHER_ENDS)
    rows["ended"] = rows["n"].where(done, 0)
    rows["other_end"] = rows["n"].where(other, 0)
    rows["open_now"] = rows["n"].where(~done & ~other, 0)
    rows["censored"] = rows["other_end"] + rows["open_now"]
    return rows


def _official_rows(counts: pd.DataFrame, quarter: str) -> pd.DataFrame:
    solved = counts["outcome"].eq("DONE") & counts["timeliness"].isin(["EARLY", "ON_TIME", "LATE"])
    rows = counts.loc[solved & counts["end_quarter"].eq(quarter)]
    late = rows["n"].where(rows["timeliness"].eq("LATE"), 0)
    return rows[KEYS].assign(official_n=rows["n"], official_late=late)


def _index_rows(index_766: pd.DataFrame | None, quarter: str) -> pd.DataFrame:
    if index_766 is None:
        return pd.DataFrame(columns=[*KEYS, "index766_n", "index766_on_time"])
    check_columns(index_766, INDEX_766_NEEDS, where="timeliness_shares")
    rows = index_766.loc[index_766["quarter"].eq(quarter)]
    return rows[KEYS].assign(index766_n=rows["n"], index766_on_time=rows["on_time"])


def _level(
    frames: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], name: str, thresholds: Thresholds
) -> pd.DataFrame:
    rows, official, index = (keyed(frame, LEVELS[name]) for frame in frames)
    table = _class_counts(rows)
    for part in (_limit_shares(rows, thresholds), _durations(rows, thresholds)):
        table = table.merge(part, on=KEYS, how="left", validate="one_to_one")
    # A group may have solved old dossiers and received none: its official figure stands all the same.
    for part in (official, index):
        table = table.merge(part.groupby(KEYS, sort=True).sum().reset_index(), on=KEYS, how="outer", validate="1:1")
    table = table.sort_values(KEYS, kind="stable").reset_index(drop=True)
    table["closed_n"] = table["early"] + table["on_time"] + table["late"]
    sizes = [*_SIZES, "official_late"]
    table[sizes] = table[sizes].astype(float).fillna(0.0)
    table["closed_late_share"] = _share(table["late"], table["closed_n"])
    table["due_late_share"] = _share(table["due_late"], table["due_n"])
    table["due_low"], table["due_high"] = wilson(table["due_late"], table["due_n"], thresholds.confidence)
    table["official_late_share"] = _share(table["official_late"], table["official_n"])
    table["index766_share"] = _share(table["index766_on_time"].astype(float), table["index766_n"].astype(float))
    table["may_be_named"] = table["km_n"] > thresholds.minimum_group
    return named(table, name)


def _share(part: "pd.Series[Any]", whole: "pd.Series[Any]") -> "pd.Series[Any]":
    return (part / whole).where(whole > 0)


def _class_counts(rows: pd.DataFrame) -> pd.DataFrame:
    done, n = rows["outcome"].eq("DONE"), rows["n"]
    word = rows["timeliness"]
    not_done = rows["open_now"].gt(0)
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
        "unusable": rows["is_unusable"],
        "truncated": rows["is_truncated"],
        "km_n": rows["has_limit"],
    }
    table = pd.DataFrame({name: n.where(mask, 0) for name, mask in masks.items()})
    table = table.assign(due_n=rows["due"], due_late=rows["due_late"])
    return table.groupby([rows[key] for key in KEYS], sort=True).sum().reset_index()


def _limit_shares(rows: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    usable = rows.loc[rows["has_limit"]]
    curves = from_receipt(survival_curves(usable, by=KEYS, entry="begin", confidence=thresholds.confidence))
    table = survival_at(curves, 1.0, by=KEYS, confidence=thresholds.confidence)
    table = table.rename(columns={"survival": "late_share_km"}, errors="raise")
    # The ends shut one another out: a refused dossier can no longer be solved late.
    ends = usable[[*KEYS, "time", "begin", "ended"]].assign(
        censored=usable["open_now"], **{end: usable["n"].where(usable["outcome"].eq(end), 0) for end in _OTHER_ENDS}
    )
    causes = ["ended", *_OTHER_ENDS]
    incidence = cumulative_incidence(ends, by=KEYS, causes=causes, entry="begin")
    upto = incidence.loc[incidence["time"] <= 1.0].groupby(KEYS, sort=True)[causes].last().reset_index()
    table = table.merge(upto, on=KEYS, how="left", validate="one_to_one")
    table[causes] = table[causes].astype(float).fillna(0.0)
    # Sums of shares may leave -1e-17; a share is not below 0.
    table["late_share_all_ends"] = (1.0 - table[causes].sum(axis=1)).clip(lower=0.0)
    names = {"REFUSED": "refused_share", "WITHDRAWN": "withdrawn_share"}
    return table.rename(columns=names, errors="raise").drop(columns=["ended", "STOPPED"])


def _durations(rows: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    usable = rows.loc[rows["elapsed"].ge(0)]
    curves = survival_curves(usable, by=KEYS, time="elapsed", entry="entered", confidence=thresholds.confidence)
    curves = from_receipt(curves)
    middle = survival_quantiles(curves, 0.5, by=KEYS).rename(columns={"time": "median_half_days"}, errors="raise")
    high = survival_quantiles(curves, 0.95, by=KEYS).rename(columns={"time": "p95_half_days"}, errors="raise")
    return middle.merge(high, on=KEYS, validate="one_to_one")
