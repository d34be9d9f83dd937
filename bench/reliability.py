"""Whether a probability means what it says: how often, of the pairs given about p, people said yes."""

from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.shares import wilson

CONFIDENCE = 0.95

_EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
_SIDE, _PAD = 360, 56


def bins(truth: np.ndarray, score: np.ndarray) -> pd.DataFrame:
    """Pairs by score.

    Gives: low, high (edges), pairs, said (mean score), true (share of true ones), ci_low, ci_high (Wilson, 95 %)
    """
    place = np.clip(np.digitize(score, _EDGES[1:-1]), 0, len(_EDGES) - 2)
    rows = []
    for i, (low, high) in enumerate(pairwise(_EDGES)):
        inside = place == i
        if inside.any():
            ends = wilson(truth[inside].sum(), inside.sum(), CONFIDENCE)
            rows.append((low, high, int(inside.sum()), score[inside].mean(), truth[inside].mean(), *map(float, ends)))
    return pd.DataFrame(rows, columns=["low", "high", "pairs", "said", "true", "ci_low", "ci_high"])


def reliability_svg(table: pd.DataFrame) -> str:
    """The reliability plot of `bins`: what was said against what was true, with 95 % intervals and counts."""
    full = _SIDE + 2 * _PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {full}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{full}" height="{full}" fill="#fff"/>',
        f'<path d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}" stroke="#999" stroke-dasharray="4 4"/>',
        f'<path d="M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}" stroke="#333" fill="none"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<text x="{_x(tick)}" y="{_y(0) + 18}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{_x(0) - 8}" y="{_y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    points = []
    for row in table.itertuples():
        x, y = _x(row.said), _y(row.true)
        points.append(f"{x} {y}")
        parts.append(f'<path d="M{x} {_y(row.ci_low)}V{_y(row.ci_high)}" stroke="#1f5fa8"/>')
        parts.append(f'<circle cx="{x}" cy="{y}" r="4" fill="#1f5fa8"/>')
        parts.append(f'<text x="{x + 7}" y="{y + 14}" fill="#555">{row.pairs}</text>')
    parts.append(f'<path d="M{"L".join(points)}" stroke="#1f5fa8" fill="none"/>')
    middle = full / 2
    parts.append(f'<text x="{middle}" y="{full - 14}" text-anchor="middle">probability given, out of fold</text>')
    turned = f'transform="rotate(-90 16 {middle})"'
    parts.append(f'<text x="16" y="{middle}" text-anchor="middle" {turned}>share the readers would unify</text>')
    return "\n".join([*parts, "</svg>", ""])


def _x(value: float) -> float:
    return round(_PAD + value * _SIDE, 1)


def _y(value: float) -> float:
    return round(_PAD + (1 - value) * _SIDE, 1)
