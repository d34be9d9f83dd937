"""The reader's process and its limits: what a file does there is that file's outcome, and the next one is read."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from domain.clean import UNREADABLE
from pipelines.collect import collect_unit, manifest_of
from pipelines.reading.reader import the_reader
from pipelines.reading.task import JoinTask
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
    xlsx_bytes,
)

XLSX = {"format": "xlsx", "place": "{night}/{unit}/ho_so.xlsx"}
JSON = {
    "format": "json",
    "place": "{night}/{unit}/ho_so.json",
    "columns": {"dossier_code": "ma", "proc_code": "tthc", "received_at": "nhan", "status": "tt"},
}


def collected(tmp_path, data, name="ho_so.csv", *, reading=None, **changes):
    """X1 hands in the data, X2 a good file: X2 is read whatever X1 did. X1's outcome and staged rows."""
    settings = make_site(tmp_path, [unit(sources=[source(**changes)]), unit("X2")], reading=reading or {})
    hand_in(settings, name, data)
    hand_in(settings, "ho_so.csv", csv_text([ROW]), unit_code="X2")
    outcome = collect_unit(settings, NIGHT, "X1")
    assert collect_unit(settings, NIGHT, "X2").rows_in == 1
    staged = read_staged(settings, NIGHT, ["X1"])
    assert outcome.rows_in == sum(map(len, staged.frames.values())) + len(staged.rejects)
    return outcome, staged


def codes(staged):
    return staged.frames["dossier"]["dossier_code"].tolist()


def sheet_with(cells: dict[str, str], dimension: str = "A1") -> bytes:
    """A workbook whose first sheet has the usual headings and row, and these cells by reference, as written."""
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx_bytes([HEADINGS, ROW]))) as old, zipfile.ZipFile(whole, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                rows = "".join(
                    f'<row r="{"".join(filter(str.isdigit, at))}"><c r="{at}" t="inlineStr">'
                    f"<is><t>{text}</t></is></c></row>"
                    for at, text in cells.items()
                )
                data = data.replace(b"</sheetData>", f"{rows}</sheetData>".encode())
                data = data.replace(b'ref="A1:F2"', f'ref="{dimension}"'.encode())
            new.writestr(name, data)
    return whole.getvalue()


# --- the process itself ---------------------------------------------------------------------------------


def stand_in(monkeypatch, tmp_path, body: str) -> None:
    """Make the reader's process run `body` for each file whose name begins with 'xau'."""
    place = tmp_path / "stand_in"
    place.mkdir()
    (place / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'pipelines.reading.child' in ' '.join(sys.orig_argv):\n"
        "    from pipelines.reading import work\n"
        "    true = work.read_file\n"
        "    def read_file(task):\n"
        f"        if task.name.startswith('xau'):\n            {body}\n"
        "        return true(task)\n"
        "    work.read_file = read_file\n",
        encoding="utf-8",
    )
    the_reader().close()
    monkeypatch.setenv("PYTHONPATH", str(place))


@pytest.fixture
def fresh_reader():
    yield
    the_reader().close()


@pytest.mark.usefixtures("fresh_reader")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("import os; os.abort()", "E-DOC-QUA-BO-NHO"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "E-DOC-TEP"),
        ("import os; os._exit(3)", "E-DOC-TEP"),
        ("raise BaseException('Nguyễn Văn Thử')", "E-DOC-TEP"),
        ("x = [0] * (1 << 40)", "E-DOC-QUA-BO-NHO"),
        ("import time; time.sleep(3600)", "E-DOC-QUA-LAU"),
        ("print('not an answer'); raise RuntimeError('012345678901')", "E-DOC-TEP"),
    ],
)
def test_a_file_that_ends_the_process_is_an_outcome(tmp_path, monkeypatch, body, code):
    stand_in(monkeypatch, tmp_path, body)
    monkeypatch.setattr("pipelines.reading.reader._START_SECONDS", 4)
    outcome, _ = collected(
        tmp_path, csv_text([ROW]), "xau.csv", place="{night}/{unit}/xau.csv", reading={"seconds": 1}
    )
    assert (outcome.status, outcome.rows_in) == ("FAILED", 0)
    assert outcome.message.startswith(f"{code}: ")
    assert "không bị ảnh hưởng" in outcome.message
    assert "Nguyễn" not in outcome.message
    assert "012345678901" not in outcome.message


@pytest.mark.usefixtures("fresh_reader")
def test_a_full_disk_is_nobodys_fault(tmp_path, monkeypatch):
    stand_in(monkeypatch, tmp_path, "raise OSError(28, 'No space left on device')")
    settings = make_site(tmp_path, [unit(sources=[source(place="{night}/{unit}/xau.csv")])])
    hand_in(settings, "xau.csv", csv_text([ROW]))
    with pytest.raises(OSError, match="No space left"):
        collect_unit(settings, NIGHT, "X1")


def test_one_process_reads_many_files_and_a_fork_starts_its_own(tmp_path):
    reader = the_reader()
    reader.join(JoinTask(parts=(), out=tmp_path / "a"))
    first = reader._process.pid
    reader.join(JoinTask(parts=(), out=tmp_path / "b"))
    assert reader._process.pid == first
    child = os.fork()
    if child == 0:
        reader.join(JoinTask(parts=(), out=tmp_path / "c"))
        os._exit(0 if reader._process.pid != first else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / "c" / "dossier.parquet").exists()
    reader.join(JoinTask(parts=(), out=tmp_path / "d"))
    assert reader._process.pid == first, "the fork did not end its parent's process"


def test_the_process_ends_with_its_parent():
    code = (
        "from pipelines.reading.reader import the_reader\n"
        "from pipelines.reading.task import JoinTask\n"
        "from pathlib import Path\n"
        "import os, sys, tempfile\n"
        "the_reader().join(JoinTask(parts=(), out=Path(tempfile.mkdtemp())))\n"
        "print(the_reader()._process.pid, flush=True)\n"
        "if sys.argv[1] == 'killed': os.kill(os.getpid(), 9)\n"
    )
    for how in ("killed", "ended"):
        out = subprocess.run([sys.executable, "-c", code, how], capture_output=True, text=True, check=False)
        pid = int(out.stdout)
        for _ in range(100):
            if not _runs(pid):
                break
            time.sleep(0.05)
        assert not _runs(pid), how


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_a_process_killed_between_files_is_started_again(tmp_path):
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    the_reader().join(JoinTask(parts=(), out=tmp_path / "a"))
    os.kill(the_reader()._process.pid, signal.SIGKILL)
    the_reader()._process.wait()
    assert collect_unit(settings, NIGHT, "X1").rows_in == 1


# --- workbooks: far cells, bad references, bombs --------------------------------------------------------


@pytest.mark.parametrize("at", ["XFD2", "XFD1048576", "G1048576", "ZZ50"])
def test_one_cell_far_away_is_one_cell(tmp_path, at):
    outcome, staged = collected(tmp_path, sheet_with({at: "x"}), "ho_so.xlsx", **XLSX)
    assert outcome.status == "COLLECTED"
    assert codes(staged) == ["HS-1"]
    assert outcome.rows_in == 2, "the far cell's row is set aside and counted"
    assert len(staged.rejects) == 1
    assert "không tên]" in outcome.message


def test_a_far_cell_in_the_row_of_a_dossier_is_kept_with_its_record(tmp_path):
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as work:
        page = work.add_worksheet()
        for line, row in enumerate([HEADINGS, *[[f"HS-{n}", *ROW[1:]] for n in range(1000)]]):
            page.write_row(line, 0, row)
            page.write(line, 16_383, " " if line else "")
        page.write(7, 16_383, "ghi chú")
    outcome, staged = collected(tmp_path, book.getvalue(), "ho_so.xlsx", **XLSX)
    assert (outcome.status, outcome.rows_in) == ("COLLECTED", 1000)
    assert "[cột 16384 không tên]" in outcome.message
    raw = staged.raw.set_index("line_no")["raw_json"]
    assert json.loads(raw[8])["[cột 16384 không tên]"] == "ghi chú"
    assert len(json.loads(raw[9])) == len(HEADINGS)


@pytest.mark.parametrize("at", ["ZZZZZZZZ99999999999", "A4294967295", "XFE2", "A0", "7", ""])
def test_a_reference_no_sheet_has_is_read_in_order(tmp_path, at):
    outcome, staged = collected(tmp_path, sheet_with({at: "HS-2"}), "ho_so.xlsx", **XLSX)
    assert outcome.status == "COLLECTED"
    assert "HS-1" in codes(staged)
    assert outcome.rows_in == 2


def test_a_workbook_that_unfolds_beyond_the_limit_is_refused(tmp_path):
    data = sheet_with({"A3": "a" * 3_000_000})
    outcome, _ = collected(tmp_path, data, "ho_so.xlsx", reading={"unfolded_mb": 2}, **XLSX)
    assert outcome.status == "FAILED"
    assert "mở ra thành 2 MB" in outcome.message or "mở ra thành 3 MB" in outcome.message


def test_a_workbook_that_unfolds_itself_by_entities_is_refused(tmp_path):
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx_bytes([HEADINGS, ROW]))) as old, zipfile.ZipFile(whole, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/sharedStrings.xml":
                laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
                data = data.replace(b"?>", b'?><!DOCTYPE s [<!ENTITY l0 "ha">' + laughs.encode() + b"]>", 1)
                data = data.replace(b"HS-1", b"&l9;")
            new.writestr(name, data)
    outcome, _ = collected(tmp_path, whole.getvalue(), "ho_so.xlsx", **XLSX)
    assert (outcome.status, outcome.message[:10]) == ("FAILED", "E-TEP-HONG")


# --- shapes: columns, cells, sizes ----------------------------------------------------------------------


def test_a_hundred_thousand_columns_are_refused_in_one_short_sentence(tmp_path):
    text = csv_text([[*ROW, *["x"] * 100_000]], headings=[*HEADINGS, *(f"c{n}" for n in range(100_000))])
    outcome, _ = collected(tmp_path, text)
    assert outcome.status == "FAILED"
    assert "E-QUA-NHIEU-COT" in outcome.message
    assert "[100006] cột" in outcome.message
    assert len(outcome.message) < 500


def test_many_undeclared_columns_are_told_by_the_first_few(tmp_path):
    text = csv_text([[*ROW, *["x"] * 500]], headings=[*HEADINGS, *(f"c{n}" for n in range(500))])
    outcome, staged = collected(tmp_path, text)
    assert (outcome.status, codes(staged)) == ("COLLECTED", ["HS-1"])
    assert "[c11] và 488 cột khác" in outcome.message


def test_a_line_with_far_too_many_fields_is_one_line_set_aside(tmp_path):
    _, staged = collected(tmp_path, csv_text([ROW, ["x"] * 200_000, ["HS-2", *ROW[1:]]]))
    assert codes(staged) == ["HS-1", "HS-2"]
    assert staged.rejects["line_no"].tolist() == [3]
    assert len(staged.rejects["raw_record"].iloc[0]) < 11_000


def test_an_endless_line_is_one_line_set_aside(tmp_path):
    after = ",".join(["HS-2", *ROW[1:]])
    _, staged = collected(tmp_path, csv_text([ROW]) + "y" * 9_000_000 + f"\n{after}\n")
    assert codes(staged) == ["HS-1", "HS-2"]
    assert staged.rejects["line_no"].tolist() == [3]
    assert "dài bất thường" in staged.rejects["message"].iloc[0]


def test_more_cells_than_allowed_and_a_file_too_large_are_refused(tmp_path):
    book = xlsx_bytes([HEADINGS, *[[f"HS-{n}", *ROW[1:]] for n in range(400)]])
    outcome, _ = collected(tmp_path / "a", book, "ho_so.xlsx", reading={"cells": 1000}, **XLSX)
    assert (outcome.status, "E-QUA-NHIEU-O" in outcome.message) == ("FAILED", True)
    outcome, _ = collected(tmp_path / "b", csv_text([ROW]) + " " * (1 << 20), reading={"file_mb": 1})
    assert (outcome.status, "E-TEP-QUA-LON" in outcome.message) == ("FAILED", True)


def test_rows_beyond_one_batch_are_numbered_and_joined_as_if_there_were_one(tmp_path, monkeypatch):
    events = {
        "table": "event",
        "columns": {"dossier_code": "case", "received_at": "start", "step.task": "act", "step.finished_at": "time"},
        "constants": {"proc_code": "P"},
        "place": "{night}/{unit}/ho_so.csv",
    }
    # 30,000 dossiers, the second step of each written before the first, in another batch of the reader
    lines = [[f"D{n}", "2017-12-01", "second", "2017-12-03 10:00"] for n in range(30_000)]
    lines += [[f"D{n}", "2017-12-01", "first", "2017-12-02 10:00"] for n in range(30_000)]
    outcome, staged = collected(tmp_path, csv_text(lines, headings=["case", "start", "act", "time"]), **events)
    assert outcome.rows_in == 30_000 + 60_000
    assert len(set(codes(staged))) == 30_000
    steps = staged.frames["step"]
    assert set(zip(steps["task"], steps["step_no"], strict=True)) == {("first", 1), ("second", 2)}
    assert steps["line_no"].tolist() == list(range(2, 60_002))


# --- text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        r'[{"ma":"HS-1","tthc":"1.000001","nhan":"2017-12-18","tt":4,"ghi_chu":"ok \ud83d"}]',
        r'[{"ma":"HS-1","tthc":"1.000001","nhan":"2017-12-18","tt":4,"kho\ud83dá":"x"}]',
        r'[{"ma":"HS-1","tthc":"1.000001","nhan":"2017-12-18","tt":4,"ghi_chu":{"a":["\udfff"]}}]',
        r'[{"ma":"HS-1","tthc":"1.000001","nhan":"2017-12-18","tt":4,"ghi_chu":"\u0000\u0007"}]',
        r'[{"ma":"HS\u0000-1","tthc":"1.000001","nhan":"2017-12-18","tt":4}]',
        r'[{"ma":"HS\u200b-1","tthc":"1.000001","nhan":"2017-12-18","tt":4}]',
        r'[{"ma":"\u202eHS-1","tthc":"1.000001","nhan":"2017-12-18","tt":4}]',
    ],
)
def test_what_cannot_be_stored_or_seen_is_taken_out_at_the_door_and_told(tmp_path, written):
    outcome, staged = collected(tmp_path, written, "ho_so.json", **JSON)
    assert (outcome.status, codes(staged)) == ("COLLECTED", ["HS-1"])
    text = staged.raw["raw_json"].iloc[0]
    assert not any(0xD800 <= ord(char) < 0xE000 or char == "\0" for char in text)
    if r"\u200b" in written or r"\u202e" in written or r"HS\u0000" in written:
        assert "ký tự không in được" in outcome.message
        assert "dòng 1" in outcome.message


def test_half_an_emoji_that_is_no_record_is_set_aside_alone(tmp_path):
    written = r'[{"ma":"HS-1","tthc":"1","nhan":"2017-12-18","tt":4}, "\ud83d", 7]'
    outcome, staged = collected(tmp_path, written, "ho_so.json", **JSON)
    assert (codes(staged), outcome.rows_in) == (["HS-1"], 3)
    assert staged.rejects["raw_record"].tolist() == [UNREADABLE, "7"]


@pytest.mark.parametrize("bad", ["\x01", "\x00", "\x85", "\ufeff", "\u00ad"])
def test_a_control_character_in_a_workbooks_code_is_taken_out(tmp_path, bad):
    escaped = f"HS_x{ord(bad):04X}_-1"
    outcome, staged = collected(tmp_path, sheet_with({"A3": escaped}), "ho_so.xlsx", **XLSX)
    assert outcome.status == "COLLECTED"
    assert codes(staged) == (["HS-1", "HS -1"] if bad == "\x85" else ["HS-1", "HS-1"])


def test_a_code_too_long_for_a_code_sets_its_row_aside_and_is_never_cut_into_another(tmp_path):
    _, staged = collected(tmp_path, csv_text([["H" * 260, *ROW[1:]], ["H" * 261, *ROW[1:]], ROW]))
    frame = staged.frames["dossier"]
    assert frame["dossier_code"].isna().tolist() == [True, True, False]
    told = [json.loads(text).get("dossier_code", "") if text else "" for text in frame["unparsed"]]
    assert "nguyên văn 260 ký tự" in told[0]
    assert "nguyên văn 261 ký tự" in told[1]


def test_a_text_of_absurd_length_is_cut_and_told(tmp_path):
    columns = source()["columns"] | {"refusal_reason": "Lý do"}
    text = csv_text([[*ROW, "a" * 500_000]], headings=[*HEADINGS, "Lý do"])
    outcome, staged = collected(tmp_path, text, columns=columns)
    reason = staged.frames["dossier"]["refusal_reason"].iloc[0]
    assert reason.startswith("a" * 10_000 + "…")
    assert "nguyên văn 500000 ký tự" in reason
    assert "đã cắt giá trị dài quá 10000 ký tự ở 1 ô (dòng 2)" in outcome.message


def test_a_fee_of_four_hundred_digits_is_unread_and_not_infinite(tmp_path):
    columns = source()["columns"] | {"fee_vnd": "Phí"}
    text = csv_text([[*ROW, "9" * 400], [*ROW, "1.250.000"]], headings=[*HEADINGS, "Phí"])
    frame = collected(tmp_path, text, columns=columns)[1].frames["dossier"]
    assert frame["fee_vnd"].fillna(-1).tolist() == [-1, 1_250_000]
    assert json.loads(frame["unparsed"].iloc[0])["fee_vnd"] == "9" * 400


# --- names of files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"ho_so_\xff\xe9.csv", f"ho_so_{UNREADABLE}{UNREADABLE}.csv"),
        (b"a" * 251 + b".csv", "a" * 80 + "…" + "a" * 35 + ".csv"),
        ("Sổ hồ sơ tháng 12.csv".encode(), "Sổ hồ sơ tháng 12.csv"),
        (b"ho\nso\x07.csv", "ho so.csv"),
    ],
)
def test_any_name_of_a_file_is_landed_and_shown_readably(tmp_path, raw, shown):
    settings = make_site(tmp_path, [unit(sources=[source(place="{night}/{unit}/*.csv")])])
    folder = settings.inbox / NIGHT / "X1"
    folder.mkdir(parents=True)
    (folder / os.fsdecode(raw)).write_text(csv_text([ROW]), encoding="utf-8")
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.status, outcome.rows_in, outcome.files) == ("COLLECTED", 1, (shown,))
    [file] = manifest_of(settings, NIGHT, "X1")
    assert (settings.var / "landing" / "raw" / NIGHT / "X1" / file.stored).read_text() == csv_text([ROW])


def test_two_names_that_read_the_same_are_told_apart(tmp_path):
    settings = make_site(tmp_path, [unit(sources=[source(place="{night}/{unit}/*.csv")])])
    folder = settings.inbox / NIGHT / "X1"
    folder.mkdir(parents=True)
    for number, raw in enumerate((b"\xff.csv", b"\xfe.csv")):
        (folder / os.fsdecode(raw)).write_text(csv_text([[f"HS-{number}", *ROW[1:]]]), encoding="utf-8")
    outcome = collect_unit(settings, NIGHT, "X1")
    assert outcome.rows_in == 2
    assert len(set(outcome.files)) == 2


# --- nothing is dropped before it is counted ------------------------------------------------------------

A, B = ({"ma": f"HS-{n}", "tthc": "1.000001", "nhan": "2017-12-18", "tt": 4} for n in "12")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (json_text({"DanhSachHoSo": [A], "data": [B]}), "[DanhSachHoSo], [data]"),
        (json_text({"data": [A], "khac": [B]}), "[data], [khac]"),
        (json_text({"mot": [A], "hai": [B]}), "[mot], [hai]"),
        (f'{{"data": {json_text([A])}, "data": {json_text([B])}}}', "[data] được ghi nhiều lần"),
        (f"{json_text([A])} {json_text([B])}", "không phải JSON trọn vẹn"),
        (f"{json_text([A])}\n{json_text([B])}", "không phải JSON trọn vẹn"),
    ],
)
def test_a_second_list_or_document_is_refused_by_name(tmp_path, written, told):
    outcome, _ = collected(tmp_path, written, "ho_so.json", **JSON)
    assert (outcome.status, outcome.rows_in) == ("FAILED", 0)
    assert told in outcome.message


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"data": [A], "loi": [], "cot": ["ma", "tthc"]}, ["HS-1"]),
        ({"data": [], "ban_ghi": [B]}, ["HS-2"]),
        ({"data": [A], "bo": [B]}, ["HS-1"]),
    ],
)
def test_a_list_that_holds_no_record_or_is_ignored_by_name_is_no_second_list(tmp_path, written, read):
    outcome, staged = collected(tmp_path, json_text(written), "ho_so.json", ignore=["bo"], **JSON)
    assert (outcome.status, codes(staged)) == ("COLLECTED", read)


def test_a_key_twice_in_a_record_sets_it_aside_with_both_values(tmp_path):
    written = '[{"ma": "HS-1", "ma": "HS-9", "tthc": "1", "nhan": "2017-12-18", "tt": 4}, ' + json_text(B) + "]"
    outcome, staged = collected(tmp_path, written, "ho_so.json", **JSON)
    assert (codes(staged), outcome.rows_in) == (["HS-2"], 2)
    [reject] = staged.rejects.to_dict("records")
    assert "[ma] nhiều lần" in reject["message"]
    assert "HS-1" in reject["raw_record"]
    assert "HS-9" in reject["raw_record"]


def test_a_key_twice_deep_inside_a_value_keeps_both(tmp_path):
    written = '[{"ma": "HS-1", "tthc": "1", "nhan": "2017-12-18", "tt": 4, "khac": [{"a": 1, "a": 2}]}]'
    outcome, staged = collected(tmp_path, written, "ho_so.json", **JSON)
    assert (outcome.status, codes(staged)) == ("COLLECTED", ["HS-1"])
    assert json.loads(json.loads(staged.raw["raw_json"].iloc[0])["khac"]) == [[["a", 1], ["a", 2]]]
