"""Judging a night: the staged rows of all units against the rules, in one pass.

What comes out is a folder of accepted rows, rows set aside with their reason, and results (`pipelines.judged`).
The rules see only this night's rows and the site's own facts, so the order in which nights are run never matters.
"""

import hashlib
from pathlib import Path

import pandas as pd

from domain.columns import TABLES
from pipelines.catalogue import load_dimensions
from pipelines.judged import JudgedUnit, is_judged, quarantine_rows, write_judged
from pipelines.outcome import UnitOutcome
from pipelines.settings import Settings
from pipelines.stage import Staged, read_staged

# Raised when the meaning of judged files changes, so that old ones are made again.
JUDGED_VERSION = "1"


def judge_night(settings: Settings, night: str, units: list[str]) -> dict[str, object]:
    """Judge what `units` handed in on `night`. Does nothing when exactly this was judged before.

    Returns small counts: rows_in, rows_ok, rows_quarantined, units, skipped.
    """
    staged = read_staged(settings, night, units)
    fingerprint = night_fingerprint(settings, staged.outcomes)
    rows_in = sum(outcome.rows_in for outcome in staged.outcomes)
    if is_judged(settings, night, units, fingerprint):
        return {"night": night, "units": len(units), "rows_in": rows_in, "skipped": True}
    judged = [_judged_unit(outcome, parts) for outcome, parts in _verdicts(settings, night, staged)]
    write_judged(settings, night, judged, fingerprint)
    set_aside = sum(_count(unit.outcome["rows_quarantined"]) for unit in judged)
    return {"night": night, "units": len(units), "rows_in": rows_in, "rows_quarantined": set_aside, "skipped": False}


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


def _verdicts(settings: Settings, night: str, staged: Staged) -> list[tuple[UnitOutcome, dict[str, pd.DataFrame]]]:
    """The rules' verdict, split by unit: the frames of `pipelines.judged.FRAMES`."""
    from expectations import JudgeContext, RuleLimits, judge  # noqa: PLC0415 - the rule engine takes seconds to import

    site = settings.site
    dimensions = load_dimensions(site, settings)
    context = JudgeContext(
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
    verdict = judge(staged.frames, context)
    visible = {unit.code: unit.visible_headings() for unit in site.units}
    quarantine = quarantine_rows(verdict.rejected, staged.rejects, staged.raw, visible)
    whole = {
        **{name: verdict.accepted[name] for name in TABLES},
        "quarantine": quarantine,
        "flags": verdict.flags,
        "results": verdict.results,
    }
    return [
        (outcome, {name: _of_unit(frame, outcome.unit_code) for name, frame in whole.items()})
        for outcome in staged.outcomes
    ]


def _judged_unit(outcome: UnitOutcome, frames: dict[str, pd.DataFrame]) -> JudgedUnit:
    rows_ok = sum(len(frames[name]) for name in TABLES)
    set_aside = outcome.rows_in - rows_ok
    row: dict[str, object] = {
        "status": outcome.status,
        "rows_in": outcome.rows_in,
        "rows_ok": rows_ok,
        "rows_quarantined": set_aside,
        "control_total": outcome.control_total,
        "files": len(outcome.files),
        "message": outcome.message,
        "fingerprint": outcome.fingerprint,
    }
    return JudgedUnit(unit_code=outcome.unit_code, outcome=row, frames=frames)


def _of_unit(frame: pd.DataFrame, unit_code: str) -> pd.DataFrame:
    return frame[frame["unit_code"] == unit_code].reset_index(drop=True)


def _count(value: object) -> int:
    return int(str(value))
