"""Workbooks row by row: the same cells as a second reader (calamine) finds, and errors that do not read as empty."""

import io
import json
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from pipelines.collect import collect_unit
from pipelines.reading.workbook import BadWorkbook, open_workbook
from pipelines.stage import read_staged
from tests.factories.sites import HEADINGS, NIGHT, ROW, hand_in, make_site, source, unit, xlsx_bytes

FORMATS = [
    "dd/mm/yyyy", "dd/mm/yyyy hh:mm", "hh:mm", "[h]:mm:ss", "0.00", "General", '"ngày" 0', r"yyyy\-mm\-dd", "mm:ss",
    r"#,##0\ \đ", "[$-42A]dd mmmm yyyy", "[Red]0.0", "@",
]  # fmt: skip
NUMBERS = [43087, 43087.5, 0.5, 1.5, 30, 59, 61, 0, 1, 2958465, 0.25, 43087.354166666664, -1.5]


def rows_of(path: Path, sheet: int = 0) -> dict[int, dict[int, object]]:
    book = open_workbook(path, unfolded_mb=64)
    return dict(book.rows(book.names[sheet]))


def test_every_number_in_every_format_is_what_a_second_reader_finds(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        formats = [book.add_format({"num_format": text}) for text in FORMATS]
        for line, number in enumerate(NUMBERS):
            for place, each in enumerate(formats):
                sheet.write_number(line, place, number, each)
    mine = rows_of(path)
    other = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    compared = 0
    for line, number in enumerate(NUMBERS):
        for place, text in enumerate(FORMATS):
            theirs = other[line][place]
            if number < 0 and isinstance(theirs, time):
                theirs = number  # a moment before the calendar: calamine shows midnight, we the number
            if isinstance(theirs, datetime):
                theirs = (theirs + timedelta(microseconds=500_000)).replace(microsecond=0)
            assert mine[line + 1][place] == theirs, (number, text)
            compared += 1
    assert compared == len(NUMBERS) * len(FORMATS) == 169


def test_texts_truths_formulas_and_errors(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Hồ sơ")
        sheet.write_formula(0, 0, "=NA()", None, "#N/A")
        sheet.write_formula(0, 1, "=1+1", None, 2)
        sheet.write_formula(0, 2, '="a"', None, "a")
        sheet.write_boolean(0, 3, True)
        sheet.write_rich_string(0, 4, "nửa ", book.add_format({"bold": True}), "đậm", " nửa thường")
        sheet.write_string(0, 5, "  hai  chữ ")
        sheet.write_string(0, 6, "a_x0041_b")
        sheet.write_formula(0, 7, '=""', None, "")
        sheet.write_number(0, 8, 123456789012345678)
    assert rows_of(path) == {
        1: {
            0: "#N/A", 1: 2, 2: "a", 3: True, 4: "nửa đậm nửa thường", 5: "  hai  chữ ", 6: "a_x0041_b",
            8: 1.234567890123457e17,
        }
    }  # fmt: skip


def test_whole_numbers_keep_all_their_digits(tmp_path):
    """Excel keeps fifteen digits of a number; other programs write more into the file, and they are read."""
    path = tmp_path / "a.xlsx"
    old, new = b"<v>7</v>", b"<v>20171218083015123</v>"
    path.write_bytes(changed(xlsx_bytes([[7.0]]), "xl/worksheets/sheet1.xml", old, new))
    assert rows_of(path) == {1: {0: 20171218083015123}}


def test_a_calendar_that_begins_in_1904(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_datetime(0, 0, datetime(2017, 12, 18, 8, 30), book.add_format({"num_format": "dd/mm/yyyy hh:mm"}))
        sheet.write_datetime(0, 1, date(2017, 12, 18), book.add_format({"num_format": "dd/mm/yyyy"}))
    assert rows_of(path) == {1: {0: datetime(2017, 12, 18, 8, 30), 1: date(2017, 12, 18)}}


def test_an_open_document_sheet_is_read_too(tmp_path):
    table = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        '<table:table table:name="Sổ"><table:table-row table:number-rows-repeated="2"><table:table-cell/>'
        '</table:table-row><table:table-row><table:table-cell/><table:table-cell office:value-type="string">'
        "<text:p>HS-1</text:p></table:table-cell></table:table-row></table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", table)
        names = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        book.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{names}"/>')
    assert open_workbook(path, unfolded_mb=1).names == ["Sổ"]
    assert rows_of(path) == {3: {1: "HS-1"}}


def changed(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """A workbook with one part changed."""
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(whole, "w") as copy:
        for name in book.namelist():
            text = book.read(name)
            if name == part:
                assert old in text
                text = text.replace(old, new)
            copy.writestr(name, text)
    return whole.getvalue()


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/worksheets/sheet1.xml", b"<sheetData>", b"<sheetData"),
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b"<row><c t='s'><v>99</v></c></row></sheetData>"),
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b"<row><c t='s'><v>x</v></c></row></sheetData>"),
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b"<row><c t='s'><v>-1</v></c></row></sheetData>"),
        ("xl/sharedStrings.xml", b"<sst", b"<sst<"),
        ("xl/_rels/workbook.xml.rels", b"worksheets/sheet1.xml", b"worksheets/none.xml"),
    ],
)
def test_a_broken_part_is_a_bad_workbook(tmp_path, part, old, new):
    path = tmp_path / "a.xlsx"
    path.write_bytes(changed(xlsx_bytes([HEADINGS, ROW]), part, old, new))
    with pytest.raises(BadWorkbook):
        rows_of(path)


def test_styles_that_stop_other_readers_do_not_stop_us(tmp_path):
    path = tmp_path / "a.xlsx"
    old, new = b'<fills count="2">', b'<fills count="3"><fill/>'
    path.write_bytes(changed(xlsx_bytes([HEADINGS, ROW]), "xl/styles.xml", old, new))
    assert len(rows_of(path)) == 2


def test_an_error_in_the_finish_column_is_unread_and_never_an_open_dossier(tmp_path):
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as work:
        sheet = work.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        for line, error in enumerate(("#N/A", "#DIV/0!", "#VALUE!"), start=1):
            sheet.write_row(line, 0, [f"HS-{line}", *ROW[1:]])
            sheet.write_formula(line, 4, "=NA()", None, error)
    columns = {name: heading for name, heading in source()["columns"].items() if name != "status"}
    site = source(
        format="xlsx", place="{night}/{unit}/a.xlsx", columns=columns, ignore=["Trạng thái"],
        derive_status={"closed_by": "finished_at"},
    )  # fmt: skip
    settings = make_site(tmp_path, [unit(sources=[site])])
    hand_in(settings, "a.xlsx", book.getvalue())
    collect_unit(settings, NIGHT, "X1")
    frame = read_staged(settings, NIGHT, ["X1"]).frames["dossier"]
    assert [json.loads(text)["finished_at"] for text in frame["unparsed"]] == ["#N/A", "#DIV/0!", "#VALUE!"]
    assert frame["status"].tolist() == [9, 9, 9], "the cell is filled: the dossier is not open"
