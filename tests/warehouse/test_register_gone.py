"""Dossiers that a whole register held yesterday and not today: who is gone, who is back, who gets no letter."""

from datetime import date
from typing import Any

import pandas as pd

from warehouse import Slice, Warehouse

NIGHTS = ("2017-12-18", "2017-12-19", "2017-12-20", "2017-12-21")


def register(given: Any, unit: str, night: str, codes: str, **more: Any) -> Slice:
    rows = [given.dossier(code, **more.get(code, {})) for code in codes]
    made = given.slice(unit, night, rows, quarantine=more.get("quarantine", ()))
    made.outcome["is_full"] = True
    return made


def issues(warehouse: Warehouse) -> list[list[object]]:
    found = warehouse.read_table("issue_register").sort_values("night")
    rows: list[list[object]] = found[["night", "state", "count"]].to_numpy().tolist()
    return rows


def test_who_is_gone_and_who_is_back(duck: Warehouse, given: Any) -> None:
    done = {"D": {"status": 9, "finished_at": "2017-12-14 09:00"}}
    duck.replace_slice(register(given, "U1", NIGHTS[0], "ABCD", **done))
    # A is still there, B is set aside by a rule, C is gone; D had ended and may leave
    duck.replace_slice(
        register(given, "U1", NIGHTS[1], "A", quarantine=[given.held("DQ-DT-07", "B", dossier_key="B")])
    )
    duck.replace_slice(register(given, "U1", NIGHTS[2], "AB"))
    duck.build_models(date(2017, 12, 20))
    gone = duck.read_table("register_gone")
    assert gone[["unit_code", "dossier_code", "gone_night"]].to_numpy().tolist() == [["U1", "C", NIGHTS[1]]]
    assert issues(duck) == [[NIGHTS[1], "NEW", 1], [NIGHTS[2], "OPEN", 1]]
    late = duck.read_table("late_list").set_index("dossier_code")["held"]
    assert late.to_dict() == {"A": "", "B": "", "C": "LEFT_REGISTER"}
    duck.replace_slice(register(given, "U1", NIGHTS[3], "ABC"))
    duck.build_models(date(2017, 12, 21))
    assert issues(duck)[-1] == [NIGHTS[3], "MENDED", 0]
    [back] = duck.read_table("register_gone").to_dict("records")
    assert (back["until_night"], back["is_back"]) == (NIGHTS[3], True)
    assert "C" not in duck.read_table("late_list").query("held != ''")["dossier_code"].tolist()


def test_a_register_that_loses_a_tenth_of_its_rows_overnight(duck: Warehouse, given: Any) -> None:
    for night, rows in zip(NIGHTS, (100, 91, 80, 79), strict=True):
        made = register(given, "U1", night, "")
        made.outcome["rows_in"] = rows
        duck.replace_slice(made)
    duck.build_models(date(2017, 12, 21))
    found = duck.read_table("issue_shrink")[["night", "state", "count"]].to_numpy().tolist()
    assert found == [[NIGHTS[2], "NEW", 11]], "91 to 80 is 12 %; 100 to 91 is 9 %"
    [sentence] = duck.read_table("issue_night").query("kind == 'SHRINK'")["sentence"]
    assert sentence.startswith("Sổ đầy đủ đêm nay có 80 dòng, lần trước 91 dòng.")


def test_what_goes_on_elsewhere_is_not_gone_and_changes_say_nothing(duck: Warehouse, given: Any) -> None:
    duck.replace_slice(register(given, "U1", NIGHTS[0], "AB"))
    duck.replace_slice(register(given, "U1", NIGHTS[1], "A"))
    duck.replace_slice(given.slice("U2", NIGHTS[1], [given.dossier("B", status=5)]))
    duck.replace_slice(given.slice("U3", NIGHTS[0], [given.dossier("C")]))
    duck.replace_slice(given.slice("U3", NIGHTS[1], []))
    duck.build_models(date(2017, 12, 19))
    [moved] = duck.read_table("register_gone").to_dict("records")
    assert (moved["dossier_code"], moved["until_night"], moved["is_back"]) == ("B", NIGHTS[1], False)
    assert issues(duck) == []


def test_no_letter_where_tonights_data_were_not_read_or_the_dates_cannot_be(duck: Warehouse, given: Any) -> None:
    impossible = {"received_at": "2017-12-18 08:00", "due_at": "2017-12-15 17:00"}
    duck.replace_slice(given.slice("U1", NIGHTS[0], [given.dossier("A"), given.dossier("B", **impossible)]))
    duck.replace_slice(given.slice("U2", NIGHTS[0], [given.dossier("C")]))
    duck.replace_slice(given.slice("U2", NIGHTS[1], status="FAILED"))
    duck.build_models(date(2017, 12, 19))
    held = duck.read_table("late_list").set_index("dossier_code")["held"]
    assert held.to_dict() == {"A": "", "B": "DUE_BEFORE_RECEIPT", "C": "NOT_READ"}
    duck.replace_slice(given.slice("U2", NIGHTS[2], []))
    duck.build_models(date(2017, 12, 20))
    assert pd.Series(duck.read_table("late_list").set_index("dossier_code")["held"])["C"] == ""
