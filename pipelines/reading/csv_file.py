"""CSV: declared encoding and delimiter, any line ends, title lines before the headings, broken lines set aside.

Read line by line: the memory it takes does not grow with the file.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.clean import clean, cut, is_clean
from pipelines.outcome import FileFault
from pipelines.reading.table import (
    Door,
    Incoming,
    RawStream,
    RawTable,
    Reject,
    check_columns,
    distinct_headings,
    header_index,
    is_blank,
)

BATCH = 20_000
# A quoted field may run over several lines (an address, a reason), but not over more than this: a quote that
# was never closed would otherwise swallow the rest of the file.
_LONGEST_RECORD = 50
_LONGEST_FIELD = 1_000_000
# A line longer than this is no line of a register: it is told by its beginning.
_LONGEST_LINE = 4_000_000
# The headings are looked for among the first lines.
_TOP_LINES = 60
# Code pages a file in Vietnamese may be in instead of the declared one, the likelier first.
_OTHER_PAGES = ("utf-8", "cp1258", "cp1252")
# What an undecodable byte becomes.
_UNDECODED = re.compile("[\udc80-\udcff]")
_ENDLESS = "\0…"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record: the number of its first line (from 1), its fields, its text with all its lines."""

    line: int
    fields: list[str]
    text: str


def read_csv(file: Incoming, door: Door) -> RawStream:
    """Rows of a CSV file. Raises FileFault when the encoding is wrong, there are no headings, or no text at all."""
    feed = _Feed(_lines(file))
    top = _top(feed, file.source.delimiter)
    if not any(record.text.strip() for record in top) and not feed.has_text():
        raise FileFault(
            "E-TEP-RONG",
            f"Tệp [{file.name}] không có nội dung.",
            mend="đề nghị đơn vị xuất lại tệp.",
            status="EMPTY",
        )
    at = _heading_place(top, file)
    fields = top[at].fields
    width = max((place for place, cell in enumerate(fields) if not is_blank(cell)), default=-1) + 1
    check_columns(width, file)
    if _UNDECODED.search(top[at].text):
        raise _wrong_encoding(file, f"ngay ở dòng tiêu đề: {_bad_byte(top[at].text, file.source.encoding)}")
    headings = distinct_headings(door.row(list(fields[:width]), top[at].line))
    # Columns without a heading at the right end may be left out of a line.
    fits = range(width, len(fields) + 1)
    feed.rewind(top[at])
    return RawStream(headings=headings, batches=_batches(feed, headings, fits, door, file))


def _lines(file: Incoming) -> Iterator[str]:
    """The lines; bytes that cannot be decoded become lone surrogates, so only their lines are set aside."""
    encoding = file.source.encoding
    strict = "16" in encoding or "32" in encoding
    number = 0
    try:
        with file.path.open(
            encoding=encoding, errors="strict" if strict else "surrogateescape", newline=None
        ) as text:
            while line := text.readline(_LONGEST_LINE):
                number += 1
                if len(line) == _LONGEST_LINE and not line.endswith("\n"):
                    line = _shortened(line, text)
                yield line.removeprefix("\ufeff") if number == 1 else line
    except UnicodeError:
        raise _wrong_encoding(file, f"sau dòng thứ {number}") from None


def _shortened(line: str, text: io.TextIOWrapper) -> str:
    """The beginning of an endless line, marked as such; the rest is passed over."""
    while (rest := text.readline(_LONGEST_LINE)) and not rest.endswith("\n"):
        pass
    return f"{line[:1000]}{_ENDLESS}\n"


def _wrong_encoding(file: Incoming, where: str) -> FileFault:
    return FileFault(
        "E-BANG-MA",
        f"Tệp [{file.name}] không đọc được theo bảng mã [{file.source.encoding}] ({where}).",
        mend="đề nghị đơn vị xuất lại tệp theo đúng bảng mã đã khai báo, hoặc sửa mục encoding của đơn vị.",
    )


def _top(feed: "_Feed", delimiter: str) -> list[Record]:
    """The records among which the headings are looked for."""
    top = []
    feed.keeps = True
    for record in _records(feed, delimiter, fits=None):
        top.append(record)
        if record.line > _TOP_LINES:
            break
    return top


def _heading_place(top: list[Record], file: Incoming) -> int:
    said = file.source.header_row
    for place, record in enumerate(top):
        if record.line == said:
            return place
    return header_index([list(record.fields) for record in top], file.source, file.name)


@dataclass
class _Feed:
    """The lines from a place on, at most a record's worth; the csv reader takes what it needs and may give back."""

    source: Iterator[str]
    held: list[str] = field(default_factory=list)  # lines of the record under way, and those given back
    at: int = 0  # the next of them
    first: int = 0  # how many lines were let go of before them
    start: int = 0  # where the record under way began
    keeps: bool = False  # the top of a file is kept until the headings are found

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.at - self.start >= _LONGEST_RECORD or not self.more():
            raise StopIteration
        self.at += 1
        return self.held[self.at - 1]

    def more(self) -> bool:
        """Whether there is another line."""
        if self.at == len(self.held):
            line = next(self.source, None)
            if line is None:
                return False
            self.held.append(line)
        return True

    def begin(self) -> None:
        """A new record begins here."""
        if not self.keeps and self.at:
            del self.held[: self.at]
            self.first, self.at = self.first + self.at, 0
        self.start = self.at

    def rewind(self, after: Record) -> None:
        """Go on with the line after a record of the top."""
        self.at = after.line - 1 + max(after.text.count("\n"), 1)
        self.keeps = False

    def has_text(self) -> bool:
        """Whether anything but white space follows; reads on to the end if need be."""
        return any(line.strip() for line in self.source)


def _records(feed: _Feed, delimiter: str, *, fits: range | None) -> Iterator[Record]:
    """Each record.

    A record over several lines that does not fit the headings began with a stray quote: then its first line
    is handed on alone and reading goes on with the line after it, so that one quote costs one line.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    feed.begin()
    while feed.more():
        line = feed.held[feed.at]
        number = feed.first + feed.at + 1
        if '"' not in line:
            feed.at += 1
            yield Record(line=number, fields=line.rstrip("\n").split(delimiter), text=line)
            feed.begin()
            continue
        try:
            fields = next(csv.reader(feed, delimiter=delimiter), [])
        except csv.Error:
            fields, feed.at = [line.rstrip("\n")], feed.start + 1
        span = feed.at - feed.start
        is_cut = span == _LONGEST_RECORD or not feed.more()
        if span > 1 and (len(fields) not in fits if fits is not None else is_cut):
            fields, span = [line.rstrip("\n")], 1
            feed.at = feed.start + 1
        yield Record(line=number, fields=fields, text="".join(feed.held[feed.start : feed.start + span]))
        feed.begin()


def _batches(feed: _Feed, headings: list[str], fits: range, door: Door, file: Incoming) -> Iterator[RawTable]:
    bad, good = 0, 0
    problem: str | None = None
    table = RawTable(headings=headings)
    for record in _records(feed, file.source.delimiter, fits=fits):
        if not any(each and not each.isspace() for each in record.fields):
            continue
        if not record.text.isascii() and _UNDECODED.search(record.text):
            problem = _bad_byte(record.text, file.source.encoding)
            bad += 1
        else:
            problem = _problem(record, fits)
            good += 1
        if problem is None:
            _take(table, record, door)
        else:
            table.rejects.append(_reject(record, problem, file.limits.text))
        if len(table.rows) + len(table.rejects) >= BATCH:
            yield table
            table = RawTable(headings=headings)
    if bad > 1 and not good:
        raise _wrong_encoding(file, f"cả {bad} dòng: {problem}")
    yield table


def _bad_byte(text: str, encoding: str) -> str:
    """The first byte of a record that the declared code page lacks: which, where, and the page it would fit."""
    found = _UNDECODED.search(text)
    assert found is not None
    raw = text.encode(encoding, "surrogateescape")
    fits = next((page for page in _OTHER_PAGES if _reads(raw, page, encoding)), "")
    hint = f"; đọc được theo bảng mã [{fits}]" if fits else ""
    return (
        f"byte 0x{ord(found[0]) - 0xDC00:02X} ở ký tự thứ {found.start() + 1} không thuộc bảng mã đã khai báo "
        f"[{encoding}]{hint}"
    )


def _reads(raw: bytes, page: str, declared: str) -> bool:
    """Whether bytes are text of another code page."""
    if codecs.lookup(page) == codecs.lookup(declared.removesuffix("-sig").removesuffix("_sig")):
        return False
    try:
        return raw.decode(page).replace("\n", "").replace("\t", "").isprintable()
    except UnicodeDecodeError:
        return False


def _problem(record: Record, fits: range) -> str | None:
    """Why a record is no row, in Vietnamese; None when it is one."""
    if "\0" in record.text:
        return "dài bất thường" if _ENDLESS in record.text else "có byte rỗng (tệp ghi dở dang)"
    number, width = len(record.fields), fits.stop - 1
    if number < fits.start or (number > width and any(each.strip() for each in record.fields[width:])):
        half = " (dòng cuối bị cắt ngang)" if number < width and not record.text.endswith("\n") else ""
        return f"có {number} trường, bảng có {width} cột{half}"
    return None


def _reject(record: Record, problem: str, longest: int) -> Reject:
    shown = record.text.rstrip("\n").encode("utf-8", "backslashreplace").decode()
    return Reject(
        line_no=record.line, message=f"Dòng {record.line}: {problem}.", raw_record=cut(clean(shown), longest)
    )


def _take(table: RawTable, record: Record, door: Door) -> None:
    width = len(table.headings)
    fields = record.fields
    if len(record.text) > door.longest or not is_clean(record.text):
        door.row(fields, record.line)
    beyond = {place + 1: each for place, each in enumerate(fields[width:], start=width) if each.strip()}
    if beyond:
        table.beyond[len(table.rows)] = dict(beyond)
    table.rows.append([*fields[:width], *[""] * (width - len(fields))])
    table.lines.append(record.line)
