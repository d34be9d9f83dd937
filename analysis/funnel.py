"""Funnel limits, over-dispersion, false discovery and shrinkage: what is needed before a group is set beside others.

A share of few dossiers swings far by chance alone. Limits and tail probabilities here are exact for small numbers;
where units differ more than chance explains, the binomial is widened to a beta-binomial of the same mean: nothing
for one dossier, more the more dossiers there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from analysis.exact import binomial_upper

Numbers = np.ndarray | Sequence[float]
WINSORISE, TRUNCATE = "WINSORISE", "TRUNCATE"
# Above this many dossiers the beta-binomial is taken as the beta of the same mean and variance, between two counts.
_EXACT_UP_TO = 1_000
_CHUNK = 1_000_000  # numbers worked out at a time
_NO_SPREAD = 1e-7  # less intra-class correlation than this is none


def poisson_limits(expected: Numbers, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits of observed / expected when `expected` ends are expected, from the chi-square form of the Poisson."""
    from scipy.special import gammaincinv  # noqa: PLC0415 - half a second to import, only comparisons need it

    mean, tail = np.asarray(expected, dtype=float), (1.0 - level) / 2
    return gammaincinv(mean, tail) / mean, gammaincinv(mean + 1.0, 1.0 - tail) / mean


def share_upper(late: Numbers, n: Numbers, share: Numbers | float, spread: Numbers | float = 0.0) -> np.ndarray:
    """P(at least `late` of `n`) when the share is `share`, and `spread` how alike dossiers of one group are.

    `spread` is the intra-class correlation: 0 gives the binomial, more the beta-binomial. Null where n is 0.
    """
    got, size, mean, rho = _alike(late, n, share, spread)
    chance = binomial_upper(got, size, mean)
    small = (rho > _NO_SPREAD) & (size > 1) & (size <= _EXACT_UP_TO)
    large = (rho > _NO_SPREAD) & (size > _EXACT_UP_TO)
    for part in _chunks(np.flatnonzero(small), size):
        row, count, weight, starts = _probabilities(part, size, mean, rho)
        above = np.where(count >= got[part][row], weight, 0.0)
        chance[part] = np.minimum(np.add.reduceat(above, starts), 1.0)
    chance[large] = _beta_upper(got[large], size[large], mean[large], rho[large])
    return np.where(size > 0, np.where(got <= 0, 1.0, chance), np.nan)


def binomial_limits(
    n: Numbers, share: Numbers | float, level: float, spread: Numbers | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and highest share of `n` that is within `level` of chance: beyond lies less than half the rest.

    A group is above the high limit exactly when share_upper of its count is at most (1 - level) / 2.
    """
    _, size, mean, rho = _alike(np.zeros(1), n, share, spread)
    tail = (1.0 - level) / 2
    low, high = np.zeros(size.shape), size.copy()
    table = (rho > _NO_SPREAD) & (size > 1) & (size <= _EXACT_UP_TO)
    for part in _chunks(np.flatnonzero(table), size):
        _, _, weight, starts = _probabilities(part, size, mean, rho)
        upto = _running(weight, starts)
        beyond = np.maximum(1.0 - upto, 0.0)
        low[part] = np.add.reduceat((upto <= tail).astype(float), starts)
        high[part] = np.add.reduceat((beyond > tail).astype(float), starts)
    rest = np.flatnonzero(~table & (size > 0))
    if rest.size:
        given = size[rest], mean[rest], rho[rest]
        high[rest] = _first(lambda count: share_upper(count + 1, *given) <= tail, given[0])
        low[rest] = _first(lambda count: 1.0 - share_upper(count + 1, *given) > tail, given[0])
    with np.errstate(invalid="ignore", divide="ignore"):
        return low / size, high / size


def _alike(*given: Any) -> list[np.ndarray]:
    late, n, share, rho = np.broadcast_arrays(*(np.atleast_1d(np.asarray(each, dtype=float)) for each in given))
    return [late.copy(), n.copy(), np.clip(share, 1e-12, 1.0 - 1e-12), np.clip(rho, 0.0, 0.999)]


def _chunks(rows: np.ndarray, size: np.ndarray) -> list[np.ndarray]:
    """The rows in parts that hold about a million counts each."""
    if not rows.size:
        return []
    part = np.cumsum(size[rows] + 1) // _CHUNK
    return np.split(rows, np.flatnonzero(np.diff(part)) + 1)


def _probabilities(
    part: np.ndarray, size: np.ndarray, mean: np.ndarray, rho: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Beta-binomial probabilities of 0, 1, ... n for each row of `part`, one after the other."""
    from scipy.special import gammaln  # noqa: PLC0415 - as above

    length = size[part].astype(int) + 1
    starts = np.concatenate([[0], np.cumsum(length)[:-1]])
    row = np.repeat(np.arange(len(part)), length)
    count = np.arange(int(length.sum())) - starts[row]
    total = (1.0 - rho[part]) / rho[part]
    a, b = (mean[part] * total)[row], ((1.0 - mean[part]) * total)[row]
    left = size[part][row] - count
    log = gammaln(count + a) + gammaln(left + b) - gammaln(count + 1) - gammaln(left + 1)
    # The terms without the count are the same all along a row: the sum to one gives them.
    weight = np.exp(log - np.maximum.reduceat(log, starts)[row])
    return row, count, weight / np.add.reduceat(weight, starts)[row], starts


def _running(weight: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Running sums that begin anew at each of `starts`; every row sums to one."""
    total = np.cumsum(weight)
    before = np.concatenate([[0.0], total])[starts]
    return np.asarray(total - np.repeat(before, np.diff(np.append(starts, len(weight)))))


def _beta_upper(got: np.ndarray, size: np.ndarray, mean: np.ndarray, rho: np.ndarray) -> np.ndarray:
    from scipy.special import betainc  # noqa: PLC0415 - as above

    spread = (1.0 + (size - 1.0) * rho) / size
    total = (1.0 - spread) / spread
    between = np.clip((got - 0.5) / size, 0.0, 1.0)
    return np.asarray(betainc((1.0 - mean) * total, mean * total, 1.0 - between))


def _first(holds: Any, most: np.ndarray) -> np.ndarray:
    """For each row the smallest count for which `holds`, which stays true from there on; `most` when none does."""
    low, high = np.zeros(most.shape), most.copy()
    while np.any(low < high):
        middle = np.floor((low + high) / 2)
        found = holds(middle)
        high = np.where((low < high) & found, middle, high)
        low = np.where((low < high) & ~found, middle + 1, low)
    return low


@dataclass(frozen=True, kw_only=True)
class Dispersion:
    """How much more groups differ than chance explains.

    `phi`: mean squared z-score, 1 when chance explains all; `tau2`: variance between groups on the scale of the
    standard errors given, 0 when phi is at most 1; `k`: groups it rests on. All null for fewer than three groups.
    """

    phi: float
    tau2: float
    k: int


def overdispersion(
    scores: Numbers, errors: Numbers, *, how: str = WINSORISE, trim: float = 0.1, restored: bool = False
) -> Dispersion:
    """Additive over-dispersion after Spiegelhalter and DerSimonian-Laird, from z-scores and their standard errors.

    The outermost `trim` at each end count as the quantile there (WINSORISE) or not at all (TRUNCATE, by rank as
    in the NHS' SHMI), so that the groups looked for do not hide themselves. Drawing in also takes from the groups
    that are not looked for (a third of phi at a tenth); `restored` gives that back, as for normal scores.
    """
    z, error = np.asarray(scores, dtype=float), np.asarray(errors, dtype=float)
    kept = np.isfinite(z) & np.isfinite(error)
    z, error = z[kept], error[kept]
    if how == TRUNCATE and z.size:
        place = np.floor(_middle_ranks(z) / trim / (len(z) + 1) + 1e-9)
        inside = (place > 0) & (place < round(1 / trim) - 1)
        z, error = z[inside], error[inside]
    elif z.size:
        low, high = np.quantile(z, [trim, 1.0 - trim])
        z = np.clip(z, low, high)
        z = z / np.sqrt(_left_of_variance(trim)) if restored else z
    k = int(z.size)
    if k < 3:
        return Dispersion(phi=float("nan"), tau2=float("nan"), k=k)
    phi = float(np.mean(z**2))
    weight = error**-2.0
    tau2 = (k * phi - (k - 1)) / (weight.sum() - (weight**2).sum() / weight.sum())
    return Dispersion(phi=phi, tau2=max(float(tau2), 0.0), k=k)


def _left_of_variance(trim: float) -> float:
    """Variance of a standard normal whose outermost `trim` at each end is drawn in to the quantile there."""
    normal = NormalDist()
    edge = normal.inv_cdf(1.0 - trim)
    return (1.0 - 2.0 * trim) - 2.0 * edge * normal.pdf(edge) + 2.0 * trim * edge**2


def _middle_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    ordered = np.sort(values)
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") + 1) / 2


def ratio_scores(observed: Numbers, expected: Numbers, *, root: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """z-scores of standardised ratios and their standard errors, on the log scale or on that of the square root."""
    got, mean = np.asarray(observed, dtype=float), np.asarray(expected, dtype=float)
    if root:
        error = 1.0 / (2.0 * np.sqrt(mean))
        return (np.sqrt(got / mean) - 1.0) / error, error
    error = 1.0 / np.sqrt(mean)
    with np.errstate(divide="ignore"):
        return np.log(got / mean) / error, error


def benjamini_hochberg(p: Numbers) -> np.ndarray:
    """The false discovery rate at which each test would still be kept; null where p is null."""
    chance = np.asarray(p, dtype=float)
    q = np.full(chance.shape, np.nan)
    known = np.flatnonzero(np.isfinite(chance))
    if not known.size:
        return q
    order = known[np.argsort(-chance[known], kind="stable")]
    places = np.arange(known.size, 0, -1)
    q[order] = np.minimum(np.minimum.accumulate(chance[order] * known.size / places), 1.0)
    return q


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """Shares drawn towards what was expected, the more the fewer dossiers; `spread`: intra-class correlation."""

    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    spread: float


def beta_binomial(late: Numbers, n: Numbers, share: Numbers | float, *, confidence: float = 0.95) -> Shrunk:
    """Shares shrunk towards `share`: beta-binomial, how far groups differ estimated by moments from all of them.

    What was expected is never held to be known better than all dossiers together could tell.
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - as above

    got, size, mean, _ = _alike(late, n, share, 0.0)
    used = size > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        squared = (got - size * mean) ** 2 / (size * mean * (1.0 - mean))
    total = float(size.sum())
    room = total - float((size**2).sum()) / total if total else 0.0
    extra = float(squared[used].sum()) - (int(used.sum()) - 1)
    spread = min(max(extra / room, 0.0), 0.999) if room > 0 else 0.0
    prior = min((1.0 - spread) / spread, total) if spread > 0 else total
    a, b = mean * prior + got, (1.0 - mean) * prior + size - got
    tail = (1.0 - confidence) / 2
    low, high = (np.where(used, betaincinv(a, b, at), np.nan) for at in (tail, 1.0 - tail))
    middle = np.where(used, a / np.where(used, a + b, 1.0), np.nan)
    # Where next to nobody is late the mean of so skewed a curve lies beyond its interval: the ends are drawn to it.
    low, high = np.minimum(low, middle), np.maximum(high, middle)
    return Shrunk(share=middle, low=low, high=high, spread=spread)
