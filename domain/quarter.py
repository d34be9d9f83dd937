"""A quarter of a year, written 'YYYY-Qn'."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from domain.errors import KnownError

_PATTERN = re.compile(r"([0-9]{4})-Q([1-4])")


@dataclass(frozen=True, order=True)
class Quarter:
    """Quarter `number` (1-4) of `year`. Quarters sort by time; str() gives '2017-Q4'."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if self.number not in (1, 2, 3, 4):
            raise KnownError("E-QUARTER", f"quarter number [{self.number}] is not 1-4.", mend="write it as 2017-Q4")

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """The quarter written 'YYYY-Qn'; anything else is a KnownError."""
        found = _PATTERN.fullmatch(text)
        if found is None:
            raise KnownError("E-QUARTER", f"[{text}] is not a quarter.", mend="write it as 2017-Q4")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """The quarter that `day` falls in."""
        return cls(day.year, (day.month - 1) // 3 + 1)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next().first - timedelta(days=1)

    def previous(self) -> "Quarter":
        """The quarter before."""
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)

    def next(self) -> "Quarter":
        """The quarter after."""
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-Q{self.number}"
