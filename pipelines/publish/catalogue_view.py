"""The review of a catalogue as pages show it: the map of its fields, journeys, papers, cumbersome ones, content."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.catalogue_checks import CHECK_VI
from analysis.cumbersome import PART_VI
from analysis.families import KIND_VI
from analysis.overlap import RELATION_VI
from pipelines.publish import formats
from pipelines.publish.overlap_map import hundredths
from pipelines.publish.rows import Row, records
from pipelines.reading.catalogue_table import ASIDE_SHOWN, Aside

ROWS_SHOWN = 40
CUMBERSOME_SHOWN = 30
WORDS_SHOWN = 30  # the portal copies whole articles of law into a step or a paper
ASKED_SHOWN = 3  # things one clause may ask for and still be told in its line
NO_FIELD = "Chưa rõ lĩnh vực"
_UNIT_VI = {"WORKING_DAY": "ngày làm việc", "DAY": "ngày", "HOUR": "giờ"}
_MONEY = "cost"  # parts of PART_VI that are no plain counts
_SHARE = "supplement_rate"


@dataclass(frozen=True, kw_only=True)
class CatalogueReview:
    """What a book of a catalogue shows.

    `frames`: as analysis.catalogue_review gives them; `procedures`, `papers`, `steps`: the versions reviewed; `name`:
    what the catalogue is called; `on`: the day it is reviewed for; `aside`: procedures that could not be read.
    """

    name: str
    on: date
    frames: Mapping[str, pd.DataFrame]
    procedures: pd.DataFrame
    papers: pd.DataFrame
    steps: pd.DataFrame
    aside: tuple[Aside, ...] = ()

    def rows(self, name: str) -> list[Row]:
        """The rows of a frame; none when the part is off."""
        return records(self.frames.get(name, pd.DataFrame()))

    def procedure(self, core: object) -> Row:
        """What the catalogue says of a procedure; only its code when it says nothing."""
        return {"proc_core": core, "name": core, "field_name": None} | self._procedures.get(str(core), {})

    @property
    def aside_shown(self) -> tuple[Aside, ...]:
        """The first of what could not be read."""
        return self.aside[:ASIDE_SHOWN]

    @cached_property
    def _procedures(self) -> dict[str, Row]:
        return {str(row["proc_core"]): row for row in records(self.procedures)}

    @cached_property
    def asked(self) -> dict[str, dict[str, str]]:
        """proc_core -> paper type -> the name that procedure gives it."""
        found: dict[str, dict[str, str]] = {}
        for row in self.rows("paper_holders"):
            found.setdefault(str(row["proc_core"]), {})[str(row["paper_type"])] = str(row["name"])
        return found

    @cached_property
    def homes(self) -> dict[str, str]:
        """proc_core -> the family it is in; those in none left out."""
        return {core: row["family_id"] for row in self.rows("families") for core in json.loads(row["proc_cores"])}

    @cached_property
    def paper_names(self) -> dict[str, str]:
        """Paper type -> the name it is shown under."""
        return {str(row["paper_type"]): str(row["name"]) for row in self.rows("paper_types")}

    @cached_property
    def tasks(self) -> dict[str, list[str]]:
        """proc_core -> its steps in order, with the days planned for each where known."""
        found: dict[str, list[str]] = {}
        if self.steps.empty:
            return found
        for row in records(self.steps.sort_values(["proc_core", "step_no"], kind="stable")):
            planned = row.get("planned_days")
            days = "" if formats.is_unknown(planned) else f" ({formats.plain_number(planned, 2)} ngày)"
            found.setdefault(str(row["proc_core"]), []).append(short(row["task"]) + days)
        return found

    @cached_property
    def step_counts(self) -> dict[str, int]:
        """Steps of each procedure."""
        return {core: len(tasks) for core, tasks in self.tasks.items()}

    @cached_property
    def pairs(self) -> dict[tuple[str, str], Row]:
        """The rows of `overlaps` by their two procedures."""
        return {(str(row["proc_core"]), str(row["other_proc_core"])): row for row in self.rows("overlaps")}

    def field(self, core: object) -> str:
        """The field of a procedure, said to be unknown where it is."""
        name = self.procedure(core)["field_name"]
        return NO_FIELD if formats.is_unknown(name) else str(name)


def family_list(review: CatalogueReview) -> list[Row]:
    """Every family in one line each, by field."""
    rows = [
        row
        | {
            "field": review.field(json.loads(row["proc_cores"])[0]),
            "codes": json.loads(row["proc_cores"]),
            "kind_vi": KIND_VI[row["kind"]],
        }
        for row in review.rows("families")
    ]
    return sorted(rows, key=lambda row: (row["field"], -row["size"], row["family_id"]))


def fields(review: CatalogueReview) -> list[Row]:
    """The map of the whole: procedures of each field, how many of them are in a family, the largest family."""
    total = Counter(review.field(core) for core in review.procedures.get("proc_core", []))
    groups: dict[str, list[Row]] = {}
    inside: Counter[str] = Counter()
    for row in review.rows("families"):
        homes = [review.field(core) for core in json.loads(row["proc_cores"])]
        inside.update(homes)
        for field in sorted(set(homes)):
            groups.setdefault(field, []).append(row)
    rows = [
        {
            "field": field,
            "procedures": total[field],
            "families": len(groups[field]),
            "inside": inside[field],
            "share": min(1.0, inside[field] / max(total[field], 1)),
            "largest": max(row["size"] for row in groups[field]),
        }
        for field in groups
    ]
    return sorted(rows, key=lambda row: (-row["inside"], row["field"]))


def pairs_outside(review: CatalogueReview) -> list[Row]:
    """Proposed pairs that belong to no family, the likeliest first."""
    return [
        row for row in pair_rows(review, review.rows("overlaps")) if row["propose_merge"] and not row["in_family"]
    ]


def pair_rows(review: CatalogueReview, rows: Sequence[Row]) -> list[Row]:
    """Pairs of the frame `overlaps` in one line each, told whether both are of one family."""
    return [
        row
        | {
            "relation_vi": formats.capital(RELATION_VI[row["relation"]]),
            "hundredths": hundredths(row["score"]),
            "in_family": review.homes.get(row["proc_core"], "") == review.homes.get(row["other_proc_core"], "-"),
        }
        for row in rows
    ]


def journeys(review: CatalogueReview) -> list[Row]:
    """Journeys: proposed ones, and those a joint procedure already does."""
    twice: dict[str, list[str]] = {}
    for row in review.rows("asked_twice"):
        twice.setdefault(row["journey_id"], []).append(short(row["name"]))
    return [
        row
        | {
            "codes": [core or "–" for core in json.loads(row["proc_cores"])],
            "titles": json.loads(row["names"]),
            "twice": twice.get(row["journey_id"], []),
        }
        for row in review.rows("journeys")
        if row["is_proposed"] or row["bundle"]
    ]


def papers(review: CatalogueReview, most: int = ROWS_SHOWN) -> list[Row]:
    """The papers most procedures ask for."""
    return [with_wordings(row) for row in review.rows("paper_types") if row["procedures"] > 1][:most]


def with_wordings(row: Row) -> Row:
    """A row of paper types with the wordings of the paper, shortened."""
    return row | {"wordings": [short(name) for name in json.loads(row["names"])]}


def cumbersome(review: CatalogueReview, most: int = CUMBERSOME_SHOWN) -> list[Row]:
    """The procedures that ask most beside their peers, each known part with its figures, those over first."""
    rows = [row for row in review.rows("cumbersome") if row["is_cumbersome"]]
    return [row | {"said": _parts(json.loads(row["parts"]))} for row in rows[:most]]


def _parts(parts: Mapping[str, Any]) -> list[Row]:
    known = [(name, told) for name, told in parts.items() if told]
    known.sort(key=lambda each: not each[1]["is_over"])
    figures = ("value", "median", "p75")
    return [
        {"part": PART_VI[name], **told} | {f"{key}_vi": _figure_vi(name, told[key]) for key in figures}
        for name, told in known
    ]


def _figure_vi(part: str, value: float) -> str:
    if part == _SHARE:
        return formats.percent(value)
    return formats.money(value) if part == _MONEY else formats.plain_number(value)


def checks(review: CatalogueReview) -> list[Row]:
    """What does not fit in the content, by kind: how many by clause, and the first of them; ROWS_SHOWN in all."""
    groups: dict[str, list[Row]] = {}
    for row in review.rows("checks"):
        groups.setdefault(row["check"], []).append(row)
    each = ROWS_SHOWN // max(len(groups), 1)
    return [
        {
            "check": name,
            "check_vi": CHECK_VI[name],
            "count": len(rows),
            "procedures": len({row["proc_core"] for row in rows}),
            "clauses": _clauses(rows),
            "source": rows[0]["source"],
            "rows": rows[:each],
        }
        for name, rows in groups.items()
    ]


def _clauses(rows: Sequence[Mapping[Any, Any]]) -> list[tuple[str, int]]:
    """Clause -> findings, most first; with what it asks for where that is few things."""
    asked: dict[str, set[str]] = {}
    for row in rows:
        asked.setdefault(str(row["clause"]), set()).add(str(row["expected"]))
    counts = Counter(str(row["clause"]) for row in rows)
    told = {clause: "; ".join(sorted(each)) if len(each) <= ASKED_SHOWN else "" for clause, each in asked.items()}
    order = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [(f"{clause} ({told[clause]})" if told[clause] else clause, n) for clause, n in order]


def short(text: str, most: int = WORDS_SHOWN) -> str:
    """A long text cut after a few words; no full stop at its end, since lists are joined by other marks."""
    words = str(text).rstrip(" .;").split()
    return " ".join(words) if len(words) <= most else " ".join(words[:most]) + " …"


def limit_vi(procedure: Mapping[str, Any]) -> str:
    """The limit as the catalogue states it."""
    quantity, unit = procedure.get("limit_quantity"), str(procedure.get("limit_unit"))
    if formats.is_unknown(quantity):
        return formats.UNKNOWN
    return f"{formats.plain_number(quantity)} {_UNIT_VI.get(unit, '')}".strip()


def levels_vi(level: str) -> str:
    """The levels of a procedure in words: cấp tỉnh, xã."""
    words = {"XA": "xã", "HUYEN": "huyện", "TINH": "tỉnh", "BO": "bộ"}
    told = [words.get(each, "khác") for each in level.split(",") if each]
    return "cấp " + ", ".join(dict.fromkeys(told)) if told else formats.UNKNOWN


def listed(value: object) -> list[str]:
    """A JSON list of the catalogue as texts; none where it says nothing."""
    text = "" if formats.is_unknown(value) else str(value)
    return [str(each) for each in json.loads(text)] if text.startswith("[") else []
