"""Late shares told apart into what the unit adds, what the procedure adds and what only the two together add.

The log-odds of a dossier being late are mu + unit + procedure + cell (unit x procedure), each a normal effect with a
variance of its own. Few dossiers are drawn towards the middle; a unit or procedure with many speaks for itself.

Penalised quasi-likelihood (Breslow and Clayton 1993) with Schall's variance updates (1991): a working response is
fitted by weighted least squares, cells are integrated out of it, the factor with more levels is eliminated block by
block (its block is diagonal), and a dense system stays for the other: up to some 3,000 levels of the shorter
factor fit in ordinary memory, however many the longer has.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

_MOST_ROUNDS = 300
_SMALLEST = 1e-6  # a variance that goes to nothing stops here
_LARGEST = 25.0  # and one that runs away (all or none late) here
_FARTHEST = 12.0  # log-odds: nobody or everybody late has no estimate, six in a million is none
_SETTLED = 1e-7
_NOTHING = 1e-4  # a variance below (a hundredth on the log-odds) is none: it would go on shrinking for ever
_DENSE_UP_TO = 200_000  # entries


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Counts by unit and procedure; `unit` and `procedure` are places from 0, every level has dossiers."""

    unit: np.ndarray
    procedure: np.ndarray
    n: np.ndarray
    late: np.ndarray
    units: int
    procedures: int


@dataclass(frozen=True, kw_only=True)
class Solution:
    """One weighted least-squares fit: effects and the prediction variances of effects and of their sums."""

    mean: float
    unit: np.ndarray
    procedure: np.ndarray
    unit_variance: np.ndarray
    procedure_variance: np.ndarray
    cell_variance: np.ndarray  # of mean + unit + procedure, cell by cell
    unit_level_variance: np.ndarray  # of mean + unit + the average procedure
    procedure_level_variance: np.ndarray  # of mean + procedure + the average unit


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The fitted model. Variances: of units, procedures and cells. `weight`, `response`: of the last round."""

    solution: Solution
    cell: np.ndarray
    weight: np.ndarray
    marginal: np.ndarray
    response: np.ndarray
    unit_spread: float
    procedure_spread: float
    cell_spread: float


def chance(log_odds: Any) -> np.ndarray:
    """Share late at given log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(log_odds, dtype=float))))


def fit(cells: Cells, *, unit_mix: np.ndarray, procedure_mix: np.ndarray) -> Fit:
    """Fit the model to counts; deterministic, the same for any order of the cells.

    `unit_mix`, `procedure_mix`: weights, summing to one, of the average unit and the average procedure at which
    the variances of levels are given. A variance the data cannot tell from another is held at nothing: of units
    when there is one, of procedures when there is one, of cells when there are hardly more cells than levels.
    """
    free = (cells.units > 1, cells.procedures > 1, len(cells.n) - cells.units - cells.procedures >= 2)
    spread = np.where(free, [0.25, 0.5, 0.25], _SMALLEST)
    mean = float(np.log((cells.late.sum() + 0.5) / (cells.n.sum() - cells.late.sum() + 0.5)))
    log_odds, cell = np.full(len(cells.n), mean), np.zeros(len(cells.n))
    mixes, path = (unit_mix, procedure_mix), [np.log(spread)]
    for _ in range(_MOST_ROUNDS):
        share = chance(log_odds)
        weight = np.maximum(cells.n * share * (1.0 - share), 1e-8)
        response = log_odds + (cells.late - cells.n * share) / weight
        marginal = weight / (1.0 + spread[2] * weight)
        found = solve(cells, (marginal, response), (spread[0], spread[1]), mixes)
        fixed = found.mean + found.unit[cells.unit] + found.procedure[cells.procedure]
        cell = spread[2] * marginal * (response - fixed)
        # No step of more than three on the log-odds: far out the curve is flat and a step says little.
        step = np.clip(fixed + cell - log_odds, -3.0, 3.0)
        moved_to = np.clip(log_odds + step, -_FARTHEST, _FARTHEST)
        step, log_odds = moved_to - log_odds, moved_to
        before, spread = spread, _variances(spread, free, found, (cell, marginal))
        path.append(np.log(spread))
        moved = np.max(np.abs(np.log(spread / before)))
        if np.max(np.abs(step)) < _SETTLED and moved < 1e-6:
            break
        if len(path) > 4 and moved < 0.5:
            spread, path = _ahead(path), []
    return Fit(
        solution=found, cell=cell, weight=weight, marginal=marginal, response=response,
        unit_spread=float(before[0]), procedure_spread=float(before[1]), cell_spread=float(before[2]),
    )  # fmt: skip


def _ahead(path: list[np.ndarray]) -> np.ndarray:
    """Where variances that close in by a steady factor are heading (Aitken): they creep when there is little left."""
    first, second, third = path[-3:]
    one, two = second - first, third - second
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(np.abs(one) > 1e-12, two / one, 0.0)
    steady = (factor > 0.0) & (factor < 0.999)
    further = np.where(steady, two * factor / (1.0 - np.where(steady, factor, 0.0)), 0.0)
    return np.asarray(np.exp(third + np.clip(further, -2.0, 2.0)))


def _variances(
    spread: np.ndarray, free: tuple[bool, bool, bool], found: Solution, cells: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Schall: each variance is the effects' sum of squares by the effects' degrees of freedom."""
    cell, marginal = cells
    degrees = (
        len(found.unit) - found.unit_variance.sum() / spread[0],
        len(found.procedure) - found.procedure_variance.sum() / spread[1],
        float((spread[2] * marginal * (1.0 - marginal * found.cell_variance)).sum()),
    )
    squares = ((found.unit**2).sum(), (found.procedure**2).sum(), (cell**2).sum())
    new = [
        _variance(square, degree) if may else old
        for square, degree, may, old in zip(squares, degrees, free, spread, strict=True)
    ]
    return np.asarray(new, dtype=float)


def _variance(square: float, degree: float) -> float:
    found = square / max(degree, 1e-9)
    return _SMALLEST if found < _NOTHING else min(found, _LARGEST)


def spread_without(cells: Cells, model: Fit, unit: int, mixes: tuple[np.ndarray, np.ndarray]) -> float:
    """How much the other units differ: the variance of units fitted again with one of them left out."""
    weight = np.where(cells.unit == unit, 0.0, model.marginal)
    spread = model.unit_spread
    for _ in range(_MOST_ROUNDS if cells.units > 2 else 0):
        found = solve(cells, (weight, model.response), (spread, model.procedure_spread), mixes)
        degree = cells.units - found.unit_variance.sum() / spread
        new = _variance(float((found.unit**2).sum()), degree)
        if abs(np.log(new / spread)) < 1e-3:
            break
        spread = new
    return spread


def solve(
    cells: Cells,
    working: tuple[np.ndarray, np.ndarray],
    spreads: tuple[float, float | None],
    mixes: tuple[np.ndarray, np.ndarray],
) -> Solution:
    """Weighted least squares with normal units and procedures.

    `working`: weights and responses by cell. A procedure spread of None takes procedures as they are, without a
    mean of theirs: then units are compared only where they do the same procedures.
    """
    weight, response = working
    ridge = [1.0 / spreads[0], 0.0 if spreads[1] is None else 1.0 / spreads[1]]
    sides = [(cells.unit, cells.units), (cells.procedure, cells.procedures)]
    keep = 0 if cells.units <= cells.procedures else 1
    (kept, kept_levels), (gone, gone_levels) = sides[keep], sides[1 - keep]
    kept_sum, gone_sum = (np.bincount(at, weight, size) for at, size in (sides[keep], sides[1 - keep]))
    block = gone_sum + ridge[1 - keep]
    # First row: the mean. Then the kept factor against the one to be eliminated.
    rows = np.concatenate([np.zeros(gone_levels, dtype=int), kept + 1])
    columns = np.concatenate([np.arange(gone_levels), gone])
    values, shape = np.concatenate([gone_sum, weight]), (kept_levels + 1, gone_levels)
    joint, scaled = _matrix(values, rows, columns, shape), _matrix(values / block[columns], rows, columns, shape)
    system = np.diag(np.concatenate([[weight.sum()], kept_sum + ridge[keep]]))
    system[0, 1:] = system[1:, 0] = kept_sum
    system -= _dense(scaled @ joint.T)
    total = np.bincount(kept, weight * response, kept_levels)
    right = np.concatenate([[(weight * response).sum()], total])
    gone_right = np.bincount(gone, weight * response, gone_levels)
    right -= scaled @ gone_right
    first = 0 if spreads[1] is not None else 1
    inverse = np.zeros_like(system)
    inverse[first:, first:] = np.linalg.inv(system[first:, first:])
    estimate = inverse @ right
    across = _dense(scaled.T @ inverse).T  # minus the covariance of kept and eliminated effects
    other = gone_right / block - scaled.T @ estimate
    both = np.bincount(columns, values / block[columns] * across[rows, columns], gone_levels)
    variances = [np.diag(inverse)[1:], 1.0 / block + both]
    level = _level_variances(inverse, (across, scaled), block, (variances, [mixes[keep], mixes[1 - keep]]))
    at = (kept + 1, gone)
    cell_variance = (
        inverse[0, 0] + variances[0][kept] + 2 * inverse[0][at[0]] + variances[1][gone]
        - 2 * (across[0][gone] + across[at])
    )  # fmt: skip
    effects = [estimate[1:], other]
    unit, procedure = (0, 1) if keep == 0 else (1, 0)
    return Solution(
        mean=float(estimate[0]), unit=effects[unit], procedure=effects[procedure],
        unit_variance=variances[unit], procedure_variance=variances[procedure], cell_variance=cell_variance,
        unit_level_variance=level[unit], procedure_level_variance=level[procedure],
    )  # fmt: skip


def _matrix(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Any:
    """A matrix of the values at their places: sparse when it is large."""
    if shape[0] * shape[1] > _DENSE_UP_TO:
        from scipy.sparse import csr_matrix  # noqa: PLC0415 - a second to import, only large sites need it

        return csr_matrix((values, (rows, columns)), shape)
    table = np.zeros(shape)
    table[rows, columns] = values
    return table


def _dense(matrix: Any) -> np.ndarray:
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray())


def _level_variances(
    inverse: np.ndarray,
    joint: tuple[np.ndarray, Any],
    block: np.ndarray,
    levels: tuple[list[np.ndarray], list[np.ndarray]],
) -> list[np.ndarray]:
    """Variances of mean + each kept level + the average eliminated one, and the other way round."""
    (across, scaled), (variances, (kept_mix, gone_mix)) = joint, levels
    pulled = scaled @ gone_mix
    shared = inverse @ pulled
    average = (gone_mix**2 / block).sum() + pulled @ shared
    of_kept = inverse[0, 0] + variances[0] + 2 * inverse[0][1:] + average - 2 * (shared[0] + shared[1:])
    head = np.concatenate([[1.0], kept_mix])
    of_gone = variances[1] + head @ inverse @ head - 2 * (across.T @ head)
    return [of_kept, of_gone]
