"""Flags about limits: one that could be shorter, one that is padded, one that cannot be kept, one not to be cut."""

from typing import Any

import pandas as pd

from analysis.flags import FlagContext, flag_row
from analysis.frames import rows_of, text_or_none
from analysis.limits import steps_to_mend
from analysis.words import between_vi, days_vi, share_vi

_SHOWN = 0.0005  # a share below it is written as 0 %


def limit_flags(limits: pd.DataFrame, steps: pd.DataFrame, context: FlagContext) -> list[dict[str, Any]]:
    """LIMIT_CUT and LIMIT_TOO_SHORT.

    Needs: `limits` as limit_cuts gives; `steps` as step_times gives (to name the step to mend where limit_cuts was
      not given it; may be empty)
    Rules: KM_LIMIT (dossiers show a shorter limit holds), STEP_SUM_BELOW (the plan of the steps is shorter than the
    limit and dossiers cannot tell), KM_MOST_LATE (surely more than half run past it), KM_CUT_HARMFUL (the limit
    looks long, and cutting it would only make lateness), STEP_SUM_OVER.
    """
    mending = steps_to_mend(steps)
    flags: list[dict[str, Any]] = []
    for row in rows_of(limits):
        task = text_or_none(row.step_to_mend) or mending.get(str(row.proc_core))
        if row.is_cut and not row.is_step_sum_over:
            flags.append(_cut(row, context))
        elif row.is_padded and row.n < context.thresholds.minimum_cases:
            flags.append(_padded(row, context))
        if row.is_too_short:
            flags.append(_too_short(row, task, context))
        elif row.is_cut_harmful:
            flags.append(_harmful(row, task, context))
        if row.is_step_sum_over:
            flags.append(_sum_over(row, context))
    return flags


def _cut(row: Any, context: FlagContext) -> dict[str, Any]:
    unused = (
        f"; hồ sơ lâu nhất mất {days_vi(row.longest_days)}, nên {days_vi(row.never_needed_days)} cuối của thời hạn "
        "chưa hồ sơ nào dùng đến"
        if row.is_padded_by_dossiers
        else ""
    )
    is_more = row.share_becoming_late >= _SHOWN
    added = (
        f"tức là thêm {share_vi(row.share_becoming_late)} số hồ sơ thành trễ hạn"
        if is_more
        else "trong số này không hồ sơ nào vì thế mà thành trễ hạn"
    )
    sentence = (
        f"Thủ tục {context.names.procedure(row.proc_core)} đang hẹn {days_vi(row.limit_days)}; theo "
        f"{row.n} hồ sơ cùng thời hạn, nếu rút còn {days_vi(row.proposed_days)} thì ước "
        f"{share_vi(row.late_share_after)} hồ sơ không kịp (khoảng tin cậy "
        f"{between_vi(row.after_low, row.after_high)}, hiện nay {share_vi(row.late_share_now)}), {added}{unused}."
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


def _too_short(row: Any, task: str | None, context: FlagContext) -> dict[str, Any]:
    sentence = (
        f"Thủ tục {context.names.procedure(row.proc_core)}: ước {share_vi(row.late_share_now)} trong "
        f"{row.n} hồ sơ không kịp thời "
        f"hạn {days_vi(row.limit_days)} (khoảng tin cậy {between_vi(row.now_low, row.now_high)}); không "
        f"nên rút hạn vì chỉ làm tăng số hồ sơ trễ, {_where(task)}."
    )
    figures = (row.late_share_now, 0.5, row.n, row.now_low, row.now_high)
    return flag_row(context, "LIMIT_TOO_SHORT", "KM_MOST_LATE", (None, row.proc_core), figures, sentence)


def _harmful(row: Any, task: str | None, context: FlagContext) -> dict[str, Any]:
    target = context.thresholds.target_late_share
    looks = (
        f"tổng thời gian các bước chỉ {days_vi(row.step_sum_days)}"
        if row.is_padded
        else f"một nửa số hồ sơ xong trong {days_vi(row.median_days)}"
    )
    sentence = (
        f"Thủ tục {context.names.procedure(row.proc_core)} có thời hạn {days_vi(row.limit_days)}, trông còn rộng "
        f"({looks}), nhưng chưa nên rút: chỉ cần bớt {days_vi(context.thresholds.minimum_cut_days)} thì ước "
        f"{share_vi(row.shorter_late_share)} trong {row.n} hồ sơ không kịp (khoảng tin cậy "
        f"{between_vi(row.shorter_low, row.shorter_high)}, hiện nay {share_vi(row.late_share_now)}, mức cho phép "
        f"{share_vi(target)}); {_where(task)}, sau đó mới xem lại thời hạn."
    )
    figures = (row.shorter_late_share, target, row.n, row.shorter_low, row.shorter_high)
    return flag_row(context, "LIMIT_TOO_SHORT", "KM_CUT_HARMFUL", (None, row.proc_core), figures, sentence)


def _sum_over(row: Any, context: FlagContext) -> dict[str, Any]:
    sentence = (
        f"Thủ tục {context.names.procedure(row.proc_core)}: quy trình nội bộ cộng lại "
        f"{days_vi(row.step_sum_days)}, dài hơn thời "
        f"hạn {days_vi(row.catalogue_days)}; đề nghị sửa quy trình cho khớp hoặc kiểm tra lại số liệu từng bước."
    )
    figures = (row.step_sum_days, row.catalogue_days, row.n, None, None)
    return flag_row(context, "LIMIT_TOO_SHORT", "STEP_SUM_OVER", (None, row.proc_core), figures, sentence)


def _where(task: str | None) -> str:
    if task:
        return f"bước cần tháo gỡ trước là “{task}”"
    return "số liệu từng bước chưa chỉ ra chỗ cần tháo gỡ"
