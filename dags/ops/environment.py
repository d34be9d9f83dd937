"""The environment Airflow is started with: where it keeps things, what it listens on, its secrets.

Everything is below one folder (AIRFLOW_HOME) that only its owner can read; everything listens on loopback.
A setting the caller has exported wins, except those that keep the door shut.
"""

import json
import os
import secrets
import socket
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.access import shut

REPO: Final = Path(__file__).resolve().parents[2]
LOOPBACK: Final = "127.0.0.1"
USER: Final = "admin"

# Loaded once in the scheduler, from which tasks are forked: a task then starts in a blink, not in seconds.
PRELOAD: Final = '''"""Read by Airflow at start. Written by ./run; safe to delete."""
import importlib
import sys
from contextlib import suppress

EARLY = (
    "airflow.sdk.api.client",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "great_expectations",
    "pyarrow.parquet",
    "alembic.command",
    "duckdb_sqlalchemy",
    "expectations.judge",
    "pipelines.nightly",
    "pipelines.quarterly",
)

if "scheduler" in sys.argv:
    for name in EARLY:
        with suppress(Exception):  # a task that needs it will say what is wrong with it
            importlib.import_module(name)
'''


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one Airflow lives: its home folder, its port on loopback, the folders of timetables and code."""

    home: Path
    port: int
    dags: Path = REPO / "dags"

    @property
    def url(self) -> str:
        """Address of the UI and of the REST interface."""
        return f"http://{LOOPBACK}:{self.port}"


def free_port(preferred: int = 0) -> int:
    """A port on loopback nobody listens on: the preferred one, or the next free one after it."""
    for port in range(preferred, preferred + 20) if preferred else [0]:
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(sock.getsockname()[1])
    return free_port()


def prepare(place: Place, *, preload: bool = False) -> None:
    """Make the home folder, its secrets and the login; change nothing that is there."""
    shut(place.home)
    for name in ("jwt", "api", "fernet"):
        _secret(place, name)
    _keep(place.home / "passwords.json", json.dumps({USER: secrets.token_urlsafe(12)}) + "\n")
    local = place.home / "config" / "airflow_local_settings.py"
    local.parent.mkdir(exist_ok=True)
    local.write_text(PRELOAD if preload else '"""Nothing is preloaded."""\n')


def password(place: Place) -> str:
    """The password of the one login, `admin`."""
    return str(json.loads((place.home / "passwords.json").read_text())[USER])


def variables(place: Place, *, quick: bool = False, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for every process of this Airflow; `quick` looks for work more often (for `./run`)."""
    wanted = {
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{place.home}/airflow.db",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2" if quick else "1",
        "AIRFLOW__LOGGING__UVICORN_LOGGING_LEVEL": "WARNING",
    }
    no_proxy = ",".join(filter(None, [base.get("no_proxy") or base.get("NO_PROXY"), LOOPBACK, "localhost"]))
    forced = {
        "AIRFLOW_HOME": str(place.home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(place.dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "dags" / "ops" / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__FERNET_KEY": _secret(place, "fernet"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(place.home / "passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{place.url}/execution/",
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(place.port),
        "AIRFLOW__API__BASE_URL": place.url,
        "AIRFLOW__API__SECRET_KEY": _secret(place, "api"),
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret(place, "jwt"),
        "AIRFLOW__DAG_PROCESSOR__DAG_VERSION_INFLATION_CHECK_LEVEL": "error",
        # Airflow sets these over the umask: 775 and 664 by default.
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "PYTHONUNBUFFERED": "1",
    }
    return wanted | dict(base) | forced


def _secret(place: Place, name: str) -> str:
    path = place.home / "secret" / name
    fresh = secrets.token_bytes(32) if name == "fernet" else secrets.token_bytes(72)
    _keep(path, urlsafe_b64encode(fresh).decode())
    return path.read_text().strip()


def _keep(path: Path, text: str) -> None:
    """Write a file only its owner can read, unless it is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write(text)
