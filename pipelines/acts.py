"""Where a person's words are kept: one sealed file an act in landing, and from there the table `act`.

`<var>/landing/acts/<year>/<moment>-<first 12 of its identity>.json`. The file is the act; the table is made of the
files, so that a rebuild keeps every word, and a run killed between the two loses none. An act on a landed file has
its kind in its name (`<moment>-landed-<identity>.json`): collecting looks for these alone, and imports nothing heavy.
"""

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from domain.act import LANDED, REPLAY, Act
from domain.errors import KnownError
from pipelines.sealed import read_sealed, write_sealed

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from warehouse import Warehouse


# The moment of a word that is not kept yet: `say` gives it its own.
UNSAID = datetime.min


@dataclass(frozen=True, kw_only=True)
class Saying:
    """Who says something, in which role, and why; with `undo` that an earlier word is taken back."""

    name: str
    role: str = ""
    reason: str
    undo: bool = False

    def check(self, code: str, what: str) -> None:
        """Raise KnownError `code` where nobody, or no reason, is named; `what` is said, and of what."""
        if not self.name.strip() or not self.reason.strip():
            raise KnownError(
                code,
                f"{what} by somebody and for a reason.",
                mend="say who and why: --by 'Nguyễn Văn A' --reason '…'",
            )

    def act(
        self, subject_kind: str, subject_id: str, kind: str, *, fingerprint: str = "", content: str = "{}"
    ) -> Act:
        """The word as an act."""
        return Act(
            subject_kind=subject_kind,
            subject_id=subject_id,
            kind=kind,
            said_at=UNSAID,
            actor=self.name,
            role=self.role,
            reason=self.reason,
            fingerprint=fingerprint,
            content=content,
        )


def acts_folder(settings: "Settings") -> Path:
    """Where the acts are."""
    return settings.var / "landing" / "acts"


def say(settings: "Settings", words: Callable[[list[Act]], Sequence[Act]], *, known: Sequence[Act] = ()) -> list[Act]:
    """Keep acts, each for ever; returns them as kept, with the moment of keeping.

    `words` makes them of all acts so far, while nobody else can add one; what it raises keeps none. `known`: what the
    table holds, so that a word whose file is gone still counts.
    """
    kept: list[Act] = []
    with _alone(settings):
        before = together(landed_acts(settings), known)
        clock = datetime.now(ZoneInfo(settings.site.timezone)).replace(tzinfo=None)
        now = max([clock, *(act.said_at + timedelta(microseconds=1) for act in before)])
        for place, act in enumerate(words(before)):
            own = replace(act, said_at=now + timedelta(microseconds=place))
            write_sealed(_path(settings, own), _written(own))
            kept.append(own)
    return kept


def together(landed: Sequence[Act], known: Sequence[Act]) -> list[Act]:
    """Acts of landing and of the table, each once, in the order they were said."""
    found = {act.act_id: act for act in (*known, *landed)}
    return sorted(found.values(), key=lambda act: (act.said_at, act.act_id))


def landed_acts(settings: "Settings") -> list[Act]:
    """The acts in landing, in the order they were said. Raises KnownError E-ACT-BROKEN: a file is not whole."""
    found: list[Act] = []
    for path in sorted(acts_folder(settings).glob("*/*.json")):
        act = _read(read_sealed(path) or {})
        if act is None or not path.stem.endswith(act.act_id[:12]):
            raise KnownError(
                "E-ACT-BROKEN",
                f"[{path.relative_to(settings.var)}] is not the act that was written.",
                mend="bring the file back from a backup; if there is none, move it away: the warehouse still has the "
                "word, until it is rebuilt",
            )
        found.append(act)
    return together(found, ())


def acts_on_files(settings: "Settings") -> list[Act]:
    """The acts on landed files, in the order they were said; one that cannot be read is told by `landed_acts`."""
    read = (_read(read_sealed(path) or {}) for path in acts_folder(settings).glob(f"*/*-{LANDED}-*.json"))
    return together([act for act in read if act is not None and act.subject_kind == LANDED], ())


def fold_acts(settings: "Settings", warehouse: "Warehouse", *, until: date | None = None) -> list[Act]:
    """Bring the acts of landing into the table `act`; returns them all, those that only the table holds too.

    `until`: only those said on that day or before, as a night run on its own day knew them.
    """
    import pandas as pd  # noqa: PLC0415 - collecting reads acts and needs no frames

    landed = [act for act in landed_acts(settings) if until is None or act.said_at.date() <= until]
    if landed:
        rows = pd.DataFrame([{"act_id": act.act_id} | _values(act) for act in landed])
        warehouse.insert_missing("act", rows)
        passed = [_passed(act) for act in landed if act.subject_kind == REPLAY]
        if passed:
            warehouse.insert_missing("quarantine_replayed", pd.DataFrame(passed))
    known = {act.act_id for act in landed}
    table = warehouse.read_table("act")
    older = table.loc[~table["act_id"].isin(known)]
    return together(landed, [_from_row(row) for row in older.to_dict("records")])


def _passed(act: Act) -> dict[str, object]:
    """What a replay let pass, as a row of quarantine_replayed."""
    night, unit_code, rule_id = act.subject_id.split("/")
    return {
        "unit_code": unit_code, "night": night, "rule_id": rule_id, "said_on": act.said_at.date(), "n": act.said["n"],
    }  # fmt: skip


def _from_row(row: dict[object, object]) -> Act:
    import pandas as pd  # noqa: PLC0415

    values: dict[str, Any] = {each.name: row[each.name] for each in fields(Act)}
    values = {name: "" if pd.isna(value) else value for name, value in values.items()}
    moment = pd.Timestamp(str(row["said_at"])).to_pydatetime()
    return Act(**values | {"said_at": moment, "is_demo": bool(row["is_demo"])})


def _values(act: Act) -> dict[str, object]:
    return {field.name: getattr(act, field.name) for field in fields(Act)}


def _written(act: Act) -> dict[str, object]:
    return asdict(act) | {"said_at": act.said_at.isoformat(timespec="microseconds")}


def _read(value: dict[str, object]) -> Act | None:
    try:
        return Act(**value | {"said_at": datetime.fromisoformat(str(value["said_at"]))})  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError):
        return None


def _path(settings: "Settings", act: Act) -> Path:
    moment = act.said_at.strftime("%Y%m%dT%H%M%S.%f") + (f"-{LANDED}" if act.subject_kind == LANDED else "")
    return acts_folder(settings) / f"{act.said_at:%Y}" / f"{moment}-{act.act_id[:12]}.json"


@contextmanager
def _alone(settings: "Settings") -> Iterator[None]:
    """Nobody else adds an act meanwhile: two people who decide one matter come one after the other."""
    acts_folder(settings).mkdir(parents=True, exist_ok=True)
    with (acts_folder(settings) / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
