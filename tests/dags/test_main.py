"""The command behind ./run: what it says and leaves when something is wrong before Airflow starts."""

import json
import os
import re
import subprocess
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from dags.ops import __main__ as main
from dags.ops.environment import ALLOWED, REPO, Place, free_port, password, prepare, variables
from domain.errors import KnownError
from tests.factories.sites import write_site


def test_unreadable_site_is_told_without_a_traceback(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("TINHGON_SITE", str(tmp_path / "nowhere"))
    monkeypatch.setattr(main, "stop_on_signals", lambda: None)
    assert main.main([]) == 1
    shown = capsys.readouterr().out
    assert "Mend:" in shown
    assert "Traceback" not in shown


def test_another_site_is_refused_before_anything_is_made(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("TINHGON_SITE", str(write_site(tmp_path / "site")))
    monkeypatch.setenv("TINHGON_VAR", str(tmp_path / "var"))
    monkeypatch.setattr(main, "stop_on_signals", lambda: None)
    assert main.main([]) == 1
    said = capsys.readouterr().out
    assert said.startswith("E-RUN-SITE ")
    assert "[thu]" in said
    assert "./run serve" in said
    assert not (tmp_path / "var").exists()


def test_the_main_job_ends_with_what_to_open_first() -> None:
    made = ["/v/out/nights/2017-12-30/chat_luong.html", "/v/out/nights/2017-12-31/chat_luong.html"]
    status = "\n".join(["Made:", *(f"  {path}" for path in made), "  /v/out/quarters/2017-Q4/so_tay_quy.html"])
    assert main.look_first(status) == [
        "Open this first: /v/out/nights/2017-12-31/chat_luong.html",
        "Then the quarter: /v/out/quarters/2017-Q4/so_tay_quy.html",
        "Airflow with its pages: ./run serve",
    ]


def test_help_needs_no_set_up_and_names_every_setting() -> None:
    told = subprocess.run(["./run", "--help"], cwd=REPO, capture_output=True, text=True, check=True).stdout
    settings = (REPO / "pipelines" / "settings.py").read_text()
    names = set(re.findall(r"TINHGON_[A-Z_]+|WAREHOUSE_URL", settings))
    assert len(names) >= 8
    assert [name for name in sorted(names) if name not in told] == []
    assert "Exit code: 0" in told


def test_a_second_run_on_the_same_place_is_told_so(tmp_path) -> None:
    place = Place(home=tmp_path, port=free_port())
    with main.only_one(place), pytest.raises(KnownError, match="E-RUNNING"), main.only_one(place):
        pass
    with main.only_one(place):
        pass


def test_broken_off_simulation_leaves_no_inbox(tmp_path, monkeypatch) -> None:
    settings = SimpleNamespace(inbox=tmp_path / "inbox", var=tmp_path, site_folder=tmp_path / "nowhere")
    screen = main.Screen()
    with (
        pytest.raises(KnownError, match="E-SIMULATOR"),
        main.simulation(settings, {"PATH": ""}, screen) as finish,
    ):
        finish()
    assert not settings.inbox.exists()
    settings.inbox.mkdir()
    with main.simulation(settings, {}, screen) as finish:
        finish()


def test_secrets_and_login_stay_the_same(tmp_path) -> None:
    place = Place(home=tmp_path / "airflow", port=free_port())
    prepare(place)
    first = variables(place, base={}), password(place)
    prepare(place, preload=True)
    assert (variables(place, base={}), password(place)) == first
    assert len(first[0]["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64


OUTSIDE = {
    "AIRFLOW_CONFIG": "/elsewhere/airflow.cfg",
    "AIRFLOW_CONN_X": "http://u:p@example.invalid",
    "AIRFLOW_HOME": "/elsewhere",
    "AIRFLOW__API__ACCESS_CONTROL_ALLOW_ORIGINS": "https://example.invalid",
    "AIRFLOW__API__EXPOSE_CONFIG": "True",
    "AIRFLOW__API__HOST": "0.0.0.0",
    "AIRFLOW__API__SECRET_KEY_CMD": "echo known",
    "AIRFLOW__API__WORKERS": "9",
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "guest:admin",
    "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "True",
    "DEV_MODE": "true",
    "FORWARDED_ALLOW_IPS": "*",
    "_AIRFLOW__AS_LIBRARY": "1",
}
OURS = {
    "AIRFLOW__CORE__PARALLELISM": "8",
    "NO_PROXY": "example.invalid",
    "PATH": "/bin",
    "TINHGON_SMTP_URL": "smtp://x",
}


@pytest.fixture
def place(tmp_path) -> Place:
    made = Place(home=tmp_path / "airflow", port=free_port())
    prepare(made)
    return made


def test_an_exported_setting_does_not_open_the_door(place) -> None:
    environ = variables(place, base=OUTSIDE | OURS)
    assert environ == variables(place, base=OURS)
    assert environ["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
    assert environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == "admin:admin"
    assert environ["AIRFLOW_HOME"] == str(place.home)
    assert "AIRFLOW__API__WORKERS" not in environ


def test_what_a_caller_may_set_is_passed_on(place) -> None:
    environ = variables(place, base=OUTSIDE | OURS)
    assert environ["AIRFLOW__CORE__PARALLELISM"] == "8"
    assert environ["NO_PROXY"] == "example.invalid,127.0.0.1,localhost"
    assert environ["TINHGON_SMTP_URL"] == "smtp://x"
    assert not ALLOWED & {
        name for name, value in variables(place, base=dict.fromkeys(ALLOWED, "x")).items() if value != "x"
    }


def test_what_is_not_passed_on_is_said_in_one_line_by_name_only(tmp_path, monkeypatch, capsys) -> None:
    for name in list(os.environ):
        if name.startswith("AIRFLOW"):
            monkeypatch.delenv(name)
    for name, value in (OUTSIDE | OURS).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TINHGON_VAR", str(tmp_path / "var"))
    monkeypatch.setattr(main, "stop_on_signals", lambda: None)
    monkeypatch.setattr(main, "serve", lambda *_: 0)
    assert main.main(["serve"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"Not passed on to Airflow, see docs/reference/security.md: {', '.join(sorted(OUTSIDE))}"
    ]


def test_the_password_is_in_a_file_and_nowhere_else(tmp_path, monkeypatch, capsys, place) -> None:
    monkeypatch.setattr(main, "Airflow", lambda *_, **__: nullcontext())
    monkeypatch.setattr(main, "Driver", lambda **_: MagicMock())
    for name in ("migrate_metadata", "serve_forever", "tinhgon"):
        monkeypatch.setattr(main, name, lambda *_: "")
    settings = SimpleNamespace(site_folder=tmp_path, var=tmp_path / "var", inbox=tmp_path / "inbox")
    assert main.serve(settings, place, main.Screen()) == 0
    said = capsys.readouterr()
    assert password(place) not in said.out + said.err
    path = Path(re.search(r"Password: in \[(.+)\]", said.out)[1])
    assert json.loads(path.read_text()) == {"admin": password(place)}
    assert path.stat().st_mode & 0o777 == 0o600
