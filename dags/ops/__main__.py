"""`./run` behind the shell: prepare the place, start Airflow, drive the main job or serve."""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Final

from dags.ops.drive import Driver, drive
from dags.ops.environment import REPO, USER, Place, free_port, password, prepare, variables
from dags.ops.launcher import Airflow, serve_forever, stop_on_signals
from dags.ops.rest import Rest
from dags.ops.screen import Screen
from domain.errors import KnownError
from pipelines.disk import known_faults
from pipelines.settings import Settings

# The shipped history: everything up to 24 December as one load, then the last seven nights of the year.
NIGHTS: Final = [f"2017-12-{day}" for day in range(24, 32)]
QUARTER: Final = "2017-Q4"
UI_PORT: Final = 8080
TINHGON: Final = [sys.executable, "-m", "pipelines.cli"]

HELP: Final = """\
./run          run the main job through Airflow on the shipped site: the nights, the quarter, its decision
./run serve    start Airflow with its pages on this machine's loopback address, schedules on, until Ctrl+C
./run --help   this text

Environment: TINHGON_SITE, TINHGON_VAR, TINHGON_INBOX, WAREHOUSE_URL, TINHGON_SMTP_URL as docs/ explain them.
Exit code 0 only if everything was done."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. A foreseen error is told without a traceback."""
    parser = argparse.ArgumentParser(prog="./run", usage=argparse.SUPPRESS, description=HELP)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", nargs="?", choices=["job", "serve"], default="job", help=argparse.SUPPRESS)
    command = parser.parse_args(arguments).command
    stop_on_signals()
    screen = Screen()
    try:
        with known_faults():
            return run(command, screen)
    except KnownError as error:
        screen.line(str(error))
        return 1


def run(command: str, screen: Screen) -> int:
    """Prepare the place and do what was asked for, alone there."""
    settings = Settings.from_env()
    place = Place(home=settings.var / "airflow", port=free_port(UI_PORT if command == "serve" else 0))
    prepare(place, preload=command == "job")
    with only_one(place):
        return {"job": main_job, "serve": serve}[command](settings, place, screen)


def main_job(settings: Settings, place: Place, screen: Screen) -> int:
    """The nights and the quarter of the shipped site, by Airflow; then the headline table and the papers."""
    start = datetime.now(UTC)
    environ = variables(place, quick=True) | site_variables(settings)
    environ["TINHGON_SCHEDULE_UNTIL"] = NIGHTS[-1]
    airflow = Airflow(place, environ=environ)
    with simulation(settings, environ, screen) as finish_simulation:
        migrate_metadata(airflow, screen)
        with airflow:
            finish_simulation()
            with screen.step("warehouse"):
                tinhgon("migrate", environ)
            driver = Driver(airflow=airflow, rest=Rest(place), screen=screen)
            driver.wait_ready(start.isoformat())
            driver.rest.ensure_pool("warehouse_writer", 1)
            drive(driver, nights=NIGHTS, quarter=QUARTER)
    screen.line("")
    screen.line(tinhgon("status", environ))
    screen.line(f"All done in {(datetime.now(UTC) - start).total_seconds():.0f} s.")
    return 0


def serve(settings: Settings, place: Place, screen: Screen) -> int:
    """Airflow with its pages and schedules, until a signal."""
    start = datetime.now(UTC)
    environ = variables(place) | site_variables(settings)
    airflow = Airflow(place, environ=environ, triggerer=True)
    migrate_metadata(airflow, screen)
    tinhgon("migrate", environ)
    with airflow:
        driver = Driver(airflow=airflow, rest=Rest(place), screen=screen)
        driver.wait_ready(start.isoformat())
        driver.rest.ensure_pool("warehouse_writer", 1)
        screen.line(f"Address:  {place.url}")
        screen.line(f"Login:    {USER}   Password: {password(place)}")
        screen.line("Stop with Ctrl+C.")
        serve_forever(airflow)
    return 0


def site_variables(settings: Settings) -> dict[str, str]:
    """The site's places, which settings give as absolute paths: tasks run in another folder."""
    return {
        "TINHGON_SITE": str(settings.site_folder),
        "TINHGON_VAR": str(settings.var),
        "TINHGON_INBOX": str(settings.inbox),
    }


def migrate_metadata(airflow: Airflow, screen: Screen) -> None:
    """Bring Airflow's own database to this version, unless that was done already."""
    mark = airflow.place.home / "migrated"
    place = f"{version('apache-airflow-core')} {airflow.environ['AIRFLOW__DATABASE__SQL_ALCHEMY_CONN']}"
    want = sha256(place.encode()).hexdigest()  # the address may hold a password
    if mark.exists() and mark.read_text() == want:
        return
    with screen.step("Airflow's database"):
        airflow.run("db", "migrate")
    mark.write_text(want)


@contextmanager
def simulation(settings: Settings, environ: dict[str, str], screen: Screen) -> Iterator[Callable[[], None]]:
    """Let the simulator write the shipped site's inbox beside the body, unless the inbox is there.

    Gives a function that waits for it. It writes beside the inbox and is moved into place when whole: half an
    inbox is never taken for one.
    """
    if settings.inbox.exists():
        yield lambda: None
        return
    partial = settings.inbox.with_name(settings.inbox.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pipelines.simulator", str(settings.site_folder)]
    command += ["--inbox", str(partial), "--truth", str(settings.var / "truth" / "truth.json")]
    log = settings.var / "simulator.log"
    with log.open("wb") as output:
        simulator = subprocess.Popen(command, cwd=REPO, env=environ, stdout=output, stderr=output)

    def finish() -> None:
        with screen.step("simulated files of ten units"):
            if code := simulator.wait():
                raise KnownError(
                    "E-SIMULATOR", f"the simulator ended with code [{code}]", mend=f"read [{log}], then ./run again"
                )
            partial.rename(settings.inbox)

    try:
        yield finish
    finally:
        simulator.kill()
        simulator.wait()


def tinhgon(command: str, environ: dict[str, str]) -> str:
    """Run one command of the product's own command line; returns what it printed."""
    done = subprocess.run([*TINHGON, command], cwd=REPO, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KnownError(
            "E-COMMAND",
            f"[tinhgon {command}] ended with code [{done.returncode}]\n{done.stderr.strip()}",
            mend="mend what the lines above say, then run ./run again",
        )
    return done.stdout.rstrip()


@contextmanager
def only_one(place: Place) -> Iterator[None]:
    """Hold the place for this process; a second ./run on it is told so."""
    with (place.home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise KnownError(
                "E-RUNNING",
                f"another ./run works in [{place.home}]",
                mend="wait for it or stop it; or set TINHGON_VAR to another folder",
            ) from None
        yield


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    sys.exit(main())
