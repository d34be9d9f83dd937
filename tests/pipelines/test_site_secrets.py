"""Secrets come from the environment or a file, and show nowhere."""

import stat

import pytest

from domain.errors import KnownError
from pipelines.settings import Settings
from tests.factories.sites import write_site


def env(tmp_path, **more: str) -> dict[str, str]:
    return {"TINHGON_SITE": str(write_site(tmp_path / "site")), "TINHGON_VAR": str(tmp_path / "var")} | more


def test_the_hash_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    first = Settings.from_env(env(tmp_path)).hash_key
    path = tmp_path / "var" / "secret" / "hash_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first) == 64
    assert Settings.from_env(env(tmp_path)).hash_key == first
    assert [p.name for p in path.parent.iterdir()] == ["hash_key"]


def test_secrets_may_be_files(tmp_path):
    (tmp_path / "key").write_text("0123456789abcdef\n", encoding="utf-8")
    (tmp_path / "smtp").write_text("smtp://u:p@127.0.0.1:2525\n", encoding="utf-8")
    files = {"TINHGON_HASH_KEY_FILE": str(tmp_path / "key"), "TINHGON_SMTP_URL_FILE": str(tmp_path / "smtp")}
    settings = Settings.from_env(env(tmp_path, **files))
    assert settings.hash_key == b"0123456789abcdef"
    assert settings.smtp_url == "smtp://u:p@127.0.0.1:2525"
    assert "u:p" not in repr(settings)
    assert not (tmp_path / "var" / "secret").exists()


@pytest.mark.parametrize(
    "secrets",
    [
        {"TINHGON_HASH_KEY": "short"},
        {"TINHGON_HASH_KEY": "0123456789abcdef", "TINHGON_HASH_KEY_FILE": "/nowhere"},
        {"TINHGON_SMTP_URL_FILE": "/nowhere/smtp"},
    ],
)
def test_a_secret_that_cannot_be_used_is_an_error_without_the_secret(tmp_path, secrets):
    with pytest.raises(KnownError) as caught:
        Settings.from_env(env(tmp_path, **secrets))
    assert caught.value.code == "E-SECRET"
    assert "0123456789abcdef" not in str(caught.value)
    assert "short" not in caught.value.message
