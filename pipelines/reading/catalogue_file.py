"""One way to read a catalogue, whatever it comes as: a portal file, a workbook, a folder of CSV or of snapshots."""

import re
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from domain.codes import proc_core
from pipelines.reading.catalogue_folder import read_folder
from pipelines.reading.catalogue_table import FILES, KEYS, Aside, Catalogue, fault
from pipelines.reading.catalogue_xlsx import read_catalogue_xlsx
from pipelines.reading.portal import read_portal
from pipelines.reading.portal_json import read_portal_json

_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})")
_KINDS = (".parquet", ".json", ".jsonl", ".xlsx")
_PARTS = ("procedure_paper", "procedure_step")


def read_catalogue(path: Path) -> Catalogue:
    """procedure, procedure_paper, procedure_step, procedure_posting of a catalogue, and what was set aside.

    By what `path` is: a .parquet or .json/.jsonl of the national portal, an .xlsx list, a folder of CSV
    (procedures.csv and others), or a folder of dated snapshots, each a file of those kinds whose name begins with its
    day (2025-07-01-danh-muc.parquet). Snapshots become versions: a new one only where the content changed; what is no
    longer there ended the day before.

    What a person writes (a workbook, a folder of CSV) is refused at its first fault, named with file, row and
    column: it is mended there. What the portal gave cannot be mended by whoever reads it: a procedure that cannot be
    read is set aside and told, and only a file that is broken as a whole is refused. Raises KnownError E-CATALOGUE.
    """
    try:
        return _at(path)
    except MemoryError:
        raise fault(f"[{path}] needs more memory than there is.", "give a catalogue only") from None


def _at(path: Path) -> Catalogue:
    if not path.exists():
        raise fault(f"[{path}] is not there.", "correct the path")
    if path.is_dir():
        dated = sorted(file for file in path.iterdir() if _DATED.match(file.name) and file.suffix.lower() in _KINDS)
        if dated and not (path / FILES["procedure"]).exists():
            return _versions(dated)
        return Catalogue(tables=read_folder(path))
    match path.suffix.lower():
        case ".parquet":
            return read_portal(path)
        case ".json" | ".jsonl":
            return read_portal_json(path)
        case ".xlsx":
            return Catalogue(tables=read_catalogue_xlsx(path))
    raise fault(
        f"[{path}] is of no kind that is read ({', '.join(_KINDS)}).", "save it as one of these, or give a folder"
    )


def _versions(files: list[Path]) -> Catalogue:
    """The snapshots joined to versions, the oldest day first.

    A procedure that a snapshot has but that was set aside goes on as it was: what is unread has not ended.
    """
    rows: dict[str, list[pd.DataFrame]] = {name: [] for name in FILES}
    running: dict[str, tuple[str, date]] = {}  # procedure -> its content and the day it began
    ends: dict[tuple[str, date], date] = {}
    aside: list[Aside] = []
    days = [_day(file) for file in files]
    if twice := next((day for i, day in enumerate(days) if day in days[:i]), None):
        raise fault(f"[{files[0].parent}] has two snapshots of [{twice}].", "keep one file for each day")
    for file, day in zip(files, days, strict=True):
        found = _at(file)
        frames = found.tables
        aside += found.aside
        content = _contents(frames)
        unread = {proc_core(each.code) or each.code for each in found.aside}
        ended = set() if "" in unread else set(running) - set(content) - unread  # "": it may be any of them
        for core in sorted(ended):
            ends[core, running.pop(core)[1]] = day - timedelta(days=1)
        changed = {core for core, text in content.items() if core not in running or running[core][0] != text}
        for core in sorted(changed):
            if core in running:
                ends[core, running[core][1]] = day - timedelta(days=1)
            running[core] = (content[core], day)
        for name in ("procedure", *_PARTS):
            frame = frames[name]
            rows[name].append(frame.loc[frame["proc_core"].isin(changed)].assign(valid_from=day))
        rows["procedure_posting"].append(frames["procedure_posting"])
    joined = {name: pd.concat(found, ignore_index=True) for name, found in rows.items()}
    table = joined["procedure"]
    keys = zip(table["proc_core"], table["valid_from"], strict=True)
    table["valid_to"] = pd.Series([ends.get(key) for key in keys], dtype="object")
    joined["procedure_posting"] = joined["procedure_posting"].drop_duplicates(KEYS["procedure_posting"])
    tables = {name: frame.sort_values(KEYS[name], ignore_index=True) for name, frame in joined.items()}
    return Catalogue(tables=tables, aside=tuple(aside))


def _day(file: Path) -> date:
    try:
        return date.fromisoformat(file.name[:10])
    except ValueError:
        raise fault(
            f"[{file}]: [{file.name[:10]}] is no day.", "begin the name with its day, as 2025-07-01"
        ) from None


def _contents(frames: dict[str, pd.DataFrame]) -> dict[str, str]:
    """All that is said of each procedure, as one text."""
    said: dict[str, list[str]] = {}
    for name in ("procedure", *_PARTS):
        # papers in another order are the same papers; steps in another order are another procedure
        frame = frames[name].drop(columns=["valid_from", "valid_to", "paper_no"], errors="ignore")
        for core, *values in frame.itertuples(index=False, name=None):
            told = ["" if value is None or pd.isna(value) else str(value) for value in values]
            said.setdefault(str(core), []).append("\x1f".join([name, *told]))
    return {core: "\x1e".join(sorted(lines)) for core, lines in said.items()}
