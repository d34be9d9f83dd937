"""Tiny sites for tests: one valid site, of which a test names only what matters."""

import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml

from pipelines.settings import Settings

NIGHT = "2017-12-20"  # a Wednesday
HEADINGS = ["Mã hồ sơ", "Mã thủ tục", "Ngày tiếp nhận", "Ngày hẹn trả", "Ngày kết thúc", "Trạng thái"]
ROW = ["HS-1", "1.000001", "18/12/2017 08:00", "25/12/2017 17:00", "20/12/2017 09:30", "9"]
KEY = "a-key-only-for-tests-0123456789"


def source(**changes: Any) -> dict[str, Any]:
    """A dossier source: CSV, UTF-8, comma, place <night>/<unit>/ho_so.csv."""
    return {
        "id": "ho_so",
        "table": "dossier",
        "format": "csv",
        "place": "{night}/{unit}/ho_so.csv",
        "time_formats": ["%d/%m/%Y %H:%M", "%d/%m/%Y"],
        "columns": {
            "dossier_code": "Mã hồ sơ",
            "proc_code": "Mã thủ tục",
            "received_at": "Ngày tiếp nhận",
            "due_at": "Ngày hẹn trả",
            "finished_at": "Ngày kết thúc",
            "status": "Trạng thái",
        },
    } | changes


def unit(code: str = "X1", **changes: Any) -> dict[str, Any]:
    """A commune with one CSV source."""
    return {
        "code": code,
        "name": f"UBND xã {code}",
        "level": "XA",
        "valid_from": "2015-01-01",
        "sources": [source()],
    } | changes


def write_site(folder: Path, units: Sequence[dict[str, Any]] | None = None, **site: Any) -> Path:
    """Write a site's files below `folder`; keyword arguments are keys of site.yml."""
    (folder / "units").mkdir(parents=True, exist_ok=True)
    file = {"name": "Huyện Thử", "code": "thu", "level": "HUYEN", "dossier_code": "any"} | site
    (folder / "site.yml").write_text(yaml.safe_dump(file, allow_unicode=True), encoding="utf-8")
    for one in [unit()] if units is None else units:
        text = yaml.safe_dump(one, allow_unicode=True, sort_keys=False)
        (folder / "units" / f"{one['code']}.yml").write_text(text, encoding="utf-8")
    return folder


def make_site(tmp_path: Path, units: Sequence[dict[str, Any]] | None = None, **site: Any) -> Settings:
    """A site on disk and the settings that point at it; everything stays below `tmp_path`."""
    folder = write_site(tmp_path / "site", units, **site)
    return Settings.from_env(
        {"TINHGON_SITE": str(folder), "TINHGON_VAR": str(tmp_path / "var"), "TINHGON_HASH_KEY": KEY}
    )


def hand_in(settings: Settings, name: str, data: bytes | str, *, unit_code: str = "X1", night: str = NIGHT) -> Path:
    """Put a file into the inbox at <night>/<unit>/<name>."""
    path = settings.inbox / night / unit_code / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def csv_text(rows: Iterable[Sequence[str]], *, headings: Sequence[str] = HEADINGS, delimiter: str = ",") -> str:
    """CSV text with headings; no quoting, so that tests write exactly what they mean."""
    return "".join(delimiter.join(row) + "\n" for row in [headings, *rows])


def xlsx_bytes(rows: Iterable[Sequence[object]], *, sheet: str = "Sheet1") -> bytes:
    """A workbook of one sheet; datetimes become real spreadsheet instants."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = book.add_worksheet(sheet)
    instant = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    for line, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, datetime):
                page.write_datetime(line, place, cell, instant)
            elif cell not in (None, ""):
                page.write(line, place, cell)
    book.close()
    return buffer.getvalue()


def json_text(value: object) -> str:
    """JSON with Vietnamese letters as they are."""
    return json.dumps(value, ensure_ascii=False)
