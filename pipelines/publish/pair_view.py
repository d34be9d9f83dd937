"""Overlapping procedures as the quarter book shows them: the review of its catalogue, the pairs of the quarter."""

import pandas as pd

from analysis.catalogue_review import PARTS_OF_REVIEW
from analysis.overlap import MERGEABLE
from analysis.papers import papers_of_procedures
from domain.quarter import Quarter
from pipelines.publish import family_view
from pipelines.publish.catalogue_view import CatalogueReview, pair_rows
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.rows import Row, records

PAIRS_SHOWN = 6
FAMILIES_SHOWN = 12  # as many as one reviewing session lays side by side


def review_of(papers: QuarterPapers) -> CatalogueReview:
    """The catalogue of a quarter with what the quarter found of it: the newest version of each procedure."""
    frames = {name: getattr(papers.results, name) for part in PARTS_OF_REVIEW.values() for name in part}
    asked = _newest(papers.procedure_paper)
    if frames["paper_holders"].empty and len(asked):  # the part of the papers is off, the pairs still are compared
        share = papers.threshold("paper_share")
        frames["paper_holders"] = papers_of_procedures(asked, same_share=share)
    return CatalogueReview(
        name=papers.site_name,
        on=Quarter.parse(papers.quarter).last,
        frames=frames,
        procedures=papers.procedures,
        papers=asked,
        steps=_newest(papers.procedure_step),
    )


def _newest(rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty or "valid_from" not in rows.columns:
        return rows
    return rows[rows["valid_from"] == rows.groupby("proc_core")["valid_from"].transform("max")]


def overlap_pairs(papers: QuarterPapers, review: CatalogueReview) -> tuple[list[Row], list[Row], list[Row]]:
    """Pairs worth a reviewer's look: all of them, then of those in no family laid side by side the first few laid
    side by side themselves, and the others for the table."""
    rows = [row for row in review.rows("overlaps") if row["propose_merge"] and row["relation"] in MERGEABLE]
    flagged = _flagged(papers)
    if flagged:  # the book speaks of the pairs the quarter flagged, so that its figures agree
        rows = [row for row in rows if (row["proc_core"], row["other_proc_core"]) in flagged]
    laid_out = set(family_view.families_first(review, FAMILIES_SHOWN))
    every = pair_rows(review, rows)
    left = [row for row in every if not (row["in_family"] and review.homes[row["proc_core"]] in laid_out)]
    first = _first_of_each(review, left)
    shown = {(row["proc_core"], row["other_proc_core"]) for row in first}
    rest = [row for row in left if (row["proc_core"], row["other_proc_core"]) not in shown]
    return every, family_view.pairs(review, first), rest


def _first_of_each(review: CatalogueReview, rows: list[Row]) -> list[Row]:
    """The likeliest pairs, one of a family at most: three of one family side by side say the same three times."""
    seen: set[str] = set()
    found: list[Row] = []
    for row in rows:
        home = review.homes[row["proc_core"]] if row["in_family"] else ""
        if home not in seen and len(found) < PAIRS_SHOWN:
            found.append(row)
            seen |= {home} - {""}
    return found


def _flagged(papers: QuarterPapers) -> set[tuple[str, str]]:
    flags = papers.results.flags
    if flags.empty:
        return set()
    return {(row["proc_core"], row["other_proc_core"]) for row in records(flags[flags["kind"] == "OVERLAP"])}
