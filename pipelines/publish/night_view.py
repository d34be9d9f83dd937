"""What a morning says, worked out from the frames of a night: verdict, units, actions, figures. No markup here."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from domain.status import STATUS_VI as STATUS_NAMES
from pipelines.publish import formats
from pipelines.publish.inputs import NightPage
from pipelines.publish.mending import mend_of_file, mend_of_rule
from pipelines.publish.rows import Row, names_of, records

# Kinds of issues about what did not come or was not read.
UNSEEN = ("VOLUME", "CONTROL", "REGISTER", "SHRINK", "NOTE")
HANDED_IN = {"COLLECTED", "UNCHANGED"}
STATUS_VI = {
    "COLLECTED": "Đã nộp",
    "UNCHANGED": "Không thay đổi",
    "EMPTY": "Tệp trống",
    "MISSING": "Chưa nộp",
    "FAILED": "Không đọc được",
}
EXCUSED_VI = "Chưa đến kỳ nộp"
FAULTS_VI = "Giấy tờ, thư hệ thống chưa làm được"
STATE_VI = {"NEW": "Mới", "OPEN": "Còn tồn", "MENDED": "Đã khắc phục"}
SEVERITY_VI = {"critical": "Chặn", "warning": "Cảnh báo", "info": "Thông tin"}
FIELD_VI = {"due_at": "Ngày hẹn trả", "finished_at": "Ngày kết thúc xử lý", "status": "Trạng thái"}
# Rows shown under one rule of one unit; the rest is counted, so a bad initial load still makes a readable page.
ROWS_SHOWN = 8
FAULTS_SHOWN = 100
# One failing source in about 28 is weather, more is news: the gate a transit agency settled on (10 of 284).
GATE_FAILED, GATE_OF = 10, 284


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The night in one sentence. `level` is 'good', 'attention' or 'bad'; `word` says it without colour."""

    level: str
    word: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class UnitActions:
    """What one unit has to do today: its file, and its rows by rule."""

    unit_code: str
    name: str
    file: Row | None = None
    rules: list[Row] = field(default_factory=list)
    rows: int = 0


def is_alarm(failed: int, units: int) -> bool:
    """Whether so many units failed that it is more than a line in the summary (4 of 284: no; 11 of 284: yes)."""
    return failed > max(1, units * GATE_FAILED // GATE_OF)


def is_excused(outcomes: pd.DataFrame) -> "pd.Series[bool]":
    """Which units had nothing to hand in that night: a day off, or a week or month that is not over."""
    return (outcomes["status"] == "EMPTY") & (outcomes["files"] == 0)


def due_units(page: NightPage) -> pd.DataFrame:
    """Outcome rows of the units that handed in, or should have."""
    return page.outcomes[~is_excused(page.outcomes)]


def failed_units(page: NightPage) -> pd.DataFrame:
    """Outcome rows of units that did not hand in anything readable though they should have, by unit code."""
    due = due_units(page)
    return due[~due["status"].isin(HANDED_IN)].sort_values("unit_code", ignore_index=True)


def verdict(page: NightPage) -> Verdict:
    """The headline of the night: who handed in, what is to be mended, and what citizens wait for."""
    failed, total = failed_units(page), len(due_units(page))
    rows, units = _open_rows(page), page.quarantine["unit_code"].nunique()
    overdue, tomorrow = (int((page.late["kind"] == kind).sum()) for kind in ("OVERDUE", "DUE_TOMORROW"))
    told = page.issues[page.issues["kind"].isin(UNSEEN) & (page.issues["state"] != "MENDED")]
    parts = [
        f"{total - len(failed)}/{total} đơn vị đã nộp dữ liệu đọc được"
        if total
        else "Chưa đến kỳ nộp, không đơn vị nào phải nộp dữ liệu"
    ]
    if len(failed):
        names = [f"{page.unit_name(r['unit_code'])} ({STATUS_VI[r['status']].lower()})" for r in records(failed)]
        parts.append(_listed(names))
    parts.append(f"{formats.number(rows)} dòng chờ sửa ở {units} đơn vị" if rows else "không có dòng nào chờ sửa")
    if len(told):
        parts.append(f"{len(told)} điều cần đơn vị kiểm tra về dữ liệu nộp (mục 2)")
    if overdue or tomorrow:
        parts.append(
            f"{formats.number(overdue)} hồ sơ quá hạn, {formats.number(tomorrow)} hồ sơ đến hạn ngày làm việc tới"
            " (mục 6)"
        )
    broken = int((~page.rule_results["could_run"].astype(bool)).sum()) if len(page.rule_results) else 0
    if broken:
        parts.append(f"{broken} phép kiểm tra không chạy được")
    if len(page.faults):
        parts.append(f"{len(page.faults)} giấy tờ, thư hệ thống chưa làm được (mục 9)")
    sentence = f"{'; '.join(parts)}."
    if is_alarm(len(failed), total) or broken:
        return Verdict(level="bad", word="Cần xử lý ngay", sentence=sentence)
    if len(failed) or rows or len(told) or overdue or len(page.faults):
        return Verdict(level="attention", word="Cần xử lý trong ngày", sentence=sentence)
    return Verdict(level="good", word="Ổn định", sentence=sentence)


def _listed(names: list[str], most: int = 4) -> str:
    more = f" và {len(names) - most} đơn vị khác" if len(names) > most else ""
    return f"cần nhắc: {', '.join(names[:most])}{more}"


def _open_rows(page: NightPage) -> int:
    """Rows (not rule hits) set aside: a row that breaks two rules is one row to mend."""
    return len(page.quarantine.drop_duplicates(["unit_code", "night", "table_name", "file_name", "line_no"]))


def actions(page: NightPage) -> list[UnitActions]:
    """What needs a hand today, units with a file problem first, then by number of rows."""
    failed = {row["unit_code"]: row for row in records(failed_units(page))}
    waiting = dict(list(page.quarantine.groupby("unit_code", sort=True)))
    found = [
        UnitActions(
            unit_code=code,
            name=page.unit_name(code),
            file=_file_action(failed[code]) if code in failed else None,
            rules=_rule_actions(waiting[code], page) if code in waiting else [],
            rows=len(waiting[code].drop_duplicates(["night", "table_name", "file_name", "line_no"]))
            if code in waiting
            else 0,
        )
        for code in sorted({*failed, *waiting})
    ]
    return sorted(found, key=lambda each: (each.file is None, -each.rows, each.unit_code))


def _file_action(row: Row) -> Row:
    status = str(row["status"])
    return {"status": STATUS_VI.get(status, status), "message": row["message"], "mend": mend_of_file(status)}


def _rule_actions(rows: pd.DataFrame, page: NightPage) -> list[Row]:
    sentences = _sentences(page)
    found = []
    for rule, group in rows.groupby("rule_id", sort=True):
        ordered = group.sort_values(
            ["night", "file_name", "line_no", "quarantine_id"], ascending=[False, True, True, True]
        )
        found.append(
            {
                "rule_id": rule,
                "sentence": sentences.get(str(rule), ""),
                "mend": mend_of_rule(str(rule)),
                "count": len(group),
                "rows": records(ordered.head(ROWS_SHOWN)),
                "more": max(0, len(group) - ROWS_SHOWN),
            }
        )
    return sorted(found, key=lambda each: (-each["count"], each["rule_id"]))


def _sentences(page: NightPage) -> dict[str, str]:
    return names_of(page.rule_results, "rule_id", "sentence")


def unit_rows(page: NightPage) -> list[Row]:
    """The table of units: what was received, kept, set aside, and the control total compared."""
    rows = []
    excused = dict(zip(page.outcomes["unit_code"], is_excused(page.outcomes), strict=True))
    for row in records(page.outcomes.sort_values("unit_code")):
        control, read = (
            None if formats.is_unknown(row.get(name)) else int(row[name]) for name in ("control_total", "dossiers_in")
        )
        rows.append(
            row
            | {
                "name": page.unit_name(row["unit_code"]),
                "status_vi": EXCUSED_VI if excused[row["unit_code"]] else STATUS_VI.get(row["status"], row["status"]),
                "is_bad": row["status"] not in HANDED_IN and not excused[row["unit_code"]],
                "control": control,
                "difference": None if control is None or read is None else read - control,
            }
        )
    return rows


def issue_rows(page: NightPage) -> dict[str, list[Row]]:
    """Issues of the night by state NEW, OPEN, MENDED; each with unit name and Vietnamese state."""
    ordered = page.issues.sort_values(["unit_code", "kind", "issue_key"])
    return {
        state: [
            row | {"name": page.unit_name(row["unit_code"]), "state_vi": word}
            for row in records(ordered[ordered["state"] == state])
        ]
        for state, word in STATE_VI.items()
    }


def rule_rows(page: NightPage) -> dict[str, Any]:
    """Rule results over all units: could not run, failed by severity, and how many passed."""
    results = page.rule_results
    keys = ["rule_id", "severity", "table_name", "sentence"]
    totals = (
        results.groupby(keys, sort=True)
        .agg(
            checked=("checked", "sum"),
            failed=("failed", "sum"),
            could_run=("could_run", "all"),
            units=("unit_code", "nunique"),
        )
        .reset_index()
    )
    broken = totals[~totals["could_run"].astype(bool)]
    ran = totals[totals["could_run"].astype(bool)]
    order = {name: place for place, name in enumerate(SEVERITY_VI)}
    failing = ran[ran["failed"] > 0]
    failing = failing.assign(place=failing["severity"].map(order))
    failing = failing.sort_values(["place", "failed", "rule_id"], ascending=[True, False, True])
    failed_rows = [
        row | {"severity_vi": SEVERITY_VI.get(row["severity"], row["severity"])} for row in records(failing)
    ]
    passed = ran[(ran["failed"] == 0) & (ran["checked"] > 0)].sort_values("rule_id")
    return {"broken": records(broken), "failing": failed_rows, "passed": records(passed)}


def change_rows(page: NightPage) -> list[Row]:
    """Dates (and statuses against the order of work) that changed with no paper behind the change.

    A question to the unit, not an accusation.
    """
    ordered = page.changes.sort_values(["unit_code", "dossier_code", "field"])
    return [
        row
        | {"name": page.unit_name(row["unit_code"]), "field_vi": FIELD_VI.get(row["field"], row["field"])}
        | ({name: _status_vi(row[name]) for name in ("old_value", "new_value")} if row["field"] == "status" else {})
        for row in records(ordered)
    ]


def _status_vi(code: object) -> str:
    return STATUS_NAMES.get(int(str(code)), str(code)) if str(code).isdigit() else str(code)


def fault_rows(page: NightPage) -> list[Row]:
    """What the system could not make: letters, pages, mails, each with its reason; the first of very many."""
    return [fault_row(page, row) for row in records(page.faults.head(FAULTS_SHOWN))]


def fault_row(page: NightPage, row: Row) -> Row:
    """A fault with the name of its unit (the whole site when it is of none), and since when when it is older."""
    where = page.unit_name(row["unit_code"]) if row["unit_code"] else page.site_name
    return row | {
        "where": where,
        "since": "" if row["night"] == page.night else f"từ đêm {formats.day(row['night'])}",
    }


def late_summary(page: NightPage) -> list[Row]:
    """Late list by unit: overdue, due on the next working day, longest lateness in working days."""
    late = page.late.assign(
        overdue=(page.late["kind"] == "OVERDUE").astype(int),
        tomorrow=(page.late["kind"] == "DUE_TOMORROW").astype(int),
    )
    totals = late.groupby("unit_code", sort=True).agg(
        overdue=("overdue", "sum"), tomorrow=("tomorrow", "sum"), longest=("days_late", "max")
    )
    rows = [row | {"name": page.unit_name(row["unit_code"])} for row in records(totals.reset_index())]
    return sorted(rows, key=lambda row: (-row["overdue"], row["unit_code"]))


def headline_rows(page: NightPage) -> list[Row]:
    """Figures of the year: the counter first, then the other units together (or all units as one)."""
    figures = [
        "received", "not_eligible", "eligible", "early", "on_time", "late", "open", "no_due", "withdrawn", "stopped",
        "late_by_reported_due",
    ]  # fmt: skip
    if page.headline.empty:
        return []
    at_counter = page.headline["unit_code"] == page.counter_unit
    parts = [(page.unit_name(page.counter_unit), page.headline[at_counter])] if at_counter.any() else []
    rest = page.headline[~at_counter]
    if len(rest):
        parts.append((f"{len(rest)} đơn vị khác" if parts else f"{len(rest)} đơn vị", rest))
    rows = []
    for name, frame in parts:
        sums = {figure: int(frame[figure].fillna(0).sum()) for figure in figures}
        in_time = sums["early"] + sums["on_time"]
        rows.append({"name": name, **sums, "in_time": in_time, "finished_with_due": in_time + sums["late"]})
    return rows


def trend(page: NightPage) -> list[Row]:
    """One row a night, oldest first: units that handed in, rows received, rows set aside."""
    frame = page.unit_nights.assign(handed_in=page.unit_nights["status"].isin(HANDED_IN).astype(int))
    totals = frame.groupby("night", sort=True).agg(
        units=("unit_code", "nunique"),
        handed_in=("handed_in", "sum"),
        rows_in=("rows_in", "sum"),
        rows_quarantined=("rows_quarantined", "sum"),
    )
    rows: list[Row] = records(totals.reset_index())
    return rows[-14:]
