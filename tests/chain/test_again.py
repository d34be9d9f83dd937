"""A finished main job run again in any order, and made anew from landing alone: nothing changes.

In the core on two nights of two communes, under --all on the whole district too.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipelines.replay import rebuild
from pipelines.settings import Settings
from tests.chain.conftest import QUARTER, Chain, run_night, run_quarter, settings_of
from tests.factories.two_nights import FIRST, LAST, hand_in_all, small_site
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

pytestmark = pytest.mark.slow
NOT_FROM_LANDING = {"flag", "proposal"}  # of the quarter's editions, which never change


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A finished main job of the test's own; `again`: nights to run once more, not in their order."""

    settings: Settings
    nights: list[str]
    again: list[str]


def two_nights(folder: Path) -> None:
    """Two nights of two communes, the quarter they complete, and its decision."""
    settings = settings_of(small_site(folder / "site"), folder / "var")
    hand_in_all(settings)
    assert [run_night(settings, night) for night in (FIRST, LAST)] == [None, QUARTER]
    run_quarter(settings, QUARTER)


@pytest.fixture(params=["small", pytest.param("whole", marks=pytest.mark.heavy)])
def finished(request: pytest.FixtureRequest, made_once: Callable[..., Path], tmp_path: Path) -> Finished:
    if request.param == "small":
        done = shutil.copytree(made_once("two_nights", two_nights), tmp_path / "done")
        return Finished(settings=settings_of(done / "site", done / "var"), nights=[FIRST, LAST], again=[LAST, FIRST])
    whole: Chain = request.getfixturevalue("chain")
    settings = settings_of(whole.settings.site_folder, shutil.copytree(whole.settings.var, tmp_path / "var"))
    nights = whole.nights
    return Finished(settings=settings, nights=nights, again=[nights[3], nights[7], nights[0], nights[5]])


def test_everything_again_in_any_order_changes_nothing(finished: Finished) -> None:
    settings = finished.settings
    with Warehouse.open(settings.warehouse_url) as warehouse:
        before = snapshot(warehouse)
    papers = {path: path.read_bytes() for path in (settings.var / "out").rglob("*") if path.is_file()}
    assert len(papers) >= 8
    for name in ("dossier", "dossier_change", "quarantine", "apology", "flag", "proposal", "act", "headline"):
        assert len(before[name]), name
    for night in finished.again:
        assert run_night(settings, night) is None, "a quarter is released once"
    run_quarter(settings, QUARTER)
    with Warehouse.open(settings.warehouse_url) as warehouse:
        assert differences(before, snapshot(warehouse)) == []
    changed = [path.name for path, data in papers.items() if path.read_bytes() != data]
    assert changed == []
    assert {path for path in (settings.var / "out").rglob("*") if path.is_file()} == set(papers)


def test_rebuilt_from_landing_alone(finished: Finished, tmp_path: Path) -> None:
    with Warehouse.open(finished.settings.warehouse_url) as warehouse:
        before = snapshot(warehouse, with_models=False)
    again = f"duckdb:///{tmp_path}/again.duckdb"
    fresh = replace(finished.settings, warehouse_url=again, inbox=tmp_path / "nothing")
    assert len(list(rebuild(settings=fresh))) == len(finished.nights)
    with Warehouse.open(fresh.warehouse_url) as warehouse:
        after = snapshot(warehouse, with_models=False)
    left = {name: frame for name, frame in before.items() if name not in NOT_FROM_LANDING}
    assert sum(map(len, left.values())) > 0
    assert len(after["dossier"]) == len(before["dossier"]) > 0
    assert differences(left, {name: frame for name, frame in after.items() if name not in NOT_FROM_LANDING}) == []
