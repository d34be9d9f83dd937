"""One bad thing stops nobody: beside a unit that stops a step, the others' night is what it would have been.

Three communes, X1 hostile, on both databases. What X2 and X3 have is compared with a night on which X1 did nothing
wrong: tables, letters, rows of the page, mails.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import default
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
from pipelines.night_order import NightRun, run_night
from pipelines.settings import Settings
from tests.factories.sites import HEADINGS, csv_text, hand_in, make_site, source, unit
from tests.warehouse import conftest as databases
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

postgres_server = databases.postgres_server
pytestmark = pytest.mark.slow

FIRST, NIGHT = Night("2017-12-19"), Night("2017-12-20")
GOOD = ("X2", "X3")
OWNER = "Nguyễn Thị Thử"
DISTRICT = "vp@huyen.invalid"
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


Make = Callable[[], Settings]


@pytest.fixture(scope="module")
def make(engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes the site of three communes anew, everything handed in, on the database under test."""

    def made() -> Settings:
        folder = tmp_path_factory.mktemp("contained")
        dossiers = source()
        dossiers["columns"] |= {"owner_name": "Chủ hồ sơ"}
        units = [
            unit(code, sources=[dossiers], contact={"email": f"{code.lower()}@huyen.invalid"})
            for code in ("X1", *GOOD)
        ]
        catalogue = {"format": "none", "procedures": [PROCEDURE]}
        settings = make_site(folder, units, catalogue=catalogue, mail={"district": [DISTRICT]})
        head = [*HEADINGS, "Chủ hồ sơ"]
        for night in (FIRST, NIGHT):
            for code in ("X1", *GOOD):
                rows = [late(f"{code}-1"), done(f"{code}-2"), wrong(f"{code}-3")]
                rows += [late(f"{code}-4")] if night == NIGHT else []
                hand_in(settings, "ho_so.csv", csv_text(rows, headings=head), unit_code=code, night=night)
        if engine == "duckdb":
            return settings
        server = request.getfixturevalue("postgres_server")
        return replace(settings, warehouse_url=databases.empty_schema(server))

    return made


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


def both_nights(settings: Settings) -> NightRun:
    run_night(settings, FIRST)
    return run_night(settings, NIGHT)


def assert_same(good: Seen, found: Seen) -> None:
    """The good units have exactly what they had without the fault."""
    assert differences(good.tables, found.tables) == []
    assert good.letters == found.letters
    assert good.page_rows == found.page_rows
    assert good.mails == found.mails


@pytest.fixture(scope="module")
def untroubled(make: Make) -> Settings:
    """Both nights without any fault."""
    settings = make()
    assert both_nights(settings).failed == {}
    return settings


@pytest.fixture(scope="module")
def good(untroubled: Settings) -> Seen:
    """What the good units have after nights without any fault."""
    return seen(untroubled)


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
    make: Make, untroubled: Settings, good: Seen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad = make()
    with monkeypatch.context() as patched, caplog.at_level(logging.INFO):
        patched.setattr(expectations, "judge", exploding())
        ran = both_nights(bad)
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
    with Warehouse.open(untroubled.warehouse_url) as one, Warehouse.open(bad.warehouse_url) as other:
        assert differences(snapshot(one), snapshot(other)) == []


def test_a_unit_whose_rows_break_a_rule_is_set_aside_alone(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def fact(facts: Any) -> pd.Series:
        if "X1-4" in set(facts.seen["dossier_code"]):
            raise ZeroDivisionError
        return pd.Series(True, index=facts.index)

    rule = Rule(id="DQ-XX-01", table="dossier", severity="critical", sentence="Quy tắc thử.", message="Sai.",
                needs=(), expect=holds("DQ-XX-01"), fact=fact)  # fmt: skip
    real = expectations.judge
    monkeypatch.setattr(expectations, "judge", lambda frames, context: real(frames, context, rules=(*RULES, rule)))
    bad, other = make(), make()
    assert both_nights(bad).failed == {}
    path = other.inbox / NIGHT / "X1" / "ho_so.csv"
    path.write_text(path.read_text().replace("X1-4", "X1-5"))  # the same without the row that breaks the rule
    both_nights(other)
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
    "twice": (spoil("dossier_code", "X1-2"), "E-WH-KEY"),
    "no-key": (spoil("dossier_code", None), "E-WH-KEY"),
    "damaged": (damaged, "ArrowInvalid"),
}
ONLY_POSTGRES = {
    "nul": (spoil("proc_code", "A\0B"), "E-WH-REFUSED"),
    "long-key": (spoil("dossier_code", "".join(Random(7).choices(ascii_letters, k=20_000))), "E-WH-REFUSED"),
}


@pytest.mark.parametrize("name", [*REFUSED, *ONLY_POSTGRES])
def test_a_slice_that_the_warehouse_refuses(
    make: Make, engine: str, good: Seen, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    harm, says = (REFUSED | ONLY_POSTGRES)[name]
    bad = make()
    real = nightly.merge

    def merge(night: str, *, settings: Settings) -> dict[str, object]:
        if night == NIGHT:
            harm(settings)
        return real(night, settings=settings)

    with monkeypatch.context() as patched:
        patched.setattr(nightly, "merge", merge)
        ran = both_nights(bad)
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
def test_what_is_nobodys_fault_stops_the_night(make: Make, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    settings = make()
    run_night(settings, FIRST)

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
    make: Make, good: Seen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad = make()
    run_night(bad, FIRST)
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


def test_a_letter_still_missing_is_told_on_the_next_morning_too(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make()
    with monkeypatch.context() as patched:
        patched.setattr(letters, "write_letter", breaking(letters.write_letter, at="X1-1"))
        assert list(run_night(settings, FIRST).failed) == ["apology_letters"]
    assert run_night(settings, NIGHT).failed == {}
    section = seen(settings).page.partition('id="chua-lam-duoc"')[2]
    assert "X1-1" in section
    assert "19/12/2017" in section
    assert run_night(settings, FIRST).failed == {}
    nightly.publish(NIGHT, settings=settings)
    assert "chua-lam-duoc" not in seen(settings).page


def test_a_dossier_whose_new_date_cannot_be_worked_out(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make()
    real = letters._new_due

    def new_due(calendar: Any, day: Any, row: Any, steps: Any) -> Any:
        if row["dossier_code"] == "X2-1":
            raise OverflowError("cannot convert float infinity to integer")
        return real(calendar, day, row, steps)

    monkeypatch.setattr(letters, "_new_due", new_due)
    assert list(run_night(settings, FIRST).failed) == ["apology_letters"]
    with Warehouse.open(settings.warehouse_url) as warehouse:
        issued = warehouse.read_table("apology")
    assert list(issued["dossier_code"]) == ["X1-1", "X3-1"]
    assert list(issued["letter_no"]) == ["1912-001"] * 2
    monkeypatch.setattr(letters, "_new_due", real)
    run_night(settings, NIGHT)
    with Warehouse.open(settings.warehouse_url) as warehouse:
        issued = warehouse.read_table("apology").set_index("dossier_code")["night"]
    assert issued["X2-1"] == NIGHT, "it gets its letter on the next night"


def test_a_list_that_cannot_be_written_costs_no_letter(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make()

    def fails(*_: object, **__: object) -> None:
        raise ValueError("no workbook")

    monkeypatch.setattr(letters, "write_late_list", fails)
    assert list(both_nights(settings).failed) == ["apology_letters"]
    found = seen(settings)
    assert sorted(found.letters) == ["X2-4.docx", "X3-4.docx"]
    assert set(found.faults["subject"]) == {"ho_so_tre_han.xlsx"}
    assert "Chưa viết được danh sách hồ sơ trễ hạn" in found.page


def test_a_page_that_cannot_be_written_stops_neither_letters_nor_mails(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make()
    run_night(settings, FIRST)
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
    "A/1",
    "A_1",
    "12/2017",
    "12_2017",
    "12 2017",
    "Đ/🗂",
    "-rf",
    "X1\u2028b",
]


def test_dossier_codes_no_sink_was_made_for(make: Make) -> None:
    """Papers for all of them: control characters, 260 letters, codes that differ in what file names cannot hold."""
    settings = make()
    head = [*HEADINGS, "Chủ hồ sơ"]
    text = csv_text([late(code) for code in HOSTILE_CODES], headings=head)
    hand_in(settings, "ho_so.csv", text, unit_code="X1", night=NIGHT)
    assert run_night(settings, NIGHT).failed == {}
    with Warehouse.open(settings.warehouse_url) as warehouse:
        issued = warehouse.read_table("apology")
    mine = issued[issued["unit_code"] == "X1"]
    assert len(mine) >= len(HOSTILE_CODES) - 1  # one line of two when the reader takes U+2028 for an end of line
    folder = settings.var / "out" / "nights" / NIGHT / "thu_xin_loi"
    assert {path.name for path in folder.iterdir()} == set(issued["file_name"])
    for row in mine.to_dict("records"):
        words = "\n".join(paragraph.text for paragraph in Document(str(folder / row["file_name"])).paragraphs)
        assert "".join(c for c in row["dossier_code"] if c >= " ") in words.replace("\n", " ").replace(
            "\u2028", "\u2028"
        )
    for code in GOOD:
        assert f"{code}-1.docx" in {path.name for path in folder.iterdir()}
