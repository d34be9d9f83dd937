"""Between judging and merging: one folder a (night, unit) with what was accepted and what was set aside.

Layout: `<var>/landing/judged/<night>/<unit>/{dossier,step,pause,quarantine,flags,results}.parquet` and
`outcome.json`, which vouches for them. Derived from landing: what is deleted or damaged, the next run makes again.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from domain.columns import HAPPENED, TABLES
from domain.errors import KnownError
from domain.ids import stable_id
from pipelines.contain import Fault, Faults
from pipelines.landing import digest_of
from pipelines.outcome import FileFault, UnitOutcome
from pipelines.sealed import read_sealed, sync, write_sealed
from pipelines.settings import Settings

FRAMES = (*TABLES, "quarantine", "flags", "results")
OUTCOME = "outcome.json"
_STOPPED = "stopped:"


@dataclass(frozen=True, kw_only=True)
class JudgedUnit:
    """What one unit handed in on one night, after judging. `frames` has the keys of `FRAMES`."""

    unit_code: str
    outcome: dict[str, object]
    frames: dict[str, pd.DataFrame]


def judged_unit(outcome: UnitOutcome, frames: dict[str, pd.DataFrame], *, unchanged: int = 0) -> JudgedUnit:
    """A unit with its verdict: what is not accepted is set aside.

    rows_in = rows_ok + rows_waiting (of after midnight: they count from the next day on) + rows_quarantined
    + rows_unchanged (`unchanged`: earlier states of the same night).
    """
    accepted = sum(len(frames[name]) for name in TABLES)
    waiting = sum(_waiting(name, frames[name], outcome.night) for name in TABLES)
    row: dict[str, object] = {
        "status": outcome.status,
        "rows_in": outcome.rows_in,
        "rows_ok": accepted - waiting,
        "rows_waiting": waiting,
        "rows_quarantined": outcome.rows_in - accepted - unchanged,
        "rows_unchanged": unchanged,
        "control_total": outcome.control_total,
        "dossiers_in": outcome.dossiers_in,
        "files": len(outcome.files),
        "message": outcome.message,
        "fingerprint": outcome.fingerprint,
    }
    return JudgedUnit(unit_code=outcome.unit_code, outcome=row, frames=frames)


def _waiting(name: str, rows: pd.DataFrame, night: str) -> int:
    """How many rows tell something of after the night's end."""
    told = [column for column in HAPPENED[name] if column in rows.columns]
    if not len(rows) or not told:
        return 0
    return int((rows[told].apply(pd.to_datetime).max(axis=1) >= pd.Timestamp(night) + pd.Timedelta(days=1)).sum())


def nothing() -> dict[str, pd.DataFrame]:
    """The frames of a unit of which nothing is accepted."""
    return {name: pd.DataFrame() for name in FRAMES}


def failed_unit(unit: JudgedUnit, fault: Fault) -> JudgedUnit:
    """A unit whose data stopped the work: nothing of it is accepted, and the outcome says so."""
    return replace(unit, outcome=failed_row(unit.outcome, fault), frames=nothing())


def failed_row(row: Mapping[str, object], fault: Fault) -> dict[str, object]:
    """An outcome row turned to FAILED. Its fingerprint is no slice's, so that the next run tries again."""
    said = FileFault(
        "E-DON-VI-DUNG",
        f"{fault.message} Đêm này chưa tính dữ liệu của đơn vị; các đơn vị khác vẫn được tổng hợp.",
        mend="quản trị hệ thống xem nhật ký của đêm, đơn vị kiểm tra tệp vừa nộp; sửa xong thì chạy lại đêm này.",
    )
    none = dict.fromkeys(("rows_ok", "rows_waiting", "rows_unchanged"), 0)
    stopped = {"status": "FAILED", "message": str(said), "fingerprint": f"{_STOPPED}{row['fingerprint']}"}
    return {**row, **none, **stopped, "rows_quarantined": row["rows_in"]}


def is_stopped(row: Mapping[str, object]) -> bool:
    """Whether an outcome row is of a unit whose data stopped the work."""
    return str(row["fingerprint"]).startswith(_STOPPED)


def judged_folder(settings: Settings, night: str) -> Path:
    """Folder of a night's judged units."""
    return settings.var / "landing" / "judged" / night


def write_judged(settings: Settings, night: str, units: Iterable[JudgedUnit], fingerprint: str) -> list[str]:
    """Write a night's judged units; gives the codes of those that are FAILED because their data stopped the work.

    Each unit's outcome vouches for its files and says of which night's inputs they are. Where data stopped the work
    it says of none, so that the next run does the night again.
    """
    folder = judged_folder(settings, night)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fingerprint").unlink(missing_ok=True)  # an earlier version's
    stopped = []
    for unit in units:
        faults = Faults()
        with faults.around(unit.unit_code, saying="Kết quả kiểm tra không ghi lại được"):
            _write_unit(folder / unit.unit_code, unit, fingerprint)
        if faults.found:
            _write_unit(folder / unit.unit_code, failed_unit(unit, faults.found[0]), fingerprint)
        stopped += [unit.unit_code] if faults.found or is_stopped(unit.outcome) else []
    return stopped


def _write_unit(place: Path, unit: JudgedUnit, fingerprint: str) -> None:
    place.mkdir(exist_ok=True)
    (place / OUTCOME).unlink(missing_ok=True)
    for name in FRAMES:
        write_parquet(unit.frames[name], place / f"{name}.parquet")
    hashes = {name: digest_of(place / f"{name}.parquet") for name in FRAMES}
    of = "" if is_stopped(unit.outcome) else fingerprint
    write_sealed(place / OUTCOME, {"outcome": unit.outcome, "files": hashes, "night_fingerprint": of})


def read_judged(settings: Settings, night: str, unit_code: str) -> JudgedUnit:
    """Read one judged unit back."""
    place = judged_folder(settings, night) / unit_code
    return JudgedUnit(
        unit_code=unit_code,
        outcome=read_outcome_row(settings, night, unit_code),
        frames={name: pd.read_parquet(place / f"{name}.parquet") for name in FRAMES},
    )


def read_outcome_row(settings: Settings, night: str, unit_code: str) -> dict[str, object]:
    """A judged unit's outcome row alone."""
    data = read_sealed(judged_folder(settings, night) / unit_code / OUTCOME)
    if data is None or "outcome" not in data:
        raise KnownError(
            "E-NOT-JUDGED", f"unit [{unit_code}], night [{night}] was not judged.",
            mend=f"run the night again: tinhgon night {night}",
        )  # fmt: skip
    outcome: dict[str, object] = data["outcome"]
    return outcome


def is_judged(settings: Settings, night: str, units: Iterable[str], fingerprint: str) -> bool:
    """Whether these units of a night were already judged from exactly these inputs, and all of it is as written."""
    return all(_is_whole(judged_folder(settings, night) / unit_code, fingerprint) for unit_code in units)


def _is_whole(place: Path, fingerprint: str) -> bool:
    data = read_sealed(place / OUTCOME) or {}
    if data.get("night_fingerprint") != fingerprint or sorted(data.get("files", {})) != sorted(FRAMES):
        return False
    paths = {name: place / f"{name}.parquet" for name in FRAMES}
    return all(path.is_file() and digest_of(path) == data["files"][name] for name, path in paths.items())


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write through a temporary name, so that neither a killed run nor a power cut leaves half a file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    frame.to_parquet(temporary, index=False)
    sync(temporary)
    os.replace(temporary, path)


def quarantine_rows(
    rejected: pd.DataFrame, rejects: pd.DataFrame, raw: pd.DataFrame, visible: dict[str, set[str]]
) -> pd.DataFrame:
    """Rows set aside, as the warehouse table `quarantine` wants them.

    `rejected`: rows judged wrong (one per row and rule); `rejects`: lines that were not rows at all.
    `raw`: the raw records of the night. `visible`: by unit, the source headings that are known to hold no
    personal data; every other field is masked, because names and numbers of citizens stay in the landing zone.
    """
    records = (
        raw.set_index(["unit_code", "file_name", "table_name", "line_no"])["raw_json"].to_dict() if len(raw) else {}
    )
    rows = []
    for row in rejected.to_dict("records"):
        key = (row["unit_code"], row["file_name"], row["table_name"], row["line_no"])
        rows.append(
            row
            | {"raw_record": masked(records.get(key, "{}"), visible.get(row["unit_code"], set())), "stage": "judge"}
        )
    for row in rejects.to_dict("records"):
        text = masked(str(row["raw_record"]), visible.get(row["unit_code"], set()))
        rows.append(
            row
            | {
                "rule_id": "DQ-RD-01",
                "severity": "critical",
                "dossier_code": None,
                "raw_record": text,
                "stage": "read",
            }
        )
    columns = [
        "unit_code",
        "night",
        "table_name",
        "file_name",
        "line_no",
        "rule_id",
        "severity",
        "message",
        "dossier_code",
        "dossier_key",
        "raw_record",
        "stage",
    ]
    frame = pd.DataFrame(rows, columns=columns)
    place = ["unit_code", "night", "table_name", "file_name", "line_no", "rule_id"]
    # one record of a nested message may hold several steps: they share its line
    nth = frame.groupby(place, dropna=False).cumcount()
    keys = zip(*(frame[name].astype(str) for name in place), nth.astype(str), strict=True)
    frame["quarantine_id"] = [stable_id(*key) for key in keys]
    frame["state"] = "OPEN"
    return frame.sort_values("quarantine_id", ignore_index=True)


def masked(raw_json: str, visible: set[str]) -> str:
    """A raw record with every field covered that is not known to be free of personal data.

    Text that is not a record is covered whole.
    """
    try:
        record = json.loads(raw_json)
    except ValueError:
        return json.dumps(
            {"dòng": "[che: dòng không đọc được, xem tệp gốc trong vùng tiếp nhận]"}, ensure_ascii=False
        )
    if not isinstance(record, dict):
        return json.dumps({"dòng": "[che]"}, ensure_ascii=False)
    return json.dumps({k: v if k in visible else "[che]" for k, v in record.items()}, ensure_ascii=False)
