"""Each rule of steps and pauses, and of a unit's volume: a dirty row that fails exactly it, a clean one beside it."""

from types import SimpleNamespace
from typing import Any

import pytest

from expectations import RULES, Verdict, judge

Row = dict[str, Any]

STEPS: dict[str, tuple[Row, Row]] = {
    "DQ-CS-05": ({"step_no": None}, {}),
    "DQ-CS-06": ({"step_no": 1}, {"step_no": 1}),
    "DQ-CS-07": ({"finished_at": "2018-03-01 09:00"}, {"finished_at": "2017-12-27 23:00"}),
    "DQ-CS-08": ({"finished_at": "2017-12-18 08:00"}, {"finished_at": "2017-12-18 00:00"}),
    "DQ-CS-01": ({"staff_code": None}, {"staff_code": None, "finished_at": None}),
    "DQ-CS-02": ({"step_no": 2, "arrived_at": "2017-12-15 08:30"}, {"step_no": 1}),
    "DQ-CS-04": ({"finished_at": "2017-12-23 09:00"}, {"finished_at": None}),
    "DQ-CS-09": ({"planned_days": -1.0}, {"planned_days": 0.0}),
}
PAUSES: dict[str, tuple[Row, Row]] = {
    "DQ-TD-01": ({"dossier_code": None}, {}),
    "DQ-TD-02": ({"pause_no": 1}, {"pause_no": 1}),
    "DQ-TD-03": ({"kind": "HỌP"}, {"kind": "FINANCIAL"}),
    "DQ-TD-04": ({"started_at": None}, {"ended_at": None}),
    "DQ-TD-05": ({"ended_at": "2017-12-18 10:00"}, {"ended_at": "2017-12-19 00:00"}),
    "DQ-TD-06": ({"new_due_at": "2017-12-22"}, {"new_due_at": "2017-12-25"}),
}
# These two are about two rows of one dossier; the others have a dossier each.
PAIRED = {"DQ-CS-06", "DQ-CS-02", "DQ-TD-02"}


def _rows(cases: dict[str, tuple[Row, Row]], make: SimpleNamespace) -> list[Row]:
    rows = []
    for number, (rule_id, (dirty, clean)) in enumerate(cases.items()):
        mine, other = 2 * number + 1, 2 * number + (1 if rule_id in PAIRED else 2)
        rows += [{"dossier_code": make.code(mine)} | clean, {"dossier_code": make.code(other)} | dirty]
    return rows


@pytest.fixture(scope="module")
def verdict(make: SimpleNamespace) -> Verdict:
    frames = {
        "step": make.frame("step", *_rows(STEPS, make)),
        "pause": make.frame("pause", *_rows(PAUSES, make)),
    }
    return judge(frames, make.context())


def _by_severity(severity: str, cases: dict[str, tuple[Row, Row]]) -> dict[str, tuple[Row, Row]]:
    chosen = {rule.id for rule in RULES if (rule.severity == "critical") == (severity == "critical")}
    return {rule_id: case for rule_id, case in cases.items() if rule_id in chosen}


@pytest.mark.parametrize(("table", "cases"), [("step", STEPS), ("pause", PAUSES)])
def test_critical_rows_are_set_aside_by_their_rule_only(
    verdict: Verdict, make: SimpleNamespace, table: str, cases: dict[str, tuple[Row, Row]]
) -> None:
    expected = {3 + 2 * list(cases).index(rule_id): {rule_id} for rule_id in _by_severity("critical", cases)}
    assert make.failures(verdict, table) == expected


def test_every_rule_fails_once(verdict: Verdict, make: SimpleNamespace) -> None:
    assert make.failed(verdict) == dict.fromkeys([*STEPS, *PAUSES], 1)


def test_warnings_flag_the_dossier_and_keep_the_row(verdict: Verdict) -> None:
    warned = set(_by_severity("warning", STEPS | PAUSES))
    assert set(verdict.flags["rule_id"]) == warned == {"DQ-CS-01", "DQ-CS-02", "DQ-CS-04", "DQ-CS-09", "DQ-TD-06"}
    assert len(verdict.accepted["step"]) == 2 * len(STEPS) - 4
    assert len(verdict.accepted["pause"]) == 2 * len(PAUSES) - 5


def test_every_step_pause_and_unit_rule_has_a_case() -> None:
    assert {rule.id for rule in RULES if rule.table != "dossier"} == {*STEPS, *PAUSES}


def test_messages_name_the_value(verdict: Verdict) -> None:
    said = verdict.rejected.set_index("rule_id")["message"]
    assert said["DQ-TD-05"].startswith(
        "Lần tạm dừng [1] kết thúc [18/12/2017 10:00] trước khi bắt đầu [19/12/2017 10:00]"
    )
    assert said["DQ-TD-03"].startswith("Loại tạm dừng [HỌP]")
    assert said["DQ-CS-07"].startswith("Bước [1] có ngày không dùng được: Giao lúc [01/03/2018 09:00]")


def test_steps_that_sum_to_more_than_the_dossier_are_warned(make: SimpleNamespace) -> None:
    # The dossier took 4 working days (18/12 to 22/12); two steps of 3 working days each make 6 > 4 + 1.
    same = {"dossier_code": make.code(1), "finished_at": "2017-12-21 09:00"}
    steps = make.frame("step", same | {"step_no": 1}, same | {"step_no": 2})
    verdict = judge({"dossier": make.frame("dossier", {}), "step": steps}, make.context())
    assert make.failed(verdict) == {"DQ-CS-04": 2}
