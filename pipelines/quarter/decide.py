"""Deciding on a quarter, item by item: what was said on an edition, and what may be said next."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from domain.act import CHOICE_VI, PROPOSAL, QUARTER, REOPEN, SIGN, Act, standing
from domain.errors import KnownError
from pipelines.acts import UNSAID
from pipelines.edition import Edition

DECISION_COLUMNS: Final = ["proposal_id", "choice", "decided_by", "role", "decided_at", "reason", "is_demo", "change"]


@dataclass(frozen=True, kw_only=True)
class Word:
    """What a person says on one item: a choice of CHOICE_VI, why, and with ACCEPT_CHANGED the wording they accept."""

    choice: str
    reason: str = ""
    change: str = ""


@dataclass(frozen=True, kw_only=True)
class Decider:
    """Who speaks: name, role, whether it is a demonstration; `again`: they know that the item was decided before."""

    name: str
    role: str = ""
    is_demo: bool = False
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of the words: the acts to keep, and by item why a word is not kept (English, one sentence)."""

    acts: list[Act] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def decisions_on(acts: Sequence[Act], edition: Edition) -> pd.DataFrame:
    """The decision that stands for each proposal of an edition; none for those nobody has decided."""
    rows = [
        {
            "proposal_id": key,
            "choice": act.kind,
            "decided_by": act.actor,
            "role": act.role,
            "decided_at": act.said_at.replace(microsecond=0),
            "reason": act.reason,
            "is_demo": act.is_demo,
            "change": act.said.get("change", ""),
        }
        for key, act in sorted(_standing(acts, edition).items())
    ]
    return pd.DataFrame(rows, columns=DECISION_COLUMNS)


def signature_of(acts: Sequence[Act], edition: Edition) -> Act | None:
    """The last word on the edition as a whole: SIGN or REOPEN; None when there is none."""
    return standing(act for act in acts if act.subject_kind == QUARTER and _is_of(act, edition)).get(edition.subject)


def items_of(edition: Edition) -> dict[str, str]:
    """Item number -> proposal, in the order of the papers."""
    rows = edition.frames["proposals"]
    return dict(zip(rows["item_no"].astype(str), rows["proposal_id"].astype(str), strict=True))


def answered(acts: Sequence[Act], edition: Edition, who: Decider, words: Mapping[str, Word]) -> Answer:
    """The acts that words on items make, and the words that cannot be kept because somebody spoke before.

    Raises KnownError: E-DECIDE-ITEM (no such item), E-DECIDE-CHOICE, E-DECIDE-WHO, E-DECIDE-CHANGE, E-SIGNED.
    """
    items, stands, answer = items_of(edition), _standing(acts, edition), Answer()
    _must_be_open(acts, edition)
    _must_be_sayable(edition, items, who, words)
    for item, word in words.items():
        before = stands.get(items[item])
        why = _why_not(before, who, word)
        if why:
            answer.refused[item] = why
        elif before is None or not _is_same(before, who, word):
            answer.acts.append(_act(edition, who, items[item], word))
    return answer


def signing(acts: Sequence[Act], edition: Edition, who: Decider, papers: Mapping[str, str]) -> Act:
    """The act that signs an edition whose every item is decided. `papers`: file name -> SHA-256 of what is signed.

    Raises KnownError E-SIGNED, E-UNDECIDED, E-SIGN-DEMO, E-DECIDE-WHO.
    """
    _must_be_open(acts, edition)
    _must_be_named(who)
    stands, items = _standing(acts, edition), items_of(edition)
    left = [item for item, proposal in items.items() if proposal not in stands]
    if left:
        raise KnownError(
            "E-UNDECIDED",
            f"edition [{edition.name}]: [{len(left)}] of [{len(items)}] items are not decided: "
            f"[{', '.join(left[:20])}].",
            mend="decide them first, to defer is a decision too: tinhgon decide",
        )
    demos = [item for item, proposal in items.items() if stands[proposal].is_demo]
    if demos or who.is_demo:
        raise KnownError(
            "E-SIGN-DEMO",
            f"edition [{edition.name}]: what stands on [{len(demos)}] items is a demonstration: "
            f"[{', '.join(demos[:20])}].",
            mend="a demonstration is never signed: decide them for real first: tinhgon decide",
        )
    return _spoken(
        edition,
        who,
        subject_kind=QUARTER,
        subject_id=edition.subject,
        kind=SIGN,
        content=json.dumps({"papers": dict(papers)}, ensure_ascii=False, sort_keys=True),
    )


def reopening(acts: Sequence[Act], edition: Edition, who: Decider, reason: str) -> Act:
    """The act that takes a signature back. Raises KnownError E-NOT-SIGNED, E-REOPEN-REASON, E-DECIDE-WHO."""
    _must_be_named(who)
    last = signature_of(acts, edition)
    if last is None or last.kind != SIGN:
        raise KnownError("E-NOT-SIGNED", f"edition [{edition.name}] is not signed.", mend="nothing is to be reopened")
    if not reason.strip():
        raise KnownError("E-REOPEN-REASON", "taking a signature back needs a reason.", mend="say why: --reason")
    return _spoken(
        edition,
        who,
        subject_kind=QUARTER,
        subject_id=edition.subject,
        kind=REOPEN,
        reason=reason,
    )


def _standing(acts: Sequence[Act], edition: Edition) -> dict[str, Act]:
    return standing(act for act in acts if act.subject_kind == PROPOSAL and _is_of(act, edition))


def _is_of(act: Act, edition: Edition) -> bool:
    return act.edition == edition.name and act.fingerprint == edition.fingerprint


def _must_be_open(acts: Sequence[Act], edition: Edition) -> None:
    last = signature_of(acts, edition)
    if last is not None and last.kind == SIGN:
        raise KnownError(
            "E-SIGNED",
            f"edition [{edition.name}] was signed by [{last.actor}] on [{last.said_at:%Y-%m-%d %H:%M}].",
            mend="what was signed stands; take the signature back first: "
            f"tinhgon sign {edition.subject} --edition {edition.number} --reopen",
        )


def _must_be_named(who: Decider) -> None:
    if not who.name.strip():
        raise KnownError("E-DECIDE-WHO", "nobody is named who decides.", mend="say who: --by 'Nguyễn Văn A'")


def _must_be_sayable(edition: Edition, items: Mapping[str, str], who: Decider, words: Mapping[str, Word]) -> None:
    _must_be_named(who)
    strange = [item for item in words if item not in items]
    if strange:
        known = f"[{min(items)}] to [{max(items)}]" if items else "none"
        raise KnownError(
            "E-DECIDE-ITEM",
            f"edition [{edition.name}] has no item [{', '.join(strange)}]; it has {known}.",
            mend="take the numbers from the papers of this edition",
        )
    for item, word in words.items():
        if word.choice not in CHOICE_VI:
            raise KnownError(
                "E-DECIDE-CHOICE",
                f"item [{item}]: [{word.choice}] is no choice.",
                mend=f"one of [{', '.join(CHOICE_VI)}]",
            )
        if (word.choice == "ACCEPT_CHANGED") != bool(word.change.strip()):
            raise KnownError(
                "E-DECIDE-CHANGE",
                f"item [{item}]: accepting with changes and the changed wording go together.",
                mend="give the wording that is accepted with ACCEPT_CHANGED, and with nothing else",
            )


def _why_not(before: Act | None, who: Decider, word: Word) -> str:
    """Why a word on an item that was decided before is not kept; '' when it can be."""
    if before is None or _is_same(before, who, word):
        return ""
    spoken = f"decided before: {before.kind} by [{before.actor}] on [{before.said_at:%Y-%m-%d %H:%M}]"
    if who.is_demo:
        return "" if before.is_demo else f"{spoken}; a demonstration does not change it"
    return (
        ""
        if before.is_demo or who.again or before.actor == who.name
        else f"{spoken}; say it again knowing that: --again"
    )


def _is_same(before: Act, who: Decider, word: Word) -> bool:
    said = (before.kind, before.actor, before.role, before.is_demo, before.reason, before.said.get("change", ""))
    return said == (word.choice, who.name, who.role, who.is_demo, word.reason, word.change)


def _act(edition: Edition, who: Decider, proposal: str, word: Word) -> Act:
    return _spoken(
        edition,
        who,
        subject_kind=PROPOSAL,
        subject_id=proposal,
        kind=word.choice,
        reason=word.reason,
        is_demo=who.is_demo,
        content=json.dumps({"change": word.change}, ensure_ascii=False) if word.change else "{}",
    )


def _spoken(edition: Edition, who: Decider, **what: Any) -> Act:
    """What every word on an edition says alike: who speaks, and what they were shown."""
    return Act(
        said_at=UNSAID,
        actor=who.name,
        role=who.role,
        edition=edition.name,
        fingerprint=edition.fingerprint,
        **what,
    )
