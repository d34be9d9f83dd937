"""Stand-ins for the pipelines: the real scheduler runs the real timetables, the work is a line in a file."""

import json
import os
from pathlib import Path


def note(step: str, key: str) -> dict[str, str]:
    """Append one line to the record of what was called; returns the small result of a step."""
    record = Path(os.environ["TINHGON_STUB_RECORD"])
    with record.open("a") as file:
        file.write(json.dumps({"step": step, "key": key}) + "\n")
    return {"step": step, "key": key}


def called() -> list[tuple[str, str]]:
    """What was called so far, in order: (step, key)."""
    record = Path(os.environ["TINHGON_STUB_RECORD"])
    lines = record.read_text().splitlines() if record.exists() else []
    return [(line["step"], line["key"]) for line in map(json.loads, lines)]
