"""What a night and a quarter cost: seconds and peak memory of each step, on a simulated district."""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from domain.night import Night
from pipelines import nightly, quarterly
from pipelines.ending import run_and_leave
from pipelines.night_order import run_night
from pipelines.settings import Settings
from pipelines.simulator import simulate

SITE = Path(__file__).resolve().parents[1] / "sites" / "dak_glong"


def measured(name: str, work: Callable[[], object]) -> object:
    """Run `work` and print its cost; memory is the peak of the process so far."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name:28}{time.process_time() - cpu:9.1f}{time.perf_counter() - wall:9.1f}{peak:9}", flush=True)
    return result


def main() -> None:
    """Measure one simulated district at the scale asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    scale = parser.parse_args().scale
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        settings = Settings.from_env(
            {"TINHGON_SITE": str(SITE), "TINHGON_VAR": folder, "TINHGON_HASH_KEY": "only-for-measuring-0123456789"}
        )
        print(f"{'scale ' + str(scale):28}{'cpu s':>9}{'wall s':>9}{'peak MB':>9}")
        measured("simulate", lambda: simulate(SITE, settings.inbox, var / "truth.json", scale=scale))
        nights = json.loads((var / "truth.json").read_text())["nights"]
        for night in map(Night, (nights[0], nights[1], nights[1])):
            run_night(settings, night, around=lambda step, work, n=night: measured(f"{n} {step}", work))
        nightly.force_quarter("2017-Q4", settings=settings)
        measured("quarter analyse", lambda: quarterly.analyse("2017-Q4", settings=settings))
        measured("quarter propose", lambda: quarterly.propose("2017-Q4", settings=settings))
        measured("quarter publish", lambda: quarterly.publish("2017-Q4", settings=settings))


if __name__ == "__main__":
    run_and_leave(main)
