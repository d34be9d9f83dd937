"""Places that are full, closed, read-only, on two disks or broken: each is told by code and mend, and then mended."""

import errno
import os
import random
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.disk import known_fault
from pipelines.publish.files import write_whole
from pipelines.sealed import write_bytes
from pipelines.settings import Settings
from tests.factories.command_line import Call, command_line
from tests.factories.disks import as_another_user, fill, make_read_only, small_disk
from tests.factories.sites import NIGHT, ROW, csv_text, hand_in, make_site, unit
from warehouse import Warehouse
from warehouse.compare import differences, snapshot

CATALOGUE = {
    "format": "none",
    "procedures": [{"code": "1.000001", "name": "Thủ tục thử", "field_code": "X", "field_name": "Lĩnh vực thử"}],
}
LATE = ["X1-2", "1.000001", "01/12/2017 08:00", "11/12/2017 17:00", "", "4"]


def site_at(folder: Path) -> Settings:
    settings = make_site(folder, [unit("X1"), unit("X2")], catalogue=CATALOGUE)
    settings = replace(settings, inbox=folder / "inbox")
    for code in ("X1", "X2"):
        hand_in(settings, "ho_so.csv", csv_text([[f"{code}-1", *ROW[1:]], LATE]), unit_code=code)
    return settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return site_at(tmp_path)


@pytest.fixture
def call(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Call:
    return command_line(settings, monkeypatch)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The tables of a night on a healthy place."""
    from pipelines.night_order import night_at_door, run_night

    settings = site_at(tmp_path_factory.mktemp("healthy"))
    assert not run_night(settings, night_at_door(NIGHT, settings)).failed
    return tables(settings)


def tables(settings: Settings) -> dict[str, Any]:
    with Warehouse.open(settings.warehouse_url) as warehouse:
        return snapshot(warehouse)


WORDS = {
    errno.ENOSPC: ("E-DISK-FULL", "make room"),
    errno.EDQUOT: ("E-DISK-FULL", "quota"),
    errno.EFBIG: ("E-DISK-FULL", "make room"),
    errno.EROFS: ("E-DISK-READ-ONLY", "mount it writable"),
    errno.EACCES: ("E-DISK-PERMISSION", "chown"),
    errno.ENOTDIR: ("E-DISK-KIND", "move it away"),
    errno.EXDEV: ("E-DISK-MOVE", "whole folder"),
    errno.EIO: ("E-DISK-GONE", "mount"),
    errno.ESTALE: ("E-DISK-GONE", "mount"),
}


@pytest.mark.parametrize("number", WORDS, ids=errno.errorcode.get)
def test_each_kind_has_a_code_a_place_and_a_mend(number: int) -> None:
    code, mend = WORDS[number]
    fault = known_fault(OSError(number, os.strerror(number), "/srv/var/x"))
    assert fault is not None
    assert fault.code == code
    assert "[/srv/var/x]" in fault.message
    assert mend in fault.mend
    two = known_fault(OSError(number, os.strerror(number), "/srv/a", None, "/mnt/b"))
    assert two is not None
    assert "[/mnt/b]" in two.message


@pytest.mark.parametrize(
    "bug", [FileNotFoundError(2, "x", "y"), BrokenPipeError(32, "x"), OSError("x"), ValueError()]
)
def test_anything_else_is_a_bug_and_keeps_its_traceback(bug: Exception) -> None:
    assert known_fault(bug) is None


@pytest.mark.parametrize("write", [write_whole, write_bytes])
def test_a_write_that_finds_no_room_names_its_file_and_leaves_the_old_one(tmp_path: Path, write) -> None:
    write(tmp_path / "page.html", b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OSError, match=r"page\.html") as error:
            write(tmp_path / "page.html", bytes(200_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    fault = known_fault(error.value)
    assert fault is not None
    assert (fault.code, "page.html" in fault.message) == ("E-DISK-FULL", True)
    assert (tmp_path / "page.html").read_bytes() == b"old"
    assert [path for path in tmp_path.iterdir() if path.suffix == ".part"] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["empty", "garbage", "log"])
def test_a_broken_warehouse_is_moved_away_and_made_again(call: Call, settings: Settings, wanted, kind: str) -> None:
    call("night", NIGHT)
    said = call("status")
    file = settings.var / ("warehouse.duckdb.wal" if kind == "log" else "warehouse.duckdb")
    file.write_bytes(b"" if kind == "empty" else random.Random(1).randbytes(100_000))
    for command in (("status",), ("night", NIGHT), ("rebuild",), ("quarter", "2017-Q4")):
        told = call(*command, code=1)
        assert f"move [{file}]" in told
        assert "tinhgon rebuild" in told
    file.rename(settings.var / "kept")
    call("rebuild")
    assert call("status") == said
    assert differences(wanted, tables(settings)) == []


@pytest.mark.slow
@pytest.mark.parametrize("left", [0, 100_000, 1_500_000])
def test_a_full_disk_stops_the_night_in_words_and_room_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted, left: int
) -> None:
    with small_disk(tmp_path / "small", "24m") as small:
        settings = replace(site_at(tmp_path), var=small / "var")
        settings = replace(settings, warehouse_url=f"duckdb:///{settings.var}/warehouse.duckdb")
        call = command_line(settings, monkeypatch)
        fill(small / "other")
        os.truncate(small / "other", (small / "other").stat().st_size - left)
        told = call("night", NIGHT, code=1)
        assert "-FULL" in told
        assert "make room" in told
        (small / "other").unlink()
        call("night", NIGHT)
        assert differences(wanted, tables(settings)) == []


@pytest.mark.slow
def test_a_place_that_takes_no_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "ro", "24m") as place:
        settings = replace(site_at(tmp_path), var=place / "var")
        call = command_line(settings, monkeypatch)
        call("night", NIGHT)
        make_read_only(place)
        assert "READ-ONLY" in call("status", code=1)
        assert "READ-ONLY" in call("night", "2017-12-21", code=1)


@pytest.mark.slow
def test_landing_on_another_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted) -> None:
    with small_disk(tmp_path / "other", "24m") as other:
        settings = site_at(tmp_path)
        (settings.var / "landing").symlink_to(other / "landing")
        (other / "landing").mkdir()
        call = command_line(settings, monkeypatch)
        call("night", NIGHT)
        assert list((other / "landing" / "raw" / NIGHT / "X1").iterdir())
        (settings.var / "warehouse.duckdb").unlink()
        call("rebuild")
        assert differences(wanted, tables(settings)) == []


def test_a_folder_this_user_may_not_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    with as_another_user() as place:
        settings = site_at(place / "mine")
        (settings.var / "landing").mkdir(mode=0)
        try:
            told = command_line(settings, monkeypatch)("night", NIGHT, code=1)
        finally:
            (settings.var / "landing").chmod(0o700)
    assert "E-DISK-PERMISSION" in told
    assert f"[{settings.var}/landing" in told
    assert "chown" in told


def test_a_file_in_the_place_of_a_folder(call: Call, settings: Settings) -> None:
    (settings.var / "landing").write_text("")
    told = call("night", NIGHT, code=1)
    assert "E-DISK-KIND" in told
    assert f"[{settings.var}/landing" in told
