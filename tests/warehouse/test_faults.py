"""A broken, full or closed place of the warehouse: what is said, and that what is said to do mends it."""

import random
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from domain.errors import KnownError
from tests.factories.disks import as_another_user, fill, make_read_only, small_disk
from warehouse import Warehouse
from warehouse.address import read_address
from warehouse.faults import known_fault

ROWS = 20_000


def opened(file: Path) -> int:
    with Warehouse.open(f"duckdb:///{file}", wait=0.2) as warehouse:
        warehouse.migrate()
        return len(warehouse.read_table("flag"))


def flags(prefix: str, count: int = ROWS) -> pd.DataFrame:
    rng = random.Random(prefix)  # what cannot be pressed small
    return pd.DataFrame({"flag_id": [f"{rng.random()}{rng.random()}" for _ in range(count)], "quarter": prefix})


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("good") / "w.duckdb"
    with Warehouse.open(f"duckdb:///{file}") as warehouse:
        warehouse.migrate()
        warehouse.insert_missing("flag", flags("2017-Q4"))
    return file


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse whose writer was killed: all it took in is in its log alone."""
    file = tmp_path_factory.mktemp("killed") / "w.duckdb"
    child = (
        "import os, sys, pandas as pd\n"
        "from warehouse import Warehouse\n"
        "w = Warehouse.open('duckdb:///' + sys.argv[1]); w.migrate()\n"
        "w.insert_missing('flag', pd.DataFrame({'flag_id': [f'{i:040}' for i in range(3000)], 'quarter': 'q'}))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    repo = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", child, str(file)], cwd=repo, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert file.with_name("w.duckdb.wal").stat().st_size > 100_000
    return file


def broken(good: Path, kind: str) -> bytes:
    data = good.read_bytes()
    scratched = bytearray(data)
    scratched[20_000:30_000] = random.Random(1).randbytes(10_000)
    return {
        "empty": b"",
        "text": b"this is no database" * 1000,
        "garbage": random.Random(2).randbytes(100_000),
        "cut in the head": data[:5000],
        "cut in the middle": data[: len(data) // 4],
        "scratched": bytes(scratched),
    }[kind]


@pytest.mark.parametrize("kind", ["empty", "text", "garbage", "cut in the head", "cut in the middle", "scratched"])
def test_a_broken_file_is_to_be_moved_away(good: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "w.duckdb"
    file.write_bytes(broken(good, kind))
    with pytest.raises(KnownError, match="E-WH-BROKEN") as error:
        opened(file)
    assert f"move [{file}] and [{file}.wal] away" in error.value.mend
    assert "tinhgon rebuild" in error.value.mend
    assert file.read_bytes() == broken(good, kind), "nothing is written over what may still be read by somebody"
    file.rename(tmp_path / "kept")
    assert opened(file) == 0, "and then it works"


@pytest.mark.parametrize("kind", ["garbage", "zeros", "scratched"])
def test_a_broken_log_is_to_be_moved_away_and_never_dropped(killed: Path, tmp_path: Path, kind: str) -> None:
    file, log = tmp_path / "w.duckdb", tmp_path / "w.duckdb.wal"
    shutil.copy(killed, file)
    whole = killed.with_name("w.duckdb.wal").read_bytes()
    scratched = bytearray(whole)
    scratched[len(whole) // 2] ^= 0xFF
    data = {"garbage": random.Random(3).randbytes(5000), "zeros": bytes(len(whole)), "scratched": bytes(scratched)}[
        kind
    ]
    log.write_bytes(data)
    with pytest.raises(KnownError, match="E-WH-LOG") as error:
        opened(file)
    assert f"move [{log}] away" in error.value.mend
    assert log.read_bytes() == data
    log.rename(tmp_path / "kept")
    assert opened(file) == 0
    log.unlink(missing_ok=True)
    shutil.copy(killed, file)
    log.write_bytes(whole)
    assert opened(file) == 3000, "the log as it was is still taken in"
    shutil.copy(killed, file)
    log.write_bytes(whole[:3])
    assert opened(file) == 0, "a log cut off in its first bytes is what a kill leaves, no fault"


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="E-WH-PATH"):
        opened(tmp_path)


def test_a_full_disk_and_the_same_again_with_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "4m") as small:
        file = small / "w.duckdb"
        with Warehouse.open(f"duckdb:///{file}") as warehouse:
            warehouse.migrate()
            (small / "other").write_bytes(bytes(2_000_000))
            with pytest.raises(KnownError, match="E-WH-FULL") as error:
                warehouse.insert_missing("flag", flags("2017-Q4", 60_000))
            assert f"make room on [{small}]" in error.value.mend
        fill(small / "other")
        with pytest.raises(KnownError, match="E-WH-FULL"):
            opened(small / "second.duckdb")
        (small / "other").unlink()
        (small / "second.duckdb").unlink(missing_ok=True)
        assert opened(file) == 0
        with Warehouse.open(f"duckdb:///{file}") as warehouse:
            assert warehouse.insert_missing("flag", flags("2017-Q4", 5000)) == 5000


def test_a_limit_on_the_size_of_files_is_a_full_disk_too(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Warehouse.open(f"duckdb:///{tmp_path / 'w.duckdb'}") as warehouse:
        warehouse.migrate()
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
        try:
            with pytest.raises(KnownError, match="E-WH-FULL"):
                warehouse.insert_missing("flag", flags("2017-Q4", 60_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_place_that_cannot_be_written(good: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "ro", "8m") as place:
        shutil.copy(good, place / "w.duckdb")
        make_read_only(place)
        with pytest.raises(KnownError, match="E-WH-READ-ONLY") as error:
            opened(place / "w.duckdb")
        assert f"make [{place}] writable" in error.value.mend


def test_a_file_of_another_user() -> None:
    with as_another_user() as place:
        (place / "w.duckdb").touch(mode=0)
        with pytest.raises(KnownError, match="E-WH-PERMISSION") as error:
            opened(place / "w.duckdb")
    assert "chown" in error.value.mend


# What DuckDB 2.0.0 and PostgreSQL 15 said, for machines on which the tests above cannot make it happen.
SAID = {
    'TransactionContext Error: Failed to commit: Could not write file "x.wal": No space left on device': "E-WH-FULL",
    'IO Error: Could not write file "x.wal": File too large': "E-WH-FULL",
    'could not extend file "base/5/1": No space left on device\nHINT: Check free disk space.': "E-WH-FULL",
    'IO Error: Cannot open file "x": Read-only file system': "E-WH-READ-ONLY",
    "cannot execute INSERT in a read-only transaction": "E-WH-READ-ONLY",
    'IO Error: Cannot open file "x": Permission denied': "E-WH-PERMISSION",
    'IO Error: Could not set lock on file "x": Conflicting lock is held in python (PID 1).': "E-WH-LOCKED",
    'Failure while replaying WAL file "x.wal": Corrupt WAL file: entry at byte position 1': "E-WH-LOG",
    "Corrupt database file: computed checksum 1 does not match stored checksum 2 in block": "E-WH-BROKEN",
    "FATAL Error: database has been invalidated because of a previous fatal error.": None,
    "Catalog Error: Table with name x does not exist": None,
}


@pytest.mark.parametrize("said", SAID)
def test_the_words_of_the_drivers(said: str) -> None:
    fault = known_fault(said, read_address("duckdb:///x"))
    assert (fault.code if fault else None) == SAID[said]
