"""Flags of slow procedures and units: told apart, one false discovery rate, nobody named who may not be."""

import json
import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest

from analysis.comparison import fair_comparison
from analysis.effects import unit_procedure_effects
from analysis.flags import COLUMNS, FlagContext, flag_frame
from analysis.slow_flags import judged, slow_flags
from analysis.thresholds import Thresholds
from analysis.timeliness import timeliness_shares
from analysis.words import Names

QUARTER = "2017-Q4"
LIMITS = Thresholds()
NAMES = Names(
    units={f"U{i}": f"UBND xã Thử {i}" for i in range(9)}, unit_levels={}, procedures={"P0": "Thủ tục đăng ký thử"}
)
EXAMPLES = pd.DataFrame(
    [("U0", "P1", "OVERDUE", "HS-2"), ("U0", "P2", "LATE", "HS-1"), ("U1", "P1", "LATE", "HS-9")],
    columns=["unit_code", "proc_core", "kind", "dossier_code"],
)
CONTEXT = FlagContext(quarter=QUARTER, thresholds=LIMITS, names=NAMES, examples=EXAMPLES)
NO_GATE = pd.DataFrame()
Cell = tuple[str, str, int, int]


def counts(cells: Iterable[Cell]) -> pd.DataFrame:
    table = pd.DataFrame(list(cells), columns=["unit_code", "proc_core", "all", "late"])
    good = table.assign(n=table["all"] - table["late"], timeliness="EARLY", elapsed_half_days=10)
    late = table.assign(n=table["late"], timeliness="LATE", elapsed_half_days=30)
    rows = pd.concat([good, late]).drop(columns=["all", "late"])
    rows = rows.loc[rows["n"] > 0]
    return rows.assign(outcome="DONE", received_quarter=QUARTER, end_quarter=QUARTER, limit_half_days=20)


def frames(cells: Iterable[Cell], gate: pd.DataFrame = NO_GATE) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rows = counts(cells)
    return (
        timeliness_shares(rows, quarter=QUARTER, thresholds=LIMITS),
        unit_procedure_effects(rows, quarter=QUARTER, thresholds=LIMITS),
        fair_comparison(rows, gate, quarter=QUARTER, thresholds=LIMITS),
    )


def flags(cells: Iterable[Cell], gate: pd.DataFrame = NO_GATE) -> pd.DataFrame:
    return flag_frame(slow_flags(*frames(cells, gate), gate, CONTEXT))


def keys(table: pd.DataFrame, rule: str) -> list[tuple[object, object]]:
    rows = table.loc[table["rule"] == rule]
    named = rows[["unit_code", "proc_core"]].astype(object).where(rows[["unit_code", "proc_core"]].notna(), None)
    return [(unit, core) for unit, core in named.to_numpy()]


# Everywhere 5 of 80 late; U0 30 of 80 in all it does; P0 28 of 80 wherever it is done.
def world(slow_unit: bool = True, slow_procedure: bool = True) -> list[Cell]:
    cells = []
    for i in range(7):
        for j in range(8):
            late = 28 if j == 0 and slow_procedure else 5
            late = 30 + 20 * (j == 0) if i == 0 and slow_unit else late
            cells.append((f"U{i}", f"P{j}", 80, late))
    return cells


def test_unit_and_procedure_are_told_apart() -> None:
    table = flags(world())
    assert keys(table, "UNIT_EFFECT") == [("U0", None)]
    assert keys(table, "PROCEDURE_EFFECT") == [(None, "P0")]
    pairs = keys(table, "KM_LATE_LOWER")
    assert set(pairs) == {(f"U{i}", "P0") for i in range(7)} | {("U0", f"P{j}") for j in range(8)}
    assert table["kind"].value_counts().to_dict() == {"SLOW_PROCEDURE": 15, "SLOW_UNIT": 1}
    assert list(table.columns) == COLUMNS


def test_a_slow_unit_makes_no_slow_procedure_and_the_other_way_round() -> None:
    only_unit = flags(world(slow_procedure=False))
    assert (keys(only_unit, "UNIT_EFFECT"), keys(only_unit, "PROCEDURE_EFFECT")) == ([("U0", None)], [])
    only_procedure = flags(world(slow_unit=False))
    assert (keys(only_procedure, "UNIT_EFFECT"), keys(only_procedure, "PROCEDURE_EFFECT")) == ([], [(None, "P0")])


def test_figures_and_words_of_a_slow_unit() -> None:
    table = flags(world())
    row = table.loc[table["rule"] == "UNIT_EFFECT"].iloc[0]
    assert row["value"] == pytest.approx((7 * 30 + 50) / 640)
    assert row["n"] == 640
    assert row["limit_value"] == pytest.approx((7 * 5 + 28) / 640, abs=0.01)  # as the middle unit
    assert row["limit_value"] < row["ci_low"] < row["value"] < row["ci_high"] <= 1
    assert json.loads(row["evidence"]) == ["HS-1", "HS-2"]
    for words in ("UBND xã Thử 0", "40,6 %", "260 trong 640", "8 trong 8 thủ tục", "đề nghị kiểm tra"):
        assert words in row["sentence"]


def test_figures_and_words_of_a_slow_procedure() -> None:
    table = flags(world())
    row = table.loc[table["rule"] == "PROCEDURE_EFFECT"].iloc[0]
    assert row["limit_value"] == 0.1 < row["ci_low"] < row["value"] < row["ci_high"]
    assert row["value"] == pytest.approx(28 / 80, abs=0.04)  # drawn a little to the middle
    assert "7 trong 7 đơn vị" in row["sentence"]
    pair = table.loc[table["unit_code"].eq("U3") & table["proc_core"].eq("P0")].iloc[0]
    assert "“Đăng ký thử” (P0)" in pair["sentence"]
    assert "các đơn vị khác cùng làm thủ tục này khoảng" in pair["sentence"]
    assert (pair["value"], pair["limit_value"], pair["n"]) == (pytest.approx(0.35), 0.1, 80)


def test_words_are_vietnamese_and_accuse_nobody() -> None:
    for sentence in flags(world())["sentence"]:
        assert re.search(r"[ăâđêôơưáàảãạ]", sentence)
        assert "đề nghị" in sentence
        assert not re.search(r"vi phạm|gian lận|lỗi của|yếu kém|nan\b|None|\d\.\d+ %", sentence)
        assert sentence.endswith(".")


def test_a_failing_gate_names_nobody_of_that_unit() -> None:
    gate = pd.DataFrame({"unit_code": ["U0", "U1"], "passes": [False, True]})
    table = flags(world(), gate)
    assert "U0" not in set(table["unit_code"].dropna())
    assert ("U1", "P0") in keys(table, "KM_LATE_LOWER")
    assert keys(table, "PROCEDURE_EFFECT") == [(None, "P0")]


def test_small_groups_are_not_named() -> None:
    few = [("U8", "P1", 5, 5), ("U8", "P2", 19, 19)]
    table = flags([*world(slow_unit=False, slow_procedure=False), *few])
    assert keys(table, "KM_LATE_LOWER") == []


def test_a_unit_within_the_target_is_not_called_slow() -> None:
    # Six times as late as the others, and still nearly always on time.
    cells = [(f"U{i}", f"P{j}", 400, 36 if i == 0 else 6) for i in range(7) for j in range(6)]
    assert flags(cells).empty


def test_a_procedure_of_one_unit_is_flagged_in_the_unit_only() -> None:
    table = flags([*world(slow_unit=False, slow_procedure=False), ("U1", "ONLY", 80, 40)])
    assert keys(table, "KM_LATE_LOWER") == [("U1", "ONLY")]
    assert keys(table, "PROCEDURE_EFFECT") == []
    assert "đơn vị khác" not in table.iloc[0]["sentence"]


@pytest.mark.slow
def test_all_tests_of_the_quarter_are_under_one_rate() -> None:
    # One cell alone at 19 of 100 is beyond the target for sure; among five hundred others it may be chance.
    one = [("U0", "A", 100, 19)]
    assert keys(flags(one), "KM_LATE_LOWER") == [("U0", "A")]
    many = [*one, *((f"U{i}", f"P{i:03d}", 100, 10) for i in range(500))]
    assert keys(flags(many), "KM_LATE_LOWER") == []
    pairs, wholes, units = judged(*frames(world())[:2], NO_GATE, LIMITS)
    p = np.concatenate([part["p_value"] for part in (pairs, wholes, units)])
    q = np.concatenate([part["q_value"] for part in (pairs, wholes, units)])
    assert (len(pairs), len(wholes), len(units)) == (56, 8, 7)
    order = np.argsort(p)
    assert (np.diff(q[order]) >= -1e-12).all()
    assert (q >= p).all()


@pytest.mark.slow
@pytest.mark.parametrize(("years", "most"), [(3, 0), pytest.param(12, 1, marks=pytest.mark.heavy)])
def test_chance_at_the_target_flags_next_to_nothing(years: int, most: int) -> None:
    years_with_a_flag = 0
    for seed in range(years):
        rng = np.random.default_rng(seed)
        cells = [(f"U{i}", f"P{j}", 30, int(rng.binomial(30, 0.1))) for i in range(5) for j in range(8)]
        timeliness, effects, _ = frames(cells)
        years_with_a_flag += bool(slow_flags(timeliness, effects, pd.DataFrame(), NO_GATE, CONTEXT))
    assert years_with_a_flag <= most


def test_nothing_gives_nothing() -> None:
    assert slow_flags(*frames([]), NO_GATE, CONTEXT) == []
    timeliness, _, _ = frames(world())
    alone = slow_flags(timeliness, pd.DataFrame(), pd.DataFrame(), NO_GATE, CONTEXT)
    assert {row["rule"] for row in alone} == {"KM_LATE_LOWER"}


def test_row_order_changes_no_flag() -> None:
    assert flags(world()).to_csv(index=False) == flags(world()[::-1]).to_csv(index=False)
