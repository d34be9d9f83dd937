"""Kaplan-Meier and Aalen-Johansen from grouped counts: by hand, and against lifelines."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.datasets import load_rossi, load_waltons
from lifelines.utils import median_survival_times, qth_survival_time

from analysis.survival import CURVE, cumulative_incidence, survival_at, survival_curves, survival_quantiles
from domain.errors import KnownError

BY = ["unit"]


def counts(rows: list[tuple[str, float, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "time", "ended", "censored"])


def watched_late(rows: list[tuple[str, float, float, int, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "begin", "time", "ended", "censored"])


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
    with pytest.raises(KnownError, match="begin"):
        survival_curves(counts([("A", 1, 5, 0)]), by=BY, entry="begin")
    with pytest.raises(KnownError, match="refused"):
        cumulative_incidence(counts([("A", 1, 5, 0)]), by=BY, causes=["ended", "refused"])


def test_nothing_given_nothing_found() -> None:
    curve = survival_curves(counts([]), by=BY)
    assert curve.empty
    assert list(curve.columns) == [*BY, *CURVE]
    assert survival_at(curve, 1.0, by=BY).empty
    assert survival_quantiles(curve, 0.5, by=BY).empty
    assert cumulative_incidence(counts([]), by=BY, causes=["ended"]).empty


# --- delayed entry ---------------------------------------------------------------------------------------------


def test_delayed_entry_by_hand() -> None:
    # Four watched from the beginning: one ends at 1, one at 3, two at 5. Two come under watch at 2: one ends at 3,
    # the other is open at 4. At risk: 4 at 1; 3 + 2 = 5 at 3; 3 at 4; 2 at 5.
    rows = [("A", 0, 1, 1, 0), ("A", 0, 3, 1, 0), ("A", 0, 5, 2, 0), ("A", 2, 3, 1, 0), ("A", 2, 4, 0, 1)]
    curve = survival_curves(watched_late(rows), by=BY, entry="begin")
    assert curve["time"].tolist() == [1, 3, 4, 5]
    assert curve["at_risk"].tolist() == [4, 5, 3, 2]
    assert curve["survival"].tolist() == pytest.approx([3 / 4, 3 / 4 * 3 / 5, 3 / 4 * 3 / 5, 0])
    assert curve["watched"].tolist() == [4, 3, 3, 2]  # three were left after the first had gone


def test_at_risk_from_the_very_entry_to_the_very_exit() -> None:
    # The one that comes under watch at 2 and ends at 2 counts at 2; the one that ended at 1, before its entry, never.
    rows = [("A", 0, 2, 0, 3), ("A", 2, 2, 1, 0), ("A", 2, 1, 5, 0)]
    curve = survival_curves(watched_late(rows), by=BY, entry="begin")
    assert curve[["time", "at_risk", "survival"]].to_numpy().tolist() == [[2, 4, 0.75]]


def test_no_entry_is_watched_from_the_beginning() -> None:
    rows = [("A", None, 1, 2, 1), ("A", None, 2, 3, 0), ("A", None, 3, 1, 3)]
    plain = survival_curves(counts([("A", 1, 2, 1), ("A", 2, 3, 0), ("A", 3, 1, 3)]), by=BY)
    pd.testing.assert_frame_equal(survival_curves(watched_late(rows), by=BY, entry="begin"), plain)


def test_the_bound_of_none_counts_only_those_watched_all_along() -> None:
    # One dossier from the beginning, 99 from 5 on, none ended by 10: of the first days only one dossier tells.
    curve = survival_curves(watched_late([("A", 0, 10, 0, 1), ("A", 5, 10, 0, 99)]), by=BY, entry="begin")
    assert (curve["at_risk"][0], curve["watched"][0]) == (100, 1)
    assert curve["ci_low"][0] == pytest.approx(0.025)
    at_seven = survival_at(curve, 7, by=BY).iloc[0]
    assert (at_seven["survival"], at_seven["ci_low"]) == (1.0, pytest.approx(0.025))


def test_the_bound_of_all_counts_only_those_gone_by_then() -> None:
    # The only one watched at 1 ends there: the curve is 0 from then on, whatever 50 later ones do.
    curve = survival_curves(watched_late([("A", 0, 1, 1, 0), ("A", 3, 9, 50, 0)]), by=BY, entry="begin")
    assert curve["survival"].tolist() == [0, 0]
    assert curve["ci_high"].tolist() == pytest.approx([1 - 0.025, 1 - 0.025])


def test_after_a_time_with_nobody_under_watch_the_low_end_is_open() -> None:
    rows = [("A", 0, 1, 1, 0), ("A", 0, 2, 0, 1), ("A", 5, 6, 2, 0), ("A", 5, 8, 6, 0)]
    curve = survival_curves(watched_late(rows), by=BY, entry="begin")
    assert curve["survival"].tolist()[:3] == pytest.approx([1 / 2, 1 / 2, 1 / 2 * 6 / 8])
    assert curve["watched"].tolist() == [2, 1, 0, 0]
    assert curve["ci_low"][2] == 0.0
    assert curve["ci_low"][0] > 0.0


def test_before_the_first_entry_nothing_is_known() -> None:
    curve = survival_curves(watched_late([("A", 4, 6, 3, 0), ("A", 4, 8, 0, 3)]), by=BY, entry="begin")
    assert curve["since"].tolist() == [4, 4]
    assert survival_at(curve, 3, by=BY)[["survival", "ci_low", "ci_high"]].isna().to_numpy().all()
    assert survival_at(curve, 5, by=BY)["survival"].tolist() == [1.0]
    assert survival_at(curve, 6, by=BY)["survival"].tolist() == [0.5]


# --- against lifelines -----------------------------------------------------------------------------------------


def grouped(table: pd.DataFrame, time: str, event: str) -> pd.DataFrame:
    return table.assign(time=table[time], ended=table[event], censored=1 - table[event])


def assert_equals_lifelines(ours: pd.DataFrame, fitter: KaplanMeierFitter) -> None:
    """Shares everywhere; bounds and median where the survival is neither 0 nor 1 (there the bounds are our own)."""
    ours = ours.set_index("time")
    theirs = fitter.survival_function_.iloc[:, 0].reindex(ours.index.astype(float))
    assert np.abs(ours["survival"].to_numpy() - theirs.to_numpy()).max() < 1e-9
    inner = (ours["survival"] > 1e-9) & (ours["survival"] < 1 - 1e-12)
    bounds = fitter.confidence_interval_.reindex(ours.index.astype(float))
    for name, place in (("ci_low", 0), ("ci_high", 1)):
        gap = np.abs(ours.loc[inner, name].to_numpy() - bounds.loc[inner.to_numpy()].iloc[:, place].to_numpy())
        assert gap.size == 0 or gap.max() < 1e-9


@pytest.mark.parametrize(
    ("load", "time", "event", "group"),
    [(load_rossi, "week", "arrest", None), (load_waltons, "T", "E", None), (load_waltons, "T", "E", "group")],
)
def test_equals_lifelines_on_its_own_data(load, time: str, event: str, group: str | None) -> None:
    table = load()
    table["unit"] = table[group] if group else "all"
    curves = survival_curves(grouped(table, time, event), by=BY)
    for unit, part in table.groupby("unit"):
        fitter = KaplanMeierFitter().fit(part[time], part[event])
        ours = curves.loc[curves["unit"] == unit]
        assert_equals_lifelines(ours, fitter)
        theirs = [fitter.median_survival_time_, *median_survival_times(fitter.confidence_interval_).iloc[0]]
        for column, value in zip(("survival", "ci_low", "ci_high"), theirs, strict=True):
            found = survival_quantiles(ours, 0.5, by=BY, column=column)["time"].iloc[0]
            assert (math.isinf(value) and math.isnan(found)) or found == value


def test_delayed_entry_equals_lifelines_on_rossi() -> None:
    # Every third prisoner comes under watch half a week before a week of his own, so that no entry ties an exit.
    table = load_rossi().assign(unit="all")
    number = np.arange(len(table))
    table["begin"] = np.where(number % 3 == 0, (number * 7) % 40 - 0.5, 0.0).clip(min=0)
    seen = table.loc[table["begin"] <= table["week"]]
    assert len(table) - len(seen) == 9  # arrested before they came under watch: in neither estimate
    ours = survival_curves(grouped(table, "week", "arrest"), by=BY, entry="begin")
    fitter = KaplanMeierFitter().fit(seen["week"], seen["arrest"], entry=seen["begin"])
    assert_equals_lifelines(ours, fitter)
    assert survival_quantiles(ours, 0.2, by=BY)["time"].iloc[0] == qth_survival_time(0.8, fitter.survival_function_)


cells = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=25)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(cells)
def test_equals_lifelines(rows: list[tuple[int, int, int]]) -> None:
    table = pd.DataFrame(rows, columns=["time", "ended", "censored"])
    assume(table["ended"].sum())
    ours = survival_curves(table.assign(unit="A"), by=BY)
    times, events = [], []
    for time, ended, censored in rows:
        times += [time] * (ended + censored)
        events += [1] * ended + [0] * censored
    assert_equals_lifelines(ours, KaplanMeierFitter().fit(times, events))


# Entry, how long after it the exit came, whether it was an end. Forty are always watched from the beginning.
delayed = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20), st.booleans()), min_size=1, max_size=60)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(delayed)
def test_delayed_entry_equals_lifelines(rows: list[tuple[int, int, bool]]) -> None:
    watched = [(entry, max(entry + stay, 1), int(event)) for entry, stay, event in rows]
    watched += [(0, 60, 0)] * 40
    table = pd.DataFrame(watched, columns=["begin", "time", "ended"]).assign(unit="A")
    ours = survival_curves(table.assign(censored=1 - table["ended"]), by=BY, entry="begin")
    # lifelines lets one in only after the ends of the same time; half a step earlier it says what we mean.
    early = (table["begin"] - 0.5).clip(lower=0.0)
    fitter = KaplanMeierFitter().fit(table["time"], table["ended"], entry=early)
    assert_equals_lifelines(ours, fitter)


# Competing ends at times that never tie between causes (lifelines would move ties about): cause 1 at whole numbers
# and thirds, each time once.
ends = st.lists(
    st.tuples(st.integers(1, 500), st.integers(0, 400), st.integers(0, 2)),
    min_size=2,
    max_size=60,
    unique_by=lambda row: row[0],
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(ends)
def test_competing_ends_equal_lifelines(rows: list[tuple[int, int, int]]) -> None:
    table = pd.DataFrame(rows, columns=["time", "entry_share", "cause"]).assign(unit="A")
    table["begin"] = np.floor(table["time"] * table["entry_share"] / 1000) + 0.5
    table.loc[table["begin"] >= table["time"], "begin"] = 0.0
    table.loc[table.index % 2 == 0, "begin"] = 0.0
    table = pd.concat([table, pd.DataFrame({"time": range(501, 521), "cause": 0, "unit": "A", "begin": 0.0})])
    split = table.assign(**{f"end{cause}": (table["cause"] == cause).astype(int) for cause in (1, 2)})
    split["censored"] = (split["cause"] == 0).astype(int)
    for entry in (None, "begin"):
        ours = cumulative_incidence(split, by=BY, causes=["end1", "end2"], entry=entry).set_index("time")
        for cause in (1, 2):
            fitter = AalenJohansenFitter(calculate_variance=False)
            given_entry = None if entry is None else table["begin"]
            fitter.fit(table["time"], table["cause"], event_of_interest=cause, entry=given_entry)
            theirs = fitter.cumulative_density_.iloc[:, 0].reindex(ours.index.astype(float))
            assert np.abs(ours[f"end{cause}"].to_numpy() - theirs.to_numpy()).max() < 1e-9


# --- competing ends by hand ------------------------------------------------------------------------------------


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


def test_competing_ends_with_delayed_entry_by_hand() -> None:
    # Five from the beginning: 1 done at 1, the rest at 3. Five more are watched from 2: 2 refused at 2, 3 open at 3.
    # At 1: 5 at risk. At 2: 4 + 5 = 9 at risk, 2 refused. At 3: 7 at risk, 4 done.
    rows = pd.DataFrame(
        {"unit": "A", "begin": [0, 0, 2, 2], "at": [1, 3, 2, 3], "done": [1, 4, 0, 0], "refused": [0, 0, 2, 0],
         "censored": [0, 0, 0, 3]}
    )  # fmt: skip
    shares = cumulative_incidence(rows, by=BY, causes=["done", "refused"], time="at", entry="begin")
    assert shares["time"].tolist() == [1, 2, 3]
    assert shares["refused"].tolist() == pytest.approx([0, 4 / 5 * 2 / 9, 4 / 5 * 2 / 9])
    assert shares["done"].iloc[2] == pytest.approx(1 / 5 + 4 / 5 * 7 / 9 * 4 / 7)


def test_row_order_and_the_frame_given_do_not_matter() -> None:
    rows = watched_late([("A", 0, 1, 1, 0), ("B", 2, 3, 1, 4), ("A", 2, 3, 1, 0), ("B", 0, 9, 2, 1)])
    before = rows.copy(deep=True)
    one = survival_curves(rows, by=BY, entry="begin")
    pd.testing.assert_frame_equal(one, survival_curves(rows.iloc[::-1], by=BY, entry="begin"))
    pd.testing.assert_frame_equal(rows, before)
