"""The site's facts become dimension frames; a fault names file, line and column."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from domain.errors import KnownError
from pipelines.catalogue import load_dimensions
from pipelines.settings import Settings
from tests.factories.sites import KEY, make_site, unit
from tests.shared import shared

REPO = Path(__file__).resolve().parents[2]
PORTAL = shared() / "data" / "procedures_real.parquet"

FILES = {
    "procedures.csv": "proc_core,valid_from,proc_code,name,limit_quantity,limit_unit,no_due,legal_basis,valid_to\n"
    "1.000002,2016-01-01,1.000002.000.00.00.H16,Thủ tục hai,15,WORKING_DAY,false,luật A; luật B,\n"
    "1.000001,2016-01-01,1.000001,Thủ tục một,,,true,,2017-06-30\n"
    '1.000001,2017-07-01,1.000001,Thủ tục một,2,HOUR,,"[""luật C""]",\n',
    "papers.csv": "proc_core,valid_from,paper_no,name,originals,copies\n1.000001,2016-01-01,1,Đơn,1,\n",
    "steps.csv": "proc_core,valid_from,step_no,role,task,planned_days,is_paused\n"
    "1.000002,2016-01-01,1,Một cửa,Tiếp nhận,0.5,false\n1.000002,2016-01-01,2,Thuế,Nộp thuế,,true\n",
    "postings.csv": "proc_core,unit_code,valid_from,valid_to\n1.000002,X1,2016-01-01,\n",
}


def folder_site(tmp_path: Path, **changes: str) -> Settings:
    settings = make_site(tmp_path, catalogue={"format": "folder", "place": "catalogue"})
    (settings.site_folder / "catalogue").mkdir()
    for name, text in (FILES | {key.replace("_csv", ".csv"): text for key, text in changes.items()}).items():
        if text:
            (settings.site_folder / "catalogue" / name).write_text(text, encoding="utf-8")
    return settings


def refused(settings: Settings) -> str:
    with pytest.raises(KnownError) as caught:
        load_dimensions(settings.site, settings)
    assert caught.value.code == "E-CATALOGUE"
    return caught.value.message


def test_a_folder_becomes_typed_frames(tmp_path):
    settings = folder_site(tmp_path)
    frames = load_dimensions(settings.site, settings)
    procedures = frames["procedure"]
    assert procedures[["proc_core", "valid_from"]].values.tolist() == [
        ["1.000001", date(2016, 1, 1)], ["1.000001", date(2017, 7, 1)], ["1.000002", date(2016, 1, 1)],
    ]  # fmt: skip
    assert procedures["no_due"].tolist() == [True, False, False]
    assert procedures["valid_to"].tolist() == [date(2017, 6, 30), None, None]
    assert procedures["limit_quantity"].fillna(-1).tolist() == [-1, 2, 15]
    assert [json.loads(text) for text in procedures["legal_basis"]] == [[], ["luật C"], ["luật A", "luật B"]]
    assert frames["procedure_step"]["is_paused"].tolist() == [False, True]
    assert frames["procedure_paper"]["copies"].isna().tolist() == [True]
    assert frames["procedure_posting"]["unit_code"].tolist() == ["X1"]


def test_papers_steps_and_postings_may_be_absent(tmp_path):
    settings = folder_site(tmp_path, papers_csv="", steps_csv="", postings_csv="")
    frames = load_dimensions(settings.site, settings)
    assert [len(frames[f"procedure{part}"]) for part in ("", "_paper", "_step", "_posting")] == [3, 0, 0, 0]


@pytest.mark.parametrize(
    ("file", "old", "new", "text"),
    [
        ("procedures", "limit_unit", "limit_unt", "nearest allowed: [limit_unit]"),
        ("procedures", "15,WORK", "nhiều,WORK", "[procedures.csv] line [2], column [limit_quantity]: [nhiều]"),
        ("procedures", "WORKING_DAY", "WEEK", "[WEEK] is not of kind [unit]"),
        ("procedures", "2017-07-01", "2016-01-01", "[1.000001, 2016-01-01] is there twice"),
        ("procedures", "2017-07-01", "01/07/2017", "column [valid_from]"),
        ("papers", "2016-01-01", "2015-01-01", "is not in procedures.csv"),
        ("papers", ",name,", ",ten,", "unknown key [ten]"),
        ("steps", "Tiếp nhận", "", "[steps.csv] line [2], column [task]"),
        ("postings", "X1", "X9", "unit [X9], which is not in site"),
        ("postings", "1.000002", "1.000009", "[1.000009] is not in procedures.csv"),
    ],
)
def test_a_fault_in_the_folder_names_its_place(tmp_path, file, old, new, text):
    changed = FILES[f"{file}.csv"].replace(old, new)
    assert text in refused(folder_site(tmp_path, **{f"{file}_csv": changed}))


def test_procedures_must_be_there(tmp_path):
    assert "procedures.csv] is not there" in refused(folder_site(tmp_path, procedures_csv=""))


def test_a_catalogue_that_is_not_there_is_said(tmp_path):
    assert "is not there" in refused(make_site(tmp_path, catalogue={"format": "folder", "place": "nowhere"}))


def test_procedures_listed_in_the_site_file(tmp_path):
    listed = [
        {"code": "PERMIT", "name": "Permit"},
        {"code": "1.000001.000.00.00.H16", "name": "Một", "limit_quantity": 5, "limit_unit": "DAY"},
    ]
    settings = make_site(
        tmp_path, catalogue={"format": "none", "procedures": listed, "constants": {"level": "XA", "fee_vnd": 20000}}
    )
    procedures = load_dimensions(settings.site, settings)["procedure"]
    assert procedures[["proc_core", "name", "level", "fee_vnd"]].values.tolist() == [
        ["1.000001", "Một", "XA", 20000.0], ["PERMIT", "Permit", "XA", 20000.0],
    ]  # fmt: skip
    assert procedures["limit_unit"].tolist()[0] == "DAY"
    assert procedures["limit_quantity"].isna().tolist() == [False, True]


def test_constants_must_be_columns_of_procedures(tmp_path):
    settings = make_site(tmp_path, catalogue={"format": "none", "constants": {"levl": "XA"}})
    assert "names [levl]" in refused(settings)


def test_units_offices_and_calendar_are_dimensions_too(tmp_path):
    units = [
        unit("X1", offices={"MC": "Một cửa", 2: "Hai"}, parent="X2", identifier="000.01.26.H16"),
        unit("X2", sources=[]),
    ]
    settings = make_site(tmp_path, units)
    frames = load_dimensions(settings.site, settings)
    assert frames["unit"][["unit_code", "parent_code", "expects"]].values.tolist() == [
        ["X1", "X2", "working_days"], ["X2", None, "never"],
    ]  # fmt: skip
    assert frames["office"].values.tolist() == [["X1", "2", "Hai"], ["X1", "MC", "Một cửa"]]
    days = frames["calendar_day"].set_index("day")
    assert not days.loc[date(2018, 2, 16), "is_working"]


@pytest.mark.parametrize("name", ["dak_glong", "receipt"])
def test_the_catalogue_of_every_shipped_site_is_read(tmp_path, name):
    environment = {"TINHGON_SITE": str(REPO / "sites" / name), "TINHGON_VAR": str(tmp_path), "TINHGON_HASH_KEY": KEY}
    settings = Settings.from_env(environment)
    frames = load_dimensions(settings.site, settings)
    assert frames["procedure"]["proc_core"].nunique() == {"dak_glong": 476, "receipt": 1}[name]


@pytest.mark.shared
def test_the_real_procedures_of_the_portal(tmp_path):
    settings = make_site(tmp_path, catalogue={"format": "file", "place": str(PORTAL)})
    frames = load_dimensions(settings.site, settings)
    real = pd.read_parquet(PORTAL, columns=["code", "documents", "steps", "legal_bases", "time_working_days_min"])
    procedures, papers, steps = (frames[f"procedure{part}"] for part in ("", "_paper", "_step"))
    assert len(procedures) == 2961
    assert procedures["limit_quantity"].notna().sum() == (real["time_working_days_min"] > 0).sum()
    # Only components of role `document` are papers; the same paper asked by several cases counts once.
    wanted = {
        code: {d["name"] for d in json.loads(text) if d["role"] == "document" and d["name"].strip(" -–+*•")}
        for code, text in zip(real["code"], real["documents"], strict=True)
    }
    asked = papers.groupby("proc_core").size()
    assert set(asked.index) == {code[:8] for code, names in wanted.items() if names}
    assert all(asked[code[:8]] <= len(names) for code, names in wanted.items() if names)
    assert 0.95 * sum(map(len, wanted.values())) < len(papers) <= sum(map(len, wanted.values()))
    assert len(steps) == sum(bool(s.strip(" -–+*•")) for text in real["steps"] for s in json.loads(text))
    assert steps["planned_days"].isna().all()
    basis = procedures.set_index("proc_code")["legal_basis"].map(json.loads)
    assert basis.tolist() == real.set_index("code")["legal_bases"].map(json.loads).reindex(basis.index).tolist()
