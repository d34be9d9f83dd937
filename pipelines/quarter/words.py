"""Words on items as the command line and a form give them, made into what `decide` takes; and told back in lines."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from domain.act import CHOICE_VI, UNDECIDED_VI
from domain.errors import KnownError
from pipelines.edition import Edition
from pipelines.publish.rows import records
from pipelines.quarter.decide import Word

EVERY: Final = "all"


def words_of(said: Mapping[str, str], items: list[str], *, reason: str, change: str) -> dict[str, Word]:
    """`said`: choice -> 'PA-01,PA-02' or 'all'. `change`: the wording one accepted item is accepted with.

    Raises KnownError E-DECIDE-TWICE when one item is given two choices, E-DECIDE-CHANGE.
    """
    words: dict[str, Word] = {}
    for choice, text in said.items():
        is_every = text.strip().lower() == EVERY
        named = items if is_every else [item for item in map(_item, text.split(",")) if item]
        if not named and not is_every:
            raise KnownError("E-DECIDE-ITEM", f"no item is named for [{choice}].", mend="PA-01,PA-02 or all")
        for item in named:
            if item in words and words[item].choice != choice:
                raise KnownError(
                    "E-DECIDE-TWICE",
                    f"item [{item}] is given two choices: [{words[item].choice}] and [{choice}].",
                    mend="give each item one; nothing was kept",
                )
            words[item] = Word(choice=choice, reason=reason)
    if change:
        if [word.choice for word in words.values()] != ["ACCEPT"]:
            raise KnownError(
                "E-DECIDE-CHANGE",
                "a changed wording goes with one accepted item and no other.",
                mend="decide that item by itself: --accept PA-01 --change '…'",
            )
        words = {item: Word(choice="ACCEPT_CHANGED", reason=reason, change=change) for item in words}
    return words


def _item(text: str) -> str:
    return text.strip().upper()


def stand_lines(edition: Edition, decisions: pd.DataFrame) -> Iterator[str]:
    """One line an item: its number, how it stands, its title."""
    stands = {str(row["proposal_id"]): row for row in records(decisions)}
    count = len(edition.frames["proposals"])
    yield f"{edition.name}, fingerprint {edition.fingerprint[:12]}: {len(stands)} of {count} decided"
    for row in records(edition.frames["proposals"]):
        stand = stands.get(str(row["proposal_id"]))
        words = UNDECIDED_VI if stand is None else f"{CHOICE_VI[str(stand['choice'])]} – {stand['decided_by']}"
        demo = " (minh họa)" if stand is not None and stand["is_demo"] else ""
        yield f"  {row['item_no']}  {words}{demo}: {' '.join(str(row['title']).split())}"


def decided_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """What was kept, item by item, and how many are decided."""
    for item, choice in result["kept"].items():
        yield f"  {item}  kept: {CHOICE_VI[choice]}"
    demo = f", of these {result['demo']} as a demonstration" if result["demo"] else ""
    yield f"edition {result['edition']}: {result['decided']} of {result['items']} items decided{demo}"
