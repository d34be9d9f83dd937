"""Night by night: the initial load, seven nights of changes, and the accidents that happen to files."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pipelines.simulator.case import Case
from pipelines.simulator.catalogue_parts import spin
from pipelines.simulator.plan import LEG_UNITS
from pipelines.simulator.truth import FileFault
from pipelines.simulator.view import (
    UNITS_THAT_RECEIVE,
    Extract,
    Record,
    Watch,
    end_of,
    leg_extract,
    record_of,
    unit_extract,
    watches,
)
from pipelines.simulator.world import World

COUNTER = "DG-MC"
_BEGINNING = datetime(1900, 1, 1)
# (unit, day of December, what happens to the file, the outcome a collector must give)
_FAULTS = (
    ("DG-QH", 26, "MISSING", "MISSING"),
    ("DG-DP", 27, "ZERO_BYTES", "EMPTY"),
    ("DG-QS", 27, "RENAMED_COLUMN", "FAILED"),
    ("DG-DM", 28, "TRUNCATED", "FAILED"),
    ("DG-DS", 28, "WRONG_ENCODING", "FAILED"),
)


def nights_of(year: int) -> list[date]:
    """The night of the initial load (24 December) and the seven after it."""
    return [date(year, 12, 24) + timedelta(days=n) for n in range(8)]


@dataclass(kw_only=True)
class HandIns:
    """Every unit's hand-in of every night, before it is written, and the dossiers behind them."""

    world: World
    nights: list[date]
    cases: dict[str, Case]
    extracts: dict[tuple[str, date], Extract]
    faults: list[FileFault]
    used: set[str] = field(default_factory=set)
    index: dict[tuple[str, date], dict[str, Record]] = field(default_factory=dict)

    @property
    def initial(self) -> date:
        """The night of the initial load."""
        return self.nights[0]

    def night(self, day: int) -> date:
        """The night of a day of December."""
        return date(self.nights[0].year, 12, day)

    def is_good(self, unit_code: str, night: date) -> bool:
        """Whether the unit hands in a readable file that night."""
        extract = self.extracts.get((unit_code, night))
        return extract is not None and not extract.fault

    def find(self, unit_code: str, night: date, code: str) -> Record | None:
        """The record of a dossier (by its true code) in one hand-in."""
        key = (unit_code, night)
        if key not in self.index:
            extract = self.extracts.get(key)
            self.index[key] = {r["dossier_code"]: r for r in extract.dossiers} if extract else {}
        return self.index[key].get(code)

    def first_night(self, case: Case) -> date | None:
        """The first night a readable file shows the dossier."""
        for night in self.nights:
            if self.is_good(case.unit_code, night) and self.find(case.unit_code, night, case.code):
                return night
        return None

    def put(self, case: Case, night: date) -> Record:
        """The dossier's record in its unit's hand-in of a night, added when nothing else changed that night."""
        extract = self.extracts.get((case.unit_code, night))
        if extract is None:
            extract = self.extracts[case.unit_code, night] = Extract(unit_code=case.unit_code, night=night)
        found = self.find(case.unit_code, night, case.code)
        if found is None:
            found = record_of(case, end_of(night), self.world)
            extract.dossiers.append(found)
            extract.steps += found["steps"]
            extract.pauses += found["pauses"]
            self.index[case.unit_code, night][case.code] = found
        return found

    def victims(self, unit_code: str, night: date, count: int) -> list[Case]:
        """Up to `count` unused dossiers that entered the unit's books on that night, in an order of no meaning."""
        extract = self.extracts.get((unit_code, night))
        cases = (
            [self.cases[r["dossier_code"]] for r in extract.dossiers if r["dossier_code"] in self.cases]
            if extract
            else []
        )
        fit = [c for c in cases if c.entered_at.date() == night and c.code not in self.used and not c.will_be_refused]
        fit.sort(key=lambda c: spin(c.code + "victim", 10**6))
        self.used |= {c.code for c in fit[:count]}
        return fit[:count]


def build_hand_ins(cases: list[Case], world: World, year: int) -> HandIns:
    """All extracts. After a spoilt night the unit hands in everything since its last readable file."""
    nights = nights_of(year)
    by_unit = watches(cases)
    faults = _faults(world, year, nights)
    extracts: dict[tuple[str, date], Extract] = {}
    for unit_code in (*UNITS_THAT_RECEIVE, *LEG_UNITS.values()):
        since = _BEGINNING
        for night in nights:
            off = night != nights[0] and not world.calendar.is_working(night)
            if off and unit_code != COUNTER:
                continue
            extract = _extract(by_unit, unit_code, night, since, world)
            extract.fault = next((f.kind for f in faults if (f.unit_code, f.night) == (unit_code, night)), "")
            extracts[unit_code, night] = extract
            since = since if extract.fault else end_of(night)
    return HandIns(world=world, nights=nights, cases={c.code: c for c in cases}, extracts=extracts, faults=faults)


def _extract(by_unit: dict[str, list[Watch]], unit_code: str, night: date, since: datetime, world: World) -> Extract:
    office = next((office for office, unit in LEG_UNITS.items() if unit == unit_code), None)
    if office:
        return leg_extract(by_unit.get(COUNTER, []), office, night, since)
    return unit_extract(by_unit.get(unit_code, []), unit_code, night, since, world)


def _faults(world: World, year: int, nights: list[date]) -> list[FileFault]:
    """The planted accidents that fall on a working day of the year, with the night that makes good for them."""
    faults = []
    for unit_code, day, kind, expected in _FAULTS:
        night = date(year, 12, day)
        if not world.calendar.is_working(night):
            continue
        later = [n for n in nights if n > night and world.calendar.is_working(n)]
        faults.append(
            FileFault(unit_code=unit_code, night=night, kind=kind, expected_status=expected,
                      caught_up_night=later[0] if later else None)
        )  # fmt: skip
    return faults
