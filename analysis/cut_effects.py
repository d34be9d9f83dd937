"""What a shortened limit did: before and after it, against comparable procedures whose limit was left alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analysis.curves import ends_of
from analysis.frames import check_columns, rows_of, text_or_none
from analysis.survival import survival_at, survival_curves, survival_quantiles
from analysis.thresholds import Thresholds
from analysis.timeliness import from_receipt
from domain.quarter import Quarter

NEEDS = ["proc_core", "received_quarter", "outcome", "elapsed_half_days", "n"]
PROCEDURE_NEEDS = ["proc_core", "valid_from", "field_code", "level", "limit_quantity", "limit_unit"]
GIVES = [
    "proc_core", "cut_on", "old_days", "new_days", "n_before", "n_after", "controls", "n_control_before",
    "n_control_after", "within_before", "within_after", "control_before", "control_after", "effect", "low", "high",
    "median_before", "median_after", "verdict",
]  # fmt: skip
_COUNTED = ("n_before", "n_after", "controls", "n_control_before", "n_control_after")


@dataclass(frozen=True, kw_only=True)
class _Change:
    """One limit giving way to another; `is_cut` when both are working days and the new one is shorter."""

    proc_core: str
    on: date
    old: float
    new: float
    is_cut: bool
    kind: tuple[str, str]

    @property
    def quarter(self) -> Quarter:
        return Quarter.of(self.on)


@dataclass(frozen=True, kw_only=True)
class _Side:
    """Dossiers of one group in one span: how many, the share ended within the new limit, the middle time."""

    n: int
    within: float
    low: float
    high: float
    median_days: float


def cut_effects(
    counts: pd.DataFrame, procedures: pd.DataFrame, *, quarter: str, thresholds: Thresholds
) -> pd.DataFrame:
    """For each limit in working days that was shortened in the last two years: are dossiers ended sooner for it?

    Needs: `counts` as duration_count (entry_half_days when it gives it); `procedures`: every version, with
      proc_core, valid_from, field_code, level, limit_quantity, limit_unit
    Gives: proc_core, cut_on (first day of the new limit), old_days, new_days;
      n_before, n_after: dossiers received in the up to four quarters either side; the quarter of the cut is in
        neither, and no side reaches beyond another change of the same limit
      within_before, within_after: Kaplan-Meier share ended within the NEW limit (half days <= 2 x new_days);
        median_before, median_after: working days
      controls: procedures of the same field and level whose limit was left alone all that time and that have dossiers
        on both sides, pooled; where those have fewer than `minimum_cases`, all of the same level;
        n_control_before, n_control_after, control_before, control_after: theirs, within the same number of days
      effect: difference in differences of those shares (above 0: sooner), low, high: its interval, from the four
        log-log Greenwood intervals (method of variance estimates recovery, which holds at shares of 0 and 1 too)
      verdict: FASTER, SLOWER, SAME, or NOT_ENOUGH with fewer than `minimum_cases` on any side or no control
    """
    check_columns(counts, NEEDS, where="cut_effects")
    check_columns(procedures, PROCEDURE_NEEDS, where="cut_effects")
    now = Quarter.parse(quarter)
    changes = _changes(procedures)
    kinds = _kinds(procedures)
    rows = _measured(counts)
    oldest = _back(now, thresholds.series_quarters - 1)
    found = [
        _effect(change, rows, (changes, kinds), now=now, thresholds=thresholds)
        for change in changes
        if change.is_cut and oldest <= change.quarter and change.on <= now.last
    ]
    table = pd.DataFrame(found, columns=GIVES).sort_values(["proc_core", "cut_on"], kind="stable")
    return table.astype(dict.fromkeys(_COUNTED, int)).reset_index(drop=True)


def _changes(procedures: pd.DataFrame) -> list[_Change]:
    table = procedures.loc[procedures["valid_from"].notna()].sort_values(["proc_core", "valid_from"], kind="stable")
    found: list[_Change] = []
    for core, versions in table.groupby("proc_core", sort=True):
        before: tuple[float, str | None] | None = None
        for row in rows_of(versions):
            limit = (float(row.limit_quantity), text_or_none(row.limit_unit))
            if before is not None and not _same(before, limit):
                is_cut = before[1] == limit[1] == "WORKING_DAY" and 0 <= limit[0] < before[0]
                found.append(
                    _Change(
                        proc_core=str(core),
                        on=pd.Timestamp(row.valid_from).date(),
                        old=before[0],
                        new=limit[0],
                        is_cut=is_cut,
                        kind=(text_or_none(row.field_code) or "", text_or_none(row.level) or ""),
                    )
                )
            before = limit
    return found


def _same(one: tuple[float, str | None], other: tuple[float, str | None]) -> bool:
    if np.isnan(one[0]) and np.isnan(other[0]):
        return True
    return one == other


def _kinds(procedures: pd.DataFrame) -> dict[str, list[tuple[date, tuple[str, str]]]]:
    """Field and level of each procedure, version by version, oldest first."""
    kinds: dict[str, list[tuple[date, tuple[str, str]]]] = {}
    table = procedures.loc[procedures["valid_from"].notna()].sort_values(["proc_core", "valid_from"], kind="stable")
    for row in rows_of(table):
        kind = (text_or_none(row.field_code) or "", text_or_none(row.level) or "")
        kinds.setdefault(str(row.proc_core), []).append((pd.Timestamp(row.valid_from).date(), kind))
    return kinds


def _kind_on(versions: list[tuple[date, tuple[str, str]]], on: date) -> tuple[str, str]:
    """Field and level in force on a day; those of the first version before it began."""
    known = [kind for begin, kind in versions if begin <= on]
    return known[-1] if known else versions[0][1]


def _measured(counts: pd.DataFrame) -> pd.DataFrame:
    rows = ends_of(counts.reset_index(drop=True))
    rows = rows.loc[rows["elapsed"].ge(0) & (rows["entered"] <= rows["elapsed"]) & rows["proc_core"].notna()]
    keys = ["proc_core", "received_quarter", "elapsed", "entered"]
    return rows.groupby(keys, sort=True)[["ended", "censored"]].sum().reset_index()


def _back(quarter: Quarter, quarters: int) -> Quarter:
    for _ in range(quarters):
        quarter = quarter.previous()
    return quarter


def _spans(change: _Change, changes: Iterable[_Change], now: Quarter, quarters: int) -> tuple[list[str], list[str]]:
    """The quarters before and after a change, cut short by another change of the same limit."""
    others = [other.quarter for other in changes if other.proc_core == change.proc_core and other is not change]
    before: list[str] = []
    after: list[str] = []
    each = change.quarter
    for _ in range(quarters if change.quarter not in others else 0):
        each = each.previous()
        if each in others:
            break
        before.append(str(each))
    each = change.quarter
    for _ in range(quarters if change.quarter not in others else 0):
        each = each.next()
        if each in others or each > now:
            break
        after.append(str(each))
    return before[::-1], after


def _effect(
    change: _Change,
    rows: pd.DataFrame,
    catalogue: tuple[list[_Change], dict[str, list[tuple[date, tuple[str, str]]]]],
    *,
    now: Quarter,
    thresholds: Thresholds,
) -> dict[str, Any]:
    changes, kinds = catalogue
    spans = _spans(change, changes, now, thresholds.cut_side_quarters)
    touched = {other.proc_core for other in changes if _touches(other, change, spans)}
    whole = rows.loc[rows["received_quarter"].isin([*spans[0], *spans[1]])]
    side = np.where(whole["received_quarter"].isin(spans[0]), "before", "after")
    whole = whole.assign(side=side, n=whole["ended"] + whole["censored"])
    own = whole.loc[whole["proc_core"].eq(change.proc_core)]
    others = whole.loc[~whole["proc_core"].isin([*touched, change.proc_core])]
    alike = {core: _kind_on(versions, change.on) for core, versions in kinds.items()}
    pool = _controls(others, [core for core, kind in alike.items() if kind == change.kind and kind[0]])
    if pool.groupby("side")["n"].sum().reindex(["before", "after"]).fillna(0).min() < thresholds.minimum_cases:
        pool = _controls(others, [core for core, kind in alike.items() if kind[1] == change.kind[1]])
    sides = {
        f"{who}{when}": _side(part.loc[part["side"].eq(when)], change.new, thresholds.confidence)
        for who, part in (("", own), ("control_", pool))
        for when in ("before", "after")
    }
    return {
        "proc_core": change.proc_core, "cut_on": change.on, "old_days": change.old, "new_days": change.new,
        "n_before": sides["before"].n, "n_after": sides["after"].n, "controls": pool["proc_core"].nunique(),
        "n_control_before": sides["control_before"].n, "n_control_after": sides["control_after"].n,
        "within_before": sides["before"].within, "within_after": sides["after"].within,
        "control_before": sides["control_before"].within, "control_after": sides["control_after"].within,
        "median_before": sides["before"].median_days, "median_after": sides["after"].median_days,
        **_difference([sides[name] for name in ("after", "before", "control_after", "control_before")], thresholds),
    }  # fmt: skip


def _touches(other: _Change, change: _Change, spans: tuple[list[str], list[str]]) -> bool:
    """Whether another limit changed between the first and the last quarter looked at."""
    seen = [*spans[0], str(change.quarter), *spans[1]]
    return seen[0] <= str(other.quarter) <= seen[-1]


def _controls(others: pd.DataFrame, cores: list[str]) -> pd.DataFrame:
    pool = others.loc[others["proc_core"].isin(cores)]
    return pool.loc[pool.groupby("proc_core")["side"].transform("nunique").eq(2)]


def _side(rows: pd.DataFrame, days: float, confidence: float) -> _Side:
    size = int(rows["n"].sum())
    curves = survival_curves(
        rows.assign(all="all"), by=["all"], time="elapsed", entry="entered", confidence=confidence
    )
    curves = from_receipt(curves)
    if curves.empty:
        return _Side(n=size, within=np.nan, low=np.nan, high=np.nan, median_days=np.nan)
    late = survival_at(curves, 2.0 * days, by=["all"], confidence=confidence).iloc[0]
    middle = survival_quantiles(curves, 0.5, by=["all"])["time"].iloc[0]
    return _Side(
        n=size,
        within=1.0 - float(late["survival"]),
        low=1.0 - float(late["ci_high"]),
        high=1.0 - float(late["ci_low"]),
        median_days=float(middle) / 2.0,
    )


def _difference(sides: Sequence[_Side], thresholds: Thresholds) -> dict[str, Any]:
    """(after - before) - (control after - control before), with its interval."""
    signs = np.array([1.0, -1.0, -1.0, 1.0])
    within, low, high = (np.array([getattr(side, name) for side in sides]) for name in ("within", "low", "high"))
    effect = float(np.sum(signs * within))
    down = np.where(signs > 0, within - low, high - within)
    up = np.where(signs > 0, high - within, within - low)
    low_end, high_end = effect - float(np.hypot.reduce(down)), effect + float(np.hypot.reduce(up))
    if min(side.n for side in sides) < thresholds.minimum_cases or np.isnan(effect):
        verdict = "NOT_ENOUGH"
    else:
        verdict = "FASTER" if low_end > 0 else "SLOWER" if high_end < 0 else "SAME"
    return {"effect": effect, "low": low_end, "high": high_end, "verdict": verdict}
