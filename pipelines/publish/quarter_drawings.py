"""The charts of the quarter book by name, made of what the views give; None where there is nothing to draw."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from pipelines.publish import charts, formats, slow_charts
from pipelines.publish.quarter_view import SHOWN
from pipelines.publish.rows import Row

# Parts of a bar of II.06a: (column, words, colour), dark to light so that print in grey still tells them apart.
ENDS = (
    ("done_early", "Trước hạn", charts.GREEN),
    ("done_on_time", "Đúng hạn", "#8fbf9f"),
    ("done_late", "Quá hạn (đã giải quyết)", charts.RED),
    ("open_in_term", "Đang giải quyết, trong hạn", charts.PALE),
    ("open_overdue", "Đang giải quyết, quá hạn", charts.AMBER),
)
CAUSE_COLOURS = {
    "citizen_days": "#7b5ea7",
    "other_agency_days": "#2f7d4f",
    "unavailable_days": charts.RED,
    "batching_days": charts.AMBER,
    "prioritised_days": "#e58a6f",
    "contention_days": charts.BLUE,
    "rest_days": charts.PALE,
}
OFFICES_DRAWN = 8


def drawings(views: dict[str, Any]) -> dict[str, Any]:
    """The charts by name, None where there is nothing to draw (the page then says so in words)."""
    return _general(views) | _slow(views) | _steps(views)


def _general(views: dict[str, Any]) -> dict[str, Any]:
    units = [row for row in views["units"] if not row["is_total"]]
    units = [row for row in units if sum(row[key] for key, _, _ in ENDS)]
    return {
        "units": charts.stacked(units, ENDS, title="Kết quả giải quyết theo đơn vị", axis="Tỷ trọng hồ sơ")
        if units
        else None,
        "unit_shares": _late(views["unit_shares"][:SHOWN], "Tỷ lệ trễ hạn theo đơn vị"),
        "cuts": charts.spans(
            [row | {"label": row["procedure"]} for row in views["cuts"][:SHOWN]],
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


def _slow(views: dict[str, Any]) -> dict[str, Any]:
    points, whole = views["funnel"]["points"], views["funnel"]["whole"]
    return {
        "funnel": slow_charts.funnel(
            points, limits=views["funnel"]["limits"], whole=whole,
            title="Tỷ lệ trễ của các đơn vị so với mức ngẫu nhiên, cùng loại hồ sơ"
        )
        if len([row for row in points if row["name"]]) > 1
        else None,
        "slow_everywhere": _late(_numbered(views["slow_everywhere"][:SHOWN]), "Thủ tục chậm ở phần lớn đơn vị"),
        "slow_somewhere": _late(_numbered(views["slow_somewhere"][:SHOWN]), "Thủ tục chậm ở một đơn vị"),
        "curves": [
            slow_charts.survival(
                row["points"], limit=row["limit"], late=row["late"],
                title=f"Hồ sơ chưa giải quyết xong theo số ngày: {row['procedure']} ({row['proc_core']})",
            )
            for row in views["curves"]
        ],
        "limit_curves": [
            slow_charts.limit_curve(
                row["points"], now=row["now"], proposed=row["proposed"],
                title=f"Hồ sơ sẽ quá hạn nếu đổi thời hạn: {row['procedure']} ({row['proc_core']})",
            )
            for row in views["limit_curves"]
        ],
        "series": slow_charts.quarters(views["series"], title="Tỷ lệ trễ theo quý tiếp nhận")
        if len(views["series"]) > 1
        else None,
    }  # fmt: skip


def _steps(views: dict[str, Any]) -> dict[str, Any]:
    steps = [row for row in views["steps"] if row["planned"] == row["planned"] and row["mean"] == row["mean"]]
    return {
        "steps": charts.spans(
            _numbered(steps),
            ends=(("planned", "Theo quy trình"), ("mean", "Thực tế (trung bình)")),
            title="Các bước mất nhiều thời gian vượt quy trình nhất",
            axis="Ngày làm việc",
        )
        if steps
        else None,
        "ladder": _ladder(views["ladder"]["rows"]) if views["ladder"] else None,
        "waiting": _waiting(views["waiting"]) if views["waiting"] else None,
        "waiting_offices": _offices(views["waiting_offices"][:OFFICES_DRAWN], views["causes"]),
        "backlogs": [
            slow_charts.backlog(
                row["weeks"], is_growing=row["is_growing"],
                title=f"Hồ sơ chưa xong cuối mỗi tuần: {row['label']}",
            )
            for row in views["backlogs"]
        ],
    }  # fmt: skip


def _ladder(rows: Sequence[Row]) -> Markup:
    tones = {
        True: ("Bước vượt thời gian quy trình", charts.RED),
        False: ("Bước trong thời gian quy trình", charts.BLUE),
    }
    told = [
        row
        | {
            "figure": f"{formats.plain_number(row['mean'])} ngày (quy trình {formats.plain_number(row['planned'])})",
            "tone": tones[row["is_over"]][0],
            "colour": tones[row["is_over"]][1],
        }
        for row in rows
    ]
    return slow_charts.ladder(
        told, title="Thời gian cộng dồn qua từng bước", axis="Ngày làm việc cộng dồn (vạch đen: theo quy trình)"
    )


def _waiting(whole: dict[str, Any]) -> Markup:
    rows = [
        {
            "label": row["label"], "start": row["start"], "end": row["end"], "tone": "",
            "colour": CAUSE_COLOURS[f"{row['cause']}_days"] if row["cause"] != "rest" else charts.GREY,
            "figure": f"{formats.number(row['days'])} ngày ({formats.percent(row['share'], 0)})",
        }
        for row in whole["rows"]
    ]  # fmt: skip
    total = {
        "label": "Tổng thời gian chờ", "start": 0.0, "end": whole["days"], "tone": "",
        "colour": "#1d2733", "figure": f"{formats.number(whole['days'])} ngày",
    }  # fmt: skip
    return slow_charts.ladder([*rows, total], title="Thời gian chờ theo nguyên nhân", axis="Ngày làm việc cộng dồn")


def _offices(rows: Sequence[Row], causes: dict[str, str]) -> Markup | None:
    if not rows:
        return None
    parts = [
        (key, formats.capital(words), CAUSE_COLOURS[key])
        for key, words in causes.items()
        if any(row[key] > 0 for row in rows)
    ]
    return charts.stacked(
        rows, parts, title="Cơ cấu nguyên nhân chờ theo bộ phận", axis="Tỷ trọng thời gian chờ", columns=2
    )


def _numbered(rows: Sequence[Row]) -> list[Row]:
    """Numbered as in the table below the chart: long names are cut in a chart."""
    return [row | {"label": f"{number}. {row['label']}"} for number, row in enumerate(rows, 1)]


def _late(rows: Sequence[Row], title: str) -> Markup | None:
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
