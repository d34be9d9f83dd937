"""Table II.06a/VPCP/KSTT (bieu_II06a.xlsx) as Circular 01/2020/TT-VPCP lays it out, one sheet a unit and the totals.

Totals are real SUM formulas with their values beside them, so the table closes in Excel as it closes here. The
form has no column for refused, withdrawn, stopped, paused or undated dossiers: the bridge below the table names
them and brings (3) back to (7) + (11) + the bridge.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from math import ceil
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from domain.quarter import Quarter
from pipelines.publish import formats
from pipelines.publish.files import THOUSANDS, write_whole
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.rows import names_of, records

DIFFERENCE = "Chênh lệch đầu kỳ"
FILE_NAME = "bieu_II06a.xlsx"
# Form columns (3)..(13) by the names of the analysis, in the order of the form.
FIGURES = (
    "received_total", "received_online", "received_direct_post", "carried_in", "done_total", "done_early",
    "done_on_time", "done_late", "open_total", "open_in_term", "open_overdue",
)  # fmt: skip
# A total column and its parts, by position in FIGURES.
SUMS = {0: (1, 3), 4: (5, 7), 8: (9, 10)}
BRIDGE = (
    ("refused", "Không đủ điều kiện, từ chối, trả lại"),
    ("withdrawn", "Người nộp rút hồ sơ"),
    ("stopped", "Dừng giải quyết"),
    ("open_paused", "Đang tạm dừng (chờ bổ sung, chờ nghĩa vụ tài chính)"),
    ("done_no_due", "Đã giải quyết, không có ngày hẹn trả"),
    ("open_no_due", "Đang giải quyết, không có ngày hẹn trả"),
)
FIRST_ROW, FIRST_FIGURE = 9, 2  # zero-based: the first row of figures, the first figure column
CIRCULAR_YEAR = 2021  # first full year of Circular 01/2020/TT-VPCP


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet: its lines (label and FIGURES), the bridge counts, and where a line's figures come from."""

    name: str
    reporter: str
    lines: list[dict[str, Any]]
    bridge: dict[str, int]
    label: str = "Lĩnh vực, công việc giải quyết theo cấp"


def write_report_06a_xlsx(papers: QuarterPapers, folder: Path) -> Path:
    """Write the table of the quarter; returns its path. Reads `results.report_06a` (rows FIELD and UNIT)."""
    report = papers.results.report_06a
    if report.empty:  # switched off: the form is still made, with no line in it
        report = pd.DataFrame(columns=["row_kind", "unit_code", "field_code", "field_name", *FIGURES, *dict(BRIDGE)])
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    last = Quarter.parse(papers.quarter).last
    book.set_properties({"title": "Biểu II.06a", "author": "Tinh Gọn", "created": datetime.combine(last, time(0, 0))})
    style = _styles(book)
    names = names_of(papers.units, "unit_code")
    sheets = unit_sheets(report, names)
    pages = [("Tổng hợp", by_unit(sheets, papers.site_name)), ("Theo lĩnh vực", by_field(report, papers.site_name))]
    added = [(book.add_worksheet(name), sheet) for name, sheet in pages]
    added += [(book.add_worksheet(sheet.name), sheet) for sheet in sheets]
    for place, (page, sheet) in enumerate(added):
        _write_sheet(page, sheet, papers, style, linked=sheets if place == 0 else None)
    if len(papers.carried_difference):
        _write_difference(book.add_worksheet(DIFFERENCE), papers, style)
    book.close()
    return write_whole(folder / FILE_NAME, raw.getvalue())


def _write_difference(page: Any, papers: QuarterPapers, style: dict[str, Any]) -> None:
    """The dossiers by which column (6) differs from what the quarter before handed on, each with how."""
    before = formats.quarter(str(Quarter.parse(papers.quarter).previous()))
    page.set_column(0, 0, 26)
    page.set_column(1, 2, 34)
    page.set_column(3, 3, 60)
    title = f"Hồ sơ chênh lệch giữa cột (6) và số đang giải quyết cuối {before} đã công bố"
    page.write_string(0, 0, title, style["bold"])
    for column, words in enumerate(("Mã hồ sơ", "Đơn vị kỳ này", "Đơn vị kỳ trước", "Chênh lệch")):
        page.write_string(2, column, words, style["head"])
    for line, row in enumerate(records(papers.carried_difference), start=3):
        now, then = (papers.unit_name(row[name]) if row[name] else "" for name in ("unit_code", "unit_before"))
        for column, words in enumerate((row["dossier_code"], now, then, row["difference"])):
            page.write_string(line, column, str(words), style["label"])


def unit_sheets(report: pd.DataFrame, names: dict[str, str]) -> list[Sheet]:
    """One sheet a unit, its fields in the order of the analysis."""
    sheets: list[Sheet] = []
    fields = report[report["row_kind"] == "FIELD"]
    for code, rows in fields.groupby("unit_code", sort=True):
        name = _sheet_name(str(code), [sheet.name for sheet in sheets])
        sheets.append(_sheet(name, str(names.get(str(code), code)), rows))
    return sheets


def by_field(report: pd.DataFrame, site_name: str) -> Sheet:
    """All units together, one line a field."""
    fields = report[report["row_kind"] == "FIELD"]
    keys = ["field_code", "field_name"]
    summed = fields.groupby(keys, sort=True)[[*FIGURES, *(name for name, _ in BRIDGE)]].sum().reset_index()
    return _sheet("Theo lĩnh vực", site_name, summed)


def by_unit(sheets: Sequence[Sheet], site_name: str) -> Sheet:
    """All units, one line a unit."""
    lines = [
        {"label": sheet.reporter, **{figure: sum(line[figure] for line in sheet.lines) for figure in FIGURES}}
        for sheet in sheets
    ]
    bridge = {name: sum(sheet.bridge[name] for sheet in sheets) for name, _ in BRIDGE}
    return Sheet(name="Tổng hợp", reporter=site_name, lines=lines, bridge=bridge, label="Đơn vị trực tiếp giải quyết")


def _sheet(name: str, reporter: str, rows: pd.DataFrame) -> Sheet:
    lines = [
        {
            "label": row["field_name"] or row["field_code"] or "(chưa rõ lĩnh vực)",
            **{figure: int(row[figure]) for figure in FIGURES},
        }
        for row in records(rows)
    ]
    return Sheet(name=name, reporter=reporter, lines=lines, bridge={key: int(rows[key].sum()) for key, _ in BRIDGE})


def _sheet_name(code: str, taken: Sequence[str]) -> str:
    """A name Excel accepts: no brackets, slashes or quotes, at most 31 characters, not used before."""
    kept = "".join("_" if c in "[]:*?/\\'" else c for c in code).strip()[:28] or "_"
    name, number = kept, 2
    while name.casefold() in {
        each.casefold() for each in (*taken, "Tổng hợp", "Theo lĩnh vực", DIFFERENCE, "History")
    }:
        name, number = f"{kept}_{number}", number + 1
    return name


def _styles(book: Any) -> dict[str, Any]:
    font = {"font_name": "Times New Roman", "font_size": 11, "valign": "vcenter"}
    grid = font | {"border": 1}
    return {
        "plain": book.add_format(font),
        "wrap": book.add_format(font | {"text_wrap": True, "valign": "top"}),
        "bold": book.add_format(font | {"bold": True}),
        "center": book.add_format(font | {"align": "center", "bold": True}),
        "italic": book.add_format(font | {"italic": True, "align": "center"}),
        "note": book.add_format(font | {"italic": True, "font_size": 10, "text_wrap": True, "valign": "top"}),
        "title": book.add_format(font | {"bold": True, "align": "center", "font_size": 13, "text_wrap": True}),
        "head": book.add_format(grid | {"bold": True, "align": "center", "text_wrap": True, "bg_color": "#E8EDF2"}),
        "numbers": book.add_format(grid | {"italic": True, "align": "center", "font_size": 9, "text_wrap": True}),
        "label": book.add_format(grid | {"text_wrap": True}),
        "order": book.add_format(grid | {"align": "center"}),
        "figure": book.add_format(grid | {"num_format": THOUSANDS, "align": "right"}),
        "sum": book.add_format(grid | {"num_format": THOUSANDS, "align": "right", "bold": True}),
        "sum_label": book.add_format(grid | {"bold": True, "align": "center"}),
    }


def _write_sheet(
    page: Any, sheet: Sheet, papers: QuarterPapers, style: dict[str, Any], *, linked: Sequence[Sheet] | None
) -> None:
    _page_setup(page)
    _write_heading(page, sheet, papers, style)
    _write_columns(page, sheet.label, style)
    for place, line in enumerate(sheet.lines):
        row = FIRST_ROW + place
        page.set_row(row, 16 * max(1, ceil(len(str(line["label"])) / 30)))
        page.write_number(row, 0, place + 1, style["order"])
        page.write_string(row, 1, str(line["label"]), style["label"])
        _write_line(page, row, line, style, source=linked[place] if linked else None)
    total = FIRST_ROW + len(sheet.lines)
    _write_total(page, total, sheet, style)
    _write_bridge(page, total, sheet, style)
    _write_signature(page, total + len(BRIDGE) + 9, papers, style)


def _page_setup(page: Any) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(0.5, 0.4, 0.55, 0.55)
    page.repeat_rows(5, 8)
    page.freeze_panes(FIRST_ROW, 2)
    page.set_footer("&C&9Trang &P/&N")
    page.set_column(0, 0, 5)
    page.set_column(1, 1, 34)
    page.set_column(2, 12, 10.5)


def _write_heading(page: Any, sheet: Sheet, papers: QuarterPapers, style: dict[str, Any]) -> None:
    period = Quarter.parse(papers.quarter)
    page.write_string(0, 0, "Biểu số II.06a/VPCP/KSTT", style["bold"])
    page.merge_range(
        0,
        2,
        1,
        9,
        "TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT TTHC TẠI CƠ QUAN, ĐƠN VỊ\nTRỰC TIẾP GIẢI QUYẾT TTHC",
        style["title"],
    )
    page.set_row(0, 18)
    page.set_row(1, 18)
    days = f"từ ngày {formats.day(period.first)} đến ngày {formats.day(period.last)}"
    page.merge_range(2, 2, 2, 9, f"Kỳ báo cáo: {formats.quarter(papers.quarter)} ({days})", style["italic"])
    page.merge_range(3, 2, 3, 9, f"Đơn vị báo cáo: {sheet.reporter}", style["center"])
    page.merge_range(4, 10, 4, 12, "Đơn vị tính: hồ sơ TTHC", style["italic"])


def _write_columns(page: Any, label: str, style: dict[str, Any]) -> None:
    head = style["head"]
    page.set_row(5, 20)
    page.set_row(6, 20)
    page.set_row(7, 48)
    page.set_row(8, 26)
    page.merge_range(5, 0, 7, 0, "TT", head)
    page.merge_range(5, 1, 7, 1, label, head)
    page.merge_range(5, 2, 5, 5, "Số hồ sơ tiếp nhận", head)
    page.merge_range(5, 6, 5, 9, "Số hồ sơ đã giải quyết", head)
    page.merge_range(5, 10, 5, 12, "Số hồ sơ đang giải quyết", head)
    page.merge_range(6, 2, 7, 2, "Tổng số", head)
    page.merge_range(6, 3, 6, 4, "Trong kỳ", head)
    page.write_string(7, 3, "Trực tuyến", head)
    page.write_string(7, 4, "Trực tiếp, dịch vụ bưu chính", head)
    single = {
        5: "Từ kỳ trước",
        6: "Tổng số",
        7: "Trước hạn",
        8: "Đúng hạn",
        9: "Quá hạn",
        10: "Tổng số",
        11: "Trong hạn",
        12: "Quá hạn",
    }
    for column, words in single.items():
        page.merge_range(6, column, 7, column, words, head)
    sums = {3: "(3)=(4)+\n(5)+(6)", 7: "(7)=(8)+\n(9)+(10)", 11: "(11)=\n(12)+(13)"}
    for number in range(1, 14):
        page.write_string(8, number - 1, sums.get(number, f"({number})"), style["numbers"])


def _write_line(page: Any, row: int, line: dict[str, Any], style: dict[str, Any], *, source: Sheet | None) -> None:
    """The figures of a line: totals as SUM of their parts; on the overview, parts link to the unit's own total."""
    for place, figure in enumerate(FIGURES):
        column, value = FIRST_FIGURE + place, int(line[figure])
        if place in SUMS:
            first, last = (xl_rowcol_to_cell(row, FIRST_FIGURE + part) for part in SUMS[place])
            page.write_formula(row, column, f"=SUM({first}:{last})", style["sum"], value)
        elif source is not None:
            cell = xl_rowcol_to_cell(FIRST_ROW + len(source.lines), column)
            page.write_formula(row, column, f"='{source.name}'!{cell}", style["figure"], value)
        else:
            page.write_number(row, column, value, style["figure"])


def _write_total(page: Any, row: int, sheet: Sheet, style: dict[str, Any]) -> None:
    page.write_blank(row, 0, None, style["sum_label"])
    page.write_string(row, 1, "Tổng cộng", style["sum_label"])
    for place, figure in enumerate(FIGURES):
        column = FIRST_FIGURE + place
        value = sum(int(line[figure]) for line in sheet.lines)
        if not sheet.lines:
            page.write_number(row, column, 0, style["sum"])
            continue
        first, last = xl_rowcol_to_cell(FIRST_ROW, column), xl_rowcol_to_cell(row - 1, column)
        page.write_formula(row, column, f"=SUM({first}:{last})", style["sum"], value)


def _write_bridge(page: Any, total: int, sheet: Sheet, style: dict[str, Any]) -> None:
    """(3) = (7) + (11) + what the form has no column for; the last line must be nought."""
    sums = {figure: sum(int(line[figure]) for line in sheet.lines) for figure in FIGURES}
    row = total + 2
    page.write_string(row, 1, "Bảng nối (các hồ sơ biểu không có cột)", style["bold"])
    received, done, still = (xl_rowcol_to_cell(total, FIRST_FIGURE + place) for place in (0, 4, 8))
    lines: list[tuple[str, str | int, int]] = [
        ("Đã giải quyết, cột (7)", f"={done}", sums["done_total"]),
        ("Đang giải quyết, cột (11)", f"={still}", sums["open_total"]),
        *((words, sheet.bridge[name], sheet.bridge[name]) for name, words in BRIDGE),
    ]
    first = row + 1
    for place, (words, content, value) in enumerate(lines):
        page.set_row(first + place, 16 * max(1, ceil(len(words) / 38)))
        page.write_string(first + place, 1, words, style["label"])
        if isinstance(content, str):
            page.write_formula(first + place, 2, content, style["figure"], value)
        else:
            page.write_number(first + place, 2, content, style["figure"])
    end = first + len(lines)
    column = f"{xl_rowcol_to_cell(first, 2)}:{xl_rowcol_to_cell(end - 1, 2)}"
    together = sum(value for _, _, value in lines)
    page.write_string(end, 1, "Cộng", style["sum_label"])
    page.write_formula(end, 2, f"=SUM({column})", style["sum"], together)
    page.write_string(end + 1, 1, "Cột (3) trừ dòng Cộng (phải bằng 0)", style["label"])
    gap = sums["received_total"] - together
    page.write_formula(end + 1, 2, f"={received}-{xl_rowcol_to_cell(end, 2)}", style["sum"], gap)


def _write_signature(page: Any, row: int, papers: QuarterPapers, style: dict[str, Any]) -> None:
    """Place for the two signatures, right of the bridge table, and the note on the form, below it."""
    top = row - len(BRIDGE) - 6
    day = f"{papers.place or '……………'}, {formats.long_day(None)}"
    page.merge_range(top, 8, top, 12, day, style["italic"])
    page.merge_range(top + 1, 4, top + 1, 7, "Người lập biểu", style["center"])
    page.merge_range(top + 1, 8, top + 1, 12, "Thủ trưởng đơn vị", style["center"])
    page.merge_range(top + 2, 4, top + 2, 7, "(Ký, họ tên)", style["italic"])
    page.merge_range(top + 2, 8, top + 2, 12, "(Ký, họ tên, đóng dấu)", style["italic"])
    note = "Trình bày theo Biểu II.06a ban hành kèm theo Thông tư số 01/2020/TT-VPCP. "
    note += "Số liệu tính từ từng hồ sơ; so sánh hạn theo ngày."
    note += f" Bản phân tích số {papers.edition}, mã đối chiếu {papers.fingerprint[:12]}."
    if Quarter.parse(papers.quarter).last < date(CIRCULAR_YEAR, 1, 1):
        note += " Kỳ này có trước khi Thông tư được áp dụng, bảng dùng để đối chiếu."
    if not papers.is_complete:
        missing = ", ".join(papers.unit_name(code) for code in papers.missing)
        note += f" Số liệu chưa đủ đơn vị nộp ({missing})." if missing else " Số liệu lấy từ lần nạp ban đầu."
    page.merge_range(row, 0, row + 1, 12, note, style["note"])
