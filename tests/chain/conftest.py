"""The whole main job once a session, without Airflow: the shipped site, eight nights, the quarter."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.night import Night
from pipelines import night_order, quarterly
from pipelines.quarter import place
from pipelines.quarter.decide import Decider, Word, items_of
from pipelines.settings import Settings
from pipelines.simulator import simulate

REPO = Path(__file__).resolve().parents[2]
SITE = REPO / "sites" / "dak_glong"
KEY = "a-key-only-for-tests-0123456789"
QUARTER = "2017-Q4"


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A finished main job: its settings, the planted truth, and the nights that were run."""

    settings: Settings
    truth: dict[str, Any]
    nights: list[str]


def settings_of(site: Path, var: Path, **env: str) -> Settings:
    return Settings.from_env({"TINHGON_SITE": str(site), "TINHGON_VAR": str(var), "TINHGON_HASH_KEY": KEY} | env)


def run_night(settings: Settings, night: str) -> str | None:
    """All steps of a night in their order; the quarter it releases. Raises what a step raised, at the end."""
    done = night_order.run_night(settings, Night(night))
    for error in done.failed.values():
        raise error
    released = done.results["release"]
    assert released is None or isinstance(released, str)
    return released


def run_quarter(settings: Settings, quarter: str) -> dict[str, object]:
    quarterly.analyse(quarter, settings=settings)
    quarterly.propose(quarter, settings=settings)
    demo = Decider(name="người thử", is_demo=True)
    words = {item: Word(choice="ACCEPT", reason="thử") for item in items_of(place.read(settings, quarter))}
    quarterly.decide(quarter, words, demo, settings=settings)
    return quarterly.publish(quarter, settings=settings)


def finished_chain(var: Path, year: Path) -> None:
    """The whole main job in `var`: eight nights, the quarter, its decision."""
    settings, truth = settings_of(SITE, var), year / "truth.json"
    shutil.copytree(year / "inbox", settings.inbox)
    shutil.copy(truth, var)
    released = [run_night(settings, night) for night in json.loads(truth.read_text())["nights"]]
    assert released == [None] * 7 + [QUARTER], "the last night, and only it, completes the quarter"
    run_quarter(settings, QUARTER)


def chain_in(var: Path) -> Chain:
    """The finished main job that is in `var`."""
    truth = json.loads((var / "truth.json").read_text())
    return Chain(settings=settings_of(SITE, var), truth=truth, nights=truth["nights"])


@pytest.fixture(scope="session")
def chain(made_once: Callable[..., Path], simulated_year: Path, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """A copy of the main job, which is done once for all workers."""
    done = made_once("chain", lambda var: finished_chain(var, simulated_year))
    return chain_in(shutil.copytree(done, tmp_path_factory.mktemp("dak_glong") / "var"))


@pytest.fixture(scope="session")
def small_inbox(made_once: Callable[..., Path]) -> Path:
    """A twentieth of the district's year, for tests that run nights over and over."""
    folder = made_once("small", lambda f: simulate(SITE, f / "inbox", f / "truth.json", scale=0.05))
    return folder / "inbox"
