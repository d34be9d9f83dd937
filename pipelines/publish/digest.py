"""The alert digest: at most one message a recipient a night, only what is new, still open or mended."""

import hashlib
from collections.abc import Iterable, Sequence

import pandas as pd

from pipelines.publish import formats, night_view
from pipelines.publish.inputs import Message, NightPage, Recipient
from pipelines.publish.mending import mend_of_file, mend_of_rule
from pipelines.publish.rows import Row, records
from pipelines.publish.templating import render

STATES = (("NEW", "MỚI TRONG ĐÊM"), ("OPEN", "CÒN TỒN"), ("MENDED", "ĐÃ KHẮC PHỤC"))
# Lines under one heading of the district's message; the page has them all.
DISTRICT_LINES = 12


def addressed(recipients: Sequence[Recipient]) -> dict[str, set[str] | None]:
    """By address, in order, the units it hears of; None is the district, which hears of all.

    A recipient named twice (a unit that is also on the district list) gets the wider message, once.
    """
    wanted: dict[str, set[str] | None] = {}
    for recipient in sorted(recipients, key=lambda each: (each.address, each.unit_code or "")):
        if recipient.unit_code is None or wanted.get(recipient.address, set()) is None:
            wanted[recipient.address] = None
        else:
            wanted[recipient.address] = {*(wanted.get(recipient.address) or set()), recipient.unit_code}
    return dict(sorted(wanted.items()))


def write_digest(page: NightPage, address: str, units: set[str] | None) -> Message | None:
    """Compose the night's message to one address; None when there is nothing to read in it.

    A unit hears of its own issues only; the district (`units` None) of all units, rolled up: while few units fail
    to hand in they are one summary line, more than the gate makes the message a warning. What the night could not
    make (letters, pages) is told too.
    """
    issues = page.issues if units is None else page.issues[page.issues["unit_code"].isin(units)]
    faults = page.faults if units is None else page.faults[page.faults["unit_code"].isin(units)]
    if issues.empty and faults.empty:
        return None
    sections = [*_fault_section(page, faults), *_sections(page, issues, units)]
    subject = _subject(page, issues, faults, units)
    values = {
        "page": page,
        "subject": subject,
        "sections": sections,
        "opening": _opening(page, units),
        "summary": _district_summary(page) if units is None else None,
    }
    text = _plain(values)
    html = render("ban_tin.html", **values)
    digest = hashlib.sha256("\0".join((address, subject, text, html)).encode()).hexdigest()
    return Message(recipient=address, night=page.night, subject=subject, text=text, html=html, digest_sha256=digest)


def _subject(page: NightPage, issues: pd.DataFrame, faults: pd.DataFrame, units: set[str] | None) -> str:
    counts = issues["state"].value_counts()
    parts = [f"{counts[state]} {word.lower()}" for state, word in night_view.STATE_VI.items() if state in counts]
    parts += [f"{len(faults)} giấy tờ chưa làm được"] if len(faults) else []
    failed = len(night_view.failed_units(page))
    alarm = units is None and night_view.is_alarm(failed, len(night_view.due_units(page)))
    head = "CẢNH BÁO dữ liệu một cửa" if alarm else "Dữ liệu một cửa"
    who = "" if units is None else f" – {', '.join(page.unit_name(code) for code in sorted(units))}"
    return " ".join(f"{head} {formats.day(page.night)}{who}: {', '.join(parts)}".split())


def _opening(page: NightPage, units: set[str] | None) -> str:
    if units is None:
        return f"Kính gửi {page.site_name}. Kết quả tổng hợp dữ liệu một cửa ngày {formats.day(page.night)}:"
    names = ", ".join(page.unit_name(code) for code in sorted(units))
    return f"Kính gửi {names}. Kết quả kiểm tra dữ liệu ngày {formats.day(page.night)}:"


def _district_summary(page: NightPage) -> str:
    failed = records(night_view.failed_units(page))
    due = len(night_view.due_units(page))
    if not due:
        return "Chưa đến kỳ nộp, không đơn vị nào phải nộp dữ liệu."
    if not failed:
        return "Tất cả đơn vị phải nộp đã nộp dữ liệu."
    names = [f"{page.unit_name(r['unit_code'])} ({night_view.STATUS_VI[r['status']].lower()})" for r in failed]
    return f"{len(failed)}/{due} đơn vị chưa có dữ liệu đọc được: {', '.join(names)}."


def _fault_section(page: NightPage, faults: pd.DataFrame) -> list[Row]:
    """What the system itself could not make, first: it is not for the unit to mend."""
    if faults.empty:
        return []
    rows = [night_view.fault_row(page, row) for row in records(faults.head(DISTRICT_LINES))]
    empty = {"rule_id": "", "mend": "", "rows": []}
    lines = [
        {"unit": row["where"], "sentence": f"{row['subject']}: {row['message']}", "facts": row["since"]} | empty
        for row in rows
    ]
    heading = night_view.FAULTS_VI.upper()
    return [{"heading": heading, "state": "FAULT", "lines": lines, "more": len(faults) - len(lines)}]


def _sections(page: NightPage, issues: pd.DataFrame, units: set[str] | None) -> list[Row]:
    """Headings with their lines. In the district's view FILE issues are left to the summary line."""
    if units is None:
        issues = issues[(issues["kind"] != "FILE") | (issues["state"] == "MENDED")]
    ordered = issues.sort_values(["unit_code", "kind", "issue_key"])
    found = []
    for state, heading in STATES:
        rows = records(ordered[ordered["state"] == state])
        most = DISTRICT_LINES if units is None else len(rows)
        if rows:
            lines = [_line(page, row) for row in rows[:most]]
            found.append({"heading": heading, "state": state, "lines": lines, "more": len(rows) - len(lines)})
    return found


def _line(page: NightPage, row: Row) -> Row:
    is_file, is_mended = row["kind"] in ("FILE", "NOTE"), row["state"] == "MENDED"
    is_sum = row["kind"] in ("VOLUME", "CONTROL", "SHRINK")  # their sentence has the numbers
    status = page.outcomes.loc[page.outcomes["unit_code"] == row["unit_code"], "status"]
    mend = mend_of_file(str(status.iloc[0]) if len(status) else "") if is_file else _rule_mend(row)
    count = "" if is_file or is_sum or is_mended else f"{formats.number(row['count'])} dòng"
    since = "" if row["state"] == "NEW" else f"từ đêm {formats.day(row['first_night'])}"
    return {
        "unit": page.unit_name(row["unit_code"]),
        "sentence": row["sentence"],
        "rule_id": "" if formats.is_unknown(row["rule_id"]) else row["rule_id"],
        "facts": "; ".join(part for part in (count, since) if part),
        "mend": "" if is_mended else mend,
        "rows": [] if is_file or is_mended else _examples(page, row),
    }


def _rule_mend(row: Row) -> str:
    return "" if formats.is_unknown(row["rule_id"]) else mend_of_rule(str(row["rule_id"]))


def _examples(page: NightPage, issue: Row, most: int = 5) -> list[str]:
    if issue["kind"] == "CHANGE":
        changed = page.changes[
            (page.changes["unit_code"] == issue["unit_code"]) & (page.changes["rule_id"] == issue["rule_id"])
        ]
        codes = sorted(changed["dossier_code"])
        return [f"hồ sơ {code}" for code in codes[:most]]
    rows = page.quarantine
    rows = rows[(rows["unit_code"] == issue["unit_code"]) & (rows["rule_id"] == issue["rule_id"])]
    rows = rows.sort_values(["night", "file_name", "line_no", "quarantine_id"], ascending=[False, True, True, True])
    return [
        f"{row['file_name']}, dòng {row['line_no']}, hồ sơ {formats.text(row['dossier_code'])}: {row['message']}"
        for row in records(rows.head(most))
    ]


def _plain(values: Row) -> str:
    return "\n".join(_plain_lines(values)) + "\n"


def _plain_lines(values: Row) -> Iterable[str]:
    yield values["opening"]
    if values["summary"]:
        yield ""
        yield values["summary"]
    for section in values["sections"]:
        yield ""
        yield section["heading"]
        for line in section["lines"]:
            facts = f" ({line['facts']})" if line["facts"] else ""
            rule = f" [{line['rule_id']}]" if line["rule_id"] else ""
            yield f"- {line['unit']}: {line['sentence']}{rule}{facts}"
            yield from (f"    {row}" for row in line["rows"])
            if line["mend"]:
                yield f"    Cách sửa: {line['mend']}"
        if section["more"]:
            yield f"- và {section['more']} vấn đề khác, xem trang chất lượng dữ liệu."
    yield ""
    yield "Chi tiết ở trang chất lượng dữ liệu của đêm. Thư tự động; không chứa thông tin cá nhân của công dân."
