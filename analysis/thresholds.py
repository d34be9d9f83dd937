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
    merge_score: float = _sourced(
        0.50, "Even odds; the best F1 on labelled real pairs lies at 0.4 to 0.75, out of fold"
    )
    flag_pair_score: float = _sourced(
        0.65, "Pairs put before a section head: above the likeness of those a reviewer may still weigh"
    )
    family_score: float = _sourced(
        0.90, "Of the labelled pairs given nine in ten and more, readers would unify all 63: a family starts there"
    )
    maximum_pairs: int = _sourced(60, "As many overlap pairs as one reviewing session can read in a quarter")
    paper_procedures: int = _sourced(5, "A paper asked by at least five procedures is worth a shared source")
    maximum_papers: int = _sourced(20, "As many papers as one table of the book shows")
    fdr: float = _sourced(0.05, "Benjamini-Hochberg over all tests of a quarter: one false flag in twenty at most")
    paper_share: float = _sourced(0.8, "Two paper names are the same paper from this token likeness on")
    batch_size: int = _sourced(10, "Rule DQ-DT-18: more than ten dossiers ended by one person in one minute")
    record_found: int = _sourced(10, "A unit is asked how it records only when ten records or more are alike")
    record_ratio: float = _sourced(2.0, "A unit is asked when its share is at least twice that of the other units")
    code_gap_share: float = _sourced(0.5, "More than half of the numbers missing: codes are not numbered in a row")
    bunching_days: int = _sourced(2, "Ends within two working days of the due date tell bunching from being early")
    backlog_history_weeks: int = _sourced(13, "An office seen for less than a quarter is still filling its desk")
    series_quarters: int = _sourced(8, "Two years: each quarter of the last one beside the same quarter before it")
    cut_side_quarters: int = _sourced(4, "At most one year either side of a cut, so that Tet weighs on both alike")
    alarm_level: float = _sourced(
        0.998, "Outer funnel limits at 99.8 %, three standard deviations: Spiegelhalter 2005"
    )
    funnel_trim: float = _sourced(
        0.10, "Outermost tenths drawn in before over-dispersion: FunnelPlotR, NHS SHMI and CQC"
    )
    gate_set_aside_share: float = _sourced(0.05, "Own choice: over one row in twenty set aside, the rest may differ")
    gate_missing_share: float = _sourced(0.10, "Own choice: a unit silent one night in ten is half unseen")
    gate_missing_nights: int = _sourced(1, "Own choice: one silent night proves nothing, the next makes it good")
    gate_odd_share: float = _sourced(0.05, "Own choice: one dossier in twenty with impossible times is no measure")
    looks_long_share: float = _sourced(
        0.30, "Resolution 66/NQ-CP of 2025 asks for 30 % less processing time: half are done with as much to spare"
    )
    journey_share: float = _sourced(
        0.30, "Design rule 11.5 on overlaps: the same person asks for B within 30 days in over 30 % of the cases of A"
    )
    journey_days: int = _sourced(30, "Design rule 11.5 on overlaps; the model journey_count counts by the same days")
    journey_paper_share: float = _sourced(
        0.015,
        "Measured on 2,961 real procedures: the identity card is asked for by 3.3 %, business registration by 2.5 %, "
        "the identity certificate by 1.7 %, the birth certificate by 1.1 %; what more ask for links all with all",
    )
    journey_askers: int = _sourced(10, "Own choice: in a small catalogue ten procedures may ask for one paper")
    journey_givers: int = _sourced(
        15,
        "Measured: 12 real procedures give the birth certificate, 26 and 50 the land certificates held for decades",
    )
    journey_opens: int = _sourced(4, "Own choice: what opens more than four others begins several journeys, not one")
    journey_steps: int = _sourced(
        5, "As many procedures as one joint procedure can be drawn up for; real ones join 3"
    )
    step_sum_slack: float = _sourced(0.01, "Rounding of hours and quarter days when the steps are added up")
    peers_minimum: int = _sourced(8, "Own choice: a quartile of fewer than eight has fewer than two on its far side")
    cumbersome_score: float = _sourced(
        70.0, "Own choice: on average heavier than seven tenths of its peers; 5 % of the real catalogue"
    )
    cumbersome_parts: int = _sourced(3, "Own choice: one or two heavy parts are common, three together are a pattern")
    approvals_many: int = _sourced(3, "Design rule 11 on cumbersome procedures: three or more layers of approval")
    visits_many: int = _sourced(3, "Design rule 11 on cumbersome procedures: three or more visits")
    supplement_high: float = _sourced(
        0.15, "Design rule 11 on cumbersome procedures: over 15 % sent back for supplement: the form is unclear"
    )
    cumbersome_known: int = _sourced(3, "Own choice: a rank over one or two parts does not tell the whole")

    @classmethod
    def sources(cls) -> dict[str, str]:
        """Name of each threshold -> the sentence that says where it comes from."""
        return {each.name: str(each.metadata["source"]) for each in fields(cls)}
