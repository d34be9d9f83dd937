"""What changed from quarter to quarter, what cuts of limits did, and how records are written. No markup here."""

from typing import Any

import pandas as pd

from analysis.integrity import CHECKS_VI, REASONS_VI
from pipelines.publish import formats
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.quarter_view import failing_units, flags_of, named
from pipelines.publish.rows import Row, reading, records

TRENDS = (
    "level", "unit_code", "proc_core", "share_now", "n_now", "share_before", "n_before", "share_year_ago",
    "n_year_ago", "change", "low", "high", "same_mix_change", "same_mix_low", "same_mix_high", "compared", "verdict",
)  # fmt: skip
SERIES = ("level", "unit_code", "received_quarter", "n", "due_n", "late_share", "low", "high", "median_half_days")
CUTS = (
    "proc_core", "cut_on", "old_days", "new_days", "n_before", "n_after", "controls", "n_control_before",
    "n_control_after", "within_before", "within_after", "control_before", "control_after", "effect", "low", "high",
    "median_before", "median_after", "verdict",
)  # fmt: skip
INTEGRITY = (
    "unit_code", "check", "n", "found", "share", "base_n", "base_share", "low", "high", "may_be_named", "is_flagged",
    "reason",
)  # fmt: skip
LEVELS = ("UNIT", "PROCEDURE", "PROCEDURE_UNIT")
VERDICT = {
    "WORSE": ("trễ tăng", "warn"),
    "BETTER": ("trễ giảm", "good"),
    "SAME": ("không khác rõ", "plain"),
    "NOT_ENOUGH": ("không đủ số liệu", "plain"),
}
CUT_VERDICT = {
    "FASTER": ("xong sớm hơn", "good"),
    "SLOWER": ("xong chậm hơn", "warn"),
    "SAME": ("chưa thấy khác biệt", "plain"),
    "NOT_ENOUGH": ("không đủ số liệu", "plain"),
}
BASES = {
    "YEAR_AGO": ("share_year_ago", "n_year_ago", "cùng quý năm trước"),
    "QUARTER_BEFORE": ("share_before", "n_before", "quý liền trước"),
}


def whole_trend(papers: QuarterPapers) -> Row | None:
    """The change of the whole site, None where there is nothing to compare with."""
    rows = _trends(papers, "ALL")
    return rows[0] if rows else None


def trends(papers: QuarterPapers) -> dict[str, Any]:
    """Units, then procedures, that surely changed (worse first), those that did not, how many lack figures."""
    rows = [row for level in LEVELS for row in _trends(papers, level)]
    whole = {(row["proc_core"], row["n_now"]) for row in rows if row["level"] == "PROCEDURE"}
    changed = [
        row
        for row in rows
        if row["verdict"] in ("WORSE", "BETTER")
        # A procedure of one unit would stand there twice.
        and (row["level"] != "PROCEDURE_UNIT" or (row["proc_core"], row["n_now"]) not in whole)
    ]
    same = [row for row in rows if row["verdict"] == "SAME" and row["level"] != "PROCEDURE_UNIT"]
    table = reading(papers.results.trends, TRENDS)
    few = table[table["level"].isin(["UNIT", "PROCEDURE"])]
    return {
        "changed": sorted(changed, key=_order),
        "same": sorted(same, key=_order),
        "is_by_quarter": any(row["compared"] == "QUARTER_BEFORE" for row in rows),
        "not_enough": int(few["verdict"].eq("NOT_ENOUGH").sum()),
    }


def _order(row: Row) -> tuple[int, float, str]:
    return LEVELS.index(row["level"]), -row["change"], row["label"]


def _trends(papers: QuarterPapers, level: str) -> list[Row]:
    table = reading(papers.results.trends, TRENDS)
    failing = failing_units(papers)
    rows = table[(table["level"] == level) & table["compared"].isin(BASES) & ~table["unit_code"].isin(failing)]
    rows = rows[(rows["n_now"] > papers.minimum_group) & rows["verdict"].ne("NOT_ENOUGH") & rows["change"].notna()]
    found = []
    for row in records(rows):
        share, n, words = BASES[row["compared"]]
        if row[n] > papers.minimum_group:
            verdict, tone = VERDICT[row["verdict"]]
            base = {"share_base": row[share], "n_base": row[n], "compared_vi": words}
            found.append(named(papers, row) | base | {"words": verdict, "tone": tone})
    return found


def series(papers: QuarterPapers) -> list[Row]:
    """The late share of the whole site, quarter by quarter of receipt, with its interval."""
    table = reading(papers.results.series, SERIES)
    rows = table[(table["level"] == "ALL") & (table["due_n"] > papers.minimum_group) & table["late_share"].notna()]
    return [
        row | {"label": formats.quarter(str(row["received_quarter"])).removeprefix("quý ")}
        for row in records(rows.sort_values("received_quarter"))
    ]


def cut_effects(papers: QuarterPapers) -> list[Row]:
    """Limits cut in the last two years and what came of it; too few dossiers is said, without figures."""
    table = reading(papers.results.cut_effects, CUTS)
    found = []
    for row in records(table.sort_values(["cut_on", "proc_core"], ascending=[False, True])):
        words, tone = CUT_VERDICT.get(str(row["verdict"]), CUT_VERDICT["NOT_ENOUGH"])
        found.append(named(papers, row) | {"words": words, "tone": tone, "is_told": row["verdict"] != "NOT_ENOUGH"})
    return found


def record_sentences(papers: QuarterPapers) -> list[Row]:
    """The flags on how records are written, most striking first, as the analysis worded them."""

    def times(row: Row) -> float:
        return float(row["value"] / row["limit_value"]) if row["limit_value"] else float("inf")

    return sorted(flags_of(papers, "RECORD_CHECK"), key=lambda row: (-times(row), str(row["flag_id"])))


def record_checks(papers: QuarterPapers) -> list[Row]:
    """Each check: name, units compared and asked to check, n and found of them, their rows, who was left out why."""
    table = reading(papers.results.integrity, INTEGRITY)
    found = []
    for check, name in CHECKS_VI.items():
        mine = table[(table["check"] == check) & (table["n"] > 0)]
        told = mine[mine["may_be_named"].eq(True) & mine["reason"].eq("") & (mine["n"] > papers.minimum_group)]
        if len(mine):
            rows = told.sort_values(["share", "unit_code"], ascending=[False, True])
            found.append(
                {
                    "check": check,
                    "name": name,
                    "compared": len(told),
                    "flagged": int(told["is_flagged"].eq(True).sum()),
                    "n": int(told["n"].sum()),
                    "found": int(told["found"].sum()),
                    "rows": [row | {"unit": papers.unit_name(row["unit_code"])} for row in records(rows)],
                    "left_out": _left_out(mine.drop(told.index)),
                }
            )
    return found


def _left_out(rows: pd.DataFrame) -> list[str]:
    counted = rows["reason"].fillna("").astype(str).value_counts().sort_index()
    return [f"{counted[key]} đơn vị: {REASONS_VI.get(str(key)) or REASONS_VI['FEW']}" for key in counted.index]
