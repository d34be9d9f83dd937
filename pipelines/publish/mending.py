"""How to mend: the sentence that goes with a rule or a unit's failed hand-in."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def _texts() -> dict[str, dict[str, str]]:
    loaded: dict[str, Any] = yaml.safe_load(files("pipelines.publish").joinpath("mend_texts.yml").read_text("utf-8"))
    return {"FILE": dict(loaded["FILE"]), "RULE": dict(loaded["RULE"])}


def mend_of_rule(rule_id: str) -> str:
    """The sentence of the rule itself, else of its family (DQ-DT), else the general one."""
    texts, key = _texts()["RULE"], rule_id
    while key not in texts and "-" in key:
        key = key.rpartition("-")[0]
    return texts.get(key, texts["DQ"])


def mend_of_file(status: str) -> str:
    """The sentence for a hand-in that is MISSING, EMPTY or FAILED; empty text for the others."""
    return _texts()["FILE"].get(status, "")
