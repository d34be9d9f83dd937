"""Families: procedures that are one process with several cases, and the shortest limit now in force in each."""

import json

import numpy as np
import pandas as pd

from analysis.frames import check_columns
from analysis.groups import connected_groups
from analysis.pairs import Catalogue
from analysis.thresholds import Thresholds
from domain.ids import stable_id

GIVES = [
    "family_id", "size", "proc_cores", "names", "proposed_name", "limits", "shortest_days", "cuts", "same_chain",
    "chain_days", "papers_all", "papers_common", "lowest_score",
]  # fmt: skip
_JOINING = ("duplicate", "level_twin", "overlap")
_CHAIN_ONLY = 0.8  # pairs joined by an equal chain carry at least this score


def families(pairs: pd.DataFrame, book: Catalogue, limits: pd.DataFrame, *, thresholds: Thresholds) -> pd.DataFrame:
    """Connected groups of the pairs proposed to be one, each with its limits and what could be cut.

    Needs: `pairs` as `overlaps` gives; `limits`: proc_core, limit_days (working days, null when not known)
    Gives: family_id, size, proc_cores, names, limits, cuts (JSON lists in one order), proposed_name (the shortest
      title), shortest_days (the shortest limit now in force), same_chain (all step chains equal), chain_days (their
      plan), papers_all, papers_common (JSON: union and intersection of paper types), lowest_score
    A cut is the limit of a member minus the shortest: what it would lose if all were held to it. It is given only
    where all have the same step chain or the members differ in nothing but limit and wording (score from
    `family_score`), and it stays a question for the reviewer, not a finding.
    """
    check_columns(pairs, ["proc_core", "other_proc_core", "relation", "score", "propose_merge"], where="families")
    strong = pairs["propose_merge"] & pairs["relation"].isin(_JOINING) & (pairs["score"] >= thresholds.family_score)
    joined = pairs.loc[strong]
    place = {core: i for i, core in enumerate(book.cores)}
    edges = [(place[a], place[b]) for a, b in zip(joined["proc_core"], joined["other_proc_core"], strict=True)]
    stated = limits.dropna(subset=["limit_days"])
    known = dict(zip(stated["proc_core"].astype(str), stated["limit_days"].astype(float), strict=True))
    scores = dict(zip(edges, joined["score"], strict=True))
    rows = [
        _family(group, book, known, scores) for group in connected_groups(len(book.cores), edges) if len(group) > 1
    ]
    table = pd.DataFrame(rows, columns=GIVES)
    return table.sort_values(["size", "family_id"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _family(
    group: list[int], book: Catalogue, known: dict[str, float], scores: dict[tuple[int, int], float]
) -> dict[str, object]:
    cores = [book.cores[i] for i in group]
    limits = [known.get(core) for core in cores]
    stated = [limit for limit in limits if limit is not None]
    shortest = min(stated) if stated else None
    chains = {book.chains[i] for i in group}
    same_chain = len(chains) == 1 and bool(next(iter(chains)))
    days = sum(max(step[2], 0.0) for step in book.chains[group[0]]) if same_chain else float("nan")
    paper_sets = [book.papers[i] for i in group]
    members = set(group)
    inside = [score for (a, b), score in scores.items() if a in members and b in members]
    return {
        "family_id": stable_id("family", *cores),
        "size": len(group),
        "proc_cores": _json(cores),
        "names": _json([book.names[i] for i in group]),
        "proposed_name": min((book.names[i] for i in group), key=lambda name: (len(name), name)),
        "limits": _json(limits),
        "shortest_days": np.nan if shortest is None else shortest,
        "cuts": _json([None if limit is None or shortest is None else limit - shortest for limit in limits]),
        "same_chain": same_chain,
        "chain_days": days,
        "papers_all": _json(sorted(frozenset().union(*paper_sets))),
        "papers_common": _json(sorted(frozenset.intersection(*paper_sets))),
        "lowest_score": min(inside),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
