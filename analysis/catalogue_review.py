"""The whole review of a catalogue: overlaps, families, papers, journeys, cumbersome procedures, content checks.

A catalogue alone is enough; what dossiers add (who files what after what, how often a dossier is supplemented, what
a year costs, the limits dossiers really have) comes as `Dossiers`, each frame empty where nothing is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from analysis.catalogue_checks import catalogue_checks
from analysis.cumbersome import cumbersome
from analysis.families import families
from analysis.frames import working_days
from analysis.journeys import journeys
from analysis.overlap import overlaps
from analysis.pairs import catalogue
from analysis.papers import asked_twice, paper_catalogue, papers_of_procedures, typed_papers
from analysis.thresholds import Thresholds

Frames = dict[str, pd.DataFrame]

# Part of the book -> the frames of the review it is made of.
PARTS_OF_REVIEW = {
    "overlaps": ("overlaps", "families"),
    "papers": ("paper_types", "paper_holders"),
    "journeys": ("journeys", "asked_twice"),
    "cumbersome": ("cumbersome",),
    "checks": ("checks",),
}

_LEAST = {
    "procedure": "proc_core name level field_code limit_quantity limit_unit result_name",
    "procedure_paper": "proc_core paper_no name",
    "procedure_step": "proc_core step_no task",
}


@dataclass(frozen=True, kw_only=True)
class Dossiers:
    """What dossiers know of a catalogue's procedures; an empty frame where they know nothing.

    `follows`: proc_core, next_proc_core, cases, followed, people (model journey_count);
    `supplements`: proc_core, n, supplemented; `costs`: proc_core, cost_vnd (one performance);
    `limits`: proc_core, limit_days (working days in force; overrides the catalogue's)
    """

    follows: pd.DataFrame = field(default_factory=lambda: _empty("proc_core next_proc_core cases followed people"))
    supplements: pd.DataFrame = field(default_factory=lambda: _empty("proc_core n supplemented"))
    costs: pd.DataFrame = field(default_factory=lambda: _empty("proc_core cost_vnd"))
    limits: pd.DataFrame = field(default_factory=lambda: _empty("proc_core limit_days"))


def _empty(columns: str) -> pd.DataFrame:
    return pd.DataFrame(columns=columns.split())


def review_catalogue(
    catalogue_frames: Mapping[str, pd.DataFrame],
    *,
    on: date,
    thresholds: Thresholds,
    dossiers: Dossiers | None = None,
) -> Frames:
    """Every part of the review of one catalogue as in force on a day.

    Needs: `catalogue_frames`: procedure, procedure_paper, procedure_step as the dimensions have them, one version of
      each procedure
    Gives: the frames of PARTS_OF_REVIEW: overlaps, families, checks, paper_types, paper_holders (proc_core,
      paper_type, name), journeys, asked_twice, cumbersome, as their functions give them
    """
    known = dossiers or Dossiers()
    tables = [_with_columns(catalogue_frames[name], columns) for name, columns in _LEAST.items()]
    procedures, papers, steps = tables
    typed = typed_papers(papers, same_share=thresholds.paper_share)
    book = catalogue(procedures, typed, steps, thresholds=thresholds)
    pairs = overlaps(book, thresholds=thresholds)
    found = journeys(procedures, papers, follows=known.follows, thresholds=thresholds)
    holders = papers_of_procedures(typed, same_share=thresholds.paper_share)
    performance = known.supplements.merge(known.costs, on="proc_core", how="outer")
    return {
        "overlaps": pairs,
        "families": families(pairs, book, _limits(procedures, known.limits), thresholds=thresholds),
        "checks": catalogue_checks(*tables, on=on, thresholds=thresholds),
        "paper_types": paper_catalogue(typed, thresholds=thresholds),
        "paper_holders": holders,
        "journeys": found,
        "asked_twice": asked_twice(found, holders),
        "cumbersome": cumbersome(*tables, performance=performance, thresholds=thresholds),
    }


def _with_columns(frame: pd.DataFrame, columns: str) -> pd.DataFrame:
    """A part the catalogue does not tell is a frame of no rows, which still has its columns."""
    return frame if len(frame) else frame.reindex(columns=[*dict.fromkeys([*frame.columns, *columns.split()])])


def _limits(procedures: pd.DataFrame, of_dossiers: pd.DataFrame) -> pd.DataFrame:
    """proc_core, limit_days: the catalogue's working days; the dossiers' where it states none, or none in them."""
    rows = procedures.drop_duplicates("proc_core").set_index("proc_core")
    own = of_dossiers.drop_duplicates("proc_core").set_index("proc_core")["limit_days"].astype(float)
    every = working_days(rows).combine_first(own).rename("limit_days")
    return every.rename_axis("proc_core").reset_index()
