"""The whole analysis of one quarter: from the counted frames of the warehouse to flags and proposals."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis import flags as flagging
from analysis import proposals as proposing
from analysis.families import families
from analysis.frames import in_force, plain, rows_of, window
from analysis.limit_flags import limit_flags
from analysis.limits import limit_cuts
from analysis.overlap import overlaps
from analysis.pairs import catalogue
from analysis.papers import is_paper, papers_most_asked
from analysis.report_06a import identities, report_06a
from analysis.steps import step_times
from analysis.thresholds import Thresholds
from analysis.timeliness import timeliness_shares
from analysis.usage import unused_procedures
from analysis.words import Names
from domain.cost import HourlyRate
from domain.quarter import Quarter

PARTS = ("timeliness", "limits", "steps", "overlaps", "unused", "papers", "report_06a")


@dataclass(frozen=True, kw_only=True)
class QuarterAnalysis:
    """What a quarter's book and proposals are made of; frames as their functions give them.

    `switched_off`: (part, reason in Vietnamese) for each part the data could not feed; `notes`: parts that ran on
    less than they could use.
    """

    quarter: str
    timeliness: pd.DataFrame
    steps: pd.DataFrame
    limits: pd.DataFrame
    overlaps: pd.DataFrame
    families: pd.DataFrame
    unused: pd.DataFrame
    papers: pd.DataFrame
    report_06a: pd.DataFrame
    broken_identities: pd.DataFrame
    flags: pd.DataFrame
    proposals: pd.DataFrame
    costs: pd.DataFrame
    switched_off: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def quarter_analysis(
    counts: Mapping[str, pd.DataFrame],
    *,
    quarter: str,
    hourly_rate: HourlyRate | None,
    thresholds: Thresholds | None = None,
) -> QuarterAnalysis:
    """Analyse one quarter. No frame given is changed; the same frames in any row order give the same result.

    `hourly_rate` None switches the costs off.
    Needs (any may be missing or empty; what that switches off is said): duration_count, step_count, report_count,
      usage_count, paper_usage as the models give them; procedure, procedure_paper, procedure_step,
      procedure_posting, unit, office as the dimensions (all versions); evidence: unit_code, proc_core, kind (a
      timeliness word or a flag kind), dossier_code; report_count_previous: the quarter before,
      to check what was carried over
    """
    limits = thresholds or Thresholds()
    book = _Book(
        counts={name: plain(frame) for name, frame in counts.items()},
        quarter=Quarter.parse(quarter),
        thresholds=limits,
    )
    off: list[tuple[str, str]] = []
    notes: list[tuple[str, str]] = []
    for part in PARTS:
        reason, note = book.lacks(part)
        off += [(part, reason)] if reason else []
        notes += [(part, note)] if note else []
    if hourly_rate is None:
        off.append(("costs", "chưa khai báo giá trị một giờ công (hourly_rate)"))
    closed = {part for part, _ in off}
    figures = book.figures(closed)
    drafts, flags = _conclusions(book, figures, hourly_rate)
    return QuarterAnalysis(
        quarter=quarter,
        flags=flags,
        proposals=proposing.proposal_frame(drafts),
        costs=proposing.cost_frame(drafts, hourly_rate),
        switched_off=off,
        notes=notes,
        **figures,
    )


@dataclass(frozen=True, kw_only=True)
class _Book:
    """The frames of a quarter at hand: dimensions as in force on its last day, nothing where nothing was given."""

    counts: dict[str, pd.DataFrame]
    quarter: Quarter
    thresholds: Thresholds

    def frame(self, name: str) -> pd.DataFrame:
        return self.counts.get(name, pd.DataFrame())

    def dimension(self, name: str, key: list[str]) -> pd.DataFrame:
        rows = self.frame(name)
        return rows if rows.empty else in_force(rows, self.quarter.last, key=key)

    @property
    def procedures(self) -> pd.DataFrame:
        return self.dimension("procedure", ["proc_core"])

    @property
    def papers(self) -> pd.DataFrame:
        return self.dimension("procedure_paper", ["proc_core", "paper_no"])

    @property
    def steps(self) -> pd.DataFrame:
        return self.dimension("procedure_step", ["proc_core", "step_no"])

    def lacks(self, part: str) -> tuple[str, str]:
        """Why a part cannot run, and what it runs without; "" for nothing."""
        durations, steps = self.frame("duration_count"), self.frame("step_count")
        no_dossiers = durations.empty
        no_limits = no_dossiers or not durations["limit_half_days"].notna().any()
        procedures = self.procedures
        no_catalogue_limits = (
            not procedures.empty and "limit_quantity" in procedures and not procedures["limit_quantity"].notna().any()
        )
        catalogue_gaps = [
            ("giấy tờ", self.frame("procedure_paper")),
            ("các bước", self.frame("procedure_step")),
        ]
        missing = ", ".join(name for name, frame in catalogue_gaps if frame.empty)
        checks = {
            "timeliness": (no_dossiers, "không có hồ sơ nào để tính thời gian giải quyết"),
            "limits": (no_limits, "hồ sơ không có ngày hẹn trả hoặc thời hạn, không so được với thời hạn"),
            "steps": (
                steps.empty or not steps["elapsed_half_days"].notna().any(),
                "nguồn dữ liệu không ghi từng bước, hoặc ghi lúc xong mà không ghi lúc nhận bước, nên không biết mỗi "
                "bước mất bao lâu",
            ),
            "overlaps": (
                len(procedures) < 2,
                "danh mục chỉ có một thủ tục, không có cặp nào để so sánh"
                if len(procedures)
                else "chưa có danh mục thủ tục để so sánh",
            ),
            "unused": (
                self.frame("procedure_posting").empty or self.frame("usage_count").empty,
                "chưa có danh sách thủ tục niêm yết"
                if self.frame("procedure_posting").empty
                else "chưa có hồ sơ tiếp nhận",
            ),
            "papers": (self.frame("paper_usage").empty, "danh mục không ghi thành phần hồ sơ"),
            "report_06a": (self.frame("report_count").empty, "không có hồ sơ trong kỳ báo cáo"),
        }
        is_off, reason = checks[part]
        if is_off:
            return reason, ""
        if part == "timeliness" and no_limits:
            return "", "hồ sơ không có thời hạn: chỉ tính thời gian giải quyết, không tính tỷ lệ quá hạn"
        if part == "limits" and no_catalogue_limits:
            return "", "danh mục không ghi thời hạn: chỉ so với thời hạn suy từ ngày hẹn trả của từng hồ sơ"
        if part == "steps" and not steps["planned_half_days"].notna().any():
            return (
                "",
                "quy trình không ghi thời gian từng bước: chỉ tính thời gian thực tế, không tính phần vượt",
            )
        if part == "overlaps" and missing:
            return "", f"danh mục thiếu {missing}: chỉ so những phần còn lại"
        return "", ""

    def figures(self, closed: set[str]) -> dict[str, pd.DataFrame]:
        """Each analysis' frame; an empty one with its columns where the part is switched off."""
        name, limits = str(self.quarter), self.thresholds
        durations = _with_columns("duration_count", self.frame("duration_count"))
        step_counts = _with_columns("step_count", self.frame("step_count"))
        procedures = self._procedures_for_limits(durations)
        cuts = limit_cuts(durations, procedures, self.steps, quarter=name, thresholds=limits)
        pairs, groups = self._overlaps(cuts) if "overlaps" not in closed else (pd.DataFrame(), pd.DataFrame())
        report = report_06a(self.frame("report_count")) if "report_06a" not in closed else pd.DataFrame()
        before = self.frame("report_count_previous")
        broken = identities(report, None if before.empty else report_06a(before)) if len(report) else pd.DataFrame()
        return {
            "timeliness": timeliness_shares(durations, quarter=name, thresholds=limits),
            "steps": step_times(step_counts, quarter=name, thresholds=limits),
            "limits": cuts,
            "overlaps": pairs,
            "families": groups,
            "unused": self._unused() if "unused" not in closed else pd.DataFrame(),
            "papers": papers_most_asked(self.frame("paper_usage"), thresholds=limits)
            if "papers" not in closed
            else pd.DataFrame(),
            "report_06a": report,
            "broken_identities": broken,
        }

    def _procedures_for_limits(self, durations: pd.DataFrame) -> pd.DataFrame:
        procedures = self.procedures
        if not procedures.empty:
            return procedures
        cores = sorted(set(durations["proc_core"].dropna()))
        return pd.DataFrame({"proc_core": cores, "limit_quantity": float("nan"), "limit_unit": None})

    def _overlaps(self, cuts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        parts = catalogue(self.procedures, self.papers, self.steps, thresholds=self.thresholds)
        pairs = overlaps(parts, thresholds=self.thresholds)
        known = cuts.assign(
            limit_days=cuts["catalogue_days"].where(cuts["catalogue_days"].notna(), cuts["limit_days"])
        )
        return pairs, families(pairs, parts, known[["proc_core", "limit_days"]], thresholds=self.thresholds)

    def _unused(self) -> pd.DataFrame:
        return unused_procedures(
            self.frame("procedure_posting"), self.frame("usage_count"), self.procedures,
            quarter=str(self.quarter), on=self.quarter.last, thresholds=self.thresholds,
        )  # fmt: skip

    def yearly_dossiers(self) -> dict[str, float]:
        usage = self.frame("usage_count")
        if usage.empty:
            return {}
        year = usage["received_quarter"].isin(window(str(self.quarter), self.thresholds.window_quarters))
        return _by_core(usage.loc[year].groupby("proc_core", sort=True)["n"].sum())

    def papers_asked(self) -> dict[str, float]:
        papers = self.papers
        if papers.empty:
            return {}
        real = papers.loc[[is_paper(str(name)) for name in papers["name"]]]
        return _by_core(real.groupby("proc_core", sort=True).size())

    def agencies(self) -> dict[str, str]:
        steps = self.steps
        if steps.empty or not {"office_code", "agency"} <= set(steps.columns):
            return {}
        outside = steps.dropna(subset=["office_code", "agency"]).sort_values(["office_code", "agency"])
        named = zip(outside["office_code"].astype(str), outside["agency"].astype(str), strict=True)
        return {office: agency for office, agency in named if agency}

    def fees(self) -> dict[str, float]:
        procedures = self.procedures
        if procedures.empty or "fee_vnd" not in procedures.columns:
            return {}
        return _by_core(procedures.dropna(subset=["fee_vnd"]).set_index("proc_core")["fee_vnd"])


def _by_core(values: "pd.Series[Any]") -> dict[str, float]:
    return {str(core): float(value) for core, value in values.items()}


def _conclusions(
    book: _Book, figures: dict[str, pd.DataFrame], rate: HourlyRate | None
) -> tuple[list[proposing.Draft], pd.DataFrame]:
    names = Names.of(book.dimension("unit", ["unit_code"]), book.procedures, book.frame("office"))
    context = flagging.FlagContext(
        quarter=str(book.quarter), thresholds=book.thresholds, names=names, examples=book.frame("evidence")
    )
    rows = flagging.slow_procedures(figures["timeliness"], context)
    rows += flagging.slow_steps(figures["steps"], context)
    rows += limit_flags(figures["limits"], figures["steps"], context)
    if len(figures["overlaps"]):
        shown = _shown_pairs(figures["overlaps"], figures["families"], book.thresholds)
        rows += flagging.overlap_flags(shown, context)
    if len(figures["unused"]):
        rows += flagging.unused_flags(figures["unused"], context)
    if len(figures["papers"]):
        rows += flagging.paper_flags(figures["papers"], context)
    flags = flagging.flag_frame(rows)
    known = proposing.ProposalContext(
        quarter=str(book.quarter), names=names, rate=rate,
        dossiers=book.yearly_dossiers(), papers=book.papers_asked(), fees=book.fees(), agencies=book.agencies(),
    )  # fmt: skip
    drafts = proposing.cut_days(figures["limits"], flags, known)
    drafts += proposing.merge(figures["families"], flags, known) if len(figures["families"]) else []
    drafts += proposing.reuse_papers(figures["papers"], flags, known) if len(figures["papers"]) else []
    drafts += proposing.review_unused(figures["unused"], flags, known) if len(figures["unused"]) else []
    drafts += proposing.mend_steps(figures["steps"], flags, known) if len(figures["steps"]) else []
    return drafts, flags


def _shown_pairs(pairs: pd.DataFrame, groups: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """The pairs a quarter flags: the best pair of each family first, then by score, as many as can be read."""
    offered = pairs.loc[pairs["propose_merge"] & (pairs["score"] >= thresholds.flag_pair_score)]
    family = {core: row.family_id for row in rows_of(groups) for core in json.loads(row.proc_cores)}
    one, other = offered["proc_core"].map(family), offered["other_proc_core"].map(family)
    shared = one.where(one.eq(other))
    best = shared.notna() & ~shared.duplicated()
    ordered = offered.loc[[*offered.index[best], *offered.index[~best]]]
    return ordered.head(thresholds.maximum_pairs)


_COLUMNS = {
    "duration_count": [
        "unit_code", "office_code", "proc_core", "field_code", "received_quarter", "end_quarter", "outcome",
        "timeliness", "elapsed_half_days", "limit_half_days", "n",
    ],
    "step_count": [
        "unit_code", "proc_core", "step_no", "task", "office_code", "end_quarter", "planned_half_days",
        "elapsed_half_days", "is_open", "same_second", "n",
    ],
}  # fmt: skip


def _with_columns(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(columns=_COLUMNS[name]) if frame.empty else frame
