"""Rows set aside: which there are, and which of them a person discards for good (bỏ, không xử lý) or takes back.

To discard is an act like any other, on a record and its content, so that the same wrong row handed in again stays
discarded and a changed one is a new question. Its effect is folded from the acts (model quarantine_discarded).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd

from domain.act import DISCARD, KEEP, QUARANTINE, Act
from domain.errors import KnownError
from pipelines import nightly
from pipelines.acts import Saying, fold_acts, say
from pipelines.night_order import today
from pipelines.say import named
from pipelines.settings import Settings

LISTED: Final = (
    "opened_night",
    "nights",
    "night",
    "unit_code",
    "rule_id",
    "file_name",
    "line_no",
    "dossier_code",
    "message",
)
SHORT: Final = 8  # the fewest characters of an id that are shown
_COVERED: Final = "[che"
Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Rows set aside, as they are shown; `others`: how many there are that are discarded (or, asked for, are not)."""

    rows: list[dict[str, Any]]
    others: int


def key_of(row: Mapping[Any, Any]) -> Key:
    """Record and content of a row set aside, as the model quarantine_discarded has them in SQL."""
    code, raw = _text(row["dossier_code"]), _text(row["raw_record"])
    record = next(text for text in (code, raw, str(row["quarantine_id"])) if text is not None)
    parts = (str(row["unit_code"]), _text(row["table_name"]) or "", _text(row["rule_id"]) or "", record)
    digest = hashlib.md5((raw or "").encode(), usedforsecurity=False)
    return "/".join(parts), digest.hexdigest()


def discarded(acts: Iterable[Act]) -> dict[Key, Act]:
    """By record and content, the act by which it is discarded now."""
    last: dict[Key, Act] = {}
    for act in sorted(acts, key=lambda act: (act.said_at, act.act_id)):
        if act.subject_kind == QUARANTINE:
            last[act.subject_id, act.fingerprint] = act
    return {key: act for key, act in last.items() if act.kind == DISCARD}


def held_rows(settings: Settings) -> tuple[pd.DataFrame, list[Act]]:
    """All rows set aside, in the order of nights, units and files, and every act."""
    with nightly.open_warehouse(settings) as warehouse:
        frame, acts = warehouse.read_table("quarantine"), fold_acts(settings, warehouse)
    return frame.sort_values(["night", "unit_code", "file_name", "line_no", "rule_id"], ignore_index=True), acts


def open_rows(settings: Settings) -> tuple[pd.DataFrame, list[Act]]:
    """The rows still set aside, each once (model finding) with the night it was first handed in, and every act."""
    with nightly.open_warehouse(settings) as warehouse:
        acts, nights = fold_acts(settings, warehouse), warehouse.nights()
        held = warehouse.read_table("quarantine")
        if not nights:
            return held.assign(opened_night=held["night"], nights=1), acts
        warehouse.show_models(("finding",), as_of=date.fromisoformat(max(nights)), known=max(nights))
        found = warehouse.read_table("finding")
    open_now = found.loc[found["until_night"].isna(), ["quarantine_id", "opened_night", "nights"]]
    frame = held.merge(open_now, on="quarantine_id", validate="one_to_one")
    return frame.sort_values(["night", "unit_code", "file_name", "line_no", "rule_id"], ignore_index=True), acts


def list_quarantine(
    *,
    unit: str | None = None,
    rule: str | None = None,
    only_discarded: bool = False,
    settings: Settings | None = None,
) -> Listed:
    """The rows still set aside: short id, first and last night, unit, rule, file and line, dossier, message.

    Those discarded are left out; `only_discarded` gives them instead, with who said it, when and why.
    """
    frame, acts = open_rows(settings or Settings.from_env())
    frame = frame.assign(id=_short_ids(list(frame["quarantine_id"])))
    for column, value in (("unit_code", unit), ("rule_id", rule)):
        frame = frame[frame[column] == value] if value else frame
    gone = discarded(acts)
    found = [(row, gone.get(key_of(row))) for row in frame.to_dict("records")]
    shown = [_shown(row, act) for row, act in found if (act is not None) == only_discarded]
    return Listed(rows=shown, others=len(found) - len(shown))


def quarantine_lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """One line a row set aside, and one below it when it is discarded."""
    for r in rows:
        yield (
            f"{r['id']}  {r['night']}  {r['unit_code']}  {r['rule_id']}  {r['file_name']}:{r['line_no']}"
            f"  {r['dossier_code'] or '-'}  {r['message']}{_since(r)}"
        )
        if "discarded_by" in r:
            who = f"{r['discarded_by']} ({r['role']})" if r["role"] else r["discarded_by"]
            yield f"  discarded by {who} on {r['discarded_at'].replace('T', ' ')}: {r['reason']}"


def _since(row: Mapping[str, Any]) -> str:
    """Since when a row was handed in like this; nothing where it came on one night."""
    if row["opened_night"] in (None, row["night"]):
        return ""
    return f"  (since {row['opened_night']}, {row['nights']} nights)"


def discard(ids: Sequence[str], saying: Saying, *, settings: Settings | None = None) -> dict[str, Any]:
    """Keep what a person says of these rows, all of them or none; an id is its first characters, no fewer than four.

    Raises KnownError E-DISCARD-WORD, E-DISCARD-ID, E-DISCARD-MANY, E-DISCARD-GONE, E-DISCARD-COVERED,
    E-DISCARD-TWICE, E-DISCARD-NOT.
    """
    settings = settings or Settings.from_env()
    saying.check("E-DISCARD-WORD", f"a row [{', '.join(ids)}] is discarded, or taken back,")
    frame, acts = held_rows(settings)
    rows = {str(row["quarantine_id"]): row for row in frame.to_dict("records")}
    meant = {key_of(row): row for row in (row_of(text, rows, acts) for text in ids)}

    def make(before: list[Act]) -> list[Act]:
        stands = discarded({act.act_id: act for act in [*acts, *before]}.values())
        return [_act(key, row, saying) for key, row in meant.items() if not _is_said(row, saying, stands.get(key))]

    kept = say(settings, make)
    with nightly.open_warehouse(settings) as warehouse:
        fold_acts(settings, warehouse)
    copies = [row for row in rows.values() if key_of(row) in meant]
    return {
        "kind": KEEP if saying.undo else DISCARD,
        "rows": [_shown(row, None) for row in meant.values()],
        "kept": len(kept),
        "copies": len(copies),
        "from_night": str(today(settings)),
    }


def discard_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """What came of discarding: a line a record, then how many rows these are and from when on it counts."""
    undone = result["kind"] == KEEP
    yield from (f"{'taken back' if undone else 'discarded'}: {line}" for line in quarantine_lines(result["rows"]))
    yield (
        f"{result['copies']} rows of these records with the same content; "
        f"{'shown again' if undone else 'not shown'} on the pages of nights from {result['from_night']} on"
    )


def row_of(text: str, rows: Mapping[str, Mapping[Any, Any]], acts: Iterable[Act]) -> Mapping[Any, Any]:
    """The one row that an id, or the beginning of one, means."""
    wanted = text.strip().lower()
    found = [row for name, row in rows.items() if name.startswith(wanted)] if len(wanted) >= SHORT // 2 else []
    if len(found) == 1:
        return found[0]
    if found:
        names = [str(row["quarantine_id"]) for row in found]
        raise KnownError(
            "E-DISCARD-MANY",
            f"[{len(found)}] rows in quarantine have an id that begins with [{text}]: [{named(names)}].",
            mend="give more characters of the one that is meant",
        )
    spoken = [act for act in acts if act.subject_kind == QUARANTINE and len(wanted) >= SHORT // 2]
    for act in reversed(spoken):
        if str(act.said.get("quarantine_id", "")).startswith(wanted):
            raise KnownError(
                "E-DISCARD-GONE",
                f"row [{text}], of which [{act.actor}] spoke on [{act.said_at:%Y-%m-%d %H:%M}], is in quarantine no "
                f"more: [{act.said.get('night')}] [{act.said.get('file_name')}] line [{act.said.get('line_no')}].",
                mend="nothing is to be done: it was handed in or judged again since; see tinhgon quarantine list",
            )
    raise KnownError(
        "E-DISCARD-ID",
        f"no row in quarantine has an id that begins with [{text}].",
        mend=f"take the id, {SHORT} characters or more, from: tinhgon quarantine list; a row that was mended is not "
        "there any more",
    )


def _is_said(row: Mapping[Any, Any], saying: Saying, stands: Act | None) -> bool:
    """Whether the same person said the same before; raises what hinders the word."""
    short = str(row["quarantine_id"])[:SHORT]
    if saying.undo:
        if stands is None:
            raise KnownError(
                "E-DISCARD-NOT",
                f"row [{short}] is not discarded.",
                mend="nothing is to be taken back; see tinhgon quarantine list --discarded",
            )
        return False
    if _is_covered(row):
        raise KnownError(
            "E-DISCARD-COVERED",
            f"row [{short}], [{row['file_name']}] line [{row['line_no']}], has no dossier code, and nothing of its "
            "content may be shown: it cannot be told from other such rows, of later nights too.",
            mend="have the unit correct its file; what is discarded has to be known again",
        )
    if stands is not None and stands.actor != saying.name:
        raise KnownError(
            "E-DISCARD-TWICE",
            f"row [{short}] was discarded by [{stands.actor}] on [{stands.said_at:%Y-%m-%d %H:%M}]: "
            f"[{stands.reason}].",
            mend="that stands; to say otherwise, take it back first: tinhgon quarantine discard … --undo",
        )
    return stands is not None and (stands.role, stands.reason) == (saying.role, saying.reason)


def _is_covered(row: Mapping[Any, Any]) -> bool:
    """Whether nothing tells the record of a row from another: no dossier code, and every field masked."""
    if _text(row["dossier_code"]):
        return False
    try:
        record = json.loads(_text(row["raw_record"]) or "{}")
    except ValueError:
        return False
    return isinstance(record, dict) and all(str(value).startswith(_COVERED) for value in record.values())


def _act(key: Key, row: Mapping[Any, Any], saying: Saying) -> Act:
    seen = {name: _text(row[name]) for name in ("quarantine_id", "night", "file_name", "line_no")}
    content = json.dumps(seen, ensure_ascii=False, sort_keys=True)
    return saying.act(QUARANTINE, key[0], KEEP if saying.undo else DISCARD, fingerprint=key[1], content=content)


def _shown(row: Mapping[Any, Any], act: Act | None) -> dict[str, Any]:
    values = {name: None if pd.isna(row.get(name)) else row[name] for name in LISTED}
    line = values["line_no"]
    shown = {"id": row.get("id", str(row["quarantine_id"])[:SHORT]), **values}
    shown["line_no"] = None if line is None else int(line)
    if act is not None:
        said_at = act.said_at.isoformat(timespec="minutes")
        shown |= {"discarded_by": act.actor, "role": act.role, "discarded_at": said_at, "reason": act.reason}
    return shown


def _short_ids(ids: Sequence[str]) -> list[str]:
    """The first characters of each, as many as it takes to tell all of them apart."""
    longest = max(map(len, ids), default=SHORT)
    length = next((n for n in range(SHORT, longest) if len({name[:n] for name in ids}) == len(ids)), longest)
    return [name[:length] for name in ids]


def _text(value: object) -> str | None:
    return None if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]
