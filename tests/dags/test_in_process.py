"""`dag.test()`: the timetables with stand-in pipelines, in this process."""

import errno
import os
import sys
from types import SimpleNamespace

import pytest
from airflow.providers.standard.operators.hitl import HITLOperator

import pipelines
from dags.ops import terms
from domain.errors import KnownError

pytestmark = pytest.mark.slow

QUESTION = {
    "subject": "Quyết định?",
    "body": "Tóm tắt",
    "items": [{"item": "PA-01", "label": "PA-01. A"}],
    "edition": 1,
    "fingerprint": "f",
}
NIGHT = ["judge", "merge", "models", "publish", "apology_letters", "notify"]


@pytest.fixture
def stand_in(monkeypatch) -> list:
    """Stand-ins that note their calls; `dag.test()` knows no partition key, so the shared term gives one."""
    made: list = []

    def step(name):
        def work(*args, **kwargs):
            made.append((name, *args, *kwargs.values()))
            return {"step": name}

        return work

    nightly = SimpleNamespace(**{name: step(name) for name in NIGHT})
    nightly.plan = lambda night: [["DG-QK"], ["DG-MC"]]
    nightly.collect = lambda night, units: [step("collect")(night, unit) for unit in units]
    nightly.release = lambda night: None
    nightly.force = lambda today: None
    quarterly = SimpleNamespace(**{name: step(name) for name in ("analyse", "decide_form", "publish")})
    quarterly.propose = lambda quarter: QUESTION
    keep = quarterly.decide_form
    quarterly.decide_form = lambda *args, **kwargs: keep(*args, **kwargs) | {"edition": 1, "refused": {}}
    for name, module in (("nightly", nightly), ("quarterly", quarterly)):
        monkeypatch.setitem(sys.modules, f"pipelines.{name}", module)
        monkeypatch.setattr(pipelines, name, module, raising=False)
    monkeypatch.setattr(terms, "key_of", lambda key: "2017-12-31")
    monkeypatch.setattr(terms, "quarter_of", lambda key: "2017-Q4")
    return made


def states(run) -> dict[str, str]:
    return {ti.task_id: str(ti.state) for ti in run.get_task_instances()}


@pytest.mark.usefixtures("airflow_db")
def test_night(dags, stand_in) -> None:
    run = dags["nightly_consolidation"].test()
    assert run.state == "success"
    assert sorted(stand_in[:2]) == [("collect", "2017-12-31", "DG-MC"), ("collect", "2017-12-31", "DG-QK")]
    assert [step for step, *_ in stand_in[2:]] == NIGHT
    assert {name: state for name, state in states(run).items() if state != "success"} == {
        "announce": "skipped",
        "red": "skipped",
    }


def fail(*args) -> None:
    raise KnownError("E-TEST", "it does not work", mend="mend it")


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.parametrize("failing", NIGHT[3:])
def test_a_page_a_letter_or_a_mail_that_fails_stops_nobody_and_is_red(dags, stand_in, monkeypatch, failing) -> None:
    monkeypatch.setattr(pipelines.nightly, failing, fail)
    run = dags["nightly_consolidation"].test()
    assert run.state == "failed"
    assert [step for step, *_ in stand_in[2:]] == [name for name in NIGHT if name != failing]
    found = states(run)
    assert {name for name, state in found.items() if state == "failed"} == {failing, "red"}
    assert found["release"] == "success"


@pytest.mark.usefixtures("airflow_db")
@pytest.mark.parametrize("failing", NIGHT[:3])
def test_without_a_merged_night_nothing_is_published(dags, stand_in, monkeypatch, failing) -> None:
    monkeypatch.setattr(pipelines.nightly, failing, fail)
    run = dags["nightly_consolidation"].test()
    assert run.state == "failed"
    assert [step for step, *_ in stand_in[2:]] == NIGHT[: NIGHT.index(failing)]
    assert {states(run)[name] for name in (*NIGHT[3:], "release")} == {"upstream_failed"}


@pytest.mark.usefixtures("airflow_db")
def test_a_full_disk_ends_the_log_of_the_task_with_what_to_do(dags, stand_in, monkeypatch, caplog) -> None:
    def full(*args) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "var/x")

    monkeypatch.setattr(pipelines.nightly, "judge", full)
    for task in dags["nightly_consolidation"].tasks:
        monkeypatch.setattr(task, "retries", 0)
    assert dags["nightly_consolidation"].test().state == "failed"
    assert "E-DISK-FULL no room is left to write [var/x]" in caplog.text


@pytest.mark.usefixtures("airflow_db")
def test_calendar_forces_nothing_when_nothing_is_due(dags, stand_in) -> None:
    run = dags["quarter_force"].test()
    assert run.state == "success"
    assert states(run) == {"force": "success", "announce": "skipped"}


@pytest.mark.usefixtures("airflow_db")
def test_quarter_keeps_the_answer_item_by_item(dags, stand_in, monkeypatch) -> None:
    answer = {
        "chosen_options": ["Ghi nhận quyết định"],
        "params_input": {"PA-01": "Đồng ý", "PA-01_ly_do": "Đã xem", "chuc_vu": "Chủ tịch"},
        "responded_by_user": {"id": "2", "name": "chu_tich"},
    }
    monkeypatch.setattr(HITLOperator, "execute", lambda self, context: answer)
    run = dags["quarterly_simplification"].test()
    assert run.state == "success"
    assert stand_in == [
        ("analyse", "2017-Q4"),
        ("decide_form", "2017-Q4", {"PA-01": ("ACCEPT", "Đã xem")}, "chu_tich", "Chủ tịch", False, False, 1, "f"),
        ("publish", "2017-Q4", 1),
    ]
