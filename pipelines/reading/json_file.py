"""JSON: a list of flat records, or the national synchronisation message with its nested supplements and steps."""

import json
from dataclasses import dataclass, field

from pipelines.outcome import FileFault
from pipelines.reading.table import RawTable, Reject, text_of
from pipelines.unit import Source

PAUSE_LISTS = ("DanhSachHoSoBoSung",)
STEP_LISTS = ("TienDo", "DanhSachTienDo", "CapNhatTienDoHoSoMC")
NESTED_LISTS = (*PAUSE_LISTS, *STEP_LISTS)
DOSSIER_LISTS = ("DongBoHoSoMC", "DanhSachHoSo", "HoSo", "data")

Records = list[tuple[int, dict[str, object]]]


@dataclass(kw_only=True)
class SyncRecords:
    """The three kinds of records of a national message, each with its running number in the file."""

    dossiers: Records = field(default_factory=list)
    pauses: Records = field(default_factory=list)
    steps: Records = field(default_factory=list)
    rejects: list[tuple[str, Reject]] = field(default_factory=list)


def read_json(data: bytes, source: Source, file_name: str) -> RawTable:
    """Rows of a list of flat records; the headings are the keys in order of first sight."""
    table = RawTable(headings=[], rows=[], lines=[])
    records: Records = []
    for number, item in enumerate(_records(_loaded(data, source, file_name), file_name), start=1):
        if isinstance(item, dict):
            records.append((number, item))
        else:
            table.rejects.append(_no_object(number, item))
    return tabled(records, table)


def tabled(records: Records, table: RawTable | None = None) -> RawTable:
    """Records as a table; a key that a record lacks is an empty cell."""
    table = table or RawTable(headings=[], rows=[], lines=[])
    headings = {key: None for _, record in records for key in record}
    table.headings = list(headings)
    for number, record in records:
        table.rows.append([_cell(record.get(heading)) for heading in headings])
        table.lines.append(number)
    return table


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, list | dict) else value


def read_sync(data: bytes, source: Source, file_name: str) -> SyncRecords:
    """Records of DongBoHoSoMC: a list of dossiers (or a message that holds one), with supplements and progress.

    The progress log is a list inside a dossier, or one list for the whole message whose items carry MaHoSo.
    """
    loaded = _loaded(data, source, file_name)
    code = source.mapping.get("dossier_code", "MaHoSo")
    found = SyncRecords()
    for number, item in enumerate(_records(loaded, file_name), start=1):
        if not isinstance(item, dict):
            found.rejects.append(("dossier", _no_object(number, item)))
            continue
        found.dossiers.append((number, item))
        parent = {code: item.get(code)}
        _nested(found, "pause", item, PAUSE_LISTS, parent)
        _nested(found, "step", item, STEP_LISTS, parent)
    if isinstance(loaded, dict):
        _nested(found, "step", loaded, STEP_LISTS, {})
        _nested(found, "pause", loaded, PAUSE_LISTS, {})
    return found


def _nested(
    found: SyncRecords, table: str, item: dict[str, object], keys: tuple[str, ...], parent: dict[str, object]
) -> None:
    """Take the lists of `item` under `keys`; what is no list of objects is set aside, never dropped."""
    records = found.pauses if table == "pause" else found.steps
    for key in keys:
        values = item.get(key)
        if values in (None, "", {}):
            continue
        for value in values if isinstance(values, list) else [values]:
            number = len(records) + sum(name == table for name, _ in found.rejects) + 1
            if isinstance(value, dict):
                records.append((number, value | parent))
            else:
                found.rejects.append((table, _no_object(number, value)))


def _loaded(data: bytes, source: Source, file_name: str) -> object:
    encoding = "utf-8-sig" if source.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else source.encoding
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileFault(
            "E-BANG-MA",
            f"Tệp [{file_name}] không đọc được theo bảng mã [{source.encoding}] (từ byte thứ {error.start + 1}).",
            mend="đề nghị đơn vị xuất lại tệp theo đúng bảng mã đã khai báo, hoặc sửa mục encoding của đơn vị.",
        ) from None
    if not text.strip():
        raise FileFault(
            "E-TEP-RONG",
            f"Tệp [{file_name}] không có nội dung.",
            mend="đề nghị đơn vị xuất lại tệp.",
            status="EMPTY",
        )
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        at = f"dòng {error.lineno}, cột {error.colno}" if isinstance(error, json.JSONDecodeError) else "lồng quá sâu"
        raise FileFault(
            "E-TEP-HONG",
            f"Tệp [{file_name}] không phải JSON trọn vẹn ({at}); tệp hỏng hoặc ghi dở dang.",
            mend="đề nghị đơn vị xuất lại tệp và nộp lại.",
        ) from None


def _records(loaded: object, file_name: str) -> list[object]:
    """The list of records: the file itself, or the one list of a message."""
    if isinstance(loaded, list):
        return loaded
    if isinstance(loaded, dict):
        known = [key for key in DOSSIER_LISTS if isinstance(loaded.get(key), list)]
        others = [key for key, value in loaded.items() if isinstance(value, list) and key not in NESTED_LISTS]
        keys = known or (others if len(others) == 1 else [])
        if keys:
            records: list[object] = loaded[keys[0]]
            return records
        if "MaHoSo" in loaded:
            return [loaded]
    raise FileFault(
        "E-SAI-DANG",
        f"Tệp [{file_name}] không chứa danh sách hồ sơ.",
        mend="đề nghị đơn vị nộp một danh sách JSON, hoặc bản tin có danh sách DongBoHoSoMC.",
    )


def _no_object(number: int, item: object) -> Reject:
    shown = text_of(item) if not isinstance(item, list | dict) else json.dumps(item, ensure_ascii=False)
    return Reject(line_no=number, message=f"Phần tử thứ {number} không phải một bản ghi.", raw_record=shown)
