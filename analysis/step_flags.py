"""Flags about steps and offices: a step that overruns its plan, an office that receives more than it finishes."""

from typing import Any

import pandas as pd

from analysis.flags import FlagContext, flag_row
from analysis.frames import rows_of, text_or_none
from analysis.steps import least_cases
from analysis.words import between_vi, days_vi, number_vi, share_vi


def slow_steps(steps: pd.DataFrame, context: FlagContext, gate: pd.DataFrame | None = None) -> list[dict[str, Any]]:
    """SLOW_STEP where surely more than half of the times a step was done ran past its plan, more than chance gives.

    Needs: the columns step_times gives; `gate`: unit_code, passes (units that fail are not named)
    A row over all procedures of an office is flagged only when it joins two procedures or more; steps entered in
    bulk are never flagged.
    """
    limits = context.thresholds
    slow = steps["is_usable"].astype(bool) & (steps["over_n"] >= least_cases(limits))
    slow &= (steps["ci_low"] > limits.step_over_share) & (steps["q_value"] <= limits.fdr)
    slow &= steps["excess_half_days"].fillna(0) > 0
    slow &= steps["level"].eq("STEP") | (steps["procedures"] >= 2)
    slow &= may_be_named(steps, gate)
    flags: list[dict[str, Any]] = []
    for row in rows_of(steps.loc[slow]):
        unit, core = text_or_none(row.unit_code), text_or_none(row.proc_core)
        office = _office(context, unit, row.office_code)
        whose = f"của thủ tục {context.names.procedure(core)}" if core else f"(gộp {row.procedures} thủ tục)"
        middle = (
            "" if pd.isna(row.median_half_days) else f", một nửa số lần mất trên {days_vi(row.median_half_days / 2)}"
        )
        sentence = (
            f"Tại {context.names.unit(str(unit))}, bước “{row.task or row.step_no}”"
            f"{' ở ' + office if office else ''} {whose}: ước {share_vi(row.over_share)} số lần xử lý vượt "
            f"thời gian theo quy trình ({days_vi(row.planned_half_days / 2)}), khoảng tin cậy "
            f"{between_vi(row.ci_low, row.ci_high)}{middle}, trên {row.over_n} lần, tính cả lần chưa xong; "
            "đề nghị đơn vị xem lại khối lượng việc, bố trí người và thời gian của bước này."
        )
        figures = (row.over_share, limits.step_over_share, row.over_n, row.ci_low, row.ci_high)
        rule = "KM_STEP_OVER_PLAN" if core else f"KM_STEP_OVER_PLAN_OFFICE:{row.office_code}:{row.task}"
        step = None if core is None else int(row.step_no)
        flags.append(flag_row(context, "SLOW_STEP", rule, (unit, core, None, step), figures, sentence))
    return flags


def backlog_flags(load: pd.DataFrame, context: FlagContext, gate: pd.DataFrame | None = None) -> list[dict[str, Any]]:
    """BACKLOG_GROWING where an office finished fewer steps than arrived, more than chance gives, most weeks.

    Needs: the columns desk_load gives; `gate` as in slow_steps
    value: finished over arrived; limit_value: 1, when it keeps up.
    """
    flags: list[dict[str, Any]] = []
    growing = load["is_growing"].astype(bool) & may_be_named(load, gate)
    for row in rows_of(load.loc[growing]):
        unit = str(row.unit_code)
        office = _office(context, unit, row.office_code)
        pace = (
            "chưa xong lượt nào nên chưa ước được thời gian giải quyết hết"
            if pd.isna(row.weeks_to_clear)
            else f"với tốc độ này cần khoảng {number_vi(row.weeks_to_clear)} tuần để giải quyết hết"
        )
        sentence = (
            f"Tại {context.names.unit(unit)}{', ' + office if office else ''}, trong quý {context.quarter} có "
            f"{number_vi(row.arrived, 0)} lượt hồ sơ chuyển đến nhưng chỉ xong {number_vi(row.finished, 0)} lượt, "
            f"bằng {share_vi(row.done_share)} (khoảng tin cậy {between_vi(row.low, row.high)}); số hồ sơ chưa xong "
            f"từ {number_vi(row.backlog_first, 0)} lên {number_vi(row.backlog_last, 0)}, tăng trong "
            f"{row.weeks_up} trên {row.weeks} tuần, {pace}; đề nghị đơn vị xem lại khối lượng việc và bố trí người, "
            "đồng thời kiểm tra các bước đã xong nhưng chưa cập nhật vào phần mềm."
        )
        figures = (row.done_share, 1.0, row.arrived, row.low, row.high)
        rule = f"BACKLOG_GROWTH:{row.office_code}"
        flags.append(flag_row(context, "BACKLOG_GROWING", rule, (unit, None), figures, sentence))
    return flags


def may_be_named(frame: pd.DataFrame, gate: pd.DataFrame | None) -> "pd.Series[bool]":
    """Rows of units whose data passed the gate; a unit the gate does not know of is not held back."""
    if gate is None or gate.empty:
        return pd.Series(True, index=frame.index)
    failing = set(gate.loc[~gate["passes"].astype(bool), "unit_code"].astype(str))
    return ~frame["unit_code"].isin(failing)


def _office(context: FlagContext, unit: str | None, office: object) -> str:
    code = text_or_none(office)
    return context.names.office(str(unit), code) if code else ""
