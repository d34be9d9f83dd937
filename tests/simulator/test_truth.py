"""The truth file is complete, and each bad row is where it says, looking as it says (read without our readers)."""

import csv
import json
from collections import Counter
from datetime import datetime

import pytest
from python_calamine import CalamineWorkbook

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("year")]

WANTED_RULES = {
    "DQ-ID-01", "DQ-ID-02", "DQ-ID-03", "DQ-ID-04", "DQ-ID-05", "DQ-PR-01", "DQ-PR-02", "DQ-DT-01", "DQ-DT-02",
    "DQ-DT-03", "DQ-DT-06", "DQ-DT-07", "DQ-DT-11", "DQ-DT-12", "DQ-DT-13", "DQ-DT-16", "DQ-DT-17", "DQ-HX-03",
    "DQ-ST-02", "DQ-ST-03", "DQ-ST-04",
}  # fmt: skip
CSV_SHAPE = {"DG-QK": ("utf-8-sig", ";"), "DG-QS": ("utf-8", ","), "DG-DP": ("utf-16", "\t"), "DG-DS": ("utf-8", ";"),
             "DG-QH": ("utf-8-sig", ",")}  # fmt: skip


@pytest.fixture(scope="module")
def row_at(inbox):
    cache = {}

    def read(name, unit):
        path = inbox / name
        if path.suffix == ".json":
            return [None, *json.loads(path.read_text(encoding="utf-8"))["DongBoHoSoMC"]]
        if path.suffix == ".xlsx":
            return [None, *CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)]
        encoding, delimiter = CSV_SHAPE[unit]
        with path.open(encoding=encoding, newline="") as file:
            return [None, *csv.reader(file, delimiter=delimiter)]

    def find(bad):
        name = bad["file"]
        if name not in cache:
            cache[name] = read(name, bad["unit_code"])
        return cache[name][bad["line"]]

    return find


def _values(row):
    return list(row.values()) if isinstance(row, dict) else list(row)


def test_every_family_of_faults_is_planted(truth):
    assert {row["rule"] for row in truth["bad_rows"]} >= WANTED_RULES
    assert {f["kind"] for f in truth["file_faults"]} == {
        "MISSING", "ZERO_BYTES", "TRUNCATED", "RENAMED_COLUMN", "WRONG_ENCODING",
    }  # fmt: skip
    assert len(truth["control_mismatches"]) == 1


def test_each_bad_row_is_in_the_file_and_line_named(truth, row_at):
    for bad in truth["bad_rows"]:
        assert bad["file"].startswith(f"{bad['night']}/{bad['unit_code']}/"), bad
        assert bad["dossier_code"] in _values(row_at(bad)), bad


def test_the_nonsense_is_really_there(truth, row_at):
    notes = Counter()
    for bad in truth["bad_rows"]:
        values = [str(v) for v in _values(row_at(bad))]
        notes[bad["note"]] += 1
        if "31/02" in bad["note"]:
            assert "31/02/2017 08:15" in values
        if "2107" in bad["note"]:
            assert any("2107" in v for v in values)
        if "1907" in bad["note"]:
            assert any(v.startswith("1907") or "/1907" in v for v in values)
        if bad["rule"] == "DQ-PR-01":
            assert "1.999999" in values or "KHAI SINH" in values
    assert min(notes.values()) >= 1


def test_duplicates_are_twice_in_the_file_or_in_two_units(truth, inbox):
    for bad in (b for b in truth["bad_rows"] if b["rule"] == "DQ-ID-05"):
        owner = "DG-MC" if bad["dossier_code"].startswith("000.00.26") else bad["unit_code"]
        texts = []
        for path in inbox.glob(f"*/{owner}/*"):
            if path.suffix in {".csv", ".json"} and path.stat().st_size:
                encoding = CSV_SHAPE.get(owner, ("utf-8",))[0]
                texts.append(path.read_bytes().decode(encoding, errors="replace"))
        assert sum(bad["dossier_code"] in text for text in texts) >= 1


def test_rejected_rows_of_the_counter_are_mended_or_one_too_many(truth):
    for bad in truth["bad_rows"]:
        if bad["unit_code"] == "DG-MC" and bad["action"] == "quarantine":
            assert bad["mended_night"] or bad["rule"] in {"DQ-ID-04", "DQ-ID-05"}, bad
    assert any(bad["mended_night"] for bad in truth["bad_rows"] if bad["unit_code"] != "DG-MC")


def test_spoilt_files_are_spoilt_and_made_good(truth, inbox):
    for fault in truth["file_faults"]:
        files = sorted(inbox.glob(f"{fault['night']}/{fault['unit_code']}/ho_so_2*"))
        if fault["kind"] == "MISSING":
            assert not files
            continue
        data = files[0].read_bytes()
        if fault["kind"] == "ZERO_BYTES":
            assert data == b""
        if fault["kind"] == "WRONG_ENCODING":
            with pytest.raises(UnicodeDecodeError):
                data.decode("utf-8")
        if fault["kind"] == "RENAMED_COLUMN":
            assert "Mã thủ tục (mới)" in data.decode("utf-8")
        if fault["kind"] == "TRUNCATED":
            assert data.startswith(b"PK")
            assert b"PK\x05\x06" not in data  # the directory at the end of a zip is gone
        again = sorted(inbox.glob(f"{fault['caught_up_night']}/{fault['unit_code']}/ho_so_2*"))
        assert again[0].stat().st_size > 0


def test_date_moves_are_seen_between_two_hand_ins(truth, inbox):
    shown = {}
    for path in sorted(inbox.glob("*/DG-MC/dong_bo_*.json")):
        night = path.parent.parent.name
        for record in json.loads(path.read_text(encoding="utf-8"))["DongBoHoSoMC"]:
            shown.setdefault(record["MaHoSo"], []).append((night, record))
    heading = {"due_at": "NgayHenTra", "finished_at": "NgayKetThucXuLy"}
    for move in (m for m in truth["date_moves"] if m["unit_code"] == "DG-MC"):
        stamp = {k: datetime.fromisoformat(move[k]).strftime("%Y%m%d%H%M%S") for k in ("old", "new")}
        before = [r for night, r in shown[move["dossier_code"]] if night < move["night"]][-1]
        after = next(r for night, r in shown[move["dossier_code"]] if night == move["night"])
        assert (before[heading[move["field"]]], after[heading[move["field"]]]) == (stamp["old"], stamp["new"])
        traced = stamp["new"] in {s["NgayHenTraMoi"] for s in after["DanhSachHoSoBoSung"]}
        assert not (traced and not move["has_legal_trace"])


def test_what_the_queues_hide_stands_out(truth):
    offices = truth["measured_offices_q4"]
    slow = offices.pop(truth["slow_step"]["office"])
    assert slow["mean_days"] > 3 * slow["mean_planned"]
    assert all(o["mean_days"] < 3 * o["mean_planned"] for o in offices.values())
    for core in truth["padded_limits"]:
        assert truth["measured"][core]["p90_of_limit"] <= 0.6
        assert truth["measured"][core]["done"] >= 20
    late = {unit: t["late"] / (t["late"] + t["early"] + t["on_time"]) for unit, t in truth["totals"].items()}
    assert max(late, key=late.get) == truth["slow_unit"]
    assert late[truth["slow_unit"]] > 0.25
    assert len(truth["unused"]) == 40
