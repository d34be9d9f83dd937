"""The package as `pip install .` makes it: all that the checkout has, and at work from an empty folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).parents[2]
ROOMS = ("dags", "pipelines", "analysis", "expectations", "warehouse", "domain")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the checkout: building leaves files behind."""
    copy = tmp_path_factory.mktemp("copy") / "tinhgon"
    copy.mkdir()
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    out = tmp_path_factory.mktemp("wheel")
    python = _venv(tmp_path_factory.mktemp("builder"))
    _run(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(copy))
    return next(out.glob("*.whl"))


def test_every_file_of_the_rooms_is_in_the_wheel(wheel: Path) -> None:
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file())
    wanted = {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}
    assert len(wanted) > 200
    assert wanted - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_an_installed_package_works_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    python = _venv(tmp_path / "venv")
    _run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    # What it depends on is lent by the environment of the tests, without the checkout that is linked into that.
    own = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
    (own / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    tinhgon = python.with_name("tinhgon")

    assert _run(tinhgon, "--version", cwd=empty).stdout.startswith("tinhgon 0.")
    without = _run(tinhgon, "status", cwd=empty, code=1)
    assert without.stderr.startswith("E-NO-SITE ")
    assert "TINHGON_SITE=" in without.stderr
    assert list(empty.iterdir()) == []
    _run(tinhgon, "site", "new", "moi", "--name", "Xã Mới", cwd=empty)
    assert _run(tinhgon, "site", "check", "moi", cwd=empty).stdout.startswith("Xã Mới: 1 units")
    night = _run(tinhgon, "night", "2017-12-20", cwd=empty, site="moi")
    assert "1 missing (MC)" in night.stdout
    assert "(1 nights)" in _run(tinhgon, "status", cwd=empty, site="moi").stdout


def _venv(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    return folder / "bin" / "python"


def _run(
    *command: Path | str, cwd: Path | None = None, code: int = 0, site: str = ""
) -> subprocess.CompletedProcess[str]:
    ours = ("TINHGON_", "PYTHONPATH", "PYTHONHOME", "WAREHOUSE_URL")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    environ |= {"TINHGON_SITE": site} if site else {}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done
