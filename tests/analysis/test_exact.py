"""Exact tests of counts: textbook figures, and every table of a small size counted out."""

from itertools import product
from math import comb

import numpy as np
import pytest

from analysis.exact import binomial_upper, fisher_upper, normal_upper, share_interval


def test_clopper_pearson() -> None:
    low, high = share_interval([0, 5, 10, 0], [10, 10, 10, 0], 0.95)
    assert low[:3] == pytest.approx([0, 0.1871, 0.6915], abs=1e-4)
    assert high[:3] == pytest.approx([0.3085, 0.8129, 1], abs=1e-4)
    assert np.isnan([low[3], high[3]]).all()  # nothing seen, nothing said


def test_binomial_tail_is_the_sum() -> None:
    assert binomial_upper([8, 0, 10, 11], [10, 10, 10, 10], 0.5) == pytest.approx([56 / 1024, 1, 1 / 1024, 0])
    assert binomial_upper(3, 20, 0.02) == pytest.approx(
        sum(comb(20, k) * 0.02**k * 0.98 ** (20 - k) for k in range(3, 21))
    )


def test_normal_tail() -> None:
    assert normal_upper([0.0, 1.959964]) == pytest.approx([0.5, 0.025], abs=1e-7)


def test_the_lady_tasting_tea() -> None:
    assert fisher_upper([3], [4], [1], [4]) == pytest.approx(17 / 70)
    assert fisher_upper([0], [4], [4], [4]) == pytest.approx(1)


def test_strata_are_added_not_pooled() -> None:
    # Each stratum alone: 1 of 1 against 0 of 1, chance one half; both together one quarter.
    assert fisher_upper([1, 1], [1, 1], [0, 0], [1, 1]) == pytest.approx(1 / 4)
    # Equal within each stratum; pooled, the unit with more of the first would look unlike the other.
    assert fisher_upper([90, 1], [100, 10], [9, 10], [10, 100]) > 0.4
    assert fisher_upper([91], [110], [19], [110]) < 1e-9


def test_strata_counted_out() -> None:
    found, n, base_found, base_n = [2, 3], [4, 5], [1, 2], [6, 4]
    sizes = [(k, n[i], found[i] + base_found[i], n[i] + base_n[i]) for i in range(2) for k in range(n[i] + 1)]
    chance = {
        (k, size, marked): comb(marked, k) * comb(everything - marked, size - k) / comb(everything, size)
        for k, size, marked, everything in sizes
    }
    both = sum(chance[a, 4, 3] * chance[b, 5, 5] for a, b in product(range(5), range(6)) if a + b >= 5)
    assert fisher_upper(found, n, base_found, base_n) == pytest.approx(both)


def test_large_counts() -> None:
    assert fisher_upper([600], [1_000_000], [600], [1_000_000]) == pytest.approx(0.5, abs=0.02)
    assert fisher_upper([900], [1_000_000], [600], [1_000_000]) < 1e-12
