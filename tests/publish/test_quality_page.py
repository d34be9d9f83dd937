"""The morning page says the night in figures, stays offline, and never accuses."""

import hashlib
import re
from dataclasses import replace

import pandas as pd
import pytest

from pipelines.publish import night_view
from pipelines.publish.quality_page import write_quality_page
from tests.publish import samples


@pytest.fixture
def html(tmp_path):
    return write_quality_page(samples.night_page(), tmp_path).read_text("utf-8")


def test_page_is_whole_offline_and_vietnamese(html, check_page):
    outline = check_page(html)
    assert outline.tags.count("svg") == 4  # two trends, two shares
    assert "Chất lượng dữ liệu một cửa, sáng 23/12/2017" in html


def test_verdict_counts_units_and_rows_in_one_sentence():
    found = night_view.verdict(samples.night_page())
    overdue, tomorrow = ((samples.night_page().late["kind"] == kind).sum() for kind in ("OVERDUE", "DUE_TOMORROW"))
    assert found.level == "attention"
    assert found.sentence == (
        "4/5 đơn vị đã nộp dữ liệu đọc được; cần nhắc: UBND xã Đắk Plao (chưa nộp); 3 dòng chờ sửa ở 1 đơn vị; "
        f"{overdue} hồ sơ quá hạn, {tomorrow} hồ sơ đến hạn ngày làm việc tới (mục 6)."
    )


def clean_night():
    page = samples.night_page()
    return replace(
        page,
        outcomes=page.outcomes[page.outcomes["unit_code"] != "DG-DP"],
        quarantine=page.quarantine.head(0),
        late=page.late.head(0),
        issues=page.issues.head(0),
    )


def test_a_clean_night_is_good():
    page = clean_night()
    assert night_view.verdict(page).level == "good"
    assert night_view.actions(page) == []


def test_overdue_dossiers_and_what_did_not_come_are_no_stable_night():
    page = clean_night()
    late = replace(page, late=pd.DataFrame([samples.late_row(1)]))
    assert night_view.verdict(late).level == "attention"
    assert "1 hồ sơ quá hạn, 0 hồ sơ đến hạn ngày làm việc tới" in night_view.verdict(late).sentence
    told = [samples.issue("DG-MC", kind="VOLUME"), samples.issue("DG-QK", "MENDED", kind="CONTROL")]
    few = night_view.verdict(replace(page, issues=pd.DataFrame(told)))
    assert (few.level, "1 điều cần đơn vị kiểm tra về dữ liệu nộp" in few.sentence) == ("attention", True)


def test_a_day_off_is_calm(tmp_path):
    off = {"status": "EMPTY", "files": 0, "rows_in": 0, "rows_ok": 0, "control_total": None, "message": "Ngày nghỉ"}
    page = clean_night()
    page = replace(
        page,
        outcomes=pd.DataFrame([samples.outcome(code, **off) for code in ("DG-QK", "DG-DP")]),
        rule_results=page.rule_results.head(0),
    )
    found = night_view.verdict(page)
    assert found.level == "good"
    assert found.sentence.startswith("Chưa đến kỳ nộp, không đơn vị nào phải nộp dữ liệu;")
    assert [row["status_vi"] for row in night_view.unit_rows(page)] == ["Chưa đến kỳ nộp"] * 2
    assert not any(row["is_bad"] for row in night_view.unit_rows(page))
    one = replace(page, outcomes=pd.concat([page.outcomes, pd.DataFrame([samples.outcome("DG-MC")])]))
    assert night_view.verdict(one).sentence.startswith("1/1 đơn vị đã nộp dữ liệu đọc được;")
    empty_file = replace(page, outcomes=pd.DataFrame([samples.outcome("DG-QK", status="EMPTY", files=1)]))
    assert night_view.verdict(empty_file).level != "good", "a file without anything in it is no day off"
    text = write_quality_page(page, tmp_path).read_text("utf-8")
    assert not {"nan", "None", "NaT"} & set(
        re.findall(r"[A-Za-z]+", re.sub(r"<style.*?</style>", "", text, flags=re.S))
    )


def test_no_rule_fails_and_no_row_is_shown(tmp_path):
    results = pd.DataFrame([samples.rule_result("DG-MC", f"DQ-DT-0{number}") for number in range(1, 5)])
    rules = night_view.rule_rows(samples.night_page(rule_results=results))
    assert (rules["failing"], len(rules["passed"])) == ([], 4)


def test_a_rule_that_could_not_run_is_bad():
    results = pd.DataFrame([samples.rule_result("DG-QK", "DQ-DT-07", could_run=False)])
    found = night_view.verdict(samples.night_page(rule_results=results))
    assert found.level == "bad"
    assert "1 phép kiểm tra không chạy được" in found.sentence


def test_a_row_that_breaks_two_rules_is_one_row_to_mend():
    rows = pd.DataFrame(
        [
            samples.quarantine_row(line_no=7),
            samples.quarantine_row(line_no=7, rule_id="DQ-PR-01", quarantine_id="other"),
        ]
    )
    page = samples.night_page(quarantine=rows)
    assert "1 dòng chờ sửa ở 1 đơn vị" in night_view.verdict(page).sentence
    (unit,) = [each for each in night_view.actions(page) if each.unit_code == "DG-QK"]
    assert unit.rows == 1
    assert [rule["rule_id"] for rule in unit.rules] == ["DQ-DT-07", "DQ-PR-01"]


def test_unit_with_missing_file_comes_first_and_says_how_to_mend(html):
    first, second = night_view.actions(samples.night_page())
    assert (first.unit_code, second.unit_code) == ("DG-DP", "DG-QK")
    assert "Gửi bổ sung tệp của đêm này" in html
    assert "Ngày hẹn trả trước ngày tiếp nhận; đối chiếu với giấy hẹn và nhập lại." in html
    assert "ho_so_2017-12-22.csv" in html
    assert "000.01.26.H16-171222-0007" in html


def test_control_totals_are_compared(html):
    rows = {row["unit_code"]: row["difference"] for row in night_view.unit_rows(samples.night_page())}
    assert rows == {"DG-MC": 0, "DG-QK": -1, "DG-QS": None, "DG-DM": 0, "DG-DP": None}
    assert "thiếu 1" in html


def test_year_figures_name_their_denominators(html):
    for words in (
        "7.468",
        "6,9\u00a0% số tiếp nhận",
        "9,6\u00a0% số đã giải quyết có hẹn trả",
        "8,3\u00a0% số đủ điều kiện",
        "13,3\u00a0% số đủ điều kiện",
        "số trễ hạn là 561",
        "<b>476</b>",
    ):
        assert words in html


def test_headline_keeps_the_counter_apart_from_the_other_units():
    counter, rest = night_view.headline_rows(samples.night_page())
    assert (counter["received"], counter["in_time"], counter["late"], counter["open"]) == (7468, 5445, 580, 927)
    assert counter["received"] == counter["not_eligible"] + counter["in_time"] + counter["late"] + counter["open"]
    assert (rest["name"], rest["received"]) == ("1 đơn vị khác", 900)


def test_moved_dates_are_asked_about_and_nobody_is_accused(html):
    assert "20/12/2017 17:00" in html
    assert "29/12/2017 17:00" in html
    assert "cần đơn vị xác nhận" in html
    for word in ("gian lận", "che giấu", "sửa lén", "vi phạm"):
        assert word not in html.lower()


def test_states_are_told_apart_in_words(html):
    for word in ("Mới", "Còn tồn", "Đã khắc phục", "Chưa nộp", "Không thay đổi", "Chặn", "Cảnh báo"):
        assert word in html
    assert ">nan<" not in html
    assert "None" not in html


def test_hostile_text_stays_text(tmp_path, check_page):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    page = samples.night_page(
        site_name=evil,
        quarantine=pd.DataFrame([samples.quarantine_row(message=evil, file_name=evil, dossier_code=evil)]),
        units=pd.DataFrame([{"unit_code": code, "name": evil} for code in samples.UNITS]),
    )
    html = write_quality_page(page, tmp_path).read_text("utf-8")
    check_page(html)
    assert "&lt;script&gt;" in html


def test_many_bad_rows_are_counted_not_all_listed(tmp_path):
    rows = pd.DataFrame([samples.quarantine_row(line_no=n) for n in range(1, 2001)])
    html = write_quality_page(samples.night_page(quarantine=rows), tmp_path).read_text("utf-8")
    assert "và 1.992 dòng khác cùng lý do" in html
    assert len(html) < 60_000


def test_same_night_same_bytes_whatever_the_row_order(tmp_path):
    page = samples.night_page()
    shuffled = replace(
        page,
        **{
            name: getattr(page, name).iloc[::-1]
            for name in ("quarantine", "issues", "outcomes", "late", "rule_results")
        },
    )
    one = write_quality_page(page, tmp_path / "a").read_bytes()
    two = write_quality_page(shuffled, tmp_path / "b").read_bytes()
    assert hashlib.sha256(one).hexdigest() == hashlib.sha256(two).hexdigest()


@pytest.mark.parametrize(
    ("failed", "units", "alarm"), [(4, 284, False), (10, 284, False), (11, 284, True), (1, 10, False), (2, 10, True)]
)
def test_few_failing_units_are_a_line_many_are_an_alarm(failed, units, alarm):
    assert night_view.is_alarm(failed, units) is alarm
