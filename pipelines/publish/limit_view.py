"""Limits in the quarter book: which could be shorter, which cannot be kept, and the curves behind it. No markup."""

from typing import Any

from pipelines.publish import formats
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.quarter_view import flags_of, key_of, level_rows, named
from pipelines.publish.rows import Row, reading, records

CURVES_DRAWN = 4
LIMITS = (
    "proc_core", "n", "limit_days", "median_days", "step_sum_days", "late_share_now", "now_low", "now_high",
    "shorter_late_share", "shorter_low", "shorter_high", "step_to_mend",
)  # fmt: skip
CUTS = (
    "proc_core", "n", "limit_days", "proposed_days", "cut_days", "late_share_now", "late_share_after", "after_low",
    "after_high", "is_cut", "is_step_sum_over", "longest_days", "never_needed_days", "is_padded_by_dossiers",
)  # fmt: skip
CURVE = ("proc_core", "days", "at_risk", "survival", "ci_low", "ci_high")
LIMIT_CURVE = ("proc_core", "days", "late_share", "low", "high", "n")


def limit_cuts(papers: QuarterPapers) -> list[Row]:
    """Limits that could be shorter, the deepest cut first."""
    table = reading(papers.results.limits, CUTS)
    over = table["is_step_sum_over"].eq(True)
    rows = table[table["is_cut"].eq(True) & ~over & (table["n"] > papers.minimum_group)]
    rows = rows.sort_values(["cut_days", "proc_core"], ascending=[False, True])
    return [named(papers, row) for row in records(rows)]


def limits_too_short(papers: QuarterPapers) -> list[Row]:
    """Limits flagged as not to be kept, or not to be cut, the most late first, each with the step to mend."""
    known = {str(row["proc_core"]): row for row in records(reading(papers.results.limits, LIMITS))}
    found = []
    for flag in flags_of(papers, "LIMIT_TOO_SHORT"):
        if not str(flag["rule"]).startswith("STEP_SUM"):
            row = known.get(str(flag["proc_core"])) or dict.fromkeys(LIMITS)
            found.append(
                named(papers, {**row, "proc_core": flag["proc_core"], "unit_code": None})
                | {
                    "sentence": flag["sentence"],
                    "is_lost": flag["rule"] == "KM_MOST_LATE",
                    "task": "" if formats.is_unknown(row["step_to_mend"]) else row["step_to_mend"],
                }
            )
    return sorted(found, key=lambda row: (not row["is_lost"], -(row["late_share_now"] or 0.0), str(row["proc_core"])))


def limit_mismatches(papers: QuarterPapers) -> list[Row]:
    """Flags on limits that do not fit the plan of their steps (value: sum of the steps, limit_value: the limit)."""
    rows = [
        row for row in flags_of(papers, "LIMIT_TOO_SHORT", "LIMIT_CUT") if str(row["rule"]).startswith("STEP_SUM")
    ]
    listed = [named(papers, row) for row in rows]
    return sorted(listed, key=lambda row: (-abs(row["value"] - row["limit_value"]), str(row["proc_core"])))


def limit_curves(papers: QuarterPapers) -> list[Row]:
    """Late share against the limit: deepest cuts and limits that cannot be kept, a few of each.

    Gives: procedure, proc_core, n, now, proposed (working days; proposed None where no cut is offered), points
    (days, share, low, high)
    """
    table = reading(papers.results.limit_curves, LIMIT_CURVE)
    table = table[table["n"] > papers.minimum_group]
    known = {str(row["proc_core"]): row for row in _limits(papers)}
    cuts = [str(row["proc_core"]) for row in limit_cuts(papers)]
    short = [str(row["proc_core"]) for row in limits_too_short(papers)]
    half = CURVES_DRAWN // 2
    wanted = [*cuts[:half], *short[:half], *cuts[half:], *short[half:]]
    found = []
    for core in dict.fromkeys(core for core in wanted if core in known):
        rows = table[table["proc_core"] == core].sort_values("days")
        if len(rows) > 1:
            points = [
                {"days": float(row["days"]), "share": row["late_share"], "low": row["low"], "high": row["high"]}
                for row in records(rows)
            ]
            limit = known[core]
            found.append(
                named(papers, {"proc_core": core})
                | {"n": int(rows["n"].max()), "now": limit["limit_days"], "points": points}
                | {"proposed": limit["proposed_days"] if core in cuts else None}
            )
    return found[:CURVES_DRAWN]


def survival(papers: QuarterPapers, slow: list[Row]) -> list[Row]:
    """Share still open against working days, for the slowest few procedures (`slow` first, then by late share).

    Gives: procedure, proc_core, n, limit (None where the data have none), late (late share by date, None where not
    known: the curve counts half days, and a limit of days may end half a day beside it), points (days, share, low,
    high), cut where `minimum_group` dossiers or fewer are left.
    """
    table = reading(papers.results.curves, CURVE)
    sizes = table.groupby("proc_core", sort=True)["at_risk"].max()
    worst = [str(row["proc_core"]) for row in slow if key_of(row["unit_code"]) is None]
    worst += [str(row["proc_core"]) for row in slow if row["proc_core"]]
    late = {str(row["proc_core"]): row["late_share_km"] for row in level_rows(papers, "PROCEDURE")}
    worst += list(late)
    worst += [str(core) for core in sizes.sort_values(ascending=False, kind="stable").index]
    limits = _drawn_limits(papers)
    found: list[Row] = []
    for core in dict.fromkeys(worst):
        rows = table[(table["proc_core"] == core) & (table["at_risk"] > papers.minimum_group)].sort_values("days")
        if len(rows) > 1 and len(found) < CURVES_DRAWN:
            found.append(_curve(papers, core, records(rows), limit=limits.get(core), late=late.get(core)))
    return found


def _curve(papers: QuarterPapers, core: str, rows: list[Row], *, limit: Any, late: Any) -> Row:
    points = [{"days": 0.0, "share": 1.0, "low": 1.0, "high": 1.0}]
    points += [
        {"days": float(row["days"]), "share": row["survival"], "low": row["ci_low"], "high": row["ci_high"]}
        for row in rows
        if row["days"] > 0
    ]
    known = None if formats.is_unknown(limit) else float(limit)
    return named(papers, {"proc_core": core}) | {
        "n": int(max(row["at_risk"] for row in rows)),
        "limit": known,
        "late": late,
        "points": points,
    }


def _drawn_limits(papers: QuarterPapers) -> dict[str, float]:
    """The limit most dossiers of a procedure had; that of the catalogue where dossiers have none."""
    table = reading(papers.results.limits, ("proc_core", "limit_days", "catalogue_days"))
    days = table["limit_days"].where(table["limit_days"].notna(), table["catalogue_days"])
    return {str(core): value for core, value in zip(table["proc_core"], days, strict=True)}


def _limits(papers: QuarterPapers) -> list[Row]:
    columns = ("proc_core", "limit_days", "proposed_days")
    table = reading(papers.results.limits, columns)
    return records(table[table["limit_days"].notna()])
