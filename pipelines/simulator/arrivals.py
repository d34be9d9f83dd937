"""Who comes when: arrivals by weekday, season and hour, and what will become of each dossier at the counter."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from domain.clock import due_dates
from pipelines.simulator.case import Case
from pipelines.simulator.people import made_up_people
from pipelines.simulator.timeline import DAY_MINUTES, Timeline
from pipelines.simulator.world import (
    COMMUNE_RECEIVED,
    COMMUNE_SHARES,
    NOT_ACCEPTED,
    RECEIVED,
    Procedure,
    World,
    volumes,
)

_WEEKDAY = (1.28, 1.10, 1.0, 0.93, 0.84, 1.0, 1.0)
_MONTH = (0.85, 1.0, 1.08, 1.0, 1.0, 0.97, 0.95, 0.96, 0.98, 1.05, 1.2, 1.5)
_NEW_YEAR = "Tết Nguyên Đán"
_COUNTER = "DG-MC"
# (unit, month, day): the first comer of the Monday on or after this day came on the Saturday before.
_SATURDAYS = (
    (_COUNTER, 10, 14),
    (_COUNTER, 11, 11),
    (_COUNTER, 12, 2),
    (_COUNTER, 12, 16),
    ("DG-QK", 11, 18),
    ("DG-QS", 12, 9),
)
_REFUSALS = (
    "Hồ sơ không thuộc thẩm quyền giải quyết",
    "Thiếu giấy tờ bắt buộc, không bổ sung được tại chỗ",
    "Thửa đất đang có tranh chấp",
    "Giấy tờ nộp không hợp lệ",
    "Không đủ điều kiện theo quy định",
)


def refusal_reason(number: int) -> str:
    """A written reason for refusing dossier `number`."""
    return _REFUSALS[number % len(_REFUSALS)]


def day_weights(timeline: Timeline, new_years: dict[int, date]) -> np.ndarray:
    """How busy each working day is: weekday, month, the slump before Tết and the crowd after it."""
    weights = []
    for day in timeline.days:
        weight = _WEEKDAY[day.weekday()] * _MONTH[day.month - 1]
        tet = new_years.get(day.year)
        if tet:
            away = (day - tet).days
            weight *= 0.55 if -12 <= away < 0 else 1.45 if 0 < away <= 25 else 1.0
        weights.append(weight)
    return np.array(weights) / sum(weights)


def _minutes(rng: np.random.Generator, timeline: Timeline, weights: np.ndarray, total: int) -> np.ndarray:
    """Sorted office minutes of `total` arrivals; mornings are fuller, nobody comes in the last half hour."""
    days = rng.choice(len(timeline.days), size=total, p=weights)
    morning = rng.random(total) < 0.62
    early = rng.beta(1.6, 2.2, size=total) * 260
    late = 275 + rng.beta(1.5, 2.0, size=total) * 170
    return np.sort(days * DAY_MINUTES + np.where(morning, early, late).astype(int))


def _late_days(rng: np.random.Generator, count: int, share: float) -> np.ndarray:
    """Working days between receipt and entry: 0 for most, 2 to 6 for the ones entered late."""
    return np.where(rng.random(count) < share, rng.integers(2, 7, size=count), 0)


def arrivals(world: World, timeline: Timeline, *, scale: float, years: int, seed: int) -> list[Case]:
    """All dossiers of the district counter and the communes, in order of number. Codes are not yet given."""
    cases: list[Case] = []
    plan = [(_COUNTER, "HUYEN", RECEIVED, NOT_ACCEPTED)]
    plan += [
        (unit, "XA", received, round(received * 0.04))
        for unit, received in zip(COMMUNE_SHARES, _commune_dossiers(world), strict=True)
    ]
    days = world.calendar.days()
    tet = list(days.loc[days["name_vi"] == _NEW_YEAR, "day"])
    weights = day_weights(timeline, {day.year: day for day in tet})
    for stream, (unit, level, received, refused) in enumerate(plan):
        rng = np.random.default_rng([seed, 1, stream])
        total = max(1, round(received * scale * years))
        drawn = volumes(rng, world.asked_for(unit, level), total)
        crowd = _Crowd(unit, drawn, round(refused * scale * years), len(cases), weights)
        cases += _unit_cases(rng, timeline, crowd)
    _receive_on_days_off(cases, world, timeline.days[-1].year)
    _give_due_dates(cases, world)
    return cases


def _commune_dossiers(world: World) -> list[int]:
    """Dossiers a year of each commune."""
    tiny = world.plan.tiny_unit
    return [
        world.plan.tiny_dossiers if unit == tiny else round(COMMUNE_RECEIVED * share)
        for unit, share in COMMUNE_SHARES.items()
    ]


def _receive_on_days_off(cases: list[Case], world: World, year: int) -> None:
    """A few dossiers were taken on a Saturday: first comers of some Mondays, and the last two of the year."""
    first: dict[tuple[str, date], Case] = {}
    for case in cases:
        if not case.will_be_refused:
            first.setdefault((case.unit_code, case.received_at.date()), case)
    for unit, month, day in _SATURDAYS:
        monday = date(year, month, day) + timedelta(days=(7 - date(year, month, day).weekday()) % 7)
        chosen = first.get((unit, monday))
        if chosen:
            _move_to(chosen, monday - timedelta(days=2))
    last = [case for case in cases if case.unit_code == _COUNTER and not case.will_be_refused][-2:]
    saturday = date(year, 12, 30)
    for case in last if not world.calendar.is_working(saturday) else []:
        _move_to(case, saturday)


def _move_to(case: Case, day: date) -> None:
    case.received_at = datetime.combine(day, datetime.min.time()) + timedelta(hours=8, minutes=20 + case.number % 30)
    case.entered_at = case.received_at + timedelta(minutes=6)


@dataclass(frozen=True)
class _Crowd:
    """Who comes to one unit: its procedures in order, how many will be refused, the first number, busy days."""

    unit: str
    drawn: list[Procedure]
    refused: int
    first: int
    weights: np.ndarray


def _unit_cases(rng: np.random.Generator, timeline: Timeline, crowd: _Crowd) -> list[Case]:
    unit, drawn, first = crowd.unit, crowd.drawn, crowd.first
    total = len(drawn)
    minutes = _minutes(rng, timeline, crowd.weights, total)
    late = _late_days(rng, total, {_COUNTER: 0.008, "DG-QS": 0.05}.get(unit, 0.02))
    channels = rng.choice([1, 2, 3], size=total, p=[0.93, 0.03, 0.04])
    home = list(COMMUNE_SHARES).index(unit) if unit in COMMUNE_SHARES else -1
    people = made_up_people(rng, total, [home] * total, first)
    unlucky = set(rng.choice(total, size=min(crowd.refused, total), replace=False).tolist())
    leaving = rng.random(total) if home >= 0 else np.ones(total)
    cases = []
    last = timeline.days[-1]
    for i in range(total):
        received = timeline.instant(minutes[i])
        entered = received + timedelta(minutes=int(2 + i % 9))
        later = int(minutes[i]) // DAY_MINUTES + int(late[i])
        if late[i] and later < len(timeline.days) and timeline.days[later] <= last:
            entered = datetime.combine(timeline.days[later], received.time()) + timedelta(minutes=7)
        procedure = drawn[i]
        cases.append(
            Case(number=first + i, unit_code=unit, proc_core=procedure.core, received_at=received,
                 entered_at=entered, channel=int(channels[i]), person=people[i],
                 office_code=procedure.specialist, fee_vnd=procedure.fee_vnd, will_be_refused=i in unlucky,
                 will_leave="WITHDRAWN" if leaving[i] < 0.008 else "STOPPED" if leaving[i] < 0.012 else "")
        )  # fmt: skip
    return cases


def _give_due_dates(cases: list[Case], world: World) -> None:
    limits = [world.procedures[case.proc_core].limit for case in cases]
    due = due_dates(
        pd.Series([case.received_at for case in cases], dtype="datetime64[us]"),
        pd.Series([limit.quantity for limit in limits], dtype=float),
        pd.Series([limit.unit for limit in limits]),
        world.calendar,
    )
    for case, day in zip(cases, due, strict=True):
        case.due_at = datetime.combine(day.date(), datetime.min.time()).replace(hour=17)


def give_codes(cases: list[Case], world: World) -> None:
    """Dossier codes {identifier}-{yymmdd}-{seq4}: sequential per unit and day, in order of receipt."""
    counters: dict[tuple[str, date], int] = {}
    for case in sorted(cases, key=lambda c: (c.received_at, c.number)):
        day = case.received_at.date()
        seq = counters[case.unit_code, day] = counters.get((case.unit_code, day), 0) + 1
        identifier = world.site.unit(case.unit_code).identifier
        case.code = f"{identifier}-{day:%y%m%d}-{seq:04d}"
