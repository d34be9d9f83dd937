"""Writing a published file: whole or not at all, and the same bytes for the same content."""

import hashlib
import io
import os
import zipfile
from contextlib import suppress
from pathlib import Path

from pipelines.access import make_folder, open_as_its_folder
from pipelines.disk import writing

# The zip format cannot name an earlier moment; a fixed one keeps two runs equal byte for byte.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
# Of a file name, the letters that are read; with hash, ending and temporary mark it stays far below 255 bytes.
_READABLE = 120


def write_whole(path: Path, data: bytes) -> Path:
    """Write `data` beside `path` and move it into place, so a reader never sees half a file."""
    make_folder(path.parent)
    part = path.with_name(f".{path.name}.part")
    try:
        with writing(path):
            part.write_bytes(data)
        open_as_its_folder(part)
        os.replace(part, path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)  # half a file takes room where there may be none
        raise
    return path


def without_clock(data: bytes) -> bytes:
    """An office file (a zip) packed again in the same order with fixed entry dates and attributes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            entry.external_attr = 0
            new.writestr(entry, old.read(name))
    return packed.getvalue()


def safe_name(text: str) -> str:
    """`text` as part of a file name: letters, digits, '.', '-', '_', '@' stay, the rest becomes '_'.

    Two texts never have one name: where the readable part alone does not say the text whole, '~' and a short hash
    of it follow. No name is longer than a file system takes.
    """
    kept = "".join(c if c.isascii() and (c.isalnum() or c in ".-_@") else "_" for c in text)
    readable = kept.lstrip(".")[:_READABLE] or "_"
    if readable == text:
        return readable
    return f"{readable}~{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


# Dots between thousands whatever the reader's Excel is set to: 7.468.
THOUSANDS = r"[>=1000000]#\.###\.##0;[>=1000]#\.##0;0"
