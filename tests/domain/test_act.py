"""Where a matter stands, folded from what was said."""

from dataclasses import replace
from datetime import datetime

import pytest

from domain.act import Act, standing

WORD = Act(subject_kind="proposal", subject_id="p1", kind="ACCEPT", said_at=datetime(2018, 1, 5, 9), actor="A")


def later(minutes: int, **changes: object) -> Act:
    return replace(WORD, said_at=datetime(2018, 1, 5, 9, minutes), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("acts", "kind", "actor"),
    [
        ([WORD], "ACCEPT", "A"),
        ([later(5, kind="REFUSE", actor="B"), WORD], "REFUSE", "B"),
        ([WORD, later(5, kind="REFUSE", is_demo=True)], "ACCEPT", "A"),
        ([later(1, kind="REFUSE", is_demo=True), later(2, kind="DEFER", is_demo=True)], "DEFER", "A"),
        ([later(7, kind="DEFER", is_demo=True), later(3, kind="SEND_BACK", actor="C")], "SEND_BACK", "C"),
    ],
    ids=["one", "second-thought", "demo-after", "demos", "demo-before-and-after"],
)
def test_the_last_real_word_stands_and_a_demo_only_where_there_is_none(acts, kind, actor) -> None:
    for order in (acts, acts[::-1]):
        found = standing(order)["p1"]
        assert (found.kind, found.actor) == (kind, actor)


def test_whatever_differs_is_another_act() -> None:
    assert WORD.act_id == replace(WORD).act_id
    others = [
        replace(WORD, reason="x"),
        replace(WORD, is_demo=True),
        replace(WORD, content='{"change": "x"}'),
        later(1),
    ]
    assert len({WORD.act_id, *(other.act_id for other in others)}) == 5
    assert others[2].said == {"change": "x"}
