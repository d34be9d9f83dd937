"""What a night shows in the morning: the quality page, then one alert mail a recipient."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd

from pipelines.publish.digest import write_digests
from pipelines.publish.inputs import Message, NightPage, Recipient
from pipelines.publish.mail import MailReport, send_mail
from pipelines.publish.quality_page import write_quality_page
from pipelines.settings import Settings
from warehouse import Warehouse

# Nights the trend of the page looks back on.
TREND_NIGHTS = 14


def night_folder(settings: Settings, night: str) -> Path:
    """Where the papers of a night are."""
    return settings.var / "out" / "nights" / night


def publish_morning(settings: Settings, warehouse: Warehouse, night: str) -> dict[str, object]:
    """Write the page of a night."""
    path = write_quality_page(night_page(settings, warehouse, night), night_folder(settings, night))
    return {"night": night, "page": str(path)}


def send_morning(settings: Settings, warehouse: Warehouse, night: str) -> dict[str, object]:
    """Send what is new, still open or mended; once a recipient and night."""
    messages = write_digests(night_page(settings, warehouse, night), recipients(settings))
    report = deliver(settings, warehouse, messages)
    for message, reason in report.failed:
        # the address is an office's, not a citizen's: it may be named
        raise ConnectionError(f"digest of {night} to {message.recipient} not delivered: {reason}")
    return {"night": night, "mails": len(report.delivered), "mails_sent_before": len(report.skipped)}


def night_page(settings: Settings, warehouse: Warehouse, night: str) -> NightPage:
    """The frames of a night as they were known on it, whatever came later."""
    site = settings.site
    warehouse.build_models(as_of=date.fromisoformat(night), known=night, temporary=True)
    unit_nights = warehouse.read_table("unit_night")
    shown = sorted(set(unit_nights["night"]))[-TREND_NIGHTS:]
    issues = warehouse.read_table("issue_night")
    headline = warehouse.read_table("headline")
    results = warehouse.read("rule_results_of_night", night=night)
    return NightPage(
        night=night,
        site_name=site.name,
        units=warehouse.read_table("unit"),
        outcomes=warehouse.read("outcomes_of_night", night=night),
        unit_nights=unit_nights[unit_nights["night"].isin(shown)],
        issues=issues[issues["night"] == night],
        quarantine=warehouse.read("quarantine_open"),
        rule_results=results,
        rules_not_applicable=_not_applicable(results),
        changes=warehouse.read("changes_without_trace", night=night),
        late=warehouse.read_table("late_list"),
        headline=headline[headline["year"] == int(night[:4])],
        counter_unit=site.counter_unit,
        procedures_posted=len(warehouse.read("procedures_posted")) or None,  # no list of postings: nothing to say
        has_letters=site.letters,
        rules_off={rule.id: rule.reason for rule in site.rules.off},
    )


def _not_applicable(results: pd.DataFrame) -> dict[str, str]:
    """Rules that no unit's data could feed tonight, each with the reason the rule room gives."""
    idle = results.groupby("rule_id").filter(lambda rows: (rows["checked"] == 0).all())
    idle = idle[idle["sentence"].str.startswith("Không áp dụng")]
    return dict(zip(idle["rule_id"], idle["sentence"], strict=True))


def recipients(settings: Settings) -> list[Recipient]:
    """Each unit's contact, and the district's list."""
    units = [
        Recipient(address=unit.contact.email, unit_code=unit.code)
        for unit in settings.site.units
        if unit.contact.email
    ]
    return [*units, *(Recipient(address=address) for address in settings.site.mail.district)]


def deliver(settings: Settings, warehouse: Warehouse, messages: list[Message]) -> MailReport:
    """Send, and remember what a server took: a second run of the night sends nothing twice.

    Without a server the outbox file is simply written again with the same bytes.
    """
    sent = warehouse.read_table("message_sent")
    before = set(zip(sent["recipient"], sent["night"], strict=True)) if settings.smtp_url else set()
    report = send_mail(
        messages,
        settings.smtp_url,
        settings.var / "outbox",
        sender=settings.site.mail.sender,
        already_sent=before,
    )
    if settings.smtp_url and report.delivered:
        now = datetime.now().replace(microsecond=0)
        rows = [
            {"recipient": m.recipient, "night": m.night, "digest_sha256": m.digest_sha256, "sent_at": now}
            for m in report.delivered
        ]
        warehouse.insert_missing("message_sent", pd.DataFrame(rows))
    return report


def send_missed_night(settings: Settings, night: str) -> None:
    """Tell the district that the night itself is late. No warehouse is opened: it may be what hangs."""
    subject = f"Chưa tổng hợp xong dữ liệu đêm {date.fromisoformat(night):%d/%m/%Y}"
    text = (
        f"{subject}.\n\nTrang chất lượng dữ liệu của đêm này chưa có. Đề nghị người quản trị mở Airflow, "
        "xem công việc nightly_consolidation của đêm, xử lý lỗi được báo và chạy lại; "
        "chạy lại không làm thay đổi số liệu đã có.\n"
    )
    html = "".join(f"<p>{line}</p>" for line in text.split("\n\n"))
    messages = [
        Message(
            recipient=address, night=night, subject=subject, text=text, html=html, digest_sha256=f"missed-{night}"
        )
        for address in settings.site.mail.district
    ]
    send_mail(messages, settings.smtp_url, settings.var / "outbox" / "qua_gio", sender=settings.site.mail.sender)
