"""Table II.06a: columns (1)-(13), the bridge, and sums that must close."""

import pandas as pd
import pytest

from analysis.report_06a import COUNTS, identities, report_06a


def counts(**rows: list[int]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COUNTS).reset_index(drop=True)
    return table.assign(
        quarter="2017-Q4",
        unit_code=["U1", "U1", "U2"],
        field_code=["DD", "HT", "DD"],
        field_name=["Đất đai", "Hộ tịch", "Đất đai"],
    )


# Online, post | early, on time, late, no due | in term, overdue, paused, no due | refused, withdrawn, stop
GOOD = {
    "a": [2, 20, 5, 10, 4, 3, 1, 4, 2, 1, 0, 1, 1, 0],
    "b": [0, 10, 0, 8, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0],
    "c": [1, 6, 2, 3, 2, 1, 0, 1, 1, 0, 0, 0, 0, 1],
}


def test_columns_by_hand() -> None:
    report = report_06a(counts(**GOOD))
    land = report.loc[(report["row_kind"] == "FIELD") & (report["unit_code"] == "U1")].iloc[0]
    assert (land["received_total"], land["done_total"], land["open_total"], land["no"]) == (27, 17, 6, 1)
    unit = report.loc[(report["row_kind"] == "UNIT") & (report["unit_code"] == "U1")].iloc[0]
    assert (unit["received_total"], unit["done_total"], unit["open_total"]) == (37, 26, 7)
    everything = report.loc[report["row_kind"] == "ALL"].iloc[0]
    assert (everything["received_total"], everything["done_late"], everything["open_overdue"]) == (46, 4, 3)


def test_sums_close() -> None:
    assert identities(report_06a(counts(**GOOD))).empty


@pytest.mark.parametrize("place", range(3, 14))
def test_every_miscount_is_found(place: int) -> None:
    wrong = {name: list(row) for name, row in GOOD.items()}
    wrong["a"][place] += 1
    broken = identities(report_06a(counts(**wrong)))
    assert "(3) = (7) + (11) + bảng nối" in set(broken["identity"])
    assert set(broken["difference"].abs()) == {1}


def test_a_total_that_is_not_the_sum_of_its_parts_is_found() -> None:
    report = report_06a(counts(**GOOD))
    report.loc[report["row_kind"] == "ALL", "done_late"] += 1
    broken = identities(report)
    assert "tổng các đơn vị = dòng tổng: done_late" in set(broken["identity"])


def test_no_due_and_paused_are_in_the_bridge() -> None:
    report = report_06a(counts(**GOOD))
    everything = report.loc[report["row_kind"] == "ALL"].iloc[0]
    assert (everything["done_no_due"], everything["open_paused"]) == (1, 1)
    assert everything["done_total"] == 32  # 17 + 9 + 6: the one without a due date is not among them
