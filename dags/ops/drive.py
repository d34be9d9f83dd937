"""Drives the main job through a running Airflow: the nights in order, then the quarter and its decision.

Everything goes by Airflow's REST interface, by partition key; nothing here knows what a night does.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from dags.ops import form
from dags.ops.launcher import Airflow
from dags.ops.rest import DONE, Rest
from dags.ops.screen import Screen
from domain.errors import KnownError

NIGHT_DAG: Final = "nightly_consolidation"
QUARTER_DAG: Final = "quarterly_simplification"
DAGS: Final = [NIGHT_DAG, QUARTER_DAG, "quarter_force"]
NOTE: Final = "started by ./run"
DEMO_CHOICE: Final = "Đồng ý"
DEMO_REASON: Final = "Do ./run trả lời để minh họa; không có giá trị pháp lý."
LOG_LINES: Final = 25


@dataclass(frozen=True, kw_only=True)
class Driver:
    """One main job: the running Airflow, its REST client, the screen, and how long to wait (seconds)."""

    airflow: Airflow
    rest: Rest
    screen: Screen
    start_seconds: float = 180
    run_seconds: float = 1800

    def wait_ready(self, since: str) -> None:
        """Wait until the scheduler is alive and has read all timetables after `since` (ISO instant, UTC)."""
        with self.screen.step("Airflow") as step:
            for _ in self._ticks(self.start_seconds, "Airflow to start"):
                step.update("starting")
                if self.rest.is_ready(DAGS, since):
                    return

    def night(self, night: str) -> None:
        """Run one night by its key and wait for it; KnownError E-RUN-FAILED with the task's last words."""
        self._finish(NIGHT_DAG, self.rest.trigger(NIGHT_DAG, night, NOTE), night)

    def quarter(self, quarter: str, *, before: int) -> None:
        """See the quarter through to its decision and papers.

        `before` is the number of its runs before the nights started: a new one was released by them. No new
        one and a finished old one: the quarter is out and decided already, and that is said. Anything else
        (waiting for its answer, failed, or lost between release and announcement) is taken up again.
        """
        runs = self.rest.runs(QUARTER_DAG, quarter)
        if len(runs) == before and runs and runs[-1]["state"] == "success":
            self.screen.line(f"quarter {quarter}: already released and decided, nothing to do")
            return
        if not runs or runs[-1]["state"] == "failed":
            run = self.rest.trigger(QUARTER_DAG, quarter, NOTE)
        else:
            run = str(runs[-1]["dag_run_id"])
        self._finish(QUARTER_DAG, run, quarter)

    def wait_released(self, quarter: str, *, before: int, nights: list[str]) -> None:
        """Give the scheduler a moment to start the quarter when the last night announced it."""
        last = self.rest.runs(NIGHT_DAG, nights[-1])[-1]["dag_run_id"]
        announced = [
            t for t in self.rest.tasks(NIGHT_DAG, last) if (t["task_id"], t["state"]) == ("announce", "success")
        ]
        if announced:
            for _ in self._ticks(60, f"quarter {quarter} to start"):
                if len(self.rest.runs(QUARTER_DAG, quarter)) > before:
                    return

    def _finish(self, dag: str, run: str, key: str) -> None:
        with self.screen.step(f"{_word(dag)} {key}") as step:
            for _ in self._ticks(self.run_seconds, f"{dag} {key}"):
                state = self.rest.state(dag, run)
                if state in DONE:
                    break
                # Asking for the tasks costs the same two cores that do the work: only where somebody looks.
                if dag == QUARTER_DAG or step.is_seen:
                    tasks = self.rest.tasks(dag, run)
                    step.update(_doing(tasks))
                    if any(task["state"] == "awaiting_input" for task in tasks):
                        self._answer(dag, run)
            if state == "failed":
                raise self._failure(dag, run, key)

    def _answer(self, dag: str, run: str) -> None:
        for question in self.rest.questions(dag, run):
            task = question["task_instance"]["task_id"]
            items = form.items_in(question["params"])
            params = form.answer_of(items, choice=DEMO_CHOICE, reason=DEMO_REASON)
            self.rest.answer(dag, run, task=task, option=form.KEEP, params=params)
            self.screen.line(f"  asked: {question['subject']}")
            self.screen.line(f"  answered as marked demonstrations: {len(items)} x {DEMO_CHOICE}")

    def _failure(self, dag: str, run: str, key: str) -> KnownError:
        failed = [task for task in self.rest.tasks(dag, run) if task["state"] == "failed"]
        for task in failed[:2]:
            self.screen.line(f"--- last lines of task {task['task_id']} ---")
            for line in self._log_tail(dag, run, task):
                self.screen.line(f"  {line}")
        names = ", ".join(sorted({task["task_id"] for task in failed})) or "none"
        return KnownError(
            "E-RUN-FAILED",
            f"[{dag}] for [{key}] failed; failed tasks: [{names}]",
            mend="mend what the lines above say and run ./run again (any night can be run again), "
            "or look at the run with ./run serve",
        )

    def _log_tail(self, dag: str, run: str, task: dict[str, Any]) -> list[str]:
        folder = self.airflow.place.home / "logs" / f"dag_id={dag}" / f"run_id={run}" / f"task_id={task['task_id']}"
        if task["map_index"] >= 0:
            folder /= f"map_index={task['map_index']}"
        path = folder / f"attempt={task['try_number']}.log"
        if not path.exists():
            return [f"(no log at {path})"]
        lines = [_plain(line) for line in path.read_text(errors="replace").splitlines()]
        return [*[line for line in lines if line][-LOG_LINES:], f"(all of it: {path})"]

    def _ticks(self, seconds: float, what: str) -> Iterator[None]:
        """Tick while waiting; ends with an error when Airflow died or the time is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.airflow.check()
            yield
            time.sleep(0.4)
        raise KnownError(
            "E-TOO-LONG",
            f"waited [{seconds:.0f}] seconds for [{what}]",
            mend=f"look at the logs below [{self.airflow.place.home / 'logs'}], then run ./run again",
        )


def drive(driver: Driver, *, nights: list[str], quarter: str) -> None:
    """The main job: every night in order, then the quarter they complete."""
    before = len(driver.rest.runs(QUARTER_DAG, quarter))
    for night in nights:
        driver.night(night)
    driver.wait_released(quarter, before=before, nights=nights)
    driver.quarter(quarter, before=before)


def _word(dag: str) -> str:
    return {NIGHT_DAG: "night", QUARTER_DAG: "quarter"}[dag]


def _doing(tasks: list[dict[str, Any]]) -> str:
    done = sum(task["state"] in ("success", "skipped") for task in tasks)
    now = [task["task_id"] for task in tasks if task["state"] in ("running", "up_for_retry", "awaiting_input")]
    return f"{done}/{len(tasks)} tasks done, now: {', '.join(sorted(set(now))) or '…'}"


def _plain(line: str) -> str:
    """One readable line of Airflow's JSON log: the message, and the error when it holds one."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    words = str(entry.get("event", ""))
    for error in entry.get("error_detail") or []:
        for frame in (error.get("frames") or [])[-2:]:
            words += f"\n    {frame.get('filename')}:{frame.get('lineno')} {frame.get('name')}"
        words += f"\n    {error.get('exc_type')}: {error.get('exc_value')}"
    return "" if words.startswith("::") else words
