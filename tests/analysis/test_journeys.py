"""Journeys between made-up procedures, their figures worked out apart; and those of the real catalogue."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.stats import binomtest

from analysis.bundles import bundles_of
from analysis.journeys import GIVES, journeys
from analysis.thresholds import Thresholds
from pipelines.reading.catalogue_file import read_catalogue
from tests.shared import shared
from warehouse.build import CONSTANTS

NO_FOLLOWS = pd.DataFrame(columns=["proc_core", "next_proc_core", "cases", "followed", "people"])
BIRTH, HOME, CARD, JOINT, JOINT_TWO = "1.000001", "1.000002", "1.000003", "2.000001", "2.000002"
# core: (name, results, papers)
Procedure = tuple[str, str, Sequence[str]]
FAMILY: dict[str, Procedure] = {
    BIRTH: ("Thủ tục đăng ký khai sinh", "Giấy khai sinh", ["Tờ khai đăng ký khai sinh", "Giấy chứng sinh"]),
    HOME: ("Đăng ký thường trú", "Giấy xác nhận thông tin cư trú", ["Tờ khai CT01", "01 bản sao Giấy khai sinh"]),
    CARD: (
        "Cấp thẻ bảo hiểm y tế",
        "Thẻ bảo hiểm y tế (BHYT)",
        ["Tờ khai tham gia bảo hiểm y tế", "Giấy khai sinh của trẻ em", "a) Giấy xác nhận thông tin cư trú"],
    ),
}
JOINTS: dict[str, Procedure] = {
    JOINT: (
        "Liên thông thủ tục hành chính về đăng ký khai sinh, đăng ký thường trú, cấp thẻ bảo hiểm y tế cho trẻ em"
        " dưới 6 tuổi",
        "Giấy khai sinh; Thẻ bảo hiểm y tế",
        ["Tờ khai đăng ký khai sinh", "Giấy chứng sinh"],
    ),
    JOINT_TWO: (
        "Liên thông các thủ tục hành chính về đăng ký khai sinh, cấp Thẻ BHYT cho trẻ em dưới 6 tuổi",
        "Giấy khai sinh",
        ["Giấy chứng sinh"],
    ),
}


def found(
    procedures: Mapping[str, Procedure],
    *follows: tuple[str, str, int, int, int],
    bundles: bool = False,
    **thresholds: Any,
) -> list[dict[str, Any]]:
    table = pd.DataFrame(
        [{"proc_core": core, "name": name, "result_name": result} for core, (name, result, _) in procedures.items()]
    )
    papers = [(core, paper) for core, (_, _, asked) in procedures.items() for paper in asked]
    made = journeys(
        table,
        pd.DataFrame(papers, columns=["proc_core", "name"]),
        follows=pd.DataFrame(follows, columns=NO_FOLLOWS.columns) if follows else NO_FOLLOWS,
        thresholds=Thresholds(**thresholds),
    )
    assert made.columns.tolist() == GIVES
    rows = [{str(name): value for name, value in row.items()} for row in made.to_dict("records")]
    rows = [row for row in rows if (row["kind"] == "BUNDLE") == bundles]
    for row in rows:
        for name in ("proc_cores", "names", "links"):
            row[name] = json.loads(row[name])
    return rows


def chains(rows: list[dict[str, Any]]) -> list[list[str]]:
    return [row["proc_cores"] for row in rows]


def test_results_asked_for_as_papers_make_a_journey() -> None:
    (row,) = found(FAMILY)
    assert row["proc_cores"] == [BIRTH, HOME, CARD]
    assert row["names"] == [FAMILY[core][0] for core in (BIRTH, HOME, CARD)]
    assert [(link["from"], link["to"], link["result"], link["paper"]) for link in row["links"]] == [
        (BIRTH, HOME, "Giấy khai sinh", "01 bản sao Giấy khai sinh"),
        (BIRTH, CARD, "Giấy khai sinh", "Giấy khai sinh của trẻ em"),
        (HOME, CARD, "Giấy xác nhận thông tin cư trú", "a) Giấy xác nhận thông tin cư trú"),
    ]
    assert [row["kind"], row["bundle"], row["is_proposed"], row["cases"]] == ["RESULT", "", True, 0]
    assert "chưa có số liệu hồ sơ" in row["reason"]
    assert pd.isna(row["share"])


def test_a_journey_joined_already_is_not_proposed() -> None:
    (row,) = found(FAMILY | JOINTS)
    assert (row["proc_cores"], row["bundle"], row["is_proposed"]) == ([BIRTH, HOME, CARD], JOINT, False)
    assert "Đã có thủ tục liên thông" in row["reason"]
    without_home = {core: each for core, each in (FAMILY | JOINTS).items() if core != HOME}
    (row,) = found(without_home)
    assert (row["proc_cores"], row["bundle"]) == ([BIRTH, CARD], JOINT_TWO), "the one that joins nothing else"
    (row,) = found({core: each for core, each in (FAMILY | JOINTS).items() if core != JOINT})
    assert (row["bundle"], row["is_proposed"]) == ("", True), "two of the three are joined: the third is still new"
    assert f"({JOINT_TWO}) mới gộp một phần" in row["reason"]


def test_a_joint_procedure_that_nothing_links_is_shown_with_its_parts() -> None:
    alone = {core: (name, "", []) for core, (name, _, _) in (FAMILY | JOINTS).items() if core not in {CARD, JOINT}}
    (row,) = found(alone, bundles=True)
    assert (row["bundle"], row["is_proposed"], row["links"]) == (JOINT_TWO, False, [])
    assert row["proc_cores"] == [BIRTH, ""], "the health card is no procedure of its own here"
    assert row["names"][1].startswith("Cấp thẻ bảo hiểm y tế")


def test_what_is_joint_and_what_only_says_so() -> None:
    names = {
        "1": JOINTS[JOINT][0],
        "2": "Đăng ký thuế lần đầu (trừ trường hợp đăng ký thuế theo cơ chế một cửa liên thông)",
        "3": "Đăng ký tuyển sinh đào tạo liên thông trung cấp, cao đẳng nghề",
        "4": "Đăng ký doanh nghiệp theo cơ chế một cửa liên thông",
        "5": "Nhóm thủ tục hành chính liên thông: Đăng ký khai tử, xóa đăng ký thường trú và hưởng mai táng phí",
        "6": "Cấp giấy phép, trừ trường hợp liên thông đăng ký khai sinh, đăng ký thường trú",
    }
    table = pd.DataFrame([{"proc_core": core, "name": name, "result_name": ""} for core, name in names.items()])
    parts = {each.core: each.parts for each in bundles_of(table, pd.DataFrame(columns=["proc_core", "name"]))}
    assert parts == {
        "1": ("đăng ký khai sinh", "đăng ký thường trú", "cấp thẻ bảo hiểm y tế cho trẻ em dưới 6 tuổi"),
        "5": ("đăng ký khai tử", "xóa đăng ký thường trú", "hưởng mai táng phí"),
    }


def test_a_joint_procedure_is_known_by_its_content_too() -> None:
    other_words = {
        "1.000001": ("Khai sinh cho trẻ em", "Giấy khai sinh", ["Tờ khai đăng ký khai sinh"]),
        "1.000002": FAMILY[HOME],
        JOINT: JOINTS[JOINT],
    }
    (row,) = found(other_words)
    assert (row["proc_cores"], row["bundle"]) == (["1.000001", HOME], JOINT)


def test_people_make_a_journey_where_enough_of_them_go_on() -> None:
    plain: dict[str, Procedure] = {core: (f"Cấp giấy phép loại {core}", "", []) for core in "ABCDEFGH"}
    rows = found(
        plain,
        ("A", "B", 60, 40, 30),
        ("C", "D", 20, 8, 8),  # 40 %, but the interval reaches down to 22 %
        ("E", "F", 19, 19, 19),  # too few cases
        ("G", "H", 60, 40, 5),  # of five people: not to be told
    )
    (row,) = rows
    low = binomtest(40, 60).proportion_ci(0.95, method="wilson").low
    assert (row["proc_cores"], row["kind"], row["cases"], row["is_proposed"]) == (["A", "B"], "PERSON", 60, True)
    assert row["share"] == pytest.approx(2 / 3)
    assert row["links"] == [
        {"from": "A", "to": "B", "result": "", "paper": "", "cases": 60, "followed": 40}
        | {"share": pytest.approx(2 / 3, abs=1e-6), "low": pytest.approx(low, abs=1e-6)}
    ]
    assert "Trong 60 hồ sơ “Cấp giấy phép loại A”, 66,7 % được chính người đó nộp tiếp" in row["reason"]
    assert "trong 30 ngày" in row["reason"]


def test_both_kinds_tell_of_one_link() -> None:
    (row,) = found(FAMILY, (BIRTH, HOME, 100, 80, 70), (BIRTH, CARD, 100, 60, 60), (HOME, CARD, 50, 40, 40))
    assert (row["kind"], row["proc_cores"]) == ("BOTH", [BIRTH, HOME, CARD])
    assert (row["cases"], row["share"]) == (100, 0.6), "of the weakest link"
    assert [link["followed"] for link in row["links"]] == [80, 60, 40]


def test_dossiers_can_speak_against_a_link() -> None:
    pair = {core: FAMILY[core] for core in (BIRTH, HOME)}
    (row,) = found(pair, (BIRTH, HOME, 100, 20, 20))
    assert (row["kind"], row["is_proposed"], row["cases"]) == ("RESULT", False, 0)
    assert "chưa đủ 30 % người nộp hồ sơ tiếp theo" in row["reason"]
    assert row["links"][0]["followed"] is None, "small counts are not told"
    (row,) = found(pair, (BIRTH, HOME, 19, 1, 1))
    assert row["is_proposed"], "19 cases say nothing either way"


def test_twins_of_one_title_are_one_step() -> None:
    twins = {
        BIRTH: FAMILY[BIRTH],
        HOME: ("Đăng ký thường trú (thực hiện tại cấp tỉnh)", "", ["Giấy khai sinh"]),
        CARD: ("Đăng ký thường trú (thực hiện tại cấp xã)", "", ["Giấy khai sinh"]),
    }
    assert chains(found(twins)) == [[BIRTH, HOME]]
    (row,) = found(twins, (BIRTH, HOME, 100, 30, 30), (BIRTH, CARD, 100, 40, 40), (HOME, CARD, 50, 50, 50))
    assert (row["proc_cores"], row["cases"], row["share"]) == ([BIRTH, HOME], 100, 0.7)
    (row,) = found(twins, (HOME, BIRTH, 60, 50, 50), (CARD, BIRTH, 40, 40, 40))
    assert (row["proc_cores"], row["cases"], row["share"]) == ([HOME, BIRTH], 100, 0.9)
    (row,) = found(twins, (HOME, CARD, 60, 60, 60), (CARD, BIRTH, 40, 40, 40))
    assert (row["cases"], row["share"]) == (100, 0.4), "the cases of the twin that leads to nothing else count too"


def test_two_ways_and_circles_keep_the_surer_link() -> None:
    plain: dict[str, Procedure] = {core: (f"Cấp giấy phép {core * 3}", "", []) for core in "ABC"}
    ways = ("A", "B", 100, 60, 60), ("B", "A", 100, 90, 90)
    assert chains(found(plain, *ways)) == [["B", "A"]]
    circle = ("A", "B", 100, 90, 90), ("B", "C", 100, 80, 80), ("C", "A", 100, 70, 70)
    assert chains(found(plain, *circle)) == [["A", "B", "C"]]
    both = {
        "A": ("Cấp giấy phép loại một", "Giấy phép loại một", ["Giấy phép loại hai"]),
        "B": ("Cấp giấy phép loại hai", "Giấy phép loại hai", ["Giấy phép loại một"]),
    }
    assert chains(found(both)) == [["A", "B"]]


@pytest.mark.parametrize(
    "paper",
    [
        "Giấy khai sinh hoặc hộ chiếu",
        "Hộ chiếu hoặc bản sao giấy khai sinh",
        "Giấy khai sinh (nếu có)",
        "Trường hợp trẻ em dưới 14 tuổi: giấy khai sinh",
    ],
)
def test_a_paper_that_another_may_replace_is_found_but_not_proposed(paper: str) -> None:
    (row,) = found({BIRTH: FAMILY[BIRTH], HOME: ("Đăng ký thường trú", "", [paper])})
    assert (row["proc_cores"], row["is_proposed"]) == ([BIRTH, HOME], False)
    assert "có thể thay bằng giấy tờ khác" in row["reason"]


@pytest.mark.parametrize(
    ("name", "paper"),
    [
        ("Cấp lại giấy khai sinh", "Giấy khai sinh"),
        ("Thay đổi nơi ở", "Giấy khai sinh"),
        ("Xóa đăng ký thường trú", "Giấy khai sinh"),
        ("Đăng ký thường trú", "Giấy khai sinh do nước ngoài cấp"),
        ("Đăng ký thường trú", "Giấy tờ tùy thân (trừ giấy khai sinh)"),
        ("Đăng ký thường trú", "Không yêu cầu nộp giấy khai sinh"),
        ("Đăng ký thường trú", "Giấy khai sinh thái của cơ sở"),
        ("Đăng ký thường trú", "Tờ khai cấp bản sao giấy khai sinh thái"),
    ],
)
def test_other_papers_and_later_acts_make_no_journey(name: str, paper: str) -> None:
    assert found({BIRTH: FAMILY[BIRTH], HOME: (name, "", [paper])}) == []


@pytest.mark.parametrize(
    "result",
    [
        "Giấy phép",
        "Quyết định giao đất",
        "Văn bản trả lời",
        "Giấy ủy quyền",
        "Phiếu từ chối tiếp nhận hồ sơ",
        "",
    ],
)
def test_names_that_tell_nothing_are_no_results(result: str) -> None:
    assert found({"A": ("Cấp một việc", result, []), "B": ("Cấp việc khác", "", [result or "Đơn"])}) == []


def opened(count: int) -> dict[str, Procedure]:
    return {BIRTH: FAMILY[BIRTH]} | {
        f"3.{i:06}": (f"Cấp giấy phép loại {i}", "", ["Giấy khai sinh"]) for i in range(count)
    }


def test_a_paper_that_many_ask_for_does_not_join_them_all() -> None:
    (row,) = found(opened(4))
    assert (len(row["proc_cores"]), row["is_proposed"]) == (5, True)
    rows = found(opened(5))
    assert [len(row["proc_cores"]) for row in rows] == [2] * 5
    assert not any(row["is_proposed"] for row in rows)
    assert "có 5 thủ tục cùng yêu cầu" in rows[0]["reason"]
    assert len(found(opened(10))) == 10
    assert found(opened(11)) == [], "an identity paper: more than ten ask, and more than 1.5 % of the procedures"


def test_journeys_stay_readable() -> None:
    line: dict[str, Procedure] = {
        core: (f"Cấp giấy phép {core}", f"Giấy phép loại {core}", [f"Giấy phép loại {before}"])
        for before, core in zip("abcdefg", "bcdefgh", strict=True)
    }
    assert [len(row["proc_cores"]) for row in found(line)] == [5, 3]
    assert [len(row["proc_cores"]) for row in found(line, journey_steps=3)] == [3, 3, 3]


def test_of_several_givers_the_plainest_comes_first_and_people_know_better() -> None:
    several = {
        "1.000009": ("Đăng ký khai sinh có yếu tố nước ngoài", "Giấy khai sinh", []),
        "1.000004": ("Đăng ký lại khai sinh", "Giấy khai sinh", []),
        BIRTH: FAMILY[BIRTH],
        HOME: FAMILY[HOME],
    }
    assert chains(found(several)) == [[BIRTH, HOME]]
    (row,) = found(several, ("1.000009", HOME, 50, 40, 40))
    assert (row["proc_cores"], row["kind"]) == (["1.000009", HOME], "BOTH")


def test_the_order_of_rows_does_not_matter() -> None:
    table = pd.DataFrame(
        [{"proc_core": core, "name": n, "result_name": r} for core, (n, r, _) in (FAMILY | opened(6)).items()]
    )
    papers = pd.DataFrame(
        [{"proc_core": core, "name": p} for core, (_, _, all_) in (FAMILY | opened(6)).items() for p in all_]
    )
    follows = pd.DataFrame(
        [(BIRTH, HOME, 100, 80, 70), (HOME, CARD, 50, 40, 40), (BIRTH, "3.000001", 100, 50, 50)],
        columns=NO_FOLLOWS.columns,
    )
    one = journeys(table, papers, follows=follows, thresholds=Thresholds())
    other = journeys(table[::-1], papers[::-1], follows=follows[::-1], thresholds=Thresholds())
    assert len(one) > 3
    assert_frame_equal(one, other)


def test_nothing_known_gives_no_journeys() -> None:
    assert found({BIRTH: ("Đăng ký khai sinh", "", [])}) == []


def test_the_days_counted_are_the_days_told() -> None:
    assert CONSTANTS["journey_days"] == Thresholds().journey_days


# --- the real catalogue -------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def real() -> dict[str, pd.DataFrame]:
    return read_catalogue(shared() / "data" / "procedures_real.parquet").tables


def real_journeys(real: dict[str, pd.DataFrame], follows: pd.DataFrame) -> dict[tuple[str, ...], dict[str, Any]]:
    made = journeys(real["procedure"], real["procedure_paper"], follows=follows, thresholds=Thresholds())
    rows = [{str(name): value for name, value in row.items()} for row in made.to_dict("records")]
    return {tuple(json.loads(row["proc_cores"])): row for row in rows}


@pytest.mark.shared
@pytest.mark.heavy
def test_real_birth_and_residence_are_found_and_known_to_be_joined(real: dict[str, pd.DataFrame]) -> None:
    all_ = real_journeys(real, NO_FOLLOWS)
    birth = all_["1.001193", "1.004222"]
    assert (birth["kind"], birth["bundle"], birth["is_proposed"]) == ("RESULT", "2.000986", False)
    assert all_["1.001193", ""]["bundle"] == "2.001023"  # its health card is no procedure of this catalogue
    # Known to be one after the other: founding an office is followed by registering its work.
    for pair in (("1.008929", "1.008930"), ("2.000890", "2.000823")):
        assert all_[pair]["is_proposed"], pair
    assert max(map(len, all_)) <= Thresholds().journey_steps
    assert all(len(set(cores)) == len(cores) for cores in all_)
    # Measured 18 of 290: as many as an officer reads in one sitting, far from all with all.
    assert 10 <= sum(row["is_proposed"] for row in all_.values()) <= 30


@pytest.mark.shared
@pytest.mark.heavy
def test_real_joint_procedure_is_recognised_from_made_up_dossiers(real: dict[str, pd.DataFrame]) -> None:
    """The one health card of this catalogue asks for no birth certificate: people must tell of that link."""
    follows = pd.DataFrame(
        [("1.001193", "1.004222", 200, 150, 150), ("1.001193", "1.003116", 200, 140, 140)], columns=NO_FOLLOWS.columns
    )
    row = real_journeys(real, follows)["1.001193", "1.003116", "1.004222"]
    assert (row["kind"], row["bundle"], row["is_proposed"]) == ("BOTH", "2.000986", False)
    assert (row["cases"], row["share"]) == (200, 0.7)
