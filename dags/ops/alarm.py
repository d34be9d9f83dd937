"""What Airflow calls when a night has missed its deadline, and when a task has failed."""

import logging
from typing import Any


def night_missed(context: dict[str, Any]) -> None:
    """Say that the night is late, through the pipelines' own alerts. `context` holds dag_run and deadline."""
    from dags.ops import terms
    from pipelines import nightly

    nightly.missed(terms.key_of(context["dag_run"]["partition_key"]))


def say_what_to_do(context: dict[str, Any]) -> None:
    """End the log of a failed try with code and mend when it was the disk; it is tried again all the same."""
    from pipelines.disk import known_fault

    fault = known_fault(context.get("exception"))
    if fault is not None:
        logging.getLogger(__name__).error("%s", fault)
