"""Rows the fold set aside that a person confirms: an end really was taken away, a dossier really was put right.

The word is an act on the dossier of one unit and one rule; from the night of the row shown on, such rows count.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from domain.act import CONFIRM, DOSSIER, LEAVE, Act, standing
from domain.errors import KnownError
from pipelines import nightly
from pipelines.acts import Saying, fold_acts, say
from pipelines.quarantine import SHORT, held_rows, row_of
from pipelines.settings import Settings
from warehouse import CONFIRMABLE, subject_of


def confirm(ids: Sequence[str], saying: Saying, *, settings: Settings | None = None) -> dict[str, Any]:
    """Keep that these rows are right, all of them or none; with `undo`, that they are not. The models are made anew.

    Raises KnownError E-CONFIRM-WORD, E-CONFIRM-RULE, E-CONFIRM-NOT, and E-DISCARD-ID, E-DISCARD-MANY of the ids.
    """
    settings = settings or Settings.from_env()
    saying.check("E-CONFIRM-WORD", f"a row [{', '.join(ids)}] is confirmed, or left,")
    frame, acts = held_rows(settings)
    if saying.undo:
        meant = [_left(text, acts, saying) for text in ids]
    else:
        rows = {str(row["quarantine_id"]): row for row in frame.to_dict("records")}
        meant = [_confirmed(row_of(text, rows, acts), saying) for text in ids]
    kept = say(settings, lambda _: meant)
    with nightly.open_warehouse(settings) as warehouse:
        fold_acts(settings, warehouse)
        if nights := warehouse.nights():
            warehouse.build_models(as_of=date.fromisoformat(nights[-1]))
    return {"kind": LEAVE if saying.undo else CONFIRM, "dossiers": [act.subject_id for act in kept]}


def confirm_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """A line a dossier."""
    word = "left as the rules have it" if result["kind"] == LEAVE else "confirmed"
    yield from (f"{word}: {subject}" for subject in result["dossiers"])


def _confirmed(row: Mapping[Any, Any], saying: Saying) -> Act:
    if row["stage"] != "merge" or row["rule_id"] not in CONFIRMABLE:
        raise KnownError(
            "E-CONFIRM-RULE",
            f"row [{str(row['quarantine_id'])[:SHORT]}] is set aside by [{row['rule_id']}]; nobody can confirm that.",
            mend=f"only rows of {', '.join(CONFIRMABLE)} are right by a person's word; mend others at their source",
        )
    seen = {name: str(row[name]) for name in ("quarantine_id", "night", "file_name", "line_no", "dossier_code")}
    subject = subject_of(row["unit_code"], row["rule_id"], row["dossier_key"])
    return saying.act(DOSSIER, subject, CONFIRM, content=json.dumps(seen, ensure_ascii=False, sort_keys=True))


def _left(text: str, acts: Sequence[Act], saying: Saying) -> Act:
    """The word that takes back what was confirmed of a row, named by the id it had."""
    stands = standing(act for act in acts if act.subject_kind == DOSSIER).values()
    for act in stands:
        if act.kind == CONFIRM and str(act.said["quarantine_id"]).startswith(text.strip().lower()):
            return saying.act(DOSSIER, act.subject_id, LEAVE, content=act.content)
    raise KnownError(
        "E-CONFIRM-NOT",
        f"row [{text}] is not confirmed.",
        mend="nothing is to be taken back; take the id it had when it was confirmed",
    )
