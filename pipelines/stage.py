"""Staging: landed bytes become typed rows, one parquet a table a (night, unit), and an outcome.

`dossier`, `step`, `pause`: the columns of `domain.columns` and `unparsed` (JSON of values that could not be
typed, '' when none). `reject`: lines that are no rows. `raw`: every record as handed in (personal data; landing
only). Nothing is lost: the rows of a readable file are the staged rows plus the rejects.
"""

import hashlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.columns import TABLES
from domain.errors import KnownError
from pipelines.carried import with_carried
from pipelines.landing import read_outcome, staged_folder, write_outcome
from pipelines.outcome import UnitOutcome
from pipelines.reading.gather import gather
from pipelines.reading.reader import the_reader
from pipelines.reading.task import STAGED, JoinTask
from pipelines.slices import SliceState

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.settings import Settings

# Where the pieces of a unit's files lie while it is staged; taken away at the end.
_PARTS = ".parts"


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What units handed in on one night: frames by table, lines that were no rows, raw records, outcomes."""

    frames: "dict[str, pd.DataFrame]"
    rejects: "pd.DataFrame"
    raw: "pd.DataFrame"
    outcomes: list[UnitOutcome]


def stage_unit(settings: "Settings", night: str, unit_code: str, state: SliceState) -> UnitOutcome:
    """Make the staged files of one (night, unit) from its landed bytes; the outcome is written last."""
    folder = staged_folder(settings, night, unit_code)
    (folder / "outcome.json").unlink(missing_ok=True)
    shutil.rmtree(folder / _PARTS, ignore_errors=True)
    got = gather(settings, night, settings.site.unit(unit_code), state, folder / _PARTS)
    status = got.status()
    outcome = UnitOutcome(
        unit_code=unit_code,
        night=night,
        status="UNCHANGED" if state.is_unchanged and status == "COLLECTED" else status,
        files=tuple(file.file_name for file in state.manifest.files if file.role == "data"),
        rows_in=got.rows_in,
        control_total=sum(got.control_totals) if got.control_totals else None,
        dossiers_in=got.dossiers_in if got.control_totals else None,
        message=got.note_all(),
        fingerprint=_fingerprint(state, got.faults),
        rows_of=got.rows_of,
        filled=with_carried(settings.site.unit(unit_code), got.filled, state.carried),
        carried=dict(state.carried),
    )
    the_reader().join(JoinTask(parts=tuple(got.parts), out=folder))
    shutil.rmtree(folder / _PARTS, ignore_errors=True)
    write_outcome(settings, outcome)
    return outcome


def _fingerprint(state: SliceState, faults: list[str]) -> str:
    """The state's, in whatever order nights are run; another where a column is lost that earlier nights held."""
    lost = [fault for fault in faults if fault.startswith("E-COT-MAT")]
    return hashlib.sha256("\0".join((state.fingerprint, *lost)).encode()).hexdigest() if lost else state.fingerprint


def stage_nothing(settings: "Settings", outcome: UnitOutcome) -> UnitOutcome:
    """Staged files without a row under an outcome that says why."""
    folder = staged_folder(settings, outcome.night, outcome.unit_code)
    (folder / "outcome.json").unlink(missing_ok=True)
    the_reader().join(JoinTask(parts=(), out=folder))
    write_outcome(settings, outcome)
    return outcome


def read_staged(settings: "Settings", night: str, units: list[str]) -> Staged:
    """The staged rows of several units, in order of unit. Raises KnownError E-NOT-STAGED."""
    import pandas as pd  # noqa: PLC0415 - staging needs none of it

    outcomes = []
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in STAGED}
    for unit_code in sorted(units):
        outcome = read_outcome(settings, night, unit_code)
        if outcome is None:
            raise KnownError(
                "E-NOT-STAGED", f"unit [{unit_code}], night [{night}] was not collected.",
                mend=f"run the night again: tinhgon night {night}",
            )  # fmt: skip
        outcomes.append(outcome)
        for name, frames in found.items():
            frames.append(pd.read_parquet(staged_folder(settings, night, unit_code) / f"{name}.parquet"))
    whole = {name: _joined(name, frames) for name, frames in found.items()}
    return Staged(
        frames={name: whole[name] for name in TABLES}, rejects=whole["reject"], raw=whole["raw"], outcomes=outcomes
    )


def _joined(name: str, frames: "list[pd.DataFrame]") -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415

    from pipelines.reading.work import empty_staged  # noqa: PLC0415

    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else empty_staged(name)
