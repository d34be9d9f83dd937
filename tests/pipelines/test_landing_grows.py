"""Landing only grows, through the real command line: what came counts until something newer or a person says no."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pipelines.cli_landing import landing_app
from pipelines.landed_files import list_landed
from pipelines.landing import MANIFESTS, read_outcome
from pipelines.settings import Settings
from tests.factories.command_line import Call, command_line
from tests.factories.sites import ROW, csv_text, hand_in, make_site, source, unit
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

pytestmark = pytest.mark.slow

NIGHTS = ["2017-12-19", "2017-12-20", "2017-12-21", "2017-12-22"]
PROCEDURES = {"format": "none", "procedures": [{"code": "1.000001", "name": "Thủ tục thử", "field_code": "X"}]}
WHO = ("--by", "Nguyễn Văn Thử", "--role", "Chánh Văn phòng", "--reason", "nộp nhầm")
HALLS = source(place="{night}/{unit}/*.csv")


def dossier(code: str, status: str = "4") -> list[str]:
    return [code, *ROW[1:4], "18/12/2017 15:00" if status == "9" else "", status]


def site(folder: Path, *, units: tuple[str, ...] = ("X1",), **changes: object) -> Settings:
    own = [unit(code, sources=[HALLS | changes]) for code in units]
    return make_site(folder, own, catalogue=PROCEDURES, letters=False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return site(tmp_path)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Call:
    return command_line(settings, monkeypatch)


def tables(settings: Settings) -> dict[str, pd.DataFrame]:
    with Warehouse.open(settings.warehouse_url) as warehouse:
        return snapshot(warehouse)


def states(settings: Settings) -> dict[str, int]:
    """By dossier code, the status on the last night that has the dossier."""
    with Warehouse.open(settings.warehouse_url) as warehouse:
        rows = warehouse.read_table("dossier_version").sort_values("night")
    return {str(row["dossier_code"]): int(row["status"]) for row in rows.to_dict("records")}


def message(settings: Settings, night: str, unit_code: str = "X1") -> str:
    """What the warehouse's outcome of a night says."""
    with Warehouse.open(settings.warehouse_url) as warehouse:
        rows = warehouse.read_table("slice_outcome")
    [text] = rows.loc[(rows["night"] == night) & (rows["unit_code"] == unit_code), "message"]
    return "" if pd.isna(text) else str(text)


def listed(run: Call, *words: str) -> list[tuple[str, str]]:
    rows = json.loads(run("landing", "list", "--json", *words))["files"]
    return [(row["file_name"], row["state"]) for row in rows]


def test_a_file_tidied_away_counts_on_a_rerun_and_after_a_rebuild(settings: Settings, run: Call) -> None:
    gone = hand_in(settings, "quay_1.csv", csv_text([dossier("HS-1")]), night=NIGHTS[0])
    hand_in(settings, "quay_2.csv", csv_text([dossier("HS-2")]), night=NIGHTS[0])
    run("night", NIGHTS[0])
    once = tables(settings)
    gone.unlink()
    run("night", NIGHTS[0])
    assert states(settings) == {"HS-1": 4, "HS-2": 4}
    assert not differences(once, tables(settings))
    shutil.rmtree(settings.inbox)
    (settings.var / "warehouse.duckdb").unlink()
    shutil.rmtree(settings.var / "landing" / "staged")
    run("rebuild")
    assert not differences(once, tables(settings))
    assert listed(run) == [("quay_1.csv", "counts"), ("quay_2.csv", "counts")]


def test_a_newer_delivery_counts_and_the_older_bytes_stay(settings: Settings, run: Call) -> None:
    hand_in(settings, "quay.csv", csv_text([dossier("HS-1"), dossier("HS-2")]), night=NIGHTS[0])
    run("night", NIGHTS[0])
    path = hand_in(settings, "quay.csv", csv_text([dossier("HS-1", "9")]), night=NIGHTS[0])
    run("night", NIGHTS[0])
    assert states(settings) == {"HS-1": 9}
    assert message(settings, NIGHTS[0]).count("[quay.csv] được nộp lại trong đêm") == 1
    assert sorted(listed(run)) == [("quay.csv", "counts"), ("quay.csv", "replaced")]
    path.unlink()
    run("night", NIGHTS[0])
    assert states(settings) == {"HS-1": 9}, "what left the inbox does not bring the older back"
    hand_in(settings, "quay.csv", csv_text([dossier("HS-1"), dossier("HS-2")]), night=NIGHTS[0])
    run("night", NIGHTS[0])
    assert states(settings) == {"HS-1": 4, "HS-2": 4}, "what lies in the inbox now is what was delivered last"
    assert len(list((settings.var / "landing" / "raw" / NIGHTS[0] / "X1").glob("*/quay.csv"))) == 2


def test_a_withdrawn_file_does_not_count_until_that_is_taken_back(settings: Settings, run: Call) -> None:
    hand_in(settings, "quay_1.csv", csv_text([dossier("HS-1")]), night=NIGHTS[0])
    hand_in(settings, "quay_2.csv", csv_text([dossier("HS-2")]), night=NIGHTS[0])
    run("night", NIGHTS[0])
    whole = tables(settings)
    told = run("landing", "withdraw", NIGHTS[0], "X1", "quay_2.csv", *WHO)
    assert "withdrawn" in told
    assert "nothing new was kept" in run("landing", "withdraw", NIGHTS[0], "X1", "quay_2.csv", *WHO)
    run("night", NIGHTS[0])
    assert states(settings) == {"HS-1": 4}, "although it still lies in the inbox"
    said = message(settings, NIGHTS[0])
    assert "Tệp [quay_2.csv] không tính: Nguyễn Văn Thử (Chánh Văn phòng), ngày " in said
    assert said.endswith("rút tệp, lý do: nộp nhầm")
    with Warehouse.open(settings.warehouse_url) as warehouse:
        assert list(warehouse.read_table("landed_file")["file_name"]) == ["quay_1.csv"]
        assert list(warehouse.read_table("act")["kind"]) == ["WITHDRAW"]
    run("rebuild")
    assert states(settings) == {"HS-1": 4}
    run("landing", "withdraw", NIGHTS[0], "X1", "quay_2.csv", *WHO, "--undo")
    run("rebuild")
    assert not [line for line in differences(whole, tables(settings)) if "[act]" not in line]


def test_what_cannot_be_said_of_a_file_is_refused(settings: Settings, run: Call) -> None:
    hand_in(settings, "quay.csv", csv_text([dossier("HS-1")]), night=NIGHTS[0])
    run("night", NIGHTS[0])
    about = (NIGHTS[0], "X1", "quay.csv")
    assert "E-LANDED-WORD" in run("landing", "withdraw", *about, "--by", "A", "--reason", " ", code=1)
    assert "E-LANDED-FILE" in run("landing", "withdraw", NIGHTS[0], "X1", "khac.csv", *WHO, code=1)
    assert "E-LANDED-FILE" in run("landing", "withdraw", NIGHTS[1], "X1", "quay.csv", *WHO, code=1)
    assert "is not withdrawn" in run("landing", "withdraw", *about, *WHO, "--undo", code=1)
    assert "E-LANDED-STATE" in run("landing", "confirm", *about, *WHO, code=1)
    [digest] = [row["sha256"] for row in json.loads(run("landing", "list", "--json"))["files"]]
    run("landing", "withdraw", NIGHTS[0], "X1", digest[:8], *WHO)
    assert listed(run, "--night", "19/12/2017", "--unit", "X1") == [("quay.csv", "withdrawn")]
    assert list(list_landed(night=NIGHTS[1], settings=settings)) == []
    assert "is withdrawn" in run("landing", "confirm", *about, *WHO, code=1)


def test_changes_handed_in_again_under_another_name_take_nothing_back(settings: Settings, run: Call) -> None:
    first = csv_text([dossier("HS-1")])
    hand_in(settings, "quay.csv", first, night=NIGHTS[0])
    hand_in(settings, "quay.csv", csv_text([dossier("HS-1", "9")]), night=NIGHTS[1])
    hand_in(settings, "quay (1).csv", first, night=NIGHTS[2])
    for night in NIGHTS[:3]:
        run("night", night)
    assert states(settings) == {"HS-1": 9}
    told = "Tệp [quay (1).csv] đã nhận ngày 19/12/2017 (tệp [quay.csv]), không tính lại."
    assert message(settings, NIGHTS[2]) == told
    outcome = read_outcome(settings, NIGHTS[2], "X1")
    assert outcome is not None
    assert (outcome.status, outcome.rows_in, outcome.files) == ("COLLECTED", 0, ("quay (1).csv",))
    assert listed(run, "--night", NIGHTS[2]) == [("quay (1).csv", "seen")]
    run("landing", "confirm", NIGHTS[2], "X1", "quay (1).csv", *WHO)
    run("night", NIGHTS[2])
    assert states(settings) == {"HS-1": 4}, "a person says that it is right"
    assert "vẫn tính: Nguyễn Văn Thử (Chánh Văn phòng)" in message(settings, NIGHTS[2])


def test_an_old_register_is_refused_until_it_is_confirmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = site(tmp_path, extract="full")
    run = command_line(settings, monkeypatch)
    first, second = csv_text([dossier("HS-1")]), csv_text([dossier("HS-1", "9")])
    for night, text in zip(NIGHTS, (first, second, first, second), strict=True):
        hand_in(settings, "so.csv", text, night=night)
        run("night", night)
    assert states(settings) == {"HS-1": 9}
    said = message(settings, NIGHTS[2])
    assert said.startswith(
        "E-BAN-CU: Bản trích đầy đủ [so.csv] trùng từng byte với bản đã nhận ngày 19/12/2017, cũ hơn "
    )
    assert "giữ nguyên số liệu theo bản ngày 20/12/2017" in said
    assert f"tinhgon landing confirm {NIGHTS[2]} X1 'so.csv'" in said
    assert [read_outcome(settings, night, "X1").status for night in NIGHTS] == [  # type: ignore[union-attr]
        "COLLECTED", "COLLECTED", "FAILED", "UNCHANGED",
    ]  # fmt: skip
    run("landing", "confirm", NIGHTS[2], "X1", "so.csv", *WHO)
    run("rebuild")
    assert [read_outcome(settings, night, "X1").status for night in NIGHTS] == [  # type: ignore[union-attr]
        "COLLECTED", "COLLECTED", "COLLECTED", "FAILED",
    ], "the first register is the right one now, so the second is the old one"  # fmt: skip
    assert states(settings) == {"HS-1": 4}


def test_nights_first_run_in_the_wrong_order_say_the_same_after_a_rebuild(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    texts = [csv_text([dossier("HS-1")]), csv_text([dossier("HS-1", "9")]), csv_text([dossier("HS-1")])]
    for order in ([0, 1, 2], [2, 1, 0]):
        settings = site(tmp_path / str(order[0]))
        run = command_line(settings, monkeypatch)
        for night, text in zip(NIGHTS, texts, strict=False):
            hand_in(settings, "quay.csv", text, night=night)
        for number in order:
            run("night", NIGHTS[number])
        if order[0]:
            assert message(settings, NIGHTS[2]) == "", "nothing earlier was there yet"
            run("rebuild")
        made.append(tables(settings))
        assert "đã nhận ngày 19/12/2017" in message(settings, NIGHTS[2])
        assert states(settings) == {"HS-1": 9}
    assert not differences(*made)


def test_the_same_bytes_of_two_units_are_told_to_both_and_counted_for_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = site(tmp_path, units=("X1", "X2", "X3"))
    run = command_line(settings, monkeypatch)
    for code in ("X1", "X2"):
        hand_in(settings, f"quay_{code}.csv", csv_text([dossier("HS-1")]), unit_code=code, night=NIGHTS[0])
        hand_in(settings, "trong.csv", csv_text([]), unit_code=code, night=NIGHTS[0])
    hand_in(settings, "quay.csv", csv_text([dossier("HS-3")]), unit_code="X3", night=NIGHTS[0])
    run("night", NIGHTS[0])
    told = "Tệp [quay_{}.csv] trùng từng byte với tệp của đơn vị [{}] nộp cùng đêm"
    for code, other in (("X1", "X2"), ("X2", "X1")):
        said = message(settings, NIGHTS[0], code)
        assert said.startswith(told.format(code, other))
        assert "trong.csv" not in said
        outcome = read_outcome(settings, NIGHTS[0], code)
        assert outcome is not None
        assert outcome.rows_in == 1
    assert message(settings, NIGHTS[0], "X3") == ""


def test_every_command_on_landed_files_takes_the_options_of_all_commands(run: Call) -> None:
    names = [command.name for command in landing_app.registered_commands]
    assert names == ["list", "withdraw", "confirm"]
    for name in names:
        told = run("landing", str(name), "--help")
        assert "--json" in told
        assert "--quiet" in told


def test_a_list_of_files_of_an_earlier_version_is_read_and_goes_on(settings: Settings, run: Call) -> None:
    hand_in(settings, "quay.csv", csv_text([dossier("HS-1")]), night=NIGHTS[0])
    run("night", NIGHTS[0])
    folder = settings.var / "landing" / "raw" / NIGHTS[0] / "X1"
    for name in MANIFESTS:  # as it was written before there were places, and before there were seals
        data = json.loads((folder / name).read_text())
        files = [{key: v for key, v in file.items() if key not in ("place", "replaced_by")} for file in data["files"]]
        (folder / name).write_text(json.dumps({"files": files, "faults": []}))
    hand_in(settings, "quay.csv", csv_text([dossier("HS-1", "9")]), night=NIGHTS[0])
    run("night", NIGHTS[0])
    assert states(settings) == {"HS-1": 9}
    assert sorted(state for _, state in listed(run)) == ["counts", "replaced"]
