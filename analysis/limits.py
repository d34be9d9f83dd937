"""Which limit could be shorter, which is padded, and which nobody can keep."""

import numpy as np
import pandas as pd

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
GIVES = [
    "proc_core", "n", "limit_days", "catalogue_days", "step_sum_days", "padding_days", "is_padded",
    "is_step_sum_over",
    "met_limit_days", "met_low_days", "met_high_days", "proposed_days", "cut_days", "late_share_now", "now_low",
    "now_high", "late_share_after", "after_low", "after_high", "is_cut", "is_too_short", "median_days",
]  # fmt: skip


def limit_cuts(
    durations: pd.DataFrame,
    procedures: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    quarter: str,
    thresholds: Thresholds,
) -> pd.DataFrame:
    """For each procedure: the shortest limit that enough dossiers would have met, and what it would cost.

    Needs: `durations` as duration_count; `procedures`: proc_core, limit_quantity, limit_unit (one row each, in
      force); `steps`: proc_core, planned_days, is_paused (may be empty)
    Gives (working days): proc_core, n (comparable dossiers: those within a day of the limit most had),
      limit_days (that limit), catalogue_days (working-day limits only), step_sum_days (pauses left out),
      padding_days = catalogue minus step sum, is_padded, is_step_sum_over;
      met_limit_days: shortest whole-day limit `limit_share` of them meet, met_low_days..met_high_days its interval;
      proposed_days, cut_days: that limit when even the upper end of the late share it leaves stays within the
      target, else the next longer one that does; late_share_now and late_share_after with intervals; is_cut;
      is_too_short: surely more than half run past the limit, so a cut would only make lateness; median_days
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
    rows = _comparable(durations.loc[durations["received_quarter"].isin(window(quarter, thresholds.window_quarters))])
    table = table.merge(_from_dossiers(rows, thresholds), on="proc_core", how="left", validate="one_to_one")
    table["n"] = table["n"].fillna(0).astype(int)
    table["padding_days"] = table["catalogue_days"] - table["step_sum_days"]
    table["is_padded"] = _worth(table["padding_days"], table["catalogue_days"], thresholds)
    table["is_step_sum_over"] = table["padding_days"] < 0
    table["cut_days"] = table["limit_days"] - table["proposed_days"]
    enough = table["n"] >= thresholds.minimum_cases
    table["is_cut"] = enough & _worth(table["cut_days"], table["limit_days"], thresholds)
    table["is_too_short"] = enough & (table["now_low"] > 0.5)
    return table.sort_values("proc_core").reset_index(drop=True)[GIVES]


def _worth(days: pd.Series, limit: pd.Series, thresholds: Thresholds) -> pd.Series:
    return (days >= thresholds.minimum_cut_days) & (days >= thresholds.minimum_cut_share * limit)


def _step_sums(steps: pd.DataFrame) -> pd.DataFrame:
    if steps.empty:
        return pd.DataFrame({"proc_core": pd.Series(dtype=object), "step_sum_days": pd.Series(dtype=float)})
    check_columns(steps, ["proc_core", "planned_days", "is_paused"], where="limit_cuts")
    running = steps.loc[~steps["is_paused"].fillna(False).astype(bool)]
    # Rounded: sums of 0.1 days must not make a padding of 1e-16.
    sums = running.groupby("proc_core", sort=True)["planned_days"].sum(min_count=1).round(6)
    return sums.rename("step_sum_days").reset_index()


def _comparable(durations: pd.DataFrame) -> pd.DataFrame:
    rows = durations.loc[durations["limit_half_days"].ge(0) & durations["elapsed_half_days"].ge(0)].copy()
    rows = rows.loc[rows["timeliness"].ne("NO_DUE")]
    weight = rows.groupby(["proc_core", "limit_half_days"], sort=True)["n"].sum().reset_index()
    weight = weight.sort_values(["proc_core", "n", "limit_half_days"], ascending=[True, False, False], kind="stable")
    usual = weight.drop_duplicates("proc_core")[["proc_core", "limit_half_days"]]
    usual = usual.rename(columns={"limit_half_days": "usual"}, errors="raise")
    rows = rows.merge(usual, on="proc_core", how="left", validate="many_to_one")
    # A limit in calendar days, or one that falls on a holiday, differs by a day from dossier to dossier.
    rows = rows.loc[(rows["limit_half_days"] - rows["usual"]).abs() <= 2].copy()
    done = rows["outcome"].eq("DONE")
    rows["ended"], rows["censored"] = rows["n"].where(done, 0), rows["n"].where(~done, 0)
    # Whole days a limit must have to hold the dossier.
    rows["days"] = np.ceil(rows["elapsed_half_days"].astype(float) / 2.0)
    rows["past"] = rows["days"] - rows["limit_half_days"].astype(float) / 2.0
    return rows


def _from_dossiers(rows: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    by = ["proc_core"]
    if rows.empty:
        given = ["n", "limit_days", "met_limit_days", "met_low_days", "met_high_days", "proposed_days", "median_days",
                 "late_share_now", "now_low", "now_high", "late_share_after", "after_low", "after_high"]  # fmt: skip
        return pd.DataFrame({"proc_core": pd.Series(dtype=object)} | {name: pd.Series(dtype=float) for name in given})
    curves = survival_curves(rows, by=by, time="days", confidence=thresholds.confidence)
    past = survival_curves(rows, by=by, time="past", confidence=thresholds.confidence)
    now = survival_at(past, 0.0, by=by, confidence=thresholds.confidence)
    table = now.rename(columns={"survival": "late_share_now", "ci_low": "now_low", "ci_high": "now_high"})
    sizes = rows.groupby("proc_core", sort=True).agg(n=("n", "sum"), limit_days=("usual", "first"))
    sizes["limit_days"] /= 2.0
    table = table.merge(sizes.reset_index(), on="proc_core", validate="one_to_one")
    wanted = {
        "met_limit_days": (thresholds.limit_share, "survival"),
        "met_low_days": (thresholds.limit_share, "ci_low"),
        "met_high_days": (thresholds.limit_share, "ci_high"),
        "median_days": (0.5, "survival"),
    }
    for name, (share, column) in wanted.items():
        found = survival_quantiles(curves, share, by=by, column=column).rename(columns={"time": name})
        table = table.merge(found, on="proc_core", validate="one_to_one")
    return table.merge(_proposed(curves, table, thresholds), on="proc_core", how="left", validate="one_to_one")


def _proposed(curves: pd.DataFrame, limits: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    seen = curves.merge(limits[["proc_core", "met_limit_days"]], on="proc_core", validate="many_to_one")
    safe = (seen["time"] >= seen["met_limit_days"]) & (seen["ci_high"] <= thresholds.target_late_share)
    found = seen.loc[safe & (seen["time"] >= 1)].sort_values(["proc_core", "time"]).drop_duplicates("proc_core")
    names = {
        "time": "proposed_days",
        "survival": "late_share_after",
        "ci_low": "after_low",
        "ci_high": "after_high",
    }
    return found.rename(columns=names, errors="raise")[["proc_core", *names.values()]]
