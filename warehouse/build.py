"""Building the model tables: `warehouse/models/<name>.sql` beside `<name>.yml`.

The yml says what one row is, the key, the columns with their kinds, and which models it reads. A model's
table is made from the yml and filled by `INSERT ... SELECT`, so its types are the same on every engine.
`model_parameter` (one row) is made first and holds the date and night that the models are as of, and the
constants they count by: statements join it, and no value is ever written into SQL text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pandas as pd
import yaml
from sqlalchemy import Connection, MetaData, Table

from domain.errors import KnownError
from domain.quarter import Quarter
from warehouse.bulk import insert_frame, is_duckdb
from warehouse.kinds import columns

MODELS = Path(__file__).parent / "models"
PARAMETER = "model_parameter"
_FIELDS = {"row", "key", "columns", "reads"}

# What the statements count by.
CONSTANTS: dict[str, float | int] = {
    # A desk that works on three of five working days of a quarter is expected on the others: when it does
    # nothing on such a day, it is away. Our choice.
    "regular_share": 0.6,
    # Finishes at most a minute apart were made in one go: the minute of rule DQ-DT-18 on closing many dossiers
    # at once. That three in a row are a batch is our choice: two happen by chance.
    "batch_seconds": 60,
    "batch_least": 3,
    # Overlap rule 5 of the design notes: the same person asks for B within 30 days of asking for A.
    "journey_days": 30,
    # More than one dossier a week all year long: a service that files for others, not a person on a journey. Our
    # choice; it also bounds the pairs one owner can make.
    "journey_most": 52,
    # A fall to 30 % of the usual is to be told: the share is above it, as the usual is itself a mean of few nights.
    # The standard deviations keep chance out; bench/volume.py has their price in falls missed and false alarms.
    "volume_least": 10,
    "volume_share": 0.42,
    "volume_z": 2.5,
    "volume_z_sum": 3.0,
    # Five days off in a row are Tết; a long weekend of four is not. Our choice.
    "volume_long_off": 5,
    # Half a year holds twelve nights of each weekday before every night of the last quarter.
    "volume_days": 182,
    # A whole register that loses a tenth of its rows from one night to the next, and ten at least. Our choice.
    "shrink_share": 0.1,
}


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model: what its row is, its columns {name: kind}, its key, and the models it reads."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: dict[str, str]
    reads: tuple[str, ...]

    @property
    def sql(self) -> str:
        """Its statement."""
        return (MODELS / f"{self.name}.sql").read_text(encoding="utf-8")

    def table(self, *, temporary: bool = False) -> Table:
        """Its table. No primary key is declared: keys may hold NULL (an open dossier has no end quarter)."""
        spec = " ".join(f"{name}:{kind}" for name, kind in self.columns.items())
        return Table(self.name, MetaData(), *columns(spec), prefixes=["TEMPORARY"] if temporary else [])


@cache
def models() -> dict[str, Model]:
    """All models by name, each after the models it reads."""
    found = {path.stem: _model(path) for path in sorted(MODELS.glob("*.yml"))}
    order = TopologicalSorter({name: sorted(model.reads) for name, model in found.items()})
    return {name: found[name] for name in order.static_order()}


def _model(path: Path) -> Model:
    about = yaml.safe_load(path.read_text(encoding="utf-8"))
    if set(about) - _FIELDS:
        raise KnownError("E-MODEL", f"[{path.name}] has unknown keys.", mend=f"keep to {sorted(_FIELDS)}")
    return Model(
        name=path.stem,
        row=about["row"],
        key=tuple(about["key"]),
        columns=about["columns"],
        reads=tuple(about.get("reads", [])),
    )


def closure(names: Iterable[str]) -> frozenset[str]:
    """These models and all that they read."""
    found: set[str] = set()
    left = [PARAMETER, *names]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += models()[name].reads
    return frozenset(found)


def build(
    connection: Connection, as_of: date, known: str, *, temporary: bool, only: frozenset[str] | None = None
) -> None:
    """Make the models (all, or `only` these) anew: as of the end of day `as_of`, of slices of nights <= `known`."""
    quarter = Quarter.of(as_of)
    year_before = quarter.previous().previous().previous()
    parameters = pd.DataFrame(
        [
            {
                "as_of": as_of,
                "as_of_at": datetime.combine(as_of, time(23, 59, 59)),
                "known": known,
                "quarter": str(quarter),
                "quarter_first": quarter.first,
                "year_before_first": year_before.first,
            }
            | CONSTANTS
        ]
    )
    for model in models().values():
        drop(connection, model.name, temporary=True)
        if not temporary:
            drop(connection, model.name, temporary=False)
    for model in models().values():
        if only is not None and model.name not in only:
            continue
        table = model.table(temporary=temporary)
        table.create(connection)
        if model.name == PARAMETER:
            insert_frame(connection, table, parameters)
            continue
        names = ", ".join(f'"{name}"' for name in model.columns)
        connection.exec_driver_sql(
            f'INSERT INTO "{model.name}" ({names}) SELECT {names} FROM (\n{model.sql}) AS made'
        )


def drop(connection: Connection, name: str, *, temporary: bool) -> None:
    """Drop a model's table if it is there: the temporary one, or (once that is gone) the lasting one."""
    temporary_place = "temp.main." if is_duckdb(connection) else "pg_temp."
    place = temporary_place if temporary else ""
    connection.exec_driver_sql(f'DROP TABLE IF EXISTS {place}"{name}"')
