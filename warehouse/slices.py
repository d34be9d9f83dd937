"""Replacing one (unit, night) slice: delete, insert, fold; all in the caller's transaction."""

import json
import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from sqlalchemy import Column, Connection, MetaData, Table, text

from domain.act import CONFIRM, DOSSIER
from domain.errors import KnownError
from domain.identity import key_of
from domain.ids import stable_id
from warehouse.bulk import insert_frame, is_duckdb, read_frame
from warehouse.fold import ANNOTATED, fold
from warehouse.fold_findings import of_two_dossiers
from warehouse.frames import empty, to_arrow, to_frame
from warehouse.identity import ASIDE, Standing, resolve
from warehouse.kinds import SQL_TYPES
from warehouse.lists import PAUSES, SETTLED, STEPS, latest_rows, overwritten, settle
from warehouse.tables import (
    DOSSIER_CHANGE,
    DOSSIER_FLAG,
    DOSSIER_STEP,
    DOSSIER_TABLE,
    DOSSIER_VERSION,
    FOLD_FINDING,
    LANDED_FILE,
    PAUSE_TABLE,
    PAUSE_VERSION,
    QUARANTINE,
    RULE_RESULT,
    SLICE_OUTCOME,
    STEP_VERSION,
)

_WRITER_LOCK = 7468_2017  # any fixed number: one writer of slices at a time on PostgreSQL
_TOUCHED = Table(
    "touched_dossier",
    MetaData(),
    Column("dossier_code", SQL_TYPES["text"], info={"kind": "text"}),
    prefixes=["TEMPORARY"],
)


def _none() -> pd.DataFrame:
    return pd.DataFrame()


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What one unit handed in on one night, judged: the whole content of its rows in the warehouse.

    Frames have the columns of the tables they fill (`warehouse/tables.py`); `unit_code` and `night` may be
    left out and otherwise must be the slice's. `outcome` gives the other columns of slice_outcome. The fold's
    columns (annotations, is_merged) are worked out here and ignored when given. `numbered_by_us`: which of 'step' and
    'pause' came without numbers of their own.
    """

    unit_code: str
    night: str
    outcome: dict[str, Any]
    files: pd.DataFrame = field(default_factory=_none)
    dossiers: pd.DataFrame = field(default_factory=_none)
    steps: pd.DataFrame = field(default_factory=_none)
    pauses: pd.DataFrame = field(default_factory=_none)
    quarantine: pd.DataFrame = field(default_factory=_none)
    rule_results: pd.DataFrame = field(default_factory=_none)
    flags: pd.DataFrame = field(default_factory=_none)
    numbered_by_us: frozenset[str] = frozenset()


def write_slice(connection: Connection, new: Slice) -> None:
    """Replace the slice and fold every dossier that its old or its new content touches."""
    frames = _frames(new)
    if not is_duckdb(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
    touched = {
        code for table in (DOSSIER_VERSION, STEP_VERSION, PAUSE_VERSION) for code in frames[table]["dossier_code"]
    }
    where = "unit_code = :unit_code AND night = :night"
    slice_key = {"unit_code": new.unit_code, "night": new.night}
    for table in (DOSSIER_VERSION, STEP_VERSION, PAUSE_VERSION):
        old = read_frame(connection, f"SELECT DISTINCT dossier_code FROM {table.name} WHERE {where}", slice_key)
        touched |= set(old["dossier_code"])
    touched |= _set_aside_beside(connection, new)
    for table, frame in frames.items():
        # rows of stage 'merge' are the fold's own and go with the dossiers they are of
        kept = " AND stage <> 'merge'" if table is QUARANTINE else ""
        connection.execute(text(f"DELETE FROM {table.name} WHERE {where}{kept}"), slice_key)
        insert_frame(connection, table, frame)
    refold(connection, touched)


def _set_aside_beside(connection: Connection, new: Slice) -> set[str]:
    """Codes of rows set aside that a whole register of this unit may show to have gone on elsewhere."""
    if not new.outcome.get("is_full"):
        return set()
    found = read_frame(
        connection,
        "SELECT DISTINCT a.dossier_code FROM dossier_version AS a"
        " JOIN dossier_version AS b ON b.dossier_code = a.dossier_code"
        " WHERE a.standing = :aside AND a.unit_code <> :unit_code AND b.unit_code = :unit_code",
        {"aside": ASIDE, "unit_code": new.unit_code},
    )
    return set(found["dossier_code"])


def _frames(new: Slice) -> dict[Table, pd.DataFrame]:
    outcome = pd.DataFrame([{name: value for name, value in new.outcome.items() if name in SLICE_OUTCOME.columns}])
    given: dict[Table, pd.DataFrame] = {
        SLICE_OUTCOME: outcome,
        LANDED_FILE: new.files,
        DOSSIER_VERSION: new.dossiers,
        STEP_VERSION: new.steps,
        PAUSE_VERSION: new.pauses,
        QUARANTINE: _with_ids(new),
        RULE_RESULT: new.rule_results,
        DOSSIER_FLAG: new.flags,
    }
    ignored = [*ANNOTATED, "is_merged", "place", "is_ours"]
    frames: dict[Table, pd.DataFrame] = {}
    for table, frame in given.items():
        if not len(frame):
            frames[table] = empty([column.name for column in table.columns])
            continue
        _check_slice(new, table, frame)
        _check_finite(new, table, frame)
        own = frame.drop(columns=[name for name in ignored if name in frame.columns])
        own = own.assign(unit_code=new.unit_code, night=new.night)
        if "dossier_code" in own.columns and "dossier_key" not in own.columns:
            own = own.assign(dossier_key=own["dossier_code"].map(key_of, na_action="ignore"))
        if table in (STEP_VERSION, PAUSE_VERSION):
            number, name = ("step_no", "step") if table is STEP_VERSION else ("pause_no", "pause")
            # true of nearly every row; the fold takes back the others
            own = own.assign(is_ours=name in new.numbered_by_us, is_merged=True)
            own = own.assign(dossier_id=own["dossier_key"], place=own[number])
        frames[table] = to_frame(to_arrow(own, table))
    return frames


def _with_ids(new: Slice) -> pd.DataFrame:
    """The quarantine rows with an id each: the same bad row of the same night always has the same one."""
    rows = new.quarantine
    if "quarantine_id" in rows.columns or not len(rows):
        return rows
    names = ("stage", "table_name", "file_name", "line_no", "rule_id", "message", "dossier_code")
    parts = [rows[name] if name in rows.columns else [None] * len(rows) for name in names]
    ids = [stable_id(new.unit_code, new.night, *part) for part in zip(*parts, strict=True)]
    return rows.assign(quarantine_id=ids)


def _check_slice(new: Slice, table: Table, frame: pd.DataFrame) -> None:
    for name, own in (("unit_code", new.unit_code), ("night", new.night)):
        if name in frame.columns and len(frame) and not (frame[name] == own).all():
            raise KnownError(
                "E-WH-SLICE",
                f"slice [{new.unit_code}] [{new.night}]: table [{table.name}] has rows of another {name}.",
                mend="split the rows by unit and night before writing slices",
            )


def _check_finite(new: Slice, table: Table, frame: pd.DataFrame) -> None:
    """A database takes an infinite number, and every sum with it is infinite too."""
    for name in frame.select_dtypes("number").columns:
        if frame[name].isin([math.inf, -math.inf]).any():
            raise KnownError(
                "E-WH-TYPE",
                f"slice [{new.unit_code}] [{new.night}]: table [{table.name}], column [{name}]: infinite number.",
                mend="correct the value at its source",
            )


def refold(connection: Connection, touched: set[str]) -> None:
    """Work out anew the state, history and annotations of these dossiers from all their versions."""
    if not touched:
        return
    _TOUCHED.create(connection)
    insert_frame(connection, _TOUCHED, pd.DataFrame({"dossier_code": sorted(touched)}, dtype="str"))
    versions, steps, pauses = (_touched_rows(connection, t) for t in (DOSSIER_VERSION, STEP_VERSION, PAUSE_VERSION))
    for table in (DOSSIER_TABLE, DOSSIER_STEP, PAUSE_TABLE, DOSSIER_CHANGE, FOLD_FINDING, QUARANTINE):
        only = " AND stage = 'merge'" if table is QUARANTINE else ""
        connection.exec_driver_sql(
            f"DELETE FROM {table.name} WHERE dossier_code IN (SELECT dossier_code FROM touched_dossier){only}"
        )
    _fold_into(connection, versions, steps, pauses)
    _TOUCHED.drop(connection)


def _fold_into(connection: Connection, versions: pd.DataFrame, steps: pd.DataFrame, pauses: pd.DataFrame) -> None:
    known = _standing(connection, versions)
    resolved = versions.assign(**resolve(versions, known))
    new_steps = steps.assign(**settle(steps, resolved, STEPS))
    new_pauses = pauses.assign(**settle(pauses, resolved, PAUSES))
    for table, old, new in ((STEP_VERSION, steps, new_steps), (PAUSE_VERSION, pauses, new_pauses)):
        _update(connection, table, old, new, tuple(SETTLED[:-1]))
        insert_frame(connection, FOLD_FINDING, of_two_dossiers(new))
    if not len(versions):
        return
    apologies = read_frame(
        connection,
        "SELECT a.dossier_id, a.night, a.new_due_on FROM apology AS a"
        " JOIN touched_dossier AS t ON t.dossier_code = a.dossier_code",
    )
    folded = fold(resolved, new_pauses, apologies, known)
    _update(connection, DOSSIER_VERSION, versions, folded.versions, ANNOTATED)
    insert_frame(connection, DOSSIER_TABLE, folded.dossiers)
    insert_frame(connection, DOSSIER_CHANGE, _with_lists(folded.changes, new_steps, new_pauses))
    insert_frame(connection, QUARANTINE, folded.quarantine)
    insert_frame(connection, FOLD_FINDING, folded.findings)
    for table, new, kind in ((DOSSIER_STEP, new_steps, STEPS), (PAUSE_TABLE, new_pauses, PAUSES)):
        latest = latest_rows(new, folded.dossiers, kind.number)
        insert_frame(connection, table, latest[[column.name for column in table.columns]])


def _standing(connection: Connection, versions: pd.DataFrame) -> Standing:
    """What identity needs beside the versions: asked only where a code has rows of several units."""
    succession = read_frame(connection, "SELECT * FROM unit_succession")
    of_units = versions.groupby("dossier_code")["unit_code"].nunique() if len(versions) else pd.Series(dtype="int64")
    confirmed = _confirmed(connection)
    if not (of_units > 1).any():
        return Standing(succession=succession, confirmed=confirmed)
    nights = read_frame(
        connection,
        "SELECT unit_code, night FROM slice_outcome WHERE is_full AND status IN ('COLLECTED', 'UNCHANGED')",
    )
    whole = frozenset(zip(nights["unit_code"], nights["night"], strict=True))
    return Standing(succession=succession, full_nights=whole, confirmed=confirmed)


def _confirmed(connection: Connection) -> dict[str, str]:
    """What people confirmed of dossiers, by subject, and the night of the row they were shown; the last word."""
    acts = read_frame(
        connection,
        "SELECT subject_id, kind, content FROM act WHERE subject_kind = :dossier AND NOT is_demo"
        " ORDER BY said_at, act_id",
        {"dossier": DOSSIER},
    )
    last = {row["subject_id"]: row for row in acts.to_dict("records")}
    return {name: json.loads(row["content"])["night"] for name, row in last.items() if row["kind"] == CONFIRM}


def _with_lists(changes: pd.DataFrame, steps: pd.DataFrame, pauses: pd.DataFrame) -> pd.DataFrame:
    """The changes of dossiers, and those of places in their lists of steps and stops."""
    parts = [changes]
    for rows, kind in ((steps, STEPS), (pauses, PAUSES)):
        found = overwritten(rows, kind) if len(rows) else pd.DataFrame()
        if len(found):
            parts.append(found.assign(has_legal_trace=True, rule_id=None))
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else changes


def _touched_rows(connection: Connection, table: Table) -> pd.DataFrame:
    return read_frame(
        connection,
        f"SELECT v.* FROM {table.name} AS v JOIN touched_dossier AS t ON t.dossier_code = v.dossier_code",
    )


def _update(
    connection: Connection, table: Table, old: pd.DataFrame, new: pd.DataFrame, names: tuple[str, ...]
) -> None:
    """Write columns `names` of the rows of `new` that differ from `old` (same keys)."""
    key = [column.name for column in table.primary_key.columns]
    if not len(new):
        return
    canonical = to_frame(to_arrow(new[[*key, *names]], _part(table, [*key, *names])))
    both = old[[*key, *names]].merge(canonical, on=key, suffixes=("_old", ""), validate="1:1")
    differs = pd.Series(False, index=both.index)
    for name in names:
        now, before = both[name], both[f"{name}_old"]
        same = (now == before).fillna(False).astype(bool) | (now.isna() & before.isna())
        differs |= ~same
    dirty = both.loc[differs, [*key, *names]]
    if not len(dirty):
        return
    changed = _part(table, [*key, *names])
    changed.create(connection)
    insert_frame(connection, changed, dirty)
    sets = ", ".join(f"{name} = c.{name}" for name in names)
    on = " AND ".join(f"{table.name}.{name} = c.{name}" for name in key)
    connection.exec_driver_sql(f"UPDATE {table.name} SET {sets} FROM {changed.name} AS c WHERE {on}")
    changed.drop(connection)


def _part(table: Table, names: list[str]) -> Table:
    columns = [Column(name, table.columns[name].type, info=table.columns[name].info) for name in names]
    return Table(f"changed_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"])
