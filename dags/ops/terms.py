"""The terms the timetables share: time zone, assets, retries, last scheduled day, a night's deadline.

Timetables must not import each other, so what two of them need stands here. Imports Airflow's authoring
interface and the domain only: the DAG processor reads this file again with every timetable.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from airflow.sdk import (  # type: ignore[attr-defined]  # not in its .pyi
    Asset,
    DeadlineAlert,
    DeadlineReference,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    SyncCallback,
    TriggerRule,
)

from dags.ops.alarm import say_what_to_do
from domain.errors import KnownError
from domain.night import Night
from domain.quarter import Quarter

ZONE: Final = "Asia/Ho_Chi_Minh"
DAY_KEY: Final = "%Y-%m-%d"
# One partition of this asset is one quarter, '2017-Q4': added once, when the quarter is released.
QUARTER: Final = Asset("quarter_ready", uri="x-warehouse://quarter/ready")

# One slot: an embedded warehouse takes one writer at a time.
WRITER_POOL: Final = "warehouse_writer"

# For a task that comes after `models` and another: it needs the first, and waits for the second however that ends.
IN_ANY_CASE: Final = TriggerRule.ALL_DONE_MIN_ONE_SUCCESS

BUGS: Final = (NameError, TypeError, AttributeError, LookupError, ValueError, AssertionError, ImportError)

# A foreseen error does not mend itself by trying again; anything else (a share away, a locked file) may.
DEFAULT_ARGS: Final[dict[str, Any]] = {
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "on_retry_callback": say_what_to_do,
    "on_failure_callback": say_what_to_do,
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            RetryRule(exception="domain.errors.PassingError", action=RetryAction.DEFAULT),
            RetryRule(
                exception="domain.errors.KnownError",
                action=RetryAction.FAIL,
                reason="a foreseen error: see its 'Mend:' line",
            ),
            RetryRule(exception=list(BUGS), action=RetryAction.FAIL, reason="a bug: the same will happen again"),
        ]
    ),
}

# The night starts at 01:00 and offices open at 07:00: five hours leave time to mend.
NIGHT_DEADLINE: Final = DeadlineAlert(
    name="night finished before offices open",
    reference=DeadlineReference.DAGRUN_QUEUED_AT,
    interval=timedelta(hours=5),
    callback=SyncCallback("dags.ops.alarm.night_missed"),
)


def last_scheduled(environ: dict[str, str] | os._Environ[str] = os.environ) -> datetime | None:
    """The day after which nothing starts by the clock; None = no end.

    `./run` sets TINHGON_SCHEDULE_UNTIL (YYYY-MM-DD) to the last night of the shipped history, so that today's
    date never adds an empty night to it. Runs triggered by partition key are not concerned.
    """
    day = environ.get("TINHGON_SCHEDULE_UNTIL")
    return datetime.fromisoformat(Night.parse(day)).replace(tzinfo=UTC) if day else None


def key_of(partition_key: str | None) -> Night:
    """The night (or day) that a run's partition key names. Raises KnownError E-NO-KEY, E-NIGHT, E-NIGHT-AHEAD."""
    return Night.at_door(_given(partition_key), today=datetime.now(ZoneInfo(ZONE)).date())


def quarter_of(partition_key: str | None) -> str:
    """The quarter that a run's partition key names, as 'YYYY-Qn'. Raises KnownError E-NO-KEY, E-QUARTER."""
    return str(Quarter.parse(_given(partition_key)))


def _given(partition_key: str | None) -> str:
    if partition_key:
        return partition_key
    raise KnownError(
        "E-NO-KEY",
        "this run was triggered without a partition key.",
        mend="trigger it again and fill in the partition key: 2017-12-31 for a night, 2017-Q4 for a quarter",
    )


def red(partition_key: str | None) -> KnownError:
    """What the run of a night ends with when a task went wrong that did not stop the others."""
    return KnownError(
        "E-NIGHT-RED",
        f"night [{partition_key}]: not everything came out; the tasks shown red say what.",
        mend="mend what they say and clear them; the others are done",
    )


def at_most_one(quarter: str | None) -> list[str]:
    """A list to map over: empty skips the task that announces.

    A task with an outlet that succeeds without adding a partition would announce the run's own key, a night.
    """
    return [quarter] if quarter else []
