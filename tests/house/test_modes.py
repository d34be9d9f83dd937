"""What ./test, ./test --quick and ./test --all run, and that --all leaves nothing out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
ON_REAL_DATA = "tests/simulator/test_catalogue.py::test_the_committed_catalogue_is_what_the_builder_makes"


def run_pytest(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "TINHGON"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False, env=clean | environ)


def test_without_the_real_data_a_test_skips_but_never_under_all(tmp_path: Path) -> None:
    nowhere = {"TINHGON_SHARED": str(tmp_path)}
    usual = run_pytest(ON_REAL_DATA, **nowhere)
    assert (usual.returncode, "1 skipped" in usual.stdout) == (0, True), usual.stdout
    everything = run_pytest(ON_REAL_DATA, TINHGON_TESTS="all", **nowhere)
    assert everything.returncode == 1
    assert "NOT RUN" in everything.stdout
    assert "TINHGON_SHARED" in everything.stdout
    assert "skipped" not in everything.stdout


def test_a_module_that_skips_fails_under_all(tmp_path: Path) -> None:
    module = tmp_path / "test_left_out.py"
    module.write_text('import pytest\n\npytest.skip("no browser here", allow_module_level=True)\n')
    arguments = ["-p", "tests.conftest", "--rootdir", str(tmp_path), str(module)]
    assert "1 skipped" in run_pytest(*arguments).stdout
    everything = run_pytest(*arguments, TINHGON_TESTS="all")
    assert everything.returncode != 0
    assert "no browser here" in everything.stdout


@pytest.mark.parametrize("mode", ["quick", "core", "all"])
def test_what_is_left_out(mode: str) -> None:
    """The real scheduler is in --all only; the chain of nights is in the core and not in --quick."""
    found = run_pytest("--collect-only", "-q", "tests/dags", "tests/chain", TINHGON_TESTS=mode).stdout
    assert "test_in_process.py" in found
    assert ("test_scheduler.py" in found) == (mode == "all")
    assert ("test_dak_glong.py" in found) == (mode != "quick")
