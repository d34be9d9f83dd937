"""On which nights something is due: worked out by hand around Tết 2018 (14 to 20/2) and the end of 2017."""

from datetime import date

import pytest

from domain.calendar import default_calendar
from domain.due_nights import due_since

CALENDAR = default_calendar(date(2017, 1, 1), date(2018, 12, 31))


@pytest.mark.parametrize(
    ("expects", "night", "since"),
    [
        ("every_night", "2017-12-31", "2017-12-31"),
        ("working_days", "2017-12-29", "2017-12-29"),
        ("working_days", "2017-12-30", None),  # a Saturday
        ("mon,wed", "2017-12-27", "2017-12-27"),
        ("mon,wed", "2017-12-26", None),
        ("mon,wed", "2018-01-01", None),  # New Year
        ("sat", "2017-12-30", "2017-12-30"),
        ("weekly", "2017-12-28", None),
        ("weekly", "2017-12-29", "2017-12-25"),
        ("weekly", "2018-02-13", "2018-02-12"),  # Tết begins on Wednesday
        ("weekly", "2018-02-16", None),
        ("monthly", "2017-12-29", "2017-12-01"),
        ("monthly", "2017-12-28", None),
        ("monthly", "2018-02-28", "2018-02-01"),
    ],
)
def test_what_is_due_when(expects: str, night: str, since: str | None) -> None:
    found = due_since(expects, date.fromisoformat(night), CALENDAR)
    assert found == (date.fromisoformat(since) if since else None)
