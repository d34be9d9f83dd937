"""What a unit's file says of its dossiers' keys and of whom it takes over from."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.errors import KnownError
from pipelines.catalogue import load_dimensions
from pipelines.site import load_site
from pipelines.source_columns import CANONICAL, column_of
from tests.factories.sites import make_site, source, unit, write_site


def takes(*heirs: tuple[str, str], **scope: Any) -> dict[str, Any]:
    return {"takes_over": [{"unit": old, "from": day} | scope for old, day in heirs]}


def test_chains_of_units_are_written_out(tmp_path: Path) -> None:
    units = [
        unit("A"),
        unit("B", **takes(("A", "2018-01-01"))),
        unit("C", **takes(("B", "2019-01-01"), procedures=["1.000001.000.00.00.H36", "XD"])),
        unit("D", **takes(("C", "2020-01-01"), territory=["Thôn 1"])),
    ]
    settings = make_site(tmp_path, units)
    rows = load_dimensions(settings.site, settings)["unit_succession"].to_numpy().tolist()
    first, second, third = date(2018, 1, 1), date(2019, 1, 1), date(2020, 1, 1)
    assert rows == [
        ["A", first, "B", "", ""],
        ["A", second, "C", "1.000001", ""],
        ["A", second, "C", "XD", ""],
        ["A", third, "D", "1.000001", "Thôn 1"],
        ["A", third, "D", "XD", "Thôn 1"],
        ["B", second, "C", "1.000001", ""],
        ["B", second, "C", "XD", ""],
        ["B", third, "D", "1.000001", "Thôn 1"],
        ["B", third, "D", "XD", "Thôn 1"],
        ["C", third, "D", "", "Thôn 1"],
    ]


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        ({}, takes(("Z", "2018-01-01")), r"unit \[Z\] is not in the site"),
        (takes(("B", "2018-01-01")), takes(("A", "2018-01-01")), r"unit \[A\] would take over from itself"),
        ({}, takes(("A", "2014-12-31")), r"\[B\] does not exist on \[2014-12-31\]"),
    ],
)
def test_who_cannot_take_over(tmp_path: Path, first: dict[str, Any], second: dict[str, Any], fault: str) -> None:
    with pytest.raises(KnownError, match=rf"E-SITE-UNIT .*\[takes_over\]: {fault}"):
        load_site(write_site(tmp_path, [unit("A", **first), unit("B", **second)]))


@pytest.mark.parametrize(
    ("dossiers", "fault"),
    [
        ({"key": ["unit"]}, "must hold dossier_code, and each part once"),
        ({"key": ["dossier_code", "year", "year"]}, "must hold dossier_code, and each part once"),
        ({"key": "row"}, "map no dossier_code"),
        ({"row_columns": ["status"]}, "row_columns belongs to key: row"),
    ],
)
def test_keys_that_cannot_be(tmp_path: Path, dossiers: dict[str, Any], fault: str) -> None:
    with pytest.raises(KnownError, match=fault):
        load_site(write_site(tmp_path, [unit(sources=[source(**dossiers)])]))


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({}, r"\[dossier_code\] must be mapped .*; files without numbers: key: row with row_columns"),
        ({"key": "row"}, "row_columns: is missing; name the mapped columns that together tell one row"),
        ({"key": "row", "row_columns": ["channel"]}, r"row_columns: \[channel\] is not mapped"),
    ],
)
def test_files_without_numbers_are_refused_with_what_to_do(tmp_path: Path, more: dict[str, Any], fault: str) -> None:
    columns = {"proc_code": "Loại", "received_at": "Ngày"}
    with pytest.raises(KnownError, match=fault):
        load_site(write_site(tmp_path, [unit(sources=[source(columns=columns, **more)])]))


def test_what_is_ours_is_never_mapped() -> None:
    assert not {"dossier_key", "unit_code", "owner_hash"} & {name for names in CANONICAL.values() for name in names}
    assert column_of("event", "step.task").vi == "Nội dung xử lý"
    assert column_of("dossier", "territory").kind == "text"


def test_who_numbers_steps_and_who_hands_in_whole_registers(tmp_path: Path) -> None:
    log = source(id="log", table="event", place="{night}/log.csv")
    log["columns"] |= {"step.task": "Bước", "step.arrived_at": "Nhận"}
    own = source(id="buoc", table="step", columns={"dossier_code": "Mã hồ sơ", "step_no": "Bước"}, extract="full")
    units = [unit("A", sources=[log]), unit("B", sources=[source(extract="full"), own]), unit("C", sources=[])]
    site = load_site(write_site(tmp_path, units))
    assert [sorted(site.unit(code).numbered_by_us) for code in "ABC"] == [["step"], [], []]
    assert [site.unit(code).is_full for code in "ABC"] == [False, True, False]
