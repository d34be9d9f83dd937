"""What a procedure of the national portal must look like to be read; every text in it comes out clean."""

from datetime import date, datetime, time
from math import isnan
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from domain.clean import clean, clean_code
from domain.text import normalise
from pipelines.reading.catalogue_table import nested
from pipelines.reading.limits import LONGEST_CODE
from pipelines.reading.table import text_of


class Shape(BaseModel):
    """Base of what the portal gives: more keys than ours are left, a number is finite."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


def is_nothing(value: object) -> bool:
    """Whether nothing was told: no value, a number that is none, an empty text."""
    return value is None or value == "" or (isinstance(value, float) and isnan(value))


def as_text(value: object) -> str:
    """One value as clean text; a list or an object is none."""
    if is_nothing(value):
        return ""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int | float | date | datetime | time):
        return text_of(value)
    raise ValueError("phải là một văn bản")


def as_list(value: object) -> list[Any]:
    """A list, given as one or as JSON text."""
    if is_nothing(value):
        return []
    try:
        found = nested(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("không phải JSON") from None
    if not isinstance(found, list):
        raise ValueError("phải là một danh sách")
    return found


def _as_texts(value: object) -> list[Any]:
    """A list of texts; a plain text is a list of one."""
    if isinstance(value, str) and not value.lstrip().startswith("["):
        value = [text] if (text := text_of(clean(value))) else []
    return [normalise(as_text(each)) for each in as_list(value)]


def _given(text: str) -> str:
    if not text:
        raise ValueError("không có giá trị")
    return text


def _code(value: object) -> str:
    text = text_of(clean_code(as_text(value)))
    if len(text) > LONGEST_CODE:
        raise ValueError(f"dài quá {LONGEST_CODE} ký tự")
    return _given(text)


Each = TypeVar("Each")
Text = Annotated[str, BeforeValidator(as_text)]
Name = Annotated[str, BeforeValidator(as_text), AfterValidator(normalise), AfterValidator(_given)]
Code = Annotated[str, BeforeValidator(_code)]
Listed = Annotated[list[Each], BeforeValidator(as_list)]
Texts = Annotated[list[str], BeforeValidator(_as_texts)]
Number = Annotated[int | float | None, BeforeValidator(lambda value: None if is_nothing(value) else value)]


class Document(Shape):
    """A component of an application; only those of role `document` are papers."""

    name: Text
    role: Text
    case: Text = ""
    qty_original: Number = None
    qty_copy: Number = None
    forms: Texts = Field(default_factory=list)


class Method(Shape):
    """A way to hand in."""

    channel: Text = ""
    working_days: Number = None
    calendar_days: Number = None
    fee_amounts_vnd: Listed[Number] = Field(default_factory=list)
    time_text: Text = ""


class Result(Shape):
    """What the citizen gets."""

    name: Text


class PortalProcedure(Shape):
    """One procedure, keys as in the portal's parquet."""

    code: Code
    name: Name
    field: Text
    levels: Listed[Text]
    decision_no: Text
    time_working_days_min: Number
    fee_kind: Text
    fee_amounts_vnd: Listed[Number]
    documents: Listed[Document]
    steps: Listed[Text]
    legal_bases: Listed[Text]
    results: Listed[Result]
    executing_agencies: Texts = Field(default_factory=list)
    deciding_authority: Texts = Field(default_factory=list)
    target_groups: Texts = Field(default_factory=list)
    conditions: Text = ""
    methods: Listed[Method] = Field(default_factory=list)
    publishing_agency: Text = ""
    forms: Texts = Field(default_factory=list)


def why_not(error: ValidationError) -> str:
    """The first thing wrong with a procedure, in Vietnamese: `[documents.3.name]: thiếu`."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("function-", "int", "float")))
    said = first.get("ctx", {}).get("error")
    reason = "thiếu" if first["type"] == "missing" else str(said) if said else "sai kiểu dữ liệu"
    return f"[{clean(place)}]: {reason}"
