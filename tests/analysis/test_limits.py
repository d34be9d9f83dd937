"""The shortest limit most dossiers would have met, the padded limit, and the one nobody keeps."""

import csv
import math

import numpy as np
import pandas as pd
import pytest

from analysis.limits import CURVE_GIVES, GIVES, limit_curve, limit_cuts, steps_to_mend
from analysis.survival import survival_at, survival_curves
from analysis.thresholds import Thresholds
from tests.shared import shared

LIMITS = Thresholds()
NO_STEPS = pd.DataFrame()


def durations(rows: list[tuple[str, str, int, int]], limit: int = 20, core: str = "1.000001") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["outcome", "timeliness", "elapsed_half_days", "n"])
    return table.assign(limit_half_days=limit, proc_core=core, received_quarter="2017-Q4")


def procedures(quantity: float = 10.0, unit: str = "WORKING_DAY") -> pd.DataFrame:
    return pd.DataFrame({"proc_core": ["1.000001"], "limit_quantity": [quantity], "limit_unit": [unit]})


def steps(days: list[float], paused: list[bool] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"proc_core": "1.000001", "planned_days": days, "is_paused": paused or [False] * len(days)})


def one(
    table: pd.DataFrame,
    plan: pd.DataFrame = NO_STEPS,
    catalogue: pd.DataFrame | None = None,
    times: pd.DataFrame | None = None,
) -> pd.Series:
    known = procedures() if catalogue is None else catalogue
    return limit_cuts(table, known, plan, quarter="2017-Q4", thresholds=LIMITS, step_times=times).iloc[0]


def step_times(rows: list[tuple[str, str, float]], level: str = "STEP") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["unit_code", "task", "excess_half_days"])
    return table.assign(level=level, proc_core="1.000001")


def test_the_cut_by_hand() -> None:
    # 96 of 100 took four days, 4 took nine; the limit is ten: four days hold 96 %.
    row = one(durations([("DONE", "EARLY", 8, 96), ("DONE", "EARLY", 18, 4)]))
    assert (row["limit_days"], row["met_limit_days"], row["proposed_days"], row["cut_days"]) == (10, 4, 4, 6)
    assert row["late_share_after"] == pytest.approx(0.04)
    assert row["after_low"] < 0.04 < row["after_high"] <= LIMITS.target_late_share
    assert row["late_share_now"] == 0
    assert row["is_cut"]
    assert not row["is_too_short"]


def test_94_of_100_is_not_95_percent() -> None:
    row = one(durations([("DONE", "EARLY", 8, 94), ("DONE", "EARLY", 18, 6)]))
    assert row["met_limit_days"] == 9


def test_an_interval_too_wide_asks_for_the_longer_limit() -> None:
    # 19 of 20 in four days is 95 %, but the interval reaches far beyond the target: nine days are proposed.
    row = one(durations([("DONE", "EARLY", 8, 19), ("DONE", "EARLY", 18, 1)]))
    assert row["met_limit_days"] == 4
    assert math.isnan(row["proposed_days"]) or row["proposed_days"] > 4
    assert not row["is_cut"] or row["cut_days"] <= 1


def test_few_dossiers_propose_nothing() -> None:
    row = one(durations([("DONE", "EARLY", 8, 19)]))
    assert not row["is_cut"]


def test_open_dossiers_hold_a_cut_back() -> None:
    # 50 done in two days, 50 still open after nine: nobody knows that 95 % would be done in two.
    row = one(durations([("DONE", "EARLY", 4, 50), ("OPEN", "IN_TERM", 18, 50)]))
    assert math.isnan(row["met_limit_days"])
    assert not row["is_cut"]


def test_half_a_day_more_is_a_day_more() -> None:
    row = one(durations([("DONE", "EARLY", 9, 100)]))
    assert row["met_limit_days"] == 5  # nine half days may have needed a fifth day: the stricter reading


def test_a_limit_nobody_keeps_is_not_cut() -> None:
    row = one(durations([("DONE", "EARLY", 10, 20), ("DONE", "LATE", 40, 80)]))
    assert row["late_share_now"] == pytest.approx(0.8)
    assert row["is_too_short"]
    assert not row["is_cut"]


def test_padding_and_its_opposite() -> None:
    nothing = durations([])
    padded = one(nothing, steps([0.5, 5.0, 2.0]))
    assert (padded["step_sum_days"], padded["padding_days"], padded["is_padded"]) == (7.5, 2.5, True)
    over = one(nothing, steps([4.0, 8.0]))
    assert over["is_step_sum_over"]
    assert not over["is_padded"]
    equal = one(nothing, steps([0.1] * 3 + [9.7]))
    assert not equal["is_padded"]
    assert not equal["is_step_sum_over"]


def test_pauses_are_not_in_the_step_sum() -> None:
    row = one(durations([]), steps([5.0, 5.0, 5.0], [False, True, False]))
    assert row["step_sum_days"] == 10


def test_calendar_days_are_not_compared_with_working_steps() -> None:
    row = one(durations([]), steps([5.0]), procedures(30, "DAY"))
    assert math.isnan(row["padding_days"])
    assert not row["is_padded"]


def test_dossiers_with_quite_another_limit_are_not_comparable() -> None:
    table = pd.concat(
        [durations([("DONE", "EARLY", 8, 60)], limit=20), durations([("DONE", "EARLY", 30, 40)], limit=40)]
    )
    assert one(table)["n"] == 60


def test_days_no_dossier_ever_needed() -> None:
    # 60 done, none after more than four of the ten days: 1 - 0.05^(1/60) = 4.87 % at most could take longer.
    row = one(durations([("DONE", "EARLY", 3, 40), ("DONE", "EARLY", 8, 20)]))
    assert (row["longest_days"], row["never_needed_days"]) == (4, 6)
    assert row["unseen_share_high"] == pytest.approx(0.048703, abs=1e-6)
    assert row["is_padded_by_dossiers"]


def test_58_dossiers_do_not_say_that_95_percent_never_need_them() -> None:
    row = one(durations([("DONE", "EARLY", 8, 58)]))
    assert row["never_needed_days"] == 6
    assert row["unseen_share_high"] == pytest.approx(0.050339, abs=1e-6)
    assert not row["is_padded_by_dossiers"]


def test_an_unfinished_dossier_may_still_need_them() -> None:
    row = one(durations([("DONE", "EARLY", 8, 100), ("OPEN", "IN_TERM", 10, 1)]))
    assert row["longest_days"] == 5
    assert math.isnan(row["never_needed_days"])
    assert math.isnan(row["unseen_share_high"])
    assert not row["is_padded_by_dossiers"]
    # An open one that has not come so far yet hides nothing that the curve does not know.
    assert one(durations([("DONE", "EARLY", 8, 100), ("OPEN", "IN_TERM", 3, 1)]))["never_needed_days"] == 6
    # One past the limit has used it up, finished or not.
    assert one(durations([("DONE", "EARLY", 8, 100), ("OPEN", "OVERDUE", 30, 1)]))["never_needed_days"] == 0


def test_the_share_becoming_late() -> None:
    # 4 of 100 ended between the fourth and the tenth day; Clopper-Pearson of 4/100 is 1.10 % to 9.93 %.
    row = one(durations([("DONE", "EARLY", 8, 96), ("DONE", "EARLY", 18, 4)]))
    assert row["share_becoming_late"] == pytest.approx(0.04)
    assert row["becoming_low"] == pytest.approx(0.011004, abs=1e-6)
    assert row["becoming_high"] == pytest.approx(0.099257, abs=1e-6)


def test_those_late_anyway_do_not_become_late() -> None:
    # 3 of 100 are late under ten days as under four: the cut adds one in a hundred.
    row = one(durations([("DONE", "EARLY", 8, 96), ("DONE", "EARLY", 18, 1), ("DONE", "LATE", 30, 3)]))
    assert row["proposed_days"] == 4
    assert row["late_share_now"] == pytest.approx(0.03)
    assert row["share_becoming_late"] == pytest.approx(0.01)
    assert row["becoming_low"] == pytest.approx(0.000253, abs=1e-6)  # Clopper-Pearson of 1/100
    assert row["becoming_high"] == pytest.approx(0.054459, abs=1e-6)


def test_the_share_becoming_late_lies_in_its_interval_where_limits_differ_by_a_day() -> None:
    """Of 1,000 dossiers 40 have a limit a day longer and use it: late under four days, not late now."""
    usual = durations([("DONE", "EARLY", 8, 959), ("DONE", "EARLY", 18, 1)])
    row = one(pd.concat([usual, durations([("DONE", "EARLY", 21, 40)], limit=22)], ignore_index=True))
    assert (row["limit_days"], row["proposed_days"], row["late_share_now"]) == (10, 4, 0)
    assert row["share_becoming_late"] == pytest.approx(0.041)
    assert row["becoming_low"] == pytest.approx(0.029580, abs=1e-6)  # Clopper-Pearson of 41/1000
    assert row["becoming_high"] == pytest.approx(0.055212, abs=1e-6)


def test_nobody_in_between_is_bounded_by_the_late_share_after() -> None:
    row = one(durations([("DONE", "EARLY", 8, 97), ("DONE", "LATE", 30, 3)]))
    assert row["share_becoming_late"] == pytest.approx(0.0)
    assert row["becoming_low"] == 0
    assert row["becoming_high"] == row["after_high"]


def test_a_limit_that_looks_long_and_must_not_be_cut() -> None:
    # The middle dossier takes six of ten days, but 15 of 100 need the tenth: nine days leave 15 % late.
    table = durations([("DONE", "EARLY", 12, 85), ("DONE", "ON_TIME", 20, 15)])
    times = step_times([("U1", "Tiếp nhận", 4.0), ("U1", "Thẩm định", 30.0), ("U2", "Thẩm định", 12.0)])
    row = one(table, times=times)
    assert (row["late_share_now"], row["median_days"]) == (0, 6)
    assert row["shorter_late_share"] == pytest.approx(0.15)
    assert row["shorter_high"] > LIMITS.target_late_share
    assert row["is_cut_harmful"]
    assert not row["is_cut"]
    assert not row["is_too_short"]
    assert row["step_to_mend"] == "Thẩm định"


def test_a_limit_many_miss_already_is_not_cut_either() -> None:
    row = one(durations([("DONE", "EARLY", 8, 70), ("DONE", "LATE", 40, 30)]))
    assert row["is_cut_harmful"]
    assert not row["is_too_short"]
    assert row["step_to_mend"] is None  # nobody gave the steps


def test_a_limit_that_does_not_look_long_needs_no_warning() -> None:
    # Half are done in eight of ten days: less than 30 % to spare.
    row = one(durations([("DONE", "EARLY", 16, 60), ("DONE", "EARLY", 20, 40)]))
    assert row["shorter_low"] > LIMITS.target_late_share
    assert not row["is_cut_harmful"]


def test_limits_a_day_apart_are_watched_from_the_same_beginning() -> None:
    # 120 dossiers, none late, one of them with a day more: the bound counts all 120, 1 - 0.025^(1/120) = 3.03 %.
    row = one(pd.concat([durations([("DONE", "EARLY", 8, 119)]), durations([("DONE", "EARLY", 8, 1)], limit=22)]))
    assert row["now_high"] == pytest.approx(1 - 0.025 ** (1 / 120))


def test_few_dossiers_warn_of_nothing() -> None:
    # None of 20 is late, but 20 cannot show that a cut keeps the share under a tenth, nor that it does not.
    row = one(durations([("DONE", "EARLY", 8, 20)]))
    assert row["shorter_high"] > LIMITS.target_late_share
    assert not row["is_cut_harmful"]


def test_the_step_to_mend_is_the_one_most_over_plan() -> None:
    times = pd.concat([step_times([("U1", "B", 5.0), ("U2", "A", 5.0)]), step_times([("U1", "C", 99.0)], "OFFICE")])
    assert steps_to_mend(times) == {"1.000001": "A"}  # equal: the first in the alphabet; offices are no steps
    assert steps_to_mend(step_times([("U1", "A", -3.0)])) == {}
    assert steps_to_mend(None) == {}
    row = one(durations([("DONE", "EARLY", 8, 100)]), times=times)
    assert row["step_to_mend"] is None  # nothing to mend where the limit can be kept


def test_dossiers_from_before_the_history_are_at_risk_from_its_beginning() -> None:
    # 50 of 100 watched from receipt take two days, 50 ten. 100 more were five days old when history began; those
    # of their kind that took two days were never handed in. Counting them from receipt would give 75 %.
    known = durations([("DONE", "EARLY", 4, 50), ("DONE", "EARLY", 20, 50)]).assign(entry_half_days=0)
    late_comers = durations([("DONE", "EARLY", 20, 100)]).assign(entry_half_days=10)
    never_seen = durations([("DONE", "EARLY", 4, 7)]).assign(entry_half_days=10)
    table = pd.concat([known, late_comers, never_seen])
    curve = limit_curve(table, quarter="2017-Q4", thresholds=LIMITS).set_index("days")
    assert curve.loc[2, "late_share"] == pytest.approx(0.5)
    assert set(curve["n"]) == {200}
    missing = limit_curve(table.drop(columns="entry_half_days"), quarter="2017-Q4", thresholds=LIMITS)
    assert missing.set_index("days").loc[2, "late_share"] == pytest.approx(150 / 207)
    assert one(table)["n"] == 200


def test_the_curve_of_limits_by_hand() -> None:
    table = durations([("DONE", "EARLY", 8, 90), ("DONE", "EARLY", 17, 6), ("OPEN", "OVERDUE", 30, 4)])
    curve = limit_curve(table, quarter="2017-Q4", thresholds=LIMITS)
    assert list(curve.columns) == CURVE_GIVES
    assert curve["days"].tolist() == list(range(1, 13))  # a limit of ten days, and two more
    assert curve["late_share"].tolist() == pytest.approx([1.0] * 3 + [0.1] * 5 + [0.04] * 4)
    assert (curve["low"] <= curve["late_share"]).all()
    assert (curve["high"] >= curve["late_share"]).all()
    assert curve["low"].iloc[0] == pytest.approx(0.025 ** (1 / 100))
    cut = one(table)
    proposed = curve.set_index("days").loc[cut["proposed_days"]]
    assert (proposed["late_share"], proposed["high"]) == (cut["late_share_after"], cut["after_high"])


def test_the_curve_of_limits_is_the_survival_curve_read_day_by_day() -> None:
    draw = np.random.default_rng(7)
    parts = []
    for number in range(6):
        times = draw.integers(0, 26, size=40)
        table = pd.DataFrame({"elapsed_half_days": times, "entry_half_days": draw.integers(0, 12, size=40) // 4 * 3})
        outcome = np.where(draw.random(40) < 0.7, "DONE", "OPEN")
        table = table.assign(outcome=outcome, timeliness="IN_TERM", n=draw.integers(1, 5, size=40))
        parts.append(table.assign(limit_half_days=20, proc_core=f"1.00000{number}", received_quarter="2017-Q4"))
    given = pd.concat(parts, ignore_index=True)
    curve = limit_curve(given, quarter="2017-Q4", thresholds=LIMITS)
    is_done = given["outcome"].eq("DONE")
    rows = given.assign(ended=given["n"].where(is_done, 0), censored=given["n"].where(~is_done, 0))
    plain = survival_curves(rows, by=["proc_core"], time="elapsed_half_days", entry="entry_half_days")
    for days, found in curve.groupby("days"):
        expected = survival_at(plain, 2.0 * float(str(days)), by=["proc_core"])
        for name, column in (("late_share", "survival"), ("low", "ci_low"), ("high", "ci_high")):
            assert found[name].to_numpy() == pytest.approx(expected[column].to_numpy(), nan_ok=True), (days, name)


def test_a_limit_of_one_day_and_dossiers_done_at_once() -> None:
    table = durations([("DONE", "ON_TIME", 0, 100)], limit=2)
    row = one(table, catalogue=procedures(1.0))
    assert (row["proposed_days"], row["cut_days"], row["is_cut"]) == (1, 0, False)
    assert limit_curve(table, quarter="2017-Q4", thresholds=LIMITS)["days"].tolist() == [1, 2, 3]


def test_any_row_order_gives_the_same_and_nothing_given_is_changed() -> None:
    parts = [durations([("DONE", "EARLY", 8, 96), ("DONE", "LATE", 28, 9)], core=f"1.00000{i}") for i in range(4)]
    table = pd.concat(parts, ignore_index=True)
    catalogue = pd.concat([procedures().assign(proc_core=f"1.00000{i}") for i in range(4)], ignore_index=True)
    given = table.copy(deep=True)
    first = limit_cuts(table, catalogue, NO_STEPS, quarter="2017-Q4", thresholds=LIMITS)
    curve = limit_curve(table, quarter="2017-Q4", thresholds=LIMITS)
    pd.testing.assert_frame_equal(table, given)
    mixed, mixed_catalogue = table.sample(frac=1, random_state=5), catalogue.sample(frac=1, random_state=6)
    again = limit_cuts(mixed, mixed_catalogue, NO_STEPS, quarter="2017-Q4", thresholds=LIMITS)
    assert again.to_csv() == first.to_csv()
    assert limit_curve(mixed, quarter="2017-Q4", thresholds=LIMITS).to_csv() == curve.to_csv()


def test_nothing_in_gives_nothing_out_with_its_columns() -> None:
    empty = durations([])
    assert list(limit_curve(empty, quarter="2017-Q4", thresholds=LIMITS).columns) == CURVE_GIVES
    table = limit_cuts(empty, procedures().iloc[:0], NO_STEPS, quarter="2017-Q4", thresholds=LIMITS)
    assert list(table.columns) == GIVES
    assert table.empty
    row = one(empty)
    assert row["n"] == 0
    assert math.isnan(row["never_needed_days"])
    assert not row["is_cut_harmful"]


# Stated limit and sum of the steps of 31 real land procedures of 2025, added up by hand from the published list.
LAND = {
    "TINH-02": (15, 10.75), "TINH-03": (15, 7.75), "TINH-04": (7, 8.5), "TINH-05": (7, 8.5), "TINH-06": (17, 12),
    "TINH-07": (3, 3), "TINH-08": (10, 8.5), "TINH-09": (10, 12), "TINH-10": (8, 8), "TINH-11": (20, 6.25),
    "TINH-12": (20, 8), "TINH-13": (5, 8), "TINH-14": (12, 12), "TINH-15": (10, 9.5), "TINH-16": (8, 8),
    "TINH-18": (8, 10), "TINH-19": (8, 8), "TINH-20": (8, 8), "TINH-21": (10, 4), "TINH-22": (10, 8),
    "TINH-23": (10, 9), "TINH-24": (1, 1), "TINH-25": (7, 7), "TINH-26": (20, 12), "TINH-27": (15, 8),
    "TINH-28": (10, 10.5), "TINH-29": (15, 4.5), "XA-01": (23, 24), "XA-03": (5, 3.5), "XA-04": (10, 10),
    "XA-06": (30, 33),
}  # fmt: skip


@pytest.mark.shared
def test_step_sums_of_31_real_land_procedures() -> None:
    with (shared() / "data" / "land_steps_2025.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    plan = pd.DataFrame(
        {
            "proc_core": [row["proc"] for row in rows],
            "planned_days": [float(row["days"]) for row in rows],
            "is_paused": False,
        }
    )
    stated = {row["proc"]: float(row["stated_days"]) for row in rows}
    catalogue = pd.DataFrame({"proc_core": list(stated), "limit_quantity": list(stated.values())})
    catalogue = catalogue.assign(limit_unit="WORKING_DAY")
    table = limit_cuts(durations([]), catalogue, plan, quarter="2025-Q4", thresholds=LIMITS).set_index("proc_core")
    found = zip(table["catalogue_days"], table["step_sum_days"], strict=True)
    assert dict(zip(table.index, found, strict=True)) == LAND
    padding = table["padding_days"]
    assert ((padding == 0).sum(), (padding < 0).sum(), (padding > 0).sum()) == (9, 8, 14)
    assert table["is_step_sum_over"].sum() == 8
    # Of the 14 below, half a day (TINH-15) is no whole day to cut.
    assert set(table.index[table["is_padded"]]) == {core for core in LAND if padding[core] >= 1}
    assert table["is_padded"].sum() == 13
