"""Made-up nights and quarters for the tests of the writers: one valid record each, a test names what matters."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pandas as pd

from pipelines.publish.digest import addressed, write_digest
from pipelines.publish.inputs import LetterCase, LetterOffice, Message, NightPage, QuarterPapers, Recipient
from tests.publish import slow_samples

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
        "unit_code": unit_code,
        "night": NIGHT,
        "status": "COLLECTED",
        "rows_in": 40,
        "rows_ok": 40,
        "rows_waiting": 0,
        "rows_quarantined": 0,
        "rows_unchanged": 0,
        "control_total": 40,
        "dossiers_in": 40,
        "files": 2,
        "message": "",
        "fingerprint": "f",
    }
    return row | changes


def quarantine_row(unit_code: str = "DG-QK", line_no: int = 7, **changes: Any) -> dict[str, Any]:
    row = {
        "quarantine_id": f"q-{unit_code}-{line_no}",
        "unit_code": unit_code,
        "night": NIGHT,
        "table_name": "dossier",
        "file_name": "ho_so_2017-12-22.csv",
        "line_no": line_no,
        "rule_id": "DQ-DT-07",
        "severity": "critical",
        "message": "Ngày hẹn trả [20/12/2017] trước ngày tiếp nhận [22/12/2017]",
        "dossier_code": f"000.01.26.H16-171222-{line_no:04d}",
        "raw_record": "{}",
        "stage": "judge",
        "state": "OPEN",
    }
    return row | changes


def rule_result(unit_code: str, rule_id: str, **changes: Any) -> dict[str, Any]:
    row = {
        "unit_code": unit_code,
        "night": NIGHT,
        "rule_id": rule_id,
        "severity": "critical",
        "table_name": "dossier",
        "checked": 40,
        "failed": 0,
        "could_run": True,
        "sentence": "Ngày hẹn trả không trước ngày tiếp nhận",
        "examples": "[]",
    }
    return row | changes


def issue(unit_code: str, state: str = "NEW", **changes: Any) -> dict[str, Any]:
    row = {
        "night": NIGHT,
        "unit_code": unit_code,
        "issue_key": "DQ-DT-07",
        "kind": "QUARANTINE",
        "rule_id": "DQ-DT-07",
        "state": state,
        "first_night": "2017-12-21",
        "count": 2,
        "sentence": "Ngày hẹn trả không trước ngày tiếp nhận",
    }
    return row | changes


def late_row(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "dossier_code": f"000.00.26.H16-171101-{number:04d}",
        "unit_code": "DG-MC",
        "office_code": "TNMT",
        "proc_core": "1.012756",
        "proc_name": "Đăng ký, cấp Giấy chứng nhận quyền sử dụng đất lần đầu",
        "received_on": date(2017, 11, 1),
        "due_on": date(2017, 12, 13),
        "days_late": number,
        "kind": "OVERDUE",
        "status": 4,
        "current_step": "Thẩm tra hồ sơ, xác minh thực địa",
    }
    return row | changes


def headline() -> pd.DataFrame:
    """The article's own year at the counter, and one commune beside it."""
    counter = {
        "year": 2017,
        "unit_code": "DG-MC",
        "received": 7468,
        "not_eligible": 516,
        "eligible": 6952,
        "early": 3000,
        "on_time": 2445,
        "late": 580,
        "open": 927,
        "no_due": 0,
        "withdrawn": 0,
        "stopped": 0,
        "late_by_reported_due": 561,
        "procedures_posted": 476,
    }
    commune = counter | {
        "unit_code": "DG-QK",
        "received": 900,
        "not_eligible": 10,
        "eligible": 890,
        "early": 500,
        "on_time": 350,
        "late": 20,
        "open": 20,
        "late_by_reported_due": 20,
    }
    return pd.DataFrame([counter, commune])


def unit_nights() -> pd.DataFrame:
    nights = ["2017-12-18", "2017-12-19", "2017-12-20", "2017-12-21", NIGHT]
    rows = []
    for place, night in enumerate(nights):
        for code in UNITS:
            missing = code == "DG-DP" and night == NIGHT
            rows.append(
                {
                    "unit_code": code,
                    "night": night,
                    "status": "MISSING" if missing else "COLLECTED",
                    "rows_in": 0 if missing else 40 + place,
                    "rows_ok": 40,
                    "rows_quarantined": (place * 2 + 1) if code == "DG-QK" else 0,
                    "control_total": None,
                }
            )
    return pd.DataFrame(rows)


def digests(page: NightPage, recipients: list[Recipient]) -> list[Message]:
    """The night's messages, by address."""
    found = [write_digest(page, address, units) for address, units in addressed(recipients).items()]
    return [message for message in found if message is not None]


def night_page(**changes: Any) -> NightPage:
    """A night with one missing unit, three bad rows, one moved date and two late dossiers."""
    page = NightPage(
        night=NIGHT,
        site_name="UBND huyện Đắk Glong",
        units=units(),
        outcomes=pd.DataFrame(
            [
                outcome("DG-MC", rows_in=1234, rows_ok=1234, control_total=1234, dossiers_in=1234),
                outcome("DG-QK", rows_in=43, rows_ok=40, rows_quarantined=3, control_total=44, dossiers_in=43),
                outcome("DG-QS", control_total=None),
                outcome("DG-DM", status="UNCHANGED"),
                outcome(
                    "DG-DP",
                    status="MISSING",
                    rows_in=0,
                    rows_ok=0,
                    control_total=None,
                    files=0,
                    message="Không có tệp nào ở 2017-12-22/DG-DP/ho_so_*.csv",
                ),
            ]
        ),
        unit_nights=unit_nights(),
        issues=pd.DataFrame(
            [
                issue("DG-QK", first_night=NIGHT),
                issue(
                    "DG-DP",
                    kind="FILE",
                    issue_key="FILE",
                    rule_id=None,
                    count=1,
                    first_night=NIGHT,
                    sentence="Đơn vị chưa nộp tệp của đêm",
                ),
                issue(
                    "DG-QK",
                    "OPEN",
                    issue_key="DQ-PR-01",
                    rule_id="DQ-PR-01",
                    count=1,
                    sentence="Mã thủ tục có trong danh mục",
                ),
                issue("DG-QS", "MENDED", count=0),
            ]
        ),
        quarantine=pd.DataFrame(
            [
                quarantine_row(line_no=7),
                quarantine_row(line_no=12),
                quarantine_row(
                    line_no=15,
                    rule_id="DQ-PR-01",
                    message="Mã thủ tục [1.999999] không có trong danh mục",
                    night="2017-12-21",
                ),
            ]
        ),
        rule_results=pd.DataFrame(
            [
                rule_result("DG-QK", "DQ-DT-07", failed=2),
                rule_result("DG-MC", "DQ-DT-07", checked=1234),
                rule_result("DG-QK", "DQ-PR-01", failed=1, sentence="Mã thủ tục có trong danh mục"),
                rule_result(
                    "DG-QK", "DQ-DT-03", severity="warning", failed=4, sentence="Ngày tiếp nhận là ngày làm việc"
                ),
                rule_result("DG-QK", "DQ-ID-01", sentence="Mã hồ sơ không trống"),
            ]
        ),
        changes=pd.DataFrame(
            [
                {
                    "dossier_code": "000.00.26.H16-171115-0007",
                    "night": NIGHT,
                    "field": "due_at",
                    "old_value": "2017-12-20 17:00:00",
                    "new_value": "2017-12-29 17:00:00",
                    "has_legal_trace": False,
                    "rule_id": "DQ-HX-01",
                    "unit_code": "DG-MC",
                }
            ]
        ),
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
        proc_name="Đăng ký, cấp Giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản khác "
        "gắn liền với đất lần đầu",
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
        "quarter": "2017-Q4",
        "row_kind": "FIELD",
        "unit_code": unit_code,
        "field_code": field_code,
        "field_name": field_name,
        "no": 1,
        "received_online": 0,
        "received_direct_post": 0,
        "carried_in": 0,
        "done_early": 0,
        "done_on_time": 0,
        "done_late": 0,
        "open_in_term": 0,
        "open_overdue": 0,
        "refused": 0,
        "withdrawn": 0,
        "stopped": 0,
        "open_paused": 0,
        "done_no_due": 0,
        "open_no_due": 0,
    } | figures
    row["received_total"] = row["received_online"] + row["received_direct_post"] + row["carried_in"]
    row["done_total"] = row["done_early"] + row["done_on_time"] + row["done_late"]
    row["open_total"] = row["open_in_term"] + row["open_overdue"]
    return row


def report_06a() -> pd.DataFrame:
    """Two units; sums by hand: 1210 = 880 + 300 + 30 at DG-MC, 105 = 100 + 3 + 2 at DG-QK."""
    return pd.DataFrame(
        [
            report_row(
                "DG-MC",
                "DD",
                "Đất đai",
                received_online=10,
                received_direct_post=700,
                carried_in=290,
                done_early=300,
                done_on_time=320,
                done_late=80,
                open_in_term=220,
                open_overdue=60,
                refused=12,
                open_paused=8,
            ),
            report_row(
                "DG-MC",
                "HT",
                "Hộ tịch",
                received_direct_post=200,
                carried_in=10,
                done_early=150,
                done_on_time=30,
                open_in_term=20,
                withdrawn=4,
                stopped=1,
                done_no_due=3,
                open_no_due=2,
            ),
            report_row(
                "DG-QK",
                "CT",
                "Chứng thực",
                received_direct_post=100,
                carried_in=5,
                done_early=60,
                done_on_time=38,
                done_late=2,
                open_in_term=3,
                refused=2,
            ),
        ]
    )


LAND = "Đăng ký, cấp Giấy chứng nhận quyền sử dụng đất lần đầu"
CHANGE = "Đăng ký biến động quyền sử dụng đất do thay đổi thông tin"
TWIN = "Đăng ký biến động quyền sử dụng đất do đổi tên"


def procedures() -> pd.DataFrame:
    rows = [
        ("1.012756", LAND, "Đất đai", 30.0, '["Luật Đất đai năm 2013", "Nghị định số 43/2014/NĐ-CP"]'),
        ("1.012781", CHANGE, "Đất đai", 15.0, '["Nghị định số 43/2014/NĐ-CP"]'),
        ("1.012782", TWIN, "Đất đai", 10.0, '["Nghị định số 43/2014/NĐ-CP"]'),
        ("2.000635", "Cấp bản sao trích lục hộ tịch", "Hộ tịch", 3.0, None),
    ]
    names = ["proc_core", "name", "field_name", "limit_quantity", "legal_basis"]
    return pd.DataFrame(rows, columns=names).assign(limit_unit="WORKING_DAY")


def timeliness_row(level: str, unit_code: str | None, proc_core: str | None, **figures: Any) -> dict[str, Any]:
    row = {
        "level": level,
        "unit_code": unit_code,
        "proc_core": proc_core,
        "n": 200,
        "done": 150,
        "late": 20,
        "late_share_km": 0.18,
        "ci_low": 0.14,
        "ci_high": 0.23,
        "km_n": 200,
        "late_share_all_ends": 0.17,
        "closed_late_share": 0.1333,
        "closed_n": 150,
        "due_late_share": 0.16,
        "due_n": 160,
        "due_late": 26,
        "due_low": 0.112,
        "due_high": 0.224,
        "official_late_share": 0.125,
        "official_n": 80,
        "index766_share": 0.905,
        "index766_n": 95,
        "paused": 7,
        "no_due": 3,
        "overdue_open": 6,
        "truncated": 0,
        "median_half_days": 15.0,
        "p95_half_days": 60.0,
        "may_be_named": True,
    }
    return row | figures


def timeliness() -> pd.DataFrame:
    return pd.DataFrame(
        [
            timeliness_row(
                "ALL",
                None,
                None,
                km_n=6952,
                closed_n=6025,
                late_share_km=0.104,
                ci_low=0.097,
                ci_high=0.112,
                closed_late_share=0.0963,
                due_late_share=0.101,
                due_n=6100,
                due_low=0.094,
                due_high=0.109,
                official_late_share=0.0837,
                official_n=980,
                index766_share=0.9231,
                index766_n=1315,
            ),
            timeliness_row("UNIT", "DG-MC", None, late_share_km=0.12, ci_low=0.11, ci_high=0.13),
            timeliness_row("UNIT", "DG-QK", None, late_share_km=0.02, ci_low=0.01, ci_high=0.05, km_n=90),
            timeliness_row("UNIT", "DG-QS", None, late_share_km=0.5, ci_low=0.1, ci_high=0.9, km_n=4),
            timeliness_row(
                "PROCEDURE_UNIT",
                "DG-MC",
                "1.012756",
                late_share_km=0.41,
                ci_low=0.33,
                ci_high=0.5,
                closed_late_share=0.27,
                km_n=140,
            ),
            timeliness_row("PROCEDURE_UNIT", "DG-QS", "2.000635", km_n=3, late_share_km=1.0),
            timeliness_row("PROCEDURE", None, "1.012756", late_share_km=0.35, ci_low=0.3, ci_high=0.41, km_n=420),
        ]
    )


def step_row(step_no: int, task: str, **figures: Any) -> dict[str, Any]:
    row = {
        "level": "STEP",
        "unit_code": "DG-MC",
        "proc_core": "1.012756",
        "step_no": step_no,
        "office_code": "TNMT",
        "task": task,
        "n": 130,
        "same_second_share": 0.0,
        "is_usable": True,
        "procedures": 1,
        "planned_half_days": 10.0,
        "mean_half_days": 21.0,
        "median_half_days": 18.0,
        "over_share": 0.71,
        "ci_low": 0.62,
        "ci_high": 0.78,
        "excess_half_days": 1430.0,
        "is_slowest": True,
    }
    return row | figures


def limits() -> pd.DataFrame:
    row = {
        "proc_core": "1.012781",
        "n": 210,
        "limit_days": 15.0,
        "catalogue_days": 15.0,
        "step_sum_days": 15.0,
        "padding_days": 0.0,
        "is_padded": False,
        "is_step_sum_over": False,
        "met_limit_days": 9.0,
        "met_low_days": 8.0,
        "met_high_days": 10.0,
        "proposed_days": 10.0,
        "cut_days": 5.0,
        "late_share_now": 0.01,
        "now_low": 0.002,
        "now_high": 0.03,
        "late_share_after": 0.04,
        "after_low": 0.02,
        "after_high": 0.08,
        "is_cut": True,
        "is_too_short": False,
        "median_days": 5.5,
    }
    kept = {"proc_core": "1.012756", "n": 140, "limit_days": 30.0, "catalogue_days": 30.0, "median_days": 24.0}
    return pd.DataFrame([row, row | kept | {"is_cut": False, "is_too_short": True, "cut_days": 0.0}])


def flag(flag_id: str, kind: str, **changes: Any) -> dict[str, Any]:
    row = {
        "flag_id": flag_id,
        "quarter": "2017-Q4",
        "kind": kind,
        "unit_code": None,
        "proc_core": None,
        "other_proc_core": None,
        "step_no": None,
        "rule": kind,
        "value": 0.4,
        "limit_value": 0.1,
        "n": 140,
        "ci_low": 0.33,
        "ci_high": 0.5,
        "evidence": "[]",
        "sentence": f"Câu của dấu hiệu {flag_id}.",
    }
    return row | changes


def proposal(proposal_id: str, kind: str, proc_cores: str, **changes: Any) -> dict[str, Any]:
    row = {
        "proposal_id": proposal_id,
        "quarter": "2017-Q4",
        "kind": kind,
        "proc_cores": proc_cores,
        "item_no": f"PA-0{proposal_id[1:]}",
        "field_name": "Đất đai",
        "title": f"Rút thời hạn giải quyết thủ tục “{CHANGE}” (1.012781)",
        "change": "Sửa thời hạn giải quyết từ 15 ngày làm việc xuống còn 10 ngày làm việc.",
        "reason": "Theo 210 hồ sơ cùng thời hạn trong bốn quý, 96 % kịp trong 10 ngày làm việc.",
        "competence": "UBND tỉnh (thời hạn giải quyết, quy trình nội bộ)",
        "legal_basis": "Điều 27, 28, 30, 31 Nghị định số 63/2010/NĐ-CP",
        "cost_before": None,
        "cost_after": None,
        "saving": None,
        "saving_rate": None,
        "days_before": None,
        "days_after": None,
        "flag_ids": "[]",
        "status": "DRAFT",
    }
    return row | changes


def proposals() -> pd.DataFrame:
    """A cut of days, and the worked example of the cost formula: 373.643.939 to 325.534.053 saves 12,88 %."""
    return pd.DataFrame(
        [
            proposal("p1", "CUT_DAYS", '["1.012781"]', days_before=15.0, days_after=10.0, flag_ids='["f2"]'),
            proposal(
                "p2",
                "MERGE",
                '["1.012781", "1.012782"]',
                title="Rà soát, hợp nhất 2 thủ tục đăng ký biến động",
                change="Nghiên cứu hợp nhất thành một thủ tục có nhiều trường hợp.",
                cost_before=373643939.0,
                cost_after=325534053.0,
                saving=48109886.0,
                saving_rate=12.88,
                days_before=15.0,
                days_after=10.0,
                flag_ids='["f3"]',
                competence="Kiến nghị Bộ, ngành quản lý; UBND tỉnh",
            ),
        ]
    )


def costs() -> pd.DataFrame:
    rows = [("Điền mẫu đơn, tờ khai", 1.0, 1.0, 0.0, 0.0), ("Chuẩn bị giấy tờ", 2.5, 2.0, 25000.0, 20000.0)]
    names = ["activity", "hours_before", "hours_after", "services_before", "services_after"]
    return pd.DataFrame(rows, columns=names).assign(
        proposal_id="p2",
        per_year=620.0,
        hourly_rate=25331.0,
        rate_source="GDP 2017",
        saving_low=0.0,
        saving_high=96219772.0,
        assumption="Giả định",
    )


def overlaps() -> pd.DataFrame:
    row = {
        "proc_core": "1.012781",
        "other_proc_core": "1.012782",
        "relation": "overlap",
        "score": 0.87,
        "propose_merge": True,
        "evidence": "{}",
        "name": CHANGE,
        "other_name": TWIN,
        "title": 0.9,
        "papers": 0.67,
        "chain_equal": True,
    }
    opposite = row | {"other_proc_core": "1.012756", "relation": "opposite", "propose_merge": False, "score": 0.3}
    return pd.DataFrame([row, opposite])


def papers_of_catalogue() -> pd.DataFrame:
    names = {
        "1.012781": ["Đơn đăng ký biến động", "Bản gốc Giấy chứng nhận đã cấp", "Văn bản công nhận việc thay đổi"],
        "1.012782": ["Đơn đăng ký biến động", "Bản gốc Giấy chứng nhận đã cấp", "Bản sao Căn cước công dân"],
    }
    return pd.DataFrame(
        [
            {"proc_core": core, "valid_from": date(2015, 1, 1), "paper_no": number, "name": name}
            for core, each in names.items()
            for number, name in enumerate(each, start=1)
        ]
    )


def steps_of_catalogue() -> pd.DataFrame:
    tasks = [("Tiếp nhận hồ sơ", 0.5), ("Thẩm tra hồ sơ", 6.0), ("Trình ký", 3.0), ("Trả kết quả", 0.5)]
    return pd.DataFrame(
        [
            {"proc_core": core, "valid_from": date(2015, 1, 1), "step_no": number, "task": task, "planned_days": days}
            for core in ("1.012781", "1.012782")
            for number, (task, days) in enumerate(tasks, start=1)
        ]
    )


@dataclass(frozen=True, kw_only=True)
class MadeUpResults:
    """The frames a quarterly analysis gives, with a figure in every part."""

    timeliness: pd.DataFrame
    steps: pd.DataFrame
    limits: pd.DataFrame
    overlaps: pd.DataFrame
    unused: pd.DataFrame
    papers: pd.DataFrame
    report_06a: pd.DataFrame
    flags: pd.DataFrame
    proposals: pd.DataFrame
    costs: pd.DataFrame
    gate: pd.DataFrame = field(default_factory=pd.DataFrame)
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    speed: pd.DataFrame = field(default_factory=pd.DataFrame)
    comparison: pd.DataFrame = field(default_factory=pd.DataFrame)
    waiting: pd.DataFrame = field(default_factory=pd.DataFrame)
    load: pd.DataFrame = field(default_factory=pd.DataFrame)
    backlog: pd.DataFrame = field(default_factory=pd.DataFrame)
    handovers: pd.DataFrame = field(default_factory=pd.DataFrame)
    throughput: pd.DataFrame = field(default_factory=pd.DataFrame)
    integrity: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    limit_curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    trends: pd.DataFrame = field(default_factory=pd.DataFrame)
    series: pd.DataFrame = field(default_factory=pd.DataFrame)
    cut_effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    families: pd.DataFrame = field(default_factory=pd.DataFrame)
    journeys: pd.DataFrame = field(default_factory=pd.DataFrame)
    asked_twice: pd.DataFrame = field(default_factory=pd.DataFrame)
    cumbersome: pd.DataFrame = field(default_factory=pd.DataFrame)
    checks: pd.DataFrame = field(default_factory=pd.DataFrame)
    paper_types: pd.DataFrame = field(default_factory=pd.DataFrame)
    paper_holders: pd.DataFrame = field(default_factory=pd.DataFrame)
    switched_off: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


def whole_report() -> pd.DataFrame:
    """The fields of `report_06a()` with the unit and total rows the analysis adds."""
    fields = report_06a()
    figures = [name for name in fields.columns if pd.api.types.is_integer_dtype(fields[name]) and name != "no"]
    units = fields.groupby("unit_code")[figures].sum().reset_index().assign(row_kind="UNIT", quarter="2017-Q4")
    whole = fields[figures].sum().to_frame().T.assign(row_kind="ALL", quarter="2017-Q4")
    return pd.concat([fields, units, whole], ignore_index=True)


def results(**changes: Any) -> MadeUpResults:
    found = MadeUpResults(
        timeliness=timeliness(),
        steps=pd.DataFrame(
            [
                step_row(3, "Thẩm tra hồ sơ, xác minh thực địa"),
                step_row(
                    5,
                    "Trình ký",
                    office_code="LD",
                    planned_half_days=4.0,
                    mean_half_days=6.0,
                    excess_half_days=260.0,
                    over_share=0.4,
                    ci_low=0.3,
                ),
                step_row(6, "Bước nhập dồn", is_usable=False, same_second_share=0.6),
                step_row(7, "Bước ít hồ sơ", n=4),
            ]
        ),
        limits=limits(),
        overlaps=overlaps(),
        unused=pd.DataFrame(
            [
                {
                    "proc_core": "1.009999",
                    "name": "Cấp lại giấy phép mẫu",
                    "field_code": "XD",
                    "field_name": "Xây dựng",
                    "units": 1,
                    "quarters": 4,
                    "is_rare_needed": False,
                },
                {
                    "proc_core": "1.009998",
                    "name": "Hỗ trợ người bị tai nạn",
                    "field_code": "BTXH",
                    "field_name": "Bảo trợ xã hội",
                    "units": 8,
                    "quarters": 4,
                    "is_rare_needed": True,
                },
            ]
        ),
        papers=pd.DataFrame(
            [
                {
                    "paper_type": "Thẻ căn cước",
                    "name": "Thẻ căn cước",
                    "kind": "IDENTITY",
                    "kind_vi": "Giấy tờ tùy thân",
                    "issuer": "Cơ quan Công an",
                    "is_held": True,
                    "held_in": "Cơ sở dữ liệu quốc gia về dân cư",
                    "source": "Luật Căn cước 2023",
                    "mentions": 130,
                    "names": '["Bản sao Căn cước công dân", "CCCD"]',
                    "procedures": 120,
                    "dossiers": 7468,
                    "is_often": True,
                },
                {
                    "paper_type": "đơn đề nghị hỗ trợ",
                    "name": "Đơn đề nghị hỗ trợ",
                    "kind": "FORM",
                    "kind_vi": "Đơn, tờ khai",
                    "issuer": "",
                    "is_held": None,
                    "held_in": "",
                    "source": "",
                    "mentions": 61,
                    "names": '["Đơn đề nghị hỗ trợ"]',
                    "procedures": 60,
                    "dossiers": 2310,
                    "is_often": True,
                },
            ]
        ),
        report_06a=whole_report(),
        flags=pd.DataFrame(
            [
                flag(
                    "f1",
                    "SLOW_PROCEDURE",
                    unit_code="DG-MC",
                    proc_core="1.012756",
                    evidence='["000.00.26.H16-171101-0007"]',
                ),
                flag(
                    "f4",
                    "SLOW_PROCEDURE",
                    proc_core="1.012756",
                    value=0.35,
                    ci_low=0.3,
                    ci_high=0.41,
                    n=420,
                ),
                flag("f5", "SLOW_UNIT", unit_code="DG-MC", value=1.55, limit_value=1.0),
                flag("f6", "RECORD_CHECK", unit_code="DG-MC", rule="FINISH_EQUALS_DUE", value=0.13, limit_value=0.03),
                flag("f7", "BACKLOG_GROWING", unit_code="DG-MC", rule="BACKLOG_GROWTH:TNMT"),
                flag("f2", "LIMIT_CUT", proc_core="1.012781", rule="KM_LIMIT"),
                flag("f3", "OVERLAP", proc_core="1.012781", other_proc_core="1.012782", evidence="{}"),
            ]
        ),
        proposals=proposals(),
        costs=costs(),
        **slow_samples.frames(),
    )
    return replace(found, **changes)


def decision(choice: str = "ACCEPT", on: Sequence[str] = ("p1", "p2"), **changes: Any) -> pd.DataFrame:
    row = {
        "choice": choice,
        "decided_by": "demo",
        "role": "",
        "decided_at": pd.Timestamp("2018-01-12 08:30:00"),
        "reason": "",
        "is_demo": True,
        "change": "",
    }
    return pd.DataFrame([row | changes | {"proposal_id": key} for key in on])


def quarter_papers(**changes: Any) -> QuarterPapers:
    papers = QuarterPapers(
        quarter="2017-Q4",
        site_name="UBND huyện Đắk Glong",
        results=results(),
        units=units(),
        procedures=procedures(),
        decisions=pd.DataFrame(),
        released_night="2017-12-31",
        procedure_paper=papers_of_catalogue(),
        procedure_step=steps_of_catalogue(),
        office_names={("DG-MC", "TNMT"): "Phòng Tài nguyên và Môi trường"},
        thresholds=(("minimum_cases", 20, "Ít hơn 20 hồ sơ thì gộp"),),
        place="Đắk Nông",
        province_name="tỉnh Đắk Nông",
    )
    return replace(papers, **changes)
