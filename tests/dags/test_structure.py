"""The timetables: they load, load nothing heavy, say what they are, and hold no logic."""

import ast
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
FILES = sorted(path for path in (REPO / "dags").glob("*.py") if path.name != "__init__.py")
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.With, ast.Match, ast.ListComp, ast.BoolOp)


@pytest.fixture(scope="module")
def dagbag():
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(REPO / "dags"))


def edges(dag) -> set[tuple[str, str]]:
    return {(task.task_id, down) for task in dag.tasks for down in task.downstream_task_ids}


def test_all_load(dagbag) -> None:
    assert dagbag.import_errors == {}
    assert set(dagbag.dags) == {"nightly_consolidation", "quarterly_simplification", "quarter_force"}


def test_night_runs_the_steps_in_the_order_of_the_pipelines(dagbag) -> None:
    from pipelines.night_order import STEPS

    dag = dagbag.dags["nightly_consolidation"]
    names = [step.name for step in STEPS]
    assert [task.task_id for task in dag.topological_sort() if task.task_id in names] == names
    assert set(pairwise([*names, "announce"])) <= edges(dag)
    assert {task.task_id for task in dag.tasks} == {*names, "announce", "red"}
    assert {task.task_id for task in dag.tasks if task.is_mapped} == {"collect", "announce"}
    writers = {task.task_id for task in dag.tasks if task.pool == "warehouse_writer"}
    assert writers == {"merge", "models", "publish", "apology_letters", "notify", "release"}


def test_what_comes_after_a_step_that_stops_nobody_waits_for_it_and_for_the_models_only(dagbag) -> None:
    from pipelines.night_order import STEPS

    dag = dagbag.dags["nightly_consolidation"]
    for before, step in pairwise(STEPS):
        task = dag.get_task(step.name)
        if before.is_needed:
            assert (task.trigger_rule, task.upstream_task_ids) == ("all_success", {before.name})
        else:
            assert task.trigger_rule == "all_done_min_one_success", step.name
            assert task.upstream_task_ids == {"models", before.name}
    assert dag.get_task("red").upstream_task_ids == {step.name for step in STEPS if not step.is_needed}
    assert dag.max_active_runs == 1


def test_night_runs_at_one_for_the_day_before(dagbag) -> None:
    timetable = dagbag.dags["nightly_consolidation"].timetable
    assert (timetable.expression, str(timetable.timezone)) == ("0 1 * * *", "Asia/Ho_Chi_Minh")
    assert (timetable.run_offset, timetable.key_format) == (-1, "%Y-%m-%d")


def test_only_the_mapped_announcement_touches_the_asset(dagbag) -> None:
    for dag_id in ("nightly_consolidation", "quarter_force"):
        given = {task.task_id: [asset.name for asset in task.outlets] for task in dagbag.dags[dag_id].tasks}
        assert {task: assets for task, assets in given.items() if assets} == {"announce": ["quarter_ready"]}


def test_quarter_asks_a_person_and_keeps_the_answer_either_way(dagbag) -> None:
    dag = dagbag.dags["quarterly_simplification"]
    chain = ["analyse", "propose", "decide", "record_decision", "publish"]
    assert edges(dag) == {*pairwise(chain), ("propose", "record_decision"), ("decide", "publish")}
    asked = dag.get_task("decide")
    assert asked.options == ["Ghi nhận quyết định"]
    assert asked.response_timeout.days == 30
    assert asked.defaults is None, "silence is not consent"


def test_runbook_is_shown(dagbag) -> None:
    for dag in dagbag.dags.values():
        assert dag.doc_md.startswith("# ")
        assert "Rerun" in dag.doc_md or "By hand" in dag.doc_md


def test_foreseen_errors_are_not_tried_again(dagbag) -> None:
    from airflow.sdk import RetryAction

    from domain.errors import KnownError, PassingError

    policy = dagbag.dags["nightly_consolidation"].get_task("merge").retry_policy
    assert policy.evaluate(PassingError("E", "x", mend="y"), 1, 2).action != RetryAction.FAIL
    assert policy.evaluate(KnownError("E", "x", mend="y"), 1, 2).action == RetryAction.FAIL
    assert policy.evaluate(KeyError("a bug"), 1, 2).action == RetryAction.FAIL
    assert policy.evaluate(OSError("share away"), 1, 2).action != RetryAction.FAIL


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_thin(path: Path) -> None:
    tree = ast.parse(path.read_text())
    code = sum(bool(line.strip()) for line in path.read_text().splitlines()[tree.body[0].end_lineno :])
    assert code < 80, f"{path.name} has {code} lines below its runbook: move work to pipelines/"
    branches = [type(node).__name__ for node in ast.walk(tree) if isinstance(node, BRANCHES)]
    assert not branches, f"{path.name} decides something {branches}: move it to pipelines/"


def test_reading_all_timetables_imports_nothing_heavy() -> None:
    code = (
        "import sys, dags.nightly_consolidation, dags.quarterly_simplification, dags.quarter_force\n"
        "heavy = {'pandas', 'sklearn', 'great_expectations', 'duckdb', 'ibis', 'pipelines', 'warehouse'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_pages_serve_nights_and_books_and_no_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin's list and patterns; that they need the login is seen on the real server (test_scheduler)."""
    from dags.ops.plugins import pages

    monkeypatch.setenv("TINHGON_VAR", str(tmp_path))
    served = [
        "nights/2017-12-30/chat_luong.html",
        "nights/2017-12-31/chat_luong.html",
        "quarters/2017-Q4/so_tay_quy.html",
    ]
    hidden = ["nights/2017-12-31/ho_so_tre_han.xlsx", "nights/2017-12-31/x.docx", "quarters/2017-Q5/so_tay_quy.html"]
    for name in (*served, *hidden):
        path = tmp_path / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("trang")
    assert pages.made() == {"nights": served[1::-1], "quarters": served[2:]}
    assert Path(pages.file(served[0]).path) == tmp_path / "out" / served[0]
    listed = bytes(pages.index().body).decode()
    assert [name in listed for name in (*served, *hidden)] == [True] * 3 + [False] * 3
    for name in (*hidden, "../secret.html", "nights/2018-01-01/chat_luong.html"):
        with pytest.raises(pages.HTTPException):
            pages.file(name)
    [served_app] = pages.Pages.fastapi_apps
    assert served_app["app"].router.dependencies[0].dependency is pages.get_user
