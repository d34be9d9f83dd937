"""Table II.06a/VPCP/KSTT (Circular 01/2020/TT-VPCP) with the bridge the form has no columns for."""

import pandas as pd

from analysis.frames import check_columns

COUNTS = [
    "received_online", "received_direct_post", "carried_in", "done_early", "done_on_time", "done_late", "done_no_due",
    "open_in_term", "open_overdue", "open_paused", "open_no_due", "refused", "withdrawn", "stopped",
]  # fmt: skip
COLUMNS = {  # form column -> our column; (1) is the row number, (2) the field
    "(3)": "received_total",
    "(4)": "received_online",
    "(5)": "received_direct_post",
    "(6)": "carried_in",
    "(7)": "done_total",
    "(8)": "done_early",
    "(9)": "done_on_time",
    "(10)": "done_late",
    "(11)": "open_total",
    "(12)": "open_in_term",
    "(13)": "open_overdue",
}
BRIDGE = ["refused", "withdrawn", "stopped", "open_paused", "done_no_due", "open_no_due"]
SUMS = [*COLUMNS.values(), *BRIDGE]
_IDENTITIES = {
    "(3) = (4) + (5) + (6)": (["received_total"], ["received_online", "received_direct_post", "carried_in"]),
    "(7) = (8) + (9) + (10)": (["done_total"], ["done_early", "done_on_time", "done_late"]),
    "(11) = (12) + (13)": (["open_total"], ["open_in_term", "open_overdue"]),
    "(3) = (7) + (11) + bảng nối": (["received_total"], ["done_total", "open_total", *BRIDGE]),
}
_WHOLES = {  # identity -> the rows whose sums it is of, the keys they are summed by
    "tổng các lĩnh vực = dòng đơn vị": ("FIELD", ["quarter", "unit_code"]),
    "tổng các đơn vị = dòng tổng": ("UNIT", ["quarter"]),
}
IDENTITIES = (*_IDENTITIES, *_WHOLES)


def report_06a(counts: pd.DataFrame) -> pd.DataFrame:
    """The table of one quarter: a row a unit and field, then a row a unit (field null), then one row for all.

    Needs: quarter, unit_code, field_code, field_name and the COUNTS of the model report_count
    Gives: quarter, row_kind (FIELD, UNIT, ALL), unit_code, field_code, field_name, no (column 1, within the unit),
      the form's columns (3)-(13) by the names in COLUMNS, and the bridge: refused, withdrawn, stopped, open_paused,
      done_no_due, open_no_due
    (7) holds dossiers solved early, on time or late only; a dossier without a due date is in the bridge, never on
    time; a paused one is in the bridge, never in term.
    """
    check_columns(counts, ["quarter", "unit_code", "field_code", "field_name", *COUNTS], where="report_06a")
    table = counts.copy()
    for name in ("unit_code", "field_code", "field_name"):
        table[name] = table[name].astype(object).where(table[name].notna(), "")
    keys = ["quarter", "unit_code", "field_code", "field_name"]
    fields = table.groupby(keys, sort=True)[COUNTS].sum().reset_index()
    fields["no"] = fields.groupby(["quarter", "unit_code"], sort=False).cumcount() + 1
    units = fields.groupby(["quarter", "unit_code"], sort=True)[COUNTS].sum().reset_index()
    everything = fields.groupby("quarter", sort=True)[COUNTS].sum().reset_index()
    parts = [part.assign(row_kind=kind) for kind, part in (("FIELD", fields), ("UNIT", units), ("ALL", everything))]
    whole = pd.concat([part for part in parts if not part.empty], ignore_index=True) if len(fields) else fields
    whole["received_total"] = whole["received_online"] + whole["received_direct_post"] + whole["carried_in"]
    whole["done_total"] = whole["done_early"] + whole["done_on_time"] + whole["done_late"]
    whole["open_total"] = whole["open_in_term"] + whole["open_overdue"]
    columns = ["quarter", "row_kind", "unit_code", "field_code", "field_name", "no", *SUMS]
    return whole.reindex(columns=columns)


def identities(report: pd.DataFrame) -> pd.DataFrame:
    """Every sum of the table that does not close; an empty frame when all do.

    Needs: the columns report_06a gives
    Gives: quarter, row_kind, unit_code, field_code, identity (one of IDENTITIES, of a part against its whole followed
      by ": " and the column), left, right, difference
    That the table opens where the one before ended is told dossier by dossier: analysis.carried.
    """
    broken = [identity(report, name) for name in IDENTITIES]
    filled = [part for part in broken if not part.empty]
    return pd.concat(filled, ignore_index=True) if filled else broken[0]


def identity(report: pd.DataFrame, name: str) -> pd.DataFrame:
    """Where one of IDENTITIES does not close; as `identities`, which gives all of them."""
    if name in _IDENTITIES:
        left, right = (report[columns].sum(axis=1) for columns in _IDENTITIES[name])
        return _unequal(report, name, left, right)
    broken = _parts_against_whole(report, *_WHOLES[name], name)
    filled = [part for part in broken if not part.empty]
    return pd.concat(filled, ignore_index=True) if filled else broken[0]


def _unequal(rows: pd.DataFrame, sentence: str, left: pd.Series, right: pd.Series) -> pd.DataFrame:
    found = rows[["quarter", "row_kind", "unit_code", "field_code"]].assign(
        identity=sentence, left=left, right=right, difference=left - right
    )
    return found.loc[found["difference"] != 0].reset_index(drop=True)


def _parts_against_whole(report: pd.DataFrame, kind: str, keys: list[str], sentence: str) -> list[pd.DataFrame]:
    sums = report.loc[report["row_kind"] == kind].groupby(keys, sort=True)[SUMS].sum()
    rows = report.loc[report["row_kind"] == ("UNIT" if kind == "FIELD" else "ALL")].reset_index(drop=True)
    there = sums.reindex(pd.MultiIndex.from_frame(rows[keys]) if len(keys) > 1 else rows[keys[0]]).reset_index(
        drop=True
    )
    return [_unequal(rows, f"{sentence}: {name}", rows[name], there[name].fillna(0)) for name in SUMS]
