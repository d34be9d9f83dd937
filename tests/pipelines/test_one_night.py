"""One night of one commune, taken apart: what judging keeps, what letters, morning page and status say of it."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from domain.errors import KnownError
from pipelines import letters, morning, nightly
from pipelines.catalogue_review import reviewed
from pipelines.contain import Faults
from pipelines.judged import is_judged, judged_folder, masked, quarantine_rows, read_judged, read_outcome_row
from pipelines.judging import judge_night, site_fingerprint
from pipelines.report import status_figures, status_lines
from pipelines.sealed import read_sealed
from pipelines.settings import Settings
from pipelines.strays import strays
from tests.factories.sites import HEADINGS, NIGHT, csv_text, hand_in, make_site, source, unit
from warehouse import Warehouse

PROCEDURE = {"code": "1.000001", "name": "Thủ tục thử", "field_code": "DD", "field_name": "Đất đai"}
OWNER = "Nguyễn Văn Thử"


def row(code: str, received: str, due: str, end: str, status: str) -> list[str]:
    return [code, "1.000001", f"{received}/12/2017 08:00", f"{due}/12/2017 17:00", end, status, OWNER]


ROWS = [
    row("HS-1", "18", "25", "20/12/2017 09:30", "9"),  # early
    row("HS-2", "11", "19", "", "4"),  # a day late tonight, Wednesday the 20th
    row("HS-3", "11", "21", "", "4"),  # due on the next working day
    row("HS-4", "18", "11", "", "4"),  # appointed before it was received
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    dossiers = source()
    dossiers["columns"] |= {"owner_name": "Chủ hồ sơ"}
    made = make_site(
        tmp_path_factory.mktemp("night"),
        [unit(sources=[dossiers], contact={"email": "x1@xa.invalid"})],
        catalogue={"format": "none", "procedures": [PROCEDURE]},
        counter_unit="X1",
        mail={"district": ["vp@huyen.invalid"]},
    )
    hand_in(made, "ho_so.csv", csv_text(ROWS, headings=[*HEADINGS, "Chủ hồ sơ"]))
    nightly.collect(NIGHT, ["X1"], settings=made)
    for step in (nightly.judge, nightly.merge, nightly.models):
        step(NIGHT, settings=made)
    return made


def test_what_judging_keeps_and_what_it_sets_aside(settings: Settings) -> None:
    judged = read_judged(settings, NIGHT, "X1")
    assert [judged.outcome[name] for name in ("status", "rows_in", "rows_ok", "rows_quarantined")] == [
        "COLLECTED", 4, 3, 1,
    ]  # fmt: skip
    assert judged.frames["dossier"]["dossier_code"].tolist() == ["HS-1", "HS-2", "HS-3"]
    [aside] = judged.frames["quarantine"].to_dict("records")
    assert (aside["rule_id"], aside["line_no"], aside["stage"], aside["state"]) == ("DQ-DT-07", 5, "judge", "OPEN")
    record = json.loads(aside["raw_record"])
    assert (record["Mã hồ sơ"], record["Chủ hồ sơ"]) == ("HS-4", "[che]"), "a name goes no further than landing"
    with pytest.raises(KnownError, match=r"E-NOT-JUDGED.*\[X9\]"):
        read_outcome_row(settings, NIGHT, "X9")


def test_the_same_night_is_not_judged_twice_and_another_site_file_makes_it_anew(settings: Settings) -> None:
    assert judge_night(settings, NIGHT, ["X1"])["skipped"]
    print_of = read_sealed(judged_folder(settings, NIGHT) / "X1" / "outcome.json")["night_fingerprint"]
    assert is_judged(settings, NIGHT, ["X1"], print_of)
    assert not is_judged(settings, NIGHT, ["X1"], "another")
    assert not is_judged(settings, NIGHT, ["X1", "X2"], print_of)
    before = site_fingerprint(settings.site_folder)
    note = settings.site_folder / "note.txt"
    note.write_text("a")
    assert site_fingerprint(settings.site_folder) != before
    note.unlink()
    assert site_fingerprint(settings.site_folder) == before


@pytest.mark.parametrize("damage", ["half", "altered", "emptied", "gone"])
def test_a_judged_file_that_is_not_as_written_is_made_again(settings: Settings, damage: str) -> None:
    folder = judged_folder(settings, NIGHT) / "X1"
    once = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    assert len(once) == 7
    for name, data in once.items():
        place = len(data) // 2
        harmed = {"half": data[:place], "altered": data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]}
        (folder / name).unlink()
        if damage != "gone":
            (folder / name).write_bytes(harmed.get(damage, b""))
        assert not judge_night(settings, NIGHT, ["X1"])["skipped"], name
        assert {path.name: path.read_bytes() for path in sorted(folder.iterdir())} == once
    assert judge_night(settings, NIGHT, ["X1"])["skipped"]


def test_what_may_be_seen_of_a_record() -> None:
    assert json.loads(masked('{"a": 1, "b": "x"}', {"a"})) == {"a": 1, "b": "[che]"}
    assert "[che" in masked("HS-1;Nguyễn", {"a"})
    assert json.loads(masked("[1]", {"a"})) == {"dòng": "[che]"}
    line = {"unit_code": "X1", "night": NIGHT, "table_name": "dossier", "file_name": "a.csv", "line_no": 3}
    broken = pd.DataFrame([line | {"message": "Dòng hỏng.", "raw_record": "rác"}])
    [told] = quarantine_rows(pd.DataFrame(), broken, pd.DataFrame(), {}).to_dict("records")
    assert (told["rule_id"], told["severity"], told["stage"]) == ("DQ-RD-01", "critical", "read")
    assert "rác" not in told["raw_record"]


def test_letters_once_for_what_is_late_or_due_tomorrow(settings: Settings) -> None:
    with Warehouse.open(settings.warehouse_url) as warehouse:
        faults = Faults()
        late = letters.record_night_letters(settings, warehouse, NIGHT, faults).set_index("dossier_code")
        again = letters.record_night_letters(settings, warehouse, NIGHT, faults).set_index("dossier_code")
    assert not faults.found
    assert late["letter_no"].to_dict() == {"HS-2": "2012-001", "HS-3": "2012-002"}
    assert late["kind"].to_dict() == {"HS-2": "OVERDUE", "HS-3": "DUE_TOMORROW"}
    # No steps are known, so three working days more: from Wednesday to Monday, from Thursday to Tuesday.
    due = {code: pd.Timestamp(day).date() for code, day in late["new_due_on"].items()}
    assert due == {"HS-2": date(2017, 12, 25), "HS-3": date(2017, 12, 26)}
    assert again["letter_no"].to_dict() == late["letter_no"].to_dict()


def test_what_the_morning_shows_and_who_is_told(settings: Settings) -> None:
    with Warehouse.open(settings.warehouse_url) as warehouse:
        page = morning.night_page(settings, warehouse, NIGHT, without="")
    assert page.outcomes["status"].tolist() == ["COLLECTED"]
    assert set(page.late["dossier_code"]) == {"HS-2", "HS-3"}
    assert page.quarantine["dossier_code"].tolist() == ["HS-4"]
    [headline] = page.headline.to_dict("records")
    assert [headline[name] for name in ("received", "early", "late", "open")] == [3, 1, 0, 2]
    assert page.procedures_posted is None
    told = [(each.address, each.unit_code) for each in morning.recipients(settings)]
    assert told == [("x1@xa.invalid", "X1"), ("vp@huyen.invalid", None)]


def test_a_night_that_is_late_itself_is_told_without_the_warehouse(settings: Settings) -> None:
    morning.send_missed_night(settings, NIGHT)
    [mail] = (settings.var / "outbox" / "qua_gio").rglob("*.eml")
    assert "vp@huyen.invalid" in mail.read_text(encoding="utf-8")


def test_status_prints_the_headline_and_where_the_papers_are(settings: Settings, tmp_path: Path) -> None:
    lines = list(status_lines(status_figures(settings)))
    assert lines[0] == f"Huyện Thử, 2017, as of night {NIGHT} (1 nights)"
    counted = {
        line.split("(")[0].strip(): line.split()[-2:] for line in lines if "(" in line and "letters" not in line
    }
    assert counted["received"] == ["3", "0"], "the counter, then the other units"
    assert counted["finished early or on time"] == ["1", "0"]
    assert counted["still open"] == ["2", "0"]
    assert list(status_lines(status_figures(make_site(tmp_path)))) == ["Huyện Thử: no night in the warehouse yet"]


def test_what_is_not_ours_in_landing_is_told(settings: Settings) -> None:
    assert strays(settings, [NIGHT]) == []
    for place in ("raw/ghi_chu", f"judged/{NIGHT}/X9"):
        (settings.var / "landing" / place).mkdir(parents=True)
    assert strays(settings, [NIGHT]) == [
        "not read: [landing/raw/ghi_chu] is no night",
        f"not read: [landing/judged/{NIGHT}/X9] is no unit of the site on that night",
    ]
    for place in ("raw/ghi_chu", f"judged/{NIGHT}/X9"):
        (settings.var / "landing" / place).rmdir()


def test_a_catalogue_is_reviewed_as_in_force_on_a_day(tmp_path: Path) -> None:
    (tmp_path / "procedures.csv").write_text(
        "proc_core,valid_from,valid_to,proc_code,name\n"
        "1.000001,2016-01-01,,1.000001,Cấp giấy phép nuôi ong\n"
        "1.000002,2016-01-01,2017-06-30,1.000002,Cấp giấy phép nuôi tằm\n"
    )
    (tmp_path / "papers.csv").write_text(
        "proc_core,valid_from,paper_no,name\n1.000001,2016-01-01,1,Đơn đề nghị\n1.000002,2016-01-01,1,Đơn đề nghị\n"
    )
    now, before = (reviewed(tmp_path, on=day) for day in (date(2017, 12, 31), date(2017, 6, 30)))
    assert [len(review.procedures) for review in (now, before)] == [1, 2]
    assert [len(review.papers) for review in (now, before)] == [1, 2]
    assert now.on == date(2017, 12, 31)
