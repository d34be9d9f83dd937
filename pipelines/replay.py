"""Quarantine and rebuild: going back over landing after something was mended.

A replay is not a second way of loading: it stages, judges and merges the same slices again from landing, now
with the corrected unit file, code map or catalogue. Rows that pass leave quarantine; the others stay with
their reason.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from domain.act import REPLAY, REPLAYED, Act
from domain.errors import KnownError
from pipelines import letters, nightly
from pipelines.acts import Saying, fold_acts, say
from pipelines.collect import landed_nights, restage
from pipelines.contain import Faults
from pipelines.judging import judge_night
from pipelines.night_order import night_at_door, today
from pipelines.quarter.release import restore
from pipelines.say import named
from pipelines.settings import Settings
from pipelines.slices import broken_files
from pipelines.strays import strays

_MOST_LOST = 20
_PLACE = ["table_name", "file_name", "line_no"]


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """One slice judged again: its rows in quarantine before and now."""

    night: str
    unit_code: str
    before: int
    now: int

    def __str__(self) -> str:
        return f"{self.night}  {self.unit_code}: {self.before} rows in quarantine before, {self.now} now"


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """One night made again: its units, how many slices were written, what its letters could not say."""

    night: str
    units: int
    written: int
    faults: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.night}: {self.written} of {self.units} slices written"


def replay_quarantine(
    *, unit: str | None = None, night: str | None = None, settings: Settings | None = None
) -> Iterator[Replayed]:
    """Stage, judge and merge again every slice that has rows in quarantine; yields the slices."""
    settings = settings or Settings.from_env()
    wanted = night_at_door(night, settings) if night is not None else None
    before = _quarantine(settings, unit=unit)
    if wanted:
        before = before[before["night"] == wanted]
    for slice_night in sorted(set(before["night"])):
        units = sorted(set(before.loc[before["night"] == slice_night, "unit_code"]))
        for unit_code in units:
            restage(settings, slice_night, unit_code)
        judge_night(settings, slice_night, nightly.units_of(settings, slice_night))
        with nightly.open_warehouse(settings) as warehouse:
            nightly.refresh_dimensions(settings, warehouse)
            for unit_code in units:
                nightly.merge_unit(settings, warehouse, slice_night, unit_code)
        after = _quarantine(settings)
        passed = [word for unit_code in units for word in _passed(before, after, slice_night, unit_code)]
        if passed:
            say(settings, lambda _, words=passed: words)  # type: ignore[misc]
        for unit_code in units:
            was, now = _open(before, slice_night, unit_code), _open(after, slice_night, unit_code)
            yield Replayed(night=slice_night, unit_code=unit_code, before=was, now=now)
    if not before.empty:
        nightly.models(max(before["night"]), settings=settings)


def rebuild_notes(settings: Settings) -> list[str]:
    """What a rebuild leaves out: strange things, nights to come, nights that only the warehouse holds."""
    landed = landed_nights(settings)
    end = _end(settings)
    with nightly.open_warehouse(settings) as warehouse:
        held = warehouse.nights()
    return [
        *strays(settings, landed),
        *(f"left out: night [{night}] in landing has not come yet" for night in landed if night.day > end),
        *(f"not in landing: night [{night}] stays as the warehouse has it" for night in held if night not in landed),
    ]


def rebuild(*, settings: Settings | None = None) -> Iterator[Rebuilt]:
    """Make every slice again from landing, in their order, and every person's word; letters already issued stay.

    Raises KnownError E-LANDING-LOST at the end, when all else is done, naming raw files that are gone or altered.
    """
    settings = settings or Settings.from_env()
    end = _end(settings)
    nights = [night for night in landed_nights(settings) if night.day <= end]
    lost: list[str] = []
    for night in nights:
        units = nightly.units_of(settings, night)
        for unit_code in units:
            restage(settings, night, unit_code)
            lost += [f"[{night}/{unit_code}/{name}]" for name in broken_files(settings, night, unit_code)]
        judge_night(settings, night, units)
        merged, told = nightly.merge(night, settings=settings), []
        if settings.site.letters:
            with nightly.open_warehouse(settings) as warehouse:
                with Faults().around("landing/acts", saying="Có ý kiến quyết định chưa đọc được"):
                    fold_acts(settings, warehouse, until=night.day)  # what cannot be read is told at the end
                faults = Faults()
                letters.record_night_letters(settings, warehouse, night, faults)
            told = [f"[{fault.subject}] {fault.message}" for fault in faults.found]
        written = len(list(merged["merged"]))  # type: ignore[call-overload]
        yield Rebuilt(night=night, units=len(units), written=written, faults=tuple(told))
    if nights:
        nightly.models(max(nights), settings=settings)
    with nightly.open_warehouse(settings) as warehouse:
        fold_acts(settings, warehouse)  # models go on without a word that cannot be read; a rebuild ends with it
        restore(settings, warehouse)
    if lost:
        raise KnownError(
            "E-LANDING-LOST",
            f"{len(lost)} raw files in landing are gone or altered: {named(lost, most=_MOST_LOST)}.",
            mend="bring them back from a backup and rebuild again, or ask the units to hand them in anew; rows read "
            "from them before were kept where their staged copy is whole",
        )


def _end(settings: Settings) -> date:
    return today(settings) + timedelta(days=1)


def _quarantine(settings: Settings, *, unit: str | None = None) -> pd.DataFrame:
    with nightly.open_warehouse(settings) as warehouse:
        frame = warehouse.read_table("quarantine")
    return frame[frame["unit_code"] == unit] if unit else frame


def _passed(before: pd.DataFrame, after: pd.DataFrame, night: str, unit_code: str) -> list[Act]:
    """The rows of a slice that are set aside no more, by rule, as acts: a rebuild knows of them by these alone."""
    was, now = (frame[(frame["night"] == night) & (frame["unit_code"] == unit_code)] for frame in (before, after))
    left = set(now[_PLACE].itertuples(index=False, name=None))
    gone = was[[place not in left for place in was[_PLACE].itertuples(index=False, name=None)]]
    saying = Saying(name="tinhgon quarantine replay", reason="kiểm tra lại sau khi sửa khai báo")
    return [
        saying.act(REPLAY, f"{night}/{unit_code}/{rule}", REPLAYED, content=json.dumps({"n": int(n)}))
        for rule, n in gone.groupby("rule_id").size().items()
    ]


def _open(frame: pd.DataFrame, night: str, unit_code: str) -> int:
    return int(((frame["night"] == night) & (frame["unit_code"] == unit_code)).sum())
