"""What became of one unit's files on one night."""

from dataclasses import dataclass, field
from typing import Literal

from domain.errors import KnownError

OutcomeStatus = Literal["COLLECTED", "UNCHANGED", "EMPTY", "MISSING", "FAILED"]

# What was read: the others say why there is nothing.
READ: tuple[OutcomeStatus, ...] = ("COLLECTED", "UNCHANGED")
# The worse one wins when a unit hands in several files.
WORST_FIRST: tuple[OutcomeStatus, ...] = ("FAILED", "MISSING", "EMPTY", "COLLECTED", "UNCHANGED")


@dataclass(frozen=True, kw_only=True)
class UnitOutcome:
    """One unit's night: what was there, how many rows (staged and set aside while reading), what to mend.

    `files` are the names of the files taken in; `control_total` is the unit's own count of dossiers, where it gives
    one, `dossiers_in` ours of the same files; `message` is for the office (Vietnamese), '' when all is well;
    `fingerprint` changes when bytes, unit file or our version change. `rows_of` has the rows each file's bytes hold,
    by SHA-256, also of a file that was read and does not count; `filled` the mapped columns of each source that held
    something so far, `carried` those that did on earlier nights.
    """

    unit_code: str
    night: str
    status: OutcomeStatus
    files: tuple[str, ...] = ()
    rows_in: int = 0
    control_total: int | None = None
    dossiers_in: int | None = None
    message: str = ""
    fingerprint: str = ""
    rows_of: dict[str, int] = field(default_factory=dict)
    filled: dict[str, tuple[str, ...]] = field(default_factory=dict)
    carried: dict[str, tuple[str, ...]] = field(default_factory=dict)


class FileFault(KnownError):  # noqa: N818 - the unit's fault, not an error of ours
    """A fault of a file a unit handed in, in Vietnamese: it ends as an outcome row."""

    def __init__(self, code: str, message: str, *, mend: str, status: OutcomeStatus = "FAILED") -> None:
        super().__init__(code, message, mend=mend)
        self.status: OutcomeStatus = status

    def __str__(self) -> str:
        return f"{self.code}: {self.message} Cách khắc phục: {self.mend}"
