"""The parts of the simulator on one or two dossiers made by hand: time, queues, views, files, what is planted."""

import json
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from domain.status import Status
from pipelines.simulator.arrivals import day_weights, give_codes, refusal_reason
from pipelines.simulator.calibrate import Totals, totals
from pipelines.simulator.case import FINANCIAL, SUPPLEMENT, Case, PauseRun, StepRun
from pipelines.simulator.catalogue_parts import TAX_PLANNED_DAYS, Maker, bare_title, spin
from pipelines.simulator.engine import Engine
from pipelines.simulator.hand_in import build_hand_ins, nights_of
from pipelines.simulator.measure import measured_offices, measured_procedures
from pipelines.simulator.people import Person, made_up_people
from pipelines.simulator.plan import COUNTER, Plan
from pipelines.simulator.plant_cases import plant_cases
from pipelines.simulator.plant_moves import plant_moves
from pipelines.simulator.plant_rows import DUE_FIRST, THIRTY_FIRST, spoil_from
from pipelines.simulator.timeline import DAY_MINUTES, Timeline
from pipelines.simulator.truth import BadRow, Truth
from pipelines.simulator.view import Extract, leg_extract, record_of, status_at, watches
from pipelines.simulator.world import World, read_world
from pipelines.simulator.writers import write_extract

REPO = Path(__file__).resolve().parents[2]
SOMEONE = Person(name="Nguyễn Văn Thử", id_no="000170000001", phone="0900000001", address="Thôn 1")
COMMUNE = "DG-QK"


@pytest.fixture(scope="module")
def world() -> World:
    return read_world(REPO / "sites" / "dak_glong", 2017, Plan.clean())


def case(world: World, number: int = 1, unit: str = COUNTER, **changes: object) -> Case:
    """Received and entered on Monday 11/12/2017, due on the 22nd, still open."""
    level = "XA" if unit == COMMUNE else "HUYEN"
    core = next(p.core for p in world.of_level(level) if p.limit.unit == "WORKING_DAY")
    facts: dict[str, object] = {
        "proc_core": core,
        "received_at": datetime(2017, 12, 11, 8),
        "entered_at": datetime(2017, 12, 11, 8, 5),
        "due_at": datetime(2017, 12, 22, 17),
        "channel": 1,
        "person": SOMEONE,
        "code": f"000.00.26.H16-171211-{number:04d}",
    }
    return Case(number=number, unit_code=unit, **(facts | changes))


def pause(kind: str, start: datetime, end: datetime | None, due: datetime | None = None) -> PauseRun:
    return PauseRun(
        pause_no=1, kind=kind, started_at=start, reason="", old_due_at=datetime(2017, 12, 22, 17),
        ended_at=end, new_due_at=due,
    )  # fmt: skip


def test_office_minutes_and_the_clock_on_the_wall(world: World) -> None:
    # 2017 begins with a holiday on Monday the 2nd: Tuesday the 3rd is the first working day.
    timeline = Timeline.build(world.calendar, date(2017, 1, 1), date(2017, 1, 8))
    assert [day.day for day in timeline.days] == [3, 4, 5, 6]
    assert timeline.end == 4 * DAY_MINUTES
    told = {0: (3, 7, 0), 269: (3, 11, 29), 270: (3, 13, 30), 479: (3, 16, 59), 480: (4, 7, 0)}
    for minute, (day, hour, minutes) in told.items():
        assert timeline.instant(minute) == datetime(2017, 1, day, hour, minutes)
    assert (timeline.opening(date(2017, 1, 4)), timeline.closing(date(2017, 1, 4))) == (480, 960)
    assert timeline.opening(date(2017, 1, 7)) == timeline.end, "nothing opens after Friday"
    assert timeline.day(959.9) == date(2017, 1, 4)


def test_people_can_be_nobody() -> None:
    people = made_up_people(np.random.default_rng(1), 50, [2] * 50, first=7)
    assert [people[0].id_no, people[49].id_no] == ["000170000007", "000170000056"]
    assert [people[0].phone, people[49].phone] == ["0900000007", "0900000056"]
    assert all("xã Đắk Ha," in person.address for person in people)
    assert people == made_up_people(np.random.default_rng(1), 50, [2] * 50, first=7)


def test_mondays_are_busy_and_the_days_before_tet_are_not(world: World) -> None:
    timeline = Timeline.build(world.calendar, date(2017, 1, 1), date(2017, 2, 28))
    weights = dict(zip(timeline.days, day_weights(timeline, {2017: date(2017, 1, 28)}), strict=True))
    assert sum(weights.values()) == pytest.approx(1)
    assert weights[date(2017, 1, 9)] / weights[date(2017, 1, 13)] == pytest.approx(1.28 / 0.84)  # Monday, Friday
    # 12 days before Tết and on: 0.55 times; in the 25 days after it 1.45 times (and February 1.0 to January's 0.85).
    assert weights[date(2017, 1, 16)] / weights[date(2017, 1, 9)] == pytest.approx(0.55)
    assert weights[date(2017, 2, 6)] / weights[date(2017, 1, 9)] == pytest.approx(1.45 / 0.85)
    assert refusal_reason(7) == refusal_reason(2) == "Thửa đất đang có tranh chấp"


def test_codes_run_by_unit_and_day_in_order_of_receipt(world: World) -> None:
    late, early = case(world, 1, received_at=datetime(2017, 12, 11, 9)), case(world, 2)
    other = case(world, 3, unit=COMMUNE)
    give_codes([late, early, other], world)
    assert [each.code for each in (early, late, other)] == [
        "000.00.26.H16-171211-0001", "000.00.26.H16-171211-0002", "000.01.26.H16-171211-0001",
    ]  # fmt: skip


def test_the_year_is_counted_by_date(world: World) -> None:
    due = datetime(2017, 12, 22, 17)
    ends = (datetime(2017, 12, 21, 9), datetime(2017, 12, 22, 23), datetime(2017, 12, 23), datetime(2017, 12, 28))
    done = [case(world, n, finished_at=at) for n, at in enumerate(ends, 1)]
    moved = case(world, 5, finished_at=datetime(2017, 12, 28))
    moved.pauses.append(pause(SUPPLEMENT, due, due, datetime(2017, 12, 29, 17)))
    rest = [case(world, 6), case(world, 7, refused_at=due), case(world, 8, left_at=due), case(world, 9, unit=COMMUNE)]
    assert totals([*done, moved, *rest], COUNTER) == Totals(
        received=8, not_accepted=1, eligible=6, early=2, on_time=1, late=2, open=1
    )


def test_what_was_measured_by_hand(world: World) -> None:
    # Ten working days allowed (11/12 to 25/12); 2, 4, 6, 8, 10 used; the last one waited two days for papers.
    due = datetime(2017, 12, 25, 17)
    ends = [datetime(2017, 12, day, 10) for day in (13, 15, 19, 21, 25)]
    cases = [case(world, n, due_at=due, finished_at=end) for n, end in enumerate(ends)]
    cases[-1].pauses.append(pause(SUPPLEMENT, datetime(2017, 12, 13, 9), datetime(2017, 12, 15, 9), due))
    [measured] = measured_procedures(cases, world, least=5).values()
    # Shares used: 0.2, 0.4, 0.6, 0.8, 0.8; the ninth decile of five lies between the last two.
    assert measured == {"done": 5, "late": 0, "p90_of_limit": 0.8}
    assert measured_procedures(cases, world, least=6) == {}
    step = StepRun(
        step_no=1, task="Thẩm định", office_code="TNMT", planned_days=0.5, arrived_at=ends[0], finished_at=ends[1]
    )
    cases[0].steps.append(step)
    assert measured_offices(cases, world, datetime(2017, 12, 1)) == {
        "TNMT": {"steps": 1, "mean_days": 2.0, "mean_planned": 0.5}
    }
    assert measured_offices(cases, world, datetime(2017, 12, 16)) == {}


def test_parts_of_a_procedure_add_up_to_its_limit() -> None:
    assert bare_title("Thủ tục Đăng ký khai sinh.") == "đăng ký khai sinh"
    assert spin("x", 10) == spin("x", 10) < 10
    field = {"code": "LV-DD", "office": ["TNMT", "DCXD"], "papers": ["Giấy tờ A", "Giấy tờ B", "Giấy tờ C"],
             "laws": ["Luật Đất đai", "Nghị định"]}  # fmt: skip
    maker = Maker(code="1.000001", title="Thủ tục Chuyển nhượng đất", level="HUYEN", field=field, days=10, rank=0)
    steps = maker.steps()
    assert sum(step["planned_days"] for step in steps if not step["is_paused"]) == 10
    assert [step["planned_days"] for step in steps if step["is_paused"]] == [TAX_PLANNED_DAYS]
    assert [step["step_no"] for step in steps] == list(range(1, len(steps) + 1))
    assert sum(step["planned_days"] for step in maker.steps("land10") if not step["is_paused"]) == 8
    assert maker.law()[:2] == ["Luật Đất đai", "Nghị định"]
    assert len({name for name, _, _ in maker.papers()}) == len(maker.papers()) >= 3


def test_two_dossiers_and_one_officer(world: World) -> None:
    """Nobody is served before coming, and the one officer of the counter does one after the other."""
    timeline = Timeline.build(world.calendar, date(2017, 1, 1), date(2017, 12, 31))
    both = [case(world, n, received_at=datetime(2017, 2, 6, 8, n)) for n in (1, 2)]
    Engine(world, timeline, both, scale=0.01, seed=1).run()
    planned = [step.step_no for step in world.procedures[both[0].proc_core].steps]
    for each in both:
        assert [step.step_no for step in each.steps] == planned
        assert each.finished_at == each.steps[-1].finished_at
        for step, after in zip(each.steps, each.steps[1:], strict=False):
            assert step.arrived_at <= step.started_at <= step.finished_at <= after.arrived_at
    first = sorted((each.steps[0] for each in both), key=lambda step: step.started_at)
    assert first[0].staff == first[1].staff
    assert first[1].started_at >= first[0].finished_at
    again = [case(world, n, received_at=datetime(2017, 2, 6, 8, n)) for n in (1, 2)]
    Engine(world, timeline, again, scale=0.01, seed=1).run()
    assert again == both


def test_status_of_a_dossier_at_each_moment(world: World) -> None:
    one = case(world, finished_at=datetime(2017, 12, 20, 9), returned_at=datetime(2017, 12, 21, 9))
    one.steps.append(StepRun(1, "Tiếp nhận", "MC", 0.5, one.received_at, finished_at=datetime(2017, 12, 11, 10)))
    one.pauses = [pause(FINANCIAL, datetime(2017, 12, 13), datetime(2017, 12, 15), datetime(2017, 12, 26, 17))]
    told = {
        datetime(2017, 12, 11, 9): Status.ACCEPTED,
        datetime(2017, 12, 12): Status.PROCESSING,
        datetime(2017, 12, 14): Status.FIN_OBLIGATION,
        datetime(2017, 12, 16): Status.PROCESSING,
        datetime(2017, 12, 20, 12): Status.DONE_PROCESSING,
        datetime(2017, 12, 22): Status.RETURNED,
    }
    assert {at: status_at(one, at) for at in told} == told
    assert one.final_due_at == datetime(2017, 12, 26, 17)
    before, after = (record_of(one, datetime(2017, 12, day), world) for day in (14, 16))
    assert [before["due_at"].day, after["due_at"].day] == [22, 26], "a date moves when the pause has ended"
    assert before["finished_at"] is None
    refused = case(world, refused_at=datetime(2017, 12, 12), refusal_reason="Thiếu")
    assert status_at(refused, datetime(2017, 12, 13)) == Status.NOT_ACCEPTED
    assert record_of(refused, datetime(2017, 12, 11, 12), world)["refusal_reason"] is None


def test_a_dossier_is_handed_in_when_something_changed(world: World) -> None:
    one = case(world, finished_at=datetime(2017, 12, 20, 9))
    one.steps.append(
        StepRun(1, "Đo đạc", "VPDK", 1.0, datetime(2017, 12, 12, 9), finished_at=datetime(2017, 12, 14, 9))
    )
    [watch] = watches([one])[COUNTER]
    spans = {(10, 11): False, (10, 12): True, (15, 19): False, (15, 20): False, (19, 21): True}
    for (after, upto), changed in spans.items():
        assert watch.changed(datetime(2017, 12, after), datetime(2017, 12, upto)) == changed, (after, upto)
    leg = leg_extract([watch], "VPDK", date(2017, 12, 13), datetime(2017, 12, 11))
    assert (leg.unit_code, [step["finished_at"] for step in leg.steps]) == ("DG-VPDK", [None])
    assert leg_extract([watch], "VPDK", date(2017, 12, 16), datetime(2017, 12, 15)).steps == []


def test_after_a_spoilt_night_everything_since_is_handed_in(world: World) -> None:
    # DG-QH hands in nothing on 26/12; the 27th carries both days.
    cases = [case(world, n, unit="DG-QH", entered_at=datetime(2017, 12, day, 9), code=f"C{n}")
             for n, day in enumerate((22, 25, 26, 27), 1)]  # fmt: skip
    hand_ins = build_hand_ins(cases, world, 2017)
    assert hand_ins.nights == nights_of(2017) == [date(2017, 12, day) for day in range(24, 32)]
    shown = {
        night.day: [record["dossier_code"] for record in hand_ins.extracts["DG-QH", night].dossiers]
        for night in hand_ins.nights
        if ("DG-QH", night) in hand_ins.extracts
    }
    assert shown == {24: ["C1"], 25: ["C2"], 26: ["C3"], 27: ["C3", "C4"], 28: [], 29: []}
    assert not hand_ins.is_good("DG-QH", date(2017, 12, 26))
    assert hand_ins.first_night(cases[2]) == date(2017, 12, 27)


def test_files_are_as_the_unit_file_says(world: World, tmp_path) -> None:
    unit, night = world.site.unit(COMMUNE), date(2017, 12, 26)
    record = record_of(case(world, unit=COMMUNE), datetime(2017, 12, 12), world)
    extract = Extract(unit_code=COMMUNE, night=night, dossiers=[record, record | {"due_at": "31/02/2017"}])
    places = write_extract(extract, unit, tmp_path)
    name = "2017-12-26/DG-QK/ho_so_20171226.csv"
    assert places["ho_so", id(record)] == (name, 2)
    text = (tmp_path / name).read_bytes().decode("utf-8-sig")
    heading, first, second, end = text.split("\r\n")
    assert heading.split(";")[:3] == ["STT", "Mã hồ sơ", "Mã TTHC"]
    assert first.split(";")[heading.split(";").index("Ngày hẹn trả")] == "22/12/2017 17:00"
    assert "31/02/2017" in second, "planted nonsense gets into a cell as it is"
    assert end == ""
    control = json.loads((tmp_path / "2017-12-26/DG-QK/dem_ho_so_20171226.json").read_text())
    assert control == {"dossier_count": 2}
    spoilt = {"ZERO_BYTES": b"", "TRUNCATED": text.encode("utf-8-sig")[: len(text.encode("utf-8-sig")) * 3 // 5]}
    for fault, wanted in spoilt.items():
        extract.fault = fault
        write_extract(extract, unit, tmp_path / fault)
        assert (tmp_path / fault / name).read_bytes() == wanted
    extract.fault = "MISSING"
    assert write_extract(extract, unit, tmp_path / "none") == {}


def test_a_spoilt_row_is_in_every_hand_in_until_it_is_mended(world: World) -> None:
    one = case(world, entered_at=datetime(2017, 12, 26, 9), code="C1")
    one.steps.append(StepRun(1, "Tiếp nhận", "MC", 0.5, one.entered_at, finished_at=datetime(2017, 12, 27, 9)))
    hand_ins, truth = build_hand_ins([one], world, 2017), Truth()
    spoil_from(hand_ins, truth, DUE_FIRST, one, night=date(2017, 12, 26), mended=date(2017, 12, 28))
    due = {night.day: found["due_at"] for night in hand_ins.nights if (found := hand_ins.find(COUNTER, night, "C1"))}
    wrong, right = datetime(2017, 12, 8, 17), datetime(2017, 12, 22, 17)  # three days before it was received
    assert due == {26: wrong, 27: wrong, 28: right}
    assert [(row.rule, row.night.day, row.mended_night.day) for row in truth.bad_rows] == [
        ("DQ-DT-07", 26, 28), ("DQ-DT-07", 27, 28),
    ]  # fmt: skip
    assert THIRTY_FIRST.change({}) == {"received_at": "31/02/2017 08:15"}


def test_a_due_date_put_off_in_silence_is_in_the_truth(world: World) -> None:
    one = case(world, code="C1")
    hand_ins, truth = build_hand_ins([one], world, 2017), Truth()
    plant_moves(hand_ins, truth)
    [move] = truth.date_moves
    # Ten working days after Monday 25/12: four that week, New Year off, four and two more.
    assert (move.night, move.new, move.rule) == (date(2017, 12, 25), datetime(2018, 1, 9, 17), "DQ-HX-01")
    assert (move.old, move.has_legal_trace) == (datetime(2017, 12, 22, 17), False)
    assert hand_ins.find(COUNTER, date(2017, 12, 24), "C1")["due_at"] == move.old
    assert hand_ins.find(COUNTER, date(2017, 12, 25), "C1")["due_at"] == move.new


def test_oddities_are_said_with_their_rule(world: World) -> None:
    refused = [case(world, n, refused_at=datetime(2017, 12, 12), refusal_reason="Thiếu") for n in range(5)]
    found = plant_cases(refused, world, 2017)
    silent = [one for rule, _, one in found if rule == "DQ-ST-02"]
    assert len(silent) == 3
    assert sum(one.refusal_reason == "" for one in refused) == 3
    assert all(one.refusal_reason == "" for one in silent)


def test_the_truth_says_where_its_row_is(tmp_path) -> None:
    record = {"dossier_code": "C1"}
    row = BadRow(rule="DQ-DT-07", unit_code=COMMUNE, night=date(2017, 12, 26), dossier_code="C1",
                 action="quarantine", note="", record=record)  # fmt: skip
    truth = Truth(header={"year": 2017}, bad_rows=[row])
    truth.place({("ho_so", id(record)): ("2017-12-26/DG-QK/ho_so.csv", 7)}, {COMMUNE: "ho_so"})
    truth.write(tmp_path / "new" / "truth.json")
    written = json.loads((tmp_path / "new" / "truth.json").read_text(encoding="utf-8"))
    assert written["year"] == 2017
    [told] = written["bad_rows"]
    assert (told["file"], told["line"], told["night"]) == ("2017-12-26/DG-QK/ho_so.csv", 7, "2017-12-26")
    assert "record" not in told
