"""Cumbersome procedures (rườm rà): what a procedure asks, part by part, against its peers of one field and level."""

import json
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.frames import check_columns, listed, texts
from analysis.papers import is_paper
from analysis.thresholds import Thresholds
from domain.text import fold

PART_VI = {
    "papers": "Số giấy tờ phải nộp",
    "copies": "Số bản phải nộp",
    "steps": "Số bước thực hiện",
    "hand_overs": "Số lần chuyển giữa các bộ phận",
    "approvals": "Số lần trình, ký duyệt",
    "agencies": "Số cơ quan tham gia",
    "visits": "Số lần người dân phải đến",
    "forms": "Số mẫu đơn, tờ khai",
    "supplement_rate": "Tỷ lệ hồ sơ phải bổ sung",
    "cost": "Chi phí một lần thực hiện (đồng)",
}
COLUMNS = [
    "proc_core", "name", "field_code", "level", "peer_group", "peers", "score", "complexity_signal", "parts", "over",
    "is_cumbersome",
]  # fmt: skip
# Told by words of the task; a text that copies the law may name a word without the act, hence "signal".
_APPROVAL = re.compile(
    r"(?<!\w)(?:ky (?:duyet|ban hanh|giay|van ban|cap|quyet dinh)|phe duyet|trinh .{0,40}?ky|duyet)(?!\w)"
)
_VISIT = re.compile(
    r"(?<!\w)(?:nguoi|ca nhan|to chuc|cong dan|doanh nghiep|chu|ho gia dinh)\b.{0,60}?"
    r"(?:den |truc tiep |nop |nhan ket qua|bo sung|hoan thien|co mat)"
)
_VERIFY = re.compile(r"(?<!\w)(?:kiem tra|xac minh|tham dinh|tham tra|kiem dinh)(?!\w)")
_CONSULT = re.compile(r"(?<!\w)(?:lay y kien|gop y|phoi hop)(?!\w)")
_DIALOGUE = re.compile(r"(?<!\w)(?:giai trinh|doi thoai|lam viec voi|yeu cau bo sung)(?!\w)")
_BRANCH = re.compile(r"(?<!\w)truong hop(?!\w)")
_ACTION = re.compile(r"[.;\n]+")


def cumbersome(
    procedures: pd.DataFrame,
    papers: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    performance: pd.DataFrame,
    thresholds: Thresholds,
) -> pd.DataFrame:
    """How much each procedure asks, against procedures of the same field and level.

    Needs: `procedures`: proc_core, name; may have field_code, level, agencies, forms (JSON lists); `papers`:
      proc_core, name; may have originals, copies; `steps`: proc_core, task; may have step_no, role, office_code,
      agency; `performance`: proc_core, n, supplemented (dossiers of the year), cost_vnd (of one); may be empty
    Gives: COLUMNS. parts (JSON: part of PART_VI -> value, median and p75 of the peers, is_over; null where nothing is
      known, which counts neither way), over (JSON: parts that are), score (0..100: mean rank among the peers over
      the known parts; null when fewer than `cumbersome_known` are known), complexity_signal (points of the steps'
      words, see docs), is_cumbersome (at least `cumbersome_parts` parts over, and the score `cumbersome_score`).
    Peers: `peers_minimum` procedures at least; else those of the same level, else all, as peer_group says. A part is
    over when it is above the third quartile of the peers; approvals, visits and the supplement rate when they reach
    their own limits. Most cumbersome first.
    """
    check_columns(procedures, ["proc_core", "name"], where="cumbersome")
    table = procedures.drop_duplicates("proc_core").sort_values("proc_core", kind="stable").reset_index(drop=True)
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    cores = table["proc_core"].astype(str).tolist()
    steps = steps.assign(folded=[fold(task) for task in texts(steps, "task")])
    values = _values(table, papers, steps).reindex(cores)
    done = performance.drop_duplicates("proc_core").set_index("proc_core").reindex(cores).astype(float)
    values["supplement_rate"] = (done["supplemented"] / done["n"]).where(done["n"] >= thresholds.minimum_cases)
    values["cost"] = done["cost_vnd"]
    groups, names = _peers(table, thresholds)
    rows = []
    for key in sorted(set(groups)):
        inside = [i for i, each in enumerate(groups) if each == key]
        rows += _compared(values.iloc[inside], inside, names[key], thresholds)
    found = pd.DataFrame(rows).sort_values("at").reset_index(drop=True)
    found["proc_core"], found["name"] = cores, table["name"].astype(str)
    for column in ("field_code", "level"):
        found[column] = texts(table, column)
    found["complexity_signal"] = _signals(steps).reindex(cores).to_numpy()
    order = ["is_cumbersome", "score", "proc_core"]
    return found.sort_values(order, ascending=[False, False, True], kind="stable")[COLUMNS].reset_index(drop=True)


def _values(table: pd.DataFrame, papers: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """The parts the catalogue tells, by procedure; NaN where it tells nothing."""
    values = pd.DataFrame(index=pd.Index(table["proc_core"].astype(str)), columns=list(PART_VI), dtype=float)
    if len(papers):
        real = papers.loc[[is_paper(str(name)) for name in papers["name"]]]
        core = real["proc_core"].astype(str)
        values["papers"] = real.groupby(core).size()
        if {"originals", "copies"} <= set(real.columns):
            copies = real["originals"].astype(float).fillna(0) + real["copies"].astype(float).fillna(0)
            values["copies"] = copies.groupby(core).sum().replace(0.0, np.nan)
    if len(steps):
        ordered = steps.sort_values(
            ["proc_core", *(["step_no"] if "step_no" in steps.columns else [])], kind="stable"
        )
        core = ordered["proc_core"].astype(str)
        tasks = ordered["folded"]
        values["steps"] = ordered.groupby(core).size()
        values["approvals"] = tasks.map(lambda text: bool(_APPROVAL.search(text))).groupby(core).sum()
        values["visits"] = tasks.map(lambda text: bool(_VISIT.search(text))).groupby(core).sum()
        values["hand_overs"] = _hand_overs(ordered)
    for part in ("agencies", "forms"):
        if part in table.columns:
            counts = [len(listed(text)) for text in texts(table, part)]
            values[part] = np.where(np.array(counts) > 0, counts, np.nan)
    return values


def _hand_overs(steps: pd.DataFrame) -> pd.Series:
    """How often the work goes to somebody else; NaN where not every step says who does it."""
    for column in ("office_code", "role"):
        if column in steps.columns and steps[column].notna().any():
            who = steps[column].where(steps[column].notna() & steps[column].astype(str).ne(""))
            core = steps["proc_core"].astype(str)
            moved = (who != who.groupby(core).shift()) & who.groupby(core).shift().notna()
            told = who.notna().groupby(core).all()
            counted: pd.Series = moved.groupby(core).sum().where(told)
            return counted
    return pd.Series(dtype=float)


def _peers(table: pd.DataFrame, thresholds: Thresholds) -> tuple[list[str], dict[str, str]]:
    """The peer group of each procedure, and what each group is called."""
    fields, levels = texts(table, "field_code"), texts(table, "level")
    names = texts(table, "field_name") if "field_name" in table.columns else fields
    close = [f"1|{field}|{level}" for field, level in zip(fields, levels, strict=True)]
    wide = [f"2|{level}" for level in levels]
    said = {"3|": "mọi thủ tục của danh mục"}
    count, count_wide = Counter(close), Counter(wide)
    groups = []
    for near, far, name, level in zip(close, wide, names, levels, strict=True):
        if count[near] >= thresholds.peers_minimum:
            groups.append(near)
            said[near] = f"thủ tục lĩnh vực {name or 'chưa rõ'}, {_level_vi(level)}"
        elif count_wide[far] >= thresholds.peers_minimum:
            groups.append(far)
            said[far] = f"thủ tục {_level_vi(level)}, mọi lĩnh vực"
        else:
            groups.append("3|")
    return groups, said


_LEVEL_VI = {"XA": "cấp xã", "HUYEN": "cấp huyện", "TINH": "cấp tỉnh", "BO": "cấp bộ", "KHAC": "cơ quan khác"}


def _level_vi(level: str) -> str:
    return ", ".join(_LEVEL_VI.get(each, each) for each in level.split(",")) if level else "chưa rõ cấp"


def _compared(
    values: pd.DataFrame, places: Sequence[int], name: str, thresholds: Thresholds
) -> list[dict[str, object]]:
    fixed = {
        "approvals": float(thresholds.approvals_many),
        "visits": float(thresholds.visits_many),
        "supplement_rate": thresholds.supplement_high,
    }
    median, upper = values.median(), values.quantile(0.75)
    ranks = (values.rank(method="average") - 0.5) / values.notna().sum()
    rows = []
    for at, (_, row), (_, rank) in zip(places, values.iterrows(), ranks.iterrows(), strict=True):
        parts: dict[str, object] = {}
        over = []
        for part in PART_VI:
            if np.isnan(row[part]):
                parts[part] = None
                continue
            is_over = bool(row[part] >= fixed[part]) if part in fixed else bool(row[part] > upper[part])
            over += [part] if is_over else []
            told = {"value": row[part], "median": median[part], "p75": upper[part]}
            parts[part] = {key: round(float(value), 4) for key, value in told.items()} | {"is_over": is_over}
        known = int(rank.notna().sum())
        score = round(100 * float(rank.mean()), 2) if known >= thresholds.cumbersome_known else float("nan")
        is_cumbersome = len(over) >= thresholds.cumbersome_parts and score >= thresholds.cumbersome_score
        rows.append(
            {
                "at": at,
                "peer_group": name,
                "peers": len(values),
                "score": score,
                "parts": json.dumps(parts, ensure_ascii=False),
                "over": json.dumps(over),
                "is_cumbersome": bool(is_cumbersome),
            }
        )
    return rows


def _signals(steps: pd.DataFrame) -> pd.Series:
    """The points of the steps' words: 5 a step, 0.5 an action, 2 a case, a check, a consultation, a dialogue, 1.5 an
    approval. A signal of where to look, no measure."""
    if steps.empty:
        return pd.Series(dtype=float)
    points = [_points(task) for task in steps["folded"]]
    summed: pd.Series = pd.Series(points, index=steps.index).groupby(steps["proc_core"].astype(str)).sum()
    return summed.round(1)


def _points(text: str) -> float:
    actions = sum(bool(part.strip()) for part in _ACTION.split(text))
    counted = sum(len(pattern.findall(text)) for pattern in (_BRANCH, _VERIFY, _CONSULT, _DIALOGUE))
    return 5 + 0.5 * actions + 2 * counted + 1.5 * len(_APPROVAL.findall(text))
