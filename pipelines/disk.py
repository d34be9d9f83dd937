"""What a full, closed, read-only or vanished place says, told as what to do about it.

Code below writes as if all went well; the doors (command line, `./run`) turn what the system says into a KnownError
once, here. In a timetable such errors are tried again, and a failed task says this as its last words.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from domain.errors import KnownError

_AGAIN = "then run the same again: nothing half written counts as done"
_FULL = ("E-DISK-FULL", "no room is left to write {place}", f"make room (df -h, df -i, quota), {_AGAIN}")
_READ_ONLY = ("E-DISK-READ-ONLY", "the disk of {place} takes no writing", f"mount it writable, {_AGAIN}")
_CLOSED = (
    "E-DISK-PERMISSION",
    "{place} is closed to user [{user}]",
    f"give it to that user (chown -R) or run as the user it belongs to, {_AGAIN}",
)
_KIND = (
    "E-DISK-KIND",
    "{place}: a file lies where a folder must be, or a folder where a file must be",
    f"move it away, {_AGAIN}",
)
_TWO_DISKS = (
    "E-DISK-MOVE",
    "{place} cannot be moved into its place, which lies on another disk",
    "let a whole folder of var lie on another disk (a link in the place of var/<site>/landing), not a part of it",
)
_GONE = ("E-DISK-GONE", "the disk or share of {place} does not answer", f"see that it is there (mount), {_AGAIN}")

KINDS: Final = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FULL),
    errno.EROFS: _READ_ONLY,
    **dict.fromkeys((errno.EACCES, errno.EPERM), _CLOSED),
    **dict.fromkeys((errno.ENOTDIR, errno.EISDIR, errno.EEXIST), _KIND),
    errno.EXDEV: _TWO_DISKS,
    **dict.fromkeys((errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOTCONN), _GONE),
}


def known_fault(error: object) -> KnownError | None:
    """The foreseen error behind what the system said; None for any other exception."""
    if not isinstance(error, OSError) or error.errno not in KINDS:
        return None
    code, what, mend = KINDS[error.errno]
    where = error.filename2 or error.filename
    named = isinstance(where, str | bytes | os.PathLike)
    place = f"[{os.fsdecode(where)}]" if named else "a file"
    return KnownError(code, f"{what.format(place=place, user=_user())}: {os.strerror(error.errno)}.", mend=mend)


@contextmanager
def known_faults() -> Iterator[None]:
    """At a door: what a disk says becomes a KnownError; all else passes as it is."""
    try:
        yield
    except OSError as error:
        fault = known_fault(error)
        if fault is None:
            raise
        raise fault from None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A full disk names no file when it refuses bytes: name the one that was being written."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def _user() -> str:
    import pwd  # noqa: PLC0415

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
