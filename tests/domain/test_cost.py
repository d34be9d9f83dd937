"""Compliance cost: the worked example and a published decision, to the đồng."""

from datetime import date
from decimal import Decimal

import pytest

from domain.cost import Activity, HourlyRate, compliance_cost, rate_on, rounded_vnd, saving
from domain.errors import KnownError

RATE = HourlyRate.from_gdp_per_head(53_500_000, source="GDP 2017", valid_from=date(2017, 1, 1))


def test_hourly_rate():
    assert round(RATE.value_vnd, 1) == Decimal("25331.4")


def test_worked_example():
    def hours(copying: float, obligation: float) -> list[Activity]:
        return [
            Activity("Kê khai", 1),
            Activity("Công chứng", 2),
            Activity("Bản sao", copying),
            Activity("Nộp hồ sơ", 1.5),
            Activity("Nghĩa vụ tài chính", obligation),
            Activity("Nhận kết quả", 1.5),
        ]

    year = {"fees_vnd": 28_000, "times_per_year": 1, "subjects_per_year": 620}
    before = compliance_cost([*hours(0.5, 1.5), Activity("Dịch vụ", 0, 372_000)], RATE, **year)
    after = compliance_cost([*hours(0, 0.2), Activity("Dịch vụ", 0, 340_000)], RATE, **year)
    assert (before.hours, after.hours) == (Decimal("8.0"), Decimal("6.2"))
    assert (rounded_vnd(before.work), rounded_vnd(after.work)) == (202_652, 157_055)
    assert (rounded_vnd(before.per_performance), rounded_vnd(after.per_performance)) == (602_652, 525_055)
    assert (rounded_vnd(before.per_year), rounded_vnd(after.per_year)) == (373_643_939, 325_534_053)
    gain = saving(before, after)
    assert rounded_vnd(gain.amount) == 48_109_886
    assert gain.rate_percent == Decimal("12.88")


def test_published_decision_of_ha_noi():
    before, after = (
        compliance_cost([], RATE, other_vnd=cost, subjects_per_year=3228) for cost in (1_024_000, 231_000)
    )
    gain = saving(before, after)
    assert gain.amount == 2_559_804_000
    assert gain.rate_percent == Decimal("77.44")


def test_nothing_to_save_from():
    free = compliance_cost([], RATE)
    assert free.per_year == 0
    assert saving(free, free).rate_percent is None


def test_rate_in_force():
    later = HourlyRate(30_000, "GDP 2019", date(2019, 1, 1))
    assert rate_on([later, RATE], date(2018, 12, 31)) is RATE
    assert rate_on([RATE, later], date(2019, 1, 1)) is later
    with pytest.raises(KnownError, match="E-RATE"):
        rate_on([later], date(2018, 12, 31))


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf")])
def test_bad_amounts(bad):
    with pytest.raises(KnownError, match="E-COST"):
        Activity("Nộp hồ sơ", bad)
    with pytest.raises(KnownError, match="E-COST"):
        compliance_cost([], RATE, subjects_per_year=bad)
