"""The form of a quarter's items: fields from the question, the answer as words on items."""

import pytest

from dags.ops import form
from domain.errors import KnownError

ITEMS = [{"item": "PA-01", "label": "PA-01. A | <b>"}, {"item": "PA-02", "label": "PA-02. B"}]
QUESTION = {"items": ITEMS, "edition": 3, "fingerprint": "abc"}


def test_a_choice_and_a_reason_an_item_in_the_order_of_the_papers() -> None:
    fields = form.form_of(ITEMS)
    assert list(fields) == ["PA-01", "PA-01_ly_do", "PA-02", "PA-02_ly_do", form.ROLE, form.AGAIN, form.DEMO]
    first = fields.get_param("PA-01").serialize()
    assert first["schema"]["enum"] == [
        "Chưa quyết định", "Đồng ý", "Để lại xem xét sau", "Không đồng ý", "Trả lại để làm rõ",
    ]  # fmt: skip
    assert (first["value"], first["schema"]["title"]) == ("Chưa quyết định", "PA-01. A | <b>")
    assert form.items_in(fields) == ["PA-01", "PA-02"]


def test_what_is_left_undecided_is_no_decision() -> None:
    answer = {
        "chosen_options": [form.KEEP],
        "params_input": {
            "PA-01": "Chưa quyết định", "PA-01_ly_do": "chưa đọc", "PA-02": "Không đồng ý", "PA-02_ly_do": " vì thế ",
            form.ROLE: "Chủ tịch", form.AGAIN: True, form.DEMO: False,
        },
        "responded_by_user": {"id": "2", "name": "chu_tich"},
    }  # fmt: skip
    assert form.decision_of(answer, QUESTION) == {
        "said": {"PA-02": ("REFUSE", "vì thế")},
        "who": "chu_tich",
        "role": "Chủ tịch",
        "is_demo": False,
        "again": True,
        "edition": 3,
        "fingerprint": "abc",
    }


def test_a_demonstration_fills_every_item_and_says_what_it_is() -> None:
    filled = form.answer_of(["PA-01", "PA-02"], choice="Đồng ý", reason="thử")
    assert set(filled) == set(form.form_of(ITEMS))
    made = form.decision_of({"params_input": filled, "responded_by_user": None}, QUESTION)
    assert made["said"] == {"PA-01": ("ACCEPT", "thử"), "PA-02": ("ACCEPT", "thử")}
    assert (made["is_demo"], made["who"]) == (True, "")


def test_a_field_sent_empty_is_undecided() -> None:
    answer = {"params_input": {"PA-01": None, "PA-02": ""}, "responded_by_user": None}
    assert form.decision_of(answer, QUESTION)["said"] == {}


def test_words_that_were_not_kept_end_red_unless_they_were_a_demonstration() -> None:
    form.must_be_kept({"refused": {}}, is_demo=False)
    form.must_be_kept({"refused": {"PA-01": "decided before"}}, is_demo=True)
    with pytest.raises(KnownError, match=r"E-DECIDE-BEFORE .*\[PA-01\] decided before"):
        form.must_be_kept({"refused": {"PA-01": "decided before"}}, is_demo=False)


def test_words_that_are_no_choice_are_refused() -> None:
    answer = {"params_input": {"PA-01": "Có lẽ"}, "responded_by_user": None}
    with pytest.raises(KnownError, match="E-DECIDE-CHOICE"):
        form.decision_of(answer, QUESTION)
