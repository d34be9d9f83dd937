"""All rules, in the order they are judged and reported."""

from expectations import dossier_rules, dossier_time_rules, pause_rules, status_rules, step_rules
from expectations.rule import Rule

RULES: tuple[Rule, ...] = (
    *dossier_rules.RULES,
    *status_rules.RULES,
    *dossier_time_rules.RULES,
    *step_rules.RULES,
    *pause_rules.RULES,
)
