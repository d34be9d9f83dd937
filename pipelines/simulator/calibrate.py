"""The year's published totals at the district counter, reached by moving the fewest dossiers.

Only for scale 1 and the year 2017. The queues give nearly the right numbers; what is missing is taken from
dossiers near the edge: some results of the last two weeks are not yet handed on when the year ends, and some
finished just in time are signed one working day after their date. Nobody's work is moved, so the queues stay true.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.errors import KnownError
from pipelines.simulator.case import Case
from pipelines.simulator.catalogue_parts import spin
from pipelines.simulator.world import World

COUNTER = "DG-MC"


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The counter's year: received = not accepted + eligible; eligible = early + on time + late + open."""

    received: int
    not_accepted: int
    eligible: int
    early: int
    on_time: int
    late: int
    open: int


PUBLISHED_LATE = 580
PUBLISHED_OPEN = 927


def totals(cases: list[Case], unit_code: str) -> Totals:
    """Count one unit's dossiers by end date and due date (dates compared, withdrawn and stopped left out)."""
    own = [case for case in cases if case.unit_code == unit_code]
    eligible = [case for case in own if not case.refused_at and not case.left_at]
    done = [case for case in eligible if case.finished_at]
    early = sum(_slack(case) > 0 for case in done)
    on_time = sum(_slack(case) == 0 for case in done)
    return Totals(
        received=len(own),
        not_accepted=sum(case.refused_at is not None for case in own),
        eligible=len(eligible),
        early=early,
        on_time=on_time,
        late=len(done) - early - on_time,
        open=len(eligible) - len(done),
    )


def _slack(case: Case) -> int:
    """Days from the end to the due date; negative when late."""
    assert case.finished_at is not None
    return (case.final_due_at.date() - case.finished_at.date()).days


def is_reachable(cases: list[Case]) -> bool:
    """Whether the published totals can be reached by adding open and late dossiers, never by taking any away."""
    now = totals(cases, COUNTER)
    return now.open <= PUBLISHED_OPEN and now.late <= PUBLISHED_LATE


def calibrate(cases: list[Case], world: World) -> dict[str, list[str]]:
    """Reach 580 late and 927 open; gives the codes of the dossiers moved, by what was done to them.

    Raises KnownError when the queues left too many late or open.
    """
    if not is_reachable(cases):
        raise KnownError(
            "E-SIMULATOR-TOTALS", "the queues left more late or open dossiers than the published year has.",
            mend="choose another seed",
        )  # fmt: skip
    now = totals(cases, COUNTER)
    held = _hold_back(cases, PUBLISHED_OPEN - now.open)
    delayed = _sign_late(cases, world, PUBLISHED_LATE - now.late)
    return {"held_over_the_year": [case.code for case in held], "signed_a_day_late": [case.code for case in delayed]}


def _hold_back(cases: list[Case], count: int) -> list[Case]:
    """Undo the last step of `count` dossiers finished in time in the last two weeks: they are still open."""
    first = datetime.combine(_year_end(cases) - timedelta(days=16), datetime.min.time())
    fit = [
        case
        for case in cases
        if case.unit_code == COUNTER and case.finished_at and case.finished_at >= first and _slack(case) >= 0
    ]
    fit.sort(key=lambda case: (spin(case.code + "hold", 997), case.code))
    for case in fit[:count]:
        case.finished_at = case.returned_at = None
        last = case.steps[-1]
        last.finished_at, last.started_at, last.staff = None, None, ""
    return fit[:count]


def _sign_late(cases: list[Case], world: World, count: int) -> list[Case]:
    """Sign `count` results on the working day after their due date; the ones that were nearest to it."""
    end = _year_end(cases) - timedelta(days=14)
    fit = [
        case
        for case in cases
        if case.unit_code == COUNTER
        and case.finished_at
        and case.final_due_at.date() < end
        and 0 <= _slack(case) <= 1
    ]
    fit.sort(key=lambda case: (_slack(case), spin(case.code + "sign", 997), case.code))
    for case in fit[:count]:
        day = world.calendar.add_working_days(case.final_due_at.date(), 1)
        case.finished_at = datetime.combine(day, datetime.min.time()) + timedelta(hours=8, minutes=40)
        if case.returned_at:
            case.returned_at = max(case.returned_at, case.finished_at + timedelta(minutes=50))
    return fit[:count]


def _year_end(cases: list[Case]) -> date:
    return date(max(case.received_at for case in cases).year, 12, 31)
