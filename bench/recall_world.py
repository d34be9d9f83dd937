"""Worlds for bench/recall.py: what is planted where, drawn by seed, and its dossiers straight in a warehouse."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.catalogue import load_dimensions
from pipelines.settings import Settings
from pipelines.simulator.case import Case
from pipelines.simulator.plan import COUNTER, LEG_UNITS, Plan
from pipelines.simulator.run import simulated_cases
from pipelines.simulator.view import end_of, leg_extract, unit_extract, watches
from pipelines.simulator.world import COMMUNE_SHARES, World, read_world
from warehouse import Slice, Warehouse
from warehouse.tables import DOSSIER_VERSION, PAUSE_VERSION, STEP_VERSION

SITE = Path(__file__).resolve().parents[1] / "sites" / "dak_glong"
YEAR = 2017
QUARTER = f"{YEAR}-Q4"
LAST = date(YEAR, 12, 31)
# Offices of the counter with enough steps a quarter to be told anything about.
OFFICES = ("VPDK", "TNMT", "LDTBXH", "KTHT", "TCKH", "TP")


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """One world and its dossiers, all of them with all that is known of them."""

    seed: int
    plan: Plan
    world: World
    cases: list[Case]


def simulated(seed: int, plan: Plan) -> Simulated:
    """One simulated year."""
    world = read_world(SITE, YEAR, plan)
    cases, _ = simulated_cases(world, scale=1.0, year=YEAR, seed=seed)
    return Simulated(seed=seed, plan=plan, world=world, cases=cases)


def drawn_plan(seed: int) -> Plan:
    """Everything drawn by the seed: three communes, two offices, three procedures, and when the staff leaves."""
    draw = random.Random(seed)
    slow_unit, hard_unit, tiny_unit = draw.sample(sorted(COMMUNE_SHARES), 3)
    slow_office, busy_office = draw.sample(OFFICES, 2)
    world = read_world(SITE, YEAR, Plan.clean())
    in_use = [p for p in world.procedures.values() if p.weight > 0 and p.core not in world.padded]
    communes = sorted((p for p in in_use if p.level == "XA"), key=lambda p: (-p.weight, p.core))[:11]
    # Not through the slow office, which would make it slow in another way.
    district = [p for p in in_use if p.level == "HUYEN" and all(s.office_code != slow_office for s in p.steps)]
    district = sorted(district, key=lambda p: (-p.weight, p.core))[:15]
    chosen = [*draw.sample(communes, 2), draw.choice(district)]
    return Plan.clean(
        slow_unit=slow_unit,
        slow_office=slow_office,
        from_month=draw.choice((8, 9, 10)),
        staff_kept=0.34,
        slow_procedures=tuple(sorted(p.core for p in chosen)),
        hard_unit=hard_unit,
        tiny_unit=tiny_unit,
        tiny_dossiers=draw.randint(10, 18),
        tiny_late=draw.randint(2, 4),
        busy_office=busy_office,
    )


def settings_for(folder: Path) -> Settings:
    """Settings of the simulated site; nothing is written to the folder."""
    return Settings.from_env(
        {"TINHGON_SITE": str(SITE), "TINHGON_VAR": str(folder), "TINHGON_HASH_KEY": "only-for-measuring-0123456789"}
    )


@contextmanager
def loaded(given: Simulated, settings: Settings) -> Iterator[Warehouse]:
    """A warehouse in memory holding the dossiers as known at the quarter's end, with its models built."""
    with Warehouse.open("duckdb:///:memory:") as warehouse:
        warehouse.migrate()
        warehouse.replace_dimensions(load_dimensions(settings.site, settings))
        for each in slices(given):
            warehouse.replace_slice(each)
        warehouse.build_models(as_of=LAST)
        yield warehouse


def slices(given: Simulated) -> Iterator[Slice]:
    """What each unit would hand in on the quarter's last day, without files and without anything set aside."""
    by_unit = watches(given.cases)
    beginning = end_of(date(1900, 1, 1))
    for unit in (COUNTER, *COMMUNE_SHARES):
        found = unit_extract(by_unit.get(unit, []), unit, LAST, beginning, given.world)
        yield _slice(unit, found.dossiers, found.steps, found.pauses)
    for office, unit in LEG_UNITS.items():
        yield _slice(unit, [], leg_extract(by_unit.get(COUNTER, []), office, LAST, beginning).steps, [])


def _slice(
    unit: str, dossiers: list[dict[str, Any]], steps: list[dict[str, Any]], pauses: list[dict[str, Any]]
) -> Slice:
    rows = len(dossiers) + len(steps) + len(pauses)
    outcome = {"unit_code": unit, "night": LAST.isoformat(), "status": "COLLECTED", "files": 1, "message": ""}
    frames = {
        "dossiers": _frame(dossiers, DOSSIER_VERSION.columns.keys()),
        "steps": _frame(steps, STEP_VERSION.columns.keys()),
        "pauses": _frame(pauses, PAUSE_VERSION.columns.keys()),
    }
    if dossiers:
        frames["dossiers"]["proc_core"] = frames["dossiers"]["proc_code"].str[:8]
    counts = {"rows_in": rows, "rows_ok": rows, "rows_quarantined": 0}
    return Slice(unit_code=unit, night=LAST.isoformat(), outcome=outcome | counts, **frames)


def _frame(records: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(records)
    for name in table.columns:
        if name.endswith("_at"):
            table[name] = pd.to_datetime(table[name])
    kept = [name for name in columns if name in table.columns]
    return table[kept].assign(file_name="simulated", line_no=range(2, len(table) + 2)) if len(table) else table
