"""Fair comparison: like with like, by the other units' yardstick, exact for few; nobody named who may not be."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest

from analysis.comparison import GIVES, due_cells, fair_comparison
from analysis.funnel import share_upper
from analysis.thresholds import Thresholds
from tests.shared import shared

LIMITS = Thresholds()
QUARTER = "2017-Q4"
NO_GATE = pd.DataFrame()


def due(cells: Iterable[tuple[str, str, int, int]]) -> pd.DataFrame:
    table = pd.DataFrame(list(cells), columns=["unit_code", "proc_core", "all", "late"])
    good = table.assign(n=table["all"] - table["late"], timeliness="ON_TIME")
    rows = pd.concat([good, table.assign(n=table["late"], timeliness="LATE")]).drop(columns=["all", "late"])
    return rows.loc[rows["n"] > 0].assign(outcome="DONE", received_quarter=QUARTER)


def compared(cells: Iterable[tuple[str, str, int, int]], gate: pd.DataFrame = NO_GATE) -> pd.DataFrame:
    table = fair_comparison(due(cells), gate, quarter=QUARTER, thresholds=LIMITS)
    assert list(table.columns) == GIVES
    return table


def units(cells: Iterable[tuple[str, str, int, int]], gate: pd.DataFrame = NO_GATE) -> pd.DataFrame:
    table = compared(cells, gate)
    return table.loc[table["level"] == "UNIT"].set_index("unit_code")


ALIKE = [(f"U{i}", "P", 100, late) for i, late in enumerate((9, 10, 11, 10, 9, 11, 10, 10))]


def test_the_yardstick_is_what_the_others_show() -> None:
    table = units([("U1", "P", 100, 40), ("U2", "P", 50, 5), ("U3", "P", 50, 5)])
    row = table.loc["U1"]
    # The others: 10 of 100; two more dossiers at the overall 25 % stand for what is not known yet.
    assert row["expected_share"] == pytest.approx((10 + 2 * 0.25) / 102)
    assert row["expected"] == pytest.approx(100 * 10.5 / 102)
    assert row["ratio"] == pytest.approx(40 / (100 * 10.5 / 102))
    assert row["share"] == 0.4
    assert row["is_above"]
    assert not table.loc[["U2", "U3"], "is_above"].any()


def test_a_yardstick_of_few_dossiers_is_not_trusted() -> None:
    # 6 of 20 against others' 10 %: telling when the others have a thousand dossiers, not when they have twenty.
    many = units([("U1", "P", 20, 6), ("U2", "P", 1000, 100)]).loc["U1"]
    few = units([("U1", "P", 20, 6), ("U2", "P", 20, 2)]).loc["U1"]
    assert many["p_value"] < 0.02
    assert few["p_value"] > 0.05
    # With certain others it is the plain binomial.
    assert many["p_value"] == pytest.approx(share_upper([6], [20], many["expected_share"])[0], rel=0.25)


def test_procedures_are_compared_with_themselves() -> None:
    mix = [("U1", "HARD", 90, 36), ("U1", "EASY", 10, 0), ("U2", "HARD", 10, 4), ("U2", "EASY", 90, 4)]
    mix += [("U3", "HARD", 50, 20), ("U3", "EASY", 50, 2)]
    table = units(mix)
    assert table["share"].tolist() == pytest.approx([0.36, 0.08, 0.22])
    assert table["ratio"].tolist() == pytest.approx([1, 1, 1], abs=0.12)
    assert not table["is_above"].any()


def test_what_no_other_unit_does_is_not_compared() -> None:
    table = units([*ALIKE, ("U0", "ONLY", 300, 250), ("U9", "ITS", 80, 60)])
    assert table.loc["U0", ["n", "late", "alone_n"]].tolist() == [100, 9, 300]
    assert table.loc["U9", ["n", "alone_n", "gate"]].tolist() == [0, 80, "SMALL"]
    assert pd.isna(table.loc["U9", ["share", "expected_share", "ratio", "p_value", "high95"]]).all()
    cells = compared([*ALIKE, ("U0", "ONLY", 300, 250)])
    assert "ONLY" not in set(cells["proc_core"])


def test_a_unit_that_stands_out_does_not_hide_behind_the_spread_it_makes() -> None:
    table = units([(unit, core, n, 45 if unit == "U0" else late) for unit, core, n, late in ALIKE])
    assert table.index[table["is_above"]].tolist() == ["U0"]
    assert table.loc["U0", "phi"] < 2 < table.loc["U1", "phi"]


def test_units_that_differ_all_of_them_are_nothing_to_flag() -> None:
    # Shares from 2 to 30 %, evenly: beyond chance, but no unit beyond the others.
    table = units([(f"U{i}", "P", 400, late) for i, late in enumerate((8, 24, 40, 56, 72, 88, 104, 120))])
    assert (table["phi"] > 10).all()
    assert not table["is_above"].any()
    assert (table["share"] < table["high998"]).all()


def test_five_are_small_and_six_are_not() -> None:
    table = units([*ALIKE, ("V5", "P", 5, 5), ("V6", "P", 6, 6)])
    assert table.loc["V5", ["gate", "may_be_named", "is_above"]].tolist() == ["SMALL", False, False]
    assert np.isnan(table.loc["V5", "q_value"])
    assert table.loc["V6", ["gate", "may_be_named", "is_above"]].tolist() == ["", True, True]


def test_poor_data_are_not_named() -> None:
    cells = [*ALIKE, ("V", "P", 100, 60)]
    gate = pd.DataFrame({"unit_code": ["V", "U1"], "passes": [False, True]})
    held = units(cells, gate).loc["V"]
    assert (held["gate"], held["may_be_named"], held["is_above"]) == ("DATA", False, False)
    assert units(cells).loc["V", "is_above"]


def test_few_dossiers_are_shrunk_towards_the_expected_share() -> None:
    cells = [(f"U{i}", "P", 200, late) for i, late in enumerate((10, 30, 20, 40, 15, 25))]
    table = units([*cells, ("V", "P", 6, 6)])
    assert table.loc["V", "share"] == 1.0
    assert table.loc["V", "shrunk_share"] < 0.6
    assert abs(table.loc["U3", "shrunk_share"] - 0.2) < 0.02
    inside = table["shrunk_low"].lt(table["shrunk_share"]) & table["shrunk_share"].lt(table["shrunk_high"])
    assert inside.all()


def test_limits_lie_around_the_expected_share() -> None:
    table = units(ALIKE)
    ends = table[["low998", "low95", "expected_share", "high95", "high998"]].to_numpy()
    assert (np.diff(ends, axis=1) >= 0).all()
    assert not table["is_above"].any()


def test_cells_stand_beside_units() -> None:
    cells = [(f"U{i}", core, 60, 6) for i in range(6) for core in ("A", "B")]
    cells[0] = ("U0", "A", 60, 40)
    table = compared(cells)
    above = table.loc[table["level"].eq("PROCEDURE_UNIT") & table["is_above"]]
    assert above[["unit_code", "proc_core"]].to_numpy().tolist() == [["U0", "A"]]
    assert table["level"].value_counts().to_dict() == {"PROCEDURE_UNIT": 12, "UNIT": 6}
    assert table.loc[table["level"].eq("UNIT"), "proc_core"].isna().all()


@pytest.mark.slow
def test_chance_alone_flags_at_most_one_year_in_twenty() -> None:
    flagged = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rows = [(f"U{i}", f"P{j}", 20, int(rng.binomial(20, 0.05 + 0.1 * j))) for i in range(8) for j in range(4)]
        flagged += int(compared(rows)["is_above"].any())
    assert flagged <= 0.10 * 60  # two levels, each at 5 %


def test_row_order_split_rows_and_the_frame_given_do_not_matter() -> None:
    counts = due([(f"U{i}", f"P{j}", 20 + i + j, i + j) for i in range(5) for j in range(4)])
    before = counts.copy(deep=True)
    one = fair_comparison(counts, NO_GATE, quarter=QUARTER, thresholds=LIMITS)
    half = counts.assign(n=counts["n"] // 2)
    split = pd.concat([half, counts.assign(n=counts["n"] - half["n"])]).sample(frac=1, random_state=1)
    other = fair_comparison(split, NO_GATE, quarter=QUARTER, thresholds=LIMITS)
    assert one.to_csv(index=False) == other.to_csv(index=False)
    pd.testing.assert_frame_equal(counts, before)


def test_nothing_and_one_unit() -> None:
    assert compared([]).empty
    lone = compared([("U1", "P", 50, 20)])
    assert lone["level"].tolist() == ["UNIT"]
    assert not lone["may_be_named"].any()


def test_cells_of_the_due_cohort() -> None:
    rows = due([("U1", "P", 10, 4), ("U2", "P", 8, 1), ("U2", "Q", 3, 0)])
    old = rows.assign(received_quarter="2016-Q4")
    cells = due_cells(pd.concat([rows, old]), quarter=QUARTER, thresholds=LIMITS)
    assert cells.to_numpy().tolist() == [["U1", "P", 10, 4, 2], ["U2", "P", 8, 1, 2], ["U2", "Q", 3, 0, 1]]


@pytest.mark.shared
def test_the_officers_of_a_real_log_are_not_led_by_those_with_one_dossier() -> None:
    # Officers stand as units, one procedure, every dossier with its deadline; counts only.
    log = pd.read_csv(shared() / "data/receipt/receipt.csv")
    moments = pd.to_datetime(log["time:timestamp"], utc=True, format="ISO8601")
    cases = log.drop_duplicates("case:concept:name")
    end, deadline = (pd.to_datetime(cases[f"case:{n}"], utc=True, format="ISO8601") for n in ("enddate", "deadline"))
    late = (end > deadline) | (end.isna() & (deadline < moments.max()))
    counts = late.groupby(cases["case:responsible"].to_numpy()).agg(["sum", "count"])
    table = units([(f"O{i:02d}", "P", int(n), int(k)) for i, (k, n) in enumerate(counts.to_numpy())])
    assert len(table) == 39
    worst = table["share"].eq(1.0)
    assert worst.sum() == 7
    assert not table.loc[worst, "may_be_named"].any()
    assert (table["phi"] > 3.9).all()  # of the officers with at least one late dossier expected
    assert table["is_above"].sum() <= 3
    assert (table.loc[worst, "shrunk_share"] < 0.8).all()
