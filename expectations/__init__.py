"""What must hold: data-quality rules judged by Great Expectations, one pass a table and night."""

from expectations.catalogue import RULES
from expectations.context import JudgeContext, Verdict
from expectations.judge import judge
from expectations.limits import RuleLimits
from expectations.one_state import one_state
from expectations.rule import Rule

__all__ = ["RULES", "JudgeContext", "Rule", "RuleLimits", "Verdict", "judge", "one_state"]
