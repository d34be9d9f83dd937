"""Sums of a quarter that must close: table II.06a, classes of dossiers, units against all, causes of waiting."""

from functools import partial

import numpy as np
import pandas as pd

from analysis.quarter import QuarterAnalysis
from analysis.report_06a import COLUMNS as FORM
from analysis.report_06a import IDENTITIES, identity
from analysis.timeliness import COUNTS as CLASSES
from analysis.truth_parts import Truth, above, asked, broken_at, columns_differ, keyed_sums, together, unequal
from analysis.waiting import CAUSES

_TABLE_VI = {
    "(3) = (4) + (5) + (6)": "Biểu II.06a: cột (3) bằng tổng các cột (4), (5) và (6).",
    "(7) = (8) + (9) + (10)": "Biểu II.06a: cột (7) bằng tổng các cột (8), (9) và (10).",
    "(11) = (12) + (13)": "Biểu II.06a: cột (11) bằng tổng các cột (12) và (13).",
    "(3) = (7) + (11) + bảng nối": "Biểu II.06a: cột (3) bằng tổng các cột (7), (11) và các cột của bảng nối.",
    "tổng các lĩnh vực = dòng đơn vị": "Biểu II.06a: tổng các dòng lĩnh vực bằng dòng của đơn vị.",
    "tổng các đơn vị = dòng tổng": "Biểu II.06a: tổng các dòng đơn vị bằng dòng tổng.",
}
_FORM_COLUMN = {name: column for column, name in FORM.items()}
_BY_LEVEL = ("UNIT", "PROCEDURE", "PROCEDURE_UNIT")
_SIZES = [*CLASSES, "km_n", "closed_n", "due_n", "due_late", "official_n", "index766_n"]
_CAUSE_DAYS = [f"{cause}_days" for cause in CAUSES]
_WAITED = ["n", "waiting_days", *_CAUSE_DAYS, "work_days"]
# Each dossier is in exactly one of them.
_OF_ALL = [
    "early", "on_time", "late", "no_due", "open_in_term", "overdue_open", "paused", "refused", "withdrawn", "stopped",
]  # fmt: skip
_SIDES = ("n_now", "n_before", "n_year_ago")


def _identity(name: str, analysis: QuarterAnalysis) -> pd.DataFrame:
    report = analysis.report_06a
    if report.empty:
        return together([])
    found = identity(report, name)
    columns = [each.partition(": ")[2] for each in found["identity"]]
    found = found.assign(column=[_FORM_COLUMN.get(each, each) for each in columns])
    return broken_at(found, found["left"], found["right"], np.ones(len(found)))


def _classes(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "timeliness", ["n", *_OF_ALL])
    return unequal(rows, rows["n"], rows[_OF_ALL].sum(axis=1))


def _solved(analysis: QuarterAnalysis) -> pd.DataFrame:
    """Solved: early, on time, late, and those without a due date, which `no_due` counts beside the open ones."""
    rows = asked(analysis, "timeliness", ["done", "early", "on_time", "late", "no_due"])
    judged = rows[["early", "on_time", "late"]].sum(axis=1)
    return together([above(rows, judged, rows["done"]), above(rows, rows["done"], judged + rows["no_due"])])


def _closed(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "timeliness", ["closed_n", "early", "on_time", "late"])
    return unequal(rows, rows["closed_n"], rows[["early", "on_time", "late"]].sum(axis=1))


def _levels(level: str, analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "timeliness", ["level", "unit_code", *_SIZES])
    whole = rows.loc[rows["level"].eq("ALL")]
    return columns_differ(
        keyed_sums(whole, [], _SIZES), keyed_sums(rows.loc[rows["level"].eq(level)], [], _SIZES), _SIZES
    )


def _pairs_of_unit(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "timeliness", ["level", "unit_code", *_SIZES])
    units, pairs = (rows.loc[rows["level"].eq(level)] for level in ("UNIT", "PROCEDURE_UNIT"))
    return columns_differ(keyed_sums(units, ["unit_code"], _SIZES), keyed_sums(pairs, ["unit_code"], _SIZES), _SIZES)


def _series(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "series", ["level", "received_quarter", "n", "due_n"])
    columns = ["n", "due_n"]
    whole, units = (
        keyed_sums(rows.loc[rows["level"].eq(level)], ["received_quarter"], columns) for level in ("ALL", "UNIT")
    )
    return columns_differ(whole, units, columns)


def _trends(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "trends", ["level", *_SIDES])
    whole = keyed_sums(rows.loc[rows["level"].eq("ALL")], [], _SIDES)
    return together(
        [
            columns_differ(whole, keyed_sums(rows.loc[rows["level"].eq(level)], [], _SIDES), _SIDES)
            for level in _BY_LEVEL
        ]
    )


def _causes(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "waiting", ["waiting_days", *_CAUSE_DAYS])
    return unequal(rows, rows["waiting_days"], rows[_CAUSE_DAYS].sum(axis=1))


def _main_cause(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "waiting", ["waiting_days", "main_share", *_CAUSE_DAYS])
    waited = rows.loc[rows["waiting_days"].gt(0)]
    return unequal(waited, waited["main_share"], waited[_CAUSE_DAYS].max(axis=1) / waited["waiting_days"])


def _waited_levels(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "waiting", ["level", "unit_code", "office_code", *_WAITED])
    edges, offices, procedures = (rows.loc[rows["level"].eq(level)] for level in ("EDGE", "OFFICE", "PROCEDURE"))
    desk = ["unit_code", "office_code"]
    return together(
        [
            columns_differ(keyed_sums(offices, desk, _WAITED), keyed_sums(edges, desk, _WAITED), _WAITED),
            columns_differ(keyed_sums(procedures, [], _WAITED), keyed_sums(offices, [], _WAITED), _WAITED),
        ]
    )


def _step_levels(analysis: QuarterAnalysis) -> pd.DataFrame:
    keys = ["unit_code", "office_code", "task"]
    rows = asked(analysis, "steps", ["level", *keys, "n"])
    whole, steps = (keyed_sums(rows.loc[rows["level"].eq(level)], keys, ["n"]) for level in ("OFFICE", "STEP"))
    return columns_differ(whole, steps, ["n"])


def _desk_moves(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "load", ["arrived", "finished", "backlog_first", "backlog_last"])
    return unequal(rows, rows["backlog_first"] + rows["arrived"] - rows["finished"], rows["backlog_last"])


def _weeks(analysis: QuarterAnalysis) -> pd.DataFrame:
    """Week by week; the first week of the series has none before it here."""
    desk = ["unit_code", "office_code"]
    rows = asked(analysis, "backlog", [*desk, "week", "backlog", "arrived", "finished"])
    rows = rows.sort_values([*desk, "week"], kind="stable")
    before = rows.groupby(desk, sort=False, dropna=False)["backlog"].shift(1)
    later = rows.loc[before.notna()]
    return unequal(later, before[later.index] + later["arrived"] - later["finished"], later["backlog"])


def _middle(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "timeliness", ["median_half_days", "p95_half_days"])
    return above(rows, rows["median_half_days"], rows["p95_half_days"])


_LEVEL_VI = {"UNIT": "các đơn vị", "PROCEDURE": "các thủ tục", "PROCEDURE_UNIT": "các thủ tục của từng đơn vị"}

SUMS = (
    *(Truth(part="report_06a", sentence=_TABLE_VI[name], breaks=partial(_identity, name)) for name in IDENTITIES),
    Truth(
        part="timeliness",
        sentence="Số hồ sơ bằng tổng của: trước hạn, đúng hạn, trễ hạn, không có hạn, đang giải quyết trong hạn, "
        "đang giải quyết quá hạn, tạm dừng, từ chối, rút và dừng giải quyết.",
        breaks=_classes,
    ),
    Truth(
        part="timeliness",
        sentence="Số hồ sơ đã giải quyết bằng tổng trước hạn, đúng hạn, trễ hạn và phần đã giải quyết của số hồ "
        "sơ không có hạn.",
        breaks=_solved,
    ),
    Truth(
        part="timeliness",
        sentence="Mẫu số của tỷ lệ trễ trong hồ sơ đã giải quyết bằng tổng trước hạn, đúng hạn và trễ hạn.",
        breaks=_closed,
    ),
    *(
        Truth(
            part="timeliness",
            sentence=f"Số hồ sơ của {_LEVEL_VI[level]} cộng lại bằng số hồ sơ của toàn bộ.",
            breaks=partial(_levels, level),
        )
        for level in _BY_LEVEL
    ),
    Truth(
        part="timeliness",
        sentence="Số hồ sơ các thủ tục của một đơn vị cộng lại bằng số hồ sơ của đơn vị đó.",
        breaks=_pairs_of_unit,
    ),
    Truth(
        part="timeliness",
        sentence="Thời gian mà một nửa số hồ sơ xong không dài hơn thời gian mà 95 % số hồ sơ xong.",
        breaks=_middle,
    ),
    Truth(
        part="series",
        sentence="Ở mỗi quý, số hồ sơ của các đơn vị cộng lại bằng số hồ sơ của toàn bộ.",
        breaks=_series,
    ),
    Truth(
        part="trends",
        sentence="Số hồ sơ đến hạn dùng để so sánh giữa hai quý, cộng theo đơn vị hoặc theo thủ tục, bằng số của "
        "toàn bộ.",
        breaks=_trends,
    ),
    Truth(
        part="waiting",
        sentence="Tổng thời gian chờ theo từng nguyên nhân bằng thời gian chờ.",
        breaks=_causes,
    ),
    Truth(
        part="waiting",
        sentence="Tỷ lệ của nguyên nhân chính bằng thời gian chờ của nguyên nhân lớn nhất chia cho thời gian chờ.",
        breaks=_main_cause,
    ),
    Truth(
        part="waiting",
        sentence="Thời gian chờ cộng theo bước chuyển, theo bộ phận và theo thủ tục là một.",
        breaks=_waited_levels,
    ),
    Truth(
        part="steps",
        sentence="Số lần xử lý của từng bước cộng lại bằng số lần xử lý của bộ phận ở việc đó.",
        breaks=_step_levels,
    ),
    Truth(
        part="load",
        sentence="Số tồn đầu kỳ cộng số lượt chuyển đến trừ số lượt xong bằng số tồn cuối kỳ.",
        breaks=_desk_moves,
    ),
    Truth(
        part="backlog",
        sentence="Số tồn cuối tuần bằng số tồn cuối tuần trước cộng số lượt chuyển đến trừ số lượt xong.",
        breaks=_weeks,
    ),
)
