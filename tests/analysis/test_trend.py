"""A quarter against the same quarter a year ago, and what it says when it cannot say."""

import math

import numpy as np
import pandas as pd
import pytest

from analysis.thresholds import Thresholds
from analysis.trend import GIVES, SERIES, quarter_series, trends

LIMITS = Thresholds()
NOW, BEFORE, YEAR_AGO = "2018-Q1", "2017-Q4", "2017-Q1"
Z = 1.959963984540054


def received(quarter: str, due: int, late: int, unit: str = "U1", core: str = "P1", **more: object) -> pd.DataFrame:
    rows = [("LATE", 30, late), ("EARLY", 10, due - late)]
    table = pd.DataFrame(rows, columns=["timeliness", "elapsed_half_days", "n"])
    common = {
        "outcome": "DONE",
        "unit_code": unit,
        "proc_core": core,
        "received_quarter": quarter,
        "due_passed": True,
    }
    return table.loc[table["n"] > 0].assign(**(common | more))


def found(*parts: pd.DataFrame, limits: Thresholds = LIMITS) -> pd.DataFrame:
    return trends(pd.concat(parts), quarter=NOW, thresholds=limits)


def level(table: pd.DataFrame, name: str, **keys: str) -> pd.Series:
    rows = table.loc[table["level"] == name]
    for key, value in keys.items():
        rows = rows.loc[rows[key] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def wilson_by_hand(x: int, n: int) -> tuple[float, float]:
    middle, half = x + Z * Z / 2, Z * math.sqrt(x * (n - x) / n + Z * Z / 4)
    return (middle - half) / (n + Z * Z), (middle + half) / (n + Z * Z)


def test_against_the_same_quarter_a_year_ago_by_hand() -> None:
    # 30 of 100 late now, 10 of 100 a year ago; the quarter before (no Tet in it) 1 of 90 does not decide.
    row = level(found(received(NOW, 100, 30), received(YEAR_AGO, 100, 10), received(BEFORE, 90, 1)), "PROCEDURE_UNIT")
    assert (row["share_now"], row["share_year_ago"], row["share_before"]) == (0.3, 0.1, pytest.approx(1 / 90))
    assert (row["n_now"], row["n_year_ago"], row["n_before"]) == (100, 100, 90)
    (low1, high1), (low2, high2) = wilson_by_hand(30, 100), wilson_by_hand(10, 100)
    assert row["change"] == pytest.approx(0.2)
    assert row["low"] == pytest.approx(0.2 - math.hypot(0.3 - low1, high2 - 0.1))
    assert row["high"] == pytest.approx(0.2 + math.hypot(high1 - 0.3, 0.1 - low2))
    assert (row["compared"], row["verdict"]) == ("YEAR_AGO", "WORSE")


def test_better() -> None:
    assert set(found(received(NOW, 100, 10), received(YEAR_AGO, 100, 30))["verdict"]) == {"BETTER"}


def test_the_quarter_before_when_there_is_no_year() -> None:
    row = level(found(received(NOW, 100, 30), received(BEFORE, 100, 10)), "UNIT")
    assert (row["compared"], row["verdict"]) == ("QUARTER_BEFORE", "WORSE")
    assert row["change"] == pytest.approx(0.2)
    assert row["n_year_ago"] == 0
    assert pd.isna(row["share_year_ago"])  # not known is not 0


def test_nothing_to_compare_with_and_too_few_are_said() -> None:
    table = found(
        received(NOW, 100, 30, unit="U1"),
        received(NOW, 100, 30, unit="U2"), received(YEAR_AGO, 19, 0, unit="U2"), received(BEFORE, 100, 0, unit="U2"),
        received(NOW, 19, 19, unit="U3"), received(YEAR_AGO, 100, 0, unit="U3"),
    )  # fmt: skip
    alone, few_then, few_now = (level(table, "UNIT", unit_code=unit) for unit in ("U1", "U2", "U3"))
    assert (alone["compared"], alone["verdict"]) == ("NONE", "NOT_ENOUGH")
    assert pd.isna(alone["change"])
    assert (few_then["compared"], few_then["verdict"]) == ("YEAR_AGO", "NOT_ENOUGH")  # no better quarter is sought
    assert few_now["verdict"] == "NOT_ENOUGH"
    assert pd.isna(few_now["q_value"])


def test_twenty_units_looked_at_do_not_make_one_of_them_worse() -> None:
    # One unit at 18 of 60 against 8 of 60 (p = 0.027, and Newcombe's interval is above 0); nineteen without change.
    parts = [received(NOW, 60, 18), received(YEAR_AGO, 60, 8)]
    alone = level(found(*parts), "PROCEDURE_UNIT")
    z = (10 / 60) / math.sqrt(26 / 120 * 94 / 120 * 2 / 60)
    assert alone["p_value"] == pytest.approx(math.erfc(z / math.sqrt(2)))
    assert alone["low"] > 0
    assert alone["verdict"] == "WORSE"
    for number in range(2, 21):
        parts += [received(quarter, 60, 8, unit=f"U{number}", core=f"P{number}") for quarter in (NOW, YEAR_AGO)]
    among = level(found(*parts), "PROCEDURE_UNIT", unit_code="U1")
    # 61 rows are compared; that of U1 is among the three smallest p-values, all the same.
    assert among["q_value"] == pytest.approx(among["p_value"] * 61 / 3)
    assert (among["low"], among["verdict"]) == (alone["low"], "SAME")


def test_another_mix_of_procedures_is_not_another_speed() -> None:
    # A procedure half of which is late always, one of which a tenth is; a year ago more of the second.
    table = found(
        received(NOW, 100, 50, core="P1"), received(NOW, 20, 2, core="P2"),
        received(YEAR_AGO, 20, 10, core="P1"), received(YEAR_AGO, 100, 10, core="P2"),
    )  # fmt: skip
    unit = level(table, "UNIT")
    assert unit["change"] == pytest.approx(52 / 120 - 20 / 120)
    assert unit["low"] > 0
    assert unit["q_value"] < 0.05
    assert unit["same_mix_change"] == pytest.approx(0.0)
    assert unit["verdict"] == "SAME"


def test_change_in_the_same_mix_by_hand() -> None:
    # 6 of 10 against 2 of 10, weight 10 x 10 / 20 = 5; 30 of 100 against 10 of 50, weight 100/3.
    table = found(
        received(NOW, 10, 6, core="P1"), received(YEAR_AGO, 10, 2, core="P1"),
        received(NOW, 100, 30, core="P2"), received(YEAR_AGO, 50, 10, core="P2"),
        received(NOW, 40, 40, core="P3"),  # on one side only: no change can be told of it
    )  # fmt: skip
    unit = level(table, "UNIT")
    weight = 5 + 100 / 3
    assert unit["same_mix_change"] == pytest.approx((5 * 0.4 + 100 / 3 * 0.1) / weight)
    # Each difference has the variance p q / n of either side; of the weighted mean, by hand:
    plain = 25 * (0.24 / 10 + 0.16 / 10) + (100 / 3) ** 2 * (0.21 / 100 + 0.16 / 50)
    half = (unit["same_mix_high"] - unit["same_mix_low"]) / 2
    assert half == pytest.approx(Z * math.sqrt(plain) / weight, rel=0.05)  # Sato's, nearly the same here


def test_one_stratum_has_the_plain_variance() -> None:
    row = level(found(received(NOW, 50, 20), received(YEAR_AGO, 300, 30)), "PROCEDURE_UNIT")
    half = Z * math.sqrt(0.4 * 0.6 / 50 + 0.1 * 0.9 / 300)
    assert row["same_mix_low"] == pytest.approx(0.3 - half)
    assert row["same_mix_high"] == pytest.approx(0.3 + half)


def test_survivors_of_a_time_without_history_are_no_year_ago() -> None:
    # History began after that quarter: only what was still open is left of it, and all of it late.
    old = received(YEAR_AGO, 50, 50, entry_half_days=40)
    row = level(found(received(NOW, 100, 30), received(BEFORE, 100, 30), old), "UNIT")
    assert (row["compared"], row["n_year_ago"], row["verdict"]) == ("QUARTER_BEFORE", 0, "SAME")


def test_not_yet_due_is_not_counted() -> None:
    early = received(NOW, 900, 0, due_passed=False)
    row = level(found(received(NOW, 100, 30), early, received(YEAR_AGO, 100, 10)), "UNIT")
    assert (row["n_now"], row["share_now"]) == (100, 0.3)


def test_levels_and_columns() -> None:
    table = found(
        received(NOW, 30, 3, unit="U1", core="P1"),
        received(NOW, 30, 3, unit="U2", core="P1"),
        received(NOW, 30, 3, unit="U2", core="P2"),
        received(YEAR_AGO, 90, 9, unit="U2", core="P2"),
    )
    assert list(table.columns) == GIVES
    assert table["level"].value_counts().to_dict() == {"ALL": 1, "UNIT": 2, "PROCEDURE": 2, "PROCEDURE_UNIT": 3}
    assert level(table, "PROCEDURE", proc_core="P1")["unit_code"] is None


def test_nothing_given_gives_the_columns() -> None:
    empty = received(NOW, 0, 0)
    assert list(found(empty).columns) == GIVES
    series = quarter_series(empty, quarter=NOW, thresholds=LIMITS)
    assert series.empty
    assert list(series.columns) == SERIES


def test_row_order_and_the_frame_given_do_not_matter() -> None:
    table = pd.concat([received(NOW, 100, 30), received(BEFORE, 40, 3, unit="U2"), received(YEAR_AGO, 100, 10)])
    table = table.reset_index(drop=True)
    before = table.copy(deep=True)
    for analysis in (trends, quarter_series):
        one = analysis(table, quarter=NOW, thresholds=LIMITS)
        pd.testing.assert_frame_equal(one, analysis(table.iloc[::-1], quarter=NOW, thresholds=LIMITS))
    pd.testing.assert_frame_equal(table, before)


def test_the_series_by_hand() -> None:
    # 2017-Q4 at U1: 6 early at 10, 4 late at 30: the middle one took 10. U2 has 20 open at 50 without a due date.
    table = pd.concat(
        [
            received("2017-Q4", 10, 4),
            received("2018-Q1", 5, 0),
            received("2015-Q4", 70, 7),  # more than two years back
            received("2017-Q4", 20, 0, unit="U2", outcome="OPEN").assign(timeliness="NO_DUE", elapsed_half_days=50),
        ]
    )
    series = quarter_series(table, quarter=NOW, thresholds=LIMITS)
    own = series.loc[series["unit_code"].eq("U1")].set_index("received_quarter")
    assert own["n"].to_dict() == {"2017-Q4": 10, "2018-Q1": 5}
    assert own.loc["2017-Q4", "late_share"] == pytest.approx(0.4)
    assert own.loc["2017-Q4", ["low", "high"]].tolist() == pytest.approx(list(wilson_by_hand(4, 10)))
    assert own.loc["2017-Q4", "median_half_days"] == 10
    other = series.loc[series["unit_code"].eq("U2")].iloc[0]
    assert (other["n"], other["due_n"]) == (20, 0)
    assert np.isnan([other["late_share"], other["low"], other["median_half_days"]]).all()
    whole = series.loc[series["level"].eq("ALL")].set_index("received_quarter")
    assert whole["unit_code"].isna().all()
    assert whole.loc["2017-Q4", ["n", "due_n"]].tolist() == [30, 10]


def test_the_series_knows_delayed_entry() -> None:
    # 2 of 4 end at 4; from 6 half days on 20 more are under watch, which end at 8: 22 at risk at 8, none before.
    seen = (
        received("2017-Q4", 2, 0).assign(elapsed_half_days=4),
        received("2017-Q4", 2, 0).assign(elapsed_half_days=9),
    )
    old = received("2017-Q4", 20, 20, entry_half_days=6).assign(elapsed_half_days=8)
    series = quarter_series(pd.concat([*seen, old]), quarter=NOW, thresholds=LIMITS)
    row = series.iloc[0]
    assert (row["n"], row["due_n"], row["late_share"], row["median_half_days"]) == (24, 4, 0.0, 4)
