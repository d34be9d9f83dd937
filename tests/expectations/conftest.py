"""One valid record of each table, and the context it is valid in. A test names only what matters to it."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from domain.calendar import default_calendar
from domain.columns import TABLES
from expectations import JudgeContext, Verdict
from expectations.facts import empty

NIGHT = "2017-12-27"  # a Wednesday
UNIT = "dak_glong"
CALENDAR = default_calendar(date(2016, 1, 1), date(2018, 12, 31))

# Received Monday 18/12/2017 morning, limit 5 working days: due Monday 25/12/2017.
DOSSIER: dict[str, Any] = {
    "night": NIGHT,
    "unit_code": UNIT,
    "file_name": "ho_so.csv",
    "line_no": 2,
    "dossier_code": "000.00.07.H16-171218-0001",
    "proc_code": "1.000001",
    "office_code": "TNMT",
    "staff_code": "CB07",
    "channel": 1,
    "subject_type": 1,
    "owner_hash": "a1",
    "submitted_at": "2017-12-18 08:00",
    "received_at": "2017-12-18 08:30",
    "entered_at": "2017-12-18 08:40",
    "due_at": "2017-12-25 17:00",
    "status": 10,
    "finished_at": "2017-12-22 15:10",
    "returned_at": "2017-12-25 09:00",
    "refused_at": None,
    "refusal_reason": None,
    "fee_vnd": 28000.0,
    "unparsed": "",
}
STEP: dict[str, Any] = {
    "night": NIGHT,
    "unit_code": UNIT,
    "file_name": "buoc.csv",
    "line_no": 2,
    "dossier_code": DOSSIER["dossier_code"],
    "step_no": 1,
    "task": "Tiếp nhận",
    "office_code": "MC",
    "staff_code": "CB01",
    "arrived_at": "2017-12-18 08:30",
    "finished_at": "2017-12-19 09:00",
    "planned_days": 0.5,
}
PAUSE: dict[str, Any] = {
    "night": NIGHT,
    "unit_code": UNIT,
    "file_name": "bo_sung.csv",
    "line_no": 2,
    "dossier_code": "000.00.07.H16-171218-0002",
    "pause_no": 1,
    "kind": "SUPPLEMENT",
    "started_at": "2017-12-19 10:00",
    "ended_at": "2017-12-21 10:00",
    "reason": "Thiếu bản vẽ",
    "old_due_at": "2017-12-25 17:00",
    "new_due_at": "2017-12-27 17:00",
}
_RECORDS = {"dossier": DOSSIER, "step": STEP, "pause": PAUSE}


def frame(table: str, *changes: dict[str, Any]) -> pd.DataFrame:
    """One row for each dict of changes to the valid record, each with a line, a person and an officer of its own.

    A dossier's code carries its number and the day received unless the test names another.
    """
    rows = []
    for number, change in enumerate(changes):
        row = _RECORDS[table] | {"line_no": 2 + number, "owner_hash": f"nguoi-{number}"}
        if table == "dossier":
            received = pd.Timestamp(change.get("received_at") or DOSSIER["received_at"])
            row |= {"staff_code": f"CB{number:02d}", "dossier_code": code(number + 1, f"{received:%y%m%d}")}
        rows.append(row | change)
    names = [*TABLES[table], "unparsed"]
    built = pd.DataFrame({name: [row.get(name) for row in rows] for name in names})
    built["unparsed"] = built["unparsed"].fillna("").astype("str")
    for name, column in TABLES[table].items():
        if column.kind == "instant":
            built[name] = pd.to_datetime(built[name], format="mixed").astype("datetime64[us]")
        elif column.kind in ("int", "float"):
            built[name] = pd.array(built[name], dtype="Int64" if column.kind == "int" else "Float64")
        elif not rows:
            built[name] = empty(column, built.index)
    return built


def code(number: int, day: str = "171218", unit: str = "000.00.07.H16") -> str:
    """The dossier code with a running number."""
    return f"{unit}-{day}-{number:04d}"


def dimensions() -> dict[str, pd.DataFrame]:
    """Three units, three procedures (one without due date, one abolished), all posted at the district."""
    units = pd.DataFrame(
        [
            {"unit_code": UNIT, "valid_from": "2010-01-01", "valid_to": "2025-06-30", "identifier": "000.00.07.H16"},
            {"unit_code": "quang_khe", "valid_from": "2010-01-01", "valid_to": None, "identifier": "000.21.07.H16"},
            {"unit_code": "quang_son", "valid_from": "2010-01-01", "valid_to": None, "identifier": "H16.07"},
        ]
    )
    common = {"limit_unit": "WORKING_DAY", "area_extra": 0.0, "valid_from": "2016-01-01", "valid_to": None}
    procedures = pd.DataFrame(
        [
            {"proc_core": "1.000001", "limit_quantity": 5.0, "no_due": False, "fee_vnd": 28000.0} | common,
            {"proc_core": "1.000002", "limit_quantity": None, "no_due": True, "fee_vnd": None} | common,
            {"proc_core": "1.000003", "limit_quantity": 5.0, "no_due": False, "fee_vnd": None}
            | common
            | {"valid_to": "2017-06-30"},
        ]
    )
    postings = pd.DataFrame(
        [
            {"proc_core": core, "unit_code": UNIT, "valid_from": "2016-01-01", "valid_to": None}
            for core in ("1.000001", "1.000002", "1.000003")
        ]
    )
    return {"units": units, "procedures": procedures, "postings": postings}


def given() -> dict[tuple[str, str], frozenset[str]]:
    """Every unit gives every column."""
    return {(unit, table): frozenset(TABLES[table]) for unit in (UNIT, "quang_khe") for table in TABLES}


def context(**changes: Any) -> JudgeContext:
    """The context the valid records are valid in."""
    return JudgeContext(**({"night": NIGHT, "calendar": CALENDAR, "given": given()} | dimensions() | changes))


def failures(verdict: Verdict, table: str) -> dict[int, set[str]]:
    """Line number -> ids of the critical rules that set that row of a table aside."""
    mine = verdict.rejected[verdict.rejected["table_name"] == table]
    return {int(line): set(rows["rule_id"]) for line, rows in mine.groupby("line_no")}


def failed(verdict: Verdict) -> dict[str, int]:
    """Rule id -> failures over all units, rules without any left out."""
    counts = verdict.results.groupby("rule_id")["failed"].sum()
    return {str(rule): int(count) for rule, count in counts.items() if count}


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The factory: frame, code, context, given, dimensions, failures, failed, and the constants."""
    return SimpleNamespace(
        frame=frame, code=code, context=context, given=given, dimensions=dimensions, failures=failures,
        failed=failed, UNIT=UNIT, NIGHT=NIGHT,
    )  # fmt: skip
