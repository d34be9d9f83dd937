"""Late shares: the open dossiers are in, every class stands apart, every figure has its denominator."""

import numpy as np
import pandas as pd
import pytest

from analysis.thresholds import Thresholds
from analysis.timeliness import COUNTS, SHARES, timeliness_shares
from tests.shared import shared

COLUMNS = ["outcome", "timeliness", "elapsed_half_days", "limit_half_days", "n"]
LIMITS = Thresholds()


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


def test_other_ends_at_the_limit_by_hand() -> None:
    # Limit 10 half days, 10 dossiers. At 3 two are refused; at 5 two open ones leave sight; at 6, of 6 left, two are
    # withdrawn; at 8, of 4 left, one is done and one stopped; two are late. Half of what is there at 6 stays at 8.
    row = whole(
        durations(
            [
                ("REFUSED", "NOT_APPLICABLE", 3, 10, 2),
                ("OPEN", "IN_TERM", 5, 10, 2),
                ("WITHDRAWN", "NOT_APPLICABLE", 6, 10, 2),
                ("DONE", "EARLY", 8, 10, 1),
                ("STOPPED", "NOT_APPLICABLE", 8, 10, 1),
                ("DONE", "LATE", 14, 10, 2),
            ]
        )
    )
    assert row["refused_share"] == pytest.approx(2 / 10)
    assert row["withdrawn_share"] == pytest.approx(8 / 10 * 2 / 6)
    assert row["late_share_all_ends"] == pytest.approx(8 / 10 * 4 / 6 * 2 / 4)
    # Only solved dossiers end the plain curve: of the 4 left at 8 one is done, the stopped one leaves sight.
    assert row["late_share_km"] == pytest.approx(3 / 4)


def test_the_due_cohort_by_hand() -> None:
    # Due by the day of the report: 6 on time, 3 late, 1 overdue, and 2 that are due that very day and still open.
    # Not in it: not yet due (done early or open), paused, without a due date, refused.
    come = [("DONE", "ON_TIME", 10, 10, 6), ("DONE", "LATE", 15, 10, 3), ("OPEN", "OVERDUE", 15, 10, 1)]
    come += [("OPEN", "IN_TERM", 10, 10, 2), ("OPEN", "PAUSED", 4, 10, 4), ("REFUSED", "NOT_APPLICABLE", 4, 10, 5)]
    later = [("DONE", "EARLY", 3, 30, 7), ("OPEN", "IN_TERM", 3, 30, 8), ("DONE", "NO_DUE", 3, None, 9)]
    row = whole(pd.concat([durations(come, due_passed=True), durations(later, due_passed=False)]))
    assert (row["due_n"], row["due_late"]) == (12, 4)
    assert row["due_late_share"] == pytest.approx(1 / 3)
    # Wilson with z = 1.959964 by hand: centre (1/3 + z2/24) / (1 + z2/12), half-width likewise.
    z2 = 1.959963984540054**2
    centre, half = (4 / 12 + z2 / 24) / (1 + z2 / 12), (z2 * (8 / 36 / 12 + z2 / 576)) ** 0.5 / (1 + z2 / 12)
    assert (row["due_low"], row["due_high"]) == (pytest.approx(centre - half), pytest.approx(centre + half))
    assert (row["paused"], row["no_due"], row["refused"], row["overdue_open"]) == (4, 9, 5, 1)


def test_the_official_share_is_of_what_ended_in_the_quarter() -> None:
    # (7) = 8 + 4 = 12 solved in the quarter, whenever received; (10) = 4 of them late. What ended before, what has no
    # due date and what was refused is not among them.
    now = durations(
        [("DONE", "EARLY", 5, 20, 8), ("DONE", "NO_DUE", 5, None, 3), ("REFUSED", "NOT_APPLICABLE", 5, 20, 2)]
    )
    old = durations([("DONE", "LATE", 900, 20, 4)], received_quarter="2016-Q1")
    ended = durations([("DONE", "LATE", 25, 20, 50)], end_quarter="2017-Q3", received_quarter="2017-Q3")
    row = whole(pd.concat([now, old, ended]))
    assert (row["official_late_share"], row["official_n"]) == (pytest.approx(4 / 12), 12)
    assert (row["closed_late_share"], row["closed_n"]) == (pytest.approx(50 / 58), 58)


def test_a_group_that_only_ended_old_dossiers_has_its_official_share_and_nothing_else() -> None:
    old = durations([("DONE", "LATE", 900, 20, 4)], received_quarter="2016-Q1", unit_code="U2")
    shares = timeliness_shares(
        pd.concat([durations([("DONE", "EARLY", 5, 20, 8)]), old]), quarter="2017-Q4", thresholds=LIMITS
    )
    row = shares.loc[shares["level"].eq("UNIT") & shares["unit_code"].eq("U2")].iloc[0]
    assert (row["n"], row["official_n"], row["official_late_share"]) == (0, 4, 1.0)
    assert pd.isna(row["late_share_km"])
    assert not row["may_be_named"]


def test_the_766_share_stands_beside_with_its_own_denominator() -> None:
    table = pd.concat(
        [durations([("DONE", "EARLY", 5, 20, 8)]), durations([("DONE", "EARLY", 5, 20, 8)], unit_code="U2")]
    )
    index = pd.DataFrame(
        {"quarter": ["2017-Q4", "2017-Q4", "2017-Q3"], "unit_code": ["U1", "U2", "U1"], "proc_core": "1.000001",
         "n": [10, 30, 99], "on_time": [9, 27, 0], "more_than_one_request": 1, "open_in_term": 2, "no_due_judged": 0}
    )  # fmt: skip
    shares = timeliness_shares(table, quarter="2017-Q4", thresholds=LIMITS, index_766=index)
    everything = shares.loc[shares["level"] == "ALL"].iloc[0]
    assert (everything["index766_share"], everything["index766_n"]) == (pytest.approx(36 / 40), 40)
    unit = shares.loc[shares["level"].eq("UNIT") & shares["unit_code"].eq("U1")].iloc[0]
    assert (unit["index766_share"], unit["index766_n"]) == (pytest.approx(0.9), 10)
    without = whole(table)
    assert pd.isna(without["index766_share"])  # not counted is not 0
    assert pd.isna(without["index766_n"])


def test_history_that_starts_mid_life_by_hand() -> None:
    # Limit 10 half days. Seen from receipt: 2 done at 4, 2 late at 15. Already 6 old when history began: 4 done at 8,
    # 2 late at 15. At 4: 4 at risk, 2 end. At 8: 2 + 6 = 8 at risk, 4 end. S(limit) = 1/2 x 1/2.
    # Three more were 6 old and are said to have ended at 5, before history: never under watch.
    seen = durations([("DONE", "EARLY", 4, 10, 2), ("DONE", "LATE", 15, 10, 2)])
    old = durations([("DONE", "EARLY", 8, 10, 4), ("DONE", "LATE", 15, 10, 2)], entry_half_days=6)
    gone = durations([("DONE", "EARLY", 5, 10, 3)], entry_half_days=6)
    row = whole(pd.concat([seen, old, gone]))
    assert row["late_share_km"] == pytest.approx(0.25)
    assert row["late_share_all_ends"] == pytest.approx(0.25)
    assert (row["n"], row["km_n"], row["truncated"], row["unusable"]) == (13, 10, 3, 0)
    assert row["median_half_days"] == 4
    # Of those received before history only the slow ones are left: they are not in the due cohort.
    assert (row["due_n"], row["due_late"]) == (4, 2)


def test_watched_only_from_past_the_limit_tells_nothing_of_the_limit() -> None:
    # Limit 0 (the same day): received on the afternoon before history began, 1 half day old, so past the limit.
    seen = durations([("DONE", "ON_TIME", 0, 0, 3), ("DONE", "LATE", 4, 0, 1)])
    old = durations([("DONE", "LATE", 3, 0, 50)], entry_half_days=1)
    assert whole(pd.concat([seen, old]))["late_share_km"] == pytest.approx(0.25)


def test_all_received_before_history_is_null_and_not_a_hundred_percent() -> None:
    row = whole(durations([("DONE", "EARLY", 8, 10, 4), ("DONE", "LATE", 15, 10, 20)], entry_half_days=6))
    assert row["km_n"] == 24
    for name in ("late_share_km", "ci_low", "ci_high", "median_half_days", "late_share_all_ends", "due_late_share"):
        assert pd.isna(row[name]), name


def test_nothing_given_gives_the_columns() -> None:
    empty = durations([])
    shares = timeliness_shares(empty, quarter="2017-Q4", thresholds=LIMITS)
    assert shares.empty
    assert list(shares.columns) == ["level", "unit_code", "proc_core", *COUNTS, *SHARES, "may_be_named"]


# --- streams made up with a known truth ------------------------------------------------------------------------

LIMIT, TRUTH = 40, 0.3  # half days; the share that takes longer


def stream(size: int, first: float, seed: int) -> pd.DataFrame:
    """Dossiers received evenly from `first` on, in half days; 30 % of them take longer than the limit."""
    generator = np.random.default_rng(seed)
    received = np.floor(generator.uniform(first, 200, size))
    # Exponential: P(T > LIMIT) = exp(-LIMIT / mean).
    took = np.floor(generator.exponential(-LIMIT / np.log(TRUTH), size)) + 1
    return pd.DataFrame({"received": received, "took": took})


def seen_on(dossiers: pd.DataFrame, day: float, entry: float | pd.Series = 0) -> pd.DataFrame:
    done = dossiers["received"] + dossiers["took"] <= day
    elapsed = dossiers["took"].where(done, day - dossiers["received"])
    late = elapsed > LIMIT
    word = late.map({True: "LATE", False: "EARLY"}).where(done, late.map({True: "OVERDUE", False: "IN_TERM"}))
    return pd.DataFrame(
        {
            "outcome": done.map({True: "DONE", False: "OPEN"}),
            "timeliness": word,
            "elapsed_half_days": elapsed,
            "limit_half_days": LIMIT,
            "entry_half_days": entry,
            "due_passed": dossiers["received"] + LIMIT <= day,
            "n": 1,
        }
    ).assign(unit_code="U1", proc_core="1.000001", received_quarter="2017-Q4", end_quarter="2017-Q4")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_closed_only_is_biased_low_and_the_curve_is_not(seed: int) -> None:
    row = whole(seen_on(stream(8000, 0, seed), 200))
    assert row["closed_late_share"] < TRUTH - 0.05
    assert row["late_share_km"] == pytest.approx(TRUTH, abs=0.02)
    assert row["ci_low"] < TRUTH < row["ci_high"]
    assert row["due_late_share"] == pytest.approx(TRUTH, abs=0.02)
    truly = -LIMIT / np.log(TRUTH) * np.log(2)
    assert row["median_half_days"] == pytest.approx(truly, abs=1.5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_delayed_entry_takes_away_the_bias_of_a_history_that_starts_mid_life(seed: int) -> None:
    # Received for 200 half days before history began; what ended before it was never handed in.
    dossiers = stream(60000, -200, seed)
    left = dossiers.loc[dossiers["received"] + dossiers["took"] >= 0]
    told = whole(seen_on(left, 200, entry=(-left["received"]).clip(lower=0)))
    naive = whole(seen_on(left, 200))
    assert naive["late_share_km"] > TRUTH + 0.04
    assert told["late_share_km"] == pytest.approx(TRUTH, abs=0.02)
    assert told["due_late_share"] == pytest.approx(TRUTH, abs=0.02)
    assert told["truncated"] == 0


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
@pytest.mark.parametrize(
    ("day", "closed", "truth"),
    [("2011-04-01", 0.242, 0.335), ("2011-07-01", 0.281, 0.341), ("2011-10-01", 0.298, 0.323)],
)
def test_a_real_log_seen_from_the_middle(day: str, closed: float, truth: float) -> None:
    # What was known on the day, against what became of the same cases in the end.
    log = pd.read_csv(shared() / "data/receipt/receipt.csv")
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
