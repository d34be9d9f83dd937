"""What of a quarter may leave the house: counts over groups large enough, no dossier, no person, no small number.

Called once, when an edition is written; whoever shows an edition outside reads only what this gave.
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd

# Frame: the column that counts what a row rests on, and the columns that may be seen.
_SEEN: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "timeliness": (
        "due_n",
        ("level", "unit_code", "proc_core", "due_n", "due_late_share", "due_low", "due_high"),
    ),
    "speed": ("n", ("unit_code", "n", "speed_ratio", "low", "high")),
}
_TOLD_LEVELS: Final = ("ALL", "UNIT", "PROCEDURE")
_PROPOSAL: Final = (
    "item_no", "kind", "proc_cores", "title", "change", "reason", "competence", "legal_basis", "days_before",
    "days_after", "cost_before", "cost_after", "saving", "saving_rate",
)  # fmt: skip


def public_part(frames: Mapping[str, pd.DataFrame], *, minimum: int) -> dict[str, pd.DataFrame]:
    """The frames of a quarter that an audience outside may see.

    Needs: timeliness, speed, report_06a, proposals as the analyses give them (any may be empty)
    Gives: by the same names: rows resting on more than `minimum` dossiers, and only columns without a dossier or a
      person; report_06a its row over everything
    """
    found = {}
    for name, (count, columns) in _SEEN.items():
        if name in frames and count in frames[name].columns:
            seen = _by_level(frames[name], count, minimum)
            found[name] = seen[[column for column in columns if column in seen.columns]]
    report = frames.get("report_06a", pd.DataFrame())
    if "row_kind" in report.columns:
        found["report_06a"] = report.loc[report["row_kind"] == "ALL"].reset_index(drop=True)
    proposals = frames.get("proposals", pd.DataFrame())
    found["proposals"] = proposals[[column for column in _PROPOSAL if column in proposals.columns]]
    return found


def tellable(frame: pd.DataFrame, count: str, minimum: int) -> pd.DataFrame:
    """The rows that rest on more than `minimum` dossiers: smaller ones could point at somebody.

    Where those left out together are no more than that, the smallest of the others is left out too: the total less
    all that is told would tell them.
    """
    size = frame[count].fillna(0)
    told = size > minimum
    if 0 < size[~told].sum() <= minimum and told.any():
        told &= size.index != size[told].idxmin()
    return frame.loc[told].reset_index(drop=True)


def _by_level(frame: pd.DataFrame, count: str, minimum: int) -> pd.DataFrame:
    """Each level by itself: units add up to all, and so do procedures. A procedure in one unit is never told."""
    table = frame.reset_index(drop=True)
    if "level" not in table.columns:
        return tellable(table, count, minimum)
    levels = [
        tellable(rows.reset_index(drop=True), count, minimum)
        for level, rows in table.groupby("level", sort=True)
        if level in _TOLD_LEVELS
    ]
    return pd.concat(levels, ignore_index=True) if levels else table.iloc[:0]
