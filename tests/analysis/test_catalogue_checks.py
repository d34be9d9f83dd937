"""What a catalogue says about itself that cannot be right, by figures worked out by hand."""

import json
from datetime import date

import pandas as pd
import pytest

from analysis.catalogue_checks import CHECK_VI, CHECKS, COLUMNS, catalogue_checks
from analysis.thresholds import Thresholds
from tests.shared import shared

ON = date(2026, 1, 1)
PAPERS = pd.DataFrame({"proc_core": ["1.000001"], "name": ["Tờ khai"], "originals": [1], "copies": [0]})
STEPS = pd.DataFrame(
    {"proc_core": ["1.000001"], "step_no": [1], "task": ["Tiếp nhận"], "planned_days": [float("nan")]}
)


def procedures(**columns: object) -> pd.DataFrame:
    basis = {"proc_core": "1.000001", "name": "Cấp giấy phép", "limit_quantity": 5.0, "limit_unit": "WORKING_DAY"}
    return pd.DataFrame([basis | columns])


def found(
    held: pd.DataFrame, papers: pd.DataFrame = PAPERS, steps: pd.DataFrame = STEPS, on: date = ON
) -> pd.DataFrame:
    return catalogue_checks(held, papers, steps, on=on, thresholds=Thresholds())


def steps(*days: float, task: str = "Thẩm định", paused: int = -1) -> pd.DataFrame:
    rows = [
        {"proc_core": "1.000001", "step_no": i, "task": task, "planned_days": day, "is_paused": i == paused}
        for i, day in enumerate(days)
    ]
    return pd.DataFrame(rows)


def channels(*limits: tuple[str, float, str]) -> str:
    return json.dumps([{"channel": a, "limit_quantity": b, "limit_unit": c, "text": ""} for a, b, c in limits])


def test_a_column_the_catalogue_does_not_keep_is_not_asked_for() -> None:
    assert found(procedures()).empty
    assert found(procedures(target_groups="[]", agencies="[]", channels="[]", forms="[]", conditions="")).empty
    assert list(found(procedures()).columns) == COLUMNS
    assert set(CHECK_VI) == set(CHECKS)


def test_each_missing_part_names_its_clause() -> None:
    bare = {"target_groups": "[]", "agencies": "[]", "result_name": "", "limit_quantity": float("nan")}
    full = {"proc_core": "1.000002", "target_groups": '["Công dân"]', "agencies": '["Sở Thử"]', "result_name": "Giấy"}
    both = pd.concat([procedures(**bare), procedures(**full)])
    papers = pd.concat([PAPERS.assign(originals=0), PAPERS.assign(proc_core="1.000002")])
    own = STEPS.assign(proc_core="1.000002")
    rows = found(both, papers, own)
    assert set(rows["proc_core"]) == {"1.000001"}
    assert sorted(zip(rows["clause"].str[5:6], rows["expected"], strict=True)) == [
        ("b", "trình tự thực hiện"), ("d", "số lượng hồ sơ"), ("e", "đối tượng thực hiện"),
        ("g", "cơ quan giải quyết"), ("h", "kết quả thực hiện"), ("đ", "thời hạn giải quyết"),
    ]  # fmt: skip
    assert rows["source"].str.startswith("Nghị định số 63/2010/NĐ-CP").all()


@pytest.mark.parametrize(
    ("limit", "unit", "own", "word"),
    [
        (5.0, "WORKING_DAY", steps(2, 2.5), "ít hơn"),  # 4.5 of 5
        (5.0, "WORKING_DAY", steps(2, 2.5, 1), "vượt"),  # 5.5 over 5
        (5.0, "WORKING_DAY", steps(2, 3, 9, paused=2), ""),  # the pause is the applicant's
        (40.0, "HOUR", steps(2, 3), ""),  # 40 h at 8 a day are 5
        (36.0, "HOUR", steps(2, 3), "vượt"),  # 4.5 days
        (5.0, "DAY", steps(2, 2), ""),  # four working days may well fill five calendar days
        (5.0, "DAY", steps(3, 3), "vượt"),
        (5.0, "WORKING_DAY", steps(2, float("nan")), ""),  # one step not known: 2 is a least sum
        (5.0, "WORKING_DAY", steps(6, float("nan")), "vượt"),
    ],
)
def test_sum_of_the_steps(limit: float, unit: str, own: pd.DataFrame, word: str) -> None:
    rows = found(procedures(limit_quantity=limit, limit_unit=unit), steps=own)
    assert rows["check"].tolist() == (["STEP_SUM"] if word else [])
    assert all(word in detail for detail in rows["detail"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Trình Chủ tịch UBND cấp huyện quyết định", ["Chủ tịch ủy ban nhân dân cấp huyện"]),
        ("Phòng TN&MT thẩm định", []),
        ("Phòng Tài nguyên và Môi trường thẩm định", ["Phòng tài nguyên và môi trường"]),
        ("Nộp tại Công an quận, huyện", ["Công an quận, huyện"]),
        ("Gửi về số 5 đường Nguyễn Huệ, huyện Thử", []),
        ("Phân theo đơn vị hành chính cấp huyện", []),
        ("Cơ sở y tế từ cấp huyện trở lên xác nhận", []),
        ("Giấy phép do UBND cấp huyện cấp trước ngày 01/7/2025", []),
        ("Phòng khám bệnh huyện Thử", []),
    ],
)
def test_authorities_of_the_district(text: str, expected: list[str]) -> None:
    rows = found(procedures(), steps=steps(5, task=text))
    assert rows["found"].tolist() == expected
    assert found(procedures(), steps=steps(5, task=text), on=date(2025, 6, 30)).empty


def test_the_district_as_the_level_of_the_procedure() -> None:
    assert found(procedures(level="TINH,HUYEN"))["check"].tolist() == ["OBSOLETE_AUTHORITY"]
    assert found(procedures(level="TINH,XA")).empty


def test_limits_by_channel() -> None:
    differ = found(procedures(channels=channels(("ONLINE", 3, "WORKING_DAY"), ("DIRECT", 5, "WORKING_DAY"))))
    assert differ["found"].tolist() == ["trực tiếp: 5 ngày làm việc; trực tuyến: 3 ngày làm việc"]
    other = found(procedures(channels=channels(("DIRECT", 7, "WORKING_DAY"))))
    assert (other["found"].iloc[0], other["expected"].iloc[0]) == ("trực tiếp: 7 ngày làm việc", "5 ngày làm việc")
    # The same five days in hours, and calendar days that cannot be compared with working days.
    assert found(procedures(channels=channels(("ONLINE", 40, "HOUR"), ("DIRECT", 5, "WORKING_DAY")))).empty
    assert found(procedures(channels=channels(("DIRECT", 7, "DAY")))).empty


@pytest.mark.shared
def test_the_real_land_procedures_sum_as_counted_by_hand() -> None:
    land = pd.read_csv(shared() / "data" / "land_steps_2025.csv")
    own = land.rename(columns={"proc": "proc_core", "days": "planned_days"})
    held = land.drop_duplicates("proc").rename(columns={"proc": "proc_core", "title": "name"})
    held = held.assign(limit_quantity=held["stated_days"].astype(float), limit_unit="WORKING_DAY")
    rows = found(held[["proc_core", "name", "limit_quantity", "limit_unit"]], PAPERS.iloc[:0], own)
    rows = rows.loc[rows["check"].eq("STEP_SUM")]
    assert len(held) == 31
    over = rows.loc[rows["detail"].str.contains("vượt"), "proc_core"].tolist()
    assert over == ["TINH-04", "TINH-05", "TINH-09", "TINH-13", "TINH-18", "TINH-28", "XA-01", "XA-06"]
    assert len(rows) == 22  # 8 above, 14 below, 9 equal


def test_row_order_changes_nothing() -> None:
    held = pd.concat([procedures(level="HUYEN"), procedures(proc_core="1.000002", level="HUYEN")])
    given = found(held, steps=steps(2, 2, 3))
    again = found(held.iloc[::-1], PAPERS.iloc[::-1], steps(2, 2, 3).iloc[::-1])
    assert given.to_csv() == again.to_csv()
