"""The catalogue as a workbook: a list of procedures, sheets of their papers and steps, found by their headings."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from domain.clean import clean, clean_code
from domain.codes import proc_core
from domain.text import fold
from pipelines.reading.catalogue_table import LIMITS, VALID_FROM, fault, typed_table
from pipelines.reading.table import HEADER_SEARCH, text_of
from pipelines.reading.workbook import BadWorkbook, Row, column_letters, open_workbook

# Folded headings of Vietnamese lists -> column. The first that a heading begins with is taken.
_PROCEDURE = {
    "ma tthc": "proc_code", "ma thu tuc": "proc_code", "ma so tthc": "proc_code", "ma ho so tthc": "proc_code",
    "ten tthc": "name", "ten thu tuc": "name", "thu tuc hanh chinh": "name",
    "linh vuc": "field_name", "cap thuc hien": "level", "cap giai quyet": "level",
    "thoi han giai quyet": "limit_quantity", "thoi gian giai quyet": "limit_quantity",
    "phi": "fee_vnd", "le phi": "fee_vnd", "can cu phap ly": "legal_basis",
    "quyet dinh cong bo": "decision_no", "so quyet dinh": "decision_no",
    "co quan thuc hien": "agencies", "co quan giai quyet": "agencies", "co quan quyet dinh": "decided_by",
    "doi tuong": "target_groups", "yeu cau": "conditions", "ket qua": "result_name", "co quan cong bo": "publisher",
}  # fmt: skip
_PAPER = {
    "ma tthc": "proc_code", "ma thu tuc": "proc_code", "ten giay to": "name", "thanh phan ho so": "name",
    "giay to": "name", "ban chinh": "originals", "ban sao": "copies", "truong hop": "case_name", "mau": "forms",
}  # fmt: skip
_STEP = {
    "ma tthc": "proc_code", "ma thu tuc": "proc_code", "trinh tu": "task", "noi dung": "task",
    "buoc thuc hien": "task", "cong viec": "task", "nguoi thuc hien": "role", "trach nhiem": "role",
    "bo phan": "role", "thoi gian": "planned_days", "don vi": "agency",
}  # fmt: skip
_SHEETS = (("procedure", _PROCEDURE, "name"), ("procedure_paper", _PAPER, "name"), ("procedure_step", _STEP, "task"))
_AMOUNT = re.compile(r"(?<![\w/.,])(\d{1,3}(?:[.,]\d{3})+|\d{4,9})(?=\s*(?:đ|đồng|vnd|vnđ)?(?![\w/]))", re.IGNORECASE)
_LISTS = ("legal_basis", "agencies", "decided_by", "target_groups", "forms")


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A row under headings: what it tells by column, and where it stands."""

    told: dict[str, object]
    sheet: str
    number: int
    places: dict[str, str]  # column -> its letters in the sheet

    @property
    def code(self) -> str:
        return str(self.told["proc_code"])

    def where(self, file: str, column: str) -> str:
        """`[file], sheet [...], row [...], column [...]`."""
        letters = self.places.get(column, self.places.get("proc_code", ""))
        return f"[{file}], sheet [{self.sheet}], row [{self.number}], column [{letters}]"


def read_catalogue_xlsx(path: Path) -> dict[str, pd.DataFrame]:
    """Procedures, papers and steps of a workbook; each sheet is taken for what its headings say.

    A list needs a code and a name a procedure ("Mã TTHC", "Tên TTHC"). Limits are working days; "15 ngày làm việc"
    and "15" are read, another unit is left unknown and stays in the text of the one channel told.
    """
    rows = _sheets(path)
    if not rows["procedure"]:
        raise fault(
            f"[{path}]: no sheet has the headings [Mã TTHC] and [Tên TTHC] in its first {HEADER_SEARCH} rows.",
            "add a heading row to the list of procedures",
        )
    known = {row.code for row in rows["procedure"]}
    for name in ("procedure_paper", "procedure_step"):
        strange = next((row for row in rows[name] if row.code not in known), None)
        if strange:
            where = strange.where(path.name, "proc_code")
            raise fault(f"{where}: code [{strange.code}] is in no list of procedures.", "correct the code")
    told = {
        "procedure": [_procedure(row.told) for row in rows["procedure"]],
        "procedure_paper": _numbered(rows["procedure_paper"], "paper_no"),
        "procedure_step": _numbered(rows["procedure_step"], "step_no"),
    }
    tables = {name: _typed(name, rows[name], values, path) for name, values in told.items()}
    return tables | {"procedure_posting": typed_table("procedure_posting", ())}


def _sheets(path: Path) -> dict[str, list[_Found]]:
    """The rows of every sheet that has our headings, by the table they belong to."""
    rows: dict[str, list[_Found]] = {name: [] for name, _, _ in _SHEETS}
    where, cells_left = f"[{path}]", LIMITS.cells
    try:
        if path.stat().st_size > LIMITS.file_mb * 1024 * 1024:
            raise fault(f"{where} is larger than [{LIMITS.file_mb}] MB.", "give the list of procedures only")
        book = open_workbook(path, unfolded_mb=LIMITS.unfolded_mb, is_xlsx=True)
        for sheet in book.names:
            where, cells = f"[{path}], sheet [{sheet}]", []
            for number, row in book.rows(sheet):
                where = f"[{path}], sheet [{sheet}], after row [{number}]"
                cells_left -= len(row)
                if cells_left < 0:
                    raise fault(f"{where}: more than [{LIMITS.cells}] cells.", "give the list of procedures only")
                cells.append((number, row))
            for name, words, needed in reversed(_SHEETS):  # a sheet of papers names the procedure too: told first
                found = _rows(sheet, cells, words, needed)
                if found is not None:
                    rows[name].extend(found)
                    break
    except (BadWorkbook, OSError) as error:
        raise fault(f"{where}: the workbook cannot be read ({error}).", "open it, save it as XLSX again") from None
    return rows


def _rows(sheet: str, cells: list[Row], words: dict[str, str], needed: str) -> list[_Found] | None:
    """The rows under the first heading row that names a code and `needed`; None when there is none."""
    heads = ({at: _column(_told(cell), words) for at, cell in row.items()} for n, row in cells if n <= HEADER_SEARCH)
    at, columns = next(
        ((at, each) for at, each in enumerate(heads) if {"proc_code", needed} <= set(each.values())), (-1, {})
    )
    if at < 0:
        return None
    places: dict[str, int] = {}
    for place in sorted(columns):
        if columns[place]:
            places.setdefault(columns[place], place)
    letters = {column: column_letters(place) for column, place in places.items()}
    found, code = [], ""
    for number, row in cells[at + 1 :]:
        told: dict[str, object] = {column: _told(row.get(place)) for column, place in places.items()}
        code = clean_code(str(told.get("proc_code"))) or code  # papers and steps under one merged code cell
        if told.get(needed) and code:
            found.append(_Found(told=told | {"proc_code": code}, sheet=sheet, number=number, places=letters))
    return found


def _told(cell: object) -> str:
    return text_of(clean(cell) if isinstance(cell, str) else cell)


def _column(heading: str, words: dict[str, str]) -> str:
    key = fold(heading)
    return next((column for word, column in words.items() if re.match(rf"{word}(?!\w)", key)), "")


def _procedure(row: dict[str, object]) -> dict[str, object]:
    limit = _days(str(row.get("limit_quantity") or ""))
    text = {"channel": "", "limit_quantity": None, "limit_unit": None, "fee_vnd": None}
    told = str(row.get("limit_quantity") or "")
    fees = {amount.replace(".", "").replace(",", "") for amount in _AMOUNT.findall(str(row.get("fee_vnd") or ""))}
    words = re.findall(r"\w+", fold(str(row.get("level") or "")))
    levels = [level for word, level in (("xa", "XA"), ("huyen", "HUYEN"), ("tinh", "TINH"), ("bo", "BO"))
              if word in words]  # fmt: skip
    return row | {
        "limit_quantity": "" if limit is None else limit,
        "limit_unit": "" if limit is None else "WORKING_DAY",
        "channels": json.dumps([text | {"text": told}], ensure_ascii=False) if told and limit is None else "",
        "fee_vnd": fees.pop() if len(fees) == 1 else "",  # two amounts are two cases: no one fee
        "field_code": fold(str(row.get("field_name") or "")),
        "level": ",".join(levels),
    }


def _days(text: str) -> float | None:
    """'15', '15 ngày', '15 ngày làm việc' -> 15; anything longer is not one number of working days."""
    words = fold(text).split()
    if not words or not words[0].replace(",", ".").replace(".", "", 1).isdecimal():
        return None
    if words[1:] not in ([], ["ngay"], ["ngay", "lam", "viec"]):
        return None
    return float(words[0].replace(",", "."))


def _numbered(rows: list[_Found], column: str) -> list[dict[str, object]]:
    """What rows tell, numbered within their procedure."""
    seen: Counter[str] = Counter()
    found = []
    for row in rows:
        seen[row.code] += 1
        found.append(row.told | {column: seen[row.code]})
    return found


def _typed(name: str, rows: list[_Found], told: list[dict[str, object]], path: Path) -> pd.DataFrame:
    ready = []
    for row, values in zip(rows, told, strict=True):
        texts = {key: _listed(str(value)) if key in _LISTS else value for key, value in values.items()}
        texts |= {"proc_core": proc_core(row.code) or row.code, "valid_from": VALID_FROM}
        ready.append((partial(row.where, path.name), texts))
    return typed_table(name, ready)


def _listed(text: str) -> str:
    items = [part.strip(" -+") for line in text.splitlines() for part in line.split(";")]
    return json.dumps([item for item in items if item], ensure_ascii=False)
