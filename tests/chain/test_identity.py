"""One dossier is one dossier, through real nights: numbers that repeat, units that end, two states of a night."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from pipelines.publish.late_list import FILE_NAME
from pipelines.replay import rebuild
from pipelines.settings import Settings
from tests.chain.conftest import run_night
from tests.factories.sites import csv_text, hand_in, make_site, source, unit
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

pytestmark = pytest.mark.slow
PROCEDURES = {
    "format": "none",
    "procedures": [
        {"code": "CX", "name": "Chứng thực", "limit_quantity": 2, "limit_unit": "WORKING_DAY"},
        {"code": "XD", "name": "Giấy phép xây dựng", "limit_quantity": 15, "limit_unit": "WORKING_DAY"},
    ],
}


def site(folder: Path, units: list[dict[str, Any]]) -> Settings:
    return make_site(folder, units, catalogue=PROCEDURES, counter_unit=units[0]["code"])


def counter(code: str, dossiers: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return unit(code, sources=[source(**(dossiers or {}))], **changes)


def row(code: str, proc: str, received: str, due: str, end: str = "") -> list[str]:
    return [code, proc, received, due, end, "9" if end else "4"]


def night(settings: Settings, day: str, **rows: list[list[str]]) -> None:
    """Hand in rows of each unit and run the night."""
    for code, of_unit in rows.items():
        hand_in(settings, "ho_so.csv", csv_text(of_unit), unit_code=code, night=day)
    run_night(settings, day)


def facts(settings: Settings) -> dict[str, tuple[str, str, str]]:
    """Dossier -> unit, what became of it, how it stands to its date."""
    with Warehouse.open(settings.warehouse_url) as warehouse:
        table = warehouse.read_table("dossier_fact")
    return {
        str(each.dossier_id): (str(each.unit_code), str(each.outcome), str(each.timeliness))
        for each in table.itertuples()
    }


def read(settings: Settings, name: str) -> pd.DataFrame:
    with Warehouse.open(settings.warehouse_url) as warehouse:
        return warehouse.read_table(name)


def letters(settings: Settings) -> list[str]:
    return sorted(path.stem for path in (settings.var / "out").rglob("thu_xin_loi/*.docx"))


def assert_rebuilt(settings: Settings) -> None:
    """What the nights gave is made anew from landing alone."""

    def tables() -> dict[str, pd.DataFrame]:
        with Warehouse.open(settings.warehouse_url) as warehouse:
            found = snapshot(warehouse, with_models=False)
        del found["quarter_release"]  # kept with the edition of the quarter, which nobody makes here
        return found

    before = tables()
    Path(settings.warehouse_url.removeprefix("duckdb:///")).unlink()
    list(rebuild(settings=settings))
    assert differences(before, tables()) == []


BOOK_2017 = [row("1", "CX", "18/12/2017 08:10", "20/12/2017", "20/12/2017 09:00"),
             row("2", "XD", "18/12/2017 09:30", "09/01/2018")]  # fmt: skip
BOOK_2018 = [row("1", "CX", "03/01/2018 08:10", "05/01/2018"), row("2", "XD", "03/01/2018 09:30", "24/01/2018")]


def test_a_book_that_begins_again_each_year(tmp_path: Path) -> None:
    settings = site(tmp_path, [counter("X1", {"key": ["dossier_code", "year"]})])
    night(settings, "2017-12-20", X1=BOOK_2017)
    night(settings, "2018-01-04", X1=BOOK_2018)
    assert facts(settings) == {
        "1~year=2017": ("X1", "DONE", "ON_TIME"),
        "2~year=2017": ("X1", "OPEN", "IN_TERM"),
        "1~year=2018": ("X1", "OPEN", "IN_TERM"),
        "2~year=2018": ("X1", "OPEN", "IN_TERM"),
    }
    assert len(letters(settings)) == 1
    assert letters(settings)[0].startswith("1_year_2018"), "due on the 5th, the next working day"
    assert_rebuilt(settings)


def test_a_book_that_begins_again_and_does_not_say_so(tmp_path: Path) -> None:
    settings = site(tmp_path, [counter("X1")])
    night(settings, "2017-12-20", X1=BOOK_2017)
    night(settings, "2018-01-04", X1=BOOK_2018)
    assert facts(settings) == {"1": ("X1", "DONE", "ON_TIME"), "2": ("X1", "OPEN", "IN_TERM")}
    aside = read(settings, "quarantine")
    assert aside["rule_id"].tolist() == ["DQ-ID-08"] * 2
    assert letters(settings) == []
    page = (settings.var / "out" / "nights" / "2018-01-04" / "chat_luong.html").read_text(encoding="utf-8")
    assert "DQ-ID-08" in page
    assert "đã dùng cho một hồ sơ khác" in page


@pytest.mark.parametrize("key", [["dossier_code"], ["unit", "dossier_code"]])
@pytest.mark.parametrize("declared", [True, False])
def test_a_unit_that_ends_and_the_one_that_goes_on(tmp_path: Path, key: list[str], declared: bool) -> None:
    heir: dict[str, Any] = {"valid_from": "2017-12-21"}
    if declared:
        heir |= {"takes_over": [{"unit": "X1", "from": "2017-12-21"}]}
    settings = site(
        tmp_path, [counter("X1", {"key": key}, valid_to="2017-12-20"), counter("X2", {"key": key}, **heir)]
    )
    night(settings, "2017-12-20", X1=[row("7", "XD", "01/12/2017 08:00", "22/12/2017"),
                                      row("8", "CX", "18/12/2017 08:00", "20/12/2017", "19/12/2017 09:00"),
                                      row("9", "XD", "01/12/2017 08:00", "22/12/2017")])  # fmt: skip
    night(settings, "2017-12-21", X2=[row("7", "XD", "01/12/2017 08:00", "22/12/2017", "21/12/2017 10:00")])
    found = {code.partition("~")[0]: said for code, said in facts(settings).items()}
    assert found["8"] == ("X1", "DONE", "EARLY"), "what ended before stays where it ended"
    if declared:
        assert found["7"] == ("X2", "DONE", "EARLY")
        assert found["9"] == ("X2", "OPEN", "IN_TERM"), "nobody handed it in, but somebody answers for it"
        assert len(facts(settings)) == 3
        assert [name[:1] for name in letters(settings)] == ["9"]
        assert read(settings, "apology")["unit_code"].tolist() == ["X2"]
    elif key == ["dossier_code"]:
        assert found["7"] == ("X2", "DONE", "EARLY")
        assert letters(settings) == [], "no letter from a unit that has ended"
        assert set(read(settings, "fold_finding")["unit_code"]) == {"X1", "X2"}
    if declared:
        assert_rebuilt(settings)


def test_the_last_state_of_an_extract_of_changes_counts(tmp_path: Path) -> None:
    settings = site(tmp_path, [counter("X1")])
    still, done = (row("5", "CX", "11/12/2017 08:00", "13/12/2017", end) for end in ("", "12/12/2017 09:00"))
    night(settings, "2017-12-20", X1=[still, done])
    night(settings, "2017-12-21", X1=[done, still])
    assert facts(settings) == {"5": ("X1", "DONE", "EARLY")}
    nights = read(settings, "unit_night")
    counts = ["rows_in", "rows_ok", "rows_waiting", "rows_quarantined", "rows_unchanged"]
    assert nights[counts].to_numpy().tolist() == [[2, 1, 0, 0, 1]] * 2
    assert letters(settings) == []


def test_a_number_for_two_dossiers_in_one_file(tmp_path: Path) -> None:
    settings = site(tmp_path, [counter("X1", {"extract": "full"})])
    twice = row("8", "CX", "18/12/2017 08:00", "22/12/2017")
    two = [row("7", "XD", "18/12/2017 08:00", "09/01/2018"), row("7", "CX", "15/12/2017 08:00", "22/12/2017")]
    night(settings, "2017-12-20", X1=[*two, twice, twice])
    assert read(settings, "dossier")[["dossier_id", "proc_code"]].to_numpy().tolist() == [["7", "CX"], ["8", "CX"]]
    aside = read(settings, "quarantine").sort_values("line_no")
    assert aside[["rule_id", "line_no"]].to_numpy().tolist() == [["DQ-ID-05", 2], ["DQ-ID-05", 5]]
    assert "dòng [3, tệp ho_so.csv]" in aside["message"].iloc[0]


def test_a_row_from_after_midnight_waits_and_enters(tmp_path: Path) -> None:
    settings = site(tmp_path, [counter("X1")])
    night(settings, "2017-12-20", X1=[row("1", "CX", "20/12/2017 08:00", "22/12/2017"),
                                      row("2", "XD", "21/12/2017 00:20", "12/01/2018")])  # fmt: skip
    assert sorted(facts(settings)) == ["1"]
    first = read(settings, "unit_night").iloc[0]
    assert (first["rows_in"], first["rows_ok"], first["rows_waiting"], first["rows_quarantined"]) == (2, 1, 1, 0)
    night(settings, "2017-12-21", X1=[row("3", "CX", "21/12/2017 08:00", "25/12/2017")])
    assert sorted(facts(settings)) == ["1", "2", "3"]
    assert_rebuilt(settings)


def test_ended_just_after_midnight_is_open_on_the_night(tmp_path: Path) -> None:
    settings = site(tmp_path, [counter("X1")])
    night(settings, "2017-12-20", X1=[row("1", "CX", "18/12/2017 08:00", "20/12/2017", "21/12/2017 00:10")])
    assert facts(settings) == {"1": ("X1", "OPEN", "IN_TERM")}
    night(settings, "2017-12-21", X1=[])
    assert facts(settings) == {"1": ("X1", "DONE", "LATE")}


def test_a_dossier_gone_from_the_register_is_told_and_gets_no_letter(tmp_path: Path) -> None:
    settings = site(tmp_path, [counter("X1", {"extract": "full"})])
    late = [row(code, "CX", "11/12/2017 08:00", "20/12/2017") for code in ("1", "2")]
    night(settings, "2017-12-18", X1=late)
    night(settings, "2017-12-19", X1=late[:1])
    assert letters(settings) == ["1"], "both are due on the next working day"
    folder = settings.var / "out" / "nights" / "2017-12-19"
    page = (folder / "chat_luong.html").read_text(encoding="utf-8")
    assert "không còn hồ sơ đang giải quyết đã nộp trước đó (ví dụ 2)" in page
    cells = [
        cell
        for line in CalamineWorkbook.from_path(folder / FILE_NAME).get_sheet_by_index(0).to_python()
        for cell in line
    ]
    assert "Chưa soạn thư: hồ sơ không còn trong sổ đơn vị nộp, cần xác minh" in cells
