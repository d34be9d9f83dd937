"""The command behind ./run: what it says and leaves when something is wrong before Airflow starts."""

import re
import subprocess
from types import SimpleNamespace

import pytest

from dags.ops import __main__ as main
from dags.ops.environment import REPO, Place, free_port, password, prepare, variables
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


def test_an_exported_setting_does_not_open_the_door(tmp_path) -> None:
    place = Place(home=tmp_path / "airflow", port=free_port())
    prepare(place)
    outside = {
        "AIRFLOW__API__HOST": "0.0.0.0",
        "AIRFLOW_HOME": "/elsewhere",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "NO_PROXY": "example.invalid",
    }
    environ = variables(place, base=outside)
    assert environ["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environ["AIRFLOW_HOME"] == str(place.home)
    assert environ["AIRFLOW__CORE__PARALLELISM"] == "8"
    assert environ["NO_PROXY"] == "example.invalid,127.0.0.1,localhost"
