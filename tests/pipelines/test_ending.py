"""How a command ends: no lines of a library after its own, the right code, and all that was to run at the end run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories.sites import KEY, NIGHT, ROW, csv_text, hand_in, make_site

REPO = Path(__file__).resolve().parents[2]

MODULE = "pipelines.ending"
ENDS = """
import atexit, sys
from {module} import run_and_leave

def work():
    atexit.register(lambda: print("registered"))
    print("worked")
    {end}

run_and_leave(work)
"""


def python(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("TINHGON_")} | environ
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=REPO, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_night_says_nothing_on_standard_error(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    places = {"SITE": settings.site_folder, "VAR": settings.var, "INBOX": settings.inbox}
    environ = {f"TINHGON_{name}": str(place) for name, place in places.items()} | {"TINHGON_HASH_KEY": KEY}
    done = python("-m", "pipelines.cli", "night", NIGHT, **environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no quarter to release" in done.stdout


@pytest.mark.parametrize(
    ("end", "code"),
    [("pass", 0), ("sys.exit(0)", 0), ("sys.exit(2)", 2), ("sys.exit()", 0), ("sys.exit('said')", 1), ("1 / 0", 1)],
)
def test_the_code_is_the_one_python_would_give_and_what_is_registered_runs(end: str, code: int) -> None:
    done = python("-c", ENDS.format(module=MODULE, end=end))
    assert (done.returncode, done.stdout) == (code, "worked\nregistered\n")
    assert ("ZeroDivisionError" in done.stderr) == (end == "1 / 0")
    assert ("said" in done.stderr) == ("said" in end)


def test_output_nobody_takes_is_no_success() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", ENDS.format(module=MODULE, end="pass")]
    with os.fdopen(writer, "wb") as nobody:
        env = os.environ | {"PYTHONUNBUFFERED": ""}
        assert subprocess.run(command, cwd=REPO, env=env, stdout=nobody, check=False).returncode == 120
