"""What a rule is: an id, a table, a severity, a sentence, and one Great Expectations expectation.

A rule judges either a column as it is (native expectation) or a *fact*: a derived column that is True
(holds), False (does not) or empty (does not concern this row), worked out vectorised in `facts`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from expectations.context import JudgeContext

Severity = Literal["critical", "warning", "info"]
TableName = Literal["dossier", "step", "pause"]


@dataclass(frozen=True, kw_only=True)
class Expect:
    """A Great Expectations class by name, and its arguments for a night (`columns` are what it looks at)."""

    kind: str
    columns: tuple[str, ...]
    arguments: Callable[[JudgeContext], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One data-quality rule.

    `sentence` says to an official what is wrong and what to do; `message` says it of one row, with the
    offending values in [brackets] as `{column}` or a name in `show`. `needs`: columns a unit's source must
    give for the rule to apply. `fact`: how the judged column is worked out, None for a native column.
    `idle`: why the rule does not apply at all under a context, None when it does.
    """

    id: str
    table: TableName
    severity: Severity
    sentence: str
    message: str
    needs: tuple[str, ...]
    expect: Expect
    fact: Callable[[Any], "pd.Series[Any]"] | None = None
    show: Mapping[str, Callable[[Any], "pd.Series[Any]"]] = field(default_factory=dict)
    idle: Callable[[JudgeContext], str | None] | None = None


def holds(rule_id: str) -> Expect:
    """Expect the rule's own fact column to be True wherever it is not empty."""
    column = f"holds:{rule_id}"
    return Expect(
        kind="ExpectColumnValuesToBeInSet",
        columns=(column,),
        arguments=lambda _: {"column": column, "value_set": [True]},
    )


def not_null(column: str) -> Expect:
    """Expect a value in every row."""
    return Expect(kind="ExpectColumnValuesToNotBeNull", columns=(column,), arguments=lambda _: {"column": column})


def at_most(column: str, most: Callable[[JudgeContext], Any]) -> Expect:
    """Expect every value present to be at most `most(context)`."""
    return Expect(
        kind="ExpectColumnValuesToBeBetween",
        columns=(column,),
        arguments=lambda context: {"column": column, "max_value": most(context)},
    )


def at_least(column: str, least: Callable[[JudgeContext], Any]) -> Expect:
    """Expect every value present to be at least `least(context)`."""
    return Expect(
        kind="ExpectColumnValuesToBeBetween",
        columns=(column,),
        arguments=lambda context: {"column": column, "min_value": least(context)},
    )


def one_of(column: str, values: Callable[[JudgeContext], list[Any]]) -> Expect:
    """Expect every value present to be in a list."""
    return Expect(
        kind="ExpectColumnValuesToBeInSet",
        columns=(column,),
        arguments=lambda context: {"column": column, "value_set": values(context)},
    )


def not_before(later: str, earlier: str) -> Expect:
    """Expect `later` >= `earlier` wherever both are present."""
    return Expect(
        kind="ExpectColumnPairValuesAToBeGreaterThanB",
        columns=(later, earlier),
        arguments=lambda _: {
            "column_A": later,
            "column_B": earlier,
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    )
