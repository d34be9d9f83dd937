"""Whether the product's figures in bench/slow.py are the peers' figures: (what, how near, how near it had to be)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

GROUP = ["unit_code", "proc_core"]
Found = list[tuple[str, float, float]]


def _apart(ours: pd.Series, theirs: pd.Series) -> float:
    """The greatest relative difference; infinite when one side has a value and the other none."""
    a, b = ours.to_numpy(dtype=float), theirs.to_numpy(dtype=float)
    a, b = np.where(np.isfinite(a), a, np.nan), np.where(np.isfinite(b), b, np.nan)
    if (np.isnan(a) != np.isnan(b)).any():
        return float("inf")
    scale = np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-300)
    apart = np.abs(a - b) / scale
    return float(np.nanmax(apart)) if np.isfinite(apart).any() else 0.0


def _outside(value: pd.Series, low: pd.Series, high: pd.Series) -> float:
    """How far, relatively, the worst value lies outside low..high."""
    width = np.maximum(value.abs(), 1e-300)
    return float((np.maximum(np.maximum(low - value, value - high), 0) / width).max())


def with_pm4py(peer: Path, ours: Path) -> Found:
    """Cases, events, starts, ends, edges with their times, throughput."""
    given: dict[str, Any] = json.loads(peer.read_text(encoding="utf-8"))["figures"]
    mine = pd.read_parquet(ours.with_suffix(".edges.parquet"))
    start, between, end = (mine.loc[mine["edge"].eq(kind)] for kind in ("START", "BETWEEN", "END"))
    theirs = pd.DataFrame(given["edges"]).rename(columns={"from": "from_task", "to": "to_task"})
    both = between.merge(theirs, on=["from_task", "to_task"], how="outer", suffixes=("", "_peer"), indicator=True)
    found: Found = [
        ("cases", abs(int(start["n"].sum()) - given["cases"]), 0),
        ("events", abs(int(start["n"].sum() + between["n"].sum()) - given["events"]), 0),
        ("first tasks", float(dict(zip(start["to_task"], start["n"], strict=True)) != given["start"]), 0),
        ("last tasks", float(dict(zip(end["from_task"], end["n"], strict=True)) != given["end"]), 0),
        ("edges found by one side only", float(both["_merge"].ne("both").sum()), 0),
        ("edge counts", float((both["n"] - both["n_peer"]).abs().max()), 0),
    ]
    pairs = {"mean": "mean_seconds", "sum": "seconds", "min": "least", "max": "most"}
    found += [(f"edge {name}", _apart(both[own], both[name]), 1e-6) for name, own in pairs.items()]
    found.append(
        ("edge median beyond its bin", _outside(both["median"], both["median_low"], both["median_high"]), 1e-9)
    )
    quantiles = json.loads(ours.with_suffix(".throughput.json").read_text(encoding="utf-8"))
    whole = given["throughput"]
    found.append(("throughput mean", abs(end["seconds"].sum() / end["n"].sum() / whole["mean"] - 1), 1e-6))
    found.append(("throughput greatest", abs(end["most"].max() / whole["max"] - 1), 1e-6))
    for name, own in (("median", "p50"), ("p75", "p75"), ("p90", "p90"), ("p95", "p95")):
        here = quantiles[own]
        beyond = max(here["low"] - whole[name], whole[name] - here["high"], 0.0) / whole[name]
        found.append((f"throughput {name} beyond its bin", beyond, 1e-9))
    return found + _groups(peer, ours)


def _groups(peer: Path, ours: Path) -> Found:
    place = peer.with_suffix(".groups.parquet")
    if not place.is_file():
        return []
    keys = [*GROUP, "from_task", "to_task"]
    mine = pd.read_parquet(ours.with_suffix(".groups.parquet"))
    both = mine.loc[mine["edge"].eq("BETWEEN")].merge(
        pd.read_parquet(place), on=keys, how="outer", suffixes=("", "_peer"), indicator=True
    )
    found: Found = [
        ("edges by unit and procedure, one side only", float(both["_merge"].ne("both").sum()), 0),
        ("their counts", float((both["n"] - both["n_peer"]).abs().max()), 0),
    ]
    pairs = {"sum": "seconds", "min": "least", "max": "most"}
    return found + [(f"their {name}", _apart(both[own], both[name]), 1e-6) for name, own in pairs.items()]


def office(peer: Path, ours: Path) -> Found:
    """The office time of all edges together."""
    mine = pd.read_parquet(ours.with_suffix(".edges.parquet"))
    total = mine.loc[mine["edge"].eq("BETWEEN"), "work_seconds"].sum()
    theirs = json.loads(peer.read_text(encoding="utf-8"))["figures"]["sum"]
    return [("office time of all edges", abs(total / theirs - 1), 1e-6)]


def with_lifelines(peer: Path, ours: Path) -> Found:
    """Curves, intervals and quantiles of each unit and procedure."""
    theirs = pd.read_parquet(peer.with_suffix(".curves.parquet"))
    mine = pd.read_parquet(ours.with_suffix(".curves.parquet"))
    # lifelines begins each curve at time 0, where nobody may have ended yet.
    there = theirs.merge(mine[[*GROUP, "time"]], on=[*GROUP, "time"], how="left", indicator=True)
    only_theirs = there.loc[there["_merge"].ne("both")]
    both = mine.merge(theirs, on=[*GROUP, "time"], how="left", suffixes=("", "_peer"))
    inside = both.loc[both["survival"].gt(0) & both["survival"].lt(1)]
    found: Found = [
        ("times lifelines alone has, but 0", float(only_theirs["time"].ne(0).sum()), 0),
        ("survival", float((both["survival"] - both["survival_peer"]).abs().max()), 1e-9),
        ("interval, low", float((inside["ci_low"] - inside["ci_low_peer"]).abs().max()), 1e-9),
        ("interval, high", float((inside["ci_high"] - inside["ci_high_peer"]).abs().max()), 1e-9),
    ]
    return found + _quantiles(peer, ours, mine)


def _quantiles(peer: Path, ours: Path, curves: pd.DataFrame) -> Found:
    table = pd.read_parquet(ours.with_suffix(".quantiles.parquet")).merge(
        pd.read_parquet(peer.with_suffix(".quantiles.parquet")), on=GROUP, how="outer", suffixes=("", "_peer")
    )
    found: Found = []
    for name, share in (("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p90", 0.9)):
        # A curve that meets the share exactly: lifelines' own rounding puts it a hair above, and waits one time more.
        level = curves.loc[(curves["survival"] - (1 - share)).abs() < 1e-12, [*GROUP, "time"]]
        marked = table.merge(level.rename(columns={"time": name}), on=[*GROUP, name], how="left", indicator="tie")
        clear = marked["tie"].ne("both")
        found.append((name, _apart(marked.loc[clear, name], marked.loc[clear, f"{name}_peer"]), 1e-9))
    # On a stretch at 1 or 0 lifelines has no interval and the product an exact one; such medians are not compared.
    edge = curves.loc[curves["survival"].isin([0.0, 1.0]), [*GROUP, "time"]]
    for name in ("median_low", "median_high"):
        marked = table.merge(edge.rename(columns={"time": name}), on=[*GROUP, name], how="left", indicator="edge")
        peers = marked[f"{name}_peer"].replace(np.inf, np.nan)
        clear = marked["edge"].ne("both") & marked[name].notna() & peers.notna()
        found.append((name, _apart(marked.loc[clear, name], peers[clear]), 1e-9))
    return found
