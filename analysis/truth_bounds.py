"""What each figure of a quarter may be at all: shares, intervals, counts, parts that are no more than their whole."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from analysis.quarter import QuarterAnalysis
from analysis.truth_parts import Truth, above, asked, together

# The frames with shares or counts, as the sentences call them.
FRAME_VI = {
    "timeliness": "tỷ lệ trễ hạn, thời gian giải quyết",
    "comparison": "so sánh giữa các đơn vị",
    "effects": "tách phần do đơn vị và phần do thủ tục",
    "speed": "so sánh tốc độ giải quyết",
    "gate": "điều kiện dữ liệu để so sánh",
    "trends": "xu hướng",
    "series": "diễn biến từng quý",
    "limits": "thời hạn có thể cắt giảm",
    "limit_curves": "tỷ lệ trễ hạn theo từng mức thời hạn",
    "curves": "thời gian giải quyết của từng thủ tục",
    "cut_effects": "tác động của việc cắt giảm thời hạn",
    "steps": "thời gian từng bước",
    "waiting": "nguyên nhân chờ",
    "load": "khối lượng việc của bộ phận",
    "backlog": "hồ sơ tồn theo tuần",
    "handovers": "chuyển giao giữa các bước",
    "throughput": "thời gian đi hết các bước",
    "integrity": "kiểm tra cách ghi số liệu",
    "overlaps": "thủ tục trùng lặp, chồng chéo",
    "families": "nhóm thủ tục gần nhau",
    "journeys": "chuỗi thủ tục",
    "asked_twice": "giấy tờ phải nộp nhiều lần",
    "cumbersome": "thủ tục rườm rà",
    "unused": "thủ tục không phát sinh hồ sơ",
    "papers": "giấy tờ được yêu cầu nhiều",
    "paper_types": "các loại giấy tờ",
    "report_06a": "biểu II.06a",
    "flags": "dấu hiệu cần xem xét",
    "costs": "chi phí tuân thủ",
}
SHARES: dict[str, tuple[str, ...]] = {
    "timeliness": (
        "late_share_km", "late_share_all_ends", "refused_share", "withdrawn_share", "closed_late_share",
        "due_late_share", "official_late_share", "index766_share",
    ),
    "comparison": ("share", "expected_share", "shrunk_share"),
    "effects": ("raw_share", "pooled_share"),
    "gate": ("missing_share", "set_aside_share", "odd_share", "bulk_share"),
    "trends": ("share_now", "share_before", "share_year_ago"),
    "series": ("late_share",),
    "limits": (
        "late_share_now", "late_share_after", "share_becoming_late", "shorter_late_share", "unseen_share_high",
    ),
    "limit_curves": ("late_share",),
    "curves": ("survival",),
    "cut_effects": ("within_before", "within_after", "control_before", "control_after"),
    "steps": ("marked_share", "same_second_share", "midnight_share", "over_share"),
    "waiting": ("main_share",),
    "integrity": ("share", "base_share"),
    "overlaps": ("score",),
    "families": ("lowest_score",),
    "journeys": ("share",),
}  # fmt: skip
COUNTS: dict[str, tuple[str, ...]] = {
    "timeliness": (
        "n", "done", "early", "on_time", "late", "open_in_term", "overdue_open", "paused", "no_due", "refused",
        "withdrawn", "stopped", "unusable", "truncated", "km_n", "closed_n", "due_n", "due_late", "official_n",
        "index766_n",
    ),
    "comparison": ("n", "late", "alone_n"),
    "effects": ("n", "late", "alone_n", "members", "slow_members"),
    "speed": ("n", "ended"),
    "gate": ("nights", "missing_nights", "rows_in", "set_aside", "dossiers", "steps"),
    "trends": ("n_now", "n_before", "n_year_ago"),
    "series": ("n", "due_n"),
    "limits": ("n",),
    "limit_curves": ("n",),
    "curves": ("at_risk",),
    "cut_effects": ("n_before", "n_after", "controls", "n_control_before", "n_control_after"),
    "steps": ("n", "over_n", "procedures"),
    "waiting": (
        "n", "waiting_days", "citizen_days", "other_agency_days", "unavailable_days", "batching_days",
        "prioritised_days", "contention_days", "rest_days", "work_days",
    ),
    "load": ("weeks", "arrived", "finished", "backlog_first", "backlog_last", "backlog_peak", "weeks_up"),
    "backlog": ("backlog", "arrived", "finished"),
    "handovers": ("n", "usable_n"),
    "throughput": ("n", "usable_n"),
    "integrity": ("n", "found", "base_n", "base_found"),
    "families": ("size",),
    "journeys": ("cases",),
    "asked_twice": ("times",),
    "cumbersome": ("peers",),
    "unused": ("units", "quarters"),
    "papers": ("mentions", "procedures", "dossiers"),
    "paper_types": ("mentions", "procedures"),
    "report_06a": (
        "received_total", "received_online", "received_direct_post", "carried_in", "done_total", "done_early",
        "done_on_time", "done_late", "open_total", "open_in_term", "open_overdue", "refused", "withdrawn", "stopped",
        "open_paused", "done_no_due", "open_no_due",
    ),
    "flags": ("n",),
    "costs": ("hours_before", "hours_after", "services_before", "services_after", "per_year"),
}  # fmt: skip
# Frame -> (part, whole): so many of them.
PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "timeliness": (
        ("done", "n"), ("closed_n", "done"), ("km_n", "n"), ("truncated", "n"), ("due_n", "n"), ("due_late", "due_n"),
    ),
    "comparison": (("late", "n"),),
    "effects": (("late", "n"), ("slow_members", "members")),
    "speed": (("ended", "n"),),
    "gate": (("missing_nights", "nights"), ("set_aside", "rows_in")),
    "series": (("due_n", "n"),),
    "steps": (("over_n", "n"),),
    "handovers": (("usable_n", "n"),),
    "throughput": (("usable_n", "n"),),
    "integrity": (("found", "n"), ("base_found", "base_n")),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An interval of a frame: low <= middle <= high. `middle` "" where the figure need not lie inside.

    `ends`: the least and the most either end can be. `but`: rules of flags whose interval is of another figure.
    """

    frame: str
    middle: str
    low: str
    high: str
    text: str
    ends: tuple[float, float] = (0.0, 1.0)
    but: tuple[str, ...] = ()


_ANY, _POSITIVE = (-np.inf, np.inf), (0.0, np.inf)
# A difference of two shares; a difference of two such differences.
_CHANGE, _TWICE = (-1.0, 1.0), (-2.0, 2.0)
_INTERVALS = tuple(
    Interval(frame=frame, middle=middle, low=low, high=high, text=text, ends=ends)
    for frame, middle, low, high, text, ends in (
        ("timeliness", "late_share_km", "ci_low", "ci_high",
         "Tỷ lệ trễ có tính hồ sơ đang giải quyết", (0.0, 1.0)),
        ("timeliness", "due_late_share", "due_low", "due_high", "Tỷ lệ trễ trong hồ sơ đã đến hạn", (0.0, 1.0)),
        ("comparison", "", "low95", "high95", "Giới hạn 95 % của biểu đồ phễu", (0.0, 1.0)),
        ("comparison", "", "low998", "high998", "Giới hạn 99,8 % của biểu đồ phễu", (0.0, 1.0)),
        ("comparison", "shrunk_share", "shrunk_low", "shrunk_high",
         "Tỷ lệ trễ ước lượng thận trọng của đơn vị", (0.0, 1.0)),
        ("effects", "ratio", "ratio_low", "ratio_high", "Tỷ số so với dự kiến", _POSITIVE),
        ("effects", "pooled_share", "pooled_low", "pooled_high",
         "Tỷ lệ trễ sau khi tách phần do đơn vị hoặc do thủ tục", (0.0, 1.0)),
        ("effects", "effect", "effect_low", "effect_high", "Phần chênh do đơn vị hoặc do thủ tục", _ANY),
        ("speed", "speed_ratio", "low", "high", "Tỷ số tốc độ giải quyết của đơn vị", _POSITIVE),
        ("trends", "change", "low", "high", "Mức thay đổi của tỷ lệ trễ", _CHANGE),
        ("trends", "same_mix_change", "same_mix_low", "same_mix_high",
         "Mức thay đổi của tỷ lệ trễ khi giữ nguyên cơ cấu thủ tục", _ANY),
        ("series", "late_share", "low", "high", "Tỷ lệ trễ của từng quý", (0.0, 1.0)),
        ("limits", "met_limit_days", "met_low_days", "met_high_days",
         "Thời hạn ngắn nhất mà hồ sơ đáp ứng được", _POSITIVE),
        ("limits", "late_share_now", "now_low", "now_high", "Tỷ lệ trễ với thời hạn hiện nay", (0.0, 1.0)),
        ("limits", "late_share_after", "after_low", "after_high", "Tỷ lệ trễ với thời hạn đề xuất", (0.0, 1.0)),
        ("limits", "share_becoming_late", "becoming_low", "becoming_high",
         "Tỷ lệ hồ sơ thành trễ hạn do rút thời hạn", (0.0, 1.0)),
        ("limits", "shorter_late_share", "shorter_low", "shorter_high",
         "Tỷ lệ trễ với thời hạn ngắn hơn một mức", (0.0, 1.0)),
        ("limit_curves", "late_share", "low", "high", "Tỷ lệ trễ theo từng mức thời hạn", (0.0, 1.0)),
        ("curves", "survival", "ci_low", "ci_high", "Tỷ lệ hồ sơ chưa giải quyết xong theo từng ngày", (0.0, 1.0)),
        ("cut_effects", "effect", "low", "high", "Tác động của việc cắt giảm thời hạn", _TWICE),
        ("steps", "over_share", "ci_low", "ci_high", "Tỷ lệ số lần xử lý vượt thời gian quy trình", (0.0, 1.0)),
        ("load", "done_share", "low", "high", "Tỷ số giữa số lượt xong và số lượt chuyển đến", _POSITIVE),
        ("handovers", "median_days", "median_low", "median_high", "Thời gian chuyển giao ở giữa", _POSITIVE),
        ("integrity", "share", "low", "high", "Tỷ lệ của từng nội dung kiểm tra cách ghi số liệu", (0.0, 1.0)),
    )
)  # fmt: skip
INTERVALS = (
    *_INTERVALS,
    Interval(
        frame="flags",
        middle="value",
        low="ci_low",
        high="ci_high",
        text="Số liệu của từng dấu hiệu cần xem xét",
        # The interval is of the late share the shorter limit leaves, the value is the limit.
        but=("KM_LIMIT",),
    ),
)


def _shares(frame: str, analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, frame, SHARES[frame])
    found = [rows.assign(column=name) for name in SHARES[frame]]
    low = [above(each, 0.0, each[name]) for each, name in zip(found, SHARES[frame], strict=True)]
    high = [above(each, each[name], 1.0) for each, name in zip(found, SHARES[frame], strict=True)]
    return together([*low, *high])


def _counts(frame: str, analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, frame, COUNTS[frame])
    return together([above(rows.assign(column=name), 0.0, rows[name]) for name in COUNTS[frame]])


def _parts(frame: str, analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, frame, [name for pair in PARTS[frame] for name in pair])
    return together([above(rows.assign(column=part), rows[part], rows[whole]) for part, whole in PARTS[frame]])


def _interval(given: Interval, analysis: QuarterAnalysis) -> pd.DataFrame:
    needs = [name for name in (given.middle, given.low, given.high) if name]
    rows = asked(analysis, given.frame, [*needs, *(["rule"] if given.but else [])])
    low, high = rows[given.low], rows[given.high]
    found = [above(rows, low, high), above(rows, given.ends[0], low), above(rows, high, given.ends[1])]
    if given.middle:
        inside = rows.loc[~rows["rule"].isin(given.but)] if given.but else rows
        found += [
            above(inside, inside[given.low], inside[given.middle]),
            above(inside, inside[given.middle], inside[given.high]),
        ]
    return together(found)


def _funnel(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "comparison", ["low95", "high95", "low998", "high998"])
    return together([above(rows, rows["low998"], rows["low95"]), above(rows, rows["high95"], rows["high998"])])


def _said(given: Interval) -> str:
    said = (
        f"{given.text} nằm trong khoảng tin cậy của chính nó"
        if given.middle
        else f"{given.text} có đầu thấp \
không lớn hơn đầu cao"
    )
    bounds = {
        (0.0, 1.0): "; hai đầu không ra ngoài khoảng từ 0 đến 1",
        _POSITIVE: "; hai đầu không âm",
        _CHANGE: "; hai đầu không ra ngoài khoảng từ -1 đến 1",
        _TWICE: "; hai đầu không ra ngoài khoảng từ -2 đến 2",
        _ANY: "",
    }
    return f"{said}{bounds[given.ends]}."


BOUNDS = (
    *(
        Truth(
            part=frame,
            sentence=f"Mọi tỷ lệ trong phần {FRAME_VI[frame]} nằm trong khoảng từ 0 đến 1.",
            breaks=partial(_shares, frame),
        )
        for frame in SHARES
    ),
    *(
        Truth(
            part=frame,
            sentence=f"Không có số lượng nào trong phần {FRAME_VI[frame]} là số âm.",
            breaks=partial(_counts, frame),
        )
        for frame in COUNTS
    ),
    *(
        Truth(
            part=frame,
            sentence=f"Trong phần {FRAME_VI[frame]}, phần được đếm không nhiều hơn tổng số của nó.",
            breaks=partial(_parts, frame),
        )
        for frame in PARTS
    ),
    *(Truth(part=each.frame, sentence=_said(each), breaks=partial(_interval, each)) for each in INTERVALS),
    Truth(
        part="comparison",
        sentence="Giới hạn 99,8 % của biểu đồ phễu rộng hơn hoặc bằng giới hạn 95 %.",
        breaks=_funnel,
    ),
)
