"""The truth file: everything planted on purpose, for tests. The product never reads it."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.simulator.view import Record
from pipelines.simulator.writers import Places


@dataclass(kw_only=True)
class BadRow:
    """One planted bad row: where it is, which rule must find it, what must happen to it.

    `action` is "quarantine" (critical rule) or "flag" (kept and counted). `also` are rules that the same row
    breaks as a consequence; `mended_night` is when the unit hands in the row rightly, None when it does not.
    """

    rule: str
    unit_code: str
    night: date
    dossier_code: str
    action: str
    note: str
    also: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    mended_night: date | None = None
    file: str = ""
    line: int = 0
    record: Record = field(default_factory=dict, repr=False)

    def plain(self) -> dict[str, Any]:
        """As written to the file."""
        found = {k: v for k, v in self.__dict__.items() if k != "record"}
        found["also"], found["any_of"] = list(self.also), list(self.any_of)
        return found


@dataclass(kw_only=True)
class FileFault:
    """A hand-in spoilt on one night. The next working night's hand-in carries its changes too."""

    unit_code: str
    night: date
    kind: str
    expected_status: str
    caught_up_night: date | None


@dataclass(kw_only=True)
class DateMove:
    """A due or finish date that changed between two hand-ins, with or without a legal trace."""

    dossier_code: str
    unit_code: str
    night: date
    field: str
    old: datetime
    new: datetime
    rule: str | None
    has_legal_trace: bool
    also: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Truth:
    """All of it. `header` holds totals and what the catalogue and the queues hide."""

    header: dict[str, Any] = field(default_factory=dict)
    bad_rows: list[BadRow] = field(default_factory=list)
    file_faults: list[FileFault] = field(default_factory=list)
    date_moves: list[DateMove] = field(default_factory=list)
    control_mismatches: list[dict[str, Any]] = field(default_factory=list)

    def place(self, places: Places, source_of: dict[str, str]) -> None:
        """Fill file and line of every bad row from where the writers put its record."""
        for row in self.bad_rows:
            row.file, row.line = places.get((source_of[row.unit_code], id(row.record)), ("", 0))

    def write(self, path: Path) -> None:
        """Write the truth as JSON with sorted keys."""
        data = self.header | {
            "bad_rows": [row.plain() for row in self.bad_rows],
            "file_faults": [asdict(fault) for fault in self.file_faults],
            "date_moves": [asdict(move) for move in self.date_moves],
            "control_mismatches": self.control_mismatches,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True, default=_text)
        path.write_text(text + "\n", encoding="utf-8")


def _text(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"cannot write {type(value).__name__} into the truth file")
