"""The models behind the slow-procedure review, on dossiers whose figures were worked out by hand.

December 2017: the 1st is a Friday, so 4-8, 11-15, 18-22 and 25-29 are working weeks. Where no procedure says its
limit, none has one.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from domain.calendar import default_calendar
from domain.clock import Limit, due_date
from domain.codes import parse_dossier_code
from warehouse import Warehouse

AS_OF = date(2017, 12, 15)
TWICE = "more_than_one_request"
DONE = {"status": 9}


def procedures(*rows: dict[str, Any]) -> dict[str, pd.DataFrame]:
    day = date(2016, 1, 1)
    basis = {"valid_from": day, "field_code": "DD", "name": "Thủ tục"}
    return {"procedure": pd.DataFrame([basis | row for row in rows])}


def units(*rows: dict[str, Any]) -> dict[str, pd.DataFrame]:
    day = date(2016, 1, 1)
    return {"unit": pd.DataFrame([{"unit_code": "U1", "valid_from": day, "name": "Đơn vị"} | row for row in rows])}


def index_766(warehouse: Warehouse) -> dict[str, int]:
    found = warehouse.read_table("index_766_count")
    return {name: int(found[name].sum()) for name in ("n", "on_time", "open_in_term", "no_due_judged", TWICE)}


def checks(warehouse: Warehouse, check: str) -> list[tuple[str, str, int, int, int]]:
    found = warehouse.read_table("integrity_count")
    found = found[found["check"] == check]
    return list(zip(*(found[name] for name in ("unit_code", "quarter", "size", "n", "found")), strict=True))


# --- Decision 766 -----------------------------------------------------------------------------------------
# received Monday 4/12 at 08:00, due Friday 15/12 unless said; the period ends Friday 15/12
WORKED: dict[str, dict[str, Any]] = {
    "early": DONE | {"finished_at": "2017-12-06 10:00"},
    "on-the-day": DONE | {"finished_at": "2017-12-15 23:00"},
    "finish-before-return": {"status": 10, "finished_at": "2017-12-12 10:00", "returned_at": "2017-12-14 10:00"}
    | {"due_at": "2017-12-12 17:00"},
    "returned-only": {"status": 10, "returned_at": "2017-12-12 08:00"},
    "refused": {"status": 3, "refused_at": "2017-12-05 08:00"},
    "withdrawn": {"status": 7, "finished_at": "2017-12-05 08:00"},
    "two-days-late-three-asked": DONE | {"finished_at": "2017-12-14 10:00", "due_at": "2017-12-12 17:00"},
    "asked-once": {"status": 5, "due_at": "2017-12-12 17:00"},
    "asked-twice": {"status": 5, "due_at": "2017-12-29 17:00"},
    "in-term": {"due_at": "2017-12-18 17:00"},
}


def test_index_766_as_in_its_worked_example(warehouse: Warehouse, given: Any) -> None:
    """Six by their date, one of two days late for which three were asked, one waiting, one in term: 9 of 10."""
    pauses = [
        given.pause("two-days-late-three-asked", 1, "2017-12-05 09:00", "2017-12-08 09:00"),
        given.pause("asked-once", 1, "2017-12-11 09:00"),
        given.pause("asked-twice", 1, "2017-12-05 09:00", "2017-12-06 09:00"),
        given.pause("asked-twice", 2, "2017-12-11 09:00"),
        given.pause("in-term", 1, "2017-12-05 09:00", "2017-12-06 09:00", kind="FINANCIAL"),
        given.pause("in-term", 2, "2017-12-07 09:00", "2017-12-08 09:00", kind="FINANCIAL"),
    ]
    rows = [given.dossier(code, **values) for code, values in WORKED.items()]
    warehouse.replace_slice(given.slice("U1", "2017-12-15", rows, pauses=pauses))
    warehouse.build_models(AS_OF)
    assert warehouse.read_table("index_766_count").to_dict("records") == [
        {"quarter": "2017-Q4", "unit_code": "U1", "proc_core": "1.000001", "n": 10, "on_time": 9}
        | {"more_than_one_request": 1, "open_in_term": 2, "no_due_judged": 0}
    ]


@pytest.mark.parametrize(
    ("values", "asked", "on_time"),
    [
        (DONE | {"finished_at": "2017-12-14 10:00", "due_at": "2017-12-12 17:00"}, ["2017-12-05", "2017-12-06"], 0),
        (DONE | {"finished_at": "2017-12-13 10:00", "due_at": "2017-12-12 17:00"}, ["2017-12-05", "2017-12-06"], 1),
        # due on a Friday, ended on the Saturday: a day late by its date, and the one day asked pays for it
        (DONE | {"finished_at": "2017-12-09 10:00", "due_at": "2017-12-08 17:00"}, [], 0),
        (DONE | {"finished_at": "2017-12-09 10:00", "due_at": "2017-12-08 17:00"}, ["2017-12-05", "2017-12-06"], 1),
        (DONE | {"finished_at": "2017-12-06 10:00"}, ["2017-12-05"], 1),  # asked, not answered, ended all the same
        ({"due_at": "2017-12-14 17:00"}, ["2017-12-11"], 1),  # 4 of 5 days since it was asked, 1 day past: taken off
        ({"due_at": "2017-12-14 17:00"}, [], 0),
        ({"status": 5, "due_at": "2017-12-12 17:00"}, [], 0),  # seen waiting only from the night of the 13th
        ({"status": 5, "due_at": "2017-12-13 17:00"}, [], 1),
        ({"status": 5, "due_at": "2017-12-12 17:00"}, ["2017-12-13"], 0),  # asked when it was already late
        ({"status": 3, "refused_at": "2017-12-14 10:00", "due_at": "2017-12-12 17:00"}, [], 0),
        ({"status": 10, "returned_at": "2017-12-14 10:00", "due_at": "2017-12-12 17:00"}, [], 0),
        ({"due_at": "2117-12-14 17:00"}, [], 1),  # off the calendar, still a date
        (DONE | {"finished_at": "2017-12-06 10:00", "due_at": None}, [], 0),  # no due date and no limit
    ],
)
def test_index_766_one_by_one(duck: Warehouse, given: Any, values: Any, asked: list[str], on_time: int) -> None:
    pauses = [given.pause("D1", 1, *(f"{day} 09:00" for day in asked))] if asked else []
    duck.replace_slice(given.slice("U1", "2017-12-13", [given.dossier("D1", **values)], pauses=pauses))
    duck.build_models(AS_OF)
    found = index_766(duck)
    assert (found["n"], found["on_time"]) == (1, on_time)
    assert found["open_in_term"] == (on_time if values.get("status", 4) in (4, 5) else 0)
    assert found["no_due_judged"] == (values.get("due_at", "") is None)


def test_index_766_takes_two_requests_as_late_and_the_date_the_unit_reports(duck: Warehouse, given: Any) -> None:
    early = DONE | {"finished_at": "2017-12-12 10:00"}
    asks = [("2017-12-05 09:00", "2017-12-06 09:00"), ("2017-12-07 09:00", "2017-12-08 09:00")]
    pauses = [given.pause(code, no, *ask) for code in ("D1", "D2") for no, ask in enumerate(asks, start=1)]
    duck.replace_slice(given.slice("U1", "2017-12-05", [given.dossier("D3", due_at="2017-12-08 17:00")]))
    rows = [given.dossier("D1", **early), given.dossier("D2", **early, due_at=None), given.dossier("D3", **early)]
    duck.replace_slice(given.slice("U1", "2017-12-12", rows, pauses=pauses))
    duck.build_models(AS_OF)
    # D3: due moved without trace from the 8th to the 15th: late by the date that counts, not by 766
    assert duck.read_table("dossier_fact").set_index("dossier_code").loc["D3", "timeliness"] == "LATE"
    assert index_766(duck) == {"n": 3, "on_time": 1, TWICE: 2, "open_in_term": 0, "no_due_judged": 1}
    # an old night, before the second request of either
    duck.build_models(date(2017, 12, 6), temporary=True)
    assert index_766(duck)[TWICE] == 0


def test_index_766_counts_the_dossiers_of_the_quarter(duck: Warehouse, given: Any) -> None:
    old = {"received_at": "2017-08-01 08:00", "due_at": "2017-08-15 17:00"}
    rows = [
        given.dossier("ended-before", **old, status=9, finished_at="2017-09-29 10:00"),
        given.dossier("ended-in", **old, status=9, finished_at="2017-10-02 10:00"),
        given.dossier("open-since", **old),
        given.dossier("new", status=1),
        given.dossier("other", proc_core="1.000002"),
    ]
    duck.replace_slice(given.slice("U1", "2017-12-15", rows))
    duck.build_models(AS_OF)
    found = duck.read_table("index_766_count")
    assert found[["proc_core", "n", "on_time"]].to_numpy().tolist() == [["1.000001", 2, 0], ["1.000002", 1, 1]]
    report = duck.read_table("report_count")
    counted = report[["received_online", "received_direct_post", "carried_in"]].to_numpy().sum()
    assert found["n"].sum() == counted


W, D, H = "WORKING_DAY", "DAY", "HOUR"
LIMITS = [(0, W), (3, W), (1.5, W), (5, D), (0, D), (8, H), (13, H), (0.1, H)]
HOURS = ["06:10", "08:00", "11:45", "12:00", "14:30", "15:30", "17:00", "19:20"]
DAYS = ["2018-01-01", "2018-01-02", "2018-01-05", "2018-01-06", "2018-02-13", "2018-02-17"]  # a feast, Tết, a weekend


def test_without_a_due_date_766_lays_the_limit_as_the_clock_does(warehouse: Warehouse, given: Any) -> None:
    """For each limit, hour and day of receipt: on time on the last day of domain/clock.py's term, late after it."""
    calendar = default_calendar(date(2016, 1, 1), date(2018, 12, 31))
    received = [f"{day} {hour}" for day in DAYS for hour in HOURS]
    rows, specs = [], []
    for no, (quantity, unit) in enumerate(LIMITS):
        core = f"1.00001{no}"
        specs.append({"proc_core": core, "limit_quantity": quantity, "limit_unit": unit})
        for at in received:
            due = due_date(datetime.fromisoformat(at), Limit(quantity, unit), calendar)  # type: ignore[arg-type]
            for days in (0, 1):
                end = pd.Timestamp(due) + pd.Timedelta(days=days, hours=20)
                values = {"received_at": at, "due_at": None, "finished_at": end, "proc_core": core, "status": 9}
                rows.append(given.dossier(f"{core}/{at}/{days}", **values))
    warehouse.replace_dimensions(procedures(*specs))
    warehouse.replace_slice(given.slice("U1", "2018-03-30", rows))
    warehouse.build_models(date(2018, 3, 31))
    found = warehouse.read_table("index_766_count")
    n = len(received)
    assert found[["n", "on_time", "no_due_judged"]].to_numpy().tolist() == [[2 * n, n, 2 * n]] * len(LIMITS)


def test_the_limit_is_that_of_the_version_in_force_on_receipt(duck: Warehouse, given: Any) -> None:
    core = {"proc_core": "1.000001", "limit_unit": "WORKING_DAY"}
    old = core | {"limit_quantity": 10, "valid_to": date(2017, 12, 5)}
    duck.replace_dimensions(procedures(old, core | {"limit_quantity": 2, "valid_from": date(2017, 12, 6)}))
    done = DONE | {"due_at": None, "finished_at": "2017-12-12 10:00"}
    rows = [given.dossier("old", **done), given.dossier("new", **done, received_at="2017-12-06 08:00")]
    duck.replace_slice(given.slice("U1", "2017-12-13", rows))
    duck.build_models(AS_OF)
    assert (index_766(duck)["on_time"], index_766(duck)["no_due_judged"]) == (1, 2)


# --- days from the due date -------------------------------------------------------------------------------
def test_due_gaps_agree_with_the_words(warehouse: Warehouse, given: Any) -> None:
    done = {
        "2017-12-12 10:00": -3,
        "2017-12-15 23:00": 0,
        "2017-12-16 10:00": 1,  # a Saturday is not the day itself
        "2017-12-18 10:00": 1,
        "2017-12-20 10:00": 3,
    }
    rows = [given.dossier(f"D{i}", status=9, finished_at=end) for i, end in enumerate(done)]
    on_friday = DONE | {"finished_at": "2017-12-15 10:00"}
    rows += [given.dossier("for-saturday", **on_friday, due_at="2017-12-16 17:00")]
    rows += [given.dossier("off-the-calendar", **on_friday, due_at="2117-12-16 17:00")]
    rows += [given.dossier("no-due", **on_friday, due_at=None)]
    rows += [given.dossier("open"), given.dossier("refused", status=3, refused_at="2017-12-15 10:00")]
    warehouse.replace_slice(given.slice("U1", "2017-12-29", rows))
    warehouse.build_models(date(2017, 12, 31))
    gaps = warehouse.read_table("due_gap_count")
    assert gaps.set_index("gap_days")["n"].to_dict() == {-3: 1, -1: 1, 0: 1, 1: 2, 3: 1}
    assert set(gaps["end_quarter"]) == {"2017-Q4"}
    words = warehouse.read_table("dossier_fact")["timeliness"].value_counts()
    assert (words["EARLY"], words["ON_TIME"], words["LATE"]) == (3, 1, 3)  # one early has no day on the calendar


# --- delayed entry ----------------------------------------------------------------------------------------
def entries(warehouse: Warehouse) -> dict[str, int]:
    return warehouse.read_table("dossier_fact").set_index("dossier_code")["entry_half_days"].to_dict()


@pytest.mark.parametrize("history_from", ["2017-12-11", "2017-12-09", "2017-12-10"])
def test_delayed_entry_over_a_weekend(warehouse: Warehouse, given: Any, history_from: str) -> None:
    """A history that begins on Monday the 11th, or on the weekend before it, begins on Monday morning."""
    rows = [
        given.dossier("wednesday-morning", received_at="2017-12-06 08:00"),  # Wed, Thu, Fri
        given.dossier("wednesday-afternoon", received_at="2017-12-06 14:00"),
        given.dossier("friday-afternoon", received_at="2017-12-08 14:00"),
        given.dossier("saturday", received_at="2017-12-09 10:00"),  # Monday is a day on for the clock of elapsed time
        given.dossier("monday", received_at="2017-12-11 08:00"),
        given.dossier("stopped", received_at="2017-12-04 08:00"),  # ten halves, less three, less two still running
        given.dossier("elsewhere", received_at="2017-12-04 08:00"),
    ]
    pauses = [
        given.pause("stopped", 1, "2017-12-05 08:00", "2017-12-06 14:00"),
        given.pause("stopped", 2, "2017-12-08 08:00", "2017-12-13 08:00"),
        given.pause("wednesday-morning", 1, "2017-12-12 08:00", "2017-12-13 08:00"),  # after it: nothing to take off
    ]
    warehouse.replace_dimensions(units({"history_from": date.fromisoformat(history_from)}, {"unit_code": "U2"}))
    warehouse.replace_slice(given.slice("U1", "2017-12-15", rows[:-1], pauses=pauses))
    warehouse.replace_slice(given.slice("U2", "2017-12-15", rows[-1:]))
    warehouse.build_models(AS_OF)
    assert entries(warehouse) == {
        "wednesday-morning": 6,
        "wednesday-afternoon": 5,
        "friday-afternoon": 1,
        "saturday": 0 if history_from == "2017-12-09" else 2,
        "monday": 0,
        "stopped": 5,
        "elsewhere": 0,
    }
    counts = warehouse.read_table("duration_count")
    assert counts.groupby("entry_half_days")["n"].sum()[[1, 5, 6]].tolist() == [1, 2, 1]
    facts = warehouse.read_table("dossier_fact")
    assert (facts["entry_half_days"] <= facts["elapsed_half_days"]).all()


def test_delayed_entry_with_several_rows_of_a_unit(duck: Warehouse, given: Any) -> None:
    later = {"valid_from": date(2017, 12, 1), "history_from": date(2017, 12, 11)}
    duck.replace_dimensions(units({"valid_to": date(2017, 11, 30)}, later))
    duck.replace_slice(given.slice("U1", "2017-12-15", [given.dossier("D1")]))
    duck.build_models(AS_OF)
    assert entries(duck) == {"D1": 10}
    assert duck.read_table("headline")["received"].tolist() == [1]


def test_working_time_off_the_calendar_is_not_nought(duck: Warehouse, given: Any) -> None:
    rows = [given.dossier("D1", received_at="2012-12-04 08:00", status=9, finished_at="2017-12-12 10:00")]
    duck.replace_slice(given.slice("U1", "2017-12-15", rows))
    duck.build_models(AS_OF)
    fact = duck.read_table("dossier_fact").iloc[0]
    assert pd.isna(fact["elapsed_half_days"])
    assert fact["entry_half_days"] == 0


# --- how records are kept ---------------------------------------------------------------------------------
def test_supplements_asked_on_the_last_day(warehouse: Warehouse, given: Any) -> None:
    """Which due date stood when it was asked: the source's word, else the one before it next moved, else today's."""
    rows = [given.dossier(f"D{i}") for i in range(1, 8)]  # due on the 15th
    rows[5] = given.dossier("D6", due_at=None)
    warehouse.replace_slice(given.slice("U1", "2017-12-12", rows))
    moved = [given.dossier("D3", due_at="2017-12-20 17:00"), given.dossier("D4", due_at="2017-12-20 17:00")]
    pauses = [
        given.pause("D1", 1, "2017-12-14 16:00", old_due_at="2017-12-14 17:00"),  # on its day
        given.pause("D1", 2, "2017-12-13 16:00", "2017-12-13 17:00", old_due_at="2017-12-14 17:00"),
        given.pause("D2", 1, "2017-12-15 09:00"),  # on the day of the due date that counts
        given.pause("D3", 1, "2017-12-15 09:00", new_due_at="2017-12-20 17:00"),  # was the 15th until that night
        given.pause("D4", 1, "2017-12-14 09:00", new_due_at="2017-12-20 17:00"),
        given.pause("D5", 1, "2017-12-15 09:00", new_due_at="2017-12-15 17:00"),  # today's date is the new one
        given.pause("D6", 1, "2017-12-15 09:00"),  # no due date at all
        given.pause("D7", 1, "2017-12-15 09:00", kind="FINANCIAL"),
        given.pause("D7", 2, "2017-12-18 09:00"),  # tomorrow's
    ]
    warehouse.replace_slice(given.slice("U1", "2017-12-15", moved, pauses=pauses))
    warehouse.build_models(AS_OF)
    assert checks(warehouse, "SUPPLEMENT_LAST_DAY") == [("U1", "2017-Q4", 0, 5, 3)]


def test_finishes_at_the_very_second(warehouse: Warehouse, given: Any) -> None:
    due = "2017-12-12 17:00:00"
    rows = [
        given.dossier("to-the-second", status=9, due_at=due, finished_at=due),
        given.dossier("a-second-before", status=9, due_at=due, finished_at="2017-12-12 16:59:59"),
        given.dossier("another-day", status=9, due_at=due, finished_at="2017-12-11 17:00:00"),
        given.dossier("no-due", status=10, due_at=None, finished_at="2017-12-13 17:00:00"),
        given.dossier("returned-only", status=10, due_at=due, returned_at=due),  # nothing to compare
        given.dossier("withdrawn", status=7, due_at=due, finished_at=due),
        given.dossier("open", due_at=due),
    ]
    dates = [given.dossier(f"E{i}", status=9, due_at="2017-12-12", finished_at="2017-12-12") for i in range(4)]
    times = [given.dossier(f"T{i}", status=9, due_at="2017-12-12", finished_at="2017-12-12 17:00") for i in range(3)]
    warehouse.replace_slice(given.slice("U1", "2017-12-15", rows))
    warehouse.replace_slice(given.slice("U2", "2017-12-15", [*dates, *times]))  # most are days, not moments
    warehouse.build_models(AS_OF)
    assert checks(warehouse, "FINISH_EQUALS_DUE") == [("U1", "2017-Q4", 0, 3, 1)]
    assert checks(warehouse, "FINISH_AT_CLOSING") == [("U1", "2017-Q4", 0, 4, 3)]
    early_close = default_calendar(date(2016, 1, 1), date(2018, 12, 31)).days((25200, 41400, 46800, 61199 - 3600))
    warehouse.replace_dimensions({"calendar_day": early_close})
    warehouse.build_models(AS_OF)
    assert checks(warehouse, "FINISH_AT_CLOSING") == [("U1", "2017-Q4", 0, 4, 0)]
    early_close["closing_s"] = None  # a warehouse of before these columns: 17:00
    warehouse.replace_dimensions({"calendar_day": early_close})
    warehouse.build_models(AS_OF)
    assert checks(warehouse, "FINISH_AT_CLOSING") == [("U1", "2017-Q4", 0, 4, 3)]


def test_a_batch_of_twelve_in_one_minute(warehouse: Warehouse, given: Any) -> None:
    rows = [given.dossier(f"B{i:02d}", status=9, finished_at=f"2017-12-29 16:40:{i:02d}", staff_code="CB1")
            for i in range(12)]  # fmt: skip
    rows += [
        given.dossier("C1", status=9, finished_at="2017-12-29 16:40:30", staff_code="CB2"),  # same minute, another's
        given.dossier("C2", status=9, finished_at="2017-12-29 16:41:00", staff_code="CB1"),  # the minute after
        given.dossier("C3", status=3, refused_at="2017-12-28 16:40:00", staff_code="CB1"),  # the day before
        given.dossier("O1", status=9, finished_at="2017-12-29 16:40:05", office_code="TNMT"),
        given.dossier("O2", status=9, finished_at="2017-12-29 16:40:05", office_code="TNMT", staff_code=""),
        given.dossier("O3", status=9, finished_at="2017-12-29 16:40:05", office_code="LD"),
        given.dossier("day-only", status=9, finished_at="2017-12-29 00:00:00", staff_code="CB1"),
        given.dossier("last-quarter", status=9, received_at="2017-09-01 08:00", finished_at="2017-09-29 16:40"),
        given.dossier("open"),
    ]
    many = [given.dossier(f"M{i}", status=9, finished_at="2017-12-29 16:40:05", staff_code="CB1") for i in range(61)]
    warehouse.replace_slice(given.slice("U1", "2017-12-30", rows))
    warehouse.replace_slice(given.slice("U2", "2017-12-30", many))
    warehouse.build_models(date(2017, 12, 31))
    assert checks(warehouse, "BATCH_CLOSING") == [
        ("U1", "2017-Q3", 1, 1, 1),
        ("U1", "2017-Q4", 1, 18, 4),
        ("U1", "2017-Q4", 2, 18, 2),
        ("U1", "2017-Q4", 12, 18, 12),
        ("U2", "2017-Q4", 50, 61, 61),
    ]


def test_dates_moved_from_night_to_night(warehouse: Warehouse, given: Any) -> None:
    old = {"received_at": "2017-06-01 08:00", "due_at": "2017-06-30 17:00"}
    rows = [
        given.dossier("gone", **old, status=9, finished_at="2017-06-20 10:00"),
        given.dossier("ended-in-q3", **old, status=9, finished_at="2017-08-01 10:00"),
        given.dossier("put-back", **old, status=9, finished_at="2017-09-20 10:00"),
        given.dossier("stays", **old),
    ]
    warehouse.replace_slice(given.slice("U1", "2017-09-28", rows))
    warehouse.replace_slice(given.slice("U1", "2017-09-29", [given.dossier("stays", **old, status=5)]))
    changed = [
        given.dossier("put-back", **old, status=9, finished_at="2017-06-30 10:00"),
        given.dossier("stays", **old | {"due_at": "2017-12-29 17:00"}, status=4),
        given.dossier("new", received_at="2017-12-04 08:00"),
    ]
    warehouse.replace_slice(given.slice("U1", "2017-12-05", changed))
    moved_again = given.dossier("stays", **old | {"due_at": "2018-01-29 17:00"}, status=4)
    warehouse.replace_slice(given.slice("U1", "2017-12-06", [moved_again]))
    warehouse.replace_slice(given.slice("U2", "2017-12-06", [given.dossier("one-night-only")]))
    warehouse.build_models(date(2017, 12, 31))
    # Q3: ended-in-q3, put-back, stays. Q4: stays, new; and put-back, found although it had ended in Q3.
    assert checks(warehouse, "DUE_MOVED") == [("U1", "2017-Q3", 0, 3, 0), ("U1", "2017-Q4", 0, 2, 1)]
    assert checks(warehouse, "FINISH_MOVED_BACK") == [("U1", "2017-Q3", 0, 3, 0), ("U1", "2017-Q4", 0, 3, 1)]
    warehouse.build_models(date(2017, 12, 4), temporary=True)  # what was known later, as of before it
    assert checks(warehouse, "DUE_MOVED") == [("U1", "2017-Q3", 0, 3, 0)]


def gap_rows(given: Any, *codes: str, day: str = "2017-12-04") -> list[Any]:
    return [given.dossier(code, received_at=f"{day} 08:00", due_at=None) for code in codes]


def test_numbers_missing_in_the_codes_of_a_day(warehouse: Warehouse, given: Any) -> None:
    head, other = "000.00.20.H15-171204", "000.00.20.H15-171205"
    rows = gap_rows(given, f"{head}-0001", f"{head}-0002", f"{head}-0005")  # 2 missing of 5
    rows += gap_rows(given, f"{other}-0007", day="2017-12-05")  # 1 of 1: what comes before the first is not known
    rows += gap_rows(given, "H36.15-20171004-0000012", "H36.15-20171004-0010", day="2017-10-04")  # 1 missing of 3
    rows += gap_rows(given, f"{head}-0900", day="2017-12-06")  # misdated: no gap up to 900
    rows += gap_rows(given, f"{head}-54321")  # given anew by a synchronisation
    warehouse.replace_slice(given.slice("U1", "2017-12-06", rows))
    warehouse.build_models(AS_OF)
    assert checks(warehouse, "CODE_GAP") == [("U1", "2017-Q4", 0, 9, 3)]
    # a number that another unit hands in, is set aside, or only registered, is not missing
    warehouse.replace_slice(
        given.slice("U2", "2017-12-06", gap_rows(given, f"{head}-0003"), quarantine=[given.held("R", f"{head}-0004")])
    )
    registered = given.dossier("H36.15-20171004-0011", received_at="2017-10-04 08:00", status=1)
    warehouse.replace_slice(given.slice("U2", "2017-12-07", [registered]))
    warehouse.build_models(AS_OF)
    assert checks(warehouse, "CODE_GAP") == [("U1", "2017-Q4", 0, 9, 0)]
    # the row belongs to the unit whose identifier it is; days before its history begins have no gaps
    warehouse.replace_dimensions(
        units({}, {"unit_code": "U2", "identifier": "000.00.20.H15", "history_from": date(2017, 12, 5)})
    )
    warehouse.build_models(AS_OF)
    assert checks(warehouse, "CODE_GAP") == [("U1", "2017-Q4", 0, 3, 0), ("U2", "2017-Q4", 0, 1, 0)]


FOREIGN = [
    "", "-", "--", "---", "abc-99-xx", "case-10011", "abc-20171204-0001", "000.00.20.H15", "000.00.20.H15--0001",
    "000.00.20.H15-171304-0001", "000.00.20.H15-171200-0001", "000.00.20.H15-171131-0001",
    "000.00.20.h15-171204-0001", "000.00.20.H15-171204-001", "000.00.20.H15-171204-0001-",
    "-000.00.20.H15-171204-0001", "000.00.20.H15-171204-000x", "000.00.20.H15-171204-00001",
    "000.00.20.H15-20171204-0001", " 000.00.20.H15-171204-0001", "00.00.20.H15-171204-0001",
    "000.00.20.H15-171204-٠٠٠١", "000.00.20.HH5-171204-0001", "AAA.AA.AA.A00-171204-0001",
    "000,00,20,H15-171204-0001", "H15-171204-0001", "H15-20171204-001", "H15-20171204-00000001",
    "H15.-20171204-0001", "H15..1-20171204-0001", "H15.1234-20171204-0001", "H15.1.2.3.4-20171204-0001",
    "H15.A-20171204-0001", "H15.1-20171204-0001-1", "H1-20171204-0001", "H15.1 -20171204-0001", "h15-20171204-0001",
    "H15-20171304-0001", "H15-20171204-0001\n", "H15-2017-12-04-0001", "%_'\"\\", "H15.0000.-20171204-0001",
    "H15-99999999-9999999", "9" * 60, "Đ15-20171204-0001", "H15\u0301-20171204-0001",
]  # fmt: skip
NATIONAL = [
    "000.00.20.H15-171204-0001", "000.00.00.A00-171204-0000", "999.99.99.Z99-171204-9999", "H15-20171204-0001",
    "H15.1-20171204-00001", "H15.12-20171204-000001", "H15.123-20171204-0000001", "H15.1.22.333-20171204-9999999",
    "A00.000.00.0-20171204-0001", "G09.20.1-20171204-0001",
]  # fmt: skip


@pytest.mark.parametrize(("codes", "base"), [(FOREIGN, 0), (NATIONAL, len(NATIONAL))])
def test_a_foreign_code_is_left_out_and_never_an_error(
    new_warehouse: Callable[[], Warehouse], given: Any, codes: list[str], base: int
) -> None:
    parsed = [parse_dossier_code(code) for code in codes]
    assert sum(code is not None and not code.is_recoded for code in parsed) == base
    warehouse = new_warehouse()
    held = [given.held("R", code, line_no=no) for no, code in enumerate(codes)]
    warehouse.replace_slice(given.slice("U1", "2017-12-06", gap_rows(given, *codes), quarantine=held))
    warehouse.build_models(AS_OF)
    assert checks(warehouse, "CODE_GAP") == ([("U1", "2017-Q4", 0, base, 0)] if base else [])


def test_no_dossiers_no_rows(warehouse: Warehouse) -> None:
    warehouse.build_models(AS_OF)
    for name in ("index_766_count", "due_gap_count", "integrity_count", "duration_count"):
        assert len(warehouse.read_table(name)) == 0
