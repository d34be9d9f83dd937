"""What the step models mean, on small desks whose figures were worked out by hand.

December 2017: 4-8 and 11-15 are working weeks. A day has 28,800 seconds of office time: 07:00-11:30, 13:30-17:00.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from domain.calendar import default_calendar
from tests.warehouse.waiting_oracle import CAUSES, Oracle, random_desks
from warehouse import Warehouse
from warehouse.build import CONSTANTS
from warehouse.compare import differences

AS_OF = date(2017, 12, 15)
DAY, HOUR = 28_800, 3_600
Row = dict[str, Any]


def build(warehouse: Warehouse, given: Any, steps: list[Row], as_of: date = AS_OF, **more: Any) -> None:
    """One slice with a dossier for each code the steps name; `dossiers` gives what a dossier has beside."""
    values = more.pop("dossiers", {})
    codes = dict.fromkeys(row["dossier_code"] for row in steps)
    rows = [given.dossier(code, **({"received_at": "2017-12-01 08:00"} | values.get(code, {}))) for code in codes]
    warehouse.replace_slice(given.slice("U1", "2017-12-15", rows, steps=steps, **more))
    warehouse.build_models(as_of)


def sign(given: Any) -> Callable[..., Row]:
    """A step of officer A: (dossier, arrived, finished), in December."""

    def made(code: str, arrived: str | None, finished: str | None, no: int = 1, **values: Any) -> Row:
        instants = [day and f"2017-12-{day}" for day in (arrived, finished)]
        started = values.pop("started", None)
        row = given.step(code, no, *instants, staff_code="A") | values
        return row | {"started_at": pd.Timestamp(f"2017-12-{started}") if started else pd.NaT}

    return made


def waits(warehouse: Warehouse, step_no: int = 1) -> dict[str, dict[str, int]]:
    """dossier -> what its waiting was made of, without the causes that took nothing."""
    steps = warehouse.read_table("step_time").merge(
        warehouse.read_table("step_wait").drop(columns="work_s"), on=["desk_no", "job_no"], validate="one_to_one"
    )
    steps = steps[steps["step_no"] == step_no].set_index("dossier_id")
    names = ["waiting_s", *CAUSES]
    return {
        str(code): {name.removesuffix("_s"): int(row[name]) for name in names if row[name]}
        for code, row in steps.iterrows()
    }


def test_first_come_first_served(duck: Warehouse, given: Any) -> None:
    step = sign(given)
    build(
        duck,
        given,
        [
            step("D1", "04 07:00", "04 08:00"),
            step("D2", "04 07:10", "04 09:00"),
            step("D3", "04 07:20", "04 10:00"),
        ],
    )
    assert waits(duck) == {
        "D1": {},
        "D2": {"waiting": 3_000, "contention": 3_000},  # while D1 was worked on: 07:10 to 08:00
        "D3": {"waiting": 6_000, "contention": 6_000},
    }
    (row,) = duck.read_table("waiting_count").to_dict("records")
    assert row == {"unit_code": "U1", "proc_core": "1.000001", "from_office": "", "from_task": ""} | {
        "office_code": "TNMT", "task": "Thẩm định", "end_quarter": "2017-Q4", "n": 3, "waiting_s": 9_000,
        "citizen_s": 0, "other_agency_s": 0, "unavailable_s": 0, "batching_s": 0, "prioritised_s": 0,
        "contention_s": 9_000, "rest_s": 0, "work_s": 3 * HOUR,
    }  # fmt: skip


def test_what_came_later_and_was_taken_first(duck: Warehouse, given: Any) -> None:
    step = sign(given)
    build(
        duck,
        given,
        [
            step("early", "04 08:00", "07 09:00"),
            step("late", "05 08:00", "05 10:00"),
            step("same-day", "04 09:00", "04 09:30"),  # came after it, but on its own day: that is contention
        ],
    )
    # Monday 08:00 to Thursday's opening; A did nothing on Wednesday, but works on few days: not called away
    assert waits(duck)["early"] == {
        "waiting": 7 * HOUR + 2 * DAY,
        "prioritised": 2 * HOUR,
        "contention": HOUR // 2,
        "rest": 7 * HOUR + 2 * DAY - 2 * HOUR - HOUR // 2,
    }


@pytest.mark.parametrize(("daily", "expected"), [(True, 3 * DAY), (False, 0)])
def test_an_officer_who_is_away(duck: Warehouse, given: Any, daily: bool, expected: int) -> None:
    """A works every day of the quarter but 5 to 7 December: those three are unavailability (not of a rare hand)."""
    days = [day for day in pd.bdate_range("2017-10-02", "2017-12-15") if day.date() not in _AWAY]
    steps = [
        given.step(f"N{day:%m%d}", 1, day + pd.Timedelta(hours=7), day + pd.Timedelta(hours=7.5), staff_code="A")
        for day in (days if daily else days[-6:])
    ]
    build(duck, given, [*steps, sign(given)("D", "04 16:00", "08 08:00")])
    found = waits(duck)["D"]
    assert found.pop("unavailable", 0) == expected
    assert found == {  # to 08/12 07:30, when A was through with that morning's dossier
        "waiting": HOUR + 3 * DAY + HOUR // 2,
        "contention": HOUR // 2,
        "rest": HOUR + 3 * DAY - expected,
    }


_AWAY = {date(2017, 12, 5), date(2017, 12, 6), date(2017, 12, 7)}


@pytest.mark.parametrize(("third", "is_batch"), [("05 10:01:20", True), ("05 10:01:31", False)])
def test_a_batch_signed_in_one_go(duck: Warehouse, given: Any, third: str, is_batch: bool) -> None:
    """Each at most a minute after the one before: a batch. Two alone are none."""
    step = sign(given)
    build(
        duck,
        given,
        [
            step("D1", "04 14:00", "05 10:00:00"),
            step("D2", "05 08:00", "05 10:00:30"),
            step("D3", "05 09:00", third),
        ],
    )
    last = {"waiting": HOUR + 30, "contention": HOUR + 30}
    if is_batch:  # ready when D3 had come, at 09:00
        assert waits(duck) == {
            "D1": {"waiting": 3 * HOUR, "batching": 3 * HOUR},  # to Tuesday's opening, when work could begin
            "D2": {"waiting": 2 * HOUR, "batching": HOUR, "contention": HOUR},
            "D3": last,
        }
    else:
        assert waits(duck) == {
            "D1": {"waiting": 3 * HOUR, "rest": 3 * HOUR},
            "D2": {"waiting": 2 * HOUR, "contention": 2 * HOUR},
            "D3": last,
        }


def test_a_stop_inside_the_wait_is_the_citizens(duck: Warehouse, given: Any) -> None:
    pauses = [
        given.pause("whole-days", 1, "2017-12-05 07:00", "2017-12-07 07:00"),
        given.pause("last-day", 1, "2017-12-05 07:00", "2017-12-08 08:00"),
        given.pause("at-work", 1, "2017-12-05 07:00", "2017-12-06 07:00"),
        given.pause("still-on", 1, "2017-12-08 08:00", "2017-12-12 08:00"),
    ]
    codes = ["whole-days", "last-day", "still-on"]
    steps = [sign(given)(code, "04 07:00", "08 09:00", staff_code=code) for code in codes]
    steps.append(sign(given)("at-work", "04 07:00", "06 09:00", started="04 08:00"))
    build(duck, given, steps, pauses=pauses)
    assert waits(duck) == {
        "whole-days": {"waiting": 4 * DAY, "citizen": 2 * DAY, "rest": 2 * DAY},
        "last-day": {"waiting": 4 * DAY + HOUR, "citizen": 3 * DAY + HOUR, "rest": DAY},  # begun after the stop
        "at-work": {"waiting": HOUR, "rest": HOUR},
        "still-on": {"waiting": 4 * DAY, "rest": 4 * DAY},  # asked for on the day it was handed on
    }
    found = duck.read_table("step_time").set_index("dossier_id")
    assert found["work_s"].to_dict() == {
        "whole-days": 2 * HOUR,
        "last-day": HOUR,
        "at-work": 7 * HOUR + 2 * HOUR,  # Monday from 08:00 and Wednesday's morning
        "still-on": HOUR,
    }
    assert found.loc["at-work", "service_s"] == 2 * HOUR  # the desk is not thought busy before the stop ended


def test_a_step_at_another_agency(duck: Warehouse, given: Any) -> None:
    steps = given.dimensions["procedure_step"]
    tax = steps.assign(step_no=2, agency="Chi cục thuế")
    duck.replace_dimensions({"procedure_step": pd.concat([steps.assign(agency=""), tax], ignore_index=True)})
    step = sign(given)
    build(
        duck,
        given,
        [step("D1", "04 07:00", "04 08:00"), step("D1", "04 08:00", "07 09:00", no=2, office_code="THUE")],
        pauses=[given.pause("D1", 1, "2017-12-05 07:00", "2017-12-06 07:00")],
    )
    assert waits(duck)["D1"] == {}
    assert waits(duck, 2)["D1"] == {
        "waiting": 8 * HOUR - HOUR + 2 * DAY,
        "citizen": DAY,
        "other_agency": 8 * HOUR - HOUR + DAY,
    }
    row = duck.read_table("waiting_count").query("office_code == 'THUE'").iloc[0]
    assert (row["from_office"], row["from_task"], row["other_agency_s"]) == ("TNMT", "Thẩm định", 7 * HOUR + DAY)


def test_jobs_that_overlap_are_counted_once(duck: Warehouse, given: Any) -> None:
    """Where the source says when work began, two dossiers may be worked on at a time."""
    step = sign(given)
    build(
        duck,
        given,
        [
            step("D1", "04 07:00", "04 10:00", started="04 07:00"),
            step("D2", "04 07:00", "04 11:00", started="04 09:00"),
            step("D3", "04 08:00", "04 11:30", started="04 09:30"),
        ],
    )
    assert waits(duck) == {
        "D1": {},
        "D2": {"waiting": 2 * HOUR, "contention": 2 * HOUR},
        "D3": {"waiting": HOUR * 3 // 2, "contention": HOUR * 3 // 2},  # D1 was still running when D3 began
    }
    found = duck.read_table("step_time").set_index("dossier_id")
    assert found["work_s"].to_dict() == {"D1": 3 * HOUR, "D2": 2 * HOUR, "D3": 2 * HOUR}
    assert found["service_s"].to_dict() == {"D1": 3 * HOUR, "D2": HOUR, "D3": HOUR // 2}


def test_a_log_of_finishes_only(duck: Warehouse, given: Any) -> None:
    """What a foreign permit log has: a step can begin when the one before was finished, the first at receipt."""
    step = sign(given)
    build(
        duck,
        given,
        [
            step("D1", None, "04 10:00", task="Tiếp nhận"),
            step("D1", None, "05 09:00", no=2),
            step("D1", None, "16 09:00", no=3),  # after as_of: not yet a step
            step("D1", None, None, no=4),
        ],
        dossiers={"D1": {"received_at": "2017-12-04 09:00", "due_at": "2017-12-12 17:00"}},
    )
    found = duck.read_table("step_time")
    assert found["step_no"].tolist() == [1, 2]
    assert found["enabled_at"].tolist() == [pd.Timestamp("2017-12-04 09:00"), pd.Timestamp("2017-12-04 10:00")]
    assert found["prev_task"].tolist() == ["", "Tiếp nhận"]
    assert found[["is_first", "is_last", "is_open"]].to_numpy().tolist() == [
        [True, False, False],
        [False, True, False],
    ]
    assert waits(duck, 1) == {"D1": {}}
    assert waits(duck, 2) == {"D1": {"waiting": 5 * HOUR, "rest": 5 * HOUR}}
    late = duck.read_table("late_list").iloc[0]
    assert (late["dossier_code"], late["current_step"]) == ("D1", "Thẩm định")


def test_steps_out_of_order_and_out_of_hours(duck: Warehouse, given: Any) -> None:
    step = sign(given)
    build(
        duck,
        given,
        [
            step("back", "06 08:00", "05 08:00"),  # finished before it came
            step("night", "04 20:00", "05 22:00", staff_code="B"),
            step("saturday", "06 16:00", "09 10:00", staff_code="C"),
            step("no-desk", "04 08:00", "04 09:00", office_code=None, staff_code=None),
            step("no-desk", "04 09:00", "04 11:00", no=2, office_code=None, staff_code=None, started="04 10:00"),
            step("1911", "04 08:00", "04 09:00", staff_code="D", arrived_at=pd.Timestamp("1911-12-04 08:00")),
        ],
    )
    assert waits(duck, 1) == {
        "back": {},
        "night": {},  # B began at Tuesday's opening, when no office time had passed
        "saturday": {"waiting": HOUR + 2 * DAY, "rest": HOUR + 2 * DAY},  # Thursday and Friday have passed
    }
    assert waits(duck, 2) == {"no-desk": {"waiting": HOUR, "rest": HOUR}}  # who else was served, nobody can say
    times = duck.read_table("step_time").set_index(["dossier_id", "step_no"])
    assert times.loc[("night", 1), "work_s"] == DAY
    assert pd.isna(times.loc[("no-desk", 1), "started_w"])
    assert pd.isna(times.loc[("1911", 1), "enabled_w"])
    assert times.loc[("back", 1), "elapsed_half_days"] == 0
    assert duck.read_table("desk_week")["backlog"].min() >= 0


def test_marks(duck: Warehouse, given: Any) -> None:
    step = sign(given)
    rows = [
        step("D1", "04 08:00:00.2", "04 08:00:00.9"),  # in the second it came
        step("D1", "04 08:00", "05 09:00:00.1", no=2),
        step("D1", "05 09:00", "06 10:00", no=3),
        step("D1", "05 09:00", "05 09:00:00.8", no=4),  # in the second of step 2
        step("D1", "05 09:00", None, no=5),
        step("D2", "04 08:00", "05 00:00"),
        step("D2", "06 00:00", "06 09:00", no=2),
        step("D2", "06 09:00", "06 09:00:01", no=3),
        step("D3", "04 08:00", "06 10:00"),  # the second of another dossier's step is no matter
    ]
    build(duck, given, rows)
    times = duck.read_table("step_time")
    marks = {code: group["mark"].tolist() for code, group in times.groupby("dossier_id")}
    assert marks == {
        "D1": ["SAME_SECOND", "SAME_SECOND", "", "SAME_SECOND", ""],
        "D2": ["MIDNIGHT", "MIDNIGHT", ""],
        "D3": [""],
    }
    counts = duck.read_table("step_count").groupby("mark")["n"].sum()
    assert counts.to_dict() == {"": 4, "SAME_SECOND": 3, "MIDNIGHT": 2}
    assert duck.read_table("waiting_count")["n"].sum() == 3  # good and finished
    usable = duck.read_table("transition_count").groupby(["edge", "is_usable"])["n"].sum()
    assert usable.to_dict() == {
        ("START", False): 2,
        ("START", True): 1,
        ("BETWEEN", False): 6,  # not even D1's 4th to 5th: the 4th is marked
        ("END", False): 2,
        ("END", True): 1,
    }
    unfinished = times[times["is_open"]].iloc[0]
    assert (unfinished["mark"], pd.isna(unfinished["started_w"])) == ("", True)
    assert unfinished["stamp_at"] == pd.Timestamp("2017-12-05 09:00")


def test_transitions(duck: Warehouse, given: Any) -> None:
    step = sign(given)
    rows = []
    for code, second in (("D1", "05 09:00:01.500"), ("D2", "04 10:00:02")):
        rows += [
            step(code, None, "04 09:00:00", task="Tiếp nhận", office_code="MC"),
            step(code, None, second, no=2),
        ]
    rows += [step("D3", None, "04 10:00"), step("D3", None, "04 09:00", no=2)]  # not in order
    build(duck, given, rows, dossiers={code: {"received_at": "2017-12-04 08:00"} for code in ("D1", "D2", "D3")})
    counts = duck.read_table("transition_count")
    keys = ["from_office", "from_task", "to_office", "to_task"]
    names = ["is_usable", "n", "seconds", "seconds_squared", "least", "most", "work_seconds", "end_quarter"]
    hour, day = 3602.0, 86401.5

    def rows_of(edge: str, **where: str) -> list[list[Any]]:
        found = counts[counts["edge"] == edge]
        for name, value in where.items():
            found = found[found[name] == value]
        return found[[*keys, *names]].to_numpy().tolist()

    first, second = ["MC", "Tiếp nhận"], ["TNMT", "Thẩm định"]
    assert rows_of("START", to_office="MC") == [
        ["", "", *first, True, 2, 7200.0, 2 * 3600.0**2, 3600.0, 3600.0, 7200, "2017-Q4"]
    ]
    assert rows_of("BETWEEN", from_office="MC") == [
        [*first, *second, True, 1, hour, hour**2, hour, hour, 3602, "2017-Q4"],
        [*first, *second, True, 1, day, day**2, day, day, 28_801, "2017-Q4"],
    ]
    assert rows_of("BETWEEN", from_office="TNMT") == [[*second, *second, False, 1, 0.0, 0.0, 0.0, 0.0, 0, "2017-Q4"]]
    # D3 took an hour from its first to its last stamp: the bin of D2
    assert [row[5:7] for row in rows_of("END")] == [[2, hour + 3600.0], [1, day]]
    assert {tuple(row[:4]) for row in rows_of("END")} == {("", second[1], "", "")}
    assert counts.groupby("edge")["n"].sum().to_dict() == {"START": 3, "BETWEEN": 3, "END": 3}
    bins = counts[counts["edge"] == "BETWEEN"].set_index("most")["time_bin"].to_dict()
    assert bins == {0.0: 0, hour: 262, day: 363}  # 32 ln(3603) = 262.06; 32 ln(86402.5) = 363.73


def test_work_of_a_desk_by_week(duck: Warehouse, given: Any) -> None:
    """November's last weeks to 15 December: arrivals, ends, what is left; nobody ends what was never begun."""
    day = pd.Timestamp
    rows = [
        given.step("D1", 1, "2017-11-21 08:00", "2017-11-22 08:00", staff_code="A"),
        given.step("D2", 1, "2017-11-21 08:00", "2017-12-05 09:00", staff_code="A"),
        given.step("D3", 1, "2017-12-04 08:00", "2017-12-05 10:00", staff_code="B"),
        given.step("D4", 1, "2017-12-04 08:00", staff_code="B"),
        given.step("D5", 1, "2017-12-04 08:00", staff_code="B"),  # ends with its dossier
        given.step("D6", 1, "2017-12-13 08:00", "2017-12-18 08:00", staff_code="B"),  # after as_of
        given.step("D7", 1, "2017-12-13 08:00", "2017-12-13 10:00", office_code="KT"),
    ]
    dossiers = {"D5": {"status": 8, "finished_at": "2017-12-12 10:00"}}
    dossiers |= {code: {"received_at": "2017-11-20 08:00"} for code in ("D1", "D2")}
    build(duck, given, rows, dossiers=dossiers)
    weeks = duck.read_table("desk_week")
    ours = weeks[weeks["office_code"] == "TNMT"].drop(columns=["unit_code", "office_code"])
    assert ours.to_numpy().tolist() == [
        [day("2017-11-20").date(), 2, 1, 1, HOUR, 1, 5 * DAY],
        [day("2017-11-27").date(), 0, 0, 1, 0, 1, 5 * DAY],
        [day("2017-12-04").date(), 3, 2, 2, 2 * HOUR + 3 * HOUR, 2, 10 * DAY],  # each from the opening
        [day("2017-12-11").date(), 1, 1, 2, 0, 1, 5 * DAY],
    ]
    assert weeks[weeks["office_code"] == "KT"][["week", "backlog"]].to_numpy().tolist() == [
        [day("2017-12-11").date(), 0]
    ]
    opens = duck.read_table("step_time")["is_open"].sum()
    assert weeks.groupby("office_code")["backlog"].last().sum() == opens == 2


def test_the_constants_are_in_the_warehouse(duck: Warehouse, given: Any) -> None:
    build(duck, given, [sign(given)("D1", "04 08:00", None)])
    row = duck.read_table("model_parameter").iloc[0]
    expected = {"regular_share": 0.6, "batch_seconds": 60, "batch_least": 3, "journey_days": 30, "journey_most": 52}
    expected |= {"volume_least": 10, "volume_share": 0.42, "volume_z": 2.5, "volume_z_sum": 3.0, "volume_long_off": 5}
    expected |= {"volume_days": 182, "shrink_share": 0.1}
    assert {name: row[name] for name in CONSTANTS} == expected


@pytest.fixture
def both(
    new_duckdb: Callable[[], str], new_postgres: Callable[[], str], given: Any
) -> Callable[..., tuple[Warehouse, Warehouse]]:
    """Makes a warehouse of each kind with the same random desks."""

    def made(seed: int, with_starts: bool) -> tuple[Warehouse, Warehouse]:
        pair = Warehouse.open(new_duckdb()), Warehouse.open(new_postgres())
        rows, steps, pauses = random_desks(given, seed, with_starts=with_starts)
        dimensions = given.dimensions
        agency = {"proc_core": "1.000001", "valid_from": date(2016, 1, 1), "step_no": 4, "agency": "Thuế"}
        dimensions["procedure_step"] = pd.concat([dimensions["procedure_step"], pd.DataFrame([agency])])
        for warehouse in pair:
            warehouse.migrate()
            warehouse.replace_dimensions(dimensions)
            warehouse.replace_slice(given.slice("U1", "2017-12-29", rows, steps=steps, pauses=pauses))
            warehouse.build_models(date(2017, 12, 29))
        return pair

    return made


@pytest.mark.parametrize(("seed", "with_starts"), [(1, False), (2, True)])
def test_every_wait_is_what_counting_one_by_one_gives(
    both: Callable[..., tuple[Warehouse, Warehouse]], seed: int, with_starts: bool
) -> None:
    """On 300 dossiers of few busy desks: both databases, and a plain loop over the steps, say the same."""
    duckdb, postgres = both(seed, with_starts)
    with duckdb, postgres:
        names = ["step_time", "step_wait", "waiting_count", "transition_count", "desk_week", "step_count"]
        tables = {name: duckdb.read_table(name) for name in names}
        assert differences(tables, {name: postgres.read_table(name) for name in names}) == []
    calendar = default_calendar(date(2016, 1, 1), date(2018, 12, 31))
    oracle = Oracle(tables["step_time"], calendar, date(2017, 12, 29))
    waiting = tables["step_time"].merge(tables["step_wait"], on=["desk_no", "job_no"], validate="one_to_one")
    assert len(waiting) > 800
    assert (waiting[CAUSES] >= 0).all().all()
    assert (waiting[CAUSES].sum(axis=1) == waiting["waiting_s"]).all()
    assert (waiting[CAUSES].sum() > 0).all()  # every cause is there to be wrong about
    for row in waiting.to_dict("records"):
        expected = oracle.causes(row)
        assert {name: row[name] for name in CAUSES} == expected, (row["dossier_id"], row["step_no"])
    jobs = tables["step_time"].query("desk_no > 0 and service_s > 0").sort_values(["desk_no", "job_no"])
    before = jobs.groupby("desk_no")["finished_w"].shift()
    assert (jobs["finished_w"] - jobs["service_s"] >= before.fillna(0)).all()  # a desk's service never overlaps
    counts = tables["waiting_count"]
    assert (counts[CAUSES].sum(axis=1) == counts["waiting_s"]).all()
    assert counts["n"].sum() == len(waiting)
    edges = tables["transition_count"].groupby("edge")["n"].sum()
    steps = tables["step_time"]
    assert edges["START"] == edges["END"] == steps["dossier_id"].nunique()
    assert edges["BETWEEN"] == len(steps) - edges["START"]
    weeks = tables["desk_week"]
    last = weeks.groupby(["unit_code", "office_code"])["backlog"].last()
    opens = steps[steps["is_open"]].groupby(["unit_code", "office_code"]).size()
    assert last[last > 0].to_dict() == opens.to_dict()
    assert (weeks["backlog"] >= 0).all()
