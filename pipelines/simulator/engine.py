"""The queues: each step waits its own time, then for a member of staff, who does one dossier at a time.

A step of a dossier is (1) a wait that binds nobody (field visits, opinions asked, the desk), in proportion to
the planned days and the pace of the procedure; (2) the office's queue, first ready first served; (3) the work
itself. Supplements and taxes stop the clock. Time is office minutes (timeline); events are taken in order of time.
"""

import heapq
import math
from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np

from domain.clock import due_date, paused_days
from pipelines.simulator.arrivals import refusal_reason
from pipelines.simulator.case import FINANCIAL, SUPPLEMENT, Case, PauseRun, StepRun
from pipelines.simulator.plan import COUNTER
from pipelines.simulator.timeline import DAY_MINUTES, Timeline
from pipelines.simulator.world import (
    COMMUNE_STAFF,
    DISTRICT_STAFF,
    PlannedStep,
    Procedure,
    World,
)

_MAX_TOUCH = 200.0
_UNLUCKY_DELAY = 4.0
_SUPPLEMENTS = ("Bổ sung giấy tờ chứng minh nguồn gốc sử dụng đất", "Bổ sung bản sao giấy tờ tùy thân còn hạn",
                "Điều chỉnh lại tờ khai theo mẫu", "Bổ sung bản vẽ hiện trạng", "Bổ sung văn bản ủy quyền hợp lệ",
                "Bổ sung xác nhận của UBND xã")  # fmt: skip
_TAX_REASON = "Xác định và nộp nghĩa vụ tài chính"


@dataclass(slots=True)
class Office:
    """The staff of one office of one unit. From `leaves_at` on the staff numbered
    `leavers` and above are away."""

    name: str
    free: list[int]
    touch: float = 1.0
    leaves_at: float = float("inf")
    leavers: int = 0
    waiting: deque["Walk"] = field(default_factory=deque)


@dataclass(slots=True)
class Walk:
    """A dossier on its way: the random draws made for it in advance, so that order does not change them."""

    case: Case
    procedure: Procedure
    draws: list[float]
    at: int = 0
    supplements: int = 0
    delay: float = 1.0


class Engine:
    """One run of the queues over all cases; `run` fills steps, pauses and ends of every case in place."""

    def __init__(  # noqa: PLR0913 - the world, its time, its dossiers, and three knobs by name
        self, world: World, timeline: Timeline, cases: list[Case], *, scale: float, seed: int, dial: float = 1.0
    ) -> None:
        self.world, self.timeline, self.dial = world, timeline, dial
        self.rng = np.random.default_rng([seed, 2])
        self.events: list[tuple[float, int, str, Walk, int]] = []
        self.serial = 0
        self.offices: dict[tuple[str, str], Office] = {}
        self.walks = self._walks(cases)
        self._staff(scale)

    def run(self) -> None:
        """Take events until the year is over; what is then unfinished stays open."""
        starts = {day: n * DAY_MINUTES for n, day in enumerate(self.timeline.days)}
        for walk in self.walks:
            at = walk.case.received_at
            opened = at.date() in starts
            minute = starts[at.date()] + _offset(at) if opened else self.timeline.opening(at.date())
            if minute < self.timeline.end:
                self._arrive(walk, minute)
        while self.events and self.events[0][0] < self.timeline.end:
            now, _, kind, walk, staff = heapq.heappop(self.events)
            if kind == "ready":
                office = self._office(walk)
                office.waiting.append(walk)
                self._serve(office, now)
            elif kind == "done":
                self._finished(walk, now, staff)
            elif kind == "resume":
                self._resume(walk, now)
            else:
                self._end_pause(walk, now)
        for walk in self.walks:
            self._refuse_at_the_counter(walk.case)

    @staticmethod
    def _refuse_at_the_counter(case: Case) -> None:
        """A refusal still waiting when the year ends was given while the person stood at the counter."""
        if case.will_be_refused and not case.refused_at:
            case.refused_at = case.received_at + timedelta(minutes=15)
            case.refusal_reason = refusal_reason(case.number)

    # --- set-up -------------------------------------------------------------------------------------------

    def _walks(self, cases: list[Case]) -> list[Walk]:
        draws = self.rng.random((len(cases), 40))
        unlucky = self._unlucky(cases)
        return [
            Walk(case=case, procedure=self.world.procedures[case.proc_core], draws=row,
                 delay=_UNLUCKY_DELAY if case.number in unlucky else 1.0)
            for case, row in zip(cases, draws.tolist(), strict=True)
        ]  # fmt: skip

    def _unlucky(self, cases: list[Case]) -> set[int]:
        """Dossiers of the tiny unit, spread over the year, that meet with something of their own."""
        plan = self.world.plan
        own = [
            case.number
            for case in cases
            if case.unit_code == plan.tiny_unit and not case.will_be_refused and not case.will_leave
        ]
        return set(own[:: max(1, len(own) // max(1, plan.tiny_late))][: plan.tiny_late])

    def _staff(self, scale: float) -> None:
        """Set each office's staff, and how long a touch lasts so that the year's work fills its share of time."""
        load: dict[tuple[str, str], float] = {}
        for walk in self.walks:
            for step in walk.procedure.steps[: 1 if walk.case.will_be_refused else None]:
                key = self._office_key(walk.case, step)
                load[key] = load.get(key, 0.0) + _base_touch(step)
        plan = self.world.plan
        for key in sorted(load):
            unit, name = key
            table = DISTRICT_STAFF if unit == COUNTER else COMMUNE_STAFF
            count, share = table.get(name, table["*"])
            share = min(share, plan.most_load)
            busy = plan.busy_factor if unit == COUNTER and name == plan.busy_office else 1.0
            count = max(1, round(count * scale * busy)) if unit == COUNTER else max(count, round(count * scale))
            touch = share * self.dial * count * self.timeline.end / load[key]
            self.offices[key] = Office(name=name, free=list(range(count)), touch=touch)
            if name == plan.slow_office and unit == COUNTER:
                office = self.offices[key]
                office.leaves_at = self.timeline.opening(date(self.timeline.days[-1].year, plan.from_month, 1))
                office.leavers = max(1, round(count * plan.staff_kept))
        if plan.even_touch:
            self._even_out(load)

    def _even_out(self, load: dict[tuple[str, str], float]) -> None:
        """The same work takes as long in every commune: as in the one with most work, with staff for what comes."""
        communes = sorted(key for key in self.offices if key[0] != COUNTER)
        for name in sorted({name for _, name in communes}):
            own = [key for key in communes if key[1] == name]
            touch = min(self.offices[key].touch for key in own)
            for key in own:
                share = COMMUNE_STAFF.get(name, COMMUNE_STAFF["*"])[1]
                needed = load[key] * touch / (share * self.dial * self.timeline.end)
                self.offices[key].touch = touch
                self.offices[key].free = list(range(max(1, math.ceil(needed - 0.25))))

    @staticmethod
    def _office_key(case: Case, step: PlannedStep) -> tuple[str, str]:
        return case.unit_code, step.office_code

    def _office(self, walk: Walk) -> Office:
        return self.offices[self._office_key(walk.case, self._step(walk))]

    @staticmethod
    def _step(walk: Walk) -> PlannedStep:
        return walk.procedure.steps[walk.at]

    # --- what happens ---------------------------------------------------------------------------------------

    def _push(self, when: float, kind: str, walk: Walk, staff: int = -1) -> None:
        self.serial += 1
        heapq.heappush(self.events, (when, self.serial, kind, walk, staff))

    def _arrive(self, walk: Walk, now: float) -> None:
        """A dossier reaches its next step: the record opens, the wait begins."""
        step, case = self._step(walk), walk.case
        case.steps.append(
            StepRun(step_no=step.step_no, task=step.task, office_code=step.office_code,
                    planned_days=step.planned_days, arrived_at=self.timeline.instant(now), is_paused=step.is_paused)
        )  # fmt: skip
        if step.is_paused:
            self._begin_pause(walk, now, FINANCIAL, _TAX_REASON)
        elif self._wants_supplement(walk, step):
            return self._ask_supplement(walk, now)
        return self._push(now + self._wait(walk, step), "ready", walk)

    def _wait(self, walk: Walk, step: PlannedStep) -> float:
        plan = self.world.plan
        pace = walk.procedure.pace * (plan.slow_unit_pace if walk.case.unit_code == plan.slow_unit else 1)
        pace = 0.7 if step.is_paused else pace * self.dial
        draw = walk.draws[walk.at % 12]
        mood = 0.7 + 0.5 * walk.draws[12] + (0.55 if walk.draws[13] > 0.93 else 0.0)
        wait = step.planned_days * DAY_MINUTES * pace * mood * (0.6 + 0.75 * draw) * walk.delay - 15.0
        return max(2.0, wait)

    def _serve(self, office: Office, now: float) -> None:
        while office.free and office.waiting:
            staff = heapq.heappop(office.free)
            if staff >= office.leavers and now >= office.leaves_at:
                continue  # away from now on: not put back
            walk = office.waiting.popleft()
            step = self._step(walk)
            run = walk.case.steps[-1]
            run.staff = f"{office.name}{staff + 1:02d}"
            run.started_at = self.timeline.instant(now)
            touch = min(_MAX_TOUCH, _base_touch(step) * office.touch) * (0.6 + 0.8 * walk.draws[14 + walk.at % 10])
            self._push(now + max(1.0, touch), "done", walk, staff)

    def _finished(self, walk: Walk, now: float, staff: int) -> None:
        office, case, run = self._office(walk), walk.case, walk.case.steps[-1]
        run.finished_at = self.timeline.instant(now)
        heapq.heappush(office.free, staff)
        if case.will_be_refused:
            case.refused_at, case.refusal_reason = run.finished_at, refusal_reason(case.number)
        elif case.will_leave and walk.at == 1:
            case.left_at = run.finished_at
        elif self._step(walk).is_paused:
            self._push(now + self._payment(walk), "paid", walk)
        else:
            self._advance(walk, now)
        self._serve(office, now)

    def _advance(self, walk: Walk, now: float) -> None:
        walk.at += 1
        if walk.at < len(walk.procedure.steps):
            return self._arrive(walk, now)
        case = walk.case
        case.finished_at = self.timeline.instant(now)
        pick_up = now + 40 + DAY_MINUTES * 7 * walk.draws[24] ** 2
        if walk.draws[25] < 0.97 and pick_up < self.timeline.end:
            case.returned_at = self.timeline.instant(pick_up)
        return None

    # --- pauses -------------------------------------------------------------------------------------------

    def _wants_supplement(self, walk: Walk, step: PlannedStep) -> bool:
        """Asked once or twice, at the specialist's step only."""
        if step.office_code != walk.procedure.specialist or walk.case.will_leave or walk.supplements >= 2:
            return False
        return walk.draws[26 + walk.supplements] < (0.13 if walk.supplements == 0 else 0.14)

    def _ask_supplement(self, walk: Walk, now: float) -> None:
        reason = _SUPPLEMENTS[int(walk.draws[28] * len(_SUPPLEMENTS))]
        self._begin_pause(walk, now + 60, SUPPLEMENT, reason)
        walk.supplements += 1
        slowly = walk.draws[28 + walk.supplements]
        days = 150.0 if slowly > 0.78 else 1.0 + 12.0 * slowly**1.5
        self._push(now + 60 + days * DAY_MINUTES, "resume", walk)

    def _resume(self, walk: Walk, now: float) -> None:
        self._close_pause(walk, now)
        if self._wants_supplement(walk, self._step(walk)):
            return self._ask_supplement(walk, now)
        return self._push(now + self._wait(walk, self._step(walk)), "ready", walk)

    def _payment(self, walk: Walk) -> float:
        slowly = walk.draws[32]
        return DAY_MINUTES * (150.0 if slowly > 0.78 else 0.5 + 9.0 * slowly**1.3)

    def _end_pause(self, walk: Walk, now: float) -> None:
        self._close_pause(walk, now)
        self._advance(walk, now)

    def _begin_pause(self, walk: Walk, now: float, kind: str, reason: str) -> None:
        if now >= self.timeline.end:
            return
        case = walk.case
        first = 11 if kind == FINANCIAL else 1
        number = first + sum(pause.kind == kind for pause in case.pauses)
        case.pauses.append(
            PauseRun(pause_no=number, kind=kind, started_at=self.timeline.instant(now), reason=reason,
                     old_due_at=case.final_due_at)
        )  # fmt: skip

    def _close_pause(self, walk: Walk, now: float) -> None:
        """The pause ends: the due date moves by the working time it took."""
        case = walk.case
        pause = case.pauses[-1]
        pause.ended_at = self.timeline.instant(now)
        stood = paused_days(((p.started_at, p.ended_at) for p in case.pauses if p.ended_at), self.world.calendar)
        day = due_date(case.received_at, walk.procedure.limit, self.world.calendar, paused_working_days=stood)
        pause.new_due_at = datetime.combine(day, datetime.min.time()) + timedelta(hours=17)


def _base_touch(step: PlannedStep) -> float:
    """Relative minutes of work in a step, before the office's own factor."""
    return 12.0 + 14.0 * min(step.planned_days, 6.0)


def _offset(at: datetime) -> int:
    """Minutes of office time passed by an instant within office hours."""
    minutes = at.hour * 60 + at.minute
    return minutes - 420 if minutes < 690 else minutes - 810 + 270
