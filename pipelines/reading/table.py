"""A file as rows of cells, and the checks of its headings that all formats share."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeGuard

from domain.clean import Grammar, clean, clean_code, cut, is_clean, visible
from domain.columns import Column
from pipelines.outcome import FileFault
from pipelines.reading.limits import ReadingLimits, listed
from pipelines.source_columns import column_of
from pipelines.unit import Correction, Source

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


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A landed file about to be read: where it is, what it is called, what its unit says of it, and its limits.

    `carried`: canonical columns that held values on earlier nights; `sheets`: those that other sources read.
    """

    path: Path
    name: str
    source: Source
    limits: ReadingLimits = field(default_factory=ReadingLimits)
    corrections: tuple[Correction, ...] = ()
    grammar: Grammar = "any"
    zone: str = "Asia/Ho_Chi_Minh"
    carried: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    hash_key: bytes = field(default=b"", repr=False)


@dataclass(kw_only=True)
class RawTable:
    """Some rows of a file under its headings, and the line each came from.

    Each row has a cell a heading; `beyond` holds what stands right of the last heading: row -> {column from 1: cell}.
    """

    headings: list[str]
    rows: list[list[object]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    beyond: dict[int, dict[int, object]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)


@dataclass(kw_only=True)
class RawStream:
    """A file while it is read: its headings (each different from the others), then its rows, some at a time.

    `unnamed` are the numbers of columns without a heading that turned out to hold something: whole at the end.
    `notes` say what else the file holds or tells of itself, in Vietnamese.
    """

    headings: list[str]
    batches: Iterator[RawTable]
    is_nothing: bool = False  # a list without a record: it has no headings, and nothing is wrong with that
    unnamed: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def tables(self) -> Iterator[RawTable]:
        """The batches; columns that hold something without a heading are noted on the way."""
        blank = {place for place, heading in enumerate(self.headings) if heading == blank_heading(place + 1)}
        for table in self.batches:
            blank -= (filled := {p for p in blank if any(not is_blank(row[p]) for row in table.rows)})
            self.unnamed |= {place + 1 for place in filled}
            self.unnamed.update(*table.beyond.values())
            yield table


@dataclass(kw_only=True)
class Door:
    """Cleans every text that comes in (`domain.clean`), and remembers where it had to."""

    longest: int
    cleaned: list[int] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)

    def row(self, cells: list[Any], line: int) -> list[Any]:
        """The cells of one row, cleaned in place."""
        for place, cell in enumerate(cells):
            if isinstance(cell, str) and (len(cell) > self.longest or not is_clean(cell)):
                cells[place] = self.text(cell, line)
        return cells

    def text(self, text: str, line: int) -> str:
        """One text, cleaned and no longer than allowed."""
        plain = clean(text)
        if plain != text:
            self.cleaned.append(line)
        if len(plain) > self.longest:
            self.cut.append(line)
        return cut(plain, self.longest)

    def unseen(self, cell: object, line: int) -> object:
        """A cell without what nobody sees."""
        if not isinstance(cell, str) or cell.isascii() or (plain := visible(cell)) == cell:
            return cell
        self.cleaned.append(line)
        return plain

    def notes(self, file_name: str) -> list[str]:
        """What was done, in Vietnamese; nothing when nothing was."""
        told = (
            (self.cleaned, "đã bỏ ký tự không in được (ký tự điều khiển, ký tự ẩn) ở"),
            (self.cut, f"đã cắt giá trị dài quá {self.longest} ký tự ở"),
        )
        return [
            f"Tệp [{file_name}]: {what} {len(lines)} ô (dòng {', '.join(map(str, sorted(set(lines))[:5]))}"
            f"{', …' if len(set(lines)) > 5 else ''}); bản gốc giữ nguyên trong vùng tiếp nhận."
            for lines, what in told
            if lines
        ]


def text_of(cell: object) -> str:
    """A cell as clean text: NFC, single spaces, '' for nothing; whole numbers without .0."""
    if isinstance(cell, str):
        # Nine of ten cells are plain ASCII, which is NFC as it stands.
        text = " ".join((cell if cell.isascii() else unicodedata.normalize("NFC", cell)).split())
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


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def heading_key(text: object) -> str:
    """Headings are the same when they differ only in case and in what codes are cleaned of (`domain.clean`)."""
    return clean_code(str(text or "")).casefold()


def distinct_headings(cells: list[object]) -> list[str]:
    """Headings as texts, blank ones named by their place, repeated ones numbered: 'Tên', 'Tên (2)'."""
    seen: dict[str, int] = {}
    headings = []
    for number, cell in enumerate(cells, start=1):
        text = text_of(visible(text_of(cell))) or blank_heading(number)
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
    """Where each canonical column of a source is in a file (index), and which mapped headings it lacks."""

    places: dict[str, int]
    missing: tuple[str, ...] = ()


def layout_of(headings: list[str], source: Source, file_name: str, carried: tuple[str, ...] = ()) -> Layout:
    """Find each mapped heading.

    Raises FileFault when a required one is missing or a mapped one is there twice, and when one is missing that
    carried values before: a blank would be taken for a fact. A JSON record may leave out what is empty: there only
    when another key looks like the one that is gone.
    """
    keys = {heading_key(heading): place for place, heading in enumerate(headings)}
    often = Counter(map(heading_key, headings))
    named = _named(source)
    places: dict[str, int] = {}
    missing: list[str] = []
    for canonical, heading in source.mapping.items():
        key = heading_key(heading)
        if key not in keys:
            missing.append(canonical)
        elif often[key] > 1 or (heading_key(f"{heading} (2)") in keys and heading_key(f"{heading} (2)") not in named):
            raise _twice(heading, file_name)
        else:
            places[canonical] = keys[key]
    # Where rows have no number, a column that tells them apart cannot be left out: each would become another dossier.
    gone = [name for name in missing if name in (*source.required_names, *source.row_columns)]
    if gone:
        raise _column_gone(gone, headings, source, file_name)
    lost = [name for name in missing if name in carried]
    if source.format == "json":
        lost = [name for name in lost if _alike(source.mapping[name], _new(headings, named))]
    if lost:
        raise _column_lost(lost, headings, source, file_name)
    return Layout(places=places, missing=tuple(missing))


def heading_notes(stream: RawStream, layout: Layout, file: Incoming) -> list[str]:
    """What the outcome says of headings that are missing or not declared, once the whole file was read."""
    source, named = file.source, _named(file.source)
    notes = []
    if layout.missing:
        texts = ", ".join(f"[{source.mapping[name]}] ({_vi(source, name)})" for name in layout.missing)
        notes.append(f"Tệp [{file.name}] không có cột {texts}; các cột này để trống.")
    blank = {blank_heading(place + 1) for place in range(len(stream.headings))}
    new = [h for h in stream.headings if heading_key(h) not in named and h not in blank]
    new += [h for h in map(blank_heading, sorted(stream.unnamed)) if heading_key(h) not in named]
    if new:
        notes.append(
            f"Tệp [{file.name}] có cột chưa khai báo: {listed(new)}; giữ trong tệp gốc, chưa đưa vào tổng hợp."
        )
    return notes


def check_columns(number: int, file: Incoming) -> None:
    """Raise FileFault when a file has more headings than any list of an office."""
    if number > file.limits.columns:
        raise FileFault(
            "E-QUA-NHIEU-COT",
            f"Tệp [{file.name}] có [{number}] cột, quá mức cho phép [{file.limits.columns}].",
            mend="đề nghị đơn vị xuất lại đúng mẫu; kiểm tra dấu phân cách đã khai báo.",
        )


def _named(source: Source) -> set[str]:
    return {heading_key(heading) for heading in (*source.mapping.values(), *source.ignored)}


def _vi(source: Source, canonical: str) -> str:
    column: Column = column_of(source.table, canonical)
    return column.vi


def _column_gone(gone: list[str], headings: list[str], source: Source, file_name: str) -> FileFault:
    texts = ", ".join(f"[{source.mapping[name]}] ({_vi(source, name)})" for name in gone)
    known = {heading_key(heading) for heading in (*source.mapping.values(), *source.ignored)}
    # Headings are shown only where the row is surely a heading row: else they may be a citizen's data.
    is_header = any(heading_key(heading) in known for heading in headings)
    found = listed(headings) if is_header else "không có tiêu đề nào đã khai báo"
    hint = _likely(source.mapping[gone[0]], headings, known) if is_header else ""
    return FileFault(
        "E-THIEU-COT",
        f"Tệp [{file_name}]: thiếu cột bắt buộc {texts}. Tìm thấy: {found}.{hint}",
        mend="đề nghị đơn vị xuất lại tệp đúng mẫu, hoặc khai báo tên cột mới ở mục columns của đơn vị.",
    )


def _column_lost(lost: list[str], headings: list[str], source: Source, file_name: str) -> FileFault:
    texts = ", ".join(f"[{source.mapping[name]}] ({_vi(source, name)})" for name in lost)
    hint = _likely(source.mapping[lost[0]], headings, _named(source))
    return FileFault(
        "E-COT-MAT",
        f"Tệp [{file_name}]: không còn cột {texts}, các lần nộp trước có giá trị ở cột này.{hint}",
        mend="đề nghị đơn vị xuất lại tệp đúng mẫu, hoặc khai báo tên cột mới ở mục columns của đơn vị; nếu đơn vị "
        "không còn ghi cột này thì bỏ dòng khai báo cột.",
    )


def _likely(heading: str, headings: list[str], known: set[str]) -> str:
    """Which undeclared heading may be the one that is gone, in Vietnamese; '' where nothing tells."""
    new = _new(headings, known)
    near = _alike(heading, new) or (new if len(new) == 1 else [])
    return f" Có thể nay là cột [{near[0]}]." if near else ""


def _new(headings: list[str], known: set[str]) -> list[str]:
    """The headings nobody declared."""
    blank = {blank_heading(place + 1) for place in range(len(headings))}
    return [each for each in headings if heading_key(each) not in known and each not in blank]


def _alike(heading: str, new: list[str]) -> list[str]:
    return get_close_matches(heading, new, n=1)


def _twice(heading: str, file_name: str) -> FileFault:
    return FileFault(
        "E-COT-TRUNG",
        f"Tệp [{file_name}]: cột [{heading}] xuất hiện nhiều lần, không rõ lấy cột nào.",
        mend=f"đổi tên cột ở nguồn, hoặc khai báo cột cần bỏ ở mục ignore, ví dụ [{heading} (2)].",
    )


def is_text(cell: object) -> TypeGuard[str]:
    """Whether a cell is text (and not a spreadsheet's own instant or number)."""
    return isinstance(cell, str)
