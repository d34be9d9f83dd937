"""# Nightly consolidation

Collects what every unit handed in for one working day, judges it, and brings it into the warehouse.
Runs at 01:00 (Asia/Ho_Chi_Minh) for the day before; the partition key is that day, `2017-12-31`.

**Steps.** plan → collect (one task a chunk of units) → judge → merge → models → publish (the morning page) →
apology_letters → notify (the mails) → release → announce. A unit that hands in nothing, or something that
cannot be read, judged or stored, is a row on the morning page and not a red task; the other units go on. When
publish, apology_letters or notify fails, the ones after it run all the same, and *red* makes the run red.

**Rerun.** Any night that ran once may run again, at any time, in any order: trigger with the same partition key,
or clear the run. The same input gives the same warehouse. Nights missed while the machine was off:
`airflow backfill create --dag-id nightly_consolidation --from-date 2017-12-24 --to-date 2018-01-01` (oldest
first: a letter goes to a late dossier on the first night that runs, and is not taken back).

**Red task.** A line that starts `E-` says what, where and how to mend it; mend, then clear the task. Errors
of disk, network or mail server are tried three times; anything else that is red is a bug. *collect*:
landing cannot be written. *merge*, *models*: something else holds the warehouse file for more than a minute.
*publish*, *apology_letters*, *notify*: the page, a letter or a mail could not be made; the page names it.

**announce** is skipped on most nights: it runs when the night completes a quarter, and starts
`quarterly_simplification` for it.
"""

from typing import Any

from airflow.sdk import CronPartitionTimetable, TriggerRule, chain, dag, task

from dags.ops import terms


@dag(
    schedule=CronPartitionTimetable("0 1 * * *", timezone=terms.ZONE, key_format=terms.DAY_KEY, run_offset=-1),
    end_date=terms.last_scheduled(),
    catchup=False,
    max_active_runs=1,
    default_args=terms.DEFAULT_ARGS,
    deadline=terms.NIGHT_DEADLINE,
    doc_md=__doc__,
    tags=["night"],
)
def nightly_consolidation() -> None:
    @task
    def plan(partition_key: str | None = None) -> list[list[str]]:
        from pipelines import nightly

        return nightly.plan(terms.key_of(partition_key))

    @task(map_index_template="{{ units | join(', ') }}")
    def collect(units: list[str], partition_key: str | None = None) -> list[dict[str, Any]]:
        from pipelines import nightly

        return nightly.collect(terms.key_of(partition_key), units)

    @task
    def judge(partition_key: str | None = None) -> dict[str, Any]:
        from pipelines import nightly

        return nightly.judge(terms.key_of(partition_key))

    @task(pool=terms.WRITER_POOL)
    def merge(partition_key: str | None = None) -> dict[str, Any]:
        from pipelines import nightly

        return nightly.merge(terms.key_of(partition_key))

    @task(pool=terms.WRITER_POOL)
    def models(partition_key: str | None = None) -> dict[str, Any]:
        from pipelines import nightly

        return nightly.models(terms.key_of(partition_key))

    @task(pool=terms.WRITER_POOL)
    def publish(partition_key: str | None = None) -> dict[str, Any]:
        from pipelines import nightly

        return nightly.publish(terms.key_of(partition_key))

    @task(pool=terms.WRITER_POOL, trigger_rule=terms.IN_ANY_CASE)
    def apology_letters(partition_key: str | None = None) -> dict[str, Any]:
        from pipelines import nightly

        return nightly.apology_letters(terms.key_of(partition_key))

    @task(pool=terms.WRITER_POOL, trigger_rule=terms.IN_ANY_CASE)
    def notify(partition_key: str | None = None) -> dict[str, Any]:
        from pipelines import nightly

        return nightly.notify(terms.key_of(partition_key))

    @task(pool=terms.WRITER_POOL, trigger_rule=terms.IN_ANY_CASE)
    def release(partition_key: str | None = None) -> list[str]:
        from pipelines import nightly

        return terms.at_most_one(nightly.release(terms.key_of(partition_key)))

    @task(outlets=[terms.QUARTER])
    def announce(quarter: str, outlet_events: Any = None) -> str:
        outlet_events[terms.QUARTER].add_partitions(quarter)
        return quarter

    # The last task decides the colour of the run: it runs, and fails, when one that stops nobody failed.
    @task(trigger_rule=TriggerRule.ONE_FAILED)
    def red(partition_key: str | None = None) -> None:
        raise terms.red(partition_key)

    counted, released = models(), release()
    papers = [publish(), apology_letters(), notify(), released]
    chain(collect.expand(units=plan()), judge(), merge(), counted, *papers)
    counted >> papers[1:]
    papers >> red()
    announce.expand(quarter=released)


nightly_consolidation()
