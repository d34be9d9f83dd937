"""XLSX: a named sheet or the first, title rows above the headings, real instants and instants as text."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

from pipelines.outcome import FileFault
from pipelines.reading.limits import listed
from pipelines.reading.table import (
    HEADER_SEARCH,
    Door,
    Incoming,
    RawStream,
    RawTable,
    check_columns,
    distinct_headings,
    header_index,
    heading_key,
    is_blank,
)
from pipelines.reading.workbook import BadWorkbook, Cells, Row, Workbook, open_workbook

BATCH = 20_000


def read_xlsx(file: Incoming, door: Door) -> RawStream:
    """Rows of one sheet. Raises FileFault when it is no workbook, the sheet or its headings are missing."""
    book, sheet = _book(file)
    rows = _rows(book, sheet, file)
    said = file.source.header_row
    last = said if isinstance(said, int) else HEADER_SEARCH
    top: list[Row] = []
    for row in rows:
        top.append(row)
        if row[0] >= last:
            break
    if not top:
        raise FileFault(
            "E-TEP-RONG",
            f"Tệp [{file.name}] không có ô nào có dữ liệu.",
            mend="đề nghị đơn vị xuất lại tệp.",
            status="EMPTY",
        )
    above = {number: cells for number, cells in top if number <= last}
    lines = [_dense(above.get(number, {})) for number in range(1, max(above, default=0) + 1)]
    at = header_index(lines, file.source, file.name) + 1
    width = max((place for place, cell in above.get(at, {}).items() if not is_blank(cell)), default=-1) + 1
    check_columns(width, file)
    headings = distinct_headings(door.row([above.get(at, {}).get(place, "") for place in range(width)], at))
    below = (row for row in chain(top, rows) if row[0] > at)
    beside = [name for name in book.names if name not in (sheet, *file.sheets) and _has_headings(book, name, file)]
    notes = []
    if beside:
        notes.append(
            f"Tệp [{file.name}]: chỉ đọc trang tính [{sheet}]; trang {listed(beside, 'trang')} cũng có các cột đã "
            "khai báo mà chưa được đọc. Cách khắc phục: gộp vào một trang, hoặc khai báo thêm nguồn với mục sheet."
        )
    return RawStream(headings=headings, batches=_batches(below, headings, door, file), notes=notes)


def _dense(cells: Cells) -> list[object]:
    """The cells of a title or heading row; those far out are no headings."""
    near = [place for place in cells if place < 2000]
    return [cells.get(place, "") for place in range(max(near, default=-1) + 1)]


def _batches(rows: Iterator[Row], headings: list[str], door: Door, file: Incoming) -> Iterator[RawTable]:
    width, filled = len(headings), 0
    table = RawTable(headings=headings)
    for number, cells in rows:
        if all(is_blank(cell) for cell in cells.values()):
            continue
        filled += len(cells)
        if filled > file.limits.cells:
            raise FileFault(
                "E-QUA-NHIEU-O",
                f"Tệp [{file.name}] có hơn [{file.limits.cells}] ô có dữ liệu.",
                mend="đề nghị đơn vị chia nhỏ tệp, hoặc tăng mục reading.cells trong site.yml.",
            )
        beyond = {place: cell for place, cell in cells.items() if place >= width and not is_blank(cell)}
        if beyond:
            values = door.row(list(beyond.values()), number)
            table.beyond[len(table.rows)] = {place + 1: cell for place, cell in zip(beyond, values, strict=True)}
        table.rows.append(door.row([cells.get(place, "") for place in range(width)], number))
        table.lines.append(number)
        if len(table.rows) == BATCH:
            yield table
            table = RawTable(headings=headings)
    yield table


def _book(file: Incoming) -> tuple[Workbook, str]:
    """The workbook, and the sheet that is read."""
    with _opened(file):
        book = open_workbook(file.path, unfolded_mb=file.limits.unfolded_mb)
        if not book.names:
            raise BadWorkbook("không có trang tính nào")
    sheet = file.source.sheet
    if sheet is not None and sheet not in book.names:
        raise FileFault(
            "E-THIEU-TRANG",
            f"Tệp [{file.name}] không có trang tính [{sheet}]. Tìm thấy: {listed(book.names)}.",
            mend="đề nghị đơn vị giữ nguyên tên trang tính, hoặc sửa mục sheet của đơn vị.",
        )
    return book, sheet or book.names[0]


def _rows(book: Workbook, sheet: str, file: Incoming) -> Iterator[Row]:
    with _opened(file):
        yield from book.rows(sheet)


def _has_headings(book: Workbook, sheet: str, file: Incoming) -> bool:
    """Whether a sheet, a hidden one too, holds the headings a file of this source cannot do without, and a row."""
    needed = {
        heading_key(file.source.mapping[name]) for name in file.source.required_names if name in file.source.mapping
    }
    found = False
    for number, cells in _rows(book, sheet, file):
        if found:
            return True
        found = bool(needed) and needed <= {heading_key(cell) for cell in cells.values()}
        if number > HEADER_SEARCH and not found:
            return False
    return False


@contextmanager
def _opened(file: Incoming) -> Iterator[None]:
    """What a workbook does not give is the file's fault."""
    try:
        yield
    except BadWorkbook as error:
        raise FileFault(
            "E-TEP-HONG",
            f"Tệp [{file.name}] không mở được như một bảng tính ({error}); tệp hỏng hoặc ghi dở dang.",
            mend="đề nghị đơn vị xuất lại tệp và nộp lại.",
        ) from None
