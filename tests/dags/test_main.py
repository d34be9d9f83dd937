"""The command behind ./run: what it says and leaves when something is wrong before Airflow starts."""

from types import SimpleNamespace

import pytest

from dags.ops import __main__ as main
from dags.ops.environment import Place, free_port, password, prepare, variables
from domain.errors import KnownError


def test_unreadable_site_is_told_without_a_traceback(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("TINHGON_SITE", str(tmp_path / "nowhere"))
    monkeypatch.setattr(main, "stop_on_signals", lambda: None)
    assert main.main([]) == 1
    shown = capsys.readouterr().out
    assert "Mend:" in shown
    assert "Traceback" not in shown


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
