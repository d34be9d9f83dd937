"""A row set aside is one finding, however many nights it comes: when it began, and the proof by which it ended."""

from datetime import date
from typing import Any

import pandas as pd

from warehouse import Slice, Warehouse

NIGHTS = [f"2017-12-{day}" for day in (11, 12, 13, 14, 15, 18)]


def findings(warehouse: Warehouse, night: str) -> list[list[object]]:
    warehouse.build_models(date.fromisoformat(night))
    found = warehouse.read_table("finding").merge(warehouse.read_table("quarantine"), on="quarantine_id")
    found = found.sort_values(["dossier_code", "rule_id_x", "from_night"])
    columns = ["dossier_code", "rule_id_x", "opened_night", "nights", "from_night", "until_night", "ended_how"]
    shown = found[columns].astype(object)
    rows: list[list[object]] = shown.where(shown.notna(), None).to_numpy().tolist()
    return rows


def whole(made: Slice) -> Slice:
    made.outcome["is_full"] = True
    return made


def test_a_row_that_comes_every_night_is_one_finding_until_it_comes_right(duck: Warehouse, given: Any) -> None:
    held = given.held("R", "D1", dossier_key="D1")
    for night in NIGHTS[:3]:
        duck.replace_slice(given.slice("U1", night, quarantine=[held]))
    assert findings(duck, NIGHTS[2]) == [["D1", "R", NIGHTS[0], 3, NIGHTS[0], None, None]]
    duck.replace_slice(given.slice("U1", NIGHTS[3], [given.dossier("D1")]))
    duck.replace_slice(given.slice("U1", NIGHTS[4], quarantine=[held]))
    assert findings(duck, NIGHTS[4]) == [
        ["D1", "R", NIGHTS[0], 3, NIGHTS[0], NIGHTS[3], "ACCEPTED"],
        ["D1", "R", NIGHTS[4], 1, NIGHTS[4], None, None],  # wrong again is another finding
    ]


def test_a_neighbour_that_comes_right_ends_nothing(duck: Warehouse, given: Any) -> None:
    duck.replace_slice(given.slice("U1", NIGHTS[0], quarantine=[given.held("R", "D1", dossier_key="D1")]))
    duck.replace_slice(given.slice("U1", NIGHTS[1], [given.dossier("D2")]))
    duck.replace_slice(given.slice("U2", NIGHTS[1], [given.dossier("D1")]))
    assert findings(duck, NIGHTS[1]) == [["D1", "R", NIGHTS[0], 1, NIGHTS[0], None, None]]


def test_set_aside_for_another_reason_and_gone_from_a_whole_register(duck: Warehouse, given: Any) -> None:
    one, other = given.held("R", "D1", dossier_key="D1"), given.held("Q", "D1", dossier_key="D1")
    duck.replace_slice(whole(given.slice("U1", NIGHTS[0], quarantine=[one])))
    duck.replace_slice(whole(given.slice("U1", NIGHTS[1], quarantine=[other])))
    duck.replace_slice(given.slice("U1", NIGHTS[2], status="FAILED"))  # unread is no proof
    duck.replace_slice(whole(given.slice("U1", NIGHTS[3], [given.dossier("D2")])))
    assert findings(duck, NIGHTS[3]) == [
        ["D1", "Q", NIGHTS[1], 1, NIGHTS[1], NIGHTS[3], "LEFT_REGISTER"],
        ["D1", "R", NIGHTS[0], 1, NIGHTS[0], NIGHTS[1], "OTHER_REASON"],
    ]
    ends = duck.read_table("issue_quarantine").query("state == 'MENDED'").sort_values("night")["sentence"].tolist()
    assert ends == [
        "Không còn dòng nào cách ly vì lý do này, 1 dòng nộp lại, nay cách ly vì lý do khác.",
        "Không còn dòng nào cách ly vì lý do này, 1 dòng không còn trong sổ đầy đủ của đơn vị.",
    ]


def test_changes_say_nothing_by_leaving_a_row_out(duck: Warehouse, given: Any) -> None:
    duck.replace_slice(given.slice("U1", NIGHTS[0], quarantine=[given.held("R", "D1", dossier_key="D1")]))
    duck.replace_slice(given.slice("U1", NIGHTS[1], [given.dossier("D2")]))
    assert findings(duck, NIGHTS[1])[0][-2:] == [None, None]


def test_another_content_is_a_part_of_the_same_finding(duck: Warehouse, given: Any) -> None:
    held = given.held("R", "D1", dossier_key="D1")
    contents = ["{}", "{}", '{"a": "1"}']
    for night, content in zip(NIGHTS, contents, strict=False):
        duck.replace_slice(given.slice("U1", night, quarantine=[held | {"raw_record": content}]))
    assert findings(duck, NIGHTS[2]) == [
        ["D1", "R", NIGHTS[0], 3, NIGHTS[0], NIGHTS[2], None],
        ["D1", "R", NIGHTS[0], 3, NIGHTS[2], None, None],
    ]


def test_covered_lines_that_are_alike_are_as_many_as_there_are(duck: Warehouse, given: Any) -> None:
    covered = [given.held("DQ-RD-01", None, line_no=line) for line in (3, 9)]
    duck.replace_slice(given.slice("U1", NIGHTS[0], quarantine=covered))
    duck.replace_slice(given.slice("U1", NIGHTS[1], quarantine=covered[:1]))
    found = pd.DataFrame(findings(duck, NIGHTS[1]))
    # two lines, then one: which of the two came again nothing tells; the count is right
    assert sorted(zip(found[3], found[5].isna(), strict=True)) == [(1, False), (2, True)]
