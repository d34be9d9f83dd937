"""What the simulation knows of one dossier: the truth, of which a unit hands in a view each night."""

from dataclasses import dataclass, field
from datetime import datetime

from pipelines.simulator.people import Person

SUPPLEMENT = "SUPPLEMENT"
FINANCIAL = "FINANCIAL"


@dataclass(slots=True)
class StepRun:
    """One step as it happened; `started_at` is when someone took it up (not handed in, used to check queues)."""

    step_no: int
    task: str
    office_code: str
    planned_days: float
    arrived_at: datetime
    staff: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    is_paused: bool = False


@dataclass(slots=True)
class PauseRun:
    """One stop of the clock; `new_due_at` is known when it ends."""

    pause_no: int
    kind: str
    started_at: datetime
    reason: str
    old_due_at: datetime
    ended_at: datetime | None = None
    new_due_at: datetime | None = None


@dataclass(slots=True)
class Case:
    """One dossier from arrival to return. `due_at` is the first due date; pauses move it."""

    number: int
    unit_code: str
    proc_core: str
    received_at: datetime
    entered_at: datetime
    channel: int
    person: Person
    code: str = ""
    office_code: str = ""
    due_at: datetime = datetime.min
    fee_vnd: int = 0
    will_be_refused: bool = False
    will_leave: str = ""
    steps: list[StepRun] = field(default_factory=list)
    pauses: list[PauseRun] = field(default_factory=list)
    refused_at: datetime | None = None
    refusal_reason: str = ""
    left_at: datetime | None = None
    finished_at: datetime | None = None
    returned_at: datetime | None = None

    @property
    def final_due_at(self) -> datetime:
        """The due date after every pause that has ended."""
        moved = [pause.new_due_at for pause in self.pauses if pause.new_due_at]
        return moved[-1] if moved else self.due_at

    def moments(self) -> list[datetime]:
        """Every instant at which something a unit hands in changed."""
        found: list[datetime | None] = [
            self.entered_at, self.refused_at, self.left_at, self.finished_at, self.returned_at,
        ]  # fmt: skip
        found += [at for step in self.steps for at in (step.arrived_at, step.finished_at)]
        found += [at for pause in self.pauses for at in (pause.started_at, pause.ended_at)]
        return [at for at in found if at is not None]
