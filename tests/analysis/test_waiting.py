"""Waiting split into causes, by hand."""

import pandas as pd
import pytest

from analysis.thresholds import Thresholds
from analysis.waiting import CAUSES, CAUSES_VI, GIVES, NEEDS, waiting_causes
from domain.errors import KnownError

LIMITS = Thresholds()
DAY = 28_800


def row(task: str, n: int, causes: dict[str, int], **more: object) -> dict[str, object]:
    """Steps that came from the counter to one office; causes and work in hours."""
    seconds = {f"{cause}_s": 3600 * causes.get(cause, 0) for cause in CAUSES}
    keys = {
        "unit_code": "U1",
        "proc_core": "1.000001",
        "from_office": "MC",
        "from_task": "Tiếp nhận",
        "office_code": "TNMT",
        "task": task,
        "end_quarter": "2017-Q4",
    }
    return keys | seconds | {"n": n, "waiting_s": sum(seconds.values()), "work_s": 3600 * n} | more


def causes(rows: list[dict[str, object]], **more: object) -> pd.DataFrame:
    return waiting_causes(pd.DataFrame(rows), quarter="2017-Q4", thresholds=LIMITS, **more)


ROWS = [
    row("Thẩm định", 10, {"citizen": 80, "contention": 40, "rest": 40}),
    row("Thẩm định", 6, {"contention": 8, "prioritised": 8}, proc_core="1.000002"),
    row("Ký duyệt", 4, {"unavailable": 16}, office_code="LD", from_office="TNMT", from_task="Thẩm định"),
    row("Thẩm định", 99, {"batching": 800}, end_quarter="2017-Q3"),
]


def test_worked_by_hand() -> None:
    found = causes(ROWS)
    edge = found.loc[found["level"].eq("EDGE") & found["task"].eq("Thẩm định")].iloc[0]
    assert (edge["from_office"], edge["office_code"], edge["proc_core"]) == ("MC", "TNMT", None)
    assert edge["n"] == 16
    assert edge["waiting_days"] == 22  # 160 + 16 hours of eight
    assert (edge["citizen_days"], edge["contention_days"], edge["prioritised_days"]) == (10, 6, 1)
    assert edge["work_days"] == 2
    assert edge["mean_waiting_days"] == pytest.approx(22 / 16)
    assert edge["main_cause"] == "citizen"
    assert edge["main_share"] == pytest.approx(10 / 22)
    assert edge["may_be_named"]


def test_levels() -> None:
    found = causes(ROWS)
    assert found["level"].value_counts().to_dict() == {"EDGE": 2, "OFFICE": 2, "PROCEDURE": 2}
    office = found.loc[found["level"].eq("OFFICE")].set_index("office_code")
    assert office["waiting_days"].to_dict() == {"LD": 2, "TNMT": 22}
    assert office["main_cause"].to_dict() == {"LD": "unavailable", "TNMT": "citizen"}
    assert office["may_be_named"].to_dict() == {"LD": False, "TNMT": True}  # four steps name nobody
    procedure = found.loc[found["level"].eq("PROCEDURE")].set_index("proc_core")
    assert procedure["waiting_days"].to_dict() == {"1.000001": 22, "1.000002": 2}
    assert procedure.loc["1.000002", "main_cause"] == "prioritised"  # half and half: the one taken out first
    assert procedure["unit_code"].isna().all()
    names = [f"{cause}_days" for cause in CAUSES]
    for level in ("EDGE", "OFFICE", "PROCEDURE"):
        part = found.loc[found["level"] == level]
        assert part["waiting_days"].sum() == 24
        assert part[names].sum(axis=1).to_numpy() == pytest.approx(part["waiting_days"].to_numpy())


def test_another_working_day() -> None:
    found = causes(ROWS, day_seconds=2 * DAY)
    assert found.loc[found["level"] == "OFFICE", "waiting_days"].tolist() == [1, 11]


def test_nothing_waited() -> None:
    found = causes([row("Thẩm định", 10, {})])
    assert found["waiting_days"].eq(0).all()
    assert found[["main_cause", "main_share"]].isna().all(axis=None)


@pytest.mark.parametrize("wrong", [{"waiting_s": 1}, {"rest_s": -3600, "citizen_s": 7200, "waiting_s": 3600}])
def test_causes_that_do_not_add_up_stop_the_run(wrong: dict[str, int]) -> None:
    with pytest.raises(KnownError) as stopped:
        causes([ROWS[0], row("Ký duyệt", 6, {"rest": 1}) | wrong])
    assert stopped.value.code == "E-WAITING-SUM"
    assert "[1] of [2]" in stopped.value.message
    assert "Ký duyệt" in stopped.value.message


def test_every_cause_has_a_name_of_its_own() -> None:
    assert len(set(CAUSES_VI.values())) == len(CAUSES) == 7


def test_nothing_gives_the_columns_and_row_order_does_not_matter() -> None:
    assert list(waiting_causes(pd.DataFrame(columns=NEEDS), quarter="2017-Q4", thresholds=LIMITS).columns) == GIVES
    old = waiting_causes(pd.DataFrame(ROWS), quarter="2019-Q1", thresholds=LIMITS)
    assert old.empty
    assert list(old.columns) == GIVES
    mixed = pd.DataFrame(ROWS).sample(frac=1, random_state=2)
    before = mixed.copy(deep=True)
    again = waiting_causes(mixed, quarter="2017-Q4", thresholds=LIMITS)
    pd.testing.assert_frame_equal(again, causes(ROWS))
    pd.testing.assert_frame_equal(mixed, before)
