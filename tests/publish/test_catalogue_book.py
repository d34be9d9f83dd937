"""The book and workbook of a catalogue: what is laid side by side, in which words, and that nothing is hidden."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pandas as pd
import pytest
from openpyxl import load_workbook

from pipelines.publish import catalogue_view, family_view
from pipelines.publish.catalogue_book import catalogue_book, write_catalogue_book
from pipelines.publish.catalogue_xlsx import write_catalogue_xlsx
from pipelines.publish.overlap_map import hundredths, matrix
from tests.publish import catalogue_samples as samples


@pytest.fixture(scope="module")
def html():
    return catalogue_book(samples.review())


def test_page_is_whole_offline_and_vietnamese(html, check_page):
    outline = check_page(html)
    assert "http" not in html
    assert outline.tags.count("article") == 1
    for heading in (
        "Sổ rà soát danh mục thủ tục hành chính", "1. Bản đồ trùng lặp", "2. Các nhóm thủ tục",
        "3. Thủ tục nối tiếp nhau", "4. Giấy tờ bị yêu cầu", "5. Thủ tục có yêu cầu cao",
        "6. Nội dung công bố cần xem lại", "7. Phương pháp và giới hạn",
    ):  # fmt: skip
        assert heading in html
    assert "5 thủ tục được rà soát; 1 nhóm (3 thủ tục)" in html
    assert "Đây là dấu hiệu để xem xét, không phải kết luận." in html


def test_a_family_asks_a_question_and_tells_what_the_shortest_limit_takes_off():
    (family,) = family_view.families(samples.review())
    assert family["question"] == "3 thủ tục này có thể gộp thành một quy trình với nhiều trường hợp không"
    assert family["cut_vi"] == (
        "Nếu lấy thời hạn ngắn nhất đang áp dụng (7 ngày làm việc, ở thủ tục 1.000002), 1 thủ tục bớt được 3 ngày."
    )
    assert [(each["limit"], each["cut"], each["is_shortest"]) for each in family["members"]] == [
        ("10 ngày làm việc", 3.0, False),
        ("7 ngày làm việc", 0.0, True),
        ("7 ngày làm việc", 0.0, True),
    ]
    assert [each["fee"] for each in family["members"]] == ["20.000 đồng", "không thu", ""]
    assert [each["level"] for each in family["members"]] == ["cấp tỉnh", "cấp xã", "cấp xã"]
    assert family["competence"]


def test_papers_all_ask_for_come_first_each_with_who_asks():
    (family,) = family_view.families(samples.review())
    assert [(each["name"], each["held"], each["is_common"]) for each in family["papers"]] == [
        ("Đơn mẫu", [True, True, True], True),
        ("Ảnh", [True, True, False], False),
        ("Thẻ cũ", [False, False, True], False),
    ]
    assert (family["common_count"], family["all_count"], family["telling"]) == (1, 3, 3)


def test_words_that_differ_between_the_names_are_marked(html):
    assert "<mark>tỉnh)</mark>" in html
    assert "Cấp <mark>lại</mark> thẻ mẫu (cấp <mark>xã)</mark>" in html


def test_a_pair_is_laid_out_as_a_family_of_two_and_a_silent_side_has_no_common_paper():
    review = samples.review()
    (row,) = catalogue_view.pairs_outside(review)
    (pair,) = family_view.pairs(review, [row])
    assert [each["core"] for each in pair["members"]] == ["1.000004", "1.000005"]
    assert (pair["telling"], pair["common_count"]) == (1, 0)
    assert pair["steps"] == ["Tiếp nhận", "Trả kết quả"]
    assert pair["same_steps"]
    assert pair["chance"] == "khoảng 6 trên 10 cặp như vậy được người đọc coi là nên xem xét hợp nhất"
    assert "1 thủ tục bớt được 2 ngày" in pair["cut_vi"]


def test_the_probability_is_told_in_words_and_never_as_certain():
    assert family_view.chance_vi(0.9999).startswith("hơn 9 trên 10")
    assert family_view.chance_vi(0.94).startswith("khoảng 9 trên 10")
    assert family_view.chance_vi(0.8).startswith("khoảng 8 trên 10")
    assert family_view.chance_vi(0.01).startswith("khoảng 1 trên 10")
    assert [hundredths(each) for each in (0.9999, 0.62, 0.001)] == [99, 62, 1]


def test_evidence_is_told_heaviest_first_each_with_the_way_it_leans():
    told = family_view.evidence(samples.overlaps().iloc[0].to_dict())
    assert [(each["what"], each["value_vi"], each["side"]) for each in told] == [
        ("Tên thủ tục giống nhau", "91\u00a0%", "nghiêng về xem xét chung"),
        ("Thành phần hồ sơ chung", "33\u00a0%", "không nghiêng về xem xét chung"),
        ("Việc ngược nhau (cấp – thu hồi, đăng ký – xóa…)", "không", "nghiêng về xem xét chung"),
    ]
    assert family_view.evidence({}) == []


def test_a_large_family_shows_the_names_least_alike_and_names_the_others():
    names = ["cấp thẻ a", "cấp thẻ b", "xóa bảng c", "đổi sổ d", "cấp thẻ e"]
    assert family_view.most_different(names, most=3) == [0, 2, 3]
    assert family_view.most_different(names, most=5) == [0, 1, 2, 3, 4]


def test_names_that_share_little_are_not_marked_all_over():
    assert [run.marked for runs in family_view.marked(["cấp thẻ", "đổi sổ"]) for run in runs] == [False, False]


def test_the_map_of_fields_counts_members_in_their_own_field():
    assert catalogue_view.fields(samples.review()) == [
        {"field": "Lĩnh vực một", "procedures": 3, "families": 1, "inside": 3, "share": 1.0, "largest": 3}
    ]


@pytest.mark.parametrize("size", [2, 30])
def test_the_map_of_a_family_is_whole_and_read_aloud(size):
    cores = [f"1.{number:06d}" for number in range(size)]
    links = [{"a": cores[0], "b": cores[1], "relation": "duplicate", "score": 0.97}]
    drawing = ET.fromstring(str(matrix(cores, links)))
    assert len([each for each in drawing if each.tag == "rect"]) == size * (size - 1)
    assert [each.text for each in drawing if each.text and each.text.startswith("T ")] == ["T 97", "T 97"]
    assert f"{size} thủ tục" in drawing.findtext("title")
    assert drawing.findtext("desc") == f"{cores[0]} và {cores[1]}: trùng lặp, 97 trên 100"


def test_only_journeys_to_weigh_and_those_joined_already_are_shown(html):
    assert [row["journey_id"] for row in catalogue_view.journeys(samples.review())] == ["j1", "j2"]
    assert "Đã có thủ tục liên thông 2.000009" in html
    assert "Chuỗi không nên nêu" not in html
    assert "Phải nộp hơn một lần: Ảnh 4x6." in html


def test_each_part_of_a_cumbersome_procedure_stands_beside_its_peers():
    (row,) = catalogue_view.cumbersome(samples.review())
    figures = [(each["part"], each["value_vi"], each["median_vi"], each["p75_vi"]) for each in row["said"]]
    assert figures == [
        ("Số giấy tờ phải nộp", "9", "3", "4,5"),
        ("Tỷ lệ hồ sơ phải bổ sung", "21,0\u00a0%", "5,0\u00a0%", "10,0\u00a0%"),
        ("Chi phí một lần thực hiện (đồng)", "1.250.000", "300.000", "500.000"),
        ("Số bước thực hiện", "4", "5", "6"),
    ]


def test_checks_are_counted_by_clause_and_at_most_forty_are_listed(html):
    missing, sums = catalogue_view.checks(samples.review())
    assert missing["clauses"] == [
        ("điểm đ khoản 2 Điều 8 (thời hạn giải quyết)", 2),
        ("điểm h khoản 2 Điều 8 (kết quả thực hiện)", 1),
    ]
    assert (missing["count"], missing["procedures"]) == (3, 2)
    assert sums["clauses"] == [("khoản 1", 60)]
    assert (len(missing["rows"]), len(sums["rows"])) == (3, 20)
    assert "và 40 điểm khác" in html


def test_a_catalogue_where_nothing_is_found_says_so(check_page):
    empty = {name: pd.DataFrame() for name in samples.frames()}
    page = catalogue_book(samples.review(**empty))
    check_page(page)
    assert "Không có nhóm thủ tục nào đủ giống nhau" in page
    assert "Không tìm thấy chuỗi thủ tục nào" in page


def test_hostile_names_stay_text(check_page):
    evil = "<script>alert(1)</script> & </svg><img src=x>"
    types = samples.paper_types().assign(name=evil, issuer=evil, kind_vi=evil)
    families = samples.families().assign(proposed_name=evil, text_vi=evil)
    checks = samples.checks().assign(name=evil, detail=evil, clause=evil)
    review = samples.review(paper_types=types, families=families, checks=checks)
    review.procedures["name"] = evil
    check_page(catalogue_book(review))


def test_same_catalogue_same_bytes_in_the_folder(html, tmp_path):
    assert write_catalogue_book(samples.review(), tmp_path).read_text("utf-8") == html
    one = write_catalogue_xlsx(samples.review(), tmp_path / "a").read_bytes()
    assert write_catalogue_xlsx(samples.review(), tmp_path / "b").read_bytes() == one


def test_workbook_holds_everything_the_page_cuts_off(tmp_path):
    book = load_workbook(write_catalogue_xlsx(samples.review(), tmp_path))
    assert book.sheetnames == [
        "Nhóm thủ tục",
        "Cặp thủ tục",
        "Giấy tờ",
        "Chuỗi liên thông",
        "Yêu cầu cao",
        "Nội dung công bố",
    ]
    assert {name: book[name].max_row - 1 for name in book.sheetnames} == {
        "Nhóm thủ tục": 1, "Cặp thủ tục": 4, "Giấy tờ": 2, "Chuỗi liên thông": 2,
        "Yêu cầu cao": 1, "Nội dung công bố": 63,
    }  # fmt: skip
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref.startswith("A1:")
    head, first = ([cell.value for cell in row] for row in book["Cặp thủ tục"].iter_rows(max_row=2))
    told = dict(zip(head, first, strict=True))
    assert told["Số cặp trên 100 cặp như vậy nên xem xét"] == 99
    assert told["Không nghiêng về xem xét chung"] == "Thành phần hồ sơ chung: 33\u00a0%"
    assert told["Cùng một nhóm"] == "có"


def test_members_beyond_the_columns_are_named_those_of_one_name_once():
    family = samples.families().iloc[0]
    cores = [f"3.{number:06d}" for number in range(8)]
    names = ["Cấp sổ a", "Xóa sổ b", "Đổi bảng c", "Mở lớp d", "Thu phí e", "Dựng biển g", "Cấp sổ a", "Cấp sổ a"]
    many = family.to_dict() | {
        "size": 8, "proc_cores": samples.json_of(cores), "names": samples.json_of(names), "limit_from": "",
        "cuts": samples.json_of([None] * 8), "paper_holders": "{}",
        "links": samples.json_of([{"a": cores[0], "b": cores[6], "relation": "duplicate", "score": 0.9}]),
    }  # fmt: skip
    review = samples.review(families=pd.DataFrame([many]))
    own = pd.DataFrame({"proc_core": cores, "name": names, "field_name": "Một", "level": "XA"})
    (row,) = family_view.families(replace(review, procedures=own))
    assert [each["core"] for each in row["members"]] == cores[:6]
    assert row["others"] == [{"name": "Cấp sổ a", "codes": cores[6:]}]
    assert row["cut_vi"] == ""
