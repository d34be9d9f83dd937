"""What two procedures have in common, feature by feature; the features a pair is typed and scored by."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.pairs import Catalogue, least_chain
from analysis.titles import Title, are_opposite

# Each with its column and what a reviewer reads beside it.
FEATURE_VI = {
    "title": "Tên thủ tục giống nhau",
    "same_name": "Tên gần như trùng khớp",
    "object": "Đối tượng của thủ tục giống nhau",
    "papers": "Thành phần hồ sơ chung",
    "paper_count_ratio": "Số lượng giấy tờ gần bằng nhau",
    "steps": "Trình tự thực hiện giống nhau",
    "result": "Kết quả giống nhau",
    "law": "Căn cứ pháp lý chung",
    "subject": "Đối tượng thực hiện chung",
    "agency": "Cơ quan thực hiện chung",
    "conditions": "Yêu cầu, điều kiện giống nhau",
    "same_limit": "Thời hạn giải quyết bằng nhau",
    "same_act": "Cùng loại việc (cấp mới, cấp lại, gia hạn…)",
    "other_act_papers": "Khác loại việc nhưng chung giấy tờ",
    "opposite": "Việc ngược nhau (cấp – thu hồi, đăng ký – xóa…)",
    "later_stage": "Khác lần giải quyết (lần đầu – lần hai)",
    "level_differs": "Khác cấp giải quyết",
}
FEATURES = list(FEATURE_VI)
ASIDE = ["papers_within", "paper_count", "chain_equal", "same_field", "feeds"]  # shown or used by rules, not scored
_SAME_NAME = 0.85  # title cosine from which a title begins to count as the same title; 1 at full likeness
_SAME_OBJECT = 0.4  # object cosine below which two titles with contrary words speak of different things
_OTHER_ACT_PAPERS = 0.3  # stands for "papers not told" where another act is weighed by its papers
_ORDINAL = re.compile(r"lần (đầu|thứ nhất|hai|thứ hai|ba)")


def pair_features(book: Catalogue, pairs: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """What two procedures have in common, for the pairs of positions asked for.

    Gives: a, b (positions, a < b), FEATURES and ASIDE. Shares and cosines are 0..1, facts are 0 or 1; NaN where a
    side says nothing, which then counts neither for nor against. `papers`, `law`, `subject`, `agency` are the shared
    part of both sets (Jaccard); papers_within is the share of the smaller paper set inside the other, paper_count
    its size; chain_equal: one chain of steps, offices and days; feeds: a result of one is a paper of the other.
    """
    order = sorted({(min(pair), max(pair)) for pair in pairs})
    left = np.array([a for a, _ in order], dtype=int)
    right = np.array([b for _, b in order], dtype=int)
    table = pd.DataFrame({"a": left, "b": right})
    for name in ("title", "object", "steps", "result", "conditions"):
        table[name] = _cosines(book.words[name], left, right)
    table["same_name"] = ((table["title"] - _SAME_NAME) / (1 - _SAME_NAME)).clip(0.0, 1.0)
    likeness = [_set_likeness(book.papers[a], book.papers[b]) for a, b in order]
    table["papers"] = [each[0] for each in likeness]
    table["papers_within"] = [each[1] for each in likeness]
    table["paper_count"] = [min(len(book.papers[a]), len(book.papers[b])) for a, b in order]
    table["paper_count_ratio"] = [_ratio(len(book.papers[a]), len(book.papers[b])) for a, b in order]
    for name, sets in (("law", book.laws), ("subject", book.subjects), ("agency", book.agencies)):
        table[name] = [_set_likeness(sets[a], sets[b])[0] for a, b in order]
    table["same_limit"] = [_equal(book.limits[a], book.limits[b]) for a, b in order]
    titles = book.titles
    table["same_act"] = [_same_act(titles[a], titles[b]) for a, b in order]
    table["other_act_papers"] = table["same_act"].eq(0.0) * table["papers"].fillna(_OTHER_ACT_PAPERS)
    contrary = pd.Series([are_opposite(titles[a], titles[b]) for a, b in order], dtype=bool)
    table["opposite"] = (contrary & (table["object"].fillna(0.0) >= _SAME_OBJECT)).astype(float)
    ordinals = [frozenset(_ORDINAL.findall(title.core)) for title in titles]
    table["later_stage"] = [float(_differ(ordinals[a], ordinals[b])) for a, b in order]
    table["level_differs"] = [float(_levels_differ(book, a, b)) for a, b in order]
    table["chain_equal"] = [least_chain(book.chains[a]) and book.chains[a] == book.chains[b] for a, b in order]
    table["same_field"] = [book.fields[a] == book.fields[b] for a, b in order]
    table["feeds"] = [_feeds(book, a, b) or _feeds(book, b, a) for a, b in order]
    return table[["a", "b", *FEATURES, *ASIDE]]


def _cosines(rows: Any, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    if rows is None or not len(left):
        return np.full(len(left), np.nan)
    cosine = np.asarray(rows[left].multiply(rows[right]).sum(axis=1)).ravel()
    empty = np.diff(rows.indptr) == 0
    return np.where(empty[left] | empty[right], np.nan, np.minimum(cosine, 1.0))


def _set_likeness(one: frozenset[str], other: frozenset[str]) -> tuple[float, float]:
    if not one or not other:
        return float("nan"), float("nan")
    both = len(one & other)
    return both / len(one | other), both / min(len(one), len(other))


def _same_act(one: Title, other: Title) -> float:
    return float(one.act == other.act) if one.act and other.act else float("nan")


def _levels_differ(book: Catalogue, a: int, b: int) -> bool:
    one, other = book.levels[a], book.levels[b]
    return bool(one) and bool(other) and not one & other


def _feeds(book: Catalogue, a: int, b: int) -> bool:
    result = book.results[a]
    return len(result.split()) >= 3 and result != book.results[b] and result in book.papers[b]


def _ratio(one: int, other: int) -> float:
    return min(one, other) / max(one, other) if one or other else float("nan")


def _equal(one: float, other: float) -> float:
    return float("nan") if np.isnan(one) or np.isnan(other) else float(one == other)


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) and bool(other) and one != other
