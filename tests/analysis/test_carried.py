"""Table II.06a opens where the quarter before ended, or the difference is told dossier by dossier: by hand."""

import pandas as pd
import pytest

from analysis.carried import GIVES, GONE, NEW, OTHER_FIELD, OTHER_UNIT, carried_difference, opens_where_it_ended
from analysis.report_06a import COUNTS, report_06a
from domain.errors import KnownError

# Open at the end of the quarter before, and carried in now.
BEFORE = [("U1", "DD", "D1"), ("U1", "DD", "D2"), ("U1", "HT", "D3"), ("U2", "DD", "D4"), ("U1", "", "D5")]
NOW = [("U1", "DD", "D1"), ("U1", "DD", "D3"), ("U1", "DD", "D4"), ("U2", "HT", "D6"), ("U1", "", "D5")]


def places(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["unit_code", "field_code", "dossier_code"])
    return made.assign(dossier_id=made["dossier_code"], state="open_in_term")


def table(rows: list[tuple[str, str, str]], column: str) -> pd.DataFrame:
    """The table a quarter has with these dossiers in one column and no others."""
    counted = places(rows).groupby(["unit_code", "field_code"]).size().rename(column).reset_index()
    others = dict.fromkeys([name for name in COUNTS if name != column], 0)
    return report_06a(counted.assign(quarter="2017-Q4", field_name=counted["field_code"], **others))


DIFFERENCE = carried_difference(places(BEFORE), places(NOW))


def test_each_dossier_that_differs_is_told_with_its_kind() -> None:
    assert DIFFERENCE.to_numpy().tolist() == [
        ["D2", "U1", "DD", "U1", "DD", GONE],
        ["D3", "U1", "DD", "U1", "HT", OTHER_FIELD],
        ["D4", "U1", "DD", "U2", "DD", OTHER_UNIT],
        ["D6", "U2", "HT", "", "", NEW],
    ]
    assert list(DIFFERENCE.columns) == GIVES


def test_nothing_differs_where_both_hold_the_same_in_any_order() -> None:
    assert carried_difference(places(BEFORE), places(BEFORE[::-1])).empty
    assert carried_difference(pd.DataFrame(), pd.DataFrame()).empty
    assert carried_difference(pd.DataFrame(), places(NOW))["difference"].tolist() == [NEW] * 5
    assert carried_difference(places(NOW), pd.DataFrame())["difference"].tolist() == [GONE] * 5


def test_a_dossier_twice_is_refused() -> None:
    with pytest.raises(KnownError, match=r"carried_now: \[1\] dossiers are there more than once, first \[D1\]"):
        carried_difference(places(BEFORE), places([*NOW, ("U2", "DD", "D1")]))


@pytest.mark.parametrize("column", ["open_in_term", "open_overdue", "open_paused", "open_no_due"])
def test_the_list_accounts_for_every_dossier(column: str) -> None:
    assert opens_where_it_ended(table(NOW, "carried_in"), table(BEFORE, column), DIFFERENCE).empty


def test_a_list_that_lacks_a_dossier_is_found_in_field_unit_and_whole() -> None:
    found = opens_where_it_ended(table(NOW, "carried_in"), table(BEFORE, "open_overdue"), DIFFERENCE.iloc[1:])
    # U1, land: 3 carried in now, 2 open before; of the list without D2: D3 and D4 came, so 2.
    # U1: 4 now, 4 before; D4 came. All: 5 now, 5 before; D6 is new.
    assert found[["where", "left", "right"]].to_numpy().tolist() == [
        ["toàn bộ", 0, 1],
        ["đơn vị U1, lĩnh vực DD", 1, 2],
        ["đơn vị U1", 0, 1],
    ]
    assert set(found["part"]) == {"report_06a"}
    assert found["truth"].str.startswith("Biểu II.06a: số hồ sơ kỳ trước chuyển sang, cột (6), bằng").all()


def test_a_move_within_a_unit_leaves_the_unit_alone() -> None:
    before, now = [("U1", "HT", "D3")], [("U1", "", "D3")]
    moved = carried_difference(places(before), places(now))
    assert opens_where_it_ended(table(now, "carried_in"), table(before, "open_paused"), moved).empty
    found = opens_where_it_ended(table(now, "carried_in"), table(before, "open_paused"), moved.iloc[:0])
    assert found["where"].tolist() == ["đơn vị U1, lĩnh vực chưa rõ", "đơn vị U1, lĩnh vực HT"]
    assert found[["left", "right"]].to_numpy().tolist() == [[1, 0], [-1, 0]]


def test_a_unit_that_has_nothing_any_more_is_looked_at_too() -> None:
    """Nothing is carried in at all: the row of the table before has none beside it now."""
    before = [("U2", "DD", "D4")]
    found = opens_where_it_ended(pd.DataFrame(), table(before, "open_in_term"), pd.DataFrame())
    assert found["where"].tolist() == ["toàn bộ", "đơn vị U2, lĩnh vực DD", "đơn vị U2"]
    gone = carried_difference(places(before), pd.DataFrame())
    assert opens_where_it_ended(pd.DataFrame(), table(before, "open_in_term"), gone).empty
