"""What titles and papers say, however they are written."""

import unicodedata

import pandas as pd
import pytest

from analysis.papers import (
    asked_twice,
    is_paper,
    paper_catalogue,
    paper_key,
    papers_most_asked,
    papers_of_procedures,
)
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
    assert paper_key("- Bản sao Giấy khai sinh (01 bản chính để đối chiếu);") == "giấy khai sinh"
    assert paper_key("1. Tờ khai đăng ký theo mẫu ban hành kèm theo Thông tư 04") == "tờ khai đăng ký"


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
    assert held["A"] == {"Giấy chứng nhận quyền sử dụng đất"}  # one paper named twice, the note left out
    assert held["B"] == {"Giấy chứng nhận quyền sử dụng đất", "tờ khai lệ phí trước bạ"}


def mentioned() -> pd.DataFrame:
    """Three procedures ask for the identity card under three names; each has an application of its own."""
    rows = [
        ("A", "1. Bản sao thẻ Căn cước công dân (02 bản)"),
        ("A", "Đơn đề nghị"),
        ("A", "Văn bản đề nghị nhập khẩu phế liệu"),
        ("A", "Ghi chú: nộp trong giờ hành chính"),
        ("B", "CCCD"),
        ("B", "b) Đơn đề nghị (theo Mẫu số 01)"),
        ("B", "Văn bản đề nghị xuất khẩu phế liệu"),
        ("C", "Chứng minh nhân dân còn hiệu lực"),
        ("C", "Văn bản đề nghị nhập khẩu phế liệu;"),
    ]
    return pd.DataFrame(rows, columns=["proc_core", "name"])


def test_the_paper_catalogue_says_what_each_paper_is_and_who_holds_it() -> None:
    types = paper_catalogue(mentioned(), thresholds=Thresholds()).set_index("paper_type")
    card = types.iloc[0]
    assert (card["kind"], card["procedures"], card["mentions"]) == ("IDENTITY", 3, 3)
    assert (card["is_held"], card["held_in"]) == (True, "Cơ sở dữ liệu quốc gia về dân cư")
    assert types["procedures"].to_dict() == {
        card.name: 3,
        "văn bản đề nghị nhập khẩu phế liệu": 2,
        "văn bản đề nghị xuất khẩu phế liệu": 1,  # entry and exit are two papers
        "đơn đề nghị (A)": 1,  # "application" and no more: each procedure has its own
        "đơn đề nghị (B)": 1,
    }
    assert types.loc["đơn đề nghị (A)", ["kind", "is_held", "held_in"]].tolist() == ["FORM", None, ""]
    assert not types["names"].str.contains("Ghi chú").any()


def test_a_row_order_changes_no_paper_type() -> None:  # T33
    one = paper_catalogue(mentioned(), thresholds=Thresholds())
    other = paper_catalogue(mentioned().sample(frac=1, random_state=5), thresholds=Thresholds())
    assert one.to_csv(index=False) == other.to_csv(index=False)


def test_papers_asked_twice_within_a_journey() -> None:
    journeys = pd.DataFrame({"journey_id": ["J"], "proc_cores": ['["C", "A", ""]']})
    twice = asked_twice(journeys, papers_of_procedures(mentioned(), same_share=0.8))
    assert twice["times"].tolist() == [2, 2]
    assert set(twice["proc_cores"]) == {'["C", "A"]'}
    assert set(twice["name"]) == {"Chứng minh nhân dân còn hiệu lực", "Văn bản đề nghị nhập khẩu phế liệu;"}


def test_most_asked() -> None:
    types = paper_catalogue(mentioned(), thresholds=Thresholds())
    holders = papers_of_procedures(mentioned(), same_share=0.8)
    usage = pd.DataFrame({"proc_core": ["A", "B"], "dossiers": [300, 50]})
    asked = papers_most_asked(types, holders, usage, thresholds=Thresholds(paper_procedures=3))
    assert asked["dossiers"].tolist() == [350, 300, 300, 50, 50]  # the card; A's application and request; B's two
    assert asked["is_often"].tolist() == [True, False, False, False, False]
