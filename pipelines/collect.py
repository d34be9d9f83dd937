"""Collecting: what a unit put in the inbox is copied to landing and staged. A unit's own fault is an outcome.

Light on purpose: many of these run side by side, so only the standard library is imported until there are rows
to stage.
"""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.landing import (
    LandedFault,
    LandedFile,
    Manifest,
    landed_nights,
    raw_folder,
    read_manifest,
    read_outcome,
    slice_state,
    write_bytes,
    write_manifest,
)
from pipelines.outcome import FileFault, UnitOutcome

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.unit import Source, Unit

__all__ = ["collect_unit", "landed_nights", "manifest_of", "restage"]

# Between two tries of a file that is still being written.
_WAIT_SECONDS = 1.0
# Lock files and half-copied files that lie beside the real ones.
_NOT_DATA = ("~$", ".")
_HALF = (".tmp", ".part", ".crdownload", ".filepart")

Wait = Callable[[float], None]


def collect_unit(settings: "Settings", night: str, unit_code: str, *, wait: Wait = time.sleep) -> UnitOutcome:
    """Take in what a unit handed in for a night and stage it.

    Files gone from the inbox since an earlier run of the same night are taken from landing. Raises only for what
    is not the unit's fault (an unknown unit, a full disk).
    """
    unit = settings.site.unit(unit_code)
    before = read_manifest(settings, night, unit_code) or Manifest()
    files: list[LandedFile] = []
    faults: list[LandedFault] = []
    for source in unit.sources:
        taken, wrong = _take_source(settings, night, unit, source, wait)
        if not taken and not wrong:
            taken = [file for file in before.files if file.source_id == source.id]
            wrong = [fault for fault in before.faults if fault.source_id == source.id]
        files += taken
        faults += wrong
    write_manifest(settings, night, unit_code, Manifest(files=tuple(files), faults=tuple(faults)))
    return restage(settings, night, unit_code)


def restage(settings: "Settings", night: str, unit_code: str) -> UnitOutcome:
    """Stage a unit's night from landing alone. Does nothing when exactly this was staged before."""
    state = slice_state(settings, night, unit_code)
    before = read_outcome(settings, night, unit_code)
    if before is not None and before.fingerprint == state.fingerprint:
        return before
    from pipelines.stage import stage_unit  # noqa: PLC0415 - pandas is slow to import

    return stage_unit(settings, night, unit_code, state)


def manifest_of(settings: "Settings", night: str, unit_code: str) -> list[LandedFile]:
    """The data files taken in for a (night, unit)."""
    manifest = read_manifest(settings, night, unit_code) or Manifest()
    return [file for file in manifest.files if file.role == "data"]


def _take_source(
    settings: "Settings", night: str, unit: "Unit", source: "Source", wait: Wait
) -> tuple[list[LandedFile], list[LandedFault]]:
    """Copy a source's files (data and control) from the inbox to landing."""
    files: list[LandedFile] = []
    faults: list[LandedFault] = []
    from pipelines.unit import filled_place  # noqa: PLC0415 - pydantic is there by now, with the settings

    places = [(source.place, "data")] + ([(source.control.place, "control")] if source.control else [])
    for place, role in places:
        paths = _found(settings.inbox, filled_place(place, unit=unit.code, night=night))
        names = [path.name for path in paths]
        for path in paths:
            name = path.name if names.count(path.name) == 1 else path.relative_to(settings.inbox).as_posix()
            try:
                data = _steady_bytes(path, name, settings.inbox, wait)
            except FileFault as fault:
                if role == "data":
                    faults.append(
                        LandedFault(source_id=source.id, file_name=name, text=str(fault), status=fault.status)
                    )
                continue
            sha256 = hashlib.sha256(data).hexdigest()
            stored = f"{sha256[:12]}/{path.name}"
            write_bytes(raw_folder(settings, night, unit.code) / stored, data)
            files.append(
                LandedFile(
                    source_id=source.id,
                    file_name=name,
                    sha256=sha256,
                    size=len(data),
                    stored=stored,
                    role=role,
                )
            )
    return files, faults


def _found(inbox: Path, pattern: str) -> list[Path]:
    """The files of a pattern below the inbox, by name."""
    paths = (path for path in inbox.glob(pattern) if path.is_file())
    return sorted(p for p in paths if not p.name.startswith(_NOT_DATA) and not p.name.endswith(_HALF))


def _steady_bytes(path: Path, name: str, inbox: Path, wait: Wait) -> bytes:
    """The bytes of a file that stood still while it was read twice; tried again once, then a fault."""
    if not path.resolve().is_relative_to(inbox.resolve()):
        raise FileFault(
            "E-NGOAI-HOP-THU",
            f"Tệp [{name}] trỏ ra ngoài thư mục nhận dữ liệu.",
            mend="đề nghị đơn vị nộp chính tệp dữ liệu, không nộp liên kết.",
        )
    try:
        for attempt in (1, 2):
            before = _signature(path)
            data = path.read_bytes()
            digest = hashlib.sha256(data).digest()
            again = hashlib.sha256(path.read_bytes()).digest()
            if before == _signature(path) and len(data) == before[0] and digest == again:
                return data
            if attempt == 1:
                wait(_WAIT_SECONDS)
    except OSError as error:
        raise FileFault(
            "E-KHONG-DOC-DUOC",
            f"Tệp [{name}] không đọc được ({os.strerror(error.errno) if error.errno else type(error).__name__}).",
            mend="kiểm tra quyền đọc tệp và ổ đĩa của thư mục nhận dữ liệu, rồi chạy lại.",
        ) from None
    raise FileFault(
        "E-TEP-DANG-GHI",
        f"Tệp [{name}] còn thay đổi trong khi đọc.",
        mend="đợi đơn vị ghi xong tệp rồi chạy lại đêm này; nên ghi ra tên tạm rồi mới đổi tên.",
    )


def _signature(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino
