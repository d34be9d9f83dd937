"""JSON: a list of flat records, or the national synchronisation message with its nested supplements and steps.

Nothing is dropped before it is counted: a key written twice, or a second list of records, is refused by name.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from domain.clean import clean, cut, visible
from pipelines.outcome import FileFault
from pipelines.reading.limits import listed
from pipelines.reading.table import Door, Incoming, RawStream, RawTable, Reject, check_columns, text_of

BATCH = 20_000
PAUSE_LISTS = ("DanhSachHoSoBoSung",)
STEP_LISTS = ("TienDo", "DanhSachTienDo", "CapNhatTienDoHoSoMC")
NESTED_LISTS = (*PAUSE_LISTS, *STEP_LISTS)
DOSSIER_LISTS = ("DongBoHoSoMC", "DanhSachHoSo", "HoSo", "data")
# How services call the number of all records, the next page, the number of pages: lower case, without _ and prefix.
_TOTALS = ("total", "totalcount", "count", "totalrecords", "recordstotal", "totalelements", "tongso", "tongsohoso")
_NEXT = ("next", "nextlink", "nextpage", "nexturl")
_PAGES = ("pages", "totalpages", "pagecount", "sotrang")
# A whole number of more digits is kept as text: no column holds it, and no digit of a code is lost.
_LONGEST_INT = 18

Records = list[tuple[int, dict[str, object]]]


class Doubled(dict[str, object]):
    """An object with a key written more than once: `repeated` are those keys, `pairs` all that was written."""

    repeated: tuple[str, ...] = ()
    pairs: tuple[tuple[str, object], ...] = ()


@dataclass(kw_only=True)
class SyncRecords:
    """The three kinds of records of a national message, each with its running number in the file."""

    dossiers: Records = field(default_factory=list)
    pauses: Records = field(default_factory=list)
    steps: Records = field(default_factory=list)
    rejects: list[tuple[str, Reject]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)  # how many of a table so far, with those set aside


def read_json(file: Incoming, door: Door) -> RawStream:
    """Rows of a list of flat records; the headings are the keys in order of first sight."""
    records: Records = []
    rejects: list[Reject] = []
    with _not_too_deep(file):
        loaded = _loaded(file)
        for number, item in enumerate(_records(loaded, file), start=1):
            if isinstance(item, dict) and not isinstance(item, Doubled):
                records.append((number, item))
            else:
                rejects.append(_no_record(number, item, file))
    stream = tabled(records, file, door, rejects)
    stream.notes += page_notes(loaded, len(records) + len(rejects), file)
    return stream


def page_notes(loaded: object, items: int, file: Incoming) -> list[str]:
    """What a list says of itself that does not agree with its `items`: another total, a next page; in Vietnamese."""
    if not isinstance(loaded, dict):
        return []
    said = {str(key).casefold().rpartition(".")[2].replace("_", ""): value for key, value in loaded.items()}
    totals = {said[name] for name in _TOTALS if isinstance(said.get(name), int) and not isinstance(said[name], bool)}
    notes = [
        f"Tệp [{file.name}] ghi tổng số {total} bản ghi, trong tệp có {items}." for total in totals if total != items
    ]
    is_cut = any(said.get(name) for name in _NEXT) or any(
        isinstance(said.get(name), int) and said[name] > 1 for name in _PAGES
    )
    if is_cut:
        notes.append(f"Tệp [{file.name}] chỉ là một trang của danh sách nhiều trang.")
    return [f"{note} Cách khắc phục: đề nghị đơn vị xuất đủ danh sách vào tệp." for note in notes]


def tabled(records: Records, file: Incoming, door: Door, rejects: list[Reject] | None = None) -> RawStream:
    """Records as a table; a key that a record lacks is an empty cell."""
    keys = list({key: None for _, record in records for key in record})
    check_columns(len(keys), file)
    headings = [visible(key) for key in keys]
    if len(set(headings)) < len(keys):
        raise FileFault(
            "E-COT-TRUNG",
            f"Tệp [{file.name}]: có tên trường chỉ khác nhau ở ký tự ẩn.",
            mend="đề nghị đơn vị xuất lại tệp với tên trường đúng mẫu.",
        )
    batches = _shallow(_batches(records, keys, headings, door, rejects or []), file)
    return RawStream(headings=headings, batches=batches, is_nothing=not records)


def _batches(
    records: Records, keys: list[str], headings: list[str], door: Door, rejects: list[Reject]
) -> Iterator[RawTable]:
    for start in range(0, len(records), BATCH) or (0,):
        some = records[start : start + BATCH]
        yield RawTable(
            headings=headings,
            rows=[door.row([_cell(record.get(key)) for key in keys], number) for number, record in some],
            lines=[number for number, _ in some],
            rejects=rejects if start == 0 else [],
        )


def _shallow(batches: Iterator[RawTable], file: Incoming) -> Iterator[RawTable]:
    with _not_too_deep(file):
        yield from batches


def _cell(value: object) -> object:
    return (
        json.dumps(_whole_value(value), ensure_ascii=False, sort_keys=True)
        if isinstance(value, list | dict)
        else value
    )


def _whole_value(value: object) -> object:
    """A nested value with all that was written: an object with a key written twice is kept as its pairs."""
    if isinstance(value, Doubled):
        return [[name, _whole_value(each)] for name, each in value.pairs]
    if isinstance(value, dict):
        return {name: _whole_value(each) for name, each in value.items()}
    return [_whole_value(each) for each in value] if isinstance(value, list) else value


def read_sync(file: Incoming) -> SyncRecords:
    """Records of DongBoHoSoMC: a list of dossiers (or a message that holds one), with supplements and progress.

    The progress log is a list inside a dossier, or one list for the whole message whose items carry MaHoSo.
    """
    with _not_too_deep(file):
        return _sync_records(_loaded(file), file)


def _sync_records(loaded: object, file: Incoming) -> SyncRecords:
    code = file.source.mapping.get("dossier_code", "MaHoSo")
    found = SyncRecords()
    for number, item in enumerate(_records(loaded, file), start=1):
        if not isinstance(item, dict) or isinstance(item, Doubled):
            found.rejects.append(("dossier", _no_record(number, item, file)))
            continue
        found.dossiers.append((number, item))
        parent = {code: item.get(code)}
        _nested(found, "pause", item, parent, file)
        _nested(found, "step", item, parent, file)
    if isinstance(loaded, dict) and not any(item is loaded for _, item in found.dossiers):  # else read already
        _nested(found, "step", loaded, {}, file)
        _nested(found, "pause", loaded, {}, file)
    return found


def _nested(
    found: SyncRecords, table: str, item: dict[str, object], parent: dict[str, object], file: Incoming
) -> None:
    """Take the lists of `item` for a table; what is no list of objects is set aside, never dropped."""
    records, keys = (found.pauses, PAUSE_LISTS) if table == "pause" else (found.steps, STEP_LISTS)
    for key in keys:
        values = item.get(key)
        if values in (None, "", {}):
            continue
        for value in values if isinstance(values, list) else [values]:
            found.seen[table] += 1
            number = found.seen[table]
            if isinstance(value, dict) and not isinstance(value, Doubled):
                records.append((number, value | parent))
            else:
                found.rejects.append((table, _no_record(number, value, file)))


def _loaded(file: Incoming) -> object:
    source = file.source
    encoding = "utf-8-sig" if source.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else source.encoding
    try:
        text = file.path.read_bytes().decode(encoding)
    except UnicodeError as error:
        where = f" (từ byte thứ {error.start + 1})" if isinstance(error, UnicodeDecodeError) else ""
        raise FileFault(
            "E-BANG-MA",
            f"Tệp [{file.name}] không đọc được theo bảng mã [{source.encoding}]{where}.",
            mend="đề nghị đơn vị xuất lại tệp theo đúng bảng mã đã khai báo, hoặc sửa mục encoding của đơn vị.",
        ) from None
    if not text.strip():
        raise FileFault(
            "E-TEP-RONG",
            f"Tệp [{file.name}] không có nội dung.",
            mend="đề nghị đơn vị xuất lại tệp.",
            status="EMPTY",
        )
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise _no_json(file, f"dòng {error.lineno}, cột {error.colno}") from None


@contextmanager
def _not_too_deep(file: Incoming) -> Iterator[None]:
    """What can be read can still be nested too deep to be written again: either way the file is refused by name."""
    try:
        yield
    except RecursionError:
        raise _no_json(file, "lồng quá sâu") from None


def _no_json(file: Incoming, where: str) -> FileFault:
    return FileFault(
        "E-TEP-HONG",
        f"Tệp [{file.name}] không phải JSON trọn vẹn ({where}); tệp hỏng hoặc ghi dở dang.",
        mend="đề nghị đơn vị xuất lại tệp và nộp lại.",
    )


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    doubled = Doubled(plain)
    doubled.repeated = tuple(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    doubled.pairs = tuple(pairs)
    return doubled


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= _LONGEST_INT else text


def _records(loaded: object, file: Incoming) -> list[object]:
    """The list of records: the file itself, or the one list of a message. Two lists are never one."""
    if isinstance(loaded, list):
        return loaded
    if isinstance(loaded, Doubled):
        raise FileFault(
            "E-TRUONG-LAP",
            f"Tệp [{file.name}]: trường {listed([clean(name) for name in loaded.repeated])} được ghi nhiều lần, "
            "không rõ lấy phần nào.",
            mend="đề nghị đơn vị xuất lại tệp, mỗi trường một lần.",
        )
    if isinstance(loaded, dict):
        lists = _lists(loaded, file)
        if len(lists) > 1:
            raise FileFault(
                "E-NHIEU-DANH-SACH",
                f"Tệp [{file.name}] có nhiều danh sách hồ sơ: {listed([clean(name) for name in lists])}.",
                mend="đề nghị đơn vị nộp một danh sách một tệp, hoặc khai báo danh sách cần bỏ ở mục ignore.",
            )
        if lists:
            records: list[object] = loaded[lists[0]]
            return records
        if "MaHoSo" in loaded:
            return [loaded]
    raise FileFault(
        "E-SAI-DANG",
        f"Tệp [{file.name}] không chứa danh sách hồ sơ.",
        mend="đề nghị đơn vị nộp một danh sách JSON, hoặc bản tin có danh sách DongBoHoSoMC.",
    )


def _lists(loaded: dict[str, Any], file: Incoming) -> list[str]:
    """Keys of the lists that may hold dossiers; a list nobody named counts when it holds records."""
    left_out = {*NESTED_LISTS, *file.source.ignored}
    lists = [key for key, value in loaded.items() if isinstance(value, list) and key not in left_out]
    known = [key for key in lists if key in DOSSIER_LISTS]
    filled = [key for key in lists if any(isinstance(item, dict) for item in loaded[key])]
    if known:
        return [key for key in lists if key in filled] or known[:1]
    if "MaHoSo" in loaded:
        return []  # one dossier by itself: its lists are its own
    return filled or lists[:1] if len(lists) == 1 or filled else []


def _no_record(number: int, item: object, file: Incoming) -> Reject:
    if isinstance(item, Doubled):
        names = listed([clean(name) for name in item.repeated])
        message = f"Phần tử thứ {number} ghi trường {names} nhiều lần, không rõ lấy giá trị nào."
        shown = json.dumps(item.pairs, ensure_ascii=False)
    else:
        message = f"Phần tử thứ {number} không phải một bản ghi."
        shown = json.dumps(item, ensure_ascii=False) if isinstance(item, list | dict) else text_of(item)
    return Reject(line_no=number, message=message, raw_record=cut(clean(shown), file.limits.text))
