"""A night: the working day whose data are collected. Its text is 'YYYY-MM-DD', so that nights sort by time.

People write days in more ways than one; every door (command line, Airflow, landing) reads them here, and what
is inside is sure to be a day of the calendar.
"""

import re
import unicodedata
from datetime import date, timedelta
from typing import Final

from domain.errors import KnownError
from domain.quarter import YEARS, shown

_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
_MEND: Final = (
    f"write it as 2017-12-31 or, day first, 31/12/2017 (also 31-12-2017, 31.12.2017); years {YEARS[0]} to {YEARS[-1]}"
)


class Night(str):
    """A day of the calendar as text 'YYYY-MM-DD'. Made by `parse`; any other text is a KnownError E-NIGHT."""

    __slots__ = ()

    def __new__(cls, text: str) -> "Night":
        """The night whose text this is, exactly."""
        found = _ISO.fullmatch(text)
        if found is None:
            raise _refusal(text, "is no day")
        return super().__new__(cls, _day_text(*found.groups(), written=text))

    @classmethod
    def parse(cls, text: str) -> "Night":
        """The night a person wrote: ISO, or day first as in Vietnam, with or without 'ngày' before it."""
        plain = unicodedata.normalize("NFC", text).strip()
        plain = plain[4:].strip() if plain[:4].lower() == "ngày" else plain
        found = _DAY_FIRST.fullmatch(plain)
        return cls(_day_text(found[4], found[3], found[1], written=text) if found else plain)

    @classmethod
    def at_door(cls, text: str, *, today: date) -> "Night":
        """`parse`, and no later than tomorrow: a mistyped year would sort after every night there is."""
        night = cls.parse(text)
        if night.day > today + timedelta(days=1):
            raise KnownError(
                "E-NIGHT-AHEAD",
                f"night [{night}] has not come yet (today is [{today}]).",
                mend="name the working day whose data were handed in",
            )
        return night

    @classmethod
    def or_none(cls, text: str) -> "Night | None":
        """The night whose text this is, None for any other text: for names that a machine wrote."""
        try:
            return cls(text)
        except KnownError:
            return None

    @property
    def day(self) -> date:
        """The day itself."""
        return date.fromisoformat(self)


def _day_text(year: str, month: str, day: str, *, written: str) -> str:
    """'YYYY-MM-DD' of a day that exists, in a year that can be."""
    if int(year) not in YEARS:
        raise _refusal(written, f"is no day: year [{year}] is out of range")
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise _refusal(written, "is no day: it is not in the calendar") from None


def _refusal(text: str, why: str) -> KnownError:
    return KnownError("E-NIGHT", f"[{shown(text)}] {why}.", mend=_MEND)
