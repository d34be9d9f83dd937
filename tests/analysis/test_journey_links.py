"""What links one procedure to the next, piece by piece, and how it is said. Whole journeys are in test_journeys."""

import pandas as pd
import pytest

from analysis.journey_links import Link, joined_links, people_links, result_links, results_of, steps_of
from analysis.journey_words import reason_vi
from analysis.paper_kinds import KIND_VI, KNOWN, is_bare_form, kind_of, known_paper
from analysis.thresholds import Thresholds
from domain.wording import comparable

USUAL = Thresholds()
BIRTH, HOME, TWIN, AGAIN = "1.000001", "1.000002", "1.000003", "1.000004"
PROCEDURES = pd.DataFrame(
    [
        (BIRTH, "Đăng ký khai sinh", "Giấy khai sinh"),
        (HOME, "Đăng ký thường trú", None),
        (TWIN, "Thủ tục đăng ký thường trú (cấp xã)", None),
        (AGAIN, "Cấp lại thẻ bảo hiểm y tế", "Thẻ bảo hiểm y tế"),
    ],
    columns=["proc_core", "name", "result_name"],
)
PAPERS = pd.DataFrame(
    [(HOME, "01 bản sao Giấy khai sinh"), (HOME, "Đơn đề nghị"), (AGAIN, "Giấy khai sinh của trẻ em")],
    columns=["proc_core", "name"],
)


def test_only_results_whose_name_tells_them_from_others() -> None:
    assert results_of("Giấy khai sinh; Quyết định; Văn bản từ chối cấp giấy khai sinh") == {
        "giấy khai sinh": "Giấy khai sinh"
    }
    assert list(results_of('["Quyết định hưởng trợ cấp thôi việc", "Giấy ủy quyền nộp hồ sơ"]')) == [
        "quyết định hưởng trợ cấp thôi việc"
    ]
    assert list(results_of("Thẻ bảo hiểm y tế (BHYT) theo mẫu số 01").values()) == ["Thẻ bảo hiểm y tế (BHYT)"]
    assert results_of(None) == results_of(float("nan")) == {}


def test_twins_are_one_step_and_bundles_none() -> None:
    steps = steps_of(PROCEDURES, bundles=[AGAIN])
    assert steps.step_of == {BIRTH: BIRTH, HOME: HOME, TWIN: HOME}
    assert steps.acts[BIRTH] == "NEW"
    assert steps.results == {BIRTH: {"giấy khai sinh": "Giấy khai sinh"}}


def test_a_result_that_is_a_paper_links_but_not_to_a_later_act() -> None:
    steps = steps_of(PROCEDURES, bundles=[])
    (link,) = result_links(steps, PAPERS, thresholds=USUAL)
    assert (link.before, link.after, link.result, link.paper) == (
        BIRTH, HOME, "Giấy khai sinh", "01 bản sao Giấy khai sinh",
    )  # fmt: skip
    assert (link.kind, link.askers, link.is_needed) == ("RESULT", 2, True)
    assert result_links(steps, PAPERS, thresholds=Thresholds(journey_askers=1, journey_paper_share=0.0)) == [], (
        "what everybody asks for tells nothing"
    )


def follows(*rows: tuple[str, str, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["proc_core", "next_proc_core", "cases", "followed", "people"])


def test_people_who_go_on_make_a_link_when_they_are_many() -> None:
    steps = steps_of(PROCEDURES, bundles=[])
    links, cases = people_links(
        steps, follows((BIRTH, HOME, 100, 60, 60), (BIRTH, TWIN, 100, 10, 10)), thresholds=USUAL
    )
    (link,) = links
    assert cases == {BIRTH: 100}, "the cases of a procedure are counted once, however many follow"
    assert (link.before, link.after, link.cases, link.followed) == (BIRTH, HOME, 100, 70)
    assert link.share == pytest.approx(0.7)
    assert 0.59 < link.low < 0.61  # Wilson, 95 %: 0.604
    assert people_links(steps, follows((BIRTH, HOME, 19, 19, 19)), thresholds=USUAL)[0] == [], "under twenty cases"
    assert people_links(steps, follows((BIRTH, HOME, 100, 60, 5)), thresholds=USUAL)[0] == [], "five people or fewer"
    assert people_links(steps, follows((BIRTH, HOME, 100, 20, 20)), thresholds=USUAL)[0] == [], "too few go on"
    assert people_links(steps, follows(), thresholds=USUAL) == ([], {})


def test_the_surer_of_two_that_go_round_in_a_circle_stays() -> None:
    steps = steps_of(PROCEDURES, bundles=[])
    there = Link(before=BIRTH, after=HOME, result="Giấy khai sinh", result_key="giấy khai sinh", paper="x", askers=2)
    back = Link(before=HOME, after=BIRTH, cases=50, followed=40, share=0.8, low=0.67, by_people=True)
    assert joined_links([there], [back], steps) == [back], "what people do is surer than what papers say"
    both = Link(before=BIRTH, after=HOME, cases=50, followed=40, share=0.8, low=0.67, by_people=True)
    (joined,) = joined_links([there], [both], steps)
    assert (joined.kind, joined.result, joined.paper, joined.followed) == ("BOTH", "Giấy khai sinh", "x", 40)


def test_the_sentence_says_figures_and_what_follows() -> None:
    steps = steps_of(PROCEDURES, bundles=[])
    link = Link(before=BIRTH, after=HOME, cases=1200, followed=900, share=0.75, low=0.725, by_people=True)
    said = reason_vi([link], steps, bundle=None, doubt="", thresholds=USUAL)
    assert "Trong 1.200 hồ sơ “Đăng ký khai sinh”, 75 %" in said
    assert "“Đăng ký thường trú” trong 30 ngày (ít nhất 72,5 %, độ tin cậy 95 %)" in said
    assert said.endswith("nộp hồ sơ một lần, các cơ quan chuyển kết quả cho nhau.")
    by_paper = Link(before=BIRTH, after=HOME, result="Giấy khai sinh", paper="x", askers=12)
    many = reason_vi([by_paper] * 5, steps, bundle=None, doubt="MANY_ASK", thresholds=USUAL)
    assert many.count("Kết quả “Giấy khai sinh”") == 3
    assert "Còn 2 mối nối khác" in many
    assert "có 12 thủ tục cùng yêu cầu" in many


@pytest.mark.parametrize(
    ("name", "known", "kind"),
    [
        (
            "Bản sao căn cước công dân của người đề nghị",
            "Thẻ căn cước, thẻ căn cước công dân, chứng minh nhân dân",
            None,
        ),
        ("Giấy khai sinh", "Giấy khai sinh", None),
        ("Giấy phép lái xe còn hiệu lực", "Giấy phép lái xe", None),
        ("Giấy khai sinh và giấy phép xây dựng", None, "FORM"),
        ("Đơn đề nghị cấp phép", None, "FORM"),
        ("Đơn giá xây dựng", None, "OTHER"),
        ("Bản vẽ hiện trạng", None, "DRAWING"),
        ("Hợp đồng thuê nhà", None, "CONTRACT"),
        ("Báo cáo tài chính", None, "REPORT"),
        ("Ảnh hưởng môi trường", None, "OTHER"),
    ],
)
def test_what_a_paper_is_by_its_name(name: str, known: str | None, kind: str | None) -> None:
    paper = known_paper(comparable(name))
    assert (paper.name if paper else None) == known
    if kind:
        assert kind_of(comparable(name)) == kind


def test_an_application_named_no_more_is_each_procedures_own() -> None:
    assert is_bare_form(comparable("Đơn đề nghị cấp lại"))
    assert not is_bare_form(comparable("Đơn đề nghị cấp giấy phép xây dựng"))


def test_every_known_paper_is_whole() -> None:
    assert len(KNOWN) == len({paper.name for paper in KNOWN}) == 23
    assert {paper.kind for paper in KNOWN} <= set(KIND_VI)
    held = [paper for paper in KNOWN if paper.held_in]
    assert len(held) == 16
    for paper in held:
        assert paper.issuer, f"{paper.name}: whose data the state holds has an issuer"
        assert paper.source, f"{paper.name}: what a register holds is said with the law"
