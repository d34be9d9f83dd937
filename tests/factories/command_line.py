"""The command line in this process, as a person at a terminal meets it."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.settings import Settings
from tests.factories.sites import KEY

Call = Callable[..., str]


def command_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Call:
    """`call("night", NIGHT, code=0)` runs one command on these settings; gives what it said."""
    monkeypatch.setenv("TINHGON_SITE", str(settings.site_folder))
    monkeypatch.setenv("TINHGON_VAR", str(settings.var))
    monkeypatch.setenv("TINHGON_INBOX", str(settings.inbox))
    monkeypatch.setenv("TINHGON_HASH_KEY", KEY)
    for name in ("WAREHOUSE_URL", "TINHGON_SMTP_URL"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(words))
        assert "Traceback" not in result.output, result.output
        assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
        return result.output

    return call
