"""Flags on records, steps and backlogs: who is named, with what, and in which words."""

import json
import re
from typing import Any

import pandas as pd
import pytest

from analysis.flags import COLUMNS, KINDS, FlagContext, flag_frame
from analysis.integrity import CHECKS_VI
from analysis.record_flags import record_flags
from analysis.step_flags import backlog_flags, slow_steps
from analysis.thresholds import Thresholds
from analysis.words import Names

NAMES = Names(
    units={"U1": "UBND xã Thử Một"},
    unit_levels={},
    procedures={"1.000001": "Đăng ký khai sinh"},
    offices={("U1", "TNMT"): "Phòng Thử"},
)
GATE = pd.DataFrame({"unit_code": ["U1", "U2"], "passes": [False, True]})


def context(*examples: tuple[str, str, str, str]) -> FlagContext:
    frame = pd.DataFrame(list(examples), columns=["unit_code", "proc_core", "kind", "dossier_code"])
    return FlagContext(quarter="2017-Q4", thresholds=Thresholds(), names=NAMES, examples=frame)


def check(name: str, **more: Any) -> pd.DataFrame:
    row = {
        "unit_code": "U1",
        "check": name,
        "n": 1200.0,
        "found": 300,
        "share": 0.25,
        "base_n": 4000.0,
        "base_found": 120.0,
        "base_share": 0.03,
        "low": 0.226,
        "high": 0.275,
        "p_value": 1e-9,
        "q_value": 1e-8,
        "may_be_named": True,
        "is_flagged": True,
        "reason": "",
    }
    return pd.DataFrame([row | more])


def step(**more: Any) -> dict[str, Any]:
    row = {
        "level": "STEP",
        "unit_code": "U1",
        "proc_core": "1.000001",
        "step_no": 2,
        "office_code": "TNMT",
        "task": "Thẩm định",
        "n": 80,
        "over_n": 80,
        "is_usable": True,
        "procedures": 1,
        "planned_half_days": 6.0,
        "median_half_days": 14.0,
        "over_share": 0.9,
        "ci_low": 0.8,
        "ci_high": 0.95,
        "p_value": 1e-9,
        "q_value": 1e-8,
        "excess_half_days": 640.0,
    }
    return row | more


def desk(**more: Any) -> dict[str, Any]:
    row = {
        "unit_code": "U1",
        "office_code": "TNMT",
        "weeks": 13,
        "arrived": 1300,
        "finished": 1000,
        "backlog_first": 50,
        "backlog_last": 350,
        "weeks_up": 11,
        "weeks_to_clear": 4.5,
        "done_share": 1000 / 1300,
        "low": 0.71,
        "high": 0.83,
        "is_growing": True,
    }
    return row | more


@pytest.mark.parametrize("name", CHECKS_VI)
def test_a_check_asks_and_names_what_may_explain_it(name: str) -> None:
    (flag,) = record_flags(check(name), context())
    assert list(flag) == COLUMNS
    assert (flag["kind"], flag["rule"], flag["unit_code"], flag["proc_core"]) == ("RECORD_CHECK", name, "U1", None)
    assert (flag["value"], flag["limit_value"], flag["n"], flag["ci_low"]) == (0.25, 0.03, 1200, 0.226)
    sentence = flag["sentence"]
    assert sentence.startswith("Tại UBND xã Thử Một, trong quý 2017-Q4, 300 trên 1.200 ")
    assert "25 %, khoảng tin cậy từ 22,6 % đến 27,5 %" in sentence
    assert "ở các đơn vị khác tỷ lệ này là 3 %" in sentence
    assert "có thể do" in sentence
    assert "đề nghị kiểm tra" in sentence
    assert sentence.endswith(".")
    assert sentence.count(".") == 2 + (name != "BUNCHING")  # of the sentence and of thousands
    assert not re.search(r"vi phạm|gian lận|lỗi của|yếu kém|cố ý|nan\b|None|[{}]", sentence)


def test_all_sentences_differ() -> None:
    sentences = [record_flags(check(name), context())[0]["sentence"] for name in CHECKS_VI]
    assert len(set(sentences)) == len(CHECKS_VI)


def test_a_base_of_none_is_said() -> None:
    (flag,) = record_flags(check("DUE_MOVED", base_found=0.0, base_share=0.0), context())
    assert "ở các đơn vị khác không có trường hợp nào trên 4.000;" in flag["sentence"]


def test_examples_are_those_of_the_check() -> None:
    examples = [("U1", "1.000001", "DUE_MOVED", f"HS-{i}") for i in range(7)]
    examples += [("U2", "1.000001", "DUE_MOVED", "HS-0X"), ("U1", "1.000001", "LATE", "HS-00")]
    (flag,) = record_flags(check("DUE_MOVED"), context(*examples))
    assert json.loads(flag["evidence"]) == ["HS-0", "HS-1", "HS-2", "HS-3", "HS-4"]
    (other,) = record_flags(check("CODE_GAP"), context(*examples))
    assert other["evidence"] == "[]"


def test_what_is_not_flagged_is_not_told() -> None:
    assert record_flags(check("DUE_MOVED", is_flagged=False), context()) == []


def test_a_slow_step() -> None:
    (flag,) = slow_steps(pd.DataFrame([step()]), context(("U1", "1.000001", "LATE", "HS-1")))
    assert (flag["kind"], flag["rule"], flag["step_no"], flag["n"]) == ("SLOW_STEP", "KM_STEP_OVER_PLAN", 2, 80)
    assert (flag["value"], flag["limit_value"], flag["evidence"]) == (0.9, 0.5, '["HS-1"]')
    assert flag["sentence"] == (
        "Tại UBND xã Thử Một, bước “Thẩm định” ở Phòng Thử của thủ tục “Đăng ký khai sinh” (1.000001): "
        "ước 90 % số lần xử lý vượt thời gian theo quy trình (3 ngày làm việc), khoảng tin cậy từ 80 % đến 95 %, một "
        "nửa số lần mất trên 7 ngày làm việc, trên 80 lần, tính cả lần chưa xong; đề nghị đơn vị xem lại khối lượng "
        "việc, bố trí người và thời gian của bước này."
    )


@pytest.mark.parametrize(
    "less",
    [
        {"is_usable": False},
        {"over_n": 19},
        {"ci_low": 0.5},
        {"q_value": 0.06},
        {"q_value": float("nan")},
        {"excess_half_days": -1.0},
        {"level": "OFFICE", "proc_core": None, "step_no": None},
    ],
)
def test_each_condition_holds_a_slow_step_back(less: dict[str, Any]) -> None:
    assert slow_steps(pd.DataFrame([step(**less)]), context()) == []


def test_a_task_of_an_office_over_several_procedures() -> None:
    whole = step(level="OFFICE", proc_core=None, step_no=None, procedures=3)
    (flag,) = slow_steps(pd.DataFrame([whole]), context())
    assert (flag["rule"], flag["step_no"]) == ("KM_STEP_OVER_PLAN_OFFICE:TNMT:Thẩm định", None)
    assert "(gộp 3 thủ tục)" in flag["sentence"]


def test_a_growing_backlog() -> None:
    (flag,) = backlog_flags(pd.DataFrame([desk()]), context())
    assert (flag["kind"], flag["rule"], flag["n"]) == ("BACKLOG_GROWING", "BACKLOG_GROWTH:TNMT", 1300)
    assert (flag["value"], flag["limit_value"]) == (1000 / 1300, 1)
    assert flag["sentence"] == (
        "Tại UBND xã Thử Một, Phòng Thử, trong quý 2017-Q4 có 1.300 lượt hồ sơ chuyển đến nhưng chỉ xong 1.000 lượt, "
        "bằng 76,9 % (khoảng tin cậy từ 71 % đến 83 %); số hồ sơ chưa xong từ 50 lên 350, tăng trong 11 trên 13 "
        "tuần, với tốc độ này cần khoảng 4,5 tuần để giải quyết hết; đề nghị đơn vị xem lại khối lượng việc và bố "
        "trí người, đồng thời kiểm tra các bước đã xong nhưng chưa cập nhật vào phần mềm."
    )
    assert backlog_flags(pd.DataFrame([desk(is_growing=False)]), context()) == []
    none_done = desk(finished=0, done_share=0.0, low=0.0, high=0.01, weeks_to_clear=float("nan"), office_code="")
    assert "chưa xong lượt nào" in backlog_flags(pd.DataFrame([none_done]), context())[0]["sentence"]


def test_a_unit_whose_data_fail_is_not_named() -> None:
    assert slow_steps(pd.DataFrame([step()]), context(), GATE) == []
    assert backlog_flags(pd.DataFrame([desk()]), context(), GATE) == []
    assert len(backlog_flags(pd.DataFrame([desk(unit_code="U2"), desk(unit_code="U3")]), context(), GATE)) == 2


def test_the_kinds_are_known_to_the_table_and_each_flag_is_one() -> None:
    rows = record_flags(pd.concat([check(name) for name in CHECKS_VI]), context())
    rows += slow_steps(pd.DataFrame([step()]), context())
    rows += backlog_flags(pd.DataFrame([desk(), desk(office_code="LD")]), context())
    table = flag_frame(rows)
    assert set(table["kind"]) <= set(KINDS)
    assert table["flag_id"].is_unique
    assert len(table) == len(CHECKS_VI) + 3
    assert table["kind"].tolist() == ["SLOW_STEP"] + ["BACKLOG_GROWING"] * 2 + ["RECORD_CHECK"] * len(CHECKS_VI)
