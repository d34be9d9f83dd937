"""What a person sees and says of files in landing: how each stands; withdrawn, confirmed, or that taken back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.act import CONFIRM, LANDED, LEAVE, WITHDRAW, Act, standing
from domain.errors import KnownError
from domain.night import Night
from pipelines.acts import Saying, say
from pipelines.counting import Standing, counted, subject_of
from pipelines.landing import Manifest, landed_nights, raw_folder, read_manifest
from pipelines.say import named
from pipelines.settings import Settings

# How a standing is called on the command line.
STATES = {
    "counts": "counts",
    "replaced": "replaced",
    "withdrawn": "withdrawn",
    "twice": "the same twice",
    "seen": "seen before",
    "old": "old register",
}
_LEAST = 8  # the fewest characters of a SHA-256 that name a file


@dataclass(frozen=True, kw_only=True)
class Meant:
    """The file a person speaks of: by its name, or by the first 8 or more characters of its SHA-256."""

    night: str
    unit_code: str
    file: str


def list_landed(
    *, night: str | None = None, unit: str | None = None, settings: Settings | None = None
) -> Iterator[dict[str, Any]]:
    """The files in landing, of all nights and units or of some, each with how it stands on its night."""
    settings = settings or Settings.from_env()
    units = [settings.site.unit(unit).code] if unit else [each.code for each in settings.site.units]
    for one in [Night.parse(night)] if night else landed_nights(settings):
        for unit_code in units:
            if raw_folder(settings, one, unit_code).is_dir():
                yield from (_shown(one, unit_code, each) for each in _standings(settings, one, unit_code))


def landed_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line a file, and one below it when there is something to say of it."""
    for row in rows:
        place = f"{row['night']}  {row['unit_code']}  {row['source_id']}  {row['file_name']}"
        role = "" if row["role"] == "data" else f" ({row['role']})"
        yield f"{place}{role}  {row['sha256'][:12]}  {row['bytes']} bytes  {STATES[row['state']]}"
        if row["told"]:
            yield f"  {row['told']}"


def withdraw(meant: Meant, saying: Saying, *, settings: Settings | None = None) -> dict[str, Any]:
    """Keep a person's word that a file does not count for its night; with `undo`, that the word is taken back.

    Raises KnownError E-LANDED-WORD, E-LANDED-FILE, E-LANDED-STATE.
    """
    return _say(meant, saying, WITHDRAW, settings or Settings.from_env())


def confirm(meant: Meant, saying: Saying, *, settings: Settings | None = None) -> dict[str, Any]:
    """Keep a person's word that a file of old bytes counts for its night all the same; `undo` takes it back.

    Raises KnownError E-LANDED-WORD, E-LANDED-FILE, E-LANDED-STATE.
    """
    return _say(meant, saying, CONFIRM, settings or Settings.from_env())


def _say(meant: Meant, saying: Saying, kind: str, settings: Settings) -> dict[str, Any]:
    saying.check("E-LANDED-WORD", f"a word on file [{meant.file}] is said")
    night, unit = Night.parse(meant.night), settings.site.unit(meant.unit_code)
    file = _found(settings, night, meant)

    def make(before: list[Act]) -> list[Act]:
        subject = subject_of(night, unit.code, file.file.sha256)
        stands = standing(act for act in before if act.subject_kind == LANDED).get(subject)
        _check(file, kind, saying, stands)
        if stands is not None and not saying.undo and stands.kind == kind:
            return []
        return [saying.act(LANDED, subject, LEAVE if saying.undo else kind, fingerprint=file.file.sha256)]

    kept = say(settings, make)
    after = next(each for each in _standings(settings, night, unit.code) if each.file == file.file)
    return {"kind": LEAVE if saying.undo else kind, "kept": len(kept), "file": _shown(night, unit.code, after)}


def said_lines(result: Mapping[str, Any]) -> Iterator[str]:
    """What came of a word: the file as it stands now, and when that counts."""
    yield from landed_lines([result["file"]])
    if not result["kept"]:
        yield "this was said before; nothing new was kept"
    night = result["file"]["night"]
    yield f"it counts from the next run on: tinhgon night {night}, and then of later nights that repeat these bytes"
    yield "(or all in order: tinhgon rebuild)"


def _standings(settings: Settings, night: str, unit_code: str) -> tuple[Standing, ...]:
    manifest = read_manifest(settings, night, unit_code) or Manifest()
    return counted(settings, night, unit_code, manifest).files


def _found(settings: Settings, night: Night, meant: Meant) -> Standing:
    """The one file a person means; of one name the newest."""
    files = _standings(settings, night, meant.unit_code)
    exact = [each for each in files if each.file.file_name == meant.file and each.state != "replaced"]
    by_hash = [
        each for each in files if len(meant.file) >= _LEAST and each.file.sha256.startswith(meant.file.lower())
    ]
    found = exact or by_hash
    if len({each.file.sha256 for each in found}) == 1:
        return found[0]
    names = sorted({each.file.file_name for each in files})
    what = f"{len(found)} files are called" if found else "no file is called"
    raise KnownError(
        "E-LANDED-FILE",
        f"night [{night}], unit [{meant.unit_code}]: {what} [{meant.file}]; landed: [{named(names)}].",
        mend=f"take the name, or {_LEAST} or more characters of the SHA-256, from: tinhgon landing list --night "
        f"{night} --unit {meant.unit_code}",
    )


def _check(file: Standing, kind: str, saying: Saying, stands: Act | None) -> None:
    """Refuse a word that does not fit how the file stands."""
    said = stands.kind if stands is not None else LEAVE
    fault = None
    if saying.undo and said != kind:
        fault = "is not withdrawn" if kind == WITHDRAW else "is not confirmed"
    elif not saying.undo and kind == CONFIRM and said == WITHDRAW:
        fault = "is withdrawn"
    elif not saying.undo and kind == CONFIRM and said != CONFIRM and file.state not in ("seen", "old"):
        fault = f"needs no confirming: it [{STATES[file.state]}]"
    if fault:
        raise KnownError(
            "E-LANDED-STATE",
            f"file [{file.file.file_name}] {fault}.",
            mend="look how it stands: tinhgon landing list; a word is taken back by the same command with --undo",
        )


def _shown(night: str, unit_code: str, each: Standing) -> dict[str, Any]:
    return {
        "night": str(night),
        "unit_code": unit_code,
        "source_id": each.file.source_id,
        "role": each.file.role,
        "file_name": each.file.file_name,
        "sha256": each.file.sha256,
        "bytes": each.file.size,
        "state": each.state,
        "told": each.told or each.beside,
    }
