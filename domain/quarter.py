"""A quarter of a year, written 'YYYY-Qn'."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from domain.errors import KnownError

# No record of a one-stop counter is older, and a year beyond is a slip of the finger.
YEARS: Final = range(1990, 2101)

_ROMAN: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_PATTERNS: Final = (
    re.compile(r"(?P<year>[0-9]{4})-q(?P<n>[1-4])"),
    re.compile(r"q(?P<n>[1-4])/(?P<year>[0-9]{4})"),
    re.compile(r"(?P<n>i|ii|iii|iv)/(?P<year>[0-9]{4})"),
    # Only the word before it makes 4/2017 a quarter: alone it is a month.
    re.compile(r"quý\s*(?P<n>[1-4]|i|ii|iii|iv)(?:\s*/\s*|\s+năm\s+)(?P<year>[0-9]{4})"),
)


def shown(text: str) -> str:
    """What a person typed, short enough and safe to show in a message."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:40])


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
        """The quarter a person wrote: 2017-Q4, Q4/2017, IV/2017, quý IV/2017, Quý 4 năm 2017.

        Anything else is a KnownError E-QUARTER.
        """
        plain = unicodedata.normalize("NFC", text).strip().lower()
        found = next((match for pattern in _PATTERNS if (match := pattern.fullmatch(plain))), None)
        if found is None or int(found["year"]) not in YEARS:
            raise KnownError(
                "E-QUARTER",
                f"[{shown(text)}] is not a quarter.",
                mend=f"write it as 2017-Q4 or quý IV/2017; years {YEARS[0]} to {YEARS[-1]}",
            )
        return cls(int(found["year"]), _ROMAN.get(found["n"]) or int(found["n"]))

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
