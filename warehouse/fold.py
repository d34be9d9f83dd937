"""The fold: from every version of a dossier that any unit handed in to its current state and history.

Pure and vectorised. It looks at all versions of the touched dossiers at once and orders them by night, so
the nights may arrive in any order, or twice, and the result is the same. What a version's annotations say
depends only on versions, pauses and letters of that night or earlier: the state known at an old night
stays what it was.

- **Identity**: which dossier a version is of, and whether it counts, is told by `warehouse.identity`. A number used
  again is set aside (DQ-ID-05, DQ-ID-08); a dossier of two units is told to both (DQ-ID-09).
- **An end taken away**: a version that says nothing of the end an earlier one gave does not count until an end is
  told again; it is set aside under DQ-HX-03, and the later state stands.
- **credit_due_at**: the due date that counts. It starts as the first due date stated, and follows a later
  change only if the change has a legal trace (see `_has_trace`). Else the change is recorded under
  DQ-HX-01 and the credit stays.
- **status**: a change the legal path does not allow is recorded under DQ-ST-01.
- **credit_finished_at**: the latest finish ever reported. A finish set to an earlier date than that is
  recorded under DQ-HX-02 and gains nothing.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from domain.columns import DOSSIER, ORIGIN
from domain.status import Status, is_allowed_transition
from warehouse.fold_findings import of_two_units, set_aside
from warehouse.frames import empty
from warehouse.identity import COUNTED, DOUBTED, END_GONE, ENDS, Standing, subject_of
from warehouse.kinds import kind_of
from warehouse.tables import DOSSIER_CHANGE, DOSSIER_TABLE, DOSSIER_VERSION

FIELDS: tuple[str, ...] = (
    *(name for name in DOSSIER if name not in ORIGIN and name not in ("dossier_code", "dossier_key")),
    "proc_core",
)
ANNOTATED: tuple[str, ...] = (
    "dossier_id",
    "standing",
    "version_no",
    "credit_received_at",
    "credit_due_at",
    "credit_finished_at",
    "status_since",
    "row_hash",
)
# Statuses that end a dossier though no date is told; done and returned (9, 10) without a date end nothing.
_ENDS_UNDATED = (Status.NOT_ACCEPTED, Status.WITHDRAWN, Status.STOPPED)
_NO_CREDIT: dict[str, Any] = {"credit_due_at": pd.NaT, "credit_finished_at": pd.NaT, "status_since": None}
MOVED_DUE, MOVED_FINISH, STATUS_LEAP = "DQ-HX-01", "DQ-HX-02", "DQ-ST-01"


@dataclass(frozen=True, kw_only=True)
class Folded:
    """What the fold gives: annotated versions, and the state tables' rows for the touched dossiers."""

    versions: pd.DataFrame
    dossiers: pd.DataFrame
    changes: pd.DataFrame
    quarantine: pd.DataFrame
    findings: pd.DataFrame


def fold(
    versions: pd.DataFrame, pauses: pd.DataFrame, apologies: pd.DataFrame, known: Standing | None = None
) -> Folded:
    """Fold all versions of some dossiers.

    Needs: versions = columns of dossier_version as `warehouse.identity.resolve` placed them, with its rule_id and
    other_unit; pauses = columns of pause_version, settled; apologies = dossier_id, night, new_due_on. `known`: what
    people confirmed.
    """
    ordered = versions.sort_values(["dossier_id", "night", "unit_code", "dossier_key"], ignore_index=True)
    ordered = _doubt(ordered, known)
    texts = _texts(ordered)
    ordered["row_hash"] = _hashes(texts)
    counted = ordered["standing"] == COUNTED
    owned = _annotated(ordered[counted].reset_index(drop=True), pauses, apologies)
    others = ordered[~counted].assign(version_no=0, **_NO_CREDIT)
    last = owned.groupby("dossier_id").tail(1)
    first_night = owned.groupby("dossier_id")["night"].transform("first")
    first_unit = owned.groupby("dossier_id")["unit_code"].transform("first")
    dossiers = last.assign(first_night=first_night[last.index], receiving_unit=first_unit[last.index])
    columns = [column.name for column in DOSSIER_VERSION.columns]
    return Folded(
        versions=pd.concat([owned[columns], others[columns]], ignore_index=True) if len(others) else owned[columns],
        dossiers=dossiers[[column.name for column in DOSSIER_TABLE.columns]],
        changes=_changes(owned, texts[counted].reset_index(drop=True)),
        quarantine=set_aside(ordered),
        findings=of_two_units(ordered),
    )


def _doubt(ordered: pd.DataFrame, known: Standing | None) -> pd.DataFrame:
    """Versions that count, in the order of nights: those that take away an end told before are doubted.

    Where a person confirmed that the end is gone, the dossier is open again from that row on.
    """
    counts = ordered["standing"] == COUNTED
    ended = ordered[list(ENDS)].notna().any(axis=1) | ordered["status"].isin(_ENDS_UNDATED)
    spans: list[Any] = [ordered["dossier_id"]]
    if known is not None and known.confirmed:
        keys = zip(ordered["unit_code"], ordered["dossier_key"], strict=True)
        subjects = pd.Series(
            [subject_of(unit, END_GONE, key) for unit, key in keys], index=ordered.index, dtype=object
        )
        since = subjects.map(known.confirmed)
        reopened = since.notna() & (since.fillna("") <= ordered["night"])
        spans.append((reopened & counts & ~ended).groupby(ordered["dossier_id"]).cumsum())
    was_ended = (ended & counts).groupby(spans).cummax()
    return ordered.assign(standing=ordered["standing"].mask(counts & was_ended & ~ended, DOUBTED))


def _texts(versions: pd.DataFrame) -> pd.DataFrame:
    """Each field as text, NULL as None: what history compares and stores."""
    made: dict[str, pd.Series] = {}
    for name in FIELDS:
        series, kind = versions[name], kind_of(DOSSIER_VERSION.columns[name])
        if kind == "instant":
            text = pd.to_datetime(series).dt.strftime("%Y-%m-%d %H:%M:%S")
        elif kind == "int":
            text = pd.to_numeric(series).astype("Int64").astype("string")
        elif kind == "float":
            text = pd.Series([None if pd.isna(v) else f"{float(v):.15g}" for v in series], index=series.index)
        else:
            text = series
        made[name] = text.astype(object).where(series.notna(), None)
    return pd.DataFrame(made, index=versions.index)


def _hashes(texts: pd.DataFrame) -> list[str]:
    rows = texts.to_numpy(dtype=object).tolist()
    return [hashlib.sha256(json.dumps(row, ensure_ascii=False).encode()).hexdigest()[:16] for row in rows]


def _day(instants: pd.Series) -> pd.Series:
    return pd.to_datetime(instants).dt.normalize()


def _differs(now: pd.Series, before: pd.Series) -> pd.Series:
    same = (now == before).fillna(False).astype(bool)
    return ~(same | (now.isna() & before.isna()))


def _annotated(owned: pd.DataFrame, pauses: pd.DataFrame, apologies: pd.DataFrame) -> pd.DataFrame:
    by = owned.groupby("dossier_id", sort=False)
    owned = owned.assign(version_no=by.cumcount() + 1)
    first = owned["version_no"] == 1
    before = by[["night", "due_at", "finished_at", "status"]].shift()
    # the finish that counts
    latest = by["finished_at"].cummax()
    latest = latest.groupby(owned["dossier_id"]).ffill()
    owned["credit_finished_at"] = latest.where(owned["finished_at"].notna())
    so_far = latest.groupby(owned["dossier_id"]).shift()
    owned["_finish_back"] = owned["finished_at"].notna() & (_day(owned["finished_at"]) < _day(so_far))
    # the due date that counts
    moved = ~first & _differs(_day(owned["due_at"]), _day(before["due_at"]))
    candidates = owned.loc[moved, ["dossier_id", "night", "due_at"]].assign(
        before_night=before["night"],
        before_due=before["due_at"],
        was_finished=so_far.notna(),
        was_moved=moved.groupby(owned["dossier_id"]).shift(fill_value=False),
    )
    traced = _has_trace(candidates, pauses, apologies)
    owned["_untraced"] = moved & ~traced.reindex(owned.index, fill_value=False)
    counts = ~(owned["_untraced"] | _inherits(owned, moved))
    source = owned.index.to_series().where(counts).groupby(owned["dossier_id"]).ffill()
    owned["credit_due_at"] = owned["due_at"].loc[source.astype("int64")].to_numpy()
    # a date put back to the one that counts needs no trace
    owned["_untraced"] &= _differs(_day(owned["due_at"]), _day(owned["credit_due_at"]))
    # since when it has its status
    owned["_status_leap"] = [
        pd.notna(old) and pd.notna(new) and not is_allowed_transition(int(old), int(new))
        for old, new in zip(before["status"], owned["status"], strict=True)
    ]
    new_status = first | _differs(owned["status"], before["status"])
    owned["status_since"] = owned["night"].where(new_status).groupby(owned["dossier_id"]).ffill()
    return owned


def _inherits(owned: pd.DataFrame, moved: pd.Series) -> pd.Series:
    """Versions that follow an untraced move without moving again: they keep the credit from before it."""
    last_move = owned["_untraced"].where(moved).astype("boolean").groupby(owned["dossier_id"]).ffill()
    return last_move.fillna(False).astype(bool)


def _has_trace(moves: pd.DataFrame, pauses: pd.DataFrame, apologies: pd.DataFrame) -> pd.Series:
    """Whether each move of a due date has a legal trace.

    It has one if a due date is stated for the first time on a dossier not yet finished; or a stop of the
    clock known by that night names exactly the new date, or ended since the version before (a stop that
    ended on the very night of the version before counts unless that version had moved the date itself); or
    an apology letter of an earlier night promised the new date, once.
    """
    day = _day(moves["due_at"])
    traced = moves["before_due"].isna() & day.notna() & ~moves["was_finished"]
    if len(pauses) and len(moves):
        pairs = moves.assign(row=moves.index, day=day).merge(
            pauses[pauses["is_merged"].astype(bool)][["dossier_id", "place", "night", "ended_at", "new_due_at"]],
            on="dossier_id",
            suffixes=("", "_pause"),
        )
        pairs = pairs[pairs["night_pause"] <= pairs["night"]].sort_values("night_pause", kind="stable")
        pairs = pairs.drop_duplicates(["row", "place"], keep="last")
        ended, before = _day(pairs["ended_at"]), pd.to_datetime(pairs["before_night"])
        in_time = (ended > before) | ((ended == before) & ~pairs["was_moved"])
        in_time &= ended <= pd.to_datetime(pairs["night"])
        good = (in_time | (_day(pairs["new_due_at"]) == pairs["day"])) & pairs["day"].notna()
        traced |= traced.index.isin(pairs.loc[good, "row"])
    if len(apologies) and len(moves):
        pairs = moves.assign(row=moves.index, day=day).merge(
            apologies[["dossier_id", "night", "new_due_on"]], on="dossier_id", suffixes=("", "_letter")
        )
        kept = (pairs["night_letter"] < pairs["night"]) & (pd.to_datetime(pairs["new_due_on"]) == pairs["day"])
        once = pairs[kept].sort_values("night").drop_duplicates("dossier_id")
        traced |= traced.index.isin(once["row"])
    return traced


_BROKEN = {
    "due_at": ("_untraced", MOVED_DUE),
    "finished_at": ("_finish_back", MOVED_FINISH),
    "status": ("_status_leap", STATUS_LEAP),
}


def _changes(owned: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    """One row a field that differs from the owner's version before."""
    names = [column.name for column in DOSSIER_CHANGE.columns]
    before = texts.groupby(owned["dossier_id"], sort=False).shift()
    later = owned["version_no"] > 1
    parts: list[pd.DataFrame] = []
    for field in FIELDS:
        differs = later & _differs(texts[field], before[field])
        if not differs.any():
            continue
        rows = owned.loc[differs, ["dossier_id", "dossier_code", "night", "unit_code"]].assign(
            field=field,
            old_value=before.loc[differs, field],
            new_value=texts.loc[differs, field],
            has_legal_trace=True,
            rule_id=None,
        )
        broken = _BROKEN.get(field)
        if broken:
            bad = owned.loc[differs, broken[0]]
            rows["has_legal_trace"] = ~bad
            rows["rule_id"] = pd.Series(broken[1], index=rows.index, dtype=object).where(bad, None)
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)[names] if parts else empty(names)
