"""What a night showed, as an edition: page and mails are made of it, and it stays when counts and settings go on.

A night run again that shows the same is the same edition; one that shows other things (a unit's file came after all,
an earlier night was run later) is a new one beside it, so what was read that morning can be looked up.
"""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pandas as pd

from analysis.disclosure import tellable
from pipelines.edition import Content, Edition, read_edition, write_edition
from pipelines.publish.inputs import NightPage
from pipelines.settings import Settings
from pipelines.versions import versions

_FRAMES: Final = tuple(each.name for each in fields(NightPage) if each.type is pd.DataFrame)
_FACTS: Final = tuple(each.name for each in fields(NightPage) if each.name not in _FRAMES)


def editions_folder(settings: Settings, night: str) -> Path:
    """Where the editions of a night are."""
    return settings.var / "editions" / "nights" / night


def write_night(settings: Settings, page: NightPage) -> Edition:
    """Keep what the page of a night shows; the last edition again when it shows the same."""
    content = Content(
        frames={name: getattr(page, name) for name in _FRAMES},
        public={"headline": tellable(page.headline, "received", settings.site.minimum_group)},
        facts={name: _plain(getattr(page, name)) for name in _FACTS},
        about={"versions": versions()},
    )
    return write_edition(editions_folder(settings, page.night), page.night, content)


def read_night(settings: Settings, night: str, number: int | None = None) -> NightPage:
    """The page of a night as an edition keeps it, the last one when none is named."""
    return page_of(read_edition(editions_folder(settings, night), night, number))


def page_of(edition: Edition) -> NightPage:
    """The page an edition keeps, as it was; a fact of a later version stands at its default."""
    given: dict[str, Any] = {name: edition.facts[name] for name in _FACTS if name in edition.facts}
    given |= {name: edition.frames[name] for name in _FRAMES}
    return NightPage(**given)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value
