"""A night from end to end: who may name it, and its steps in the one order that everything runs them in.

The command line, the timetable (a test compares it), the bench and the tests of the chain read `STEPS`. What
people read comes out before what may fail beside it: the page, then the letters, then the mails that also tell
what went wrong in the letters.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from domain.night import Night
from pipelines import nightly
from pipelines.settings import Settings

log = logging.getLogger(__name__)

Work = Callable[[], object]
# How a step is run: given its name and its work, gives what the work gives (a progress bar, a stop watch).
Around = Callable[[str, Work], object]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: a function of `pipelines.nightly`. When one that is not `is_needed` fails, the others go on."""

    name: str
    is_needed: bool = True


STEPS: Final = (
    Step(name="plan"),
    Step(name="collect"),
    Step(name="judge"),
    Step(name="merge"),
    Step(name="models"),
    Step(name="publish", is_needed=False),
    Step(name="apology_letters", is_needed=False),
    Step(name="notify", is_needed=False),
    Step(name="release", is_needed=False),
)


@dataclass(frozen=True, kw_only=True)
class NightRun:
    """What the steps of a night gave, and what those raised that did not stop the others; both by step."""

    results: dict[str, object]
    failed: dict[str, Exception]


def today(settings: Settings) -> date:
    """Today where the site is."""
    return datetime.now(ZoneInfo(settings.site.timezone)).date()


def night_at_door(text: str, settings: Settings) -> Night:
    """The night a person named, checked: every door of the pipelines goes through here."""
    return Night.at_door(text, today=today(settings))


def run_night(settings: Settings, night: Night, *, around: Around = lambda name, work: work()) -> NightRun:
    """Run every step of a night in order. Raises what a needed step raises."""
    results: dict[str, object] = {}
    failed: dict[str, Exception] = {}
    for step in STEPS:
        try:
            results[step.name] = around(step.name, partial(_work, step.name, settings, night, results))
        except Exception as error:
            if step.is_needed:
                raise
            log.error("night %s: step %s failed: %s", night, step.name, type(error).__name__)
            failed[step.name] = error
    return NightRun(results=results, failed=failed)


def _work(name: str, settings: Settings, night: Night, results: dict[str, object]) -> object:
    if name == "collect":
        chunks = results["plan"]
        assert isinstance(chunks, list)
        return [outcome for units in chunks for outcome in nightly.collect(night, units, settings=settings)]
    step: Callable[..., object] = getattr(nightly, name)
    return step(night, settings=settings)
