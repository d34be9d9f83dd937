"""The review of a catalogue on its own: one offline page, made of the catalogue alone."""

from pathlib import Path

from pipelines.publish import catalogue_view as view
from pipelines.publish import family_view
from pipelines.publish.files import write_whole
from pipelines.publish.overlap_map import LEGEND_VI
from pipelines.publish.templating import render

FILE_NAME = "ra_soat_danh_muc.html"


def catalogue_book(review: view.CatalogueReview) -> str:
    """The page as text."""
    types = review.rows("paper_types")
    return render(
        "ra_soat_danh_muc.html",
        review=review,
        total=len(review.procedures),
        fields=view.fields(review),
        families=family_view.families(review),
        family_rows=view.family_list(review),
        outside=view.pairs_outside(review),
        journeys=view.journeys(review),
        papers=view.papers(review),
        cumbersome=view.cumbersome(review),
        checks=view.checks(review),
        type_count=len(types),
        held_count=sum(bool(row["held_in"]) for row in types),
        heavy_count=sum(bool(row["is_cumbersome"]) for row in review.rows("cumbersome")),
        legend=LEGEND_VI,
    )


def write_catalogue_book(review: view.CatalogueReview, folder: Path) -> Path:
    """Write the page; returns its path. Same catalogue, same bytes."""
    return write_whole(folder / FILE_NAME, catalogue_book(review).encode("utf-8"))
