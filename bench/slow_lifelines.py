"""lifelines' side of bench/slow.py: one Kaplan-Meier fit a unit and procedure, as its users write it.

It is handed the elapsed half-days of each dossier ready made (the product works them out from the stamps).
"""

import json
import resource
import sys
import time
from pathlib import Path

import lifelines
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times, qth_survival_times

SHARES = (0.25, 0.5, 0.75, 0.9)


def peak_mb() -> int:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(folder: Path, out: Path) -> None:
    """Read the durations, measure the fits, write curves and quantiles beside `out`."""
    begin = time.perf_counter()
    rows = pd.read_parquet(folder / "peer_durations.parquet")
    load_s, load_mb = time.perf_counter() - begin, peak_mb()

    begin = time.perf_counter()
    curves, quantiles = [], []
    for (unit, proc), group in rows.groupby(["unit_code", "proc_core"], sort=True):
        fit = KaplanMeierFitter().fit(group["elapsed"], group["is_done"])
        curve = pd.concat([fit.survival_function_, fit.confidence_interval_], axis=1)
        curve.columns = ["survival", "ci_low", "ci_high"]
        curves.append(curve.assign(unit_code=unit, proc_core=proc))
        reached = qth_survival_times([1 - share for share in SHARES], fit.survival_function_)
        spread = median_survival_times(fit.confidence_interval_)
        quantiles.append((unit, proc, *reached.iloc[:, 0], *spread.iloc[0]))
    seconds = time.perf_counter() - begin
    cost = {
        "load_s": load_s, "load_mb": load_mb, "seconds": seconds, "peak_mb": peak_mb(), "groups": len(curves),
        "of": lifelines.__version__,
    }  # fmt: skip
    pd.concat(curves).rename_axis("time").reset_index().to_parquet(out.with_suffix(".curves.parquet"))
    names = ["unit_code", "proc_core", *(f"p{round(share * 100)}" for share in SHARES), "median_low", "median_high"]
    pd.DataFrame(quantiles, columns=names).to_parquet(out.with_suffix(".quantiles.parquet"))
    out.write_text(json.dumps({"cost": cost}), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
