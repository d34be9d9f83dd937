"""What the fuzzer found once (bench/fuzz.py): each kind stays mended; and a small seeded run of it finds nothing."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.collect import collect_unit
from pipelines.stage import read_staged
from tests.factories.sites import HEADINGS, NIGHT, ROW, csv_text, hand_in, make_site, source, unit

REPO = Path(__file__).resolve().parents[2]
JSON = {
    "format": "json",
    "place": "{night}/{unit}/ho_so.json",
    "columns": {"dossier_code": "ma", "proc_code": "tthc", "received_at": "nhan"},
}
GOOD = {"ma": "HS-1", "tthc": "1.000001", "nhan": "2017-12-18"}
SYNC = {"format": "json", "table": "sync", "place": "{night}/{unit}/ho_so.json", "columns": {}}
MESSAGE = {"MaHoSo": "HS-1", "MaTTHC": "1.000001", "NgayTiepNhan": "20171218080000"}


def collected(tmp_path, data, name="ho_so.json", **changes):
    settings = make_site(tmp_path, [unit(sources=[source(**changes)])], reading={"seconds": 30})
    hand_in(settings, name, data)
    outcome = collect_unit(settings, NIGHT, "X1")
    return outcome, read_staged(settings, NIGHT, ["X1"])


def test_one_key_twice_among_very_many_costs_one_record_and_not_the_night(tmp_path):
    # counted key by key this takes 200,000 x 200,000 steps: beyond the limit of thirty seconds
    keys = ", ".join(f'"k{n}": {n}' for n in range(200_000))
    outcome, staged = collected(tmp_path, f'[{{{keys}, "k7": 0}}, {json.dumps(GOOD)}]', **JSON)
    assert (outcome.status, outcome.rows_in) == ("COLLECTED", 2)
    assert staged.frames["dossier"]["dossier_code"].tolist() == ["HS-1"]
    assert "[k7] nhiều lần" in staged.rejects["message"].iloc[0]


def test_very_many_things_that_are_no_step_are_each_set_aside(tmp_path):
    steps = {"TienDo": ["x"] * 100_000}
    outcome, staged = collected(tmp_path, json.dumps([MESSAGE | steps]), **SYNC)
    assert (outcome.status, outcome.rows_in) == ("COLLECTED", 100_001)
    assert staged.rejects["line_no"].tolist() == list(range(1, 100_001))


def test_a_message_that_is_one_dossier_has_its_steps_once(tmp_path):
    steps = {"TienDo": [{"NoiDungXuLy": "Tiếp nhận"}, "x"], "DanhSachHoSoBoSung": [{"HoSoBoSungId": "1"}]}
    outcome, staged = collected(tmp_path, json.dumps(MESSAGE | steps), **SYNC)
    assert (outcome.status, outcome.rows_in) == ("COLLECTED", 4), "a dossier, a step, one that is none, a supplement"
    assert staged.frames["step"]["dossier_code"].tolist() == ["HS-1"]
    assert staged.frames["pause"]["dossier_code"].tolist() == ["HS-1"]


def test_an_endless_heading_is_named_in_a_short_sentence(tmp_path):
    text = csv_text([[*ROW, "x"]], headings=[*HEADINGS, "c" * 500_000])
    outcome, _ = collected(tmp_path / "csv", text, "ho_so.csv")
    assert outcome.rows_in == 1
    assert f"[{'c' * 100}…" in outcome.message
    assert len(outcome.message) < 1000
    outcome, _ = collected(tmp_path / "json", json.dumps([GOOD | {"k" * 500_000: 1}]), **JSON)
    assert outcome.rows_in == 1
    assert len(outcome.message) < 1000


@pytest.mark.parametrize("depth", [400, 900, 100_000])
def test_a_value_nested_deep_is_kept_or_its_file_refused_by_name(tmp_path, depth):
    value = "[" * depth + "]" * depth
    outcome, staged = collected(tmp_path, f'[{{"ma": "HS-1", "tthc": "1.000001", "nhan": {value}}}]', **JSON)
    assert outcome.status in ("COLLECTED", "FAILED")
    if outcome.status == "FAILED":
        assert "lồng quá sâu" in outcome.message
    assert outcome.rows_in == sum(map(len, staged.frames.values())) + len(staged.rejects)
    outcome, _ = collected(tmp_path / "other", f"[{value}, {json.dumps(GOOD)}]", **JSON)
    assert outcome.status == "COLLECTED" or "lồng quá sâu" in outcome.message


def test_a_row_set_aside_for_a_nul_is_shown_without_it(tmp_path):
    outcome, staged = collected(tmp_path, csv_text([ROW, ["HS-2", "\0", *ROW[2:]]]), "ho_so.csv")
    assert (outcome.rows_in, len(staged.rejects)) == (2, 1)
    assert staged.rejects["raw_record"].iloc[0].startswith("HS-2,,")


@pytest.mark.heavy
def test_a_small_run_of_the_fuzzer_finds_nothing():
    command = [sys.executable, "bench/fuzz.py", "--mutants", "200", "--really", "10", "--seed", "20171220"]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    rows = re.findall(r"^\| (csv|json|sync|xlsx) \| (\d+) \| (\d+) \|", done.stdout, re.MULTILINE)
    assert sorted(rows) == [(kind, "210", "0") for kind in ("csv", "json", "sync", "xlsx")]


@pytest.mark.heavy
def test_a_night_of_hostile_values_ends_with_every_row_accounted_for(tmp_path):
    code = (
        "import sys; sys.path.insert(0, 'bench'); import fuzz_night; from pathlib import Path; "
        "folder = Path(sys.argv[1]); fuzz_night.hand_in_all(folder, 4, 1, 1); "
        "print(*fuzz_night.run_and_judge(fuzz_night.settings_of(folder), 1))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1].startswith("[] {'pages': 1, 'letters': "), done.stdout
    assert "'slices': 4, 'rows': 160" in done.stdout
