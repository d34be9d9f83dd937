"""Which limit could be shorter and by how many days, which is padded, and which must not be cut."""

import numpy as np
import pandas as pd

from analysis.exact import share_interval
from analysis.frames import check_columns, window
from analysis.survival import survival_at, survival_curves, survival_quantiles
from analysis.thresholds import Thresholds

DURATION_NEEDS = [
    "proc_core",
    "received_quarter",
    "outcome",
    "timeliness",
    "elapsed_half_days",
    "limit_half_days",
    "n",
]
_BY_DOSSIERS = [
    "n", "limit_days", "met_limit_days", "met_low_days", "met_high_days", "proposed_days", "late_share_now",
    "now_low", "now_high", "late_share_after", "after_low", "after_high", "median_days", "longest_days",
    "never_needed_days", "unseen_share_high", "share_becoming_late", "becoming_low", "becoming_high",
    "shorter_late_share", "shorter_low", "shorter_high",
]  # fmt: skip
GIVES = [
    "proc_core", "n", "limit_days", "catalogue_days", "step_sum_days", "padding_days", "is_padded",
    "is_step_sum_over",
    "met_limit_days", "met_low_days", "met_high_days", "proposed_days", "cut_days", "late_share_now", "now_low",
    "now_high", "late_share_after", "after_low", "after_high", "is_cut", "is_too_short", "median_days",
    "longest_days", "never_needed_days", "unseen_share_high", "is_padded_by_dossiers",
    "share_becoming_late", "becoming_low", "becoming_high",
    "shorter_late_share", "shorter_low", "shorter_high", "is_cut_harmful", "step_to_mend",
]  # fmt: skip
CURVE_GIVES = ["proc_core", "days", "late_share", "low", "high", "n"]
_STEP_NEEDS = ["level", "proc_core", "task", "excess_half_days"]


def limit_cuts(  # noqa: PLR0913 - three frames, what they are of, and the step times that may be missing
    durations: pd.DataFrame,
    procedures: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    quarter: str,
    thresholds: Thresholds,
    step_times: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """For each procedure: the shortest limit that enough dossiers would have met, and what it would cost.

    Needs: `durations` as duration_count (entry_half_days may be missing: all watched from receipt); `procedures`:
      proc_core, limit_quantity, limit_unit (one row each, in force); `steps`: proc_core, planned_days, is_paused
      (may be empty); `step_times` as step_times gives it (may be missing or empty)
    Gives (working days): proc_core, n (comparable dossiers: those within a day of the limit most had),
      limit_days (that limit), catalogue_days (working-day limits only), step_sum_days (pauses left out),
      padding_days = catalogue minus step sum, is_padded, is_step_sum_over;
      met_limit_days: shortest whole-day limit `limit_share` of them meet, met_low_days..met_high_days its interval;
      proposed_days, cut_days: that limit when even the upper end of the late share it leaves stays within the
      target, else the next longer one that does; late_share_now and late_share_after with intervals; is_cut;
      is_too_short: surely more than half run past the limit, so a cut would only make lateness; median_days;
      longest_days: whole days the longest of them has taken so far; never_needed_days: days of the limit beyond
      it (null while the longest is itself unfinished); unseen_share_high: exact one-sided bound 1 - a^(1/n) of the
      share that could still take longer, n the finished ones; is_padded_by_dossiers: never needed, and even by
      that bound `limit_share` would be held;
      share_becoming_late = late_share_after - late_share_now (0 at least), becoming_low..becoming_high its interval
      (Greenwood as an effective number, exact binomial; null where nothing shorter is proposed);
      shorter_late_share, shorter_low, shorter_high: late share under a limit shorter by the smallest cut;
      is_cut_harmful: the limit looks long (by its steps, or the middle dossier leaves `looks_long_share` of it to
      spare), yet that smallest cut would take the upper end of the late share past the target, or only add to a
      share surely past it already;
      step_to_mend: task with the most time over plan, where the limit is too short or must not be cut
    A dossier met a limit of L days when it took at most 2L half days: the stricter reading, never the kinder.
    """
    check_columns(durations, DURATION_NEEDS, where="limit_cuts")
    check_columns(procedures, ["proc_core", "limit_quantity", "limit_unit"], where="limit_cuts")
    table = procedures[["proc_core", "limit_quantity", "limit_unit"]].drop_duplicates("proc_core")
    table = table.astype({"proc_core": object, "limit_quantity": float})
    table = table.assign(catalogue_days=table["limit_quantity"].where(table["limit_unit"].eq("WORKING_DAY")))
    table = table[["proc_core", "catalogue_days"]].merge(
        _step_sums(steps), on="proc_core", how="left", validate="1:1"
    )
    rows = _comparable(durations, quarter, thresholds)
    table = table.merge(_from_dossiers(rows, thresholds), on="proc_core", how="left", validate="one_to_one")
    table = _judged(table.assign(n=table["n"].fillna(0).astype(int)), thresholds)
    mending = steps_to_mend(step_times)
    asked = table["is_too_short"] | table["is_cut_harmful"]
    table["step_to_mend"] = [
        mending.get(core) if is_asked else None for core, is_asked in zip(table["proc_core"], asked, strict=True)
    ]
    return table.sort_values("proc_core").reset_index(drop=True)[GIVES]


def limit_curve(durations: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """The late share each whole-day limit would have left, from one day to two days past the present limit.

    Needs: `durations` as for limit_cuts
    Gives: proc_core, days, late_share, low, high (Kaplan-Meier of comparable dossiers, null where none is watched
      from so early on), n (comparable dossiers); by procedure and day
    """
    check_columns(durations, DURATION_NEEDS, where="limit_curve")
    rows = _comparable(durations, quarter, thresholds)
    if rows.empty:
        return pd.DataFrame(columns=CURVE_GIVES)
    sizes = rows.groupby("proc_core", sort=True).agg(n=("n", "sum"), usual=("usual", "first")).reset_index()
    last = (np.ceil(sizes["usual"] / 2.0) + 2).astype(int).to_numpy()
    points = sizes.loc[np.repeat(sizes.index, last), ["proc_core", "n"]].reset_index(drop=True)
    points["days"] = points.groupby("proc_core", sort=False).cumcount() + 1
    found = _late_shares(_curves(rows, thresholds), points, thresholds)
    names = {"survival": "late_share", "ci_low": "low", "ci_high": "high"}
    return found.rename(columns=names, errors="raise")[CURVE_GIVES]


def steps_to_mend(step_times: pd.DataFrame | None) -> dict[str, str]:
    """The task with the most time over its plan, over all units, by procedure; none where no step runs over.

    Needs: level, proc_core, task, excess_half_days of step_times
    Gives: proc_core -> task; the first in the alphabet among equals
    """
    if step_times is None or step_times.empty:
        return {}
    check_columns(step_times, _STEP_NEEDS, where="steps_to_mend")
    over = (
        step_times["level"].eq("STEP") & step_times["excess_half_days"].gt(0) & step_times["task"].fillna("").ne("")
    )
    total = step_times.loc[over].groupby(["proc_core", "task"], sort=True)["excess_half_days"].sum().reset_index()
    total = total.sort_values(["proc_core", "excess_half_days", "task"], ascending=[True, False, True], kind="stable")
    first = total.drop_duplicates("proc_core")
    return {str(core): str(task) for core, task in zip(first["proc_core"], first["task"], strict=True)}


def _judged(table: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Adds what the figures say of each limit."""
    table["padding_days"] = table["catalogue_days"] - table["step_sum_days"]
    table["is_padded"] = _worth(table["padding_days"], table["catalogue_days"], thresholds)
    table["is_step_sum_over"] = table["padding_days"] < 0
    table["cut_days"] = table["limit_days"] - table["proposed_days"]
    enough = table["n"] >= thresholds.minimum_cases
    table["is_cut"] = enough & _worth(table["cut_days"], table["limit_days"], thresholds)
    table["is_too_short"] = enough & (table["now_low"] > 0.5)
    unused = _worth(table["never_needed_days"], table["limit_days"], thresholds)
    # As many finished dossiers as it takes for the bound to say so: 59 for 95 %.
    surely = table["unseen_share_high"] <= 1.0 - thresholds.limit_share + 1e-12
    table["is_padded_by_dossiers"] = enough & unused & surely
    table["is_cut_harmful"] = enough & _is_harmful(table, thresholds)
    return table


def _worth(days: pd.Series, limit: pd.Series, thresholds: Thresholds) -> pd.Series:
    return (days >= thresholds.minimum_cut_days) & (days >= thresholds.minimum_cut_share * limit)


def _is_harmful(table: pd.DataFrame, thresholds: Thresholds) -> pd.Series:
    """Where a section head might think of a cut that the dossiers warn against.

    An upper end that is past the target both before and after for want of dossiers warns of nothing.
    """
    target = thresholds.target_late_share
    spare = table["limit_days"] - table["median_days"]
    half_spare = (spare >= thresholds.minimum_cut_days) & (spare >= thresholds.looks_long_share * table["limit_days"])
    looks_long = table["is_padded"] | half_spare
    pushed_past = (table["now_high"] <= target) & (table["shorter_late_share"] > target)
    past_already = table["shorter_low"] > target
    return looks_long & ~table["is_cut"] & (pushed_past | past_already)


def _step_sums(steps: pd.DataFrame) -> pd.DataFrame:
    if steps.empty:
        return pd.DataFrame({"proc_core": pd.Series(dtype=object), "step_sum_days": pd.Series(dtype=float)})
    check_columns(steps, ["proc_core", "planned_days", "is_paused"], where="limit_cuts")
    running = steps.loc[~steps["is_paused"].fillna(False).astype(bool)]
    # Rounded: sums of 0.1 days must not make a padding of 1e-16.
    sums = running.groupby("proc_core", sort=True)["planned_days"].sum(min_count=1).round(6)
    return sums.rename("step_sum_days").reset_index()


def _comparable(durations: pd.DataFrame, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """Dossiers of the year with the limit most had, in half days: limit, usual, elapsed, entry, ended, censored."""
    inside = durations["received_quarter"].isin(window(quarter, thresholds.window_quarters))
    rows = durations.loc[inside & durations["timeliness"].ne("NO_DUE")].reset_index(drop=True).copy()
    for name in ("limit", "elapsed"):
        rows[name] = pd.to_numeric(rows[f"{name}_half_days"]).astype(float)
    rows["entry"] = (
        pd.to_numeric(rows["entry_half_days"]).astype(float).fillna(0.0) if "entry_half_days" in rows else 0.0
    )
    # One that ended before its unit's history begins was never watched.
    rows = rows.loc[rows["limit"].ge(0) & rows["elapsed"].ge(0) & rows["entry"].le(rows["elapsed"])]
    weight = rows.groupby(["proc_core", "limit"], sort=True)["n"].sum().reset_index()
    weight = weight.sort_values(["proc_core", "n", "limit"], ascending=[True, False, False], kind="stable")
    usual = weight.drop_duplicates("proc_core")[["proc_core", "limit"]]
    usual = usual.rename(columns={"limit": "usual"}, errors="raise")
    rows = rows.merge(usual, on="proc_core", how="left", validate="many_to_one")
    # A limit in calendar days, or one that falls on a holiday, differs by a day from dossier to dossier.
    rows = rows.loc[(rows["limit"] - rows["usual"]).abs() <= 2].copy()
    done = rows["outcome"].eq("DONE")
    rows["ended"], rows["censored"] = rows["n"].where(done, 0), rows["n"].where(~done, 0)
    rows["past"] = rows["elapsed"] - rows["limit"]
    # Null is "watched from the beginning": limits that differ by a day must not make one dossier begin after another.
    rows["past_entry"] = (rows["entry"] - rows["limit"]).where(rows["entry"] > 0)
    return rows


def _curves(rows: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Survival curves by procedure in half days, with the running sum of Greenwood."""
    by = ["proc_core"]
    return _with_greenwood(
        survival_curves(rows, by=by, time="elapsed", entry="entry", confidence=thresholds.confidence)
    )


def _with_greenwood(curves: pd.DataFrame) -> pd.DataFrame:
    ended, risk = curves["ended"].astype(float), curves["at_risk"].astype(float)
    term = (ended / (risk * (risk - ended)).where(risk > ended)).fillna(0.0)
    curves["greenwood"] = term.groupby(curves["proc_core"], sort=False).cumsum()
    return curves


def _late_shares(curves: pd.DataFrame, points: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """survival_at for many moments of each procedure.

    Needs: `points` proc_core, days (whole or half; null gives nulls)
    Gives: the points in their order with survival, ci_low, ci_high, greenwood
    """
    asked = points.assign(moment=2.0 * points["days"].astype(float), place=np.arange(len(points)))
    shares = ["survival", "ci_low", "ci_high", "greenwood"]
    known = curves[["proc_core", "time", *shares]].sort_values("time", kind="stable")
    found = pd.merge_asof(
        asked.loc[asked["moment"].notna()].sort_values("moment", kind="stable"),
        known, left_on="moment", right_on="time", by="proc_core",
    )  # fmt: skip
    first = curves.groupby("proc_core", sort=True)[["watched", "since"]].first()
    watched, since = (found["proc_core"].map(first[name]).astype(float) for name in ("watched", "since"))
    nothing = found["survival"].isna() & (since <= found["moment"])
    found.loc[nothing, ["survival", "ci_high"]] = 1.0
    found.loc[nothing, "greenwood"] = 0.0
    found.loc[nothing, "ci_low"] = ((1.0 - thresholds.confidence) / 2) ** (1.0 / watched[nothing])
    return (
        asked[[*points.columns, "place"]]
        .merge(found[["place", *shares]], on="place", how="left")
        .drop(columns="place")
    )


def _from_dossiers(rows: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    by = ["proc_core"]
    if rows.empty:
        given = {name: pd.Series(dtype=float) for name in _BY_DOSSIERS}
        return pd.DataFrame({"proc_core": pd.Series(dtype=object)} | given)
    curves = _curves(rows, thresholds)
    past = survival_curves(rows, by=by, time="past", entry="past_entry", confidence=thresholds.confidence)
    past = _with_greenwood(past)
    now = survival_at(past, 0.0, by=by, confidence=thresholds.confidence)
    table = now.rename(columns={"survival": "late_share_now", "ci_low": "now_low", "ci_high": "now_high"})
    spread = past.loc[past["time"] <= 0].groupby("proc_core", sort=True)["greenwood"].last()
    table["now_greenwood"] = table["proc_core"].map(spread).astype(float).fillna(0.0)
    table = table.merge(_extremes(rows, thresholds), on=by, validate="one_to_one")
    wanted = {
        "met_limit_days": (thresholds.limit_share, "survival"),
        "met_low_days": (thresholds.limit_share, "ci_low"),
        "met_high_days": (thresholds.limit_share, "ci_high"),
        "median_days": (0.5, "survival"),
    }
    for name, (share, column) in wanted.items():
        found = survival_quantiles(curves, share, by=by, column=column)
        table = table.merge(found.rename(columns={"time": name}), on=by, validate="one_to_one")
        # A limit is in whole days; the middle dossier is what it was.
        table[name] = table[name] / 2.0 if name == "median_days" else np.ceil(table[name] / 2.0)
    table = table.merge(_proposed(curves, table, thresholds), on=by, how="left", validate="one_to_one")
    shorter = table[by].assign(days=table["limit_days"] - thresholds.minimum_cut_days)
    shorter = _late_shares(curves, shorter, thresholds)
    names = {"survival": "shorter_late_share", "ci_low": "shorter_low", "ci_high": "shorter_high"}
    table = table.assign(**{name: shorter[column].to_numpy() for column, name in names.items()})
    return _becoming_late(curves, table, thresholds)


def _extremes(rows: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """How many, their limit, the longest of them, and what share could be longer still."""
    table = rows.groupby("proc_core", sort=True).agg(
        n=("n", "sum"), limit_days=("usual", "first"), longest=("elapsed", "max"), finished=("ended", "sum")
    )
    ended = rows.loc[rows["ended"] > 0].groupby("proc_core", sort=True)["elapsed"].max()
    running = rows.loc[rows["censored"] > 0].groupby("proc_core", sort=True)["elapsed"].max()
    table["limit_days"] /= 2.0
    table["longest_days"] = np.ceil(table["longest"] / 2.0)
    is_known = ended.reindex(table.index).ge(running.reindex(table.index).fillna(-1.0))
    spare = (table["limit_days"] - table["longest_days"]).clip(lower=0.0)
    table["never_needed_days"] = spare.where(is_known | spare.eq(0.0))
    finished = table["finished"].astype(float).where(table["finished"] > 0)
    table["unseen_share_high"] = (1.0 - (1.0 - thresholds.confidence) ** (1.0 / finished)).where(is_known)
    return table.drop(columns=["longest", "finished"]).reset_index()


def _proposed(curves: pd.DataFrame, limits: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """The first whole-day limit from met_limit_days on whose late share is surely within the target."""
    points = curves[["proc_core"]].assign(days=np.maximum(np.ceil(curves["time"] / 2.0), 1.0)).drop_duplicates()
    points = points.merge(limits[["proc_core", "met_limit_days"]], on="proc_core", validate="many_to_one")
    points = points.loc[points["days"] >= points["met_limit_days"]].reset_index(drop=True)
    found = _late_shares(curves, points, thresholds)
    found = found.loc[found["ci_high"] <= thresholds.target_late_share].sort_values(["proc_core", "days"])
    names = {"days": "proposed_days", "survival": "late_share_after", "ci_low": "after_low", "ci_high": "after_high"}
    found = found.drop_duplicates("proc_core").rename(columns=names, errors="raise")
    return found[["proc_core", *names.values()]]


def _becoming_late(curves: pd.DataFrame, table: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Adds share_becoming_late and its interval: the dossiers that ended between the proposed and their own limit.

    Var(S1 - S2) = (S1 - S2)^2 V1 + S2^2 (V2 - V1) with V the Greenwood sums; the interval is the exact binomial one
    for as many independent dossiers as have that variance. Nobody in between: at most the upper end of the late
    share after the cut. S2 is the late share now: measured from each dossier's own limit, which may be a day longer
    or shorter than the usual one, so that share and interval are of the same dossiers.
    """
    is_shorter = table["proposed_days"] < table["limit_days"]
    after = _late_shares(curves, table[["proc_core"]].assign(days=table["proposed_days"]), thresholds)
    now, spread = table["late_share_now"], table["now_greenwood"]
    # Two curves of censored dossiers may cross; no dossier becomes less late by a shorter limit.
    gap = (after["survival"] - now).clip(lower=0.0)
    variance = gap**2 * after["greenwood"] + now**2 * (spread - after["greenwood"]).clip(lower=0.0)
    people = (gap * (1.0 - gap) / variance.where(variance > 0)).where(gap > 0)
    low, high = share_interval((gap * people).to_numpy(), people.to_numpy(), thresholds.confidence)
    none = gap.eq(0.0).to_numpy()
    return table.assign(
        share_becoming_late=gap.where(is_shorter),
        becoming_low=pd.Series(np.where(none, 0.0, low), index=table.index).where(is_shorter),
        becoming_high=pd.Series(np.where(none, table["after_high"], high), index=table.index).where(is_shorter),
    )
