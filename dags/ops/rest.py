"""A small client of Airflow's REST interface: what the main job asks of it, nothing more."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Final

from dags.ops.environment import USER, Place, password

TIMEOUT_SECONDS: Final = 30
DONE: Final = frozenset({"success", "failed"})


class Rest:
    """One login at one Airflow. Errors of the transport are OSError; of Airflow, urllib's HTTPError."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.token: str | None = None
        # Loopback only: a proxy of the environment has no business here.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """Call `/api/v2/<path>` and return the decoded answer."""
        if self.token is None:
            login = {"username": USER, "password": password(self.place)}
            self.token = self._send("POST", f"{self.place.url}/auth/token", login)["access_token"]
        tail = f"?{urllib.parse.urlencode(query, doseq=True)}" if query else ""
        return self._send(method, f"{self.place.url}/api/v2/{path}{tail}", body)

    def _send(self, method: str, url: str, body: object = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def is_ready(self, dags: list[str], since: str) -> bool:
        """True when the scheduler is alive and all timetables were read after the instant `since` (ISO, UTC).

        An error reading a timetable is raised as RuntimeError: waiting does not mend it.
        """
        try:
            errors = self.call("GET", "importErrors")["import_errors"]
            health = self.call("GET", "monitor/health")
            read = {dag["dag_id"]: dag["last_parsed_time"] or "" for dag in self.call("GET", "dags")["dags"]}
        except OSError:
            return False
        if errors:
            raise RuntimeError(errors[0]["stack_trace"])
        return health["scheduler"]["status"] == "healthy" and all(read.get(dag, "") > since for dag in dags)

    def ensure_pool(self, name: str, slots: int) -> None:
        """Make the pool unless it is there."""
        try:
            self.call("POST", "pools", {"name": name, "slots": slots, "description": "one writer at a time"})
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise

    def trigger(self, dag: str, partition_key: str, note: str) -> str:
        """Start a run of the timetable for a partition; returns the run's id."""
        body = {"logical_date": None, "partition_key": partition_key, "note": note}
        return str(self.call("POST", f"dags/{dag}/dagRuns", body)["dag_run_id"])

    def state(self, dag: str, run: str) -> str:
        """State of a run: queued, running, success, failed."""
        return str(self.call("GET", f"dags/{dag}/dagRuns/{_quote(run)}")["state"])

    def runs(self, dag: str, partition_key: str) -> list[dict[str, Any]]:
        """Runs of a timetable for a partition, oldest first."""
        found = self.call("GET", f"dags/{dag}/dagRuns", limit=100, order_by="-id")["dag_runs"]
        return [run for run in reversed(found) if run["partition_key"] == partition_key]

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """Task instances of a run (mapped ones each), as Airflow tells them."""
        path = f"dags/{dag}/dagRuns/{_quote(run)}/taskInstances"
        return list(self.call("GET", path, limit=100)["task_instances"])

    def questions(self, dag: str, run: str) -> list[dict[str, Any]]:
        """What the run asks a person and has no answer to yet."""
        found = self.call("GET", f"dags/{dag}/dagRuns/{_quote(run)}/hitlDetails")["hitl_details"]
        return [question for question in found if not question["response_received"]]

    def answer(self, dag: str, run: str, *, task: str, option: str, params: dict[str, Any]) -> None:
        """Answer a question of the run in the name of the login."""
        path = f"dags/{dag}/dagRuns/{_quote(run)}/taskInstances/{task}/-1/hitlDetails"
        self.call("PATCH", path, {"chosen_options": [option], "params_input": params})


def _quote(run: str) -> str:
    return urllib.parse.quote(run, safe="")
