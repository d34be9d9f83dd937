"""What each step of a night and of a quarter gave, in one readable line."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pipelines.say import MOST_NAMED, named

# Worst last: who looks at the end of a line sees it.
_WORDS: Final = {
    "COLLECTED": "collected",
    "UNCHANGED": "unchanged",
    "EMPTY": "empty",
    "MISSING": "missing",
    "FAILED": "failed",
}
_MOST_FAULTS: Final = 3
_LONGEST_SENTENCE: Final = 160
_SENTENCE = re.compile(r"(?<=[.!?])\s")


def step_line(name: str, result: object) -> str:
    """The line of a step's result; a figure no sentence knows is told as it is, so that none is lost."""
    if name == "plan" and isinstance(result, list):
        return f"{_count(sum(map(len, result)), 'unit')} in {_count(len(result), 'group')}"
    if name == "collect" and isinstance(result, list):
        return collected_line(result)
    if name == "release" and not isinstance(result, Mapping):
        return f"quarter {result} released: tinhgon quarter {result}" if result else "no quarter to release"
    if not isinstance(result, Mapping):
        return str(result)
    figures = {str(key): value for key, value in result.items() if key not in ("night", "quarter")}
    left, told = dict(figures), ""
    try:
        told = _SENTENCES[name](left) if name in _SENTENCES else ""
    except KeyError:  # a step that gave less than usual: never a reason to stop a night
        left = figures
    return ", ".join(part for part in (told, *_rest(left)) if part)


def collected_line(outcomes: Sequence[Mapping[str, Any]]) -> str:
    """Counts by outcome; units without data by code, failed ones with the first sentence of their message."""
    parts = []
    for status, word in _WORDS.items():
        units = [outcome for outcome in outcomes if outcome["status"] == status]
        if not units:
            continue
        codes = [str(unit["unit_code"]) for unit in units]
        if status == "FAILED":
            faults = [f"{unit['unit_code']}: {first_sentence(str(unit['message']))}" for unit in units]
            parts.append(f"{len(units)} {word} ({_joined(faults)})")
        else:
            parts.append(f"{len(units)} {word}" + (f" ({named(codes)})" if status in ("EMPTY", "MISSING") else ""))
    rows = sum(int(outcome["rows_in"]) for outcome in outcomes)
    cut = any(part.endswith(" more)") for part in parts)
    line = f"{_count(len(outcomes), 'unit')}: {', '.join(parts)}; {_count(rows, 'row')}"
    return line + ("; all of them: the night's page, or --json" if cut else "")


def first_sentence(message: str) -> str:
    """The first sentence of an outcome's message, cut when it is very long."""
    sentence = _SENTENCE.split(" ".join(message.split()), maxsplit=1)[0]
    return sentence if len(sentence) <= _LONGEST_SENTENCE else sentence[: _LONGEST_SENTENCE - 1] + "…"


def _joined(faults: list[str]) -> str:
    more = len(faults) - _MOST_FAULTS
    return "; ".join(faults[:_MOST_FAULTS]) + (f" and {more} more" if more > 0 else "")


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def _judged(left: dict[str, Any]) -> str:
    rows = f"{_count(left.pop('units'), 'unit')}, {_count(left.pop('rows_in'), 'row')}"
    if left.pop("skipped"):
        return f"{rows}: judged before, nothing changed"
    return f"{rows}: {left.pop('rows_quarantined'):,} set aside"


def _merged(left: dict[str, Any]) -> str:
    units = left.pop("merged")
    return f"{_count(len(units), 'unit')} written to the warehouse" if units else "the warehouse holds it already"


def _letters(left: dict[str, Any]) -> str:
    switched = left["letters"]
    del left["letters"]
    if not isinstance(switched, int):
        return str(switched)
    return f"{left.pop('late'):,} dossiers late or due, {_count(switched, 'draft')} written now"


def _mails(left: dict[str, Any]) -> str:
    sent = left.pop("mails_sent_before")
    return _count(left.pop("mails"), "mail") + (f", {sent} sent before" if sent else "")


def _released(left: dict[str, Any]) -> str:
    missing = left.pop("missing")
    about = f"released on the night {left.pop('released_night')}"
    if left.pop("is_complete"):
        return f"{about}, complete"
    of = left.pop("units")
    return f"{about} although not complete: {len(missing)} of {of} units missing" + (
        f": {named(missing)}" if missing else ""
    )


def _printed(left: dict[str, Any]) -> str:
    edition = (
        f"edition {left.pop('edition')}, {_count(left.pop('decided'), 'item')} decided: " if "edition" in left else ""
    )
    return edition + named(left.pop("files"))


def _proposed(left: dict[str, Any]) -> str:
    for name in ("edition", "fingerprint", "subject", "body", "items"):  # the question itself is for a form
        del left[name]
    return f"{_count(left.pop('proposals'), 'item')} to decide (tinhgon decide); {named(left.pop('files'))}"


_SENTENCES: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "judge": _judged,
    "merge": _merged,
    "models": lambda left: f"counted as of night {left.pop('as_of')}",
    "publish": lambda left: _printed(left) if "files" in left else str(left.pop("page")),
    "apology_letters": _letters,
    "notify": _mails,
    "release": _released,
    "analyse": lambda left: (
        f"edition {left.pop('edition')}: {_count(left.pop('flags'), 'flag')}, "
        f"{_count(left.pop('proposals'), 'proposal')}"
    ),
    "propose": _proposed,
}


def _rest(left: Mapping[str, object]) -> list[str]:
    return [f"{_told(value)} {key.replace('_', ' ')}" for key, value in left.items() if value not in (None, [], "")]


def _told(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"{len(value)} ({named([str(each) for each in value], most=MOST_NAMED)})"
    return f"{value:,}" if isinstance(value, int) else str(value)
