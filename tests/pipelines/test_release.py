"""When a quarter is out: complete, by the calendar, by hand; named again until analysed; once more when complete."""

from pathlib import Path

import pandas as pd
import pytest

from domain.errors import KnownError
from domain.quarter import Quarter
from pipelines.edition import Content, write_edition
from pipelines.nightly import open_warehouse
from pipelines.quarter import release
from pipelines.quarter.place import editions_folder
from pipelines.settings import Settings
from tests.chain.conftest import run_night
from tests.factories.sites import ROW, csv_text, hand_in, make_site, unit
from tests.factories.two_nights import LAST, QUARTER

AFTER = "2018-01-02"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A quarter's last night, which X2 did not hand in for."""
    settings = make_site(tmp_path, [unit("X1", expects="every_night"), unit("X2", expects="every_night")])
    hand_in(settings, "ho_so.csv", csv_text([["X1-1", *ROW[1:]]]), unit_code="X1", night=LAST)
    run_night(settings, LAST)
    return settings


def analysed(settings: Settings, night: str, *, is_complete: bool = False) -> None:
    facts = {"released_night": night, "is_complete": is_complete}
    content = Content(frames={}, public={}, facts=facts, about={})
    write_edition(editions_folder(settings, QUARTER), QUARTER, content)


def rows(settings: Settings) -> pd.DataFrame:
    with open_warehouse(settings) as warehouse:
        return warehouse.read_table("quarter_release")


def test_an_incomplete_quarter_waits_and_is_forced_by_hand_or_by_the_calendar(settings: Settings) -> None:
    with open_warehouse(settings) as warehouse:
        assert release.release_on(settings, warehouse, LAST) is None
        with pytest.raises(KnownError, match=r"E-QUARTER-CLOSED .*\[X2"):
            release.release_of(warehouse, QUARTER)
        too_early = f"2018-01-{settings.site.quarter.force_after_days - 1:02d}"
        assert release.force_on(settings, warehouse, too_early) is None
        in_time = f"2018-01-{settings.site.quarter.force_after_days + 1:02d}"
        assert release.force_on(settings, warehouse, in_time) == QUARTER
    [row] = rows(settings).to_dict("records")
    assert (row["is_complete"], row["forced"], row["missing"]) == (False, True, '["X2"]')
    analysed(settings, LAST)
    with open_warehouse(settings) as warehouse:
        assert release.force_on(settings, warehouse, in_time) is None, "it is out, and nothing is new"
        assert release.force_quarter(settings, warehouse, Quarter.parse(QUARTER)) is None


def test_what_is_released_is_named_again_until_it_is_analysed(settings: Settings) -> None:
    with open_warehouse(settings) as warehouse:
        assert release.force_quarter(settings, warehouse, Quarter.parse(QUARTER)) == QUARTER
        assert release.release_on(settings, warehouse, LAST) == QUARTER, "killed between releasing and announcing"
    analysed(settings, LAST)
    with open_warehouse(settings) as warehouse:
        assert release.release_on(settings, warehouse, LAST) is None


def test_a_later_night_completes_a_forced_release_that_nobody_analysed_yet(settings: Settings) -> None:
    with open_warehouse(settings) as warehouse:
        release.force_quarter(settings, warehouse, Quarter.parse(QUARTER))
    hand_in(settings, "ho_so.csv", csv_text([["X2-1", *ROW[1:]]]), unit_code="X2", night=LAST)
    assert run_night(settings, LAST) == QUARTER
    [row] = rows(settings).to_dict("records")
    assert (row["is_complete"], row["missing"]) == (True, "[]")


def test_the_night_that_completes_it_releases_it_anew_as_known_then(settings: Settings) -> None:
    with open_warehouse(settings) as warehouse:
        release.force_quarter(settings, warehouse, Quarter.parse(QUARTER))
    analysed(settings, LAST)
    hand_in(settings, "ho_so.csv", csv_text([["X2-1", *ROW[1:]]]), unit_code="X2", night=LAST)
    assert run_night(settings, LAST) == QUARTER
    [row] = rows(settings).to_dict("records")
    assert (row["is_complete"], row["forced"], row["released_night"]) == (True, False, LAST)
    assert run_night(settings, LAST) == QUARTER, "again until it is analysed anew"
    analysed(settings, LAST, is_complete=True)
    with open_warehouse(settings) as warehouse:
        assert release.release_on(settings, warehouse, LAST) is None


def test_a_quarter_that_has_not_begun_cannot_be_forced(settings: Settings) -> None:
    with open_warehouse(settings) as warehouse, pytest.raises(KnownError, match="E-QUARTER-AHEAD"):
        release.force_quarter(settings, warehouse, Quarter.parse("2018-Q3"))
