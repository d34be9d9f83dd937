"""One simulated year for all tests of the simulator, read back from the files alone (no product reader)."""

import json

import pytest


@pytest.fixture(scope="session")
def inbox(simulated_year):
    return simulated_year / "inbox"


@pytest.fixture(scope="session")
def truth(simulated_year):
    return json.loads((simulated_year / "truth.json").read_text(encoding="utf-8"))
