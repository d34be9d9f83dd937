"""What all tests share: an Airflow home of their own, which tests are left out when, what is made once for all.

`./test` says by TINHGON_TESTS what to leave out: `quick` what is slow, `core` what is heavy, `all` nothing. Under
`all` nothing may be skipped either: where a server, a browser or the real data are not there, the test fails and
says so.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.shared import shared

REPO = Path(__file__).resolve().parents[1]
MODE = os.environ.get("TINHGON_TESTS")  # None when pytest is called without ./test: then nothing is left out
LEFT_OUT = {"quick": "slow", "core": "heavy", "all": None, None: None}
LAST = 99

# Before any import of airflow: merely importing it makes ~/airflow otherwise. One home for each process of tests.
_HOME = tempfile.mkdtemp(prefix="tinhgon-airflow-")
os.environ.update(
    {
        "AIRFLOW_HOME": _HOME,
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "dags" / "ops" / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
        "AIRFLOW__API_AUTH__JWT_SECRET": "not-a-secret-only-for-tests-" * 4,
        "AIRFLOW__DAG_PROCESSOR__DAG_VERSION_INFLATION_CHECK_LEVEL": "error",
    }
)

# Property tests draw the same examples on every machine and are not timed (CI machines are shared).
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the mode leaves out; say which tests belong on one worker, and begin with the longest.

    Tests of a module share its fixtures and stay together, unless a mark `xdist_group` says otherwise. Whatever
    starts the real Airflow or PostgreSQL is heavy, and whatever is heavy is slow.
    """
    for item in items:
        if item.get_closest_marker("scheduler") or "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.heavy)
        if item.get_closest_marker("heavy"):
            item.add_marker(pytest.mark.slow)
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    unwanted = LEFT_OUT[MODE]
    left_out = {item for item in items if unwanted and item.get_closest_marker(unwanted)}
    config.hook.pytest_deselected(items=list(left_out))
    turns: dict[str, int] = {}
    for item in items:
        turns[_group(item)] = min(_turn(item), turns.get(_group(item), LAST))
    items[:] = sorted((item for item in items if item not in left_out), key=lambda item: turns[_group(item)])


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """The mark alone keeps nothing together: pytest-xdist must have taken it into the names it hands out by."""
    by_group = session.config.getoption("loadgroup", False)  # set in a worker, for --dist loadgroup only
    if by_group and not all(item.nodeid.endswith(f"@{_group(item)}") for item in session.items):
        raise pytest.UsageError("pytest-xdist does not group these tests: see requirements/dev.in on its versions")


def _group(item: pytest.Item) -> str:
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else ""


def _turn(item: pytest.Item) -> int:
    """A mark `first(n)` puts a group before those with a higher n: a long one begun last leaves a worker idle."""
    mark = item.get_closest_marker("first")
    return int(mark.args[0]) if mark else LAST - (item.get_closest_marker("slow") is not None)


def _fail_if_left_out(report: Any) -> None:
    if MODE == "all" and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"NOT RUN: {why}. ./test --all leaves nothing out: put there what is missing."


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any of its fixtures: a test on real data is skipped where they are not."""
    if item.get_closest_marker("shared") and not (shared() / "data").is_dir():
        pytest.skip("the folder of real data is neither ../shared nor where TINHGON_SHARED says")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """A test that skips has not been run: under --all that is a failure."""
    report = yield
    _fail_if_left_out(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """The same for a whole module that skips."""
    report = yield
    _fail_if_left_out(report)
    return report


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Makes a costly folder once for all workers: `made_once(name, make)` calls `make(folder)` if nobody has.

    What it gives is for reading only; who changes anything in it works on a copy.
    """
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def once(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = root / f"once-{name}", root / f"once-{name}.done"
        with (root / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def simulated_year(made_once: Callable[..., Path]) -> Path:
    """The shipped district's whole year: inbox/ and truth.json. For reading only."""
    from pipelines.simulator import simulate

    site = REPO / "sites" / "dak_glong"
    return made_once("year", lambda folder: simulate(site, folder / "inbox", folder / "truth.json"))


def pytest_sessionfinish() -> None:
    """Take the Airflow home away again."""
    shutil.rmtree(_HOME, ignore_errors=True)
