"""What the reader is asked to do, and what it answers: plain values that cross a process. Imports nothing heavy."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.outcome import OutcomeStatus

if TYPE_CHECKING:
    from domain.clean import Grammar
    from pipelines.reading.limits import ReadingLimits
    from pipelines.unit import Correction, Source

# The five staged files of a (night, unit); see pipelines.stage.
STAGED = ("dossier", "step", "pause", "reject", "raw")


@dataclass(frozen=True, kw_only=True)
class ReadTask:
    """Read one landed file into `out`/<table>.parquet. The hash key does not show when it is printed.

    `carried`: canonical columns of the source that held values on earlier nights; `sheets`: those that other sources
    of the unit read.
    """

    path: Path
    sha256: str
    name: str
    source: "Source"
    corrections: "tuple[Correction, ...]"
    unit_code: str
    night: str
    zone: str
    grammar: "Grammar"
    out: Path
    limits: "ReadingLimits"
    carried: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    hash_key: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What was read of one file: the folder of its parquet files, and the tables whose rows we number."""

    folder: Path
    numbered: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class JoinTask:
    """Put the pieces of `parts` together, in order, as the five staged files in `out`; empty ones without a piece."""

    parts: tuple[Piece, ...]
    out: Path


@dataclass(frozen=True, kw_only=True)
class ReadReport:
    """What became of one file: rows staged and rejects by table, notes, or the fault that ended it (Vietnamese).

    `filled`: canonical columns that hold something; `again`: dossier rows that say of a dossier of the same file what
    came to be otherwise (event logs).
    """

    status: OutcomeStatus
    fault: str = ""
    notes: tuple[str, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)
    filled: tuple[str, ...] = ()
    again: int = 0

    @property
    def dossiers(self) -> int:
        """Dossiers read, each once, with those set aside."""
        return self.rows.get("dossier", 0) + self.rejects.get("dossier", 0) - self.again

    @property
    def rows_in(self) -> int:
        """All rows read, with those set aside."""
        return sum(self.rows.values()) + sum(self.rejects.values())
