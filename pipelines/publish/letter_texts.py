"""The legal wording of an apology letter in force on a day, from the dated table `letter_texts.yml`."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from domain.errors import KnownError


@dataclass(frozen=True, kw_only=True)
class LetterText:
    """One dated wording. `version` is stored with each letter, so it can be printed again as it was."""

    version: str
    valid_from: date
    valid_to: date | None
    form: str
    title: str
    subtitle: str
    code: str
    legal_basis: str
    receipt_name: str
    counter_name: str
    extension_rule: str
    provenance: dict[str, str]


@cache
def letter_texts() -> tuple[LetterText, ...]:
    """Every wording, oldest first."""
    rows: list[dict[str, Any]] = yaml.safe_load(
        files("pipelines.publish").joinpath("letter_texts.yml").read_text("utf-8")
    )
    return tuple(sorted((LetterText(**row) for row in rows), key=lambda each: each.valid_from))


def letter_text_on(day: date) -> LetterText:
    """The wording in force on the day of the letter; KnownError E-LETTER-TEXT when none is."""
    for each in letter_texts():
        if each.valid_from <= day and (each.valid_to is None or day < each.valid_to):
            return each
    raise KnownError(
        "E-LETTER-TEXT",
        f"no wording of the apology letter is in force on [{day}]",
        mend="add a dated entry to pipelines/publish/letter_texts.yml with the decree and form of that time",
    )
