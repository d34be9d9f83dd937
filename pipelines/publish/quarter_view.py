"""What a quarter book says, worked out from the frames of the analysis. No markup here.

Groups of `minimum_group` dossiers or fewer are never shown: a small unit is pooled with others, a small procedure or
step is left out and counted.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from domain.act import ACCEPTED, CHOICE_VI, UNDECIDED_VI
from pipelines.publish import formats
from pipelines.publish.catalogue_view import with_wordings
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.rows import Row, reading, records

KIND_VI = {
    "CUT_DAYS": "Rút thời hạn",
    "MERGE": "Hợp nhất thủ tục",
    "REUSE_PAPER": "Dùng lại giấy tờ đã có",
    "REVIEW_UNUSED": "Rà soát thủ tục không phát sinh hồ sơ",
    "MEND_STEP": "Tháo gỡ bước chậm",
}
FLAG_VI = {
    "SLOW_PROCEDURE": "thủ tục chậm",
    "SLOW_UNIT": "đơn vị chậm khi so cùng loại hồ sơ",
    "SLOW_STEP": "bước chậm",
    "BACKLOG_GROWING": "bộ phận có số hồ sơ tồn tăng",
    "LIMIT_CUT": "thời hạn có thể cắt giảm",
    "LIMIT_TOO_SHORT": "thời hạn cần xem lại",
    "OVERLAP": "cặp thủ tục chồng chéo",
    "UNUSED": "thủ tục không phát sinh hồ sơ",
    "PAPER_OFTEN_ASKED": "giấy tờ bị yêu cầu nhiều lần",
    "RECORD_CHECK": "việc ghi số liệu cần kiểm tra",
}
PART_VI = {
    "timeliness": "Tỷ lệ trễ hạn, thời gian giải quyết",
    "comparison": "So sánh công bằng giữa các đơn vị",
    "limits": "Thời hạn có thể cắt giảm",
    "costs": "Chi phí tuân thủ",
    "steps": "Bước chậm nhất",
    "waiting": "Nguyên nhân chờ",
    "workload": "Khối lượng việc và hồ sơ tồn",
    "handovers": "Chuyển giao giữa các bước",
    "trends": "Xu hướng và tác động của việc cắt giảm",
    "integrity": "Kiểm tra cách ghi số liệu",
    "overlaps": "Thủ tục trùng lặp, chồng chéo",
    "journeys": "Thủ tục nối tiếp nhau (liên thông)",
    "cumbersome": "Thủ tục có yêu cầu cao so với thủ tục cùng loại",
    "checks": "Nội dung công bố cần xem lại",
    "unused": "Thủ tục không phát sinh hồ sơ",
    "papers": "Giấy tờ bị yêu cầu nhiều nhất",
    "report_06a": "Biểu II.06a",
}
# What the book reads of the late shares.
TIMELINESS = (
    "level", "unit_code", "proc_core", "n", "km_n", "late_share_km", "ci_low", "ci_high", "closed_late_share",
    "closed_n", "due_late_share", "due_n", "due_low", "due_high", "official_late_share", "official_n",
    "index766_share", "index766_n", "paused", "no_due", "overdue_open", "truncated", "refused_share",
    "withdrawn_share", "median_half_days", "p95_half_days",
)  # fmt: skip
SHOWN = 12  # rows of a chart or a table of the worst; more cannot be read in one sitting


def summary(papers: QuarterPapers, *, slow: Sequence[str] = ()) -> list[str]:
    """The quarter in a few sentences, each figure with its denominator; `slow` are those about slowness."""
    found: list[str] = []
    whole = _all_row(papers)
    if whole:
        found.append(
            f"Trong {formats.quarter(papers.quarter)}, các đơn vị có {formats.number(whole['received_total'])} hồ sơ "
            f"phải giải quyết (gồm {formats.number(whole['carried_in'])} hồ sơ từ kỳ trước); đã giải quyết "
            f"{formats.number(whole['done_total'])}, trong đó quá hạn {formats.number(whole['done_late'])} "
            f"({formats.ratio(whole['done_late'], whole['done_total'])} số đã giải quyết); đang giải quyết "
            f"{formats.number(whole['open_total'])}, trong đó quá hạn {formats.number(whole['open_overdue'])}."
        )
    overall = level_rows(papers, "ALL")
    if overall and not formats.is_unknown(overall[0]["late_share_km"]):
        row = overall[0]
        found.append(
            f"Tính cả hồ sơ đang giải quyết, ước {formats.percent(row['late_share_km'])} hồ sơ tiếp nhận trong bốn "
            f"quý quá thời hạn (khoảng tin cậy 95 %: {formats.percent(row['ci_low'])} đến "
            f"{formats.percent(row['ci_high'])}; "
            f"{formats.number(row['km_n'])} hồ sơ có hẹn trả); nếu chỉ tính hồ sơ đã giải quyết thì là "
            f"{formats.percent(row['closed_late_share'])} trên {formats.number(row['closed_n'])} hồ sơ."
        )
    found += slow
    kinds = papers.results.flags["kind"].value_counts() if len(papers.results.flags) else pd.Series(dtype=int)
    parts = [f"{kinds[kind]} {words}" for kind, words in FLAG_VI.items() if kind in kinds]
    found.append(f"Các dấu hiệu cần rà soát: {', '.join(parts)}." if parts else "Không có dấu hiệu nào cần rà soát.")
    proposals = papers.results.proposals
    if len(proposals):
        saving = formats.money(proposals["saving"].fillna(0).sum())
        cost = (
            f"chi phí tuân thủ ước giảm {saving} đồng/năm (cộng các phương án tính được chi phí; các phương án có "
            "thể trùng nhau một phần)"
            if proposals["saving"].notna().any()
            else "chưa tính được chi phí tuân thủ (xem phần 16)"
        )
        found.append(f"Dự thảo {len(proposals)} phương án đơn giản hóa; {cost}.")
    return found


def _all_row(papers: QuarterPapers) -> Row | None:
    report = papers.results.report_06a
    if report.empty:
        return None
    rows = records(report[report["row_kind"] == "ALL"])
    return {str(key): value for key, value in rows[0].items()} if rows else None


def report_units(papers: QuarterPapers) -> list[Row]:
    """II.06a by unit, small units pooled until the pool is above the limit; the last row is the total."""
    report = papers.results.report_06a
    if report.empty:
        return []
    figures = [
        name
        for name in report.columns
        if name not in ("quarter", "row_kind", "unit_code", "field_code", "field_name", "no")
    ]
    units = report[report["row_kind"] == "UNIT"].sort_values(["received_total", "unit_code"])
    pool: list[Row] = []
    alone: list[Row] = []
    for row in records(units):
        small = row["received_total"] <= papers.minimum_group
        waiting = bool(pool) and sum(each["received_total"] for each in pool) <= papers.minimum_group
        (pool if small or waiting else alone).append(row)
    rows: list[Row] = [
        {"label": papers.unit_name(row["unit_code"]), **{key: int(row[key]) for key in figures}} for row in alone
    ]
    rows.sort(key=lambda row: -row["received_total"])
    if pool:
        rows.append(
            {
                "label": f"Gộp {len(pool)} đơn vị ít hồ sơ",
                **{key: int(sum(row[key] for row in pool)) for key in figures},
            }
        )
    whole = _all_row(papers)
    for row in rows:
        row["is_total"] = False
    if whole:
        rows.append({"label": "Tổng cộng", "is_total": True, **{key: int(whole[key]) for key in figures}})
    return rows


def level_rows(papers: QuarterPapers, level: str) -> list[Row]:
    """Late shares of one level (ALL, UNIT, PROCEDURE, PROCEDURE_UNIT) that may be named, highest estimate first."""
    table = _timeliness(papers)
    rows = table[(table["level"] == level) & (table["km_n"] > papers.minimum_group) & table["late_share_km"].notna()]
    rows = rows.sort_values(["late_share_km", "km_n", "unit_code", "proc_core"], ascending=[False, False, True, True])
    return [named(papers, row) for row in records(rows)]


def hidden_groups(papers: QuarterPapers, level: str) -> int:
    """How many groups of a level are too small to be shown."""
    table = _timeliness(papers)
    return int(((table["level"] == level) & (table["km_n"] <= papers.minimum_group)).sum())


def _timeliness(papers: QuarterPapers) -> pd.DataFrame:
    return reading(papers.results.timeliness, TIMELINESS)


def named(papers: QuarterPapers, row: Mapping[Any, Any]) -> Row:
    """The row with the names of its unit and procedure (None where pooled), and both as one label."""
    unit = None if formats.is_unknown(row.get("unit_code")) else papers.unit_name(row["unit_code"])
    core = row.get("proc_core")
    procedure = None if formats.is_unknown(core) else str(papers.procedure(core)["name"])
    return {
        **row,
        "unit": unit,
        "procedure": procedure,
        "label": " – ".join(part for part in (procedure, unit) if part) or "Toàn bộ",
    }


def all_levels(papers: QuarterPapers) -> list[Row]:
    """Units, procedures and procedures at units that may be named."""
    return [row for level in ("UNIT", "PROCEDURE", "PROCEDURE_UNIT") for row in level_rows(papers, level)]


def key_of(value: object) -> str | None:
    """A code of a frame as text, None where it is null."""
    return None if formats.is_unknown(value) else str(value)


def flags_of(papers: QuarterPapers, *kinds: str) -> list[Row]:
    """The flags of these kinds, in the order of the analysis."""
    flags = papers.results.flags
    if flags.empty:
        return []
    return records(flags[flags["kind"].isin(kinds)])


def office_name(papers: QuarterPapers, unit: object, office: object) -> str:
    """The name of a unit's office, its code where no name is known, nothing where the data name no office."""
    if formats.is_unknown(office):
        return ""
    return papers.office_names.get((str(unit), str(office)), str(office))


def place_name(papers: QuarterPapers, unit: object, office: object) -> str:
    """An office with its unit behind it: 'Phòng Tư pháp – UBND huyện …'; the unit alone where there is no office."""
    return " – ".join(part for part in (office_name(papers, unit, office), papers.unit_name(unit)) if part)


def failing_units(papers: QuarterPapers, *, steps: bool = False) -> dict[str, str]:
    """Unit -> why its data (`steps`: its steps) are not good enough to say anything of it."""
    passes, reason = ("steps_pass", "steps_reason_vi") if steps else ("passes", "reason_vi")
    gate = reading(papers.results.gate, ["unit_code", passes, reason])
    failing = gate[gate[passes].eq(False)].sort_values("unit_code")
    words = failing[reason].where(failing[reason].notna(), "dữ liệu chưa đạt yêu cầu để so sánh")
    return {str(code): str(why) for code, why in zip(failing["unit_code"], words, strict=True)}


def codes_of(evidence: object) -> list[str]:
    """Example dossier codes of a flag; a flag of likeness has features instead, which are shown elsewhere."""
    try:
        loaded = json.loads(str(evidence))
    except ValueError:
        return []
    return [str(code) for code in loaded] if isinstance(loaded, list) else []


def unused_by_field(papers: QuarterPapers) -> list[Row]:
    """Posted procedures without a dossier, by field; the rare but needed ones told apart."""
    table = papers.results.unused
    if table.empty:
        return []
    table = table.assign(field=table["field_name"].where(table["field_name"].notna(), "Chưa rõ lĩnh vực"))
    found = []
    for name, rows in table.groupby("field", sort=True):
        names = [
            {"name": row["name"], "proc_core": row["proc_core"], "rare": bool(row["is_rare_needed"])}
            for row in records(rows.sort_values("proc_core"))
        ]
        found.append(
            {
                "field": name,
                "count": len(rows),
                "rare": int(rows["is_rare_needed"].astype(bool).sum()),
                "procedures": names,
            }
        )
    return sorted(found, key=lambda row: (-row["count"], str(row["field"])))


def asked_papers(papers: QuarterPapers) -> list[Row]:
    """The papers most procedures ask for."""
    table = papers.results.papers
    if table.empty:
        return []
    rows = table[table["is_often"].astype(bool) & (table["dossiers"] > papers.minimum_group)].head(SHOWN)
    return [with_wordings(row) | {"label": row["name"]} for row in records(rows)]


def proposals(papers: QuarterPapers) -> list[Row]:
    """Every proposal with its decision, evidence and the words a page needs."""
    sentences = {row["flag_id"]: row for row in flags_of(papers, *FLAG_VI)}
    found = []
    for row in records(papers.results.proposals):
        choice = papers.choice(row["proposal_id"])
        flags = [sentences[each] for each in json.loads(str(row["flag_ids"] or "[]")) if each in sentences]
        found.append(
            row
            | {
                "kind_vi": KIND_VI.get(str(row["kind"]), str(row["kind"])),
                "procedures": [papers.procedure(core) for core in json.loads(str(row["proc_cores"] or "[]"))],
                "evidence": [flag["sentence"] for flag in flags],
                "examples": sorted({code for flag in flags for code in codes_of(flag["evidence"])})[:5],
                "decision": decision_vi(choice),
                "choice": None if choice is None else str(choice["choice"]),
                "choice_vi": UNDECIDED_VI if choice is None else CHOICE_VI[str(choice["choice"])],
                "is_demo": choice is not None and bool(choice["is_demo"]),
                "is_accepted": choice is not None and choice["choice"] in ACCEPTED,
                "accepted_change": "" if choice is None else str(choice["change"] or ""),
                "has_cost": not formats.is_unknown(row["cost_before"]) and float(row["cost_before"]) > 0,
                "rate": rate_vi(row["saving_rate"]),
            }
        )
    return found


def rate_vi(percent: object) -> str:
    """A saving rate, given in per cent, with the two decimals the circular's form has: 12,88 %."""
    return formats.UNKNOWN if formats.is_unknown(percent) else f"{formats.number(percent, 2)}\u00a0%"


def decision_vi(choice: Mapping[str, object] | None) -> str:
    """The decision in words; a demonstration approval always says that it is one."""
    if choice is None:
        return UNDECIDED_VI
    words = CHOICE_VI[str(choice["choice"])]
    demo = " (quyết định minh họa, không có giá trị hành chính)" if bool(choice["is_demo"]) else ""
    role = f", {choice['role']}" if choice["role"] else ""
    reason = f"; lý do: {str(choice['reason']).rstrip(' .')}" if choice["reason"] else ""
    return f"{words} – {choice['decided_by']}{role}, ngày {formats.day(choice['decided_at'])}{demo}{reason}"


def parts_off(rows: Sequence[tuple[str, str]]) -> list[Row]:
    """Parts switched off or run on less, with their Vietnamese names."""
    return [{"part": PART_VI.get(part, part), "reason": reason} for part, reason in rows]
