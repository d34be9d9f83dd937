"""Steps against their plan, by hand."""

import math

import pandas as pd
import pytest

from analysis.steps import step_times
from analysis.thresholds import Thresholds

LIMITS = Thresholds()


def steps(rows: list[tuple[int, bool, bool, int]], **more: object) -> pd.DataFrame:
    """(elapsed half days, open, same second, n) of one step planned at four half days."""
    table = pd.DataFrame(rows, columns=["elapsed_half_days", "is_open", "same_second", "n"])
    common = {
        "unit_code": "U1",
        "proc_core": "1.000001",
        "step_no": 2,
        "task": "Thẩm định",
        "office_code": "TNMT",
        "planned_half_days": 4.0,
    } | more
    return table.assign(**common, end_quarter=table["is_open"].map({True: None, False: "2017-Q4"}))


def step(table: pd.DataFrame, level: str = "STEP") -> pd.Series:
    found = step_times(table, quarter="2017-Q4", thresholds=LIMITS)
    return found.loc[found["level"] == level].iloc[0]


def test_worked_by_hand() -> None:
    row = step(steps([(3, False, False, 10), (8, False, False, 20)]))
    assert row["n"] == 30
    assert row["over_share"] == pytest.approx(20 / 30)
    assert row["mean_half_days"] == pytest.approx((30 + 160) / 30)
    assert row["median_half_days"] == 8
    assert row["excess_half_days"] == (3 - 4) * 10 + (8 - 4) * 20
    assert row["is_slowest"]


def test_open_steps_are_not_dropped() -> None:
    # 10 ended at 3; 10 open for 9 half days already: every one of them is past the plan.
    row = step(steps([(3, False, False, 10), (9, True, False, 10)]))
    assert row["over_share"] == pytest.approx(0.5)
    assert row["mean_half_days"] == 3  # of ended steps, and said so


def test_steps_entered_in_one_second_are_unusable_not_averaged() -> None:
    row = step(steps([(0, False, True, 30), (9, False, False, 70)]))
    assert row["same_second_share"] == pytest.approx(0.3)
    assert not row["is_usable"]
    assert math.isnan(row["mean_half_days"])
    assert math.isnan(row["over_share"])
    few = step(steps([(0, False, True, 10), (9, False, False, 90)]))
    assert few["is_usable"]
    assert (few["n"], few["mean_half_days"]) == (90, 9)  # the ten are left out, not averaged in


def test_half_a_day_of_noise_is_no_overrun() -> None:
    assert step(steps([(1, False, False, 20)], planned_half_days=0.5))["over_share"] == 0
    assert step(steps([(2, False, False, 20)], planned_half_days=0.5))["over_share"] == 1


def test_slowest_is_the_one_with_most_excess() -> None:
    table = pd.concat(
        [
            steps([(8, False, False, 10)], step_no=2, task="Thẩm định"),
            steps([(6, False, False, 30)], step_no=3, task="Ký duyệt"),
        ]
    )
    found = step_times(table, quarter="2017-Q4", thresholds=LIMITS)
    by_step = found.loc[found["level"] == "STEP"].set_index("step_no")
    assert by_step["is_slowest"].to_dict() == {2: False, 3: True}  # 40 against 60 half days


def test_an_office_is_pooled_over_its_procedures() -> None:
    table = pd.concat(
        [
            steps([(8, False, False, 10)], proc_core="1.000001"),
            steps([(2, False, False, 30)], proc_core="1.000002"),
        ]
    )
    row = step(table, level="OFFICE")
    assert (row["procedures"], row["n"], row["over_share"]) == (2, 40, 0.25)


def test_no_plan_gives_times_without_overrun() -> None:
    row = step(steps([(8, False, False, 10)], planned_half_days=float("nan")))
    assert row["mean_half_days"] == 8
    assert math.isnan(row["over_share"])
    assert not row["is_slowest"]


def test_only_steps_of_the_quarter() -> None:
    old = steps([(50, False, False, 100)]).assign(end_quarter="2017-Q2")
    row = step(pd.concat([old, steps([(3, False, False, 10)])]))
    assert row["n"] == 10
