"""What the content of a catalogue lacks, what is cumbersome, and who may change it. Figures worked out by hand."""

import json
from datetime import date

import pandas as pd
import pytest

from analysis.catalogue_checks import catalogue_checks
from analysis.catalogue_review import review_catalogue
from analysis.competence import UNKNOWN, Facts, joined, of_change
from analysis.cumbersome import PART_VI, cumbersome
from analysis.thresholds import Thresholds
from analysis.usage import unused_procedures

LIMITS = Thresholds()
AFTER, BEFORE = date(2026, 1, 5), date(2025, 6, 30)
NOTHING = pd.DataFrame(columns=["proc_core", "n", "supplemented", "cost_vnd"])


def catalogue(**changes: object) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """One whole procedure of ten working days, its steps adding up to ten."""
    row = {
        "proc_core": "1.000001",
        "name": "Cấp giấy phép nuôi ong",
        "field_code": "ong",
        "level": "XA",
        "limit_quantity": 10.0,
        "limit_unit": "WORKING_DAY",
        "result_name": "Giấy phép nuôi ong",
        "agencies": '["Ủy ban nhân dân cấp xã"]',
        "target_groups": '["Công dân Việt Nam"]',
        "channels": '[{"channel": "DIRECT", "limit_quantity": 10, "limit_unit": "WORKING_DAY", "fee_vnd": null,'
        ' "text": "10 ngày làm việc"}]',
    } | changes
    papers = pd.DataFrame({"proc_core": ["1.000001"], "name": ["Đơn đề nghị"], "originals": [1], "copies": [0]})
    steps = pd.DataFrame(
        {
            "proc_core": "1.000001",
            "step_no": [1, 2, 3],
            "task": ["Tiếp nhận", "Thẩm định", "Ký duyệt"],
            "planned_days": [1.0, 7.0, 2.0],
            "is_paused": False,
            "agency": None,
        }
    )
    return pd.DataFrame([row]), papers, steps


def found(on: date = AFTER, **changes: object) -> list[tuple[str, str]]:
    table = catalogue_checks(*catalogue(**changes), on=on, thresholds=LIMITS)
    return list(zip(table["check"], table["found"], strict=True))


def test_a_whole_procedure_has_nothing_to_tell() -> None:
    assert found() == []


def test_what_is_missing_is_told_with_its_point_of_the_decree() -> None:
    whole = catalogue()
    bare = catalogue(proc_core="1.000002", target_groups="[]", limit_quantity=None, channels="[]")
    both = [pd.concat(pair, ignore_index=True) for pair in zip(whole, bare, strict=True)]
    table = catalogue_checks(*both, on=AFTER, thresholds=LIMITS)
    missing = table.loc[table["check"].eq("COMPLETENESS")]
    assert set(missing["expected"]) >= {"thời hạn giải quyết"}
    assert missing["clause"].str.contains("khoản 2 Điều 8").all()
    unseen = whole[0].drop(columns=["target_groups", "channels"])
    assert catalogue_checks(unseen, *whole[1:], on=AFTER, thresholds=LIMITS).empty  # no column: nothing can be said


def test_steps_that_do_not_add_up() -> None:
    procedures, papers, steps = catalogue()
    longer = catalogue_checks(
        procedures, papers, steps.assign(planned_days=[1.0, 9.0, 2.0]), on=AFTER, thresholds=LIMITS
    )
    assert longer["check"].tolist() == ["STEP_SUM"]
    assert "vượt thời hạn" in longer["detail"].iloc[0]
    assert "2 ngày" in longer["detail"].iloc[0]
    waiting = steps.assign(planned_days=[1.0, 9.0, 2.0], is_paused=[False, True, False])
    paused = catalogue_checks(procedures, papers, waiting, on=AFTER, thresholds=LIMITS)
    assert not paused["detail"].str.contains("vượt").any()  # time that does not run is no time of the office


def test_the_district_is_told_only_after_it_is_gone() -> None:
    district = {"agencies": '["Ủy ban nhân dân cấp huyện"]'}
    assert [check for check, _ in found(**district)] == ["OBSOLETE_AUTHORITY"]
    assert found(BEFORE, **district) == []
    assert found(agencies='["Văn phòng đăng ký đất đai"]') == []


def test_channels_with_other_limits() -> None:
    two = json.dumps(
        [
            {
                "channel": "DIRECT",
                "limit_quantity": 10,
                "limit_unit": "WORKING_DAY",
                "fee_vnd": None,
                "text": "10 ngày",
            },
            {
                "channel": "ONLINE",
                "limit_quantity": 7,
                "limit_unit": "WORKING_DAY",
                "fee_vnd": None,
                "text": "7 ngày",
            },
        ]
    )
    told = found(channels=two)
    assert [check for check, _ in told] == ["CHANNEL_LIMITS"]
    assert "trực tuyến: 7" in told[0][1]


# ---- cumbersome ----------


def crowd(heavy_papers: int = 9) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Nine procedures of two papers and two steps, and one of nine papers, eight steps, four signatures."""
    cores = [f"1.00000{i}" for i in range(10)]
    procedures = pd.DataFrame({"proc_core": cores, "name": cores, "field_code": "ong", "level": "XA"})
    papers = [(core, f"Giấy tờ số {i}") for core in cores[:9] for i in range(2)]
    papers += [(cores[9], f"Giấy tờ số {i}") for i in range(heavy_papers)]
    steps = [(core, i, task) for core in cores[:9] for i, task in enumerate(["Tiếp nhận", "Ghi sổ"])]
    steps += [(cores[9], i, task) for i, task in enumerate([*["Trình lãnh đạo ký"] * 4, *["Ghi sổ"] * 4])]
    return (
        procedures,
        pd.DataFrame(papers, columns=["proc_core", "name"]),
        pd.DataFrame(steps, columns=["proc_core", "step_no", "task"]),
    )


def test_the_heavy_one_is_told_part_by_part() -> None:
    table = cumbersome(*crowd(), performance=NOTHING, thresholds=LIMITS)
    first = table.iloc[0]
    assert (first["proc_core"], first["is_cumbersome"]) == ("1.000009", True)
    assert json.loads(first["over"]) == ["papers", "steps", "approvals"]
    parts = json.loads(first["parts"])
    assert set(parts) == set(PART_VI)
    assert parts["papers"] == {"value": 9.0, "median": 2.0, "p75": 2.0, "is_over": True}
    assert parts["cost"] is None, "nothing known counts neither way"
    assert table["is_cumbersome"].sum() == 1
    assert (first["peers"], "lĩnh vực ong" in first["peer_group"]) == (10, True)


def test_few_peers_are_said_to_be_others() -> None:
    procedures, papers, steps = crowd()
    procedures.loc[:3, "field_code"] = "hoa"
    groups = cumbersome(procedures, papers, steps, performance=NOTHING, thresholds=LIMITS).set_index("proc_core")
    assert groups.loc["1.000000", "peer_group"].endswith("mọi lĩnh vực")  # four of one field are too few


def test_supplements_count_only_from_enough_dossiers() -> None:
    few = pd.DataFrame({"proc_core": ["1.000000"], "n": [19], "supplemented": [19], "cost_vnd": [None]})
    rate = cumbersome(*crowd(), performance=few, thresholds=LIMITS).set_index("proc_core").loc["1.000000", "parts"]
    assert json.loads(rate)["supplement_rate"] is None
    many = few.assign(n=100, supplemented=20)
    rate = cumbersome(*crowd(), performance=many, thresholds=LIMITS).set_index("proc_core").loc["1.000000", "parts"]
    assert json.loads(rate)["supplement_rate"]["value"] == pytest.approx(0.2)
    assert json.loads(rate)["supplement_rate"]["is_over"]  # 15 % and more


def test_row_order_changes_nothing() -> None:  # T33
    one = cumbersome(*crowd(), performance=NOTHING, thresholds=LIMITS)
    mixed = [frame.sample(frac=1, random_state=4) for frame in crowd()]
    assert one.to_csv() == cumbersome(*mixed, performance=NOTHING, thresholds=LIMITS).to_csv()


def test_a_catalogue_without_papers_and_steps_is_reviewed_as_far_as_it_goes() -> None:
    frames = {"procedure": crowd()[0], "procedure_paper": pd.DataFrame(), "procedure_step": pd.DataFrame()}
    frames["procedure"] = frames["procedure"].assign(limit_quantity=5.0, limit_unit="WORKING_DAY", result_name="")
    found = review_catalogue(frames, on=AFTER, thresholds=LIMITS)
    assert len(found["cumbersome"]) == 10
    assert found["paper_types"].empty
    assert found["journeys"].empty
    nothing = review_catalogue(dict.fromkeys(frames, pd.DataFrame()), on=AFTER, thresholds=LIMITS)
    assert all(frame.empty for frame in nothing.values())


# ---- rare but needed ----------


@pytest.mark.parametrize(
    ("name", "rare"),
    [
        ("Hỗ trợ khắc phục sự cố môi trường", True),
        ("Ho tro khac phuc su co moi truong", True),
        ("Thủ tục đăng ký giám hộ", True),
        ("Thu hồi giấy phép nuôi ong", True),
        ("Điều chỉnh khi có sự thay đổi chủ", False),  # "có sự" is no accident
        ("Cấp giấy phép nuôi ong", False),
    ],
)
def test_what_nobody_used_may_still_be_needed(name: str, rare: bool) -> None:
    posted = pd.DataFrame({"proc_core": ["1"], "unit_code": ["U"], "valid_from": [date(2016, 1, 1)]})
    used = pd.DataFrame({"proc_core": ["2"], "unit_code": ["U"], "received_quarter": ["2017-Q4"], "n": [5]})
    known = pd.DataFrame({"proc_core": ["1"], "name": [name], "field_code": ["X"], "field_name": ["X"]})
    table = unused_procedures(posted, used, known, quarter="2017-Q4", on=date(2017, 12, 31), thresholds=LIMITS)
    assert table["is_rare_needed"].tolist() == [rare]


# ---- who may change it ----------


def test_papers_go_to_the_ministry_limits_to_the_province() -> None:
    central = Facts(levels=["XA"], legal_basis=["101/2024/NĐ-CP"], publisher="Bộ Nông nghiệp và Môi trường")
    assert of_change("PAPERS", central).who == "MINISTRY"
    assert "Bộ Nông nghiệp và Môi trường" in of_change("PAPERS", central).text
    assert of_change("LIMIT", central).who == "PROVINCE"
    assert of_change("LIMIT", Facts(levels=["BO"])).who == "MINISTRY"


def test_what_a_province_made_itself_it_may_change() -> None:
    assert of_change("PAPERS", Facts(legal_basis=["12/2024/QĐ-UBND"])).who == "PROVINCE"
    assert of_change("PAPERS", Facts(legal_basis=["05/2023/NQ-HĐND"])).who == "COUNCIL"
    assert of_change("FEES", Facts(legal_basis=["85/2019/TT-BTC", "05/2023/NQ-HĐND"])).who == "COUNCIL"


def test_inner_steps_belong_to_who_does_them() -> None:
    assert of_change("STEPS", Facts(levels=["XA"], on=BEFORE)).who == "DISTRICT"
    assert of_change("STEPS", Facts(levels=["XA"], on=AFTER)).who == "COMMUNE"
    assert of_change("STEPS", Facts(agency="Chi cục Thuế")).who == "OTHER_AGENCY"


def test_what_is_not_known_is_said() -> None:
    assert of_change("EXISTENCE") is UNKNOWN
    assert of_change("STEPS") is UNKNOWN
    assert joined(UNKNOWN, UNKNOWN) == UNKNOWN.text
    with pytest.raises(ValueError, match="COLOUR"):
        of_change("COLOUR")
