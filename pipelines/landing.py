"""The landing zone: raw bytes as handed in, one folder a (night, unit), with a manifest. Standard library only.

`<var>/landing/raw/<night>/<unit>/<first 12 of sha256>/<file name>` and a manifest, twice; bytes are never changed.
`<var>/landing/staged/<night>/<unit>/` holds what `pipelines.stage` makes of them. Personal data stop here.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from domain.clean import readable_name, stored_name
from domain.night import Night
from pipelines.outcome import OutcomeStatus, UnitOutcome
from pipelines.reading.task import STAGED
from pipelines.sealed import read_sealed, sync, write_sealed

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.unit import Unit

_BLOCK = 1 << 20
# Lock files and half-copied files that lie beside the real ones.
_NOT_DATA = ("~$", ".")
_HALF = (".tmp", ".part", ".crdownload", ".filepart")
MANIFESTS = ("manifest.json", "manifest.copy.json")


@dataclass(frozen=True, kw_only=True)
class LandedFile:
    """One file taken in: `stored` is its path below the unit's raw folder, `role` data or control.

    `place` is where it lay below the inbox ('' in lists of an earlier version); `replaced_by` is the SHA-256 of what
    came later in its place, '' when nothing did.
    """

    source_id: str
    file_name: str
    sha256: str
    size: int
    stored: str
    role: str = "data"
    place: str = ""
    replaced_by: str = ""


@dataclass(frozen=True, kw_only=True)
class LandedFault:
    """A file that could not be taken in, said as its outcome will say it."""

    source_id: str
    file_name: str
    text: str
    status: OutcomeStatus
    role: str = "data"
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What was taken in for one unit on one night, in the order of its sources.

    `beside`: places in the inbox of files that no source takes, told to this unit.
    """

    files: tuple[LandedFile, ...] = ()
    faults: tuple[LandedFault, ...] = ()
    beside: tuple[str, ...] = ()

    def data_of(self, source_id: str) -> list[LandedFile]:
        """The data files of a source."""
        return [file for file in self.files if file.source_id == source_id and file.role == "data"]

    def control_of(self, source_id: str) -> list[LandedFile]:
        """The control files of a source."""
        return [file for file in self.files if file.source_id == source_id and file.role == "control"]


def is_whole(name: str) -> bool:
    """Whether a file of this name is handed in: not a lock file, and not half copied."""
    return not name.startswith(_NOT_DATA) and not name.endswith(_HALF)


def raw_folder(settings: "Settings", night: str, unit_code: str) -> Path:
    """Where a unit's raw bytes of a night are."""
    return settings.var / "landing" / "raw" / night / unit_code


def staged_folder(settings: "Settings", night: str, unit_code: str) -> Path:
    """Where a unit's typed rows of a night are."""
    return settings.var / "landing" / "staged" / night / unit_code


def landed_nights(settings: "Settings") -> list[Night]:
    """Nights that landing holds, in order; what else lies there is told by `pipelines.strays`."""
    folder = settings.var / "landing" / "raw"
    names = (path.name for path in folder.iterdir() if path.is_dir()) if folder.exists() else ()
    return sorted(night for night in map(Night.or_none, names) if night)


def read_manifest(settings: "Settings", night: str, unit_code: str) -> Manifest | None:
    """The manifest of a (night, unit), None when nothing was collected.

    It is kept twice; when neither copy is what was written, it is made again from the raw files that are there.
    """
    folder = raw_folder(settings, night, unit_code)
    for name in MANIFESTS:
        data = read_sealed(folder / name)
        if data is not None:
            return Manifest(
                files=tuple(LandedFile(**item) for item in data["files"]),
                faults=tuple(LandedFault(**item) for item in data["faults"]),
                beside=tuple(data.get("beside", ())),
            )
    return _remade_manifest(settings, night, unit_code) if folder.is_dir() else None


def write_manifest(settings: "Settings", night: str, unit_code: str, manifest: Manifest) -> None:
    """Write the manifest last and whole: raw bytes without it do not count."""
    for name in MANIFESTS:
        write_sealed(raw_folder(settings, night, unit_code) / name, asdict(manifest))


def mend_manifest(settings: "Settings", night: str, unit_code: str) -> None:
    """Write the manifest again where a copy of it is gone or damaged."""
    folder = raw_folder(settings, night, unit_code)
    if folder.is_dir() and any(read_sealed(folder / name) is None for name in MANIFESTS):
        manifest = read_manifest(settings, night, unit_code)
        if manifest is not None:
            write_manifest(settings, night, unit_code, manifest)


def _remade_manifest(settings: "Settings", night: str, unit_code: str) -> Manifest | None:
    """What the raw files themselves tell: each lies in a folder named by its hash, under the name it came with.

    Of several that lay in one place of the inbox the one kept last counts, where the unit's file tells the place.
    """
    unit = settings.site.unit(unit_code)
    files: list[LandedFile] = []
    faults: list[LandedFault] = []
    last: dict[str, str] = {}
    paths = [path for path in raw_folder(settings, night, unit_code).glob("[0-9a-f]*/*") if path.is_file()]
    for path in sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.parent.name)):
        sha256, name = digest_of(path), readable_name(os.fsencode(path.name))
        if not sha256.startswith(path.parent.name):
            continue
        source_id, role = unit.source_of(path.name, night) or ("", "")
        if not source_id:
            text = (
                f"E-VUNG-TIEP-NHAN: Bảng kê của vùng tiếp nhận bị hỏng, không rõ tệp [{name}] thuộc nguồn nào. "
                "Cách khắc phục: đề nghị đơn vị nộp lại tệp."
            )
            faults.append(LandedFault(source_id=unit.sources[0].id, file_name=name, text=text, status="FAILED"))
            continue
        file = LandedFile(
            source_id=source_id,
            file_name=name,
            sha256=sha256,
            size=path.stat().st_size,
            stored=f"{path.parent.name}/{path.name}",
            role=role,
            place=_place(unit, (source_id, role), path.name, night),
        )
        last[file.place] = sha256
        files.append(file)
    order = {source.id: number for number, source in enumerate(unit.sources)}
    files = [
        file if not file.place or last[file.place] == file.sha256 else replace(file, replaced_by=last[file.place])
        for file in sorted(files, key=lambda f: (f.role != "data", order[f.source_id], f.file_name, f.sha256))
    ]
    faults.sort(key=lambda fault: fault.file_name)
    return Manifest(files=tuple(files), faults=tuple(faults)) if files or faults else None


def _place(unit: "Unit", source: tuple[str, str], name: str, night: str) -> str:
    """Where below the inbox a file of this name lay; '' when the source's pattern leaves the folder open."""
    from pipelines.unit import filled_place  # noqa: PLC0415 - pydantic is there by now, with the settings

    found = unit.source(source[0])
    pattern = (found.control if source[1] == "control" else found) if found else None
    folder = filled_place(pattern.place, unit=unit.code, night=night).rpartition("/")[0] if pattern else "*"
    return "" if set("*?[") & set(folder) else f"{folder}/{name}".removeprefix("/")


def land_file(blocks: Iterable[bytes], name: str, folder: Path) -> tuple[str, int, str]:
    """Keep a file's bytes in a raw folder under the first 12 digits of their hash: SHA-256, size, stored path.

    They come in blocks, so that a large file takes no memory; the same bytes are left alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".landing.{os.getpid()}.tmp"
    digest, size = hashlib.sha256(), 0
    try:
        with temporary.open("wb") as target:
            for block in blocks:
                digest.update(block)
                target.write(block)
                size += len(block)
        sync(temporary)
        sha256 = digest.hexdigest()
        own = stored_name(os.fsencode(name), sha256)
        stored = folder / sha256[:12] / own
        if not stored.is_file() or digest_of(stored) != sha256:
            stored.parent.mkdir(exist_ok=True)
            os.replace(temporary, stored)
    finally:
        temporary.unlink(missing_ok=True)
    return sha256, size, f"{sha256[:12]}/{own}"


def digest_of(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    for block in blocks_of(path):
        digest.update(block)
    return digest.hexdigest()


def blocks_of(path: Path) -> Iterator[bytes]:
    """A file's bytes, a block at a time."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def read_outcome(settings: "Settings", night: str, unit_code: str) -> UnitOutcome | None:
    """The outcome of a (night, unit) that was staged, None when it was not, or not all of it is what was written."""
    folder = staged_folder(settings, night, unit_code)
    data = read_sealed(folder / "outcome.json")
    if data is None:
        return None
    hashes = data.pop("staged", {})
    if sorted(hashes) != sorted(STAGED):
        return None
    for name, digest in hashes.items():
        path = folder / f"{name}.parquet"
        if not path.is_file() or digest_of(path) != digest:
            return None
    columns = {
        name: {source_id: tuple(names) for source_id, names in data.get(name, {}).items()}
        for name in ("filled", "carried")
    }
    return UnitOutcome(**data | {"files": tuple(data["files"])} | columns)


def write_outcome(settings: "Settings", outcome: UnitOutcome) -> None:
    """Write the outcome, the last file of a staged folder: it vouches for the staged files as they are now."""
    folder = staged_folder(settings, outcome.night, outcome.unit_code)
    hashes = {name: digest_of(folder / f"{name}.parquet") for name in STAGED}
    write_sealed(folder / "outcome.json", asdict(outcome) | {"staged": hashes})
