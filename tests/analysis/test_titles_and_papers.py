"""What titles and papers say, however they are written."""

import unicodedata

import pandas as pd
import pytest

from analysis.papers import is_paper, paper_key, papers_most_asked, papers_of_procedures
from analysis.thresholds import Thresholds
from analysis.titles import are_opposite, parsed_title


def test_act_object_and_level() -> None:
    title = parsed_title("Thủ tục cấp lại giấy phép thăm dò khoáng sản (cấp Tỉnh)")
    assert (title.act, title.verb, title.object, title.levels) == (
        "AGAIN",
        "cấp lại",
        "giấy phép thăm dò khoáng sản",
        ("TINH",),
    )


def test_the_verb_cap_is_not_the_level_cap() -> None:
    title = parsed_title("Cấp thẻ căn cước cho người từ đủ 14 tuổi trở lên (thực hiện tại cấp tỉnh)")
    assert (title.act, title.levels) == ("NEW", ("TINH",))
    assert title.core == "cấp thẻ căn cước cho người từ đủ 14 tuổi trở lên"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Đăng ký hoà giải", "Đăng ký hòa giải"),
        ("Ðăng ký đất đai", "Đăng ký đất đai"),
        (unicodedata.normalize("NFD", "Đăng ký khai thuỷ lợi"), "Đăng ký khai thủy lợi"),
        ("ĐĂNG KÝ  Khai   sinh", "đăng ký khai sinh"),
        ("Cấp GCN quyền sử dụng đất", "Cấp giấy chứng nhận quyền sử dụng đất"),
    ],
)
def test_writing_does_not_matter(one: str, other: str) -> None:  # T32
    assert parsed_title(one) == parsed_title(other)
    assert paper_key(one) == paper_key(other)


def test_opposite_acts() -> None:  # T29
    pair = parsed_title("Đăng ký biện pháp bảo đảm"), parsed_title("Xóa đăng ký biện pháp bảo đảm")
    assert are_opposite(*pair)
    assert are_opposite(*pair[::-1])
    assert not are_opposite(parsed_title("Cấp giấy phép bán rượu"), parsed_title("Cấp lại giấy phép bán rượu"))
    change = parsed_title("Điều chỉnh giấy phép xây dựng"), parsed_title("Thu hồi giấy phép xây dựng")
    assert not are_opposite(*change)  # two cases of one licence, neither undoes the other


@pytest.mark.parametrize(
    "name",
    [
        "Đơn đề nghị cấp giấy phép theo mẫu số 01",
        "a) Bản sao căn cước công dân",
        "Trường hợp chuyển nhượng: hợp đồng chuyển nhượng đã công chứng",
    ],
)
def test_papers_are_papers(name: str) -> None:
    assert is_paper(name)


@pytest.mark.parametrize(
    "name",
    [
        "Lưu ý: người dân mang theo bản chính để đối chiếu",
        "Trường hợp ủy quyền thì người được ủy quyền đến nộp",
        "* Thành phần hồ sơ gồm",
        "Số lượng hồ sơ: 01 bộ",
        "Hồ sơ bao gồm các giấy tờ sau đây",
        "",
        "văn bản " * 70,
    ],
)
def test_instructions_are_not_papers(name: str) -> None:  # T31
    assert not is_paper(name)


def test_key_of_a_paper() -> None:
    assert paper_key("- Bản sao Giấy khai sinh (01 bản chính để đối chiếu);") == "ban sao giay khai sinh"
    assert paper_key("1. Tờ khai đăng ký theo mẫu ban hành kèm theo Thông tư 04") == "to khai dang ky"


def test_paper_types_of_procedures() -> None:
    papers = pd.DataFrame(
        {
            "proc_core": ["A", "A", "A", "B", "B"],
            "name": [
                "Giấy chứng nhận quyền sử dụng đất (bản gốc)",
                "Giấy chứng nhận quyền sử dụng đất đã cấp",
                "Lưu ý: nộp trong giờ hành chính",
                "b) Giấy chứng nhận quyền sử dụng đất đã cấp, 01 bản",
                "Tờ khai lệ phí trước bạ",
            ],
        }
    )
    types = papers_of_procedures(papers, same_share=0.8)
    held = {core: set(rows["paper_type"]) for core, rows in types.groupby("proc_core")}
    assert held["A"] == {"giay chung nhan quyen su dung dat"}  # one paper named twice, the note left out
    assert held["B"] == {"giay chung nhan quyen su dung dat", "to khai le phi truoc ba"}


def test_most_asked() -> None:
    usage = pd.DataFrame(
        {
            "paper_key": ["can cuoc cong dan", "don", "luu y"],
            "name": ["Căn cước công dân", "Đơn đề nghị", "Lưu ý: nộp đúng giờ"],
            "procedures": [12, 4, 30],
            "dossiers": [300, 900, 5000],
        }
    )
    asked = papers_most_asked(usage, thresholds=Thresholds())
    assert asked["paper_key"].tolist() == ["don", "can cuoc cong dan"]
    assert asked["is_often"].tolist() == [False, True]  # four procedures are below five
    assert asked["is_identity"].tolist() == [False, True]
