"""A family of procedures laid side by side: what its members share, where they differ, and what speaks for a merger.

A pair of procedures is shown the same way, as a family of two.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.competence import Facts, joined, of_change
from analysis.families import KIND_VI, kind_of
from analysis.overlap import RELATION_VI, RULE_VI, START
from analysis.pair_features import FEATURE_VI
from pipelines.publish import formats
from pipelines.publish.catalogue_view import CatalogueReview, levels_vi, limit_vi, listed, short
from pipelines.publish.overlap_map import matrix
from pipelines.publish.rows import Row
from pipelines.publish.word_marks import Words, marked_names, shortened

FAMILIES_SHOWN = 40
MEMBERS_SHOWN = 6  # columns a person can still compare; the others are named
PAPERS_SHOWN = 25
STEPS_SHOWN = 12  # the portal breaks one text into dozens of lines and calls each a step
NAME_LETTERS = 260  # a longer name fills a page of the table; what differs is kept whole
ACTS_SHOWN = 3
OTHER_WORDS = 14  # of the name of a member that has no column of its own
_MOST_MARKED = 0.6  # names that share less are other sentences: marking them all shows nothing
_KINDS = ("DUPLICATE", "LEVELS", "CASES")
_FACTS = frozenset({"same_limit", "same_act", "opposite", "later_stage", "level_differs"})  # yes or no, no share
_LEAST_ADDS = 0.05  # log-odds: less moves nothing a reader could see
_QUESTION_VI = {
    "DUPLICATE": "{n} thủ tục này có phải là một thủ tục được công bố nhiều lần không",
    "LEVELS": "{n} thủ tục này có phải là một thủ tục ở nhiều cấp, dùng chung tên, hồ sơ và thời hạn được không",
    "CASES": "{n} thủ tục này có thể gộp thành một quy trình với nhiều trường hợp không",
}


@dataclass(frozen=True, kw_only=True)
class _Group:
    """What is laid side by side: a family of the analysis, or a pair of its own."""

    cores: Sequence[str]
    kind: str
    text: str
    limit_from: str
    cuts: Sequence[float | None]
    holders: Mapping[str, Sequence[int]]
    steps: Sequence[str]
    same_steps: bool
    links: Sequence[Mapping[str, Any]]


def families(review: CatalogueReview, most: int = FAMILIES_SHOWN) -> list[Row]:
    """The families worth opening first, laid side by side: the plainest kind, then those with a cut in days."""
    rows = sorted(review.rows("families"), key=_worth)[:most]
    return [
        row
        | _laid_out(
            review,
            _Group(
                cores=[str(core) for core in json.loads(row["proc_cores"])],
                kind=row["kind"],
                text=str(row["text_vi"]),
                limit_from=str(row["limit_from"]),
                cuts=json.loads(row["cuts"]),
                holders=json.loads(row["paper_holders"]),
                steps=json.loads(row["steps_common"]),
                same_steps=bool(row["same_chain"]),
                links=json.loads(row["links"]),
            ),
        )
        | {"title": short(row["proposed_name"])}
        for row in rows
    ]


def families_first(review: CatalogueReview, most: int) -> list[str]:
    """The ids of the families that `families` lays side by side."""
    return [str(row["family_id"]) for row in sorted(review.rows("families"), key=_worth)[:most]]


def _worth(row: Mapping[Any, Any]) -> tuple[object, ...]:
    cut = sum(each or 0 for each in json.loads(row["cuts"]))
    return (_KINDS.index(row["kind"]), not cut, -row["size"], row["family_id"])


def pairs(review: CatalogueReview, rows: Sequence[Mapping[Any, Any]]) -> list[Row]:
    """Pairs of the frame `overlaps`, each laid side by side as a family of two."""
    found = []
    for row in rows:
        cores = [str(row["proc_core"]), str(row["other_proc_core"])]
        link = {"a": cores[0], "b": cores[1], "relation": row["relation"], "score": row["score"]}
        days = [_working_days(review.procedure(core)) for core in cores]
        known = [each for each in days if each is not None]
        least = min(known) if len(known) == len(days) else None
        steps = [review.tasks.get(core, []) for core in cores]
        asked = [review.asked.get(core, {}) for core in cores]
        group = _Group(
            cores=cores,
            kind=kind_of({str(row["relation"])}),
            text="",
            limit_from="" if least is None or len(set(known)) == 1 else cores[days.index(least)],
            cuts=[None if least is None or each is None else each - least for each in days],
            holders={kind: [i for i in (0, 1) if kind in asked[i]] for kind in sorted({**asked[0], **asked[1]})},
            steps=[task for task in steps[0] if task in set(steps[1])],
            same_steps=bool(steps[0]) and steps[0] == steps[1],
            links=[link],
        )
        found.append({**row, "family_id": "-".join(cores), **_laid_out(review, group)})
    return found


def _working_days(procedure: Mapping[str, Any]) -> float | None:
    quantity = procedure.get("limit_quantity")
    told = procedure.get("limit_unit") == "WORKING_DAY" and not formats.is_unknown(quantity)
    return float(str(quantity)) if told else None


def _laid_out(review: CatalogueReview, group: _Group) -> Row:
    cores = group.cores
    names = [str(review.procedure(core)["name"]) for core in cores]
    shown = most_different(names, most=MEMBERS_SHOWN)
    runs = marked([names[i] for i in shown])
    members = [_member(review, group, i, runs[place]) for place, i in enumerate(shown)]
    best = max(group.links, key=lambda link: (link["score"], link["a"], link["b"]))
    asked = sorted(group.holders, key=lambda name: (-len(group.holders[name]), name))
    seen = [name for name in asked if set(group.holders[name]) & set(shown)][:PAPERS_SHOWN]
    pair = review.pairs.get((best["a"], best["b"]), {})
    telling = len({i for holders in group.holders.values() for i in holders})
    common = sum(len(holders) == telling > 1 for holders in group.holders.values())
    return {
        "title": short(min(names, key=lambda name: (len(name), name))),
        "kind_vi": KIND_VI[group.kind],
        "relation_vi": RELATION_VI[best["relation"]],
        "size": len(cores),
        "text_vi": group.text,
        "question": _QUESTION_VI[group.kind].format(n=len(cores)),
        "field": review.procedure(cores[0])["field_name"],
        "members": members,
        "others": _others([i for i in range(len(cores)) if i not in shown], cores, names),
        "cut_vi": _cut_vi(review, group),
        "papers": [_paper(review, name, group, shown=shown, telling=telling) for name in seen],
        "papers_hidden": len(asked) - len(seen),
        "telling": telling,
        "common_count": common,
        "all_count": len(asked),
        "steps": [short(task) for task in group.steps[:STEPS_SHOWN]],
        "steps_hidden": max(len(group.steps) - STEPS_SHOWN, 0),
        "same_steps": group.same_steps,
        "map": matrix(cores, group.links) if len(cores) > 2 else "",
        "evidence": evidence(pair),
        "chance": chance_vi(best["score"]),
        "best": best,
        "competence": _competence(review, cores, bool(asked)),
    }


def _others(places: Sequence[int], cores: Sequence[str], names: Sequence[str]) -> list[Row]:
    """The members without a column of their own; those of one name in one entry."""
    codes: dict[str, list[str]] = {}
    for i in places:
        codes.setdefault(short(names[i], OTHER_WORDS), []).append(cores[i])
    return [{"name": name, "codes": told} for name, told in codes.items()]


def _member(review: CatalogueReview, group: _Group, place: int, name: Sequence[Words]) -> Row:
    core = group.cores[place]
    procedure = review.procedure(core)
    acts = listed(procedure.get("legal_basis"))
    agencies = listed(procedure.get("agencies"))
    return {
        "core": core,
        "number": place + 1,
        "runs": name,
        "limit": limit_vi(procedure),
        "cut": group.cuts[place],
        "is_shortest": group.cuts[place] == 0 and any(group.cuts),
        "level": levels_vi(str(procedure.get("level") or "")),
        "agencies": [short(each) for each in agencies[:ACTS_SHOWN]],
        "agencies_more": max(len(agencies) - ACTS_SHOWN, 0),
        "fee": _fee_vi(procedure.get("fee_vnd")),
        "acts": [short(each) for each in acts[:ACTS_SHOWN]],
        "acts_more": max(len(acts) - ACTS_SHOWN, 0),
        "papers": len(review.asked.get(core, {})),
        "steps": review.step_counts.get(core, 0),
    }


def _paper(review: CatalogueReview, kind: str, group: _Group, *, shown: Sequence[int], telling: int) -> Row:
    holders = group.holders[kind]
    cores = [group.cores[i] for i in holders]
    own = next((review.asked[core][kind] for core in cores if kind in review.asked.get(core, {})), kind)
    return {
        "name": short(review.paper_names.get(kind, own)),
        "held": [i in holders for i in shown],
        "is_common": len(holders) == telling > 1,
        "count": len(holders),
    }


def _cut_vi(review: CatalogueReview, group: _Group) -> str:
    """What the shortest limit now in force would take off the others, in words; "" when nothing."""
    cuts = sorted(cut for cut in group.cuts if cut)
    if not cuts:
        return ""
    least, most = formats.plain_number(cuts[0], 2), formats.plain_number(cuts[-1], 2)
    span = least if least == most else f"từ {least} đến {most}"
    shortest = limit_vi(review.procedure(group.limit_from))
    return (
        f"Nếu lấy thời hạn ngắn nhất đang áp dụng ({shortest}, ở thủ tục {group.limit_from}), "
        f"{len(cuts)} thủ tục bớt được {span} ngày."
    )


def _fee_vi(fee: object) -> str:
    if formats.is_unknown(fee):
        return ""
    return "không thu" if float(str(fee)) == 0 else f"{formats.money(fee)} đồng"


def most_different(names: Sequence[str], *, most: int) -> list[int]:
    """Positions of the names least like each other in their words, in their own order; all when there are few."""
    if len(names) <= most:
        return list(range(len(names)))
    words = [frozenset(name.lower().split()) for name in names]
    chosen = [0]
    while len(chosen) < most:
        rest = [i for i in range(len(names)) if i not in chosen]
        chosen.append(max(rest, key=lambda i: (min(_apart(words[i], words[j]) for j in chosen), -i)))
    return sorted(chosen)


def _apart(one: frozenset[str], other: frozenset[str]) -> float:
    return 1 - len(one & other) / max(len(one | other), 1)


def marked(names: Sequence[str]) -> list[list[Words]]:
    """Each name in runs of words, those that not all names have marked; none when too few are shared."""
    runs = marked_names(names)
    share = [
        sum(len(run.text) for run in each if run.marked) / max(len("".join(r.text for r in each)), 1) for each in runs
    ]
    if share and sum(share) / len(share) > _MOST_MARKED:
        return [[Words(short(name), False)] for name in names]
    return [shortened(each, letters=NAME_LETTERS) for each in runs]


def chance_vi(score: float) -> str:
    """The calibrated probability in words a reader can picture."""
    many = "hơn 9" if score >= 0.95 else f"khoảng {min(max(round(10 * score), 1), 9)}"
    return f"{many} trên 10 cặp như vậy được người đọc coi là nên xem xét hợp nhất"


def evidence(pair: Mapping[Any, Any]) -> list[Row]:
    """What speaks for and against making a pair one, the weightiest first; what is not known is not told."""
    told = json.loads(pair["evidence"]) if pair else {}
    rows = [
        {
            "what": label,
            "value": told[name]["value"],
            "value_vi": _value_vi(name, told[name]["value"]),
            "adds": told[name]["adds"],
            "side": side_vi(told[name]["adds"]),
        }
        for name, label in FEATURE_VI.items()
        if name != START and told.get(name, {}).get("value") is not None and abs(told[name]["adds"]) >= _LEAST_ADDS
    ]
    rows.sort(key=lambda row: -abs(row["adds"]))
    if told.get("rule"):
        rule = {"what": RULE_VI[told["rule"]], "value": None, "value_vi": "", "adds": 0.0}
        rows.insert(0, rule | {"side": "quyết định mức đánh giá"})
    return rows


def _value_vi(name: str, value: float) -> str:
    if name in _FACTS:
        return "có" if value >= 0.5 else "không"
    return formats.percent(value, 0)


def side_vi(adds: float) -> str:
    """Which way a feature leans, in words: never more than a leaning."""
    if abs(adds) < _LEAST_ADDS:
        return "không nghiêng bên nào"
    return "nghiêng về xem xét chung" if adds > 0 else "không nghiêng về xem xét chung"


def _competence(review: CatalogueReview, cores: Sequence[str], has_papers: bool) -> str:
    parts = []
    for core in cores:
        facts = Facts.of(review.procedure(core), on=review.on)
        parts += [of_change(change, facts) for change in (["PAPERS"] if has_papers else []) + ["LIMIT"]]
    return joined(*parts)
