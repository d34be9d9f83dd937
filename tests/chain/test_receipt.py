"""The chain on a real permit log that no one here wrote, as a site of YAML alone: two nights, a quarter, a book.

The first night stands in the quarter and reads the log as it would have been known then; on the second, after the
log's last event, the same bytes come again. So the quarter is released complete, by the night, without force.
"""

import csv
import html
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from analysis.quarter import QuarterAnalysis
from analysis.truths import untrue
from pipelines.quarter.analyse import analysis_of
from pipelines.quarter.place import papers_folder
from pipelines.settings import Settings
from tests.chain.conftest import REPO, run_night, run_quarter, settings_of
from tests.shared import shared
from warehouse import Warehouse

FIRST, LAST, QUARTER = "2011-12-30", "2012-01-31", "2011-Q4"
START, END = date(2011, 10, 1), date(2011, 12, 31)
BACKWARDS = {"case-10862", "case-8267"}  # they end an hour before they start

pytestmark = [pytest.mark.shared, pytest.mark.heavy]


@dataclass(frozen=True)
class Case:
    """A case of the log as read here, beside the product: local days, and None while it is open."""

    received: date
    due: date
    finished: date | None
    is_online: bool
    events: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the two nights and the quarter left behind."""

    settings: Settings
    warehouse: Warehouse
    analysis: QuarterAnalysis
    folder: Path
    released: list[str | None]


def local_day(text: str) -> date | None:
    return datetime.fromisoformat(text).astimezone(ZoneInfo("Europe/Amsterdam")).date() if text else None


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    with (shared() / "data" / "receipt" / "receipt.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    found: dict[str, Case] = {}
    for line in lines:
        received, due = local_day(line["case:startdate"]), local_day(line["case:deadline"])
        assert received is not None
        assert due is not None
        before = found.get(line["case:concept:name"])
        found[line["case:concept:name"]] = Case(
            received=received, due=due, finished=local_day(line["case:enddate"]),
            is_online=line["case:channel"] in ("Internet", "e-mail"), events=1 + (before.events if before else 0),
        )  # fmt: skip
    assert (len(found), len(lines)) == (1434, 8577)
    return found


@pytest.fixture(scope="module")
def accepted(cases: dict[str, Case]) -> list[Case]:
    return [case for code, case in cases.items() if code not in BACKWARDS]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    var = tmp_path_factory.mktemp("receipt")
    settings = settings_of(REPO / "sites" / "receipt", var)
    settings.inbox.mkdir(parents=True)
    shutil.copyfile(shared() / "data" / "receipt" / "receipt.csv", settings.inbox / "receipt.csv")
    released = [run_night(settings, night) for night in (FIRST, LAST)]
    run_quarter(settings, QUARTER)
    with Warehouse.open(settings.warehouse_url) as warehouse:  # its models become those of the quarter's last day
        analysis = analysis_of(settings, warehouse, QUARTER)
    with Warehouse.open(settings.warehouse_url) as warehouse:
        folder = papers_folder(settings, QUARTER)
        yield Result(settings=settings, warehouse=warehouse, analysis=analysis, folder=folder, released=released)


@pytest.fixture(scope="module")
def book(result: Result) -> str:
    return html.unescape((result.folder / "so_tay_quy.html").read_text(encoding="utf-8"))


def test_the_second_night_brings_the_same_bytes_and_completes_the_quarter(result: Result) -> None:
    outcomes = result.warehouse.read_table("slice_outcome").set_index("night")
    assert outcomes["status"].to_dict() == {FIRST: "COLLECTED", LAST: "UNCHANGED"}
    assert outcomes["rows_in"].tolist() == [1434 + 8577] * 2
    assert result.released == [None, QUARTER]
    [release] = result.warehouse.read_table("quarter_release").to_dict("records")
    assert (release["is_complete"], release["forced"], release["coverage"]) == (True, False, 1.0)


def test_every_case_arrives_and_two_are_set_aside_with_their_reason(result: Result, cases: dict[str, Case]) -> None:
    dossiers = result.warehouse.read_table("dossier")
    assert len(dossiers) == 1432
    assert set(dossiers["dossier_code"]) == set(cases) - BACKWARDS
    aside = result.warehouse.read_table("quarantine")
    aside = aside[aside["night"] == LAST]
    assert set(aside["dossier_code"]) == BACKWARDS
    assert set(aside["rule_id"]) == {"DQ-DT-11"}
    for row in aside.itertuples():
        assert "trước ngày tiếp nhận" in row.message
        assert json.loads(row.raw_record)["case:concept:name"] == row.dossier_code
        assert row.file_name == "receipt.csv"
        assert row.line_no > 1


def test_what_lay_in_the_future_on_the_first_night_is_set_aside_and_comes_in_later(
    result: Result, cases: dict[str, Case]
) -> None:
    aside = result.warehouse.read_table("quarantine")
    early = aside[(aside["night"] == FIRST) & (aside["table_name"] == "dossier")]
    night = date.fromisoformat(FIRST)
    future = {
        code for code, case in cases.items()
        if case.received > night or (case.finished is not None and case.finished > night)
    }  # fmt: skip
    assert set(early["dossier_code"]) == future | BACKWARDS
    assert set(result.warehouse.read_table("dossier")["dossier_code"]) >= future


def test_every_event_arrives_as_a_step(result: Result, cases: dict[str, Case]) -> None:
    versions = result.warehouse.read_table("step_version")
    assert (versions["night"] == LAST).sum() == 8577
    steps = result.warehouse.read_table("dossier_step")
    # The four steps of the two cases set aside wait in their slice until the case is mended.
    assert len(steps) == 8577 - sum(cases[code].events for code in BACKWARDS) == 8573
    counted = steps.groupby("dossier_code").size().to_dict()
    assert counted == {code: case.events for code, case in cases.items() if code not in BACKWARDS}


def test_open_and_late_cases_counted_again_from_the_file(result: Result, accepted: list[Case]) -> None:
    headline = result.warehouse.read_table("headline").set_index("year")
    assert headline["received"].sum() == 1432
    for year in (2010, 2011, 2012):
        own = [case for case in accepted if case.received.year == year]
        done = [case for case in own if case.finished is not None]
        expected = {
            "received": len(own),
            "early": sum(case.finished < case.due for case in done if case.finished),
            "on_time": sum(case.finished == case.due for case in done),
            "late": sum(case.finished > case.due for case in done if case.finished),
            "open": len(own) - len(done),
        }
        assert {name: int(headline.loc[year, name]) for name in expected} == expected
    assert headline["open"].sum() == 105
    assert headline["late"].sum() == 309


def test_the_quarter_counted_again_from_the_file(result: Result, accepted: list[Case]) -> None:
    inside = [case for case in accepted if START <= case.received <= END]
    carried = [c for c in accepted if c.received < START and (c.finished is None or c.finished >= START)]
    held = inside + carried
    done = [case for case in held if case.finished is not None and case.finished <= END]
    left = [case for case in held if case not in done]
    expected = {
        "received_online": sum(case.is_online for case in inside),
        "received_direct_post": sum(not case.is_online for case in inside),
        "carried_in": len(carried),
        "received_total": len(held),
        "done_total": len(done),
        "done_late": sum(case.finished > case.due for case in done if case.finished),
        "open_total": len(left),
        "open_overdue": sum(case.due < END for case in left),
    }
    report = result.analysis.report_06a
    [whole] = report[report["row_kind"] == "ALL"].to_dict("records")
    assert {name: int(whole[name]) for name in expected} == expected
    assert untrue(result.analysis).to_dict("records") == []
    [whole] = result.analysis.timeliness.query("level == 'ALL'").to_dict("records")
    year = [case for case in accepted if case.received.year == 2011]
    closed = [case for case in year if case.finished is not None and case.finished <= END]
    late = [case for case in closed if case.finished is not None and case.finished > case.due]
    assert (whole["n"], whole["closed_n"]) == (len(year), len(closed))
    assert whole["closed_late_share"] == pytest.approx(len(late) / len(closed))
    # Open cases are counted: the honest share lies above the closed-only one.
    assert whole["ci_low"] > whole["closed_late_share"]


def test_what_the_log_lacks_is_switched_off_and_named(result: Result, book: str) -> None:
    off, notes = dict(result.analysis.switched_off), dict(result.analysis.notes)
    assert off.keys() == {"comparison", "overlaps", "unused", "papers", "costs"}
    assert "chỉ một đơn vị" in off["comparison"]
    assert "chỉ có một thủ tục" in off["overlaps"]
    assert "niêm yết" in off["unused"]
    assert "thành phần hồ sơ" in off["papers"]
    assert "hourly_rate" in off["costs"]
    assert notes.keys() == {"limits", "steps"}
    assert "quy trình không ghi thời gian từng bước" in notes["steps"]
    assert "danh mục không ghi thời hạn" in notes["limits"]
    last = book[book.index("16. Phần không tính được") :]
    for reason in (*off.values(), *notes.values()):
        assert reason in last
    for part in ("overlaps", "unused", "papers"):
        assert f"Không tính phần này, vì {off[part]}." in book


def test_the_morning_page_names_the_rules_that_cannot_run_and_promises_no_letters(result: Result) -> None:
    page = result.settings.var / "out" / "nights" / LAST / "chat_luong.html"
    text = html.unescape(page.read_text(encoding="utf-8"))
    for rule, lack in (("DQ-CS-01", "Nhận lúc"), ("DQ-DT-04", "Ngày nộp"), ("DQ-ST-03", "lần tạm dừng")):
        assert f"{rule}: Không áp dụng (nguồn dữ liệu không có {lack})" in text
    assert "DQ-DT-08 được tắt" in text
    assert "thu_xin_loi" not in text
    assert "đang niêm yết" not in text
    assert not list((result.settings.var / "out" / "nights").glob("*/thu_xin_loi"))


def test_book_draft_and_table_come_out(result: Result, book: str) -> None:
    assert "Intake of an environmental permit request" in book
    assert "415 hồ sơ phải giải quyết" in book
    assert "nan" not in re.sub(r"<[^>]+>", " ", book).casefold().split()
    with zipfile.ZipFile(result.folder / "phuong_an_don_gian_hoa.docx") as file:
        text = re.sub(r"<[^>]+>", "", file.read("word/document.xml").decode())
    assert "quý IV/2011" in text
    sheets = load_workbook(result.folder / "bieu_II06a.xlsx", data_only=True)
    rows = [list(row[2:13]) for sheet in sheets for row in sheet.iter_rows(values_only=True)]
    assert [415, 234, 5, 176, 270, 214, 6, 50, 145, 100, 45] in rows


def test_no_name_of_an_officer_is_in_the_papers(result: Result, book: str) -> None:
    assert not re.search(r"Resource\d|admin\d", book)
