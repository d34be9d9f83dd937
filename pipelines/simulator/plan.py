"""What a simulation plants in the queues: who is slow, and who only looks it. planted.yml holds the usual plan."""

from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from domain.errors import KnownError

PLANTED = Path(__file__).parent / "planted.yml"
COUNTER = "DG-MC"
# Offices of the district's dossiers that are a unit of their own and hand in their own legs.
LEG_UNITS = {"VPDK": "DG-VPDK", "THUE": "DG-CCT"}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Truly slow: an office of the counter that loses staff, a commune, procedures wherever they are done.

    Clean decoys, slow in the plain figures only: `hard_unit` receives mostly the slow procedures and works at the
    usual pace; `tiny_unit` has few dossiers, of which `tiny_late` met with something of their own; `busy_office` has
    `busy_factor` times the dossiers and the staff for it. "" plants none of its kind.

    `slow_office` loses all but `staff_kept` of its staff on the first of `from_month`. Paces multiply the time a
    dossier waits at a step. `even_touch`: all communes take as long for the same work, and have the staff for it;
    otherwise each takes what fills its time, so that a small one works slowly. `most_load`: no office
    needs more than that share of its time for its year's work.
    """

    slow_unit: str = ""
    slow_unit_pace: float = 1.55
    slow_office: str = ""
    from_month: int = 10
    staff_kept: float = 0.5
    slow_procedures: tuple[str, ...] = ()
    slow_procedure_pace: float = 2.2
    hard_unit: str = ""
    hard_share: float = 0.7
    tiny_unit: str = ""
    tiny_dossiers: int = 14
    tiny_late: int = 4
    busy_office: str = ""
    busy_factor: float = 2.0
    even_touch: bool = False
    most_load: float = 1.0

    @classmethod
    def usual(cls, **changes: Any) -> "Plan":
        """The plan of planted.yml, with `changes`."""
        planted = planted_things()
        step = planted["slow_step"]
        usual = cls(
            slow_unit=planted["slow_unit"], slow_office=step["office"], from_month=step["from_month"],
            staff_kept=step["staff_kept"],
        )  # fmt: skip
        return replace(usual, **changes)

    @classmethod
    def clean(cls, **changes: Any) -> "Plan":
        """Nothing planted but `changes`: every commune at the same pace, no office near what it can do."""
        return replace(cls(even_touch=True, most_load=0.65), **changes)

    def check(self, *, units: set[str], offices: set[str], procedures: set[str]) -> None:
        """Raise KnownError when the plan names what the world does not have, or one commune twice."""
        named = [unit for unit in (self.slow_unit, self.hard_unit, self.tiny_unit) if unit]
        unknown = sorted(set(named) - units)
        unknown += sorted({office for office in (self.slow_office, self.busy_office) if office} - offices)
        unknown += sorted(set(self.slow_procedures) - procedures)
        if unknown:
            raise KnownError(
                "E-SIMULATOR-PLAN", f"the plan names [{', '.join(unknown)}], which the simulated site does not use.",
                mend="name communes, offices of the counter, and procedures that are in use",
            )  # fmt: skip
        if len(set(named)) < len(named) or (self.slow_office and self.slow_office == self.busy_office):
            raise KnownError(
                "E-SIMULATOR-PLAN", f"the plan gives one unit or office two parts: [{', '.join(named)}].",
                mend="choose another one for each part",
            )  # fmt: skip

    def truth(self) -> dict[str, Any]:
        """Its part of the truth file: only what is planted."""
        found: dict[str, Any] = {"slow_unit": self.slow_unit}
        if self.slow_office:
            unit = LEG_UNITS.get(self.slow_office, COUNTER)
            found["slow_step"] = {
                "unit": unit,
                "office": self.slow_office,
                "from_month": self.from_month,
                "staff_kept": self.staff_kept,
            }
        if self.slow_procedures:
            found["slow_procedures"] = sorted(self.slow_procedures)
        about = asdict(self)
        decoys = {
            kind: {name: about[name] for name in names}
            for kind, names in (
                ("hard_unit", ("hard_unit", "hard_share")),
                ("tiny_unit", ("tiny_unit", "tiny_dossiers", "tiny_late")),
                ("busy_office", ("busy_office", "busy_factor")),
            )
            if about[kind]
        }
        return found | ({"clean_decoys": decoys} if decoys else {})


@cache
def planted_things() -> dict[str, Any]:
    """planted.yml as it is. Not to be changed by who reads it."""
    found: dict[str, Any] = yaml.safe_load(PLANTED.read_text(encoding="utf-8"))
    return found
