"""Flags about procedures and units that run late: as such, or in one unit, each told apart from the other.

All tests of a quarter stand under one false discovery rate. A flag gives the share, its interval, the number of
dossiers and what it is compared with, and asks to check; whose data fail the gate is not named.
"""

from typing import Any

import numpy as np
import pandas as pd

from analysis.exact import binomial_upper
from analysis.flags import FlagContext, flag_row
from analysis.frames import check_columns, rows_of
from analysis.funnel import benjamini_hochberg
from analysis.step_flags import may_be_named
from analysis.thresholds import Thresholds
from analysis.words import between_vi, number_vi, share_vi

_KEYS = ["unit_code", "proc_core"]
_PAIR_NEEDS = ["level", *_KEYS, "km_n", "due_n", "due_late", "ci_low", "may_be_named"]
_EFFECT_NEEDS = ["level", *_KEYS, "n", "members", "p_value", "is_slow"]


def slow_flags(
    timeliness: pd.DataFrame,
    effects: pd.DataFrame,
    comparison: pd.DataFrame,
    gate: pd.DataFrame,
    context: FlagContext,
) -> list[dict[str, Any]]:
    """SLOW_PROCEDURE (as such, and in one unit) and SLOW_UNIT, under one false discovery rate for the quarter.

    Needs: the columns timeliness_shares, unit_procedure_effects, fair_comparison and data_gate give; the last three
      may be empty
    SLOW_PROCEDURE in a unit (rule KM_LATE_LOWER): even the lower end of the Kaplan-Meier late share is above the
      target, and so, by an exact binomial test, is the share among due dossiers. value: the Kaplan-Meier share
    SLOW_PROCEDURE as such (PROCEDURE_EFFECT): is_slow of the effects. value: the pooled share; limit: the target
    SLOW_UNIT (UNIT_EFFECT): is_slow of the effects, and its own late share above the target. value: that share;
      limit: the share the middle unit would have had with the same procedures
    """
    pairs, wholes, units = judged(timeliness, effects, gate, context.thresholds)
    flags = [_procedure(row, context) for row in rows_of(wholes.loc[wholes["is_flagged"]])]
    beside = _beside(comparison)
    flags += [
        _pair(row, beside.get((row.unit_code, row.proc_core)), context)
        for row in rows_of(pairs.loc[pairs["is_flagged"]])
    ]
    flags += [_unit(row, context) for row in rows_of(units.loc[units["is_flagged"]])]
    return flags


def judged(
    timeliness: pd.DataFrame, effects: pd.DataFrame, gate: pd.DataFrame, thresholds: Thresholds
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The rows that are tested at all (pairs of unit and procedure, procedures, units), and which are flagged.

    Needs: as slow_flags
    Gives: for each of the three the columns of its frame, p_value, q_value (over all three together), is_flagged
    """
    check_columns(timeliness, _PAIR_NEEDS, where="slow_flags")
    least = max(thresholds.minimum_cases, thresholds.minimum_group + 1)
    named = timeliness["may_be_named"].astype(bool) & may_be_named(timeliness, gate)
    enough = (timeliness["km_n"] >= least) & (timeliness["due_n"] > 0) & named
    pairs = timeliness.loc[timeliness["level"].eq("PROCEDURE_UNIT") & enough].copy()
    late, due = pairs["due_late"].to_numpy(float), pairs["due_n"].to_numpy(float)
    pairs["p_value"] = binomial_upper(late, due, thresholds.target_late_share)
    pairs["is_flagged"] = pairs["ci_low"] > thresholds.target_late_share
    rows = effects if len(effects) else pd.DataFrame(columns=[*_EFFECT_NEEDS, "raw_share"])
    check_columns(rows, _EFFECT_NEEDS, where="slow_flags")
    able = (rows["n"] >= least) & rows["p_value"].notna()
    wholes = rows.loc[rows["level"].eq("PROCEDURE") & able & (rows["members"] >= 2)].copy()
    wholes["is_flagged"] = wholes["is_slow"].astype(bool)
    units = rows.loc[rows["level"].eq("UNIT") & able & may_be_named(rows, gate)].copy()
    units["is_flagged"] = units["is_slow"].astype(bool) & (units["raw_share"] > thresholds.target_late_share)
    parts = (pairs, wholes, units)
    chances = [part["p_value"].to_numpy(float) for part in parts]
    discovery = np.split(benjamini_hochberg(np.concatenate(chances)), np.cumsum([len(each) for each in chances])[:-1])
    for part, q in zip(parts, discovery, strict=True):
        part["q_value"] = q
        part["is_flagged"] &= q <= thresholds.fdr
    return parts


def _beside(comparison: pd.DataFrame) -> dict[tuple[str, str], float]:
    """What other units show with the procedure, by unit and procedure."""
    if comparison.empty:
        return {}
    rows = comparison.loc[comparison["level"].eq("PROCEDURE_UNIT") & comparison["expected_share"].notna()]
    return {(str(row.unit_code), str(row.proc_core)): float(row.expected_share) for row in rows_of(rows)}


def _pair(row: Any, others: float | None, context: FlagContext) -> dict[str, Any]:
    target = context.thresholds.target_late_share
    closed = "" if pd.isna(row.closed_late_share) else f" (chỉ tính hồ sơ đã xong: {share_vi(row.closed_late_share)})"
    beside = "" if others is None else f", các đơn vị khác cùng làm thủ tục này khoảng {share_vi(others)}"
    sentence = (
        f"Tại {context.names.unit(row.unit_code)}, thủ tục {context.names.procedure(row.proc_core)}: ước "
        f"{share_vi(row.late_share_km)} hồ sơ quá hạn, khoảng tin cậy {between_vi(row.ci_low, row.ci_high)}, trên "
        f"{number_vi(row.km_n, 0)} hồ sơ có hạn, tính cả hồ sơ chưa xong{closed}; mức cho phép là "
        f"{share_vi(target)}{beside}; đề nghị đơn vị kiểm tra nguyên nhân."
    )
    figures = (row.late_share_km, target, row.km_n, row.ci_low, row.ci_high)
    return flag_row(context, "SLOW_PROCEDURE", "KM_LATE_LOWER", (row.unit_code, row.proc_core), figures, sentence)


def _procedure(row: Any, context: FlagContext) -> dict[str, Any]:
    target = context.thresholds.target_late_share
    sentence = (
        f"Thủ tục {context.names.procedure(row.proc_core)} chậm ở {row.slow_members} trong {row.members} đơn vị làm "
        f"thủ tục này: tại đơn vị đứng giữa về tốc độ, ước {share_vi(row.pooled_share)} hồ sơ đến hạn bị "
        f"quá hạn, khoảng tin cậy {between_vi(row.pooled_low, row.pooled_high)}, tính từ {number_vi(row.n, 0)} hồ sơ "
        f"đã đến hạn sau khi tách phần do từng đơn vị; mức cho phép là {share_vi(target)}; đề nghị kiểm tra quy "
        "trình và thời hạn của chính thủ tục."
    )
    figures = (row.pooled_share, target, int(row.n), row.pooled_low, row.pooled_high)
    return flag_row(context, "SLOW_PROCEDURE", "PROCEDURE_EFFECT", (None, row.proc_core), figures, sentence)


def _unit(row: Any, context: FlagContext) -> dict[str, Any]:
    usual = row.expected / row.n
    # The interval of a ratio of shares; a share is at most all.
    low, high = row.ratio_low * usual, min(row.ratio_high * usual, 1.0)
    sentence = (
        f"Tại {context.names.unit(row.unit_code)}, {share_vi(row.raw_share)} hồ sơ đến hạn bị quá hạn "
        f"({number_vi(row.late, 0)} trong {number_vi(row.n, 0)} hồ sơ của những thủ tục mà đơn vị khác cũng làm), "
        f"khoảng tin cậy {between_vi(low, high)}; đơn vị đứng giữa về tốc độ làm đúng những thủ tục ấy quá hạn "
        f"khoảng {share_vi(usual)}; chậm hơn mức đó ở {row.slow_members} trong {row.members} thủ tục, nên không phải "
        "do loại hồ sơ; đề nghị kiểm tra khối lượng việc, bố trí người và cách cập nhật hồ sơ trước khi kết luận."
    )
    figures = (row.raw_share, usual, int(row.n), low, high)
    return flag_row(context, "SLOW_UNIT", "UNIT_EFFECT", (row.unit_code, None), figures, sentence)
