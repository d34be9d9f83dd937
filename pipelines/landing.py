"""The landing zone: raw bytes as handed in, one folder a (night, unit), with a manifest. Standard library only.

`<var>/landing/raw/<night>/<unit>/<first 12 of sha256>/<file name>` and a manifest, twice; bytes are never changed.
`<var>/landing/staged/<night>/<unit>/` holds what `pipelines.stage` makes of them. Personal data stop here.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from domain.clean import readable_name, stored_name
from domain.night import Night
from pipelines.outcome import OutcomeStatus, UnitOutcome
from pipelines.reading.task import STAGED
from pipelines.sealed import read_sealed, sync, write_sealed

if TYPE_CHECKING:
    from pipelines.settings import Settings

# Raised when the meaning of staged files changes, so that old ones are made again.
STAGE_VERSION = "2"
_BLOCK = 1 << 20
MANIFESTS = ("manifest.json", "manifest.copy.json")


@dataclass(frozen=True, kw_only=True)
class LandedFile:
    """One file taken in: `stored` is its path below the unit's raw folder, `role` data or control."""

    source_id: str
    file_name: str
    sha256: str
    size: int
    stored: str
    role: str = "data"


@dataclass(frozen=True, kw_only=True)
class LandedFault:
    """A file that could not be taken in, said as its outcome will say it."""

    source_id: str
    file_name: str
    text: str
    status: OutcomeStatus
    role: str = "data"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What was taken in for one unit on one night, in the order of its sources."""

    files: tuple[LandedFile, ...] = ()
    faults: tuple[LandedFault, ...] = ()

    def data_of(self, source_id: str) -> list[LandedFile]:
        """The data files of a source."""
        return [file for file in self.files if file.source_id == source_id and file.role == "data"]

    def control_of(self, source_id: str) -> list[LandedFile]:
        """The control files of a source."""
        return [file for file in self.files if file.source_id == source_id and file.role == "control"]


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
    """What the raw files themselves tell: each lies in a folder named by its hash, under the name it came with."""
    unit = settings.site.unit(unit_code)
    files: list[LandedFile] = []
    faults: list[LandedFault] = []
    for path in sorted(raw_folder(settings, night, unit_code).glob("[0-9a-f]*/*"), key=lambda path: path.name):
        sha256, name = digest_of(path), readable_name(os.fsencode(path.name))
        if not sha256.startswith(path.parent.name):
            continue
        source_id, role = unit.source_of(path.name, night) or ("", "")
        if source_id:
            stored = f"{path.parent.name}/{path.name}"
            files.append(
                LandedFile(
                    source_id=source_id,
                    file_name=name,
                    sha256=sha256,
                    size=path.stat().st_size,
                    stored=stored,
                    role=role,
                )
            )
        else:
            text = (
                f"E-VUNG-TIEP-NHAN: Bảng kê của vùng tiếp nhận bị hỏng, không rõ tệp [{name}] thuộc nguồn nào. "
                "Cách khắc phục: đề nghị đơn vị nộp lại tệp."
            )
            faults.append(LandedFault(source_id=unit.sources[0].id, file_name=name, text=text, status="FAILED"))
    order = {source.id: place for place, source in enumerate(unit.sources)}
    files.sort(key=lambda file: (file.role != "data", order[file.source_id]))
    return Manifest(files=tuple(files), faults=tuple(faults)) if files or faults else None


def broken_files(settings: "Settings", night: str, unit_code: str) -> list[str]:
    """Names of raw files of a (night, unit) that are gone or are not what came."""
    manifest = read_manifest(settings, night, unit_code) or Manifest()
    folder = raw_folder(settings, night, unit_code)
    return [
        file.file_name
        for file in manifest.files
        if not (folder / file.stored).is_file() or digest_of(folder / file.stored) != file.sha256
    ]


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


def is_same_as_before(settings: "Settings", night: str, unit_code: str, manifest: Manifest) -> bool:
    """Whether a unit of full extracts handed in exactly what it handed in on its last collected night."""
    unit = settings.site.unit(unit_code)
    if manifest.faults or not manifest.files or any(source.extract != "full" for source in unit.sources):
        return False
    for earlier in reversed([n for n in landed_nights(settings) if n < night]):
        before = read_manifest(settings, earlier, unit_code)
        if before is not None and before.files:
            return _contents(before) == _contents(manifest)
    return False


def _contents(manifest: Manifest) -> list[tuple[str, str]]:
    return sorted((file.source_id, file.sha256) for file in manifest.files if file.role == "data")


@dataclass(frozen=True, kw_only=True)
class SliceState:
    """What is to be staged: the manifest, whether it is the last night's again, and the fingerprint of it all.

    `broken` names raw files that are gone or altered; `whole` is the fingerprint as if they were there.
    """

    manifest: Manifest
    is_unchanged: bool
    fingerprint: str
    whole: str
    broken: tuple[str, ...] = ()


def slice_state(settings: "Settings", night: str, unit_code: str) -> SliceState:
    """The state of landing for a (night, unit)."""
    manifest = read_manifest(settings, night, unit_code) or Manifest()
    is_unchanged = is_same_as_before(settings, night, unit_code, manifest)
    broken = tuple(broken_files(settings, night, unit_code))
    whole = _fingerprint(settings, unit_code, manifest, str(is_unchanged))
    told = hashlib.sha256("\0".join((whole, *broken)).encode()).hexdigest() if broken else whole
    return SliceState(manifest=manifest, is_unchanged=is_unchanged, fingerprint=told, whole=whole, broken=broken)


def _fingerprint(settings: "Settings", unit_code: str, manifest: Manifest, *more: str) -> str:
    """What a unit's staged rows depend on: bytes, unit file, zone, key, our version. The same: same rows."""
    unit_file = settings.site_folder / "units" / f"{unit_code}.yml"
    digest = hashlib.sha256()
    for part in (
        STAGE_VERSION,
        package_version(),
        settings.site.timezone,
        settings.site.reading.model_dump_json(),
        hashlib.sha256(b"key:" + settings.hash_key).hexdigest(),
        unit_file.read_text(encoding="utf-8") if unit_file.exists() else "",
        json.dumps(asdict(manifest), ensure_ascii=False, sort_keys=True),
        *more,
    ):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def package_version() -> str:
    """The version of this package, '0' when it is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow, and rarely needed

    try:
        return version("tinhgon")
    except PackageNotFoundError:
        return "0"


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
    return UnitOutcome(**data | {"files": tuple(data["files"])})


def write_outcome(settings: "Settings", outcome: UnitOutcome) -> None:
    """Write the outcome, the last file of a staged folder: it vouches for the staged files as they are now."""
    folder = staged_folder(settings, outcome.night, outcome.unit_code)
    hashes = {name: digest_of(folder / f"{name}.parquet") for name in STAGED}
    write_sealed(folder / "outcome.json", asdict(outcome) | {"staged": hashes})
