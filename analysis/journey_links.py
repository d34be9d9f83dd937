"""From one procedure to the next: its result is asked for there, or the same people go there soon after."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analysis.frames import check_columns, rows_of
from analysis.shares import wilson
from analysis.thresholds import Thresholds
from analysis.titles import parsed_title
from domain.text import expand_abbreviations
from domain.wording import comparable

# Acts on what somebody has had for years: their papers tell a life, not a journey.
_LATER_ACTS = frozenset({"AGAIN", "CHANGE", "EXTEND", "END", "COPY", "COMPLAINT", "DENOUNCE"})
# Nor does anything begin with a copy, a change or a paper given once more.
_NO_BEGINNING = frozenset({"AGAIN", "COPY", "CHANGE", "EXTEND"})
# A card is told apart by its name alone, a decision or a letter by what it is about. What the applicant or a bank
# writes is no result to wait for.
_NAMED_IN = {"giấy|thẻ|sổ|chứng chỉ|bằng|trích lục|phiếu|hộ chiếu|mã số|xác nhận": 3, "quyết định": 5}
_NAMED_IN |= {"văn bản|công văn|thông báo|báo cáo|biên bản": 6}
_LEAST = [(re.compile(rf"^(?:{heads})(?!\w)"), words) for heads, words in _NAMED_IN.items()]
_LEAST_WORDS = min(_NAMED_IN.values())
_NO_RESULT = re.compile(
    r"^giấy (?:ủy quyền|đề nghị|nộp tiền|rút (?:vốn|dự toán)|giới thiệu)(?!\w)|(?<!\w)từ chối(?!\w)"
)
_FORM_TAIL = re.compile(r"\s*\(?(?:theo )?(?:biểu )?mẫu (?:số )?\d.*$", re.IGNORECASE | re.DOTALL)
_ABROAD = re.compile(
    r"nước ngoài cấp|(?:của|do) (?:cơ quan[^,;]* )?(?:của )?nước (?:xuất|ngoài|có|sở tại|sản xuất)"
    r"|tại nước (?:xuất|sản xuất)"
)
# A name ends here, and what follows says whose, since when or in which shape.
_AFTER_NAME = {
    "của",
    "do",
    "đã",
    "được",
    "còn",
    "đang",
    "có",
    "theo",
    "trong",
    "nếu",
    "đối",
    "trừ",
    "với",
    "kèm",
    "tại",
}
_AFTER_NAME |= {"để", "bị", "hợp", "cũ", "gốc", "hoặc", "và", "thì", "là", "không", "kiêm"}
_INSTEAD = re.compile(r"(?<!\w)(?:trừ|không (?:phải|yêu cầu|cần)(?: nộp| xuất trình)?|thay (?:cho|thế))(?!\w)[^.;)]*")
_ALTERNATIVE = re.compile(
    r"[,;:/+()\[\]•*“”\"]|(?<!\w)(?:hoặc|và|là|gồm|như|kèm theo|kèm|nộp|xuất trình"
    r"|bản (?:sao|chính|chụp|gốc|photo|scan))(?!\w)"
)
_MAY_BE_OTHER = re.compile(r"(?<!\w)(?:hoặc|một trong|trường hợp|nếu)(?!\w)")
_SHORT_NAME = re.compile(r"\([A-ZĐ&-]{2,8}\)")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, kw_only=True)
class Link:
    """From a step of a journey to the next; `result` and `paper` as written, "" when only people tell of it."""

    before: str
    after: str
    result: str = ""
    result_key: str = ""  # the result, comparable
    paper: str = ""
    cases: int = 0
    followed: int = 0
    share: float = float("nan")
    low: float = float("nan")
    by_people: bool = False
    askers: int = 0  # how many procedures ask for the paper
    is_needed: bool = True  # the paper is this result, in every case, and no other may be handed in for it

    @property
    def kind(self) -> str:
        """RESULT, PERSON or BOTH."""
        return "RESULT" if not self.by_people else "BOTH" if self.result else "PERSON"

    @property
    def strength(self) -> tuple[object, ...]:
        """Sorts the surest first: what people do, then results that few others ask for."""
        share = -self.low if self.by_people else 0.0
        return (not self.by_people, not self.result, share, not self.is_needed, self.askers, self.before, self.after)


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The procedures as steps: twins of one title are one step, named by the first of their codes."""

    names: Mapping[str, str]
    step_of: Mapping[str, str]
    acts: Mapping[str, str]
    results: Mapping[str, Mapping[str, str]]  # step -> comparable result -> as written


def steps_of(procedures: pd.DataFrame, *, bundles: Iterable[str]) -> Steps:
    """The steps journeys are made of, without the procedures that join others already.

    Needs: proc_core, name, result_name
    """
    left_out = set(bundles)
    table = procedures.drop_duplicates("proc_core").sort_values("proc_core", kind="stable")
    names: dict[str, str] = {}
    step_of: dict[str, str] = {}
    first: dict[str, str] = {}
    results: dict[str, dict[str, str]] = {}
    for row in rows_of(table[["proc_core", "name", "result_name"]]):
        core, name = str(row.proc_core), str(row.name)
        if core in left_out:
            continue
        step = step_of[core] = first.setdefault(comparable(name) or core, core)
        names.setdefault(step, name)
        for key, text in results_of(row.result_name).items():
            results.setdefault(step, {}).setdefault(key, text)
    acts = {step: parsed_title(name).act for step, name in names.items()}
    return Steps(names=names, step_of=step_of, acts=acts, results=results)


def results_of(text: object) -> dict[str, str]:
    """The results a procedure gives, comparable -> as written, only those whose name tells them from others."""
    if text is None or pd.isna(text):  # type: ignore[call-overload]
        return {}
    told = str(text)
    parts = json.loads(told) if told.startswith("[") else re.split(r"[;\n]", told)
    found: dict[str, str] = {}
    for part in parts:
        key = comparable(_SHORT_NAME.sub(" ", str(part)))
        least = next((words for head, words in _LEAST if head.search(key)), None)
        if least and len(key.split()) >= least and not _NO_RESULT.search(key):
            found.setdefault(key, _FORM_TAIL.sub("", str(part)).strip(" .-–+"))
    return found


def result_links(steps: Steps, papers: pd.DataFrame, *, thresholds: Thresholds) -> list[Link]:
    """The links by which the result of one step is a paper of another.

    Needs: `papers`: proc_core, name
    A result asked for by over `journey_paper_share` of the procedures, or given by over `journey_givers`, links
    nothing. Of several that give it the plainest is the step before: a new grant with the shortest title.
    """
    check_columns(papers, ["proc_core", "name"], where="result_links")
    givers: dict[str, list[str]] = {}
    for step in sorted(steps.results):
        for key in steps.results[step]:
            givers.setdefault(key, []).append(step)
    askers = _askers(steps, papers, givers)
    most = max(float(thresholds.journey_askers), thresholds.journey_paper_share * len(steps.step_of))
    links: dict[tuple[str, str], Link] = {}
    for key in sorted(askers):
        found = askers[key]
        if len(found) > most or len(givers[key]) > thresholds.journey_givers:
            continue
        before = min(givers[key], key=lambda step: _plainness(steps, step))
        if steps.acts[before] in _NO_BEGINNING:
            continue
        for after, paper in sorted(found.items()):
            if after in givers[key] or steps.acts[after] in _LATER_ACTS or _renews(steps, after, key):
                continue
            new = Link(before=before, after=after, result=steps.results[before][key], result_key=key, paper=paper)
            new = replace(new, askers=len(found), is_needed=_is_needed(paper, key))
            links[before, after] = min(links.get((before, after), new), new, key=lambda link: link.strength)
    return sorted(links.values(), key=lambda link: link.strength)


def people_links(steps: Steps, follows: pd.DataFrame, *, thresholds: Thresholds) -> tuple[list[Link], dict[str, int]]:
    """The links that people make, and the cases of every step that is followed by anything at all.

    Needs: `follows`: proc_core, next_proc_core, cases, followed, people
    A link needs `minimum_cases`, the lower end of its share over `journey_share`, and more different people than
    `minimum_group`.
    """
    if follows.empty:
        return [], {}
    check_columns(follows, ["proc_core", "next_proc_core", "cases", "followed", "people"], where="people_links")
    counted = follows.assign(
        before=[steps.step_of.get(str(core), "") for core in follows["proc_core"]],
        after=[steps.step_of.get(str(core), "") for core in follows["next_proc_core"]],
    )
    counted = counted.loc[counted["before"].ne("")]
    cases = counted.drop_duplicates("proc_core").groupby("before")["cases"].sum()  # all twins that are followed
    others = counted["after"].ne("") & counted["before"].ne(counted["after"])
    sums = counted.loc[others].groupby(["before", "after"], sort=True)[["followed", "people"]].sum()
    links = []
    for row in rows_of(sums.reset_index()):
        size = int(cases[row.before])
        found = min(int(row.followed), size)  # who went to two twins is counted at each
        low = float(wilson(found, size, thresholds.confidence)[0])
        enough = size >= thresholds.minimum_cases and row.people > thresholds.minimum_group
        if enough and low > thresholds.journey_share:
            link = Link(before=row.before, after=row.after, cases=size, followed=found, low=low, by_people=True)
            links.append(replace(link, share=found / size))
    return sorted(links, key=lambda link: link.strength), {str(step): int(n) for step, n in cases.items()}


def joined_links(by_result: Sequence[Link], by_people: Sequence[Link], steps: Steps) -> list[Link]:
    """Both kinds as one list, surest first, without two-way links and circles: the surer link stays.

    Where people come from another giver of the same result, that is the step before.
    """
    walked = {(link.before, link.after): link for link in by_people}
    given = {(link.before, link.after): link for link in by_result}
    from_of: dict[str, list[str]] = {}
    for before, after in sorted(walked):
        from_of.setdefault(after, []).append(before)
    for link in by_result:
        key = link.result_key
        others = [step for step in from_of.get(link.after, ()) if key in steps.results.get(step, {})]
        if others and (link.before, link.after) not in walked:
            del given[link.before, link.after]
        for step in others:
            given[step, link.after] = replace(link, before=step, result=steps.results[step][key])
    merged = []
    for pair in sorted(walked.keys() | given.keys()):
        link = walked.get(pair) or given[pair]
        told = given.get(pair, link)
        merged.append(
            replace(link, result=told.result, paper=told.paper, askers=told.askers, is_needed=told.is_needed)
        )
    return _without_circles(sorted(merged, key=lambda link: link.strength))


def _askers(steps: Steps, papers: pd.DataFrame, givers: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """Result -> the steps that ask for it, with the paper as written."""
    heads: dict[tuple[str, ...], list[str]] = {}
    for key in givers:
        heads.setdefault(tuple(key.split()[:_LEAST_WORDS]), []).append(key)
    found: dict[str, dict[str, str]] = {}
    named: dict[str, set[str]] = {}
    told = papers.loc[papers["name"].notna(), ["proc_core", "name"]]
    for row in rows_of(told.sort_values(["proc_core", "name"], kind="stable")):
        step = steps.step_of.get(str(row.proc_core))
        if step is None:
            continue
        if row.name not in named:
            named[row.name] = _named_in(row.name, heads)
        for key in named[row.name]:
            found.setdefault(key, {}).setdefault(step, row.name)
    return found


def _named_in(paper: str, heads: Mapping[tuple[str, ...], Sequence[str]]) -> set[str]:
    """The results that a paper's name asks for: each alternative begins with the result and says no other thing."""
    found: set[str] = set()
    text = _SHORT_NAME.sub(" ", expand_abbreviations(paper.replace("\n", "; "))).lower()
    for part in _ALTERNATIVE.split(_INSTEAD.sub(" ", text)):
        words = _WORD.findall(part)
        starts = zip(*(words[i:] for i in range(_LEAST_WORDS)), strict=False)
        if _ABROAD.search(part) or not any(start in heads for start in starts):
            continue
        name = comparable(part).split()
        for key in heads.get(tuple(name[:_LEAST_WORDS]), ()):
            size = len(key.split())
            if name[:size] == key.split() and (len(name) == size or name[size] in _AFTER_NAME):
                found.add(key)
    return found


def _is_needed(paper: str, key: str) -> bool:
    name = comparable(paper)
    return name.startswith(key) and not _MAY_BE_OTHER.search(name) and "nếu có" not in paper.lower()


def _plainness(steps: Steps, step: str) -> tuple[bool, int, str]:
    return steps.acts[step] != "NEW", len(comparable(steps.names[step])), step


def _renews(steps: Steps, step: str, key: str) -> bool:
    """Whether a step gives back a paper of the same name as the one it asks for, longer or shorter."""
    return any(own.startswith(key) or key.startswith(own) for own in steps.results.get(step, {}))


def _without_circles(links: Sequence[Link]) -> list[Link]:
    onward: dict[str, set[str]] = {}
    kept = []
    for link in links:
        reached, left = set(), [link.after]
        while left:
            step = left.pop()
            if step not in reached:
                reached.add(step)
                left.extend(onward.get(step, ()))
        if link.before not in reached:
            kept.append(link)
            onward.setdefault(link.before, set()).add(link.after)
    return kept
