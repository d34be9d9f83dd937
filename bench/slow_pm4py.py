"""pm4py's side of bench/slow.py, run by an interpreter of its own: the log's figures as pm4py itself gives them.

`PYTHON bench/slow_pm4py.py PART FOLDER OUT` with PART whole, office or groups. Nothing of the product is imported
here, and pm4py (AGPL) is imported nowhere else. Reading the log and pm4py's own preparation of it count as
loading and are reported apart.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pm4py

SESSIONS = ((25_200, 41_400), (48_600, 61_200))
GROUP = ["unit_code", "proc_core"]
Made = tuple[float, Any]


class Holidays:
    """The working calendar as pm4py asks for it: it can take working days away, never add one."""

    def __init__(self, days: list[str]) -> None:
        self.off = set(days)

    def is_working_day(self, day: date) -> bool:
        """Whether the office works on `day`."""
        return day.strftime("%Y-%m-%d") not in self.off


def peak_mb() -> int:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def whole(log: pd.DataFrame, folder: Path, out: Path) -> Made:
    """Counts and times of the whole log."""
    begin = time.perf_counter()
    counts, start, end = pm4py.discover_dfg(log)
    times, _, _ = pm4py.discover_performance_dfg(log, perf_aggregation_key="all")
    durations = np.asarray(pm4py.get_all_case_durations(log))
    shares = {"median": 50, "p75": 75, "p90": 90, "p95": 95}
    throughput = {name: float(np.percentile(durations, at)) for name, at in shares.items()}
    throughput |= {"mean": float(durations.mean()), "max": float(durations.max())}
    cases, number = int(log["case:concept:name"].nunique()), len(log)
    seconds = time.perf_counter() - begin
    names = ("mean", "median", "min", "max", "sum")
    edges = [
        {"from": a, "to": b, "n": int(n)} | {name: float(times[a, b][name]) for name in names}
        for (a, b), n in sorted(counts.items())
    ]
    return seconds, {
        "cases": cases, "events": number, "start": start, "end": end, "edges": edges, "throughput": throughput,
    }  # fmt: skip


def office(log: pd.DataFrame, folder: Path, out: Path) -> Made:
    """The times of the whole log in office hours."""
    slots = [(day * 86_400 + a, day * 86_400 + b) for day in range(5) for a, b in SESSIONS]
    calendar = Holidays(json.loads((folder / "peer_days_off.json").read_text(encoding="utf-8")))
    begin = time.perf_counter()
    times, _, _ = pm4py.discover_performance_dfg(
        log, perf_aggregation_key="all", business_hours=True, business_hour_slots=slots, workcalendar=calendar
    )
    seconds = time.perf_counter() - begin
    return seconds, {"sum": float(sum(each["sum"] for each in times.values()))}


def groups(log: pd.DataFrame, folder: Path, out: Path) -> Made:
    """Counts and times of each unit and procedure by itself."""
    begin = time.perf_counter()
    rows = []
    for key, part in log.groupby(GROUP, sort=True):
        counts, _, _ = pm4py.discover_dfg(part)
        times, _, _ = pm4py.discover_performance_dfg(part, perf_aggregation_key="all")
        pm4py.get_all_case_durations(part)
        rows += [(*key, *edge, n, times[edge]) for edge, n in counts.items()]
    seconds = time.perf_counter() - begin
    names = [*GROUP, "from_task", "to_task", "n"]
    table = pd.DataFrame([row[:5] for row in rows], columns=names)
    for name in ("min", "max", "sum"):
        table[name] = [float(row[5][name]) for row in rows]
    table.to_parquet(out.with_suffix(".groups.parquet"))
    return seconds, {"groups": int(log[GROUP].drop_duplicates().shape[0])}


PARTS: dict[str, Callable[[pd.DataFrame, Path, Path], Made]] = {"whole": whole, "office": office, "groups": groups}


def main(part: str, folder: Path, out: Path) -> None:
    """Read the log, measure the part, write its figures to `out`."""
    begin = time.perf_counter()
    columns = ["case", "activity", "at", *(GROUP if part == "groups" else [])]
    events = pd.read_parquet(folder / "peer_events.parquet", columns=columns)
    log = pm4py.format_dataframe(events, case_id="case", activity_key="activity", timestamp_key="at")
    del events
    cost = {"load_s": time.perf_counter() - begin, "load_mb": peak_mb(), "of": pm4py.__version__}
    seconds, figures = PARTS[part](log, folder, out)
    cost |= {"seconds": seconds, "peak_mb": peak_mb()}
    out.write_text(json.dumps({"cost": cost, "figures": figures}), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
