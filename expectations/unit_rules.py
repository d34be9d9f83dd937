"""Rules of a unit's night as a whole (family AG)."""

from expectations.context import JudgeContext
from expectations.rule import Rule, holds


def _no_history(context: JudgeContext) -> str | None:
    return None if context.history is not None else "chưa có số liệu các đêm trước"


RULES: tuple[Rule, ...] = (
    Rule(
        id="DQ-AG-05",
        table="unit",
        severity="warning",
        sentence="Đơn vị không gửi hoặc gửi ít hơn hẳn mức thường ngày; đề nghị đơn vị kiểm tra kết xuất dữ liệu.",
        message="Đêm nay [{rows}] hồ sơ, thường ngày khoảng [{usual}]; đề nghị đơn vị kiểm tra kết xuất dữ liệu.",
        needs=(),
        expect=holds("DQ-AG-05"),
        fact=lambda facts: facts.volume_usual,
        idle=_no_history,
    ),
)
