"""How much one file may ask of us before it is refused. Set in site.yml under `reading`."""

from typing import Final

from pydantic import Field

from domain.clean import cut
from pipelines.strict import Strict

# A code longer than this is no code: the longest in law has 34 characters (domain/codes.py).
LONGEST_CODE: Final = 100
# Names listed in one message; a file of 16,384 headings is told by the first few and their number.
NAMES_SHOWN: Final = 12


class ReadingLimits(Strict):
    """Limits on one file. The defaults take any hand-in of a province; what is beyond them is a mistake.

    file_mb: size as handed in. unfolded_mb: size of a workbook's parts when unpacked. memory_mb: what the reader
    may take beyond what it has when idle. seconds: how long reading may last. columns: headings. cells: filled
    cells of a file. text: letters of one value, the rest is cut and told.
    """

    file_mb: int = Field(default=1024, ge=1)
    unfolded_mb: int = Field(default=2048, ge=1)
    memory_mb: int = Field(default=2048, ge=64)
    seconds: int = Field(default=900, ge=1)
    columns: int = Field(default=1000, ge=10)
    cells: int = Field(default=100_000_000, ge=1000)
    text: int = Field(default=10_000, ge=100)


def listed(names: list[str], what: str = "cột") -> str:
    """`[a], [b], …`: at most NAMES_SHOWN names, long ones cut, then how many more of `what` (Vietnamese)."""
    shown = ", ".join(f"[{cut(name, LONGEST_CODE)}]" for name in names[:NAMES_SHOWN])
    return shown if len(names) <= NAMES_SHOWN else f"{shown} và {len(names) - NAMES_SHOWN} {what} khác"
