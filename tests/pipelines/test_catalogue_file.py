"""One catalogue in every shape it comes in: the portal's JSON, a workbook, dated snapshots. All names are made up."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from domain.errors import KnownError
from pipelines.reading.catalogue_file import read_catalogue

PROCEDURE = {
    "code": "1.000123",
    "name": "Cấp giấy phép thử nghiệm",
    "category": {"code": "G01", "name": "Thử nghiệm"},
    "isProvince": True,
    "isWard": True,
    "executionSteps": [{"name": "Nộp hồ sơ"}, {"name": "Thẩm định"}],
    "executionMethods": [
        {"submissionMethod": "ONLINE", "processingTime": 3, "processingTimeUnit": "WORKING_DAY", "fees": []},
        {"submissionMethod": "DIRECT", "processingTime": 5, "processingTimeUnit": "WORKING_DAY",
         "fees": [{"amount": 50000}]},
    ],
    "executionCases": [
        {"name": "Cấp mới", "profileComponents": [
            {"code": "M1", "name": "Đơn đề nghị", "originalQty": 1, "copyQty": 0, "hasElectronicForm": True},
            {"name": "Căn cước", "originalQty": 0, "copyQty": 1}]},
        {"name": "Cấp lại", "profileComponents": [{"name": "Căn cước", "originalQty": 0, "copyQty": 2}]},
    ],
    "departmentsExecuting": [{"name": "Sở Thử nghiệm"}],
    "legalBasisesDetails": [{"number": "01/2025/NĐ-CP"}],
    "resultsDetails": [{"name": "Giấy phép thử nghiệm"}],
    "procedureProposal": {"decision": "12/QĐ-B"},
}  # fmt: skip


def written(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.mark.parametrize("wrap", [lambda each: each, lambda each: [each], lambda each: {"data": [each]}])
def test_the_portals_json(tmp_path: Path, wrap: object) -> None:
    frames = read_catalogue(written(tmp_path / "tthc.json", wrap(PROCEDURE))).tables  # type: ignore[operator]
    row = frames["procedure"].iloc[0]
    assert (row["proc_core"], row["name"], row["level"]) == ("1.000123", "Cấp giấy phép thử nghiệm", "TINH,XA")
    assert (row["limit_quantity"], row["limit_unit"], row["fee_vnd"]) == (3, "WORKING_DAY", 50_000)
    assert (row["legal_basis"], row["agencies"]) == ('["01/2025/NĐ-CP"]', '["Sở Thử nghiệm"]')
    channels = [(each["channel"], each["limit_quantity"], each["fee_vnd"]) for each in json.loads(row["channels"])]
    assert channels == [("ONLINE", 3.0, None), ("DIRECT", 5.0, 50000.0)]
    papers = frames["procedure_paper"]
    assert papers["name"].tolist() == ["Đơn đề nghị", "Căn cước"]
    assert papers["copies"].tolist() == [0, 2]  # one paper, the most that any case asks
    assert papers["case_name"].fillna("").tolist() == ["Cấp mới", ""]
    assert frames["procedure_step"]["task"].tolist() == ["Nộp hồ sơ", "Thẩm định"]


def test_json_lines_and_json_are_one(tmp_path: Path) -> None:
    lines = tmp_path / "tthc.jsonl"
    lines.write_text(json.dumps(PROCEDURE) + "\n" + json.dumps(PROCEDURE | {"code": "1.000124"}), encoding="utf-8")
    assert read_catalogue(lines).tables["procedure"]["proc_core"].tolist() == ["1.000123", "1.000124"]


def test_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "danh_muc.xlsx"
    book = xlsxwriter.Workbook(path)
    listed = book.add_worksheet("Danh mục")
    for at, row in enumerate(
        [
            ["UBND TỈNH THỬ NGHIỆM"],
            ["STT", "Mã TTHC", "Tên TTHC", "Lĩnh vực", "Cấp thực hiện", "Thời hạn giải quyết", "Phí, lệ phí",
             "Căn cứ pháp lý"],
            [1, "1.000123", "Cấp giấy phép thử nghiệm", "Thử nghiệm", "Cấp xã", "15 ngày làm việc", "50.000 đồng",
             "Luật Thử nghiệm; Nghị định 01/2025/NĐ-CP"],
            [2, "1.000124", "Thu hồi giấy phép thử nghiệm", "Thử nghiệm", "Cấp tỉnh", "Không quá 10 ngày", "Không"],
        ]
    ):  # fmt: skip
        listed.write_row(at, 0, row)
    papers = book.add_worksheet("Thành phần hồ sơ")
    for at, row in enumerate(
        [["Mã TTHC", "Thành phần hồ sơ", "Bản chính"], ["1.000123", "Đơn", 1], ["", "Sơ đồ", 1]]
    ):
        papers.write_row(at, 0, row)
    book.close()
    frames = read_catalogue(path).tables
    table = frames["procedure"].set_index("proc_core")
    assert table["limit_quantity"].fillna(-1).tolist() == [15, -1]  # "at most 10 days" is no number of working days
    assert "Không quá 10 ngày" in table.loc["1.000124", "channels"]
    assert table["fee_vnd"].fillna(0).tolist() == [50_000, 0]
    assert table["level"].tolist() == ["XA", "TINH"]
    assert json.loads(table.loc["1.000123", "legal_basis"])[1] == "Nghị định 01/2025/NĐ-CP"
    assert frames["procedure_paper"][["proc_core", "paper_no", "name"]].to_numpy().tolist() == [
        ["1.000123", 1, "Đơn"],
        ["1.000123", 2, "Sơ đồ"],
    ]


def test_snapshots_become_versions(tmp_path: Path) -> None:
    other, gone = PROCEDURE | {"code": "1.000200"}, PROCEDURE | {"code": "1.000300"}
    written(tmp_path / "2025-01-01.json", [PROCEDURE, other, gone])
    shorter = PROCEDURE | {"executionMethods": PROCEDURE["executionMethods"][1:]}  # type: ignore[index]
    written(tmp_path / "2025-07-01-sau-sap-nhap.json", [shorter, other])
    written(tmp_path / "2025-09-01.json", [shorter, other, gone])
    table = read_catalogue(tmp_path).tables["procedure"]
    told = [tuple(row) for row in table[["proc_core", "valid_from", "valid_to", "limit_quantity"]].to_numpy()]
    first, second, third = date(2025, 1, 1), date(2025, 7, 1), date(2025, 9, 1)
    assert told == [
        ("1.000123", first, date(2025, 6, 30), 3),
        ("1.000123", second, None, 5),
        ("1.000200", first, None, 3),  # unchanged: one version
        ("1.000300", first, date(2025, 6, 30), 3),
        ("1.000300", third, None, 3),  # back again
    ]


def listed(path: Path, fee: str) -> float:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Mã TTHC", "Tên TTHC", "Phiếu", "Phí, lệ phí"])
    sheet.write_row(1, 0, ["1.000123", "Cấp giấy phép thử nghiệm", "70000", fee])
    book.close()
    return float(read_catalogue(path).tables["procedure"]["fee_vnd"].fillna(0).iloc[0])


@pytest.mark.parametrize(
    ("fee", "amount"),
    [
        ("50.000 đồng", 50_000),
        ("Phí 50.000 đồng; lệ phí 20.000 đồng", 0),  # two cases, no one fee
        ("Từ 50.000 đến 100.000 đồng", 0),
        ("50.000 đồng (Thông tư 85/2019/TT-BTC)", 50_000),
        ("Không", 0),
    ],
)
def test_a_fee_is_told_only_when_it_is_one(tmp_path: Path, fee: str, amount: float) -> None:
    assert listed(tmp_path / "phi.xlsx", fee) == amount


def test_papers_in_another_order_make_no_version_and_one_day_has_one_snapshot(tmp_path: Path) -> None:
    cases = json.loads(json.dumps(PROCEDURE["executionCases"]))
    cases[0]["profileComponents"].reverse()
    written(tmp_path / "2025-01-01.json", [PROCEDURE])
    written(tmp_path / "2025-07-01.json", [PROCEDURE | {"executionCases": cases}])
    assert len(read_catalogue(tmp_path).tables["procedure"]) == 1
    written(tmp_path / "2025-07-01-lai.json", [PROCEDURE])
    with pytest.raises(KnownError, match="two snapshots"):
        read_catalogue(tmp_path)


def test_odd_numbers_of_the_portal_stay_texts(tmp_path: Path) -> None:
    methods = [{"submissionMethod": "DIRECT", "processingTime": "5 ngày", "fees": [None, "50.000"]}]
    row = read_catalogue(
        written(tmp_path / "a.json", PROCEDURE | {"executionMethods": methods, "content": "x"})
    ).tables
    channel = json.loads(row["procedure"]["channels"].iloc[0])[0]
    assert (channel["limit_quantity"], channel["fee_vnd"], channel["text"]) == (None, 50_000, "5 ngày")


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_text("x")
    (tmp_path / "b.json").write_text("{")
    with pytest.raises(KnownError, match="of no kind that is read"):
        read_catalogue(tmp_path / "a.doc")
    with pytest.raises(KnownError, match="is not JSON"):
        read_catalogue(tmp_path / "b.json")
    with pytest.raises(KnownError, match="is not there"):
        read_catalogue(tmp_path / "c.parquet")
    with pytest.raises(KnownError, match=r"\[1\] of \[1\] procedures cannot be read.*\[code\]: không có giá trị"):
        read_catalogue(written(tmp_path / "d.json", [{"name": "Không mã"}]))
    pd.DataFrame({"code": ["1"]}).to_parquet(tmp_path / "e.parquet")
    with pytest.raises(KnownError, match=r"column \[name\] is missing"):
        read_catalogue(tmp_path / "e.parquet")
