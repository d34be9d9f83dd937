"""Procedures that join others already (liên thông), and which steps of a journey each of them joins."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.frames import rows_of
from analysis.journey_links import Steps, results_of
from domain.text import normalise
from domain.wording import comparable

# "một cửa liên thông" is how a counter works, "đào tạo liên thông" is a kind of course: neither joins procedures.
_JOINS = re.compile(r"(?<!một cửa )(?<!đào tạo )(?<!tuyển sinh )(?<!trình độ )(?<!\w)liên thông(?!\w)")
_SAID_OF_OTHERS = re.compile(r"\([^()]*\)|(?<!\w)trừ trường hợp.*$")
_LEAD = re.compile(
    r"^.*?(?<!\w)liên thông(?:\s+(?:các|nhóm|điện tử|những|\d+))*(?:\s+thủ tục(?: hành chính)?)?\s*(?:về|gồm|:|-)?\s*"
)
_BETWEEN = re.compile(r"\s*(?:[,;:]|\s[-–]\s|(?<!\w)(?:và|với)(?!\w))\s*")
_LEAST_WORDS = 3  # "đăng ký" alone names nothing


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A joint procedure: the parts its title names, what it gives and what it asks for, all comparable."""

    core: str
    name: str
    parts: tuple[str, ...]
    results: frozenset[str]
    papers: frozenset[str]


def bundles_of(procedures: pd.DataFrame, papers: pd.DataFrame) -> list[Bundle]:
    """The procedures whose title joins at least two others, by code.

    Needs: `procedures`: proc_core, name, result_name; `papers`: proc_core, name
    """
    asked = papers_by_core(papers)
    found = []
    for row in rows_of(procedures.drop_duplicates("proc_core").sort_values("proc_core", kind="stable")):
        title = _SAID_OF_OTHERS.sub(" ", normalise(str(row.name)).lower())
        if not _JOINS.search(title):
            continue
        named = [comparable(part) for part in _BETWEEN.split(_LEAD.sub("", title))]
        parts = tuple(part for part in named if len(part.split()) >= _LEAST_WORDS)
        if len(parts) > 1:
            papers_of_it = frozenset(map(comparable, asked.get(str(row.proc_core), ())))
            results = frozenset(results_of(row.result_name))
            core, name = str(row.proc_core), str(row.name)
            found.append(Bundle(core=core, name=name, parts=parts, results=results, papers=papers_of_it))
    return found


def papers_by_core(papers: pd.DataFrame) -> dict[str, list[str]]:
    """The names of the papers each procedure asks for."""
    told = papers.loc[papers["name"].notna()]
    return {str(core): sorted(set(names)) for core, names in told.groupby("proc_core", sort=True)["name"]}


def joined_by(bundle: Bundle, chain: Sequence[str], steps: Steps, asked: Mapping[str, Sequence[str]]) -> int:
    """How many of the steps in `chain` the joint procedure does, each as another of its parts.

    A step is one of its parts by title; failing that by content, when both give one result and ask for one paper.
    """
    marks = [_marks(bundle, step, steps, asked) for step in chain]
    taken: dict[str, int] = {}

    def place(i: int, tried: set[str]) -> bool:
        for mark in marks[i]:
            if mark not in tried:
                tried.add(mark)
                if mark not in taken or place(taken[mark], tried):
                    taken[mark] = i
                    return True
        return False

    return sum(place(i, set()) for i in range(len(chain)))


def part_of(bundle: Bundle, part: str, steps: Steps) -> str:
    """The procedure that is this part of the joint one by its title, the plainest title first; "" when none is."""
    titles = {core: comparable(name) for core, name in steps.names.items() if core != bundle.core}
    fitting = [core for core, title in titles.items() if _begins(title, part)]
    return min(fitting, key=lambda core: (len(titles[core]), core), default="")


def _marks(bundle: Bundle, step: str, steps: Steps, asked: Mapping[str, Sequence[str]]) -> list[str]:
    title = comparable(steps.names[step])
    by_title = [part for part in bundle.parts if _begins(title, part) or _begins(part, title)]
    if by_title:
        return by_title
    shared = sorted(bundle.results & set(steps.results.get(step, {})))
    if shared and bundle.papers.intersection(map(comparable, asked.get(step, ()))):
        return shared
    return []


def _begins(text: str, head: str) -> bool:
    return text == head or text.startswith(head + " ")
