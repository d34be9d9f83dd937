"""The quarter book: figures with their denominators, small groups unseen, offline, the same bytes each time."""

import pandas as pd
import pytest

from pipelines.publish import charts, pair_view, quarter_view, slow_charts, step_view
from pipelines.publish.quarter_book import write_quarter_book
from tests.publish import catalogue_samples, samples


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    papers = samples.quarter_papers(decisions=samples.decision())
    return write_quarter_book(papers, tmp_path_factory.mktemp("book")).read_text("utf-8")


def test_book_is_whole_offline_and_vietnamese(html, check_page):
    outline = check_page(html)
    # Six as ever, less one of slow procedures; funnel, two of slow, two survival, ladder, waiting, its offices,
    # two backlogs, limit curve, quarters.
    assert outline.tags.count("svg") == 5 + 12
    assert "http" not in html
    for heading in (
        "1. Tóm tắt", "2. Tình hình và tiến độ giải quyết", "3. So sánh công bằng giữa các đơn vị",
        "4. Thủ tục chậm", "5. Bước và nguyên nhân chờ", "6. Thời hạn", "7. Xu hướng và tác động của việc cắt giảm",
        "8. Kiểm tra cách ghi số liệu", "9. Thủ tục trùng lặp, chồng chéo", "10. Thủ tục không phát sinh hồ sơ",
        "11. Giấy tờ bị yêu cầu nhiều nhất", "15. Phương án đề xuất", "16. Phần không tính được",
        "17. Phương pháp và định nghĩa", "18. Lưu ý",
    ):  # fmt: skip
        assert heading in html


def test_closed_only_and_survival_shares_stand_together_each_with_its_denominator(html):
    assert "10,4\u00a0%" in html
    assert "6.952 hồ sơ có hẹn trả" in html
    assert "9,6\u00a0%" in html
    assert "6.025 hồ sơ đã giải quyết có hẹn trả" in html


def test_small_groups_are_counted_never_shown(html):
    papers = samples.quarter_papers()
    assert [row["unit"] for row in quarter_view.level_rows(papers, "UNIT")] == [
        samples.UNITS["DG-MC"],
        samples.UNITS["DG-QK"],
    ]
    assert "Quảng Sơn" not in html
    assert "50,0\u00a0% – 90,0" not in html
    assert "1 đơn vị có từ 5 hồ sơ trở xuống" in html
    assert "Bước ít hồ sơ" not in html
    assert "Bước nhập dồn" not in html


def test_a_small_unit_is_pooled_until_it_cannot_be_subtracted():
    fields = samples.report_06a()
    extra = pd.DataFrame([samples.report_row("DG-QS", "CT", "Chứng thực", received_direct_post=3, done_late=3)])
    both = pd.concat([fields, extra], ignore_index=True)
    figures = [name for name in both.columns if pd.api.types.is_integer_dtype(both[name]) and name != "no"]
    rows = both.groupby("unit_code")[figures].sum().reset_index().assign(row_kind="UNIT")
    papers = samples.quarter_papers(results=samples.results(report_06a=rows))
    labels = {row["label"]: row["received_total"] for row in quarter_view.report_units(papers)}
    assert labels == {samples.UNITS["DG-MC"]: 1210, "Gộp 2 đơn vị ít hồ sơ": 108}


def test_pairs_are_laid_side_by_side_and_opposites_are_not_called_overlap(html):
    papers = samples.quarter_papers()
    everything, (pair,), left = pair_view.overlap_pairs(papers, pair_view.review_of(papers))
    assert (len(everything), left) == (1, [])
    asked = {row["name"]: (row["held"], row["is_common"]) for row in pair["papers"]}
    assert asked == {
        "Bản gốc Giấy chứng nhận đã cấp": ([True, True], True),
        "Đơn đăng ký biến động": ([True, True], True),
        "Văn bản công nhận việc thay đổi": ([True, False], False),
        "Bản sao Căn cước công dân": ([False, True], False),
    }
    assert [member["limit"] for member in pair["members"]] == ["15 ngày làm việc", "10 ngày làm việc"]
    assert [member["is_shortest"] for member in pair["members"]] == [False, True]
    assert "1 thủ tục bớt được 5 ngày" in html
    assert "Các bước giống hệt nhau (4)" in html


def test_steps_are_in_working_days_and_named_by_office(html):
    first = step_view.slow_steps(samples.quarter_papers())[0]
    assert (first["planned"], first["mean"], first["excess"]) == (5.0, 10.5, 715.0)
    assert "Phòng Tài nguyên và Môi trường" in html


def test_costs_before_and_after_and_the_demo_decision_says_it_is_one(html):
    assert "373.643.939" in html
    assert "325.534.053" in html
    assert "48.109.886" in html
    assert "12,88\u00a0%" in html
    assert "quyết định minh họa, không có giá trị hành chính" in html
    assert "25.331 đồng (GDP 2017)" in html


def test_each_proposal_has_its_own_decision_or_none():
    decisions = samples.decision("REFUSE", on=["p1"], is_demo=False)
    rows = quarter_view.proposals(samples.quarter_papers(decisions=decisions))
    assert [(row["item_no"], row["choice"], row["choice_vi"]) for row in rows] == [
        ("PA-01", "REFUSE", "Không đồng ý"),
        ("PA-02", None, "Chưa quyết định"),
    ]


def test_rare_but_needed_is_told_apart_from_unused(html):
    assert "Hỗ trợ người bị tai nạn (1.009998) – hiếm nhưng cần" in html
    assert "Cấp lại giấy phép mẫu (1.009999)</td>" in html


def test_what_is_switched_off_says_why(tmp_path):
    empty = pd.DataFrame()
    results = samples.results(
        overlaps=empty, unused=empty, papers=empty, report_06a=empty,
        switched_off=(("overlaps", "chưa có danh mục thủ tục để so sánh"),),
        notes=(("steps", "quy trình không ghi thời gian từng bước"),),
    )  # fmt: skip
    papers = samples.quarter_papers(results=results, is_complete=False, missing=("DG-QS",), coverage=0.9)
    html = write_quarter_book(papers, tmp_path).read_text("utf-8")
    assert "không tính, vì chưa có danh mục thủ tục để so sánh" in html
    assert "quy trình không ghi thời gian từng bước" in html
    assert "Số liệu chưa đủ" in html
    assert "Độ phủ dữ liệu 90,0\u00a0%" in html


def test_hostile_names_stay_text(tmp_path, check_page):
    evil = "<script>alert(1)</script> & </svg><img src=x>"
    papers = samples.quarter_papers(
        site_name=evil,
        units=samples.units().assign(name=evil),
        procedures=samples.procedures().assign(name=evil),
        results=samples.results(papers=samples.results().papers.assign(name=evil)),
    )
    check_page(write_quarter_book(papers, tmp_path).read_text("utf-8"))


def test_same_quarter_same_bytes(html, tmp_path):
    again = write_quarter_book(samples.quarter_papers(decisions=samples.decision()), tmp_path).read_text("utf-8")
    assert again == html


def test_a_chart_is_the_same_whatever_was_drawn_before():
    points = [{"days": float(day), "share": 1 / day, "low": 0.0, "high": 1.0} for day in (1, 2, 4)]
    one, other = (slow_charts.survival(points, limit=3.0, late=0.5, title="Một hình") for _ in range(2))
    assert "clip-path" in one
    assert one == other


def test_long_names_are_folded_to_three_lines():
    lines = charts.folded(" ".join(["thủ"] * 60)).split("\n")
    assert len(lines) == 3
    assert lines[2].endswith("…")


def test_a_family_laid_out_takes_its_pairs_with_it_and_others_of_one_family_are_shown_once(monkeypatch):
    rows = catalogue_samples.overlaps()
    found = samples.results(
        overlaps=rows,
        families=catalogue_samples.families(),
        flags=pd.DataFrame(columns=samples.results().flags.columns),
    )
    papers = samples.quarter_papers(results=found, procedures=catalogue_samples.procedures())
    review = pair_view.review_of(papers)
    every, shown, left = pair_view.overlap_pairs(papers, review)
    assert (len(every), [row["proc_core"] for row in shown], left) == (4, ["1.000004"], [])
    monkeypatch.setattr(pair_view, "FAMILIES_SHOWN", 0)  # no family is laid out: one pair stands for the family
    every, shown, left = pair_view.overlap_pairs(papers, review)
    assert [(row["proc_core"], row["other_proc_core"]) for row in shown] == [
        ("1.000001", "1.000002"),
        ("1.000004", "1.000005"),
    ]
    assert [(row["proc_core"], row["other_proc_core"]) for row in left] == [
        ("1.000002", "1.000003"),
        ("1.000001", "1.000003"),
    ]


def test_book_shows_the_parts_of_the_catalogue_it_was_given(tmp_path, check_page):
    found = samples.results(**catalogue_samples.frames())
    papers = samples.quarter_papers(results=found, procedures=catalogue_samples.procedures())
    page = write_quarter_book(papers, tmp_path).read_text("utf-8")
    outline = check_page(page)
    assert outline.ids.count("nhom-f1") == 1
    assert "Xem xét thực hiện liên thông" in page
    assert "▲ Số giấy tờ phải nộp: 9" in page
    assert "Điểm đ khoản 2 Điều 8 (thời hạn giải quyết)" in page
