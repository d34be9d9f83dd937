"""What a proposal saves those who go through the procedure, by the formula of Circular 02/2017/TT-VPCP Art. 27.

The hours are assumptions until a unit has measured them, and every figure made of them says so. Of several
estimates the lower-middle one is taken, as the circular asks. Waiting has no price in the formula (no opportunity
cost): a shorter limit alone saves days, not money.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

import pandas as pd

from domain.cost import Activity, HourlyRate, compliance_cost, rounded_vnd, saving

ASSUMPTION_VI = (
    "Giả định để tính (chưa khảo sát, đề nghị đơn vị xác nhận): điền mẫu đơn 1 giờ; chuẩn bị mỗi giấy tờ 0,5 giờ và "
    "5.000 đồng sao chụp; mỗi lần đi lại 1,5 giờ và 20.000 đồng. Không tính chi phí cơ hội."
)


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What one performance asks of a person. Assumed values: see ASSUMPTION_VI."""

    form_hours: float = 1.0
    paper_hours: float = 0.5
    paper_vnd: float = 5_000.0
    trip_hours: float = 1.5
    trip_vnd: float = 20_000.0
    trips: int = 2


@dataclass(frozen=True, kw_only=True)
class CostChange:
    """Cost of a year before and after, in đồng; the saving taken and its range over the estimates."""

    before_vnd: int
    after_vnd: int
    saving_vnd: int
    saving_percent: float | None
    low_vnd: int
    high_vnd: int
    activities: tuple[tuple[str, float, float, float, float], ...]  # name, hours before/after, services before/after


def activities(papers: float, *, effort: Effort | None = None) -> list[Activity]:
    """The usual activities of one performance that asks for so many papers."""
    each = effort or Effort()
    trips = [
        Activity("Nộp hồ sơ", each.trip_hours, each.trip_vnd),
        Activity("Nhận kết quả", each.trip_hours, each.trip_vnd),
    ]
    return [
        Activity("Điền mẫu đơn, tờ khai", each.form_hours),
        Activity("Chuẩn bị giấy tờ", each.paper_hours * papers, each.paper_vnd * papers),
        *trips[: each.trips],
    ]


def costs_of_performance(
    papers: Mapping[str, float], fees: Mapping[str, float], rate: HourlyRate | None
) -> pd.DataFrame:
    """What one performance of each procedure costs who goes through it; empty without an hourly rate.

    Gives: proc_core, cost_vnd (the activities of so many papers, and the fee where it is known)
    """
    if rate is None:
        return pd.DataFrame(columns=["proc_core", "cost_vnd"])
    rows = []
    for core in sorted(papers):
        cost = compliance_cost(activities(papers[core]), rate, fees_vnd=fees.get(core, 0.0), subjects_per_year=1)
        rows.append((core, float(cost.per_year)))
    return pd.DataFrame(rows, columns=["proc_core", "cost_vnd"])


def cost_change(
    papers_before: float,
    papers_after: Sequence[float],
    rate: HourlyRate,
    *,
    per_year: float,
    fee_vnd: float = 0.0,
) -> CostChange:
    """Cost before, and after by each estimate of the papers left; the lower-middle saving is the one given.

    `per_year` is performances times subjects: the dossiers of the last four quarters.
    """
    before = compliance_cost(activities(papers_before), rate, fees_vnd=fee_vnd, subjects_per_year=per_year)
    options = [
        (papers, compliance_cost(activities(papers), rate, fees_vnd=fee_vnd, subjects_per_year=per_year))
        for papers in papers_after
    ]
    savings = sorted((saving(before, after).amount, papers) for papers, after in options)
    taken = median_low([amount for amount, _ in savings])
    papers_taken, after = next(option for option in options if saving(before, option[1]).amount == taken)
    found = saving(before, after)
    lines = tuple(
        (one.name_vi, float(one.hours), float(two.hours), float(one.services_vnd), float(two.services_vnd))
        for one, two in zip(activities(papers_before), activities(papers_taken), strict=True)
    )
    return CostChange(
        before_vnd=rounded_vnd(before.per_year),
        after_vnd=rounded_vnd(after.per_year),
        saving_vnd=rounded_vnd(before.per_year) - rounded_vnd(after.per_year),
        saving_percent=None if found.rate_percent is None else float(found.rate_percent),
        low_vnd=rounded_vnd(savings[0][0]),
        high_vnd=rounded_vnd(savings[-1][0]),
        activities=lines,
    )
