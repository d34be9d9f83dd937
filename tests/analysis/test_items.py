"""An item has one number everywhere: by field, in the order papers print them."""

import pandas as pd

from analysis.items import numbered


def test_items_are_numbered_by_field_and_the_mixed_ones_come_last() -> None:
    procedures = pd.DataFrame({"proc_core": ["1", "2", "3"], "field_name": ["Hộ tịch", "Đất đai", None]})
    proposals = pd.DataFrame(
        {
            "proposal_id": ["a", "b", "c", "d", "e"],
            "proc_cores": ['["1", "2"]', '["1"]', '["2"]', '["3"]', '["2"]'],
        }
    )
    found = numbered(proposals, procedures)
    assert found[["item_no", "proposal_id", "field_name"]].to_numpy().tolist() == [
        ["PA-01", "c", "Đất đai"],  # Đ is read as D, not after Z
        ["PA-02", "e", "Đất đai"],
        ["PA-03", "b", "Hộ tịch"],
        ["PA-04", "a", "Nhiều lĩnh vực"],
        ["PA-05", "d", "Nhiều lĩnh vực"],
    ]
    assert list(proposals.columns) == ["proposal_id", "proc_cores"], "what was given is not changed"


def test_a_hundred_items_sort_by_their_number_as_text() -> None:
    proposals = pd.DataFrame({"proposal_id": [str(n) for n in range(120)], "proc_cores": "[]"})
    numbers = numbered(proposals, pd.DataFrame())["item_no"].tolist()
    assert (numbers[0], numbers[-1], numbers) == ("PA-001", "PA-120", sorted(numbers))


def test_no_proposal_is_no_item() -> None:
    assert numbered(pd.DataFrame(), pd.DataFrame()).empty
