"""Steps against their plan, by hand."""

import math
from math import comb

import numpy as np
import pandas as pd
import pytest

from analysis.funnel import benjamini_hochberg
from analysis.steps import GIVES, NEEDS, step_times
from analysis.thresholds import Thresholds

LIMITS = Thresholds()


def steps(rows: list[tuple[int, bool, str, int]], **more: object) -> pd.DataFrame:
    """(elapsed half days, open, mark, n) of one step planned at four half days."""
    table = pd.DataFrame(rows, columns=["elapsed_half_days", "is_open", "mark", "n"])
    common = {
        "unit_code": "U1",
        "proc_core": "1.000001",
        "step_no": 2,
        "task": "Thẩm định",
        "office_code": "TNMT",
        "planned_half_days": 4.0,
    } | more
    return table.assign(**common, end_quarter=table["is_open"].map({True: None, False: "2017-Q4"}))


def times(table: pd.DataFrame) -> pd.DataFrame:
    return step_times(table, quarter="2017-Q4", thresholds=LIMITS)


def step(table: pd.DataFrame, level: str = "STEP") -> pd.Series:
    found = times(table)
    return found.loc[found["level"] == level].iloc[0]


def test_worked_by_hand() -> None:
    row = step(steps([(3, False, "", 10), (8, False, "", 20)]))
    assert (row["n"], row["over_n"]) == (30, 30)
    assert row["over_share"] == pytest.approx(20 / 30)
    assert row["mean_half_days"] == pytest.approx((30 + 160) / 30)
    assert row["median_half_days"] == 8
    assert row["excess_half_days"] == (3 - 4) * 10 + (8 - 4) * 20
    assert row["is_slowest"]
    assert row["p_value"] == pytest.approx(sum(comb(30, k) for k in range(20, 31)) / 2**30)


def test_open_steps_are_not_dropped() -> None:
    # 10 ended at 3; 10 open for 9 half days already: every one of them is past the plan.
    row = step(steps([(3, False, "", 10), (9, True, "", 10)]))
    assert row["over_share"] == pytest.approx(0.5)
    assert row["mean_half_days"] == 3  # of ended steps, and said so
    assert row["p_value"] == pytest.approx(sum(comb(20, k) for k in range(10, 21)) / 2**20)  # all known: exact


def test_chance_with_open_steps_still_within_the_plan() -> None:
    # 5 open at 2; of the 30 left at 3, 10 end: S = 2/3, Greenwood 10 / (30 x 20) = 1/60,
    # error of ln(-ln S) = sqrt(1/60) / ln 1.5 = 0.31840, distance (-0.36651 + 0.90272) / 0.31840 = 1.6841.
    row = step(steps([(2, True, "", 5), (3, False, "", 10), (8, False, "", 20)]))
    assert row["over_share"] == pytest.approx(2 / 3)
    assert row["p_value"] == pytest.approx(0.5 * math.erfc(1.6841 / math.sqrt(2)), rel=1e-3)
    none_within = step(steps([(2, True, "", 5), (8, False, "", 20)]))
    assert none_within["over_share"] == 1
    assert none_within["p_value"] == pytest.approx(0.5**20)
    none_over = step(steps([(2, True, "", 5), (3, False, "", 20)]))
    assert none_over["p_value"] == 1


def test_marked_steps_are_unusable_not_averaged() -> None:
    row = step(steps([(0, False, "SAME_SECOND", 20), (9, False, "MIDNIGHT", 10), (9, False, "", 70)]))
    assert row["same_second_share"] == pytest.approx(0.2)
    assert row["midnight_share"] == pytest.approx(0.1)
    assert row["marked_share"] == pytest.approx(0.3)
    assert not row["is_usable"]
    assert row["n"] == 70
    shown = ["mean_half_days", "median_half_days", "over_share", "planned_half_days", "excess_half_days", "q_value"]
    assert row[shown].isna().all()
    every = step(steps([(0, False, "SAME_SECOND", 30)]))
    assert (every["n"], every["is_usable"]) == (0, False)
    few = step(steps([(0, False, "SAME_SECOND", 10), (40, False, "MIDNIGHT", 10), (9, False, "", 80)]))
    assert few["is_usable"]
    assert (few["n"], few["mean_half_days"]) == (80, 9)  # the twenty are left out, not averaged in


def test_half_a_day_of_noise_is_no_overrun() -> None:
    assert step(steps([(1, False, "", 20)], planned_half_days=0.5))["over_share"] == 0
    assert step(steps([(2, False, "", 20)], planned_half_days=0.5))["over_share"] == 1


def test_slowest_is_the_one_with_most_excess() -> None:
    table = pd.concat(
        [
            steps([(8, False, "", 10)], step_no=2, task="Thẩm định"),
            steps([(6, False, "", 30)], step_no=3, task="Ký duyệt"),
        ]
    )
    found = times(table)
    by_step = found.loc[found["level"] == "STEP"].set_index("step_no")
    assert by_step["is_slowest"].to_dict() == {2: False, 3: True}  # 40 against 60 half days


def test_an_office_is_pooled_over_its_procedures() -> None:
    table = pd.concat(
        [
            steps([(8, False, "", 10)], proc_core="1.000001"),
            steps([(2, False, "", 30)], proc_core="1.000002"),
        ]
    )
    row = step(table, level="OFFICE")
    assert (row["procedures"], row["n"], row["over_share"]) == (2, 40, 0.25)
    assert row["p_value"] > 0.99
    alone = step(steps([(8, False, "", 40)]), level="OFFICE")
    assert math.isnan(alone["p_value"])  # its step is tested, not twice the same


def test_no_plan_gives_times_without_overrun() -> None:
    row = step(steps([(8, False, "", 40)], planned_half_days=float("nan")))
    assert row["mean_half_days"] == 8
    assert row["over_n"] == 0
    assert math.isnan(row["over_share"])
    assert math.isnan(row["p_value"])
    assert not row["is_slowest"]


def test_few_are_not_tested() -> None:
    assert math.isnan(step(steps([(8, False, "", 19)]))["q_value"])
    assert step(steps([(8, False, "", 20)]))["q_value"] < 1e-5


def test_only_steps_of_the_quarter() -> None:
    old = steps([(50, False, "", 100)]).assign(end_quarter="2017-Q2")
    row = step(pd.concat([old, steps([(3, False, "", 10)])]))
    assert row["n"] == 10


def test_nothing_gives_the_columns_and_row_order_does_not_matter() -> None:
    assert list(times(pd.DataFrame(columns=NEEDS)).columns) == GIVES
    table = pd.concat([steps([(3, False, "", 10), (8, True, "", 20)], step_no=no) for no in (1, 2, 3)])
    mixed = table.sample(frac=1, random_state=1)
    before = mixed.copy(deep=True)
    pd.testing.assert_frame_equal(times(mixed), times(table))
    pd.testing.assert_frame_equal(mixed, before)


def test_steps_that_overrun_by_chance_alone_are_not_called_slow() -> None:
    # 200 quarters (as units here) of twenty steps of forty, each past its plan with even chance, some still open.
    draw, size = np.random.default_rng(1), 200 * 20 * 40
    whole, seen = draw.choice([2, 3, 6, 8], size=size), draw.choice([1, 2, 7, 99, 99, 99], size=size)
    rows = pd.DataFrame({"elapsed_half_days": np.minimum(whole, seen), "is_open": seen < whole, "mark": "", "n": 1})
    place = np.arange(size) // 40
    rows = rows.assign(unit_code=[f"U{i // 20}" for i in place], step_no=place % 20, office_code="O", task="Việc")
    rows = rows.assign(proc_core="1.000001", planned_half_days=4.0, end_quarter="2017-Q4")
    found = times(rows)
    found = found.loc[found["level"] == "STEP"]
    assert len(found) == 4000
    assert found["p_value"].le(0.05).mean() < 0.06
    quarters = [
        bool(((benjamini_hochberg(each["p_value"]) <= LIMITS.fdr) & (each["ci_low"] > LIMITS.step_over_share)).any())
        for _, each in found.groupby("unit_code")
    ]
    assert len(quarters) == 200
    assert sum(quarters) <= 10
