"""A log of another shape than the shipped ones, as a site of YAML alone: what cannot be told is not told.

Three made-up municipalities of one law and three speeds. No due date; of the events, 46 % carry a date without a
time; of the cases, 13 % were entered in one go; one in eight is still open. All made up here from a fixed seed.
"""

import csv
import html
import random
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from analysis.handover import handovers
from analysis.quarter import QuarterAnalysis
from analysis.thresholds import Thresholds
from pipelines import nightly
from pipelines.quarter.analyse import analysis_of
from pipelines.quarter.place import papers_folder
from pipelines.settings import Settings
from tests.chain.conftest import run_night, run_quarter, settings_of
from tests.factories.sites import write_site
from warehouse import Warehouse

pytestmark = pytest.mark.heavy

NIGHT, QUARTER, LAST_DAY = "2018-01-31", "2017-Q4", date(2017, 12, 31)
SPEED = {"GROEN": 22, "ZUID": 45, "HAVEN": 90}  # calendar days that half of the cases take
CASES, AT_ONCE, MIDNIGHT, OPEN = 120, 0.13, 0.46, 0.125
TASKS = [f"01_MAIN_{number:03d}" for number in range(10, 100, 10)]
ZONE = ZoneInfo("Europe/Amsterdam")
TABLES = ["quarantine", "dossier", "dossier_step", "step_time", "transition_count", "waiting_count"]
HEADINGS = ["case", "begin", "end", "kind", "activity", "stamp", "resource", "desk", "monitor"]


@dataclass
class Case:
    """A case as made: what the file says of it."""

    code: str
    begin: date
    end: date | None
    at_once: bool
    stamps: list[datetime] = field(default_factory=list)


def made_cases(unit: str, draw: random.Random) -> list[Case]:
    """The cases of one municipality; exactly the shares named above are open and entered in one go."""
    order = list(range(CASES))
    draw.shuffle(order)
    at_once, still_open = set(order[: round(CASES * AT_ONCE)]), set(order[-round(CASES * OPEN) :])
    cases = []
    for number in range(CASES):
        begin = date(2017, 1, 9) + timedelta(days=draw.randrange(330))
        days = max(2, round(SPEED[unit] * draw.lognormvariate(0, 0.5)))
        end = begin + timedelta(days=days)
        is_open = number in still_open or end > date(2018, 1, 30)
        case = Case(f"{unit}-{number:04d}", begin, None if is_open else end, number in at_once)
        size = draw.randint(5, len(TASKS))
        seconds = sorted([0, *(draw.randrange(days * 86_400) for _ in range(size - 1))])
        moments = [datetime.combine(begin, time(9)) + timedelta(seconds=each) for each in seconds]
        if case.at_once:
            moments = [min(moments[-1], datetime(2018, 1, 30, 16))] * size
        case.stamps = [each for each in moments if each < datetime(2018, 1, 31)]
        cases.append(case)
    return cases


def without_time(cases: list[Case], draw: random.Random) -> None:
    """Take the time off MIDNIGHT of all stamps, but not of those entered in one go."""
    places = [(case, at) for case in cases if not case.at_once for at in range(len(case.stamps))]
    everything = sum(len(case.stamps) for case in cases)
    for case, at in draw.sample(places, round(everything * MIDNIGHT)):
        case.stamps[at] = datetime.combine(case.stamps[at].date(), time())
    for case in cases:
        case.stamps.sort()


def write_log(path: Path, unit: str, draw: random.Random) -> list[Case]:
    cases = made_cases(unit, draw)
    without_time(cases, draw)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(HEADINGS)
        for case in cases:
            for task, stamp in zip(TASKS, case.stamps, strict=False):
                out.writerow([
                    case.code, case.begin.isoformat(), case.end.isoformat() if case.end else "", "permit", task,
                    stamp.replace(tzinfo=ZONE).isoformat(), f"R{draw.randint(1, 4)}", f"D{draw.randint(1, 2)}", "x",
                ])  # fmt: skip
    return cases


def unit_file(code: str) -> dict[str, object]:
    columns = {
        "dossier_code": "case", "received_at": "begin", "finished_at": "end", "proc_code": "kind",
        "step.task": "activity", "step.finished_at": "stamp", "step.staff_code": "resource",
        "step.office_code": "desk",
    }  # fmt: skip
    log = {
        "id": "log", "table": "event", "format": "csv", "delimiter": ";", "place": f"{code}.csv", "extract": "full",
        "encoding": "utf-8", "time_formats": ["iso"], "columns": columns, "ignore": ["monitor"],
        "derive_status": {"closed_by": "finished_at", "closed": 9, "open": 4},
    }  # fmt: skip
    return {"code": code, "name": f"Municipality {code}", "level": "municipality", "valid_from": "2010-01-01",
            "expects": "every_night", "sources": [log]}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was made and what became of it; the tables are as of the quarter's last day."""

    cases: dict[str, list[Case]]
    tables: dict[str, pd.DataFrame]
    analysis: QuarterAnalysis


def the_site(folder: Path) -> Settings:
    """Three municipalities in YAML, with an empty inbox."""
    site = write_site(
        folder / "site", [unit_file(code) for code in SPEED], name="Three municipalities", code="three",
        level="municipality", timezone=ZONE.key, letters=False,
        catalogue={"format": "none", "procedures": [{"code": "permit", "name": "Permit"}]},
    )  # fmt: skip
    settings = settings_of(site, folder / "var")
    settings.inbox.mkdir(parents=True)
    return settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return the_site(tmp_path_factory.mktemp("foreign"))


@pytest.fixture(scope="module")
def cases(settings: Settings) -> dict[str, list[Case]]:
    draw = random.Random(15)
    made = {code: write_log(settings.inbox / f"{code}.csv", code, draw) for code in SPEED}
    run_night(settings, NIGHT)
    # One night cannot complete a quarter that ended before it: released by hand, and the book says so.
    assert nightly.force_quarter(QUARTER, settings=settings) == QUARTER
    return made


@pytest.fixture(scope="module")
def result(settings: Settings, cases: dict[str, list[Case]]) -> Result:
    with Warehouse.open(settings.warehouse_url) as warehouse:
        analysis = analysis_of(settings, warehouse, QUARTER)
        tables = {name: warehouse.read_table(name) for name in TABLES}
    return Result(cases=cases, tables=tables, analysis=analysis)


@pytest.fixture(scope="module")
def book(settings: Settings, cases: dict[str, list[Case]]) -> str:
    run_quarter(settings, QUARTER)
    return html.unescape((papers_folder(settings, QUARTER) / "so_tay_quy.html").read_text(encoding="utf-8"))


def in_time(cases: list[Case]) -> list[Case]:
    return [case for case in cases if case.begin <= LAST_DAY]


def test_every_case_and_event_is_in(result: Result) -> None:
    cases = [case for each in result.cases.values() for case in each]
    assert len(result.tables["quarantine"]) == 0
    assert len(result.tables["dossier"]) == len(cases) == 360
    steps = result.tables["dossier_step"]
    assert len(steps) == sum(len(case.stamps) for case in cases)
    at_midnight = pd.to_datetime(steps["finished_at"]).dt.strftime("%H:%M:%S").eq("00:00:00")
    assert at_midnight.mean() == pytest.approx(MIDNIGHT, abs=0.005)


def test_medians_by_unit_come_out_with_the_open_cases_in(result: Result) -> None:
    table = result.analysis.timeliness
    units = table.loc[table["level"].eq("UNIT")].set_index("unit_code")
    for code, median in SPEED.items():
        row = units.loc[code]
        cases = in_time(result.cases[code])
        assert row["n"] == len(cases)
        assert row["no_due"] + row["paused"] == row["n"], "no due date is its own class, never on time"
        closed = [case for case in cases if case.end is not None and case.end <= LAST_DAY]
        assert row["done"] == len(closed) < len(cases)
        # Ten half-days of work a calendar week.
        weeks = row["median_half_days"] / 10
        assert weeks * 7 == pytest.approx(median, rel=0.35)
        usual = sorted((case.end - case.begin).days for case in closed if case.end)[len(closed) // 2]
        assert weeks * 7 > usual * 0.95, "counting closed cases only is too kind"
    assert units["median_half_days"].sort_values().index.tolist() == list(SPEED)


def test_no_late_share_is_told_without_due_dates(result: Result) -> None:
    table = result.analysis.timeliness
    assert table[["late_share_km", "closed_late_share", "due_late_share"]].isna().all(axis=None)
    assert (table[["early", "on_time", "late", "due_n", "km_n"]] == 0).all(axis=None)
    assert result.analysis.report_06a[["done_early", "done_on_time", "done_late"]].eq(0).all(axis=None)


def test_marked_steps_are_counted_and_never_averaged(result: Result) -> None:
    steps = result.tables["step_time"]
    at_once = {case.code for each in result.cases.values() for case in each if case.at_once}
    entered = steps["dossier_id"].isin(at_once) & steps.groupby("dossier_id")["task"].transform("size").gt(1)
    assert entered.any()
    assert steps.loc[entered, "mark"].ne("").all()
    stamps = pd.to_datetime(steps["finished_at"])
    assert steps.loc[stamps.dt.normalize().eq(stamps), "mark"].eq("MIDNIGHT").all()
    transitions = result.tables["transition_count"]
    between = transitions.loc[transitions["edge"].eq("BETWEEN")]
    assert between.loc[between["is_usable"].astype(bool), "n"].sum() < between["n"].sum() / 2
    waiting = result.tables["waiting_count"]
    good = steps["mark"].eq("") & steps["finished_at"].notna()
    assert waiting["n"].sum() <= good.sum()
    # More than a fifth of the steps of each unit are no evidence: no time of a step is told, anywhere.
    told = handovers(transitions, quarter=QUARTER, thresholds=Thresholds())
    times = told[["mean_days", "median_days", "p90_days", "worst_days"]]
    assert times.loc[~told["is_usable"].astype(bool)].isna().all(axis=None)
    flags = result.analysis.flags
    assert not flags["kind"].isin(["SLOW_STEP", "SLOW_PROCEDURE", "SLOW_UNIT"]).any()


def test_parts_that_cannot_run_are_named(result: Result, book: str) -> None:
    off = dict(result.analysis.switched_off)
    assert {"limits", "overlaps", "unused", "papers", "costs"} <= off.keys()
    reasons = [*off.values(), *dict(result.analysis.notes).values()]
    assert any("không có ngày hẹn trả" in reason or "không có thời hạn" in reason for reason in reasons)
    for reason in reasons:
        assert reason in book
    text = re.sub(r"<[^>]+>", " ", book).casefold().split()
    assert "nan" not in text
    assert "nat" not in text
