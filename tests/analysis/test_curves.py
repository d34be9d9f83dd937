"""The curve drawn with the limit: comparable dossiers of all units, in working days."""

import pandas as pd
import pytest

from analysis.curves import GIVES, duration_curves
from analysis.thresholds import Thresholds

LIMITS = Thresholds()
COLUMNS = ["proc_core", "unit_code", "outcome", "timeliness", "elapsed_half_days", "limit_half_days", "n"]


def durations(rows: list[tuple[str, str, str, str, int, float | None, int]], **more: object) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS).assign(**({"received_quarter": "2017-Q4"} | more))


def curves(table: pd.DataFrame) -> pd.DataFrame:
    return duration_curves(table, quarter="2017-Q4", thresholds=LIMITS)


def test_by_hand_over_all_units() -> None:
    # 10 dossiers: 4 end after 3 half days; 2 open ones leave sight at 6; of 4, three end at 11; one is refused at 12.
    table = durations(
        [
            ("P1", "U1", "DONE", "EARLY", 3, 20, 4),
            ("P1", "U2", "OPEN", "IN_TERM", 6, 20, 2),
            ("P1", "U2", "DONE", "EARLY", 11, 20, 3),
            ("P1", "U1", "REFUSED", "NOT_APPLICABLE", 12, 20, 1),
        ]
    )
    found = curves(table)
    assert list(found.columns) == GIVES
    assert found["days"].tolist() == [1.5, 3, 5.5, 6]
    assert found["at_risk"].tolist() == [10, 6, 4, 1]
    assert found["survival"].tolist() == pytest.approx([0.6, 0.6, 0.15, 0.15])
    assert (found["ci_low"] < found["survival"]).all()
    assert (found["survival"] < found["ci_high"]).all()


def test_only_dossiers_of_the_usual_limit_and_of_the_year() -> None:
    usual = durations([("P1", "U1", "DONE", "EARLY", 3, 20, 5), ("P1", "U1", "DONE", "EARLY", 5, 21, 1)])
    other = durations([("P1", "U1", "DONE", "LATE", 90, 40, 4), ("P1", "U1", "DONE", "NO_DUE", 70, None, 9)])
    old = durations([("P1", "U1", "DONE", "LATE", 50, 20, 90)], received_quarter="2016-Q4")
    assert curves(pd.concat([usual, other, old]))[["days", "at_risk"]].to_numpy().tolist() == [[1.5, 6], [2.5, 1]]


def test_a_procedure_without_limits_has_its_curve_too() -> None:
    found = curves(durations([("P1", "U1", "DONE", "NO_DUE", 4, None, 3), ("P2", "U1", "DONE", "EARLY", 2, 4, 2)]))
    assert found[["proc_core", "days", "survival"]].to_numpy().tolist() == [["P1", 2.0, 0.0], ["P2", 1.0, 0.0]]


def test_delayed_entry() -> None:
    # 2 of 4 end at 2; from 3 on 4 more are under watch: 6 at risk at 4, of which 3 end.
    seen = durations([("P1", "U1", "DONE", "EARLY", 2, 20, 2), ("P1", "U1", "DONE", "EARLY", 8, 20, 2)])
    old = durations([("P1", "U1", "DONE", "EARLY", 4, 20, 3), ("P1", "U1", "OPEN", "IN_TERM", 9, 20, 1)])
    found = curves(pd.concat([seen, old.assign(entry_half_days=3)]))
    assert found["survival"].tolist()[:2] == pytest.approx([1 / 2, 1 / 4])
    assert curves(old.assign(entry_half_days=3)).empty  # nothing is known of those that were faster


def test_nothing_and_row_order() -> None:
    assert list(curves(durations([])).columns) == GIVES
    table = durations([("P2", "U1", "DONE", "EARLY", 2, 4, 2), ("P1", "U1", "DONE", "LATE", 8, 4, 3)])
    before = table.copy(deep=True)
    pd.testing.assert_frame_equal(curves(table), curves(table.iloc[::-1]))
    pd.testing.assert_frame_equal(table, before)
