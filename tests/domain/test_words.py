"""Statuses, quarters, errors, columns."""

import pickle
from datetime import date

import pytest

from domain.columns import PERSON, TABLES
from domain.errors import KnownError
from domain.quarter import Quarter
from domain.status import (
    OUTCOME_VI,
    PORTAL_STATUS,
    STATUS_VI,
    TIMELINESS_VI,
    Status,
    is_allowed_transition,
    outcome_of,
    status_of_portal,
)

# Every pair that is allowed, worked out by hand from the legal path; the rest is not.
ALLOWED = {
    1: {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
    2: {2, 4, 5, 6, 7, 8, 9, 10},
    3: {3},
    4: {4, 5, 6, 7, 8, 9, 10},
    5: {2, 3, 4, 5, 6, 7, 8, 9, 10},  # 2 and 3: the supplement was asked before acceptance
    6: {4, 5, 6, 7, 8, 9, 10},
    7: {7},
    8: {8},
    9: {9, 10},
    10: {10},
}


@pytest.mark.parametrize("old", range(12))
def test_transitions(old):
    assert {new for new in range(12) if is_allowed_transition(old, new)} == ALLOWED.get(old, set())


def test_status_words():
    assert set(STATUS_VI) == {int(status) for status in Status} == set(range(1, 11))
    assert [outcome_of(code) for code in range(1, 11)] == [
        "OPEN", "OPEN", "REFUSED", "OPEN", "OPEN", "OPEN", "WITHDRAWN", "STOPPED", "DONE", "DONE",
    ]  # fmt: skip
    assert outcome_of(None) == "OPEN"
    assert set(OUTCOME_VI) == {"DONE", "REFUSED", "WITHDRAWN", "STOPPED", "OPEN"}
    assert len(TIMELINESS_VI) == len(set(TIMELINESS_VI.values())) == 8
    assert sorted(PORTAL_STATUS.values()) == [0, 0, *range(1, 11)]
    assert status_of_portal(" Waiting ") is Status.SUPPLEMENT
    assert status_of_portal("posting") is None
    assert status_of_portal("gì đó") is None


def test_quarters():
    quarter = Quarter.parse("2017-Q4")
    assert (quarter.first, quarter.last) == (date(2017, 10, 1), date(2017, 12, 31))
    assert (str(quarter.previous()), str(quarter.next())) == ("2017-Q3", "2018-Q1")
    assert str(Quarter(2018, 1).previous()) == "2017-Q4"
    assert [Quarter.of(date(2017, month, 1)).number for month in range(1, 13)] == [
        n for n in (1, 2, 3, 4) for _ in "abc"
    ]
    assert Quarter(2016, 1).last == date(2016, 3, 31)
    assert sorted([Quarter(2018, 1), Quarter(2017, 4)])[0] == quarter


@pytest.mark.parametrize("text", ["2017-Q5", "2017Q4", "2017-Q4 x", "Q4-2017", "", "2017-Q٤"])
def test_what_is_no_quarter(text):
    with pytest.raises(KnownError, match="E-QUARTER"):
        Quarter.parse(text)


def test_known_error_says_what_and_how_to_mend_and_survives_a_process():
    error = KnownError("E-X", "unit [a] is gone.", mend="add it")
    assert str(error) == "E-X unit [a] is gone.\nMend: add it"
    again = pickle.loads(pickle.dumps(error))
    assert (again.code, again.message, again.mend) == (error.code, error.message, error.mend)


def test_columns_are_whole():
    for columns in TABLES.values():
        assert list(columns)[:4] == ["night", "unit_code", "file_name", "line_no"]
        assert not any(column.personal for column in columns.values())
        assert all(column.vi for column in columns.values())
    assert all(column.personal for column in PERSON.values())
