"""Made-up dossiers for bench/slow.py: forty units, three hundred procedures, two years, the same for the same seed.

Everything is worked out on the office's clock (seconds of office time since the calendar's first day) with
numpy, then written as Parquet: the rows of the warehouse's tables, and beside them the plain tables that the
peers are given, worked out here and not by the product.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from domain.calendar import WorkCalendar, read_calendar_csv

UNITS, PROCEDURES, TASKS, STEPS, OFFICES, STAFF = 40, 300, 27, 5, 8, 3
AS_OF = date(2017, 12, 31)
NIGHT = AS_OF.isoformat()
FIRST = date(2016, 1, 1)
OPENING, LUNCH, AFTER, CLOSING = 25_200, 41_400, 48_600, 61_200
MORNING = LUNCH - OPENING
DAY = MORNING + CLOSING - AFTER
LIMITS = np.array([5, 7, 10, 15, 20, 30])
OPEN_SHARE, PAUSED_SHARE, NO_DUE_SHARE, AT_ONCE_SHARE = 0.12, 0.10, 0.02, 0.01

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, kw_only=True)
class World:
    """What does not depend on the number of dossiers: limits, paths of tasks, the speed of each unit."""

    limits: Array  # working days, by procedure
    paths: Array  # the tasks of each procedure, one more than STEPS: some dossiers go through one twice
    speed: Array  # by unit and procedure, 1 = as planned
    unit_weight: Array
    procedure_weight: Array


@dataclass(kw_only=True)
class Dossiers:
    """One number a dossier; times on the office's clock."""

    unit: Array
    procedure: Array
    received: Array
    steps: Array  # how many it has by AS_OF
    is_open: Array
    finish: Array  # by step, row by row; beyond `steps` without meaning
    begin: Array
    pause: Array  # its index among the steps, -1 for none
    pause_from: Array
    pause_to: Array


def generate(folder: Path, dossiers: int, *, seed: int = 2017) -> dict[str, int]:
    """Write all tables of `dossiers` made-up dossiers into `folder`; how many rows each has."""
    rng = np.random.default_rng(seed)
    world = _world(rng)
    calendar = read_calendar_csv(None)
    made = _dossiers(rng, world, calendar, dossiers)
    codes = _codes(made, calendar)
    folder.mkdir(parents=True, exist_ok=True)
    _write_dimensions(folder, world, rng)
    counts = {
        "dossier": _write_dossiers(folder, made, world, codes, calendar, rng),
        "step": _write_steps(folder, made, world, codes, calendar),
        "pause": _write_pauses(folder, made, world, codes, calendar),
    }
    days = calendar.days()
    off = days.loc[~days["is_working"], "day"].astype(str).tolist()
    (folder / "peer_days_off.json").write_text(json.dumps(off), encoding="utf-8")
    (folder / "counts.json").write_text(json.dumps(counts), encoding="utf-8")
    return counts


def unit_codes() -> pa.Array:
    """The codes of the units."""
    return pa.array([f"U{number:02d}" for number in range(1, UNITS + 1)])


def procedure_codes() -> pa.Array:
    """The national cores of the procedures."""
    return pa.array([f"1.{number:06d}" for number in range(1, PROCEDURES + 1)])


def _world(rng: np.random.Generator) -> World:
    unit_weight = 1.0 / np.arange(1, UNITS + 1) ** 0.5
    procedure_weight = 1.0 / np.arange(1, PROCEDURES + 1) ** 0.9
    paths = np.sort(rng.permuted(np.tile(np.arange(TASKS), (PROCEDURES, 1)), axis=1)[:, : STEPS + 1], axis=1)
    speed = rng.lognormal(0.0, 0.25, (UNITS, 1)) * rng.lognormal(0.0, 0.35, (1, PROCEDURES))
    return World(
        limits=rng.choice(LIMITS, PROCEDURES), paths=paths, speed=speed,
        unit_weight=unit_weight / unit_weight.sum(), procedure_weight=procedure_weight / procedure_weight.sum(),
    )  # fmt: skip


def _last(calendar: WorkCalendar) -> int:
    return calendar.work_index(AS_OF) * DAY


def _dossiers(rng: np.random.Generator, world: World, calendar: WorkCalendar, n: int) -> Dossiers:
    unit = rng.choice(UNITS, n, p=world.unit_weight)
    procedure = rng.choice(PROCEDURES, n, p=world.procedure_weight)
    last = _last(calendar)
    received = np.sort(rng.integers((calendar.work_index(FIRST)) * DAY, last, n))
    planned = world.limits[procedure] * DAY * 0.5 * world.speed[unit, procedure]
    total = planned * rng.lognormal(0.0, 0.5, n)
    shares = rng.gamma(0.8, 1.0, (n, STEPS + 1)) + 0.01
    shares[:, STEPS] *= 0.2
    length = np.maximum((shares / shares.sum(axis=1, keepdims=True) * total[:, None]).astype(np.int64), 60)
    length[rng.random((n, STEPS + 1)) < AT_ONCE_SHARE] = 0
    pause = np.where(rng.random(n) < PAUSED_SHARE, rng.integers(0, 3, n), -1)
    has = np.flatnonzero(pause >= 0)
    stopped = rng.integers(2, 11, len(has)) * DAY
    lead = (length[has, pause[has]] * 0.1).astype(np.int64)
    length[has, pause[has]] += stopped
    finish = received[:, None] + np.cumsum(length, axis=1)
    begin = finish - np.minimum((length * 0.3).astype(np.int64), 3600)
    pause_from, pause_to = np.zeros(n, np.int64), np.zeros(n, np.int64)
    pause_from[has] = finish[has, pause[has]] - length[has, pause[has]] + lead
    pause_to[has] = pause_from[has] + stopped
    made = Dossiers(
        unit=unit, procedure=procedure, received=received, steps=np.full(n, STEPS), is_open=np.zeros(n, bool),
        finish=finish, begin=begin, pause=pause, pause_from=pause_from, pause_to=pause_to,
    )  # fmt: skip
    _leave_open(rng, made, last)
    return made


def _leave_open(rng: np.random.Generator, made: Dossiers, last: int) -> None:
    """Settle which dossiers are open at the end, on which step, and bring the steps to STEPS a dossier on average."""
    n = len(made.received)
    begun = (np.column_stack([made.received, made.finish[:, : STEPS - 1]]) < last).sum(axis=1)
    made.is_open[made.finish[:, STEPS - 1] >= last] = True
    wanted = max(int(n * OPEN_SHARE) - int(made.is_open.sum()), 0)
    # Dossiers that got stuck are mostly young: the draw falls with age.
    key = rng.gumbel(size=n) - (last - made.received) / (60 * DAY)
    key[made.is_open] = -np.inf
    stuck = np.argpartition(key, n - wanted)[n - wanted :] if wanted else np.empty(0, np.int64)
    made.steps[made.is_open] = begun[made.is_open]
    made.is_open[stuck] = True
    made.steps[stuck] = rng.integers(1, STEPS + 1, len(stuck))
    free = np.flatnonzero(~made.is_open & (made.finish[:, STEPS] < last))
    missing = n * STEPS - int(made.steps.sum())
    made.steps[rng.permutation(free)[:missing]] += 1
    made.pause[(made.pause >= made.steps) | (made.pause_from >= last)] = -1


def _instants(clock: Array, calendar: WorkCalendar) -> Array:
    """Moments of office time as instants; the end of a day is its closing, not the next opening."""
    whole, rest = np.divmod(np.maximum(clock - 1, 0), DAY)
    rest = rest + 1
    seconds = np.where(rest <= MORNING, OPENING + rest, AFTER + rest - MORNING)
    days = calendar.nth_working_days(whole + 1)
    return days.astype("datetime64[s]") + seconds.astype("timedelta64[s]")


def _stamps(clock: Array, calendar: WorkCalendar, known: Array | None = None) -> pa.Array:
    instants = _instants(clock, calendar).astype("datetime64[us]")
    return pa.array(instants, mask=None if known is None else ~known)


def _codes(made: Dossiers, calendar: WorkCalendar) -> pa.Array:
    days = _instants(made.received, calendar).astype("datetime64[D]")
    frame = pd.DataFrame({"unit": made.unit, "day": days})
    number = frame.groupby(["unit", "day"]).cumcount().to_numpy() + 1
    idents = pa.array([f"000.{unit:02d}.15.H36" for unit in range(1, UNITS + 1)])
    each, place = np.unique(days, return_inverse=True)
    texts = pa.array([f"{str(day)[2:4]}{str(day)[5:7]}{str(day)[8:10]}" for day in each])
    padded = pa.array([f"{value:04d}" for value in range(int(number.max()) + 1)])
    return pc.binary_join_element_wise(idents.take(pa.array(made.unit)), texts.take(pa.array(place)),
                                       padded.take(pa.array(number)), "-")  # fmt: skip


def _ends(made: Dossiers) -> Array:
    return made.finish[np.arange(len(made.steps)), made.steps - 1]


def _due(made: Dossiers, world: World, calendar: WorkCalendar, *, with_pause: bool) -> Array:
    """The closing of the day the dossier is due, on the office's clock; a stop that is over moves it."""
    days = -(-made.received // DAY) + world.limits[made.procedure]
    if with_pause:
        over = (made.pause >= 0) & (made.pause_to < _last(calendar)) & ~_stands_in_pause(made)
        days = days + np.where(over, (made.pause_to - made.pause_from) // DAY, 0)
    return days * DAY


def _stands_in_pause(made: Dossiers) -> Array:
    """Open on the very step of its pause: then that stop still runs."""
    return made.is_open & (made.pause == made.steps - 1)


def _write(folder: Path, name: str, columns: dict[str, Any]) -> int:
    table = pa.table(columns)
    pq.write_table(table, folder / f"{name}.parquet")
    return int(table.num_rows)


def _write_dossiers(  # noqa: PLR0913, PLR0917 - what was drawn, and where it goes
    folder: Path, made: Dossiers, world: World, codes: pa.Array, calendar: WorkCalendar, rng: np.random.Generator
) -> int:
    n = len(made.unit)
    end, closed = _ends(made), ~made.is_open
    kind = rng.random(n)
    status = np.select([~closed, kind < 0.04, kind < 0.06, kind < 0.08, kind < 0.28], [4, 3, 7, 8, 9], 10)
    status[made.is_open & (made.pause >= 0) & _stands_in_pause(made)] = 5
    is_done = closed & (status >= 9)
    procs, units = procedure_codes().take(pa.array(made.procedure)), unit_codes().take(pa.array(made.unit))
    finished = _stamps(end, calendar, closed & (status != 3))
    due = _stamps(_due(made, world, calendar, with_pause=True), calendar, rng.random(n) >= NO_DUE_SHARE)
    received = _stamps(made.received, calendar)
    offices = pa.array([f"P{number}" for number in range(1, OFFICES + 1)])
    count = _write(
        folder,
        "dossier_version",
        {
            "unit_code": units, "night": pa.repeat(NIGHT, n), "proc_code": procs,
            **_identity(codes), "standing": pa.repeat("COUNTED", n),
            "proc_core": procs, "office_code": offices.take(pa.array(world.paths[made.procedure, 0] % OFFICES)),
            "channel": pa.array(1 + (rng.random(n) < 0.2).astype(np.int64)),
            "received_at": received, "credit_received_at": received, "due_at": due, "credit_due_at": due,
            "status": pa.array(status), "finished_at": finished, "credit_finished_at": finished,
            "returned_at": _stamps(np.minimum(end + 7200, _last(calendar)), calendar, closed & (status == 10)),
            "refused_at": _stamps(end, calendar, closed & (status == 3)),
            "version_no": pa.array(np.ones(n, np.int64)),
            "file_name": pa.repeat("made.csv", n), "line_no": pa.array(np.arange(2, n + 2)),
            "status_since": pa.repeat(NIGHT, n), "row_hash": pa.repeat("0" * 16, n),
        },
    )  # fmt: skip
    _write(
        folder,
        "peer_durations",
        {
            "unit_code": units, "proc_core": procs, "is_done": pa.array(is_done),
            "elapsed": pa.array(_elapsed(made, calendar)),
        },
    )  # fmt: skip
    return count


def _identity(codes: pa.Array) -> dict[str, pa.Array]:
    """Every made-up number is given once: code, key and identity are the same."""
    return dict.fromkeys(("dossier_code", "dossier_key", "dossier_id"), codes)


def _half(clock: Array) -> Array:
    """Half-days as the product measures them: two a working day, and the afternoon is one later."""
    whole, rest = np.divmod(np.maximum(clock - 1, 0), DAY)
    return 2 * whole + (rest + 1 > MORNING)


def _elapsed(made: Dossiers, calendar: WorkCalendar) -> Array:
    """Half working days from receipt to the end, or to the evening of AS_OF, less the pause."""
    evening = 2 * (_last(calendar) // DAY - 1) + 1
    until = np.where(made.is_open, evening, _half(_ends(made)))
    stop_end = np.where(_stands_in_pause(made) | (made.pause_to >= _last(calendar)), evening, _half(made.pause_to))
    # A stop that "ended" while its step stays open ran on; one that outlives the dossier is cut to it.
    stop = np.where(made.pause >= 0, np.maximum(np.minimum(stop_end, until) - _half(made.pause_from), 0), 0)
    return np.maximum(until - _half(made.received) - stop, 0)


def _write_steps(folder: Path, made: Dossiers, world: World, codes: pa.Array, calendar: WorkCalendar) -> int:
    width = STEPS + 1
    there = np.arange(width)[None, :] < made.steps[:, None]
    row, column = np.nonzero(there)
    arrived = np.column_stack([made.received, made.finish[:, : width - 1]])[row, column]
    finish, begin = made.finish[row, column], np.maximum(made.begin[row, column], arrived)
    is_last_open = made.is_open[row] & (column == made.steps[row] - 1)
    begun = ~is_last_open | (begin < _last(calendar))
    task = world.paths[made.procedure[row], column]
    # One dossier in eight goes through its second and third task the other way round.
    swapped = (row % 8 == 0) & ((column == 1) | (column == 2))
    task = np.where(swapped, world.paths[made.procedure[row], 3 - np.clip(column, 1, 2)], task)
    tasks = pa.array([f"B{number:02d}" for number in range(1, TASKS + 1)])
    offices = pa.array([f"P{number}" for number in range(1, OFFICES + 1)])
    staff = pa.array([f"U{u:02d}-P{o}-{s}" for u in range(1, UNITS + 1) for o in range(1, OFFICES + 1)
                      for s in range(1, STAFF + 1)])  # fmt: skip
    office = task % OFFICES
    who = (made.unit[row] * OFFICES + office) * STAFF + row % STAFF
    code, named = codes.take(pa.array(row)), tasks.take(pa.array(task))
    arrived_at, begun_at = _stamps(arrived, calendar), _stamps(begin, calendar, begun)
    finished_at = _stamps(finish, calendar, ~is_last_open)
    count = _write(
        folder,
        "step_version",
        {
            "unit_code": unit_codes().take(pa.array(made.unit[row])), "night": pa.repeat(NIGHT, len(row)),
            **_identity(code), "step_no": pa.array(column + 1), "place": pa.array(column + 1), "task": named,
            "office_code": offices.take(pa.array(office)), "staff_code": staff.take(pa.array(who)),
            "arrived_at": arrived_at, "started_at": begun_at, "finished_at": finished_at,
            "file_name": pa.repeat("made.csv", len(row)), "line_no": pa.array(np.arange(2, len(row) + 2)),
            "is_merged": pa.array(np.ones(len(row), bool)), "is_ours": pa.array(np.zeros(len(row), bool)),
        },
    )  # fmt: skip
    _write(
        folder,
        "peer_events",
        {
            "case": code, "activity": named, "at": pc.coalesce(finished_at, begun_at, arrived_at),
            "unit_code": unit_codes().take(pa.array(made.unit[row])),
            "proc_core": procedure_codes().take(pa.array(made.procedure[row])),
        },
    )  # fmt: skip
    return count


def _write_pauses(folder: Path, made: Dossiers, world: World, codes: pa.Array, calendar: WorkCalendar) -> int:
    has = np.flatnonzero(made.pause >= 0)
    over = ((made.pause_to < _last(calendar)) & ~_stands_in_pause(made))[has]
    n = len(has)
    before = _due(made, world, calendar, with_pause=False)[has]
    after = _due(made, world, calendar, with_pause=True)[has]
    kinds = pa.array(["FINANCIAL", "SUPPLEMENT"])
    return _write(
        folder,
        "pause_version",
        {
            "unit_code": unit_codes().take(pa.array(made.unit[has])), "night": pa.repeat(NIGHT, n),
            **_identity(codes.take(pa.array(has))), "pause_no": pa.array(np.ones(n, np.int64)),
            "place": pa.array(np.ones(n, np.int64)), "is_ours": pa.array(np.zeros(n, bool)),
            "kind": kinds.take(pa.array((has % 10 < 7).astype(np.int64))),
            "started_at": _stamps(made.pause_from[has], calendar),
            "ended_at": _stamps(made.pause_to[has], calendar, over),
            "old_due_at": _stamps(before, calendar), "new_due_at": _stamps(after, calendar, over),
            "file_name": pa.repeat("made.csv", n), "line_no": pa.array(np.arange(2, n + 2)),
            "is_merged": pa.array(np.ones(n, bool)),
        },
    )  # fmt: skip


def _write_dimensions(folder: Path, world: World, rng: np.random.Generator) -> None:
    begin = pd.Timestamp(FIRST)
    units, procs = unit_codes().to_pylist(), procedure_codes().to_pylist()
    syllables = [a + b for a in "bcdghklmnprstvx" for b in ("an", "eo", "im", "ong", "ua", "ây", "ich", "oat")]
    names = [" ".join(rng.choice(syllables, 7)) for _ in procs]
    planned = np.maximum(np.round(world.limits / STEPS * 2) / 2, 0.5)
    offices = [f"P{number}" for number in range(1, OFFICES + 1)]
    frames = {
        "unit": pd.DataFrame({
            "unit_code": units, "valid_from": begin, "name": [f"Đơn vị {unit}" for unit in units],
            "level": "commune", "identifier": [f"000.{number:02d}.15.H36" for number in range(1, UNITS + 1)],
            "expects": "working_days",
        }),
        "office": pd.DataFrame([(unit, office, office) for unit in units for office in offices],
                               columns=["unit_code", "office_code", "name"]),
        "procedure": pd.DataFrame({
            "proc_core": procs, "valid_from": begin, "proc_code": procs, "name": names,
            "field_code": [f"F{number % 30:02d}" for number in range(PROCEDURES)],
            "field_name": [f"Lĩnh vực {number % 30:02d}" for number in range(PROCEDURES)],
            "level": "commune", "limit_quantity": world.limits.astype(float), "limit_unit": "WORKING_DAY",
            "no_due": False, "legal_basis": "[]",
        }),
        "procedure_step": pd.DataFrame([
            {
                "proc_core": proc, "valid_from": begin, "step_no": step + 1, "phase": "1", "role": "R",
                "task": f"B{world.paths[place, step] + 1:02d}", "planned_days": float(planned[place]),
                "office_code": f"P{world.paths[place, step] % OFFICES + 1}", "is_paused": False,
                "agency": "Chi cục thuế" if step == 3 and place % 20 == 0 else None,
            }
            for place, proc in enumerate(procs) for step in range(STEPS)
        ]),
    }  # fmt: skip
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet")
