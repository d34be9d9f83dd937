"""The catalogue as the national portal publishes it, gathered into one parquet (list columns are JSON text)."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from domain.codes import proc_core
from domain.text import fold, normalise
from pipelines.reading.catalogue_folder import TABLES, fault, typed_table
from pipelines.reading.table import text_of

# The portal does not say since when; what it publishes is taken as in force for every dossier of the site.
VALID_FROM = "1900-01-01"
# The portal cuts "120.000" to 120 now and then: an amount below this is no fee anyone asks.
_LEAST_FEE_VND = 1000
_NEEDED = [
    "code", "name", "field", "levels", "decision_no", "time_working_days_min", "fee_kind", "fee_amounts_vnd",
    "documents", "steps", "legal_bases", "results",
]  # fmt: skip


def read_portal(path: Path) -> dict[str, pd.DataFrame]:
    """Procedures, papers and steps of a portal parquet; postings are not known and stay empty.

    Papers are the portal's components of role `document` only (it stores notes and headings as papers too); one
    that several cases of a procedure ask is one paper. The limit is the least working days (the greatest often
    adds the mountain areas' days). "Free" also stands for unknown there, so it gives no fee.
    """
    stat = path.stat()
    return dict(_read(path, (stat.st_mtime_ns, stat.st_size)))


@lru_cache(maxsize=2)
def _read(path: Path, stamp: tuple[int, int]) -> dict[str, pd.DataFrame]:
    """The tables of one version of the file: a night asks for them several times, and reading takes seconds."""
    try:
        frame = pd.read_parquet(path, columns=_NEEDED)
    except (ValueError, OSError) as error:
        raise fault(f"[{path}] is not a portal parquet: {type(error).__name__}.", "check `catalogue.place`") from None
    records = [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
    return {
        "procedure": _table("procedure", map(_procedure, records)),
        "procedure_paper": _table("procedure_paper", (row for record in records for row in _papers(record))),
        "procedure_step": _table("procedure_step", (row for record in records for row in _steps(record))),
        "procedure_posting": _table("procedure_posting", iter(())),
    }


def _table(name: str, rows: Iterator[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(TABLES[name]), dtype=object)
    return typed_table(name, frame.where(frame.notna(), ""), file="portal parquet")


def _key(record: dict[str, Any]) -> dict[str, Any]:
    code = str(record["code"])
    return {"proc_core": proc_core(code) or code, "valid_from": VALID_FROM}


def _procedure(record: dict[str, Any]) -> dict[str, Any]:
    limit = record["time_working_days_min"]
    known = pd.notna(limit) and limit > 0
    return _key(record) | {
        "proc_code": record["code"],
        "name": normalise(record["name"]),
        "field_code": _field_code(record["field"]),
        "field_name": normalise(record["field"]),
        "level": ",".join(str(level).upper() for level in json.loads(record["levels"] or "[]")),
        "limit_quantity": limit if known else "",
        "limit_unit": "WORKING_DAY" if known else "",
        "fee_vnd": _fee(record),
        "decision_no": record["decision_no"],
        "legal_basis": json.dumps(json.loads(record["legal_bases"] or "[]"), ensure_ascii=False),
        "result_name": "; ".join(normalise(result["name"]) for result in json.loads(record["results"] or "[]")),
    }


@lru_cache(maxsize=1024)
def _field_code(field: str) -> str:
    """The portal gives fields no code: the name without case and accents is one."""
    return fold(field)


def _fee(record: dict[str, Any]) -> float | str:
    amounts = {float(amount) for amount in json.loads(record["fee_amounts_vnd"] or "[]")}
    if record["fee_kind"] != "amount" or len(amounts) != 1 or min(amounts) < _LEAST_FEE_VND:
        return ""
    return amounts.pop()


def _papers(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for document in json.loads(record["documents"] or "[]"):
        name = normalise(str(document["name"])).lstrip("-–+*• ").strip()
        if document["role"] != "document" or not name:
            continue
        paper = found.setdefault(name.casefold(), {"name": name, "originals": 0, "copies": 0})
        paper["originals"] = max(paper["originals"], int(document.get("qty_original") or 0))
        paper["copies"] = max(paper["copies"], int(document.get("qty_copy") or 0))
    for number, paper in enumerate(found.values(), start=1):
        yield _key(record) | paper | {"paper_no": number}


def _steps(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    texts = [text_of(text).lstrip("-–+*• ").strip() for text in json.loads(record["steps"] or "[]")]
    for number, text in enumerate([text for text in texts if text], start=1):
        yield _key(record) | {"step_no": number, "task": text}
