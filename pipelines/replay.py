"""Quarantine and rebuild: going back over landing after something was mended.

A replay is not a second way of loading: it stages, judges and merges the same slices again from landing, now
with the corrected unit file, code map or catalogue. Rows that pass leave quarantine; the others stay with
their reason.
"""

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd

from domain.errors import KnownError
from pipelines import letters, nightly
from pipelines.collect import landed_nights, restage
from pipelines.contain import Faults
from pipelines.judging import judge_night
from pipelines.landing import broken_files
from pipelines.night_order import night_at_door, today
from pipelines.settings import Settings
from pipelines.strays import strays


def list_quarantine(
    *, unit: str | None = None, rule: str | None = None, settings: Settings | None = None
) -> list[str]:
    """One line a row set aside: night, unit, rule, file:line, dossier, message."""
    frame = _quarantine(settings or Settings.from_env(), unit=unit, rule=rule)
    lines = [
        f"{r['night']}  {r['unit_code']}  {r['rule_id']}  {r['file_name']}:{r['line_no']}"
        f"  {r['dossier_code'] or '-'}  {r['message']}"
        for r in frame.to_dict("records")
    ]
    return [*lines, f"{len(frame)} rows in quarantine"]


def replay_quarantine(
    *, unit: str | None = None, night: str | None = None, settings: Settings | None = None
) -> Iterator[str]:
    """Stage, judge and merge again every slice that has rows in quarantine; yields one line a slice."""
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
        for unit_code in units:
            was, now = _open(before, slice_night, unit_code), _open(after, slice_night, unit_code)
            yield f"{slice_night}  {unit_code}: {was} rows in quarantine before, {now} now"
    if before.empty:
        yield "nothing in quarantine to replay"
    else:
        nightly.models(max(before["night"]), settings=settings)


def rebuild(*, settings: Settings | None = None) -> Iterator[str]:
    """Make every slice again from landing, in the order of nights; decisions and letters already issued stay.

    Raises KnownError E-LANDING-LOST at the end, when all else is done, naming raw files that are gone or altered.
    """
    settings = settings or Settings.from_env()
    landed = landed_nights(settings)
    yield from strays(settings, landed)
    end = today(settings) + timedelta(days=1)
    nights = [night for night in landed if night.day <= end]
    yield from (f"left out: night [{night}] in landing has not come yet" for night in landed if night.day > end)
    lost: list[str] = []
    for night in nights:
        units = nightly.units_of(settings, night)
        for unit_code in units:
            restage(settings, night, unit_code)
            lost += [f"[{night}/{unit_code}/{name}]" for name in broken_files(settings, night, unit_code)]
        judge_night(settings, night, units)
        merged = nightly.merge(night, settings=settings)
        if settings.site.letters:
            with nightly.open_warehouse(settings) as warehouse:
                faults = Faults()
                letters.record_night_letters(settings, warehouse, night, faults)
            yield from (f"{night}: [{fault.subject}] {fault.message}" for fault in faults.found)
        yield f"{night}: {len(list(merged['merged']))} of {len(units)} slices written"  # type: ignore[call-overload]
    if nights:
        nightly.models(max(nights), settings=settings)
    yield f"{len(nights)} nights rebuilt from landing"
    if lost:
        raise KnownError(
            "E-LANDING-LOST",
            f"{len(lost)} raw files in landing are gone or altered: {', '.join(lost)}.",
            mend="bring them back from a backup and rebuild again, or ask the units to hand them in anew; rows read "
            "from them before were kept where their staged copy is whole",
        )


def _quarantine(settings: Settings, *, unit: str | None = None, rule: str | None = None) -> pd.DataFrame:
    with nightly.open_warehouse(settings) as warehouse:
        frame = warehouse.read_table("quarantine")
    if unit:
        frame = frame[frame["unit_code"] == unit]
    if rule:
        frame = frame[frame["rule_id"] == rule]
    return frame.sort_values(["night", "unit_code", "file_name", "line_no", "rule_id"], ignore_index=True)


def _open(frame: pd.DataFrame, night: str, unit_code: str) -> int:
    return int(((frame["night"] == night) & (frame["unit_code"] == unit_code)).sum())
