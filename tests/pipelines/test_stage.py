"""Staging: whatever the bytes, every row is staged or set aside with a reason, and nothing stops the others."""

import json
import unicodedata
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from domain.columns import PERSON, TABLES
from domain.ids import owner_hash
from pipelines.collect import collect_unit
from pipelines.people import person_of
from pipelines.stage import Staged, read_staged
from tests.factories.sites import (
    HEADINGS,
    KEY,
    NIGHT,
    ROW,
    csv_text,
    hand_in,
    json_text,
    make_site,
    source,
    unit,
    xlsx_bytes,
)  # fmt: skip


def staged(tmp_path, data, *, name="ho_so.csv", corrections=None, **changes) -> Staged:
    """One source, one file, one night."""
    changes.setdefault("place", f"{{night}}/{{unit}}/{name}")
    settings = make_site(tmp_path, [unit(sources=[source(**changes)], corrections=corrections or [])])
    hand_in(settings, name, data)
    collect_unit(settings, NIGHT, "X1")
    return read_staged(settings, NIGHT, ["X1"])


def dossiers(result: Staged) -> pd.DataFrame:
    return result.frames["dossier"]


def rows(*codes: str) -> list[list[str]]:
    return [[code, *ROW[1:]] for code in codes]


# --- the plain case -------------------------------------------------------------------------------------


def test_a_plain_file_becomes_a_typed_frame(tmp_path):
    result = staged(tmp_path, csv_text([ROW]))
    frame = dossiers(result)
    assert list(frame.columns) == [*TABLES["dossier"], "unparsed"]
    row = frame.iloc[0]
    assert (row["night"], row["unit_code"], row["file_name"], row["line_no"]) == (NIGHT, "X1", "ho_so.csv", 2)
    assert row["received_at"] == pd.Timestamp(2017, 12, 18, 8)
    assert row["due_at"] == pd.Timestamp(2017, 12, 25, 17)
    assert (row["status"], row["unparsed"]) == (9, "")
    assert frame.dtypes["received_at"] == "datetime64[us]"
    assert frame.dtypes["status"] == "Int64"
    assert frame.dtypes["dossier_code"] == "str"
    assert len(result.rejects) == 0
    assert json.loads(result.raw.iloc[0]["raw_json"])["Ngày tiếp nhận"] == "18/12/2017 08:00"


def test_frames_of_several_units_are_put_together(tmp_path):
    settings = make_site(tmp_path, [unit("X2"), unit("X1"), unit("X3")])
    for code in ("X1", "X2"):
        hand_in(settings, "ho_so.csv", csv_text(rows(f"{code}-1")), unit_code=code)
    for code in ("X1", "X2", "X3"):
        collect_unit(settings, NIGHT, code)
    result = read_staged(settings, NIGHT, ["X3", "X2", "X1"])
    assert list(dossiers(result)["dossier_code"]) == ["X1-1", "X2-1"]
    assert [o.status for o in result.outcomes] == ["COLLECTED", "COLLECTED", "MISSING"]
    nothing = read_staged(settings, NIGHT, ["X3"]).frames
    for name in TABLES:
        assert nothing[name].dtypes.to_dict() == result.frames[name].dtypes.to_dict()


# --- encodings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1258"])
def test_the_declared_encoding_is_used_and_text_is_nfc(tmp_path, encoding):
    text = csv_text([[*ROW, "Quảng Khê"]], headings=[*HEADINGS, "Phòng"])
    data = _for_cp1258(text) if encoding == "cp1258" else text
    columns = source()["columns"] | {"office_code": "Phòng"}
    result = staged(tmp_path, data.encode(encoding), encoding=encoding, columns=columns)
    assert dossiers(result)["office_code"].tolist() == ["Quảng Khê"]
    assert result.outcomes[0].message == ""


def _for_cp1258(text: str) -> str:
    """Text as a Windows-1258 program writes it: base vowel, then the tone as a combining letter."""
    out = ""
    for letter in unicodedata.normalize("NFC", text):
        try:
            letter.encode("cp1258")
            out += letter
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            tone = [p for p in parts if p in "\u0300\u0301\u0303\u0309\u0323"]
            base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in tone))
            out += base + "".join(tone)
    return out


def test_a_utf8_bom_does_not_hide_the_first_heading(tmp_path):
    result = staged(tmp_path, b"\xef\xbb\xbf" + csv_text([ROW]).encode(), encoding="utf-8")
    assert len(dossiers(result)) == 1


def test_one_undecodable_line_is_set_aside_alone(tmp_path):
    lines = csv_text(rows(*(f"HS-{n}" for n in range(20)))).encode().split(b"\n")
    lines[5] = lines[5].replace(b"HS-4", b"HS-\xff\xfe")
    result = staged(tmp_path, b"\n".join(lines))
    assert len(dossiers(result)) == 19
    [reject] = result.rejects.to_dict("records")
    assert (reject["line_no"], reject["table_name"]) == (6, "dossier")
    assert "byte 0xFF ở ký tự thứ 4 không thuộc bảng mã" in reject["message"]
    assert r"\udcff" in reject["raw_record"]
    assert result.outcomes[0].rows_in == 20


@pytest.mark.parametrize(
    ("written", "declared"), [("cp1258", "utf-8"), ("utf-16", "utf-8"), ("utf-8", "utf-16"), ("latin-1", "utf-8-sig")]
)
def test_the_wrong_encoding_fails_the_file_and_says_how_to_mend(tmp_path, written, declared):
    text = csv_text([["HS-é", *ROW[1:]]] * 9).replace("Mã hồ sơ", "Mé")
    text = (
        "".join(c for c in text if c.isascii() or c == "é")
        if written != "utf-8"
        else csv_text([ROW] * 8 + [["HS"] * 6])
    )
    result = staged(tmp_path, text.encode(written), encoding=declared)
    outcome = result.outcomes[0]
    assert (outcome.status, outcome.rows_in) == ("FAILED", 0)
    assert "Cách khắc phục" in outcome.message


# --- shapes of CSV --------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_is_a_line_end(tmp_path, end):
    text = csv_text(rows("HS-1", "HS-2")).replace("\n", end)
    frame = dossiers(staged(tmp_path, text))
    assert list(zip(frame["dossier_code"], frame["line_no"], strict=True)) == [("HS-1", 2), ("HS-2", 3)]


def test_title_lines_before_the_headings_are_passed_over(tmp_path):
    text = "UBND xã X1\nSỔ THEO DÕI HỒ SƠ\n\nTừ ngày 18/12/2017, đến ngày 20/12/2017\n" + csv_text([ROW])
    frame = dossiers(staged(tmp_path, text))
    assert frame["line_no"].tolist() == [6]


def test_the_heading_row_may_be_said(tmp_path):
    text = csv_text([["x"] * 6]) + csv_text([ROW])
    assert dossiers(staged(tmp_path, text, header_row=3))["line_no"].tolist() == [4]
    result = staged(tmp_path / "b", csv_text([ROW]), header_row=9)
    assert result.outcomes[0].status == "FAILED"


def test_a_half_written_last_line_is_set_aside(tmp_path):
    text = csv_text(rows("HS-1", "HS-2", "HS-3"))
    result = staged(tmp_path, text[:-30])
    assert dossiers(result)["dossier_code"].tolist() == ["HS-1", "HS-2"]
    [reject] = result.rejects.to_dict("records")
    assert reject["line_no"] == 4
    assert "dòng cuối bị cắt ngang" in reject["message"]
    assert result.outcomes[0].rows_in == 3


def test_too_many_and_too_few_fields_are_set_aside_and_trailing_blanks_are_not(tmp_path):
    text = csv_text([ROW, [*ROW, ""], [*ROW, "thừa"], ROW[:3]])
    result = staged(tmp_path, text)
    assert len(dossiers(result)) == 2
    assert result.rejects["line_no"].tolist() == [4, 5]
    assert result.rejects["raw_record"].tolist()[1] == ",".join(ROW[:3])


def test_a_quote_never_closed_costs_one_line(tmp_path):
    text = csv_text([*rows("HS-1"), ['"HS-2', *ROW[1:]], *rows("HS-3", "HS-4")])
    result = staged(tmp_path, text)
    assert dossiers(result)["dossier_code"].tolist() == ["HS-1", "HS-3", "HS-4"]
    assert result.rejects["line_no"].tolist() == [3]


def test_a_quoted_field_may_hold_lines_and_delimiters(tmp_path):
    columns = source()["columns"] | {"refusal_reason": "Lý do"}
    text = csv_text(
        [[*ROW, '"thiếu giấy tờ,\nphải bổ sung"'], [*rows("HS-2")[0], "x"]], headings=[*HEADINGS, "Lý do"]
    )
    frame = dossiers(staged(tmp_path, text, columns=columns))
    assert frame["refusal_reason"].tolist() == ["thiếu giấy tờ, phải bổ sung", "x"]
    assert frame["line_no"].tolist() == [2, 4]


def test_zero_bytes_at_the_end_of_a_file_are_set_aside(tmp_path):
    result = staged(tmp_path, csv_text([ROW]).encode() + b"\0" * 40)
    assert len(dossiers(result)) == 1
    assert "byte rỗng" in result.rejects.iloc[0]["message"]


def test_blank_lines_are_no_rows(tmp_path):
    result = staged(tmp_path, csv_text([ROW]) + "\n,,,,,\n   \n" + ",".join(rows("HS-2")[0]) + "\n\n")
    assert dossiers(result)["line_no"].tolist() == [2, 6]
    assert result.outcomes[0].rows_in == 2


# --- headings -------------------------------------------------------------------------------------------


def test_a_missing_required_column_fails_and_lists_what_was_found(tmp_path):
    text = csv_text([ROW]).replace("Ngày tiếp nhận", "Ngày nhận")
    outcome = staged(tmp_path, text).outcomes[0]
    assert (outcome.status, outcome.rows_in) == ("FAILED", 0)
    assert "thiếu cột bắt buộc [Ngày tiếp nhận]" in outcome.message
    assert "[Ngày nhận]" in outcome.message
    assert "Cách khắc phục" in outcome.message


def test_a_missing_optional_column_is_a_note(tmp_path):
    result = staged(tmp_path, csv_text([ROW]).replace("Ngày hẹn trả", "Hẹn"))
    assert result.outcomes[0].status == "COLLECTED"
    assert "không có cột [Ngày hẹn trả]" in result.outcomes[0].message
    assert "cột chưa khai báo: [Hẹn]" in result.outcomes[0].message
    assert dossiers(result)["due_at"].isna().all()
    assert json.loads(result.raw.iloc[0]["raw_json"])["Hẹn"] == "25/12/2017 17:00"


def test_a_column_ignored_by_name_is_no_note(tmp_path):
    text = csv_text([[*ROW, "1"]], headings=[*HEADINGS, "STT"])
    assert staged(tmp_path, text, ignore=["STT"]).outcomes[0].message == ""
    assert "[STT]" in staged(tmp_path / "b", text).outcomes[0].message


def test_headings_match_whatever_their_case_spaces_and_accents_are_stored_like(tmp_path):
    text = csv_text(
        [ROW], headings=[unicodedata.normalize("NFD", f"  {h.upper()} ").replace(" ", "  ") for h in HEADINGS]
    )
    assert len(dossiers(staged(tmp_path, text))) == 1


def test_a_mapped_heading_there_twice_fails_until_the_other_is_named(tmp_path):
    text = csv_text([[*ROW, "26/12/2017"]], headings=[*HEADINGS, "Ngày hẹn trả"])
    outcome = staged(tmp_path, text).outcomes[0]
    assert (outcome.status, "xuất hiện nhiều lần" in outcome.message) == ("FAILED", True)
    result = staged(tmp_path / "b", text, ignore=["Ngày hẹn trả (2)"])
    assert dossiers(result)["due_at"].tolist() == [pd.Timestamp(2017, 12, 25, 17)]
    columns = source()["columns"] | {"due_at": "Ngày hẹn trả (2)"}
    result = staged(tmp_path / "c", text, columns=columns, ignore=["Ngày hẹn trả"])
    assert dossiers(result)["due_at"].tolist() == [pd.Timestamp(2017, 12, 26)]


def test_blank_headings_are_a_note_only_when_they_hold_something(tmp_path):
    empty = csv_text([[*ROW, ""]], headings=[*HEADINGS, ""])
    assert staged(tmp_path, empty).outcomes[0].message == ""
    filled = csv_text([[*ROW, "ghi chú"]], headings=[*HEADINGS, ""])
    result = staged(tmp_path / "b", filled)
    assert len(dossiers(result)) == 1
    assert "[cột 7 không tên]" in result.outcomes[0].message


def test_a_file_without_any_known_heading_fails_without_showing_its_cells(tmp_path):
    outcome = staged(tmp_path, "Nguyễn Văn Thử,012345678901\nTrần Thị Thử,012345678902\n").outcomes[0]
    assert outcome.status == "FAILED"
    assert "không tìm thấy dòng tiêu đề" in outcome.message
    assert "Nguyễn" not in outcome.message
    said = staged(tmp_path / "b", "Nguyễn Văn Thử,012345678901\n", header_row=1).outcomes[0]
    assert said.status == "FAILED"
    assert "Nguyễn" not in said.message


def test_the_wrong_delimiter_fails(tmp_path):
    outcome = staged(tmp_path, csv_text([ROW], delimiter=";")).outcomes[0]
    assert outcome.status == "FAILED"
    assert "dấu phân cách" in outcome.message


# --- values ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18/12/2017 08:30", datetime(2017, 12, 18, 8, 30)),
        ("18/12/2017", datetime(2017, 12, 18)),
        ("8/2/2017", datetime(2017, 2, 8)),
        ("2017-12-18 08:30:15", datetime(2017, 12, 18, 8, 30, 15)),
        ("2017-12-18T08:30", datetime(2017, 12, 18, 8, 30)),
        ("2017-12-18T01:30:00Z", datetime(2017, 12, 18, 8, 30)),
        ("2017-12-18 08:30:00.250+07:00", datetime(2017, 12, 18, 8, 30, 0, 250000)),
        ("2017-12-18 10:30+0900", datetime(2017, 12, 18, 8, 30)),
        ("  18/12/2017  08:30 ", datetime(2017, 12, 18, 8, 30)),
    ],
)
def test_instants_are_read_in_the_declared_formats_and_iso(tmp_path, text, expected):
    result = staged(tmp_path, csv_text([["HS-1", "1.000001", text, "", "", "4"]]))
    assert dossiers(result)["received_at"].tolist() == [pd.Timestamp(expected)]


@pytest.mark.parametrize(
    "text",
    ["18/12/17", "17-12-18", "32/12/2017", "29/02/2017", "18.12.2017", "hôm qua", "20171218", "18/12/2017 25:00",
     "2017-12", "43087", "12/18/2017", "2017-12-18 08:30:00 ICT"],
)  # fmt: skip
def test_an_instant_that_cannot_be_read_stays_beside_its_row(tmp_path, text):
    result = staged(tmp_path, csv_text([["HS-1", "1.000001", text, "", "", "4"]]))
    row = dossiers(result).iloc[0]
    assert row["received_at"] is pd.NaT
    assert json.loads(row["unparsed"]) == {"received_at": text}
    assert (len(result.rejects), result.outcomes[0].rows_in) == (0, 1)


def test_offsets_are_brought_to_the_sites_zone_across_summer_time(tmp_path):
    settings = make_site(tmp_path, timezone="Europe/Amsterdam")
    lines = [["A", "1", "2011-03-27T00:30:00Z", "", "", "4"], ["B", "1", "2011-03-27T01:30:00Z", "", "", "4"]]
    hand_in(settings, "ho_so.csv", csv_text(lines))
    collect_unit(settings, NIGHT, "X1")
    frame = dossiers(read_staged(settings, NIGHT, ["X1"]))
    assert frame["received_at"].tolist() == [pd.Timestamp(2011, 3, 27, 1, 30), pd.Timestamp(2011, 3, 27, 3, 30)]


def test_numbers_are_read_as_offices_write_them(tmp_path):
    columns = {"dossier_code": "A", "proc_code": "B", "received_at": "C", "fee_vnd": "D", "status": "E"}
    values = [
        ("28.000", "9"),
        ("1.250.000 đồng", "9.0"),
        ("28000", " 10 "),
        ("miễn", "xong"),
        ("", ""),
        ("28,000", "9,5"),
    ]
    text = csv_text(
        [[f"HS-{n}", "1", "18/12/2017", f'"{fee}"', f'"{status}"'] for n, (fee, status) in enumerate(values)],
        headings="ABCDE",
    )
    frame = dossiers(staged(tmp_path, text, columns=columns))
    assert frame["fee_vnd"].fillna(-1).tolist() == [28000, 1250000, 28000, -1, -1, 28000]
    assert frame["status"].fillna(-1).tolist() == [9, 9, 10, -1, -1, -1]
    assert [json.loads(text or "{}") for text in frame["unparsed"]] == [
        {}, {}, {}, {"fee_vnd": "miễn", "status": "xong"}, {}, {"status": "9,5"},
    ]  # fmt: skip


def test_codes_are_translated_and_an_unknown_one_is_not_guessed(tmp_path):
    codes = {"status": {"Đã trả": 10, "Đang xử lý": 4}}
    text = csv_text([[*ROW[:5], value] for value in ("Đã trả", "ĐANG  XỬ LÝ", "Khác", "")])
    frame = dossiers(staged(tmp_path, text, codes=codes))
    assert frame["status"].fillna(-1).tolist() == [10, 4, -1, -1]
    assert [json.loads(text or "{}") for text in frame["unparsed"]] == [{}, {}, {"status": "Khác"}, {}]


def test_a_status_can_be_derived(tmp_path):
    columns = {name: h for name, h in source()["columns"].items() if name != "status"}
    text = csv_text([ROW, [*ROW[:4], "", ""], [*ROW[:4], "hôm qua", ""]])
    frame = dossiers(
        staged(tmp_path, text, columns=columns, ignore=["Trạng thái"], derive_status={"closed_by": "finished_at"})
    )
    assert frame["status"].tolist() == [9, 4, 9]


# --- personal data --------------------------------------------------------------------------------------


def test_personal_columns_end_in_landing(tmp_path):
    columns = source()["columns"] | {"owner_name": "Họ tên", "owner_id_no": "CCCD", "owner_address": "Nơi ở"}
    text = csv_text(
        [[*ROW, "Nguyễn Văn Thử", "024195001234", "Thôn 1"]], headings=[*HEADINGS, "Họ tên", "CCCD", "Nơi ở"]
    )
    settings = make_site(tmp_path, [unit(sources=[source(columns=columns)])])
    hand_in(settings, "ho_so.csv", text)
    outcome = collect_unit(settings, NIGHT, "X1")
    result = read_staged(settings, NIGHT, ["X1"])
    frame = dossiers(result)
    assert frame["owner_hash"].tolist() == [owner_hash(KEY.encode(), "024195001234", "Nguyễn Văn Thử", "")]
    assert not set(PERSON) & set(frame.columns)
    assert "Thử" not in frame.to_csv() + outcome.message
    person = person_of(settings, "X1", NIGHT, "ho_so.csv", 2)
    assert (person.owner_name, person.owner_address, person.owner_phone) == ("Nguyễn Văn Thử", "Thôn 1", "")
    assert "Thử" not in repr(person)
    assert person_of(settings, "X1", NIGHT, "ho_so.csv", 3).owner_name == ""


# --- spreadsheets ---------------------------------------------------------------------------------------


def test_a_workbook_with_titles_real_and_text_instants_and_remarks(tmp_path):
    instant = datetime(2017, 12, 18, 8, 30)
    book = [
        ["UBND XÃ X1"], [], ["SỔ THEO DÕI HỒ SƠ", "", "", "Mã hồ sơ là bắt buộc"], HEADINGS,
        ["HS-1", "1.000001", instant, datetime(2017, 12, 25, 17), "", 4],
        [],
        ["HS-2", "1.000001", "18/12/2017 08:30", "25/12/2017", "20/12/2017 09:30", "9"],
        ["", "", "", "", "", "", "Người lập biểu"],
    ]  # fmt: skip
    result = staged(tmp_path, xlsx_bytes(book), name="ho_so.xlsx", format="xlsx")
    frame = dossiers(result)
    assert frame["line_no"].tolist() == [5, 7]
    assert frame["received_at"].tolist() == [pd.Timestamp(instant)] * 2
    assert frame["due_at"].tolist() == [pd.Timestamp(2017, 12, 25, 17), pd.Timestamp(2017, 12, 25)]
    assert frame["status"].tolist() == [4, 9]
    assert result.rejects["line_no"].tolist() == [8]
    assert result.outcomes[0].rows_in == 3


def test_spreadsheet_numbers_in_text_columns_lose_their_point_zero(tmp_path):
    result = staged(
        tmp_path, xlsx_bytes([HEADINGS, [1001, 2.5, datetime(2017, 12, 18), "", "", 4]]), name="a.xlsx", format="xlsx"
    )
    row = dossiers(result).iloc[0]
    assert row["dossier_code"] == "1001"
    # 2.5 may have been typed 2.500000: which, nobody knows any more.
    assert (pd.isna(row["proc_code"]), json.loads(row["unparsed"])) == (True, {"proc_code": "2.5"})


def test_a_number_is_not_an_instant(tmp_path):
    result = staged(tmp_path, xlsx_bytes([HEADINGS, ["HS-1", "1", 43087.5, "", "", 4]]), name="a.xlsx", format="xlsx")
    assert json.loads(dossiers(result)["unparsed"].iloc[0]) == {"received_at": "43087.5"}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"PK\x03\x04 half a workbook", "không mở được như một bảng tính"),
        (b"not a workbook", "không mở được như một bảng tính"),
        (xlsx_bytes([HEADINGS, ROW])[:2000], "không mở được như một bảng tính"),
        (xlsx_bytes([HEADINGS, ROW], sheet="Khác"), "không có trang tính [Hồ sơ]"),
        (xlsx_bytes([], sheet="Hồ sơ"), "không có ô nào có dữ liệu"),
        (xlsx_bytes([["a", "b"], [1, 2]], sheet="Hồ sơ"), "không tìm thấy dòng tiêu đề"),
    ],
    # bytes of workbooks hold the second they were made in: as names of tests they would differ between workers
    ids=["half", "no workbook", "cut off", "other sheet", "empty", "other headings"],
)
def test_a_workbook_that_cannot_be_used_is_an_outcome(tmp_path, data, text):
    outcome = staged(tmp_path, data, name="a.xlsx", format="xlsx", sheet="Hồ sơ").outcomes[0]
    assert outcome.status in ("FAILED", "EMPTY")
    assert text in outcome.message


# --- JSON -----------------------------------------------------------------------------------------------

FLAT = {
    "columns": {"dossier_code": "ma", "proc_code": "tthc", "received_at": "nhan", "status": "tt"},
    "format": "json",
}


def test_a_list_of_flat_records(tmp_path):
    records = [
        {"ma": "HS-1", "tthc": "1.000001", "nhan": "2017-12-18", "tt": 4},
        {"ma": "HS-2", "nhan": None, "tthc": "x", "mới": [1]},
        7,
    ]
    result = staged(tmp_path, json_text(records), name="a.json", **FLAT)
    frame = dossiers(result)
    assert frame["dossier_code"].tolist() == ["HS-1", "HS-2"]
    assert frame["status"].fillna(-1).tolist() == [4, -1]
    assert result.rejects["line_no"].tolist() == [3]
    assert "[mới]" in result.outcomes[0].message
    assert result.outcomes[0].rows_in == 3


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (json_text([{"ma": "HS-1"}, {"ma": "HS-2"}])[:-9], "FAILED"),
        ("{}", "FAILED"),
        ("12", "FAILED"),
        (b"\xff\xfe[", "FAILED"),
        ("[" * 100000, "FAILED"),
        (json_text([{"mã": "HS-1"}]), "FAILED"),
        ("  \n", "EMPTY"),
        ("[]", "COLLECTED"),
    ],
)
def test_json_that_cannot_be_used_is_an_outcome(tmp_path, data, status):
    outcome = staged(tmp_path, data, name="a.json", **FLAT).outcomes[0]
    assert (outcome.status, outcome.rows_in) == (status, 0)


SYNC = [
    {
        "MaHoSo": "000.25.15.H36-171218-0042", "MaTTHC": "1.004193", "KenhThucHien": "1", "ChuHoSo": "Nguyễn Văn Thử",
        "NgayTiepNhan": "20171218083000", "NgayHenTra": "20171225170000", "TrangThaiHoSo": "9",
        "NgayKetThucXuLy": "20171220150000", "NgayTra": "", "DanhSachLePhi": [{"Gia": "28000"}],
        "DanhSachHoSoBoSung": [
            {"NgayBoSung": "20171219090000", "NgayTiepNhanBoSung": "20171219160000", "NoiDungBoSung": "thiếu bản sao",
             "NgayHenTraTruoc": "20171222170000", "NgayHenTraMoi": "20171225170000"},
            {"NgayBoSung": "20171218100000", "NoiDungBoSung": "thiếu đơn"},
        ],
        "TienDo": [
            {"ThoiDiemXuLy": "20171220150000", "NgayBatDau": "20171219080000", "NoiDungXuLy": "Thẩm định",
             "PhongBanXuLy": "TNMT", "NguoiXuLy": "CB02"},
            {"ThoiDiemXuLy": "20171218090000", "NgayBatDau": "20171218083000", "NoiDungXuLy": "Tiếp nhận",
             "PhongBanXuLy": "MC", "NguoiXuLy": "CB01", "ChucDanh": "Chuyên viên"},
        ],
    },
    {"MaHoSo": "000.25.15.H36-171218-0043", "MaTTHC": "1.004193", "NgayTiepNhan": "18/12/2017", "TrangThaiHoSo": "4",
     "DanhSachHoSoBoSung": ["?"], "TruongLa": "x"},
    "không phải bản ghi",
]  # fmt: skip
SYNC_SOURCE = {"table": "sync", "format": "json", "columns": {}, "time_formats": ["%Y%m%d%H%M%S"], "name": "a.json"}


def test_the_national_message_gives_all_three_tables(tmp_path):
    result = staged(tmp_path, json_text(SYNC), **SYNC_SOURCE)
    frame, steps, pauses = (result.frames[name] for name in ("dossier", "step", "pause"))
    assert frame["received_at"].tolist() == [pd.Timestamp(2017, 12, 18, 8, 30), pd.NaT]
    assert json.loads(frame["unparsed"].iloc[1]) == {"received_at": "18/12/2017"}
    assert frame["owner_hash"].isna().all()  # a name alone would join strangers
    assert steps[["step_no", "task", "office_code", "staff_code"]].values.tolist() == [
        [2, "Thẩm định", "TNMT", "CB02"], [1, "Tiếp nhận", "MC", "CB01"],
    ]  # fmt: skip
    assert set(steps["dossier_code"]) == {"000.25.15.H36-171218-0042"}
    assert pauses[["pause_no", "kind", "reason"]].values.tolist() == [
        [2, "SUPPLEMENT", "thiếu bản sao"], [1, "SUPPLEMENT", "thiếu đơn"],
    ]  # fmt: skip
    assert pauses["new_due_at"].tolist() == [pd.Timestamp(2017, 12, 25, 17), pd.NaT]
    assert sorted(zip(result.rejects["table_name"], result.rejects["line_no"], strict=True)) == [
        ("dossier", 3),
        ("pause", 3),
    ]
    assert result.outcomes[0].rows_in == 2 + 2 + 2 + 2
    assert "[TruongLa]" in result.outcomes[0].message
    assert len(result.raw) == 6


@pytest.mark.parametrize(
    "wrap", [lambda m: {"service": "DongBoHoSoMC", "data": m}, lambda m: {"DongBoHoSoMC": m}, lambda m: m]
)
def test_the_message_may_be_wrapped(tmp_path, wrap):
    assert len(dossiers(staged(tmp_path, json_text(wrap(SYNC)), **SYNC_SOURCE))) == 2


def test_progress_may_come_beside_the_dossiers(tmp_path):
    steps = [{"MaHoSo": "HS-1", "ThoiDiemXuLy": "20171218090000", "NoiDungXuLy": "Tiếp nhận"}]
    message = {"DongBoHoSoMC": SYNC[1:2], "CapNhatTienDoHoSoMC": steps}
    result = staged(tmp_path, json_text(message), **SYNC_SOURCE)
    assert result.frames["step"][["dossier_code", "step_no", "task"]].values.tolist() == [["HS-1", 1, "Tiếp nhận"]]


def test_names_of_the_message_can_be_mapped_otherwise(tmp_path):
    message = [
        {
            "MaHoSo": "A",
            "MaTTHC": "1",
            "NgayTiepNhan": "20171218083000",
            "DanhSachHoSoBoSung": [{"NgayBoSung": "20171219090000", "Loai": "thuế", "Lan": 7}],
        }
    ]
    changes = SYNC_SOURCE | {
        "columns": {"pause.kind": "Loai", "pause.pause_no": "Lan"},
        "codes": {"pause.kind": {"thuế": "FINANCIAL"}},
    }
    pauses = staged(tmp_path, json_text(message), **changes).frames["pause"]
    assert pauses[["pause_no", "kind"]].values.tolist() == [[7, "FINANCIAL"]]


@pytest.mark.parametrize(("ids", "numbers"), [(["7", 9], [7, 9]), (["a-b", "9"], [2, 1]), ([None, "9"], [2, 1])])
def test_the_messages_own_ids_number_its_supplements_when_they_are_numbers(tmp_path, ids, numbers):
    days = ["20171220090000", "20171219090000"]
    asked = [{"HoSoBoSungId": key, "NgayBoSung": day} for key, day in zip(ids, days, strict=True)]
    message = [{"MaHoSo": "A", "MaTTHC": "1", "NgayTiepNhan": "20171218083000", "DanhSachHoSoBoSung": asked}]
    pauses = staged(tmp_path, json_text(message), **SYNC_SOURCE).frames["pause"]
    assert pauses["pause_no"].tolist() == numbers
    assert (pauses["unparsed"] == "").all()


def test_a_truncated_message_is_an_outcome(tmp_path):
    outcome = staged(tmp_path, json_text(SYNC)[:-200], **SYNC_SOURCE).outcomes[0]
    assert (outcome.status, outcome.rows_in) == ("FAILED", 0)
    assert "không phải JSON trọn vẹn" in outcome.message


# --- event logs, steps, pauses --------------------------------------------------------------------------

EVENTS = {
    "table": "event",
    "columns": {"dossier_code": "case", "received_at": "start", "step.task": "act", "step.finished_at": "time"},
    "constants": {"proc_code": "P"},
}


def test_an_event_log_gives_each_state_of_a_dossier_once_and_each_event_as_a_step(tmp_path):
    lines = [
        ["A", "2017-12-01", "second", "2017-12-03 10:00"], ["B", "2017-12-02", "only", "2017-12-02 10:00"],
        ["A", "2017-12-01", "first", "2017-12-01 10:00"], ["", "2017-12-01", "lost", "2017-12-01 11:00"],
        ["B", "2017-12-09", "no time", "?"],
    ]  # fmt: skip
    result = staged(tmp_path, csv_text(lines, headings=["case", "start", "act", "time"]), **EVENTS)
    frame, steps = dossiers(result), result.frames["step"]
    assert frame[["dossier_code", "proc_code", "line_no"]].values.tolist() == [
        ["A", "P", 2], ["B", "P", 3], ["B", "P", 6],
    ]  # fmt: skip
    assert steps[["dossier_code", "step_no", "task"]].values.tolist() == [
        ["A", 2, "second"], ["B", 1, "only"], ["A", 1, "first"], ["B", 2, "no time"],
    ]  # fmt: skip
    assert json.loads(steps["unparsed"].iloc[3]) == {"finished_at": "?"}
    assert result.rejects["line_no"].tolist() == [5]
    assert frame["received_at"].dt.day.tolist() == [1, 2, 9], "what B's second line says otherwise is kept as well"
    assert result.outcomes[0].message == ""
    assert len(lines) == len(steps) + len(result.rejects)


def test_pauses_without_a_number_are_numbered_by_time(tmp_path):
    changes = {
        "table": "pause",
        "columns": {"dossier_code": "a", "started_at": "b"},
        "constants": {"kind": "SUPPLEMENT"},
    }
    text = csv_text([["X", "2017-12-05"], ["X", "2017-12-01"], ["Y", "2017-12-03"]], headings="ab")
    pauses = staged(tmp_path, text, **changes).frames["pause"]
    assert pauses["pause_no"].tolist() == [2, 1, 1]
    assert set(pauses["kind"]) == {"SUPPLEMENT"}


# --- corrections ----------------------------------------------------------------------------------------


def test_a_correction_mends_what_it_names_and_keeps_the_raw_record(tmp_path):
    mend = {
        "where": {"dossier_code": "HS-2"},
        "set": {"received_at": "2017-12-18 09:00", "status": 4},
        "reason": "gõ nhầm ngày",
        "told": "X1, 21/12/2017",
    }
    text = csv_text([ROW, ["HS-2", "1.000001", "18/12/0217", "", "", "đang làm"]])
    result = staged(tmp_path, text, corrections=[mend], codes={"status": {"9": 9}})
    row = dossiers(result).iloc[1]
    assert (row["received_at"], row["status"], row["unparsed"]) == (pd.Timestamp(2017, 12, 18, 9), 4, "")
    assert "sửa 1 dòng" in result.outcomes[0].message
    assert "gõ nhầm ngày" in result.outcomes[0].message
    assert json.loads(result.raw.iloc[1]["raw_json"])["Ngày tiếp nhận"] == "18/12/0217"


def test_a_correction_that_matches_nothing_is_a_note(tmp_path):
    mend = {"where": {"status": "đang làm", "dossier_code": "HS-9"}, "set": {"status": 4}, "reason": "mã cũ"}
    result = staged(tmp_path, csv_text([ROW]), corrections=[mend])
    assert "không khớp dòng nào" in result.outcomes[0].message
    assert result.outcomes[0].status == "COLLECTED"


# --- nothing is lost ------------------------------------------------------------------------------------


@pytest.mark.slow
@given(
    st.binary(max_size=300)
    | st.lists(st.text('HS-1,"\n\r;ă\0 ', max_size=30), max_size=12).map(
        lambda parts: csv_text(rows("HS-1")).encode() + "\n".join(parts).encode()
    )
)
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_any_bytes_end_as_an_outcome_and_every_row_is_accounted_for(tmp_path_factory, kind, data):
    result = staged(tmp_path_factory.mktemp("any"), data, name=f"a.{kind}", format=kind)
    outcome = result.outcomes[0]
    assert outcome.rows_in == sum(map(len, result.frames.values())) + len(result.rejects)
    assert "E-DOC-TEP" not in outcome.message
    if kind == "csv" and outcome.status == "COLLECTED":
        assert dossiers(result)["dossier_code"].iloc[0] == "HS-1"
