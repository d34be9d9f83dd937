"""The warehouse as the rest of the product sees it: frames in, frames out, one transaction a write.

`Warehouse.open` holds one connection until `close()`: on DuckDB that is the file's lock, so open late and
close early. No other module knows which database rests below.
"""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table, create_engine, delete, text
from sqlalchemy.pool import NullPool

from domain.act import DOSSIER
from domain.errors import KnownError
from warehouse.address import Address, read_address
from warehouse.build import build, closure, models
from warehouse.bulk import has_table, insert_frame, read_frame
from warehouse.faults import DRIVER_ERRORS, cannot_open, check_log, known_fault, refusal
from warehouse.frames import to_arrow, to_frame
from warehouse.slices import Slice, refold, write_slice
from warehouse.tables import ACT, APOLOGY, DIMENSIONS, METADATA

QUERIES = Path(__file__).parent / "queries"
_REVISIONS = Path(__file__).parent / "revisions"
_LOCK_WAIT = 60.0  # seconds a locked DuckDB file is tried for
_LATEST = "9999-12-31"

_SUCCESSION = "SELECT * FROM unit_succession ORDER BY unit_code, valid_from, answering_unit, proc_core, territory"
_OF_SEVERAL_UNITS = (
    "SELECT dossier_code FROM dossier_version GROUP BY dossier_code HAVING COUNT(DISTINCT unit_code) > 1"
)


class Warehouse:
    """An open warehouse. Use it as a context manager; see the module's heading."""

    def __init__(self, engine: Engine, connection: Connection, address: Address) -> None:
        self._engine = engine
        self._address = address
        self._connection = connection
        # Ours, not the connection's own: a statement outside makes SQLAlchemy begin one that nobody ends.
        self._in_transaction = False
        self._shown: frozenset[str] | None = None  # models built for a page; None: all

    @classmethod
    def open(cls, url: str, *, wait: float = _LOCK_WAIT) -> "Warehouse":
        """Open by SQLAlchemy URL (`duckdb:///<file>`, `postgresql+psycopg://...`).

        A DuckDB file that another process holds is tried again for `wait` seconds, then E-WH-LOCKED. Any other
        fault of the address or the place is a KnownError too, and none of them tells a password.
        """
        address = read_address(url)
        if address.file is not None:
            address.file.parent.mkdir(parents=True, exist_ok=True)
        end = time.monotonic() + wait
        while True:
            check_log(address)
            engine, said = create_engine(address.url, poolclass=NullPool, hide_parameters=True), ""
            try:
                return cls(engine, engine.connect(), address)
            except Exception as error:  # drivers raise of every kind at an address they cannot use
                said = str(getattr(error, "orig", None) or error)
            fault = cannot_open(said, address)
            if fault.code != "E-WH-LOCKED" or time.monotonic() >= end:
                raise fault
            time.sleep(0.1)

    def close(self) -> None:
        """Let go of the database (and of a DuckDB file's lock)."""
        self._connection.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing; inside another one it joins that.

        A value the database refuses, and a full or broken place, is a KnownError.
        """
        if self._in_transaction:
            yield self._connection
            return
        self._in_transaction = True
        try:
            with self._connection.begin():
                yield self._connection
        except DRIVER_ERRORS as error:
            fault = refusal(error) or known_fault(str(getattr(error, "orig", None) or error), self._address)
            if fault is None:
                raise
            raise fault from None
        finally:
            self._in_transaction = False

    def migrate(self) -> None:
        """Bring the tables to the newest revision. Costs next to nothing when they are there already."""
        config = Config()
        config.set_main_option("script_location", str(_REVISIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        newest = ScriptDirectory.from_config(config).get_current_head()
        with self.transaction() as connection:
            if self.has_table("alembic_version"):
                there = read_frame(connection, "SELECT version_num FROM alembic_version", {})
                if list(there["version_num"]) == [newest]:
                    return
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def replace_dimensions(self, dimensions: dict[str, pd.DataFrame]) -> None:
        """Replace these dimension tables whole, in one transaction.

        Where other units take over than before, the dossiers that several units handed in are folded anew.
        """
        allowed = {table.name: table for table in DIMENSIONS}
        with self.transaction() as connection:
            before = read_frame(connection, _SUCCESSION)
            for name, frame in dimensions.items():
                if name not in allowed:
                    raise KnownError("E-WH-TABLE", f"[{name}] is no dimension.", mend=f"one of {sorted(allowed)}")
                table = allowed[name]
                connection.execute(delete(table))
                insert_frame(connection, table, frame)
            if not read_frame(connection, _SUCCESSION).equals(before):
                refold(connection, set(read_frame(connection, _OF_SEVERAL_UNITS)["dossier_code"]))

    def has_slice(self, unit_code: str, night: str) -> str | None:
        """The fingerprint of the slice that is there; None when none is."""
        found = self.read_sql(
            "SELECT COALESCE(fingerprint, '') AS fingerprint FROM slice_outcome"
            " WHERE unit_code = :unit_code AND night = :night",
            unit_code=unit_code,
            night=night,
        )
        return str(found["fingerprint"].iloc[0]) if len(found) else None

    def replace_slice(self, new: Slice) -> None:
        """Replace the rows of (unit, night) and fold the touched dossiers, in one transaction."""
        with self.transaction() as connection:
            write_slice(connection, new)

    def build_models(self, as_of: date, known: str | None = None, temporary: bool = False) -> None:
        """Make the model tables as of the end of day `as_of`, counting only slices of nights <= `known`.

        `known` None takes all. `temporary` makes tables of this connection only, which hide the lasting ones
        until it closes: for a page of an old night.
        """
        with self.transaction() as connection:
            latest = self.nights()[-1:]
            build(connection, as_of, known or (latest[0] if latest else _LATEST), temporary=temporary)
        self._shown = None

    def show_models(self, names: Iterable[str], *, as_of: date, known: str) -> None:
        """Of the models as `build_models(temporary=True)` makes them, only `names` and what they read.

        The others cannot be read any more until it closes: they would tell of another night.
        """
        shown = closure(names)
        with self.transaction() as connection:
            build(connection, as_of, known, temporary=True, only=shown)
        self._shown = shown

    def read(self, name: str, **parameters: Any) -> pd.DataFrame:
        """The rows of `warehouse/queries/<name>.sql`; a parameter not given is NULL (no bound)."""
        path = QUERIES / f"{name}.sql"
        if not path.is_file():
            known = sorted(query.stem for query in QUERIES.glob("*.sql"))
            raise KnownError("E-WH-QUERY", f"there is no query [{name}].", mend=f"one of {known}")
        sql = path.read_text(encoding="utf-8")
        names = set(text(sql).compile().params)
        if set(parameters) - names:
            raise KnownError(
                "E-WH-QUERY",
                f"query [{name}] has no parameter {sorted(set(parameters) - names)}.",
                mend=f"it has {sorted(names)}",
            )
        return self.read_sql(sql, **(dict.fromkeys(names) | parameters))

    def read_sql(self, sql: str, **parameters: Any) -> pd.DataFrame:
        """The rows of one SELECT; parameters as :name."""
        with self.transaction() as connection:
            return read_frame(connection, sql, parameters)

    def read_table(self, name: str) -> pd.DataFrame:
        """A whole table or model, ordered by its key."""
        model = models().get(name)
        if model is None and name not in METADATA.tables:
            raise KnownError("E-WH-TABLE", f"there is no table [{name}].", mend="see docs, model of the data")
        table = model.table() if model else METADATA.tables[name]
        key = list(model.key) if model else [column.name for column in table.primary_key.columns]
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        with self.transaction() as connection:
            if model and (not self.has_table(name) or (self._shown is not None and name not in self._shown)):
                raise KnownError(
                    "E-WH-MODEL",
                    f"model [{name}] is not built yet.",
                    mend="run a night, or Warehouse.build_models",
                )
            frame = read_frame(connection, f'SELECT {names} FROM "{name}"')
        return frame.sort_values(key, ignore_index=True, kind="stable") if len(frame) else frame

    def has_table(self, name: str) -> bool:
        """Whether the table (lasting or of this connection) is there."""
        with self.transaction() as connection:
            return has_table(connection, name)

    def replace_rows(self, table: str, frame: pd.DataFrame, *, where: dict[str, Any]) -> None:
        """Replace the rows of `table` for which every column of `where` has its value; one transaction.

        `where` must not be empty, and every row of the frame must itself fall under it.
        """
        target = _writable(table)
        if not where:
            raise KnownError("E-WH-WHERE", f"table [{table}]: nothing says which rows to replace.", mend="give where")
        rows = frame.assign(**{name: value for name, value in where.items() if name not in frame.columns})
        for name, value in where.items():
            if not (rows[name] == value).all():
                raise KnownError(
                    "E-WH-WHERE",
                    f"table [{table}]: a row's [{name}] is not [{value}].",
                    mend="replace only your own rows",
                )
        statement = delete(target)
        for name, value in where.items():
            statement = statement.where(target.columns[name] == value)
        with self.transaction() as connection:
            before = self._apology_codes(target, connection)
            connection.execute(statement)
            insert_frame(connection, target, rows)
            if target is APOLOGY:
                refold(connection, before | set(rows["dossier_code"]))

    def insert_missing(self, table: str, frame: pd.DataFrame) -> int:
        """Insert the rows whose key is not there yet; the number inserted."""
        target = _writable(table)
        key = [column.name for column in target.primary_key.columns]
        rows = to_frame(to_arrow(frame, target))
        with self.transaction() as connection:
            there = read_frame(connection, f'SELECT {", ".join(key)} FROM "{target.name}"')
            merged = rows[key].merge(there.assign(is_there=True), on=key, how="left")
            missing = rows[merged["is_there"].isna().to_numpy()]
            insert_frame(connection, target, missing)
            if target is APOLOGY:
                refold(connection, set(missing["dossier_code"]))
            if target is ACT:
                refold(connection, _codes_spoken_of(missing))
        return len(missing)

    def _apology_codes(self, target: Table, connection: Connection) -> set[str]:
        if target is not APOLOGY:
            return set()
        return set(read_frame(connection, "SELECT dossier_code FROM apology")["dossier_code"])

    def nights(self) -> list[str]:
        """The nights that have a slice, in order."""
        return list(self.read_sql("SELECT DISTINCT night FROM slice_outcome ORDER BY night")["night"])


def _codes_spoken_of(acts: pd.DataFrame) -> set[str]:
    """The dossier codes of which new acts say that a row set aside is right."""
    spoken = acts[acts["subject_kind"] == DOSSIER]
    return {json.loads(content)["dossier_code"] for content in spoken["content"]}


def _writable(name: str) -> Table:
    if name not in METADATA.tables:
        raise KnownError("E-WH-TABLE", f"there is no table [{name}].", mend=f"one of {sorted(METADATA.tables)}")
    return METADATA.tables[name]
