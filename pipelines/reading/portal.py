"""The catalogue as the national portal publishes it, gathered into one parquet (list columns are JSON text)."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from domain.clean import clean_code, cut
from domain.codes import proc_core
from domain.text import fold, normalise
from pipelines.reading.catalogue_table import (
    LIMITS,
    TABLES,
    VALID_FROM,
    Aside,
    Catalogue,
    CellError,
    fault,
    framed,
    key_of,
    typed_row,
)
from pipelines.reading.limits import LONGEST_CODE
from pipelines.reading.portal_shape import PortalProcedure, why_not
from pipelines.reading.table import text_of

# The portal cuts "120.000" to 120 now and then: an amount below this is no fee anyone asks.
_LEAST_FEE_VND = 1000
_NEEDED = [name for name, field in PortalProcedure.model_fields.items() if field.is_required()]
# Read where the file has them; a catalogue without them is still a catalogue.
_MORE = [name for name in PortalProcedure.model_fields if name not in _NEEDED]
_CHANNELS = {"online": "ONLINE", "direct": "DIRECT", "postal": "POSTAL"}

Typed = dict[str, list[list[object]]]


def read_portal(path: Path) -> Catalogue:
    """Procedures, papers and steps of a portal parquet; postings are not known and stay empty.

    Papers are the portal's components of role `document` only (it stores notes and headings as papers too); one
    that several cases of a procedure ask is one paper. The limit is the least working days (the greatest often
    adds the mountain areas' days). "Free" also stands for unknown there, so it gives no fee.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise fault(f"[{path}] cannot be read: {error.strerror}.", "make it readable") from None
    found = _read(path, (stat.st_mtime_ns, stat.st_size))
    return Catalogue(tables=dict(found.tables), aside=found.aside)


@lru_cache(maxsize=2)
def _read(path: Path, stamp: tuple[int, int]) -> Catalogue:
    """The tables of one version of the file: a night asks for them several times, and reading takes seconds."""
    columns = _columns(path)
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    places = (f"dòng {number}" for number in range(1, len(rows) + 1))
    return portal_tables(zip(places, rows, strict=True), path, PortalProcedure.model_validate)


def _columns(path: Path) -> dict[str, list[Any]]:
    """Our columns of the file, each as a list. Raises E-CATALOGUE."""
    import pyarrow as pa  # noqa: PLC0415 - only where a parquet came
    import pyarrow.parquet as pq  # noqa: PLC0415

    column = ""
    try:
        with pq.ParquetFile(path) as file:
            gone = [name for name in _NEEDED if name not in file.schema_arrow.names]
            if gone:
                raise fault(f"[{path}]: column [{gone[0]}] is missing.", "check that it is a catalogue of the portal")
            about = file.metadata
            size = sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
            if size > LIMITS.unfolded_mb * 1024 * 1024 or about.num_rows * len(_NEEDED) > LIMITS.cells:
                raise fault(
                    f"[{path}] unfolds to [{about.num_rows}] rows, [{size >> 20}] MB.", "give a catalogue only"
                )
            wanted = [name for name in (*_NEEDED, *_MORE) if name in file.schema_arrow.names]
            table = file.read(columns=wanted)
        found = {}
        for column in wanted:
            found[column] = table.column(column).to_pylist()
    except (
        pa.ArrowException,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
        MemoryError,
        OSError,
    ) as error:
        where = f", column [{column}]" if column else ""
        raise fault(
            f"[{path}]{where} is not a portal parquet: {type(error).__name__}.",
            "fetch the file again; check `catalogue.place`",
        ) from None
    return found


def portal_tables(
    rows: Iterable[tuple[str, object]], path: Path, read: Callable[[Any], PortalProcedure]
) -> Catalogue:
    """The catalogue of the portal's procedures, given with their places; `read` makes one of what a row holds.

    One that cannot be read is set aside; a file of which less than half can be read is refused.
    """
    typed: Typed = {name: [] for name in TABLES}
    aside: list[Aside] = []
    seen: set[tuple[object, ...]] = set()
    for place, row in rows:
        reason = _add(row, typed, seen, read)
        if reason:
            aside.append(Aside(file=path.name, place=place, code=_rough_code(row), reason=reason))
    if len(aside) > len(typed["procedure"]):
        raise fault(
            f"[{path}]: [{len(aside)}] of [{len(aside) + len(typed['procedure'])}] procedures cannot be read; the "
            f"first: {aside[0].line}.",
            "fetch the file again; it is no catalogue of the portal, or it is broken",
        )
    return Catalogue(tables={name: framed(name, found) for name, found in typed.items()}, aside=tuple(aside))


def _add(row: object, typed: Typed, seen: set[tuple[object, ...]], read: Callable[[Any], PortalProcedure]) -> str:
    """Add a procedure to the tables, whole or not at all; why not, or ''."""
    try:
        record = read(row)
        whole: Typed = {
            "procedure": [typed_row("procedure", _procedure(record))],
            "procedure_paper": [typed_row("procedure_paper", each) for each in _papers(record)],
            "procedure_step": [typed_row("procedure_step", each) for each in _steps(record)],
        }
    except ValidationError as error:
        return why_not(error)
    except CellError as error:
        return f"[{error.column}]: giá trị không hợp lệ"
    except RecursionError:
        return "dữ liệu lồng quá sâu"
    key = key_of("procedure", whole["procedure"][0])
    if key in seen:
        return "mã đã có ở một thủ tục phía trước"
    seen.add(key)
    for name, found in whole.items():
        typed[name] += found
    return ""


def _rough_code(row: object) -> str:
    """The code of a procedure that cannot be read, as far as it shows."""
    code = row.get("code") if isinstance(row, Mapping) else None
    return cut(text_of(clean_code(code)), LONGEST_CODE) if isinstance(code, str) else ""


def _key(record: PortalProcedure) -> dict[str, Any]:
    return {"proc_core": proc_core(record.code) or record.code, "valid_from": VALID_FROM}


def _procedure(record: PortalProcedure) -> dict[str, Any]:
    limit = record.time_working_days_min
    known = limit is not None and limit > 0
    return _key(record) | {
        "proc_code": record.code,
        "name": record.name,
        "field_code": _field_code(record.field),
        "field_name": normalise(record.field),
        "level": ",".join(level.upper() for level in record.levels),
        "limit_quantity": limit if known else "",
        "limit_unit": "WORKING_DAY" if known else "",
        "fee_vnd": _fee(record),
        "decision_no": record.decision_no,
        "legal_basis": _json(record.legal_bases),
        "result_name": "; ".join(normalise(result.name) for result in record.results),
        "agencies": _json(record.executing_agencies),
        "decided_by": _json(record.deciding_authority),
        "target_groups": _json(record.target_groups),
        "conditions": normalise(text_of(record.conditions)),
        "forms": _json(_once([*record.forms, *(form for each in record.documents for form in each.forms)])),
        "channels": _channels(record),
        "publisher": normalise(text_of(record.publishing_agency)),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _channels(record: PortalProcedure) -> str:
    """How an application may be handed in, each with its limit and fee where the portal states them."""
    found = []
    for method in record.methods:
        working, calendar = method.working_days, method.calendar_days
        fees = {float(each) for each in method.fee_amounts_vnd if each is not None and each >= _LEAST_FEE_VND}
        found.append(
            {
                "channel": _CHANNELS.get(method.channel.lower(), method.channel.upper()),
                "limit_quantity": working if working is not None else calendar,
                "limit_unit": "WORKING_DAY" if working is not None else "DAY" if calendar is not None else None,
                "fee_vnd": fees.pop() if len(fees) == 1 else None,
                "text": normalise(method.time_text),
            }
        )
    return _json(found)


@lru_cache(maxsize=1024)
def _field_code(field: str) -> str:
    """The portal gives fields no code: the name without case and accents is one."""
    return fold(field)


def _fee(record: PortalProcedure) -> float | str:
    amounts = {float(amount) for amount in record.fee_amounts_vnd if amount is not None}
    if record.fee_kind != "amount" or len(amounts) != 1 or min(amounts) < _LEAST_FEE_VND:
        return ""
    return amounts.pop()


def _papers(record: PortalProcedure) -> Iterator[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for document in record.documents:
        name = normalise(document.name).lstrip("-–+*• ").strip()
        if document.role != "document" or not name:
            continue
        case = normalise(document.case).strip("*-+ :.")
        paper = found.setdefault(
            name.casefold(), {"name": name, "originals": 0, "copies": 0, "case_name": case, "forms": []}
        )
        if paper["case_name"] != case:
            paper["case_name"] = ""  # asked in several cases: in all of them, as far as the portal tells
        paper["forms"] += document.forms
        paper["originals"] = max(paper["originals"], int(document.qty_original or 0))
        paper["copies"] = max(paper["copies"], int(document.qty_copy or 0))
    for number, paper in enumerate(found.values(), start=1):
        yield _key(record) | paper | {"paper_no": number, "forms": _json(_once(paper["forms"]))}


def _steps(record: PortalProcedure) -> Iterator[dict[str, Any]]:
    texts = [text_of(text).lstrip("-–+*• ").strip() for text in record.steps]
    for number, text in enumerate([text for text in texts if text], start=1):
        yield _key(record) | {"step_no": number, "task": text}
