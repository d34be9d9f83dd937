"""Pages from Jinja templates: every value escaped, every missing name an error, nothing fetched from outside."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.publish import formats
from pipelines.publish.files import write_whole


@cache
def environment() -> Environment:
    """The one Jinja environment: autoescape on, Vietnamese filters of `formats` by their names."""
    env = Environment(
        loader=PackageLoader("pipelines.publish", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = ("text", "number", "plain_number", "percent", "money", "day", "moment", "half_days", "capital")
    env.filters |= {f"vi_{name}": getattr(formats, name) for name in names}
    env.tests["known"] = lambda value: not formats.is_unknown(value)
    env.globals["ratio"] = formats.ratio
    return env


def render(template: str, **values: Any) -> str:
    """The page as text."""
    return environment().get_template(template).render(**values)


def write_page(path: Path, template: str, **values: Any) -> Path:
    """Render and write a page as UTF-8; half a character, which UTF-8 cannot hold, becomes a question mark."""
    return write_whole(path, render(template, **values).encode("utf-8", "replace"))
