"""Developer command: write the illustrated catalogue of Đắk Glong from public facts and rules.

    TINHGON_SHARED=... python -m pipelines.simulator.catalogue_build sites/dak_glong/catalogue

Codes, titles and limits of about two thirds come from the public list `procedures_real.parquet` under
TINHGON_SHARED; the others are typical district work with made-up codes (9.xxxxxx). Papers, steps and legal
bases are written by rule (catalogue_parts). The CSVs are committed; the same inputs give the same bytes.
"""

import csv
import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from pipelines.simulator.catalogue_parts import Maker, spin

HERE = Path(__file__).parent
WANTED = 476
VALID_FROM = "2016-01-01"
COUNTER = "DG-MC"
COMMUNES = ("DG-QK", "DG-QS", "DG-DH", "DG-DM", "DG-DP", "DG-DS", "DG-QH")
DECISION = "Danh mục minh họa (không phải quyết định công bố)"
MOUNTAIN_EXTRA_DAYS = 10.0
PROCEDURE_COLUMNS = [
    "proc_core",
    "valid_from",
    "proc_code",
    "name",
    "field_code",
    "field_name",
    "level",
    "limit_quantity",
    "limit_unit",
    "area_extra",
    "no_due",
    "fee_vnd",
    "decision_no",
    "legal_basis",
    "valid_to",
    "subjects_per_year",
    "result_name",
]
PAPER_COLUMNS = ["proc_core", "valid_from", "paper_no", "name", "originals", "copies"]
STEP_COLUMNS = [
    "proc_core",
    "valid_from",
    "step_no",
    "phase",
    "role",
    "task",
    "office_code",
    "planned_days",
    "is_paused",
    "agency",
]
POSTING_COLUMNS = ["proc_core", "unit_code", "valid_from", "valid_to"]
Item = dict[str, Any]


def _words(name: str) -> frozenset[str]:
    flat = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    flat = "".join(c for c in flat if unicodedata.category(c) != "Mn")
    return frozenset(re.findall(r"[a-z0-9]+", flat)) - {"thu", "tuc", "cua", "va", "doi", "voi", "truong", "hop"}


def _too_like(name: str, taken: Iterable[frozenset[str]]) -> bool:
    words = _words(name)
    return any(len(words & other) / len(words | other) > 0.8 for other in taken)


def _limit(methods: str) -> tuple[float, str] | None:
    """The smallest limit stated for any channel, in its own unit (larger ones add the mountain days)."""
    stated = [
        (m["working_days"], m["time_value"], m["time_unit"])
        for m in json.loads(methods)
        if m["working_days"] and m["time_value"]
    ]
    if not stated:
        return None
    working_days, value, unit = min(stated)
    if unit == "working_day":
        return float(value), "WORKING_DAY"
    if unit == "day":
        return float(value), "DAY"
    return max(1.0, float(round(working_days))), "WORKING_DAY"


def _made_up_limit(code: str, field: dict[str, Any]) -> float:
    usual = (1, 2, 3, 3, 5, 5, 7) if field["level"] == "X" else (3, 5, 7, 10, 10, 12, 15, 15, 20, 25)
    choices = field.get("limits", usual)
    return float(choices[spin(code + "limit", len(choices))])


def _planted_items(planted: dict[str, Any], fields: dict[str, Any]) -> list[Item]:
    items = []
    for group in planted["overlaps"]:
        for member in group["members"]:
            level = "XA" if member.get("level") == "X" else "HUYEN"
            items.append(
                {"code": member["code"], "title": member["title"], "field": fields[group["field"]],
                 "level": level, "limit": (float(member["limit"]), "WORKING_DAY"), "group": group,
                 "drop": member.get("drop_papers", 0)}
            )  # fmt: skip
    return items


def _own_items(field: dict[str, Any], first: int) -> list[Item]:
    titles = list(field.get("own", []))
    titles += [f"{verb} {thing}" for thing in field.get("objects", []) for verb in field["verbs"]]
    level = "XA" if field["level"] == "X" else "HUYEN"
    return [
        {"code": f"9.{first + i:06d}", "title": t, "field": field, "level": level,
         "limit": (_made_up_limit(f"9.{first + i:06d}", field), "WORKING_DAY")}
        for i, t in enumerate(titles)
    ]  # fmt: skip


def _real_items(
    real: pd.DataFrame,
    field: dict[str, Any],
    exclude: re.Pattern[str],
    taken: dict[str, frozenset[str]],
    forced: set[str],
) -> list[Item]:
    """Usable procedures of a field, commune and district work first; `taken` (code -> words) grows."""
    rows = real[real["field"].isin(field.get("real", []))].copy()
    rows["far"] = ~(rows["levels"].str.contains("xa") | rows["executed_by_commune"].astype(bool))
    items: list[Item] = []
    for row in rows.sort_values(["far", "code"]).itertuples():
        name = unicodedata.normalize("NFC", " ".join(str(row.name).split())).rstrip(".")
        if row.code in taken or exclude.search(name) or not 12 <= len(name) <= 190:
            continue
        if row.code not in forced and _too_like(name, taken.values()):
            continue
        limit = _limit(str(row.methods)) or (_made_up_limit(str(row.code), field), "WORKING_DAY")
        if limit[0] > 60:
            continue
        level = "XA" if field["level"] == "X" else "HUYEN"
        items.append({"code": row.code, "title": name, "field": field, "level": level, "limit": limit})
        taken[str(row.code)] = _words(name)
    return sorted(items, key=lambda item: item["code"] not in forced)


def choose(real: pd.DataFrame, words: dict[str, Any], planted: dict[str, Any]) -> list[Item]:
    """Exactly 476 procedures: planted ones, own titles, then real ones field by field up to `take`."""
    fields = {f["code"]: f for f in words["fields"]}
    exclude = re.compile(words["exclude"])
    items = _planted_items(planted, fields)
    for number, field in enumerate(words["fields"]):
        items += _own_items(field, number * 100 + 1000)
    taken = {item["code"]: _words(item["title"]) for item in items}
    forced = {c for d in planted["decoys"] for c in d.get("members", [])} | set(planted["heads"])
    spare: list[Item] = []
    for field in words["fields"]:
        found = _real_items(real, field, exclude, taken, forced)
        items += found[: field.get("take", 0)]
        spare += found[field.get("take", 0) :]
    items += spare[: max(0, WANTED - len(items))]
    if len(items) != WANTED:
        raise SystemExit(f"{len(items)} procedures, {WANTED} wanted: change `take` in catalogue_words.yml")
    return items


def _working_days(quantity: float, unit: str) -> float:
    return max(1.0, round(quantity * 5 / 7)) if unit == "DAY" else quantity


def _stretches(items: list[Item], planted: dict[str, Any]) -> dict[str, float]:
    """Which procedures' steps add up to more (1.2) or much less (0.6) than the limit."""
    plain = [i for i in items if "group" not in i and i["level"] == "HUYEN" and _working_days(*i["limit"]) >= 5]
    plain.sort(key=lambda i: spin(i["code"] + "stretch", 10**6))
    above, below = planted["step_sum"]["above"], planted["step_sum"]["below"]
    return {i["code"]: 1.2 for i in plain[:above]} | {i["code"]: 0.6 for i in plain[above : above + below]}


def _rows(items: list[Item], planted: dict[str, Any]) -> dict[str, list[list[Any]]]:
    """The rows of the four CSVs, ordered by procedure code."""
    stretches = _stretches(items, planted)
    procedures, papers, steps, postings = [], [], [], []
    rank: dict[str, int] = {}
    for item in sorted(items, key=lambda i: i["code"]):
        field, level, (quantity, unit) = item["field"], item["level"], item["limit"]
        group = item.get("group")
        rank[field["code"]] = rank.get(field["code"], 0) + 1
        maker = Maker(code=item["code"], title=item["title"], level=level, field=field,
                      days=_working_days(quantity, unit), rank=rank[field["code"]])  # fmt: skip
        of_paper = _group_maker(group, field) if group else maker
        land = field["code"] == "LV-DD"
        extra = MOUNTAIN_EXTRA_DAYS if land and unit == "WORKING_DAY" and quantity >= 15 and not group else 0.0
        fee = 0 if spin(item["code"] + "fee", 3) else (1 + spin(item["code"], 20)) * 5000
        law = json.dumps(of_paper.law(), ensure_ascii=False)
        procedures.append([item["code"], VALID_FROM, f"{item['code']}.000.00.00.H16", item["title"], field["code"],
                           field["name"], level, _plain(quantity), unit, _plain(extra), "false", fee, DECISION, law,
                           "", "", f"Kết quả {field['name'].lower()}"])  # fmt: skip
        paper_list = of_paper.papers()
        paper_list = paper_list[: len(paper_list) - item.get("drop", 0)]
        papers += [[item["code"], VALID_FROM, n, *paper] for n, paper in enumerate(paper_list, 1)]
        body = of_paper if group and group["relation"] != "level_twin" else maker
        for step in body.steps((group or {}).get("steps"), stretches.get(item["code"], 1.0)):
            steps.append([item["code"], VALID_FROM, step["step_no"], step["phase"], step["role"], step["task"],
                          step["office_code"], _plain(step["planned_days"]), str(step["is_paused"]).lower(),
                          step["agency"]])  # fmt: skip
        units = (COUNTER, *COMMUNES) if level == "XA" else (COUNTER,)
        postings += [[item["code"], unit_code, VALID_FROM, ""] for unit_code in units]
    return {"procedures": [list(PROCEDURE_COLUMNS), *procedures], "papers": [list(PAPER_COLUMNS), *papers],
            "steps": [list(STEP_COLUMNS), *steps], "postings": [list(POSTING_COLUMNS), *postings]}  # fmt: skip


def _group_maker(group: dict[str, Any], field: dict[str, Any]) -> Maker:
    """Members of a planted group share the parts of the group's first member."""
    first = group["members"][0]
    level = "XA" if first.get("level") == "X" else "HUYEN"
    return Maker(code=first["code"], title=first["title"], level=level, field=field, days=first["limit"], rank=1)


def _plain(value: float) -> str:
    return f"{value:g}"


def write_catalogue(folder: Path, shared: Path) -> dict[str, int]:
    """Write procedures.csv, papers.csv, steps.csv and postings.csv; gives the number of rows of each."""
    real = pd.read_parquet(shared / "data" / "procedures_real.parquet")
    real = real[real["code"].str.match(r"^[1-4]\.\d{6}$") & ~real["is_internal"].astype(bool)]
    real = real[real["levels"] != '["bo"]']
    words = yaml.safe_load((HERE / "catalogue_words.yml").read_text(encoding="utf-8"))
    planted = yaml.safe_load((HERE / "planted.yml").read_text(encoding="utf-8"))
    tables = _rows(choose(real, words, planted), planted)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    return {name: len(rows) - 1 for name, rows in tables.items()}


if __name__ == "__main__":
    print(write_catalogue(Path(sys.argv[1]), Path(os.environ["TINHGON_SHARED"])))
