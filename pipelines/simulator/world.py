"""The simulated world: the site's procedures and units, who works where, how often each procedure is asked for.

Everything is read from the site folder and planted.yml; choices hang on hashes of codes and on the seed.
"""

import csv
import math
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from domain.calendar import WorkCalendar
from domain.clock import Limit
from domain.errors import KnownError
from pipelines.simulator.catalogue_parts import spin
from pipelines.simulator.plan import COUNTER, LEG_UNITS, Plan, planted_things
from pipelines.site import Site, load_site

HERE = Path(__file__).parent
# Dossiers a year at scale 1: the district counter's total is the published one, the communes' is ours.
RECEIVED = 7_468
NOT_ACCEPTED = 516
COMMUNE_SHARES = {
    "DG-QK": 0.21,
    "DG-QS": 0.22,
    "DG-DH": 0.15,
    "DG-DM": 0.09,
    "DG-DP": 0.08,
    "DG-DS": 0.12,
    "DG-QH": 0.13,
}
COMMUNE_RECEIVED = 6_000
# (staff at scale 1, share of their office time the year's work takes) by office; "*" is any other office.
DISTRICT_STAFF = {"MC": (5, 0.55), "VPDK": (6, 0.94), "THUE": (4, 0.6), "LD": (2, 0.55), "VP": (2, 0.55),
                  "TNMT": (5, 0.72), "*": (3, 0.5)}  # fmt: skip
COMMUNE_STAFF = {"*": (1, 0.4)}


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """One step of a procedure as the catalogue plans it."""

    step_no: int
    task: str
    office_code: str
    planned_days: float
    is_paused: bool


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """One procedure: its limit (with the mountain extra), its steps, and how it is worked in the simulation."""

    core: str
    full_code: str
    name: str
    field_code: str
    field_name: str
    level: str
    limit: Limit
    fee_vnd: int
    steps: tuple[PlannedStep, ...]
    weight: float
    pace: float

    @property
    def specialist(self) -> str:
        """The office that does most of the work."""
        own = [step for step in self.steps if not step.is_paused]
        return max(own, key=lambda step: step.planned_days).office_code


@dataclass(frozen=True, kw_only=True)
class World:
    """All that the simulation reads."""

    site: Site
    calendar: WorkCalendar
    procedures: dict[str, Procedure]
    planted: dict[str, Any]
    plan: Plan
    unused: tuple[str, ...]
    padded: tuple[str, ...]
    stated_days: dict[str, float]

    def of_level(self, level: str) -> list[Procedure]:
        """Procedures of a level that are in use, by code."""
        return [p for _, p in sorted(self.procedures.items()) if p.level == level and p.weight > 0]

    def asked_for(self, unit_code: str, level: str) -> list[Procedure]:
        """Procedures in use at a unit, weighted as they are asked for there."""
        found, plan = self.of_level(level), self.plan
        if unit_code == COUNTER and plan.busy_office:
            return [
                replace(p, weight=p.weight * plan.busy_factor) if p.specialist == plan.busy_office else p
                for p in found
            ]
        slow = [p for p in found if p.core in plan.slow_procedures]
        if unit_code != plan.hard_unit or not slow:
            return found
        hard, everything = sum(p.weight for p in slow), sum(p.weight for p in found)
        more = plan.hard_share / (1.0 - plan.hard_share) * (everything - hard) / hard
        return [replace(p, weight=p.weight * more) if p.core in plan.slow_procedures else p for p in found]


def read_world(site_folder: Path, year: int, plan: Plan | None = None) -> World:
    """The world of a site; `plan` None plants as planted.yml says.

    Raises KnownError when the site is not the one the simulator knows, or the plan names what it has not.
    """
    site = load_site(site_folder)
    codes = {unit.code for unit in site.units}
    if not {"DG-MC", *LEG_UNITS.values(), *COMMUNE_SHARES} <= codes:
        raise KnownError(
            "E-SIMULATOR-SITE",
            f"the simulator knows the units of Đắk Glong only; site [{site.code}] has [{', '.join(sorted(codes))}].",
            mend="simulate sites/dak_glong",
        )
    calendar = site.work_calendar()
    calendar.is_working(date(year, 12, 31))  # a year the calendar does not hold is an error of its own
    words = yaml.safe_load((HERE / "catalogue_words.yml").read_text(encoding="utf-8"))
    weights = {field["code"]: float(field["weight"]) for field in words["fields"]}
    world = _read_procedures(site, calendar, plan or Plan.usual(), weights)
    used = [procedure for procedure in world.procedures.values() if procedure.weight > 0]
    offices = {step.office_code for p in used for step in p.steps if p.level == "HUYEN"}
    world.plan.check(units=set(COMMUNE_SHARES), offices=offices, procedures={p.core for p in used})
    return world


def _rows(site: Site, name: str) -> list[dict[str, str]]:
    folder = site.folder / (site.catalogue.place or "catalogue")
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _read_procedures(site: Site, calendar: WorkCalendar, plan: Plan, field_weights: dict[str, float]) -> World:
    planted = planted_things()
    steps: dict[str, list[PlannedStep]] = {}
    for row in _rows(site, "steps"):
        steps.setdefault(row["proc_core"], []).append(
            PlannedStep(step_no=int(row["step_no"]), task=row["task"], office_code=row["office_code"],
                        planned_days=float(row["planned_days"]), is_paused=row["is_paused"] == "true")
        )  # fmt: skip
    rows = _rows(site, "procedures")
    fixed = {m["code"]: float(m["weight"]) for group in planted["overlaps"] for m in group["members"]}
    heads = {code: float(weight) for code, weight in planted["heads"].items()}
    weights = {row["proc_core"]: _weight(row, heads | fixed, field_weights) for row in rows}
    decoys = {code for decoy in planted["decoys"] for code in decoy.get("members", [])}
    idle = sorted(
        (c for c in weights if c not in fixed and c not in heads and c not in decoys), key=lambda c: (weights[c], c)
    )
    unused = tuple(sorted(idle[: planted["unused"]]))
    padded = tuple(
        core for core in _padded(rows, weights, fixed, planted["padded"]["count"]) if core not in plan.slow_procedures
    )
    stated = {r["proc_core"]: float(r["limit_quantity"]) for r in rows if r["limit_unit"] == "WORKING_DAY"}
    procedures = {}
    for row in rows:
        core = row["proc_core"]
        natural = 0.64 + 0.2 * spin(core + "pace", 1000) / 1000
        natural *= plan.slow_procedure_pace if core in plan.slow_procedures else 1.0
        procedures[core] = Procedure(
            core=core, full_code=row["proc_code"], name=row["name"], field_code=row["field_code"],
            field_name=row["field_name"], level=row["level"],
            limit=Limit(float(row["limit_quantity"]) + float(row["area_extra"]), row["limit_unit"]),  # type: ignore[arg-type]
            fee_vnd=int(row["fee_vnd"]), steps=tuple(sorted(steps[core], key=lambda s: s.step_no)),
            weight=0.0 if core in unused else weights[core],
            pace=float(planted["padded"]["pace"]) if core in padded else natural,
        )  # fmt: skip
    return World(
        site=site,
        calendar=calendar,
        procedures=procedures,
        planted=planted,
        plan=plan,
        unused=unused,
        padded=padded,
        stated_days=stated,
    )


def _weight(row: dict[str, str], fixed: dict[str, float], field_weights: dict[str, float]) -> float:
    """Relative yearly volume: planted members as written, the others skewed by a hash within their field."""
    core = row["proc_core"]
    if core in fixed:
        return fixed[core]
    draw = (spin(core + "volume", 9973) + 1) / 9974
    return (0.4 + 0.1 * field_weights[row["field_code"]]) * math.exp(0.8 * _normal(draw))


def _normal(share: float) -> float:
    """A quick inverse of the logistic curve, close enough to a normal deviate for skewing volumes."""
    return math.log(share / (1 - share)) / 1.7


def _padded(
    rows: list[dict[str, str]], weights: dict[str, float], fixed: dict[str, float], count: int
) -> tuple[str, ...]:
    """The most asked-for plain district procedures with a limit of at least 7 working days, none of them land."""
    fit = [
        row["proc_core"]
        for row in rows
        if row["level"] == "HUYEN"
        and row["limit_unit"] == "WORKING_DAY"
        and float(row["limit_quantity"]) >= 7
        and row["field_code"] not in {"LV-DD", "LV-BPBD"}
        and row["proc_core"] not in fixed
    ]
    return tuple(sorted(sorted(fit, key=lambda c: (-weights[c], c))[:count]))


def volumes(rng: np.random.Generator, procedures: list[Procedure], total: int) -> list[Procedure]:
    """`total` procedures drawn by weight in random order; each in use comes at least once when there is room."""
    weights = np.array([p.weight for p in procedures])
    counts = rng.multinomial(max(0, total - len(procedures)), weights / weights.sum()) + 1
    if total < len(procedures):
        counts = rng.multinomial(total, weights / weights.sum())
    order = rng.permutation(np.repeat(np.arange(len(procedures)), counts))
    return [procedures[i] for i in order]
