"""A catalogue reviewed on its own, without dossiers: read, analysed, written as a page and a workbook."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from analysis.catalogue_review import review_catalogue
from analysis.frames import in_force
from analysis.thresholds import Thresholds
from pipelines.publish.catalogue_book import write_catalogue_book
from pipelines.publish.catalogue_view import CatalogueReview
from pipelines.publish.catalogue_xlsx import write_catalogue_xlsx
from pipelines.reading.catalogue_file import read_catalogue
from pipelines.reading.catalogue_table import aside_lines

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


def write_review(place: Path, folder: Path, *, on: date) -> dict[str, Any]:
    """Review a catalogue and write its book and workbook into a folder; gives how much was found, and their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    review = reviewed(place, on=on)
    files = [write_catalogue_book(review, folder), write_catalogue_xlsx(review, folder)]
    return {
        "catalogue": review.name,
        "on": str(on),
        "read": {"procedures": len(review.procedures), "papers": len(review.papers), "steps": len(review.steps)},
        "found": {name: len(frame) for name, frame in review.frames.items()},
        "aside": aside_lines(review.aside),
        "files": [str(path) for path in files],
    }


def review_lines(figures: dict[str, Any]) -> Iterator[str]:
    """The lines of what was found."""
    read = ", ".join(f"{count:,} {what}" for what, count in figures["read"].items())
    yield f"{figures['catalogue']} on {figures['on']}: {read}"
    for name, count in figures["found"].items():
        yield f"  {name.replace('_', ' '):24}{count:>8,}"
    yield from figures["files"]
