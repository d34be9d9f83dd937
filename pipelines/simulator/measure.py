"""What the queues really did to each procedure at the district counter, for the truth file."""

from datetime import datetime

import numpy as np

from domain.clock import paused_days
from pipelines.simulator.calibrate import COUNTER
from pipelines.simulator.case import Case
from pipelines.simulator.world import World

Measured = dict[str, dict[str, float]]


def measured_procedures(cases: list[Case], world: World, least: int = 20) -> Measured:
    """Per procedure with at least `least` finished dossiers: how many, how many late, and the 9th decile of
    working days used (pauses left out) as a share of the working days allowed.
    """
    shares: dict[str, list[float]] = {}
    late: dict[str, int] = {}
    calendar = world.calendar
    for case in cases:
        if case.unit_code != COUNTER or not case.finished_at or case.refused_at:
            continue
        stood = paused_days(((p.started_at, p.ended_at) for p in case.pauses if p.ended_at), calendar)
        used = calendar.working_days_between(case.received_at.date(), case.finished_at.date()) - stood
        allowed = calendar.working_days_between(case.received_at.date(), case.due_at.date())
        shares.setdefault(case.proc_core, []).append(used / max(allowed, 1))
        late[case.proc_core] = late.get(case.proc_core, 0) + (case.finished_at.date() > case.final_due_at.date())
    return {
        core: {"done": len(used), "late": late[core], "p90_of_limit": round(float(np.quantile(used, 0.9)), 3)}
        for core, used in sorted(shares.items())
        if len(used) >= least
    }


def measured_offices(cases: list[Case], world: World, since: datetime) -> dict[str, dict[str, float]]:
    """Per office of the counter's dossiers: steps finished since an instant, mean working days spent and planned."""
    spent: dict[str, list[float]] = {}
    planned: dict[str, list[float]] = {}
    for case in cases:
        for step in case.steps if case.unit_code == COUNTER else []:
            if step.finished_at and step.finished_at >= since and not step.is_paused:
                days = world.calendar.working_days_between(step.arrived_at.date(), step.finished_at.date())
                spent.setdefault(step.office_code, []).append(days)
                planned.setdefault(step.office_code, []).append(step.planned_days)
    return {
        office: {
            "steps": len(days),
            "mean_days": round(float(np.mean(days)), 3),
            "mean_planned": round(float(np.mean(planned[office])), 3),
        }
        for office, days in sorted(spent.items())
    }
