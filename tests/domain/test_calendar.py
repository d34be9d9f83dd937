"""The working calendar against published figures and official notices."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from domain.calendar import DayRow, WorkCalendar, default_calendar, read_calendar_csv, read_day_rows
from domain.errors import KnownError


@pytest.fixture(scope="module")
def calendar() -> WorkCalendar:
    return read_calendar_csv()


def week(*rows: DayRow) -> WorkCalendar:
    """Monday 3 to Sunday 16 September 2018: ten working days."""
    return WorkCalendar.from_rows(rows, date(2018, 9, 3), date(2018, 9, 16))


@pytest.mark.parametrize(
    ("year", "count"),
    [
        (2016, 251),
        (2017, 250),
        (2018, 250),
        (2019, 252),
        (2020, 252),
        (2021, 250),
        (2022, 249),
        (2023, 249),
        (2024, 251),
        (2025, 250),
        (2026, 249),
    ],
)
def test_working_days_of_a_year_are_the_published_ones(calendar, year, count):
    days = calendar.days()
    in_year = days[days["day"].map(lambda day: day.year == year)]
    assert int(in_year["is_working"].sum()) == count


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2017, 1, 26), False),  # Tết
        (date(2017, 2, 2), True),
        (date(2019, 1, 5), True),  # make-up Saturday
        (date(2018, 12, 31), False),
        (date(2026, 1, 2), False),  # swap that python-holidays 0.109 does not know
        (date(2026, 1, 10), True),
        (date(2026, 11, 24), False),  # unconfirmed, counted as off by default
        (date(2017, 12, 30), False),  # plain Saturday
    ],
)
def test_days_of_notices(calendar, day, working):
    assert calendar.is_working(day) is working


def test_unconfirmed_day_is_named_and_can_be_left_out():
    assert [row.day for row in read_calendar_csv().unconfirmed] == [date(2026, 11, 24)]
    assert read_calendar_csv(count_unconfirmed=False).is_working(date(2026, 11, 24))


def test_leaving_out_unconfirmed_rows_keeps_the_fallback_of_other_years():
    calendar = read_calendar_csv(last=date(2027, 12, 31), count_unconfirmed=False)
    assert calendar.is_working(date(2026, 11, 24))
    assert not calendar.is_working(date(2027, 9, 2))


def test_counting_in_a_made_up_fortnight():
    plain = week()
    monday, friday, saturday, sunday = date(2018, 9, 3), date(2018, 9, 7), date(2018, 9, 8), date(2018, 9, 9)
    assert [plain.work_index(day) for day in (monday, friday, saturday, sunday)] == [1, 5, 5, 5]
    assert plain.add_working_days(friday, 1) == date(2018, 9, 10)
    assert plain.add_working_days(saturday, 1) == date(2018, 9, 10)
    assert plain.add_working_days(saturday, 0) == saturday
    assert plain.add_working_days(date(2018, 9, 10), -1) == friday
    assert plain.add_working_days(sunday, -1) == friday
    assert plain.add_working_days(sunday, -2) == date(2018, 9, 6)
    assert plain.next_working(friday) == friday
    assert plain.next_working(saturday) == date(2018, 9, 10)
    assert plain.working_days_between(monday, friday) == 4
    assert plain.working_days_between(friday, monday) == -4
    rumour = DayRow(day=monday, kind="OFF", name_vi="Nghỉ", source="thử", confirmed=False)
    assert not week(rumour).is_working(monday)
    assert WorkCalendar.from_rows([rumour], plain.first, plain.last, count_unconfirmed=False).is_working(monday)
    with_row = week(DayRow(day=saturday, kind="MAKEUP", name_vi="Làm bù", source="thử"))
    assert with_row.add_working_days(friday, 1) == saturday


def test_days_frame_has_the_promised_columns_and_values(calendar):
    days = calendar.days()
    assert list(days) == [
        "day", "is_working", "work_index", "kind", "name_vi", "source", "confirmed",
        "opening_s", "lunch_s", "after_lunch_s", "closing_s",
    ]  # fmt: skip
    assert days.iloc[0][["opening_s", "lunch_s", "after_lunch_s", "closing_s"]].tolist() == [
        25200,
        41400,
        48600,
        61200,
    ]
    assert len(days) == 4018  # 2016-2026 with three leap years
    assert type(days["day"].iloc[0]) is date
    row = days[days["day"] == date(2026, 11, 24)].iloc[0]
    assert (row["kind"], row["name_vi"], bool(row["confirmed"])) == ("OFF", "Ngày Văn hóa Việt Nam", False)
    assert set(days["kind"]) == {"WORK", "WEEKEND", "OFF", "MAKEUP"}
    assert int(days["work_index"].iloc[-1]) == int(days["is_working"].sum()) == 2753


@pytest.mark.parametrize("day", [date(2015, 12, 31), date(2027, 1, 1), datetime(1900, 1, 1)])
def test_a_day_outside_the_range_is_a_known_error(calendar, day):
    with pytest.raises(KnownError, match=r"E-CALENDAR-RANGE .*\n?.*Mend: "):
        calendar.work_index(day)
    with pytest.raises(KnownError, match="E-CALENDAR-RANGE"):
        calendar.add_working_days(date(2026, 12, 30), 5)


def test_default_calendar_fills_missing_years_and_says_so():
    calendar = default_calendar(date(2014, 1, 1), date(2027, 12, 31))
    assert not calendar.is_working(date(2014, 4, 30))
    assert not calendar.is_working(date(2027, 1, 1))
    assert calendar.is_working(date(2026, 1, 10))  # our overlay wins in its own years
    assert {row.day.year for row in calendar.unconfirmed} == {2014, 2015, 2026, 2027}
    days = calendar.days()
    assert len(days) == (date(2027, 12, 31) - date(2014, 1, 1)).days + 1


def test_file_of_another_site(tmp_path: Path):
    place = tmp_path / "calendar.csv"
    place.write_text(
        "﻿date,weekday,kind,name_vi,source\n"
        "2019-01-01,Tue,OFF,Tết Dương lịch,luật\n"
        "2019-01-05,Sat,MAKEUP_WORKDAY,Làm bù,thông báo\n"
        "2019-11-24,Sun,OFF,Thử,thử - UNCONFIRMED\n",
        encoding="utf-8",
    )
    calendar = read_calendar_csv(place)
    assert (calendar.first, calendar.last) == (date(2019, 1, 1), date(2019, 12, 31))
    assert calendar.is_working(date(2019, 1, 5))
    assert [row.day for row in calendar.unconfirmed] == [date(2019, 11, 24)]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("31/12/2017,OFF,a,b,true", r"date \[31/12/2017\] is not a day"),
        ("2017-12-29,HOLIDAY,a,b,true", r"kind \[HOLIDAY\]"),
        ("2017-12-29,OFF,a,b,maybe", r"confirmed \[maybe\]"),
        ("2017-12-29,OFF,a,b,true\n2017-12-29,MAKEUP,a,b,true", "both OFF and MAKEUP"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, line, word):
    place = tmp_path / "calendar.csv"
    place.write_text(f"date,kind,name_vi,source,confirmed\n{line}\n", encoding="utf-8")
    with pytest.raises(KnownError, match=word) as caught:
        read_calendar_csv(place)
    assert caught.value.code == "E-CALENDAR-ROW"


def test_missing_column_and_empty_file(tmp_path: Path):
    place = tmp_path / "calendar.csv"
    place.write_text("date,name_vi,source\n", encoding="utf-8")
    with pytest.raises(KnownError, match="no column"):
        read_calendar_csv(place)
    place.write_text("date,kind,name_vi,source\n", encoding="utf-8")
    with pytest.raises(KnownError, match="holds no day"):
        read_calendar_csv(place)


def test_shipped_rows_are_whole():
    rows = read_day_rows()
    assert [row.day for row in rows] == sorted({row.day for row in rows})
    assert all(row.name_vi and row.source for row in rows)
    makeups = {row.day.isoformat() for row in rows if row.kind == "MAKEUP"}
    assert makeups == {"2019-01-05", "2019-05-04", "2024-05-04", "2025-04-26", "2026-01-10", "2026-08-22"}
    assert all(pd.Timestamp(day).day_name() == "Saturday" for day in makeups)
