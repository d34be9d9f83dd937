"""What a section head is told about a limit: how many days could go, which could not, and what to mend first."""

import re

import pandas as pd
import pytest

from analysis.flags import FlagContext, flag_frame
from analysis.limit_flags import limit_flags
from analysis.limits import limit_cuts
from analysis.thresholds import Thresholds
from analysis.words import Names

LIMITS = Thresholds()
CORE = "1.000001"
NAMES = Names(units={}, unit_levels={}, procedures={CORE: "Tách thửa hoặc hợp thửa"})
CONTEXT = FlagContext(quarter="2017-Q4", thresholds=LIMITS, names=NAMES, examples=pd.DataFrame())
TIMES = pd.DataFrame({"level": "STEP", "proc_core": CORE, "task": ["Thẩm định"], "excess_half_days": 40.0})


def flags(
    rows: list[tuple[str, str, int, int]], planned: float | None = None, times: pd.DataFrame = TIMES
) -> list[dict[str, object]]:
    table = pd.DataFrame(rows, columns=["outcome", "timeliness", "elapsed_half_days", "n"])
    table = table.assign(limit_half_days=20, proc_core=CORE, received_quarter="2017-Q4")
    catalogue = pd.DataFrame({"proc_core": [CORE], "limit_quantity": 10.0, "limit_unit": "WORKING_DAY"})
    plan = pd.DataFrame({"proc_core": [CORE], "planned_days": [planned], "is_paused": False})
    cuts = limit_cuts(
        table, catalogue, plan if planned else plan.iloc[:0],
        quarter="2017-Q4", thresholds=LIMITS, step_times=times,
    )  # fmt: skip
    return limit_flags(cuts, times, CONTEXT)


def only(found: list[dict[str, object]]) -> dict[str, object]:
    assert len(found) == 1
    assert len(flag_frame(found)) == 1
    sentence = str(found[0]["sentence"])
    assert sentence.endswith(".")
    assert not re.search(r"nan|None|\d\.\d+ %|vi phạm|lỗi của", sentence)
    return found[0]


def test_a_cut_says_what_it_would_cost() -> None:
    flag = only(flags([("DONE", "EARLY", 8, 96), ("DONE", "EARLY", 18, 4)]))
    assert (flag["kind"], flag["rule"], flag["value"], flag["limit_value"]) == ("LIMIT_CUT", "KM_LIMIT", 4, 10)
    assert "nếu rút còn 4 ngày làm việc thì ước 4 % hồ sơ không kịp" in str(flag["sentence"])
    assert "tức là thêm 4 % số hồ sơ thành trễ hạn; " in str(flag["sentence"])


def test_days_nobody_needed_are_said() -> None:
    flag = only(flags([("DONE", "EARLY", 8, 100)]))
    assert "trong số này không hồ sơ nào vì thế mà thành trễ hạn" in str(flag["sentence"])
    assert "hồ sơ lâu nhất mất 4 ngày làm việc, nên 6 ngày làm việc cuối của thời hạn chưa hồ sơ nào dùng đến" in str(
        flag["sentence"]
    )


def test_a_harmful_cut_names_the_step_to_mend() -> None:
    flag = only(flags([("DONE", "EARLY", 12, 85), ("DONE", "ON_TIME", 20, 15)]))
    assert (flag["kind"], flag["rule"], flag["n"]) == ("LIMIT_TOO_SHORT", "KM_CUT_HARMFUL", 100)
    assert flag["value"] == pytest.approx(0.15)
    assert flag["limit_value"] == LIMITS.target_late_share
    sentence = str(flag["sentence"])
    assert "một nửa số hồ sơ xong trong 6 ngày làm việc" in sentence
    assert "chỉ cần bớt 1 ngày làm việc thì ước 15 % trong 100 hồ sơ không kịp" in sentence
    assert "bước cần tháo gỡ trước là “Thẩm định”, sau đó mới xem lại thời hạn." in sentence


def test_a_plan_shorter_than_the_limit_is_no_proof() -> None:
    # The steps add up to five of ten days, which looks like five days to spare; the dossiers need all ten.
    flag = only(flags([("DONE", "ON_TIME", 20, 100)], planned=5.0))
    assert flag["rule"] == "KM_CUT_HARMFUL"
    assert "tổng thời gian các bước chỉ 5 ngày làm việc" in str(flag["sentence"])


def test_without_steps_it_is_said_that_nobody_knows_where() -> None:
    flag = only(flags([("DONE", "EARLY", 12, 85), ("DONE", "ON_TIME", 20, 15)], times=TIMES.iloc[:0]))
    assert "số liệu từng bước chưa chỉ ra chỗ cần tháo gỡ" in str(flag["sentence"])


def test_most_late_is_said_once() -> None:
    flag = only(flags([("DONE", "EARLY", 10, 20), ("DONE", "LATE", 40, 80)], planned=5.0))
    assert flag["rule"] == "KM_MOST_LATE"
    assert "bước cần tháo gỡ trước là “Thẩm định”" in str(flag["sentence"])


def test_steps_longer_than_the_limit_offer_no_cut() -> None:
    flag = only(flags([("DONE", "EARLY", 8, 100)], planned=12.0))
    assert flag["rule"] == "STEP_SUM_OVER"


def test_padding_alone_asks_to_check() -> None:
    flag = only(flags([("DONE", "EARLY", 8, 6)], planned=5.0))
    assert flag["rule"] == "STEP_SUM_BELOW"
    assert "cần kiểm tra phần chênh 5 ngày làm việc" in str(flag["sentence"])
