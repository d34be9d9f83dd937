"""Which rows speak of one dossier, and which of them count: from all versions under some codes.

A version's own key (`dossier_key`) is what its source declares. Units come and go, and numbers are used again, so
the dossier it belongs to (`dossier_id`) is worked out from every version of the code, night by night:

- A row of the unit that answers for a dossier, or of one that takes over from it, goes on with it, if procedure and
  reception agree. A reception put right while the dossier is open, to a day it could have been received on, agrees.
- Another unit's row is the same dossier only if procedure and reception agree, or if the first unit's whole register
  no longer holds the dossier while it was open: told to both. It counts where it tells later events.
- Any other row under the key is a number used again: set aside, never a new version, unless a person confirms that it
  is the same dossier put right.

Standing of a version: COUNTED (one a dossier and night), REPEATED (the same dossier, nothing new), ASIDE (the number
was used again), and, given by the fold, DOUBTED (takes an end away).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, Final

import numpy as np
import pandas as pd

from domain.identity import without_unit
from domain.status import TERMINAL_STATUSES, Status

COUNTED, REPEATED, ASIDE, DOUBTED = "COUNTED", "REPEATED", "ASIDE", "DOUBTED"
OTHER_UNIT, USED_AGAIN, TWO_UNITS = "DQ-ID-05", "DQ-ID-08", "DQ-ID-09"
END_GONE = "DQ-HX-03"
CONFIRMABLE: Final = (USED_AGAIN, END_GONE)
RESOLVED: Final = ["dossier_id", "standing", "rule_id", "other_unit", "credit_received_at"]
ENDS: Final = ("finished_at", "returned_at", "refused_at")
_NEVER = pd.Timestamp.min
_ASKED: Final = (
    "unit_code", "night", "dossier_code", "dossier_key", "proc_core", "territory", "received_at", "status", *ENDS,
)  # fmt: skip
ENDED: Final = TERMINAL_STATUSES | {int(Status.DONE_PROCESSING)}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the site and the warehouse know beside the versions.

    `succession`: unit_code, valid_from, answering_unit, proc_core, territory ('' for all), chains written out.
    `full_nights`: (unit, night) of which a whole register was collected. `confirmed`: what people confirmed although
    it would be set aside, as `unit/rule/key` -> the night of the row they were shown.
    """

    succession: pd.DataFrame
    full_nights: Collection[tuple[str, str]] = frozenset()
    confirmed: Mapping[str, str] = field(default_factory=dict)

    def is_confirmed(self, row: Mapping[Any, Any], rule: str) -> bool:
        """Whether somebody confirmed, by the row's night, what the rule would set aside."""
        night = self.confirmed.get(subject_of(row["unit_code"], rule, row["dossier_key"]))
        return night is not None and night <= row["night"]

    def goes_on(self, old: str, row: dict[str, Any]) -> bool:
        """Whether the row's unit takes over, by the row's night, from the unit `old` for such a dossier."""
        return any(
            since <= row["night"] and core in ("", row["proc_core"]) and territory in ("", row["territory"])
            for since, core, territory in self._heirs.get((old, row["unit_code"]), ())
        )

    @cached_property
    def _heirs(self) -> dict[tuple[str, str], list[tuple[str, str, str]]]:
        """(unit, who takes over from it) -> from when, for which procedure and territory; asked for every row."""
        found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
        for each in self.succession.to_dict("records"):
            scope = (str(each["valid_from"])[:10], str(each["proc_core"]), str(each["territory"]))
            found.setdefault((str(each["unit_code"]), str(each["answering_unit"])), []).append(scope)
        return found


@dataclass(kw_only=True)
class _Dossier:
    """A dossier as the nights so far tell it."""

    dossier_id: str
    unit: str  # whose row counts
    units: set[str]
    proc: object
    received: pd.Timestamp
    is_numbered_by_unit: bool  # another unit's like number is another dossier
    first_unit: str
    first_night: str
    told: tuple[pd.Timestamp, int]
    last_night: dict[str, str]  # by unit, the last night it handed the dossier in
    is_open: bool = True

    def agrees(self, row: dict[str, Any]) -> bool:
        return _same(self.proc, row["proc_core"]) and _day(self.received) == _day(row["received_at"])

    def is_put_right(self, row: dict[str, Any]) -> bool:
        """Whether the row only corrects the day received of an open dossier, to a day it could be received on."""
        on = _day(row["received_at"])
        return self.is_open and _same(self.proc, row["proc_core"]) and _NEVER < on <= pd.Timestamp(self.first_night)

    def has_left(self, row: dict[str, Any], full_nights: Collection[tuple[str, str]]) -> bool:
        """Whether the answering unit's whole register, later than its last word, no longer holds the open dossier."""
        if not self.is_open or not _same(self.proc, row["proc_core"]) or not row["received_at"] >= self.received:
            return False
        since = self.last_night[self.unit]
        return any(unit == self.unit and since < night <= row["night"] for unit, night in full_nights)


def subject_of(unit_code: str, rule: str, dossier_key: str) -> str:
    """How a person's word names what a rule set aside of one dossier of one unit."""
    return f"{unit_code}/{rule}/{dossier_key}"


def resolve(versions: pd.DataFrame, known: Standing) -> pd.DataFrame:
    """`RESOLVED` of every version, on the index of `versions`; all versions of each code must be there.

    `rule_id` and `other_unit` say what is to be told of a version; `credit_received_at` is the reception that counts:
    the row's own, or the first unit's where the dossier went on elsewhere.
    """
    found = pd.DataFrame(
        {
            "dossier_id": versions["dossier_key"],
            "standing": COUNTED,
            "rule_id": None,
            "other_unit": None,
            "credit_received_at": versions["received_at"],
        },
        index=versions.index,
    )
    by = versions.assign(_day=_days(versions["received_at"]), _proc=versions["proc_core"].fillna("")).groupby(
        "dossier_code"
    )
    many = by[["unit_code", "dossier_key", "_proc", "_day"]].nunique(dropna=False).max(axis=1) > 1
    hard = versions[versions["dossier_code"].isin(many.index[many])]
    hard = hard.sort_values(["dossier_code", "night", "unit_code", "dossier_key"])
    handed_over = _handed_over(hard, known)
    found.loc[handed_over.index, "dossier_id"] = handed_over
    hard = hard.drop(index=handed_over.index)
    if not len(hard):
        return found
    said: dict[Any, tuple[object, ...]] = {}
    for _, rows in groupby(_records(hard[list(_ASKED)]), key=lambda each: each[1]["dossier_code"]):
        said |= _Code(known).read(rows)
    told = pd.DataFrame.from_dict(said, orient="index", columns=RESOLVED)
    for name in RESOLVED:
        found.loc[told.index, name] = told[name]
    return found


def _handed_over(versions: pd.DataFrame, known: Standing) -> "pd.Series[Any]":
    """The dossier of each version of codes that simply went from unit to unit that takes over, all alike: all count.

    When units merge these are thousands of codes with hundreds of versions each, so they are not read one by one.
    Needs: versions in the order of codes and nights.
    """
    plain = pd.Series({key: without_unit(key)[0] for key in versions["dossier_key"].unique()}, dtype=object)
    asked = versions.assign(
        _plain=versions["dossier_key"].map(plain), _proc=versions["proc_core"].fillna(""),
        _territory=versions["territory"].fillna(""),
    )  # fmt: skip
    by = asked.groupby("dossier_code", sort=False)
    alike = by[["_plain", "_proc", "received_at"]].nunique(dropna=False).max(axis=1) == 1
    alike &= ~asked.duplicated(["dossier_code", "night"]).groupby(asked["dossier_code"], sort=False).any()
    before = by["unit_code"].shift()
    moves = asked[before.notna() & (before != asked["unit_code"])].assign(_before=before)
    kinds = moves[["_before", "unit_code", "night", "_proc", "_territory"]]
    goes_on = {
        kind: known.goes_on(
            kind[0], {"unit_code": kind[1], "night": kind[2], "proc_core": kind[3], "territory": kind[4]}
        )
        for kind in set(kinds.itertuples(index=False, name=None))
    }
    said = [goes_on[kind] for kind in kinds.itertuples(index=False, name=None)]
    broken = moves.loc[~np.array(said, dtype=bool), "dossier_code"].unique()
    good = alike[alike].index.difference(broken)
    some = asked[asked["dossier_code"].isin(good)]
    return some.groupby("dossier_code", sort=False)["dossier_key"].transform("first")


class _Code:
    """The dossiers under one code."""

    def __init__(self, known: Standing) -> None:
        self.known = known
        self.dossiers: list[_Dossier] = []
        self.by_key: dict[str, list[_Dossier]] = {}

    def read(self, rows: Iterable[tuple[Any, dict[str, Any]]]) -> dict[Any, tuple[object, ...]]:
        """By index of the row, what `resolve` gives. `rows`: (index, row) in the order of nights."""
        said: dict[Any, tuple[object, ...]] = {}
        for _, of_night in groupby(rows, key=lambda each: each[1]["night"]):
            placed = [(index, row, *self._place(row)) for index, row in of_night]
            for dossier in self.dossiers:
                mine = [each for each in placed if each[2] is dossier and each[3] != ASIDE]
                if mine:
                    said |= self._count(dossier, mine)
            said |= {
                index: (row["dossier_key"], ASIDE, rule, dossier.unit, row["received_at"])
                for index, row, dossier, standing, rule in placed
                if standing == ASIDE
            }
        return said

    def _place(self, row: dict[str, Any]) -> tuple[_Dossier, str, str | None]:
        """The dossier a row speaks of, its standing so far, and the rule that tells of it."""
        plain, key_unit = without_unit(row["dossier_key"])
        under = self.by_key.get(plain, [])
        mine = next((each for each in under if row["unit_code"] in each.units), None)
        if mine is not None:
            return mine, *self._again(mine, row)
        for dossier in (each for each in under if self.known.goes_on(each.unit, row)):
            if dossier.agrees(row) or (key_unit is None and dossier.is_put_right(row)):
                return dossier, COUNTED, None
        theirs = next((each for each in under if key_unit is None and not each.is_numbered_by_unit), None)
        if theirs is None:
            return self._new(plain, key_unit is not None, row), COUNTED, None
        if theirs.agrees(row) or theirs.has_left(row, self.known.full_nights):
            return theirs, REPEATED, TWO_UNITS
        return theirs, ASIDE, OTHER_UNIT

    def _again(self, dossier: _Dossier, row: dict[str, Any]) -> tuple[str, str | None]:
        """What a row is of a unit that handed in this dossier before."""
        if not (dossier.agrees(row) or dossier.is_put_right(row) or self.known.is_confirmed(row, USED_AGAIN)):
            return ASIDE, USED_AGAIN
        if dossier.unit == row["unit_code"] or self.known.goes_on(dossier.unit, row):
            return COUNTED, None
        is_late = self.known.goes_on(row["unit_code"], row | {"unit_code": dossier.unit})
        return REPEATED, None if is_late else TWO_UNITS

    def _new(self, plain: str, is_numbered_by_unit: bool, row: dict[str, Any]) -> _Dossier:
        dossier = _Dossier(
            dossier_id=row["dossier_key"],
            unit=row["unit_code"],
            units={row["unit_code"]},
            proc=row["proc_core"],
            received=row["received_at"],
            first_unit=row["unit_code"],
            first_night=row["night"],
            is_numbered_by_unit=is_numbered_by_unit,
            told=(_NEVER, -1),
            last_night={},
        )
        self.dossiers.append(dossier)
        self.by_key.setdefault(plain, []).append(dossier)
        return dossier

    def _count(self, dossier: _Dossier, placed: list[tuple[Any, ...]]) -> dict[Any, tuple[object, ...]]:
        """Choose the row that counts this night; the others repeat it."""
        before = dossier.unit

        def rank(each: tuple[Any, ...]) -> tuple[object, ...]:
            _, row, _, standing, _ = each
            is_next = row["unit_code"] != before and standing == COUNTED
            return _told(row), is_next, row["unit_code"] == before

        able = [each for each in placed if each[3] == COUNTED or _told(each[1]) > dossier.told]
        best = max(able, key=rank) if able else None
        said: dict[Any, tuple[object, ...]] = {}
        for index, row, _, _, rule in placed:
            counts = best is not None and index == best[0]
            received = row["received_at"] if row["unit_code"] == dossier.first_unit else dossier.received
            standing = COUNTED if counts else REPEATED
            said[index] = (dossier.dossier_id, standing, rule, before if rule else None, received)
        for _, row, _, _, _ in placed:
            dossier.units.add(row["unit_code"])
            dossier.last_night[row["unit_code"]] = row["night"]
        if best is not None:
            row = best[1]
            dossier.unit, dossier.told = row["unit_code"], max(dossier.told, _told(row))
            dossier.is_open = not is_ended(row)
            if row["unit_code"] == dossier.first_unit:
                dossier.proc, dossier.received = row["proc_core"], row["received_at"]
        return said


def is_ended(row: dict[str, Any]) -> bool:
    """Whether a version says that the dossier has ended."""
    ended = any(pd.notna(row[name]) for name in ENDS)
    return ended or (pd.notna(row["status"]) and int(row["status"]) in ENDED)


def _told(row: dict[str, Any]) -> tuple[pd.Timestamp, int]:
    """How far a row tells: its latest end, then its status."""
    ends = [row[name] for name in ENDS if pd.notna(row[name])]
    return max(ends, default=_NEVER), int(row["status"]) if pd.notna(row["status"]) else 0


def _records(rows: pd.DataFrame) -> list[tuple[Any, dict[str, Any]]]:
    named: Any = rows.to_dict("records")
    return list(zip(rows.index, named, strict=True))


def _same(one: Any, other: Any) -> bool:
    return ("" if pd.isna(one) else one) == ("" if pd.isna(other) else other)


def _day(instant: Any) -> pd.Timestamp:
    return pd.Timestamp(instant).normalize() if pd.notna(instant) else _NEVER


def _days(instants: pd.Series) -> pd.Series:
    return pd.to_datetime(instants).dt.normalize()
