"""Two warehouses side by side: what a rerun, another order or a rebuild must leave equal."""

import pandas as pd

from warehouse.build import models
from warehouse.store import Warehouse
from warehouse.tables import METADATA

# What says when a person or the machine did something, not what is known.
WALL_CLOCK: dict[str, set[str]] = {"act": {"act_id", "said_at"}}
LEFT_OUT: frozenset[str] = frozenset({"message_sent"})


def snapshot(warehouse: Warehouse, *, with_models: bool = True) -> dict[str, pd.DataFrame]:
    """Every table (and every model that is built), whole, ordered by key, without wall-clock columns."""
    frames = {
        name: warehouse.read_table(name).drop(columns=sorted(WALL_CLOCK.get(name, set())))
        for name in sorted(METADATA.tables)
        if name not in LEFT_OUT
    }
    if with_models:
        frames |= {name: warehouse.read_table(name) for name in sorted(models()) if warehouse.has_table(name)}
    return frames


def differences(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> list[str]:
    """What differs between two snapshots, a sentence a table; empty when they are the same."""
    found = [f"[{name}] is only on one side" for name in sorted(set(left) ^ set(right))]
    for name in sorted(set(left) & set(right)):
        one, other = left[name], right[name]
        if list(one.columns) != list(other.columns):
            found.append(f"[{name}] has other columns")
        elif len(one) != len(other):
            found.append(f"[{name}] has {len(one)} rows and {len(other)} rows")
        else:
            found += [
                f"[{name}].[{column}] differs in {different} rows, first row {first}"
                for column in one.columns
                for different, first in [_different(one[column], other[column])]
                if different
            ]
    return found


def _different(one: pd.Series, other: pd.Series) -> tuple[int, int]:
    same = (one.isna() & other.isna()) | (one == other).fillna(False).astype(bool)
    return int((~same).sum()), int((~same).to_numpy().argmax()) if len(same) else 0
