"""One bad thing stops nobody: beside a unit that stops a step, the others' night is what it would have been.

Three communes, X1 hostile, on both databases. What X2 and X3 have is compared with a night on which X1 did nothing
wrong: tables, letters, rows of the page, mails.
"""

import logging
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import default
from functools import partial
from pathlib import Path
from random import Random
from string import ascii_letters
from typing import Any

import pandas as pd
import pytest
from docx import Document

import expectations
from domain.night import Night
from expectations.catalogue import RULES
from expectations.rule import Rule, holds
from pipelines import letters, morning, nightly
from pipelines.judged import judged_folder
from pipelines.night_order import run_night
from pipelines.settings import Settings
from tests.factories.sites import HEADINGS, csv_text, hand_in, make_site, source, unit
from tests.warehouse import conftest as databases
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

postgres_server = databases.postgres_server
pytestmark = pytest.mark.slow

FIRST, NIGHT, NEXT = Night("2017-12-19"), Night("2017-12-20"), Night("2017-12-21")
GOOD = ("X2", "X3")
OWNER = "Nguyễn Thị Thử"
DISTRICT = "vp@huyen.invalid"
HEAD = [*HEADINGS, "Chủ hồ sơ"]
PROCEDURE = {"code": "1.000001", "name": "Thủ tục thử", "field_code": "X", "field_name": "Lĩnh vực thử"}


def late(code: str) -> list[str]:
    return [code, "1.000001", "04/12/2017 08:00", "15/12/2017 17:00", "", "4", OWNER]


def done(code: str) -> list[str]:
    return [code, "1.000001", "04/12/2017 08:00", "15/12/2017 17:00", "12/12/2017 09:00", "9", OWNER]


def wrong(code: str) -> list[str]:
    return [code, "1.000001", "04/12/2017 08:00", "01/12/2017 17:00", "", "4", OWNER]


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgresql", marks=pytest.mark.heavy)])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def new_site(folder: Path) -> Settings:
    """Three communes with both nights handed in."""
    dossiers = source()
    dossiers["columns"] |= {"owner_name": "Chủ hồ sơ"}
    units = [
        unit(code, sources=[dossiers], contact={"email": f"{code.lower()}@huyen.invalid"}) for code in ("X1", *GOOD)
    ]
    catalogue = {"format": "none", "procedures": [PROCEDURE]}
    settings = make_site(folder, units, catalogue=catalogue, mail={"district": [DISTRICT]})
    for night in (FIRST, NIGHT):
        for code in ("X1", *GOOD):
            rows = [late(f"{code}-1"), done(f"{code}-2"), wrong(f"{code}-3")]
            rows += [late(f"{code}-4")] if night == NIGHT else []
            hand_in(settings, "ho_so.csv", csv_text(rows, headings=HEAD), unit_code=code, night=night)
    return settings


@dataclass(frozen=True, kw_only=True)
class World:
    """Both nights without any fault, and the way to where things stood before each step of the second."""

    settings: Settings
    before: dict[str, Settings]
    folder: Path
    new_url: Callable[[], str] | None = None

    def at(self, step: str) -> Settings:
        """A place of its own, where the second night stands before this step (on PostgreSQL: at its beginning)."""
        var = Path(tempfile.mkdtemp(dir=self.folder)) / "var"
        places = replace(self.settings, var=var, inbox=var / "inbox")
        if self.new_url is None:
            shutil.copytree(self.before[step].var, var)
            return replace(places, warehouse_url=f"duckdb:///{var / 'warehouse.duckdb'}")
        shutil.copytree(self.settings.inbox, places.inbox)
        settings = replace(places, warehouse_url=self.new_url())
        run_night(settings, FIRST)
        return settings


@pytest.fixture(scope="module")
def world(engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The good run, on the database under test."""
    folder = tmp_path_factory.mktemp("contained")
    settings, new_url = new_site(folder), None
    if engine == "postgresql":
        server = request.getfixturevalue("postgres_server")
        new_url = partial(databases.empty_schema, server)
        settings = replace(settings, warehouse_url=new_url())
    before: dict[str, Settings] = {}

    def keeping(step: str, work: Callable[[], object]) -> object:
        before[step] = replace(settings, var=Path(shutil.copytree(settings.var, folder / "before" / step)))
        return work()

    assert run_night(settings, FIRST).failed == {}
    assert run_night(settings, NIGHT, around=keeping).failed == {}
    return World(settings=settings, before=before, folder=folder, new_url=new_url)


@pytest.fixture(scope="module")
def good(world: World) -> "Seen":
    """What the good units have after nights without any fault."""
    return seen(world.settings)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What there is of the good units after a night, and the night's fault rows and X1's outcome beside it."""

    tables: dict[str, pd.DataFrame]
    letters: dict[str, bytes]
    page_rows: list[str]
    mails: dict[str, bytes]
    faults: pd.DataFrame
    outcome: dict[str, Any]
    page: str


def seen(settings: Settings) -> Seen:
    with Warehouse.open(settings.warehouse_url) as warehouse:
        tables = snapshot(warehouse)
    out = settings.var / "out" / "nights" / NIGHT
    page = (out / "chat_luong.html").read_text(encoding="utf-8")
    outcomes = tables["slice_outcome"]
    mine = outcomes[(outcomes["unit_code"] == "X1") & (outcomes["night"] == NIGHT)]
    return Seen(
        tables={
            name: frame[frame["unit_code"].isin(GOOD)].reset_index(drop=True)
            for name, frame in tables.items()
            if "unit_code" in frame.columns and name != "night_fault"
        },
        letters={
            path.name: path.read_bytes()
            for path in sorted((out / "thu_xin_loi").glob("*.docx"))
            if path.name.startswith(GOOD)
        },
        page_rows=[row for row in re.findall(r"<tr>.*?</tr>", page) if any(code in row for code in GOOD)],
        mails={f"{code}": (settings.var / "outbox" / NIGHT / f"{code}@huyen.invalid.eml").read_bytes()
               for code in ("x2", "x3")},
        faults=tables["night_fault"],
        outcome=mine.iloc[0].to_dict() if len(mine) else {},
        page=page,
    )  # fmt: skip


def assert_same(good: Seen, found: Seen) -> None:
    """The good units have exactly what they had without the fault."""
    assert differences(good.tables, found.tables) == []
    assert good.letters == found.letters
    assert good.page_rows == found.page_rows
    assert good.mails == found.mails


def mail(settings: Settings, name: str) -> str:
    """Subject and text of a mail in the outbox."""
    path = settings.var / "outbox" / NIGHT / f"{name}@huyen.invalid.eml"
    letter = message_from_bytes(path.read_bytes(), policy=default)
    body = letter.get_body(("plain",))
    assert body is not None
    return f"{letter['Subject']}\n{body.get_content()}"


def test_there_is_something_to_lose(good: Seen) -> None:
    for name in ("dossier", "quarantine", "apology", "rule_result", "slice_outcome", "late_list", "issue_night"):
        assert set(good.tables[name]["unit_code"]) == set(GOOD), name
    assert sorted(good.letters) == ["X2-4.docx", "X3-4.docx"]
    assert len(good.page_rows) > 6
    assert good.faults.empty
    assert "chua-lam-duoc" not in good.page


def exploding(kind: type[Exception] = OverflowError) -> Callable[..., Any]:
    """A rule engine that X1's rows of the second night stop."""
    real = expectations.judge

    def judge(frames: dict[str, pd.DataFrame], context: Any) -> Any:
        if context.night == NIGHT and "X1" in set(frames["dossier"]["unit_code"]):
            raise kind(f"cannot read {OWNER}")
        return real(frames, context)

    return judge


def test_a_unit_whose_rows_stop_the_rules(
    world: World, good: Seen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad = world.at("judge")
    with monkeypatch.context() as patched, caplog.at_level(logging.INFO):
        patched.setattr(expectations, "judge", exploding())
        ran = run_night(bad, NIGHT)
    assert ran.failed == {}
    assert ran.results["judge"] == {
        "night": NIGHT, "units": 3, "rows_in": 12, "rows_quarantined": 6, "skipped": False, "failed": ["X1"]
    }  # fmt: skip
    found = seen(bad)
    assert_same(good, found)
    assert {name: found.outcome[name] for name in ("status", "rows_in", "rows_ok", "rows_quarantined")} == {
        "status": "FAILED", "rows_in": 4, "rows_ok": 0, "rows_quarantined": 4
    }  # fmt: skip
    assert "OverflowError" in found.outcome["message"]
    assert "Cách khắc phục" in found.outcome["message"]
    assert "OverflowError" in found.page
    assert "OverflowError" in mail(bad, "x1")
    assert OWNER not in found.page + found.outcome["message"] + caplog.text

    again = run_night(bad, NIGHT)  # what stopped it is mended: the same files are judged now
    assert "failed" not in again.results["judge"]
    with Warehouse.open(world.settings.warehouse_url) as one, Warehouse.open(bad.warehouse_url) as other:
        assert differences(snapshot(one), snapshot(other)) == []


def test_a_unit_whose_rows_break_a_rule_is_set_aside_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fact(facts: Any) -> pd.Series:
        if "X1-4" in set(facts.seen["dossier_code"]):
            raise ZeroDivisionError
        return pd.Series(True, index=facts.index)

    rule = Rule(id="DQ-XX-01", table="dossier", severity="critical", sentence="Quy tắc thử.", message="Sai.",
                needs=(), expect=holds("DQ-XX-01"), fact=fact)  # fmt: skip
    real = expectations.judge
    monkeypatch.setattr(expectations, "judge", lambda frames, context: real(frames, context, rules=(*RULES, rule)))
    bad, other = world.at("collect"), world.at("collect")
    assert run_night(bad, NIGHT).failed == {}
    path = other.inbox / NIGHT / "X1" / "ho_so.csv"
    path.write_text(path.read_text().replace("X1-4", "X1-5"))  # the same without the row that breaks the rule
    run_night(other, NIGHT)
    found = seen(bad)
    assert_same(seen(other), found)
    assert (found.outcome["rows_ok"], found.outcome["rows_quarantined"]) == (0, 4), "its own rows wait, none is lost"
    with Warehouse.open(bad.warehouse_url) as warehouse:
        aside = warehouse.read_table("quarantine")
    assert set(aside.loc[aside["rule_id"] == "DQ-XX-01", "unit_code"]) == {"X1"}


def spoil(column: str, value: object) -> Callable[[Settings], None]:
    """Puts a value into X1's judged rows, as a reader that let it pass would."""

    def spoiled(settings: Settings) -> None:
        path = judged_folder(settings, NIGHT) / "X1" / "dossier.parquet"
        frame = pd.read_parquet(path)
        frame.loc[0, column] = value
        frame.to_parquet(path, index=False)

    return spoiled


def damaged(settings: Settings) -> None:
    (judged_folder(settings, NIGHT) / "X1" / "dossier.parquet").write_bytes(b"PAR1 torn")


REFUSED = {
    "infinite": (spoil("fee_vnd", float("inf")), "E-WH-TYPE"),
    "twice": (spoil("dossier_key", "X1-2"), "E-WH-KEY"),
    "no-key": (spoil("dossier_key", None), "E-WH-KEY"),
    "damaged": (damaged, "ArrowInvalid"),
}
ONLY_POSTGRES = {
    "nul": (spoil("proc_code", "A\0B"), "E-WH-REFUSED"),
    "long-key": (spoil("dossier_key", "".join(Random(7).choices(ascii_letters, k=20_000))), "E-WH-REFUSED"),
}


@pytest.mark.parametrize("name", [*REFUSED, *(pytest.param(name, marks=pytest.mark.heavy) for name in ONLY_POSTGRES)])
def test_a_slice_that_the_warehouse_refuses(
    world: World, engine: str, good: Seen, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    harm, says = (REFUSED | ONLY_POSTGRES)[name]
    bad = world.at("merge")
    real = nightly.merge

    def merge(night: str, *, settings: Settings) -> dict[str, object]:
        if night == NIGHT:
            harm(settings)
        return real(night, settings=settings)

    with monkeypatch.context() as patched:
        patched.setattr(nightly, "merge", merge)
        ran = run_night(bad, NIGHT)
    assert ran.failed == {}
    found = seen(bad)
    assert_same(good, found)
    if engine == "duckdb" and name in ONLY_POSTGRES:
        assert ran.results["merge"] == {"night": NIGHT, "merged": ["X1", "X2", "X3"]}, "it takes any text"
        return
    assert ran.results["merge"] == {"night": NIGHT, "merged": ["X1", "X2", "X3"], "failed": ["X1"]}
    assert (found.outcome["status"], found.outcome["rows_in"], found.outcome["rows_ok"]) == ("FAILED", 4, 0)
    assert says in found.outcome["message"]
    assert says in found.page
    with Warehouse.open(bad.warehouse_url) as warehouse:
        assert set(warehouse.read_table("dossier").query("unit_code == 'X1'")["dossier_code"]) == {"X1-1", "X1-2"}
        files = warehouse.read_table("landed_file")
    assert len(files[files["night"] == NIGHT]) == 3, "what was handed in is known all the same"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), MemoryError()], ids=["disk", "memory"])
def test_what_is_nobodys_fault_stops_the_night(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    settings = world.at("merge")

    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(Warehouse, "replace_slice", full)
    with pytest.raises(type(error)):
        run_night(settings, NIGHT)


def breaking(real: Callable[..., Any], *, at: str) -> Callable[..., Any]:
    """A writer of letters that one dossier stops."""

    def write(case: Any, *rest: Any, **named: Any) -> Any:
        if case.dossier_code == at:
            raise ValueError(f"All strings must be XML compatible: {OWNER}")
        return real(case, *rest, **named)

    return write


def test_a_letter_that_cannot_be_written(
    world: World, good: Seen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad = world.at("apology_letters")
    with monkeypatch.context() as patched, caplog.at_level(logging.INFO):
        patched.setattr(letters, "write_letter", breaking(letters.write_letter, at="X1-4"))
        ran = run_night(bad, NIGHT)
    assert list(ran.failed) == ["apology_letters"]
    assert "[X1-4]" in str(ran.failed["apology_letters"])
    found = seen(bad)
    assert_same(good, found)
    row = found.faults.iloc[0].to_dict()
    assert (len(found.faults), row["night"], row["step"], row["unit_code"], row["subject"]) == (
        1, NIGHT, "apology_letters", "X1", "X1-4"
    )  # fmt: skip
    assert "ValueError" in row["message"]
    section = found.page.partition('id="chua-lam-duoc"')[2]
    assert "X1-4" in section, "told the same morning"
    assert "1 giấy tờ, thư hệ thống chưa làm được (mục 9)" in found.page
    for name in ("x1", "vp"):
        assert "1 giấy tờ chưa làm được" in mail(bad, name)
        assert "X1-4" in mail(bad, name)
    assert OWNER not in found.page + caplog.text + str(ran.failed) + row["message"]

    assert run_night(bad, NIGHT).failed == {}
    mended = seen(bad)
    assert mended.faults.empty
    assert mended.page == good.page
    assert (bad.var / "out" / "nights" / NIGHT / "thu_xin_loi" / "X1-4.docx").exists()


def test_a_letter_still_missing_is_told_on_the_next_morning_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = world.at("apology_letters")
    with monkeypatch.context() as patched:
        patched.setattr(letters, "write_letter", breaking(letters.write_letter, at="X1-4"))
        assert list(run_night(settings, NIGHT).failed) == ["apology_letters"]
    assert run_night(settings, NEXT).failed == {}
    page = settings.var / "out" / "nights" / NEXT / "chat_luong.html"
    section = page.read_text(encoding="utf-8").partition('id="chua-lam-duoc"')[2]
    assert "X1-4" in section
    assert "20/12/2017" in section
    assert run_night(settings, NIGHT).failed == {}
    nightly.publish(NEXT, settings=settings)
    assert "chua-lam-duoc" not in page.read_text(encoding="utf-8")


def test_a_dossier_whose_new_date_cannot_be_worked_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = world.at("apology_letters")
    real = letters._new_due

    def new_due(calendar: Any, day: Any, row: Any, steps: Any) -> Any:
        if row["dossier_code"] == "X2-4":
            raise OverflowError("cannot convert float infinity to integer")
        return real(calendar, day, row, steps)

    with monkeypatch.context() as patched:
        patched.setattr(letters, "_new_due", new_due)
        assert list(run_night(settings, NIGHT).failed) == ["apology_letters"]
    assert issued(settings) == {"X1-4": (NIGHT, "2012-001"), "X3-4": (NIGHT, "2012-001")}
    run_night(settings, NEXT)
    assert issued(settings)["X2-4"] == (NEXT, "2112-001"), "it gets its letter on the next night"


def issued(settings: Settings) -> dict[str, tuple[str, str]]:
    """Night and number of the letters after the first night's."""
    with Warehouse.open(settings.warehouse_url) as warehouse:
        rows = warehouse.read_table("apology")
    return {row.dossier_code: (row.night, row.letter_no) for row in rows.itertuples() if row.night != FIRST}


def test_a_list_that_cannot_be_written_costs_no_letter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = world.at("apology_letters")

    def fails(*_: object, **__: object) -> None:
        raise ValueError("no workbook")

    monkeypatch.setattr(letters, "write_late_list", fails)
    assert list(run_night(settings, NIGHT).failed) == ["apology_letters"]
    found = seen(settings)
    assert sorted(found.letters) == ["X2-4.docx", "X3-4.docx"]
    assert set(found.faults["subject"]) == {"ho_so_tre_han.xlsx"}
    assert "Chưa viết được danh sách hồ sơ trễ hạn" in found.page


def test_a_page_that_cannot_be_written_stops_neither_letters_nor_mails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = world.at("publish")
    with monkeypatch.context() as patched:
        patched.setattr(morning, "write_quality_page", lambda *_: 1 / 0)
        ran = run_night(settings, NIGHT)
    assert "publish" in ran.failed
    assert "release" in ran.results
    assert len(list((settings.var / "out" / "nights" / NIGHT / "thu_xin_loi").glob("*.docx"))) == 3
    for name in ("x1", "x2", "x3", "vp"):
        assert (settings.var / "outbox" / NIGHT / f"{name}@huyen.invalid.eml").exists()
    assert "Trang chất lượng: Chưa làm xong (ZeroDivisionError" in mail(settings, "vp")
    assert run_night(settings, NIGHT).failed == {}
    assert seen(settings).faults.empty


HOSTILE_CODES = [
    "X1\x01\x02-9",
    "X1-" + "9" * 260,
    "X1-" + "9" * 97,
    "A/1",
    "A_1",
    "12/2017",
    "12_2017",
    "12 2017",
    "Đ/🗂",
    "-rf",
    "X1\u2028b",
]


def test_dossier_codes_no_sink_was_made_for(world: World) -> None:
    """A letter each: control characters, long codes, codes that differ in what file names cannot hold."""
    settings = world.at("collect")
    text = csv_text([late(code) for code in HOSTILE_CODES], headings=HEAD)
    hand_in(settings, "ho_so.csv", text, unit_code="X1", night=NIGHT)
    assert run_night(settings, NIGHT).failed == {}
    with Warehouse.open(settings.warehouse_url) as warehouse:
        tonight = warehouse.read_table("apology").query("night == @NIGHT")
    folder = settings.var / "out" / "nights" / NIGHT / "thu_xin_loi"
    assert {path.name for path in folder.iterdir()} == set(tonight["file_name"])
    assert len(set(tonight["file_name"])) == len(HOSTILE_CODES) - 1 + len(GOOD), "the code of 263 letters waits"
    for row in tonight.to_dict("records"):
        words = "\n".join(paragraph.text for paragraph in Document(str(folder / row["file_name"])).paragraphs)
        assert row["dossier_code"] in words
    assert {row for row in tonight["file_name"] if row.startswith(GOOD)} == {"X2-4.docx", "X3-4.docx"}
