"""# Quarterly simplification

Turns one released quarter into proposals people decide on, one by one. Starts by itself when
`nightly_consolidation` (or `quarter_force`) releases the quarter; the partition key is the quarter, `2017-Q4`.

**Steps.** analyse → propose → decide → record_decision → publish. `analyse` writes an *edition* that never changes;
`propose` publishes the book and the draft papers of that edition, then `decide` waits.

**decide** waits for a person: *Required Actions* in the menu, or the run's page. Read the papers, choose for each
item (the numbers PA-01 … are those of the papers), write reasons, answer. Items left undecided stay open: decide them
with `tinhgon decide`, or clear `decide` to be asked again. It waits 30 days, then fails: clear it to ask again. Every
answer is kept with who, when, and the fingerprint of the edition that was shown; what somebody else decided meanwhile
is told and not overwritten. A quarter is signed with `tinhgon sign`.

**Rerun.** Trigger with the same partition key. The same data and settings give the same edition; others give a new
one beside it, to be decided on anew. What was decided and signed stays with its edition.

**Red task.** A line that starts `E-` says what, where and how to mend it.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import PartitionedAssetTimetable, dag, task

from dags.ops import form, terms


@dag(
    schedule=PartitionedAssetTimetable(assets=terms.QUARTER),
    catchup=False,
    max_active_runs=8,  # one waits for people for weeks; the next quarter, or a new edition, does not wait for it
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

    question = propose()
    decide = form.ItemsForm(task_id="decide", asked_by="propose", response_timeout=timedelta(days=30))

    @task(pool=terms.WRITER_POOL)
    def record_decision(
        answer: dict[str, Any], question: dict[str, Any], partition_key: str | None = None
    ) -> dict[str, Any]:
        from pipelines import quarterly

        return quarterly.decide_form(terms.quarter_of(partition_key), **form.decision_of(answer, question))

    @task(pool=terms.WRITER_POOL)
    def publish(recorded: dict[str, Any], answer: dict[str, Any], partition_key: str | None = None) -> dict[str, Any]:
        from pipelines import quarterly

        done = quarterly.publish(terms.quarter_of(partition_key), edition=recorded["edition"])
        form.must_be_kept(recorded, is_demo=form.is_demo(answer))
        return done

    analyse() >> question >> decide
    recorded = record_decision(decide.output, question)  # type: ignore[arg-type]  # filled in at run time
    publish(recorded, decide.output)  # type: ignore[arg-type]


quarterly_simplification()
