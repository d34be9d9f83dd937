"""Every pair of procedures worth a look, found exactly, with what the two have in common, feature by feature."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.frames import check_columns
from analysis.papers import papers_of_procedures
from analysis.thresholds import Thresholds
from analysis.titles import Title, are_opposite, parsed_title
from domain.text import fold

FEATURES = [
    "title", "object", "papers", "papers_within", "paper_count", "steps", "chain_equal", "law", "result",
    "same_act", "level_differs", "opposite", "same_field", "feeds",
]  # fmt: skip
_BLOCK = 1024  # rows of the likeness matrix held at once: 1,024 x 50,000 doubles are 400 MB at the very most
_TASK_LETTERS = 1000  # a step is told in its first sentence; catalogues copy whole articles of law after it
_LEAST_CHAIN = 3  # equal chains of one or two steps say nothing


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The procedures in force, ready to be compared; positions 0..n-1 follow `cores`."""

    cores: list[str]
    names: list[str]
    titles: list[Title]
    fields: list[str]
    levels: list[frozenset[str]]
    results: list[str]
    laws: list[frozenset[str]]
    chains: list[tuple[tuple[str, str, float], ...]]
    papers: list[frozenset[str]]
    words: dict[str, Any]  # sparse unit-row matrices by name


def catalogue(
    procedures: pd.DataFrame, papers: pd.DataFrame, steps: pd.DataFrame, *, thresholds: Thresholds
) -> Catalogue:
    """Take the catalogue in force apart.

    Needs: `procedures`: proc_core, name, field_code, level, legal_basis (JSON list), result_name;
      `papers`: proc_core, name; `steps`: proc_core, step_no, task, with role or office_code and planned_days
    """
    check_columns(procedures, ["proc_core", "name"], where="catalogue")
    table = procedures.drop_duplicates("proc_core").sort_values("proc_core", kind="stable").reset_index(drop=True)
    cores = table["proc_core"].astype(str).tolist()
    place = {core: i for i, core in enumerate(cores)}
    titles = [parsed_title(str(name)) for name in table["name"]]
    results = [fold(text) for text in _texts(table, "result_name")]
    chains, tasks = _chains(steps, place)
    words = {
        "title": _unit_rows([title.core for title in titles], letters=True),
        "object": _unit_rows([title.object for title in titles], letters=False),
        "result": _unit_rows(results, letters=False),
        "steps": _unit_rows(tasks, letters=False),
    }
    own_levels = [frozenset(_listed(text)) for text in _texts(table, "level")]
    return Catalogue(
        cores=cores,
        names=table["name"].astype(str).tolist(),
        titles=titles,
        fields=[fold(text) for text in _texts(table, "field_code")],
        levels=[frozenset(t.levels) or own for t, own in zip(titles, own_levels, strict=True)],
        results=results,
        laws=[frozenset(_listed(text)) for text in _texts(table, "legal_basis")],
        chains=chains,
        papers=_papers(papers, place, thresholds.paper_share),
        words=words,
    )


def pair_features(book: Catalogue, pairs: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """What two procedures have in common, for the pairs of positions asked for.

    Gives: a, b (positions, a < b) and FEATURES: cosines of title (core letters), object, steps and result; papers
    (Jaccard), papers_within (share of the smaller set inside the other), paper_count (of the smaller set),
    chain_equal, law (Jaccard), same_act, level_differs, opposite, same_field, feeds (a result of one is among the
    papers of the other). NaN where a side says nothing.
    """
    order = sorted({(min(pair), max(pair)) for pair in pairs})
    left = np.array([a for a, _ in order], dtype=int)
    right = np.array([b for _, b in order], dtype=int)
    table = pd.DataFrame({"a": left, "b": right})
    for name in ("title", "object", "steps", "result"):
        table[name] = _cosines(book.words[name], left, right)
    sets = [_set_likeness(book.papers[a], book.papers[b]) for a, b in order]
    table["papers"] = [each[0] for each in sets]
    table["papers_within"] = [each[1] for each in sets]
    table["paper_count"] = [min(len(book.papers[a]), len(book.papers[b])) for a, b in order]
    table["law"] = [_set_likeness(book.laws[a], book.laws[b])[0] for a, b in order]
    table["chain_equal"] = [_chains_equal(book.chains[a], book.chains[b]) for a, b in order]
    table["same_act"] = [_same_act(book.titles[a], book.titles[b]) for a, b in order]
    table["level_differs"] = [_levels_differ(book, a, b) for a, b in order]
    table["opposite"] = [are_opposite(book.titles[a], book.titles[b]) for a, b in order]
    table["same_field"] = [book.fields[a] == book.fields[b] for a, b in order]
    table["feeds"] = [_feeds(book, a, b) or _feeds(book, b, a) for a, b in order]
    return table


def candidate_pairs(book: Catalogue, *, thresholds: Thresholds) -> list[tuple[int, int]]:
    """All pairs with like titles, like papers or one step chain. Exact: every pair is measured, none is sampled."""
    found = _near(book.words["title"], thresholds.title_candidate)
    found |= _near_sets(book.papers, thresholds.papers_candidate)
    chains: dict[tuple[tuple[str, str, float], ...], list[int]] = {}
    for i, chain in enumerate(book.chains):
        if len(chain) >= _LEAST_CHAIN:
            chains.setdefault(chain, []).append(i)
    for members in chains.values():
        found |= {(a, b) for k, a in enumerate(members) for b in members[k + 1 :]}
    return sorted(found)


def _texts(table: pd.DataFrame, column: str) -> list[str]:
    if column not in table.columns:
        return [""] * len(table)
    return ["" if pd.isna(value) else str(value) for value in table[column]]


def _listed(text: str) -> list[str]:
    if not text.startswith("["):
        return [text] if text else []
    return [str(each) for each in json.loads(text)]


def _unit_rows(texts: Sequence[str], *, letters: bool) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    filled = [text or "" for text in texts]
    if letters:
        maker = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, dtype=np.float64)
    else:
        maker = TfidfVectorizer(token_pattern=r"[^\W_]+", ngram_range=(1, 2), sublinear_tf=True, dtype=np.float64)
    if not any(filled):
        return None
    return maker.fit_transform(filled)


def _cosines(rows: Any, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    if rows is None or not len(left):
        return np.full(len(left), np.nan)
    cosine = np.asarray(rows[left].multiply(rows[right]).sum(axis=1)).ravel()
    empty = np.diff(rows.indptr) == 0
    return np.where(empty[left] | empty[right], np.nan, np.minimum(cosine, 1.0))


def _near(rows: Any, least: float) -> set[tuple[int, int]]:
    if rows is None:
        return set()
    found: set[tuple[int, int]] = set()
    for start in range(0, rows.shape[0], _BLOCK):
        block = (rows[start : start + _BLOCK] @ rows.T).tocoo()
        keep = (block.data >= least) & (block.row + start < block.col)
        found |= set(zip((block.row[keep] + start).tolist(), block.col[keep].tolist(), strict=True))
    return found


def _near_sets(sets: Sequence[frozenset[str]], least: float) -> set[tuple[int, int]]:
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - a second to import, only the overlaps need it

    names = sorted(set().union(*sets)) if sets else []
    if not names:
        return set()
    column = {name: i for i, name in enumerate(names)}
    columns = [column[name] for each in sets for name in sorted(each)]
    starts = np.cumsum([0, *map(len, sets)])
    held = csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(sets), len(names)))
    sizes = np.array([len(each) for each in sets], dtype=float)
    found: set[tuple[int, int]] = set()
    for start in range(0, len(sets), _BLOCK):
        both = (held[start : start + _BLOCK] @ held.T).tocoo()
        row, column_ = both.row + start, both.col
        keep = (both.data / (sizes[row] + sizes[column_] - both.data) >= least) & (row < column_)
        found |= set(zip(row[keep].tolist(), column_[keep].tolist(), strict=True))
    return found


def _papers(papers: pd.DataFrame, place: dict[str, int], same_share: float) -> list[frozenset[str]]:
    sets: list[set[str]] = [set() for _ in place]
    if not papers.empty:
        for core, kind, _ in papers_of_procedures(papers, same_share=same_share).itertuples(index=False, name=None):
            if str(core) in place:
                sets[place[str(core)]].add(kind)
    return [frozenset(each) for each in sets]


def _chains(steps: pd.DataFrame, place: dict[str, int]) -> tuple[list[tuple[tuple[str, str, float], ...]], list[str]]:
    chains: list[list[tuple[str, str, float]]] = [[] for _ in place]
    if not steps.empty:
        table = steps.sort_values(["proc_core", "step_no"], kind="stable")
        who = next((name for name in ("role", "office_code", "agency") if name in table.columns), None)
        actors = _texts(table, who) if who else [""] * len(table)
        tasks = [text[:_TASK_LETTERS] for text in _texts(table, "task")]
        key = {text: fold(text) for text in sorted({*actors, *tasks})}
        days = [-1.0] * len(table)
        if "planned_days" in table.columns:
            days = table["planned_days"].astype(float).fillna(-1.0).tolist()
        for core, task, actor, day in zip(table["proc_core"], tasks, actors, days, strict=True):
            if str(core) in place:
                chains[place[str(core)]].append((key[actor], key[task], day))
    return [tuple(chain) for chain in chains], [" ".join(step[1] for step in chain) for chain in chains]


def _set_likeness(one: frozenset[str], other: frozenset[str]) -> tuple[float, float]:
    if not one or not other:
        return float("nan"), float("nan")
    both = len(one & other)
    return both / len(one | other), both / min(len(one), len(other))


def _chains_equal(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(one) >= _LEAST_CHAIN and one == other


def _same_act(one: Title, other: Title) -> float:
    return float(one.act == other.act) if one.act and other.act else float("nan")


def _levels_differ(book: Catalogue, a: int, b: int) -> bool:
    one, other = book.levels[a], book.levels[b]
    return bool(one) and bool(other) and not one & other


def _feeds(book: Catalogue, a: int, b: int) -> bool:
    result = book.results[a]
    return len(result.split()) >= 3 and result != book.results[b] and result in book.papers[b]
