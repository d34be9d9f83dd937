"""A quarter, step by step: analyse → propose → (a person decides) → publish.

Every function takes the quarter ('2017-Q4') and can be run again: flags and proposals of a quarter are replaced
as a whole, and what was known is fixed by the night on which the quarter was released.
"""

import json
import logging
from datetime import datetime

import pandas as pd

from analysis.quarter import QuarterAnalysis, quarter_analysis
from analysis.thresholds import Thresholds
from domain.errors import KnownError
from domain.quarter import Quarter
from pipelines.catalogue import load_dimensions
from pipelines.coverage import coverage_of, why_closed, with_names
from pipelines.nightly import open_warehouse
from pipelines.settings import Settings
from warehouse import Warehouse

log = logging.getLogger(__name__)

COUNTS = (
    "duration_count", "step_count", "report_count", "usage_count", "index_766_count", "due_gap_count",
    "integrity_count", "transition_count", "waiting_count", "desk_week", "unit_night",
    "journey_count", "supplement_count",
)  # fmt: skip
DIMENSIONS = (
    "procedure", "procedure_paper", "procedure_step", "procedure_posting", "unit", "office", "calendar_day",
)  # fmt: skip


def analyse(quarter: str, *, settings: Settings | None = None) -> dict[str, object]:
    """Analyse the quarter as it was known when it was released; store its flags and proposals."""
    settings = settings or Settings.from_env()
    with open_warehouse(settings) as warehouse:
        result = analysis_of(settings, warehouse, quarter)
        warehouse.replace_rows("flag", result.flags, where={"quarter": quarter})
        warehouse.replace_rows("proposal", result.proposals, where={"quarter": quarter})
    return {"quarter": quarter, "flags": len(result.flags), "proposals": len(result.proposals)}


def analysis_of(settings: Settings, warehouse: Warehouse, quarter: str) -> QuarterAnalysis:
    """The whole analysis of a quarter, from the counting tables as known on its release night."""
    period = Quarter.parse(quarter)
    release = release_of(warehouse, quarter)
    warehouse.build_models(as_of=period.last, known=str(release["released_night"]), temporary=True)
    counts = {name: warehouse.read_table(name) for name in COUNTS}
    dimensions = load_dimensions(settings.site, settings)
    counts |= {name: dimensions[name] for name in DIMENSIONS if name in dimensions}
    counts["evidence"] = warehouse.read("evidence")
    return quarter_analysis(
        counts,
        quarter=quarter,
        hourly_rate=settings.site.hourly_rate_on(period.last),
        thresholds=thresholds_of(settings),
    )


def thresholds_of(settings: Settings) -> Thresholds:
    """The analyses' thresholds with what the site sets itself."""
    site = settings.site
    return Thresholds(
        minimum_group=site.minimum_group,
        limit_share=site.limit_share,
        target_late_share=site.targets.late_share,
    )


def release_of(warehouse: Warehouse, quarter: str) -> dict[str, object]:
    """The row that released the quarter; an error when nothing did."""
    releases = warehouse.read_table("quarter_release")
    rows = releases[releases["quarter"] == quarter].to_dict("records")
    if not rows:
        raise KnownError(
            "E-QUARTER-CLOSED",
            f"quarter [{quarter}] has not been released: {why_closed(warehouse, Quarter.parse(quarter))}.",
            mend="run the nights up to its last day, or release it although incomplete: tinhgon quarter --force",
        )
    return {str(key): value for key, value in rows[0].items()}


def released(quarter: str, *, settings: Settings | None = None) -> dict[str, object]:
    """How the quarter was released: on which night, complete or not, which units are missing by code and name."""
    settings = settings or Settings.from_env()
    with open_warehouse(settings) as warehouse:
        row = release_of(warehouse, quarter)
        night = str(row["released_night"])
        return {
            "quarter": quarter,
            "released_night": night,
            "is_complete": bool(row["is_complete"]),
            "units": coverage_of(warehouse, Quarter.parse(quarter), known=night).units,
            "missing": with_names(warehouse, json.loads(str(row["missing"]))),
        }


def propose(quarter: str, *, settings: Settings | None = None) -> dict[str, object]:
    """What the person who decides is asked: a subject and a summary in Vietnamese (markdown)."""
    settings = settings or Settings.from_env()
    with open_warehouse(settings) as warehouse:
        proposals = of_quarter(warehouse, "proposal", quarter)
        release = release_of(warehouse, quarter)
        absent = with_names(warehouse, json.loads(str(release["missing"])))
    lines = [
        f"Hệ thống đã dự thảo **{len(proposals)}** phương án đơn giản hóa từ dữ liệu quý "
        f"{quarter_vi(quarter)} của {settings.site.name}.",
        "",
        "| Thủ tục | Nội dung đề xuất | Thẩm quyền | Tiết kiệm (đồng/năm) |",
        "|---|---|---|---:|",
    ]
    for row in proposals.head(20).to_dict("records"):
        lines.append(f"| {row['title']} | {row['change']} | {row['competence']} | {money(row['saving'])} |")
    if len(proposals) > 20:
        lines += ["", f"… và {len(proposals) - 20} phương án khác, xem đầy đủ trong sổ tay quý."]
    if release["forced"]:
        missing = ", ".join(absent)
        why = f"chưa đủ đơn vị nộp: {missing}" if missing else "lấy từ lần nạp ban đầu, không đối chiếu từng đêm"
        lines += ["", f"**Lưu ý:** số liệu quý {why}."]
    lines += ["", "Đây là dự thảo do máy lập; người có thẩm quyền quyết định và ký."]
    subject = f"Phương án đơn giản hóa thủ tục hành chính quý {quarter_vi(quarter)}: duyệt hay không duyệt?"
    return {"subject": subject, "body": "\n".join(lines), "proposals": len(proposals)}


def record_decision(  # noqa: PLR0913 - a decision is who, what, why and of what kind
    quarter: str, choice: str, who: str, reason: str, is_demo: bool, *, settings: Settings | None = None
) -> dict[str, object]:
    """Keep the decision in the warehouse; the first one stands (a second run does not overwrite it)."""
    settings = settings or Settings.from_env()
    choices = {"Approve": "APPROVED", "Reject": "REJECTED", "APPROVED": "APPROVED", "REJECTED": "REJECTED"}
    if choice not in choices:
        raise KnownError(
            "E-DECISION", f"decision [{choice}] is not one of [Approve], [Reject]", mend="answer with one of them"
        )
    row = {
        "quarter": quarter,
        "proposal_id": "*",
        "choice": choices[choice],
        "decided_by": who,
        "decided_at": datetime.now().replace(microsecond=0),  # the one fact that is a moment of a person's
        "reason": reason,
        "is_demo": is_demo,
    }
    with open_warehouse(settings) as warehouse:
        warehouse.insert_missing("decision", pd.DataFrame([row]))
    return {"quarter": quarter, "choice": choices[choice]}


def publish(quarter: str, *, settings: Settings | None = None) -> dict[str, object]:
    """Write the quarter book, the proposal file and table II.06a."""
    from pipelines import quarter_papers  # noqa: PLC0415 - charts take seconds to import

    settings = settings or Settings.from_env()
    with open_warehouse(settings) as warehouse:
        result = analysis_of(settings, warehouse, quarter)
        paths = quarter_papers.write_papers(settings, warehouse, quarter, result)
    return {"quarter": quarter, "files": [str(path) for path in paths]}


def of_quarter(warehouse: Warehouse, table: str, quarter: str) -> pd.DataFrame:
    """Rows of a table that belong to a quarter, in the table's own order."""
    frame = warehouse.read_table(table)
    return frame[frame["quarter"] == quarter].reset_index(drop=True)


def quarter_vi(quarter: str) -> str:
    """'2017-Q4' → 'IV/2017'."""
    year, number = quarter.split("-Q")
    return f"{('I', 'II', 'III', 'IV')[int(number) - 1]}/{year}"


def money(value: object) -> str:
    """Đồng with dots between thousands; '-' when not known."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return "-"
    return f"{float(str(value)):,.0f}".replace(",", ".")
