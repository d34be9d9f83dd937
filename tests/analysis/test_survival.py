"""Kaplan-Meier and Aalen-Johansen from grouped counts: by hand, and against lifelines."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from analysis.survival import cumulative_incidence, survival_at, survival_curves, survival_quantiles
from domain.errors import KnownError

BY = ["unit"]


def counts(rows: list[tuple[str, float, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "time", "ended", "censored"])


def test_worked_by_hand() -> None:
    # Ten dossiers: two end and one is censored at 1, three end at 2, one ends and three are censored at 3.
    curve = survival_curves(counts([("A", 1, 2, 1), ("A", 2, 3, 0), ("A", 3, 1, 3)]), by=BY)
    assert curve["at_risk"].tolist() == [10, 7, 4]
    assert curve["survival"].tolist() == pytest.approx([8 / 10, 8 / 10 * 4 / 7, 8 / 10 * 4 / 7 * 3 / 4], abs=1e-12)
    variance = 2 / (10 * 8) + 3 / (7 * 4)
    log_s = math.log(8 / 10 * 4 / 7)
    spread = 1.959963984540054 * math.sqrt(variance) / abs(log_s)
    assert curve["ci_low"][1] == pytest.approx((8 / 10 * 4 / 7) ** math.exp(spread), abs=1e-12)
    assert curve["ci_high"][1] == pytest.approx((8 / 10 * 4 / 7) ** math.exp(-spread), abs=1e-12)


def test_many_groups_are_each_their_own() -> None:
    one = [("A", 1, 2, 1), ("A", 2, 3, 0)]
    other = [("B", 1, 0, 4), ("B", 5, 2, 0)]
    both = survival_curves(counts([other[1], one[0], other[0], one[1]]), by=BY)
    alone = pd.concat([survival_curves(counts(one), by=BY), survival_curves(counts(other), by=BY)], ignore_index=True)
    pd.testing.assert_frame_equal(both, alone)


def test_share_and_quantile_off_the_curve() -> None:
    curve = survival_curves(counts([("A", 1, 2, 0), ("A", 3, 6, 0), ("A", 9, 0, 2), ("B", 7, 1, 0)]), by=BY)
    at_two = survival_at(curve, 2, by=BY).set_index("unit")
    assert at_two.loc["A", "survival"] == pytest.approx(0.8)
    assert at_two.loc["B", "survival"] == 1.0  # nothing seen to end by then
    assert at_two.loc["B", "ci_low"] == pytest.approx(0.025)  # one dossier: (alpha/2)^(1/1)
    medians = survival_quantiles(curve, 0.5, by=BY).set_index("unit")["time"]
    assert medians["A"] == 3
    high = survival_quantiles(curve, 0.95, by=BY).set_index("unit")["time"]
    assert math.isnan(high["A"])  # two of ten never seen to end


def test_none_and_all_ended_get_exact_bounds() -> None:
    # All five ended in time: 0 late, upper bound 1 - 0.025^(1/5); none of five ended: lower bound 0.025^(1/5).
    curve = survival_curves(counts([("A", 1, 5, 0), ("B", 1, 0, 5)]), by=BY)
    assert curve["ci_high"][0] == pytest.approx(1 - 0.025 ** (1 / 5))
    assert curve["ci_low"][1] == pytest.approx(0.025 ** (1 / 5))


def test_missing_column_is_named() -> None:
    with pytest.raises(KnownError, match="censored"):
        survival_curves(pd.DataFrame({"unit": ["A"], "time": [1], "ended": [1]}), by=BY)


cells = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=25)


@settings(max_examples=60, deadline=None)
@given(cells)
def test_equals_lifelines(rows: list[tuple[int, int, int]]) -> None:
    table = pd.DataFrame(rows, columns=["time", "ended", "censored"])
    table = table.loc[table["ended"] + table["censored"] > 0]
    if table.empty or not table["ended"].sum():
        return
    ours = survival_curves(table.assign(unit="A"), by=BY).set_index("time")
    long = pd.concat(
        [
            pd.DataFrame({"time": table["time"], "event": 1, "weight": table["ended"]}),
            pd.DataFrame({"time": table["time"], "event": 0, "weight": table["censored"]}),
        ]
    )
    long = long.loc[long["weight"] > 0]
    fitter = KaplanMeierFitter()
    weight = long["weight"].to_numpy()
    fitter.fit(np.repeat(long["time"].to_numpy(), weight), np.repeat(long["event"].to_numpy(), weight))
    theirs = fitter.survival_function_["KM_estimate"].reindex(ours.index.astype(float))
    assert np.abs(ours["survival"].to_numpy() - theirs.to_numpy()).max() < 1e-9
    inner = (ours["survival"] > 1e-9) & (ours["survival"] < 1)
    bounds = fitter.confidence_interval_.reindex(ours.index.astype(float))
    for name, place in (("ci_low", 0), ("ci_high", 1)):
        gap = np.abs(ours.loc[inner, name].to_numpy() - bounds.loc[inner.to_numpy()].iloc[:, place].to_numpy())
        assert gap.size == 0 or gap.max() < 1e-9


def test_competing_ends_without_open_ones_are_plain_shares() -> None:
    rows = pd.DataFrame({"unit": "A", "time": [1, 2, 3], "done": [5, 2, 1], "refused": [1, 1, 0], "censored": 0})
    shares = cumulative_incidence(rows, by=BY, causes=["done", "refused"])
    assert shares["done"].tolist() == pytest.approx([0.5, 0.7, 0.8])
    assert shares["refused"].tolist() == pytest.approx([0.1, 0.2, 0.2])


def test_competing_ends_by_hand_with_open_ones() -> None:
    # 10 at risk: 4 done, 1 refused, 2 open; then 3 at risk: 1 done, 1 refused.
    rows = pd.DataFrame(
        {"unit": "A", "time": [1, 2, 3], "done": [4, 1, 0], "refused": [1, 1, 0], "censored": [2, 0, 1]}
    )
    shares = cumulative_incidence(rows, by=BY, causes=["done", "refused"])
    assert shares["done"].iloc[1] == pytest.approx(0.4 + 0.5 * 1 / 3)
    assert shares["refused"].iloc[1] == pytest.approx(0.1 + 0.5 * 1 / 3)
