"""Oddities of the dossiers themselves, planted before anything is handed in: every hand-in shows them."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from pipelines.simulator.case import SUPPLEMENT, Case, PauseRun
from pipelines.simulator.catalogue_parts import spin
from pipelines.simulator.world import World

COUNTER = "DG-MC"
# (rule, note, dossier)
Oddities = list[tuple[str, str, Case]]


def plant_cases(cases: list[Case], world: World, year: int) -> Oddities:
    """Change some dossiers in place; gives which rule each of them must break. None moves a total."""
    found: Oddities = []
    taken: set[int] = set()

    def pick(unit: str, count: int, fit: Callable[[Case], bool]) -> list[Case]:
        fitting = [c for c in cases if c.unit_code == unit and c.number not in taken and fit(c)]
        fitting.sort(key=lambda c: (spin(c.code + "odd", 10**6), c.number))
        taken.update(c.number for c in fitting[:count])
        return fitting[:count]

    for plant in (_odd_codes, _odd_returns, _odd_finishes, _silent_refusals, _third_supplements):
        found += plant(pick, year)
    found += _foreign_procedures(pick, world)
    return found


Pick = Callable[[str, int, Callable[[Case], bool]], list[Case]]


def _odd_codes(pick: Pick, year: int) -> Oddities:
    """Codes of another make (ID-02), and codes with the date of the next day (ID-03)."""
    found: Oddities = []
    for n, case in enumerate(pick("DG-DS", 3, lambda c: c.entered_at.month >= 10 and not c.will_be_refused), 1):
        case.code = f"DS-{year}/{n:05d}"
        found.append(("DQ-ID-02", "mã do xã tự đặt, không theo mẫu", case))
    last_week = datetime(year, 12, 25)
    for unit, count, since in ((COUNTER, 3, last_week), ("DG-QK", 2, datetime(year, 12, 1))):
        for n, case in enumerate(pick(unit, count, _received_since(since)), 1):
            identifier = case.code.split("-", maxsplit=1)[0]
            case.code = f"{identifier}-{case.received_at + timedelta(days=1):%y%m%d}-{900 + n:04d}"
            found.append(("DQ-ID-03", "mã cấp theo ngày hôm sau ngày tiếp nhận", case))
    return found


def _received_since(since: datetime) -> Callable[[Case], bool]:
    return lambda c: c.received_at >= since and c.received_at.weekday() < 3 and not c.will_be_refused


def _odd_returns(pick: Pick, year: int) -> Oddities:
    """The result was noted as returned on the day before it was finished (DT-12)."""
    found: Oddities = []
    for unit, count in ((COUNTER, 3), ("DG-DH", 2)):
        for case in pick(
            unit, count, lambda c: _ended_in(c, year, 10, 12) and c.returned_at is not None and _long(c)
        ):
            assert case.finished_at is not None
            case.returned_at = case.finished_at - timedelta(days=1)
            found.append(("DQ-DT-12", "ngày trả trước ngày giải quyết xong", case))
    return found


def _odd_finishes(pick: Pick, year: int) -> Oddities:
    """Finished in time, noted at closing time of the due date to the second (DT-16)."""
    found: Oddities = []
    for case in pick(COUNTER, 5, lambda c: _ended_in(c, year, 8, 11) and _on_the_day(c)):
        case.finished_at = case.final_due_at
        if case.returned_at and case.returned_at < case.finished_at:
            case.returned_at = case.finished_at + timedelta(minutes=25)
        found.append(("DQ-DT-16", "giờ giải quyết xong trùng giờ hẹn trả đến từng giây", case))
    return found


def _silent_refusals(pick: Pick, year: int) -> Oddities:
    """Refused without a written reason (ST-02)."""
    found: Oddities = []
    for unit, count in ((COUNTER, 3), ("DG-QS", 2), ("DG-QH", 1)):
        for case in pick(unit, count, lambda c: c.refused_at is not None and c.received_at.month >= 9):
            case.refusal_reason = ""
            found.append(("DQ-ST-02", "không tiếp nhận nhưng không ghi lý do", case))
    return found


def _third_supplements(pick: Pick, year: int) -> Oddities:
    """Asked to supplement more than twice (ST-04); the further requests were answered within the same morning."""
    found: Oddities = []
    for unit, count in ((COUNTER, 2), ("DG-QK", 1)):
        for case in pick(unit, count, _has_room_for_supplements):
            last = case.pauses[-1]
            while len(case.pauses) < 3:
                assert last.ended_at is not None
                began = (
                    datetime.combine(last.ended_at.date(), time(15, 5)) if last.ended_at.hour >= 12 else last.ended_at
                )
                began = max(began, last.ended_at) + timedelta(minutes=5)
                last = PauseRun(
                    pause_no=last.pause_no + 1,
                    kind=SUPPLEMENT,
                    started_at=began,
                    reason="Bổ sung bản sao có chứng thực",
                    old_due_at=case.final_due_at,
                    ended_at=began + timedelta(minutes=10),
                    new_due_at=case.final_due_at,
                )
                case.pauses.append(last)
            found.append(("DQ-ST-04", "yêu cầu bổ sung quá hai lần", case))
    return found


def _has_room_for_supplements(case: Case) -> bool:
    """Finished at least two days after its last supplement was answered, in the morning or early afternoon."""
    if not case.pauses or any(p.kind != SUPPLEMENT or not p.ended_at for p in case.pauses) or not case.finished_at:
        return False
    last = case.pauses[-1].ended_at
    assert last is not None
    return case.finished_at - last > timedelta(days=2) and (last.hour < 11 or 13 < last.hour < 15)


def _foreign_procedures(pick: Pick, world: World) -> Oddities:
    """A commune books a procedure that is posted at the district only (PR-02)."""
    found: Oddities = []
    foreign = [p for p in world.of_level("HUYEN") if p.limit.unit == "WORKING_DAY"]
    for unit, count in (("DG-DH", 2), ("DG-QH", 1)):
        for case in pick(
            unit, count, lambda c: c.entered_at.month == 12 and not c.will_be_refused and not c.will_leave
        ):
            own = world.procedures[case.proc_core].limit
            same = [p for p in foreign if p.limit == own] or foreign
            chosen = same[spin(case.code, len(same))]
            case.proc_core, case.fee_vnd = chosen.core, chosen.fee_vnd
            found.append(("DQ-PR-02", "thủ tục chỉ niêm yết ở huyện", case))
    return found


def _ended_in(case: Case, year: int, first: int, last: int) -> bool:
    return case.finished_at is not None and case.finished_at.year == year and first <= case.finished_at.month < last


def _long(case: Case) -> bool:
    assert case.finished_at is not None
    return case.finished_at - case.received_at > timedelta(days=3)


def _on_the_day(case: Case) -> bool:
    assert case.finished_at is not None
    return case.finished_at.date() == case.final_due_at.date() and not case.pauses
