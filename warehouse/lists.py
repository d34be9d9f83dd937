"""Steps and stops of a dossier: which dossier each row is of, whether it counts, and its place in the list.

A row that knows the code alone goes to the newest dossier of that code received not after it. Where the unit numbers
its rows, the number is the place. Where the numbers are ours (by time, over one night), or several units worked on
the dossier, each night's list either says the whole list again (it begins where the known list begins) or goes on
from it: nothing that an earlier night told is lost.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import pandas as pd

from warehouse.identity import ASIDE, ENDS, REPEATED

TWO_FIT = "DQ-CS-10"
SETTLED: Final = ["dossier_id", "place", "is_merged", "rule_id"]


@dataclass(frozen=True, kw_only=True)
class ListKind:
    """One kind of list: the column of its number, its times (the first that is there dates a row), what it says."""

    number: str
    times: tuple[str, ...]
    says: tuple[str, str]
    vi: str


STEPS = ListKind(number="step_no", times=("arrived_at", "started_at", "finished_at"), says=("task", "arrived_at"),
                 vi="bước")  # fmt: skip
PAUSES = ListKind(number="pause_no", times=("started_at", "ended_at"), says=("kind", "started_at"), vi="lần tạm dừng")


def settle(rows: pd.DataFrame, versions: pd.DataFrame, kind: ListKind) -> pd.DataFrame:
    """`SETTLED` of every row, on its index. `versions` with dossier_id and standing, all of the rows' codes."""
    found = pd.DataFrame(
        {"dossier_id": rows["dossier_key"], "place": rows[kind.number], "is_merged": True, "rule_id": None},
        index=rows.index,
    )
    if not len(rows):
        return found
    moments = _moments(rows, kind)
    _find_dossiers(found, rows, versions, moments)
    _find_places(found, rows, moments, kind)
    return found


def latest_rows(rows: pd.DataFrame, dossiers: pd.DataFrame, number: str) -> pd.DataFrame:
    """The newest row of each (dossier, place) that counts and whose dossier is known, its place as `number`.

    On one night the row of the dossier's own unit goes before another unit's, then the smaller unit code.
    """
    owner = dossiers.set_index("dossier_id")["unit_code"]
    known = rows[rows["is_merged"].astype(bool) & rows["dossier_id"].isin(owner.index)]
    ranked = known.assign(_other=(known["unit_code"] != known["dossier_id"].map(owner)).astype(int))
    ranked = ranked.sort_values(
        ["dossier_id", "place", "night", "_other", "unit_code"], ascending=[True, True, False, True, True]
    )
    ranked = ranked.drop_duplicates(["dossier_id", "place"]).drop(columns="_other").reset_index(drop=True)
    return ranked.assign(**{number: ranked["place"]})


def overwritten(rows: pd.DataFrame, kind: ListKind) -> pd.DataFrame:
    """What a later night says otherwise of a place: the columns of a change, without its rule."""
    parts = []
    ordered = rows[rows["is_merged"].astype(bool)].sort_values(["dossier_id", "place", "night", "unit_code"])
    ordered = ordered.drop_duplicates(["dossier_id", "place", "night"], keep="last")
    by = ordered.groupby(["dossier_id", "place"], sort=False)
    for name in kind.says:
        before = by[name].shift()
        differs = before.notna() & ordered[name].notna() & (before != ordered[name]).fillna(False)
        if differs.any():
            some = ordered[differs]
            parts.append(
                some[["dossier_id", "dossier_code", "night", "unit_code"]].assign(
                    field=[f"{kind.vi} {place}: {name}" for place in some["place"]],
                    old_value=[str(value) for value in before[differs]],
                    new_value=[str(value) for value in some[name]],
                )
            )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _moments(rows: pd.DataFrame, kind: ListKind) -> "pd.Series[Any]":
    moments = rows[kind.times[0]]
    for name in kind.times[1:]:
        moments = moments.where(moments.notna(), rows[name])
    return moments


def _find_dossiers(found: pd.DataFrame, rows: pd.DataFrame, versions: pd.DataFrame, moments: Any) -> None:
    by = versions.groupby("dossier_code")
    # Most codes have one dossier all of whose rows count: also one that went on at another unit.
    plain = (by["dossier_id"].nunique() == 1) & ~versions["standing"].isin([ASIDE, REPEATED]).groupby(
        versions["dossier_code"]
    ).any()
    known = versions.drop_duplicates("dossier_code").set_index("dossier_code")["dossier_id"]
    ids = rows["dossier_code"].map(known[plain[plain].index])
    found["dossier_id"] = ids.where(ids.notna(), found["dossier_id"])
    hard = rows["dossier_code"].isin(plain.index[~plain])
    if not hard.any():
        return
    said: dict[Any, list[object]] = {}
    of_code = dict(list(versions[versions["dossier_code"].isin(plain.index[~plain])].groupby("dossier_code")))
    for code, some in rows[hard].groupby("dossier_code"):
        cases = _cases(of_code[code])
        for index, row in some.iterrows():
            said[index] = _case_of(cases, row, moments[index])
    told = pd.DataFrame.from_dict(said, orient="index", columns=["dossier_id", "is_merged", "rule_id"])
    for name in told.columns:
        found.loc[told.index, name] = told[name]


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A dossier under a code, as one unit knows it; `dossier_id` None for one whose rows are set aside."""

    dossier_id: str | None
    unit: str
    key: str
    received: pd.Timestamp
    ended: pd.Timestamp | None
    first_night: str
    repeats: tuple[str, ...]  # nights on which the unit only repeated it; empty once it counted


def _cases(versions: pd.DataFrame) -> list[_Case]:
    cases = []
    shown = versions.assign(_id=versions["dossier_id"].where(versions["standing"] != ASIDE))
    for (unit, key, case_id, _), some in shown.groupby(
        ["unit_code", "dossier_key", "_id", shown["standing"] == ASIDE], dropna=False
    ):
        ends = some[list(ENDS)].max(axis=1)
        only_repeats = (some["standing"] == REPEATED).all()
        cases.append(
            _Case(
                dossier_id=str(case_id) if isinstance(case_id, str) else None,
                unit=str(unit),
                key=str(key),
                received=some["received_at"].min(),
                ended=ends.max() if ends.notna().any() else None,
                first_night=str(some["night"].min()),
                repeats=tuple(sorted(some["night"])) if only_repeats else (),
            )
        )
    return cases


def _case_of(cases: list[_Case], row: Any, moment: Any) -> list[object]:
    """The dossier of a row, whether the row counts, and the rule that tells when two dossiers fit."""
    exact = [each for each in cases if each.key == row["dossier_key"] and "~" in each.key.replace("~~", "")]
    mine = exact or [each for each in cases if each.unit == row["unit_code"]] or cases
    when = moment if pd.notna(moment) else pd.Timestamp(row["night"]) + pd.Timedelta(days=1)
    day = pd.Timestamp(when).normalize()
    begun = [each for each in mine if pd.notna(each.received) and each.received.normalize() <= day] or mine
    newest = max(begun, key=lambda each: (each.received, each.dossier_id or ""))
    running = {each.dossier_id or each.key for each in begun if each.ended is None or each.ended >= when}
    rule = TWO_FIT if len(running) > 1 else None
    if newest.dossier_id is None:
        return [row["dossier_key"], False, rule]
    is_copy = bool(newest.repeats) and newest.unit == row["unit_code"] and newest.repeats[0] <= row["night"]
    return [newest.dossier_id, not is_copy, rule]


def _find_places(found: pd.DataFrame, rows: pd.DataFrame, moments: Any, kind: ListKind) -> None:
    merged = found["is_merged"].astype(bool)
    some = rows[merged].assign(dossier_id=found.loc[merged, "dossier_id"], _moment=moments[merged])
    by = some.groupby("dossier_id")
    several = (by["unit_code"].nunique() > 1) | (by["is_ours"].any() & (by["night"].nunique() > 1))
    hard = some[some["dossier_id"].isin(several.index[several])]
    if not len(hard):
        return
    hard = hard.assign(_said=pd.Series(_said(hard, kind), index=hard.index, dtype=object))
    hard = hard.sort_values(["dossier_id", "night", "unit_code", "_moment", kind.number, "line_no"])
    for _, of_dossier in hard.groupby("dossier_id", sort=False):
        found.loc[of_dossier.index, "place"] = _places(of_dossier)


def _said(rows: pd.DataFrame, kind: ListKind) -> list[tuple[object, ...]]:
    """What makes a row the same row on another night: what it says and when."""
    task = rows[kind.says[0]].astype(object).where(rows[kind.says[0]].notna(), "")
    return list(zip(task, rows["_moment"], strict=True))


def _places(rows: pd.DataFrame) -> list[int]:
    known: list[tuple[object, ...]] = []
    places: list[int] = []
    listed = zip(rows["night"], rows["unit_code"], rows["_said"], strict=True)
    for _, group in groupby(listed, key=lambda each: each[:2]):
        said = [each[2] for each in group]
        if not known or said[0] == known[0] or said[0][1] < known[0][1]:
            known[: len(said)] = said
            places += range(1, len(said) + 1)
            continue
        for each in said:
            if each not in known:
                known.append(each)
            places.append(known.index(each) + 1)
    return places
