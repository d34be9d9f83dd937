"""Facts of steps and pauses: order in time, keys, and the span of the dossier they belong to."""

from functools import cached_property

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
