"""kill -9 at any stage of a night or a quarter, run it again: the same warehouse, the same papers.

A child process does the work and kills itself for real at a chosen moment; nothing of Python's own tidying runs.
"""

import importlib
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines import nightly, quarterly
from pipelines.night_order import STEPS
from pipelines.settings import Settings
from tests.chain.conftest import run_night, settings_of
from tests.factories.two_nights import FIRST, LAST, QUARTER, hand_in_all, small_site
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

pytestmark = [pytest.mark.slow, pytest.mark.first(2)]

QUARTERLY = ("analyse", "papers")
# A forked child has these already: without them each kill costs ten seconds of imports.
HEAVY = [
    "great_expectations",
    "expectations",
    "pipelines.quarter.papers",
    "pipelines.stage",
    "tests.chain.test_crash",
]


@dataclass(frozen=True)
class Kill:
    """Die in `stage`, at the `nth` call of `target`: before it, or after half of the file is written (`torn`)."""

    stage: str
    target: str
    nth: int = 1
    torn: bool = False

    def __str__(self) -> str:
        return f"{self.stage}-{self.target.rpartition('.')[2]}-{self.nth}"


KILLS = [
    Kill("collect", "os.replace", 1),  # raw bytes beside their place in landing
    Kill("collect", "pathlib.Path.write_bytes", 1, torn=True),  # half of a manifest
    Kill("collect", "pipelines.reading.reader.Reader.join", 2),  # a unit's files read and not put together
    Kill("judge", "pipelines.judged.write_parquet", 9),  # the second unit's verdict, half-way
    Kill("judge", "pathlib.Path.write_bytes", 2, torn=True),  # the outcome that would vouch for a unit's verdict
    Kill("merge", "warehouse.store.insert_frame", 3),  # dimensions half replaced
    Kill("merge", "warehouse.slices.insert_frame", 5),  # a slice half replaced
    Kill("merge", "warehouse.slices.latest_rows", 3),  # the second unit's slice written and not folded to the end
    Kill("models", "warehouse.build.Model.table", 9),  # half of the models dropped and made
    Kill("apology_letters", "pathlib.Path.write_bytes", 1, torn=True),  # numbered and committed, half a draft
    Kill("publish", "os.replace", 1),  # the page written beside its place
    Kill("notify", "pathlib.Path.write_bytes", 2, torn=True),  # one alert in the outbox, the next torn
    Kill("release", "warehouse.store.insert_frame", 1),
    Kill("analyse", "warehouse.store.Warehouse.replace_rows", 2),  # flags without proposals
    Kill("papers", "os.replace", 2),  # the book without its proposal file
]


def stages(settings: Settings) -> dict[str, Callable[[], object]]:
    """The last night and the quarter it completes, step by step."""
    night = {"settings": settings}
    steps = {step.name: partial(getattr(nightly, step.name), LAST, **night) for step in STEPS}
    return {
        **steps,
        "collect": lambda: nightly.collect(LAST, nightly.units_of(settings, LAST), **night),
        "analyse": lambda: quarterly.analyse(QUARTER, **night),
        "papers": lambda: quarterly.publish(QUARTER, **night),
    }


def die(site: Path, var: Path, kill: Kill) -> None:
    """Run one stage up to the chosen death: the child's work."""
    arm(kill)
    stages(settings_of(site, var))[kill.stage]()


def arm(kill: Kill) -> None:
    """Put the death in the way of the target's callers."""
    place, _, name = kill.target.rpartition(".")
    try:
        owner: Any = importlib.import_module(place)
    except ModuleNotFoundError:
        module, _, kind = place.rpartition(".")
        owner = getattr(importlib.import_module(module), kind)
    real, calls = getattr(owner, name), 0

    def deadly(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == kill.nth:
            if kill.torn:
                real(args[0], args[1][: len(args[1]) // 2], *args[2:], **named)
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **named)

    setattr(owner, name, deadly)


@dataclass(frozen=True)
class Result:
    """What there is to show: every table of the warehouse, every published file."""

    tables: dict[str, pd.DataFrame]
    papers: dict[str, bytes]

    @classmethod
    def of(cls, site: Path, var: Path) -> "Result":
        with Warehouse.open(settings_of(site, var).warehouse_url) as warehouse:
            tables = snapshot(warehouse)
        found = [path for place in ("out", "outbox") for path in (var / place).rglob("*") if path.is_file()]
        return cls(tables, {path.relative_to(var).as_posix(): path.read_bytes() for path in sorted(found)})


@dataclass(frozen=True)
class Given:
    """Where things stood before each stage, and what night and quarter come to when nothing kills them."""

    site: Path
    before: dict[str, Path]
    night: Result
    quarter: Result


@pytest.fixture(scope="module")
def forks() -> ForkServerContext:
    """Children are forked off a process that holds no database and has imported what is heavy."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(HEAVY)
    forkserver.ensure_running()
    return context


@pytest.fixture(scope="module")
def given(forks: ForkServerContext, tmp_path_factory: pytest.TempPathFactory) -> Given:
    folder = tmp_path_factory.mktemp("crash")
    site, var = small_site(folder / "site"), folder / "var"
    settings = settings_of(site, var)
    hand_in_all(settings)
    run_night(settings, FIRST)
    before = {}
    for name, run in stages(settings).items():
        before[name] = shutil.copytree(var, folder / "before" / name)
        run()
    return Given(site, before, Result.of(site, before["analyse"]), Result.of(site, var))


def test_there_is_something_to_lose(given: Given) -> None:
    tables, papers = given.quarter.tables, given.quarter.papers
    for name in ("quarantine", "dossier_change", "pause", "apology", "quarter_release", "headline", "flag"):
        assert len(tables[name]), name
    assert set(tables["quarantine"]["stage"]) == {"judge", "merge"}
    assert len([name for name in papers if name.startswith(f"out/nights/{LAST}/thu_xin_loi/")]) == 2
    assert len([name for name in papers if name.startswith(f"outbox/{LAST}/")]) == 3
    assert len([name for name in papers if name.startswith(f"out/quarters/{QUARTER}/")]) == 3


@pytest.mark.parametrize("kill", KILLS, ids=str)
def test_killed_and_run_again(kill: Kill, given: Given, forks: ForkServerContext, tmp_path: Path) -> None:
    var = shutil.copytree(given.before[kill.stage], tmp_path / "var")
    child = forks.Process(target=die, args=(given.site, var, kill))
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL, "the child must die where it was told to"
    of_quarter = kill.stage in QUARTERLY
    for name, run in stages(settings_of(given.site, var)).items():
        if (name in QUARTERLY) == of_quarter:
            run()
    whole, again = given.quarter if of_quarter else given.night, Result.of(given.site, var)
    assert differences(whole.tables, again.tables) == []
    assert set(again.papers) == set(whole.papers)
    assert [name for name, data in whole.papers.items() if again.papers[name] != data] == []
