"""The morning page (chat_luong.html): one offline page that says what the night brought and what to do today."""

from datetime import date, timedelta
from pathlib import Path

from pipelines.publish import formats, night_view, svg
from pipelines.publish.inputs import NightPage
from pipelines.publish.rows import records
from pipelines.publish.templating import write_page

FILE_NAME = "chat_luong.html"


def write_quality_page(data: NightPage, folder: Path) -> Path:
    """Write the morning page of a night into `folder`; returns its path. Same night, same bytes."""
    nights = night_view.trend(data)
    labels = [formats.day_short(row["night"]) for row in nights]
    return write_page(
        folder / FILE_NAME,
        "chat_luong.html",
        page=data,
        morning=date.fromisoformat(data.night) + timedelta(days=1),
        verdict=night_view.verdict(data),
        actions=night_view.actions(data),
        issues=night_view.issue_rows(data),
        units=night_view.unit_rows(data),
        rules=night_view.rule_rows(data),
        changes=night_view.change_rows(data),
        late=night_view.late_summary(data),
        faults=night_view.fault_rows(data),
        faults_title=night_view.FAULTS_VI,
        longest=_longest(data),
        headline=[row | {"drawing": _shares(row)} for row in night_view.headline_rows(data)],
        nights=nights,
        trend_rows=svg.bars(
            labels, [row["rows_quarantined"] for row in nights], title="Số dòng bị cách ly mỗi đêm", unit="dòng"
        ),
        trend_units=svg.bars(
            labels, [row["handed_in"] for row in nights], title="Số đơn vị đã nộp mỗi đêm", unit="đơn vị"
        ),
    )


def _longest(data: NightPage) -> list[dict[str, object]]:
    """The ten dossiers that are late for longest."""
    late = data.late[data.late["kind"] == "OVERDUE"]
    ordered = late.sort_values(["days_late", "dossier_code"], ascending=[False, True]).head(10)
    return [row | {"name": data.unit_name(row["unit_code"])} for row in records(ordered)]


def _shares(row: dict[str, object]) -> str:
    words = [
        ("Trước hạn, đúng hạn", "in_time", "ok"),
        ("Trễ hạn", "late", "bad"),
        ("Đang giải quyết", "open", "open"),
        ("Không đủ điều kiện", "not_eligible", "out"),
        ("Khác (không hẹn trả, rút, dừng)", "other", "other"),
    ]
    other = sum(int(str(row[name])) for name in ("no_due", "withdrawn", "stopped"))
    values = row | {"other": other}
    parts = [(word, float(str(values[name])), tone) for word, name, tone in words]
    return svg.shares(parts, title=f"Cơ cấu hồ sơ tiếp nhận trong năm, {row['name']}")
