"""Overlapping procedures: how alike two are, in what way, and whether a reviewer should weigh making them one."""

import json
import re

import numpy as np
import pandas as pd

from analysis.pairs import FEATURES, Catalogue, candidate_pairs, catalogue, pair_features
from analysis.thresholds import Thresholds

# Weights of the score, chosen by hand and rounded so that a person can add them up. Where a pair says nothing about
# a feature (no papers listed, no steps listed) the likeness of the object stands in: silence is no likeness.
WEIGHTS = {"papers": 0.30, "steps": 0.25, "title": 0.20, "result": 0.10, "same_act": 0.15}
OPPOSITE_CAP = 0.30  # one undoes the other: never proposed as one procedure, however alike the words
OTHER_ACT_CAP = (
    0.45  # another act on the same object (issue, re-issue) is one process only if the papers are the same
)
OTHER_ACT_PAPERS = 0.5  # ... half of them at least
LONG_CHAIN = 8  # a chain of eight equal steps, offices and days is no accident; shorter ones are office habit
CHAIN_FLOOR = 0.80  # what such a chain alone is worth
CHAIN_TITLE = 0.45  # a shorter equal chain counts when the titles are alike as well
RELATION_VI = {
    "duplicate": "trùng lặp",
    "level_twin": "cùng thủ tục ở hai cấp",
    "overlap": "chồng chéo một phần",
    "sibling": "cùng đối tượng, khác loại việc",
    "opposite": "ngược nhau",
    "chain": "nối tiếp nhau",
    "unrelated": "không liên quan",
}
MERGEABLE = ("duplicate", "level_twin", "overlap", "sibling")
_ORDINAL = re.compile(r"lần (đầu|thứ nhất|hai|thứ hai|ba)")
GIVES = [
    "proc_core",
    "other_proc_core",
    "relation",
    "score",
    "propose_merge",
    "evidence",
    "name",
    "other_name",
]


def overlaps(book: Catalogue, *, thresholds: Thresholds) -> pd.DataFrame:
    """All candidate pairs of a catalogue, typed and scored.

    Gives: proc_core < other_proc_core, relation (one of RELATION_VI), score (0..1), propose_merge,
    evidence (JSON: each feature's value and what it adds to the score), name, other_name, and FEATURES;
    the highest score first. Same catalogue in any row order, same frame.
    """
    return typed_pairs(book, candidate_pairs(book, thresholds=thresholds), thresholds=thresholds)


def typed_pairs(book: Catalogue, pairs: list[tuple[int, int]], *, thresholds: Thresholds) -> pd.DataFrame:
    """The same for pairs of positions asked for."""
    table = pair_features(book, pairs)
    if table.empty:
        return pd.DataFrame(columns=[*GIVES, *FEATURES])
    parts = _contributions(table)
    table["chain_counts"] = _chain_counts(book, table)
    table["score"] = _likeness(table, parts)
    table["relation"] = _relations(book, table)
    table["score"] = _capped(table)
    table["propose_merge"] = (table["score"] >= thresholds.merge_score) & table["relation"].isin(MERGEABLE)
    table["evidence"] = _evidence(table, parts)
    for name, side in (("proc_core", "a"), ("other_proc_core", "b")):
        table[name] = [book.cores[i] for i in table[side]]
    table["name"] = [book.names[i] for i in table["a"]]
    table["other_name"] = [book.names[i] for i in table["b"]]
    table = table.sort_values(["score", "proc_core", "other_proc_core"], ascending=[False, True, True], kind="stable")
    return table[[*GIVES, *FEATURES]].reset_index(drop=True)


def overlapping_procedures(
    procedures: pd.DataFrame, papers: pd.DataFrame, steps: pd.DataFrame, *, thresholds: Thresholds
) -> pd.DataFrame:
    """`overlaps` straight from the dimension frames (see `catalogue` for the columns needed)."""
    return overlaps(catalogue(procedures, papers, steps, thresholds=thresholds), thresholds=thresholds)


def _contributions(table: pd.DataFrame) -> pd.DataFrame:
    instead = table["object"].fillna(0.0)
    return pd.DataFrame(
        {name: weight * table[name].astype(float).fillna(instead) for name, weight in WEIGHTS.items()}
    )


def _chain_counts(book: Catalogue, table: pd.DataFrame) -> np.ndarray:
    long = np.array([len(book.chains[a]) >= LONG_CHAIN for a in table["a"]], dtype=bool)
    alike = (table["title"] >= CHAIN_TITLE).to_numpy()
    counts: np.ndarray = table["chain_equal"].to_numpy() & table["same_field"].to_numpy() & (long | alike)
    return counts


def _likeness(table: pd.DataFrame, parts: pd.DataFrame) -> pd.Series:
    score = parts.sum(axis=1)
    return score.where(~table["chain_counts"], np.maximum(score, CHAIN_FLOOR))


def _capped(table: pd.DataFrame) -> pd.Series:
    score = table["score"].where(~table["opposite"], np.minimum(table["score"], OPPOSITE_CAP))
    own_papers = table["relation"].eq("sibling") & ~(table["papers"] >= OTHER_ACT_PAPERS)
    return score.where(~own_papers, np.minimum(score, OTHER_ACT_CAP)).round(6)


def _relations(book: Catalogue, table: pd.DataFrame) -> list[str]:
    ordinals = [set(_ORDINAL.findall(title.core)) for title in book.titles]
    rows = table[["a", "b"]].itertuples(index=False, name=None)
    later = [bool(ordinals[a]) and bool(ordinals[b]) and ordinals[a] != ordinals[b] for a, b in rows]
    papers, within = table["papers"].fillna(0.0), table["papers_within"].fillna(0.0)
    title, object_ = table["title"], table["object"].fillna(0.0)
    same_act, other_act = table["same_act"].eq(1.0), table["same_act"].eq(0.0)
    score = table["score"]
    rules = [
        ("opposite", table["opposite"] & (title >= 0.6)),
        ("chain", pd.Series(later, index=table.index) & (title >= 0.4)),
        (
            "level_twin",
            table["level_differs"] & (((papers >= 0.6) & (title >= 0.4)) | ((object_ >= 0.85) & same_act)),
        ),
        (
            "duplicate",
            (title >= 0.9) & ((object_ >= 0.85) | (papers >= 0.9)) & ~other_act & ~table["level_differs"],
        ),
        ("overlap", table["chain_counts"]),
        ("sibling", other_act & (object_ >= 0.5) & (title >= 0.6)),
        ("overlap", (score >= 0.5) | ((papers >= 0.5) & (within >= 0.5) & (table["paper_count"] >= 2))),
        ("chain", table["feeds"]),
        ("sibling", (object_ >= 0.75) & (title >= 0.7)),
    ]
    return list(np.select([mask.to_numpy() for _, mask in rules], [name for name, _ in rules], default="unrelated"))


def _evidence(table: pd.DataFrame, parts: pd.DataFrame) -> list[str]:
    shown = [*WEIGHTS, "object", "papers_within", "law", "chain_equal", "level_differs", "opposite", "feeds"]
    columns = {name: table[name].to_numpy() for name in shown}
    added = {name: parts[name].to_numpy() for name in WEIGHTS}
    lines: list[str] = []
    for i in range(len(table)):
        line: dict[str, dict[str, float | bool | None]] = {}
        for name in shown:
            value = columns[name][i]
            plain = (
                bool(value) if isinstance(value, np.bool_) else None if np.isnan(value) else round(float(value), 3)
            )
            line[name] = {"value": plain} | ({"adds": round(float(added[name][i]), 3)} if name in added else {})
        lines.append(json.dumps(line, ensure_ascii=False))
    return lines
