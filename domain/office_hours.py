"""When an office is open in a day: a morning and an afternoon session."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final

import numpy as np

from domain.errors import KnownError
from domain.instants import Ints, micros, time_of

_TIME: Final = "([0-9]{1,2}:[0-9]{2})"
_PATTERN: Final = re.compile(f"{_TIME}-{_TIME},{_TIME}-{_TIME}")


@dataclass(frozen=True)
class OfficeHours:
    """Opening and closing of the morning and the afternoon session. Lunch is not office time."""

    opening: time = time(7)
    lunch: time = time(11, 30)
    after_lunch: time = time(13, 30)
    closing: time = time(17)

    def __post_init__(self) -> None:
        if not self.opening < self.lunch <= time(12) <= self.after_lunch < self.closing:
            raise _bad_hours(str(self))

    @classmethod
    def parse(cls, text: str) -> "OfficeHours":
        """Office hours written '07:00-11:30,13:30-17:00'."""
        found = _PATTERN.fullmatch(re.sub(r"\s", "", text))
        if found is None:
            raise _bad_hours(text)
        try:
            opening, lunch, after_lunch, closing = (time.fromisoformat(t.zfill(5)) for t in found.groups())
        except ValueError:
            raise _bad_hours(text) from None
        return cls(opening, lunch, after_lunch, closing)

    @classmethod
    def from_pairs(cls, pairs: Sequence[Sequence[str]]) -> "OfficeHours":
        """Office hours written [['07:00', '11:30'], ['13:30', '17:00']]."""
        return cls.parse(",".join("-".join(pair) for pair in pairs))

    def __str__(self) -> str:
        return f"{self.opening:%H:%M}-{self.lunch:%H:%M},{self.after_lunch:%H:%M}-{self.closing:%H:%M}"

    @property
    def seconds(self) -> tuple[int, int, int, int]:
        """Opening, lunch, end of lunch and closing in seconds from midnight."""
        opening, lunch, after_lunch, closing = (
            micros(each) // 1_000_000 for each in (self.opening, self.lunch, self.after_lunch, self.closing)
        )
        return opening, lunch, after_lunch, closing

    @property
    def opening_us(self) -> int:
        """Microseconds from midnight to opening."""
        return micros(self.opening)

    @property
    def closing_us(self) -> int:
        """Microseconds from midnight to closing."""
        return micros(self.closing)

    @property
    def morning_us(self) -> int:
        """Length of the morning session in microseconds."""
        return micros(self.lunch) - micros(self.opening)

    @property
    def day_us(self) -> int:
        """Office time of a day in microseconds."""
        return self.morning_us + micros(self.closing) - micros(self.after_lunch)

    def is_open(self, at: time) -> bool:
        """Whether the office is open at `at` of a working day (closing times are not open)."""
        return self.opening <= at < self.lunch or self.after_lunch <= at < self.closing

    def worked_us(self, at: time) -> int:
        """Office time from opening up to `at`, in microseconds."""
        return int(self.worked_us_of(np.array([micros(at)], dtype=np.int64))[0])

    def worked_us_of(self, clock: Ints) -> Ints:
        """worked_us of many times of day (microseconds from midnight)."""
        morning = np.clip(clock - self.opening_us, 0, self.morning_us)
        afternoon = np.clip(clock - micros(self.after_lunch), 0, self.day_us - self.morning_us)
        return morning + afternoon

    def at_us(self, worked: int) -> time:
        """The time of day by which `worked` microseconds of office time have passed."""
        return time_of(int(self.at_us_of(np.array([worked], dtype=np.int64))[0]))

    def at_us_of(self, worked: Ints) -> Ints:
        """at_us of many amounts, as microseconds from midnight."""
        in_morning = self.opening_us + worked
        in_afternoon = micros(self.after_lunch) + worked - self.morning_us
        return np.where(worked <= self.morning_us, in_morning, in_afternoon)


def _bad_hours(text: str) -> KnownError:
    return KnownError(
        "E-OFFICE-HOURS",
        f"[{text}] is not a morning and an afternoon session around 12:00.",
        mend="write office hours as 07:00-11:30,13:30-17:00",
    )


OFFICE_HOURS: Final = OfficeHours()
