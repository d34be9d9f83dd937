"""The four catalogue tables, and one strict way to type a row of them, whatever file it comes from.

Every value passes `domain.clean` here: no character of a catalogue that cannot be stored, printed or seen goes on.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeAlias

import pandas as pd

from domain.clean import clean, clean_code
from domain.errors import KnownError
from pipelines.reading.limits import LONGEST_CODE, ReadingLimits

ASIDE_SHOWN: Final = 5
# A national catalogue has about 7,000 procedures, in 50 MB: what is beyond these is no catalogue.
LIMITS: Final = ReadingLimits(file_mb=512, unfolded_mb=512, cells=10_000_000)
# A list of the day does not say since when: what it holds is taken as in force for every dossier of the site.
VALID_FROM: Final = "1900-01-01"
FILES = {
    "procedure": "procedures.csv",
    "procedure_paper": "papers.csv",
    "procedure_step": "steps.csv",
    "procedure_posting": "postings.csv",
}
# Column -> kind; a `!` says it may not be empty. `code` is text without anything nobody sees; `list` is JSON, or
# texts parted by semicolons; `objects` is JSON: channels are {"channel", "limit_quantity", "limit_unit", "fee_vnd",
# "text"}.
TABLES: dict[str, dict[str, str]] = {
    "procedure": {
        "proc_core": "code!", "valid_from": "date!", "proc_code": "code!", "name": "text!", "field_code": "text",
        "field_name": "text", "level": "text", "limit_quantity": "float", "limit_unit": "unit", "area_extra": "float",
        "no_due": "bool", "fee_vnd": "float", "decision_no": "text", "legal_basis": "list", "valid_to": "date",
        "subjects_per_year": "float", "result_name": "text", "agencies": "list", "decided_by": "list",
        "target_groups": "list", "conditions": "text", "forms": "list", "channels": "objects", "publisher": "text",
    },
    "procedure_paper": {
        "proc_core": "code!", "valid_from": "date!", "paper_no": "int!", "name": "text!", "originals": "int",
        "copies": "int", "case_name": "text", "forms": "list",
    },
    "procedure_step": {
        "proc_core": "code!", "valid_from": "date!", "step_no": "int!", "phase": "text", "role": "text",
        "task": "text!", "office_code": "code", "planned_days": "float", "is_paused": "bool", "agency": "text",
    },
    "procedure_posting": {"proc_core": "code!", "unit_code": "code!", "valid_from": "date!", "valid_to": "date"},
}  # fmt: skip
KEYS = {
    "procedure": ["proc_core", "valid_from"],
    "procedure_paper": ["proc_core", "valid_from", "paper_no"],
    "procedure_step": ["proc_core", "valid_from", "step_no"],
    "procedure_posting": ["proc_core", "unit_code", "valid_from"],
}
_DTYPES = {
    "code": "str", "text": "str", "unit": "str", "list": "str", "objects": "str", "float": "float64",
    "int": "Int64", "bool": "bool", "date": "object",
}  # fmt: skip
_LIMIT_UNITS = ("WORKING_DAY", "DAY", "HOUR")
_LARGEST_INT = 2**31

# Where a row stands, said for one of its columns: "[papers.csv] line [3], column [copies]".
Where: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Aside:
    """A procedure that was set aside: the file and the place in it, its code ('' unread), why (Vietnamese)."""

    file: str
    place: str
    code: str
    reason: str

    @property
    def line(self) -> str:
        """`[1.000123] (thủ tục thứ 5, tệp [a.json]): [name]: thiếu`."""
        return f"[{self.code or 'không rõ mã'}] ({self.place}, tệp [{self.file}]): {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The tables of a catalogue, and the procedures that are in none of them because they could not be read."""

    tables: dict[str, pd.DataFrame]
    aside: tuple[Aside, ...] = ()


def aside_lines(aside: tuple[Aside, ...]) -> list[str]:
    """How many procedures were set aside, and the first of them; nothing when none was."""
    if not aside:
        return []
    more = len(aside) - ASIDE_SHOWN
    shown = [f"  {each.line}" for each in aside[:ASIDE_SHOWN]]
    head = f"[{len(aside)}] procedures could not be read and are not in the catalogue:"
    return [head, *shown, *([f"  and [{more}] more"] if more > 0 else [])]


class CellError(ValueError):
    """A value is not what its column wants."""

    def __init__(self, column: str, what: str) -> None:
        super().__init__(what)
        self.column = column


def fault(what: str, mend: str) -> KnownError:
    """An error of the catalogue."""
    return KnownError("E-CATALOGUE", what, mend=mend)


def typed_table(name: str, rows: Iterable[tuple[Where, Mapping[str, object]]]) -> pd.DataFrame:
    """A catalogue table of rows and their places, typed and sorted by its key. Raises E-CATALOGUE with the place."""
    typed, seen = [], set()
    for where, row in rows:
        try:
            values = typed_row(name, row)
        except CellError as error:
            raise fault(f"{where(error.column)}: {error}.", "correct the value") from None
        key = key_of(name, values)
        if key in seen:
            shown = ", ".join(str(value) for value in key)
            raise fault(f"{where(KEYS[name][0])}: [{shown}] is there twice.", "keep one line for each key")
        seen.add(key)
        typed.append(values)
    return framed(name, typed)


def typed_row(name: str, row: Mapping[str, object]) -> list[object]:
    """The values of a row in the order of its table's columns. Raises CellError."""
    values = []
    for column, kind in TABLES[name].items():
        try:
            values.append(_value(_text(row.get(column)), kind))
        except (ValueError, RecursionError) as error:
            raise CellError(column, str(error)) from None
    return values


def key_of(name: str, values: list[object]) -> tuple[object, ...]:
    """What a typed row is known by."""
    columns = list(TABLES[name])
    return tuple(values[columns.index(column)] for column in KEYS[name])


def framed(name: str, typed: list[list[object]]) -> pd.DataFrame:
    """Typed rows as a frame, sorted by its key."""
    columns = list(zip(*typed, strict=True)) or [()] * len(TABLES[name])
    kinds = TABLES[name].items()
    frame = pd.DataFrame(
        {
            column: pd.Series(list(values), dtype=_DTYPES[kind.rstrip("!")])
            for (column, kind), values in zip(kinds, columns, strict=True)
        }
    )
    return frame.sort_values(KEYS[name], ignore_index=True)


def typed_value(name: str, column: str, value: object) -> object:
    """One value as its column wants it. Raises ValueError saying what it is not."""
    return _value(_text(value), TABLES[name][column])


def nested(text: str) -> Any:
    """What a JSON text holds, every text in it clean. Raises ValueError."""
    try:
        return _cleaned(json.loads(text, parse_constant=_no_number))
    except RecursionError:
        raise ValueError("nested too deep") from None


def _no_number(text: str) -> float:
    raise ValueError(f"[{text}] is no number")


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(each) for key, each in value.items()}
    return value


def _text(value: object) -> str:
    # A float that is not itself is no number: nothing was told.
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _value(text: str, kind: str) -> object:
    plain = kind.rstrip("!")
    text = (clean_code(text) if plain == "code" else clean(text)).strip()
    if not text:
        if kind.endswith("!"):
            raise ValueError("a value must be given, found none")
        return {"bool": False, "list": "[]", "objects": "[]"}.get(kind)
    try:
        return _READ[plain](text)
    except (ValueError, OverflowError):
        shown = text if len(text) <= LONGEST_CODE else f"{text[:LONGEST_CODE]}…"
        raise ValueError(f"[{shown}] is not of kind [{plain}]") from None


def _code(text: str) -> str:
    if len(text) > LONGEST_CODE:
        raise ValueError(text)
    return text


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _int(text: str) -> int:
    number = int(text)
    if abs(number) > _LARGEST_INT:
        raise ValueError(text)
    return number


def _bool(text: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in known:
        raise ValueError(text)
    return known[text.lower()]


def _limit_unit(text: str) -> str:
    if text not in _LIMIT_UNITS:
        raise ValueError(text)
    return text


def _list(text: str) -> str:
    """A list as JSON text, whether written as JSON or with semicolons."""
    items = nested(text) if text.startswith("[") else [part.strip() for part in text.split(";") if part.strip()]
    return json.dumps(items, ensure_ascii=False)


def _objects(text: str) -> str:
    """A list of JSON objects, kept as JSON text."""
    items = nested(text)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValueError(text)
    return json.dumps(items, ensure_ascii=False)


_READ: dict[str, Callable[[str], object]] = {
    "code": _code, "text": str, "float": _float, "int": _int, "date": date.fromisoformat, "bool": _bool,
    "unit": _limit_unit, "list": _list, "objects": _objects,
}  # fmt: skip
