"""Arrivals, finishes and backlog, by hand."""

from datetime import date, timedelta
from math import comb

import numpy as np
import pandas as pd
import pytest

from analysis.funnel import benjamini_hochberg
from analysis.thresholds import Thresholds
from analysis.workload import GIVES, NEEDS, SERIES, backlog_series, desk_load

LIMITS = Thresholds()
FIRST = date(2017, 10, 2)  # the first Monday of the quarter; its last is 25 December
OFFICE_WEEK = 5 * 28_800


def desk(moves: list[tuple[int, int]], office: str = "TNMT", before: int = 20, start: int = 10) -> pd.DataFrame:
    """(arrived, finished) week by week; before them `before` quiet weeks with `start` dossiers waiting."""
    rows = [(FIRST - timedelta(weeks=before - i), start if i == 0 else 0, 0) for i in range(before)]
    rows += [(FIRST + timedelta(weeks=i), *move) for i, move in enumerate(moves)]
    table = pd.DataFrame(rows, columns=["week", "arrived", "finished"])
    table["backlog"] = (table["arrived"] - table["finished"]).cumsum()
    if not before:
        table["backlog"] += start
    return table.assign(
        unit_code="U1",
        office_code=office,
        service_s=table["finished"] * 3600,
        staff=1,
        capacity_s=OFFICE_WEEK,
    )


def load(*desks: pd.DataFrame) -> pd.DataFrame:
    return desk_load(pd.concat(desks), quarter="2017-Q4", thresholds=LIMITS)


def test_worked_by_hand() -> None:
    row = load(desk([(8, 4), (6, 6), (10, 2), (6, 2)])).iloc[0]
    assert row[["weeks", "arrived", "finished"]].tolist() == [4, 30, 14]
    assert row[["backlog_first", "backlog_last", "backlog_peak", "growth"]].tolist() == [10, 26, 26, 16]
    assert row["weeks_up"] == 3
    assert row["utilisation"] == pytest.approx(14 * 3600 / (4 * OFFICE_WEEK))
    assert row["weeks_to_clear"] == pytest.approx(26 / 3.5)
    # backlog 14, 14, 22, 26 at -1.5, -0.5, 0.5, 1.5: (-21 - 7 + 11 + 39) / 5
    assert row["trend_per_week"] == pytest.approx(4.4)
    assert row["done_share"] == pytest.approx(14 / 30)
    assert row["p_value"] == pytest.approx(sum(comb(44, k) for k in range(30, 45)) / 2**44)
    assert row["p_value"] == row["q_value"] < 0.05
    assert row["is_growing"]
    assert row["low"] < row["done_share"] < row["high"] < 1


def test_growth_by_chance_or_in_one_week_is_not_growing() -> None:
    found = load(
        desk([(8, 7), (6, 6), (10, 8), (6, 5)], "A"),
        desk([(40, 4), (4, 4), (4, 4), (4, 5)], "B"),
    ).set_index("office_code")
    assert found["growth"].to_dict() == {"A": 4, "B": 35}
    assert found.loc["A", "q_value"] > 0.05
    assert found.loc["B", "q_value"] < 0.05  # surely more came than left, but in one week
    assert found["is_growing"].to_dict() == {"A": False, "B": False}


def test_an_office_just_begun_is_still_filling() -> None:
    row = load(desk([(10, 2)] * 4, before=5)).iloc[0]
    assert np.isnan(row["p_value"])
    assert not row["is_growing"]
    assert load(desk([(10, 2)] * 4, before=13)).iloc[0]["is_growing"]


def test_what_cannot_be_told_is_null() -> None:
    stuck = load(desk([(2, 0)] * 2)).iloc[0]
    assert np.isnan(stuck["weeks_to_clear"])
    assert np.isnan(stuck["trend_per_week"])  # two weeks make no trend
    assert np.isnan(stuck["p_value"])  # four arrivals
    unrecorded = load(desk([(10, 10)] * 4).assign(service_s=0)).iloc[0]
    assert np.isnan(unrecorded["utilisation"])
    assert unrecorded["weeks_to_clear"] == 1
    quiet = load(desk([(0, 0)] * 4)).iloc[0]
    assert quiet["utilisation"] == 0
    assert np.isnan(quiet["done_share"])


def test_the_series_is_a_year_of_weeks() -> None:
    table = desk([(3, 2)] * 13, before=60)
    found = backlog_series(table.sample(frac=1, random_state=1), quarter="2017-Q4", thresholds=LIMITS)
    assert list(found.columns) == SERIES
    assert found["week"].min() == pd.Timestamp(2017, 1, 2)
    assert found["week"].max() == pd.Timestamp(2017, 12, 25)
    assert len(found) == 52
    assert found["backlog"].iloc[-1] == 10 + 13
    assert found["week"].is_monotonic_increasing


def test_nothing_gives_the_columns_and_row_order_does_not_matter() -> None:
    none = pd.DataFrame(columns=NEEDS)
    assert list(desk_load(none, quarter="2017-Q4", thresholds=LIMITS).columns) == GIVES
    assert list(backlog_series(none, quarter="2017-Q4", thresholds=LIMITS).columns) == SERIES
    table = pd.concat([desk([(8, 4), (6, 6), (10, 4)], name) for name in "AB"])
    mixed = table.sample(frac=1, random_state=4)
    before = mixed.copy(deep=True)
    pd.testing.assert_frame_equal(load(mixed), load(table))
    pd.testing.assert_frame_equal(mixed, before)


@pytest.mark.slow
@pytest.mark.parametrize("quarters", [40, pytest.param(200, marks=pytest.mark.heavy)])
def test_steady_offices_are_not_called_growing_and_overloaded_ones_are(quarters: int) -> None:
    # Quarters of ten offices that only just keep up, the hardest to tell; then one that gets half as much again.
    draw = np.random.default_rng(3)
    steady = [
        desk(list(zip(draw.poisson(12, 13), draw.poisson(12, 13), strict=True)), before=13, start=100).assign(
            unit_code=f"U{quarter}", office_code=f"O{office}"
        )
        for quarter in range(quarters)
        for office in range(10)
    ]
    found = load(*steady)
    assert len(found) == 10 * quarters
    called = [
        bool(((benjamini_hochberg(each["p_value"]) <= LIMITS.fdr) & (each["weeks_up"] * 2 > each["weeks"])).any())
        for _, each in found.groupby("unit_code")
    ]
    assert len(called) == quarters
    assert sum(called) <= 0.08 * quarters  # a false discovery in one of twenty: of 200 it is 10, by chance up to 16
    assert found["p_value"].le(0.05).mean() <= 0.05
    assert not found["is_growing"].any()
    planted = load(*steady[:9], desk([(15, 10)] * 13, "SLOW", before=13, start=100)).set_index("office_code")
    assert planted.index[planted["is_growing"]].tolist() == ["SLOW"]
