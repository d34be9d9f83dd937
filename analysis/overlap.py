"""Overlapping procedures: how two are related, and how likely a reviewer would weigh making them one."""

import json
import math

import numpy as np
import pandas as pd

from analysis.overlap_model import OverlapModel, shipped_model
from analysis.pair_features import ASIDE, FEATURES, pair_features
from analysis.pairs import Catalogue, candidate_pairs, catalogue
from analysis.thresholds import Thresholds

# Two facts that outweigh any sum of likenesses; where one decides, the evidence says so.
OPPOSITE_CAP = 0.30  # one undoes the other: never proposed as one procedure, however alike the words
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
RULE_VI = {
    "opposite": "Hai thủ tục ngược nhau: không đề xuất hợp nhất dù hồ sơ giống nhau",
    "same_chain": "Hai thủ tục có cùng một chuỗi bước, bộ phận và thời gian xử lý",
}
MERGEABLE = ("duplicate", "level_twin", "overlap", "sibling")
START = "start"  # the evidence's name for what a pair has before any feature is known
GIVES = [
    "proc_core",
    "other_proc_core",
    "relation",
    "score",
    "propose_merge",
    "evidence",
    "rule",
    "name",
    "other_name",
]


def overlaps(book: Catalogue, *, thresholds: Thresholds) -> pd.DataFrame:
    """All candidate pairs of a catalogue, typed and scored.

    Gives: proc_core < other_proc_core, relation (one of RELATION_VI), score (0..1, the calibrated probability that
    a reviewer would weigh making the two one), propose_merge, evidence (JSON: each feature's value and the log-odds
    it adds, START with what there is before them, and "rule"), rule (one of RULE_VI where it decided, "" for most),
    name, other_name, FEATURES and ASIDE; the highest score first. Same catalogue in any row order, same frame.
    """
    return typed_pairs(book, candidate_pairs(book, thresholds=thresholds), thresholds=thresholds)


def typed_pairs(
    book: Catalogue, pairs: list[tuple[int, int]], *, thresholds: Thresholds, model: OverlapModel | None = None
) -> pd.DataFrame:
    """The same for pairs of positions asked for; `model`: another one than the program's own."""
    table = pair_features(book, pairs)
    if table.empty:
        return pd.DataFrame(columns=[*GIVES, *FEATURES, *ASIDE])
    weights = model or shipped_model()
    table["relation"] = weights.relation(table)
    table["score"] = weights.probability(table)
    table["rule"] = _ruled(book, table)
    same, undone = table["rule"].eq("same_chain"), table["rule"].eq("opposite")
    table.loc[same & ~table["relation"].isin(MERGEABLE), "relation"] = "overlap"
    table.loc[undone, "relation"] = "opposite"
    table.loc[same, "score"] = table["score"].clip(lower=CHAIN_FLOOR)
    table.loc[undone, "score"] = table["score"].clip(upper=OPPOSITE_CAP)
    table["score"] = table["score"].round(6)
    table["propose_merge"] = (table["score"] >= thresholds.merge_score) & table["relation"].isin(MERGEABLE)
    table["evidence"] = _evidence(table, weights)
    for name, side in (("proc_core", "a"), ("other_proc_core", "b")):
        table[name] = [book.cores[i] for i in table[side]]
    table["name"] = [book.names[i] for i in table["a"]]
    table["other_name"] = [book.names[i] for i in table["b"]]
    table = table.sort_values(["score", "proc_core", "other_proc_core"], ascending=[False, True, True], kind="stable")
    return table[[*GIVES, *FEATURES, *ASIDE]].reset_index(drop=True)


def overlapping_procedures(
    procedures: pd.DataFrame, papers: pd.DataFrame, steps: pd.DataFrame, *, thresholds: Thresholds
) -> pd.DataFrame:
    """`overlaps` straight from the dimension frames (see `catalogue` for the columns needed)."""
    return overlaps(catalogue(procedures, papers, steps, thresholds=thresholds), thresholds=thresholds)


def _ruled(book: Catalogue, table: pd.DataFrame) -> list[str]:
    """The rule that decides each pair, "" for most: contrary acts first, an equal chain in one field next."""
    long = np.array([len(book.chains[a]) >= LONG_CHAIN for a in table["a"]], dtype=bool)
    alike = (table["title"] >= CHAIN_TITLE).to_numpy()
    chain = table["chain_equal"].to_numpy() & table["same_field"].to_numpy() & (long | alike)
    return list(np.select([table["opposite"].eq(1.0).to_numpy(), chain], ["opposite", "same_chain"], default=""))


def _evidence(table: pd.DataFrame, model: OverlapModel) -> list[str]:
    values = table[FEATURES].to_numpy(dtype=float)
    added = model.added(table).to_numpy()
    lines: list[str] = []
    for row, adds, rule in zip(values, added, table["rule"], strict=True):
        line: dict[str, object] = {START: {"value": None, "adds": round(float(model.merge[0]), 3)}}
        for name, value, each in zip(FEATURES, row, adds, strict=True):
            line[name] = {"value": None if math.isnan(value) else round(value, 3), "adds": round(each, 3) + 0.0}
        lines.append(json.dumps(line | ({"rule": rule} if rule else {}), ensure_ascii=False))
    return lines
