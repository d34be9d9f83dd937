"""The catalogue as the new national portal's service answers it: one procedure, a list, or {"data": [...]}."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.reading.catalogue_folder import fault
from pipelines.reading.portal import portal_tables
from pipelines.reading.table import text_of

_LEVELS = (("isMinistry", "bo"), ("isProvince", "tinh"), ("isWard", "xa"))
_UNITS = {"WORKING_DAY": 1.0, "WORKING_HOUR": 1 / 8, "HOUR": 1 / 8}  # in working days of eight hours


def read_portal_json(path: Path) -> dict[str, pd.DataFrame]:
    """Procedures, papers and steps of the portal's JSON (one object, a list, {"data": ...}, or one object a line)."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        in_lines = path.suffix.lower() == ".jsonl"
        found = [json.loads(line) for line in text.splitlines() if line.strip()] if in_lines else json.loads(text)
    except (ValueError, OSError) as error:
        raise fault(f"[{path}] is not JSON in UTF-8: {error}.", "save the portal's answer as it came") from None
    rows = _objects(found)
    if not rows:
        raise fault(f"[{path}] has no procedure.", 'give an object, a list of objects or {"data": [...]}')
    records = []
    for number, row in enumerate(rows, start=1):
        for key in ("code", "name"):
            if not text_of(row.get(key)):
                raise fault(f"[{path}]: procedure number [{number}] has no [{key}].", "correct the file")
        records.append(_record(row))
    return portal_tables(records)


def _objects(content: object) -> list[Mapping[str, Any]]:
    if isinstance(content, dict):
        inner = next((content[key] for key in ("data", "items", "content") if key in content), None)
        return [content] if "code" in content or inner is None else _objects(inner)
    if isinstance(content, list):
        return [each for part in content for each in _objects(part)]
    return []


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    """The portal's procedure with the keys the parquet has."""
    methods = [_method(each) for each in row.get("executionMethods") or []]
    days = [each["working_days"] for each in methods if each["working_days"]]
    fees = sorted({fee for each in methods for fee in each["fee_amounts_vnd"]})
    category = row.get("category") or {}
    return {
        "code": text_of(row["code"]),
        "name": text_of(row["name"]),
        "field": text_of(category.get("name")),
        "levels": _json([level for key, level in _LEVELS if row.get(key)]),
        "decision_no": text_of((row.get("procedureProposal") or {}).get("decision")),
        "time_working_days_min": min(days, default=None),
        "fee_kind": "amount" if fees else "unknown",
        "fee_amounts_vnd": _json(fees),
        "documents": _json(list(_documents(row))),
        "steps": _json(_names(row.get("executionSteps"))),
        "legal_bases": _json(_names(row.get("legalBasisesDetails"), "number", "code", "name")),
        "results": _json([{"name": name} for name in _names(row.get("resultsDetails"))]),
        "executing_agencies": _json(_names(row.get("departmentsExecuting"))),
        "target_groups": _json(_names(row.get("targetGroups"))),
        "conditions": text_of(row.get("conditions")),
        "methods": _json(methods),
        "publishing_agency": text_of(row.get("publishingAgency")),
    }


def _method(row: Mapping[str, Any]) -> dict[str, Any]:
    quantity, unit = row.get("processingTime"), str(row.get("processingTimeUnit") or "")
    number = _number(quantity)
    fees = [_number(each.get("amount") if isinstance(each, dict) else each) for each in row.get("fees") or []]
    return {
        "channel": str(row.get("submissionMethod") or "").lower(),
        "working_days": number * _UNITS[unit] if number is not None and unit in _UNITS else None,
        "calendar_days": number if number is not None and unit in {"DAY", "CALENDAR_DAY"} else None,
        "fee_amounts_vnd": [fee for fee in fees if fee is not None],
        "time_text": " ".join(part for part in (text_of(quantity), unit) if part),
    }


def _number(value: object) -> float | None:
    """A number, or a text that is one ("5", "50.000"); None for any other text, which is kept as a text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = text_of(value)
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", text):
        return float(text.replace(".", ""))
    return float(text) if re.fullmatch(r"\d+(?:\.\d+)?", text) else None


def _documents(row: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for case in row.get("executionCases") or []:
        for paper in case.get("profileComponents") or []:
            yield {
                "name": text_of(paper.get("name")),
                "case": text_of(case.get("name")),
                "role": "document",
                "qty_original": paper.get("originalQty"),
                "qty_copy": paper.get("copyQty"),
                "forms": [text_of(paper.get("code"))] if paper.get("hasElectronicForm") else [],
            }


def _names(items: object, *keys: str) -> list[str]:
    """The texts of a list whose items are texts or objects, each object told by the first of its keys that it has."""
    wanted = (*keys, "name", "description", "content")
    found = []
    for item in items if isinstance(items, list) else [items]:
        text = next((item[key] for key in wanted if item.get(key)), "") if isinstance(item, dict) else item
        found.append(text_of(text))
    return [text for text in found if text]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
