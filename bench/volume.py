"""How many falls of a unit's volume the model `issue_volume` tells the same night, and how often wrongly.

Twenty made years of units from a hundredth of the district's busiest to its counter: weekday, season, ends of months,
Tết and the weeks beside it, and chance, Poisson or wider. The model's own statement runs on them.

python bench/volume.py [--years 20] [--seed 1]
"""

import argparse
import time
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd

from warehouse.build import CONSTANTS, models

FIRST = date(2001, 1, 1)
MEANS = (3, 6, 12, 15, 20, 30, 50, 100, 200)
# The spread of the days' own level beside chance: none, a seventh, a fifth.
SPREADS = (0.0, 0.14, 0.2)
KINDS = ("to 30 %", "to nothing")
EVERY = 45  # working nights between two planted falls


def calendar(years: int) -> pd.DataFrame:
    """Days of `years`: weekends, Tết (seven days, moving by up to three weeks), some single holidays."""
    days = [FIRST + timedelta(days=each) for each in range(365 * years)]
    off = {day for day in days if day.weekday() >= 5}
    for year in range(FIRST.year, FIRST.year + years + 1):
        tet = date(year, 1, 22) + timedelta(days=(year * 11) % 27)
        off |= {tet + timedelta(days=each) for each in range(7)}
        off |= {date(year, 1, 1), date(year, 4, 30), date(year, 5, 1), date(year, 9, 2)}
    return pd.DataFrame({"day": days, "is_working": [day not in off for day in days]})


def levels(days: pd.DataFrame, mean: float) -> np.ndarray:
    """What is to be expected of one unit on each working day."""
    day = pd.to_datetime(days["day"]).dt
    level = mean * np.array([1.25, 1.0, 0.95, 1.0, 0.8, 1, 1])[day.day_of_week]
    level = level * np.where(day.day >= 27, 1.5, 1.0) * (1 + 0.15 * np.sin(day.day_of_year / 365 * 2 * np.pi))
    return np.where(beside_tet(days), level * 0.5, level)


def beside_tet(days: pd.DataFrame) -> np.ndarray:
    """The five working days before Tết and after it."""
    gap = pd.to_datetime(days["day"]).diff().dt.days.fillna(1) >= 6
    return (gap[::-1].rolling(6, min_periods=1).max()[::-1] + gap.rolling(5, min_periods=1).max() > 0).to_numpy()


def volumes(level: np.ndarray, spread: float, rng: np.random.Generator) -> np.ndarray:
    """Dossiers of one unit on each working day."""
    own = rng.gamma(1 / spread**2, spread**2, len(level)) if spread else 1.0
    return rng.poisson(level * own)


def told(days: pd.DataFrame, counts: dict[str, np.ndarray]) -> pd.DataFrame:
    """What the model tells: unit_code, night, state."""
    place = duckdb.connect()
    nights = days["day"].astype(str).to_numpy()
    rows = pd.DataFrame(
        [(unit, night, int(n)) for unit, found in counts.items() for night, n in zip(nights, found, strict=True)],
        columns=["unit_code", "night", "seen"],
    )
    place.register("rows", rows)
    place.register("days", ALL_DAYS)
    place.sql("CREATE TABLE calendar_day AS SELECT CAST(day AS DATE) AS day, is_working FROM days")
    place.sql(
        "CREATE TABLE slice_outcome AS SELECT unit_code, night, 'COLLECTED' AS status, FALSE AS is_full FROM rows"
    )
    place.sql(
        "CREATE TABLE dossier_version AS "
        "SELECT unit_code, night, night || '/' || unnest(range(seen)) AS dossier_key, 1 AS version_no FROM rows"
    )
    place.sql(
        "CREATE TABLE quarantine (quarantine_id VARCHAR, unit_code VARCHAR, night VARCHAR, table_name VARCHAR, "
        "dossier_key VARCHAR, raw_record VARCHAR)"
    )
    last = max(nights)
    parameter = pd.DataFrame([{"as_of": last, "known": last} | CONSTANTS | {"volume_days": 1_000_000}])
    place.register("parameter", parameter)
    place.sql("CREATE TABLE model_parameter AS SELECT * REPLACE (CAST(as_of AS DATE) AS as_of) FROM parameter")
    return place.sql(models()["issue_volume"].sql).df()


def planted(days: pd.DataFrame, level: np.ndarray, kind: str, rng: np.random.Generator) -> dict[int, int]:
    """Nights (by place) and what is handed in on them: of ordinary nights, one in `EVERY`, with ten usual."""
    beside = pd.to_datetime(days["day"]).diff().dt.days.fillna(1).to_numpy()
    plain = ~beside_tet(days) & (beside < 4) & (np.append(beside[1:], 1) < 4) & (level >= 10)
    at = [int(t) for t in np.arange(60 + rng.integers(0, EVERY), len(days), EVERY) if plain[t]]
    return {t: 0 if kind == "to nothing" else int(level[t] * 0.3) for t in at}


def main() -> None:
    """Print false alarms a unit-year, and the share of planted falls told the same night, by size of unit."""
    global ALL_DAYS  # noqa: PLW0603 - a script
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    ALL_DAYS = calendar(asked.years)
    days = ALL_DAYS[ALL_DAYS["is_working"]].reset_index(drop=True)
    nights = days["day"].astype(str).tolist()
    level = {f"{mean}/{spread}": levels(days, mean) for mean in MEANS for spread in SPREADS}
    clean = {unit: volumes(of, float(unit.partition("/")[2]), rng) for unit, of in level.items()}
    begun = time.process_time()
    alarms = told(days, clean)
    spent = time.process_time() - begun
    wrong = alarms[alarms["state"] == "NEW"].groupby("unit_code").size()
    print(
        f"{len(clean)} units, {asked.years} years, {sum(map(np.sum, clean.values())):,} dossiers: {spent:.1f} s CPU"
    )
    table = {unit: {"false alarms a year": wrong.get(unit, 0) / asked.years} for unit in clean}
    for kind in KINDS:
        falls = {unit: planted(days, of, kind, rng) for unit, of in level.items()}
        counts = {unit: found.copy() for unit, found in clean.items()}
        for unit, at in falls.items():
            counts[unit][list(at)] = list(at.values())
        found = told(days, counts)
        hits = set(found.loc[found["state"] != "MENDED", ["unit_code", "night"]].itertuples(index=False, name=None))
        for unit, at in falls.items():
            table[unit][kind] = sum((unit, nights[t]) in hits for t in at) / len(at) if at else np.nan
    frame = pd.DataFrame(table).T
    frame.index = pd.MultiIndex.from_tuples([tuple(map(float, unit.split("/"))) for unit in frame.index])
    print(frame.round(2).to_string())
    print(frame.groupby(level=0).mean().round(3).to_string())
    print(frame[frame.index.get_level_values(0) >= 12].mean().round(3).to_string())


if __name__ == "__main__":
    main()
