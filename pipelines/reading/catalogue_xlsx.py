"""The catalogue as a workbook: a list of procedures, sheets of their papers and steps, found by their headings."""

import json
import re
from pathlib import Path

import pandas as pd

from domain.codes import proc_core
from domain.text import fold
from pipelines.reading.catalogue_folder import TABLES, fault, typed_table
from pipelines.reading.portal import VALID_FROM
from pipelines.reading.table import HEADER_SEARCH, text_of

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


def read_catalogue_xlsx(path: Path) -> dict[str, pd.DataFrame]:
    """Procedures, papers and steps of a workbook; each sheet is taken for what its headings say.

    A list needs a code and a name a procedure ("Mã TTHC", "Tên TTHC"). Limits are working days; "15 ngày làm việc"
    and "15" are read, another unit is left unknown and stays in the text of the one channel told.
    """
    from python_calamine import CalamineError, CalamineWorkbook, ZipError  # noqa: PLC0415 - only where a workbook came

    try:
        book = CalamineWorkbook.from_path(path)
    except (CalamineError, ZipError, OSError) as error:
        raise fault(f"[{path}] is not a workbook: {type(error).__name__}.", "save it as XLSX") from None
    rows: dict[str, list[dict[str, object]]] = {name: [] for name, _, _ in _SHEETS}
    for sheet in book.sheet_names:
        cells = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        for name, words, needed in reversed(_SHEETS):  # a sheet of papers names the procedure too: it is told first
            found = _rows(cells, words, needed)
            if found is not None:
                rows[name].extend(found)
                break
    if not rows["procedure"]:
        raise fault(
            f"[{path}]: no sheet has the headings [Mã TTHC] and [Tên TTHC] in its first {HEADER_SEARCH} rows.",
            "add a heading row to the list of procedures",
        )
    known = {str(row["proc_code"]) for row in rows["procedure"]}
    for name in ("procedure_paper", "procedure_step"):
        strange = [row for row in rows[name] if str(row["proc_code"]) not in known]
        if strange:
            raise fault(
                f"[{path}]: code [{strange[0]['proc_code']}] is in no list of procedures.", "correct the code"
            )
    tables = {
        "procedure": [_procedure(row) for row in rows["procedure"]],
        "procedure_paper": [_numbered(row, "paper_no") for row in _counted(rows["procedure_paper"])],
        "procedure_step": [_numbered(row, "step_no") for row in _counted(rows["procedure_step"])],
        "procedure_posting": [],
    }
    return {name: _typed(name, found, path) for name, found in tables.items()}


def _rows(cells: list[list[object]], words: dict[str, str], needed: str) -> list[dict[str, object]] | None:
    """The rows under the first heading row that names a code and `needed`; None when there is none."""
    heads = [[_column(text_of(cell), words) for cell in row] for row in cells[:HEADER_SEARCH]]
    at = next((at for at, columns in enumerate(heads) if "proc_code" in columns and needed in columns), None)
    if at is None:
        return None
    found, code, columns = [], "", heads[at]
    for row in cells[at + 1 :]:
        told: dict[str, object] = {}
        for column, cell in zip(columns, row, strict=False):
            if column and column not in told:
                told[column] = text_of(cell)
        code = str(told.get("proc_code") or code)  # papers and steps under one merged code cell
        if told.get(needed) and code:
            found.append(told | {"proc_code": code})
    return found


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
    if not words or not words[0].replace(",", ".").replace(".", "", 1).isdigit():
        return None
    if words[1:] not in ([], ["ngay"], ["ngay", "lam", "viec"]):
        return None
    return float(words[0].replace(",", "."))


def _counted(rows: list[dict[str, object]]) -> list[tuple[int, dict[str, object]]]:
    seen: dict[str, int] = {}
    found = []
    for row in rows:
        code = str(row["proc_code"])
        seen[code] = seen.get(code, 0) + 1
        found.append((seen[code], row))
    return found


def _numbered(row: tuple[int, dict[str, object]], column: str) -> dict[str, object]:
    return row[1] | {column: row[0]}


def _typed(name: str, rows: list[dict[str, object]], path: Path) -> pd.DataFrame:
    ready = []
    for row in rows:
        code = str(row["proc_code"])
        texts = {key: _listed(str(value)) if key in _LISTS else value for key, value in row.items()}
        ready.append(texts | {"proc_core": proc_core(code) or code, "valid_from": VALID_FROM})
    frame = pd.DataFrame(ready, columns=list(TABLES[name]), dtype=object)
    return typed_table(name, frame.where(frame.notna(), ""), file=path.name)


def _listed(text: str) -> str:
    items = [part.strip(" -+") for line in text.splitlines() for part in line.split(";")]
    return json.dumps([item for item in items if item], ensure_ascii=False)
