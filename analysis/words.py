"""How figures are written for a person in an office: comma decimals, days, shares, names of units and procedures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis.frames import rows_of, text_or_none


def number_vi(value: float, digits: int = 1) -> str:
    """1234.5 -> '1.234,5'; a zero after the comma is dropped ('8,0' -> '8')."""
    text = f"{value:,.{digits}f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    return text.rstrip("0").rstrip(",") if "," in text else text


def share_vi(value: float) -> str:
    """0.1234 -> '12,3 %'."""
    return f"{number_vi(100 * value)} %"


def days_vi(value: float) -> str:
    """7.5 -> '7,5 ngày làm việc'."""
    return f"{number_vi(value)} ngày làm việc"


def between_vi(low: float, high: float) -> str:
    """The interval of a share: 'từ 3,1 % đến 8 %'."""
    return f"từ {share_vi(low)} đến {share_vi(high)}"


# Said before the name anyway: "thủ tục “Thủ tục đăng ký khai sinh”" reads badly.
_LEAD = re.compile(r"^\s*thủ tục\s*:?\s+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Names:
    """What units and procedures are called; the code itself where no name is known."""

    units: Mapping[str, str]
    unit_levels: Mapping[str, str]
    procedures: Mapping[str, str]
    offices: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, units: pd.DataFrame, procedures: pd.DataFrame, offices: pd.DataFrame) -> "Names":
        """Names by code; any of the frames may be empty.

        Needs: `units` unit_code, name, level; `procedures` proc_core, name; `offices` unit_code, office_code, name
        """
        own = [(str(row.unit_code), str(row.office_code), text_or_none(row.name)) for row in rows_of(offices)]
        return cls(
            units=_lookup(units, "unit_code", "name"),
            unit_levels=_lookup(units, "unit_code", "level"),
            procedures=_lookup(procedures, "proc_core", "name"),
            offices={(unit, code): name for unit, code, name in own if name},
        )

    def unit(self, code: str) -> str:
        """The unit's name."""
        return self.units.get(code, code)

    def office(self, unit: str, code: str) -> str:
        """The name of a unit's office."""
        return self.offices.get((unit, code), code)

    def procedure(self, core: str) -> str:
        """The procedure's name in quotation marks, with its code."""
        name = _LEAD.sub("", self.procedures.get(core, ""))
        name = name[:1].upper() + name[1:]
        return f"“{name}” ({core})" if name else f"“{core}”"


def _lookup(frame: pd.DataFrame, key: str, value: str) -> dict[str, str]:
    if frame.empty or key not in frame.columns or value not in frame.columns:
        return {}
    pairs = zip(frame[key].astype(str), frame[value].map(text_or_none), strict=True)
    return {code: name for code, name in pairs if name}
