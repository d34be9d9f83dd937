"""What a night's list of files becomes when files come in: it only grows. Standard library only.

A file is known by its place below the inbox. One that left the inbox stays; one that came anew with other bytes
counts instead of the older, whose bytes stay too. The list is the same in whatever order things came.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from domain.clean import readable_name
from pipelines.landing import LandedFault, LandedFile, Manifest

Key = tuple[str, str, str]
# How a place is written whose bytes are no UTF-8: JSON holds text only.
_BYTES = "hex:"


def place_of(raw: bytes) -> str:
    """A path below the inbox as text, one for each, whatever bytes the disk holds."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _BYTES + raw.hex()


def names_of(places: Iterable[str], others: Iterable[str] = ()) -> dict[str, str]:
    """What each file is called: its own name, its path below the inbox where two have the same, else with a mark.

    Names that are not UTF-8 may read the same: then the mark is from the bytes. `others` are names taken already.
    """
    raw = {place: _raw(place) for place in sorted(set(places))}
    own = {place: _own(path) for place, path in raw.items()}
    count = Counter([*own.values(), *others])
    names = {place: own[place] if count[own[place]] == 1 else _longer(path) for place, path in raw.items()}
    twice = {name for name, number in Counter([*names.values(), *others]).items() if number > 1}
    return {place: f"{name} ({_mark(raw[place])})" if name in twice else name for place, name in names.items()}


def with_places(before: Manifest, came: Mapping[tuple[str, str], Sequence[str]]) -> Manifest:
    """A list of an earlier version, which knew names only, with the places of those that are in the inbox.

    `came` has the places of each (source, role).
    """

    def known(item: "LandedFile | LandedFault") -> str:
        if item.place:
            return item.place
        found = [
            place
            for place in came.get((item.source_id, item.role), ())
            if item.file_name in (_own(_raw(place)), _longer(_raw(place)))
        ]
        return found[0] if len(found) == 1 else ""

    return Manifest(
        files=tuple(replace(file, place=known(file)) for file in before.files),
        faults=tuple(replace(fault, place=known(fault)) for fault in before.faults),
        beside=before.beside,
    )


def grown(before: Manifest, came: Manifest, sources: Sequence[str]) -> Manifest:
    """The list of a night with what came now. `sources`: their ids in the order in which they are read."""
    newest = {_key(file): file.sha256 for file in came.files}
    inbox = {*newest, *map(_key, came.faults)}
    found = {(_key(file), file.sha256): file for file in (*before.files, *came.files)}
    files = [_beside(file, newest) for file in found.values()]
    faults = [*came.faults, *(fault for fault in before.faults if _key(fault) not in inbox)]
    all_of_them: list[LandedFile | LandedFault] = [*files, *faults]
    unplaced = {item.file_name for item in all_of_them if not item.place}
    names = names_of((item.place for item in all_of_them if item.place), unplaced)
    order = {name: number for number, name in enumerate(sources)}

    def rank(item: "LandedFile | LandedFault") -> tuple[bool, int, list[str], bool]:
        place = (item.place or item.file_name).split("/")
        is_replaced = isinstance(item, LandedFile) and bool(item.replaced_by)
        return item.role != "data", order.get(item.source_id, len(order)), place, is_replaced

    return Manifest(
        files=tuple(
            replace(file, file_name=names.get(file.place, file.file_name))
            for file in sorted(files, key=lambda file: (rank(file), file.sha256))
        ),
        faults=tuple(
            replace(fault, file_name=names.get(fault.place, fault.file_name)) for fault in sorted(faults, key=rank)
        ),
        beside=came.beside,  # what lies there now: a file renamed as asked, or taken out, is told no more
    )


def _key(item: "LandedFile | LandedFault") -> Key:
    return item.source_id, item.role, item.place or f"name:{item.file_name}"


def _beside(file: LandedFile, newest: Mapping[Key, str]) -> LandedFile:
    """A file as it stands beside what came now."""
    now = newest.get(_key(file))
    return file if now is None else replace(file, replaced_by="" if now == file.sha256 else now)


def _raw(place: str) -> bytes:
    return bytes.fromhex(place.removeprefix(_BYTES)) if place.startswith(_BYTES) else place.encode()


def _own(raw: bytes) -> str:
    return readable_name(raw.rpartition(b"/")[2])


def _longer(raw: bytes) -> str:
    return readable_name(raw, longest=200)


def _mark(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:8]
