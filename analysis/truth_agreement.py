"""One thing shown in several parts of a quarter is one number, and a proposal stands on what the parts say."""

import json
from collections import Counter
from functools import partial

import pandas as pd

from analysis.quarter import QuarterAnalysis
from analysis.truth_parts import (
    Truth,
    above,
    as_key,
    asked,
    broken_at,
    columns_differ,
    keyed_sums,
    not_below,
    together,
    unequal,
)

_IDS = {"flags": "flag_id", "proposals": "proposal_id", "families": "family_id", "journeys": "journey_id"}
_ID_VI = {"flags": "dấu hiệu", "proposals": "phương án", "families": "nhóm thủ tục", "journeys": "chuỗi thủ tục"}
_LIMITS = ("CUT_DAYS", "MERGE")  # kinds of proposals that put one limit in the place of another
_DONG = (
    1.0  # the cost before and the cost after are each in whole đồng, so what lies between them is off by one at most
)
_COST = ["hours_before", "hours_after", "services_before", "services_after", "per_year", "hourly_rate"]


def _ids(frame: str, analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, frame, [_IDS[frame]])
    times = rows.groupby(_IDS[frame], sort=True).size().rename("times").reset_index()
    return broken_at(times[[_IDS[frame]]], times["times"], 1.0, times["times"] > 1)


def _cited(analysis: QuarterAnalysis) -> pd.DataFrame:
    """left: flags cited that are there; right: flags cited. A proposal that cites none stands on nothing."""
    rows = asked(analysis, "proposals", ["proposal_id", "flag_ids"])
    known = set(analysis.flags["flag_id"]) if len(analysis.flags) else set()
    ids = [json.loads(text) for text in rows["flag_ids"]]
    there = pd.Series([sum(each in known for each in cited) for cited in ids], index=rows.index, dtype=float)
    cited = pd.Series([max(len(each), 1) for each in ids], index=rows.index, dtype=float)
    return unequal(rows[["proposal_id"]], there, cited)


def _shorter_limit(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "limits", ["proc_core", "is_cut", "proposed_days", "limit_days"])
    cut = rows.loc[rows["is_cut"].eq(True)]
    below = broken_at(cut, cut["proposed_days"], cut["limit_days"], ~(cut["proposed_days"] < cut["limit_days"]))
    return together([below, broken_at(cut, 0.0, cut["proposed_days"], ~(cut["proposed_days"] > 0))])


def _cut_is_the_difference(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "limits", ["proc_core", "cut_days", "proposed_days", "limit_days"])
    return unequal(rows, rows["cut_days"], rows["limit_days"] - rows["proposed_days"])


def _proposed_limit(analysis: QuarterAnalysis) -> pd.DataFrame:
    """A merged procedure may take the limit of one that is given within the day (0 days); a cut never ends there."""
    rows = asked(analysis, "proposals", ["proposal_id", "kind", "days_before", "days_after"])
    rows = rows.loc[rows["kind"].isin(_LIMITS)]
    cut = rows.loc[rows["kind"].eq("CUT_DAYS")]
    return together(
        [
            not_below(rows[["proposal_id"]], rows["days_after"], rows["days_before"]),
            not_below(cut[["proposal_id"]], 0.0, cut["days_after"]),
            above(rows[["proposal_id"]], 0.0, rows["days_after"]),
        ]
    )


def _saving(analysis: QuarterAnalysis) -> pd.DataFrame:
    rows = asked(analysis, "proposals", ["proposal_id", "cost_before", "cost_after", "saving"])
    return unequal(rows[["proposal_id"]], rows["saving"], rows["cost_before"] - rows["cost_after"])


def _saving_of_table(analysis: QuarterAnalysis) -> pd.DataFrame:
    """The fee stands on both sides and in no table. Where only days change there is no table: nothing is saved."""
    rows = asked(analysis, "proposals", ["proposal_id", "saving"])
    costs = asked(analysis, "costs", ["proposal_id", *_COST])
    hours, services = costs["hours_before"] - costs["hours_after"], costs["services_before"] - costs["services_after"]
    saved = (hours * costs["hourly_rate"] + services) * costs["per_year"]
    table = keyed_sums(costs.assign(saving=saved), ["proposal_id"], ["saving"])
    told = keyed_sums(rows.assign(saving=rows["saving"].fillna(0)), ["proposal_id"], ["saving"])
    return columns_differ(told, table, ["saving"], slack=_DONG)


def _saving_within(analysis: QuarterAnalysis) -> pd.DataFrame:
    costs = asked(analysis, "costs", ["proposal_id", "saving_low", "saving_high"])
    told = asked(analysis, "proposals", ["proposal_id", "saving"]).drop_duplicates("proposal_id")
    rows = costs.drop_duplicates("proposal_id").merge(told[["proposal_id", "saving"]], on="proposal_id")
    rows = rows.drop(columns="activity", errors="ignore")
    return together(
        [
            above(rows, rows["saving_low"], rows["saving"], slack=_DONG),
            above(rows, rows["saving"], rows["saving_high"], slack=_DONG),
            above(rows, rows["saving_low"], rows["saving_high"]),
        ]
    )


def _cut_proposed(analysis: QuarterAnalysis) -> pd.DataFrame:
    """CUT_DAYS proposals and KM_LIMIT flags against the part on limits they are made of."""
    known = asked(analysis, "limits", ["proc_core", "limit_days", "proposed_days"]).drop_duplicates("proc_core")
    known = known.set_index("proc_core")[["limit_days", "proposed_days"]].astype(float)
    drafts = asked(analysis, "proposals", ["kind", "proc_cores", "days_before", "days_after"])
    drafts = drafts.loc[drafts["kind"].eq("CUT_DAYS")]
    drafts = drafts.assign(proc_core=[json.loads(cores)[0] for cores in drafts["proc_cores"]])
    flags = asked(analysis, "flags", ["rule", "proc_core", "limit_value", "value"])
    flags = flags.loc[flags["rule"].eq("KM_LIMIT")]
    found = []
    for rows, names in ((drafts, ("days_before", "days_after")), (flags, ("limit_value", "value"))):
        of_limits = known.reindex(rows["proc_core"]).set_axis(rows.index)
        found += [
            unequal(rows[["proc_core"]], rows[name], of_limits[column])
            for name, column in zip(names, known.columns, strict=True)
        ]
    return together(found)


def _drawn(analysis: QuarterAnalysis) -> pd.DataFrame:
    """The chart of a limit at the day that is proposed."""
    rows = asked(analysis, "limits", ["proc_core", "is_cut", "proposed_days", "late_share_after"])
    rows = rows.loc[rows["is_cut"].eq(True)].rename(columns={"proposed_days": "days"}, errors="raise")
    curve = asked(analysis, "limit_curves", ["proc_core", "days", "late_share"])
    points = curve.astype({"days": float}).drop_duplicates(["proc_core", "days"])
    both = rows[["proc_core", "days", "late_share_after"]].merge(points, on=["proc_core", "days"], how="left")
    return unequal(both[["proc_core", "days"]], both["late_share_after"], both["late_share"])


def _late_of_pairs(analysis: QuarterAnalysis) -> pd.DataFrame:
    keys = ["unit_code", "proc_core"]
    flags = asked(analysis, "flags", ["rule", *keys, "value"])
    flags = flags.loc[flags["rule"].eq("KM_LATE_LOWER")]
    rows = asked(analysis, "timeliness", ["level", *keys, "late_share_km"])
    rows = rows.loc[rows["level"].eq("PROCEDURE_UNIT")].drop_duplicates(keys)
    both = flags[[*keys, "value"]].merge(rows[[*keys, "late_share_km"]], on=keys, how="left")
    return unequal(both[keys], both["value"], both["late_share_km"])


def _official(analysis: QuarterAnalysis) -> pd.DataFrame:
    """(10) and (7): dossiers solved in the quarter with a due date, by date, whenever received."""
    report, rows = _report_and(analysis, ["official_n", "official_late_share"])
    late = (rows["official_late_share"] * rows["official_n"]).fillna(0.0)
    rows = rows.assign(done_total=rows["official_n"], done_late=late)
    return _by_unit(report, rows, ["done_total", "done_late"])


def _index_766(analysis: QuarterAnalysis) -> pd.DataFrame:
    """Not asked where the index was not counted at all: every unit then has 0 of it."""
    report, rows = _report_and(analysis, ["index766_n"])
    if not rows["index766_n"].gt(0).any():
        rows = rows.iloc[:0]
    return _by_unit(report, rows.assign(received_total=rows["index766_n"]), ["received_total"])


def _report_and(analysis: QuarterAnalysis, columns: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    report = asked(analysis, "report_06a", ["row_kind", "unit_code", "received_total", "done_total", "done_late"])
    return report, asked(analysis, "timeliness", ["level", "unit_code", *columns])


def _by_unit(report: pd.DataFrame, rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Unit by unit and over all; nothing where either part is switched off."""
    if report.empty or rows.empty:
        return together([])
    return together(
        [
            columns_differ(
                keyed_sums(report.loc[report["row_kind"].eq(level)], keys, columns),
                keyed_sums(rows.loc[rows["level"].eq(level)], keys, columns),
                columns,
            )
            for level, keys in (("ALL", []), ("UNIT", ["unit_code"]))
        ]
    )


def _due(frame: str, analysis: QuarterAnalysis) -> pd.DataFrame:
    """Due dossiers: those compared and those of procedures nobody else does (alone_n) are all of the unit."""
    rows = asked(analysis, frame, ["level", "unit_code", "n", "alone_n"])
    whole = asked(analysis, "timeliness", ["level", "unit_code", "due_n"])
    if rows.empty or whole.empty:
        return together([])
    rows = rows.loc[rows["level"].eq("UNIT")].assign(due_n=rows["n"] + rows["alone_n"])
    whole = whole.loc[whole["level"].eq("UNIT")]
    told, made = (keyed_sums(each, ["unit_code"], ["due_n"]) for each in (whole, rows))
    return columns_differ(told, made, ["due_n"])


def _this_quarter(analysis: QuarterAnalysis) -> pd.DataFrame:
    series = asked(analysis, "series", ["received_quarter", "level", "unit_code", "due_n", "late_share"])
    rows = asked(analysis, "trends", ["level", "unit_code", "n_now", "share_now"])
    if series.empty or rows.empty:
        return together([])
    series = series.loc[series["received_quarter"].eq(analysis.quarter)]
    rows = rows.loc[rows["level"].isin(["ALL", "UNIT"])].assign(due_n=rows["n_now"], late_share=rows["share_now"])
    columns = ["due_n", "late_share"]
    keys = ["level", "unit_code"]
    one, other = (keyed_sums(each, keys, columns) for each in (series, rows))
    return columns_differ(one, other, columns)


def _nobody_came(analysis: QuarterAnalysis) -> pd.DataFrame:
    unused = asked(analysis, "unused", ["proc_core"])
    rows = asked(analysis, "timeliness", ["level", "proc_core", "n"])
    rows = rows.loc[
        rows["level"].eq("PROCEDURE") & rows["n"].gt(0) & rows["proc_core"].isin(set(unused["proc_core"]))
    ]
    return broken_at(rows[["proc_core"]], rows["n"], 0.0, rows["n"] > 0)


def _last_backlog(analysis: QuarterAnalysis) -> pd.DataFrame:
    desk = ["unit_code", "office_code"]
    load = asked(analysis, "load", [*desk, "backlog_last"])
    weeks = asked(analysis, "backlog", [*desk, "week", "backlog"])
    weeks = weeks.sort_values([*desk, "week"], kind="stable").drop_duplicates(desk, keep="last")
    both = load[[*desk, "backlog_last"]].merge(weeks[[*desk, "backlog"]], on=desk, how="left")
    return unequal(both[desk], both["backlog_last"], both["backlog"])


def _costs_of_proposals(analysis: QuarterAnalysis) -> pd.DataFrame:
    costs = asked(analysis, "costs", ["proposal_id"])
    known = Counter(analysis.proposals["proposal_id"]) if len(analysis.proposals) else Counter[str]()
    rows = costs.drop_duplicates("proposal_id")[["proposal_id"]]
    times = pd.Series([known[each] for each in as_key(rows["proposal_id"])], index=rows.index, dtype=float)
    return unequal(rows, times, 1.0)


AGREEMENT = (
    *(
        Truth(part=frame, sentence=f"Mỗi mã {_ID_VI[frame]} chỉ có một lần.", breaks=partial(_ids, frame))
        for frame in _IDS
    ),
    Truth(part="proposals", sentence="Mỗi phương án dẫn chiếu đến các dấu hiệu có trong kỳ.", breaks=_cited),
    Truth(
        part="limits",
        sentence="Thời hạn đề nghị rút ngắn hơn thời hạn hiện nay và lớn hơn 0.",
        breaks=_shorter_limit,
    ),
    Truth(
        part="limits",
        sentence="Số ngày cắt giảm bằng thời hạn hiện nay trừ thời hạn đề xuất.",
        breaks=_cut_is_the_difference,
    ),
    Truth(
        part="proposals",
        sentence="Thời hạn sau khi thực hiện phương án ngắn hơn thời hạn hiện nay và không âm; nếu là phương án rút "
        "thời hạn thì lớn hơn 0.",
        breaks=_proposed_limit,
    ),
    Truth(
        part="proposals",
        sentence="Chi phí tiết kiệm của phương án bằng chi phí trước trừ chi phí sau.",
        breaks=_saving,
    ),
    Truth(
        part="proposals",
        sentence="Chi phí tiết kiệm của phương án bằng chênh lệch trước và sau của bảng tính chi phí.",
        breaks=_saving_of_table,
    ),
    Truth(
        part="costs",
        sentence="Chi phí tiết kiệm của phương án nằm giữa mức thấp và mức cao của bảng tính chi phí.",
        breaks=_saving_within,
    ),
    Truth(
        part="costs", sentence="Mỗi bảng tính chi phí là của một phương án có trong kỳ.", breaks=_costs_of_proposals
    ),
    Truth(
        part="limits",
        sentence="Thời hạn hiện nay và thời hạn đề xuất là một ở phần thời hạn, ở dấu hiệu và ở phương án.",
        breaks=_cut_proposed,
    ),
    Truth(
        part="limits",
        sentence="Tỷ lệ trễ với thời hạn đề xuất là một ở bảng thời hạn và ở biểu đồ theo từng mức thời hạn.",
        breaks=_drawn,
    ),
    Truth(
        part="flags",
        sentence="Tỷ lệ trễ của dấu hiệu thủ tục chậm tại đơn vị là một với bảng tỷ lệ trễ hạn.",
        breaks=_late_of_pairs,
    ),
    Truth(
        part="report_06a",
        sentence="Số hồ sơ đã giải quyết và số trễ hạn của biểu II.06a, cột (7) và (10), là số dùng để tính tỷ lệ "
        "trễ hạn theo biểu.",
        breaks=_official,
    ),
    Truth(
        part="report_06a",
        sentence="Số hồ sơ của biểu II.06a, cột (3), là số hồ sơ dùng để tính chỉ số theo Quyết định số 766/QĐ-TTg.",
        breaks=_index_766,
    ),
    *(
        Truth(part=frame, sentence=sentence, breaks=partial(_due, frame))
        for frame, sentence in (
            ("comparison", "Số hồ sơ đến hạn của đơn vị là một ở bảng tỷ lệ trễ hạn và ở phần so sánh."),
            ("effects", "Số hồ sơ đến hạn của đơn vị là một ở bảng tỷ lệ trễ hạn và ở phần tách nguyên nhân chậm."),
        )
    ),
    Truth(
        part="series",
        sentence="Số hồ sơ đến hạn và tỷ lệ trễ của quý là một ở phần diễn biến và ở phần xu hướng.",
        breaks=_this_quarter,
    ),
    Truth(
        part="unused",
        sentence="Thủ tục nêu là không phát sinh hồ sơ thì không có hồ sơ ở bảng tỷ lệ trễ hạn.",
        breaks=_nobody_came,
    ),
    Truth(
        part="load",
        sentence="Số tồn cuối kỳ của bộ phận là một ở bảng khối lượng việc và ở biểu đồ theo tuần.",
        breaks=_last_backlog,
    ),
)
