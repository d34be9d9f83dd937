"""Files that lie where a unit hands in and that no unit's source takes: what came and is not read is told.

A file is told to the unit whose code its path holds; one that names no unit, to the first that hands in there.
"""

import os
from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from domain.clean import readable_name
from pipelines.landing import is_whole

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.unit import Unit


def unclaimed(settings: "Settings", night: str, unit: "Unit") -> tuple[str, ...]:
    """Places below the inbox of this night's files nobody takes, that are this unit's to be told; in their order."""
    folders = set(_folders(settings.inbox, night, unit))
    if not folders:
        return ()
    units = [each for each in settings.site.units if each.is_valid_on(date.fromisoformat(night))]
    patterns = [pattern for each in units for pattern in _patterns(night, each)]
    mine = []
    for folder in sorted(folders):
        first = next(each.code for each in units if folder in _folders(settings.inbox, night, each))
        for path in sorted(each for each in folder.iterdir() if each.is_file() and is_whole(each.name)):
            place = readable_name(os.fsencode(path.relative_to(settings.inbox)), longest=200)
            if night in place and not any(_takes(pattern, place) for pattern in patterns):
                mine += [place] if _is_told(unit, place, units, first) else []
    return tuple(mine)


def _patterns(night: str, unit: "Unit") -> list[str]:
    from pipelines.unit import filled_place  # noqa: PLC0415 - pydantic is there by now, with the settings

    places = [source.place for source in unit.sources]
    places += [source.control.place for source in unit.sources if source.control]
    return [filled_place(place, unit=unit.code, night=night) for place in places]


def _folders(inbox: Path, night: str, unit: "Unit") -> Iterator[Path]:
    """The folders a unit's files of a night come into; a place that names no night holds all nights' files."""
    for pattern in _patterns(night, unit):
        head = pattern.rpartition("/")[0]
        if night in pattern:
            yield from (path for path in (inbox.glob(head) if head else [inbox]) if path.is_dir())


def _takes(pattern: str, place: str) -> bool:
    """Whether a glob below the inbox takes a file; `**` stands for any folders."""
    if "**" in pattern:
        return fnmatchcase(place, pattern.replace("**/", "*"))
    parts, names = pattern.split("/"), place.split("/")
    return len(parts) == len(names) and all(map(fnmatchcase, names, parts))


def _is_told(unit: "Unit", place: str, units: "list[Unit]", first: str) -> bool:
    named = [each.code for each in units if each.code.casefold() in place.casefold()]
    return unit.code == (max(named, key=len) if named else first)
