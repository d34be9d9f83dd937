"""Flags about limits: one that could be shorter, one that is padded, one that cannot be kept."""

from typing import Any

import pandas as pd

from analysis.flags import FlagContext, flag_row
from analysis.frames import rows_of
from analysis.words import between_vi, days_vi, share_vi


def limit_flags(limits: pd.DataFrame, steps: pd.DataFrame, context: FlagContext) -> list[dict[str, Any]]:
    """LIMIT_CUT and LIMIT_TOO_SHORT.

    Needs: `limits` as limit_cuts gives; `steps` as step_times gives (to name the step to mend; may be empty)
    Rules: KM_LIMIT (dossiers show a shorter limit holds), STEP_SUM_BELOW (the plan of the steps is shorter than the
    limit and dossiers cannot tell), KM_MOST_LATE (surely more than half run past it), STEP_SUM_OVER.
    """
    flags: list[dict[str, Any]] = []
    for row in rows_of(limits):
        if row.is_cut and not row.is_step_sum_over:
            flags.append(_cut(row, context))
        elif row.is_padded and row.n < context.thresholds.minimum_cases:
            flags.append(_padded(row, context))
        if row.is_too_short:
            flags.append(_too_short(row, steps, context))
        if row.is_step_sum_over:
            flags.append(_sum_over(row, context))
    return flags


def _cut(row: Any, context: FlagContext) -> dict[str, Any]:
    sentence = (
        f"Thủ tục {context.names.procedure(row.proc_core)} đang hẹn {days_vi(row.limit_days)}; theo "
        f"{row.n} hồ sơ cùng "
        f"thời hạn, nếu rút còn {days_vi(row.proposed_days)} thì ước {share_vi(row.late_share_after)} hồ "
        "sơ không kịp (khoảng "
        f"tin cậy {between_vi(row.after_low, row.after_high)}, hiện nay {share_vi(row.late_share_now)})."
    )
    figures = (row.proposed_days, row.limit_days, row.n, row.after_low, row.after_high)
    return flag_row(context, "LIMIT_CUT", "KM_LIMIT", (None, row.proc_core), figures, sentence)


def _padded(row: Any, context: FlagContext) -> dict[str, Any]:
    sentence = (
        f"Thủ tục {context.names.procedure(row.proc_core)} có thời hạn {days_vi(row.catalogue_days)} "
        "nhưng tổng thời gian các "
        f"bước chỉ {days_vi(row.step_sum_days)}; cần kiểm tra phần chênh {days_vi(row.padding_days)} có "
        "phải là thời gian thuế, "
        "nộp tiền hoặc niêm yết công khai trước khi đề nghị rút hạn (chưa đủ hồ sơ để kết luận)."
    )
    figures = (row.step_sum_days, row.catalogue_days, row.n, None, None)
    return flag_row(context, "LIMIT_CUT", "STEP_SUM_BELOW", (None, row.proc_core), figures, sentence)


def _too_short(row: Any, steps: pd.DataFrame, context: FlagContext) -> dict[str, Any]:
    task = _slowest_task(steps, row.proc_core)
    where = f"bước cần tháo gỡ trước là “{task}”" if task else "chưa có số liệu từng bước để chỉ ra chỗ cần tháo gỡ"
    sentence = (
        f"Thủ tục {context.names.procedure(row.proc_core)}: ước {share_vi(row.late_share_now)} trong "
        f"{row.n} hồ sơ không kịp thời "
        f"hạn {days_vi(row.limit_days)} (khoảng tin cậy {between_vi(row.now_low, row.now_high)}); không "
        "nên rút hạn vì chỉ làm "
        f"tăng số hồ sơ trễ, {where}."
    )
    figures = (row.late_share_now, 0.5, row.n, row.now_low, row.now_high)
    return flag_row(context, "LIMIT_TOO_SHORT", "KM_MOST_LATE", (None, row.proc_core), figures, sentence)


def _sum_over(row: Any, context: FlagContext) -> dict[str, Any]:
    sentence = (
        f"Thủ tục {context.names.procedure(row.proc_core)}: quy trình nội bộ cộng lại "
        f"{days_vi(row.step_sum_days)}, dài hơn thời "
        f"hạn {days_vi(row.catalogue_days)}; đề nghị sửa quy trình cho khớp hoặc kiểm tra lại số liệu từng bước."
    )
    figures = (row.step_sum_days, row.catalogue_days, row.n, None, None)
    return flag_row(context, "LIMIT_TOO_SHORT", "STEP_SUM_OVER", (None, row.proc_core), figures, sentence)


def _slowest_task(steps: pd.DataFrame, core: str) -> str | None:
    if steps.empty:
        return None
    rows = steps.loc[steps["level"].eq("STEP") & steps["proc_core"].eq(core) & steps["excess_half_days"].gt(0)]
    if rows.empty:
        return None
    total = rows.groupby("task", sort=True)["excess_half_days"].sum()
    return str(total.idxmax())
