"""Random histories of units, deliveries and tidied inboxes: in any order, cut anywhere, one dossier once.

Two whole registers, one extract of changes, a unit that ends and one that takes over, numbers used again, rows twice,
rows of after midnight; files tidied away between runs of a night. What the nights give in any order, and a rebuild
after it, is what they give once in their order with nothing tidied.
"""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from pipelines import nightly
from pipelines.replay import rebuild
from pipelines.settings import Settings
from tests.factories.sites import KEY, csv_text, hand_in, source, unit, write_site
from tests.warehouse import conftest as databases
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

pytestmark = pytest.mark.slow
postgres_server = databases.postgres_server
new_postgres = databases.new_postgres

NIGHTS = ("2017-12-18", "2017-12-19", "2017-12-20")
TAKEN_OVER = NIGHTS[2]
PROCEDURES = {"format": "none", "procedures": [{"code": code, "name": code} for code in ("CX", "XD")]}
# Of the order of runs, and of what only a person or the machine says when.
NOT_COMPARED = ("quarter_release", "act", "night_fault")
Row = list[str]


def make(folder: Path, url: str | None) -> Settings:
    def register(extract: str) -> dict[str, object]:
        return source(place="{night}/{unit}/*.csv", extract=extract)

    units = [
        unit("A", sources=[register("full")], valid_to=NIGHTS[1]),
        unit("B", sources=[register("changes")]),
        unit("C", sources=[register("full")], takes_over=[{"unit": "A", "from": TAKEN_OVER}]),
    ]
    site = write_site(folder / "site", units, catalogue=PROCEDURES, letters=False)
    where = {"TINHGON_SITE": str(site), "TINHGON_VAR": str(folder / "var"), "TINHGON_HASH_KEY": KEY}
    return Settings.from_env(where | ({"WAREHOUSE_URL": url} if url else {}))


def deliveries(random: Random) -> tuple[dict[tuple[str, str], list[Row]], dict[str, set[str]]]:
    """What each unit hands in on each night; and by night the numbers of the dossiers there are by then."""
    given: dict[tuple[str, str], list[Row]] = {}
    there: dict[str, set[str]] = {}
    known: dict[str, dict[str, Row]] = {"A": {}, "B": {}, "C": {}}
    for number, night in enumerate(NIGHTS):
        day = date.fromisoformat(night)
        if night == TAKEN_OVER:
            known["C"] |= known["A"]  # its register holds what it took over
            known["A"] = {}
        for code in ("A", "B", "C") if night < TAKEN_OVER else ("B", "C"):
            mine, changed = known[code], {}
            for row in mine.values():
                if not row[4] and random.random() < 0.4:
                    row[4:6] = [f"{day:%d/%m/%Y} 10:00", "9"]
                    changed[row[0]] = row
            for place in range(random.randint(1, 3)):
                name = f"{code}{number}{place}"
                changed[name] = mine[name] = [name, random.choice(["CX", "XD"]), f"{day:%d/%m/%Y} 08:00",
                                              f"{day + timedelta(days=9):%d/%m/%Y}", "", "4"]  # fmt: skip
            rows = [list(row) for row in (changed if code == "B" else mine).values()]
            extra = [list(row) for row in random.sample(rows, k=min(1, len(rows)))]  # a row twice
            if mine and random.random() < 0.7:  # a number used again
                extra.append([*random.choice(list(mine)).split(), "XD", f"{day:%d/%m/%Y} 09:30", "", "", "4"])
            early = [f"{code}m{number}", "CX", f"{day + timedelta(days=1):%d/%m/%Y} 00:20", "", "", "4"]
            if random.random() < 0.5:  # of after midnight
                extra.append(early)
                mine[early[0]] = early
            given[night, code] = rows + extra
        there[night] = (there[NIGHTS[number - 1]] if number else set()) | {
            name for each in known.values() for name, row in each.items()
            if pd.to_datetime(row[2], format="%d/%m/%Y %H:%M").date() <= day
        }  # fmt: skip
    return given, there


def put(settings: Settings, night: str, given: dict[tuple[str, str], list[Row]], random: Random) -> None:
    """Each unit's rows of a night in two files."""
    for (of_night, code), rows in given.items():
        if of_night == night:
            cut = random.randint(0, len(rows))
            for name, part in (("so_1.csv", rows[:cut]), ("so_2.csv", rows[cut:])):
                if part:
                    hand_in(settings, name, csv_text(part), unit_code=code, night=night)


def run(settings: Settings, night: str) -> None:
    """The steps of a night up to the warehouse."""
    for units in nightly.plan(night, settings=settings):
        nightly.collect(night, units, settings=settings)
    nightly.judge(night, settings=settings)
    nightly.merge(night, settings=settings)


def tables(settings: Settings) -> dict[str, pd.DataFrame]:
    with Warehouse.open(settings.warehouse_url) as warehouse:
        found = snapshot(warehouse, with_models=False)
    return {name: frame for name, frame in found.items() if name not in NOT_COMPARED}


@pytest.mark.parametrize(
    ("seed", "engine"),
    [
        (1, "duckdb"),
        pytest.param(2, "duckdb", marks=pytest.mark.heavy),
        pytest.param(3, "postgresql", marks=pytest.mark.heavy),
    ],
)
def test_any_history_any_order_tidied_or_not(
    tmp_path: Path, seed: int, engine: str, request: pytest.FixtureRequest
) -> None:
    new_url: Callable[[], str | None] = (
        request.getfixturevalue("new_postgres") if engine == "postgresql" else lambda: None
    )
    given, there = deliveries(Random(seed))
    orderly, wild = make(tmp_path / "orderly", new_url()), make(tmp_path / "wild", new_url())
    for night in NIGHTS:
        put(orderly, night, given, Random(seed))
        run(orderly, night)
    whole = tables(orderly)
    random = Random(seed + 1000)
    order = random.sample(NIGHTS, k=len(NIGHTS)) + random.choices(NIGHTS, k=2)
    delivered: set[str] = set()
    for night in order:
        if night not in delivered:
            put(wild, night, given, Random(seed))
            delivered.add(night)
        run(wild, night)
        for path in sorted(wild.inbox.rglob("*.csv")):
            if random.random() < 0.4:  # somebody tidies the inbox
                path.unlink()
    for night in NIGHTS:
        run(wild, night)
    assert differences(whole, tables(wild)) == []
    shutil.rmtree(wild.inbox)
    again = make(tmp_path / "wild", new_url())
    Path(again.warehouse_url.removeprefix("duckdb:///")).unlink(missing_ok=True)
    list(rebuild(settings=again))
    assert differences(whole, tables(again)) == []
    with Warehouse.open(again.warehouse_url) as warehouse:
        for night in NIGHTS:
            warehouse.build_models(date.fromisoformat(night), known=night)
            facts = warehouse.read_table("dossier_fact")
            assert set(facts["dossier_code"]) == there[night], "each dossier received by then"
            assert len(facts) == len(there[night]) == warehouse.read_table("headline")["received"].sum(), "once"
            if night == TAKEN_OVER:
                assert set(facts.loc[facts["outcome"] == "OPEN", "unit_code"]) <= {"B", "C"}, "A answers for nothing"
            rows = warehouse.read_table("unit_night")
            parts = rows[["rows_ok", "rows_waiting", "rows_quarantined", "rows_unchanged"]].sum(axis=1)
            assert parts.tolist() == rows["rows_in"].tolist()
