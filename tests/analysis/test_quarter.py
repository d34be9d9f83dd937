"""A whole made-up quarter: planted truths come out, nothing else is accused, and what lacks is said by name."""

import json
import re
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from analysis.flags import COLUMNS as FLAG_COLUMNS
from analysis.flags import KINDS as FLAG_KINDS
from analysis.proposals import COLUMNS as PROPOSAL_COLUMNS
from analysis.proposals import KINDS as PROPOSAL_KINDS
from analysis.quarter import QuarterAnalysis, quarter_analysis
from analysis.report_06a import COUNTS
from analysis.thresholds import Thresholds
from analysis.truths import untrue
from domain.cost import HourlyRate

pytestmark = pytest.mark.slow

RATE = HourlyRate(Decimal(20_000), "số tròn để thử", date(2017, 1, 1))
QUARTER = "2017-Q4"
SLOW, FAST, TWIN, PLAIN, IDLE, RARE = (f"1.00000{i}" for i in range(6))
NAMES = {
    SLOW: "Cấp giấy chứng nhận quyền sử dụng đất lần đầu",
    FAST: "Cấp giấy phép kinh doanh bán lẻ rượu",
    TWIN: "Cấp giấy phép kinh doanh bán lẻ rượu tại chỗ",
    PLAIN: "Đăng ký khai sinh",
    IDLE: "Công nhận vườn ươm cây lâm nghiệp",
    RARE: "Hỗ trợ người dân bị thiệt hại do thiên tai",
}
PAPERS = {
    SLOW: ["Đơn đăng ký", "Giấy tờ về đất", "Căn cước công dân"],
    FAST: ["Đơn xin phép", "Phương án kinh doanh", "Căn cước công dân", "Hợp đồng thuê nhà"],
    TWIN: ["Đơn xin phép", "Phương án kinh doanh", "Căn cước công dân"],
    PLAIN: ["Tờ khai khai sinh", "CCCD"],
    IDLE: ["Bản sao thẻ căn cước"],
}
ALWAYS = {"valid_from": date(2016, 1, 1), "valid_to": None}


def durations() -> pd.DataFrame:
    columns = ["unit_code", "proc_core", "outcome", "timeliness", "elapsed_half_days", "limit_half_days", "n"]
    rows = [
        ("U1", SLOW, "DONE", "EARLY", 15, 20, 40),
        ("U1", SLOW, "DONE", "LATE", 40, 20, 20),
        ("U1", SLOW, "OPEN", "OVERDUE", 30, 20, 20),
        ("U2", SLOW, "DONE", "EARLY", 15, 20, 80),
        ("U1", FAST, "DONE", "EARLY", 6, 20, 120),
        ("U2", TWIN, "DONE", "ON_TIME", 30, 30, 30),
        ("U1", PLAIN, "DONE", "ON_TIME", 2, 2, 200),
        ("U2", PLAIN, "DONE", "LATE", 6, 2, 5),
    ]
    table = pd.DataFrame(rows, columns=columns)
    ended = table["outcome"].map({"DONE": QUARTER, "OPEN": None})
    return table.assign(office_code="O1", field_code="F", received_quarter=QUARTER, end_quarter=ended)


def step_counts() -> pd.DataFrame:
    columns = ["unit_code", "proc_core", "step_no", "task", "office_code", "elapsed_half_days", "mark", "n"]
    rows = [
        ("U1", SLOW, 1, "Tiếp nhận", "MC", 1, "", 80),
        ("U1", SLOW, 2, "Thẩm định", "TNMT", 14, "", 80),
        ("U2", SLOW, 2, "Thẩm định", "TNMT", 5, "", 80),
        ("U2", PLAIN, 1, "Tiếp nhận", "MC", 40, "SAME_SECOND", 200),  # keyed in at once: no evidence of anything
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(end_quarter=QUARTER, is_open=False, planned_half_days=table["step_no"].map({1: 1.0, 2: 6.0}))


def desks() -> dict[str, pd.DataFrame]:
    """The models of steps and records, one row each: enough that no part lacks its frame."""
    edge = {
        "unit_code": "U1",
        "proc_core": SLOW,
        "from_office": "MC",
        "from_task": "Tiếp nhận",
        "end_quarter": QUARTER,
    }
    seconds = dict.fromkeys(
        ("other_agency_s", "unavailable_s", "batching_s", "prioritised_s", "contention_s", "rest_s"), 0
    )
    wait = edge | seconds | {"office_code": "TNMT", "task": "Thẩm định", "n": 80, "work_s": 28_800}
    move = edge | {"edge": "BETWEEN", "to_office": "TNMT", "to_task": "Thẩm định", "is_usable": True, "time_bin": 0}
    times = {"n": 80, "seconds": 80.0, "seconds_squared": 80.0, "least": 1.0, "most": 1.0, "work_seconds": 80}
    week = {
        "unit_code": "U1",
        "office_code": "TNMT",
        "week": pd.Timestamp("2017-10-02"),
        "arrived": 80,
        "finished": 80,
    }
    return {
        "waiting_count": pd.DataFrame([wait | {"waiting_s": 57_600, "citizen_s": 57_600}]),
        "transition_count": pd.DataFrame([move | times]),
        "desk_week": pd.DataFrame([week | {"backlog": 0, "service_s": 80, "staff": 1, "capacity_s": 144_000}]),
        "integrity_count": pd.DataFrame(
            [{"unit_code": "U1", "quarter": QUARTER, "check": "DUE_MOVED", "size": 0, "n": 80, "found": 0}]
        ),
    }


def counts() -> dict[str, pd.DataFrame]:
    cores = list(NAMES)
    procedures = pd.DataFrame(
        {
            "proc_core": cores,
            "name": list(NAMES.values()),
            "limit_quantity": [10.0, 10.0, 15.0, 1.0, 5.0, 5.0],
            "limit_unit": "WORKING_DAY",
            "field_code": ["DD", "RU", "RU", "HT", "LN", "BT"],
            "field_name": ["Đất đai", "Rượu", "Rượu", "Hộ tịch", "Lâm nghiệp", "Bảo trợ"],
            "level": "HUYEN",
            "legal_basis": '["63/2010/NĐ-CP"]',
            "result_name": "",
            "fee_vnd": 0.0,
        }
    ).assign(**ALWAYS)
    papers = [(core, i, name) for core, names in PAPERS.items() for i, name in enumerate(names, start=1)]
    steps = pd.DataFrame(
        {"proc_core": [FAST, TWIN], "step_no": 1, "task": "Thẩm định hồ sơ rượu", "planned_days": 3.0}
    )
    usage = durations().groupby(["proc_core", "unit_code", "received_quarter"])["n"].sum().reset_index()
    # The dossiers of durations(), as the table counts them.
    report = pd.DataFrame([[0] * len(COUNTS)] * 2, columns=COUNTS).assign(
        quarter=QUARTER,
        unit_code=["U1", "U2"],
        field_code="DD",
        field_name="Đất đai",
        received_direct_post=[400, 115],
        done_early=[160, 80],
        done_on_time=[200, 30],
        done_late=[20, 5],
        open_overdue=[20, 0],
    )
    units = pd.DataFrame({"unit_code": ["U1", "U2"], "name": ["UBND xã Thử Một", "UBND xã Thử Hai"], "level": "XA"})
    evidence = [("U1", SLOW, "LATE", f"HS-{i:02d}") for i in range(9, 0, -1)] + [("U1", SLOW, "EARLY", "HS-99")]
    return {
        "duration_count": durations(),
        "step_count": step_counts(),
        **desks(),
        "report_count": report,
        "usage_count": usage,
        "procedure": procedures,
        "procedure_paper": pd.DataFrame(papers, columns=["proc_core", "paper_no", "name"]).assign(**ALWAYS),
        "procedure_step": steps.assign(role="Chuyên viên", is_paused=False, **ALWAYS),
        "procedure_posting": pd.DataFrame({"proc_core": cores, "unit_code": "U1"}).assign(**ALWAYS),
        "unit": units.assign(**ALWAYS),
        "evidence": pd.DataFrame(evidence, columns=["unit_code", "proc_core", "kind", "dossier_code"]),
    }  # fmt: skip


@pytest.fixture(scope="module")
def result() -> QuarterAnalysis:
    return quarter_analysis(counts(), quarter=QUARTER, hourly_rate=RATE)


def of_kind(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    return frame.loc[frame["kind"] == kind]


def test_nothing_is_switched_off_when_all_is_there(result: QuarterAnalysis) -> None:
    assert result.switched_off == []
    # One quarter of dossiers: what the year before was cannot be said.
    assert [part for part, _ in result.notes] == ["trends"]
    assert untrue(result).to_dict("records") == []


def test_frames_fit_the_tables(result: QuarterAnalysis) -> None:
    assert list(result.flags.columns) == FLAG_COLUMNS
    assert list(result.proposals.columns) == PROPOSAL_COLUMNS
    assert result.flags["flag_id"].is_unique
    assert result.proposals["proposal_id"].is_unique
    assert set(result.flags["kind"]) <= set(FLAG_KINDS)
    assert set(result.proposals["kind"]) <= set(PROPOSAL_KINDS)
    known = set(result.flags["flag_id"])
    for ids in result.proposals["flag_ids"]:
        assert json.loads(ids)
        assert set(json.loads(ids)) <= known  # a proposal quotes only what its flags hold


def test_the_slow_procedure_and_no_other(result: QuarterAnalysis) -> None:
    slow = of_kind(result.flags, "SLOW_PROCEDURE")
    assert slow[["unit_code", "proc_core", "n"]].to_numpy().tolist() == [["U1", SLOW, 80]]
    row = slow.iloc[0]
    assert row["value"] == pytest.approx(0.5)  # 40 of 80 are past the limit, half of them still open
    assert row["ci_low"] > row["limit_value"] == 0.1
    assert json.loads(row["evidence"]) == ["HS-01", "HS-02", "HS-03", "HS-04", "HS-05"]
    assert "UBND xã Thử Một" in row["sentence"]
    assert "33,3 %" in row["sentence"]  # the closed-only figure stands beside: 20 of 60


def test_five_dossiers_name_nobody(result: QuarterAnalysis) -> None:
    # U2 has five births, all late.
    assert result.flags.loc[(result.flags["unit_code"] == "U2") & (result.flags["proc_core"] == PLAIN)].empty


def test_the_slow_step_and_not_the_bulk_entry(result: QuarterAnalysis) -> None:
    slow = of_kind(result.flags, "SLOW_STEP")
    assert slow[["unit_code", "proc_core", "step_no"]].to_numpy().tolist() == [["U1", SLOW, 2]]
    mend = of_kind(result.proposals, "MEND_STEP").iloc[0]
    assert (mend["days_before"], mend["days_after"]) == (7, 3)
    assert mend["competence"].startswith("UBND huyện")


def test_the_limit_that_could_be_cut(result: QuarterAnalysis) -> None:
    cut = of_kind(result.flags, "LIMIT_CUT").set_index("proc_core")
    assert cut.loc[FAST, "rule"] == "KM_LIMIT"
    assert (cut.loc[FAST, "value"], cut.loc[FAST, "limit_value"], cut.loc[FAST, "n"]) == (3, 10, 120)
    proposal = of_kind(result.proposals, "CUT_DAYS").iloc[0]
    assert json.loads(proposal["proc_cores"]) == [FAST]
    assert (proposal["days_before"], proposal["days_after"], proposal["saving"]) == (10, 3, 0)
    assert proposal["competence"].startswith("UBND tỉnh")
    assert SLOW not in cut.index


def test_the_overlap_is_proposed_with_its_papers(result: QuarterAnalysis) -> None:
    pairs = of_kind(result.flags, "OVERLAP")
    assert pairs[["proc_core", "other_proc_core"]].to_numpy().tolist() == [[FAST, TWIN]]
    merge = of_kind(result.proposals, "MERGE").iloc[0]
    assert json.loads(merge["proc_cores"]) == [FAST, TWIN]
    assert "3 trong 4 loại giấy tờ" in merge["change"]
    assert merge["competence"].startswith("Kiến nghị Bộ, ngành")
    # 120 dossiers with four papers, 30 with three: 3.8 on average; the common three at most, the middle 3.4.
    # A paper costs 0.5 h x 20,000 + 5,000 = 15,000: 0.4 x 15,000 x 150 dossiers.
    assert merge["saving"] == 900_000
    assert merge["cost_before"] - merge["cost_after"] == merge["saving"]
    costs = result.costs.loc[result.costs["proposal_id"] == merge["proposal_id"]]
    assert (costs["saving_low"].iloc[0], costs["saving_high"].iloc[0]) == (0, 1_800_000)
    assert costs["rate_source"].eq("số tròn để thử").all()


def test_unused_with_the_caution_of_rare_but_needed(result: QuarterAnalysis) -> None:
    unused = result.unused.set_index("proc_core")
    assert sorted(unused.index) == [IDLE, RARE]
    assert unused["is_rare_needed"].to_dict() == {IDLE: False, RARE: True}
    review = of_kind(result.proposals, "REVIEW_UNUSED")
    assert [json.loads(cores) for cores in review["proc_cores"]] == [[IDLE]]
    assert review["competence"].iloc[0].startswith("Kiến nghị Bộ, ngành")  # its legal basis is a decree


def test_a_paper_the_register_holds(result: QuarterAnalysis) -> None:
    assert of_kind(result.flags, "PAPER_OFTEN_ASKED")["n"].tolist() == [
        515
    ]  # 160 + 120 + 30 + 205 under three wordings
    reuse = of_kind(result.proposals, "REUSE_PAPER").iloc[0]
    # 515 dossiers, half a paper as the lower-middle estimate: 0.5 x 15,000 x 515.
    assert reuse["saving"] == 3_862_500
    assert reuse["competence"].startswith("Kiến nghị Bộ, ngành")


def test_sentences_are_vietnamese_and_accuse_nobody(result: QuarterAnalysis) -> None:
    for sentence in [*result.flags["sentence"], *result.proposals["reason"], *result.proposals["change"]]:
        assert re.search(r"[ăâđêôơưáàảãạ]", sentence)
        assert not re.search(r"vi phạm|gian lận|lỗi của|yếu kém|nan\b|None", sentence)
        assert not re.search(r"\d\.\d+ %", sentence)  # comma decimals


def test_row_order_changes_no_byte_and_no_frame_given(result: QuarterAnalysis) -> None:  # T33
    given = {name: frame.sample(frac=1, random_state=3) for name, frame in counts().items()}
    before = {name: frame.copy(deep=True) for name, frame in given.items()}
    again = quarter_analysis(given, quarter=QUARTER, hourly_rate=RATE)
    for name in ("flags", "proposals", "costs", "timeliness", "steps", "limits", "families", "overlaps"):
        assert getattr(again, name).to_csv(index=False) == getattr(result, name).to_csv(index=False), name
    for name, frame in given.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_nothing_at_all_is_said_part_by_part() -> None:
    empty = quarter_analysis({}, quarter=QUARTER, hourly_rate=RATE)
    assert [part for part, _ in empty.switched_off] == [
        "timeliness", "comparison", "trends", "limits", "steps", "waiting", "workload", "handovers", "integrity",
        "overlaps", "journeys", "cumbersome", "checks", "unused", "papers", "report_06a",
    ]  # fmt: skip
    assert empty.flags.empty
    assert list(empty.flags.columns) == FLAG_COLUMNS
    assert empty.proposals.empty


def test_a_log_without_limits_steps_and_catalogue() -> None:
    only = {"duration_count": durations().assign(limit_half_days=float("nan"), timeliness="NO_DUE")}
    found = quarter_analysis(only, quarter=QUARTER, hourly_rate=RATE)
    off = dict(found.switched_off)
    assert "timeliness" not in off
    assert {"limits", "steps", "overlaps"} <= set(off)
    assert (
        "timeliness",
        "hồ sơ không có thời hạn: chỉ tính thời gian giải quyết, không tính tỷ lệ quá hạn",
    ) in found.notes
    whole = found.timeliness.iloc[0]
    assert whole["km_n"] == 0
    assert whole["median_half_days"] > 0
    assert found.flags.empty


def test_only_the_version_in_force_is_compared() -> None:
    given = counts()
    old = given["procedure"].assign(name="Tên cũ của thủ tục", valid_from=date(2010, 1, 1), valid_to=date(2016, 1, 1))
    given["procedure"] = pd.concat([old, given["procedure"]])
    again = quarter_analysis(given, quarter=QUARTER, hourly_rate=RATE)
    assert "Tên cũ" not in " ".join(again.flags["sentence"])


def test_every_threshold_has_a_source() -> None:
    sources = Thresholds.sources()
    assert len(sources) == len(Thresholds.__dataclass_fields__)
    assert all(len(text) > 10 for text in sources.values())


def test_a_step_of_another_agency_is_not_ours_to_decide() -> None:
    given = counts()
    outside = pd.DataFrame({
        "proc_core": [SLOW], "step_no": 2,
        "task": "Thẩm định", "planned_days": 3.0, "role": "Viên chức", "is_paused": False,
        "office_code": "TNMT", "agency": "Chi nhánh Thử",
    }).assign(**ALWAYS)  # fmt: skip
    given["procedure_step"] = pd.concat([given["procedure_step"], outside])
    given["office"] = pd.DataFrame({"unit_code": ["U1"], "office_code": ["TNMT"], "name": ["Phòng Thử"]})
    again = quarter_analysis(given, quarter=QUARTER, hourly_rate=RATE)
    mend = of_kind(again.proposals, "MEND_STEP").iloc[0]
    assert mend["competence"].startswith("Chi nhánh Thử")
    assert "Phòng Thử" in of_kind(again.flags, "SLOW_STEP").iloc[0]["sentence"]
