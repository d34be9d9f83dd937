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
    units = [each for each in settings.site.units if each.is_valid_on(date.fromisoformat(night))]
    mine = list(_mine(settings.inbox, night, unit, units))
    everyone = [pattern for each in units for pattern in _patterns(night, each)] if mine else []
    return tuple(place for place in mine if not _is_taken(everyone, place))


def _mine(inbox: Path, night: str, unit: "Unit", units: "list[Unit]") -> Iterator[str]:
    """Files the unit does not take and would be told: those that name it, or nobody where it is the first.

    In a folder of all units most files are other units' own: they are passed over before anything else is asked.
    """
    own, code = _patterns(night, unit), unit.code.casefold()
    for folder in sorted(set(_folders(inbox, night, unit))):
        is_first: bool | None = None
        for place in _places(inbox, folder):
            if night not in place or _is_taken(own, place):
                continue
            if code not in place.casefold():
                if is_first is None:
                    is_first = unit is next(each for each in units if folder in _folders(inbox, night, each))
                if not is_first:
                    continue
            named = [each.code for each in units if each.code.casefold() in place.casefold()]
            if not named or max(named, key=len) == unit.code:
                yield place


def _places(inbox: Path, folder: Path) -> list[str]:
    """The files of a folder, as their places below the inbox."""
    paths = sorted(each for each in folder.iterdir() if each.is_file() and is_whole(each.name))
    return [readable_name(os.fsencode(path.relative_to(inbox)), longest=200) for path in paths]


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


def _is_taken(patterns: list[str], place: str) -> bool:
    """Whether one of these globs below the inbox takes a file; `**` stands for any folders."""
    names = place.split("/")
    for pattern in patterns:
        parts = pattern.split("/")
        if "**" in pattern:
            if fnmatchcase(place, pattern.replace("**/", "*")):
                return True
        elif len(parts) == len(names) and all(map(fnmatchcase, names, parts)):
            return True
    return False
