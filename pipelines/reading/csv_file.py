"""CSV: declared encoding and delimiter, any line ends, title lines before the headings, broken lines set aside."""

import csv
import io
import re
from collections.abc import Iterator

from pipelines.outcome import FileFault
from pipelines.reading.table import RawTable, Reject, distinct_headings, header_index, is_blank
from pipelines.unit import Source

# A quoted field may run over several lines (an address, a reason), but not over more than this: a quote that
# was never closed would otherwise swallow the rest of the file.
_LONGEST_RECORD = 50
_LONGEST_FIELD = 1_000_000
# With more undecodable lines than this share the encoding itself is wrong, not the lines.
_BAD_BYTES_SHARE = 0.1
# What an undecodable byte becomes.
_UNDECODED = re.compile("[\udc80-\udcff]")
_NOT_IN_ENCODING = "có byte không thuộc bảng mã đã khai báo"

Record = tuple[int, list[str], int]


def read_csv(data: bytes, source: Source, file_name: str) -> RawTable:
    """Rows of a CSV file. Raises FileFault when the encoding is wrong, there are no headings, or no text at all."""
    lines = list(io.StringIO(_decoded(data, source, file_name), newline=None))
    if not any(line.strip() for line in lines):
        raise FileFault(
            "E-TEP-RONG",
            f"Tệp [{file_name}] không có nội dung.",
            mend="đề nghị đơn vị xuất lại tệp.",
            status="EMPTY",
        )
    top = _top_records(lines, source.delimiter)
    cells: list[list[object]] = [list(record[1]) for record in top]
    at = header_index(cells, source, file_name) if source.header_row == "auto" else _said_row(top, source, file_name)
    table = RawTable(headings=distinct_headings(cells[at]), rows=[], lines=[])
    # Columns without a heading at the right end may be left out of a line.
    least = max(place for place, cell in enumerate(cells[at]) if not is_blank(cell)) + 1
    fits = range(least, len(table.headings) + 1)
    first = top[at][0] + top[at][2]
    for line_no, fields, span in _records(lines, source.delimiter, start=first, fits=fits):
        _take(table, line_no, fields, "".join(lines[line_no : line_no + span]), fits)
    _check_share(table, source, file_name)
    return table


def _decoded(data: bytes, source: Source, file_name: str) -> str:
    """The text; bytes that cannot be decoded become lone surrogates, so only their lines are set aside."""
    encoding = source.encoding
    try:
        if "16" in encoding or "32" in encoding:
            text = data.decode(encoding)
        else:
            text = data.decode(encoding, errors="surrogateescape")
    except UnicodeDecodeError as error:
        raise _wrong_encoding(file_name, encoding, f"từ byte thứ {error.start + 1}") from None
    return text.removeprefix("\ufeff")


def _wrong_encoding(file_name: str, encoding: str, where: str) -> FileFault:
    return FileFault(
        "E-BANG-MA",
        f"Tệp [{file_name}] không đọc được theo bảng mã [{encoding}] ({where}).",
        mend="đề nghị đơn vị xuất lại tệp theo đúng bảng mã đã khai báo, hoặc sửa mục encoding của đơn vị.",
    )


def _top_records(lines: list[str], delimiter: str) -> list[Record]:
    """The records among which the headings are looked for."""
    top = []
    for record in _records(lines, delimiter, start=0, fits=None):
        top.append(record)
        if record[0] > 60:
            break
    return top


def _said_row(top: list[Record], source: Source, file_name: str) -> int:
    for place, (line_no, _, _) in enumerate(top):
        if line_no + 1 == source.header_row:
            return place
    return header_index([list(record[1]) for record in top], source, file_name)


class _Lines:
    """Lines from a place on, at most a record's worth; the csv reader takes what it needs."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.next = 0
        self.end = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.next >= min(self.end, len(self.lines)):
            raise StopIteration
        self.next += 1
        return self.lines[self.next - 1]


def _records(lines: list[str], delimiter: str, *, start: int, fits: range | None) -> Iterator[Record]:
    """(index of the first line, fields, number of lines) of each record.

    A record over several lines that does not fit the headings began with a stray quote: then its first line
    is handed on alone and reading goes on with the line after it, so that one quote costs one line.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    feed = _Lines(lines)
    feed.next = start
    while feed.next < len(lines):
        first = feed.next
        feed.end = first + _LONGEST_RECORD
        try:
            fields = next(csv.reader(feed, delimiter=delimiter), [])
        except csv.Error:
            fields = [lines[first].rstrip("\n")]
            feed.next = first + 1
        span = feed.next - first
        cut = span == _LONGEST_RECORD or feed.next == len(lines)
        if span > 1 and (len(fields) not in fits if fits is not None else cut):
            fields, span = [lines[first].rstrip("\n")], 1
            feed.next = first + 1
        yield first, fields, span


def _take(table: RawTable, index: int, fields: list[str], text: str, fits: range) -> None:
    """Add one record to the rows or to the rejects; blank lines are neither."""
    if not any(field.strip() for field in fields):
        return
    width = len(table.headings)
    problem = None
    if _UNDECODED.search(text):
        problem = _NOT_IN_ENCODING
    elif "\0" in text:
        problem = "có byte rỗng (tệp ghi dở dang)"
    elif len(fields) < fits.start or any(field.strip() for field in fields[width:]):
        half = " (dòng cuối bị cắt ngang)" if len(fields) < width and not text.endswith("\n") else ""
        problem = f"có {len(fields)} trường, bảng có {width} cột{half}"
    if problem:
        shown = text.rstrip("\n").encode("utf-8", "backslashreplace").decode()
        table.rejects.append(Reject(line_no=index + 1, message=f"Dòng {index + 1}: {problem}.", raw_record=shown))
        return
    row: list[object] = [*fields, *[""] * width]
    table.rows.append(row[:width])
    table.lines.append(index + 1)


def _check_share(table: RawTable, source: Source, file_name: str) -> None:
    bad = sum(_NOT_IN_ENCODING in reject.message for reject in table.rejects)
    total = len(table.rows) + len(table.rejects)
    if any(_UNDECODED.search(heading) for heading in table.headings):
        raise _wrong_encoding(file_name, source.encoding, "ngay ở dòng tiêu đề")
    if bad > 1 and bad > total * _BAD_BYTES_SHARE:
        raise _wrong_encoding(file_name, source.encoding, f"{bad} trên {total} dòng")
