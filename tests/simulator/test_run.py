"""Runs as a whole: the same bytes twice, other scales, errors that say what to do."""

import hashlib
import json
from pathlib import Path

import pytest

from domain.errors import KnownError
from pipelines.simulator import simulate
from pipelines.simulator.__main__ import main

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("year")]

SITE = Path(__file__).resolve().parents[2] / "sites" / "dak_glong"


def _digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_runs_give_the_same_bytes_and_a_tenth_works(tmp_path):
    for name in ("one", "two"):
        result = simulate(SITE, tmp_path / name / "inbox", tmp_path / name / "truth.json", scale=0.1, seed=7)
        assert result.dossiers == 747 + 600
    assert _digest(tmp_path / "one") == _digest(tmp_path / "two")
    truth = json.loads((tmp_path / "one" / "truth.json").read_text(encoding="utf-8"))
    assert truth["totals"]["DG-MC"]["received"] == 747
    assert truth["calibrated"] == {}
    simulate(SITE, tmp_path / "other" / "inbox", tmp_path / "other" / "truth.json", scale=0.1, seed=8)
    assert _digest(tmp_path / "one") != _digest(tmp_path / "other")


def test_days_off_bring_little_or_nothing(inbox):
    for night in ("2017-12-30", "2017-12-31"):
        assert [path.name for path in (inbox / night).iterdir()] == ["DG-MC"]
        message = json.loads(next((inbox / night / "DG-MC").glob("dong_bo_*.json")).read_text(encoding="utf-8"))
        assert 1 <= len(message["DongBoHoSoMC"]) <= 10


def test_control_totals_say_how_many_rows_there_are(inbox, truth):
    for path in sorted(inbox.glob("*/DG-MC/dem_*.json")):
        data = path.with_name(path.name.removeprefix("dem_"))
        said = json.loads(path.read_text(encoding="utf-8"))["dossier_count"]
        assert said == len(json.loads(data.read_text(encoding="utf-8"))["DongBoHoSoMC"])
    wrong = truth["control_mismatches"][0]
    control = next((inbox / wrong["night"] / wrong["unit_code"]).glob("dem_*.json"))
    assert json.loads(control.read_text(encoding="utf-8"))["dossier_count"] == wrong["rows"] + 2


def test_the_command_line_runs_and_reports_known_errors(tmp_path, capsys):
    places = ["--inbox", str(tmp_path / "inbox"), "--truth", str(tmp_path / "truth.json"), "--scale", "0.05"]
    assert main([str(SITE), *places]) == 0
    assert "dossiers" in capsys.readouterr().out
    assert main([str(tmp_path), *places]) == 1
    assert "Mend:" in capsys.readouterr().err


def test_a_year_outside_the_calendar_is_a_known_error(tmp_path):
    with pytest.raises(KnownError):
        simulate(SITE, tmp_path / "inbox", tmp_path / "truth.json", scale=0.05, year=2040)
