"""A catalogue taken apart to be compared, and every pair of its procedures worth a look, found exactly."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.frames import check_columns, texts, working_days
from analysis.likeness import near_pairs, unit_rows
from analysis.papers import papers_of_procedures
from analysis.thresholds import Thresholds
from analysis.titles import Title, parsed_title
from domain.text import fold
from domain.wording import comparable

_TASK_LETTERS = 1000  # a step is told in its first sentence; catalogues copy whole articles of law after it
_CONDITION_LETTERS = 3000  # enough to tell two conditions apart; some catalogues copy whole chapters of law
_LEAST_CHAIN = 3  # equal chains of one or two steps say nothing

Chain = tuple[tuple[str, str, float], ...]  # (who, task, planned days) in order, both texts as they are compared


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
    chains: list[Chain]
    tasks: list[tuple[str, ...]]
    papers: list[frozenset[str]]
    subjects: list[frozenset[str]]
    agencies: list[frozenset[str]]
    limits: list[float]
    words: dict[str, Any]  # sparse unit-row matrices by name


def catalogue(
    procedures: pd.DataFrame, papers: pd.DataFrame, steps: pd.DataFrame, *, thresholds: Thresholds
) -> Catalogue:
    """Take the catalogue in force apart.

    Needs: `procedures`: proc_core, name, and what is known of field_code, level, legal_basis (JSON list),
      result_name, target_groups, agencies (JSON lists), conditions, limit_quantity with limit_unit;
      `papers`: proc_core, name; `steps`: proc_core, step_no, task, with role or office_code and planned_days
    """
    check_columns(procedures, ["proc_core", "name"], where="catalogue")
    table = procedures.drop_duplicates("proc_core").sort_values("proc_core", kind="stable").reset_index(drop=True)
    cores = table["proc_core"].astype(str).tolist()
    place = {core: i for i, core in enumerate(cores)}
    titles = [parsed_title(str(name)) for name in table["name"]]
    results = [fold(text) for text in texts(table, "result_name")]
    chains, tasks = _chains(steps, place)
    said = [" ".join(step[1] for step in chain) for chain in chains]
    words = {
        "title": unit_rows([title.core for title in titles], letters=True),
        "object": unit_rows([title.object for title in titles], letters=False),
        "result": unit_rows(results, letters=False),
        "steps": unit_rows(said, letters=False),
        "conditions": unit_rows(
            [fold(text[:_CONDITION_LETTERS]) for text in texts(table, "conditions")], letters=False
        ),
    }
    own_levels = [frozenset(_listed(text)) for text in texts(table, "level")]
    return Catalogue(
        cores=cores,
        names=table["name"].astype(str).tolist(),
        titles=titles,
        fields=[fold(text) for text in texts(table, "field_code")],
        levels=[frozenset(t.levels) or own for t, own in zip(titles, own_levels, strict=True)],
        results=results,
        laws=[frozenset(_listed(text)) for text in texts(table, "legal_basis")],
        chains=chains,
        tasks=tasks,
        papers=_papers(papers, place, thresholds.paper_share),
        subjects=_sets(table, "target_groups"),
        agencies=_sets(table, "agencies"),
        limits=working_days(table).tolist(),
        words=words,
    )


def candidate_pairs(book: Catalogue, *, thresholds: Thresholds) -> list[tuple[int, int]]:
    """All pairs with like titles, like papers or one step chain. Exact: every pair is measured, none is sampled."""
    left, right, _ = near_pairs(book.words["title"], thresholds.title_candidate)
    found = set(zip(left.tolist(), right.tolist(), strict=True))
    found |= _near_sets(book.papers, thresholds.papers_candidate)
    chains: dict[Chain, list[int]] = {}
    for i, chain in enumerate(book.chains):
        if least_chain(chain):
            chains.setdefault(chain, []).append(i)
    for members in chains.values():
        found |= {(a, b) for k, a in enumerate(members) for b in members[k + 1 :]}
    return sorted(found)


def _listed(text: str) -> list[str]:
    if not text.startswith("["):
        return [text] if text else []
    return [str(each) for each in json.loads(text)]


def _sets(table: pd.DataFrame, column: str) -> list[frozenset[str]]:
    return [frozenset(map(comparable, _listed(text))) - {""} for text in texts(table, column)]


def least_chain(chain: tuple[Any, ...]) -> bool:
    """True when a chain is long enough for an equal one to say something."""
    return len(chain) >= _LEAST_CHAIN


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
    rows = held.multiply(1.0 / np.sqrt(np.maximum(sizes, 1.0))[:, None]).tocsr()
    left, right, cosine = near_pairs(rows, least)  # the shared part of two sets is never more than their cosine
    both = cosine * np.sqrt(sizes[left] * sizes[right])
    keep = both / (sizes[left] + sizes[right] - both) >= least - 1e-9
    return set(zip(left[keep].tolist(), right[keep].tolist(), strict=True))


def _papers(papers: pd.DataFrame, place: dict[str, int], same_share: float) -> list[frozenset[str]]:
    sets: list[set[str]] = [set() for _ in place]
    if not papers.empty:
        for core, kind, _ in papers_of_procedures(papers, same_share=same_share).itertuples(index=False, name=None):
            if str(core) in place:
                sets[place[str(core)]].add(kind)
    return [frozenset(each) for each in sets]


def _chains(steps: pd.DataFrame, place: dict[str, int]) -> tuple[list[Chain], list[tuple[str, ...]]]:
    """Each procedure's steps as they are compared, and the tasks as they are written."""
    chains: list[list[tuple[str, str, float]]] = [[] for _ in place]
    written: list[list[str]] = [[] for _ in place]
    if not steps.empty:
        table = steps.sort_values(["proc_core", "step_no"], kind="stable")
        who = next((name for name in ("role", "office_code", "agency") if name in table.columns), None)
        actors = texts(table, who) if who else [""] * len(table)
        tasks = [text[:_TASK_LETTERS] for text in texts(table, "task")]
        key = {text: fold(text) for text in sorted({*actors, *tasks})}
        days = [-1.0] * len(table)
        if "planned_days" in table.columns:
            days = table["planned_days"].astype(float).fillna(-1.0).tolist()
        for core, task, actor, day in zip(table["proc_core"], tasks, actors, days, strict=True):
            if str(core) in place:
                chains[place[str(core)]].append((key[actor], key[task], day))
                written[place[str(core)]].append(task)
    return [tuple(chain) for chain in chains], [tuple(tasks) for tasks in written]
