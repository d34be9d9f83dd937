"""Small JSON files that vouch for themselves: a seal in the file is the hash of the rest of it.

What we make of landing can be made again, so a file that is damaged, altered or half written counts as not there.
Standard library only.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipelines.disk import writing

SEAL: Final = "seal_sha256"


def write_sealed(path: Path, value: Mapping[str, Any]) -> None:
    """Write a mapping whole or not at all, with its seal, safe on the disk when this returns."""
    text = json.dumps({**value, SEAL: _seal(value)}, ensure_ascii=False, indent=1, sort_keys=True)
    write_bytes(path, text.encode())


def read_sealed(path: Path) -> dict[str, Any] | None:
    """The mapping, None when the file is not there or is not what was written.

    A file of an earlier version has no seal and is taken as it stands.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    seal = value.pop(SEAL, None)
    return value if seal in (None, _seal(value)) else None


def write_bytes(path: Path, data: bytes) -> None:
    """Write through a temporary name, so that a killed run or a power cut never leaves half a file.

    The same bytes are left alone.
    """
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:200]}.{os.getpid()}.tmp")
    with writing(path):
        temporary.write_bytes(data)
        sync(temporary)
    os.replace(temporary, path)


def sync(path: Path) -> None:
    """See a file's bytes on the disk, not only in memory."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _seal(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
