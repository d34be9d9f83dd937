"""What did not come is told: columns that carried values, sheets, bytes, totals, a week's file."""

import io
from datetime import date, timedelta
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from domain.errors import KnownError
from pipelines.carried import carried_before, with_carried
from pipelines.collect import collect_unit
from pipelines.night_order import run_night
from pipelines.settings import Settings
from pipelines.site import load_site
from pipelines.stage import read_staged
from tests.factories.sites import (
    HEADINGS,
    NIGHT,
    ROW,
    csv_text,
    hand_in,
    json_text,
    make_site,
    source,
    unit,
    write_site,
)
from warehouse import Warehouse

NEXT, LATER = "2017-12-21", "2017-12-22"
WITHOUT_DUE = [heading for heading in HEADINGS if heading != "Ngày hẹn trả"]


def renamed(heading: str, name: str) -> list[str]:
    return [name if each == heading else each for each in HEADINGS]


def test_a_column_that_carried_values_and_is_gone_fails_the_delivery(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    assert collect_unit(settings, NIGHT, "X1").filled["ho_so"][-1] == "status"
    # a day on which nothing stands in the column does not make it forgotten
    hand_in(settings, "ho_so.csv", csv_text([["HS-2", *ROW[1:3], "", "", "4"]]), night=NEXT)
    assert collect_unit(settings, NEXT, "X1").status == "COLLECTED"
    hand_in(settings, "ho_so.csv", csv_text([ROW], headings=renamed("Ngày hẹn trả", "Ngày hẹn trả KQ")), night=LATER)
    outcome = collect_unit(settings, LATER, "X1")
    assert outcome.status == "FAILED"
    assert outcome.message.startswith(
        "E-COT-MAT: Tệp [ho_so.csv]: không còn cột [Ngày hẹn trả] (Ngày hẹn trả), các lần nộp trước có giá trị ở "
        "cột này. Có thể nay là cột [Ngày hẹn trả KQ]."
    )
    # the remedy: say it under its new name; or take the column out of the unit's file
    columns = source()["columns"] | {"due_at": "Ngày hẹn trả KQ"}
    write_site(settings.site_folder, [unit(sources=[source(columns=columns)])])
    assert collect_unit(Settings.from_env(env(settings)), LATER, "X1").status == "COLLECTED"


def env(settings: Settings) -> dict[str, str]:
    return {
        "TINHGON_SITE": str(settings.site_folder),
        "TINHGON_VAR": str(settings.var),
        "TINHGON_HASH_KEY": "a-key-only-for-tests-0123456789",
    }


def test_a_column_that_never_held_anything_may_go(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", csv_text([[*ROW[:3], "", *ROW[4:]]]))
    collect_unit(settings, NIGHT, "X1")
    assert carried_before(settings, NIGHT, settings.site.unit("X1")) == {}
    carried = carried_before(settings, NEXT, settings.site.unit("X1"))
    assert carried["ho_so"] == ("dossier_code", "proc_code", "received_at", "finished_at", "status")
    assert with_carried(settings.site.unit("X1"), {"ho_so": ("due_at", "not mapped")}, {}) == {"ho_so": ("due_at",)}
    row = [*ROW[:3], *ROW[4:]]
    hand_in(settings, "ho_so.csv", csv_text([row], headings=WITHOUT_DUE), night=NEXT)
    outcome = collect_unit(settings, NEXT, "X1")
    assert outcome.status == "COLLECTED"
    assert "không có cột [Ngày hẹn trả]" in outcome.message


def test_a_json_record_may_leave_out_what_is_empty(tmp_path: Path) -> None:
    settings = make_site(tmp_path, [unit(sources=[source(format="json", place="{night}/{unit}/ho_so.json")])])
    whole = dict(zip(HEADINGS, ROW, strict=True))
    open_one = {name: value for name, value in whole.items() if name != "Ngày kết thúc"}
    hand_in(settings, "ho_so.json", json_text([whole]))
    assert collect_unit(settings, NIGHT, "X1").status == "COLLECTED"
    hand_in(settings, "ho_so.json", json_text([open_one]), night=NEXT)
    assert collect_unit(settings, NEXT, "X1").status == "COLLECTED"
    hand_in(settings, "ho_so.json", json_text([open_one | {"Ngay kết thúc": "20/12/2017 09:30"}]), night=LATER)
    assert "E-COT-MAT" in collect_unit(settings, LATER, "X1").message


def test_a_byte_of_another_code_page_costs_its_line_and_says_which_page_it_fits(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    lines = csv_text([[f"HS-{n}", *ROW[1:]] for n in range(3)]).encode().split(b"\n")
    lines[1] = lines[1].replace(b"HS-0", b"HS\x920")
    lines[2] = lines[2].replace(b"HS-1", b"HS\x921")
    hand_in(settings, "ho_so.csv", b"\n".join(lines))
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.status, outcome.rows_in) == ("COLLECTED", 3), "two lines of three are no reason to lose the third"
    rejects = read_staged(settings, NIGHT, ["X1"]).rejects
    assert rejects["message"].tolist() == [
        f"Dòng {line}: byte 0x92 ở ký tự thứ 3 không thuộc bảng mã đã khai báo [utf-8-sig]; "
        "đọc được theo bảng mã [cp1258]."
        for line in (2, 3)
    ]
    hand_in(settings, "ho_so.csv", b"\n".join(lines[:3]))
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.status, outcome.message[:9]) == ("FAILED", "E-BANG-MA")


def test_sheets_nobody_reads_are_told_a_hidden_one_too(tmp_path: Path) -> None:
    settings = make_site(tmp_path, [unit(sources=[source(format="xlsx", place="{night}/{unit}/ho_so.xlsx")])])
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    for name in ("Tháng 12", "Tháng 11", "Ẩn", "Ghi chú"):
        page = book.add_worksheet(name)
        if name == "Ẩn":
            page.hide()
        for line, row in enumerate([HEADINGS, ROW] if name != "Ghi chú" else [["Mã hồ sơ"], ["x"]]):
            page.write_row(line, 0, row)
    book.close()
    hand_in(settings, "ho_so.xlsx", buffer.getvalue())
    outcome = collect_unit(settings, NIGHT, "X1")
    assert outcome.rows_in == 1
    assert "chỉ đọc trang tính [Tháng 12]; trang [Tháng 11], [Ẩn] cũng có các cột đã khai báo" in outcome.message
    both = [
        source(id=name, format="xlsx", sheet=name, place="{night}/{unit}/ho_so.xlsx")
        for name in ("Tháng 12", "Tháng 11", "Ẩn")
    ]
    for number, each in enumerate(both):
        each["id"] = f"s{number}"
    write_site(settings.site_folder, [unit(sources=both)])
    assert "trang tính" not in collect_unit(Settings.from_env(env(settings)), NIGHT, "X1").message


def test_a_formula_nobody_worked_out_is_unread_and_not_empty(tmp_path: Path) -> None:
    settings = make_site(tmp_path, [unit(sources=[source(format="xlsx", place="{night}/{unit}/ho_so.xlsx")])])
    buffer = io.BytesIO()
    book = openpyxl.Workbook()
    for row in [HEADINGS, [*ROW[:4], "=NOW()", ROW[5]], ["HS-2", *ROW[1:4], None, "4"]]:
        book.active.append(row)
    book.save(buffer)
    hand_in(settings, "ho_so.xlsx", buffer.getvalue())
    collect_unit(settings, NIGHT, "X1")
    found = read_staged(settings, NIGHT, ["X1"]).frames["dossier"]["unparsed"].tolist()
    assert found == ['{"finished_at": "#công thức chưa có kết quả"}', ""]


def test_a_list_that_says_it_holds_more_than_it_does(tmp_path: Path) -> None:
    settings = make_site(tmp_path, [unit(sources=[source(format="json", place="{night}/{unit}/ho_so.json")])])
    items = [dict(zip(HEADINGS, ROW, strict=True))]
    said: list[tuple[dict[str, Any], str]] = [
        ({"total": 5}, "ghi tổng số 5 bản ghi, trong tệp có 1"),
        ({"@odata.count": 1, "@odata.nextLink": "https://x.invalid/2"}, "chỉ là một trang của danh sách nhiều trang"),
        ({"totalPages": 3}, "chỉ là một trang"),
        ({"total": 1, "next": None, "pages": 1}, ""),
    ]
    for more, text in said:
        hand_in(settings, "ho_so.json", json_text(more | {"items": items}))
        message = collect_unit(settings, NIGHT, "X1").message.removeprefix(
            "Tệp [ho_so.json] được nộp lại trong đêm; bản trước không tính nữa và vẫn được lưu."
        )
        assert (text in message) if text else (message == "")


def test_a_week_is_due_on_its_last_working_day(tmp_path: Path) -> None:
    settings = make_site(tmp_path, [unit(expects="weekly"), unit("X2", expects=["mon", "fri"])])
    monday = date(2017, 12, 18)
    week = [str(monday + timedelta(days=each)) for each in range(7)]
    status = {code: [collect_unit(settings, night, code).status for night in week] for code in ("X1", "X2")}
    assert status["X1"] == ["EMPTY"] * 4 + ["MISSING"] + ["EMPTY"] * 2
    assert status["X2"] == ["MISSING"] + ["EMPTY"] * 3 + ["MISSING"] + ["EMPTY"] * 2
    hand_in(settings, "ho_so.csv", csv_text([ROW]), night=week[2])
    assert collect_unit(settings, week[2], "X1").status == "COLLECTED"
    friday = collect_unit(settings, week[4], "X1")
    assert (friday.status, friday.message) == ("EMPTY", "Chưa đến kỳ nộp dữ liệu của đơn vị.")
    with pytest.raises(KnownError, match="expects"):
        load_site(write_site(tmp_path / "wrong", [unit(expects=["monday"])]))


def test_the_unit_counts_more_than_was_read_and_page_and_mail_say_so(tmp_path: Path) -> None:
    counted = source(control={"place": "{night}/{unit}/ho_so.dem"})
    listed = {"format": "none", "procedures": [{"code": "1.000001", "name": "Thủ tục thử"}]}
    settings = make_site(
        tmp_path, [unit(sources=[counted], contact={"email": "x1@xa.invalid"})], catalogue=listed, counter_unit="X1"
    )
    for night, told in ((NIGHT, 3), (NEXT, 1)):
        hand_in(settings, "ho_so.csv", csv_text([[f"HS-{night}", *ROW[1:]]]), night=night)
        hand_in(settings, "ho_so.dem", json_text({"dossier_count": told}), night=night)
        assert not run_night(settings, night).failed
    with Warehouse.open(settings.warehouse_url) as warehouse:
        issues = warehouse.read_table("issue_night").query("kind == 'CONTROL'")
    assert issues[["night", "state", "count"]].to_numpy().tolist() == [[NIGHT, "NEW", 2], [NEXT, "MENDED", 0]]
    page = (settings.var / "out" / "nights" / NIGHT / "chat_luong.html").read_text(encoding="utf-8")
    assert "thiếu 2" in page
    mail = next(path for path in (settings.var / "outbox").rglob("*") if path.is_file() and NIGHT in str(path))
    body = BytesParser(policy=default).parsebytes(mail.read_bytes()).get_body(("plain",))
    assert body is not None
    assert "Số đối chiếu của đơn vị là 3 hồ sơ, đọc được 1 hồ sơ." in body.get_content()
