"""What a plan plants is there, and its clean decoys only look slow: measured on the cases, with all known of them."""

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from statistics import mean

import pytest

from domain.errors import KnownError
from pipelines.simulator import simulate
from pipelines.simulator.plan import COUNTER, Plan
from pipelines.simulator.run import simulated_cases
from pipelines.simulator.world import COMMUNE_SHARES, read_world

pytestmark = pytest.mark.slow

SITE = Path(__file__).resolve().parents[2] / "sites" / "dak_glong"
SLOW = ("2.000635", "9.003206")
PLANTED = Plan.clean(
    slow_unit="DG-DH", slow_office="TNMT", from_month=10, staff_kept=0.4, slow_procedures=SLOW,
    hard_unit="DG-DS", tiny_unit="DG-DP", tiny_dossiers=14, tiny_late=5, busy_office="TP", busy_factor=2.0,
)  # fmt: skip
AUTUMN = datetime(2017, 10, 1)


@pytest.fixture(scope="module")
def worlds():
    """World and cases with nothing planted, and with all of it."""
    found = {}
    for name, plan in (("clean", Plan.clean()), ("planted", PLANTED)):
        world = read_world(SITE, 2017, plan)
        found[name] = world, simulated_cases(world, scale=1.0, year=2017, seed=3)[0]
    return found


def _days(world, cases, keep):
    """Mean working days of finished dossiers without pauses, by procedure."""
    found = defaultdict(list)
    for case in cases:
        if case.finished_at and not case.pauses and keep(case):
            found[case.proc_core].append(
                world.calendar.working_days_between(case.received_at.date(), case.finished_at.date())
            )
    return {core: mean(days) for core, days in found.items() if len(days) >= 15}


def _ratio(one, other):
    """Mean over procedures both know of one's mean time to the other's."""
    both = sorted(core for core in one if other.get(core))
    assert len(both) >= 3
    return mean(one[core] for core in both) / mean(other[core] for core in both)


def _step_days(world, cases, office, since, before=datetime.max):
    return mean(
        world.calendar.working_days_between(step.arrived_at.date(), step.finished_at.date())
        for case in cases
        if case.unit_code == COUNTER
        for step in case.steps
        if step.office_code == office and step.started_at and step.finished_at and since <= step.arrived_at < before
    )


def test_the_usual_plan_is_that_of_the_file():
    usual = Plan.usual()
    assert read_world(SITE, 2017).plan == usual
    assert usual.truth() == {
        "slow_unit": "DG-QS",
        "slow_step": {"unit": "DG-VPDK", "office": "VPDK", "from_month": 10, "staff_kept": 0.5},
    }
    assert Plan.usual(slow_unit="DG-DH").slow_unit == "DG-DH"
    assert Plan.clean().truth() == {"slow_unit": ""}


def test_the_slow_commune_is_slow_in_what_it_does(worlds):
    world, cases = worlds["planted"]
    own = _days(world, cases, lambda c: c.unit_code == "DG-DH" and c.proc_core not in SLOW)
    others = _days(world, cases, lambda c: c.unit_code in {"DG-QK", "DG-QS", "DG-QH"} and c.proc_core not in SLOW)
    assert _ratio(own, others) > 1.3


def test_slow_procedures_are_slow_everywhere_and_others_are_not(worlds):
    (world, clean), (_, cases) = worlds["clean"], worlds["planted"]
    for unit in ("DG-QK", "DG-QS", "DG-QH"):
        now, before = (_days(world, rows, lambda c, u=unit: c.unit_code == u) for rows in (cases, clean))
        for core in set(SLOW) & set(now) & set(before):
            assert now[core] > 1.5 * before[core]
        rest = [{k: v for k, v in days.items() if k not in SLOW} for days in (now, before)]
        assert 0.85 < _ratio(*rest) < 1.15


def test_the_hard_commune_works_at_the_usual_pace(worlds):
    world, cases = worlds["planted"]
    own = [case for case in cases if case.unit_code == "DG-DS"]
    assert 0.6 < mean(case.proc_core in SLOW for case in own) < 0.75
    share_of_others = mean(case.proc_core in SLOW for case in cases if case.unit_code == "DG-QK")
    assert share_of_others < 0.25
    here = _days(world, cases, lambda c: c.unit_code == "DG-DS")
    others = _days(world, cases, lambda c: c.unit_code in {"DG-QK", "DG-QS", "DG-QH"})
    assert 0.85 < _ratio(here, others) < 1.15


def test_the_tiny_commune_has_few_dossiers_some_of_them_late(worlds):
    _, cases = worlds["planted"]
    own = [case for case in cases if case.unit_code == "DG-DP"]
    assert len(own) == 14
    late = [case for case in own if case.finished_at and case.finished_at.date() > case.final_due_at.date()]
    assert 3 <= len(late) <= 7


def test_the_busy_office_has_twice_the_work_and_the_staff_for_it(worlds):
    (world, clean), (_, cases) = worlds["clean"], worlds["planted"]
    arrived = [sum(s.office_code == "TP" for c in rows for s in c.steps) for rows in (clean, cases)]
    assert arrived[1] > 1.6 * arrived[0]
    assert _step_days(world, cases, "TP", AUTUMN) < 1.25 * _step_days(world, clean, "TP", AUTUMN)


def test_the_office_that_loses_staff_is_slow_from_then_on(worlds):
    (world, clean), (_, cases) = worlds["clean"], worlds["planted"]
    summer = datetime(2017, 6, 1)
    before = [_step_days(world, rows, "TNMT", summer, datetime(2017, 9, 1)) for rows in (clean, cases)]
    after = [_step_days(world, rows, "TNMT", AUTUMN) for rows in (clean, cases)]
    assert before[1] < 1.25 * before[0]
    assert after[1] > 2 * after[0]


def test_without_plants_all_communes_are_alike(worlds):
    world, cases = worlds["clean"]
    everyone = _days(world, cases, lambda c: c.unit_code in COMMUNE_SHARES)
    for unit in COMMUNE_SHARES:
        assert 0.8 < _ratio(_days(world, cases, lambda c, u=unit: c.unit_code == u), everyone) < 1.2


def test_the_truth_file_names_what_is_planted(tmp_path):
    simulate(SITE, tmp_path / "inbox", tmp_path / "truth.json", scale=0.1, plan=PLANTED)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert truth["slow_unit"] == "DG-DH"
    assert truth["slow_step"] == {"unit": COUNTER, "office": "TNMT", "from_month": 10, "staff_kept": 0.4}
    assert truth["slow_procedures"] == sorted(SLOW)
    assert truth["clean_decoys"] == {
        "hard_unit": {"hard_unit": "DG-DS", "hard_share": 0.7},
        "tiny_unit": {"tiny_unit": "DG-DP", "tiny_dossiers": 14, "tiny_late": 5},
        "busy_office": {"busy_office": "TP", "busy_factor": 2.0},
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"slow_unit": "DG-XX"},
        {"slow_office": "XX"},
        {"slow_procedures": ("0.000000",)},
        {"slow_unit": "DG-DH", "tiny_unit": "DG-DH"},
        {"slow_office": "TP", "busy_office": "TP"},
    ],
)
def test_a_plan_that_cannot_be_is_a_known_error(wrong):
    with pytest.raises(KnownError, match="E-SIMULATOR-PLAN"):
        read_world(SITE, 2017, Plan.clean(**wrong))
