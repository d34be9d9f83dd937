"""A person's word: a file in landing first, a row then; never lost, never overwritten, never taken on trust."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from domain.act import Act
from domain.errors import KnownError
from pipelines.acts import acts_folder, fold_acts, landed_acts, say
from pipelines.nightly import open_warehouse
from pipelines.settings import Settings
from tests.factories.sites import make_site, unit

REPO = Path(__file__).resolve().parents[2]


def word(subject: str, kind: str = "ACCEPT", actor: str = "Nguyễn Văn Thử") -> Act:
    return Act(
        subject_kind="proposal", subject_id=subject, kind=kind, said_at=datetime.min, actor=actor, edition="2017-Q4/1"
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_site(tmp_path, [unit()])


def test_words_are_kept_in_their_order_and_reach_the_table_once(settings: Settings) -> None:
    kept = say(settings, lambda before: [word("p1"), word("p2", "REFUSE")])
    kept += say(settings, lambda before: [word("p1", "DEFER")] if len(before) == 2 else [])
    assert [(act.subject_id, act.kind) for act in landed_acts(settings)] == [
        ("p1", "ACCEPT"), ("p2", "REFUSE"), ("p1", "DEFER"),
    ]  # fmt: skip
    assert landed_acts(settings) == kept
    with open_warehouse(settings) as warehouse:
        for _ in range(2):
            assert fold_acts(settings, warehouse) == kept
        assert len(warehouse.read_table("act")) == 3


def test_a_run_killed_before_the_table_loses_nothing(settings: Settings) -> None:
    kept = say(settings, lambda before: [word("p1")])  # and no fold: the process died here
    with open_warehouse(settings) as warehouse:
        assert warehouse.read_table("act").empty
        assert fold_acts(settings, warehouse) == kept
        [row] = warehouse.read_table("act").to_dict("records")
    assert (row["actor"], row["kind"], row["edition"]) == ("Nguyễn Văn Thử", "ACCEPT", "2017-Q4/1")


def test_a_word_that_only_the_table_holds_is_still_said(settings: Settings) -> None:
    say(settings, lambda before: [word("p1")])
    with open_warehouse(settings) as warehouse:
        before = fold_acts(settings, warehouse)
        next(acts_folder(settings).glob("*/*.json")).unlink()
        assert fold_acts(settings, warehouse) == before


def test_a_word_whose_file_is_gone_still_counts_for_who_speaks_next(settings: Settings) -> None:
    say(settings, lambda before: [word("p1")])
    with open_warehouse(settings) as warehouse:
        known = fold_acts(settings, warehouse)
    next(acts_folder(settings).glob("*/*.json")).unlink()
    seen: list[Act] = []
    say(settings, lambda before: seen.extend(before) or [word("p2")], known=known)
    assert seen == known


def test_an_altered_word_is_never_taken(settings: Settings) -> None:
    say(settings, lambda before: [word("p1")])
    [path] = acts_folder(settings).glob("*/*.json")
    said = json.loads(path.read_text())
    for changed in (
        json.dumps(said | {"kind": "REFUSE"}),  # the seal does not fit
        json.dumps({k: v for k, v in (said | {"kind": "REFUSE"}).items() if k != "seal_sha256"}),  # no seal
        path.read_text()[:-20],
        "",
    ):
        path.write_text(changed)
        with pytest.raises(KnownError, match="E-ACT-BROKEN"):
            landed_acts(settings)


def test_what_is_refused_under_the_lock_keeps_nothing(settings: Settings) -> None:
    def refuse(before: list[Act]) -> list[Act]:
        raise KnownError("E-X", "no", mend="no")

    with pytest.raises(KnownError, match="E-X"):
        say(settings, refuse)
    assert landed_acts(settings) == []


def test_two_who_speak_at_once_come_one_after_the_other(settings: Settings) -> None:
    code = (
        "import sys, time; from datetime import datetime; from pipelines.acts import say; "
        "from pipelines.settings import Settings; from tests.pipelines.test_acts import word\n"
        "settings = Settings.from_env({'TINHGON_SITE': sys.argv[1], 'TINHGON_VAR': sys.argv[2], "
        "'TINHGON_HASH_KEY': 'a-key-only-for-tests-0123456789'})\n"
        "def make(before):\n"
        "    time.sleep(0.2)\n"
        "    return [] if before else [word('p1', actor=sys.argv[3])]\n"
        "print(len(say(settings, make)))"
    )
    arguments = [sys.executable, "-c", code, str(settings.site_folder), str(settings.var)]
    running = [subprocess.Popen([*arguments, who], cwd=REPO, stdout=subprocess.PIPE, text=True) for who in "AB"]
    said = [process.communicate()[0].splitlines()[0] for process in running]
    assert sorted(said) == ["0", "1"]
    assert len(landed_acts(settings)) == 1
