"""The form a person decides a quarter with: a choice and a reason for each item, in the order of the papers.

Airflow's own operator has one form written into the timetable; which items a quarter has is known only when it is
asked, so this one takes its fields from the question of the run.
"""

from collections.abc import Iterable
from typing import Any, Final

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.definitions.param import ParamsDict

from domain.act import CHOICE_VI, UNDECIDED_VI
from domain.errors import KnownError

KEEP: Final = "Ghi nhận quyết định"
ROLE, AGAIN, DEMO = "chuc_vu", "biet_da_co_quyet_dinh", "quyet_dinh_minh_hoa"
_REASON: Final = "ly_do"
_CHOICES: Final = {words: choice for choice, words in CHOICE_VI.items() if choice != "ACCEPT_CHANGED"}


class ItemsForm(HITLOperator):
    """Asks for a choice and a reason an item; `asked_by` names the task whose result is the question."""

    def __init__(self, *, asked_by: str, **kwargs: Any) -> None:
        super().__init__(
            subject="{{ ti.xcom_pull(task_ids='" + asked_by + "')['subject'] }}",
            body="{{ ti.xcom_pull(task_ids='" + asked_by + "')['body'] }}",
            options=[KEEP],
            **kwargs,
        )
        self.asked_by = asked_by

    def execute(self, context: Any) -> Any:
        """Put the fields of this run's items in the form, then wait for the answer."""
        self.params = form_of(self._items(context))
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Check the answer against the same fields: the waiting process knew them, this one does not."""
        self.params = form_of(self._items(context))
        return super().execute_complete(context, event)

    def _items(self, context: Any) -> list[dict[str, str]]:
        items: list[dict[str, str]] = context["ti"].xcom_pull(task_ids=self.asked_by)["items"]
        return items


def form_of(items: list[dict[str, str]]) -> ParamsDict:
    """The fields: a choice and a reason an item, the role of who answers, and whether it is a demonstration."""
    fields: dict[str, Param] = {}
    for each in items:
        item = each["item"]
        fields[item] = Param(UNDECIDED_VI, type="string", enum=[UNDECIDED_VI, *_CHOICES], title=each["label"])
        fields[_reason(item)] = Param("", type=["string", "null"], title=f"{item}. Lý do")
    fields[ROLE] = Param("", type=["string", "null"], title="Chức vụ người quyết định")
    fields[AGAIN] = Param(False, type="boolean", title="Biết là đã có người khác quyết định, vẫn quyết định lại")
    fields[DEMO] = Param(False, type="boolean", title="Quyết định minh họa (không có giá trị pháp lý)")
    return ParamsDict(fields)


def decision_of(answer: dict[str, Any], question: dict[str, Any]) -> dict[str, Any]:
    """The answer, as `quarterly.decide_form` takes it: who, and (choice, reason) of each item that was decided."""
    given = answer["params_input"] or {}
    said = {
        each["item"]: (_choice(given[each["item"]]), str(given.get(_reason(each["item"])) or "").strip())
        for each in question["items"]
        if (given.get(each["item"]) or UNDECIDED_VI) != UNDECIDED_VI
    }
    return {
        "said": said,
        "who": (answer["responded_by_user"] or {}).get("name", ""),
        "role": str(given.get(ROLE) or ""),
        "is_demo": is_demo(answer),
        "again": bool(given.get(AGAIN, False)),
        "edition": question["edition"],
        "fingerprint": question["fingerprint"],
    }


def is_demo(answer: dict[str, Any]) -> bool:
    """Whether the answer is a demonstration."""
    return bool((answer["params_input"] or {}).get(DEMO, False))


def must_be_kept(recorded: dict[str, Any], *, is_demo: bool) -> None:
    """End red when words of the answer were not kept, so that who gave them hears of it; a demonstration need not."""
    refused = recorded.get("refused")
    if refused and not is_demo:
        told = "; ".join(f"[{item}] {why}" for item, why in refused.items())
        raise KnownError(
            "E-DECIDE-BEFORE",
            f"not everything of the answer was kept: {told}",
            mend="the papers show what stands; to decide those items again, clear `decide` and tick that you know of "
            "the earlier decision, or use tinhgon decide --again",
        )


def answer_of(items: list[str], *, choice: str, reason: str) -> dict[str, Any]:
    """What fills the form with one marked demonstration choice for every item, as `./run` answers."""
    filled: dict[str, Any] = {}
    for item in items:
        filled |= {item: choice, _reason(item): reason}
    return filled | {ROLE: "", AGAIN: False, DEMO: True}


def items_in(fields: Iterable[str]) -> list[str]:
    """The items among the fields of a form."""
    return [name for name in fields if name not in (ROLE, AGAIN, DEMO) and not name.endswith(_REASON)]


def _reason(item: str) -> str:
    return f"{item}_{_REASON}"


def _choice(words: str) -> str:
    if words not in _CHOICES:
        raise KnownError(
            "E-DECIDE-CHOICE", f"[{words}] is no choice.", mend=f"answer with one of [{', '.join(_CHOICES)}]"
        )
    return _CHOICES[words]
