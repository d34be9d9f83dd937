"""The judgement as a whole: nothing lost, nothing silently passed, same order every time."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.columns import DOSSIER, TABLES
from domain.errors import KnownError
from expectations import RULES, Rule, RuleLimits, judge
from expectations.context import FLAG_COLUMNS, REJECTED_COLUMNS, RESULT_COLUMNS
from expectations.rule import holds, not_null
from expectations.rules_page import rules_page

REPO = Path(__file__).parents[2]

DIRTY = st.sampled_from(
    [
        {},
        {"dossier_code": None},
        {"dossier_code": "000.00.07.H16-171218-0001"},
        {"proc_code": "9.999999"},
        {"proc_code": None},
        {"received_at": None, "dossier_code": "000.00.07.H16-171218-0777"},
        {"received_at": "2018-06-01", "dossier_code": "000.00.07.H16-171218-0778"},
        {"due_at": "2017-12-01"},
        {"status": 99},
        {"finished_at": "2016-12-01", "due_at": "2016-12-01"},
        {"unit_code": "quang_khe"},
        {"file_name": "a.csv"},
        {"due_at": None, "unparsed": '{"due_at": "mai"}'},
    ]
)


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(DIRTY, max_size=25), shuffle=st.randoms(use_true_random=False))
def test_every_row_is_accepted_or_set_aside_whatever_the_order(make: SimpleNamespace, changes, shuffle) -> None:
    rows = make.frame("dossier", *changes)
    order = list(range(len(rows)))
    shuffle.shuffle(order)
    verdict = judge({"dossier": rows}, make.context())
    again = judge({"dossier": rows.iloc[order].reset_index(drop=True)}, make.context())

    key = ["unit_code", "file_name", "line_no"]
    set_aside = verdict.rejected[key].drop_duplicates()
    accepted = verdict.accepted["dossier"]
    assert len(accepted) + len(set_aside) == len(rows)
    both = pd.concat([accepted[key], set_aside]).sort_values(key, ignore_index=True)
    assert both.astype("str").equals(rows[key].sort_values(key, ignore_index=True).astype("str"))
    assert not accepted.duplicated(["unit_code", "dossier_code"]).any()
    for one, other in zip(_tables(verdict), _tables(again), strict=True):
        pd.testing.assert_frame_equal(one, other)


def _tables(verdict) -> list[pd.DataFrame]:
    return [*verdict.accepted.values(), verdict.rejected, verdict.flags, verdict.results]


def test_shapes_of_the_verdict(make: SimpleNamespace) -> None:
    verdict = judge({"dossier": make.frame("dossier", {}, {"status": 99})}, make.context())
    assert list(verdict.accepted["dossier"]) == [*DOSSIER, "proc_core"]
    assert list(verdict.accepted["step"]) == list(TABLES["step"])
    assert list(verdict.rejected) == REJECTED_COLUMNS
    assert list(verdict.flags) == FLAG_COLUMNS
    assert list(verdict.results) == RESULT_COLUMNS
    assert verdict.results["rule_id"].tolist() == [rule.id for rule in RULES if rule.table in ("dossier", "unit")]


def test_a_night_without_rows(make: SimpleNamespace) -> None:
    verdict = judge({}, make.context())
    assert [len(table) for table in _tables(verdict)] == [0] * 6
    assert list(verdict.accepted["pause"]) == list(TABLES["pause"])


def test_a_row_failing_two_critical_rules_is_told_both(make: SimpleNamespace) -> None:
    rows = make.frame("dossier", {"proc_code": "9.999999", "status": 99})
    verdict = judge({"dossier": rows}, make.context())
    assert verdict.rejected["rule_id"].tolist() == ["DQ-PR-01", "DQ-ST-07"]
    assert len(verdict.accepted["dossier"]) == 0


def test_steps_and_pauses_of_a_rejected_dossier_wait_for_it(make: SimpleNamespace) -> None:
    frames = {
        "dossier": make.frame("dossier", {"status": 99}),
        "step": make.frame("step", {}),
        "pause": make.frame("pause", {"dossier_code": make.code(1)}),
    }
    accepted = judge(frames, make.context()).accepted
    assert [len(accepted[table]) for table in TABLES] == [0, 1, 1]


def _with(*broken: Rule) -> tuple[Rule, ...]:
    by_id = {rule.id: rule for rule in broken}
    return tuple(by_id.get(rule.id, rule) for rule in RULES)


def _rule(rule_id: str) -> Rule:
    return next(rule for rule in RULES if rule.id == rule_id)


def _boom(_facts: object) -> pd.Series:
    raise ZeroDivisionError("a deliberate fault")


@pytest.mark.parametrize(
    "fault",
    [
        {"expect": not_null("no_such_column")},  # raises inside Great Expectations
        {"fact": _boom, "expect": holds("DQ-DT-07")},  # raises before it
        {"expect": dataclasses.replace(holds("DQ-DT-07"), kind="ExpectNothingOfTheSort")},  # cannot be built
    ],
)
def test_a_critical_rule_that_cannot_run_counts_as_failed(make: SimpleNamespace, fault: dict) -> None:
    rules = _with(dataclasses.replace(_rule("DQ-DT-07"), **fault))
    rows = make.frame("dossier", {}, {"status": 99})
    verdict = judge({"dossier": rows}, make.context(), rules=rules)
    assert list(verdict.broken) == ["DQ-DT-07"]
    results = verdict.results.set_index("rule_id")
    assert not results.loc["DQ-DT-07", "could_run"]
    assert results.loc["DQ-DT-07", "failed"] == 2
    # The others ran all the same, and no row slipped through.
    assert results.drop("DQ-DT-07")["could_run"].all()
    assert results.loc["DQ-ST-07", "failed"] == 1
    assert len(verdict.accepted["dossier"]) == 0
    assert verdict.rejected["rule_id"].tolist() == ["DQ-DT-07", "DQ-ST-07", "DQ-DT-07"]
    assert "không chạy được" in verdict.rejected["message"].iloc[0]


def test_a_warning_that_cannot_run_is_red_in_the_results_but_blames_no_dossier(make: SimpleNamespace) -> None:
    rules = _with(dataclasses.replace(_rule("DQ-DT-03"), expect=not_null("no_such_column"), fact=None))
    verdict = judge({"dossier": make.frame("dossier", {})}, make.context(), rules=rules)
    result = verdict.results.set_index("rule_id").loc["DQ-DT-03"]
    assert (bool(result["could_run"]), result["failed"]) == (False, 1)
    assert len(verdict.accepted["dossier"]) == 1
    assert verdict.flags.empty


def test_a_fault_in_the_wording_does_not_lose_the_finding(make: SimpleNamespace) -> None:
    rules = _with(dataclasses.replace(_rule("DQ-ST-07"), message="Trạng thái [{no_such_column}]"))
    verdict = judge({"dossier": make.frame("dossier", {"status": 99})}, make.context(), rules=rules)
    assert verdict.rejected["message"].tolist() == [_rule("DQ-ST-07").sentence]


def test_rules_off_are_not_checked_and_said_by_name(make: SimpleNamespace) -> None:
    off = {"DQ-ST-07": "phần mềm cũ"}
    verdict = judge({"dossier": make.frame("dossier", {"status": 99})}, make.context(rules_off=off))
    result = verdict.results.set_index("rule_id").loc["DQ-ST-07"]
    assert (result["checked"], result["failed"]) == (0, 0)
    assert result["sentence"].startswith("Không kiểm tra (tắt theo cấu hình: phần mềm cũ): ")
    assert verdict.rejected.empty


def test_what_a_source_never_gives_is_said_and_only_for_that_unit(make: SimpleNamespace) -> None:
    columns = make.given() | {("quang_khe", "dossier"): frozenset(DOSSIER) - {"due_at"}}
    rows = make.frame("dossier", {"due_at": None}, {"due_at": None, "unit_code": "quang_khe"})
    verdict = judge({"dossier": rows}, make.context(given=columns))
    result = verdict.results.set_index(["unit_code", "rule_id"])
    assert result.loc[(make.UNIT, "DQ-DT-06"), "failed"] == 1
    assert (result.loc[("quang_khe", "DQ-DT-06"), "checked"], result.loc[("quang_khe", "DQ-DT-06"), "failed"]) == (
        0,
        0,
    )
    assert result.loc[("quang_khe", "DQ-DT-06"), "sentence"].startswith(
        "Không áp dụng (nguồn dữ liệu không có Ngày hẹn trả)"
    )


def test_a_site_of_bare_columns_works(make: SimpleNamespace) -> None:
    # Someone else's permit log: own codes, no catalogue, four columns.
    bare = make.frame(
        "dossier", {"dossier_code": "case-10011"}, {"dossier_code": "case-10012", "finished_at": "2017-01-01"}
    )
    bare = bare[
        ["night", "unit_code", "file_name", "line_no", "dossier_code", "proc_code", "received_at", "finished_at"]
    ]
    nothing = make.dimensions()["procedures"].iloc[:0]
    context = make.context(
        dossier_grammar="any", procedures=nothing, postings=make.dimensions()["postings"].iloc[:0], given=None
    )
    verdict = judge({"dossier": bare}, context)
    assert verdict.broken == {}
    assert verdict.rejected["rule_id"].tolist() == ["DQ-DT-11"]
    assert verdict.accepted["dossier"]["dossier_code"].tolist() == ["case-10011"]
    silent = verdict.results[verdict.results["sentence"].str.startswith("Không áp dụng")]
    assert {"DQ-ID-02", "DQ-PR-02", "DQ-DT-06", "DQ-ST-02"} <= set(silent["rule_id"])


def test_examples_are_at_most_five_codes(make: SimpleNamespace) -> None:
    rows = make.frame("dossier", *[{"status": 99}] * 7)
    result = judge({"dossier": rows}, make.context()).results.set_index("rule_id").loc["DQ-ST-07"]
    assert json.loads(result["examples"]) == [make.code(number) for number in range(1, 6)]


def test_rule_ids_are_unique_and_sentences_are_vietnamese() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert all(
        rule.sentence.endswith((".", ";")) and any(c in rule.sentence for c in "ăâđêôơưạảãáà") for rule in RULES
    )


def test_limits_from_a_site() -> None:
    assert RuleLimits.from_mapping({"stale_days": 90}).stale_days == 90
    with pytest.raises(KnownError, match="unknown names"):
        RuleLimits.from_mapping({"stale": 90})
    with pytest.raises(KnownError, match="must be numbers"):
        RuleLimits.from_mapping({"stale_days": "90"})


def test_the_reference_page_is_fresh() -> None:
    page = (REPO / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
    assert page == rules_page(), "Mend: python -m expectations.rules_page > docs/reference/rules.md"


@pytest.mark.slow
def test_many_rows_with_a_column_almost_empty_are_judged_right(make: SimpleNamespace) -> None:
    # The shape that takes other checkers minutes: a date present in one row of a hundred (measured: 3 s).
    one = make.frame("dossier", {"finished_at": None, "returned_at": None, "status": 4})
    rows = one.loc[one.index.repeat(100_000)].reset_index(drop=True)
    rows["line_no"] = range(2, len(rows) + 2)
    rows["dossier_code"] = [make.code(number) for number in range(len(rows))]
    rows["owner_hash"] = rows["dossier_code"]
    few = rows.index % 100 == 0
    rows.loc[few, "finished_at"] = pd.Timestamp("2017-12-15 09:00")
    verdict = judge({"dossier": rows}, make.context())
    assert make.failed(verdict)["DQ-DT-11"] == 1_000
    assert len(verdict.accepted["dossier"]) == 99_000
