"""From a file's cells to the canonical columns of the three tables: mapping, code lists, corrections."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from domain.clean import Grammar
from pipelines.reading.codes import clean_codes, is_code, said_code, same_word
from pipelines.reading.csv_file import read_csv
from pipelines.reading.json_file import NESTED_LISTS, Records, read_json, read_sync, tabled
from pipelines.reading.limits import listed
from pipelines.reading.row_code import row_codes
from pipelines.reading.table import (
    Door,
    Incoming,
    Layout,
    RawStream,
    RawTable,
    Reject,
    blank_heading,
    heading_notes,
    is_blank,
    layout_of,
    text_of,
)
from pipelines.reading.xlsx_file import read_xlsx
from pipelines.unit import Cell, Correction, Source

_READERS: dict[str, Callable[[Incoming, Door], RawStream]] = {"csv": read_csv, "xlsx": read_xlsx, "json": read_json}
_JSON = json.JSONEncoder(ensure_ascii=False, default=text_of)  # a spreadsheet's instants in ISO form


@dataclass(kw_only=True)
class Part:
    """What some rows of a file give for one table: canonical column -> cells, one a row, not yet typed.

    `unparsed`: row -> {column: text} of values no code list knows. `raw`: the record as handed in, as JSON.
    `said` (event logs): by line, a hash of all it says of the dossier.
    """

    table: str
    values: dict[str, list[object]]
    lines: list[int]
    raw: list[str]
    unparsed: dict[int, dict[str, str]] = field(default_factory=dict)
    said: list[int] = field(default_factory=list)


@dataclass(kw_only=True)
class FileParts:
    """Parts of a file, its lines that were no rows (by table), notes for the outcome, columns that hold something."""

    parts: list[Part] = field(default_factory=list)
    rejects: list[tuple[str, Reject]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    filled: set[str] = field(default_factory=set)


def read_parts(file: Incoming) -> Iterator[FileParts]:
    """Read one file, some rows at a time. Raises FileFault when its shape is wrong; a wrong row is set aside alone.

    What was given before a FileFault does not count: the file is taken whole or not at all.
    """
    door = Door(longest=file.limits.text)
    mended = [0] * len(file.corrections)
    for found in _sync_parts(file, door) if file.source.table == "sync" else _table_parts(file, door):
        for part in found.parts:
            _clean_part(part, file, door)
        if file.source.table == "event" and found.parts:
            _same_dossiers(*found.parts)
        for place, correction in enumerate(file.corrections):
            mended[place] += sum(_correct_part(part, correction, file.grammar) for part in found.parts)
        yield found
    told = [_told(correction, count, file.name) for correction, count in zip(file.corrections, mended, strict=True)]
    yield FileParts(notes=[*told, *door.notes(file.name)])


def _clean_part(part: Part, file: Incoming, door: Door) -> None:
    source = file.source
    _take_out_nothing(part, source)
    clean_codes(part, door, file.grammar, file_format=source.format, listed=_listed(part, source))
    if source.key == "row":
        # Before code lists and corrections: what they say may change, and the row stays the same row.
        part.values["dossier_code"] = list(row_codes(part, file))
    _code(part, source, file.grammar)


def _take_out_nothing(part: Part, source: Source) -> None:
    """What the source writes for no value is none."""
    nothing = {same_word(text) for text in source.nothing}
    if not nothing:
        return
    for cells in part.values.values():
        for row, cell in enumerate(cells):
            if cell is not None and same_word(cell) in nothing:
                cells[row] = None


def _table_parts(file: Incoming, door: Door) -> Iterator[FileParts]:
    source = file.source
    stream = _READERS[source.format](file, door)
    # A list of no records has no keys: nothing came, and nothing is wrong with its shape.
    layout = Layout(places={}) if stream.is_nothing else layout_of(stream.headings, source, file.name, file.carried)
    is_log = source.table == "event"
    blank = set(layout.places)
    for table in stream.tables():
        _set_aside_remarks(table, layout)
        filled = {name for name in blank if any(not is_blank(row[layout.places[name]]) for row in table.rows)}
        blank -= filled
        if is_log:
            _set_aside_without_code(table, layout)
        parts = _event_parts(table, layout) if is_log else [_part(source.table, "", table, layout)]
        set_aside = "step" if is_log else source.table
        yield FileParts(parts=parts, rejects=[(set_aside, reject) for reject in table.rejects], filled=filled)
    yield FileParts(notes=[*heading_notes(stream, layout, file), *stream.notes])


def _part(name: str, prefix: str, table: RawTable, layout: Layout, raw: list[str] | None = None) -> Part:
    """The rows of a table under the canonical columns with this prefix; `raw` where it was made before."""
    places = {
        canonical.removeprefix(prefix): place
        for canonical, place in layout.places.items()
        if canonical.startswith(prefix) and ("." not in canonical.removeprefix(prefix))
    }
    if prefix and "dossier_code" in layout.places:
        places["dossier_code"] = layout.places["dossier_code"]
    return Part(
        table=name,
        values={canonical: [row[place] for row in table.rows] for canonical, place in places.items()},
        lines=list(table.lines),
        raw=[_raw_json(table, row) for row in range(len(table.rows))] if raw is None else raw,
    )


def _raw_json(table: RawTable, row: int) -> str:
    cells = dict(zip(table.headings, table.rows[row], strict=True))
    cells |= {blank_heading(number): cell for number, cell in table.beyond.get(row, {}).items()}
    return _JSON.encode(cells)


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
        kept = [number for number in range(len(table.rows)) if number not in bad]
        table.beyond = {place: table.beyond[n] for place, n in enumerate(kept) if n in table.beyond}
        table.lines = [table.lines[number] for number in kept]
        table.rows = [table.rows[number] for number in kept]


def _event_parts(table: RawTable, layout: Layout) -> list[Part]:
    """Each line of an event log twice: as what it says of its dossier, and as a step (of the same dossier)."""
    raw = [_raw_json(table, row) for row in range(len(table.rows))]
    case = [place for name, place in layout.places.items() if "." not in name and name != "dossier_code"]
    said = [hash(tuple(str(row[place]) for place in case)) for row in table.rows]
    steps = _part("step", "step.", table, layout, raw)
    steps.values.pop("dossier_code", None)
    return [replace(_part("dossier", "", table, layout, raw), said=said), steps]


def _same_dossiers(dossiers: Part, steps: Part) -> None:
    """Give the steps of an event log the dossier codes of their lines."""
    steps.values["dossier_code"] = list(dossiers.values.get("dossier_code", [None] * len(steps.lines)))
    for row, unread in dossiers.unparsed.items():
        if "dossier_code" in unread:
            steps.unparsed.setdefault(row, {})["dossier_code"] = unread["dossier_code"]


def _sync_parts(file: Incoming, door: Door) -> Iterator[FileParts]:
    records = read_sync(file)
    yield FileParts(rejects=records.rejects)
    nested: list[tuple[str, str, Records]] = [
        ("dossier", "", records.dossiers), ("pause", "pause.", records.pauses), ("step", "step.", records.steps),
    ]  # fmt: skip
    for name, prefix, rows in nested:
        stream = tabled(rows, file, door)
        layout, notes = _sync_layout(stream, file, prefix)
        yield FileParts(notes=notes)
        for table in stream.tables():
            yield FileParts(parts=[_part(name, prefix, table, layout)])


def _sync_layout(stream: RawStream, file: Incoming, prefix: str) -> tuple[Layout, list[str]]:
    """Places of one kind of record. Fields of the message may be left out by the sender; required ones may not."""
    source = file.source
    own = {
        name: heading
        for name, heading in source.mapping.items()
        if name == "dossier_code" or (name.startswith(prefix) if prefix else "." not in name)
    }
    needs = [] if stream.is_nothing or prefix else source.required_names
    required = {name: own[name] for name in needs if name in own}
    layout_of(stream.headings, source.model_copy(update={"table": "dossier", "columns": required}), file.name)
    keys = {heading: place for place, heading in enumerate(stream.headings)}
    known = {*own.values(), *source.ignored, *NESTED_LISTS}
    new = [heading for heading in stream.headings if heading not in known]
    notes = []
    if new:
        notes.append(
            f"Tệp [{file.name}] có trường chưa khai báo: {listed(new)}; giữ trong tệp gốc, chưa đưa vào tổng hợp."
        )
    return Layout(places={name: keys[heading] for name, heading in own.items() if heading in keys}), notes


def _prefix(part: Part, source: Source) -> str:
    return f"{part.table}." if source.table in ("event", "sync") and part.table != "dossier" else ""


def _listed(part: Part, source: Source) -> set[str]:
    """The columns of a part that have a code list."""
    prefix = _prefix(part, source)
    return {name.removeprefix(prefix) for name in source.codes if name.startswith(prefix)}


def _code(part: Part, source: Source, grammar: Grammar) -> None:
    """Put in constants and translate code lists; a value no list knows is kept as unparsed, never guessed."""
    prefix = _prefix(part, source)
    rows = len(part.lines)
    if source.table == "sync" and part.table == "pause":
        part.values.setdefault("kind", ["SUPPLEMENT"] * rows)
        if "pause.pause_no" not in source.columns:
            # An id that is no whole number cannot serve as the running number: time gives it then.
            ids = part.values.get("pause_no", [])
            part.values["pause_no"] = [cell if text_of(cell).isdecimal() else None for cell in ids] or [None] * rows
    for canonical, value in source.constants.items():
        if canonical.startswith(prefix) and "." not in canonical.removeprefix(prefix):
            name = canonical.removeprefix(prefix)
            part.values[name] = [_put(name, value, grammar)] * rows
    for canonical, codes in source.codes.items():
        name = canonical.removeprefix(prefix)
        if not canonical.startswith(prefix) or name not in part.values:
            continue
        known = {same_word(key): _put(name, value, grammar) for key, value in codes.items()}
        found: dict[str, str] = {}  # words repeat
        for row, cell in enumerate(part.values[name]):
            text = text_of(cell)
            if not text:
                continue
            word = found.get(text) or found.setdefault(text, same_word(text))
            part.values[name][row] = known.get(word)
            if word not in known:
                part.unparsed.setdefault(row, {})[name] = text


def _put(name: str, value: Cell, grammar: Grammar) -> Cell:
    """A value of the unit's file as it is put into a column: codes as the cells' own are."""
    return said_code(value, name, grammar) if is_code(name) else value


def _told(correction: Correction, mended: int, file_name: str) -> str:
    """How many rows a correction mended, also when there were none."""
    if mended:
        return f"Tệp [{file_name}]: sửa {mended} dòng theo mục corrections (lý do: {correction.reason})."
    return f"Tệp [{file_name}]: mục corrections (lý do: {correction.reason}) không khớp dòng nào."


def _correct_part(part: Part, correction: Correction, grammar: Grammar) -> int:
    prefix = f"{part.table}."
    named = {name.removeprefix(prefix): value for name, value in correction.where.items()}
    where = {name: text_of(_put(name, value, grammar)) for name, value in named.items()}
    named = {name.removeprefix(prefix): value for name, value in correction.set.items()}
    values = {name: _put(name, value, grammar) for name, value in named.items()}
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
