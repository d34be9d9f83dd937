"""What ./test, ./test --quick and ./test --all run, and that --all leaves nothing out."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
TESTS = """
import pytest

def test_plain(): pass

@pytest.mark.slow
def test_slow(): pass

@pytest.mark.heavy
def test_heavy(): pass

@pytest.mark.scheduler
def test_scheduler(): pass

@pytest.fixture
def postgres_server(): pass

@pytest.fixture
def new_postgres(postgres_server): pass

def test_postgres(new_postgres): pass

@pytest.mark.shared
def test_shared(): pass
"""
RUN = {
    "quick": {"plain", "shared"},
    "core": {"plain", "slow", "shared"},
    "all": {"plain", "slow", "heavy", "scheduler", "postgres", "shared"},
}


def run_pytest(module: Path, mode: str, *, shared: Path) -> subprocess.CompletedProcess[str]:
    """The module with our conftest, in a folder of its own."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "TINHGON"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "tests.conftest", "-v", "-rA"]
    return subprocess.run(
        [*command, "--rootdir", str(module.parent), str(module)],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
        env=clean | {"TINHGON_TESTS": mode, "TINHGON_SHARED": str(shared)},
    )


@pytest.mark.parametrize("mode", RUN)
def test_what_each_mode_runs(mode: str, tmp_path: Path) -> None:
    module = tmp_path / "test_marks.py"
    module.write_text(TESTS)
    (tmp_path / "data").mkdir()
    done = run_pytest(module, mode, shared=tmp_path)
    assert done.returncode == 0, done.stdout
    assert set(re.findall(r"^PASSED .*::test_(\w+)", done.stdout, re.MULTILINE)) == RUN[mode]
    assert not re.search(r"\d skipped", done.stdout)


def test_nothing_is_skipped_under_all(tmp_path: Path) -> None:
    """Neither a test on real data that are not there, nor one that skips by itself, nor a module that does."""
    module = tmp_path / "test_left_out.py"
    module.write_text(TESTS + '\n\ndef test_by_itself(): pytest.skip("no browser here")\n')
    usual = run_pytest(module, "core", shared=tmp_path)
    assert usual.returncode == 0, usual.stdout
    assert "2 passed, 2 skipped" in usual.stdout
    everything = run_pytest(module, "all", shared=tmp_path)
    assert everything.returncode == 1
    assert "NOT RUN: Skipped: no browser here" in everything.stdout
    assert "neither ../shared nor where TINHGON_SHARED says" in everything.stdout
    assert not re.search(r"\d skipped", everything.stdout)
    module.write_text('import pytest\n\npytest.skip("no server here", allow_module_level=True)\n')
    whole = run_pytest(module, "all", shared=tmp_path)
    assert whole.returncode != 0
    assert "no server here" in whole.stdout


def marks(name: str) -> set[str]:
    """The marks of a whole module."""
    line = re.search(r"^pytestmark = (.*)$", (REPO / "tests" / name).read_text(), re.MULTILINE)
    assert line, name
    return set(re.findall(r"pytest\.mark\.(\w+)", line[1]))


def test_the_chain_is_in_the_core_and_the_scheduler_is_not() -> None:
    assert "slow" in marks("chain/test_dak_glong.py")
    assert "heavy" not in marks("chain/test_dak_glong.py")
    assert "scheduler" in marks("dags/test_scheduler.py")
