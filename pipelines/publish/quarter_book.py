"""The quarter book (so_tay_quy.html): one offline page with charts for those who review procedures."""

from pathlib import Path
from typing import Any

from pipelines.publish import (
    catalogue_view,
    family_view,
    formats,
    limit_view,
    pair_view,
    quarter_drawings,
    quarter_view,
    slow_summary,
    slow_view,
    step_view,
    trend_view,
)
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.overlap_map import LEGEND_VI
from pipelines.publish.rows import records
from pipelines.publish.templating import write_page

FILE_NAME = "so_tay_quy.html"


def write_quarter_book(papers: QuarterPapers, folder: Path) -> Path:
    """Write the book of a quarter; returns its path. Same analysis, same bytes."""
    views = general_views(papers) | slow_views(papers)
    return write_page(
        folder / FILE_NAME,
        "so_tay_quy.html",
        papers=papers,
        period=formats.quarter(papers.quarter),
        summary=quarter_view.summary(papers, slow=slow_summary.slow_sentences(papers)),
        off=quarter_view.parts_off(papers.results.switched_off),
        notes=quarter_view.parts_off(papers.results.notes),
        why_off=dict.fromkeys(quarter_view.PART_VI, "") | dict(papers.results.switched_off),
        why_less=dict.fromkeys(quarter_view.PART_VI, "") | dict(papers.results.notes),
        costs=cost_tables(papers),
        drawings=quarter_drawings.drawings(views),
        **catalogue_views(papers),
        shown=quarter_view.SHOWN,
        **views,
    )


def catalogue_views(papers: QuarterPapers) -> dict[str, Any]:
    """What the book says of the catalogue itself, by name; the same parts as the book of a catalogue alone."""
    review = pair_view.review_of(papers)
    all_pairs, pairs, pairs_left = pair_view.overlap_pairs(papers, review)
    return {
        "pairs": pairs,
        "all_pairs": all_pairs,
        "pairs_left": pairs_left,
        "fields": catalogue_view.fields(review),
        "families": family_view.families(review, pair_view.FAMILIES_SHOWN),
        "family_rows": catalogue_view.family_list(review),
        "journeys": catalogue_view.journeys(review),
        "cumbersome": catalogue_view.cumbersome(review),
        "checks": catalogue_view.checks(review),
        "legend": LEGEND_VI,
    }


def general_views(papers: QuarterPapers) -> dict[str, Any]:
    """What the book says of reports, limits, papers and proposals, by name."""
    return {
        "units": quarter_view.report_units(papers),
        "overall": quarter_view.level_rows(papers, "ALL"),
        "unit_shares": quarter_view.level_rows(papers, "UNIT"),
        "cuts": limit_view.limit_cuts(papers),
        "too_short": limit_view.limits_too_short(papers),
        "mismatches": limit_view.limit_mismatches(papers),
        "limit_curves": limit_view.limit_curves(papers),
        "unused": quarter_view.unused_by_field(papers),
        "asked": quarter_view.asked_papers(papers),
        "proposals": quarter_view.proposals(papers),
        "hidden_procedures": quarter_view.hidden_groups(papers, "PROCEDURE_UNIT"),
        "hidden_units": quarter_view.hidden_groups(papers, "UNIT"),
    }


def slow_views(papers: QuarterPapers) -> dict[str, Any]:
    """What the book says of slowness: how late, who and what is slow, where it waits, what changed, by name."""
    slow = slow_view.slow_procedures(papers)
    return {
        "ways": slow_view.ways(papers),
        "unit_ways": slow_view.unit_ways(papers),
        "whole_ways": slow_view.unit_ways(papers, "ALL"),
        "compared": slow_view.compared_units(papers),
        "not_compared": slow_view.not_compared(papers),
        "slow_units": slow_view.slow_units(papers),
        "speeds": slow_view.speeds(papers),
        "funnel": slow_view.funnel(papers),
        "slow": slow,
        "slow_everywhere": [row for row in slow if row["unit"] is None],
        "slow_somewhere": [row for row in slow if row["unit"] is not None],
        "curves": limit_view.survival(papers, slow),
        "steps": step_view.slow_steps(papers),
        "held_back": step_view.held_back(papers),
        "bulk_entered": step_view.bulk_entered(papers),
        "ladder": step_view.ladder(papers),
        "waiting": step_view.waiting_total(papers),
        "waiting_offices": step_view.waiting_offices(papers),
        "waiting_edges": step_view.waiting_edges(papers),
        "causes": step_view.CAUSE_DAYS,
        "desks": step_view.desks(papers),
        "backlogs": step_view.backlogs(papers),
        "handovers": step_view.handovers(papers),
        "trail": step_view.trail(papers),
        "whole_trend": trend_view.whole_trend(papers),
        "trends": trend_view.trends(papers),
        "series": trend_view.series(papers),
        "cut_effects": trend_view.cut_effects(papers),
        "record_sentences": trend_view.record_sentences(papers),
        "record_checks": trend_view.record_checks(papers),
    }


def cost_tables(papers: QuarterPapers) -> dict[str, list[dict[str, Any]]]:
    """proposal_id -> its activities before and after, as the cost was worked out."""
    table = papers.results.costs
    if table.empty:
        return {}
    return {str(key): records(rows) for key, rows in table.groupby("proposal_id", sort=True)}
