"""Families: procedures that are one process with several cases, and the shortest limit now in force in each."""

import json
import re

import numpy as np
import pandas as pd

from analysis.frames import check_columns
from analysis.groups import average_groups
from analysis.pairs import Catalogue
from analysis.thresholds import Thresholds
from analysis.words import number_vi
from domain.ids import stable_id
from domain.text import normalise
from domain.wording import level_phrases

GIVES = [
    "family_id", "kind", "size", "proc_cores", "names", "proposed_name", "cases", "limits", "shortest_days",
    "limit_from", "cuts", "same_chain", "chain_days", "steps_common", "steps_longest", "papers_all", "papers_common",
    "paper_holders", "links", "lowest_score", "text_vi",
]  # fmt: skip
KIND_VI = {
    "LEVELS": "Một thủ tục công bố ở nhiều cấp",
    "DUPLICATE": "Một thủ tục công bố nhiều lần",
    "CASES": "Một quy trình với nhiều trường hợp",
}
Links = dict[tuple[int, int], tuple[str, float]]  # pair of positions -> relation and score
_JOINING = ("duplicate", "level_twin", "overlap", "sibling")
_SAME_NAME = 0.95  # title cosine: one title but for a word or the level; then papers need not be known to join


def families(pairs: pd.DataFrame, book: Catalogue, limits: pd.DataFrame, *, thresholds: Thresholds) -> pd.DataFrame:
    """Groups of procedures that belong together pair by pair, each with its limits and what could be cut.

    Needs: `pairs` as `overlaps` gives; `limits`: proc_core, limit_days (working days, null when not known)
    Gives: family_id, kind (one of KIND_VI), size, proc_cores, names, cases (what only this name says), limits, cuts
      (JSON lists in one order), proposed_name (the shortest title, without its level), shortest_days and limit_from
      (the shortest limit now in force and whose it is), same_chain (all step chains equal), chain_days (their plan),
      steps_common (JSON: tasks all have), steps_longest (JSON: the longest chain), papers_all, papers_common (JSON:
      union and intersection of paper types), paper_holders (JSON: paper type -> positions of who asks for it), links
      (JSON: a, b, relation, score), lowest_score (of the pairs inside), text_vi (one sentence)
    A pair joins when it is proposed, scores `family_score`, and rests on more than likely wording: equal chains,
    known papers, or one title. Groups grow by average likeness, the surest pair first: two groups become one only
    while the mean score of all pairs between them is at least `merge_score`, so no chain of neighbours runs on.
    A cut is the limit of a member minus the shortest: what it would lose if all were held to it. It stays a question
    for the reviewer, not a finding.
    """
    check_columns(pairs, ["proc_core", "other_proc_core", "relation", "score", "propose_merge"], where="families")
    place = {core: i for i, core in enumerate(book.cores)}
    told = pairs.loc[pairs["propose_merge"] & pairs["relation"].isin(_JOINING)]
    ends = [(place[a], place[b]) for a, b in zip(told["proc_core"], told["other_proc_core"], strict=True)]
    rests = told["rule"].eq("same_chain") | told["papers"].notna() | told["title"].ge(_SAME_NAME)
    strong = (told["score"].ge(thresholds.family_score) | told["rule"].eq("same_chain")) & rests
    scores = dict(zip(ends, told["score"].astype(float), strict=True))
    surest = [(score, pair) for (pair, score), joins in zip(scores.items(), strong, strict=True) if joins]
    stated = limits.dropna(subset=["limit_days"])
    known = dict(zip(stated["proc_core"].astype(str), stated["limit_days"].astype(float), strict=True))
    relations = dict(zip(ends, told["relation"].astype(str), strict=True))
    groups = average_groups(surest, scores, least=thresholds.merge_score)
    home = {i: number for number, group in enumerate(groups) for i in group}
    links: list[Links] = [{} for _ in groups]
    for (a, b), score in scores.items():
        if a in home and home[a] == home.get(b):
            links[home[a]][a, b] = (relations[a, b], score)
    rows = [_family(group, book, known, inside) for group, inside in zip(groups, links, strict=True)]
    table = pd.DataFrame(rows, columns=GIVES)
    return table.sort_values(["size", "family_id"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _family(group: list[int], book: Catalogue, known: dict[str, float], links: Links) -> dict[str, object]:
    cores = [book.cores[i] for i in group]
    limits = [known.get(core) for core in cores]
    stated = [limit for limit in limits if limit is not None]
    shortest = min(stated) if stated else None
    chains = {book.chains[i] for i in group}
    same_chain = len(chains) == 1 and bool(next(iter(chains)))
    days = sum(max(step[2], 0.0) for step in book.chains[group[0]]) if same_chain else float("nan")
    papers = [book.papers[i] for i in group]
    every = sorted(frozenset().union(*papers))
    kind = kind_of({relation for relation, _ in links.values()})
    longest = max(group, key=lambda i: (len(book.chains[i]), -i))
    return {
        "family_id": stable_id("family", *cores),
        "kind": kind,
        "size": len(group),
        "proc_cores": _json(cores),
        "names": _json([book.names[i] for i in group]),
        "proposed_name": min((_plain(book.names[i]) for i in group), key=lambda name: (len(name), name)),
        "cases": _json(_cases([book.titles[i].core.split() for i in group])),
        "limits": _json(limits),
        "shortest_days": np.nan if shortest is None else shortest,
        "limit_from": "" if shortest is None else cores[limits.index(shortest)],
        "cuts": _json([None if limit is None or shortest is None else limit - shortest for limit in limits]),
        "same_chain": same_chain,
        "chain_days": days,
        "steps_common": _json(_common_steps(group, book)),
        "steps_longest": _json(list(book.tasks[longest])),
        "papers_all": _json(every),
        "papers_common": _json(sorted(frozenset.intersection(*papers))),
        "paper_holders": _json({name: [i for i, asked in enumerate(papers) if name in asked] for name in every}),
        "links": _json(
            [
                {"a": book.cores[a], "b": book.cores[b], "relation": relation, "score": score}
                for (a, b), (relation, score) in sorted(links.items())
            ]
        ),
        "lowest_score": min(score for _, score in links.values()),
        "text_vi": _text_vi(kind, limits, days if same_chain else None, len(book.chains[group[0]])),
    }


def kind_of(relations: set[str]) -> str:
    """One of KIND_VI for procedures related in these ways."""
    if relations <= {"duplicate"}:
        return "DUPLICATE"
    return "LEVELS" if relations <= {"duplicate", "level_twin"} else "CASES"


def _cases(words: list[list[str]]) -> list[str]:
    """What each title says that not all of them say, in its own order."""
    common = set(words[0]).intersection(*words[1:])
    return [" ".join(word for word in title if word not in common) for title in words]


def _plain(name: str) -> str:
    """The title without the level it is done at."""
    text = normalise(name)
    for phrase in level_phrases(text):
        text = re.sub(rf"\(?\s*{re.escape(phrase.strip('() '))}\s*\)?", " ", text, flags=re.IGNORECASE)
    return " ".join(text.split()).strip(" .,;") or normalise(name)


def _common_steps(group: list[int], book: Catalogue) -> list[str]:
    shared = set.intersection(*({step[1] for step in book.chains[i]} for i in group))
    first = group[0]
    return [task for task, step in zip(book.tasks[first], book.chains[first], strict=True) if step[1] in shared]


def _text_vi(kind: str, limits: list[float | None], chain_days: float | None, steps: int) -> str:
    said = [KIND_VI[kind].lower()]
    if chain_days is not None:
        plan = f", tổng thời gian các bước {number_vi(chain_days)} ngày" if chain_days > 0 else ""
        said.append(f"cùng một chuỗi {steps} bước{plan}")
    stated = sorted({limit for limit in limits if limit is not None})
    if len(stated) > 1:
        said.append(f"thời hạn từ {number_vi(stated[0], 2)} đến {number_vi(stated[-1], 2)} ngày làm việc")
    elif stated:
        said.append(f"cùng thời hạn {number_vi(stated[0], 2)} ngày làm việc")
    return f"{len(limits)} thủ tục: " + "; ".join(said) + "."


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
