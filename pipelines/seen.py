"""What a unit handed in on all its nights: bytes by night, kept in one small file a unit. Standard library only.

`<var>/seen/<unit>.json` is made of the manifests and can be deleted at any time: each night in it carries the stamp
of the manifest it was read from, and one whose stamp is another is read again. So asking costs one file and one look
at the disk a night, not all manifests.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.landing import MANIFESTS, landed_nights, raw_folder, read_manifest, staged_folder
from pipelines.sealed import read_sealed, write_sealed

if TYPE_CHECKING:
    from pipelines.settings import Settings

_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class SeenFile:
    """The data bytes of one file on one night."""

    source_id: str
    file_name: str
    sha256: str
    is_replaced: bool


@dataclass(frozen=True, kw_only=True)
class SeenNight:
    """One night of a unit: its data files, and the sources of which a file could not be taken in."""

    night: str
    files: tuple[SeenFile, ...]
    faulty: frozenset[str]


def seen_before(settings: "Settings", unit_code: str, night: str) -> list[SeenNight]:
    """The nights before `night` on which a unit handed something in, in order."""
    path = settings.var / "seen" / f"{unit_code}.json"
    data = read_sealed(path) or {}
    kept: dict[str, Any] = data.get("nights", {}) if data.get("version") == _VERSION else {}
    found: dict[str, Any] = {}
    for one in landed_nights(settings):
        stamp = _stamp(raw_folder(settings, one, unit_code))
        if stamp is None:
            continue
        known = kept.get(one)
        found[one] = (
            known if known and known["stamp"] == stamp else _read(settings, one, unit_code) | {"stamp": stamp}
        )
    if found != kept:
        write_sealed(path, {"version": _VERSION, "nights": found})
    return [_night(one, value) for one, value in sorted(found.items()) if one < night]


def gave_rows(settings: "Settings", night: str, unit_code: str, sha256: str) -> bool:
    """Whether a file's bytes gave rows on a night, as far as is known: what was not read may well have given some."""
    data = read_sealed(staged_folder(settings, night, unit_code) / "outcome.json")
    if data is None:
        return True
    return bool(data.get("rows_of", {}).get(sha256, data.get("rows_in", 1)))


def _stamp(folder: Path) -> str | None:
    """What changes whenever the manifest is written; None where there is no folder."""
    for name in MANIFESTS:
        try:
            stat = (folder / name).stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return f"{name}:{stat.st_ino}:{stat.st_mtime_ns}:{stat.st_size}"
    return "none" if folder.is_dir() else None


def _read(settings: "Settings", night: str, unit_code: str) -> dict[str, Any]:
    manifest = read_manifest(settings, night, unit_code)
    files = [file for file in manifest.files if file.role == "data"] if manifest else []
    faults = [fault for fault in manifest.faults if fault.role == "data"] if manifest else []
    return {
        "files": [[file.source_id, file.file_name, file.sha256, bool(file.replaced_by)] for file in files],
        "faulty": sorted({fault.source_id for fault in faults}),
    }


def _night(night: str, value: dict[str, Any]) -> SeenNight:
    return SeenNight(
        night=night,
        files=tuple(
            SeenFile(source_id=source_id, file_name=name, sha256=sha256, is_replaced=is_replaced)
            for source_id, name, sha256, is_replaced in value["files"]
        ),
        faulty=frozenset(value["faulty"]),
    )
