"""The steps from a unit's file to typed rows, each alone on a few cells made by hand. Whole files: test_stage."""

import json
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from domain.errors import KnownError
from pipelines.outcome import WORST_FIRST, FileFault, UnitOutcome
from pipelines.reading.catalogue_folder import read_folder
from pipelines.reading.catalogue_table import typed_table, typed_value
from pipelines.reading.catalogue_xlsx import read_catalogue_xlsx
from pipelines.reading.child import report_of
from pipelines.reading.csv_file import read_csv
from pipelines.reading.gather import Gathered
from pipelines.reading.json_file import read_json, read_sync
from pipelines.reading.limits import NAMES_SHOWN, ReadingLimits, listed
from pipelines.reading.parts import Part, read_parts
from pipelines.reading.portal import read_portal
from pipelines.reading.portal_json import read_portal_json
from pipelines.reading.portal_shape import as_list, as_text, is_nothing
from pipelines.reading.table import Door, Incoming, distinct_headings, header_index, heading_key, layout_of, text_of
from pipelines.reading.typed import number_by_time, typed_frame
from pipelines.reading.work import empty_staged, schema_of
from pipelines.reading.xlsx_file import read_xlsx
from pipelines.unit import Source, Unit, checked_place
from tests.factories.sites import HEADINGS, ROW, csv_text, json_text, source, unit, xlsx_bytes

HEAD = ",".join(HEADINGS)
USUAL = Source.model_validate(source())


def incoming(tmp_path: Path, data: bytes | str, **changes: object) -> Incoming:
    path = tmp_path / "ho_so"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return Incoming(path=path, name="ho_so", source=Source.model_validate(source(**changes)))


def test_cells_as_text() -> None:
    told = {"  a\t b ": "a b", "NULL": "", 3.0: "3", 2.5: "2.5", True: "true", date(2017, 1, 2): "2017-01-02"}
    assert {cell: text_of(cell) for cell in told} == told
    assert text_of(datetime(2017, 1, 2, 8)) == "2017-01-02 08:00:00"
    assert text_of("A\u0306n") == "\u0102n"
    assert heading_key("\ufeff Mã  HỒ sơ ") == "mã hồ sơ"
    assert distinct_headings(["Tên", "", "TÊN"]) == ["Tên", "[cột 2 không tên]", "TÊN (2)"]


def test_the_heading_row_is_the_first_that_holds_most() -> None:
    rows = [["UBND HUYỆN"], ["Mã hồ sơ"], HEADINGS, ROW]
    assert header_index(rows, USUAL, "a.csv") == 2
    assert header_index(rows, USUAL.model_copy(update={"header_row": 2}), "a.csv") == 1
    with pytest.raises(FileFault, match=r"E-DONG-TIEU-DE.*\[4\].*\[9\]"):
        header_index(rows, USUAL.model_copy(update={"header_row": 9}), "a.csv")
    with pytest.raises(FileFault, match=r"E-DONG-TIEU-DE.*\[Mã hồ sơ\]"):
        header_index([["x", "y"]], USUAL, "a.csv")


def test_where_the_columns_are_and_which_are_gone() -> None:
    layout = layout_of(["STT", *HEADINGS[:5]], USUAL, "a.csv")
    assert layout.places["dossier_code"] == 1
    assert layout.missing == ("status",)
    with pytest.raises(FileFault, match=r"E-THIEU-COT.*\[Mã hồ sơ\]"):
        layout_of(HEADINGS[1:], USUAL, "a.csv")
    with pytest.raises(FileFault, match=r"E-COT-TRUNG.*\[Mã hồ sơ\]"):
        layout_of([*HEADINGS, "Mã hồ sơ (2)"], USUAL, "a.csv")


def test_the_door_cleans_and_remembers_where() -> None:
    door = Door(longest=5)
    assert door.row(["ab\x07c", "abcdefgh", 7], line=3) == ["abc", door.text("abcdefgh", 4), 7]
    assert (door.cleaned, door.cut) == ([3], [3, 4])
    assert door.unseen("HS\u200b-1", 9) == "HS-1"
    [cleaned, cut] = door.notes("a.csv")
    assert "2 ô (dòng 3, 9)" in cleaned
    assert "quá 5 ký tự ở 2 ô (dòng 3, 4)" in cut


def test_csv_with_titles_a_broken_line_and_a_field_of_two_lines(tmp_path) -> None:
    text = f'DANH SÁCH\n\n{HEAD}\n"HS-1\nhai",1.000001,,,,9\nHS-2,chỉ hai\n{",".join(ROW)}\n'
    stream = read_csv(incoming(tmp_path, text), Door(longest=100))
    assert stream.headings == HEADINGS
    tables = list(stream.tables())
    rows = [row for table in tables for row in table.rows]
    assert [text_of(row[0]) for row in rows] == ["HS-1 hai", "HS-1"]
    assert [line for table in tables for line in table.lines] == [4, 7]
    assert [reject.line_no for table in tables for reject in table.rejects] == [6]


def test_csv_in_another_encoding_is_refused_whole(tmp_path) -> None:
    with pytest.raises(FileFault) as wrong:
        list(read_csv(incoming(tmp_path, HEAD.encode("utf-16")), Door(longest=100)).tables())
    assert wrong.value.status == "FAILED"
    with pytest.raises(FileFault, match="E-TEP-RONG") as nothing:
        read_csv(incoming(tmp_path, b""), Door(longest=100))
    assert nothing.value.status == "EMPTY"


def test_xlsx_keeps_instants_and_the_line_of_each_row(tmp_path) -> None:
    book = xlsx_bytes([["UBND"], HEADINGS, [], ["HS-1", "1.000001", datetime(2017, 12, 18, 8)]])
    stream = read_xlsx(incoming(tmp_path, book, format="xlsx"), Door(longest=100))
    [table] = stream.tables()
    assert stream.headings == HEADINGS
    assert (table.lines, table.rows[0][2]) == ([4], datetime(2017, 12, 18, 8))
    with pytest.raises(FileFault, match=r"E-THIEU-TRANG.*\[HS\].*\[Sheet1\]"):
        read_xlsx(incoming(tmp_path, book, format="xlsx", sheet="HS"), Door(longest=100))
    with pytest.raises(FileFault, match="E-TEP-HONG"):
        read_xlsx(incoming(tmp_path, book[:200], format="xlsx"), Door(longest=100))


def test_json_records_and_what_is_none(tmp_path) -> None:
    records = [dict(zip(HEADINGS, ROW, strict=True)), "không phải hồ sơ", {"Mã hồ sơ": "HS-2"}]
    stream = read_json(incoming(tmp_path, json_text(records), format="json"), Door(longest=100))
    [table] = stream.tables()
    assert [row[0] for row in table.rows] == ["HS-1", "HS-2"]
    assert (table.lines, [reject.line_no for reject in table.rejects]) == ([1, 3], [2])
    assert table.rows[1][1:] == [None] * 5


def test_a_national_message_is_three_tables(tmp_path) -> None:
    message = {"DongBoHoSoMC": [
        {"MaHoSo": "HS-1", "DanhSachHoSoBoSung": [{"HoSoBoSungId": "1"}], "TienDo": [{"BuocSo": 1}, "lạ"]},
        {"MaHoSo": "HS-2", "TienDo": [{"BuocSo": 1}]},
    ]}  # fmt: skip
    file = incoming(tmp_path, json_text(message), format="json", table="sync", columns={})
    found = read_sync(file)
    assert [record["MaHoSo"] for _, record in found.dossiers] == ["HS-1", "HS-2"]
    assert [(number, record["MaHoSo"]) for number, record in found.steps] == [(1, "HS-1"), (3, "HS-2")]
    assert [record["HoSoBoSungId"] for _, record in found.pauses] == ["1"]
    assert [(table, reject.line_no) for table, reject in found.rejects] == [("step", 2)]


def test_codes_are_mapped_and_unknown_ones_stay_as_text(tmp_path) -> None:
    text = csv_text([[*ROW[:5], "Đang xử lý"], ["HS-2", *ROW[1:5], "lạ"]])
    file = incoming(tmp_path, text, codes={"status": {"Đang xử lý": 4}})
    [parts] = [found for found in read_parts(file) if found.parts]
    [part] = parts.parts
    assert part.values["status"][0] == 4
    assert part.unparsed == {1: {"status": "lạ"}}
    assert json.loads(part.raw[0])["Mã hồ sơ"] == "HS-1"


def test_cells_become_typed_or_stay_beside_the_row() -> None:
    values: dict[str, list[object]] = {
        "dossier_code": ["HS-1", "HS-2", "HS-3"],
        "received_at": ["18/12/2017 08:00", "2017-12-18T08:00:00+01:00", "31/02/2017 08:00"],
        "fee_vnd": ["28.000 đồng", "1,250,000", "miễn"],
        "status": ["9", "4.0", "9,5"],
        "owner_name": ["Nguyễn Văn Thử", None, "Nguyễn Văn Thử"],
        "owner_id_no": ["000170000001", None, "000170000001"],
    }
    part = Part(table="dossier", values=values, lines=[2, 3, 4], raw=["{}"] * 3)
    frame = typed_frame(part, time_formats=["%d/%m/%Y %H:%M"], zone="Asia/Ho_Chi_Minh", hash_key=b"k" * 16)
    assert frame["received_at"].tolist()[:2] == [pd.Timestamp("2017-12-18 08:00"), pd.Timestamp("2017-12-18 14:00")]
    assert frame["fee_vnd"].tolist()[:2] == [28_000.0, 1_250_000.0]
    assert frame["status"].tolist()[:2] == [9, 4]
    unread = json.loads(frame["unparsed"][2])
    assert unread == {"received_at": "31/02/2017 08:00", "fee_vnd": "miễn", "status": "9,5"}
    assert frame["unparsed"].tolist()[:2] == ["", ""]
    assert frame["owner_hash"][0] == frame["owner_hash"][2] != ""
    assert "owner_name" not in frame.columns


def test_steps_without_numbers_are_numbered_by_their_time() -> None:
    moments = pd.to_datetime(["2017-12-19", "2017-12-18", None, "2017-12-18"])
    frame = pd.DataFrame({
        "dossier_key": ["A", "A", "A", "B"], "step_no": pd.array([None] * 3 + [7], dtype="Int64"),
        "finished_at": moments, "arrived_at": pd.to_datetime(["2017-12-18"] * 2 + ["2017-12-17", "2017-12-18"]),
        "line_no": [2, 3, 4, 5],
    })  # fmt: skip
    assert number_by_time(frame, "step_no", ["finished_at", "arrived_at"])["step_no"].tolist() == [3, 2, 1, 7]


def test_every_staged_table_has_one_schema() -> None:
    for name in ("dossier", "step", "pause", "reject", "raw"):
        assert schema_of(name).names == empty_staged(name).columns.tolist()
        assert empty_staged(name).empty


def test_limits_and_long_lists_are_told_short() -> None:
    assert ReadingLimits().columns == 1000
    names = [f"C{n}" for n in range(NAMES_SHOWN + 3)]
    assert listed(names[:2]) == "[C0], [C1]"
    assert listed(names).endswith("[C11] và 3 cột khác")


def test_the_worst_of_a_units_files_is_its_outcome(tmp_path) -> None:
    assert WORST_FIRST[0] == "FAILED"
    own = Unit.model_validate(unit())

    def status(*statuses: str, of: Unit = own) -> str:
        got = Gathered(settings=None, night="2017-12-20", unit=of, state=None, folder=tmp_path,
                       statuses=list(statuses))  # type: ignore[arg-type]  # fmt: skip
        return got.status()

    assert status("COLLECTED", "MISSING", "EMPTY") == "MISSING"
    assert status("COLLECTED", "UNCHANGED") == "COLLECTED"
    assert (status(), status(of=Unit.model_validate(unit(sources=[])))) == ("COLLECTED", "UNCHANGED")
    outcome = UnitOutcome(unit_code="X1", night="2017-12-20", status="COLLECTED")
    assert (outcome.rows_in, outcome.control_total, outcome.message) == (0, None, "")
    assert str(FileFault("E-X", "Sai.", mend="Sửa.")) == "E-X: Sai. Cách khắc phục: Sửa."


def test_an_answer_of_the_reader_is_a_report_again() -> None:
    told = {
        "status": "COLLECTED",
        "fault": "",
        "notes": ["một"],
        "rows": {"dossier": 3, "step": 5},
        "rejects": {"dossier": 1},
        "filled": ["due_at"],
    }
    report = report_of({"report": told})
    assert (report.notes, report.filled, report.dossiers, report.rows_in) == (("một",), ("due_at",), 4, 9)


def test_what_a_unit_file_may_say() -> None:
    own = Unit.model_validate(unit(valid_to="2018-06-30"))
    assert [own.is_valid_on(date(2018, 6, day)) for day in (29, 30)] == [True, True]
    assert not own.is_valid_on(date(2018, 7, 1))
    assert own.source_of("ho_so.csv", "2017-12-20") == ("ho_so", "data")
    assert own.source_of("khac.csv", "2017-12-20") is None
    assert own.given_columns()["dossier"] >= {"dossier_code", "status"}
    assert own.visible_headings() == set(HEADINGS)
    assert checked_place("{night}/{unit}/*.csv") == "{night}/{unit}/*.csv"
    for wrong in ("/etc/x", "../x", "a/../x", "C:/x", "{day}/x"):
        with pytest.raises(ValueError, match="place"):
            checked_place(wrong)


def test_values_of_a_catalogue() -> None:
    assert typed_value("procedure", "limit_quantity", " 2.5 ") == 2.5
    assert typed_value("procedure", "legal_basis", "Luật A; Luật B") == '["Luật A", "Luật B"]'
    assert typed_value("procedure", "no_due", "") is False
    with pytest.raises(ValueError, match=r"\[WEEK\] is not of kind \[unit\]"):
        typed_value("procedure", "limit_unit", "WEEK")
    rest = {"unit_code": "U", "valid_from": "2016-01-01", "valid_to": ""}
    posting = [(str, {"proc_core": code} | rest) for code in "BA"]
    assert typed_table("procedure_posting", posting)["proc_core"].tolist() == ["A", "B"]
    with pytest.raises(KnownError, match=r"E-CATALOGUE.*twice"):
        typed_table("procedure_posting", [*posting, posting[1]])


def test_a_catalogue_as_a_workbook(tmp_path) -> None:
    rows = [["DANH MỤC"], ["Mã TTHC", "Tên TTHC", "Thời hạn giải quyết", "Phí, lệ phí", "Cấp thực hiện"],
            ["1.000001.000.00.00.H16", "Cấp phép", "15 ngày làm việc", "28.000 đồng", "Cấp huyện, cấp xã"],
            ["1.000002", "Đăng ký", "15 ngày và 3 giờ", "10.000 đồng hoặc 20.000 đồng", ""]]  # fmt: skip
    path = tmp_path / "danh_muc.xlsx"
    path.write_bytes(xlsx_bytes(rows))
    table = read_catalogue_xlsx(path)["procedure"].set_index("proc_core")
    assert table.loc["1.000001", ["limit_quantity", "fee_vnd", "level"]].tolist() == [15.0, 28_000.0, "XA,HUYEN"]
    assert table.loc["1.000002", ["limit_quantity", "fee_vnd"]].isna().all(), "two amounts are no one fee"
    assert "15 ngày và 3 giờ" in table.loc["1.000002", "channels"]


def test_a_catalogue_as_the_portal_answers(tmp_path) -> None:
    paper = {"name": "Đơn đề nghị", "originalQty": 1, "copyQty": 0}
    method = {"submissionMethod": "DIRECT", "processingTime": "16", "processingTimeUnit": "WORKING_HOUR"}
    procedure = {"code": "1.000001", "name": "Cấp phép", "isWard": True}
    procedure |= {"executionMethods": [method | {"fees": [{"amount": "50.000"}]}]}
    answer = {"data": [procedure | {"executionCases": [{"name": "", "profileComponents": [paper]}]}]}
    path = tmp_path / "portal.json"
    path.write_text(json_text(answer), encoding="utf-8")
    frames = read_portal_json(path).tables
    [read] = frames["procedure"].to_dict("records")
    assert (read["limit_quantity"], read["fee_vnd"]) == (2.0, 50_000.0), "sixteen office hours are two days"
    assert frames["procedure_paper"]["name"].tolist() == ["Đơn đề nghị"]
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(KnownError, match="has no procedure"):
        read_portal_json(path)


def test_a_catalogue_as_a_folder(tmp_path) -> None:
    with pytest.raises(KnownError, match=r"E-CATALOGUE.*procedures\.csv\] is not there"):
        read_folder(tmp_path)
    rows = ["proc_core,valid_from,proc_code,name", "1.000002,2016-01-01,1.000002,Đăng ký"]
    rows += ["1.000001,2016-01-01,1.000001,Cấp phép"]
    (tmp_path / "procedures.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    tables = read_folder(tmp_path)
    assert tables["procedure"]["proc_core"].tolist() == ["1.000001", "1.000002"]
    assert {name: len(table) for name, table in tables.items() if name != "procedure"} == {
        "procedure_paper": 0, "procedure_step": 0, "procedure_posting": 0,
    }  # fmt: skip


def test_a_portal_file_that_is_no_parquet(tmp_path) -> None:
    path = tmp_path / "portal.parquet"
    path.write_bytes(b"PAR1 torn")
    with pytest.raises(KnownError, match=r"E-CATALOGUE"):
        read_portal(path)


def test_what_the_portal_may_write_for_a_text_and_a_list() -> None:
    assert [is_nothing(value) for value in (None, "", float("nan"), 0, [])] == [True, True, True, False, False]
    assert [as_text(value) for value in (None, "a\x01b", 3.0)] == ["", "ab", "3"]
    assert [as_list(value) for value in (None, "[1, 2]", ["x"])] == [[], [1, 2], ["x"]]
    for wrong in ("{", '{"a": 1}', 7):
        with pytest.raises(ValueError, match=r"không phải JSON|phải là một danh sách"):
            as_list(wrong)
    with pytest.raises(ValueError, match=r"phải là một văn bản"):
        as_text([1])
