"""Table II.06a dossier by dossier: the model and its queries against a count made here from the rows handed in."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from warehouse import Slice, Warehouse

QUARTERS = [date(2017, 3, 31), date(2017, 6, 30), date(2017, 9, 30), date(2017, 12, 31)]
FIELDS = {"1.000001": "DD", "1.000002": "HT", "1.000003": "DD", "1.000004": ""}  # the fourth is in no catalogue
STATUSES = (9, 4, 10, 3, 9, 7, 5, 9, 8, 9)
Expected = dict[str, tuple[str, str, str, str]]  # dossier: unit, field, column of receipt, column of result


def rows_of_a_year(given: Any) -> list[dict[str, Any]]:
    rows = []
    for i in range(300):
        received = pd.Timestamp("2017-01-03 09:00") + pd.Timedelta(hours=25 * i)
        status = STATUSES[i % 10]
        end = received + pd.Timedelta(days=(i * 37) % 70) if status not in (4, 5) else None
        values = {"received_at": received, "finished_at": end, "status": status, "channel": (None, 1, 2, 3)[i % 4]}
        values["due_at"] = received + pd.Timedelta(days=20) if i % 13 else None
        rows.append(given.dossier(f"D{i:03d}", **values) | {"proc_core": f"1.00000{i % 4 + 1}"})
    return rows


def counted(rows: list[dict[str, Any]], unit: str, last: date) -> Expected:
    """What the form says of each dossier, by dates alone; None of it is asked of the warehouse."""
    first = date(last.year, last.month - 2, 1)
    found: Expected = {}
    for row in rows:
        received, end = row["received_at"].date(), row["finished_at"]
        ended = None if pd.isna(end) or end.date() > last else end.date()
        if received > last or (ended is not None and ended < first):
            continue
        receipt = "received_online" if row["channel"] == 2 else "received_direct_post"
        result = open_as(row, last) if ended is None else ended_as(row, ended)
        key = unit, FIELDS[row["proc_core"]]
        found[row["dossier_code"]] = (*key, "carried_in" if received < first else receipt, result)
    return found


def ended_as(row: dict[str, Any], ended: date) -> str:
    if row["status"] in (3, 7, 8):
        return {3: "refused", 7: "withdrawn", 8: "stopped"}[row["status"]]
    if pd.isna(row["due_at"]):
        return "done_no_due"
    due = row["due_at"].date()
    return "done_early" if ended < due else "done_on_time" if ended == due else "done_late"


def open_as(row: dict[str, Any], last: date) -> str:
    if row["status"] == 5:
        return "open_paused"
    if pd.isna(row["due_at"]):
        return "open_no_due"
    return "open_overdue" if row["due_at"].date() < last else "open_in_term"


def listed(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    return list(frame[["unit_code", "field_code", "dossier_code", "state"]].itertuples(index=False, name=None))


def expected_list(expected: Expected, wanted: Callable[[str, str], bool]) -> list[tuple[str, ...]]:
    kept = {code: row for code, row in expected.items() if wanted(row[2], row[3])}
    return sorted((unit, field, code, result) for code, (unit, field, _, result) in kept.items())


def test_every_dossier_of_the_form_is_in_its_columns_on_either_engine(warehouse: Warehouse, given: Any) -> None:
    rows = rows_of_a_year(given)
    units = {"U1": rows[::2], "U2": rows[1::2]}
    for unit, own in units.items():
        warehouse.replace_slice(given.slice(unit, "2017-12-31", own))
    for last in QUARTERS:
        warehouse.build_models(last)
        expected = {code: row for unit, own in units.items() for code, row in counted(own, unit, last).items()}
        model = warehouse.read_table("report_dossier")
        places = model[["unit_code", "field_code", "receipt", "result"]].itertuples(index=False, name=None)
        assert dict(zip(model["dossier_code"], places, strict=True)) == expected
        opened = expected_list(expected, lambda _, result: result.startswith("open_"))
        assert listed(warehouse.read("report_open")) == opened
        carried = expected_list(expected, lambda receipt, _: receipt == "carried_in")
        assert listed(warehouse.read("report_carried")) == carried
        # The table is the same dossiers, counted.
        table = warehouse.read_table("report_count").set_index(["unit_code", "field_code"])
        for column in table.columns.drop(["quarter", "field_name"]):
            of = [row[:2] for row in expected.values() if column in row[2:]]
            assert {key: n for key, n in table[column].items() if n} == {key: of.count(key) for key in set(of)}


def test_what_one_quarter_leaves_open_the_next_carries_in(duck: Warehouse, given: Any) -> None:
    duck.replace_slice(given.slice("U1", "2017-12-31", rows_of_a_year(given)))
    lists = []
    for last in QUARTERS:
        duck.build_models(last)
        lists.append([duck.read(name).drop(columns="state") for name in ("report_open", "report_carried")])
    for (opened, _), (_, carried) in pairwise(lists):
        assert len(opened) > 10
        pd.testing.assert_frame_equal(opened, carried)


@pytest.mark.parametrize("mended", [{"status": 9, "finished_at": "2017-09-28 10:00"}, {"status": 1}])
def test_an_end_recorded_after_the_edition_takes_the_dossier_out_of_what_is_carried(
    duck: Warehouse, given: Any, mended: dict[str, Any]
) -> None:
    """Known on 30/9 as open; a later night says it had ended on the 28th, or was never received."""
    old = {"received_at": "2017-08-01 08:00", "due_at": "2017-12-15 17:00"}
    first: Slice = given.slice("U1", "2017-09-30", [given.dossier("D1", **old), given.dossier("D2", **old)])
    duck.replace_slice(first)
    duck.build_models(date(2017, 9, 30))
    assert duck.read("report_open")["dossier_code"].tolist() == ["D1", "D2"]
    rows = [given.dossier("D1", **(old | mended)), given.dossier("D2", **old)]
    duck.replace_slice(given.slice("U1", "2017-12-30", rows))
    duck.build_models(date(2017, 12, 31))
    assert duck.read("report_carried")["dossier_code"].tolist() == ["D2"]
