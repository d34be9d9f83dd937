"""Bad rows in single hand-ins: rows that must be quarantined, rows that must be flagged, rows mended later.

At the district counter a quarantined row is either one too many (a duplicate, a stranger) or is handed in rightly
by 31 December, so that the year's totals of accepted dossiers hold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from pipelines.simulator.case import Case
from pipelines.simulator.hand_in import COUNTER, HandIns
from pipelines.simulator.plant_cases import Oddities
from pipelines.simulator.truth import BadRow, Truth
from pipelines.simulator.view import Record, end_of, record_of

QUARANTINE, FLAG = "quarantine", "flag"
Change = Callable[[Record], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Spoil:
    """One kind of bad value: which rule finds it and how a record is changed to show it."""

    rule: str
    note: str
    change: Change
    action: str = QUARANTINE
    also: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()


def _set(**values: Any) -> Change:
    return lambda record: values


EMPTY_CODE = Spoil(rule="DQ-ID-01", note="thiếu mã hồ sơ", change=_set(dossier_code=""))
UNKNOWN_PROCEDURE = Spoil(
    rule="DQ-PR-01", note="mã thủ tục không có trong danh mục", change=_set(proc_code="1.999999")
)
NO_PROCEDURE_CODE = Spoil(rule="DQ-PR-01", note="ghi tên tắt thay cho mã thủ tục", change=_set(proc_code="KHAI SINH"))
THIRTY_FIRST = Spoil(
    rule="DQ-DT-01", note="ngày 31/02 không có trên lịch", change=_set(received_at="31/02/2017 08:15")
)
TWO_DIGITS = Spoil(
    rule="DQ-DT-01", note="năm chỉ ghi hai chữ số",
    change=lambda r: {"received_at": f"{r['received_at']:%d/%m/%y %H:%M}"},
)  # fmt: skip
MONTH_13 = Spoil(
    rule="DQ-DT-01", note="tháng 13 trong ngày hẹn trả", change=lambda r: {"due_at": f"{r['due_at']:%Y}1345170000"}
)
FUTURE = Spoil(
    rule="DQ-DT-02", note="ngày tiếp nhận sau đêm nộp dữ liệu", also=("DQ-ID-03", "DQ-DT-07", "DQ-DT-11"),
    change=lambda r: {"received_at": r["received_at"] + timedelta(days=21)},
)  # fmt: skip
YEAR_2107 = Spoil(
    rule="DQ-DT-02", note="năm 2107", also=("DQ-ID-03", "DQ-DT-07", "DQ-DT-11"), any_of=("DQ-DT-01", "DQ-DT-02"),
    change=lambda r: {"received_at": r["received_at"].replace(year=2107)},
)  # fmt: skip
YEAR_1907 = Spoil(
    rule="DQ-DT-11", note="ngày giải quyết xong năm 1907", any_of=("DQ-DT-11", "DQ-DT-01"), also=("DQ-DT-12",),
    change=lambda r: {"finished_at": r["received_at"].replace(year=1907), "status": 9},
)  # fmt: skip
DUE_FIRST = Spoil(
    rule="DQ-DT-07", note="hẹn trả trước ngày tiếp nhận", also=("DQ-DT-09",),
    change=lambda r: {"due_at": datetime.combine(r["received_at"].date() - timedelta(days=3), time(17))},
)  # fmt: skip
END_FIRST = Spoil(
    rule="DQ-DT-11", note="giải quyết xong trước ngày tiếp nhận", also=("DQ-DT-12",),
    change=lambda r: {"finished_at": r["received_at"] - timedelta(days=2), "status": 9},
)  # fmt: skip
NO_DUE = Spoil(rule="DQ-DT-06", note="không ghi ngày hẹn trả", action=FLAG, change=_set(due_at=None))
NO_END = Spoil(
    rule="DQ-DT-13", note="đã xử lý xong nhưng không ghi ngày xong", action=FLAG,
    change=_set(status=9, finished_at=None, returned_at=None),
)  # fmt: skip
_NOT_ENDED: dict[str, Any] = {
    "status": 4, "finished_at": None, "returned_at": None, "refused_at": None, "refusal_reason": None
}  # fmt: skip
REOPENED = Spoil(
    rule="DQ-HX-03", note="đã xong hoặc đã từ chối rồi lại đang xử lý",
    change=_set(**_NOT_ENDED),
)  # fmt: skip
NO_SUPPLEMENT = Spoil(rule="DQ-ST-03", note="chờ bổ sung nhưng không có phiếu", action=FLAG, change=_set(status=5))

# (spoil, unit, day of December it is first handed in, day it is handed in rightly or None, how many)
_FRESH: tuple[tuple[Spoil, str, int, int | None, int], ...] = (
    (EMPTY_CODE, COUNTER, 25, 26, 1),
    (EMPTY_CODE, "DG-QK", 28, 29, 2),
    (UNKNOWN_PROCEDURE, COUNTER, 26, 28, 2),
    (UNKNOWN_PROCEDURE, "DG-QS", 25, None, 1),
    (NO_PROCEDURE_CODE, "DG-QS", 26, 29, 1),
    (THIRTY_FIRST, "DG-QK", 27, 29, 1),
    (THIRTY_FIRST, "DG-QK", 25, None, 1),
    (TWO_DIGITS, "DG-QS", 28, None, 2),
    (MONTH_13, COUNTER, 29, 31, 1),
    (FUTURE, COUNTER, 27, 28, 1),
    (FUTURE, "DG-DH", 26, 27, 2),
    (YEAR_2107, "DG-QH", 29, None, 1),
    (YEAR_1907, "DG-DH", 28, None, 1),
    (DUE_FIRST, COUNTER, 28, 31, 2),
    (DUE_FIRST, "DG-QK", 26, None, 1),
    (DUE_FIRST, "DG-QH", 27, 28, 1),
    (END_FIRST, COUNTER, 25, 27, 1),
    (END_FIRST, "DG-QS", 29, None, 1),
    (NO_DUE, "DG-QH", 25, None, 1),
    (NO_DUE, "DG-DH", 29, None, 1),
    (NO_SUPPLEMENT, "DG-QK", 28, 29, 1),
)


def plant_rows(hand_ins: HandIns, truth: Truth, oddities: Oddities) -> None:
    """Plant all bad rows; `oddities` of the dossiers themselves are looked up where they are first seen."""
    _note_oddities(hand_ins, truth, oddities)
    _note_natural(hand_ins, truth)
    for spoil, unit, day, mended, count in _FRESH:
        night = hand_ins.night(day)
        if hand_ins.is_good(unit, night):
            for case in hand_ins.victims(unit, night, count):
                good = hand_ins.night(mended) if mended else None
                spoil_from(hand_ins, truth, spoil, case, night=night, mended=good)
    for unit, day, mended, wanted in ((COUNTER, 26, 27, 9), ("DG-QS", 28, 29, 9)):
        for case in _reaching(hand_ins, unit, hand_ins.night(day), wanted)[:1]:
            spoil_from(hand_ins, truth, NO_END, case, night=hand_ins.night(day), mended=hand_ins.night(mended))
    for unit, day, back, wanted in (("DG-QK", 26, 28, 9), ("DG-DH", 27, 29, 9), ("DG-QS", 26, 29, 3)):
        before = hand_ins.night(day - 1)
        for case in _reaching(hand_ins, unit, before, wanted)[:1]:
            spoil_from(hand_ins, truth, REOPENED, case, night=hand_ins.night(day), mended=hand_ins.night(back))
    _extra_rows(hand_ins, truth)


def spoil_from(  # noqa: PLR0913 - what, where, and the two nights by name
    hand_ins: HandIns, truth: Truth, spoil: Spoil, case: Case, *, night: date, mended: date | None
) -> None:
    """Every hand-in of the dossier from `night` until `mended` shows the bad value; from then on the right one."""
    for later in (n for n in hand_ins.nights if n >= night and (mended is None or n < mended)):
        record = hand_ins.put(case, later) if later == night else hand_ins.find(case.unit_code, later, case.code)
        if record is None:
            continue
        record.update(spoil.change(record_of(case, end_of(later), hand_ins.world)))
        if later == night or hand_ins.is_good(case.unit_code, later):
            truth.bad_rows.append(
                BadRow(rule=spoil.rule, unit_code=case.unit_code, night=later, dossier_code=record["dossier_code"],
                       action=spoil.action, note=spoil.note, also=spoil.also, any_of=spoil.any_of,
                       mended_night=mended, record=record)
            )  # fmt: skip
    if mended:
        hand_ins.put(case, mended)


def _reaching(hand_ins: HandIns, unit: str, night: date, status: int) -> list[Case]:
    """Unused dossiers that a readable hand-in of that night shows with a status, without a pause in its history."""
    if not hand_ins.is_good(unit, night):
        return []
    wanted = {9, 10} if status == 9 else {status}
    cases = [
        hand_ins.cases[r["dossier_code"]]
        for r in hand_ins.extracts[unit, night].dossiers
        if r["status"] in wanted and r["dossier_code"] in hand_ins.cases
    ]
    fit = [c for c in cases if c.code not in hand_ins.used and not c.pauses and _ended_on(c, night)]
    hand_ins.used |= {c.code for c in fit[:1]}
    return fit


def _ended_on(case: Case, night: date) -> bool:
    end = case.finished_at or case.refused_at
    return end is not None and end.date() == night


def _note_oddities(hand_ins: HandIns, truth: Truth, oddities: Oddities) -> None:
    for rule, note, case in oddities:
        night = hand_ins.first_night(case)
        if night is None:
            continue
        while not _shows(hand_ins, case, night, rule):
            later = [n for n in hand_ins.nights if n > night and hand_ins.find(case.unit_code, n, case.code)]
            if not later:
                break
            night = later[0]
        hand_ins.used.add(case.code)
        truth.bad_rows.append(
            BadRow(rule=rule, unit_code=case.unit_code, night=night, dossier_code=case.code, action=FLAG, note=note,
                   record=hand_ins.put(case, night))
        )  # fmt: skip


def _shows(hand_ins: HandIns, case: Case, night: date, rule: str) -> bool:
    record = hand_ins.find(case.unit_code, night, case.code)
    column = {"DQ-DT-12": "returned_at", "DQ-ST-02": "refused_at", "DQ-DT-16": "finished_at"}.get(
        rule, "dossier_code"
    )
    return record is not None and record[column] is not None


def _note_natural(hand_ins: HandIns, truth: Truth) -> None:
    """Late entry (DT-17) and receipt on a day off (DT-03) come from the simulation itself."""
    calendar = hand_ins.world.calendar
    for case in sorted(hand_ins.cases.values(), key=lambda c: c.number):
        late = calendar.working_days_between(case.received_at.date(), case.entered_at.date()) > 1
        off = not calendar.is_working(case.received_at.date())
        night = hand_ins.first_night(case) if late or off else None
        if night is None:
            continue
        rules = [("DQ-DT-17", "nhập máy muộn")] * late + [("DQ-DT-03", "tiếp nhận vào ngày nghỉ")] * off
        for rule, note in rules:
            truth.bad_rows.append(
                BadRow(rule=rule, unit_code=case.unit_code, night=night, dossier_code=case.code, action=FLAG,
                       note=note, record=hand_ins.put(case, night))
            )  # fmt: skip
            hand_ins.used.add(case.code)


def _extra_rows(hand_ins: HandIns, truth: Truth) -> None:
    """Rows one too many: a number for two dossiers, a number of another unit's dossier, a code of an unknown unit."""
    for unit, day, count in ((COUNTER, 26, 2), ("DG-QK", 29, 2), ("DG-DP", 26, 1)):
        night = hand_ins.night(day)
        for case in hand_ins.victims(unit, night, count) if hand_ins.is_good(unit, night) else []:
            twin = dict(hand_ins.put(case, night))
            twin["proc_code"] = _another_procedure(hand_ins, unit, night, twin["proc_code"])
            row = _extra(unit, night, twin, "DQ-ID-05", "một mã hồ sơ ghi cho hai thủ tục trong một tệp")
            _add(hand_ins, truth, row)
    for unit, day in (("DG-DS", 27), ("DG-QK", 27)):
        night = hand_ins.night(day)
        for case in hand_ins.victims(COUNTER, hand_ins.night(day - 1), 1) if hand_ins.is_good(unit, night) else []:
            record = record_of(case, end_of(night), hand_ins.world)
            stranger = record | _NOT_ENDED | {
                "received_at": datetime.combine(night, record["received_at"].time()),
                "office_code": "MC",
                "steps": [],
                "pauses": [],
            }  # fmt: skip
            row = _extra(unit, night, stranger, "DQ-ID-05", "mã hồ sơ đã thuộc bộ phận một cửa huyện")
            row.also = ("DQ-PR-02", "DQ-ID-03", "DQ-DT-09", "DQ-DT-10", "DQ-DT-07")
            _add(hand_ins, truth, row)
    for unit, day in ((COUNTER, 28), ("DG-QS", 25)):
        night = hand_ins.night(day)
        for case in hand_ins.victims(unit, night, 1) if hand_ins.is_good(unit, night) else []:
            code = f"000.99.26.H16-{night:%y%m%d}-0001"
            lost = record_of(case, end_of(night), hand_ins.world) | {"dossier_code": code, "steps": [], "pauses": []}
            lost["received_at"] = datetime.combine(night, lost["received_at"].time())
            _add(
                hand_ins, truth, _extra(unit, night, lost, "DQ-ID-04", "mã đơn vị trong mã hồ sơ không có trong tỉnh")
            )


def _another_procedure(hand_ins: HandIns, unit: str, night: date, proc_code: str) -> str:
    """The code of another procedure that the unit handed in by this night."""
    cases = [case for case in hand_ins.cases.values() if case.unit_code == unit and case.received_at.date() <= night]
    codes = {str(record_of(case, end_of(night), hand_ins.world)["proc_code"]) for case in cases}
    return min(codes - {proc_code})


def _extra(unit: str, night: date, record: Record, rule: str, note: str) -> BadRow:
    return BadRow(
        rule=rule,
        unit_code=unit,
        night=night,
        dossier_code=record["dossier_code"],
        action=QUARANTINE,
        note=note,
        record=record,
    )


def _add(hand_ins: HandIns, truth: Truth, row: BadRow) -> None:
    hand_ins.extracts[row.unit_code, row.night].dossiers.append(row.record)
    truth.bad_rows.append(row)
