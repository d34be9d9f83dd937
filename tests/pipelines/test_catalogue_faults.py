"""Catalogues at fault: one procedure of the portal is set aside and told, a person's file is refused by its place."""

import json
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from domain.errors import KnownError
from pipelines.cli import app
from pipelines.reading.catalogue_file import read_catalogue
from pipelines.strict import read_yaml
from tests.factories.sites import make_site


def answer(number: int, **more: object) -> dict[str, object]:
    return {"code": f"1.00000{number}", "name": f"Cấp giấy phép nuôi ong {number}", "isWard": True, **more}


def written(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


BROKEN = [
    answer(1),
    answer(2, name=None),
    answer(3, executionCases=[{"profileComponents": [{"name": "Đơn", "originalQty": "một"}]}]),
    answer(1, name="Mã trùng"),
    answer(4),
    answer(5),
    "không phải thủ tục",
    answer(6, name="Tên\u202e có \x01 ký tự \ud83d lạ\x00", code="1.00\u200b0006"),
    answer(7, executionMethods=7),
    answer(8),
]


def test_one_procedure_is_set_aside_never_the_catalogue(tmp_path: Path) -> None:
    found = read_catalogue(written(tmp_path / "a.json", BROKEN))
    table = found.tables["procedure"].set_index("proc_core")
    assert table.index.tolist() == ["1.000001", "1.000004", "1.000005", "1.000006", "1.000008"]
    assert table.loc["1.000006", "name"] == "Tên có ký tự \ufffd lạ"
    told = [(each.code, each.place, each.reason) for each in found.aside]
    assert told == [
        ("1.000002", "thủ tục thứ 2", "[name]: không có giá trị"),
        ("1.000003", "thủ tục thứ 3", "[documents.0.qty_original]: sai kiểu dữ liệu"),
        ("1.000001", "thủ tục thứ 4", "mã đã có ở một thủ tục phía trước"),
        ("", "thủ tục thứ 7", "[]: sai kiểu dữ liệu"),
        ("1.000007", "thủ tục thứ 9", "[executionMethods]: phải là một danh sách"),
    ]


def test_the_review_and_the_site_check_tell_it(tmp_path: Path) -> None:
    place = written(tmp_path / "a.json", BROKEN)
    ran = CliRunner().invoke(app, ["catalogue", "review", str(place), "--out", str(tmp_path), "--on", "2026-01-05"])
    assert ran.exit_code == 0, ran.output
    line = "[1.000002] (thủ tục thứ 2, tệp [a.json]): [name]: không có giá trị"
    assert "[5] procedures could not be read" in ran.output
    assert line in ran.output
    page = (tmp_path / "ra_soat_danh_muc.html").read_text(encoding="utf-8")
    assert "5 thủ tục trong tệp không đọc được, chưa được rà soát" in page
    assert "1.000002 (thủ tục thứ 2, [name]: không có giá trị)" in page
    rows = CalamineWorkbook.from_path(tmp_path / "ra_soat_danh_muc.xlsx").get_sheet_by_name("Chưa đọc được")
    assert [row[0] for row in rows.to_python()[1:]] == ["1.000002", "1.000003", "1.000001", "", "1.000007"]
    settings = make_site(tmp_path / "site", catalogue={"format": "file", "place": str(place)})
    checked = CliRunner().invoke(app, ["site", "check", str(settings.site_folder)])
    assert checked.exit_code == 0, checked.output
    assert "catalogue: 5 procedures" in checked.output
    assert line in checked.output


def test_a_line_that_is_no_json_is_one_procedure(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(answer(1)) + '\n{"code": \n' + json.dumps(answer(2)), encoding="utf-8")
    found = read_catalogue(path)
    assert found.tables["procedure"]["proc_core"].tolist() == ["1.000001", "1.000002"]
    assert [each.place for each in found.aside] == ["dòng 2"]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_procedure_with_a_key_written_twice_is_set_aside(tmp_path: Path, name: str) -> None:
    twice = json.dumps(answer(2)).replace('"name"', '"name": "Tên khác", "name"', 1)
    lines = [json.dumps(answer(1)), twice, json.dumps(answer(3))]
    text = "\n".join(lines) if name.endswith("l") else f"[{', '.join(lines)}]"
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = read_catalogue(tmp_path / name)
    assert found.tables["procedure"]["proc_core"].tolist() == ["1.000001", "1.000003"]
    assert len(found.aside) == 1


def test_a_procedure_set_aside_in_a_snapshot_has_not_ended(tmp_path: Path) -> None:
    written(tmp_path / "2025-01-01.json", [answer(1), answer(2), answer(3)])
    written(tmp_path / "2025-07-01.json", [answer(1), answer(2, name=None)])
    table = read_catalogue(tmp_path).tables["procedure"]
    assert table["valid_to"].tolist() == [None, None, date(2025, 6, 30)]  # only the third is gone


def book(path: Path, *sheets: list[list[object]], far: bool = False) -> Path:
    made = xlsxwriter.Workbook(path)
    for rows in sheets:
        sheet = made.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        if far:
            sheet.write(len(rows) + 3, 16_383, " ")
    made.close()
    return path


LIST = [["Mã TTHC", "Tên TTHC"], ["1.000001", "Cấp\x01 giấy phép"]]


def test_a_far_cell_changes_nothing(tmp_path: Path) -> None:
    table = read_catalogue(book(tmp_path / "a.xlsx", LIST, far=True)).tables["procedure"]
    assert table[["proc_core", "name"]].to_numpy().tolist() == [["1.000001", "Cấp giấy phép"]]


def refused(path: Path) -> str:
    with pytest.raises(KnownError) as caught:
        read_catalogue(path)
    assert caught.value.code == "E-CATALOGUE"
    return caught.value.message


def test_a_workbook_at_fault_names_sheet_row_and_column(tmp_path: Path) -> None:
    papers = [["Mã TTHC", "Giấy tờ", "Bản chính"], ["1.000001", "Đơn", 1], ["", "Sơ đồ", "một"]]
    text = refused(book(tmp_path / "a.xlsx", LIST, papers))
    assert "[a.xlsx], sheet [Sheet2], row [3], column [C]: [một] is not of kind [int]" in text
    papers[1][0], papers[2][2] = "1.000009", 1
    assert "sheet [Sheet2], row [2], column [A]: code [1.000009]" in refused(book(tmp_path / "b.xlsx", LIST, papers))


def test_a_broken_workbook_is_refused_by_sheet(tmp_path: Path) -> None:
    whole = book(tmp_path / "a.xlsx", LIST)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data.replace(b"</sheetData>", b"") if name.endswith("sheet1.xml") else data)
    assert re.search(r"sheet \[Sheet1\].*cannot be read", refused(tmp_path / "b.xlsx"))
    (tmp_path / "c.xlsx").write_bytes(whole.read_bytes()[:900])
    assert "cannot be read" in refused(tmp_path / "c.xlsx")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'1.000001,2016-01-01,1.000001,"T', "line [2]: unexpected end of data"),
        (b"1.000001,2016-01-01,1.000001,T\x00,5", "line [2] holds a NUL"),
        (b"1.000001,2016-01-01,1.000001,T\xff,5", "line [2] is not UTF-8"),
        (b"1.000001,2016-01-01,1.000001,T,1e999", "line [2], column [limit_quantity]: [1e999]"),
        (b"1.000001,2016-01-01,1.000001,T,5,6", "line [2] has [6] cells under [5] headings"),
        (b"1" * 101 + b",2016-01-01,1.000001,T,5", "line [2], column [proc_core]"),
    ],
)
def test_a_csv_at_fault_names_its_line(tmp_path: Path, line: bytes, said: str) -> None:
    (tmp_path / "procedures.csv").write_bytes(b"proc_core,valid_from,proc_code,name,limit_quantity\n" + line)
    assert said in refused(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: " + "[" * 50_000, "nests lists or keys too deep"),
        ('a: {b: ["x", "y\\u202e"]}', "key [a.b.1]"),
        ("? [a]\n: 1", "is not proper YAML"),
        ("a: !!int x", "is not proper YAML"),
    ],
)
def test_a_site_file_is_refused_by_key(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "site.yml").write_text(text, encoding="utf-8")
    with pytest.raises(KnownError) as caught:
        read_yaml(tmp_path / "site.yml")
    assert said in caught.value.message
