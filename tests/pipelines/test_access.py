"""What a run leaves is its owner's alone, whatever the umask, the age and the group say."""

import grp
import os
import stat
from pathlib import Path

import pandas as pd
import pytest

from domain.errors import KnownError
from pipelines import access
from pipelines.new_site import check_site
from pipelines.publish.files import write_whole
from pipelines.settings import Settings
from tests.factories.sites import make_site, write_site
from warehouse import Warehouse


@pytest.fixture(autouse=True)
def open_umask():
    """A careless caller: everything made without care would be everybody's."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_to_others(folder: Path) -> list[str]:
    """Whatever below a folder, and the folder, has a bit for anybody but its owner."""
    return [f"{mode(path):o} {path}" for path in [folder, *folder.rglob("*")] if mode(path) & 0o077]


def a_group() -> str:
    """A group this user may give files to: another than the own one where there is one."""
    mine = {os.getgid(), *os.getgroups()}
    known = [g.gr_name for g in grp.getgrall() if (os.getuid() == 0 or g.gr_gid in mine) and g.gr_gid != os.getgid()]
    return known[0] if known else grp.getgrgid(os.getgid()).gr_name


def test_settings_shut_the_place_and_all_that_is_made_later(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    write_whole(settings.var / "out" / "nights" / "x" / "page.html", b"1")
    with Warehouse.open(settings.warehouse_url) as warehouse:
        warehouse.migrate()
        warehouse.replace_dimensions({"unit": pd.DataFrame({"unit_code": ["U1"], "valid_from": ["2017-01-01"]})})
        assert (settings.var / "warehouse.duckdb.wal").stat().st_size, "the file beside it is there to be looked at"
        assert open_to_others(settings.var) == []
    assert mode(settings.var / "out" / "nights" / "x" / "page.html") == 0o600
    assert mode(settings.var / "out" / "nights") == 0o700


def test_what_an_older_version_left_open_is_shut(tmp_path: Path) -> None:
    outside = tmp_path / "other_disk"
    (outside / "raw").mkdir(parents=True)
    (outside / "raw" / "ho_so.csv").write_text("tên")
    hand_in_place = tmp_path / "units_write_here"
    hand_in_place.mkdir()
    var = tmp_path / "var"
    (var / "out" / "nights").mkdir(parents=True)
    (var / "out" / "nights" / "page.html").write_text("trang")
    (var / "warehouse.duckdb").write_bytes(b"")
    (var / "landing").symlink_to(outside)
    (var / "inbox").symlink_to(hand_in_place)
    access.shut(var)
    assert open_to_others(outside) == []
    assert [line for line in open_to_others(var) if not line.startswith("777 ")] == []  # a link is always 777
    assert mode(hand_in_place) == 0o777, "a link named inbox leads to where other people write"


def test_a_walk_killed_on_its_way_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    var = tmp_path / "var"
    (var / "landing" / "raw").mkdir(parents=True)
    (var / "landing" / "raw" / "a.csv").write_text("tên")
    real = Path.chmod

    def killed(path: Path, bits: int) -> None:
        if path.name == "landing":
            raise KeyboardInterrupt
        real(path, bits)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "chmod", killed)
        with pytest.raises(KeyboardInterrupt):
            access.shut(var)
    (var / "landing" / "raw" / "b.csv").write_text("tên")
    (var / "landing" / "raw" / "b.csv").chmod(0o666)
    access.shut(var)
    assert open_to_others(var) == []


def test_a_group_reads_out_and_nothing_else(tmp_path: Path) -> None:
    name = a_group()
    number = grp.getgrnam(name).gr_gid
    settings = make_site(tmp_path)
    write_whole(settings.var / "out" / "nights" / "old.html", b"1")
    write_whole(settings.var / "outbox" / "x.eml", b"1")
    write_site(tmp_path / "site", access={"readers": name})
    env = {"TINHGON_SITE": str(tmp_path / "site"), "TINHGON_VAR": str(settings.var)}
    Settings.from_env(env)
    write_whole(settings.var / "out" / "quarters" / "2017-Q4" / "book.html", b"1")
    write_whole(settings.var / "outbox" / "y.eml", b"1")
    for path in (settings.var / "out").rglob("*"):
        assert (mode(path), path.stat().st_gid) == (0o640 if path.is_file() else 0o2750, number), path
    assert mode(settings.var / "out") == 0o2750
    assert (mode(settings.var), settings.var.stat().st_gid) == (0o710, number), "passed through, not listed"
    others = [line for line in open_to_others(settings.var) if "/out" not in line.replace("/outbox", "/box")]
    assert others == [f"710 {settings.var}"]
    write_site(tmp_path / "site")
    Settings.from_env(env)
    assert open_to_others(settings.var) == [], "the key taken out shuts it again"


def test_a_group_that_is_not_there_stops_at_the_door(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", access={"readers": "no_such_group_here"})
    with pytest.raises(KnownError, match=r"E-ACCESS-GROUP .*\[no_such_group_here\]"):
        Settings.from_env({"TINHGON_SITE": str(site), "TINHGON_VAR": str(tmp_path / "var")})
    with pytest.raises(KnownError, match="E-ACCESS-GROUP"):
        check_site(site)


def test_a_way_the_group_cannot_go_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    access.shut(tmp_path / "closed" / "var", readers=a_group())
    assert f"[{tmp_path / 'closed'}] is closed to it" in caplog.text


def test_a_place_that_cannot_be_shut_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "var").mkdir()
    monkeypatch.setattr(Path, "chmod", lambda path, bits: None)  # a disk that keeps no permissions
    with pytest.raises(KnownError, match=r"E-VAR-OPEN .*mode \[777\]"):
        access.shut(tmp_path / "var")


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    for place in (tmp_path / "var", tmp_path / "var" / "deeper"):
        with pytest.raises(KnownError, match="E-VAR "):
            access.shut(place)
