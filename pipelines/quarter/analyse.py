"""The analysis of a released quarter, written as an edition: from then on nothing of it is worked out again."""

import json
from dataclasses import fields
from typing import Any, Final

import pandas as pd

from analysis.carried import carried_difference, opens_where_it_ended
from analysis.disclosure import public_part
from analysis.items import numbered
from analysis.quarter import QuarterAnalysis, quarter_analysis
from analysis.thresholds import Thresholds
from analysis.truths import untrue
from domain.errors import KnownError
from domain.quarter import Quarter
from pipelines.catalogue import load_dimensions
from pipelines.edition import Content, Edition, write_edition
from pipelines.landing import digest_of
from pipelines.quarter.place import editions_folder, numbers_of, read
from pipelines.quarter.release import release_of
from pipelines.settings import Settings
from pipelines.versions import versions
from warehouse import Warehouse

COUNTS: Final = (
    "duration_count", "step_count", "report_count", "usage_count", "index_766_count", "due_gap_count",
    "integrity_count", "transition_count", "waiting_count", "desk_week", "unit_night",
    "journey_count", "supplement_count",
)  # fmt: skip
DIMENSIONS: Final = (
    "procedure", "procedure_paper", "procedure_step", "procedure_posting", "unit", "office", "calendar_day",
)  # fmt: skip
# What papers print of the dimensions; kept with the edition, because a catalogue changes.
PRINTED: Final = ("unit", "procedure", "procedure_paper", "procedure_step")
_MOST_TOLD: Final = 3
RESULTS: Final = tuple(field.name for field in fields(QuarterAnalysis) if field.type is pd.DataFrame)


def write_analysis(settings: Settings, warehouse: Warehouse, quarter: str) -> Edition:
    """Analyse the quarter as known when it was released; the last edition again when it says the same."""
    analysis = analysis_of(settings, warehouse, quarter)
    opening = _opening(settings, warehouse, analysis)
    _must_be_true(quarter, pd.concat([untrue(analysis), opening.pop("untrue")], ignore_index=True))
    printed = opening | {name: warehouse.read_table(name) for name in PRINTED}
    results = {name: getattr(analysis, name) for name in RESULTS}
    results["proposals"] = numbered(analysis.proposals, printed["procedure"])
    content = Content(
        frames=results | printed,
        public=public_part(results, minimum=settings.site.minimum_group),
        facts=_facts(settings, release_of(warehouse, quarter), analysis),
        about={"versions": versions(), "site_files": _site_files(settings)},
    )
    return write_edition(editions_folder(settings, quarter), quarter, content)


def analysis_of(settings: Settings, warehouse: Warehouse, quarter: str) -> QuarterAnalysis:
    """The whole analysis of a quarter, from the counting tables as known on its release night."""
    period = Quarter.parse(quarter)
    release = release_of(warehouse, quarter)
    warehouse.build_models(as_of=period.last, known=str(release["released_night"]), temporary=True)
    counts = {name: warehouse.read_table(name) for name in COUNTS}
    dimensions = load_dimensions(settings.site, settings)
    counts |= {name: dimensions[name] for name in DIMENSIONS if name in dimensions}
    counts["evidence"] = warehouse.read("evidence")
    return quarter_analysis(
        counts,
        quarter=quarter,
        hourly_rate=settings.site.hourly_rate_on(period.last),
        thresholds=thresholds_of(settings),
    )


def _opening(settings: Settings, warehouse: Warehouse, analysis: QuarterAnalysis) -> dict[str, pd.DataFrame]:
    """What table II.06a hands on and takes over, dossier by dossier, and how that differs from the quarter before.

    Compared is the last edition of the quarter before, as it was published; without one there is nothing to compare.
    """
    frames = {name: warehouse.read(name) for name in ("report_open", "report_carried")}
    before = str(Quarter.parse(analysis.quarter).previous())
    numbers = numbers_of(settings, before)
    old = read(settings, before, numbers[-1]).frames if numbers else {}
    if "report_open" not in old or analysis.report_06a.empty:
        nothing = carried_difference(pd.DataFrame(), pd.DataFrame())
        return frames | {"carried_difference": nothing, "untrue": pd.DataFrame()}
    opened = old["report_open"]
    if "dossier_id" not in opened.columns:  # an edition from before dossiers had an id beside their code
        opened = opened.assign(dossier_id=opened["dossier_code"])
    difference = carried_difference(opened, frames["report_carried"])
    broken = opens_where_it_ended(analysis.report_06a, old["report_06a"], difference)
    return frames | {"carried_difference": difference, "untrue": broken}


def _must_be_true(quarter: str, broken: pd.DataFrame) -> None:
    """An analysis that contradicts itself is never published."""
    if broken.empty:
        return
    told = "; ".join(
        f"{row['part']}, {row['where']}: {row['truth']} ({row['left']} / {row['right']})"
        for row in broken.head(_MOST_TOLD).to_dict("records")
    )
    raise KnownError(
        "E-EDITION-UNTRUE",
        f"quarter [{quarter}]: the analysis contradicts itself in [{len(broken)}] places: {told}.",
        mend="send this line to those who keep the program; the editions published before stand",
    )


def results_of(edition: Edition) -> QuarterAnalysis:
    """The analysis an edition keeps, as it was."""
    frames: dict[str, Any] = {name: edition.frames[name] for name in RESULTS if name in edition.frames}
    return QuarterAnalysis(
        quarter=edition.subject,
        switched_off=[(part, why) for part, why in edition.facts["switched_off"]],
        notes=[(part, why) for part, why in edition.facts["notes"]],
        **frames,
    )


def thresholds_of(settings: Settings) -> Thresholds:
    """The analyses' thresholds with what the site sets itself."""
    site = settings.site
    return Thresholds(
        minimum_group=site.minimum_group,
        limit_share=site.limit_share,
        target_late_share=site.targets.late_share,
    )


def _facts(settings: Settings, release: dict[str, object], analysis: QuarterAnalysis) -> dict[str, Any]:
    """What papers print besides frames, as plain JSON."""
    site = settings.site
    rate = site.hourly_rate_on(Quarter.parse(analysis.quarter).last)
    thresholds, sources = thresholds_of(settings), Thresholds.sources()
    return {
        "site_name": site.name,
        "province_name": site.province,
        "place": site.signer.place,
        "office_names": [[u.code, code, name] for u in site.units for code, name in sorted(u.offices.items())],
        "released_night": str(release["released_night"]),
        "coverage": float(str(release["coverage"])),
        "is_complete": bool(release["is_complete"]),
        "missing": json.loads(str(release["missing"])),
        "minimum_group": site.minimum_group,
        "rate_vnd": float(rate.value_vnd) if rate else None,
        "rate_source": rate.source if rate else "",
        "thresholds": [
            [each.name, str(getattr(thresholds, each.name)), sources[each.name]] for each in fields(thresholds)
        ],
        "switched_off": [list(each) for each in analysis.switched_off],
        "notes": [list(each) for each in analysis.notes],
    }


def _site_files(settings: Settings) -> dict[str, str]:
    """Each of the site's files by its hash: which settings and catalogue the analysis was made with."""
    folder = settings.site_folder
    return {
        str(path.relative_to(folder)): digest_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }
