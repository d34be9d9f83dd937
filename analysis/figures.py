"""Every figure of a quarter, one frame an analysis; an empty frame where the part is switched off."""

from collections.abc import Callable

import pandas as pd

from analysis.catalogue_review import PARTS_OF_REVIEW, Dossiers, review_catalogue
from analysis.comparison import fair_comparison
from analysis.costs import costs_of_performance
from analysis.curves import duration_curves
from analysis.cut_effects import cut_effects
from analysis.effects import unit_procedure_effects
from analysis.frames import window
from analysis.gate import data_gate
from analysis.handover import handovers, throughput
from analysis.inputs import Inputs
from analysis.integrity import integrity_checks
from analysis.limits import limit_curve, limit_cuts
from analysis.papers import papers_most_asked
from analysis.report_06a import report_06a
from analysis.speed import unit_speed
from analysis.steps import step_times
from analysis.timeliness import timeliness_shares
from analysis.trend import quarter_series, trends
from analysis.usage import unused_procedures
from analysis.waiting import waiting_causes
from analysis.workload import backlog_series, desk_load
from domain.cost import HourlyRate

Frames = dict[str, pd.DataFrame]


def all_figures(inputs: Inputs, closed: set[str], rate: HourlyRate | None) -> Frames:
    """Each analysis' frame by the name it has in QuarterAnalysis; parts in `closed` are empty."""
    figures = _times(inputs) | _desks(inputs, closed) | _catalogue_parts(inputs, closed)
    cuts, curve = _limits(inputs, figures["steps"])
    figures |= {"limits": cuts, "limit_curves": curve, **_comparisons(inputs, figures, closed)}
    reviewed = _review(inputs, cuts, rate, closed)
    return figures | reviewed | {"papers": _papers(inputs, reviewed)}


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
    return {
        "unused": _unless("unused" in closed, lambda: _unused(inputs)),
        "report_06a": _unless("report_06a" in closed, lambda: report_06a(inputs.frame("report_count"))),
    }


def _review(inputs: Inputs, cuts: pd.DataFrame, rate: HourlyRate | None, closed: set[str]) -> Frames:
    """What the review of the catalogue finds, with what the dossiers of the year add to it."""
    names = {name for frames in PARTS_OF_REVIEW.values() for name in frames}
    if set(PARTS_OF_REVIEW) <= closed:
        return {name: pd.DataFrame() for name in names}
    frames = {
        "procedure": inputs.procedures,
        "procedure_paper": inputs.papers,
        "procedure_step": inputs.steps,
    }
    found = review_catalogue(
        frames, on=inputs.quarter.last, thresholds=inputs.thresholds, dossiers=_dossiers(inputs, cuts, rate),
    )  # fmt: skip
    shut = {name for part in closed & set(PARTS_OF_REVIEW) for name in PARTS_OF_REVIEW[part]}
    return {name: pd.DataFrame() if name in shut else found[name] for name in names}


def _dossiers(inputs: Inputs, cuts: pd.DataFrame, rate: HourlyRate | None) -> Dossiers:
    supplements = inputs.frame("supplement_count")
    year = supplements["received_quarter"].isin(window(inputs.name, inputs.thresholds.window_quarters))
    known = cuts.assign(limit_days=cuts["catalogue_days"].where(cuts["catalogue_days"].notna(), cuts["limit_days"]))
    return Dossiers(
        follows=inputs.frame("journey_count"),
        supplements=supplements.loc[year].groupby("proc_core", sort=True)[["n", "supplemented"]].sum().reset_index(),
        costs=costs_of_performance(inputs.papers_asked(), inputs.fees(), rate),
        limits=known[["proc_core", "limit_days"]],
    )


def _papers(inputs: Inputs, reviewed: Frames) -> pd.DataFrame:
    if reviewed["paper_types"].empty:
        return pd.DataFrame()
    brought = pd.DataFrame(list(inputs.yearly_dossiers().items()), columns=["proc_core", "dossiers"])
    types, holders = reviewed["paper_types"], reviewed["paper_holders"]
    return papers_most_asked(types, holders, brought, thresholds=inputs.thresholds)


def _unused(inputs: Inputs) -> pd.DataFrame:
    return unused_procedures(
        inputs.frame("procedure_posting"), inputs.frame("usage_count"), inputs.procedures,
        quarter=inputs.name, on=inputs.quarter.last, thresholds=inputs.thresholds,
    )  # fmt: skip


def _unless(is_off: bool, made: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    return pd.DataFrame() if is_off else made()
