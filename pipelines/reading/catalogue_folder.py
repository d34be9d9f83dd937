"""The catalogue as a folder of CSV: procedures.csv, papers.csv, steps.csv, postings.csv, read strictly."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd

from domain.errors import KnownError
from pipelines.strict import unknown_key

FILES = {
    "procedure": "procedures.csv",
    "procedure_paper": "papers.csv",
    "procedure_step": "steps.csv",
    "procedure_posting": "postings.csv",
}
# Column -> kind; a `!` says it may not be empty. `list` is JSON, or texts parted by semicolons;
# `objects` is JSON: channels are {"channel", "limit_quantity", "limit_unit", "fee_vnd", "text"}.
TABLES: dict[str, dict[str, str]] = {
    "procedure": {
        "proc_core": "text!", "valid_from": "date!", "proc_code": "text!", "name": "text!", "field_code": "text",
        "field_name": "text", "level": "text", "limit_quantity": "float", "limit_unit": "unit", "area_extra": "float",
        "no_due": "bool", "fee_vnd": "float", "decision_no": "text", "legal_basis": "list", "valid_to": "date",
        "subjects_per_year": "float", "result_name": "text", "agencies": "list", "decided_by": "list",
        "target_groups": "list", "conditions": "text", "forms": "list", "channels": "objects", "publisher": "text",
    },
    "procedure_paper": {
        "proc_core": "text!", "valid_from": "date!", "paper_no": "int!", "name": "text!", "originals": "int",
        "copies": "int", "case_name": "text", "forms": "list",
    },
    "procedure_step": {
        "proc_core": "text!", "valid_from": "date!", "step_no": "int!", "phase": "text", "role": "text",
        "task": "text!", "office_code": "text", "planned_days": "float", "is_paused": "bool", "agency": "text",
    },
    "procedure_posting": {"proc_core": "text!", "unit_code": "text!", "valid_from": "date!", "valid_to": "date"},
}  # fmt: skip
KEYS = {
    "procedure": ["proc_core", "valid_from"],
    "procedure_paper": ["proc_core", "valid_from", "paper_no"],
    "procedure_step": ["proc_core", "valid_from", "step_no"],
    "procedure_posting": ["proc_core", "unit_code", "valid_from"],
}
_DTYPES = {
    "text": "str",
    "unit": "str",
    "list": "str",
    "objects": "str",
    "float": "float64",
    "int": "Int64",
    "bool": "bool",
    "date": "object",
}
_LIMIT_UNITS = ("WORKING_DAY", "DAY", "HOUR")


def read_folder(folder: Path) -> dict[str, pd.DataFrame]:
    """The four catalogue tables of a folder. Only procedures.csv must be there.

    Raises KnownError E-CATALOGUE naming file, line and column.
    """
    frames = {}
    for name, file in FILES.items():
        path = folder / file
        if path.exists():
            frames[name] = typed_table(name, _texts(path, name), file=file)
        elif name == "procedure":
            raise fault(f"file [{path}] is not there.", "write it, or correct `catalogue.place` in site.yml")
        else:
            frames[name] = typed_table(name, pd.DataFrame(columns=list(TABLES[name])), file=file)
    _check_references(frames)
    return frames


def fault(what: str, mend: str) -> KnownError:
    """An error of the catalogue."""
    return KnownError("E-CATALOGUE", what, mend=mend)


def _texts(path: Path, name: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, UnicodeDecodeError) as error:
        raise fault(f"file [{path}] is not a proper CSV in UTF-8: {error}.", "save it as CSV, UTF-8") from None
    allowed = list(TABLES[name])
    for column in frame.columns:
        if column not in allowed:
            raise fault(f"file [{path}]: {unknown_key(str(column), allowed)}.", "rename or remove the column")
    gone = [column for column, kind in TABLES[name].items() if kind.endswith("!") and column not in frame.columns]
    if gone:
        raise fault(f"file [{path}]: column [{gone[0]}] is missing.", "add the column")
    return frame.reindex(columns=allowed, fill_value="")


def typed_table(name: str, texts: pd.DataFrame, *, file: str = "site.yml") -> pd.DataFrame:
    """A catalogue table of texts ('' for nothing) with its columns typed and sorted by its key."""
    typed = {}
    for column, kind in TABLES[name].items():
        values = []
        for line, cell in enumerate(texts[column], start=2):
            try:
                values.append(_value(str(cell).strip(), kind))
            except ValueError as error:
                where = f"[{file}] line [{line}], column [{column}]"
                raise fault(f"{where}: {error}.", "correct the value") from None
        typed[column] = pd.Series(values, dtype=_DTYPES[kind.rstrip("!")])
    frame = pd.DataFrame(typed)
    twice = frame[frame.duplicated(KEYS[name])]
    if len(twice):
        key = ", ".join(str(value) for value in twice.iloc[0][KEYS[name]])
        raise fault(f"[{file}]: [{key}] is there twice.", "keep one line for each key")
    return frame.sort_values(KEYS[name], ignore_index=True)


def typed_value(name: str, column: str, value: object) -> object:
    """One value as its column wants it. Raises ValueError saying what it is not."""
    return _value(str(value).strip(), TABLES[name][column])


def _value(text: str, kind: str) -> object:
    if not text:
        if kind.endswith("!"):
            raise ValueError("a value must be given, found none")
        return {"bool": False, "list": "[]", "objects": "[]"}.get(kind)
    try:
        return _READ[kind.rstrip("!")](text)
    except ValueError:
        raise ValueError(f"[{text}] is not of kind [{kind.rstrip('!')}]") from None


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
    items = json.loads(text) if text.startswith("[") else [part.strip() for part in text.split(";") if part.strip()]
    return json.dumps(items, ensure_ascii=False)


def _objects(text: str) -> str:
    """A list of JSON objects, kept as JSON text."""
    items = json.loads(text)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValueError(text)
    return json.dumps(items, ensure_ascii=False)


_READ: dict[str, Callable[[str], object]] = {
    "text": str, "float": float, "int": int, "date": date.fromisoformat, "bool": _bool, "unit": _limit_unit,
    "list": _list, "objects": _objects,
}  # fmt: skip


def _check_references(frames: dict[str, pd.DataFrame]) -> None:
    """Papers and steps belong to a version that is there, postings to a procedure that is there."""
    versions = set(zip(frames["procedure"]["proc_core"], frames["procedure"]["valid_from"], strict=True))
    for name in ("procedure_paper", "procedure_step"):
        for key in zip(frames[name]["proc_core"], frames[name]["valid_from"], strict=True):
            if key not in versions:
                raise fault(
                    f"[{FILES[name]}]: procedure [{key[0]}] from [{key[1]}] is not in procedures.csv.",
                    "add it or correct the key",
                )
    cores = set(frames["procedure"]["proc_core"])
    strange = sorted(set(frames["procedure_posting"]["proc_core"]) - cores)
    if strange:
        raise fault(
            f"[postings.csv]: procedure [{strange[0]}] is not in procedures.csv.",
            "add it or correct the code",
        )
