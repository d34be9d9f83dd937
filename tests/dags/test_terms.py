"""The terms the timetables share."""

import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

import pipelines
from dags.ops import alarm, terms
from domain.errors import KnownError


@pytest.mark.parametrize("key", [None, "", "2017-12-31T01:00:00", "31/12/2017", "2017-Q4"])
def test_night_key_of_another_shape_is_a_foreseen_error(key) -> None:
    with pytest.raises(KnownError, match="E-NO-KEY"):
        terms.key_of(key)


def test_keys() -> None:
    assert terms.key_of("2017-12-31") == "2017-12-31"
    assert terms.key_of("2017-Q4", like=terms.QUARTER_KEY) == "2017-Q4"
    with pytest.raises(KnownError):
        terms.key_of("2017-Q5", like=terms.QUARTER_KEY)


def test_last_scheduled() -> None:
    assert terms.last_scheduled({}) is None
    assert terms.last_scheduled({"TINHGON_SCHEDULE_UNTIL": "2017-12-31"}) == datetime(2017, 12, 31, tzinfo=UTC)


def test_answer_becomes_a_decision() -> None:
    answer = {
        "chosen_options": ["Không phê duyệt"],
        "params_input": {"reason": "Chưa đủ căn cứ", "is_demo": False},
        "responded_by_user": {"id": "2", "name": "chu_tich"},
    }
    assert terms.decision_of(answer) == {
        "choice": "REJECTED",
        "who": "chu_tich",
        "reason": "Chưa đủ căn cứ",
        "is_demo": False,
    }


def test_late_night_is_told_to_the_pipelines(monkeypatch) -> None:
    told = []
    stand_in = SimpleNamespace(missed=told.append)
    monkeypatch.setitem(sys.modules, "pipelines.nightly", stand_in)
    monkeypatch.setattr(pipelines, "nightly", stand_in, raising=False)
    alarm.night_missed({"dag_run": {"partition_key": "2017-12-31"}, "deadline": {}})
    assert told == ["2017-12-31"]
