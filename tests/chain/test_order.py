"""What the order of nights changes, and what it does not: letters are issued on the first run and not taken back."""

from pathlib import Path

import pandas as pd
import pytest

from pipelines.nightly import publish
from pipelines.replay import rebuild
from pipelines.settings import Settings
from tests.chain.conftest import run_night
from tests.factories.sites import csv_text, hand_in, make_site, unit
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

pytestmark = pytest.mark.slow

NIGHTS = ["2017-12-19", "2017-12-20", "2017-12-21"]
CATALOGUE = {"format": "none", "procedures": [{"code": "1.000001", "name": "Thủ tục thử", "field_code": "X"}]}


def made(folder: Path) -> Settings:
    """Three nights of two communes: late dossiers, one more each night; one finished; one row set aside."""
    settings = make_site(folder, [unit("X1"), unit("X2")], catalogue=CATALOGUE)
    for number, night in enumerate(NIGHTS):
        for code in ("X1", "X2"):
            rows = [
                [f"{code}-{n}", "1.000001", "04/12/2017 08:00", "15/12/2017 17:00", "", "4"]
                for n in range(number + 1)
            ]
            rows[0][4:] = ["21/12/2017 09:00", "9"] if number == 2 else ["", "4"]
            rows.append([f"{code}-9", "1.000001", "04/12/2017 08:00", "01/12/2017 17:00", "", "4"])
            hand_in(settings, "ho_so.csv", csv_text(rows), unit_code=code, night=night)
    return settings


def tables(settings: Settings) -> dict[str, pd.DataFrame]:
    with Warehouse.open(settings.warehouse_url) as warehouse:
        return snapshot(warehouse)


def papers(settings: Settings) -> dict[str, bytes]:
    found = [path for path in sorted((settings.var / "out").rglob("*")) if path.is_file()]
    return {path.relative_to(settings.var).as_posix(): path.read_bytes() for path in found}


def without_letters(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: frame for name, frame in frames.items() if name != "apology"}


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = made(tmp_path_factory.mktemp("order"))
    for night in NIGHTS:
        run_night(settings, night)
    return settings


@pytest.fixture(scope="module")
def reversed_first(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = made(tmp_path_factory.mktemp("reversed"))
    for night in reversed(NIGHTS):
        run_night(settings, night)
    return settings


def test_letters_of_nights_in_order(in_order: Settings) -> None:
    letters = tables(in_order)["apology"].set_index("dossier_code")["night"].to_dict()
    assert letters == {f"{code}-{n}": NIGHTS[n] for code in ("X1", "X2") for n in range(3)}


def test_a_rerun_in_any_order_changes_nothing(in_order: Settings) -> None:
    before, printed = tables(in_order), papers(in_order)
    for night in (NIGHTS[1], NIGHTS[2], NIGHTS[0]):
        run_night(in_order, night)
    assert differences(before, tables(in_order)) == []
    assert papers(in_order) == printed


def test_a_first_run_out_of_order_differs_in_letters_alone(in_order: Settings, reversed_first: Settings) -> None:
    one, other = tables(in_order), tables(reversed_first)
    assert differences(without_letters(one), without_letters(other)) == []
    letters = other["apology"].set_index("dossier_code")["night"].to_dict()
    assert letters == {
        **{f"{code}-{n}": NIGHTS[2] for code in ("X1", "X2") for n in (1, 2)},
        **{f"{code}-0": NIGHTS[1] for code in ("X1", "X2")},  # finished by the last night, late on the one before
    }
    # A page made before an earlier night had run calls new what stood before; made again it says the same.
    for night in NIGHTS:
        publish(night, settings=reversed_first)
    pages = [name for name in papers(in_order) if name.endswith("chat_luong.html")]
    assert len(pages) == 3
    assert [name for name in pages if papers(in_order)[name] != papers(reversed_first)[name]] == []


def test_a_lost_warehouse_is_rebuilt_but_for_letters_issued_out_of_order(reversed_first: Settings) -> None:
    before = tables(reversed_first)
    Path(reversed_first.warehouse_url.removeprefix("duckdb:///")).unlink()
    list(rebuild(settings=reversed_first))
    after = tables(reversed_first)
    assert differences(without_letters(before), without_letters(after)) == []
    assert differences(before, after) != [], "letters are numbered anew, as nights in order would have"
    assert after["apology"].set_index("dossier_code")["night"].to_dict()["X1-1"] == NIGHTS[1]
