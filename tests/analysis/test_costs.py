"""Cost before and after by the circular's formula, by hand."""

from datetime import date
from decimal import Decimal

import pytest

from analysis.costs import activities, cost_change
from domain.cost import HourlyRate

RATE = HourlyRate(Decimal(20_000), "số tròn để thử", date(2017, 1, 1))


def test_activities_of_a_performance() -> None:
    # Form 1 h; three papers 1.5 h and 15,000; two trips of 1.5 h and 20,000.
    listed = activities(3)
    assert sum(float(each.hours) for each in listed) == 5.5
    assert sum(float(each.services_vnd) for each in listed) == 55_000


def test_one_paper_less_by_hand() -> None:
    # A paper costs 0.5 h x 20,000 + 5,000 = 15,000; 100 dossiers a year.
    change = cost_change(3, [2], RATE, per_year=100)
    assert change.before_vnd == (110_000 + 55_000) * 100
    assert change.saving_vnd == 1_500_000
    assert change.before_vnd - change.after_vnd == change.saving_vnd
    assert change.saving_percent == pytest.approx(9.09)


def test_the_lower_middle_of_the_estimates_is_taken() -> None:
    change = cost_change(3, [3, 2.5, 2], RATE, per_year=100)
    assert (change.low_vnd, change.saving_vnd, change.high_vnd) == (0, 750_000, 1_500_000)
    of_two = cost_change(3, [3, 2], RATE, per_year=100)
    assert of_two.saving_vnd == 0


def test_no_dossiers_no_saving() -> None:
    change = cost_change(3, [2], RATE, per_year=0)
    assert (change.before_vnd, change.saving_vnd, change.saving_percent) == (0, 0, None)


def test_fees_are_paid_before_and_after() -> None:
    change = cost_change(1, [1], RATE, per_year=10, fee_vnd=28_000)
    assert change.before_vnd == (20_000 * 4.5 + 45_000 + 28_000) * 10
    assert change.saving_vnd == 0
