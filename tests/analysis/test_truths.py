"""The truths of a quarter's result: a whole result breaks none; each, broken on purpose, is found in its place."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from analysis.frames import plain
from analysis.quarter import QuarterAnalysis, quarter_analysis
from analysis.truth_agreement import AGREEMENT
from analysis.truth_bounds import BOUNDS, COUNTS, FRAME_VI, INTERVALS, PARTS, SHARES, Interval
from analysis.truth_parts import KEYS_VI, Truth
from analysis.truth_sums import SUMS
from analysis.truths import COLUMNS, TRUTHS, untrue
from domain.errors import KnownError
from tests.analysis.test_quarter import FAST, QUARTER, RATE, SLOW, counts

Change = Callable[[QuarterAnalysis], QuarterAnalysis]
# Parts the made-up quarter has nothing of, as their functions give them.
MADE: dict[str, dict[str, Any]] = {
    "throughput": {"level": "ALL", "n": 80, "usable_n": 80},
    "cut_effects": {
        "proc_core": FAST, "cut_on": "2017-04-01", "n_before": 30, "n_after": 30, "controls": 1,
        "n_control_before": 30, "n_control_after": 30, "within_before": 0.5, "within_after": 0.8,
        "control_before": 0.5, "control_after": 0.5, "effect": 0.3, "low": -0.1, "high": 0.7,
    },
    "journeys": {"journey_id": "J1", "cases": 30, "share": 0.5},
    "asked_twice": {"journey_id": "J1", "paper_type": "căn cước công dân", "times": 2},
}  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> QuarterAnalysis:
    """The made-up quarter with something of every part: the index of Decision 766, two weeks of backlog, and MADE."""
    index = pd.DataFrame({"unit_code": ["U1", "U2"], "proc_core": SLOW, "n": [400, 115], "on_time": [360, 110]})
    weeks = counts()["desk_week"]
    later = weeks.assign(week=pd.Timestamp("2017-10-09"), arrived=4, finished=3, backlog=1)
    given = counts() | {"index_766_count": index.assign(quarter=QUARTER), "desk_week": pd.concat([weeks, later])}
    made = quarter_analysis(given, quarter=QUARTER, hourly_rate=RATE)
    frames: dict[str, Any] = {}
    for name, row in MADE.items():
        assert getattr(made, name).empty
        assert set(row) <= set(getattr(made, name).columns)
        frames[name] = pd.DataFrame([row]).reindex(columns=getattr(made, name).columns)
    return dataclasses.replace(made, **frames)


def change(frame: str, at: dict[str, Any], **values: Any) -> Change:
    """Sets cells of the first row that has the values of `at`."""

    def changed(analysis: QuarterAnalysis) -> QuarterAnalysis:
        table = plain(getattr(analysis, frame)).copy()
        fits = pd.Series(True, index=table.index)
        for name, value in at.items():
            fits &= table[name].isna() if value is None else table[name].eq(value)
        assert fits.any(), (frame, at)
        row = fits.idxmax()
        for name, value in values.items():
            table[name] = table[name].astype(object)
            table.loc[row, name] = value
        return dataclasses.replace(analysis, **{frame: table})

    return changed


def twice(frame: str) -> Change:
    def changed(analysis: QuarterAnalysis) -> QuarterAnalysis:
        table = getattr(analysis, frame)
        return dataclasses.replace(analysis, **{frame: pd.concat([table, table.head(1)], ignore_index=True)})

    return changed


def truth_of(part: str, sentence: str) -> Truth:
    [found] = [each for each in TRUTHS if each.part == part and each.sentence == sentence]
    return found


def places(truth: Truth, analysis: QuarterAnalysis) -> list[tuple[str, float, float]]:
    return [(str(row.where), row.left, row.right) for row in truth.breaks(analysis).itertuples()]


def test_a_whole_result_breaks_no_truth(whole: QuarterAnalysis) -> None:
    for field in dataclasses.fields(whole):
        frame = getattr(whole, field.name)
        assert not isinstance(frame, pd.DataFrame) or len(frame), f"{field.name}: nothing is true by being empty"
    found = untrue(whole)
    assert found.to_dict("records") == []
    assert list(found.columns) == COLUMNS


def test_what_is_switched_off_is_not_asked() -> None:
    assert untrue(quarter_analysis({}, quarter=QUARTER, hourly_rate=None)).empty
    only = {"duration_count": counts()["duration_count"]}
    assert untrue(quarter_analysis(only, quarter=QUARTER, hourly_rate=None)).empty


ALL, U1, U2 = ({"level": "ALL"}, {"level": "UNIT", "unit_code": "U1"}, {"level": "UNIT", "unit_code": "U2"})
TABLE = {"row_kind": "ALL"}
DESK = "đơn vị U1, bộ phận TNMT"
MERGE, CUT = {"kind": "MERGE"}, {"kind": "CUT_DAYS"}
BUILD = "Chuẩn bị giấy tờ"
# The first words of a sentence, what breaks it, and where; {MERGE} and the like stand for the id of that row.
Case = tuple[str, str, Change, str, float, float]
# U1 has 400 dossiers (160 early, 200 on time, 20 late, 20 open and overdue), U2 115 (80, 30, 5, 0).
CASES: list[Case] = [
    ("report_06a", "Biểu II.06a: cột (3) bằng tổng các cột (4)", change("report_06a", TABLE, carried_in=1),
     "toàn bộ", 515, 516),
    ("report_06a", "Biểu II.06a: cột (7)", change("report_06a", TABLE, done_late=26), "toàn bộ", 495, 496),
    ("report_06a", "Biểu II.06a: cột (11)", change("report_06a", TABLE, open_overdue=21), "toàn bộ", 20, 21),
    ("report_06a", "Biểu II.06a: cột (3) bằng tổng các cột (7)", change("report_06a", TABLE, refused=1),
     "toàn bộ", 515, 516),
    ("report_06a", "Biểu II.06a: tổng các dòng lĩnh vực",
     change("report_06a", {"row_kind": "UNIT", "unit_code": "U2"}, done_late=6), "đơn vị U2, cột (10)", 6, 5),
    ("report_06a", "Biểu II.06a: tổng các dòng đơn vị", change("report_06a", TABLE, stopped=1),
     "toàn bộ, cột stopped", 1, 0),
    ("timeliness", "Số hồ sơ bằng tổng của", change("timeliness", U1, paused=1), "đơn vị U1", 400, 401),
    ("timeliness", "Số hồ sơ đã giải quyết bằng tổng", change("timeliness", U1, done=381), "đơn vị U1", 381, 380),
    ("timeliness", "Mẫu số của tỷ lệ trễ", change("timeliness", U2, closed_n=116), "đơn vị U2", 116, 115),
    ("timeliness", "Số hồ sơ của các đơn vị cộng lại", change("timeliness", ALL, n=516),
     "toàn bộ, cột n", 516, 515),
    ("timeliness", "Số hồ sơ của các thủ tục cộng lại", change("timeliness", ALL, late=24),
     "toàn bộ, cột late", 24, 25),
    ("timeliness", "Số hồ sơ của các thủ tục của từng đơn vị", change("timeliness", ALL, due_late=46),
     "toàn bộ, cột due_late", 46, 45),
    ("timeliness", "Số hồ sơ các thủ tục của một đơn vị", change("timeliness", U2, withdrawn=3),
     "đơn vị U2, cột withdrawn", 3, 0),
    ("timeliness", "Thời gian mà một nửa", change("timeliness", U1, median_half_days=99, p95_half_days=40),
     "đơn vị U1", 99, 40),
    ("series", "Ở mỗi quý", change("series", ALL, n=516), "quý tiếp nhận 2017-Q4, cột n", 516, 515),
    ("trends", "Số hồ sơ đến hạn dùng để so sánh", change("trends", ALL, n_now=1000),
     "toàn bộ, cột n_now", 1000, 515),
    ("waiting", "Tổng thời gian chờ", change("waiting", {"level": "OFFICE"}, batching_days=1), DESK, 2, 3),
    ("waiting", "Tỷ lệ của nguyên nhân chính", change("waiting", {"level": "OFFICE"}, main_share=0.5), DESK, 0.5, 1),
    ("waiting", "Thời gian chờ cộng theo", change("waiting", {"level": "OFFICE"}, n=81), f"{DESK}, cột n", 81, 80),
    ("steps", "Số lần xử lý của từng bước", change("steps", {"level": "OFFICE", "office_code": "MC"}, n=81),
     "đơn vị U1, bộ phận MC, bước Tiếp nhận, cột n", 81, 80),
    ("load", "Số tồn đầu kỳ", change("load", {}, backlog_last=5), DESK, 1, 5),
    ("backlog", "Số tồn cuối tuần", change("backlog", {"arrived": 4}, finished=1),
     f"{DESK}, tuần 2017-10-09", 3, 1),
    ("comparison", "Giới hạn 99,8 % của biểu đồ phễu rộng", change("comparison", U1, low95=0.1, low998=0.2),
     "đơn vị U1", 0.2, 0.1),
    ("flags", "Mỗi mã dấu hiệu", twice("flags"), "dấu hiệu {flags}", 2, 1),
    ("proposals", "Mỗi mã phương án", twice("proposals"), "phương án {proposals}", 2, 1),
    ("families", "Mỗi mã nhóm thủ tục", twice("families"), "nhóm thủ tục {families}", 2, 1),
    ("journeys", "Mỗi mã chuỗi thủ tục", twice("journeys"), "chuỗi thủ tục J1", 2, 1),
    ("proposals", "Mỗi phương án dẫn chiếu", change("proposals", MERGE, flag_ids='["lạ"]'),
     "phương án {MERGE}", 0, 1),
    ("proposals", "Mỗi phương án dẫn chiếu", change("proposals", MERGE, flag_ids="[]"), "phương án {MERGE}", 0, 1),
    ("limits", "Thời hạn đề nghị rút", change("limits", {"proc_core": FAST}, proposed_days=10.0),
     f"thủ tục {FAST}", 10, 10),
    ("limits", "Thời hạn đề nghị rút", change("limits", {"proc_core": FAST}, proposed_days=0.0),
     f"thủ tục {FAST}", 0, 0),
    ("limits", "Số ngày cắt giảm", change("limits", {"proc_core": FAST}, cut_days=6.0), f"thủ tục {FAST}", 6, 7),
    ("proposals", "Thời hạn sau khi thực hiện", change("proposals", CUT, days_after=10.0),
     "phương án {CUT_DAYS}", 10, 10),
    ("proposals", "Thời hạn sau khi thực hiện", change("proposals", CUT, days_after=0.0),
     "phương án {CUT_DAYS}", 0, 0),
    ("proposals", "Chi phí tiết kiệm của phương án bằng chi phí", change("proposals", MERGE, saving=1.0),
     "phương án {MERGE}", 1, 900_000),
    # A thousand đồng more for each of 150 dossiers.
    ("proposals", "Chi phí tiết kiệm của phương án bằng chênh lệch",
     change("costs", {"per_year": 150.0, "activity": "Nộp hồ sơ"}, services_after=21_000.0),
     "phương án {MERGE}, cột saving", 900_000, 750_000),
    ("costs", "Chi phí tiết kiệm của phương án nằm giữa", change("proposals", MERGE, saving=1_800_002.0),
     "phương án {MERGE}", 1_800_002, 1_800_000),
    ("costs", "Mỗi bảng tính chi phí", change("costs", {}, proposal_id="lạ"), "phương án lạ", 0, 1),
    ("limits", "Thời hạn hiện nay và thời hạn đề xuất là một", change("proposals", CUT, days_before=9.0),
     f"thủ tục {FAST}", 9, 10),
    ("limits", "Thời hạn hiện nay và thời hạn đề xuất là một", change("flags", {"rule": "KM_LIMIT"}, value=4.0),
     f"thủ tục {FAST}", 4, 3),
    ("limits", "Tỷ lệ trễ với thời hạn đề xuất là một",
     change("limit_curves", {"proc_core": FAST, "days": 3}, late_share=0.9), f"thủ tục {FAST}, ngày thứ 3", 0, 0.9),
    ("flags", "Tỷ lệ trễ của dấu hiệu", change("flags", {"rule": "KM_LATE_LOWER"}, value=0.6),
     f"đơn vị U1, thủ tục {SLOW}", 0.6, 0.5),
    ("report_06a", "Số hồ sơ đã giải quyết và số trễ hạn", change("report_06a", TABLE, done_late=26),
     "toàn bộ, cột done_late", 26, 25),
    ("report_06a", "Số hồ sơ của biểu II.06a, cột (3)",
     change("report_06a", {"row_kind": "UNIT", "unit_code": "U2"}, received_total=114),
     "đơn vị U2, cột received_total", 114, 115),
    ("comparison", "Số hồ sơ đến hạn của đơn vị", change("timeliness", U1, due_n=399),
     "đơn vị U1, cột due_n", 399, 400),
    ("effects", "Số hồ sơ đến hạn của đơn vị", change("timeliness", U2, due_n=116),
     "đơn vị U2, cột due_n", 116, 115),
    ("series", "Số hồ sơ đến hạn và tỷ lệ trễ của quý", change("series", ALL, due_n=516),
     "toàn bộ, cột due_n", 516, 515),
    ("unused", "Thủ tục nêu là không phát sinh", change("unused", {}, proc_core=SLOW), f"thủ tục {SLOW}", 160, 0),
    ("load", "Số tồn cuối kỳ của bộ phận", change("load", {}, backlog_last=7), DESK, 7, 1),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]}: {case[1]}" for case in CASES])
def test_each_truth_broken_is_found_in_its_place(whole: QuarterAnalysis, case: Case) -> None:
    part, words, broken, where, left, right = case
    [sentence] = [each.sentence for each in TRUTHS if each.part == part and each.sentence.startswith(words)]
    ids = {"flags": whole.flags["flag_id"].iloc[0], "families": whole.families["family_id"].iloc[0]}
    ids |= {"proposals": whole.proposals["proposal_id"].iloc[0]}
    ids |= dict(zip(whole.proposals["kind"], whole.proposals["proposal_id"], strict=True))
    truth = truth_of(part, sentence)
    assert places(truth, whole) == []
    assert (where.format(**ids), pytest.approx(left), pytest.approx(right)) in places(truth, broken(whole))


def test_all_that_is_broken_is_told_with_its_part_and_sentence(whole: QuarterAnalysis) -> None:
    """One dossier too many in a unit's row of the table: it breaks the unit's sum, the sum of units, and (3)."""
    found = untrue(change("report_06a", {"row_kind": "UNIT", "unit_code": "U2"}, carried_in=1)(whole))
    assert found.to_dict("records") == [
        {"part": "report_06a", "truth": truth, "where": where, "left": left, "right": right}
        for truth, where, left, right in (
            ("Biểu II.06a: cột (3) bằng tổng các cột (4), (5) và (6).", "đơn vị U2", 115, 116),
            ("Biểu II.06a: tổng các dòng lĩnh vực bằng dòng của đơn vị.", "đơn vị U2, cột (6)", 1, 0),
            ("Biểu II.06a: tổng các dòng đơn vị bằng dòng tổng.", "toàn bộ, cột (6)", 0, 1),
        )
    ]


def test_every_truth_is_broken_by_a_test() -> None:
    by_hand = {*SUMS, *AGREEMENT, *(each for each in BOUNDS if "rộng hơn" in each.sentence)}
    broken = {
        each for part, words, *_ in CASES for each in by_hand if each.part == part and each.sentence.startswith(words)
    }
    assert [each.sentence for each in by_hand - broken] == []
    made = len(SHARES) + len(COUNTS) + len(PARTS) + len(INTERVALS)  # each of them is broken below
    assert len(TRUTHS) == len(by_hand) + made


def test_each_sentence_is_one_vietnamese_sentence_said_once() -> None:
    assert len({(each.part, each.sentence) for each in TRUTHS}) == len(TRUTHS)
    for each in TRUTHS:
        assert re.fullmatch(r"[A-ZĐỞ].*[^.]\.", each.sentence)
        assert re.search(r"[ăâđêôơưáàảãạệốồộ]", each.sentence)
        assert "_" not in each.sentence


@pytest.mark.parametrize(("frame", "column"), [(frame, name) for frame, names in SHARES.items() for name in names])
def test_no_share_lies_outside_0_and_1(whole: QuarterAnalysis, frame: str, column: str) -> None:
    truth = truth_of(frame, f"Mọi tỷ lệ trong phần {FRAME_VI[frame]} nằm trong khoảng từ 0 đến 1.")
    assert places(truth, whole) == []
    for value, told in ((1.5, (1.5, 1.0)), (-0.5, (0.0, -0.5))):
        [(where, *figures)] = places(truth, change(frame, {}, **{column: value})(whole))
        assert where.endswith(f"cột {column}")
        assert tuple(figures) == told
    for value in (0.0, 1.0, float("nan")):
        assert places(truth, change(frame, {}, **{column: value})(whole)) == []


@pytest.mark.parametrize(("frame", "column"), [(frame, name) for frame, names in COUNTS.items() for name in names])
def test_no_count_is_negative(whole: QuarterAnalysis, frame: str, column: str) -> None:
    truth = truth_of(frame, f"Không có số lượng nào trong phần {FRAME_VI[frame]} là số âm.")
    assert places(truth, whole) == []
    [(where, left, right)] = places(truth, change(frame, {}, **{column: -1})(whole))
    assert (where.endswith(f"cột {column}"), left, right) == (True, 0, -1)


@pytest.mark.parametrize(("frame", "pair"), [(frame, pair) for frame, pairs in PARTS.items() for pair in pairs])
def test_no_part_is_more_than_its_whole(whole: QuarterAnalysis, frame: str, pair: tuple[str, str]) -> None:
    truth = truth_of(frame, f"Trong phần {FRAME_VI[frame]}, phần được đếm không nhiều hơn tổng số của nó.")
    assert places(truth, whole) == []
    broken = change(frame, {}, **{pair[0]: 1001, pair[1]: 1000})(whole)
    assert (f"cột {pair[0]}", 1001, 1000) in [(where.split(", ")[-1], a, b) for where, a, b in places(truth, broken)]


def of_interval(given: Interval) -> Truth:
    [found] = [
        each
        for each in BOUNDS
        if each.part == given.frame and re.match(re.escape(given.text) + " (nằm|có)", each.sentence)
    ]
    return found


@pytest.mark.parametrize("given", INTERVALS, ids=lambda given: f"{given.frame} {given.low}")
def test_no_figure_lies_outside_its_own_interval(whole: QuarterAnalysis, given: Interval) -> None:
    truth = of_interval(given)
    assert places(truth, whole) == []
    rows = {"rule": "KM_LATE_LOWER"} if given.frame == "flags" else {}

    def told(low: float, middle: float, high: float) -> list[tuple[float, float]]:
        values = {given.low: low, given.high: high} | ({given.middle: middle} if given.middle else {})
        return [figures for _, *figures in places(truth, change(given.frame, rows, **values)(whole))]

    nan = float("nan")
    assert told(0.2, 0.4, 0.6) == []
    assert told(nan, nan, nan) == []
    assert told(0.6, nan, 0.4) == [[0.6, 0.4]]
    if given.middle:
        assert told(0.2, 0.1, 0.6) == [[0.2, 0.1]]
        assert told(0.2, 0.7, 0.6) == [[0.7, 0.6]]
    least, most = given.ends
    if least > -3:
        assert told(least - 1, 0.4, 0.6) == [[least, least - 1]]
    if most < 3:
        assert told(0.2, 0.4, most + 1) == [[most + 1, most]]


def columns_of(whole: QuarterAnalysis) -> set[tuple[str, str]]:
    frames = [(each.name, getattr(whole, each.name)) for each in dataclasses.fields(whole)]
    return {(name, str(column)) for name, frame in frames if isinstance(frame, pd.DataFrame) for column in frame}


def test_every_interval_and_every_share_of_every_frame_is_looked_at(whole: QuarterAnalysis) -> None:
    columns = columns_of(whole)
    ends = {(each.frame, end) for each in INTERVALS for end in (each.low, each.high)}
    # A bound on one side, and the range of the saving that has a truth of its own.
    ends |= {("limits", "unseen_share_high"), ("costs", "saving_low"), ("costs", "saving_high")}
    looks = {(frame, name) for frame, name in columns if re.search(r"(?:^|_)(?:low|high)\d*(?:_|$)", name)}
    assert looks - ends == set(), "declare it in INTERVALS of analysis/truth_bounds.py"
    assert ends <= columns
    shares = {(frame, name) for frame, names in SHARES.items() for name in names}
    assert shares <= columns
    # Finished over arrived may be more than 1.
    named = {(frame, name) for frame, name in columns if re.search(r"(?:^|_)share(?:_|$)", name)}
    assert named - shares - {("load", "done_share")} == set(), "declare it in SHARES of analysis/truth_bounds.py"


def test_every_whole_number_of_every_frame_is_looked_at(whole: QuarterAnalysis) -> None:
    counted = {(frame, name) for frame, names in COUNTS.items() for name in names}
    assert counted <= columns_of(whole)
    # Numbers that count nothing, or may fall: an order, a step's place, a day, what the backlog grew by.
    other = {("report_06a", "no"), ("flags", "step_no"), ("steps", "step_no"), ("load", "growth")}
    other |= {
        ("limit_curves", "days"),
        ("overlaps", "paper_count"),
        ("costs", "saving_low"),
        ("costs", "saving_high"),
    }
    left = {
        (frame, name)
        for frame, name in columns_of(whole)
        if pd.api.types.is_integer_dtype(getattr(whole, frame)[name].dtype) and (frame, name) not in counted | other
    }
    assert left == set(), "declare it in COUNTS of analysis/truth_bounds.py"


def test_the_limit_of_a_flag_is_not_held_against_the_interval_of_its_share(whole: QuarterAnalysis) -> None:
    [limit] = whole.flags.loc[whole.flags["rule"].eq("KM_LIMIT")].to_dict("records")
    assert limit["value"] > limit["ci_high"]  # three days; the interval is of the share not held in them
    assert untrue(whole).empty


def test_rounding_of_fractions_is_let_pass_and_no_more(whole: QuarterAnalysis) -> None:
    share = float(whole.timeliness["late_share_km"].iloc[0])
    near = change("timeliness", {}, ci_low=share + 1e-12)(whole)
    far = change("timeliness", {}, ci_low=share + 1e-6)(whole)
    assert untrue(near).empty
    assert len(untrue(far)) == 1


def test_a_part_without_its_columns_is_an_error_that_says_so(whole: QuarterAnalysis) -> None:
    bare = dataclasses.replace(whole, waiting=whole.waiting.drop(columns=["citizen_days"]))
    with pytest.raises(KnownError, match=r"untrue, waiting: columns \[citizen_days\]"):
        untrue(bare)


def test_every_key_has_a_name() -> None:
    assert all(re.fullmatch(r"[a-zđ].*", name) for name in KEYS_VI.values())
