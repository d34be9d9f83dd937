"""Who may change what: the split of the decree, by the acts a procedure rests on and the level that does the step."""

from datetime import date

import pytest

from analysis.competence import CHANGES, Facts, joined, of_change

CENTRAL = ["31/2024/QH15", "101/2024/NĐ-CP"]


@pytest.mark.parametrize("change", ["PAPERS", "CONDITIONS", "FORMS", "RESULT", "FEES"])
def test_what_central_acts_set_is_proposed_to_the_ministry(change: str) -> None:
    assert of_change(change, Facts(legal_basis=CENTRAL, levels=["TINH"])).who == "MINISTRY"


def test_limit_is_the_provinces_unless_only_the_ministry_does_the_work() -> None:
    assert of_change("LIMIT", Facts(levels=["TINH", "XA"])).who == "PROVINCE"
    assert of_change("LIMIT", Facts(levels=["BO", "TINH"])).who == "PROVINCE"
    assert of_change("LIMIT", Facts(levels=["BO"])).who == "MINISTRY"


def test_the_councils_own_fee_and_own_procedure() -> None:
    assert of_change("FEES", Facts(legal_basis=[*CENTRAL, "08/2024/NQ-HĐND"])).who == "COUNCIL"
    assert of_change("PAPERS", Facts(legal_basis=["08/2024/NQ-HĐND"])).who == "COUNCIL"
    assert of_change("PAPERS", Facts(legal_basis=["12/2024/QĐ-UBND"])).who == "PROVINCE"
    assert of_change("PAPERS", Facts(legal_basis=["12/2024/QĐ-UBND", *CENTRAL])).who == "MINISTRY"


def test_a_step_belongs_to_who_does_it_and_the_district_ends_in_2025() -> None:
    commune = ["XA"]
    assert of_change("STEPS", Facts(levels=commune, on=date(2025, 6, 30))).who == "DISTRICT"
    assert of_change("STEPS", Facts(levels=commune, on=date(2025, 7, 1))).who == "COMMUNE"
    assert of_change("STEPS", Facts(levels=["HUYEN"], on=date(2025, 7, 1))).who == "UNKNOWN"
    assert of_change("STEPS", Facts(levels=["TINH"], on=date(2026, 1, 1))).who == "PROVINCE"
    assert of_change("STEPS", Facts(levels=["TINH"], agency="Thuế cơ sở 5")).text.startswith("Thuế cơ sở 5")


def test_what_is_not_known_is_said() -> None:
    assert of_change("EXISTENCE").who == "UNKNOWN"
    assert of_change("STEPS").who == "UNKNOWN"
    with pytest.raises(ValueError, match="NAME"):
        of_change("NAME")


def test_each_body_is_named_once() -> None:
    both = joined(of_change("PAPERS"), of_change("FORMS"), of_change("LIMIT"))
    assert both.count("Kiến nghị Bộ, ngành") == 1
    assert both.count("UBND tỉnh") == 1
    assert all(of_change(change).text for change in CHANGES)
