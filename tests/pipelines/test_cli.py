"""The command line as a person uses it: a new site, a night, quarantine, correction and replay, status, rebuild."""

import contextlib
import json
import os
import platform
import pty
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.coverage import Coverage
from pipelines.say import named
from pipelines.step_lines import step_line
from pipelines.versions import versions
from tests.factories.sites import KEY, NIGHT, ROW, csv_text, hand_in, make_site, write_site

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

PROCEDURES = {
    "format": "none",
    "procedures": [{"code": "1.000001", "name": "Thủ tục thử", "field_code": "X", "field_name": "Lĩnh vực thử"}],
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TINHGON_SITE", str(tmp_path / "site"))
    monkeypatch.setenv("TINHGON_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("TINHGON_HASH_KEY", KEY)
    for name in ("WAREHOUSE_URL", "TINHGON_INBOX", "TINHGON_SMTP_URL"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == code, result.output
        return result.output

    return call


def test_a_new_site_passes_its_own_check(run, tmp_path: Path) -> None:
    made = run("site", "new", str(tmp_path / "moi"), "--name", "Xã Thử Nghiệm")
    assert "site.yml" in made
    assert "Xã Thử Nghiệm: 1 units" in run("site", "check", str(tmp_path / "moi"))
    assert "E-SITE-THERE" in run("site", "new", str(tmp_path / "moi"), "--name", "Lần nữa", code=1)


def test_check_names_the_file_and_the_key(run, tmp_path: Path) -> None:
    run("site", "new", str(tmp_path / "moi"), "--name", "Xã Thử")
    path = tmp_path / "moi" / "units" / "MC.yml"
    path.write_text(path.read_text().replace("expects:", "expect:"))
    said = run("site", "check", str(tmp_path / "moi"), code=1)
    assert "MC.yml" in said
    assert "[expect]" in said
    assert "Mend:" in said


def test_quarantine_corrected_and_replayed(run, tmp_path: Path) -> None:
    settings = make_site(tmp_path, catalogue=PROCEDURES, letters=False, quarter={"minimum_coverage": 1.0})
    wrong = ["HS-2", "9.999999", *ROW[2:]]
    hand_in(settings, "ho_so.csv", csv_text([ROW, wrong]))
    run("night", NIGHT)
    listed = run("quarantine", "list")
    assert "DQ-PR-01" in listed
    assert "ho_so.csv:3" in listed
    assert "1 rows in quarantine" in listed
    assert "received (tiếp nhận)" in run("status")

    path = tmp_path / "site" / "units" / "X1.yml"
    unit = yaml.safe_load(path.read_text())
    unit["corrections"] = [
        {"where": {"dossier_code": "HS-2"}, "set": {"proc_code": "1.000001"}, "reason": "mã cũ", "told": "văn phòng"}
    ]
    path.write_text(yaml.safe_dump(unit, allow_unicode=True))
    assert "1 rows in quarantine before, 0 now" in run("quarantine", "replay")
    assert "0 rows in quarantine" in run("quarantine", "list")
    assert "nothing in quarantine" in run("quarantine", "replay")
    assert "1 nights rebuilt from landing" in run("rebuild")


def test_quarter_not_released_is_a_clear_error(run, tmp_path: Path) -> None:
    settings = make_site(tmp_path, catalogue=PROCEDURES, letters=False)
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    run("night", NIGHT)
    assert "E-QUARTER-CLOSED" in run("quarter", "2017-Q4", code=1)


@pytest.mark.parametrize(
    "url", ["postgres://u:Pl4nted@127.0.0.1/db", "postgresql+psycopg://u:Pl4nted@127.0.0.1:1/db"]
)
def test_an_address_of_the_warehouse_that_does_not_serve(run, tmp_path: Path, monkeypatch, url: str) -> None:
    make_site(tmp_path, catalogue=PROCEDURES)
    monkeypatch.setenv("WAREHOUSE_URL", url)
    said = run("status", code=1)
    assert said.startswith("E-WH-")
    assert "Mend:" in said
    assert "Pl4nted" not in said


def test_every_figure_as_json(run, tmp_path: Path) -> None:
    settings = make_site(tmp_path, catalogue=PROCEDURES, letters=False)
    assert json.loads(run("status", "--json")) == {"site": "Huyện Thử", "nights": 0}
    hand_in(settings, "ho_so.csv", csv_text([ROW, ["HS-2", "9.999999", *ROW[2:]]]))
    run("night", NIGHT)
    status = json.loads(run("status", "--json"))
    assert (status["night"], status["nights"], status["headline"]["others"]["received"]) == (NIGHT, 1, 1)
    assert [Path(path).name for path in status["papers"]] == ["chat_luong.html"]
    listed = json.loads(run("quarantine", "list", "--json"))
    assert listed["count"] == 1
    assert {key: listed["rows"][0][key] for key in ("rule_id", "line_no", "dossier_code")} == {
        "rule_id": "DQ-PR-01", "line_no": 3, "dossier_code": "HS-2",
    }  # fmt: skip
    assert json.loads(run("quarantine", "replay", "--json"))["slices"] == [
        {"night": NIGHT, "unit_code": "X1", "before": 1, "now": 1}
    ]
    rebuilt = json.loads(run("rebuild", "--json"))
    assert rebuilt == {"nights": [{"night": NIGHT, "units": 1, "written": 0, "faults": []}], "notes": []}
    site = json.loads(run("site", "check", str(tmp_path / "site"), "--json"))
    assert site["units"] == [{"code": "X1", "name": "UBND xã X1", "sources": [{"id": "ho_so", "format": "csv"}]}]


def test_an_error_as_json(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["site", "check", str(tmp_path / "nowhere"), "--json"])
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert error["mend"]
    assert result.stderr.startswith(error["code"])


def test_versions_and_exit_codes_are_told(run) -> None:
    told = dict(line.split() for line in run("--version").splitlines())
    assert told == {
        "tinhgon": tomllib.loads(PYPROJECT.read_text())["project"]["version"],
        "Python": platform.python_version(),
        "Airflow": version("apache-airflow-core"),
        "DuckDB": version("duckdb"),
    }
    assert told == versions()
    assert "Exit code: 0 all done" in " ".join(run("--help").split())
    run("no-such-command", code=2)


def test_many_units_are_cut_with_how_many_more() -> None:
    missing = [{"unit_code": f"X{n}", "status": "MISSING", "rows_in": 0, "message": ""} for n in range(1, 9)]
    failed = [{"unit_code": f"Y{n}", "status": "FAILED", "rows_in": 2, "message": "Hỏng. Sửa."} for n in range(5)]
    line = step_line("collect", [*missing, *failed])
    assert line == (
        "13 units: 8 missing (X1, X2, X3, X4, X5 and 3 more), 5 failed (Y0: Hỏng.; Y1: Hỏng.; Y2: Hỏng. and 2 more); "
        "10 rows; all of them: the night's page, or --json"
    )


def test_a_figure_that_no_sentence_knows_is_told_as_it_is() -> None:
    assert step_line("judge", {"night": NIGHT, "strange": ["A", "B"]}) == "2 (A, B) strange"
    merged = step_line("merge", {"night": NIGHT, "merged": ["A"], "failed": ["B"]})
    assert merged == "1 unit written to the warehouse, 1 (B) failed"


def test_a_bar_moves_on_a_terminal_and_the_answer_stays_whole(tmp_path: Path) -> None:
    """On a real terminal (a pty): what is under way is drawn there, and a file gets the answer alone."""
    write_site(tmp_path / "site")
    master, slave = pty.openpty()
    with (tmp_path / "said").open("wb") as said:
        done = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "site", "check", str(tmp_path / "site")],
            stdout=said, stderr=slave, env=os.environ | {"TERM": "xterm"},
        )  # fmt: skip
        os.close(slave)
        drawn = b""
        with contextlib.suppress(OSError):  # a terminal whose other end has closed
            while block := os.read(master, 4096):
                drawn += block
        os.close(master)
        assert done.wait() == 0
    assert "reading the site" in drawn.decode()
    assert (tmp_path / "said").read_text().startswith("Huyện Thử: 1 units\n")


def test_names_and_shares() -> None:
    assert named(["A", "B"], most=2) == "A, B"
    assert named(["A", "B", "C", "D"], most=2) == "A, B and 2 more"
    assert Coverage(units=4, missing=("X1",)).share == 0.75
    assert Coverage(units=0, missing=()).share == 0.0
