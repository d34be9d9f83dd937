"""What leaves the house rests on more than the smallest group and names no dossier."""

import pandas as pd

from analysis.disclosure import public_part, tellable


def test_a_group_of_the_minimum_is_not_told_and_one_more_is() -> None:
    frame = pd.DataFrame({"unit_code": ["A", "B", "C", "D"], "n": [5, 6, 3, None]})
    assert tellable(frame, "n", 5)["unit_code"].tolist() == ["B"]


def test_what_the_total_would_tell_is_hidden_behind_one_more() -> None:
    frame = pd.DataFrame({"unit_code": ["A", "B", "C"], "n": [29, 40, 1]})
    assert tellable(frame, "n", 5)["unit_code"].tolist() == ["B"], "70 less 29 and 40 would be the one of C"
    nobody = pd.DataFrame({"unit_code": ["A", "B", "C"], "n": [29, 40, 0]})
    assert tellable(nobody, "n", 5)["unit_code"].tolist() == ["A", "B"], "a unit without a dossier hides nobody"


def test_only_rows_large_enough_and_columns_without_a_dossier() -> None:
    timeliness = pd.DataFrame(
        {
            "level": "UNIT",
            "unit_code": ["A", "B", "C"],
            "proc_core": None, "due_n": [40, 5, 4], "due_late_share": [0.1, 1.0, 1.0],
            "due_low": 0.0, "due_high": 1.0, "examples": '["HS-1"]',
        }
    )  # fmt: skip
    report = pd.DataFrame({"row_kind": ["FIELD", "UNIT", "ALL"], "done_total": [1, 2, 3]})
    proposals = pd.DataFrame({"item_no": ["PA-01"], "title": ["x"], "flag_ids": ['["f"]'], "proposal_id": ["p"]})
    found = public_part({"timeliness": timeliness, "report_06a": report, "proposals": proposals}, minimum=5)
    assert found["timeliness"]["unit_code"].tolist() == ["A"]
    assert "examples" not in found["timeliness"].columns
    assert found["report_06a"]["row_kind"].tolist() == ["ALL"]
    assert list(found["proposals"].columns) == ["item_no", "title"]
    assert list(public_part({}, minimum=5)) == ["proposals"]
