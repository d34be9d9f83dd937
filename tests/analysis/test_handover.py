"""Ways from step to step: sums exact, quantiles within what the bins know."""

import numpy as np
import pandas as pd
import pytest

from analysis.handover import DAY, GRAPH, HANDOVERS, NEEDS, THROUGHPUT, bin_quantiles, graph, handovers, throughput
from analysis.thresholds import Thresholds

LIMITS = Thresholds()


def rows_of_times(seconds: list[float], **keys: object) -> pd.DataFrame:
    """What transition_count makes of the single times."""
    table = pd.DataFrame({"seconds": np.asarray(seconds, dtype=float)})
    table["time_bin"] = np.floor(np.log1p(table["seconds"]) * 32).astype(int)
    counted = table.groupby("time_bin")["seconds"].agg(["size", "sum", "min", "max"]).reset_index()
    counted = counted.set_axis(["time_bin", "n", "seconds", "least", "most"], axis=1)
    common = {
        "edge": "BETWEEN",
        "unit_code": "U1",
        "proc_core": "1.000001",
        "from_office": "MC",
        "from_task": "Tiếp nhận",
        "to_office": "TNMT",
        "to_task": "Thẩm định",
        "end_quarter": "2017-Q4",
        "is_usable": True,
    }
    return counted.assign(**(common | keys))


def days(table: pd.DataFrame) -> pd.Series:
    return handovers(table, quarter="2017-Q4", thresholds=LIMITS).iloc[0]


def test_worked_by_hand() -> None:
    row = days(rows_of_times([DAY, 2 * DAY, 4 * DAY, 8 * DAY, 10 * DAY, 11 * DAY]))
    assert (row["n"], row["usable_n"]) == (6, 6)
    assert row["mean_days"] == pytest.approx(6)
    assert row["median_days"] == row["median_low"] == row["median_high"] == pytest.approx(6)  # between 4 and 8
    assert row["p90_days"] == pytest.approx(10.5)  # place 4.5 of 0..5
    assert row["worst_days"] == pytest.approx(11)
    assert row["may_be_named"]


def test_quantiles_of_bins_are_near_and_their_bounds_hold() -> None:
    draw = np.random.default_rng(5)
    for size in (1, 2, 3, 10, 501, 5000):
        seconds = np.round(draw.lognormal(11, 2, size), 3)
        for share, tool in ((0.5, np.median(seconds)), (0.9, np.quantile(seconds, 0.9))):
            table = rows_of_times(list(seconds)).assign(key="a")
            row = bin_quantiles(table, share, by=["key"]).iloc[0]
            assert row["low"] - 1e-6 <= tool <= row["high"] + 1e-6
            assert row["value"] == pytest.approx(tool, rel=0.032)
    exact = bin_quantiles(rows_of_times([5.0, 5.0, 5.0]).assign(key="a"), 0.5, by=["key"]).iloc[0]
    assert exact.tolist() == ["a", 5, 5, 5]


def test_inside_a_bin_times_are_spread_evenly() -> None:
    one = pd.DataFrame({"key": ["a"], "time_bin": [7], "n": [5], "least": [100.0], "most": [104.0]})
    assert bin_quantiles(one, 0.5, by=["key"]).iloc[0].tolist() == ["a", 102, 100, 104]
    assert bin_quantiles(one, 0.25, by=["key"])["value"].tolist() == [101]
    two = pd.DataFrame(
        {"key": ["a", "a"], "time_bin": [7, 9], "n": [2, 2], "least": [100.0, 110.0], "most": [104.0, 112.0]}
    )
    # the second and the third of four: the last of one bin and the first of the next, both known
    assert bin_quantiles(two, 0.5, by=["key"]).iloc[0].tolist() == ["a", 107, 107, 107]


def test_groups_do_not_mix() -> None:
    table = pd.concat([rows_of_times([10.0, 20.0, 30.0]).assign(key="b"), rows_of_times([1.0]).assign(key="a")])
    assert bin_quantiles(table, 0.5, by=["key"])["value"].tolist() == [1, 20]


def test_marked_ones_are_counted_not_timed() -> None:
    good, marked = rows_of_times([DAY] * 8), rows_of_times([0.0] * 2, is_usable=False)
    row = days(pd.concat([good, marked]))
    assert (row["n"], row["usable_n"], row["mean_days"]) == (10, 8, 1)
    row = days(pd.concat([good, marked, marked]))
    assert (row["n"], row["usable_n"], row["is_usable"]) == (12, 8, False)
    assert row[["mean_days", "median_days", "p90_days", "worst_days"]].isna().all()
    row = days(marked)
    assert not row["is_usable"]
    assert not row["may_be_named"]


def test_only_the_quarter_and_each_way_apart() -> None:
    table = pd.concat(
        [
            rows_of_times([DAY]),
            rows_of_times([DAY], end_quarter="2017-Q3"),
            rows_of_times([DAY], proc_core="1.000002"),
            rows_of_times([DAY], to_task="Ký duyệt"),
            rows_of_times([0.0], edge="START", from_office=None, from_task=None),
        ]
    )
    found = handovers(table, quarter="2017-Q4", thresholds=LIMITS)
    assert found[["to_task", "n"]].to_numpy().tolist() == [["Ký duyệt", 1], ["Thẩm định", 2]]


def test_throughput() -> None:
    end = {"edge": "END", "to_office": None, "to_task": None}
    table = pd.concat(
        [
            rows_of_times([DAY, 3 * DAY], **end),
            rows_of_times([8 * DAY], proc_core="1.000002", **end),
            rows_of_times([99 * DAY]),
        ]
    )
    found = throughput(table, quarter="2017-Q4", thresholds=LIMITS)
    assert found["level"].tolist() == ["ALL", "PROCEDURE", "PROCEDURE"]
    assert found["proc_core"].tolist() == [None, "1.000001", "1.000002"]
    assert found["mean_days"].to_numpy() == pytest.approx([4, 2, 8])
    assert found["median_days"].to_numpy() == pytest.approx([3, 2, 8])


def test_the_graph_leaves_nothing_out() -> None:
    table = pd.concat(
        [
            rows_of_times([5.0, 7.0]),
            rows_of_times([6.0], end_quarter="2016-Q1", unit_code="U2", is_usable=False),
            rows_of_times([0.0] * 3, edge="START", from_task=None, to_task="Tiếp nhận").assign(
                time_bin=None, seconds=None, least=None, most=None, n=3
            ),
            rows_of_times([9.0], edge="END", from_task="Thẩm định", to_task=None),
        ]
    )
    found = graph(table).set_index(["edge", "from_task", "to_task"])
    between = found.loc[("BETWEEN", "Tiếp nhận", "Thẩm định")]
    assert between[["n", "seconds", "least", "most", "mean_seconds", "median_seconds"]].tolist() == [
        3,
        18,
        5,
        7,
        6,
        6,
    ]
    assert found.loc[("START", "", "Tiếp nhận"), "n"] == 3
    assert np.isnan(found.loc[("START", "", "Tiếp nhận"), "mean_seconds"])
    assert found.loc[("END", "Thẩm định", ""), "median_seconds"] == 9


def test_nothing_gives_the_columns_and_row_order_does_not_matter() -> None:
    none = pd.DataFrame(columns=NEEDS)
    assert list(handovers(none, quarter="2017-Q4", thresholds=LIMITS).columns) == HANDOVERS
    assert list(throughput(none, quarter="2017-Q4", thresholds=LIMITS).columns) == THROUGHPUT
    assert list(graph(none).columns) == GRAPH
    table = pd.concat(
        [rows_of_times([5.1, 70.3, 800.7], to_task=task, proc_core=core) for task in "abc" for core in "12345"]
    )
    mixed = table.sample(frac=1, random_state=4)
    before = mixed.copy(deep=True)
    pd.testing.assert_frame_equal(graph(mixed), graph(table), check_exact=True)
    again, once = (handovers(each, quarter="2017-Q4", thresholds=LIMITS) for each in (mixed, table))
    pd.testing.assert_frame_equal(again, once, check_exact=True)
    pd.testing.assert_frame_equal(mixed, before)
