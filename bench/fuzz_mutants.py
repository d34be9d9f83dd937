"""Mutants of valid hand-ins for `fuzz.py`: the same one for the same seed, kind and number."""

import codecs
import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import xlsxwriter

KINDS = ("csv", "json", "sync", "xlsx")
COLUMNS = {
    "dossier_code": "Mã hồ sơ", "proc_code": "Mã thủ tục", "received_at": "Ngày tiếp nhận", "due_at": "Ngày hẹn trả",
    "finished_at": "Ngày kết thúc", "status": "Trạng thái", "owner_name": "Chủ hồ sơ", "owner_id_no": "CCCD",
    "office_code": "Phòng", "fee_vnd": "Phí", "refusal_reason": "Lý do",
}  # fmt: skip
EVENTS = {
    "dossier_code": "Mã hồ sơ", "received_at": "Ngày tiếp nhận", "step.task": "Phòng",
    "step.finished_at": "Ngày hẹn trả",
}  # fmt: skip
HALF = "\ud83d"  # half an emoji
# Values no office means and every office writes one day.
HOSTILE: tuple[str, ...] = (
    HALF, f"a{HALF}b", "\udfff", "\0", "A\0B", "\x01", "\x1b[31m", "\x7f", "\x85", "\u200b",
        "HS\u200b-1", "\u202eHS-1", "\u2028",
    "\ufeff", "\ufffe", "\u00ad", "9" * 400, "9" * 5000, "1e400", "-0", "1e308", "-1e308", "NaN", "Infinity", "0x1F",
    "31/02/2017", "29/02/2017 08:00", "01/01/0001", "0001-01-01", "9999-12-31", "31/12/9999 23:59", "00/00/0000",
    "2017-12-20T10:00:00+99:99", "2017-12-20T10:00:00-23:59", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "20171301000000", "24:00", "2017-12-20 24:00:00", "١٢/١٢/٢٠١٧", "²", "=1+1",
    "=HYPERLINK(\"x\")", "+1", "@SUM(A1)",
    "<script>alert(1)</script>", "'; DROP TABLE dossier; --", "%s{0}{{x}}", "../../etc/passwd", "C:\\con",
    "x" * 1_000_000, "H" * 260, "A/1", "A_1", "👩‍👩‍👧", "Đắk Glong".encode().decode("latin-1"), "e\u0301" * 50,
    "a\tb", "a\nb", "a\r\nb", '"', '""', '"a', ",", ";", "NULL", r"\N", "null", "true", " ", "\u00a0", "",
)  # fmt: skip
_ENCODINGS = ("utf-16", "utf-16-be", "utf-32", "cp1258", "cp1252", "latin-1", "utf-7", "koi8-r", "shift_jis")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One mutant: the source's declaration it is read under, its bytes, the operations that made it."""

    kind: str
    source: dict[str, Any]
    data: bytes
    made_by: tuple[str, ...]


Operation = Callable[[random.Random, bytes], bytes]


def mutant(kind: str, number: int, seed: int) -> Mutant:
    """The mutant of this number."""
    rng = random.Random(f"{seed}:{kind}:{number}")
    source = _source(kind, rng)
    data = valid(kind, rng.randrange(4))
    if source.get("encoding", "utf-8-sig") != "utf-8-sig":
        data = data.decode().encode(source["encoding"], "replace")
    own = OPERATIONS[kind]
    made_by = []
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        operation = rng.choice(own if rng.random() < 0.7 else BYTES)
        made_by.append(operation.__name__.strip("_"))
        with suppress(RecursionError):  # an earlier operation nested it too deeply to be written again
            data = operation(rng, data)
    return Mutant(kind=kind, source=source, data=data, made_by=tuple(made_by))


def _source(kind: str, rng: random.Random) -> dict[str, Any]:
    """What the unit's file says of the source: the usual, at times with another encoding, sheet, extract or table."""
    source: dict[str, Any] = {
        "id": "ho_so", "table": "dossier", "format": kind, "place": "{night}/{unit}/*", "columns": COLUMNS,
        "time_formats": ["%d/%m/%Y %H:%M", "%d/%m/%Y"],
    }  # fmt: skip
    if kind == "sync":
        return source | {"table": "sync", "format": "json", "columns": {}, "time_formats": ["%Y%m%d%H%M%S"]}
    if rng.random() < 0.1:
        source |= {"table": "event", "columns": EVENTS, "constants": {"proc_code": "P"}}
    elif rng.random() < 0.1:
        source |= {"derive_status": {"closed_by": "finished_at"}, "columns": COLUMNS.copy()}
        del source["columns"]["status"]
    elif rng.random() < 0.1:
        source |= {"codes": {"status": {"9": 9, "đang xử lý": 4}}}
    if rng.random() < 0.1:
        source["extract"] = "full"
    if kind == "csv" and rng.random() < 0.2:
        source["encoding"] = rng.choice(("utf-16", "utf-8", "cp1258", "latin-1"))
    if kind != "json" and rng.random() < 0.1:
        source["header_row"] = rng.choice((1, 2, 5))
    return source


# --- what they are made of ------------------------------------------------------------------------------


def _rows(form: int) -> list[list[str]]:
    rows = []
    for n in range((3, 12, 30, 1)[form]):
        done = "" if n % 3 == 0 else "20/12/2017 09:30"
        rows.append(
            [
                f"000.25.15.H36-171218-{n:04d}", f"1.{n % 9:06d}",
                    f"{n % 28 + 1:02d}/12/2017 08:00", "25/12/2017 17:00",
                done, "4" if not done else "9", f"Nguyễn Văn Thử {n}", f"{n:012d}", f"Phòng {n % 3}", "28.000", "",
            ]
        )  # fmt: skip
    return rows


@cache
def valid(kind: str, form: int) -> bytes:
    """A valid file of a kind; four forms of each."""
    headings, rows = list(COLUMNS.values()), _rows(form)
    if kind == "csv":
        title = ["UBND XÃ THỬ", ""] if form == 1 else []
        quote = '"' if form == 2 else ""
        lines = [*title, *(",".join(f"{quote}{cell}{quote}" for cell in row) for row in [headings, *rows])]
        return ("\ufeff" if form == 3 else "").encode() + ("\r\n" if form == 1 else "\n").join([*lines, ""]).encode()
    if kind == "xlsx":
        return _workbook([headings, *rows], form)
    records: Any = [dict(zip(headings, row, strict=True)) for row in rows]
    if kind == "sync":
        records = [_message(n) for n in range(len(rows))]
        records = (
            records
            if form == 0
            else {
                "MaDonVi": "H36",
                "DongBoHoSoMC": records,
                "CapNhatTienDoHoSoMC": [
                    {"MaHoSo": "HS-0", "NguoiXuLy": "A", "NoiDungXuLy": "Thẩm định", "ThoiDiemXuLy": "20171220093000"}
                ],
            }
        )
    elif form == 2:
        records = {"data": records}
    return json.dumps(records, ensure_ascii=form == 1, indent=2 if form == 3 else None).encode()


def _message(n: int) -> dict[str, Any]:
    return {
        "MaHoSo": f"HS-{n}", "MaTTHC": "1.000001", "KenhThucHien": "1", "ChuHoSo": f"Người Thử {n}",
        "NgayTiepNhan": "20171218080000", "NgayHenTra": "20171225170000", "TrangThaiHoSo": 4, "DonViXuLy": "P1",
        "DanhSachHoSoBoSung": [{"HoSoBoSungId": "1", "NgayBoSung": "20171219080000",
        "NoiDungBoSung": "Thiếu bản sao"}],
        "TienDo": [{"NgayBatDau": "20171218080000", "ThoiDiemXuLy": "20171219080000",
        "NoiDungXuLy": "Tiếp nhận"}] * (n % 3),
    }  # fmt: skip


def _workbook(rows: list[list[str]], form: int) -> bytes:
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole) as book:
        page = book.add_worksheet()
        instant, span = book.add_format({"num_format": "dd/mm/yyyy hh:mm"}), book.add_format({"num_format": "[h]:mm"})
        for line, row in enumerate(rows, start=2 if form == 1 else 0):
            page.write_row(line, 0, row)
            if line and form in (1, 2):
                page.write_datetime(line, 2, datetime(2017, 12, 18, 8), instant)
                page.write_number(line, 9, 28000, span if form == 2 else None)
        if form == 1:
            page.write(0, 0, "UBND XÃ THỬ")
    return whole.getvalue()


# --- bytes of any file ----------------------------------------------------------------------------------


def _place(rng: random.Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 2, 8, 50, 400)))


def _flip(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20)) if data else 0):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _drop(rng: random.Random, data: bytes) -> bytes:
    start, end = _place(rng, data)
    return data[:start] + data[end:]


def _double(rng: random.Random, data: bytes) -> bytes:
    start, end = _place(rng, data)
    return data[:end] + data[start:end] * rng.choice((1, 1, 5, 300)) + data[end:]


def _splice(rng: random.Random, data: bytes) -> bytes:
    other = valid(rng.choice(KINDS), rng.randrange(4))
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other)) :]


def _insert(rng: random.Random, data: bytes) -> bytes:
    start, _ = _place(rng, data)
    value = rng.choice((*HOSTILE, *(r"\ud83d", r"\u0000", "{", "[", "]", "}", ":", "-", "e", "_xD83D_", "_x0000_")))
    return data[:start] + value.encode("utf-8", "surrogatepass") + data[start:]


def _noise(rng: random.Random, data: bytes) -> bytes:
    start, end = _place(rng, data)
    return data[:start] + rng.randbytes(rng.choice((1, 4, 100, 2000))) + data[end:]


def _recode(rng: random.Random, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    coded = text.encode(rng.choice(_ENCODINGS), "replace")
    return rng.choice((b"", b"", codecs.BOM_UTF8, codecs.BOM_UTF16_BE)) + coded


BYTES: tuple[Operation, ...] = (_flip, _cut, _drop, _double, _splice, _insert, _noise, _recode)


# --- lines of a register --------------------------------------------------------------------------------


def _lines(rng: random.Random, data: bytes) -> tuple[list[bytes], int]:
    lines = data.split(b"\n")
    return lines, rng.randrange(len(lines))


def _csv_cell(rng: random.Random, data: bytes) -> bytes:
    """A value (at times a heading) becomes a hostile one, quoted or not."""
    lines, at = _lines(rng, data)
    cells = lines[at].split(b",")
    value = rng.choice(HOSTILE).encode("utf-8", "surrogatepass")
    cells[rng.randrange(len(cells))] = b'"' + value.replace(b'"', b'""') + b'"' if rng.random() < 0.4 else value
    lines[at] = b",".join(cells)
    return b"\n".join(lines)


def _csv_quote(rng: random.Random, data: bytes) -> bytes:
    """Quotes never closed, or closed where nothing was opened."""
    lines, _ = _lines(rng, data)
    for _ in range(rng.choice((1, 1, 2, 7))):
        at = rng.randrange(len(lines))
        place = rng.choice((0, lines[at].find(b",") + 1, len(lines[at]), len(lines[at]) // 2))
        lines[at] = lines[at][:place] + b'"' + lines[at][place:]
    return b"\n".join(lines)


def _csv_shape(rng: random.Random, data: bytes) -> bytes:
    """Lines and fields too many, none, twice, in another order, with other ends."""
    lines, at = _lines(rng, data)
    row = lines[at]
    choice = rng.randrange(10)
    if choice < 6:
        lines[at] = (
            row + b"," * rng.choice((1, 30, 3000)), row.replace(b",", b";"), b"", row + b"\n" + row, b"," * 20,
            row + b"\n" * rng.choice((1, 70)),
        )[choice]  # fmt: skip
    elif choice == 6:
        rng.shuffle(lines)
    elif choice == 7:
        lines[at:at] = [b"Tong cong,,,,"] * rng.choice((1, 45, 100))
    end = rng.choice((b"\n", b"\n", b"\r\n", b"\r", b"\n\r", "\u2028".encode(), b"\x0b"))
    return end.join(lines)


def _csv_many(rng: random.Random, data: bytes) -> bytes:
    """The register many times over: several batches of broken lines."""
    return data + b"\n".join([*data.split(b"\n")[1:], *[b'x,"y'] * rng.choice((1, 60, 400))]) * rng.choice((3, 30))


# --- JSON -----------------------------------------------------------------------------------------------

_HOLE = "@@hole@@"
_TOKENS = (
    "NaN", "-Infinity", "1e999", "9" * 4000, "9" * 5000, "-0", "1e308", "0.1e-400",
    "1" + "0" * 400, "true", "null", r'"\ud83d"',
    r'"\udc00\ud800"', r'"\u0000"', r'{"\ud83d": "\ud83d"}', r'{"a": 1, "a": 2}',
    '[{"b": 1, "b": 2}]', "[[[]]]", "{}", "[]",
    r'"\u202e"', '"x', "01", "'x'", "/**/1", "[1,]", "\ufeff", "20171301000000", "18446744073709551616",
)  # fmt: skip


def _loaded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _dicts(value: Any, deep: int = 6) -> list[dict[str, Any]]:
    """The objects in a value, not deeper than any message goes."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [each for inner in inside for each in _dicts(inner, deep - 1)] if deep else []
    return [value, *found] if isinstance(value, dict) else found


def _hole_in(rng: random.Random, data: bytes, filling: str) -> bytes:
    """The JSON with one value written as `filling`, as it stands."""
    loaded = _loaded(data)
    places = _dicts(loaded)
    if not places:
        return data
    place = rng.choice(places)
    key = rng.choice([*place, "la"])
    place[key] = _HOLE
    text = json.dumps(loaded, ensure_ascii=False).replace(f'"{_HOLE}"', filling)
    return text.encode("utf-8", "surrogatepass")


def _json_token(rng: random.Random, data: bytes) -> bytes:
    return _hole_in(rng, data, rng.choice(_TOKENS))


def _json_value(rng: random.Random, data: bytes) -> bytes:
    return _hole_in(rng, data, json.dumps(rng.choice(HOSTILE)))


def _json_deep(rng: random.Random, data: bytes) -> bytes:
    """Nested, about as deep as the parser goes and far deeper."""
    depth = rng.choice(
        (20, rng.randrange(900, 1100), rng.randrange(100, 3000), rng.randrange(9_000, 11_000), 200_000)
    )
    opened, closed = rng.choice((("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")))
    return _hole_in(rng, data, opened * depth + "1" + closed * depth)


def _json_key(rng: random.Random, data: bytes) -> bytes:
    """A key becomes a hostile one, or comes twice."""
    text = data.decode("utf-8", "replace")
    keys = re.findall(r'"(?:[^"\\]|\\.)*"\s*:', text)
    if not keys:
        return data
    old = rng.choice(keys)
    name = json.dumps(rng.choice(HOSTILE))
    new = rng.choice((f"{name}:", f"{name}:1,{old}", f"{old}1,{old}", f'{old[:-1]}:"x",{name}:[],{old}'))
    return text.replace(old, new, rng.choice((1, 1, -1))).encode("utf-8", "surrogatepass")


def _json_list(rng: random.Random, data: bytes) -> bytes:
    """Lists of other things, two lists, a list twice, one record, records in records."""
    text = data.decode("utf-8", "replace")
    junk = ", ".join(rng.choice(_TOKENS[:8]) for _ in range(rng.choice((1, 5, 300))))
    one = text.strip().removeprefix("[").removesuffix("]")
    return rng.choice(
        (
            f"[{text}, {text}]", f'{{"data": {text}, "DanhSachHoSo": {text}}}', f'{{"data": {text}, "data": {text}}}',
            f'{{"khac": {text}, "loi": []}}', f"[{junk}, {one}]", f"[{one}, {junk}]",
                f'{{"data": {text}}}', one.split("},")[0] + "}",
            f"{text}\n{text}", f"[{', '.join([one] * rng.choice((2, 50)))}]", json.dumps(text), "[]", "{}",
            f'{{"HoSo": [{junk}], "TienDo": [{junk}], "DanhSachHoSoBoSung": {text}}}',
        )
    ).encode("utf-8", "surrogatepass")  # fmt: skip


def _json_wide(rng: random.Random, data: bytes) -> bytes:
    """Very many keys, one of them twice; very many things that are no record."""
    number = rng.choice((900, 20_000))
    keys = ", ".join(f'"k{n}": {n}' for n in range(number))
    values = "[" + ", ".join(["7"] * number) + "]"
    return _hole_in(rng, data, rng.choice((f'{{{keys}, "k1": 0}}', f"{{{keys}}}", values)))


def _sync_lists(rng: random.Random, data: bytes) -> bytes:
    """What should be a list of supplements or steps is something else."""
    loaded = _loaded(data)
    places = _dicts(loaded)
    if not places:
        return data
    keys = (
        "DanhSachHoSoBoSung",
        "TienDo",
        "DanhSachTienDo",
        "CapNhatTienDoHoSoMC",
        "MaHoSo",
        "HoSoBoSungId",
        "DongBoHoSoMC",
    )
    things = (
        None,
        "",
        {},
        [],
        7,
        "x",
        ["x", None],
        {"a": 1},
        [[{}]],
        [{"MaHoSo": None}],
        ["x"] * 20_000,
        [{}] * 50,
        HALF,
    )
    for _ in range(rng.choice((1, 3))):
        rng.choice(places)[rng.choice(keys)] = rng.choice(things)
    if rng.random() < 0.2:
        loaded = rng.choice(places)
    return json.dumps(loaded).encode()


# --- workbooks ------------------------------------------------------------------------------------------

_SHEET = "xl/worksheets/sheet1.xml"
_REFERENCES = (
    "XFD1048576", "XFD1", "A4294967295", "A1048577", "ZZZ1", "ZZZZZZZZ99999999999", "A0", "7", "",
    "AA", "A-1", "$A$1", "a1", "À1", "A1:B2",
    "A" * 5000, "A" + "9" * 5000, "R1C1", "A١",
)  # fmt: skip
_NUMBERS = (
    "-1", "999999", "4294967296", "9" * 30, "9" * 5000, "1e400", "-1e400", "nan", "inf", "1e15",
    "0.5", "-0", "2958466", "2958465.99999999",
    "59.5", "60", "60.5", "-5", "", " 1", "1 ", "--5", "1_0", "١", "x", "1,5", "0x1", "-2147483649",
)  # fmt: skip


def _parts(data: bytes) -> dict[str, bytes] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            return {name: book.read(name) for name in book.namelist()}
    except Exception:  # an earlier operation broke it
        return None


def _zipped(parts: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return whole.getvalue()


def _in_part(rng: random.Random, data: bytes, change: Callable[[bytes], bytes], name: str | None = None) -> bytes:
    parts = _parts(data)
    if not parts:
        return data
    name = name or rng.choice(list(parts))
    if name in parts:
        parts[name] = change(parts[name])
    return _zipped(parts)


def _replaced(rng: random.Random, text: bytes, pattern: bytes, new: bytes) -> bytes:
    """One match (at times each) of a pattern's group replaced."""
    found = list(re.finditer(pattern, text))
    for match in found if rng.random() < 0.1 else [rng.choice(found)] if found else []:
        text = text[: match.start(1)] + new + text[match.end(1) :] if len(found) == 1 else text.replace(
            match[0], match[0].replace(match[1], new, 1) if match[1] else match[0], 1)  # fmt: skip
    return text


def _xlsx_part(rng: random.Random, data: bytes) -> bytes:
    return _in_part(rng, data, lambda part: rng.choice(BYTES[:7])(rng, part))


def _xlsx_reference(rng: random.Random, data: bytes) -> bytes:
    pattern = rng.choice((rb'<c r="([^"]*)"', rb'<row r="([^"]*)"', rb'<dimension ref="([^"]*)"'))
    return _in_part(rng, data, lambda part: _replaced(rng, part, pattern, rng.choice(_REFERENCES).encode()), _SHEET)


def _xlsx_number(rng: random.Random, data: bytes) -> bytes:
    """A number, an index of a shared text, a style: out of range or no number at all."""
    pattern = rng.choice((rb"<v>([^<]*)</v>", rb' s="([^"]*)"', rb' spans="([^"]*)"'))
    return _in_part(rng, data, lambda part: _replaced(rng, part, pattern, rng.choice(_NUMBERS).encode()), _SHEET)


def _xlsx_kind(rng: random.Random, data: bytes) -> bytes:
    new = rng.choice((b"n", b"b", b"d", b"e", b"str", b"inlineStr", b"x", b""))
    return _in_part(rng, data, lambda part: _replaced(rng, part, rb' t="([^"]*)"', new), _SHEET)


def _xlsx_text(rng: random.Random, data: bytes) -> bytes:
    value = rng.choice(
        (
            *(v for v in HOSTILE if v.isprintable()),
            "_xD83D_",
            "_x0000_",
            "_xFFFE_",
            "&#1;",
            "&#xD800;",
            "&l;",
            "a</t><t>b",
        )
    )
    new = value.encode("utf-8", "surrogatepass")
    return _in_part(
        rng, data, lambda part: _replaced(rng, part, rb"<t[^>]*>([^<]*)</t>", new), "xl/sharedStrings.xml"
    )


def _xlsx_style(rng: random.Random, data: bytes) -> bytes:
    pattern = rng.choice((rb'numFmtId="([^"]*)"', rb'formatCode="([^"]*)"', rb'<cellXfs count="([^"]*)"'))
    new = (
        rng.choice((*_NUMBERS[:6], "46", "14", "[h]:mm", "[", '"', "yyyy" * 1000, "\\"))
        .replace('"', "&quot;")
        .encode()
    )
    return _in_part(rng, data, lambda part: _replaced(rng, part, pattern, new), "xl/styles.xml")


def _xlsx_link(rng: random.Random, data: bytes) -> bytes:
    """Relations to elsewhere, nowhere, another kind; the names in the workbook's own list."""
    name = rng.choice(("_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "[Content_Types].xml"))
    pattern = rng.choice(
        (rb'Target="([^"]*)"', rb'Type="([^"]*)"', rb'Id="([^"]*)"', rb'name="([^"]*)"', rb'r:id="([^"]*)"')
    )
    places = (
        "../../x",
        "/etc/passwd",
        "xl/workbook.xml",
        "sharedStrings.xml",
        "",
        "_rels/.rels",
        "a" * 3000,
        "http://x.invalid/",
        "\u202ex",
    )
    return _in_part(rng, data, lambda part: _replaced(rng, part, pattern, rng.choice(places).encode()), name)


def _xlsx_parts(rng: random.Random, data: bytes) -> bytes:
    """A part gone, moved, taken for another, twice."""
    parts = _parts(data)
    if not parts:
        return data
    name, other = rng.choice(list(parts)), rng.choice(list(parts))
    choice = rng.randrange(4)
    if choice == 0:
        del parts[name]
    elif choice == 1:
        parts[name], parts[other] = parts[other], parts[name]
    elif choice == 2:
        parts[rng.choice(("x/" + name, name.upper(), "../" + name, "\u202e.xml"))] = parts.pop(name)
    else:
        parts |= {f"xl/embed{n}.bin": rng.randbytes(50) for n in range(rng.choice((1, 2000)))}
    return _zipped(parts)


def _xlsx_header(rng: random.Random, data: bytes) -> bytes:
    """The headers of the zip itself: method, sizes, checksums, names, flags."""
    places = [m.start() for m in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", data)]
    if not places:
        return data
    at = rng.choice(places) + rng.randrange(4, 46)
    return data[:at] + rng.choice((b"\0", b"\xff", b"\x01", b"\xff\xff\xff\xff", b"\x63\x00")) + data[at + 1 :]


def _xlsx_nested(rng: random.Random, data: bytes) -> bytes:
    """XML that is deep, wide, or unfolds itself."""
    depth = rng.choice((50, 254, 256, 300, 20_000))
    fill = rng.choice(
        (
            b"<x>" * depth + b"</x>" * depth,
            b'<c r="A9"/>' * 3000,
            b"<row/>" * 3000,
            b"<row><c t='s'><v>0</v></c></row>" * 500,
        )
    )
    if rng.random() < 0.2:
        laugh = (
            b'?><!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 50 + b'"><!ENTITY l "' + b"&b;" * 50 + b'">]>'
        )
        return _in_part(rng, data, lambda part: part.replace(b"?>", laugh, 1).replace(b"<v>", b"<v>&l;", 1))
    return _in_part(rng, data, lambda part: part.replace(b"</sheetData>", fill + b"</sheetData>", 1), _SHEET)


def _xlsx_bomb(rng: random.Random, data: bytes) -> bytes:
    """A part that unfolds a thousandfold, below the limit on what a workbook may unfold to."""
    if rng.random() < 0.8:
        return _xlsx_nested(rng, data)
    size = rng.choice((1, 5, 30)) * 1_000_000
    fill = rng.choice((b" " * size, b"<row/>" * (size // 60), b"<row><c><v>1</v></c></row>" * (size // 300)))
    return _in_part(rng, data, lambda part: part.replace(b"<sheetData>", b"<sheetData>" + fill, 1) or fill, _SHEET)


OPERATIONS: dict[str, tuple[Operation, ...]] = {
    "csv": (_csv_cell, _csv_cell, _csv_cell, _csv_quote, _csv_quote, _csv_shape, _csv_shape, _csv_many),
    "json": (_json_token, _json_token, _json_value, _json_value, _json_key, _json_key, _json_list,
    _json_deep, _json_wide),
    "sync": (_json_token, _json_value, _json_key, _json_list, _json_deep, _json_wide, _sync_lists, _sync_lists),
    "xlsx": (
        _xlsx_part, _xlsx_part, _xlsx_reference, _xlsx_reference, _xlsx_number, _xlsx_number,
            _xlsx_kind, _xlsx_text, _xlsx_text,
        _xlsx_style, _xlsx_link, _xlsx_parts, _xlsx_header, _xlsx_nested, _xlsx_bomb,
    ),
}  # fmt: skip
