"""The compliance cost of a procedure (chi phí tuân thủ): what it costs those who must go through it.

Law: Circular 02/2017/TT-VPCP Art. 27. Cost of one performance = work + fees + other; cost of a year = cost of
one performance x performances a year x subjects a year. An hour of work is valued at income per head
(GDP per head / 12 months / 22 days / 8 hours), a dated parameter with a source. Amounts are exact decimals in
đồng and are rounded only when shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from domain.errors import KnownError

WORKING_HOURS_A_YEAR: Final = 12 * 22 * 8

Number = int | float | Decimal


@dataclass(frozen=True)
class HourlyRate:
    """What an hour of a subject's work is worth from `valid_from` on, in đồng, and who says so."""

    value_vnd: Decimal
    source: str
    valid_from: date

    def __post_init__(self) -> None:
        object.__setattr__(self, "value_vnd", _amount(self.value_vnd, "hourly rate"))

    @classmethod
    def from_gdp_per_head(cls, gdp_vnd: Number, *, source: str, valid_from: date) -> "HourlyRate":
        """The rate of a year's GDP per head (đồng)."""
        return cls(_amount(gdp_vnd, "GDP per head") / WORKING_HOURS_A_YEAR, source, valid_from)


@dataclass(frozen=True)
class Activity:
    """One thing a subject must do: hours of own work, and services bought (copies, travel) in đồng."""

    name_vi: str
    hours: Number
    services_vnd: Number = 0

    def __post_init__(self) -> None:
        _amount(self.hours, f"hours of {self.name_vi}")
        _amount(self.services_vnd, f"services of {self.name_vi}")


@dataclass(frozen=True, kw_only=True)
class ComplianceCost:
    """The cost of one procedure, exact; `per_performance` and `per_year` in đồng."""

    hours: Decimal
    work: Decimal
    services: Decimal
    fees: Decimal
    other: Decimal
    times_per_year: Decimal
    subjects_per_year: Decimal

    @property
    def per_performance(self) -> Decimal:
        """Cost of going through the procedure once."""
        return self.work + self.services + self.fees + self.other

    @property
    def per_year(self) -> Decimal:
        """Cost of a year over all subjects."""
        return self.per_performance * self.times_per_year * self.subjects_per_year


@dataclass(frozen=True, kw_only=True)
class Saving:
    """What a simplification saves a year: `amount` in đồng, `rate_percent` of the cost before.

    `rate_percent` is None where the cost before is 0.
    """

    amount: Decimal
    rate_percent: Decimal | None


def compliance_cost(  # noqa: PLR0913 - the terms of the formula of Art. 27
    activities: Iterable[Activity],
    rate: HourlyRate,
    *,
    fees_vnd: Number = 0,
    other_vnd: Number = 0,
    times_per_year: Number = 1,
    subjects_per_year: Number = 1,
) -> ComplianceCost:
    """The compliance cost of a procedure with these activities, per performance and per year."""
    every = list(activities)
    hours = sum((_amount(a.hours, a.name_vi) for a in every), Decimal(0))
    return ComplianceCost(
        hours=hours,
        work=hours * rate.value_vnd,
        services=sum((_amount(a.services_vnd, a.name_vi) for a in every), Decimal(0)),
        fees=_amount(fees_vnd, "fees"),
        other=_amount(other_vnd, "other costs"),
        times_per_year=_amount(times_per_year, "performances a year"),
        subjects_per_year=_amount(subjects_per_year, "subjects a year"),
    )


def saving(before: ComplianceCost, after: ComplianceCost) -> Saving:
    """What `after` saves against `before` in a year; the rate in percent with two decimals."""
    amount = before.per_year - after.per_year
    if not before.per_year:
        return Saving(amount=amount, rate_percent=None)
    percent = (100 * amount / before.per_year).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Saving(amount=amount, rate_percent=percent)


def rate_on(rates: Sequence[HourlyRate], day: date) -> HourlyRate:
    """The rate in force on `day`: the latest that began by then."""
    begun = [rate for rate in rates if rate.valid_from <= day]
    if not begun:
        raise KnownError(
            "E-RATE", f"no hourly rate is in force on [{day}].", mend="add one under hourly_rate: in site.yml"
        )
    return max(begun, key=lambda rate: rate.valid_from)


def rounded_vnd(amount: Number) -> int:
    """An amount in whole đồng, halves up."""
    return int(_decimal(amount).quantize(Decimal(1), ROUND_HALF_UP))


def _amount(value: Number, what: str) -> Decimal:
    amount = _decimal(value)
    if not amount.is_finite() or amount < 0:
        raise KnownError("E-COST", f"[{what}] is [{value}].", mend="give an amount of 0 or more")
    return amount


def _decimal(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))
