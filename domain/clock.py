"""The legal clock: when a dossier is due, how much office time has passed, and how it stands to its date.

Law: Civil Code 2015 Art. 147 (the first day is not counted; terms in hours start at once) and Art. 148(5) (a
term that ends on a day off ends on the next working day). "Ngày làm việc" leaves out days off, "ngày" are
calendar days. What arrives at or after closing time, or on a day off, counts as arriving at the next opening.
A pause (supplement, financial obligation) moves the due date by the working time it took.

All instants are naive and in the site's own zone; an aware one is a KnownError (E-TIME-ZONE).
A half-day (buổi) is a morning (before 12:00) or an afternoon.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

import numpy as np
import pandas as pd

from domain.calendar import WorkCalendar
from domain.due_columns import NOISE, SAME_DAY_CUT_OFF, UNITS, check_terms, due_dates
from domain.instants import HOUR_US, NOON_US, check_naive, half_of, split
from domain.office_hours import OFFICE_HOURS, OfficeHours
from domain.status import (
    EARLY,
    IN_TERM,
    LATE,
    NO_DUE,
    NOT_APPLICABLE,
    ON_TIME,
    OVERDUE,
    PAUSED,
    REFUSED,
    STOPPED,
    WITHDRAWN,
)

__all__ = [
    "NOT_TIMED",
    "OFFICE_HOURS",
    "UNITS",
    "Limit",
    "OfficeHours",
    "Unit",
    "add_office_hours",
    "due_date",
    "due_dates",
    "half_days_between",
    "office_hours_between",
    "paused_days",
    "timeliness",
    "timelinesses",
]

Unit = Literal["WORKING_DAY", "DAY", "HOUR"]
# Outcomes that are reported apart from timeliness.
NOT_TIMED: Final = frozenset({REFUSED, WITHDRAWN, STOPPED})


@dataclass(frozen=True)
class Limit:
    """The time a procedure may take. A quantity of 0 days is a same-day procedure."""

    quantity: float
    unit: Unit

    def __post_init__(self) -> None:
        check_terms(np.array([self.quantity], dtype=float), np.zeros(1), np.array([self.unit], dtype=object))


def due_date(
    received_at: datetime,
    limit: Limit,
    calendar: WorkCalendar,
    *,
    paused_working_days: float = 0.0,
    hours: OfficeHours = OFFICE_HOURS,
) -> date:
    """The working day by whose end the result is due.

    A part of a day counts as a half-day: 1.5 days from a morning end the next afternoon. The pauses (in
    half-days; see paused_days) are added to the term.
    """
    check_terms(np.zeros(1), np.array([paused_working_days], dtype=float), np.array([limit.unit], dtype=object))
    start = _effective_start(received_at, calendar, hours)
    if limit.unit == "HOUR":
        end = add_office_hours(start, limit.quantity, calendar, hours=hours)
        return calendar.add_working_days(end.date(), (half_of(end) + _halves(paused_working_days)) // 2)
    quantity = limit.quantity
    if quantity == 0 and start.time() > SAME_DAY_CUT_OFF:
        quantity = 1.0
    if limit.unit == "WORKING_DAY":
        halves = half_of(start) + _halves(quantity + paused_working_days)
        return calendar.add_working_days(start.date(), halves // 2)
    last = calendar.next_working(start.date() + timedelta(days=math.ceil(quantity - NOISE)))
    return calendar.add_working_days(last, (half_of(start) + _halves(paused_working_days)) // 2)


def add_office_hours(
    start: datetime, quantity: float, calendar: WorkCalendar, *, hours: OfficeHours = OFFICE_HOURS
) -> datetime:
    """The instant `quantity` office hours after `start`.

    Outside office hours the count starts at the next opening.
    """
    at = _effective_start(start, calendar, hours)
    left = round(quantity * HOUR_US) + hours.worked_us(at.time())
    whole, rest = divmod(left, hours.day_us)
    if rest == 0 and whole > 0:  # the term ends at closing time, not at the next opening
        whole, rest = whole - 1, hours.day_us
    return datetime.combine(calendar.add_working_days(at.date(), whole), hours.at_us(rest))


def half_days_between(start: pd.Series, end: pd.Series, calendar: WorkCalendar) -> pd.Series:
    """Elapsed working half-days of every row, never below 0; <NA> where an instant is missing (dtype Int64).

    2 * (work_index(end) - work_index(start)) + half(end) - half(start), half 0 before 12:00 and 1 after:
    of the first day only the half-day that passed after arrival is counted.
    """
    first_days, first_clock, first_known = split(start)
    last_days, last_clock, last_known = split(end)
    known = first_known & last_known
    pick = slice(None) if known.all() else known  # a view where nothing is missing
    whole = calendar.work_indexes(last_days[pick]) - calendar.work_indexes(first_days[pick])
    halves = (last_clock[pick] >= NOON_US).astype(np.int64) - (first_clock[pick] >= NOON_US)
    elapsed = np.zeros(len(start), dtype=np.int64)
    elapsed[pick] = np.maximum(2 * whole + halves, 0)
    return pd.Series(pd.arrays.IntegerArray(elapsed, ~known), index=start.index, name="half_days")


def office_hours_between(
    start: datetime, end: datetime, calendar: WorkCalendar, *, hours: OfficeHours = OFFICE_HOURS
) -> float:
    """Hours the office was open between two instants (0 when `end` is not after `start`)."""
    passed = _position(end, calendar, hours) - _position(start, calendar, hours)
    return max(passed, 0) / HOUR_US


def paused_days(pauses: Iterable[tuple[datetime, datetime]], calendar: WorkCalendar) -> float:
    """Working days (in halves) that the clock stood still, however often; overlapping pauses count once."""
    total = 0
    until: datetime | None = None
    for began, ended in sorted(pauses):
        check_naive(began)
        check_naive(ended)
        start = began if until is None else max(began, until)
        if ended > start:
            whole = calendar.working_days_between(start.date(), ended.date())
            total += max(2 * whole + half_of(ended) - half_of(start), 0)
            until = ended
    return total / 2


def timeliness(
    *, due_on: date | None, end_on: date | None, as_of: date, paused: bool = False, outcome: str | None = None
) -> str:
    """How a dossier stands to its due date on the day `as_of`, compared by date.

    Ended by `as_of`: EARLY, ON_TIME or LATE. Not ended: PAUSED while the clock stands still, else IN_TERM
    (due today is in term) or OVERDUE. Without a due date NO_DUE, never on time. An `outcome` of REFUSED,
    WITHDRAWN or STOPPED is NOT_APPLICABLE: reported apart.
    """
    due, end = _day(due_on), _day(end_on)
    if outcome in NOT_TIMED:
        return NOT_APPLICABLE
    if end is None or end > as_of:
        if paused:
            return PAUSED
        return NO_DUE if due is None else (IN_TERM if due >= as_of else OVERDUE)
    if due is None:
        return NO_DUE
    return EARLY if end < due else (ON_TIME if end == due else LATE)


def timelinesses(
    *, due: pd.Series, end: pd.Series, as_of: date, paused: pd.Series, outcome: pd.Series | None = None
) -> pd.Series:
    """timeliness of every row (`due` and `end` are instants or days, compared by date)."""
    due_days, _, has_due = split(due)
    end_days, _, has_end = split(end)
    today = np.datetime64(as_of, "D")
    ended = has_end & (end_days <= today)
    stopped = paused.astype("boolean").fillna(False).to_numpy(dtype=bool)
    apart = np.zeros(len(due), dtype=bool) if outcome is None else outcome.isin(NOT_TIMED).to_numpy(dtype=bool)
    words = np.select(
        [
            apart,
            ~ended & stopped,
            ~has_due,
            ended & (end_days < due_days),
            ended & (end_days == due_days),
            ended,
            due_days >= today,
        ],
        [NOT_APPLICABLE, PAUSED, NO_DUE, EARLY, ON_TIME, LATE, IN_TERM],
        default=OVERDUE,
    )
    return pd.Series(words, index=due.index, name="timeliness", dtype="str")


def _effective_start(at: datetime, calendar: WorkCalendar, hours: OfficeHours) -> datetime:
    """When the clock starts: at once in office hours, else at the next opening."""
    check_naive(at)
    day = at.date()
    if not calendar.is_working(day) or at.time() >= hours.closing:
        return datetime.combine(calendar.add_working_days(day, 1), hours.opening)
    return max(at, datetime.combine(day, hours.opening))


def _position(at: datetime, calendar: WorkCalendar, hours: OfficeHours) -> int:
    """Office microseconds from the calendar's first day to `at`."""
    check_naive(at)
    index = calendar.work_index(at.date())
    if not calendar.is_working(at.date()):
        return index * hours.day_us
    return (index - 1) * hours.day_us + hours.worked_us(at.time())


def _halves(days: float) -> int:
    return max(math.ceil(2 * days - NOISE), 0)


def _day(day: date | None) -> date | None:
    if day is None or pd.isna(day):
        return None
    return day.date() if isinstance(day, datetime) else day
