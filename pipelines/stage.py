"""Staging: landed bytes become typed rows, one parquet a table a (night, unit), and an outcome.

`dossier`, `step`, `pause`: the columns of `domain.columns` and `unparsed` (JSON of values that could not be
typed, '' when none). `reject`: lines that are no rows. `raw`: every record as handed in (personal data; landing
only). Nothing is lost: the rows of a readable file are the staged rows plus the rejects.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from domain.columns import TABLES
from domain.errors import KnownError
from pipelines.landing import SliceState, read_outcome, staged_folder, write_bytes, write_outcome
from pipelines.outcome import UnitOutcome
from pipelines.reading.gather import gather
from pipelines.reading.typed import empty_frame

if TYPE_CHECKING:
    from pipelines.settings import Settings

REJECT_COLUMNS = ["unit_code", "night", "table_name", "file_name", "line_no", "message", "raw_record"]
RAW_COLUMNS = ["unit_code", "night", "table_name", "file_name", "line_no", "raw_json"]


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What units handed in on one night: frames by table, lines that were no rows, raw records, outcomes."""

    frames: dict[str, pd.DataFrame]
    rejects: pd.DataFrame
    raw: pd.DataFrame
    outcomes: list[UnitOutcome]


def stage_unit(settings: "Settings", night: str, unit_code: str, state: SliceState) -> UnitOutcome:
    """Make the staged files of one (night, unit) from its landed bytes; the outcome is written last."""
    got = gather(settings, night, settings.site.unit(unit_code), state.manifest)
    frames = {name: _joined(name, parts) for name, parts in got.frames.items()}
    rejects = pd.DataFrame(got.rejects, columns=REJECT_COLUMNS).astype(_dtypes(REJECT_COLUMNS))
    raw = pd.DataFrame(got.raw, columns=RAW_COLUMNS).astype(_dtypes(RAW_COLUMNS))
    status = got.status()
    outcome = UnitOutcome(
        unit_code=unit_code,
        night=night,
        status="UNCHANGED" if state.is_unchanged and status == "COLLECTED" else status,
        files=tuple(file.file_name for file in state.manifest.files if file.role == "data"),
        rows_in=sum(len(frame) for frame in frames.values()) + len(rejects),
        control_total=sum(got.control_totals) if got.control_totals else None,
        message=got.note_all(),
        fingerprint=state.fingerprint,
    )
    folder = staged_folder(settings, night, unit_code)
    (folder / "outcome.json").unlink(missing_ok=True)
    for name, frame in {**frames, "reject": rejects, "raw": raw}.items():
        write_bytes(folder / f"{name}.parquet", frame.to_parquet(index=False))
    write_outcome(settings, outcome)
    return outcome


def read_staged(settings: "Settings", night: str, units: list[str]) -> Staged:
    """The staged rows of several units, in order of unit. Raises KnownError E-NOT-STAGED."""
    outcomes = []
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in (*TABLES, "reject", "raw")}
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
    return Staged(
        frames={name: _joined(name, found[name]) for name in TABLES},
        rejects=_stacked(found["reject"], REJECT_COLUMNS),
        raw=_stacked(found["raw"], RAW_COLUMNS),
        outcomes=outcomes,
    )


def _joined(name: str, frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else empty_frame(name)


def _stacked(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    empty = pd.DataFrame(columns=columns).astype(_dtypes(columns))
    return pd.concat(filled, ignore_index=True) if filled else empty


def _dtypes(columns: list[str]) -> dict[str, str]:
    return {name: "Int64" if name == "line_no" else "str" for name in columns}
