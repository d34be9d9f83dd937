"""What a driver's error means: a value the database refuses, or a broken, full or closed place of the warehouse.

A refused value is told by its kind. Places the drivers tell apart only by their words, so the words are what is
looked at. Anything not known here stays as it was raised.
"""

from pathlib import Path

import duckdb
import psycopg
from psycopg.errors import ProgramLimitExceeded
from sqlalchemy.exc import DBAPIError

from domain.errors import KnownError
from warehouse.address import Address

DRIVER_ERRORS = (DBAPIError, duckdb.Error, psycopg.Error)
# Of these, what a value causes: a NUL on PostgreSQL, a number out of range, a key of thousands of letters.
_OF_A_VALUE = (
    psycopg.DataError,
    psycopg.IntegrityError,
    ProgramLimitExceeded,
    duckdb.DataError,
    duckdb.IntegrityError,
)
# What DuckDB's log begins with, whatever the database: the field and the kind of its first entry.
_LOG_HEAD = b"d\x00be\x00"

_LOCKED = ("could not set lock", "conflicting lock")
_FULL = ("no space left", "disk quota exceeded", "file too large", "out of disk space", "diskfull")
_READ_ONLY = ("read-only file system", "read-only transaction", "read-only mode")
_CLOSED = ("permission denied", "operation not permitted")
_BROKEN = (
    "not a valid duckdb database file",
    "could not read enough bytes",
    "corrupt",
    "does not match stored checksum",
    "serialization error",
    "database file with version number",
)
_LOG_BROKEN = ("replaying wal", "corrupt wal")
_NO_FILE = ("is a directory", "not a directory", "no such file or directory")


def refusal(error: Exception) -> KnownError | None:
    """The refusal of a value, so that whoever brought it can be told; None when the error is of another kind.

    The database's own words are left out: they quote the row.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, _OF_A_VALUE):
        return None
    return KnownError(
        "E-WH-REFUSED",
        f"the database refused a value: [{type(cause).__name__}].",
        mend="correct the row at its source, then run the night again",
    )


def known_fault(said: str, address: Address) -> KnownError | None:
    """The foreseen error behind a driver's words; None when they are of another kind."""
    for kinds, code, what, mend in _kinds(address):
        if code == "E-WH-PATH" and address.file is None:
            continue
        if any(kind in said.lower() for kind in kinds):
            return KnownError(code, f"warehouse [{address.shown}] {what}: [{_told(said, address)}].", mend=mend)
    return None


def cannot_open(said: str, address: Address) -> KnownError:
    """The error for a warehouse that cannot be opened, whatever its driver said."""
    mend = (
        "see that its server runs and takes this user and password; else correct WAREHOUSE_URL"
        if address.file is None
        else "see that its folder is there and belongs to this user; else correct WAREHOUSE_URL"
    )
    return known_fault(said, address) or KnownError(
        "E-WH-OPEN", f"warehouse [{address.shown}] cannot be opened: [{_told(said, address)}].", mend=mend
    )


def check_log(address: Address) -> None:
    """Raise E-WH-LOG for a log that is none: DuckDB would take it for empty, and forget all that is in it."""
    log = address.log_file
    if log is None:
        return
    try:
        with log.open("rb") as file:
            head = file.read(len(_LOG_HEAD))
    except FileNotFoundError:  # closed in order, perhaps this moment by another process
        return
    if head != _LOG_HEAD[: len(head)]:
        raise KnownError(
            "E-WH-LOG", f"warehouse [{address.shown}]: [{log}] is not the log of a database.", mend=_mend_log(log)
        )


def _kinds(address: Address) -> list[tuple[tuple[str, ...], str, str, str]]:
    """Words, code, what is wrong, what to do; the more telling first."""
    file, log = address.file or Path("the database"), address.log_file or Path("its log")
    place = f"[{file.parent}]" if address.file else "the server's disk"
    return [
        (
            _LOCKED, "E-WH-LOCKED", "is held by another process",
            "wait for that process, or end it; one process at a time may open an embedded warehouse",
        ),
        (
            _FULL, "E-WH-FULL", "has no room left to write",
            f"make room on {place}, then run the same again: what was not written is not counted as done",
        ),
        (_READ_ONLY, "E-WH-READ-ONLY", "cannot be written", f"make {place} writable, then run the same again"),
        (
            _CLOSED, "E-WH-PERMISSION", "belongs to another user",
            f"give {place} and what is in it to the user who runs this (chown), or run as the user it belongs to",
        ),
        (_LOG_BROKEN, "E-WH-LOG", "has a broken log beside it", _mend_log(log)),
        (
            _BROKEN, "E-WH-BROKEN", "is broken or no database of this version",
            f"move [{file}] and [{log}] away, put the last back-up in their place if there is one, and run"
            " `tinhgon rebuild`: all tables and decisions come again from landing; numbers of letters only from a"
            " back-up, so keep the broken file",
        ),
        (_NO_FILE, "E-WH-PATH", "lies where no file can be", "correct WAREHOUSE_URL: it must name a file"),
    ]  # fmt: skip


def _told(said: str, address: Address) -> str:
    """The first line of a driver's words."""
    return address.hide(said.strip()).partition("\n")[0]


def _mend_log(log: Path) -> str:
    return (
        f"move [{log}] away (keep it) and run `tinhgon rebuild`: what the warehouse took in since it was last closed"
        " comes again from landing, decisions too; numbers of letters made since then do not"
    )
