"""What analyses start with: columns that must be there, versions in force, groups, the frames of a quarter."""

from datetime import date

import pandas as pd
import pytest

from analysis.figures import all_figures
from analysis.frames import check_columns, in_force, listed, plain, text_or_none, texts, window, working_days
from analysis.groups import average_groups, connected_groups
from analysis.inputs import COLUMNS, Inputs
from analysis.thresholds import Thresholds
from domain.errors import KnownError
from domain.quarter import Quarter


def inputs(**counts: pd.DataFrame) -> Inputs:
    return Inputs(counts=counts, quarter=Quarter.parse("2017-Q4"), thresholds=Thresholds())


def test_a_missing_column_is_named_with_what_is_there() -> None:
    frame = pd.DataFrame({"a": [1], "b": [2]})
    check_columns(frame, ["a", "b"], where="shares")
    with pytest.raises(KnownError, match=r"E-ANALYSIS-COLUMN.*shares.*\[c, d\].*\[a, b\]"):
        check_columns(frame, ["a", "c", "d"], where="shares")


def test_the_quarters_of_a_window_go_over_the_turn_of_the_year() -> None:
    assert window("2018-Q1", 4) == ["2017-Q2", "2017-Q3", "2017-Q4", "2018-Q1"]
    assert window("2018-Q1", 1) == ["2018-Q1"]


def test_cells_that_say_nothing() -> None:
    assert [text_or_none(value) for value in (None, float("nan"), pd.NA, "", "x", 5)] == [None] * 4 + ["x", "5"]
    assert listed('["a", "", null, "b"]') == ["a", "b"]
    assert [listed(value) for value in (None, "a", "[]")] == [[], [], []]
    table = pd.DataFrame({"name": ["a", None]})
    assert texts(table, "name") == ["a", ""]
    assert texts(table, "agency") == ["", ""]


def test_only_limits_in_working_days_are_working_days() -> None:
    table = pd.DataFrame({"limit_quantity": [5.0, 5.0, None], "limit_unit": ["WORKING_DAY", "HOUR", "WORKING_DAY"]})
    assert working_days(table).isna().tolist() == [False, True, True]
    assert working_days(table)[0] == 5.0
    assert working_days(table[["limit_unit"]]).isna().all()


def test_the_latest_version_in_force_on_a_day() -> None:
    rows = [
        ("1.000001", date(2016, 1, 1), date(2017, 6, 30), "old"),
        ("1.000001", date(2017, 7, 1), None, "new"),
        ("1.000002", date(2018, 1, 1), None, "to come"),
        ("1.000003", date(2015, 1, 1), date(2017, 12, 30), "ended"),
        ("1.000004", date(2015, 1, 1), date(2017, 12, 31), "on its last day"),
    ]
    frame = pd.DataFrame(rows, columns=["proc_core", "valid_from", "valid_to", "name"])
    found = in_force(frame, date(2017, 12, 31), key=["proc_core"])
    assert found["name"].tolist() == ["new", "on its last day"]
    assert in_force(frame, date(2017, 6, 30), key=["proc_core"])["name"].tolist() == [
        "old", "ended", "on its last day",
    ]  # fmt: skip
    assert in_force(frame, date(2010, 1, 1), key=["proc_core"]).empty


def test_numbers_that_may_be_null_become_plain() -> None:
    frame = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "name": ["a", "b"]})
    assert plain(frame)["n"].dtype == "float64"
    assert plain(frame)["name"].tolist() == ["a", "b"]
    assert (plain(frame)["n"] > 0).tolist() == [True, False]


def test_connected_groups_by_hand() -> None:
    assert connected_groups(6, [(4, 1), (1, 3), (5, 2)]) == [[0], [1, 3, 4], [2, 5]]
    assert connected_groups(2, []) == [[0], [1]]


def test_a_group_is_kept_together_by_the_average_of_its_pairs() -> None:
    scores = {(0, 1): 0.9, (1, 2): 0.8, (0, 2): 0.1, (3, 4): 0.7}
    surest = [(score, pair) for pair, score in scores.items()]
    # 2 would join 0-1 with the mean of 0.1 and 0.8, which is 0.45.
    assert average_groups(surest, scores, least=0.5) == [[0, 1], [3, 4]]
    assert average_groups(surest, scores, least=0.45) == [[0, 1, 2], [3, 4]]
    assert average_groups([(0.7, (3, 4))], {}, least=0.1) == [], "a pair without a score counts 0"


def test_what_was_not_given_has_its_columns_and_no_rows() -> None:
    empty = inputs()
    assert len(COLUMNS) >= 12
    for name, columns in COLUMNS.items():
        assert empty.frame(name).columns.tolist() == columns
    assert empty.frame("report_count").empty
    assert (empty.name, empty.period["quarter"], empty.day_seconds) == ("2017-Q4", "2017-Q4", 8 * 3600)
    assert (empty.fees(), empty.papers_asked(), empty.yearly_dossiers(), empty.agencies()) == ({}, {}, {}, {})


def test_what_is_read_from_the_frames_by_hand() -> None:
    begin = date(2016, 1, 1)
    given = inputs(
        procedure=pd.DataFrame({"proc_core": ["A", "B"], "valid_from": begin, "fee_vnd": [28_000.0, None]}),
        procedure_paper=pd.DataFrame(
            {"proc_core": ["A", "A", "A"], "valid_from": begin, "paper_no": [1, 2, 3],
             "name": ["Đơn đề nghị", "Căn cước công dân", "Lưu ý: mang bản chính để đối chiếu"]}
        ),
        procedure_step=pd.DataFrame(
            {"proc_core": ["A", "A"], "valid_from": begin, "step_no": [1, 2], "office_code": ["MC", "THUE"],
             "agency": [None, "Chi cục Thuế"]}
        ),
        usage_count=pd.DataFrame(
            {"proc_core": ["A", "A", "B"], "received_quarter": ["2017-Q1", "2017-Q4", "2016-Q4"], "n": [3, 4, 9]}
        ),
        calendar_day=pd.DataFrame(
            {"opening_s": [27_000], "lunch_s": [41_400], "after_lunch_s": [46_800], "closing_s": [59_400]}
        ),
    )  # fmt: skip
    assert given.fees() == {"A": 28_000.0}
    assert given.papers_asked() == {"A": 2.0}, "an instruction is no paper"
    assert given.agencies() == {"THUE": "Chi cục Thuế"}
    assert given.yearly_dossiers() == {"A": 7.0}, "2016 is not in the year up to the quarter"
    assert given.day_seconds == 4 * 3600 + 3.5 * 3600


def test_why_a_part_cannot_run_is_said() -> None:
    durations = pd.DataFrame(
        {"unit_code": ["U1", "U1"], "proc_core": ["A", "A"], "received_quarter": ["2017-Q4", "2016-Q1"],
         "elapsed_half_days": [4, None], "limit_half_days": [None, None], "n": [5, 2]}
    )  # fmt: skip
    given = inputs(duration_count=durations)
    assert not given.has_limits
    assert given.lacks("unused")[0] == "chưa có danh sách thủ tục niêm yết"
    assert given.lacks("limits")[0].startswith("hồ sơ không có ngày hẹn trả")
    assert given.lacks("comparison")[0].startswith("chỉ một đơn vị")
    off, without = given.lacks("timeliness")
    assert off == ""
    assert "không tính tỷ lệ quá hạn" in without
    assert "2 hồ sơ không tính được thời gian" in without
    assert inputs().lacks("timeliness")[0].startswith("không có hồ sơ nào")
    assert given.limits_listed["proc_core"].tolist() == ["A"], "without a catalogue the procedures of the dossiers"


def test_a_part_that_is_off_is_an_empty_frame_among_the_others() -> None:
    parts = ("waiting", "workload", "handovers", "comparison", "integrity", "report_06a", "unused", "overlaps")
    closed = {*parts, "journeys", "cumbersome", "checks"}
    found = all_figures(inputs(), closed, None)
    assert len(found) >= 20
    filled = {name for name, frame in found.items() if len(frame)}
    assert filled == set(), "nothing given gives nothing"
    assert {"timeliness", "steps", "limits", "gate", "papers", "waiting", "comparison", "report_06a"} <= set(found)
