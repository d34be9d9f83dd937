"""Collecting: what a unit put in the inbox is copied to landing and staged. A unit's own fault is an outcome.

Light on purpose: many of these run side by side, so only the standard library is imported until there are rows
to stage.
"""

import hashlib
import os
import time
from collections import Counter
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
    from pipelines.unit import Unit

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
    wanted = _wanted(settings.inbox, night, unit)
    names = _names(settings.inbox, wanted)
    files: list[LandedFile] = []
    faults: list[LandedFault] = []
    for source_id, role, paths in wanted:
        for path in paths:
            try:
                data = _steady_bytes(path, names[path], settings.inbox, wait)
            except FileFault as fault:
                text, status = str(fault), fault.status
                faults += [
                    LandedFault(source_id=source_id, file_name=names[path], text=text, status=status, role=role)
                ]
                continue
            files.append(_landed(raw_folder(settings, night, unit_code), data, path, (source_id, names[path], role)))
        if not paths:
            files += [file for file in before.files if (file.source_id, file.role) == (source_id, role)]
            faults += [fault for fault in before.faults if (fault.source_id, fault.role) == (source_id, role)]
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


def _wanted(inbox: Path, night: str, unit: "Unit") -> list[tuple[str, str, list[Path]]]:
    """(source id, role, files in the inbox) of every place the unit's file names."""
    from pipelines.unit import filled_place  # noqa: PLC0415 - pydantic is there by now, with the settings

    places = [(source.id, "data", source.place) for source in unit.sources]
    places += [(source.id, "control", source.control.place) for source in unit.sources if source.control]
    return [(name, role, _found(inbox, filled_place(p, unit=unit.code, night=night))) for name, role, p in places]


def _names(inbox: Path, wanted: list[tuple[str, str, list[Path]]]) -> dict[Path, str]:
    """What each file is called: its own name, or its path below the inbox where two have the same name."""
    paths = {path for _, _, found in wanted for path in found}
    count = Counter(path.name for path in paths)
    return {path: path.name if count[path.name] == 1 else path.relative_to(inbox).as_posix() for path in paths}


def _landed(folder: Path, data: bytes, path: Path, label: tuple[str, str, str]) -> LandedFile:
    """Keep a file's bytes in landing; `label` is its source, its name and its role."""
    sha256 = hashlib.sha256(data).hexdigest()
    stored = f"{sha256[:12]}/{path.name}"
    write_bytes(folder / stored, data)
    source_id, name, role = label
    return LandedFile(source_id=source_id, file_name=name, sha256=sha256, size=len(data), stored=stored, role=role)


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
