"""The work of the reader's process: one landed file becomes typed parquet, batch by batch, or a fault.

Runs in a process of its own (`pipelines.reading.child`), so what a file does to memory, time or a native library
happens to that process alone.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from domain.columns import TABLES
from domain.identity import dossier_keys
from pipelines.landing import digest_of
from pipelines.outcome import FileFault
from pipelines.reading.event_log import EventLog
from pipelines.reading.parts import Part, read_parts
from pipelines.reading.table import Incoming, Reject
from pipelines.reading.task import STAGED, JoinTask, Piece, ReadReport, ReadTask
from pipelines.reading.typed import empty_frame, number_by_time, typed_frame
from pipelines.sealed import sync
from pipelines.unit import Source

REJECT_COLUMNS = ["unit_code", "night", "table_name", "file_name", "line_no", "message", "raw_record"]
RAW_COLUMNS = ["unit_code", "night", "table_name", "file_name", "line_no", "raw_json"]
_NUMBERED = {"step": ("step_no", ["finished_at", "arrived_at"]), "pause": ("pause_no", ["started_at", "ended_at"])}


def read_file(task: ReadTask) -> ReadReport:
    """Read one file into pieces below `task.out`. A fault of the file is a report; a full disk is an OSError."""
    pieces, log, filled = _Pieces(folder=task.out), EventLog(), set[str]()
    try:
        _check_bytes(task)
        notes = _read(task, pieces, log, filled)
        rows = pieces.close()
    except FileFault as fault:
        pieces.drop()
        return ReadReport(status=fault.status, fault=str(fault))
    report = ReadReport(
        status="COLLECTED",
        notes=tuple(notes),
        rows={name: rows.get(name, 0) for name in TABLES},
        rejects=dict(pieces.rejects),
        filled=tuple(sorted(filled)),
        again=log.again,
    )
    return _believed(task, report)


def _read(task: ReadTask, pieces: "_Pieces", log: EventLog, filled: set[str]) -> list[str]:
    origin = {"unit_code": task.unit_code, "night": task.night, "file_name": task.name}
    notes: list[str] = []
    incoming = Incoming(
        path=task.path, name=task.name, source=task.source, limits=task.limits, corrections=task.corrections,
        grammar=task.grammar, zone=task.zone, carried=task.carried, sheets=task.sheets,
        hash_key=task.hash_key,
    )  # fmt: skip
    for found in read_parts(incoming):
        frames = [_staged_frame(part, task, origin) for part in found.parts]
        raws = [_raw_frame(part, origin) for part in found.parts]
        if task.source.table == "event" and frames:
            frames[1] = frames[1].assign(dossier_key=_step_keys(*frames, task=task))
            news = log.news(frames[0], found.parts[0].said)
            frames[0], raws[0] = frames[0].iloc[news], raws[0].iloc[news]
        for part, frame, raw in zip(found.parts, frames, raws, strict=True):
            if len(frame):
                pieces.add(part.table, frame)
                pieces.add("raw", raw)
        pieces.set_aside(found.rejects, origin)
        filled |= found.filled
        notes += found.notes
    return notes


def _staged_frame(part: Part, task: ReadTask, origin: dict[str, str]) -> pd.DataFrame:
    frame = typed_frame(part, time_formats=task.source.time_formats, zone=task.zone, hash_key=task.hash_key)
    if task.source.derive_status is not None and part.table == "dossier":
        frame = _with_status(frame, task.source)
    frame = frame.assign(dossier_key=_keys(part.table, frame, task))
    return frame.assign(**{key: pd.Series(value, index=frame.index, dtype="str") for key, value in origin.items()})


def _keys(table: str, frame: pd.DataFrame, task: ReadTask) -> "pd.Series[Any]":
    """What makes each row's dossier one dossier; the code alone where the row does not know the rest."""
    codes = frame["dossier_code"]
    parts = task.source.key
    if table != "dossier" or parts == "row":
        return dossier_keys(codes, ["dossier_code"], unit_code="", received=codes, proc_codes=codes)
    return dossier_keys(
        codes, parts, unit_code=task.unit_code, received=frame["received_at"], proc_codes=frame["proc_code"]
    )


def _step_keys(dossiers: pd.DataFrame, steps: pd.DataFrame, *, task: ReadTask) -> "pd.Series[Any]":
    """The whole keys of an event log's steps: each line says all of its dossier."""
    parts = task.source.key
    return dossier_keys(
        steps["dossier_code"],
        ["dossier_code"] if parts == "row" else parts,
        unit_code=task.unit_code,
        received=dossiers["received_at"],
        proc_codes=dossiers["proc_code"],
    )


def _raw_frame(part: Part, origin: dict[str, str]) -> pd.DataFrame:
    rows = {"table_name": part.table, "line_no": part.lines, "raw_json": part.raw}
    return _typed(pd.DataFrame(origin | rows, columns=RAW_COLUMNS))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({name: "Int64" if name == "line_no" else "str" for name in frame.columns})


def _with_status(frame: pd.DataFrame, source: Source) -> pd.DataFrame:
    """A status from whether a column is filled; a value that could not be read counts as filled."""
    rule = source.derive_status
    assert rule is not None
    unread = frame["unparsed"].map(lambda text: bool(text) and rule.closed_by in json.loads(text))
    is_closed = frame[rule.closed_by].notna() | unread.astype(bool)
    return frame.assign(status=is_closed.map({True: rule.closed, False: rule.open}).astype("Int64"))


def _believed(task: ReadTask, report: ReadReport) -> ReadReport:
    """A full extract without a single row is not believed; an extract of changes may well have none."""
    if task.source.extract != "full" or report.rows_in:
        return report
    text = (
        f"E-TEP-RONG: Tệp [{task.name}] là bản trích đầy đủ nhưng không có dòng nào. "
        "Cách khắc phục: đề nghị đơn vị xuất lại tệp."
    )
    return replace(report, status="EMPTY", fault=text)


def _check_bytes(task: ReadTask) -> None:
    """The landed bytes are those that came, and not none."""
    if not task.path.is_file() or digest_of(task.path) != task.sha256:
        raise FileFault(
            "E-VUNG-TIEP-NHAN",
            f"Tệp gốc [{task.name}] trong vùng tiếp nhận bị mất hoặc bị sửa.",
            mend="khôi phục vùng tiếp nhận từ bản sao lưu, hoặc đề nghị đơn vị nộp lại tệp.",
        )
    if not task.path.stat().st_size:
        raise FileFault(
            "E-TEP-RONG",
            f"Tệp [{task.name}] có 0 byte.",
            mend="đề nghị đơn vị xuất lại tệp.",
            status="EMPTY",
        )


@dataclass(kw_only=True)
class _Pieces:
    """The parquet files of one file under way, a row group a batch."""

    folder: Path
    rejects: dict[str, int] = field(default_factory=dict)
    _writers: dict[str, Any] = field(default_factory=dict)
    _rows: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, frame: pd.DataFrame) -> None:
        """Write one batch of a staged table."""
        table = pa.Table.from_pandas(frame, schema=schema_of(name), preserve_index=False)
        if name not in self._writers:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._writers[name] = pq.ParquetWriter(self._path(name), schema_of(name))
        self._writers[name].write_table(table)
        self._rows[name] = self._rows.get(name, 0) + len(frame)

    def set_aside(self, rejects: list[tuple[str, Reject]], origin: dict[str, str]) -> None:
        """Write lines that are no rows."""
        rows = [
            origin
            | {"table_name": name, "line_no": each.line_no, "message": each.message, "raw_record": each.raw_record}
            for name, each in rejects
        ]
        if rows:
            self.add("reject", _typed(pd.DataFrame(rows, columns=REJECT_COLUMNS)))
        for name, _ in rejects:
            self.rejects[name] = self.rejects.get(name, 0) + 1

    def close(self) -> dict[str, int]:
        """Finish all pieces; the rows of each."""
        for writer in self._writers.values():
            writer.close()
        return self._rows

    def drop(self) -> None:
        """Take away what was written: the file does not count."""
        for name, writer in self._writers.items():
            writer.close()
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"


def join(task: JoinTask) -> ReadReport:
    """The pieces of a unit's files as its staged files, each written whole or not at all.

    Steps and pauses that the unit does not number are numbered here, over all its files of the night together.
    """
    task.out.mkdir(parents=True, exist_ok=True)
    for name in STAGED:
        whole = task.out / f".{name}.parquet.{os.getpid()}.tmp"
        numbers, start = _numbers(name, task.parts), 0
        with pq.ParquetWriter(whole, schema_of(name)) as writer:
            for part in task.parts:
                for table in _row_groups(name, part):
                    if name not in part.numbered:
                        writer.write_table(table)
                        continue
                    writer.write_table(_with_numbers(name, table, numbers.slice(start, len(table))))
                    start += len(table)
        sync(whole)
        os.replace(whole, task.out / f"{name}.parquet")
    return ReadReport(status="COLLECTED")


def _row_groups(name: str, part: Piece, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """A piece's rows of a table, a batch at a time."""
    path = part.folder / f"{name}.parquet"
    if path.exists():
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, columns=columns)


def _numbers(name: str, parts: tuple[Piece, ...]) -> pa.Array:
    """The running numbers of all rows that get theirs from us, in order; only keys and times are held at once."""
    if name not in _NUMBERED:
        return pa.array([], type=pa.int64())
    number, times = _NUMBERED[name]
    columns = ["dossier_key", *times, number]
    frames = [
        table.to_pandas() for part in parts if name in part.numbered for table in _row_groups(name, part, columns)
    ]
    if not frames:
        return pa.array([], type=pa.int64())
    return pa.array(number_by_time(pd.concat(frames, ignore_index=True), number, times)[number], type=pa.int64())


def _with_numbers(name: str, table: pa.Table, numbers: pa.Array) -> pa.Table:
    place = table.schema.get_field_index(_NUMBERED[name][0])
    return table.set_column(place, table.schema.field(place), numbers)


def empty_staged(name: str) -> pd.DataFrame:
    """A staged frame without rows, typed."""
    if name in TABLES:
        return empty_frame(name)
    return _typed(pd.DataFrame(columns=REJECT_COLUMNS if name == "reject" else RAW_COLUMNS))


_SCHEMAS: dict[str, pa.Schema] = {}


def schema_of(name: str) -> pa.Schema:
    """The parquet schema of a staged table, the same for every batch and every unit."""
    if name not in _SCHEMAS:
        _SCHEMAS[name] = pa.Table.from_pandas(empty_staged(name), preserve_index=False).schema
    return _SCHEMAS[name]
