"""What working out identities costs when two units with whole registers merge: all versions of all codes.

python bench/identity.py [--dossiers 5000] [--nights 40]
"""

import argparse
import time
from datetime import date, timedelta

import numpy as np
import pandas as pd

from warehouse.identity import Standing, resolve


def versions(dossiers: int, nights: int) -> pd.DataFrame:
    """Every dossier on every night: the first half of the nights from OLD, the second from NEW, which takes over."""
    number, night = np.meshgrid(np.arange(dossiers), np.arange(nights), indexing="ij")
    days = [str(date(2017, 1, 2) + timedelta(days=each)) for each in range(nights)]
    codes = pd.Series([f"D{each}" for each in number.ravel()])
    ended = night.ravel() > number.ravel() % (2 * nights)
    return pd.DataFrame(
        {
            "unit_code": np.where(night.ravel() < nights // 2, "OLD", "NEW"),
            "night": np.array(days)[night.ravel()],
            "dossier_code": codes,
            "dossier_key": codes,
            "proc_core": "1.000001",
            "territory": None,
            "received_at": pd.Timestamp("2017-01-02 08:00"),
            "status": np.where(ended, 9, 4),
            "finished_at": pd.to_datetime(pd.Series(np.where(ended, "2017-02-01 09:00", None))),
            "returned_at": pd.NaT,
            "refused_at": pd.NaT,
        }
    )


def main() -> None:
    """Time one refold's identities with and without a merger."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dossiers", type=int, default=5000)
    parser.add_argument("--nights", type=int, default=40)
    asked = parser.parse_args()
    since = str(date(2017, 1, 2) + timedelta(days=asked.nights // 2))
    heir = {"unit_code": "OLD", "answering_unit": "NEW", "valid_from": since, "proc_core": "", "territory": ""}
    merged = versions(asked.dossiers, asked.nights)
    for name, rows in (("one unit", merged.assign(unit_code="OLD")), ("merged", merged)):
        begun = time.process_time()
        found = resolve(rows, Standing(succession=pd.DataFrame([heir])))
        spent = time.process_time() - begun
        counted = int((found["standing"] == "COUNTED").sum())
        print(f"{name}: {len(rows):,} versions, {counted:,} count, {spent:.2f} s CPU")


if __name__ == "__main__":
    main()
