"""An edition: what was published, as a folder that never changes. Frames, a public part, facts, and a manifest.

    <folder>/frames/<name>.parquet    what pages and papers are made of
    <folder>/public/<name>.parquet    what an audience outside may see; disclosure was decided when it was made
    <folder>/manifest.json            sealed, written last: hashes of all of it, the facts, what made it

A folder without a manifest is no edition. Names of people are in none.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from domain.errors import KnownError
from pipelines.sealed import read_sealed, write_bytes, write_sealed

FRAMES, PUBLIC, MANIFEST = "frames", "public", "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Edition:
    """What an edition holds. `about`: what made it (versions, the site's files), not part of the fingerprint."""

    subject: str
    number: int
    fingerprint: str
    frames: Mapping[str, pd.DataFrame]
    facts: Mapping[str, Any]
    about: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def name(self) -> str:
        """How acts and papers name it: '2017-Q4/1'."""
        return f"{self.subject}/{self.number}"


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is to be written: frames by name, the public part, the facts (plain JSON), and what made them."""

    frames: Mapping[str, pd.DataFrame]
    public: Mapping[str, pd.DataFrame]
    facts: Mapping[str, Any]
    about: Mapping[str, Any]


def numbers_in(place: Path) -> list[int]:
    """Numbers of the whole editions in a place, in order."""
    found = (path.parent.name.removeprefix("edition-") for path in place.glob(f"edition-*/{MANIFEST}"))
    return sorted(int(number) for number in found if number.isdigit())


def write_edition(place: Path, subject: str, content: Content) -> Edition:
    """Write a new edition beside the others, or give the last one when it says the same."""
    files = {
        f"{kind}/{name}.parquet": parquet_bytes(frame)
        for kind, frames in ((FRAMES, content.frames), (PUBLIC, content.public))
        for name, frame in frames.items()
    }
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    fingerprint = _fingerprint(hashes, content.facts)
    numbers = numbers_in(place)
    if numbers and _manifest(place, subject, numbers[-1])["fingerprint"] == fingerprint:
        return read_edition(place, subject, numbers[-1])
    number = max(numbers, default=0) + 1
    folder = place / f"edition-{number}"
    for name, data in files.items():
        write_bytes(folder / name, data)
    manifest = {
        "subject": subject,
        "number": number,
        "fingerprint": fingerprint,
        "files": hashes,
        "facts": dict(content.facts),
        "about": dict(content.about),
    }
    write_sealed(folder / MANIFEST, manifest)
    return read_edition(place, subject, number)


def read_edition(place: Path, subject: str, number: int | None = None) -> Edition:
    """An edition by its number, the last one when none is named.

    Raises KnownError E-NO-EDITION, and E-EDITION-BROKEN when a file of it is not what was written.
    """
    numbers = numbers_in(place)
    if not numbers or (number is not None and number not in numbers):
        known = f"; there are [{', '.join(map(str, numbers))}]" if numbers else ""
        raise KnownError(
            "E-NO-EDITION",
            f"[{subject}] has no edition [{'yet' if number is None else number}]{known}.",
            mend="have it analysed first, or name one that is there",
        )
    number = numbers[-1] if number is None else number
    manifest = _manifest(place, subject, number)
    folder = place / f"edition-{number}"
    frames: dict[str, pd.DataFrame] = {}
    for name, digest in manifest["files"].items():
        path = folder / name
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != digest:
            raise _broken(folder / name)
        kind, _, stem = name.partition("/")
        if kind == FRAMES:
            frames[stem.removesuffix(".parquet")] = pd.read_parquet(BytesIO(data))
    return Edition(
        subject=subject,
        number=number,
        fingerprint=str(manifest["fingerprint"]),
        frames=frames,
        facts=manifest["facts"],
        about=manifest["about"],
        folder=folder,
    )


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """A frame as parquet: the same frame, the same bytes."""
    packed = BytesIO()
    frame.reset_index(drop=True).to_parquet(packed, engine="pyarrow", index=False)
    return packed.getvalue()


def _manifest(place: Path, subject: str, number: int) -> dict[str, Any]:
    path = place / f"edition-{number}" / MANIFEST
    manifest = read_sealed(path)
    if manifest is None or manifest.get("subject") != subject or "files" not in manifest:
        raise _broken(path)
    if manifest["fingerprint"] != _fingerprint(manifest["files"], manifest["facts"]):
        raise _broken(path)
    return manifest


def _fingerprint(hashes: Mapping[str, str], facts: Mapping[str, Any]) -> str:
    said = json.dumps({"files": hashes, "facts": facts}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _broken(path: Path) -> KnownError:
    return KnownError(
        "E-EDITION-BROKEN",
        f"[{path}] is not what was written when the edition was made.",
        mend="bring the edition's folder back from a backup; without one, move the folder away and analyse again: "
        "that is a new edition, to be decided on anew",
    )
