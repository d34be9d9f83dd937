"""Every door of the command line: a day is read as people write it or refused in a sentence, and nothing is made.

Strange things in landing are told and stop nobody.
"""

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from domain.errors import KnownError
from domain.night import Night
from pipelines import night_order
from pipelines.cli import app
from pipelines.landing import landed_nights
from pipelines.settings import Settings
from tests.factories.sites import KEY, NIGHT, ROW, csv_text, hand_in, make_site, unit
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

CATALOGUE = {
    "format": "none",
    "procedures": [{"code": "1.000001", "name": "Thủ tục thử", "field_code": "X", "field_name": "Lĩnh vực thử"}],
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = make_site(tmp_path, [unit("X1"), unit("X2")], catalogue=CATALOGUE)
    for code in ("X1", "X2"):
        hand_in(settings, "ho_so.csv", csv_text([[f"{code}-1", *ROW[1:]]]), unit_code=code)
    return settings


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TINHGON_SITE", str(settings.site_folder))
    monkeypatch.setenv("TINHGON_VAR", str(settings.var))
    monkeypatch.setenv("TINHGON_HASH_KEY", KEY)
    for name in ("WAREHOUSE_URL", "TINHGON_INBOX", "TINHGON_SMTP_URL"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result.output

    return call


def tables(settings: Settings) -> dict:
    with Warehouse.open(settings.warehouse_url) as warehouse:
        return snapshot(warehouse)


DOORS = [("night",), ("quarantine", "replay", "--night")]


@pytest.mark.parametrize("door", DOORS, ids=" ".join)
@pytest.mark.parametrize("written", ["20171220", "2017-W51-3", "2017-13-01", "abc", "9999-12-31", "31/12/17", ""])
def test_what_is_no_day_is_refused_at_the_door_and_leaves_nothing(run, settings: Settings, door, written) -> None:
    said = run(*door, written, code=1)
    assert "E-NIGHT" in said
    assert "31/12/2017" in said
    assert not (settings.var / "landing").exists()
    assert not (settings.var / "warehouse.duckdb").exists()


def test_a_mistyped_year_is_refused(run, settings: Settings) -> None:
    assert "E-NIGHT-AHEAD" in run("night", "2071-12-20", code=1)
    assert not (settings.var / "landing").exists()


def test_tomorrow_is_told_by_the_clock_of_the_site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night_order, "today", lambda settings: date(2017, 12, 19))
    assert night_order.night_at_door("20/12/2017", settings) == Night("2017-12-20")
    with pytest.raises(Exception, match="E-NIGHT-AHEAD"):
        night_order.night_at_door("21/12/2017", settings)


def test_a_day_written_the_vietnamese_way_is_the_same_night(run, settings: Settings) -> None:
    run("night", NIGHT)
    before = tables(settings)
    run("night", " ngày 20/12/2017 ")
    run("night", "20-12-2017")
    assert differences(before, tables(settings)) == []
    assert landed_nights(settings) == [Night(NIGHT)]


@pytest.mark.parametrize("written", ["4/2017", "2017-Q5", "abc", "", "2017-12-31", "9999-Q4"])
@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_quarter_is_refused_at_the_door(run, written, force) -> None:
    assert "E-QUARTER" in run("quarter", written, *(["--force"] if force else []), code=1)


def test_a_quarter_written_the_vietnamese_way_is_the_same_quarter(run, settings: Settings) -> None:
    run("night", NIGHT)
    run("quarter", "quý IV/2017", "--force")
    assert list(tables(settings)["quarter_release"]["quarter"]) == ["2017-Q4"]
    run("quarter", "Q4/2017")
    assert len(list((settings.var / "out" / "quarters" / "2017-Q4").iterdir())) == 3


def test_a_quarter_the_nights_have_not_reached_is_not_forced_by_a_slip_of_the_finger(run, settings: Settings) -> None:
    run("night", NIGHT)
    assert "E-QUARTER-AHEAD" in run("quarter", "2018-Q4", "--force", code=1)
    assert tables(settings)["quarter_release"].empty


def litter(settings: Settings) -> list[str]:
    """Strange things in all three parts of landing; as the command line names them."""
    landing = settings.var / "landing"
    places = [f"{kind}/{name}" for kind in ("raw", "staged", "judged") for name in ("zzz", "20171231", "2017-02-30")]
    places += [f"{kind}/{NIGHT}/NOSUCHUNIT" for kind in ("raw", "staged", "judged")]
    for place in places:
        (landing / place).mkdir(parents=True)
        (landing / place / "x").write_text("x")
    (landing / "raw" / "2017-12-31").write_text("a file, not a folder")
    (landing / "raw" / NIGHT / "ghi chú.txt").write_text("a file, not a unit")
    return [f"[landing/{place}]" for place in [*places, "raw/2017-12-31", f"raw/{NIGHT}/ghi chú.txt"]]


def test_strange_things_in_landing_are_told_and_stop_nobody(run, settings: Settings) -> None:
    run("night", NIGHT)
    before = tables(settings)
    told = litter(settings)
    for command in (("night", NIGHT), ("rebuild",)):
        said = run(*command)
        assert [place for place in told if place not in said] == []
        assert differences(before, tables(settings)) == []
    assert "1 nights rebuilt from landing" in said
    (settings.var / "warehouse.duckdb").unlink()
    run("rebuild")
    assert differences(before, tables(settings)) == []


def test_a_night_of_the_future_in_landing_is_left_out_of_a_rebuild(run, settings: Settings) -> None:
    run("night", NIGHT)
    before = tables(settings)
    (settings.var / "landing" / "raw" / "2071-12-20" / "X1").mkdir(parents=True)
    said = run("rebuild")
    assert "[2071-12-20] in landing has not come yet" in said
    assert differences(before, tables(settings)) == []


def test_a_judged_folder_that_was_deleted_is_made_again(run, settings: Settings) -> None:
    import shutil

    run("night", NIGHT)
    before = tables(settings)
    shutil.rmtree(settings.var / "landing" / "judged" / NIGHT / "X1")
    (settings.var / "warehouse.duckdb").unlink()
    assert "2 of 2 slices written" in run("rebuild")
    assert differences(before, tables(settings)) == []


def late_units(settings: Settings, run) -> None:
    """The quarter's last night without X2, and the quarter forced out; then X2's file is there."""
    hand_in(settings, "ho_so.csv", csv_text([["X1-1", *ROW[1:]]]), unit_code="X1", night="2017-12-29")
    run("night", "2017-12-29")
    run("quarter", "2017-Q4", "--force")
    hand_in(settings, "ho_so.csv", csv_text([["X2-1", *ROW[1:]]]), unit_code="X2", night="2017-12-29")


def test_a_quarter_forced_too_early_is_a_new_edition_once_complete(run, settings: Settings) -> None:
    late_units(settings, run)
    before = tables(settings)["quarter_release"].iloc[0]
    assert (bool(before["is_complete"]), before["missing"]) == (False, '["X2"]')
    assert "quarter 2017-Q4 released" in run("night", "2017-12-29")
    after = tables(settings)["quarter_release"].iloc[0]
    assert (bool(after["is_complete"]), bool(after["forced"]), after["missing"]) == (True, False, "[]")
    assert "edition 2: " in run("quarter", "2017-Q4")
    assert "edition 1, " in run("quarter", "2017-Q4", "--edition", "1"), "the old one stays"
    assert "no quarter to release" in run("night", "2017-12-29"), "once"
    for command in (("decide", "2017-Q4", "--accept", "PA-01"), ("sign", "2017-Q4")):
        assert "E-EDITION-WHICH" in run(*command, "--by", "A", code=1), "which papers have they read?"
    assert (settings.var / "out" / "quarters" / "2017-Q4" / "ban-1" / "so_tay_quy.html").is_file()


def test_every_step_of_a_night_is_one_readable_line(run, settings: Settings) -> None:
    (settings.inbox / NIGHT / "X1" / "ho_so.csv").unlink()
    hand_in(settings, "ho_so.csv", "Một cột lạ\n1\n", unit_code="X2")
    lines = run("night", NIGHT).splitlines()
    assert [line.split()[0] for line in lines] == [step.name for step in night_order.STEPS]
    assert max(map(len, lines)) < 300
    assert not any(character in line for line in lines for character in "{}'")
    told = " ".join(lines[1].split())
    assert told.startswith("collect 2 units: 1 missing (X1), 1 failed (X2: E-")
    assert told.endswith("; 0 rows")
    assert "Cách khắc phục" not in told, "the first sentence only"
    assert lines[8].split(maxsplit=1)[1] == "no quarter to release"


def test_a_night_as_json_is_one_document_and_nothing_else(settings: Settings, run, monkeypatch) -> None:
    result = CliRunner().invoke(app, ["night", NIGHT, "--json"])
    told = json.loads(result.stdout)
    assert told["night"] == NIGHT
    assert list(told["steps"]) == [step.name for step in night_order.STEPS]
    assert [unit["rows_in"] for unit in told["steps"]["collect"]] == [1, 1]
    assert told["strays"] == []
    assert result.exit_code == 0

    def burst(settings, warehouse, night):
        raise KnownError("E-TEST", "the page [p] cannot be made.", mend="mend it")

    monkeypatch.setattr(night_order.nightly.morning, "publish_morning", burst)
    result = CliRunner().invoke(app, ["night", NIGHT, "--json"])
    told = json.loads(result.stdout)
    assert "publish" in told["failed"]
    assert result.exit_code == 1
    assert "step publish failed" in result.stderr


def test_quiet_says_errors_only(run, settings: Settings) -> None:
    assert run("night", NIGHT, "--quiet") == ""
    assert run("status", "--quiet") == ""
    assert run("rebuild", "--quiet") == ""
    assert run("quarter", "2017-Q4", "--quiet", code=1).startswith("E-QUARTER-CLOSED")


def test_a_closed_quarter_names_the_units_it_waits_for_and_the_last_night(run, settings: Settings) -> None:
    for night in ("2017-12-28", "2017-12-29"):
        hand_in(settings, "ho_so.csv", csv_text([["X1-1", *ROW[1:]]]), night=night)
        run("night", night)
    said = run("quarter", "2017-Q4", code=1)
    assert "the last night is [2017-12-29]" in said
    assert "1 of 2: [X2 (UBND xã X2)]" in said
    assert "X1 (" not in said
    forced = run("quarter", "2017-Q4", "--force").splitlines()[0]
    assert "released on the night 2017-12-29 although not complete" in forced
    assert "1 of 2 units missing: X2 (UBND xã X2)" in forced
    told = json.loads(run("quarter", "2017-Q4", "--json"))
    assert told["steps"]["release"]["missing"] == ["X2 (UBND xã X2)"]
    assert [Path(path).suffix for path in told["steps"]["propose"]["files"]] == [".html", ".docx", ".xlsx"]
