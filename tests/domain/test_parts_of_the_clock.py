"""The parts of the legal clock, each by hand: instants, office hours, due dates of whole columns."""

from datetime import date, datetime, time

import numpy as np
import pandas as pd
import pytest

from domain.calendar import WorkCalendar
from domain.due_columns import check_terms, due_dates, halves_of
from domain.errors import KnownError
from domain.instants import HOUR_US, half_of, micros, split, time_of
from domain.office_hours import OFFICE_HOURS, OfficeHours

WEEKS = WorkCalendar.from_rows([], date(2018, 1, 1), date(2018, 3, 31))  # no day off but weekends; 8/1 is a Monday


def test_an_instant_taken_apart_and_put_together() -> None:
    assert micros(time(13, 30, 5, 7)) == (13 * 3600 + 30 * 60 + 5) * 1_000_000 + 7
    assert time_of(micros(time(13, 30, 5, 7))) == time(13, 30, 5, 7)
    assert [half_of(datetime(2018, 1, 8, 11, 59)), half_of(datetime(2018, 1, 8, 12))] == [0, 1]
    # Before 1970 the day is the one it lies in, not the one after.
    column = pd.Series(pd.to_datetime(["2018-01-08 07:00", None, "1969-12-31 23:00"]))
    days, clock, known = split(column)
    assert known.tolist() == [True, False, True]
    assert [str(days[0]), str(days[2])] == ["2018-01-08", "1969-12-31"]
    assert (clock[0], clock[2]) == (7 * HOUR_US, 23 * HOUR_US)


def test_a_zone_on_a_column_or_on_one_value_stops() -> None:
    whole = pd.Series(pd.to_datetime(["2018-01-08"]).tz_localize("UTC"), name="received_at")
    single = pd.Series([datetime(2018, 1, 8), pd.Timestamp("2018-01-08", tz="UTC")], dtype=object, name="due_at")
    for column, name in ((whole, "received_at"), (single, "due_at")):
        with pytest.raises(KnownError, match=f"E-TIME-ZONE.*{name}"):
            split(column)


def test_office_hours_by_hand() -> None:
    # 07:00-11:30 and 13:30-17:00: four hours and a half, then three and a half.
    assert OFFICE_HOURS.seconds == (25_200, 41_400, 48_600, 61_200)
    assert (OFFICE_HOURS.morning_us, OFFICE_HOURS.day_us) == (4.5 * HOUR_US, 8 * HOUR_US)
    worked = {time(6): 0, time(8): 1, time(12): 4.5, time(13, 30): 4.5, time(14): 5, time(17): 8, time(23): 8}
    assert {at: OFFICE_HOURS.worked_us(at) / HOUR_US for at in worked} == worked
    reached = {0: time(7), 4.5: time(11, 30), 5: time(14), 8: time(17)}
    assert {hours: OFFICE_HOURS.at_us(int(hours * HOUR_US)) for hours in reached} == reached
    is_open = {time(6, 59): False, time(7): True, time(11, 30): False, time(12): False, time(13, 30): True}
    assert {at: OFFICE_HOURS.is_open(at) for at in is_open} == is_open


def test_office_hours_as_they_are_written() -> None:
    other = OfficeHours.parse(" 7:30-12:00, 13:00-16:30 ")
    assert str(other) == "07:30-12:00,13:00-16:30"
    assert OfficeHours.from_pairs([["07:30", "12:00"], ["13:00", "16:30"]]) == other
    for wrong in ("07:30-16:30", "07:30-12:30,13:00-16:30", "07:30-12:00,13:00-25:00", "12:00-07:30,13:00-16:30"):
        with pytest.raises(KnownError, match="E-OFFICE-HOURS") as error:
            OfficeHours.parse(wrong)
        assert wrong in str(error.value)


@pytest.mark.parametrize(
    ("received", "quantity", "unit", "due"),
    [
        ("2018-01-08 08:00", 5, "WORKING_DAY", "2018-01-15"),
        ("2018-01-08 14:00", 0.5, "WORKING_DAY", "2018-01-09"),  # from an afternoon: the next morning
        ("2018-01-08 08:00", 0.2, "WORKING_DAY", "2018-01-08"),  # a part of a half-day is one
        ("2018-01-12 17:00", 1, "WORKING_DAY", "2018-01-16"),  # at closing on Friday: begins on Monday
        ("2018-01-13 09:00", 1, "WORKING_DAY", "2018-01-16"),  # on Saturday: the same
        ("2018-01-12 09:00", 1, "DAY", "2018-01-15"),  # ends on Saturday: the next working day
        ("2018-01-08 16:00", 2, "HOUR", "2018-01-09"),  # one hour left on Monday
        ("2018-01-08 15:00", 2, "HOUR", "2018-01-08"),  # ends at closing, that day
        ("2018-01-08 15:00", 0, "WORKING_DAY", "2018-01-08"),
        ("2018-01-08 15:01", 0, "WORKING_DAY", "2018-01-09"),  # after 15:00 no result the same day
    ],
)
def test_due_dates_by_hand(received: str, quantity: float, unit: str, due: str) -> None:
    column = pd.Series(pd.to_datetime([received, None, received]))
    amounts, units = pd.Series([quantity, quantity, np.nan]), pd.Series([unit] * 3)
    found = due_dates(column, amounts, units, WEEKS)
    assert found.dt.strftime("%Y-%m-%d").tolist()[0] == due
    assert found.isna().tolist() == [False, True, True], "nothing given, nothing made up"


def test_a_pause_moves_the_due_date_by_its_working_time() -> None:
    received = pd.Series(pd.to_datetime(["2018-01-08 08:00"] * 2))
    amounts, units = pd.Series([5.0, 5.0]), pd.Series(["WORKING_DAY", "DAY"])
    found = due_dates(received, amounts, units, WEEKS, paused_working_days=pd.Series([2.0, 2.0]))
    # Five working days: Monday 15, two more Wednesday 17. Five days: Saturday 13, so Monday 15, two more the same.
    assert found.dt.strftime("%Y-%m-%d").tolist() == ["2018-01-17", "2018-01-17"]


def test_terms_that_are_none_are_named() -> None:
    assert halves_of(np.array([0.0, 0.1 + 0.2, 1.0, 1.5])).tolist() == [0, 1, 2, 3]
    no_pause, units = np.zeros(2), np.array(["DAY", "DAY"], dtype=object)
    check_terms(np.array([0.0, 3.0]), no_pause, units)
    wrong = [
        ("quantity.*-1.0", (np.array([1.0, -1.0]), no_pause, units)),
        ("quantity.*inf", (np.array([1.0, np.inf]), no_pause, units)),
        ("pause.*-2.0", (np.ones(2), np.array([0.0, -2.0]), units)),
        ("WEEK", (np.ones(2), no_pause, np.array(["DAY", "WEEK"], dtype=object))),
    ]
    for said, terms in wrong:
        with pytest.raises(KnownError, match=f"E-LIMIT.*{said}"):
            check_terms(*terms)
