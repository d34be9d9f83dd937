"""Papers (thành phần hồ sơ): what is a paper and what only an instruction, and which two names are one paper."""

import json
import re
from collections import Counter
from functools import lru_cache

import pandas as pd

from analysis.frames import check_columns
from analysis.likeness import near_pairs, unit_rows
from analysis.paper_kinds import KIND_VI, is_bare_form, kind_of, known_paper
from analysis.thresholds import Thresholds
from domain.text import normalise
from domain.wording import comparable

TYPES = [
    "paper_type", "name", "kind", "kind_vi", "issuer", "is_held", "held_in", "source", "mentions",
    "procedures", "names",
]  # fmt: skip

_LIST_MARK = re.compile(r"^\s*(?:[-+*•●–]+|\(?[a-zđ0-9]{1,3}(?:\.\d+)*[.)/]|[ivx]{1,4}\.)\s*", re.IGNORECASE)
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
# A name goes on to say whose case the paper is for, or what must be in it: that makes another wording only.
_CASE = re.compile(
    r" (?:đối với|(?:trong )?trường hợp|để chứng minh|được lập|có nội dung|gồm các|theo quy định|theo mẫu)(?: |$)"
)
# Two names that differ in one of these words are two papers, however alike the rest: entry and exit, new and again.
_TELLING = frozenset(
    {
        "nhập",
        "xuất",
        "lại",
        "mới",
        "hạn",
        "điều",
        "chỉnh",
        "thu",
        "hồi",
        "chia",
        "tách",
        "sáp",
        "trong",
        "ngoài",
        "không",
    }
    | {
        "tạm",
        "trước",
        "sau",
        "nam",
        "nữ",
        "cha",
        "mẹ",
        "vợ",
        "chồng",
        "bán",
        "mua",
        "đổi",
        "hủy",
        "xóa",
        "chấm",
        "dứt",
    }
    | {"thuê", "đầu", "cuối"}
)
_NAMES_SHOWN = 10
_BRACKETS = re.compile(r"\s*\([^()]*\)|\s*\(.*$")
_COPY_OF = re.compile(
    r"^(?:\d+ *)?(?:bản (?:sao|chính|chụp|gốc|điện tử)(?: (?:hoặc|và|có chứng thực|điện tử))* ?)+", re.IGNORECASE
)
_WITH_FORM = re.compile(r"[\s,]+(?:theo|mẫu|mau)\b.*$", re.IGNORECASE)


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


def paper_key(name: str) -> str:
    """The comparable name of a paper, without the case it is for: what is counted as one wording. "" for nothing."""
    head = name[:_LONGEST_LETTERS].split("(", 1)[0]
    key = comparable(head if len(head.split()) > 1 else name[:_LONGEST_LETTERS])
    short = _CASE.split(key, maxsplit=1)[0]
    return short if len(short.split()) > 1 else key


def typed_papers(papers: pd.DataFrame, *, same_share: float) -> pd.DataFrame:
    """Every paper mentioned, with the type of paper it is, one row a procedure and wording.

    Needs: proc_core, name; papers that are typed already are given back as they are
    Gives: proc_core, name, key (the comparable wording), paper_type. Instructions are left out. A paper the state
    issues has its own name as type; a form named by nothing but "application" is its procedure's own; other
    wordings are one type when the cosine of their words is at least `same_share` and no telling word sets them apart.
    """
    check_columns(papers, ["proc_core", "name"], where="typed_papers")
    if "paper_type" in papers.columns:
        return papers
    rows = papers.loc[papers["name"].notna(), ["proc_core", "name"]].drop_duplicates()
    known = {name: paper_key(name) if is_paper(name) else "" for name in sorted(set(rows["name"]))}
    rows = rows.assign(key=rows["name"].map(known))
    rows = rows.loc[rows["key"].ne("")].sort_values(["key", "proc_core", "name"], kind="stable")
    types = _types(rows.groupby("key", sort=True)["proc_core"].nunique(), same_share)
    own = {key for key in types if is_bare_form(key)}
    kinds = [types[key] for key in rows["key"]]
    rows["paper_type"] = [
        f"{key} ({core})" if key in own else kind
        for key, kind, core in zip(rows["key"], kinds, rows["proc_core"], strict=True)
    ]
    return rows[["proc_core", "name", "key", "paper_type"]].reset_index(drop=True)


def papers_of_procedures(papers: pd.DataFrame, *, same_share: float) -> pd.DataFrame:
    """Which paper type each procedure asks for, one row a procedure and type.

    Needs: proc_core, name
    Gives: proc_core, paper_type (see `typed_papers`), name (as first written)
    """
    rows = typed_papers(papers, same_share=same_share)
    first = rows.drop_duplicates(["proc_core", "paper_type"]).sort_values(["proc_core", "paper_type"], kind="stable")
    return first[["proc_core", "paper_type", "name"]].reset_index(drop=True)


def paper_catalogue(papers: pd.DataFrame, *, thresholds: Thresholds) -> pd.DataFrame:
    """The paper types of a catalogue: what each is, who issues it, whether the state holds its data already.

    Needs: proc_core, name
    Gives: paper_type, name (to be shown), kind and kind_vi, issuer ("" when not known), is_held (True when a register
      of the state holds it, None when not known: never guessed), held_in (that register), source (the law),
      mentions, procedures (how many ask for it), names (JSON: its wordings, most used first, ten at most)
    Most procedures first.
    """
    rows = typed_papers(papers, same_share=thresholds.paper_share)
    table = []
    for kind, mentions in rows.groupby("paper_type", sort=True):
        counts = Counter(str(name) for name in mentions["name"])
        names = sorted(counts, key=lambda name: (-counts[name], name))
        keys = set(mentions["key"])
        first = str(kind) if kind in keys else min(keys)
        paper = known_paper(first)
        table.append(
            {
                "paper_type": kind,
                "name": paper.name if paper else _shown(mentions.loc[mentions["key"].eq(first), "name"]),
                "kind": paper.kind if paper else kind_of(first),
                "issuer": paper.issuer if paper else "",
                "is_held": True if paper and paper.held_in else None,
                "held_in": paper.held_in if paper else "",
                "source": paper.source if paper else "",
                "mentions": len(mentions),
                "procedures": mentions["proc_core"].nunique(),
                "names": json.dumps(names[:_NAMES_SHOWN], ensure_ascii=False),
            }
        )
    found = pd.DataFrame(table, columns=[column for column in TYPES if column != "kind_vi"])
    found.insert(3, "kind_vi", found["kind"].map(KIND_VI))
    found = found.sort_values(["procedures", "mentions", "paper_type"], ascending=[False, False, True], kind="stable")
    return found[TYPES].reset_index(drop=True)


def asked_twice(journeys: pd.DataFrame, holders: pd.DataFrame) -> pd.DataFrame:
    """The papers that one person hands in more than once within a journey.

    Needs: `journeys`: journey_id, proc_cores (JSON); `holders`: proc_core, paper_type, name
    Gives: journey_id, paper_type, name, times, proc_cores (JSON: who asks, in the journey's order)
    """
    check_columns(journeys, ["journey_id", "proc_cores"], where="asked_twice")
    asked: dict[str, dict[str, str]] = {}
    for core, kind, name in holders[["proc_core", "paper_type", "name"]].itertuples(index=False, name=None):
        asked.setdefault(str(core), {})[str(kind)] = str(name)
    found = []
    for journey, text in zip(journeys["journey_id"], journeys["proc_cores"], strict=True):
        cores = [core for core in json.loads(text) if core in asked]
        for kind in sorted({kind for core in cores for kind in asked[core]}):
            who = [core for core in cores if kind in asked[core]]
            if len(who) > 1:
                told = json.dumps(who, ensure_ascii=False)
                found.append((journey, kind, asked[who[0]][kind], len(who), told))
    return pd.DataFrame(found, columns=["journey_id", "paper_type", "name", "times", "proc_cores"])


def papers_most_asked(
    types: pd.DataFrame, holders: pd.DataFrame, usage: pd.DataFrame, *, thresholds: Thresholds
) -> pd.DataFrame:
    """The paper types with how many dossiers brought them in, most dossiers first, then most procedures.

    Needs: `types` as `paper_catalogue` gives; `holders`: proc_core, paper_type; `usage`: proc_core, dossiers (may be
      empty: then nothing is known of dossiers and `dossiers` is 0)
    Gives: the columns of `types`, dossiers, is_often (asked by at least `paper_procedures` that had dossiers)
    """
    check_columns(types, TYPES, where="papers_most_asked")
    brought = holders.merge(usage[["proc_core", "dossiers"]], on="proc_core", how="left")
    brought["dossiers"] = brought["dossiers"].fillna(0).astype(int)
    table = types.merge(
        brought.groupby("paper_type", sort=True)["dossiers"].sum().reset_index(), on="paper_type", how="left"
    )
    table["dossiers"] = table["dossiers"].fillna(0).astype(int)
    table["is_often"] = (table["procedures"] >= thresholds.paper_procedures) & (table["dossiers"] > 0)
    order = ["dossiers", "procedures", "paper_type"]
    return table.sort_values(order, ascending=[False, False, True], kind="stable").reset_index(drop=True)


def _types(procedures: pd.Series, same_share: float) -> dict[str, str]:
    """Wording -> type. `procedures`: how many ask under each wording; the most used of like ones names them all."""
    known = {str(key): paper.name for key in procedures.index if (paper := known_paper(str(key)))}
    others = [str(key) for key in procedures.index if str(key) not in known]
    others = sorted(others, key=lambda key: (-int(procedures[key]), len(key), key))
    words = [frozenset(key.split()) for key in others]
    near: dict[int, list[tuple[float, int]]] = {}
    for left, right, cosine in zip(*near_pairs(unit_rows(others, letters=False, run=1), same_share), strict=True):
        near.setdefault(int(right), []).append((-float(cosine), int(left)))
    leader = list(range(len(others)))
    for i in range(len(others)):
        fitting = [(far, j) for far, j in near.get(i, ()) if leader[j] == j and not _told_apart(words[i], words[j])]
        if fitting:
            leader[i] = min(fitting)[1]
    return known | {key: others[leader[i]] for i, key in enumerate(others)}


def _told_apart(one: frozenset[str], other: frozenset[str]) -> bool:
    return any(word in _TELLING or word.isdigit() for word in one ^ other)


def _shown(names: pd.Series) -> str:
    """The wording to show: the shortest one, without the list mark, the kind of copy and what stands in brackets."""
    plain = min((_COPY_OF.sub("", _bare(str(name))) for name in names), key=lambda name: (len(name), name))
    plain = _WITH_FORM.sub("", plain).strip(" .;:,-") or plain
    return plain[:1].upper() + plain[1:]


def _bare(name: str) -> str:
    return _BRACKETS.sub(" ", _LIST_MARK.sub("", _LIST_MARK.sub("", normalise(name))))
