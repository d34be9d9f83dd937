"""What lies in landing and is not ours: told, so that nobody wonders where it went, and never fatal."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from domain.clean import readable_name
from domain.night import Night

if TYPE_CHECKING:
    from pipelines.settings import Settings

KINDS = ("raw", "staged", "judged")
# What we write beside the units of a night.
_OURS = {"fingerprint"}


def strays(settings: "Settings", nights: Iterable[str]) -> list[str]:
    """One line a stray thing: beside the nights, and beside the units of `nights`."""
    found: list[str] = []
    for kind in KINDS:
        folder = settings.var / "landing" / kind
        found += [
            f"not read: [{_shown(path, settings)}] is no night"
            for path in _inside(folder)
            if not (path.is_dir() and Night.or_none(path.name))
        ]
        for night in map(Night, nights):
            units = {*settings.site.units_on(night.day), *_OURS}
            found += [
                f"not read: [{_shown(path, settings)}] is no unit of the site on that night"
                for path in _inside(folder / night)
                if path.name not in units
            ]
    return found


def _inside(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.iterdir())) if folder.is_dir() else iter(())


def _shown(path: Path, settings: "Settings") -> str:
    """Its place below the site's folder, in letters that any terminal and log takes."""
    return readable_name(os.fsencode(path.relative_to(settings.var)), longest=200)
