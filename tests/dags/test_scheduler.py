"""The real scheduler: nights and a quarter by partition key, the person's answer, and a clean end."""

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from dags.ops.drive import NIGHT_DAG, QUARTER_DAG, drive
from dags.ops.environment import REPO, password, password_file
from domain.errors import KnownError

pytestmark = [pytest.mark.scheduler, pytest.mark.first(1)]

REASON = "Do ./run trả lời để minh họa; không có giá trị pháp lý."
DECIDED = "2017-Q4 " + json.dumps(
    {
        "again": False,
        "edition": 1,
        "fingerprint": "f" * 64,
        "is_demo": True,
        "role": "",
        "said": {"PA-01": ["ACCEPT", REASON], "PA-02": ["ACCEPT", REASON]},
        "who": "admin",
    },
    ensure_ascii=False,
    sort_keys=True,
)
NIGHTS = ["2017-12-30", "2017-12-31"]
STEPS = ["plan", "collect", "collect", "collect", "judge", "merge", "models", "publish", "apology_letters", "notify"]


def test_nights_then_the_quarter_they_release(running) -> None:
    drive(running.driver, nights=NIGHTS, quarter="2017-Q4")

    made = calls(running.record)
    nights = made[: made.index(("released", "2017-Q4"))]
    assert [(step, key.split("/")[0]) for step, key in nights] == [(s, night) for night in NIGHTS for s in STEPS]
    assert sorted(key for step, key in nights if step == "collect") == sorted(
        f"{night}/{unit}" for night in NIGHTS for unit in ("DG-MC", "DG-QK", "DG-QS")
    )
    assert made[len(nights) :] == [
        ("released", "2017-Q4"),
        ("analyse", "2017-Q4"),
        ("propose", "2017-Q4"),
        ("decision", DECIDED),
        ("publish", "2017-Q4"),
    ]
    assert "answered as marked demonstrations: 2 x Đồng ý" in running.shown.getvalue()


def test_night_that_releases_nothing_starts_no_quarter(running) -> None:
    drive(running.driver, nights=NIGHTS[1:], quarter="2017-Q4")
    runs = running.rest.call("GET", f"dags/{QUARTER_DAG}/dagRuns")["dag_runs"]
    assert [run["partition_key"] for run in runs] == ["2017-Q4"]
    assert "already released and decided" in running.shown.getvalue()


def test_failing_task_is_told_with_its_last_words(running) -> None:
    with pytest.raises(KnownError, match="E-RUN-FAILED") as error:
        running.driver.night("2017-12-01")
    assert "[plan, red]" in str(error.value)
    assert "./run" in str(error.value)
    assert "unit [DG-QK] has no source" in running.shown.getvalue()
    run = running.rest.runs(NIGHT_DAG, "2017-12-01")[0]["dag_run_id"]
    tries = {task["task_id"]: task["try_number"] for task in running.rest.tasks(NIGHT_DAG, run)}
    assert tries["plan"] == 1, "a foreseen error is not tried again"


def test_letters_that_fail_stop_neither_the_mails_nor_the_release_and_the_run_is_red(running) -> None:
    with pytest.raises(KnownError, match="E-RUN-FAILED") as error:
        running.driver.night("2017-12-02")
    assert "[apology_letters, red]" in str(error.value)
    assert "letter [1] could not be written" in running.shown.getvalue()
    run = running.rest.runs(NIGHT_DAG, "2017-12-02")[0]["dag_run_id"]
    states = {task["task_id"]: task["state"] for task in running.rest.tasks(NIGHT_DAG, run)}
    assert {name: states[name] for name in ("publish", "notify", "release")} == dict.fromkeys(
        ("publish", "notify", "release"), "success"
    )


def test_nothing_is_started_by_the_clock_after_the_last_scheduled_day(running) -> None:
    runs = running.rest.call("GET", "dags/~/dagRuns", limit=100)["dag_runs"]
    assert {run["run_type"] for run in runs} == {"manual", "asset_triggered"}
    planned = running.rest.call("GET", "dags")["dags"]
    assert {dag["next_dagrun_run_after"] for dag in planned} == {None}


def test_only_loopback_and_only_the_owner(running) -> None:
    assert listening(psutil.Process().children(recursive=True)) == {"127.0.0.1"}
    home = running.place.home
    assert list(home.glob("logs/dag_id=*/**/*.log")), "logs of tasks are there to be looked at"
    for private in [home, *home.rglob("*")]:
        if not private.is_symlink():
            assert private.stat().st_mode & 0o077 == 0, f"{private} can be read by others"


def test_pages_need_the_login_and_letters_are_not_among_them(running) -> None:
    out = running.var / "out"
    for name in ("nights/2017-12-31/chat_luong.html", "nights/2017-12-31/thu_xin_loi/1.docx", "../secret.html"):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("trang")
    token = running.rest.call("GET", "version") and running.rest.token
    assert status(running, "pages") == 401
    assert status(running, "pages", token=token) == 200
    assert status(running, "file/nights/2017-12-31/chat_luong.html") == 401
    assert status(running, "file/nights/2017-12-31/chat_luong.html", token=token) == 200
    for hidden in ("nights/2017-12-31/thu_xin_loi/1.docx", "../secret.html", "%2e%2e/secret.html"):
        assert status(running, f"file/{hidden}", token=token) == 404


ROUTES = """
from airflow.api_fastapi.app import create_app
from starlette.testclient import TestClient

def walk(routes, prefix=""):
    for route in routes:
        path = prefix + route.path
        inner = getattr(route, "app", None)
        if hasattr(inner, "routes"):  # an application below this one
            walk(inner.routes, path)
            TestClient(inner).get("/")  # versions of an interface are made at the first request
            for router in getattr(inner.router, "versioned_routers", {}).values():
                walk(router.routes, path)
        elif not hasattr(route, "methods"):  # a folder of files
            print("GET", path + "/{file}")
        for method in getattr(route, "methods", None) or ():
            print(method, path)

walk(create_app().routes)
"""
REFUSED = {401, 403, 404, 405}
SECURITY = REPO / "docs" / "reference" / "security.md"


def test_what_answers_without_a_login_is_what_the_security_page_names(running) -> None:
    command = [sys.executable, "-c", ROUTES]
    told = subprocess.run(command, env=running.environ, cwd=REPO, capture_output=True, text=True, check=True).stdout
    routes = set(re.findall(r"(?m)^([A-Z]+) (/.*)$", told))
    assert len(routes) > 150
    assert {("GET", "/tinhgon/pages"), ("GET", "/openapi.json"), ("GET", "/api/v2/connections")} < routes
    assert ("PATCH", "/execution/task-instances/{task_instance_id}/run") in routes
    answers = {route: asked(running, route[0], an_address(route[1])).status for route in routes}
    open_ones = {route for route, answer in answers.items() if answer not in REFUSED}
    named = re.findall(r"(?m)^\| `([A-Z]+) (/[^`]*)` \|", SECURITY.read_text())
    assert open_ones == set(named)


def test_descriptions_of_interfaces_are_shown_to_nobody_and_the_version_to_who_has_logged_in(running) -> None:
    token = running.rest.call("GET", "version") and running.rest.token
    for path in (
        "/docs",
        "/docs/",
        "/redoc",
        "/openapi.json",
        "/auth/docs",
        "/execution/openapi.json?version=2026-06-30",
    ):
        assert asked(running, "GET", path, token=token).status == 404, path
    assert asked(running, "GET", "/api/v2/version", token="nonsense").status == 403
    assert asked(running, "GET", "/api/v2/version", cookie=f"_token={token}").status == 200


def test_no_other_origin_frames_the_server_and_no_script_runs_in_our_pages(running) -> None:
    token = running.rest.call("GET", "version") and running.rest.token
    for path in ("/", "/auth/login", "/static/pin_32.png", "/docs", "/api/v2/version", "/tinhgon/pages"):
        headers = asked(running, "GET", path, token=token).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
        assert len(headers.get_all("Content-Security-Policy")) == 1
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "private, no-store"


def test_the_password_is_in_no_log(running) -> None:
    secret = password(running.place)
    files = [
        path for path in running.place.home.rglob("*") if path.is_file() and path != password_file(running.place)
    ]
    assert any(path.name == "api-server.log" for path in files)
    assert [path for path in files if secret.encode() in path.read_bytes()] == []
    assert secret not in running.shown.getvalue()


def an_address(path: str) -> str:
    """One address of a route: an icon that both folders of files have, or 1 wherever a value goes."""
    return re.sub(r"\{[^}]*\}", "1", path.replace("{file}", "pin_32.png"))


def asked(running, method: str, path: str, **login: str) -> http.client.HTTPResponse:
    """The answer to one request, with `token` or `cookie` or as nobody."""
    headers = {"Authorization": f"Bearer {login['token']}"} if "token" in login else {}
    headers |= {"Cookie": login["cookie"]} if "cookie" in login else {}
    connection = http.client.HTTPConnection("127.0.0.1", running.place.port, timeout=30)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


def status(running, path: str, *, token: str | None = None) -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection = http.client.HTTPConnection("127.0.0.1", running.place.port, timeout=30)
    connection.request("GET", f"/tinhgon/{path}", headers=headers)
    return connection.getresponse().status


LAUNCH = """
import sys
from pathlib import Path
from dags.ops.environment import Place, free_port, prepare, variables
from dags.ops.launcher import Airflow, serve_forever, stop_on_signals

place = Place(home=Path(sys.argv[1]), port=free_port())
prepare(place)
stop_on_signals()
with Airflow(place, environ=variables(place), triggerer=True) as airflow:
    print(place.port, flush=True)
    serve_forever(airflow)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_no_process_is_left_behind(tmp_path, migrated, clean_environ, number) -> None:
    home = tmp_path / "airflow"
    home.mkdir()
    shutil.copy(migrated, home)
    command = [sys.executable, "-c", LAUNCH, str(home)]
    launcher = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environ)
    try:
        port = int(launcher.stdout.readline())
        wait_until(lambda: answers(port), 120)
        family = psutil.Process(launcher.pid).children(recursive=True)
        assert len(family) >= 4
        assert listening(family) == {"127.0.0.1"}
        launcher.send_signal(number)
        launcher.wait(60)
        _, alive = psutil.wait_procs(family, timeout=60)
        assert alive == []
    finally:
        launcher.kill()
        launcher.stdout.close()


def calls(record) -> list[tuple[str, str]]:
    return [(line["step"], line["key"]) for line in map(json.loads, record.read_text().splitlines())]


def listening(processes: list[psutil.Process]) -> set[str]:
    found = set()
    for process in processes:
        found |= {c.laddr.ip for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    return found


def answers(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def wait_until(true, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            pytest.fail("waited too long")
        time.sleep(0.3)
