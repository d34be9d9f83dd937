"""Figures as a Vietnamese office writes them."""

from datetime import date, datetime

import pandas as pd
import pytest

from pipelines.publish import formats


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (7468, 0, "7.468"),
        (0, 0, "0"),
        (-0.2, 0, "0"),
        (1234567.5, 0, "1.234.568"),
        (0.5, 0, "1"),  # half is rounded up, not to even
        (12.875, 2, "12,88"),
        (None, 0, "–"),
        (float("nan"), 1, "–"),
        (pd.NA, 0, "–"),
    ],
)
def test_number(value, digits, written):
    assert formats.number(value, digits) == written


def test_percent_has_a_comma_and_a_space_that_does_not_break():
    assert formats.percent(0.0834) == "8,3\u00a0%"
    assert formats.percent(1) == "100,0\u00a0%"


def test_a_share_of_nothing_is_unknown_not_nought_and_not_all():
    assert formats.ratio(0, 0) == "–"
    assert formats.ratio(580, 6952) == "8,3\u00a0%"
    assert formats.ratio(580, 6025) == "9,6\u00a0%"


def test_days():
    assert formats.day(datetime(2017, 12, 5, 9, 30)) == "05/12/2017"
    assert formats.day("2017-12-05") == "05/12/2017"
    assert formats.day(pd.NaT) == "–"
    assert formats.long_day(date(2018, 1, 5)) == "ngày 05 tháng 01 năm 2018"
    assert formats.long_day(date(2018, 3, 15)) == "ngày 15 tháng 3 năm 2018"
    assert formats.moment("2017-12-20 17:00:00") == "20/12/2017 17:00"
    assert formats.moment("chờ") == "chờ"
    assert formats.half_days(15) == "7,5"
    assert formats.quarter("2017-Q4") == "quý IV/2017"
