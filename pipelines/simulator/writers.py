"""Extracts become the files units really hand in, in the format, headings and codes their unit file declares.

The unit file (units/<code>.yml) says how a file looks; the writer follows it the other way round. Values that are
texts are written as they are: that is how planted nonsense gets into a cell.
"""

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from pipelines.simulator.view import SUPPLEMENT, Extract, Record
from pipelines.site import Source, Unit
from pipelines.unit import DEFAULT_TIME_FORMATS

# Record (by identity) -> (file below the inbox, line or element number).
Places = dict[tuple[str, int], tuple[str, int]]
_SYNC_TIME = "%Y%m%d%H%M%S"
_TITLES = {"dossier": "DANH SÁCH HỒ SƠ TIẾP NHẬN VÀ GIẢI QUYẾT", "step": "PHIẾU KIỂM SOÁT QUÁ TRÌNH GIẢI QUYẾT HỒ SƠ",
           "pause": "SỔ THEO DÕI YÊU CẦU BỔ SUNG HỒ SƠ"}  # fmt: skip
_TITLE_ROWS = 4
_TONES = "\u0300\u0301\u0303\u0309\u0323"


def write_extract(extract: Extract, unit: Unit, inbox: Path) -> Places:
    """Write all files of one unit's night; gives where each record went. A missing hand-in writes nothing."""
    places: Places = {}
    if extract.fault == "MISSING":
        return places
    for source in unit.sources:
        rows = _rows_of(source, extract)
        if not rows and (source.optional or source.table == "step"):
            continue
        path = inbox / _file_name(source.place, unit.code, extract.night)
        path.parent.mkdir(parents=True, exist_ok=True)
        name = path.relative_to(inbox).as_posix()
        if source.table == "sync":
            data, lines = _sync_bytes(rows, source, unit, extract.night)
        elif source.format == "xlsx":
            data, lines = _xlsx_bytes(rows, source, unit, extract)
        else:
            data, lines = _csv_bytes(rows, source)
        places |= {(source.id, id(row)): (name, line) for row, line in zip(rows, lines, strict=True)}
        path.write_bytes(_spoilt(data, extract.fault, source) if source.table == "dossier" else data)
        if source.control:
            control = inbox / _file_name(source.control.place, unit.code, extract.night)
            count = {"dossier_count": len(rows) + extract.control_shift}
            control.write_text(json.dumps(count) + "\n", encoding="utf-8")
    return places


def _rows_of(source: Source, extract: Extract) -> list[Record]:
    if source.table in {"sync", "dossier"}:
        return extract.dossiers
    if source.table == "step":
        return extract.steps
    return [p for p in extract.pauses if p["kind"] == source.constants.get("kind", SUPPLEMENT)]


def _file_name(place: str, unit_code: str, night: date) -> str:
    path = place.format(unit=unit_code, night=night.isoformat())
    return path.replace("20*", f"{night:%Y%m%d}").replace("*", f"{night:%Y%m%d}")


def _cells(rows: list[Record], source: Source, shape: Callable[[Any], Any]) -> tuple[list[str], list[list[Any]]]:
    """Headings (the running number first) and rows of cells in the order of the unit file."""
    back = {name: {str(v): k for k, v in codes.items()} for name, codes in source.codes.items()}
    headings = [*source.ignore[:1], *source.columns.values()]
    table = []
    for number, row in enumerate(rows, 1):
        cells = [number] if source.ignore else []
        for name in source.columns:
            value = row.get(name)
            cells.append(shape(back.get(name, {}).get(str(value), value)))
        table.append(cells)
    return headings, table


def _csv_bytes(rows: list[Record], source: Source) -> tuple[bytes, list[int]]:
    def shape(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.strftime(source.time_formats[0])
        if isinstance(value, float):
            return f"{value:g}"
        return "" if value is None else value

    headings, table = _cells(rows, source, shape)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=source.delimiter, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows(table)
    return text.getvalue().encode(source.encoding), list(range(2, len(rows) + 2))


def _xlsx_bytes(rows: list[Record], source: Source, unit: Unit, extract: Extract) -> tuple[bytes, list[int]]:
    as_cells = source.time_formats == DEFAULT_TIME_FORMATS

    def shape(value: Any) -> Any:
        return value.strftime(source.time_formats[0]) if isinstance(value, datetime) and not as_cells else value

    headings, table = _cells(rows, source, shape)
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True})
    book.set_properties({"created": datetime(2017, 1, 1)})
    sheet = book.add_worksheet(source.sheet)
    instant = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
    bold = book.add_format({"bold": True})
    sheet.write(0, 0, "UBND HUYỆN ĐẮK GLONG", bold)
    sheet.write(1, 0, unit.name.upper(), bold)
    sheet.write(2, 2, f"{_TITLES[source.table]} ĐẾN NGÀY {extract.night:%d/%m/%Y}", bold)
    sheet.write_row(_TITLE_ROWS, 0, headings, bold)
    for at, cells in enumerate(table, _TITLE_ROWS + 1):
        for column, value in enumerate(cells):
            if isinstance(value, datetime):
                sheet.write_datetime(at, column, value, instant)
            elif isinstance(value, int | float):
                sheet.write_number(at, column, value)
            elif value is not None:
                sheet.write_string(at, column, value)
    book.close()
    return data.getvalue(), list(range(_TITLE_ROWS + 2, len(rows) + _TITLE_ROWS + 2))


def _sync_bytes(rows: list[Record], source: Source, unit: Unit, night: date) -> tuple[bytes, list[int]]:
    message = {
        "MaDonVi": unit.identifier,
        "NgayDongBo": f"{night:%Y%m%d}235959",
        "DongBoHoSoMC": [_sync_record(row) for row in rows],
    }
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":")).replace('{"MaHoSo"', '\n{"MaHoSo"')
    return text.encode(source.encoding), list(range(1, len(rows) + 1))


def _sync_record(row: Record) -> dict[str, Any]:
    fields = {
        "MaHoSo": "dossier_code", "MaTTHC": "proc_code", "TenTTHC": "proc_name", "MaLinhVuc": "field_code",
        "TenLinhVuc": "field_name", "KenhThucHien": "channel", "ChuHoSo": "owner_name",
        "LoaiDoiTuong": "subject_type",
        "SoGiayToChuHoSo": "owner_id_no", "SoDienThoai": "owner_phone", "DiaChi": "owner_address",
        "DonViXuLy": "office_code", "NguoiThuLy": "staff_code", "NgayNopHoSo": "submitted_at",
        "NgayTiepNhan": "received_at", "NgayNhapMay": "entered_at", "NgayHenTra": "due_at",
        "TrangThaiHoSo": "status", "NgayKetThucXuLy": "finished_at", "NgayTra": "returned_at",
        "NgayTuChoi": "refused_at", "LyDoTuChoi": "refusal_reason", "LePhi": "fee_vnd",
    }  # fmt: skip
    record: dict[str, Any] = {heading: _sync_text(row.get(name)) for heading, name in fields.items()}
    supplements = [p for p in row["pauses"] if p["kind"] == SUPPLEMENT]
    record["DanhSachHoSoBoSung"] = [
        {
            "HoSoBoSungId": str(p["pause_no"]), "NoiDungBoSung": p["reason"],
            "NgayBoSung": _sync_text(p["started_at"]),
            "NgayTiepNhanBoSung": _sync_text(p["ended_at"]), "TrangThaiBoSung": "2" if p["ended_at"] else "1",
            "NgayHenTraTruoc": _sync_text(p["old_due_at"]), "NgayHenTraMoi": _sync_text(p["new_due_at"]),
        }
        for p in supplements
    ]  # fmt: skip
    record["TienDo"] = [
        {
            "BuocSo": s["step_no"], "NguoiXuLy": _sync_text(s["staff_code"]), "PhongBanXuLy": s["office_code"],
            "NoiDungXuLy": s["task"], "NgayBatDau": _sync_text(s["arrived_at"]),
            "ThoiDiemXuLy": _sync_text(s["finished_at"]), "ThoiHanBuoc": s["planned_days"],
        }
        for s in row["steps"]
    ]  # fmt: skip
    return record


def _sync_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime(_SYNC_TIME)
    return "" if value is None else str(value)


def _spoilt(data: bytes, fault: str, source: Source) -> bytes:
    """The bytes after the planted accident."""
    if fault == "ZERO_BYTES":
        return b""
    if fault == "TRUNCATED":
        return data[: len(data) * 3 // 5]
    if fault == "RENAMED_COLUMN":
        old = source.columns.get("proc_code", "\0")
        return data.replace(old.encode(source.encoding), "Mã thủ tục (mới)".encode(source.encoding), 1)
    if fault == "WRONG_ENCODING":
        return _windows_1258(data.decode(source.encoding))
    return data


def _windows_1258(text: str) -> bytes:
    """The old Windows code page for Vietnamese: a vowel with its shape, then the tone as a letter of its own."""
    out = bytearray()
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        shapes = unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONES))
        out += (shapes + "".join(c for c in parts if c in _TONES)).encode("cp1258", errors="replace")
    return bytes(out)
