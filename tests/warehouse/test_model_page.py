"""The page on the data model says what the tables and models are now."""

from warehouse.model_page import PAGE, ROW_IS, page
from warehouse.tables import METADATA


def test_every_table_says_what_one_row_is() -> None:
    assert set(ROW_IS) == set(METADATA.tables)


def test_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make it again: python -m warehouse.model_page"
