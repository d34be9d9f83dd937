"""How records are written: what in a unit's records is unlike the other units', and should be checked.

A share is a question about recording, never a finding about a person: each check has ordinary explanations.
"""

import numpy as np
import pandas as pd

from analysis.exact import binomial_upper, fisher_upper, share_interval
from analysis.frames import check_columns
from analysis.funnel import benjamini_hochberg
from analysis.steps import least_cases
from analysis.thresholds import Thresholds

CHECKS_VI = {
    "SUPPLEMENT_LAST_DAY": "Yêu cầu bổ sung vào ngày hẹn trả hoặc muộn hơn",
    "FINISH_EQUALS_DUE": "Giờ kết thúc trùng giờ hẹn trả đến từng giây",
    "FINISH_AT_CLOSING": "Giờ kết thúc ghi đúng giờ hết giờ làm việc",
    "BUNCHING": "Kết thúc dồn vào đúng ngày hẹn trả",
    "DUE_MOVED": "Ngày hẹn trả thay đổi, không có dấu vết pháp lý",
    "FINISH_MOVED_BACK": "Ngày kết thúc xử lý được sửa lùi về trước",
    "BATCH_CLOSING": "Kết thúc nhiều hồ sơ trong cùng một phút",
    "CODE_GAP": "Dãy số trong mã hồ sơ bị ngắt quãng",
}
# Why a row was not compared; "" when it was.
REASONS_VI = {
    "DATA": "dữ liệu của đơn vị chưa đạt yêu cầu để so sánh",
    "FEW": "quá ít trường hợp để so sánh",
    "NOT_CONSECUTIVE": "mã hồ sơ của đơn vị không đánh số liên tục trong ngày nên không xét số bị thiếu",
    "NO_BASE": "không có đơn vị khác để so sánh",
    "": "",
}
COUNT_NEEDS = ["unit_code", "quarter", "check", "size", "n", "found"]
GAP_NEEDS = ["unit_code", "proc_core", "end_quarter", "gap_days", "n"]
GIVES = [
    "unit_code", "check", "n", "found", "share", "base_n", "base_found", "base_share", "low", "high", "p_value",
    "q_value", "may_be_named", "is_flagged", "reason",
]  # fmt: skip
_GROUPED = ("BATCH_CLOSING", "CODE_GAP")  # counted in their own way
_OTHERS = ["base_n", "base_found", "base_share", "p_value"]


def integrity_checks(
    integrity: pd.DataFrame,
    due_gaps: pd.DataFrame,
    gate: pd.DataFrame,
    *,
    quarter: str,
    thresholds: Thresholds,
) -> pd.DataFrame:
    """Each check of each unit in the quarter, beside all other units together.

    Needs: `integrity` as integrity_count; `due_gaps` as due_gap_count; `gate`: unit_code, passes (may be empty: then
      no unit fails)
    Gives: unit_code, check (of CHECKS_VI), n: what was looked at, found, share; base_n, base_found, base_share: the
      other units (null when there is none); low, high: exact interval of the share; p_value: chance of so many if
      the unit were like the others (exact; null when not compared), q_value: over all checks and units compared;
      reason: why it was not compared (of REASONS_VI); may_be_named: more than `minimum_group` and the gate passes;
      is_flagged: q within `fdr`, at least `record_found` found, share at least `record_ratio` times the others'
    BUNCHING compares within each procedure (dossiers of procedures no other unit has are left out where others
    have any): base_share is what the others' shares make of the unit's mix; half of such ends may well fall on
    the due day, so the ratio is that of the odds. BATCH_CLOSING counts groups of more than `batch_size` as one
    event each in its test and interval, a group of fifty or more as one for each fifty. CODE_GAP leaves units
    that do not number in a row out, also of the base.
    """
    check_columns(integrity, COUNT_NEEDS, where="integrity_checks")
    check_columns(due_gaps, GAP_NEEDS, where="integrity_checks")
    counts = integrity.loc[integrity["quarter"].eq(quarter)]
    parts = [_plain_checks(counts), _batches(counts, thresholds), _gaps(counts, thresholds)]
    parts.append(_bunching(due_gaps.loc[due_gaps["end_quarter"].eq(quarter)], thresholds))
    parts = [part for part in parts if not part.empty]
    if not parts:
        return pd.DataFrame(columns=GIVES)
    table = pd.concat(parts, ignore_index=True)
    order = {check: place for place, check in enumerate(CHECKS_VI)}
    table = table.assign(_order=table["check"].map(order)).sort_values(["_order", "unit_code"], kind="stable")
    table = table.reset_index(drop=True)
    table["share"] = (table["found"] / table["n"]).where(table["n"] > 0)
    table["low"], table["high"] = share_interval(table["events"], table["tries"], thresholds.confidence)
    return _judged(table, gate, thresholds).reindex(columns=GIVES)


def _plain_checks(counts: pd.DataFrame) -> pd.DataFrame:
    mine = counts["check"].isin([check for check in CHECKS_VI if check not in _GROUPED])
    table = _sums(counts.loc[mine])
    return _beside_others(table.assign(events=table["found"], tries=table["n"], reason=""))


def _gaps(counts: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    table = _sums(counts.loc[counts["check"].eq("CODE_GAP")])
    table = table.assign(events=table["found"], tries=table["n"], reason="")
    in_a_row = table["found"] <= thresholds.code_gap_share * table["n"]
    apart = table.loc[~in_a_row].assign(reason="NOT_CONSECUTIVE")
    return pd.concat([_beside_others(table.loc[in_a_row]), apart.reindex(columns=[*table.columns, *_OTHERS])])


def _batches(counts: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    rows = counts.loc[counts["check"].eq("BATCH_CLOSING")]
    size, found = rows["size"].astype(int), rows["found"].astype(int)
    big = (size > thresholds.batch_size) & (found > 0)
    rows = rows.assign(found=found.where(big, 0), events=(found // size.clip(lower=1)).clip(lower=1).where(big, 0))
    groups = rows.groupby(["check", "unit_code"], sort=True)
    table = groups.agg(n=("n", "max"), found=("found", "sum"), events=("events", "sum")).astype(int).reset_index()
    table["tries"] = np.where(
        table["found"] > 0,
        table["n"] * table["events"] / table["found"].clip(lower=1),
        table["n"] / (thresholds.batch_size + 1),
    )
    table = _beside_others(table.assign(reason=""))
    everything = table["events"].sum()
    part = table["n"] / max(int(table["n"].sum()), 1)
    table["p_value"] = binomial_upper(table["events"], np.full(len(table), everything), part.to_numpy())
    return table


def _bunching(due_gaps: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    near = due_gaps.loc[due_gaps["gap_days"].abs() <= thresholds.bunching_days]
    rows = near.assign(
        n=near["n"].astype(int),
        found=near["n"].where(near["gap_days"].eq(0), 0).astype(int),
        proc_core=near["proc_core"].astype(object).where(near["proc_core"].notna(), ""),
    )
    cells = rows.groupby(["unit_code", "proc_core"], sort=True)[["n", "found"]].sum().reset_index()
    whole = cells.groupby("proc_core")[["n", "found"]].transform("sum")
    cells["base_n"], cells["base_found"] = whole["n"] - cells["n"], whole["found"] - cells["found"]
    made = [_beside_same_procedures(str(unit), mine) for unit, mine in cells.groupby("unit_code", sort=True)]
    return pd.DataFrame(made)


def _beside_same_procedures(unit: str, cells: pd.DataFrame) -> dict[str, object]:
    shared = cells.loc[cells["base_n"] > 0]
    used = cells if shared.empty else shared
    n, found = int(used["n"].sum()), int(used["found"].sum())
    row = {"check": "BUNCHING", "unit_code": unit, "n": n, "found": found, "events": found, "tries": n, "reason": ""}
    if shared.empty:
        return row | {name: float("nan") for name in _OTHERS}
    expected = float((shared["n"] * shared["base_found"] / shared["base_n"]).sum())
    chance = fisher_upper(*(shared[name].tolist() for name in ("found", "n", "base_found", "base_n")))
    return row | {
        "base_n": int(shared["base_n"].sum()),
        "base_found": int(shared["base_found"].sum()),
        "base_share": expected / n,
        "p_value": chance,
    }


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby(["check", "unit_code"], sort=True)[["n", "found"]].sum().astype(int).reset_index()


def _beside_others(table: pd.DataFrame) -> pd.DataFrame:
    """With the sums of all other units of the same check, and Fisher's exact test against them."""
    whole = table.groupby("check")[["n", "found"]].transform("sum")
    others, base = whole["n"] - table["n"], whole["found"] - table["found"]
    has_base = others > 0
    chance = [
        fisher_upper([own], [n], [other], [rest]) if rest > 0 else float("nan")
        for own, n, other, rest in zip(table["found"], table["n"], base, others, strict=True)
    ]
    return table.assign(
        base_n=others.where(has_base),
        base_found=base.where(has_base),
        base_share=(base / others.where(has_base)),
        p_value=np.array(chance, dtype=float),
    )


def _judged(table: pd.DataFrame, gate: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Which rows are compared, and which of those a unit is asked about."""
    failing = set() if gate.empty else set(gate.loc[~gate["passes"].astype(bool), "unit_code"].astype(str))
    fails = table["unit_code"].isin(failing)
    alone = table["base_n"].isna() | (table["base_n"] < thresholds.minimum_cases)
    few = table["n"] < least_cases(thresholds)
    reason = table["reason"].mask(alone & table["reason"].eq(""), "NO_BASE")
    table["reason"] = reason.mask(few, "FEW").mask(fails, "DATA")
    table["may_be_named"] = (table["n"] > thresholds.minimum_group) & ~fails
    tested = table["reason"].eq("")
    table["p_value"] = table["p_value"].where(tested)
    table["q_value"] = benjamini_hochberg(table["p_value"].to_numpy(dtype=float))
    share, base, ratio = table["share"], table["base_share"], thresholds.record_ratio
    by_odds = share * (1.0 - base) >= ratio * base * (1.0 - share)
    more = (share >= ratio * base).where(table["check"].ne("BUNCHING"), by_odds)
    likely = tested & (table["q_value"] <= thresholds.fdr) & (table["found"] >= thresholds.record_found)
    table["is_flagged"] = likely & more & table["may_be_named"]
    return table
