"""Journeys (liên thông): procedures people need one after the other, and whether one joint procedure does them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.bundles import Bundle, bundles_of, joined_by, papers_by_core, part_of
from analysis.frames import check_columns
from analysis.journey_links import Link, Steps, joined_links, people_links, result_links, steps_of
from analysis.journey_words import reason_vi
from analysis.thresholds import Thresholds
from domain.ids import stable_id

GIVES = [
    "journey_id", "kind", "proc_cores", "names", "links", "cases", "share", "bundle", "is_proposed", "reason",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Journey:
    """The steps in order, the links among them, and why they are kept apart from others ("" = they are not)."""

    chain: tuple[str, ...]
    links: tuple[Link, ...]
    doubt: str


def journeys(
    procedures: pd.DataFrame, papers: pd.DataFrame, *, follows: pd.DataFrame, thresholds: Thresholds
) -> pd.DataFrame:
    """Procedures that lead to one another, by what they give and ask for and by what the same people do.

    Needs: `procedures`: proc_core, name, result_name (several with ";" or as a JSON list), those in force;
      `papers`: proc_core, name; `follows` as the model journey_count gives it (may be empty):
      proc_core, next_proc_core, cases, followed, people
    Gives: journey_id, kind (RESULT: a result is asked for as a paper; PERSON: the same people go there within
      `journey_days`; BOTH; BUNDLE: a joint procedure of the catalogue that no such link shows), proc_cores and
      names (JSON, in order), links (JSON: from, to, result, paper, cases, followed, share, low), cases and share (of
      the weakest link that people make; 0 and null without), bundle (the procedure that joins them already, or ""),
      is_proposed, reason (Vietnamese). A part of a BUNDLE that is no procedure of its own here has the code "".
    Twins of one title are one step, under the first of their codes. Proposed are journeys without a bundle that
    people make; where no dossiers tell, those whose papers at most `journey_opens` procedures ask for and which
    cannot be replaced by another paper.
    """
    check_columns(procedures, ["proc_core", "name", "result_name"], where="journeys")
    check_columns(papers, ["proc_core", "name"], where="journeys")
    bundles = bundles_of(procedures, papers)
    steps = steps_of(procedures, bundles=[bundle.core for bundle in bundles])
    by_people, cases = people_links(steps, follows, thresholds=thresholds)
    by_result = result_links(steps, papers, thresholds=thresholds)
    links = joined_links(by_result, by_people, steps)
    asked = papers_by_core(papers) if bundles else {}
    rows = [
        _row(each, steps, _bundle(each, bundles, steps, asked), thresholds)
        for each in _journeys(links, cases, thresholds)
    ]
    met = {str(row["bundle"]) for row in rows}
    rows += [_already_joined(bundle, steps) for bundle in bundles if bundle.core not in met]
    table = pd.DataFrame(rows, columns=[*GIVES, "_people", "_size"])
    table["_new"] = table["bundle"].eq("")
    order = ["is_proposed", "_people", "_new", "cases", "_size", "proc_cores"]
    table = table.sort_values(order, ascending=[False, False, True, False, False, True], kind="stable")
    return table[GIVES].reset_index(drop=True)


def _journeys(links: Sequence[Link], cases: Mapping[str, int], thresholds: Thresholds) -> list[_Journey]:
    doubts = [_doubt(link, cases, thresholds) for link in links]
    sure = [link for link, doubt in zip(links, doubts, strict=True) if not doubt]
    alone = [
        _Journey(chain=(link.before, link.after), links=(link,), doubt=doubt)
        for link, doubt in zip(links, doubts, strict=True)
        if doubt
    ]
    grown = _grown(sure, thresholds)
    return [_Journey(chain=_in_order(group), links=tuple(group), doubt="") for group in grown] + alone


def _doubt(link: Link, cases: Mapping[str, int], thresholds: Thresholds) -> str:
    """Why a link is not proposed: FEW_GO_ON: dossiers show that people do not; MANY_ASK: the paper begins too many

    journeys to be one; MAY_BE_OTHER: another paper does as well, or only some cases need it.
    """
    if link.by_people:
        return ""
    if cases.get(link.before, 0) >= thresholds.minimum_cases:
        return "FEW_GO_ON"
    if link.askers > thresholds.journey_opens:
        return "MANY_ASK"
    return "" if link.is_needed else "MAY_BE_OTHER"


def _grown(links: Sequence[Link], thresholds: Thresholds) -> list[list[Link]]:
    """Links joined where they meet, surest first, to journeys of at most `journey_steps`.

    They do not meet in a procedure that opens, or needs, more than `journey_opens` others.
    """
    onward: dict[str, int] = {}
    inward: dict[str, int] = {}
    for link in links:
        onward[link.before] = onward.get(link.before, 0) + 1
        inward[link.after] = inward.get(link.after, 0) + 1
    crowded = {step for count in (onward, inward) for step, n in count.items() if n > thresholds.journey_opens}
    groups: list[list[Link]] = []
    for link in links:
        group = [link]
        for other in [each for each in groups if (_ends(each) & _ends(group)) - crowded]:
            if len(_ends(other) | _ends(group)) <= thresholds.journey_steps:
                groups.remove(other)
                group = other + group
        groups.append(group)
    return groups


def _ends(links: Sequence[Link]) -> set[str]:
    return {step for link in links for step in (link.before, link.after)}


def _in_order(links: Sequence[Link]) -> tuple[str, ...]:
    """The steps, each after all that lead to it; those not told apart by their codes."""
    left, order = _ends(links), []
    while left:
        free = min(step for step in left if not any(link.after == step and link.before in left for link in links))
        order.append(free)
        left.remove(free)
    return tuple(order)


def _bundle(
    journey: _Journey, bundles: Sequence[Bundle], steps: Steps, asked: Mapping[str, Sequence[str]]
) -> tuple[Bundle, bool] | None:
    """The joint procedure that does most of the steps (two at least), the plainest first, and whether it does all."""
    counted = [(joined_by(bundle, journey.chain, steps, asked), bundle) for bundle in bundles]
    counted = [each for each in counted if each[0] > 1]
    if not counted:
        return None
    found, bundle = min(counted, key=lambda each: (-each[0], len(each[1].parts), each[1].core))
    return bundle, found == len(journey.chain)


def _row(
    journey: _Journey, steps: Steps, bundle: tuple[Bundle, bool] | None, thresholds: Thresholds
) -> dict[str, object]:
    walked = [link for link in journey.links if link.by_people]
    weakest = min(walked, key=lambda link: (link.share, link.before, link.after), default=None)
    is_whole = bundle is not None and bundle[1]
    kinds = {link.kind for link in journey.links}
    place = {step: i for i, step in enumerate(journey.chain)}
    links = sorted(journey.links, key=lambda link: (place[link.before], place[link.after]))
    return {
        "journey_id": stable_id("journey", *journey.chain),
        "kind": next(iter(kinds)) if len(kinds) == 1 else "BOTH",
        "proc_cores": _json(list(journey.chain)),
        "names": _json([steps.names[step] for step in journey.chain]),
        "links": _json([_told(link) for link in links]),
        "cases": weakest.cases if weakest else 0,
        "share": weakest.share if weakest else float("nan"),
        "bundle": bundle[0].core if bundle and is_whole else "",
        "is_proposed": not is_whole and not journey.doubt,
        "reason": reason_vi(links, steps, bundle=bundle, doubt=journey.doubt, thresholds=thresholds),
        "_people": bool(walked),
        "_size": len(journey.chain),
    }


def _already_joined(bundle: Bundle, steps: Steps) -> dict[str, object]:
    """A joint procedure whose parts nothing else links: shown, so that nobody proposes it again."""
    cores = [part_of(bundle, part, steps) for part in bundle.parts]
    names = [steps.names[core] if core else part for core, part in zip(cores, bundle.parts, strict=True)]
    return {
        "journey_id": stable_id("journey", bundle.core),
        "kind": "BUNDLE",
        "proc_cores": _json(cores),
        "names": _json([name[:1].upper() + name[1:] for name in names]),
        "links": "[]",
        "cases": 0,
        "share": float("nan"),
        "bundle": bundle.core,
        "is_proposed": False,
        "reason": f"Danh mục đã có thủ tục liên thông “{bundle.name}” ({bundle.core}), gồm {len(bundle.parts)} việc.",
        "_people": False,
        "_size": len(bundle.parts),
    }


def _told(link: Link) -> dict[str, object]:
    known = link.by_people
    return {
        "from": link.before,
        "to": link.after,
        "result": link.result,
        "paper": link.paper,
        "cases": link.cases if known else None,
        "followed": link.followed if known else None,
        "share": round(link.share, 6) if known else None,
        "low": round(link.low, 6) if known else None,
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
