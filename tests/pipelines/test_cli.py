"""The command line as a person uses it: a new site, a night, quarantine, correction and replay, status, rebuild."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pipelines.cli import app
from tests.factories.sites import KEY, NIGHT, ROW, csv_text, hand_in, make_site

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
