"""The quarter's analysis on a million dossiers and five million steps, beside pm4py and lifelines, in one run.

Everything runs one after the other, each part in a process of its own: seconds on the clock, and the most memory
that process ever held. Loading is counted for nobody. The figures are compared as well; a run in which they differ
ends with exit code 1. pm4py (AGPL) gets an environment of its own, which this program makes in its working
folder, or the interpreter named by --peer-python.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import slow_agree
import slow_data

HERE = Path(__file__).resolve().parent
Cost = dict[str, Any]


def say(*parts: object) -> None:
    """A line at once."""
    print(*parts, flush=True)


def run(python: str, script: str, part: list[str], folder: Path, name: str) -> Cost:
    """One part in its own process; what it cost. Fails with what it said last."""
    out = folder / f"{name}.json"
    command = [python, str(HERE / script), *part, str(folder), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
    cost: Cost = json.loads(out.read_text(encoding="utf-8"))["cost"]
    say(f"- {name}: " + ", ".join(f"{k} {v:.2f}" for k, v in cost.items() if isinstance(v, float)))
    return cost


def peer_python(folder: Path, given: str | None) -> str:
    """The interpreter that has pm4py: the one given, or one made here."""
    if given:
        return given
    place = folder / "peer"
    if not place.exists():
        uv = shutil.which("uv")
        make = [uv, "venv", "-q", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
        subprocess.run([*make, str(place)], check=True)
        python = str(place / "bin" / "python")
        install = [uv, "pip", "install", "-q", "--python", python] if uv else [python, "-m", "pip", "install", "-q"]
        subprocess.run([*install, "pm4py", "pyarrow"], check=True)
    return str(place / "bin" / "python")


def prepare(folder: Path, dossiers: int) -> None:
    """Made-up dossiers, loaded into a warehouse of their own."""
    say(f"- made-up rows: {slow_data.generate(folder, dossiers)}")
    for old in folder.glob("warehouse.duckdb*"):
        old.unlink()
    run(sys.executable, "slow_ours.py", ["load"], folder, "load")


def row(figures: str, peer: tuple[str, Cost], ours: tuple[float, float, Cost]) -> str:
    """A line of the table: the peer, ours with the models built first, ours from models that are there."""
    name, cost = peer
    build, rest, mine = ours
    seconds, whole = cost["seconds"], build + rest
    return (
        f"| {figures} | {name} | {seconds:.1f} | {cost['peak_mb']:,} | {whole:.1f} | {mine['peak_mb']:,} |"
        f" {seconds / whole:.1f} | {rest:.2f} | {seconds / rest:.0f} |"
    )


def side_by_side(folder: Path, python: str, dossiers: int) -> None:
    """The peers and the product on the same figures, and the table of both."""
    flow = run(sys.executable, "slow_ours.py", ["flow"], folder, "flow")
    parts = ("whole", "office", "groups") if flow["groups"] else ("whole", "office")
    run_pm4py = {part: run(python, "slow_pm4py.py", [part], folder, f"pm4py_{part}") for part in parts}
    lines = run(sys.executable, "slow_lifelines.py", [], folder, "lifelines")
    life = run(sys.executable, "slow_ours.py", ["life"], folder, "life")
    every = f"pm4py {run_pm4py['whole']['of']}"
    read = flow["read_s"]
    together: Cost = {
        "seconds": sum(cost["seconds"] for cost in run_pm4py.values()),
        "peak_mb": max(cost["peak_mb"] for cost in run_pm4py.values()),
    }
    own = {part: flow[f"{part}_s"] for part in parts}
    say(f"\n## The same figures, {dossiers:,} dossiers\n")
    say("| figures | peer | s | MB | product, models built first: s | MB | times faster | from model tables: s |"
        " times faster |")  # fmt: skip
    say("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    names = {
        "whole": "the log: cases, events, edges with times, throughput",
        "office": "its edges in office hours",
        "groups": "the edges of each unit and procedure",
    }
    for part in parts:
        say(row(names[part], (every, run_pm4py[part]), (flow["build_s"], read + own[part], flow)))
    say(row("these together", (every, together), (flow["build_s"], read + sum(own.values()), flow)))
    fits = f"lifelines {lines['of']}, {lines['groups']:,} fits"
    say(row("Kaplan-Meier of each unit and procedure", (fits, lines),
            (life["build_s"], life["read_s"] + life["analysis_s"], life)))  # fmt: skip
    loads = f"pm4py {run_pm4py['whole']['load_s']:.1f} s, lifelines {lines['load_s']:.1f} s (ready-made durations)"
    say(f"\nLoading, counted for nobody: {loads}.")


def whole(folders: dict[int, Path]) -> None:
    """All models and the whole analysis, at each size."""
    built = {n: run(sys.executable, "slow_ours.py", ["models"], folder, "models") for n, folder in folders.items()}
    told = {n: run(sys.executable, "slow_ours.py", ["analysis"], folder, "analysis") for n, folder in folders.items()}
    say("\n## The whole quarter\n")
    say("| dossiers | steps | all models: s | MB | reading them: s | rows | evidence: s | analysis: s | MB |"
        " analysis, each count a hundredfold: s |")  # fmt: skip
    say("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for n, cost in told.items():
        model, steps = built[n], json.loads((folders[n] / "counts.json").read_text(encoding="utf-8"))["step"]
        say(f"| {n:,} | {steps:,} | {model['seconds']:.1f} | {model['peak_mb']:,} | {cost['read_s']:.1f} |"
            f" {sum(cost['rows'].values()):,} | {cost['evidence_s']:.1f} | {cost['seconds']:.1f} |"
            f" {cost['peak_mb']:,} | {cost['hundredfold_s']:.1f} |")  # fmt: skip
    most = max(built)
    each = sorted(built[most]["each"].items(), key=lambda pair: -pair[1])
    say(f"\nThe models at {most:,} dossiers, s: " + ", ".join(f"{k} {v:.1f}" for k, v in each if v >= 0.05))
    rows = told[most]["rows"].items()
    say("Their rows: " + ", ".join(f"{name} {count:,}" for name, count in rows))
    say("Parts switched off for want of data: " + (", ".join(told[most]["switched_off"]) or "none"))


def agreement(folder: Path) -> bool:
    """Compare the figures of both sides; whether all agree."""
    detail = folder / "pm4py_groups.groups.parquet"
    if detail.is_file():
        shutil.copyfile(detail, folder / "pm4py_whole.groups.parquet")
    found = [("pm4py", *each) for each in slow_agree.with_pm4py(folder / "pm4py_whole.json", folder / "flow.json")]
    found += [("pm4py", *each) for each in slow_agree.office(folder / "pm4py_office.json", folder / "flow.json")]
    found += [
        ("lifelines", *each) for each in slow_agree.with_lifelines(folder / "lifelines.json", folder / "life.json")
    ]
    say("\n## Do the figures agree?\n")
    say("| peer | figure | greatest difference | allowed | |\n| --- | --- | ---: | ---: | --- |")
    for peer, name, apart, allowed in found:
        say(f"| {peer} | {name} | {apart:.1g} | {allowed:.0g} | {'yes' if apart <= allowed else '**NO**'} |")
    return all(apart <= allowed for _, _, apart, allowed in found)


def main() -> None:
    """Run all of it and print markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dossiers", type=int, default=1_000_000)
    parser.add_argument("--peer-python", help="an interpreter with pm4py and pyarrow; made here when not given")
    parser.add_argument("--folder", type=Path, help="keep everything here; a temporary folder when not given")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = given.folder or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        sizes = sorted({max(given.dossiers // part, 1000) for part in (100, 10, 1)})
        folders = {size: place / str(size) for size in sizes}
        python = peer_python(place, given.peer_python)
        for size, folder in folders.items():
            prepare(folder, size)
        side_by_side(folders[sizes[-1]], python, sizes[-1])
        whole(folders)
        same = agreement(folders[sizes[-1]])
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
