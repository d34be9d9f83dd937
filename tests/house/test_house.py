"""The rules of the house that a machine can check. The failure text says how to mend it."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
LAYERS = ("dags", "pipelines", "analysis", "expectations", "warehouse", "domain")
MODULES = sorted(path for layer in LAYERS for path in (REPO / layer).rglob("*.py"))
TESTS = sorted((REPO / "tests").rglob("*.py"))
MOST_MODULE_LINES = 350
MOST_FUNCTION_LINES = 60
BINARY = {".png", ".docx", ".xlsx", ".parquet", ".ico", ".jpg", ".gz", ".zip", ".pdf"}

# Put together from parts: this file is itself read by the test.
NAMES = (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("deb", "debian", "org"))
HOSTS = [".".join(name) for name in NAMES]
MACHINE = re.compile("(?<![A-Za-z0-9._<])/" + "(work|root|home/[a-z]+)/" + "[A-Za-z.]")


def ids(path: Path) -> str:
    return str(path.relative_to(REPO))


def repository_files() -> list[Path]:
    """Files of the repository, committed or about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True).stdout
    files = [REPO / name for name in listed.split("\0") if name]
    return [path for path in files if path.is_file() and path.suffix not in BINARY]


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_module_is_small(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= MOST_MODULE_LINES, f"{ids(path)} has {lines} lines: part it by what changes together"


def test_functions_are_short() -> None:
    long = []
    for path in MODULES:
        # A timetable's one function holds its tasks; test_structure.py bounds it.
        if path.parent == REPO / "dags":
            continue
        for node in functions(path):
            lines = node.end_lineno - node.lineno + 1
            if lines > MOST_FUNCTION_LINES:
                long.append(f"{ids(path)}:{node.lineno} {node.name} has {lines} lines")
    assert not long, f"no function over {MOST_FUNCTION_LINES} lines: name its steps\n" + "\n".join(long)


def test_every_module_says_what_it_is() -> None:
    dumb = [ids(path) for path in [*MODULES, *TESTS] if not ast.get_docstring(ast.parse(path.read_text()))]
    assert not dumb, f"a docstring at the top of the module says what it is for: {dumb}"


def test_every_definition_is_typed() -> None:
    bare = []
    for path in MODULES:
        for node in functions(path):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            untyped = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
            if untyped or node.returns is None:
                bare.append(f"{ids(path)}:{node.lineno} {node.name} {untyped or '-> ?'}")
    assert not bare, "types on every def:\n" + "\n".join(bare)


def test_no_host_of_a_package_registry_and_no_path_of_a_machine() -> None:
    found = []
    for path in repository_files():
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [f"{ids(path)} names {host}" for host in HOSTS if host in text]
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
        found += [f"{ids(path)}:{number}: {line[:80]}" for number, line in lines if MACHINE.search(line)]
    assert not found, "\n".join(found)


def test_no_lock_file_that_names_addresses() -> None:
    assert not [path for path in repository_files() if path.name in ("uv.lock", "pylock.toml", "poetry.lock")]
    for lock in sorted((REPO / "requirements").glob("*.txt")):
        text = lock.read_text()
        assert "http" not in re.sub(r"(?m)^[a-z0-9._-]+==.*$", "", text), f"{lock.name} holds an address"
        pins = re.findall(r"(?m)^([A-Za-z0-9._-]+)==", text)
        assert pins
        blocks = [block for block in re.split(r"(?m)^(?=[A-Za-z0-9])", text) if "==" in block]
        without = [block[:40] for block in blocks if "--hash=" not in block]
        assert not without, f"{lock.name}: compile it as CONTRIBUTING.md says; without hash: {without}"


@pytest.mark.parametrize("folder", ["models"])
def test_every_sql_model_is_described(folder: str) -> None:
    place = REPO / "warehouse" / folder
    sql, yml = ({path.stem for path in place.glob(f"*.{end}")} for end in ("sql", "yml"))
    assert sql
    assert sql <= yml, f"beside each <name>.sql a <name>.yml (one row is what): {sorted(sql - yml)}"


def test_layers_import_one_way_only() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_our_generic_package_names_are_ours() -> None:
    code = "; ".join(f"import {layer}; print({layer}.__file__)" for layer in LAYERS)
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=clean, cwd="/")
    assert done.stdout.split() == [str(REPO / layer / "__init__.py") for layer in LAYERS]


def test_no_test_asserts_a_time() -> None:
    """How long a thing takes is measured in bench/, never asserted: a busy machine is not a wrong program."""
    clocks = {"time", "monotonic", "perf_counter", "process_time", "time_ns", "monotonic_ns", "perf_counter_ns"}
    found = []
    for path in TESTS:
        tree = ast.parse(path.read_text())
        stopwatches = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "time"]
        found += [f"{ids(path)}:{node.lineno}" for node in stopwatches if clocks & {each.name for each in node.names}]
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert):
                calls = [part.func for part in ast.walk(node.test) if isinstance(part, ast.Call)]
                if {f"time.{name}" for name in clocks} & {ast.unparse(called) for called in calls}:
                    found.append(f"{ids(path)}:{node.lineno}")
    assert not found, found


@pytest.mark.parametrize("name", ["run", "test", ".ci/run"])
def test_commands_can_be_run(name: str) -> None:
    path = REPO / name
    assert os.access(path, os.X_OK), f"chmod +x {name}"
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


def named_in_tests() -> set[str]:
    """What the tests name: modules they import, `from package import module`, and dotted names in texts."""
    named: set[str] = set()
    for path in TESTS:
        if "stubs" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                named |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                named |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                parts = node.value.split(".")
                named |= {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
    return named


def test_every_module_is_named_by_a_test() -> None:
    """A module that no test names is tested by chance at most. Airflow and Alembic find theirs by their own name."""
    by_own_name = (REPO / "dags", REPO / "warehouse" / "revisions" / "versions")
    named, unnamed = named_in_tests(), []
    for path in MODULES:
        if len(ast.parse(path.read_text()).body) == 1 or path == REPO / "warehouse" / "revisions" / "env.py":
            continue  # a docstring and nothing else; Alembic's entry, run by every migration and only by Alembic
        parts = path.relative_to(REPO).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name not in named and not (path.parent in by_own_name and path.stem in named):
            unnamed.append(name)
    assert len(MODULES) > 200
    assert not unnamed, f"named by no test, write one that checks what it does: {unnamed}"
