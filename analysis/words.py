"""How figures are written for a person in an office: comma decimals, days, shares, names of units and procedures."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.frames import text_or_none


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


@dataclass(frozen=True, kw_only=True)
class Names:
    """What units and procedures are called; the code itself where no name is known."""

    units: Mapping[str, str]
    unit_levels: Mapping[str, str]
    procedures: Mapping[str, str]

    @classmethod
    def of(cls, units: pd.DataFrame, procedures: pd.DataFrame) -> "Names":
        """Needs: `units` unit_code, name, level; `procedures` proc_core, name (either may be empty)."""
        return cls(
            units=_lookup(units, "unit_code", "name"),
            unit_levels=_lookup(units, "unit_code", "level"),
            procedures=_lookup(procedures, "proc_core", "name"),
        )

    def unit(self, code: str) -> str:
        """The unit's name."""
        return self.units.get(code, code)

    def procedure(self, core: str) -> str:
        """The procedure's name in quotation marks, with its code."""
        name = self.procedures.get(core)
        return f"“{name}” ({core})" if name else f"“{core}”"


def _lookup(frame: pd.DataFrame, key: str, value: str) -> dict[str, str]:
    if frame.empty or key not in frame.columns or value not in frame.columns:
        return {}
    pairs = zip(frame[key].astype(str), frame[value].map(text_or_none), strict=True)
    return {code: name for code, name in pairs if name}
