"""Nights and quarters as people write them: read whole or refused in one sentence, whatever was typed."""

import copy
import pickle
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import KnownError
from domain.night import Night
from domain.quarter import Quarter

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("written", "night"),
    [
        ("2017-12-31", "2017-12-31"),
        ("31/12/2017", "2017-12-31"),
        ("31-12-2017", "2017-12-31"),
        ("31.12.2017", "2017-12-31"),
        ("1/2/2018", "2018-02-01"),
        ("01/02/2018", "2018-02-01"),
        ("  2017-12-31\n", "2017-12-31"),
        ("\u00a031/12/2017 ", "2017-12-31"),
        ("ngày 31/12/2017", "2017-12-31"),
        ("Ngày  1-2-2018", "2018-02-01"),
        ("nga\u0300y 31/12/2017", "2017-12-31"),  # decomposed, as a Mac writes it
        ("29/2/2016", "2016-02-29"),
        ("1990-01-01", "1990-01-01"),
        ("31/12/2100", "2100-12-31"),
    ],
)
def test_a_night_as_people_write_it(written, night):
    parsed = Night.parse(written)
    assert parsed == night
    assert isinstance(parsed, str)
    assert parsed.day.isoformat() == night


@pytest.mark.parametrize(
    "written",
    [
        "20171231", "2017-W52-7", "2017-13-01", "2017-02-30", "29/2/2017", "31/12/17", "12/31/2017", "abc", "", " ",
        "9999-12-31", "1989-12-31", "2101-01-01", "0000-00-00", "2017-12-31T01:00:00", "2017/12/31", "\ud83d",
        "٣١/١٢/٢٠١٧", "２０１７-12-31", "2017-1-5", "31/12/2017 x", "ngày", "2017-Q4", "-2017-12-31", "\x00",
        "0x7e1-12-31", "1_0/12/2017", "2017-12-31\x1b[31m", "31/12-2017",
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_one_sentence(written):
    with pytest.raises(KnownError) as refused:
        Night.parse(written)
    said = str(refused.value)
    assert refused.value.code == "E-NIGHT"
    assert "31/12/2017" in refused.value.mend
    assert "2017-12-31" in refused.value.mend
    assert said.count("\n") == 1, "one sentence and its mend"
    assert said.replace("\n", "").isprintable()


@given(st.text(max_size=60))
@example("31/12/2017" * 1000)
def test_whatever_is_typed_is_a_night_or_a_foreseen_error(written):
    try:
        night = Night.parse(written)
    except KnownError as error:
        refused = error
    else:
        assert night.day.isoformat() == night
        return
    assert len(str(refused)) < 400


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_every_way_of_writing_a_day_is_the_same_night_and_nights_sort_by_time(day):
    ways = [day.isoformat(), *(f"{day.day}{mark}{day.month}{mark}{day.year}" for mark in "/-.")]
    ways += [f"{day:%d/%m/%Y}", f" ngày {day:%d/%m/%Y} "]
    assert {Night.parse(way) for way in ways} == {Night(day.isoformat())}
    if day > date(1990, 1, 1):
        assert Night((day - timedelta(days=1)).isoformat()) < Night(day.isoformat())


def test_only_the_exact_text_makes_one_and_it_survives_copying():
    with pytest.raises(KnownError):
        Night("31/12/2017")
    night = Night("2017-12-31")
    for again in (copy.deepcopy(night), pickle.loads(pickle.dumps(night))):
        assert (again, type(again)) == (night, Night)


@pytest.mark.parametrize("written", ["2026-11-30", "1/12/2026", "2017-12-31"])
def test_up_to_tomorrow_is_let_in(written):
    assert Night.at_door(written, today=TODAY) == Night.parse(written)


@pytest.mark.parametrize("written", ["2026-12-02", "31/12/2071"])
def test_a_night_that_has_not_come_is_refused(written):
    with pytest.raises(KnownError, match="E-NIGHT-AHEAD") as refused:
        Night.at_door(written, today=TODAY)
    assert "2026-11-30" in str(refused.value)


@pytest.mark.parametrize(
    "written",
    [
        "2017-Q4", "2017-q4", " 2017-Q4 ", "Q4/2017", "q4/2017", "IV/2017", "iv/2017", "quý IV/2017",
        "Quý 4 năm 2017", "quý 4/2017", "QUÝ IV NĂM 2017", "quy\u0301 IV/2017", "quý IV / 2017",
    ],
)  # fmt: skip
def test_a_quarter_as_people_write_it(written):
    assert Quarter.parse(written) == Quarter(2017, 4)


@pytest.mark.parametrize("text", ["I/2018", "II/2018", "III/2018", "IV/2018"])
def test_roman_numbers(text):
    assert Quarter.parse(text).number == ["I", "II", "III", "IV"].index(text.partition("/")[0]) + 1


@pytest.mark.parametrize(
    "written",
    ["4/2017", "2017-Q5", "2017-Q0", "Q4", "2017", "", "V/2017", "IIII/2017", "0/2017", "9999-Q4", "1989-Q4",
     "2017-12-31", "２０１７-Q4", "quý 5 năm 2017", "2017-Q4-Q4", "quý tư năm 2017", "\ud83d", "abc"],
)  # fmt: skip
def test_no_quarter(written):
    with pytest.raises(KnownError) as refused:
        Quarter.parse(written)
    assert refused.value.code == "E-QUARTER"
    assert "2017-Q4" in refused.value.mend


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_quarter_or_a_foreseen_error(written):
    try:
        quarter = Quarter.parse(written)
    except KnownError:
        return
    assert Quarter.parse(str(quarter)) == quarter
