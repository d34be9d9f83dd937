"""The queues are true to life: nobody is served before coming, no officer does two things at once."""

from collections import defaultdict
from datetime import date, time
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.simulator.run import simulated_cases
from pipelines.simulator.world import read_world

SITE = Path(__file__).resolve().parents[2] / "sites" / "dak_glong"


@pytest.fixture(scope="module")
def cases():
    return simulated_cases(read_world(SITE, 2017), scale=0.3, year=2017, seed=5)[0]


def test_no_officer_works_on_two_dossiers_at_once(cases):
    spells = defaultdict(list)
    for case in cases:
        for step in case.steps:
            if step.started_at and step.finished_at:
                assert step.staff
                spells[case.unit_code, step.staff].append((step.started_at, step.finished_at))
    assert len(spells) > 20
    for own in spells.values():
        own.sort()
        assert all(before[1] <= after[0] for before, after in pairwise(own))


def test_steps_follow_each_other_and_lie_within_the_dossier(cases):
    for case in cases:
        assert case.entered_at >= case.received_at
        moment = case.received_at
        for step in case.steps:
            assert step.arrived_at >= moment
            if step.started_at:
                assert step.started_at >= step.arrived_at
            if step.finished_at:
                assert step.finished_at >= (step.started_at or step.arrived_at)
                moment = step.finished_at
        if case.finished_at:
            assert case.finished_at >= moment
            assert all(step.finished_at for step in case.steps)
        if case.returned_at:
            assert case.returned_at >= case.finished_at


def test_pauses_do_not_overlap_and_move_the_due_date_forward(cases):
    paused = [case for case in cases if case.pauses]
    assert len(paused) > 100
    for case in paused:
        due = case.due_at
        for pause, after in zip(case.pauses, [*case.pauses[1:], None], strict=True):
            assert pause.old_due_at == due
            if pause.ended_at:
                assert pause.new_due_at >= due
                due = pause.new_due_at
            if after:
                assert pause.ended_at <= after.started_at
        assert case.final_due_at == due


def test_work_is_done_in_office_hours_on_working_days(cases):
    holidays = {
        date(2017, 1, 2),
        date(2017, 1, 26),
        date(2017, 1, 30),
        date(2017, 4, 6),
        date(2017, 5, 2),
        date(2017, 9, 4),
    }
    for case in cases:
        for step in case.steps:
            for at in (step.started_at, step.finished_at):
                if at:
                    assert at.weekday() < 5
                    assert at.date() not in holidays
                    assert time(7) <= at.time() < time(11, 30) or time(13, 30) <= at.time() < time(17)


def test_arrivals_have_a_season(cases):
    by_day = defaultdict(int)
    for case in cases:
        by_day[case.received_at.date()] += 1
    before_tet = [by_day[date(2017, 1, day)] for day in range(16, 26) if date(2017, 1, day).weekday() < 5]
    after_tet = [by_day[date(2017, 2, day)] for day in range(2, 18) if date(2017, 2, day).weekday() < 5]
    assert sum(after_tet) / len(after_tet) > 1.8 * sum(before_tet) / len(before_tet)
    mondays = [n for day, n in by_day.items() if day.weekday() == 0]
    fridays = [n for day, n in by_day.items() if day.weekday() == 4]
    assert sum(mondays) / len(mondays) > 1.2 * sum(fridays) / len(fridays)
