"""How the overlap model is fitted and measured: regularised logistic regression, calibrated inside the folds."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from analysis.groups import connected_groups
from analysis.overlap_model import OverlapModel
from analysis.pair_features import FEATURES

STRENGTH = 0.2  # scikit-learn's C: 0.1 to 0.5 measure alike on the labelled pairs, 1 and more fit noise
FOLDS = 8  # the rarest relation has eight pairs
INNER_FOLDS = 5
REPEATS = 10
_MAY_COUNT_AGAINST = np.array([name in {"opposite", "later_stage", "level_differs"} for name in FEATURES])


def fitted_model(table: pd.DataFrame) -> OverlapModel:
    """The model of labelled pairs.

    Needs: FEATURES, a, b (positions of the two procedures), relation, merge. Row order does not matter.
    """
    rows = table.sort_values(["a", "b"], kind="stable").reset_index(drop=True)
    values = rows[FEATURES].to_numpy(dtype=float)
    center = np.nanmean(values, axis=0)
    spread = np.nanstd(np.where(np.isnan(values), center, values), axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    units = np.where(np.isnan(values), 0.0, (values - center) / scale)
    truth = rows["merge"].to_numpy(dtype=bool)
    merge = _merge_weights(units, truth)
    inner = np.zeros(len(rows))
    for train, test in folds(rows, seed=0, number=INNER_FOLDS):
        part = _merge_weights(units[train], truth[train])
        inner[test] = units[test] @ part[1:] + part[0]
    slope, start = _calibration(inner, truth)
    merge = merge * slope
    merge[0] += start
    return OverlapModel(
        center=center, scale=scale, merge=merge, relations=_weights(units, rows["relation"].to_numpy(dtype=object))
    )


def out_of_fold(table: pd.DataFrame, *, repeats: int = REPEATS) -> list[pd.DataFrame]:
    """What the model says of pairs it has not seen: one frame a repeat with score and relation_found, rows as given.

    All pairs that share a procedure, or are joined by such pairs, stay on one side of each split.
    """
    found = []
    for seed in range(1, repeats + 1):
        told = pd.DataFrame({"score": np.nan, "relation_found": ""}, index=table.index)
        for train, test in folds(table, seed=seed, number=FOLDS):
            model = fitted_model(table.iloc[train])
            told.iloc[test, 0] = model.probability(table.iloc[test])
            told.iloc[test, 1] = model.relation(table.iloc[test])
        found.append(told)
    return found


def folds(table: pd.DataFrame, *, seed: int, number: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Splits by group of procedures, the relations spread evenly."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(number, shuffle=True, random_state=seed)
    return iter(splitter.split(table, table["relation"].to_numpy(), _groups(table)))


def _groups(table: pd.DataFrame) -> np.ndarray:
    ends = sorted(set(table["a"]) | set(table["b"]))
    place = {end: i for i, end in enumerate(ends)}
    group = np.zeros(len(ends), dtype=int)
    pairs = [(place[a], place[b]) for a, b in zip(table["a"], table["b"], strict=True)]
    for number, members in enumerate(connected_groups(len(ends), pairs)):
        group[members] = number
    return np.array([group[place[a]] for a in table["a"]])


def _merge_weights(units: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Intercept and weights of `merge`; a likeness that would count against a pair counts nothing instead.

    Such a weight tells how the pairs were chosen (the hard ones share their law), not why people unify.
    """
    kept = np.ones(units.shape[1], dtype=bool)
    while True:
        part = _weights(units[:, kept], truth)[True]
        against = (part[1:] < 0) & ~_MAY_COUNT_AGAINST[kept]
        if not against.any():
            break
        kept[np.flatnonzero(kept)[against]] = False
    weights = np.zeros(units.shape[1] + 1)
    weights[0], weights[1:][kept] = part[0], part[1:]
    return weights


def _weights(units: np.ndarray, target: np.ndarray) -> dict[Any, np.ndarray]:
    """Intercept and weights of each class; for two classes those of the second alone, as log-odds."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=STRENGTH, max_iter=10_000, tol=1e-10).fit(units, target)
    names = fitted.classes_[1:] if len(fitted.classes_) == 2 else fitted.classes_
    rows = zip(names, fitted.intercept_, fitted.coef_, strict=True)
    return {
        (bool(name) if isinstance(name, np.bool_) else name): np.array([start, *coef]) for name, start, coef in rows
    }


def _calibration(odds: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Slope and start that make out-of-fold log-odds true ones (Platt): a strong penalty alone is too timid."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e6, max_iter=10_000, tol=1e-10).fit(odds[:, None], truth)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
