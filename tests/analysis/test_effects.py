"""Procedure effect against unit effect: hard procedures excuse a unit, easy ones done slowly do not."""

import warnings
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import logrank_test, multivariate_logrank_test

from analysis.crossed import Cells, solve
from analysis.effects import GIVES, unit_procedure_effects
from analysis.speed import unit_speed
from analysis.thresholds import Thresholds

LIMITS = Thresholds()
QUARTER = "2017-Q4"


def due(cells: Iterable[tuple[str, str, int, int]]) -> pd.DataFrame:
    """Dossiers with their due date behind, from (unit, procedure, n, late)."""
    table = pd.DataFrame(list(cells), columns=["unit_code", "proc_core", "all", "late"])
    good = table.assign(n=table["all"] - table["late"], timeliness="EARLY")
    late = table.assign(n=table["late"], timeliness="LATE")
    rows = pd.concat([good, late], ignore_index=True).drop(columns=["all", "late"])
    return rows.loc[rows["n"] > 0].assign(outcome="DONE", received_quarter=QUARTER)


def effects(counts: pd.DataFrame, limits: Thresholds = LIMITS) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = unit_procedure_effects(counts, quarter=QUARTER, thresholds=limits)
    assert list(table.columns) == GIVES
    units, procedures = (table.loc[table["level"].eq(level)] for level in ("UNIT", "PROCEDURE"))
    return units.set_index("unit_code"), procedures.set_index("proc_core")


def planted(
    seed: int, *, units: int, procedures: int, each: float = 8.0, middle: float = -2.3, slow: int = 0, hard: int = 0
) -> pd.DataFrame:
    """Seeded counts; the first `slow` units and the first `hard` procedures have far more late dossiers."""
    rng = np.random.default_rng(seed)
    unit = np.where(np.arange(units) < slow, 1.4, 0.0)
    procedure = rng.uniform(-0.8, 0.0, procedures) + np.where(np.arange(procedures) < hard, 2.0, 0.0)
    volume = each * rng.uniform(0.5, 2.0, procedures)
    rows = []
    for i in range(units):
        for j in range(procedures):
            n = int(rng.poisson(volume[j]))
            share = 1.0 / (1.0 + np.exp(-(middle + unit[i] + procedure[j] + rng.normal(0.0, 0.2))))
            if n:
                rows.append((f"U{i:02d}", f"1.{j:06d}", n, int(rng.binomial(n, share))))
    return due(rows)


def simpson() -> pd.DataFrame:
    # HARD is late in 40 %, EASY in 5 %. U1 does mostly HARD, as well as anyone: 34 % late. U5 does mostly EASY,
    # and is late four times as often as the others: 21 %.
    rows = [("U1", f"HARD{k}", 200, 80) for k in range(3)] + [("U1", f"EASY{k}", 40, 2) for k in range(3)]
    for unit in ("U2", "U3", "U4"):
        rows += [(unit, f"HARD{k}", 100, 40) for k in range(3)] + [(unit, f"EASY{k}", 200, 10) for k in range(3)]
    rows += [("U5", f"HARD{k}", 10, 8) for k in range(3)] + [("U5", f"EASY{k}", 600, 120) for k in range(3)]
    return due(rows)


def test_the_unit_with_hard_procedures_is_not_slow_and_the_one_slow_at_easy_ones_is() -> None:
    units, procedures = effects(simpson())
    assert units.loc["U1", "raw_share"] > units.loc["U5", "raw_share"] > 0.2  # the raw average accuses the wrong one
    assert units.index[units["is_slow"]].tolist() == ["U5"]
    assert units.loc["U1", "ratio"] == pytest.approx(1.0, abs=0.05)
    assert units.loc["U5", "ratio_low"] > 1
    assert units.loc["U5", ["members", "slow_members"]].tolist() == [6, 6]
    assert set(procedures.index[procedures["is_slow"]]) == {"HARD0", "HARD1", "HARD2"}
    assert procedures.loc["EASY0", "pooled_share"] < 0.1 < procedures.loc["EASY0", "raw_share"]  # U5 taken out


def test_the_model_solves_as_the_full_system_does() -> None:
    rng = np.random.default_rng(3)
    unit, procedure = np.nonzero(rng.random((4, 7)) < 0.8)
    cells = Cells(
        unit=unit, procedure=procedure, n=np.ones(len(unit)), late=np.zeros(len(unit)), units=4, procedures=7
    )
    weight, response = rng.uniform(0.5, 3, len(unit)), rng.normal(size=len(unit))
    mixes = (np.full(4, 0.25), np.full(7, 1 / 7))
    design = np.zeros((len(unit), 12))
    design[:, 0] = design[np.arange(len(unit)), 1 + unit] = design[np.arange(len(unit)), 5 + procedure] = 1
    ridge = np.diag([0.0, *[1 / 0.3] * 4, *[1 / 0.7] * 7])
    covariance = np.linalg.inv(design.T @ (weight[:, None] * design) + ridge)
    wanted = covariance @ design.T @ (weight * response)
    found = solve(cells, (weight, response), (0.3, 0.7), mixes)
    assert [found.mean, *found.unit, *found.procedure] == pytest.approx(wanted.tolist())
    variances = np.diag(covariance)
    assert [*found.unit_variance, *found.procedure_variance] == pytest.approx(variances[1:].tolist())
    assert found.cell_variance == pytest.approx(np.einsum("ij,jk,ik->i", design, covariance, design))
    level = np.hstack([np.ones((4, 1)), np.eye(4), np.full((4, 7), 1 / 7)])
    assert found.unit_level_variance == pytest.approx(np.einsum("ij,jk,ik->i", level, covariance, level))
    level = np.hstack([np.ones((7, 1)), np.full((7, 4), 0.25), np.eye(7)])
    assert found.procedure_level_variance == pytest.approx(np.einsum("ij,jk,ik->i", level, covariance, level))
    # The other way round the long factor is kept; nothing changes but the names.
    turned = Cells(unit=procedure, procedure=unit, n=cells.n, late=cells.late, units=7, procedures=4)
    again = solve(turned, (weight, response), (0.7, 0.3), mixes[::-1])
    assert again.procedure == pytest.approx(found.unit)
    assert again.procedure_level_variance == pytest.approx(found.unit_level_variance)


def test_planted_units_and_procedures_are_found_and_no_other() -> None:
    found = {"unit": 0, "procedure": 0, "wrong": 0}
    for seed in range(10):
        units, procedures = effects(planted(seed, units=9, procedures=30, slow=1, hard=3))
        slow, hard = set(units.index[units["is_slow"]]), set(procedures.index[procedures["is_slow"]])
        found["unit"] += "U00" in slow
        found["procedure"] += len(hard & {"1.000000", "1.000001", "1.000002"})
        found["wrong"] += len(slow - {"U00"}) + len(hard - {"1.000000", "1.000001", "1.000002"})
    assert found["unit"] == 10
    assert found["procedure"] >= 28
    assert found["wrong"] <= 2


@pytest.mark.slow
@pytest.mark.parametrize("years", [40, pytest.param(200, marks=pytest.mark.heavy)])
def test_chance_flags_at_most_one_year_in_twenty(years: int) -> None:
    # Units all alike, procedures differ, shares far above the target: the test alone holds, year after year.
    flagged = 0
    for seed in range(years):
        units, _ = effects(planted(seed, units=5, procedures=8, each=6.0, middle=-1.5))
        flagged += bool(units["is_slow"].any() or (units["q_value"] <= LIMITS.fdr).any())
    assert flagged <= years / 20


@pytest.mark.slow
def test_procedures_at_the_target_are_not_slow() -> None:
    wrong = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        rows = [(f"U{i}", f"P{j:02d}", 30, int(rng.binomial(30, 0.1))) for i in range(4) for j in range(10)]
        wrong += int(effects(due(rows))[1]["is_slow"].sum())
    assert wrong <= 0.05 * 400


def test_small_numbers_are_pooled_and_never_named() -> None:
    rows = [(f"U{i}", f"P{j}", 40, 4) for i in range(4) for j in range(5)]
    units, procedures = effects(due([*rows, ("U9", "P0", 5, 5), ("U0", "TINY", 3, 3), ("U1", "TINY", 2, 2)]))
    assert units.loc["U9", "raw_share"] == 1.0
    assert not units.loc["U9", "is_slow"]
    assert np.isnan(units.loc["U9", "q_value"])
    assert units.loc["U9", "pooled_share"] < 0.8
    assert procedures.loc["TINY", "raw_share"] == 1.0
    assert not procedures.loc["TINY", "is_slow"]
    assert procedures.loc["TINY", "pooled_share"] < 0.8


def test_a_procedure_of_one_unit_cannot_be_told_from_the_unit() -> None:
    rows = [(f"U{i}", f"P{j}", 50, 5) for i in range(3) for j in range(3)]
    units, procedures = effects(due([*rows, ("U0", "ONLY", 300, 240), ("U7", "ITS", 200, 150)]))
    only = procedures.loc["ONLY"]
    assert (only["n"], only["late"], only["members"], only["is_slow"]) == (300, 240, 1, False)
    assert pd.isna(only[["pooled_share", "ratio", "effect", "p_value"]]).all()
    assert (units.loc["U0", "n"], units.loc["U0", "alone_n"]) == (150, 300)
    assert not units["is_slow"].any()  # nothing is learnt of U0 from what nobody else does
    assert units.loc["U0", "ratio"] == pytest.approx(units.loc["U1", "ratio"])
    assert (units.loc["U7", "n"], units.loc["U7", "alone_n"]) == (0, 200)
    assert pd.isna(units.loc["U7", ["raw_share", "expected", "ratio", "p_value"]]).all()


def test_slow_in_one_procedure_only_is_not_a_slow_unit() -> None:
    rows = [(f"U{i}", f"P{j}", 60, 5) for i in range(6) for j in range(9)]
    rows = [(u, p, 400, 280) if (u, p) == ("U0", "P0") else (u, p, n, late) for u, p, n, late in rows]
    units, procedures = effects(due(rows))
    assert units.loc["U0", "raw_share"] > 0.3
    assert not units["is_slow"].any()
    assert not procedures.loc["P0", "is_slow"]  # and slow in one unit only is not a slow procedure


def test_one_procedure_and_many_units() -> None:
    rows = [(f"U{i:02d}", "P", 80, 8) for i in range(12)] + [("U99", "P", 80, 32)]
    units, procedures = effects(due(rows))
    assert units.index[units["is_slow"]].tolist() == ["U99"]
    assert units.loc["U99", "ratio"] == pytest.approx(4, abs=0.3)
    assert procedures.loc["P", "members"] == 13


def test_all_late_and_none_late_are_borne() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        everything, _ = effects(due([(f"U{i}", f"P{j}", 30, 30) for i in range(3) for j in range(3)]))
        nothing, _ = effects(due([(f"U{i}", f"P{j}", 30, 0) for i in range(3) for j in range(3)]))
        lone, _ = effects(due([("U0", "P0", 30, 20)]))
    assert everything["pooled_share"].between(0.9, 1).all()
    assert nothing["pooled_share"].between(0, 0.1).all()
    assert not pd.concat([everything, nothing, lone])["is_slow"].any()


def test_open_overdue_count_as_late_and_what_is_not_due_does_not_count() -> None:
    rows = due([("U0", "P", 30, 3), ("U1", "P", 30, 3)])
    more = rows.iloc[[0, 0, 0, 0]].assign(
        outcome=["OPEN", "OPEN", "DONE", "REFUSED"],
        timeliness=["OVERDUE", "IN_TERM", "EARLY", "NOT_APPLICABLE"],
        due_passed=[True, False, False, True],
        n=[4, 50, 60, 70],
    )
    units, _ = effects(pd.concat([rows.assign(due_passed=True), more]))
    assert units.loc["U0", ["n", "late"]].tolist() == [34, 7]


def test_row_order_split_rows_and_other_years_change_nothing() -> None:
    counts = planted(4, units=5, procedures=8)
    before = counts.copy(deep=True)
    one = unit_procedure_effects(counts, quarter=QUARTER, thresholds=LIMITS)
    mixed = counts.sample(frac=1, random_state=2)
    half = mixed.assign(n=mixed["n"] // 2)
    split = pd.concat([half, mixed.assign(n=mixed["n"] - half["n"]), counts.assign(received_quarter="2016-Q4")])
    other = unit_procedure_effects(split, quarter=QUARTER, thresholds=LIMITS)
    assert one.to_csv(index=False) == other.to_csv(index=False)
    pd.testing.assert_frame_equal(counts, before)


def test_nothing_gives_empty_frames() -> None:
    empty = due([])
    assert list(unit_procedure_effects(empty, quarter=QUARTER, thresholds=LIMITS).columns) == GIVES
    speed = unit_speed(empty.assign(elapsed_half_days=1), quarter=QUARTER, thresholds=LIMITS)
    assert speed.empty
    assert "speed_ratio" in speed.columns


def timed(rows: Iterable[tuple[str, str, float, str, int]]) -> pd.DataFrame:
    columns = ["unit_code", "proc_core", "elapsed_half_days", "outcome", "n"]
    return pd.DataFrame(list(rows), columns=columns).assign(received_quarter=QUARTER)


def speed(counts: pd.DataFrame) -> pd.DataFrame:
    return unit_speed(counts, quarter=QUARTER, thresholds=LIMITS).set_index("unit_code")


def test_log_rank_by_hand() -> None:
    # A ends at 1 and 2, B at 2 and 4. At 1 a half is expected of A; at 2 (one A of three at risk, two end) 2/3.
    found = speed(timed([("A", "P", 1, "DONE", 1), ("A", "P", 2, "DONE", 1),
                         ("B", "P", 2, "DONE", 1), ("B", "P", 4, "DONE", 1)]))  # fmt: skip
    assert found.loc["A", "expected"] == pytest.approx(1 / 2 + 2 / 3)
    assert found.loc["A", "speed_ratio"] == pytest.approx(2 / (7 / 6))
    variance = 1 / 4 + 2 * (1 / 3) * (2 / 3) * (1 / 2)
    assert found["chi_square"].tolist() == pytest.approx([(5 / 6) ** 2 / variance] * 2)
    assert found["expected"].sum() == pytest.approx(4)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("AB"), st.integers(1, 9), st.booleans(), st.integers(1, 4)), min_size=2, max_size=25
    )
)
def test_two_units_and_one_procedure_as_lifelines(rows: list[tuple[str, int, bool, int]]) -> None:
    rows = [("A", 3, True, 2), ("B", 4, True, 2), *rows]
    given_rows = timed([(unit, "P", time, "DONE" if ended else "OPEN", n) for unit, time, ended, n in rows])
    unit, time, ended = (np.repeat([row[k] for row in rows], [row[3] for row in rows]) for k in (0, 1, 2))
    is_a = unit == "A"
    wanted = logrank_test(time[is_a], time[~is_a], ended[is_a], ended[~is_a])
    also = multivariate_logrank_test(time, unit, ended)
    found = speed(given_rows)
    for name in ("A", "B"):
        assert found.loc[name, "chi_square"] == pytest.approx(wanted.test_statistic, abs=1e-9)
        assert found.loc[name, "chi_square"] == pytest.approx(also.test_statistic, abs=1e-9)
        assert found.loc[name, "p_value"] == pytest.approx(wanted.p_value, abs=1e-9)


def paced(unit: str, core: str, each: int, times: Iterable[int]) -> list[tuple[str, str, float, str, int]]:
    return [(unit, core, time, "DONE", each) for time in times]


def test_speed_by_procedure_is_not_fooled_by_the_mix() -> None:
    # Both units take 2 to 6 half days for Q and 38 to 42 for S; A does mostly S.
    rows = [
        *paced("A", "Q", 2, (2, 4, 6)), *paced("A", "S", 20, (38, 40, 42)),
        *paced("B", "Q", 20, (2, 4, 6)), *paced("B", "S", 2, (38, 40, 42)),
    ]  # fmt: skip
    found = speed(timed(rows))
    assert found["speed_ratio"].tolist() == pytest.approx([1, 1])
    assert (found["p_value"] > 0.99).all()
    heap = speed(timed([(unit, "P", *rest) for unit, _, *rest in rows]))
    assert heap.loc["A", "high"] < 1  # as one heap A would look slow


def test_the_interval_holds_one_exactly_when_the_test_does_not_tell() -> None:
    for extra in range(12):
        slow = paced("A", "P", 10, (9, 10, 11 + extra))
        found = speed(timed([*slow, *paced("B", "P", 10, (8, 10, 11))])).loc["A"]
        assert (found["low"] <= 1 <= found["high"]) == (found["p_value"] >= 0.05)


def test_delayed_entry_and_what_nobody_else_does() -> None:
    rows = timed([*paced("B", "P", 20, (3,)), *paced("B", "P", 20, (10, 12)), *paced("A", "P", 20, (10, 12)),
                  ("C", "OWN", 5, "DONE", 9)])  # fmt: skip
    assert speed(rows).loc["A", "speed_ratio"] < 1
    # Seen only from half day 5 on, what A ended before could not be seen: from there both are at one pace.
    later = rows.assign(entry_half_days=[0, 0, 0, 5, 5, 0])
    assert speed(later).loc["A", "speed_ratio"] == pytest.approx(1)
    assert "C" not in speed(rows).index
    gone = rows.assign(entry_half_days=[0, 0, 0, 13, 13, 0])  # came after it had ended: never seen
    assert speed(gone).empty


def test_open_and_refused_are_watched_until_they_leave() -> None:
    rows = [*paced("A", "P", 10, (5, 6)), *paced("B", "P", 10, (5, 6))]
    watched = [("A", "P", 20, "OPEN", 10), ("A", "P", 2, "REFUSED", 10)]
    found = speed(timed([*rows, *watched])).loc["A"]
    assert (found["n"], found["ended"]) == (40, 20)
    # Ten still open were at risk at 5 and 6, the refused at neither: 30 of 50 and 20 of 30 of ends 20 and 20.
    assert found["expected"] == pytest.approx(20 * 30 / 50 + 20 * 20 / 30)
