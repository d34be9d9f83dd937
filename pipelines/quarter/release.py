"""When a quarter is out: complete, by the calendar, or by hand; and complete at last when what was missing came."""

import json
import logging
from datetime import date
from typing import Any

import pandas as pd

from domain.errors import KnownError
from domain.quarter import Quarter
from pipelines.coverage import coverage_of, why_closed, with_names
from pipelines.quarter.place import numbers_of, quarters_in, read
from pipelines.settings import Settings
from warehouse import Warehouse

log = logging.getLogger(__name__)


def release_on(settings: Settings, warehouse: Warehouse, night: str) -> str | None:
    """The quarter that this night completes; None when there is nothing to release.

    A night killed between releasing and announcing names its quarter again, until the quarter is analysed. A quarter
    that came out incomplete is released anew when a night makes it complete.
    """
    quarter = Quarter.of(date.fromisoformat(night))
    for candidate in (quarter.previous(), quarter):
        is_due = candidate.last <= date.fromisoformat(night) or _released(warehouse, str(candidate)) is not None
        if is_due and _is_new(settings, warehouse, candidate, night=night, forced=False):
            return str(candidate)
    return None


def force_on(settings: Settings, warehouse: Warehouse, today: str) -> str | None:
    """Release the last ended quarter although units are missing; says so. None when it is not time, or it is out."""
    day = date.fromisoformat(today)
    quarter = Quarter.of(day).previous()
    nights = [night for night in warehouse.nights() if night < today]
    if (day - quarter.last).days < settings.site.quarter.force_after_days or not nights:
        return None
    if not _is_new(settings, warehouse, quarter, night=max(nights), forced=True):
        return None
    absent = with_names(warehouse, json.loads(str(release_of(warehouse, str(quarter))["missing"])))
    log.warning("quarter %s released although not complete; last night %s", quarter, max(nights))
    log.warning("units without data up to its end: %s", "; ".join(absent) or "none")
    return str(quarter)


def force_quarter(settings: Settings, warehouse: Warehouse, period: Quarter) -> str | None:
    """Release this very quarter by hand, complete or not; None when it is out and nothing is new."""
    nights = warehouse.nights()
    if not nights:
        raise KnownError("E-NO-NIGHT", "the warehouse holds no night yet", mend="run a night first: tinhgon night")
    if max(nights) < period.first.isoformat():
        raise KnownError(
            "E-QUARTER-AHEAD",
            f"quarter [{period}] begins after the newest night of the warehouse, [{max(nights)}].",
            mend="name a quarter that has begun",
        )
    return str(period) if _is_new(settings, warehouse, period, night=max(nights), forced=True) else None


def release_of(warehouse: Warehouse, quarter: str) -> dict[str, object]:
    """The row that released the quarter; an error when nothing did."""
    row = _released(warehouse, quarter)
    if row is None:
        raise KnownError(
            "E-QUARTER-CLOSED",
            f"quarter [{quarter}] has not been released: {why_closed(warehouse, Quarter.parse(quarter))}.",
            mend="run the nights up to its last day, or release it although incomplete: tinhgon quarter --force",
        )
    return row


def _released(warehouse: Warehouse, quarter: str) -> dict[str, Any] | None:
    releases = warehouse.read_table("quarter_release")
    rows = releases[releases["quarter"] == quarter].to_dict("records")
    return {str(key): value for key, value in rows[0].items()} if rows else None


def _is_new(settings: Settings, warehouse: Warehouse, quarter: Quarter, *, night: str, forced: bool) -> bool:
    """Release the quarter if it can be; whether there is something to analyse that was not analysed yet."""
    old = _released(warehouse, str(quarter))
    if old is None or not old["is_complete"]:
        known = night if old is None else max(night, str(old["released_night"]))
        row = _release_row(settings, warehouse, quarter, known)
        if row["is_complete"] or (old is None and forced):
            warehouse.replace_rows("quarter_release", pd.DataFrame([row]), where={"quarter": str(quarter)})
            return True
    return old is not None and str(old["released_night"]) >= night and not _is_analysed(settings, old)


def restore(settings: Settings, warehouse: Warehouse) -> None:
    """Releases that only editions remember, once the warehouse was made again: of each quarter's last edition."""
    rows = []
    for quarter in quarters_in(settings):
        facts = read(settings, quarter).facts
        row = {name: facts[name] for name in ("released_night", "is_complete", "coverage")}
        missing = json.dumps(facts["missing"])
        rows.append({"quarter": quarter, "forced": not facts["is_complete"], "missing": missing, **row})
    if rows:
        warehouse.insert_missing("quarter_release", pd.DataFrame(rows))


def _is_analysed(settings: Settings, row: dict[str, Any]) -> bool:
    """Whether the last edition is of this very release."""
    quarter = str(row["quarter"])
    if not numbers_of(settings, quarter):
        return False
    facts = read(settings, quarter).facts
    return (facts["released_night"], facts["is_complete"]) == (row["released_night"], bool(row["is_complete"]))


def _release_row(settings: Settings, warehouse: Warehouse, quarter: Quarter, night: str) -> dict[str, object]:
    """What releasing the quarter as known on this night says of it."""
    coverage = coverage_of(warehouse, quarter, known=night)
    complete = coverage.units > 0 and coverage.share >= settings.site.quarter.minimum_coverage
    return {
        "quarter": str(quarter),
        "released_night": night,
        "is_complete": complete,
        "forced": not complete,
        "coverage": coverage.share,
        "missing": json.dumps(coverage.missing),
    }
