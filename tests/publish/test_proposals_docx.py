"""The proposal file keeps the outline of a provincial decision, with figures and the decision on each item."""

import pandas as pd
import pytest
from docx import Document

from pipelines.publish.proposals_docx import province_vi, write_proposals_docx
from tests.publish import samples


def lines_of(papers, folder):
    document = Document(str(write_proposals_docx(papers, folder)))
    cells = [p.text for table in document.tables for row in table.rows for cell in row.cells for p in cell.paragraphs]
    header = [p.text for p in document.sections[0].header.paragraphs]
    return [*header, *cells, *(p.text for p in document.paragraphs)]


@pytest.fixture
def text(tmp_path):
    return "\n".join(lines_of(samples.quarter_papers(), tmp_path))


def test_outline(text):
    for part in (
        "DỰ THẢO", "ỦY BAN NHÂN DÂN", "TỈNH ĐẮK NÔNG", "QUYẾT ĐỊNH",
        "CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH ĐẮK NÔNG", "Nghị định số 63/2010/NĐ-CP", "92/2017/NĐ-CP",
        "Thông tư số 02/2017/TT-VPCP", "Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015", "Điều 1. ",
        "PHỤ LỤC", "I. LĨNH VỰC ĐẤT ĐAI", "1.1. Nội dung đơn giản hóa", "Lý do: ", "1.2. Kiến nghị thực thi",
        "Thẩm quyền: UBND tỉnh", "Văn bản cần sửa đổi, bổ sung: Nghị định số 43/2014/NĐ-CP", "Lộ trình thực hiện",
        "1.3. Lợi ích phương án đơn giản hóa",
    ):  # fmt: skip
        assert part in text


def test_benefit_in_figures(text):
    for part in (
        "Chi phí tuân thủ TTHC trước khi đơn giản hóa: 373.643.939 đồng/năm.",
        "Chi phí tuân thủ TTHC sau khi đơn giản hóa: 325.534.053 đồng/năm.",
        "Chi phí tiết kiệm: 48.109.886 đồng/năm.",
        "Tỷ lệ cắt giảm chi phí: 12,88\u00a0%.",
        "hiện nay: 15 ngày làm việc; sau khi đơn giản hóa: 10 ngày làm việc.",
        "Chưa tính được chi phí tuân thủ cho phương án này.",
        "620 lần/năm",
    ):
        assert part in text


def test_undecided_is_a_draft(text):
    assert "(dự thảo, chờ quyết định)" in text
    assert "Chưa quyết định" in text


def test_only_what_was_accepted_is_in_the_decision_the_rest_is_kept_apart(tmp_path):
    decisions = pd.concat(
        [
            samples.decision(on=["p2"], is_demo=False, decided_by="Nguyễn Văn Thử", role="Chủ tịch"),
            samples.decision("REFUSE", on=["p1"], reason="Chưa đủ căn cứ."),
        ]
    )
    text = "\n".join(lines_of(samples.quarter_papers(decisions=decisions), tmp_path))
    assert "Thông qua 1 phương án" in text
    first, second = text.split("PHỤ LỤC II")
    assert "Đồng ý – Nguyễn Văn Thử, Chủ tịch, ngày 12/01/2018." in first
    assert "Không đồng ý" not in first
    assert "Không đồng ý" in second
    assert "lý do: Chưa đủ căn cứ" in second
    assert "PA-02. Nhóm thủ tục" in first, "an item has one number everywhere"
    assert "PA-01. Thủ tục" in second


def test_a_changed_wording_is_printed_beside_what_was_proposed(tmp_path):
    change = "Rút còn 12 ngày làm việc."
    decisions = samples.decision("ACCEPT_CHANGED", on=["p1"], change=change)
    text = "\n".join(lines_of(samples.quarter_papers(decisions=decisions), tmp_path))
    assert "xuống còn 10 ngày làm việc." in text
    assert f"Nội dung được chấp thuận: {change}" in text
    changed = text[text.index("PA-01. ") : text.index("PA-01.3.")]
    assert "sau khi đơn giản hóa: 10 ngày làm việc" not in changed, "the draft's days are not what was accepted"
    assert "không tính theo nội dung được chấp thuận; cần tính lại" in text


def test_everything_refused_passes_nothing(tmp_path):
    text = "\n".join(lines_of(samples.quarter_papers(decisions=samples.decision("REFUSE")), tmp_path))
    assert "Thông qua 0 phương án" in text
    assert "PHƯƠNG ÁN CHƯA ĐƯỢC THÔNG QUA" in text


def test_how_far_the_deciding_has_come_is_said(tmp_path):
    half = samples.quarter_papers(decisions=samples.decision(on=["p1"]))
    assert "(dự thảo, đã quyết định 1/2 phương án; quyết định minh họa)" in "\n".join(
        lines_of(half, tmp_path / "half")
    )
    demo = samples.quarter_papers(decisions=samples.decision())
    assert "phương án đơn giản hóa thủ tục hành chính (quyết định minh họa)" in "\n".join(
        lines_of(demo, tmp_path / "a")
    )
    real = samples.quarter_papers(decisions=samples.decision(is_demo=False))
    assert "phương án đơn giản hóa thủ tục hành chính tại Phụ lục" in "\n".join(lines_of(real, tmp_path / "b"))


def test_province_by_code_or_name():
    assert province_vi("H16") == "tỉnh Đắk Nông"
    assert province_vi("H26") == "thành phố Hà Nội"
    assert province_vi("tỉnh Đắk Nông") == "tỉnh Đắk Nông"
    assert province_vi("") == "tỉnh ………………"


def test_same_quarter_same_bytes(tmp_path):
    one, two = (write_proposals_docx(samples.quarter_papers(), tmp_path / name) for name in "ab")
    assert one.read_bytes() == two.read_bytes()
