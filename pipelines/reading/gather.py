"""Reading all files of one unit's night: rows, lines set aside, and what the outcome will say."""

import hashlib
import json
import logging
import traceback
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from domain.columns import TABLES
from domain.errors import KnownError
from pipelines.landing import LandedFile, Manifest, raw_folder
from pipelines.outcome import WORST_FIRST, FileFault, OutcomeStatus
from pipelines.reading.parts import FileParts, read_parts
from pipelines.reading.typed import number_by_time, typed_frame
from pipelines.unit import filled_place

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.unit import Source, Unit

log = logging.getLogger(__name__)

_NUMBERED = {"step": ("step_no", ["finished_at", "arrived_at"]), "pause": ("pause_no", ["started_at", "ended_at"])}


@dataclass(kw_only=True)
class Gathered:
    """One unit's night while its files are read."""

    settings: "Settings"
    night: str
    unit: "Unit"
    manifest: Manifest
    frames: dict[str, list[pd.DataFrame]] = field(default_factory=lambda: {name: [] for name in TABLES})
    rejects: list[dict[str, object]] = field(default_factory=list)
    raw: list[dict[str, object]] = field(default_factory=list)
    statuses: list[OutcomeStatus] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    control_totals: list[int] = field(default_factory=list)
    is_excused: bool = False

    def status(self) -> OutcomeStatus:
        """The worst of what the files gave; without any file, why there was none."""
        if self.statuses:
            return min(self.statuses, key=WORST_FIRST.index)
        if self.is_excused:
            self.notes.append("Ngày nghỉ, đơn vị không phải nộp dữ liệu.")
            return "EMPTY"
        if not self.unit.sources:
            self.notes.append("Đơn vị không khai báo nguồn dữ liệu nào.")
            return "UNCHANGED"
        return "COLLECTED"

    def note_all(self) -> str:
        """Faults, then notes, each said once."""
        return " ".join(dict.fromkeys([*self.faults, *self.notes]))

    def dossiers(self) -> int:
        """Dossiers read so far, with those set aside."""
        staged = sum(map(len, self.frames["dossier"]))
        return staged + sum(reject["table_name"] == "dossier" for reject in self.rejects)


def gather(settings: "Settings", night: str, unit: "Unit", manifest: Manifest) -> Gathered:
    """Read every landed file of a unit's night; what is wrong with one never stops the next."""
    got = Gathered(settings=settings, night=night, unit=unit, manifest=manifest)
    for source in unit.sources:
        _gather_source(got, source)
    return got


def _gather_source(got: Gathered, source: "Source") -> None:
    """Read every file of a source; what is wrong with one never stops the next."""
    files = got.manifest.data_of(source.id)
    faults = [fault for fault in got.manifest.faults if (fault.source_id, fault.role) == (source.id, "data")]
    if not files and not faults:
        _note_missing(got, source)
        return
    for fault in faults:
        got.statuses.append(fault.status)
        got.faults.append(fault.text)
    dossiers = 0
    for file in files:
        rows_before = got.dossiers()
        try:
            _gather_file(got, source, file)
        except FileFault as fault:
            got.statuses.append(fault.status)
            got.faults.append(str(fault))
        except Exception as error:
            # The text of the error may hold a citizen's data: its kind and its place in our code will do.
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{place.name}, line {place.lineno}"
            log.error("unit %s, file %s: %s in %s", got.unit.code, file.file_name, type(error).__name__, where)
            got.statuses.append("FAILED")
            got.faults.append(_unforeseen(file, error))
        dossiers += got.dossiers() - rows_before
    if source.control is not None:
        _compare_control(got, source, dossiers)


def _unforeseen(file: LandedFile, error: Exception) -> str:
    return (
        f"E-DOC-TEP: Tệp [{file.file_name}] làm hỏng bước đọc ({type(error).__name__}). "
        "Cách khắc phục: gửi tệp gốc cho bộ phận kỹ thuật; các đơn vị khác không bị ảnh hưởng."
    )


def _note_missing(got: Gathered, source: "Source") -> None:
    if source.optional:
        return
    if got.unit.expects == "working_days" and _is_day_off(got.settings, got.night):
        got.is_excused = True
        return
    place = filled_place(source.place, unit=got.unit.code, night=got.night)
    got.statuses.append("MISSING")
    got.faults.append(
        f"E-THIEU-TEP: Không có tệp của nguồn [{source.id}] (tìm: [{place}]). "
        "Cách khắc phục: đề nghị đơn vị nộp tệp, rồi chạy lại đêm này."
    )


def _is_day_off(settings: "Settings", night: str) -> bool:
    try:
        return not settings.site.work_calendar(settings.site_folder).is_working(date.fromisoformat(night))
    except KnownError as error:
        if error.code != "E-CALENDAR-RANGE":
            raise
        return False  # beyond the calendar every day is expected: an alert too many, never one too few


def _gather_file(got: Gathered, source: "Source", file: LandedFile) -> None:
    settings, unit = got.settings, got.unit
    data = _landed_bytes(raw_folder(settings, got.night, unit.code) / file.stored, file)
    parts = read_parts(data, source, unit.corrections, file.file_name)
    origin = {"unit_code": unit.code, "night": got.night, "file_name": file.file_name}
    frames = [
        (
            part.table,
            typed_frame(
                part,
                time_formats=source.time_formats,
                zone=settings.site.timezone,
                hash_key=settings.hash_key,
            ),
        )
        for part in parts.parts
    ]
    for (name, frame), part in zip(frames, parts.parts, strict=True):
        if not len(frame):
            continue
        if source.derive_status is not None and name == "dossier":
            frame = _with_status(frame, source)  # noqa: PLW2901 - the same rows with one column more
        if name in _NUMBERED and not _gives_numbers(source, name):
            frame = number_by_time(frame, *_NUMBERED[name])  # noqa: PLW2901
        got.frames[name].append(
            frame.assign(**{key: pd.Series(value, index=frame.index, dtype="str") for key, value in origin.items()})
        )
        got.raw += [
            origin | {"table_name": name, "line_no": line, "raw_json": raw}
            for line, raw in zip(part.lines, part.raw, strict=True)
        ]
    for name, reject in parts.rejects:
        got.rejects.append(
            origin
            | {
                "table_name": name,
                "line_no": reject.line_no,
                "message": reject.message,
                "raw_record": reject.raw_record,
            }
        )
    got.notes += parts.notes
    got.statuses.append(_file_status(source, parts, file, got))


def _gives_numbers(source: "Source", name: str) -> bool:
    """Whether the unit file maps the running number of steps or pauses itself."""
    number = _NUMBERED[name][0]
    return (f"{name}.{number}" if source.table in ("event", "sync") else number) in {
        *source.columns,
        *source.constants,
    }


def _file_status(source: "Source", parts: FileParts, file: LandedFile, got: Gathered) -> OutcomeStatus:
    """A full extract without a single row is not believed; an extract of changes may well have none."""
    if source.extract == "full" and not parts.rejects and not any(part.lines for part in parts.parts):
        got.faults.append(
            f"E-TEP-RONG: Tệp [{file.file_name}] là bản trích đầy đủ nhưng không có dòng nào. "
            "Cách khắc phục: đề nghị đơn vị xuất lại tệp."
        )
        return "EMPTY"
    return "COLLECTED"


def _with_status(frame: pd.DataFrame, source: "Source") -> pd.DataFrame:
    """A status from whether a column is filled; a value that could not be read counts as filled."""
    rule = source.derive_status
    assert rule is not None
    unread = frame["unparsed"].map(lambda text: bool(text) and rule.closed_by in json.loads(text))
    is_closed = frame[rule.closed_by].notna() | unread.astype(bool)
    return frame.assign(status=is_closed.map({True: rule.closed, False: rule.open}).astype("Int64"))


def _landed_bytes(path: Path, file: LandedFile) -> bytes:
    data = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise FileFault(
            "E-VUNG-TIEP-NHAN",
            f"Tệp gốc [{file.file_name}] trong vùng tiếp nhận bị mất hoặc bị sửa.",
            mend="khôi phục vùng tiếp nhận từ bản sao lưu, hoặc đề nghị đơn vị nộp lại tệp.",
        )
    if not data:
        raise FileFault(
            "E-TEP-RONG",
            f"Tệp [{file.file_name}] có 0 byte.",
            mend="đề nghị đơn vị xuất lại tệp.",
            status="EMPTY",
        )
    return data


def _compare_control(got: Gathered, source: "Source", dossiers: int) -> None:
    """Compare the unit's own count of dossiers with ours, and say it when they differ."""
    for fault in got.manifest.faults:
        if (fault.source_id, fault.role) == (source.id, "control"):
            got.notes.append(fault.text)
    for file in got.manifest.control_of(source.id):
        path = raw_folder(got.settings, got.night, got.unit.code) / file.stored
        try:
            told = json.loads(path.read_bytes().decode("utf-8-sig"))["dossier_count"]
        except (OSError, ValueError, KeyError, TypeError):
            told = None
        if not isinstance(told, int) or isinstance(told, bool):
            got.notes.append(f"Không đọc được số đối chiếu trong tệp [{file.file_name}] (cần: dossier_count).")
            continue
        got.control_totals.append(told)
        if told != dossiers:
            got.notes.append(
                f"Số đối chiếu của đơn vị ở nguồn [{source.id}] là {told} hồ sơ, đọc được {dossiers} hồ sơ."
            )
