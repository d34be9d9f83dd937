"""Table II.06a closes: its formulas, worked out again here cell by cell, give the values stored beside them."""

import re

import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.utils import range_boundaries

from pipelines.publish.report_06a import write_report_06a_xlsx
from tests.publish import samples

SUM = re.compile(r"=SUM\(([A-Z]+\d+:[A-Z]+\d+)\)")
LINK = re.compile(r"='?([^'!]+)'?!([A-Z]+\d+)")
OWN = re.compile(r"=([A-Z]+\d+)")
MINUS = re.compile(r"=([A-Z]+\d+)-([A-Z]+\d+)")


@pytest.fixture
def book(tmp_path):
    path = write_report_06a_xlsx(samples.quarter_papers(), tmp_path)
    return load_workbook(path), load_workbook(path, data_only=True)


def work_out(book, sheet, cell):
    value = book[sheet][cell].value
    if not isinstance(value, str) or not value.startswith("="):
        return value or 0
    if found := SUM.fullmatch(value):
        left, top, right, bottom = range_boundaries(found[1])
        cells = [
            book[sheet].cell(row, column).coordinate
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]
        return sum(work_out(book, sheet, each) for each in cells)
    if found := LINK.fullmatch(value):
        return work_out(book, found[1], found[2])
    if found := MINUS.fullmatch(value):
        return work_out(book, sheet, found[1]) - work_out(book, sheet, found[2])
    return work_out(book, sheet, OWN.fullmatch(value)[1])


def total_row(sheet):
    return next(cell.row for cell in sheet["B"] if cell.value == "Tổng cộng")


def test_every_formula_gives_the_value_stored_beside_it(book):
    formulas, values = book
    seen = 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith("="):
                    seen += 1
                    assert values[sheet.title][cell.coordinate].value == work_out(
                        formulas, sheet.title, cell.coordinate
                    )
    assert (
        seen == 37 + 24 + 21 + 18
    )  # by sheet: three sums a line, a total row, four in the bridge; links on the first


def test_totals_are_the_hand_worked_ones(book):
    _, values = book
    assert values.sheetnames == ["Tổng hợp", "Theo lĩnh vực", "DG-MC", "DG-QK"]
    wanted = {
        "Tổng hợp": (1315, 10, 1000, 305, 980, 510, 388, 82, 303, 243, 60),
        "Theo lĩnh vực": (1315, 10, 1000, 305, 980, 510, 388, 82, 303, 243, 60),
        "DG-MC": (1210, 10, 900, 300, 880, 450, 350, 80, 300, 240, 60),
        "DG-QK": (105, 0, 100, 5, 100, 60, 38, 2, 3, 3, 0),
    }
    for name, figures in wanted.items():
        sheet = values[name]
        row = total_row(sheet)
        assert tuple(sheet.cell(row, column).value for column in range(3, 14)) == figures


def test_bridge_brings_column_3_back_to_nought(book):
    _, values = book
    for sheet in values:
        gap = next(cell.row for cell in sheet["B"] if str(cell.value).startswith("Cột (3) trừ"))
        assert sheet.cell(gap, 3).value == 0
    words = {cell.value: values["DG-MC"].cell(cell.row, 3).value for cell in values["DG-MC"]["B"]}
    assert words["Không đủ điều kiện, từ chối, trả lại"] == 12
    assert words["Đang tạm dừng (chờ bổ sung, chờ nghĩa vụ tài chính)"] == 8


def test_a_gap_in_the_data_shows_and_is_not_hidden(tmp_path):
    report = samples.whole_report()
    report.loc[(report["unit_code"] == "DG-QK") & (report["row_kind"] == "FIELD"), "refused"] = 0
    papers = samples.quarter_papers(results=samples.results(report_06a=report))
    values = load_workbook(write_report_06a_xlsx(papers, tmp_path), data_only=True)
    gap = next(cell.row for cell in values["DG-QK"]["B"] if str(cell.value).startswith("Cột (3) trừ"))
    assert values["DG-QK"].cell(gap, 3).value == 2


def test_layout_is_the_forms(book):
    formulas, _ = book
    sheet = formulas["DG-MC"]
    assert sheet["A1"].value == "Biểu số II.06a/VPCP/KSTT"
    merged = {str(each) for each in sheet.merged_cells.ranges}
    assert {"A6:A8", "B6:B8", "C6:F6", "G6:J6", "K6:M6", "D7:E7"} <= merged
    numbers = ["".join(str(cell.value).split()) for cell in sheet[9]]
    assert numbers == [
        "(1)", "(2)", "(3)=(4)+(5)+(6)", "(4)", "(5)", "(6)", "(7)=(8)+(9)+(10)", "(8)", "(9)", "(10)",
        "(11)=(12)+(13)", "(12)", "(13)",
    ]  # fmt: skip
    assert sheet.page_setup.orientation == "landscape"
    assert str(sheet.page_setup.paperSize) == "9"


def test_unit_codes_that_excel_would_refuse_still_get_a_sheet(tmp_path):
    report = samples.whole_report()
    codes = {"DG-MC": "a/very:long*unit?code[with]everything", "DG-QK": "A_very_long_unit_code_with_everything"}
    report["unit_code"] = report["unit_code"].replace(codes)
    papers = samples.quarter_papers(results=samples.results(report_06a=report))
    names = load_workbook(write_report_06a_xlsx(papers, tmp_path)).sheetnames
    assert len({name.casefold() for name in names}) == 4


def test_a_field_that_looks_like_a_formula_stays_text(tmp_path):
    report = samples.whole_report()
    report.loc[report["field_code"] == "CT", "field_name"] = '=HYPERLINK("x")'
    papers = samples.quarter_papers(results=samples.results(report_06a=report))
    sheet = load_workbook(write_report_06a_xlsx(papers, tmp_path))["DG-QK"]
    assert sheet["B10"].data_type == "s"


def test_how_the_opening_differs_is_told_dossier_by_dossier(tmp_path):
    rows = [("HS-1", "DG-QK", "", "kỳ này tính chuyển sang"), ("HS-2", "DG-MC", "DG-MC", "kỳ này không tính")]
    difference = pd.DataFrame(rows, columns=["dossier_code", "unit_code", "unit_before", "difference"])
    book = load_workbook(write_report_06a_xlsx(samples.quarter_papers(carried_difference=difference), tmp_path))
    sheet = book["Chênh lệch đầu kỳ"]
    names = dict(zip(samples.units()["unit_code"], samples.units()["name"], strict=True))
    assert sheet["A1"].value == "Hồ sơ chênh lệch giữa cột (6) và số đang giải quyết cuối quý III/2017 đã công bố"
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4, max_col=4)] == [
        ["HS-1", "UBND xã Quảng Khê", "", "kỳ này tính chuyển sang"],
        ["HS-2", names["DG-MC"], names["DG-MC"], "kỳ này không tính"],
    ]
    plain = load_workbook(write_report_06a_xlsx(samples.quarter_papers(), tmp_path / "none"))
    assert "Chênh lệch đầu kỳ" not in plain.sheetnames


def test_same_quarter_same_bytes(tmp_path):
    one, two = (write_report_06a_xlsx(samples.quarter_papers(), tmp_path / name) for name in "ab")
    assert one.read_bytes() == two.read_bytes()
