"""Dates that move between hand-ins: quietly (must gain no credit) and by law (a supplement or tax pause)."""

from datetime import date, datetime, time, timedelta

from pipelines.simulator.case import Case
from pipelines.simulator.catalogue_parts import spin
from pipelines.simulator.hand_in import COUNTER, HandIns
from pipelines.simulator.truth import DateMove, Truth
from pipelines.simulator.view import Record

_DUE_DAYS = (25, 26, 26, 27, 27, 28, 28, 29, 29)
_END_DAYS = (26, 27, 28, 29)
_EXTRA_DAYS = 10
# Rules that the moved date breaks in the row itself.
_ALSO = {"DQ-HX-01": ("DQ-DT-09", "DQ-DT-10"), "DQ-HX-02": ("DQ-DT-16",)}


def plant_moves(hand_ins: HandIns, truth: Truth) -> None:
    """Plant at most nine quiet moves of due dates and four of finish dates; list the moves made by law."""
    _quiet_due_dates(hand_ins, truth)
    _quiet_finishes(hand_ins, truth)
    _legal_moves(hand_ins, truth)


def _settled(hand_ins: HandIns) -> list[Case]:
    """Unused dossiers of the counter, in the initial load, that never paused."""
    fit = [
        case
        for case in hand_ins.cases.values()
        if case.unit_code == COUNTER
        and case.code not in hand_ins.used
        and not case.pauses
        and not case.refused_at
        and hand_ins.find(COUNTER, hand_ins.initial, case.code)
    ]
    return sorted(fit, key=lambda case: (spin(case.code + "move", 10**6), case.code))


def _quiet_due_dates(hand_ins: HandIns, truth: Truth) -> None:
    """Due dates of dossiers past or near their date are put off ten working days with no paper to show for it.

    Five of them finish later in the week, late by the first date and in time by the moved one.
    """
    calendar = hand_ins.world.calendar
    nights = [n for n in (hand_ins.night(day) for day in _DUE_DAYS) if calendar.is_working(n)]
    first, last = hand_ins.initial, hand_ins.nights[-1]
    cases = [c for c in _settled(hand_ins) if c.due_at.date() <= last + timedelta(days=5)]
    late = [c for c in cases if c.finished_at and c.finished_at.date() > max(first, c.due_at.date())]
    still_open = [c for c in cases if not c.finished_at]
    for n, night in enumerate(nights):
        pool = [c for c in late if c.finished_at and c.finished_at.date() > night] if n % 2 else still_open
        pool = [c for c in pool if c.code not in hand_ins.used]
        if pool:
            case = pool[0]
            hand_ins.used.add(case.code)
            new = datetime.combine(calendar.add_working_days(max(case.due_at.date(), night), _EXTRA_DAYS), time(17))
            _move(hand_ins, truth, case, _quietly(case, night, "DQ-HX-01", new))


def _quiet_finishes(hand_ins: HandIns, truth: Truth) -> None:
    """Dossiers reported as finished late are shown, some nights on, as finished on their due date."""
    nights = [n for n in (hand_ins.night(day) for day in _END_DAYS) if hand_ins.world.calendar.is_working(n)]
    late = [c for c in _settled(hand_ins) if c.finished_at and c.finished_at.date() > c.due_at.date()]
    recent = [c for c in late if c.finished_at and c.finished_at.month == 12]
    for night in nights:
        known = [c for c in recent if c.finished_at and c.finished_at.date() < night and c.code not in hand_ins.used]
        if known:
            case = known[0]
            hand_ins.used.add(case.code)
            _move(hand_ins, truth, case, _quietly(case, night, "DQ-HX-02", case.due_at))


def _move(hand_ins: HandIns, truth: Truth, case: Case, move: DateMove) -> None:
    """From the move's night on every hand-in shows the new date."""
    hand_ins.put(case, move.night)
    for later in (n for n in hand_ins.nights if n >= move.night):
        record: Record | None = hand_ins.find(case.unit_code, later, case.code)
        if record is not None:
            record[move.field] = move.new
    truth.date_moves.append(move)


def _quietly(case: Case, night: date, rule: str, new: datetime) -> DateMove:
    """A move without a legal trace."""
    column, old = ("due_at", case.due_at) if rule == "DQ-HX-01" else ("finished_at", case.finished_at)
    assert old is not None
    return DateMove(
        dossier_code=case.code,
        unit_code=case.unit_code,
        night=night,
        field=column,
        old=old,
        new=new,
        rule=rule,
        has_legal_trace=False,
        also=_ALSO[rule],
    )


def _legal_moves(hand_ins: HandIns, truth: Truth) -> None:
    """Pauses that ended in the seven nights and moved a due date the collector already knew."""
    for case in sorted(hand_ins.cases.values(), key=lambda c: c.number):
        for pause in case.pauses:
            if not pause.ended_at or not pause.new_due_at or pause.new_due_at == pause.old_due_at:
                continue
            night = pause.ended_at.date()
            seen = night > hand_ins.initial and hand_ins.find(case.unit_code, hand_ins.initial, case.code)
            if seen and hand_ins.is_good(case.unit_code, night):
                truth.date_moves.append(
                    DateMove(dossier_code=case.code, unit_code=case.unit_code, night=night, field="due_at",
                             old=pause.old_due_at, new=pause.new_due_at, rule=None, has_legal_trace=True)
                )  # fmt: skip
