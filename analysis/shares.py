"""Shares of counted dossiers with their intervals, and the cohort whose due date has come."""

from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

Numbers = Any  # a number, an array or a column: worked out element by element

_DUE_WORDS = ("EARLY", "ON_TIME", "LATE", "OVERDUE")
_LATE_WORDS = ("LATE", "OVERDUE")
_OTHER_ENDS = ("REFUSED", "WITHDRAWN", "STOPPED")


def wilson(found: Numbers, n: Numbers, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """The score interval (Wilson) of `found` among `n`; null where n is 0."""
    x, size = np.asarray(found, dtype=float), np.asarray(n, dtype=float)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = x / size
        middle = (share + z * z / (2 * size)) / (1 + z * z / size)
        half = z / (1 + z * z / size) * np.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
        # Rounding must not put the ends beyond what was seen.
        return np.minimum(np.maximum(middle - half, 0.0), share), np.maximum(np.minimum(middle + half, 1.0), share)


def newcombe(
    now: tuple[Numbers, Numbers], before: tuple[Numbers, Numbers], confidence: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Difference of two shares, now minus before, with Newcombe's hybrid score interval.

    Needs: (found, n) of either side
    Gives: difference, low, high; null where either n is 0
    """
    ends = [wilson(found, n, confidence) for found, n in (now, before)]
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (np.asarray(found, dtype=float) / np.asarray(n, dtype=float) for found, n in (now, before))
    (low1, high1), (low2, high2) = ends
    change = one - other
    low = change - np.sqrt((one - low1) ** 2 + (high2 - other) ** 2)
    return change, low, change + np.sqrt((high1 - one) ** 2 + (other - low2) ** 2)


def two_share_p(now: tuple[Numbers, Numbers], before: tuple[Numbers, Numbers]) -> np.ndarray:
    """Two-sided p-value of the score test that two shares are one; 1 where nobody or everybody is found.

    Needs: (found, n) of either side, n above 0
    """
    a, n, b, m = (np.asarray(part, dtype=float) for part in (*now, *before))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (a + b) / (n + m)
        z = (a / n - b / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    tail = np.vectorize(NormalDist().cdf, otypes=[float])
    return np.where(np.isfinite(z), 2 * tail(-np.abs(np.nan_to_num(z))), 1.0)


def due_cohort(counts: pd.DataFrame) -> pd.DataFrame:
    """The dossiers whose due date had come by the reporting day, and how many of them were past it.

    Needs: outcome, timeliness, n; due_passed when the model gives it, otherwise every dossier ended early counts
      as due; entry_half_days when the history of a unit may start mid-life
    Gives: the same columns and rows, due (of n), due_late
    Refused, withdrawn, stopped and paused dossiers and those without a due date are not in it. Neither are dossiers
    received before their unit's history began: of those only the slow ones are left to be seen.
    """
    word, n = counts["timeliness"], counts["n"]
    late = word.isin(_LATE_WORDS)
    if "due_passed" in counts.columns:
        come = counts["due_passed"].eq(True) | late
        kept = come & word.isin([*_DUE_WORDS, "IN_TERM"])
    else:
        kept = word.isin(_DUE_WORDS)
    kept &= ~counts["outcome"].isin(_OTHER_ENDS) & entry_of(counts).le(0)
    return counts.assign(due=n.where(kept, 0), due_late=n.where(kept & late, 0))


def entry_of(counts: pd.DataFrame) -> "pd.Series[float]":
    """Half days a dossier was already old when its unit's history began; 0 when it was seen from receipt."""
    if "entry_half_days" not in counts.columns:
        return pd.Series(0.0, index=counts.index)
    return pd.to_numeric(counts["entry_half_days"]).astype(float).fillna(0.0).clip(lower=0.0)
