"""What Airflow calls when a night has missed its deadline."""

from typing import Any


def night_missed(context: dict[str, Any]) -> None:
    """Say that the night is late, through the pipelines' own alerts. `context` holds dag_run and deadline."""
    from dags.ops import terms
    from pipelines import nightly

    nightly.missed(terms.key_of(context["dag_run"]["partition_key"]))
