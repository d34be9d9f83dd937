"""Is the procedure slow, or the unit? Each with the other taken out, drawn to the middle where dossiers are few.

A procedure is slow when it is slow in most units that do it; a unit is slow when it is slow in most procedures it
does. A procedure only one unit does cannot be told from that unit, so it is left out of both.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from analysis.comparison import due_cells
from analysis.crossed import Cells, Fit, Solution, chance, fit, solve, spread_without
from analysis.exact import normal_upper, share_interval
from analysis.funnel import benjamini_hochberg, share_upper
from analysis.thresholds import Thresholds

GIVES = [
    "level", "unit_code", "proc_core", "n", "late", "raw_share", "alone_n", "expected", "ratio", "ratio_low",
    "ratio_high", "pooled_share", "pooled_low", "pooled_high", "effect", "effect_low", "effect_high", "members",
    "slow_members", "p_value", "q_value", "is_slow",
]  # fmt: skip
_WHOLE = ("n", "late", "alone_n", "members", "slow_members")
_FEW_UNITS = 60  # up to so many units each is judged by the spread of the others; in more one hardly weighs
_WITHOUT_WORST = NormalDist().inv_cdf(0.95)  # one-sided, one test a unit that has passed the others already


def unit_procedure_effects(counts: pd.DataFrame, *, quarter: str, thresholds: Thresholds) -> pd.DataFrame:
    """What each unit and each procedure adds to the late share, over dossiers whose due date had come.

    Needs: unit_code, proc_core, received_quarter, outcome, timeliness, n; due_passed, entry_half_days when given
    Gives: level (UNIT, PROCEDURE), unit_code, proc_core (null on the other level) and
      n, late, raw_share: due dossiers of the row; of a unit only those of procedures another unit does too, the
        others are `alone_n`
      expected, ratio, ratio_low, ratio_high: late dossiers the other factor alone predicts (the middle unit doing
        these procedures; the middle procedure in these units: of median effect, which no single slow one moves),
        late / expected, its interval with over-dispersion
      pooled_share, pooled_low, pooled_high: share late at the other factor's average mix, partially pooled: a unit
        at the mix of all dossiers compared, a procedure at the middle unit
      effect, effect_low, effect_high: what the row adds on the log-odds, 0 = as the average
      members, slow_members: procedures of the unit, units of the procedure; and those that bear it out: procedures
        in which the unit's own estimate is above the prediction by at least half its effect, units in which the
        procedure's estimate is above the target
      p_value, q_value: of ratio > 1 (unit) and of pooled share > target (procedure); Benjamini-Hochberg by level
      is_slow: PROCEDURE: pooled_low above the target and in more than half of at least two units. UNIT: q at most
        `fdr`, pooled share above the target, slow in more than half of its procedures (each counting by what its
        own dossiers say), and still above expectation without the worst of them
    Null where only one unit does a procedure, or a unit has no procedure another does.
    """
    cells = due_cells(counts, quarter=quarter, thresholds=thresholds)
    if cells.empty:
        return pd.DataFrame(columns=GIVES)
    shared = cells.loc[cells["units"] >= 2]
    units, procedures = _raw(cells, shared, "unit_code"), _raw(cells, cells, "proc_core")
    if not shared.empty:
        fitted = _fitted(shared)
        units = units.join(_unit_columns(fitted, thresholds))
        procedures = procedures.join(_procedure_columns(fitted, thresholds))
    units, procedures = _judged(units, thresholds), _judged(procedures, thresholds)
    table = pd.concat(
        [units.reset_index().assign(level="UNIT"), procedures.reset_index().assign(level="PROCEDURE")],
        ignore_index=True,
    ).reindex(columns=GIVES)
    table[["unit_code", "proc_core"]] = table[["unit_code", "proc_core"]].astype(object).where(table.notna(), None)
    return table.astype(dict.fromkeys(_WHOLE, int) | {"is_slow": bool})


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    frame: pd.DataFrame
    cells: Cells
    unit_names: list[str]
    procedure_names: list[str]
    unit_mix: np.ndarray
    procedure_mix: np.ndarray
    fit: Fit


def _fitted(shared: pd.DataFrame) -> _Fitted:
    unit, unit_names = pd.factorize(shared["unit_code"], sort=True)
    procedure, procedure_names = pd.factorize(shared["proc_core"], sort=True)
    n, late = shared["n"].to_numpy(float), shared["late"].to_numpy(float)
    cells = Cells(
        unit=unit, procedure=procedure, n=n, late=late, units=len(unit_names), procedures=len(procedure_names)
    )
    unit_mix = np.full(cells.units, 1.0 / cells.units)
    procedure_mix = np.bincount(procedure, n) / n.sum()
    return _Fitted(
        frame=shared, cells=cells, unit_names=list(unit_names), procedure_names=list(procedure_names),
        unit_mix=unit_mix, procedure_mix=procedure_mix,
        fit=fit(cells, unit_mix=unit_mix, procedure_mix=procedure_mix),
    )  # fmt: skip


def _raw(cells: pd.DataFrame, rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Counts by unit or procedure over `rows`; `alone_n`: dossiers of `cells` that are not among them."""
    other = "proc_core" if key == "unit_code" else "unit_code"
    everything = cells.groupby(key, sort=True)["n"].sum()
    table = pd.DataFrame(index=everything.index)
    found = rows.groupby(key, sort=True).agg(n=("n", "sum"), late=("late", "sum"), members=(other, "nunique"))
    table = table.join(found).fillna(0)
    table["alone_n"] = everything - table["n"]
    table["raw_share"] = (table["late"] / table["n"]).where(table["n"] > 0)
    return table


def _unit_columns(fitted: _Fitted, thresholds: Thresholds) -> pd.DataFrame:
    cells, model = fitted.cells, fitted.fit
    found = model.solution
    middle = found.mean + np.median(found.unit)
    predicted = chance(middle + found.procedure[cells.procedure])
    expected = np.bincount(cells.unit, cells.n * predicted, cells.units)
    plain, score, variance = _against_others(fitted)
    table = _ratios(fitted, "unit", expected, (variance, thresholds))
    # Few dossiers make a score unsure: the exact tail of chance and of what cells differ must be small as well.
    n, single = table["n"].to_numpy(), np.bincount(cells.unit, model.weight, cells.units)
    wider = single / np.bincount(cells.unit, model.marginal, cells.units)
    exact = share_upper(table["late"].to_numpy(), n, expected / n, (wider - 1.0) / np.maximum(n - 1.0, 1.0))
    table["p_value"] = np.where(np.isfinite(score), np.maximum(normal_upper(score), exact), np.nan)
    level = found.mean + found.unit
    shift = level[:, None] + found.procedure[None, :]
    table = _pooled(table, shift, fitted.procedure_mix, found.unit_level_variance, thresholds)
    table = _effect(table, found.unit, found.unit_variance, thresholds)
    own = found.unit[cells.unit] + model.cell
    bears_out = own > np.maximum(found.unit[cells.unit] / 2, 0.0)
    table["slow_members"] = np.bincount(cells.unit, bears_out, cells.units)
    # A tiny cell only repeats the unit's own effect; it counts by how much its own dossiers say.
    say = model.cell_spread * model.marginal + 1e-9
    most = np.bincount(cells.unit, say * bears_out, cells.units) * 2 > np.bincount(cells.unit, say, cells.units)
    holds = _holds_without_worst(fitted, plain, variance)
    table["may_be_slow"] = most & holds & (found.unit > 0) & (table["pooled_share"] > thresholds.target_late_share)
    table["is_slow_by"] = "q_value"
    return table.drop(columns=["n", "late"])


def _against_others(fitted: _Fitted) -> tuple[Solution, np.ndarray, np.ndarray]:
    """Each unit held against those that do the same procedures: fit, z-scores and variances of the differences.

    Procedures are taken as they are, so nothing is learnt from procedures the others do not do. Null where there is
    nothing in common. In a small site a unit that stands out would itself make units look unlike one another and
    hide behind that; there each is judged by how much the others differ.
    """
    cells, model = fitted.cells, fitted.fit
    mixes, working = (fitted.unit_mix, fitted.procedure_mix), (model.marginal, model.response)
    plain = solve(cells, working, (model.unit_spread, None), mixes)
    score, variance = np.full(cells.units, np.nan), np.full(cells.units, np.nan)
    for unit in range(cells.units) if cells.units <= _FEW_UNITS else [slice(None)]:
        spread = spread_without(cells, model, unit, mixes) if isinstance(unit, int) else model.unit_spread
        found = solve(cells, working, (spread, None), mixes) if isinstance(unit, int) else plain
        known = 1.0 / found.unit_variance[unit] - 1.0 / spread
        variance[unit] = np.where(known * spread > 1e-6, 1.0 / np.where(known > 0, known, np.nan), np.nan)
        score[unit] = found.unit[unit] / found.unit_variance[unit] * np.sqrt(variance[unit])
    return plain, score, variance


def _holds_without_worst(fitted: _Fitted, plain: Solution, variance: np.ndarray) -> np.ndarray:
    """Whether each unit stays above expectation when the procedure that speaks most against it is left out."""
    cells, model, effect, procedure = fitted.cells, fitted.fit, plain.unit, plain.procedure
    weight = model.marginal
    total = np.bincount(cells.procedure, weight, cells.procedures)[cells.procedure]
    others = (total * procedure[cells.procedure] - weight * (model.response - effect[cells.unit])) / (total - weight)
    # What the cell says against the same procedure in other units, and the weight of saying it.
    against, own = model.response - others, weight * (1.0 - weight / total)
    spoken = pd.DataFrame({"unit": cells.unit, "own": own, "told": own * against})
    sums = spoken.groupby("unit", sort=True)[["own", "told"]].sum().reindex(range(cells.units))
    worst = spoken.sort_values(["unit", "told", "own"], kind="stable").groupby("unit", sort=True).last()
    left, told = sums["own"] - worst["own"], sums["told"] - worst["told"]
    extra = np.maximum(variance - 1.0 / sums["own"].to_numpy(), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (told / left) / np.sqrt(1.0 / left + extra)
    only = spoken.groupby("unit", sort=True).size().to_numpy() == 1
    return np.asarray(only | (score.to_numpy() > _WITHOUT_WORST))


def _procedure_columns(fitted: _Fitted, thresholds: Thresholds) -> pd.DataFrame:
    cells, model = fitted.cells, fitted.fit
    found = model.solution
    predicted = chance(found.mean + np.median(found.procedure) + found.unit[cells.unit])
    expected = np.bincount(cells.procedure, cells.n * predicted, cells.procedures)
    known = 1.0 / found.procedure_variance - 1.0 / model.procedure_spread
    table = _ratios(fitted, "procedure", expected, (1.0 / np.maximum(known, 1e-9), thresholds))
    level = (found.mean + found.procedure + np.median(found.unit))[:, None]
    table = _pooled(table, level, np.ones(1), found.procedure_level_variance, thresholds)
    table = _effect(table, found.procedure, found.procedure_variance, thresholds)
    own = found.mean + found.unit[cells.unit] + found.procedure[cells.procedure] + model.cell
    above = chance(own) > thresholds.target_late_share
    table["slow_members"] = np.bincount(cells.procedure, above, cells.procedures)
    members = np.bincount(cells.procedure, minlength=cells.procedures)
    table["p_value"] = _above_target(table, thresholds)
    most = (members >= 2) & (table["slow_members"] * 2 > members)
    table["may_be_slow"] = most & (table["pooled_low"] > thresholds.target_late_share)
    table["is_slow_by"] = ""
    return table.drop(columns=["n", "late"])


def _above_target(table: pd.DataFrame, thresholds: Thresholds) -> np.ndarray:
    """How likely the pooled share is at most the target: a normal on the log-odds, as its interval."""
    at = {name: np.log(table[f"pooled_{name}"] / (1 - table[f"pooled_{name}"])) for name in ("low", "share", "high")}
    target = np.log(thresholds.target_late_share / (1 - thresholds.target_late_share))
    error = (at["high"] - at["low"]) / (2 * NormalDist().inv_cdf(0.5 + thresholds.confidence / 2))
    return normal_upper(((at["share"] - target) / error).to_numpy())


def _ratios(fitted: _Fitted, side: str, expected: np.ndarray, context: tuple[np.ndarray, Thresholds]) -> pd.DataFrame:
    """Late over expected, with an interval widened by what cells differ and the other factor is uncertain."""
    (variance, thresholds), cells = context, fitted.cells
    at, names = (cells.unit, fitted.unit_names) if side == "unit" else (cells.procedure, fitted.procedure_names)
    n, late, weight = (np.bincount(at, each, len(names)) for each in (cells.n, cells.late, fitted.fit.weight))
    wider = np.maximum(np.nan_to_num(variance * weight, nan=1.0), 1.0)
    low, high = share_interval(late / wider, n / wider, thresholds.confidence)
    given = {"n": n, "late": late, "expected": expected, "ratio": late / expected}
    ends = {"ratio_low": low * n / expected, "ratio_high": high * n / expected}
    return pd.DataFrame(given | ends, index=names)


def _pooled(
    table: pd.DataFrame, log_odds: np.ndarray, mix: np.ndarray, variance: np.ndarray, thresholds: Thresholds
) -> pd.DataFrame:
    reach = NormalDist().inv_cdf(0.5 + thresholds.confidence / 2) * np.sqrt(variance)[:, None]
    for name, by in (("share", 0.0), ("low", -reach), ("high", reach)):
        table[f"pooled_{name}"] = chance(log_odds + by) @ mix
    return table


def _effect(table: pd.DataFrame, effect: np.ndarray, variance: np.ndarray, thresholds: Thresholds) -> pd.DataFrame:
    reach = NormalDist().inv_cdf(0.5 + thresholds.confidence / 2) * np.sqrt(variance)
    return table.assign(effect=effect, effect_low=effect - reach, effect_high=effect + reach)


def _judged(table: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """q-values over the rows with enough dossiers to be named at all, and the verdict."""
    if "p_value" not in table.columns:
        return table.assign(slow_members=0, is_slow=False)
    enough = (table["n"] > thresholds.minimum_group) & (table["n"] >= thresholds.minimum_cases)
    q = benjamini_hochberg(np.where(enough, table["p_value"], np.nan))
    certain = (q <= thresholds.fdr) | table["is_slow_by"].eq("")
    slow = enough & certain & table["may_be_slow"].eq(True)
    return table.assign(q_value=q, is_slow=slow, slow_members=table["slow_members"].fillna(0))
