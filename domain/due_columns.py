"""due_date over whole columns, by array arithmetic on the calendar's running index.

The same rules as domain.clock.due_date, written a second time for speed; tests hold the two together.
Import it from domain.clock.
"""

from dataclasses import dataclass
from datetime import time
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from domain.calendar import WorkCalendar
from domain.errors import KnownError
from domain.instants import HOUR_US, NOON_US, Bools, Days, Floats, Ints, micros, split
from domain.office_hours import OFFICE_HOURS, OfficeHours

UNITS: Final = ("WORKING_DAY", "DAY", "HOUR")
# What arrives later for a same-day result gets it on the next working day.
SAME_DAY_CUT_OFF: Final = time(15)
NOISE: Final = 1e-9  # so that 0.1 + 0.2 days is not rounded up to one half-day more


@dataclass(frozen=True, kw_only=True)
class _Terms:
    """Terms as columns: when each clock starts, and for how long it runs."""

    index: Ints  # work_index of the day it starts
    clock: Ints  # time of day it starts, microseconds
    quantity: Floats
    pause: Floats

    @property
    def half(self) -> Ints:
        return (self.clock >= NOON_US).astype(np.int64)

    def only(self, rows: Bools) -> "_Terms":
        return _Terms(
            index=self.index[rows],
            clock=self.clock[rows],
            quantity=self.quantity[rows],
            pause=self.pause[rows],
        )


def due_dates(  # noqa: PLR0913 - the three columns, the calendar, and two things most callers leave out
    received: pd.Series,
    quantity: pd.Series,
    unit: pd.Series,
    calendar: WorkCalendar,
    *,
    paused_working_days: "pd.Series | float" = 0.0,
    hours: OfficeHours = OFFICE_HOURS,
) -> pd.Series:
    """due_date of every row (datetime64[us]); NaT where an instant, a quantity or a unit is missing.

    No limit, no due date: a missing one is never filled in. A row that ends outside the calendar is a
    KnownError (E-CALENDAR-RANGE).
    """
    days, clock, known = split(received)
    amount = quantity.to_numpy(dtype=float, na_value=np.nan)
    units = unit.astype(object).where(unit.notna(), "").to_numpy()
    pause = np.broadcast_to(np.asarray(paused_working_days, dtype=float), amount.shape)
    known = known & ~np.isnan(amount) & (units != "")
    due = np.full(len(received), np.datetime64("NaT"), dtype="datetime64[us]")
    if known.any():
        terms = _Terms(index=_no_days(known), clock=clock[known], quantity=amount[known], pause=pause[known])
        check_terms(terms.quantity, terms.pause, units[known])
        due[known] = _ends(_started(terms, days[known], calendar, hours), units[known], calendar, hours)
    return pd.Series(due, index=received.index, name="due_on")


def halves_of(days: Floats) -> Ints:
    """Half-days in `days`, a part of one counted as one."""
    return np.maximum(np.ceil(2 * days - NOISE), 0).astype(np.int64)


def check_terms(quantity: Floats, pause: Floats, units: npt.NDArray[np.object_]) -> None:
    """Raise E-LIMIT for an unknown unit, or a quantity or pause that is below 0 or endless."""
    unknown = sorted({str(unit) for unit in set(units)} - set(UNITS))
    if unknown:
        raise _bad_limit(f"unit {unknown}")
    for values, word in ((quantity, "quantity"), (pause, "pause")):
        bad = ~(np.isfinite(values) & (values >= 0))
        if bad.any():
            raise _bad_limit(f"{word} [{values[bad][0]}] in [{int(bad.sum())}] row(s)")


def _no_days(known: Bools) -> Ints:
    return np.zeros(int(known.sum()), dtype=np.int64)


def _started(terms: _Terms, days: Days, calendar: WorkCalendar, hours: OfficeHours) -> _Terms:
    """`terms` with each clock started when the office is there to start it."""
    shut = (terms.clock >= hours.closing_us) | ~calendar.are_working(days)
    clock = np.where(shut, hours.opening_us, np.maximum(terms.clock, hours.opening_us))
    too_late = (terms.quantity == 0) & (clock > micros(SAME_DAY_CUT_OFF))
    return _Terms(
        index=calendar.work_indexes(days) + shut,
        clock=clock,
        quantity=np.where(too_late, 1.0, terms.quantity),
        pause=terms.pause,
    )


def _ends(terms: _Terms, units: npt.NDArray[np.object_], calendar: WorkCalendar, hours: OfficeHours) -> Days:
    index = terms.index + (terms.half + halves_of(terms.quantity + terms.pause)) // 2
    for unit, end_of in (("DAY", _day_ends), ("HOUR", _hour_ends)):
        rows = units == unit
        if rows.any():
            index[rows] = end_of(terms.only(rows), calendar, hours)
    return calendar.nth_working_days(index)


def _day_ends(terms: _Terms, calendar: WorkCalendar, _hours: OfficeHours) -> Ints:
    length = np.ceil(terms.quantity - NOISE).astype("timedelta64[D]")
    ends = calendar.nth_working_days(terms.index) + length
    rolled = calendar.work_indexes(ends) + ~calendar.are_working(ends)
    return rolled + (terms.half + halves_of(terms.pause)) // 2


def _hour_ends(terms: _Terms, _calendar: WorkCalendar, hours: OfficeHours) -> Ints:
    spent = hours.worked_us_of(terms.clock) + np.rint(terms.quantity * HOUR_US).astype(np.int64)
    whole = np.maximum((spent - 1) // hours.day_us, 0)  # a term that ends at closing ends that day
    is_afternoon = hours.at_us_of(spent - whole * hours.day_us) >= NOON_US
    return terms.index + whole + (is_afternoon + halves_of(terms.pause)) // 2


def _bad_limit(what: str) -> KnownError:
    return KnownError(
        "E-LIMIT",
        f"{what} is not a term: units are {list(UNITS)}, quantities not below 0.",
        mend="correct the limit in the procedure catalogue",
    )
