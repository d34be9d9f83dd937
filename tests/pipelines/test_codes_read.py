"""Codes, steps and rows without numbers through a night: handed in, collected, judged."""

import json
from datetime import date, datetime, time
from pathlib import Path

import pandas as pd
import pytest

from domain.identity import key_of
from pipelines import nightly
from pipelines.catalogue import load_dimensions
from pipelines.collect import collect_unit
from pipelines.judged import read_judged
from pipelines.reading.codes import is_spoiled
from pipelines.reading.event_log import EventLog
from pipelines.reading.parts import Part
from pipelines.reading.row_code import row_codes
from pipelines.reading.table import Incoming
from pipelines.settings import Settings
from pipelines.site import load_site
from pipelines.stage import Staged, read_staged
from pipelines.unit import Source
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
    xlsx_bytes,
)
from warehouse import Warehouse

LISTED = [{"code": "Heat  Water", "name": "Heating and water"}, {"code": "1.000001", "name": "Thủ tục thử"}]
CATALOGUE = {"format": "none", "procedures": LISTED}


def night(tmp_path, files: dict[str, bytes | str], *, sources=None, site=None, **unit_keys) -> Settings:
    """A night of one unit, collected, judged and merged."""
    settings = make_site(
        tmp_path, [unit(sources=sources or [source()], **unit_keys)], catalogue=CATALOGUE, **site or {}
    )
    for name, data in files.items():
        hand_in(settings, name, data)
    nightly.collect(NIGHT, ["X1"], settings=settings)
    nightly.judge(NIGHT, settings=settings)
    nightly.merge(NIGHT, settings=settings)
    return settings


def kept(settings: Settings, table: str, *columns: str) -> list[list[object]]:
    """What the warehouse holds after the night, in order."""
    with Warehouse.open(settings.warehouse_url) as warehouse:
        return sorted(warehouse.read_table(table)[list(columns)].values.tolist())


def accepted(settings: Settings, table: str = "dossier") -> pd.DataFrame:
    return read_judged(settings, NIGHT, "X1").frames[table]


def set_aside(settings: Settings) -> list[tuple[str, int]]:
    frame = read_judged(settings, NIGHT, "X1").frames["quarantine"]
    return sorted(zip(frame["rule_id"], frame["line_no"].astype(int), strict=True))


def read(settings: Settings) -> Staged:
    return read_staged(settings, NIGHT, ["X1"])


def row(code: str, proc: str = "1.000001") -> list[str]:
    return [code, proc, *ROW[2:]]


def test_codes_that_read_the_same_are_one_code(tmp_path):
    written = ["IV-1", "IV-1\u200b", "\ufeffIV-1", "IV\u20111", "IV-2"]
    settings = night(
        tmp_path, {"ho_so.csv": csv_text([row(code) for code in written])}, sources=[source(extract="full")]
    )
    assert read(settings).frames["dossier"]["dossier_code"].tolist() == ["IV-1"] * 4 + ["IV-2"]
    assert accepted(settings)["dossier_code"].tolist() == ["IV-1", "IV-2"]
    assert kept(settings, "dossier_version", "dossier_code") == [["IV-1"], ["IV-2"]]
    assert set_aside(settings) == [("DQ-ID-05", line) for line in (3, 4, 5)]
    message = read(settings).outcomes[0].message
    assert message.count("ký tự ẩn") == 1
    assert "2 ô (dòng 3, 4)" in message, "a dash is no character nobody sees"


def test_a_procedure_of_site_yml_is_found_however_its_spaces_are(tmp_path):
    procs = ["Heat  Water", "Heat Water", "Heat\u00a0Water", "Heat \u200bWater"]
    settings = night(tmp_path, {"ho_so.csv": csv_text([row(f"A-{n}", proc) for n, proc in enumerate(procs)])})
    assert accepted(settings)["proc_code"].tolist() == ["Heat Water"] * 4
    assert set_aside(settings) == []
    assert "Heat Water" in set(load_dimensions(settings.site, settings)["procedure"]["proc_core"])


def test_constants_lists_and_corrections_speak_of_the_same_codes(tmp_path):
    one = source(codes={"proc_code": {"nước\u00a0 nóng": "Heat  Water", "khác": "1.000001"}})
    mend = {"where": {"dossier_code": "A\u20131"}, "set": {"proc_code": "Heat\u00a0\u00a0Water"}, "reason": "nhầm"}
    text = csv_text([row("A-1", "khác"), row("A-2", "Nước \u200bnóng")])
    settings = night(tmp_path, {"ho_so.csv": text}, sources=[one], corrections=[mend])
    assert accepted(settings)["proc_code"].tolist() == ["Heat Water", "Heat Water"]
    fixed = source(constants={"proc_code": "Heat  Water"})
    del fixed["columns"]["proc_code"]
    again = night(tmp_path / "b", {"ho_so.csv": text}, sources=[fixed])
    assert accepted(again)["proc_code"].tolist() == ["Heat Water", "Heat Water"]


def test_national_codes_are_in_capitals_on_both_sides(tmp_path):
    codes = ["h36.15-20171218-0001", "H36.15-20171218-0001"]
    site, one = {"dossier_code": "national"}, source(extract="full")
    settings = night(
        tmp_path,
        {"ho_so.csv": csv_text([row(code, "heat water") for code in codes])},
        site=site,
        sources=[one],
        identifier="h36.15",
    )
    assert accepted(settings)[["dossier_code", "proc_code"]].values.tolist() == [[codes[1], "HEAT WATER"]]
    assert set_aside(settings) == [("DQ-ID-05", 3)]
    free = night(tmp_path / "b", {"ho_so.csv": csv_text([row(code) for code in codes])})
    assert accepted(free)["dossier_code"].tolist() == codes


def test_a_folder_catalogue_with_two_codes_but_for_capitals_is_refused(tmp_path):
    settings = make_site(tmp_path, dossier_code="national", catalogue={"format": "folder", "place": "dm"})
    folder = settings.site_folder / "dm"
    folder.mkdir()
    head = "proc_core,valid_from,proc_code,name\n"
    (folder / "procedures.csv").write_text(f"{head}heat\u00a0 b,2017-01-01,heat b,A\n", encoding="utf-8")
    assert load_dimensions(settings.site, settings)["procedure"]["proc_core"].tolist() == ["HEAT B"]
    (folder / "procedures.csv").write_text(f"{head}heat,2017-01-01,h,A\nHEAT,2017-01-01,h,B\n", encoding="utf-8")
    with pytest.raises(Exception, match=r"E-CATALOGUE.*\[HEAT\] is there twice, once in other letter case"):
        load_dimensions(settings.site, settings)


def test_offices_and_what_is_taken_over_are_written_as_the_data_are(tmp_path):
    settings = make_site(
        tmp_path,
        [
            unit("X1", offices={"Phòng\u00a0 1": "Phòng Một"}),
            unit("X2", takes_over=[{"unit": "X1", "from": "2018-01-01", "procedures": ["Heat  Water"]}]),
        ],
    )
    site = load_site(settings.site_folder)
    assert site.unit("X1").offices == {"Phòng 1": "Phòng Một"}
    assert site.unit("X2").takes_over[0].procedures == ["Heat Water"]


def test_a_heading_with_what_nobody_sees_is_the_column(tmp_path):
    heads = ["Mã\u00a0hồ sơ", "Mã thủ\u200b tục", "\ufeffNgày tiếp nhận", *HEADINGS[3:]]
    settings = night(tmp_path, {"ho_so.csv": csv_text([ROW], headings=heads)})
    assert accepted(settings)["proc_code"].tolist() == ["1.000001"]
    kept = json.loads(read(settings).raw["raw_json"].iloc[0])
    assert list(kept) == HEADINGS, "shown without it, so that what may be seen of the row is found"


SPOILED = ["2.01712E+16", "2.01712E+16 ", "2,01712E+16", "2.01712e16", "2E+16"]
CODES = ["4E12", "20171200000001234", "1.000123E", "E+16", "2017-12-18"]


def test_texts_of_rounded_numbers_are_no_codes(tmp_path):
    text = csv_text([row(code) for code in SPOILED + CODES], delimiter=";")
    settings = night(tmp_path, {"ho_so.csv": text}, sources=[source(delimiter=";")])
    frame = read(settings).frames["dossier"]
    assert frame["dossier_code"].dropna().tolist() == CODES
    assert [json.loads(text)["dossier_code"] for text in frame["unparsed"][:5]] == [text.strip() for text in SPOILED]
    assert frame["dossier_key"].isna().sum() == 5
    assert set_aside(settings) == [("DQ-ID-01", line) for line in (2, 3, 4, 5, 6)]


def test_numbers_a_workbook_rounded_are_no_codes(tmp_path):
    cells = [
        123,
        2**53 - 1,
        2**53,
        20171200000001234,
        12.5,
        2017121800000010,
        datetime(2017, 1, 2),
        "2.01712E+16",
        20170001.0,
    ]
    book = xlsx_bytes([HEADINGS, *([cell, "1.000001", datetime(2017, 12, 18, 8)] for cell in cells)])
    one = source(format="xlsx", place="{night}/{unit}/ho_so.xlsx")
    settings = night(tmp_path, {"ho_so.xlsx": book}, sources=[one])
    frame = read(settings).frames["dossier"]
    # The writer of this workbook keeps sixteen digits, as the number a file holds does: 2**53 - 1 ends in 1.
    assert frame["dossier_code"].dropna().tolist() == ["123", "9007199254740991", "20170001"]
    assert set_aside(settings) == [("DQ-ID-01", line) for line in (4, 5, 6, 7, 8, 9)]
    assert accepted(settings)["dossier_code"].tolist() == ["123", "9007199254740991", "20170001"]


def test_whole_numbers_of_json_have_all_their_digits(tmp_path):
    one = source(format="json", place="{night}/{unit}/a.json")
    records = [dict(zip(HEADINGS, ["", *ROW[1:]], strict=True)) | {"Mã hồ sơ": code}
               for code in (20171200000001234, 20171200000001235, 2.01712e16, 123.0)]  # fmt: skip
    settings = night(tmp_path, {"a.json": json_text(records)}, sources=[one])
    assert accepted(settings)["dossier_code"].tolist() == ["20171200000001234", "20171200000001235", "123"]
    assert set_aside(settings) == [("DQ-ID-01", 3)]


def test_the_last_second_of_a_day_stays_in_it(tmp_path):
    times = [
        datetime(2017, 12, 18, 23, 59, 59, 700_000),
        datetime(2017, 12, 18, 8),
        datetime(2017, 12, 18, 16, 59, 59),
    ]
    book = xlsx_bytes([HEADINGS, *([f"A-{n}", "1.000001", at] for n, at in enumerate(times))])
    one = source(format="xlsx", place="{night}/{unit}/ho_so.xlsx")
    settings = night(tmp_path, {"ho_so.xlsx": book}, sources=[one])
    seen = read(settings).frames["dossier"]["received_at"].tolist()
    assert seen == [pd.Timestamp(2017, 12, 18, 23, 59, 59), pd.Timestamp(times[1]), pd.Timestamp(times[2])]


def test_what_a_spreadsheet_spoils_and_what_it_does_not():
    fine = [123, 123.0, True, "4E12", "1.5", 2**53 - 1, -7]
    assert [cell for cell in fine if is_spoiled(cell, "xlsx")] == []
    spoiled = [1.5, 2.0**53, 2**53, 10**15, float("inf"), date(2017, 1, 2), time(8), "1.0E10"]
    assert [cell for cell in spoiled if not is_spoiled(cell, "xlsx")] == []
    assert not is_spoiled(10**17, "json")


def test_a_log_tells_a_dossier_again_only_when_it_says_otherwise():
    said = EventLog()
    lines = pd.DataFrame(
        {"dossier_key": ["A", "A", "B", "A", None, None], "unparsed": ["", "", "", "", "{1}", "{2}"]}
    )
    assert said.news(lines, [1, 1, 1, 2, 1, 1]) == [0, 2, 3, 4, 5]
    assert said.news(lines[:3], [2, 1, 1]) == [1], "the batch before counts"
    assert said.again == 2


def test_the_code_of_a_row_parts_columns_and_hides_names():
    own = Source.model_validate(source(key="row", row_columns=["proc_code", "office_code", "owner_name"], columns={
        "proc_code": "a", "office_code": "b", "received_at": "c", "owner_name": "d"}))  # fmt: skip

    def codes(key: bytes, *rows: tuple[str, str, str]) -> list[str | None]:
        values = dict(
            zip(["proc_code", "office_code", "owner_name"], map(list, zip(*rows, strict=True)), strict=True)
        )
        part = Part(table="dossier", values=values, lines=list(range(len(rows))), raw=[""] * len(rows))
        return list(row_codes(part, Incoming(path=Path("a"), name="a", source=own, hash_key=key)))

    one, two, none = codes(b"k" * 16, ("ab", "c", "Made Up"), ("a", "bc", "Made Up"), ("", " ", "NULL"))
    assert (one == two, none) == (False, None)
    assert codes(b"m" * 16, ("ab", "c", "Made Up")) != [one], "without the key no name can be tried"


LOG = source(
    id="log", table="event", place="{night}/{unit}/log_*.csv",
    columns={"dossier_code": "case", "received_at": "start", "due_at": "due", "step.task": "act",
             "step.finished_at": "time"},
    constants={"proc_code": "1.000001"}, time_formats=["iso"],
)  # fmt: skip
LOG_HEADS = ["case", "start", "due", "act", "time"]


def log(*lines: str) -> str:
    return csv_text([line.split() for line in lines], headings=LOG_HEADS)


def test_steps_are_numbered_over_all_files_of_a_night(tmp_path):
    files = {
        "log_1.csv": log("A 2017-12-01 2017-12-09 second 2017-12-03", "A 2017-12-01 2017-12-09 fourth 2017-12-05"),
        "log_2.csv": log("A 2017-12-01 2017-12-09 third 2017-12-04", "A 2017-12-01 2017-12-09 first 2017-12-02",
                         "B 2017-12-01 2017-12-09 only 2017-12-04"),
    }  # fmt: skip
    settings = night(tmp_path, files, sources=[LOG])
    steps = accepted(settings, "step").sort_values(["dossier_code", "step_no"])
    assert steps[["dossier_code", "step_no", "task"]].values.tolist() == [
        ["A", 1, "first"], ["A", 2, "second"], ["A", 3, "third"], ["A", 4, "fourth"], ["B", 1, "only"],
    ]  # fmt: skip
    assert kept(settings, "step_version", "dossier_code", "step_no") == [
        ["A", 1], ["A", 2], ["A", 3], ["A", 4], ["B", 1],
    ]  # fmt: skip
    unit_file = settings.site.unit("X1")
    assert [each.numbered_by_us for each in unit_file.sources] == [{"step"}]


def test_numbers_the_unit_gives_are_left_alone_and_a_blank_one_is_not_ours_to_fill(tmp_path):
    given = LOG | {"columns": LOG["columns"] | {"step.step_no": "no"}}
    heads = [*LOG_HEADS, "no"]
    lines = [["A", "2017-12-01", "2017-12-09", "x", "2017-12-03", "7"],
             ["A", "2017-12-01", "2017-12-09", "y", "2017-12-02", ""]]  # fmt: skip
    settings = night(tmp_path, {"log_1.csv": csv_text(lines, headings=heads)}, sources=[given])
    assert accepted(settings, "step")["step_no"].tolist() == [7]
    assert ("DQ-CS-05", 3) in set_aside(settings)
    assert settings.site.unit("X1").sources[0].numbered_by_us == frozenset()


def test_dossiers_numbered_alike_in_two_years_are_two_in_a_log(tmp_path):
    keyed = LOG | {"key": ["dossier_code", "year"]}
    lines = log("12 2016-12-01 2016-12-09 a 2016-12-03", "12 2017-12-01 2017-12-09 a 2017-12-03",
                "12 2016-12-01 2016-12-09 b 2016-12-04", "12 2017-12-01 2017-12-11 b 2017-12-04")  # fmt: skip
    settings = make_site(tmp_path, [unit(sources=[keyed])])
    hand_in(settings, "log_1.csv", lines)
    outcome = collect_unit(settings, NIGHT, "X1")
    staged = read(settings)
    assert staged.frames["dossier"][["dossier_key", "line_no"]].values.tolist() == [
        [key_of("12", year="2016"), 2], ["12~year=2017", 3], ["12~year=2017", 5],
    ]  # fmt: skip
    assert staged.frames["step"][["dossier_key", "step_no"]].values.tolist() == [
        ["12~year=2016", 1], ["12~year=2017", 1], ["12~year=2016", 2], ["12~year=2017", 2],
    ]  # fmt: skip
    assert outcome.rows_in == 7
    assert len(staged.raw) == 7


def test_a_log_counts_each_dossier_once_against_the_units_own_count(tmp_path):
    counted = LOG | {"control": {"place": "{night}/{unit}/count.json"}}
    lines = log("A 2017-12-01 2017-12-09 a 2017-12-03", "A 2017-12-01 2017-12-11 b 2017-12-04")
    settings = night(tmp_path, {"log_1.csv": lines, "count.json": '{"dossier_count": 1}'}, sources=[counted])
    assert "Số đối chiếu" not in read(settings).outcomes[0].message


PERMITS = {
    "id": "permits", "table": "dossier", "format": "csv", "place": "{night}/{unit}/permits*.csv", "delimiter": ";",
    "key": "row", "row_columns": ["received_at", "proc_code", "owner_name", "channel"],
    "time_formats": ["%d/%m/%Y %H:%M", "%d/%m/%Y"], "codes": {"channel": {"counter": 1}},
    "columns": {"proc_code": "Kind", "received_at": "Received", "finished_at": "Closed", "owner_name": "Applicant",
                "channel": "How"},
}  # fmt: skip
PERMIT_HEADS = ["Kind", "Received", "Closed", "Applicant", "How"]


def permits(*lines: str) -> str:
    return csv_text([line.split(";") for line in lines], headings=PERMIT_HEADS, delimiter=";")


def test_rows_without_numbers_have_a_code_that_stays(tmp_path):
    first = permits(
        "1.000001;18/12/2017;;Made Up;counter", "1.000001;18/12/2017;;Also Made Up;counter",
        "Heat Water;18/12/2017 09:00;19/12/2017;Made Up;counter", "1.000001;18/12/2017;;Made\u00a0 Up;counter",
    )  # fmt: skip
    settings = night(tmp_path, {"permits.csv": first}, sources=[PERMITS | {"extract": "full"}])
    codes = read(settings).frames["dossier"]["dossier_code"]
    assert codes.str.fullmatch("R-[0-9A-F]{16}").all()
    assert (codes.nunique(), codes[0] == codes[3]) == (3, True)
    assert read(settings).frames["dossier"]["dossier_key"].tolist() == codes.tolist()
    assert accepted(settings)["dossier_code"].tolist() == codes[:3].tolist()
    assert set_aside(settings) == [("DQ-ID-05", 5)], "the same row twice"
    assert kept(settings, "dossier_version", "dossier_key") == [[code] for code in sorted(codes[:3])]
    # Another night, another file, other order and notation, the first permit closed, a word more in the code list.
    later, own = "2017-12-21", PERMITS | {"codes": {"channel": {"counter": 3}}}
    other = make_site(tmp_path / "b", [unit(sources=[own])], catalogue=CATALOGUE)
    text = permits("Heat  Water;2017-12-18 09:00;19/12/2017;Made Up;counter",
                   "1.000001;2017-12-18 00:00;20/12/2017;Made Up;counter")  # fmt: skip
    hand_in(other, "permits_2.csv", text, night=later)
    collect_unit(other, later, "X1")
    assert read_staged(other, later, ["X1"]).frames["dossier"]["dossier_code"].tolist() == [codes[2], codes[0]]


def test_a_row_whose_telling_columns_are_blank_is_unread_and_a_column_gone_is_no_file(tmp_path):
    settings = night(tmp_path, {"permits.csv": permits(";;19/12/2017;;")}, sources=[PERMITS])
    assert read(settings).frames["dossier"]["dossier_code"].isna().tolist() == [True]
    assert ("DQ-ID-01", 2) in set_aside(settings)
    less = csv_text([["1.000001", "18/12/2017"]], headings=["Kind", "Received"], delimiter=";")
    gone = night(tmp_path / "b", {"permits.csv": less}, sources=[PERMITS])
    assert read(gone).outcomes[0].status == "FAILED"
    assert "E-THIEU-COT" in read(gone).outcomes[0].message


def test_a_correction_may_name_a_row_by_the_code_we_gave_it(tmp_path):
    text = permits("1.000001;18/12/2017;;Made Up;counter")
    code = read(night(tmp_path, {"permits.csv": text}, sources=[PERMITS])).frames["dossier"]["dossier_code"][0]
    mend = {"where": {"dossier_code": code}, "set": {"received_at": "19/12/2017"}, "reason": "nhầm ngày"}
    mended = read(night(tmp_path / "b", {"permits.csv": text}, sources=[PERMITS], corrections=[mend]))
    row = mended.frames["dossier"].iloc[0]
    assert (row["dossier_code"], row["received_at"]) == (code, pd.Timestamp(2017, 12, 19))
