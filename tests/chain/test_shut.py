"""A real night and quarter by the command line, under careless umasks: who can read what they leave."""

import grp
import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from tests.factories.sites import csv_text, hand_in, make_site, unit, write_site
from tests.pipelines.test_access import a_group

NIGHT, QUARTER = "2017-12-20", "2017-Q4"
LATE = ["HS-1", "1.000001", "01/12/2017 08:00", "11/12/2017 17:00", "", "4"]
SITE = {
    "catalogue": {
        "format": "none",
        "procedures": [{"code": "1.000001", "name": "Thủ tục thử", "field_code": "X", "field_name": "Lĩnh vực thử"}],
    },
}
UNITS = [unit(), unit("X2", contact={"email": "x2@vidu.invalid"})]  # the second hands in nothing and gets a mail
LEFT = {"inbox", "landing", "out", "outbox", "secret", "warehouse.duckdb"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TINHGON_SITE", str(tmp_path / "site"))
    monkeypatch.setenv("TINHGON_VAR", str(tmp_path / "var"))
    for name in ("WAREHOUSE_URL", "TINHGON_INBOX", "TINHGON_SMTP_URL", "TINHGON_HASH_KEY"):
        monkeypatch.delenv(name, raising=False)
    before = os.umask(0)

    def call(umask: int, *words: str) -> None:
        os.umask(umask)
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == 0, result.output

    yield call
    os.umask(before)


@pytest.mark.slow
@pytest.mark.parametrize(("umask", "readers"), [(0o000, None), (0o022, a_group())], ids=["000", "022-readers"])
def test_only_the_owner_and_the_readers_of_out(run, tmp_path: Path, umask: int, readers: str | None) -> None:
    settings = make_site(tmp_path, UNITS, **SITE)
    hand_in(settings, "ho_so.csv", csv_text([LATE]))
    if readers is not None:
        write_site(tmp_path / "site", UNITS, **SITE, access={"readers": readers})
    for path in [settings.var, *settings.var.rglob("*")]:  # as a version before this one left it
        path.chmod(0o777 if path.is_dir() else 0o666)
    run(umask, "night", NIGHT)
    run(umask, "quarter", QUARTER, "--force")
    run(umask, "decide", QUARTER, "--accept", "all", "--by", "Người Thử")
    run(umask, "sign", QUARTER, "--by", "Người Thử")
    assert {path.name for path in settings.var.iterdir()} >= LEFT
    names = {path.suffix for path in (settings.var / "out").rglob("*")}
    assert names >= {".html", ".docx", ".xlsx"}, "papers, pages and a letter are there to be looked at"
    for path in settings.var.rglob("*"):
        bits = stat.S_IMODE(path.lstat().st_mode)
        if readers is not None and path.relative_to(settings.var).parts[0] == "out":
            wanted = 0o640 if path.is_file() else 0o2750
            assert (bits, path.stat().st_gid) == (wanted, grp.getgrnam(readers).gr_gid), path
        else:
            assert bits & 0o077 == 0, f"{bits:o} {path}"
    assert stat.S_IMODE(settings.var.stat().st_mode) == (0o700 if readers is None else 0o710)
