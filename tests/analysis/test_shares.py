"""Intervals of shares against published figures, and who is in the due cohort."""

import numpy as np
import pandas as pd
import pytest

from analysis.shares import due_cohort, newcombe, two_share_p, wilson


def test_wilson_as_published() -> None:
    # Newcombe 1998 (Statistics in Medicine 17, 857-872), table I, method 3.
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29], 0.95)
    assert np.round(low, 4).tolist() == [0.2553, 0.0624, 0.0000, 0.0061]
    assert np.round(high, 4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def test_newcombe_as_published() -> None:
    # Newcombe 1998 (Statistics in Medicine 17, 873-890), table II, method 10.
    change, low, high = newcombe(([56, 9, 10], [70, 10, 10]), ([48, 3, 0], [80, 10, 20]), 0.95)
    assert change.tolist() == pytest.approx([0.2, 0.6, 1.0])
    assert np.round(low, 4).tolist() == [0.0524, 0.1705, 0.6791]
    assert np.round(high, 4).tolist() == [0.3339, 0.8090, 1.0000]


def test_nobody_is_no_share() -> None:
    assert np.isnan(wilson(0, 0, 0.95)).all()
    assert np.isnan(newcombe((0, 0), (3, 10), 0.95)).all()


def test_two_shares_by_hand() -> None:
    # 30 of 100 against 10 of 100: pooled 0.2, z = 0.2 / sqrt(0.2 x 0.8 x 2/100) = 3.5355, two-sided 0.000407.
    assert two_share_p((30, 100), (10, 100)) == pytest.approx(0.000407, abs=1e-6)
    assert two_share_p(([0, 5], [9, 5]), ([0, 7], [9, 7])).tolist() == [1.0, 1.0]


def test_the_due_cohort() -> None:
    columns = ["outcome", "timeliness", "due_passed", "entry_half_days", "due", "due_late"]
    rows = [
        ("DONE", "EARLY", True, 0, 1, 0),
        ("DONE", "EARLY", False, 0, 0, 0),  # done before its time: its fellows are still open
        ("DONE", "LATE", True, None, 1, 1),
        ("DONE", "LATE", True, 3, 0, 0),  # received before history began
        ("DONE", "NO_DUE", False, 0, 0, 0),
        ("OPEN", "OVERDUE", True, 0, 1, 1),
        ("OPEN", "IN_TERM", True, 0, 1, 0),
        ("OPEN", "IN_TERM", None, 0, 0, 0),
        ("OPEN", "PAUSED", True, 0, 0, 0),
        ("STOPPED", "NOT_APPLICABLE", True, 0, 0, 0),
    ]
    table = pd.DataFrame(rows, columns=columns).assign(n=1)
    found = due_cohort(table.drop(columns=["due", "due_late"]))
    assert found[["due", "due_late"]].to_numpy().tolist() == table[["due", "due_late"]].to_numpy().tolist()
    without = due_cohort(table[["outcome", "timeliness", "n"]])
    assert without["due"].tolist() == [1, 1, 1, 1, 0, 1, 0, 0, 0, 0]
