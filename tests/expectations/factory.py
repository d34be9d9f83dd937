"""One valid record of each table, and the context it is valid in. A test names only what matters to it."""

from typing import Any

import pandas as pd

from domain.calendar import default_calendar
from domain.columns import TABLES
from expectations import JudgeContext
from expectations.facts import empty

from datetime import date

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
    """One row for each dict of changes to the valid record, with a line number and a number of its own."""
    rows = [_RECORDS[table] | {"line_no": 2 + number} | change for number, change in enumerate(changes)]
    built = pd.DataFrame({name: [row.get(name) for row in rows] for name in rows[0] | TABLES[table]} if rows else {})
    for name, column in TABLES[table].items():
        if not rows:
            built[name] = empty(column, built.index)
        elif column.kind == "instant":
            built[name] = pd.to_datetime(built[name]).astype("datetime64[us]")
        elif column.kind in ("int", "float"):
            built[name] = pd.array(built[name], dtype="Int64" if column.kind == "int" else "Float64")
    return built


def code(number: int, day: str = "171218", unit: str = "000.00.07.H16") -> str:
    """The dossier code with a running number."""
    return f"{unit}-{day}-{number:04d}"


def dimensions() -> dict[str, pd.DataFrame]:
    """Two units, three procedures (one without due date, one abolished), all posted at the district."""
    units = pd.DataFrame(
        [
            {"unit_code": UNIT, "valid_from": "2010-01-01", "valid_to": "2025-06-30", "identifier": "000.00.07.H16"},
            {"unit_code": "quang_khe", "valid_from": "2010-01-01", "valid_to": None, "identifier": "000.21.07.H16"},
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
