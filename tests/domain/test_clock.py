"""The legal clock: published test vectors, complaints about other systems, and their edges."""

from datetime import UTC, date, datetime, time

import numpy as np
import pandas as pd
import pytest

from domain.calendar import WorkCalendar, read_calendar_csv
from domain.clock import (
    Limit,
    OfficeHours,
    add_office_hours,
    due_date,
    due_dates,
    half_days_between,
    office_hours_between,
    paused_days,
    timeliness,
    timelinesses,
)
from domain.errors import KnownError

CALENDAR = read_calendar_csv()


def at(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M" if ":" in text else "%d/%m/%Y")


def due(received: str, quantity: float, unit="WORKING_DAY", paused: float = 0.0) -> date:
    """The due date by the scalar clock, after checking that the column clock agrees."""
    one = due_date(at(received), Limit(quantity, unit), CALENDAR, paused_working_days=paused)
    many = due_dates(
        pd.Series([at(received)]),
        pd.Series([quantity]),
        pd.Series([unit]),
        CALENDAR,
        paused_working_days=paused,
    )
    assert many.iloc[0] == pd.Timestamp(one)
    return one


@pytest.mark.parametrize(
    ("received", "days", "expected"),
    [
        ("12/02/2018 09:00", 10, "05/03/2018"),
        ("26/12/2018 09:00", 5, "04/01/2019"),
        ("26/12/2018 09:00", 6, "05/01/2019"),
        ("25/04/2019 09:00", 4, "04/05/2019"),
        ("26/04/2024 09:00", 3, "04/05/2024"),
        ("24/04/2025 09:00", 2, "26/04/2025"),
        ("31/12/2025 09:00", 2, "06/01/2026"),
        ("05/01/2026 09:00", 5, "10/01/2026"),
        ("12/02/2026 09:00", 8, "03/03/2026"),
        ("20/08/2026 09:00", 2, "22/08/2026"),
        ("20/11/2026 09:00", 3, "26/11/2026"),
    ],
)
def test_vectors_in_working_days(received, days, expected):
    assert due(received, days) == at(expected).date()


def test_vector_when_the_unconfirmed_day_is_worked():
    calendar = read_calendar_csv(count_unconfirmed=False)
    assert due_date(at("20/11/2026 09:00"), Limit(3, "WORKING_DAY"), calendar) == date(2026, 11, 25)


@pytest.mark.parametrize(
    ("received", "days", "expected"),
    [("05/01/2026 09:00", 20, "26/01/2026"), ("05/02/2018 09:00", 10, "21/02/2018")],
)
def test_vectors_in_calendar_days_roll_past_days_off(received, days, expected):
    assert due(received, days, "DAY") == at(expected).date()


# Complaints that users of other systems raised, by their number in the project's list.


def test_t1_a_holiday_inside_the_span_is_no_working_day():
    assert due("31/08/2017 08:00", 2) == date(2017, 9, 5)  # Fri 1/9, then Mon 4/9 is off for Sat 2/9
    start, end = pd.Series([at("31/08/2017 08:00")]), pd.Series([at("05/09/2017 08:00")])
    assert half_days_between(start, end, CALENDAR).tolist() == [4]


def test_t2_a_day_is_a_working_day_of_office_hours_not_24_hours():
    assert due("03/10/2017 09:00", 16, "HOUR") == due("03/10/2017 09:00", 2) == date(2017, 10, 5)
    assert office_hours_between(at("03/10/2017 09:00"), at("05/10/2017 09:00"), CALENDAR) == 16


def test_t3_friday_afternoon_to_monday_morning_is_two_working_hours():
    hours = OfficeHours.parse("08:00-12:00,13:00-17:00")
    friday, monday = at("06/10/2017 16:00"), at("09/10/2017 09:00")
    assert office_hours_between(friday, monday, CALENDAR, hours=hours) == 2
    assert office_hours_between(friday, monday, CALENDAR) == 3  # this office opens at 7
    assert half_days_between(pd.Series([friday]), pd.Series([monday]), CALENDAR).tolist() == [1]


def test_t4_what_arrives_before_opening_starts_at_the_opening():
    assert add_office_hours(at("03/10/2017 05:30"), 8, CALENDAR) == at("03/10/2017 17:00")
    assert due("03/10/2017 05:30", 8, "HOUR") == date(2017, 10, 3)
    assert add_office_hours(at("03/10/2017 05:30"), 4.5, CALENDAR) == at("03/10/2017 11:30")
    assert office_hours_between(at("03/10/2017 05:30"), at("03/10/2017 07:30"), CALENDAR) == 0.5


def test_t5_make_up_saturday_and_half_hour_limits():
    assert due("04/01/2019 16:00", 1) == date(2019, 1, 5)
    assert due("04/01/2019 16:00", 8, "HOUR") == date(2019, 1, 5)
    assert add_office_hours(at("04/01/2019 16:45"), 0.5, CALENDAR) == at("05/01/2019 07:15")
    assert add_office_hours(at("03/10/2017 11:15"), 0.5, CALENDAR) == at("03/10/2017 13:45")
    assert due("03/10/2017 16:45", 0.5, "HOUR") == date(2017, 10, 4)
    assert due("03/10/2017 16:30", 0.5, "HOUR") == date(2017, 10, 3)


def test_t6_filed_today_is_never_overdue():
    for quantity, unit in ((0, "WORKING_DAY"), (1, "WORKING_DAY"), (0, "DAY"), (2, "HOUR")):
        today = date(2017, 10, 3)
        promised = due("03/10/2017 16:59", quantity, unit)
        assert promised >= today
        assert timeliness(due_on=promised, end_on=None, as_of=today) == "IN_TERM"
    assert timeliness(due_on=date(2017, 10, 3), end_on=None, as_of=date(2017, 10, 3)) == "IN_TERM"


def test_t7_four_supplement_rounds_each_stop_the_clock():
    pauses = [
        (at("02/10/2017 08:00"), at("04/10/2017 08:00")),  # Mon-Wed: 2 days
        (at("05/10/2017 08:00"), at("06/10/2017 14:00")),  # Thu-Fri afternoon: 1.5 days
        (at("06/10/2017 16:00"), at("09/10/2017 08:00")),  # Fri afternoon-Mon morning: half a day
        (at("10/10/2017 08:00"), at("13/10/2017 08:00")),  # Tue-Fri: 3 days
    ]
    assert [paused_days(pauses[:n], CALENDAR) for n in range(5)] == [0, 2, 3.5, 4, 7]
    assert due("25/09/2017 08:00", 10) == date(2017, 10, 9)
    assert due("25/09/2017 08:00", 10, paused=7) == date(2017, 10, 18)
    assert paused_days([*pauses, pauses[0]], CALENDAR) == 7  # reported twice, counted once
    assert paused_days([(at("02/10/2017 08:00"), at("05/10/2017 08:00")), pauses[0]], CALENDAR) == 3
    nested = [
        ("02/10/2017 08:00", "06/10/2017 08:00"),
        ("03/10/2017 08:00", "04/10/2017 08:00"),
        ("05/10/2017 08:00", "09/10/2017 08:00"),
    ]
    assert paused_days([(at(began), at(ended)) for began, ended in nested], CALENDAR) == 5


def test_t11_a_completeness_check_without_limit_gets_no_due_date():
    received = pd.Series([at("03/10/2017 08:00"), at("03/10/2017 08:00"), pd.NaT])
    dues = due_dates(received, pd.Series([np.nan, 5, 5]), pd.Series(["WORKING_DAY", None, "DAY"]), CALENDAR)
    assert dues.isna().all()
    assert dues.dtype == "datetime64[us]"
    assert timeliness(due_on=None, end_on=None, as_of=date(2017, 12, 31)) == "NO_DUE"
    assert timeliness(due_on=None, end_on=date(2017, 10, 4), as_of=date(2017, 12, 31)) == "NO_DUE"


def test_t12_time_zones_are_refused_and_not_mixed():
    aware = datetime(2017, 10, 3, 9, tzinfo=UTC)
    with pytest.raises(KnownError, match="E-TIME-ZONE"):
        due_date(aware, Limit(5, "WORKING_DAY"), CALENDAR)
    with pytest.raises(KnownError, match="E-TIME-ZONE"):
        paused_days([(at("02/10/2017 08:00"), aware)], CALENDAR)
    with pytest.raises(KnownError, match="E-TIME-ZONE"):
        office_hours_between(at("02/10/2017 08:00"), aware, CALENDAR)
    for column in (pd.Series([aware]), pd.Series([at("02/10/2017 08:00"), aware], dtype=object)):
        with pytest.raises(KnownError, match="E-TIME-ZONE"):
            half_days_between(column, column, CALENDAR)


# Edges of the reference algorithm.


@pytest.mark.parametrize(
    ("received", "quantity", "unit", "expected"),
    [
        ("03/10/2017 16:59", 3, "WORKING_DAY", "06/10/2017"),
        ("03/10/2017 17:00", 3, "WORKING_DAY", "09/10/2017"),  # at closing: as if received the next day
        ("07/10/2017 09:00", 1, "WORKING_DAY", "10/10/2017"),  # Saturday: as if received on Monday
        ("07/10/2017 09:00", 1, "DAY", "10/10/2017"),
        ("03/10/2017 15:00", 0, "WORKING_DAY", "03/10/2017"),  # same-day procedure
        ("03/10/2017 15:01", 0, "WORKING_DAY", "04/10/2017"),
        ("06/10/2017 15:01", 0, "DAY", "09/10/2017"),
        ("03/10/2017 08:00", 0.5, "WORKING_DAY", "03/10/2017"),
        ("03/10/2017 14:00", 0.5, "WORKING_DAY", "04/10/2017"),
        ("03/10/2017 08:00", 1.5, "WORKING_DAY", "04/10/2017"),
        ("03/10/2017 14:00", 1.5, "WORKING_DAY", "05/10/2017"),
        ("03/10/2017 14:00", 3 + 1e-12, "WORKING_DAY", "06/10/2017"),  # noise of arithmetic is no half-day
        ("03/10/2017 14:00", 3 + 1e-12, "DAY", "06/10/2017"),
        ("03/10/2017 07:00", 4, "HOUR", "03/10/2017"),
        ("03/10/2017 17:30", 8, "HOUR", "04/10/2017"),
        ("29/12/2017 14:00", 6, "HOUR", "02/01/2018"),  # over the new year
    ],
)
def test_edges(received, quantity, unit, expected):
    assert due(received, quantity, unit) == at(expected).date()


@pytest.mark.parametrize("unit", ["WORKING_DAY", "DAY", "HOUR"])
def test_half_a_paused_day_moves_an_afternoon_to_the_next_morning(unit):
    assert due("03/10/2017 08:00", 0, unit, paused=0.5) == date(2017, 10, 3)
    assert due("03/10/2017 14:00", 0, unit, paused=0.5) == date(2017, 10, 4)


@pytest.mark.parametrize(("quantity", "unit"), [(-1, "DAY"), (float("nan"), "DAY"), (5, "WEEK"), (1e400, "HOUR")])
def test_what_is_no_limit_is_a_known_error(quantity, unit):
    with pytest.raises(KnownError, match="E-LIMIT"):
        Limit(quantity, unit)


def test_bad_columns_are_known_errors():
    received = pd.Series([at("03/10/2017 08:00")] * 2)
    with pytest.raises(KnownError, match=r"unit \['WEEK'\]"):
        due_dates(received, pd.Series([1, 1]), pd.Series(["DAY", "WEEK"]), CALENDAR)
    with pytest.raises(KnownError, match=r"quantity \[-2.0\] in \[1\] row"):
        due_dates(received, pd.Series([1, -2]), pd.Series(["DAY", "DAY"]), CALENDAR)
    with pytest.raises(KnownError, match="E-LIMIT"):
        due_date(received[0], Limit(1, "DAY"), CALENDAR, paused_working_days=-1)
    with pytest.raises(KnownError, match="E-CALENDAR-RANGE"):
        due_dates(received, pd.Series([1, 99999]), pd.Series(["DAY", "WORKING_DAY"]), CALENDAR)


def test_half_days_by_hand_and_missing_values():
    rows = [
        ("03/10/2017 08:00", "03/10/2017 11:59", 0),
        ("03/10/2017 08:00", "03/10/2017 12:00", 1),
        ("03/10/2017 14:00", "04/10/2017 08:00", 1),
        ("03/10/2017 08:00", "10/10/2017 16:00", 11),
        ("10/10/2017 08:00", "03/10/2017 08:00", 0),  # never below 0
        ("26/12/2018 08:00", "05/01/2019 08:00", 12),  # six working days with a make-up Saturday
    ]
    start = pd.Series([at(row[0]) for row in rows] + [pd.NaT], index=range(10, 17))
    end = pd.Series([at(row[1]) for row in rows] + [at("03/10/2017")], index=range(10, 17))
    got = half_days_between(start, end, CALENDAR)
    assert got.dtype == "Int64"
    assert list(got.index) == list(range(10, 17))
    assert got.iloc[:-1].tolist() == [row[2] for row in rows]
    assert got.isna().tolist() == [False] * 6 + [True]
    nothing = pd.Series([], dtype="datetime64[us]")
    assert len(half_days_between(nothing, nothing, CALENDAR)) == 0


@pytest.mark.parametrize(
    ("due_on", "end_on", "paused", "outcome", "word"),
    [
        ("10/10/2017", "09/10/2017", False, None, "EARLY"),
        ("10/10/2017", "10/10/2017 23:00", False, "DONE", "ON_TIME"),  # by date, not by hour
        ("10/10/2017", "11/10/2017", False, None, "LATE"),
        ("10/10/2017", "31/12/2017 16:00", False, None, "LATE"),  # ended on the day asked about
        ("10/10/2017", "11/10/2017", True, None, "LATE"),  # ended: the pause is over
        ("31/12/2017", None, False, "OPEN", "IN_TERM"),
        ("30/12/2017", None, False, "OPEN", "OVERDUE"),
        ("30/12/2017", None, True, "OPEN", "PAUSED"),
        (None, None, True, None, "PAUSED"),
        (None, None, False, None, "NO_DUE"),
        (None, "01/10/2017", False, None, "NO_DUE"),
        ("30/12/2017", "02/01/2018", False, "OPEN", "OVERDUE"),  # ended only after the day asked about
        ("31/12/2017", "02/01/2018", False, "OPEN", "IN_TERM"),
        ("10/10/2017", "09/10/2017", False, "REFUSED", "NOT_APPLICABLE"),
        ("10/10/2017", "09/10/2017", False, "WITHDRAWN", "NOT_APPLICABLE"),
        (None, "09/10/2017", False, "STOPPED", "NOT_APPLICABLE"),
    ],
)
def test_timeliness_table(due_on, end_on, paused, outcome, word):
    as_of = date(2017, 12, 31)
    first, second = due_on and at(due_on), end_on and at(end_on)
    assert timeliness(due_on=first, end_on=second, as_of=as_of, paused=paused, outcome=outcome) == word
    column = timelinesses(
        due=pd.Series([first], dtype="datetime64[us]"),
        end=pd.Series([second], dtype="datetime64[us]"),
        as_of=as_of,
        paused=pd.Series([paused]),
        outcome=None if outcome is None else pd.Series([outcome]),
    )
    assert column.tolist() == [word]


def test_office_hours():
    hours = OfficeHours()
    assert str(hours) == "07:00-11:30,13:30-17:00"
    assert OfficeHours.parse(" 7:00-11:30, 13:30-17:00 ") == hours
    assert OfficeHours.from_pairs([["07:00", "11:30"], ["13:30", "17:00"]]) == hours
    assert [hours.is_open(time(h, 0)) for h in (6, 7, 12, 14, 17)] == [False, True, False, True, False]
    assert hours.day_us == 8 * 3_600_000_000
    for text in ("08:00-17:00", "08:00-12:00,11:00-17:00", "25:00-26:00,13:00-17:00", "a"):
        with pytest.raises(KnownError, match="E-OFFICE-HOURS"):
            OfficeHours.parse(text)


def test_a_million_rows():
    count = 1_000_000
    offsets = np.arange(count, dtype=np.int64) * 86_400_000 * 211 % (3000 * 86_400_000_000)
    start = pd.Series(np.datetime64("2016-01-04T08:00", "us") + offsets.astype("timedelta64[us]"))
    end = start + pd.Timedelta(days=30)
    elapsed = half_days_between(start, end, CALENDAR)
    assert elapsed.notna().all()
    assert elapsed.between(20, 46).all()
    assert len(WorkCalendar.days(CALENDAR)) == 4018
