"""The data gate: who fails, on what, in words; and what was not checked fails nobody."""

import pandas as pd
import pytest

from analysis.gate import GIVES, data_gate
from analysis.thresholds import Thresholds

QUARTER = "2017-Q4"
NONE = pd.DataFrame()


def nights(unit: str = "U1", *, missing: int = 0, of: int = 20, rows: int = 100, aside: int = 0) -> pd.DataFrame:
    status = ["MISSING"] * missing + ["COLLECTED"] * (of - missing)
    return pd.DataFrame(
        {
            "unit_code": unit,
            "night": [f"2017-12-{day:02d}" for day in range(1, of + 1)],
            "status": status,
            "rows_in": [0 if each == "MISSING" else rows for each in status],
            "rows_ok": rows,
            "rows_quarantined": [0 if each == "MISSING" else aside for each in status],
            "control_total": None,
        }
    )


def durations(unit: str = "U1", *, odd: int = 0, of: int = 100) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit_code": unit,
            "received_quarter": QUARTER,
            "elapsed_half_days": [5.0, -3.0],
            "limit_half_days": [20.0, 20.0],
            "n": [of - odd, odd],
        }
    )


def steps(unit: str = "U1", *, bulk: int = 0, of: int = 100) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit_code": unit,
            "end_quarter": QUARTER,
            "is_open": False,
            "mark": ["", "SAME_SECOND", "MIDNIGHT"],
            "n": [of - bulk, bulk, 0],
        }
    )


def gate(
    night: pd.DataFrame = NONE, duration: pd.DataFrame = NONE, step: pd.DataFrame = NONE, quarter: str = QUARTER
) -> pd.DataFrame:
    return data_gate(night, duration, step, quarter=quarter, thresholds=Thresholds())


def test_good_data_pass() -> None:
    row = gate(nights(missing=2, aside=5), durations(odd=5), steps(bulk=20)).iloc[0]
    assert row["passes"]  # just at each limit: 10 %, 5 %, 5 %, 20 %
    assert row["steps_pass"]
    assert (row["reason_vi"], row["steps_reason_vi"], row["not_checked_vi"]) == ("", "", "")
    assert (row["nights"], row["missing_nights"], row["rows_in"], row["set_aside"]) == (20, 2, 1800, 90)
    assert (row["set_aside_share"], row["odd_share"], row["bulk_share"]) == (0.05, 0.05, 0.2)


@pytest.mark.parametrize(
    ("night", "duration", "words"),
    [
        (nights(aside=6), durations(), "tách riêng vì sai là 6 %, quá mức 5 %"),
        (nights(missing=3), durations(), "không nhận được dữ liệu dùng được là 15 %, quá mức 10 %"),
        (nights(), durations(odd=6), "thời gian không hợp lý là 6 %, quá mức 5 %"),
    ],
)
def test_poor_data_fail_with_their_reason(night: pd.DataFrame, duration: pd.DataFrame, words: str) -> None:
    row = gate(night, duration, steps()).iloc[0]
    assert not row["passes"]
    assert not row["steps_pass"]
    assert words in row["reason_vi"]
    assert row["reason_vi"] == row["steps_reason_vi"]


def test_bulk_entry_fails_only_the_steps() -> None:
    row = gate(nights(), durations(), steps(bulk=21)).iloc[0]
    assert row["passes"]
    assert not row["steps_pass"]
    assert "nhập dồn" in row["steps_reason_vi"]
    assert row["reason_vi"] == ""


def test_a_failed_night_is_a_missing_one_and_an_empty_one_is_not() -> None:
    table = nights(of=10)
    table.loc[0:1, "status"] = "FAILED"
    table.loc[2:5, "status"] = ["EMPTY", "UNCHANGED", "EMPTY", "UNCHANGED"]
    assert gate(table).iloc[0]["missing_nights"] == 2


def test_one_silent_night_proves_nothing() -> None:
    row = gate(nights(missing=1, of=8)).iloc[0]
    assert row["missing_share"] == 0.125
    assert row["passes"]
    assert not gate(nights(missing=2, of=8)).iloc[0]["passes"]


def test_what_was_not_checked_is_said_and_fails_nobody() -> None:
    row = gate(duration=durations()).iloc[0]
    assert row["passes"]
    assert row["steps_pass"]
    assert row["not_checked_vi"] == "các đêm thu nhận, tỷ lệ dòng bị tách riêng, cách nhập các bước"
    assert pd.isna([row["set_aside_share"], row["missing_share"], row["bulk_share"]]).all()


def test_nothing_gives_an_empty_frame() -> None:
    assert list(gate().columns) == GIVES
    assert gate().empty
    assert gate(nights(), durations(), steps(), quarter="2012-Q1").empty


def test_only_the_year_and_for_steps_the_quarter() -> None:
    old = durations(odd=50).assign(received_quarter="2016-Q4")
    early = nights(missing=20).assign(night="2016-05-05")
    before = steps(bulk=100).assign(end_quarter="2017-Q3")
    row = gate(pd.concat([nights(), early]), pd.concat([durations(), old]), pd.concat([steps(), before])).iloc[0]
    assert (row["nights"], row["dossiers"], row["steps"]) == (20, 100, 100)
    assert row["steps_pass"]


def test_units_stand_apart_in_order_and_nothing_given_is_changed() -> None:
    given = [pd.concat([f("U2"), f("U1")]) for f in (nights, durations, steps)]
    before = [frame.copy(deep=True) for frame in given]
    one = gate(*given)
    other = gate(*(frame.iloc[::-1] for frame in given))
    assert one["unit_code"].tolist() == ["U1", "U2"]
    pd.testing.assert_frame_equal(one, other)
    for frame, copy in zip(given, before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)
