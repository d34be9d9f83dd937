"""Starts Airflow's processes and stops every one of them again.

Airflow's own `standalone` leaves its children running when it gets SIGTERM, and its log servers listen on all
addresses. Here each process is started directly, without log servers (the UI reads the log files, which lie
on the same machine), and whatever is left below this process at the end is ended too.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import psutil

from dags.ops.environment import LOOPBACK, Place, variables
from domain.errors import KnownError

# Not `python -m airflow`: that would put the current folder first on the import path.
AIRFLOW: Final = [str(Path(sys.executable).with_name("airflow"))]
STOP_SECONDS: Final = 25
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


class Airflow:
    """The processes of one Airflow: scheduler, DAG processor, API server and, where asked for, triggerer.

    Use as a context manager; leaving it, by whatever way, leaves no process behind. Each process writes to
    `<home>/logs/<name>.log`.
    """

    def __init__(self, place: Place, *, environ: Mapping[str, str] | None = None, triggerer: bool = False) -> None:
        self.place = place
        self.environ = dict(environ or variables(place))
        self.commands = {
            "api-server": ["api-server", "--host", LOOPBACK, "--port", str(place.port)],
            "scheduler": ["scheduler", "--skip-serve-logs"],
            "dag-processor": ["dag-processor"],
        }
        if triggerer:
            self.commands["triggerer"] = ["triggerer", "--skip-serve-logs"]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        """Start all processes; they need some seconds before they answer."""
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        for name, command in self.commands.items():
            with self._log(name) as log:
                self.processes[name] = subprocess.Popen(
                    [*AIRFLOW, *command],
                    env=self.environ,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread runs yet
                )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all processes, the API server last (tasks report to it), then whatever is left of them."""
        family = _families(self.processes)
        for name in sorted(self.processes, key=lambda name: name == "api-server"):
            self._stop(self.processes[name])
        sessions = {process.pid for process in self.processes.values()}
        adopted = [other for other in psutil.Process().children(recursive=True) if _session(other) in sessions]
        left = [process for process in [*family, *adopted] if process.is_running()]
        for process in left:
            _quietly_kill(process)
        psutil.wait_procs(left, timeout=5)
        _prctl(PR_SET_CHILD_SUBREAPER, 0)

    def check(self) -> None:
        """Raise KnownError E-AIRFLOW-DOWN when one of the processes has ended by itself."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise KnownError(
                    "E-AIRFLOW-DOWN",
                    f"Airflow's [{name}] ended with code [{process.returncode}]",
                    mend=f"read the end of [{self._path(name)}], then start again",
                )

    def run(self, *arguments: str) -> None:
        """Run one Airflow command to its end, e.g. `run("db", "migrate")`; its output goes to a log file."""
        with self._log(arguments[0]) as log:
            done = subprocess.run(
                [*AIRFLOW, *arguments], env=self.environ, stdout=log, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode:
            raise KnownError(
                "E-AIRFLOW-COMMAND",
                f"[airflow {' '.join(arguments)}] ended with code [{done.returncode}]",
                mend=f"read the end of [{self._path(arguments[0])}]",
            )

    def _path(self, name: str) -> Path:
        return self.place.home / "logs" / f"{name}.log"

    def _log(self, name: str) -> IO[bytes]:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")

    @staticmethod
    def _stop(process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def stop_on_signals() -> None:
    """Turn SIGTERM and SIGHUP into an ordinary exit, so that the context manager above cleans up."""

    def leave(number: int, frame: object) -> None:
        for other in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(other, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, leave)


def serve_forever(airflow: Airflow) -> None:
    """Wait until a signal ends us or one of the processes ends."""
    while True:
        airflow.check()
        time.sleep(1)


def _die_with_parent() -> None:
    """In the child: end when the launcher is killed outright (Linux), and take signals again."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _families(processes: Mapping[str, subprocess.Popen[bytes]]) -> list[psutil.Process]:
    """All processes below the given ones."""
    found: list[psutil.Process] = []
    for process in processes.values():
        with suppress(psutil.NoSuchProcess):
            found += psutil.Process(process.pid).children(recursive=True)
    return found


def _session(process: psutil.Process) -> int:
    """The session a process belongs to: the process id of the Airflow component that it came from."""
    with suppress(ProcessLookupError):
        return os.getsid(process.pid)
    return 0


def _quietly_kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()
