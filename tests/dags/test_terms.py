"""The terms the timetables share."""

import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

import pipelines
from dags.ops import alarm, terms
from domain.errors import KnownError


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "E-NO-KEY"),
        ("", "E-NO-KEY"),
        ("2017-12-31T01:00:00", "E-NIGHT"),
        ("20171231", "E-NIGHT"),
        ("2017-W52-7", "E-NIGHT"),
        ("2017-Q4", "E-NIGHT"),
        ("2099-12-31", "E-NIGHT-AHEAD"),
    ],
)
def test_a_key_that_is_no_night_is_a_foreseen_error(key, code) -> None:
    with pytest.raises(KnownError) as refused:
        terms.key_of(key)
    assert refused.value.code == code


@pytest.mark.parametrize(("key", "code"), [(None, "E-NO-KEY"), ("2017-Q5", "E-QUARTER"), ("4/2017", "E-QUARTER")])
def test_a_key_that_is_no_quarter_is_a_foreseen_error(key, code) -> None:
    with pytest.raises(KnownError) as refused:
        terms.quarter_of(key)
    assert refused.value.code == code


def test_keys() -> None:
    assert terms.key_of("2017-12-31") == terms.key_of("31/12/2017") == "2017-12-31"
    assert terms.quarter_of("2017-Q4") == terms.quarter_of("quý IV/2017") == "2017-Q4"


def test_last_scheduled() -> None:
    assert terms.last_scheduled({}) is None
    assert terms.last_scheduled({"TINHGON_SCHEDULE_UNTIL": "2017-12-31"}) == datetime(2017, 12, 31, tzinfo=UTC)


def test_late_night_is_told_to_the_pipelines(monkeypatch) -> None:
    told = []
    stand_in = SimpleNamespace(missed=told.append)
    monkeypatch.setitem(sys.modules, "pipelines.nightly", stand_in)
    monkeypatch.setattr(pipelines, "nightly", stand_in, raising=False)
    alarm.night_missed({"dag_run": {"partition_key": "2017-12-31"}, "deadline": {}})
    assert told == ["2017-12-31"]
