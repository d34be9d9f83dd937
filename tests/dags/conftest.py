"""An Airflow of the tests' own: metadata for `dag.test()`, and the real processes with stand-in pipelines."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from dags.ops.drive import Driver
from dags.ops.environment import Place, free_port, prepare, variables
from dags.ops.launcher import Airflow
from dags.ops.rest import Rest
from dags.ops.screen import Screen

STUBS = Path(__file__).resolve().parent / "stubs"


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


@pytest.fixture(scope="session")
def clean_environ() -> dict[str, str]:
    """The environment without what tests/conftest.py set for Airflow inside pytest."""
    return {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, clean_environ: dict[str, str]) -> Path:
    """A migrated metadata database to copy: migrating takes longer than all else."""
    place = Place(home=tmp_path_factory.mktemp("migrated"), port=free_port())
    prepare(place)
    Airflow(place, environ=variables(place, base=clean_environ)).run("db", "migrate")
    return place.home / "airflow.db"


@pytest.fixture(scope="module")
def running(tmp_path_factory, migrated, clean_environ) -> Iterator[SimpleNamespace]:
    """The real Airflow on stand-in pipelines: driver, what it shows, the record of calls."""
    folder = tmp_path_factory.mktemp("running")
    place = Place(home=folder / "airflow", port=free_port())
    prepare(place)
    shutil.copy(migrated, place.home)
    record = folder / "calls.jsonl"
    record.touch()
    environ = variables(place, quick=True, base=clean_environ) | {
        "PYTHONPATH": str(STUBS),
        "TINHGON_STUB_RECORD": str(record),
        "TINHGON_VAR": str(folder / "var"),
        "TINHGON_SCHEDULE_UNTIL": "2017-12-31",
    }
    since = datetime.now(UTC).isoformat()
    shown = StringIO()
    with Airflow(place, environ=environ) as airflow:
        screen = Screen(Console(file=shown, soft_wrap=True, markup=False))
        driver = Driver(airflow=airflow, rest=Rest(place), screen=screen)
        driver.wait_ready(since)
        driver.rest.ensure_pool("warehouse_writer", 1)
        yield SimpleNamespace(
            driver=driver,
            rest=driver.rest,
            place=place,
            environ=environ,
            shown=shown,
            record=record,
            var=folder / "var",
        )
