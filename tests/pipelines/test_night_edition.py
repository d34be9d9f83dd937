"""What a night showed can be shown again, the same bytes, whatever was counted since."""

from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest

from pipelines.night_edition import editions_folder, page_of, read_night, write_night
from pipelines.publish.digest import write_digest
from pipelines.publish.inputs import NightPage
from pipelines.publish.quality_page import write_quality_page
from pipelines.settings import Settings
from tests.factories.sites import make_site, unit
from tests.publish import samples


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_site(tmp_path, [unit()])


def test_page_and_mails_of_an_edition_are_those_of_what_was_kept(settings: Settings, tmp_path: Path) -> None:
    page = samples.night_page()
    kept = page_of(write_night(settings, page))
    one, other = (write_quality_page(each, tmp_path / name).read_bytes() for name, each in (("a", page), ("b", kept)))
    assert one == other
    for units in (None, {"DG-QK"}):
        assert write_digest(page, "x@y.vn", units) == write_digest(kept, "x@y.vn", units) is not None
    for each in fields(NightPage):
        if each.type is not pd.DataFrame:
            assert getattr(kept, each.name) == getattr(page, each.name), each.name


def test_a_night_that_shows_the_same_is_the_same_edition_and_another_stands_beside_it(settings: Settings) -> None:
    page = samples.night_page()
    assert [write_night(settings, page).number for _ in range(2)] == [1, 1]
    fewer = replace(page, quarantine=page.quarantine.iloc[:0])
    assert write_night(settings, fewer).number == 2
    assert len(read_night(settings, page.night, 1).quarantine) == len(page.quarantine) > 0
    assert read_night(settings, page.night).quarantine.empty
    assert sorted(path.name for path in editions_folder(settings, page.night).iterdir()) == ["edition-1", "edition-2"]


def test_what_may_leave_the_house_rests_on_enough(settings: Settings) -> None:
    page = samples.night_page()
    few = page.headline.assign(received=[settings.site.minimum_group + n for n in range(len(page.headline))])
    edition = write_night(settings, replace(page, headline=few))
    public = pd.read_parquet(edition.folder / "public" / "headline.parquet")
    assert public.empty, (
        "the one of the smallest group is left out, and the other, less which the total would tell it"
    )
    many = page.headline.assign(received=[0, 40])
    other = write_night(settings, replace(page, headline=many))
    assert pd.read_parquet(other.folder / "public" / "headline.parquet")["received"].tolist() == [40]
