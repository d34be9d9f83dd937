"""The product's side of bench/slow.py: one part of the work in a process of its own.

`python bench/slow_ours.py PART FOLDER OUT` with PART load, flow, life, models or analysis; OUT gets what it cost.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import slow_data
from sqlalchemy import event

import warehouse.build as building
from analysis.handover import bin_quantiles, graph
from analysis.quarter import quarter_analysis
from analysis.survival import survival_curves, survival_quantiles
from domain.calendar import read_calendar_csv
from pipelines.quarterly import COUNTS, DIMENSIONS
from warehouse import Warehouse
from warehouse.build import Model, models

QUARTER = "2017-Q4"
GROUP = ["unit_code", "proc_core"]
EDGE = ["edge", "from_task", "to_task"]
SHARES = (0.25, 0.5, 0.75, 0.9)
Cost = dict[str, Any]


def peak_mb() -> int:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextmanager
def timed(cost: Cost, name: str) -> Iterator[None]:
    """Put the seconds of what stands inside into `cost`."""
    begin = time.perf_counter()
    yield
    cost[name] = time.perf_counter() - begin


def opened(folder: Path) -> Warehouse:
    """The warehouse of this folder."""
    return Warehouse.open(f"duckdb:///{folder / 'warehouse.duckdb'}")


def needed(name: str) -> dict[str, Model]:
    """The model and all it reads, in the order they are made."""
    known, wanted = models(), {name}
    for model in reversed(known.values()):
        if model.name in wanted:
            wanted |= set(model.reads)
    return {each: model for each, model in known.items() if each in wanted}


def build_only(warehouse: Warehouse, wanted: dict[str, Model]) -> None:
    """`Warehouse.build_models`, for these models alone."""
    real: Callable[[], dict[str, Model]] = building.models
    building.models = lambda: wanted  # type: ignore[assignment]
    try:
        warehouse.build_models(as_of=slow_data.AS_OF)
    finally:
        building.models = real  # type: ignore[assignment]


def load(folder: Path, out: Path) -> Cost:
    """Parquet into a new warehouse. Counted for nobody."""
    cost: Cost = {}
    with timed(cost, "seconds"), opened(folder) as warehouse:
        warehouse.migrate()
        names = ("unit", "office", "procedure", "procedure_step")
        frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in names}
        warehouse.replace_dimensions(frames | {"calendar_day": read_calendar_csv(None).days()})
        with warehouse.transaction() as connection:
            for name in ("dossier_version", "step_version", "pause_version"):
                place = str(folder / f"{name}.parquet").replace("'", "''")
                connection.exec_driver_sql(f"INSERT INTO {name} BY NAME SELECT * FROM read_parquet('{place}')")
            connection.exec_driver_sql(
                "INSERT INTO slice_outcome BY NAME SELECT unit_code, night, 'COLLECTED' AS status,"
                " COUNT(*) AS rows_in, COUNT(*) AS rows_ok, 0 AS rows_quarantined, 1 AS files"
                " FROM dossier_version GROUP BY ALL"
            )
    return cost


def flow(folder: Path, out: Path) -> Cost:
    """The figures pm4py gives: for the whole log, and for each unit and procedure."""
    cost: Cost = {"models": list(needed("transition_count"))}
    with opened(folder) as warehouse:
        with timed(cost, "build_s"):
            build_only(warehouse, needed("transition_count"))
        with timed(cost, "read_s"):
            counts = warehouse.read_table("transition_count")
        with timed(cost, "whole_s"):
            edges = graph(counts)
            ends = counts.loc[counts["edge"].eq("END")].assign(all="")
            quantiles = {
                f"p{round(100 * share)}": bin_quantiles(ends, share, by=["all"]).iloc[0].to_dict()
                for share in (0.5, 0.75, 0.9, 0.95)
            }
        with timed(cost, "office_s"):
            office = counts.groupby(EDGE, sort=True)["work_seconds"].sum()
        with timed(cost, "groups_s"):
            keys = [*GROUP, *EDGE]
            # Where the model pools units or procedures these figures are not told, and the row is left out.
            rows = counts.loc[counts["edge"].eq("BETWEEN") & counts["unit_code"].ne("") & counts["proc_core"].ne("")]
            groups = rows.groupby(keys, sort=True).agg(
                n=("n", "sum"), seconds=("seconds", "sum"), least=("least", "min"), most=("most", "max")
            )
            middle = bin_quantiles(rows, 0.5, by=keys)
    cost |= {"rows": len(counts), "groups": len(groups), "medians": len(middle), "peak_mb": peak_mb()}
    edges.merge(office.reset_index(), on=EDGE, how="left").to_parquet(out.with_suffix(".edges.parquet"))
    groups.reset_index().to_parquet(out.with_suffix(".groups.parquet"))
    out.with_suffix(".throughput.json").write_text(json.dumps(quantiles), encoding="utf-8")
    return cost


def life(folder: Path, out: Path) -> Cost:
    """The figures lifelines gives: a curve, its interval and its quantiles for each unit and procedure."""
    cost: Cost = {"models": list(needed("duration_count"))}
    with opened(folder) as warehouse:
        with timed(cost, "build_s"):
            build_only(warehouse, needed("duration_count"))
        with timed(cost, "read_s"):
            counts = warehouse.read_table("duration_count")
        with timed(cost, "analysis_s"):
            is_done = counts["outcome"].eq("DONE")
            split = counts.assign(ended=counts["n"].where(is_done, 0), censored=counts["n"].where(~is_done, 0))
            curves = survival_curves(split, by=GROUP, time="elapsed_half_days")
            parts = {f"p{round(100 * share)}": survival_quantiles(curves, share, by=GROUP) for share in SHARES}
            parts["median_low"] = survival_quantiles(curves, 0.5, by=GROUP, column="ci_low")
            parts["median_high"] = survival_quantiles(curves, 0.5, by=GROUP, column="ci_high")
    cost |= {"rows": len(counts), "groups": len(parts["p50"]), "peak_mb": peak_mb()}
    curves.to_parquet(out.with_suffix(".curves.parquet"))
    table = parts["p50"][GROUP]
    for name, part in parts.items():
        table = table.merge(part.rename(columns={"time": name}), on=GROUP, validate="one_to_one")
    table.to_parquet(out.with_suffix(".quantiles.parquet"))
    return cost


def all_models(folder: Path, out: Path) -> Cost:
    """Every model, as a night builds them, with the seconds of each."""
    each: dict[str, float] = {}
    started: list[float] = []
    with opened(folder) as warehouse:

        def before(*_: object) -> None:
            started.append(time.perf_counter())

        def after(_c: object, _k: object, statement: str, *_: object) -> None:
            seconds = time.perf_counter() - started.pop()
            if statement.startswith("INSERT INTO"):
                each[statement.split('"')[1]] = seconds

        with warehouse.transaction() as connection:
            event.listen(connection, "before_cursor_execute", before)
            event.listen(connection, "after_cursor_execute", after)
        cost: Cost = {}
        with timed(cost, "seconds"):
            warehouse.build_models(as_of=slow_data.AS_OF)
        cost |= {"peak_mb": peak_mb(), "each": each}
        with warehouse.transaction() as connection:
            event.remove(connection, "before_cursor_execute", before)
            event.remove(connection, "after_cursor_execute", after)
    return cost


def analysis(folder: Path, out: Path) -> Cost:
    """The whole analysis of a quarter from model tables, then once more with every count a hundredfold."""
    cost: Cost = {}
    with opened(folder) as warehouse:
        with timed(cost, "read_s"):
            counts = {name: warehouse.read_table(name) for name in COUNTS}
            dimensions = {name: warehouse.read_table(name) for name in DIMENSIONS}
        with timed(cost, "evidence_s"):
            evidence = warehouse.read("evidence")
    frames = counts | dimensions | {"evidence": evidence}
    with timed(cost, "seconds"):
        result = quarter_analysis(frames, quarter=QUARTER, hourly_rate=None)
    cost |= {"peak_mb": peak_mb(), "rows": {name: len(frame) for name, frame in counts.items()}}
    cost |= {"flags": len(result.flags), "switched_off": [part for part, _ in result.switched_off]}
    with timed(cost, "hundredfold_s"):
        quarter_analysis(frames | _hundredfold(counts), quarter=QUARTER, hourly_rate=None)
    return cost


def _hundredfold(counts: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The same tables had there been a hundred times as many dossiers, all alike."""
    made = {}
    for name, frame in counts.items():
        fixed = {*models()[name].key, "least", "most", "staff"}
        sums = [c for c in frame.columns if c not in fixed and pd.api.types.is_numeric_dtype(frame[c])]
        made[name] = frame.assign(**{c: frame[c] * 100 for c in sums if not pd.api.types.is_bool_dtype(frame[c])})
    return made


PARTS: dict[str, Callable[[Path, Path], Cost]] = {
    "load": load, "flow": flow, "life": life, "models": all_models, "analysis": analysis,
}  # fmt: skip


if __name__ == "__main__":
    part, place, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    target.write_text(json.dumps({"cost": PARTS[part](place, target)}), encoding="utf-8")
