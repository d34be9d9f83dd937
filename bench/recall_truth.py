"""What is true of a simulated world, read from its dossiers and not from any analysis (see bench/recall.py)."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from recall_world import LAST, YEAR, Simulated

from pipelines.simulator.case import Case, StepRun
from pipelines.simulator.plan import COUNTER
from pipelines.simulator.world import COMMUNE_SHARES

AUTUMN = datetime(YEAR, 10, 1)
END = datetime.combine(LAST, time(23, 59))
# How much longer a planted thing must really have taken before finding it is asked for.
UNIT_RATIO, OFFICE_RATIO, PROCEDURE_RATIO = 1.2, 1.5, 1.3
Pair = tuple[str, str]
Step = tuple[str, str, str, str]


@dataclass
class Tally:
    """How many there were, how many of them were late (or over plan)."""

    n: int = 0
    late: int = 0

    def add(self, is_late: bool, weight: int = 1) -> None:
        """One more."""
        self.n += weight
        self.late += weight * is_late

    @property
    def share(self) -> float:
        """The late share; 0 of none."""
        return self.late / self.n if self.n else 0.0


@dataclass
class Nature:
    """What is slow with nobody planted, over many simulated years: late shares and steps over plan."""

    pairs: dict[Pair, Tally] = field(default_factory=lambda: defaultdict(Tally))
    steps: dict[Step, Tally] = field(default_factory=lambda: defaultdict(Tally))

    def learn(self, clean: Simulated) -> None:
        """Take in one year of a world with nothing planted."""
        for pair, tally in late_by_pair(clean).items():
            self.pairs[pair].n += tally.n
            self.pairs[pair].late += tally.late
        for case in clean.cases:
            for run in case.steps:
                halves = _half_days(clean, case, run)
                if halves is not None:
                    is_over = halves > max(math.ceil(2 * run.planned_days), 1)
                    for key in _step_keys(case.unit_code, run, case.proc_core):
                        self.steps[key].add(is_over)

    def late_share(self, core: str, unit: str | None = None) -> float:
        """The late share of a procedure, at one unit or wherever it is done."""
        rows = [tally for (where, what), tally in self.pairs.items() if what == core and unit in {None, where}]
        return sum(t.late for t in rows) / max(1, sum(t.n for t in rows))


def _step_keys(unit: str, run: StepRun, core: str) -> list[Step]:
    return [(unit, run.office_code, run.task, core), (unit, run.office_code, run.task, "")]


def _half_days(given: Simulated, case: Case, run: StepRun) -> float | None:
    """Half working days of a step of the last quarter; None when a stop lies in it or it is of another time."""
    end = run.finished_at or END
    if not end >= AUTUMN or run.is_paused or any(run.arrived_at <= p.started_at <= end for p in case.pauses):
        return None
    days = given.world.calendar.working_days_between(run.arrived_at.date(), end.date())
    return 2.0 * int(days) + (end.hour >= 12) - (run.arrived_at.hour >= 12)


def late_by_pair(given: Simulated) -> dict[Pair, Tally]:
    """Late or not of every dossier whose due date passed within the year, by unit and procedure."""
    found: dict[Pair, Tally] = defaultdict(Tally)
    for case in given.cases:
        is_stopped = bool(case.pauses) and case.pauses[-1].ended_at is None
        due = case.final_due_at.date()
        if case.refused_at or case.left_at or due >= LAST or (is_stopped and not case.finished_at):
            continue
        ended = case.finished_at.date() if case.finished_at else date.max
        found[case.unit_code, case.proc_core].add(ended > due)
    return found


def mean_days(given: Simulated, keep: Callable[[Case], bool]) -> dict[str, tuple[float, int]]:
    """Mean working days of finished dossiers without a stop, and how many, by procedure."""
    days: dict[str, list[int]] = defaultdict(list)
    between = given.world.calendar.working_days_between
    for case in given.cases:
        if case.finished_at and not case.pauses and not case.refused_at and keep(case):
            days[case.proc_core].append(between(case.received_at.date(), case.finished_at.date()))
    return {core: (sum(own) / len(own), len(own)) for core, own in days.items()}


def ratio(one: dict[str, tuple[float, int]], other: dict[str, tuple[float, int]]) -> float:
    """Time one took to the time the other would have taken for the same mix of procedures."""
    both = [core for core in one if core in other]
    expected = sum(other[core][0] * one[core][1] for core in both)
    return sum(one[core][0] * one[core][1] for core in both) / expected if expected else 1.0


def office_days(given: Simulated, office: str) -> tuple[float, float]:
    """Mean working days, and mean planned days, of an office's steps of the last quarter, the open ones so far."""
    spent, planned = [], []
    for case in given.cases:
        for run in case.steps if case.unit_code == COUNTER else []:
            halves = _half_days(given, case, run) if run.office_code == office else None
            if halves is not None:
                spent.append(halves / 2)
                planned.append(run.planned_days)
    return sum(spent) / max(1, len(spent)), sum(planned) / max(1, len(planned))


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What was planted and really had an effect: "" and nothing where it had none."""

    slow_unit: str
    slow_office: str
    slow_procedures: frozenset[str]
    touched: frozenset[str]
    """Procedures of the counter with a step at the slow office."""


def truth_of(given: Simulated, clean: Simulated, target: float) -> Truth:
    """Compare a planted world with the same seed's world without plants."""
    plan = given.plan
    own = mean_days(given, lambda c: c.unit_code == plan.slow_unit and c.proc_core not in plan.slow_procedures)
    usual = mean_days(clean, lambda c: c.unit_code in COMMUNE_SHARES)
    now, planned = office_days(given, plan.slow_office)
    before, _ = office_days(clean, plan.slow_office)
    late = late_by_pair(given)
    slow = set()
    for core in plan.slow_procedures:
        here = mean_days(given, lambda c, core=core: c.proc_core == core and c.unit_code != plan.slow_unit)  # type: ignore[misc]
        shares = [
            t for (unit, what), t in late.items() if what == core and unit not in {plan.slow_unit, plan.tiny_unit}
        ]
        share = sum(t.late for t in shares) / max(1, sum(t.n for t in shares))
        if ratio(here, mean_days(clean, lambda _: True)) >= PROCEDURE_RATIO and share > target:
            slow.add(core)
    is_slow_office = now >= OFFICE_RATIO * before and now > planned
    return Truth(
        slow_unit=plan.slow_unit if ratio(own, usual) >= UNIT_RATIO else "",
        slow_office=plan.slow_office if is_slow_office else "",
        slow_procedures=frozenset(slow),
        touched=frozenset(_through(given, plan.slow_office)),
    )


def _through(given: Simulated, office: str) -> Iterable[str]:
    procedures = given.world.procedures.values()
    return (p.core for p in procedures if any(step.office_code == office for step in p.steps))
