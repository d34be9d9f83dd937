"""Judging a night: all units' rows of a table in one pass, then split by unit.

Nothing here looks at another night's rows except through the context, so nights may be judged in any order.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from domain.columns import TABLES
from expectations.catalogue import RULES
from expectations.context import FLAG_COLUMNS, REJECTED_COLUMNS, RESULT_COLUMNS, JudgeContext, Verdict
from expectations.dossier_facts import DossierFacts
from expectations.engine import Ran, run_rules
from expectations.facts import TableFacts, ordered, show
from expectations.rule import Rule
from expectations.step_facts import PauseFacts, StepFacts

_LOG = logging.getLogger(__name__)
_MOST_EXAMPLES = 5
_NOT_RUN = (
    "Quy tắc [{rule}] không chạy được nên chưa xác nhận được dòng này; dòng được giữ lại, "
    "quản trị hệ thống kiểm tra rồi chạy lại."
)

Facts = Any  # DossierFacts, StepFacts, or PauseFacts: a rule knows which of them it gets


@dataclass
class _Judged:
    """One table after its pass."""

    facts: Facts
    rules: list[Rule]
    ran: dict[str, Ran]
    applies: dict[str, npt.NDArray[np.bool_]]  # rule id -> rows of units whose sources give what it needs
    units: list[str]
    unit_no: npt.NDArray[np.int64]  # per row, its place in `units`
    not_checked: dict[tuple[str, str], str] = field(default_factory=dict)  # (unit, rule id) -> why


def judge(frames: Mapping[str, pd.DataFrame], context: JudgeContext, *, rules: Sequence[Rule] = RULES) -> Verdict:
    """Judge tonight's staged frames ('dossier', 'step', 'pause') of all units.

    Needs: the columns of domain.columns (a missing optional one counts as not given), `unparsed` if there is.
    Gives: see Verdict. Every input row is either in `accepted` or has at least one row in `rejected`. A rule
    that raises is reported with could_run False and every row it applies to as failed; if it is critical,
    those rows are set aside.
    """
    judged = {table: _judge_table(facts, rules, context) for table, facts in _facts(frames, context).items()}
    rejected = {table: _rejected_rows(part) for table, part in judged.items()}
    broken = {rule.id: part.ran[rule.id].error or "" for part in judged.values() for rule in part.rules
              if part.ran[rule.id].error is not None}  # fmt: skip
    for rule_id, error in broken.items():
        _LOG.error("rule [%s] could not run: %s", rule_id, error)
    return Verdict(
        accepted={table: _accepted(judged[table].facts, rejected[table]) for table in TABLES},
        rejected=_rejected(judged, rejected, context),
        flags=_flags(judged, rejected, context),
        results=_results(judged, rules, context),
        broken=broken,
    )


def _facts(frames: Mapping[str, pd.DataFrame], context: JudgeContext) -> dict[str, Facts]:
    empty = pd.DataFrame({name: pd.Series(dtype="object") for name in ("unit_code", "file_name", "line_no")})
    rows = {table: ordered(table, frames.get(table, empty)) for table in TABLES}
    pauses = PauseFacts(rows["pause"], context)
    dossiers = DossierFacts(rows["dossier"], context, pauses.seen)
    steps = StepFacts(rows["step"], context, dossiers.seen)
    return {"dossier": dossiers, "step": steps, "pause": pauses}


def _judge_table(facts: Facts, rules: Sequence[Rule], context: JudgeContext) -> _Judged:
    mine = [rule for rule in rules if rule.table == facts.table]
    unit_no, units = pd.factorize(facts.seen["unit_code"].astype("str"), sort=True)
    judged = _Judged(facts=facts, rules=[], ran={}, applies={}, units=[str(u) for u in units], unit_no=unit_no)
    columns: dict[str, pd.Series[Any]] = {}
    errors: dict[str, str] = {}
    for rule in mine:
        applies = _applicable(rule, judged, context)
        if not applies.any():
            continue
        judged.rules.append(rule)
        judged.applies[rule.id] = applies
        if rule.fact is None:
            continue
        # A broken fact is a rule that could not run, not a broken night.
        try:
            columns[rule.expect.columns[0]] = rule.fact(facts).where(applies)
        except Exception as error:
            errors[rule.id] = f"{type(error).__name__}: {error}"[:300]
    native = {
        column: facts.seen[column]
        for rule in judged.rules
        if rule.fact is None
        for column in rule.expect.columns
        if column in facts.seen.columns
    }
    frame = pd.DataFrame(native | columns, index=facts.index)
    ran = run_rules(judged.rules, frame, context, errors)
    judged.ran = {rule_id: _within(one, judged.applies[rule_id]) for rule_id, one in ran.items()}
    return judged


def _within(ran: Ran, applies: npt.NDArray[np.bool_]) -> Ran:
    """A rule's outcome on the rows it applies to; all of them failed when it could not run."""
    failed = ran.failed[applies[ran.failed]] if ran.error is None else np.flatnonzero(applies)
    return Ran(failed=failed, checked=ran.checked & applies, error=ran.error)


def _applicable(rule: Rule, judged: _Judged, context: JudgeContext) -> npt.NDArray[np.bool_]:
    """Rows a rule applies to: not switched off, not idle, and the unit gives the columns it needs."""
    able = np.ones(len(judged.units), dtype=bool)
    for number, unit in enumerate(judged.units):
        why = _why_not(rule, unit, judged.facts, context)
        if why is not None:
            judged.not_checked[unit, rule.id] = why
            able[number] = False
    applies: npt.NDArray[np.bool_] = able[judged.unit_no]
    return applies


def _why_not(rule: Rule, unit: str, facts: Facts, context: JudgeContext) -> str | None:
    if rule.id in context.rules_off:
        return f"Không kiểm tra (tắt theo cấu hình: {context.rules_off[rule.id]})"
    idle = rule.idle(context) if rule.idle is not None else None
    if idle is not None:
        return f"Không áp dụng ({idle})"
    missing = sorted(set(rule.needs) - facts.given(unit))
    if not missing:
        return None
    words = TABLES.get(rule.table, {})
    named = [words[name].vi if name in words else "lần tạm dừng" for name in missing]
    return f"Không áp dụng (nguồn dữ liệu không có {', '.join(named)})"


def _rejected_rows(part: _Judged) -> npt.NDArray[np.bool_]:
    rejected = np.zeros(len(part.facts.index), dtype=bool)
    for rule in part.rules:
        if rule.severity == "critical":
            rejected[part.ran[rule.id].failed] = True
    return rejected


def _accepted(facts: TableFacts, rejected: npt.NDArray[np.bool_]) -> pd.DataFrame:
    kept = facts.rows.loc[~rejected, list(TABLES[facts.table])]
    if facts.table == "dossier":
        kept = kept.assign(proc_core=facts.seen.loc[~rejected, "proc_core"])
        kept["due_at"] = kept["due_at"].mask(facts.far_ahead("due_at")[~rejected])
    return kept.reset_index(drop=True)


def _rejected(
    judged: Mapping[str, _Judged], rejected: Mapping[str, npt.NDArray[np.bool_]], context: JudgeContext
) -> pd.DataFrame:
    parts = []
    for table in TABLES:
        part = judged[table]
        for position, rule in enumerate(part.rules):
            if rule.severity != "critical":
                continue
            failing = part.ran[rule.id].failed
            rows = part.facts.rows.loc[failing, ["unit_code", "file_name", "line_no", "dossier_code", "dossier_key"]]
            parts.append(
                rows.assign(
                    night=context.night, table_name=table, rule_id=rule.id, severity=rule.severity,
                    message=_messages(part, rule, failing), row=failing, position=position,
                )
            )  # fmt: skip
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=REJECTED_COLUMNS)
    order = {table: number for number, table in enumerate(TABLES)}
    together: pd.DataFrame = pd.concat(parts, ignore_index=True).assign(
        table_order=lambda frame: frame["table_name"].map(order)
    )
    together = together.sort_values(["unit_code", "table_order", "row", "position"], kind="stable", ignore_index=True)
    return together.reindex(columns=REJECTED_COLUMNS)


def _messages(part: _Judged, rule: Rule, failing: npt.NDArray[np.int64]) -> list[str]:
    if part.ran[rule.id].error is not None:
        return [_NOT_RUN.format(rule=rule.id)] * len(failing)
    if not len(failing):
        return []
    # A fault in the wording must not lose the finding: the rule's own sentence is said instead.
    try:
        shown = {name: worked_out(part.facts).take(failing) for name, worked_out in rule.show.items()}
        seen = part.facts.seen.take(failing).drop(columns=list(shown), errors="ignore")
        rows = seen.assign(**shown)[list(_fields(rule.message))].to_dict("records")
        return [rule.message.format_map({str(name): show(value) for name, value in row.items()}) for row in rows]
    except Exception:
        _LOG.exception("message of rule [%s] could not be worded", rule.id)
        return [rule.sentence] * len(failing)


def _fields(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


def _flags(
    judged: Mapping[str, _Judged], rejected: Mapping[str, npt.NDArray[np.bool_]], context: JudgeContext
) -> pd.DataFrame:
    parts = []
    for table in TABLES:
        part = judged[table]
        for rule in part.rules:
            # A rule that could not run says so in the results; no dossier is blamed for it.
            if rule.severity == "critical" or part.ran[rule.id].error is not None:
                continue
            failed = part.ran[rule.id].failed
            kept = failed[~rejected[table][failed]]
            rows = part.facts.seen.loc[kept, ["unit_code", "dossier_key", "dossier_code"]].dropna().drop_duplicates()
            parts.append(rows.assign(night=context.night, rule_id=rule.id, severity=rule.severity))
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=FLAG_COLUMNS)
    together: pd.DataFrame = pd.concat(parts, ignore_index=True).reindex(columns=FLAG_COLUMNS)
    return together.sort_values(["unit_code", "dossier_key", "rule_id"], kind="stable", ignore_index=True)


def _results(judged: Mapping[str, _Judged], rules: Sequence[Rule], context: JudgeContext) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for part in judged.values():
        for rule in part.rules:
            rows += _rule_results(part, rule)
        by_id = {rule.id: rule for rule in rules}
        for (unit, rule_id), why in part.not_checked.items():
            rule = by_id[rule_id]
            rows.append(_result(unit, rule, {"sentence": f"{why}: {rule.sentence}"}))
    position = {rule.id: number for number, rule in enumerate(rules)}
    rows.sort(key=lambda row: (row["unit_code"], position[row["rule_id"]]))
    frame = pd.DataFrame([{**row, "night": context.night} for row in rows], columns=RESULT_COLUMNS)
    return frame.astype({"checked": "int64", "failed": "int64", "could_run": "bool"})


def _rule_results(part: _Judged, rule: Rule) -> list[dict[str, Any]]:
    ran, size = part.ran[rule.id], len(part.units)
    told = rule.sentence if ran.error is None else f"Không chạy được, tính là không đạt: {rule.sentence}"
    checked = np.bincount(part.unit_no[ran.checked], minlength=size)
    failed = np.bincount(part.unit_no[ran.failed], minlength=size)
    examples = _examples(part, ran) if ran.error is None else {}
    return [
        _result(
            part.units[number],
            rule,
            {
                "sentence": told,
                "checked": int(checked[number]),
                "failed": int(failed[number]),
                "could_run": ran.error is None,
                "examples": examples.get(number, []),
            },
        )
        for number in np.unique(part.unit_no[part.applies[rule.id]])
    ]


def _examples(part: _Judged, ran: Ran) -> dict[int, list[str]]:
    """Up to five dossier codes a unit, by unit number, in row order."""
    found: dict[int, list[str]] = {}
    codes = part.facts.seen["dossier_code"].take(ran.failed)
    for number, code in zip(part.unit_no[ran.failed], codes, strict=True):
        mine = found.setdefault(int(number), [])
        if len(mine) < _MOST_EXAMPLES and code == code and code is not None and code not in mine:  # noqa: PLR0124
            mine.append(str(code))
    return found


def _result(unit: str, rule: Rule, told: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"checked": 0, "failed": 0, "could_run": True, "examples": []}
    row |= told
    row |= {"unit_code": unit, "rule_id": rule.id, "severity": rule.severity, "table_name": rule.table}
    return row | {"examples": json.dumps([str(code) for code in row["examples"]], ensure_ascii=False)}
