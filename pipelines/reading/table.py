"""A file as rows of cells, and the checks of its headings that all formats share."""

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TypeGuard

from domain.columns import Column
from pipelines.outcome import FileFault
from pipelines.unit import Source, column_of

# What exports write for "nothing".
_EMPTY_TEXTS = frozenset({"", "NULL", "null", r"\N"})
# A heading row is looked for this far down (title rows, agency names, report numbers come first).
HEADER_SEARCH = 40


@dataclass(frozen=True, kw_only=True)
class Reject:
    """A line that is no row: kept whole, with the reason in Vietnamese."""

    line_no: int
    message: str
    raw_record: str


@dataclass(kw_only=True)
class RawTable:
    """Headings (each different from the others), rows of cells, and the line each row came from."""

    headings: list[str]
    rows: list[list[object]]
    lines: list[int]
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def text_of(cell: object) -> str:
    """A cell as clean text: NFC, single spaces, '' for nothing; whole numbers without .0."""
    if isinstance(cell, str):
        text = " ".join(unicodedata.normalize("NFC", cell).split())
        return "" if text in _EMPTY_TEXTS else text
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, date | datetime | time):
        return cell.isoformat(*([" "] if isinstance(cell, datetime) else []))
    return str(cell)


def raw_value(cell: object) -> object:
    """A cell as JSON keeps it: texts untouched, instants in ISO form."""
    return text_of(cell) if isinstance(cell, date | datetime | time | timedelta) else cell


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def heading_key(text: object) -> str:
    """Headings are the same when they differ only in case, spaces and the way accents are stored."""
    return " ".join(unicodedata.normalize("NFC", str(text or "")).replace("\ufeff", "").split()).casefold()


def distinct_headings(cells: list[object]) -> list[str]:
    """Headings as texts, blank ones named by their place, repeated ones numbered: 'Tên', 'Tên (2)'."""
    seen: dict[str, int] = {}
    headings = []
    for number, cell in enumerate(cells, start=1):
        text = text_of(cell).replace("\ufeff", "").strip() or blank_heading(number)
        key = heading_key(text)
        seen[key] = seen.get(key, 0) + 1
        headings.append(text if seen[key] == 1 else f"{text} ({seen[key]})")
    return headings


def blank_heading(number: int) -> str:
    """The name of a column without a heading."""
    return f"[cột {number} không tên]"


def header_index(rows: list[list[object]], source: Source, file_name: str) -> int:
    """Index of the heading row: the line said, or the first row that holds the most mapped headings."""
    if isinstance(source.header_row, int):
        if not 1 <= source.header_row <= len(rows):
            raise FileFault(
                "E-DONG-TIEU-DE",
                f"Tệp [{file_name}] chỉ có [{len(rows)}] dòng, không có dòng tiêu đề thứ [{source.header_row}].",
                mend="xuất lại tệp, hoặc sửa header_row trong tệp khai báo của đơn vị.",
            )
        return source.header_row - 1
    wanted = {heading_key(heading) for heading in source.mapping.values()}
    counts = [len({heading_key(cell) for cell in row} & wanted) for row in rows[:HEADER_SEARCH]]
    best = max(counts, default=0)
    if best == 0:
        looked = ", ".join(f"[{h}]" for h in list(source.mapping.values())[:4])
        raise FileFault(
            "E-DONG-TIEU-DE",
            f"Tệp [{file_name}]: không tìm thấy dòng tiêu đề nào có các cột đã khai báo ({looked}, ...).",
            mend="xuất lại tệp đúng mẫu; kiểm tra dấu phân cách, bảng mã và tên cột trong tệp khai báo của đơn vị.",
        )
    return counts.index(best)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where each canonical column of a source is in a file (index), and what to say about the headings."""

    places: dict[str, int]
    notes: list[str]


def layout_of(table: RawTable, source: Source, file_name: str) -> Layout:
    """Find each mapped heading. Raises FileFault when a required one is missing or a mapped one is there twice."""
    keys = {heading_key(heading): place for place, heading in enumerate(table.headings)}
    named = {heading_key(h) for h in (*source.mapping.values(), *source.ignored)}
    places: dict[str, int] = {}
    missing: list[str] = []
    for canonical, heading in source.mapping.items():
        key = heading_key(heading)
        if key not in keys:
            missing.append(canonical)
        elif heading_key(f"{heading} (2)") in keys and heading_key(f"{heading} (2)") not in named:
            raise _twice(heading, file_name)
        else:
            places[canonical] = keys[key]
    gone = [name for name in missing if name in source.required_names]
    if gone:
        raise _column_gone(gone, table, source, file_name)
    notes = []
    if missing:
        texts = ", ".join(f"[{source.mapping[name]}] ({_vi(source, name)})" for name in missing)
        notes.append(f"Tệp [{file_name}] không có cột {texts}; các cột này để trống.")
    new = [h for h in table.headings if heading_key(h) not in named and not _is_unused_blank(table, h)]
    if new:
        texts = ", ".join(f"[{heading}]" for heading in new)
        notes.append(f"Tệp [{file_name}] có cột chưa khai báo: {texts}; giữ trong tệp gốc, chưa đưa vào tổng hợp.")
    return Layout(places=places, notes=notes)


def _is_unused_blank(table: RawTable, heading: str) -> bool:
    place = table.headings.index(heading)
    return heading == blank_heading(place + 1) and all(is_blank(row[place]) for row in table.rows)


def _vi(source: Source, canonical: str) -> str:
    column: Column = column_of(source.table, canonical)
    return column.vi


def _column_gone(gone: list[str], table: RawTable, source: Source, file_name: str) -> FileFault:
    texts = ", ".join(f"[{source.mapping[name]}] ({_vi(source, name)})" for name in gone)
    known = {heading_key(heading) for heading in (*source.mapping.values(), *source.ignored)}
    # Headings are shown only where the row is surely a heading row: else they may be a citizen's data.
    is_header = any(heading_key(heading) in known for heading in table.headings)
    found = (
        ", ".join(f"[{heading}]" for heading in table.headings) if is_header else "không có tiêu đề nào đã khai báo"
    )
    return FileFault(
        "E-THIEU-COT",
        f"Tệp [{file_name}]: thiếu cột bắt buộc {texts}. Tìm thấy: {found}.",
        mend="đề nghị đơn vị xuất lại tệp đúng mẫu, hoặc khai báo tên cột mới ở mục columns của đơn vị.",
    )


def _twice(heading: str, file_name: str) -> FileFault:
    return FileFault(
        "E-COT-TRUNG",
        f"Tệp [{file_name}]: cột [{heading}] xuất hiện nhiều lần, không rõ lấy cột nào.",
        mend=f"đổi tên cột ở nguồn, hoặc khai báo cột cần bỏ ở mục ignore, ví dụ [{heading} (2)].",
    )


def is_text(cell: object) -> TypeGuard[str]:
    """Whether a cell is text (and not a spreadsheet's own instant or number)."""
    return isinstance(cell, str)
