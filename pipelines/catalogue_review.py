"""A catalogue reviewed on its own, without dossiers: read, analysed, written as a page and a workbook."""

from datetime import date
from pathlib import Path

from analysis.catalogue_review import review_catalogue
from analysis.frames import in_force
from analysis.thresholds import Thresholds
from pipelines.publish.catalogue_book import write_catalogue_book
from pipelines.publish.catalogue_view import CatalogueReview
from pipelines.publish.catalogue_xlsx import write_catalogue_xlsx
from pipelines.reading.catalogue_file import read_catalogue

KEYS = {
    "procedure": ["proc_core"],
    "procedure_paper": ["proc_core", "paper_no"],
    "procedure_step": ["proc_core", "step_no"],
}


def reviewed(place: Path, *, on: date) -> CatalogueReview:
    """All that the review of a catalogue finds, as in force on a day. Raises E-CATALOGUE when it cannot be read."""
    found = read_catalogue(place)
    frames = found.tables
    now = {name: in_force(frames[name], on, key=key) for name, key in KEYS.items()}
    here = set(now["procedure"]["proc_core"])
    for name in ("procedure_paper", "procedure_step"):
        now[name] = now[name].loc[now[name]["proc_core"].isin(here)].reset_index(drop=True)
    return CatalogueReview(
        name=place.name,
        on=on,
        frames=review_catalogue(now, on=on, thresholds=Thresholds()),
        procedures=now["procedure"],
        papers=now["procedure_paper"],
        steps=now["procedure_step"],
        aside=found.aside,
    )


def write_review(review: CatalogueReview, folder: Path) -> list[Path]:
    """Write a review's book and workbook into a folder; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return [write_catalogue_book(review, folder), write_catalogue_xlsx(review, folder)]
