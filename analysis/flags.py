"""Flags: what a quarter's figures say should be looked at, each with its evidence and one plain sentence.

A flag is a question to a unit, never an accusation; it names a group only above the disclosure limit.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.frames import rows_of
from analysis.overlap import RELATION_VI
from analysis.thresholds import Thresholds
from analysis.words import Names, number_vi, share_vi
from domain.ids import stable_id

COLUMNS = [
    "flag_id", "quarter", "kind", "unit_code", "proc_core", "other_proc_core", "step_no", "rule", "value",
    "limit_value", "n", "ci_low", "ci_high", "evidence", "sentence",
]  # fmt: skip
KINDS = (
    "SLOW_PROCEDURE",
    "SLOW_UNIT",
    "SLOW_STEP",
    "BACKLOG_GROWING",
    "LIMIT_CUT",
    "LIMIT_TOO_SHORT",
    "OVERLAP",
    "UNUSED",
    "PAPER_OFTEN_ASKED",
    "RECORD_CHECK",
)
# Which example dossiers show a kind of flag best: kinds of the evidence frame, best first; others by their own name.
_EXAMPLES = {
    "SLOW_PROCEDURE": ("SLOW_PROCEDURE", "LATE", "OVERDUE"),
    "SLOW_UNIT": ("LATE", "OVERDUE"),
    "SLOW_STEP": ("SLOW_STEP", "LATE", "OVERDUE"),
    "LIMIT_TOO_SHORT": ("LATE", "OVERDUE"),
    "LIMIT_CUT": ("EARLY", "ON_TIME"),
}
_MOST_EXAMPLES = 5


@dataclass(frozen=True, kw_only=True)
class FlagContext:
    """What every flag needs beside its own row."""

    quarter: str
    thresholds: Thresholds
    names: Names
    examples: pd.DataFrame

    def dossiers(self, kind: str, unit_code: str | None, proc_core: str | None) -> str:
        """Up to five dossier codes that show it, as JSON, the same for the same data."""
        codes: list[str] = []
        for each in _EXAMPLES.get(kind, (kind,)):
            codes += sorted(self._shown.get((unit_code, proc_core, each), ()))
        return json.dumps(list(dict.fromkeys(codes))[:_MOST_EXAMPLES], ensure_ascii=False)

    @cached_property
    def _shown(self) -> dict[tuple[str | None, str | None, str], set[str]]:
        """Dossier codes by unit, procedure and kind; None stands for all units or all procedures."""
        found: dict[tuple[str | None, str | None, str], set[str]] = {}
        for row in rows_of(self.examples):
            unit, core, kind = str(row.unit_code), str(row.proc_core), str(row.kind)
            for key in ((unit, core, kind), (unit, None, kind), (None, core, kind), (None, None, kind)):
                found.setdefault(key, set()).add(str(row.dossier_code))
        return found


def flag_frame(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """The rows as a frame with the columns of the flag table, ordered by kind and key, each flag once."""
    table = pd.DataFrame(list(rows), columns=COLUMNS)
    order = {kind: place for place, kind in enumerate(KINDS)}
    keys = [
        table["kind"].map(order),
        table["unit_code"].fillna(""),
        table["proc_core"].fillna(""),
        table["flag_id"],
    ]
    order_of = pd.concat(keys, axis=1, keys=list("abcd"))
    place = order_of.sort_values(list("abcd"), kind="stable").index
    table = table.loc[place].drop_duplicates("flag_id").reset_index(drop=True)
    table["step_no"] = table["step_no"].astype("Int64")
    table["n"] = table["n"].astype("Int64")
    for name in ("value", "limit_value", "ci_low", "ci_high"):
        table[name] = table[name].astype(float)
    return pd.DataFrame(table)


def overlap_flags(pairs: pd.DataFrame, context: FlagContext) -> list[dict[str, Any]]:
    """OVERLAP for the pairs given: evidence is the likeness feature by feature, since no dossier is behind it.

    Needs: the columns overlaps gives
    """
    flags: list[dict[str, Any]] = []
    for row in rows_of(pairs):
        sentence = (
            f"Hai thủ tục {context.names.procedure(row.proc_core)} và "
            f"{context.names.procedure(row.other_proc_core)} có "
            f"dấu hiệu {RELATION_VI[row.relation]} (khả năng nên xem xét chung {share_vi(row.score)}: "
            f"{_common(row)}); đề "
            "nghị rà soát xem có thể dùng chung một quy trình, một bộ hồ sơ hay không."
        )
        key = (None, row.proc_core, row.other_proc_core)
        figures = (row.score, context.thresholds.merge_score, None, None, None)
        flags.append(
            flag_row(context, "OVERLAP", f"PAIR_{row.relation.upper()}", key, figures, sentence)
            | {"evidence": row.evidence}
        )
    return flags


def unused_flags(unused: pd.DataFrame, context: FlagContext) -> list[dict[str, Any]]:
    """UNUSED for each procedure unused_procedures gives."""
    flags: list[dict[str, Any]] = []
    for row in rows_of(unused):
        caution = (
            "tên thủ tục cho thấy việc này hiếm nhưng cần có, không nên bãi bỏ chỉ vì không phát sinh hồ sơ"
            if row.is_rare_needed
            else "cần hỏi lại đơn vị trước khi đề nghị bãi bỏ, vì việc hiếm vẫn có thể cần thiết"
        )
        sentence = (
            f"Thủ tục {context.names.procedure(row.proc_core)} niêm yết tại {row.units} đơn vị nhưng không "
            "có hồ sơ nào "
            f"trong {row.quarters} quý có dữ liệu tính đến quý {context.quarter}; {caution}."
        )
        flags.append(
            flag_row(
                context,
                "UNUSED",
                "NO_DOSSIER_IN_YEAR",
                (None, row.proc_core),
                (0.0, 1.0, 0, None, None),
                sentence,
            )
        )
    return flags


def paper_flags(papers: pd.DataFrame, context: FlagContext) -> list[dict[str, Any]]:
    """PAPER_OFTEN_ASKED for the papers most dossiers brought; `rule` holds the paper's type.

    Needs: the columns papers_most_asked gives
    """
    flags: list[dict[str, Any]] = []
    for row in rows_of(papers.loc[papers["is_often"]].head(context.thresholds.maximum_papers)):
        advice = (
            f"thông tin này có trong {row.held_in}, đề nghị xem có thể khai thác thay cho bản giấy"
            if row.held_in
            else "đề nghị xem giấy tờ này do cơ quan nào cấp và có thể dùng lại dữ liệu đã nộp hay không"
        )
        sentence = (
            f"Giấy tờ “{row.name}” được {row.procedures} thủ tục yêu cầu; trong năm có "
            f"{number_vi(row.dossiers, 0)} hồ sơ phải "
            f"nộp; {advice}."
        )
        figures = (
            float(row.procedures),
            float(context.thresholds.paper_procedures),
            int(row.dossiers),
            None,
            None,
        )
        flags.append(
            flag_row(context, "PAPER_OFTEN_ASKED", f"PAPER:{row.paper_type}", (None, None), figures, sentence)
        )
    return flags


def _common(row: Any) -> str:
    said = [f"tên giống {share_vi(row.title)}"]
    if not pd.isna(row.papers):
        said.append(f"giấy tờ chung {share_vi(row.papers)}")
    if row.chain_equal:
        said.append("các bước, bộ phận và thời gian trùng nhau hoàn toàn")
    elif not pd.isna(row.steps):
        said.append(f"các bước giống {share_vi(row.steps)}")
    if not pd.isna(row.law) and row.law > 0:
        said.append(f"căn cứ pháp lý chung {share_vi(row.law)}")
    return ", ".join(said)


def flag_row(  # noqa: PLR0913, PLR0917 - one argument a part of the row; a bag of them would hide which is missing
    context: FlagContext, kind: str, rule: str, key: Sequence[Any], figures: Sequence[Any], sentence: str
) -> dict[str, Any]:
    """One row of the flag table.

    `key`: unit, procedure[, other procedure, step]; `figures`: value, limit, n, low, high.
    """
    unit, core, other, step = (*key, None, None)[:4]
    value, limit, n, low, high = figures
    return {
        "flag_id": stable_id("flag", context.quarter, kind, rule, unit, core, other, step),
        "quarter": context.quarter,
        "kind": kind,
        "unit_code": unit,
        "proc_core": core,
        "other_proc_core": other,
        "step_no": step,
        "rule": rule,
        "value": value,
        "limit_value": limit,
        "n": n,
        "ci_low": low,
        "ci_high": high,
        "evidence": context.dossiers(kind, unit, core),
        "sentence": sentence,
    }
