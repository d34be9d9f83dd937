"""The whole of a catalogue's review as a workbook: every pair, family, paper, journey and finding, to be filtered."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from analysis.catalogue_checks import CHECK_VI
from pipelines.publish import catalogue_view as view
from pipelines.publish import family_view, formats
from pipelines.publish.files import THOUSANDS, write_whole
from pipelines.publish.rows import Row

FILE_NAME = "ra_soat_danh_muc.xlsx"
_UNREAD = "Chưa đọc được"
_LONGEST = 32_000  # a cell holds 32,767 letters
# Sheet -> (heading, key, width in characters) of its columns.
_SHEETS: dict[str, list[tuple[str, str, int]]] = {
    "Nhóm thủ tục": [
        ("Lĩnh vực", "field", 24), ("Tên gọi chung để xem xét", "proposed_name", 60), ("Loại nhóm", "kind_vi", 30),
        ("Số thủ tục", "size", 10), ("Mã thủ tục", "codes", 40), ("Nhận xét", "text_vi", 60),
        ("Thời hạn ngắn nhất (ngày làm việc)", "shortest_days", 16), ("Của thủ tục", "limit_from", 14),
        ("Số ngày bớt được", "cut_days", 12),
    ],
    "Cặp thủ tục": [
        ("Mã thứ nhất", "proc_core", 12), ("Tên thứ nhất", "name", 60), ("Mã thứ hai", "other_proc_core", 12),
        ("Tên thứ hai", "other_name", 60), ("Quan hệ", "relation_vi", 30),
        ("Số cặp trên 100 cặp như vậy nên xem xét", "hundredths", 16), ("Nghiêng về xem xét chung", "leans", 60),
        ("Không nghiêng về xem xét chung", "leans_not", 50), ("Cùng một nhóm", "in_family", 10),
    ],
    "Giấy tờ": [
        ("Giấy tờ", "name", 60), ("Loại", "kind_vi", 26), ("Số thủ tục yêu cầu", "procedures", 12),
        ("Cơ quan cấp", "issuer", 26), ("Dữ liệu đã có ở", "held_in", 40), ("Căn cứ", "source", 40),
        ("Các cách ghi", "wordings", 80),
    ],
    "Chuỗi liên thông": [
        ("Các thủ tục theo thứ tự", "titles", 80), ("Mã", "codes", 30),
        ("Thủ tục liên thông đã có", "bundle", 16), ("Nên xem xét", "is_proposed", 12), ("Căn cứ", "reason", 90),
        ("Giấy tờ phải nộp hơn một lần", "twice", 60),
    ],
    "Yêu cầu cao": [
        ("Mã", "proc_core", 12), ("Thủ tục", "name", 60), ("So với", "peer_group", 40),
        ("Số thủ tục so sánh", "peers", 10), ("Vị trí (0–100)", "score", 10), ("Phần cao (ở giữa; cao)", "why", 80),
    ],
    "Nội dung công bố": [
        ("Mã", "proc_core", 12), ("Thủ tục", "name", 60), ("Loại", "check_vi", 36), ("Cần xem lại", "detail", 90),
        ("Đang ghi", "found", 40), ("Cần có", "expected", 30), ("Điều khoản", "clause", 26),
        ("Văn bản", "source", 40),
    ],
    _UNREAD: [
        ("Mã", "code", 16), ("Tệp", "file", 30), ("Vị trí", "place", 20), ("Không đọc được vì", "reason", 70),
    ],
}  # fmt: skip


def write_catalogue_xlsx(review: view.CatalogueReview, folder: Path) -> Path:
    """Write the workbook; returns its path. Same catalogue, same bytes."""
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    day = datetime(review.on.year, review.on.month, review.on.day)
    book.set_properties({"title": "Rà soát danh mục thủ tục", "author": "Tinh Gọn", "created": day})
    font = {"font_name": "Times New Roman", "font_size": 11, "valign": "top", "text_wrap": True, "border": 1}
    styles = {
        "head": book.add_format(font | {"bold": True, "valign": "vcenter", "bg_color": "#E8EDF2"}),
        "text": book.add_format(font),
        "count": book.add_format(font | {"num_format": THOUSANDS}),
        "figure": book.add_format(font | {"num_format": "0.##"}),
    }
    rows = _rows(review)
    for name, columns in _SHEETS.items():
        if name == _UNREAD and not review.aside:
            continue
        _sheet(book.add_worksheet(name), columns, rows[name], styles)
    book.close()
    return write_whole(folder / FILE_NAME, raw.getvalue())


def _rows(review: view.CatalogueReview) -> dict[str, Sequence[Row]]:
    pairs = [row for row in review.rows("overlaps") if row["propose_merge"]]
    return {
        "Nhóm thủ tục": [row | {"cut_days": _most_cut(row)} for row in view.family_list(review)],
        "Cặp thủ tục": [row | _leanings(row) for row in view.pair_rows(review, pairs)],
        "Giấy tờ": view.papers(review, most=len(review.rows("paper_types"))),
        "Chuỗi liên thông": view.journeys(review),
        "Yêu cầu cao": [row | {"why": _over(row)} for row in view.cumbersome(review, most=len(review.procedures))],
        _UNREAD: [asdict(each) for each in review.aside],
        "Nội dung công bố": [row | {"check_vi": CHECK_VI[row["check"]]} for row in review.rows("checks")],
    }


def _sheet(sheet: Any, columns: Sequence[tuple[str, str, int]], rows: Sequence[Row], styles: dict[str, Any]) -> None:
    sheet.set_row(0, 34)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for at, (heading, _, width) in enumerate(columns):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, heading, styles["head"])
    for line, row in enumerate(rows, start=1):
        for at, (_, key, _) in enumerate(columns):
            _write(sheet, (line, at), row[key], styles)


def _write(sheet: Any, place: tuple[int, int], value: object, styles: dict[str, Any]) -> None:
    if isinstance(value, bool):
        sheet.write_string(*place, "có" if value else "", styles["text"])
    elif isinstance(value, list):
        sheet.write_string(*place, "; ".join(str(each) for each in value)[:_LONGEST], styles["text"])
    elif formats.is_unknown(value):
        sheet.write_blank(*place, None, styles["text"])
    elif isinstance(value, int | float):
        whole = float(value).is_integer()
        sheet.write_number(*place, value, styles["count" if whole else "figure"])
    else:
        sheet.write_string(*place, str(value)[:_LONGEST], styles["text"])


def _most_cut(row: Row) -> float | None:
    """The days the member with the longest limit would lose; None where no limits are known."""
    cuts = [cut for cut in json.loads(row["cuts"]) if cut is not None]
    return max(cuts) if cuts else None


def _leanings(pair: Row) -> Row:
    told = family_view.evidence(pair)
    words = [(row["adds"], row["what"] + (f": {row['value_vi']}" if row["value_vi"] else "")) for row in told]
    return {
        "leans": [text for adds, text in words if adds >= 0],
        "leans_not": [text for adds, text in words if adds < 0],
    }


def _over(row: Row) -> str:
    told = [each for each in row["said"] if each["is_over"]]
    return "; ".join(f"{each['part']}: {each['value_vi']} ({each['median_vi']}; {each['p75_vi']})" for each in told)
