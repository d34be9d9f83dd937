"""Nights and the quarter on a real PostgreSQL: row for row what the embedded database gives."""

import json
from pathlib import Path

import pytest

from pipelines import nightly, quarterly
from pipelines.settings import Settings
from tests.chain.conftest import QUARTER, SITE, run_night, settings_of
from tests.warehouse import conftest as databases
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

pytestmark = pytest.mark.heavy

postgres_server = databases.postgres_server
new_postgres = databases.new_postgres


def run_all(settings: Settings, nights: list[str]) -> dict[str, object]:
    """The nights, the analysis of the quarter although not complete, and every table after it."""
    for night in nights:
        run_night(settings, night)
    nightly.force_quarter(QUARTER, settings=settings)
    quarterly.analyse(QUARTER, settings=settings)
    with Warehouse.open(settings.warehouse_url) as warehouse:
        return snapshot(warehouse)


def papers(settings: Settings) -> dict[str, bytes]:
    found = [path for path in sorted((settings.var / "out").rglob("*")) if path.is_file()]
    return {path.relative_to(settings.var).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def nights(small_inbox: Path) -> list[str]:
    """The history as one night, and the night after it."""
    every: list[str] = json.loads((small_inbox.parent / "truth.json").read_text())["nights"]
    return every[:2]


def test_both_databases_hold_the_same_and_a_rerun_changes_nothing(
    small_inbox: Path, nights: list[str], new_postgres, tmp_path: Path
) -> None:
    inbox = {"TINHGON_INBOX": str(small_inbox)}
    duck = settings_of(SITE, tmp_path / "duck", **inbox)
    post = settings_of(SITE, tmp_path / "post", WAREHOUSE_URL=new_postgres(), **inbox)
    here, there = run_all(duck, nights), run_all(post, nights)
    for name in ("dossier", "dossier_step", "pause", "dossier_change", "quarantine", "flag", "proposal", "headline"):
        assert len(here[name]), name
    assert differences(here, there) == []
    assert papers(duck) == papers(post)
    before = papers(post)
    again = run_all(post, list(reversed(nights)))
    assert differences(there, again) == []
    assert papers(post) == before
