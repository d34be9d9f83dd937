"""Which rows are of one dossier, worked out by hand for each story of units and numbers."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import pytest

from domain.identity import dossier_keys, key_of, without_unit
from warehouse import Warehouse
from warehouse.fold_findings import of_two_dossiers, of_two_units, set_aside
from warehouse.frames import to_arrow, to_frame
from warehouse.identity import Standing, resolve
from warehouse.lists import PAUSES, STEPS, overwritten, settle
from warehouse.tables import DOSSIER_VERSION, PAUSE_VERSION, STEP_VERSION, UNIT_SUCCESSION

DONE = {"status": 9, "finished_at": "2017-12-08 09:00"}


def frame(rows: Sequence[dict[str, Any]], table: Any) -> pd.DataFrame:
    columns = [column.name for column in table.columns]
    made = pd.DataFrame(list(rows)) if rows else pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    for name in ("dossier_key", "dossier_id"):
        if name in columns and name not in made.columns:
            made[name] = made["dossier_code"]
    return to_frame(to_arrow(made, table))


def known(*heirs: tuple[str, str, str], full: Sequence[tuple[str, str]] = (), **scope: str) -> Standing:
    """`heirs`: (unit, heir, from)."""
    rows = [
        {"unit_code": old, "answering_unit": heir, "valid_from": date.fromisoformat(day)}
        | {"proc_core": scope.get("proc_core", ""), "territory": scope.get("territory", "")}
        for old, heir, day in heirs
    ]
    return Standing(succession=frame(rows, UNIT_SUCCESSION), full_nights=frozenset(full))


@pytest.fixture
def told(given: Any) -> Any:
    """What identity says of rows (unit, night, values): dossier, standing and rule, in the order given."""

    def run(
        rows: Sequence[tuple[str, str, dict[str, Any]]], standing: Standing | None = None
    ) -> list[tuple[str, ...]]:
        made = [
            given.dossier(values.get("code", "1"), unit_code=unit, night=night)
            | {name: pd.Timestamp(v) if name.endswith("_at") else v for name, v in values.items() if name != "code"}
            for unit, night, values in rows
        ]
        found = resolve(frame(made, DOSSIER_VERSION), standing or known())
        rules = ["" if pd.isna(rule) else str(rule) for rule in found["rule_id"]]
        return list(zip(found["dossier_id"], found["standing"], rules, strict=True))

    return run


def test_a_key_names_its_parts_and_two_keys_are_never_one() -> None:
    assert key_of("12", year="2018", unit="HALL") == "12~unit=HALL~year=2018"
    assert without_unit("12~unit=HALL~year=2018") == ("12~year=2018", "HALL")
    assert without_unit(key_of("12~unit=HALL")) == ("12~~unit=HALL", None)
    codes = pd.Series(["12", None, "7"])
    keys = dossier_keys(
        codes,
        ["proc_code", "dossier_code", "year"],
        unit_code="HALL",
        received=pd.Series(pd.to_datetime(["2018-01-03", "2018-01-03", None])),
        proc_codes=pd.Series(["1.000001.000.00.00.H36", "X", "X"]),
    )
    assert keys.tolist()[0] == "12~year=2018~proc_code=1.000001"
    assert keys.isna().tolist() == [False, True, True]


def test_a_number_used_again_is_never_a_new_version(told: Any) -> None:
    first = ("U1", "2017-12-04", {})
    later = {"received_at": "2018-01-03 08:00"}
    assert told([first, ("U1", "2018-01-04", later)]) == [("1", "COUNTED", ""), ("1", "ASIDE", "DQ-ID-08")]
    other_procedure = {"proc_core": "1.000002"}
    assert told([first, ("U1", "2017-12-06", other_procedure)])[1] == ("1", "ASIDE", "DQ-ID-08")
    # the dossier that had the number first goes on
    story = [first, ("U1", "2018-01-04", later), ("U1", "2018-01-05", {"status": 5})]
    assert told(story)[2] == ("1", "COUNTED", "")


def test_a_reception_put_right_is_the_same_dossier_while_it_is_open(told: Any) -> None:
    first = ("U1", "2017-12-05", {})  # received on the 4th
    earlier = {"received_at": "2017-12-01 08:00"}
    assert told([first, ("U1", "2017-12-06", earlier)])[1] == ("1", "COUNTED", "")
    ended = ("U1", "2017-12-06", DONE)
    assert told([first, ended, ("U1", "2017-12-07", earlier)])[2] == ("1", "ASIDE", "DQ-ID-08")
    after_it_was_known = {"received_at": "2017-12-06 08:00"}
    assert told([first, ("U1", "2017-12-06", after_it_was_known)])[1] == ("1", "ASIDE", "DQ-ID-08")


def test_another_units_row_is_the_same_dossier_only_if_procedure_and_reception_agree(told: Any) -> None:
    first = ("U1", "2017-12-04", {})
    assert told([first, ("U2", "2017-12-06", {})])[1] == ("1", "REPEATED", "DQ-ID-09")
    assert told([first, ("U2", "2017-12-06", DONE)])[1] == ("1", "COUNTED", "DQ-ID-09")
    assert told([first, ("U2", "2017-12-06", {"received_at": "2017-12-05 08:00"})])[1][1:] == ("ASIDE", "DQ-ID-05")
    assert told([first, ("U2", "2017-12-06", {"proc_core": "1.000002"})])[1][1:] == ("ASIDE", "DQ-ID-05")
    # what was told later stands, though the first unit still hands in its old state
    story = [first, ("U2", "2017-12-06", DONE), ("U1", "2017-12-07", {})]
    assert [standing for _, standing, _ in told(story)] == ["COUNTED", "COUNTED", "REPEATED"]


def test_a_dossier_gone_from_the_first_units_register_goes_on_elsewhere(told: Any) -> None:
    moved = ("U2", "2017-12-06", DONE | {"received_at": "2017-12-05 08:00"})
    story = [("U1", "2017-12-04", {}), moved]
    assert told(story, known(full=[("U1", "2017-12-04"), ("U1", "2017-12-06")]))[1] == ("1", "COUNTED", "DQ-ID-09")
    assert told(story, known(full=[("U1", "2017-12-04")]))[1][1:] == ("ASIDE", "DQ-ID-05")
    assert told(story, known(full=[("U1", "2017-12-07")]))[1][1:] == ("ASIDE", "DQ-ID-05"), "known only tomorrow"


def test_who_takes_over_goes_on_with_the_dossier_from_that_day(told: Any) -> None:
    story = [("U1", "2017-12-04", {}), ("U2", "2017-12-06", {}), ("U1", "2017-12-07", {})]
    said = told(story, known(("U1", "U2", "2017-12-06")))
    assert said == [("1", "COUNTED", ""), ("1", "COUNTED", ""), ("1", "REPEATED", "")]
    assert told(story, known(("U1", "U2", "2017-12-07")))[1] == ("1", "REPEATED", "DQ-ID-09")
    of_other_procedures = known(("U1", "U2", "2017-12-06"), proc_core="1.000002")
    assert told(story, of_other_procedures)[1] == ("1", "REPEATED", "DQ-ID-09")


def test_counters_that_number_for_themselves(told: Any) -> None:
    one, two = {"dossier_key": "1~unit=U1"}, {"dossier_key": "1~unit=U2"}
    story = [("U1", "2017-12-04", one), ("U2", "2017-12-04", two)]
    assert told(story) == [("1~unit=U1", "COUNTED", ""), ("1~unit=U2", "COUNTED", "")]
    # the heir hands in the old dossier under its number, and a new one of its own with the same number
    heir = known(("U1", "U2", "2017-12-06"))
    again = [("U1", "2017-12-04", one), ("U2", "2017-12-06", two | DONE)]
    assert told(again, heir)[1] == ("1~unit=U1", "COUNTED", "")
    own = [("U1", "2017-12-04", one), ("U2", "2017-12-07", two | {"received_at": "2017-12-07 08:00"})]
    assert told(own, heir)[1] == ("1~unit=U2", "COUNTED", "")


def test_what_is_told_names_both_units_and_no_person(given: Any) -> None:
    rows = [
        given.dossier("1", unit_code="U1", night="2017-12-04"),
        given.dossier("1", unit_code="U2", night="2017-12-06"),
        given.dossier("2", unit_code="U1", night="2017-12-04"),
        given.dossier("2", unit_code="U2", night="2017-12-06", proc_core="1.000002", owner_hash="ab"),
    ]
    versions = frame(rows, DOSSIER_VERSION)
    placed = versions.assign(**resolve(versions, known()))
    findings = of_two_units(placed)
    assert findings[["unit_code", "dossier_code", "rule_id"]].to_numpy().tolist() == [
        ["U2", "1", "DQ-ID-09"], ["U1", "1", "DQ-ID-09"],
    ]  # fmt: skip
    assert findings["message"].str.contains(r"\[U1, U2\]").all()
    aside = set_aside(placed)
    assert aside[["unit_code", "dossier_code", "rule_id", "severity"]].to_numpy().tolist() == [
        ["U2", "2", "DQ-ID-05", "critical"]
    ]
    assert "[U1]" in aside["message"].iloc[0]
    assert "ab" not in aside["raw_record"].iloc[0]


def steps_of(given: Any, *rows: tuple[str, str, str, str], key: str = "1", is_ours: bool = True) -> pd.DataFrame:
    """(unit, night, task, arrived), numbered within a unit's night as they stand."""
    made: list[dict[str, Any]] = []
    for unit, night, task, arrived in rows:
        no = 1 + sum(row["unit_code"] == unit and row["night"] == night for row in made)
        said = {"unit_code": unit, "night": night, "task": task, "dossier_key": key, "is_ours": is_ours}
        made.append(given.step("1", no, f"2017-12-{arrived}") | said)
    return frame(made, STEP_VERSION)


@pytest.fixture
def one_dossier(given: Any) -> pd.DataFrame:
    versions = frame([given.dossier("1", unit_code="U1", night="2017-12-04")], DOSSIER_VERSION)
    return versions.assign(**resolve(versions, known()))


def test_a_log_of_events_goes_on_from_night_to_night(given: Any, one_dossier: pd.DataFrame) -> None:
    log = [("U1", "2017-12-04", "Nhận", "04 08:00"), ("U1", "2017-12-04", "Xét", "04 09:00"),
           ("U1", "2017-12-05", "Ký", "05 08:00"), ("U1", "2017-12-06", "Ký", "05 08:00")]  # fmt: skip
    steps = steps_of(given, *log)
    assert settle(steps, one_dossier, STEPS)["place"].tolist() == [1, 2, 3, 3]
    # a list told whole again takes the places it had
    whole = [("U1", "2017-12-04", "Nhận", "04 08:00"), ("U1", "2017-12-05", "Nhận", "04 08:00"),
             ("U1", "2017-12-05", "Xét", "04 10:00")]  # fmt: skip
    assert settle(steps_of(given, *whole), one_dossier, STEPS)["place"].tolist() == [1, 1, 2]
    # numbers of the unit's own stay its numbers, and what is overwritten is said
    own = steps_of(given, ("U1", "2017-12-04", "Nhận", "04 08:00"), ("U1", "2017-12-05", "Trả", "05 08:00"),
                   is_ours=False)  # fmt: skip
    settled = own.assign(**settle(own, one_dossier, STEPS))
    assert settled["place"].tolist() == [1, 1]
    change = overwritten(settled, STEPS).iloc[0]
    assert change[["night", "field", "old_value", "new_value"]].tolist() == [
        "2017-12-05", "bước 1: task", "Nhận", "Trả",
    ]  # fmt: skip
    assert len(overwritten(frame([], PAUSE_VERSION), PAUSES)) == 0


def test_a_step_that_knows_the_code_alone_goes_to_the_newest_dossier_begun(given: Any) -> None:
    rows = [
        given.dossier(
            "1", unit_code="U1", night="2017-12-04", dossier_key="1~year=2016", received_at="2016-12-01 08:00"
        ),
        given.dossier("1", unit_code="U1", night="2017-12-04", dossier_key="1~year=2017"),
    ]
    versions = frame(rows, DOSSIER_VERSION)
    placed = versions.assign(**resolve(versions, known()))
    steps = steps_of(given, ("U1", "2017-12-06", "Xét", "05 08:00"), ("U1", "2017-12-06", "Trả", "01 08:00"))
    found = settle(steps, placed, STEPS)
    assert found["dossier_id"].tolist() == ["1~year=2017", "1~year=2016"]
    assert found["rule_id"].fillna("").tolist() == ["DQ-CS-10", ""], (
        "both are open on the 5th, only one had begun on the 1st"
    )
    assert of_two_dossiers(steps.assign(**found))["dossier_id"].tolist() == ["1~year=2017"]
    sure = steps_of(given, ("U1", "2017-12-06", "Xét", "05 08:00"), key="1~year=2016")
    assert settle(sure, placed, STEPS)["dossier_id"].tolist() == ["1~year=2016"]


def test_a_unit_that_takes_over_answers_from_that_day_for_what_was_open(duck: Warehouse, given: Any) -> None:
    heirs = [{"unit_code": "U1", "valid_from": date(2017, 12, 6), "answering_unit": "U2"}]
    everything = [heir | {"proc_core": "", "territory": ""} for heir in heirs]
    duck.replace_dimensions({"unit_succession": pd.DataFrame(everything)})
    ended = {"status": 9, "finished_at": "2017-12-05 09:00"}
    duck.replace_slice(given.slice("U1", "2017-12-04", [given.dossier("A"), given.dossier("B"), given.dossier("C")]))
    duck.replace_slice(given.slice("U1", "2017-12-05", [given.dossier("A", **ended)]))
    duck.replace_slice(given.slice("U2", "2017-12-07", [given.dossier("C", status=5)]))
    expected = {
        "2017-12-05": {"A": "U1", "B": "U1", "C": "U1"},
        "2017-12-06": {"A": "U1", "B": "U2", "C": "U2"},
        "2017-12-07": {"A": "U1", "B": "U2", "C": "U2"},
    }
    for night, units in expected.items():
        duck.build_models(date.fromisoformat(night), known=night)
        facts = duck.read_table("dossier_fact")
        assert dict(zip(facts["dossier_code"], facts["unit_code"], strict=True)) == units, night
    known_now = duck.read_table("dossier_known").set_index("dossier_code")
    assert known_now.loc["B", ["processing_unit", "receiving_unit"]].tolist() == ["U1", "U1"]
    assert known_now.loc["C", ["processing_unit", "receiving_unit"]].tolist() == ["U2", "U1"]
    # without anybody who takes over, a changed site folds them anew: told to both, still one dossier
    duck.replace_dimensions({"unit_succession": pd.DataFrame(everything).iloc[:0]})
    duck.build_models(date(2017, 12, 7))
    facts = duck.read_table("dossier_fact")
    assert dict(zip(facts["dossier_code"], facts["unit_code"], strict=True)) == {"A": "U1", "B": "U1", "C": "U2"}
    assert set(duck.read_table("fold_finding")["unit_code"]) == {"U1", "U2"}
    issues = duck.read_table("issue_fold")
    assert issues[["unit_code", "rule_id", "count"]].to_numpy().tolist() == [
        ["U1", "DQ-ID-09", 1], ["U2", "DQ-ID-09", 1],
    ]  # fmt: skip


def test_rows_of_a_night_add_up(duck: Warehouse, given: Any) -> None:
    duck.replace_slice(given.slice("U1", "2017-12-04", [given.dossier("A", **DONE), given.dossier("B")]))
    duck.replace_slice(
        given.slice(
            "U1",
            "2017-12-09",
            [given.dossier("A"), given.dossier("B", proc_core="1.000002"), given.dossier("C")],
        )
    )
    duck.replace_slice(given.slice("U2", "2017-12-09", [given.dossier("B")]))
    duck.build_models(date(2017, 12, 9))
    nights = duck.read_table("unit_night").set_index(["unit_code", "night"])
    counts = ["rows_in", "rows_ok", "rows_quarantined", "rows_unchanged"]
    assert nights.loc[("U1", "2017-12-09"), counts].tolist() == [3, 1, 2, 0]
    assert nights.loc[("U2", "2017-12-09"), counts].tolist() == [1, 0, 0, 1]
    rules = duck.read_table("quarantine")["rule_id"].tolist()
    assert sorted(rules) == ["DQ-HX-03", "DQ-ID-08"]
    # the number used again stays open whatever the dossier that had it first does; the lost end is mended by an end
    duck.replace_slice(given.slice("U1", "2017-12-11", [given.dossier("A", **DONE), given.dossier("B", status=5)]))
    duck.build_models(date(2017, 12, 11))
    assert duck.read("quarantine_open")["rule_id"].tolist() == ["DQ-ID-08"]
