"""Records unlike other units': hand-worked shares, planted ones found, equal units left alone."""

from math import comb

import numpy as np
import pandas as pd
import pytest

from analysis.integrity import CHECKS_VI, COUNT_NEEDS, GAP_NEEDS, GIVES, REASONS_VI, integrity_checks
from analysis.thresholds import Thresholds

LIMITS = Thresholds()
QUARTER = "2017-Q4"
NO_GATE = pd.DataFrame(columns=["unit_code", "passes"])
NO_GAPS = pd.DataFrame(columns=GAP_NEEDS)
NO_COUNTS = pd.DataFrame(columns=COUNT_NEEDS)


def counted(check: str, units: dict[str, tuple[int, int]], size: int = 0) -> pd.DataFrame:
    """(n, found) of each unit."""
    rows = [(unit, QUARTER, check, size, n, found) for unit, (n, found) in units.items()]
    return pd.DataFrame(rows, columns=COUNT_NEEDS)


def gaps(unit: str, core: str, days: dict[int, int]) -> pd.DataFrame:
    """Dossiers by working days from the due date to the end."""
    rows = [(unit, core, QUARTER, day, n) for day, n in days.items()]
    return pd.DataFrame(rows, columns=GAP_NEEDS)


def judge(integrity: pd.DataFrame, due_gaps: pd.DataFrame = NO_GAPS, gate: pd.DataFrame = NO_GATE) -> pd.DataFrame:
    found = integrity_checks(integrity, due_gaps, gate, quarter=QUARTER, thresholds=LIMITS)
    assert set(found["reason"]) <= set(REASONS_VI)
    return found.set_index(["check", "unit_code"])


def fisher(found: int, n: int, marked: int, everything: int) -> float:
    ways = range(found, min(n, marked) + 1)
    return sum(comb(marked, k) * comb(everything - marked, n - k) for k in ways) / comb(everything, n)


def test_worked_by_hand() -> None:
    found = judge(counted("FINISH_EQUALS_DUE", {"A": (100, 30), "B": (200, 6), "C": (100, 0)}))
    row = found.loc[("FINISH_EQUALS_DUE", "A")]
    assert row[["n", "found", "share"]].tolist() == [100, 30, 0.3]
    assert row[["base_n", "base_found", "base_share"]].tolist() == [300, 6, 0.02]  # the others, not itself
    assert (row["low"], row["high"]) == (pytest.approx(0.2124, abs=1e-4), pytest.approx(0.3998, abs=1e-4))
    assert row["p_value"] == pytest.approx(fisher(30, 100, 36, 400))
    assert row["q_value"] == pytest.approx(3 * row["p_value"])
    assert found["is_flagged"].to_dict() == {
        ("FINISH_EQUALS_DUE", "A"): True,
        ("FINISH_EQUALS_DUE", "B"): False,
        ("FINISH_EQUALS_DUE", "C"): False,
    }
    assert found.loc[("FINISH_EQUALS_DUE", "C"), "high"] == pytest.approx(1 - 0.025 ** (1 / 100))


@pytest.mark.parametrize(
    ("own", "others"),
    [
        ((1000, 90), (1000, 50)),  # surely more, but not twice as many
        ((19, 15), (1000, 5)),  # too few looked at
        ((200, 9), (1000, 0)),  # too few found
        ((30, 11), (30, 5)),  # chance
    ],
)
def test_each_condition_holds_a_flag_back(own: tuple[int, int], others: tuple[int, int]) -> None:
    found = judge(counted("DUE_MOVED", {"A": own, "B": others}))
    assert not found["is_flagged"].any()


def test_a_unit_whose_data_fail_or_with_five_dossiers_is_not_named() -> None:
    integrity = counted("DUE_MOVED", {"A": (100, 30), "B": (200, 2), "C": (5, 5)})
    gate = pd.DataFrame({"unit_code": ["A", "B", "C"], "passes": [False, True, True]})
    found = judge(integrity, gate=gate)
    assert found["reason"].tolist() == ["DATA", "", "FEW"]
    assert found["may_be_named"].tolist() == [False, True, False]
    assert not found["is_flagged"].any()
    assert found.loc[("DUE_MOVED", "A"), "share"] == 0.3  # told, not compared


def test_one_unit_alone_has_share_and_interval_but_no_base() -> None:
    found = judge(counted("DUE_MOVED", {"A": (100, 30)}), gaps("A", "1.000001", {0: 60, -1: 40}))
    assert found["reason"].tolist() == ["NO_BASE", "NO_BASE"]
    assert found["share"].tolist() == [0.6, 0.3]
    assert found[["low", "high"]].notna().all(axis=None)
    assert found[["base_n", "base_found", "base_share", "p_value", "q_value"]].isna().all(axis=None)
    assert not found["is_flagged"].any()


def test_batches_are_counted_by_group() -> None:
    # A: 4 groups of 12 among 200, and small groups that are no batch; B: 1 group of 20 among 800.
    table = pd.concat(
        [
            counted("BATCH_CLOSING", {"A": (200, 48)}, size=12),
            counted("BATCH_CLOSING", {"A": (200, 100)}, size=10),
            counted("BATCH_CLOSING", {"A": (200, 52), "B": (800, 780)}, size=1),
            counted("BATCH_CLOSING", {"B": (800, 20)}, size=20),
        ]
    )
    found = judge(table)
    row = found.loc[("BATCH_CLOSING", "A")]
    assert row[["n", "found", "share", "base_share"]].tolist() == [200, 48, 0.24, 20 / 800]
    # five groups in all, a fifth of the dossiers: four or five of them here
    assert row["p_value"] == pytest.approx(5 * 0.2**4 * 0.8 + 0.2**5)
    assert row["low"] < 0.24 * 0.5  # the interval is that of four events, not of 48
    assert row["is_flagged"]
    one = judge(
        pd.concat(
            [
                counted("BATCH_CLOSING", {"A": (200, 40)}, size=40),
                counted("BATCH_CLOSING", {"A": (200, 160), "B": (800, 800)}, size=1),
            ]
        )
    )
    assert one.loc[("BATCH_CLOSING", "A"), "p_value"] == pytest.approx(0.2)  # once is no habit
    assert not one["is_flagged"].any()


def test_numbers_not_in_a_row_are_said_not_flagged_and_no_base() -> None:
    found = judge(counted("CODE_GAP", {"A": (1000, 600), "B": (500, 50), "C": (500, 2)}))
    assert found.loc[("CODE_GAP", "A"), "reason"] == "NOT_CONSECUTIVE"
    assert found.loc[("CODE_GAP", "A"), "share"] == 0.6
    assert found.loc[("CODE_GAP", "B"), "base_share"] == 2 / 500  # A is no measure for B
    assert found["is_flagged"].tolist() == [False, True, False]


def test_bunching_compares_within_procedures() -> None:
    # A does mostly the procedure whose ends fall on the due day everywhere: 90 + 2 of 110, as B's shares give.
    table = pd.concat(
        [
            gaps("A", "1.000001", {0: 90, -1: 10, -5: 700}),
            gaps("A", "1.000002", {0: 2, -1: 8}),
            gaps("B", "1.000001", {0: 9, 1: 1, 9: 30}),
            gaps("B", "1.000002", {0: 20, -2: 80}),
        ]
    )
    found = judge(NO_COUNTS, table)
    row = found.loc[("BUNCHING", "A")]
    assert row[["n", "found"]].tolist() == [110, 92]
    assert row["base_share"] == pytest.approx((90 + 2) / 110)
    assert row["p_value"] > 0.3
    assert not found["is_flagged"].any()


def test_bunching_beyond_the_others_is_found() -> None:
    usual = {-2: 20, -1: 25, 0: 35, 1: 12, 2: 8}
    others = [gaps(unit, "1.000001", usual) for unit in "BCD"]
    planted = gaps("A", "1.000001", {-2: 5, -1: 10, 0: 75, 1: 6, 2: 4})
    alone = gaps("A", "1.000009", {0: 500})  # no other unit has this procedure
    found = judge(NO_COUNTS, pd.concat([*others, planted, alone]))
    row = found.loc[("BUNCHING", "A")]
    assert row[["n", "found", "base_n", "base_found", "base_share"]].tolist() == [100, 75, 300, 105, 0.35]
    assert row["p_value"] == pytest.approx(fisher(75, 100, 180, 400))
    assert found["is_flagged"].tolist() == [True, False, False, False]


def test_only_the_quarter() -> None:
    old = counted("DUE_MOVED", {"A": (100, 90), "B": (100, 0)}).assign(quarter="2017-Q3")
    gap = gaps("A", "1.000001", {0: 60}).assign(end_quarter="2017-Q3")
    assert judge(old, gap).empty


def test_nothing_gives_the_columns_and_row_order_does_not_matter() -> None:
    none = integrity_checks(NO_COUNTS, NO_GAPS, NO_GATE, quarter=QUARTER, thresholds=LIMITS)
    assert list(none.columns) == GIVES
    table = pd.concat([counted(check, {"A": (100, 30), "B": (200, 6)}) for check in CHECKS_VI if check != "BUNCHING"])
    due = pd.concat([gaps(unit, core, {0: 40, 1: 60}) for unit in "AB" for core in ("1.000001", "1.000002")])
    mixed, mixed_due = table.sample(frac=1, random_state=1), due.sample(frac=1, random_state=1)
    before = mixed.copy(deep=True), mixed_due.copy(deep=True)
    pd.testing.assert_frame_equal(judge(mixed, mixed_due), judge(table, due))
    pd.testing.assert_frame_equal(mixed, before[0])
    pd.testing.assert_frame_equal(mixed_due, before[1])
    assert judge(table, due).index.get_level_values("check").unique().tolist() == list(CHECKS_VI)


RATES = {
    "SUPPLEMENT_LAST_DAY": 0.1, "FINISH_EQUALS_DUE": 0.05, "FINISH_AT_CLOSING": 0.08, "DUE_MOVED": 0.03,
    "FINISH_MOVED_BACK": 0.02, "CODE_GAP": 0.1,
}  # fmt: skip


def quarter_of_equals(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Eight units of different size that record alike; closings in groups by chance."""
    draw = np.random.default_rng(seed)
    sizes = {f"U{i}": int(size) for i, size in enumerate(draw.integers(30, 800, size=8))}
    rows = [
        (unit, QUARTER, check, 0, n, int(draw.binomial(n, rate)))
        for check, rate in RATES.items()
        for unit, n in sizes.items()
    ]
    for unit, n in sizes.items():
        for size in (12, 15, 25):
            rows.append((unit, QUARTER, "BATCH_CLOSING", size, n, min(size * int(draw.poisson(n / 400)), n)))
        rows.append((unit, QUARTER, "BATCH_CLOSING", 1, n, n // 2))
    due = [
        (unit, core, QUARTER, day, int(count))
        for unit, n in sizes.items()
        for core, shares in (("1.000001", [0.2, 0.2, 0.4, 0.1, 0.1]), ("1.000002", [0.0, 0.1, 0.8, 0.1, 0.0]))
        for day, count in zip(range(-2, 3), draw.multinomial(n // 2, shares), strict=True)
    ]
    return pd.DataFrame(rows, columns=COUNT_NEEDS), pd.DataFrame(due, columns=GAP_NEEDS)


@pytest.mark.slow
@pytest.mark.parametrize("quarters", [40, pytest.param(200, marks=pytest.mark.heavy)])
def test_units_that_record_alike_are_left_alone(quarters: int) -> None:
    flagged, significant, tested = 0, 0, 0
    for seed in range(quarters):
        found = judge(*quarter_of_equals(seed))
        flagged += bool(found["is_flagged"].any())
        significant += bool((found["q_value"] <= LIMITS.fdr).any())
        tested += int(found["q_value"].notna().sum())
    assert tested > quarters * 50
    assert significant <= 0.08 * quarters  # one of twenty at most: of 200 it is 10, and by chance up to 16
    assert flagged <= quarters / 20


def test_planted_units_are_found_among_the_others() -> None:
    found_ones = 0
    for seed in range(20):
        integrity, due = quarter_of_equals(seed)
        planted = pd.concat(
            [
                counted("DUE_MOVED", {"P": (300, 45)}),
                counted("FINISH_EQUALS_DUE", {"P": (300, 60)}),
                counted("BATCH_CLOSING", {"P": (300, 150)}, size=15),
            ]
        )
        late = gaps("P", "1.000001", {-2: 10, -1: 15, 0: 160, 1: 8, 2: 7})
        found = judge(pd.concat([integrity, planted]), pd.concat([due, late]))
        flagged = set(found.index[found["is_flagged"]])
        wanted = {(check, "P") for check in ("DUE_MOVED", "FINISH_EQUALS_DUE", "BATCH_CLOSING", "BUNCHING")}
        found_ones += len(flagged & wanted)
        assert len(flagged - wanted) <= 1
    assert found_ones >= 76  # of 80
