"""# Quarterly simplification

Turns one released quarter into proposals a person decides on. Starts by itself when `nightly_consolidation`
(or `quarter_force`) releases the quarter; the partition key is the quarter, `2017-Q4`.

**Steps.** analyse → propose → approve → record_decision → publish.

**approve** waits for a person: *Required Actions* in the menu, or the run's page. Read the summary, choose
*Phê duyệt* or *Không phê duyệt*, write the reason. It waits 30 days, then fails: clear it to ask again. The
answer is kept in the warehouse, with who and when; the first one stands.

**Rerun.** Trigger with the same partition key. Flags and proposals of the quarter are replaced as a whole,
from what was known on the night of release; a second run asks again but does not overwrite the decision.

**Red task.** A line that starts `E-` says what, where and how to mend it.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, PartitionedAssetTimetable, dag, task

from dags.ops import terms


@dag(
    schedule=PartitionedAssetTimetable(assets=terms.QUARTER),
    catchup=False,
    max_active_runs=1,
    default_args=terms.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["quarter"],
)
def quarterly_simplification() -> None:
    @task(pool=terms.WRITER_POOL)
    def analyse(partition_key: str | None = None) -> dict[str, Any]:
        from pipelines import quarterly

        return quarterly.analyse(terms.quarter_of(partition_key))

    @task(pool=terms.WRITER_POOL)
    def propose(partition_key: str | None = None) -> dict[str, Any]:
        from pipelines import quarterly

        return quarterly.propose(terms.quarter_of(partition_key))

    # Not ApprovalOperator: its buttons are English, and on "Reject" it skips the task that keeps the answer.
    approve = HITLOperator(
        task_id="approve",
        subject="{{ ti.xcom_pull(task_ids='propose')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='propose')['body'] }}",
        options=list(terms.CHOICES),
        params={
            "reason": Param("", type="string", title="Lý do"),
            "is_demo": Param(False, type="boolean", title="Duyệt thử (minh họa, không có giá trị pháp lý)"),
        },
        response_timeout=timedelta(days=30),
    )

    @task(pool=terms.WRITER_POOL)
    def record_decision(answer: dict[str, Any], partition_key: str | None = None) -> dict[str, Any]:
        from pipelines import quarterly

        return quarterly.record_decision(terms.quarter_of(partition_key), **terms.decision_of(answer))

    @task(pool=terms.WRITER_POOL)
    def publish(partition_key: str | None = None) -> dict[str, Any]:
        from pipelines import quarterly

        return quarterly.publish(terms.quarter_of(partition_key))

    analyse() >> propose() >> approve
    record_decision(approve.output) >> publish()  # type: ignore[arg-type]  # Airflow fills it in at run time


quarterly_simplification()
