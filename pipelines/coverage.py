"""Who has handed in a quarter and who has not, as it is told: codes, names, the last night."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.quarter import Quarter
from warehouse import Warehouse


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The units due in a quarter, and the codes of those whose data do not reach its end, as known on a night."""

    units: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of the units that handed in; nobody due is nothing covered."""
        return 1 - len(self.missing) / self.units if self.units else 0.0


def coverage_of(warehouse: Warehouse, quarter: Quarter, *, known: str) -> Coverage:
    """The coverage of a quarter as known on a night."""
    rows = warehouse.read("coverage", last_day=quarter.last, known=known)
    return Coverage(units=len(rows), missing=tuple(sorted(rows.loc[~rows["is_covered"], "unit_code"])))


def with_names(warehouse: Warehouse, codes: Iterable[str]) -> list[str]:
    """'X1 (UBND xã X1)' of each code; the newest name where a unit has had several."""
    units = warehouse.read_table("unit").sort_values("valid_from")
    names = dict(zip(units["unit_code"], units["name"], strict=True))
    return [f"{code} ({names[code]})" if code in names else code for code in codes]


def why_closed(warehouse: Warehouse, quarter: Quarter) -> str:
    """Why a quarter has not been released: the last night, and the units it waits for."""
    nights = warehouse.nights()
    if not nights:
        return "the warehouse holds no night yet"
    last = max(nights)
    reach = f"the last night is [{last}]"
    if last < quarter.last.isoformat():
        reach += f", the quarter's last day [{quarter.last}]"
    coverage = coverage_of(warehouse, quarter, known=last)
    if not coverage.units:
        return f"{reach}; no night of the quarter is in the warehouse"
    if not coverage.missing:
        return f"{reach}; no unit is missing"
    missing = "; ".join(with_names(warehouse, coverage.missing))
    return f"{reach}; units without data up to its end: {len(coverage.missing)} of {coverage.units}: [{missing}]"
