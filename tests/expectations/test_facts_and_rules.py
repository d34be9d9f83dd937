"""Single facts by hand, without the rule engine; the tables of rules as such; the engine where a rule is broken."""

import string
from types import ModuleType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from domain.columns import TABLES
from expectations import (
    catalogue,
    dossier_rules,
    dossier_time_rules,
    pause_rules,
    status_rules,
    step_rules,
)
from expectations.engine import run_rules
from expectations.facts import ordered
from expectations.limits import RuleLimits
from expectations.rule import Expect, Rule, at_least, not_null
from expectations.step_facts import PauseFacts, StepFacts

# Module -> table, and the rules that set a row aside; the others mark it or tell of it.
TABLES_OF_RULES = [
    (dossier_rules, "dossier", 11, {"DQ-ID-01", "DQ-ID-04", "DQ-ID-05", "DQ-PR-01"}),
    (status_rules, "dossier", 6, {"DQ-ST-07"}),
    (dossier_time_rules, "dossier", 22, {"DQ-DT-01", "DQ-DT-02", "DQ-DT-07", "DQ-DT-11", "DQ-DT-20"}),
    (step_rules, "step", 8, {"DQ-CS-05", "DQ-CS-06", "DQ-CS-07", "DQ-CS-08"}),
    (pause_rules, "pause", 6, {"DQ-TD-01", "DQ-TD-02", "DQ-TD-03", "DQ-TD-04", "DQ-TD-05"}),
]


@pytest.mark.parametrize(
    ("module", "table", "number", "critical"), TABLES_OF_RULES, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_table_of_rules(module: ModuleType, table: str, number: int, critical: set[str]) -> None:
    assert len(module.RULES) == number
    assert {rule.table for rule in module.RULES} == {table}
    assert {rule.id for rule in module.RULES if rule.severity == "critical"} == critical
    columns = {*TABLES.get(table, ()), "received_on", "due_on", "supplements", "rows", "usual"}
    for rule in module.RULES:
        named = {name for _, name, _, _ in string.Formatter().parse(rule.message) if name}
        assert named <= {*columns, *rule.show}, f"{rule.id} says what nobody can fill in"
        assert set(rule.needs) <= {*columns, *TABLES}, rule.id
        own = f"holds:{rule.id}" in rule.expect.columns
        assert own == (rule.fact is not None), f"{rule.id}: a fact is judged in a column of its own, and only a fact"


def test_all_tables_make_the_catalogue_in_the_order_they_are_judged() -> None:
    assert len(catalogue.RULES) == sum(number for _, _, number, _ in TABLES_OF_RULES) == 53
    assert catalogue.RULES[0].id == "DQ-ID-01"
    assert catalogue.RULES[-1].id == "DQ-TD-06"


def steps(make: SimpleNamespace, *changes: dict[str, object]) -> StepFacts:
    rows = ordered("step", make.frame("step", *changes))
    done = make.frame("dossier", {"received_at": "2017-12-18 08:30", "finished_at": "2017-12-20 10:00"})
    return StepFacts(rows, make.context(), done.assign(dossier_code="D1"))


def test_times_of_the_steps_of_a_dossier_increase(make: SimpleNamespace) -> None:
    facts = steps(
        make,
        {"dossier_code": "D1", "step_no": 1, "arrived_at": "2017-12-18 08:30", "finished_at": "2017-12-19 09:00"},
        {"dossier_code": "D1", "step_no": 2, "arrived_at": "2017-12-19 09:00", "finished_at": "2017-12-19 10:00"},
        {"dossier_code": "D1", "step_no": 3, "arrived_at": "2017-12-19 08:00", "finished_at": "2017-12-20 10:00"},
        {"dossier_code": "D2", "step_no": 1, "arrived_at": "2017-12-18 07:00", "finished_at": None},
    )
    # The third was taken on before the second; the first of each dossier has none before it.
    assert facts.times_increase.tolist() == [pd.NA, True, False, pd.NA]


def test_steps_may_take_a_day_more_than_their_dossier_and_no_more(make: SimpleNamespace) -> None:
    # The dossier took two working days. Two steps of one day and one of two together: three is a day of slack.
    spans = [("2017-12-18 08:30", "2017-12-19 09:00"), ("2017-12-18 09:00", "2017-12-20 09:00")]
    within = steps(make, *({"dossier_code": "D1", "step_no": n, "arrived_at": a, "finished_at": b}
                           for n, (a, b) in enumerate(spans, 1)))  # fmt: skip
    assert within.inside_dossier.tolist() == [True, True]
    over = steps(make, *({"dossier_code": "D1", "step_no": n, "arrived_at": a, "finished_at": b}
                         for n, (a, b) in enumerate([*spans, spans[0]], 1)))  # fmt: skip
    assert over.inside_dossier.tolist() == [False] * 3
    saturday = steps(make, {"dossier_code": "D9", "arrived_at": "2017-12-23 09:00", "finished_at": None})
    assert saturday.inside_dossier.tolist() == [False]


def test_the_same_pause_twice_is_counted_and_an_empty_kind_is_told(make: SimpleNamespace) -> None:
    rows = ordered("pause", make.frame("pause", {"pause_no": 1}, {"pause_no": 1, "kind": None}, {"pause_no": 2}))
    facts = PauseFacts(rows, make.context())
    assert facts.seen["copy_no"].tolist() == [1, 2, 1]
    assert facts.seen["kind_told"].tolist() == ["SUPPLEMENT", "", "SUPPLEMENT"]


def test_limits_are_what_was_said_and_a_site_moves_one() -> None:
    usual = RuleLimits()
    assert (usual.supplements, usual.acceptance_days, usual.stale_days, usual.closing_time_share) == (2, 1, 180, 0.2)
    moved = RuleLimits.from_mapping({"closing_time_share": 0.25})
    assert (moved.closing_time_share, moved.supplements) == (0.25, 2)


def rule(name: str, expect: Expect) -> Rule:
    return Rule(id=name, table="step", severity="warning", sentence="Câu.", message="", needs=(), expect=expect)


def test_the_engine_names_the_rows_and_a_broken_rule_stops_no_other(make: SimpleNamespace) -> None:
    frame = pd.DataFrame({"planned_days": [1.0, -1.0, np.nan], "task": ["a", None, "c"]})
    nonsense = Expect(kind="ExpectNothingOfTheKind", columns=("task",), arguments=lambda _: {})
    raising = Expect(
        kind="ExpectColumnValuesToBeBetween", columns=("absent",),
        arguments=lambda _: {"column": "absent", "min_value": 0},
    )  # fmt: skip
    rules = [
        rule("least", at_least("planned_days", lambda _: 0)),
        rule("there", not_null("task")),
        rule("nonsense", nonsense),
        rule("raising", raising),
        rule("no-fact", at_least("planned_days", lambda _: 0)),
    ]
    ran = run_rules(rules, frame, make.context(), {"no-fact": "ZeroDivisionError"})
    assert set(ran) == {each.id for each in rules}
    assert (ran["least"].failed.tolist(), ran["least"].checked.tolist()) == ([1], [True, True, False])
    assert (ran["there"].failed.tolist(), ran["there"].checked.tolist()) == ([1], [True, True, True])
    assert [ran["least"].error, ran["there"].error] == [None, None]
    assert "ExpectNothingOfTheKind" in str(ran["nonsense"].error)
    assert "absent" in str(ran["raising"].error)
    assert ran["no-fact"].error == "ZeroDivisionError"
    for broken in ("nonsense", "raising", "no-fact"):
        assert ran[broken].failed.tolist() == []
        assert ran[broken].checked.all(), "what could not be judged counts as not judged anywhere"


def test_the_engine_on_no_rows_finds_nothing(make: SimpleNamespace) -> None:
    ran = run_rules([rule("there", not_null("task"))], pd.DataFrame({"task": []}), make.context(), {})
    assert (len(ran["there"].failed), len(ran["there"].checked), ran["there"].error) == (0, 0, None)
