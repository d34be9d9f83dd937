"""An Airflow of the tests' own: metadata for `dag.test()`, and the real processes with stand-in pipelines."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def airflow_db() -> None:
    """A migrated metadata database with the writers' pool, in the session's Airflow home."""
    from airflow.models.pool import Pool
    from airflow.utils import db

    db.initdb()
    Pool.create_or_update_pool("warehouse_writer", slots=1, description="", include_deferred=False)


@pytest.fixture(scope="session")
def dags() -> dict:
    """The timetables by name, ready for `.test()`: without deadline (apache/airflow#73428)."""
    from airflow.dag_processing.dagbag import DagBag

    found = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).dags
    for dag in found.values():
        dag.deadline = None
    return found


@pytest.fixture
def running_airflow(tmp_path: Path) -> Iterator[Callable]:
    """Start the real Airflow with extra environment; gives (driver, lines shown). Stopped at the end of the test."""
    from contextlib import ExitStack
    from io import StringIO

    from rich.console import Console

    from dags.ops.drive import Driver
    from dags.ops.environment import Place, free_port, prepare, variables
    from dags.ops.launcher import Airflow
    from dags.ops.rest import Rest
    from dags.ops.screen import Screen

    with ExitStack() as stack:

        def start(**extra: str):
            place = Place(home=tmp_path / "airflow", port=free_port())
            prepare(place)
            clean = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
            environ = variables(place, quick=True, base=clean) | extra
            airflow = Airflow(place, environ=environ)
            since = datetime.now(UTC).isoformat()
            airflow.run("db", "migrate")
            stack.enter_context(airflow)
            shown = StringIO()
            screen = Screen(Console(file=shown, soft_wrap=True, markup=False))
            driver = Driver(airflow=airflow, rest=Rest(place), screen=screen)
            driver.wait_ready(since)
            driver.rest.ensure_pool("warehouse_writer", 1)
            return driver, shown

        yield start
