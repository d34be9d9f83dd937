"""Codes for rows of files without numbers (`key: row`): the same row, the same code, every night and in any file."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import TYPE_CHECKING

from domain.clean import clean_code
from domain.ids import stable_id
from pipelines.reading.table import Incoming, text_of
from pipelines.reading.typed import typed_column
from pipelines.source_columns import column_of

if TYPE_CHECKING:
    from pipelines.reading.parts import Part


def row_codes(part: "Part", file: Incoming) -> Iterator[str | None]:
    """By row `R-` and 16 digits made of what its `row_columns` say, in whatever order; None where they are all blank.

    Instants and numbers count by their value, so another notation of the same day is the same row.
    """
    names = sorted(file.source.row_columns)
    for texts in zip(*(_texts(part, name, file) for name in names), strict=True):
        told = [each for pair in zip(names, texts, strict=True) for each in pair]
        yield f"R-{stable_id(*told).upper()}" if any(texts) else None


def _texts(part: "Part", name: str, file: Incoming) -> list[str]:
    """What a column says, row by row. Personal data come in as a keyed hash: nobody can try names on the code."""
    column = column_of(file.source.table, name)
    cells = part.values[name]
    texts = [part.unparsed.get(row, {}).get(name) or clean_code(text_of(cell)) for row, cell in enumerate(cells)]
    if column.kind != "text":
        values, _ = typed_column(cells, column, file.source.time_formats, file.zone)
        read = values.astype("str").where(values.notna(), "")
        texts = [value or text for value, text in zip(read, texts, strict=True)]
    if column.personal:
        return [text and hmac.new(file.hash_key, text.encode(), hashlib.sha256).hexdigest() for text in texts]
    return texts
