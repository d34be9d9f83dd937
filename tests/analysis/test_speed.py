"""Which unit ends dossiers faster: the log-rank test of two units, worked by hand."""

import pandas as pd
import pytest
from scipy.stats import chi2

from analysis.speed import GIVES, unit_speed
from analysis.thresholds import Thresholds


def counts(*rows: tuple[str, str, int, str], each: int) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["unit_code", "proc_core", "elapsed_half_days", "outcome"])
    return frame.assign(received_quarter="2017-Q4", n=each)


def speed(frame: pd.DataFrame) -> pd.DataFrame:
    return unit_speed(frame, quarter="2017-Q4", thresholds=Thresholds()).set_index("unit_code")


FOUR = (("U1", "P", 1, "DONE"), ("U1", "P", 2, "DONE"), ("U2", "P", 3, "DONE"), ("U2", "P", 4, "DONE"))


def test_two_units_by_hand() -> None:
    # At 1 all 40 are at risk, 20 of them in U1, 10 end: 5 expected in U1. At 2: 10 of 30, 10 end: 10/3 expected.
    # Variances 1/4 * 10 * 30/39 and 2/9 * 10 * 20/29. After that U1 has nobody left.
    found = speed(counts(*FOUR, each=10))
    expected, variance = 5 + 10 / 3, 300 / 156 + 400 / 261
    first, second = found.loc["U1"], found.loc["U2"]
    assert (first["n"], first["ended"], second["n"], second["ended"]) == (20, 20, 20, 20)
    assert first["expected"] == pytest.approx(expected)
    assert second["expected"] == pytest.approx(40 - expected)
    assert first["speed_ratio"] == pytest.approx(2.4)
    assert second["speed_ratio"] == pytest.approx(20 / (40 - expected))
    assert first["chi_square"] == pytest.approx((20 - expected) ** 2 / variance)
    assert second["chi_square"] == pytest.approx(first["chi_square"])
    assert first["p_value"] == pytest.approx(chi2.sf(first["chi_square"], 1))
    assert first["low"] == pytest.approx((20 - expected - 1.959964 * variance**0.5 + expected) / expected, rel=1e-5)
    assert first["high"] == pytest.approx((20 + 1.959964 * variance**0.5) / expected, rel=1e-5)
    assert found["q_value"].notna().all()


def test_a_unit_of_few_is_measured_and_not_tested_with_the_others() -> None:
    found = speed(counts(*FOUR, each=1))
    assert found.loc["U1", "speed_ratio"] == pytest.approx(2 / (1 / 2 + 1 / 3))
    assert found["q_value"].isna().all()


def test_only_procedures_that_two_units_do_and_open_ones_while_they_are_seen() -> None:
    # Open at 1 in both: they are in nobody's way after that, and the open ones end nothing.
    rows = [*FOUR, ("U1", "ALONE", 9, "DONE"), ("U1", "P", 0, "OPEN"), ("U2", "P", 0, "OPEN")]
    found = speed(counts(*rows, each=10))
    assert found.loc["U1", ["n", "ended"]].tolist() == [30, 20]
    assert found.loc["U1", "expected"] == pytest.approx(5 + 10 / 3)
    assert "ALONE" not in found.index


def test_one_unit_or_nothing_gives_the_columns() -> None:
    assert unit_speed(counts(*FOUR[:2], each=10), quarter="2017-Q4", thresholds=Thresholds()).empty
    nothing = unit_speed(counts(each=10), quarter="2017-Q4", thresholds=Thresholds())
    assert nothing.columns.tolist() == GIVES
    old = counts(*FOUR, each=10).assign(received_quarter="2016-Q4")
    assert unit_speed(old, quarter="2017-Q4", thresholds=Thresholds()).empty, "only the year up to the quarter"
