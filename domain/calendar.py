"""The working calendar of the public sector: weekends, days off, make-up working days.

Law: Labour Code 2012 Art. 115 (to 2020) and 2019 Art. 111-112 (since 2021); the Government's yearly notices
swap working days, and such make-up Saturdays count as working days for terms. A day may be unconfirmed
(`confirmed` false): it is kept as the row says, and shown as such.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from domain.errors import KnownError
from domain.instants import Days, Ints
from domain.office_hours import OFFICE_HOURS

OFF: Final = "OFF"
MAKEUP: Final = "MAKEUP"
WORK: Final = "WORK"
WEEKEND: Final = "WEEKEND"
SHIPPED_CALENDAR: Final[Traversable] = resources.files("domain") / "data" / "calendar_vn.csv"

# Opening, lunch, end of lunch, closing of a working day, in seconds from midnight.
Sessions = tuple[int, int, int, int]
SESSION_COLUMNS: Final = ("opening_s", "lunch_s", "after_lunch_s", "closing_s")
OFFICE_SESSIONS: Final[Sessions] = OFFICE_HOURS.seconds

_KINDS: Final = {"OFF": OFF, "MAKEUP": MAKEUP, "MAKEUP_WORKDAY": MAKEUP}
_CONFIRMED: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, kw_only=True)
class DayRow:
    """One day that differs from its weekday: `kind` OFF (a day off) or MAKEUP (a working weekend day)."""

    day: date
    kind: str
    name_vi: str
    source: str
    confirmed: bool = True


class WorkCalendar:
    """Which days between `first` and `last` (both included) are working days.

    A date outside that range is a KnownError (E-CALENDAR-RANGE), never a guess.
    """

    def __init__(self, rows: dict[date, DayRow], first: date, last: date) -> None:
        self.first, self.last = first, last
        self._rows = rows
        self._start = first.toordinal()
        weekdays = (np.arange((last - first).days + 1) + first.weekday()) % 7
        working = weekdays < 5
        for day, row in rows.items():
            working[day.toordinal() - self._start] = row.kind == MAKEUP
        self._working: npt.NDArray[np.bool_] = working
        self._index: Ints = np.cumsum(working).astype(np.int64)
        self._offsets: Ints = np.flatnonzero(working).astype(np.int64)

    @classmethod
    def from_rows(
        cls, rows: Iterable[DayRow], first: date, last: date, *, count_unconfirmed: bool = True
    ) -> "WorkCalendar":
        """The calendar of `first`-`last` with `rows` laid over the weekends; rows outside are left out.

        `count_unconfirmed` false drops unconfirmed rows, so such a day is what its weekday says.
        """
        if last < first:
            raise KnownError(
                "E-CALENDAR-RANGE",
                f"calendar ends [{last}] before it starts [{first}].",
                mend="swap the two dates",
            )
        kept: dict[date, DayRow] = {}
        for row in rows:
            if row.kind not in (OFF, MAKEUP):
                raise _bad_row(f"day [{row.day}] has kind [{row.kind}]", "use OFF or MAKEUP")
            if row.day in kept and kept[row.day].kind != row.kind:
                raise _bad_row(f"day [{row.day}] is both OFF and MAKEUP", "keep the one the notice says")
            if first <= row.day <= last and (row.confirmed or count_unconfirmed):
                kept[row.day] = row
        return cls(dict(sorted(kept.items())), first, last)

    @property
    def unconfirmed(self) -> list[DayRow]:
        """The days counted as their row says although no legal text was seen."""
        return [row for row in self._rows.values() if not row.confirmed]

    def is_working(self, d: date) -> bool:
        """Whether offices work on `d`."""
        return bool(self._working[self._offset(d)])

    def work_index(self, d: date) -> int:
        """The number of working days from the calendar's first day up to and including `d`."""
        return int(self._index[self._offset(d)])

    def next_working(self, d: date) -> date:
        """`d` itself if it is a working day, else the next one."""
        return d if self.is_working(d) else self.add_working_days(d, 1)

    def add_working_days(self, d: date, n: int) -> date:
        """The n-th working day after `d` (before it when n < 0), `d` not counted; n = 0 is `d` itself."""
        if n == 0:
            return d
        before = self.work_index(d) - (n < 0 and self.is_working(d))
        return self._nth(before + n + (n < 0), f"[{n}] working days from [{d}]")

    def working_days_between(self, a: date, b: date) -> int:
        """Working days after `a` up to and including `b` (first day not counted); negative if b < a."""
        return self.work_index(b) - self.work_index(a)

    def days(self, sessions: Sessions = OFFICE_SESSIONS) -> pd.DataFrame:
        """Every day of the calendar, one row each.

        Gives: day (date), is_working, work_index, kind (WORK, WEEKEND, OFF, MAKEUP), name_vi, source,
        confirmed; opening_s, lunch_s, after_lunch_s, closing_s: the office's sessions in seconds from midnight
        """
        every = [self.first + timedelta(days=offset) for offset in range(len(self._working))]
        plain = DayRow(day=self.first, kind="", name_vi="", source="")
        rows = [self._rows.get(day, plain) for day in every]
        kinds = [r.kind or (WORK if day.weekday() < 5 else WEEKEND) for day, r in zip(every, rows, strict=True)]
        return pd.DataFrame(
            {
                "day": pd.Series(every, dtype=object),
                "is_working": self._working.copy(),
                "work_index": self._index.copy(),
                "kind": kinds,
                "name_vi": [row.name_vi for row in rows],
                "source": [row.source for row in rows],
                "confirmed": [row.confirmed for row in rows],
            }
            | dict(zip(SESSION_COLUMNS, sessions, strict=True))
        )

    def work_indexes(self, days: Days) -> Ints:
        """work_index of many days at once (datetime64[D], no NaT)."""
        return self._index[self._offset_array(days)]

    def are_working(self, days: Days) -> npt.NDArray[np.bool_]:
        """is_working of many days at once (datetime64[D], no NaT)."""
        return self._working[self._offset_array(days)]

    def nth_working_days(self, indexes: Ints) -> Days:
        """The working days whose work_index is given (1 = the calendar's first working day)."""
        outside = (indexes < 1) | (indexes > len(self._offsets))
        if outside.any():
            raise self._outside(f"[{int(outside.sum())}] due date(s)")
        return np.datetime64(self.first, "D") + self._offsets[indexes - 1].astype("timedelta64[D]")

    def _nth(self, index: int, what: str) -> date:
        if not 1 <= index <= len(self._offsets):
            raise self._outside(what)
        return date.fromordinal(self._start + int(self._offsets[index - 1]))

    def _offset(self, d: date) -> int:
        offset = d.toordinal() - self._start
        if not 0 <= offset < len(self._working):
            raise self._outside(f"day [{d:%Y-%m-%d}]")
        return offset

    def _offset_array(self, days: Days) -> Ints:
        offsets = (days - np.datetime64(self.first, "D")).astype(np.int64)
        outside = (offsets < 0) | (offsets >= len(self._working))
        if outside.any():
            raise self._outside(f"[{int(outside.sum())}] day(s), the first of them [{days[outside][0]}]")
        return offsets

    def _outside(self, what: str) -> KnownError:
        return KnownError(
            "E-CALENDAR-RANGE",
            f"{what} outside the working calendar [{self.first}]..[{self.last}].",
            mend="add the missing years to calendar.csv, or correct the date at its source",
        )


def _bad_row(what: str, mend: str) -> KnownError:
    return KnownError("E-CALENDAR-ROW", f"working calendar: {what}.", mend=mend)


def read_day_rows(path: Path | Traversable | None = None) -> list[DayRow]:
    """The rows of a calendar CSV (date, kind, name_vi, source and optionally confirmed), in date order.

    None reads the calendar shipped with the product (2016-2026). Without a `confirmed` column a row counts
    as confirmed unless its source says UNCONFIRMED.
    """
    place: Path | Traversable = SHIPPED_CALENDAR if path is None else path
    with place.open(encoding="utf-8-sig") as handle:
        reader = csv.DictReader(handle)
        missing = {"date", "kind", "name_vi", "source"} - set(reader.fieldnames or [])
        if missing:
            raise _bad_row(f"[{place.name}] has no column {sorted(missing)}", "add the column, empty if unknown")
        rows = [_day_row(record, f"[{place.name}] line [{reader.line_num}]") for record in reader]
    return sorted(rows, key=lambda row: row.day)


def _day_row(record: dict[str, str | None], where: str) -> DayRow:
    text = {key: (value or "").strip() for key, value in record.items() if isinstance(key, str)}
    try:
        day = date.fromisoformat(text["date"])
    except ValueError:
        raise _bad_row(f"{where}: date [{text['date']}] is not a day", "write it as 2017-12-31") from None
    kind = _KINDS.get(text["kind"])
    if kind is None:
        raise _bad_row(f"{where}: kind [{text['kind']}]", "use OFF or MAKEUP")
    mark = text.get("confirmed", "").lower()
    if mark and mark not in _CONFIRMED:
        raise _bad_row(f"{where}: confirmed [{mark}]", "use true or false")
    confirmed = _CONFIRMED[mark] if mark else "UNCONFIRMED" not in text["source"]
    return DayRow(day=day, kind=kind, name_vi=text["name_vi"], source=text["source"], confirmed=confirmed)


def read_calendar_csv(
    path: Path | Traversable | None = None,
    *,
    first: date | None = None,
    last: date | None = None,
    count_unconfirmed: bool = True,
) -> WorkCalendar:
    """The calendar a CSV describes; None is the one shipped with the product.

    It covers the whole years the file has rows for, unless `first` and `last` say otherwise: years that the
    file does not have are then filled from python-holidays and marked unconfirmed.
    """
    rows = read_day_rows(path)
    if not rows and (first is None or last is None):
        raise _bad_row("the file holds no day", "list the days off of at least one year")
    start = first or date(rows[0].day.year, 1, 1)
    end = last or date(rows[-1].day.year, 12, 31)
    have = {row.day.year for row in rows}
    lacking = [year for year in range(start.year, end.year + 1) if year not in have]
    kept = [row for row in rows if row.confirmed or count_unconfirmed]
    filled = [*kept, *(row for year in lacking for row in _python_holidays(year))]
    return WorkCalendar.from_rows(filled, start, end)


def default_calendar(first: date, last: date) -> WorkCalendar:
    """The shipped calendar over `first`-`last`, with python-holidays for the years it does not have."""
    return read_calendar_csv(None, first=first, last=last)


def _python_holidays(year: int) -> Iterator[DayRow]:
    """The days off and make-up days of `year` as the holidays package knows them, all unconfirmed."""
    import holidays  # noqa: PLC0415 - only where a year is not in the file: it is slow to import

    source = f"python-holidays {metadata.version('holidays')}"
    known = holidays.country_holidays("VN", years=year, language="vi")
    for day, name in sorted(known.items()):
        yield DayRow(day=day, kind=OFF, name_vi=name, source=source, confirmed=False)
    for day in sorted(known.weekend_workdays):
        if day.year == year:
            yield DayRow(day=day, kind=MAKEUP, name_vi="Làm bù", source=source, confirmed=False)
