"""Table II.06a opens where the quarter before ended, or the difference is told dossier by dossier.

Between two editions dossiers go on being mended: an end that lies in the old quarter is recorded in the new one, a
dossier of the old quarter arrives late, one is given to another unit. The old edition stands as it was printed; so
the new one lists what it takes over otherwise, and the list accounts for every single dossier between the sums.
"""

import pandas as pd

from analysis.frames import check_columns
from domain.errors import KnownError

GONE = "kỳ trước còn giải quyết, kỳ này không tính chuyển sang"
NEW = "kỳ này tính chuyển sang, kỳ trước không còn giải quyết"
OTHER_UNIT = "hai kỳ đều tính nhưng ở hai đơn vị khác nhau"
OTHER_FIELD = "hai kỳ đều tính nhưng ở hai lĩnh vực khác nhau"
KINDS = (GONE, NEW, OTHER_UNIT, OTHER_FIELD)
NEEDS = ["unit_code", "field_code", "dossier_id", "dossier_code"]
GIVES = ["dossier_code", "unit_code", "field_code", "unit_before", "field_before", "difference"]
OPEN = ["open_in_term", "open_overdue", "open_paused", "open_no_due"]
PART = "report_06a"
TRUTH = (
    "Biểu II.06a: số hồ sơ kỳ trước chuyển sang, cột (6), bằng số hồ sơ đang giải quyết cuối kỳ trước, sau khi cộng, "
    "trừ các hồ sơ nêu trong danh sách chênh lệch."
)
_ROW = ["row_kind", "unit_code", "field_code"]


def carried_difference(open_before: pd.DataFrame, carried_now: pd.DataFrame) -> pd.DataFrame:
    """The dossiers by which the opening of a quarter's table II.06a differs from the end of the one before.

    Needs: `open_before`: unit_code, field_code, dossier_id, dossier_code as the query report_open gave them for the
      edition of the quarter before (kept with it: asked today, the query would tell what is known today);
      `carried_now`: the same columns as report_carried gives them for this quarter. Either may be empty.
    Gives: dossier_code, unit_code, field_code: where this quarter carries it in, or, of one no longer carried, where
      it was open; unit_before, field_before: where it was open ("" when it was not); difference: one of KINDS; in the
      order of unit_code and dossier_code; no row for a dossier both tables have in one place
    Raises KnownError E-CARRIED-TWICE when one side holds a dossier twice.
    """
    before = _once(open_before, "open_before")
    now = _once(carried_now, "carried_now")
    before = before.rename(columns={"unit_code": "unit_before", "field_code": "field_before"}, errors="raise")
    both = now.merge(before, on=["dossier_id", "dossier_code"], how="outer", indicator=True, validate="one_to_one")
    gone, new = both["_merge"].eq("right_only"), both["_merge"].eq("left_only")
    other_unit = ~gone & ~new & both["unit_code"].ne(both["unit_before"])
    other_field = ~gone & ~new & ~other_unit & both["field_code"].ne(both["field_before"])
    both["difference"] = ""
    for kind, rows in zip(KINDS, (gone, new, other_unit, other_field), strict=True):
        both.loc[rows, "difference"] = kind
    for name, old in (("unit_code", "unit_before"), ("field_code", "field_before")):
        both[name] = both[name].where(~gone, both[old])
        both[old] = both[old].where(~new, "")
    found = both.loc[both["difference"].ne(""), GIVES]
    return found.sort_values(["unit_code", "dossier_code"], kind="stable").reset_index(drop=True)


def opens_where_it_ended(
    report_now: pd.DataFrame, report_before: pd.DataFrame, difference: pd.DataFrame
) -> pd.DataFrame:
    """The rows of table II.06a whose opening the list of differences does not account for; empty when it does.

    For every unit and field, every unit, and all: carried in now - open at the end before = dossiers newly carried or
    moved there - dossiers no longer carried or moved away.

    Needs: `report_now`, `report_before`: the table of this quarter and the table as published for the quarter before,
      with the columns report_06a gives (either may be empty: a quarter without a dossier); `difference` as
      carried_difference gives
    Gives: part, truth (a sentence in Vietnamese), where, left (carried in minus open before), right (what the
      differences make of it), as `untrue` of analysis.truths gives
    """
    carried = _rows(report_now, ["carried_in"], "report_now")
    ended = _rows(report_before, OPEN, "report_before")
    expected = _balance(difference)
    table = pd.concat({"carried": carried, "ended": ended, "right": expected}, axis=1).fillna(0).sort_index()
    table["left"] = table["carried"] - table["ended"]
    broken = table.loc[table["left"].ne(table["right"])].reset_index()
    return pd.DataFrame(
        {
            "part": pd.Series(PART, index=broken.index, dtype=object),
            "truth": pd.Series(TRUTH, index=broken.index, dtype=object),
            "where": pd.Series(
                [_place(*key) for key in zip(*(broken[name] for name in _ROW), strict=True)],
                index=broken.index,
                dtype=object,
            ),
            "left": broken["left"].astype(float),
            "right": broken["right"].astype(float),
        }
    )


def _once(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """The place of each dossier, as text; a dossier stands in one place only."""
    table = rows.reindex(columns=NEEDS) if rows.empty else rows
    check_columns(table, NEEDS, where=f"carried_difference, {name}")
    table = table[NEEDS].astype(object)
    table = table.where(table.notna(), "").astype(str).astype(object).reset_index(drop=True)
    twice = table.loc[table["dossier_id"].duplicated(), "dossier_code"]
    if len(twice):
        raise KnownError(
            "E-CARRIED-TWICE",
            f"{name}: [{twice.nunique()}] dossiers are there more than once, first [{twice.iloc[0]}].",
            mend="give one row a dossier, as the queries report_open and report_carried do.",
        )
    return table


def _rows(report: pd.DataFrame, counts: list[str], name: str) -> "pd.Series[float]":
    """The sum of `counts` of every row of the table, by its kind, unit and field."""
    table = report.reindex(columns=[*_ROW, *counts]) if report.empty else report
    check_columns(table, [*_ROW, *counts], where=f"opens_where_it_ended, {name}")
    keys = table[_ROW].astype(object)
    keys = keys.where(keys.notna(), "")
    summed: pd.Series[float] = table[counts].astype(float).sum(axis=1).groupby([keys[key] for key in _ROW]).sum()
    return summed


def _balance(difference: pd.DataFrame) -> "pd.Series[float]":
    """Dossiers come to minus dossiers gone from each row of the table; a move within a unit leaves its row alone."""
    table = difference.reindex(columns=GIVES) if difference.empty else difference
    check_columns(table, GIVES, where="opens_where_it_ended, difference")
    come = table.loc[table["difference"].ne(GONE), ["unit_code", "field_code"]].assign(n=1.0)
    left = table.loc[table["difference"].ne(NEW), ["unit_before", "field_before"]].assign(n=-1.0)
    left = left.set_axis(["unit_code", "field_code", "n"], axis=1)
    fields = pd.concat([come, left], ignore_index=True).assign(row_kind="FIELD")
    units = fields.assign(row_kind="UNIT", field_code="")
    whole = units.assign(row_kind="ALL", unit_code="")
    summed: pd.Series[float] = pd.concat([fields, units, whole]).groupby(_ROW)["n"].sum()
    return summed


def _place(kind: str, unit: str, field: str) -> str:
    if kind == "ALL":
        return "toàn bộ"
    return f"đơn vị {unit}" if kind == "UNIT" else f"đơn vị {unit}, lĩnh vực {field or 'chưa rõ'}"
