"""When a unit is due to hand in (`expects` of its file): every night, working days, some weekdays, a week, a month.

A week or a month is due by its last working day: then something must have come on one of its nights.
"""

from datetime import date, timedelta
from typing import Final

from domain.calendar import WorkCalendar

EVERY_NIGHT: Final = "every_night"
WORKING_DAYS: Final = "working_days"
WEEKLY: Final = "weekly"
MONTHLY: Final = "monthly"
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def due_since(expects: str, night: date, calendar: WorkCalendar) -> date | None:
    """The first night on which what is due on `night` may have come; None when nothing is due on it.

    `expects` is one of the words above, or weekdays joined by commas. A weekday that is a day off is not due;
    Saturday and Sunday are where they are named. Raises KnownError E-CALENDAR-RANGE outside the calendar.
    """
    if expects == EVERY_NIGHT:
        return night
    if expects in (WEEKLY, MONTHLY):
        is_last = calendar.is_working(night) and not any(map(calendar.is_working, _rest(expects, night)))
        return _first(expects, night) if is_last else None
    if expects == WORKING_DAYS:
        return night if calendar.is_working(night) else None
    is_named = WEEKDAYS[night.weekday()] in expects.split(",")
    return night if is_named and (night.weekday() >= WEEKDAYS.index("sat") or calendar.is_working(night)) else None


def _first(expects: str, night: date) -> date:
    return night.replace(day=1) if expects == MONTHLY else night - timedelta(days=night.weekday())


def _rest(expects: str, night: date) -> list[date]:
    """The days of the same week or month that are still to come."""
    days = (night + timedelta(days=each) for each in range(1, 32))
    return [day for day in days if _first(expects, day) == _first(expects, night)]
