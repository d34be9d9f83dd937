"""Collecting: what a unit put in the inbox is copied to landing and staged. A unit's own fault is an outcome.

Light on purpose: many of these run side by side, so only the standard library is imported until there are rows
to stage.
"""

import errno
import logging
import os
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import KnownError
from pipelines.arrivals import grown, names_of, place_of, with_places
from pipelines.counting import sharing
from pipelines.landing import (
    LandedFault,
    LandedFile,
    Manifest,
    blocks_of,
    digest_of,
    is_whole,
    land_file,
    landed_nights,
    mend_manifest,
    raw_folder,
    read_manifest,
    read_outcome,
    write_manifest,
    write_outcome,
)
from pipelines.outcome import FileFault, UnitOutcome
from pipelines.slices import manifest_of, slice_state
from pipelines.unclaimed import unclaimed

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.unit import Unit

__all__ = ["collect_unit", "landed_nights", "manifest_of", "restage", "settle"]

# Between two tries of a file that is still being written.
_WAIT_SECONDS = 1.0


# What a disk says of a name it cannot hold: the only such error that is the unit's.
_ITS_NAME = frozenset({errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL})

Wait = Callable[[float], None]

log = logging.getLogger(__name__)


def collect_unit(settings: "Settings", night: str, unit_code: str, *, wait: Wait = time.sleep) -> UnitOutcome:
    """Take in what a unit handed in for a night and stage it. What goes wrong in it is its outcome, whatever it is.

    Files gone from the inbox since an earlier run of the same night are taken from landing. Raises only for what
    is not the unit's fault (an unknown unit, a full disk).
    """
    unit = settings.site.unit(unit_code)

    def work() -> UnitOutcome:
        _land(settings, night, unit, wait)
        return restage(settings, night, unit_code)

    return _contained(settings, night, unit_code, work)


def settle(settings: "Settings", night: str, units: list[str]) -> list[UnitOutcome]:
    """Once all units of a night are collected: stage those again that landed the bytes of another, to tell both.

    Units are collected side by side, so the first of two cannot know of the second.
    """

    def work(unit_code: str) -> UnitOutcome:
        return _contained(settings, night, unit_code, lambda: restage(settings, night, unit_code))

    return [work(unit_code) for unit_code in sharing(settings, night, units)]


def _contained(settings: "Settings", night: str, unit_code: str, work: Callable[[], UnitOutcome]) -> UnitOutcome:
    try:
        return work()
    except KnownError:
        raise
    except OSError as error:
        if error.errno not in _ITS_NAME:
            raise
        return _failed(settings, night, unit_code, error)
    except Exception as error:
        return _failed(settings, night, unit_code, error)


def _failed(settings: "Settings", night: str, unit_code: str, error: Exception) -> UnitOutcome:
    from pipelines.stage import stage_nothing  # noqa: PLC0415

    # The text of the error may hold a citizen's data: its kind and its place in our code will do.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    log.error("unit %s: %s in %s, line %s", unit_code, type(error).__name__, frame.name, frame.lineno)
    message = (
        f"E-DON-VI: Việc thu nhận dữ liệu của đơn vị bị dừng ({type(error).__name__}). Cách khắc phục: gửi các tệp "
        "của đơn vị cho bộ phận kỹ thuật; các đơn vị khác không bị ảnh hưởng."
    )
    return stage_nothing(settings, UnitOutcome(unit_code=unit_code, night=night, status="FAILED", message=message))


def _land(settings: "Settings", night: str, unit: "Unit", wait: Wait) -> None:
    """Copy what lies in the inbox to landing, and write the manifest with it."""
    before = read_manifest(settings, night, unit.code) or Manifest()
    wanted = _wanted(settings, night, unit, before)
    before = with_places(before, {(name, role): [*paths] for name, role, paths in wanted})
    known = [*(file.place for file in before.files), *(fault.place for fault in before.faults)]
    names = names_of([*filter(None, known), *(place for _, _, paths in wanted for place in paths)])
    most = settings.site.reading.file_mb
    files: list[LandedFile] = []
    faults: list[LandedFault] = []
    for source_id, role, paths in wanted:
        for place, path in paths.items():
            label = {"source_id": source_id, "file_name": names[place], "role": role, "place": place}
            try:
                _check_place(path, names[place], settings.inbox, most)
                sha256, size, stored = _steady(path, names[place], raw_folder(settings, night, unit.code), wait)
            except FileFault as fault:
                faults.append(LandedFault(text=str(fault), status=fault.status, **label))
                continue
            files.append(LandedFile(sha256=sha256, size=size, stored=stored, **label))
    came = Manifest(files=tuple(files), faults=tuple(faults), beside=unclaimed(settings, night, unit))
    write_manifest(settings, night, unit.code, grown(before, came, [source.id for source in unit.sources]))


def restage(settings: "Settings", night: str, unit_code: str) -> UnitOutcome:
    """Stage a unit's night from landing alone. Does nothing when exactly this was staged before and is still whole.

    Raw bytes that are gone or altered are told in the outcome; rows that were read from them before stay.
    """
    mend_manifest(settings, night, unit_code)
    state = slice_state(settings, night, unit_code)
    before = read_outcome(settings, night, unit_code)
    if before is not None and before.fingerprint == state.fingerprint and before.carried == state.carried:
        return before
    if before is not None and state.broken and before.fingerprint == state.whole:
        names = ", ".join(f"[{name}]" for name in state.broken)
        text = (
            f"E-VUNG-TIEP-NHAN: Tệp gốc {names} trong vùng tiếp nhận bị mất hoặc bị sửa; số liệu là của lần đọc "
            "trước. Cách khắc phục: khôi phục vùng tiếp nhận từ bản sao lưu, hoặc đề nghị đơn vị nộp lại tệp."
        )
        told = replace(before, message=f"{text} {before.message}".strip(), fingerprint=state.fingerprint)
        write_outcome(settings, told)
        return told
    from pipelines.stage import stage_unit  # noqa: PLC0415 - pydantic is slow to import

    return stage_unit(settings, night, unit_code, state)


def _wanted(
    settings: "Settings", night: str, unit: "Unit", before: Manifest
) -> list[tuple[str, str, dict[str, Path]]]:
    """(source id, role, files in the inbox by their place there) of every place the unit's file names.

    What lies in a place that names no night is the unit's newest night's: an older one that has its file keeps it.
    """
    from pipelines.unit import filled_place  # noqa: PLC0415 - pydantic is there by now, with the settings

    patterns = [(source.id, "data", source.place) for source in unit.sources]
    patterns += [(source.id, "control", source.control.place) for source in unit.sources if source.control]
    if any(raw_folder(settings, later, unit.code).is_dir() for later in landed_nights(settings) if later > night):
        has = {(file.source_id, file.role) for file in before.files}
        patterns = [(name, role, p) for name, role, p in patterns if "{night}" in p or (name, role) not in has]
    inbox = settings.inbox
    found = [(name, role, _found(inbox, filled_place(p, unit=unit.code, night=night))) for name, role, p in patterns]
    return [
        (name, role, {place_of(os.fsencode(path.relative_to(inbox))): path for path in paths})
        for name, role, paths in found
    ]


def _found(inbox: Path, pattern: str) -> list[Path]:
    """The files of a pattern below the inbox, by name."""
    paths = (path for path in inbox.glob(pattern) if path.is_file())
    return sorted(path for path in paths if is_whole(path.name))


def _check_place(path: Path, name: str, inbox: Path, most_mb: int) -> None:
    """Refuse a link out of the inbox, and a file larger than the site takes."""
    if not path.resolve().is_relative_to(inbox.resolve()):
        raise FileFault(
            "E-NGOAI-HOP-THU",
            f"Tệp [{name}] trỏ ra ngoài thư mục nhận dữ liệu.",
            mend="đề nghị đơn vị nộp chính tệp dữ liệu, không nộp liên kết.",
        )
    with _readable(name):
        size = path.stat().st_size
    if size > most_mb * 1024 * 1024:
        raise FileFault(
            "E-TEP-QUA-LON",
            f"Tệp [{name}] có [{size // 1024 // 1024}] MB, quá mức cho phép [{most_mb}] MB.",
            mend="đề nghị đơn vị chia nhỏ tệp, hoặc tăng mục reading.file_mb trong site.yml.",
        )


def _steady(path: Path, name: str, folder: Path, wait: Wait) -> tuple[str, int, str]:
    """Land a file that stood still while it was read twice; tried again once, then a fault."""
    for attempt in (1, 2):
        with _readable(name):
            before = _signature(path)
        landed = land_file(_blocks(path, name), path.name, folder)
        with _readable(name):
            if before == _signature(path) and landed[1] == before[0] and digest_of(path) == landed[0]:
                return landed
        if attempt == 1:
            wait(_WAIT_SECONDS)
    raise FileFault(
        "E-TEP-DANG-GHI",
        f"Tệp [{name}] còn thay đổi trong khi đọc.",
        mend="đợi đơn vị ghi xong tệp rồi chạy lại đêm này; nên ghi ra tên tạm rồi mới đổi tên.",
    )


def _blocks(path: Path, name: str) -> Iterator[bytes]:
    """The bytes of a file in the inbox; what fails while reading is the file's fault, what fails writing is not."""
    blocks = blocks_of(path)
    while True:
        with _readable(name):
            block = next(blocks, b"")
        if not block:
            return
        yield block


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """What the inbox refuses is the file's fault."""
    try:
        yield
    except OSError as error:
        raise FileFault(
            "E-KHONG-DOC-DUOC",
            f"Tệp [{name}] không đọc được ({os.strerror(error.errno) if error.errno else type(error).__name__}).",
            mend="kiểm tra quyền đọc tệp và ổ đĩa của thư mục nhận dữ liệu, rồi chạy lại.",
        ) from None


def _signature(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino
