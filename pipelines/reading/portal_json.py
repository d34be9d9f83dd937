"""The catalogue as the new national portal's service answers it: one procedure, a list, or {"data": [...]}."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.clean import clean
from pipelines.reading.catalogue_folder import text_of_file
from pipelines.reading.catalogue_table import Catalogue, fault
from pipelines.reading.limits import listed
from pipelines.reading.portal import portal_tables
from pipelines.reading.portal_shape import Listed, PortalProcedure, Shape, Text, as_text
from pipelines.reading.table import text_of

_LEVELS = (("is_ministry", "bo"), ("is_province", "tinh"), ("is_ward", "xa"))
_UNITS = {"WORKING_DAY": 1.0, "WORKING_HOUR": 1 / 8, "HOUR": 1 / 8}  # in working days of eight hours


def read_portal_json(path: Path) -> Catalogue:
    """Procedures, papers and steps of the portal's JSON (one object, a list, {"data": ...}, or one object a line).

    A file that is no JSON is refused; in JSON lines a line that is none is one procedure, and is set aside.
    """
    text = text_of_file(path, "JSON")
    rows = list(_lines(text) if path.suffix.lower() == ".jsonl" else _answer(text, path))
    if not rows:
        raise fault(f"[{path}] has no procedure.", 'give an object, a list of objects or {"data": [...]}')
    return portal_tables(rows, path, _procedure)


def _answer(text: str, path: Path) -> Iterator[tuple[str, object]]:
    try:
        content = json.loads(text, object_pairs_hook=_once)
        found = list(_objects(content))
    except json.JSONDecodeError as error:
        where = f"line [{error.lineno}], column [{error.colno}]"
        raise fault(f"[{path}] {where} is not JSON: {error.msg}.", "save the portal's answer as it came") from None
    except (ValueError, RecursionError):
        raise fault(f"[{path}] is not JSON: nested too deep, or a number without end.", "fetch it again") from None
    for number, row in enumerate(found, start=1):
        yield f"thủ tục thứ {number}", row


def _lines(text: str) -> Iterator[tuple[str, object]]:
    # Not splitlines: texts of law hold other line separators, which JSON allows inside a text.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                found = list(_objects(json.loads(line, object_pairs_hook=_once)))
            except (ValueError, RecursionError):
                found = [line]  # no JSON, so no object: set aside as such
            for row in found:
                yield f"dòng {number}", row


def _once(pairs: list[tuple[str, object]]) -> object:
    """An object; in the place of one that writes a key twice, a text that says so: nobody knows which is meant."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = sorted(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    return f"trường {listed([clean(name) for name in twice])} được ghi nhiều lần"


def _objects(content: object) -> Iterator[object]:
    """The procedures of an answer; what stands in their place and is no object is given as it is, to be told."""
    if isinstance(content, dict):
        inner = next((content[key] for key in ("data", "items", "content") if key in content), None)
        if "code" in content or not isinstance(inner, list | dict):
            yield content
        else:
            yield from _objects(inner)
    elif isinstance(content, list):
        for part in content:
            yield from _objects(part)
    else:
        yield content


def _procedure(row: object) -> PortalProcedure:
    return PortalProcedure.model_validate(_Answer.model_validate(row).record())


def _named(items: object, keys: tuple[str, ...] = ()) -> list[str]:
    """The texts of a list whose items are texts or objects, each object told by the first of its keys that it has."""
    wanted = (*keys, "name", "description", "content")
    found = []
    for item in items if isinstance(items, list) else [items]:
        text = next((item[key] for key in wanted if item.get(key)), "") if isinstance(item, dict) else item
        found.append(text_of(as_text(text)))
    return [text for text in found if text]


def _scalar(value: object) -> object:
    return value if isinstance(value, int | float | None) else as_text(value)


def _or_nothing(value: object) -> object:
    return {} if value in (None, "") else value


Names = Annotated[list[str], BeforeValidator(_named)]
Scalar = Annotated[Any, BeforeValidator(_scalar)]


class _Camel(Shape):
    model_config = ConfigDict(alias_generator=to_camel)


class _Category(_Camel):
    name: Text = ""


class _Proposal(_Camel):
    decision: Text = ""


class _Paper(_Camel):
    name: Text = ""
    code: Text = ""
    original_qty: Scalar = None
    copy_qty: Scalar = None
    has_electronic_form: Any = None


class _Case(_Camel):
    name: Text = ""
    profile_components: Listed[_Paper] = Field(default_factory=list)


def _amount(value: object) -> object:
    return _scalar(value.get("amount") if isinstance(value, dict) else value)


class _Method(_Camel):
    submission_method: Text = ""
    processing_time: Scalar = None
    processing_time_unit: Text = ""
    fees: Listed[Annotated[Any, BeforeValidator(_amount)]] = Field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """The method with the keys the parquet has."""
        number, unit = _number(self.processing_time), self.processing_time_unit
        fees = [_number(each) for each in self.fees]
        return {
            "channel": self.submission_method.lower(),
            "working_days": number * _UNITS[unit] if number is not None and unit in _UNITS else None,
            "calendar_days": number if number is not None and unit in {"DAY", "CALENDAR_DAY"} else None,
            "fee_amounts_vnd": [fee for fee in fees if fee is not None],
            "time_text": " ".join(part for part in (text_of(self.processing_time), unit) if part),
        }


class _Answer(_Camel):
    """A procedure as the service answers it."""

    code: Scalar = None
    name: Scalar = None
    category: Annotated[_Category, BeforeValidator(_or_nothing)] = _Category()
    procedure_proposal: Annotated[_Proposal, BeforeValidator(_or_nothing)] = _Proposal()
    is_ministry: Any = None
    is_province: Any = None
    is_ward: Any = None
    execution_methods: Listed[_Method] = Field(default_factory=list)
    execution_cases: Listed[_Case] = Field(default_factory=list)
    execution_steps: Names = Field(default_factory=list)
    legal_basises_details: Annotated[list[str], BeforeValidator(partial(_named, keys=("number", "code")))] = Field(
        default_factory=list
    )
    results_details: Names = Field(default_factory=list)
    departments_executing: Names = Field(default_factory=list)
    target_groups: Names = Field(default_factory=list)
    conditions: Text = ""
    publishing_agency: Text = ""

    def record(self) -> dict[str, Any]:
        """The procedure with the keys the parquet has."""
        methods = [each.record() for each in self.execution_methods]
        days = [each["working_days"] for each in methods if each["working_days"]]
        fees = sorted({fee for each in methods for fee in each["fee_amounts_vnd"]})
        return {
            "code": self.code,
            "name": text_of(self.name),
            "field": text_of(self.category.name),
            "levels": [level for key, level in _LEVELS if getattr(self, key)],
            "decision_no": text_of(self.procedure_proposal.decision),
            "time_working_days_min": min(days, default=None),
            "fee_kind": "amount" if fees else "unknown",
            "fee_amounts_vnd": fees,
            "documents": list(self._documents()),
            "steps": self.execution_steps,
            "legal_bases": self.legal_basises_details,
            "results": [{"name": name} for name in self.results_details],
            "executing_agencies": self.departments_executing,
            "target_groups": self.target_groups,
            "conditions": self.conditions,
            "methods": methods,
            "publishing_agency": self.publishing_agency,
        }

    def _documents(self) -> Iterator[dict[str, Any]]:
        for case in self.execution_cases:
            for paper in case.profile_components:
                yield {
                    "name": text_of(paper.name),
                    "case": text_of(case.name),
                    "role": "document",
                    "qty_original": paper.original_qty,
                    "qty_copy": paper.copy_qty,
                    "forms": [text_of(paper.code)] if paper.has_electronic_form else [],
                }


def _number(value: object) -> float | None:
    """A number, or a text that is one ("5", "50.000"); None for any other text, which is kept as a text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) < 1e15 else None
    text = text_of(value)
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", text):
        text = text.replace(".", "")
    number = float(text) if re.fullmatch(r"\d+(?:\.\d+)?", text) else None
    return number if number is not None and math.isfinite(number) else None
