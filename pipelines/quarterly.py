"""A quarter, step by step: analyse → propose → (people decide, item by item) → publish.

Every function takes the quarter ('2017-Q4') and can be run again. What was analysed is an edition that never changes;
the question, the decisions and the papers all speak of that edition.
"""

import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.act import PROPOSAL, SIGN, Act
from domain.clean import clean
from domain.errors import KnownError
from domain.quarter import Quarter
from pipelines.acts import fold_acts, say
from pipelines.coverage import coverage_of, with_names
from pipelines.edition import Edition
from pipelines.nightly import open_warehouse
from pipelines.quarter import place
from pipelines.quarter.analyse import write_analysis
from pipelines.quarter.ask import question
from pipelines.quarter.decide import (
    Answer,
    Decider,
    Word,
    answered,
    decisions_on,
    items_of,
    reopening,
    signature_of,
    signing,
)
from pipelines.quarter.release import release_of
from pipelines.settings import Settings

log = logging.getLogger(__name__)


def released(quarter: str, *, settings: Settings | None = None) -> dict[str, object]:
    """How the quarter was released: on which night, complete or not, which units are missing by code and name."""
    settings = settings or Settings.from_env()
    with open_warehouse(settings) as warehouse:
        row = release_of(warehouse, quarter)
        night = str(row["released_night"])
        return {
            "quarter": quarter,
            "released_night": night,
            "is_complete": bool(row["is_complete"]),
            "units": coverage_of(warehouse, Quarter.parse(quarter), known=night).units,
            "missing": with_names(warehouse, json.loads(str(row["missing"]))),
        }


def analyse(quarter: str, *, settings: Settings | None = None) -> dict[str, object]:
    """Analyse the quarter as known when it was released, into an edition; its flags and proposals as tables."""
    settings = settings or Settings.from_env()
    with open_warehouse(settings) as warehouse:
        edition = write_analysis(settings, warehouse, quarter)
        for table, frame in (("flag", edition.frames["flags"]), ("proposal", edition.frames["proposals"])):
            rows = frame.assign(edition=edition.number)
            warehouse.replace_rows(table, rows, where={"quarter": quarter})
    return {
        "quarter": quarter,
        "edition": edition.number,
        "flags": len(edition.frames["flags"]),
        "proposals": len(edition.frames["proposals"]),
    }


def propose(quarter: str, *, settings: Settings | None = None) -> dict[str, Any]:
    """Publish book and draft papers, and say what the people who decide are asked, item by item (Vietnamese)."""
    settings = settings or Settings.from_env()
    edition, acts = edition_and_acts(settings, quarter)
    files = _publish(settings, edition, acts)
    return question(edition, decisions_on(acts, edition), folder=files[0].parent) | {
        "files": [str(path) for path in files]
    }


def decide(  # noqa: PLR0913 - a decision is who says what of which edition
    quarter: str,
    words: Mapping[str, Word],
    who: Decider,
    *,
    edition: int | None = None,
    fingerprint: str = "",
    settings: Settings | None = None,
) -> dict[str, Any]:
    """Keep what a person says on items of an edition; what cannot be kept is told by item, with the reason.

    `edition` and `fingerprint`: what they were shown, if anything; another one is a KnownError E-EDITION-OTHER.
    """
    settings = settings or Settings.from_env()
    _must_be_named(settings, quarter, edition)
    shown, known = edition_and_acts(settings, quarter, edition)
    _must_be(shown, fingerprint)
    words = {item: Word(**{name: clean(text) for name, text in vars(word).items()}) for item, word in words.items()}
    who = _cleaned(who)
    refused: dict[str, str] = {}

    def make(before: list[Act]) -> list[Act]:
        answer: Answer = answered(before, shown, who, words)
        refused.update(answer.refused)
        return answer.acts

    kept = say(settings, make, known=known)
    with open_warehouse(settings) as warehouse:
        acts = fold_acts(settings, warehouse)
    named = {proposal: item for item, proposal in items_of(shown).items()}
    stands = decisions_on(acts, shown)
    return {
        "quarter": quarter,
        "edition": shown.number,
        "kept": {named[act.subject_id]: act.kind for act in kept if act.subject_kind == PROPOSAL},
        "refused": refused,
        "decided": len(stands),
        "items": len(named),
        "demo": int(stands["is_demo"].astype(bool).sum()),
    }


def decide_form(  # noqa: PLR0913 - what a form holds
    quarter: str,
    *,
    said: Mapping[str, tuple[str, str]],
    who: str,
    role: str,
    is_demo: bool,
    again: bool,
    edition: int,
    fingerprint: str,
    settings: Settings | None = None,
) -> dict[str, Any]:
    """Keep what a form says: item -> (choice, reason). What cannot be kept is logged and returned, item by item."""
    words = {item: Word(choice=choice, reason=reason) for item, (choice, reason) in said.items()}
    decider = Decider(name=who, role=role, is_demo=is_demo, again=again)
    result = decide(quarter, words, decider, edition=edition, fingerprint=fingerprint, settings=settings)
    for item, why in result["refused"].items():
        log.warning("%s not kept: %s", item, why)
    return result


def sign(
    quarter: str, who: Decider, *, edition: int | None = None, settings: Settings | None = None
) -> dict[str, object]:
    """Sign an edition whose every item is decided: its papers are kept as they are, for ever."""
    from pipelines.quarter.papers import keep_papers  # noqa: PLC0415 - charts take seconds to import

    settings = settings or Settings.from_env()
    _must_be_named(settings, quarter, edition)
    who = _cleaned(who)
    shown, acts = edition_and_acts(settings, quarter, edition)
    signing(acts, shown, who, {})  # what hinders it is told before papers are made
    papers, seen = keep_papers(shown, acts), _said_on(shown, acts)

    def make(before: list[Act]) -> list[Act]:
        if _said_on(shown, before) != seen:
            raise KnownError(
                "E-SIGN-LATE",
                f"edition [{shown.name}]: somebody decided while its papers were made.",
                mend="look at the papers again, then sign",
            )
        return [signing(before, shown, who, papers)]

    say(settings, make, known=acts)
    return publish(quarter, edition=shown.number, settings=settings) | {"signed_by": who.name}


def reopen(
    quarter: str, who: Decider, reason: str, *, edition: int | None = None, settings: Settings | None = None
) -> dict[str, object]:
    """Take the signature of an edition back, the last signed when none is named; its signed papers stay with it."""
    settings = settings or Settings.from_env()
    who, why = _cleaned(who), clean(reason)
    shown, acts = edition_and_acts(settings, quarter, edition)
    if edition is None:
        shown = place.read(settings, quarter, standing_number(settings, quarter, acts))
    say(settings, lambda before: [reopening(before, shown, who, why)], known=acts)
    return publish(quarter, edition=shown.number, settings=settings)


def publish(quarter: str, *, edition: int | None = None, settings: Settings | None = None) -> dict[str, object]:
    """Write the papers of an edition, the last when none is named, with what was decided on it.

    The papers of the edition that stands (the last signed, else the last) lie in the quarter's folder, those of
    another in a folder below, `ban-<number>`.
    """
    settings = settings or Settings.from_env()
    shown, acts = edition_and_acts(settings, quarter, edition)
    files = _publish(settings, shown, acts)
    return {
        "quarter": quarter,
        "edition": shown.number,
        "decided": len(decisions_on(acts, shown)),
        "files": [str(path) for path in files],
    }


def edition_and_acts(settings: Settings, quarter: str, number: int | None = None) -> tuple[Edition, list[Act]]:
    """An edition, the last one when none is named, and all that was ever said."""
    with open_warehouse(settings) as warehouse:
        acts = fold_acts(settings, warehouse)
    return place.read(settings, quarter, number), acts


def standing_number(settings: Settings, quarter: str, acts: list[Act]) -> int | None:
    """The last edition that is signed; None when none is (then the last edition stands)."""
    for number in reversed(place.numbers_of(settings, quarter)):
        last = signature_of(acts, place.read(settings, quarter, number))
        if last is not None and last.kind == SIGN:
            return number
    return None


def _publish(settings: Settings, edition: Edition, acts: list[Act]) -> list[Path]:
    from pipelines.quarter import papers  # noqa: PLC0415 - charts take seconds to import

    folder = place.papers_folder(settings, edition.subject)
    stands = standing_number(settings, edition.subject, acts) or place.numbers_of(settings, edition.subject)[-1]
    if edition.number == stands:
        shutil.rmtree(folder / f"ban-{stands}", ignore_errors=True)  # it stands here now
        return papers.write_papers(edition, acts, folder)
    papers.write_papers(place.read(settings, edition.subject, stands), acts, folder)
    return papers.write_papers(edition, acts, folder / f"ban-{edition.number}")


def _must_be_named(settings: Settings, quarter: str, edition: int | None) -> None:
    """Where there are several editions, who decides says which one they have read."""
    numbers = place.numbers_of(settings, quarter)
    if edition is None and len(numbers) > 1:
        raise KnownError(
            "E-EDITION-WHICH",
            f"quarter [{quarter}] has the editions {numbers}, and none is named.",
            mend="name the one you have read, its number stands in the papers: --edition",
        )


def _cleaned(who: Decider) -> Decider:
    return replace(who, name=clean(who.name), role=clean(who.role))


def _said_on(edition: Edition, acts: list[Act]) -> set[str]:
    return {act.act_id for act in acts if act.edition == edition.name}


def _must_be(edition: Edition, fingerprint: str) -> None:
    if fingerprint and not edition.fingerprint.startswith(fingerprint):
        raise KnownError(
            "E-EDITION-OTHER",
            f"what was shown has the fingerprint [{fingerprint[:12]}], edition [{edition.name}] has "
            f"[{edition.fingerprint[:12]}].",
            mend="look at the papers of this edition, and decide on what they say",
        )
