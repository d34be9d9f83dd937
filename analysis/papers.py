"""Papers (thành phần hồ sơ): what is a paper and what only an instruction, and which two names are one paper."""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.frames import check_columns
from analysis.groups import connected_groups
from analysis.thresholds import Thresholds
from domain.text import expand_abbreviations, fold, normalise

_LIST_MARK = re.compile(r"^\s*(?:[-+*•●–]+|\(?[a-zđ0-9]{1,3}(?:\.\d+)*[.)/]|[ivx]{1,4}\.)\s*", re.IGNORECASE)
_TAIL = re.compile(
    r"\(.*?\)|\(.*$|(?:;|,|:|-)?\s*\d{1,2}\s*(?:bản|bộ|tờ|ảnh)\b.*$"
    r"|\s*(?:theo|thực hiện theo) (?:mẫu|quy định|hướng dẫn)\b.*$"
    r"|\bban hành kèm theo\b.*$|\btheo quy định tại\b.*$|[;:.]\s*$"
)
_INSTRUCTION = re.compile(
    r"^(?:\**\s*)(?:lưu ý|ghi chú|chú ý|trường hợp|đối với"
    r"|hồ sơ (?:gồm|bao gồm|đề nghị gồm)|thành phần hồ sơ|số lượng"
    r"|ngoài (?:ra|các|hồ sơ)|người (?:nộp|đề nghị|yêu cầu|dân)[^:]* (?:phải|cần|nộp|xuất trình)"
    r"|khi (?:nộp|đến|thực hiện)|yêu cầu đối với"
    r"|(?:bản sao|các) (?:giấy tờ|loại giấy tờ|văn bản)? ?(?:nêu trên|quy định tại)"
    r"|không (?:yêu cầu|quy định|có|cần)|nộp (?:trực tiếp|hồ sơ|qua)|cách thức|thời hạn"
    r"|giấy tờ (?:phải|phai) (?:nộp|xuất trình))\b"
)
_LONGEST_NAME = 60  # words: a longer "paper" is a paragraph of law
_LONGEST_LETTERS = 500  # enough for sixty words; what is longer is told apart by its beginning
_BLOCK = 2048  # rows of the likeness matrix held at once

COMMON_IDENTITY = re.compile(
    r"can cuoc|chung minh nhan dan|cmnd|cccd|ho chieu|so ho khau|giay khai sinh|dinh danh ca nhan"
)


def paper_key(name: str) -> str:
    """The name of a paper without list marks, copies, brackets and form references, accents off: a join key.

    Gives "" when nothing is left.
    """
    text = expand_abbreviations(name[:_LONGEST_LETTERS])
    text = _LIST_MARK.sub("", _LIST_MARK.sub("", text))
    for _ in range(2):
        text = _TAIL.sub("", text)
    return fold(text).strip()


@lru_cache(maxsize=65_536)  # catalogues name the same papers over and over
def is_paper(name: str) -> bool:
    """False for the notes and instructions that catalogues keep among the papers."""
    if len(name.split()) > _LONGEST_NAME + 2:
        return False
    text = _LIST_MARK.sub("", normalise(name)).lower()
    if not text or len(text.split()) > _LONGEST_NAME:
        return False
    if text.startswith("trường hợp") and ":" in text[:-1]:
        return bool(text.split(":", 1)[1].strip())
    return _INSTRUCTION.search(text) is None


def papers_of_procedures(papers: pd.DataFrame, *, same_share: float) -> pd.DataFrame:
    """Which paper type each procedure asks for, one row a procedure and type.

    Needs: proc_core, name
    Gives: proc_core, paper_type (the shortest key among the names taken for one paper), name (as first written).
    Instructions are left out. Two names are one paper when the cosine of their words is at least `same_share`.
    """
    check_columns(papers, ["proc_core", "name"], where="papers_of_procedures")
    rows = papers.loc[papers["name"].notna(), ["proc_core", "name"]].copy()
    known = {name: paper_key(name) if is_paper(name) else "" for name in sorted(set(rows["name"]))}
    rows["key"] = rows["name"].map(known)
    rows = rows.loc[rows["key"].ne("")].sort_values(["key", "proc_core", "name"], kind="stable")
    keys = sorted(set(rows["key"]))
    types = dict(zip(keys, _types(keys, same_share), strict=True))
    rows["paper_type"] = [types[key] for key in rows["key"]]
    first = rows.drop_duplicates(["proc_core", "paper_type"]).sort_values(["proc_core", "paper_type"], kind="stable")
    return first[["proc_core", "paper_type", "name"]].reset_index(drop=True)


def _types(keys: Sequence[str], same_share: float) -> list[str]:
    if len(keys) < 2:
        return list(keys)
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(token_pattern=r"[^\W_]+", sublinear_tf=True, dtype=np.float64).fit_transform(keys)
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(keys), _BLOCK):
        block = (words[start : start + _BLOCK] @ words.T).tocoo()
        near = (block.data >= same_share) & (block.row + start < block.col)
        pairs.extend(zip((block.row[near] + start).tolist(), block.col[near].tolist(), strict=True))
    names = [""] * len(keys)
    for group in connected_groups(len(keys), pairs):
        shortest = min((keys[i] for i in group), key=lambda key: (len(key), key))
        for i in group:
            names[i] = shortest
    return names


def papers_most_asked(usage: pd.DataFrame, *, thresholds: Thresholds) -> pd.DataFrame:
    """The papers most procedures ask for, with how many dossiers brought them in the year.

    Needs: paper_key (or key), name, procedures, dossiers (the model paper_usage)
    Gives: paper_key, name, procedures, dossiers, is_identity (an identity or residence paper, which the
      national population database holds), is_often (asked by at least `paper_procedures`), most dossiers first
    """
    table = usage.rename(columns={"key": "paper_key", "paper": "paper_key", "name_key": "paper_key"})
    check_columns(table, ["paper_key", "name", "procedures", "dossiers"], where="papers_most_asked")
    table = table.loc[[is_paper(str(name)) for name in table["name"]]].copy()
    table["is_identity"] = [COMMON_IDENTITY.search(str(key)) is not None for key in table["paper_key"]]
    table["is_often"] = (table["procedures"] >= thresholds.paper_procedures) & (table["dossiers"] > 0)
    table = table.sort_values(["dossiers", "procedures", "paper_key"], ascending=[False, False, True], kind="stable")
    return table[["paper_key", "name", "procedures", "dossiers", "is_identity", "is_often"]].reset_index(drop=True)
