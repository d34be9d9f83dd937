"""The papers of a quarter: book (HTML), proposal file (DOCX), table II.06a (XLSX)."""

import json
from dataclasses import fields
from pathlib import Path

from analysis.quarter import QuarterAnalysis
from analysis.thresholds import Thresholds
from domain.quarter import Quarter
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.proposals_docx import write_proposals_docx
from pipelines.publish.quarter_book import write_quarter_book
from pipelines.publish.report_06a import write_report_06a_xlsx
from pipelines.quarterly import of_quarter, release_of, thresholds_of
from pipelines.settings import Settings
from warehouse import Warehouse


def quarter_folder(settings: Settings, quarter: str) -> Path:
    """Where the papers of a quarter are."""
    return settings.var / "out" / "quarters" / quarter


def write_papers(settings: Settings, warehouse: Warehouse, quarter: str, results: QuarterAnalysis) -> list[Path]:
    """Write the three papers of a quarter as it was released; returns their paths."""
    papers = papers_of(settings, warehouse, quarter, results)
    folder = quarter_folder(settings, quarter)
    return [
        write_quarter_book(papers, folder),
        write_proposals_docx(papers, folder),
        write_report_06a_xlsx(papers, folder),
    ]


def papers_of(settings: Settings, warehouse: Warehouse, quarter: str, results: QuarterAnalysis) -> QuarterPapers:
    """Everything the three papers print, gathered once."""
    site = settings.site
    release = release_of(warehouse, quarter)
    rate = site.hourly_rate_on(Quarter.parse(quarter).last)
    return QuarterPapers(
        quarter=quarter,
        site_name=site.name,
        results=results,
        units=warehouse.read_table("unit"),
        procedures=warehouse.read_table("procedure"),
        procedure_paper=warehouse.read_table("procedure_paper"),
        procedure_step=warehouse.read_table("procedure_step"),
        office_names={(unit.code, code): name for unit in site.units for code, name in unit.offices.items()},
        decisions=of_quarter(warehouse, "decision", quarter),
        released_night=str(release["released_night"]),
        coverage=float(str(release["coverage"])),
        is_complete=bool(release["is_complete"]),
        missing=json.loads(str(release["missing"])),
        minimum_group=site.minimum_group,
        rate_vnd=float(rate.value_vnd) if rate else None,
        rate_source=rate.source if rate else "",
        place=site.signer.place,
        province_name=site.province,
        thresholds=_thresholds(thresholds_of(settings)),
    )


def _thresholds(thresholds: Thresholds) -> list[tuple[str, str, str]]:
    """Name, value and source of each threshold, for the book's page on method."""
    sources = Thresholds.sources()
    return [(each.name, str(getattr(thresholds, each.name)), sources[each.name]) for each in fields(thresholds)]
