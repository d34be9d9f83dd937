"""Rows that are like each other, found exactly: no pair above the asked cosine is missed, none is guessed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_BLOCK = 512  # rows compared with all others at once: 512 x 50,000 are 300 MB at the very most


def unit_rows(texts: Sequence[str], *, letters: bool, run: int = 2) -> Any:
    """One TF-IDF row of length 1 a text, of groups of two to four letters or of runs of up to `run` words.

    None when no text says anything; an empty text is an empty row.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not any(texts):
        return None
    if letters:
        maker = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, dtype=np.float64)
    else:
        maker = TfidfVectorizer(token_pattern=r"[^\W_]+", ngram_range=(1, run), sublinear_tf=True, dtype=np.float64)
    return maker.fit_transform(texts)


def near_pairs(rows: Any, least: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs of rows with a cosine of at least `least`, as (left, right, cosine), left < right, in order.

    `rows`: a sparse matrix of unit rows (an empty row is like nothing), or None for no rows; 0 < least <= 1.
    Every row is compared with every other, block by block: time grows with the square of the rows, memory with the
    rows (bench/README.md says up to which size that is the right way).
    """
    if rows is None or rows.shape[0] == 0:
        return np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0)
    found: list[np.ndarray] = []
    turned = rows.T.tocsr()
    for start in range(0, rows.shape[0], _BLOCK):
        block = (rows[start : start + _BLOCK] @ turned).tocoo()
        left, right = block.row + start, block.col
        keep = (block.data >= least - 1e-12) & (left < right)
        found.append(np.vstack([left[keep], right[keep], np.minimum(block.data[keep], 1.0)]))
    pairs = np.concatenate(found, axis=1)
    left, right = pairs[0].astype(int), pairs[1].astype(int)
    order = np.lexsort((right, left))
    return left[order], right[order], pairs[2][order]
