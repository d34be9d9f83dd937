"""Places with something wrong: a small disk, another disk, a disk that cannot be written, another user's eyes."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

NOBODY = 65534


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A disk of its own and of this size at `place`; only root may have one, and tests without stand beside."""
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=False)
    if done.returncode:
        pytest.skip("a small disk is mounted by root only; the words of the errors are tested beside this")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(file: Path) -> None:
    """Let a file take all room its disk has left."""
    with suppress(OSError), file.open("wb", buffering=0) as took:
        while True:
            took.write(bytes(4096))


def make_read_only(place: Path) -> None:
    """Let nothing more be written to a disk of `small_disk`."""
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)


@contextmanager
def as_another_user() -> Iterator[Path]:
    """Be somebody who is let into the folder given, and whom permissions bind (which root is not)."""
    with tempfile.TemporaryDirectory(prefix="tinhgon-") as folder:
        place = Path(folder)
        place.chmod(0o777)
        if os.geteuid() != 0:
            yield place
            return
        os.seteuid(NOBODY)
        try:
            yield place
        finally:
            os.seteuid(0)
