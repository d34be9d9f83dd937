"""Overlapping procedures as the quarter book shows them: the pairs worth a look, and a few laid side by side."""

from collections.abc import Mapping
from typing import Any

from pipelines.publish import formats
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.rows import Row, records

RELATION_VI = {
    "duplicate": "Trùng lặp",
    "level_twin": "Cùng thủ tục ở hai cấp",
    "overlap": "Chồng chéo một phần",
    "sibling": "Cùng đối tượng, khác loại việc",
}
PAIRS_SHOWN = 6
STEPS_SHOWN = 12  # the portal breaks one text into dozens of lines and calls each a step
WORDS_SHOWN = 30  # the portal copies whole articles of law into a step or a paper


def overlap_pairs(papers: QuarterPapers) -> tuple[list[Row], list[Row]]:
    """Pairs worth a reviewer's look: the first few side by side, and the whole list for the table."""
    table = papers.results.overlaps
    if table.empty:
        return [], []
    rows = records(table[table["propose_merge"].astype(bool) & table["relation"].isin(RELATION_VI)])
    flagged = _flagged(papers)
    if flagged:  # the book speaks of the pairs the quarter flagged, so that its figures agree
        rows = [row for row in rows if (row["proc_core"], row["other_proc_core"]) in flagged]
    listed = [_pair(papers, row) for row in rows]
    types = _paper_types(
        papers, {core for row in listed[:PAIRS_SHOWN] for core in (row["proc_core"], row["other_proc_core"])}
    )
    return [row | _side_by_side(papers, row, types) for row in listed[:PAIRS_SHOWN]], listed


def _flagged(papers: QuarterPapers) -> set[tuple[str, str]]:
    flags = papers.results.flags
    if flags.empty:
        return set()
    return {(row["proc_core"], row["other_proc_core"]) for row in records(flags[flags["kind"] == "OVERLAP"])}


def _pair(papers: QuarterPapers, row: Mapping[Any, Any]) -> Row:
    one, two = papers.procedure(row["proc_core"]), papers.procedure(row["other_proc_core"])
    return {
        **row,
        "relation_vi": RELATION_VI[row["relation"]],
        "one": one,
        "two": two,
        "one_limit": _limit(one),
        "two_limit": _limit(two),
    }


def _limit(procedure: Mapping[str, object]) -> str:
    words = {"WORKING_DAY": "ngày làm việc", "DAY": "ngày", "HOUR": "giờ"}
    quantity, unit = procedure.get("limit_quantity"), str(procedure.get("limit_unit"))
    return (
        formats.UNKNOWN
        if formats.is_unknown(quantity)
        else f"{formats.plain_number(quantity)} {words.get(unit, '')}".strip()
    )


def _paper_types(papers: QuarterPapers, cores: set[str]) -> dict[str, dict[str, str]]:
    """proc_core -> paper type -> name as that procedure writes it, with the analysis' own idea of 'one paper'."""
    from analysis.papers import papers_of_procedures  # noqa: PLC0415 - only a quarter needs it

    rows = papers.procedure_paper
    if rows.empty or not cores:
        return {}
    rows = rows[rows["proc_core"].isin(sorted(cores))]
    if "valid_from" in rows.columns:
        rows = rows[rows["valid_from"] == rows.groupby("proc_core")["valid_from"].transform("max")]
    typed = papers_of_procedures(rows, same_share=0.8)
    found: dict[str, dict[str, str]] = {}
    for row in records(typed):
        found.setdefault(str(row["proc_core"]), {}).setdefault(str(row["paper_type"]), str(row["name"]))
    return found


def _side_by_side(papers: QuarterPapers, pair: Row, types: Mapping[str, Mapping[str, str]]) -> Row:
    one, two = types.get(pair["proc_core"], {}), types.get(pair["other_proc_core"], {})
    return {
        "common": sorted(_short(one[key]) for key in one if key in two),
        "only_one": sorted(_short(name) for key, name in one.items() if key not in two),
        "only_two": sorted(_short(name) for key, name in two.items() if key not in one),
        "one_steps": _steps_of(papers, pair["proc_core"]),
        "two_steps": _steps_of(papers, pair["other_proc_core"]),
    }


def _steps_of(papers: QuarterPapers, core: str) -> list[str]:
    rows = papers.procedure_step
    if rows.empty:
        return []
    rows = rows[rows["proc_core"] == core]
    if "valid_from" in rows.columns:
        rows = rows[rows["valid_from"] == rows["valid_from"].max()]
    return [_short(str(row["task"])) + _days(row["planned_days"]) for row in records(rows.sort_values("step_no"))]


def _days(planned: object) -> str:
    return "" if formats.is_unknown(planned) else f" ({formats.plain_number(planned)} ngày)"


def _short(text: str) -> str:
    """A long text cut after a few words; no full stop at its end, since lists are joined by other marks."""
    words = text.rstrip(" .;").split()
    return " ".join(words) if len(words) <= WORDS_SHOWN else " ".join(words[:WORDS_SHOWN]) + " …"
