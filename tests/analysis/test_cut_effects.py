"""A shortened limit, before and after, beside procedures whose limit was left alone."""

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.cut_effects import GIVES, cut_effects
from analysis.thresholds import Thresholds

LIMITS = Thresholds()
NOW = "2018-Q2"
BEFORE, CUT, AFTER = ["2016-Q3", "2016-Q4", "2017-Q1", "2017-Q2"], "2017-Q3", ["2017-Q4", "2018-Q1", "2018-Q2"]
Z = 1.959963984540054


def version(core: str, begins: date, limit: float, **more: object) -> dict[str, object]:
    common = {"valid_to": None, "field_code": "DD", "level": "HUYEN", "limit_unit": "WORKING_DAY"}
    return {"proc_core": core, "valid_from": begins, "limit_quantity": limit} | common | more


# P1 was cut from ten to six working days on 15 August 2017; P2 was left alone.
CUT_OF_P1 = [version("P1", date(2016, 1, 1), 10), version("P1", date(2017, 8, 15), 6)]
LEFT_ALONE = [version("P2", date(2016, 1, 1), 15)]


def received(core: str, quarters: list[str], quick: int, slow: int) -> pd.DataFrame:
    """In each quarter so many that took 12 half days (six days) and so many that took 20."""
    rows = [(q, took, n) for q in quarters for took, n in ((12, quick), (20, slow)) if n]
    table = pd.DataFrame(rows, columns=["received_quarter", "elapsed_half_days", "n"])
    return table.assign(proc_core=core, outcome="DONE", unit_code="U1")


def found(*parts: pd.DataFrame, versions: list[dict[str, object]], quarter: str = NOW) -> pd.DataFrame:
    counts = pd.concat(parts, ignore_index=True)
    return cut_effects(counts, pd.DataFrame(versions), quarter=quarter, thresholds=LIMITS)


def log_log(share: float, n: int) -> tuple[float, float]:
    """The log-log Greenwood interval of a survival seen to the end: variance of log S is (1 - S) / (n S)."""
    spread = Z * math.sqrt((1 - share) / (n * share)) / abs(math.log(share))
    return share ** math.exp(spread), share ** math.exp(-spread)


def test_difference_in_differences_by_hand() -> None:
    # P1: within six days 40 of 80 before, 45 of 60 after. P2 meanwhile: 80 of 160, then 66 of 120. In the quarter of
    # the cut everything was slow, and it is in neither.
    table = found(
        received("P1", BEFORE, 10, 10), received("P1", [CUT], 0, 500), received("P1", AFTER, 15, 5),
        received("P2", BEFORE, 20, 20), received("P2", [CUT], 0, 500), received("P2", AFTER, 22, 18),
        versions=[*CUT_OF_P1, *LEFT_ALONE],
    )  # fmt: skip
    assert list(table.columns) == GIVES
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["proc_core"], row["cut_on"], row["old_days"], row["new_days"]) == ("P1", date(2017, 8, 15), 10, 6)
    assert (row["n_before"], row["n_after"], row["n_control_before"], row["n_control_after"]) == (80, 60, 160, 120)
    assert row["controls"] == 1
    shares = [row[name] for name in ("within_before", "within_after", "control_before", "control_after")]
    assert shares == pytest.approx([0.5, 0.75, 0.5, 0.55])
    assert row["effect"] == pytest.approx(0.25 - 0.05)
    assert (row["median_before"], row["median_after"]) == (6.0, 6.0)
    # The interval: each share's own distance to the end that makes the effect smaller (larger), squared and summed.
    down, up = 0.0, 0.0
    for late, n, sign in ((0.25, 60, 1), (0.5, 80, -1), (0.45, 120, -1), (0.5, 160, 1)):
        low, high = log_log(late, n)
        worse, better = high - late, late - low
        down += (worse if sign > 0 else better) ** 2
        up += (better if sign > 0 else worse) ** 2
    assert row["low"] == pytest.approx(0.2 - math.sqrt(down))
    assert row["high"] == pytest.approx(0.2 + math.sqrt(up))
    assert row["verdict"] == "FASTER"


def test_what_all_do_is_no_effect_of_the_cut() -> None:
    # P1 got quicker, and so did P2, whose limit was left alone.
    table = found(
        received("P1", BEFORE, 10, 10), received("P1", AFTER, 15, 5),
        received("P2", BEFORE, 20, 20), received("P2", AFTER, 30, 10), versions=[*CUT_OF_P1, *LEFT_ALONE],
    )  # fmt: skip
    assert table.loc[0, "effect"] == pytest.approx(0.0)
    assert table.loc[0, "verdict"] == "SAME"


def test_slower() -> None:
    table = found(
        received("P1", BEFORE, 40, 10), received("P1", AFTER, 10, 40),
        received("P2", BEFORE, 20, 20), received("P2", AFTER, 20, 20), versions=[*CUT_OF_P1, *LEFT_ALONE],
    )  # fmt: skip
    assert table.loc[0, "effect"] == pytest.approx(0.2 - 0.8)
    assert table.loc[0, "verdict"] == "SLOWER"


def test_open_dossiers_count_as_far_as_they_have_come() -> None:
    # After: of 40 a quarter 10 end within the limit, 20 are still open after five half days: 20 left, half in time.
    after = received("P1", AFTER, 10, 10)
    still = received("P1", AFTER, 20, 0).assign(outcome="OPEN", elapsed_half_days=5)
    table = found(
        received("P1", BEFORE, 10, 10), after, still,
        received("P2", BEFORE, 20, 20), received("P2", AFTER, 20, 20), versions=[*CUT_OF_P1, *LEFT_ALONE],
    )  # fmt: skip
    assert table.loc[0, "n_after"] == 120
    assert table.loc[0, "within_after"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("p1_before", "p1_after", "p2_before"), [(4, 20, 20), (20, 6, 20), (20, 20, 4), (0, 20, 20), (20, 20, 0)]
)
def test_too_few_on_any_side_is_said(p1_before: int, p1_after: int, p2_before: int) -> None:
    table = found(
        received("P1", BEFORE, p1_before, 0), received("P1", AFTER, p1_after, 0),
        received("P2", BEFORE, p2_before, 0), received("P2", AFTER, 20, 0), versions=[*CUT_OF_P1, *LEFT_ALONE],
    )  # fmt: skip
    assert table["verdict"].tolist() == ["NOT_ENOUGH"]
    if 0 in (p1_before, p2_before):
        assert np.isnan(table.loc[0, ["effect", "low", "high"]].astype(float)).all()


def test_a_cut_of_this_quarter_has_no_after_yet() -> None:
    versions = [version("P1", date(2016, 1, 1), 10), version("P1", date(2018, 5, 2), 6), *LEFT_ALONE]
    table = found(received("P1", AFTER, 20, 0), received("P2", AFTER, 20, 0), versions=versions)
    assert table[["n_before", "n_after", "verdict"]].to_numpy().tolist() == [[40, 0, "NOT_ENOUGH"]]


def test_only_working_day_limits_that_became_shorter() -> None:
    versions = [
        version("P1", date(2016, 1, 1), 10), version("P1", date(2017, 8, 15), 12),  # longer
        version("P2", date(2016, 1, 1), 10, limit_unit="DAY"), version("P2", date(2017, 8, 15), 6, limit_unit="DAY"),
        version("P3", date(2016, 1, 1), 10, limit_unit="DAY"), version("P3", date(2017, 8, 15), 6),  # another unit
        version("P4", date(2016, 1, 1), 10), version("P4", date(2017, 8, 15), 10),  # only the name
        version("P5", date(2016, 1, 1), math.nan), version("P5", date(2017, 8, 15), 6),  # not known before
        version("P6", date(2014, 1, 1), 10), version("P6", date(2016, 6, 30), 6),  # longer than two years ago
        version("P7", date(2017, 1, 1), 10), version("P7", date(2018, 7, 1), 6),  # not in force yet
    ]  # fmt: skip
    assert found(received("P1", BEFORE, 20, 0), versions=versions).empty


def test_controls_are_of_the_same_field_and_level_and_were_left_alone() -> None:
    versions = [
        *CUT_OF_P1,
        *LEFT_ALONE,
        version("P3", date(2016, 1, 1), 15), version("P3", date(2018, 2, 1), 20),  # changed meanwhile
        version("P4", date(2016, 1, 1), 15, field_code="HT"),
        version("P5", date(2016, 1, 1), 15, level="XA"),
        version("P6", date(2016, 1, 1), 15),  # dossiers on one side only
        version("P7", date(2010, 1, 1), 15), version("P7", date(2016, 6, 30), 20),  # changed long before
    ]  # fmt: skip
    slow = [received(core, [*BEFORE, *AFTER], 0, 50) for core in ("P3", "P4", "P5")]
    table = found(
        received("P1", [*BEFORE, *AFTER], 10, 10), received("P2", [*BEFORE, *AFTER], 30, 10),
        received("P7", [*BEFORE, *AFTER], 30, 10), received("P6", AFTER, 0, 90), *slow, versions=versions,
    )  # fmt: skip
    row = table.iloc[0]
    assert (row["controls"], row["n_control_before"], row["n_control_after"]) == (2, 320, 240)
    assert (row["control_before"], row["control_after"]) == (pytest.approx(0.75), pytest.approx(0.75))


def test_the_same_level_where_the_field_has_no_other() -> None:
    versions = [*CUT_OF_P1, version("P4", date(2016, 1, 1), 15, field_code="HT")]
    versions.append(version("P5", date(2016, 1, 1), 15, level="XA"))
    both = [received(core, [*BEFORE, *AFTER], 10, 10) for core in ("P1", "P4", "P5")]
    assert found(*both, versions=versions)[["controls", "verdict"]].to_numpy().tolist() == [[1, "SAME"]]
    none = found(*both, versions=[*CUT_OF_P1, version("P5", date(2016, 1, 1), 15, level="XA")])
    assert none[["controls", "verdict"]].to_numpy().tolist() == [[0, "NOT_ENOUGH"]]


def test_no_side_reaches_beyond_another_change_of_the_limit() -> None:
    # Ten days, then eight in 2017-Q1, then six in 2018-Q1: one quarter lies before the first, three between them.
    versions = [
        version("P1", date(2016, 1, 1), 10),
        version("P1", date(2017, 1, 1), 8),
        version("P1", date(2018, 1, 1), 6),
        *LEFT_ALONE,
    ]
    quarters = ["2016-Q4", "2017-Q1", "2017-Q2", "2017-Q3", "2017-Q4", "2018-Q1", "2018-Q2"]
    table = found(received("P1", quarters, 30, 0), received("P2", quarters, 30, 0), versions=versions)
    assert table[["new_days", "n_before", "n_after"]].to_numpy().tolist() == [[8, 30, 90], [6, 90, 30]]


def test_delayed_entry() -> None:
    # History began in 2017-Q1: of the quarters before only what was 14 half days old is left, slow all of it. At the
    # new limit of 12 half days nobody of them was under watch, so they do not make the time before look slow.
    old = received("P1", BEFORE[:2], 0, 50).assign(entry_half_days=14)
    table = found(
        received("P1", BEFORE[2:], 20, 20), old, received("P1", AFTER, 20, 20),
        received("P2", BEFORE, 20, 20), received("P2", AFTER, 20, 20), versions=[*CUT_OF_P1, *LEFT_ALONE],
    )  # fmt: skip
    assert table.loc[0, "within_before"] == pytest.approx(0.5)
    assert table.loc[0, "verdict"] == "SAME"


def test_everybody_within_the_limit_has_an_interval_all_the_same() -> None:
    both = [received(core, [*BEFORE, *AFTER], 10, 0) for core in ("P1", "P2")]
    row = found(*both, versions=[*CUT_OF_P1, *LEFT_ALONE]).iloc[0]
    assert row["effect"] == 0.0
    # All 40, 30, 40 and 30 ended: late shares 0 up to 1 - 0.025^(1/n), the exact binomial end.
    ends = [1 - 0.025 ** (1 / n) for n in (40, 30)]
    assert row["high"] == pytest.approx(math.hypot(*ends))
    assert row["low"] == pytest.approx(-math.hypot(*ends))


def test_nothing_given_gives_the_columns() -> None:
    counts = received("P1", [], 0, 0)
    assert list(found(counts, versions=[*CUT_OF_P1]).columns) == GIVES
    none = cut_effects(counts, pd.DataFrame(columns=["proc_core", "valid_from", "field_code", "level",
                       "limit_quantity", "limit_unit"]), quarter=NOW, thresholds=LIMITS)  # fmt: skip
    assert none.empty
    assert list(none.columns) == GIVES


def test_row_order_and_the_frames_given_do_not_matter() -> None:
    counts = pd.concat([received("P1", [*BEFORE, *AFTER], 10, 5), received("P2", [*BEFORE, *AFTER], 10, 9)])
    counts = counts.reset_index(drop=True)
    versions = pd.DataFrame([*CUT_OF_P1, *LEFT_ALONE])
    before = counts.copy(deep=True), versions.copy(deep=True)
    one = cut_effects(counts, versions, quarter=NOW, thresholds=LIMITS)
    other = cut_effects(counts.iloc[::-1], versions.iloc[::-1], quarter=NOW, thresholds=LIMITS)
    pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(counts, before[0])
    pd.testing.assert_frame_equal(versions, before[1])
