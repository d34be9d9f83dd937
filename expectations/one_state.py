"""One state a dossier a night: in an extract of changes the last state counts, those before it say nothing new."""

import pandas as pd

from domain.identity import proc_keys
from expectations.facts import ENDS

_SAME = ["unit_code", "dossier_key", "_proc", "_day"]


def one_state(dossiers: pd.DataFrame, is_change: "pd.Series[bool]") -> tuple[pd.DataFrame, pd.DataFrame]:
    """The dossiers of a night with one row a state of those that came as changes, and the rows left out.

    Rows are of one dossier when unit, key, procedure and day of reception are the same; the last is the one with the
    latest end, then the furthest status, then the later file and line. Rows without a key stay: rules judge them.

    Needs: the columns of domain.columns; `is_change` on the same index, False for rows of whole registers.
    """
    known = is_change & dossiers[["dossier_key", "received_at"]].notna().all(axis=1)
    if not known.any():
        return dossiers, dossiers.iloc[:0]
    some = dossiers[known]
    placed = some.assign(
        _proc=proc_keys(some["proc_code"]).fillna(""),
        _day=pd.to_datetime(some["received_at"]).dt.normalize(),
        _told=told_until(some),
        _status=some["status"].fillna(0),
    )
    order = placed.sort_values([*_SAME, "_told", "_status", "file_name", "line_no"], kind="stable")
    earlier = order.index[order.duplicated(_SAME, keep="last")]
    left_out = dossiers.index.isin(earlier)
    return dossiers[~left_out].reset_index(drop=True), dossiers[left_out].reset_index(drop=True)


def told_until(dossiers: pd.DataFrame) -> pd.Series:
    """The latest end each row tells, the beginning of time where it tells none."""
    ends = dossiers[list(ENDS)].apply(pd.to_datetime).max(axis=1)
    told: pd.Series = pd.to_datetime(ends).fillna(pd.Timestamp.min)
    return told
