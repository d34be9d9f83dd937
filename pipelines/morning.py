"""What a night shows in the morning: the quality page, then one alert mail a recipient."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd

from domain.errors import KnownError, PassingError
from domain.ids import stable_id
from pipelines.contain import Fault, Faults
from pipelines.night_edition import page_of, write_night
from pipelines.publish.digest import addressed, write_digest
from pipelines.publish.inputs import Message, NightPage, Recipient
from pipelines.publish.mail import Postman
from pipelines.publish.quality_page import FILE_NAME as PAGE
from pipelines.publish.quality_page import write_quality_page
from pipelines.settings import Settings
from warehouse import Warehouse

# Nights the trend of the page looks back on.
TREND_NIGHTS = 14
# What the page, and the queries it asks, read.
PAGE_MODELS = ("unit_night", "issue_night", "headline", "late_list", "dossier_known", "quarantine_discarded")
_PLACE = ["unit_code", "night", "table_name", "file_name", "line_no"]


def night_folder(settings: Settings, night: str) -> Path:
    """Where the papers of a night are."""
    return settings.var / "out" / "nights" / night


def publish_morning(settings: Settings, warehouse: Warehouse, night: str) -> dict[str, object]:
    """Write the page of a night. That it stands there is the end of what went wrong in writing it before."""
    page = published(settings, warehouse, night, without="publish")
    return {"page": str(write_quality_page(page, night_folder(settings, night)))}


def send_morning(settings: Settings, warehouse: Warehouse, night: str, faults: Faults) -> dict[str, object]:
    """Send what is new, still open or mended, and what could not be made; once a recipient and night."""
    page = published(settings, warehouse, night, without="notify")
    sent = _sent_before(settings, warehouse, night)
    count = 0
    with Postman(settings.smtp_url, settings.var / "outbox", sender=settings.site.mail.sender) as postman:
        for address, units in addressed(recipients(settings)).items():
            with faults.around(address, saying="Chưa gửi được thư báo"):
                message = None if address in sent else write_digest(page, address, units)
                if message is not None:
                    postman.send(message)
                    _remember(settings, warehouse, message)
                    count += 1
    return {"mails": count, "mails_sent_before": len(sent)}


def conclude(settings: Settings, warehouse: Warehouse, night: str, step: str, faults: Faults) -> None:
    """Keep what a step could not make, tell it on the page of this same morning, and end with an error that says so.

    Rows of an earlier run of the step go away, and then the page is written again as well.
    """
    was_told = keep_faults(warehouse, night, step, faults)
    if step != "publish" and (was_told or faults.found):
        with faults.around(PAGE, saying="Chưa viết lại được trang chất lượng"):
            publish_morning(settings, warehouse, night)
    if faults.found:
        kind = PassingError if step == "notify" else KnownError
        told = "; ".join(f"[{fault.subject}] {fault.message}" for fault in faults.found[:5])
        raise kind(
            "E-NIGHT-FAULTS",
            f"night [{night}], step [{step}]: [{len(faults.found)}] could not be made, the others are: {told}",
            mend="the morning page, section 9, has them all; mend what they say, then run the night again",
        )


def keep_faults(warehouse: Warehouse, night: str, step: str, faults: Faults) -> bool:
    """Keep what a step could not make in place of what an earlier run of it could not; whether there was such."""
    old = warehouse.read_table("night_fault")
    was_told = bool(((old["night"] == night) & (old["step"] == step)).any())
    if was_told or faults.found:
        warehouse.replace_rows(
            "night_fault", _fault_rows(night, step, faults.found), where={"night": night, "step": step}
        )
    return was_told


def _fault_rows(night: str, step: str, faults: list[Fault]) -> pd.DataFrame:
    rows = {
        stable_id(night, step, fault.subject): {
            "night": night, "step": step, "unit_code": fault.unit_code, "subject": fault.subject,
            "message": fault.message,
        }
        for fault in faults
    }  # fmt: skip
    columns = ["night", "step", "unit_code", "subject", "message"]
    frame = pd.DataFrame(list(rows.values()), columns=columns)
    return frame.assign(fault_id=list(rows))


def published(settings: Settings, warehouse: Warehouse, night: str, *, without: str) -> NightPage:
    """What a night shows, kept as an edition and read from it: page and mails are made of what is kept."""
    return page_of(write_night(settings, night_page(settings, warehouse, night, without=without)))


def night_page(settings: Settings, warehouse: Warehouse, night: str, *, without: str) -> NightPage:
    """The frames of a night as they were known on it, whatever came later.

    What the step `without` could not make in an earlier run is left out: it is being made.
    """
    site = settings.site
    warehouse.show_models(PAGE_MODELS, as_of=date.fromisoformat(night), known=night)
    unit_nights = warehouse.read_table("unit_night")
    shown = sorted(set(unit_nights["night"]))[-TREND_NIGHTS:]
    issues = warehouse.read_table("issue_night")
    headline = warehouse.read_table("headline")
    results = warehouse.read("rule_results_of_night", night=night)
    faults = warehouse.read("faults_open", night=night)
    opened = warehouse.read("quarantine_open")
    return NightPage(
        night=night,
        site_name=site.name,
        units=warehouse.read_table("unit"),
        outcomes=warehouse.read("outcomes_of_night", night=night),
        unit_nights=unit_nights[unit_nights["night"].isin(shown)],
        issues=issues[issues["night"] == night],
        quarantine=opened,
        rule_results=results,
        rules_not_applicable=_not_applicable(results),
        changes=warehouse.read("changes_without_trace", night=night),
        late=warehouse.read_table("late_list"),
        headline=headline[headline["year"] == int(night[:4])],
        faults=faults[~((faults["night"] == night) & (faults["step"] == without))],
        counter_unit=site.counter_unit,
        procedures_posted=len(warehouse.read("procedures_posted")) or None,  # no list of postings: nothing to say
        has_letters=site.letters,
        discarded=_rows_only_in(warehouse.read("quarantine_open", discarded=True), opened),
        rules_off={rule.id: rule.reason for rule in site.rules.off},
    )


def _rows_only_in(discarded: pd.DataFrame, opened: pd.DataFrame) -> int:
    """How many rows (not rule hits) are discarded and shown under no other rule."""
    shown = set(opened[_PLACE].itertuples(index=False, name=None))
    return len(set(discarded[_PLACE].itertuples(index=False, name=None)) - shown)


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


def _sent_before(settings: Settings, warehouse: Warehouse, night: str) -> set[str]:
    """Addresses whose message of this night a server took. Outbox files are simply written again, the same bytes."""
    if not settings.smtp_url:
        return set()
    sent = warehouse.read_table("message_sent")
    return set(sent.loc[sent["night"] == night, "recipient"])


def _remember(settings: Settings, warehouse: Warehouse, message: Message) -> None:
    """Keep that a server took the message, before the next is sent: a kill costs at most the one under way."""
    if settings.smtp_url:
        row = {
            "recipient": message.recipient,
            "night": message.night,
            "digest_sha256": message.digest_sha256,
            "sent_at": datetime.now().replace(microsecond=0),
        }
        warehouse.insert_missing("message_sent", pd.DataFrame([row]))


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
    outbox, faults = settings.var / "outbox" / "qua_gio", Faults()
    with Postman(settings.smtp_url, outbox, sender=settings.site.mail.sender) as postman:
        for message in messages:
            with faults.around(message.recipient, saying="Chưa gửi được thư báo quá giờ"):
                postman.send(message)
