"""Great Expectations as the rule engine: one suite and one pass a table, failing row ids back.

The frame's own index is the row id. With COMPLETE, GX then hands the failing index back as a plain list;
naming an id column instead makes it look every failing row up one by one. The import costs seconds, so it
stays inside the functions.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from expectations.context import JudgeContext
from expectations.rule import Rule

_RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "partial_unexpected_count": 0,
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
}


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of one rule on one table: the failing row ids, or why it could not run."""

    failed: npt.NDArray[np.int64]
    checked: npt.NDArray[np.bool_]
    error: str | None = None


def run_rules(
    rules: Sequence[Rule], frame: pd.DataFrame, context: JudgeContext, errors: dict[str, str]
) -> dict[str, Ran]:
    """Judge all `rules` on `frame` in one pass; `errors` are facts that already failed to be worked out.

    `frame` has the index 0..n-1 and holds each rule's columns. One metric that raises can drag others of the
    same pass with it, so rules that raised are tried again alone: only the truly broken ones stay broken.
    """
    able = [rule for rule in rules if rule.id not in errors]
    ran = _validate(able, frame, context)
    again = [rule for rule in able if ran[rule.id].error is not None]
    if len(again) < len(able) or len(again) > 1:
        for rule in again:
            ran |= _validate([rule], frame, context)
    nothing = np.array([], dtype=np.int64)
    everything = np.ones(len(frame), dtype=bool)
    for rule_id, error in errors.items():
        ran[rule_id] = Ran(failed=nothing, checked=everything, error=error)
    return ran


def _validate(rules: Sequence[Rule], frame: pd.DataFrame, context: JudgeContext) -> dict[str, Ran]:
    if not rules or frame.empty:
        nothing = np.array([], dtype=np.int64)
        return {rule.id: Ran(failed=nothing, checked=np.zeros(0, dtype=bool)) for rule in rules}
    import great_expectations as gx
    from great_expectations.core import ExpectationSuite

    with _quiet():
        gx_context = gx.get_context(mode="ephemeral")
    gx_context.variables.progress_bars = {"globally": False}
    columns = sorted({column for rule in rules for column in rule.expect.columns} & set(frame.columns))
    asset = gx_context.data_sources.add_pandas("night").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame[columns]})
    built, unbuilt = _built(rules, context)
    suite = ExpectationSuite(name="rules", expectations=list(built.values()))
    with _quiet():
        outcome = batch.validate(suite, result_format=_RESULT_FORMAT)
    by_rule = {result.expectation_config.meta["rule"]: result for result in outcome.results}
    ran = {rule.id: _ran(rule, by_rule.get(rule.id), frame) for rule in rules if rule.id in built}
    everything = np.ones(len(frame), dtype=bool)
    nothing = np.array([], dtype=np.int64)
    return ran | {rule_id: Ran(failed=nothing, checked=everything, error=error) for rule_id, error in unbuilt.items()}


def _built(rules: Sequence[Rule], context: JudgeContext) -> tuple[dict[str, Any], dict[str, str]]:
    """The expectation of each rule, and why one could not even be made."""
    import great_expectations.expectations as gxe

    built: dict[str, Any] = {}
    unbuilt: dict[str, str] = {}
    for rule in rules:
        # Whatever is wrong with one rule must not stop the others.
        try:
            kind = getattr(gxe, rule.expect.kind)
            built[rule.id] = kind(
                **rule.expect.arguments(context),
                severity=rule.severity,
                meta={"rule": rule.id},
                notes=rule.sentence,
            )
        except Exception as error:
            unbuilt[rule.id] = f"{type(error).__name__}: {error}"[:300]
    return built, unbuilt


def _ran(rule: Rule, result: Any, frame: pd.DataFrame) -> Ran:
    nothing = np.array([], dtype=np.int64)
    everything = np.ones(len(frame), dtype=bool)
    if result is None:
        return Ran(failed=nothing, checked=everything, error="Great Expectations returned no result")
    raised = _raised(result.exception_info)
    if raised is not None:
        return Ran(failed=nothing, checked=everything, error=raised)
    failed = np.asarray(result.result.get("unexpected_index_list") or [], dtype=np.int64)
    if len(failed) != result.result.get("unexpected_count") or result.success != (len(failed) == 0):
        return Ran(
            failed=nothing,
            checked=everything,
            error="Great Expectations contradicts itself about the failures",
        )
    if rule.expect.kind == "ExpectColumnValuesToNotBeNull":
        return Ran(failed=failed, checked=everything)
    return Ran(failed=failed, checked=frame[list(rule.expect.columns)].notna().all(axis=1).to_numpy())


def _raised(info: Any) -> str | None:
    """The message of whatever was raised, wherever this GX version puts it."""
    if not info:
        return None
    if "raised_exception" in info:
        return str(info["exception_message"])[:300] if info["raised_exception"] else None
    messages = [str(one["exception_message"]) for one in info.values() if one.get("raised_exception")]
    return messages[0][:300] if messages else None


class _quiet:  # noqa: N801 - used as a statement
    """GX logs every exception with its traceback; ours are reported as results instead."""

    def __enter__(self) -> None:
        self.logger = logging.getLogger("great_expectations")
        self.level = self.logger.level
        self.logger.setLevel(logging.CRITICAL)

    def __exit__(self, *_: object) -> None:
        self.logger.setLevel(self.level)
