"""Facts of steps and pauses: order in time, keys, and the span of the dossier they belong to."""

from functools import cached_property

import numpy as np
import pandas as pd

from domain.columns import HAPPENED
from expectations.context import JudgeContext
from expectations.facts import Series, TableFacts, verdicts

_CASE = ["unit_code", "dossier_code"]


class StepFacts(TableFacts):
    """The steps of the night, with the night's dossiers beside them."""

    table = "step"
    future_matters = frozenset(HAPPENED["step"])

    def __init__(self, rows: pd.DataFrame, context: JudgeContext, dossiers: pd.DataFrame) -> None:
        super().__init__(rows, context)
        self.dossiers = dossiers
        self.seen["copy_no"] = self.copy_no("unit_code", "dossier_key", "step_no")

    @cached_property
    def sorted_steps(self) -> pd.DataFrame:
        """Steps with a key, in the order of their dossier."""
        keyed = self.seen.dropna(subset=[*_CASE, "step_no"])
        return keyed.sort_values([*_CASE, "step_no"], kind="stable")

    @cached_property
    def times_increase(self) -> Series:
        """Fact: the step was neither taken on nor handed over before the step before it was."""
        steps = self.sorted_steps
        holds = pd.Series(True, index=steps.index)
        concerns = pd.Series(False, index=steps.index)
        for column in ("arrived_at", "finished_at"):
            before = steps.groupby(_CASE, sort=False)[column].shift()
            both = before.notna() & steps[column].notna()
            concerns |= both
            holds &= ~(both & self.before(steps[column], before))
        return verdicts(
            holds.reindex(self.index).fillna(False), concerns.reindex(self.index).fillna(False), self.index
        )

    @cached_property
    def inside_dossier(self) -> Series:
        """Fact: worked on working days, and the dossier's steps together take no longer than the dossier."""
        working = pd.DataFrame({name: self.is_working(self.day(name)) for name in ("arrived_at", "finished_at")})
        off_day = (working == 0.0).any(axis=1)
        return verdicts(~(off_day | self._too_long), working.notna().any(axis=1) | self._too_long, self.index)

    @cached_property
    def _too_long(self) -> Series:
        """Rows of dossiers whose steps sum to more working days than the dossier took."""
        spent = self.work_index(self.day("finished_at")) - self.work_index(self.day("arrived_at"))
        total = spent.clip(lower=0).groupby([self.seen[name] for name in _CASE]).transform("sum")
        dossiers = self.dossiers.dropna(subset=["dossier_code"]).drop_duplicates(_CASE)
        took = self.work_index(dossiers["finished_at"].dt.floor("D")) - self.work_index(
            dossiers["received_at"].dt.floor("D")
        )
        known = dossiers[_CASE].assign(took=took)
        joined = self.seen[_CASE].merge(known, on=_CASE, how="left", validate="many_to_one")
        limit = joined["took"].set_axis(self.index) + self.context.limits.step_slack_days
        return (total > limit) & limit.notna()


class PauseFacts(TableFacts):
    """The pauses of the night."""

    table = "pause"
    future_matters = frozenset(HAPPENED["pause"])

    def __init__(self, rows: pd.DataFrame, context: JudgeContext) -> None:
        super().__init__(rows, context)
        self.seen["copy_no"] = self.copy_no("unit_code", "dossier_key", "pause_no")
        self.seen["kind_told"] = self.seen["kind"].fillna("")


class UnitFacts:
    """One row a unit: how many dossiers it handed in tonight, against its own earlier nights."""

    table = "unit"

    def __init__(self, volumes: Series, context: JudgeContext) -> None:
        self.context = context
        history = context.history if context.history is not None else pd.DataFrame()
        known = sorted({*volumes.index, *(history["unit_code"].unique() if not history.empty else ())})
        self.seen = pd.DataFrame({"unit_code": pd.Series(known, dtype="str")})
        self.seen["rows"] = [float(volumes.get(unit, 0)) for unit in known]
        self.seen["usual"] = [self._usual(history, unit) for unit in known]
        self.seen["dossier_code"] = None
        self.index = self.seen.index
        self.rows = self.seen

    def _usual(self, history: pd.DataFrame, unit: str) -> float:
        """The median of the unit's earlier working nights on the same weekday; NaN when too few are known."""
        calendar, limits = self.context.calendar, self.context.limits
        night = pd.Timestamp(self.context.night)
        if history.empty or not _works(calendar, night):
            return np.nan
        days = pd.to_datetime(history["night"])
        since = night - pd.Timedelta(weeks=limits.volume_weeks)
        same = (
            (history["unit_code"] == unit)
            & (days < night)
            & (days >= since)
            & (days.dt.day_of_week == night.day_of_week)
        )
        picked = history.loc[same & days.map(lambda day: _works(calendar, day)), "rows"]
        return float(picked.median()) if len(picked) >= limits.volume_least_nights else np.nan

    def given(self, _: str) -> frozenset[str]:
        """A unit's volume is always known."""
        return frozenset(self.seen.columns)

    @cached_property
    def volume_usual(self) -> Series:
        """Fact: not far fewer dossiers than usual, by share and by chance."""
        limits = self.context.limits
        few = self.seen["rows"] < limits.volume_share * self.seen["usual"]
        chance = [
            _poisson_at_most(int(rows), usual)
            for rows, usual in zip(self.seen["rows"], self.seen["usual"], strict=True)
        ]
        odd = pd.Series(chance, index=self.index) < limits.volume_chance
        return verdicts(~(few & odd), self.seen["usual"].notna(), self.index)


def _works(calendar: object, day: pd.Timestamp) -> bool:
    inside = calendar.first <= day.date() <= calendar.last  # type: ignore[attr-defined]
    return bool(inside and calendar.is_working(day.date()))  # type: ignore[attr-defined]


def _poisson_at_most(count: int, mean: float) -> float:
    """The chance of at most `count` events where `mean` are usual."""
    if mean != mean or mean <= 0:  # noqa: PLR0124 - NaN
        return 1.0
    terms = np.arange(count + 1)
    logs = terms * np.log(mean) - mean - np.array([float(np.sum(np.log(np.arange(1, k + 1)))) for k in terms])
    return float(np.exp(logs).sum())
