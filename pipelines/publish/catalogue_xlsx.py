"""The whole of a catalogue's review as a workbook: every pair, family, paper, journey and finding, to be filtered."""

import json
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from analysis.cumbersome import PART_VI
from analysis.overlap import RELATION_VI
from pipelines.publish import catalogue_view as view
from pipelines.publish import formats
from pipelines.publish.rows import Row

FILE_NAME = "ra_soat_danh_muc.xlsx"
# Sheet -> (heading, key, width) of its columns.
_SHEETS: dict[str, list[tuple[str, str, int]]] = {
    "Nhóm thủ tục": [
        ("Lĩnh vực", "field", 24),
        ("Tên gọi chung đề nghị xem xét", "proposed_name", 60), ("Loại nhóm", "kind_vi", 30),
        ("Số thủ tục", "size", 10), ("Mã thủ tục", "codes", 40), ("Nhận xét", "text_vi", 60),
        ("Thời hạn ngắn nhất (ngày làm việc)", "shortest_days", 16), ("Của thủ tục", "limit_from", 14),
    ],
    "Cặp thủ tục": [
        ("Mã thứ nhất", "proc_core", 12), ("Tên thứ nhất", "name", 60), ("Mã thứ hai", "other_proc_core", 12),
        ("Tên thứ hai", "other_name", 60), ("Quan hệ", "relation_vi", 30), ("Khả năng", "score", 10),
        ("Căn cứ", "why", 80),
    ],
    "Giấy tờ": [
        ("Giấy tờ", "name", 60), ("Loại", "kind_vi", 26), ("Thủ tục yêu cầu", "procedures", 12),
        ("Cơ quan cấp", "issuer", 26), ("Dữ liệu đã có ở", "held_in", 40), ("Căn cứ", "source", 40),
        ("Cách gọi khác", "wordings", 80),
    ],
    "Chuỗi liên thông": [
        ("Các thủ tục", "titles", 80), ("Mã", "codes", 30), ("Thủ tục liên thông đã có", "bundle", 16),
        ("Đề nghị", "is_proposed", 12), ("Căn cứ", "reason", 90),
    ],
    "Yêu cầu cao": [
        ("Mã", "proc_core", 12), ("Thủ tục", "name", 60), ("So với", "peer_group", 40),
        ("Số thủ tục so sánh", "peers", 10),
        ("Vị trí (0–100)", "score", 10), ("Thành phần cao", "why", 80),
    ],
    "Nội dung công bố": [
        ("Mã", "proc_core", 12), ("Thủ tục", "name", 60), ("Loại", "check_vi", 36),
        ("Nội dung cần xem", "detail", 90),
        ("Đang ghi", "found", 40), ("Cần có", "expected", 30), ("Điều khoản", "clause", 26),
        ("Văn bản", "source", 40),
    ],
}  # fmt: skip


def write_catalogue_xlsx(review: view.CatalogueReview, folder: Path) -> Path:
    """Write the workbook; returns its path."""
    path = folder / FILE_NAME
    pairs = [row for row in review.rows("overlaps") if row["propose_merge"]]
    rows: dict[str, Sequence[Row]] = {
        "Nhóm thủ tục": view.family_list(review),
        "Cặp thủ tục": [row | {"relation_vi": RELATION_VI[row["relation"]], "why": _why(row)} for row in pairs],
        "Giấy tờ": view.papers(review, most=len(review.rows("paper_types"))),
        "Chuỗi liên thông": view.journeys(review),
        "Yêu cầu cao": [row | {"why": _over(row)} for row in view.cumbersome(review, most=len(review.procedures))],
        "Nội dung công bố": [row | {"check_vi": view.CHECK_VI[row["check"]]} for row in review.rows("checks")],
    }
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": None})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#EEEEEE"})
        cell = book.add_format({"text_wrap": True, "valign": "top"})
        for name, columns in _SHEETS.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(len(rows[name]), 1), len(columns) - 1)
            for at, (title, _, width) in enumerate(columns):
                sheet.set_column(at, at, width, cell)
                sheet.write_string(0, at, title, head)
            for line, row in enumerate(rows[name], start=1):
                for at, (_, key, _) in enumerate(columns):
                    _write(sheet, line, at, row[key])
    return path


def _write(sheet: "xlsxwriter.worksheet.Worksheet", line: int, at: int, value: object) -> None:
    if isinstance(value, bool):
        sheet.write_string(line, at, "có" if value else "")
    elif isinstance(value, list):
        sheet.write_string(line, at, "; ".join(str(each) for each in value))
    elif formats.is_unknown(value):
        sheet.write_string(line, at, "")
    elif isinstance(value, int | float):
        sheet.write_number(line, at, float(value))
    else:
        sheet.write_string(line, at, str(value)[:32_000])  # a cell holds 32,767 letters


def _why(pair: Row) -> str:
    return "; ".join(
        row["what"] if row["value"] is None else f"{row['what']}: {formats.plain_number(row['value'])}"
        for row in view.evidence(pair)
    )


def _over(row: Row) -> str:
    told = {name: each for name, each in json.loads(row["parts"]).items() if each and each["is_over"]}
    return "; ".join(
        f"{PART_VI[name]}: {formats.plain_number(each['value'])} (thường {formats.plain_number(each['median'])})"
        for name, each in told.items()
    )
