"""What all tests share: Airflow, should a test import it, keeps its things in a folder of its own."""

import os
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]

# Before any import of airflow: merely importing it makes ~/airflow otherwise.
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


def pytest_sessionfinish() -> None:
    """Take the Airflow home away again."""
    import shutil

    shutil.rmtree(_HOME, ignore_errors=True)
