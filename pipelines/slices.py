"""What is to be staged of a (night, unit), and the fingerprint of all that its rows and its words depend on."""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.carried import Carried, carried_before
from pipelines.counting import Counted, Standing, counted, withdrawn
from pipelines.landing import LandedFile, Manifest, digest_of, raw_folder, read_manifest

if TYPE_CHECKING:
    from pipelines.settings import Settings

# Raised when the meaning of staged files changes, so that old ones are made again.
STAGE_VERSION = "3"


@dataclass(frozen=True, kw_only=True)
class SliceState:
    """What is to be staged: the files that are read, with faults, how each stands, and the fingerprint of it all.

    `carried` has the columns that held values before; `broken` names raw files that are gone or altered; `whole` is
    the fingerprint as if they were there.
    """

    manifest: Manifest
    counted: Counted
    carried: Carried
    fingerprint: str
    whole: str
    broken: tuple[str, ...] = ()

    @property
    def is_unchanged(self) -> bool:
        """Whether all of it is what the unit handed in on its last collected night."""
        return self.counted.is_unchanged

    def standing_of(self, file: LandedFile) -> Standing:
        """How a file that is read stands."""
        return next(each for each in self.counted.read if each.file == file)


def slice_state(settings: "Settings", night: str, unit_code: str) -> SliceState:
    """The state of landing for a (night, unit)."""
    landed = read_manifest(settings, night, unit_code) or Manifest()
    stand = counted(settings, night, unit_code, landed)
    manifest = Manifest(files=tuple(each.file for each in stand.read), faults=landed.faults, beside=landed.beside)
    broken = _broken(settings, night, unit_code, manifest.files)
    carried = carried_before(settings, night, settings.site.unit(unit_code))
    whole = _fingerprint(settings, unit_code, manifest, stand)
    told = hashlib.sha256("\0".join((whole, *broken)).encode()).hexdigest() if broken else whole
    return SliceState(manifest=manifest, counted=stand, carried=carried, fingerprint=told, whole=whole, broken=broken)


def broken_files(settings: "Settings", night: str, unit_code: str) -> tuple[str, ...]:
    """Names of raw files of a (night, unit) that are gone or are not what came; the withdrawn may be gone."""
    landed = read_manifest(settings, night, unit_code) or Manifest()
    out = withdrawn(settings, night, unit_code)
    return _broken(settings, night, unit_code, tuple(file for file in landed.files if file.sha256 not in out))


def manifest_of(settings: "Settings", night: str, unit_code: str) -> list[LandedFile]:
    """The data files behind a (night, unit): all that came, without the replaced and the withdrawn."""
    landed = read_manifest(settings, night, unit_code) or Manifest()
    out = withdrawn(settings, night, unit_code)
    return [file for file in landed.files if file.role == "data" and not file.replaced_by and file.sha256 not in out]


def _broken(settings: "Settings", night: str, unit_code: str, files: tuple[LandedFile, ...]) -> tuple[str, ...]:
    folder = raw_folder(settings, night, unit_code)
    return tuple(
        file.file_name
        for file in files
        if not (folder / file.stored).is_file() or digest_of(folder / file.stored) != file.sha256
    )


def _fingerprint(settings: "Settings", unit_code: str, manifest: Manifest, stand: Counted) -> str:
    """What a unit's staged rows depend on: bytes, how they stand, unit file, zone, key, our version."""
    unit_file = settings.site_folder / "units" / f"{unit_code}.yml"
    landed = [
        *(
            [e.file.source_id, e.file.role, e.file.file_name, e.file.sha256, e.state, e.told, e.beside]
            for e in stand.read
        ),
        *([fault.source_id, fault.role, fault.file_name, fault.status, fault.text] for fault in manifest.faults),
        [*stand.notes, str(stand.is_unchanged), *manifest.beside],
    ]
    digest = hashlib.sha256()
    for part in (
        STAGE_VERSION,
        package_version(),
        settings.site.timezone,
        settings.site.reading.model_dump_json(),
        hashlib.sha256(b"key:" + settings.hash_key).hexdigest(),
        unit_file.read_text(encoding="utf-8") if unit_file.exists() else "",
        json.dumps(landed, ensure_ascii=False),
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
