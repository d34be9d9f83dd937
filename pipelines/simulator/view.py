"""What a unit's software shows of a dossier at the end of a night, and what it hands in.

A record is a dict of canonical columns (domain.columns), with its `steps` and `pauses` as lists of dicts.
Values are instants, numbers and texts; None is an empty cell. Planting changes records after this.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from domain.status import Status
from pipelines.simulator.case import FINANCIAL, SUPPLEMENT, Case, PauseRun, StepRun
from pipelines.simulator.plan import LEG_UNITS
from pipelines.simulator.world import World

Record = dict[str, Any]
UNITS_THAT_RECEIVE = ("DG-MC", "DG-QK", "DG-QS", "DG-DH", "DG-DM", "DG-DP", "DG-DS", "DG-QH")


@dataclass(kw_only=True)
class Extract:
    """What one unit hands in on one night. `fault` is how its file is spoilt, if it is."""

    unit_code: str
    night: date
    dossiers: list[Record] = field(default_factory=list)
    steps: list[Record] = field(default_factory=list)
    pauses: list[Record] = field(default_factory=list)
    fault: str = ""
    control_shift: int = 0


def end_of(night: date) -> datetime:
    """The instant up to which a night's hand-in looks."""
    return datetime.combine(night, time(23, 59, 59))


def status_at(case: Case, at: datetime) -> Status:
    """The national status of a dossier at an instant."""
    ended = (
        (case.refused_at, Status.NOT_ACCEPTED),
        (case.left_at, Status.WITHDRAWN if case.will_leave == "WITHDRAWN" else Status.STOPPED),
        (case.returned_at, Status.RETURNED),
        (case.finished_at, Status.DONE_PROCESSING),
    )
    for when, status in ended:
        if when and when <= at:
            return status
    for pause in case.pauses:
        if pause.started_at <= at and not (pause.ended_at and pause.ended_at <= at):
            return Status.SUPPLEMENT if pause.kind == SUPPLEMENT else Status.FIN_OBLIGATION
    first = case.steps[0].finished_at if case.steps else None
    return Status.PROCESSING if first and first <= at else Status.ACCEPTED


def record_of(case: Case, at: datetime, world: World) -> Record:
    """The record of a dossier as known at an instant."""
    steps = [_step(run, case, at) for run in case.steps if run.arrived_at <= at]
    pauses = [_pause(run, case, at) for run in case.pauses if run.started_at <= at]
    moved = [pause["new_due_at"] for pause in pauses if pause["new_due_at"]]
    current = [run for run in case.steps if run.arrived_at <= at]
    procedure = world.procedures[case.proc_core]
    return {
        "dossier_code": case.code,
        "proc_code": procedure.core if case.number % 5 else procedure.full_code,
        "proc_name": procedure.name,
        "field_code": procedure.field_code,
        "field_name": procedure.field_name,
        "office_code": case.office_code,
        "staff_code": current[-1].staff if current and current[-1].staff else None,
        "channel": case.channel,
        "subject_type": 1,
        "owner_name": case.person.name,
        "owner_id_no": case.person.id_no,
        "owner_phone": case.person.phone,
        "owner_address": case.person.address,
        "submitted_at": case.received_at - timedelta(minutes=10 if case.channel == 1 else 200),
        "received_at": case.received_at,
        "entered_at": case.entered_at,
        "due_at": moved[-1] if moved else case.due_at,
        "status": int(status_at(case, at)),
        "finished_at": _seen(case.finished_at or case.left_at, at),
        "returned_at": _seen(case.returned_at, at),
        "refused_at": _seen(case.refused_at, at),
        "refusal_reason": case.refusal_reason if _seen(case.refused_at, at) else None,
        "fee_vnd": case.fee_vnd,
        "steps": [step for step in steps if step["office_code"] not in LEG_UNITS],
        "pauses": pauses,
    }


def _seen(when: datetime | None, at: datetime) -> datetime | None:
    return when if when is not None and when <= at else None


def _step(run: StepRun, case: Case, at: datetime) -> Record:
    return {
        "dossier_code": case.code,
        "step_no": run.step_no,
        "task": run.task,
        "office_code": run.office_code,
        # Number 00 of an office: with its clerk, nobody has taken it up yet.
        "staff_code": run.staff if run.started_at and run.started_at <= at else f"{run.office_code}00",
        "arrived_at": run.arrived_at,
        "finished_at": _seen(run.finished_at, at),
        "planned_days": run.planned_days,
    }


def _pause(run: PauseRun, case: Case, at: datetime) -> Record:
    ended = _seen(run.ended_at, at)
    return {
        "dossier_code": case.code,
        "pause_no": run.pause_no,
        "kind": run.kind,
        "started_at": run.started_at,
        "ended_at": ended,
        "reason": run.reason,
        "old_due_at": run.old_due_at,
        "new_due_at": run.new_due_at if ended else None,
    }


@dataclass(frozen=True)
class Watch:
    """A dossier with its instants in order, so that a night's changes are found without building records."""

    case: Case
    moments: tuple[datetime, ...]

    def changed(self, after: datetime, upto: datetime) -> bool:
        """Whether anything became visible in (after, upto]; nothing is visible before entry."""
        entered = self.case.entered_at
        if entered > upto:
            return False
        return after < entered or any(after < moment <= upto for moment in self.moments)


def watches(cases: Iterable[Case]) -> dict[str, list[Watch]]:
    """Watches by unit, in order of entry."""
    found: dict[str, list[Watch]] = {}
    for case in sorted(cases, key=lambda c: (c.entered_at, c.code)):
        found.setdefault(case.unit_code, []).append(Watch(case, tuple(sorted(case.moments()))))
    return found


def unit_extract(own: list[Watch], unit_code: str, night: date, since: datetime, world: World) -> Extract:
    """A receiving unit's hand-in: every dossier that changed in (since, end of night]."""
    upto = end_of(night)
    records = [record_of(w.case, upto, world) for w in own if w.changed(since, upto)]
    extract = Extract(unit_code=unit_code, night=night, dossiers=records)
    for record in records:
        extract.steps += record["steps"]
        extract.pauses += record["pauses"]
    return extract


def leg_extract(own: list[Watch], office: str, night: date, since: datetime) -> Extract:
    """An inter-agency hand-in: the steps of the district's dossiers done in one agency, new or finished since."""
    upto = end_of(night)
    extract = Extract(unit_code=LEG_UNITS[office], night=night)
    for watch in own:
        case = watch.case
        for run in case.steps:
            if run.office_code != office or case.entered_at > upto or run.arrived_at > upto:
                continue
            moments = [max(when, case.entered_at) for when in (run.arrived_at, run.finished_at) if when]
            if any(since < moment <= upto for moment in moments):
                extract.steps.append(_step(run, case, upto))
    extract.steps.sort(key=lambda s: (s["arrived_at"], s["dossier_code"], s["step_no"]))
    return extract


def pauses_of(records: list[Record], kind: str) -> list[Record]:
    """The pauses of one kind in a list of dossier records."""
    return [pause for record in records for pause in record["pauses"] if pause["kind"] == kind]


__all__ = ["FINANCIAL", "SUPPLEMENT", "Extract", "Record", "Watch", "end_of", "leg_extract", "pauses_of",
           "record_of", "status_at", "unit_extract", "watches"]  # fmt: skip
