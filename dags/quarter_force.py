"""# Force an incomplete quarter

The calendar's say: a quarter whose units never all hand in must come out all the same, marked incomplete.
Runs every morning at 06:00 (Asia/Ho_Chi_Minh); the partition key is that day. Does nothing until the day
named by `quarter: force_after_days` in the site's `site.yml` is past, nor when the quarter is out already;
then releases the last ended quarter with a warning that names the missing units, and starts
`quarterly_simplification` for it.

**By hand.** Trigger with the day as partition key, or `tinhgon quarter 2017-Q4 --force`.
"""

from typing import Any

from airflow.sdk import CronPartitionTimetable, dag, task

from dags.ops import terms


@dag(
    schedule=CronPartitionTimetable("0 6 * * *", timezone=terms.ZONE, key_format=terms.DAY_KEY),
    end_date=terms.last_scheduled(),
    catchup=False,
    max_active_runs=1,
    default_args=terms.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["quarter"],
)
def quarter_force() -> None:
    @task(pool=terms.WRITER_POOL)
    def force(partition_key: str | None = None) -> list[str]:
        from pipelines import nightly

        return terms.at_most_one(nightly.force(terms.key_of(partition_key)))

    @task(outlets=[terms.QUARTER])
    def announce(quarter: str, outlet_events: Any = None) -> str:
        outlet_events[terms.QUARTER].add_partitions(quarter)
        return quarter

    announce.expand(quarter=force())


quarter_force()
