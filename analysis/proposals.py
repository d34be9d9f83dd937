"""Proposals: what could be changed, who may decide it, and what it saves. A draft for a person to sign."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.competence import UNKNOWN as UNKNOWN_COMPETENCE
from analysis.competence import Facts, joined, of_change
from analysis.costs import ASSUMPTION_VI, CostChange, cost_change
from analysis.frames import rows_of, text_or_none
from analysis.words import Names, between_vi, days_vi, number_vi, share_vi
from domain.cost import HourlyRate
from domain.ids import stable_id
from domain.quarter import Quarter

COLUMNS = [
    "proposal_id", "quarter", "kind", "proc_cores", "title", "change", "reason", "competence", "legal_basis",
    "cost_before", "cost_after", "saving", "saving_rate", "days_before", "days_after", "flag_ids", "status",
]  # fmt: skip
COST_COLUMNS = [
    "proposal_id", "activity", "hours_before", "hours_after", "services_before", "services_after", "per_year",
    "hourly_rate", "rate_source", "saving_low", "saving_high", "assumption",
]  # fmt: skip
KINDS = ("CUT_DAYS", "MERGE", "REUSE_PAPER", "REVIEW_UNUSED", "MEND_STEP")
LAW_REVIEW = (
    "Điều 27, 28, 30, 31 Nghị định số 63/2010/NĐ-CP (sửa đổi, bổ sung tại Nghị định số 92/2017/NĐ-CP); "
    "Điều 27 Thông tư số 02/2017/TT-VPCP"
)
UNKNOWN = UNKNOWN_COMPETENCE.text


@dataclass(frozen=True, kw_only=True)
class ProposalContext:
    """What every proposal needs beside its own figures. `dossiers`, `papers`, `fees` by procedure, of the year.

    `agencies`: office -> the agency it belongs to when that is not the site's own. `facts`: by procedure, what tells
    who may change it; without them the split of competence is the general one.
    """

    quarter: str
    names: Names
    rate: HourlyRate | None
    dossiers: Mapping[str, float]
    papers: Mapping[str, float]
    fees: Mapping[str, float]
    agencies: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Facts] = field(default_factory=dict)

    def competence(self, cores: Iterable[str], *changes: str) -> str:
        """Who may make the changes to these procedures, each named once."""
        known = [self.facts.get(core) for core in cores] or [None]
        return joined(*(of_change(change, facts) for change in changes for facts in known))


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A proposal row and the cost table behind it."""

    row: dict[str, Any]
    cost: CostChange | None = None
    per_year: float = 0.0


def proposal_frame(drafts: Iterable[Draft]) -> pd.DataFrame:
    """The rows with the columns of the proposal table: by kind, then the largest saving, then the most days."""
    table = pd.DataFrame([draft.row for draft in drafts], columns=COLUMNS)
    for name in ("cost_before", "cost_after", "saving", "saving_rate", "days_before", "days_after"):
        table[name] = table[name].astype(float)
    place = {kind: i for i, kind in enumerate(KINDS)}
    cut = (table["days_before"] - table["days_after"]).fillna(0.0)
    order = pd.DataFrame(
        {"a": table["kind"].map(place), "b": -table["saving"].fillna(0.0), "c": -cut, "d": table["proposal_id"]}
    )
    return table.loc[order.sort_values(list("abcd"), kind="stable").index].reset_index(drop=True)


def cost_frame(drafts: Iterable[Draft], rate: HourlyRate | None) -> pd.DataFrame:
    """The before/after activity table of every proposal that changes a cost (đồng, hours, per performance)."""
    rows = [
        [
            draft.row["proposal_id"],
            *line,
            draft.per_year,
            0.0 if rate is None else float(rate.value_vnd),
            "" if rate is None else rate.source,
            draft.cost.low_vnd,
            draft.cost.high_vnd,
            ASSUMPTION_VI,
        ]
        for draft in drafts
        if draft.cost is not None and rate is not None
        for line in draft.cost.activities
    ]
    return pd.DataFrame(rows, columns=COST_COLUMNS)


def cut_days(limits: pd.DataFrame, flags: pd.DataFrame, context: ProposalContext) -> list[Draft]:
    """CUT_DAYS for each LIMIT_CUT flag that dossiers support. Needs: limit_cuts, flags."""
    flagged = flags.loc[flags["rule"].eq("KM_LIMIT")].set_index("proc_core")["flag_id"].to_dict()
    drafts: list[Draft] = []
    for row in rows_of(limits.loc[limits["proc_core"].isin(list(flagged))]):
        core = str(row.proc_core)
        name = context.names.procedure(core)
        reason = (
            f"Theo {row.n} hồ sơ cùng thời hạn trong bốn quý, {share_vi(1 - row.late_share_after)} kịp trong "
            f"{days_vi(row.proposed_days)}; số còn lại ước {share_vi(row.late_share_after)} (khoảng tin cậy "
            f"{between_vi(row.after_low, row.after_high)}). Rút thời hạn không làm thay đổi chi phí tuân thủ "
            "theo công thức vì "
            f"không tính chi phí cơ hội; người nộp được trả kết quả sớm hơn {days_vi(row.cut_days)} so với giấy hẹn."
        )
        cost = _unchanged(core, context)
        draft = _row(context, "CUT_DAYS", [core], [flagged[core]], cost) | {
            "title": f"Rút thời hạn giải quyết thủ tục {name}",
            "change": f"Sửa thời hạn giải quyết từ {days_vi(row.limit_days)} xuống còn {days_vi(row.proposed_days)}.",
            "reason": reason,
            "competence": context.competence([core], "LIMIT"),
            "days_before": row.limit_days,
            "days_after": row.proposed_days,
        }
        drafts.append(Draft(row=draft))
    return drafts


def merge(families: pd.DataFrame, flags: pd.DataFrame, context: ProposalContext) -> list[Draft]:
    """MERGE for each family whose pairs are flagged. Needs: families, flags."""
    pairs = flags.loc[flags["kind"].eq("OVERLAP"), ["proc_core", "other_proc_core", "flag_id"]]
    drafts: list[Draft] = []
    for row in rows_of(families):
        cores: list[str] = json.loads(row.proc_cores)
        inside = pairs["proc_core"].isin(cores) & pairs["other_proc_core"].isin(cores)
        flag_ids = sorted(pairs.loc[inside, "flag_id"])
        if not flag_ids:
            continue
        every, common = len(json.loads(row.papers_all)), len(json.loads(row.papers_common))
        cost, per_year = _merged_cost(cores, common, context)
        others = context.names.procedure(cores[1]) if row.size == 2 else f"{row.size - 1} thủ tục khác"
        draft = _row(context, "MERGE", cores, flag_ids, cost if every else None) | {
            "title": f"Rà soát, hợp nhất {row.size} thủ tục gần nhau: "
            f"{context.names.procedure(cores[0])} và {others}",
            "change": _merge_change(row, every, common),
            "reason": _merge_reason(row, every, common, cost),
            "competence": context.competence(cores, *(["PAPERS"] if every else []), "LIMIT"),
        }
        limits = [each for each in json.loads(row.limits) if each is not None]
        if row.same_chain and len(limits) > 1 and max(limits) > min(limits):
            draft |= {"days_before": max(limits), "days_after": min(limits)}
        drafts.append(Draft(row=draft, cost=cost if every else None, per_year=per_year))
    return drafts


def _merge_change(row: Any, every: int, common: int) -> str:
    text = f"Nghiên cứu hợp nhất thành một thủ tục có nhiều trường hợp, tên đề xuất “{row.proposed_name}”"
    if every:
        text += f"; dùng chung {common} trong {every} loại giấy tờ"
    limits = [each for each in json.loads(row.limits) if each is not None]
    if row.same_chain and len(limits) > 1 and max(limits) > min(limits):
        shown = ", ".join(number_vi(limit) for limit in limits)
        text += f"; thống nhất thời hạn ngắn nhất đang áp dụng là {days_vi(min(limits))} (hiện nay: {shown} ngày)"
    return text + "."


def _merge_reason(row: Any, every: int, common: int, cost: CostChange | None) -> str:
    chain = "Các thủ tục có cùng một chuỗi bước, bộ phận và thời gian xử lý. " if row.same_chain else ""
    text = f"{chain}Mức giống nhau thấp nhất trong nhóm là {number_vi(row.lowest_score, 2)} trên 1."
    if every and cost is not None:
        text += (
            f" Nếu chỉ yêu cầu giấy tờ chung, mỗi năm giảm tối đa {number_vi(cost.high_vnd, 0)} đồng; mức nêu trong "
            f"phương án là mức giữa thấp. {ASSUMPTION_VI}"
        )
    return text


def reuse_papers(papers: pd.DataFrame, flags: pd.DataFrame, context: ProposalContext) -> list[Draft]:
    """REUSE_PAPER for each often-asked paper a national register holds. Needs: papers_most_asked, flags."""
    flagged = flags.loc[flags["kind"].eq("PAPER_OFTEN_ASKED")].set_index("rule")["flag_id"].to_dict()
    asked = sum(context.papers.values()) / len(context.papers) if context.papers else 1.0
    drafts: list[Draft] = []
    for row in rows_of(papers.loc[papers["held_in"].ne("")]):
        flag_id = flagged.get(f"PAPER:{row.paper_type}")
        if flag_id is None:
            continue
        before = max(asked, 1.0)
        cost = _cost(context, before, [before, before - 0.5, before - 1.0], per_year=float(row.dossiers))
        draft = _row(context, "REUSE_PAPER", [], [flag_id], cost) | {
            "title": f"Không yêu cầu nộp lại giấy tờ “{row.name}”",
            "change": f"Thay việc nộp “{row.name}” ở {row.procedures} thủ tục bằng khai thác {row.held_in}.",
            "reason": (
                f"{row.procedures} thủ tục yêu cầu giấy tờ này; trong năm có {number_vi(row.dossiers, 0)} hồ sơ "
                f"phải nộp.{_saved_vi(cost)}"
            ),
            "competence": of_change("PAPERS").text,
        }
        drafts.append(Draft(row=draft, cost=cost, per_year=float(row.dossiers)))
    return drafts


def review_unused(unused: pd.DataFrame, flags: pd.DataFrame, context: ProposalContext) -> list[Draft]:
    """REVIEW_UNUSED, one a field, without what is rare but needed. Needs: unused_procedures, flags."""
    flagged = flags.loc[flags["kind"].eq("UNUSED")].set_index("proc_core")["flag_id"].to_dict()
    asked = unused.loc[~unused["is_rare_needed"].astype(bool) & unused["proc_core"].isin(list(flagged))]
    asked = asked.assign(field=asked["field_name"].where(asked["field_name"].notna(), asked["field_code"]).fillna(""))
    drafts: list[Draft] = []
    for name in sorted(set(asked["field"])):
        rows = asked.loc[asked["field"].eq(name)]
        cores = [str(core) for core in rows["proc_core"]]
        where = f"lĩnh vực {name}" if name else "chưa rõ lĩnh vực"
        draft = _row(context, "REVIEW_UNUSED", cores, sorted(flagged[core] for core in cores), None) | {
            "title": f"Rà soát {len(cores)} thủ tục không phát sinh hồ sơ, {where}",
            "change": "Lấy ý kiến đơn vị thực hiện về sự cần thiết; chỉ đề nghị bãi bỏ hoặc lồng ghép khi "
            "không còn cần.",
            "reason": (
                "Các thủ tục đang niêm yết nhưng không có hồ sơ trong các quý có dữ liệu. Không phát sinh hồ sơ "
                "chưa phải là lý do đủ "
                "để bãi bỏ; chưa tính chi phí tiết kiệm vì không có người thực hiện."
            ),
            "competence": context.competence(cores, "EXISTENCE"),
        }
        drafts.append(Draft(row=draft))
    return drafts


def mend_steps(steps: pd.DataFrame, flags: pd.DataFrame, context: ProposalContext) -> list[Draft]:
    """MEND_STEP, one a slow step; an office's task slow over several procedures makes one proposal for all of them.

    Needs: step_times, flags
    """
    slow = flags.loc[flags["kind"].eq("SLOW_STEP")]
    pooled = slow.loc[slow["proc_core"].isna()]
    flagged_steps = steps.merge(
        slow[["unit_code", "proc_core", "step_no", "flag_id"]].dropna(subset=["proc_core"]),
        on=["unit_code", "proc_core", "step_no"], how="inner", validate="many_to_many",
    )  # fmt: skip
    flagged_steps = flagged_steps.drop_duplicates("flag_id")
    drafts: list[Draft] = []
    covered: set[str] = set()
    for row in rows_of(pooled):
        offices = steps.loc[steps["level"].eq("OFFICE") & steps["unit_code"].eq(row.unit_code)]
        names = [
            f"KM_STEP_OVER_PLAN_OFFICE:{a}:{b}" for a, b in zip(offices["office_code"], offices["task"], strict=True)
        ]
        found = offices.loc[[name == row.rule for name in names]].iloc[0]
        same = flagged_steps.loc[
            flagged_steps["unit_code"].eq(row.unit_code)
            & flagged_steps["office_code"].eq(found["office_code"])
            & flagged_steps["task"].eq(found["task"])
        ]
        covered |= set(same["flag_id"])
        cores = sorted(set(same["proc_core"].astype(str)))
        drafts.append(_mend(found, cores, sorted([row.flag_id, *same["flag_id"]]), context))
    for _, found in flagged_steps.loc[~flagged_steps["flag_id"].isin(covered)].iterrows():
        drafts.append(_mend(found, [str(found["proc_core"])], [found["flag_id"]], context))
    return drafts


def _mend(found: "pd.Series[Any]", cores: list[str], flag_ids: list[str], context: ProposalContext) -> Draft:
    unit = str(found["unit_code"])
    facts = Facts(
        levels=[context.names.unit_levels.get(unit) or ""],
        agency=context.agencies.get(str(found["office_code"])) or "",
        on=Quarter.parse(context.quarter).last,
    )
    office = (
        f", {context.names.office(unit, str(found['office_code']))}" if text_or_none(found["office_code"]) else ""
    )
    planned, median = found["planned_half_days"] / 2, found["median_half_days"] / 2
    middle = "" if pd.isna(median) else f" (trung vị thực tế {days_vi(median)})"
    row = _row(context, "MEND_STEP", cores, flag_ids, None) | {
        "title": f"Tháo gỡ bước “{found['task']}” tại {context.names.unit(unit)}",
        "change": (
            "Xem lại khối lượng việc, người làm, người thay khi vắng và thời gian quy định "
            f"{days_vi(planned)} của bước "
            f"“{found['task']}”{office}; giữ nguyên thời hạn thủ tục cho đến khi bước này thông."
        ),
        "reason": (
            f"{share_vi(found['over_share'])} trong {found['n']} lần xử lý vượt thời gian quy trình{middle}, "
            "khoảng tin cậy "
            f"{between_vi(found['ci_low'], found['ci_high'])}. Số liệu chưa nói được nguyên nhân; cần làm "
            "việc với đơn vị."
        ),
        "competence": of_change("STEPS", facts).text,
        "days_before": median,
        "days_after": planned,
    }
    return Draft(row=row)


def _saved_vi(cost: CostChange | None) -> str:
    if cost is None:
        return ""
    return (
        f" Mức tiết kiệm từ {number_vi(cost.low_vnd, 0)} đến {number_vi(cost.high_vnd, 0)} đồng một năm, lấy mức "
        f"giữa thấp. {ASSUMPTION_VI}"
    )


def _cost(
    context: ProposalContext, before: float, after: list[float], *, per_year: float, fee_vnd: float = 0.0
) -> CostChange | None:
    """The cost before and after; None when the site states no value of an hour."""
    if context.rate is None:
        return None
    return cost_change(before, after, context.rate, per_year=per_year, fee_vnd=fee_vnd)


def _unchanged(core: str, context: ProposalContext) -> CostChange | None:
    papers = context.papers.get(core, 0.0)
    fee, yearly = context.fees.get(core, 0.0), context.dossiers.get(core, 0.0)
    return _cost(context, papers, [papers], per_year=yearly, fee_vnd=fee)


def _merged_cost(cores: list[str], common: int, context: ProposalContext) -> tuple[CostChange | None, float]:
    yearly = sum(context.dossiers.get(core, 0.0) for core in cores)
    weights = {core: context.dossiers.get(core, 0.0) if yearly else 1.0 for core in cores}
    total = sum(weights.values())
    before = sum(weights[core] * context.papers.get(core, 0.0) for core in cores) / total
    fee = sum(weights[core] * context.fees.get(core, 0.0) for core in cores) / total
    least = min(float(common), before)
    estimates = [before, (before + least) / 2, least]
    return _cost(context, before, estimates, per_year=yearly, fee_vnd=fee), yearly


def _row(
    context: ProposalContext, kind: str, cores: list[str], flag_ids: list[str], cost: CostChange | None
) -> dict[str, Any]:
    return {
        "proposal_id": stable_id("proposal", context.quarter, kind, *cores, *flag_ids),
        "quarter": context.quarter,
        "kind": kind,
        "proc_cores": json.dumps(cores, ensure_ascii=False),
        "title": "",
        "change": "",
        "reason": "",
        "competence": UNKNOWN,
        "legal_basis": LAW_REVIEW,
        "cost_before": None if cost is None else float(cost.before_vnd),
        "cost_after": None if cost is None else float(cost.after_vnd),
        "saving": None if cost is None else float(cost.saving_vnd),
        "saving_rate": None if cost is None else cost.saving_percent,
        "days_before": None,
        "days_after": None,
        "flag_ids": json.dumps(flag_ids),
        "status": "DRAFT",
    }
