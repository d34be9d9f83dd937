"""Rows set aside and discarded for good: by the command line, through real nights, and back from landing alone."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
import yaml

import pipelines.acts
from domain.act import DISCARD, Act
from pipelines import morning
from pipelines.acts import acts_folder, landed_acts
from pipelines.cli_quarantine import quarantine_app
from pipelines.nightly import open_warehouse
from pipelines.quarantine import discarded, key_of
from pipelines.replay import rebuild
from pipelines.settings import Settings
from tests.factories.command_line import Call, command_line
from tests.factories.sites import ROW, csv_text, hand_in, make_site, source, unit

PROCEDURES = {
    "format": "none",
    "procedures": [{"code": "1.000001", "name": "Thủ tục thử", "field_code": "X", "field_name": "Lĩnh vực thử"}],
}
NIGHTS = ("2017-12-20", "2017-12-21", "2017-12-22", "2017-12-25")
WRONG = ["HS-2", "9.999999", *ROW[2:]]
CHANGED = ["HS-2", "8.888888", *ROW[2:]]
WHO = ("--by", "Nguyễn Văn Thử", "--role", "Chánh Văn phòng", "--reason", "hồ sơ thử nghiệm")
Clock = Callable[[str], None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_site(tmp_path, [unit(sources=[source()])], catalogue=PROCEDURES, letters=False)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Call:
    return command_line(settings, monkeypatch)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the clock by which words are said."""

    def set_clock(moment: str) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.fromisoformat(moment).replace(tzinfo=tz)

        monkeypatch.setattr(pipelines.acts, "datetime", Clock)

    return set_clock


def do_night(settings: Settings, run: Call, night: str, *rows: list[str]) -> str:
    """One night with these rows in the file, beside one of the night's own; gives its page."""
    hand_in(settings, "ho_so.csv", csv_text([[f"HS-{night}", *ROW[1:]], *rows]), night=night)
    run("night", night)
    return (morning.night_folder(settings, night) / "chat_luong.html").read_text("utf-8")


def listed(run: Call, *words: str) -> list[dict[str, str]]:
    return json.loads(run("quarantine", "list", "--json", *words))["rows"]


def waiting(page: str) -> bool:
    return "dòng chờ sửa ở 1 đơn vị" in page


TOLD = "Ngoài ra có 1 dòng cách ly đã được người có trách nhiệm quyết định bỏ, không xử lý"


def test_the_same_row_stays_discarded_and_a_changed_one_is_open_again(
    settings: Settings, run: Call, at: Clock, tmp_path: Path
) -> None:
    first = do_night(settings, run, NIGHTS[0], WRONG)
    assert waiting(first)
    assert "quyết định bỏ" not in first
    [row] = listed(run)
    at("2017-12-21T08:00:00")
    said = run("quarantine", "discard", row["id"], *WHO)
    assert f"discarded: {row['id']}  {NIGHTS[0]}  X1  DQ-PR-01  ho_so.csv:3  HS-2" in said
    assert "0 rows in quarantine, 1 discarded are not shown" in run("quarantine", "list")
    assert run("quarantine", "discard", row["id"], *WHO, "--quiet") == "", "said again by the same: nothing to add"
    [act] = landed_acts(settings)
    assert (act.subject_id, act.kind, act.role) == ("X1/dossier/DQ-PR-01/HS-2", "DISCARD", "Chánh Văn phòng")

    same = do_night(settings, run, NIGHTS[1], WRONG)
    assert not waiting(same)
    assert TOLD in same
    assert "Đã khắc phục" not in same, "it was discarded, nobody mended it"
    told = run("quarantine", "list", "--discarded")
    assert told.count("discarded by Nguyễn Văn Thử (Chánh Văn phòng) on 2017-12-21 08:00: hồ sơ thử nghiệm") == 1
    assert "  (since 2017-12-20, 2 nights)" in told
    assert "1 rows discarded" in told

    assert waiting(do_night(settings, run, NIGHTS[2], WRONG, CHANGED)), "another content is a new question"
    run("night", NIGHTS[0])
    assert (morning.night_folder(settings, NIGHTS[0]) / "chat_luong.html").read_text("utf-8") == first

    fresh = replace(settings, warehouse_url=f"duckdb:///{tmp_path}/again.duckdb", inbox=tmp_path / "nothing")
    list(rebuild(settings=fresh))
    for each in (settings, fresh):
        with open_warehouse(each) as warehouse:
            warehouse.build_models(date.fromisoformat(NIGHTS[1]), known=NIGHTS[1])
            assert len(warehouse.read_table("quarantine_discarded")) == 2
            assert warehouse.read("quarantine_open").empty


def test_what_is_taken_back_is_open_again(settings: Settings, run: Call, at: Clock) -> None:
    do_night(settings, run, NIGHTS[0], WRONG)
    [row] = listed(run)
    at("2017-12-21T08:00:00")
    run("quarantine", "discard", row["id"], *WHO)
    assert TOLD in do_night(settings, run, NIGHTS[1], WRONG)
    at("2017-12-22T08:00:00")
    other = ("--by", "Trần Thị Khác", "--reason", "nhầm", "--undo")
    done = json.loads(run("quarantine", "discard", row["id"], *other, "--json"))
    assert (done["kind"], done["kept"], done["copies"]) == ("KEEP", 1, 2)
    page = do_night(settings, run, NIGHTS[2], WRONG)
    assert waiting(page)
    assert "quyết định bỏ" not in page
    [row] = listed(run)
    assert (row["opened_night"], row["nights"], row["night"]) == (NIGHTS[0], 3, NIGHTS[2]), "one row, however often"
    assert listed(run, "--discarded") == []
    assert "E-DISCARD-NOT" in run("quarantine", "discard", row["id"], *other, code=1)


def test_what_cannot_be_said_is_refused_and_nothing_of_it_is_kept(settings: Settings, run: Call) -> None:
    do_night(settings, run, NIGHTS[0], WRONG, ["HS-3", *CHANGED[1:]])
    one, other = (row["id"] for row in listed(run))
    assert "E-DISCARD-WORD" in run("quarantine", "discard", one, "--by", " ", "--reason", "x", code=1)
    assert "E-DISCARD-WORD" in run("quarantine", "discard", one, "--by", "A", "--reason", " ", code=1)
    run("quarantine", "discard", one, "--by", "A", code=2)  # no reason at all
    for unknown in ("ffffffff", "", one[:3]):
        assert "E-DISCARD-ID" in run("quarantine", "discard", one, unknown, *WHO, code=1)
    assert landed_acts(settings) == [], "all of them or none"
    run("quarantine", "discard", one, *WHO)
    said = run("quarantine", "discard", one, other, "--by", "Trần Thị Khác", "--reason", "x", code=1)
    assert "E-DISCARD-TWICE" in said
    assert "[Nguyễn Văn Thử]" in said
    assert len(landed_acts(settings)) == 1

    hand_in(settings, "ho_so.csv", csv_text([ROW]), night=NIGHTS[1])
    path = settings.site_folder / "units" / "X1.yml"
    text = yaml.safe_load(path.read_text())
    mended = {"where": {"dossier_code": "HS-2"}, "set": {"proc_code": "1.000001"}, "reason": "mã cũ", "told": "vp"}
    path.write_text(yaml.safe_dump(text | {"corrections": [mended]}, allow_unicode=True))
    run("quarantine", "replay")
    gone = run("quarantine", "discard", one, *WHO, "--undo", code=1)
    assert "E-DISCARD-GONE" in gone
    assert "[ho_so.csv] line [3]" in gone


def test_rows_that_pass_a_replay_are_told_as_such_on_the_next_morning(
    settings: Settings, run: Call, at: Clock, tmp_path: Path
) -> None:
    do_night(settings, run, NIGHTS[0], WRONG, ["HS-3", *CHANGED[1:]])
    path = settings.site_folder / "units" / "X1.yml"
    mended = {"where": {"proc_code": "9.999999"}, "set": {"proc_code": "1.000001"}, "reason": "mã cũ", "told": "vp"}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"corrections": [mended]}, allow_unicode=True))
    at("2017-12-21T09:00:00")
    run("quarantine", "replay")
    at("2017-12-21T23:30:00")
    [act] = landed_acts(settings)
    assert (act.subject_id, act.kind, act.said) == (f"{NIGHTS[0]}/X1/DQ-PR-01", "REPLAYED", {"n": 1})
    page = do_night(settings, run, NIGHTS[1])
    assert "Còn tồn" in page, "the other row of the rule is still there"
    last = do_night(settings, run, NIGHTS[2], ["HS-3", *ROW[1:]])
    told = "Không còn dòng nào cách ly vì lý do này, 1 dòng được nộp lại đúng."
    assert told in last
    fresh = replace(settings, warehouse_url=f"duckdb:///{tmp_path}/again.duckdb")
    list(rebuild(settings=fresh))
    for each in (settings, fresh):
        with open_warehouse(each) as warehouse:
            warehouse.build_models(date.fromisoformat(NIGHTS[1]), known=NIGHTS[1])
            found = warehouse.read_table("issue_quarantine")
            assert found[["night", "state", "count"]].to_numpy().tolist() == [
                [NIGHTS[0], "NEW", 2], [NIGHTS[1], "OPEN", 1],
            ]  # fmt: skip


def rows_of(settings: Settings, *changes: dict[str, str | None]) -> None:
    """Lets the warehouse hold rows set aside with these ids, codes and contents."""
    row = {"unit_code": "X1", "night": NIGHTS[0], "table_name": "dossier", "file_name": "a.csv", "line_no": 3}
    row |= {"rule_id": "R", "severity": "critical", "message": "Sai.", "stage": "judge", "state": "OPEN"}
    rows = [row | {"dossier_code": "HS-1", "raw_record": '{"a": "1"}'} | change for change in changes]
    with open_warehouse(settings) as warehouse:
        warehouse.replace_rows("quarantine", pd.DataFrame(rows), where={"unit_code": "X1", "night": NIGHTS[0]})


def test_ids_are_as_long_as_it_takes(settings: Settings, run: Call) -> None:
    rows_of(settings, {"quarantine_id": "0123456789abcdef"}, {"quarantine_id": "0123456789fedcba"})
    assert sorted(row["id"] for row in listed(run)) == ["0123456789a", "0123456789f"]
    said = run("quarantine", "discard", "0123456789", *WHO, code=1)
    assert "E-DISCARD-MANY" in said
    assert "[0123456789abcdef, 0123456789fedcba]" in said
    run("quarantine", "discard", "0123456789A", *WHO)
    assert listed(run) == [], "one record with one content, however many lines"


def test_a_row_nothing_tells_from_others_is_not_discarded(settings: Settings, run: Call) -> None:
    covered = {"dossier_code": None, "raw_record": '{"dòng": "[che: dòng không đọc được]"}'}
    rows_of(
        settings, covered | {"quarantine_id": "a" * 16}, covered | {"quarantine_id": "b" * 16, "raw_record": None}
    )
    for name in ("aaaaaaaa", "bbbbbbbb"):
        assert "E-DISCARD-COVERED" in run("quarantine", "discard", name, *WHO, code=1)
    rows_of(settings, {"quarantine_id": "c" * 16, "dossier_code": None})
    run("quarantine", "discard", "cccccccc", *WHO)
    assert landed_acts(settings)[0].subject_id == 'X1/dossier/R/{"a": "1"}'


def test_who_speaks_here_and_what_the_model_folds_agree(settings: Settings, run: Call) -> None:
    rows_of(
        settings,
        {"quarantine_id": "1" * 16},
        {"quarantine_id": "2" * 16, "dossier_code": None, "raw_record": '{"tên": "Đỗ/Hồ", "b": "[che]"}'},
        {"quarantine_id": "3" * 16, "dossier_code": "", "table_name": None},
        {"quarantine_id": "4" * 16, "dossier_code": "HS/4", "raw_record": None},
        {"quarantine_id": "5" * 16, "dossier_code": "HS-5"},
    )
    run("quarantine", "discard", *(str(n) * 8 for n in range(1, 5)), *WHO)
    with open_warehouse(settings) as warehouse:
        warehouse.build_models(date.today(), known="9999-12-31")
        folded = set(warehouse.read_table("quarantine_discarded")["quarantine_id"])
        rows = warehouse.read_table("quarantine").to_dict("records")
    stands = discarded(landed_acts(settings))
    assert folded == {row["quarantine_id"] for row in rows if key_of(row) in stands}
    assert folded == {str(n) * 16 for n in range(1, 5)}


def test_a_word_that_cannot_be_read_stops_no_night(settings: Settings, run: Call) -> None:
    do_night(settings, run, NIGHTS[0], WRONG)
    run("quarantine", "discard", listed(run)[0]["id"], *WHO)
    [path] = acts_folder(settings).glob("*/*.json")
    whole = path.read_text()
    path.write_text("{}")
    page = do_night(settings, run, NIGHTS[1], WRONG)
    assert "E-ACT-BROKEN" in page
    path.write_text(whole)
    run("night", NIGHTS[1])
    assert "E-ACT-BROKEN" not in (morning.night_folder(settings, NIGHTS[1]) / "chat_luong.html").read_text("utf-8")


def test_every_command_on_rows_set_aside_takes_the_options_of_all_commands(run: Call) -> None:
    names = [command.name for command in quarantine_app.registered_commands]
    assert names == ["list", "discard", "confirm", "replay"]
    for name in names:
        told = run("quarantine", str(name), "--help")
        assert "--json" in told
        assert "--quiet" in told


def test_the_last_word_stands_whatever_the_order_they_are_read_in() -> None:
    def word(kind: str, minute: int) -> Act:
        moment = datetime(2017, 12, 20, 8, minute)
        return Act(subject_kind="quarantine", subject_id="s", kind=kind, said_at=moment, actor="A", fingerprint="f")

    acts = [word("KEEP", 2), word(DISCARD, 3), word(DISCARD, 1)]
    assert discarded(acts) == {("s", "f"): acts[1]}
    assert discarded([*acts, word("KEEP", 4)]) == {}
