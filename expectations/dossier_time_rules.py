"""Rules of dossiers about dates and the legal clock (family DT)."""

from typing import Any

import pandas as pd

from domain.columns import DOSSIER, HAPPENED
from domain.status import STATUS_VI, Status
from expectations.dossier_facts import DossierFacts
from expectations.dossier_rules import no_catalogue
from expectations.facts import Series, show, verdicts
from expectations.rule import Rule, holds, not_before

# What has happened cannot lie after the extract; a due date and only a due date may.
_HAPPENED = HAPPENED["dossier"]
_NOT_DUE = (Status.NEW, Status.NOT_ACCEPTED, Status.WITHDRAWN)
_STILL_OPEN = (
    Status.ACCEPTED,
    Status.PROCESSING,
    Status.SUPPLEMENT,
    Status.FIN_OBLIGATION,
    Status.DONE_PROCESSING,
)


def _dates_read(facts: DossierFacts) -> Series:
    missing = facts.rows["received_at"].isna()
    return verdicts((facts.bad_dates == "") & ~missing, True | missing, facts.index)


def _date_words(facts: DossierFacts) -> Series:
    words = facts.bad_dates
    return words.mask(words == "", DOSSIER["received_at"].vi + " [trống]")


def _not_ahead(facts: DossierFacts) -> Series:
    latest = facts.seen[list(_HAPPENED)].max(axis=1)
    return verdicts(latest <= facts.extract_end, latest.notna(), facts.index)


def _of_its_day(facts: DossierFacts) -> Series:
    latest = facts.seen[list(_HAPPENED)].max(axis=1)
    return verdicts(latest <= facts.night_end, latest <= facts.extract_end, facts.index)


def _ahead_words(facts: DossierFacts) -> Series:
    future = facts.seen[list(_HAPPENED)] > facts.extract_end
    words = {
        row: ", ".join(
            f"{DOSSIER[name].vi} [{show(values[name])}]" for name in _HAPPENED if values[name] > facts.extract_end
        )
        for row, values in facts.seen.loc[future.any(axis=1), list(_HAPPENED)].to_dict("index").items()
    }
    return pd.Series(words, dtype="str").reindex(facts.index)


def _working(column: str) -> Any:
    def fact(facts: DossierFacts) -> Series:
        working = facts.is_working(facts.day(column))
        return verdicts(working == 1.0, working.notna(), facts.index)

    return fact


def _accepted_soon(facts: DossierFacts) -> Series:
    waited = facts.work_index(facts.seen["received_on"]) - facts.work_index(facts.day("submitted_at"))
    online = (facts.seen["channel"] == 2) & waited.notna()
    return verdicts(waited <= facts.context.limits.acceptance_days, online, facts.index)


def _due_given(facts: DossierFacts) -> Series:
    # An unreadable due date is DT-01's matter.
    due = facts.told("due_at")
    concerns = ~facts.procedure["no_due"] & ~facts.seen["status"].isin(_NOT_DUE)
    return verdicts(due, concerns, facts.index)


def _due_as_counted(facts: DossierFacts) -> Series:
    gap, slack = facts.due_gap, facts.context.limits.due_tolerance_days
    paused = facts.pause["days"] + facts.previous["paused_days"].fillna(0.0).where(facts.pause["any"] == 0, 0.0)
    told = facts.pause["new_due"] == facts.seen["due_on"]
    open_ended = (facts.pause["open"] > 0) | told | (facts.is_paused_ever & (paused == 0))
    late_unexplained = facts.is_paused_ever & ~open_ended & (gap["over"] > paused + slack)
    return verdicts((gap["short"] >= -slack) & ~late_unexplained, gap["short"].notna(), facts.index)


def _due_within_limit(facts: DossierFacts) -> Series:
    gap = facts.due_gap
    concerns = gap["over"].notna() & ~facts.is_paused_ever
    return verdicts(gap["over"] <= facts.context.limits.due_tolerance_days, concerns, facts.index)


def _makeup_hint(facts: DossierFacts) -> Series:
    gap = facts.due_gap
    skipped = (gap["makeups"] > 0) & (gap["short"].abs() == gap["makeups"])
    return skipped.map({True: " (có thể do phần mềm bỏ qua ngày làm bù)", False: ""})


def _finish_given(facts: DossierFacts) -> Series:
    status = facts.seen["status"]
    finished = facts.told("finished_at")
    returned = facts.told("returned_at") | ~facts.gives("returned_at")
    done = status.isin([Status.DONE_PROCESSING, Status.RETURNED])
    return verdicts(finished & ((status != Status.RETURNED) | returned), done, facts.index)


def _return_closed(facts: DossierFacts) -> Series:
    status = facts.seen["status"]
    concerns = facts.seen["returned_at"].notna() & status.notna()
    return verdicts(~status.isin(_STILL_OPEN), concerns, facts.index)


def _not_stale(facts: DossierFacts) -> Series:
    overdue = (pd.Timestamp(facts.context.night) - facts.seen["due_on"]).dt.days
    concerns = facts.is_open & facts.seen["due_on"].notna() & ~facts.seen["status"].isin([5, 6])
    return verdicts(overdue <= facts.context.limits.stale_days, concerns, facts.index)


def _entered_soon(facts: DossierFacts) -> Series:
    delay = facts.work_index(facts.day("entered_at")) - facts.work_index(facts.seen["received_on"])
    return verdicts(delay <= facts.context.limits.entry_delay_days, delay.notna(), facts.index)


def _due_near(facts: DossierFacts) -> Series:
    return verdicts(~facts.far_ahead("due_at"), facts.told("due_at"), facts.index)


def _due_as_said(facts: DossierFacts) -> Series:
    return facts.rows["due_at"].map(show)


def _end_dated(facts: DossierFacts) -> Series:
    dated = facts.told("finished_at") | facts.told("returned_at") | facts.told("refused_at")
    return verdicts(dated, facts.seen["status"].isin([Status.WITHDRAWN, Status.STOPPED]), facts.index)


def _status_name(facts: DossierFacts) -> Series:
    return facts.seen["status"].map(lambda value: STATUS_VI.get(int(value), ""), na_action="ignore")


def _rule(number: str, severity: Any, sentence: str, message: str, **more: Any) -> Rule:
    rule_id = f"DQ-DT-{number}"
    more.setdefault("expect", holds(rule_id))
    return Rule(id=rule_id, table="dossier", severity=severity, sentence=sentence, message=message, **more)


_EXPECTED = {"expected": lambda facts: facts.due_gap["expected"], "hint": _makeup_hint}


RULES: tuple[Rule, ...] = (
    _rule(
        "01",
        "critical",
        "Ngày giờ không đọc được, bị trống (ngày tiếp nhận) hoặc vô lý; đề nghị đơn vị sửa và gửi lại hồ sơ.",
        "Ngày không dùng được: {words}; đề nghị đơn vị sửa và gửi lại hồ sơ.",
        needs=(),
        fact=_dates_read,
        show={"words": _date_words},
    ),
    _rule(
        "02",
        "critical",
        "Ngày của việc đã xảy ra (tiếp nhận, kết thúc, trả...) ở sau đêm tổng hợp; đề nghị đơn vị kiểm tra "
        "đồng hồ "
        "máy và gửi lại hồ sơ.",
        "Ngày ở tương lai: {words}; đề nghị đơn vị kiểm tra và gửi lại hồ sơ.",
        needs=(),
        fact=_not_ahead,
        show={"words": _ahead_words},
    ),
    _rule(
        "03",
        "warning",
        "Tiếp nhận vào ngày nghỉ; đề nghị đơn vị kiểm tra ngày tiếp nhận hoặc lịch làm bù.",
        "Ngày tiếp nhận [{received_on}] là ngày nghỉ; đề nghị đơn vị kiểm tra.",
        needs=(),
        fact=_working("received_at"),
    ),
    _rule(
        "04",
        "warning",
        "Ngày nộp sau ngày tiếp nhận; đề nghị đơn vị kiểm tra hai ngày này.",
        "Ngày nộp [{submitted_at}] sau ngày tiếp nhận [{received_at}]; đề nghị đơn vị kiểm tra.",
        needs=("submitted_at",),
        fact=lambda facts: facts.in_order("submitted_at", "received_at"),
    ),
    _rule(
        "05",
        "info",
        "Hồ sơ trực tuyến được tiếp nhận chậm quá một ngày làm việc từ khi nộp; để biết.",
        "Nộp trực tuyến [{submitted_at}], tiếp nhận [{received_at}]: chậm hơn quy định tiếp nhận.",
        needs=("submitted_at", "channel"),
        fact=_accepted_soon,
    ),
    _rule(
        "06",
        "warning",
        "Hồ sơ không có ngày hẹn trả; hồ sơ được báo cáo riêng, không tính đúng hạn; đề nghị đơn vị bổ sung.",
        "Ngày hẹn trả [{due_at}]; đề nghị đơn vị bổ sung ngày hẹn trả.",
        needs=("due_at",),
        fact=_due_given,
    ),
    _rule(
        "07",
        "critical",
        "Ngày hẹn trả trước ngày tiếp nhận; đề nghị đơn vị kiểm tra và gửi lại hồ sơ.",
        "Ngày hẹn trả [{due_on}] trước ngày tiếp nhận [{received_on}]; đề nghị đơn vị kiểm tra và gửi lại hồ sơ.",
        needs=("due_at",),
        expect=not_before("due_on", "received_on"),
    ),
    _rule(
        "08",
        "warning",
        "Ngày hẹn trả rơi vào ngày nghỉ; hạn tính đến hết ngày làm việc tiếp theo, đề nghị đơn vị hẹn lại cho đúng.",
        "Ngày hẹn trả [{due_on}] là ngày nghỉ; đề nghị đơn vị kiểm tra lịch nghỉ của phần mềm.",
        needs=("due_at",),
        fact=_working("due_at"),
    ),
    _rule(
        "09",
        "warning",
        "Ngày hẹn trả khác ngày tính theo thời hạn và thời gian tạm dừng; đề nghị đơn vị kiểm tra.",
        "Ngày hẹn trả [{due_on}] khác ngày tính theo thời hạn [{expected}]{hint}; đề nghị đơn vị kiểm tra.",
        needs=("due_at",),
        fact=_due_as_counted,
        show=_EXPECTED,
        idle=no_catalogue,
    ),
    _rule(
        "10",
        "warning",
        "Thời gian hẹn trả dài hơn thời hạn của thủ tục mà không có bổ sung, tạm dừng; đề nghị đơn vị giải trình.",
        "Ngày hẹn trả [{due_on}] muộn hơn thời hạn của thủ tục [{expected}]{hint}; đề nghị đơn vị kiểm tra.",
        needs=("due_at",),
        fact=_due_within_limit,
        show=_EXPECTED,
        idle=no_catalogue,
    ),
    _rule(
        "11",
        "critical",
        "Kết thúc xử lý trước khi tiếp nhận; đề nghị đơn vị kiểm tra và gửi lại hồ sơ.",
        "Ngày kết thúc xử lý [{finished_at}] trước ngày tiếp nhận [{received_at}]; "
        "đề nghị đơn vị kiểm tra và gửi lại hồ sơ.",
        needs=("finished_at",),
        fact=lambda facts: facts.in_order("received_at", "finished_at"),
    ),
    _rule(
        "12",
        "warning",
        "Trả kết quả trước khi kết thúc xử lý; đề nghị đơn vị kiểm tra hai ngày này.",
        "Ngày trả kết quả [{returned_at}] trước ngày kết thúc xử lý [{finished_at}]; đề nghị đơn vị kiểm tra.",
        needs=("finished_at", "returned_at"),
        fact=lambda facts: facts.in_order("finished_at", "returned_at"),
    ),
    _rule(
        "13",
        "warning",
        "Hồ sơ đã xong nhưng thiếu ngày kết thúc xử lý hoặc ngày trả; đề nghị đơn vị bổ sung.",
        "Trạng thái [{status}] nhưng ngày kết thúc [{finished_at}], ngày trả [{returned_at}]; đề nghị đơn vị "
        "bổ sung.",
        needs=("status", "finished_at"),
        fact=_finish_given,
    ),
    _rule(
        "14",
        "warning",
        "Đã trả kết quả nhưng chưa đóng hồ sơ trên phần mềm; đề nghị đơn vị cập nhật trạng thái.",
        "Đã trả ngày [{returned_at}] nhưng trạng thái còn [{status}]; đề nghị đơn vị cập nhật trạng thái.",
        needs=("status", "returned_at"),
        fact=_return_closed,
    ),
    _rule(
        "15",
        "warning",
        "Hồ sơ treo: quá hạn trên 180 ngày mà chưa kết thúc; đề nghị đơn vị giải quyết dứt điểm hoặc đóng hồ sơ.",
        "Hẹn trả ngày [{due_on}], đến nay chưa kết thúc; đề nghị đơn vị giải quyết dứt điểm hoặc đóng hồ sơ.",
        needs=("due_at",),
        fact=_not_stale,
    ),
    _rule(
        "16",
        "warning",
        "Giờ kết thúc trùng ngày hẹn trả đến từng giây, hoặc nhiều hồ sơ kết thúc đúng giờ tan sở: "
        "có thể nhập hàng loạt; đề nghị đơn vị kiểm tra.",
        "Giờ kết thúc [{finished_at}], hẹn trả [{due_at}]: trùng từng giây hoặc đúng giờ tan sở; đề nghị kiểm tra.",
        needs=("finished_at",),
        fact=lambda facts: facts.finish_times_believable,
    ),
    _rule(
        "17",
        "warning",
        "Nhập hồ sơ vào phần mềm chậm hơn một ngày làm việc sau khi tiếp nhận; đề nghị đơn vị nhập trong ngày.",
        "Tiếp nhận [{received_at}] nhưng nhập phần mềm [{entered_at}]; đề nghị đơn vị nhập trong ngày.",
        needs=("entered_at",),
        fact=_entered_soon,
    ),
    _rule(
        "18",
        "warning",
        "Một người đóng nhiều hồ sơ trong cùng một phút; đề nghị đơn vị kiểm tra việc đóng hàng loạt.",
        "Kết thúc lúc [{finished_at}] cùng phút với nhiều hồ sơ khác của một người; đề nghị đơn vị kiểm tra.",
        needs=("finished_at", "staff_code"),
        fact=lambda facts: facts.closed_one_by_one,
    ),
    _rule(
        "19",
        "info",
        "Việc ghi sau nửa đêm của đêm tổng hợp: bản ghi được giữ và tính vào ngày hôm sau; để biết.",
        "Có việc ghi sau nửa đêm, tính vào ngày hôm sau.",
        needs=(),
        fact=_of_its_day,
    ),
    _rule(
        "20",
        "critical",
        "Từ chối tiếp nhận trước khi tiếp nhận; đề nghị đơn vị kiểm tra hai ngày này và gửi lại hồ sơ.",
        "Ngày từ chối [{refused_at}] trước ngày tiếp nhận [{received_at}]; đề nghị đơn vị kiểm tra và gửi lại hồ sơ.",
        needs=("refused_at",),
        fact=lambda facts: facts.in_order("received_at", "refused_at"),
    ),
    _rule(
        "21",
        "warning",
        "Ngày hẹn trả quá xa, không dùng được; hồ sơ vẫn được tính, như chưa có ngày hẹn trả; đề nghị đơn vị sửa.",
        "Ngày hẹn trả [{due}] quá xa, không dùng được; đề nghị đơn vị sửa ngày hẹn trả.",
        needs=("due_at",),
        fact=_due_near,
        show={"due": _due_as_said},
    ),
    _rule(
        "22",
        "warning",
        "Hồ sơ đã rút hoặc dừng giải quyết nhưng không có ngày; tạm lấy đêm đầu tiên thấy trạng thái này, "
        "đề nghị đơn vị bổ sung ngày.",
        "Trạng thái [{status_name}] không có ngày; tạm lấy đêm đầu tiên thấy trạng thái, đề nghị đơn vị bổ sung.",
        needs=("status",),
        fact=_end_dated,
        show={"status_name": _status_name},
    ),
)
