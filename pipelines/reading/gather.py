"""One unit's night: each landed file given to the reader, and what the outcome will say."""

import json
import logging
import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from domain.due_nights import WORKING_DAYS, due_since
from domain.errors import KnownError
from pipelines.landing import LandedFile, raw_folder
from pipelines.outcome import WORST_FIRST, OutcomeStatus
from pipelines.reading.limits import listed
from pipelines.reading.reader import the_reader
from pipelines.reading.task import Piece, ReadReport, ReadTask
from pipelines.seen import seen_before
from pipelines.slices import SliceState
from pipelines.unit import filled_place

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.unit import Source, Unit

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Gathered:
    """One unit's night while its files are read; `parts` are what was read, in order."""

    settings: "Settings"
    night: str
    unit: "Unit"
    state: SliceState
    folder: Path
    parts: list[Piece] = field(default_factory=list)
    rows_in: int = 0
    rows_of: dict[str, int] = field(default_factory=dict)
    statuses: list[OutcomeStatus] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    control_totals: list[int] = field(default_factory=list)
    dossiers_in: int = 0
    filled: dict[str, set[str]] = field(default_factory=dict)
    is_excused: bool = False

    def status(self) -> OutcomeStatus:
        """The worst of what the files gave; without any file, why there was none."""
        if self.statuses:
            return min(self.statuses, key=WORST_FIRST.index)
        if self.is_excused:
            is_daily = self.unit.expects == WORKING_DAYS
            self.notes.append(
                "Ngày nghỉ, đơn vị không phải nộp dữ liệu." if is_daily else "Chưa đến kỳ nộp dữ liệu của đơn vị."
            )
            return "EMPTY"
        if not self.unit.sources:
            self.notes.append("Đơn vị không khai báo nguồn dữ liệu nào.")
            return "UNCHANGED"
        return "COLLECTED"

    def note_all(self) -> str:
        """Faults, then notes, each said once."""
        return " ".join(dict.fromkeys([*self.faults, *self.notes]))


def gather(settings: "Settings", night: str, unit: "Unit", state: SliceState, folder: Path) -> Gathered:
    """Read every landed file of a unit's night into folders below `folder`; what is wrong with one stops no other."""
    got = Gathered(
        settings=settings, night=night, unit=unit, state=state, folder=folder, notes=[*state.counted.notes]
    )
    if state.manifest.beside:
        got.notes.append(
            f"Trong thư mục nhận có tệp không nguồn nào nhận: {listed([*state.manifest.beside], 'tệp')}; chưa được "
            "đọc. Cách khắc phục: đặt lại tên tệp, hoặc khai báo ở mục place của nguồn."
        )
    for source in unit.sources:
        _gather_source(got, source)
    return got


def _gather_source(got: Gathered, source: "Source") -> None:
    files = got.state.manifest.data_of(source.id)
    faults = [fault for fault in got.state.manifest.faults if (fault.source_id, fault.role) == (source.id, "data")]
    if not files and not faults:
        _note_missing(got, source)
        return
    for fault in faults:
        got.statuses.append(fault.status)
        got.faults.append(fault.text)
    dossiers = 0
    for file in files:
        report = _read(got, source, file)
        got.rows_of[file.sha256] = max(report.rows_in, got.rows_of.get(file.sha256, 0))
        if report.rows_in and not _counts(got, file):
            dossiers += report.dossiers if got.state.standing_of(file).state != "twice" else 0
            continue
        got.statuses.append(report.status)
        got.faults += [report.fault] if report.fault else []
        got.notes += report.notes
        got.rows_in += report.rows_in
        got.filled.setdefault(source.id, set()).update(report.filled)
        dossiers += report.dossiers
    if source.control is not None:
        _compare_control(got, source, dossiers)


def _counts(got: Gathered, file: LandedFile) -> bool:
    """Whether a file that holds rows counts. One whose bytes are old does not, and the outcome says why."""
    standing = got.state.standing_of(file)
    if standing.state == "counts":
        got.notes += [standing.beside] if standing.beside else []
        return True
    shutil.rmtree(got.parts.pop().folder)
    got.statuses.append(standing.status)
    (got.faults if standing.status == "FAILED" else got.notes).append(standing.told)
    return False


def _read(got: Gathered, source: "Source", file: LandedFile) -> ReadReport:
    settings, unit = got.settings, got.unit
    out = got.folder / str(len(got.parts))
    report = the_reader().read(
        ReadTask(
            path=raw_folder(settings, got.night, unit.code) / file.stored,
            sha256=file.sha256,
            name=file.file_name,
            source=source,
            corrections=tuple(each for each in unit.corrections if each.source in (None, source.id)),
            unit_code=unit.code,
            night=got.night,
            zone=settings.site.timezone,
            grammar=settings.site.dossier_code,
            out=out,
            limits=settings.site.reading,
            carried=got.state.carried.get(source.id, ()),
            sheets=tuple(each.sheet for each in unit.sources if each.sheet is not None),
            hash_key=settings.hash_key,
        )
    )
    if report.rows_in:
        got.parts.append(Piece(folder=out, numbered=source.numbered_by_us))
    elif report.fault:
        # Its code names the kind; the text is for the office, and a name of a file may be a person's.
        log.warning("unit %s, night %s: a file ended as %s", unit.code, got.night, report.fault.partition(":")[0])
    return report


def _note_missing(got: Gathered, source: "Source") -> None:
    if source.optional:
        return
    if _is_excused(got, source):
        got.is_excused = True
        return
    place = filled_place(source.place, unit=got.unit.code, night=got.night)
    got.statuses.append("MISSING")
    got.faults.append(
        f"E-THIEU-TEP: Không có tệp của nguồn [{source.id}] (tìm: [{place}]). "
        "Cách khắc phục: đề nghị đơn vị nộp tệp, rồi chạy lại đêm này."
    )


def _is_excused(got: Gathered, source: "Source") -> bool:
    """Whether nothing of a source is due tonight, or what is due of its week or month came on an earlier night."""
    settings, night = got.settings, date.fromisoformat(got.night)
    try:
        since = due_since(got.unit.expects_word, night, settings.site.work_calendar(settings.site_folder))
    except KnownError as error:
        if error.code != "E-CALENDAR-RANGE":
            raise
        return False  # beyond the calendar every day is expected: an alert too many, never one too few
    if since is None:
        return True
    return since < night and any(
        file.source_id == source.id
        for one in seen_before(settings, got.unit.code, got.night)
        if str(since) <= one.night
        for file in one.files
    )


def _compare_control(got: Gathered, source: "Source", dossiers: int) -> None:
    """Take the unit's own count of dossiers beside ours: the model `issue_control` tells when they differ."""
    for fault in got.state.manifest.faults:
        if (fault.source_id, fault.role) == (source.id, "control"):
            got.notes.append(fault.text)
    for file in got.state.manifest.control_of(source.id):
        path = raw_folder(got.settings, got.night, got.unit.code) / file.stored
        try:
            told = json.loads(path.read_bytes().decode("utf-8-sig"))["dossier_count"]
        except (OSError, ValueError, KeyError, TypeError):
            told = None
        if not isinstance(told, int) or isinstance(told, bool):
            got.notes.append(f"Không đọc được số đối chiếu trong tệp [{file.file_name}] (cần: dossier_count).")
            continue
        got.control_totals.append(told)
        got.dossiers_in += dossiers
