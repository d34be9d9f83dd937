"""One simulation from beginning to end: world, arrivals, queues, totals, planting, files, truth."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.simulator.arrivals import arrivals, give_codes
from pipelines.simulator.calibrate import COUNTER, calibrate, is_reachable, totals
from pipelines.simulator.case import Case
from pipelines.simulator.engine import Engine
from pipelines.simulator.hand_in import HandIns, build_hand_ins
from pipelines.simulator.measure import measured_offices, measured_procedures
from pipelines.simulator.plan import Plan
from pipelines.simulator.plant_cases import plant_cases
from pipelines.simulator.plant_moves import plant_moves
from pipelines.simulator.plant_rows import plant_rows
from pipelines.simulator.timeline import Timeline
from pipelines.simulator.truth import Truth
from pipelines.simulator.world import COMMUNE_SHARES, World, read_world
from pipelines.simulator.writers import Places, write_extract

DEFAULT_SEED = 2017
# The published year. Other years and scales take the queues' own totals.
PUBLISHED_YEAR = 2017
_DIALS = (1.0, 0.97, 0.94, 0.9, 0.86, 0.8)


@dataclass(frozen=True, kw_only=True)
class SimulationResult:
    """What came out: nights written, files, dossiers, bad rows planted."""

    nights: tuple[str, ...]
    files: int
    dossiers: int
    bad_rows: int


def simulate(  # noqa: PLR0913 - three places, and the knobs of the load generator by name
    site_folder: Path,
    out_inbox: Path,
    truth_path: Path,
    *,
    scale: float = 1.0,
    year: int = PUBLISHED_YEAR,
    seed: int = DEFAULT_SEED,
    years: int = 1,
    plan: Plan | None = None,
) -> SimulationResult:
    """Write what the units of the site would hand in, and the truth about it.

    `scale` multiplies dossiers and staff; `years` is how many years of history end with `year`; `plan` says who is
    slow (None: as planted.yml has it). The same arguments give the same bytes.
    Raises KnownError for a site or a year the simulator does not know.
    """
    world = read_world(site_folder, year, plan)
    cases, calibrated = simulated_cases(world, scale=scale, year=year, seed=seed, years=years)
    oddities = plant_cases(cases, world, year)
    hand_ins = build_hand_ins(cases, world, year)
    truth = Truth(file_faults=hand_ins.faults)
    plant_rows(hand_ins, truth, oddities)
    plant_moves(hand_ins, truth)
    _plant_control(hand_ins, truth)
    places, files = _write(hand_ins, out_inbox)
    truth.place(places, {unit.code: unit.sources[0].id for unit in world.site.units})
    truth.header = _header(world, cases, hand_ins, calibrated) | {
        "scale": scale, "year": year, "years": years, "seed": seed, "site": world.site.code,
    }  # fmt: skip
    truth.write(truth_path)
    return SimulationResult(
        nights=tuple(night.isoformat() for night in hand_ins.nights),
        files=files,
        dossiers=len(cases),
        bad_rows=len(truth.bad_rows),
    )


def simulated_cases(
    world: World, *, scale: float, year: int, seed: int, years: int = 1
) -> tuple[list[Case], dict[str, list[str]]]:
    """All dossiers after the queues, and what was done to reach the published totals.

    Only the usual plan at scale 1 in 2017 reaches them; any other takes what its queues give.
    """
    timeline = Timeline.build(world.calendar, date(year - years + 1, 1, 1), date(year, 12, 31))
    published = scale == 1.0 and year == PUBLISHED_YEAR and years == 1 and world.plan == Plan.usual()
    for dial in _DIALS:
        cases = arrivals(world, timeline, scale=scale, years=years, seed=seed)
        Engine(world, timeline, cases, scale=scale, seed=seed, dial=dial).run()
        if not published or is_reachable(cases):
            break
    give_codes(cases, world)
    return cases, calibrate(cases, world) if published else {}


def _plant_control(hand_ins: HandIns, truth: Truth) -> None:
    """One commune's own count is two more than the rows it hands in."""
    night = hand_ins.night(26)
    extract = hand_ins.extracts.get(("DG-DH", night))
    if extract:
        extract.control_shift = 2
        truth.control_mismatches.append(
            {"unit_code": "DG-DH", "night": night, "said": len(extract.dossiers) + 2, "rows": len(extract.dossiers)}
        )


def _write(hand_ins: HandIns, inbox: Path) -> tuple[Places, int]:
    places: Places = {}
    before = {path for path in inbox.rglob("*") if path.is_file()} if inbox.exists() else set()
    for (unit_code, _), extract in sorted(hand_ins.extracts.items()):
        places |= write_extract(extract, hand_ins.world.site.unit(unit_code), inbox)
    return places, sum(path.is_file() and path not in before for path in inbox.rglob("*"))


def _header(world: World, cases: list[Case], hand_ins: HandIns, calibrated: dict[str, list[str]]) -> dict[str, Any]:
    used = {case.proc_core for case in cases}
    planted = world.planted
    return {
        "nights": hand_ins.nights,
        "totals": {unit: asdict(totals(cases, unit)) for unit in (COUNTER, *COMMUNE_SHARES)},
        "procedures_posted": len(world.procedures),
        "calibrated": calibrated,
        "overlaps": [
            {
                "id": g["id"],
                "relation": g["relation"],
                "note": g["note"],
                "members": [m["code"] for m in g["members"]],
            }
            for g in planted["overlaps"]
        ],
        "decoys": [
            {"id": d["id"], "relation": d["relation"], "members": _members(world, d)} for d in planted["decoys"]
        ],
        "unused": sorted(set(world.procedures) - used),
        "padded_limits": list(world.padded),
        "step_sum": _step_sums(world),
        "measured": measured_procedures(cases, world),
        "measured_offices_q4": measured_offices(cases, world, datetime(hand_ins.initial.year, 10, 1)),
    } | world.plan.truth()


def _members(world: World, decoy: dict[str, Any]) -> list[str]:
    by_name = {p.name: core for core, p in world.procedures.items()}
    return list(decoy.get("members") or [by_name[title] for title in decoy["titles"]])


def _step_sums(world: World) -> dict[str, list[str]]:
    """Procedures with a limit in working days (extra mountain days apart) whose steps add up to another number."""
    found: dict[str, list[str]] = {"above": [], "below": []}
    for core, stated in sorted(world.stated_days.items()):
        total = sum(step.planned_days for step in world.procedures[core].steps if not step.is_paused)
        if abs(total - stated) > 0.01:
            found["above" if total > stated else "below"].append(core)
    return found
