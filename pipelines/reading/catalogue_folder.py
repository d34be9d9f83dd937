"""The catalogue as a folder of CSV: procedures.csv, papers.csv, steps.csv, postings.csv, read strictly."""

import csv
import io
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from domain.clean import clean
from pipelines.reading.catalogue_table import FILES, LIMITS, TABLES, Where, fault, typed_table
from pipelines.strict import unknown_key

_LONGEST_FIELD = 10_000_000


def read_folder(folder: Path) -> dict[str, pd.DataFrame]:
    """The four catalogue tables of a folder. Only procedures.csv must be there.

    Raises KnownError E-CATALOGUE naming file, line and column.
    """
    frames = {}
    for name, file in FILES.items():
        path = folder / file
        if path.exists():
            frames[name] = typed_table(name, _rows(path, name))
        elif name == "procedure":
            raise fault(f"file [{path}] is not there.", "write it, or correct `catalogue.place` in site.yml")
        else:
            frames[name] = typed_table(name, ())
    _check_references(frames)
    return frames


def text_of_file(path: Path, kind: str) -> str:
    """The text of a file in UTF-8. Raises E-CATALOGUE naming the line that is not."""
    try:
        size = path.stat().st_size
        if size > LIMITS.file_mb * 1024 * 1024:
            raise fault(
                f"file [{path}] has [{size >> 20}] MB, more than [{LIMITS.file_mb}].", "give a catalogue only"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise fault(f"file [{path}] cannot be read: {error.strerror}.", "make it readable") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise fault(f"file [{path}] line [{line}] is not UTF-8.", f"save it as {kind}, UTF-8") from None


def _rows(path: Path, name: str) -> Iterator[tuple[Where, Mapping[str, object]]]:
    """The rows of a CSV under its headings, each with where it stands."""
    text = text_of_file(path, "CSV")
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise fault(f"file [{path}] line [{line}] holds a NUL: it is damaged.", "save it as CSV, UTF-8, again")
    allowed, last = csv.field_size_limit(_LONGEST_FIELD), 0
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heads = [clean(cell).strip() for cell in next(reader, [])]
        _check_headings(heads, path, name)
        last = reader.line_num
        for cells in reader:
            where = partial(_where, path.name, last + 1)
            last = reader.line_num
            if cells and len(cells) != len(heads):
                raise fault(
                    f"[{path.name}] line [{last}] has [{len(cells)}] cells under [{len(heads)}] headings.",
                    "put texts with commas in quotes",
                )
            if cells:
                yield where, dict(zip(heads, cells, strict=False))
    except csv.Error as error:
        raise fault(
            f"file [{path}] line [{max(last + 1, reader.line_num)}]: {error}.", "save it as CSV, UTF-8"
        ) from None
    finally:
        csv.field_size_limit(allowed)


def _where(file: str, line: int, column: str) -> str:
    return f"[{file}] line [{line}], column [{column}]"


def _check_headings(heads: list[str], path: Path, name: str) -> None:
    for column in heads:
        if column not in TABLES[name]:
            raise fault(f"file [{path}]: {unknown_key(column, list(TABLES[name]))}.", "rename or remove the column")
        if heads.count(column) > 1:
            raise fault(f"file [{path}]: column [{column}] is there twice.", "keep one")
    gone = [column for column, kind in TABLES[name].items() if kind.endswith("!") and column not in heads]
    if gone:
        raise fault(f"file [{path}]: column [{gone[0]}] is missing.", "add the column")


def _check_references(frames: dict[str, pd.DataFrame]) -> None:
    """Papers and steps belong to a version that is there, postings to a procedure that is there."""
    versions = set(zip(frames["procedure"]["proc_core"], frames["procedure"]["valid_from"], strict=True))
    for name in ("procedure_paper", "procedure_step"):
        for key in zip(frames[name]["proc_core"], frames[name]["valid_from"], strict=True):
            if key not in versions:
                raise fault(
                    f"[{FILES[name]}]: procedure [{key[0]}] from [{key[1]}] is not in procedures.csv.",
                    "add it or correct the key",
                )
    cores = set(frames["procedure"]["proc_core"])
    strange = sorted(set(frames["procedure_posting"]["proc_core"]) - cores)
    if strange:
        raise fault(
            f"[postings.csv]: procedure [{strange[0]}] is not in procedures.csv.",
            "add it or correct the code",
        )
