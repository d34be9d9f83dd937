"""Every limit the analyses use, in one frozen object, each with where it comes from."""

from dataclasses import dataclass, field, fields
from typing import Any


def _sourced(default: float, source: str) -> Any:
    return field(default=default, metadata={"source": source})


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """The knobs of the quarterly analyses. A site may override any; `sources()` tells where each comes from.

    Shares are fractions 0..1, times are working days or half working days as the name says.
    """

    minimum_group: int = _sourced(5, "Disclosure: nobody is named on five cases or fewer (site: minimum_group)")
    minimum_cases: int = _sourced(20, "Detection of slow procedures: fewer than 20 cases are pooled, not flagged")
    target_late_share: float = _sourced(0.10, "Share of late dossiers a unit may have (site: targets.late_share)")
    limit_share: float = _sourced(0.95, "Share of dossiers a shortened limit must still hold (site: limit_share)")
    confidence: float = _sourced(0.95, "Customary two-sided confidence level, log-log Greenwood")
    window_quarters: int = _sourced(4, "One year of dossiers up to the quarter, so that Tet is always inside once")
    step_window_quarters: int = _sourced(1, "A slow step is mended while it is slow: the steps of the quarter itself")
    minimum_cut_days: float = _sourced(1.0, "Cuts in provincial decisions are whole working days")
    minimum_cut_share: float = _sourced(0.10, "A cut of less than a tenth of the limit is within the noise")
    step_over_share: float = _sourced(0.5, "A step is slow when more than half of its dossiers overrun its plan")
    same_second_share: float = _sourced(0.20, "Over 20 % of steps entered in one second: step times are no evidence")
    title_candidate: float = _sourced(0.45, "Title cosine from which a pair is looked at; exact search, none missed")
    papers_candidate: float = _sourced(0.5, "Equal-papers share (Jaccard) from which a pair is looked at")
    merge_score: float = _sourced(0.50, "Best F1 of the hand-weighted score on labelled real pairs")
    flag_pair_score: float = _sourced(
        0.65, "Pairs put before a section head: above the likeness of those a reviewer may still weigh"
    )
    family_score: float = _sourced(
        0.75, "Pairs joined to a family: stricter than for a candidate, to keep chains short"
    )
    maximum_pairs: int = _sourced(60, "As many overlap pairs as one reviewing session can read in a quarter")
    paper_procedures: int = _sourced(5, "A paper asked by at least five procedures is worth a shared source")
    maximum_papers: int = _sourced(20, "As many papers as one table of the book shows")
    paper_share: float = _sourced(0.8, "Two paper names are the same paper from this token likeness on")

    @classmethod
    def sources(cls) -> dict[str, str]:
        """Name of each threshold -> the sentence that says where it comes from."""
        return {each.name: str(each.metadata["source"]) for each in fields(cls)}
