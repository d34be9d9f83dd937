"""From a file's cells to the canonical columns of the three tables: mapping, code lists, corrections."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipelines.reading.csv_file import read_csv
from pipelines.reading.json_file import NESTED_LISTS, Records, read_json, read_sync, tabled
from pipelines.reading.table import Layout, RawTable, Reject, is_blank, layout_of, raw_value, text_of
from pipelines.reading.xlsx_file import read_xlsx
from pipelines.unit import Correction, Source

_READERS = {"csv": read_csv, "xlsx": read_xlsx, "json": read_json}


@dataclass(kw_only=True)
class Part:
    """What one file gives for one table: canonical column -> cells, one a row, not yet typed.

    `unparsed`: row -> {column: text} of values no code list knows. `raw`: the record as handed in, as JSON.
    """

    table: str
    values: dict[str, list[object]]
    lines: list[int]
    raw: list[str]
    unparsed: dict[int, dict[str, str]] = field(default_factory=dict)


@dataclass(kw_only=True)
class FileParts:
    """All parts of one file, its lines that were no rows (by table), and notes for the outcome."""

    parts: list[Part] = field(default_factory=list)
    rejects: list[tuple[str, Reject]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_parts(data: bytes, source: Source, corrections: Iterable[Correction], file_name: str) -> FileParts:
    """Read one file. Raises FileFault when its shape is wrong; a wrong row is set aside alone."""
    if source.table == "sync":
        found = _sync_parts(data, source, file_name)
    else:
        table = _READERS[source.format](data, source, file_name)
        layout = _layout(table, source, file_name)
        found = FileParts(notes=[*table.notes, *layout.notes])
        main = "step" if source.table == "event" else source.table
        _set_aside_remarks(table, layout)
        if source.table == "event":
            _set_aside_without_code(table, layout)
        found.rejects = [(main, reject) for reject in table.rejects]
        found.parts = (
            _event_parts(table, layout, found) if source.table == "event" else [_part(main, "", table, layout)]
        )
    for part in found.parts:
        _code(part, source)
    for correction in corrections:
        if correction.source in (None, source.id):
            found.notes.append(_correct(found.parts, correction, file_name))
    return found


def _layout(table: RawTable, source: Source, file_name: str) -> Layout:
    # A list of no records has no keys: nothing came, and nothing is wrong with its shape.
    if source.format == "json" and not table.rows:
        return Layout(places={}, notes=[])
    return layout_of(table, source, file_name)


def _part(name: str, prefix: str, table: RawTable, layout: Layout, rows: list[int] | None = None) -> Part:
    """The rows of a table (all, or those chosen) under the canonical columns with this prefix."""
    chosen = range(len(table.rows)) if rows is None else rows
    places = {
        canonical.removeprefix(prefix): place
        for canonical, place in layout.places.items()
        if canonical.startswith(prefix) and ("." not in canonical.removeprefix(prefix))
    }
    if prefix and "dossier_code" in layout.places:
        places["dossier_code"] = layout.places["dossier_code"]
    return Part(
        table=name,
        values={canonical: [table.rows[row][place] for row in chosen] for canonical, place in places.items()},
        lines=[table.lines[row] for row in chosen],
        raw=[_raw_json(table, row) for row in chosen],
    )


def _raw_json(table: RawTable, row: int) -> str:
    cells = {h: raw_value(cell) for h, cell in zip(table.headings, table.rows[row], strict=True)}
    return json.dumps(cells, ensure_ascii=False, default=str)


def _set_aside_remarks(table: RawTable, layout: Layout) -> None:
    """Rows with nothing in any mapped column (totals, signatures, remarks under the table) are no records."""
    mapped = set(layout.places.values())
    if not mapped:
        return
    _set_aside(
        table,
        lambda row: all(is_blank(row[place]) for place in mapped),
        "không có giá trị ở cột nào đã khai báo",
    )


def _set_aside_without_code(table: RawTable, layout: Layout) -> None:
    place = layout.places.get("dossier_code")
    if place is not None:
        _set_aside(table, lambda row: text_of(row[place]) == "", "không có mã hồ sơ, không xếp được vào hồ sơ nào")


def _set_aside(table: RawTable, is_bad: Callable[[list[object]], bool], why: str) -> None:
    bad = {number for number, row in enumerate(table.rows) if is_bad(row)}
    for number in sorted(bad):
        line = table.lines[number]
        table.rejects.append(
            Reject(line_no=line, message=f"Dòng {line}: {why}.", raw_record=_raw_json(table, number))
        )
    if bad:
        table.lines = [line for number, line in enumerate(table.lines) if number not in bad]
        table.rows = [row for number, row in enumerate(table.rows) if number not in bad]


def _event_parts(table: RawTable, layout: Layout, found: FileParts) -> list[Part]:
    """An event log: each dossier once, from its first line, and each event as a step."""
    place = layout.places["dossier_code"] if table.rows else 0
    case_places = [p for name, p in layout.places.items() if "." not in name]
    first: dict[str, int] = {}
    differing: set[str] = set()
    for number, row in enumerate(table.rows):
        code = text_of(row[place])
        at = first.setdefault(code, number)
        if at != number and any(row[p] != table.rows[at][p] for p in case_places):
            differing.add(code)
    if differing:
        found.notes.append(
            f"{len(differing)} hồ sơ có thông tin khác nhau giữa các dòng sự kiện; lấy theo dòng đầu tiên của hồ sơ."
        )
    return [_part("dossier", "", table, layout, list(first.values())), _part("step", "step.", table, layout)]


def _sync_parts(data: bytes, source: Source, file_name: str) -> FileParts:
    records = read_sync(data, source, file_name)
    found = FileParts(rejects=records.rejects)
    nested: list[tuple[str, str, Records]] = [
        ("dossier", "", records.dossiers), ("pause", "pause.", records.pauses), ("step", "step.", records.steps),
    ]  # fmt: skip
    for name, prefix, rows in nested:
        table = tabled(rows)
        layout = _sync_layout(table, source, prefix, file_name)
        found.notes += layout.notes
        found.parts.append(_part(name, prefix, table, layout))
    return found


def _sync_layout(table: RawTable, source: Source, prefix: str, file_name: str) -> Layout:
    """Places of one kind of record. Fields of the message may be left out by the sender; required ones may not."""
    own = {
        name: heading
        for name, heading in source.mapping.items()
        if name == "dossier_code" or (name.startswith(prefix) if prefix else "." not in name)
    }
    required = {name: own[name] for name in source.required_names if name in own} if table.rows and not prefix else {}
    part = source.model_copy(update={"table": "dossier", "columns": required})
    whole = layout_of(table, part, file_name)
    keys = {heading: place for place, heading in enumerate(table.headings)}
    known = {*own.values(), *source.ignored, *NESTED_LISTS}
    new = [heading for heading in table.headings if heading not in known]
    notes = [n for n in whole.notes if "chưa khai báo" not in n]
    if new:
        texts = ", ".join(f"[{heading}]" for heading in new)
        notes.append(f"Tệp [{file_name}] có trường chưa khai báo: {texts}; giữ trong tệp gốc, chưa đưa vào tổng hợp.")
    return Layout(places={name: keys[heading] for name, heading in own.items() if heading in keys}, notes=notes)


def _code(part: Part, source: Source) -> None:
    """Put in constants and translate code lists; a value no list knows is kept as unparsed, never guessed."""
    prefix = f"{part.table}." if source.table in ("event", "sync") and part.table != "dossier" else ""
    rows = len(part.lines)
    if source.table == "sync" and part.table == "pause":
        part.values.setdefault("kind", ["SUPPLEMENT"] * rows)
        if "pause.pause_no" not in source.columns:
            # An id that is no whole number cannot serve as the running number: time gives it then.
            ids = part.values.get("pause_no", [])
            part.values["pause_no"] = [cell if text_of(cell).isdecimal() else None for cell in ids] or [None] * rows
    for canonical, value in source.constants.items():
        if canonical.startswith(prefix) and "." not in canonical.removeprefix(prefix):
            part.values[canonical.removeprefix(prefix)] = [value] * rows
    for canonical, codes in source.codes.items():
        name = canonical.removeprefix(prefix)
        if not canonical.startswith(prefix) or name not in part.values:
            continue
        known = {text_of(key).casefold(): value for key, value in codes.items()}
        for row, cell in enumerate(part.values[name]):
            text = text_of(cell)
            if text and text.casefold() in known:
                part.values[name][row] = known[text.casefold()]
            elif text:
                part.values[name][row] = None
                part.unparsed.setdefault(row, {})[name] = text


def _correct(parts: list[Part], correction: Correction, file_name: str) -> str:
    """Mend the rows a correction names; the note says how many, also when there were none."""
    mended = sum(_correct_part(part, correction) for part in parts)
    if mended:
        return f"Tệp [{file_name}]: sửa {mended} dòng theo mục corrections (lý do: {correction.reason})."
    return f"Tệp [{file_name}]: mục corrections (lý do: {correction.reason}) không khớp dòng nào."


def _correct_part(part: Part, correction: Correction) -> int:
    prefix = f"{part.table}."
    where = {name.removeprefix(prefix): text_of(value) for name, value in correction.where.items()}
    values = {name.removeprefix(prefix): value for name, value in correction.set.items()}
    if any("." in name or name not in part.values for name in where) or any("." in name for name in values):
        return 0
    mended = 0
    for row in range(len(part.lines)):
        unread = part.unparsed.get(row, {})
        if all(text in (text_of(part.values[name][row]), unread.get(name)) for name, text in where.items()):
            mended += 1
            for name, value in values.items():
                part.values.setdefault(name, [None] * len(part.lines))[row] = value
                unread.pop(name, None)
    return mended
