"""The tutorial's files are run as they stand, and do what the tutorial says."""

import json
import re
from pathlib import Path

import pytest
import yaml

from domain.night import Night
from pipelines import night_order
from pipelines.collect import collect_unit
from pipelines.settings import Settings
from pipelines.site import load_site
from pipelines.stage import read_staged
from tests.factories.sites import KEY
from warehouse import Warehouse

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "your_own_data_as_a_site.md").read_text(encoding="utf-8")
NIGHT = "2017-12-20"


@pytest.fixture
def settings(tmp_path) -> Settings:
    for place, text in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    # The page's last line is cut off in the middle, as a file half written is.
    path = tmp_path / "inbox" / NIGHT / "register.csv"
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    places = {"TINHGON_SITE": tmp_path / "site", "TINHGON_INBOX": tmp_path / "inbox", "TINHGON_VAR": tmp_path / "var"}
    return Settings.from_env({key: str(value) for key, value in places.items()} | {"TINHGON_HASH_KEY": KEY})


def test_the_tutorials_first_night(settings):
    outcome = collect_unit(settings, NIGHT, "HALL")
    assert (outcome.status, outcome.rows_in, outcome.message) == ("COLLECTED", 4, "")
    staged = read_staged(settings, NIGHT, ["HALL"])
    frame = staged.frames["dossier"]
    assert frame["dossier_code"].tolist() == ["R-1", "R-2", "R-3"]
    assert frame["status"].tolist() == [9, 4, 4]
    assert json.loads(frame["unparsed"].iloc[2]) == {"channel": "fax", "received_at": "19/12/17 10:00"}
    [reject] = staged.rejects.to_dict("records")
    assert reject["message"] == "Dòng 6: có 4 trường, bảng có 9 cột (dòng cuối bị cắt ngang)."


def test_the_tutorials_correction_mends_the_third_row(settings):
    [block] = re.findall(r"```yaml\n(corrections:.*?)```", PAGE, re.DOTALL)
    path = settings.site_folder / "units" / "HALL.yml"
    path.write_text(path.read_text(encoding="utf-8") + block, encoding="utf-8")
    again = Settings(
        site=load_site(settings.site_folder),
        site_folder=settings.site_folder,
        inbox=settings.inbox,
        var=settings.var,
        warehouse_url=settings.warehouse_url,
        hash_key=settings.hash_key,
    )
    outcome = collect_unit(again, NIGHT, "HALL")
    assert "sửa 1 dòng" in outcome.message
    row = read_staged(again, NIGHT, ["HALL"]).frames["dossier"].iloc[2]
    assert (str(row["received_at"]), row["channel"], row["unparsed"]) == ("2017-12-19 10:00:00", 3, "")


@pytest.mark.slow
def test_two_counters_that_number_for_themselves(settings, tmp_path):
    two = tmp_path / "two"
    places = {"TINHGON_SITE": two / "site", "TINHGON_INBOX": two / "inbox", "TINHGON_VAR": two / "var"}
    made = Settings.from_env({key: str(value) for key, value in places.items()} | {"TINHGON_HASH_KEY": KEY})
    for night in ("2017-12-29", "2018-01-03"):
        assert not night_order.run_night(made, Night(night)).failed
    with Warehouse.open(made.warehouse_url) as warehouse:
        facts = warehouse.read_table("dossier_fact")
    assert {row.dossier_id: (row.unit_code, row.outcome) for row in facts.itertuples()} == {
        "1~unit=OLD~year=2017": ("OLD", "DONE"),
        "2~unit=OLD~year=2017": ("NEW", "DONE"),
        "3~unit=OLD~year=2017": ("NEW", "OPEN"),
        "1~unit=NEW~year=2017": ("NEW", "DONE"),
        "1~unit=NEW~year=2018": ("NEW", "OPEN"),
    }


def test_every_yaml_block_of_the_page_is_yaml():
    for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        assert isinstance(yaml.safe_load(text), dict)
