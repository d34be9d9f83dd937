"""Which due date and which finish count, worked out by hand for each story."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from warehouse.fold import Folded, fold
from warehouse.frames import empty, to_arrow, to_frame
from warehouse.identity import Standing, resolve
from warehouse.lists import STEPS, latest_rows, settle
from warehouse.tables import APOLOGY, DOSSIER_VERSION, PAUSE_VERSION, STEP_VERSION, UNIT_SUCCESSION

DUE, LATER, LATEST = "2017-12-15 17:00", "2017-12-22 17:00", "2017-12-29 17:00"


def typed(rows: Sequence[dict[str, Any]], table: Any) -> pd.DataFrame:
    if not rows:
        return empty([column.name for column in table.columns])
    frame = pd.DataFrame(list(rows))
    for name in ("dossier_key", "dossier_id"):
        if name in table.columns and name not in frame.columns and "dossier_code" in frame.columns:
            frame[name] = frame["dossier_code"]
    return to_frame(to_arrow(frame, table))


ALONE = Standing(succession=typed((), UNIT_SUCCESSION))


def placed(versions: pd.DataFrame, known: Standing = ALONE) -> pd.DataFrame:
    return versions.assign(**resolve(versions, known))


@pytest.fixture
def folded(given: Any) -> Any:
    """Fold the versions of dossier D1 handed in by U1: (night, values) each."""

    def run(*versions: tuple[str, dict[str, Any]], pauses: Any = (), letters: Any = ()) -> Folded:
        rows = [
            given.dossier("D1", **{"unit_code": "U1", "due_at": DUE} | values) | {"night": night}
            for night, values in versions
        ]
        said = {"unit_code": "U1", "is_merged": True}
        stops = [pause | said | {"night": night, "place": pause["pause_no"]} for night, pause in pauses]
        return fold(placed(typed(rows, DOSSIER_VERSION)), typed(stops, PAUSE_VERSION), typed(letters, APOLOGY))

    return run


def credits(result: Folded) -> list[str]:
    return [str(day.date()) for day in result.versions.sort_values("version_no")["credit_due_at"]]


def rules(result: Folded, field: str) -> list[str | None]:
    rows = result.changes[result.changes["field"] == field].sort_values("night")
    return [None if pd.isna(rule) else rule for rule in rows["rule_id"]]


def test_a_due_date_moved_quietly_gains_nothing(folded: Any) -> None:
    result = folded(("2017-12-04", {}), ("2017-12-06", {"due_at": LATER}), ("2017-12-07", {"due_at": LATER}))
    assert credits(result) == ["2017-12-15"] * 3
    assert rules(result, "due_at") == ["DQ-HX-01"]


def test_put_back_to_where_it_was_is_no_new_breach(folded: Any) -> None:
    result = folded(("2017-12-04", {}), ("2017-12-06", {"due_at": LATER}), ("2017-12-07", {"due_at": DUE}))
    assert credits(result) == ["2017-12-15"] * 3
    assert rules(result, "due_at") == ["DQ-HX-01", None]


def test_a_supplement_moves_the_date_lawfully_once(folded: Any, given: Any) -> None:
    stops = [
        ("2017-12-06", given.pause("D1", 1, "2017-12-06 09:00")),
        ("2017-12-11", given.pause("D1", 1, "2017-12-06 09:00", "2017-12-11 08:00")),
    ]
    story = [("2017-12-04", {}), ("2017-12-06", {"status": 5}), ("2017-12-11", {"due_at": LATER})]
    result = folded(*story, ("2017-12-12", {"due_at": LATEST}), pauses=stops)
    assert credits(result) == ["2017-12-15", "2017-12-15", "2017-12-22", "2017-12-22"]
    assert rules(result, "due_at") == [None, "DQ-HX-01"]


def test_a_supplement_that_ended_on_the_night_before_still_moves_it(folded: Any, given: Any) -> None:
    stops = [("2017-12-11", given.pause("D1", 1, "2017-12-06 09:00", "2017-12-11 08:00"))]
    result = folded(("2017-12-04", {}), ("2017-12-11", {}), ("2017-12-12", {"due_at": LATER}), pauses=stops)
    assert credits(result)[-1] == "2017-12-22"
    late = folded(("2017-12-04", {}), ("2017-12-12", {}), ("2017-12-13", {"due_at": LATER}), pauses=stops)
    assert credits(late)[-1] == "2017-12-15"


def test_a_stop_reported_after_the_move_is_no_trace_of_it(folded: Any, given: Any) -> None:
    stops = [("2017-12-12", given.pause("D1", 1, "2017-12-06 09:00", "2017-12-11 08:00"))]
    result = folded(("2017-12-04", {}), ("2017-12-11", {"due_at": LATER}), pauses=stops)
    assert credits(result)[-1] == "2017-12-15"


def test_a_stop_that_names_the_new_date_is_a_trace(folded: Any, given: Any) -> None:
    stops = [("2017-12-06", given.pause("D1", 1, "2017-12-06 09:00", new_due_at="2017-12-22 09:00"))]
    assert credits(folded(("2017-12-04", {}), ("2017-12-08", {"due_at": LATER}), pauses=stops))[-1] == "2017-12-22"
    assert credits(folded(("2017-12-04", {}), ("2017-12-08", {"due_at": LATEST}), pauses=stops))[-1] == "2017-12-15"


def test_a_letter_of_an_earlier_night_is_a_trace_once(folded: Any) -> None:
    letter = [{"dossier_code": "D1", "night": "2017-12-14", "new_due_on": "2017-12-22"}]
    story = [("2017-12-04", {}), ("2017-12-15", {"due_at": LATER}), ("2017-12-18", {"due_at": LATEST})]
    result = folded(*story, ("2017-12-19", {"due_at": LATER}), letters=letter)
    assert credits(result) == ["2017-12-15", "2017-12-22", "2017-12-22", "2017-12-22"]
    same_night = folded(("2017-12-04", {}), ("2017-12-14", {"due_at": LATER}), letters=letter)
    assert credits(same_night)[-1] == "2017-12-15"  # or a rerun of that night would find a letter it did not have


def test_the_first_date_stated_counts_unless_the_dossier_is_already_finished(folded: Any) -> None:
    stated = folded(("2017-12-04", {"due_at": None}), ("2017-12-05", {"due_at": DUE}))
    assert credits(stated)[-1] == "2017-12-15"
    finished = {"finished_at": "2017-12-20 09:00", "status": 9}
    after = folded(("2017-12-20", {"due_at": None, **finished}), ("2017-12-21", {"due_at": LATER, **finished}))
    assert after.versions["credit_due_at"].isna().all()
    assert rules(after, "due_at") == ["DQ-HX-01"]
    gone = folded(("2017-12-04", {}), ("2017-12-05", {"due_at": None}))
    assert credits(gone)[-1] == "2017-12-15"


def test_only_the_hour_moved_is_not_a_move(folded: Any) -> None:
    result = folded(("2017-12-04", {}), ("2017-12-05", {"due_at": "2017-12-15 16:30"}))
    assert rules(result, "due_at") == [None]


@pytest.mark.parametrize(
    ("reported", "credit", "broken"),
    [
        (["2017-12-20", "2017-12-14"], "2017-12-20", ["DQ-HX-02"]),  # from after the due date to before it
        (["2017-12-14", "2017-12-12"], "2017-12-14", ["DQ-HX-02"]),  # earlier than first reported
        (["2017-12-14", "2017-12-20"], "2017-12-20", [None]),  # later: against nobody's interest but its own
        (["2017-12-12", "2017-12-20", "2017-12-13"], "2017-12-20", [None, "DQ-HX-02"]),
        (["2017-12-20", None, "2017-12-14"], "2017-12-20", ["DQ-HX-02"]),  # the end taken away does not count
    ],
)
def test_the_latest_finish_ever_reported_counts(
    folded: Any, reported: list[str | None], credit: str, broken: list[str | None]
) -> None:
    story = [(f"2017-12-{21 + i}", {"finished_at": finish, "status": 9}) for i, finish in enumerate(reported)]
    result = folded(("2017-12-04", {}), *story)
    assert str(result.dossiers["credit_finished_at"].iloc[0].date()) == credit
    assert rules(result, "finished_at") == [None, *broken]


def test_an_end_taken_away_is_set_aside_and_the_later_state_stands(folded: Any) -> None:
    done = {"finished_at": "2017-12-20 09:00", "status": 9}
    result = folded(("2017-12-20", done), ("2017-12-21", {"status": 4}), ("2017-12-22", {"status": 4}))
    assert result.dossiers[["night", "status"]].to_numpy().tolist() == [["2017-12-20", 9]]
    assert str(result.dossiers["credit_finished_at"].iloc[0]) == "2017-12-20 09:00:00"
    assert result.quarantine[["night", "rule_id"]].to_numpy().tolist() == [
        ["2017-12-21", "DQ-HX-03"],
        ["2017-12-22", "DQ-HX-03"],
    ]
    again = folded(("2017-12-20", done), ("2017-12-21", {"status": 4}), ("2017-12-22", done | {"staff_code": "CB2"}))
    assert again.dossiers["night"].tolist() == ["2017-12-22"]
    assert again.changes["field"].tolist() == ["staff_code"]


def test_a_status_the_legal_path_does_not_allow_is_named(folded: Any) -> None:
    result = folded(
        ("2017-12-04", {"status": 2}),
        ("2017-12-05", {"status": 4}),  # skipping forward within a night is allowed
        ("2017-12-06", {"status": 2}),  # back from processing to acceptance is not
        ("2017-12-07", {"status": 10}),
    )
    assert rules(result, "status") == [None, "DQ-ST-01", None]


def test_history_holds_every_field_that_differs_and_nothing_of_the_origin(folded: Any) -> None:
    result = folded(
        ("2017-12-04", {"fee_vnd": 30000.0, "staff_code": "CB1"}),
        ("2017-12-05", {"fee_vnd": 30000.0, "staff_code": None, "file_name": "khac.csv", "line_no": 5, "channel": 2}),
    )
    rows = result.changes[["field", "old_value", "new_value"]].astype(object)
    assert rows.where(rows.notna(), None).to_numpy().tolist() == [["staff_code", "CB1", None], ["channel", None, "2"]]
    assert result.versions["row_hash"].nunique() == 2
    again = folded(("2017-12-04", {}), ("2017-12-05", {"file_name": "khac.csv"}))
    assert again.versions["row_hash"].nunique() == 1
    assert len(again.changes) == 0


def test_steps_of_another_unit_count_unless_it_only_repeats_the_dossier(given: Any) -> None:
    versions = placed(
        typed(
            [
                given.dossier("D1", unit_code="U1", night="2017-12-04"),
                given.dossier("D1", unit_code="U3", night="2017-12-06"),
            ],
            DOSSIER_VERSION,
        )
    )
    assert versions["standing"].tolist() == ["COUNTED", "REPEATED"]
    rows = [
        given.step("D1", 1, "2017-12-04 08:00", unit_code="U1", night="2017-12-04"),
        given.step("D1", 2, "2017-12-05 08:00", unit_code="U2", night="2017-12-06"),  # the tax office's own step
        given.step("D1", 3, "2017-12-05 08:30", unit_code="U3", night="2017-12-05"),
        given.step("D1", 3, "2017-12-06 08:00", unit_code="U3", night="2017-12-06"),  # from here on not merged
    ]
    steps = typed([row | {"is_ours": False} for row in rows], STEP_VERSION)
    settled = steps.assign(**settle(steps, versions, STEPS))
    assert settled["is_merged"].tolist() == [True, True, True, False]
    latest = latest_rows(settled, versions[versions["standing"] == "COUNTED"], "step_no")
    assert latest[["step_no", "unit_code", "night"]].to_numpy().tolist() == [
        [1, "U1", "2017-12-04"],
        [2, "U3", "2017-12-05"],
        [3, "U2", "2017-12-06"],
    ]
