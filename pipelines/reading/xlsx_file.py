"""XLSX: a named sheet or the first, title rows above the headings, real instants and instants as text."""

import io
from datetime import datetime, timedelta

from pipelines.outcome import FileFault
from pipelines.reading.table import RawTable, distinct_headings, header_index, is_blank
from pipelines.unit import Source


def read_xlsx(data: bytes, source: Source, file_name: str) -> RawTable:
    """Rows of one sheet. Raises FileFault when it is no workbook, the sheet or its headings are missing."""
    rows = _cells(data, source, file_name)
    if not any(not is_blank(cell) for row in rows for cell in row):
        raise FileFault(
            "E-TEP-RONG", f"Tệp [{file_name}] không có ô nào có dữ liệu.", mend="đề nghị đơn vị xuất lại tệp.",
            status="EMPTY",
        )  # fmt: skip
    at = header_index(rows, source, file_name)
    width = max(place for place, cell in enumerate(rows[at]) if not is_blank(cell)) + 1
    # Cells to the right of the last heading are kept as columns without a name, so nothing is dropped unseen.
    filled = [place + 1 for row in rows[at + 1 :] for place, cell in enumerate(row) if not is_blank(cell)]
    width = max([width, *filled])
    header = [*rows[at], *[""] * width][:width]
    table = RawTable(headings=distinct_headings(header), rows=[], lines=[])
    for index, row in enumerate(rows[at + 1 :], start=at + 2):
        if any(not is_blank(cell) for cell in row):
            table.rows.append([_cell(cell) for cell in [*row, *[""] * width][:width]])
            table.lines.append(index)
    return table


def _cells(data: bytes, source: Source, file_name: str) -> list[list[object]]:
    from python_calamine import CalamineError, CalamineWorkbook, ZipError  # noqa: PLC0415 - only where a workbook came

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        if source.sheet is not None and source.sheet not in book.sheet_names:
            found = ", ".join(f"[{name}]" for name in book.sheet_names)
            raise FileFault(
                "E-THIEU-TRANG",
                f"Tệp [{file_name}] không có trang tính [{source.sheet}]. Tìm thấy: {found}.",
                mend="đề nghị đơn vị giữ nguyên tên trang tính, hoặc sửa mục sheet của đơn vị.",
            )
        sheet = book.get_sheet_by_name(source.sheet or book.sheet_names[0])
        rows: list[list[object]] = sheet.to_python(skip_empty_area=False)
    except (CalamineError, ZipError, OSError, ValueError, IndexError) as error:
        raise FileFault(
            "E-TEP-HONG",
            f"Tệp [{file_name}] không mở được như một bảng tính ({type(error).__name__}); tệp hỏng hoặc ghi dở dang.",
            mend="đề nghị đơn vị xuất lại tệp và nộp lại.",
        ) from None
    return rows


def _cell(cell: object) -> object:
    """Spreadsheets store instants as fractions of a day: the nearest second is what was typed."""
    if isinstance(cell, datetime) and cell.microsecond:
        return (cell + timedelta(microseconds=500_000)).replace(microsecond=0)
    return cell
