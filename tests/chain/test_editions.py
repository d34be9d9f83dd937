"""What is approved is what is printed: a quarter by its editions, decisions and papers, and back from landing."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from openpyxl import load_workbook

from analysis.carried import GONE
from analysis.quarter import QuarterAnalysis
from analysis.report_06a import COUNTS, report_06a
from domain.errors import KnownError
from pipelines import quarterly
from pipelines.edition import Content, write_edition
from pipelines.nightly import open_warehouse
from pipelines.quarter import analyse as analysing
from pipelines.quarter import place
from pipelines.quarter.decide import Decider, Word, decisions_on, items_of
from pipelines.replay import rebuild
from pipelines.settings import Settings
from tests.chain.conftest import KEY, QUARTER, run_night, settings_of
from tests.factories.two_nights import FIRST, LAST, hand_in_all, small_site

pytestmark = pytest.mark.slow
REPO = Path(__file__).resolve().parents[2]
BOSS = Decider(name="Nguyễn Văn Thử", role="Chủ tịch")


def released(folder: Path) -> None:
    """Two nights of two communes, which complete a quarter nobody has analysed."""
    settings = settings_of(small_site(folder / "site"), folder / "var")
    hand_in_all(settings)
    assert [run_night(settings, night) for night in (FIRST, LAST)] == [None, QUARTER]


@pytest.fixture
def settings(made_once: Callable[..., Path], tmp_path: Path) -> Settings:
    done = shutil.copytree(made_once("released", released), tmp_path / "done")
    return settings_of(done / "site", done / "var")


def papers(settings: Settings, edition: int | None = None) -> dict[str, bytes]:
    files = quarterly.publish(QUARTER, edition=edition, settings=settings)["files"]
    assert isinstance(files, list)
    return {Path(path).name: Path(path).read_bytes() for path in files}


def decide_all(settings: Settings, choice: str = "ACCEPT", who: Decider = BOSS) -> dict[str, object]:
    words = {item: Word(choice=choice) for item in items_of(place.read(settings, QUARTER))}
    return quarterly.decide(QUARTER, words, who, settings=settings)


def other_settings(settings: Settings) -> Settings:
    """The same site after somebody changed what the analysis goes by, and the name on the papers."""
    path = settings.site_folder / "site.yml"
    site = yaml.safe_load(path.read_text(encoding="utf-8"))
    site |= {"minimum_group": 9, "limit_share": 0.6, "name": "UBND huyện Khác"}
    path.write_text(yaml.safe_dump(site, allow_unicode=True), encoding="utf-8")
    return settings_of(settings.site_folder, settings.var)


def test_what_was_decided_on_is_what_is_printed_whatever_changes_after(settings: Settings) -> None:
    quarterly.analyse(QUARTER, settings=settings)
    asked = quarterly.propose(QUARTER, settings=settings)
    assert all(Path(path).is_file() for path in asked["files"]), "the book is there when the question is asked"
    result = decide_all(settings)
    assert (result["decided"], result["refused"]) == (asked["proposals"], {})
    before = papers(settings)
    changed = other_settings(settings)
    assert papers(changed) == before, "an edition is printed from itself"
    second = quarterly.analyse(QUARTER, settings=changed)
    assert second["edition"] == 2
    assert papers(changed, edition=1) == before
    assert papers(changed, edition=2) != before
    old, new = (place.read(changed, QUARTER, number) for number in (1, 2))
    with open_warehouse(changed) as warehouse:
        acts = quarterly.fold_acts(changed, warehouse)
    assert len(decisions_on(acts, old)) == asked["proposals"]
    assert decisions_on(acts, new).empty, "a new analysis is decided on anew"
    with pytest.raises(KnownError, match="E-EDITION-OTHER"):
        quarterly.decide(
            QUARTER, {"PA-01": Word(choice="REFUSE")}, BOSS, edition=2, fingerprint=old.fingerprint, settings=changed
        )


def test_a_signed_edition_hands_out_the_bytes_that_were_signed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    quarterly.analyse(QUARTER, settings=settings)
    with pytest.raises(KnownError, match="E-UNDECIDED"):
        quarterly.sign(QUARTER, BOSS, settings=settings)
    decide_all(settings)
    quarterly.sign(QUARTER, BOSS, settings=settings)
    signed = papers(settings)

    import pipelines.quarter.papers as making

    def newer_program(*_: object) -> Path:
        raise AssertionError("a signed paper is never made again")

    for name in ("write_quarter_book", "write_proposals_docx", "write_report_06a_xlsx"):
        monkeypatch.setattr(making, name, newer_program)
    assert papers(settings) == signed
    monkeypatch.undo()
    changed = other_settings(settings)
    assert quarterly.analyse(QUARTER, settings=changed)["edition"] == 2
    quarterly.propose(QUARTER, settings=changed)
    folder = place.papers_folder(changed, QUARTER)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == signed, (
        "the signed one stands"
    )
    assert (folder / "ban-2" / "so_tay_quy.html").is_file()
    kept = next((place.read(changed, QUARTER, 1).folder / "signed").glob("*/*.docx"))
    kept.write_bytes(b"another paper")
    with pytest.raises(KnownError, match="E-EDITION-BROKEN"):
        papers(changed, edition=1)


def test_every_word_comes_back_from_landing_alone(settings: Settings, tmp_path: Path) -> None:
    quarterly.analyse(QUARTER, settings=settings)
    decide_all(settings, who=Decider(name="x", is_demo=True))
    decide_all(settings, "REFUSE")
    before = papers(settings)
    fresh = replace(settings, warehouse_url=f"duckdb:///{tmp_path}/again.duckdb", inbox=tmp_path / "nothing")
    list(rebuild(settings=fresh))
    with open_warehouse(fresh) as warehouse:
        acts = warehouse.read_table("act")
        assert warehouse.read_table("quarter_release")["released_night"].tolist() == [LAST]
    assert sorted(set(zip(acts["kind"], acts["is_demo"], strict=True))) == [("ACCEPT", True), ("REFUSE", False)]
    assert papers(fresh) == before


def test_who_decides_says_which_of_several_editions_they_have_read(settings: Settings) -> None:
    quarterly.analyse(QUARTER, settings=settings)
    changed = other_settings(settings)
    quarterly.analyse(QUARTER, settings=changed)
    with pytest.raises(KnownError, match=r"E-EDITION-WHICH .*\[1, 2\]"):
        decide_all(changed)
    said = {
        item: Word(choice="REFUSE", reason="a" + chr(0xDCE1) + "b")
        for item in items_of(place.read(changed, QUARTER, 1))
    }
    assert quarterly.decide(QUARTER, said, BOSS, edition=1, settings=changed)["edition"] == 1


def test_a_decision_killed_before_the_table_is_kept(settings: Settings) -> None:
    quarterly.analyse(QUARTER, settings=settings)
    code = (
        "import os, signal, sys; from pipelines import quarterly; from tests.chain.test_editions import decide_all; "
        "from tests.chain.conftest import settings_of; from pathlib import Path\n"
        "say = quarterly.say\n"
        "quarterly.say = lambda *a, **k: (say(*a, **k), os.kill(os.getpid(), signal.SIGKILL))\n"
        "decide_all(settings_of(Path(sys.argv[1]), Path(sys.argv[2])), 'DEFER')"
    )
    command = [sys.executable, "-c", code, str(settings.site_folder), str(settings.var)]
    killed = subprocess.run(command, cwd=REPO, env=os.environ | {"TINHGON_HASH_KEY": KEY}, check=False)
    assert killed.returncode == -signal.SIGKILL
    quarterly.publish(QUARTER, settings=settings)
    with open_warehouse(settings) as warehouse:
        assert set(warehouse.read_table("act")["kind"]) == {"DEFER"}


def quarter_before(settings: Settings, *, told: int) -> None:
    """An edition of the quarter before, whose table has `told` dossiers open and whose list has one, HS-0 of X1."""
    counts = dict.fromkeys(COUNTS, 0) | {"open_in_term": told, "received_direct_post": told}
    row = {"quarter": "2017-Q3", "unit_code": "X1", "field_code": "DD", "field_name": "DD"} | counts
    before = Content(
        frames={
            "report_06a": report_06a(pd.DataFrame([row])),
            "report_open": pd.DataFrame(
                [{"unit_code": "X1", "field_code": "DD", "dossier_code": "HS-0", "state": "x"}]
            ),
        },
        public={},
        facts={"released_night": "2017-09-30"},
        about={},
    )
    write_edition(place.editions_folder(settings, "2017-Q3"), "2017-Q3", before)


def test_the_table_opens_where_the_quarter_before_ended_or_each_dossier_between_is_named(settings: Settings) -> None:
    quarter_before(settings, told=1)
    quarterly.analyse(QUARTER, settings=settings)
    [row] = place.read(settings, QUARTER).frames["carried_difference"].to_dict("records")
    assert (row["dossier_code"], row["unit_code"], row["difference"]) == ("HS-0", "X1", GONE)
    data = papers(settings)["bieu_II06a.xlsx"]
    assert "Chênh lệch đầu kỳ" in load_workbook(BytesIO(data)).sheetnames


def test_an_edition_that_contradicts_itself_is_not_published(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_out = analysing.analysis_of

    def off_by_one(*given: Any) -> QuarterAnalysis:
        found = work_out(*given)
        return replace(found, report_06a=found.report_06a.assign(done_total=found.report_06a["done_total"] + 1))

    with monkeypatch.context() as patch:
        patch.setattr(analysing, "analysis_of", off_by_one)
        with pytest.raises(KnownError, match=r"E-EDITION-UNTRUE .*report_06a"):
            quarterly.analyse(QUARTER, settings=settings)
    quarter_before(settings, told=2)  # its table and its list do not agree: something between them is not named
    with pytest.raises(KnownError, match=r"E-EDITION-UNTRUE .*cột \(6\)"):
        quarterly.analyse(QUARTER, settings=settings)
    assert place.numbers_of(settings, QUARTER) == []


def test_the_same_quarter_again_is_the_same_edition(settings: Settings) -> None:
    first = quarterly.analyse(QUARTER, settings=settings)
    fingerprint = place.read(settings, QUARTER).fingerprint
    assert quarterly.analyse(QUARTER, settings=settings) == first
    assert (place.numbers_of(settings, QUARTER), place.read(settings, QUARTER).fingerprint) == ([1], fingerprint)
    with open_warehouse(settings) as warehouse:
        rows = warehouse.read_table("proposal")
    assert rows[["edition", "item_no"]].to_numpy().tolist() == [
        [1, item] for item in items_of(place.read(settings, QUARTER))
    ]
    public = place.read(settings, QUARTER).folder / "public"
    assert {path.stem for path in public.iterdir()} >= {"proposals", "report_06a"}
