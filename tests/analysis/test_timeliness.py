"""Late shares: the open dossiers are in, every class stands apart, every figure has its denominator."""

import os
from pathlib import Path

import pandas as pd
import pytest

from analysis.thresholds import Thresholds
from analysis.timeliness import timeliness_shares

COLUMNS = ["outcome", "timeliness", "elapsed_half_days", "limit_half_days", "n"]
LIMITS = Thresholds()
SHARED = Path(os.environ.get("TINHGON_SHARED", Path(__file__).parents[3] / "shared"))


def durations(rows: list[tuple[str, str, int, int | None, int]], **more: object) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=COLUMNS)
    common = {"unit_code": "U1", "proc_core": "1.000001", "received_quarter": "2017-Q4", "end_quarter": "2017-Q4"}
    return table.assign(**(common | more))


def whole(table: pd.DataFrame, quarter: str = "2017-Q4", limits: Thresholds = LIMITS) -> pd.Series:
    shares = timeliness_shares(table, quarter=quarter, thresholds=limits)
    return shares.loc[shares["level"] == "ALL"].iloc[0]


def test_worked_by_hand_with_open_dossiers() -> None:
    # Limit 10 half days: 4 done at half time, 2 open at 6, 2 done just at the limit, 1 late at 15, 1 overdue at 12.
    # S(1): 10 at risk, 4 end at 0.5 -> 0.6; 2 leave open at 0.6; 4 at risk, 2 end at 1.0 -> 0.6 * 2/4 = 0.3.
    row = whole(
        durations(
            [
                ("DONE", "EARLY", 5, 10, 4),
                ("OPEN", "IN_TERM", 6, 10, 2),
                ("DONE", "ON_TIME", 10, 10, 2),
                ("DONE", "LATE", 15, 10, 1),
                ("OPEN", "OVERDUE", 12, 10, 1),
            ]
        )
    )
    assert row["late_share_km"] == pytest.approx(0.3)
    assert (row["closed_late_share"], row["closed_n"]) == (pytest.approx(1 / 7), 7)
    assert (row["due_late_share"], row["due_n"]) == (pytest.approx(2 / 8), 8)
    assert (row["overdue_open"], row["open_in_term"], row["km_n"], row["n"]) == (1, 2, 10, 10)
    assert row["ci_low"] < 0.3 < row["ci_high"]


def test_the_article_of_dak_glong() -> None:
    # 6,952 eligible: 5,445 early or on time, 580 late, 927 open. The usual figure forgets the 927.
    row = whole(
        durations(
            [
                ("DONE", "EARLY", 8, 20, 5445),
                ("DONE", "LATE", 26, 20, 580),
                ("OPEN", "IN_TERM", 9, 20, 927),
            ]
        )
    )
    assert row["closed_late_share"] == pytest.approx(580 / 6025)
    assert round(100 * row["closed_late_share"], 2) == 9.63
    # The open ones are past the time at which the early ones ended: 1 - 5445/6952 stay, all of them late so far.
    assert row["late_share_km"] == pytest.approx(1 - 5445 / 6952)


def test_no_due_date_is_never_on_time() -> None:
    row = whole(durations([("DONE", "NO_DUE", 3, None, 5), ("DONE", "LATE", 25, 20, 1), ("DONE", "EARLY", 5, 20, 1)]))
    assert (row["no_due"], row["on_time"], row["early"]) == (5, 0, 1)
    assert row["closed_late_share"] == 0.5
    assert row["late_share_km"] == 0.5
    assert row["km_n"] == 2


def test_paused_stands_apart_and_is_no_lateness() -> None:
    row = whole(durations([("DONE", "EARLY", 5, 20, 8), ("OPEN", "PAUSED", 4, 20, 3)]))
    assert (row["paused"], row["open_in_term"], row["overdue_open"]) == (3, 0, 0)
    assert row["late_share_km"] == 0.0


def test_the_date_decides_not_the_half_day() -> None:
    # Received in the morning, returned in the afternoon of the due date: 21 half days against 20, and on time.
    row = whole(durations([("DONE", "ON_TIME", 21, 20, 10), ("DONE", "LATE", 21, 20, 10)]))
    assert row["late_share_km"] == pytest.approx(0.5)


def test_refused_leave_the_curve_and_are_an_end_of_their_own() -> None:
    row = whole(
        durations(
            [
                ("DONE", "EARLY", 5, 10, 5),
                ("REFUSED", "NOT_APPLICABLE", 6, 10, 3),
                ("DONE", "LATE", 20, 10, 2),
            ]
        )
    )
    # Seen to the end: 5 of 10 early, then the 3 refused leave, the 2 left are late: S(1) = 0.5.
    assert row["late_share_km"] == pytest.approx(0.5)
    # As one of several ends: 3 of 10 were refused in time, so 2 of 10 are still there past the limit.
    assert row["late_share_all_ends"] == pytest.approx(0.2)
    assert row["refused"] == 3


def test_few_are_not_named() -> None:
    five = durations([("DONE", "LATE", 25, 20, 5)])
    assert not whole(five)["may_be_named"]
    assert whole(durations([("DONE", "LATE", 25, 20, 6)]))["may_be_named"]


def test_only_the_year_up_to_the_quarter_counts() -> None:
    old = durations([("DONE", "LATE", 25, 20, 50)], received_quarter="2016-Q4")
    new = durations([("DONE", "EARLY", 5, 20, 10)], received_quarter="2017-Q1")
    assert whole(pd.concat([old, new]))["n"] == 10


def test_negative_limits_are_set_aside_and_counted() -> None:
    row = whole(durations([("DONE", "LATE", 5, -4, 2), ("DONE", "EARLY", 5, 20, 8)]))
    assert (row["unusable"], row["km_n"], row["late_share_km"]) == (2, 8, 0.0)


def test_same_day_limit() -> None:
    row = whole(durations([("DONE", "ON_TIME", 1, 0, 6), ("DONE", "LATE", 2, 0, 2)]))
    assert row["late_share_km"] == pytest.approx(0.25)


def test_groups_and_totals() -> None:
    table = pd.concat(
        [
            durations([("DONE", "LATE", 25, 20, 10)], unit_code="U1", proc_core="1.000001"),
            durations([("DONE", "EARLY", 5, 20, 30)], unit_code="U2", proc_core="1.000001"),
            durations([("DONE", "EARLY", 5, 20, 10)], unit_code="U2", proc_core="1.000002"),
        ]
    )
    shares = timeliness_shares(table, quarter="2017-Q4", thresholds=LIMITS)
    assert shares["level"].value_counts().to_dict() == {"ALL": 1, "UNIT": 2, "PROCEDURE": 2, "PROCEDURE_UNIT": 3}
    by_procedure = shares.loc[shares["level"] == "PROCEDURE"].set_index("proc_core")
    assert by_procedure.loc["1.000001", "late_share_km"] == pytest.approx(0.25)
    assert by_procedure["unit_code"].isna().all()
    for level in ("UNIT", "PROCEDURE", "PROCEDURE_UNIT"):
        assert shares.loc[shares["level"] == level, "n"].sum() == 50


def test_row_order_and_the_frame_given_do_not_matter() -> None:
    table = durations([("DONE", "EARLY", 5, 20, 8), ("DONE", "LATE", 25, 20, 3), ("OPEN", "IN_TERM", 4, 20, 2)])
    before = table.copy(deep=True)
    one = timeliness_shares(table, quarter="2017-Q4", thresholds=LIMITS)
    other = timeliness_shares(table.iloc[::-1], quarter="2017-Q4", thresholds=LIMITS)
    pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.shared
@pytest.mark.skipif(not (SHARED / "data/receipt/receipt.csv").exists(), reason="the real permit log is not here")
@pytest.mark.parametrize(
    ("day", "closed", "truth"),
    [("2011-04-01", 0.242, 0.335), ("2011-07-01", 0.281, 0.341), ("2011-10-01", 0.298, 0.323)],
)
def test_a_real_log_seen_from_the_middle(day: str, closed: float, truth: float) -> None:
    # What was known on the day, against what became of the same cases in the end.
    log = pd.read_csv(SHARED / "data/receipt/receipt.csv")
    cases = log.drop_duplicates("case:concept:name")
    at = {
        name: pd.to_datetime(cases[f"case:{name}"], utc=True, format="ISO8601").dt.tz_localize(None)
        for name in ("startdate", "enddate", "deadline")
    }
    start, end, due = at["startdate"], at["enddate"], at["deadline"]
    now = pd.Timestamp(day)
    kept = (start < now) & due.notna() & (due > start) & ~(end < start)
    start, end, due = start[kept], end[kept], due[kept]
    done = end.notna() & (end < now)
    elapsed = end.where(done, now) - start
    late = elapsed > due - start
    word = late.map({True: "LATE", False: "EARLY"}).where(done, late.map({True: "OVERDUE", False: "IN_TERM"}))
    minutes = pd.Timedelta(minutes=1)
    rows = pd.DataFrame(
        {
            "outcome": done.map({True: "DONE", False: "OPEN"}),
            "timeliness": word,
            "elapsed_half_days": elapsed // minutes,
            "limit_half_days": (due - start) // minutes,
            "n": 1,
            "unit_code": "WABO",
            "proc_core": "RECEIPT",
            "received_quarter": "2011-Q1",
            "end_quarter": None,
        }
    )
    row = whole(rows, quarter="2011-Q1")
    assert row["closed_late_share"] == pytest.approx(closed, abs=0.02)
    assert abs(row["late_share_km"] - truth) <= 0.02
    assert abs(row["late_share_km"] - truth) < abs(row["closed_late_share"] - truth)
