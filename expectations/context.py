"""What a judgement is given besides the rows, and what it gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from domain.calendar import WorkCalendar
from domain.office_hours import OFFICE_HOURS, OfficeHours
from expectations.limits import RuleLimits

Given = Mapping[tuple[str, str], frozenset[str]]

RESULT_COLUMNS = [
    "unit_code", "night", "rule_id", "severity", "table_name", "checked", "failed", "could_run", "sentence",
    "examples",
]  # fmt: skip
REJECTED_COLUMNS = [
    "unit_code", "night", "table_name", "file_name", "line_no", "rule_id", "severity", "message",
    "dossier_code", "dossier_key",
]  # fmt: skip
FLAG_COLUMNS = ["unit_code", "night", "dossier_key", "dossier_code", "rule_id", "severity"]


@dataclass(frozen=True, kw_only=True)
class JudgeContext:
    """Everything the rules may look at besides tonight's rows.

    `units`, `procedures`, `postings` are the dimension frames; an interval holds from `valid_from` to
    `valid_to`, both days included, and an empty end is open. `rules_off` maps rule id to the site's reason.

    Optional, and each switches off just the rules that need it when it is not given:
    `given`: (unit_code, table) -> canonical columns that unit's sources give (mapped, constant or derived);
    without it a column counts as given when any row of the night has a value in it.
    `previous`: the last known state, columns dossier_code, supplement_count, paused_days (working).
    """

    night: str
    calendar: WorkCalendar
    units: pd.DataFrame
    procedures: pd.DataFrame
    postings: pd.DataFrame
    dossier_grammar: Literal["national", "any"] = "national"
    rules_off: Mapping[str, str] = field(default_factory=dict)
    limits: RuleLimits = field(default_factory=RuleLimits)
    office_hours: OfficeHours | Sequence[tuple[str, str]] = OFFICE_HOURS
    given: Given | None = None
    previous: pd.DataFrame | None = None

    @property
    def closing(self) -> pd.Timedelta:
        """The time of day the offices close."""
        if isinstance(self.office_hours, OfficeHours):
            return pd.Timedelta(microseconds=self.office_hours.closing_us)
        hour, minute = max(closes for _, closes in self.office_hours).split(":")
        return pd.Timedelta(hours=int(hour), minutes=int(minute))

    @property
    def hours(self) -> OfficeHours:
        """The office hours; pairs as a site file writes them, [["07:00", "11:30"], ...], are read."""
        if isinstance(self.office_hours, OfficeHours):
            return self.office_hours
        return OfficeHours.parse(",".join(f"{opens}-{closes}" for opens, closes in self.office_hours))


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The judgement of one night.

    `accepted`: table -> rows that passed every critical rule; `rejected`: one row per rejected row and
    critical rule; `flags`: kept dossiers with a warning or information; `results`: one row per unit and
    rule; `broken`: rule id -> why it could not run (empty on a healthy night).
    """

    accepted: dict[str, pd.DataFrame]
    rejected: pd.DataFrame
    flags: pd.DataFrame
    results: pd.DataFrame
    broken: Mapping[str, str] = field(default_factory=dict)
