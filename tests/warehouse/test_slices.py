"""The heart: the same slices, however they arrive, make the same warehouse."""

import itertools
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from domain.errors import KnownError
from warehouse import Slice, Warehouse
from warehouse.bulk import insert_frame
from warehouse.compare import differences, snapshot


def filled(warehouse: Warehouse, slices: list[Slice]) -> dict[str, pd.DataFrame]:
    for new in slices:
        warehouse.replace_slice(new)
    warehouse.build_models(date(2017, 12, 12))
    return snapshot(warehouse)


def test_what_the_slices_say(warehouse: Warehouse, slices: list[Slice]) -> None:
    tables = filled(warehouse, slices)
    dossiers = tables["dossier"].set_index("dossier_code")
    assert list(dossiers.index) == ["D1", "D2", "D3", "D4", "D9"]
    assert dossiers.loc["D1", "night"] == "2017-12-11"
    assert dossiers.loc["D1", "first_night"] == "2017-12-04"
    assert dossiers.loc["D1", "credit_due_at"] == pd.Timestamp("2017-12-20 17:00")  # moved, with a pause
    assert dossiers.loc["D2", "due_at"] == pd.Timestamp("2017-12-29 17:00")
    assert dossiers.loc["D2", "credit_due_at"] == pd.Timestamp("2017-12-15 17:00")  # moved quietly
    assert dossiers.loc["D2", "unit_code"] == "U1"
    changes = tables["dossier_change"].set_index(["dossier_code", "field"])
    assert changes.loc[("D2", "due_at"), "rule_id"] == "DQ-HX-01"
    assert changes.loc[("D2", "due_at"), "old_value"] == "2017-12-15 17:00:00"
    assert not changes.loc[("D2", "due_at"), "has_legal_trace"]
    assert changes.loc[("D1", "due_at"), "has_legal_trace"]
    quarantine = tables["quarantine"].set_index("rule_id")
    assert set(quarantine.index) == {"DQ-DT-07", "DQ-ID-05"}
    assert quarantine.loc["DQ-ID-05", ["unit_code", "night", "dossier_code", "line_no"]].tolist() == [
        "U2", "2017-12-05", "D2", 7,
    ]  # fmt: skip
    assert list(tables["pause"]["ended_at"]) == [pd.Timestamp("2017-12-11 08:30")]


def test_a_slice_twice_is_a_slice_once(new_warehouse: Callable[[], Warehouse], slices: list[Slice]) -> None:
    once = filled(new_warehouse(), slices)
    twice = filled(new_warehouse(), [*slices, *slices, slices[0]])
    assert differences(once, twice) == []


def test_slices_in_any_order(new_warehouse: Callable[[], Warehouse], slices: list[Slice]) -> None:
    sorted_once = filled(new_warehouse(), slices)
    for order in ((4, 3, 2, 1, 0), (2, 0, 4, 1, 3), (1, 0, 2, 3, 4)):
        assert differences(sorted_once, filled(new_warehouse(), [slices[i] for i in order])) == []


def test_a_corrected_slice_leaves_nothing_of_the_wrong_one(
    new_warehouse: Callable[[], Warehouse], slices: list[Slice], given: Any
) -> None:
    right = filled(new_warehouse(), slices)
    wrong = given.slice(
        "U1",
        "2017-12-06",
        [given.dossier("D1", status=9, finished_at="2017-12-06 09:00"), given.dossier("D77")],
        steps=[given.step("D3", 1, "2017-12-04 09:00")],
        quarantine=[given.held("DQ-ID-04", "D8")],
    )
    assert differences(right, filled(new_warehouse(), [slices[0], wrong, *slices[1:]])) == []


def test_a_crash_between_any_two_statements_changes_nothing(
    warehouse: Warehouse, slices: list[Slice], monkeypatch: pytest.MonkeyPatch
) -> None:
    *before_slices, last = slices
    for new in before_slices:
        warehouse.replace_slice(new)
    before = snapshot(warehouse)
    insert, survived = insert_frame, 0
    for breaks_at in itertools.count(1):
        calls = itertools.count(1)

        def breaking(*args: Any, calls: Any = calls, breaks_at: int = breaks_at) -> int:
            if next(calls) == breaks_at:
                raise RuntimeError("the power went out")
            return insert(*args)

        monkeypatch.setattr("warehouse.slices.insert_frame", breaking)
        try:
            warehouse.replace_slice(last)
        except RuntimeError:
            survived += 1
            assert differences(before, snapshot(warehouse)) == []
        else:
            break
    assert survived >= 14  # eight slice tables, six of the fold
    monkeypatch.undo()
    broken_then_done = filled(warehouse, [])
    assert differences(broken_then_done, filled(warehouse, slices)) == []


def test_kill_9_in_the_middle_of_a_slice(new_duckdb: Callable[[], str], given: Any, slices: list[Slice]) -> None:
    url = new_duckdb()
    with Warehouse.open(url) as first:
        first.migrate()
        first.replace_dimensions(given.dimensions)
        before = filled(first, slices[:1])
    script = textwrap.dedent("""
        import os, signal, sys
        import pandas as pd
        import warehouse.slices
        from warehouse import Slice, Warehouse
        insert, calls = warehouse.slices.insert_frame, []
        def dying(*args):
            calls.append(1)
            if len(calls) == 12:
                os.kill(os.getpid(), signal.SIGKILL)
            return insert(*args)
        warehouse.slices.insert_frame = dying
        rows = pd.DataFrame({"dossier_code": [f"K{i}" for i in range(5000)], "proc_code": "1.000001",
            "received_at": pd.Timestamp("2017-12-04 08:00"), "file_name": "hs.csv", "line_no": 2})
        outcome = {"status": "COLLECTED", "fingerprint": "k"}
        new = Slice(unit_code="U1", night="2017-12-05", outcome=outcome, dossiers=rows)
        Warehouse.open(sys.argv[1]).replace_slice(new)
    """)
    root = Path(__file__).parents[2]
    died = subprocess.run(
        [sys.executable, "-c", script, url], env=os.environ | {"PYTHONPATH": str(root)}, check=False, cwd=root
    )
    assert died.returncode == -9
    with Warehouse.open(url) as again:
        assert differences(before, snapshot(again)) == []
        assert again.has_slice("U1", "2017-12-05") is None
        again.replace_slice(slices[1])
        assert again.nights() == ["2017-12-04", "2017-12-05"]


def test_a_letter_gives_a_trace_whenever_it_is_written(new_warehouse: Callable[[], Warehouse], given: Any) -> None:
    letter = pd.DataFrame(
        [{"dossier_id": "D1", "dossier_code": "D1", "night": "2017-12-14", "unit_code": "U1", "kind": "DUE_TOMORROW"}
         | {"old_due_on": date(2017, 12, 15), "new_due_on": date(2017, 12, 22)}]
    )  # fmt: skip
    nights = [
        given.slice("U1", "2017-12-04", [given.dossier("D1")]),
        given.slice("U1", "2017-12-15", [given.dossier("D1", due_at="2017-12-22 17:00")]),
    ]
    usual, late = new_warehouse(), new_warehouse()
    usual.replace_slice(nights[0])
    assert usual.insert_missing("apology", letter) == 1
    assert usual.insert_missing("apology", letter) == 0
    usual.replace_slice(nights[1])
    for new in reversed(nights):
        late.replace_slice(new)
    assert late.read_table("dossier")["credit_due_at"].iloc[0] == pd.Timestamp("2017-12-15 17:00")
    late.insert_missing("apology", letter)
    assert late.read_table("dossier")["credit_due_at"].iloc[0] == pd.Timestamp("2017-12-22 17:00")
    assert differences(snapshot(usual), snapshot(late)) == []
    late.replace_rows("apology", letter.iloc[:0], where={"dossier_code": "D1"})
    assert late.read_table("dossier")["credit_due_at"].iloc[0] == pd.Timestamp("2017-12-15 17:00")


def test_a_slice_must_be_one_units_one_night_with_one_row_a_dossier(warehouse: Warehouse, given: Any) -> None:
    row = given.dossier("D1")
    with pytest.raises(KnownError, match=r"\[dossier_key=D1\] comes twice"):
        warehouse.replace_slice(given.slice("U1", "2017-12-04", [row, row]))
    with pytest.raises(KnownError, match="another unit_code"):
        warehouse.replace_slice(given.slice("U1", "2017-12-04", [row | {"unit_code": "U2"}]))
    with pytest.raises(KnownError, match=r"no column \[owner_name\]"):
        warehouse.replace_slice(given.slice("U1", "2017-12-04", [row | {"owner_name": "Nguyễn Văn A"}]))
    with pytest.raises(KnownError, match=r"\[dossier_key\] is empty"):
        warehouse.replace_slice(given.slice("U1", "2017-12-04", [row | {"dossier_code": None}]))
    assert warehouse.nights() == []
