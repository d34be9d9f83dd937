"""Made-up nights and quarters for the tests of the writers: one valid record each, a test names what matters."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from pipelines.publish.inputs import LetterCase, LetterOffice, NightPage

NIGHT = "2017-12-22"

UNITS = {
    "DG-MC": "Bộ phận Tiếp nhận và Trả kết quả huyện Đắk Glong",
    "DG-QK": "UBND xã Quảng Khê",
    "DG-QS": "UBND xã Quảng Sơn",
    "DG-DP": "UBND xã Đắk Plao",
    "DG-DM": "UBND xã Đắk R'Măng",
}


def units() -> pd.DataFrame:
    return pd.DataFrame([{"unit_code": code, "name": name} for code, name in UNITS.items()])


def outcome(unit_code: str, **changes: Any) -> dict[str, Any]:
    row = {
        "unit_code": unit_code, "night": NIGHT, "status": "COLLECTED", "rows_in": 40, "rows_ok": 40,
        "rows_quarantined": 0, "control_total": 40, "files": 2, "message": "", "fingerprint": "f",
    }  # fmt: skip
    return row | changes


def quarantine_row(unit_code: str = "DG-QK", line_no: int = 7, **changes: Any) -> dict[str, Any]:
    row = {
        "quarantine_id": f"q-{unit_code}-{line_no}", "unit_code": unit_code, "night": NIGHT, "table_name": "dossier",
        "file_name": "ho_so_2017-12-22.csv", "line_no": line_no, "rule_id": "DQ-DT-07", "severity": "critical",
        "message": "Ngày hẹn trả [20/12/2017] trước ngày tiếp nhận [22/12/2017]",
        "dossier_code": f"000.01.26.H16-171222-{line_no:04d}", "raw_record": "{}", "stage": "judge", "state": "OPEN",
    }  # fmt: skip
    return row | changes


def rule_result(unit_code: str, rule_id: str, **changes: Any) -> dict[str, Any]:
    row = {
        "unit_code": unit_code, "night": NIGHT, "rule_id": rule_id, "severity": "critical", "table_name": "dossier",
        "checked": 40, "failed": 0, "could_run": True, "sentence": "Ngày hẹn trả không trước ngày tiếp nhận",
        "examples": "[]",
    }  # fmt: skip
    return row | changes


def issue(unit_code: str, state: str = "NEW", **changes: Any) -> dict[str, Any]:
    row = {
        "night": NIGHT, "unit_code": unit_code, "issue_key": "DQ-DT-07", "kind": "QUARANTINE", "rule_id": "DQ-DT-07",
        "state": state, "first_night": "2017-12-21", "count": 2, "sentence": "Ngày hẹn trả không trước ngày tiếp nhận",
    }  # fmt: skip
    return row | changes


def late_row(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "dossier_code": f"000.00.26.H16-171101-{number:04d}", "unit_code": "DG-MC", "office_code": "TNMT",
        "proc_core": "1.012756", "proc_name": "Đăng ký, cấp Giấy chứng nhận quyền sử dụng đất lần đầu",
        "received_on": date(2017, 11, 1), "due_on": date(2017, 12, 13), "days_late": number, "kind": "OVERDUE",
        "status": 4, "current_step": "Thẩm tra hồ sơ, xác minh thực địa",
    }  # fmt: skip
    return row | changes


def headline() -> pd.DataFrame:
    """The article's own year at the counter, and one commune beside it."""
    counter = {
        "year": 2017, "unit_code": "DG-MC", "received": 7468, "not_eligible": 516, "eligible": 6952, "early": 3000,
        "on_time": 2445, "late": 580, "open": 927, "no_due": 0, "withdrawn": 0, "stopped": 0,
        "late_by_reported_due": 561, "procedures_posted": 476,
    }  # fmt: skip
    commune = counter | {
        "unit_code": "DG-QK", "received": 900, "not_eligible": 10, "eligible": 890, "early": 500, "on_time": 350,
        "late": 20, "open": 20, "late_by_reported_due": 20,
    }  # fmt: skip
    return pd.DataFrame([counter, commune])


def unit_nights() -> pd.DataFrame:
    nights = ["2017-12-18", "2017-12-19", "2017-12-20", "2017-12-21", NIGHT]
    rows = []
    for place, night in enumerate(nights):
        for code in UNITS:
            missing = code == "DG-DP" and night == NIGHT
            rows.append(
                {
                    "unit_code": code, "night": night, "status": "MISSING" if missing else "COLLECTED",
                    "rows_in": 0 if missing else 40 + place, "rows_ok": 40,
                    "rows_quarantined": (place * 2 + 1) if code == "DG-QK" else 0, "control_total": None,
                }  # fmt: skip
            )
    return pd.DataFrame(rows)


def night_page(**changes: Any) -> NightPage:
    """A night with one missing unit, three bad rows, one moved date and two late dossiers."""
    page = NightPage(
        night=NIGHT,
        site_name="UBND huyện Đắk Glong",
        units=units(),
        outcomes=pd.DataFrame(
            [
                outcome("DG-MC", rows_in=1234, rows_ok=1234, control_total=1234),
                outcome("DG-QK", rows_in=43, rows_ok=40, rows_quarantined=3, control_total=44),
                outcome("DG-QS", control_total=None),
                outcome("DG-DM", status="UNCHANGED"),
                outcome(
                    "DG-DP", status="MISSING", rows_in=0, rows_ok=0, control_total=None, files=0,
                    message="Không có tệp nào ở 2017-12-22/DG-DP/ho_so_*.csv",
                ),
            ]
        ),  # fmt: skip
        unit_nights=unit_nights(),
        issues=pd.DataFrame(
            [
                issue("DG-QK", first_night=NIGHT),
                issue("DG-DP", kind="FILE", issue_key="FILE", rule_id=None, count=1, first_night=NIGHT,
                      sentence="Đơn vị chưa nộp tệp của đêm"),
                issue("DG-QK", "OPEN", issue_key="DQ-PR-01", rule_id="DQ-PR-01", count=1,
                      sentence="Mã thủ tục có trong danh mục"),
                issue("DG-QS", "MENDED", count=0),
            ]
        ),  # fmt: skip
        quarantine=pd.DataFrame(
            [
                quarantine_row(line_no=7),
                quarantine_row(line_no=12),
                quarantine_row(line_no=15, rule_id="DQ-PR-01", message="Mã thủ tục [1.999999] không có trong danh mục",
                               night="2017-12-21"),
            ]
        ),  # fmt: skip
        rule_results=pd.DataFrame(
            [
                rule_result("DG-QK", "DQ-DT-07", failed=2),
                rule_result("DG-MC", "DQ-DT-07", checked=1234),
                rule_result("DG-QK", "DQ-PR-01", failed=1, sentence="Mã thủ tục có trong danh mục"),
                rule_result("DG-QK", "DQ-DT-03", severity="warning", failed=4,
                            sentence="Ngày tiếp nhận là ngày làm việc"),
                rule_result("DG-QK", "DQ-ID-01", sentence="Mã hồ sơ không trống"),
            ]
        ),  # fmt: skip
        changes=pd.DataFrame(
            [
                {
                    "dossier_code": "000.00.26.H16-171115-0007", "night": NIGHT, "field": "due_at",
                    "old_value": "2017-12-20 17:00:00", "new_value": "2017-12-29 17:00:00", "has_legal_trace": False,
                    "rule_id": "DQ-HX-01", "unit_code": "DG-MC",
                }
            ]
        ),  # fmt: skip
        late=pd.DataFrame([late_row(7), late_row(3), late_row(0, kind="DUE_TOMORROW", unit_code="DG-QK")]),
        headline=headline(),
        counter_unit="DG-MC",
        procedures_posted=476,
        rules_off={"DQ-VL-02": "Phần mềm xã không lưu số điện thoại"},
    )
    return replace(page, **changes)


@dataclass(frozen=True, kw_only=True)
class MadeUpPerson:
    owner_name: str | None = "Nguyễn Thị Mẫu"
    owner_address: str | None = "Thôn 4, xã Quảng Khê, huyện Đắk Glong"
    owner_phone: str | None = "0900 000 000"


OFFICE = LetterOffice(
    parent_name="UBND tỉnh Đắk Nông",
    unit_name="UBND huyện Đắk Glong",
    place="Đắk Glong",
    signer_title="KT. CHỦ TỊCH - PHÓ CHỦ TỊCH",
)


def letter_case(**changes: Any) -> LetterCase:
    case = LetterCase(
        dossier_code="000.00.26.H16-171101-0007",
        unit_code="DG-MC",
        proc_name="Đăng ký, cấp Giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản khác gắn liền với đất lần đầu",
        received_on=date(2017, 11, 1),
        old_due_on=date(2017, 12, 13),
        letter_no="15",
        letter_on=date(2017, 12, 25),
        kind="OVERDUE",
        person=MadeUpPerson(),
        new_due_on=date(2018, 1, 5),
        where_now="Phòng Tài nguyên và Môi trường (bước: Thẩm tra hồ sơ, xác minh thực địa)",
    )
    return replace(case, **changes)


def report_row(unit_code: str, field_code: str, field_name: str, **figures: int) -> dict[str, Any]:
    row = {
        "quarter": "2017-Q4", "row_kind": "FIELD", "unit_code": unit_code, "field_code": field_code,
        "field_name": field_name, "no": 1, "received_online": 0, "received_direct_post": 0, "carried_in": 0,
        "done_early": 0, "done_on_time": 0, "done_late": 0, "open_in_term": 0, "open_overdue": 0, "refused": 0,
        "withdrawn": 0, "stopped": 0, "open_paused": 0, "done_no_due": 0, "open_no_due": 0,
    } | figures  # fmt: skip
    row["received_total"] = row["received_online"] + row["received_direct_post"] + row["carried_in"]
    row["done_total"] = row["done_early"] + row["done_on_time"] + row["done_late"]
    row["open_total"] = row["open_in_term"] + row["open_overdue"]
    return row


def report_06a() -> pd.DataFrame:
    """Two units; the sums below are worked out by hand: 1210 = 880 + 300 + 30 at DG-MC, 105 = 100 + 3 + 2 at DG-QK."""
    return pd.DataFrame(
        [
            report_row("DG-MC", "DD", "Đất đai", received_online=10, received_direct_post=700, carried_in=290,
                       done_early=300, done_on_time=320, done_late=80, open_in_term=220, open_overdue=60, refused=12,
                       open_paused=8),
            report_row("DG-MC", "HT", "Hộ tịch", received_direct_post=200, carried_in=10, done_early=150,
                       done_on_time=30, open_in_term=20, withdrawn=4, stopped=1, done_no_due=3, open_no_due=2),
            report_row("DG-QK", "CT", "Chứng thực", received_direct_post=100, carried_in=5, done_early=60,
                       done_on_time=38, done_late=2, open_in_term=3, refused=2),
        ]
    )  # fmt: skip
