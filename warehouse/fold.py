"""The fold: from every version of a dossier that any unit handed in to its current state and history.

Pure and vectorised. It looks at all versions of the touched dossiers at once and orders them by night, so
the nights may arrive in any order, or twice, and the result is the same. What a version's annotations say
depends only on versions, pauses and letters of that night or earlier: the state known at an old night
stays what it was.

- **Owner**: the unit of the earliest (night, unit_code). Versions of other units are kept, not merged, and
  become quarantine rows (rule DQ-ID-05).
- **credit_due_at**: the due date that counts. It starts as the first due date stated, and follows a later
  change only if the change has a legal trace (see `_has_trace`). Else the change is recorded under
  DQ-HX-01 and the credit stays.
- **status**: a change the legal path does not allow is recorded under DQ-ST-01.
- **credit_finished_at**: the latest finish ever reported. A finish set to an earlier date than that is
  recorded under DQ-HX-02 and gains nothing; a finish taken away (reopened) leaves none.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from domain.columns import DOSSIER, ORIGIN
from domain.ids import stable_id
from domain.status import is_allowed_transition
from warehouse.kinds import kind_of
from warehouse.tables import DOSSIER_CHANGE, DOSSIER_TABLE, DOSSIER_VERSION, QUARANTINE

FIELDS: tuple[str, ...] = (
    *(name for name in DOSSIER if name not in ORIGIN and name != "dossier_code"),
    "proc_core",
)
ANNOTATED: tuple[str, ...] = (
    "version_no",
    "is_owner",
    "credit_due_at",
    "credit_finished_at",
    "status_since",
    "row_hash",
)
_NO_CREDIT: dict[str, Any] = {"credit_due_at": pd.NaT, "credit_finished_at": pd.NaT, "status_since": None}
MOVED_DUE, MOVED_FINISH, OTHER_UNIT, STATUS_LEAP = "DQ-HX-01", "DQ-HX-02", "DQ-ID-05", "DQ-ST-01"


@dataclass(frozen=True, kw_only=True)
class Folded:
    """What the fold gives: annotated versions, and the state tables' rows for the touched dossiers."""

    versions: pd.DataFrame
    dossiers: pd.DataFrame
    changes: pd.DataFrame
    quarantine: pd.DataFrame


def fold(versions: pd.DataFrame, pauses: pd.DataFrame, apologies: pd.DataFrame) -> Folded:
    """Fold all versions of some dossiers.

    Needs: versions = columns of dossier_version (annotations ignored); pauses = columns of pause_version with
    `is_merged` settled; apologies = dossier_code, night, new_due_on.
    """
    ordered = versions.sort_values(["dossier_code", "night", "unit_code"], ignore_index=True)
    owner = ordered.groupby("dossier_code")["unit_code"].transform("first")
    ordered["is_owner"] = ordered["unit_code"] == owner
    texts = _texts(ordered)
    ordered["row_hash"] = _hashes(texts)
    owned = ordered[ordered["is_owner"]].reset_index(drop=True)
    owned_texts = texts[ordered["is_owner"]].reset_index(drop=True)
    owned = _annotated(owned, pauses, apologies)
    others = ordered[~ordered["is_owner"]].assign(version_no=0)
    last = owned.groupby("dossier_code").tail(1)
    first_night = owned.groupby("dossier_code")["night"].transform("first")
    dossiers = last.assign(first_night=first_night[last.index])
    columns = [column.name for column in DOSSIER_VERSION.columns]
    others = others.assign(**_NO_CREDIT)
    annotated = pd.concat([owned[columns], others[columns]], ignore_index=True) if len(others) else owned[columns]
    return Folded(
        versions=annotated,
        dossiers=dossiers[[column.name for column in DOSSIER_TABLE.columns]],
        changes=_changes(owned, owned_texts),
        quarantine=_other_units(others),
    )


def settle_merged(rows: pd.DataFrame, versions: pd.DataFrame) -> pd.Series:
    """For step or pause rows: whether each counts.

    A row of a unit that (by that night) also hands in the dossier itself without being its owner does not;
    a row of a unit that only works on a step of another's dossier does. `versions` needs is_owner.
    """
    others = versions[~versions["is_owner"].astype(bool)]
    since = others.groupby(["unit_code", "dossier_code"], as_index=False).agg(since=("night", "min"))
    joined = rows[["unit_code", "dossier_code", "night"]].merge(
        since, on=["unit_code", "dossier_code"], how="left", validate="m:1"
    )
    excluded = joined["since"].notna() & (joined["since"].fillna("") <= joined["night"])
    return pd.Series(~excluded.to_numpy(), index=rows.index, dtype=bool)


def latest_rows(rows: pd.DataFrame, dossiers: pd.DataFrame, number: str) -> pd.DataFrame:
    """The newest row of each (dossier, `number`) among those that count and whose dossier is known.

    On one night the owner's row goes before another unit's, then the smaller unit code.
    """
    owner = dossiers.set_index("dossier_code")["unit_code"]
    known = rows[rows["is_merged"].astype(bool) & rows["dossier_code"].isin(owner.index)]
    ranked = known.assign(_other=(known["unit_code"] != known["dossier_code"].map(owner)).astype(int))
    ranked = ranked.sort_values(
        ["dossier_code", number, "night", "_other", "unit_code"], ascending=[True, True, False, True, True]
    )
    return ranked.drop_duplicates(["dossier_code", number]).drop(columns="_other").reset_index(drop=True)


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
    by = owned.groupby("dossier_code", sort=False)
    owned = owned.assign(version_no=by.cumcount() + 1)
    first = owned["version_no"] == 1
    before = by[["night", "due_at", "finished_at", "status"]].shift()
    # the finish that counts
    latest = by["finished_at"].cummax()
    latest = latest.groupby(owned["dossier_code"]).ffill()
    owned["credit_finished_at"] = latest.where(owned["finished_at"].notna())
    so_far = latest.groupby(owned["dossier_code"]).shift()
    owned["_finish_back"] = owned["finished_at"].notna() & (_day(owned["finished_at"]) < _day(so_far))
    # the due date that counts
    moved = ~first & _differs(_day(owned["due_at"]), _day(before["due_at"]))
    candidates = owned.loc[moved, ["dossier_code", "night", "due_at"]].assign(
        before_night=before["night"],
        before_due=before["due_at"],
        was_finished=so_far.notna(),
        was_moved=moved.groupby(owned["dossier_code"]).shift(fill_value=False),
    )
    traced = _has_trace(candidates, pauses, apologies)
    owned["_untraced"] = moved & ~traced.reindex(owned.index, fill_value=False)
    counts = ~(owned["_untraced"] | _inherits(owned, moved))
    source = owned.index.to_series().where(counts).groupby(owned["dossier_code"]).ffill()
    owned["credit_due_at"] = owned["due_at"].loc[source.astype("int64")].to_numpy()
    # a date put back to the one that counts needs no trace
    owned["_untraced"] &= _differs(_day(owned["due_at"]), _day(owned["credit_due_at"]))
    # since when it has its status
    owned["_status_leap"] = [
        pd.notna(old) and pd.notna(new) and not is_allowed_transition(int(old), int(new))
        for old, new in zip(before["status"], owned["status"], strict=True)
    ]
    new_status = first | _differs(owned["status"], before["status"])
    owned["status_since"] = owned["night"].where(new_status).groupby(owned["dossier_code"]).ffill()
    return owned


def _inherits(owned: pd.DataFrame, moved: pd.Series) -> pd.Series:
    """Versions that follow an untraced move without moving again: they keep the credit from before it."""
    last_move = owned["_untraced"].where(moved).astype("boolean").groupby(owned["dossier_code"]).ffill()
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
            pauses[pauses["is_merged"].astype(bool)][["dossier_code", "pause_no", "night", "ended_at", "new_due_at"]],
            on="dossier_code",
            suffixes=("", "_pause"),
        )
        pairs = pairs[pairs["night_pause"] <= pairs["night"]].sort_values("night_pause", kind="stable")
        pairs = pairs.drop_duplicates(["row", "pause_no"], keep="last")
        ended, before = _day(pairs["ended_at"]), pd.to_datetime(pairs["before_night"])
        in_time = (ended > before) | ((ended == before) & ~pairs["was_moved"])
        in_time &= ended <= pd.to_datetime(pairs["night"])
        good = (in_time | (_day(pairs["new_due_at"]) == pairs["day"])) & pairs["day"].notna()
        traced |= traced.index.isin(pairs.loc[good, "row"])
    if len(apologies) and len(moves):
        pairs = moves.assign(row=moves.index, day=day).merge(
            apologies[["dossier_code", "night", "new_due_on"]], on="dossier_code", suffixes=("", "_letter")
        )
        kept = (pairs["night_letter"] < pairs["night"]) & (pd.to_datetime(pairs["new_due_on"]) == pairs["day"])
        once = pairs[kept].sort_values("night").drop_duplicates("dossier_code")
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
    before = texts.groupby(owned["dossier_code"], sort=False).shift()
    later = owned["version_no"] > 1
    parts: list[pd.DataFrame] = []
    for field in FIELDS:
        differs = later & _differs(texts[field], before[field])
        if not differs.any():
            continue
        rows = owned.loc[differs, ["dossier_code", "night", "unit_code"]].assign(
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


def _other_units(others: pd.DataFrame) -> pd.DataFrame:
    """The quarantine rows of versions that are not the owner's. The raw record holds no personal data."""
    names = [column.name for column in QUARANTINE.columns]
    if not len(others):
        return empty(names)
    texts = _texts(others)
    records = [json.dumps({k: v for k, v in row.items() if v is not None}, ensure_ascii=False)
               for row in texts.to_dict("records")]  # fmt: skip
    keys = zip(others["unit_code"], others["night"], others["dossier_code"], strict=True)
    made = others[["unit_code", "night", "file_name", "line_no", "dossier_code"]].assign(
        quarantine_id=[stable_id("merge", *key) for key in keys],
        table_name="dossier",
        rule_id=OTHER_UNIT,
        severity="critical",
        message="Mã hồ sơ đã được đơn vị khác nộp trước; bản ghi này không được hợp nhất.",
        raw_record=records,
        stage="merge",
        state="OPEN",
    )
    return made[names]


def empty(names: list[str]) -> pd.DataFrame:
    """A frame of these columns and no row."""
    return pd.DataFrame({name: pd.Series(dtype=object) for name in names})
