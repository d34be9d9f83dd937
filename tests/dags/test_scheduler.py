"""The real scheduler: nights and a quarter by partition key, the person's answer, and a clean end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from dags.ops.drive import NIGHT_DAG, QUARTER_DAG, drive
from domain.errors import KnownError

pytestmark = pytest.mark.scheduler

STUBS = Path(__file__).resolve().parent / "stubs"
NIGHTS = ["2017-12-30", "2017-12-31"]


def calls(record: Path) -> list[tuple[str, str]]:
    return [(line["step"], line["key"]) for line in map(json.loads, record.read_text().splitlines())]


def of_night(night: str) -> list[str]:
    return [
        f"{step} {night}" for step in ("plan", "collect", "collect", "collect", "judge", "merge", "models")
    ] + [f"{step} {night}" for step in ("apology_letters", "publish")]


def listening(processes: list[psutil.Process]) -> set[str]:
    found = set()
    for process in processes:
        found |= {c.laddr.ip for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    return found


def test_nights_then_quarter_then_again(running_airflow, tmp_path) -> None:
    record = tmp_path / "calls.jsonl"
    driver, shown = running_airflow(
        PYTHONPATH=str(STUBS), TINHGON_STUB_RECORD=str(record), TINHGON_SCHEDULE_UNTIL="2017-12-31"
    )

    drive(driver, nights=NIGHTS, quarter="2017-Q4")

    made = [f"{step} {key.split('/')[0]}" for step, key in calls(record)]
    nights = made[: made.index("released 2017-Q4")]
    assert nights == of_night(NIGHTS[0]) + of_night(NIGHTS[1])
    assert calls(record)[len(nights) :] == [
        ("released", "2017-Q4"),
        ("analyse", "2017-Q4"),
        ("propose", "2017-Q4"),
        ("reason", "Duyệt thử do ./run trả lời để minh họa; không có giá trị pháp lý."),
        ("decision", "2017-Q4/APPROVED/admin/True"),
        ("publish", "2017-Q4"),
    ]
    assert "answered as a marked demo approval" in shown.getvalue()

    # A night that releases nothing announces nothing: one run of the quarter, of the quarter's own key.
    drive(driver, nights=NIGHTS[1:], quarter="2017-Q4")
    runs = driver.rest.call("GET", f"dags/{QUARTER_DAG}/dagRuns")["dag_runs"]
    assert [run["partition_key"] for run in runs] == ["2017-Q4"]
    assert "already released and decided" in shown.getvalue()

    # Nothing was started by the clock.
    runs = driver.rest.call("GET", "dags/~/dagRuns", limit=100)["dag_runs"]
    assert {run["run_type"] for run in runs} == {"manual", "asset_triggered"}

    assert listening(psutil.Process().children(recursive=True)) == {"127.0.0.1"}
    for secret in [driver.airflow.place.home, *(driver.airflow.place.home / "secret").iterdir()]:
        assert secret.stat().st_mode & 0o077 == 0, f"{secret} can be read by others"


def test_failing_task_is_told_with_its_last_words(running_airflow, tmp_path) -> None:
    stubs = tmp_path / "stubs" / "pipelines"
    stubs.mkdir(parents=True)
    (stubs / "__init__.py").write_text("")
    (stubs / "nightly.py").write_text(
        "from domain.errors import KnownError\n\n\n"
        "def plan(night):\n"
        "    raise KnownError('E-SITE', 'unit [DG-QK] has no source', mend='write one under sources:')\n"
    )
    driver, shown = running_airflow(PYTHONPATH=str(stubs.parent))
    with pytest.raises(KnownError, match="E-RUN-FAILED") as error:
        driver.night("2017-12-31")
    assert "[plan]" in str(error.value)
    assert "./run" in str(error.value)
    assert "unit [DG-QK] has no source" in shown.getvalue()
    tries = [
        task["try_number"]
        for task in driver.rest.tasks(NIGHT_DAG, driver.rest.runs(NIGHT_DAG, "2017-12-31")[0]["dag_run_id"])
        if task["task_id"] == "plan"
    ]
    assert tries == [1], "a foreseen error is not tried again"


LAUNCH = """
import sys
from pathlib import Path
from dags.ops.environment import Place, free_port, prepare, variables
from dags.ops.launcher import Airflow, serve_forever, stop_on_signals

place = Place(home=Path(sys.argv[1]), port=free_port())
prepare(place)
stop_on_signals()
airflow = Airflow(place, environ=variables(place), triggerer=True)
airflow.run("db", "migrate")
with airflow:
    print(place.port, flush=True)
    serve_forever(airflow)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_no_process_is_left_behind(tmp_path, number) -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, str(tmp_path / "airflow")],
        stdout=subprocess.PIPE,
        text=True,
        env=clean,
    )
    try:
        port = int(launcher.stdout.readline())
        wait_until(lambda: answers(port), 120)
        family = psutil.Process(launcher.pid).children(recursive=True)
        assert len(family) >= 4
        assert listening(family) == {"127.0.0.1"}
        launcher.send_signal(number)
        launcher.wait(60)
        gone, alive = psutil.wait_procs(family, timeout=60)
        assert alive == []
    finally:
        launcher.kill()
        launcher.stdout.close()


def answers(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def wait_until(true, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.3)
