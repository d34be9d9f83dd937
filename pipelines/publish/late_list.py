"""The signer's list (ho_so_tre_han.xlsx): one row a late dossier with its letter, to be printed and signed off."""

import io
from collections.abc import Mapping
from datetime import datetime
from math import ceil, isfinite
from numbers import Real
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from domain.clean import clean
from pipelines.publish import formats
from pipelines.publish.files import THOUSANDS, write_whole
from pipelines.publish.rows import records

FILE_NAME = "ho_so_tre_han.xlsx"
# What a worksheet takes: letters in a cell, points in a row's height, and no day before 1900.
CELL_LETTERS, HIGHEST_ROW, FIRST_YEAR = 32_767, 409, 1900
KIND_VI = {"OVERDUE": "Quá hạn", "DUE_TOMORROW": "Đến hạn ngày làm việc tới"}
# Why no letter is drafted of a dossier.
HELD_VI = {
    "LEFT_REGISTER": "Chưa soạn thư: hồ sơ không còn trong sổ đơn vị nộp, cần xác minh",
    "NOT_READ": "Chưa soạn thư: chưa đọc được dữ liệu của đơn vị từ ngày hẹn trả đến nay",
    "DUE_BEFORE_RECEIPT": "Chưa soạn thư: ngày hẹn trả trước ngày tiếp nhận, cần kiểm tra",
    "UNIT_ENDED": "Chưa soạn thư: đơn vị đã kết thúc, chưa có đơn vị kế thừa",
}
# Heading, width in characters, cell kind.
COLUMNS = (
    ("STT", 4, "n"), ("Mã hồ sơ", 23, "t"), ("Thủ tục", 31, "t"), ("Đơn vị", 17, "t"),
    ("Nơi đang xử lý, bước", 23, "t"), ("Ngày tiếp nhận", 10.5, "d"),
    ("Ngày hẹn trả", 10.5, "d"), ("Số ngày trễ", 6, "n"),
    ("Loại", 11, "t"), ("Số thư", 6, "t"), ("Ngày hẹn lại", 10.5, "d"), ("Lý do (người ký ghi)", 18, "t"),
)  # fmt: skip


def write_late_list(  # noqa: PLR0913 - plain facts of one list, all by keyword
    late: pd.DataFrame,
    folder: Path,
    *,
    night: str,
    site_name: str,
    unit_names: Mapping[str, str],
    office_names: Mapping[tuple[str, str], str] | None = None,
) -> Path:
    """Write the list of a night.

    late: dossier_code, unit_code, office_code, proc_name, received_on, due_on, days_late, kind, current_step, and
    when letters were drafted letter_no, new_due_on, reason; held: why
    there is none. office_names: (unit_code, office_code) -> name.
    No name of a citizen is in it.
    """
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Hồ sơ trễ hạn", "author": "Tinh Gọn", "created": datetime.fromisoformat(night)})
    sheet = book.add_worksheet("Hồ sơ trễ hạn")
    font = {"font_name": "Times New Roman", "font_size": 11, "valign": "top"}
    cell = {
        "t": book.add_format(font | {"border": 1, "text_wrap": True}),
        "n": book.add_format(font | {"border": 1, "num_format": THOUSANDS, "align": "center"}),
        "d": book.add_format(font | {"border": 1, "num_format": "dd/mm/yyyy", "align": "center"}),
    }
    heading = {"border": 1, "bold": True, "text_wrap": True, "align": "center", "valign": "vcenter"}
    head = book.add_format(font | heading | {"bg_color": "#E8EDF2"})
    big = book.add_format(font | {"bold": True, "font_size": 14})
    sheet.write(0, 0, "DANH SÁCH HỒ SƠ QUÁ HẠN VÀ SẮP ĐẾN HẠN CHƯA GIẢI QUYẾT XONG", big)
    sheet.write(
        1,
        0,
        f"{site_name}; số liệu ngày {formats.day(night)}; ngày trễ tính theo ngày làm việc",
        book.add_format(font),
    )
    sheet.set_row(3, 32)
    for place, (name, width, _) in enumerate(COLUMNS):
        sheet.set_column(place, place, width)
        sheet.write(3, place, name, head)
    rows = late.sort_values(["kind", "days_late", "dossier_code"], ascending=[False, False, True])
    for number, row in enumerate(records(rows), start=1):
        values = _values(number, row, unit_names, office_names or {})
        lines = [
            ceil(len(str(value)) * 0.95 / width)
            for value, (_, width, kind) in zip(values, COLUMNS, strict=True)
            if kind == "t"
        ]
        sheet.set_row(3 + number, min(15 * max([*lines, 2]), HIGHEST_ROW))
        for place, (value, (_, _, kind)) in enumerate(zip(values, COLUMNS, strict=True)):
            _write(sheet, (3 + number, place), value, cell[kind])
    _lay_out(sheet, last=3 + len(rows))
    book.close()
    return write_whole(folder / FILE_NAME, raw.getvalue())


def _lay_out(sheet: Any, *, last: int) -> None:
    """A4 landscape, one page wide, the heading row on every page and a filter on it."""
    sheet.freeze_panes(4, 2)
    sheet.autofilter(3, 0, last, len(COLUMNS) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(3)
    sheet.set_margins(0.4, 0.4, 0.5, 0.6)
    sheet.set_footer("&C&9Trang &P/&N")


def _values(
    number: int, row: Mapping[Any, Any], units: Mapping[str, str], offices: Mapping[tuple[str, str], str]
) -> list[Any]:
    office, step = row.get("office_code"), row.get("current_step")
    held = HELD_VI.get(str(row.get("held")), "")
    where = "" if formats.is_unknown(office) else offices.get((row["unit_code"], str(office)), str(office))
    return [
        number,
        row["dossier_code"],
        row["proc_name"],
        units.get(row["unit_code"], row["unit_code"]),
        ": ".join(part for part in (where, "" if formats.is_unknown(step) else str(step)) if part),
        formats.as_date(row["received_on"]),
        formats.as_date(row["due_on"]),
        row["days_late"],
        KIND_VI.get(str(row["kind"]), row["kind"]),
        row.get("letter_no"),
        formats.as_date(row.get("new_due_on")),
        held if formats.is_unknown(row.get("letter_no")) and held else row.get("reason"),
    ]


def _write(sheet: Any, place: tuple[int, int], value: Any, kind: Any) -> None:
    if formats.is_unknown(value):
        sheet.write_blank(*place, None, kind)
    elif hasattr(value, "year") and value.year >= FIRST_YEAR:
        sheet.write_datetime(*place, value, kind)
    elif isinstance(value, Real) and isfinite(value):
        sheet.write_number(*place, int(float(value)), kind)
    else:
        sheet.write_string(*place, clean(str(value))[:CELL_LETTERS], kind)
