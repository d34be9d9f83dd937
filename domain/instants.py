"""Instants taken apart: day, time of day, half-day. All are naive, in the site's own zone."""

from datetime import datetime, time
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from domain.errors import KnownError

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
NOON_US: Final = 12 * HOUR_US

Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def micros(at: time) -> int:
    """Microseconds from midnight."""
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond


def time_of(clock: int) -> time:
    """The time of day `clock` microseconds after midnight."""
    seconds, rest = divmod(clock, 1_000_000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, rest)


def half_of(at: datetime) -> int:
    """0 for a morning (before 12:00), 1 for an afternoon."""
    return int(at.hour >= 12)


def check_naive(at: datetime) -> None:
    """Raise E-TIME-ZONE for an instant that carries a time zone."""
    if at.tzinfo is not None:
        raise _aware(f"instant [{at}]")


def split(instants: pd.Series) -> tuple[Days, Ints, Bools]:
    """Each instant as day (datetime64[D]) and microseconds within it, and whether it is there at all.

    Raises E-TIME-ZONE for a column, or a single value in a column of objects, that carries a zone.
    """
    if getattr(instants.dtype, "tz", None) is not None:
        raise _aware(f"column [{instants.name}]")
    if instants.dtype.kind != "M":
        if any(getattr(value, "tzinfo", None) is not None for value in instants.dropna()):
            raise _aware(f"column [{instants.name}]")
        instants = instants.astype("datetime64[us]")
    values = instants.to_numpy(dtype="datetime64[us]")
    known = ~np.isnat(values)
    clock = values.astype(np.int64)
    day_numbers = clock // DAY_US
    return day_numbers.astype("datetime64[D]"), clock - day_numbers * DAY_US, known


def _aware(where: str) -> KnownError:
    return KnownError(
        "E-TIME-ZONE", f"{where} carries a time zone.", mend="convert it to the site's zone and drop the zone"
    )
