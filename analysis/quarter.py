"""The whole analysis of one quarter: from the counted frames of the warehouse to flags and proposals."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis import flags as flagging
from analysis import proposals as proposing
from analysis.figures import all_figures
from analysis.frames import plain, rows_of
from analysis.inputs import Inputs
from analysis.limit_flags import limit_flags
from analysis.record_flags import record_flags
from analysis.slow_flags import slow_flags
from analysis.step_flags import backlog_flags, slow_steps
from analysis.thresholds import Thresholds
from analysis.words import Names
from domain.cost import HourlyRate
from domain.quarter import Quarter

PARTS = (
    "timeliness", "comparison", "trends", "limits", "steps", "waiting", "workload", "handovers", "integrity",
    "overlaps", "journeys", "cumbersome", "checks", "unused", "papers", "report_06a",
)  # fmt: skip


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
    flags: pd.DataFrame
    proposals: pd.DataFrame
    costs: pd.DataFrame
    gate: pd.DataFrame = field(default_factory=pd.DataFrame)
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    speed: pd.DataFrame = field(default_factory=pd.DataFrame)
    comparison: pd.DataFrame = field(default_factory=pd.DataFrame)
    waiting: pd.DataFrame = field(default_factory=pd.DataFrame)
    load: pd.DataFrame = field(default_factory=pd.DataFrame)
    backlog: pd.DataFrame = field(default_factory=pd.DataFrame)
    handovers: pd.DataFrame = field(default_factory=pd.DataFrame)
    throughput: pd.DataFrame = field(default_factory=pd.DataFrame)
    integrity: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    limit_curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    trends: pd.DataFrame = field(default_factory=pd.DataFrame)
    series: pd.DataFrame = field(default_factory=pd.DataFrame)
    cut_effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    checks: pd.DataFrame = field(default_factory=pd.DataFrame)
    paper_types: pd.DataFrame = field(default_factory=pd.DataFrame)
    paper_holders: pd.DataFrame = field(default_factory=pd.DataFrame)
    journeys: pd.DataFrame = field(default_factory=pd.DataFrame)
    asked_twice: pd.DataFrame = field(default_factory=pd.DataFrame)
    cumbersome: pd.DataFrame = field(default_factory=pd.DataFrame)
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
      usage_count as the models give them; procedure, procedure_paper, procedure_step,
      procedure_posting, unit, office as the dimensions (all versions); evidence: unit_code, proc_core, kind (a
      timeliness word or a flag kind), dossier_code
    """
    limits = thresholds or Thresholds()
    inputs = Inputs(
        counts={name: plain(frame) for name, frame in counts.items()},
        quarter=Quarter.parse(quarter),
        thresholds=limits,
    )
    off: list[tuple[str, str]] = []
    notes: list[tuple[str, str]] = []
    for part in PARTS:
        reason, note = inputs.lacks(part)
        off += [(part, reason)] if reason else []
        notes += [(part, note)] if note else []
    if hourly_rate is None:
        off.append(("costs", "chưa khai báo giá trị một giờ công (hourly_rate)"))
    closed = {part for part, _ in off}
    figures = all_figures(inputs, closed, hourly_rate)
    drafts, flags = _conclusions(inputs, figures, hourly_rate)
    return QuarterAnalysis(
        quarter=quarter,
        flags=flags,
        proposals=proposing.proposal_frame(drafts),
        costs=proposing.cost_frame(drafts, hourly_rate),
        switched_off=off,
        notes=notes,
        **figures,
    )


def _conclusions(
    inputs: Inputs, figures: dict[str, pd.DataFrame], rate: HourlyRate | None
) -> tuple[list[proposing.Draft], pd.DataFrame]:
    names = Names.of(inputs.dimension("unit", ["unit_code"]), inputs.procedures, inputs.frame("office"))
    context = flagging.FlagContext(
        quarter=str(inputs.quarter), thresholds=inputs.thresholds, names=names, examples=inputs.frame("evidence")
    )
    gate = figures["gate"]
    rows = slow_flags(figures["timeliness"], figures["effects"], figures["comparison"], gate, context)
    rows += slow_steps(figures["steps"], context, gate.assign(passes=gate["steps_pass"]))
    rows += backlog_flags(figures["load"], context, gate) if len(figures["load"]) else []
    rows += record_flags(figures["integrity"], context) if len(figures["integrity"]) else []
    rows += limit_flags(figures["limits"], figures["steps"], context)
    if len(figures["overlaps"]):
        shown = _shown_pairs(figures["overlaps"], figures["families"], inputs.thresholds)
        rows += flagging.overlap_flags(shown, context)
    if len(figures["unused"]):
        rows += flagging.unused_flags(figures["unused"], context)
    if len(figures["papers"]):
        rows += flagging.paper_flags(figures["papers"], context)
    flags = flagging.flag_frame(rows)
    known = proposing.ProposalContext(
        quarter=str(inputs.quarter), names=names, rate=rate,
        dossiers=inputs.yearly_dossiers(), papers=inputs.papers_asked(), fees=inputs.fees(),
        agencies=inputs.agencies(), facts=inputs.facts(),
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
