"""Rules of pauses, the stops of the clock for supplements and financial obligations (family TD, tạm dừng)."""

from typing import Any

from expectations.dossier_rules import masked
from expectations.facts import Series, safe_word, verdicts
from expectations.rule import Rule, at_most, holds, one_of
from expectations.step_facts import PauseFacts

KINDS = ["SUPPLEMENT", "FINANCIAL"]


def _keyed(facts: PauseFacts) -> Series:
    keyed = facts.seen[["dossier_code", "pause_no"]].notna().all(axis=1)
    return verdicts(keyed, True | keyed, facts.index)


def _dates_read(facts: PauseFacts) -> Series:
    missing = facts.rows["started_at"].isna()
    return verdicts((facts.bad_dates == "") & ~missing, True | missing, facts.index)


def _date_words(facts: PauseFacts) -> Series:
    words = facts.bad_dates
    return words.mask(words == "", "Yêu cầu lúc [trống]")


def _kind(facts: PauseFacts) -> Series:
    return facts.seen["kind"].map(lambda kind: safe_word(str(kind)), na_action="ignore")


def _rule(number: str, severity: Any, sentence: str, message: str, **more: Any) -> Rule:
    rule_id = f"DQ-TD-{number}"
    more.setdefault("expect", holds(rule_id))
    more.setdefault("needs", ())
    return Rule(id=rule_id, table="pause", severity=severity, sentence=sentence, message=message, **more)


RULES: tuple[Rule, ...] = (
    _rule(
        "01",
        "critical",
        "Lần tạm dừng không có mã hồ sơ hoặc số lần; đề nghị đơn vị bổ sung và gửi lại.",
        "Lần tạm dừng có mã hồ sơ [{code}], số lần [{pause_no}]; đề nghị đơn vị bổ sung và gửi lại.",
        fact=_keyed,
        show={"code": masked("dossier_code")},
    ),
    _rule(
        "02",
        "critical",
        "Lần tạm dừng gửi trùng (cùng mã hồ sơ, cùng số lần); chỉ dòng đầu được nhận, đề nghị đơn vị bỏ dòng trùng.",
        "Lần tạm dừng [{pause_no}] của hồ sơ đã có ở dòng [{first_line}]; đề nghị đơn vị bỏ dòng trùng và gửi lại.",
        expect=at_most("copy_no", lambda _: 1),
        show={"first_line": lambda facts: facts.first_line("unit_code", "dossier_key", "pause_no")},
    ),
    _rule(
        "03",
        "critical",
        "Loại tạm dừng không phải yêu cầu bổ sung hay nghĩa vụ tài chính; đề nghị đơn vị sửa và gửi lại.",
        "Loại tạm dừng [{kind}] không có trong bảng mã; đề nghị đơn vị sửa và gửi lại.",
        # An empty kind is as unknown as a wrong one.
        expect=one_of("kind_told", lambda _: KINDS),
        show={"kind": _kind},
    ),
    _rule(
        "04",
        "critical",
        "Ngày của lần tạm dừng bị trống, không đọc được, vô lý hoặc ở tương lai; đề nghị đơn vị sửa và gửi lại.",
        "Lần tạm dừng [{pause_no}] có ngày không dùng được: {words}; đề nghị đơn vị sửa và gửi lại.",
        fact=_dates_read,
        show={"words": _date_words},
    ),
    _rule(
        "05",
        "critical",
        "Lần tạm dừng kết thúc trước khi bắt đầu; đề nghị đơn vị kiểm tra và gửi lại.",
        "Lần tạm dừng [{pause_no}] kết thúc [{ended_at}] trước khi bắt đầu [{started_at}]; "
        "đề nghị đơn vị kiểm tra và gửi lại.",
        fact=lambda facts: facts.in_order("started_at", "ended_at"),
    ),
    _rule(
        "06",
        "warning",
        "Ngày hẹn trả mới sớm hơn ngày hẹn trả trước khi tạm dừng; đề nghị đơn vị kiểm tra.",
        "Lần tạm dừng [{pause_no}]: ngày hẹn trả mới [{new_due_at}] sớm hơn ngày trước [{old_due_at}]; "
        "đề nghị đơn vị kiểm tra.",
        needs=("old_due_at", "new_due_at"),
        fact=lambda facts: facts.in_order("old_due_at", "new_due_at"),
    ),
)
