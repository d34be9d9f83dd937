"""Exact tests and intervals for counts: no normal approximation, right for three dossiers as for three thousand."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Numbers = Any  # a number, an array or a column: worked out element by element

_TAIL = 12.0  # standard deviations kept of a distribution: what lies beyond is under 1e-15


def share_interval(found: Numbers, n: Numbers, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Clopper-Pearson interval of found / n, element by element; NaN where n is 0.

    `n` need not be whole: dossiers that come in groups count as so many independent ones.
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - half a second to import, only tests of counts need it

    got, base = np.asarray(found, dtype=float), np.asarray(n, dtype=float)
    tail = (1.0 - confidence) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(got > 0, betaincinv(np.maximum(got, 1e-12), base - got + 1.0, tail), 0.0)
        high = np.where(got < base, betaincinv(got + 1.0, np.maximum(base - got, 1e-12), 1.0 - tail), 1.0)
    none = ~(base > 0)
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def binomial_upper(found: Numbers, n: Numbers, share: Numbers) -> np.ndarray:
    """P(X >= found) for X binomial (n, share), element by element."""
    from scipy.special import betainc  # noqa: PLC0415 - as above

    got, base = np.asarray(found, dtype=float), np.asarray(n, dtype=float)
    tail = betainc(np.maximum(got, 1e-12), np.maximum(base - got, 0.0) + 1.0, share)
    return np.asarray(np.where(got <= 0, 1.0, np.where(got > base, 0.0, tail)))


def normal_upper(z: Numbers) -> np.ndarray:
    """P(Z >= z) for a standard normal Z."""
    from scipy.special import ndtr  # noqa: PLC0415 - as above

    return np.asarray(ndtr(-np.asarray(z, dtype=float)))


def fisher_upper(found: Sequence[int], n: Sequence[int], base_found: Sequence[int], base_n: Sequence[int]) -> float:
    """How likely `found` of `n` or more is by chance, beside `base_found` of `base_n`, over all strata together.

    One stratum is Fisher's one-sided exact test. With several, the sum of `found` is compared with the sum of
    independent hypergeometric counts, so that a different mix of strata is no difference.
    """
    total, first = np.ones(1), 0
    for own, size, others, rest in zip(found, n, base_found, base_n, strict=True):
        part, start = _hypergeometric(int(size), int(own) + int(others), int(size) + int(rest))
        total, first = np.convolve(total, part), first + start
        kept = np.flatnonzero(total > 1e-20)
        total, first = total[kept[0] : kept[-1] + 1], first + int(kept[0])
    place = max(int(sum(found)) - first, 0)
    return float(min(total[place:].sum() / total.sum(), 1.0))


def _hypergeometric(drawn: int, marked: int, everything: int) -> tuple[np.ndarray, int]:
    """Probabilities of the number of marked among the drawn, and the number the first of them stands for."""
    from scipy.special import gammaln  # noqa: PLC0415 - as above

    least, most = max(0, drawn + marked - everything), min(drawn, marked)
    share = marked / everything if everything else 0.0
    reach = _TAIL * np.sqrt(drawn * share * (1.0 - share)) + 40.0
    least, most = max(least, int(drawn * share - reach)), min(most, int(drawn * share + reach) + 1)
    k = np.arange(least, most + 1, dtype=float)
    # terms that do not depend on k are left out and divided away
    log = -(gammaln(k + 1) + gammaln(marked - k + 1) + gammaln(drawn - k + 1))
    log -= gammaln(everything - marked - drawn + k + 1)
    weight = np.exp(log - log.max())
    return weight / weight.sum(), least
