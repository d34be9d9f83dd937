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
    mine = sorted({*_mine(settings.inbox, night, unit, units), *_strays(settings.inbox, night, unit, units)})
    everyone = [pattern for each in units for pattern in _patterns(night, each)] if mine else []
    return tuple(place for place in mine if not _is_taken(everyone, place))


def _mine(inbox: Path, night: str, unit: "Unit", units: "list[Unit]") -> Iterator[str]:
    """Files the unit does not take and would be told: those that name it, or nobody where it is the first.

    In a folder of all units most files are other units' own: they are passed over before anything else is asked.
    """
    own, code = _patterns(night, unit), unit.code.casefold()
    for folder in sorted(set(_folders(inbox, night, unit))):
        is_first: bool | None = None
        for place in _places(inbox, folder, night, units):
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


def _strays(inbox: Path, night: str, unit: "Unit", units: "list[Unit]") -> Iterator[str]:
    """Files of the night in no unit's folder: beside them, or in folders of nobody; told to the first unit."""
    tops = sorted({top for pattern in _patterns(night, unit) if (top := _top(inbox, night, pattern)) is not None})
    for top in tops:
        if unit is not next(e for e in units if top in {_top(inbox, night, p) for p in _patterns(night, e)}):
            continue
        if top not in _heads(inbox, night, units):
            yield from _places(inbox, top, night, units)


def _top(inbox: Path, night: str, pattern: str) -> Path | None:
    """The folder of a whole night that a place lies in: the path up to the part that names the night."""
    head = pattern.rpartition("/")[0]
    if night not in head:
        return None
    parts = head.split("/")
    last = next(number for number, part in enumerate(parts) if night in part)
    folder = inbox.joinpath(*parts[: last + 1])
    return folder if folder.is_dir() else None


def _heads(inbox: Path, night: str, units: "list[Unit]") -> set[Path]:
    """Every folder some unit hands in to."""
    return {folder for each in units for folder in _folders(inbox, night, each)}


def _places(inbox: Path, folder: Path, night: str, units: "list[Unit]") -> list[str]:
    """The files of a folder and of those below it that are no unit's own, as their places below the inbox."""
    found: list[Path] = []
    todo = [folder]
    heads: set[Path] | None = None
    while todo:
        entries = sorted(todo.pop().iterdir())
        found += [each for each in entries if each.is_file() and is_whole(each.name)]
        below = [each for each in entries if each.is_dir() and is_whole(each.name)]
        if below:
            heads = _heads(inbox, night, units) if heads is None else heads
            todo += [each for each in below if each not in heads]
    return sorted(readable_name(os.fsencode(path.relative_to(inbox)), longest=200) for path in found)


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
