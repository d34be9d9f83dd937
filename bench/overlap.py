"""The review of a catalogue: time and memory as it grows, beside brute-force cosine on titles and MinHash LSH.

    python bench/overlap.py CATALOGUE [--sizes 2961 6700 50000] [--peer-python PYTHON]

CATALOGUE is a real one; larger catalogues are made from it (`overlap_parts.py`). Everything runs one after the other,
each part in a process of its own. Three searches for like titles are timed on the same titles: ours, scikit-learn's
cosine of every row with every other, and datasketch's MinHash LSH at the first setting that finds 99 % of what the
exact search finds (in an environment of its own, made here, or the one of --peer-python). Then the whole review.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def say(*parts: object) -> None:
    """A line at once."""
    print(*parts, flush=True)


def run(python: str, script: str, *part: str) -> dict[str, Any]:
    """One part in its own process; what it cost. Fails with what it said last."""
    done = subprocess.run([python, str(HERE / script), *part], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{script} {' '.join(part)} failed:\n{done.stderr[-2000:]}")
    cost: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    say(f"- {part[0]}: " + ", ".join(f"{key} {value}" for key, value in cost.items()))
    return cost


def peer_python(folder: Path, given: str | None) -> str:
    """The interpreter that has datasketch: the one given, or one made here."""
    if given:
        return given
    place = folder / "peer"
    uv = shutil.which("uv")
    make = [uv, "venv", "-q", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
    subprocess.run([*make, str(place)], check=True)
    python = str(place / "bin" / "python")
    install = [uv, "pip", "install", "-q", "--python", python] if uv else [python, "-m", "pip", "install", "-q"]
    subprocess.run([*install, "datasketch"], check=True)
    return python


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time and memory of the review of a catalogue.")
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2961, 6700, 50000])
    parser.add_argument("--peer-python")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peer = peer_python(folder, asked.peer_python)
        for size in asked.sizes:
            say(f"\n## {size:,} procedures")
            run(sys.executable, "overlap_parts.py", "make", str(asked.catalogue), str(size), str(folder))
            run(sys.executable, "overlap_parts.py", "ours", str(folder))
            run(sys.executable, "overlap_parts.py", "sklearn", str(folder))
            run(peer, "overlap_lsh.py", "datasketch", str(folder))
            run(sys.executable, "overlap_parts.py", "review", str(folder))


if __name__ == "__main__":
    main()
