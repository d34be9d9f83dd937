"""The versions of what runs: this package, Python, Airflow, DuckDB."""

import platform
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def versions() -> dict[str, str]:
    """By name; a package that is not installed is said to be none."""
    return {
        "tinhgon": _own(),
        "Python": platform.python_version(),
        "Airflow": _version("apache-airflow-core"),
        "DuckDB": _version("duckdb"),
    }


def _own() -> str:
    """Of the package installed; a checkout is not one, and says so itself."""
    project = Path(__file__).resolve().parent.parent / "pyproject.toml"
    if project.is_file():
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    return _version("tinhgon")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
