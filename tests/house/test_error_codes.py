"""Every error code a person can meet is on the page that says what to do, and the page knows no other."""

import ast
import re
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PAGE = REPO / "docs" / "how_to" / "what_to_do_when.md"
LAYERS = ("dags", "pipelines", "analysis", "expectations", "warehouse", "domain")
CODE = re.compile(r"E-[A-Z]+(?:-[A-Z]+)*")
# What codes of one kind begin with, where code asks for the kind; nobody is shown it.
KINDS = {"E-SITE"}


def codes_in_python(text: str) -> set[str]:
    """What a text in the code is, or begins with before a colon or a space: `E-VAR`, `E-DON-VI: …`."""
    texts = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    found = [re.match(rf"({CODE.pattern})(?=$|[: ])", value) for value in texts if isinstance(value, str)]
    return {match[1] for match in found if match}


def codes_in_code() -> set[str]:
    found = set(CODE.findall((REPO / ".ci" / "setup.sh").read_text()))
    for layer in LAYERS:
        for path in (REPO / layer).rglob("*.py"):
            found |= codes_in_python(path.read_text())
    return found - KINDS


def test_codes_are_found_however_they_are_written() -> None:
    text = (
        'raise KnownError("E-A", m)\nT = ("E-B-C", 1)\nm = f"E-D: {x}"\n"""Raises E-Q."""\ng = ("E-WH-",)\n"see E-Z"'
    )
    assert codes_in_python(text) == {"E-A", "E-B-C", "E-D"}


def test_every_code_says_what_to_do_and_no_row_is_of_a_code_that_is_gone() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `E-")]
    named = [code for line in rows for code in CODE.findall(line.split("|")[1])]
    assert len(named) == len(set(named)), "one row a code"
    assert all(len(line.strip("|").split("|")) == 4 and "||" not in line.replace(" ", "") for line in rows)
    raised = codes_in_code()
    assert len(raised) > 90
    assert sorted(raised - set(named)) == [], f"say in {PAGE.name} what to do"
    assert sorted(set(named) - raised) == [], f"nothing raises these: take them out of {PAGE.name}"
