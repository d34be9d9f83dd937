"""Judging a night: the staged rows of all units against the rules, in one pass.

What comes out is a folder of accepted rows, rows set aside with their reason, and results (`pipelines.judged`).
The rules see only this night's rows and the site's own facts, so the order in which nights are run never matters.

When one unit's rows stop the pass, or break a rule of it, that unit is found by judging halves apart: it ends as a
FAILED outcome or with its own broken rule, and the others are judged together as if it had not been there.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from domain.columns import TABLES
from pipelines.catalogue import load_dimensions
from pipelines.collect import manifest_of
from pipelines.contain import Fault, Faults
from pipelines.judged import (
    JudgedUnit,
    failed_unit,
    is_judged,
    judged_unit,
    nothing,
    quarantine_rows,
    write_judged,
)
from pipelines.outcome import UnitOutcome
from pipelines.settings import Settings
from pipelines.stage import Staged, read_staged

if TYPE_CHECKING:
    from expectations import JudgeContext

# Raised when the meaning of judged files changes, so that old ones are made again.
JUDGED_VERSION = "2"


def judge_night(settings: Settings, night: str, units: list[str]) -> dict[str, object]:
    """Judge what `units` handed in on `night`. Does nothing when exactly this was judged before.

    Returns small counts: rows_in, rows_ok, rows_quarantined, units, skipped.
    """
    staged = read_staged(settings, night, units)
    fingerprint = night_fingerprint(settings, staged.outcomes)
    rows_in = sum(outcome.rows_in for outcome in staged.outcomes)
    if is_judged(settings, night, units, fingerprint):
        return {"night": night, "units": len(units), "rows_in": rows_in, "skipped": True}
    judged = _judged(settings, night, staged)
    failed = write_judged(settings, night, judged, fingerprint)
    set_aside = sum(_count(unit.outcome["rows_quarantined"]) for unit in judged)
    counts = {"night": night, "units": len(units), "rows_in": rows_in, "rows_quarantined": set_aside}
    return counts | {"skipped": False} | ({"failed": failed} if failed else {})


def night_fingerprint(settings: Settings, outcomes: list[UnitOutcome]) -> str:
    """What a night's verdict depends on: each unit's bytes, the site's own files, and our version."""
    parts = [JUDGED_VERSION, site_fingerprint(settings.site_folder)]
    parts += [f"{o.unit_code}:{o.status}:{o.fingerprint}" for o in sorted(outcomes, key=lambda o: o.unit_code)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def site_fingerprint(folder: Path) -> str:
    """Hash of every file of a site folder, by name and bytes."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _judged(settings: Settings, night: str, staged: Staged) -> list[JudgedUnit]:
    """Every unit judged, in order; together but for those that stop the pass or break a rule of it."""
    context = _context(settings, night)
    visible = {unit.code: unit.visible_headings() for unit in settings.site.units}
    faults = Faults()

    def look(outcomes: list[UnitOutcome]) -> Looked:
        who = ", ".join(outcome.unit_code for outcome in outcomes)
        with faults.around(who, saying="Dữ liệu làm việc kiểm tra phải dừng"):
            return _looked(settings, _only(staged, outcomes), context, visible)
        return Looked(stopped=faults.found[-1])

    whole = look(staged.outcomes)
    if whole.is_fine:
        return whole.units
    apart = _ill(look, staged.outcomes, whole)
    others = [outcome for outcome in staged.outcomes if outcome.unit_code not in apart]
    rest = look(others) if others else Looked()
    if rest.stopped:
        raise RuntimeError(f"night {night}: units that can be judged apart cannot together: {rest.stopped.message}")
    found = {unit.unit_code: unit for unit in rest.units}
    for outcome in staged.outcomes:
        if (alone := apart.get(outcome.unit_code)) is not None:
            found[outcome.unit_code] = (
                failed_unit(judged_unit(outcome, nothing()), alone.stopped) if alone.stopped else alone.units[0]
            )
    return [found[outcome.unit_code] for outcome in staged.outcomes]


def _ill(
    look: Callable[[list[UnitOutcome]], "Looked"], outcomes: list[UnitOutcome], looked: "Looked"
) -> dict[str, "Looked"]:
    """By unit, what judging it alone gives, of the units that stop or break a pass (`looked`); found by halves."""
    if looked.is_fine:
        return {}
    if len(outcomes) == 1:
        return {outcomes[0].unit_code: looked}
    half = len(outcomes) // 2
    halves = (outcomes[:half], outcomes[half:])
    return {code: alone for part in halves for code, alone in _ill(look, part, look(part)).items()}


@dataclass(frozen=True, kw_only=True)
class Looked:
    """One pass over some units: the units judged, whether a rule could not run, or what stopped it."""

    units: list[JudgedUnit] = field(default_factory=list)
    has_broken_rule: bool = False
    stopped: Fault | None = None

    @property
    def is_fine(self) -> bool:
        """Whether the pass came to its end and every rule ran."""
        return self.stopped is None and not self.has_broken_rule


def _only(staged: Staged, outcomes: list[UnitOutcome]) -> Staged:
    """What these units handed in."""
    if len(outcomes) == len(staged.outcomes):
        return staged
    codes = {outcome.unit_code for outcome in outcomes}

    def of_them(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["unit_code"].isin(codes)].reset_index(drop=True)

    return Staged(
        frames={name: of_them(frame) for name, frame in staged.frames.items()},
        rejects=of_them(staged.rejects),
        raw=of_them(staged.raw),
        outcomes=outcomes,
    )


def _context(settings: Settings, night: str) -> "JudgeContext":
    """What the rules are given beside the rows."""
    from expectations import JudgeContext, RuleLimits  # noqa: PLC0415 - the rule engine takes seconds to import

    site = settings.site
    dimensions = load_dimensions(site, settings)
    return JudgeContext(
        night=night,
        calendar=site.work_calendar(settings.site_folder),
        units=dimensions["unit"],
        procedures=dimensions["procedure"],
        postings=dimensions["procedure_posting"],
        dossier_grammar=site.dossier_code,
        rules_off={rule.id: rule.reason for rule in site.rules.off},
        limits=RuleLimits.from_mapping(site.rules.limits),
        office_hours=site.office_hours,
        given={(unit.code, table): columns for unit in site.units for table, columns in unit.given_columns().items()},
    )


def _looked(settings: Settings, staged: Staged, context: "JudgeContext", visible: dict[str, set[str]]) -> Looked:
    """One pass of the rules over what is staged, split by unit into the frames of `pipelines.judged.FRAMES`."""
    from expectations import judge, one_state  # noqa: PLC0415

    dossiers = staged.frames["dossier"]
    kept, earlier = one_state(dossiers, _as_changes(settings, context.night, dossiers))
    verdict = judge(staged.frames | {"dossier": kept}, context)
    quarantine = quarantine_rows(verdict.rejected, staged.rejects, staged.raw, visible)
    whole = {
        **{name: verdict.accepted[name] for name in TABLES},
        "quarantine": quarantine,
        "flags": verdict.flags,
        "results": verdict.results,
    }
    units = [
        judged_unit(
            outcome,
            {name: _of_unit(frame, outcome.unit_code) for name, frame in whole.items()},
            unchanged=len(_of_unit(earlier, outcome.unit_code)),
        )
        for outcome in staged.outcomes
    ]
    return Looked(units=units, has_broken_rule=bool(verdict.broken))


def _as_changes(settings: Settings, night: str, dossiers: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows came in an extract of changes; the others are of whole registers."""
    said: dict[tuple[str, str], bool] = {}
    for unit_code in dossiers["unit_code"].unique():
        unit = settings.site.unit(str(unit_code))
        for file in manifest_of(settings, night, unit.code):
            source = unit.source(file.source_id)
            said[unit.code, file.file_name] = source is not None and source.extract == "changes"
    keys = zip(dossiers["unit_code"], dossiers["file_name"], strict=True)
    return pd.Series(
        [said.get((str(unit), str(name)), False) for unit, name in keys], index=dossiers.index, dtype=bool
    )


def _of_unit(frame: pd.DataFrame, unit_code: str) -> pd.DataFrame:
    return frame[frame["unit_code"] == unit_code].reset_index(drop=True)


def _count(value: object) -> int:
    return int(str(value))
