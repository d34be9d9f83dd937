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
from pathlib import Path
from typing import Final

from dags.ops.drive import Driver, drive
from dags.ops.environment import REPO, USER, Place, free_port, left_out, password_file, prepare, variables
from dags.ops.launcher import Airflow, serve_forever, stop_on_signals
from dags.ops.rest import Rest
from dags.ops.screen import Screen
from domain.errors import KnownError
from pipelines.disk import known_faults
from pipelines.settings import Settings
from pipelines.site import load_site

# The shipped history: everything up to 24 December as one load, then the last seven nights of the year.
NIGHTS: Final = [f"2017-12-{day}" for day in range(24, 32)]
QUARTER: Final = "2017-Q4"
SHIPPED: Final = "dak_glong"
UI_PORT: Final = 8080
TINHGON: Final = [sys.executable, "-m", "pipelines.cli"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. A foreseen error is told without a traceback."""
    told = (REPO / "dags" / "ops" / "help.txt").read_text(encoding="utf-8")
    parser = argparse.ArgumentParser(prog="./run", usage=argparse.SUPPRESS, description=told)
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
    if command == "job":
        check_shipped()
    settings = Settings.from_env()
    place = Place(home=settings.var / "airflow", port=free_port(UI_PORT if command == "serve" else 0))
    prepare(place, preload=command == "job")
    if names := left_out():
        screen.line(f"Not passed on to Airflow, see docs/reference/security.md: {', '.join(names)}")
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
    status = tinhgon("status", environ)
    screen.line(status)
    screen.line(f"All done in {(datetime.now(UTC) - start).total_seconds():.0f} s.")
    for line in look_first(status):
        screen.line(line)
    return 0


def check_shipped() -> None:
    """Refuse the main job on another site before anything is made: it runs the shipped history, day by day."""
    named = os.environ.get("TINHGON_SITE")
    if named and (site := load_site(Path(named))).code != SHIPPED:
        raise KnownError(
            "E-RUN-SITE",
            f"./run runs the shipped history only (site [{SHIPPED}], nights [{NIGHTS[0]}] to [{NIGHTS[-1]}]); "
            f"TINHGON_SITE names [{site.code}], whose nights it does not know.",
            mend=f"for [{site.name}]: ./run serve (Airflow, schedules on), or night by night .venv/bin/tinhgon night "
            "2026-01-31; for the shipped site: unset TINHGON_SITE",
        )


def look_first(status: str) -> list[str]:
    """The last lines of the main job: what to open of the papers that `tinhgon status` names, and what comes next."""
    wanted = {
        "Open this first:": f"nights/{NIGHTS[-1]}/chat_luong.html",
        "Then the quarter:": f"quarters/{QUARTER}/so_tay_quy.html",
    }
    made = [line.strip() for line in status.splitlines()]
    found = [f"{words} {path}" for words, name in wanted.items() for path in made if path.endswith(name)]
    return [*found, "Airflow with its pages: ./run serve"]


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
        screen.line(f"Login:    {USER}")
        # The path and not the password: what is printed ends in journals and in logs of a CI.
        screen.line(f"Password: in [{password_file(place)}], which only you can read")
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
