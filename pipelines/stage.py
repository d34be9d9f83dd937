"""Staging: landed bytes become typed rows, one parquet a table a (night, unit), and an outcome.

`dossier`, `step`, `pause`: the columns of `domain.columns` and `unparsed` (JSON of values that could not be
typed, '' when none). `reject`: lines that are no rows. `raw`: every record as handed in (personal data; landing
only). Nothing is lost: the rows of a readable file are the staged rows plus the rejects.
"""

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
from pipelines.landing import (
    LandedFile,
    Manifest,
    raw_folder,
    read_outcome,
    staged_folder,
    write_bytes,
    write_outcome,
)
from pipelines.outcome import WORST_FIRST, FileFault, OutcomeStatus, UnitOutcome
from pipelines.reading.parts import FileParts, read_parts
from pipelines.reading.typed import empty_frame, number_by_time, typed_frame
from pipelines.unit import filled_place

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.unit import Source, Unit

log = logging.getLogger(__name__)

REJECT_COLUMNS = ["unit_code", "night", "table_name", "file_name", "line_no", "message", "raw_record"]
RAW_COLUMNS = ["unit_code", "night", "table_name", "file_name", "line_no", "raw_json"]
_NUMBERED = {
    "step": ("step_no", ["finished_at", "arrived_at"]),
    "pause": ("pause_no", ["started_at", "ended_at"]),
}


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What units handed in on one night: frames by table, lines that were no rows, raw records, outcomes."""

    frames: dict[str, pd.DataFrame]
    rejects: pd.DataFrame
    raw: pd.DataFrame
    outcomes: list[UnitOutcome]


@dataclass(kw_only=True)
class _Gathered:
    """One unit's night while its files are read."""

    frames: dict[str, list[pd.DataFrame]] = field(default_factory=lambda: {name: [] for name in TABLES})
    rejects: list[dict[str, object]] = field(default_factory=list)
    raw: list[dict[str, object]] = field(default_factory=list)
    statuses: list[OutcomeStatus] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    control_totals: list[int] = field(default_factory=list)
    is_excused: bool = False

    def status(self, unit: "Unit") -> OutcomeStatus:
        """The worst of what the files gave; without any file, why there was none."""
        if self.statuses:
            return min(self.statuses, key=WORST_FIRST.index)
        if self.is_excused:
            self.notes.append("Ngày nghỉ, đơn vị không phải nộp dữ liệu.")
            return "EMPTY"
        if not unit.sources:
            self.notes.append("Đơn vị không khai báo nguồn dữ liệu nào.")
            return "UNCHANGED"
        return "COLLECTED"


def stage_unit(
    settings: "Settings",
    night: str,
    unit_code: str,
    manifest: Manifest,
    *,
    fingerprint: str,
    is_unchanged: bool,
) -> UnitOutcome:
    """Make the staged files of one (night, unit) from its landed bytes; the outcome is written last."""
    unit = settings.site.unit(unit_code)
    got = _Gathered()
    for source in unit.sources:
        _stage_source(settings, night, unit, source, manifest, got)
    frames = {name: _joined(name, parts) for name, parts in got.frames.items()}
    rejects = pd.DataFrame(got.rejects, columns=REJECT_COLUMNS).astype(_dtypes(REJECT_COLUMNS))
    raw = pd.DataFrame(got.raw, columns=RAW_COLUMNS).astype(_dtypes(RAW_COLUMNS))
    status = got.status(unit)
    outcome = UnitOutcome(
        unit_code=unit_code,
        night=night,
        status="UNCHANGED" if is_unchanged and status == "COLLECTED" else status,
        files=tuple(file.file_name for file in manifest.files if file.role == "data"),
        rows_in=sum(len(frame) for frame in frames.values()) + len(rejects),
        control_total=sum(got.control_totals) if got.control_totals else None,
        message=" ".join([*got.faults, *dict.fromkeys(got.notes)]),
        fingerprint=fingerprint,
    )
    folder = staged_folder(settings, night, unit_code)
    (folder / "outcome.json").unlink(missing_ok=True)
    for name, frame in {**frames, "reject": rejects, "raw": raw}.items():
        write_bytes(folder / f"{name}.parquet", frame.to_parquet(index=False))
    write_outcome(settings, outcome)
    return outcome


def read_staged(settings: "Settings", night: str, units: list[str]) -> Staged:
    """The staged rows of several units, in order of unit. Raises KnownError E-NOT-STAGED."""
    outcomes = []
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in (*TABLES, "reject", "raw")}
    for unit_code in sorted(units):
        outcome = read_outcome(settings, night, unit_code)
        if outcome is None:
            raise KnownError(
                "E-NOT-STAGED", f"unit [{unit_code}], night [{night}] was not collected.",
                mend=f"run the night again: tinhgon night {night}",
            )  # fmt: skip
        outcomes.append(outcome)
        for name, frames in found.items():
            frames.append(pd.read_parquet(staged_folder(settings, night, unit_code) / f"{name}.parquet"))
    return Staged(
        frames={name: _joined(name, found[name]) for name in TABLES},
        rejects=_stacked(found["reject"], REJECT_COLUMNS),
        raw=_stacked(found["raw"], RAW_COLUMNS),
        outcomes=outcomes,
    )


def _joined(name: str, frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else empty_frame(name)


def _stacked(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    empty = pd.DataFrame(columns=columns).astype(_dtypes(columns))
    return pd.concat(filled, ignore_index=True) if filled else empty


def _dtypes(columns: list[str]) -> dict[str, str]:
    return {name: "Int64" if name == "line_no" else "str" for name in columns}


def _stage_source(
    settings: "Settings", night: str, unit: "Unit", source: "Source", manifest: Manifest, got: _Gathered
) -> None:
    """Read every file of a source; what is wrong with one never stops the next."""
    files = manifest.data_of(source.id)
    faults = [fault for fault in manifest.faults if fault.source_id == source.id]
    if not files and not faults:
        _note_missing(settings, night, unit, source, got)
        return
    for fault in faults:
        got.statuses.append(fault.status)
        got.faults.append(fault.text)
    dossiers = 0
    for file in files:
        rows_before = _dossiers(got)
        try:
            _stage_file(settings, night, unit, source, file, got)
        except FileFault as fault:
            got.statuses.append(fault.status)
            got.faults.append(str(fault))
        except Exception as error:
            # The text of the error may hold a citizen's data: its kind and its place in our code will do.
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{place.name}, line {place.lineno}"
            log.error("unit %s, file %s: %s in %s", unit.code, file.file_name, type(error).__name__, where)  # noqa: TRY400
            got.statuses.append("FAILED")
            got.faults.append(_unforeseen(file, error))
        dossiers += _dossiers(got) - rows_before
    if source.control is not None:
        _compare_control(settings, night, unit, source, manifest, got, dossiers)


def _dossiers(got: _Gathered) -> int:
    return sum(map(len, got.frames["dossier"])) + sum(
        reject["table_name"] == "dossier" for reject in got.rejects
    )


def _unforeseen(file: LandedFile, error: Exception) -> str:
    return (
        f"E-DOC-TEP: Tệp [{file.file_name}] làm hỏng bước đọc ({type(error).__name__}). "
        "Cách khắc phục: gửi tệp gốc cho bộ phận kỹ thuật; các đơn vị khác không bị ảnh hưởng."
    )


def _note_missing(settings: "Settings", night: str, unit: "Unit", source: "Source", got: _Gathered) -> None:
    if source.optional:
        return
    if unit.expects == "working_days" and _is_day_off(settings, night):
        got.is_excused = True
        return
    place = filled_place(source.place, unit=unit.code, night=night)
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


def _stage_file(
    settings: "Settings", night: str, unit: "Unit", source: "Source", file: LandedFile, got: _Gathered
) -> None:
    data = _landed_bytes(raw_folder(settings, night, unit.code) / file.stored, file)
    parts = read_parts(data, source, unit.corrections, file.file_name)
    origin = {"unit_code": unit.code, "night": night, "file_name": file.file_name}
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
        if name in _NUMBERED and _NUMBERED[name][0] not in part.values:
            frame = number_by_time(frame, *_NUMBERED[name])  # noqa: PLW2901
        got.frames[name].append(
            frame.assign(
                **{key: pd.Series(value, index=frame.index, dtype="str") for key, value in origin.items()}
            )
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


def _file_status(source: "Source", parts: FileParts, file: LandedFile, got: _Gathered) -> OutcomeStatus:
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


def _compare_control(  # noqa: PLR0913 - one place, one caller
    settings: "Settings",
    night: str,
    unit: "Unit",
    source: "Source",
    manifest: Manifest,
    got: _Gathered,
    dossiers: int,
) -> None:
    """Compare the unit's own count of dossiers with ours, and say it when they differ."""
    for file in manifest.control_of(source.id):
        path = raw_folder(settings, night, unit.code) / file.stored
        try:
            told = json.loads(path.read_bytes().decode("utf-8-sig"))["dossier_count"]
        except (OSError, ValueError, KeyError, TypeError):
            told = None
        if not isinstance(told, int) or isinstance(told, bool):
            got.notes.append(
                f"Không đọc được số đối chiếu trong tệp [{file.file_name}] (cần: dossier_count)."
            )
            continue
        got.control_totals.append(told)
        if told != dossiers:
            got.notes.append(
                f"Số đối chiếu của đơn vị ở nguồn [{source.id}] là {told} hồ sơ, đọc được {dossiers} hồ sơ."
            )
