"""Why a dossier waits before a step: the waiting split into causes whose sum is exactly the waiting."""

from collections.abc import Sequence

import pandas as pd

from analysis.frames import check_columns, window
from analysis.steps import with_text
from analysis.thresholds import Thresholds
from domain.errors import KnownError

# In the order in which the model takes them out of the waiting; names as the book prints them.
CAUSES_VI = {
    "citizen": "chờ công dân bổ sung hoặc nộp tiền",
    "other_agency": "chờ cơ quan khác",
    "unavailable": "người xử lý vắng",
    "batching": "chờ gom hồ sơ",
    "prioritised": "bị hồ sơ đến sau vượt lên",
    "contention": "chờ hồ sơ đến trước",
    "rest": "chưa rõ nguyên nhân (gồm việc đang làm chưa ghi giờ bắt đầu)",
}
CAUSES = tuple(CAUSES_VI)
KEYS = ["unit_code", "proc_core", "from_office", "from_task", "office_code", "task"]
_SECONDS = ["waiting_s", *(f"{cause}_s" for cause in CAUSES), "work_s"]
_DAYS = [name.removesuffix("_s") + "_days" for name in _SECONDS]
NEEDS = [*KEYS, "end_quarter", "n", *_SECONDS]
GIVES = [
    "level", *KEYS, "n", *_DAYS, "mean_waiting_days", "main_cause", "main_share", "may_be_named",
]  # fmt: skip
_LEVELS = {
    "EDGE": ["unit_code", "from_office", "from_task", "office_code", "task"],
    "OFFICE": ["unit_code", "office_code"],
    "PROCEDURE": ["proc_core"],
}


def waiting_causes(
    counts: pd.DataFrame, *, quarter: str, thresholds: Thresholds, day_seconds: int = 28_800
) -> pd.DataFrame:
    """How long finished steps of the quarter waited before their work began, and for what.

    Needs: the columns of `waiting_count` (sums of office seconds; each cause 0 or more)
    Gives: level (EDGE: from step to step in a unit; OFFICE: before the steps of an office; PROCEDURE), the keys
      (null where pooled), n: steps; waiting_days and one column a cause of CAUSES_VI (sums in office days of
      `day_seconds`; the causes add up to the waiting), work_days; mean_waiting_days: a step;
      main_cause, main_share: the cause that took most of the waiting and its share (null when nothing waited);
      may_be_named: more than `minimum_group` steps
    Raises KnownError E-WAITING-SUM when the causes of any row do not add up to its waiting.
    """
    check_columns(counts, NEEDS, where="waiting_causes")
    _check_sum(counts)
    rows = counts.loc[counts["end_quarter"].isin(window(quarter, thresholds.step_window_quarters))]
    if rows.empty:
        return pd.DataFrame(columns=GIVES)
    rows = with_text(rows, KEYS).astype({"n": int})
    parts = [_level(rows, name, keys, day_seconds) for name, keys in _LEVELS.items()]
    table = pd.concat(parts, ignore_index=True)
    table["may_be_named"] = table["n"] > thresholds.minimum_group
    return table.reindex(columns=GIVES)


def _check_sum(counts: pd.DataFrame) -> None:
    causes = counts[[f"{cause}_s" for cause in CAUSES]]
    right = causes.sum(axis=1).eq(counts["waiting_s"]) & causes.ge(0).all(axis=1)
    if right.all():
        return
    first = counts.loc[~right].sort_values([*KEYS, "end_quarter"], kind="stable").iloc[0]
    where = ", ".join(f"{key} {first[key]}" for key in ("unit_code", "proc_core", "office_code", "task"))
    raise KnownError(
        "E-WAITING-SUM",
        f"waiting_count: in [{int((~right).sum())}] of [{len(counts)}] rows the causes are not the waiting, first at "
        f"[{where}]: [{first['waiting_s']}] seconds of waiting, causes {[first[name] for name in causes.columns]}.",
        mend="build the SQL models again (tinhgon night); if it stays, waiting_count.sql is wrong: send this line.",
    )


def _level(rows: pd.DataFrame, name: str, by: Sequence[str], day_seconds: int) -> pd.DataFrame:
    keys = list(by)
    sums = rows.groupby(keys, sort=True)[["n", *_SECONDS]].sum()
    causes = sums[[f"{cause}_s" for cause in CAUSES]].rename(columns=lambda text: text.removesuffix("_s"))
    waited = sums["waiting_s"] > 0
    table = (sums[_SECONDS].astype(float) / day_seconds).set_axis(_DAYS, axis=1)
    table.insert(0, "n", sums["n"])
    table["mean_waiting_days"] = table["waiting_days"] / table["n"]
    table["main_cause"] = causes.idxmax(axis=1).astype(object).where(waited, None)
    table["main_share"] = (causes.max(axis=1) / sums["waiting_s"]).where(waited)
    table = table.reset_index()
    for key in KEYS:
        if key not in keys:
            table[key] = None
    table.insert(0, "level", name)
    return table
