"""A real permit log that no one here wrote, as a site of YAML alone: every case and event arrives."""

import csv
import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines.collect import collect_unit
from pipelines.settings import Settings
from pipelines.stage import Staged, read_staged
from tests.factories.sites import KEY
from tests.shared import shared

REPO = Path(__file__).resolve().parents[2]
LOG = shared() / "data" / "receipt" / "receipt.csv"
NIGHT = "2012-01-31"

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> Staged:
    var = tmp_path_factory.mktemp("receipt")
    (var / "inbox").mkdir()
    shutil.copyfile(LOG, var / "inbox" / "receipt.csv")
    settings = Settings.from_env(
        {"TINHGON_SITE": str(REPO / "sites" / "receipt"), "TINHGON_VAR": str(var), "TINHGON_HASH_KEY": KEY}
    )
    assert collect_unit(settings, NIGHT, "INTAKE").status == "COLLECTED"
    return read_staged(settings, NIGHT, ["INTAKE"])


@pytest.fixture(scope="module")
def log() -> list[dict[str, str]]:
    with LOG.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZoneInfo("Europe/Amsterdam")).replace(tzinfo=None)


def test_every_case_and_every_event_arrives(result):
    assert {name: len(frame) for name, frame in result.frames.items()} == {"dossier": 1434, "step": 8577, "pause": 0}
    assert len(result.rejects) == 0
    assert (result.frames["dossier"]["unparsed"] == "").all()
    assert result.outcomes[0].message == ""
    assert len(result.raw) == 1434 + 8577


def test_cases_are_the_logs_cases_in_local_time(result, log):
    frame = result.frames["dossier"].set_index("dossier_code")
    cases = {row["case:concept:name"]: row for row in log}
    assert set(frame.index) == set(cases)
    for code, row in cases.items():
        assert frame.at[code, "received_at"] == local(row["case:startdate"])
        assert frame.at[code, "due_at"] == local(row["case:deadline"])
        if row["case:enddate"]:
            assert frame.at[code, "finished_at"] == local(row["case:enddate"])
    assert frame["finished_at"].isna().sum() == 105


def test_open_and_closed_are_derived_and_two_cases_end_before_they_start(result):
    frame = result.frames["dossier"]
    assert frame["status"].value_counts().to_dict() == {9: 1329, 4: 105}
    assert (frame["finished_at"] < frame["received_at"]).sum() == 2


def test_steps_are_numbered_by_time_within_each_case(result, log):
    steps = result.frames["step"]
    told = sorted((row["case:concept:name"], local(row["time:timestamp"]), row["concept:name"]) for row in log)
    found = steps.sort_values(["dossier_code", "step_no"])
    assert list(zip(found["dossier_code"], found["finished_at"], found["task"], strict=True)) == told
    assert (steps.groupby("dossier_code")["step_no"].max() == steps.groupby("dossier_code").size()).all()


def test_channels_are_the_national_codes(result):
    assert result.frames["dossier"]["channel"].value_counts().to_dict() == {2: 1271, 1: 110, 3: 53}
