"""What the models mean, on dossiers whose figures were worked out by hand.

December 2017: the 1st is a Friday, so 4-8, 11-15, 18-22 and 25-29 are working weeks.
"""

from datetime import date
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from domain.errors import KnownError
from warehouse import Slice, Warehouse
from warehouse.build import models

BRIDGE = ["done_early", "done_on_time", "done_late", "done_no_due", "open_in_term", "open_overdue", "open_paused"]
RESULTS = [*BRIDGE, "open_no_due", "refused", "withdrawn", "stopped"]
RECEIPTS = ["received_online", "received_direct_post", "carried_in"]
AS_OF = date(2017, 12, 15)

# code: (values, outcome, timeliness) as of Friday 15/12/2017; received Monday 4/12 at 08:00 unless said
CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "early": ({"status": 10, "finished_at": "2017-12-14 16:59"}, "DONE", "EARLY"),
    "on-time": ({"status": 9, "finished_at": "2017-12-15 23:00"}, "DONE", "ON_TIME"),
    "late": ({"status": 9, "finished_at": "2017-12-13 08:00", "due_at": "2017-12-12 17:00"}, "DONE", "LATE"),
    "returned-only": ({"status": 10, "returned_at": "2017-12-12 08:00"}, "DONE", "EARLY"),
    "done-no-due": ({"status": 9, "finished_at": "2017-12-13 08:00", "due_at": None}, "DONE", "NO_DUE"),
    "due-today": ({}, "OPEN", "IN_TERM"),
    "overdue": ({"due_at": "2017-12-14 17:00"}, "OPEN", "OVERDUE"),
    "open-no-due": ({"due_at": None}, "OPEN", "NO_DUE"),
    "ends-later": ({"status": 9, "finished_at": "2017-12-16 08:00"}, "OPEN", "IN_TERM"),
    "stopped-clock": ({"due_at": "2017-12-14 17:00"}, "OPEN", "PAUSED"),
    "status-5-alone": ({"status": 5, "due_at": "2017-12-14 17:00"}, "OPEN", "PAUSED"),
    "status-5-later": ({"status": 5, "due_at": "2017-12-14 17:00"}, "OPEN", "OVERDUE"),
    "no-date-of-end": ({"status": 10, "due_at": "2017-12-14 17:00"}, "OPEN", "OVERDUE"),
    "refused": ({"status": 3, "refused_at": "2017-12-05 08:00"}, "REFUSED", "NOT_APPLICABLE"),
    "refused-undated": ({"status": 3}, "REFUSED", "NOT_APPLICABLE"),
    "withdrawn": ({"status": 7, "finished_at": "2017-12-05 08:00"}, "WITHDRAWN", "NOT_APPLICABLE"),
    "halted": ({"status": 8, "finished_at": "2017-12-05 08:00"}, "STOPPED", "NOT_APPLICABLE"),
    "no-status": ({"status": None, "finished_at": "2017-12-13 08:00"}, "DONE", "EARLY"),
}


@pytest.fixture
def december(duck: Warehouse, given: Any) -> Warehouse:
    rows = [given.dossier(code, **values) for code, (values, _, _) in CASES.items()]
    unseen = [given.dossier("new", status=1), given.dossier("tomorrow", received_at="2017-12-16 08:00")]
    pauses = [
        given.pause("stopped-clock", 1, "2017-12-13 08:00"),
        given.pause("status-5-later", 1, "2017-12-18 08:00"),
    ]
    duck.replace_slice(given.slice("U1", "2017-12-14", [*rows, *unseen], pauses=pauses))
    duck.build_models(AS_OF)
    return duck


def test_outcome_and_timeliness(december: Warehouse) -> None:
    facts = december.read_table("dossier_fact").set_index("dossier_code")
    assert set(facts.index) == set(CASES)
    found = {code: (facts.loc[code, "outcome"], facts.loc[code, "timeliness"]) for code in CASES}
    assert found == {code: (outcome, word) for code, (_, outcome, word) in CASES.items()}
    assert facts.index[facts["has_time_problem"]].tolist() == ["no-date-of-end", "refused-undated"]
    assert facts.loc["refused-undated", "end_on"] == date(2017, 12, 14)  # the night it was first seen refused


def test_headline_adds_up(december: Warehouse) -> None:
    assert december.read_table("headline").to_dict("records") == [
        {"year": 2017, "unit_code": "U1", "received": 18, "not_eligible": 2, "eligible": 16}
        | {"early": 3, "on_time": 1, "late": 1, "open": 8, "no_due": 1, "withdrawn": 1, "stopped": 1}
        | {"late_by_reported_due": 1, "procedures_posted": 3}
    ]


def test_report_06a_closes(december: Warehouse) -> None:
    (row,) = december.read_table("report_count").to_dict("records")
    assert [row[name] for name in ("quarter", "field_code", "field_name")] == ["2017-Q4", "DD", "Đất đai"]
    assert [row[name] for name in RECEIPTS] == [0, 18, 0]
    assert [row[name] for name in RESULTS] == [3, 1, 1, 1, 2, 3, 2, 1, 2, 1, 1]


@pytest.mark.parametrize(
    ("end", "pauses", "expected"),
    [
        ("2017-12-07 14:00", [], (7, 6, 0)),  # Mon morning to Thu afternoon
        ("2017-12-07 14:00", [("2017-12-05 14:00", "2017-12-06 10:00")], (6, 5, 1)),
        ("2017-12-11 08:00", [("2017-12-08 08:00", "2017-12-10 20:00")], (9, 5, 1)),  # over a weekend
        (  # two stops that overlap on the 6th
            "2017-12-07 14:00",
            [("2017-12-05 08:00", "2017-12-06 14:00"), ("2017-12-06 08:00", "2017-12-06 16:00")],
            (4, 3, 3),
        ),
        ("2017-12-04 10:00", [], (0, 6, 0)),
        (None, [("2017-12-14 08:00", None)], (16, 6, 3)),  # Mon morning to Fri's end: 19, less 3 still running
    ],
)
def test_working_time(
    duck: Warehouse, given: Any, end: str | None, pauses: list[Any], expected: tuple[int, int, int]
) -> None:
    stops = [given.pause("D1", no, *pause) for no, pause in enumerate(pauses, start=1)]
    row = given.dossier("D1", due_at="2017-12-07 17:00", finished_at=end, status=9 if end else 5)
    duck.replace_slice(given.slice("U1", "2017-12-14", [row], pauses=stops))
    duck.build_models(AS_OF)
    fact = duck.read_table("dossier_fact").iloc[0]
    assert (fact["elapsed_half_days"], fact["limit_half_days"], fact["pause_half_days"]) == expected
    assert fact["pause_count"] == len(pauses)


def test_a_quiet_move_shows_late_beside_the_units_own_figure(duck: Warehouse, given: Any) -> None:
    done = {"due_at": "2017-12-22 17:00", "finished_at": "2017-12-20 10:00", "status": 9}
    duck.replace_slice(given.slice("U1", "2017-12-05", [given.dossier("D1")]))
    duck.replace_slice(given.slice("U1", "2017-12-20", [given.dossier("D1", **done)]))
    duck.build_models(date(2017, 12, 31))
    row = duck.read_table("headline").iloc[0]
    assert (row["late"], row["late_by_reported_due"]) == (1, 0)
    fact = duck.read_table("dossier_fact").iloc[0]
    assert (fact["due_on"], fact["due_reported_on"]) == (date(2017, 12, 15), date(2017, 12, 22))
    assert fact["has_time_problem"]
    assert len(duck.read("changes_without_trace", night="2017-12-20")) == 1


def test_quarters_carry_over_and_every_row_closes(duck: Warehouse, given: Any) -> None:
    """On a year of dossiers: (4)+(5)+(6) = all results; carried in = open at the end of the quarter before."""
    rows = []
    for i in range(400):
        received = pd.Timestamp("2017-01-03 09:00") + pd.Timedelta(hours=19 * i)
        status = (9, 4, 10, 3, 9, 7, 5, 9, 8, 9)[i % 10]
        end = received + pd.Timedelta(days=(i * 37) % 70) if status not in (4, 5) else None
        due = received + pd.Timedelta(days=20) if i % 13 else None
        rows.append(
            given.dossier(
                f"D{i}", received_at=received, finished_at=end, due_at=due, status=status, channel=i % 3 + 1
            )
            | {"proc_code": f"1.00000{i % 4 + 1}", "proc_core": f"1.00000{i % 4 + 1}"}
        )
    duck.replace_slice(given.slice("U1", "2017-12-31", rows))
    opens = 0
    for last in (date(2017, 3, 31), date(2017, 6, 30), date(2017, 9, 30), date(2017, 12, 31)):
        duck.build_models(last)
        report = duck.read_table("report_count")
        assert (report[RECEIPTS].sum(axis=1) == report[RESULTS].sum(axis=1)).all()
        assert report["carried_in"].sum() == opens
        opens = report[["open_in_term", "open_overdue", "open_paused", "open_no_due"]].to_numpy().sum()
        received = report[["received_online", "received_direct_post"]].to_numpy().sum()
        quarter_of = (last.month + 2) // 3
        assert received == sum(row["received_at"].quarter == quarter_of for row in rows)
        assert set(report["field_code"]) == {"DD", "HT", ""}  # the fourth procedure is in no catalogue
    assert opens > 50
    headline = duck.read_table("headline").iloc[0]
    parts = ["early", "on_time", "late", "no_due", "open", "withdrawn", "stopped"]
    assert headline["eligible"] == headline[parts].sum()
    counts = duck.read_table("duration_count")
    assert counts["n"].sum() == headline["received"] == len(rows)
    assert duck.read_table("usage_count")["n"].sum() == len(rows)


def test_steps_are_timed_without_the_stops_in_them(duck: Warehouse, given: Any) -> None:
    steps = [
        given.step("D1", 1, "2017-12-04 08:00", "2017-12-04 08:00"),  # clicked through; the catalogue plans 2,5 days
        given.step("D1", 2, "2017-12-04 08:00", "2017-12-08 08:00", planned_days=1.5),
        given.step("D1", 3, "2017-12-08 08:00"),
        given.step("D2", 1, "2017-12-11 08:00"),
    ]
    rows = [given.dossier("D1", status=9, finished_at="2017-12-11 08:00"), given.dossier("D2")]
    stops = [given.pause("D1", 1, "2017-12-05 08:00", "2017-12-06 08:00")]
    duck.replace_slice(given.slice("U1", "2017-12-14", rows, steps=steps, pauses=stops))
    duck.build_models(AS_OF)
    found = duck.read_table("step_count").sort_values(["step_no", "is_open"])
    columns = ["step_no", "planned_half_days", "elapsed_half_days", "is_open", "mark", "n"]
    assert found[columns].astype(object).where(found[columns].notna(), None).to_numpy().tolist() == [
        [1, 5, 0, False, "SAME_SECOND", 1],
        [1, 5, 9, True, "", 1],  # Mon morning to the end of Friday
        [2, 3, 6, False, "", 1],  # Mon to Fri morning: 8, less the 2 of the stop
        [3, None, 2, False, "", 1],  # ended with its dossier
    ]


def test_late_list(duck: Warehouse, given: Any) -> None:
    rows = [
        given.dossier("overdue", due_at="2017-12-12 17:00"),
        given.dossier("due-monday", due_at="2017-12-18 17:00"),
        given.dossier("due-tuesday", due_at="2017-12-19 17:00"),
        given.dossier("paused", due_at="2017-12-12 17:00", status=5),
        given.dossier("done", due_at="2017-12-12 17:00", finished_at="2017-12-13 08:00", status=9),
    ]
    steps = [
        given.step("overdue", 1, "2017-12-04 08:00", "2017-12-05 08:00"),
        given.step("overdue", 2, "2017-12-05 08:00", task="Ký duyệt", office_code="LD"),
    ]
    duck.replace_slice(given.slice("U1", "2017-12-15", rows, steps=steps))
    duck.build_models(AS_OF)
    columns = ["dossier_code", "kind", "days_late", "current_step", "current_office_code", "proc_name"]
    found = duck.read_table("late_list")[columns]
    assert found.astype(object).where(found.notna(), None).to_numpy().tolist() == [
        ["due-monday", "DUE_TOMORROW", 0, None, None, "Thủ tục 1.000001"],
        ["overdue", "OVERDUE", 3, "Ký duyệt", "LD", "Thủ tục 1.000001"],
    ]


def states(warehouse: Warehouse, kind: str) -> list[tuple[str, str, int, str]]:
    rows = warehouse.read_table("issue_night")
    rows = rows[rows["kind"] == kind]
    return list(zip(rows["night"], rows["state"], rows["count"], rows["first_night"], strict=True))


def test_issues_of_missing_files(duck: Warehouse, given: Any) -> None:
    statuses = ["COLLECTED", "MISSING", "FAILED", "UNCHANGED", "COLLECTED", "EMPTY"]
    for night, status in enumerate(statuses, start=11):
        duck.replace_slice(given.slice("U1", f"2017-12-{night}", status=status))
    duck.build_models(date(2017, 12, 16))
    assert states(duck, "FILE") == [
        ("2017-12-12", "NEW", 1, "2017-12-12"),
        ("2017-12-13", "OPEN", 1, "2017-12-12"),
        ("2017-12-14", "MENDED", 0, "2017-12-12"),
        ("2017-12-16", "NEW", 1, "2017-12-16"),
    ]


def test_issues_of_quarantined_rows(duck: Warehouse, given: Any) -> None:
    held = given.held
    nights: list[tuple[str, list[Any], list[Any]]] = [
        ("2017-12-11", [], [held("R1", "D1"), held("R1", "D2")]),
        ("2017-12-12", [], []),
        ("2017-12-13", [given.dossier("D1")], [held("R1", "D2")]),  # D2 set aside again: still one row, not two
        ("2017-12-14", [given.dossier("D2")], []),
        ("2017-12-15", [], []),  # D3 was set aside, and passed when the night was judged again on the 16th
        ("2017-12-16", [], []),
    ]
    for night, rows, quarantine in nights:
        duck.replace_slice(given.slice("U1", night, rows, quarantine=quarantine))
    passed = {"unit_code": "U1", "night": "2017-12-15", "rule_id": "R1", "said_on": date(2017, 12, 16), "n": 1}
    duck.insert_missing("quarantine_replayed", pd.DataFrame([passed]))
    duck.build_models(date(2017, 12, 16))
    ends = duck.read_table("issue_quarantine").query("state == 'MENDED'").set_index("night")["sentence"]
    assert ends.to_dict() == {
        "2017-12-14": "Không còn dòng nào cách ly vì lý do này, 1 dòng được nộp lại đúng.",
        "2017-12-16": "Không còn dòng nào cách ly vì lý do này, 1 dòng đạt khi kiểm tra lại sau khi sửa khai báo.",
    }
    found = duck.read_table("finding")[["opened_night", "nights", "until_night", "ended_how"]]
    assert sorted(found.to_numpy().tolist()) == [
        ["2017-12-11", 1, "2017-12-13", "ACCEPTED"],
        ["2017-12-11", 2, "2017-12-14", "ACCEPTED"],
    ]
    assert states(duck, "QUARANTINE") == [
        ("2017-12-11", "NEW", 2, "2017-12-11"),
        ("2017-12-12", "OPEN", 2, "2017-12-11"),
        ("2017-12-13", "OPEN", 1, "2017-12-11"),
        ("2017-12-14", "MENDED", 0, "2017-12-11"),
        ("2017-12-15", "NEW", 1, "2017-12-15"),
        ("2017-12-16", "MENDED", 0, "2017-12-15"),
    ]


def test_issues_of_warning_rules(duck: Warehouse, given: Any) -> None:
    for night, failed in (("2017-12-11", 2), ("2017-12-12", 3), ("2017-12-14", 0), ("2017-12-15", 1)):
        results = [given.rule("W1", failed), given.rule("I1", 4, severity="info")]
        duck.replace_slice(given.slice("U1", night, rule_results=results))
    duck.replace_slice(given.slice("U1", "2017-12-13", status="MISSING"))  # nothing judged, nothing mended
    duck.build_models(AS_OF)
    assert states(duck, "RULE") == [
        ("2017-12-11", "NEW", 2, "2017-12-11"),
        ("2017-12-12", "OPEN", 3, "2017-12-11"),
        ("2017-12-14", "MENDED", 0, "2017-12-11"),
        ("2017-12-15", "NEW", 1, "2017-12-15"),
    ]


def test_coverage_says_who_is_missing(duck: Warehouse, given: Any) -> None:
    for unit, night, status in [
        ("U1", "2017-12-28", "COLLECTED"),
        ("U1", "2017-12-29", "MISSING"),
        ("U1", "2017-12-31", "UNCHANGED"),
        ("U2", "2017-12-28", "COLLECTED"),
        ("U2", "2017-12-29", "FAILED"),
    ]:
        duck.replace_slice(given.slice(unit, night, status=status))
    found = duck.read("coverage", last_day=date(2017, 12, 31), known="2017-12-31")
    assert found.astype(object).where(found.notna(), None).to_numpy().tolist() == [
        ["U1", 4, 2, "2017-12-29", "2017-12-30", True],  # every night; its data reach the last
        ["U2", 2, 1, "2017-12-29", "2017-12-29", False],  # working days only
    ]
    assert not duck.read("coverage", last_day=date(2017, 12, 31), known="2017-12-30")["is_covered"].any()


def test_an_old_night_looks_as_it_did(duck: Warehouse, given: Any, slices: list[Slice]) -> None:
    """Models of a night from the full warehouse = models from a warehouse that ends with that night."""
    for new in slices:
        duck.replace_slice(new)
    duck.build_models(date(2017, 12, 31))
    lasting = {name: duck.read_table(name) for name in models()}
    for night in ("2017-12-04", "2017-12-05", "2017-12-06"):
        duck.build_models(date.fromisoformat(night), known=night, temporary=True)
        with Warehouse.open("duckdb:///:memory:") as then:
            then.migrate()
            then.replace_dimensions(given.dimensions)
            for new in slices:
                if new.night <= night:
                    then.replace_slice(new)
            then.build_models(date.fromisoformat(night))
            for name in models():
                assert_frame_equal(duck.read_table(name), then.read_table(name), obj=f"{night} {name}")
    assert duck.read_table("model_parameter")["known"].tolist() == ["2017-12-06"]
    duck.build_models(date(2017, 12, 31))
    for name, frame in lasting.items():
        assert_frame_equal(duck.read_table(name), frame, obj=name)


def test_models_shown_for_a_page_are_those_of_its_night_and_no_other_can_be_read(duck, given) -> None:
    duck.replace_slice(given.slice("U1", "2017-12-15", [given.dossier("D1")]))
    duck.replace_slice(given.slice("U1", "2017-12-19", [given.dossier("D1"), given.dossier("D2")]))
    duck.build_models(date(2017, 12, 19))
    duck.build_models(date(2017, 12, 15), known="2017-12-15", temporary=True)
    whole = {name: duck.read_table(name) for name in ("late_list", "headline", "dossier_known")}
    duck.show_models(["late_list", "headline"], as_of=date(2017, 12, 15), known="2017-12-15")
    for name, frame in whole.items():
        assert_frame_equal(duck.read_table(name), frame)
    assert list(whole["dossier_known"]["dossier_code"]) == ["D1"]
    with pytest.raises(KnownError, match="E-WH-MODEL"):
        duck.read_table("usage_count")
    duck.build_models(date(2017, 12, 19), temporary=True)
    duck.read_table("usage_count")
