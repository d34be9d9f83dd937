"""The search for like rows misses none: the same as comparing every row with every other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from analysis.likeness import near_pairs


def rows_of(seed: int, rows: int, columns: int) -> csr_matrix:
    """Rows with a few common columns and many rare ones, as words are; some rows are empty, some equal."""
    chance = np.random.default_rng(seed)
    common = 1.0 / np.arange(1, columns + 1)
    dense = (chance.random((rows, columns)) < common) * chance.random((rows, columns))
    dense[rows // 2 :: 5] = dense[0]
    length = np.linalg.norm(dense, axis=1, keepdims=True)
    return csr_matrix(np.divide(dense, length, out=np.zeros_like(dense), where=length > 0))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 70), st.sampled_from([0.2, 0.45, 0.5, 0.8, 0.99]))
def test_the_same_pairs_as_comparing_all_with_all(seed: int, size: int, least: float) -> None:
    rows = rows_of(seed, size, 40)
    full = np.triu((rows @ rows.T).toarray(), k=1)
    left, right, cosine = near_pairs(rows, least)
    clear = {(a, b) for a, b in zip(*np.nonzero(full >= least + 1e-9), strict=True)}
    maybe = {(a, b) for a, b in zip(*np.nonzero(full >= least - 1e-9), strict=True)}
    found = set(zip(left.tolist(), right.tolist(), strict=True))
    assert clear <= found <= maybe
    assert cosine == pytest.approx(np.minimum(full[left, right], 1.0))
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == sorted(found)


def test_nothing_is_like_nothing() -> None:
    assert all(len(part) == 0 for part in near_pairs(None, 0.5))
    assert all(len(part) == 0 for part in near_pairs(csr_matrix((3, 4)), 0.5))
