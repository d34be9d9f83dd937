"""Whether two units' patterns take the same file: then one of them would read what the other handed in.

A file name is made that both patterns match, by walking the two side by side; none can be made, none is there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import cache

from domain.errors import KnownError
from pipelines.unit import Unit, filled_place

_ANY_FOLDERS = "**"
# Two days, whose months and days have no digit in common: a pattern may write part of a night out.
_APART = timedelta(days=48)


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A unit's pattern as its file has it, and filled in for one night."""

    unit: str
    key: str
    place: str
    filled: str


def check_places(units: Sequence[Unit]) -> None:
    """Refuse two units that take the same file on a night. Two sources of one unit may. Raises E-SITE-PLACE."""
    for night in _nights(units):
        patterns = [pattern for unit in units if unit.is_valid_on(night) for pattern in _patterns(unit, str(night))]
        for one, other in _near(patterns):
            name = common_name(one.filled, other.filled)
            if name is not None:
                raise KnownError(
                    "E-SITE-PLACE",
                    f"units [{one.unit}] and [{other.unit}] take the same file, for example [{name}]: "
                    f"file [units/{one.unit}.yml], key [{one.key}]: [{one.place}]; "
                    f"file [units/{other.unit}.yml], key [{other.key}]: [{other.place}].",
                    mend="give each unit a folder or a name of its own: {night}/{unit}/…",
                )


def common_name(one: str, other: str) -> str | None:
    """A path that both globs match, None when there is none; `**` stands for any folders."""
    return _paths(tuple(one.split("/")), tuple(other.split("/")))


@cache
def _paths(one: tuple[str, ...], other: tuple[str, ...]) -> str | None:
    for left, right in ((one, other), (other, one)):
        if left and left[0] == _ANY_FOLDERS:
            skipped = _paths(left[1:], right)
            if skipped is not None or not right:
                return skipped
            further = _paths(left, right[1:])
            own = "x" if right[0] == _ANY_FOLDERS else _names(_pieces(right[0]), ("*",))
            return None if further is None or own is None else f"{own}/{further}".rstrip("/")
    if not one or not other:
        return "" if one == other else None
    own, rest = _names(_pieces(one[0]), _pieces(other[0])), _paths(one[1:], other[1:])
    return None if own is None or rest is None else f"{own}/{rest}".rstrip("/")


@cache
def _names(one: tuple[str, ...], other: tuple[str, ...]) -> str | None:
    """A name of no folder that both match."""
    for left, right in ((one, other), (other, one)):
        if left and left[0] == "*":
            skipped = _names(left[1:], right)
            if skipped is not None or not right:
                return skipped
            further = _names(left, right[1:])
            own = "" if right[0] == "*" else _letter(right[0], "?")
            return None if further is None or own is None else own + further
    if not one or not other:
        return "" if one == other else None
    own, rest = _letter(one[0], other[0]), _names(one[1:], other[1:])
    return None if own is None or rest is None else own + rest


def _letter(one: str, other: str) -> str | None:
    """A letter that both pieces match: where sets of letters meet, they meet at an end of one of their ranges."""
    ends = {chr(min(max(ord(char) + step, 33), 0x10FFFF)) for char in one + other for step in (-1, 0, 1)}
    return next((c for c in sorted({*ends, "x"} - {"/"}) if fnmatchcase(c, one) and fnmatchcase(c, other)), None)


@cache
def _pieces(segment: str) -> tuple[str, ...]:
    """The pieces of one segment, each for one letter but `*`: a letter that has a meaning in a glob is put in [ ]."""
    found: list[str] = []
    place = 0
    while place < len(segment):
        # as fnmatch reads it: a ] that comes first, after an optional !, is one of the set
        end = (
            segment.find("]", place + (3 if segment[place + 1 : place + 2] == "!" else 2))
            if segment[place] == "["
            else -1
        )
        stop = end + 1 if end > place else place + 1
        piece = segment[place:stop]
        found.append("[[]" if piece == "[" else piece)
        place = stop
    return tuple(found)


def _patterns(unit: Unit, night: str) -> Iterator[Pattern]:
    for number, source in enumerate(unit.sources):
        places = {"place": source.place} | ({"control.place": source.control.place} if source.control else {})
        for key, place in places.items():
            filled = filled_place(place, unit=unit.code, night=night)
            yield Pattern(unit=unit.code, key=f"sources.{number}.{key}", place=place, filled=filled)


def _nights(units: Sequence[Unit]) -> list[date]:
    """Nights among which every two units that exist together share one: each unit's first, and one apart from it."""
    firsts = {unit.valid_from for unit in units}
    return sorted(firsts | {day + _APART for day in firsts})


def _near(patterns: Iterable[Pattern]) -> Iterator[tuple[Pattern, Pattern]]:
    """Pairs of two units whose plain beginnings and ends agree; all others cannot meet, and are most by far."""
    ends = [(_beginning(pattern.filled), _end(pattern.filled), pattern) for pattern in patterns]
    ends.sort(key=lambda each: each[0])
    for number, (begin, end, pattern) in enumerate(ends):
        for begin_2, end_2, other in ends[number + 1 :]:
            if not begin_2.startswith(begin):
                break
            if other.unit != pattern.unit and (end.endswith(end_2) or end_2.endswith(end)):
                yield pattern, other


def _beginning(filled: str) -> str:
    return filled[: min((filled.find(mark) for mark in "*?[" if mark in filled), default=len(filled))]


def _end(filled: str) -> str:
    return filled[max(filled.rfind(mark) for mark in "*?]") + 1 :].lstrip("/")
