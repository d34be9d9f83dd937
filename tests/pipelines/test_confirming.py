"""Rows set aside by the fold that a person confirms, by the command line and back from landing alone."""

import json
from pathlib import Path

import pytest

from domain.errors import KnownError
from pipelines import confirming
from pipelines.acts import Saying
from pipelines.nightly import open_warehouse
from pipelines.replay import rebuild
from pipelines.settings import Settings
from tests.factories.command_line import Call, command_line
from tests.factories.sites import ROW, csv_text, hand_in, make_site, source, unit

PROCEDURES = {
    "format": "none",
    "procedures": [{"code": "1.000001", "name": "Một"}, {"code": "1.000002", "name": "Hai"}],
}
WHO = ("--by", "Nguyễn Văn Thử", "--reason", "có quyết định hủy kết quả")
FIRST, SECOND = "2017-12-20", "2017-12-21"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_site(tmp_path, [unit(sources=[source()])], catalogue=PROCEDURES, letters=False)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Call:
    return command_line(settings, monkeypatch)


def two_nights(settings: Settings, run: Call, row: list[str]) -> str:
    """ROW is done on the first night; the second hands in `row`; gives the id of what is set aside."""
    for night, rows in ((FIRST, [ROW]), (SECOND, [row])):
        hand_in(settings, "ho_so.csv", csv_text(rows), night=night)
        run("night", night)
    [aside] = json.loads(run("quarantine", "list", "--json"))["rows"]
    return str(aside["id"])


def state(settings: Settings) -> tuple[str, str, int]:
    """Of the one dossier: procedure and outcome; and how many rows are set aside."""
    with open_warehouse(settings) as warehouse:
        [fact] = warehouse.read_table("dossier_fact").itertuples()
        return str(fact.proc_core), str(fact.outcome), len(warehouse.read_table("quarantine"))


def test_a_result_that_was_cancelled(settings: Settings, run: Call) -> None:
    aside = two_nights(settings, run, [*ROW[:4], "", "4"])
    assert state(settings) == ("1.000001", "DONE", 1)
    assert "confirmed: X1/DQ-HX-03/HS-1" in run("quarantine", "confirm", aside, *WHO)
    assert state(settings) == ("1.000001", "OPEN", 0)
    Path(settings.warehouse_url.removeprefix("duckdb:///")).unlink()
    list(rebuild(settings=settings))
    assert state(settings) == ("1.000001", "OPEN", 0)
    run("quarantine", "confirm", aside, *WHO, "--undo")
    assert state(settings) == ("1.000001", "DONE", 1)


def test_a_procedure_that_was_put_right(settings: Settings, run: Call) -> None:
    aside = two_nights(settings, run, [ROW[0], "1.000002", *ROW[2:]])
    assert state(settings) == ("1.000001", "DONE", 1)
    run("quarantine", "confirm", aside, *WHO)
    assert state(settings) == ("1.000002", "DONE", 0)


def test_what_nobody_can_confirm(settings: Settings, run: Call) -> None:
    aside = two_nights(settings, run, ["HS-2", "9.999999", *ROW[2:]])
    who = Saying(name="Nguyễn Văn Thử", reason="thử")
    with pytest.raises(KnownError, match=r"E-CONFIRM-RULE .*\[DQ-PR-01\]"):
        confirming.confirm([aside], who, settings=settings)
    with pytest.raises(KnownError, match="E-CONFIRM-NOT"):
        confirming.confirm([aside], Saying(name="A", reason="nhầm", undo=True), settings=settings)
    with pytest.raises(KnownError, match="E-CONFIRM-WORD"):
        confirming.confirm([aside], Saying(name="A", reason=" "), settings=settings)
