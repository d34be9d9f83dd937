"""What a unit's columns held so far: one that carried values and is gone is a fault, not a blank.

Standard library only.

Kept in the outcome of each night and carried from one to the next; a night that failed adds nothing.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pipelines.landing import staged_folder
from pipelines.outcome import READ
from pipelines.sealed import read_sealed
from pipelines.seen import seen_before

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.unit import Unit

# Source id -> canonical names of the columns that held something.
Carried = Mapping[str, tuple[str, ...]]


def carried_before(settings: "Settings", night: str, unit: "Unit") -> Carried:
    """Of each source, the columns that held values on a collected night before `night` and are mapped still."""
    for one in reversed(seen_before(settings, unit.code, night)):
        data = read_sealed(staged_folder(settings, one.night, unit.code) / "outcome.json") or {}
        if data.get("status") in READ and "filled" in data:
            return with_carried(unit, data["filled"], {})
    return {}


def with_carried(unit: "Unit", filled: Mapping[str, Iterable[str]], carried: Carried) -> dict[str, tuple[str, ...]]:
    """What was filled tonight and what earlier nights carried, of the columns the unit's file maps."""
    return {
        source.id: tuple(
            name for name in source.mapping if name in {*filled.get(source.id, ()), *carried.get(source.id, ())}
        )
        for source in unit.sources
    }
