"""Two units that take the same file are refused; the name shown is one that both patterns really match."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import KnownError
from pipelines.new_site import check_site
from pipelines.places import common_name
from tests.factories.sites import make_site, source, unit, write_site


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("n/*XA.csv", "n/BXA.csv", True),
        ("n/*XA.csv", "n/BXB.csv", False),
        ("n/A/*.csv", "n/B/*.csv", False),
        ("n/A/*.csv", "n/**/x.csv", True),
        ("**/x.csv", "x.csv", True),
        ("**/x.csv", "a/b/y.csv", False),
        ("n/*.csv", "n/a/x.csv", False),
        ("a*b*c", "*bb*", True),
        ("a?c", "a[b-d]c", True),
        ("a[!b]c", "abc", False),
        ("a[!b]c", "a[b-c]c", True),
        ("[a-f]1", "[g-z]1", False),
        ("[]]x", "]x", True),
        ("a[b", "a[b", True),
        ("a[b", "ab", False),
        ("*", "", False),
        ("**/*.csv", "**/*.xlsx", False),
        ("so_[0-4]*.csv", "so_[5-9]*.csv", False),
        ("HS.csv", "hs.csv", False),
    ],
)
def test_what_two_patterns_have_in_common(one: str, other: str, meet: bool) -> None:
    found, back = common_name(one, other), common_name(other, one)
    assert ((found is not None and found != ""), (back is not None and back != "")) == (meet, meet)


PARTS = st.lists(st.sampled_from(["a", "b", "*", "?", "[ab]", "[!a]", "[!b]", "[b-c]"]), max_size=5).map("".join)


@given(one=PARTS, other=PARTS, name=st.text("abc", max_size=5))
def test_what_both_match_is_found_and_what_is_found_both_match(one: str, other: str, name: str) -> None:
    found = common_name(one, other)
    if fnmatchcase(name, one) and fnmatchcase(name, other):
        assert found is not None
    if found is not None:
        assert fnmatchcase(found, one)
        assert fnmatchcase(found, other)


def at(code: str, place: str, **changes: object) -> dict[str, object]:
    return unit(code, sources=[source(place=place)], **changes)


def test_a_site_whose_units_take_one_file_is_refused_at_every_door(tmp_path: Path) -> None:
    units = [at("XA", "{night}/*XA.csv"), at("BXA", "{night}/{unit}.csv")]
    folder = write_site(tmp_path / "site", units)
    for door in (check_site, lambda _: make_site(tmp_path, units)):
        with pytest.raises(KnownError, match=r"E-SITE-PLACE.*\[2015-01-01/BXA\.csv\]") as caught:
            door(folder)
        assert "[units/XA.yml], key [sources.0.place]: [{night}/*XA.csv]" in str(caught.value)


def test_a_count_another_unit_takes_for_data_is_refused(tmp_path: Path) -> None:
    counted = unit("X2", sources=[source(control={"place": "{night}/X1/dem.json"})])
    with pytest.raises(KnownError, match=r"E-SITE-PLACE.*sources\.0\.control\.place"):
        check_site(write_site(tmp_path, [at("X1", "{night}/{unit}/*"), counted]))


def test_units_that_never_exist_together_and_sources_of_one_unit_may_share(tmp_path: Path) -> None:
    old = at("X1", "{night}/so.csv", valid_to="2016-12-31")
    new = at("X2", "{night}/so.csv", valid_from="2017-01-01")
    both = unit("X3", sources=[source(place="{night}/x3*.csv"), source(id="cu", place="{night}/x3_*.csv")])
    assert len(check_site(write_site(tmp_path, [old, new, both]))["units"]) == 3


def test_the_sites_that_are_shipped_are_fine() -> None:
    for name in ("dak_glong", "receipt"):
        assert check_site(Path(__file__).parents[2] / "sites" / name)["units"]
