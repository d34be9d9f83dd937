"""Office time as one number: the minute of office hours since the first simulated day (480 a working day)."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from domain.calendar import WorkCalendar

DAY_MINUTES = 480
MORNING_MINUTES = 270
_OPENING = datetime.combine(date.min, time(7, 0))
_AFTERNOON = datetime.combine(date.min, time(13, 30))


@dataclass(frozen=True)
class Timeline:
    """Working days in order; minute m lies on day m // 480, 07:00-11:30 then 13:30-17:00 (never 17:00 itself)."""

    days: tuple[date, ...]
    last: date

    @classmethod
    def build(cls, calendar: WorkCalendar, first: date, last: date) -> "Timeline":
        """The timeline of the working days from `first` to `last`, both included."""
        span = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return cls(days=tuple(day for day in span if calendar.is_working(day)), last=last)

    @property
    def end(self) -> int:
        """The first minute that is past the last day."""
        return len(self.days) * DAY_MINUTES

    def day(self, minute: float) -> date:
        """The day a minute lies on."""
        return self.days[int(minute) // DAY_MINUTES]

    def instant(self, minute: float) -> datetime:
        """The wall-clock instant of an office minute."""
        whole = int(minute)
        offset = whole % DAY_MINUTES
        start = (
            _OPENING + timedelta(minutes=offset)
            if offset < MORNING_MINUTES
            else _AFTERNOON + timedelta(minutes=offset - MORNING_MINUTES)
        )
        return datetime.combine(self.days[whole // DAY_MINUTES], start.time())

    def opening(self, day: date) -> int:
        """The first office minute on or after a day (the end when there is none)."""
        return bisect_left(self.days, day) * DAY_MINUTES

    def closing(self, day: date) -> int:
        """The first office minute after a day."""
        return bisect_right(self.days, day) * DAY_MINUTES
