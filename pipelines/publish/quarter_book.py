"""The quarter book (so_tay_quy.html): one offline page with charts for those who review procedures."""

from pathlib import Path
from typing import Any

from pipelines.publish import charts, formats, pair_view, quarter_view
from pipelines.publish.inputs import QuarterPapers
from pipelines.publish.rows import records
from pipelines.publish.templating import write_page

FILE_NAME = "so_tay_quy.html"

# Parts of a bar of II.06a: (column, words, colour), dark to light so that print in grey still tells them apart.
ENDS = (
    ("done_early", "Trước hạn", charts.GREEN),
    ("done_on_time", "Đúng hạn", "#8fbf9f"),
    ("done_late", "Quá hạn (đã giải quyết)", charts.RED),
    ("open_in_term", "Đang giải quyết, trong hạn", charts.PALE),
    ("open_overdue", "Đang giải quyết, quá hạn", charts.AMBER),
)


def write_quarter_book(papers: QuarterPapers, folder: Path) -> Path:
    """Write the book of a quarter; returns its path. Same analysis, same bytes."""
    views: dict[str, Any] = {
        "units": quarter_view.report_units(papers),
        "overall": quarter_view.level_rows(papers, "ALL"),
        "unit_shares": quarter_view.level_rows(papers, "UNIT"),
        "slow": quarter_view.slow_procedures(papers),
        "steps": quarter_view.slow_steps(papers),
        "cuts": quarter_view.limit_cuts(papers),
        "asked": quarter_view.asked_papers(papers),
    }
    pairs, all_pairs = pair_view.overlap_pairs(papers)
    return write_page(
        folder / FILE_NAME,
        "so_tay_quy.html",
        papers=papers,
        period=formats.quarter(papers.quarter),
        summary=quarter_view.summary(papers),
        pairs=pairs,
        all_pairs=all_pairs,
        too_short=quarter_view.limits_too_short(papers),
        mismatches=quarter_view.limit_mismatches(papers),
        unused=quarter_view.unused_by_field(papers),
        proposals=quarter_view.proposals(papers),
        off=quarter_view.parts_off(papers.results.switched_off),
        notes=quarter_view.parts_off(papers.results.notes),
        why_off=dict.fromkeys(quarter_view.PART_VI, "") | dict(papers.results.switched_off),
        hidden_procedures=quarter_view.hidden_groups(papers, "PROCEDURE_UNIT"),
        hidden_units=quarter_view.hidden_groups(papers, "UNIT"),
        bulk_entered=quarter_view.bulk_entered(papers),
        costs=cost_tables(papers),
        drawings=drawings(views),
        shown=quarter_view.SHOWN,
        steps_shown=pair_view.STEPS_SHOWN,
        **views,
    )


def drawings(views: dict[str, Any]) -> dict[str, Any]:
    """The charts by name, None where there is nothing to draw (the page then says so in words)."""
    shown = quarter_view.SHOWN
    units = [row for row in views["units"] if not row["is_total"]]
    units = [row for row in units if sum(row[key] for key, _, _ in ENDS)]
    steps = [row for row in views["steps"] if row["planned"] == row["planned"] and row["mean"] == row["mean"]]
    return {
        "units": charts.stacked(units, ENDS, title="Kết quả giải quyết theo đơn vị", axis="Tỷ trọng hồ sơ")
        if units
        else None,
        "unit_shares": _late(views["unit_shares"][:shown], "Tỷ lệ trễ hạn theo đơn vị"),
        "slow": _late(views["slow"][:shown], "Tỷ lệ trễ hạn của các thủ tục chậm"),
        "steps": charts.spans(
            steps,
            ends=(("planned", "Theo quy trình"), ("mean", "Thực tế (trung bình)")),
            title="Các bước mất nhiều thời gian vượt quy trình nhất",
            axis="Ngày làm việc",
        )
        if steps
        else None,
        "cuts": charts.spans(
            [row | {"label": row["procedure"]} for row in views["cuts"][:shown]],
            ends=(("limit_days", "Thời hạn hiện nay"), ("proposed_days", "Thời hạn có thể áp dụng")),
            title="Thời hạn có thể cắt giảm",
            axis="Ngày làm việc",
        )
        if views["cuts"]
        else None,
        "asked": charts.bars(
            views["asked"],
            value="dossiers",
            title="Giấy tờ bị yêu cầu nhiều nhất",
            axis="Hồ sơ phải nộp trong bốn quý",
        )
        if views["asked"]
        else None,
    }


def _late(rows: list[dict[str, Any]], title: str) -> Any:
    if not rows:
        return None
    return charts.late_shares(
        [
            {
                "label": row["label"],
                "km": row["late_share_km"],
                "low": row["ci_low"],
                "high": row["ci_high"],
                "closed": None if formats.is_unknown(row["closed_late_share"]) else row["closed_late_share"],
            }
            for row in rows
        ],
        title=title,
    )


def cost_tables(papers: QuarterPapers) -> dict[str, list[dict[str, Any]]]:
    """proposal_id -> its activities before and after, as the cost was worked out."""
    table = papers.results.costs
    if table.empty:
        return {}
    return {str(key): records(rows) for key, rows in table.groupby("proposal_id", sort=True)}
