"""From cells to typed frames. What cannot be typed stays beside its row as text, and is judged later.

Instants: the declared formats, and always ISO 8601; a year has four digits; an instant with an offset is
brought to the site's zone, then the offset is dropped.
"""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from domain.columns import PERSON, TABLES, Column
from domain.ids import owner_hash
from pipelines.reading.table import is_text, text_of

if TYPE_CHECKING:
    from pipelines.reading.parts import Part

DTYPES = {"text": "str", "int": "Int64", "float": "float64", "instant": "datetime64[us]", "bool": "boolean"}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(?:Z|[+-]\d{2}:?\d{2})?")
_OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")
_PARTS = {
    "Y": r"\d{4}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "M": r"\d{1,2}", "S": r"\d{1,2}",
    "I": r"\d{1,2}", "f": r"\d{1,6}", "z": r"(?:Z|[+-]\d{2}:?\d{2})",
}  # fmt: skip
_THOUSANDS = re.compile(r"-?\d{1,3}(?:[.,]\d{3})+")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_WHOLE = re.compile(r"-?\d{1,18}(?:\.0+)?")
# Beyond this a number is a slip of the keyboard, or infinite in the warehouse: 10^15 dong are a tenth of the
# country's yearly product.
_LARGEST = 1e15
_MONEY_MARKS = re.compile(r"\s*(?:đ|đồng|vnđ|vnd)\s*$", re.IGNORECASE)

# A column of any of the vocabulary's kinds.
Typed: TypeAlias = "pd.Series[Any]"


def empty_frame(table: str) -> pd.DataFrame:
    """A staged frame of a table without rows, its columns typed."""
    columns = {name: pd.Series(dtype=DTYPES[column.kind]) for name, column in TABLES[table].items()}
    return pd.DataFrame(columns | {"unparsed": pd.Series(dtype="str")})


def typed_frame(part: "Part", *, time_formats: list[str], zone: str, hash_key: bytes) -> pd.DataFrame:
    """The staged frame of one part: columns of its table (origin left empty) and `unparsed`.

    `owner_hash` is worked out here, and the personal columns end here.
    """
    rows = len(part.lines)
    columns: dict[str, Typed] = {}
    for name, column in TABLES[part.table].items():
        if name not in part.values:
            columns[name] = pd.Series([None] * rows, dtype=DTYPES[column.kind])
            continue
        columns[name], bad = typed_column(part.values[name], column, time_formats, zone)
        for row in bad:
            part.unparsed.setdefault(row, {})[name] = text_of(part.values[name][row])
    if part.table == "dossier" and set(PERSON) & set(part.values):
        columns["owner_hash"] = _owner_hashes(part, hash_key)
    columns["line_no"] = pd.Series(part.lines, dtype="Int64")
    unread = [part.unparsed.get(row) for row in range(rows)]
    texts = [json.dumps(values, ensure_ascii=False, sort_keys=True) if values else "" for values in unread]
    columns["unparsed"] = pd.Series(texts, dtype="str")
    frame = pd.DataFrame(columns)
    return frame[[*TABLES[part.table], "unparsed"]]


def typed_column(cells: list[object], column: Column, time_formats: list[str], zone: str) -> tuple[Typed, list[int]]:
    """The typed column and the rows whose value could not be typed."""
    if column.kind == "instant":
        return _instants(cells, time_formats, zone)
    texts = [text_of(cell) for cell in cells]
    if column.kind == "text":
        return pd.Series([text or None for text in texts], dtype="str"), []
    read: Callable[[str], object] = (
        _whole if column.kind == "int" else (_money if column.name == "fee_vnd" else _number)
    )
    values = [read(text) if text else None for text in texts]
    bad = [row for row, (text, value) in enumerate(zip(texts, values, strict=True)) if text and value is None]
    return pd.Series(values, dtype=DTYPES[column.kind]), bad


def _whole(text: str) -> int | None:
    return int(text.split(".", maxsplit=1)[0]) if _WHOLE.fullmatch(text) else None


def _number(text: str) -> float | None:
    number = float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None
    return number if number is not None and abs(number) <= _LARGEST else None


def _money(text: str) -> float | None:
    """Dong have no decimals: 1.250.000, 28,000 and '28.000 đồng' are thousands."""
    plain = _MONEY_MARKS.sub("", text)
    return _number(re.sub(r"[.,]", "", plain) if _THOUSANDS.fullmatch(plain) else plain)


def _instants(cells: list[object], time_formats: list[str], zone: str) -> tuple[Typed, list[int]]:
    """Instants of cells that are texts or a spreadsheet's own; a number is not an instant."""
    texts = pd.Series([text_of(cell) for cell in cells], dtype="str")
    own = [pd.Timestamp(cell) if isinstance(cell, datetime | date) else None for cell in cells]
    values = pd.Series(own, dtype="datetime64[us]")
    is_open = pd.Series([is_text(cell) or isinstance(cell, int) for cell in cells], dtype=bool) & (texts != "")
    if not is_open.any():
        return values, [int(row) for row in texts.index[(texts != "") & values.isna()]]
    # Each different text is read once: one extract repeats its instants often.
    read = _texts_read(tuple(texts[is_open].unique()), tuple(time_formats), zone)
    values[is_open] = texts[is_open].map(read).astype("datetime64[us]")
    bad = [int(row) for row in texts.index[(texts != "") & values.isna()]]
    return values, bad


def _texts_read(texts: tuple[str, ...], time_formats: tuple[str, ...], zone: str) -> dict[str, Any]:
    """Text -> instant (NaT where no format fits)."""
    left = pd.Series(list(texts), index=list(texts), dtype="str")
    read: dict[str, Any] = dict.fromkeys(texts, pd.NaT)
    for pattern in (*time_formats, "iso"):
        fits = left[left.map(lambda text, p=pattern: _shape(p).fullmatch(text) is not None).astype(bool)]
        for aware in (False, True):
            some = (
                fits[fits.str.contains(_OFFSET) == aware]
                if "z" in pattern or pattern == "iso"
                else fits[: 0 if aware else None]
            )
            if len(some):
                read |= _parsed(some, pattern, zone if aware else None)
        left = left[[bool(pd.isna(read[text])) for text in left]]
    return read


def _parsed(texts: Typed, pattern: str, zone: str | None) -> dict[str, Any]:
    wanted = "ISO8601" if pattern == "iso" else pattern
    found = pd.to_datetime(texts, format=wanted, errors="coerce", utc=zone is not None)
    if zone is not None:
        found = found.dt.tz_convert(zone).dt.tz_localize(None)
    return {str(text): value for text, value in found.astype("datetime64[us]").items()}


@lru_cache(maxsize=64)
def _shape(pattern: str) -> re.Pattern[str]:
    """What a text of this format looks like: digits counted, so that nothing is guessed."""
    if pattern == "iso":
        return _ISO
    glued = re.search(r"%[a-zA-Z]%[a-zA-Z]", pattern) is not None
    shape = ""
    for piece in re.findall(r"%.|[^%]+", pattern):
        part = _PARTS.get(piece[1:], r"\S+") if piece.startswith("%") else re.escape(piece)
        shape += part.replace("{1,2}", "{2}") if glued else part
    return re.compile(shape)


def _owner_hashes(part: "Part", key: bytes) -> Typed:
    columns = [[text_of(cell) for cell in part.values.get(name, [None] * len(part.lines))]
               for name in ("owner_id_no", "owner_name", "owner_phone")]  # fmt: skip
    return pd.Series([owner_hash(key, *person) for person in zip(*columns, strict=True)], dtype="str")


def number_by_time(frame: pd.DataFrame, number: str, times: list[str]) -> pd.DataFrame:
    """Number the rows of each dossier by the first time that is there, then as they stand.

    A dossier whose rows all carry a number keeps its own.
    """
    moment = frame[times[0]].where(frame[times[0]].notna(), frame[times[1]])
    order = frame.assign(moment=moment).sort_values(["dossier_key", "moment"], kind="stable").index
    numbered = (frame.loc[order].groupby("dossier_key", dropna=False).cumcount() + 1).reindex(frame.index)
    is_open = frame[number].isna().groupby(frame["dossier_key"], dropna=False).transform("any")
    return frame.assign(**{number: frame[number].where(~is_open, numbered.astype("Int64"))})
