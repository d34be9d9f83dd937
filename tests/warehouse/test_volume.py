"""A unit that hands in far fewer dossiers than usual: by weekday, at ends of months, beside holidays, small units."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from bench import volume as bench
from domain.calendar import default_calendar
from warehouse import Warehouse

DAYS = default_calendar(date(2016, 1, 1), date(2018, 12, 31))
WEDNESDAYS = ("2017-11-15", "2017-11-22", "2017-12-06", "2017-12-13")


def told(warehouse: Warehouse, given: Any, counts: Mapping[str, int]) -> list[list[object]]:
    """What is told after a unit handed in so many dossiers on these nights: night, state, dossiers, usual."""
    number = 0
    rows: list[Any]
    for night, seen in counts.items():
        rows = [given.dossier(f"H{number + each}") for each in range(seen)]
        number += seen
        warehouse.replace_slice(given.slice("U1", night, rows))
    warehouse.build_models(date.fromisoformat(max(counts)))
    found = warehouse.read_table("issue_volume").sort_values("night")
    usual = found["sentence"].str.extract(r"khoảng (\d+)")[0].astype(int)
    told_rows: list[list[object]] = (
        found.assign(usual=usual)[["night", "state", "count", "usual"]].to_numpy().tolist()
    )
    return told_rows


def test_none_and_two_where_thirty_are_usual_on_a_wednesday(duck: Warehouse, given: Any) -> None:
    usual = dict(zip(WEDNESDAYS, (28, 30, 32, 90), strict=True))  # the lowest and the highest are left out: 31
    after = {"2017-12-20": 0, "2017-12-27": 2, "2018-01-03": 33}
    assert told(duck, given, usual | after) == [
        ["2017-12-20", "NEW", 0, 31],
        ["2017-12-27", "OPEN", 2, 30],  # 0, 28, 30, 32, 90 without 0 and 90: 30
        ["2018-01-03", "MENDED", 33, 30],
    ]
    [sentence] = duck.read_table("issue_volume").query("state == 'NEW'")["sentence"]
    assert sentence.startswith("Đêm nay có 0 hồ sơ, mức thường cùng thứ trong tuần khoảng 31. Đề nghị")


def test_three_known_nights_are_too_few_and_half_is_no_fall(duck: Warehouse, given: Any) -> None:
    assert told(duck, given, dict.fromkeys(WEDNESDAYS[1:], 30) | {"2017-12-20": 0}) == []
    assert told(duck, given, {WEDNESDAYS[0]: 30, "2017-12-20": 15}) == []


def test_days_off_and_days_beside_a_holiday_say_nothing(duck: Warehouse, given: Any) -> None:
    fridays = dict.fromkeys(("2017-11-24", "2017-12-01", "2017-12-08", "2017-12-15"), 30)
    # 29/12 is the Friday before the three days of New Year; 23/12 is a Saturday
    assert told(duck, given, fridays | {"2017-12-23": 0, "2017-12-29": 0}) == []


def test_of_a_whole_register_only_what_is_new_counts(duck: Warehouse, given: Any) -> None:
    held = 0
    for night, new in zip(("2017-11-08", *WEDNESDAYS, "2017-12-20"), (500, 30, 30, 30, 30, 1), strict=True):
        held += new
        made = given.slice("U1", night, [given.dossier(f"H{each}") for each in range(held)])
        made.outcome["is_full"] = True
        duck.replace_slice(made)
    duck.build_models(date(2017, 12, 20))
    found = duck.read_table("issue_volume")[["night", "state", "count"]].to_numpy().tolist()
    assert found == [["2017-12-20", "NEW", 1]]


def test_a_small_unit_is_told_over_five_working_nights(duck: Warehouse, given: Any) -> None:
    nights = [
        str(day)
        for day in (date(2017, 10, 16) + timedelta(days=each) for each in range(66))
        if DAYS.is_working(day) and day < date(2017, 12, 13)
    ]
    silent = ("2017-12-06", "2017-12-07", "2017-12-08", "2017-12-11", "2017-12-12")
    found = told(duck, given, {night: 0 if night in silent else 3 for night in nights})
    # three a day are fifteen in five days: told on the fourth silent night, when three are left of them
    assert [row[:2] for row in found] == [["2017-12-11", "NEW"], ["2017-12-12", "OPEN"]]
    [sentence] = duck.read_table("issue_volume").query("state == 'NEW'")["sentence"]
    assert sentence.startswith("5 ngày làm việc gần nhất có 3 hồ sơ, mức thường của số ngày này khoảng 15")


def test_the_bench_plants_what_it_says() -> None:
    bench.ALL_DAYS = bench.calendar(2)
    days = bench.ALL_DAYS[bench.ALL_DAYS["is_working"]].reset_index(drop=True)
    level = bench.levels(days, 30)
    assert set(pd.to_datetime(days["day"]).dt.day_of_week) == {0, 1, 2, 3, 4}
    planted = bench.planted(days, level, "to 30 %", np.random.default_rng(1))
    assert planted
    assert all(seen <= 0.3 * level[at] for at, seen in planted.items())
    told = bench.told(days, {"u": np.where(np.arange(len(days)) == 300, 0, 30)})
    assert told[["night", "state"]].to_numpy().tolist()[0] == [str(days["day"][300]), "NEW"]
