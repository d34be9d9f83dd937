"""Strict YAML: what a person writes in a site's files is either understood whole or refused with the place.

YAML is read with the plain rules of YAML 1.2: only `true`, `false`, `null` and plain numbers are special, so
that `01` stays the text 01, `7:30` is no number of base sixty and `no` is no boolean. A key written twice is an
error, and so is a key nobody knows; the message names file, key and the nearest key that is allowed.
"""

import difflib
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from domain.clean import clean, is_clean
from domain.errors import KnownError


class Strict(BaseModel):
    """Base of everything read from a site's YAML: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _no_unknown_key(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        allowed = [field.alias or name for name, field in cls.model_fields.items()]
        for key in data:
            if key not in allowed and key not in cls.model_fields:
                raise PydanticCustomError("unknown_key", "{text}", {"text": unknown_key(str(key), allowed)})
        return data


def unknown_key(key: str, allowed: list[str]) -> str:
    """The sentence for a key nobody knows, with the nearest allowed one and all allowed ones."""
    near = difflib.get_close_matches(key, allowed, n=1, cutoff=0.5)
    hint = f"; nearest allowed: [{near[0]}]" if near else ""
    return f"unknown key [{key}]{hint}; allowed: {', '.join(sorted(allowed))}"


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2 scalars and no silent overwriting of a key."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own name

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                line = key_node.start_mark.line + 1
                raise yaml.constructor.ConstructorError(
                    None, None, f"key [{key}] is written twice (line {line})", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?[0-9]+\.[0-9]+$"), list("-0123456789"))


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping a YAML file holds. Raises KnownError E-SITE-FILE or E-SITE-YAML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise KnownError(
            "E-SITE-FILE",
            f"file [{path}] is not there.",
            mend="create it, or name another site folder in TINHGON_SITE",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise KnownError(
            "E-SITE-FILE", f"file [{path}] cannot be read: {error}.", mend="save it as readable UTF-8 text"
        ) from None
    try:
        data = yaml.load(text, Loader=_Loader)
    except RecursionError:
        raise KnownError(
            "E-SITE-YAML",
            f"file [{path}] nests lists or keys too deep.",
            mend="close every bracket; a site's files need five levels at most",
        ) from None
    # PyYAML lets what a tag's own reader raises through (`!!int abc`, a list as a key, a number of 5,000 digits).
    except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        where = clean(" ".join(str(error).split()))[:300]
        raise KnownError(
            "E-SITE-YAML", f"file [{path}] is not proper YAML: {where}.", mend="correct the line named"
        ) from None
    if not isinstance(data, dict):
        raise KnownError(
            "E-SITE-YAML",
            f"file [{path}] holds no keys.",
            mend="write `key: value` lines; see docs/your_own_data_as_a_site.md",
        )
    if unclean := _unclean(data):
        raise KnownError(
            "E-SITE-YAML",
            f"file [{path}], key [{unclean}]: a character that cannot be printed, or that turns the writing around.",
            mend="type the text of that key again",
        )
    return data


def _unclean(data: dict[str, Any]) -> str:
    """The first key that has, or whose value is, a text that is not clean (`domain.clean`); '' when there is none.

    Refused, not cleaned: a person wrote it and can write it again, and names of units go on letters.
    """
    waiting: list[tuple[str, object]] = [("", data)]
    known: set[int] = set()  # what an alias repeats is one object: it is looked at once
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str) and not is_clean(value):
            return clean(place)
        if isinstance(value, dict | list) and id(value) not in known:
            known.add(id(value))
            items = list(value.items() if isinstance(value, dict) else enumerate(value))
            for key, each in reversed(items):
                inner = f"{place}.{key}".lstrip(".")
                waiting += [(inner, each), (inner, key)]
    return ""


Model = TypeVar("Model", bound=Strict)


def read_model(path: Path, model: type[Model]) -> Model:
    """Read a YAML file as `model`. Raises KnownError E-SITE-KEY naming file, key and what is wrong."""
    data = read_yaml(path)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = [f"key [{_place(item['loc'])}]: {_sentence(item)}" for item in error.errors(include_url=False)]
        raise KnownError(
            "E-SITE-KEY",
            f"file [{path}], " + "; ".join(lines) + ".",
            mend="correct the keys named in that file",
        ) from None


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "the whole file"


def _sentence(item: Any) -> str:
    if item["type"] == "missing":
        return "is missing and must be given"
    found = item.get("input")
    shown = "" if isinstance(found, dict | list) else f", found [{found}]"
    return f"{item['msg']}{'' if item['type'] in ('unknown_key', 'value_error') else shown}"
