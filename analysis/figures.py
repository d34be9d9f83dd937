"""Every figure of a quarter, one frame an analysis; an empty frame where the part is switched off."""

from collections.abc import Callable

import pandas as pd

from analysis.comparison import fair_comparison
from analysis.curves import duration_curves
from analysis.cut_effects import cut_effects
from analysis.effects import unit_procedure_effects
from analysis.families import families
from analysis.frames import window
from analysis.gate import data_gate
from analysis.handover import handovers, throughput
from analysis.inputs import Inputs
from analysis.integrity import integrity_checks
from analysis.limits import limit_curve, limit_cuts
from analysis.overlap import overlaps
from analysis.pairs import catalogue
from analysis.papers import paper_catalogue, papers_most_asked, papers_of_procedures
from analysis.report_06a import identities, report_06a
from analysis.speed import unit_speed
from analysis.steps import step_times
from analysis.timeliness import timeliness_shares
from analysis.trend import quarter_series, trends
from analysis.usage import unused_procedures
from analysis.waiting import waiting_causes
from analysis.workload import backlog_series, desk_load

Frames = dict[str, pd.DataFrame]


def all_figures(inputs: Inputs, closed: set[str]) -> Frames:
    """Each analysis' frame by the name it has in QuarterAnalysis; parts in `closed` are empty."""
    figures = _times(inputs) | _desks(inputs, closed) | _catalogue_parts(inputs, closed)
    cuts, curve = _limits(inputs, figures["steps"])
    figures |= {"limits": cuts, "limit_curves": curve, **_comparisons(inputs, figures, closed)}
    pairs, groups = _overlaps(inputs, cuts) if "overlaps" not in closed else (pd.DataFrame(), pd.DataFrame())
    return figures | {"overlaps": pairs, "families": groups}


def _times(inputs: Inputs) -> Frames:
    period = inputs.period
    durations = inputs.frame("duration_count")
    return {
        "timeliness": timeliness_shares(durations, index_766=inputs.frame("index_766_count"), **period),
        "steps": step_times(inputs.frame("step_count"), **period),
        "curves": duration_curves(durations, **period),
        "trends": trends(durations, **period),
        "series": quarter_series(durations, **period),
        "cut_effects": cut_effects(durations, inputs.versions, **period),
    }


def _limits(inputs: Inputs, steps: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    period = inputs.period
    durations = inputs.frame("duration_count")
    cuts = limit_cuts(durations, inputs.limits_listed, inputs.steps, step_times=steps, **period)
    return cuts, limit_curve(durations, **period)


def _desks(inputs: Inputs, closed: set[str]) -> Frames:
    period = inputs.period
    waits, weeks, moves = (inputs.frame(name) for name in ("waiting_count", "desk_week", "transition_count"))
    return {
        "waiting": _unless(
            "waiting" in closed, lambda: waiting_causes(waits, day_seconds=inputs.day_seconds, **period)
        ),
        "load": _unless("workload" in closed, lambda: desk_load(weeks, **period)),
        "backlog": _unless("workload" in closed, lambda: backlog_series(weeks, **period)),
        "handovers": _unless("handovers" in closed, lambda: handovers(moves, **period)),
        "throughput": _unless("handovers" in closed, lambda: throughput(moves, **period)),
    }


def _comparisons(inputs: Inputs, figures: Frames, closed: set[str]) -> Frames:
    period = inputs.period
    durations = inputs.frame("duration_count")
    gate = data_gate(inputs.frame("unit_night"), durations, inputs.frame("step_count"), **period)
    off = "comparison" in closed
    return {
        "gate": gate,
        "effects": unit_procedure_effects(durations, **period),
        "speed": _unless(off, lambda: unit_speed(durations, **period)),
        "comparison": _unless(off, lambda: fair_comparison(durations, gate, **period)),
        "integrity": _unless(
            "integrity" in closed,
            lambda: integrity_checks(inputs.frame("integrity_count"), inputs.frame("due_gap_count"), gate, **period),
        ),
    }


def _catalogue_parts(inputs: Inputs, closed: set[str]) -> Frames:
    report = _unless("report_06a" in closed, lambda: report_06a(inputs.frame("report_count")))
    before = inputs.frame("report_count_previous")
    broken = identities(report, None if before.empty else report_06a(before)) if len(report) else pd.DataFrame()
    return {
        "unused": _unless("unused" in closed, lambda: _unused(inputs)),
        "papers": _unless("papers" in closed, lambda: _papers(inputs)),
        "report_06a": report,
        "broken_identities": broken,
    }


def _papers(inputs: Inputs) -> pd.DataFrame:
    usage = inputs.frame("usage_count")
    year = usage["received_quarter"].isin(window(inputs.name, inputs.thresholds.window_quarters))
    brought = usage.loc[year].groupby("proc_core", sort=True)["n"].sum().rename("dossiers").reset_index()
    types = paper_catalogue(inputs.papers, thresholds=inputs.thresholds)
    holders = papers_of_procedures(inputs.papers, same_share=inputs.thresholds.paper_share)
    return papers_most_asked(types, holders, brought, thresholds=inputs.thresholds)


def _overlaps(inputs: Inputs, cuts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    parts = catalogue(inputs.procedures, inputs.papers, inputs.steps, thresholds=inputs.thresholds)
    pairs = overlaps(parts, thresholds=inputs.thresholds)
    known = cuts.assign(limit_days=cuts["catalogue_days"].where(cuts["catalogue_days"].notna(), cuts["limit_days"]))
    return pairs, families(pairs, parts, known[["proc_core", "limit_days"]], thresholds=inputs.thresholds)


def _unused(inputs: Inputs) -> pd.DataFrame:
    return unused_procedures(
        inputs.frame("procedure_posting"), inputs.frame("usage_count"), inputs.procedures,
        quarter=inputs.name, on=inputs.quarter.last, thresholds=inputs.thresholds,
    )  # fmt: skip


def _unless(is_off: bool, made: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    return pd.DataFrame() if is_off else made()
