"""One simulated year for all tests of the simulator, read back from the files alone (no product reader)."""

import json
from pathlib import Path

import pytest

from pipelines.simulator import simulate

SITE = Path(__file__).resolve().parents[2] / "sites" / "dak_glong"


@pytest.fixture(scope="session")
def year_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("year")
    simulate(SITE, folder / "inbox", folder / "truth.json")
    return folder


@pytest.fixture(scope="session")
def inbox(year_folder):
    return year_folder / "inbox"


@pytest.fixture(scope="session")
def truth(year_folder):
    return json.loads((year_folder / "truth.json").read_text(encoding="utf-8"))
