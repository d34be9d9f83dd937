"""The survival curve of each procedure, for the chart that has its limit drawn in."""

import numpy as np
import pandas as pd

from analysis.frames import check_columns, window
from analysis.shares import entry_of
from analysis.survival import survival_curves
from analysis.thresholds import Thresholds
from analysis.timeliness import from_receipt

NEEDS = ["proc_core", "received_quarter", "outcome", "timeliness", "elapsed_half_days", "limit_half_days", "n"]
GIVES = ["proc_core", "days", "at_risk", "survival", "ci_low", "ci_high"]


def duration_curves(counts: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """The share of each procedure's dossiers still unfinished after so many working days, all units together.

    Needs: proc_core, received_quarter, outcome, timeliness, elapsed_half_days, limit_half_days, n of duration_count;
      entry_half_days when it gives it (delayed entry)
    Gives: proc_core, days (working days, halves too), at_risk, survival, ci_low, ci_high; dossiers received in the
      year up to `quarter`. Of a procedure with limits only the comparable ones: those within a day of the limit
      most had.
    Solved dossiers end; open, refused, withdrawn and stopped ones are seen no longer.
    """
    check_columns(counts, NEEDS, where="duration_curves")
    rows = counts.loc[counts["received_quarter"].isin(window(quarter, thresholds.window_quarters))]
    rows = _comparable(rows.loc[rows["proc_core"].notna()].reset_index(drop=True))
    rows = ends_of(rows)
    rows = rows.loc[rows["elapsed"] >= 0]
    curves = survival_curves(
        rows, by=["proc_core"], time="elapsed", entry="entered", confidence=thresholds.confidence
    )
    curves = from_receipt(curves).assign(days=lambda table: table["time"] / 2.0)
    return curves[GIVES].astype({"at_risk": int}).reset_index(drop=True)


def ends_of(counts: pd.DataFrame) -> pd.DataFrame:
    """The same rows as survival_curves reads them: how many were solved, how many left sight, and since when seen.

    Needs: outcome, elapsed_half_days, n; entry_half_days where history starts mid-life
    Gives: the same rows, and elapsed, entered (-inf: from receipt), ended, censored
    """
    elapsed = pd.to_numeric(counts["elapsed_half_days"]).astype(float)
    entry = entry_of(counts)
    done, n = counts["outcome"].eq("DONE"), counts["n"]
    return counts.assign(
        elapsed=elapsed, entered=entry.where(entry > 0, -np.inf), ended=n.where(done, 0), censored=n.where(~done, 0)
    )


def _comparable(rows: pd.DataFrame) -> pd.DataFrame:
    limit = pd.to_numeric(rows["limit_half_days"]).astype(float).where(rows["timeliness"].ne("NO_DUE"))
    limit = limit.where(limit >= 0)
    weight = rows.assign(limit=limit).groupby(["proc_core", "limit"], sort=True)["n"].sum().reset_index()
    weight = weight.sort_values(["proc_core", "n", "limit"], ascending=[True, False, False], kind="stable")
    usual = rows["proc_core"].map(weight.drop_duplicates("proc_core").set_index("proc_core")["limit"]).astype(float)
    return rows.loc[usual.isna() | (limit - usual).abs().le(2)]
