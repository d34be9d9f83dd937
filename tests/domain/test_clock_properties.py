"""What must hold of the clock for any calendar, instant and limit."""

from datetime import date, datetime, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import DayRow, WorkCalendar
from domain.clock import (
    Limit,
    add_office_hours,
    due_date,
    due_dates,
    half_days_between,
    office_hours_between,
    paused_days,
)

FIRST, LAST = date(2017, 1, 1), date(2019, 12, 31)
EDGE = date(2018, 12, 31)  # starts lie before it, so that no due date leaves the calendar

some_rows = st.dictionaries(st.dates(FIRST, LAST), st.sampled_from(["OFF", "MAKEUP"]), max_size=60).map(
    lambda rows: [DayRow(day=day, kind=kind, name_vi="", source="thử") for day, kind in rows.items()]
)
calendars = some_rows.map(lambda rows: WorkCalendar.from_rows(rows, FIRST, LAST))
starts = st.datetimes(datetime(2017, 2, 1), datetime.combine(EDGE, datetime.max.time()))
limits = st.builds(
    Limit,
    st.one_of(st.integers(0, 60), st.integers(0, 120).map(lambda n: n / 2), st.floats(0, 60)),
    st.sampled_from(["WORKING_DAY", "DAY", "HOUR"]),
)
halves = st.integers(0, 40).map(lambda n: n / 2)


@given(calendars, st.dates(FIRST, LAST), st.dates(FIRST, LAST))
def test_work_index_never_falls_and_grows_only_on_working_days(calendar, a, b):
    a, b = min(a, b), max(a, b)
    every = [a + timedelta(days=n) for n in range((b - a).days + 1)]
    assert calendar.work_index(b) - calendar.work_index(a) == sum(map(calendar.is_working, every[1:]))
    assert calendar.working_days_between(a, b) == -calendar.working_days_between(b, a) >= 0


@given(calendars, st.dates(FIRST + timedelta(days=150), EDGE), st.integers(-60, 120))
def test_adding_days_is_the_inverse_of_counting_them(calendar, day, n):
    end = calendar.add_working_days(day, n)
    if n > 0:
        assert calendar.is_working(end)
        assert calendar.working_days_between(day, end) == n
    elif n < 0:
        assert calendar.is_working(end)
        assert calendar.working_days_between(end, day) == -n - (not calendar.is_working(day))
    else:
        assert end == day


@given(calendars, starts, limits, halves)
def test_due_is_a_working_day_not_before_arrival(calendar, received, limit, paused):
    due = due_date(received, limit, calendar, paused_working_days=paused)
    assert calendar.is_working(due)
    assert due >= received.date()


@given(calendars, starts, limits, halves, halves)
def test_pauses_and_longer_limits_only_lengthen(calendar, received, limit, paused, more):
    due = due_date(received, limit, calendar, paused_working_days=paused)
    assert due_date(received, limit, calendar, paused_working_days=paused + more) >= due
    assert due_date(received, Limit(limit.quantity + more, limit.unit), calendar, paused_working_days=paused) >= due


@given(calendars, starts, st.integers(0, 3600), st.integers(1, 60))
def test_arriving_later_is_never_due_earlier(calendar, received, minutes, days):
    later = min(received + timedelta(minutes=minutes), datetime.combine(EDGE, received.time()))
    for unit in ("WORKING_DAY", "DAY", "HOUR"):
        first, second = sorted((received, later))
        assert due_date(first, Limit(days, unit), calendar) <= due_date(second, Limit(days, unit), calendar)


@settings(max_examples=60)
@given(calendars, st.lists(st.tuples(starts, limits, halves), min_size=1, max_size=30))
def test_columns_give_what_single_dossiers_give(calendar, rows):
    singly = [due_date(start, limit, calendar, paused_working_days=paused) for start, limit, paused in rows]
    together = due_dates(
        pd.Series([start for start, _, _ in rows]),
        pd.Series([limit.quantity for _, limit, _ in rows]),
        pd.Series([limit.unit for _, limit, _ in rows]),
        calendar,
        paused_working_days=pd.Series([paused for _, _, paused in rows]),
    )
    assert [day.date() for day in together] == singly


@given(calendars, st.lists(st.tuples(starts, starts), min_size=1, max_size=20))
def test_half_days_give_what_the_formula_gives(calendar, pairs):
    got = half_days_between(pd.Series([a for a, _ in pairs]), pd.Series([b for _, b in pairs]), calendar)
    days = [calendar.working_days_between(a.date(), b.date()) for a, b in pairs]
    expected = [max(2 * n + (b.hour >= 12) - (a.hour >= 12), 0) for n, (a, b) in zip(days, pairs, strict=True)]
    assert got.tolist() == expected


@given(calendars, starts, st.integers(0, 400))
def test_office_hours_added_are_office_hours_passed(calendar, start, quarters):
    end = add_office_hours(start, quarters / 4, calendar)
    assert abs(office_hours_between(start, end, calendar) - quarters / 4) < 1e-6


@given(calendars, st.lists(st.tuples(starts, starts).map(sorted).map(tuple), max_size=6))
def test_pauses_in_any_order_and_twice_are_the_same_pause(calendar, pauses):
    once = paused_days(pauses, calendar)
    assert paused_days([*reversed(pauses), *pauses], calendar) == once
    assert once >= max((paused_days([pause], calendar) for pause in pauses), default=0) - 0.5 * len(pauses)
