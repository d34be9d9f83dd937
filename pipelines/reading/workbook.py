"""A workbook's sheets as rows of filled cells, row by row: never the rectangle around them.

One cell typed in the far corner of a sheet is one cell here. XLSX is a zip of XML, read as a stream with lxml;
other kinds of workbook (.xls, .xlsb, .ods) go through calamine, which holds one sheet in memory, bounded by what
those formats allow and by the limits of the reader.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from domain.clean import clean

# 0-based column -> value, of the cells that hold something.
Cells: TypeAlias = dict[int, object]
# Row number as the spreadsheet shows it, and its cells.
Row: TypeAlias = tuple[int, Cells]

_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINKS: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PACKAGE: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
# The same parts in files saved as "Strict Open XML": other names for the same things.
_STRICT: Final = {
    "http://purl.oclc.org/ooxml/spreadsheetml/main": _MAIN[1:-1],
    "http://purl.oclc.org/ooxml/officeDocument/relationships": _LINKS[1:-1],
}
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Number formats without a text of their own that show a date or a time (ECMA-376 part 1, 18.8.30; 27-36 and
# 50-58 are dates in East Asian settings).
_DATE_FORMATS: Final = frozenset([*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)])
_SPAN_FORMATS: Final = frozenset([46])
# What is no letter of a date in a format: texts in quotes, escaped letters, conditions and colours.
_NO_DATE: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
NOT_WORKED_OUT: Final = "#công thức chưa có kết quả"
_SPAN: Final = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_DATE: Final = re.compile(r"[dmyhs]", re.IGNORECASE)
_LAST_DAY: Final = 2_958_466  # the serial number of 1/1/10000
_FALSE_LEAP_DAY: Final = 60  # 29/2/1900, which spreadsheets hold and the calendar does not


class BadWorkbook(Exception):  # noqa: N818 - a finding about a file, turned into the caller's own error
    """The file is no workbook, is broken, has a password, or unfolds to more than allowed; the text says which."""


@dataclass(kw_only=True)
class Workbook:
    """An open workbook: the names of its sheets, and the rows of one."""

    names: list[str]
    _book: Any
    _styles: "_Styles | None" = None
    _shared: list[str] = field(default_factory=list)
    _parts: Mapping[str, str] = field(default_factory=dict)

    def rows(self, sheet: str) -> Iterator[Row]:
        """The rows of a sheet that hold something, in order. Raises BadWorkbook."""
        try:
            yield from (self._dense(sheet) if self._styles is None else self._streamed(sheet))
        except _troubles() as error:
            raise BadWorkbook(type(error).__name__) from None

    def _dense(self, sheet: str) -> Iterator[Row]:
        page = self._book.get_sheet_by_name(sheet)
        first, left = page.start or (0, 0)
        for number, cells in enumerate(page.to_python(skip_empty_area=True), start=first + 1):
            filled = {left + place: cell for place, cell in enumerate(cells) if cell not in ("", None)}
            if filled:
                yield number, filled

    def _streamed(self, sheet: str) -> Iterator[Row]:
        last = 0
        assert self._styles is not None
        with self._book.open(self._parts[sheet]) as part:
            for row in _elements(part, "row"):
                said = row.get("r", "")
                number = int(said) if said.isdecimal() and last < int(said) <= 1_048_576 else last + 1
                cells = _cells(row, self._styles, self._shared)
                last = number
                if cells:
                    yield number, cells


def open_workbook(path: Path, *, unfolded_mb: int, is_xlsx: bool = False) -> Workbook:
    """Open a workbook of any kind, or (is_xlsx) of the one kind that is streamed. Raises BadWorkbook."""
    try:
        with path.open("rb") as file:
            is_zip = file.read(2) == b"PK"
        if is_zip:
            book = zipfile.ZipFile(path)
            if "xl/workbook.xml" in book.namelist() or "[Content_Types].xml" in book.namelist():
                size = sum(info.file_size for info in book.infolist())
                if size > unfolded_mb * 1024 * 1024:
                    raise BadWorkbook(f"mở ra thành {size // 1024 // 1024} MB, quá mức cho phép {unfolded_mb} MB")
                found = _xlsx(book)
                if found is not None:
                    return found
        if is_xlsx:  # what calamine unfolds is bounded only in a process of its own
            raise BadWorkbook("không phải tệp XLSX")
        return _other(path)
    except _troubles() as error:
        raise BadWorkbook(type(error).__name__) from None


def _troubles() -> tuple[type[BaseException], ...]:
    """What a broken file makes the libraries raise; calamine's own, and lxml's, are no subclasses of ours."""
    from lxml.etree import LxmlError  # noqa: PLC0415 - only where a workbook came
    from python_calamine import CalamineError  # noqa: PLC0415

    return (
        LxmlError, CalamineError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, KeyError,
        IndexError, ValueError, NotImplementedError, RuntimeError, OverflowError, AttributeError, OSError,
    )  # fmt: skip


def _other(path: Path) -> Workbook:
    from python_calamine import CalamineWorkbook, PasswordError  # noqa: PLC0415 - only where such a file came

    try:
        book = CalamineWorkbook.from_path(path)
    except PasswordError:
        raise BadWorkbook("tệp đặt mật khẩu") from None
    return Workbook(names=list(book.sheet_names), _book=book)


def _xlsx(book: zipfile.ZipFile) -> Workbook | None:
    """The workbook of an XLSX package; None when the zip is another kind (.xlsb, .ods)."""
    main = next(
        (target for kind, target in _links(book, "").values() if kind.endswith("/officeDocument")), "xl/workbook.xml"
    )
    if not main.endswith(".xml") or main not in book.namelist():
        return None
    links = _links(book, main)
    root = _parsed(book, main)
    parts: dict[str, str] = {}
    for sheet in root.iter(f"{_MAIN}sheet"):
        kind, target = links.get(sheet.get(f"{_LINKS}id", ""), ("", ""))
        if target and kind.endswith("/worksheet"):
            parts[clean(sheet.get("name", ""))] = target
    settings = root.find(f"{_MAIN}workbookPr")
    is_1904 = settings is not None and settings.get("date1904", "0") in ("1", "true")
    of_kind = {kind.rpartition("/")[2]: target for kind, target in links.values()}
    return Workbook(
        names=list(parts),
        _book=book,
        _styles=_styles(book, of_kind.get("styles"), is_1904),
        _shared=_shared_texts(book, of_kind.get("sharedStrings")),
        _parts=parts,
    )


def _links(book: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Id -> (kind, path in the zip) of what a part refers to."""
    folder, _, name = part.rpartition("/")
    place = f"{folder}/_rels/{name}.rels" if folder else "_rels/.rels"
    if place not in book.namelist():
        return {}
    found = {}
    for link in _parsed(book, place).iter(f"{_PACKAGE}Relationship"):
        target = link.get("Target", "")
        whole = target[1:] if target.startswith("/") else f"{folder}/{target}" if folder else target
        steps: list[str] = []
        for step in whole.split("/"):
            steps = steps[:-1] if step == ".." else [*steps, step]
        found[link.get("Id", "")] = (link.get("Type", ""), "/".join(steps))
    return found


def _parser() -> dict[str, bool]:
    return {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


def _parsed(book: zipfile.ZipFile, part: str) -> Any:
    from lxml import etree  # noqa: PLC0415 - only where a workbook came

    data = book.read(part)
    for strict, usual in _STRICT.items():
        data = data.replace(strict.encode(), usual.encode())
    return etree.fromstring(data, etree.XMLParser(**_parser()))


def _elements(part: IO[bytes], name: str) -> Iterator[Any]:
    """Each element of this name, whole; what was read is let go of at once."""
    from lxml import etree  # noqa: PLC0415

    tags = [f"{_MAIN}{name}", *(f"{{{strict}}}{name}" for strict in _STRICT)]
    for _, element in etree.iterparse(part, events=("end",), tag=tags, **_parser()):
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _shared_texts(book: zipfile.ZipFile, part: str | None) -> list[str]:
    if part is None or part not in book.namelist():
        return []
    with book.open(part) as file:
        return [_text(element) for element in _elements(file, "si")]


def _text(element: Any) -> str:
    """The text of a shared or inline string: all its runs, without the reading aids of East Asian scripts."""
    texts = [
        node.text or ""
        for node in element.iter()
        if isinstance(node.tag, str) and node.tag.endswith("}t") and not node.getparent().tag.endswith("}rPh")
    ]
    whole = "".join(texts)
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), whole) if "_x" in whole else whole


@dataclass(frozen=True, kw_only=True)
class _Styles:
    """Which cell styles show an instant, which a span of time; where the calendar begins."""

    dates: frozenset[int]
    spans: frozenset[int]
    is_1904: bool


def _styles(book: zipfile.ZipFile, part: str | None, is_1904: bool) -> _Styles:
    dates, spans = set(), set()
    if part is not None and part in book.namelist():
        root = _parsed(book, part)
        texts = {each.get("numFmtId"): each.get("formatCode", "") for each in root.iter(f"{_MAIN}numFmt")}
        for cells in root.iter(f"{_MAIN}cellXfs"):
            for place, style in enumerate(cells.iter(f"{_MAIN}xf")):
                number = style.get("numFmtId", "0")
                text = _NO_DATE.sub("", texts.get(number, ""))
                plain = int(number) if number.isdecimal() else 0
                if _SPAN.search(text) or (plain in _SPAN_FORMATS and not text):
                    spans.add(place)
                elif _DATE.search(text.partition(";")[0]) or (plain in _DATE_FORMATS and not text):
                    dates.add(place)
    return _Styles(dates=frozenset(dates), spans=frozenset(spans), is_1904=is_1904)


def _cells(row: Any, styles: _Styles, shared: list[str]) -> Cells:
    found: Cells = {}
    place = -1
    for cell in row:
        if not isinstance(cell.tag, str) or not cell.tag.endswith("}c"):
            continue
        place = _column(cell.get("r"), place + 1)
        value = _value(cell, styles, shared)
        if value not in ("", None):
            found[place] = value
    return found


def _column(reference: str | None, otherwise: int) -> int:
    """0-based column of a reference such as B7; the next one where it says none that a sheet can have."""
    found = _REFERENCE.fullmatch(reference) if reference else None
    if found is None:
        return otherwise
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - 64
    return number - 1 if number <= 16_384 else otherwise


def column_letters(place: int) -> str:
    """The letters of a column by its 0-based place: 0 is A, 27 is AB."""
    letters, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _value(cell: Any, styles: _Styles, shared: list[str]) -> object:
    """What a cell shows: text, number, truth, instant, span.

    An error is its text (#N/A), a formula nobody worked out says so: unread is not empty.
    """
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell)
    text = next((node.text or "" for node in cell if isinstance(node.tag, str) and node.tag.endswith("}v")), "")
    if kind == "s":
        return shared[_place(text)] if text else ""
    if kind == "b":
        return text.strip() in ("1", "true")
    if kind != "n":
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)  # str (a formula's text), d (ISO), e (error)
    formula = next((node.text for node in cell if isinstance(node.tag, str) and node.tag.endswith("}f")), None)
    if not text and formula is not None:
        return "" if formula.strip() == '""' else NOT_WORKED_OUT
    said = cell.get("s", "0")
    return _styled(_number(text), int(said) if said.isdecimal() else 0, styles)


def _place(text: str) -> int:
    """The place of a shared text; one that no list has is a broken file, never the last text."""
    place = int(text)
    if place < 0:
        raise IndexError(text)
    return place


def _styled(number: int | float | str, style: int, styles: _Styles) -> object:
    """A number as its style shows it: as it is, as a span of time, or as an instant."""
    if isinstance(number, str) or style == 0:
        return number
    if style in styles.spans:
        return timedelta(milliseconds=round(number * 86_400_000)) if abs(number) < _LAST_DAY else number
    return _instant(number, is_1904=styles.is_1904) if style in styles.dates else number


def _number(text: str) -> int | float | str:
    """A number; whole ones with all their digits, of which a float keeps fifteen. What is none stays text."""
    text = text.strip()
    if text.lstrip("-").isdecimal() and len(text) <= 18:
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def _instant(days: float, *, is_1904: bool) -> object:
    """A serial day number as date, instant or time of day; one beyond the calendar stays a number."""
    if not 0 <= days < _LAST_DAY:
        return days
    if days < 1 and not is_1904:
        return (datetime.min + timedelta(days=days)).time() if days else time(0)
    start = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 31 if days < _FALSE_LEAP_DAY else 30)
    # Spreadsheets store instants as fractions of a day: what was typed is right to the millisecond. What is left of a
    # second is cut off, not rounded: 23:59:59.7 is no moment of the next day.
    moment = start + timedelta(seconds=round(days * 86_400_000) // 1000)
    return date(moment.year, moment.month, moment.day) if float(days).is_integer() else moment
