"""Deciding item by item: what may be said, what is told, and what a signature needs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pandas as pd
import pytest

from domain.act import CHOICE_VI, Act
from domain.errors import KnownError
from pipelines.edition import Edition
from pipelines.quarter.ask import FORM_ITEMS, question
from pipelines.quarter.decide import (
    Decider,
    Word,
    answered,
    decisions_on,
    items_of,
    reopening,
    signature_of,
    signing,
)
from pipelines.quarter.words import words_of

A, B, DEMO = (
    Decider(name="Nguyễn Văn Thử", role="Chủ tịch"),
    Decider(name="Trần Thị Thử"),
    Decider(name="x", is_demo=True),
)


def edition(count: int = 3, number: int = 1, **changes: object) -> Edition:
    rows = [
        {
            "item_no": f"PA-{n:02d}", "proposal_id": f"p{n}", "title": f"Phương án {n}", "change": "Rút còn 10 ngày",
            "competence": "UBND tỉnh", "saving": 1000.0 * n,
        }
        for n in range(1, count + 1)
    ]  # fmt: skip
    facts = {"site_name": "UBND huyện Đắk Glong", "is_complete": True, "missing": []}
    return Edition(
        subject="2017-Q4",
        number=number,
        fingerprint=f"{number}" * 64,
        frames={"proposals": pd.DataFrame(rows).assign(**changes)},
        facts=facts,
    )


def spoken(before: Sequence[Act], acts: Sequence[Act]) -> list[Act]:
    """The acts as keeping them dates them."""
    start = datetime(2018, 1, 5, 9) + timedelta(minutes=len(before))
    return [*before, *(replace(act, said_at=start + timedelta(seconds=n)) for n, act in enumerate(acts))]


def said(before: Sequence[Act], who: Decider, on: Edition, **words: str) -> tuple[list[Act], dict[str, str]]:
    found = answered(before, on, who, {item.replace("_", "-"): Word(choice=choice) for item, choice in words.items()})
    return spoken(before, found.acts), found.refused


def stands(acts: Sequence[Act], on: Edition) -> dict[str, str]:
    return {str(row["proposal_id"]): str(row["choice"]) for row in decisions_on(acts, on).to_dict("records")}


def test_decisions_are_kept_item_by_item_and_the_rest_stays_open() -> None:
    acts, refused = said([], A, edition(), PA_01="ACCEPT", PA_03="REFUSE")
    assert (stands(acts, edition()), refused) == ({"p1": "ACCEPT", "p3": "REFUSE"}, {})
    acts, _ = said(acts, A, edition(), PA_02="SEND_BACK")
    assert stands(acts, edition()) == {"p1": "ACCEPT", "p2": "SEND_BACK", "p3": "REFUSE"}
    [first, *_] = decisions_on(acts, edition()).to_dict("records")
    assert (first["decided_by"], first["role"], first["is_demo"]) == ("Nguyễn Văn Thử", "Chủ tịch", False)


def test_who_decides_second_is_told_and_may_say_it_again_knowing_that() -> None:
    acts, _ = said([], A, edition(), PA_01="ACCEPT")
    again, refused = said(acts, B, edition(), PA_01="REFUSE", PA_02="DEFER")
    assert stands(again, edition()) == {"p1": "ACCEPT", "p2": "DEFER"}
    assert "ACCEPT by [Nguyễn Văn Thử] on [2018-01-05 09:00]" in refused["PA-01"]
    knowing, refused = said(again, replace(B, again=True), edition(), PA_01="REFUSE")
    assert (stands(knowing, edition())["p1"], refused) == ("REFUSE", {})
    assert len(knowing) == 3, "the first word is kept beside the second thought"


def test_saying_the_same_twice_is_said_once() -> None:
    acts, _ = said([], A, edition(), PA_01="ACCEPT")
    assert said(acts, A, edition(), PA_01="ACCEPT") == (acts, {})


def test_ones_own_word_may_be_changed_and_ones_role_corrected() -> None:
    acts, _ = said([], replace(A, role=""), edition(), PA_01="ACCEPT")
    acts, refused = said(acts, A, edition(), PA_01="ACCEPT")
    assert (decisions_on(acts, edition())["role"].tolist(), refused) == (["Chủ tịch"], {})
    acts, refused = said(acts, A, edition(), PA_01="REFUSE")
    assert (stands(acts, edition()), refused, len(acts)) == ({"p1": "REFUSE"}, {}, 3)


def test_a_demonstration_is_never_in_the_way_of_a_real_word() -> None:
    acts, _ = said([], DEMO, edition(), PA_01="ACCEPT", PA_02="ACCEPT")
    acts, refused = said(acts, A, edition(), PA_01="REFUSE")
    assert (stands(acts, edition()), refused) == ({"p1": "REFUSE", "p2": "ACCEPT"}, {})
    after, refused = said(acts, DEMO, edition(), PA_01="ACCEPT")
    assert (after, "a demonstration does not change it" in refused["PA-01"]) == (acts, True)


def test_a_decision_binds_to_its_edition() -> None:
    acts, _ = said([], A, edition(), PA_01="ACCEPT")
    other = edition(number=2)
    assert stands(acts, other) == {}
    assert stands(acts, replace(edition(), fingerprint="f" * 64)) == {}, "the number alone is not what was shown"


@pytest.mark.parametrize(
    ("who", "words", "code"),
    [
        (A, {"PA-09": Word(choice="ACCEPT")}, "E-DECIDE-ITEM"),
        (A, {"PA-01": Word(choice="MAYBE")}, "E-DECIDE-CHOICE"),
        (Decider(name="  "), {"PA-01": Word(choice="ACCEPT")}, "E-DECIDE-WHO"),
        (A, {"PA-01": Word(choice="ACCEPT_CHANGED")}, "E-DECIDE-CHANGE"),
        (A, {"PA-01": Word(choice="REFUSE", change="x")}, "E-DECIDE-CHANGE"),
    ],
)
def test_what_cannot_be_said_keeps_nothing(who: Decider, words: dict[str, Word], code: str) -> None:
    with pytest.raises(KnownError, match=code):
        answered([], edition(), who, {"PA-02": Word(choice="ACCEPT"), **words})


def test_a_signature_needs_every_item_decided_for_real() -> None:
    on = edition()
    acts, _ = said([], A, on, PA_01="ACCEPT", PA_02="DEFER")
    with pytest.raises(KnownError, match=r"E-UNDECIDED .*\[1\] of \[3\] items are not decided: \[PA-03\]"):
        signing(acts, on, A, {})
    demo, _ = said(acts, DEMO, on, PA_03="ACCEPT")
    with pytest.raises(KnownError, match=r"E-SIGN-DEMO .*\[PA-03\]"):
        signing(demo, on, A, {})
    acts, _ = said(demo, A, on, PA_03="REFUSE")
    acts = spoken(acts, [signing(acts, on, A, {"a.docx": "h"})])
    last = signature_of(acts, on)
    assert last is not None
    assert (last.kind, last.said) == ("SIGN", {"papers": {"a.docx": "h"}})
    for call in (lambda: said(acts, B, on, PA_01="REFUSE"), lambda: signing(acts, on, B, {})):
        with pytest.raises(KnownError, match="E-SIGNED"):
            call()
    acts = spoken(acts, [reopening(acts, on, A, "nhầm")])
    acts, refused = said(acts, replace(B, again=True), on, PA_01="REFUSE")
    assert (stands(acts, on)["p1"], refused) == ("REFUSE", {})
    with pytest.raises(KnownError, match="E-REOPEN-REASON"):
        reopening(spoken(acts, [signing(acts, on, A, {})]), on, A, " ")
    with pytest.raises(KnownError, match="E-NOT-SIGNED"):
        reopening(acts, on, A, "nhầm")


def test_words_of_the_command_line() -> None:
    items = list(items_of(edition()))
    assert {item: word.choice for item, word in words_of({"ACCEPT": "all"}, items, reason="", change="").items()} == {
        "PA-01": "ACCEPT", "PA-02": "ACCEPT", "PA-03": "ACCEPT",
    }  # fmt: skip
    said_ = words_of({"ACCEPT": "pa-01, PA-03", "REFUSE": "PA-02"}, items, reason="vì", change="")
    assert {item: (word.choice, word.reason) for item, word in said_.items()} == {
        "PA-01": ("ACCEPT", "vì"), "PA-03": ("ACCEPT", "vì"), "PA-02": ("REFUSE", "vì"),
    }  # fmt: skip
    with pytest.raises(KnownError, match=r"E-DECIDE-TWICE item \[PA-02\]"):
        words_of({"ACCEPT": "all", "REFUSE": "PA-02"}, items, reason="", change="")
    assert list(words_of({"ACCEPT": "PA-01,PA-01"}, items, reason="", change="")) == ["PA-01"]
    with pytest.raises(KnownError, match="E-DECIDE-ITEM"):
        words_of({"ACCEPT": " , "}, items, reason="", change="")
    changed = words_of({"ACCEPT": "PA-01"}, items, reason="", change="còn 12 ngày")
    assert changed["PA-01"] == Word(choice="ACCEPT_CHANGED", change="còn 12 ngày")
    with pytest.raises(KnownError, match="E-DECIDE-CHANGE"):
        words_of({"ACCEPT": "PA-01,PA-02"}, items, reason="", change="còn 12 ngày")


def test_the_question_shows_each_item_as_the_papers_number_it(tmp_path) -> None:
    acts, _ = said([], DEMO, edition(), PA_02="ACCEPT")
    asked = question(edition(), decisions_on(acts, edition()), folder=tmp_path)
    assert [(each["item"], each["stands"]) for each in asked["items"]] == [
        ("PA-01", "Chưa quyết định"), ("PA-02", CHOICE_VI["ACCEPT"]), ("PA-03", "Chưa quyết định"),
    ]  # fmt: skip
    assert (asked["edition"], asked["fingerprint"], asked["proposals"]) == (1, "1" * 64, 3)
    assert "Đã quyết định 1/3 phương án" in asked["body"]
    assert "Đồng ý (minh họa)" in asked["body"]


def test_more_items_than_a_form_holds_are_counted_and_told_where(tmp_path) -> None:
    asked = question(edition(FORM_ITEMS + 5), decisions_on([], edition()), folder=tmp_path)
    assert len(asked["items"]) == FORM_ITEMS
    assert "5 phương án còn lại" in asked["body"]
    assert "tinhgon decide 2017-Q4" in asked["body"]


@pytest.mark.parametrize(
    "hostile", ["a|b", "x\n| c | d |", "[đây](http://x.y)", "<script>x</script>", "# đầu", "`x`"]
)
def test_a_title_breaks_neither_table_nor_page(tmp_path, hostile: str) -> None:
    asked = question(edition(2, title=hostile), decisions_on([], edition()), folder=tmp_path)
    rows = [line for line in asked["body"].splitlines() if line.startswith("| PA\\-")]
    assert len(rows) == 2
    for row in rows:
        assert row.replace("\\|", "").count("|") == 7, row
        assert "<script" not in row
        assert "](" not in row
    assert all("\n" not in each["label"] for each in asked["items"])
