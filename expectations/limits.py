"""The thresholds of the rules, each with the source it was taken from.

A site may move them in `site.yml` under `rules.limits`; an unknown name there is an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from domain.errors import KnownError


@dataclass(frozen=True, kw_only=True)
class RuleLimits:
    """Thresholds of the data-quality rules (days are working days unless said)."""

    # The one-stop rules begin with QĐ 93/2007; 1990 leaves room for old land dossiers still open.
    earliest_year: int = 1990
    # The longest statutory limits are below two years; five leaves room for extensions.
    latest_years_ahead: int = 5
    # A nightly extract is made between midnight and the offices' opening: its rows of the new day wait (our choice).
    early_hours: int = 8
    # NĐ 61/2018 gives an online dossier one working day to be accepted (press reports of the decree).
    acceptance_days: int = 1
    # The law counts by date (BLDS 2015 Đ147-148); two vendors round hours differently by at most a day.
    due_tolerance_days: int = 1
    # Định Quán inspection: dossiers "treo" for half a year. Calendar days.
    stale_days: int = 180
    # Received today, typed in by the end of the next working day: our choice ("nhập muộn").
    entry_delay_days: int = 1
    # Finishes exactly at closing time: a few happen, one in five does not (our choice), from 20 finishes on.
    closing_time_share: float = 0.2
    closing_time_least: int = 20
    # More dossiers than this closed by one person within one minute is a batch (our choice).
    batch_in_minute: int = 10
    # NĐ 63/2010 Đ20 k4: at most two supplement requests a dossier.
    supplements: int = 2
    # Steps are stamped to the minute but planned in half days: one day of slack for the sum.
    step_slack_days: int = 1

    @classmethod
    def from_mapping(cls, limits: Mapping[str, Any]) -> Self:
        """The defaults overlaid with `limits` (name -> number).

        Raises KnownError E-RULE-LIMIT for an unknown name or a value that is not a number.
        """
        known = {field.name: field.type for field in fields(cls)}
        unknown = sorted(set(limits) - set(known))
        if unknown:
            raise KnownError(
                "E-RULE-LIMIT",
                f"rules.limits has unknown names {unknown}; known are {sorted(known)}",
                mend="correct or remove them in site.yml under rules.limits",
            )
        wrong = [
            name for name, value in limits.items() if isinstance(value, bool) or not isinstance(value, int | float)
        ]
        if wrong:
            raise KnownError(
                "E-RULE-LIMIT",
                f"rules.limits must be numbers, these are not: {sorted(wrong)}",
                mend="write a number in site.yml under rules.limits",
            )
        return replace(cls(), **limits)
