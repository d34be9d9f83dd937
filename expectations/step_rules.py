"""Rules of steps, the electronic control slip (family CS)."""

from typing import Any

from expectations.dossier_rules import masked
from expectations.facts import Series, verdicts
from expectations.rule import Rule, at_least, at_most, holds
from expectations.step_facts import StepFacts


def _keyed(facts: StepFacts) -> Series:
    keyed = facts.seen[["dossier_code", "step_no"]].notna().all(axis=1)
    return verdicts(keyed, True | keyed, facts.index)


def _dates_read(facts: StepFacts) -> Series:
    words = facts.bad_dates
    return verdicts(words == "", words.notna(), facts.index)


def _signed(facts: StepFacts) -> Series:
    # A step still waiting has nobody yet; one handed over has.
    nobody = facts.seen["staff_code"].isna() & facts.seen["finished_at"].notna() & facts.gives("staff_code")
    signed = facts.seen["arrived_at"].notna() & ~nobody
    return verdicts(signed, True | signed, facts.index)


def _rule(number: str, severity: Any, sentence: str, message: str, **more: Any) -> Rule:
    rule_id = f"DQ-CS-{number}"
    more.setdefault("expect", holds(rule_id))
    more.setdefault("needs", ())
    return Rule(id=rule_id, table="step", severity=severity, sentence=sentence, message=message, **more)


RULES: tuple[Rule, ...] = (
    _rule(
        "05",
        "critical",
        "Bước xử lý không có mã hồ sơ hoặc số bước; đề nghị đơn vị bổ sung và gửi lại.",
        "Bước xử lý có mã hồ sơ [{code}], số bước [{step_no}]; đề nghị đơn vị bổ sung và gửi lại.",
        fact=_keyed,
        show={"code": masked("dossier_code")},
    ),
    _rule(
        "06",
        "critical",
        "Bước xử lý gửi trùng (cùng mã hồ sơ, cùng số bước); chỉ dòng đầu được nhận, đề nghị đơn vị bỏ dòng trùng.",
        "Bước [{step_no}] của hồ sơ đã có ở dòng [{first_line}]; đề nghị đơn vị bỏ dòng trùng và gửi lại.",
        expect=at_most("copy_no", lambda _: 1),
        show={"first_line": lambda facts: facts.first_line("unit_code", "dossier_key", "step_no")},
    ),
    _rule(
        "07",
        "critical",
        "Giờ nhận, giờ giao của bước không đọc được, vô lý hoặc ở tương lai; đề nghị đơn vị sửa và gửi lại.",
        "Bước [{step_no}] có ngày không dùng được: {words}; đề nghị đơn vị sửa và gửi lại.",
        fact=_dates_read,
        show={"words": lambda facts: facts.bad_dates},
    ),
    _rule(
        "08",
        "critical",
        "Bước xử lý giao trước khi nhận; đề nghị đơn vị kiểm tra phiếu kiểm soát và gửi lại.",
        "Bước [{step_no}] giao [{finished_at}] trước khi nhận [{arrived_at}]; đề nghị đơn vị kiểm tra và gửi lại.",
        needs=("finished_at", "arrived_at"),
        fact=lambda facts: facts.in_order("arrived_at", "finished_at"),
    ),
    _rule(
        "01",
        "warning",
        "Bước xử lý thiếu giờ nhận hoặc người xử lý; đề nghị đơn vị ghi đủ phiếu kiểm soát.",
        "Bước [{step_no}] nhận lúc [{arrived_at}], cán bộ [{staff_code}]; đề nghị đơn vị ghi đủ.",
        needs=("arrived_at",),
        fact=_signed,
    ),
    _rule(
        "02",
        "warning",
        "Giờ giao nhận của các bước không tăng dần; đề nghị đơn vị kiểm tra phiếu kiểm soát.",
        "Bước [{step_no}] nhận [{arrived_at}], giao [{finished_at}] trước bước liền trước; đề nghị đơn vị kiểm tra.",
        needs=("arrived_at",),
        fact=lambda facts: facts.times_increase,
    ),
    _rule(
        "04",
        "warning",
        "Bước xử lý rơi vào ngày nghỉ, hoặc tổng thời gian các bước dài hơn thời gian giải quyết hồ sơ; "
        "đề nghị đơn vị kiểm tra.",
        "Bước [{step_no}] nhận [{arrived_at}], giao [{finished_at}]: vào ngày nghỉ, hoặc tổng các bước dài "
        "hơn "
        "thời gian giải quyết; đề nghị đơn vị kiểm tra.",
        needs=("arrived_at",),
        fact=lambda facts: facts.inside_dossier,
    ),
    _rule(
        "09",
        "warning",
        "Thời gian quy định của bước âm; đề nghị đơn vị kiểm tra quy trình nội bộ đã khai.",
        "Bước [{step_no}] có thời gian quy định [{planned_days}] ngày; đề nghị đơn vị kiểm tra.",
        needs=("planned_days",),
        expect=at_least("planned_days", lambda _: 0),
    ),
)
