"""The catalogue as the national portal publishes it, gathered into one parquet (list columns are JSON text)."""

import json
from collections.abc import Iterator, Mapping, Sequence
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
# Read where the file has them; a catalogue without them is still a catalogue.
_MORE = [
    "executing_agencies", "deciding_authority", "target_groups", "conditions", "methods", "publishing_agency",
    "forms",
]  # fmt: skip
_CHANNELS = {"online": "ONLINE", "direct": "DIRECT", "postal": "POSTAL"}


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
        frame = pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise fault(f"[{path}] is not a portal parquet: {type(error).__name__}.", "check `catalogue.place`") from None
    gone = [name for name in _NEEDED if name not in frame.columns]
    if gone:
        raise fault(f"[{path}]: column [{gone[0]}] is missing.", "check that it is a catalogue of the portal")
    kept = frame[[*_NEEDED, *(name for name in _MORE if name in frame.columns)]]
    records = [{str(key): value for key, value in row.items()} for row in kept.to_dict("records")]
    return portal_tables(records)


def portal_tables(records: Sequence[Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    """The catalogue tables of portal records (keys as in the parquet, list values as JSON text)."""
    return {
        "procedure": _table("procedure", map(_procedure, records)),
        "procedure_paper": _table("procedure_paper", (row for record in records for row in _papers(record))),
        "procedure_step": _table("procedure_step", (row for record in records for row in _steps(record))),
        "procedure_posting": _table("procedure_posting", iter(())),
    }


def _table(name: str, rows: Iterator[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(TABLES[name]), dtype=object)
    return typed_table(name, frame.where(frame.notna(), ""), file="portal parquet")


def _key(record: Mapping[str, Any]) -> dict[str, Any]:
    code = str(record["code"])
    return {"proc_core": proc_core(code) or code, "valid_from": VALID_FROM}


def _procedure(record: Mapping[str, Any]) -> dict[str, Any]:
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
        "agencies": _list(record.get("executing_agencies")),
        "decided_by": _list(record.get("deciding_authority")),
        "target_groups": _list(record.get("target_groups")),
        "conditions": normalise(text_of(record.get("conditions"))),
        "forms": _forms(record),
        "channels": _channels(record),
        "publisher": normalise(text_of(record.get("publishing_agency"))),
    }


def _list(value: object) -> str:
    """JSON text of a list of texts; a plain text is a list of one."""
    text = text_of(value)
    items = json.loads(text) if text.startswith("[") else [text] if text else []
    return json.dumps([normalise(str(item)) for item in items], ensure_ascii=False)


def _forms(record: Mapping[str, Any]) -> str:
    """The names of all forms, those of the procedure first, each once."""
    named = [*json.loads(_list(record.get("forms")))]
    for document in json.loads(record["documents"] or "[]"):
        named.extend(normalise(str(form)) for form in document.get("forms") or [])
    return json.dumps(list(dict.fromkeys(named)), ensure_ascii=False)


def _channels(record: Mapping[str, Any]) -> str:
    """How an application may be handed in, each with its limit and fee where the portal states them."""
    found = []
    for method in json.loads(text_of(record.get("methods")) or "[]"):
        working, calendar = method.get("working_days"), method.get("calendar_days")
        fees = {float(each) for each in method.get("fee_amounts_vnd") or [] if float(each) >= _LEAST_FEE_VND}
        found.append(
            {
                "channel": _CHANNELS.get(str(method.get("channel")).lower(), str(method.get("channel")).upper()),
                "limit_quantity": working if working is not None else calendar,
                "limit_unit": "WORKING_DAY" if working is not None else "DAY" if calendar is not None else None,
                "fee_vnd": fees.pop() if len(fees) == 1 else None,
                "text": normalise(str(method.get("time_text") or "")),
            }
        )
    return json.dumps(found, ensure_ascii=False)


@lru_cache(maxsize=1024)
def _field_code(field: str) -> str:
    """The portal gives fields no code: the name without case and accents is one."""
    return fold(field)


def _fee(record: Mapping[str, Any]) -> float | str:
    amounts = {float(amount) for amount in json.loads(record["fee_amounts_vnd"] or "[]")}
    if record["fee_kind"] != "amount" or len(amounts) != 1 or min(amounts) < _LEAST_FEE_VND:
        return ""
    return amounts.pop()


def _papers(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for document in json.loads(record["documents"] or "[]"):
        name = normalise(str(document["name"])).lstrip("-–+*• ").strip()
        if document["role"] != "document" or not name:
            continue
        case = normalise(str(document.get("case") or "")).strip("*-+ :.")
        paper = found.setdefault(
            name.casefold(), {"name": name, "originals": 0, "copies": 0, "case_name": case, "forms": []}
        )
        if paper["case_name"] != case:
            paper["case_name"] = ""  # asked in several cases: in all of them, as far as the portal tells
        paper["forms"] += [normalise(str(form)) for form in document.get("forms") or []]
        paper["originals"] = max(paper["originals"], int(document.get("qty_original") or 0))
        paper["copies"] = max(paper["copies"], int(document.get("qty_copy") or 0))
    for number, paper in enumerate(found.values(), start=1):
        forms = json.dumps(list(dict.fromkeys(paper["forms"])), ensure_ascii=False)
        yield _key(record) | paper | {"paper_no": number, "forms": forms}


def _steps(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    texts = [text_of(text).lstrip("-–+*• ").strip() for text in json.loads(record["steps"] or "[]")]
    for number, text in enumerate([text for text in texts if text], start=1):
        yield _key(record) | {"step_no": number, "task": text}
