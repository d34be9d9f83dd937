"""The environment Airflow is started with: where it keeps things, what it listens on, its secrets.

Everything is below one folder (AIRFLOW_HOME) that only its owner can read; everything listens on loopback.
Of Airflow's settings that the caller has exported, only those in `ALLOWED` are passed on, and none of what keeps the
door shut.
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

# What a caller may set of Airflow by its environment: how much at once, where its own tables lie, how much it logs.
ALLOWED: Final = frozenset(
    {
        "AIRFLOW__CORE__PARALLELISM",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES",
        "AIRFLOW__LOGGING__LOGGING_LEVEL",
        "AIRFLOW__LOGGING__UVICORN_LOGGING_LEVEL",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME",
    }
)
# Anything else that Airflow or its server would read: a setting, a file of settings, a whole connection, who is
# believed about an address (FORWARDED_ALLOW_IPS), pages from a developer's own server (DEV_MODE).
FOREIGN: Final = ("AIRFLOW", "_AIRFLOW", "UVICORN_", "GUNICORN_")
FOREIGN_NAMES: Final = frozenset({"FORWARDED_ALLOW_IPS", "WEB_CONCURRENCY", "DEV_MODE"})

# Airflow's own defaults of today, most of them, and one for nobody else to decide: neither a later default nor a
# configuration file opens what is shut here.
SHUT: Final = {
    "AIRFLOW__API__ACCESS_CONTROL_ALLOW_HEADERS": "",
    "AIRFLOW__API__ACCESS_CONTROL_ALLOW_METHODS": "",
    "AIRFLOW__API__ACCESS_CONTROL_ALLOW_ORIGINS": "",
    "AIRFLOW__API__ENABLE_SWAGGER_UI": "False",
    "AIRFLOW__API__EXPOSE_CONFIG": "False",
    "AIRFLOW__API__EXPOSE_STACKTRACE": "False",
    "AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME": str(10 * 3600),  # a working day, not a day and a night
    "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
    "AIRFLOW__CORE__HIDE_SENSITIVE_VAR_CONN_FIELDS": "True",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
    # A login without a password of ours would be given one that Airflow writes into its log.
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
    "AIRFLOW__CORE__TEST_CONNECTION": "Disabled",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__LOGGING__REMOTE_LOGGING": "False",
    "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",  # a second server, on all addresses
    "AIRFLOW__SECRETS__BACKEND": "",
}

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
    _keep(password_file(place), json.dumps({USER: secrets.token_urlsafe(12)}) + "\n")
    local = place.home / "config" / "airflow_local_settings.py"
    local.parent.mkdir(exist_ok=True)
    local.write_text(PRELOAD if preload else '"""Nothing is preloaded."""\n')


def password_file(place: Place) -> Path:
    """The file that holds the password of the one login, `admin`; only its owner can read it."""
    return place.home / "passwords.json"


def password(place: Place) -> str:
    """The password of the one login, `admin`. To log in with; never to be printed."""
    return str(json.loads(password_file(place).read_text())[USER])


def left_out(base: Mapping[str, str] = os.environ) -> list[str]:
    """Names of what the caller has exported and Airflow is not told."""
    return sorted(name for name in base if _is_foreign(name))


def _is_foreign(name: str) -> bool:
    return name not in ALLOWED and (name.startswith(FOREIGN) or name in FOREIGN_NAMES)


def variables(place: Place, *, quick: bool = False, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for every process of this Airflow; `quick` looks for work more often (for `./run`)."""
    wanted = {
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
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "dags" / "ops" / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__FERNET_KEY": _secret(place, "fernet"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file(place)),
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
    passed = {name: value for name, value in base.items() if not _is_foreign(name)}
    return wanted | passed | SHUT | forced


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
