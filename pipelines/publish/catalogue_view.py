"""The review of a catalogue as pages show it: families side by side, journeys, papers, cumbersome ones, content."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.competence import Facts, joined, of_change
from analysis.cumbersome import PART_VI
from analysis.families import KIND_VI
from analysis.overlap import RELATION_VI, RULE_VI
from analysis.pair_features import FEATURE_VI
from domain.text import normalise
from pipelines.publish import formats
from pipelines.publish.overlap_map import matrix
from pipelines.publish.rows import Row, records

FAMILIES_SHOWN = 40
MEMBERS_SHOWN = 6  # columns a person can still compare; the others are named
PAPERS_SHOWN = 25
STEPS_SHOWN = 12  # the portal breaks one text into dozens of lines and calls each a step
WORDS_SHOWN = 30  # the portal copies whole articles of law into a step or a paper
ROWS_SHOWN = 40
_UNIT_VI = {"WORKING_DAY": "ngày làm việc", "DAY": "ngày", "HOUR": "giờ"}
_KINDS = ("DUPLICATE", "LEVELS", "CASES")
_MOST_MARKED = 0.6  # names that share less are other sentences: marking them all shows nothing
CHECK_VI = {
    "COMPLETENESS": "Thiếu bộ phận tạo thành thủ tục",
    "STEP_SUM": "Tổng thời gian các bước không khớp thời hạn",
    "OBSOLETE_AUTHORITY": "Còn nêu cơ quan không còn tổ chức",
    "CHANNEL_LIMITS": "Thời hạn khác nhau theo cách thức nộp",
}


@dataclass(frozen=True, kw_only=True)
class CatalogueReview:
    """What a book of a catalogue shows.

    `frames`: as analysis.catalogue_review gives them; `procedures`, `papers`, `steps`: the versions reviewed; `name`:
    what the catalogue is called; `on`: the day it is reviewed for.
    """

    name: str
    on: date
    frames: Mapping[str, pd.DataFrame]
    procedures: pd.DataFrame
    papers: pd.DataFrame
    steps: pd.DataFrame

    def rows(self, name: str) -> list[Row]:
        """The rows of a frame; none when the part is off."""
        return records(self.frames.get(name, pd.DataFrame()))

    def procedure(self, core: object) -> Row:
        """What the catalogue says of a procedure; only its code when it says nothing."""
        return {"proc_core": core, "name": core, "field_name": None} | self._procedures.get(str(core), {})

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
    def step_counts(self) -> dict[str, int]:
        """Steps of each procedure."""
        if self.steps.empty:
            return {}
        counts = self.steps.groupby("proc_core").size()
        return {str(core): int(n) for core, n in counts.items()}


def families(review: CatalogueReview, most: int = FAMILIES_SHOWN) -> list[Row]:
    """The families worth opening first, laid side by side: the plainest kind, then those with a cut in days."""
    pairs = {(row["proc_core"], row["other_proc_core"]): row for row in review.rows("overlaps")}
    found = [_family(review, row, pairs) for row in review.rows("families")]
    found.sort(key=lambda row: (_KINDS.index(row["kind"]), not row["cut_days"], -row["size"], row["family_id"]))
    return found[:most]


def family_list(review: CatalogueReview) -> list[Row]:
    """Every family in one line each, by field."""
    rows = [
        row
        | {
            "field": review.procedure(json.loads(row["proc_cores"])[0])["field_name"] or "Chưa rõ lĩnh vực",
            "codes": json.loads(row["proc_cores"]),
            "kind_vi": KIND_VI[row["kind"]],
        }
        for row in review.rows("families")
    ]
    return sorted(rows, key=lambda row: (row["field"], -row["size"], row["family_id"]))


def fields(review: CatalogueReview) -> list[Row]:
    """The map of the whole: procedures of each field, how many of them are in a family, the largest family."""
    total: dict[str, int] = {}
    for row in records(review.procedures):
        total[row.get("field_name") or "Chưa rõ lĩnh vực"] = (
            total.get(row.get("field_name") or "Chưa rõ lĩnh vực", 0) + 1
        )
    held: dict[str, list[int]] = {}
    for row in family_list(review):
        held.setdefault(row["field"], []).append(row["size"])
    rows = [
        {
            "field": field,
            "procedures": total.get(field, 0),
            "families": len(sizes),
            "inside": sum(sizes),
            "share": min(1.0, sum(sizes) / max(total.get(field, 0), 1)),
            "largest": max(sizes),
        }
        for field, sizes in held.items()
    ]
    return sorted(rows, key=lambda row: (-row["inside"], row["field"]))


def pairs_outside(review: CatalogueReview) -> list[Row]:
    """Proposed pairs that belong to no family, the likeliest first."""
    home = {core: row["family_id"] for row in review.rows("families") for core in json.loads(row["proc_cores"])}
    return [
        row | {"relation_vi": _capital(RELATION_VI[row["relation"]])}
        for row in review.rows("overlaps")
        if row["propose_merge"]
        and (home.get(row["proc_core"]) is None or home.get(row["proc_core"]) != home.get(row["other_proc_core"]))
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
    rows = [row for row in review.rows("paper_types") if row["procedures"] > 1]
    return [row | {"wordings": json.loads(row["names"])} for row in rows[:most]]


def cumbersome(review: CatalogueReview, most: int = 30) -> list[Row]:
    """The procedures that ask most beside their peers, each part that is over with its figures."""
    rows = [row for row in review.rows("cumbersome") if row["is_cumbersome"]]
    return [row | {"said": _parts(json.loads(row["parts"]))} for row in rows[:most]]


def _parts(parts: Mapping[str, Any]) -> list[Row]:
    return [{"part": PART_VI[name], **told} for name, told in parts.items() if told and told["is_over"]]


def checks(review: CatalogueReview) -> list[Row]:
    """What does not fit in the content, by kind, with how many and the first of them."""
    groups: dict[str, list[Row]] = {}
    for row in review.rows("checks"):
        groups.setdefault(row["check"], []).append(row)
    return [
        {"check": name, "check_vi": CHECK_VI[name], "count": len(rows), "rows": rows[:ROWS_SHOWN]}
        for name, rows in groups.items()
    ]


def marked(names: Sequence[str]) -> list[list[tuple[str, bool]]]:
    """Each name in runs of words, those that not all names have marked; none when too few are shared."""
    split = [name.split() for name in names]
    keys = [[normalise(word).lower().strip(".,;:()“”\"'") for word in words] for words in split]
    common = set(keys[0]).intersection(*keys[1:]) if keys else set()
    differ = [sum(key not in common for key in own) / max(len(own), 1) for own in keys]
    if differ and sum(differ) / len(differ) > _MOST_MARKED:
        return [[(name, False)] for name in names]
    found = []
    for words, own in zip(split, keys, strict=True):
        runs: list[tuple[str, bool]] = []
        for word, key in zip(words, own, strict=True):
            mark = key not in common
            if runs and runs[-1][1] == mark:
                runs[-1] = (f"{runs[-1][0]} {word}", mark)
            else:
                runs.append((word, mark))
        found.append(runs)
    return found


def short(text: str) -> str:
    """A long text cut after a few words; no full stop at its end, since lists are joined by other marks."""
    words = str(text).rstrip(" .;").split()
    return " ".join(words) if len(words) <= WORDS_SHOWN else " ".join(words[:WORDS_SHOWN]) + " …"


def limit_vi(procedure: Mapping[str, Any]) -> str:
    """The limit as the catalogue states it."""
    quantity, unit = procedure.get("limit_quantity"), str(procedure.get("limit_unit"))
    if formats.is_unknown(quantity):
        return formats.UNKNOWN
    return f"{formats.plain_number(quantity)} {_UNIT_VI.get(unit, '')}".strip()


def _family(review: CatalogueReview, row: Row, pairs: Mapping[tuple[str, str], Row]) -> Row:
    cores = [str(core) for core in json.loads(row["proc_cores"])]
    cuts, names = json.loads(row["cuts"]), json.loads(row["names"])
    shown = range(min(len(cores), MEMBERS_SHOWN))
    runs = marked([names[i] for i in shown])
    members = [_member(review, cores[i], runs[i], cuts[i], row) for i in shown]
    links = json.loads(row["links"])
    best = max(links, key=lambda link: (link["score"], link["a"], link["b"]))
    holders = json.loads(row["paper_holders"])
    asked = sorted(holders, key=lambda name: (-len(holders[name]), name))
    return row | {
        "kind_vi": KIND_VI[row["kind"]],
        "field": review.procedure(cores[0])["field_name"],
        "members": members,
        "others": [{"core": cores[i], "name": names[i]} for i in range(len(shown), len(cores))],
        "cut_days": sum(cut or 0 for cut in cuts),
        "papers": [_paper(review, name, holders[name], cores, len(shown)) for name in asked[:PAPERS_SHOWN]],
        "papers_hidden": max(len(asked) - PAPERS_SHOWN, 0),
        "common_count": len(json.loads(row["papers_common"])),
        "all_count": len(asked),
        "steps": [short(task) for task in json.loads(row["steps_common"])[:STEPS_SHOWN]],
        "steps_hidden": max(len(json.loads(row["steps_common"])) - STEPS_SHOWN, 0),
        "map": matrix(cores, links) if len(cores) > 2 else "",
        "evidence": evidence(pairs.get((best["a"], best["b"]), {})),
        "best": best,
        "competence": _competence(review, cores, bool(asked)),
    }


def _member(review: CatalogueReview, core: str, name: list[tuple[str, bool]], cut: float | None, row: Row) -> Row:
    procedure = review.procedure(core)
    return {
        "core": core,
        "runs": name,
        "limit": limit_vi(procedure),
        "cut": cut,
        "is_shortest": core == row["limit_from"],
        "level": _levels_vi(str(procedure.get("level") or "")),
        "agencies": _list(procedure.get("agencies")),
        "fee": procedure.get("fee_vnd"),
        "papers": len(review.asked.get(core, {})),
        "steps": review.step_counts.get(core, 0),
    }


def _paper(review: CatalogueReview, kind: str, holders: Sequence[int], cores: Sequence[str], shown: int) -> Row:
    name = next((review.asked[cores[i]][kind] for i in holders if kind in review.asked.get(cores[i], {})), kind)
    return {
        "name": short(name),
        "held": [i in holders for i in range(shown)],
        "is_common": len(holders) == len(cores),
        "count": len(holders),
    }


def evidence(pair: Mapping[str, Any]) -> list[Row]:
    """What speaks for and against making a pair one, the weightiest first; nothing known is left out."""
    if not pair:
        return []
    told = json.loads(pair["evidence"])
    rows = [
        {"what": label, "value": told[name]["value"], "adds": told[name]["adds"]}
        for name, label in FEATURE_VI.items()
        if told.get(name, {}).get("value") is not None and abs(told[name]["adds"]) >= 0.05
    ]
    rows.sort(key=lambda row: -abs(row["adds"]))
    if told.get("rule"):
        rows.insert(0, {"what": RULE_VI[told["rule"]], "value": None, "adds": 0.0})
    return rows


def _competence(review: CatalogueReview, cores: Sequence[str], has_papers: bool) -> str:
    parts = []
    for core in cores:
        facts = Facts.of(review.procedure(core), on=review.on)
        parts += [of_change(change, facts) for change in (["PAPERS"] if has_papers else []) + ["LIMIT"]]
    return joined(*parts)


def _levels_vi(level: str) -> str:
    words = {"XA": "xã", "HUYEN": "huyện", "TINH": "tỉnh", "BO": "bộ"}
    told = [words.get(each, "khác") for each in level.split(",") if each]
    return "cấp " + ", ".join(dict.fromkeys(told)) if told else formats.UNKNOWN


def _list(value: object) -> list[str]:
    text = "" if formats.is_unknown(value) else str(value)
    return [str(each) for each in json.loads(text)] if text.startswith("[") else []


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
